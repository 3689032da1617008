"""Explorers of scalar functions: the tangent of one number's, the gradient of two numbers'."""

from __future__ import annotations

import math

import numpy as np

from ..calculation import derivative
from ..derive import derive
from ..evaluate import batch
from ..expr import symbols, unnamed
from ..picture import number, numbers
from ..scene import Axes, Scene, contour_lines, limits, ticks
from .explorer import Explorer, expression, only_scalars, outside, signed
from .inputs import Choice, Number

HEIGHT = 330


def taken(variables, *inputs):
    for v in variables:
        if v.name in inputs:
            raise ValueError(f"{v.name} is the name of an input here: rename the variable")


def differentiated(y, v):
    """``d/dx y`` and what it is."""
    written = derivative(y, v)
    return written, written.args[0]


class Tangent(Explorer):
    """A secant that turns into the tangent, and how far off it is for every step."""

    title = "tangent"

    def __init__(self, functions, wrt, between, values):
        functions = [expression(f) for f in functions]
        known = only_scalars(sum(functions[1:], functions[0]))
        self.x = known[0] if wrt is None else wrt
        if self.x not in {*known}:
            there = ", ".join(v.name for v in known)
            raise ValueError(f"{wrt} is no variable of {functions[0]}: there are {there}")
        taken(known, "function", "step")
        self.low, self.high = bounds(between)
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
        super().__init__([], inputs)
        self.set(**values)

    @property
    def function(self):
        return self.inputs["function"].value if "function" in self.inputs else self.functions[0]

    def frame(self, step, function=None, **at):
        f = self.function
        slope = self.slopes.get(f)
        self.write([differentiated(f, self.x)])

        def value(xs, e=f):
            xs = np.asarray(xs, dtype=float)
            given = {k: np.full(len(xs), v) for k, v in at.items()} | {self.x.name: xs}
            return batch([unnamed(e)], given, {})[unnamed(e)] + 0 * xs

        x = at[self.x.name]
        slope = float(value([x], slope)[0]) if slope is not None else 0.0
        here, there = value([x, x + step])
        secant = (there - here) / step

        scene = Scene(720, HEIGHT)
        xs = np.linspace(self.low, self.high, 161)
        ys = value(xs)
        plot = Axes(scene, 48, 30, 330, 250, (self.low, self.high), limits(np.clip(ys, -40, 40)))
        plot.frame(self.x.name, title="secant (green), tangent (orange, dashed)")
        plot.curve(xs, ys)
        ends = np.array([self.low, self.high])
        plot.curve(ends, here + secant * (ends - x), "green", 2)
        plot.curve(ends, here + slope * (ends - x), "orange", 2, "7 4")
        plot.dot(x + step, there, "green", hollow=True)
        plot.dot(x, here, "ink")

        steps = 10.0 ** np.linspace(-12, 0, 49)
        forward = abs((value(x + steps) - here) / steps - slope)
        central = abs((value(x + steps) - value(x - steps)) / (2 * steps) - slope)
        errors = Axes(scene, 448, 30, 250, 250, (1e-12, 1.0), (1e-16, 1e2), log=True)
        errors.frame("step", "error of the slope", "central: dashed")
        errors.curve(steps, np.maximum(forward, 1e-16), "green", 2)
        errors.curve(steps, np.maximum(central, 1e-16), "muted", 1.5, "5 4")
        errors.dot(step, max(abs(secant - slope), 1e-16), "green", 6)

        half = (value([x + step / 2])[0] - here) - slope * step / 2
        off = (there - here) - slope * step
        name, lines = self.x.name, []
        lines.append(f"at {name} = {number(x)} the value is {number(here)}{outside(here)}")
        lines.append(
            f"slope of the tangent {number(slope)}, of the secant {number(secant)}: "
            f"error {secant - slope:.3g}"
        )
        lines.append(
            f"a step of {step:.3g}: predicted change {slope * step:+.3g}, "
            f"real change {there - here:+.3g}, off by {off:.3g}"
        )
        lines.append(f"half the step: off by {half:.3g}{less(off, half)}")
        return scene, lines


def off_by(difference, scale=1.0):
    """A difference, or that there is none beyond rounding."""
    return "0" if abs(difference) <= 1e-14 * max(1.0, abs(scale)) else number(difference)


def less(off, half):
    """How many times less the difference is for half the step, where that can be said."""
    ratio = off / half if abs(half) > 1e-13 < abs(off) else 0.0
    return f", {ratio:.1f} times less" if ratio >= 1 else ""


def bounds(between):
    """The two ends of a range, in order."""
    low, high = map(float, between)
    if not low < high:
        raise ValueError(f"between={between}: the lower end comes first, as in (-3, 3)")
    return low, high


def tangent(*functions, wrt=None, between=(-3.0, 3.0), **values) -> Tangent:
    """Explore the derivative of functions of one number: ``mc.explore.tangent(x**2, np.sin(x))``.

    Each is an expression of scalars, or a function of them such as ``np.sin``. Inputs: the
    function if there are several, ``x`` between two bounds, further scalars, and the step of the
    secant; ``x=1, step=0.1`` says where to start. The second picture has the error of the secant's
    slope against the step, both on logarithmic axes. Paper: "Scalar derivative rules".
    """
    if not functions:
        raise ValueError("tangent needs a function: mc.explore.tangent(x**2)")
    return Tangent(functions, wrt, between, dict(values))


