"""Functions and closed forms as everybody writes them, and not as a tree of operations has them.

A function's parameters are variables of :mod:`programs`; it is given mcalc's, and arrays. A form
comes with the variable to derive by.
"""

import inspect

import numpy as np
from programs import draw_values, lengths, variables

import mcalc as mc


def arguments(function):
    return list(inspect.signature(function).parameters)


def derived(function, wrt):
    known = variables()
    return mc.derive(function(*(known[name] for name in arguments(function))), known[wrt])


def plainly(function):
    """The function of values by name, as NumPy has it."""
    return lambda values: function(*(values[name] for name in arguments(function)))


def points():
    for k, sizes in enumerate(lengths(1, 4)):
        for seed in range(3):
            yield draw_values((k, seed), sizes), sizes


def sigma(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z - np.max(z)) / np.sum(np.exp(z - np.max(z)))


def logistic_loss(w, x, b, a):
    s = 1 / (1 + np.exp(-(w @ x + b)))
    return -(a * np.log(s) + (1 - a) * np.log(1 - s))


def logistic_batch(w, A, v, b):
    s = 1 / (1 + np.exp(-(A @ w + b)))
    return -np.mean(v * np.log(s) + (1 - v) * np.log(1 - s))


def focal(z):
    p = 1 / (1 + np.exp(-z))
    return -((1 - p) ** 2) * np.log(p)


def layer_norm(x):
    return (x - np.mean(x)) / np.sqrt(np.var(x) + 1e-5)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def triplet(x, w):
    anchor = 0.5 * w + 0.1
    return np.maximum(0, np.sum((x - w) ** 2) - np.sum((x - anchor) ** 2) + 0.2)


FORMS = {
    "one neuron": (logistic_loss, "wxb"),
    "one neuron, with log(1/(1+exp))": (
        lambda w, x, b: -np.log(1 / (1 + np.exp(-(w @ x + b)))), "wxb"),
    "logistic regression": (logistic_batch, "wAb"),
    "logistic regression of signs": (
        lambda w, A, v: np.mean(np.log(1 + np.exp(-v * (A @ w)))), "wA"),
    "focal loss": (focal, "z"),
    "pseudo-Huber": (lambda x, a: np.sum(a**2 * (np.sqrt(1 + (x / a) ** 2) - 1)), "xa"),
    "Huber": (lambda z, a: np.where(np.abs(z) <= a, 0.5 * z**2, a * (np.abs(z) - 0.5 * a)), "za"),
    "triplet loss": (triplet, "xw"),
    "Gaussian log-likelihood": (
        lambda x, a, b: -0.5 * len_of(x) * np.log(2 * np.pi * a**2)
        - np.sum((x - b) ** 2) / (2 * a**2), "xab"),
    "Gaussian of a matrix": (
        lambda x, w, S: -0.5 * (x - w) @ np.linalg.inv(S @ S.T + np.diag(9 * np.ones_like(x)))
        @ (x - w), "xwS"),
    "Poisson log-likelihood": (lambda w, A, v: np.sum(v * (A @ w) - np.exp(A @ w)), "wA"),
    "cross-entropy": (lambda w, x: -np.sum(w * np.log(softmax(x))), "xw"),
    "log-sum-exp": (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))), "x"),
    "softmax": (lambda x: softmax(x), "x"),
    "softmax at a temperature": (lambda x, a: softmax(x / a), "xa"),
    "layer norm": (layer_norm, "x"),
    "RMS norm": (lambda x, w: w * x / np.sqrt(np.mean(x**2) + 1e-5), "xw"),
    "GELU": (gelu, "x"),
    "SiLU": (lambda x: x / (1 + np.exp(-x)), "x"),
    "ELU": (lambda x: np.where(x > 0, x, np.exp(x) - 1), "x"),
    "leaky ReLU": (lambda x: np.maximum(0.01 * x, x), "x"),
    "hinge loss": (lambda w, A, v: np.mean(np.maximum(0, 1 - v * (A @ w))), "wA"),
    "softplus, stable": (lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))), "z"),
    "least squares": (lambda A, w, v: np.mean((A @ w - v) ** 2), "wAv"),
    "ridge": (lambda A, w, v, a: np.sum((A @ w - v) ** 2) + a * np.sum(w**2), "wAva"),
    "elastic net": (lambda w, a, b: a * np.linalg.norm(w, 1) + b * w @ w, "wab"),
    "cosine similarity": (lambda x, w: x @ w / (np.linalg.norm(x) * np.linalg.norm(w)), "xw"),
    "Dice": (lambda x, w: 2 * np.sum(x * w) / (np.sum(x**2) + np.sum(w**2)), "xw"),
    "attention": (lambda x, S: S.T @ softmax(S @ x / np.sqrt(3)), "xS"),
    "Rayleigh quotient": (lambda x, S: x @ S @ x / (x @ x), "xS"),
    "kernel": (lambda x, w, a: np.exp(-np.sum((x - w) ** 2) / (2 * a**2)), "xwa"),
    "entropy": (lambda w: -np.sum(w * np.log(w)), "w"),
    "two layers": (lambda A, x, u, b: u @ np.maximum(0, A @ x + b), "Axub"),
    "trust region": (lambda x, a: x * np.minimum(1, a / np.linalg.norm(x)), "xa"),
    "weighted by labels": (lambda x, v, u: np.sum(np.where(v > 0, u, u**2)) * np.sum(x), "xu"),
    "powers of a matrix": (lambda A: np.sum(A * A * A - A * A), "A"),
    "a determinant": (lambda S, a: np.log(np.linalg.det(S @ S.T + a * 9)), "a"),
}  # fmt: skip


