"""Matrices that are derived: what they make of a step dW, and of a gradient G."""

import numpy as np
import pytest

import mcalc as mc

s, t = mc.scalars("s t")
x, b = mc.vectors("x"), mc.vectors("b", size="k")
X, W = mc.matrices("X", shape=("N", "n")), mc.matrices("W", shape=("n", "k"))
A, B = mc.matrices("A B", shape=("n", "n"))
Q, K = mc.matrices("Q", shape=("N", "p")), mc.matrices("K", shape=("M", "p"))
V = mc.matrices("V", shape=("M", "r"))


def softmax(Z):
    E = np.exp(Z)
    return E / np.sum(E, axis=1, keepdims=True)


# A matrix, what it is derived by, and the two lines that are shown
RESULTS = {
    "product": (X @ W, W, "dY = X dW   (N x k)", "G ↦ X^T G   (n x k)"),
    "product, on the left": (X @ W, X, "dY = dX W   (N x k)", "G ↦ G W^T   (N x n)"),
    "inverse": (
        np.linalg.inv(A), A, "dY = -inv(A) dA inv(A)   (n x n)",
        "G ↦ -inv(A)^T G inv(A)^T   (n x n)",
    ),
    "itself": (A, A, "dY = dA   (n x n)", "G ↦ G   (n x n)"),
    "transpose": (X.T, X, "dY = dX^T   (n x N)", "G ↦ G^T   (N x n)"),
    "power": (
        A @ A @ A, A, "dY = dA A A + A dA A + A A dA   (n x n)",
        "G ↦ G A^T A^T + A^T G A^T + A^T A^T G   (n x n)",
    ),
    "element by element": (
        X * np.sin(X), X, "dY = dX ⊗ sin(X) + X ⊗ dX ⊗ cos(X)   (N x n)",
        "G ↦ G ⊗ sin(X) + G ⊗ X ⊗ cos(X)   (N x n)",
    ),
    "bias": (X @ W + b, b, "dY = 1 db^T   (N x k)", "G ↦ G^T 1   (k x 1)"),
    "outer product": (
        np.outer(x, x), x, "dY = dx x^T + x dx^T   (n x n)", "G ↦ (G + G^T) x   (n x 1)",
    ),
    "scaled": (np.diag(x) @ A, x, "dY = diag(dx) A   (n x n)", "G ↦ (A ⊗ G) 1   (n x 1)"),
    "rectified": (
        np.maximum(0, X @ W), W, "dY = X dW if X W > 0; 0 otherwise   (N x k)",
        "G ↦ X^T (G if X W > 0; 0 otherwise)   (n x k)",
    ),
    "nothing of it": (np.sign(X @ W), W, "dY = 0   (N x k)", "G ↦ 0   (n x k)"),
    "another variable": (X @ W, A, "dY = 0   (N x k)", "G ↦ 0   (n x n)"),
}  # fmt: skip


@pytest.mark.parametrize("y, by, forward, back", RESULTS.values(), ids=RESULTS)
def test_a_matrix_by_a_vector_or_a_matrix(y, by, forward, back):
    d = mc.derive(y, wrt=by)
    assert d.steps[1].text == f"{forward}\n{back}" and f"{d}".count(" x ") >= 2
    assert d._repr_latex_().count("{") == d._repr_latex_().count("}") and "mapsto" in f"{d.steps}"
    assert d.check(sizes=(1, 2, 3), points=2).passed
    assert d.equals(d.vjp(d.G)) and d.why(d.vjp(d.G) + 1) and d.more_axes
    with pytest.raises(mc.UnsupportedError, match=r"use \.jvp and \.vjp, or \.explicit"):
        d.jacobian


LENGTHS = {"N": 2, "M": 3, "n": 4, "k": 3, "p": 2, "r": 5}


@pytest.mark.parametrize("y, by", [row[:2] for row in RESULTS.values()], ids=RESULTS)
def test_its_entries_are_an_array_with_the_axes_of_both(y, by):
    d, rng = mc.derive(y, wrt=by), np.random.default_rng(1)
    step, *values = (rng.normal(size=[LENGTHS[n] for n in e.shape]) for e in (by, *d.inputs))
    at = {e.name: v for e, v in zip(d.inputs, values, strict=True) if e.name in d.parameters}
    entries = d.numpy()(**at)
    assert entries.shape == tuple(LENGTHS[n] for n in (*y.shape, *by.shape))
    assert d.three_axes == (entries.ndim == 3)
    assert np.allclose(np.tensordot(entries, step, by.ndim), d.jvp(step, **at))


