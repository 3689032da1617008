"""Where a wrong claim is right: under an assumption, on the diagonal, for a length of 1."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import permutations, product

import numpy as np

from ..graph.assumptions import ASSUMPTIONS, Fact, supposing
from ..graph.expr import Expr
from ..graph.lengths import symbolic_sizes
from ..graph.refine import refined
from ..graph.walk import replace, symbols
from .claims import Difference, first_difference, rounds, tolerance, typical_size, usable_at

_MOST = 4  # rows and columns that are tried in every order
PROBABILITY = "probability only"  # what is right where numbers add up to 1
_ONE = ("sign", "constant factor")  # which a claim may have besides being right for some


def partly_right(claim: Expr, right: Expr, variables) -> Iterator[Difference]:
    """What a claim of the right shape is right for; the simplest first."""
    compared = list(rounds([claim, right], variables))
    yield from _in_other_places(compared, (*right.shape, 1, 1)[:2])
    yield from _on_the_diagonal(compared, (*right.shape, 1, 1)[:2])
    yield from _for_symmetric(claim, right, variables)


def near(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two batches of matrices are the same, wherever the second has values."""
    if a.shape[1:] != b.shape[1:] or not np.isfinite(b).any():
        return False
    a, b = np.broadcast_arrays(a, b)
    usable = usable_at(b)
    with np.errstate(all="ignore"):  # infinite values
        alike = abs(a - b) <= tolerance(b, typical_size([b]))
    return bool(alike[usable].all())


def _everywhere(compared, change) -> bool:
    return all(near(*change(a, b)) for *_, (a, b) in compared)


def _in_other_places(compared, shape):
    """Rows or columns in another order, or entries that should be 0."""
    if not all(isinstance(n, int) and n <= _MOST for n in shape):
        return
    for axis, what in ((2, "columns"), (1, "rows")):
        for order in list(permutations(range(shape[axis - 1])))[1:]:
            if _everywhere(compared, lambda a, b: (a, b.take(order, axis=axis))):  # noqa: B023
                places = "the order of the variables" if axis == 2 else "that of the functions"
                sentence = f"the {what} are in another order: they go in {places}"
                yield Difference("other order", sentence)
    m, n = shape
    if m * n == 1:
        return
    wrong = [(i, j) for i in range(m) for j in range(n) if not _entry_right(compared, i, j)]
    zero = [(i, j) for i, j in wrong if all(not b[:, i, j].any() for *_, (a, b) in compared)]
    if zero and zero == wrong:
        entry = f"({zero[0][0] + 1}, {zero[0][1] + 1})"
        sentence = (
            f"entry {entry} is not 0, and should be: that output does not move with that input"
        )
        yield Difference("not zero", sentence)


def _entry_right(compared, i, j):
    return all(near(*(v[:, i : i + 1, j : j + 1] for v in pair)) for *_, pair in compared)


def _on_the_diagonal(compared, shape):
    """Only the diagonal, or all but the diagonal."""
    large = [(a, b) for *_, (a, b) in compared if b.shape[1] > 1]
    if shape[0] != shape[1] or not large:
        return
    off = [~np.eye(b.shape[1], dtype=bool) for _, b in large]
    some = any(np.nan_to_num(b[:, o]).any() for (_, b), o in zip(large, off, strict=True))
    none = all(not np.nan_to_num(a[:, o]).any() for (a, _), o in zip(large, off, strict=True))
    if some and none:
        ratio = _one_ratio([(a[:, ~o], b[:, ~o]) for (a, b), o in zip(large, off, strict=True)])
        if ratio is not None and abs(ratio) > 1e-7:
            more = "" if abs(ratio - 1) < 1e-7 else f", and {ratio:.4g} times what it should be"
            sentence = f"that is the diagonal alone{more}: the entries beside it are missing"
            yield Difference("diagonal only", sentence)
    if some and all(near(a[:, o][..., None], b[:, o][..., None])
                    for (a, b), o in zip(large, off, strict=True)):  # fmt: skip
        sentence = "right beside the diagonal; the entries on it are wrong"
        yield Difference("off the diagonal", sentence)


