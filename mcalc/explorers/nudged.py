"""Explorers in which one entry of the inputs is moved: predicted beside real change."""

from __future__ import annotations

import numpy as np

from ..check.compile import compile_
from ..check.explicit import symbols_of
from ..draw import heatmap
from ..draw.scene import Axes, Scene
from ..graph.expr import SYMBOL, node
from ..graph.lengths import symbolic_sizes
from ..graph.walk import symbols, unnamed
from ..notation.numbers import number, numbers
from .explorer import Explorer, outside


class NudgeExplorer(Explorer):
    """A Jacobian as a heat map, and what it predicts for a nudge of one input, beside the truth."""

    def nudged(self, d, sizes, values, column, nudge):
        """The scene and its lines, for one derivation at one point."""
        y = unnamed(d.y)
        function, jacobian = self._compiled(d)
        names = entry_names(d.variables, sizes)
        outputs = entry_names([node(SYMBOL, params=(d.output,), shape=y.shape)], sizes)
        J = np.reshape(jacobian(**values), (len(outputs), len(names)))

        def real(step):
            moved = dict(values)
            point = np.concatenate([np.ravel(values[v.name]) for v in d.variables])
            point = point + step * (np.arange(len(names)) == column - 1)
            parts = np.split(point, np.cumsum([np.size(values[v.name]) for v in d.variables])[:-1])
            for v, part in zip(d.variables, parts, strict=True):
                moved[v.name] = part.reshape(np.shape(values[v.name]))
            return np.ravel(function(**moved)) - np.ravel(function(**values))

        def off(step):
            return float(np.max(abs(real(step) - J[:, column - 1] * step)))

        predicted, happened = J[:, column - 1] * nudge, real(nudge)
        scene = Scene(760, 224)
        self._heatmap(scene, J, outputs, names, column, nudge)
        self._changes(scene, predicted, happened)
        nudges = 10.0 ** np.linspace(-3, 0, 25)
        errors = np.array([off(step) for step in nudges])
        plot = Axes(scene, 632, 50, 118, 120, (1e-3, 1.0), (1e-8, 1e4), log=True)
        plot.frame("nudge", "largest difference")
        here, half = off(nudge), off(nudge / 2)
        scale = max(1.0, float(np.max(abs(np.ravel(function(**values))))))
        exact = here <= 1e-12 * scale
        if exact:
            scene.text(691, 110, "none: exact", "ink", 12)
        else:
            plot.curve(nudges, np.maximum(errors, 1e-8), "ink", 2)
            plot.dot(nudge, max(here, 1e-8), "violet", 5)
        ratio = here / half if not exact and half > 1e-13 * scale else 0.0
        factor = f", {ratio:.1f} times less" if ratio >= 1 else ""
        zeros = int((J == 0).sum())
        lit = names[column - 1]
        at = ", ".join(f"{name} = {numbers(value)}" for name, value in values.items())
        return scene, [
            f"at {at} the value is {numbers(function(**values))}" + outside(function(**values)),
            f"J is {J.shape[0]} x {J.shape[1]}, with {zeros} of {J.size} entries zero",
            f"{lit} goes up by {number(nudge)}: column {column} of J times {number(nudge)} "
            f"predicts {numbers(predicted)}",
            f"the real change: {numbers(happened)}",
            f"largest difference {'0' if exact else number(here)}; "
            f"with half the nudge {'0' if exact else number(half)}{factor}",
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
        title = f"J, a row for each output; column {column} is lit"
        scene.text(grid.left, 10, title, "ink", 12, "start")

    def _changes(self, scene, predicted, happened):
        high = min(36.0, 156 / len(predicted))
        for k, (title, color) in enumerate(
            [("predicted", "orange"), ("real", "green"), ("difference", "ink")]
        ):
            x = 384 + 74 * k
            scene.text(x, 46, title, color, 12, bold=True)
            values = (predicted, happened, happened - predicted)[k]
            for i, value in enumerate(values):
                small = abs(value) < 1e-12 * max(1.0, abs(happened[i]))
                scene.text(
                    x, 60 + high * (i + 0.5), "0" if small else number(value), color, min(13, high)
                )
        scene.text(384, 28, "J dx", "orange", 12)
        scene.text(458, 28, "f(x + dx) - f(x)", "green", 12)


def entry_names(variables, sizes):
    """``x_1, x_2, ...`` for a vector, ``W_11, W_12, ...`` for a matrix, ``x`` for a scalar."""
    return [entry.name for v in variables for entry in symbols_of(v, sizes, variables).flat]


def sizes_of(y, n):
    """A length for every letter: n for the first, then one more for each."""
    return {letter: n + k for k, letter in enumerate(symbolic_sizes(y))}
