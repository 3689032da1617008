"""Functions that are left open, as in the paper's general rules: nothing is known about ``f(w)``.

Checks by numbers put a fixed smooth function in their place.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from .expr import Primitive, ShapeError, as_expr, check_name, node, shape_text
from .jacobian import Term, fresh

_made: dict[tuple, Primitive] = {}


def functions(names: str, elementwise=False):
    """Undefined functions of a vector: ``f, g = functions("f g")``.

    ``f(w)`` is a vector of the length of ``w``, and every ``f_i`` may depend on all of ``w``: its
    Jacobian is the n x n matrix ``f'(w)``. With ``elementwise=True``, ``f_i`` depends on ``w_i``
    alone, and the Jacobian is ``diag(f'(w))``. One name gives one function, several a tuple.

    Raises ValueError for an unusable name, ShapeError if ``f`` is called on anything but a vector.
    Paper: "Derivatives of vector element-wise binary operators".
    """
    found = names.replace(",", " ").split() if isinstance(names, str) else []
    if not found:
        raise ValueError(f'{names!r} holds no name: write names as in mc.functions("f g")')
    for name in found:
        check_name(name)
    made = tuple(_caller(name, elementwise) for name in found)
    return made if len(made) > 1 else made[0]


def _caller(name, elementwise):
    def call(v):
        v = as_expr(v)
        if v.ndim != 1:
            raise ShapeError(f"{name}({v}): a vector is expected, {v} is {shape_text(v.shape)}")
        return node(_element(name, 0) if elementwise else _whole(name), v)

    call.__name__ = call.__qualname__ = name
    return call


def _phase(name):
    return 0.1 * sum(map(ord, name.rstrip("'")))


def _element(name: str, order: int) -> Primitive:
    """The row of an element-wise function, or of its derivative: ``f``, ``f'``, ``f''``."""
    full = name + "'" * order
    if (full, True) not in _made:
        _made[full, True] = Primitive(
            full,
            lambda v: np.sin(v + _phase(name) + order * np.pi / 2),
            scalar=sp.Function(full),
            text=full + "({0})",
            open=True,
        )
    return _made[full, True]


def derivative_of(full: str, operand):
    """``f'(w)`` for the SymPy derivative of ``f``."""
    name = full.rstrip("'")
    return node(_element(name, len(full) - len(name) + 1), operand)


def _weights(name, n):
    i, j = np.indices((n, n))
    return np.cos(1 + 2 * i + 3 * j + _phase(name))


def _whole(name: str) -> Primitive:
    """The row of a function of a whole vector; its Jacobian is an open matrix."""
    if (name, False) in _made:
        return _made[name, False]

    def inside(v):
        n = v.shape[-1]
        return np.einsum("ij,...j->...i", _weights(name, n), v) + np.arange(n)

    slope = Primitive(
        name + "'",
        lambda v: np.cos(inside(v))[..., None] * _weights(name, v.shape[-1]),
        shape=lambda v, params: v.shape * 2,
        text=name + "'({0})",
        open=True,
    )

    def local(e, k):
        term = Term((fresh(),), (fresh(),))
        term.times(node(slope, *e.args), term.out + term.inp)
        return term

    _made[name, False] = Primitive(
        name,
        lambda v: np.sin(inside(v)),
        shape=lambda v, params: v.shape,
        local=local,
        text=name + "({0})",
        grind=lambda v: np.array([sp.Function(f"{name}_{i + 1}")(*v) for i in range(len(v))]),
        open=True,
    )
    return _made[name, False]