class Gradient(Explorer):
    """A function of two numbers from above, its gradient, its slices, and a step."""

    title = "gradient"

    def __init__(self, function, between, values):
        self.y = expression(function)
        self.pair = only_scalars(self.y, 2)
        taken(self.pair, "direction", "step")
        self.low, self.high = bounds(between)
        inputs = {}
        for v, start in zip(self.pair, (1.0, 0.5), strict=True):
            inputs[v.name] = Number(v.name, self.low, self.high, start)
        inputs["direction"] = Number("direction", 0, 360, 60, 5, whole=True, unit="degrees")
        inputs["step"] = Number("step", 0.001, 1.0, 0.5, log=True)
        self.slopes = [derive(self.y, v).jacobian.expr for v in self.pair]
        line = np.linspace(self.low, self.high, 60)  # not through 0, where lines may cross
        self.heights = self.value(*np.meshgrid(line, line))
        self.levels = self._contours(line)
        steep = np.hypot(*(self.value(*np.meshgrid(line[::6], line[::6]), s) for s in self.slopes))
        steep = steep[np.isfinite(steep)]
        self.usual = (np.median(steep) if steep.size else 0.0) or 1.0
        self.ylim = self._usual_heights()
        formulas = [differentiated(self.y, v) for v in self.pair]
        super().__init__(formulas, inputs)
        self.set(**values)

    def value(self, us, vs, e=None):
        """The function, or another expression, at many points."""
        us, vs = np.broadcast_arrays(np.asarray(us, dtype=float), np.asarray(vs, dtype=float))
        given = {self.pair[0].name: us.ravel(), self.pair[1].name: vs.ravel()}
        e = unnamed(self.y if e is None else e)
        with np.errstate(all="ignore"):
            return np.reshape(batch([e], given, {})[e] + 0 * us.ravel(), us.shape)

    def _usual_heights(self):
        """Bounds for the slices: the middle of all heights."""
        finite = self.heights[np.isfinite(self.heights)]
        return limits(np.clip(finite, *np.percentile(finite, [20, 80])) if finite.size else [])

    def _contours(self, line):
        finite = self.heights[np.isfinite(self.heights)]
        bounds = np.percentile(finite, [5, 95]) if finite.size else (0, 0)
        if not bounds[0] < bounds[1]:
            return {}  # flat, or nowhere defined
        return contour_lines(line, self.heights, ticks(*bounds, 10))

    def frame(self, direction, step, **at):
        u, v = (at[s.name] for s in self.pair)
        here = float(self.value(u, v))
        slope = np.array([float(self.value(u, v, s)) for s in self.slopes])
        angle = math.radians(direction)
        way = np.array([math.cos(angle), math.sin(angle)])
        names = [s.name for s in self.pair]

        scene = Scene(720, 350)
        bounds = self.low, self.high
        plane = Axes(scene, 48, 30, 270, 270, bounds, bounds).frame(*names)
        for lines in self.levels.values():
            for points in lines:
                plane.curve(*points[:: 2 if len(points) > 80 else 1].T, "muted", 1)
        x0, y0 = plane.at(u, v)
        steep = float(np.hypot(*slope))
        length = 120 * steep / (steep + self.usual) if math.isfinite(steep) else 0.0
        if length > 1:
            unit = slope / np.hypot(*slope)
            scene.arrow(x0, y0, x0 + length * unit[0], y0 - length * unit[1], "orange", 3)
        x1, y1 = plane.at(*(np.array([u, v]) + step * way))
        scene.arrow(x0, y0, x1, y1, "green", 2, "5 3")
        scene.dot(x0, y0, 4.5, "ink")
        scene.text(183, 13, "gradient (orange), step (green, dashed)", "ink", 12)

        line = np.linspace(*bounds, 81)
        slices = [self.value(line, v), self.value(u, line)]
        for k, (name, ys, centre) in enumerate(zip(names, slices, (u, v), strict=True)):
            other = f"{names[1 - k]} = {number((v, u)[k])}"
            plot = Axes(scene, 400, 30 + 170 * k, 290, 100, bounds, self.ylim)
            plot.frame(name, title=f"along {name}, at {other}: slope {number(slope[k])}")
            plot.curve(line, ys)
            ends = np.array([centre - 1, centre + 1])
            plot.curve(ends, here + slope[k] * (ends - centre), "orange", 2, "7 4")
            plot.dot(centre, here, "ink")

        def off(length):
            moved = float(self.value(u + length * way[0], v + length * way[1])) - here
            return moved, moved - length * float(slope @ way)

        real, error = off(step)
        half = off(step / 2)[1]
        up = math.degrees(math.atan2(slope[1], slope[0])) % 360
        steep = (
            f"steepest at {up:.0f} degrees" if np.any(slope) else "flat: no direction is steepest"
        )
        point = f"({', '.join(names)}) = ({number(u)}, {number(v)})"
        return scene, [
            f"at {point} the value is {number(here)}{outside(here)}, "
            f"the gradient {numbers(slope)}, {steep}",
            f"a step of {step:.3g} at {direction} degrees, {numbers(step * way)}:",
            f"  predicted, gradient times step: {signed(step * float(slope @ way))}; "
            f"real change {signed(real)}; off by {off_by(error, here)}",
            f"  half the step: off by {off_by(half, here)}{less(error, half)}",
        ]


def gradient(function, /, between=(-3.0, 3.0), **values) -> Gradient:
    """Explore a function of two numbers: ``mc.explore.gradient(x**2 + x * y, x=1, y=2)``.

    It is an expression of two scalars, or a function of two. Inputs: the two numbers between two
    bounds, and a step with its direction. The picture has lines of equal height, the gradient as an
    arrow, and the two slices whose slopes are the partial derivatives. Paper: "Introduction to
    vector calculus and partial derivatives".
    """
    return Gradient(function, between, dict(values))
