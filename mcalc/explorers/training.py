"""Explorer of training: measures of a network, on one curve for every way to take a step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..draw.scene import Axes, Scene
from ..graph.variables import scalars, vectors
from ..graph.walk import symbols
from ..notation.numbers import number
from .inputs import Choice, Number
from .played import StepExplorer

LOOKS = (("blue", ""), ("orange", "7 4"))


class Training(StepExplorer):
    """A training loop of the reader's own, with its methods and rates to choose from."""

    title = "training"

    def __init__(self, train, methods, measures, rate, steps, sizes):
        if not 1 <= len(measures) <= 2 or not all(1 <= len(m) <= 2 for m in measures.values()):
            raise ValueError("one or two measures are shown, each on one or two sets of examples")
        if steps < 1:
            raise ValueError(f"steps={steps}: at least one is needed")
        self.train, self.methods, self.measures = train, methods, measures
        inputs = {
            "method": Choice("method", dict(methods)),
            "rate": Number("rate", 0.0001, 10.0, rate, log=True),
            "beta": Number("beta", 0.0, 0.99, 0.9, step=0.01),
            "batch": Choice("batch", {str(size): size for size in sizes}),
            "step": Number("step", 0, steps, steps, whole=True),
        }
        self._runs: dict = {}
        first = {name: one.value for name, one in inputs.items()}
        with np.errstate(all="ignore"):
            self.first = self.run(**first)
        self.updates = {method: _update(method) for method in methods.values()}
        super().__init__([self.updates[first["method"]]], inputs)

    def run(self, method, rate, beta, batch, step):
        """Each measure on each set of examples after 0, 1, ... steps at least so far."""
        key = method, rate, beta, batch
        if key not in self._runs:
            if len(self._runs) > 20:
                self._runs.clear()
            self._runs[key] = self.train(method, rate, batch, beta), []
        stream, found = self._runs[key]
        while len(found) <= step:
            theta = next(stream, None)
            if theta is None:
                raise ValueError(f"train ends after {len(found) - 1} steps: {step} are to be shown")
            found.append([[float(f(theta)) for f in sets.values()]
                          for sets in self.measures.values()])  # fmt: skip
        return found

    def update_inputs(self, method, **values):
        self.inputs["beta"].visible("beta" in [v.name for v in symbols(self.updates[method][1])])

    def draw(self, method, rate, beta, batch, step):
        self.set_formulas([self.updates[method]])
        ahead = self.run(method, rate, beta, batch, max(step, 1))
        run = ahead[: step + 1]
        scene, lines = Scene(760, 300), []
        for k, (name, sets) in enumerate(self.measures.items()):
            values = np.array([measured[k] for measured in run]).T
            before = np.array([measured[k] for measured in self.first]).T
            high = 1.08 * np.max(before[np.isfinite(before)], initial=1e-12)
            plot = Axes(scene, 52 + 380 * k, 50, 310, 190, (0.0, float(self.most)), (0.0, high))
            plot.frame("step", name)
            for look, curve, old in zip(LOOKS, values, before, strict=False):
                plot.curve(range(len(old)), old, "muted", 1, look[1])
                plot.curve(range(len(curve)), curve, *(look[0], 2, look[1]))
                plot.dot(step, curve[-1], look[0], 3)
            plot.handle(step, values[0][-1], f"step on the curve of {name}", along_x="step")
            told = [f"{number(v[-1])} {of}" for of, v in zip(sets, values, strict=True)]
            lines.append(f"{name} at step {step}: {', '.join(told)}")
        self._legend(scene)
        here, begun = run[-1][0][0], run[0][0][0]
        if step and not here <= begun:
            lines.append(
                f"worse than at step 0, where it was {number(begun)}: the steps are too long"
            )
        else:
            first = f"the first step makes it {number(ahead[1][0][0])}; " * (not step)
            lines.append(f"{first}grey: the run that the explorer began with")
        return scene, lines

    def _legend(self, scene):
        x = 52
        for (color, dash), name in zip(LOOKS, next(iter(self.measures.values())), strict=False):
            scene.line([(x, 14), (x + 30, 14)], color, 2, dash)
            scene.text(x + 38, 14, name, "ink", 12, "start")
            x += 80 + 7 * len(name)


def _update(method):
    """What a method makes of the parameters, as an equation of symbols."""
    (theta, new, g), (eta, beta) = vectors("theta theta_new g"), scalars("eta beta")
    _, _, *names = inspect.signature(method).parameters
    _, remembered = method(np.zeros(1), 0.5)
    state = [vectors(name) if np.ndim(value) else scalars(name)
             for name, value in zip(names, remembered, strict=False)]  # fmt: skip
    return new, theta - eta * method(g, beta, *state)[0]


def training(
    train: Callable,
    methods: Mapping[str, Callable],
    measures: Mapping[str, Mapping[str, Callable]],
    rate: float = 0.1,
    steps: int = 100,
    sizes: Sequence[int] = (32, 128, 8),
) -> Training:
    """Explore training: ``mc.explore.training(train, {"SGD": sgd}, {"loss": {"train": loss}})``.

    All of it is the reader's own. ``train(method, rate, size, beta)`` yields the parameters, one
    array, after 0, 1, 2, ... steps on ``size`` examples each. A method is called with a gradient,
    beta and what it remembers, and gives the direction and what it will remember:
    ``momentum(g, beta, v=0)`` gives ``v, (v,)``; it runs on symbols too, for its formula. A measure
    has functions of the parameters, one for each set of examples. Inputs: the method, the learning
    rate, beta if the method uses it, the size of a batch, and the step; Play takes one after the
    other. Raises ValueError for more than two measures or sets, and if ``train`` ends too early.
    """
    return Training(train, dict(methods), dict(measures), rate, steps, sizes)
