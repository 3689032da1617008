"""Formulas with what is known of their parts put in: ``S^T`` is S, ``sum(y)`` is 1, ``|q|`` is q.

A function is derived as it is written, and not as it would be after that: the derivative of ``tr(A
S^T)`` by a symmetric S is what it is for entries that are free, and S^T is S in what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from . import simplify
from .assumptions import Fact, with_assumptions
from .expr import LET, SYMBOL, Expr, Primitive, as_expr, node, size
from .facts import facts, is_nonnegative, is_positive, is_symmetric
from .primitives import (
    ABSOLUTE,
    ADD,
    DIAG,
    DOT,
    EQUAL,
    FMAX,
    FMIN,
    GREATER,
    GREATER_EQUAL,
    IDENTITY,
    INV,
    LESS,
    LESS_EQUAL,
    MATMAT,
    MATRIX_SUM,
    MATVEC,
    MAX,
    MAXIMUM,
    MINIMUM,
    MULTIPLY,
    NEGATIVE,
    NORM,
    NOT_EQUAL,
    ONES,
    OUTER,
    POWER,
    SIGN,
    SQRT,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    VECMAT,
    WHERE,
    ZEROS,
)
from .simplify import ONE, ZERO, broadcast_to, mul
from .walk import is_number, rebuild, replace, same, symbols, walk


def can_be_refined(*es: Expr) -> bool:
    """Whether anything is assumed in some expressions, or a matrix is its own transpose."""
    return any(
        "assumed" in e.params or e.op in (MATMAT, INV) and is_symmetric(e) for e in walk(*es)
    )


def free(e: Expr, variables: Iterable[Expr]) -> tuple[Expr, dict[Expr, Expr]]:
    """``e`` with nothing assumed of some of its variables, and what brings those back."""
    bare = {v: with_assumptions(v) for v in variables if v.op is SYMBOL and "assumed" in v.params}
    return replace(e, bare.get), {new: old for old, new in bare.items()}


def refined_as_written(e: Expr, variables: Iterable[Expr]) -> Expr:
    """A function to derive by some variables, of which it makes no use of what is assumed.

    What has to change in it does, and nothing else.

    >>> import mcalc as mc
    >>> S, x = mc.matrices("S", shape=("n", "n"), symmetric=True), mc.vectors("x")
    >>> refined_as_written(x @ S.T, [x])
    S x  (n x 1)
    >>> refined_as_written(x @ S.T, [S])
    S x  (n x 1)
    """
    if not can_be_refined(e):
        return e
    bare, back = free(e, variables)
    return replace(replace(bare, lambda part: None, _as_written), back.get)


def refined(e: Expr) -> Expr:
    """A formula with all that is known of its parts put in, simplified.

    >>> import mcalc as mc
    >>> y, z = mc.vectors("y", onehot=True), mc.vectors("z")
    >>> refined(np.sum(y) * z - y * y)
    z - y  (n x 1)
    """
    if not can_be_refined(e):
        return e
    return broadcast_to(replace(e, _stays, _refined), e.shape)


def refined_with(e: Expr, parts: dict[Expr, Expr]) -> Expr:
    """A formula with these in the place of some of its parts, and what follows from them."""
    if not parts.keys() & {*walk(e)}:
        return e
    return broadcast_to(replace(e, lambda part: parts.get(part, _stays(part)), _refined), e.shape)


def _stays(e):
    return e if e.op is LET else None  # what the reader has named is as it was written


def _as_written(e, args):
    number = any(map(is_number, set(args) - {*e.args}))
    e = simplify.simplified(e, args) if number else rebuild(e, args)  # 1 z is z
    # what a condition decides is put in where it chooses: 1 is no condition
    new = None if e.op in simplify.COMPARISONS else _by_rule(e)
    return e if new is None else broadcast_to(new, e.shape)


def _refined(e, args):
    made = _made(e, args)
    new = _by_rule(made)
    if new is None and made.op is MATVEC:
        new = _from_the_right(*made.args)
    return made if new is None else new


def _from_the_right(matrix, v):
    """``(A B) v`` as ``A (B v)``, and ``A (2v)`` as ``2A v``, for equal ones to be one."""
    if matrix.op is MATMAT:
        return _from_the_right(matrix.args[0], _from_the_right(matrix.args[1], v))
    scalar, rest = simplify.split_scalar(v)
    if scalar is not ONE and rest.ndim:
        return simplify.matvec(matrix, v)
    return node(MATVEC, matrix, v)


def _by_rule(e):
    rule = _RULES.get(e.op)
    return rule(e, *e.args) if rule else None


_PRODUCTS = {MATVEC, VECMAT, MATMAT, DOT}


def _made(e: Expr, args: tuple) -> Expr:
    """The operation on new operands, with their scalars in front of products."""
    if same(args, e.args):
        return e
    if e.op in (ADD, SUBTRACT) and all(a.ndim == e.ndim == 2 for a in args):
        return simplify.matrix_sum(args[0], args[1] if e.op is ADD else mul(-1, args[1]))
    if e.op not in _PRODUCTS:
        return simplify.simplified(e, args)
    full = [broadcast_to(a, old.shape) for a, old in zip(args, e.args, strict=True)]
    if any(a.op is ZEROS for a in full):
        return ZERO
    scalars, vectors = zip(*map(simplify.split_scalar, full), strict=True)
    rest = [broadcast_to(a, old.shape) for a, old in zip(vectors, e.args, strict=True)]
    product = node(e.op, *rest)
    new = _by_rule(product)
    return mul(*scalars, product if new is None else new)


# --- the rules -------------------------------------------------------------------------------


def _sums_to_one(e):
    return Fact.SUMS_TO_ONE in facts(e)


def _total(e, v):
    """Of a sum of vectors each, if one of them adds up to 1."""
    scalar, rest = simplify.split_scalar(v)
    if _sums_to_one(rest):
        return scalar
    if v.op not in (ADD, SUBTRACT):
        return None
    parts = [simplify.product(*term) for term in simplify.sum_terms(v)]
    if not any(_sums_to_one(simplify.split_scalar(part)[1]) for part in parts):
        return None
    sums = [part if part.ndim == 0 else _total(e, part) for part in parts]
    lengths = [mul(p, size(v.shape[0])) if p.ndim == 0 else
               simplify.sum_elements(p, v.shape[0]) if s is None else s
               for p, s in zip(parts, sums, strict=True)]  # fmt: skip
    return simplify.add(*lengths)


def _dot(e, a, b):
    if a.op is ONES or b.op is ONES:
        return _total(e, b if a.op is ONES else a)
    if a is b and Fact.ZERO_OR_ONE in facts(a):
        return ONE if _sums_to_one(a) else as_expr(np.sum(a))
    return None


def _matvec(e, matrix, v):
    scalar, rest = simplify.split_scalar(matrix)
    if v.op is ONES and _sums_to_one(rest):
        return mul(scalar, node(ONES, length=matrix.shape[0]))
    return None


def _vecmat(e, v, matrix):
    if is_symmetric(matrix):
        return node(MATVEC, matrix, v)
    return _matvec(e, matrix.args[0], v) if matrix.op is TRANSPOSE else None


def _matmat(e, a, b):
    for scaled, other in ((a, b), (b, a)):
        scalar, rest = simplify.split_scalar(scaled)
        if rest.op is IDENTITY:
            return mul(scalar, other)
    return None


def _diagonal(e, v):
    scalar, rest = simplify.split_scalar(v)
    return mul(scalar, node(IDENTITY, length=v.shape[0])) if rest.op is ONES else None


def _row_totals(e, matrix):
    scalar, rest = simplify.split_scalar(matrix)
    return mul(scalar, size(matrix.shape[0])) if _sums_to_one(rest) else None


def _powers(e, *_):
    """Of 0 and 1 every power is what they are."""
    c, powers = simplify.factors(e)
    own = {a for a, p in powers.items() if p > 1 and Fact.ZERO_OR_ONE in facts(a)}
    if not own:
        return None
    return simplify.product(c, {a: 1 if a in own else p for a, p in powers.items()})


def _sign(e, _):
    """``-x (y - z)^T`` as ``x (z - y)^T``."""
    c, powers = simplify.factors(e)
    atom = next((a for a, p in powers.items() if a.op is OUTER and p == 1), None)
    if c >= 0 or atom is None:
        return None
    a, b = atom.args
    turned = [node(OUTER, new, b) for new in [simplify.negated(a)] if new is not None]
    turned += [node(OUTER, a, new) for new in [simplify.negated(b)] if new is not None]
    if not turned:
        return None
    return simplify.product(-c, {turned[0] if e is atom else e: p for e, p in powers.items()})


def _root(e, a):
    if a.op is POWER and is_number(a.args[1], 2) or a.op is MULTIPLY and a.args[0] is a.args[1]:
        return a.args[0] if is_nonnegative(a.args[0]) else None
    return None


def _at_most_zero(e):
    negative = e.op is NEGATIVE and is_nonnegative(e.args[0])
    return e.op is ZEROS or negative or is_number(e) and e.params["value"] <= 0


def _at_least(a, b):
    """Whether every entry of the one is as large as that of the other, for certain."""
    return _at_most_zero(b) and is_nonnegative(a)


def _above(a, b):
    return _at_most_zero(b) and is_positive(a)


def _larger(e, a, b):
    return a if _at_least(a, b) else b if _at_least(b, a) else None


def _smaller(e, a, b):
    return b if _at_least(a, b) else a if _at_least(b, a) else None


def _condition(holds, fails):
    """A comparison that is decided where one of these two, of its operands, is."""

    def rule(e, a, b):
        return ONE if holds(a, b) else ZERO if fails(a, b) else None

    return rule


def _other_way(rule):
    return lambda a, b: rule(b, a)


def _case(e, condition, yes, no):
    """The branch that a decided condition chooses."""
    if condition.op in simplify.COMPARISONS:
        condition = _by_rule(condition)
    if condition is None or not is_number(condition):
        return None
    return yes if condition.params["value"] else no


def _differ(a, b):
    return _above(a, b) or _above(b, a)


_RULES: dict[Primitive, Callable] = {
    TRANSPOSE: lambda e, a: a if is_symmetric(a) else None,
    VECMAT: _vecmat,
    MATVEC: _matvec,
    MATMAT: _matmat,
    DOT: _dot,
    SUM: _total,
    MATRIX_SUM: _row_totals,
    MULTIPLY: _powers,
    POWER: _powers,
    NEGATIVE: _sign,
    NORM: lambda e, v: _length(v),
    MAX: lambda e, v: _length(v),
    SQRT: _root,
    DIAG: _diagonal,
    ABSOLUTE: lambda e, a: a if is_nonnegative(a) else None,
    SIGN: lambda e, a: ONE if is_positive(a) else None,
    **dict.fromkeys((MAXIMUM, FMAX), _larger),
    **dict.fromkeys((MINIMUM, FMIN), _smaller),
    WHERE: _case,
    GREATER: _condition(_above, _other_way(_at_least)),
    GREATER_EQUAL: _condition(_at_least, _other_way(_above)),
    LESS: _condition(_other_way(_above), _at_least),
    LESS_EQUAL: _condition(_other_way(_at_least), _above),
    EQUAL: _condition(lambda a, b: False, _differ),
    NOT_EQUAL: _condition(_differ, lambda a, b: False),
}


def _length(v):
    """The norm of a vector with a single 1, and its largest entry."""
    one = Fact.ZERO_OR_ONE | Fact.SUMS_TO_ONE
    return ONE if one in facts(v) else None


def is_decided(e: Expr) -> bool:
    """Whether an operation with a kink is on one side of it, as ``|q|`` of a positive q is.

    >>> import mcalc as mc
    >>> is_decided(np.abs(mc.scalars("q", positive=True)))
    True
    """
    return bool(symbols(e)) and can_be_refined(e) and _by_rule(e) is not None
