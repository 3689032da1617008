"""The third way: numerical differentiation of the recorded NumPy calls; and the comparison of all.

The closed form runs as compiled NumPy, the scalar rules as SymPy's derivatives, and numerical
differentiation interprets the reader's own calls. A point counts only where no operation is at a
kink, and points are drawn until both sides of every kink have been seen.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from . import explicit
from .evaluate import aligned, batch, bind, length, letters
from .expr import (
    SYMBOL,
    Expr,
    as_expr,
    is_number,
    node,
    same_length,
    shape_text,
    symbols,
    unnamed,
    walk,
)
from .rules import diag

SMALL = 3  # lengths up to which SymPy's scalars are quick
TRIES = 200
STEP = 1e-3


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
    rounds = trial.rounds(sizes)
    small = [] if trial.open else trial.rounds([n for n in sizes if n <= SMALL])
    for lengths in dict.fromkeys([*rounds, *small]):
        named = dict(zip(trial.letters, lengths, strict=True))
        scalar = max(lengths, default=1) <= SMALL and (lengths in small or not lengths)
        for _ in range(points):
            trial.visit(rng, named, scalar)
    for attempt in range(TRIES):
        if not trial.unseen():
            break
        named = dict(zip(trial.letters, rounds[attempt % len(rounds)], strict=True))
        trial.visit(rng, named, False)
    if not trial.visited:
        raise CheckFailed(f"no point was found where {trial.y} is smooth and finite")
    return Report(True, trial.summary(sizes, points, bool(small)))


def _check_at(trial, at):
    arrays, sizes = bind(symbols(trial.y), dict(at))
    values = {e.name: a for e, a in zip(symbols(trial.y), arrays, strict=True)}
    at_kink = [site for site, side in trial.sides(values, sizes).items() if np.any(side == 0)]
    if at_kink:
        return Report(None, [_describe_kink(site) for site in at_kink])
    trial.compare(values, sizes, max(sizes.values(), default=1) <= SMALL)
    return Report(True, ["at this point the closed form and the other ways agree"])


def _side(site: Expr, found: dict):
    """On which side of its kink an operation is, for each of a batch."""
    return np.asarray(site.op.branch(*aligned(site, [found[a] for a in site.args])))


def _describe_kink(site: Expr) -> str:
    """Where an operation has a kink, and what the closed form takes there."""
    name, operands = site.op.name, site.args
    relu = name == "maximum" and is_number(operands[0], 0)
    where = " = ".join(map(str, reversed(operands))) if len(operands) > 1 else f"{operands[0]} = 0"
    if name == "max":
        where = "several elements are the largest"
    taken = "the paper takes 0" if relu else {
        "maximum": f"mcalc takes the derivative of {operands[0]}",
        "minimum": f"mcalc takes the derivative of {operands[0]}",
        "max": "mcalc counts each of them",
        "sqrt": "its slope is infinite there",
        "norm": "it has no direction there",
    }.get(name, "mcalc takes 0")  # fmt: skip
    return f"{site} is not differentiable here, where {where}; {taken}"


class _Trial:
    """One derivation at one random point after another."""

    def __init__(self, derivation):
        self.derivation = derivation
        self.y = unnamed(derivation.y)
        self.variables = derivation.variables
        self.formula = derivation.numpy()
        self.parameters = derivation.parameters
        self.letters = letters(self.y)
        self.open = any(e.op.open for e in walk(self.y))
        depends = set(self.variables)
        for e in walk(self.y):
            if any(a in depends for a in e.args):
                depends.add(e)
        self.sites = [e for e in walk(self.y) if e.op.branch and e in depends]
        self.analytic = all(e.op.analytic for e in walk(self.y) if e in depends and e.args)
        self.seen: dict[Expr, set] = {site: set() for site in self.sites}
        self.exact: dict = {}
        self.visited, self.rough = 0, set()

    def rounds(self, sizes):
        """A length for each letter, different ones side by side: (1, 2), (2, 3), (3, 5), ..."""
        count = len(sizes)
        return list(dict.fromkeys(
            tuple(sizes[(k + shift) % count] for shift in range(len(self.letters)))
            for k in range(count)
        ))  # fmt: skip

    def draw(self, rng, sizes):
        """A random point where y is finite and no operation is near a kink."""
        scales = (lambda z: z, lambda z: 0.5 + abs(z), lambda z: 0.4 * np.tanh(z), lambda z: 3 * z)
        for attempt in range(TRIES // 5):
            scale = scales[attempt % len(scales)] if attempt else scales[0]
            values = {}
            for e in symbols(self.y):
                shape = tuple(length(n, sizes) for n in e.shape)
                values[e.name] = scale(rng.standard_normal(shape))
            with np.errstate(all="ignore"):
                found = batch([self.y], {k: v[None] for k, v in values.items()}, sizes)
                finite = all(np.isfinite(v).all() for v in found.values())
                if finite and self.smooth_around(values, sizes):
                    return values
        return None

    def visit(self, rng, sizes, scalar):
        """Compare at a random point, if there is one at these sizes."""
        values = self.draw(rng, sizes)
        if values is None:
            self.rough.add(", ".join(f"{name} = {n}" for name, n in sizes.items()))
        else:
            self.visited += 1
            self.compare(values, sizes, scalar)

    def sides(self, values, sizes):
        """On which side of its kink every operation is: -1 or 1, and 0 on the kink."""
        found = batch([self.y], {k: v[None] for k, v in values.items()}, sizes)
        return {site: _side(site, found)[0] for site in self.sites}

    def smooth_around(self, values, sizes):
        """Whether every operation stays on one side of its kink for steps in any direction."""
        if not self.sites:
            return True
        moved = self._moved(values, np.array([2 * STEP, -2 * STEP, 0.0]))
        found = batch([self.y], moved, sizes)
        for site in self.sites:
            side = _side(site, found)
            if (side == 0).any() or (side != side[:1]).any():
                return False
        return True

    def _moved(self, values, steps):
        """The point moved along each input by each of the steps, as a batch."""
        count = sum(values[v.name].size for v in self.variables)
        total, moved, start = count * len(steps), {}, 0
        for name, value in values.items():
            moved[name] = np.broadcast_to(value, (total, *value.shape)).astype(steps.dtype)
        for v in self.variables:
            flat = moved[v.name].reshape(total, -1)
            for k in range(flat.shape[1]):
                rows = (start + k) * len(steps) + np.arange(len(steps))
                flat[rows, k] += steps * max(1.0, abs(float(values[v.name].reshape(-1)[k])))
            moved[v.name] = flat.reshape(total, *values[v.name].shape)
            start += flat.shape[1]
        return moved

    def numerical(self, values, sizes):
        """The Jacobian by complex steps, or by central differences extrapolated to step zero."""
        scale = np.concatenate(
            [np.maximum(1.0, abs(values[v.name])).reshape(-1) for v in self.variables]
        )
        tiny = 1e-30
        steps = np.array([tiny * 1j]) if self.analytic else STEP * np.array([1, -1, 0.5, -0.5])
        out = batch([self.y], self._moved(values, steps), sizes)[self.y]
        out = np.broadcast_to(out, (len(scale) * len(steps), *out.shape[1:]))
        out = out.reshape(len(scale), len(steps), -1)
        if self.analytic:
            return (out[:, 0].imag / tiny / scale[:, None]).T
        whole = (out[:, 0] - out[:, 1]) / (2 * STEP)
        half = (out[:, 2] - out[:, 3]) / STEP
        return ((4 * half - whole) / 3 / scale[:, None]).T

    def scalar(self, values, sizes):
        """The Jacobian by scalar rules, SymPy's derivatives evaluated at the point."""
        key = tuple(sizes.items())
        entries = {e: explicit.symbols_of(e, sizes).reshape(-1) for e in symbols(self.y)}
        if key not in self.exact:
            matrix = explicit.jacobian(self.y, self.variables, sizes)
            arguments = [s for some in entries.values() for s in some]
            self.exact[key] = sp.lambdify(arguments, matrix.tolist(), "math", cse=True)
        numbers = [float(x) for e in entries for x in values[e.name].reshape(-1)]
        return np.array(self.exact[key](*numbers), dtype=float)

    def compare(self, values, sizes, scalar):
        """Raise CheckFailed unless the ways agree at this point."""
        closed = self.formula(**{name: values[name] for name in self.parameters})
        ways = {"numerical differentiation": (self.numerical(values, sizes), self.tolerance)}
        if scalar:
            ways["scalar rules"] = (self.scalar(values, sizes), 1e-8)
        for other, tolerance in ways.values():
            if closed.shape != other.shape:
                raise CheckFailed(f"the closed form is {closed.shape}, and {other.shape} is right")
            scale = max(1.0, np.abs(other).max(initial=0.0))
            wrong = ~(np.abs(closed - other) <= tolerance * scale)
            if wrong.any():
                i, j = np.argwhere(wrong)[0]
                found = {"the closed form": closed} | {way: ways[way][0] for way in sorted(ways)}
                by = ", ".join(f"{matrix[i, j]:.6g} by {way}" for way, matrix in found.items())
                at = [f"{name} = {n}" for name, n in sizes.items()]
                at += [f"{k} = {np.array2string(v, precision=4)}" for k, v in values.items()]
                raise CheckFailed(f"at {', '.join(at)}: entry ({i + 1}, {j + 1}) is {by}")
        for site, side in self.sides(values, sizes).items():
            self.seen[site] |= set(np.unique(side))

    @property
    def tolerance(self):
        return 1e-8 if self.analytic else 1e-6

    def unseen(self):
        return [s for s, sides in self.seen.items() if not s.op.analytic and not {-1, 1} <= sides]

    def summary(self, sizes, points, scalar):
        """What agreed and how far: the same text on every machine."""
        sizes = ", ".join(map(str, sizes))
        over = f"{', '.join(self.letters)} from {sizes}, " if self.letters else ""
        how = "complex step" if self.analytic else "Richardson-extrapolated central differences"
        small = ", ".join(str(n) for n in sizes.split(", ") if int(n) <= SMALL)
        lines = ["the closed form agrees with"]
        if scalar:
            over_small = f"{', '.join(self.letters)} from {small}, " if self.letters else ""
            lines.append(f"  scalar rules by SymPy: {over_small}to 1e-8")
        lines.append(
            f"  numerical differentiation ({how}): {over}{points} points each, "
            f"to {self.tolerance:.0e}".replace("e-0", "e-")
        )
        lines += [
            f"  not compared at {where}: nowhere smooth there" for where in sorted(self.rough)
        ]
        for site in [s for s in self.sites if not s.op.analytic]:
            missing = site in self.unseen()
            sides = "only one side was met of" if missing else "both sides were met of"
            lines.append(f"  {sides} {site}; {_describe_kink(site).split('; ')[1]} in between")
        return lines


# --- claims ----------------------------------------------------------------------------------

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
