"""A slice of ``make soak`` for whole programs, and the kinds of faults that it has found."""

import random
from collections import Counter

import attempts
import functions
import numpy as np
import pytest
from functions import FORMS, SYMBOLS, VARIABLES, Program, drawn, length_of, smaller

import mcalc as mc

COUNT, PARTS = 100, 4
SIZES = {"N": 3, "n": 4, "k": 2}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part):
    """Seeds that the long runs begin behind; all that is wrong is told at once."""
    total, failures = Counter(), []
    for seed in range(part, COUNT, PARTS):
        try:
            total += attempts.attempt(seed)
        except Exception as error:
            failures.append("\n".join([f"seed {seed}: {error!r}", *error.__notes__]))
    assert not failures, "\n".join(failures)
    assert total["compared programs"] > 0.65 * COUNT / PARTS, total
    assert total["backward"] > 0.9 * total["compared"] and total["Hessians"] > 1


# --- the generator itself ------------------------------------------------------------------------


def test_a_drawn_program_has_the_shape_that_its_parts_say():
    for seed in range(150):
        program, wrt = drawn(random.Random(seed).choice)
        assert {*([wrt] if isinstance(wrt, str) else wrt)} <= {*program.variables}
        with np.errstate(all="ignore"):
            value = program.on(np, functions.draw_values(seed, SIZES))
        assert np.shape(value) == tuple(length_of(n, SIZES) for n in program.root.shape)


def test_every_form_is_drawn():
    """Of what a person writes nothing is left out by the drawing."""
    templates = {p.template for seed in range(1500)
                 for p in drawn(random.Random(seed).choice)[0].root.walk()}  # fmt: skip
    wanted = {row.partition(": ")[2] for rows in FORMS.values() for row in rows}
    assert len(wanted & templates) > 0.8 * len(wanted)


def test_what_fails_is_made_smaller():
    program, _ = drawn(random.Random(3).choice, (5, 5))
    some = [*smaller(program)]
    assert some and all(isinstance(other, Program) for other in some)
    assert min(len(other.text) for other in some) < len(program.text)


def test_a_wrong_derivative_is_found(monkeypatch):
    """The comparison is none if it does not see a factor of 1.001."""
    right = mc.Derivation.jacobian_2d

    def wrong(d):
        function = right(d)
        return lambda **values: 1.001 * function(**values)

    monkeypatch.setattr(mc.Derivation, "jacobian_2d", wrong)
    failed = 0
    for seed in range(24):
        try:
            attempts.compared(*drawn(random.Random(seed).choice), seed, "autograd")
        except AssertionError:
            failed += 1
    assert failed >= 12


# --- kinds of faults that long runs have found ---------------------------------------------------

a, t = SYMBOLS["a"], SYMBOLS["t"]
w, x, u, v, q = (SYMBOLS[name] for name in "wxuvq")
X, Y, S, Z, H = (SYMBOLS[name] for name in "XYSZH")


def standardised(A, axis):
    centred = A - A.mean(axis=axis, keepdims=True)
    return centred / np.sqrt(A.var(axis=axis, keepdims=True) + 0.1)


