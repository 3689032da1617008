"""Where two formulas are compared: usual numbers, and wherever one of them turns.

``max(0, a - 20)`` has the derivative 0 at all numbers that one thinks of first. So the constants of
a formula tell where to look, points far out show on which sides its operations can be, and between
two of them the place is found where an operation changes sides.
"""

from __future__ import annotations

import numpy as np

from ..graph.assumptions import fulfilled
from ..graph.expr import NUMBER, SYMBOL, Expr
from ..graph.lengths import length
from ..graph.primitives import (
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MAX,
    NEGATIVE,
    NOT_EQUAL,
    POWER,
    SIGN,
)
from ..graph.refine import is_decided
from ..graph.walk import symbols, walk
from .interpret import aligned, batch

USUAL = 48  # points of usual size
WHOLE = 4  # of them, those of small whole numbers
_FAR = 150  # points far out, of which those are taken that are in new places
_EACH, _PLACES = 3, 16  # points that are taken of a place; and of how many places
_LINES = 16  # between two sides of an operation
_PARTS, _TIMES = 16, 8  # into which the line is divided, and how often the one where it turns is
_BESIDE = np.array([-1e-3, -1e-6, 1e-6, 1e-3])  # how far from where it turns, along the line
_NUDGES, _NUDGE = 4, 1e-7
_CONSTANTS = 8
JUMPS = {GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, EQUAL, NOT_EQUAL, SIGN}
_EQUALITIES = (EQUAL, NOT_EQUAL)


def choices(*es: Expr) -> list[Expr]:
    """The operations with a kink or jump in some expressions."""
    return [e for e in walk(*es) if e.op.kink_side and symbols(e) and not is_decided(e)]


def kinks(y: Expr, variables) -> list[Expr]:
    """The operations of ``y`` at whose kink it has no derivative by these variables.

    What only jumps, as ``x > 0`` does, passes no kink on to what is made of it; and the ``x =
    max(x)`` of a derivative is as smooth as max(x), which is among them.
    """
    depends, moving = (dict.fromkeys(variables) for _ in range(2))
    for e in walk(y):
        if any(a in depends for a in e.args):
            depends[e] = None
        if any(a in moving for a in e.args) and e.op not in JUMPS:
            moving[e] = None
    return [
        e
        for e in depends
        if e.op.kink_side
        and any(a in moving for a in e.args)
        and not (e.op is EQUAL and e.args[1].op is MAX or is_decided(e))
    ]


def sides(sites, values: dict) -> dict[Expr, np.ndarray]:
    """On which side of its kink every operation is: -1 or 1, and 0 on the kink."""
    return {site: np.asarray(site.op.kink_side(*aligned(site, values))) for site in sites}


def clear(site: Expr, side: np.ndarray) -> bool:
    """Whether an operation stays on its side at neighbouring points, along the first axis.

    ``max(a^2, a a)`` is on its kink everywhere, and smooth; a root of what is 0 is not.
    """
    stays = (side == side[0]).all()
    return bool(stays and (side.all() or not site.op.analytic))


def on_a_kink(y: Expr, variables, values: dict, sizes: dict) -> np.ndarray:
    """At which points of a batch an operation changes sides when the variables are nudged."""
    sites, rng = kinks(y, variables), np.random.default_rng(11)
    count = max(map(len, values.values()), default=1)
    on_kink = np.zeros(count, dtype=bool)
    if not sites:
        return on_kink
    nudged = [values]
    for _ in range(_NUDGES):
        moved = dict(values)
        for v in variables:
            value = values[v.name]
            step = _NUDGE * np.maximum(1, abs(value))
            moved[v.name] = value + step * rng.uniform(0.5, 1, value.shape) * rng.choice([-1, 1])
        nudged.append(moved)
    with np.errstate(all="ignore"):
        seen = [sides(sites, batch(sites, some, sizes)) for some in nudged]
    for site in sites:
        here = np.array([np.broadcast_to(s[site], (count, *s[site].shape[1:])) for s in seen])
        on_kink |= [not clear(site, here[:, k]) for k in range(count)]
    return on_kink


# --- points ----------------------------------------------------------------------------------


