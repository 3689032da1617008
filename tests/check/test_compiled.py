"""The NumPy that closed forms are compiled to."""

import re
import warnings

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.compile import compile_

w, x = mc.vectors("w x")
u, q = mc.vectors("u", size="m"), mc.vectors("q", size=3)
b, z = mc.scalars("b z")
A, B = mc.matrices("A B", shape=("n", "n"))


@pytest.mark.parametrize(
    "e, lines",
    [
        (x.sum() * x, ["_0 = x.sum()", "_1 = _0 * x"]),
        (x.max() * x, ["_0 = x.max()", "_1 = _0 * x"]),
        (np.linalg.norm(x) * x, ["_0 = np.sqrt(x.dot(x))", "_1 = _0 * x"]),
        (w @ x * x, ["_0 = w.dot(x)", "_1 = _0 * x"]),
        (A @ B, ["_0 = A.dot(B)"]),
        (A @ x, ["_0 = A.dot(x)"]),
        (w @ (x @ A), ["_0 = x.dot(A)", "_1 = w.dot(_0)"]),
        (A + B.T, ["_0 = B.T", "_1 = A + _0"]),
        (A @ mc.diag(w), ["_0 = A * w"]),
        (mc.diag(w) @ x, ["_0 = w * x"]),
        (np.outer(w, x), ["_0 = np.multiply.outer(w, x)"]),
        (np.stack([z, b]), ["_0 = np.stack([z, b])"]),
        (np.concatenate([x, u]), ["_0 = np.concatenate([x, u])"]),
        (q[1] * q, ["_0 = q[1]", "_1 = _0 * q"]),
        (mc.ones("n") * x, ["_0 = np.ones(len(x))", "_0 *= x"]),
        (mc.zeros("n"), ["_0 = np.zeros([n])"]),
        (mc.identity("n"), ["_0 = np.eye(n)"]),
        (mc.derive(np.concatenate([x**2, u]), wrt=x).jacobian,
         ["_0 = _c2 * x", "_1 = np.diag(_0)", "_2 = np.zeros([m, len(x)])",
          "_3 = np.vstack([_1, _2])"]),
        # a mask is multiplied with where the other branch is finite
        (np.where(x > 0, x, 0), ["_0 = np.greater(x, _c2)", "_1 = _0 * x"]),
        (np.where(x > 0, np.log(x), 0),
         ["_0 = np.greater(x, _c2)", "_1 = np.log(x)", "_2 = np.where(_0, _1, (0.0))"]),
        (np.where(z > 0, z, 0), ["_0 = np.greater(z, (0.0))", "_1 = z if _0 else (0.0)"]),
        (w + (x > 0), ["_0 = np.greater(x, _c2)", "_1 = w + (_0 * 1.0)"]),
        # what is not needed any more is written over
        (np.exp(x) ** 2 + np.sin(x) * w,
         ["_0 = np.exp(x)", "_0 **= (2.0)", "_2 = np.sin(x)", "_2 *= w", "_0 += _2"]),
        (A * np.exp(A), ["_0 = np.exp(A)", "_0 *= A"]),
    ],
)  # fmt: skip
def test_compiled(e, lines):
    source = compile_(mc.graph.expr.as_expr(e)).source
    assert re.findall(r"^    (_\d+ .*)", source, re.MULTILINE) == lines


def test_both_branches_are_computed_and_only_one_counts():
    logarithm = mc.derive(np.where(x > 0, np.log(x), x), wrt=x).numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(logarithm(x=[0.0, 2.0]), np.diag([1.0, 0.5]))


@pytest.mark.parametrize(
    "value, finite",
    [
        (2 * x - w + 0.5 * z, True),
        (mc.size("n") * (-x), True),
        (mc.ones() * z - mc.zeros(), True),
        (A @ x, True),
        (A - mc.identity("n"), True),
        (np.exp(x), False),
        (1 / x, False),
        (w + x**2, False),
    ],
)
def test_a_mask_is_multiplied_with_what_is_finite(value, finite):
    source = compile_(np.where((A if value.ndim == 2 else x) > 0, value, 0)).source
    assert ("np.where" in source) is not finite


@pytest.mark.parametrize("other, length", [(u, "m"), (q, "3")])
def test_a_length_is_the_sum_of_others(other, length):
    d = mc.derive(np.mean(np.concatenate([x, other])), wrt=x)
    assert str(d.jacobian) == f"(1/(n + {length})) 1^T"
    values = {other.name: np.zeros(3)} if length == "m" else {}
    assert np.allclose(d.numpy()(x=np.zeros(2), **values), [[0.2, 0.2]])
    assert d.parameters == ("x", *values)
