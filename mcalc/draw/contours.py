"""Lines of equal height of a function of two numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import numpy as np

from ..notation.numbers import number
from .scene import Axes, ticks

Lines = Mapping[float, list[np.ndarray]]  # from a level to its lines: points as rows


def round_levels(heights: np.ndarray) -> list[float]:
    """About ten round heights that most of these lie between; none if all are the same."""
    finite = heights[np.isfinite(heights)]
    low, high = np.percentile(finite, [5, 95]) if finite.size else (0.0, 0.0)
    return ticks(float(low), float(high), 10) if low < high else []


def contour_lines(
    xs: np.ndarray, ys: np.ndarray, heights: np.ndarray, levels: Iterable[float]
) -> Lines:
    """Lines of equal height over a rectangle, with matplotlib's own library.

    ``heights`` has a row for each y; where they are not finite, lines end.
    """
    from contourpy import contour_generator

    generator = contour_generator(xs, ys, np.ma.masked_invalid(heights))
    return {level: cast(list[np.ndarray], generator.lines(level)) for level in levels}


def paint(plane: Axes, contours: Lines, numbered: bool = False) -> None:
    """The lines in a coordinate system, each with its height on it if they are numbered."""
    for k, (level, lines) in enumerate(contours.items()):
        for points in lines:
            plane.curve(points[:, 0], points[:, 1], "muted", 1)
        if lines and numbered:
            longest = max(lines, key=len)
            x, y = plane.at(*longest[(k % 2 + 1) * len(longest) // 3])
            words = number(level)
            plane.scene.box(x - 3.5 * len(words), y - 7, 7 * len(words), 14, "paper")
            plane.scene.text(x, y, words, "muted", 11)
