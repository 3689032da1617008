"""What students type, exercise by exercise, with the reply that each line has to get.

In ``typed.toml`` a line is ``right``, or a mistake by its name, or ``not read`` with the advice.
"""

import tomllib
from pathlib import Path

import pytest

from mcalc.exercises.exercise import Exercise
from mcalc.exercises.meaning import AboutMeaning
from mcalc.exercises.questions import ROWS, Meaning

TABLE = tomllib.loads(Path(__file__).with_name("typed.toml").read_text("utf-8"))


def test_there_are_lines_for_every_exercise():
    assert {*TABLE} == {*ROWS}
    few = {key for key, lines in TABLE.items() if len(lines) < (8 if asked(key) else 20)}
    assert not few


def asked(key):
    return isinstance(ROWS[key], Meaning)


@pytest.mark.parametrize("key", TABLE)
def test_a_typed_line_gets_its_reply(key):
    ex, others = (AboutMeaning if asked(key) else Exercise)(key), []
    ex.misses = 2  # replies in full
    for text, wanted in TABLE[key].items():
        reply, (name, _, advice) = ex.why(text), wanted.partition(": ")
        got = "right" if reply else reply.mistake
        if got != name or advice not in f"{reply}" or "? x ?" in f"{reply}":
            others.append((text, wanted, f"({got}) {reply}"))
    assert not others
