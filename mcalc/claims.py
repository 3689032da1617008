"""A claimed closed form against the derived one: equal or not, and if not, why."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from .algebra import constant
from .evaluate import batch, length, letters
from .expr import (
    NAMED,
    SYMBOL,
    Expr,
    ShapeError,
    as_expr,
    is_number,
    node,
    replace,
    same_length,
    shape_text,
    symbols,
    unnamed,
    walk,
)
from .forms import diag
from .picture import numbers

_COMPARED = (2, 3, 1, 5)
_BATCH = 48
_WHOLE = 4  # points of small whole numbers
_SQUARE = {"identity", "diag", "inv"}
_GROWING = {"exp", "expm1", "sinh", "cosh", "power"}  # beyond all numbers, of a large one


class Difference(NamedTuple):
    """What is wrong with a claim: the name of the mistake, and a sentence about it."""

    mistake: str
    sentence: str


def difference(derivation, claim) -> Difference | None:
    """How a claimed closed form differs from the derived one; None if it is the same."""
    given = f"{claim!r}" if not isinstance(claim, np.ndarray) else "that array"
    try:
        claim = _told(as_expr(claim), derivation)
    except (TypeError, ValueError):
        advice = "write it with variables, mc.diag(x), x.T and the like"
        return Difference("no formula", f"{given} is not a formula: {advice}")
    if derivation.three_axes:
        shapes = shape_text((*derivation.y.shape, *derivation.columns))
        return Difference("shape", f"{shapes} expected, which no matrix is: use .jvp or .vjp")
    whole, known = unnamed(derivation.jacobian.expr), derivation.inputs
    strange = [e.name for e in symbols(claim) if e not in known]
    if strange:
        names = ", ".join(e.name for e in known)
        told = f"{strange[0]} is not a variable of {derivation.y}; its variables are {names}"
        return Difference("unknown variable", told)
    want = derivation.jacobian.shape
    if is_number(claim, 0):
        claim = constant("zeros", *want)
    try:
        claim = _settled(claim)
    except ShapeError as error:  # as of X^T + I, where X is not square
        return Difference("shape", f"{error}")
    fits, mistakes = _fits(claim, want), {}
    shapes = f"{_given(claim, want)} given, {shape_text(want)} expected"
    found = unlike(claim, whole, known) if fits else Difference("shape", shapes)
    if found and claim.ndim:
        turned = "the transpose, which is denominator layout"
        if derivation.by_matrix:
            turned = f"the gradient, in the shape of {derivation.wrt}: transpose it"
        mistakes["transpose", f"this is {turned}"] = claim.T
    if found and want[0] == want[1] and claim.ndim == 1:
        mistakes["diagonal as a vector", "you have the diagonal as a vector"] = diag(claim)
    elif found and want[0] == want[1] and claim.op.name == "row":
        mistakes["diagonal as a vector", "you have the diagonal as a row"] = diag(claim)
    for (name, sentence), right in mistakes.items():
        if _fits(right, want) and not unlike(right, whole, known):
            return Difference(name, sentence if fits else f"{shapes}: {sentence}")
    return found


def _told(claim, derivation):
    """The claim in the variables alone: a name that ``y`` gives stands for what it names.

    What ``y`` is derived by stays a variable, also if it has a definition.
    """
    claim = replace(claim, derivation.freed.get)
    names = {e.name: e for e in walk(derivation.y) if e.op is NAMED}

    def swap(e):
        named = names.get(e.name) if e.op is SYMBOL else None
        return named if named is not None and named.shape == e.shape else None

    return unnamed(replace(claim, swap))


def _fits(claim, want):
    if _is_square(claim) and want[0] != want[1]:
        return False
    shape = (*claim.shape, 1, 1)[:2]
    if any(same_length(a, b) is False for a, b in zip(shape, want, strict=True)):
        return False
    try:
        resolve(claim, want[: claim.ndim])
    except ShapeError:
        return False
    return True


def _is_square(e):
    """Whether a matrix is square by its making, as ``2 I`` and ``inv(A)`` are; ``1 1^T`` is not."""
    if e.op.name in _SQUARE:
        return True
    if e.op.name == "matmat":
        return all(map(_is_square, e.args))
    alike = e.op.scalar or e.op.name in ("transpose", "named")
    return bool(alike) and any(map(_is_square, e.args))


def _given(claim, want):
    """The shape of a claim; an open length is taken to be that of the right answer."""
    if claim.shape == (None, None) and _is_square(claim):
        return "a square matrix"
    likely = (max(want, key=lambda n: isinstance(n, str)),) * 2
    likely = want[::-1] if not _fits(claim, want) and _fits(claim.T, want) else likely
    return shape_text(tuple(n or m for n, m in zip(claim.shape, likely, strict=False)))


def resolve(e: Expr, shape: tuple) -> Expr:
    """``e`` with the lengths that its context gives to ``identity()``, ``ones()``, ``zeros()``.

    What nothing tells stays open. Raises ShapeError where two of them contradict each other.
    """
    if not is_open(e):
        return e
    shape = tuple(own or given for own, given in zip(e.shape, shape, strict=True))
    if not e.args:
        known = shape if e.op.name == "zeros" else [next(filter(None, shape), None)]
        return node(e.op, params=tuple(known))
    axes = ["ij"[2 - a.ndim :] for a in e.args]  # the last ones meet, element by element
    output = "ij"[2 - e.ndim :]
    if e.op.spec:
        *axes, output = e.op.spec.replace("->", ",").split(",")
    elif e.op.name == "blocks":  # each has a height of its own
        axes = [f"{k}j" for k in range(len(e.args))]
    elif not (e.op.scalar or e.op.name in ("row", "named", "stack")):
        axes = [[(k, axis) for axis in range(a.ndim)] for k, a in enumerate(e.args)]  # its own
    lengths = dict(zip(output, shape, strict=True))
    for letters_, a in zip(axes, e.args, strict=True):
        lengths |= {k: n for k, n in zip(letters_, a.shape, strict=True) if n is not None}
    square = [letters_ for letters_, a in zip(axes, e.args, strict=True) if _is_square(a)]
    for _, letters_ in itertools.product(square, square):  # from one to the next, as in I I 1
        known = [n for k in letters_ if (n := lengths.get(k)) is not None]
        lengths |= dict.fromkeys(letters_, *known[:1])
    args = [resolve(a, tuple(map(lengths.get, k))) for k, a in zip(axes, e.args, strict=True)]
    return node(e.op, *args, params=e.params)


def _settled(e: Expr) -> Expr:
    """``e`` with the lengths that it tells itself, from the inside out: ``I A`` is as high as A."""
    while (settled := resolve(e, e.shape)) is not e:
        e = settled
    return e


def told_lengths(y: Expr) -> Expr:
    """``y`` with all lengths; raises ValueError if one is told by nothing in it."""
    y = _settled(y)
    if is_open(y):
        raise ValueError(f'{y} has a constant of unknown length: give it one, as in mc.ones("n")')
    return y


def is_open(e):
    """Whether a length is still to be told by what is around it."""
    return any(None in part.shape for part in walk(e))


def rounds(es, variables, lengths=_COMPARED):
    """The values of expressions at random points, for several sizes.

    Yields the sizes, the points, and for each expression an array: a batch of matrices.
    """
    rng, names = np.random.default_rng(7), letters(*es, *variables)
    for k in range(len(lengths)):
        sizes = {n: lengths[(k + i) % len(lengths)] for i, n in enumerate(names)}
        with np.errstate(all="ignore"):
            points = _points(rng, variables, sizes)
            found = batch(es, points, sizes)
        yield sizes, points, [found[e].reshape((*found[e].shape, 1, 1)[:3]) for e in es]


def noise(values, top=0.0):
    """How far apart equal values may be, for each matrix of a batch."""
    scale = abs(np.where(np.isfinite(values), values, 0)).max(axis=(1, 2), keepdims=True)
    return 1e-9 * np.maximum(scale, 1e-3 * top)


def usual(some):
    """How large the values of batches usually are: at half of the points, for few may be huge."""
    finite = [abs(np.where(np.isfinite(values), values, 0)).max(axis=(1, 2)) for values in some]
    sizes = np.concatenate(finite)
    return np.median(sizes[sizes > 0]) if sizes.any() else 1.0


def usable_at(values):
    """Where to compare: at points at which all is finite, if there are such."""
    finite = np.isfinite(values)
    whole = finite.all(axis=(1, 2), keepdims=True)
    return finite & whole if whole.any() else finite


def _within_reach(a, b, parts):
    """``b`` without values at points that are too far out to compute ``a``, if they are few.

    ``exp(-z)/(1 + exp(-z))^2`` is right for the slope of the sigmoid, and has no value at -800.
    There one of its ``parts``, powers and exponentials with their values, is infinite, or an
    exponential is 0.
    """
    far = np.zeros(len(a), dtype=bool)
    for e, part in parts.items():
        lost = np.isinf(part) | (part == 0 if e.op.name == "exp" else False)
        far |= lost.any(axis=(1, 2))
    far &= ~np.isfinite(a).all(axis=(1, 2))
    return b if far.mean() > 0.5 else np.where(far[:, None, None], np.nan, b)


def unlike(claim, whole, variables) -> Difference | None:
    """None if two formulas of one shape agree at random points; else what is different."""
    claim = resolve(claim, (*whole.shape, 1, 1)[: claim.ndim])
    if is_open(claim):
        return Difference("shape", f"a length in {claim} is open: give it, as in mc.ones('n')")
    growing = [e for e in walk(claim) if e.op.name in _GROWING]
    compared = []
    for sizes, points, (a, b, *parts) in rounds([claim, whole, *growing], variables):
        a, b = np.broadcast_arrays(a, b)
        b = _within_reach(a, b, dict(zip(growing, parts, strict=True)))
        compared.append((sizes, points, a, b))
    top = usual([b for *_, b in compared])
    first, factors = None, []
    for sizes, points, a, b in compared:
        usable, near = usable_at(b), noise(b, top)
        with np.errstate(all="ignore"):  # infinite values
            wrong = usable & ~(abs(a - b) <= near)
        large = usable & (abs(b) > 100 * near)
        lone = usable & ~large & ~(abs(a) < 1e5 * near)  # no factor makes it of almost nothing
        with np.errstate(over="ignore"):
            factors.append((sizes, [0, 1] if lone.any() else a[large] / b[large]))
        if wrong.any() and first is None:  # at the point where it shows most
            with np.errstate(all="ignore"):
                apart = abs(a - b) / np.maximum(1, np.maximum(abs(a), abs(b)))
            apart = np.where(wrong, apart, 0).max(axis=(1, 2))
            plain = apart[:_WHOLE] > 0.01  # at whole numbers it can be done by hand
            k = plain.argmax() if plain.any() else apart.argmax()
            place = tuple(np.argwhere(wrong[k])[0])
            at = {name: v[k] for name, v in points.items()}
            first = Difference("entry", _entry(sizes, a[k], b[k], place, at))
    return None if first is None else _factor(factors) or first


def _entry(sizes, a, b, place, point):
    yours, right = (f"{v[place] + 0.0:.4g}" for v in (a, b))  # no -0
    yours = "has no value" if np.isnan(a[place]) else f"is {yours}"
    values = f"yours {yours}, and it should be {right}"
    at = ", ".join(f"{name} = {numbers(v)}" for name, v in point.items())
    if a.size == 1 and not any(v.ndim for v in point.values()):
        return f"at {at} {values}"
    small = all(v.ndim < 2 for v in point.values()) and sum(v.size for v in point.values()) <= 6
    lengths = " for " + ", ".join(f"{n} = {m}" for n, m in sizes.items()) if sizes else ""
    where = f"entry ({place[0] + 1}, {place[1] + 1}) differs{lengths}"
    return f"{where}: at {at if small else 'a random point'} {values}"


def _factor(factors):
    """A factor that the whole claim has too many: the same everywhere, or a length."""
    found = [(sizes, some) for sizes, some in factors if len(some)]
    if not found or not all(np.isfinite(some).all() for _, some in found):
        return None
    if any(not np.ptp(some) <= 1e-6 * abs(some[0]) for _, some in found):
        return None
    ratios = np.array([some[0] for _, some in found])
    if np.ptp(ratios) <= 1e-6 * abs(ratios[0]):
        if ratios[0] == 0:
            return Difference("zero", "yours is zero, and it should not be")
        if abs(ratios[0] + 1) < 1e-6:
            return Difference("sign", "the sign is wrong: yours is the negative")
        told = f"a constant factor: yours is {ratios[0]:.4g} times what it should be"
        return Difference("constant factor", told)
    for name in found[0][0]:
        lengths = np.array([sizes[name] for sizes, _ in found])
        for factor, text in ((lengths, name), (1 / lengths, f"1/{name}")):
            if np.allclose(ratios, factor):
                told = f"a factor: yours is {text} times what it should be"
                return Difference("constant factor", told)
    return None


def _points(rng, variables, sizes):
    """Random inputs in a batch: of both signs, positive, small, and large."""
    values = {}
    for e in variables:
        drawn = rng.standard_normal((4, _BATCH // 4, *length(e.shape, sizes)))
        spread = [drawn[0], 0.3 + abs(drawn[1]), 0.4 * np.tanh(drawn[2]), 4 * drawn[3]]
        values[e.name] = np.concatenate(spread).round(3)  # short to tell, and to try
        whole = np.arange(values[e.name][0].size) + np.arange(_WHOLE)[:, None] + len(values)
        values[e.name][:_WHOLE] = np.reshape(whole % 4 + 1, values[e.name][:_WHOLE].shape)
    return values
