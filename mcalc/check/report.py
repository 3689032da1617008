"""What a check found."""

from __future__ import annotations


class CheckFailed(AssertionError):
    """The three ways disagree; the message has the first counter-example."""


class Report:
    """What a check found. ``passed`` is None at a kink, which is neither right nor wrong."""

    def __init__(self, passed, lines):
        self.passed, self.lines = passed, tuple(lines)

    def __bool__(self):
        return self.passed is not False

    def __repr__(self):
        return "\n".join(self.lines)
