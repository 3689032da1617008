"""A wrong claim, fitted on the terms of the right sum: a coefficient that is not 1 names itself.

The claim ``2X^T X/N + b I`` for ``2X^T X/N + 2b I`` has 1 and 1/2; ``x/2`` for ``(2/n) x`` has n/4.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product as pairs

import numpy as np

from ..graph.expr import WRITERS, Expr, size
from ..graph.lengths import symbolic_sizes
from ..graph.primitives import (
    ADD,
    DIAG,
    DIVIDE,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    OUTER,
    ROW,
    SUBTRACT,
    TRANSPOSE,
    VECMAT,
)
from ..graph.simplify import mul
from ..graph.walk import is_number, rebuild, symbols, walk
from ..notation.write import Precedence
from .claims import Difference, rounds

_MOST = 8  # terms of a sum
_FACTORS = 24  # that a claim may have too many
_NEAR = 1e-7
_POWERS = (1, -1, 2, -2, 0.5, -0.5)
_LINEAR = (MULTIPLY, MATMAT, MATVEC, VECMAT, OUTER)


def terms(e: Expr) -> list[Expr]:
    """The terms of a sum, multiplied out as far as there are few: of ``(A + B) x`` two."""
    if e.op in (ADD, SUBTRACT):
        a, b = map(terms, e.args)
        if any(t.shape != e.shape for t in (*a, *b)):
            return [e]
        return [*a, *(t if e.op is ADD else _negative(t) for t in b)]
    if e.op in (NEGATIVE, ROW, TRANSPOSE, DIAG):
        return [_rebuilt(e, (t,)) for t in terms(e.args[0])]
    if e.op in _LINEAR:
        made = [_rebuilt(e, some) for some in pairs(*map(terms, e.args))]
        return made if len(made) <= _MOST else [e]
    if e.op is DIVIDE:
        return [_rebuilt(e, (t, e.args[1])) for t in terms(e.args[0])]
    return [e]


def _negative(t):
    return t.args[0] if t.op is NEGATIVE else -t


def _rebuilt(e, args):
    if e.op in (ROW, TRANSPOSE) and args[0].op is NEGATIVE:
        return -rebuild(e, args[0].args)
    return rebuild(e, args)


def fitted(claim: Expr, right: Expr, variables, most: int = 1) -> Difference | None:
    """Which terms of the right sum, at most so many, have another coefficient in a claim.

    The claim has the right shape.
    """
    parts = [t for t in terms(right) if not is_number(t, 0)]
    scales = _scales(right, variables)
    compared = list(rounds([claim, right, *scales, *parts], variables))
    at = [
        _Points(mine, right_one, values[: len(scales)], values[len(scales) :])
        for *_, (mine, right_one, *values) in compared
    ]
    used = {*walk(claim)}
    below = {part for e in used if e.op is DIVIDE for part in walk(e.args[1])}
    if 1 < len(parts) <= _MOST and (wrong := _coefficients(at, parts, most)):
        return wrong
    if most > 1:
        return None
    if not symbols(claim) and not claim.ndim:
        return None  # any number is some scalar of the formula over it
    if wrong := _factor(at, scales, used, below):
        return wrong
    for k, part in enumerate(parts if 1 < len(parts) <= _MOST else []):
        if wrong := _factor(at, scales, used, below, k, f" of {part}"):
            return wrong
    return None


class _Points:
    """A claim, the right sum, factors and terms at the points of one size, where all are finite."""

    def __init__(self, claim, right, scales, parts):
        shape = np.broadcast_shapes(*(v.shape for v in (claim, right, *parts)))
        some = [np.broadcast_to(v, shape).reshape(shape[0], -1) for v in (claim, right, *parts)]
        usable = np.all([np.isfinite(v).all(axis=1) for v in some], axis=0)
        largest = np.max([abs(v).max(axis=1, initial=0) for v in some], axis=0)
        usable &= (1e-6 < largest) & (largest < 1e6)
        self.claim, self.right, *self.parts = (v[usable] for v in some)
        count = len(usable)
        self.scales = [np.broadcast_to(v, (count, 1, 1))[usable, 0, 0] for v in scales]


def _coefficients(at, parts, most):
    """The coefficients of all terms, if they are numbers and some of them are 1."""
    rows, wanted = [], []
    for p in at:
        scale = 1 / np.maximum(1e-6, abs(p.right).max(axis=1, initial=0))[:, None]
        rows.append(np.stack([(part * scale).ravel() for part in p.parts], axis=1))
        wanted.append((p.claim * scale).ravel())
    matrix, target = np.concatenate(rows), np.concatenate(wanted)
    if len(target) <= len(parts):
        return None
    with np.errstate(all="ignore"):
        found, _, rank, _ = np.linalg.lstsq(matrix, target, rcond=1e-9)
    if rank < len(parts) or not np.allclose(matrix @ found, target, rtol=_NEAR, atol=_NEAR):
        return None
    wrong = [(part, c) for part, c in zip(parts, found, strict=True) if abs(c - 1) > _NEAR]
    few = min(most, max(1, len(parts) - 1))  # else anything is the terms times something
    if not 0 < len(wrong) <= few or not all(_plain(c) is not None for _, c in wrong):
        return None
    names, sentences, briefs = zip(*(_of_term(part, c) for part, c in wrong), strict=True)
    return Difference(names[0], "; ".join(sentences), "; ".join(dict.fromkeys(briefs)))


def _of_term(part, c):
    """The name of a mistake in one term, what to say, and what to say first."""
    if abs(c) < _NEAR:
        return "missing term", f"a term is missing: {part}", "a term is missing"
    if _plain(c) == -1:
        brief = "the sign of one term is wrong"
        return "sign", f"{brief}: {part}", brief
    brief = "a constant factor in one term is wrong"
    sentence = f"a constant factor in one term: yours has {_plain(c)} times {part}"
    return "constant factor", sentence, brief


def _plain(c):
    """The fraction that a coefficient is; None if it is none that anybody writes."""
    near = Fraction(float(c)).limit_denominator(24)
    return near if abs(float(near) - c) < _NEAR and abs(c) < 100 else None


def _scales(right, variables):
    """What a formula may be multiplied with by mistake: its scalars, and lengths of vectors."""
    largest = len([*walk(right)]) - 2  # what is nearly all of it is no factor to name
    scalars = [e for e in walk(right) if e.ndim == 0 and e.args and not is_number(e)]
    scalars = [e for e in scalars if len([*walk(e)]) < largest]
    names = [v for v in variables if v.ndim == 0]
    sizes = [size(n) for n in symbolic_sizes(right, *variables)]
    norms = [np.linalg.norm(v) for v in variables if v.ndim == 1]
    dets = [np.linalg.det(v) for v in variables if v.ndim == 2 and v.shape[0] == v.shape[1]]
    return list(dict.fromkeys([*names, *sizes, *norms, *dets, *_simple_first(scalars)]))[:_FACTORS]


def _simple_first(es):
    return sorted(es, key=lambda e: len([*walk(e)]))


def one_ratio(claim: Expr, right: Expr, variables) -> Fraction | None:
    """How many times a right formula a claim is, by most of its entries at usual points."""
    ratios = []
    for _, _, (a, b) in rounds([claim, right], variables):
        a, b = np.broadcast_arrays(a, b)
        usable = np.isfinite(a) & np.isfinite(b) & (1e-3 < abs(b)) & (abs(b) < 1e4)
        with np.errstate(over="ignore"):
            ratios.append(a[usable] / b[usable])
    every = np.concatenate(ratios)
    return _plain(np.median(every)) if len(every) else None


def _factor(at, scales, used, below, k=None, of=""):
    """A factor of the claim, or of its term k, that is a scalar of the formula or one over it."""
    ratios = []
    for p in at:
        part = p.right if k is None else p.parts[k]
        mine = p.claim if k is None else p.claim - p.right + part
        top = abs(part).max(axis=1, initial=0)
        some = top > 1e-5 * abs(p.right).max(axis=1, initial=0)
        largest = abs(part).argmax(axis=1)[:, None]
        with np.errstate(all="ignore"):  # where all of a part is 0
            each = np.take_along_axis(mine, largest, 1) / np.take_along_axis(part, largest, 1)
            off = abs(mine - each * part).max(axis=1, initial=0)
            fits = off <= _NEAR * np.maximum(abs(each[:, 0]), 1) * top
        if not fits[some].all():
            return None  # something stands where nothing should
        ratios.append((some, each[some, 0]))
    if not ratios or sum(map(len, (r for _, r in ratios))) < 8:
        return None
    ratio = np.concatenate([r for _, r in ratios])
    for k_scale, scale in enumerate(scales):
        each = [p.scales[k_scale][some] for p, (some, _) in zip(at, ratios, strict=True)]
        values = np.concatenate(each)
        for power in _POWERS:
            if found := _as_power_of(
                ratio, values, scale, power, of, scale in used, scale in below
            ):
                return found
    return None


def _as_power_of(ratio, values, scale, power, of, used, below):
    with np.errstate(all="ignore"):
        c = ratio / values**power
    if not np.isfinite(c).all() or np.ptp(values) < 1e-3 or np.ptp(c) > _NEAR * abs(c[0]):
        return None
    if not (near := _plain(c[0])) or of and abs(near) != 1:
        return None
    where = " in one term" if of else ""
    if power == -1 and below and not of and near == 1:
        sentence = f"a factor too many: 1/{WRITERS['text'](scale, Precedence.POWER)}"
        return Difference("factor too many", sentence, "a factor too many")
    if power == -1 or not used:
        root = np.sqrt(scale)
        times = mul(1 / near, {0.5: 1 / root, -0.5: root}.get(power, scale**-power))
        sentence = f"a factor is missing{where}: {times}{of}"
        return Difference("missing factor", sentence, f"a factor is missing{where}")
    times = mul(near, scale**power if power != 0.5 else np.sqrt(scale))
    sentence = f"a factor{where}: yours is {times} times what it should be"
    name = "factor too many" if power > 0 else "missing factor"
    return Difference(name, sentence, f"a factor{where} is wrong")
