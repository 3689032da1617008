"""What a program does in several operations and an expert in one, such as softmax.

Each has a row in :data:`RECOGNISED`: the NumPy programs that it is recognised by, and what goes
back, in terms of its output's name. Along the rows, down the columns, and of a vector, each is one
row: the three differ in what a sum is, and how a number for each row is laid beside a matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..graph.broadcast import vector_of
from ..graph.expr import Expr, Primitive, node, size
from ..graph.primitives import (
    ADD,
    DIAG,
    DIVIDE,
    EXP,
    INFINITY,
    LOG,
    MATMAT,
    NEGATIVE,
    NORM,
    SIGMOID,
    SOFTPLUS,
    SQRT,
    SUBTRACT,
    WHERE,
)
from ..graph.products import factors, product
from ..graph.recognition import one_plus_exp, softmax_of
from ..graph.simplify import ONE, add, mul
from ..graph.walk import is_number
from .along import AXES, COLUMNS, LOG_SOFTMAX, LOG_SUM_EXP, ROWS, SOFTMAX, VECTOR, Along

Put = Callable[[Expr], Expr]  # names in the place of what has one
Backward = Callable[[Expr, Expr, Put], Expr]  # of the output's name and its derivative


# --- what is recognised ----------------------------------------------------------------------


@dataclass(frozen=True)
class Recognised:
    """An expression that is one thing: ``form`` is how it is computed, ``backward`` its rule.

    ``operand`` is what it is a function of, and ``parts`` are expressions in ``form`` that the
    rule needs under a name, as a standardised vector needs its deviation. Without an operand it
    has the rule of the operation that its form is. ``masked`` is the operand with what a mask has
    put minus infinity into: nothing goes back there, and it is 0 by itself.
    """

    form: Expr
    operand: Expr | None = None
    backward: Backward | None = None
    parts: tuple[Expr, ...] = ()
    masked: Expr | None = None


@dataclass(frozen=True)
class Row:
    """A row of the table: its name, examples that are recognised, and what recognises them."""

    name: str
    programs: tuple[Callable, ...]  # of X and the options of NumPy's reductions
    match: Callable[[Expr], Recognised | None]


def recognised(e: Expr) -> Recognised | None:
    """What an expression without the reader's names is recognised as."""
    for match in _BY_OPERATION.get(e.op, ()):
        if (match_ := match(e)) is not None:
            return match_
    return None


def _inside_exponentials(*es: Expr, depth: int = 5) -> Iterator[Expr]:
    """What an exponential is taken of, in the first few operations from here."""
    for e in es:
        if e.op is EXP:
            yield e.args[0]
        elif depth and e.args and not e.op.is_list:
            yield from _inside_exponentials(*e.args, depth=depth - 1)


def _candidates(e: Expr) -> Iterator[tuple[Expr, Along]]:
    """What e may be the softmax of, and along what."""
    seen: set[Expr] = set()
    for inner in _inside_exponentials(e):
        shifted = inner.args[:1] if inner.op is SUBTRACT else ()
        for X in (*shifted, inner):
            if X not in seen and X.ndim and varies(X):
                seen.add(X)
                yield from ((X, along) for along in AXES if along.ndim == X.ndim)


def _is_one_of(e, programs, X, along):
    return any(program(X, along.keepdims) is e for program in programs)


def is_masked(X: Expr) -> bool:
    """Whether it is minus infinity where a mask is not, as ``np.where(mask, S, -np.inf)`` is."""
    return X.op is WHERE and _is_minus_infinity(X.args[2]) and X.args[1].ndim == X.ndim


def _is_minus_infinity(e):
    return e.op is NEGATIVE and e.args[0].op is INFINITY


def _unmasked(X: Expr) -> Expr:
    """What a mask leaves of X: where it is minus infinity, softmax is 0, and so is what goes back.

    ``S`` of ``np.where(mask, S, -np.inf)``.
    """
    return X.args[1] if is_masked(X) else X


# --- softmax and its like --------------------------------------------------------------------


def _shifted(X, options):
    return X - np.max(X, **options)


_SOFTMAX = (
    lambda X, options: softmax_of(np.exp(X), options),
    lambda X, options: softmax_of(np.exp(_shifted(X, options)), options),
)


def _softmax_back(along):
    def backward(A, dA, put):
        inner = along.total(dA * A)
        return A * _less(dA, along.beside(inner, A.shape))

    return backward


def _less(a, b):
    """A difference as it is written; of nothing that is taken it is the first."""
    return add(a, mul(-1, b)) if a.ndim < 2 else a - b


def _match_softmax(e):
    for X, along in _candidates(e):
        if _is_one_of(e, _SOFTMAX, X, along):
            form = node(SOFTMAX[along], X)
            return Recognised(form, _unmasked(X), _softmax_back(along), masked=X)
    return None


_LOG_SOFTMAX = (
    lambda X, options: X - np.log(np.sum(np.exp(X), **options)),
    lambda X, options: (
        _shifted(X, options) - np.log(np.sum(np.exp(_shifted(X, options)), **options))
    ),
    lambda X, options: (
        X - (np.max(X, **options) + np.log(np.sum(np.exp(_shifted(X, options)), **options)))
    ),
    *(lambda X, options, softmax=softmax: np.log(softmax(X, options)) for softmax in _SOFTMAX),
)


def _log_softmax_back(along):
    def backward(P, dP, put):
        return _less(dP, along.scale(along.total(dP), np.exp(P)))

    return backward


def _match_log_softmax(e):
    for X, along in _candidates(e):
        if _is_one_of(e, _LOG_SOFTMAX, X, along):
            return Recognised(node(LOG_SOFTMAX[along], X), X, _log_softmax_back(along))
    return None


