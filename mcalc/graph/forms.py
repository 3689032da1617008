"""Closed forms to claim: what a Jacobian is made of, under the names that a reader knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .expr import Expr, as_expr, node
from .primitives import (
    DIAG,
    IDENTITY,
    ONES,
    OUTER,
    SIGMOID,
    ZEROS,
    elementwise,
    of_vector,
    of_vectors,
)


def diag(v) -> Expr:
    """The matrix with the vector ``v`` on its diagonal, ``diag(v)``: n x n.

    Raises UnsupportedError for what is no vector. Paper: "Derivatives of vector element-wise binary
    operators".

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.derive(w * x, wrt=w).equals(mc.diag(x))
    True
    """
    return of_vector(DIAG, v)


def identity(n=None) -> Expr:
    """The identity matrix ``I``: n x n. Without a length it takes the one that fits.

    Paper: "Generalization of the Jacobian".

    >>> import mcalc as mc
    >>> mc.identity("n")
    I  (n x n)
    """
    return node(IDENTITY, length=n)


def ones(n=None) -> Expr:
    """A column of ones, n x 1; ``ones().T`` is the row ``1^T``.

    Without a length it takes the one that fits. Paper: "Vector sum reduction".

    >>> import mcalc as mc
    >>> mc.ones("n").T
    1^T  (1 x n)
    """
    return node(ONES, length=n)


def zeros(n=None, *columns) -> Expr:
    """A column of zeros, n x 1; ``zeros().T`` is the row ``0^T``, ``zeros("m", "n")`` a matrix.

    Without a length it takes the one that fits. Paper: "The gradient of neuron activation".

    >>> import mcalc as mc
    >>> mc.zeros("n").T
    0^T  (1 x n)
    """
    return node(ZEROS, lengths=(n, *columns))


def sigmoid(z) -> Any:
    """The logistic function ``1/(1 + exp(-z))``, element by element, for which NumPy has no name.

    Of an expression an expression, written ``σ(z)``; of numbers an array. Its derivative is
    ``σ(z)(1 - σ(z))``. The shape is that of ``z``.

    >>> import mcalc as mc
    >>> mc.sigmoid(mc.vectors("z"))
    σ(z)  (n x 1)
    """
    if isinstance(getattr(z, "expr", z), Expr):
        return elementwise(SIGMOID, z)
    return SIGMOID.numpy(np.asarray(z, dtype=float))


def outer(a, b) -> Expr:
    """The outer product ``a b^T`` of two vectors: m x n.

    Raises ShapeError for a scalar, UnsupportedError for a matrix.

    >>> import mcalc as mc
    >>> mc.outer(mc.vectors("a", size="m"), mc.vectors("b"))
    a b^T  (m x n)
    """
    return of_vectors(OUTER, a, b)


def cases(*pairs) -> Expr:
    """Values by condition: ``cases((x.T, w @ x + b > 0))``, and 0 otherwise.

    Each pair is ``(value, condition)``; the first condition that holds decides. A last value
    without a condition stands for "otherwise". The shape is that of the values.

    Raises ValueError for what is no pair, ShapeError for values that do not fit. Paper: "The
    gradient of neuron activation".

    >>> import mcalc as mc
    >>> z = mc.scalars("z")
    >>> mc.derive(np.maximum(0, z), wrt=z).equals(mc.cases((1, z > 0)))
    True
    """
    otherwise = 0
    if pairs and not isinstance(pairs[-1], tuple):
        pairs, otherwise = pairs[:-1], pairs[-1]
    if not pairs or any(not isinstance(p, tuple) or len(p) != 2 for p in pairs):
        raise ValueError("cases((value, condition), ..., otherwise): pairs of two are expected")
    formula = as_expr(otherwise)
    for value, condition in reversed(pairs):
        formula = as_expr(np.where(condition, value, formula))
    return formula
