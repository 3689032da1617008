"""A matrix as a grid of coloured cells with their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..notation.numbers import number
from .scene import Scene


@dataclass(frozen=True)
class Grid:
    """Where the first cell is, and how large each is, in pixels."""

    left: float
    top: float
    wide: float
    high: float


def paint(
    scene: Scene,
    matrix: np.ndarray,
    names: tuple[Sequence[str], Sequence[str]],
    grid: Grid,
    tones: tuple[float, float] = (0.05, 0.3),
    lit: int | None = None,
) -> None:
    """The cells, orange above zero and violet below, with the names of rows and of columns.

    ``tones`` are the opacities of a number near zero and of the largest; ``lit`` is a column that
    has a frame.
    """
    size = 12 if grid.wide > 44 and grid.high > 20 else 9
    down, across = names
    for j, name in enumerate(across):
        color = "violet" if j == lit else "muted"
        x = grid.left + grid.wide * (j + 0.5)
        scene.text(x, grid.top - 14, name, color, size, bold=j == lit)
    for i, name in enumerate(down):
        y = grid.top + grid.high * (i + 0.5)
        scene.text(grid.left - 8, y, name, "muted", min(12, grid.high), "end")
    _cells(scene, matrix, grid, tones, size)
    wide, high = grid.wide * len(across), grid.high * len(down)
    scene.box(grid.left, grid.top, wide, high, edge="grid")
    if lit is not None:
        x = grid.left + lit * grid.wide
        scene.box(x, grid.top - 1, grid.wide, high + 2, edge="violet", thick=3)


def _cells(scene, matrix, grid, tones, size):
    top = float(np.max(abs(matrix[np.isfinite(matrix)]), initial=0)) or 1.0
    for (i, j), value in np.ndenumerate(matrix):
        x, y = grid.left + grid.wide * j, grid.top + grid.high * i
        if value:
            share = abs(value) / top if np.isfinite(value) else 0.0
            tone = tones[0] + (tones[1] - tones[0]) * share
            color = "orange" if value > 0 else "violet"
            scene.box(x + 1, y + 1, grid.wide - 2, grid.high - 2, color, tone)
        color = "ink" if value else "muted"
        scene.text(x + grid.wide / 2, y + grid.high / 2, number(value), color, size)
