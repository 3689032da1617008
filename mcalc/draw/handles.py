"""What can be taken hold of in a scene, and which inputs move with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Point = tuple[float, float]


class Move(Protocol):
    """How an input follows: the ways it goes, x, y or both, and its value.

    ``value`` is asked with the pixel where the handle is, the one where it was taken, and the
    input's value then. ``stay`` is whether what is dragged stays where it is.
    """

    @property
    def axes(self) -> str: ...

    @property
    def stay(self) -> bool: ...

    def value(self, at: Point, taken: Point, before: float) -> float: ...


@dataclass(frozen=True)
class Track:
    """The input is where the handle is, between two pixels that stand for two values."""

    axes: str
    pixels: Point
    values: Point
    log: bool = False
    stay: bool = field(default=False, init=False)

    def value(self, at: Point, taken: Point, before: float) -> float:
        (p0, p1), (v0, v1) = self.pixels, self.values
        share = (at["xy".index(self.axes)] - p0) / (p1 - p0)
        if self.log:
            return 10 ** (math.log10(v0) + share * (math.log10(v1) - math.log10(v0)))
        return v0 + share * (v1 - v0)


@dataclass(frozen=True)
class Pull:
    """The input grows by so much for each pixel that one pulls to the right, or up."""

    axes: str
    each: float
    stay: bool = field(default=True, init=False)

    def value(self, at: Point, taken: Point, before: float) -> float:
        k = "xy".index(self.axes)
        return before + self.each * (at[k] - taken[k]) * (1, -1)[k]


@dataclass(frozen=True)
class Free:
    """The input is a function of where the handle is."""

    of: Callable[[float, float], float]
    axes: str = "xy"
    stay: bool = field(default=False, init=False)

    def value(self, at: Point, taken: Point, before: float) -> float:
        return self.of(*at)


@dataclass(frozen=True)
class Handle:
    """A place in a picture that can be taken, around (x, y), and what moves with it, by input.

    ``sets`` gives inputs that are set when it is taken at a pixel, or, without a pixel, by keys.
    Keys move the first input to the right and left, and a second one up and down.
    """

    x: float
    y: float
    name: str
    moves: Mapping[str, Move]
    size: Point = (30.0, 30.0)
    box: tuple[float, float, float, float] | None = None  # left, top, width, height it stays in
    sets: Callable[[Point | None], Mapping[str, object]] | None = None

    @property
    def axes(self) -> str:
        """x, y or xy: the ways in which it goes."""
        return "".join(way for way in "xy" if any(way in m.axes for m in self.moves.values()))

    @property
    def stay(self) -> bool:
        """Whether it stays where it is while it is pulled."""
        return any(move.stay for move in self.moves.values())
