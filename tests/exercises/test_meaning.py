"""Exercises that no rule answers: numbers, shapes, words, and what is said to wrong ones."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.exercises import exercise as module
from mcalc.exercises import record
from mcalc.exercises.meaning import AboutMeaning
from mcalc.exercises.questions import ROWS, Meaning, row

ASKED = [key for key, row in ROWS.items() if isinstance(row, Meaning)]
x = mc.scalars("x")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A record of its own, and some questions of each kind."""
    monkeypatch.setenv(record.PLACE, str(tmp_path / "answers.sqlite"))
    monkeypatch.setattr(module, "_exercises", {})
    for key in ("98.number", "98.row", "98.matrix", "98.shape", "98.word", "98.count"):
        monkeypatch.setitem(ROWS, key, None)
    row.ask("98.number", "{y} at 2 and 0.01 more?", 0.12, "12 times 0.01", "the rate first",
            slips={12: "that is the rate"}, y=x**3)  # fmt: skip
    row.ask("98.count", "how many?", 12, "3 times 4", "count them")
    row.ask("98.row", "the gradient there?", [12, 3], "6xy and 3x^2", "two numbers")
    row.ask("98.matrix", "the Jacobian?", [[1, 2], [3, 4]], "it is so", "two rows")
    row.ask("98.shape", "its shape?", ("m", "n"), "m outputs", "count", slips={("m", 1): "no sum"})
    row.ask("98.word", "which side?", "right", "J dx", "a column", words=("left", "right"))


@pytest.mark.parametrize(
    "key, answers",
    [
        (
            "number",
            [
                "0.12",
                ".12",
                "about 0.12",
                "12/100",
                "3*2^2*0.01",
                0.1206,
                np.array([0.12]),
                "0.12 units",
                "about 0.12 more",
            ],
        ),
        ("count", ["12", "twelve", "Twelve", "12 numbers"]),
        ("row", ["[12, 3]", "(12, 3)", "12, 3", "[[12, 3]]", "[12, 3]^T", [12, 3], [[12], [3]]]),
        ("matrix", ["[[1, 2], [3, 4]]", np.array([[1, 2], [3, 4]])]),
        ("shape", ["m x n", "mxn", "m×n", "(m, n)", "[m, n]", "m by n", ("m", "n")]),
        ("word", ["right", "Right.", "on the right"]),
    ],
)
def test_what_is_right(key, answers):
    ex = mc.exercise(f"98.{key}")
    for answer in answers:
        assert ex.why(answer), answer
    assert f"{ex.check(ex.answer)}" == f"right: {ex.answer}; {ex.row.reason}"


@pytest.mark.parametrize(
    "key, answer, said",
    [
        ("number", "12", "not yet: that is the rate"),
        ("number", "-0.12", "not yet: in which direction does it go?"),
        ("number", "0.13", "not yet: that is another number"),
        ("number", "[1, 2]", "not yet: 1 number expected"),
        ("count", "seven", "not yet: that is another number"),
        ("count", "none", "not yet: that is another number"),
        ("count", "many", "this cannot be read: one number is expected, as in 0.7"),
        ("row", "[3, 12]", "not yet: in which order do they come?"),
        ("row", "12", "not yet: 2 numbers expected"),
        ("matrix", "[[1, 3], [2, 4]]", "not yet: rows and columns are exchanged"),
        ("shape", "m x 1", "not yet: no sum"),
        ("shape", "n x m", "not yet: that is turned round: what do its rows stand for?"),
        ("shape", "n x n", "not yet: what do its rows stand for, and what its columns?"),
        ("word", "left", "not yet: think it through once more"),
        ("number", "x", "this cannot be read: one number is expected, as in 0.7"),
        ("number", "1e400", "this cannot be read: one number is expected, as in 0.7"),
        ("number", object(), "this cannot be read: one number is expected, as in 0.7"),
        ("row", "a, b", "this cannot be read: numbers in brackets are expected, as in [0.7, 0.7]"),
        ("shape", "5", "this cannot be read: rows x columns is expected, as in 5 x 7"),
        ("word", "up", "this cannot be read: one of these words is expected, as in left or right"),
        ("word", 3, "this cannot be read: one of these words is expected, as in left or right"),
    ],
)
def test_what_is_said_to_a_wrong_one(key, answer, said):
    reply = mc.exercise(f"98.{key}").check(answer)
    assert not reply and f"{reply}" == said


def test_nothing_yet_and_the_field():
    ex = mc.exercise("98.shape")
    dots = 'not answered yet: put your answer in the place of the dots, as "5 x 7"'
    assert f"{ex.check(...)}" == f"{ex.check(' ')}" == dots
    ex.check("m x n")
    assert f"{ex.check(...)}".startswith("right, as answered above: m x n")


def test_hints_and_why():
    ex = mc.exercise("98.number")
    assert "hint" not in f"{ex.check('5')}" and "hint 1 of 1: the rate first" in f"{ex.check('5')}"
    assert ex.hint() == 'hint: mc.exercise("98.number").derivation shows why'
    assert f"{ex.derivation}" == ex.derivation._repr_latex_() == "0.12: 12 times 0.01"


@pytest.mark.parametrize("key", ASKED)
def test_each_can_be_answered(key):
    ex = mc.exercise(key)
    assert isinstance(ex, AboutMeaning) and ex.row.hints and ex.row.reason
    assert "?" in ex.question and "{" not in ex.question and 1 <= ex.points <= 3
    assert ex.why(ex.answer) and ex.why(ex.row.answer)
    for wrong in (ex.a_slip, *ex.example, *ex.row.slips):
        assert not ex.why(wrong), wrong
    for slip, sentence in ex.row.slips.items():
        assert sentence in f"{ex.why(slip)}"
    assert all(hint[-1] not in ".!" for hint in (*ex.row.hints, ex.row.reason))


def test_a_question_is_shown_with_its_formulas_and_a_field():
    bundle = mc.exercise("98.number")._repr_mimebundle_()
    assert bundle["text/plain"].endswith("x^3 at 2 and 0.01 more?")
    assert "<code>x^3</code> at 2" in bundle["text/html"]
    assert r"$\displaystyle x^{3}$ at 2" in mc.exercise("98.number").typeset


@pytest.mark.parametrize(
    "key, answer, mistake",
    [
        ("05.how-many", "999", "number"),  # a count is no measurement
        ("05.how-many", "1,000", None),
        ("10.broadcast", "np.cos(A @ x)[:, None] * A", "not read"),  # whose A is no (a)
        ("07.in-numpy", "a number", "not read"),
        ("08.which-rule", "b: sin(exp(x))", None),
        ("08.which-rule", "it is (b)", None),
        ("00.direction", "downwards", None),
        ("21.mode", "forwards", None),
    ],
)
def test_a_count_and_a_letter_are_taken_for_what_they_are(key, answer, mistake):
    assert AboutMeaning(key).why(answer).mistake == mistake
