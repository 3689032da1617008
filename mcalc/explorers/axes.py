"""The axes explorer: what becomes of the shape of an array of three axes, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ..draw.handles import Free
from ..draw.heatmap import Grid, paint
from ..draw.scene import Scene
from ..notation.numbers import number
from .explorer import Explorer
from .inputs import Choice, Number

_WIDE, _HIGH = 34, 22  # of a cell
_TOP, _SLAB = 34, 104  # of the first slab, and from one slab to the next
_SIZES = {"2 x 3 x 4": (2, 3, 4), "3 x 3 x 3": (3, 3, 3)}


def _to_largest(X: np.ndarray, G: np.ndarray, axis: int) -> np.ndarray:
    """G to the largest along the axis, a share of it to each where several are."""
    most = np.max(X, axis=axis, keepdims=True) == X
    return np.expand_dims(G, axis) * most / np.sum(most, axis=axis, keepdims=True)


# forward along an axis, and what goes back to X when G comes
_FUNCTIONS: dict[str, tuple[Callable, Callable]] = {
    "sum": (np.sum, lambda X, G, axis: np.expand_dims(G, axis) + 0 * X),
    "mean": (np.mean, lambda X, G, axis: np.expand_dims(G, axis) / X.shape[axis] + 0 * X),
    "max": (np.max, _to_largest),
}


class _Code:
    """A line of NumPy in the place of a formula."""

    def __init__(self, words: str):
        self.words = words

    def __repr__(self):
        return self.words

    def _repr_latex_(self):
        return rf"$\displaystyle \texttt{{{self.words}}}$"


@lru_cache
def _code(function: str, axis: int) -> _Code:
    """The same object for the same line, which is set once."""
    return _Code(f"Y = np.{function}(X, axis={axis})")


class Axes(Explorer):
    """Slabs of an array; what it becomes along an axis; the gradient that comes back to it."""

    title = "axes"

    def __init__(self, function, axis):
        inputs = {
            "function": Choice("function", {name: name for name in _FUNCTIONS}, function),
            "sizes": Choice("sizes", _SIZES),
            "axis": Number("axis", 0, 2, axis, whole=True),
            "entry": Number("entry", 1, 12, 2, whole=True),
        }
        super().__init__([_code(function, axis)], inputs)

    def update_inputs(self, sizes, axis, **values):
        self.inputs["entry"].limit(int(np.prod(np.delete(sizes, axis))))

    def draw(self, function, sizes, axis, entry):
        self.set_formulas([_code(function, axis)])
        forward, back = _FUNCTIONS[function]
        X = ((np.arange(np.prod(sizes)) * 7 + 3) % 11 - 4.0).reshape(sizes)
        Y = forward(X, axis=axis)
        G = np.arange(1.0, Y.size + 1).reshape(Y.shape)
        dX = back(X, G, axis)
        place = np.unravel_index(entry - 1, G.shape)
        line = list(place)
        line.insert(axis, slice(None))
        chosen = np.zeros(sizes, dtype=bool)
        chosen[tuple(line)] = True
        scene = Scene(760, _TOP + 3 * _SLAB)
        for k, (name, whole) in enumerate((("X", X), ("dX", dX))):
            for slab in range(sizes[0]):
                title = f"{name}[{slab}]"
                at = 24 + 236 * k, _TOP + _SLAB * slab
                self._grid(scene, title, whole[slab], chosen[slab], at)
        picked = np.zeros(G.shape, dtype=bool)
        picked[place] = True
        self._grid(scene, "Y", Y, picked, (496, _TOP))
        below = 496, _TOP + _SLAB
        self._grid(scene, "G, which comes back to Y", G, picked, below)
        (i, j), (rows, columns) = place, G.shape
        chosen = Free(lambda px, py: 1 + columns * min(max((py - below[1]) // _HIGH, 0), rows - 1)
                      + min(max((px - below[0]) // _WIDE, 0), columns - 1))  # fmt: skip
        scene.handle(
            below[0] + _WIDE * (j + 0.5), below[1] + _HIGH * (i + 0.5), "entry of G",
            {"entry": chosen}, size=(float(_WIDE), float(_HIGH)),
            box=(*below, _WIDE * columns, _HIGH * rows),
        )  # fmt: skip
        return scene, self._told(function, axis, (X, Y, G, dX), (place, line))

    def _grid(self, scene, title, values, chosen, at):
        x, y = at
        scene.text(x, y - 14, title, "ink", 13, "start", bold=True)
        rows, columns = values.shape
        paint(scene, values, ([""] * rows, [""] * columns), Grid(x, y, _WIDE, _HIGH))
        for i, j in np.argwhere(chosen):
            scene.box(x + _WIDE * j + 1, y + _HIGH * i + 1, _WIDE - 2, _HIGH - 2, None, 1.0,
                      "violet", 2.0)  # fmt: skip

    def _told(self, function, axis, arrays, where):
        (X, Y, G, dX), (place, line) = arrays, where
        laid = np.expand_dims(G, axis)
        told = ", ".join(":" if isinstance(i, slice) else f"{i}" for i in line)
        share = {"sum": "the same number", "mean": f"a share of 1/{X.shape[axis]}",
                 "max": "all of it to the largest"}[function]  # fmt: skip
        return [
            f"forward: {X.shape}, {function} along axis {axis}, {Y.shape}",
            f"backward: {G.shape}, put the axis back, {laid.shape}, copied along it, {dX.shape}",
            f"G[{', '.join(map(str, place))}] = {number(G[place])} goes to dX[{told}]: {share}",
            f"without the axis, {G.shape} beside {X.shape}: {_beside(X, G, laid)}",
        ]


def _beside(X, G, laid):
    """What NumPy does with G beside X when the axis that went away is not put back."""
    try:
        wrong = np.broadcast_to(G, X.shape)
    except ValueError:
        return "NumPy refuses"
    if np.array_equal(wrong, np.broadcast_to(laid, X.shape)):
        return "fits, and is right, since it is the first that is missing"
    return "fits, and is wrong: no error is raised"


def axes(function: str = "sum", axis: int = 1) -> Axes:
    """Explore a sum along one of three axes: ``mc.explore.axes("mean", axis=2)``.

    The function is sum, mean or max. The picture has an array X, what becomes of it along the axis,
    a gradient G in that shape, and what goes back to X, in the shape of X; the entries that belong
    to one of G are framed. Inputs: the function, the sizes, the axis (0, 1 or 2), the entry of G.
    Raises ValueError for another function or axis. Beyond the paper.
    """
    if function not in _FUNCTIONS:
        raise ValueError(f"{function!r} is not one of {', '.join(map(repr, _FUNCTIONS))}")
    return Axes(function, axis)
