"""The Jacobian of one operation, from its row in the table of :mod:`mcalc.graph.primitives`."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, partial

import numpy as np
import sympy as sp

from ..graph import simplify
from ..graph.expr import NUMBER, Expr, UnsupportedError, as_expr
from ..graph.forms import sigmoid
from ..graph.primitives import MULTIPLY, PRIMITIVES, SIGMOID, SOFTPLUS, TRIANGLE, ZEROS, slope
from ..graph.walk import is_number
from .terms import Term, fresh

SIGMA = sp.Function("sigma")
_NOWHERE = sp.I, sp.nan, sp.oo, -sp.oo, sp.zoo  # in the derivative of (-2)**x and of 0**x


def local_jacobian(e: Expr, k: int) -> Term | None:
    """The Jacobian of one operation by its operand k; None where it is zero."""
    if e.op.local_jacobian or e.op.sympy_form:
        signature, *factors = (e.op.local_jacobian or _rate)(e, k)
        if is_number(factors[0], 0):
            return None
        operands, k = (*factors, e.args[k]), len(factors)
    else:
        assert e.op.einsum, f"{e.op} has no derivative in its row"
        signature, operands = e.op.einsum, e.args
    labels = {letter: fresh() for letter in signature if letter.isalpha()}
    places = signature.replace("->", ",").split(",")
    *inputs, output = (tuple(labels[letter] for letter in place) for place in places)
    term = Term(output, inputs[k])
    for position, (operand, at) in enumerate(zip(operands, inputs, strict=True)):
        if position != k:
            term.times(operand, at[len(at) - operand.ndim :])  # of x A / A the x of every row
    return term


def local_rate(e: Expr, k: int) -> Expr:
    """The derivative of an element-wise operation by its operand k, an entry for each element."""
    return (e.op.local_jacobian or _rate)(e, k)[1]


def _rate(e, k):
    """Element by element: SymPy's derivative of the operation by its operand k."""
    numbers = tuple(0 if a.op is ZEROS else _number(a) for a in e.args)
    if e.op is MULTIPLY and 0 not in numbers:  # of 3 x and 4 x it is one form
        numbers = None, None
    form = _derivative(e.op.sympy_form, k, numbers)
    if e.op in (SIGMOID, SOFTPLUS):
        form = _logistic(form)
    if form is sp.nan:
        raise UnsupportedError(
            f"{e} has no derivative by {e.args[k]}: the base of an exponent that varies has to be "
            "positive"
        )
    return slope(e, k, _from_sympy(form, e.args))


def _number(a):
    return a.params["value"] if a.op is NUMBER else None


@cache
def _derivative(form, k, numbers):
    """SymPy's derivative of a scalar form by operand k; ``numbers`` are operands, None the others.

    It is no number where there is none that is real.
    """
    marks = [sp.Symbol(f"a{i}", real=True) for i in range(len(numbers))]
    operands = [m if v is None else sp.sympify(v) for m, v in zip(marks, numbers, strict=True)]
    derivative = sp.diff(form(*operands), marks[k])
    return sp.nan if derivative.has(*_NOWHERE) else sp.powsimp(derivative)


@cache
def _logistic(form):
    """A form in ``exp(a0)``, written with the logistic function of ``a0`` instead."""
    (a,), s = form.free_symbols, sp.Symbol("s")
    form = form.subs(sp.exp(-a), 1 / sp.exp(a)).subs(sp.exp(a), s / (1 - s))
    return sp.factor(form).subs(s, SIGMA(a))


def _from_sympy(form, operands) -> Expr:
    """A SymPy form with NumPy's functions in the place of SymPy's."""
    if form.is_Symbol:
        return operands[int(form.name[1:])]
    if form.is_Number or form.is_NumberSymbol:  # which pi is
        return as_expr(Fraction(form.p, form.q) if form.is_Rational else float(form))
    back = partial(_from_sympy, operands=operands)
    if isinstance(form, sp.Piecewise):
        chosen = back(form.args[-1].expr)
        for value, condition in form.args[-2::-1]:
            chosen = simplify.where(back(condition), back(value), chosen)
        return chosen
    if form.is_Pow and form.exp.is_Rational and form.exp.q <= 2:
        base = back(form.base)
        base = base if form.exp.q == 1 else as_expr(np.sqrt(base))
        return simplify.invert(base, form.exp.p)
    return _FROM_SYMPY[form.func](*map(back, form.args))


def _not_equal(a, b):
    """``a != b``; a comparison is a condition as it stands."""
    return a if is_number(b, 0) and (a.op.kink_side or a.op is TRIANGLE) else np.not_equal(a, b)


_FROM_SYMPY = {
    op.sympy_form: op.numpy
    for op in PRIMITIVES.values() if isinstance(op.sympy_form, sp.FunctionClass)
} | {
    sp.Add: simplify.add, sp.Mul: simplify.mul, sp.Pow: np.power, sp.sign: np.sign,
    sp.Gt: np.greater, sp.Ge: np.greater_equal, sp.Lt: np.less, sp.Le: np.less_equal,
    sp.Eq: np.equal, sp.Ne: _not_equal, SIGMA: sigmoid,
}  # fmt: skip
