"""Constants that NumPy makes like an expression: their lengths may be letters."""

import numpy as np
import pytest

import mcalc as mc

X, x = mc.matrices("X", shape=("N", "n")), mc.vectors("x", size=3)


@pytest.mark.parametrize("made, formula, shape", [
    (lambda: np.eye(X.shape[1], like=X), "I", ("n", "n")),
    (lambda: np.identity(X.shape[0], like=X), "I", ("N", "N")),
    (lambda: np.ones(X.shape[1], like=X), "1_n", ("n",)),
    (lambda: np.ones(X.shape, like=X), "1 1^T", ("N", "n")),
    (lambda: np.zeros(3, like=x), "0_3", (3,)),
    (lambda: np.full(X.shape[0], 0.5, like=X), "1_N/2", ("N",)),
])  # fmt: skip
def test_a_constant_like_an_expression(made, formula, shape):
    assert (str(made()), made().shape) == (formula, shape)


def test_it_is_what_numpy_makes_of_numbers():
    def ridge(X, t):
        return np.linalg.inv(X.T @ X + t * np.eye(X.shape[1], like=X))

    t = mc.scalars("t")
    d = mc.derive(ridge(X, t), wrt=t)
    assert d.check(sizes=(1, 2), points=2, against=ridge).passed
    assert np.eye(X.shape[1], like=X) is mc.identity("n")
