"""Elements in other places: differences, copies, parts, and axes in another order.

What has to be counted, as ``np.repeat`` and ``np.split`` do, needs a known length.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from numbers import Integral

import numpy as np

from .axes import is_axis
from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, as_expr
from .primitives import as_column
from .shapes import shape_text


def _axis(name, a, axis):
    if not a.ndim or not is_axis(axis, a.ndim):
        raise UnsupportedError(
            f"np.{name}: {a} is {shape_text(a.shape)}: there is no axis {axis!r}"
        )
    return axis % a.ndim


def _taken(a, key, axis):
    """``a[key]``, or ``a[:, key]`` along the second axis."""
    return a[:, key] if axis else a[key]


def _whole(name, n, least=0):
    if not isinstance(n, Integral) or isinstance(n, bool) or n < least:
        raise UnsupportedError(f"np.{name}: {n!r} is no whole number from {least} up")
    return int(n)


def _known(name, a, axis) -> int:
    if not isinstance(a.shape[axis], int):
        raise UnsupportedError(
            f"np.{name}: {a} is {shape_text(a.shape)}, and a known length is needed, as in "
            'mc.vectors("x", size=6)'
        )
    return a.shape[axis]


def _numbers(name, a) -> Expr:
    a = as_column(a)
    if a.boolean:
        raise UnsupportedError(f"np.{name} takes numbers: write 1.0 * ({a})")
    return a


def _diff(a, n=1, axis=-1):
    """``x[1:] - x[:-1]``, n times."""
    a = _numbers("diff", a)
    axis = _axis("diff", a, axis)
    for _ in range(_whole("diff", n)):
        if a.shape[axis] == 1:
            raise UnsupportedError(f"np.diff: {a} is {shape_text(a.shape)}: no difference is left")
        a = _taken(a, slice(1, None), axis) - _taken(a, slice(None, -1), axis)
    return a


def _roll(a, shift, axis=None):
    a = as_column(a)
    if a.ndim == 2 and axis is None:
        raise UnsupportedError("np.roll: a matrix needs its axis: np.roll(A, 1, axis=0)")
    axis = _axis("roll", a, 0 if axis is None else axis)
    if not isinstance(shift, Integral) or isinstance(shift, bool):
        raise UnsupportedError(f"np.roll: {shift!r} is no whole number")
    return _taken(a, np.roll(np.arange(_known("roll", a, axis)), shift), axis)


def _repeat(a, repeats, axis=None):
    a = as_column(a)
    if a.ndim == 2 and axis is None:
        raise UnsupportedError("np.repeat: a matrix needs its axis: np.repeat(A, 2, axis=0)")
    axis = _axis("repeat", a, 0 if axis is None else axis)
    times = _whole("repeat", repeats, 1)
    return _taken(a, np.repeat(np.arange(_known("repeat", a, axis)), times), axis)


def _tile(A, reps):
    """Copies behind each other, ``np.tile(x, 2)``, or below, ``np.tile(x, (3, 1))``."""
    a = as_column(A)
    reps = tuple(reps) if isinstance(reps, tuple | list) else (reps,)
    down, right = (1, *(_whole("tile", n, 1) for n in reps))[-2:]
    if not a.ndim or len(reps) > 2:
        raise UnsupportedError(f"np.tile: {a}, {shape_text(a.shape)}, has no rule for {reps}")
    if a.ndim == 2 or len(reps) == 2:
        a = a if a.ndim == 2 else a[None, :]
        a = np.concatenate([a] * right, axis=1) if right > 1 else a
        return np.concatenate([a] * down, axis=0) if down > 1 else a
    return np.concatenate([a] * right)


def _append(arr, values, axis=None):
    a, b = as_column(arr), as_column(values)
    if axis is not None:
        return np.concatenate([a, b], axis=axis)
    if 2 in (a.ndim, b.ndim):
        raise UnsupportedError("np.append: a matrix needs its axis: np.append(A, B, axis=0)")
    return np.concatenate([e if e.ndim else np.stack([e]) for e in (a, b)])


def _split(ary, indices_or_sections, axis=0, name="split"):
    """Equal parts, or parts that begin at these places."""
    a = as_column(ary)
    axis = _axis(name, a, axis)
    length, at = _known(name, a, axis), indices_or_sections
    if isinstance(at, Integral):
        if _whole(name, at, 1) > length or length % at:
            raise ValueError(
                f"{name}: {a} has {length} rows or columns, which {at} does not divide"
            )
        at = range(length // at, length, length // at)
    if not isinstance(at, tuple | list | range | np.ndarray):
        raise UnsupportedError(f"np.{name}: {at!r} is no count of parts, and no list of places")
    ends = [0, *(_whole(name, k) for k in at), length]
    if ends != sorted({*ends}):
        raise UnsupportedError(f"np.{name}: {list(at)} are not places inside, one after the other")
    return [_taken(a, slice(*pair), axis) for pair in itertools.pairwise(ends)]


def _vsplit(ary, indices_or_sections):
    a = as_column(ary)
    if a.ndim != 2:
        raise UnsupportedError(f"np.vsplit: {a} is {shape_text(a.shape)}: a matrix is expected")
    return _split(a, indices_or_sections, 0, "vsplit")


def _hsplit(ary, indices_or_sections):
    return _split(ary, indices_or_sections, as_column(ary).ndim - 1, "hsplit")


def _flipped(name, axis):
    def flip(m):
        a = as_column(m)
        _axis(name, a, axis)
        return np.flip(a, axis)

    return flip


def _swapaxes(a, axis1, axis2):
    a = as_column(a)
    return a.T if _axis("swapaxes", a, axis1) != _axis("swapaxes", a, axis2) else a


def _moveaxis(a, source, destination):
    a = as_column(a)
    return a.T if _axis("moveaxis", a, source) != _axis("moveaxis", a, destination) else a


def _atleast_1d(a):
    a = as_column(a)
    return a if a.ndim else np.stack([a])


def _ptp(a, axis=None, *, keepdims=False):
    a = _numbers("ptp", a)
    options = {"axis": axis, "keepdims": keepdims}
    return np.max(a, **options) - np.min(a, **options)


_REDUCED: dict[np.ufunc, Callable] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logaddexp: lambda a, **options: np.log(np.sum(np.exp(a), **options)),
}


def reduced(ufunc, a, axis=0, *, keepdims=False) -> Expr:
    """``np.add.reduce(A)``, which sums along the first axis."""
    a = as_expr(a)
    if ufunc not in _REDUCED or not as_column(a).ndim:
        raise UnsupportedError(f"np.{ufunc.__name__}.reduce of {a} has no rule")
    function = _REDUCED[ufunc]
    return function(a, axis=axis, keepdims=keepdims)


NUMPY.update(
    {
        "reduce": reduced,
        np.diff: _diff,
        np.roll: _roll,
        np.repeat: _repeat,
        np.tile: _tile,
        np.append: _append,
        np.split: _split,
        np.vsplit: _vsplit,
        np.hsplit: _hsplit,
        np.flipud: _flipped("flipud", 0),
        np.fliplr: _flipped("fliplr", 1),
        np.swapaxes: _swapaxes,
        np.moveaxis: _moveaxis,
        np.atleast_1d: _atleast_1d,
        np.ptp: _ptp,
    }
)
