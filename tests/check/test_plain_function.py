"""The reader's own function as the third way: ``d.check(against=f)``."""

import inspect

import numpy as np
import pytest

import mcalc as mc

w, x = mc.vectors("w x")
y = mc.vectors("y", size="N")
b = mc.scalars("b")
X = mc.matrices("X", shape=("N", "n"))


def activation(w, x, b):
    return np.maximum(0, w @ x + b)


def cost(w, b, X, y):
    return np.mean((y - np.maximum(0, X @ w + b)) ** 2)


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


def changing(x):
    x *= 2  # of numbers, the array that was given
    return np.sin(x)


FUNCTIONS = [
    (activation, (w, x, b), w), (activation, (w, x, b), b), (cost, (w, b, X, y), w),
    (cost, (w, b, X, y), X), (softmax, (x,), x), (changing, (x,), x),
    (lambda w, x, scale=2.0: scale * w * x, (w, x), x), (lambda **all_: all_["x"] ** 2, None, x),
]  # fmt: skip


@pytest.mark.parametrize("function, operands, wrt", FUNCTIONS)
def test_it_is_what_is_differentiated(function, operands, wrt):
    called = []

    def watched(*args, **values):
        called.append(args or values)
        return function(*args, **values)

    watched.__signature__ = inspect.signature(function)
    made = function(x=x) if operands is None else function(*operands)
    report = mc.derive(made, wrt).check(sizes=(1, 2, 3), against=watched)
    assert report.passed and "numerical differentiation of watched (Richardson" in str(report)
    assert len(called) > 50


def test_a_recording_that_is_wrong_is_found():
    def by_kind(x):
        return np.sum(x**2) if isinstance(x, np.ndarray) else np.sum(x**3)

    d = mc.derive(by_kind(x), x)
    assert d.check().passed  # all of its ways start from what was recorded
    with pytest.raises(mc.CheckFailed) as failed:
        d.check(against=by_kind)
    assert str(failed.value) == (
        "at x = [0.1257]: by_kind gives 0.01581, and sum(x^3), which was derived, is 0.001988: "
        "these are two functions"
    )


def test_a_wrong_derivative_is_found():
    d = mc.derive(softmax(x), x)
    d.jacobian = mc.Jacobian(mc.diag(softmax(x)))
    with pytest.raises(mc.CheckFailed, match=r"entry \(1, 1\) is"):
        d.check(against=softmax)


def test_a_function_whose_value_alone_is_another_is_found():
    with pytest.raises(mc.CheckFailed, match="these are two functions"):
        mc.derive(activation(w, x, b), w).check(against=lambda w, x: np.maximum(0, w @ x))


def test_a_point_of_ones_own():
    d = mc.derive(activation(w, x, b), w)
    at = {"w": [1.0, 2.0], "x": [1.0, 1.0], "b": 1.0}
    assert d.check(at=at, against=activation).passed
    with pytest.raises(mc.CheckFailed, match="these are two functions"):
        d.check(at=at, against=lambda w, x, b: activation(w, x, -b))


REFUSED = {
    "against=3: a function of numbers is needed, the one that was derived": 3,
    "against=the function: it takes u, which is no variable of max(0, w.x + b): its arguments are "
    "called as the variables are, w, x, b": lambda u: u,
    "against=pair: it takes *rest, which is no variable of max(0, w.x + b): its arguments are "
    "called as the variables are, w, x, b": lambda w, *rest: w,
    "against=the function: it gives an array of shape (3,), and max(0, w.x + b) is 1 x 1":
        lambda w, x, b: np.zeros(3),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_no_such_function_is_refused_in_a_sentence(sentence):
    function = REFUSED[sentence]
    if "pair" in sentence:
        function.__name__ = "pair"
    with pytest.raises(ValueError) as refused:
        mc.derive(activation(w, x, b), w).check(against=function)
    assert str(refused.value) == sentence


def test_a_length_that_is_another_is_said():
    with pytest.raises(mc.CheckFailed) as failed:
        mc.derive(w * x, w).check(sizes=(2,), against=lambda w, x: np.append(w * x, 0.0))
    assert "the function gives an array of shape (3,) at w = [" in str(failed.value)
    assert str(failed.value).endswith("and w ⊗ x has shape (2,) there")


def least_squares(X, y):
    return y @ X @ np.linalg.inv(X.T @ X) @ X.T @ y


def test_where_the_function_has_no_inverse_it_has_no_value():
    report = mc.derive(least_squares(X, y), y).check(sizes=(1, 2, 3), against=least_squares)
    assert "not compared at N = 1, n = 2; N = 1, n = 3; N = 2, n = 3: no value" in str(report)
    assert str(report).endswith("it needs N >= n")
