"""A slice of `make soak`, against autograd, and JAX where it is installed."""

from collections import Counter
from importlib.util import find_spec

import expressions
import pytest
from expressions import EVERY

BY = "jax" if find_spec("jax") else "autograd"


@pytest.mark.slow
def test_a_thousand_expressions():
    total = Counter()
    for seed in range(1000):
        total += expressions.attempt(seed, BY, depths=(1, 3))
    assert total["refused"] == 1000 / EVERY
    assert total["compared"] > 700 and total["found smooth"] > 30
    assert total["compared"] == total["Hessians"] + total["by a matrix"] + total["huge Hessians"]
    assert total["kinks reported"] > 10 and total["kinks compared"] > 10
