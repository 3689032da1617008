"""Formulas as NumPy that one would write by hand.

What is written in linear algebra beside a matrix is broadcast again: ``diag(r) E`` is ``r[:, None]
* E``, ``X + 1 b^T`` is ``X + b``, ``X^T 1`` is ``X.sum(axis=0)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ..graph.expr import NUMBER, SIZE, SYMBOL, Expr, Primitive, UnsupportedError
from ..graph.lengths import LENGTHS
from ..graph.primitives import (
    ADD,
    ADJUGATE,
    CHOICE,
    COLUMN,
    COPIES,
    DIAG,
    DIVIDE,
    DOT,
    EQUAL,
    FROBENIUS,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    LOGICAL_NOT,
    MATMAT,
    MATRIX_SUM,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    NORM,
    NOT_EQUAL,
    ONES,
    OTHERS,
    OUTER,
    POWER,
    ROWMAX,
    ROWPROD,
    SEGMENT,
    SELECTOR,
    SHARES,
    SIGMOID,
    SOFTPLUS,
    STACK,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    TRIANGLE,
    VECMAT,
    WHERE,
)
from ..graph.products import factors
from ..graph.shapes import joined_length, parts_of_length
from ..graph.walk import is_number, walk
from ..jacobian.along import COLUMNS, LOG_SOFTMAX, LOG_SUM_EXP, ROWS, SOFTMAX, VECTOR
from .source_code import (
    ATOM,
    COMPARED,
    MULTIPLIED,
    RAISED,
    SIGNED,
    SUMMED,
    Identifiers,
    Laid,
    Written,
    laid_as,
    number_source,
)

_AXIS = {ROWS: 1, COLUMNS: 0, VECTOR: 0}
_CALLS = {
    operations[along]: (name, axis)
    for name, operations in (
        ("softmax", SOFTMAX), ("log_softmax", LOG_SOFTMAX), ("logsumexp", LOG_SUM_EXP),
    )
    for along, axis in _AXIS.items()
}  # fmt: skip
_SIGNS = {
    GREATER: ">", GREATER_EQUAL: ">=", LESS: "<", LESS_EQUAL: "<=", EQUAL: "==", NOT_EQUAL: "!=",
}  # fmt: skip
_POLYNOMIAL = {SYMBOL, NUMBER, SIZE, ADD, SUBTRACT, MULTIPLY, NEGATIVE}


class NumpySource:
    """Writes formulas of variables; ``names`` has their identifiers, and those of lengths."""

    def __init__(self, names: Identifiers):
        self.names = names
        self.helpers: dict[str, None] = {}  # that what has been written calls
        self.lengths: dict[str, None] = {}  # the letters of lengths that stand in it

    def line(self, e: Expr) -> str:
        """A formula in its own shape."""
        return self.full(e, COMPARED)

    def full(self, e: Expr, level: int) -> str:
        """With all its axes, as a product of matrices needs it."""
        written = self.number_of(e)
        if written.laid is Laid.FULL or e.ndim < 2:
            return written.within(level)
        shape = ", ".join(map(self.length, e.shape))
        return f"np.broadcast_to({written.text}, ({shape}))"

    def __call__(self, e: Expr) -> Written:
        written = self._written(e)
        return written if e.ndim else written._replace(laid=Laid.SCALAR)

    def _written(self, e):
        write = _WRITERS.get(e.op)
        if write is not None:
            return write(self, e)
        if e.op in _SIGNS:
            left, right = map(self, e.args)
            text = f"{left.within(SUMMED)} {_SIGNS[e.op]} {right.within(SUMMED)}"
            return Written(text, COMPARED, laid_as(left, right), truth=True)
        if e.op in _CALLS:
            name, axis = _CALLS[e.op]
            return self.called(name, self.full(*e.args, COMPARED), f"axis={axis}")
        if e.op.sympy_form and isinstance(e.op.numpy, np.ufunc):
            operands = [self.number_of(a) for a in e.args]
            listed = ", ".join(w.text for w in operands)
            return Written(f"np.{e.op.numpy.__name__}({listed})", ATOM, laid_as(*operands))
        return self.by_template(e)

    def called(self, name: str, *operands: str) -> Written:
        self.helpers[name] = None
        return Written(f"{self.names.helper(name)}({', '.join(operands)})")

    def by_template(self, e: Expr) -> Written:
        """As the operation's row has it."""
        if e.op.numpy_source is None:
            raise UnsupportedError(f"{e.op.name} has no NumPy source")
        params = {
            name: self.shape(p) if name in LENGTHS else repr(p) for name, p in e.params.items()
        }
        operands = [self.full(a, ATOM) for a in e.args]
        listed = ", ".join(self.full(a, COMPARED) for a in e.args)
        return Written(e.op.numpy_source.format(*operands, all=listed, **params))

    # --- lengths and numbers ---

    def length(self, part) -> str:
        """The source of a length."""
        if not isinstance(part, str):
            return repr(part)
        letters, number = parts_of_length(part)
        self.lengths.update(dict.fromkeys(n for product in letters for n in product.split()))
        text = " + ".join(" * ".join(map(self.names.length, n.split())) for n in letters)
        return text + (f" {'-' if number < 0 else '+'} {abs(number)}" if number else "")

    def shape(self, part) -> str:
        if not isinstance(part, tuple):
            return self.length(part)
        return f"({', '.join(map(self.length, part))}{',' * (len(part) == 1)})"

    def number_of(self, e: Expr) -> Written:
        """What may stand in a sum or a function: a condition as 1.0 and 0.0."""
        written = self(e)
        if not written.truth:
            return written
        return Written(f"1.0 * {written.within(RAISED)}", MULTIPLIED, written.laid)

    def symbol(self, e):
        return Written(self.names.variable(e.params["name"]))

    def size(self, e):
        text = self.length(e.params["length"])
        return Written(text, SUMMED if " " in text else ATOM)

    def number(self, e):
        value = e.params["value"]
        text = number_source(abs(value))
        level = MULTIPLIED if " / " in text and text[-1] != ")" else ATOM
        return Written(f"-{text}", SIGNED) if value < 0 else Written(text, level)

    # --- element by element ---

    def add(self, e):
        a, b = map(self.number_of, e.args)
        sign, level = ("+", SUMMED) if e.op is ADD else ("-", MULTIPLIED)
        if b.text.startswith("-") and e.op is ADD:
            level = RAISED
        return Written(f"{a.within(SUMMED)} {sign} {b.within(level)}", SUMMED, laid_as(a, b))

    def negative(self, e):
        (a,) = map(self.number_of, e.args)
        (first,) = e.args
        while first.op in (MULTIPLY, DIVIDE):
            first = first.args[0]
        if first is not e.args[0] and self(first).truth:  # NumPy has no minus for truths
            return Written(f"-1.0 * {a.within(MULTIPLIED)}", MULTIPLIED, a.laid)
        return Written(f"-{a.within(MULTIPLIED)}", SIGNED, a.laid)

    def logical_not(self, e):
        (a,) = map(self, e.args)
        return Written(f"1 - {a.within(MULTIPLIED)}", SUMMED, a.laid)

    def multiply(self, e):
        if (mean := self.mean(e)) is not None:
            return mean
        a, b = map(self, e.args)
        loose = e.args[1].op in (MULTIPLY, POWER)
        text = f"{a.within(MULTIPLIED)} * {b.within(MULTIPLIED if loose else SIGNED)}"
        return Written(text, MULTIPLIED, laid_as(a, b), truth=a.truth and b.truth)

    def divide(self, e):
        if (mean := self.mean(e)) is not None:
            return mean
        a, b = map(self, e.args)
        return Written(f"{a.within(MULTIPLIED)} / {b.within(SIGNED)}", MULTIPLIED, laid_as(a, b))

    def power(self, e):
        base, exponent = map(self.number_of, e.args)
        if is_number(e.args[1], 3) and base.level == ATOM:  # much faster than a power
            return Written(f"{base.text} * {base.text}**2", MULTIPLIED, base.laid)
        text = f"{base.within(ATOM)}**{exponent.within(RAISED)}"
        return Written(text, RAISED, laid_as(base, exponent))

    def where(self, e):
        condition, yes, no = e.args
        masked = condition.op is TRIANGLE
        c = self.triangle(condition, "bool") if masked else self(condition)
        a = self.number_of(yes)
        plain = e.shape == condition.shape and condition.boolean and is_number(no, 0)
        if plain and all(part.op in _POLYNOMIAL or part.op is MATMAT for part in walk(yes)):
            if is_number(yes, 1):
                return c
            text = f"{a.within(MULTIPLIED)} * {c.within(SIGNED)}"
            return Written(text, MULTIPLIED, laid_as(c, a))
        b = self.number_of(no)
        return Written(f"np.where({c.text}, {a.text}, {b.text})", ATOM, laid_as(c, a, b))

    def sigmoid(self, e):
        return self.called("sigmoid", self.number_of(*e.args).text)._replace(
            laid=self(*e.args).laid
        )

    def softplus(self, e):
        (z,) = map(self.number_of, e.args)
        return Written(f"np.logaddexp(0, {z.text})", ATOM, z.laid)

    # --- rows and columns beside matrices ---

    def column(self, v: Expr) -> Written:
        """A vector as a column that lies beside a matrix."""
        summed = self.reduced(v)
        if summed is not None and summed.axis == 1:
            return Written(summed.text(keepdims=True), ATOM, Laid.COLUMN)
        return Written(f"{self.number_of(v).within(ATOM)}[:, None]", ATOM, Laid.COLUMN)

    def row(self, v: Expr) -> Written:
        """A vector as a row that lies beside a matrix."""
        return self.number_of(v)._replace(laid=Laid.ROW)

    def outer(self, e):
        v, w = e.args
        if w.op is ONES:
            return self.scalar_or(v, self.column)
        if v.op is ONES:
            return self.scalar_or(w, self.row)
        return Written(f"np.outer({self.number_of(v).text}, {self.number_of(w).text})")

    def scalar_or(self, v, write):
        return Written("1.0", ATOM, Laid.SCALAR) if v.op is ONES else write(v)

    def matmat(self, e):
        left, right = e.args
        if left.op is DIAG:
            return self.scaled(right, *left.args, self.column)
        if right.op is DIAG:
            return self.scaled(
                left, *right.args, lambda v: self.number_of(v)._replace(laid=Laid.ROW)
            )
        if left.op is CHOICE:
            return Written(f"{self.full(right, ATOM)}[{[*left.params['indices']]}]")
        return Written(f"{self.full(left, MULTIPLIED)} @ {self.full(right, SIGNED)}", MULTIPLIED)

    def scaled(self, matrix, v, lay):
        """Rows or columns times a number each."""
        a = self.number_of(matrix)
        if v.op is DIVIDE:
            above, below = v.args
            if not is_number(above, 1):
                a = self.times(a, lay(above) if above.ndim else self(above))
            b = lay(below) if below.ndim else self(below)
            return Written(
                f"{a.within(MULTIPLIED)} / {b.within(SIGNED)}", MULTIPLIED, laid_as(a, b)
            )
        return self.times(a, lay(v))

    def times(self, a, b):
        return Written(f"{a.within(MULTIPLIED)} * {b.within(SIGNED)}", MULTIPLIED, laid_as(a, b))

    # --- sums ---

    def reduced(self, e: Expr) -> Reduced | None:
        """A sum or mean of all elements, or along an axis; None for anything else."""
        return self._mean_of(e) or self._sum_of(e)

    def _sum_of(self, e, name="sum"):
        if e.op in (SUM, MATRIX_SUM):
            return Reduced(self.full(*e.args, ATOM), name, None)
        if e.op is DOT and any(a.op is ONES for a in e.args):
            v = e.args[e.args[0].op is ONES]
            return Reduced(self.full(v, ATOM), name, None)
        if e.op not in (MATVEC, VECMAT):
            return None
        matrix, v = e.args if e.op is MATVEC else e.args[::-1]
        if v.op is not ONES:
            return None
        axis = 1 if e.op is MATVEC else 0
        if matrix.op is TRANSPOSE:
            (matrix,), axis = matrix.args, 1 - axis
        return Reduced(self.full(matrix, ATOM), name, axis)

    def _mean_of(self, e):
        if e.op not in (MULTIPLY, DIVIDE):
            return None
        coefficient, powers = factors(e)
        lengths = {a.params["length"]: p for a, p in powers.items() if a.op is SIZE}
        sums = [a for a in powers if a.op is not SIZE]
        if len(sums) != 1 or powers[sums[0]] != 1 or {*lengths.values()} - {-1}:
            return None
        share = Fraction(coefficient)
        (total,) = sums
        if not (summed := _summed_lengths(total)) or share.numerator != 1:
            return None
        numbers = math.prod(n for n in summed if isinstance(n, int))
        letters = [n for n in summed if isinstance(n, str)]
        if sorted(letters) != sorted(lengths) or share.denominator != numbers:
            return None
        return self._sum_of(total, "mean")

    def mean(self, e):
        mean = self._mean_of(e)
        return mean and Written(mean.text())

    def summed(self, e):
        return Written(self._sum_of(e).text())

    def matvec(self, e):
        if (summed := self._sum_of(e)) is not None:
            return Written(summed.text())
        left, right = (
            self.full(a, level) for a, level in zip(e.args, (MULTIPLIED, SIGNED), strict=True)
        )
        return Written(f"{left} @ {right}", MULTIPLIED)

    # --- others ---

    def transpose(self, e):
        a = self(*e.args)
        if a.laid is Laid.ROW:
            return Written(f"{a.within(ATOM)}[:, None]", ATOM, Laid.COLUMN, a.truth)
        laid = Laid.ROW if a.laid is Laid.COLUMN else a.laid
        return Written(f"{a.within(ATOM)}.T", ATOM, laid, a.truth)

    def rowwise(self, e):
        """The largest, or the product, of each row; of each column, if it is transposed."""
        (matrix,), name = e.args, "max" if e.op is ROWMAX else "prod"
        axis = 1
        if matrix.op is TRANSPOSE:
            (matrix,), axis = matrix.args, 0
        return Written(f"{self.full(matrix, ATOM)}.{name}(axis={axis})")

    def norm(self, e):
        return Written(f"np.linalg.norm({self.full(*e.args, COMPARED)})")

    def stack(self, e):
        if all(part.op in (STACK, NUMBER) for part in walk(e)):
            return Written(f"np.array({_nested(e)})")
        return self.by_template(e)

    def triangle(self, e, kind=""):
        rows, columns = map(self.length, e.params["lengths"])
        k = f", k={e.params['k']}" * bool(e.params["k"])
        if e.params["lower"]:
            shape = rows if rows == columns else f"{rows}, {columns}"
            return Written(f"np.tri({shape}{k}{kind and f', dtype={kind}'})")
        return Written(f"np.triu(np.ones(({rows}, {columns}){kind and f', {kind}'}){k})")

    def part(self, e):
        """A part of a vector, or the matrix that puts one in its place."""
        lengths, part = e.params["lengths"], e.params["part"]
        start = self.length(joined_length(lengths[:part])) if part else ""
        end = self.length(joined_length(lengths[: part + 1])) if part + 1 < len(lengths) else ""
        places = f"{start}:{end}"
        if e.op is SEGMENT:
            return Written(f"{self.full(*e.args, ATOM)}[{places}]")
        return Written(f"np.eye({' + '.join(map(self.length, lengths))})[:, {places}]")

    def choice(self, e):
        return Written(f"np.eye({self.length(e.params['length'])})[{[*e.params['indices']]}]")

    def others(self, e):
        return self.called("products_of_others", self.full(*e.args, COMPARED))

    def shares(self, e):
        return self.called("shares_of_largest", self.full(*e.args, COMPARED))

    def adjugate(self, e):
        return self.called("adjugate", self.full(*e.args, COMPARED))

    def copies(self, e):
        n, count = map(self.length, e.params["lengths"])
        if e.params["each"]:
            return Written(f"np.repeat(np.eye({n}), {count}, axis=0)")
        return Written(f"np.tile(np.eye({n}), ({count}, 1))")

    def column_node(self, e):
        return Written(f"{self.number_of(*e.args).within(ATOM)}[:, None]")


