"""What is computed where the closed form as it is written has no number, or loses its digits."""

import random

import numpy as np
import pytest
from plain import VARIABLES, agrees, differences, evaluated, point

import mcalc as mc

a, b = (VARIABLES[name] for name in "ab")
x, S = VARIABLES["x"], VARIABLES["S"]

# --- determinants ------------------------------------------------------------------------------

SINGULAR = {
    "of ones": np.ones((3, 3)),
    "of zeros": np.zeros((3, 3)),
    "of rank one": np.outer([1.0, 2, -1], [0.5, 1, 3]),
    "of rank two": np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]),
    "regular": np.array([[1.0, 2, 0], [0, -1, 3], [2, 0, 1]]),
    "turned over": np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 0]]),
    "1 x 1": np.zeros((1, 1)),
}
OF_DET = [
    "np.linalg.det(S)", "np.linalg.det(S)**2", "3*np.linalg.det(S) + a", "np.linalg.det(S.T)",
    "np.linalg.det((S > -9)*S)", "np.linalg.det(S @ S)", "np.linalg.det(S)*np.linalg.det(S.T @ S)",
    "np.exp(np.linalg.det(S))*a", "np.linalg.det(a*S)", "np.linalg.det(S + B - B)",
    "np.linalg.det(np.diag(x) @ S)", "x*np.linalg.det(S)", "np.sin(np.linalg.det(S))*x",
    "np.linalg.det(S*np.outer(x, w))", "np.linalg.det(S*S)", "np.linalg.det(B @ S @ B.T)/a",
    "np.maximum(np.linalg.det(S) + 1, 0)", "np.sum(S)*np.linalg.det(S)", "np.linalg.det(S/a)",
    "np.linalg.det(S - (a - a)*np.outer(x, x))",
]  # fmt: skip


@pytest.mark.parametrize("text", OF_DET)
@pytest.mark.parametrize("kind", SINGULAR)
def test_a_determinant_is_a_polynomial(kind, text):
    n = len(SINGULAR[kind])
    values = point({"m": 2, "n": n}) | {"S": SINGULAR[kind]}
    for wrt in sorted(
        {e.name for e in mc.graph.walk.symbols(evaluated(text, VARIABLES))} & {*"Sax"}
    ):
        agrees(text, wrt, {"m": 2, "n": n}, values, tolerance=1e-6)


@pytest.mark.parametrize("text", OF_DET)
@pytest.mark.parametrize("kind", SINGULAR)
def test_what_goes_back_to_a_determinant(kind, text):
    """That the listing's program gives, in every matrix, what the closed form gives."""
    n = len(SINGULAR[kind])
    values = point({"m": 2, "n": n}) | {"S": SINGULAR[kind]}
    y = evaluated(text, VARIABLES)
    y = np.sum(y) if y.ndim else y
    given = {str(e): values[str(e)] for e in mc.graph.walk.symbols(y)}
    _, found = mc.backward(y).numpy()(**given)
    for v in mc.graph.walk.symbols(y):
        wanted = mc.derive(y, v).numpy()(**given)
        wanted = wanted.T if v.ndim == 2 else wanted
        assert np.allclose(found[str(v)], np.reshape(wanted, v.ndim and given[str(v)].shape or ()))


OF_DET_AND_INVERSE = [
    "np.linalg.det(S)*np.linalg.det(np.linalg.inv(S))*x",
    "np.linalg.det(S)*np.linalg.inv(S) @ x",
    "np.linalg.det(S)*np.linalg.norm(np.linalg.inv(S) @ x)",
    "np.linalg.det(S)*np.max(np.linalg.inv(S) @ x)",
    "np.linalg.det(S)*np.linalg.slogdet(np.linalg.inv(S))[1]*x",
    "np.linalg.det(S)*np.trace(np.linalg.inv(S))",
    "np.linalg.det(S)*np.linalg.norm(np.linalg.inv(S))",
    "np.linalg.det(S)*np.exp(np.linalg.inv(S) @ x)",
    "np.linalg.det(S)**2*np.linalg.inv(S) @ np.linalg.inv(S) @ x",
    "np.linalg.det(S)*np.linalg.inv(S + S) @ x",
]


