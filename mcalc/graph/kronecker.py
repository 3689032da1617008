"""Kronecker products: of known lengths entry by entry, of others as an element-wise product.

``kron(A, B)`` has an entry ``a_ij b_kl`` in row (i, k) and column (j, l), so it is A with each row
and each column several times, times B with all of them in turn, element by element.
"""

from __future__ import annotations

import numpy as np

from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, Primitive, node
from .primitives import COPIES, MATMAT, MATVEC, MULTIPLY, TRANSPOSE, as_column
from .shapes import same_length, shape_text, times_length


def _kron(a, b):
    """Every entry of ``a`` times the whole of ``b``."""
    a, b = as_column(a), as_column(b)
    if a.boolean or b.boolean:
        raise UnsupportedError(f"np.kron takes numbers: write 1.0 * ({a if a.boolean else b})")
    if 0 in (a.ndim, b.ndim):
        return np.multiply(a, b)
    if a.ndim != b.ndim:
        a, b = (e if e.ndim == 2 else e[None, :] for e in (a, b))
    if all(isinstance(n, int) for n in a.shape):
        return _by_entries(a, b)
    if not all(times_length(m, n) for m, n in zip(a.shape, b.shape, strict=True)):
        raise UnsupportedError(
            f"np.kron: {a} is {shape_text(a.shape)}, and {b} {shape_text(b.shape)}: of lengths "
            "that are sums the first is expected to be known"
        )
    return _copied(a, b, each=True) * _copied(b, a, each=False)


def _by_entries(a, b):
    if a.ndim == 1:
        return np.concatenate([entry * b for entry in a])
    rows = [
        np.concatenate([a[i, j] * b for j in range(a.shape[1])], axis=1) for i in range(a.shape[0])
    ]
    return np.concatenate(rows)


def _copied(a: Expr, like: Expr, each: bool) -> Expr:
    """``a`` with as many copies of its rows and columns as the other has."""
    down, *right = (
        node(COPIES, lengths=(n, count), each=each)
        for n, count in zip(a.shape, like.shape, strict=True)
    )
    return down @ a @ right[0].T if right else down @ a


# as what the product of two copies is written
KRON = Primitive("kron", np.kron, shape=lambda a, b: tuple(map(times_length, a.shape, b.shape)))


def with_kron(factors: list[Expr]) -> list[Expr]:
    """The factors of an element-wise product with ``kron(A, B)`` in the place of its two copies."""
    found = {each: (k, e) for k, (each, e) in enumerate(map(_original, factors)) if e is not None}
    if len(found) < 2:
        return factors
    (first, a), (second, b) = found[True], found[False]
    kron = node(KRON, a, b)
    if kron.shape != factors[first].shape:
        return factors
    rest = [e for k, e in enumerate(factors) if k not in (first, second)]
    return [*rest, kron]


def _original(e: Expr) -> tuple[bool | None, Expr | None]:
    """Whether it is made of copies of each row or of all in turn, and of what."""
    chain = _chain(e)
    copies = [f.args[0] if f.op is TRANSPOSE else f for f in (chain[0], *chain[2:])]
    if len(chain) == 1 + e.ndim and all(c.op is COPIES for c in copies):
        each = {c.params["each"] for c in copies}
        if len(each) == 1:
            return each.pop(), chain[1]
    return None, None


def _chain(e):
    """The factors of a product of matrices, with A as one in ``R A C^T``."""
    if e.op is MATVEC:
        return [e.args[0], e.args[1]]
    if e.op is not MATMAT:
        return [e]
    first, last = e.args
    if first.op is COPIES and last.op is MATMAT:
        return [first, *last.args]
    return [*first.args, last] if first.op is MATMAT else [first, last]


def trace(e: Expr) -> Expr | None:
    """``tr(kron(A, B))`` is ``tr(A) tr(B)`` for square A and B; None for anything else."""
    factors = with_kron(list(e.args)) if e.op is MULTIPLY else []
    if len(factors) != 1 or any(same_length(*a.shape) is False for a in factors[0].args):
        return None
    return np.multiply(*map(np.trace, factors[0].args))


NUMPY[np.kron] = _kron
