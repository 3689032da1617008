"""A claimed closed form against the derived one: equal or not, and if not, why."""

from __future__ import annotations

import numpy as np

from .evaluate import batch, length, letters
from .expr import SYMBOL, Expr, as_expr, node, same_length, shape_text, symbols, unnamed, walk
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
    whole = unnamed(derivation.jacobian.expr)
    if claim is whole:
        return None
    known = symbols(derivation.y)
    strange = [e.name for e in symbols(claim) if e not in known]
    if strange:
        names = ", ".join(e.name for e in known)
        return f"{strange[0]} is not a variable of {derivation.y}; its variables are {names}"
    return _compare(claim, whole, derivation)


def _compare(claim, whole, derivation):
    want, have = (*whole.shape, 1, 1)[:2], (*claim.shape, 1, 1)[:2]
    if not _fits(have, want):
        shapes = f"{shape_text(have)} given, {shape_text(want)} expected"
        for other, reason in (
            (lambda: diag(claim), "you have the diagonal as a vector"),
            (lambda: claim.T, "this is the transpose, which is denominator layout"),
        ):
            turned = other() if claim.ndim and (claim.ndim == 1 or reason[0] == "t") else None
            if turned is not None and _fits((*turned.shape, 1, 1)[:2], want):
                if _same(turned, whole, derivation) is None:
                    return f"{shapes}: {reason}"
        return shapes
    found = _same(claim, whole, derivation)
    if found is None:
        return None
    if want[0] == want[1] != 1 and _same(claim.T, whole, derivation) is None:
        return "this is the transpose, which is denominator layout"
    return found


def _fits(have, want):
    return all(same_length(a, b) is not False for a, b in zip(have, want, strict=True))


def resolve(e: Expr, shape: tuple) -> Expr:
    """``e`` with the lengths that its context gives to ``identity()``, ``ones()``, ``zeros()``."""
    name = e.op.name
    if e.op is SYMBOL or None not in {n for part in walk(e) for n in part.shape}:
        return e
    if name in ("ones", "zeros", "identity"):
        return node(e.op, params=shape[:1] if name != "zeros" else shape)
    if name == "row":
        return node(e.op, resolve(e.args[0], shape[1:]))
    if name == "diag":
        return node(e.op, resolve(e.args[0], shape[:1]))
    if e.op.spec:
        inputs, output = e.op.spec.split("->")
        lengths = dict(zip(output, shape, strict=True))
        for letters_, a in zip(inputs.split(","), e.args, strict=True):
            for letter, n in zip(letters_, a.shape, strict=True):
                lengths[letter] = n if lengths.get(letter) is None else lengths[letter]
        parts = zip(inputs.split(","), e.args, strict=True)
        return node(e.op, *(resolve(a, tuple(lengths[x] for x in ls)) for ls, a in parts))
    args = (resolve(a, shape[len(shape) - a.ndim :]) for a in e.args)
    return node(e.op, *args, params=e.params)


def _same(claim, whole, derivation):
    """None if two formulas of one shape agree at random points; else what is different."""
    shape = (*whole.shape, 1, 1)[: max(claim.ndim, whole.ndim)]
    claim = resolve(claim, shape[: claim.ndim] if claim.ndim else ())
    trial_letters = letters(claim, whole, *symbols(derivation.y))
    rng, first, ratios = np.random.default_rng(7), None, []
    for k, _ in enumerate(_COMPARED):
        sizes = {n: _COMPARED[(k + i) % len(_COMPARED)] for i, n in enumerate(trial_letters)}
        values = _points(rng, symbols(derivation.y), sizes)
        with np.errstate(all="ignore"):
            found = batch([claim, whole], values, sizes)
        a, b = (_two_axes(found[e], e) for e in (claim, whole))
        a, b = np.broadcast_arrays(a, b)
        usable = np.isfinite(b)
        scale = np.maximum(1.0, np.abs(np.where(usable, b, 0)).max(axis=(1, 2), keepdims=True))
        wrong = usable & ~(np.abs(a - b) <= 1e-9 * scale)
        if wrong.any() and first is None:
            place = tuple(np.argwhere(wrong)[0])
            first = (sizes, place, a[place], b[place], values)
        there = usable & (np.abs(b) > 1e-6)
        ratios.append((a[there] / b[there]) if not (wrong & ~there).any() else np.array([np.nan]))
    if first is None:
        return None
    ratio = np.concatenate(ratios)
    if ratio.size and np.ptp(ratio) < 1e-6 * abs(ratio[0]):
        factor = ratio[0]
        if abs(factor + 1) < 1e-6:
            return "the sign is wrong: yours is the negative"
        return f"a constant factor: yours is {factor:.4g} times what it should be"
    sizes, (k, i, j), given, right, values = first
    at = ", ".join(f"{n} = {m}" for n, m in sizes.items())
    return (
        f"entry ({i + 1}, {j + 1}) differs{' for ' + at if at else ''}: "
        f"at a random point yours is {given:.4g}, and it should be {right:.4g}"
    )


def _two_axes(value, e):
    return value.reshape(*value.shape, *(1,) * (2 - e.ndim))


def _points(rng, variables, sizes):
    """Random inputs in a batch, a third of them positive."""
    values = {}
    for e in variables:
        shape = (_BATCH, *(length(n, sizes) for n in e.shape))
        drawn = rng.standard_normal(shape)
        drawn[: _BATCH // 3] = 0.3 + abs(drawn[: _BATCH // 3])
        drawn[-_BATCH // 6 :] = 0.4 * np.tanh(drawn[-_BATCH // 6 :])
        values[e.name] = drawn
    return values
