"""A slice of the random programs with assumptions."""

from collections import Counter

import assumed
import pytest

from mcalc.graph import refine
from mcalc.graph.primitives import SUM


def through(seeds):
    total, failures = Counter(), []
    for seed in seeds:
        try:
            total += assumed.attempt(seed)
        except Exception as error:
            failures.append(f"seed {seed}: {error!r}")
    assert not failures, "\n".join(failures)
    return total


def test_what_is_assumed_changes_formulas_and_no_numbers():
    total = through(range(40))
    assert total["compared"] > 400 and total["refined"] > 3 and total["checked"] > 8, total


def test_a_wrong_rule_is_found(monkeypatch):
    monkeypatch.setitem(refine._RULES, SUM, lambda e, v: refine.ONE)  # of any vector
    with pytest.raises(AssertionError, match="without assumptions"):
        for seed in range(200):
            assumed.attempt(seed)
