"""The explorer of steps: a quadratic bowl, and the way that a rule takes down to its bottom."""

from __future__ import annotations

import math

import numpy as np

from ..draw.contours import contour_lines, paint
from ..draw.handles import Free
from ..draw.scene import Axes, Scene
from ..graph.variables import scalars, vectors
from ..notation.numbers import number
from .inputs import Choice, Number
from .played import StepExplorer

_FAR = 1.6  # how far the picture of the bowl reaches, from its bottom
_LOW, _HIGH = -6.0, 1.0  # powers of ten of the distance that are shown
_KEPT = 0.999  # how much of Adam's mean of squares is kept at a step
_RULES = ("plain", "momentum", "Adam")


def _formulas():
    """The new parameters by each rule; what is remembered is already that of this step."""
    theta, new, g, v, v_new, m, s = vectors("theta theta_new g v v_new m s")
    eta, beta, t = scalars("eta beta t")
    adam = (m / (1 - beta**t)) / np.sqrt(s / (1 - _KEPT**t))
    return {
        "plain": [(new, theta - eta * g)],
        "momentum": [(v_new, beta * v + g), (new, theta - eta * v_new)],
        "Adam": [(new, theta - eta * adam)],
    }


def _step(rule, beta, g, state):
    """What a step goes along, and what is remembered: v, m, s and t."""
    v, m, s, t = state
    v, t = beta * v + g, t + 1
    m, s = beta * m + (1 - beta) * g, _KEPT * s + (1 - _KEPT) * g**2
    adam = m / (1 - beta**t) / (np.sqrt(s / (1 - _KEPT**t)) + 1e-8)
    return {"plain": g, "momentum": v, "Adam": adam}[rule], (v, m, s, t)


