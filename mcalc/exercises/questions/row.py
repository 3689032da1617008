"""How an exercise is declared: one whose answer is derived, and one that asks for a meaning."""

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


class Asked(NamedTuple):
    """A question that no rule of calculus answers: for a number, a shape, or one of a few answers.

    ``right`` is a number, a shape as in ``"m x n"``, or the letter of one of the ``choices``.
    ``wrong`` has what to say to answers that somebody gives who believes something else.
    """

    key: str
    question: str
    right: float | str
    wrong: dict[float | str, str]
    hints: tuple[str, ...]
    shown: tuple = ()  # the formulas at {0}, {1}, ... in the question
    choices: tuple[str, ...] = ()  # answered with a, b, c, ...


ROWS: dict[str, Row] = {}
ASKED: dict[str, Asked] = {}


def row(key: str, question: str, y, wrt, *hints: str, order: int = 1) -> None:
    """Declare an exercise; it comes after those declared before it."""
    ROWS[key] = Row(key, question, y, wrt, hints, order)


def ask(
    key: str, question: str, right, wrong: dict, *hints: str, shown: tuple = (), choices=()
) -> None:
    """Declare a question of meaning; a chapter's come after those of its ``row``s."""
    ASKED[key] = Asked(key, question, right, wrong, hints, shown, tuple(choices))
