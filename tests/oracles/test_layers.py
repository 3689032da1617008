"""Today's layers and losses as plain NumPy functions, derived by each of their variables.

Each function runs twice: on mcalc's variables, and on numbers of several sizes, with one example
and with one feature among them, where its central differences are what is right. What is a matrix
is weighed by another one of its shape, ``np.sum(G * softmax(X))``, as a backward pass does.
"""

import inspect

import numpy as np
import pytest
from plain import differences

import mcalc as mc

SHAPES = {
    **dict.fromkeys("XUGL", ("N", "n")),
    **dict.fromkeys(["W", "W1", "W3"], ("n", "h")),
    **dict.fromkeys("HY", ("N", "h")),
    "W2": ("h", "n"),
    "Q": ("N", "k"),
    "K": ("M", "k"),
    "V": ("M", "h"),
    "P": ("N", "M"),
    "B": ("M", "n"),
    "A": ("N", "N"),
    "w": ("n",),
    "g": ("n",),
    "b": ("n",),
    "c": ("h",),
    "r": ("N",),
    "y": ("N",),
    "x": ("n",),
    "tau": (),
    # four tokens, four features, five words
    "S4": (4, 4),
    "Q4": (4, "k"),
    "K4": (4, "k"),
    "V4": (4, "h"),
    "H4": (4, "h"),
    "X4": (4, 4),
    "W4": (4, 4),
    "O4": (4, 4),
    "E": (5, "n"),
    "Z": (4, 5),
    "D": (4, "n"),
    "s": (6,),
    "f": (3,),
}
SIZES = [
    {"N": 3, "n": 2, "h": 4, "k": 2, "M": 2},
    {"N": 1, "n": 3, "h": 2, "k": 1, "M": 3},
    {"N": 2, "n": 1, "h": 1, "k": 3, "M": 1},
]
CAUSAL = np.tril(np.ones((4, 4), dtype=bool))
DROPPED = np.array([[1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]] * 2) / 0.8
IDS = np.array([3, 0, 3, 1])
LABELS = np.array([4, 0, 2, 0])
ONE_HOT = np.eye(5)[LABELS]


# --- parts -------------------------------------------------------------------------------------


def plain_softmax(Z, axis=1):
    E = np.exp(Z)
    return E / E.sum(axis=axis, keepdims=True)


def softmax(Z, axis=-1):
    E = np.exp(Z - np.max(Z, axis=axis, keepdims=True))
    return E / np.sum(E, axis=axis, keepdims=True)


def log_softmax(Z):
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def logsumexp(Z, axis):
    top = np.max(Z, axis=axis, keepdims=True)
    return np.log(np.sum(np.exp(Z - top), axis=axis)) + np.max(Z, axis=axis)


def standardised(X, axis):
    return (X - X.mean(axis=axis, keepdims=True)) / np.sqrt(X.var(axis=axis, keepdims=True) + 1e-5)


def attention(Q, K, V):
    return softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def causal_attention(Q, K, V):
    S = Q @ K.T / np.sqrt(Q.shape[-1])
    return softmax(np.where(CAUSAL, S, -np.inf)) @ V


def two_heads(X, WQ, WK, WV):
    Q, K, V = X @ WQ, X @ WK, X @ WV
    heads = [causal_attention(Q[:, h : h + 2], K[:, h : h + 2], V[:, h : h + 2]) for h in (0, 2)]
    return np.concatenate(heads, axis=1)