class Reduced(NamedTuple):
    """A sum or a mean along an axis; of all elements, if that is None."""

    of: str
    name: str
    axis: int | None

    def text(self, keepdims: bool = False) -> str:
        options = [] if self.axis is None else [f"axis={self.axis}"]
        options += ["keepdims=True"] if keepdims else []
        return f"{self.of}.{self.name}({', '.join(options)})"


def _summed_lengths(e: Expr) -> list:
    """The lengths over which a sum goes; empty for anything else."""
    if e.op in (SUM, MATRIX_SUM):
        return [*e.args[0].shape]
    if e.op in (MATVEC, VECMAT, DOT):
        v = next((a for a in e.args if a.op is ONES), None)
        return [] if v is None else [*v.shape]
    return []


def _nested(e: Expr):
    if e.op is NUMBER:
        value = e.params["value"]
        return int(value) if value == int(value) else float(value)
    return [*map(_nested, e.args)]


_WRITERS: dict[Primitive, Callable[[NumpySource, Expr], Written]] = {
    SYMBOL: NumpySource.symbol,
    NUMBER: NumpySource.number,
    SIZE: NumpySource.size,
    ADD: NumpySource.add,
    SUBTRACT: NumpySource.add,
    NEGATIVE: NumpySource.negative,
    LOGICAL_NOT: NumpySource.logical_not,
    MULTIPLY: NumpySource.multiply,
    DIVIDE: NumpySource.divide,
    POWER: NumpySource.power,
    WHERE: NumpySource.where,
    SIGMOID: NumpySource.sigmoid,
    SOFTPLUS: NumpySource.softplus,
    OUTER: NumpySource.outer,
    MATMAT: NumpySource.matmat,
    MATVEC: NumpySource.matvec,
    VECMAT: NumpySource.matvec,
    DOT: NumpySource.matvec,
    SUM: NumpySource.summed,
    MATRIX_SUM: NumpySource.summed,
    TRANSPOSE: NumpySource.transpose,
    ROWMAX: NumpySource.rowwise,
    ROWPROD: NumpySource.rowwise,
    NORM: NumpySource.norm,
    FROBENIUS: NumpySource.norm,
    STACK: NumpySource.stack,
    TRIANGLE: NumpySource.triangle,
    SEGMENT: NumpySource.part,
    SELECTOR: NumpySource.part,
    CHOICE: NumpySource.choice,
    OTHERS: NumpySource.others,
    SHARES: NumpySource.shares,
    ADJUGATE: NumpySource.adjugate,
    COPIES: NumpySource.copies,
    COLUMN: NumpySource.column_node,
}
