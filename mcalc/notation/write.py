"""The paper's notation: one visitor, which writes in either of two styles.

Vectors are bold, lower case and vertical; ``x^T`` is a row; ``w ⊗ x`` is the Hadamard product;
a condition on the data stands inside the sum that runs over them.
"""

from __future__ import annotations

from functools import partial

from ..graph import expr, simplify
from ..graph.expr import ADJOINT, SYMBOL, Expr, node
from ..graph.facts import is_symmetric
from ..graph.lengths import FILLED
from ..graph.normal_form import introduced
from ..graph.primitives import (
    ADD,
    CHOICE,
    COLUMN,
    CONCATENATE,
    DIVIDE,
    EXCHANGE,
    IDENTITY,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    ONES,
    OUTER,
    ROW,
    STACK,
    SUBTRACT,
    TRANSPOSE,
    VECMAT,
    WHERE,
    ZEROS,
)
from ..graph.refine import refined
from ..graph.walk import is_number
from .elements import PRODUCTS, SUMS, ElementWriter
from .leaves import Precedence
from .style import STYLES, Style


class Writer(ElementWriter):
    """Writes linear algebra, too: rows, products of matrices, lists, sums over the data."""

    def as_row(self, v, level=Precedence.CASES):
        """A vector as a row."""
        if level > Precedence.SUM and v.op in SUMS:
            return self.style("parens", self(v)) + "^T"
        return self(v.T if v.ndim == 1 else v, level)

    def fitting(self, v, level, without=(ONES,)):
        """A vector beside something that tells its length: ``A 1``, and not ``A 1_n``."""
        return (self.within(beside_vector=True) if v.op in without else self)(v, level)

    def shows_length(self, e):
        if e.op in (MATVEC, VECMAT):  # 1 x^T w is as long as the ones are
            matrices = [a for a in e.args if a.ndim == 2]
            return self.shows_axis(*matrices, int(e.op is VECMAT))
        return super().shows_length(e)

    def beside_what_shows(self, *operands):
        shown = all(self.shows_axis(e, k) for e in operands if e.ndim == 2 for k in (0, 1))
        return self if shown or self.style.latex else self.within(ones_have_lengths=True)

    def shows_axis(self, e, axis):
        """Whether how high (axis 0) or wide a matrix is can be seen: ``1 x^T`` shows no height."""
        if e.op in (IDENTITY, EXCHANGE, ZEROS):
            return False
        if e.op is OUTER:
            return self.shows_length(e.args[axis])
        if e.op is TRANSPOSE:
            return self.shows_axis(e.args[0], 1 - axis)
        if e.op is MATMAT:
            return self.shows_axis(e.args[axis], axis)
        matrices = [a for a in e.args if a.ndim == 2]
        return not (e.op.sympy_form and matrices) or any(self.shows_axis(a, axis) for a in matrices)

    def _slope(self, e, turned=False):
        written = self.style("∂", self(e.params["of"]), self(e.params["by"]))
        if turned or not e.ndim:
            return written, Precedence.ATOM
        return self.style("parens", written) + "^T", Precedence.POWER

    # --- linear algebra ---

    def _dot(self, e):
        a, b = e.args
        if b.op in PRODUCTS or a.op is ADJOINT:
            return f"{self.as_row(a, Precedence.POWER)} {self(b)}", Precedence.PRODUCT
        if a.op is VECMAT:
            return (
                f"{self.as_row(a, Precedence.PRODUCT)} {self.fitting(b, Precedence.POWER)}",
                Precedence.PRODUCT,
            )
        if a.op in FILLED or b.op in FILLED:  # no dot product: 1.x looks like a number
            a, b = (b, a) if b.op is ZEROS else (a, b)  # since x^T 0 is read as a row
            right = (
                self.fitting(b, Precedence.POWER)
                if self.shows_length(a)
                else self(b, Precedence.POWER)
            )
            return f"{self.as_row(a, Precedence.POWER)} {right}", Precedence.PRODUCT
        return self.style(
            "dot", self(a, Precedence.ATOM), self(b, Precedence.ATOM)
        ), Precedence.PRODUCT

    def _matvec(self, e, laid=False):
        matrix, v = e.args if e.op is MATVEC else (e.args[1].T, e.args[0])
        # (S x)^T is x^T S, if S is its own transpose
        turned = refined(matrix.T) if laid and e.op is MATVEC else matrix.T
        if self.index and not laid:
            row, outside = self.data_row(matrix), self.within(index=None)
            if row is None:
                return f"({outside(e)})_i", Precedence.ATOM
            if v.op in FILLED:
                return f"{outside.as_row(v, Precedence.POWER)} {row}", Precedence.PRODUCT
            return self.style("dot", outside(v, Precedence.ATOM), row), Precedence.PRODUCT
        if v.op in FILLED and not self.style.latex and not self.shows_axis(matrix, 1):
            ones = self.within(beside_vector=False)(v)  # with their length
            if laid:
                return f"{ones}^T {self(turned, Precedence.POWER)}", Precedence.PRODUCT
            return f"{self(matrix, Precedence.POWER)} {ones}", Precedence.PRODUCT
        row = self.data_row(matrix.T)
        if v.op is WHERE and row:
            return self.weighted(v, row, "^T" if laid else ""), Precedence.PRODUCT
        if laid:
            return (
                f"{self.as_row(v, Precedence.PRODUCT)} {self(turned, Precedence.POWER)}",
                Precedence.PRODUCT,
            )
        right = self.fitting(v, Precedence.PRODUCT if v.op in PRODUCTS else Precedence.POWER)
        return f"{self(matrix, Precedence.POWER)} {right}", Precedence.PRODUCT

    _vecmat = _matvec

    def _matmat(self, e):
        left, right = e.args
        level = (
            Precedence.PRODUCT if left.op is MATMAT else Precedence.POWER
        )  # brackets make no difference
        last = Precedence.POWER if right.op in (MULTIPLY, DIVIDE) else Precedence.PRODUCT
        return f"{self(left, level)} {self(right, last)}", Precedence.PRODUCT

    def data_row(self, matrix):
        """Example i of the data: ``x_i`` is row i of ``X``, if ``X`` has N rows."""
        if matrix.op is not SYMBOL or matrix.shape[0] != "N":
            return None
        name = matrix.name.lower() if len(matrix.name.split("_")[0]) == 1 else matrix.name
        return self.style.symbol(matrix.name if name in self.used_names else name, 1, "i")

    def weighted(self, v, row, turn):
        """The sum over the data of each row times its weight, which is a case distinction."""
        inside = self.within(index="i")

        def write(weight, level):
            if is_number(weight, 0) or is_number(weight, 1):
                return (row if weight.params["value"] else self.style("zeros")) + turn
            return f"{inside(weight, Precedence.PRODUCT)} {row}{turn}"

        return self.style("sum_i", inside._where(v, write)[0])

    def _outer(self, e):
        column, row = e.args
        # brackets make no difference in A x w^T B; those of a sum stay, (A 1) 1^T
        level = Precedence.PRODUCT if _is_open_product(column) else Precedence.POWER
        if column.op is ONES and self.ones_have_lengths:
            left = self.within(beside_vector=False)(column, level)
        else:
            left = self.fitting(column, level)
        return f"{left} {self._right_of_outer(row)}", Precedence.PRODUCT

    def _right_of_outer(self, row):
        """``x^T B`` for the row of B^T x, and ``(A x)^T`` for that of A x."""
        if row.op is ONES and self.ones_have_lengths:
            return self.within(beside_vector=False)(row, Precedence.ATOM) + "^T"
        if row.op is MATVEC and row.args[0].op is not TRANSPOSE and not is_symmetric(row.args[0]):
            return self.style("parens", self(row)) + "^T"
        return self.as_row(row, Precedence.PRODUCT if _is_open_product(row) else Precedence.POWER)

    def _transpose(self, e):
        (matrix,) = e.args
        if matrix.op is ADJOINT:
            return self._slope(matrix, turned=True)
        if matrix.op is COLUMN:
            return self._row(node(ROW, *matrix.args))
        if matrix.op is CHOICE:
            return self._choice(matrix, turned=True)
        return self(matrix, Precedence.ATOM) + "^T", Precedence.POWER

    def _column(self, e):
        """A column is what a vector is on paper."""
        (v,) = e.args
        return getattr(self, "_" + v.op.name, self._function)(v)

    def _stack(self, e):
        if e.ndim == 1:
            return self.style("column", *map(self, e.args)), Precedence.ATOM
        if all(a.op is STACK for a in e.args):
            return self.style.grid(map(self, row.args) for row in e.args), Precedence.ATOM
        return self.style("blocks", *map(self.rows_of(e).as_row, e.args)), Precedence.ATOM

    def _concatenate(self, e):
        return self.style("blocks", *map(self, e.args)), Precedence.ATOM

    def _blocks(self, e):
        blocks = e.args
        if e.shape[1] == 1 and any(a.op is COLUMN for a in blocks) and not self.style.latex:
            # columns are vectors: [0_m; v]
            blocks = [node(ZEROS, lengths=a.shape[:1]) if a.op is ZEROS else a for a in blocks]
        unknown = [a for a in blocks if a.ndim > 1 and not _is_square(a)]
        several = sum(not self.shows_axis(a, 0) for a in unknown) > (e.shape[1] != 1)
        several = several and not self.style.latex
        write = self.rows_of(e).within(zeros_have_shapes=several, ones_have_lengths=several)
        return self.style("blocks", *map(write, blocks)), Precedence.ATOM

    def rows_of(self, e):
        """This writer in a list of rows: if all of them are ones or zeros, they have a length."""
        return self.within(in_list=not any(map(self.shows_length, e.args)))

    def _row(self, e):
        (v,) = e.args
        scalar_first = v.args and v.args[0].ndim == 0
        if v.op is ADJOINT:
            return self._slope(v, turned=True)
        if v.op is WHERE and not any(condition.ndim for condition in _conditions(v)):
            return self._where(v, lambda e, level: self.as_row(_spread(e, v.shape), level))
        if v.op is NEGATIVE:
            return "-" + self.as_row(v.args[0], Precedence.PRODUCT), Precedence.SUM
        if v.op is DIVIDE and v.args[1].ndim == 0:
            return self._divide(v, self.as_row)
        if v.op is MULTIPLY and scalar_first and not is_number(v.args[0], 1):  # (1 (x > 0))^T
            return self.juxtapose([v.args[0], v.args[1].T]), Precedence.PRODUCT
        if v.op in PRODUCTS:
            return self._matvec(v, laid=True)
        if v.op in (ADD, SUBTRACT) and _has_row_times_matrix(v):
            sign = " + " if v.op is ADD else " - "
            return self.as_row(v.args[0], Precedence.SUM) + sign + self.as_row(
                v.args[1], Precedence.PRODUCT
            ), Precedence.SUM
        if v.op in (STACK, CONCATENATE):
            return self.style(
                "row", *map(self.within(in_list=True).as_row, v.args)
            ), Precedence.ATOM
        return (
            self(v, Precedence.ATOM) if self.in_list else self.fitting(v, Precedence.ATOM, FILLED)
        ) + "^T", Precedence.POWER


