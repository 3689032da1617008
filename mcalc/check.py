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
from .evaluate import aligned, batch, binder, length, letters
from .expr import Expr, is_number, symbols, unnamed, walk

SMALL = 3  # lengths up to which SymPy's scalars are quick
TRIES = 200
STEP = 1e-4
CLEAR = 40 * STEP  # of a kink; nearer to one, steps do not give the derivative to 1e-6
SPREADS = (lambda z: z, lambda z: 0.5 + abs(z), lambda z: 0.4 * np.tanh(z), lambda z: 3 * z)


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


def check(derivation, sizes=(1, 2, 3, 5, 8), points=5, seed=0, at=None) -> Report:
    """Compare the closed form with the two other ways; see :meth:`Derivation.check`."""
    trial = _Trial(derivation)
    if at is not None:
        return _check_at(trial, at)
    sizes = tuple(sizes)
    if not sizes or any(not isinstance(n, int) or n < 1 for n in sizes) or points < 1:
        raise ValueError(f"sizes={sizes!r}, points={points!r}: whole numbers from 1 up are needed")
    rng = np.random.default_rng(seed)
    small = [n for n in sizes if trial.quick([n] * len(trial.letters))]
    rounds, quick = trial.rounds(sizes), trial.rounds(small)
    for lengths in dict.fromkeys([*rounds, *quick]):
        for _ in range(points):
            trial.visit(rng, lengths, lengths in quick)
    for attempt in range(TRIES):
        if not trial.unseen():
            break
        trial.visit(rng, rounds[attempt % len(rounds)], False)
    if not trial.visited:
        raise CheckFailed(f"no point was found where {trial.y} is smooth and finite")
    return Report(True, trial.summary(sizes, small, points))


def _check_at(trial, at):
    arrays, sizes = binder(trial.inputs)(dict(at))
    values = {e.name: a for e, a in zip(trial.inputs, arrays, strict=True)}
    found, _ = trial.moved(values, sizes, np.zeros(1))
    at_kink = [site for site, side in trial.sides(found).items() if not side.all()]
    if at_kink:
        return Report(None, [f"{site} is not differentiable here, where {_kink(site)[0]}; "
                             f"{_kink(site)[1]}" for site in at_kink])  # fmt: skip
    trial.compare(values, sizes, trial.quick(sizes.values()))
    return Report(True, ["at this point the closed form and the other ways agree"])


def _kink(site: Expr) -> tuple[str, str]:
    """Where an operation has a kink, and what the closed form takes there."""
    name, operands = site.op.name, site.args
    where = " = ".join(map(str, reversed(operands))) if len(operands) > 1 else f"{operands[0]} = 0"
    if name == "max":
        where = "several elements are the largest"
    if name == "maximum" and is_number(operands[0], 0):
        return where, "the paper takes 0"
    return where, {
        "maximum": f"mcalc takes the derivative of {operands[0]}",
        "minimum": f"mcalc takes the derivative of {operands[0]}",
        "max": "mcalc counts each of them",
        "sqrt": "its slope is infinite there",
        "norm": "it has no direction there",
    }.get(name, "mcalc takes 0")  # fmt: skip