@pytest.mark.parametrize("text", OF_DET_AND_INVERSE)
def test_a_determinant_beside_an_inverse(text):
    values = point({"m": 2, "n": 3}) | {"S": SINGULAR["regular"]}
    for wrt in "Sx" if "x" in text else "S":
        agrees(text, wrt, {"m": 2, "n": 3}, values, tolerance=1e-6)
    y = evaluated(text, VARIABLES)
    given = {e.name: values[e.name] for e in mc.graph.walk.symbols(y)}
    found = mc.check.compile.compile_(y)(**given)
    assert np.allclose(found, evaluated(text, values))


@pytest.mark.parametrize("kind", SINGULAR)
def test_a_determinant_is_checked_at_a_singular_matrix(kind):
    assert mc.derive(np.linalg.det(S), S).check(at={"S": SINGULAR[kind]}).passed


def test_a_determinant_of_what_is_not_finite():
    assert np.isnan(mc.derive(np.linalg.det(S), S).numpy()(S=np.full((2, 2), np.inf))).all()


def test_an_inverse_that_there_is_none_of_is_numpys_error():
    for y in (np.sum(np.linalg.inv(S)), np.linalg.slogdet(S)[1]):
        with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
            mc.derive(y, S).numpy()(S=np.ones((2, 2)))


# --- powers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["a**b", "3*a**b", "a**b*x", "x*a**b*b", "np.sum(x**b)", "x**w", "np.sum(w*x**b)"]
)
def test_a_power_of_zero_by_its_exponent(text):
    values = point({"m": 2, "n": 3}, low=1.2) | {"a": np.array(0.0), "x": np.array([0.0, 1, 2])}
    for wrt in "bw":
        if wrt in text:
            agrees(text, wrt, {"m": 2, "n": 3}, values)


def test_powers_of_zero_with_other_exponents():
    slope = mc.derive(a**b, b).numpy()
    assert slope(a=0, b=0) == -np.inf and slope(a=0, b=-1) == -np.inf and slope(a=0, b=2) == 0
    assert np.isnan(slope(a=-1, b=2)) and slope(a=np.e, b=1) == np.float64(np.e)
    second = mc.hessian(a**b, b).numpy()
    assert second(a=0, b=2) == 0 and np.allclose(second(a=3, b=2), 9 * np.log(3) ** 2)


# --- what would cancel -------------------------------------------------------------------------

FAR = np.array([-300.0, -40, -20, -1, 0, 1e-3, 1, 20, 40, 300])


def logistic_slope(z):
    small = np.exp(-np.abs(z))
    return small / (1 + small) ** 2


EXACT = {
    "σ": (mc.sigmoid(x), logistic_slope),
    "tanh": (np.tanh(x), lambda z: np.cosh(z) ** -2.0),
    "a name for tanh": (mc.let("t", np.tanh(x)), lambda z: np.cosh(z) ** -2.0),
    "log σ": (np.log(mc.sigmoid(x)), lambda z: 1 / (1 + np.exp(z))),
    "logaddexp": (np.logaddexp(x, a * 0), lambda z: 1 / (1 + np.exp(-z))),
    "logaddexp, the other way": (np.logaddexp(0 * a, -x), lambda z: -1 / (1 + np.exp(z))),
    "1 - σ": (1 - mc.sigmoid(x), lambda z: -logistic_slope(z)),
    "what is in front": (3 * np.tanh(x) - 2, lambda z: 3 * np.cosh(z) ** -2.0),
}


@pytest.mark.parametrize("name", EXACT)
def test_slopes_that_are_nearly_zero_have_all_their_digits(name):
    y, right = EXACT[name]
    d = mc.derive(y, x)
    given = {"x": FAR, "a": 1.0}
    given = {name: given[name] for name in d.parameters}
    with np.errstate(over="ignore"):
        wanted = right(FAR)
    found = [np.diag(d.numpy()(**given)), d.jvp(np.ones(10), **given), d.vjp(np.ones(10), **given)]
    for slopes in found:
        assert np.allclose(slopes, wanted, rtol=1e-13, atol=0)


