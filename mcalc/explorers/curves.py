"""What the explorers of curves and of surfaces share."""

from __future__ import annotations

from ..tables import derivative

HEIGHT = 330


def differentiated(y, v):
    """``d/dx y`` and what it is."""
    written = derivative(y, v)
    return written, written.args[0]


def bounds(between):
    """The two ends of a range, in order."""
    low, high = map(float, between)
    if not low < high:
        raise ValueError(f"between={between}: the lower end comes first, as in (-3, 3)")
    return low, high
