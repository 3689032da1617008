"""Questions of meaning: numbers, shapes and choices, and what is said to each mistake."""

import re

import numpy as np
import pytest

import mcalc as mc
from mcalc.exercises import exercise as module
from mcalc.exercises import record
from mcalc.exercises.answer_field import Answering
from mcalc.exercises.asked import Question
from mcalc.exercises.exercise import exercise, exercise_keys
from mcalc.exercises.questions import ASKED, ROWS

every_question = pytest.mark.parametrize("key", ASKED)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(record.PLACE, str(tmp_path / "answers.sqlite"))
    monkeypatch.setattr(module, "_exercises", {})


def test_each_of_these_chapters_has_two_or_more():
    for chapter in range(5, 11):
        assert sum(key in ASKED for key in exercise_keys(chapter)) >= 2
    assert ASKED.keys().isdisjoint(ROWS)


@every_question
def test_a_question_has_one_right_answer_and_a_reply_to_each_wrong_one(key):
    ex, asked = exercise(key), ASKED[key]
    assert isinstance(ex, Question) and exercise(key) is ex and ex.points == 1
    assert "?" in ex.question and "{" not in ex.question
    code, typed = ex.example
    assert not ex.why(typed) and typed in repr(ex.check(...))
    assert asked.hints and all(hint[-1] not in ".!" for hint in asked.hints)
    assert asked.wrong
    assert ex.check(asked.right) and ex.check(f" {asked.right} ") and ex.check(ex.answer)
    for wrong, sentence in asked.wrong.items():
        reply = ex.why(wrong)
        assert not reply and repr(reply) == f"not yet: {sentence}"
        if ex.kind == "number":
            assert f"{asked.right}" not in re.findall(r"[\w.-]+", sentence), "not handed over"


@every_question
@pytest.mark.parametrize("answer", [[], {}, object(), print, "é", "2x)", 1j, "x" * 10**5, b"x",
                                    np.zeros((0, 3)), float("nan"), 10**400])  # fmt: skip
def test_anything_gets_a_sentence(key, answer):
    reply = exercise(key).check(answer)
    assert not reply and len(repr(reply)) > 10


@pytest.mark.parametrize(
    ("key", "answers"),
    [
        ("06.off-diagonal", ("1", "1.0", 1, np.float64(1), "2/2", mc.read("1"))),
        ("07.centred", ("-1/4", "-0.25", "-.25", -0.25)),
        ("10.which-shape", ("2 x 3", "2x3", "2×3", "(2, 3)", (2, 3), r"2 \times 3", "2 by 3")),
        ("05.tie", ("d", "(d)", "D", " d. ")),
    ],
)
def test_an_answer_is_right_however_it_is_written(key, answers):
    for answer in answers:
        assert exercise(key).why(answer), answer


def test_hints_come_from_the_second_miss_on_and_end():
    ex = exercise("08.slopes")
    said = [repr(ex.check("7")) for _ in range(3)]
    assert "hint" not in said[0] and ex.asked.hints[0] in said[1] and "no other" in said[2]
    assert said[0] == "not yet: 7 is not it"
    assert exercise("08.which-rule").check("e").mistake == "not read"


def test_what_was_right_in_the_field_counts():
    ex = exercise("08.slopes")
    view = Answering(ex)
    assert view.steps not in view.children[2].children
    view.field.value = "-3"
    view.answer()
    assert "right" in view.reply.value and ex.check(...)
    assert "08.slopes" in mc.progress().done
