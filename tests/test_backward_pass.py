"""The backward pass of a scalar: its listing, line by line, its source, and its numbers."""

import random
import re
import warnings

import autograd
import autograd.numpy
import numpy as np
import pytest

import mcalc as mc
from mcalc.graph.broadcast import vector_of
from mcalc.jacobian.along import AXES, VECTOR
from mcalc.jacobian.recognised import RECOGNISED, recognised

CAUSAL = np.tril(np.ones((4, 4), bool))
SIZES = {"N": 3, "d": 2, "h": 4, "k": 5, "n": 3, "m": 2}


# --- layers ------------------------------------------------------------------------------------


def softmax(S):
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def standardised(X, axis):
    return (X - X.mean(axis=axis, keepdims=True)) / np.sqrt(X.var(axis=axis, keepdims=True) + 1e-5)


def gelu(Z):
    return 0.5 * Z * (1 + let("U", np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3))))


def let(name, value):
    """A name for an expression; of numbers nothing."""
    return value if isinstance(value, np.ndarray | float) else mc.let(name, value)


def two_layers(X, Y, W_1, b_1, W_2, b_2):
    H = let("H", np.maximum(0, let("Z", X @ W_1 + b_1)))
    return np.sum((H @ W_2 + b_2 - Y) ** 2) / X.shape[0]


def causal_attention(Q, K, V, G):
    S = let("S", Q @ K.T / np.sqrt(Q.shape[1]))
    A = let("A", softmax(np.where(CAUSAL, S, -np.inf)))
    return np.sum(G * (A @ V))


def layer_norm(X, g, b, G):
    return np.sum(G * (standardised(X, 1) * g + b))


def batch_norm(X, g, b, G):
    return np.sum(G * (standardised(X, 0) * g + b))


def pre_norm_block(X, G, g_1, c_1, W_Q, W_K, W_V, W_O, g_2, c_2, W_1, b_1, W_2, b_2, k=""):
    N = let(f"N{k}", standardised(X, 1) * g_1 + c_1)
    Q, K, V = let(f"Q{k}", N @ W_Q), let(f"K{k}", N @ W_K), let(f"V{k}", N @ W_V)
    S = let(f"S{k}", Q @ K.T / np.sqrt(Q.shape[1]))
    A = let(f"A{k}", softmax(np.where(CAUSAL, S, -np.inf)))
    R = let(f"R{k}", X + let(f"O{k}", A @ V) @ W_O)
    M = let(f"M{k}", standardised(R, 1) * g_2 + c_2)
    Z = let(f"Z{k}", M @ W_1 + b_1)
    U = let(f"U{k}", np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3)))
    H = let(f"H{k}", 0.5 * Z * (1 + U))
    Y = let(f"Y{k}", R + H @ W_2 + b_2)
    return np.sum(G * Y) if G is not None else Y


SHAPES = {
    two_layers: {"X": ("N", "d"), "Y": ("N", "k"), "W_1": ("d", "h"), "b_1": ("h",),
                 "W_2": ("h", "k"), "b_2": ("k",)},
    causal_attention: {"Q": (4, "d"), "K": (4, "d"), "V": (4, "k"), "G": (4, "k")},
    layer_norm: {"X": ("N", "d"), "g": ("d",), "b": ("d",), "G": ("N", "d")},
    batch_norm: {"X": ("N", "d"), "g": ("d",), "b": ("d",), "G": ("N", "d")},
    pre_norm_block: {
        "X": (4, "d"), "G": (4, "d"), "g_1": ("d",), "c_1": ("d",),
        **dict.fromkeys(["W_Q", "W_K", "W_V", "W_O"], ("d", "d")), "g_2": ("d",), "c_2": ("d",),
        "W_1": ("d", "h"), "b_1": ("h",), "W_2": ("h", "d"), "b_2": ("d",),
    },
}  # fmt: skip


def variable(name, shape):
    if len(shape) == 2:
        return mc.matrices(name, shape=shape)
    return mc.vectors(name, size=shape[0]) if shape else mc.scalars(name)


