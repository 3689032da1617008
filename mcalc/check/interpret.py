"""Numbers from formulas by a plain interpreter, for many points at once."""

from __future__ import annotations

import numpy as np

from ..graph.expr import NUMBER, SIZE, Expr
from ..graph.lengths import params_at
from ..graph.walk import walk

# --- in batches ------------------------------------------------------------------------------


def batch(roots, values: dict, sizes: dict) -> dict[Expr, np.ndarray]:
    """The value of every node, for inputs with a leading batch axis: ``{Expr: array}``.

    This interprets the recorded calls one by one and shares nothing with the compiled code.
    """
    count = max(map(len, values.values()), default=1)
    computed: dict[Expr, np.ndarray] = {}
    for e in walk(*roots):
        if e.args:
            value = e.op.numpy(*aligned(e, computed), **params_at(e, sizes))
        else:
            if e.name:
                value = values[e.name]
            elif e.op in (NUMBER, SIZE):
                (number,) = params_at(e, sizes).values()
                value = np.array([float(number)])
            else:
                value = e.op.numpy(**params_at(e, sizes))[None]
            if len(value) != count:
                value = np.broadcast_to(value, (count, *value.shape[1:]))
        computed[e] = value.astype(float) if value.dtype == bool else value
    return computed


def aligned(e: Expr, values: dict) -> list[np.ndarray]:
    """The operands of ``e``; element by element they need one rank behind the batch axis."""
    operands, rank = [values[a] for a in e.args], max(a.ndim for a in e.args)
    if not e.op.sympy_form:
        return operands
    return [v.reshape(len(v), *(1,) * (1 + rank - v.ndim), *v.shape[1:]) for v in operands]
