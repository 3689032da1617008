"""Formulas in a scene: typeset by matplotlib's mathematics, which is loaded with the first one."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..graph.expr import WRITERS, Expr
from .scene import Scene


def typeset(*parts: Expr) -> str:
    """Expressions with equals signs between them as matplotlib's mathematics, or as plain text.

    matplotlib can draw neither cases nor matrices.
    """
    from matplotlib.mathtext import MathTextParser

    written = "$" + " = ".join(map(WRITERS["latex"], parts)).replace(r"\frac", r"\dfrac") + "$"
    try:
        MathTextParser("path").parse(written)
    except ValueError:
        return " = ".join(map(str, parts)).replace("; ", ";\n")
    return written


class Size(NamedTuple):
    """Pixels."""

    width: float
    height: float


@lru_cache(maxsize=512)
def _line_size(line: str, size: float) -> Size:
    if not line.startswith("$"):
        return Size(0.62 * size * len(line), 1.25 * size)
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    parsed = MathTextParser("path").parse(line, 72, FontProperties(size=size))
    return Size(parsed.width, max(parsed.height + 4, 1.25 * size))


def measured(text: str, size: float = 13) -> Size:
    """How large lines of text and of mathematics are."""
    lines = [_line_size(line, size) for line in text.splitlines()]
    return Size(max(line.width for line in lines), sum(line.height for line in lines))


def paint(
    scene: Scene, middle: tuple[float, float], text: str, color: str = "ink", size: float = 13
) -> None:
    """Lines of text and of mathematics, one below the other, around a point."""
    x, y = middle
    y -= measured(text, size).height / 2
    for line in text.splitlines():
        height = _line_size(line, size).height
        if line.startswith("$"):
            scene.formula(x, y + height / 2, line, color, size)
        else:
            scene.text(x, y + height / 2, line, color, size)
        y += height