def len_of(x):
    return mc.size("n") if hasattr(x, "op") else len(x)


ZEROS = {
    "norm of a unit vector": (lambda x: np.linalg.norm(x / np.linalg.norm(x)), "x"),
    "σ(z) + σ(-z)": (lambda z: sigma(z) + sigma(-z), "z"),
    "its parts add up to 1": (lambda x: np.sum(np.exp(x) / np.sum(np.exp(x))), "x"),
    "exp of log-softmax": (lambda x: np.sum(np.exp(x - np.log(np.sum(np.exp(x))))), "x"),
    "tanh": (lambda z: np.tanh(z) - np.sinh(z) / np.cosh(z), "z"),
    "trace of I": (
        lambda S: np.trace(np.linalg.inv(S + mc_eye(S)) @ (S + mc_eye(S))), "S"),
    "arctan": (lambda a: np.arctan(a) + np.arctan(1 / a), "a"),
    "sin^2 + cos^2": (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, "x"),
    "cosh^2 - sinh^2": (lambda z: np.cosh(z) ** 2 - np.sinh(z) ** 2, "z"),
    "a factor that cancels": (lambda a, A: np.sum(a * A / A), "A"),
    "a logarithm of a ratio": (
        lambda a, b: np.log(a / b**2) - np.log(a) + 2 * np.log(np.abs(b)), "b"),
    "max of a sum": (lambda x: np.max(x) - np.max(np.maximum(x, x)), "x"),
    "x - x": (lambda x: x - x, "x"),
    "A - A": (lambda A: np.sum(A - A), "A"),
    "signs": (lambda A: np.sum(np.sign(A)), "A"),
    "a mask": (lambda A, x, u: np.sum((A @ x > 0) * u), "A"),
    "softmax is shifted": (lambda x, a: softmax(x + a), "a"),
    "layer norm is shifted": (lambda x, a: layer_norm(x + a), "a"),
    "centred": (lambda x: np.sum(x - np.mean(x)), "x"),
    "scaled": (lambda x, a: a * x / np.linalg.norm(a * x), "a"),
    "|x| as max": (lambda x: np.abs(x) - np.maximum(x, -x), "x"),
    "(a + b)(a - b)": (lambda a, b: (a + b) * (a - b) - a**2 + b**2, "a"),
}  # fmt: skip


def mc_eye(S):
    """A multiple of the unit matrix that makes a matrix regular."""
    return mc.diag(9 * mc.ones("n")) if hasattr(S, "op") else 9 * np.eye(len(S))


# --- closed forms to claim -----------------------------------------------------------------------


