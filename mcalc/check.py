"""The third way: numerical differentiation of the recorded NumPy calls; and the comparison of all.

The closed form runs as compiled NumPy, the scalar rules as SymPy's derivatives, and numerical
differentiation interprets the reader's own calls. A point counts only where no operation is at a
kink, and points are drawn until both sides of every kink have been seen.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
import sympy as sp

from . import explicit
from .algebra import COMPARISONS
from .evaluate import aligned, batch, bound, length, letters
from .expr import Expr, is_number, symbols, unnamed, walk

SMALL = 3  # lengths up to which SymPy's scalars are quick
SMALLER = 2  # and those of an inverse or a determinant, whose entries are long
NESTED = 3  # cases within cases that SymPy can still take; of more it may think for hours
TRIES = 200
LINES, ALONG = 60, np.linspace(0, 1, 101)  # on which points close to kinks are found
TURNS = 5  # of an operation that are looked at on a line
STEP = 1e-4
SETTLED = 1e-4  # how far a step and half of it may differ, relative to the derivative
CLEAR = 40 * STEP  # of a kink; nearer to one, steps do not give the derivative to 1e-6
# how, to how many digits, what to add, and what to multiply the values there with
COMPLEX = "complex step", 8, np.array([1e-30j]), np.array([-1e30j])
CENTRAL = (
    "Richardson-extrapolated central differences", 6,
    STEP * np.array([1, -1, 0.5, -0.5]), np.array([-1, 1, 8, -8]) / (6 * STEP),
)  # fmt: skip
SPREADS = (lambda z: z, lambda z: 0.5 + abs(z), lambda z: 0.4 * np.tanh(z), lambda z: 3 * z)
JUMPS = COMPARISONS | {"sign"}  # constant, but where they jump: what is made of them has no kink
KINKS = {  # where an operation has one, and what the closed form takes there
    "relu": ("{1} = 0", "the paper takes 0"),
    "maximum": ("{1} = {0}", "mcalc takes the derivative of {0}"),
    "minimum": ("{1} = {0}", "mcalc takes the derivative of {0}"),
    "fmax": ("{1} = {0}", "mcalc takes the derivative of {0}"),
    "fmin": ("{1} = {0}", "mcalc takes the derivative of {0}"),
    "max": ("several elements are the largest", "mcalc counts each of them"),
    "sqrt": ("{0} = 0", "the root's own slope is infinite"),
    "norm": ("{0} = 0", "a vector of zeros has no direction"),
}


class CheckFailed(AssertionError):
    """The three ways disagree; the message has the first counter-example."""


class Report:
    """What a check found. ``passed`` is None at a kink, which is neither right nor wrong."""

    def __init__(self, passed, lines):
        self.passed, self.lines = passed, tuple(lines)

    def __bool__(self):
        return self.passed is not False

    def __repr__(self):
        return "\n".join(self.lines)


def check(derivation, sizes, points, seed, at) -> Report:
    """Compare the closed form with the two other ways; see :meth:`Derivation.check`."""
    trial = _Trial(derivation)
    if at is not None:
        return _check_at(trial, at)
    sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    if not sizes or any(not isinstance(n, int) or n < 1 for n in sizes) or points < 1:
        raise ValueError(f"sizes={sizes!r}, points={points!r}: whole numbers from 1 up are needed")
    normal = np.random.default_rng(seed).standard_normal
    small = [n for n in sizes if trial.quick([n] * len(trial.letters))]
    rounds, quick = trial.rounds(sizes), trial.rounds(small)
    for lengths in dict.fromkeys([*rounds, *quick]):
        for _ in range(points):
            trial.visit(normal, lengths, lengths in quick)
    for tries, lengths in zip(range(TRIES), cycle(rounds), strict=False):
        if trial.unseen():
            trial.visit(normal, lengths, False, first=tries)
    if trial.choices:
        for _, lengths, spread in zip(range(LINES), cycle(rounds), cycle(SPREADS), strict=False):
            trial.approach(lambda size, spread=spread: spread(normal(size)), dict(lengths))
    if not trial.visited:
        raise CheckFailed(f"no point was found where {trial.y} is smooth and finite")
    return Report(True, trial.summary(sizes, small, points))


def numerical(derivation, values) -> np.ndarray:
    """The Jacobian at a point by nudging the inputs, in the shape of the closed form."""
    trial = _Trial(derivation)
    values, sizes = bound(trial.inputs, values)
    found = trial.numerical(values, sizes)
    return found.reshape(values[derivation.wrt.name].shape).T if derivation.by_matrix else found


def _check_at(trial, at):
    values, sizes = bound(trial.inputs, at)
    with np.errstate(all="ignore"):
        here, _ = trial.moved(values, sizes, np.zeros(1))
        around, _ = trial.moved(values, sizes, 2 * STEP * np.array([0, 1, -1]))
    if not all(np.isfinite(value).all() for value in here.values()):
        raise ValueError(f"{trial.y} has no value at this point, or an infinite one")
    sides = trial.sides(here)
    kinks = [(site, *_kink(site)) for site, side in sides.items() if not side.all()]
    if kinks:
        said = "no rule gives the derivative of {} here, where {}; {}"
        return Report(None, [said.format(*kink) for kink in kinks])
    near = [e for e, side in trial.sides(around).items() if (side != side[0]).any()]
    if near:
        return Report(None, [f"{e} is too near to its kink here for numbers to tell" for e in near])
    try:
        trial.compare(values, sizes, trial.quick(sizes.values()))
    except ArithmeticError:  # exp(800) is beyond the scalars' numbers, and not beyond the formula
        trial.compare(values, sizes, False)
    return Report(True, ["at this point the closed form and the other ways agree"])


def _kink(site: Expr) -> tuple[str, ...]:
    """Where an operation has a kink, and what the closed form takes there."""
    relu = site.op.name == "maximum" and is_number(site.args[0], 0)
    where = "{1} = {0}" if len(site.args) > 1 else "{0} = 0"
    compares = site.op.name in COMPARISONS
    other = where, "nothing is compared" if compares else "mcalc takes 0"
    said = KINKS.get("relu" if relu else site.op.name, other)
    return tuple(text.format(*site.args) for text in said)


def _nested(y: Expr) -> int:
    """How many operations with a kink, or choices, stand one in the other at most."""
    deep: dict[Expr, int] = {}
    for e in walk(y):
        one = e.op.branch is not None or e.op.name == "where"
        deep[e] = one + max((deep[a] for a in e.args), default=0)
    return deep[y]


class _Trial:
    """One derivation at one random point after another."""

    def __init__(self, derivation):
        self.y = unnamed(derivation.y)
        self.variables = derivation.variables
        self.formula = derivation.flat()
        self.inputs = derivation.inputs
        self.letters = letters(self.y, *self.inputs)
        self.open = sorted({e.op.name for e in walk(self.y) if e.op.open})
        depends, moving = (dict.fromkeys(self.variables) for _ in range(2))
        for e in walk(self.y):
            if any(a in depends for a in e.args):
                depends[e] = None
            if any(a in moving for a in e.args) and e.op.name not in JUMPS:
                moving[e] = None
        # x = max(x), as in the derivative of max, is as smooth as max(x), which is a site itself
        self.sites = [e for e in depends if e.op.branch and any(a in moving for a in e.args)
                      and not (e.op.name == "equal" and e.args[1].op.name == "max")]  # fmt: skip
        # what is chosen by other inputs alone is no kink here, but the closed form must choose it
        self.choices = [e for e in walk(self.y) if e.op.branch and symbols(e)]
        way = COMPLEX if all(e.op.analytic for e in depends) else CENTRAL
        self.how, self.digits, self.steps, self.weights = way
        self.seen: dict[Expr, set] = {e: set() for e in self.sites if not e.op.analytic}
        long = {"inv", "det", "logdet"} & {e.op.name for e in walk(self.y)}
        self.small = SMALLER if long else SMALL
        self.exact: dict = {}
        self.visited, self.rough, self.beyond = 0, set(), _nested(self.y) > NESTED

    def quick(self, lengths):
        """Whether SymPy's scalars are: the lengths are small, and every function is known."""
        return not self.open and max(lengths, default=1) <= self.small

    def rounds(self, sizes):
        """A length for each letter, different ones side by side: (1, 2), (2, 3), (3, 5), ..."""
        turned = [[*sizes[k:], *sizes[:k]] for k in range(len(sizes))]
        return list(dict.fromkeys(tuple(zip(self.letters, cycle(some))) for some in turned))

    def visit(self, normal, lengths, scalar, first=0):
        """Compare at a random point where y is finite and clear of every kink, if there is one."""
        sizes = dict(lengths)
        for k in range(first, first + TRIES // 5):
            spread = SPREADS[k % len(SPREADS)]
            values = {e.name: spread(normal(length(e.shape, sizes))) for e in self.inputs}
            if self.compared(values, sizes, scalar):
                return
        self.rough.add(", ".join(f"{name} = {n}" for name, n in lengths))

    def approach(self, draw, sizes):
        """Compare close to kinks: on a line, at the points before and after it meets each.

        There a wrong condition shows that holds or fails with the right one nearly everywhere.
        """
        line = {}
        for e in self.inputs:
            start, end = draw((2, *length(e.shape, sizes)))
            line[e.name] = start + (end - start) * ALONG.reshape(-1, *(1 for _ in e.shape))
        with np.errstate(all="ignore"):
            sides = self.sides(batch([self.y], line, sizes), self.choices)
        for side in sides.values():
            turned = (side[1:] != side[:-1]).reshape(len(ALONG) - 1, -1).any(axis=1)
            for k in np.flatnonzero(turned)[:TURNS]:
                for place in (k, k + 1):
                    self.compared({name: v[place] for name, v in line.items()}, sizes, False)

    def compared(self, values, sizes, scalar):
        """Compare at a point, if y is finite there, clear of every kink and pole: whether it is."""
        with np.errstate(all="ignore"):
            found, _ = self.moved(values, sizes, CLEAR * np.array([0, 1, -1]))
            sides = self.sides(found)
        clear = all(side.all() and (side == side[0]).all() for side in sides.values())
        if not clear or not all(np.isfinite(v).all() for v in found.values()):
            return False
        if not self.settled(values, sizes):
            return False
        try:
            self.compare(values, sizes, scalar)
        except ArithmeticError:  # SymPy divides by zero where rounding leaves a little
            return False
        self.visited += 1
        for site, met in self.seen.items():
            met |= set(np.unique(sides[site]))
        return True

    def moved(self, values, sizes, steps):
        """Every node's value with one input after the other moved by each step, as a batch.

        Large inputs move by more; by how many times as much is the second result.
        """
        point = np.concatenate([values[v.name].reshape(-1) for v in self.variables])
        scale = np.maximum(1.0, abs(point))
        points = (point + steps[:, None, None] * np.diag(scale)).reshape(-1, len(point))
        moved = {name: value[None] for name, value in values.items()}
        ends = np.cumsum([values[v.name].size for v in self.variables])
        for v, part in zip(self.variables, np.split(points, ends[:-1], axis=1), strict=True):
            moved[v.name] = part.reshape(-1, *values[v.name].shape)
        return batch([self.y], moved, sizes), scale

    def sides(self, found, sites=None):
        """On which side of its kink every operation is: -1 or 1, and 0 on the kink."""
        sites = self.sites if sites is None else sites
        return {site: np.asarray(site.op.branch(*aligned(site, found))) for site in sites}

    def numerical(self, values, sizes):
        """The Jacobian by numerical differentiation."""
        found, scale = self.moved(values, sizes, self.steps)
        out = found[self.y].reshape(len(self.steps), len(scale), -1)
        return np.einsum("k,kji->ij", self.weights, out).real / scale

    def settled(self, values, sizes):
        """Whether half of a step gives about the same; next to a pole, no number of digits is sure.

        The error that extrapolation leaves is about the square of that difference.
        """
        if self.steps is COMPLEX[2]:
            return True
        found, _ = self.moved(values, sizes, self.steps)
        ahead, behind, half_ahead, half_behind = found[self.y].reshape(len(self.steps), -1)
        whole, halves = ahead - behind, 2 * (half_ahead - half_behind)
        return abs(whole - halves).max() <= SETTLED * max(2 * STEP, abs(halves).max())

    def scalar(self, values, sizes):
        """The Jacobian by scalar rules, SymPy's derivatives evaluated at the point."""
        key = tuple(sizes.items())
        try:
            return self.exact_jacobian(key, values, sizes)
        except (RecursionError, TypeError):  # comparisons that send SymPy in circles, or of 1/0
            self.beyond = True
            return None

    def exact_jacobian(self, key, values, sizes):
        if key not in self.exact:
            entries = [s for e in self.inputs for s in explicit.symbols_of(e, sizes).flat]
            matrix = explicit.jacobian(self.y, self.variables, sizes)
            self.exact[key] = sp.lambdify(entries, matrix.tolist(), "math", cse=True)
        numbers = np.concatenate([values[e.name].reshape(-1) for e in self.inputs]).tolist()
        return np.array(self.exact[key](*numbers), dtype=float)

    def compare(self, values, sizes, scalar):
        """Raise CheckFailed unless the ways agree at this point."""
        closed = self.formula(**values)
        ways = {"numerical differentiation": (self.numerical(values, sizes), 0.1**self.digits)}
        exact = self.scalar(values, sizes) if scalar and not self.beyond else None
        if exact is not None:
            ways["scalar rules"] = (exact, 1e-8)
        for right, tolerance in ways.values():
            if closed.shape != right.shape:
                raise CheckFailed(f"the closed form is {closed.shape}, and {right.shape} is right")
            wrong = ~(abs(closed - right) <= tolerance * max(1.0, abs(right).max(initial=0)))
            if wrong.any():
                i, j = np.argwhere(wrong)[0]
                at = [f"{name} = {n}" for name, n in sizes.items()]
                at += [f"{k} = {np.array2string(v, precision=4)}" for k, v in values.items()]
                raise CheckFailed(
                    f"at {', '.join(at)}: entry ({i + 1}, {j + 1}) is {closed[i, j]:.6g} by the "
                    "closed form, "
                    + ", ".join(f"{matrix[i, j]:.6g} by {way}" for way, (matrix, _) in ways.items())
                )

    def unseen(self):
        return [site for site, met in self.seen.items() if not {-1, 1} <= met]

    def summary(self, sizes, small, points):
        """What agreed and how far: the same text on every machine."""
        over = f"{', '.join(self.letters)} = {{}}; " if self.letters else ""
        how = self.how + (f", stand-ins for {', '.join(self.open)}" if self.open else "")
        each = " each" if self.letters else ""
        few, all_ = (over.format(", ".join(map(str, some))) for some in (small, sizes))
        lines = [f"  scalar rules by SymPy: {few}to 1e-8"] if small and not self.beyond else []
        lines += ["  not with scalar rules: they are too much for SymPy"] if self.beyond else []
        lines += [
            f"  numerical differentiation ({how}): {all_}{points} points{each}; "
            f"to 1e-{self.digits}",
            *(f"  not compared at {place}: nowhere smooth there" for place in sorted(self.rough)),
        ]
        unseen = {*self.unseen()}
        for site in self.seen:
            sides = "one side only" if site in unseen else "both sides"
            lines.append(f"  {site} was tried on {sides} of its kink, where {_kink(site)[1]}")
        return ["the closed form agrees with", *lines]
