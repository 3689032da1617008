"""Functions that are left open, as in the paper's general rules: nothing is known about ``f(w)``.

Checks by numbers put a fixed smooth function in their place.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from .expr import Primitive, as_expr, node
from .primitives import PRIMITIVES, of_vectors
from .variables import named


def functions(names: str, elementwise: bool = False) -> Any:
    """Undefined functions of a vector: ``f, g = functions("f g")``.

    ``f(w)`` is a vector of the length of ``w``, and every ``f_i`` may depend on all of ``w``: its
    Jacobian is the n x n matrix ``f'(w)``. With ``elementwise=True``, ``f_i`` depends on ``w_i``
    alone, and the Jacobian is ``diag(f'(w))``; such a function also takes a scalar. One name gives
    one function, several a tuple.

    Raises ValueError for an unusable name, ShapeError for a function of a vector that is given
    anything else.
    Paper: "Derivatives of vector element-wise binary operators".

    >>> import mcalc as mc
    >>> w = mc.vectors("w")
    >>> mc.derive(functions("f")(w), wrt=w).jacobian
    f'(w)   (n x n)
    """

    def make(name):
        if name in PRIMITIVES:
            raise ValueError(f"{name!r} is not a usable name: an operation has it already")
        if elementwise:
            return lambda v: node(_element(name), as_expr(v))
        return lambda v: of_vectors(_whole(name), v)

    return named(names, 'functions("f g")', make)


def _phase(name):
    return 0.1 * sum(map(ord, name.rstrip("'")))


@cache
def _element(name: str, order=0) -> Primitive:
    """The row of an element-wise function, or of its derivative: ``f``, ``f'``, ``f''``."""

    def local(e, k):
        axes = "ij"[: e.ndim]
        return f"{axes},{axes}->{axes}", node(_element(name, order + 1), *e.args)

    full, phase = name + "'" * order, _phase(name) + order * np.pi / 2
    form, text = sp.Function(full), full + "({0})"
    return Primitive(
        full, lambda v: np.sin(v + phase), form, local_jacobian=local, text=text, unknown=True
    )


@cache
def _whole(name: str) -> Primitive:
    """The row of a function of a whole vector; its Jacobian is an open matrix."""

    def weights(v):
        i, j = np.indices(v.shape[-1:] * 2)
        return np.cos(1 + 2 * i + 3 * j + _phase(name))

    def inside(v):
        return v @ weights(v).T + np.arange(v.shape[-1])

    def slope(v):
        return np.cos(inside(v))[..., None] * weights(v)

    def sympy_array(v):
        return np.array([sp.Function(f"{name}_{i + 1}")(*v) for i in range(len(v))])

    def local(e, k):
        return "ij,j->i", node(matrix, *e.args)

    matrix = Primitive(name + "'", slope, einsum="i->ii", text=name + "'({0})", unknown=True)
    return Primitive(
        name,
        lambda v: np.sin(inside(v)),
        einsum="i->i",
        local_jacobian=local,
        text=name + "({0})",
        sympy_array=sympy_array,
        unknown=True,
    )