def beyond(rng, variables, sizes: dict, *es: Expr) -> dict[str, np.ndarray]:
    """Points in a batch at which expressions may differ that agree at the usual ones."""
    usual_ones = usual(rng, variables, sizes)
    sites, inner = choices(*es), _arguments(es)
    anchors = _anchors(es)
    far = _far(rng, variables, sizes, anchors)
    everywhere = _joined(usual_ones, far)
    with np.errstate(all="ignore"):
        computed = batch([*es, *sites, *inner], everywhere, sizes)
        side = sides(sites, computed)
    count = USUAL + _FAR
    flags = [np.isfinite(computed[e]).reshape(len(computed[e]), -1).all(axis=1) for e in es]
    marks = [np.broadcast_to(f, count)[:, None] for f in flags]
    flat = _flat(sites, side, count)
    pattern = np.nan_to_num(np.concatenate([*marks, flat], axis=1), nan=2)  # on no side
    chosen = _new_places(pattern.astype(int))
    some = [_taken(far, chosen)]
    some.append(
        _where_it_turns(rng, everywhere, flat, lambda values: _sides_at(sites, values, sizes))
    )
    signs = _signs(inner, computed, count)  # of those that usual numbers show on one side only
    signs = np.where(abs(signs[:USUAL].sum(axis=0)) == USUAL, signs, np.nan)
    some.append(
        _where_it_turns(rng, everywhere, signs, lambda values: _signs_at(inner, values, sizes))
    )
    equal = _on_equalities(rng, variables, usual_ones, sites, sizes)
    return fulfilled(variables, _joined(*some, *equal))


def _arguments(es):
    """What functions of one number are of: ``tanh(2a - 50)`` is 1 or -1 but for a near 25."""
    return [
        e.args[0]
        for e in walk(*es)
        if e.op.sympy_form and not e.op.kink_side and (len(e.args) == 1 or e.op is POWER)
        and e.op is not NEGATIVE and e.args[0].op is not SYMBOL and symbols(e.args[0])
    ]  # fmt: skip


def _signs(inner, computed, count):
    """The signs of all elements of some expressions, side by side, for each of so many points."""
    columns = [np.broadcast_to(computed[e], (count, *computed[e].shape[1:])) for e in inner]
    return np.concatenate(
        [np.zeros((count, 0)), *(np.sign(c).reshape(count, -1) for c in columns)], axis=1
    )


def _signs_at(inner, values, sizes):
    return _signs(inner, batch(inner, values, sizes), max(map(len, values.values())))


def _sides_at(sites, values, sizes):
    side = sides(sites, batch(sites, values, sizes))
    return _flat(sites, side, max(map(len, values.values())))


def _flat(sites, side, count):
    """The sides of all elements of all operations, side by side, for each of so many points."""
    columns = [np.broadcast_to(side[e], (count, *side[e].shape[1:])) for e in sites]
    return np.concatenate([np.zeros((count, 0)), *(c.reshape(count, -1) for c in columns)], axis=1)


