"""Explorer of one neuron, in the plane of its two inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..check.compile import compile_
from ..derivation import derive
from ..draw.diagrams import unit
from ..draw.handles import Free
from ..draw.scene import Axes, Scene, limits
from ..graph.expr import SYMBOL, node
from ..graph.variables import scalars, vectors
from ..graph.walk import replace, symbols, unnamed
from ..notation.numbers import number, numbers
from ..tables import derivative
from .change import Change
from .entries import add_entries, arrays, refuse_taken
from .explorer import Explorer, Function, expression
from .inputs import Choice, Number

_REACH = 3.0


class Neuron(Explorer):
    """Where a neuron of two inputs is active, and what its gradient is on either side."""

    title = "neuron"

    def __init__(self, units, guess, values):
        self.units = {str(y): self._prepared(unnamed(expression(y))) for y in units}
        first = next(iter(self.units.values()))
        inputs, rows = {}, [[], [], []]
        if len(self.units) > 1:
            inputs["activation"] = Choice("activation", self.units)
            rows[0].append("activation")
        starts = {first["w"].name: (1.0, 2.0), first["x"].name: (1.0, 0.5)}
        self.names = {}
        for v in first["known"]:
            given = np.ravel(values.pop(v.name, starts.get(v.name, (-0.5,))))
            names = [f"{v.name}_1", f"{v.name}_2"] if v.ndim else [v.name]
            if v.ndim and v.name not in starts:
                raise ValueError(f"{v.name} is a third vector: a neuron has weights and inputs")
            if len(given) != len(names):
                raise ValueError(f"{v.name} takes {len(names)} numbers here, not {len(given)}")
            self.names[v] = names
            refuse_taken(names, ("activation", "nudged", "nudge", "guess"))
            add_entries(inputs, names, given, low=-_REACH, high=_REACH, step=0.1)
            rows[1] += names
        every = {name: name for names in self.names.values() for name in names}
        inputs["nudged"] = Choice("nudge", every)
        inputs["nudge"] = Number("by", 0.001, 1.0, 0.1, log=True)
        rows[2] = ["nudged", "nudge"]
        super().__init__(self._formulas(first), inputs, rows=rows, guess=guess)
        self.set(**values)

    def _prepared(self, y):
        w, x, affine, _ = unit(y)
        known = symbols(y)
        free = next(name for name in ("z", "s", "z_1") if name not in {v.name for v in known})
        z = node(SYMBOL, name=free, shape=())
        if any(v.ndim > 1 for v in known) or y.ndim:
            raise ValueError(f"{y} is needed as one scalar of vectors and scalars: one neuron")
        out = replace(y, {affine: z}.get)
        return {
            "y": y, "w": w, "x": x, "known": known, "sum": free,
            "z": compile_(affine, known), "out": compile_(out, [z, *known]),
            "value": compile_(y, known), "derived": {v: derive(y, v) for v in known},
            "slopes": {v: compile_(derive(y, v).jacobian.expr, known, two_axes=True)
                       for v in known},
        }  # fmt: skip

    def _formulas(self, unit):
        y, w = unit["y"], unit["w"]
        bias = [v for v in unit["known"] if v.ndim == 0][:1]
        return [(derivative(y, v), unit["derived"][v].jacobian.expr) for v in [w, *bias]]

    def draw(self, nudged, nudge, activation=None, guess=None, **entries):
        u = activation or next(iter(self.units.values()))
        self.set_formulas(self._formulas(u))

        values = arrays(self.names, entries)
        moved = arrays(self.names, entries | {nudged: entries[nudged] + nudge})
        z, here = float(u["z"](**values)), float(u["value"](**values))
        slopes = {v: np.ravel(u["slopes"][v](**values)) for v in u["known"]}
        scene = Scene(760, 350)
        self._plane(scene, u, values, moved, z)
        self._curve(scene, u, values, moved, z, here)
        v = next(v for v, names in self.names.items() if nudged in names)
        predicted = slopes[v][self.names[v].index(nudged)] * nudge
        change = Change(predicted, float(u["value"](**moved)) - here, here)
        side = "above 0" if z > 0 else "below 0" if z < 0 else "0: on the line"
        told = ", ".join(f"∂/∂{v} = {numbers(s)}" for v, s in slopes.items())
        long = math.hypot(*values[u["w"].name])
        far = f"{number(abs(z) / long)} from the line" if long else "and there is no line"
        crossed = ": the line was crossed" if (float(u["z"](**moved)) > 0) != (z > 0) else ""
        return scene, [
            f"{u['sum']} = {number(z)}, output {number(here)}; {u['sum']} is {side}, {far}",
            *self.after_guess(
                guess,
                f"{nudged} up by {number(nudge)}:",
                [f"gradients: {told}", f"{nudged} up by {number(nudge)}: {change}{crossed}"],
                float(change.real),
            ),
        ]

    def _sides(self, u, values):
        """The corners of the part of the plane where z is above 0, and the ends of its border."""
        (a, b), r = values[u["w"].name], _REACH
        c = float(u["z"](**values | {u["x"].name: np.zeros(2)}))
        corners, above, border = [(-r, -r), (r, -r), (r, r), (-r, r)], [], []
        for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
            z0, z1 = a * x0 + b * y0 + c, a * x1 + b * y1 + c
            if z0 > 0:
                above.append((x0, y0))
            if (z0 > 0) != (z1 > 0):
                t = z0 / (z0 - z1)
                border.append((x0 + t * (x1 - x0), y0 + t * (y1 - y0)))
                above.append(border[-1])
        return above, border

    def _plane(self, scene, u, values, moved, z):
        """The inputs' plane: the line z = 0, the side above it, the weights as an arrow.

        What the nudge moves, the line or the point, is drawn a second time in violet.
        """
        bounds = -_REACH, _REACH
        x, w = u["x"].name, u["w"].name
        plane = Axes(scene, 40, 30, 280, 280, bounds, bounds).frame(f"{x}_1", f"{x}_2")
        above, border = self._sides(u, values)
        if above:
            scene.area([plane.at(*p) for p in above], "blue", 0.14)
            middle = np.mean(above, axis=0)
            scene.text(*plane.at(*middle), f"{u['sum']} > 0", "blue", 13, bold=True)
        shifted = self._sides(u, moved)[1]
        if len(shifted) == 2 and shifted != border:
            scene.line([plane.at(*p) for p in shifted], "violet", 2, "6 4")
        if len(border) == 2:
            scene.line([plane.at(*p) for p in border], "blue", 2.5)
        scene.arrow(*plane.at(0, 0), *plane.at(*values[w]), "orange", 2.5)
        if any(values[w]):
            scene.text(*np.add(plane.at(*values[w]), (10, -8)), w, "orange", 13, bold=True)
        if any(moved[x] != values[x]):
            plane.dot(*moved[x], color="violet", radius=5, hollow=True)
        plane.dot(*values[x], color="ink" if z > 0 else "muted", radius=6, hollow=z <= 0)
        scene.text(*np.add(plane.at(*values[x]), (13, 10)), x, "ink", 13, bold=True)
        self._take(plane, u, values, border)

    def _take(self, plane, u, values, border):
        """Handles for the weights, for the line, if the bias moves it, and for the point."""
        x, w = u["x"].name, u["w"].name
        bias = [v.name for v in u["known"] if not v.ndim]
        if bias and len(border) == 2 and any(values[w]):
            b, others = bias[0], {**values, x: np.zeros(2)}
            start, each = (float(u["z"](**others | {b: value})) for value in (0.0, 1.0))
            if each != start:

                def through(px, py):
                    """The bias for which the line goes through a point."""
                    return -(start + np.dot(values[w], plane.point(px, py))) / (each - start)

                middle = np.mean(border, axis=0)
                plane.handle(*middle, "line between the sides", {b: Free(through)})
        (first, second), (one, two) = self.names[u["w"]], self.names[u["x"]]
        plane.handle(*values[w], "tip of the weights", along_x=first, along_y=second)
        plane.handle(*values[x], "point of the inputs", along_x=one, along_y=two)

    def _curve(self, scene, u, values, moved, z, here):
        """What becomes of z, the tangent there, and where the nudge really leads."""
        reach = 8.0 if abs(z) < 8 else 30.0
        zs = np.linspace(-reach, reach, 121)

        def out(t):
            return float(u["out"](**{u["sum"]: t}, **values))

        ys = np.array([out(t) for t in zs])
        low, high = limits(np.clip(ys, -reach, reach))
        plot = Axes(scene, 420, 30, 320, 280, (-reach, reach), (low, high)).frame(
            u["sum"], "output"
        )
        plot.curve(zs, ys)
        scene.line([plot.at(0, low), plot.at(0, high)], "grid", 1)
        e = 1e-6 if z > 0 else -1e-6  # the side that the derivative is taken on
        slope = (out(z + e) - out(z)) / e
        ends = np.array([z - 2, z + 2])
        plot.curve(ends, here + slope * (ends - z), "orange", 2, "7 4")
        plot.dot(z, here, "ink", 6, hollow=z <= 0)
        plot.dot(float(u["z"](**moved)), float(u["value"](**moved)), "green", 4)
        scene.text(
            740, 19, f"slope {number(slope)} at {u['sum']} = {number(z)}", "orange", 12, "end"
        )


def neuron(*units: Function, guess: bool = False, **values: Any) -> Neuron:
    """Explore a neuron of two inputs: ``mc.explore.neuron(np.maximum(0, w @ x + b))``.

    Each of ``units`` is one scalar made of a dot product of two vectors and of scalars; several
    become a choice. Without any: max(0, z), tanh(z), the logistic function and z itself. Inputs:
    every weight, input and scalar, and which of them to nudge. With ``guess=True`` gradients and
    changes are told once the reader has typed a guess of the output's change. Raises ValueError for
    an expression without a dot product, and for a third vector. Paper: "The gradient of neuron
    activation".
    """
    if not units:
        w, x = vectors("w x")
        z = w @ x + scalars("b")
        units = np.maximum(0, z), np.tanh(z), 1 / (1 + np.exp(-z)), z
    return Neuron(units, guess, dict(values))