def test_attention():
    d = mc.derive(softmax(Q @ K.T) @ V, wrt=Q)
    assert d.check(sizes=(1, 2, 3), points=1).passed
    named = mc.derive(softmax(Q @ K.T) @ V, wrt=V)
    assert named.equals(softmax(Q @ K.T).T @ named.G)


BY_SCALARS = {  # a matrix, a scalar, and its Jacobian
    "scaled": (t * A, t, "A"),
    "exponential": (np.exp(t * A), t, "A ⊗ exp(t A)"),
    "inverse": (np.linalg.inv(A + t * B), t, "-Y B Y"),
    "no part of it": (A @ B, t, "0"),
}


@pytest.mark.parametrize("y, by, jacobian", BY_SCALARS.values(), ids=BY_SCALARS)
def test_a_matrix_by_a_scalar_has_a_jacobian_in_its_shape(y, by, jacobian):
    d = mc.derive(y, wrt=by)
    assert (str(d.jacobian), d.jacobian.shape) == (jacobian, y.shape) and not d.more_axes
    assert d.check(sizes=(1, 2, 3), points=2).passed
    assert d.equals(d.jacobian) and d.equals(d.vjp(d.G)) and d.equals(np.sum(d.jacobian.expr * d.G))
    assert not d.equals(d.jacobian + 1) and not d.equals(d.vjp(d.G) + 1)
    numbers = {"A": np.eye(2), "B": np.ones((2, 2)), "t": 0.5}
    assert d.numpy()(**{n: numbers[n] for n in d.parameters}).shape == (2, 2)


def test_a_matrix_by_several_scalars():
    d = mc.derive(t * A + s**2 * B, wrt=(t, s))
    assert d.steps[1].text.splitlines()[0] == "dY = dt A + 2ds s B   (n x n)"
    assert d.check(sizes=(1, 2), points=2).passed
    at = {"s": 3.0, "A": np.eye(2), "B": np.ones((2, 2))}
    assert np.allclose(d.jvp([1, 0], **at), at["A"])
    assert np.allclose(d.vjp(np.ones((2, 2)), **at), [2, 24])


def test_products_are_numbers_of_numbers_and_formulas_of_formulas():
    d, rng = mc.derive(X @ W, wrt=W), np.random.default_rng(0)
    dW, G = mc.matrices("dW", shape=("n", "k")), mc.matrices("G", shape=("N", "k"))
    assert d.jvp(dW) is X @ dW and d.vjp(G) is X.T @ G and d.G is G
    x, step, g = (rng.normal(size=shape) for shape in ((2, 3), (3, 4), (2, 4)))
    assert np.allclose(d.jvp(step, X=x), x @ step) and np.allclose(d.vjp(g, X=x), x.T @ g)
    assert np.isclose(np.sum(d.vjp(g, X=x) * step), np.sum(g * d.jvp(step, X=x)))


@pytest.mark.parametrize("claim, reason", [
    (X.T, "a formula in G is expected: what G (N x k), a gradient by X W, becomes (n x k)"),
    (0, "yours is zero, and it should not be"),
    (-X.T @ mc.matrices("G", shape=("N", "k")), "the sign is wrong: yours is the negative"),
    (2 * X.T @ mc.matrices("H", shape=("N", "k")),
     "a constant factor: yours is 2 times what it should be"),
    (mc.matrices("G", shape=("N", "k")).T @ X,
     "k x n given, n x k expected: this is the transpose: G becomes what has the shape of the "
     "variable"),
    (A @ mc.matrices("G", shape=("n", "k")),
     "A is not a variable of X W; its variables are X, W, and G: what G (N x k), a gradient by "
     "X W, becomes (n x k)"),
])  # fmt: skip
def test_wrong_claims_about_what_a_gradient_becomes(claim, reason):
    assert mc.derive(X @ W, wrt=W).why(claim) == reason