_LOG_SUM_EXP = (
    lambda X, options: np.log(np.sum(np.exp(X), **options)),
    lambda X, options: (
        np.max(X, **options) + np.log(np.sum(np.exp(_shifted(X, options)), **options))
    ),
    lambda X, options: (
        np.log(np.sum(np.exp(_shifted(X, options)), **options)) + np.max(X, **options)
    ),
)


def _log_sum_exp_back(along, X):
    def backward(r, dr, put):
        return along.scale(dr, np.exp(_less(put(X), along.beside(r, X.shape))))

    return backward


def _match_log_sum_exp(e):
    for X, along in _candidates(e):
        if any(vector_of(program(X, along.keepdims)) is e for program in _LOG_SUM_EXP):
            form = node(LOG_SUM_EXP[along], X)
            return Recognised(form, X, _log_sum_exp_back(along, X), masked=X)
    return None


# --- standardising ---------------------------------------------------------------------------


def _mean(X, along):
    return (1 / size(X.shape[along.axis])) * along.total(X)


def _divided(e) -> tuple[Expr, Expr, Along] | None:
    """What is divided by a number, or by one for each row or column, and by what."""
    if e.op is DIVIDE:
        return (*e.args, VECTOR) if e.args[0].ndim == 1 and not e.args[1].ndim else None
    for diagonal, C, along in ((*e.args, ROWS), (*e.args[::-1], COLUMNS)):
        if diagonal.op is DIAG and diagonal.args[0].op is DIVIDE:
            one, s = diagonal.args[0].args
            if is_number(one, 1):
                return C, s, along
    return None


def _share_of_squares(s: Expr, C: Expr, along: Along) -> Expr | None:
    """``k``, if s is sqrt(k times the sum of the squares of C, plus a constant)."""
    if s.op is NORM:
        return ONE if s.args[0] is C else None
    if s.op is not SQRT:
        return None
    (inside,) = s.args
    moving = [t for t in (inside.args if inside.op is ADD else (inside,)) if varies(t)]
    if len(moving) != 1:
        return None
    coefficient, powers = factors(moving[0])
    sums = [a for a in powers if varies(a)]
    if len(sums) != 1 or powers.pop(sums[0]) != 1:
        return None
    squares = C * C, C**2
    is_sum = any(sums[0] is along.total(square) for square in squares)
    is_sum = is_sum or along is VECTOR and sums[0] is C @ C
    return product(coefficient, powers) if is_sum else None


def _standardised_back(along, s, k, centred):
    def backward(Y, dY, put):
        inner = mul(k, along.total(dY * Y))
        rest = _less(dY, along.beside(_mean(dY, along), Y.shape)) if centred else dY
        rest = _less(rest, along.scale(inner, Y))
        return along.scale(1 / put(s), rest) if along.keepdims else rest / put(s)

    return backward


def _match_standardised(e):
    divided = _divided(e)
    if divided is None:
        return None
    C, s, along = divided
    k = _share_of_squares(s, C, along)
    if k is None:
        return None
    X = C.args[0] if C.op is SUBTRACT else C
    centred = X is not C and X.shape == C.shape and X - np.mean(X, **along.keepdims) is C
    parts, operand = ((C, s), X) if centred else ((s,), C)
    return Recognised(e, operand, _standardised_back(along, s, k, centred), parts)


def varies(e: Expr) -> bool:
    """Whether it is made of variables, and not of numbers and lengths alone."""
    stack = [e]
    while stack:
        e = stack.pop()
        if e.name:
            return True
        stack += e.args
    return False


# --- the table -------------------------------------------------------------------------------


def _logistic(z, options):
    return 1 / (1 + np.exp(-z))


def _softplus(z, options):
    return np.log(1 + np.exp(z))


def _match_element_by_element(e):
    """What has an operation of its own, and no rule that is not that operation's."""
    for z in _inside_exponentials(e, depth=2):
        if e.op is DIVIDE and one_plus_exp(e.args[1]) is z:
            logistic = node(SIGMOID, z.args[0] if z.op is NEGATIVE else -z)
            above = e.args[0]
            return Recognised(logistic if is_number(above, 1) else above * logistic)
        if _softplus(z, {}) is e:
            return Recognised(node(SOFTPLUS, z))
    return None


def _standardised(X, options):
    return (X - np.mean(X, **options)) / np.sqrt(np.var(X, **options) + 1e-5)


def _root_mean_square(X, options):
    return X / np.sqrt(np.mean(X**2, **options) + 1e-5)


def _unit(X, options):
    return X / np.linalg.norm(X, **options)


RECOGNISED = (
    Row("softmax", _SOFTMAX, _match_softmax),
    Row("log-softmax", _LOG_SOFTMAX, _match_log_softmax),
    Row("log-sum-exp", _LOG_SUM_EXP, _match_log_sum_exp),
    Row("standardised", (_standardised,), _match_standardised),
    Row("by the root of the mean square", (_root_mean_square,), _match_standardised),
    Row("by the norm", (_unit,), _match_standardised),
    Row("logistic", (_logistic,), _match_element_by_element),
    Row("softplus", (_softplus,), _match_element_by_element),
)
_BY_OPERATION: dict[Primitive, list[Callable]] = {
    MATMAT: [_match_standardised, _match_softmax],
    DIVIDE: [_match_standardised, _match_softmax, _match_element_by_element],
    SUBTRACT: [_match_log_softmax],
    LOG: [_match_log_softmax, _match_log_sum_exp, _match_element_by_element],
    ADD: [_match_log_sum_exp],
}
