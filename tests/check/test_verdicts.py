"""Verdicts are never false: of equals, why, check and lines, where numbers alone would mislead.

Each claim here was once judged wrongly: far from usual numbers, on a kink, where nothing is finite,
where rounding hides what is right, or beside an entry that is larger by far.
"""

import itertools
from functools import partial

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.interpret import batch
from mcalc.check.points import beyond, on_a_kink
from mcalc.check.precise import precise
from mcalc.check.report import CheckFailed
from mcalc.graph.walk import unnamed

a, b, t, gamma = mc.scalars("a b t gamma")
w, x = mc.vectors("w x")
u, v = mc.vectors("u v", size="m")
y = mc.vectors("y", size="N")
A, X = mc.matrices("A"), mc.matrices("X", shape=("N", "n"))
S, B = mc.matrices("S B", shape=("n", "n"))
W = mc.matrices("W", shape=("m", "n"))


def step(condition, value=1):
    return np.where(condition, value, 0)


def by_differences(function, at, step=1e-5):
    """The Jacobian of a plain NumPy function by Richardson's differences, m x n."""
    at = np.asarray(at, dtype=float)
    columns = []
    for place in np.ndindex(at.shape):
        move = np.zeros(at.shape)
        move[place] = 1

        def central(h, move=move):
            ahead, behind = (np.ravel(function(at + sign * h * move)) for sign in (1, -1))
            return (ahead - behind) / (2 * h)

        columns.append((4 * central(step / 2) - central(step)) / 3)
    return np.transpose(columns)


# --- far out ---------------------------------------------------------------------------------

THRESHOLDS = [-300, -7, 0.5, 13, 20, 255, 4000]


@pytest.mark.parametrize("c", THRESHOLDS)
def test_a_claim_that_is_right_on_one_side_of_a_threshold_only(c):
    relu, cases = mc.derive(np.maximum(0, a - c), a), mc.derive(np.where(a > c, a**2, a), a)
    for d, right, wrong in [
        (relu, step(a > c), [0, 1, step(a > c + 1), step(a > 0) if c else 0, step(a < c)]),
        (cases, np.where(a > c, 2 * a, 1), [1, 2 * a, np.where(a > c - 0.4, 2 * a, 1)]),
        (mc.derive(np.clip(a, c, c + 9), a), step((a > c) & (a < c + 9)), [0, 1, step(a > c)]),
    ]:
        assert d.why(right) is None, (c, right)
        for claim in wrong:
            assert not d.equals(claim) and d.why(claim), (c, claim)


@pytest.mark.parametrize("c", [13, 20, 400])
def test_thresholds_of_vectors_and_of_products(c):
    neuron = mc.derive(np.maximum(0, w @ x - c), w)
    assert neuron.equals(mc.cases((x.T, w @ x > c)))
    for wrong in (0, x.T, mc.cases((x.T, w @ x > c + 1)), mc.cases((x.T, w @ x > -c))):
        assert not neuron.equals(wrong)
    each = mc.derive(np.minimum(x, c), x)
    assert each.equals(mc.diag(step(x < c))) and not each.equals(mc.identity())


def test_where_a_condition_turns_is_looked_at_from_near():
    d = mc.derive(np.maximum(0, 3 * a - 100), a)
    for factor in (1.001, 0.999):
        assert not d.equals(step(3 * a > 100 * factor, 3))
    assert d.equals(step(a > mc.size(100) / 3, 3))


def test_points_are_found_where_a_function_has_a_value():
    for f, right in [
        (np.sqrt(a - 13), 1 / (2 * np.sqrt(a - 13))),
        (np.log(a - 2000), 1 / (a - 2000)),
        (np.log(np.sum(x) - 50), mc.ones().T / (np.sum(x) - 50)),
    ]:
        d = mc.derive(f, a if "a" in f"{f}" else x)
        assert d.why(right) is None
        assert not d.equals(5 * a if d.wrt is a else x.T)


def test_where_nothing_is_finite_nothing_agrees():
    nowhere = np.sqrt(-1 - a**2)
    d = mc.derive(nowhere, a)
    assert not d.equals(5 * a) and not d.equals(d.jacobian)
    assert d.why(3) == (
        "nothing can be compared: no point was found where sqrt(-1 - a^2) has a value"
    )
    with pytest.raises(CheckFailed, match="no point was found"):
        mc.lines(nowhere, a)
    with pytest.raises(CheckFailed, match="is not line 1"):
        mc.lines(np.log(a - 20), a)


