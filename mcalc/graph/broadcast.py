"""Rows and columns beside matrices, as NumPy broadcasts them, in the signs of linear algebra.

A column ``v[:, None]`` stands in every column of a matrix, ``v 1^T``, and a row in every row.
"""

from __future__ import annotations

import numpy as np

from .dispatch import NUMPY
from .expr import Expr, node
from .primitives import (
    COLUMN,
    DIAG,
    DIVIDE,
    MATMAT,
    MATRIX_SUM,
    MATVEC,
    MULTIPLY,
    ONES,
    OUTER,
    ROW,
    STACK,
    TRANSPOSE,
    VECMAT,
    elementwise,
)
from .shapes import ShapeError, same_length, shape_text


def broadcast(op, operands) -> Expr:
    """Element by element where one operand has two axes, or only one element, as NumPy has it.

    A column ``v[:, None]`` stands in every column, ``v 1^T``, and a row in every row, ``1 v^T``.
    Factors scale: ``A * v[:, None]`` is ``diag(v) A``, ``A / v`` is ``A diag(1/v)``.
    """
    has_two_axes = any(e.ndim == 2 and e.op is not ROW for e in operands)
    operands = _elements_beside(operands)
    if not has_two_axes:
        return elementwise(op, *operands)
    kinds = [_kind(e) for e in operands]
    if {*kinds} <= {"scalar", "column"} or {*kinds} <= {"scalar", "row", "vector"}:
        whole = node(op, *map(vector_of, operands))
        laid = node(COLUMN, whole)
        return laid if "column" in kinds else laid.T
    if "column" not in kinds and kinds.count("row") + kinds.count("vector") == 0:
        return node(op, *operands)
    shape = _broadcast_shape(op, operands)
    divided = op is DIVIDE and kinds[1] != "matrix"
    if (op is MULTIPLY or divided) and "scalar" not in kinds:
        return _scaled(op, *operands, *kinds)
    return node(op, *(spread(e, shape) for e in operands))


def _elements_beside(operands) -> list[Expr]:
    """The operands, of which one with a single element beside longer ones is that element."""
    if all(_is_single(e) for e in operands if e.ndim):
        return list(operands)
    return [_element(e) if _is_single(e) else e for e in operands]


def _is_single(e):
    return e.shape in ((1,), (1, 1))


def _element(e):
    """The one element of ``e``."""
    v = vector_of(e) if e.op in (ROW, COLUMN, TRANSPOSE) else e
    if v.ndim == 0:
        return v
    if v.op.sympy_form:
        return node(v.op, *map(_element, v.args))  # of a condition it is one
    if v.ndim == 2:
        return node(MATRIX_SUM, v)
    return v.args[0] if v.op is STACK else v[0]


def _kind(e) -> str:
    """How an operand lies beside one with two axes."""
    if e.ndim == 0:
        return "scalar"
    if e.ndim == 1 or e.op is ROW:
        return "vector"
    if e.shape[1] == 1:
        return "column"
    return "row" if e.shape[0] == 1 else "matrix"


def vector_of(e) -> Expr:
    """The vector that a row or a column is made of, or that a matrix with one of them holds."""
    if e.ndim < 2:
        return e
    if e.op in (ROW, COLUMN):
        return e.args[0]
    if e.op is TRANSPOSE:
        return vector_of(e.args[0])
    if e.op is STACK and all(row.op is STACK for row in e.args):  # [[1, 2, 3]]
        entries = [entry for row in e.args for entry in row.args]
        return node(STACK, *entries, axis=-1)
    one = node(ONES, length=1)
    return node(MATVEC, e, one) if e.shape[1] == 1 else node(VECMAT, one, e)


def _broadcast_shape(op, operands):
    """The shape of what is made of these element by element, two axes."""
    shapes = [e.shape if e.ndim == 2 else (1, *e.shape) for e in operands if e.ndim]
    lengths = []
    for axis in (0, 1):
        common = 1
        for e, shape in zip([e for e in operands if e.ndim], shapes, strict=True):
            if shape[axis] != 1:
                common = shape[axis] if common == 1 else same_length(common, shape[axis])
            if common is False:
                others = [o for o in operands if o.ndim and o is not e]
                raise ShapeError(
                    f"{op.name}: {others[0]} is {shape_text(others[0].shape)} and {e} is "
                    f"{shape_text(e.shape)}: the lengths must agree{_instead(others[0], e)}"
                )
        lengths.append(common)
    return tuple(lengths)


def _instead(a, b):
    """What to write of a vector that is as long as the columns of a matrix."""
    v, matrix = (a, b) if a.ndim < b.ndim else (b, a)
    if v.ndim != 1 or matrix.ndim != 2 or v.shape[0] != matrix.shape[0]:
        return ""
    return f"; a number for each row is {v.name}[:, None]" if v.name else "; v[:, None] is a column"


def spread(e, shape) -> Expr:
    """``e`` repeated over a matrix of this shape, as NumPy broadcasts it; a scalar stays one."""
    kind = _kind(e)
    if kind == "scalar" or e.shape == shape:
        return e
    if e.boolean and e.op.sympy_form and kind != "matrix":
        return node(e.op, *(spread(a, shape) for a in e.args))  # stays a condition
    v = vector_of(e)
    if v.ndim and v.boolean and v.op.sympy_form:
        turn = _column if kind == "column" else _row
        return node(v.op, *(spread(turn(a), shape) for a in v.args))
    if kind == "column":
        return node(OUTER, v, node(ONES, length=shape[1]))
    return node(OUTER, node(ONES, length=shape[0]), v) if kind != "matrix" else e


def _column(v):
    return node(COLUMN, v) if v.ndim else v


def _row(v):
    return node(ROW, v) if v.ndim else v


def _scaled(op, a, b, left, right) -> Expr:
    """A product or a quotient in which a row or a column stands beside something else."""

    def inverse(e):
        return np.divide(1, e) if op is DIVIDE else e

    if left == "matrix":
        factor = node(DIAG, inverse(vector_of(b)))
        return node(MATMAT, factor, a) if right == "column" else node(MATMAT, a, factor)
    if right == "matrix":
        factor = node(DIAG, vector_of(a))
        return node(MATMAT, factor, b) if left == "column" else node(MATMAT, b, factor)
    v, w = vector_of(a), inverse(vector_of(b))
    return node(OUTER, v, w) if left == "column" else node(OUTER, w, v)


NUMPY["broadcast"] = broadcast
