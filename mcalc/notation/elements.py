"""What is done to elements, as it is written: sums, products, functions, cases.

Which brackets, spaces and signs stand between two parts is decided here, for SymPy's scalars, too.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ..graph import expr, walk
from ..graph.expr import LET, NUMBER, SIZE, SYMBOL, UNEVALUATED, Expr, node
from ..graph.kronecker import with_kron
from ..graph.primitives import (
    ADD,
    BLOCKS,
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
    ROWMAX,
    ROWPROD,
    STACK,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    TRIANGLE,
    VECMAT,
    WHERE,
)
from ..graph.products import ONE, is_of_elements
from ..graph.simplify import mul
from .leaves import LeafWriter, Precedence

LISTS = (STACK, CONCATENATE, BLOCKS)
PRODUCTS = (MATVEC, VECMAT, MATMAT)
SUMS = (ADD, SUBTRACT, LOGICAL_NOT)  # the last is written as 1 - (x > 0)


class ElementWriter(LeafWriter):
    """Writes what is done element by element."""

    ones_are_written = True  # where a number is added to a matrix

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
            elif all(part.op in (SIZE, NUMBER, MULTIPLY) for part in walk.walk(f.args[1])):
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

    def _held(self, e):
        of, by = e.params["of"], e.params["by"]
        sign = "∂/∂" if self.partial or is_partial(e) else "d/d"
        level = Precedence.PRODUCT if _factors(of)[0].op is NUMBER else Precedence.POWER
        return self.style(sign, self(by), self(of, level)), Precedence.PRODUCT

    def _function(self, e):
        template = e.op.text
        if template is None:
            return self.call(e.op.name, *e.args), Precedence.ATOM
        loose = template[-1] not in ")|F"  # as in "{0} > {1}"
        write = self.beside_what_shows(*e.args) if e.ndim < 2 and not e.op.sympy_form else self
        parts = [
            write(a, Precedence.SUM if template[0] == "{" else Precedence.CASES) for a in e.args
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

    def beside_what_shows(self, *operands):
        """This writer for operands of which nothing tells the length but they themselves."""
        return self

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
        operands = v.args if v.op in (ROWMAX, ROWPROD) else e.args
        return self.beside_what_shows(*operands).call(e.op.name, *operands), Precedence.ATOM

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
