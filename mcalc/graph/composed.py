"""NumPy's functions that are short formulas of others: choices, polynomials, blocks, products."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from numbers import Integral

import numpy as np

from .axes import is_axis
from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, as_expr, size
from .primitives import as_column
from .shapes import ShapeError, same_length, shape_text
from .walk import is_number
from .weighted import plus, times


def _plain(name: str, a, *axes: int) -> Expr:
    """An operand with so many axes, of numbers."""
    a = as_column(a)
    if a.boolean:
        raise UnsupportedError(f"np.{name} takes numbers: write 1.0 * ({a})")
    if a.ndim not in axes:
        wanted = " or ".join(("a scalar", "a vector", "a matrix")[n] for n in axes)
        raise ShapeError(f"np.{name}: {a} is {shape_text(a.shape)}, and {wanted} is expected")
    return a


def _matvec(x1, x2):
    return _plain("matvec", x1, 2) @ _plain("matvec", x2, 1)


def _vecmat(x1, x2):
    return _plain("vecmat", x1, 1) @ _plain("vecmat", x2, 2)


def _vecdot(x1, x2, axis=-1):
    """The product of two vectors, or of each row of a matrix with that of another one."""
    a, b = _plain("vecdot", x1, 1, 2), _plain("vecdot", x2, 1, 2)
    alike = a.ndim == b.ndim and all(map(same_length, a.shape, b.shape))
    if not alike or not is_axis(axis, a.ndim):
        raise ShapeError(
            f"np.vecdot: {a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}, axis "
            f"{axis!r}: two of one shape are expected"
        )
    return a @ b if a.ndim == 1 else np.sum(a * b, axis=axis)


def _matrix_transpose(x):
    return _plain("matrix_transpose", x, 2).T


def _select(condlist, choicelist, default=0):
    """The choice of the first condition that holds."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"np.select: {len(condlist)} conditions and {len(choicelist)} choices; as many of "
            "each are expected, and one at least"
        )
    if others := [c for c in condlist if isinstance(c, Expr) and not c.boolean]:
        raise UnsupportedError(f"np.select takes conditions, and {others[0]} is none")
    cases = [*zip(condlist, choicelist, strict=True)]
    return reduce(lambda no, case: np.where(*case, no), reversed(cases), default)


def _heaviside(x1, x2):
    x = _plain("heaviside", x1, 0, 1, 2)
    return np.where(x > 0, 1, np.where(x < 0, 0, _plain("heaviside", x2, 0, 1, 2)))


def _polyval(p, x):
    """By Horner's scheme, the coefficient of the highest power first."""
    x = _plain("polyval", x, 0, 1, 2)
    if isinstance(p, Expr) and not isinstance(_plain("polyval", p, 1).shape[0], int):
        raise UnsupportedError(
            f"np.polyval: {p} is {shape_text(p.shape)}: a known number of coefficients is needed"
        )
    total = as_expr(p[0])
    for coefficient in p[1:]:
        total = plus(times(total, x), coefficient)
    return total if len(p) > 1 or not x.ndim else total * np.ones_like(x)


def _block(arrays):
    """Rows of blocks, one below the other."""
    if not isinstance(arrays, list) or not all(isinstance(row, list) and row for row in arrays):
        raise UnsupportedError("np.block: a list of lists is expected, as in [[A, B], [C, D]]")
    return np.concatenate([np.concatenate(row, axis=1) for row in arrays], axis=0)


def _unstack(x, axis=0):
    x = as_column(x)
    if not is_axis(axis, x.ndim):
        raise UnsupportedError(
            f"np.unstack: {x} is {shape_text(x.shape)}, and has no axis {axis!r}"
        )
    return tuple(x.T if axis % x.ndim else x)


def _cumprod(a, axis=None):
    a = _plain("cumprod", a, 1)
    if not isinstance(a.shape[0], int) or axis not in (None, 0, -1):
        raise UnsupportedError(
            f"np.cumprod: {a} is {shape_text(a.shape)}, and a vector of known length is needed, as "
            'in mc.vectors("x", size=3)'
        )
    parts = [a[0]]
    for k in range(1, a.shape[0]):
        parts.append(parts[-1] * a[k])
    return np.stack(parts)


def _centred(name, a, rowvar):
    """What varies in columns, less its means."""
    X = _plain(name, a, 1, 2)
    if not isinstance(rowvar, bool):
        raise UnsupportedError(f"np.{name}: rowvar is True or False, not {rowvar!r}")
    X = X[:, None] if X.ndim == 1 else X.T if rowvar else X
    return X - np.mean(X, axis=0, keepdims=True)


def _cov(m, *, rowvar=True, bias=False, ddof=None):
    """The covariance of what stands in rows, or with ``rowvar=False`` in columns."""
    X = _centred("cov", m, rowvar)
    if not isinstance(bias, bool) or not (ddof is None or isinstance(ddof, Integral)):
        raise UnsupportedError(
            f"np.cov: bias is True or False and ddof a whole number, not {bias!r} and {ddof!r}"
        )
    less = (0 if bias else 1) if ddof is None else int(ddof)
    return np.squeeze((1 / (size(X.shape[0]) - less)) * (X.T @ X))