def symbols(shapes):
    return {name: variable(name, shape) for name, shape in shapes.items()}


def numbers(shapes, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: rng.standard_normal([SIZES.get(n, n) for n in shape])
        for name, shape in shapes.items()
    }


def differences(f, values, name):
    """The gradient by one variable, by central differences."""
    x = values[name]
    slopes = np.empty(np.shape(x))
    for place in np.ndindex(np.shape(x)):
        step = np.zeros(np.shape(x))
        step[place] = 1e-5
        ahead, behind = (f(**{**values, name: x + sign * step}) for sign in (1, -1))
        slopes[place] = (ahead - behind) / 2e-5
    return slopes


def listed(text):
    """The lines of a listing, or of what is expected of one, with single spaces."""
    return [re.sub(r" {2,}", "  ", line.strip()) for line in text.strip().splitlines()]


# --- listings ----------------------------------------------------------------------------------

LISTINGS = {
    two_layers: """
X  (N x d)                      dX = dZ W_1^T
W_1  (d x h)                    dW_1 = X^T dZ
b_1  (h x 1)                    db_1 = dZ^T 1
W_2  (h x k)                    dW_2 = H^T dZ_2
b_2  (k x 1)                    db_2 = dZ_2^T 1
Y  (N x k)                      dY = -dZ_2
Z = X W_1 + 1 b_1^T             dZ = dH if Z > 0; 0 otherwise
H = max(0, Z)                   dH = dZ_2 W_2^T
Z_2 = H W_2 + 1 b_2^T - Y       dZ_2 = (2/N) Z_2
L = sum(Z_2 ⊗ Z_2)/N              dL = 1
""",
    causal_attention: """
G  (4 x k)                                       dG = Z
Q  (4 x d)                                       dQ = dS K/sqrt(d)
K  (4 x d)                                       dK = dS^T Q/sqrt(d)
V  (4 x k)                                       dV = A^T dZ
S = Q K^T/sqrt(d)                                dS = A ⊗ (dA - ((dA ⊗ A) 1) 1^T)
A = softmax(S if i ≥ j; -∞ otherwise) by rows    dA = dZ V^T
Z = A V                                          dZ = G
L = sum(G ⊗ Z)                                   dL = 1
""",
    layer_norm: """
G  (N x d)                     dG = Z
X  (N x d)                     dX = diag(1/s) (dX_hat - ((1/d) dX_hat 1) 1^T - diag((1/d) (dX_hat ⊗ X_hat) 1) X_hat)
g  (d x 1)                     dg = (dZ ⊗ X_hat)^T 1
b  (d x 1)                     db = dZ^T 1
C = X - ((1/d) X 1) 1^T
s = sqrt((1/d) (C ⊗ C) 1 + 1e-5)
X_hat = diag(1/s) C            dX_hat = dZ diag(g)
Z = X_hat diag(g) + 1 b^T      dZ = G
L = sum(G ⊗ Z)                 dL = 1
""",  # noqa: E501
    batch_norm: """
G  (N x d)                         dG = Z
X  (N x d)                         dX = (dX_hat - 1 ((1/N) 1^T dX_hat) - X_hat diag((1/N) (dX_hat ⊗ X_hat)^T 1)) diag(1/s)
g  (d x 1)                         dg = (dZ ⊗ X_hat)^T 1
b  (d x 1)                         db = dZ^T 1
C = X - 1 ((1/N) 1^T X)
s = sqrt((1/N) (C ⊗ C)^T 1 + 1e-5)
X_hat = C diag(1/s)                dX_hat = dZ diag(g)
Z = X_hat diag(g) + 1 b^T          dZ = G
L = sum(G ⊗ Z)                     dL = 1
""",  # noqa: E501
    pre_norm_block: """
G  (4 x d)                                       dG = Y
X  (4 x d)                                       dX = dR + diag(1/s) (dX_hat - ((1/d) dX_hat 1) 1^T - diag((1/d) (dX_hat ⊗ X_hat) 1) X_hat)
g_1  (d x 1)                                     dg_1 = (dN ⊗ X_hat)^T 1
c_1  (d x 1)                                     dc_1 = dN^T 1
W_Q  (d x d)                                     dW_Q = N^T dQ
W_K  (d x d)                                     dW_K = N^T dK
W_V  (d x d)                                     dW_V = N^T dV
W_O  (d x d)                                     dW_O = O^T dR
g_2  (d x 1)                                     dg_2 = (dM ⊗ R_hat)^T 1
c_2  (d x 1)                                     dc_2 = dM^T 1
W_1  (d x h)                                     dW_1 = M^T dZ
b_1  (h x 1)                                     db_1 = dZ^T 1
W_2  (h x d)                                     dW_2 = H^T dY
b_2  (d x 1)                                     db_2 = dY^T 1
C = X - ((1/d) X 1) 1^T
s = sqrt((1/d) (C ⊗ C) 1 + 1e-5)
X_hat = diag(1/s) C                              dX_hat = dN diag(g_1)
N = X_hat diag(g_1) + 1 c_1^T                    dN = dV W_V^T + dK W_K^T + dQ W_Q^T
Q = N W_Q                                        dQ = dS K/sqrt(d)
K = N W_K                                        dK = dS^T Q/sqrt(d)
S = Q K^T/sqrt(d)                                dS = A ⊗ (dA - ((dA ⊗ A) 1) 1^T)
A = softmax(S if i ≥ j; -∞ otherwise) by rows    dA = dO V^T
V = N W_V                                        dV = A^T dO
O = A V                                          dO = dR W_O^T
R = X + O W_O                                    dR = dY + diag(1/s_2) (dR_hat - ((1/d) dR_hat 1) 1^T - diag((1/d) (dR_hat ⊗ R_hat) 1) R_hat)
C_2 = R - ((1/d) R 1) 1^T
s_2 = sqrt((1/d) (C_2 ⊗ C_2) 1 + 1e-5)
R_hat = diag(1/s_2) C_2                          dR_hat = dM diag(g_2)
M = R_hat diag(g_2) + 1 c_2^T                    dM = dZ W_1^T
Z = M W_1 + 1 b_1^T                              dZ = dH ⊗ (1 + U)/2 + sqrt(2/pi) dU ⊗ (1 - U ⊗ U) ⊗ (1 + 0.134145Z ⊗ Z)
U = tanh(sqrt(2/pi) (Z + 0.044715Z^⊗3))           dU = dH ⊗ Z/2
H = (1/2) Z ⊗ (1 + U)                            dH = dY W_2^T
Y = R + H W_2 + 1 b_2^T                          dY = G
L = sum(G ⊗ Y)                                   dL = 1
""",  # noqa: E501
}