# --- on kinks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "y, wrt, claim",
    [
        (np.maximum(2 * a, b), a, step(2 * a > b, 2)),
        (np.maximum(2 * a, b), a, step(2 * a >= b, 2)),
        (np.maximum(a, b), a, step(a > b)),
        (np.maximum(x, b), x, mc.diag(step(x > b))),
        (np.maximum(x, b), x, mc.diag(step(x >= b))),
        (np.minimum(w, x), x, mc.diag(step(x < w))),
        (np.maximum(0, x - a), x, mc.diag(step(x - a >= 0))),
        (np.maximum(0, x - a), x, mc.diag(step(x - a > 0))),
        (np.abs(a - b), a, np.where(a > b, 1, -1)),
        (np.abs(x - 3), x, mc.diag(np.where(x >= 3, 1, -1))),
        (np.sum(np.maximum(w - x, 1)), w, step(w - x > 1).T),
        (np.max(np.stack([a, b])), a, step(a >= b)),
    ],
    ids=str,
)
def test_on_a_kink_nothing_is_compared(y, wrt, claim):
    """Of small whole numbers many are exactly there, and no rule says what is right."""
    assert mc.derive(y, wrt).why(claim) is None


def test_a_jump_beside_a_kink_is_still_seen():
    d = mc.derive(np.maximum(2 * a, b), a)
    for wrong in (step(2 * a < b, 2), step(a > b, 2), 2, 0):
        assert not d.equals(wrong)


def test_nudged_points_tell_a_kink_from_a_tie_that_stays():
    values = {"a": np.array([1.0, 1.0, 2.0]), "b": np.array([1.0, 0.0, 2.0])}
    assert on_a_kink(np.maximum(a, b), [a], values, {}).tolist() == [True, False, True]
    assert not on_a_kink(np.maximum(a, a * 1), [a], values, {}).any()
    assert not on_a_kink(np.maximum(a, b) * t, [t], {**values, "t": values["a"]}, {}).any()


# --- ties ------------------------------------------------------------------------------------

TIES = [
    (lambda np, a, b, x: np.max(np.maximum(b, x)), "b"),
    (lambda np, a, b, x: np.min(np.minimum(b, x)), "b"),
    (lambda np, a, b, x: np.max(np.clip(x, -1, b)), "b"),
    (lambda np, a, b, x: np.linalg.norm(np.maximum(b, x), np.inf), "b"),
    (lambda np, a, b, x: np.max(np.stack([a, a])), "a"),
    (lambda np, a, b, x: np.max(np.stack([a * a, a**2, b])), "a"),
    (lambda np, a, b, x: np.max(a * np.ones_like(x)), "a"),
    (lambda np, a, b, x: np.max(np.concatenate([x, x])), "x"),
    (lambda np, a, b, x: np.max(np.where(x > 0, a, x)), "a"),
    (lambda np, a, b, x: np.max(np.maximum(x, np.max(x) - 1)), "x"),
    (lambda np, a, b, x: np.max(np.outer(np.ones_like(x), x) @ x), "x"),
    (lambda np, a, b, x: np.max(0 * x + a) * b, "a"),
    (lambda np, a, b, x: np.max(np.maximum(0, a) * x + b), "b"),
    (lambda np, a, b, x: np.sum(np.exp(np.minimum(b, x) - np.max(np.minimum(b, x)))), "b"),
]
PLACES = [
    {"a": s * 2.0, "b": s * 5.0, "x": np.array(k)}
    for s, k in itertools.product((1, -1), ([1.0, 2.0, 3.0], [-7.0, 9.0, 1.5], [-6.0, -9.0, -8.0]))
]


@pytest.mark.parametrize("function, name", TIES)
def test_elements_that_stay_the_largest_together_count_as_one(function, name):
    """max(max(b, x)) is b where b is larger than all of x: the derivative is 1, not n."""

    def plain(value, values):
        return function(np, **{**values, name: value})

    symbols = {"a": a, "b": b, "x": x}
    d = mc.derive(function(np, **symbols), symbols[name])
    for values in PLACES:
        given = {e.name: values[e.name] for e in d.inputs}
        right = by_differences(partial(plain, values=values), values[name])
        for found in (d.numpy()(**given), batch_of(d, given)):
            assert np.allclose(found, np.reshape(right, found.shape), atol=1e-6), (values, right)
    assert d.check(sizes=(1, 2)).passed
    assert d.equals(d.jacobian) and d.why(0) and d.why(2 * d.jacobian.expr)