FOUND = {  # a program, and variables to derive by
    "rows of known length standardised": (lambda Z: np.sum(standardised(Z, 1) ** 3), "Z"),
    "columns of known length standardised": (lambda H: np.sum(standardised(H, 0) ** 3), "H"),
    "a number less a matrix, by its norms": (
        lambda b, X: np.sum(np.tanh((b - X) / np.linalg.norm(b - X, axis=0, keepdims=True))), "bX"),
    "an entry of joined vectors": (lambda w, v, q: np.outer(np.append(w, v[0]), q)[0, 0], "wvq"),
    "the first row of a product with joined vectors": (
        lambda w, v, q: np.sum(np.outer(np.concatenate([w, v]), q)[0]), "wvq"),
    "the smallest of joined vectors, times a column": (
        lambda x, u: np.sum(np.outer(np.concatenate([x, x]), u).min(axis=0)), "xu"),
    "the largest of what is larger than all": (
        lambda a, x, u: np.sum(np.max(-np.maximum(a + 5, np.outer(u, x)), axis=1)), "aux"),
    "a method: cumsum, swapaxes, take": (
        lambda X: np.sum(X.cumsum(axis=1).swapaxes(0, 1).take([0, 0], axis=0) ** 2), "X"),
    "the diagonal of scaled rows": (
        lambda q, Q: np.sum(np.diagonal(np.einsum("ij,i->ij", Q, q)) ** 2), "qQ"),
    "a row backwards": (lambda w, X: np.sum((w[None, :][::-1] * X)[:, ::-1] * w), "wX"),
    "a row by a column": (lambda x, w: (x[None, :] @ w[:, None])[0, 0] ** 2, "xw"),
    "broadcast to a shape": (
        lambda c, u: np.sum(np.sin(np.broadcast_to(u[:, None], np.outer(u, c).shape)) * c), "uc"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_found(name):
    """Every variable's gradient, of the closed form and of the backward pass, by differences."""
    function, wrt = FOUND[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    y = function(*(SYMBOLS[n] for n in names))
    values = functions.draw_values(1, SIZES)
    given = {n: values[n] for n in names if n in {e.name for e in mc.backward(y).inputs}}
    value, gradients = mc.backward(y).numpy()(**given)
    assert np.isclose(value, function(*(values[n] for n in names)))
    for n in wrt:
        d = mc.derive(y, wrt=SYMBOLS[n])
        closed = d.numpy()(**{k: values[k] for k in d.parameters})
        for place in np.ndindex(np.shape(values[n])):
            moved = []
            for step in (1e-5, -1e-5):
                there = np.array(values[n])
                there[place] += step
                moved.append(function(*({**values, n: there}[k] for k in names)))
            slope = (moved[0] - moved[1]) / 2e-5
            assert np.isclose(gradients[n][place], slope, atol=1e-6), f"backward, d{n}{place}"
            by_derive = closed.T if d.by_matrix else closed.reshape(np.shape(values[n]))
            assert np.isclose(by_derive[place], slope, atol=1e-6), f"derive, d{n}{place}"


def test_a_name_inside_of_what_has_another_name():
    """What has a name stays what it is where that name is put in the place of its definition."""
    h = mc.let("h", np.outer(w, np.append(w, 2)) / 1)
    r = np.linalg.norm(h)
    Q = mc.let("R", np.outer(np.stack([r, t, t]), u))
    y = np.where(r, (u / (q @ Q)) @ np.sqrt(np.sum(np.outer(u, u) ** 2, axis=0)), a)
    d = mc.hessian(y, wrt=t)
    at = {"w": [1.0, 2.0], "t": 0.5, "u": [1.0, -1.0], "q": [1.0, 0.5, 2.0], "a": 1.0}
    assert np.isfinite(d.numpy()(**{n: at[n] for n in d.parameters})).all()


BLOCKS = {  # of matrices below each other, in which t is squared
    "one part": lambda t, X: np.concatenate([np.exp(t * X), X]),
    "both parts": lambda t, X: np.vstack([np.exp(t * X), np.sin(t * X)]),
    "a row below": lambda t, X: np.vstack([np.exp(t * X), np.sin(t * X[0])]),
    "beside": lambda t, X: np.hstack([X, np.exp(t * X)]),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_second_derivatives_of_matrices_that_are_joined(name):
    """Of two selectors of one part the labels are one, also for what is multiplied later."""
    values, step = functions.draw_values(2, SIZES)["X"], 1e-4

    def f(t, X):
        return np.sum(BLOCKS[name](t, X) ** 2)

    d = mc.hessian(f(t, X), wrt=t)
    slope = (f(0.3 + step, values) - 2 * f(0.3, values) + f(0.3 - step, values)) / step**2
    found = d.numpy()(**{n: {"t": 0.3, "X": values}[n] for n in d.parameters})
    assert np.isclose(found.item(), slope, rtol=1e-5)


def test_a_number_that_is_compared_with_a_vector():
    y = np.convolve(q, np.where(t != SYMBOLS["p"], SYMBOLS["p"], 2), "valid")
    assert mc.derive(y, wrt=t).check(sizes=(2,), points=1).passed


@pytest.mark.parametrize("program", [
    lambda: mc.backward(np.sum(np.broadcast_to(w, X.shape))).source,
    lambda: mc.backward(np.sum(x) / u.size).source,
    lambda: mc.backward(np.sum(x) / X.shape[0]).numpy(),
])  # fmt: skip
def test_a_length_that_nothing_tells(program):
    with pytest.raises(ValueError, match=r"no variable of .* tells the length N"):
        program()


def test_a_length_is_not_compared_with_a_number():
    with pytest.raises(TypeError, match="a length that may be any number"):
        assert X.shape[0] > 3
    with pytest.raises(TypeError, match="a length that may be any number"):
        np.broadcast_to(np.ones(3), (X.shape[0], 3))
    assert sorted([X.shape[1], X.shape[0]]) == ["N", "n"]


def test_shapes_of_products_of_rows_and_columns():
    assert (x[None, :] @ w[:, None]).shape == (1, 1) and (x @ w).shape == ()
    assert np.broadcast_to(w, X.shape).shape == X.shape
    with pytest.raises(mc.UnsupportedError, match=r"x\^T\[:, 2:\]|x\^T\[2:, :\]"):
        x[None, :][2:]


# --- points where a rule has to say what it takes ------------------------------------------------


def test_the_largest_at_a_tie_that_stays_is_shared():
    y = np.max(np.concatenate([x, x]))
    assert np.allclose(mc.derive(y, x).numpy()(x=[1.0, 3.0]), [[0, 1]])
    assert np.allclose(mc.backward(y).numpy()(x=[1.0, 3.0])[1]["x"], [0, 1])


def test_a_softplus_that_is_written_with_a_kink():
    y = np.maximum(0, t) + np.log1p(np.exp(-np.abs(t)))
    for at in (-2.0, 1.0):
        assert np.isclose(mc.derive(y, t).numpy()(t=at), 1 / (1 + np.exp(-at)))
    b = mc.backward(y)
    assert np.isclose(b.numpy()(t=1.0)[1]["t"], 1 / (1 + np.exp(-1.0)))


def test_a_determinant_at_a_singular_matrix():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    adjugate = np.array([[4.0, -2.0], [-2.0, 1.0]])
    assert np.allclose(mc.derive(np.linalg.det(S), S).numpy()(S=singular), adjugate)
    assert VARIABLES["S"] == ("n", "n")
