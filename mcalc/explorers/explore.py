"""The explorers: a formula, its numbers and a picture, and inputs to vary."""

from ..graph.expr import Expr
from .axes import axes
from .backward import backward
from .bench import Bench, bench
from .dataflow import dataflow
from .descent import descent
from .explorer import Function
from .gradient import gradient
from .jacobian import jacobian
from .neuron import neuron
from .normalisation import normalisation
from .shapes import shapes
from .steps import steps
from .tangent import tangent
from .training import training

__all__ = [
    "axes",
    "backward",
    "bench",
    "dataflow",
    "descent",
    "explore",
    "gradient",
    "jacobian",
    "neuron",
    "normalisation",
    "shapes",
    "steps",
    "tangent",
    "training",
]


def explore(y: Function | str, wrt: Expr | tuple | None = None, n: int = 3) -> Bench:
    """Explore any expression; :func:`bench` under the name of the family: ``mc.explore(x**2)``.

    ``mc.explore.tangent``, ``.gradient``, ``.jacobian``, ``.shapes``, ``.dataflow``, ``.neuron``,
    ``.descent``, ``.training``, ``.axes``, ``.backward``, ``.normalisation`` and ``.steps`` each
    show one thing more closely.
    """
    return bench(y, wrt, n)


for _explorer in (
    axes, backward, bench, dataflow, descent, gradient, jacobian, neuron, normalisation, shapes,
    steps, tangent, training,
):  # fmt: skip
    setattr(explore, _explorer.__name__, _explorer)