def usual(rng, variables, sizes: dict, *_) -> dict[str, np.ndarray]:
    """Random inputs of both signs, positive, small, and large; the first of whole numbers."""
    values = {}
    for e in variables:
        drawn = rng.standard_normal((4, USUAL // 4, *length(e.shape, sizes)))
        spread = [drawn[0], 0.3 + abs(drawn[1]), 0.4 * np.tanh(drawn[2]), 4 * drawn[3]]
        drawn = np.concatenate(spread).round(3)  # short to tell, and to try
        values[e.name] = np.where(drawn == 0, 0.001, drawn)
        first = values[e.name][:WHOLE]
        ramps = np.arange(first[0].size) + np.arange(WHOLE)[:, None] + len(values)
        first[:] = np.reshape(ramps % 4 + 1, first.shape)  # of 1, 2, 3 and 4
        if first.ndim == 3 and first.shape[1] == first.shape[2] > 3:
            first += np.eye(first.shape[1])  # else two of the rows are one, and det(A) is 0
    return fulfilled(variables, values)


def _anchors(es):
    """The constants of some expressions: near them, or at them, something may change."""
    numbers = {abs(float(e.params["value"])) for e in walk(*es) if e.op is NUMBER}
    return np.array(sorted(n for n in numbers if 1e-3 < n < 1e12)[-_CONSTANTS:] or [1.0])


def _far(rng, variables, sizes, anchors):
    """Points of every size: entries of like size, each of its own, or near the constants."""
    values, third = {}, _FAR // 3
    common = 10 ** rng.uniform(-1, 4, third)
    for e in variables:
        shape = length(e.shape, sizes)
        ones = (1,) * len(shape)
        normal = rng.standard_normal((3, third, *shape))
        near = rng.choice(anchors, (third, *shape)) * rng.choice([-1, 1, 1], (third, *shape))
        near = near + normal[2] * rng.choice([0, 0.1, 1], (third, *shape)) * np.maximum(1, near)
        values[e.name] = np.concatenate([
            normal[0] * common.reshape(-1, *ones) * 10 ** rng.uniform(-0.5, 0.5),
            rng.choice([-1, 1], (third, *shape)) * 10 ** rng.uniform(-2, 3.5, (third, *shape)),
            near,
        ])  # fmt: skip
    return fulfilled(variables, values)


def _joined(*some):
    return {name: np.concatenate([values[name] for values in some]) for name in some[0]}


def _taken(values, chosen):
    return {name: value[chosen] for name, value in values.items()}


def _new_places(pattern):
    """Some of the points far out, for each pattern of sides that there is."""
    places: dict = {}
    for k, row in enumerate(pattern):
        places.setdefault(row.tobytes(), []).append(k)
    order = sorted(places.values(), key=len)  # seldom ones first
    return [k - USUAL for some in order[:_PLACES] for k in [k for k in some if k >= USUAL][:_EACH]]


def _where_it_turns(rng, values, flat, flat_at):
    """Points beside the place between two others at which what ``flat_at`` gives changes sides."""
    ends = []
    turning = np.flatnonzero((flat > 0).any(axis=0) & (flat < 0).any(axis=0))
    elements = rng.permutation(turning)[:_LINES]
    for k in elements:
        low, high = (np.flatnonzero(flat[:, k] * sign > 0) for sign in (-1, 1))
        for _ in range(-(-_LINES // len(elements)) if len(low) and len(high) else 0):
            ends.append((rng.choice(low[:USUAL]), rng.choice(high[:USUAL]), k))
    if not ends:
        return _taken(values, [])
    *pair, watched = np.transpose(ends)
    start, end = (_taken(values, side) for side in pair)
    left, right, rows = np.zeros(len(ends)), np.ones(len(ends)), np.arange(len(ends))

    def at(t):
        along = {name: t.reshape(*t.shape, *(1,) * (v.ndim - 1)) for name, v in start.items()}
        there = {name: start[name] + (end[name] - start[name]) * k for name, k in along.items()}
        return {name: v.reshape(-1, *start[name].shape[1:]) for name, v in there.items()}

    inner = np.arange(1, _PARTS)[:, None] / _PARTS
    with np.errstate(all="ignore"):
        for _ in range(_TIMES):
            t = left + (right - left) * inner
            flat = flat_at(at(t)).reshape(*t.shape, -1)
            after = np.concatenate([flat[:, rows, watched] >= 0, np.ones((1, len(ends)))])
            width = (right - left) / _PARTS
            left = left + after.argmax(axis=0) * width  # to the last part before it turns
            right = left + width
    there = {name: v.round(6) for name, v in at(right).items()}  # where 2a = 34, a is 17
    return _joined(there, *(at(right + beside) for beside in _BESIDE))


def _on_equalities(rng, variables, usual, sites, sizes):
    """Points at which a variable equals what it is compared with, in some of its elements."""
    some = []
    for site in sites:
        if site.op not in _EQUALITIES:
            continue
        for v, other in (site.args, site.args[::-1]):
            if v in {*variables} and v not in {*walk(other)}:
                wanted = batch([other], usual, sizes)[other]
                if not v.ndim:  # beside a vector it equals the first of the elements
                    wanted = wanted.reshape(len(wanted), -1)[:, 0]
                wanted = wanted.reshape(len(wanted), *(1,) * (v.ndim + 1 - wanted.ndim),
                                        *wanted.shape[1:])  # fmt: skip
                chosen = rng.random(usual[v.name].shape) < 0.6
                some.append({**usual, v.name: np.where(chosen, wanted, usual[v.name])})
    return some
