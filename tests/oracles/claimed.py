"""Closed forms to claim, wrong ones and right ones, made at random from a derived one.

Wrong ones are made by the mistakes that people make, right ones by the rules of algebra. Which are
which is decided by an oracle's numbers at a few points, on both sides of a threshold that is far
from 0. Every fourth derivation has such thresholds, and another fourth cancels.
"""

import random
from collections import Counter
from copy import copy
from functools import lru_cache
from unittest.mock import patch

import numpy as np
from kinds import Problem, forms, thresholds
from oracles import Point, oracle, symbolic, watched
from programs import COMPARISONS, VARIABLES, draw_values, lengths, problem

import mcalc as mc
from mcalc.check import explicit
from mcalc.check.interpret import batch
from mcalc.derivation import Jacobian
from mcalc.graph import primitives
from mcalc.graph.expr import NUMBER, SIZE, Expr, ShapeError, node
from mcalc.graph.lengths import length
from mcalc.graph.primitives import (
    DOT,
    MATMAT,
    MATVEC,
    OUTER,
    PRIMITIVES,
    ROW,
    SUM,
    TRANSPOSE,
    VECMAT,
)
from mcalc.graph.walk import replace, unnamed, walk

DEPTHS = 1, 4
POINTS = [(sizes, scale) for scale in (1.0, 0.4, 2.5) for sizes in lengths(2, 3)]
WRONG = 2  # wrong claims by each mistake, for each derivation
RIGHT = 7  # right claims for each derivation, each some steps of algebra away from the last
SEEN = 2e-5  # how far apart two Jacobians are that everyone has to tell apart
OPPOSITE = {"greater": "less_equal", "less": "greater_equal",
            "greater_equal": "less", "less_equal": "greater"}  # fmt: skip
TURNED = {"greater": "less", "less": "greater",
          "greater_equal": "less_equal", "less_equal": "greater_equal"}  # fmt: skip
OUTCOMES = {
    "wrong": "wrong claims, refused by equals, why, check",
    "equal": "mistakes that change nothing",
    "little": "mistakes too small for everyone to tell",
}


# --- mistakes ----------------------------------------------------------------------------------
# Each gives what may stand in the place of a node, wrongly.


def sign(e):
    yield -e
    if e.op.name in ("add", "subtract"):
        yield node(PRIMITIVES[{"add": "subtract", "subtract": "add"}[e.op.name]], *e.args)


def factor(e):
    yield from (2 * e, e / 2, -3 * e)
    if e.shape and isinstance(e.shape[0], str):
        yield mc.size(e.shape[0]) * e


def slightly(e):
    """A factor that is nearly 1, as a rounded constant is."""
    yield from ((1 + 1e-4) * e, (1 - 1e-3) * e)


def transpose(e):
    if e.ndim == 2:
        yield e.T
    if e.op in (MATVEC, VECMAT):
        yield e.args[1] @ e.args[0]


def dropped_path(e):
    if e.op.name in ("add", "subtract"):
        yield from e.args


def swapped_factors(e):
    if e.op in (MATMAT, OUTER) or e.op.name in ("divide", "power"):
        yield node(e.op, *reversed(e.args))


def off_by_one(e):
    if e.op.name in ("index", "unit"):
        length = e.args[0].shape[0] if e.args else e.params["length"]
        yield node(e.op, *e.args, **{**e.params, "index": (e.params["index"] + 1) % length})
    if e.op is SIZE:
        yield from (e - 1, e + 1)
    if e.op.name == "power" and e.args[1].op is NUMBER:
        yield e.args[0] ** (e.args[1].params["value"] + 1)


def wrong_branch(e):
    if e.op.name == "where":
        condition, yes, no = e.args
        yield from (node(e.op, condition, no, yes), yes, no)
    if e.op.name in TURNED:
        yield node(PRIMITIVES[TURNED[e.op.name]], *e.args)


MISTAKES = (
    sign, factor, slightly, transpose, dropped_path, swapped_factors, off_by_one, wrong_branch,
)  # fmt: skip


