"""Kinds of programs whose derivatives are compared with differences of the plain functions."""

import itertools

import numpy as np
import pytest
from plain import VARIABLES, agrees, differences, evaluated, point

import mcalc as mc

# --- one matrix several times in a product -----------------------------------------------------

A, S, a = (VARIABLES[name] for name in "ASa")
POWERS = ["A", "A*A", "A*A*A", "a*A", "a*A*A", "b*A*A*A"]
SEVERAL = [
    *(f"np.sum({p} {sign} {q})" for p, q in itertools.permutations(POWERS, 2) for sign in "+-"),
    "np.sum(A*A*A - A*A + A)", "np.sum(A*np.exp(A) - A*A*np.exp(A))",
    "np.sum(S*S*a + S*a)", "np.sum(S*S.T*a - S*a)", "np.sum(S*S*S.T - S*S.T)",
    "np.trace(a*S*S + a*S)", "np.trace(S*S*S - S*S)", "np.trace(S*S*B - S*B)",
    "np.sum((A*A) @ x + A @ x)", "u @ (a*A*A - a*A) @ x", "(A*A*A - A*A) @ x", "x @ (S*S - S)",
    "np.var(a*A)", "np.sum((S*S - S) @ S)", "np.linalg.norm(A*A - A)",
]  # fmt: skip


@pytest.mark.parametrize("text", SEVERAL)
def test_a_matrix_several_times_in_one_product(text):
    for wrt in sorted(e.name for e in mc.expr.symbols(evaluated(text, VARIABLES))):
        agrees(text, wrt)


@pytest.mark.parametrize("text", ["np.var(a*S)", "np.sum(a**3*S*S - a**2*S)", "np.sum((a*A)**3)"])
def test_second_derivatives_of_products_of_a_matrix(text):
    y, at = evaluated(text, VARIABLES), point({"m": 2, "n": 3})
    second = mc.hessian(y, a)
    given = {name: at[name] for name in second.parameters}
    gradient = mc.derive(y, a).numpy()
    given_first = {name: at[name] for name in mc.derive(y, a).parameters}
    right = differences(lambda value: gradient(**{**given_first, "a": value}), at["a"])
    assert np.allclose(second.numpy()(**given), right)
    twice = differences(
        lambda value: differences(lambda v: evaluated(text, {**at, "a": v}), value), at["a"]
    )
    assert np.allclose(second.numpy()(**given), twice, rtol=1e-5)


def test_a_claim_about_products_of_one_matrix():
    d = mc.derive(np.sum(A * A * A - A * A), A)
    assert d.why((3 * A * A - 2 * A).T) is None
    assert not d.equals((A * A).T)
