"""Numbers need no more memory than their operands and result; what was derived is let go."""

import functools
import gc
import random
import tracemalloc

import numpy as np
import pytest
from functions import SYMBOLS, drawn

import mcalc as mc
from mcalc.graph import expr

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


def derived(seed):
    """A drawn program, derived and printed."""
    program, wrt = drawn(random.Random(seed).choice)
    by = SYMBOLS[wrt] if isinstance(wrt, str) else [SYMBOLS[name] for name in wrt]
    try:
        return str(mc.derive(program.on(np, SYMBOLS), by))
    except (mc.UnsupportedError, mc.ShapeError) as error:
        return str(error)


def kept():
    """The functions of mcalc that keep what they have found."""
    found = [f for f in gc.get_objects() if type(f) is functools._lru_cache_wrapper]
    return [f for f in found if f.__module__.startswith("mcalc.")]


def left():
    """How many expressions there are when nothing is kept."""
    for f in kept():
        f.cache_clear()
    gc.collect()
    return len(expr._nodes)


def test_what_was_derived_is_let_go():
    """A kernel that derives all day keeps what its last few derivations found, and no more."""
    before = left()
    for seed in range(150):
        derived(seed)
    most = {f.__qualname__: f.cache_parameters()["maxsize"] for f in kept()}
    expressions = sum(
        n for f, n in most.items() if f in {"signs", "formula_of", "_transposed", "_normal_form"}
    )
    assert 0 < expressions < 10_000
    assert left() < before + 100
