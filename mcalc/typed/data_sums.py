"""Sums over the data, ``sum_i (...)``: what the operations make of examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph.expr import Expr, ShapeError, UnsupportedError, as_expr
from ..graph.forms import ones, outer, sigmoid
from ..graph.primitives import ROW, ZEROS
from ..graph.walk import is_number
from .operators import DataTerm, _root, _times, divide, dot, kind, negative, power, product, relu

# --- sums over the data ----------------------------------------------------------------------

_LINEAR: dict[
    Callable, tuple[int, ...]
] = {  # where an operand may be a row of the data; the others are scalars then
    **{np.add: (0, 1), np.subtract: (0, 1), np.where: (1, 2), negative: (0,), divide: (0,)},
    **{np.multiply: ()},
}
_OF_NUMBERS = (*_LINEAR, _root, power, relu, sigmoid)  # beside NumPy's own functions


def of_data_terms(function: Callable, operands: tuple) -> DataTerm:
    """What an operation makes of operands some of which are examples."""
    if function is np.transpose:
        (e,) = operands
        return DataTerm(e.weight, e.rows, e.rows is not None and not e.turned)
    if function in (product, dot) and {*map(kind, operands)} != {"scalar"}:
        return _product_of_data_terms(function, *operands)
    function = np.multiply if function is product else function
    if not isinstance(function, np.ufunc) and function not in _OF_NUMBERS:
        raise UnsupportedError("sum_i: in it stand scalars, examples and functions of scalars")
    first = next((e for e in operands if isinstance(e, DataTerm) and e.rows is not None), None)
    places = _LINEAR.get(function, ()) if first else ()
    weights: list[Any] = []
    for place, e in enumerate(operands):
        if place in places and not is_zero(e):
            if not _is_of_row(e, first):
                raise ShapeError("sum_i: only multiples of one row of the data can be added")
        elif kind(e) != "scalar" and not (place in places and is_zero(e)):
            raise ShapeError("sum_i: a scalar is expected here: write w.x_i, or y_i of a vector")
        weights.append(as_expr(0) if place in places and is_zero(e) else _weight(e))
    weight = function(*weights)
    return DataTerm(weight, first.rows, first.turned) if first else DataTerm(weight)


def _is_of_row(e, first):
    return isinstance(e, DataTerm) and e.rows is first.rows and e.turned == first.turned


def is_zero(e) -> bool:
    return isinstance(e, Expr) and (
        is_number(e, 0) or (e.args[0] if e.op is ROW else e).op is ZEROS
    )


def _weight(e):
    return e.weight if isinstance(e, DataTerm) else e


def _product_of_data_terms(function, a, b):
    kinds = kind(a), kind(b)
    sides = [e for e in (a, b) if isinstance(e, DataTerm) and e.rows is not None]
    if len(sides) == 2:
        raise UnsupportedError("sum_i: x_i stands once in each product")
    scalar, other = (a, b) if kinds[0] == "scalar" else (b, a)
    if kind(scalar) == "scalar" and function is product:
        if kind(other) == "matrix":
            raise UnsupportedError("sum_i: it adds up scalars and rows: take the matrix out of it")
        if not sides:  # the same row for every example
            other = DataTerm(as_expr(1), outer(ones(), other), kind(other) == "row")
        return DataTerm(_times(_weight(scalar), other.weight), other.rows, other.turned)
    data = sides[0] if sides else None
    if data and (function is dot or kinds == ("row", "column")):
        v = b if data is a else a
        return DataTerm(_times(data.weight, np.matmul(data.rows, v.T if kind(v) == "row" else v)))
    if data and kinds == ("row", "matrix"):
        return DataTerm(a.weight, np.matmul(a.rows, b), True)
    if data and kinds == ("matrix", "column"):
        return DataTerm(b.weight, np.matmul(b.rows, a.T))
    raise UnsupportedError("sum_i: it adds up scalars and rows, such as w.x_i and x_i^T")


def sum_over_data(e) -> Expr:
    """The sum of an example over the data."""
    if not isinstance(e, DataTerm) or e.rows is None and e.weight.ndim == 0:
        raise ShapeError("sum_i: nothing in it runs over the data: write y_i or x_i")
    if e.rows is None:
        return np.sum(e.weight)
    weight = e.weight if e.weight.ndim else _times(e.weight, ones())
    row = np.matmul(weight, e.rows)
    return row.T if e.turned else row
