"""Kinds of programs whose derivatives are compared with differences of the plain functions."""

import itertools

import numpy as np
import pytest
from plain import VARIABLES, agrees, differences, evaluated, point

import mcalc as mc
from mcalc.graph.expr import as_expr

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
    for wrt in sorted(e.name for e in mc.graph.walk.symbols(evaluated(text, VARIABLES))):
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


OF_DIAGONALS = [
    "np.trace(np.sin(np.outer(x, w)))", "np.trace(np.sin(np.sum(S) * np.outer(x, w) * S))",
    "np.sum(np.sin(np.outer(x, w)) * np.diag(np.ones_like(x)))",
    "x @ (np.tanh(S * x) * np.diag(np.ones_like(x))) @ x",
    "np.sum(np.exp(np.outer(x, w) * np.diag(np.ones_like(x)) * a) * np.outer(w, x))",
    "np.trace(np.outer(x, x) * np.outer(w, np.tanh(x)) + np.diag(x**3))",
]  # fmt: skip


@pytest.mark.parametrize("text", OF_DIAGONALS)
def test_the_diagonal_of_a_matrix_is_not_the_whole_of_it(text):
    agrees(text, "x")
    at = point({"m": 2, "n": 3})
    right = differences(
        lambda v: differences(lambda x: evaluated(text, {**at, "x": x}), v), at["x"]
    )
    second = mc.hessian(evaluated(text, VARIABLES), VARIABLES["x"])
    found = second.numpy()(**{name: at[name] for name in second.parameters})
    assert np.allclose(found, right, atol=1e-5), second
    assert second.check()


def test_a_claim_about_products_of_one_matrix():
    d = mc.derive(np.sum(A * A * A - A * A), A)
    assert d.why((3 * A * A - 2 * A).T) is None
    assert not d.equals((A * A).T)


# --- derivatives that are zero -----------------------------------------------------------------

VECTORS = ["np.sign(A @ x)", "(A @ x > 0) * u", "A @ x - A @ x", "0 * (A @ x)"]
STEPS = ["np.sign(A)", "1.0 * (A > 1)", "A - A", "0 * A", "A.T * 0", *VECTORS]
AROUND = ["np.sum({})", "b * np.sum({})", "np.exp(a * np.sum(np.sin({})))"]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("step", STEPS)
def test_where_nothing_moves_with_a_matrix_its_derivative_is_written_as_zero(step, around):
    d = agrees(around.format(step), "A", {"m": 2, "n": 3})
    told = "no path leads from A to y along which anything moves"
    assert "∂y/∂A = 0   (n x m)" in repr(d) and told in d.reason
    assert d._repr_latex_() and d.steps[3].text == "∂y/∂A = 0"


@pytest.mark.parametrize("step", VECTORS)
def test_where_one_of_two_paths_does_not_move(step):
    d = agrees(f"np.sum({step}) + np.sum(A)", "A", {"m": 2, "n": 3})
    assert str(d.jacobian) == "1 1^T" and d._repr_latex_()
    agrees(step, "A", {"m": 2, "n": 3})._repr_latex_()


NOWHERE = ["x - x", "np.sum(x - x)", "a - a", "x > w", "np.sign(x) @ w", "0 * x"]


@pytest.mark.parametrize("text", NOWHERE)
def test_where_nothing_moves_with_a_vector_or_a_number(text):
    wrt = "a" if "a -" in text else "x"
    d = agrees(text, wrt)
    assert d.equals(0) and d.steps[-1].text.split(" = ")[1] in ("0", "0^T") and d._repr_latex_()


# --- masks and lengths -------------------------------------------------------------------------

MASKED = [
    "np.maximum(0, x - 1)", "(x > 1) * x", "np.where(x > w, 1, x)", "((x > 1) * (w > 1)) * x",
    "np.max(x) - x", "np.mean(x) * w", "len_x * np.sign(x - 1) * x", "np.abs(x - w)",
    "np.clip(x, 0.7, 1.2)", "-x", "S * x", "-1 * np.minimum(x, w)",
]  # fmt: skip


