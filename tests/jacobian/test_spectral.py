"""Eigenvalues, pseudo-inverses, Kronecker products, and elements that are the largest together."""

import numpy as np
import pytest

import mcalc as mc

X = mc.matrices("X", shape=("n", "n"))
S = mc.matrices("S", shape=("n", "n"), symmetric=True)
A, C = mc.matrices("A C", shape=("m", "n"))
B = mc.matrices("B", shape=("p", "q"))
x, y = mc.vectors("x"), mc.vectors("y", size="m")
t = mc.scalars("t")


def differences(f, a, h=1e-3):
    """The derivative of ``f`` by each entry of ``a``, the axes of ``f`` first."""
    columns = []
    for place in np.ndindex(a.shape):
        e = np.zeros(a.shape)
        e[place] = h
        wide, near = (np.asarray((f(a + k * e) - f(a - k * e)) / (2 * k * h)) for k in (1, 0.5))
        columns.append((4 * near - wide) / 3)
    return np.moveaxis(np.array(columns), 0, -1).reshape(*np.shape(f(a)), *a.shape)


def values(rng, *variables):
    sizes = {"m": 4, "n": 3, "p": 2, "q": 3}
    return {str(v): rng.normal(size=[sizes[n] for n in v.shape]) for v in variables}


# --- eigenvalues, against NumPy's own ---


@pytest.mark.parametrize(
    "f",
    [
        lambda S: np.sum(np.exp(np.linalg.eigvalsh(S))),
        lambda S: np.max(np.linalg.eigvalsh(S)) - np.min(np.linalg.eigvalsh(S)),
        lambda S: np.linalg.eigvalsh(S),
        lambda S: np.sum(np.sin(np.linalg.eigvals(S))),
    ],
    ids=["heat trace", "spread", "all", "of no symmetric matrix"],
)
def test_eigenvalues_move_as_numpys_do(f):
    rng = np.random.default_rng(3)
    M = rng.normal(size=(3, 3))
    M = M + M.T
    P = rng.normal(size=(3, 3))
    P = P + P.T  # symmetric stays symmetric
    d = mc.derive(f(S), wrt=S)
    slope = differences(lambda s: f(M + s * P), np.zeros(1))[..., 0]
    np.testing.assert_allclose(d.jvp(P, S=M), slope, rtol=1e-7)
    assert d.check()


def test_a_matrix_function_by_a_scalar():
    λ, V = np.linalg.eigh(S)
    d = mc.derive(V @ np.diag(np.exp(t * λ)) @ V.T, wrt=t)
    M = np.array([[2.0, 1], [1, 0]])
    λ, V = np.linalg.eigh(M)
    expected = M @ V @ np.diag(np.exp(0.5 * λ)) @ V.T
    np.testing.assert_allclose(d.jvp(1.0, S=M, t=0.5), expected)


def test_eigenvalues_that_are_not_real_are_no_numbers():
    assert str(mc.derive(np.sum(np.linalg.eigvals(X)), wrt=X).jacobian) == "I"  # as of tr(X)
    d = mc.derive(np.sum(np.exp(np.linalg.eigvals(X))), wrt=X)
    assert np.isnan(d.numpy()(X=[[0, -1], [1, 0]])).all()


def test_eigenvectors_have_no_derivative_and_say_so():
    with pytest.raises(mc.UnsupportedError, match="of eigenvalues there are first derivatives"):
        mc.hessian(np.sum(np.exp(np.linalg.eigvalsh(S))), wrt=S).numpy()
    with pytest.raises(mc.ShapeError, match="not square"):
        np.linalg.eigvalsh(A)


# --- pseudo-inverse, of either shape ---


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3)])
def test_the_pseudo_inverse_of_open_lengths(shape):
    def f(A):
        return np.sum(np.sin(np.linalg.pinv(A)))

    d = mc.derive(f(A), wrt=A)
    M = np.random.default_rng(1).normal(size=shape)
    np.testing.assert_allclose(d.numpy()(A=M), differences(f, M).T, rtol=1e-5, atol=1e-7)


def test_the_pseudo_inverse_is_checked_and_read_back():
    d = mc.derive(x @ np.linalg.pinv(A) @ y, wrt=A)
    assert d.check()
    assert d.equals(mc.read(str(d.jacobian).split("   ")[0], A=A, x=x, y=y))


# --- Kronecker products of any lengths ---


def test_a_kronecker_product_is_linear_in_both():
    d = mc.derive(np.kron(A, B), wrt=A)
    assert "dY = kron(dA, B)   ((m p) x (n q))" in str(d)
    rng = np.random.default_rng(0)
    point, step = values(rng, A, B), values(rng, A)["A"]
    np.testing.assert_allclose(d.jvp(step, **point), np.kron(step, point["B"]))
    assert d.check()


