"""What `make bench` compares mcalc with: the same functions in NumPy by hand, and in its peers."""

import importlib.metadata
import importlib.util
import os
import time
from functools import lru_cache

import numpy as np

import mcalc as mc

SAMPLE = 0.01  # seconds: what takes less is called several times in a row
N_EXAMPLES = 5  # of the loss that is derived


def turns(functions, seconds, most=1.0):
    """Seconds for a call of each function, sample after sample, in turns for about so long.

    What is compared takes turns so that a slow moment of the machine falls on all. What takes
    longer than ``most`` is called once.
    """
    times, counts = {}, {}
    for name, function in functions.items():
        start = time.perf_counter()
        function()
        taken = time.perf_counter() - start
        times[name] = [taken] if taken > most else []
        if taken <= most:
            counts[name] = max(1, int(SAMPLE / taken))
    end = time.perf_counter() + seconds
    while counts and (time.perf_counter() < end or not all(times.values())):
        for name, count in counts.items():
            function = functions[name]
            start = time.perf_counter()
            for _ in range(count):
                function()
            times[name].append((time.perf_counter() - start) / count)
    return times


def installed(module):
    return importlib.util.find_spec(module) is not None


# --- to derive -------------------------------------------------------------------------------


def loss(n="n", N="N"):
    """The mean squared error of a neuron, and its weights."""
    X, w = mc.matrices("X", shape=(N, n)), mc.vectors("w", size=n)
    y, b = mc.vectors("y", size=N), mc.scalars("b")
    return np.mean((y - np.maximum(0, X @ w + b)) ** 2), w


def by_mcalc(name, n):
    """The closed form of a Jacobian for vectors of this length, derived and printed."""
    w, x = mc.vectors("w x", size=n)
    b = mc.scalars("b")
    programs = {
        "w ⊗ x": lambda: (w * x, w),
        "neuron": lambda: (np.maximum(0, w @ x + b), w),
        "softmax": lambda: (np.exp(x) / np.sum(np.exp(x)), x),
        "loss": lambda: loss(n, N_EXAMPLES),
    }
    return str(mc.derive(*programs[name]()).jacobian)


def by_sympy(name, n):
    """The explicit Jacobian, entry by entry."""
    import sympy as sp

    w, x = (sp.symbols(f"{letter}_1:{n + 1}", real=True) for letter in "wx")
    b = sp.Symbol("b", real=True)

    def neuron(row):
        return sp.Max(0, sp.Add(*(w_j * x_j for w_j, x_j in zip(w, row, strict=True))) + b)

    def softmax():
        powers = [sp.exp(x_i) for x_i in x]
        return [power / sp.Add(*powers) for power in powers]

    def mean_square():
        rows = [sp.symbols(f"x_{i}_1:{n + 1}", real=True) for i in range(N_EXAMPLES)]
        y = sp.symbols(f"y_1:{N_EXAMPLES + 1}", real=True)
        errors = [(y_i - neuron(row)) ** 2 for y_i, row in zip(y, rows, strict=True)]
        return [sp.Add(*errors) / N_EXAMPLES]

    programs = {
        "w ⊗ x": lambda: [w_i * x_i for w_i, x_i in zip(w, x, strict=True)],
        "neuron": lambda: [neuron(x)],
        "softmax": softmax,
        "loss": mean_square,
    }
    return sp.Matrix(programs[name]()).jacobian(x if name == "softmax" else w)


# --- the gradient of the loss by the weights -------------------------------------------------


def by_hand(X, w, b, y):
    """Two matrix-vector products and a mask in place."""
    z = X @ w
    z += b
    mask = z > 0
    z -= y
    z *= mask
    gradient = z @ X
    gradient *= 2 / len(y)
    return gradient


