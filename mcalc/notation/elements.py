"""What is done to elements, as it is written: names, numbers, sums, products, functions, cases.

Which brackets, spaces and signs stand between two parts is decided here, for SymPy's scalars, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from enum import IntEnum
from fractions import Fraction
from itertools import pairwise

from ..graph import expr, walk
from ..graph.expr import DEEP, LET, NUMBER, SIZE, SYMBOL, UNEVALUATED, Expr, node
from ..graph.kronecker import with_kron
from ..graph.lengths import FILLED
from ..graph.primitives import (
    ADD,
    BLOCKS,
    CONCATENATE,
    DIAGONAL,
    DIVIDE,
    DOT,
    FLIP,
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
    ROWMAX,
    ROWPROD,
    SEGMENT,
    STACK,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    TRIANGLE,
    UNIT,
    VECMAT,
    WHERE,
    ZEROS,
)
from ..graph.products import ONE, PLACES, is_decimal, is_of_elements
from ..graph.shapes import joined_length
from ..graph.simplify import mul
from .style import Style


class Precedence(IntEnum):
    """How tightly a written part holds together."""

    CASES, SUM, PRODUCT, POWER, ATOM = range(5)


LISTS = (STACK, CONCATENATE, BLOCKS)
PRODUCTS = (MATVEC, VECMAT, MATMAT)
SUMS = (ADD, SUBTRACT, LOGICAL_NOT)  # the last is written as 1 - (x > 0)
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


class ElementWriter:
    """Writes what is done element by element. ``index`` is "i" while inside a sum over the data.

    With ``partial``, derivatives of a function of one variable are written with ∂ as well.
    ``names`` are those of more variables, which stand beside what is written.
    """

    ones_are_written = True  # where a number is added to a matrix

    def __init__(
        self, style: Style, formula: Expr, partial: bool = False, names: Iterable[str] = ()
    ):
        self.style, self.index, self.in_diagonal, self.partial = style, "", False, partial
        self.beside_vector = self.in_list = False  # where ones need no length, and rows of them do
        self.zeros_have_shapes = False  # of [0; A; 0] nobody knows where A begins
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

    def _held(self, e):
        of, by = e.params["of"], e.params["by"]
        sign = "∂/∂" if self.partial or is_partial(e) else "d/d"
        level = Precedence.PRODUCT if _factors(of)[0].op is NUMBER else Precedence.POWER
        return self.style(sign, self(by), self(of, level)), Precedence.PRODUCT

    def _number(self, e):
        value = e.params["value"]
        if not isinstance(value, Fraction) or value.denominator == 1:
            written, several = self.style.number(abs(value), self.used_names)
            level = Precedence.PRODUCT if several else Precedence.ATOM
            return (written, level) if value >= 0 else (f"-{written}", Precedence.SUM)
        if is_decimal(value):
            written = f"{abs(float(value)):.{PLACES}f}".rstrip("0")
            return (f"-{written}", Precedence.SUM) if value < 0 else (written, Precedence.ATOM)
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

    # --- sums and products of elements ---

    def _add(self, e):
        first, *rest = _summands(_with_ones(e) if e.ndim == 2 and self.ones_are_written else e)
        written = [self(first, Precedence.SUM)]
        for op, term in rest:
            loose = op is ADD and term.op in SUMS
            sign = " + " if op is ADD else " - "
            written += sign, self(term, Precedence.SUM if loose else Precedence.PRODUCT)
        return "".join(written), Precedence.SUM

    _subtract = _add

    def _logical_not(self, e):
        return f"1 - {self(e.args[0], Precedence.PRODUCT)}", Precedence.SUM

    def _negative(self, e):
        return "-" + self(e.args[0], Precedence.PRODUCT), Precedence.SUM

    def _multiply(self, e):
        factors = _factors(e)
        lead = factors[0]
        triangle = next((f for f in factors if f.op is TRIANGLE), None)
        others = [f for f in factors if f is not triangle]
        if triangle is not None and any(f.ndim for f in others):
            return self._scaled_triangle(triangle, others)
        negative = lead.op is NUMBER and lead.params["value"] < 0
        factors = with_kron(factors)
        if len(factors) == 1:
            return self(*factors), Precedence.ATOM
        return self.juxtapose(factors), Precedence.SUM if negative else Precedence.PRODUCT

    def _scaled_triangle(self, triangle, others):
        """``2 tril(A ⊗ B)``."""
        matrices = [f for f in others if f.ndim]
        scalars = [f for f in others if not f.ndim]
        inside = self.juxtapose(matrices) if len(matrices) > 1 else self(*matrices)
        written, level = self._triangle(triangle, inside)
        if not scalars:
            return written, level
        negative = scalars[0].op is NUMBER and scalars[0].params["value"] < 0
        level = Precedence.SUM if negative else Precedence.PRODUCT
        return f"{self.juxtapose(scalars)} {written}", level

    def juxtapose(self, operands):
        """Factors side by side, and the Hadamard product between vectors."""
        factors = [f for e in operands for f in _factors(e)]
        *others, last = factors
        alone = not any(f.ndim for f in others)
        open_end = last.ndim and alone and last.op in (*PRODUCTS, ROW, OUTER)
        open_end = open_end or last.op is UNEVALUATED
        parts = [self.factor(f) for f in others]
        parts.append(self.factor(last, Precedence.PRODUCT if open_end else Precedence.POWER))
        written = parts.pop(0)
        if factors[0].op is NUMBER:
            written = self(factors[0])
            if "/" in written and written[-1] != ")":  # of 1/2x one cannot know what is meant
                written = re.sub(r"[^-]+", r"(\g<0>)", written)
        vectors = 0  # so far: between two of them is the sign, also with a number in between
        for (before, f), part in zip(pairwise(factors), parts, strict=True):
            vectors += before.ndim > 0
            if vectors and f.ndim and not self.index:
                written = self.style("hadamard", written, part)
            elif part[0].isdigit() and (before.op is NUMBER or not f.ndim) or _alike(before, f):
                written = self.style("times", written, part)
            else:
                close = before.op is NUMBER and self.juxtaposes(f, written)
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

    def juxtaposes(self, f, number):
        """Whether a factor stands right behind a number: 2x, 2(w - x), but 2 cos(x), (1/2) x."""
        if number[-1] in ")i":  # as in pi x
            return False
        while f.op in (POWER, ROW, MATVEC, OUTER, TRANSPOSE, INDEX):
            f = f.args[0]
        return f.op in (SYMBOL, LET) or f.op in (*SUMS, IDENTITY, DOT)

    def _divide(self, e, write=None):
        top, bottom = e.args
        if top.op is NEGATIVE:
            positive = walk.rebuild(e, (top.args[0], bottom))
            return f"-{self._divide(positive, write)[0]}", Precedence.SUM
        beside = bottom.ndim == 2 or top.ndim and bottom.ndim and not self.in_diagonal
        if beside and not self.index:
            return self.style(
                "quotient", self(top, Precedence.POWER), self(bottom, Precedence.POWER)
            ), Precedence.PRODUCT
        levels = Precedence.SUM if top.op is NUMBER else Precedence.PRODUCT, Precedence.POWER
        above, below = (Precedence.CASES, Precedence.CASES) if self.style.latex else levels
        return self.style(
            "fraction", (write or self)(top, above), self(bottom, below)
        ), Precedence.PRODUCT

    def _power(self, e):
        if e.ndim == 2:
            return self._power_of_elements(e)
        base, exponent = self(e.args[0], Precedence.ATOM), self(e.args[1])
        if not self.style.latex and not re.fullmatch(r"\d+|[^\W\d]\w*", exponent):
            exponent = f"({exponent})"
        return self.style("power", base, exponent), Precedence.POWER

    def _power_of_elements(self, e):
        """``W ⊗ W`` and ``W^⊗3`` of a matrix, of which ``W^2`` would be the product W W."""
        base, exponent = self(e.args[0], Precedence.ATOM), self(e.args[1])
        if _is_square_of_elements(e):
            return self.style("hadamard", base, base), Precedence.PRODUCT
        if walk.is_number(e.args[1], -1):
            return self.style("quotient", "1", base), Precedence.PRODUCT
        if not self.style.latex and not exponent.isdigit():
            exponent = f"({exponent})"
        return self.style("power of elements", base, exponent), Precedence.POWER

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

    def _log1p(self, e):
        if e.ndim < 2:
            return self._function(e)
        return self.call("log", node(ADD, ONE, *e.args)), Precedence.ATOM

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

    def _max(self, e):
        """The largest of a vector, or of the rows' largest, which is that of the matrix."""
        (v,) = e.args
        return self.call(
            e.op.name, *(v.args if v.op in (ROWMAX, ROWPROD) else e.args)
        ), Precedence.ATOM

    _prod = _max

    def _sum(self, e):
        (v,) = e.args
        # no second i, and a list has no element i
        if (
            v.op is WHERE
            and self.index is not None
            and not any(p.op in LISTS for p in walk.walk(v))
        ):
            return self.style("sum_i", self.within(index="i")(v)), Precedence.PRODUCT
        return self.call("sum", v), Precedence.ATOM