def batch_of(d, values):
    form, at = d.rows()[0], {k: np.asarray(v, float)[None] for k, v in values.items()}
    return batch([form], at, {"n": 3})[form][0]


def test_check_compares_where_a_tie_stays():
    d = mc.derive(np.max(np.maximum(b, x)), b)
    counted = np.sum(step(np.equal(np.maximum(b, x), d.y)) * step(b >= x))
    assert d.why(counted) == "a factor: yours is n times what it should be"
    d.jacobian = mc.Jacobian(counted)
    with pytest.raises(CheckFailed):
        d.check()
    at = mc.derive(np.max(np.maximum(b, x)), b).check(at={"b": 5, "x": [1, 2, 3]})
    assert at.passed
    kink = mc.derive(np.max(x), x).check(at={"x": [2, 2, 1]})
    assert kink.passed is None and "several elements are the largest" in str(kink)
    kink = mc.derive(np.max(np.maximum(b, x)), b).check(at={"b": 3, "x": [1, 2, 3]})
    assert kink.passed is None


def test_kinks_that_are_none_are_checked():
    for y, wrt in [
        (np.sum(np.minimum(x, x)), x),
        (np.maximum(a**2, a * a), a),
        (np.abs(0 * a) + a, a),
        (np.maximum(0 * a, 0) + a**3, a),
        (np.max(np.stack([a, a])), a),
    ]:
        report = mc.derive(y, wrt).check()
        assert report.passed and "one side only" not in str(report)


# --- rounding --------------------------------------------------------------------------------

s = 1 / (1 + np.exp(-(w @ x + b)))
p = np.exp(x) / np.sum(np.exp(x))
SIGMA = mc.sigmoid
ZERO = [  # functions that do not change
    (np.linalg.norm(x / np.linalg.norm(x)), x),
    (SIGMA(a) + SIGMA(-a), a),
    (np.sum(np.exp(x - np.log(np.sum(np.exp(x))))), x),
    (np.tanh(a) - np.sinh(a) / np.cosh(a), a),
    (np.trace(np.linalg.inv(S) @ S), S),
    (np.arctan(a) + np.arctan(1 / a), a),
    (np.sin(x) @ np.sin(x) + np.cos(x) @ np.cos(x), x),
    (np.linalg.det(S) * np.linalg.det(np.linalg.inv(S)), S),
    (np.sum(p), x),
    (np.log(np.exp(a)) - a, a),
    (np.mean(x - np.mean(x)), x),
]


@pytest.mark.parametrize("y, wrt", ZERO, ids=str)
def test_a_derivative_that_is_zero_and_was_not_simplified(y, wrt):
    d = mc.derive(y, wrt)
    assert d.equals(0) and d.why(0) is None
    one = d.jacobian.expr + 1e-3
    assert not d.equals(one)


logistic = -(t * np.log(s) + (1 - t) * np.log(1 - s))
z = X @ w
batched = -np.sum(y * np.log(1 / (1 + np.exp(-z))) + (1 - y) * np.log(1 - 1 / (1 + np.exp(-z))))
focal = -((1 - SIGMA(a)) ** 2) * np.log(SIGMA(a))
RIGHT = [  # as everybody writes them, and the form in the books
    (logistic, w, (SIGMA(w @ x + b) - t) * x.T),
    (logistic, b, SIGMA(w @ x + b) - t),
    (batched, w, (SIGMA(z) - y).T @ X),
    (np.sum(np.log(1 + np.exp(-y * z))), w, -(y * SIGMA(-y * z)).T @ X),
    (np.sum(np.logaddexp(0, -y * z)), w, -(y / (1 + np.exp(y * z))).T @ X),
    (SIGMA(100 * a), a, 100 / (2 + np.exp(100 * a) + np.exp(-100 * a))),
    (SIGMA(a), a, np.exp(-a) / (1 + np.exp(-a)) ** 2),
    (SIGMA(a), a, SIGMA(a) * SIGMA(-a)),
    (np.tanh(a), a, 1 / np.cosh(a) ** 2),
    (np.tanh(a), a, 4 / (np.exp(a) + np.exp(-a)) ** 2),
    (np.log(np.sum(np.exp(x))), x, (np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))).T),
    (focal, a, (1 - SIGMA(a)) ** 2 * (2 * SIGMA(a) * np.log(SIGMA(a)) + SIGMA(a) - 1)),
    (np.sqrt(1 + a**2) - 1, a, a / np.sqrt(1 + a**2)),
    (np.log1p(np.expm1(a)) ** 2, a, 2 * a),
    (1 / a**2, a, -2 / a**3),
    (np.sum((w - x) ** 2), w, 2 * (w - x).T),
    (np.sum((w - x) ** 2), w, (2 * np.linalg.norm(w - x) ** 2 / np.sum((w - x) ** 2) * (w - x)).T),
    (gamma**a, a, gamma**a * np.log(gamma)),
]