@pytest.mark.parametrize("one, other", [*itertools.combinations(MASKED, 2)])
def test_masks_and_lengths_are_computed_with_as_numbers(one, other):
    text = f"np.sum({one} + {other})".replace("len_x", "np.sum(np.ones_like(x))")
    agrees(text, "x")


# --- factors that cancel -----------------------------------------------------------------------

CANCELLED = [
    "a*{0}/{0}", "{0}*{0}/{0}", "np.exp(np.log({0}))", "np.log(np.exp({0}))", "np.sqrt({0})**2",
    "{0} - {0}", "x*{0}/{0}", "np.sqrt(np.outer({1}, x))", "a*np.outer({1}, x)/np.outer({1}, x)",
    "a*{0}*(1/{0})", "np.where({0} > 0, {0}/{0}, 1)*a",
]  # fmt: skip
OF_MATRICES = [
    "np.sum({})", "np.linalg.norm({})", "({}) @ x", "np.tanh(({}) @ x)", "np.sum({}, axis=1)",
    "np.sum({}, axis=0)", "np.mean(({})**2)", "np.var({})", "np.sum(({}) @ ({}).T)",
    "np.sum({m} * ({}) @ x)", "np.sum(({}) * {m})",
]  # fmt: skip
OF_SQUARES = ["np.trace({})", "np.linalg.inv({} + np.diag(9*x)) @ x", "x @ ({}) @ x"]
OF_VECTORS = [
    "a*x/x", "np.linalg.norm(a*x/x)", "np.diag(a*x/x) @ w", "np.sum(np.outer(x/x, a*w/w))",
    "np.stack([a*x/x, w]) @ x", "np.concatenate([a*x/x, w]) @ np.concatenate([x, w])",
    "S @ (a*x/x)", "(a*x/x) @ S @ x", "np.log(np.exp(x)) @ S @ x", "np.sum((x/x)*(a*A/A))",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        *(t.replace("{m}", "A").replace("{}", c.format("A", "u"))
          for c in CANCELLED for t in OF_MATRICES),
        *(t.replace("{}", c.format("S", "w")) for c in CANCELLED for t in OF_SQUARES),
        *OF_VECTORS,
    ],
)  # fmt: skip
def test_factors_that_cancel(text):
    for wrt in sorted(e.name for e in mc.graph.walk.symbols(evaluated(text, VARIABLES))):
        assert repr(agrees(text, wrt, {"m": 2, "n": 3}))


# --- constants that have their length from a variable ------------------------------------------

LENT = [
    "a*np.ones_like(x)", "np.sum(a*np.ones_like(x))", "np.maximum(a - 1, np.zeros_like(x))",
    "a + np.zeros_like(x)", "a*np.sum(np.ones_like(A))", "a*np.sum(np.ones_like(A), axis=0)",
    "a*np.ones_like(A @ x)", "a*np.ones_like(np.tanh(x @ A.T))", "a*np.ones_like(A) @ w",
    "np.linalg.norm(a*np.ones_like(u))", "np.concatenate([a*np.ones_like(x), a*np.ones_like(u)])",
    "np.outer(a*np.ones_like(x), np.ones_like(u)) @ np.ones_like(u)", "a*np.ones_like(q)",
    "a*np.ones_like(np.ones_like(x))", "np.where(a > 1, np.ones_like(x), a)",
    "a*np.ones_like(x*0) + b", "np.exp(a*np.zeros_like(A) @ np.zeros_like(x))*a",
]  # fmt: skip
CONSTANT = [("x*np.ones_like(w)", "w"), ("np.ones_like(x)", "x"), ("np.sum(np.zeros_like(A))", "A")]