def _has_row_times_matrix(v):
    """Whether a term of this sum is ``v^T W``, so that all are rows; ``(W x + b)^T`` is shorter."""
    stack = [v]
    while stack:
        v = stack.pop()
        if v.op in (ADD, SUBTRACT, NEGATIVE, MULTIPLY):
            stack += v.args[-1:] if v.op is MULTIPLY else v.args
        elif v.op is VECMAT or v.op is MATVEC and v.args[0].op is TRANSPOSE:
            return True
    return False


def _is_open_product(v):
    """Whether a vector is a product that stands beside others without brackets."""
    return v.op in PRODUCTS and not any(a.op is ONES for a in v.args)


def _is_square(e):
    """Whether it can be seen that a matrix is as high as it is wide: ``I - (1/n) 1 1^T``."""
    matrices = [a for a in e.args if a.ndim == 2] if e.op.sympy_form else ()
    return e.op in (IDENTITY, EXCHANGE) or any(map(_is_square, matrices))


def _spread(e, shape):
    """A number as the vector it stands for."""
    if is_number(e, 0):
        return node(ZEROS, lengths=shape)
    return e if e.ndim else simplify.mul(e, node(ONES, length=shape[0]))


def _conditions(e):
    """The conditions of cases, in their order."""
    while e.op is WHERE:
        yield e.args[0]
        e = e.args[2]


def with_definitions(written: str, e: Expr, write: Writer) -> str:
    """A formula with what its names stand for beside it: ``..., s = ...``."""
    for named in introduced(e):
        written += f", {write(named)} = {write(named.params['written'])}"
    return written


def _written(style: Style, e: Expr, level=Precedence.CASES, names=()) -> str:
    write = Writer(style, e, names=names)
    return with_definitions(write(e, level), e, write)


expr.WRITERS.update({style.name: partial(_written, style) for style in STYLES})