def right_forms():
    """``(derivation, claim)``: right ones in another form, some of which cancel."""
    a, b, z, x = (variables()[name] for name in "abzx")
    for k in (1, 4, 30, 100):
        u = k * a
        logistic = mc.derive(sigma(u), a)
        for claim in [
            k * sigma(u) * (1 - sigma(u)), k * sigma(u) * sigma(-u),
            k * np.exp(-u) / (1 + np.exp(-u)) ** 2, k / (2 + np.exp(u) + np.exp(-u)),
            k / (4 * np.cosh(u / 2) ** 2), k * (1 - np.tanh(u / 2) ** 2) / 4,
            k * np.exp(u) / (1 + np.exp(u)) ** 2,
        ]:  # fmt: skip
            yield logistic, claim
        hyperbolic = mc.derive(np.tanh(u), a)
        for claim in [
            k * (1 - np.tanh(u) ** 2), k / np.cosh(u) ** 2, 4 * k / (np.exp(u) + np.exp(-u)) ** 2,
            k * (1 - np.tanh(u)) * (1 + np.tanh(u)),
        ]:  # fmt: skip
            yield hyperbolic, claim
        ratio = mc.derive(u * np.log(u / a**2), a)
        yield ratio, k * np.log(u / a**2) - k
        yield ratio, k * (np.log(k * a) - 2 * np.log(a)) - k
        yield ratio, k * (np.log(k / a) - 1)
        softplus = mc.derive(np.log(1 + np.exp(u)), a)
        yield softplus, k * np.exp(u) / (1 + np.exp(u))
        yield softplus, k - k / (1 + np.exp(u))
    p = softmax(x)
    yield mc.derive(softmax(x), x), mc.diag(p) - mc.outer(p, p)
    yield mc.derive(p @ p, x), (2 * p * (p - p @ p)).T
    yield (
        mc.derive(np.log(np.sum(np.exp(x))), x),
        (np.exp(x - np.max(x))).T / np.sum(np.exp(x - np.max(x))),
    )
    yield mc.derive((a - b) ** 2, a), 2 * a - 2 * b
    yield mc.derive(np.sqrt(a**2 + 1), a), a / np.sqrt(1 + a**2)
    yield mc.derive(np.sqrt(a**2 + 1), a), np.sqrt(1 - 1 / (1 + a**2)) * np.sign(a)


def at_kinks():
    """Right claims with ≥ for > (there is no derivative where two that differ are equal)."""
    a, b, x, w = (variables()[name] for name in "abxw")
    for k in (1, 2, 0.5, 3, -1):
        larger = mc.derive(np.maximum(k * a, b), a)
        yield larger, k * (k * a >= b)
        yield larger, k * (k * a > b)
        yield larger, np.where(b > k * a, 0, k)
        smaller = mc.derive(np.minimum(k * a, b), a)
        yield smaller, k * (k * a <= b)
        yield smaller, np.where(k * a < b, k, 0)
    for k in (1, 2):
        each = mc.derive(np.maximum(k * x, b), x)
        yield each, mc.diag(k * (k * x > b))
        yield each, mc.diag(np.where(k * x >= b, k, 0))
        yield mc.derive(np.maximum(x, k * w), x), mc.diag(x >= k * w)
        yield mc.derive(np.maximum(x, k * w), w), mc.diag(k * (x <= k * w))


def wrong_forms():
    """``(derivation, claim)``: wrong far out only, by little, or in one entry by a large one."""
    a, b, z, x = (variables()[name] for name in "abzx")
    for c in (5, 13, 20, 50, 255, -40):
        ramp = mc.derive(np.maximum(0, a - c), a)
        yield from ((ramp, claim) for claim in (0, 1, a > c + 0.1 * abs(c), a > -c))
        clipped = mc.derive(np.clip(a, min(0, c), max(0, c)), a)
        yield clipped, (a > 0) if c > 0 else (a < 0)
        yield mc.derive(np.where(a > c, a**2, a), a), 1 if c > 0 else 2 * a
        yield mc.derive(np.sum(np.maximum(x, c)), x), 0 * x.T if c > 0 else mc.ones("n").T
        yield mc.derive(np.abs(a - c), a), -1 if c > 0 else 1
        yield mc.derive(a * (b > c), a), 0 if c > 0 else 1
    for c in (13, 20):
        yield mc.derive(np.sqrt(a - c), a), 5 * a
        yield mc.derive(np.log(a - c), a), 1 / (a + c)
    for e in (1e-2, 1e-3, 1e-4):
        yield mc.derive(a**2, a), 2 * (1 + e) * a
        yield mc.derive(np.sin(x), x), mc.diag((1 - e) * np.cos(x))
        yield mc.derive(np.exp(a) + b, a), np.exp(a) + e
        yield mc.derive(np.tanh(a), a), 1 - np.tanh((1 + e) * a) ** 2
    for c in (1e3, 1e6, 1e10):
        both = mc.derive(np.stack([c * a, a**2]), a)
        yield both, np.stack([c, 2 * a + 1])
        yield both, np.stack([c, 2 * a * (1 + 1e-4)])
        yield mc.derive(np.stack([c * a**3, np.sin(z) * a]), a), np.stack([3 * c * a**2, np.cos(z)])
    yield mc.derive(np.exp(100 * a) + a, a), 100 * np.exp(100 * a)
    yield mc.derive(np.exp(10 * a) + a, a), 10 * np.exp(10 * a)
