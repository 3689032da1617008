"""How far one comes at the exercises by obeying the replies alone."""

import pytest
from guesses import DERIVED, after_one_miss, by_names, wrong_lines


def test_the_first_reply_does_not_hand_over_the_answer():
    lines = wrong_lines(every=60)
    assert len(lines) > 20 and not after_one_miss(lines)


def test_a_student_who_obeys_is_caught(monkeypatch):
    """Where the first reply is that of the third miss, it is seen that answers are handed over."""
    from mcalc.exercises import exercise

    monkeypatch.setattr(exercise, "_IN_FULL", 0)
    assert len(after_one_miss([("08.cosine", "3x^2 sin(x^3)"), ("07.cubes", "3x^2")])) == 2


@pytest.mark.slow
def test_of_a_fifth_of_all_lines_none_is_handed_over():
    lines = wrong_lines(every=5)
    assert len(lines) > 250 and not after_one_miss(lines)


@pytest.mark.slow
def test_few_exercises_are_solved_by_obeying():
    tries = [n for n, _ in by_names(DERIVED).values() if n]
    assert not any(n <= 2 for n in tries) and len(tries) < len(DERIVED) / 10
