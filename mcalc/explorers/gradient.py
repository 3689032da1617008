"""The gradient explorer: contours of a function of two variables, and its gradient's arrow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..check.interpret import batch
from ..derivation import derive
from ..draw.contours import contour_lines, paint, round_levels
from ..draw.handles import Free
from ..draw.scene import Axes, Scene, limits
from ..graph.walk import unnamed
from ..notation.numbers import number, numbers
from .change import Change, signed
from .curves import bounds, differentiated
from .entries import refuse_taken
from .explorer import Explorer, Function, expression, only_scalars, outside
from .inputs import Number

_FLAT = "flat: no direction is steepest"


class Gradient(Explorer):
    """A function of two numbers from above, its gradient, its slices, and a step."""

    title = "gradient"

    def __init__(self, function, between, guess, values):
        self.y = expression(function)
        self.pair = only_scalars(self.y, 2)
        refuse_taken((v.name for v in self.pair), ("direction", "step", "guess"))
        self.low, self.high = bounds(between, self.pair)
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
        super().__init__(formulas, inputs, guess=guess)
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
        """Lines of equal height, of which the long ones lose every second point."""
        levels = round_levels(self.heights)
        return {
            level: [points[:: 2 if len(points) > 80 else 1] for points in lines]
            for level, lines in contour_lines(line, line, self.heights, levels).items()
        }

    def draw(self, direction, step, guess=None, **at):
        point = tuple(at[v.name] for v in self.pair)
        here = float(self.value(*point))
        slope = np.array([float(self.value(*point, e)) for e in self.slopes])
        angle = math.radians(direction)
        way = np.array([math.cos(angle), math.sin(angle)])
        scene = Scene(720, 350)
        self._plane(scene, point, slope, step * way)
        self._slices(scene, point, here, slope)

        def change(length):
            moved = float(self.value(*(np.array(point) + length * way)))
            return Change(length * float(slope @ way), moved - here, here)

        stepped, half = change(step), change(step / 2)
        up = math.degrees(math.atan2(slope[1], slope[0])) % 360
        steepest = f"steepest at {up:.0f} degrees" if slope.any() else _FLAT
        names = ", ".join(v.name for v in self.pair)
        return scene, [
            f"at ({names}) = ({', '.join(map(number, point))}) the value is "
            f"{number(here)}{outside(here)}, the gradient {numbers(slope)}, {steepest}",
            f"a step of {step:.3g} at {direction} degrees, {numbers(step * way)}:",
            *self.after_guess(
                guess,
                " ",
                [
                    f"  predicted, gradient times step: {signed(stepped.predicted)}; "
                    f"real change {signed(stepped.real)}; off by {stepped.off_words}",
                    f"  half the step: off by {stepped.halved(half)}",
                ],
                stepped.real,
            ),
        ]

    def _plane(self, scene, point, slope, step):
        """Lines of equal height, the arrow of the gradient, the step."""
        bounds = self.low, self.high
        plane = Axes(scene, 48, 30, 270, 270, bounds, bounds).frame(*(v.name for v in self.pair))
        paint(plane, self.levels)
        (x0, y0), steep = plane.at(*point), float(np.hypot(*slope))
        length = 120 * steep / (steep + self.usual) if math.isfinite(steep) else 0.0
        if length > 1:
            du, dv = slope / np.hypot(*slope)
            scene.arrow(x0, y0, x0 + length * du, y0 - length * dv, "orange", 3)
        x1, y1 = plane.at(*(np.array(point) + step))
        scene.arrow(x0, y0, x1, y1, "green", 2, "5 3")
        scene.dot(x0, y0, 4.5, "ink")
        way = {"direction": Free(lambda px, py: _direction(plane.point(px, py), point)),
               "step": Free(lambda px, py: math.dist(plane.point(px, py), point))}  # fmt: skip
        plane.handle(*(np.array(point) + step), "end of the step", way)
        names = (v.name for v in self.pair)
        plane.handle(*point, "point in the plane", along_x=next(names), along_y=next(names))
        scene.text(183, 13, "gradient (orange), step (green, dashed)", "ink", 12)

    def _slices(self, scene, point, here, slope):
        """The function along each of its variables, with the line that has the partial as slope."""
        bounds, (u, v) = (self.low, self.high), point
        line = np.linspace(*bounds, 81)
        heights = self.value(line, v), self.value(u, line)
        for k, (name, ys, centre) in enumerate(zip(self.pair, heights, point, strict=True)):
            other = f"{self.pair[1 - k]} = {number(point[1 - k])}"
            plot = Axes(scene, 400, 30 + 170 * k, 290, 100, bounds, self.ylim)
            plot.frame(f"{name}", title=f"along {name}, at {other}: slope {number(slope[k])}")
            plot.curve(line, ys)
            ends = np.array([centre - 1, centre + 1])
            plot.curve(ends, here + slope[k] * (ends - centre), "orange", 2, "7 4")
            plot.dot(centre, here, "ink")
            plot.handle(centre, here, f"point along {name}", along_x=name.name)


def _direction(end, start):
    """Which way a point is from another, in degrees from 0 to 360."""
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0])) % 360


def gradient(
    function: Function,
    /,
    between: tuple[float, float] = (-3.0, 3.0),
    guess: bool = False,
    **values: Any,
) -> Gradient:
    """Explore a function of two numbers: ``mc.explore.gradient(x**2 + x * y, x=1, y=2)``.

    It is an expression of two scalars, or a function of two. Inputs: the two numbers between two
    bounds, and a step with its direction in degrees. The picture has lines of equal height, the
    gradient as an arrow, and the two slices whose slopes are the partial derivatives. With
    ``guess=True`` the changes are told once the reader has typed a guess of the real one. Raises
    ValueError for another number of variables. Paper: "Introduction to vector calculus and partial
    derivatives".
    """
    return Gradient(function, between, guess, dict(values))
