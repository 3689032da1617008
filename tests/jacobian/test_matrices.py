"""Derivatives by a matrix: closed forms, layout, products, and what is told of three axes."""

import numpy as np
import pytest

import mcalc as mc

x, v = mc.vectors("x v")
u, t, b = mc.vectors("u t b", size="m")
c = mc.vectors("c", size="k")
W, X = mc.matrices("W X")
A, S = mc.matrices("A S", shape=("n", "n"))
D, Q = mc.matrices("D", shape=("N", "n")), mc.matrices("Q", shape=("n", "k"))
Y = mc.matrices("Y", shape=("N", "k"))
scores = D @ Q + c

# A scalar, the matrix it is derived by, the Jacobian (of the transpose shape) and the gradient.
SCALARS = {
    "bilinear form": (u @ W @ x, W, "x u^T", "u x^T"),
    "sum": (np.sum(X), X, "1 1^T", "1 1^T"),
    "mean": (np.mean(X), X, "(1/(m n)) 1 1^T", "(1/(m n)) 1 1^T"),
    "squares": (np.sum(X**2), X, "2X^T", "2X"),
    "Frobenius norm": (np.linalg.norm(X), X, "X^T/||X||_F", "X/||X||_F"),
    "Frobenius norm, squared": (np.linalg.norm(X) ** 2, X, "2X^T", "2X"),
    "trace": (np.trace(S), S, "I", "I"),
    "trace of a product": (np.trace(A @ S), S, "A", "A^T"),
    "trace of a square": (np.trace(S @ S), S, "2S", "2S^T"),
    "trace with a transpose": (np.trace(X.T @ X), X, "2X^T", "2X"),
    "trace of an inverse": (
        np.trace(np.linalg.inv(S)), S, "-inv(S) inv(S)", "-inv(S)^T inv(S)^T",
    ),
    "determinant": (np.linalg.det(S), S, "det(S) inv(S)", "det(S) inv(S)^T"),
    "its logarithm": (np.log(np.linalg.det(S)), S, "inv(S)", "inv(S)^T"),
    "log-determinant": (np.linalg.slogdet(S)[1], S, "inv(S)", "inv(S)^T"),
    "inverse": (
        x @ np.linalg.inv(S) @ v, S, "-inv(S) v x^T inv(S)", "-inv(S)^T x (inv(S) v)^T",
    ),
    "layer": (
        np.sum(np.tanh(W @ x + b)), W, "x (1 - tanh(W x + b)^2)^T", "(1 - tanh(W x + b)^2) x^T",
    ),
    "rectified layer": (
        np.sum(np.maximum(0, W @ x)), W,
        "x (1 if W x > 0; 0 otherwise)^T", "(1 if W x > 0; 0 otherwise) x^T",
    ),
    "squared error": (np.sum((W @ x - t) ** 2), W, "2x (W x - t)^T", "2(W x - t) x^T"),
    "a batch": (
        np.mean((D @ Q - Y) ** 2), Q, "(2/(N k)) (D Q - Y)^T D", "(2/(N k)) D^T (D Q - Y)",
    ),
    "a batch through tanh": (
        np.sum(np.tanh(scores)), Q, "(1 - tanh(D Q + 1 c^T)^⊗2)^T D",
        "D^T (1 - tanh(D Q + 1 c^T)^⊗2)",
    ),
    "square of a sum": (np.sum(W @ x) ** 2, W, "2 sum(W x) x 1^T", "2 sum(W x) 1 x^T"),
    "a matrix at two places": (u @ W @ x + np.sum(W**2), W, "x u^T + 2W^T", "u x^T + 2W"),
    "no part of it": (np.sum(np.sign(W @ x)), W, "0", "0"),
}  # fmt: skip


@pytest.mark.parametrize("y, by, jacobian, gradient", SCALARS.values(), ids=SCALARS)
def test_scalar_by_matrix(y, by, jacobian, gradient):
    d = mc.derive(y, wrt=by)
    assert (str(d.jacobian), str(d.gradient)) == (jacobian, gradient)
    assert d.jacobian.shape == by.shape[::-1] and d.gradient.shape == by.shape
    assert d.check(sizes=(1, 2, 3), points=2).passed
    assert d.equals(d.jacobian) and d.equals(d.gradient.T)


VECTORS = {  # a vector, the matrix it is derived by, and what is shown of its two products
    "layer": (W @ x, W, "dy = dW x", "v^T ∂y/∂W = x v^T"),
    "transposed": (W.T @ u, W, "dy = dW^T u", "v^T ∂y/∂W = v u^T"),
    "through tanh": (
        np.tanh(W @ x), W, "dy = (dW x) ⊗ (1 - tanh(W x)^2)",
        "v^T ∂y/∂W = x (v ⊗ (1 - tanh(W x)^2))^T",
    ),
    "squares": (S @ (S @ x), S, "dy = (dS S + S dS) x", "v^T ∂y/∂S = S x v^T + x v^T S"),
}  # fmt: skip


