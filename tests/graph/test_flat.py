"""The elements of a matrix one after another: what people flatten to sum, compare and reshape."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.interpret import batch

SHAPES = {"W": ("m", "n"), "V": ("m", "n"), "A": (2, 3), "B": (3, "n"), "q": (6,), "a": ()}
SIZES = [{"m": 3, "n": 4}, {"m": 2, "n": 2}, {"m": 1, "n": 3}]
OPEN = {
    "weight decay": lambda W: np.sum(W.ravel() ** 2),
    "dot": lambda W, V: W.ravel() @ V.flatten(),
    "mean squared error": lambda W, V: np.mean((W - V).reshape(-1) ** 2),
    "by error": lambda W, V: ((W.ravel() - V.ravel()) ** 2).mean(),
    "cosine": lambda W, V: (
        np.dot(W.ravel(), V.ravel()) / (np.linalg.norm(W.ravel()) * np.linalg.norm(V.ravel()))
    ),
    "norm 1": lambda W: np.linalg.norm(W.ravel(), 1),
    "norm 3": lambda W: np.linalg.norm(W.ravel() + 9, ord=3),
    "largest": lambda W: np.linalg.norm(W.ravel(), np.inf) + W.ravel().max(),
    "log sum exp": lambda W: np.log(np.sum(np.exp(W.ravel() - np.max(W.ravel())))),
    "relu": lambda W, a: np.sum(np.where(W.ravel() > 0, W.ravel() * a, 0)),
    "clipped": lambda W: np.clip(W.ravel(), -0.5, 0.5).sum(axis=0),
    "there and back": lambda W, a: (np.tanh(W.ravel()) / a).reshape(W.shape),
    "by columns": lambda W, V: W.ravel("F") @ V.T.ravel(),
    "count": lambda W: np.sum(W) / W.ravel().size + np.sum(W) / W.ravel().shape[0],
    "variance": lambda W: np.var(W.ravel(), ddof=1 if W.shape[0] == 9 else 0),
    "rows known": lambda B: np.cumsum(B.ravel()),
    "joined": lambda B, q: np.concatenate([B.ravel(), q]),
}
KNOWN = {
    "reshape": lambda A: A.reshape(3, 2) @ A,
    "one length open": lambda A: np.reshape(A, (-1, 2)),
    "of a vector": lambda q: q.reshape(2, 3).T,
    "times a vector": lambda A, q: A.ravel() * q,
    "entry": lambda A: A.ravel()[4] * A.ravel()[-1],
    "part": lambda A, q: q[:3] @ A.flatten()[2:5],
    "gone through": lambda A: sum(z**2 for z in A.ravel()),
    "stacked": lambda A, q: np.stack([A.ravel(), q]),
}


def values(names, sizes):
    rng = np.random.default_rng(len(names))
    return {n: rng.standard_normal([sizes.get(k, k) for k in SHAPES[n]]) for n in names}


def symbol(name):
    shape = SHAPES[name]
    if len(shape) == 2:
        return mc.matrices(name, shape=shape)
    return mc.vectors(name, size=shape[0]) if shape else mc.scalars(name)


def gradient(function, at, name, G, step=1e-5):
    """Of ``sum(G * function)``, by differences."""
    found = np.zeros(at[name].shape)
    for place in np.ndindex(found.shape):
        moved = []
        for side in (step, -step):
            there = at[name].copy()
            there[place] += side
            moved.append(np.sum(G * function(**{**at, name: there})))
        found[place] = (moved[0] - moved[1]) / (2 * step)
    return found


@pytest.mark.parametrize("name", [*OPEN, *KNOWN])
def test_what_is_flattened_is_what_numpy_flattens(name):
    function = {**OPEN, **KNOWN}[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    y = function(**{n: symbol(n) for n in names})
    for sizes in SIZES if name in OPEN else SIZES[:1]:
        at = values(names, sizes)
        right = np.asarray(function(**at))
        found = batch([y], {n: v[None] for n, v in at.items()}, sizes)[y][0]
        assert found.shape == right.shape and np.allclose(found, right)
        G = np.random.default_rng(0).standard_normal(right.shape)
        for n in names:
            back = mc.derive(y, symbol(n)).vjp(G, **at)
            assert np.allclose(
                np.reshape(back, at[n].shape), gradient(function, at, n, G), atol=1e-7
            )


@pytest.mark.parametrize("refused", [
    lambda W, V: W.ravel() @ V.T.ravel(), lambda W, V: np.concatenate([W.ravel(), V.ravel()]),
    lambda W, V: mc.derive(W.ravel(), W), lambda W, V: W.ravel()[0], lambda W, V: len(W.ravel()),
    lambda W, V: W.reshape(2, -1), lambda W, V: np.sort(W.ravel()), lambda W, V: W.ravel().tolist(),
    lambda W, V: np.outer(W.ravel(), V.ravel()),
])  # fmt: skip
def test_what_needs_a_length_is_refused_in_words(refused):
    with pytest.raises(mc.UnsupportedError, match="W"):
        refused(symbol("W"), symbol("V"))