@pytest.mark.parametrize("f", LISTINGS, ids=lambda f: f.__name__)
def test_a_listing_is_what_an_expert_would_write(f):
    shown = mc.backward(f(**symbols(SHAPES[f])))
    assert listed(str(shown)) == listed(LISTINGS[f])
    assert shown._repr_mimebundle_()["text/plain"] == str(shown) == repr(shown)
    assert shown._repr_latex_().count(r"\\[4pt]") == len(listed(LISTINGS[f])) - 1


@pytest.mark.parametrize("f", LISTINGS, ids=lambda f: f.__name__)
def test_its_numbers_are_those_of_differences(f):
    values = numbers(SHAPES[f])
    value, gradients = mc.backward(f(**symbols(SHAPES[f]))).numpy()(**values)
    assert value == pytest.approx(f(**values))
    assert [*gradients] == [*symbols_used(f)]
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, differences(f, values, name), rtol=2e-6, atol=1e-7)


def symbols_used(f):
    y = f(**symbols(SHAPES[f]))
    return [v.name for v in mc.backward(y).variables]


def test_a_backward_pass_checks_itself():
    for f, sizes in [(two_layers, (2, 3)), (layer_norm, (2, 3)), (causal_attention, (2,))]:
        report = mc.backward(f(**symbols(SHAPES[f]))).check(sizes, points=1)
        assert report.passed and str(report).startswith("the backward pass agrees with")