def in_blocks(X, w, b, y, rows=4096):
    """The same, a block of rows at a time, so that X passes through the cache once."""
    gradient = np.zeros_like(w)
    for k in range(0, len(y), rows):
        part = X[k : k + rows]
        z = part @ w
        z += b
        mask = z > 0
        z -= y[k : k + rows]
        z *= mask
        gradient += z @ part
    gradient *= 2 / len(y)
    return gradient


def _numpy(values):
    compiled = mc.derive(*loss()).numpy()
    return {
        "mcalc": lambda: compiled(**values),
        "NumPy by hand": lambda: by_hand(**values),
        "in blocks": lambda: in_blocks(**values),
    }


def _torch(values):
    import torch

    X, w, b, y = (torch.from_numpy(values[name]) for name in "Xwby")
    w.requires_grad_()

    def gradient():
        C = torch.mean((y - torch.relu(X @ w + b)) ** 2)
        return torch.autograd.grad(C, w)[0]

    return {"PyTorch": gradient}


def _jax(values):
    import jax

    jax.config.update("jax_enable_x64", True)
    X, w, b, y = (jax.numpy.asarray(values[name]) for name in "Xwby")

    def C(w, X, b, y):
        return jax.numpy.mean((y - jax.nn.relu(X @ w + b)) ** 2)

    gradient = jax.jit(jax.grad(C))
    return {"JAX, jit": lambda: gradient(w, X, b, y).block_until_ready()}


def _autograd(values):
    import autograd
    from autograd import numpy as anp

    X, w, b, y = (values[name] for name in "Xwby")
    gradient = autograd.grad(lambda w: anp.mean((y - anp.maximum(0, X @ w + b)) ** 2))
    return {"autograd": lambda: gradient(w)}


LIBRARIES = {"numpy": _numpy, "torch": _torch, "jax": _jax, "autograd": _autograd}


@lru_cache(maxsize=1)
def gradients(library, N, n):
    """The gradient at random values of this size, as a function of nothing for each method."""
    rng = np.random.default_rng(0)
    values = {
        "X": rng.standard_normal((N, n)),
        "w": rng.standard_normal(n),
        "b": np.array(0.1),
        "y": rng.standard_normal(N),
    }
    methods = LIBRARIES[library](values)
    for gradient in methods.values():
        assert np.allclose(np.asarray(gradient()), by_hand(**values))
    return methods


def timed_gradients(library, N, n, seconds):
    return turns(gradients(library, N, n), seconds)


def threads(library):
    """What computes, and with how many threads, as the library chooses them."""
    said = f"{library} {importlib.metadata.version(library)}"
    if library == "torch":
        import torch

        return f"{said}, {torch.get_num_threads()} threads"
    if library == "jax":
        return f"{said}, on XLA with {os.cpu_count()} processors"
    if library == "numpy" and installed("threadpoolctl"):
        from threadpoolctl import threadpool_info

        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        return said + "".join(
            f", {pool['internal_api']} {pool['version']} for {pool['architecture']} with "
            f"{pool['num_threads']} threads"
            for pool in blas
        )
    return said


# --- numerical Jacobians of softmax ----------------------------------------------------------


def softmax(x):
    """Over the first axis."""
    powers = np.exp(x)
    return powers / powers.sum(axis=0)


def numerical(n):
    """The Jacobian of softmax at a point, as functions of nothing, and the closed form's."""
    x = mc.vectors("x")
    d = mc.derive(np.exp(x) / np.sum(np.exp(x)), wrt=x)
    point = np.random.default_rng(0).standard_normal(n)
    methods = {"mcalc's check": lambda: mc.check.check.numerical(d, {"x": point})}
    if installed("scipy"):
        from scipy.differentiate import jacobian

        methods["scipy.differentiate"] = lambda: jacobian(softmax, point).df
    if installed("numdifftools"):
        import numdifftools

        by_steps = numdifftools.Jacobian(softmax)
        methods["numdifftools"] = lambda: by_steps(point)
    return methods, d.numpy()(x=point)
