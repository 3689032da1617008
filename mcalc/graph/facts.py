"""What is known of an expression: that it is symmetric, positive, that it adds up to 1.

Of a variable it is what is assumed of it; of an operation it follows from its operands, by the
operation's row. Without any assumption ``X^T X`` is symmetric and ``exp(x)`` positive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .assumptions import ASSUMPTIONS, Fact, assumed_facts
from .expr import LET, NUMBER, SIZE, SYMBOL, Expr, Primitive
from .primitives import (
    ABSOLUTE,
    ADD,
    COLUMN,
    CONCATENATE,
    DET,
    DIAG,
    DIAGONAL,
    DIVIDE,
    DOT,
    EXCHANGE,
    EXP,
    FLIP,
    FROBENIUS,
    IDENTITY,
    INDEX,
    INV,
    MATMAT,
    MATRIX_SUM,
    MATVEC,
    MAX,
    MAXIMUM,
    MINIMUM,
    MULTIPLY,
    NORM,
    ONES,
    OUTER,
    POWER,
    ROW,
    ROWMAX,
    SEGMENT,
    SIGMOID,
    SOFTPLUS,
    SQRT,
    STACK,
    SUM,
    TRACE,
    TRANSPOSE,
    VECMAT,
    WHERE,
    ZEROS,
)
from .walk import is_number

_BOTH = Fact.POSITIVE | Fact.NONNEGATIVE
_OF_FACTORS = 100  # parts of a product at most that is compared with its transpose


def facts(e: Expr) -> Fact:
    """What is known of it.

    >>> import mcalc as mc
    >>> X = mc.matrices("X")
    >>> Fact.SYMMETRIC in facts(X.T @ X)
    True
    """
    stack = [e]
    while stack:  # a graph may be deeper than Python's own stack
        part = stack[-1]
        left = [a for a in part.args if a.facts is None] if part.facts is None else []
        if left:
            stack += left
            continue
        stack.pop()
        if part.facts is None:
            part.facts = _known(part)
    assert e.facts is not None
    return e.facts


def inherited(e: Expr) -> tuple[str, ...]:
    """The assumptions that hold of an expression, for a name that stands for it."""
    known = facts(e)
    names = (name for name, row in ASSUMPTIONS.items() if row.facts in known and e.ndim in row.axes)
    return tuple(names)


def is_symmetric(e: Expr) -> bool:
    return Fact.SYMMETRIC in facts(e)


def is_positive(e: Expr) -> bool:
    return Fact.POSITIVE in facts(e)


def is_nonnegative(e: Expr) -> bool:
    return Fact.NONNEGATIVE in facts(e)


def _known(e: Expr) -> Fact:
    if e.op is SYMBOL:
        return assumed_facts(e)
    of = [a.facts or Fact.NONE for a in e.args]
    if e.op is LET:
        return of[0]
    sign = _SIGNS.get(e.op)
    known = sign(e, of) if sign else Fact.NONE
    if e.ndim == 2 and _is_own_transpose(e, of):
        known |= Fact.SYMMETRIC
    definite = _DEFINITE.get(e.op)
    return known | Fact.DEFINITE if definite and definite(e, of) else known


# --- signs -----------------------------------------------------------------------------------


def _every(of: Sequence[Fact]) -> Fact:
    """Positive or not negative if all of these are."""
    known = _BOTH
    for each in of:
        known &= each
    return known


def _number(e, of):
    value = e.params["value"]
    return _BOTH if value > 0 else Fact.NONNEGATIVE if value == 0 else Fact.NONE


def _sum(e, of):
    """Of numbers of which none is negative one is enough that is positive."""
    known = _every(of)
    one = any(Fact.POSITIVE in each for each in of)
    return _BOTH if Fact.NONNEGATIVE in known and one else known


def _product(e, of):
    same = len({*e.args}) == 1  # a square
    return _every(of) | (Fact.NONNEGATIVE if same else Fact.NONE)


def _quotient(e, of):
    above, below = of
    return above & _BOTH if Fact.POSITIVE in below else Fact.NONE


def _power(e, of):
    base, exponent = of[0], e.args[1]
    if Fact.POSITIVE in base:
        return _BOTH
    even = is_number(exponent) and exponent.params["value"] % 2 == 0
    count = is_number(exponent) and exponent.params["value"] >= 0
    return Fact.NONNEGATIVE if even or count and Fact.NONNEGATIVE in base else Fact.NONE


def _largest(e, of):
    known = Fact.NONE
    for each in of:
        known |= each & _BOTH
    return known


def _quadratic(e, of):
    """``x.x`` and ``X^T X``'s trace are sums of squares."""
    return _every(of) | (Fact.NONNEGATIVE if len({*e.args}) == 1 else Fact.NONE)


