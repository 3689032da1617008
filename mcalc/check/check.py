"""The comparison of the three ways, over many lengths and points.

Points are drawn until both sides of every kink have been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from numbers import Integral

import numpy as np

from ..graph.lengths import bind_values, length, lengthened
from .coverage import where_the_kink_is
from .point_checker import SPREADS, STEP, TRIES, PointChecker
from .points import clear, sides
from .report import CheckFailed, Report

N_LINES = 60  # on which points close to kinks are found
FAR = 2  # lengths for which points far out are tried


def check(derivation, sizes, points: int, seed, at, against: Callable | None) -> Report:
    """Compare the closed form with the two other ways; see :meth:`Derivation.check`.

    Raises CheckFailed with the first counter-example, ValueError for sizes, points or values that
    are none, and where ``y`` has no value.
    """
    checker = PointChecker(derivation, against)
    if at is not None:
        return _check_at(checker, at)
    sizes = _sizes(sizes, checker.letters)
    if not _is_whole(points):
        raise ValueError(f"points={points!r}: a whole number from 1 up is needed")
    normal = np.random.default_rng(seed).standard_normal
    if isinstance(sizes, Mapping):
        if not checker.fits(sizes):
            given = ", ".join(f"{name} = {n}" for name, n in sizes.items())
            raise ValueError(f"{checker.y} is not there for {given}: more elements are needed")
        small = rounds = [tuple(sizes.items())]
        quick = rounds if checker.scalars.quick(sizes.values()) else []
    else:
        sizes = lengthened(sizes, checker.letters, checker.y)
        small = [n for n in sizes if checker.scalars.quick([n] * len(checker.letters))]
        rounds, quick = checker.rounds(sizes), checker.rounds(small)
    for lengths in dict.fromkeys([*rounds, *quick]):
        for _ in range(points):
            checker.visit(normal, lengths, lengths in quick)
    if checker.coverage.without_value:  # of X^T X, where X is wider than high: turn it
        for lengths in dict.fromkeys(tuple(_turned(some)) for some in rounds):
            checker.visit(normal, lengths, False)
    present = [lengths for lengths in rounds if checker.fits(dict(lengths))]
    if checker.kinks.choices or not checker.coverage.points:
        for lengths in present[:FAR]:
            checker.look_beyond(seed, dict(lengths))
    for tries, lengths in zip(range(TRIES), cycle(rounds), strict=False):
        if checker.kinks.unseen():
            checker.visit(normal, lengths, False, first=tries)
    if checker.kinks.choices:
        for _, lengths, spread in zip(range(N_LINES), cycle(present), cycle(SPREADS), strict=False):
            checker.approach(lambda size, spread=spread: spread(normal(size)), dict(lengths))
    if not checker.coverage.points:
        raise CheckFailed(f"no point was found where {checker.y} is smooth and finite")
    return Report(True, checker.summary(sizes, small, points))


def _is_whole(n):
    return isinstance(n, Integral) and not isinstance(n, bool) and n >= 1


def _sizes(asked, letters):
    """The lengths that are asked for, a tuple or one for each letter; or a sentence about them."""
    sizes = asked if isinstance(asked, Mapping) else (asked,) if _is_whole(asked) else asked
    needed = " and ".join(f'"{n}": 3' for n in letters)
    try:
        sizes = {k: sizes[k] for k in sizes} if isinstance(sizes, Mapping) else tuple(sizes)
        right = all(map(_is_whole, sizes.values() if isinstance(sizes, dict) else sizes))
    except TypeError:
        right = False
    if not right or not sizes:
        raise ValueError(f"sizes={asked!r}: whole numbers from 1 up are needed, as in (2, 3)")
    if isinstance(sizes, dict) and {*sizes} != {*letters}:
        raise ValueError(f"sizes={asked!r}: a number is needed for each letter, {{{needed}}}")
    return sizes


def _turned(lengths):
    """The same lengths for the letters the other way round."""
    names, numbers = zip(*lengths, strict=True) if lengths else ((), ())
    return zip(names, reversed(numbers), strict=True)


def numerical(derivation, values: dict) -> np.ndarray:
    """The Jacobian at a point by nudging the inputs, in the shape of the closed form.

    With more axes than two it has a row for each output and a column for each input.
    """
    checker = PointChecker(derivation)
    values, sizes = bind_values(checker.inputs, values)
    slopes = checker.numerical(values, sizes)
    if derivation.more_axes:
        return slopes
    if derivation.y.ndim > 1:
        return slopes.reshape(length(derivation.y.shape, sizes))
    return slopes.reshape(values[derivation.wrt.name].shape).T if derivation.by_matrix else slopes


def _check_at(checker, at):
    if not isinstance(at, Mapping):
        raise ValueError(f"at={at!r}: values by name are needed, as in {{'x': [1, 2]}}")
    values, sizes = bind_values(checker.inputs, at)
    if not checker.fits(sizes):
        raise ValueError(f"{checker.y} is not there at this point: more elements are needed")
    with np.errstate(all="ignore"):
        point = {name: value[None] for name, value in values.items()}
        here, _ = checker.perturbed(point, sizes, np.zeros(1))
        around, _ = checker.perturbed(point, sizes, 2 * STEP * np.array([0, 1, -1]))
    if not all(np.isfinite(value).all() for value in checker.unmasked(here)):
        raise ValueError(f"{checker.y} has no value at this point, or an infinite one")
    beside = sides(checker.kinks.sites, around)
    met = [
        (site, *where_the_kink_is(site))
        for site, side in sides(checker.kinks.sites, here).items()
        if not side.all() and not (clear(site, side) and clear(site, beside[site]))
    ]
    if met:
        sentence = "no rule gives the derivative of {} here, where {}; {}"
        return Report(None, [sentence.format(*kink) for kink in met])
    near = [e for e, side in beside.items() if (side != side[0]).any()]
    if near:
        return Report(None, [f"{e} is too near to its kink here for numbers to tell" for e in near])
    try:
        checker.compare(values, sizes, checker.scalars.quick(sizes.values()))
    except ArithmeticError:  # exp(800) is beyond the scalars' numbers, and not beyond the formula
        checker.compare(values, sizes, False)
    return Report(True, ["at this point the closed form and the other ways agree"])
