"""What the signs and functions of a typed line mean, by the shapes of their operands.

Inside ``sum_i (...)``, what stands for example i of the data is an :class:`Example`.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np

from .expr import NUMBER, NUMPY, Expr, ShapeError, UnsupportedError, as_expr, is_number, shape_text
from .forms import diag, identity, ones, outer, sigmoid, zeros
from .rules import DOT, PRIMITIVES, ROW, STACK, of_vectors
from .style import of_pi
from .tokens import ReadError


class Example:
    """What stands for example i in a sum over the data: ``weight`` i, alone or times row i.

    The weight is a vector over the data, or one number for all; ``rows`` is the matrix of the data
    or None, and ``turned`` says that its row is written as a row, ``x_i^T``, and not as ``x_i``.
    """

    def __init__(self, weight: Expr, rows: Expr | None = None, turned=False):
        self.weight, self.rows, self.turned = weight, rows, turned

    @property
    def parts(self) -> list[Expr]:
        return [self.weight] + ([] if self.rows is None else [self.rows])


def kind(e) -> str:
    """How it stands in a product: as a scalar, column, row or matrix."""
    if isinstance(e, Example):
        return "scalar" if e.rows is None else "row" if e.turned else "column"
    return "row" if e.op is ROW else ("scalar", "column", "matrix")[e.ndim]


# --- products --------------------------------------------------------------------------------

_PRODUCTS = {
    ("row", "column"): np.matmul,
    ("row", "matrix"): np.matmul,
    ("matrix", "column"): np.matmul,
    ("matrix", "matrix"): np.matmul,
    ("column", "row"): outer,
}
_VECTORS = ("column", "row")


def product(a, b) -> Expr:
    """The product of two expressions side by side, as their shapes say: m x n times n x p.

    A scalar scales anything; a row times a column is the dot product, 1 x 1, a column times a row
    the outer one, m x n. Raises ShapeError where nothing fits. Paper: "Matrix calculus".
    """
    a, b = as_expr(a), as_expr(b)
    kinds = kind(a), kind(b)
    if "scalar" in kinds:
        return np.multiply(a, b)
    if kinds in _PRODUCTS:
        return _PRODUCTS[kinds](a, b)
    u, v = (_part(e.T if kind(e) == "row" else e) for e in (a, b))
    hints = {
        ("column", "matrix"): f"write {u}^T {v}, the row before the matrix",
        ("matrix", "row"): f"write {u} {v}, the matrix before the column",
    }
    hint = hints.get(kinds, f"write {u} ⊗ {v}, {u}.{v} or {u} {v}^T")
    raise ShapeError(
        f"{a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}, they do not fit side by "
        f"side: {hint}"
    )


def _part(e):
    """An operand in a message, in parentheses if it is more than a name or a call."""
    written = str(e)
    return written if re.fullmatch(r"[\w']+(\([^()]*\))?", written) else f"({written})"


def dot(a, b) -> Expr:
    return of_vectors(DOT, a, b)


DOTTED = [("column", "column"), ("row", "column")]
FACTORS = {  # what stands between two factors, and what it builds of these kinds
    **dict.fromkeys(("", "·", "."), lambda *kinds: product),
    "*": lambda a, b: np.multiply if a == b and a in _VECTORS else product,
    "@": lambda a, b: dot if a == b == "column" else product,
    "/": lambda *kinds: divide,
    "⊗": lambda *kinds: np.multiply,
    "⊘": lambda *kinds: np.divide,
}


def divide(a, b) -> Expr:
    """``a/b``, element by element below a vector; of two numbers a fraction."""
    kinds = kind(a), kind(b)
    if kinds[1] == "matrix" or kinds[0] == "matrix" and kinds[1] != "scalar":
        raise UnsupportedError(f"{a} cannot be divided by {b}, which is {shape_text(b.shape)}")
    numbers = [e.params[0] for e in (a, b) if e.op is NUMBER]
    if len(numbers) == 2 and isinstance(numbers[1], Fraction) and numbers[1]:
        if isinstance(numbers[0], Fraction) or of_pi(numbers[0]):
            return as_expr(numbers[0] / numbers[1])
    return np.divide(a, b)


def _times(a, b):
    """The product; 1 is left out."""
    return b if is_number(a, 1) else a if is_number(b, 1) else np.multiply(a, b)


def negative(a) -> Expr:
    return as_expr(-a.params[0]) if a.op is NUMBER else np.negative(a)


def power(a, b) -> Expr:
    """``a^b``, element by element; ``e^b`` is ``exp(b)``, and ``A^-1`` the inverse of a matrix."""
    if kind(a) == "matrix" and is_number(b, -1):
        return np.linalg.inv(a)
    for e in (a, b):
        if kind(e) == "matrix":
            hint = f"write {_part(e)} {_part(e)}"
            if e.op.name == "diag":
                hint = f"write the power inside, as in diag({_part(e.args[0])}^2)"
            raise UnsupportedError(f"{e} is a matrix, in which ^ is not read: {hint}")
    return np.exp(b) if a is CONSTANTS["e"] else np.power(a, b)


COMPARISONS = {
    **{">": np.greater, "<": np.less, "=": np.equal},
    **{"≥": np.greater_equal, "≤": np.less_equal, "≠": np.not_equal},
}


# --- functions and lists ---------------------------------------------------------------------


def _of_elements(name, function):
    def build(e):
        if kind(e) == "scalar":
            raise UnsupportedError(f"{name}: {e} is {shape_text(e.shape)}, not a vector")
        return function(e)

    return {1: build}


def relu(z) -> Expr:
    return np.maximum(0, z)


CONSTANTS = {"I": identity(), "pi": as_expr(math.pi), "e": np.exp(as_expr(1))}
_UNARY = {name: op.numpy for name, op in PRIMITIVES.items() if getattr(op.numpy, "nin", 0) == 1}
_ALIASES = {"ln": "log", "abs": "absolute", "atan": "arctan"}
FUNCTIONS = {  # by name and number of operands
    **{name: {1: function} for name, function in _UNARY.items()},
    **{name: {1: _UNARY[meant]} for name, meant in _ALIASES.items()},
    "relu": {1: relu},
    **{name: {1: sigmoid} for name in ("sigmoid", "σ")},
    "tr": {1: np.trace},
    "trace": {1: np.trace},
    "det": {1: np.linalg.det},
    "inv": {1: np.linalg.inv},
    "max": {1: np.max, 2: np.maximum},
    "min": {1: np.min, 2: np.minimum},
    "fmax": {2: np.fmax},
    "fmin": {2: np.fmin},
    "sum": _of_elements("sum", np.sum),
    "mean": _of_elements("mean", np.mean),
    "diag": {1: diag},
    "norm": {1: np.linalg.norm},
    "outer": {2: outer},
    "dot": {2: dot},
}

OF_LENGTHS = {"ones": ones, "zeros": zeros, "eye": identity}  # by name, of a length such as n


def laid_out(grid: list) -> Expr:
    """A list as the block matrix that it shows: commas side by side, semicolons one below another.

    Lists in a list are the rows of a matrix. Raises ShapeError for blocks that do not fit.
    """
    if len({*map(len, grid)}) > 1:
        raise ShapeError("the rows of this list have different numbers of entries")
    wide, high = len(grid[0]) > 1, len(grid) > 1
    entries = [e for row in grid for e in row]
    kinds = {*map(kind, entries)}
    if kinds == {"scalar"}:
        rows = [np.stack(row) for row in grid]
        return np.stack(rows) if wide and high else np.stack(entries) if high else rows[0].T
    if wide and high:
        raise ShapeError("a list with commas and semicolons holds scalars only")
    if kinds == {"row"} and (not wide or all(e.args[0].op is STACK for e in entries)):
        return np.stack([e.T for e in entries])
    if kinds == {"column"} and wide:
        return np.stack(entries, axis=1)
    if "matrix" in kinds and kinds <= {"matrix", "row"} and high:
        return _blocks(entries)
    if kinds <= {"scalar", "row" if wide else "column"}:
        whole = np.concatenate([np.stack([e]) if e.ndim == 0 else e for e in entries])
        return whole.T if "row" in kinds else whole
    hint = "; 0 and I do not tell their height" if "matrix" in kinds else ""
    raise ShapeError(f"{_shapes(entries)} do not fit into one list{hint}")


def _shapes(entries):
    return ", ".join(f"{e} ({shape_text(e.shape)})" for e in entries)


def _blocks(entries):
    if any(e.shape[0] is None for e in entries):
        raise ShapeError(f"{_shapes(entries)}: 0 and I do not tell their height in a list")
    if len({e.shape[1] for e in entries}) > 1:
        raise ShapeError(f"{_shapes(entries)}: blocks in one column have one width")
    return NUMPY["blocks"](*entries)


# --- sums over the data ----------------------------------------------------------------------

_LINEAR = {  # where an operand may be a row of the data; the others are scalars then
    **{np.add: (0, 1), np.subtract: (0, 1), np.where: (1, 2), negative: (0,), divide: (0,)},
    **{np.multiply: ()},
}


def of_examples(function, operands):
    """What an operation makes of operands some of which are examples: an Example."""
    if function is np.transpose:
        (e,) = operands
        return Example(e.weight, e.rows, e.rows is not None and not e.turned)
    if function in (product, dot) and {*map(kind, operands)} != {"scalar"}:
        return _product_of_examples(function, *operands)
    function = np.multiply if function is product else function
    if not isinstance(function, np.ufunc) and function not in (*_LINEAR, power, relu):
        raise UnsupportedError("sum_i: in it stand scalars, examples and functions of scalars")
    first = next((e for e in operands if isinstance(e, Example) and e.rows is not None), None)
    places = _LINEAR.get(function, ()) if first else ()
    weights = []
    for place, e in enumerate(operands):
        if place in places and not is_zero(e):
            if not isinstance(e, Example) or e.rows is not first.rows or e.turned != first.turned:
                raise ShapeError("sum_i: only multiples of one row of the data can be added")
        elif kind(e) != "scalar" and not (place in places and is_zero(e)):
            raise ShapeError("sum_i: a scalar is expected here: write w.x_i, or y_i of a vector")
        weights.append(as_expr(0) if place in places and is_zero(e) else _weight(e))
    whole = function(*weights)
    return Example(whole, first.rows, first.turned) if first else Example(whole)


def is_zero(e):
    return isinstance(e, Expr) and (
        is_number(e, 0) or (e.args[0] if e.op is ROW else e).op.name == "zeros"
    )


def _weight(e):
    return e.weight if isinstance(e, Example) else e


def _product_of_examples(function, a, b):
    kinds = kind(a), kind(b)
    sides = [e for e in (a, b) if isinstance(e, Example) and e.rows is not None]
    if len(sides) == 2:
        raise UnsupportedError("sum_i: x_i stands once in each product")
    scalar, other = (a, b) if kinds[0] == "scalar" else (b, a)
    if kind(scalar) == "scalar" and function is product:
        if kind(other) == "matrix":
            raise UnsupportedError("sum_i: it adds up scalars and rows: take the matrix out of it")
        if not sides:  # the same row for every example
            other = Example(as_expr(1), outer(ones(), other), kind(other) == "row")
        return Example(_times(_weight(scalar), other.weight), other.rows, other.turned)
    data = sides[0] if sides else None
    if data and (function is dot or kinds == ("row", "column")):
        v = b if data is a else a
        return Example(_times(data.weight, np.matmul(data.rows, v.T if kind(v) == "row" else v)))
    if data and kinds == ("row", "matrix"):
        return Example(a.weight, np.matmul(a.rows, b), True)
    if data and kinds == ("matrix", "column"):
        return Example(b.weight, np.matmul(b.rows, a.T))
    raise UnsupportedError("sum_i: it adds up scalars and rows, such as w.x_i and x_i^T")


def total(e) -> Expr:
    """The sum of an example over the data."""
    if not isinstance(e, Example) or e.rows is None and e.weight.ndim == 0:
        raise ShapeError("sum_i: nothing in it runs over the data: write y_i or x_i")
    if e.rows is None:
        return np.sum(e.weight)
    weight = e.weight if e.weight.ndim else _times(e.weight, ones())
    row = np.matmul(weight, e.rows)
    return row.T if e.turned else row


# --- building --------------------------------------------------------------------------------

_HIGHEST = 90  # operations upon one another, so that what is read can be printed
_MOST = 500  # nodes, so that no line takes long
_POWER = 99  # constant exponents
_LARGEST = 1000  # digits that a coefficient can come to
_REFUSED = (TypeError, ValueError, ArithmeticError, IndexError, RecursionError)


class Builder:
    """Calls what builds expressions, ``build(column, function, *operands)``, within bounds."""

    def __init__(self, given):
        self.sizes = {e: (0, 0.3, number(e)) for e in given}
        self.turned = 0  # a product is turned factor by factor

    def __call__(self, column, function, *operands):
        """``function(*operands)``; whatever is refused becomes a ReadError with this column."""
        try:
            if function in (power, divide, np.divide):
                operands = operands[0], self.below(function, operands[1])
            if function is not total and any(isinstance(e, Example) for e in operands):
                e = of_examples(function, operands)
            else:
                _refuse_beside(function, operands)
                self.turned += self.size(*operands)[0] if function is np.transpose else 0
                e = function(*operands)
            for part in e.parts if isinstance(e, Example) else [e]:
                self.check(part)
            return e
        except RecursionError:
            raise ReadError("this is nested too deeply", column) from None
        except _REFUSED as error:
            raise ReadError(str(error), column, isinstance(error, ShapeError)) from None

    def below(self, function, e):
        """An exponent or denominator, if its value is fit to be one."""
        value = None if isinstance(e, Example) else self.size(e)[2]
        if value is None:
            return e
        if function is not power:
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
                parts = Fraction(e.params[0]).as_integer_ratio()
                digits = max(0.3, *(math.log10(max(1, abs(n))) for n in parts))
            elif values and not any(v is None for v in values):
                value = _value(e, values)
            if e.op.name == "power" and values[1] is not None:
                digits = operands[0][1] * max(1, np.max(np.abs(values[1])))
            self.sizes[e] = height, digits, value
        return self.sizes[e]


def number(e) -> float | None:
    return float(e.params[0]) if e.op is NUMBER else None


def _value(e, values):
    """The value of a constant; None where it has an open length."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(e.op.numpy(*values, *e.params), dtype=float)
    except _REFUSED:
        return None


_ADDED = {np.add: "added", np.subtract: "subtracted"}


def _refuse_beside(function, operands):
    """What NumPy would spread over a matrix, or lay down, and a person does not mean."""
    if not isinstance(function, np.ufunc) or len(operands) != 2:
        return
    a, b = operands
    kinds = {kind(a), kind(b)}
    parts = f"{a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}"
    if "matrix" in kinds and len(kinds) > 1:
        if "scalar" in kinds and function not in _ADDED:
            return
        hint = {"scalar": "a number times I is a matrix", "column": "diag( ) makes a matrix of it"}
        more = next((f": {hint[k]}" for k in hint if k in kinds and function in _ADDED), "")
        done = _ADDED.get(function, "taken together element by element")
        raise ShapeError(f"{parts}, they cannot be {done}{more}")
    if kinds == {"row", "column"}:
        raise ShapeError(f"{parts}: a row and a column; one of them has a ^T too few or too many")