def _corrcoef(x, *, rowvar=True):
    X = _centred("corrcoef", x, rowvar)
    unit = X / np.linalg.norm(X, axis=0, keepdims=True)
    return np.squeeze(unit.T @ unit)


def _trapezoid(y, *, dx=1.0):
    """The area under the lines between neighbours."""
    y, dx = _plain("trapezoid", y, 1), _plain("trapezoid", dx, 0)
    return times(dx, np.sum(y[1:]) + np.sum(y[:-1])) / 2


def _pad(array, pad_width, mode="constant", *, constant_values=0):
    """With so many rows and columns of a number around it."""
    a = _plain("pad", array, 1, 2)
    if mode != "constant" or np.ndim(constant_values):
        raise UnsupportedError('np.pad: one number has a rule, mode="constant", constant_values=0')
    for axis, widths in enumerate(np.broadcast_to(pad_width, (a.ndim, 2)).tolist()):
        if not all(isinstance(k, int) and k >= 0 for k in widths):
            raise ValueError(f"np.pad: {pad_width!r} are no counts: whole numbers from 0 up")
        sides = [
            np.full((*a.shape[:axis], k, *a.shape[axis + 1 :]), constant_values, like=a)
            if k
            else None
            for k in widths
        ]
        parts = [part for part in (sides[0], a, sides[1]) if part is not None]
        a = np.concatenate(parts, axis=axis) if len(parts) > 1 else a
    return a


def _rot90(m, k=1):
    a = _plain("rot90", m, 2)
    if not isinstance(k, Integral):
        raise ValueError(f"np.rot90: {k!r} is no count of quarter turns: a whole number")
    turned = a if k % 2 == 0 else a.T
    if k % 4 in (1, 2):
        turned = np.flip(turned, axis=0)
    return np.flip(turned, axis=1) if k % 4 in (2, 3) else turned


def _gradient(f, spacing=1, *, axis=None):
    """Differences over two neighbours, and over one at the ends."""
    f, h = _plain("gradient", f, 1, 2), _plain("gradient", spacing, 0)
    if not is_axis(0 if axis is None and f.ndim == 1 else axis, f.ndim):
        raise UnsupportedError(f"np.gradient: {f} is {shape_text(f.shape)}: give one axis of it")
    f = f.T if f.ndim == 2 and axis % 2 else f
    double = as_expr(2 * h.params["value"]) if is_number(h) else 2 * h
    ends = [f[1:2] - f[:1], f[-1:] - f[-2:-1]]
    first, last = ends if is_number(h, 1) else (end / h for end in ends)
    inside = (f[2:] - f[:-2]) / double
    whole = np.concatenate([first, inside, last])
    return whole.T if f.ndim == 2 and axis % 2 else whole


def _linspace(start, stop, num=50, *, endpoint=True):
    first, last = _plain("linspace", start, 0), _plain("linspace", stop, 0)
    if not isinstance(num, Integral) or num < 1:
        raise ValueError(f"np.linspace: {num!r} is no count: a whole number from 1 up")
    return first + (last - first) * np.linspace(0, 1, num, endpoint=endpoint)


def _array_split(ary, indices_or_sections, axis=0):
    """Parts of about one length."""
    a, count = as_column(ary), indices_or_sections
    if isinstance(count, Integral) and is_axis(axis, a.ndim) and isinstance(a.shape[axis], int):
        parts = np.array_split(np.arange(a.shape[axis]), count)
        count = [int(part[0]) for part in parts[1:] if part.size]
        if len(count) < len(parts) - 1:
            raise UnsupportedError(f"np.array_split: of {len(parts)} parts some have no element")
    return np.split(a, count, axis=axis)


_ROWS: dict[str, Callable] = {
    "pad": _pad, "rot90": _rot90, "gradient": _gradient, "linspace": _linspace,
    "array_split": _array_split,
    "cov": _cov, "corrcoef": _corrcoef, "trapezoid": _trapezoid,
    "diagflat": lambda v: np.diag(_plain("diagflat", v, 1)),
    "matvec": _matvec, "vecmat": _vecmat, "vecdot": _vecdot, "linalg.vecdot": _vecdot,
    "matrix_transpose": _matrix_transpose, "select": _select, "heaviside": _heaviside,
    "polyval": _polyval, "block": _block, "unstack": _unstack, "cumprod": _cumprod,
}  # fmt: skip
NUMPY["mT"] = _matrix_transpose
for _name, _build in _ROWS.items():
    _room = np.linalg if _name.startswith("linalg.") else np
    _function = getattr(_room, _name.rpartition(".")[2], None)
    if _function is not None:  # np.unstack and np.matvec are younger than what mcalc needs
        NUMPY[_function] = _build