def test_printed_forms_stay_as_they_are():
    forms = [str(mc.derive(y, x).jacobian) for y in (mc.sigmoid(x), np.tanh(x))]
    assert forms == ["diag(σ(x) ⊗ (1 - σ(x)))", "diag(1 - tanh(x)^2)"]
    assert str(mc.derive(np.linalg.det(S), S).jacobian) == "det(S) inv(S)"


# --- products of all elements ------------------------------------------------------------------


PRODUCTS = {  # of vectors and of matrices, and scalar functions of them
    "x": ["np.prod(x)", "np.prod(np.sin(x))", "np.prod(a*x)", "np.prod(x*w)", "np.prod(x[1:-1])"],
    "A": [
        "np.prod(A)", "np.sum(np.prod(A, axis=0))", "u @ np.prod(A, axis=1)",
        "np.prod(np.prod(np.sin(A), axis=1) + 1)", "np.sum(A.prod(axis=1, keepdims=True)*A)",
    ],
}  # fmt: skip
AROUND = ["{0}", "np.sin({0})", "{0}**2", "a*{0}*{1}", "np.exp({0}) + {1}", "({0} + 1)*{1} - {2}"]


@pytest.mark.parametrize("seed", range(40))
def test_products_in_which_elements_are_zero(seed):
    """Forwards, backwards and as a backward pass, as differences of the line itself say."""
    rng = random.Random(seed)
    wrt = rng.choice("xA")
    text = rng.choice(AROUND).format(*rng.choices(PRODUCTS[wrt], k=3))
    values = point({"m": 2, "n": 3})
    values[wrt].flat[rng.sample(range(values[wrt].size), rng.randrange(3))] = 0
    agrees(text, wrt, {"m": 2, "n": 3}, values, tolerance=1e-6)
    listing = mc.backward(evaluated(text, VARIABLES), wrt=VARIABLES[wrt])
    at = {e.name: values[e.name] for e in listing.inputs}
    right = differences(lambda x: evaluated(text, {**values, wrt: x}), values[wrt])
    gradient = listing.numpy()(**at)[1][wrt]
    np.testing.assert_allclose(gradient.ravel(), right[0], rtol=1e-6, atol=1e-8, err_msg=text)


@pytest.mark.parametrize("text", ["np.prod(x)*x", "np.prod(A, axis=1)**2", "A*np.prod(A, axis=0)"])
def test_vectors_and_matrices_of_products_in_which_elements_are_zero(text):
    wrt, values = text.partition("prod(")[2][0], point({"m": 2, "n": 3})
    values[wrt].flat[:2] = 0
    agrees(text, wrt, {"m": 2, "n": 3}, values, tolerance=1e-6)


def test_what_is_shown_of_a_product_is_divided():
    z = mc.let("z", np.prod(x))
    assert str(mc.derive(z, x).jacobian) == "(prod(x)/x)^T"
    assert "dx = dz z/x" in str(mc.backward(np.sin(z)))
    assert "dx = dz * products_of_others(x)" in mc.backward(np.sin(z)).source


def test_what_rounding_leaves_of_a_nearly_singular_matrix_is_no_wrong_derivative():
    """Its tangents are 1 to the last digits, and two orders of the same steps differ by 7e-6."""
    (w, x), q = mc.vectors("w x"), mc.vectors("q", size=3)
    ww, xx, wx = (np.concatenate(pair) for pair in ((w, w), (x, x), (w, x)))
    A = np.tanh(np.outer(ww, xx)) + np.diag(4 * np.ones_like(ww))
    right = wx[:, None] * xx[:, None] * np.max(np.outer(wx, q), axis=1, keepdims=True)
    y = np.tensordot(np.linalg.solve(A, right), np.outer(ww, w), ([0], [0]))
    assert mc.derive(y, wrt=w).check()
