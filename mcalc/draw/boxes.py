"""A product as a row of boxes with signs between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .scene import Scene

_SIGNS = {"=": 15, "·": 20}  # and how large each is written


@dataclass(frozen=True)
class Box:
    """A factor or a product: its shape in words, its size in pixels, and what paints it.

    ``paint`` is called with the scene and the box's upper left corner; ``sign`` stands before the
    box, ``title`` above it.
    """

    shape: str
    width: float
    height: float
    paint: Callable[[Scene, float, float], None]
    sign: str = ""
    title: str = ""


def span(boxes: list[Box], gap: float, least: float = 0.0) -> float:
    """How wide a row of boxes is."""
    return sum(max(box.width, least) for box in boxes) + gap * (len(boxes) - 1)


def paint(
    scene: Scene, centre: float, middle: float, boxes: list[Box], gap: float, least: float = 0.0
) -> None:
    """The boxes side by side, with so many pixels between them; each has ``least`` at least."""
    left = centre - span(boxes, gap, least) / 2
    for box in boxes:
        width = max(box.width, least)
        if box.sign:
            scene.text(left - gap / 2, middle, box.sign, "ink", _SIGNS[box.sign])
        box.paint(scene, left + (width - box.width) / 2, middle - box.height / 2)
        if box.title:
            scene.text(left + width / 2, middle - 54, box.title, "ink", 12)
        scene.text(left + width / 2, middle + box.height / 2 + 13, box.shape, "ink", 12)
        left += width + gap
