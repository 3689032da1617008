"""A transformer block for `make bench`: its backward pass by mcalc, by hand, and in its peers."""

from functools import lru_cache

import numpy as np
from peers import turns

import mcalc as mc

ROOT = np.sqrt(2 / np.pi)
WIDER = 4  # times as many hidden units as features
SHAPES = {
    **dict.fromkeys("XG", ("N", "d")),
    **dict.fromkeys(["g_1", "c_1", "g_2", "c_2", "b_2"], ("d",)),
    **dict.fromkeys(["W_Q", "W_K", "W_V", "W_O"], ("d", "d")),
    "W_1": ("d", "h"), "b_1": ("h",), "W_2": ("h", "d"),
}  # fmt: skip
SIZES = (64, 64), (512, 256)


def values(N, d):
    rng = np.random.default_rng(0)
    sizes = {"N": N, "d": d, "h": WIDER * d}
    shapes = {name: [sizes[n] for n in shape] for name, shape in SHAPES.items()}
    return {name: rng.standard_normal(s) / np.sqrt(s[0]) for name, s in shapes.items()}


# --- forward: the same for NumPy, autograd, JAX and mcalc ------------------------------------


def block(np, X, G, g_1, c_1, g_2, c_2, b_2, W_Q, W_K, W_V, W_O, W_1, b_1, W_2, let=None):
    """The sum of ``G`` times a pre-norm block of ``X``; ``let`` gives names."""
    let = let or (lambda name, value: value)

    def normed(X):
        centred = X - np.mean(X, axis=1, keepdims=True)
        return centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)

    def softmax(S):
        E = np.exp(S - np.max(S, axis=1, keepdims=True))
        return E / np.sum(E, axis=1, keepdims=True)

    M = let("M", normed(X) * g_1 + c_1)
    Q, K, V = let("Q", M @ W_Q), let("K", M @ W_K), let("V", M @ W_V)
    A = let("A", softmax(let("S", Q @ K.T / np.sqrt(X.shape[1]))))
    R = let("R", X + let("O", A @ V) @ W_O)
    Z = let("Z", let("P", normed(R) * g_2 + c_2) @ W_1 + b_1)
    U = let("U", np.tanh(ROOT * (Z + 0.044715 * Z**3)))
    H = let("H", 0.5 * Z * (1 + U))
    return np.sum(G * (R + H @ W_2 + b_2))


# --- backward --------------------------------------------------------------------------------


def by_hand(X, G, g_1, c_1, g_2, c_2, b_2, W_Q, W_K, W_V, W_O, W_1, b_1, W_2):
    """The value and all gradients, as one writes them who has done it before."""

    def normed(X):
        centred = X - X.mean(axis=1, keepdims=True)
        s = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
        return centred / s, s

    def back_through_normed(dY, Y, s):
        means = dY.mean(axis=1, keepdims=True), (dY * Y).mean(axis=1, keepdims=True)
        return (dY - means[0] - Y * means[1]) / s

    scale = 1 / np.sqrt(X.shape[1])
    X_, s = normed(X)
    M = X_ * g_1 + c_1
    Q, K, V = M @ W_Q, M @ W_K, M @ W_V
    S = Q @ K.T * scale
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    O = A @ V
    R = X + O @ W_O
    R_, s_ = normed(R)
    P = R_ * g_2 + c_2
    Z = P @ W_1 + b_1
    U = np.tanh(ROOT * (Z + 0.044715 * Z * Z**2))
    H = 0.5 * Z * (1 + U)
    Y = R + H @ W_2 + b_2

    dH = G @ W_2.T
    dZ = dH * 0.5 * (1 + U + Z * (1 - U**2) * (ROOT * (1 + 3 * 0.044715 * Z**2)))
    dP = dZ @ W_1.T
    dR = G + back_through_normed(dP * g_2, R_, s_)
    dO = dR @ W_O.T
    dA = dO @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True)) * scale
    dQ, dK, dV = dS @ K, dS.T @ Q, A.T @ dO
    dM = dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return (G * Y).sum(), {
        "X": dR + back_through_normed(dM * g_1, X_, s), "G": Y, "g_1": (dM * X_).sum(axis=0),
        "c_1": dM.sum(axis=0), "g_2": (dP * R_).sum(axis=0), "c_2": dP.sum(axis=0),
        "b_2": G.sum(axis=0), "W_Q": M.T @ dQ, "W_K": M.T @ dK, "W_V": M.T @ dV, "W_O": O.T @ dR,
        "W_1": P.T @ dZ, "b_1": dZ.sum(axis=0), "W_2": H.T @ G,
    }  # fmt: skip


