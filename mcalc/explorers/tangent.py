"""The tangent explorer: a secant turning into a tangent, and the error of the step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..check.interpret import batch
from ..derivation import derive
from ..draw.scene import Axes, Scene, limits
from ..graph.expr import Expr
from ..graph.walk import symbols, unnamed
from ..notation.numbers import number
from .change import Change
from .curves import HEIGHT, bounds, differentiated
from .entries import refuse_taken
from .explorer import Explorer, Function, expression, only_scalars, outside
from .inputs import Choice, Number


class Tangent(Explorer):
    """A secant that turns into the tangent, and how far off it is for every step."""

    title = "tangent"

    def __init__(self, functions, wrt, between, guess, values):
        functions = [expression(f) for f in functions]
        known = only_scalars(sum(functions[1:], functions[0]))
        self.x = known[0] if wrt is None else wrt
        if self.x not in {*known}:
            there = ", ".join(v.name for v in known)
            raise ValueError(f"{wrt} is no variable of {functions[0]}: there are {there}")
        refuse_taken((v.name for v in known), ("function", "step", "guess"))
        self.low, self.high = bounds(between, known)
        inputs = {}
        if len(functions) > 1:
            named = {str(f): f for f in functions}
            inputs["function"] = Choice("function", named)
        self.functions = functions
        middle = self.low + (self.high - self.low) * 2 / 3
        for v in known:
            inputs[v.name] = Number(v.name, self.low, self.high, middle if v is self.x else 1.0)
        inputs["step"] = Number("step", 1e-12, 1.0, 0.5, log=True)
        self.slopes = {
            f: derive(f, self.x).jacobian.expr for f in functions if self.x in {*symbols(f)}
        }
        super().__init__([], inputs, guess=guess)
        self.set(**values)

    @property
    def function(self):
        return self.inputs["function"].value if "function" in self.inputs else self.functions[0]

    def value(self, xs, e, at):
        """An expression at many values of x, with the other scalars as they are."""
        xs = np.asarray(xs, dtype=float)
        others = {name: np.full(len(xs), value) for name, value in at.items()}
        return batch([unnamed(e)], others | {self.x.name: xs}, {})[unnamed(e)] + 0 * xs

    def draw(self, step, function=None, guess=None, **at):
        f, x = self.function, at[self.x.name]
        self.set_formulas([differentiated(f, self.x)])
        slope = float(self.value([x], self.slopes[f], at)[0]) if f in self.slopes else 0.0
        here, half, there = self.value([x, x + step / 2, x + step], f, at)
        secant = (there - here) / step
        scene = Scene(720, HEIGHT)
        self._curve(scene, f, at, (x, here), (x + step, there), slope, secant)
        self._errors(scene, f, at, step, slope, secant)
        change = Change(slope * step, there - here, here, rounding=True)
        halved = change.halved(Change(slope * step / 2, half - here, here, rounding=True))
        return scene, [
            f"at {self.x} = {number(x)} the value is {number(here)}{outside(here)}",
            *self.after_guess(
                guess,
                f"a step of {step:.3g}:",
                [
                    f"slope of the tangent {number(slope)}, of the secant {number(secant)}: "
                    f"error {secant - slope:.3g}",
                    f"a step of {step:.3g}: {change}",
                    f"half the step: off by {halved}",
                ],
                there - here,
            ),
        ]

    def _curve(self, scene, f, at, here, there, slope, secant):
        """The function with its secant through two points and its tangent in the first."""
        (x, y), (x1, y1) = here, there
        xs, ends = np.linspace(self.low, self.high, 161), np.array([self.low, self.high])
        ys = self.value(xs, f, at)
        plot = Axes(scene, 48, 30, 330, 250, (self.low, self.high), limits(np.clip(ys, -40, 40)))
        plot.frame(self.x.name, title="secant (green), tangent (orange, dashed)")
        plot.curve(xs, ys)
        plot.curve(ends, y + secant * (ends - x), "green", 2)
        plot.curve(ends, y + slope * (ends - x), "orange", 2, "7 4")
        plot.dot(x1, y1, "green", hollow=True)
        plot.dot(x, y, "ink")
        plot.handle(x1, y1, "end of the step", along_x="step", start=x)
        plot.handle(x, y, "point of the tangent", along_x=self.x.name)

    def _errors(self, scene, f, at, step, slope, secant):
        """How far off the secant's slope is for steps of every size, on logarithmic axes."""
        x, steps = at[self.x.name], 10.0 ** np.linspace(-12, 0, 49)
        ahead, back = self.value(x + steps, f, at), self.value(x - steps, f, at)
        forward = abs((ahead - self.value([x], f, at)) / steps - slope)
        central = abs((ahead - back) / (2 * steps) - slope)
        errors = Axes(scene, 448, 30, 250, 250, (1e-12, 1.0), (1e-16, 1e2), log=True)
        errors.frame("step", "error of the slope", "central: dashed")
        errors.curve(steps, np.maximum(forward, 1e-16), "green", 2)
        errors.curve(steps, np.maximum(central, 1e-16), "muted", 1.5, "5 4")
        errors.dot(step, max(abs(secant - slope), 1e-16), "green", 6)
        errors.handle(step, max(abs(secant - slope), 1e-16), "step, on the error", along_x="step")


def tangent(
    *functions: Function,
    wrt: Expr | None = None,
    between: tuple[float, float] = (-3.0, 3.0),
    guess: bool = False,
    **values: Any,
) -> Tangent:
    """Explore the derivative of functions of one number: ``mc.explore.tangent(x**2, np.sin(x))``.

    Each is an expression of scalars, or a function of them such as ``np.sin``. Inputs: the function
    if there are several, ``x`` between two bounds, further scalars, and the step of the secant;
    ``x=1, step=0.1`` says where to start. The second picture has the error of the secant's slope
    against the step, both on logarithmic axes. With ``guess=True`` slopes and changes are told once
    the reader has typed a guess of the change. Raises ValueError for what is no scalar function of
    scalars. Paper: "Scalar derivative rules".
    """
    if not functions:
        raise ValueError("tangent needs a function: mc.explore.tangent(x**2)")
    return Tangent(functions, wrt, between, guess, dict(values))
