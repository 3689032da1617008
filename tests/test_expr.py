"""Expressions are recorded as NumPy and Python have it."""

import copy

import numpy as np
import pytest

import mcalc as mc

w, x = mc.vectors("w x")
q, r = mc.vectors("q r", size=3)
b, z = mc.scalars("b z")
A = mc.matrices("A", shape=("m", "n"))


@pytest.mark.parametrize(
    "e, text",
    [
        # elements of a vector of known length
        (q[0:2], "[q_1, q_2]^T"),
        (q[::-1], "[q_3, q_2, q_1]^T"),
        (q[-1], "q_3"),
        (q[np.int64(1)], "q_2"),
        (mc.let("p", np.stack([b, z]))[-1], "z"),
        (np.stack([b, z], axis=-1), "[b, z]^T"),
        (np.stack([w, x], axis=-2), "[w^T; x^T]"),
        (np.stack([w, x], axis=1), "[w^T; x^T]^T"),
        (np.logaddexp(0, z), "log(1 + exp(z))"),
        (mc.let("p", q * r)[1], "p_2"),
        (sum(q), "0 + q_1 + q_2 + q_3"),
        # numbers
        (z + 0.1, "z + 1/10"),
        (z + 1e-7, "z + 1e-07"),
        (z + np.pi, "z + pi"),
        (z + np.float32(0.5), "z + 1/2"),
        (z + np.array(2), "z + 2"),
        (q + np.array([1, 2, 3]), "q + [1, 2, 3]^T"),
        # methods
        (x.sum(), "sum(x)"),
        (x.mean(), "(1/n) sum(x)"),
        (q.mean(), "(1/3) sum(q)"),
        (x.max(), "max(x)"),
        (w.dot(x), "w.x"),
        (A.T, "A^T"),
        (x.T.T, "x"),
        (np.outer(w, x).T, "x w^T"),
        (z.T, "z"),
    ],
)
def test_recorded(e, text):
    assert str(e) == text


def test_a_vector_joined_with_one_of_open_length_has_an_open_length():
    assert repr(np.concatenate([mc.ones(), x])) == "[1; x]  (? x 1)"


@pytest.mark.parametrize("names", ["w x", "w, x", "w,x", " w ,x "])
def test_names_stand_apart_by_spaces_or_commas(names):
    assert [str(e) for e in mc.scalars(names)] == ["w", "x"]


def test_a_shape_is_shown_unless_it_is_that_of_a_scalar():
    assert list(map(repr, (z, x, x.T, A, q, np.concatenate([x, q])))) == [
        "z", "x  (n x 1)", "x^T  (1 x n)", "A  (m x n)", "q  (3 x 1)", "[x; q]  ((n + 3) x 1)"
    ]  # fmt: skip
    assert repr(mc.ones()) == "1  (? x 1)"
    assert repr(mc.vectors("p", size=1)) == "p  (1 x 1)"


def test_equal_formulas_are_one_object():
    assert w * x + b is w * x + b and w * x is not x * w
    assert (w * x == w * x) is True and (w * x != x * w) is True
    assert copy.copy(x) is x and copy.deepcopy([x])[0] is x
    assert len({w * x, w * x, x}) == 2 and len(q) == 3


def test_adding_in_place_makes_a_new_formula():
    y = z
    y += 1
    y *= 2
    assert (str(y), str(z)) == ("(z + 1) · 2", "z")


def test_a_name_for_a_name():
    u = mc.let("u", z**2)
    assert str(mc.derive(mc.let("v", u) * z, wrt=z).steps[0].text) == "v = z^2\ny = v z"
