"""Closed forms to claim: what a Jacobian is made of, under the names that a reader knows."""

from __future__ import annotations

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
    """The matrix with the vector ``v`` on its diagonal, ``diag(v)``: n x n."""
    return of_vector(DIAG, v)


def identity(n=None) -> Expr:
    """The identity matrix ``I``. Without a length it takes the one that fits."""
    return node(IDENTITY, length=n)


def ones(n=None) -> Expr:
    """A column of ones, n x 1; ``ones().T`` is the row ``1^T``."""
    return node(ONES, length=n)


def zeros(n=None) -> Expr:
    """A column of zeros, n x 1; ``zeros().T`` is the row ``0^T``. A zero matrix is the number 0."""
    return node(ZEROS, lengths=(n,))


def sigmoid(z):
    """The logistic function ``1/(1 + exp(-z))``, element by element, for which NumPy has no name.

    Of an expression an expression, written ``σ(z)``; of numbers an array. Its derivative is
    ``σ(z)(1 - σ(z))``.
    """
    if isinstance(getattr(z, "expr", z), Expr):
        return elementwise(SIGMOID, z)
    return SIGMOID.numpy(np.asarray(z, dtype=float))


def outer(a, b) -> Expr:
    """The outer product ``a b^T`` of two vectors: m x n."""
    return of_vectors(OUTER, a, b)


def cases(*pairs) -> Expr:
    """Values by condition: ``cases((x.T, w @ x + b > 0))``, and 0 otherwise.

    Each pair is ``(value, condition)``; the first condition that holds decides. A last value
    without a condition stands for "otherwise".
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
