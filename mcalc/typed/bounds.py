"""What a typed line may build: nothing too long, too high or without a value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from ..graph.expr import NUMBER, Expr, ShapeError, as_expr, shape_text
from ..graph.primitives import POWER
from ..graph.products import is_of_elements
from ..graph.shapes import same_length
from ..graph.walk import is_number
from .data_sums import of_data_terms, sum_over_data
from .operators import DataTerm, divide, kind, power, power_of_elements
from .tokens import ReadError

# --- building --------------------------------------------------------------------------------

_HIGHEST = 90  # operations upon one another, so that what is read can be printed
_MOST = 500  # nodes, so that no line takes long
_POWER = 99  # constant exponents
_LARGEST = 1000  # digits that a coefficient can come to
_REFUSED = (TypeError, ValueError, ArithmeticError, IndexError, RecursionError)


class Builder:
    """Calls what builds expressions, ``build(column, function, *operands)``, within bounds."""

    def __init__(self, operands: Iterable[Expr]):
        self.sizes = {e: (0, 0.3, number(e)) for e in operands}
        self.turned = 0  # a product is turned factor by factor

    def __call__(self, column, function, *operands):
        """``function(*operands)``; whatever is refused becomes a ReadError with this column."""
        try:
            if function in (power, power_of_elements, divide, np.divide):
                operands = operands[0], self.checked_denominator(function, operands[1])
            if function is not sum_over_data and any(isinstance(e, DataTerm) for e in operands):
                e = of_data_terms(function, operands)
            else:
                _refuse_beside(function, operands)
                self.turned += self.size(*operands)[0] if function is np.transpose else 0
                e = function(*operands)
            for part in e.parts if isinstance(e, DataTerm) else [e]:
                self.check(part)
            return e
        except RecursionError:
            raise ReadError("this is nested too deeply", column) from None
        except _REFUSED as error:
            raise ReadError(str(error), column, isinstance(error, ShapeError)) from None

    def checked_denominator(self, function, e):
        """An exponent or denominator, if its value is fit to be one."""
        value = None if isinstance(e, DataTerm) else self.size(e)[2]
        if value is None:
            return e
        if function not in (power, power_of_elements):
            if np.any(value == 0):
                raise ValueError("nothing can be divided by 0" + f", as in {e}" * bool(e.args))
            return e
        if not np.all(np.abs(value) <= _POWER):
            raise ValueError(f"an exponent is at most {_POWER}")
        return as_expr(int(value)) if np.ndim(value) == 0 and float(value).is_integer() else e

    def check(self, e):
        height, digits, value = self.size(e)
        if height > _HIGHEST or len(self.sizes) + self.turned > _MOST:
            raise ValueError(f"too long: at most {_HIGHEST} operations, one upon another")
        if digits > _LARGEST:
            raise ValueError("too high a power: the exponents of nested powers multiply")
        if value is not None and not np.all(np.isfinite(value)):
            raise ValueError(f"{e} has no value: it is undefined or too large")

    def size(self, e: Expr) -> tuple:
        """Height, a bound of a coefficient's digits, and the value if it is a constant."""
        if e not in self.sizes:
            operands = [*map(self.size, e.args)]
            height = 1 + max((h for h, _, _ in operands), default=0)
            digits, value = max(0.3, sum(d for _, d, _ in operands)), number(e)
            values = [v for _, _, v in operands]
            if value is not None:
                parts = Fraction(e.params["value"]).as_integer_ratio()
                digits = max(0.3, *(math.log10(max(1, abs(n))) for n in parts))
            elif values and not any(v is None for v in values):
                value = _value(e, values)
            if e.op is POWER and values[1] is not None:
                digits = operands[0][1] * max(1, np.max(np.abs(values[1])))
            self.sizes[e] = height, digits, value
        return self.sizes[e]


def number(e) -> float | None:
    return float(e.params["value"]) if e.op is NUMBER else None


def _value(e, values):
    """The value of a constant; None where it has an open length."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(e.op.numpy(*values, **e.params), dtype=float)
    except _REFUSED:
        return None


_ADDED = {np.add: "added", np.subtract: "subtracted"}


def _fits(a, b) -> list[bool]:
    """Whether a column or row beside a matrix is as long as that is high, and as it is wide."""
    v, matrix = (b, a) if kind(a) == "matrix" else (a, b)
    (length,) = v.T.shape if kind(v) == "row" else v.shape
    return [same_length(n, length) is not False for n in matrix.shape]


def _laid(a, b):
    """What makes a matrix of a column beside one: ``u 1^T`` has u in each column."""
    v = b if kind(a) == "matrix" else a
    if _fits(a, b) == [True, False]:
        return f"write {v.name or f'({v})'} 1^T for it in each column"
    return "diag( ) makes a matrix of it"


def _refuse_beside(function, operands):
    """What NumPy would spread over a matrix, or lay down, and a person does not mean."""
    if not isinstance(function, np.ufunc) or len(operands) != 2:
        return
    a, b = operands
    kinds = {kind(a), kind(b)}
    between = "matrix" in kinds and len(kinds) > 1
    if not between and kinds != {"row", "column"}:
        return
    if "scalar" in kinds and (function not in _ADDED or is_of_elements(a, b)):
        return
    if is_number(a, 0) or is_number(b, 0):
        return  # A + 0: of 0 there is one in every shape
    if function in _ADDED and between and "scalar" not in kinds and _fits(a, b) == [False, True]:
        return  # X W + b, as in NumPy, where it cannot be meant for the columns
    parts = f"{a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}"
    if not between:
        raise ShapeError(f"{parts}: a row and a column; one of them has a ^T too few or too many")
    more = ""
    if function in _ADDED:
        number = "a number times I is a matrix"
        more = f": {number if 'scalar' in kinds else _laid(*operands)}"
    done = _ADDED.get(function, "taken together element by element")
    raise ShapeError(f"{parts}, they cannot be {done}{more}")
