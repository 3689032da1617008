"""What is one sign, as it is written: names, numbers, ones with their lengths, I, parts of vectors.

What a writer has to know of the place in which something stands is kept here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from enum import IntEnum
from fractions import Fraction

from ..graph import walk
from ..graph.expr import DEEP, Expr, node
from ..graph.lengths import FILLED
from ..graph.primitives import (
    DIAGONAL,
    DIVIDE,
    FLIP,
    IDENTITY,
    MULTIPLY,
    NEGATIVE,
    ONES,
    ROW,
    ROWMAX,
    ROWPROD,
    SEGMENT,
    UNIT,
    WHERE,
    ZEROS,
)
from ..graph.products import is_decimal
from ..graph.shapes import joined_length
from .style import Style


class Precedence(IntEnum):
    """How tightly a written part holds together."""

    CASES, SUM, PRODUCT, POWER, ATOM = range(5)


# what an element of these is made of is not the same element of the operand
_OF_SEVERAL = (SEGMENT, FLIP, DIAGONAL, ROWMAX, ROWPROD, UNIT)
_SCALED = (ROW, MULTIPLY, DIVIDE, NEGATIVE, WHERE)  # as a row in a list is

LONG = 5000  # parts of a formula that is written
_ENOUGH = 12  # rows of an identity


def unwritten(e: Expr) -> str:
    """Why a formula is not written; empty if it is."""
    if e.nesting > DEEP:
        return "too deep to be written"
    return "too long to be written" if e.weight > LONG else ""


class LeafWriter:
    """Writes what is one sign. ``index`` is "i" while inside a sum over the data.

    With ``partial``, derivatives of a function of one variable are written with ∂ as well.
    ``names`` are those of more variables, which stand beside what is written.
    """

    _function: Callable[[Expr], tuple[str, Precedence]]  # where an operation has no method

    def __init__(
        self, style: Style, formula: Expr, partial: bool = False, names: Iterable[str] = ()
    ):
        self.style, self.index, self.in_diagonal, self.partial = style, "", False, partial
        self.beside_vector = self.in_list = False  # where ones need no length, and rows of them do
        self.zeros_have_shapes = False  # of [0; A; 0] nobody knows where A begins
        self.ones_have_lengths = False  # nor how high 1 x^T is in ||1 x^T||
        self._visible: dict[Expr, bool] = {}
        self.used_names = {e.name for e in walk.symbols(formula)}
        self.names = {e.name for e in walk.walk(formula) if e.name} | {*names}

    def __call__(self, e: Expr, level=Precedence.CASES) -> str:
        """``e``, in parentheses if it holds less tightly than ``level``."""
        if reason := self.refusal(e):
            return self.style("parens", self.style.words(reason))
        if self.index and e.ndim == 1 and e.op in _OF_SEVERAL:
            element = f"{self.style('parens', self.within(index=None)(e))}_{self.index}"
            return element if level <= Precedence.POWER else self.style("parens", element)
        # a scalar is the same for every i
        place = self if e.ndim or not self.index else self.within(index=None)
        if e.args and not self.style.latex:
            beside = bool(e.op.sympy_form) and (self.beside_vector or self.shows_length(e))
            in_list = self.in_list and e.op in _SCALED
            place = place.within(beside_vector=beside and e.ndim == 1, in_list=in_list)
        written, tightness = getattr(place, "_" + e.op.name, place._function)(e)
        return written if tightness >= level else self.style("parens", written)

    def refusal(self, e: Expr) -> str:
        """Why it is not written; empty if it is."""
        return unwritten(e)

    def within(self, **place):
        """This writer in another place: ``index="i"`` is inside a sum over i, ``None`` inside it,
        too, but in something that does not depend on i."""
        other = copy(self)
        vars(other).update(place)
        return other

    def shows_length(self, e):
        """Whether a vector's length can be seen: ``x + 1`` is as long as x, ``2 1`` is a number."""
        if e not in self._visible:
            seen = e.ndim > 0 and e.op not in FILLED
            if seen and (e.op.sympy_form or e.op is ROW):
                seen = any(map(self.shows_length, e.args))
            self._visible[e] = seen
        return self._visible[e]

    def filled(self, e, digit):
        """Ones or zeros, with their length where nothing else tells it: ``1_n``, ``0_(m + 2)``."""
        if e.ndim > 1 and self.zeros_have_shapes:
            return f"{digit}_({e.shape[0]}, {e.shape[1]})"
        if self.index or e.ndim > 1:
            return digit
        if self.style.latex or self.beside_vector or e.shape[0] is None:
            return self.style(e.op.name)
        length = f"{e.shape[0]}"
        return f"{digit}_({length})" if " " in length else f"{digit}_{length}"

    # --- leaves ---

    def _symbol(self, e):
        if "gradient_of" in e.params:  # dS
            return self.style.gradient(e.name, e.params["gradient_of"], e.ndim), Precedence.ATOM
        if self.index and e.ndim == 1:
            return self.style.symbol(e.name, 0, self.index), Precedence.ATOM
        return self.style.symbol(e.name, e.ndim), Precedence.ATOM

    _named = _symbol

    def _number(self, e):
        value = e.params["value"]
        if not isinstance(value, Fraction) or value.denominator == 1:
            written, several = self.style.number(abs(value), self.used_names)
            level = Precedence.PRODUCT if several else Precedence.ATOM
            return (written, level) if value >= 0 else (f"-{written}", Precedence.SUM)
        if is_decimal(value, alone=True):
            written = self.style.decimal(abs(value), self.names)
            level = Precedence.POWER if "^" in written else Precedence.ATOM
            return (f"-{written}", Precedence.SUM) if value < 0 else (written, level)
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

    def _infinity(self, e):
        return self.style("infinity"), Precedence.ATOM

    def _unit(self, e):
        return f"e_{e.params['index'] + 1}", Precedence.ATOM

    def _selector(self, e):
        """What puts n elements before m zeros is ``[I; 0_(m, n)]``."""
        lengths, part = e.params["lengths"], e.params["part"]
        n = lengths[part]
        before, after = (
            [node(ZEROS, lengths=(joined_length(some), n))] if some else []
            for some in (lengths[:part], lengths[part + 1 :])
        )
        write = self.within(zeros_have_shapes=not self.style.latex, index=None)
        blocks = [*before, node(IDENTITY, length=n), *after]
        return self.style("blocks", *map(write, blocks)), Precedence.ATOM

    def _segment(self, e):
        """``x_(2:n)``, counted from 1, the last one included."""
        lengths, part = e.params["lengths"], e.params["part"]
        first = joined_length([*lengths[:part], 1])
        places = f"{first}:{joined_length(lengths[: part + 1])}"
        places = f"{{{places}}}" if self.style.latex else f"({places})"
        return f"{self(e.args[0], Precedence.ATOM)}_{places}", Precedence.ATOM

    def _choice(self, e, turned=False):
        """Rows of the identity, or ``turned`` its columns."""
        units = [f"e_{k + 1}" for k in e.params["indices"]]
        if len(units) > _ENOUGH:
            units = [*units[: _ENOUGH - 2], "...", units[-1]]
        if turned:
            return self.style("row", *units), Precedence.ATOM
        rows = [u if u == "..." else f"{u}^T" for u in units]
        return self.style("blocks", *rows), Precedence.ATOM

    def _copies(self, e):
        """``kron(I_n, 1_p)``, the same row p times."""
        n, count = e.params["lengths"]
        parts = [f"I_{n}", self.filled(node(ONES, length=count), "1")]
        a, b = parts if e.params["each"] else parts[::-1]
        return self.style.function("kron") + self.style("argument", f"{a}, {b}"), Precedence.ATOM

    def _exchange(self, e):
        return self.call("flip", node(IDENTITY, length=e.params["length"])), Precedence.ATOM

    def _triangle(self, e, of=None):
        """What is kept of ones, or ``of`` a matrix: ``tril(A)``, ``triu(1_n 1_n^T, 1)``."""
        place = self.within(beside_vector=False)
        column, row = (place(node(ONES, length=n)) for n in e.shape)
        k = e.params["k"]
        name = self.style.function("tril" if e.params["lower"] else "triu")
        operand = (of or f"{column} {row}^T") + (f", {k}" if k else "")
        return name + self.style("argument", operand), Precedence.ATOM

    def _index(self, e):
        (v,) = e.args
        place = str(e.params["index"] + 1)
        if f"{v.name}_{place}" in self.names:  # z_(1) beside a variable z_1
            place = f"({place})"
        if v.name:
            return self.style.symbol(v.name, 0, place), Precedence.ATOM
        return f"{self(v, Precedence.ATOM)}_{place}", Precedence.ATOM