def test_the_check_names_the_gradient_that_is_wrong(monkeypatch):
    W, x = mc.matrices("W"), mc.vectors("x")
    shown = mc.backward(np.sum(np.tanh(W @ x)))
    wrong = shown.source.replace("dx = W.T @ dz", "dx = 2 * W.T @ dz")
    assert wrong != shown.source
    monkeypatch.setattr(type(shown), "source", wrong)
    with pytest.raises(mc.CheckFailed, match=r"entry \(1\) of dx is .* by the backward pass"):
        shown.check((2, 3), points=1)


def test_the_readers_own_function_is_a_third_way():
    x, w = mc.vectors("x w")

    def loss(x, w):
        return np.sum(np.exp(w * x))

    assert mc.backward(loss(x, w)).check(against=loss).passed
    with pytest.raises(mc.CheckFailed, match="these are two functions"):
        mc.backward(loss(x, w)).check(against=lambda x, w: 2 * loss(x, w))


# --- which variables ---------------------------------------------------------------------------

x, w = mc.vectors("x w")
a, b = mc.scalars("a b")
E = mc.matrices("E", shape=("m", "n"))


def test_a_name_that_is_used_twice_has_the_sum_of_what_comes_back():
    tied = mc.backward(np.sum(np.tanh(E @ x)) + np.sum(E**2), wrt=E)
    assert listed(str(tied))[0] == "E  (m x n)  dE = 2E + dz x^T"
    assert tied.check((2, 3), points=1).passed


def test_of_the_logarithm_of_a_determinant_only_the_inverse_goes_back():
    A = mc.matrices("A", shape=("n", "n"))
    listing = mc.backward(np.log(np.linalg.det(A)) / 2)
    assert f"{listing.gradients[A]}" == "inv(A)^T/2"
    assert listing.check().passed


def test_the_largest_of_a_row_takes_all_and_several_share():
    X = mc.matrices("X", shape=("N", "n"))
    for axis, shown in ((1, "diag(dh) (1 if X = h 1^T; 0 otherwise)"),
                        (0, "(1 if X^T = h 1^T; 0 otherwise)^T diag(dh)")):  # fmt: skip
        listing = mc.backward(np.sum(np.max(X, axis=axis) ** 2))
        assert f"{listing.gradients[X]}" == shown
        _, found = listing.numpy()(X=np.full((2, 2), 3.0))
        assert np.array_equal(found["X"], np.full((2, 2), 3.0))


def test_two_paths_meet_in_one_line():
    H = mc.let("h", np.tanh(x))
    residual = mc.backward(np.sum((x + H) ** 2))
    assert listed(str(residual))[0] == "x  (n x 1)  dx = 2(x + h) + dh ⊗ (1 - h^2)"
    assert residual.check((2, 3), points=1).passed


def test_scalars_are_names_as_well():
    shown = mc.backward(mc.let("u", a * b) ** 2 + a)
    assert listed(str(shown)) == [
        "a  (scalar)  da = 1 + du b",
        "b  (scalar)  db = du a",
        "u = a b  du = 2u",
        "L = u^2 + a  dL = 1",
    ]
    assert shown.numpy()(a=2, b=3) == (38.0, {"a": 37.0, "b": 24.0})


def test_a_variable_that_is_not_used_has_the_gradient_zero():
    v = mc.vectors("v", size="m")
    value, gradients = mc.backward(x @ x, wrt=(x, v)).numpy()(x=[1, 2], v=[1, 2, 3])
    assert value == 5
    np.testing.assert_array_equal(gradients["x"], [2, 4])
    np.testing.assert_array_equal(gradients["v"], np.zeros(3))
    steps = mc.backward(np.sum(np.where(w > 0, x, 0)), wrt=w)
    np.testing.assert_array_equal(steps.numpy()(w=[1, 2], x=[3, 4])[1]["w"], [0, 0])