# --- algebra -----------------------------------------------------------------------------------
# Each gives what may stand in the place of a node, rightly.


def anything(e):
    yield from (1 * e, -1 * -e, (2 * e) / 2, (e + e) - e, e / 2 + e / 2)
    if e.ndim == 2 and e.op is not ROW:
        yield node(TRANSPOSE, e.T)


def sums(e):
    a, b = e.args
    if e.op.name == "subtract":
        yield from (a + -b, -(b - a))
    if e.op.name == "add":
        yield from (b + a, a - -b)
        if a.op.name == b.op.name == "multiply" and a.args[0] is b.args[0]:
            yield a.args[0] * (a.args[1] + b.args[1])
        if b.op.name == "add":
            yield (a + b.args[0]) + b.args[1]


def products(e):
    a, b = e.args
    if e.op.name == "divide":
        yield from (a * (1 / b), a * b**-1)
    if e.op.name == "multiply":
        yield b * a
        if a.op.name == "multiply":
            yield a.args[0] * (a.args[1] * b)
        for one, other in ((a, b), (b, a)):
            if one.op.name in ("add", "subtract"):
                yield node(one.op, *(part * other for part in one.args))


def matrix_products(e):
    a, b = e.args
    if a.op.name in ("add", "subtract"):
        yield node(a.op, *(_matrix(part, a) @ b for part in a.args))
    if b.op.name in ("add", "subtract"):
        yield node(b.op, *(a @ _matrix(part, b) for part in b.args))
    if a.op is MATMAT:
        yield a.args[0] @ (a.args[1] @ b)
    if b.op is MATMAT:
        yield (a @ b.args[0]) @ b.args[1]
    if a.op.name == "multiply" and a.args[0].ndim == 0:
        yield a.args[0] * (a.args[1] @ b)
    if e.op is MATMAT:
        yield (b.T @ a.T).T
        if a.op.name == b.op.name == "diag":
            yield mc.diag(a.args[0] * b.args[0])
    if e.op is MATVEC and a.op.name == "diag":
        yield a.args[0] * b


def _matrix(part, whole):
    """A part of a sum, if it has the shape of the whole."""
    if part.shape != whole.shape:
        raise ShapeError(part)
    return part


def diagonals(e):
    (v,) = e.args
    yield mc.diag(mc.ones(*v.shape)) @ mc.diag(v)
    if v.op.name in ("multiply", "add"):
        a, b = v.args
        if v.op.name == "add" and a.shape == b.shape:
            yield mc.diag(a) + mc.diag(b)
        if v.op.name == "multiply" and a.shape == b.shape:
            yield mc.diag(a) @ mc.diag(b)
        elif v.op.name == "multiply" and a.ndim == 0:
            yield a * mc.diag(b)


def rows(e):
    (v,) = e.args
    yield mc.ones(*v.shape).T @ mc.diag(v)
    if v.op.name in ("add", "subtract") and v.args[0].shape == v.args[1].shape:
        yield node(v.op, *(part.T for part in v.args))
    if v.op.name == "multiply" and v.args[0].ndim == 0:
        yield v.args[0] * v.args[1].T


def powers(e):
    base, exponent = e.args
    if exponent.op is NUMBER and exponent.params["value"] in (2, 3, 4):
        yield base * base ** (exponent.params["value"] - 1)


def by_exponentials(e):
    """These overflow where the functions themselves do not."""
    (a,) = e.args
    if e.op.name == "sigmoid":
        yield from (np.exp(a) / (1 + np.exp(a)), 1 / (1 + np.exp(-a)))
        yield from (1 - 1 / (1 + np.exp(a)), (1 + np.tanh(a / 2)) / 2)  # which cancel
    if e.op.name == "tanh":
        yield from ((np.exp(2 * a) - 1) / (np.exp(2 * a) + 1), np.sinh(a) / np.cosh(a))
    if e.op.name == "exp":
        yield 1 / np.exp(-a)
        if a.op.name in ("add", "subtract") and a.args[0].shape == a.args[1].shape:
            by = np.multiply if a.op.name == "add" else np.divide
            yield by(*map(np.exp, a.args))


