"""A claimed closed form against the derived one: equal or not, and if not, why."""

from __future__ import annotations

import numpy as np

from .evaluate import batch, length, letters
from .expr import Expr, as_expr, node, same_length, shape_text, symbols, unnamed, walk
from .rules import diag

_COMPARED = (2, 3, 1, 5)
_BATCH = 48


def difference(derivation, claim) -> str | None:
    """Why a claimed closed form is not the derived one, in a sentence; None if it is."""
    given = f"{claim!r}" if not isinstance(claim, np.ndarray) else "that array"
    try:
        claim = unnamed(as_expr(claim))
    except (TypeError, ValueError):
        return f"{given} is not a formula: write it with variables, mc.diag(x), x.T and the like"
    whole, known = unnamed(derivation.jacobian.expr), symbols(derivation.y)
    strange = [e.name for e in symbols(claim) if e not in known]
    if strange:
        names = ", ".join(e.name for e in known)
        return f"{strange[0]} is not a variable of {derivation.y}; its variables are {names}"
    fits, turned = _fits(claim, whole), {}
    found = f"{shape_text(claim.shape)} given, {shape_text(whole.shape)} expected"
    found = _unlike(claim, whole, known) if fits else found
    if found and claim.ndim == 1:
        turned["you have the diagonal as a vector"] = diag(claim)
    if found and claim.ndim:
        turned["this is the transpose, which is denominator layout"] = claim.T
    for mistake, right in turned.items():
        if _fits(right, whole) and not _unlike(right, whole, known):
            return mistake if fits else f"{found}: {mistake}"
    return found


def _fits(claim, whole):
    shapes = ((*e.shape, 1, 1)[:2] for e in (claim, whole))
    return all(same_length(a, b) is not False for a, b in zip(*shapes, strict=True))


def resolve(e: Expr, shape: tuple) -> Expr:
    """``e`` with the lengths that its context gives to ``identity()``, ``ones()``, ``zeros()``."""
    if not _open(e):
        return e
    if not e.args:
        return node(e.op, params=shape if e.op.name == "zeros" else shape[:1])
    axes = ["ij"[2 - a.ndim :] for a in e.args]  # the last ones meet, element by element
    if e.op.spec:
        *axes, output = e.op.spec.replace("->", ",").split(",")
    elif e.op.scalar or e.op.name == "row":
        output = "ij"[2 - e.ndim :]
    else:
        return e
    lengths = dict(zip(output, shape, strict=True))
    for letters_, a in zip(axes, e.args, strict=True):
        lengths |= {k: n for k, n in zip(letters_, a.shape, strict=True) if n is not None}
    args = [resolve(a, tuple(map(lengths.get, k))) for k, a in zip(axes, e.args, strict=True)]
    return node(e.op, *args, params=e.params)


def _open(e):
    return any(None in part.shape for part in walk(e))


def _unlike(claim, whole, variables):
    """None if two formulas of one shape agree at random points; else what is different."""
    claim = resolve(claim, (*whole.shape, 1, 1)[: claim.ndim])
    if _open(claim):
        return f"a length in {claim} is open: give it, as in mc.ones('n')"
    rng, first, ratios = np.random.default_rng(7), None, []
    for k in range(len(_COMPARED)):
        names = enumerate(letters(claim, whole, *variables))
        sizes = {n: _COMPARED[(k + i) % len(_COMPARED)] for i, n in names}
        with np.errstate(all="ignore"):
            found = batch([claim, whole], _points(rng, variables, sizes), sizes)
            found = [found[e].reshape((*found[e].shape, 1, 1)[:3]) for e in (claim, whole)]
            a, b = np.broadcast_arrays(*found)
            ratio = a / b
        usable = np.isfinite(b)
        scale = np.maximum(1.0, abs(np.where(usable, b, 0)).max(axis=(1, 2), keepdims=True))
        wrong, large = usable & ~(abs(a - b) <= 1e-9 * scale), usable & (abs(b) > 1e-6)
        ratios.append(np.where(large, ratio, np.nan)[wrong | large])
        if wrong.any() and first is None:
            _, i, j = place = tuple(np.argwhere(wrong)[0])
            at = " for " + ", ".join(f"{n} = {m}" for n, m in sizes.items()) if sizes else ""
            first = (
                f"entry ({i + 1}, {j + 1}) differs{at}: at a random point yours is "
                f"{a[place]:.4g}, and it should be {b[place]:.4g}"
            )
    if first is None:
        return None
    ratio = np.concatenate(ratios)
    if np.ptp(ratio) < 1e-6 * abs(ratio[0]):
        if abs(ratio[0] + 1) < 1e-6:
            return "the sign is wrong: yours is the negative"
        return f"a constant factor: yours is {ratio[0]:.4g} times what it should be"
    return first


def _points(rng, variables, sizes):
    """Random inputs in a batch, a third of them positive."""
    values = {}
    for e in variables:
        drawn = rng.standard_normal((_BATCH, *length(e.shape, sizes)))
        drawn[: _BATCH // 3] = 0.3 + abs(drawn[: _BATCH // 3])
        drawn[-_BATCH // 6 :] = 0.4 * np.tanh(drawn[-_BATCH // 6 :])
        values[e.name] = drawn
    return values
