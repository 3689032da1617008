"""Explorers in which one entry of the inputs is moved: predicted beside real change."""

from __future__ import annotations

import numpy as np

from ..check.compile import compile_
from ..draw import heatmap
from ..draw.handles import Track
from ..draw.scene import Axes, Scene
from ..graph.expr import SYMBOL, node
from ..graph.walk import symbols, unnamed
from ..notation.numbers import number, numbers
from .change import Change
from .entries import entry_names, with_entry_moved
from .explorer import Explorer, outside


def moved_variable(variables, sizes, k):
    """The name of the variable that the k-th input is an entry of, from 0."""
    for v in variables:
        count = len(entry_names([v], sizes))
        if k < count:
            return v.name
        k -= count
    raise IndexError(k)


class NudgeExplorer(Explorer):
    """A Jacobian as a heat map, and what it predicts for a nudge of one input, beside the truth."""

    def nudged(self, d, sizes, values, column, nudge):
        """The scene and its lines, for one derivation at one point."""
        function, jacobian = self._compiled(d)
        names = entry_names(d.variables, sizes)
        outputs = entry_names([node(SYMBOL, name=d.output, shape=d.y.shape)], sizes)
        J, here = np.reshape(jacobian(**values), (len(outputs), len(names))), function(**values)

        def change(step):
            moved = function(**with_entry_moved(values, d.variables, column - 1, step))
            return Change(J[:, column - 1] * step, np.ravel(moved) - np.ravel(here), here)

        nudged, half = change(nudge), change(nudge / 2)
        scene = Scene(760, 224)
        self._heatmap(scene, J, outputs, names, column, nudge)
        self._changes(scene, nudged, moved_variable(d.variables, sizes, column - 1))
        self._differences(scene, change, nudge)
        at = ", ".join(f"{name} = {numbers(value)}" for name, value in values.items())
        return scene, [
            f"at {at} the value is {numbers(here)}" + outside(here),
            f"J is {J.shape[0]} x {J.shape[1]}, with {int((J == 0).sum())} of {J.size} "
            "entries zero",
            f"{names[column - 1]} goes up by {number(nudge)}: column {column} of J times "
            f"{number(nudge)} predicts {numbers(nudged.predicted)}",
            f"the real change: {numbers(nudged.real)}",
            f"largest difference {nudged.off_words}; with half the nudge {nudged.halved(half)}",
        ]

    def _compiled(self, d):
        if d not in self.known:
            known = symbols(d.y)
            jacobian = d.jacobian_2d() if d.by_matrix else d.numpy()
            self.known[d] = compile_(unnamed(d.y), known, known), jacobian
        return self.known[d]

    def _heatmap(self, scene, J, outputs, names, column, nudge):
        grid = heatmap.Grid(62, 60, min(62.0, 280 / len(names)), min(36.0, 156 / len(outputs)))
        heatmap.paint(scene, J, (outputs, names), grid, lit=column - 1)
        middle = grid.left + (column - 0.5) * grid.wide
        scene.text(middle, 28, f"+{number(nudge)}", "violet", 12, bold=True)
        if len(names) > 1:
            ends = grid.left + grid.wide / 2, grid.left + grid.wide * (len(names) - 0.5)
            high = grid.high * len(outputs)
            scene.handle(
                middle, grid.top + high / 2 - 6, "column that is lit",
                {"column": Track("x", ends, (1.0, float(len(names))))},
                size=(grid.wide, high + 44),
            )  # fmt: skip
        title = f"J, a row for each output; column {column} is lit"
        scene.text(grid.left, 10, title, "ink", 12, "start")

    def _changes(self, scene, change, name):
        """Predicted, real and different, one beside the other for each output."""
        scene.text(384, 28, f"J d{name}", "orange", 12)
        scene.text(458, 28, f"f({name} + d{name}) - f({name})", "green", 12)
        columns = {
            ("predicted", "orange"): change.predicted,
            ("real", "green"): change.real,
            ("difference", "ink"): change.real - change.predicted,
        }
        high = min(36.0, 156 / len(change.real))
        for k, ((title, color), values) in enumerate(columns.items()):
            x = 384 + 74 * k
            scene.text(x, 46, title, color, 12, bold=True)
            for i, value in enumerate(values):
                words = "0" if abs(value) <= change.smallest else number(value)
                scene.text(x, 60 + high * (i + 0.5), words, color, min(13, high))

    def _differences(self, scene, change, nudge):
        """The largest difference for nudges of every size, on logarithmic axes."""
        plot = Axes(scene, 632, 50, 118, 120, (1e-3, 1.0), (1e-8, 1e4), log=True)
        plot.frame("nudge", "largest difference")
        now = change(nudge)
        if now.exact:
            scene.text(691, 110, "none: exact", "ink", 12)
            return
        nudges = 10.0 ** np.linspace(-3, 0, 25)
        plot.curve(nudges, np.maximum([change(step).off for step in nudges], 1e-8), "ink", 2)
        plot.dot(nudge, max(now.off, 1e-8), "violet", 5)
        plot.handle(nudge, max(now.off, 1e-8), "nudge, on the difference", along_x="nudge")