@pytest.mark.parametrize("y, by, forward, back", VECTORS.values(), ids=VECTORS)
def test_vector_by_matrix(y, by, forward, back):
    d = mc.derive(y, wrt=by)
    assert d.steps[1].text == f"{forward}\n{back}"
    assert d.check(sizes=(1, 2, 3), points=2).passed
    assert not d.equals(0)
    assert d.equals(d.vjp(d.G)) and "has the shape of the variable" in d.why(d.vjp(d.G).T)
    assert d.why(by) == (
        f"a formula in v is expected: what v ({y.shape[0]} x 1), a gradient by {y}, becomes "
        f"({by.shape[0]} x n)"
    )
    assert repr(d) and d._repr_latex_().count("{") == d._repr_latex_().count("}")


def values(*names, m=2, n=3, seed=0):
    rng, lengths = np.random.default_rng(seed), {"m": m, "n": n}
    shapes = {e.name: tuple(map(lengths.get, e.shape)) for e in (x, v, u, t, b, W, X, A, S)}
    return {name: rng.standard_normal(shapes[name]) for name in names}


def test_products_with_a_jacobian_of_more_axes():
    d, at = mc.derive(np.sin(W @ x + b), wrt=W), values("W", "x", "b")
    dW, row = values("X", seed=1)["X"], np.array([2.0, -3.0])
    slope = np.cos(at["W"] @ at["x"] + at["b"])
    assert np.allclose(d.jvp(dW, **at), slope * (dW @ at["x"]))
    assert np.allclose(d.vjp(row, **at), np.outer(row * slope, at["x"]))
    assert d.parameters == ("W", "x", "b") and d.three_axes
    entries = np.einsum("ij,k->ijk", np.diag(slope), at["x"])
    assert np.allclose(d.numpy()(**at), entries)


def test_products_of_a_scalar_by_a_matrix():
    d, at = mc.derive(np.sum((W @ x - t) ** 2), wrt=W), values("W", "x", "t")
    gradient = 2 * np.outer(at["W"] @ at["x"] - at["t"], at["x"])
    assert np.allclose(d.numpy()(**at), gradient.T)
    assert np.allclose(d.vjp(1.0, **at), gradient)
    step = values("X", seed=2)["X"]
    assert np.allclose(d.jvp(step, **at), np.sum(gradient * step))


def test_entries_of_a_jacobian_of_more_axes():
    first, second = mc.derive(W @ x, wrt=W).explicit(m=2, n=2)
    x_1, x_2 = first[0, 0], first[0, 1]
    assert [str(x_1), str(x_2)] == ["x_1", "x_2"] and list(first.row(1)) == [0, 0]
    assert list(second.row(0)) == [0, 0] and list(second.row(1)) == [x_1, x_2]
    shown = mc.derive(W @ x, wrt=W).explicit(m=2, n=2)
    assert repr(shown) == "output 1:\n[x_1, x_2]\n[  0,   0]\noutput 2:\n[  0,   0]\n[x_1, x_2]"


def test_entries_of_a_scalar_by_a_matrix_are_turned():
    entries = mc.derive(u @ W @ x, wrt=W).explicit(m=2, n=3)
    assert entries.shape == (3, 2) and str(entries[2, 0]) == "u_1*x_3"


def test_steps_go_back_from_the_result():
    d = mc.derive(np.sum(np.tanh(W @ x + b) * t), wrt=W)
    assert d.steps[1].text.splitlines() == [
        "∂y/∂u_3 = 1^T",
        "∂y/∂u_2 = ∂y/∂u_3 diag(t)",
        "∂y/∂u_1 = ∂y/∂u_2 diag(1 - tanh(u_1)^2)",
        "∂y/∂W = x ∂y/∂u_1",
    ]
    assert d.steps[2].text == "∂y/∂W = x (t ⊗ (1 - tanh(u_1)^2))^T"
    assert d.steps[3].text == "∂y/∂W = x (t ⊗ (1 - tanh(W x + b)^2))^T"
    assert d.rule == "vector chain rule" and "one path leads from W to y" in d.reason


def test_steps_through_an_inverse():
    d = mc.derive(x @ np.linalg.inv(S) @ v, wrt=S)
    assert d.steps[1].text.splitlines() == [
        "∂y/∂u_2 = v^T",
        "∂y/∂U_1 = (∂y/∂u_2)^T x^T",
        "∂y/∂S = -inv(S) ∂y/∂U_1 inv(S)",
    ]


def test_two_paths_are_added():
    d = mc.derive(np.sum(np.tanh(D @ Q) * (D @ Q)), wrt=Q)
    assert "∂y/∂U_1 = " in d.steps[1].text and "2 paths lead from Q to y" in d.reason
    assert d.check(sizes=(1, 2), points=2).passed


