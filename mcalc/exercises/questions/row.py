"""How an exercise is declared."""

from __future__ import annotations

from typing import Any, NamedTuple


class Row(NamedTuple):
    """An exercise as it is declared."""

    key: str
    question: str
    y: Any  # what mc.derive takes
    wrt: Any
    hints: tuple[str, ...]
    order: int = 1


class Meaning(NamedTuple):
    """A question about what a formula means: the answer is numbers, a shape or one of some words.

    ``slips`` has wrong answers that one may expect, with what is said to them, ``reason`` why the
    right one is right, and ``shown`` the formulas in the question, by name. Numbers may be off by
    ``within``, as a part of the largest.
    """

    key: str
    question: str
    answer: Any  # a number, a list of them, a pair of lengths, a word
    reason: str
    slips: dict
    hints: tuple[str, ...]
    words: tuple[str, ...]
    within: float
    shown: dict


ROWS: dict[str, Row | Meaning] = {}


def row(key: str, question: str, y, wrt, *hints: str, order: int = 1) -> None:
    """Declare an exercise; it comes after those declared before it."""
    ROWS[key] = Row(key, question, y, wrt, hints, order)


def ask(
    key: str,
    question: str,
    answer,
    reason: str,
    *hints: str,
    slips: dict | None = None,
    words: tuple[str, ...] = (),
    within: float = 0.02,
    **shown,
) -> None:
    """Declare a question that no rule answers, in its place among the exercises.

    ``ask("01.step", "{y} at 2: about how much more for 0.01 more?", 0.12, "12 times 0.01", ...,
    y=x**3)``; the answer is a number, a list or a matrix of numbers, a pair of lengths, ``("m",
    "n")``, or one of the ``words``. Slips are given as answers are, matrices as text.
    """
    ROWS[key] = Meaning(key, question, answer, reason, slips or {}, hints, words, within, shown)
