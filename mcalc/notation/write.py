"""The paper's notation: one visitor, which writes in either of two styles.

Vectors are bold, lower case and vertical; ``x^T`` is a row; ``w ⊗ x`` is the Hadamard product;
a condition on the data stands inside the sum that runs over them.
"""

from __future__ import annotations

import re
from copy import copy
from enum import IntEnum
from fractions import Fraction
from itertools import pairwise

from ..graph import expr, simplify, walk
from ..graph.expr import ADJOINT, DEEP, LET, NUMBER, SIZE, SYMBOL, UNEVALUATED, Expr, node
from ..graph.lengths import FILLED
from ..graph.primitives import (
    ADD,
    CONCATENATE,
    DIVIDE,
    DOT,
    IDENTITY,
    INDEX,
    LOGICAL_NOT,
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
    ZEROS,
)
from ..graph.walk import is_number
from .style import STYLES, Style


class Precedence(IntEnum):
    """How tightly a written part holds together."""

    CASES, SUM, PRODUCT, POWER, ATOM = range(5)


_PRODUCTS = (MATVEC, VECMAT, MATMAT)
_SUMS = (ADD, SUBTRACT, LOGICAL_NOT)  # the last is written as 1 - (x > 0)
_SCALED = (ROW, MULTIPLY, DIVIDE, NEGATIVE, WHERE)  # as a row in a list is


LONG = 5000  # parts of a formula that is written


def unwritten(e: Expr) -> str:
    """Why a formula is not written; empty if it is."""
    if e.nesting > DEEP:
        return "too deep to be written"
    return "too long to be written" if e.weight > LONG else ""