@pytest.mark.parametrize("y, wrt, claim", RIGHT, ids=str)
def test_what_is_right_is_right_whatever_rounding_does_to_it(y, wrt, claim):
    d = mc.derive(y, wrt)
    assert d.why(claim) is None and d.equals(claim)
    for wrong in (1.000001 * claim, claim + 1e-4, -claim):
        assert not d.equals(wrong), wrong


HESSIANS = [
    (batched, w, X.T @ mc.diag(SIGMA(z) * (1 - SIGMA(z))) @ X),
    (np.sum(np.log(1 + np.exp(-y * z))), w, X.T @ mc.diag(y**2 * SIGMA(z) * SIGMA(-z)) @ X),
    (np.sum(np.logaddexp(0, -y * z)), w, X.T @ mc.diag(y**2 * SIGMA(y * z) * SIGMA(-y * z)) @ X),
    (np.log(np.sum(np.exp(x))), x, mc.diag(p) - mc.outer(p, p)),
]


@pytest.mark.parametrize("y, wrt, claim", HESSIANS, ids=str)
def test_hessians_of_logistic_losses(y, wrt, claim):
    d = mc.hessian(y, wrt)
    right = d.why(claim) is None
    assert right == (y is not HESSIANS[1][0])  # that one is right for labels of 1 and -1 only
    assert not d.equals(1.0001 * claim)


@pytest.mark.parametrize("large", [1e3, 1e10, 1e16, 1e100])
def test_an_entry_is_judged_on_its_own_scale(large):
    d = mc.derive(np.stack([large * a, a**2, a / large]), a)
    right = [large, 2 * a, 1 / large]
    assert d.equals(np.stack(right))
    for k, wrong in enumerate([large * (1 + 1e-6), 2 * a + 1, 2 / large]):
        claim = np.stack([*right[:k], wrong, *right[k + 1 :]])
        assert not d.equals(claim)
        if k == 2 and large > 1e10:
            continue  # to numbers such a derivative is zero
        failing = mc.derive(d.y, a)
        failing.jacobian = mc.Jacobian(claim)
        with pytest.raises(CheckFailed):
            failing.check()


def test_a_term_that_is_small_beside_another():
    d = mc.derive(np.exp(100 * a) + a, a)
    assert not d.equals(100 * np.exp(100 * a)) and d.equals(100 * np.exp(100 * a) + 1)


# --- check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "y, wrt",
    [
        (np.maximum(0, a) + 1e6, a),
        (np.sum(np.abs(x)) + np.exp(4 * b), x),
        (np.maximum(0, w @ x) + b**10, w),
        (np.sum(np.maximum(0, X @ w)) + 1e8 * b, w),
        (np.abs(a) * 1e-9 + 1e3, a),
        (np.abs(a**b), a),
        (np.linalg.norm(np.sqrt(2 + np.sin(np.log1p(v))), 1), v),
        (np.abs(b - v @ u / (np.linalg.norm(v) * np.linalg.norm(u))), u),
        (np.abs(b - 1 / (np.linalg.norm(v) * np.linalg.norm(u))), u),
        (focal + 1e6, a),
    ],
    ids=str,
)
def test_check_raises_no_false_alarm(y, wrt):
    d = mc.derive(y, wrt)
    assert d.check().passed
    wrong = mc.derive(y, wrt)
    wrong.jacobian = mc.Jacobian(1.001 * d.jacobian.expr)
    with pytest.raises(CheckFailed) as failed:
        wrong.check()
    closed, *others = (w for w in str(failed.value).rpartition(": entry")[2].split() if "." in w)
    assert all(closed != other for other in others)


NORMAL = np.linalg.inv(X.T @ X)