def is_partial(held: Expr) -> bool:
    """Whether a derivative that is not carried out is of a function of several variables."""
    of, by = held.params["of"], held.params["by"]
    return bool(by.ndim or walk.symbols(walk.replace(of, {by: expr.as_expr(1)}.get)))


def _alike(a, b):
    """Whether two scalars are powers of one: ``x · x^2`` is easier to read than ``x x^2``."""
    base = [e.args[0] if e.op is POWER else e for e in (a, b)]
    return not a.ndim and base[0] is base[1]


def _summands(e):
    """The first term of ``a + b - c``, and pairs of an operation and the term behind it."""
    terms = []
    while e.op in (ADD, SUBTRACT):
        terms.append((e.op, e.args[1]))
        e = e.args[0]
    return [e, *reversed(terms)]


def _with_ones(e):
    """Numbers that are added to a matrix as the matrices they stand for: ``A + z 1 1^T``.

    Beside what is made element by element they are numbers, ``1 - tanh(A)``, where they stand
    right beside it.
    """
    numbers = [k for k, term in enumerate(_in_line(e)) if not term.ndim]
    matrices = [term for term in _in_line(e) if term.ndim]
    beside = numbers == [*range(len(numbers))] or numbers == [1]
    if not numbers or beside and is_of_elements(matrices[0]):
        return e
    return _spread_numbers(e, node(OUTER, *(node(ONES, length=n) for n in e.shape)))


def _in_line(e):
    """The terms of a sum, with those of sums in it that have no parentheses."""
    first, *rest = _summands(e)
    terms = [first]
    for op, term in rest:
        terms += _in_line(term) if op is ADD and term.op in (ADD, SUBTRACT) else [term]
    return terms


def _spread_numbers(e, ones):
    """A sum with multiples of this matrix for numbers."""
    if e.op in (ADD, SUBTRACT) and e.ndim:
        return walk.rebuild(e, tuple(_spread_numbers(a, ones) for a in e.args))
    return e if e.ndim else mul(e, ones)


def _is_square_of_elements(e):
    """Whether this is written ``W ⊗ W``."""
    return e.op is POWER and e.ndim == 2 and e.args[0].name and walk.is_number(e.args[1], 2)


def _factors(e):
    """The factors of a product that are not products themselves."""
    factors, stack = [], [e]
    while stack:
        f = stack.pop()
        if f.op is MULTIPLY:
            stack += reversed(f.args)
        elif _is_square_of_elements(f):
            factors += [f.args[0]] * 2
        else:
            factors.append(f)
    return factors
