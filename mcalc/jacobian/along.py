"""Along the rows, down the columns, of a vector: what a sum is there, and softmax and its like.

An operation is one for each of the three, written ``softmax(S) by rows``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..graph.expr import Expr, Primitive, node
from ..graph.primitives import DIAG, MATMAT, ONES, OUTER
from ..graph.simplify import mul


@dataclass(frozen=True, eq=False)
class Along:
    """An axis: ``total(X)`` sums along it, ``beside(v)`` lays a number for each row beside X.

    ``keepdims`` are the options of NumPy's reductions for a result that lies beside X again.
    """

    where: str  # as it stands behind a function's name
    ndim: int
    axis: int
    total: Callable[[Expr], Expr]
    beside: Callable[[Expr, tuple], Expr]
    scale: Callable[[Expr, Expr], Expr]
    keepdims: dict


def _ones(X, axis):
    return node(ONES, length=X.shape[axis])


ROWS = Along(
    " by rows", 2, 1,
    lambda X: X @ _ones(X, 1),
    lambda v, shape: node(OUTER, v, node(ONES, length=shape[1])),
    lambda v, X: node(MATMAT, node(DIAG, v), X),
    {"axis": 1, "keepdims": True},
)  # fmt: skip
COLUMNS = Along(
    " by columns", 2, 0,
    lambda X: _ones(X, 0) @ X,
    lambda v, shape: node(OUTER, node(ONES, length=shape[0]), v),
    lambda v, X: node(MATMAT, X, node(DIAG, v)),
    {"axis": 0, "keepdims": True},
)  # fmt: skip
VECTOR = Along("", 1, 0, np.sum, lambda v, shape: v, mul, {})
AXES = ROWS, COLUMNS, VECTOR


# --- operations of their own -----------------------------------------------------------------


def _numpy(function, along):
    """A function of a batch of arrays, along an axis of each."""
    axis = {ROWS: -1, COLUMNS: -2, VECTOR: -1}[along]
    return lambda X: function(X, axis)


def _log_sum_exp(X, axis):
    top = np.max(X, axis=axis, keepdims=True)
    return top + np.log(np.sum(np.exp(X - top), axis=axis, keepdims=True))


def _operations(name, function, shape=lambda X, along: X.shape):
    """The operation along each axis, written ``softmax(S) by rows``."""
    return {
        along: Primitive(
            name + along.where,
            _numpy(function, along),
            shape=lambda X, along=along: shape(X, along),
            text=f"{name}({{0}}){along.where}",
        )
        for along in AXES
    }


def _shape_of_total(X, along):
    return {ROWS: X.shape[:1], COLUMNS: X.shape[1:], VECTOR: ()}[along]


SOFTMAX = _operations("softmax", lambda X, axis: np.exp(X - _log_sum_exp(X, axis)))
LOG_SOFTMAX = _operations("log_softmax", lambda X, axis: X - _log_sum_exp(X, axis))
LOG_SUM_EXP = _operations(
    "logsumexp", lambda X, axis: np.squeeze(_log_sum_exp(X, axis), axis), _shape_of_total
)