@pytest.mark.parametrize(
    ("f", "wrt"),
    [
        (lambda t, A, C: np.kron(t * A, np.exp(t * C)), "t"),
        (lambda A, B: np.sum(np.kron(A, B) ** 2), "B"),
        (lambda x, y: np.kron(x, y), "y"),
        (lambda x, y: np.kron(np.sin(x), y) @ np.kron(x, y), "x"),
    ],
    ids=["by a scalar", "sum of squares", "vectors", "twice"],
)
def test_kronecker_products_against_differences(f, wrt):
    names = f.__code__.co_varnames
    variables = {"t": t, "A": A, "B": B, "C": C, "x": x, "y": y}
    d = mc.derive(f(**{n: variables[n] for n in names}), wrt=variables[wrt])
    point = values(np.random.default_rng(2), *(variables[n] for n in names))
    expected = differences(lambda a: f(**{**point, wrt: a}), point[wrt])
    got = d.numpy()(**point)
    expected = expected.T if wrt == "B" else expected
    np.testing.assert_allclose(got, expected.reshape(got.shape), rtol=1e-6, atol=1e-9)
    assert d.check()


def test_the_trace_of_a_kronecker_product_is_a_product_of_traces():
    K = mc.matrices("K", shape=("k", "k"))
    assert str(mc.derive(np.trace(np.kron(K, X)), wrt=X).jacobian) == "tr(K) I"


def test_kronecker_products_are_read_back():
    d = mc.derive(np.kron(x, y), wrt=y)
    assert d.equals(mc.read("diag(kron(I_n, 1_m) x) kron(1_n, I_m)", x=x, y=y))
    assert str(mc.read("kron(A, B)", A=A, B=B)) == "kron(A, B)"
    with pytest.raises(mc.UnsupportedError, match="lengths that are sums"):
        np.kron(A[1:], B)


# --- several elements are the largest ---


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: np.max(x), [0, 0.5, 0.5]),
        (lambda x: np.min(-2 * x), [0, -1, -1]),
        (lambda x: np.max(x) - np.mean(x), [-1 / 3, 1 / 6, 1 / 6]),
        (lambda x: np.max(np.stack([x[0], x[2], x[1]])), [0, 0.5, 0.5]),
    ],
    ids=["max", "min", "and the mean", "listed"],
)
def test_equal_elements_have_a_share_each(f, expected):
    v = mc.vectors("v", size=3)
    d = mc.derive(f(v), wrt=v)
    point = {"v": np.array([1.0, 2, 2])}
    np.testing.assert_allclose(d.numpy()(**point)[0], expected)
    np.testing.assert_allclose(d.vjp(1.0, **point), expected)
    np.testing.assert_allclose(mc.backward(f(v)).numpy()(**point)[1]["v"], expected)


def test_the_form_that_is_shown_is_the_textbooks():
    assert str(mc.derive(np.max(x), wrt=x).jacobian) == "(1 if x = max(x); 0 otherwise)^T"


def test_equal_elements_of_a_row_have_a_share_each():
    d = mc.derive(np.sum(A.max(axis=1)), wrt=A)
    np.testing.assert_array_equal(d.numpy()(A=[[2, 2], [1, 3]]), [[0.5, 0], [0.5, 1]])
    d = mc.derive(A.max(axis=0), wrt=A)
    np.testing.assert_array_equal(d.vjp([1, 1], A=[[2, 2], [2, 3]]), [[0.5, 0], [0.5, 1]])


def test_a_softmax_less_its_maximum_has_no_shares_to_take():
    e = np.exp(x - np.max(x))
    d = mc.derive(e / np.sum(e), wrt=x)
    np.testing.assert_allclose(d.numpy()(x=[1, 1]), [[0.25, -0.25], [-0.25, 0.25]])


def test_what_is_compared_with_the_largest_is_computed_as_the_largest_was():
    """The rounding of ``c r^T`` and of its transpose ``r c^T`` need not be the same."""
    rows = mc.let("H", np.outer(y, np.var(X, axis=1))[:, ::-1])
    d = mc.derive(np.sum(np.max(rows, axis=1)), wrt=X)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        point = {"y": rng.normal(size=4), "X": rng.normal(size=(3, 3))}
        got = d.numpy()(**point)
        r = np.var(point["X"], axis=1)
        best = np.array([np.argmax(a * r) for a in point["y"]])
        weights = np.bincount(best, weights=point["y"], minlength=3)
        centred = point["X"] - point["X"].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(got, (2 / 3 * weights[:, None] * centred).T, atol=1e-12)


def test_the_sign_of_the_determinant_of_a_singular_matrix_is_zero_everywhere():
    """NumPy's determinant of ``c c^T`` is about 1e-46, whose sign is a matter of rounding."""
    c = mc.vectors("c")
    d = mc.derive(np.fmax(np.linalg.slogdet(np.outer(c, c))[0], x), wrt=x)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        point = {"c": rng.normal(size=3), "x": rng.normal(size=3)}
        np.testing.assert_array_equal(d.numpy()(**point), np.diag(point["x"] > 0))
        assert d.check(at=point)