def _one_ratio(some):
    """How many times some numbers are others, if that is the same for all."""
    a, b = (np.concatenate([np.broadcast_arrays(*s)[k].ravel() for s in some]) for k in (0, 1))
    usable = np.isfinite(a) & np.isfinite(b) & (abs(b) > 1e-6) & (abs(b) < 1e6)
    if usable.sum() < 4:
        return None
    ratio = a[usable] / b[usable]
    return ratio[0] if np.ptp(ratio) < 1e-7 * max(1, abs(ratio[0])) else None


def _for_symmetric(claim, right, variables):
    """Right if some matrix is its own transpose."""
    square = [v for v in symbols(claim, right) if v.ndim == 2 and v.shape[0] == v.shape[1]]
    for some in [*([v] for v in square), square if len(square) > 1 else []]:
        even = {v: supposed for v in some if (supposed := supposing(v, "symmetric")) is not None}
        if not even:
            continue
        wrong = _supposing(even, claim, right, variables)
        said = _right_where(even, "symmetric")
        if wrong is None:
            yield said
        elif wrong.mistake in _ONE:
            sentence = f"{wrong.sentence}; and but for that it is {said.sentence}"
            yield Difference(wrong.mistake, sentence, wrong.brief or wrong.sentence, said.advice)


def right_where(claim: Expr, right: Expr, variables) -> Iterator[Difference]:
    """Right if something is assumed of a variable that makes another formula of the right one."""
    if claim.ndim and claim.shape != right.shape:
        return
    for name, v in product(("positive", "probability"), symbols(right)):
        supposed = supposing(v, name)
        if supposed is None:
            continue
        under = replace(right, {v: supposed}.get)
        if refined(under) is not under and not _supposing({v: supposed}, claim, right, variables):
            yield _right_where([v], name)


def _supposing(swap, claim, right, variables):
    """How a claim differs with other variables, of which more is assumed."""
    one, other = (replace(e, swap.get) for e in (claim, right))
    return first_difference(one, other, [swap.get(v, v) for v in variables])


def _right_where(some: Collection[Expr], name: str) -> Difference:
    """That a claim is right where something holds of some variables, and how to say so."""
    rows = any(v.ndim == 2 for v in some) and Fact.SUMS_TO_ONE in ASSUMPTIONS[name].facts
    *first, last = map(str, some)
    names = ("each row of " if rows else "") + " and ".join([", ".join(first), last][not first :])
    where = ASSUMPTIONS[name].where
    holds = f"{names} {where.replace('is ', 'are ') if len(some) > 1 else where}"
    (maker,) = {("scalars", "vectors", "matrices")[v.ndim] for v in some}
    return Difference(
        f"{name} only", f"right where {holds}", f"right only where {holds}",
        f"say so with mc.{maker}(..., {name}=True)",
    )  # fmt: skip


def right_for_one(claim: Expr, right: Expr, variables) -> Iterator[Difference]:
    """Right for one length of 1, whatever the others are; or for all of 1."""
    names = symbolic_sizes(right, *variables)
    compared = list(rounds([claim, right], variables, lengths=(1, 2, 3)))
    for name in names:
        ones = [values for sizes, _, values in compared if sizes[name] == 1]
        if len(names) > 1 and ones and all(near(*values) for values in ones):
            more = list(rounds([claim, right], variables, lengths=(1, 3, 2)))
            if all(near(*values) for sizes, _, values in more if sizes[name] == 1):
                yield Difference("right for n = 1", f"right for {name} = 1 only")
    ((*_, values),) = rounds([claim, right], variables, lengths=(1,))
    if names and near(*values):
        yield Difference("right for n = 1", f"right for {' = '.join(names)} = 1 only")
