"""Arrays of three axes, summed to matrices: the same function on symbols and on numbers."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.interpret import batch

SHAPES = {"X": ("N", "n"), "Y": ("M", "n"), "P": ("N", "M"), "w": ("n",), "r": ("N",), "t": ()}
SIZES = [{"N": 3, "M": 4, "n": 2}, {"N": 1, "M": 2, "n": 3}, {"N": 2, "M": 1, "n": 1}]
LAID = {  # how NumPy lays them along N, M and n
    "X": [lambda X: X[:, None], lambda X: X[:, np.newaxis, :], lambda X: np.expand_dims(X, 1)],
    "Y": [lambda Y: Y, lambda Y: Y[None], lambda Y: Y[None, ...]],
    "P": [lambda P: P[:, :, None], lambda P: P[..., None], lambda P: np.expand_dims(P, -1)],
    "w": [lambda w: w, lambda w: w[None, None, :], lambda w: w[None, :]],
    "r": [lambda r: r[:, None, None]],
    "t": [lambda t: t],
}
ENDS = {
    "axis -1": lambda T: T.sum(-1),
    "axis 0": lambda T: np.sum(T, axis=0),
    "axis 1": lambda T: np.sum(T, 1),
    "two axes": lambda T: np.sum(T, axis=(0, 2)),
    "all": lambda T: T.sum(),
    "mean": lambda T: T.mean(axis=1),
    "mean of all": np.mean,
    "norm": lambda T: np.linalg.norm(T, axis=-1),
    "kept": lambda T: (T * np.sum(T, axis=2, keepdims=True)).sum(axis=2),
    "means kept": lambda T: (T - T.mean(axis=(0, 1), keepdims=True)).sum(axis=1),
}


def drawn(seed):
    """A function of the six: a sum of products of some of them, laid along three axes."""
    choose = np.random.default_rng(seed)
    shape = [
        [(name, choose.integers(len(LAID[name]))) for name in choose.choice([*LAID], size)]
        for size in choose.integers(1, 4, size=choose.integers(1, 4))
    ]
    signs = choose.choice([-1, 1, 2, 0.5], len(shape) + 1)
    power = choose.integers(1, 3)

    def function(values):
        total = values["X"][:, None] * signs[-1] + 0 * (values["Y"][None] + 0)
        for sign, product in zip(signs, shape, strict=False):
            whole = sign
            for name, way in product:
                whole = whole * LAID[name][way](values[name])
            total = total + whole
        return (total - values["t"]) ** power / 3

    return function


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("seed", range(40))
def test_a_sum_over_an_axis_is_numpys(seed, end):
    function = drawn(seed)
    symbols = {
        name: mc.matrices(name, shape=shape) if len(shape) == 2
        else mc.vectors(name, size=shape[0]) if shape else mc.scalars(name)
        for name, shape in SHAPES.items()
    }  # fmt: skip
    e = ENDS[end](function(symbols))
    for sizes in SIZES:
        draw = np.random.default_rng(seed)
        values = {
            name: draw.normal(size=[sizes[n] for n in shape]) for name, shape in SHAPES.items()
        }
        wanted = ENDS[end](function(values))
        found = batch([e], {name: value[None] for name, value in values.items()}, sizes)[e][0]
        assert found.shape == wanted.shape
        assert np.allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_pairwise_distances_are_written_and_derived_as_an_expert_would():
    X, Y = mc.matrices("X Y", shape=("N", "n"))
    P = mc.matrices("P", shape=("N", "N"))
    squares = ((X[:, None, :] - Y[None, :, :]) ** 2).sum(axis=-1)
    assert str(squares) == "((X ⊗ X) 1) 1^T + 1 ((Y ⊗ Y) 1)^T - 2 X Y^T"
    L = np.sum(P * squares)
    assert "dX = 2 diag(dZ 1) X - 2 dZ Y" in str(mc.backward(L, wrt=X))
    assert mc.backward(L).check()