def derived(depth=1):
    """mcalc's backward pass of so many blocks, one upon another."""
    made = {1: mc.vectors, 2: mc.matrices}

    def variable(name, shape):
        return made[len(shape)](name, **{"size": shape[0]} if len(shape) == 1 else {"shape": shape})

    y = variable("X", SHAPES["X"])
    G = variable("G", SHAPES["G"])
    for k in range(depth):
        own = {n: variable(f"{n}{k or ''}", s) for n, s in SHAPES.items() if n not in "XG"}
        named = {"let": lambda name, value, k=k: mc.let(f"{name}{k or ''}", value)}
        total = block(np, y, G, **own, **named)
        y = total.args[0].args[1]  # of sum(G ⊗ Y)
    return mc.backward(total)


def _numpy(at):
    backward = derived().numpy()
    return {"mcalc": lambda: backward(**at), "NumPy by hand": lambda: by_hand(**at)}


def _torch(at):
    import torch
    from torch.nn import functional

    given = {name: torch.from_numpy(v).requires_grad_() for name, v in at.items()}

    def value_and_gradients():
        X, G, g_1, c_1, g_2, c_2, b_2, W_Q, W_K, W_V, W_O, W_1, b_1, W_2 = given.values()
        d = X.shape[1:]
        M = functional.layer_norm(X, d, g_1, c_1)
        Q, K, V = M @ W_Q, M @ W_K, M @ W_V
        R = X + torch.softmax(Q @ K.T / d[0] ** 0.5, 1) @ V @ W_O
        Z = functional.layer_norm(R, d, g_2, c_2) @ W_1 + b_1
        total = torch.sum(G * (R + functional.gelu(Z, approximate="tanh") @ W_2 + b_2))
        found = torch.autograd.grad(total, [*given.values()])
        return total.item(), dict(zip(given, found, strict=True))

    return {"PyTorch": value_and_gradients}


def _jax(at):
    import jax

    jax.config.update("jax_enable_x64", True)
    given = {name: jax.numpy.asarray(v) for name, v in at.items()}
    both = jax.jit(jax.value_and_grad(lambda given: block(jax.numpy, **given)))
    return {"JAX, jit": lambda: jax.block_until_ready(both(given))}


def _autograd(at):
    import autograd
    from autograd import numpy as anp

    both = autograd.value_and_grad(lambda given: block(anp, **given))
    return {"autograd": lambda: both(at)}


LIBRARIES = {"numpy": _numpy, "torch": _torch, "jax": _jax, "autograd": _autograd}


@lru_cache(maxsize=1)
def methods(library, N, d):
    """Value and gradients at random values of this size, by each method of a library."""
    at = values(N, d)
    found = LIBRARIES[library](at)
    total, right = by_hand(**at)
    for method in found.values():
        value, gradients = method()
        assert np.isclose(float(value), total)
        for name, gradient in right.items():
            other = gradients[name]
            other = np.asarray(other.detach() if hasattr(other, "detach") else other)
            assert np.allclose(other, gradient, rtol=1e-9, atol=1e-9), name
    return found


def timed(library, N, d, seconds):
    return turns(methods(library, N, d), seconds)
