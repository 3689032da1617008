"""One derivation at one point after another: the closed form, scalars, numerical differentiation.

The closed form runs as compiled NumPy, the scalar rules as SymPy's derivatives, and numerical
differentiation interprets the reader's own calls, or calls the reader's function. A point counts
only where no operation is at a kink. Before two numbers are said to differ, both are computed anew
with many digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from ..graph.assumptions import fulfilled
from ..graph.expr import Expr, UnsupportedError
from ..graph.lengths import fits, length, symbolic_sizes
from ..graph.primitives import DET, INFINITY, INV, LOGDET, WHERE
from ..graph.walk import symbols, unnamed, walk
from ..jacobian.terms import NoClosedForm
from ..notation.numbers import digits_apart
from . import explicit
from .coverage import Coverage, Kinks, Lengths, at_lengths
from .interpret import batch
from .plain_function import PlainFunction
from .points import beyond, clear, sides
from .precise import DIGITS, finite, precise, slopes, working
from .report import CheckFailed

SMALL = 3  # lengths up to which SymPy's scalars are quick
SMALLER = 2  # and those of an inverse or a determinant, whose entries are long
NESTED = 3  # cases within cases that SymPy can still take; of more it may think for hours
TRIES = 200
FORWARD = "jvp"
LINE = np.linspace(0, 1, 101)
MAX_TURNS = 5  # of an operation that are looked at on a line
STEP = 1e-4
FLOOR = 1e-12  # entries are compared to so many digits of their own; smaller ones to those of this
MOVED = 10_000  # numbers of the inputs that are computed with at once
HALVING_TOLERANCE = 1e-4  # how far a step and half of it may differ, relative to the derivative
ROUNDED = 1000  # times what one order of steps loses by rounding, another one may lose
KINK_MARGIN = 40 * STEP  # of a kink; nearer to one, steps do not give the derivative to 1e-6


@dataclass(frozen=True)
class Method:
    """A kind of numerical differentiation, and to how many digits it is right.

    The derivative is the sum of the values at some ``steps`` ahead, times these ``weights``.
    """

    name: str
    digits: int
    steps: np.ndarray
    weights: np.ndarray


COMPLEX = Method("complex step", 8, np.array([1e-30j]), np.array([-1e30j]))
CENTRAL = Method(
    "Richardson-extrapolated central differences", 6,
    STEP * np.array([1, -1, 0.5, -0.5]), np.array([-1, 1, 8, -8]) / (6 * STEP),
)  # fmt: skip

SPREADS = (lambda z: z, lambda z: 0.5 + abs(z), lambda z: 0.4 * np.tanh(z), lambda z: 3 * z)


def _surely(exact, right, plain, closed, near) -> np.ndarray:
    """Where a formula is wrong with many digits, or compiled to other numbers than its own.

    Beside a singular matrix the numbers of two orders of the same steps differ, as each of them
    differs from the ``exact`` ones.
    """
    both = finite(exact) & finite(right)
    zero = np.zeros_like(exact)
    wrong = abs(np.where(both, exact - right, zero)) > 1e-9 * abs(np.where(both, right, 1)) + 1e-20
    with np.errstate(invalid="ignore"):  # without numbers there is nothing to be compared
        lost = abs(np.where(both & np.isfinite(plain), plain - exact, zero)).astype(float)
    return wrong.astype(bool) | (abs(plain - closed) > near + ROUNDED * lost)


def _point(values):
    return ", ".join(f"{k} = {np.array2string(v, precision=4)}" for k, v in values.items())


def _entry(i: int, j: int, sizes: Mapping[str, int]) -> str:
    return f"entry ({i + 1}, {j + 1})"


def _nested(y: Expr) -> int:
    """How many operations with a kink, or choices, stand one in the other at most."""
    deep: dict[Expr, int] = {}
    for e in walk(y):
        one = e.op.kink_side is not None or e.op is WHERE
        deep[e] = one + max((deep[a] for a in e.args), default=0)
    return deep[y]


def _moving(y: Expr, variables) -> dict[Expr, None]:
    """The variables, and all parts of ``y`` that are made of them."""
    depends: dict[Expr, None] = dict.fromkeys(variables)
    for e in walk(y):
        if any(a in depends for a in e.args):
            depends[e] = None
    return depends


class Scalars:
    """The scalar rules at a point: SymPy's derivatives, made once for each size."""

    def __init__(self, y: Expr, variables: tuple, inputs: tuple, known: bool):
        self.y, self.variables, self.inputs, self.known = y, variables, inputs, known
        long = {INV, DET, LOGDET} & {e.op for e in walk(y)}
        self.largest = SMALLER if long else SMALL
        self.too_deep = _nested(y) > NESTED
        self._functions: dict[Lengths, Callable] = {}

    def quick(self, lengths) -> bool:
        """Whether SymPy is: the lengths are small, and every function is known."""
        return self.known and max(lengths, default=1) <= self.largest

    def jacobian(self, values: dict, sizes: dict) -> np.ndarray | None:
        """SymPy's derivatives evaluated at the point; None where they are too much for it."""
        if self.too_deep:
            return None
        key = tuple(sizes.items())
        try:
            if key not in self._functions:
                function = explicit.lambdified(self.y, self.variables, self.inputs, sizes)
                self._functions[key] = function
            return self._functions[key](**values)
        except UnsupportedError:  # comparisons that send SymPy in circles, or of 1/0
            self.too_deep = True
            return None