@pytest.mark.parametrize(
    "f, wrt, claim, needs",
    [
        (NORMAL @ X.T @ y, y, NORMAL @ X.T, "N >= n"),
        (X @ NORMAL @ X.T @ y, y, X @ NORMAL @ X.T, "N >= n"),
        (np.linalg.slogdet(W @ W.T)[1], W, 2 * W.T @ np.linalg.inv(W @ W.T), "n >= m"),
        (np.linalg.slogdet(A.T @ mc.diag(u) @ A)[1], u, None, "m >= n"),
        ((x - np.mean(x)) / np.std(x), x, None, "n >= 2"),
    ],
    ids=str,
)
def test_sizes_at_which_a_function_has_no_value_are_left_out_and_named(f, wrt, claim, needs):
    d = mc.derive(f, wrt)
    assert f"no value there, it needs {needs}" in str(d.check())
    assert claim is None or d.why(claim) is None
    assert d.equals(d.jacobian) and not d.equals(2 * d.jacobian.expr)


def test_check_takes_a_number_for_each_letter():
    report = mc.derive(NORMAL @ X.T @ y, y).check(sizes={"N": 5, "n": 2})
    assert "N = 5, n = 2; 5 points" in str(report) and "no value" not in str(report)
    for n in (np.int64(3), (2, np.int64(3))):
        assert mc.derive(x @ w, x).check(sizes=n).passed
    for given in (2.5, (2.5,), {}, {"n": 0}, {"m": 2}, {"n": 2, "m": 3}, True, "n", None, [[2]]):
        with pytest.raises(ValueError, match="sizes="):
            mc.derive(x @ w, x).check(sizes=given)
    for points_ in (0, 2.5, None, "5"):
        with pytest.raises(ValueError, match="points="):
            mc.derive(x @ w, x).check(points=points_)
    with pytest.raises(ValueError, match="at=5: values by name are needed"):
        mc.derive(x @ w, x).check(at=5)


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [1e-4, 1e-6, 1e-7])
def test_numbers_that_differ_are_shown_to_differ(off):
    for y, right in [(a**2, 2 * a), (np.pi * a, np.pi), (a**2 * b, 2 * a * b)]:
        told = mc.derive(y, a).why(right * (1 + off))
        assert told == f"a constant factor: yours is {1 + off:.8g} times what it should be"
        told = mc.derive(y * b, a).why(right * b * (1 + off * b**2))
        yours, should = told.partition("yours is ")[2].split(", and it should be ")
        assert yours != should
    assert mc.derive(np.pi * a, a).why(3.14159).startswith("a constant factor: yours is 0.999999")
    told = mc.derive(a**2, a).why(2 * a + 1e-12 * a**8)
    assert "factor" not in told


# --- points ----------------------------------------------------------------------------------


def test_a_variable_is_tried_where_it_equals_what_it_is_compared_with():
    rng = np.random.default_rng(0)
    found = beyond(rng, [y, b], {"N": 4}, np.equal(y, 17) * b)
    assert (found["y"] == 17).any() and (found["y"] != 17).any()
    d = mc.derive(np.sum(np.where(np.equal(y, 17), a, 0)), a)
    assert d.equals(np.sum(step(np.equal(y, 17)))) and not d.equals(0)


@pytest.mark.parametrize("c", [20, 255, -40, 4000])
def test_check_looks_beyond_thresholds_too(c):
    for y, wrt, claim in [
        (np.maximum(0, a - c), a, 0 if c > 0 else 1),
        (np.maximum(0, a - c), a, 2 * step(a > c)),
        ((w @ x) * step(w @ x > c), w, 2 * step(w @ x > c) * x.T),
        (np.sum(step(x > c, x**2)), x, (3 * step(x > c, x)).T),
    ]:
        wrong = mc.derive(y, wrt)
        assert wrong.check(sizes=(1, 2)).passed
        wrong.jacobian = mc.Jacobian(mc.graph.expr.as_expr(claim))
        with pytest.raises(CheckFailed):
            wrong.check(sizes=(1, 2))
    assert "no value" not in str(mc.derive(np.sqrt(a - abs(c)), a).check())


def test_a_function_that_turns_faster_than_any_step_is_checked_with_more_digits():
    """Differences with steps of 1e-4 do not see the sine, whose slope is 10^30 here."""
    b, a = mc.scalars("b a")
    d = mc.derive(a * a * b * np.sinh(b) + np.sin(np.sinh(b)), b)
    assert d.check(at={"a": 46.8355, "b": -70.7371}).passed
    wrong = mc.derive(a * a * b * np.sinh(b) + np.sin(np.sinh(b)), b)
    wrong.jacobian = mc.Jacobian(d.jacobian.expr + 1e-3 * a * a * b * np.sinh(b))
    with pytest.raises(mc.CheckFailed):
        wrong.check(at={"a": 46.8355, "b": -70.7371})