class Writer:
    """Writes expressions in one style. ``index`` is "i" while inside a sum over the data.

    With ``partial``, derivatives of a function of one variable are written with ∂ as well.
    ``names`` are those of more variables, which stand beside what is written.
    """

    def __init__(self, style: Style, whole: Expr, partial=False, names=()):
        self.style, self.index, self.in_diagonal, self.partial = style, "", False, partial
        self.beside_vector = self.in_list = False  # where ones need no length, and rows of them do
        self._visible: dict[Expr, bool] = {}
        self.used_names = {e.name for e in walk.symbols(whole)}
        self.names = {e.name for e in walk.walk(whole) if e.name} | {*names}

    def __call__(self, e: Expr, level=Precedence.CASES) -> str:
        """``e``, in parentheses if it holds less tightly than ``level``."""
        if reason := unwritten(e):
            return self.style("parens", self.style.words(reason))
        place = (
            self if e.ndim or not self.index else self.within(index=None)
        )  # the same for every i
        if e.args and not self.style.latex:
            beside = bool(e.op.sympy_form) and (self.beside_vector or self.shows_length(e))
            in_list = self.in_list and e.op in _SCALED
            place = place.within(beside_vector=beside and e.ndim == 1, in_list=in_list)
        written, tightness = getattr(place, "_" + e.op.name, place._function)(e)
        return written if tightness >= level else self.style("parens", written)

    def within(self, **place):
        """This writer in another place: ``index="i"`` is inside a sum over i, ``None`` inside it,
        too, but in something that does not depend on i."""
        other = copy(self)
        vars(other).update(place)
        return other

    def as_row(self, v, level=Precedence.CASES):
        """A vector as a row."""
        if level > Precedence.SUM and v.op in _SUMS:
            return self.style("parens", self(v)) + "^T"
        return self(v.T if v.ndim == 1 else v, level)

    def shows_length(self, e):
        """Whether a vector's length can be seen: ``x + 1`` is as long as x, ``2 1`` is a number."""
        if e not in self._visible:
            seen = e.ndim > 0 and e.op not in FILLED
            if seen and (e.op.sympy_form or e.op is ROW):
                seen = any(map(self.shows_length, e.args))
            self._visible[e] = seen
        return self._visible[e]

    def fitting(self, v, level, without=(ONES,)):
        """A vector beside something that tells its length: ``A 1``, and not ``A 1_n``."""
        return (self.within(beside_vector=True) if v.op in without else self)(v, level)

    def filled(self, e, digit):
        """Ones or zeros, with their length where nothing else tells it: ``1_n``, ``0_(m + 2)``."""
        if self.index or e.ndim > 1:
            return digit
        if self.style.latex or self.beside_vector or e.shape[0] is None:
            return self.style(e.op.name)
        length = f"{e.shape[0]}"
        return f"{digit}_({length})" if " " in length else f"{digit}_{length}"

    # --- leaves ---

    def _symbol(self, e):
        if self.index and e.ndim == 1:
            return self.style.symbol(e.name, 0, self.index), Precedence.ATOM
        return self.style.symbol(e.name, e.ndim), Precedence.ATOM

    _named = _symbol

    def _held(self, e):
        of, by = e.params["of"], e.params["by"]
        sign = "∂/∂" if self.partial or is_partial(e) else "d/d"
        level = Precedence.PRODUCT if _factors(of)[0].op is NUMBER else Precedence.POWER
        return self.style(sign, self(by), self(of, level)), Precedence.PRODUCT

    def _slope(self, e, turned=False):
        written = self.style("∂", self(e.params["of"]), self(e.params["by"]))
        if turned or not e.ndim:
            return written, Precedence.ATOM
        return self.style("parens", written) + "^T", Precedence.POWER

    def _number(self, e):
        value = e.params["value"]
        if not isinstance(value, Fraction) or value.denominator == 1:
            written, several = self.style.number(abs(value), self.used_names)
            level = Precedence.PRODUCT if several else Precedence.ATOM
            return (written, level) if value >= 0 else (f"-{written}", Precedence.SUM)
        written = self.style("fraction", str(abs(value.numerator)), str(value.denominator))
        return ("-" + written, Precedence.SUM) if value < 0 else (written, Precedence.PRODUCT)

    def _size(self, e):
        length = e.params["length"]
        return length, Precedence.SUM if " " in length else Precedence.ATOM

    def _ones(self, e):
        return self.filled(e, "1"), Precedence.ATOM

    def _zeros(self, e):
        return self.filled(e, "0"), Precedence.ATOM

    def _identity(self, e):
        return "I", Precedence.ATOM

    def _unit(self, e):
        return f"e_{e.params['index'] + 1}", Precedence.ATOM

    def _selector(self, e):
        return f"E_{e.params['part'] + 1}", Precedence.ATOM

    def _segment(self, e):
        return f"E_{e.params['part'] + 1}^T {self(e.args[0], Precedence.POWER)}", Precedence.PRODUCT

    def _index(self, e):
        (v,) = e.args
        place = str(e.params["index"] + 1)
        if f"{v.name}_{place}" in self.names:  # z_(1) beside a variable z_1
            place = f"({place})"
        if v.name:
            return self.style.symbol(v.name, 0, place), Precedence.ATOM
        return f"{self(v, Precedence.ATOM)}_{place}", Precedence.ATOM

    # --- sums and products of elements ---

    def _add(self, e):
        first, *rest = _summands(e)
        written = [self(first, Precedence.SUM)]
        for op, term in rest:
            loose = op is ADD and term.op in _SUMS
            sign = " + " if op is ADD else " - "
            written += sign, self(term, Precedence.SUM if loose else Precedence.PRODUCT)
        return "".join(written), Precedence.SUM

    _subtract = _add

    def _logical_not(self, e):
        return f"1 - {self(e.args[0], Precedence.PRODUCT)}", Precedence.SUM

    def _negative(self, e):
        return "-" + self(e.args[0], Precedence.PRODUCT), Precedence.SUM

    def _multiply(self, e):
        lead = _factors(e)[0]
        negative = lead.op is NUMBER and lead.params["value"] < 0
        return self.juxtapose(e.args), Precedence.SUM if negative else Precedence.PRODUCT

    def juxtapose(self, operands):
        """Factors side by side, and the Hadamard product between vectors."""
        factors = [f for e in operands for f in _factors(e)]
        *others, last = factors
        alone = not any(f.ndim for f in others)
        open_end = last.ndim and alone and last.op in (*_PRODUCTS, ROW, OUTER)
        open_end = open_end or last.op is UNEVALUATED
        first, *parts = [
            *map(self.factor, others),
            self.factor(last, (Precedence.POWER, Precedence.PRODUCT)[open_end]),
        ]
        written = first
        if factors[0].op is NUMBER:
            written = self(factors[0])
            if "/" in written:  # on a line of text 1/2x might be meant in two ways
                written = re.sub(r"[^-]+", r"(\g<0>)", written)
        vectors = 0  # so far: between two of them is the sign, also with a number in between
        for (before, f), part in zip(pairwise(factors), parts, strict=True):
            vectors += before.ndim > 0
            if vectors and f.ndim and not self.index:
                written = self.style("hadamard", written, part)
            elif part[0].isdigit() and (before.op is NUMBER or not f.ndim) or _alike(before, f):
                written = self.style("times", written, part)
            else:
                close = before.op is NUMBER and self.juxtaposes(f)
                close = close and written[-1] not in ")i"  # as in (1/2) x and pi x
                close = close and not part.startswith("sum_i")
                written += ("" if close else " ") + part
        return written

    def factor(self, f, level=Precedence.POWER):
        """One of several factors: on a line of text, ``1/n`` needs parentheses among them."""
        if f.op is DIVIDE and not f.ndim:
            if self.style.latex:
                level = Precedence.PRODUCT  # a fraction's line holds it together
            elif f.args[1].op in (SIZE, NUMBER):
                level = Precedence.ATOM
        return self(f, Precedence.PRODUCT if f.op is SUM else level)

    def juxtaposes(self, f):
        """Whether a factor stands right behind a number: 2x, 2(w - x), but 2 cos(x)."""
        while f.op in (POWER, ROW, MATVEC, OUTER, TRANSPOSE, INDEX):
            f = f.args[0]
        return f.op in (SYMBOL, LET) or f.op in (*_SUMS, IDENTITY, DOT)

    def _divide(self, e, write=None):
        top, bottom = e.args
        if top.op is NEGATIVE:
            positive = walk.rebuild(e, (top.args[0], bottom))
            return f"-{self._divide(positive, write)[0]}", Precedence.SUM
        if top.ndim and bottom.ndim and not self.index and not self.in_diagonal:
            return self.style(
                "quotient", self(top, Precedence.POWER), self(bottom, Precedence.POWER)
            ), Precedence.PRODUCT
        levels = Precedence.SUM if top.op is NUMBER else Precedence.PRODUCT, Precedence.POWER
        above, below = (Precedence.CASES, Precedence.CASES) if self.style.latex else levels
        return self.style(
            "fraction", (write or self)(top, above), self(bottom, below)
        ), Precedence.PRODUCT

    def _power(self, e):
        base, exponent = self(e.args[0], Precedence.ATOM), self(e.args[1])
        if not self.style.latex and not re.fullmatch(r"\d+|[^\W\d]\w*", exponent):
            exponent = f"({exponent})"
        return self.style("power", base, exponent), Precedence.POWER

    # --- functions ---

    def _function(self, e):
        template = e.op.text
        if template is None:
            return self.call(e.op.name, *e.args), Precedence.ATOM
        loose = template[-1] not in ")|F"  # as in "{0} > {1}"
        parts = [
            self(a, Precedence.SUM if template[0] == "{" else Precedence.CASES) for a in e.args
        ]
        if template[0] == (e.args[0].op.text or " ")[0] == "|":  # ||x|| is the norm
            parts = [self.style("parens", parts[0])]
        template = self.style.template(template)
        return re.sub(
            r"\{(\d)\}", lambda m: parts[int(m[1])], template
        ), Precedence.CASES if loose else Precedence.ATOM

    def call(self, name, *operands):
        return self.style.function(name) + self.style("argument", ", ".join(map(self, operands)))

    def _sqrt(self, e):
        return self.style("sqrt", self(*e.args)), Precedence.ATOM

    def _inv(self, e):
        if self.style.latex:
            return self.style("power", self(e.args[0], Precedence.ATOM), "-1"), Precedence.POWER
        return self.call("inv", *e.args), Precedence.ATOM

    def _diag(self, e):
        return self.within(in_diagonal=True).call("diag", *e.args), Precedence.ATOM

    def _where(self, e, write=None):
        write, branches = write or self, []
        while e.op is WHERE:
            condition, yes, e = e.args
            branches.append(self.style("case", write(yes, Precedence.SUM), self(condition)))
        return self.style(
            "cases", *branches, self.style("otherwise", write(e, Precedence.SUM))
        ), Precedence.CASES

    def _sum(self, e):
        (v,) = e.args
        if v.op is WHERE and self.index is not None:  # no second i
            return self.style("sum_i", self.within(index="i")(v)), Precedence.PRODUCT
        return self.call("sum", v), Precedence.ATOM

    # --- linear algebra ---

    def _dot(self, e):
        a, b = e.args
        if b.op in _PRODUCTS or a.op is ADJOINT:
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
        if self.index and not laid:
            row, whole = self.data_row(matrix), self.within(index=None)
            if row is None:
                return f"({whole(e)})_i", Precedence.ATOM
            if v.op in FILLED:
                return f"{whole.as_row(v, Precedence.POWER)} {row}", Precedence.PRODUCT
            return self.style("dot", whole(v, Precedence.ATOM), row), Precedence.PRODUCT
        row = self.data_row(matrix.T)
        if v.op is WHERE and row:
            return self.weighted(v, row, "^T" if laid else ""), Precedence.PRODUCT
        if laid:
            return (
                f"{self.as_row(v, Precedence.PRODUCT)} {self(matrix.T, Precedence.POWER)}",
                Precedence.PRODUCT,
            )
        right = self.fitting(v, Precedence.PRODUCT if v.op in _PRODUCTS else Precedence.POWER)
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
        left, right = self.fitting(column, Precedence.POWER), self.as_row(row, Precedence.POWER)
        return f"{left} {right}", Precedence.PRODUCT

    def _transpose(self, e):
        if e.args[0].op is ADJOINT:
            return self._slope(*e.args, turned=True)
        return self(e.args[0], Precedence.ATOM) + "^T", Precedence.POWER

    def _stack(self, e):
        if e.ndim == 1:
            return self.style("column", *map(self, e.args)), Precedence.ATOM
        if all(a.op is STACK for a in e.args):
            return self.style.grid(map(self, row.args) for row in e.args), Precedence.ATOM
        return self.style("blocks", *map(self.rows_of(e).as_row, e.args)), Precedence.ATOM

    def _concatenate(self, e):
        return self.style("blocks", *map(self, e.args)), Precedence.ATOM

    def _blocks(self, e):
        return self.style("blocks", *map(self.rows_of(e), e.args)), Precedence.ATOM

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
        if v.op is MULTIPLY and scalar_first:
            return self.juxtapose([v.args[0], v.args[1].T]), Precedence.PRODUCT
        if v.op in _PRODUCTS:
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


def is_partial(held):
    """Whether a derivative that is not carried out is of a function of several variables."""
    of, by = held.params["of"], held.params["by"]
    return bool(by.ndim or walk.symbols(walk.replace(of, {by: expr.as_expr(1)}.get)))


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


def _alike(a, b):
    """Whether two scalars are powers of one: ``x · x^2`` is easier to read than ``x x^2``."""
    base = [e.args[0] if e.op is POWER else e for e in (a, b)]
    return not a.ndim and base[0] is base[1]


def _summands(e):
    """The first term of ``a + b - c``, and pairs of an operation and the term behind it."""
    found = []
    while e.op in (ADD, SUBTRACT):
        e, last = e.args[0], (e.op, e.args[1])
        found.append(last)
    return [e, *reversed(found)]


def _factors(e):
    """The factors of a product that are not products themselves."""
    found, stack = [], [e]
    while stack:
        f = stack.pop()
        if f.op is MULTIPLY:
            stack += reversed(f.args)
        else:
            found.append(f)
    return found


expr.WRITERS.update(
    {
        style.name: lambda e, level=Precedence.CASES, style=style, names=(): Writer(
            style, e, names=names
        )(e, level)
        for style in STYLES
    }
)
