"""Numbers need no more memory than their operands and result, whatever form is shown."""

import tracemalloc

import numpy as np
import pytest

import mcalc as mc

N = 1500
K, V = mc.matrices("K", shape=("N", "d")), mc.matrices("V", shape=("N", "k"))
X = mc.matrices("X", shape=("N", "d"))
z, p, y = mc.vectors("z p y", size="N")
q, w = mc.vectors("q w", size="d")


def softmax(z):
    return np.exp(z - np.max(z)) / np.sum(np.exp(z - np.max(z)))


def layer_norm(z):
    return (z - np.mean(z)) / np.sqrt(np.var(z) + 1e-5)


def cross_entropy(w):
    return -np.mean(y * np.log(mc.sigmoid(X @ w)) + (1 - y) * np.log(1 - mc.sigmoid(X @ w)))


FUNCTIONS = {
    "attention": (softmax(K @ q / np.sqrt(q.shape[0])) @ V, q),
    "attention with a name": (mc.let("s", softmax(K @ q)) @ V, q),
    "scores": (softmax(K @ q), q),
    "softmax": (softmax(z), z),
    "of softmax": (np.sum(p * softmax(z)), z),
    "log of softmax": (np.log(softmax(z)), z),
    "cross-entropy": (-np.sum(p * np.log(softmax(z))), z),
    "layer norm": (layer_norm(z), z),
    "unit vector": (z / np.linalg.norm(z), z),
    "logistic regression": (cross_entropy(w), w),
    "its Hessian": (mc.derive(cross_entropy(w), w).gradient, w),
}
LETTERS = {"N": N, "d": 3, "k": 2}


def peak(function, *args, **values):
    function(*args, **values)  # compiles, and looks up what is looked up once
    tracemalloc.start()
    try:
        function(*args, **values)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_form_no_square_array_of_the_longest_length(name):
    function, wrt = FUNCTIONS[name]
    d = mc.derive(function, wrt)
    make = np.random.default_rng(0)
    shape = {e.name: [LETTERS[n] for n in e.shape] for e in (*d.inputs, d.wrt)}
    values = {n: make.uniform(0.1, 1, size) for n, size in shape.items() if n in d.parameters}
    ways = {
        "jvp": (d.jvp, np.ones(shape[wrt.name])),
        "vjp": (d.vjp, np.ones([LETTERS[n] for n in function.shape])),
    }
    if d.y.shape + d.wrt_shape != ("N", "N"):  # of softmax the Jacobian itself is square
        ways["numpy"] = (d.numpy(),)
    for way, call in ways.items():
        assert peak(*call, **values) < 8 * N * N / 10, way


def test_a_square_array_would_be_seen():
    assert peak(lambda: np.diag(np.ones(N)) @ np.ones(N)) > 8 * N * N
