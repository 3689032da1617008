"""What is wrong with a claim: one of the usual mistakes if it is one, by its name."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np

from ..graph.expr import ShapeError, UnsupportedError, as_expr, shape_text
from ..graph.forms import diag, identity, ones
from ..graph.lengths import is_open, resolve
from ..graph.primitives import (
    ADD,
    DIAG,
    DIVIDE,
    MULTIPLY,
    NEGATIVE,
    POWER,
    ROW,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    WHERE,
)
from ..graph.walk import is_number, rebuild, replace, symbols, unnamed, walk
from ..typed.operators import product
from .claims import (
    CONSTANT,
    Difference,
    difference,
    expand_lets,
    first_difference,
    right_formula,
    rounds,
)
from .fits import fitted, one_ratio
from .mistakes import mistakes, mistakes_in
from .partly import PROBABILITY, near, partly_right, right_for_one, right_where
from .paths import Mistake, in_variables

_UNNAMED = ("entry", "constant factor", "shape")


def diagnose(derivation, claim, chain: bool = True, done: bool = False) -> Difference | None:
    """What is wrong with a claim, as one of the usual mistakes if it is one; None if it is right.

    ``chain`` says whether to speak of paths and of the chain rule. With ``done`` a claim in which
    an intermediate variable is left counts as a mistake, unless the derived form has it, too.
    """
    wrong = _diagnosed(derivation, claim, chain, done)
    if wrong and isinstance(claim, list | tuple):  # of numbers: it is no column, and no row
        shape, given = f"{len(claim)} x 1 given", f"a list of {len(claim)} given"
        sentence, brief = (text.replace(shape, given) for text in (wrong.sentence, wrong.brief))
        wrong = wrong._replace(sentence=sentence, brief=brief)
    return wrong


def _diagnosed(derivation, claim, chain, done):
    left = None
    if done:
        claim, left = _substituted(derivation, claim)
    wrong = difference(derivation, claim)
    if wrong is None:
        return left
    if wrong.mistake not in _UNNAMED:
        return wrong
    if derivation.more_axes:
        named = None if wrong.mistake == "shape" else _in_what_comes_back(derivation, claim)
        return named or wrong
    claim = expand_lets(as_expr(claim), derivation)
    usual = _usual(derivation, claim, wrong, chain)
    if usual and (wrong.mistake, usual.mistake) != ("constant factor", "right only where active"):
        wrong = usual  # twice the slope of max(0, z) is right where z < 0, and a factor everywhere
    return _two_at_once(derivation, claim, wrong, chain) if wrong.mistake == "shape" else wrong


def _two_at_once(derivation, claim, wrong, chain):
    """A wrong shape and another mistake: what would be wrong in the right shape."""
    m, n = derivation.jacobian.shape
    turned = []
    if claim.ndim and m != n:
        turned.append(("transpose", "in the right layout, which is the transpose", claim.T))
    if m == n and (claim.ndim == 1 or claim.op is ROW):
        turned.append(("diagonal as a vector", "on the diagonal of a matrix", diag(claim)))
    for mistake, place, formula in turned:
        other = difference(derivation, formula)
        if other and other.mistake == "shape":
            continue
        if other and other.mistake in _UNNAMED:
            other = _usual(derivation, formula, other, chain) or other
        if other and other.mistake not in ("entry", "shape", "right for n = 1"):
            shapes = f"{wrong.sentence}; and {place}, "
            first = shapes + other.first
            return Difference(mistake, shapes + other.sentence, first, other.advice)
    return wrong


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
    if derivation.more_axes:
        right = derivation.vjp(derivation.G)
    else:
        right = derivation.jacobian.expr
    kept = {e.name for e in walk(right)}
    steps = dict.fromkeys(f"{e.name} = {of}" for e, of in put_in.items() if e.name not in kept)
    sentence = f"one step is left: put in {'; '.join(steps)}"
    return replace(plain, put_in.get), Difference("substitution", sentence) if steps else None


# --- the usual mistakes ----------------------------------------------------------------------


def _usual(derivation, claim, wrong, chain):
    """The usual mistake that a wrong claim is, if it is one."""
    variables, right = derivation.inputs, unnamed(derivation.jacobian.expr)
    try:
        claim = resolve(claim, (*right.shape, 1, 1)[: claim.ndim])
    except ShapeError:
        return None
    if is_open(claim):
        return None
    shapes = f"{wrong.sentence}; " if wrong.mistake == "shape" else ""
    made = [m for m in _made(derivation, chain) if m.formula.shape == claim.shape]
    if symbols(right) and not symbols(claim):  # that some number is a sum is chance
        made = [m for m in made if m.name != "summed up"]
    if wrong.mistake == "constant factor":  # two equal terms, of which one is not there
        made = [m for m in made if m.name not in ("missing term", "missing path")]
    fits = claim.shape == right.shape
    assumed = next(right_where(claim, right, variables), None) if fits else None
    if assumed and assumed.mistake == PROBABILITY:
        return assumed  # and not that a factor sum(y) is missing
    if named := _the_one(claim, made, variables):
        return _said(shapes, named)
    if wrong.mistake == "shape":
        return _short_of_zeros(claim, right, variables) or _for_all(derivation, claim)
    if wrong.mistake == "constant factor":
        return _integrated(derivation, claim)  # of 3^x
    return (
        _times_a_number(claim, right, variables)
        or _integrated(derivation, claim)
        or regrouped(claim, right, variables)
        or fitted(claim, right, variables)
        or next(partly_right(claim, right, variables), None)
        or next(right_for_one(claim, right, variables), None)
        or fitted(claim, right, variables, most=2)
        or _scaled_too(claim, made, variables)
        or assumed
    )


def _in_what_comes_back(derivation, claim):
    """The usual mistake in what G becomes, where the Jacobian itself is no matrix."""
    answer = right_formula(derivation, as_expr(claim))
    claim = replace(expand_lets(as_expr(claim), derivation), answer.meant.get)
    right, variables = answer.formula, answer.variables
    if claim.ndim != right.ndim:  # a column that is written as a matrix, n x 1
        return None
    try:
        claim = resolve(claim, right.shape)
    except ShapeError:
        return None
    if claim.shape != right.shape or is_open(claim):
        return None
    return (
        _the_one(claim, list(mistakes_in(right, variables)), variables)
        or _times_a_number(claim, right, variables)
        or regrouped(claim, right, variables)
        or fitted(claim, right, variables)
        or next(partly_right(claim, right, variables), None)
        or fitted(claim, right, variables, most=2)
    )


def _times_a_number(claim, right, variables):
    """A number that the claim has too many, where floating-point numbers hide it."""
    c = one_ratio(claim, right, variables)
    if c in (None, 0, 1) or first_difference(claim, as_expr(c) * right, variables):
        return None
    if c == -1:
        return Difference("sign", "the sign is wrong: yours is the negative")
    sentence = f"a constant factor: yours is {c} times what it should be"
    return Difference("constant factor", sentence, CONSTANT)


def _scaled_too(claim, made, variables):
    """A factor that is missing, and beside it a number in front or a sign.

    Of a mere number that is chance: 4 is no ``1 + 2x`` that lacks a factor and has another.
    """
    for m in () if is_number(claim) else made:
        if m.name == "missing factor":
            c = one_ratio(claim, m.formula, variables)
            if c in (-1, 2, Fraction(1, 2)) and not first_difference(
                claim, as_expr(c) * m.formula, variables
            ):
                more = "a sign is wrong" if c == -1 else CONSTANT
                return Difference(m.name, f"{m.sentence}; and {more}", f"{m.brief}; and {more}")
    return None


def regrouped(claim, right, variables) -> Difference | None:
    """A claim that is right with other parentheses, or with another condition."""
    conditions = [e.args[0] for e in walk(right) if e.op is WHERE]
    for e in walk(claim):
        for other, sentence in _otherwise_grouped(e, conditions):
            try:
                meant = replace(claim, {e: other()}.get)
            except (ShapeError, UnsupportedError, ValueError, TypeError):
                continue
            if meant.shape == claim.shape and not first_difference(meant, right, variables):
                return Difference("parentheses" if e.op is not WHERE else "cases", sentence)
    return None


def _otherwise_grouped(e, conditions):
    """What may have been meant by a part of a claim, and what to say if it was."""
    if e.op in (ADD, SUBTRACT) and e.args[0].op is DIVIDE:
        (above, below), more = e.args[0].args, e.args[1]
        sentence = f"{below} alone stands below the /: a sum there needs parentheses"
        yield lambda: above / rebuild(e, (below, more)), sentence
    if e.op is DIVIDE and e.args[0].op is POWER and is_number(e.args[0].args[1]):
        base, exponent = e.args[0].args
        sentence = f"{e.args[0]} is divided by {e.args[1]}: an exponent with / needs parentheses"
        yield lambda: base ** (exponent / e.args[1]), sentence
    if e.op in (ADD, SUBTRACT):
        a, b = e.args
        for c, d in [b.args, b.args[::-1]] if b.op is MULTIPLY else []:
            sentence = f"{b} is one term: a sum times something needs parentheses"
            yield lambda: product(rebuild(e, (a, c)), d), sentence  # noqa: B023
    if e.op is POWER and is_number(e.args[1]) and _is_function(e.args[0]):
        f, p = e.args
        sentence = f"{e} is a power of {f}; inside {f.op.name} no power stands then"
        yield lambda: rebuild(f, (f.args[0] ** p,)), sentence
    if _is_function(e) and e.args[0].op is MULTIPLY:
        a, b = e.args[0].args
        sentence = f"all of {e.args[0]} stands inside {e.op.name}: close its parentheses earlier"
        for inside, behind in ((a, b), (b, a)):
            yield lambda: rebuild(e, (inside,)) * behind, sentence  # noqa: B023
    if e.op is WHERE:
        for condition in conditions:
            if condition is not e.args[0] and condition.shape == e.args[0].shape:
                sentence = "the cases are right, and the condition that parts them is not"
                yield lambda: rebuild(e, (condition, *e.args[1:])), sentence  # noqa: B023


def _is_function(e):
    """Whether this is a function of one thing that is written with parentheses, as sin(x) is."""
    plain = e.op in (NEGATIVE, ROW, DIAG, TRANSPOSE, SUM)
    return len(e.args) == 1 and e.op.sympy_form and e.ndim == e.args[0].ndim and not plain


def _said(shapes, wrong):
    return Difference(wrong.mistake, shapes + wrong.sentence, shapes + wrong.first)


def _the_one(claim, made, variables) -> Difference | None:
    """The first of some mistakes that a claim is, at all points and at others."""
    made = [m for m in made if m.formula.shape == claim.shape]
    ((*_, (mine, *others)),) = rounds([claim, *(m.formula for m in made)], variables, (2,))
    for mistake, values in zip(made, others, strict=True):
        if near(mine, values) and first_difference(claim, mistake.formula, variables) is None:
            return Difference(mistake.name, mistake.sentence, mistake.brief)
    return None


@lru_cache(maxsize=128)
def _made(derivation, chain) -> list[Mistake]:
    """The mistakes that do not depend on the claim; a derivation is asked for them again."""
    right = unnamed(derivation.jacobian.expr)
    return [*mistakes(derivation, chain), *_of_the_right(derivation, right)]


def _for_all(derivation, claim):
    """A number where a row, a column or a matrix is expected."""
    m, n = derivation.jacobian.shape
    if claim.ndim or m == n == 1:
        return None
    kind = "a matrix" if m != 1 != n else "a row" if m == 1 else "a column"
    sentence = f"that is one number, 1 x 1, and {kind} is expected, {shape_text((m, n))}"
    spread = identity() if m == n else ones() if n == 1 else ones().T
    if difference(derivation, spread * claim) is None:
        where = "on its diagonal" if m == n else "in each of its places"
        return Difference("shape", f"{sentence}, with that number {where}", sentence)
    return Difference("shape", sentence)


def _of_the_right(derivation, right) -> Iterator[Mistake]:
    """The right formula times a variable that should be gone, or with it multiplied out."""
    vectors = [v for v in derivation.inputs if v.ndim == 1]
    stacked = as_expr(np.stack(derivation.variables)) if derivation.by_scalars else None
    for v in [*derivation.variables[: not derivation.by_scalars], *vectors, stacked]:
        if v is None or v.ndim > 1:
            continue
        sentence = f"{v} is still there: what is left of it when it is differentiated?"
        if v in {*symbols(right)}:
            sentence = f"there is a factor {v} that does not belong there"
        if v is stacked:
            sentence = "the variables are still there: what is left of each when it moves?"
        for times in (lambda e: product(e, diag(v)), lambda e: product(diag(v), e),  # noqa: B023
                      lambda e: product(e, v)):  # fmt: skip  # noqa: B023
            try:
                yield Mistake("not differentiated", sentence, as_expr(times(right)))
            except (ShapeError, UnsupportedError, TypeError):
                continue


def _integrated(derivation, claim):
    """The function whose derivative is the one to differentiate."""
    y = unnamed(derivation.y)
    if y.ndim or claim.ndim or derivation.by_scalars:
        return None
    (x,) = derivation.variables
    if x.ndim or x not in {*symbols(claim)}:
        return None
    back = type(derivation)(claim, x)
    if first_difference(unnamed(back.jacobian.expr), y, derivation.inputs) is None:
        return Difference("integrated", f"that is an integral of {y}, and not its derivative")
    return None


def _short_of_zeros(claim, right, variables):
    """A matrix from which the zeros of each row were left out."""
    if not all(isinstance(k, int) for k in (*claim.shape, *right.shape)):
        return None
    if claim.ndim < 2 or right.ndim < 2:
        return None
    m, n = right.shape
    if claim.shape[0] != m or claim.shape[1] >= n:
        return None
    for *_, (a, b) in rounds([claim, right], variables):
        for i in range(m):
            kept = [j for j in range(n) if b[:, i, j].any()]
            mine = [j for j in range(a.shape[2]) if a[:, i, j].any()]
            if len(kept) != len(mine) or not near(a[:, i : i + 1, mine], b[:, i : i + 1, kept]):
                return None
    shapes = f"{shape_text(claim.shape)} given, {shape_text((m, n))} expected"
    sentence = f"{shapes}: a column for each input, with a 0 where an output does not move with it"
    return Difference("zeros left out", sentence)