def test_one_variable_alone_is_asked_for():
    shown = mc.backward(np.sum(np.tanh(E @ x)), wrt=x)
    assert [*shown.numpy()(E=np.ones((2, 3)), x=np.ones(3))[1]] == ["x"]
    assert "dE" not in str(shown) and "dE" not in shown.source


def test_gradients_are_arrays_of_their_own():
    one, other = np.ones(3), np.full(3, 2.0)
    value, gradients = mc.backward(w @ x).numpy()(w=one, x=other)
    gradients["w"] += 1
    np.testing.assert_array_equal(other, np.full(3, 2.0))
    value, gradients = mc.backward(np.sum(x + w)).numpy()(w=one, x=other)
    gradients["w"] += 1
    np.testing.assert_array_equal(gradients["x"], np.ones(3))


f = mc.functions("f", elementwise=True)
REFUSED = {
    "a vector": (lambda: mc.backward(w * x), mc.UnsupportedError,
        "w ⊗ x is n x 1: what goes back begins at a scalar, so sum it, np.sum(G * Y), with a "
        "constant G in the shape of this Y"),
    "a matrix": (lambda: mc.backward(E @ E.T), mc.UnsupportedError,
        "E E^T is m x m: what goes back begins at a scalar, so sum it, np.sum(G * Y), with a "
        "constant G in the shape of this Y"),
    "no variable": (lambda: mc.backward(x @ x, wrt="x"), ValueError,
        "x is no variable: wrt takes one, such as x, several in a tuple, or None for all"),
    "an expression": (lambda: mc.backward(x @ x, wrt=2 * x), ValueError,
        "2x is no variable: wrt takes one, such as x, several in a tuple, or None for all"),
    "a value that is missing": (lambda: mc.backward(w @ x).numpy()(x=[1]), TypeError,
        "w is missing: values are needed for w, x"),
    "an open function": (lambda: mc.backward(f(a)).source, mc.UnsupportedError,
        "f is left open, so there are no numbers for it"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_refused_in_one_sentence(case):
    call, error, sentence = REFUSED[case]
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence


# --- the source --------------------------------------------------------------------------------


def test_the_source_is_code_in_the_order_of_going_back():
    text = mc.backward(two_layers(**symbols(SHAPES[two_layers]))).source
    assert (
        text
        == """import numpy as np


def backward(X, W_1, b_1, W_2, b_2, Y):
    N = len(X)
    Z = X @ W_1 + b_1
    H = np.maximum(0, Z)
    Z_2 = H @ W_2 + b_2 - Y
    L = (Z_2**2).sum() / N

    dZ_2 = 2 / N * Z_2
    dW_2 = H.T @ dZ_2
    db_2 = dZ_2.sum(axis=0)
    dY = -dZ_2
    dH = dZ_2 @ W_2.T
    dZ = dH * (Z > 0)
    dX = dZ @ W_1.T
    dW_1 = X.T @ dZ
    db_1 = dZ.sum(axis=0)
    return L, {"X": dX, "W_1": dW_1, "b_1": db_1, "W_2": dW_2, "b_2": db_2, "Y": dY}
"""
    )


def test_a_row_and_a_column_are_broadcast_in_the_source():
    X = mc.matrices("X", shape=("N", "d"))
    text = mc.backward(layer_norm(**symbols(SHAPES[layer_norm]))).source
    for line in [
        "C = X - X.mean(axis=1, keepdims=True)",
        "s = np.sqrt((C**2).mean(axis=1) + 1e-5)",
        "X_hat = C / s[:, None]",
        "Z = X_hat * g + b",
        "dX_hat = dZ * g",
        "- dX_hat.mean(axis=1, keepdims=True)",
    ]:
        assert line in text
    assert max(map(len, text.splitlines())) <= 100
    assert "dX = 1 / len" not in mc.backward(np.mean(X)).source


def test_a_softmax_is_a_function_in_the_source():
    text = mc.backward(causal_attention(**symbols(SHAPES[causal_attention]))).source
    assert text.count("def softmax(S, axis):") == 1
    assert "A = softmax(np.where(np.tri(4, dtype=bool), S, -np.inf), axis=1)" in text
    assert "dS = A * (dA - (dA * A).sum(axis=1, keepdims=True))" in text


def test_a_minus_before_a_condition_is_one_before_a_number():
    """NumPy refuses ``-(t <= 0)``, of which the program of a quotient would begin."""
    t, a, x = *mc.scalars("t a"), mc.vectors("x")
    at = {"t": -2.0, "a": 1.5, "x": np.array([1.0, 3.0])}
    for f in (lambda t, a, x: np.sum(x * (t <= 0) / a), lambda t, a, x: np.sum(x - t * (x <= a)),
              lambda t, a, x: np.sum(np.arctan2(1.0 * (x <= a), a + t)),
              lambda t, a, x: -np.sum((x > a) / (x * t)) - 1.0 * (t > a)):  # fmt: skip
        value, gradients = mc.backward(f(t, a, x)).numpy()(**at)
        assert np.isclose(value, f(**at))
        for name, gradient in gradients.items():
            h = 1e-6 * np.eye(np.size(at[name])).reshape(-1, *np.shape(at[name]))
            up, down = ([f(**{**at, name: at[name] + s * e}) for e in h] for s in (1, -1))
            wanted = np.reshape(np.subtract(up, down) / 2e-6, np.shape(at[name]))
            assert np.allclose(gradient, wanted, atol=1e-6)


def test_names_and_lengths_of_one_letter_are_two_things_in_the_source():
    n, np_ = mc.vectors("n", size="n"), mc.vectors("softmax", size="n")
    shown = mc.backward(np.sum(n * np_) / n.shape[0])
    value, gradients = shown.numpy()(n=[1.0, 2.0], softmax=[3.0, 5.0])
    assert value == 6.5
    np.testing.assert_allclose(gradients["n"], [1.5, 2.5])


# --- what is recognised ------------------------------------------------------------------------

EXAMPLES = [
    pytest.param(row, program, along, id=f"{row.name}{along.where or ' of a vector'} {k}")
    for row in RECOGNISED
    for k, program in enumerate(row.programs)
    for along in AXES
]


@pytest.mark.parametrize("row, program, along", EXAMPLES)
def test_each_row_recognises_its_examples(row, program, along):
    X = mc.vectors("X", size="d") if along is VECTOR else variable("X", ("N", "d"))
    whole = program(X, along.keepdims)
    whole = vector_of(whole) if 1 in whole.shape else whole
    assert recognised(whole) is not None

    def f(X, G):
        return np.sum(G * np.reshape(program(X, along.keepdims), np.shape(G)))

    shapes = {"X": X.shape, "G": whole.shape}
    values = numbers(shapes)
    _, gradients = mc.backward(np.sum(variable("G", whole.shape) * whole)).numpy()(**values)
    for name in values:
        near = differences(f, values, name)
        np.testing.assert_allclose(gradients[name], near, rtol=2e-6, atol=1e-7)


def test_what_is_nearly_a_softmax_is_none():
    X = variable("X", ("N", "d"))
    E = np.exp(X)
    for near in (
        E / (1 + E.sum(axis=1, keepdims=True)),
        E / E.sum(axis=0, keepdims=True) * E,
        np.exp(2 * X) / E.sum(axis=1, keepdims=True),
        X / E.sum(axis=1, keepdims=True),
    ):
        assert recognised(near) is None


def test_a_mask_of_a_softmax_leaves_no_trace_but_elsewhere_it_does():
    S = variable("S", (4, 4))
    plain = mc.backward(np.sum(np.where(CAUSAL, S, -3) ** 2))
    assert "dS = " in str(plain) and "if i ≥ j; 0 otherwise" in str(plain)
    assert plain.check(points=1).passed


# --- how large, and at random ------------------------------------------------------------------


def blocks(count):
    shapes = SHAPES[pre_norm_block]
    X = first = variable("X", (4, "d"))
    for k in range(count):
        weights = {
            name: variable(f"{name}_{k}", shape)
            for name, shape in shapes.items()
            if name not in ("X", "G")
        }
        X = pre_norm_block(X, None, **weights, k=f"_{k}")
    return np.sum(first * X)


def test_the_listing_and_the_source_are_as_long_as_the_program():
    sizes = {}
    for count in (2, 4, 8):
        shown = mc.backward(blocks(count))
        parts = sum(e.weight for e in shown.gradients.values())
        sizes[count] = len(str(shown).splitlines()), len(shown.source.splitlines()), parts
    for two, four, eight in zip(*sizes.values(), strict=True):
        assert eight - four == 2 * (four - two) > 0


def test_it_is_shown_where_a_closed_form_is_too_long():
    given = symbols(SHAPES[pre_norm_block])
    y = pre_norm_block(**given)
    for name in ("X", "W_Q", "W_1"):
        d = mc.derive(y, wrt=given[name])
        assert str(d) == str(mc.backward(y, wrt=given[name]))
        assert d._repr_latex_() == mc.backward(y, wrt=given[name])._repr_latex_()
        assert f"d{name} = " in str(d)
    given = symbols(SHAPES[causal_attention])
    assert "substitute" in str(mc.derive(causal_attention(**given), wrt=given["Q"]))


def test_random_programs_have_the_gradients_of_autograd():
    import programs  # the generator of tests/oracles
    from oracles import Library, watched

    library = Library(autograd.numpy)
    compared = 0
    for seed in range(150):
        choose = random.Random(seed).choice
        program, _ = programs.problem(choose, shapes=((),), depths=(2, 5))
        values = programs.draw_values(seed, choose(programs.lengths(1, 3)))
        used = sorted(programs.names(program))
        if not used or watched(program, values, used).reason:
            continue
        shown = mc.backward(programs.recorded(program))
        assert str(shown) and shown._repr_latex_()
        given = {str(v.name): values[str(v.name)] for v in shown.inputs}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            _, gradients = shown.numpy()(**given)
            for name, gradient in gradients.items():

                def f(v, name=name, program=program, values=values):
                    whole = programs.run(program, library, {**values, name: v})
                    return whole + 0.0 * autograd.numpy.sum(v)

                right = autograd.grad(f)(values[name])
                large = max(1, np.max(np.abs(right), initial=0))
                close = {"rtol": 1e-7, "atol": 1e-8 * large}
                np.testing.assert_allclose(gradient, right, **close, err_msg=f"seed {seed}")
                compared += 1
    assert compared > 200


@pytest.mark.parametrize(
    "of",
    [
        lambda M, c: np.tril(M) ** 2 * c,
        lambda M, c: np.triu(np.exp(M), 1) * M * c,
        lambda M, c: np.outer(c, c) @ np.min(M.T, axis=1, keepdims=True),
        lambda M, c: np.max(np.flip(M, axis=0), axis=0) * c,
    ],
    ids=["lower", "upper", "smallest, transposed", "largest, turned over"],
)
def test_triangles_and_masks_that_are_turned_are_numbers_on_the_way_back(of):
    M, c = mc.matrices("M", shape=("n", "n")), mc.vectors("c")
    shown = mc.backward(np.sum(of(M, c)), wrt=M)
    rng = np.random.default_rng(0)
    at, v = rng.normal(size=(3, 3)), rng.normal(size=3)
    value, gradients = shown.numpy()(M=at, c=v)
    assert np.isclose(value, np.sum(of(at, v)))
    for place in np.ndindex(3, 3):
        h = np.zeros((3, 3))
        h[place] = 1e-5
        slope = (np.sum(of(at + h, v)) - np.sum(of(at - h, v))) / 2e-5
        assert np.isclose(gradients["M"][place], slope, rtol=1e-6, atol=1e-8)