def cases(e):
    condition, yes, no = e.args
    yield np.where(np.logical_not(condition), no, yes)
    yield np.where(condition > 0.5, yes, no)
    if condition.op.name in OPPOSITE:
        opposite = node(PRIMITIVES[OPPOSITE[condition.op.name]], *condition.args)
        yield np.where(opposite, no, yes)


def comparisons(e):
    yield node(PRIMITIVES[TURNED[e.op.name]], *reversed(e.args))


def or_equal(e):
    """≥ for > where two variables meet: at a kink there is no derivative to be right about."""
    strict = {"greater": "greater_equal", "less": "less_equal"}
    other = strict | {name: key for key, name in strict.items()}
    if e.op.name in other and not any(a.op is NUMBER for a in e.args):
        yield node(PRIMITIVES[other[e.op.name]], *e.args)


def contractions(e):
    if e.op is SUM:
        yield mc.ones(*e.args[0].shape) @ e.args[0]
    if e.op is DOT:
        yield from (np.sum(e.args[0] * e.args[1]), e.args[1] @ e.args[0])
    if e.op is OUTER:
        a, b = e.args
        yield mc.diag(a) @ mc.outer(mc.ones(*a.shape), b)


ALGEBRA = {
    **dict.fromkeys(["add", "subtract"], sums),
    **dict.fromkeys(["multiply", "divide"], products),
    **dict.fromkeys(["matmat", "matvec", "vecmat"], matrix_products),
    **dict.fromkeys(["sum", "dot", "outer"], contractions),
    **dict.fromkeys(TURNED, comparisons),
    **dict.fromkeys(["sigmoid", "tanh", "exp"], by_exponentials),
    "diag": diagonals, "row": rows, "power": powers, "where": cases,
}  # fmt: skip


def by_algebra(e):
    yield from anything(e)
    if e.op.name in ALGEBRA:
        yield from ALGEBRA[e.op.name](e)


# --- claims ------------------------------------------------------------------------------------


def changed(whole, rule, rng):
    """``whole`` with one of its nodes changed by a rule; None where the rule has nothing to do."""
    nodes = walk(whole)
    for e in rng.sample(nodes, len(nodes)):
        found = _fitting(rule, e)
        if rule is transpose and e is whole and e.ndim:
            found.append(whole.T)
        if found:
            return replace(whole, {e: rng.choice(found)}.get, _rebuilt)
    return None


def _fitting(rule, e):
    """What a rule gives for a node, in its shape."""
    try:
        return [new for new in rule(e) if isinstance(new, Expr) and new.shape == e.shape]
    except (ShapeError, mc.UnsupportedError):
        return []


def _rebuilt(e, args):
    """As a reader's own claim is built: rows stay rows."""
    if all(new is old for new, old in zip(args, e.args, strict=True)):
        return e
    if e.op.sympy_form:
        return primitives.elementwise(e.op, *args)
    return node(e.op, *args, **e.params)


class Judge:
    """The Jacobian at a few points by an oracle."""

    def __init__(self, program, wrt, seed, by, ranges=()):
        self.points = []
        for k, (sizes, scale) in enumerate(POINTS):
            values = {name: scale * v for name, v in draw_values((seed, k), sizes).items()}
            far = draw_values((seed, k), sizes, ranges)
            values |= {name: far[name] for name, _ in ranges}
            if not watched(program, values, wrt).reason:
                jacobian = Point(program, wrt, values, oracle(by)).jacobian
                if np.all(np.abs(jacobian) < 1e6):
                    self.points.append((sizes, values, jacobian))

    def apart(self, claim):
        """How far a claim is from the oracle's Jacobian at most, relative to that."""
        return max(self._apart(claim, *point) for point in self.points)

    def _apart(self, claim, sizes, values, jacobian):
        with np.errstate(all="ignore"):
            found = batch([claim], {name: v[None] for name, v in values.items()}, sizes)[claim]
            shape = length(claim.shape, sizes)
            if (*shape, 1, 1)[:2] != jacobian.shape:
                return np.inf
            found = np.broadcast_to(found, (1, *shape)).reshape(jacobian.shape)
            apart = np.abs(found - jacobian).max() / max(1.0, np.abs(jacobian).max())
        return np.inf if np.isnan(apart) else apart


