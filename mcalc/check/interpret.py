"""Numbers from formulas by a plain interpreter, for many points at once."""

from __future__ import annotations

import numpy as np

from ..graph.expr import NUMBER, SIZE
from ..graph.lengths import params_at
from ..graph.walk import walk

# --- in batches ------------------------------------------------------------------------------


def batch(roots, values: dict, sizes: dict) -> dict:
    """The value of every node, for inputs with a leading batch axis: ``{Expr: array}``.

    This interprets the recorded calls one by one and shares nothing with the compiled code.
    """
    count, found = max(map(len, values.values()), default=1), {}
    for e in walk(*roots):
        if e.args:
            value = e.op.numpy(*aligned(e, found), **params_at(e, sizes))
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
        found[e] = value.astype(float) if value.dtype == bool else value
    return found


def aligned(e, found: dict) -> list:
    """The operands of ``e``; element by element they need one rank behind the batch axis."""
    operands, rank = [found[a] for a in e.args], max(a.ndim for a in e.args)
    if not e.op.sympy_form:
        return operands
    return [v.reshape(len(v), *(1,) * (1 + rank - v.ndim), *v.shape[1:]) for v in operands]
