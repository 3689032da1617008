"""Mistakes by their names: each kind with a claim that it names, and a near one."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.diagnosis import diagnose
from mcalc.check.fits import terms

w, x, v = mc.vectors("w x v")
a, b, t, z = mc.scalars("a b t z")
A, S = mc.matrices("A S", shape=("n", "n"))
X, y = mc.matrices("X", shape=("N", "n")), mc.vectors("y", size="N")
N, n, I = mc.size("N"), mc.size("n"), mc.identity()
ridge = mc.derive(np.mean((X @ w - y) ** 2) + a * np.sum(w**2), w)
errors = (2 / N) * (X @ w - y).T @ X
curved = mc.derive(np.exp(z**3), z)
softmax = mc.derive(np.exp(x) / np.sum(np.exp(x)), x)
p = np.exp(x) / np.sum(np.exp(x))
gauss = mc.derive(np.log(np.linalg.det(S)) + x @ np.linalg.inv(S) @ x, S)
inverse = np.linalg.inv(S)
rate = mc.derive(np.sum(np.exp(x / t)), x)

KINDS = [  # derivation, claim, the mistake, words of what is said, and a near claim
    (ridge, errors + a * w.T, "constant factor", "exponent 2 of w^2", errors + b * w.T),
    (ridge, errors, "missing path", "missing", 3 * errors),
    (ridge, errors - 2 * a * w.T, "sign", "sign of one term", errors - 3 * a * w.T),
    (ridge, errors / 3 + 2 * a * w.T, "constant factor", "1/3 times", errors / 3 + a * w.T),
    (rate, np.exp(x / t).T, "missing factor", "t", np.exp(x).T),
    (rate, np.exp(x / t).T / t**2, "factor too many", "too many: 1/t", np.exp(x / t).T / (t + 1)),
    (softmax, mc.diag(p * (1 - p)), "diagonal only", "diagonal", mc.diag(p * (1 + p))),
    (gauss, inverse - np.outer(inverse @ x, inverse @ x), "symmetric only", "where S is symmetric",
     inverse - np.outer(x, x)),
    (mc.derive(x @ A @ x, x), 2 * x.T @ A, "symmetric only", "where A is symmetric", 2 * x.T),
    (curved, np.exp(3 * z**2), "differentiated inside", "inside", np.exp(3 * z**2 + 1)),
    (curved, 3 * z**2 * np.exp(z), "inner function", "z^3 has to stand", 3 * z**2 * np.exp(2 * z)),
    (mc.derive(1 / z**2, z), -2 / z, "exponent raised", "went up", -2 / (z + 1)),
    (mc.derive(1 / z**2, z), -2 / z**2, "exponent kept", "kept", -3 / z**2),
    (mc.derive(z**2 * np.sin(z), z), 2 * z * np.cos(z), "product rule", "product",
     2 * z * np.cos(2 * z)),
    (mc.derive(z / (1 + z**2), z), 1 / (2 * z), "quotient rule", "quotient", 1 / (3 * z)),
    (mc.derive(z**2 * b**3, z), 6 * z * b**2, "everything differentiated", "only z moves",
     6 * z * b**2 + 1),
    (mc.derive(b * z**2 + np.sin(b), z), 2 * b * z + np.sin(b), "constant kept", "sin(b)",
     2 * b * z + np.cos(b)),
    (mc.derive(5 * z**4, z), z**5, "integrated", "integral", z**6),
    (mc.derive(np.log(z**2 + 1), z), 2 * z / z**2 + 1, "parentheses", "parentheses",
     2 * z / z**2 + 2),
    (mc.derive(np.sin(z**3), z), 3 * z**2 * np.cos(z) ** 3, "parentheses", "a power of cos(z)",
     3 * z**2 * np.cos(z) ** 4),
    (mc.derive(np.exp(np.sin(z)), z), np.exp(np.sin(z) * np.cos(z)), "parentheses", "stands inside",
     np.exp(np.sin(z) * np.cos(b))),
    (mc.derive(np.tanh(3 * z), z), 1 - 3 * np.tanh(3 * z) ** 2, "parentheses", "is one term",
     1 - 4 * np.tanh(3 * z) ** 2),
    (mc.derive((w @ x - b) ** 2, x), 2 * (w @ x - b) * v.T, "unknown variable", "v is not", x),
    (mc.hessian((w @ x) ** 2, w), 2 * np.outer(x, w), "other variable", "where x has to stand",
     3 * np.outer(x, w)),
    (mc.derive(mc.let("u", z**2) * mc.let("v", z**3), z), z**3 + z**2, "missing factor",
     "the derivatives of u and v", z**3 - z**2),
    (mc.derive(np.exp(z * x), z), z * np.exp(z * x), "wrong variable", "with respect to x",
     2 * z * np.exp(z * x)),
    (mc.derive(b**2 * z + np.sin(z), b), 2 * b * z + np.cos(z), "everything differentiated",
     "only b moves", 2 * b * z + np.sin(2 * z)),
]  # fmt: skip


@pytest.mark.parametrize("d, claim, mistake, words, near", KINDS)
def test_a_kind_of_mistake_is_named_and_a_near_one_is_not(d, claim, mistake, words, near):
    found = diagnose(d, claim)
    assert (found.mistake, words in found.sentence) == (mistake, True), found
    assert d.why(claim) == found.in_full
    other = diagnose(d, near)
    assert other is not None and other.sentence != found.sentence, other


def test_a_sum_is_multiplied_out_as_far_as_there_are_few_terms():
    assert len(terms((A + A.T) @ (x + w))) == 4 and len(terms((x - w).T)) == 2
    assert sum(1 for e in terms(np.exp(x + w))) == 1


def test_what_is_said_of_a_claim_holds_at_other_points():
    """A factor that is named, multiplied out of the claim, leaves the right one."""
    for g in (a, t, np.linalg.norm(x), N):
        d = mc.derive(g * np.sum(x**3) if g is not N else N * np.sum(np.outer(y, x)), x)
        right = d.jacobian.expr
        assert "times" in d.why(g * right) or "factor" in d.why(g * right)
        assert d.equals((g * right) / g)


def test_the_order_of_variables_and_the_zeros():
    q = mc.vectors("q", size=3)
    d = mc.derive([q[0] * q[1], q[2] ** 2], q)
    for rows, mistake in [
        ([[q[0], q[1], 0], [0, 0, 2 * q[2]]], "other order"),
        ([[q[1], q[0]], [0, 2 * q[2]]], "zeros left out"),
        ([[q[1], q[0], q[2]], [0, 0, 2 * q[2]]], "not zero"),
        ([[q[0], q[0], 0], [0, 0, 2 * q[2]]], "entry"),
    ]:
        claim = np.stack([np.stack(list(map(mc.graph.expr.as_expr, row))) for row in rows])
        assert diagnose(d, claim).mistake == mistake


def test_a_name_of_another_derivation_stands_for_what_it_names():
    W, x, b = mc.matrices("W"), mc.vectors("x"), mc.vectors("b", size="m")
    z = mc.let("z", W @ x + b)
    y = np.sum(z**2)
    row = mc.derive(y, wrt=z).jacobian  # in which z is a variable
    d = mc.derive(y, wrt=b)
    assert d.equals(row)
    assert "2 times what it should be" in d.why(2 * row.expr)


# --- what a gradient of a matrix becomes ------------------------------------------------------

G = mc.matrices("G", shape=("N", "n"))
H, K = mc.matrices("H G", shape=("n", "n"))
BACK = [  # what is derived, by which variable, and wrong answers with the name of the mistake
    (X @ S, S, [(-X.T @ G, "sign"), (3 * X.T @ G, "constant factor"), (G.T @ X, "transpose")]),
    (X @ S @ A, X, [(G @ A.T, "missing factor"), (G @ A @ S.T, "transposed matrix"),
                    (G @ S.T @ A.T, "order"), (G @ A.T @ A.T, "other variable")]),
    ((A * S) @ H, A, [
        (S * (H @ K.T), "transposed matrix"), (S @ (K @ H.T), "dot product"),
        (A * (K @ H.T), "other variable"), (S * K, "missing factor")]),
    (X / np.sqrt(n), X, [(G, "missing factor"), (G / n, "missing factor")]),
    (X - np.mean(X, axis=1, keepdims=True), X, [
        (G, "missing term"), (G + np.mean(G, axis=1, keepdims=True), "sign"),
        (G - np.sum(G, axis=0) / n, "other axis"),
        (G - np.sum(G, axis=1, keepdims=True), "missing factor")]),
    (X + np.sum(X, axis=0), X, [(G + np.sum(G, axis=1, keepdims=True), "other axis")]),
    (S @ S.T, S, [(2 * K @ S, "symmetric only")]),
]  # fmt: skip


@pytest.mark.parametrize(
    "y, wrt, claim, mistake",
    [(y, wrt, claim, mistake) for y, wrt, wrong in BACK for claim, mistake in wrong],
)
def test_a_mistake_in_what_comes_back_to_a_matrix(y, wrt, claim, mistake):
    found = diagnose(mc.derive(y, wrt), claim, done=True)
    assert found.mistake == mistake, found