def unit_rows(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def gelu(z):
    return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


def silu(z):
    return z / (1 + np.exp(-z))


def squared_distances(X, B):
    return (X**2).sum(1)[:, None] + (B**2).sum(1)[None, :] - 2 * X @ B.T


def clip_loss(X, U, tau):
    S = unit_rows(X) @ unit_rows(U).T * np.exp(tau)
    rows = np.mean(np.diag(S) - logsumexp(S, 1))
    columns = np.mean(np.diag(S) - logsumexp(S, 0))
    return -(rows + columns) / 2


def focal(Z):
    p = np.sum(ONE_HOT * softmax(Z), axis=1)
    return -np.mean((1 - p) ** 2 * np.log(p))


def triplet(X, U, L):
    near, far = np.sum((X - U) ** 2, axis=1), np.sum((X - L) ** 2, axis=1)
    return np.mean(np.maximum(0, near - far + 20))


def convolution(s, f):
    n = s.shape[0] - 2
    return f[0] * s[0:n] + f[1] * s[1 : n + 1] + f[2] * s[2 : n + 2]


def gaussian_kl(X, U):  # means and logarithms of variances
    return 0.5 * np.mean(np.sum(X**2 + np.exp(U) - U - 1, axis=1))


# --- the layers and losses ---------------------------------------------------------------------

LAYERS = {
    "softmax by rows": lambda G, X: np.sum(G * plain_softmax(X)),
    "softmax by rows, shifted": lambda G, X: np.sum(G * softmax(X)),
    "softmax by columns": lambda G, X: np.sum(G * plain_softmax(X, axis=0)),
    "softmax by columns, shifted": lambda G, X: np.sum(G * softmax(X, axis=0)),
    "log-softmax": lambda G, X: np.sum(G * log_softmax(X)),
    "log-sum-exp by rows": lambda r, X: r @ logsumexp(X, 1),
    "log-sum-exp by columns": lambda w, X: w @ logsumexp(X, 0),
    "temperature": lambda G, X, tau: np.sum(G * softmax(X / np.exp(tau))),
    "layer norm": lambda G, X, g, b: np.sum(G * (g * standardised(X, -1) + b)),
    "batch norm": lambda G, X, g, b: np.sum(G * (g * standardised(X, 0) + b)),
    "RMS norm": lambda G, X, g: np.sum(
        G * X / np.sqrt(np.mean(X**2, axis=-1, keepdims=True) + 1e-6) * g
    ),
    "layer norm of one vector": lambda w, x, g: (
        w @ (g * (x - x.mean()) / np.sqrt(np.var(x, keepdims=True) + 1e-5))
    ),
    "centred over one and the variance": lambda G, X: np.sum(
        G * (X - X.mean(0)) / (1 + X.var(axis=0, keepdims=True))
    ),
    "attention": lambda H, Q, K, V: np.sum(H * attention(Q, K, V)),
    "causal attention": lambda H4, Q4, K4, V4: np.sum(H4 * causal_attention(Q4, K4, V4)),
    "two heads": lambda O4, X4, W4, S4: np.sum(O4 * two_heads(X4, W4, S4, W4 @ S4)),
    "cross-entropy of a batch": lambda L, X: -np.mean(np.sum(L * np.log(plain_softmax(X)), axis=1)),
    "softmax regression": lambda Y, X, W, c: -np.mean(np.sum(Y * log_softmax(X @ W + c), axis=1)),
    "cross-entropy by one-hot": lambda Z: -np.sum(ONE_HOT * log_softmax(Z)) / Z.shape[0],
    "cross-entropy by labels": lambda Z: -np.mean(log_softmax(Z)[np.arange(4), LABELS]),
    "label smoothing": lambda Z: (
        -np.mean(np.sum((0.9 * ONE_HOT + 0.1 / 5) * log_softmax(Z), axis=1))
    ),
    "focal loss": focal,
    "logistic loss": lambda y, X, w: np.mean(np.logaddexp(0, -y * (X @ w))),
    "cosine of rows": lambda r, X, U: (
        r @ (np.sum(X * U, axis=1) / (np.linalg.norm(X, axis=1) * np.linalg.norm(U, axis=1)))
    ),
    "unit rows": lambda G, X: np.sum(G * unit_rows(X)),
    "unit columns": lambda G, X: np.sum(G * X / np.sqrt((X**2).sum(axis=0))),
    "squared distances": lambda P, X, B: np.sum(P * squared_distances(X, B)),
    "squared distances by three axes": lambda P, X, B: np.sum(
        P * np.sum((X[:, None, :] - B[None, :, :]) ** 2, axis=-1)
    ),
    "distances by three axes": lambda P, X, B: np.sum(
        P * np.linalg.norm(X[:, None] - B[None] + 9, axis=2)
    ),
    "nearest centre": lambda X, B: np.mean(np.min(((X[:, None] - B) ** 2).sum(-1), axis=1)),
    "attention by three axes": lambda H, P, V: np.sum(
        H * (softmax(P)[:, :, None] * V[None]).sum(axis=1)
    ),
    "covariance": lambda A, X: np.trace(A) * np.sum(np.cov(X, rowvar=False, ddof=0) ** 2),
    "3-norm": lambda G, X: np.linalg.norm(np.sum(G * X, axis=0) + 2, 3),
    "mean where": lambda X: np.mean(X**2, where=X > -9),
    "RBF kernel": lambda P, X, B, tau: np.sum(P * np.exp(-squared_distances(X, B) / np.exp(tau))),
    "CLIP": clip_loss,
    "InfoNCE": lambda X, U: -np.mean(np.diag(log_softmax(X @ U.T / 0.5))),
    "triplet": triplet,
    "embedding": lambda D, E: np.sum(D * np.tanh(E[IDS])),
    "tied weights": lambda E: -np.mean(log_softmax(np.tanh(E[IDS]) @ E.T)[np.arange(4), LABELS]),
    "GELU": lambda H, X, W, c: np.sum(H * gelu(X @ W + c)),
    "SwiGLU": lambda G, X, W1, W3, W2: np.sum(G * ((silu(X @ W1) * (X @ W3)) @ W2)),
    "two layers": lambda G, X, W1, c, W2: np.sum(G * (X + np.maximum(0, X @ W1 + c) @ W2)),
    "dropout": lambda O4, X4, W4: np.sum(O4 * ((DROPPED * np.tanh(X4)) @ W4)),
    "linear attention by einsum": lambda H, Q, K, V: np.sum(
        H * np.einsum("nk,kh->nh", Q, np.einsum("mk,mh->kh", K, V))
    ),
    "bilinear form by einsum": lambda r, X, A: np.einsum("i,ij,j->", r, A, X @ X.T @ r),
    "row products by einsum": lambda r, X, U: r @ np.einsum("ij,ij->i", X, U),
    "cumulative sums": lambda G, X: np.sum(G * np.cumsum(X, axis=0) ** 2),
    "convolution by slices": lambda s, f: np.sum(np.tanh(convolution(s, f))),
    "convolution by name": lambda s, f: np.sum(np.tanh(np.convolve(s, f, mode="valid"))),
    "total variation": lambda X: (
        np.sum(np.sqrt(1e-3 + np.diff(X, axis=0) ** 2)) + np.sum(X[0] ** 2)
    ),
    "least squares by pinv": lambda X4, Q4: np.sum((X4 @ (np.linalg.pinv(X4) @ Q4)) ** 2),
    "cross product": lambda f: np.sum(np.cross(f, np.sin(f)) ** 2),
    "Kronecker factors": lambda f, g: np.sum(np.tanh(np.kron(f, g))),
    "smoothness": lambda X: np.sum((X[1:] - X[:-1]) ** 2) + np.sum(X[0] ** 2),
    "weight decay": lambda Y, X, W: (
        np.linalg.norm(X @ W - Y) ** 2 / (2 * X.shape[0]) + 0.1 * np.sum(W**2)
    ),
    "Frobenius form": lambda X, A: np.trace(X.T @ A @ X) / np.linalg.norm(X, "fro"),
    "KL by rows": lambda X, U: np.mean(
        np.sum(softmax(X) * (log_softmax(X) - log_softmax(U)), axis=1)
    ),
    "KL of Gaussians": gaussian_kl,
    "Gram matrix": lambda A, X: np.sum((X @ X.T / X.shape[1] - A) ** 2),
    "graph convolution": lambda H, A, X, W: np.sum(
        H * np.maximum(0, (A**2 / np.sum(A**2, axis=1, keepdims=True)) @ X @ W)
    ),
    "gated residual": lambda G, X, U, r: np.sum(
        G * np.where(r[:, None] > 0, X + U * r[:, None], np.maximum(X, U))
    ),
    "outer minus row": lambda G, r, w: np.sum(G * np.tanh(r[:, None] * w - w[None, :])),
}
CASES = [
    pytest.param(name, wrt, id=f"{name} by {wrt}")
    for name, f in LAYERS.items()
    for wrt in inspect.signature(f).parameters
]


def variable(name):
    shape, letters = SHAPES[name], name.removesuffix("4")
    make = (mc.scalars, mc.vectors, mc.matrices)[len(shape)]
    return make(letters, **[{}, {"size": shape[:1] and shape[0]}, {"shape": shape}][len(shape)])


def numbers(names, sizes):
    rng = np.random.default_rng(3)
    return {n: rng.standard_normal([sizes.get(k, k) for k in SHAPES[n]]) for n in names}


@pytest.mark.parametrize("name, wrt", CASES)
def test_a_layer_as_it_is_written(name, wrt):
    f = LAYERS[name]
    names = list(inspect.signature(f).parameters)
    symbols = {n: variable(n) for n in names}
    d = mc.derive(f(**symbols), wrt=symbols[wrt])
    assert str(d) and d._repr_latex_()
    for sizes in SIZES if any(isinstance(k, str) for n in names for k in SHAPES[n]) else SIZES[:1]:
        values = numbers(names, sizes)
        x = values[wrt]
        right = differences(lambda x, values=values: f(**{**values, wrt: x}), x)
        right = right.reshape(np.shape(x))
        given = {symbols[n].name: v for n, v in values.items() if symbols[n].name in d.parameters}
        close = {"rtol": 1e-6, "atol": 1e-7 * max(1, abs(right).max())}
        by_sweep = d.vjp(1.0, **given)
        np.testing.assert_allclose(np.reshape(by_sweep, right.shape), right, **close)
        jacobian = d.numpy()(**given)
        by_form = jacobian.T if d.by_matrix else jacobian
        np.testing.assert_allclose(np.reshape(by_form, right.shape), right, **close)