def test_the_names_of_steps_and_gradients_are_free_ones():
    G, dW = mc.matrices("G", shape=("N", "n")), mc.matrices("dW", shape=("n", "k"))
    d = mc.derive(G @ (W * dW), wrt=W)
    assert d.G.name == "H"
    assert d.steps[1].text == "dY = G (dW ⊗ ΔW)   (N x k)\nH ↦ dW ⊗ (G^T H)   (n x k)"
    assert mc.derive(X @ mc.matrices("Y", shape=("n", "k")), wrt=X).output == "F"


@pytest.mark.parametrize("side", ["row_labels", "column_labels"])
def test_each_of_the_products_is_checked(side):
    d = mc.derive(A @ B, wrt=A)
    form, probe = d._structured.product(side)
    d._structured._products[side] = form.T, probe
    with pytest.raises(mc.CheckFailed, match=f"by {'vjp' if side == 'row_labels' else 'jvp'}, "):
        d.check(sizes=(2,))


def test_entries_of_a_jacobian_of_four_axes():
    slices = mc.derive(X @ W, wrt=W).explicit(N=2, n=2, k=1)
    assert repr(slices) == (
        "output (1, 1):\n[X_11]\n[X_12]\noutput (2, 1):\n[X_21]\n[X_22]"
    )  # fmt: skip
    assert slices._repr_latex_().count("{") == slices._repr_latex_().count("}")
    first = mc.derive(np.outer(x, x), wrt=x).explicit(n=2)[0]
    assert first.shape == (2, 1) and str(first[0]) == "2*x_1"
    assert mc.derive(t * A, wrt=t).explicit(n=2).tolist() == mc.entries(A, n=2).tolist()
    assert mc.derive(t * A + s * B, wrt=(t, s)).explicit(n=2)[1].shape == (1, 2)


HESSIANS = {  # a scalar, a matrix, and what a step becomes
    "squares": (np.sum((X @ W) ** 2), W, "P ↦ 2 X^T X P   (n x k)"),
    "log-determinant": (
        np.log(np.linalg.det(A)), A, "P ↦ -inv(A)^T P^T inv(A)^T   (n x n)",
    ),
    "linear": (np.trace(A @ B), A, "P ↦ 0   (n x n)"),
    "no part of it": (np.sum(X), A, "P ↦ 0   (n x n)"),
}  # fmt: skip


@pytest.mark.parametrize("y, by, line", HESSIANS.values(), ids=HESSIANS)
def test_the_hessian_by_a_matrix_is_an_operator(y, by, line):
    d, P = mc.hessian(y, wrt=by), mc.matrices("P", shape=by.shape)
    assert d.steps[1].text == line and d.G is P
    assert d.check(sizes=(1, 2), points=2).passed
    assert d.equals(d.jvp(P)) and d.equals(d.vjp(P)) and not d.equals(d.jvp(P) + P)
    with pytest.raises(mc.UnsupportedError, match="four axes"):
        d.jacobian


ELSEWHERE = {  # a function, and a variable that is not in it
    "scalar by matrix": (np.trace(A), X, "0", (1, "n", "N")),
    "scalar by vector": (t, x, "0^T", (1, "n")),
    "vector by vector": (b, x, "0", ("k", "n")),
    "vector by scalar": (x, t, "0_n", ("n", 1)),
    "scalar by scalar": (t, s, "0", (1, 1)),
}


@pytest.mark.parametrize("y, by, jacobian, shape", ELSEWHERE.values(), ids=ELSEWHERE)
def test_by_what_is_not_in_it_a_derivative_is_zero(y, by, jacobian, shape):
    d = mc.derive(y, wrt=by)
    assert str(d.jacobian) == jacobian and d.jacobian.shape == shape[-2:] and "0" in f"{d}"
    report = d.check(sizes=(1, 2), points=1)
    assert report.passed and f"  it is 0 by {by.name}, which is not in {y}" in report.lines
    assert d.equals(0) and d._repr_latex_()
    at = {v.name: np.ones([2] * v.ndim) for v in d.inputs}
    zero = d.jvp(np.ones([2] * by.ndim), **at)
    assert not np.any(zero)
