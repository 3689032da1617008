"""``np.add.reduce`` and its like, and lengths and rows of matrices, mean what NumPy means."""

import numpy as np
import pytest
from test_calls import A, R, S, compare, w, x

REDUCED = [np.add, np.multiply, np.maximum, np.minimum]


@pytest.mark.parametrize("ufunc", [*REDUCED, np.subtract], ids=lambda f: f.__name__)
def test_a_ufunc_that_reduces_does_so_along_the_first_axis(ufunc):
    taken = [
        compare(ufunc.reduce, (e,), options)
        for e in (w, A, S, R, x > 0)
        for options in ({}, {"axis": 1}, {"axis": None}, {"keepdims": True}, {"axis": 2})
    ]
    assert any(taken) == (ufunc in REDUCED)


def test_a_matrix_of_known_height_has_a_length_and_rows():
    assert len(A) == 2
    assert [row.shape for row in A] == [(3,), (3,)]
    assert all(compare(np.stack, ([row * row for row in e],)) for e in (A, S))
