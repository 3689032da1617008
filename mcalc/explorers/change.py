"""What a derivative predicts for a step, beside what really happens."""

from __future__ import annotations

import numpy as np

from ..notation.numbers import number, numbers

ROUNDING = 1e-12  # of a function's value: a smaller difference is none


class Change:
    """A predicted and a real change, as numbers or as arrays of one shape.

    ``value`` is the function's where the step begins. Differences that are rounding beside it count
    as zero, unless ``rounding`` is shown, as in tangent, which is about it.
    """

    def __init__(self, predicted, real, value=0.0, rounding: bool = False):
        self.predicted, self.real, self.rounding = predicted, real, rounding
        self.smallest = ROUNDING * max(1.0, float(np.max(abs(np.asarray(value)))))

    @property
    def off(self) -> float:
        """The difference of two numbers, or the largest one of two arrays, without its sign."""
        difference = np.asarray(self.real - self.predicted)
        return float(np.max(abs(difference))) if difference.ndim else float(difference)

    @property
    def exact(self) -> bool:
        """Whether there is no difference beyond rounding."""
        return abs(self.off) <= self.smallest

    @property
    def off_words(self) -> str:
        """The difference as it is written; 0 if it is rounding."""
        if self.rounding:
            return f"{self.off:.3g}"
        return "0" if self.exact else number(self.off)

    def words(self, change) -> str:
        """A change with its sign, or the entries of several."""
        if isinstance(change, np.ndarray) and change.ndim:
            return numbers(change)
        if self.rounding:
            return f"{change:+.3g}"
        return signed(change)

    def sides(self) -> str:
        """Both changes in words."""
        return f"predicted change {self.words(self.predicted)}, real change {self.words(self.real)}"

    def __str__(self) -> str:
        return f"{self.sides()}, off by {self.off_words}"

    def halved(self, half: Change) -> str:
        """What is left for half the step, and how many times less, where that can be said."""
        if self.exact or half.exact:
            return half.off_words
        ratio = self.off / half.off
        return half.off_words + (f", {ratio:.1f} times less" if ratio >= 1 else "")


def signed(value: float) -> str:
    """A number that may be a change, with its sign."""
    text = number(value)
    return text if text == "0" or text.startswith("-") else f"+{text}"