class PointChecker:
    """One derivation at one random point after another.

    Raises ValueError if the function to check ``against`` cannot be called with the variables.
    """

    def __init__(self, derivation, against: Callable | None = None):
        self.derivation = derivation
        self.name = getattr(derivation, "formula_name", "the closed form")
        self.entry = getattr(derivation, "entry", _entry)
        self.formulas = {self.name: derivation.jacobian_2d()}
        if derivation.more_axes:  # both of its products are formulas of their own
            self.formulas = {"vjp": derivation.jacobian_2d(), FORWARD: derivation.columns()}
        elif (computed := getattr(derivation, "computed_2d", lambda: None)()) is not None:
            self.formulas[".numpy()"] = computed
        self.y, self.variables = unnamed(derivation.y), derivation.variables
        self.inputs = derivation.inputs
        self.stand_ins = sorted({e.op.name for e in walk(self.y) if e.op.unknown})
        self.plain = against and PlainFunction(against, self.y, self.inputs)
        analytic = not self.plain and all(e.op.analytic for e in _moving(self.y, self.variables))
        self.method = COMPLEX if analytic else CENTRAL
        self.scalars = Scalars(self.y, self.variables, self.inputs, known=not self.stand_ins)
        self.kinks = Kinks.of(self.y, self.variables)
        self.coverage = Coverage(symbolic_sizes(self.y, *self.inputs))

    @property
    def letters(self) -> list[str]:
        """The lengths that are to be chosen."""
        return self.coverage.letters

    def rounds(self, sizes) -> list[Lengths]:
        """A length for each letter, different ones side by side: (1, 2), (2, 3), (3, 5), ..."""
        turned = [[*sizes[k:], *sizes[:k]] for k in range(len(sizes))]
        return list(dict.fromkeys(tuple(zip(self.letters, cycle(some))) for some in turned))

    def fits(self, sizes: Mapping[str, int]) -> bool:
        """Whether all that y takes is there at these sizes: of x[1:-1] two elements."""
        return fits(self.y, dict(sizes))

    def visit(self, normal: Callable, lengths: Lengths, scalar: bool, first=0) -> None:
        """Compare at a random point where y is finite and clear of every kink, if there is one."""
        sizes = dict(lengths)
        if not self.fits(sizes):
            self.coverage.without[lengths] = False
            return
        for k in range(first, first + TRIES // 5):
            spread = SPREADS[k % len(SPREADS)]
            point = {e.name: spread(normal(length(e.shape, sizes)))[None] for e in self.inputs}
            point = fulfilled(self.inputs, point)
            if self.compared(point, sizes, scalar):
                self.coverage.compared.add(lengths)
                return
        with np.errstate(all="ignore"):
            value = batch([self.y], point, sizes)[self.y]
        self.coverage.without[lengths] = bool(np.isfinite(value).all())

    def look_beyond(self, seed, sizes: dict) -> None:
        """Compare far out and beside thresholds: max(0, a - 20) is not 0 everywhere."""
        es = [self.y]
        try:
            form, probe = self.derivation.rows()
            es += [form] if probe is None else []
        except NoClosedForm:
            pass
        points = beyond(np.random.default_rng(seed), self.inputs, sizes, *es)
        if self.compared(points, sizes, False):
            self.coverage.compared.add(tuple(sizes.items()))

    def approach(self, draw: Callable, sizes: dict) -> None:
        """Compare close to kinks: on a line, at the points before and after it meets each.

        There a wrong condition shows that holds or fails with the right one nearly everywhere.
        """
        line = {}
        for e in self.inputs:
            start, end = draw((2, *length(e.shape, sizes)))
            line[e.name] = start + (end - start) * LINE.reshape(-1, *(1 for _ in e.shape))
        line = fulfilled(self.inputs, line)
        with np.errstate(all="ignore"):
            turns = sides(self.kinks.choices, batch([self.y], line, sizes))
        places = []
        for side in turns.values():
            turned = (side[1:] != side[:-1]).reshape(len(LINE) - 1, -1).any(axis=1)
            places += [k + after for k in np.flatnonzero(turned)[:MAX_TURNS] for after in (0, 1)]
        if places:
            self.compared({name: v[places] for name, v in line.items()}, sizes, False)

    def compared(self, points: dict, sizes: dict, scalar: bool) -> bool:
        """Compare at those of some points where that can be done: whether there is one."""
        done = 0
        for k, here in self.smooth(points, sizes):
            try:
                done += self.compare({name: v[k] for name, v in points.items()}, sizes, scalar)
            except (ArithmeticError, ValueError):  # SymPy divides by what rounding leaves of 0
                continue
            self.kinks.see(here)
        self.coverage.points += done
        return done > 0

    def smooth(self, points: dict, sizes: dict) -> Iterator[tuple[int, dict]]:
        """Where some points are that are clear of every kink and pole, and the sides of each."""
        inputs = sum(points[v.name][0].size for v in self.variables)
        together = 1 + MOVED // inputs**2  # each input is moved, with all others beside it
        count = max(map(len, points.values()))
        for start in range(0, count, together):
            some = {name: v[start : start + together] for name, v in points.items()}
            each = len(next(iter(some.values())))
            with np.errstate(all="ignore"):
                around, _ = self.perturbed(some, sizes, KINK_MARGIN * np.array([0, 1, -1]))
                here = sides(self.kinks.sites, around)
                finite = [
                    np.isfinite(v).reshape(each, -1).all(axis=1) for v in self.unmasked(around)
                ]
                there = np.logical_and.reduce(finite) & self.settled(some, sizes)
            for k in np.flatnonzero(there):
                at = {e: side.reshape(each, -1, *side.shape[1:])[k] for e, side in here.items()}
                if all(clear(site, side) for site, side in at.items()):
                    yield start + int(k), at

    def unmasked(self, values: dict) -> list[np.ndarray]:
        """The values that have to be finite: not those on which a mask of ``-np.inf`` bears."""
        masked: set[Expr] = set()
        for e in walk(self.y):
            if e.op is INFINITY or not masked.isdisjoint(e.args):
                masked.add(e)
        return [v for e, v in values.items() if e not in masked or e is self.y]

    def perturbed(self, points: dict, sizes: dict, steps: np.ndarray) -> tuple[dict, np.ndarray]:
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
        with np.errstate(all="ignore"):  # exp(exp(x)) is infinite at points far out
            values = batch([self.y], moved, sizes)
        if self.plain and steps is self.method.steps:
            values[self.y] = self.plain.at(moved, values[self.y])
        return values, scale

    def numerical(self, values: dict, sizes: dict) -> np.ndarray:
        """The Jacobian by numerical differentiation."""
        return self.by_differences(values, sizes)[0]

    def by_differences(self, values: dict, sizes: dict) -> tuple:
        """The Jacobian by numerical differentiation, and how much of it may be rounding."""
        point = {name: value[None] for name, value in values.items()}
        ahead, (scale,) = self.perturbed(point, sizes, self.method.steps)
        out = ahead[self.y].reshape(len(self.method.steps), len(scale), -1)
        slope = np.einsum("k,kji->ij", self.method.weights, out).real / scale
        if self.method is COMPLEX:
            return slope, 0.0
        rounding = 4 * np.finfo(float).eps * abs(self.method.weights).sum() / scale
        return slope, rounding * abs(out).max(axis=(0, 1))[:, None]

    def settled(self, points: dict, sizes: dict):
        """Whether half of a step gives about the same; next to a pole, no number of digits is sure.

        The error that extrapolation leaves is about the square of that difference.
        """
        if self.method is COMPLEX:
            return True
        moved, scale = self.perturbed(points, sizes, self.method.steps)
        out = moved[self.y].reshape(len(scale), len(self.method.steps), -1)
        ahead, behind, half_ahead, half_behind = np.moveaxis(out, 1, 0)
        by_steps, by_halves = ahead - behind, 2 * (half_ahead - half_behind)
        most = np.maximum(2 * STEP, abs(by_halves).max(axis=1))
        return abs(by_steps - by_halves).max(axis=1) <= HALVING_TOLERANCE * most

    def compare(self, values: dict, sizes: dict, scalar: bool) -> bool:
        """Raise CheckFailed unless the ways agree at this point; False if there are no numbers."""
        if self.plain:
            self.compare_values(self.plain, values, sizes)
        slope, rounding = self.by_differences(values, sizes)
        ways = {"numerical differentiation": (slope, 0.1**self.method.digits, rounding)}
        exact = self.scalars.jacobian(values, sizes) if scalar else None
        if exact is not None:
            ways["scalar rules"] = exact, 1e-8, 0.0
        formulas = {name: formula(**values) for name, formula in self.formulas.items()}
        return all([self.agrees(name, closed, ways, values, sizes)
                    for name, closed in formulas.items()])  # fmt: skip

    def agrees(self, name: str, closed, ways: dict, values: dict, sizes: dict) -> bool:
        """Whether the numbers of a closed form are those of the other ways; see :meth:`compare`."""
        for right, tolerance, rounding in ways.values():
            if closed.shape != right.shape:
                raise CheckFailed(f"{name} is {closed.shape}, and {right.shape} is right")
            if not (np.isfinite(closed).all() and np.isfinite(right).all()):
                return False
            apart, largest = abs(closed - right), abs(right).max(initial=0)
            wrong = apart > tolerance * np.maximum(FLOOR, abs(right)) + rounding
            by_far = apart > tolerance * max(1.0, largest) + rounding
            forward = name == FORWARD
            if wrong.any():
                wrong = wrong & self.surely(values, sizes, closed, by_far, forward)
            if wrong.any():
                i, j = np.argwhere(wrong)[0]
                at = [f"{name} = {n}" for name, n in sizes.items()]
                at += [_point(values)] if values else []
                entries = (matrix[i, j] for matrix, *_ in ways.values())
                own, *others = digits_apart(closed[i, j], *entries, digits=6)
                raise CheckFailed(
                    f"at {', '.join(at)}: {self.entry(i, j, sizes)} is {own} by {name}, "
                    + ", ".join(map("{} by {}".format, others, ways))
                )
        return True

    def compare_values(self, plain: PlainFunction, values: dict, sizes: dict) -> None:
        """Raise CheckFailed unless the reader's function has the value that was recorded."""
        (recorded,) = batch([self.y], {n: v[None] for n, v in values.items()}, sizes)[self.y]
        value = plain(values, recorded.shape)
        if value.shape != recorded.shape:
            raise CheckFailed(
                f"{plain.name} gives an array of shape {value.shape} at {_point(values)}, and "
                f"{self.y} has shape {recorded.shape} there"
            )
        apart = abs(value - recorded) > 1e-9 * np.maximum(1, abs(recorded))
        if np.any(apart):
            place = tuple(np.argwhere(apart)[0])
            theirs, ours = digits_apart(value[place], recorded[place])
            raise CheckFailed(
                f"at {_point(values)}: {plain.name} gives {theirs}, and {self.y}, which was "
                f"derived, is {ours}: these are two functions"
            )

    def surely(self, values: dict, sizes: dict, closed, by_far, forward: bool) -> np.ndarray:
        """Where the closed form is wrong for certain: with many digits, or as it was compiled.

        Where there are no such digits, it is where it is wrong ``by_far``.
        """
        try:
            form, probe = self.derivation.product_forward if forward else self.derivation.rows()
        except NoClosedForm:  # there are numbers only
            if hasattr(self.derivation, "forms") and by_far.any():
                return self.surely_part_by_part(values, sizes, closed, by_far)
            return by_far
        if self.stand_ins:
            return by_far
        at, shape = {name: v[None] for name, v in values.items()}, closed.shape
        if probe is not None:
            units = np.eye(shape[1] if forward else shape[0])
            at[probe.name] = units.reshape(-1, *length(probe.shape, sizes))

        def laid(values):
            return values.reshape(shape[::-1]).T if forward else values.reshape(shape)

        with np.errstate(all="ignore"):
            interpreted = batch([form], at, sizes)
        plain = laid(interpreted[form])
        most = max(abs(v[np.isfinite(v)]).max(initial=0) for v in interpreted.values())
        with working(DIGITS[1]):
            exact = laid(precise([form], at, sizes)[form])
            right = slopes(self.y, self.variables, values, sizes)
            surely = _surely(exact, right, plain, closed, 1e-9 * max(1, most))
        return np.where(finite(exact) & finite(right), surely, by_far)

    def surely_part_by_part(self, values: dict, sizes: dict, closed, by_far) -> np.ndarray:
        """The same of a row that is made of several formulas, one for each variable."""
        wrong = by_far.any(axis=0)
        forms = self.derivation.forms()
        at = {name: v[None] for name, v in values.items()}
        with np.errstate(all="ignore"):
            interpreted = batch(forms, at, sizes)
        plain = np.concatenate([interpreted[form].reshape(1, -1) for form in forms], axis=1)
        most = max(abs(v[np.isfinite(v)]).max(initial=0) for v in interpreted.values())
        with working(DIGITS[1]):
            computed = precise(forms, at, sizes)
            exact = np.concatenate([computed[form].reshape(1, -1) for form in forms], axis=1)
            right = slopes(self.y, self.variables, values, sizes, only=wrong)
            surely = _surely(exact, right, plain, closed, 1e-9 * max(1, most))
        return np.where(finite(exact) & finite(right), surely, by_far)

    def summary(self, sizes, small: list, points: int) -> list[str]:
        """What agreed and how far: the same text on every machine."""
        over = f"{', '.join(self.letters)} = {{}}; " if self.letters else ""
        if isinstance(sizes, Mapping):
            over = f"{at_lengths(sizes.items())}; "
        of = f" of {self.plain.name}" if self.plain else ""
        by = f", stand-ins for {', '.join(self.stand_ins)}" if self.stand_ins else ""
        each = " each" if self.letters else ""
        few, all_ = (over.format(", ".join(map(str, some))) for some in (small, sizes))
        lines = [f"  scalar rules by SymPy: {few}to 1e-8"] if small else []
        if self.scalars.too_deep:
            lines = ["  not with scalar rules: they are too much for SymPy"]
        lines.append(
            f"  numerical differentiation{of} ({self.method.name}{by}): {all_}{points} "
            f"points{each}; to 1e-{self.method.digits}"
        )
        still = ", ".join(v.name for v in self.variables if v not in {*symbols(self.y)})
        more = [f"  it is 0 by {still}, which is not in {self.y}"] if still else []
        lines += [*more, *self.coverage.lines(), *self.kinks.lines()]
        return [f"{self.name} agrees with", *lines]
