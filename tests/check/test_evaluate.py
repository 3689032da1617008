"""Compiled closed forms: every way to give the values, any name, and large matrices in blocks."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.check import compile

X, A = mc.matrices("X", shape=("N", "n")), mc.matrices("A", shape=("n", "n"))
w, x, c = mc.vectors("w x c")
y, v = mc.vectors("y v", size="N")
b = mc.scalars("b")
u = X @ w + b

RNG = np.random.default_rng(0)
VALUES = {"X": (23, 3), "A": (3, 3), "w": 3, "x": 3, "c": 3, "y": 23, "v": 23, "b": ()}
VALUES = {name: np.asarray(RNG.standard_normal(shape)) for name, shape in VALUES.items()}


def needed(d):
    return {name: VALUES[name] for name in d.parameters}


def as_matrix(array):
    return array.view(np.matrix) if array.ndim == 2 else array


WAYS = {
    "lists": lambda a: a.tolist(),
    "Fortran's order": lambda a: np.array(a, order="F"),
    "every other element": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "other bytes": lambda a: a.astype(a.dtype.newbyteorder()),
    "scalars of NumPy": lambda a: a if a.ndim else a[()],
    "objects": lambda a: a.astype(object),
    "a subclass": as_matrix,
    "more precision": lambda a: a.astype(np.longdouble),
}


@pytest.mark.parametrize("way", WAYS)
def test_however_the_values_are_given(way):
    d = mc.derive(np.mean((y - np.maximum(0, u)) ** 2), wrt=w)
    given = {name: WAYS[way](value) for name, value in needed(d).items()}
    for product in (d.numpy(), lambda **some: d.jvp(VALUES["x"], **some)):
        found, expected = product(**given), product(**needed(d))
        assert type(found) is type(expected) and found.dtype == np.float64
        assert np.allclose(found, expected, rtol=1e-12)


NAMES = "np len type isinstance float more unnamed closed_form x1 t0 c2 print w' ϵ ä"


@pytest.mark.parametrize("name", NAMES.split())
def test_a_variable_may_have_any_name(name):
    one, other = mc.vectors(f"{name} other")
    d = mc.derive(np.maximum(0, one * other) / np.sum(other), wrt=one)
    given = {name: VALUES["w"], "other": VALUES["x"]}
    share = VALUES["x"] / VALUES["x"].sum()
    assert np.allclose(d.numpy()(**given), np.diag(share * (VALUES["w"] * VALUES["x"] > 0)))
    with pytest.raises(TypeError, match="is missing"):
        d.numpy()(other=VALUES["x"])
    with pytest.raises(mc.ShapeError, match="and n is 3 elsewhere"):
        d.numpy()(**given | {"other": np.ones(2)})


IN_BLOCKS = {
    "the loss": (np.mean((y - np.maximum(0, u)) ** 2), w),
    "weighted": (np.sum(np.exp(v) * (y - np.tanh(u)) ** 2), w),
    "two products": (np.sum(np.log(1 + np.exp(-y * u)) + np.sin(X @ x)), w),
    "a scalar in between": (np.sum(np.where(b > 0, u**3, np.sum(c) * u * y)), w),
    "by a matrix and its transpose": (c @ (X.T @ np.sin(u)), w),
}
AS_IT_IS = {
    "a product and what it is divided by": (np.sum(np.exp(u)) / np.sum(u**2), w),
    "one product": (np.sum(y * np.sin(v)) * np.sum(u), w),
    "a square matrix": (np.sum(np.sin(A @ x) ** 2), x),
}


@pytest.mark.parametrize("rows", [1, 4, 23, 24])
@pytest.mark.parametrize("name", [*IN_BLOCKS, *AS_IT_IS])
def test_a_large_matrix_is_walked_in_blocks_of_rows(name, rows, monkeypatch):
    function, wrt = (IN_BLOCKS | AS_IT_IS)[name]
    whole, blocks = mc.derive(function, wrt), mc.derive(function, wrt)
    expected = whole.numpy()(**needed(whole))
    monkeypatch.setattr(compile, "BLOCK", rows * 3)
    compiled = blocks.numpy()
    assert ("_in_blocks" in compiled.source) == (name in IN_BLOCKS)
    assert np.allclose(compiled(**needed(blocks)), expected, rtol=1e-12)


def test_what_a_condition_chose_is_not_written_over():
    powers = np.exp(x)
    compiled = compile.compile_(np.where(b > 0, powers, x) + 2 * powers)
    for sign in (1, -1):
        found = compiled(x=VALUES["x"], b=abs(VALUES["b"]) * sign)
        first = np.exp(VALUES["x"]) if sign > 0 else VALUES["x"]
        assert np.allclose(found, first + 2 * np.exp(VALUES["x"]))