@pytest.mark.parametrize("claim, reason", [
    (u @ W @ x, "1 x 1 given, n x m expected; that is u^T W x itself: what is its derivative?"),
    (mc.outer(u, x), "m x n given, n x m expected: this is the gradient, in the shape of W: "
                     "transpose it"),
    (-mc.outer(x, u), "the sign is wrong: yours is the negative"),
    (2 * mc.outer(x, u), "a constant factor: yours is 2 times what it should be"),
])  # fmt: skip
def test_wrong_claims(claim, reason):
    assert mc.derive(u @ W @ x, wrt=W).why(claim) == reason


def test_a_wrong_claim_beside_numbers():
    d, at = mc.derive(u @ W @ x, wrt=W), values("W", "u", "x")
    shown = mc.compare(d, mc.outer(x, u), {"the sign": -mc.outer(x, u)}, **at)
    right, numbers = (row.split("   ")[-1 - k].strip() for k, row in
                      zip((1, 0), f"{shown}".splitlines()[-2:], strict=True))  # fmt: skip
    assert right == numbers


def test_tables_have_the_product_that_goes_back():
    table = mc.reference((np.sum((W @ x - t) ** 2), W, 2 * mc.outer(x, W @ x - t)))
    assert "x ∂y/∂u_1" in f"{table}" and "n x m" in f"{table}"


def test_denominator_layout_shows_the_gradient():
    jacobian = mc.derive(u @ W @ x, wrt=W).jacobian
    mc.layout("denominator")
    try:
        assert repr(jacobian) == "u x^T   (m x n, denominator layout)"
    finally:
        mc.layout("numerator")


def test_open_functions_in_a_layer():
    f = mc.functions("f")
    d = mc.derive(np.sum(f(W @ x)), wrt=W)
    assert d.check(sizes=(1, 2), points=2).passed
    with pytest.raises(mc.UnsupportedError, match="f is left open"):
        d.vjp(1.0, **values("W", "x"))


def test_the_dataflow_shows_the_shape_of_what_is_no_matrix():
    shown = f"{mc.plots.dataflow(mc.derive(np.sum(np.tanh(W @ x)), wrt=W))}"
    assert "from W to u_1 = W x: m x m x n" in shown and "from u_2" in shown


def test_a_matrix_that_is_named():
    Z = mc.let("Z", D @ Q)
    d = mc.derive(np.sum(Z**2), wrt=Q)
    assert d.steps[0].text.splitlines()[0] == "Z = D Q" and d.equals(2 * (D @ Q).T @ D)
    assert str(mc.derive(np.sum(Z**2), wrt=Z).jacobian) == "2Z^T"


def test_log_determinant_of_slogdet_and_its_sign():
    sign, log = np.linalg.slogdet(S)
    at = {"S": np.array([[0.0, 2.0], [1.0, 5.0]])}
    assert mc.derive(log, wrt=S).check(at=at).passed
    assert str(mc.derive(sign * log, wrt=S).jacobian) == "sign(det(S)) inv(S)"


def test_a_singular_matrix_has_no_inverse():
    d = mc.derive(np.trace(np.linalg.inv(S)), wrt=S)
    with pytest.raises(ValueError, match="has no value at this point"):
        d.check(at={"S": np.ones((2, 2))})


LAYERS = {  # derivatives by a vector in which there is a matrix
    "bias": (np.sum((W @ x + b - t) ** 2), b, "2(W x + b - t)^T"),
    "bias of a name": (np.sum((mc.let("y", W @ x + b) - t) ** 2), b, "2(y - t)^T"),
    "input": (np.sum((W @ x + b) ** 2), x, "2(W x + b)^T W"),
    "input, rectified": (  # the rows of W are no examples, and nothing is summed over them
        np.sum(np.maximum(0, W @ x) ** 2), x, "2(W x if W x > 0; 0 otherwise)^T W",
    ),
    "sum of rows": (u @ W @ x + v @ x, x, "u^T W + v^T"),
    "rows of a transpose": (
        np.sum(np.logaddexp(0, W @ x)) - t @ W @ x, x, "(σ(W x) - t)^T W",
    ),
}  # fmt: skip


@pytest.mark.parametrize("y, by, text", LAYERS.values(), ids=LAYERS)
def test_bias_and_input_of_a_layer(y, by, text):
    d = mc.derive(y, wrt=by)
    assert str(d.jacobian) == text and d.check(sizes=(1, 2, 3), points=2).passed


def test_ones_in_a_claim_take_the_lengths_of_a_matrix():
    d = mc.derive(np.sum(X), wrt=X)
    assert d.equals(mc.outer(mc.ones(), mc.ones())) and not d.equals(mc.identity())
    assert d.why(mc.identity()) == "a square matrix given, n x m expected"
    assert mc.derive(np.sum(W @ x), wrt=W).why(mc.outer(mc.ones(), x)) == (
        "m x n given, n x m expected: this is the gradient, in the shape of W: transpose it"
    )
