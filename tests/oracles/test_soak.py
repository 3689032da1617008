"""A slice of `make soak`, against autograd, and JAX where it is installed."""

from collections import Counter
from importlib.util import find_spec

import expressions
import mistyped
import pytest
import rewritten
from expressions import EVERY
from kinds import KINDS

import mcalc as mc
from mcalc.exercises.exercise import Exercise

BY = "jax" if find_spec("jax") else "autograd"
OF_KINDS = range(3, 3 + len(KINDS))  # of every twenty


def through(seeds):
    """The counts of all seeds; all that is wrong is told at once."""
    total, failures = Counter(), []
    for seed in seeds:
        try:
            total += expressions.attempt(seed, BY, depths=(1, 3))
        except Exception as error:
            failures.append("\n".join([f"seed {seed}: {error!r}", *error.__notes__]))
    assert not failures, "\n".join(failures)
    return total


@pytest.mark.slow
def test_trees_of_operations():
    total = through(seed for seed in range(1000) if seed % EVERY not in OF_KINDS)
    assert total["refused"] == 1000 / EVERY
    assert total["compared"] > 320 and total["found smooth"] > 30
    assert total["compared"] == total["Hessians"] + total["by a matrix"] + total["huge Hessians"]
    assert total["kinks reported"] > 10 and total["kinks compared"] > 10


@pytest.mark.parametrize("kind", KINDS)
def test_problems_of_a_kind(kind):
    first = OF_KINDS[[*KINDS].index(kind)]
    total = through(range(first, 40 * EVERY, EVERY))
    assert total[f"{kind}: compared"] >= 20, total
    if kind == "ties":
        assert total["ties: with ties"] >= 10


def test_claims_in_other_forms():
    total = Counter()
    for seed in range(3):
        total += rewritten.attempt(seed)
    assert total["right"] == 3 * rewritten.RIGHT and total["wrong claims"] >= rewritten.WRONG


def test_a_wrong_verdict_on_another_form_is_found(monkeypatch):
    monkeypatch.setattr(mc.Derivation, "equals", lambda d, claim: True)
    with pytest.raises(AssertionError, match="taken"):
        for seed in range(20):
            rewritten.attempt(seed)


def test_whatever_is_mistyped_gets_a_reply():
    total = Counter()
    for seed in range(15):
        total += mistyped.attempt(seed)
    assert total["lines"] == 300
    assert all(total[f"lines {kind}"] > 10 for kind in ("right", "wrong", "not read"))


def test_what_raises_at_a_mistyped_line_is_found(monkeypatch):
    def broken(self, answer):
        raise KeyError(answer)

    monkeypatch.setattr(Exercise, "why", broken)
    with pytest.raises(KeyError):
        mistyped.attempt(0)