_SIGNS: dict[Primitive, Callable] = {
    NUMBER: _number,
    **dict.fromkeys((SIZE, ONES, EXP, SIGMOID, SOFTPLUS), lambda e, of: _BOTH),
    **dict.fromkeys((ZEROS, IDENTITY, NORM, FROBENIUS), lambda e, of: Fact.NONNEGATIVE),
    **dict.fromkeys(
        (SUM, MATVEC, VECMAT, MATMAT, OUTER, TRANSPOSE, DIAGONAL, TRACE, MATRIX_SUM, SQRT, MINIMUM,
         MAX, ROWMAX, COLUMN, ROW, INDEX, SEGMENT, FLIP, STACK, CONCATENATE),
        lambda e, of: _every(of),
    ),
    DIAG: lambda e, of: _every(of) & Fact.NONNEGATIVE,
    ABSOLUTE: lambda e, of: _every(of) | Fact.NONNEGATIVE,
    ADD: _sum,
    MULTIPLY: _product,
    DOT: _quadratic,
    DIVIDE: _quotient,
    POWER: _power,
    MAXIMUM: _largest,
    WHERE: lambda e, of: _every(of[1:]),
    DET: lambda e, of: _BOTH if Fact.DEFINITE in of[0] else Fact.NONE,
}  # fmt: skip

# --- matrices that are their own transposes --------------------------------------------------


def _is_own_transpose(e: Expr, of: Sequence[Fact]) -> bool:
    if e.shape[0] != e.shape[1]:
        return False
    if e.op in (IDENTITY, DIAG, EXCHANGE):
        return True
    if e.op is OUTER:
        return e.args[0] is e.args[1]
    if e.op in (INV, TRANSPOSE):
        return Fact.SYMMETRIC in of[0]
    if e.op is MATMAT:
        return e.weight <= _OF_FACTORS and _reads_the_same(_product_of(e))
    if not e.op.sympy_form:
        return False
    if all(a.ndim == 0 or Fact.SYMMETRIC in known for a, known in zip(e.args, of, strict=True)):
        return True
    return e.op in (ADD, MULTIPLY) and _are_transposes(*e.args)  # A + A^T


def _product_of(e: Expr) -> list[Expr]:
    """The factors of a product of matrices, from left to right."""
    return [f for a in e.args for f in _product_of(a)] if e.op is MATMAT else [e]


def _reads_the_same(factors: Sequence[Expr]) -> bool:
    """Whether a product is its own transpose factor by factor: ``X inv(X^T X) X^T``."""
    pairs = zip(factors, reversed(factors), strict=True)
    return all(_are_transposes(a, b) for a, b in list(pairs)[: (len(factors) + 1) // 2])


def _are_transposes(a: Expr, b: Expr) -> bool:
    if a is b:
        return Fact.SYMMETRIC in facts(a)
    if a.op is TRANSPOSE or b.op is TRANSPOSE:
        return a.op is TRANSPOSE and a.args[0] is b or b.op is TRANSPOSE and b.args[0] is a
    return a.ndim == b.ndim == 2 and a.shape == b.shape[::-1] and a.T is b


_DEFINITE: dict[Primitive, Callable] = {
    IDENTITY: lambda e, of: True,
    DIAG: lambda e, of: Fact.POSITIVE in of[0],
    INV: lambda e, of: Fact.DEFINITE in of[0],
    TRANSPOSE: lambda e, of: Fact.DEFINITE in of[0],
    ADD: lambda e, of: all(Fact.DEFINITE in known for known in of),
    MULTIPLY: lambda e, of: (
        e.args[0].ndim == 0 and Fact.POSITIVE in of[0] and Fact.DEFINITE in of[1]
    ),
}
