"""The backward explorer: every value of a backward pass, and what answers when an entry moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..backward_pass import BackwardPass
from ..backward_pass import backward as backward_pass
from ..check.compile import compile_
from ..draw.handles import Pull
from ..draw.heatmap import Grid, paint
from ..draw.scene import Scene
from ..graph.assumptions import refuse_unfit
from ..graph.expr import Expr
from ..graph.lengths import make_binder
from ..graph.walk import symbols, unnamed
from ..notation.numbers import number
from .explorer import Explorer
from .inputs import Choice, Number

_TOP, _LEFT, _GAP = 54, 34, 40  # of the first map, and between two
_WIDTH, _HIGH = 760, 28  # of the picture, and of a cell
_MOST = 36  # entries of a map in each direction that can still be read


class Backward(Explorer):
    """A heat map for each name and one for its gradient; an entry of a variable is moved."""

    title = "backward"

    def __init__(self, losses, shown, between, values):
        self.passes = {name: backward_pass(loss) for name, loss in losses.items()}
        first = next(iter(self.passes.values()))
        self.variables = list(first.inputs)
        for other in self.passes.values():
            if {*other.inputs} != {*self.variables}:
                names = ", ".join(str(v.name) for v in self.variables)
                raise ValueError(f"all functions need the same variables, {names}")
        if missing := [v.name for v in self.variables if v.name not in values]:
            raise ValueError(f"give the numbers of {missing[0]}: {missing[0]}=np.array(...)")
        refuse_unfit(self.variables, values)
        given = [np.asarray(values.pop(v.name), dtype=float) for v in self.variables]
        bound = make_binder(self.variables)((), given, values)
        self.at = {v.name: a for v, a in zip(self.variables, bound, strict=True)}
        self.known = {name: _compiled(one) for name, one in self.passes.items()}
        self.shown = list(shown) if shown else [str(name) for name in first.lines if name.ndim]
        for name, one in self.known.items():
            if unknown := [each for each in self.shown if each not in one]:
                raise ValueError(f"{unknown[0]} has no line in {name}: there are {', '.join(one)}")
        self._layout()
        inputs: dict = {}
        if len(losses) > 1:
            inputs["function"] = Choice("function", {name: name for name in losses})
        inputs["variable"] = Choice("variable", {f"{v}": f"{v}" for v in self.variables if v.ndim})
        most = [max(n) for n in zip(*map(_two_axes, self._arrays()), strict=True)]
        for name, count in zip(("row", "column"), most, strict=True):
            inputs[name] = Number(name, 1, count, 1, whole=True)
        low, high = float(between[0]), float(between[1])
        inputs["by"] = Number("by", low, high, min(1.0, high), (high - low) / 60)
        super().__init__([first], inputs)

    def _arrays(self):
        return [self.at[v.name] for v in self.variables if v.ndim]

    def _layout(self):
        """Where each map is, and how large a cell is: as large as there is room for."""
        shapes = {n: _two_axes(self._computed(next(iter(self.known)), self.at)[n][0])
                  for n in self.shown}  # fmt: skip
        if (most := max(max(shape) for shape in shapes.values())) > _MOST:
            raise ValueError(f"a map of {most} rows or columns is too large: take small examples")
        free = _WIDTH - _LEFT - _GAP * len(shapes)
        self.cell = min(46.0, free / sum(columns for _, columns in shapes.values()))
        self.high = max(rows for rows, _ in shapes.values()) * _HIGH
        x, self.places = float(_LEFT), {}
        for name, (_, columns) in shapes.items():
            self.places[name] = x
            x += max(columns * self.cell, 46.0) + _GAP

    def _computed(self, function, values):
        """Of each name its value and its gradient."""
        return {name: (np.asarray(value(**values)), np.asarray(gradient(**values)))
                for name, (value, gradient) in self.known[function].items()}  # fmt: skip

    def update_inputs(self, variable, **values):
        rows, columns = _two_axes(self.at[variable])
        self.inputs["row"].limit(rows)
        self.inputs["column"].limit(columns)
        self.inputs["column"].visible(columns > 1)

    def draw(self, variable, row, column, by, function=None):
        function = function or next(iter(self.passes))
        self.set_formulas([self.passes[function]])
        moved = {name: np.array(value, dtype=float) for name, value in self.at.items()}
        _in_two_axes(moved[variable])[row - 1, column - 1] += by
        before, now = self._computed(function, self.at), self._computed(function, moved)
        scene = Scene(_WIDTH, int(_TOP + 2 * self.high + 96))
        scene.text(_LEFT, 10, "forward: the value of each name; framed: what has moved", "ink", 12,
                   "start")  # fmt: skip
        below = _TOP + self.high + 66
        scene.text(_LEFT, below - 44, "backward: the gradient of each; framed: what has answered",
                   "ink", 12, "start")  # fmt: skip
        for k, top in ((0, _TOP), (1, below)):
            for name in self.shown:
                at = row - 1, column - 1
                lit = at if name == variable and not k else None
                title = f"d{name}" if k else name
                self._map(scene, name, title, top, before[name][k], now[name][k], lit)
                if not k and name in self.inputs["variable"].options:
                    self._take(scene, name, top)
        first, *others = self._told((variable, row, column, by), before, now)
        if len(self.passes) > 1:
            first = f"{function}: {first}"
        return scene, [first, *others]

    def _map(self, scene, name, title, top, before, now, lit):
        """A map with a frame around each entry that is another one now."""
        x, values = self.places[name], _in_two_axes(now)
        rows, columns = values.shape
        scene.text(x, top - 14, title, "ink", 13, "start", bold=True)
        wide = max(self.cell, 46.0) if columns == 1 else self.cell
        rounded = np.round(values, 2)  # 0.00707 is wider than its cell
        paint(scene, rounded, ([""] * rows, [""] * columns), Grid(x, top, wide, _HIGH))
        for i, j in np.argwhere(_changed(_in_two_axes(before), values)):
            color = "violet" if (i, j) == lit else "green"
            scene.box(x + wide * j + 1, top + _HIGH * i + 1, wide - 2, _HIGH - 2, None, 1.0, color,
                      2.0)  # fmt: skip

    def _take(self, scene, name, top):
        """The map of a variable can be taken, at an entry, which is pulled up or down."""
        rows, columns = _two_axes(self.at[name])
        x, wide = self.places[name], max(self.cell, 46.0) if columns == 1 else self.cell

        def entry(taken):
            if taken is None:
                return {"variable": name}
            row, column = int((taken[1] - top) // _HIGH), int((taken[0] - x) // wide)
            return {"variable": name, "row": min(max(row, 0), rows - 1) + 1,
                    "column": min(max(column, 0), columns - 1) + 1}  # fmt: skip

        size = wide * columns, float(_HIGH * rows)
        by = self.inputs["by"]
        scene.handle(
            x + size[0] / 2, top + size[1] / 2, f"entry of {name}, up or down",
            {"by": Pull("y", (by.high - by.low) / 200)}, size=size, sets=entry,
        )  # fmt: skip

    def _told(self, moved, before, now):
        variable, row, column, by = moved
        two = _two_axes(self.at[variable])[1] > 1
        place = f"{row}, {column}" if two else f"{row}"
        start = float(_in_two_axes(self.at[variable])[row - 1, column - 1])
        lines = [f"entry ({place}) of {variable} goes from {number(start)} to {number(start + by)}"]
        width = max(map(len, self.shown))
        for name in self.shown:
            (old, old_gradient), (new, gradient) = before[name], now[name]
            lines.append(
                f"  {name:{width}}  moved: {_count(old, new):8}  "
                f"d{name:{width}}  answered: {_count(old_gradient, gradient)}"
            )
        return lines


def _compiled(one: BackwardPass):
    """For each name in the pass a function of its value, and one of its gradient."""
    known = symbols(one.y)
    values, gradients = one.in_variables()
    return {
        str(name): (
            compile_(unnamed(values[name]), known, known),
            compile_(unnamed(gradients[name]), known, known),
        )
        for name in one.lines
        if name in one.gradients
    }


def _two_axes(array):
    return _in_two_axes(array).shape


def _in_two_axes(array):
    """A vector as a column, a scalar as a single entry; the same memory."""
    return array if array.ndim == 2 else array.reshape(-1, 1)


def _changed(before, now):
    """Where an entry is another one, beyond rounding."""
    size = float(np.max(np.abs(before), initial=1e-12))
    return np.abs(now - before) > 1e-12 * max(1.0, size)


def _count(before, now):
    before, now = _in_two_axes(before), _in_two_axes(now)
    return f"{int(_changed(before, now).sum())} of {now.size}"


def backward(
    L: Expr | Mapping[str, Expr],
    shown: Sequence[str] = (),
    between: tuple[float, float] = (-3.0, 3.0),
    **values: Any,
) -> Backward:
    """Explore a backward pass: ``mc.explore.backward(np.sum(G * (X @ W)), G=.., X=.., W=..)``.

    ``L`` is a scalar, or several by names; ``values`` has the numbers of all variables, and
    ``shown`` the names that get a map, by default all but scalars. An entry of a variable is moved
    ``by`` so much: above is the value of each name, below its gradient in the shape of the name,
    and frames are around what is not as before. Inputs: the function if there are several, the
    variable, row and column of the entry, and by how much it moves. Raises ValueError for missing
    numbers and for a name without a line. Beyond the paper.
    """
    losses = dict(L) if isinstance(L, Mapping) else {f"{L}": L}
    return Backward(losses, shown, between, values)
