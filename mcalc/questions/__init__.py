"""The exercises: a row for each, in the order of the chapters and of difficulty.

A row has a key, whose first part is the chapter, a question (``{y}`` and ``{x}`` stand for the
function and the variable), the function, the variable to differentiate by, and hints, the first of
which comes with the second miss. Of order 2, it asks for the Hessian. The answer is never written
down: it is derived.
"""

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


from . import paper, beyond  # noqa: E402, F401, I001 (they add their rows, in this order)
