"""Answers of every kind at every exercise: whatever is typed, there is a reply."""

import random
import re

import numpy as np
import pytest

import mcalc as mc
from mcalc.exercises.exercise import exercise
from mcalc.exercises.questions import ROWS, Row

PIECES = "I 1 0 ^T 1^T diag(x) - / sum(x) tr(I) inv(I) ⊗ . + 1_n [1;1] |x| > if e pi 2 (I)".split()
PARTS = re.compile(r"[\w']+(?:\([\w ]+\))?(?:\^T)?|\([\w ^]+\)|\S")
DERIVED = [key for key, row in ROWS.items() if isinstance(row, Row)]


def alike(part):
    return part[-1] not in "+-/.⊗⊘<>=;,"


def mutated(rng, answer, other):
    """An answer with some of its factors and signs swapped, left out, repeated or put in."""
    parts = PARTS.findall(answer)
    more = [*PARTS.findall(other), *PIECES]
    for _ in range(rng.choice((1, 1, 2, 3))):
        at, to = (rng.randrange(len(parts)) for _ in range(2))
        if alike(parts[at]) == alike(parts[to]):
            parts[at], parts[to] = parts[to], parts[at]
        match rng.randrange(5):
            case 0:
                parts.insert(to, parts[at])
            case 1 if len(parts) > 1:
                del parts[at]
            case 2:
                parts.insert(at, rng.choice([p for p in more if alike(p)]))
            case 3:
                parts[at] = rng.choice([p for p in more if alike(p) == alike(parts[at])])
    return " ".join(parts)


def typed(seed, count):
    """Exercises with an answer each that somebody might type."""
    rng = random.Random(seed)
    answers = {key: exercise(key).answer for key in DERIVED}
    for _ in range(count):
        key, other = rng.choice(DERIVED), rng.choice(DERIVED)
        yield key, mutated(rng, answers[key], answers[other])


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_typed_there_is_a_reply(seed):
    for key, text in typed(seed, 150):
        reply = exercise(key).why(text)
        assert reply.text and reply.mistake != "no formula", (key, text)


OPEN = """
I; I I; I 1; (2I) 1; (I/2) 1; 1^T I; 1^T 1; 1^T I 1; tr(I); det(I); inv(I) 1; inv(I I); 1 1^T;
1 1^T I; (I + 1 1^T) 1; diag(I 1); ||I||; ||I 1||; sum(I); max(I 1); (I 1) ⊗ (I 1); I ⊘ 1; -I I;
[I 1, 1]; [1^T I, 1^T]; I [1^T, 1^T]; 1/tr(I); (I 1)^2; I 1 if tr(I) > 0; 1 1^T/tr(I); I A;
2 I A (I) 2; X^T + I; X^T I + I
"""


@pytest.mark.parametrize("text", [text.strip() for text in OPEN.split(";")])
def test_what_has_an_open_length_gets_a_reply(text):
    for key in (
        "02.quotient",
        "04.double",
        "04.affine",
        "10.exponentials",
        "24.decay",
        "24.distance",
    ):
        assert exercise(key).why(text).mistake != "no formula"


def test_what_is_square_by_its_making_tells_both_its_lengths():
    x, A = mc.vectors("x"), mc.matrices("A")
    for eye in (
        mc.identity(),
        2 * mc.identity(),
        mc.identity() @ mc.identity(),
        np.linalg.inv(mc.identity()),
    ):
        assert mc.derive(eye @ x, x).check()
        assert mc.derive(np.sum(eye @ A), A).check()
    by_matrix = mc.derive(np.sum(A) * np.sum(np.diag(x)), A)
    assert by_matrix.equals(mc.read("sum(diag(x)) 1 1^T", x=x))
    assert "square" in by_matrix.why(mc.read("sum(x) (I + 1 1^T)", x=x))


def test_a_claim_of_a_row_and_a_list_of_one_row_is_compared():
    x, Q = mc.vectors("x", size=2), mc.matrices("Q", shape=(2, 2))
    d = mc.derive(np.sum((x @ Q) ** 2) - 5 * x[0] - 3 * x[1], x)
    assert d.equals(2 * (x @ Q).T @ Q.T - np.array([[5, 3]]))
    assert "transpose" in d.why(2 * Q @ (x @ Q) - np.array([5, 3]))
    doubled = d.why(2 * x.T @ Q - np.array([[5, 3]]))
    assert "Q^T x with respect to x" in doubled  # which is its factor Q^T
