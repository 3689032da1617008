"""How an exercise is declared."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """An exercise as it is declared."""

    key: str
    question: str
    y: object
    wrt: object
    hints: tuple
    order: int = 1


ROWS: dict[str, Row] = {}


def row(key, question, y, wrt, *hints, order=1):
    ROWS[key] = Row(key, question, y, wrt, hints, order)
