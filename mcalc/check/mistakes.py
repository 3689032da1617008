"""The mistakes that people make with a derivation: closed forms with one mistake each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..graph.expr import SYMBOL, WRITERS, Expr, as_expr, node
from ..graph.forms import diag
from ..graph.primitives import (
    ADD,
    DIAG,
    DIVIDE,
    DOT,
    IDENTITY,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    ONES,
    OUTER,
    POWER,
    ROW,
    STACK,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    VECMAT,
    WHERE,
)
from ..graph.products import factors, product
from ..graph.simplify import broadcast_to
from ..graph.walk import is_number, rebuild, replace, same, symbols, unnamed, walk
from ..notation.write import Precedence
from ..typed.data_sums import is_zero
from .fits import terms
from .misapplied import everything, misapplied
from .paths import FACTOR, MOST_FACTORS, Mistake, Paths, multiplied

MOST_PATHS = 12
_OF_MATRICES = (MATVEC, VECMAT, MATMAT)


def mistakes(derivation, chain: bool = True) -> Iterator[Mistake]:
    """Closed forms with one mistake each, the telling ones first; some may happen to be right.

    ``chain`` says whether to speak of paths and of the chain rule.
    """
    formula = unnamed(derivation.jacobian.expr)
    paths = []
    by_one = not derivation.by_scalars and not derivation.by_matrix  # else there is no single chain
    if by_one and derivation.graph.path_count <= MOST_PATHS:
        paths = [Paths(derivation, chain)]
    yield from _in_cases(formula)  # before the paths: a condition is a factor, too
    yield from _signs(formula)
    for each in paths:
        yield from each.forgotten()
    yield from _something_else(derivation)
    yield from misapplied(derivation)
    for each in paths:
        yield from each.mistaken(formula)
    yield from _missing_parts(formula)
    yield from _mixed_up(formula)
    yield from _not_summed(formula)
    yield from everything(derivation)
    yield from itertools.islice(_one_for_another(formula, derivation.inputs), MOST_PATHS)


def mistakes_in(formula: Expr, variables) -> Iterator[Mistake]:
    """A formula of these variables with one mistake each, however it was derived."""
    yield from _in_cases(formula)
    yield from _signs(formula)
    yield from _missing_parts(formula)
    yield from _mixed_up(formula)
    yield from _of_matrices(formula)
    yield from _one_for_another(formula, variables, ndim=2)


# --- in the closed form ----------------------------------------------------------------------


def _in_cases(formula: Expr) -> Iterator[Mistake]:
    """One case for all, one case forgotten, or the cases the wrong way round."""
    for e in walk(formula):
        if e.op is not WHERE:
            continue
        condition, *values = e.args
        held = f"where {condition}", f"where {condition} does not hold"
        for k, (value, place) in enumerate(zip(values, held, strict=True)):
            alone = replace(formula, {e: broadcast_to(value, e.shape)}.get)
            if is_zero(value) and len(terms(formula)) > 1:
                brief = "a term is missing"
                yield Mistake("missing term", f"{brief}: {e}", alone, brief)
                continue
            yield Mistake("right only where active", f"right only {place}", alone)
            if symbols(value):
                sentence = f"a factor is missing: {value}"
                one = rebuild(e, (condition, *(broadcast_to(as_expr(1), v.shape) if j == k else v
                                               for j, v in enumerate(values))))  # fmt: skip
                yield Mistake("missing factor", sentence, replace(formula, {e: one}.get), FACTOR)
            half = rebuild(e, (condition, *(broadcast_to(as_expr(0), v.shape) if j != k else v
                                            for j, v in enumerate(values))))  # fmt: skip
            sentence = f"right {place}; in the other case it is not zero"
            yield Mistake("cases", sentence, replace(formula, {e: half}.get))
        turned = replace(formula, {e: node(e.op, condition, *reversed(values))}.get)
        yield Mistake("cases", "the cases are the wrong way round", turned)


def _signs(formula: Expr) -> Iterator[Mistake]:
    """A term of a sum, or an entry of a list, with the wrong sign."""
    for e in walk(formula):
        if e.op is STACK and e.ndim == 1:
            for k, entry in enumerate(e.args):
                negated = rebuild(e, (*e.args[:k], -entry, *e.args[k + 1 :]))
                sentence = f"the sign of one entry is wrong, where {entry} is expected"
                brief = "the sign of one entry is wrong"
                yield Mistake("sign", sentence, replace(formula, {e: negated}.get), brief)
        if e.op in (ADD, SUBTRACT):
            a, b = e.args
            other = np.add if e.op is SUBTRACT else np.subtract
            for term, turned in ((b, other(a, b)), (a, -other(a, b))):
                sentence = f"the sign of one term is wrong: {term}"
                brief = "the sign of one term is wrong"
                yield Mistake("sign", sentence, replace(formula, {e: turned}.get), brief)


def _missing_parts(formula: Expr) -> Iterator[Mistake]:
    """A term of a sum or a factor of a product forgotten."""
    outermost = _scaled(formula)
    if outermost is not formula and outermost.op in (OUTER, MATMAT):
        scale = replace(formula, {outermost: as_expr(1)}.get)
        yield Mistake("missing factor", f"a factor is missing: {outermost}", scale, FACTOR)
    for e in walk(formula):
        twice = e.ndim == 2 and e.shape[0] == e.shape[1] and e.op is not IDENTITY
        if twice and sum(e in {*outer.args} for outer in walk(formula)) > 1:
            sentence = f"a factor is missing: {e}, wherever it has to stand"
            left = replace(formula, {e: node(IDENTITY, length=e.shape[0])}.get)
            yield Mistake("missing factor", sentence, left, FACTOR)
        if e.op is DIVIDE and e.ndim == 0 and symbols(e.args[0]):
            front, powers = factors(e.args[0])
            above = product(1, powers)
            lost = replace(formula, {e: as_expr(front) / e.args[1]}.get)
            yield Mistake("missing factor", f"a factor is missing: {above}", lost, FACTOR)
        if len(e.args) != 2:
            continue
        a, b = e.args
        if e.op is SUBTRACT and is_number(a):
            continue  # of 1 - s alone no term is forgotten, but the factor, or its slope
        if e.op in (ADD, SUBTRACT):
            what = "term"
            kept = {a: -b if e.op is SUBTRACT else b, b: a}
        elif e.op in (MULTIPLY, OUTER, *_OF_MATRICES):
            b = b.T if e.op is OUTER else b
            what, kept = "factor", {a: b, b: a}
        else:
            continue
        for gone, rest in kept.items():
            if what == "factor" and is_number(gone):
                continue
            remains = [rest] if rest.shape == e.shape else []
            if e is outermost and not remains:  # nothing stands around it
                remains = [rest, rest.T]
            if e.op is OUTER:
                ones = broadcast_to(as_expr(1), gone.shape[-1:])
                remains.append(np.outer(a, ones) if rest is a else np.outer(ones, e.args[1]))
            for part in remains:
                sentence, brief = f"a {what} is missing: {gone}", f"a {what} is missing"
                if what == "term" and e is not _inside(formula):
                    sentence += f", in {e}"  # of 2(x - a) x is none
                if what == "factor" and (around := _function_around(formula, e)):
                    sentence = f"inside {around} yours has {part}, where {e} has to stand"
                    brief = f"what stands inside {around} is not what it has to be"
                wrong = replace(formula, {e: part}.get)
                yield Mistake(f"missing {what}", sentence, wrong, brief)


def _inside(e):
    """A formula without its sign and the way it is laid: ``a - b`` of ``-(a - b)^T``."""
    return _inside(e.args[0]) if e.op in (NEGATIVE, ROW, DIAG, TRANSPOSE) else e


def _function_around(formula, e):
    """The function whose operand ``e`` is, so that it is no factor of the formula: exp, cos."""
    for outer in walk(formula):
        plain = outer.op in (ADD, SUBTRACT, MULTIPLY, NEGATIVE, DIVIDE, POWER, WHERE)
        if (
            len(outer.args) == 1
            and outer.op.sympy_form
            and not plain
            and e in {*walk(outer.args[0])}
        ):
            return outer.op.name
    return ""


def _scaled(e):
    """What numbers scale: ``x u^T`` in ``2a x u^T``."""
    scaled = e.op is MULTIPLY and not e.args[0].ndim or e.op is NEGATIVE
    return _scaled(e.args[-1]) if scaled else e


def _mixed_up(formula: Expr) -> Iterator[Mistake]:
    """One product in the place of another, or a matrix in the place of its transpose."""
    parts = terms(formula)
    for e in walk(formula):
        if e.op is MATMAT and e.args[1].shape == e.args[0].shape:
            brief = "two factors are in the wrong order"
            sentence = f"the factors are in the wrong order: {e}"
            other = replace(formula, {e: e.args[1] @ e.args[0]}.get)
            yield Mistake("order", sentence, other, brief)
        if e.op is MULTIPLY and e.args[0].ndim == e.args[1].ndim == 1:
            a, b = e.args
            sentence = f"{a}.{b} is one number; here every element has its own, {a} ⊗ {b}"
            dotted = replace(formula, {e: broadcast_to(np.dot(a, b), e.shape)}.get)
            brief = "a dot product is one number; here every element has its own"
            yield Mistake("dot product", sentence, dotted, brief)
        for k, A in enumerate(e.args):
            square = A.op is SYMBOL and A.ndim == 2 and A.shape[0] == A.shape[1]
            users = {other.op is TRANSPOSE for other in walk(formula) if A in {*other.args}}
            spread = len(parts) > 1 and sum(A in {*walk(part)} for part in parts) > 1
            if square and len(users) == 1 and not spread:  # of A + A^T neither is the wrong one
                turned = rebuild(e, (*e.args[:k], A.T, *e.args[k + 1 :]))
                sentence = f"{A} is transposed in your answer, and should not be"
                if e.op is TRANSPOSE:
                    sentence = f"{A} has to be transposed, and is not in your answer"
                yield Mistake("transposed matrix", sentence, replace(formula, {e: turned}.get))
    yield from _other_orders(formula)


def _of_matrices(formula: Expr) -> Iterator[Mistake]:
    """A product of matrices turned round, or in another sense, or added up along the other axis."""
    for e in walk(formula):
        if e.op is MATMAT and e is not formula and e.T.shape == e.shape:
            sentence = f"{e} is transposed in your answer, and should not be"
            brief = "a product stands transposed in it"
            yield Mistake("transposed matrix", sentence, replace(formula, {e: e.T}.get), brief)
        if e.op is MULTIPLY and e.args[0].ndim == e.args[1].ndim == 2:
            a, b = e.args
            brief = "one product has to be element by element, ⊗"
            for left, right in ((a, b), (b, a)):
                if left.shape[1] == right.shape[0] and (left @ right).shape == e.shape:
                    wrong = replace(formula, {e: left @ right}.get)
                    yield Mistake("dot product", f"{brief}: {e}", wrong, brief)
        if e.op is OUTER and (summed := _with_ones(e)) is not None:
            down, along = (broadcast_to(as_expr(1), (n,)) for n in summed.shape)
            summed_up = e.args[0].op is ONES  # 1 (1^T X)
            other = np.outer(summed @ along, along) if summed_up else np.outer(down, down @ summed)
            brief = "a sum goes along the other axis"
            wrong = replace(formula, {e: other}.get)
            yield Mistake("other axis", f"{brief}: {e} is expected", wrong, brief)


def _with_ones(e):
    """The matrix whose rows or columns are summed and laid out again, as in ``1 (1^T X)``."""
    for part in e.args:
        if part.op in (MATVEC, VECMAT) and any(a.op is ONES for a in part.args):
            matrix = next(a for a in part.args if a.ndim == 2)
            return next((X for X in (matrix, matrix.T) if X.shape == e.shape), None)
    return None


def _one_for_another(formula, variables, ndim=1):
    """One variable where another of its shape has to stand: ``x w^T`` for ``x x^T``."""
    inside = symbols(formula)
    for v, u in itertools.product(inside, variables):
        if v is u or v.ndim > ndim or v.shape != u.shape:
            continue
        sentence = f"yours has {u} at a place where {v} has to stand"
        brief = "one of the variables stands where another has to"
        for e in walk(formula):
            places = [k for k, arg in enumerate(e.args) if arg is v]
            for wrong in [*([k] for k in places), *([places] if len(places) > 1 else [])]:
                other = rebuild(e, tuple(u if k in wrong else a for k, a in enumerate(e.args)))
                yield Mistake("other variable", sentence, replace(formula, {e: other}.get), brief)
        yield Mistake("other variable", sentence, replace(formula, {v: u}.get), brief)


def _other_orders(formula):
    """The factors of a product of matrices in another order."""
    outermost = _scaled(formula)
    chain = _chain(outermost)
    if not 2 < len(chain) <= MOST_FACTORS + 1:
        return
    sentence = "the factors are in the wrong order: they are " + " ".join(
        WRITERS["text"](f, Precedence.POWER) for f in chain
    )
    brief = "the factors are in the wrong order"
    for other in itertools.permutations(chain):
        turned = multiplied(other)
        if turned is not None and turned.shape == outermost.shape and not same(other, chain):
            yield Mistake("order", sentence, replace(formula, {outermost: turned}.get), brief)


def _chain(e):
    """The factors of a product, from left to right: of ``(A x) (B y)^T`` A, x, y^T and B^T."""
    if e.op is OUTER:
        a, b = e.args
        return [*_chain(a), *(f.T for f in reversed(_chain(b)))]
    if e.op in (MATMAT, MATVEC):
        return [f for a in e.args for f in _chain(a)]
    if e.op is ROW and e.args[0].op in (VECMAT, MATVEC):
        v = e.args[0]
        a, b = v.args if v.op is VECMAT else (v.args[1], v.args[0].T)
        return [*(f.T for f in reversed(_chain(a))), *_chain(b)]
    return [e]


def _not_summed(formula: Expr) -> Iterator[Mistake]:
    """Entries that are added up, or are not, where it is the other way."""
    if formula.op is ROW or formula.ndim == 1:
        v = formula if formula.ndim == 1 else formula.args[0]
        sentence = "that is the sum of all entries; here they stand apart, in a row or column"
        yield Mistake("summed up", sentence, np.sum(v))
    if formula.op is ROW:
        sentence = "there is one output, so the entries stand in one row and not on a diagonal"
        yield Mistake("not summed", sentence, diag(v))
    added = _scaled(formula)
    if added.op in (DOT, SUM):
        v = added.args[0] * added.args[1] if added.op is DOT else added.args[0]
        v = replace(formula, {added: v}.get)
        sentence = "these are the contributions one by one: they still have to be added up"
        for laid in (v, v.T):
            yield Mistake("not summed", sentence, laid)


def _something_else(derivation) -> Iterator[Mistake]:
    """The function itself, or its Jacobian with respect to another variable."""
    y = unnamed(derivation.y)
    for laid in (y, y.T) if y.ndim else (y,):
        itself = f"that is {y} itself: what is its derivative?"
        yield Mistake("not differentiated", itself, laid)
    for v in symbols(y):
        if v.ndim < 2 and v not in {*derivation.variables}:
            other = unnamed(type(derivation)(derivation.y, v).jacobian.expr)
            asked = ", ".join(f"{x.name}" for x in derivation.variables)
            sentence = f"that is the Jacobian with respect to {v}; {asked} is asked for"
            yield Mistake("wrong variable", sentence, other)
            narrow = derivation.jacobian.expr.ndim < 2 or derivation.jacobian.expr.op is ROW
            if narrow and other.op in (DIAG, ROW):  # the same slopes, laid out as is asked for
                sentence = f"that was differentiated with respect to {v}; {asked} is asked for"
                for laid in (other.args[0], other.args[0].T, diag(other.args[0])):
                    yield Mistake("wrong variable", sentence, laid)
