"""The normalisation explorer: a row, what comes back to it, and what is taken away on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..backward_pass import BackwardPass
from ..backward_pass import backward as backward_pass
from ..draw.handles import Pull
from ..draw.heatmap import Grid, paint
from ..draw.scene import Scene
from ..graph.variables import let, scalars, vectors
from ..notation.numbers import number
from .explorer import Explorer, outside
from .inputs import Choice, Number

_LEFT, _WIDE, _HIGH = 186, 56, 28  # of the first cell, and of each
_ROW = 40  # from one row to the next
_FUNCTIONS = ("layer norm", "RMS norm", "layer norm, mean and s constant")
_SIZES = range(2, 8)


def _passes() -> dict[str, BackwardPass]:
    """The listing of each function of one row."""
    x, g, (m, s) = vectors("x"), vectors("g"), scalars("m s")
    normed = (
        (x - np.mean(x)) / let("s", np.std(x)),
        x / let("s", np.sqrt(np.mean(x**2))),
        (x - m) / s,
    )
    return {
        name: backward_pass(g @ let("x_hat", h), wrt=x)
        for name, h in zip(_FUNCTIONS, normed, strict=True)
    }


def _forward(x, centred):
    """What is divided by, and what comes out."""
    c = x - np.mean(x) if centred else x
    s = np.sqrt(np.mean(c**2))
    return s, c / s


def _rows(function: str, x: np.ndarray, g: np.ndarray) -> dict[str, np.ndarray]:
    """What stands in the picture, by name: forward, and what goes back."""
    _, h = _forward(x, function != "RMS norm")
    rows = {"x": x, "x_hat": h, "g": g}
    if function == "layer norm":
        rows["- mean(g)"] = np.full(g.shape, -np.mean(g))
    if function != _FUNCTIONS[-1]:
        rows["- mean(g ⊗ x_hat) x_hat"] = -np.mean(g * h) * h
    return {**rows, "dx": _back(function, x, g)}


def _back(function, x, g):
    s, h = _forward(x, function != "RMS norm")
    if function == _FUNCTIONS[-1]:
        return g / s
    return (g - (np.mean(g) if function == "layer norm" else 0) - h * np.mean(g * h)) / s


class Normalisation(Explorer):
    """A row forward; below it what comes back, term by term; an entry of x or of g is moved."""

    title = "normalisation"

    def __init__(self, x, g, function):
        self.at = {"x": np.asarray(x, dtype=float), "g": np.asarray(g, dtype=float)}
        shapes = [a.shape for a in self.at.values()]
        if shapes[0] != shapes[1] or len(shapes[0]) != 1 or shapes[0][0] not in _SIZES:
            raise ValueError(f"x and g need the same length, from 2 to 7, not {shapes[0]} and "
                             f"{shapes[1]}")  # fmt: skip
        self.passes = _passes()
        inputs = {
            "function": Choice("function", {name: name for name in _FUNCTIONS}, function),
            "variable": Choice("variable", {name: name for name in self.at}, "g"),
            "entry": Number("entry", 1, len(x), 1, whole=True),
            "by": Number("by", -3, 3, 1, 0.1),
        }
        super().__init__([self.passes[function]], inputs)

    def draw(self, function, variable, entry, by):
        self.set_formulas([self.passes[function]])
        moved = {name: a.copy() for name, a in self.at.items()}
        moved[variable][entry - 1] += by
        before, now = _rows(function, **self.at), _rows(function, **moved)
        scene = Scene(760, 54 + _ROW * 6)
        right = _LEFT + _WIDE * len(moved["x"])
        scene.text(right + 46, 16, "sum", "muted", 12)
        scene.text(right + 126, 16, "times x_hat", "muted", 12)
        tops = {"x": 34, "x_hat": 34 + _ROW, "dx": 54 + 5 * _ROW}
        for name, values in now.items():
            top = tops.get(name, 44 + _ROW * list(now).index(name))
            self._row(scene, name, top, before[name], values, (variable, entry - 1))
            if name in self.at:
                self._take(scene, name, top)
            if name != "x":
                sums = np.sum(values), values @ now["x_hat"]
                for x, value in zip((right + 46, right + 126), sums, strict=True):
                    scene.text(x, top + _HIGH / 2, number(round(value, 2) + 0.0), "ink", 12)
        return scene, self._told(function, moved, (variable, entry, by))

    def _row(self, scene, name, top, before, values, moved):
        label = "dx, their sum over s" if name == "dx" else name
        scene.text(_LEFT - 12, top + _HIGH / 2, label, "ink", 12, "end", bold=True)
        grid = Grid(_LEFT, top, _WIDE, _HIGH)
        paint(scene, np.round([values], 2) + 0.0, ([""], [""] * len(values)), grid)
        for j in np.flatnonzero(np.abs(values - before) > 1e-12):
            color = "violet" if (name, j) == moved else "green"
            scene.box(_LEFT + _WIDE * j + 1, top + 1, _WIDE - 2, _HIGH - 2, None, 1.0, color,
                      2.0)  # fmt: skip

    def _take(self, scene, name, top):
        """The row of a variable can be taken, at an entry, which is pulled up or down."""
        count = len(self.at[name])

        def entry(taken):
            if taken is None:
                return {"variable": name}
            place = int((taken[0] - _LEFT) // _WIDE)
            return {"variable": name, "entry": min(max(place, 0), count - 1) + 1}

        size = float(_WIDE * count), float(_HIGH)
        scene.handle(
            _LEFT + size[0] / 2, top + _HIGH / 2, f"entry of {name}, up or down",
            {"by": Pull("y", 0.03)}, size=size, sets=entry,
        )  # fmt: skip

    def _told(self, function, moved, where):
        variable, entry, by = where
        x, g, start = moved["x"], moved["g"], self.at[variable][entry - 1]
        centred = function != "RMS norm"
        s, h = _forward(x, centred)
        dx, j = _back(function, x, g), entry - 1
        told = [f"entry {entry} of {variable} goes from {number(start)} to {number(start + by)}",
                f"mean {_number(np.mean(x))}, s {_number(s)}{outside(h)}"]  # fmt: skip
        if not np.isfinite(h).all():
            return told
        step = 1e-6 * np.eye(len(x))[j]
        up, down = (g @ _forward(x + sign * step, centred)[1] for sign in (1, -1))
        rate = (up - down) / 2e-6
        right = np.isclose(rate, dx[j], rtol=1e-4, atol=1e-6)
        return [
            *told,
            f"the row dx adds up to {_number(np.sum(dx))}, and dx.x_hat is {_number(dx @ h)}",
            f"a nudge of x_{entry} moves g.x_hat at the rate {_number(rate)}, and dx_{entry} is "
            f"{_number(dx[j])}: {'they agree' if right else 'they do not agree'}",
        ]


def _number(value):
    return number(0.0 if abs(value) < 5e-5 else float(value))


def normalisation(
    x: Sequence[float] = (1.0, 2.0, 4.0, -3.0),
    g: Sequence[float] = (2.0, 0.0, 1.0, -1.0),
    function: str = "layer norm",
) -> Normalisation:
    """Explore what goes back through a normalised row: ``mc.explore.normalisation()``.

    ``x`` is a row of 2 to 7 numbers, ``g`` what comes back to it after it is normalised. The
    picture has the row, the normalised row, ``g``, what is taken from it, and ``dx``, which is the
    sum of these terms divided by ``s``; beside each its sum, and its dot product with the
    normalised row. Frames are around what is not as before. Inputs: the function, "layer norm",
    "RMS norm" or, wrong, "layer norm, mean and s constant"; the variable, the entry that is moved,
    and by how much. Raises ValueError for other lengths and functions. Beyond the paper.
    """
    if function not in _FUNCTIONS:
        raise ValueError(f"{function!r} is not one of {', '.join(map(repr, _FUNCTIONS))}")
    return Normalisation(x, g, function)
