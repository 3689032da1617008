"""What is said to an answer: is it right, and if not, which mistake is it?"""

from __future__ import annotations

import numpy as np

from ..check.claims import Difference, difference, rounds, tolerance, typical_size, usable_at
from ..derivation import Derivation
from ..graph.expr import ShapeError, as_expr, node
from ..graph.forms import diag, identity
from ..graph.lengths import is_open, resolve, symbolic_sizes
from ..graph.primitives import ONES, ROW
from ..graph.walk import is_number, replace, symbols, unnamed, walk
from .mistakes import in_variables, mistakes


def diagnose(derivation: Derivation, claim) -> Difference | None:
    """What is wrong with an answer, as one of the usual mistakes if it is one; None if it is right.

    An answer in which an intermediate variable is left counts as a mistake, unless the derived form
    is written with it, too.
    """
    claim = _ones(derivation, claim)
    claim, left = _substituted(derivation, claim)
    wrong = difference(derivation, claim)
    if wrong is None:
        return left
    if wrong.mistake in ("entry", "constant factor", "shape"):
        wrong = _usual(derivation, as_expr(claim), wrong) or wrong
    if wrong.mistake == "shape":
        wrong = _two_at_once(derivation, as_expr(claim), wrong)
    return wrong


def _two_at_once(derivation, claim, wrong):
    """A wrong shape and another mistake: what would be wrong in the right shape."""
    m, n = derivation.jacobian.shape
    turned = []
    if claim.ndim and m != n:
        turned.append(("transpose", "in the right layout, which is the transpose", claim.T))
    if m == n and (claim.ndim == 1 or claim.op is ROW):
        turned.append(("diagonal as a vector", "on the diagonal of a matrix", diag(claim)))
    for mistake, place, formula in turned:
        other = difference(derivation, formula)
        if other and other.mistake in ("entry", "constant factor"):
            other = _usual(derivation, formula, other) or other
        if other and other.mistake not in ("entry", "shape", "right for n = 1"):
            return Difference(mistake, f"{wrong.sentence}; and {place}, {other.sentence}")
    return wrong


def _ones(derivation, claim):
    """A number for a column stands for a column of it, as the notation writes a column of ones."""
    try:
        plain = as_expr(claim)
    except (TypeError, ValueError):
        return claim
    m, n = derivation.jacobian.shape
    if n == 1 and m != 1 and plain.ndim == 0 and not symbols(plain) and not is_number(plain, 0):
        return plain * node(ONES, length=None)
    return claim


def _substituted(derivation, claim):
    """The claim in the variables alone, and a sentence if it was not."""
    try:
        plain = as_expr(claim)
    except (TypeError, ValueError):
        return claim, None
    graph, definitions = derivation.graph, in_variables(derivation)
    known = {v.name: v for v in definitions if v is not graph.result}
    inside = [e for e in walk(plain) if e.name in known and e.shape == known[e.name].shape]
    inside = [e for e in inside if e not in {*derivation.variables}]
    if not inside:
        return claim, None
    put_in = {e: definitions[known[e.name]] for e in inside}
    kept = {e.name for e in walk(derivation.jacobian.expr)}
    steps = dict.fromkeys(f"{e.name} = {d}" for e, d in put_in.items() if e.name not in kept)
    sentence = f"one step is left: put in {'; '.join(steps)}"
    return replace(plain, put_in.get), Difference("substitution", sentence) if steps else None


# --- the comparison --------------------------------------------------------------------------


def _usual(derivation, claim, wrong):
    """The usual mistake that a wrong claim is, if it is one."""
    variables, right = derivation.inputs, unnamed(derivation.jacobian.expr)
    claim = unnamed(claim)
    if claim.ndim == 0 and right.ndim == 2:
        scaled = identity() * claim
        if difference(derivation, scaled) is None:
            return Difference(
                "shape", f"that is a number, and a matrix is expected: {claim} times I"
            )
    try:
        claim = resolve(claim, (*right.shape, 1, 1)[: claim.ndim])
    except ShapeError:
        return None
    if is_open(claim):
        return None
    made = [m for m in mistakes(derivation) if m.formula.shape == claim.shape]
    compared = list(rounds([claim, *(m.formula for m in made)], variables))
    for k, mistake in enumerate(made, 1):
        if all(_same(values[0], values[k]) for *_, values in compared):
            shapes = f"{wrong.sentence}; " if wrong.mistake == "shape" else ""
            return Difference(mistake.name, f"{shapes}{mistake.sentence}")
    if wrong.mistake != "constant factor" and symbolic_sizes(right, *variables):
        alone = list(rounds([claim, right], variables, lengths=(1,)))
        if all(_same(a, b) for _, _, (a, b) in alone) and alone:
            n = " and ".join(symbolic_sizes(right, *variables))
            shapes = f"{wrong.sentence}: " if wrong.mistake == "shape" else ""
            return Difference("right for n = 1", f"{shapes}right for {n} = 1 only")
    return None


def _same(a, b):
    if a.shape[1:] != b.shape[1:] or not np.isfinite(b).any():
        return False
    a, b = np.broadcast_arrays(a, b)
    usable = usable_at(b)
    with np.errstate(all="ignore"):  # infinite values
        near = abs(a - b) <= tolerance(b, typical_size([b]))
    return bool(near[usable].all())


NOTHING = 'not answered yet: put your answer in the place of the dots, as mc.diag(x) or "diag(x)"'
NO_TRY = ("not answered", "not read", "no formula")


class Reply:
    """What is said to an answer: true if it is right; ``mistake`` is the name of what is wrong."""

    def __init__(self, mistake: str | None, text: str):
        self.mistake, self.text = mistake, text

    def __bool__(self):
        return self.mistake is None

    def __repr__(self):
        return self.text
