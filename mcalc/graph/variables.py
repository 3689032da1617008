"""Variables, their lengths, and names for what is made of them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from numbers import Integral
from typing import Any

from .assumptions import chosen
from .broadcast import vector_of
from .expr import LET, SYMBOL, Expr, as_expr, node
from .length import Length
from .primitives import COLUMN, PRIMITIVES, TRANSPOSE
from .walk import walk

_RESERVED = (  # what the notation writes and mc.read knows; e and pi can be names
    "I T d i otherwise sum_i tr trace det inv diag diagonal norm outer dot sum mean prod max min "
    "rowmax rowprod fmax fmin abs ln atan arctan2 relu sigmoid σ tril triu flip maximum minimum "
    "where transpose ones_like zeros_like kron pinv eigvals eigvalsh eigvecs eigvecsh"
).split()
_RESERVED += [name for name, op in PRIMITIVES.items() if getattr(op.numpy, "nin", 0) == 1]

_INSTEAD = {
    "d": "it is the sign of a differential, as in dy/dx: take e, or d_1",
    "T": "it is the sign of the transpose, as in X^T: take t, or T_1",
    "I": "it is the identity matrix: take J, or I_1",
}


def _is_word(name):
    plain = isinstance(name, str) and re.fullmatch(r"[^\W\d_][^\W_]*(_[^\W_]+)*'?", name)
    return plain and name.removesuffix("'").isidentifier() and not keyword.iskeyword(name)


def check_name(name) -> None:
    """Refuse what could not be printed as one variable."""
    if not _is_word(name):
        raise ValueError(f"{name!r} is not a usable name: letters, digits and _, a letter first")
    if name in _INSTEAD:
        raise ValueError(f"{name!r} is not a usable name: {_INSTEAD[name]}")
    if name in _RESERVED:
        raise ValueError(f"{name!r} is not a usable name: it has a meaning in the notation")


def named(names: str, example: str, make: Callable) -> Any:
    """What ``make`` gives for a name; a tuple if there are several names."""
    words = names.replace(",", " ").split() if isinstance(names, str) else []
    if not words:
        raise ValueError(f"{names!r} holds no name: write names as in mc.{example}")
    for name in words:
        check_name(name)
    made = tuple(map(make, words))
    return made if len(made) > 1 else made[0]


def _length(size):
    if _is_word(size):
        return Length(size)
    if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
        raise ValueError(f"{size!r} is not a size: a letter such as 'n', or a number from 1 up")
    return int(size)


def _variables(names, kind, *shape, **assumed):
    shape = tuple(map(_length, shape))
    more = chosen(assumed, shape)
    return named(names, f'{kind}("w x")', lambda name: node(SYMBOL, name=name, **more, shape=shape))


def scalars(names: str, *, positive: bool = False) -> Any:
    """Scalar variables, as ``sympy.symbols`` makes them: ``b, z = scalars("b z")``.

    ``positive=True`` assumes that they are above 0; what that means is said at :func:`matrices`.
    Returns one :class:`Expr` of shape ``()`` for one name, a tuple for several.
    Raises ValueError for an empty or unusable name.

    >>> x, y = scalars("x y")
    >>> 3 * x**2 * y
    3x^2 y
    """
    return _variables(names, "scalars", positive=positive)


def vectors(
    names: str,
    *,
    size: int | str = "n",
    positive: bool = False,
    probability: bool = False,
    onehot: bool = False,
) -> Any:
    """Vertical vectors, n x 1, all of one length: ``w, x = vectors("w x", size="n")``.

    ``size`` is a letter or a number; a vector of known length can be indexed. Assumed can be that
    all entries are ``positive``, that they are ``probability``, none negative and their sum 1, or
    that they are ``onehot``, a single 1 and else 0; what that means is said at :func:`matrices`.
    Returns one :class:`Expr` of shape ``(size,)`` for one name, a tuple for several.
    Raises ValueError for an unusable name or size. Paper: "Matrix calculus".

    >>> import numpy as np, mcalc as mc
    >>> w, x = vectors("w x")
    >>> w + x
    w + x  (n x 1)
    >>> p, z = vectors("p", probability=True), vectors("z")
    >>> mc.derive(np.sum(p) * z, wrt=z).jacobian
    I   (n x n)
    """
    return _variables(
        names, "vectors", size, positive=positive, probability=probability, onehot=onehot
    )


def matrices(
    names: str,
    *,
    shape: tuple | list = ("m", "n"),
    symmetric: bool = False,
    positive_definite: bool = False,
    positive: bool = False,
    probability: bool = False,
    onehot: bool = False,
) -> Any:
    """Matrices of symbolic shape: ``X = matrices("X", shape=("N", "n"))``.

    Assumed can be that a matrix is ``symmetric``, or ``positive_definite``, which is symmetric as
    well, that all its entries are ``positive``, or that each of its rows is ``probability`` or
    ``onehot``, as in :func:`vectors`. What is assumed is used in closed forms, ``S^T`` is S; it is
    so at the points of ``check`` and ``equals``, and values that do not fulfil it are refused.

    A derivative by such a variable is that by entries which are all free, each moved without the
    others, as section 2.8 of the Matrix Cookbook has it before what is special about the matrix is
    put in; then the result is written with what is assumed. So the gradient of ``tr(A S)`` by a
    symmetric S is ``A^T``, and not ``A + A^T - diag(A)``, and that of ``sum(p)`` by probabilities
    is a vector of ones. How a function is written counts: that of ``tr(A S^T)`` is A. Along
    steps that keep what is assumed, as symmetric ones do, all of these come to the same.

    Returns one :class:`Expr` of that shape for one name, a tuple for several.
    Raises ValueError for an unusable name or shape, and for what cannot be assumed of it.

    >>> import mcalc as mc
    >>> X = matrices("X", shape=("N", "n"))
    >>> X @ vectors("w")
    X w  (N x 1)
    >>> S, x = matrices("S", shape=("n", "n"), symmetric=True), vectors("x")
    >>> mc.derive(x @ S @ x, wrt=x).gradient
    2S x  (n x 1)
    """
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ValueError(f"{shape!r} is not the shape of a matrix: two sizes, as in ('m', 'n')")
    return _variables(
        names, "matrices", *shape, positive=positive, symmetric=symmetric,
        positive_definite=positive_definite, probability=probability, onehot=onehot,
    )  # fmt: skip


def let(name: str, value) -> Expr:
    """The same value under a name: the intermediate variable of that name in a derivation.

    Raises ValueError for an unusable name, or one that ``value`` already uses for another thing.
    Paper: "Single-variable chain rule".

    >>> x = scalars("x")
    >>> u = let("u", x**2)
    >>> u + 1
    u + 1
    """
    check_name(name)
    value = as_expr(value)
    if value.op is LET:
        value = value.args[0]
    if any(e.name == name for e in walk(value)):
        raise ValueError(f"the name {name!r} is already taken: {value} uses it for something else")
    if value.op is COLUMN or value.op is TRANSPOSE and value.args[0].op is COLUMN:
        column = node(COLUMN, let(name, vector_of(value)))
        return column if value.op is COLUMN else column.T
    return node(LET, value, name=name, shape=value.shape)
