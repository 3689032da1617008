"""A slice of `make soak`: wrong claims are refused, right ones taken, however they are written."""

import warnings
from collections import Counter

import claimed
import numpy as np

import mcalc as mc


def test_wrong_claims_are_refused_and_right_ones_taken():
    total = Counter()
    for seed in range(24):
        total += claimed.attempt(seed, "autograd")
    assert all(total["wrong", mistake.__name__] for mistake in claimed.MISTAKES), total
    assert total["right"] > 50, total


def test_a_condition_that_is_wrong_in_a_corner_only_is_refused():
    q, b = mc.vectors("q", size=3), mc.scalars("b")
    d = mc.derive(np.clip(np.std(q) ** 4 - b, -1, 1), b)
    z = np.sqrt(np.mean(q**2)) ** 4 - b  # the mean of q is not taken away
    claim = mc.cases((mc.cases((-1, z > -1)), np.maximum(-1, z) < 1))
    assert claimed.judged(d, claim, np.inf, "dropped path")


def test_a_condition_on_other_variables_is_compared_close_to_where_it_turns():
    x, z = mc.vectors("x"), mc.scalars("z")
    d = mc.derive(z * (x > np.mean(x)), z)
    assert claimed.judged(d, x > 1.05 * np.mean(x), np.inf, "factor")


def test_a_claim_without_a_finite_value_is_told_in_a_sentence():
    z = mc.scalars("z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "yours is inf" in mc.derive(z**2, z).why(z**2 / (z - z))


def test_huge_values_hide_no_mistake_elsewhere():
    z = mc.scalars("z")
    growing = np.exp(np.exp(z))
    d = mc.derive(np.stack([growing, np.sin(z)]), z)
    right, wrong = (np.stack([np.exp(z) * growing, s * np.cos(z)]) for s in (1, -1))
    assert d.equals(right) and claimed.judged(d, wrong, np.inf, "sign")


def test_check_asks_no_digits_of_numbers_next_to_a_pole():
    a, b, x = *mc.scalars("a b"), mc.vectors("x")
    largest = np.linalg.norm(np.concatenate([np.stack([0.5, b]), x]), np.inf)
    assert mc.derive(np.tan(np.maximum(0, largest) * a), x).check(sizes=(1, 2)).passed