def compares(program):
    """Whether it says itself what holds where two are equal."""
    return isinstance(program, tuple) and (
        program[0] in COMPARISONS or any(map(compares, program[1:]))
    )


def attempt(seed, by="jax"):
    """What became of the claims with this seed, as counts; raises where mcalc takes a wrong one, or
    refuses a right one. The error's note is a program that raises it again.
    """
    rng = random.Random(seed)
    kind = {0: thresholds, 1: forms}.get(seed % 4)
    drawn = kind(rng.choice) if kind else Problem(*problem(rng.choice, depths=DEPTHS))
    program, wrt, ranges = drawn.program, drawn.wrt, drawn.ranges
    if isinstance(wrt, str) and len(VARIABLES[wrt]) == 2:
        return Counter(["by a matrix"])
    try:
        judge = Judge(program, wrt, seed, by, ranges)
        if len(judge.points) < 4:
            return Counter(["passed over"])
        d = symbolic(program, wrt)
        whole = unnamed(d.jacobian.expr)
        assert judge.apart(whole) < 1e-7, "the closed form itself is wrong"
        try:
            checked(d, sizes=(1, 2))
        except mc.CheckFailed as failed:
            if ranges and "no point" in str(failed):
                return Counter(["passed over"])
            raise
        found, right = Counter(), whole
        for mistake in WRONG * MISTAKES:
            claim = changed(whole, mistake, rng)
            if claim is not None:
                found.update(judged(d, claim, judge.apart(claim), mistake.__name__))
        for _ in range(RIGHT):
            for _ in range(rng.choice([1, 2, 3])):
                right = changed(right, by_algebra, rng)
            assert judge.apart(right) < 1e-6, f"the algebra is wrong: {right}"
            assert d.equals(right) and d.why(right) is None, f"{d.why(right)}: {right}"
            found["right"] += 1
        claim = None if compares(program) else changed(whole, or_equal, rng)
        if claim is not None and judge.apart(claim) < 1e-9:
            assert d.equals(claim), f"at a kink nothing is claimed: {d.why(claim)}: {claim}"
            found["right"] += 1
    except Exception as error:
        error.add_note(f"{program}, {wrt!r}\nimport claimed; claimed.attempt({seed}, {by!r})")
        raise
    return found


_by_scalar_rules = explicit.jacobian


@lru_cache(50)
def _once(y, variables, sizes):
    return _by_scalar_rules(y, variables, dict(sizes))


def _scalars(y, variables, sizes):
    """SymPy's Jacobian, worked out once for all claims."""
    return _once(y, variables, tuple(sizes.items()))


def judged(d, claim, apart, mistake):
    """A claim with a mistake in it, refused by all; a mistake may also change nothing."""
    if apart < 1e-9:
        return [("equal", mistake)]
    if apart < SEEN:
        return [("little", mistake)]
    why = d.why(claim)
    assert why and not d.equals(claim), f"taken for right in spite of its {mistake}: {claim}"
    assert len(why.split()) > 3, why
    wrong = copy(d)
    wrong.jacobian = Jacobian(claim)
    try:
        checked(wrong)
    except mc.CheckFailed as failed:
        told = "by the closed form", "is right", "no point"  # log(-exp(w)) has a value nowhere
        assert any(some in str(failed) for some in told), failed
        return [("wrong", mistake)]
    raise AssertionError(f"check passes it in spite of its {mistake}: {claim}")


def checked(d, **options):
    with np.errstate(all="ignore"), patch.object(explicit, "jacobian", _scalars):
        return d.check(**options)
