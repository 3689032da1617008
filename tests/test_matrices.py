"""Derivatives by a matrix: closed forms, layout, products, and what is told of three axes."""

import autograd
import autograd.numpy as anp
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
        x @ np.linalg.inv(S) @ v, S, "-(inv(S) v) (x^T inv(S))", "-(inv(S)^T x) (v^T inv(S)^T)",
    ),
    "layer": (np.sum(np.tanh(W @ x + b)), W, "x (1 - tanh(W x + b)^2)^T", "(1 - tanh(W x + b)^2) x^T"),
    "rectified layer": (
        np.sum(np.maximum(0, W @ x)), W,
        "x (1 if W x > 0; 0 otherwise)^T", "(1 if W x > 0; 0 otherwise) x^T",
    ),
    "squared error": (np.sum((W @ x - t) ** 2), W, "2x (W x - t)^T", "2(W x - t) x^T"),
    "a batch": (
        np.mean((D @ Q - Y) ** 2), Q, "(2/(N k)) (D Q - Y)^T D", "(2/(N k)) D^T (D Q - Y)",
    ),
    "a batch through tanh": (
        np.sum(np.tanh(scores)), Q, "(1 - tanh(D Q + c)^2)^T D", "D^T (1 - tanh(D Q + c)^2)",
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
