"""Questions of meaning: a number, a shape, or one of a few answers, each mistake with its reply."""

from __future__ import annotations

import re
import string

import numpy as np

from ..check.compile import compile_
from ..graph.expr import WRITERS, Expr, as_expr
from ..graph.walk import symbols
from ..typed.read import ReadError, read
from .exercise import Exercise
from .questions import ASKED
from .replies import NOTHING, Reply

_CLOSE = 0.02  # of a number, relative: two digits are enough


def _number(given) -> float | None:
    """The number that is meant by ``2/3``, 0.67 or ``mc.read("2/3")``; None if it is none."""
    try:
        e = read(given) if isinstance(given, str) else as_expr(given)
        return None if symbols(e) or e.ndim else float(compile_(e)())
    except (ReadError, TypeError, ValueError, ArithmeticError):
        return None


def _shape(given) -> str | None:
    """``m x n`` as it is written there, from ``(m, n)``, ``m × n`` or ``m by n``."""
    text = given if isinstance(given, str) else " x ".join(map(str, np.atleast_1d(given)))
    text = re.sub(r"\\times|[×*,]|\bby\b", " x ", text.strip().strip("()"))
    parts = re.fullmatch(r"\s*(\w+)\s*x\s*(\w+)\s*", re.sub(r"(?<=\d)x(?=\w)", " x ", text))
    return " x ".join(parts.groups()) if parts else None


class Question(Exercise):
    """An exercise that asks for a meaning; see :class:`mcalc.exercises.questions.row.Asked`."""

    has_steps = False

    def __init__(self, key: str):
        self.key, self.asked, self.misses, self.hinted = key, ASKED[key], 0, 0

    @property
    def points(self) -> int:
        return 1

    @property
    def answer(self) -> str:
        return f"{self.asked.right}"

    @property
    def hints(self) -> tuple[str, ...]:
        return self.asked.hints

    @property
    def names(self) -> dict[str, Expr]:
        return {}

    @property
    def kind(self) -> str:
        """What is asked for, in words."""
        if self.asked.choices:
            return "letter"
        return "shape" if isinstance(self.asked.right, str) else "number"

    def _asked(self, write, math):
        shown = [math.format(write(as_expr(e))) for e in self.asked.shown]
        letters = zip(string.ascii_lowercase, self.asked.choices, strict=False)
        listed = "; ".join(f"({letter}) {choice}" for letter, choice in letters)
        return (f"{self.asked.question} {listed}" if listed else self.asked.question).format(*shown)

    @property
    def question(self) -> str:
        return self._asked(WRITERS["text"], "{}")

    @property
    def example(self) -> tuple[str, str]:
        typed = {"letter": "a", "shape": "k x 7", "number": "12.5"}[self.kind]
        return (typed if self.kind == "number" else f'"{typed}"'), typed

    def why(self, answer) -> Reply:
        if answer is ...:
            return self._in_the_field()
        if answer is None or isinstance(answer, str) and not answer.strip():
            return Reply("not answered", NOTHING.format(*self.example))
        try:
            given = self._read(answer)
        except Exception as error:  # whatever a stranger's object raises
            return Reply("no formula", f"this cannot be compared: {error}")
        if given is None:
            return Reply("not read", f"this cannot be read: a {self.kind} is asked for, as in "
                                     f"{self.example[1]}")  # fmt: skip
        if self._same(given, self.asked.right):
            return Reply(None, f"right: {self.answer}")
        for wrong, sentence in self.asked.wrong.items():
            if self._same(given, wrong):
                return Reply("meaning", f"not yet: {sentence}")
        return Reply("meaning", f"not yet: {given:g} is not it" if self.kind == "number" else
                     f"not yet: {given} is not it")  # fmt: skip

    def _read(self, answer):
        if self.kind == "number":
            return _number(answer)
        if self.kind == "shape":
            return _shape(answer)
        letter = f"{answer}".strip().strip("().").lower()
        return letter if letter in string.ascii_lowercase[: len(self.asked.choices)] else None

    def _same(self, given, other):
        if self.kind != "number":
            return given == other
        return abs(given - other) <= _CLOSE * abs(other) + 1e-9
