"""Constants that have a shape: ``np.eye(n, like=X)``, ``np.ones(n, like=X)`` and the like.

NumPy hands these calls on where ``like`` is an expression; without it they need known lengths.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from . import simplify
from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, as_expr, node
from .length import Length
from .primitives import IDENTITY

_NUMBERS = (None, float, np.float64)  # a type that changes no value


def as_length(name, n):
    """A length such as ``X.shape[0]``, or a number; for the message the name of what asks."""
    if isinstance(n, Length):
        return n
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise UnsupportedError(f"{name}: {n!r} is no length: X.shape[0], or a number from 1 up")
    return int(n)


def _refuse_type(name, dtype):
    if dtype not in _NUMBERS:
        raise UnsupportedError(f"{name}: dtype={dtype!r} has no rule: leave it out")


def _eye(N, M=None, k=0, dtype=float, order="C", *, device=None) -> Expr:
    _refuse_type("np.eye", dtype)
    if M not in (None, N) or k != 0:
        raise UnsupportedError("np.eye: only the square identity has a rule, np.eye(n, like=X)")
    return node(IDENTITY, length=as_length("np.eye", N))


def _identity(n, dtype=None) -> Expr:
    return _eye(n, dtype=dtype)


def _filled(name, number, shape, dtype=None, order="C", *, device=None) -> Expr:
    _refuse_type(name, dtype)
    lengths = shape if isinstance(shape, tuple | list) else (shape,)
    if len(lengths) > 2:
        raise UnsupportedError(f"{name}: {len(lengths)} axes: vectors and matrices have a rule")
    number = as_expr(number)
    if number.ndim:
        raise UnsupportedError(f"{name}: {number} is no number to fill an array with")
    return simplify.broadcast_to(number, tuple(as_length(name, n) for n in lengths))


def _full(shape, fill_value, dtype=None, order="C", *, device=None) -> Expr:
    return _filled("np.full", fill_value, shape, dtype)


NUMPY.update(
    {
        np.eye: _eye,
        np.identity: _identity,
        np.ones: partial(_filled, "np.ones", 1),
        np.zeros: partial(_filled, "np.zeros", 0),
        np.full: _full,
    }
)
