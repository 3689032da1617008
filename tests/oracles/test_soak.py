"""A slice of `make soak`, against autograd, and JAX where it is installed."""

from collections import Counter
from importlib.util import find_spec

import expressions
import mistyped
import pytest
from expressions import EVERY
from kinds import KINDS

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


def test_whatever_is_mistyped_gets_a_reply():
    total = Counter()
    for seed in range(15):
        total += mistyped.attempt(seed)
    assert total["lines"] == 300 and not total["slowly answered"]
    assert all(total[f"lines {kind}"] > 10 for kind in ("right", "wrong", "not read"))
