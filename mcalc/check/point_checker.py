"""One derivation at one point after another: the closed form, scalars, numerical differentiation.

The closed form runs as compiled NumPy, the scalar rules as SymPy's derivatives, and numerical
differentiation interprets the reader's own calls, or calls the reader's function. A point counts
only where no operation is at a kink. Before two numbers are said to differ, both are computed anew
with many digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, permutations

import mpmath
import numpy as np

from ..graph.expr import Expr, UnsupportedError
from ..graph.lengths import length, symbolic_sizes
from ..graph.primitives import DET, INV, LOGDET, MAX, MAXIMUM, WHERE, differ
from ..graph.walk import is_number, unnamed, walk
from ..jacobian.terms import NoClosedForm
from ..notation.numbers import digits_apart
from . import explicit
from .interpret import batch
from .plain_function import PlainFunction
from .points import beyond, choices, clear, kinks, sides
from .precise import DIGITS, finite, precise, slopes
from .report import CheckFailed

SMALL = 3  # lengths up to which SymPy's scalars are quick
SMALLER = 2  # and those of an inverse or a determinant, whose entries are long
NESTED = 3  # cases within cases that SymPy can still take; of more it may think for hours
TRIES = 200
LINE = np.linspace(0, 1, 101)
MAX_TURNS = 5  # of an operation that are looked at on a line
STEP = 1e-4
FLOOR = 1e-12  # entries are compared to so many digits of their own; smaller ones to those of this
MOVED = 10_000  # numbers of the inputs that are computed with at once
HALVING_TOLERANCE = 1e-4  # how far a step and half of it may differ, relative to the derivative
KINK_MARGIN = 40 * STEP  # of a kink; nearer to one, steps do not give the derivative to 1e-6

# how, to how many digits, what to add, and what to multiply the values there with
COMPLEX = "complex step", 8, np.array([1e-30j]), np.array([-1e30j])
CENTRAL = (
    "Richardson-extrapolated central differences", 6,
    STEP * np.array([1, -1, 0.5, -0.5]), np.array([-1, 1, 8, -8]) / (6 * STEP),
)  # fmt: skip

SPREADS = (lambda z: z, lambda z: 0.5 + abs(z), lambda z: 0.4 * np.tanh(z), lambda z: 3 * z)


def where_the_kink_is(site: Expr) -> tuple[str, ...]:
    """Where an operation has a kink, and what the closed form takes there."""
    where = "{1} = {0}" if len(site.args) > 1 else "{0} = 0"
    takes = site.op.takes_at_kink or "mcalc takes 0"
    if site.op is MAX:
        where = "several elements are the largest"
        if not differ(*site.args):
            where, takes = "several elements of {0} are the largest", "mcalc takes a share of each"
    if site.op is MAXIMUM and is_number(site.args[0], 0):
        where, takes = "{1} = 0", "the paper takes 0"
    return where.format(*site.args), takes.format(*site.args)


def _point(values):
    return ", ".join(f"{k} = {np.array2string(v, precision=4)}" for k, v in values.items())


def _nested(y: Expr) -> int:
    """How many operations with a kink, or choices, stand one in the other at most."""
    deep: dict[Expr, int] = {}
    for e in walk(y):
        one = e.op.kink_side is not None or e.op is WHERE
        deep[e] = one + max((deep[a] for a in e.args), default=0)
    return deep[y]


class PointChecker:
    """One derivation at one random point after another."""

    def __init__(self, derivation, against=None):
        self.y = unnamed(derivation.y)
        self.variables = derivation.variables
        self.formula, self.derivation = derivation.jacobian_2d(), derivation
        self.inputs = derivation.inputs
        self.letters = symbolic_sizes(self.y, *self.inputs)
        self.open = sorted({e.op.name for e in walk(self.y) if e.op.unknown})
        depends = dict.fromkeys(self.variables)
        for e in walk(self.y):
            if any(a in depends for a in e.args):
                depends[e] = None
        self.sites = kinks(self.y, self.variables)
        # what is chosen by other inputs alone is no kink here, but the closed form must choose it
        self.choices = choices(self.y)
        self.plain = against and PlainFunction(against, self.y, self.inputs)
        analytic = not self.plain and all(e.op.analytic for e in depends)
        way = COMPLEX if analytic else CENTRAL
        self.how, self.digits, self.steps, self.weights = way
        self.sides_seen: dict[Expr, set] = {e: set() for e in self.sites if not e.op.analytic}
        long = {INV, DET, LOGDET} & {e.op for e in walk(self.y)}
        self.small = SMALLER if long else SMALL
        self.exact: dict = {}
        self.visited, self.too_deep_for_sympy = 0, _nested(self.y) > NESTED
        self.not_smooth_at: dict = {}  # lengths at which nothing could be compared, and why
        self.compared_at: set = set()

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
            point = {e.name: spread(normal(length(e.shape, sizes)))[None] for e in self.inputs}
            if self.compared(point, sizes, scalar):
                self.compared_at.add(lengths)
                return
        with np.errstate(all="ignore"):
            value = batch([self.y], point, sizes)[self.y]
        self.not_smooth_at[lengths] = np.isfinite(value).all()

    @property
    def without_value(self):
        """The lengths at which the function has no value, as nothing was found there."""
        return {k for k, smooth in self.not_smooth_at.items() if not smooth} - self.compared_at

    def look_beyond(self, seed, sizes):
        """Compare far out and beside thresholds: max(0, a - 20) is not 0 everywhere."""
        es = [self.y]
        try:
            form, probe = self.derivation.rows()
            es += [form] if probe is None else []
        except NoClosedForm:
            pass
        points = beyond(np.random.default_rng(seed), self.inputs, sizes, *es)
        if self.compared(points, sizes, False):
            self.compared_at.add(tuple(sizes.items()))

    def approach(self, draw, sizes):
        """Compare close to kinks: on a line, at the points before and after it meets each.

        There a wrong condition shows that holds or fails with the right one nearly everywhere.
        """
        line = {}
        for e in self.inputs:
            start, end = draw((2, *length(e.shape, sizes)))
            line[e.name] = start + (end - start) * LINE.reshape(-1, *(1 for _ in e.shape))
        with np.errstate(all="ignore"):
            turns = sides(self.choices, batch([self.y], line, sizes))
        places = []
        for side in turns.values():
            turned = (side[1:] != side[:-1]).reshape(len(LINE) - 1, -1).any(axis=1)
            places += [k + after for k in np.flatnonzero(turned)[:MAX_TURNS] for after in (0, 1)]
        if places:
            self.compared({name: v[places] for name, v in line.items()}, sizes, False)

    def compared(self, points, sizes, scalar):
        """Compare at those of some points where that can be done: whether there is one."""
        done = 0
        for k, here in self.smooth(points, sizes):
            try:
                done += self.compare({name: v[k] for name, v in points.items()}, sizes, scalar)
            except (ArithmeticError, ValueError):  # SymPy divides by what rounding leaves of 0
                continue
            for site, met in self.sides_seen.items():
                met |= set(np.unique(here[site]))
        self.visited += done
        return done > 0

    def smooth(self, points, sizes):
        """Where some points are that are clear of every kink and pole, and the sides of each."""
        inputs = sum(points[v.name][0].size for v in self.variables)
        together = 1 + MOVED // inputs**2  # each input is moved, with all others beside it
        count = max(map(len, points.values()))
        for start in range(0, count, together):
            some = {name: v[start : start + together] for name, v in points.items()}
            each = len(next(iter(some.values())))
            with np.errstate(all="ignore"):
                found, _ = self.perturbed(some, sizes, KINK_MARGIN * np.array([0, 1, -1]))
                here = sides(self.sites, found)
                finite = [np.isfinite(v).reshape(each, -1).all(axis=1) for v in found.values()]
                there = np.logical_and.reduce(finite) & self.settled(some, sizes)
            for k in np.flatnonzero(there):
                at = {e: side.reshape(each, -1, *side.shape[1:])[k] for e, side in here.items()}
                if all(clear(site, side) for site, side in at.items()):
                    yield start + k, at

    def perturbed(self, points, sizes, steps):
        """Every node's value with one input after the other moved by each step, as a batch.

        There is a batch for each point, one after the other. Large inputs move by more; by how many
        times as much is the second result.
        """
        flat = [points[v.name].reshape(len(points[v.name]), -1) for v in self.variables]
        point = np.concatenate(flat, axis=1)
        scale = np.maximum(1.0, abs(point))
        apart = steps[:, None, None] * np.eye(point.shape[1])
        ahead = point[:, None, None] + apart * scale[:, None, None]
        ahead = ahead.reshape(-1, point.shape[1])
        many = len(ahead) // len(point) if len(point) > 1 else 1
        moved = {name: np.repeat(value, many, axis=0) for name, value in points.items()}
        ends = np.cumsum([part.shape[1] for part in flat])
        for v, part in zip(self.variables, np.split(ahead, ends[:-1], axis=1), strict=True):
            moved[v.name] = part.reshape(-1, *points[v.name].shape[1:])
        found = batch([self.y], moved, sizes)
        if self.plain and steps is self.steps:
            found[self.y] = self.plain.at(moved, found[self.y])
        return found, scale

    def numerical(self, values, sizes):
        """The Jacobian by numerical differentiation."""
        return self.by_differences(values, sizes)[0]

    def by_differences(self, values, sizes):
        """The Jacobian by numerical differentiation, and how much of it may be rounding."""
        point = {name: value[None] for name, value in values.items()}
        found, (scale,) = self.perturbed(point, sizes, self.steps)
        out = found[self.y].reshape(len(self.steps), len(scale), -1)
        slope = np.einsum("k,kji->ij", self.weights, out).real / scale
        if self.steps is COMPLEX[2]:
            return slope, 0.0
        rounding = 4 * np.finfo(float).eps * abs(self.weights).sum() / scale
        return slope, rounding * abs(out).max(axis=(0, 1))[:, None]

    def settled(self, points, sizes):
        """Whether half of a step gives about the same; next to a pole, no number of digits is sure.

        The error that extrapolation leaves is about the square of that difference.
        """
        if self.steps is COMPLEX[2]:
            return True
        found, scale = self.perturbed(points, sizes, self.steps)
        out = found[self.y].reshape(len(scale), len(self.steps), -1)
        ahead, behind, half_ahead, half_behind = np.moveaxis(out, 1, 0)
        whole, halves = ahead - behind, 2 * (half_ahead - half_behind)
        most = np.maximum(2 * STEP, abs(halves).max(axis=1))
        return abs(whole - halves).max(axis=1) <= HALVING_TOLERANCE * most

    def scalar(self, values, sizes):
        """The Jacobian by scalar rules, SymPy's derivatives evaluated at the point."""
        key = tuple(sizes.items())
        try:
            return self.exact_jacobian(key, values, sizes)
        except UnsupportedError:  # comparisons that send SymPy in circles, or of 1/0
            self.too_deep_for_sympy = True
            return None

    def exact_jacobian(self, key, values, sizes):
        if key not in self.exact:
            self.exact[key] = explicit.lambdified(self.y, self.variables, self.inputs, sizes)
        return self.exact[key](**values)

    def compare(self, values, sizes, scalar):
        """Raise CheckFailed unless the ways agree at this point; False if there are no numbers."""
        if self.plain:
            self.compare_values(values, sizes)
        closed = self.formula(**values)
        slope, rounding = self.by_differences(values, sizes)
        ways = {"numerical differentiation": (slope, 0.1**self.digits, rounding)}
        exact = self.scalar(values, sizes) if scalar and not self.too_deep_for_sympy else None
        if exact is not None:
            ways["scalar rules"] = exact, 1e-8, 0.0
        for right, tolerance, rounding in ways.values():
            if closed.shape != right.shape:
                raise CheckFailed(f"the closed form is {closed.shape}, and {right.shape} is right")
            if not (np.isfinite(closed).all() and np.isfinite(right).all()):
                return False
            wrong = abs(closed - right) > tolerance * np.maximum(FLOOR, abs(right)) + rounding
            by_far = (
                abs(closed - right) > tolerance * max(1.0, abs(right).max(initial=0)) + rounding
            )
            if wrong.any() and (wrong := wrong & self.surely(values, sizes, closed, by_far)).any():
                i, j = np.argwhere(wrong)[0]
                at = [f"{name} = {n}" for name, n in sizes.items()]
                at += [_point(values)] if values else []
                told = digits_apart(closed[i, j], *(m[i, j] for m, *_ in ways.values()), digits=6)
                raise CheckFailed(
                    f"at {', '.join(at)}: entry ({i + 1}, {j + 1}) is {told[0]} by the closed "
                    "form, " + ", ".join(map("{} by {}".format, told[1:], ways))
                )
        return True

    def compare_values(self, values, sizes):
        """Raise CheckFailed unless the reader's function has the value that was recorded."""
        (recorded,) = batch([self.y], {n: v[None] for n, v in values.items()}, sizes)[self.y]
        value = self.plain(values, recorded.shape)
        if value.shape != recorded.shape:
            raise CheckFailed(
                f"{self.plain.name} gives an array of shape {value.shape} at {_point(values)}, and "
                f"{self.y} has shape {recorded.shape} there"
            )
        apart = abs(value - recorded) > 1e-9 * np.maximum(1, abs(recorded))
        if np.any(apart):
            place = tuple(np.argwhere(apart)[0])
            told = digits_apart(value[place], recorded[place])
            raise CheckFailed(
                f"at {_point(values)}: {self.plain.name} gives {told[0]}, and {self.y}, which was "
                f"derived, is {told[1]}: these are two functions"
            )

    def surely(self, values, sizes, closed, by_far):
        """Where the closed form is wrong for certain: with many digits, or as it was compiled.

        Where there are no such digits, it is where it is wrong ``by_far``.
        """
        try:
            form, probe = self.derivation.rows()
        except NoClosedForm:  # there are numbers only
            return by_far
        if self.open:
            return by_far
        at = {name: v[None] for name, v in values.items()}
        if probe is not None:
            at[probe.name] = np.eye(len(closed)).reshape(-1, *length(probe.shape, sizes))
        with np.errstate(all="ignore"):
            found = batch([form], at, sizes)
        plain = found[form].reshape(closed.shape)
        most = max(abs(v[np.isfinite(v)]).max(initial=0) for v in found.values())
        miscompiled = abs(plain - closed) > 1e-9 * max(1, most)
        with mpmath.workdps(DIGITS[1]):
            exact = precise([form], at, sizes)[form].reshape(closed.shape)
            right = slopes(self.y, self.variables, values, sizes)
            both = finite(exact) & finite(right)
            apart = np.where(both, abs(exact - right), 0)
            near = 1e-9 * np.where(both, abs(right), 1) + 1e-20
        return np.where(both, miscompiled | (apart > near).astype(bool), by_far)

    def unseen(self):
        """The kinks that were tried on one side only. What is on its kink everywhere has none."""
        return [site for site, met in self.sides_seen.items() if not {-1, 1} <= met and met != {0}]

    def summary(self, sizes, small, points):
        """What agreed and how far: the same text on every machine."""
        over = f"{', '.join(self.letters)} = {{}}; " if self.letters else ""
        if isinstance(sizes, Mapping):
            over = f"{_at_lengths(sizes.items())}; "
        of = f" of {self.plain.name}" if self.plain else ""
        how = self.how + (f", stand-ins for {', '.join(self.open)}" if self.open else "")
        each = " each" if self.letters else ""
        few, all_ = (over.format(", ".join(map(str, some))) for some in (small, sizes))
        lines = [f"  scalar rules by SymPy: {few}to 1e-8"] if small else []
        if self.too_deep_for_sympy:
            lines = ["  not with scalar rules: they are too much for SymPy"]
        lines += [
            f"  numerical differentiation{of} ({how}): {all_}{points} points{each}; "
            f"to 1e-{self.digits}",
            *self.left_out(),
        ]
        unseen = {*self.unseen()}
        for site in (site for site, met in self.sides_seen.items() if met != {0}):
            sides = "one side only" if site in unseen else "both sides"
            lines.append(
                f"  {site} was tried on {sides} of its kink, where {where_the_kink_is(site)[1]}"
            )
        return ["the closed form agrees with", *lines]

    def left_out(self):
        """The lengths at which nothing was compared, a line for each reason."""
        reasons: dict = {}
        for lengths in sorted(self.not_smooth_at.keys() - self.compared_at):
            reason = "nowhere smooth" if self.not_smooth_at[lengths] else "no value"
            reasons.setdefault(reason, []).append(_at_lengths(lengths))
        for reason, places in reasons.items():
            needs = self.needs() if reason == "no value" else ""
            yield f"  not compared at {'; '.join(places)}: {reason} there{needs}"

    def needs(self):
        """What the lengths with a value have that those without one have not: N >= n."""
        without, have = (list(map(dict, s)) for s in (self.without_value, self.compared_at))
        if not without or not have:
            return ""
        for a in self.letters:
            least = min(sizes[a] for sizes in have)
            if all(sizes[a] < least for sizes in without):
                return f", it needs {a} >= {least}"
        for a, b in permutations(self.letters, 2):
            if all(s[a] >= s[b] for s in have) and all(s[a] < s[b] for s in without):
                return f", it needs {a} >= {b}"
            if all(s[a] > s[b] for s in have) and all(s[a] <= s[b] for s in without):
                return f", it needs {a} > {b}"
        return ""


def _at_lengths(lengths):
    return ", ".join(f"{name} = {n}" for name, n in lengths)