class Steps(StepExplorer):
    """Steps down a bowl with two curvatures, which can be turned against the axes."""

    title = "steps"

    def __init__(self, curvatures, rule, rate, beta, steps):
        self.curvatures = np.array(curvatures, dtype=float)
        if self.curvatures.shape != (2,) or not (self.curvatures > 0).all():
            raise ValueError(f"curvatures={curvatures}: two numbers above 0, as in (1, 25)")
        if steps < 1:
            raise ValueError(f"steps={steps}: at least one is needed")
        self.updates = _formulas()
        inputs = {
            "rule": Choice("rule", {name: name for name in _RULES}, rule),
            "rate": Number("rate", 0.001, 1.0, rate, log=True),
            "beta": Number("beta", 0.0, 0.99, beta, step=0.01),
            "turn": Number("turn", 0, 90, 0, 5, unit="degrees"),
            "step": Number("step", 0, steps, steps, whole=True),
        }
        super().__init__(self.updates[rule], inputs)

    def bowl(self, turn):
        """The Hessian, and the axes of the bowl as columns."""
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        axes = np.array([[c, -s], [s, c]])
        return axes * self.curvatures @ axes.T, axes

    def path(self, rule, rate, beta, turn, step):
        """The places after 0, 1, ... steps, from 1 along both axes of the bowl."""
        hessian, axes = self.bowl(turn)
        way, state = [axes @ np.ones(2)], (0.0, 0.0, 0.0, 0)
        with np.errstate(all="ignore"):
            for _ in range(step):
                along, state = _step(rule, beta, hessian @ way[-1], state)
                way.append(way[-1] - rate * along)
        return np.array(way)

    def update_inputs(self, rule, **values):
        self.inputs["beta"].visible(rule != "plain")

    def draw(self, rule, rate, beta, turn, step):
        self.set_formulas(self.updates[rule])
        way = self.path(rule, rate, beta, turn, step + 1)
        *far, _ = (math.hypot(*place) for place in way)
        scene = Scene(760, 320)
        self._valley(scene, way, turn)
        self._distances(scene, np.array(far))
        here, there = (f"({number(x)}, {number(y)})" for x, y in way[-2:])
        low, high = sorted(self.curvatures)
        kappa = high / low
        floor = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
        lines = [
            f"step {step} of {self.most}: at {here}, {number(far[-1])} away from the bottom",
            f"the next step leads to {there}",
            f"curvatures {number(low)} and {number(high)}: kappa is {number(kappa)}",
            f"plain at its best: rate {number(2 / (low + high))} leaves "
            f"{number((kappa - 1) / (kappa + 1))} of the distance a step",
            f"momentum at its best: rate {number((1 + floor) ** 2 / high)} and beta "
            f"{number(floor**2)} leave {number(floor)}",
        ]
        if not far[-1] <= 100 * far[0]:
            lines[0] = f"step {step} of {self.most}: the steps are too long, and grow without bound"
        return scene, lines

    def _valley(self, scene, way, turn):
        hessian, axes = self.bowl(turn)
        plot = Axes(scene, 46, 24, 250, 250, (-_FAR, _FAR), (-_FAR, _FAR))
        plot.frame("theta_1", "theta_2")
        grid = np.linspace(-_FAR, _FAR, 121)
        places = np.stack(np.meshgrid(grid, grid), axis=-1)
        heights = np.einsum("...i,ij,...j->...", places, hessian, places) / 2
        levels = np.linspace(0.12, 1.0, 8) ** 2 * np.sum(self.curvatures) / 2
        paint(plot, contour_lines(grid, grid, heights, levels))
        near = np.where(np.abs(way) < 100, way, np.nan)  # a line to what is farther says nothing
        plot.curve(*near[-2:].T, "orange", 2, "7 4")
        plot.curve(*near[:-1].T, "green", 2)
        for place in near[:-1]:
            plot.dot(*place, color="green", radius=2)
        plot.dot(*near[-2], color="ink")
        self._take(plot, near[-2], axes)

    def _take(self, plot, place, axes):
        """Handles for the way, which goes to the step nearest by, and for an axis of the bowl."""

        def nearest(px, py):
            whole = self.path(**{**self.values, "step": self.most})
            off = np.hypot(*(whole - plot.point(px, py)).T)
            return float(np.argmin(np.where(np.isfinite(off), off, np.inf)))

        def angle(px, py):
            x, y = plot.point(px, py)
            return math.degrees(math.atan2(y, x))

        end = 1.45 * axes[:, 0]
        plot.handle(*end, "axis of the bowl", {"turn": Free(angle)})
        if np.isfinite(place).all():
            plot.handle(*place, "place on the way", {"step": Free(nearest)})

    def _distances(self, scene, far):
        plot = Axes(scene, 390, 24, 340, 250, (0.0, float(self.most)), (_LOW, _HIGH))
        plot.frame("step", "distance, as a power of ten")
        with np.errstate(all="ignore"):
            powers = np.log10(np.where(np.isfinite(far), far, np.inf))
        shown = np.clip(powers, _LOW, _HIGH)
        plot.curve(range(len(shown)), shown)
        plot.dot(len(shown) - 1, shown[-1], "ink")
        plot.handle(len(shown) - 1, shown[-1], "step on the curve of distances", along_x="step")


def steps(
    curvatures: tuple[float, float] = (1.0, 25.0),
    rule: str = "momentum",
    rate: float = 0.05,
    beta: float = 0.6,
    steps: int = 60,
) -> Steps:
    """Explore what is done with a gradient: ``mc.explore.steps((1, 25), rule="Adam")``.

    The bowl is the sum of ``curvatures[k] x_k**2 / 2``, with its bottom at 0; the way begins at 1
    along both of its axes. Inputs: the rule, "plain", "momentum" or "Adam", the rate, beta, by how
    much the bowl is turned against the parameters' axes, and the step. The picture has the way over
    lines of equal loss, and the distance from the bottom after each step. Raises ValueError for
    curvatures that are not two numbers above 0, and for other rules. Beyond the paper.
    """
    if rule not in _RULES:
        raise ValueError(f"{rule!r} is not one of {', '.join(map(repr, _RULES))}")
    return Steps(curvatures, rule, rate, beta, steps)
