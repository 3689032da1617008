"""What stands in square brackets: entries, rows and columns, parts, and rows in another order.

All of it is linear, so it is written with constant matrices: ``A[2]`` is ``e_3^T A``, ``x[1:]`` of
any length ``E_2^T x``, and ``E[ids]`` the rows of ``I`` with these numbers times ``E``.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np

from .axes import is_axis, lay
from .broadcast import vector_of
from .dispatch import NUMPY, UnsupportedError
from .expr import LET, Expr, node
from .lengths import shorter
from .primitives import (
    CHOICE,
    COLUMN,
    EXCHANGE,
    FLIP,
    INDEX,
    ONES,
    ROW,
    SEGMENT,
    SELECTOR,
    STACK,
    TRANSPOSE,
    UNIT,
    as_column,
)
from .shapes import ShapeError, shape_text
from .three_axes import ThreeAxes, with_new_axes

_ALL = slice(None)


def getitem(e: Expr, key) -> Expr | ThreeAxes:
    """``e[key]``, as NumPy means it: new axes, entries, slices and lists of whole numbers.

    Raises IndexError for what is not there, and UnsupportedError for what has no rule.
    """
    part = _taken(e, key)
    if isinstance(part, ThreeAxes):
        return part
    return np.not_equal(part, 0) if e.boolean and not part.boolean else part


def _taken(e, key):
    keys = key if isinstance(key, tuple) else (key,)
    if any(k is None for k in keys):
        laid = with_new_axes(as_column(e), keys) or lay(e, key)
        if laid is None:
            raise UnsupportedError(f"{e}[{_told(keys)}] has no rule: lay it first, then take parts")
        return laid
    e = e.args[0] if e.op is ROW else e
    if any(k is Ellipsis for k in keys):  # A[..., 0] is A[:, 0]
        place = next(k for k, some in enumerate(keys) if some is Ellipsis)
        others = max(0, e.ndim - len(keys) + 1)
        keys = (*keys[:place], *[_ALL] * others, *keys[place + 1 :])
    if len(keys) > max(1, e.ndim):
        raise IndexError(f"{e} has {e.ndim} axes, and {len(keys)} indices are given")
    if e.ndim < 2:
        return _of_vector(e, *keys) if keys else e
    rows, columns = (*keys, _ALL, _ALL)[:2]
    if e.op is COLUMN:
        return _of_laid(e, rows, columns)
    if e.op is TRANSPOSE and e.args[0].op is COLUMN:
        part = _of_laid(e, columns, rows)
        return part.T if part.ndim == 2 else part
    if _is_list(rows) and _is_list(columns):
        return _pairs(e, rows, columns)
    part = _along(e, rows, 0)
    if part.ndim == 1:
        return _of_vector(part, columns) if not _is_all(columns) else part
    return _along(part, columns, 1)


def _of_laid(e, along, across):
    """Part of a column ``v[:, None]`` or row, which has one element across."""
    v = vector_of(e)
    part = v if _is_all(along) else _of_vector(v, along)
    if isinstance(across, Integral) and not isinstance(across, bool):
        _position(e, across, 1)
        return part
    if not (isinstance(across, slice) and range(1)[across]):  # X[::-1] of one row is the row
        raise UnsupportedError(f"{e}[{_told((along, across))}]: {e} has one element across")
    return node(COLUMN, part) if part.ndim else np.stack([part])


def _told(keys):
    return ", ".join(
        "..." if k is Ellipsis else _slice_text(k) if isinstance(k, slice) else repr(k)
        for k in keys
    )


def _is_all(key):
    return isinstance(key, slice) and key == _ALL


def _is_list(key):
    return isinstance(key, list | np.ndarray)


def _of_vector(x, key):
    """An entry or a part of a vector."""
    if not x.ndim:
        raise IndexError(f"{x} is a scalar and has no elements")
    (length,) = x.shape
    if _is_list(key):
        return _choice(key, length, x) @ x
    if isinstance(key, slice) and isinstance(length, str):
        return _slice(x, key)
    if isinstance(key, slice):
        places = range(*key.indices(length))
        if not places:
            raise UnsupportedError(f"{x}[{_slice_text(key)}] has no elements: leave it out")
        return np.stack([x[k] for k in places])
    k = _position(x, key, length)
    if k < 0:  # the first of the last ones
        return node(INDEX, _slice(x, slice(k, None)), index=0)
    if x.op is LET and x.args[0].op.is_list:
        return x.args[0].args[k]  # the entry itself is on the path
    if x.op is STACK:
        return x.args[k]
    return node(INDEX, x, index=k)


def _position(e, key, length):
    """The place from the front, or from the back where a length is open."""
    if not isinstance(key, Integral) or isinstance(key, bool):
        raise UnsupportedError(f"{e}[{key!r}]: an index is a whole number or a slice")
    if not isinstance(length, int):
        return int(key)
    if not -length <= key < length:
        things = "elements" if e.ndim == 1 else "rows or columns"
        raise IndexError(f"{e}[{key}]: {e} has {length} {things}, 0 to {length - 1}")
    return int(key) % length


def _slice(x, key):
    """Part of a vector of open length, from the front or the back, in order or reversed."""
    start, stop, step = key.start, key.stop, key.step
    if step not in (None, 1):
        if step == -1 and start is stop is None:
            return node(FLIP, x)
        raise UnsupportedError(
            f"{x}[{_slice_text(key)}]: of a step other than 1 only [::-1] is read"
        )
    lengths, part = _cut(x, key, x.shape[0])
    return x if len(lengths) == 1 else node(SEGMENT, x, lengths=lengths, part=part)


def _cut(x, key, whole):
    """The lengths of what stands before a part, of the part, and of what stands behind it."""
    ends = (key.start, key.stop)
    if not all(n is None or isinstance(n, Integral) and not isinstance(n, bool) for n in ends):
        raise UnsupportedError(
            f"{x}[{_slice_text(key)}]: a part goes from one whole number to another, as in x[1:-1]"
        )
    start, stop = (None if n is None else int(n) for n in ends)
    start = start or 0
    if stop is None or stop < 0:
        before, behind = start, -(stop or 0)  # x[1:-1], and of the last x[-3:-1]
        part = shorter(whole, before + behind) if start >= 0 else -start - behind
        before = before if start >= 0 else shorter(whole, -start)
    else:  # x[1:3], the first elements
        before, part, behind = start, stop - start, shorter(whole, stop)
    if isinstance(part, int) and part <= 0 or start < 0 <= (-1 if stop is None else stop):
        raise UnsupportedError(
            f"{x}[{_slice_text(key)}]: {x} is of any length, and a part of it has an element at "
            "least and is counted from the front, from the back, or as in x[1:-1] from both"
        )
    lengths = tuple(n for n in (before, part, behind) if n)
    return lengths, 1 if before else 0


def _slice_text(key):
    ends = ["" if k is None else str(k) for k in (key.start, key.stop)]
    return ":".join(ends if key.step is None else [*ends, str(key.step)])


def _along(A, key, axis):
    """Rows (axis 0) or columns of a matrix."""
    if _is_all(key):
        return A
    length = A.shape[axis]
    if isinstance(key, Integral) and not isinstance(key, bool):
        k = _position(A, key, length)
        if k < 0:
            return _along(_along(A, slice(k, None), axis), 0, axis)
        unit = node(UNIT, index=k, length=length)
        return A @ unit if axis else unit @ A
    if _is_list(key):
        chosen = _choice(key, length, A)
        return A @ chosen.T if axis else chosen @ A
    if isinstance(key, slice):
        chosen = _part_of(A, key, length)
        return A if chosen is None else A @ chosen.T if axis else chosen @ A
    raise UnsupportedError(f"{A}[{key!r}]: an index is a whole number, a slice or a list of such")


def _part_of(A, key, length):
    """The matrix that takes these rows; None for all of them."""
    if isinstance(length, int):
        return _choice(list(range(*key.indices(length))), length, A)
    if key.step == -1 and key.start is key.stop is None:
        return node(EXCHANGE, length=length)
    if key.step not in (None, 1):
        raise UnsupportedError(
            f"{A}[{_slice_text(key)}]: of a step other than 1 only [::-1] is read"
        )
    lengths, part = _cut(A, key, length)
    return None if len(lengths) == 1 else node(SELECTOR, lengths=lengths, part=part).T


def _choice(key, length, e) -> Expr:
    """The rows of the identity with these numbers."""
    chosen = np.asarray(key)
    if chosen.dtype == bool and chosen.shape == (length,):
        chosen = np.flatnonzero(chosen)
    if chosen.dtype == bool or chosen.ndim != 1 or chosen.dtype.kind not in "iu" or not len(chosen):
        raise UnsupportedError(
            f"{e}[{key!r}]: a list of whole numbers is expected; for a condition write np.where"
        )
    if isinstance(length, int):
        if chosen.min() < -length or chosen.max() >= length:
            raise IndexError(f"{e}[{key!r}]: the numbers go from 0 to {length - 1}")
        chosen = chosen % length
    elif chosen.min() < 0:
        raise UnsupportedError(
            f"{e}[{key!r}]: {e} is {shape_text(e.shape)}, so numbers are counted from the front"
        )
    return node(CHOICE, indices=tuple(map(int, chosen)), length=length)


def _pairs(A, rows, columns):
    """``A[[0, 1, 2], labels]``: an entry for each pair."""
    rows, columns = np.asarray(rows), np.asarray(columns)
    if rows.shape != columns.shape:
        raise ShapeError(f"{A}[...]: the lists of rows and columns are of one length")
    left, right = _choice(rows, A.shape[0], A), _choice(columns, A.shape[1], A)
    all_in_order = rows.tolist() == list(range(len(rows))) and A.shape[0] == len(rows)
    chosen = A if all_in_order else left @ A
    return (chosen * right) @ node(ONES, length=A.shape[1])


def _take(a, indices, axis=None):
    a = as_column(a)
    if not a.ndim:
        raise IndexError(f"np.take: {a} is a scalar and has no elements")
    if axis is not None and not is_axis(axis, a.ndim):
        raise UnsupportedError(f"np.take: {a} has {a.ndim} axes, there is no axis {axis!r}")
    if a.ndim == 2 and axis is None:
        raise UnsupportedError("np.take: a matrix needs its axis: np.take(E, ids, axis=0)")
    key = indices if isinstance(indices, Integral) else np.asarray(indices)
    if np.asarray(key).dtype == bool:
        raise UnsupportedError("np.take: whole numbers are expected; for a mask write x[mask]")
    return getitem(a, (_ALL, key) if axis is not None and axis % 2 and a.ndim == 2 else key)


def _flip(m, axis=None):
    m = as_column(m)
    if m.ndim == 1 and axis in (None, 0, -1):
        return node(FLIP, m)
    if m.ndim == 2 and axis is not None and is_axis(axis, 2):
        return m[:, ::-1] if axis % 2 else m[::-1]
    raise UnsupportedError(f"np.flip: {m} is {shape_text(m.shape)}: give an axis that it has")


def _expand_dims(a, axis):
    """A new axis of length 1: ``v[:, None]`` of a vector, ``X[:, None, :]`` of a matrix."""
    a = as_column(a)
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    if not a.ndim or not is_axis(axis, a.ndim + 1):
        raise UnsupportedError(
            f"np.expand_dims: {a} is {shape_text(a.shape)}: a vector or a matrix is expected, and "
            "a number as its axis"
        )
    place = axis % (a.ndim + 1)
    return getitem(a, (*[_ALL] * place, None, *[_ALL] * (a.ndim - place)))


NUMPY.update({"getitem": getitem, np.expand_dims: _expand_dims, np.take: _take, np.flip: _flip})
