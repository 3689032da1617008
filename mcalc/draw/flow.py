"""A graph of variables as boxes with arrows: variables left, what is made of them to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph.expr import Expr
from .scene import Scene

Point = tuple[float, float]


class Flow:
    """Where each box and each arrow goes.

    ``uses`` has, for each variable that is made of others, those; in an order in which they can be
    computed. ``levels`` are the boxes that stand above each other.
    """

    def __init__(self, sources: Sequence[Expr], uses: Mapping[Expr, Sequence[Expr]]):
        depth = {v: 0 for v in sources}
        for v, parents in uses.items():
            depth[v] = 1 + max((depth[p] for p in parents if p in depth), default=0)
        self.levels = [[v for v in depth if depth[v] == k] for k in range(max(depth.values()) + 1)]
        self.edges = [(v, p) for v, parents in uses.items() for p in parents if p in depth]
        self.long = [(v, p) for v, p in self.edges if depth[v] - depth[p] > 1]

    def arrange(
        self, width: float, box: tuple[float, float], row: float, lane: float, margin: float = 6
    ) -> Flow:
        """Give each box a place: its size, the distances of rows and of lanes, in pixels.

        An arrow past a level has a lane above the boxes.
        """
        self.width, self.box = width, box
        self.lanes = {edge: (k, 2 + lane * (k + 0.5)) for k, edge in enumerate(self.long)}
        step = (width - 2 * margin - box[0]) / max(len(self.levels) - 1, 1)
        top = lane * len(self.long) + 10 * bool(self.long)
        tall = row * max(map(len, self.levels))
        self.height = top + tall + 16
        self.place = {
            v: (margin + step * k, top + 8 + tall * (i + 0.5) / len(level) - box[1] / 2)
            for k, level in enumerate(self.levels)
            for i, v in enumerate(level)
        }
        return self

    def middle(self, v: Expr) -> Point:
        """The middle of a box."""
        x, y = self.place[v]
        return x + self.box[0] / 2, y + self.box[1] / 2

    def arrow(
        self, scene: Scene, v: Expr, p: Expr, color: str = "muted", width: float = 1.5
    ) -> tuple[Point, Point]:
        """The arrow from p to v; gives the ends of the straight part that has room for words."""
        (x0, y0), (x1, y1), (wide, high) = self.place[p], self.place[v], self.box
        start, end = (x0 + wide, y0 + high / 2), (x1 - 2, y1 + high / 2)
        bends = [start]
        if (v, p) in self.lanes:  # around the boxes in between
            k, level = self.lanes[v, p]
            out, into = start[0] + 9 + 5 * k, end[0] - 17 - 5 * k
            bends += [(out, start[1]), (out, level), (into, level), (into, end[1])]
        scene.line(bends, color, width)
        scene.arrow(*bends[-1], *end, color, width)
        return (bends[2], bends[3]) if len(bends) > 1 else (start, end)