@pytest.mark.parametrize("text, wrt", [*((text, "a") for text in LENT), *CONSTANT])
def test_a_length_that_only_a_constant_has(text, wrt):
    d = agrees(text, wrt)
    sizes = dict.fromkeys(mc.graph.lengths.symbolic_sizes(d.y, d.wrt), 2)
    assert d.check() and repr(d) and d.explicit(**sizes) and d.equals(d.jacobian)


def test_the_lender_of_a_length_is_an_input():
    d = mc.derive(a * np.ones_like(VARIABLES["x"]), a)
    assert (str(d.jacobian), d.parameters) == ("1_n", ("x",))
    assert d.numpy()(x=np.zeros(4)).tolist() == [[1]] * 4
    assert d.jvp(2, x=np.zeros(3)).tolist() == [2] * 3 and d.numpy()(x=[1, 2], a=7).shape == (2, 1)
    with pytest.raises(TypeError, match="x is missing"):
        d.numpy()()
    ones = mc.derive(VARIABLES["x"] * np.ones_like(VARIABLES["w"]), VARIABLES["x"])
    assert (str(ones.jacobian), ones.parameters) == ("I", ("x",))
    assert mc.derive(np.ones_like(VARIABLES["x"]) * a, VARIABLES["x"]).equals(0)


# --- powers ------------------------------------------------------------------------------------

POWERS = ["x ** (x > 1)", "(0 * x) ** (w > 1) * x", "np.power(a, x > 1) * x", "2.0 ** (x > 1) * x"]


@pytest.mark.parametrize("text", POWERS)
def test_a_power_of_a_condition_is_a_choice(text):
    d = agrees(text, "x")
    at = point({"m": 2, "n": 3}) | {"x": np.zeros(3), "w": np.array([0.0, 2.0, 0.5])}
    second = mc.hessian(np.sum(evaluated(text, VARIABLES)), VARIABLES["x"])
    given = {name: at[name] for name in second.parameters}
    assert np.isfinite(second.numpy()(**given)).all() and d.check()


# --- arrays of expressions ---------------------------------------------------------------------

TURN = "np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])"
ARRAYS = [
    f"{TURN} @ q[1:]", f"np.array([[a, b], [b, a]]) @ {TURN} @ {TURN}.T @ q[:2]",
    "np.exp(np.array([a * b, a + b, b]))", "np.array([a, 2, b * b]) * q", "np.array(a * b)",
    "q @ np.array([q, 2 * q[::-1], a * q]) @ q", "np.array([q[0:2], q[1:3]]) @ np.array([a, b])",
    "np.trace(np.array([[q[0], q[1]], [q[1], q[0]]]) * np.array([[1, a], [b, 2]]))",
    "np.sum([a, b, a * b])", "np.linalg.norm([a, b])", "np.sqrt(np.array([a, b])[0] + 1)",
    "x * np.array([a, b])[1]", "np.tanh(np.array(a))",
]  # fmt: skip


@pytest.mark.parametrize("text", ARRAYS)
def test_an_array_of_expressions_is_a_vector_or_a_matrix_of_them(text):
    for wrt in sorted(e.name for e in mc.graph.walk.symbols(as_expr(evaluated(text, VARIABLES)))):
        agrees(text, wrt)


def test_a_factor_that_is_next_to_nothing_is_divided_by_nowhere():
    A, w = mc.matrices("A"), mc.vectors("w")
    d = mc.hessian(1e-300 / (3 + (mc.vectors("v", size="m") @ A @ w) ** 2), wrt=w)
    assert str(d.jacobian).count("e-300") == 2


def test_cases_that_are_all_zero_are_zero():
    """The logistic function of m and of -m are 1 together, of whatever m is the larger."""
    b, v = mc.scalars("b"), mc.vectors("x")
    m = np.maximum(b, v)
    y = b * (1 / (1 + np.exp(-m)) + 1 / (1 + np.exp(m)))
    assert str(mc.derive(y, wrt=v).jacobian) == "0"
    assert str(mc.derive(np.sum(y), wrt=v).jacobian) == "0^T"
