"""What the explorers of curves and of surfaces share."""

from __future__ import annotations

from ..graph.facts import is_positive
from ..tables import derivative

HEIGHT = 330
SMALLEST = 0.01  # of what is positive


def differentiated(y, v):
    """``d/dx y`` and what it is."""
    written = derivative(y, v)
    return written, written.args[0]


def bounds(between, variables=()):
    """The two ends of a range, in order; above 0 if one of the variables is assumed to be."""
    low, high = map(float, between)
    if any(map(is_positive, variables)):
        low = max(low, SMALLEST)
    if not low < high:
        raise ValueError(f"between={between}: the lower end comes first, as in (-3, 3)")
    return low, high