@pytest.mark.parametrize("seed", range(6))
def test_a_determinant_that_rounding_alone_makes_is_none(seed):
    X = mc.matrices("X", shape=("m", "n"))
    for y in np.log(np.linalg.det(X.T @ X)), np.log(np.linalg.det(X @ X.T) ** 2):
        assert "it needs" in str(mc.derive(y, X).check(sizes=(1, 2, 3), points=1, seed=seed))


def test_what_numpy_computes_is_checked_too():
    K, q = mc.matrices("K", shape=("N", "d")), mc.vectors("q", size="d")
    d = mc.derive(np.exp(K @ q) / np.sum(np.exp(K @ q)), q)
    assert d.check(sizes=(1, 2), points=1).passed and d.jacobian.expr is not d._structured.plain
    vars(d._structured)["plain"] = d._structured.plain * 1.01
    with pytest.raises(mc.CheckFailed, match=r"by \.numpy\(\)"):
        d.check(sizes=(1, 2), points=1)


@pytest.mark.parametrize(
    "claim", ["I/det(inv(A))", "det(A A)/det(A) I", "det(A) inv(A) A", "det(A) inv(A^T A) A^T A"]
)
def test_a_claim_in_another_form_needs_an_inverse_that_usual_matrices_have(claim):
    x, A = mc.vectors("x"), mc.matrices("A", shape=("n", "n"))
    d = mc.derive(np.linalg.det(A) * x, x)
    assert d.why(mc.read(claim, x=x, A=A)) is None
    assert not d.equals(mc.read(f"2 ({claim})", x=x, A=A))


FAR_AWAY = {  # what is flat, or has no value, at all numbers that one thinks of first
    "tanh(2a - 50)": (lambda a: np.tanh(2 * a - 50), 25.0),
    "softplus of a + 40": (lambda a: np.log(1 + np.exp(a + 40)), -40.0),
    "softplus of a - 1000": (lambda a: np.log(1 + np.exp(a - 1000)), 1000.0),
    "b sqrt(a - 13)": (lambda a: b * np.sqrt(a - 13), 14.0),
    "log(a - 2000)": (lambda a: np.log(a - 2000), 2001.0),
    "sigmoid(300 - 3a)": (lambda a: 1 / (1 + np.exp(3 * a - 300)), 100.0),
}


@pytest.mark.parametrize("name", FAR_AWAY)
def test_what_happens_far_away_is_looked_at(name):
    function, place = FAR_AWAY[name]
    y = function(a)
    derived = [mc.derive(y, wrt=a), mc.derive(b * y, wrt=b)]
    for d in derived:
        right = d.jacobian.expr
        assert d.equals(right) and d.equals(y + right - y)
        for wrong in (2 * right, -right, right * (1 + 1e-3)):
            assert not d.equals(wrong) and d.why(wrong), wrong
    points = beyond(np.random.default_rng(1), [a, b], {}, unnamed(y))
    assert (abs(points["a"] - place) < 2.5).any()


def test_a_root_of_the_other_sign_has_no_value_where_the_right_one_has():
    d = mc.derive(b * np.sqrt(a - 13), wrt=b)
    assert not d.equals(np.sqrt(13 - a)) and not d.equals(np.sqrt(-3 * a - 13))


@pytest.mark.parametrize(
    "y, wrt",
    [
        ((np.stack([t])[:, None] * u[None, :] @ u)[0], (t,)),
        (np.minimum(a, np.append(u, 2.0) @ np.append(u, -1.5)), (a,)),
        (a * (w @ x) + b, (a, b)),
    ],
    ids=str,
)  # fmt: skip
def test_partial_derivatives_beside_vectors_are_diagnosed(y, wrt):
    """The other variables are held still, whatever their shape."""
    d = mc.derive(y, wrt=wrt)
    assert len(d.why(3 * d.jacobian.expr + 1).split()) > 3


def test_a_power_with_an_exponent_of_many_digits_is_no_number():
    """Each of its digits is a product of its own: x z^(e^e^e^x) once took seconds."""
    tower = 2.0 ** (b ** np.exp(np.exp(a)))
    for at, there in [(0.5, True), (2.1, False)]:
        value = precise([tower], {"a": np.array([at]), "b": np.array([2.5])}, {})[tower][0]
        assert np.isfinite(float(value)) or not there
        assert there or value != value
