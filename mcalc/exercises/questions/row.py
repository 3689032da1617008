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


ROWS: dict[str, Row] = {}


def row(key: str, question: str, y, wrt, *hints: str, order: int = 1) -> None:
    """Declare an exercise; it comes after those declared before it."""
    ROWS[key] = Row(key, question, y, wrt, hints, order)
