"""What the explorers of curves and of surfaces share."""

from __future__ import annotations

from ..notation.numbers import number
from ..tables import derivative

HEIGHT = 330


def taken(variables, *inputs):
    for v in variables:
        if v.name in inputs:
            raise ValueError(f"{v.name} is the name of an input here: rename the variable")


def differentiated(y, v):
    """``d/dx y`` and what it is."""
    written = derivative(y, v)
    return written, written.args[0]


def off_by(difference, scale=1.0):
    """A difference, or that there is none beyond rounding."""
    return "0" if abs(difference) <= 1e-14 * max(1.0, abs(scale)) else number(difference)


def less(off, half):
    """How many times less the difference is for half the step, where that can be said."""
    ratio = off / half if abs(half) > 1e-13 < abs(off) else 0.0
    return f", {ratio:.1f} times less" if ratio >= 1 else ""


def bounds(between):
    """The two ends of a range, in order."""
    low, high = map(float, between)
    if not low < high:
        raise ValueError(f"between={between}: the lower end comes first, as in (-3, 3)")
    return low, high