class _Trial:
    """One derivation at one random point after another."""

    def __init__(self, derivation):
        self.y = unnamed(derivation.y)
        self.variables = derivation.variables
        self.formula = derivation.numpy()
        self.inputs, self.letters = symbols(self.y), letters(self.y)
        self.open = any(e.op.open for e in walk(self.y))
        depends = dict.fromkeys(self.variables)
        for e in walk(self.y):
            if any(a in depends for a in e.args):
                depends[e] = None
        # x = max(x), as in the derivative of max, is as smooth as max(x), which is a site itself
        self.sites = [e for e in depends if e.op.branch
                      and not (e.op.name == "equal" and e.args[1].op.name == "max")]  # fmt: skip
        self.analytic = all(e.op.analytic for e in depends)
        self.digits = 8 if self.analytic else 6
        self.seen: dict[Expr, set] = {site: set() for site in self.sites}
        self.exact: dict = {}
        self.visited, self.rough = 0, set()

    def quick(self, lengths):
        """Whether SymPy's scalars are: the lengths are small, and every function is known."""
        return not self.open and max(lengths, default=1) <= SMALL

    def rounds(self, sizes):
        """A length for each letter, different ones side by side: (1, 2), (2, 3), (3, 5), ..."""
        shifted = [[*sizes[k:], *sizes[:k]] for k in range(len(sizes))]
        return list(dict.fromkeys(tuple(zip(self.letters, cycle(some))) for some in shifted))

    def visit(self, rng, lengths, scalar):
        """Compare at a random point where y is finite and clear of every kink, if there is one."""
        sizes = dict(lengths)
        for attempt in range(TRIES // 5):
            spread = SPREADS[attempt % len(SPREADS)]
            values = {e.name: spread(rng.standard_normal(length(e.shape, sizes)))
                      for e in self.inputs}  # fmt: skip
            with np.errstate(all="ignore"):
                found, _ = self.moved(values, sizes, CLEAR * np.array([0, 1, -1]))
                sides = self.sides(found)
            clear = all(side.all() and (side == side[0]).all() for side in sides.values())
            if clear and all(np.isfinite(v).all() for v in found.values()):
                self.visited += 1
                for site, side in sides.items():
                    self.seen[site] |= set(np.unique(side))
                return self.compare(values, sizes, scalar)
        self.rough.add(", ".join(f"{name} = {n}" for name, n in lengths))

    def moved(self, values, sizes, steps):
        """Every node's value with one input after the other moved by each step, as a batch.

        Large inputs move by more; by how many times as much is the second result.
        """
        point = np.concatenate([values[v.name].reshape(-1) for v in self.variables])
        scale = np.maximum(1.0, abs(point))
        points = (point + steps[:, None, None] * np.diag(scale)).reshape(-1, len(point))
        moved, start = {name: value[None] for name, value in values.items()}, 0
        for v in self.variables:
            stop = start + values[v.name].size
            moved[v.name] = points[:, start:stop].reshape(-1, *values[v.name].shape)
            start = stop
        return batch([self.y], moved, sizes), scale

    def sides(self, found):
        """On which side of its kink every operation is: -1 or 1, and 0 on the kink."""
        return {site: np.asarray(site.op.branch(*aligned(site, found))) for site in self.sites}

    def numerical(self, values, sizes):
        """The Jacobian by complex steps, or by central differences extrapolated to step zero."""
        steps = np.array([1e-30j]) if self.analytic else STEP * np.array([1, -1, 0.5, -0.5])
        found, scale = self.moved(values, sizes, steps)
        out = found[self.y].reshape(len(steps), len(scale), -1)
        if self.analytic:
            slope = out[0].imag / 1e-30
        else:
            whole, half = (out[0] - out[1]) / (2 * STEP), (out[2] - out[3]) / STEP
            slope = (4 * half - whole) / 3
        return (slope / scale[:, None]).T

    def scalar(self, values, sizes):
        """The Jacobian by scalar rules, SymPy's derivatives evaluated at the point."""
        key = tuple(sizes.items())
        if key not in self.exact:
            entries = [s for e in self.inputs for s in explicit.symbols_of(e, sizes).flat]
            matrix = explicit.jacobian(self.y, self.variables, sizes)
            self.exact[key] = sp.lambdify(entries, matrix.tolist(), "math", cse=True)
        numbers = [float(x) for e in self.inputs for x in values[e.name].flat]
        return np.array(self.exact[key](*numbers), dtype=float)

    def compare(self, values, sizes, scalar):
        """Raise CheckFailed unless the ways agree at this point."""
        closed = self.formula(**values)
        ways = {"numerical differentiation": (self.numerical(values, sizes), 0.1**self.digits)}
        if scalar:
            ways["scalar rules"] = (self.scalar(values, sizes), 1e-8)
        for right, tolerance in ways.values():
            if closed.shape != right.shape:
                raise CheckFailed(f"the closed form is {closed.shape}, and {right.shape} is right")
            wrong = ~(np.abs(closed - right) <= tolerance * max(1.0, np.abs(right).max(initial=0)))
            if wrong.any():
                i, j = np.argwhere(wrong)[0]
                by = [f"{matrix[i, j]:.6g} by {way}" for way, (matrix, _) in ways.items()]
                at = [f"{name} = {n}" for name, n in sizes.items()]
                at += [f"{k} = {np.array2string(v, precision=4)}" for k, v in values.items()]
                raise CheckFailed(
                    f"at {', '.join(at)}: entry ({i + 1}, {j + 1}) is {closed[i, j]:.6g} by the "
                    f"closed form, {', '.join(by)}"
                )

    def unseen(self):
        return [s for s, sides in self.seen.items() if not s.op.analytic and not {-1, 1} <= sides]

    def summary(self, sizes, small, points):
        """What agreed and how far: the same text on every machine."""

        def over(lengths):
            named = f"{', '.join(self.letters)} from {', '.join(map(str, lengths))}, "
            return named if self.letters else ""

        how = "complex step" if self.analytic else "Richardson-extrapolated central differences"
        lines = ["the closed form agrees with"]
        if small:
            lines.append(f"  scalar rules by SymPy: {over(small)}to 1e-8")
        lines.append(
            f"  numerical differentiation ({how}): {over(sizes)}{points} points each, "
            f"to 1e-{self.digits}"
        )
        lines += [f"  not compared at {at}: nowhere smooth there" for at in sorted(self.rough)]
        missing = self.unseen()
        for site in self.sites:
            if not site.op.analytic:
                met = "only one side was met of" if site in missing else "both sides were met of"
                lines.append(f"  {met} {site}; {_kink(site)[1]} in between")
        return lines
