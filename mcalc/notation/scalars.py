"""SymPy's scalars in the paper's notation: how ``entries`` and ``explicit`` show themselves.

SymPy's printers change from release to release, and what notebooks store must not. Only the order
and the notation are ours; the mathematics is as SymPy gives it.
"""

from __future__ import annotations

import re

import sympy as sp

from .style import STYLES
from .write import Precedence

LATEX, TEXT = STYLES
_FUNCTIONS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_RELATIONS = {"==": "=", "!=": "≠", ">=": "≥", "<=": "≤"}


class Entries(sp.Matrix):
    """A ``sympy.Matrix`` that is written in the notation of the chapters."""

    def __repr__(self):
        rows = [[written(e, TEXT) for e in row] for row in self.tolist()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [map(str.rjust, row, widths) for row in rows]
        return "\n".join(f"[{', '.join(line)}]" for line in lines)

    __str__ = __repr__

    def _repr_latex_(self):
        rows = ([written(e, LATEX) for e in row] for row in self.tolist())
        return rf"$\displaystyle {LATEX.grid(rows)}$"


class Slices(tuple):
    """The Jacobian of a vector by a matrix: for each output a matrix of its derivatives."""

    def __repr__(self):
        return "\n".join(f"output {k}:\n{matrix!r}" for k, matrix in enumerate(self, 1))

    def _repr_latex_(self):
        grids = (LATEX.grid([written(e, LATEX) for e in row] for row in m.tolist()) for m in self)
        return r"$\displaystyle " + r" \quad ".join(grids) + "$"


def written(e: sp.Basic, style) -> str:
    """A scalar, or a condition, in one style."""
    return _Writer(style, e)(e)


class _Writer:
    """One method for each class of SymPy's that is written in a way of its own."""

    def __init__(self, style, whole):
        self.style, self.whole = style, whole

    def __call__(self, e, level=Precedence.CASES):
        for kind in type(e).__mro__:
            if write := getattr(self, f"_{kind.__name__.lower()}", None):
                text, tightness = write(e)
                return text if tightness >= level else self.style("parens", text)
        return sp.latex(e) if self.style.latex else str(e)

    def _symbol(self, e):
        return self.style.symbol(e.name, 0), Precedence.ATOM

    def _rational(self, e):
        if e.is_Integer:
            return self.plain(int(e))
        text = self.style("fraction", str(abs(e.p)), str(e.q))
        return (text, Precedence.PRODUCT) if e > 0 else ("-" + text, Precedence.SUM)

    def _float(self, e):
        return self.plain(float(e))

    def plain(self, value):
        taken = [x.name for x in self.whole.free_symbols] if isinstance(value, float) else ()
        text, several = self.style.number(abs(value), taken)
        return (
            (text, Precedence.PRODUCT if several else Precedence.ATOM)
            if value >= 0
            else (f"-{text}", Precedence.SUM)
        )

    def _add(self, e):
        terms = sorted(e.args, key=_place_in_sum)
        first = next((t for t in terms if not t.could_extract_minus_sign()), terms[0])
        text = self(first, Precedence.SUM)
        for term in terms:
            if term is first:
                continue
            minus = term.could_extract_minus_sign()
            text += (" - " if minus else " + ") + self(-term if minus else term, Precedence.PRODUCT)
        return text, Precedence.SUM

    def _mul(self, e):
        if e.could_extract_minus_sign():
            return "-" + self(-e, Precedence.PRODUCT), Precedence.SUM
        above, below = sp.fraction(e, exact=True)
        if below != 1:
            return self.quotient(above, below)
        return self.juxtapose(sp.Mul.make_args(above)), Precedence.PRODUCT

    def quotient(self, above, below):
        levels = (
            (Precedence.CASES, Precedence.CASES)
            if self.style.latex
            else (Precedence.PRODUCT, Precedence.POWER)
        )
        return self.style("fraction", *map(self, (above, below), levels)), Precedence.PRODUCT

    def juxtapose(self, factors):
        text, before = "", None
        for f in sorted(factors, key=_place_in_product):
            loose = before is None and (f is factors[-1] or self.is_plain(f))
            part = self(f, Precedence.PRODUCT if loose else Precedence.POWER)
            if before is None:
                text = part
            elif part[0].isdigit():
                text = self.style("times", text, part)
            else:
                close = before.is_Number and (_is_power(f) or f.is_Add) and text[-1] != "i"
                text += part if close else f" {part}"
            before = f
        return text

    def is_plain(self, f):
        """Whether a number needs no parentheses in a product: ``2pi x``, but ``(pi/2) x``."""
        return f.is_Number and (self.style.latex or "/" not in self(f))

    def _pow(self, e):
        base, exponent = e.args
        if exponent.could_extract_minus_sign():
            return self.quotient(sp.S.One, base**-exponent)
        if exponent == sp.S.Half:
            return self.style("sqrt", self(base)), Precedence.ATOM
        above = self(exponent)
        if not self.style.latex and not re.fullmatch(r"\w+", above):
            above = f"({above})"
        return self.style("power", self(base, Precedence.ATOM), above), Precedence.POWER

    def call(self, name, operands):
        return name + self.style("argument", ", ".join(map(self, operands))), Precedence.ATOM

    def _function(self, e):
        name = e.func.__name__
        return self.call(self.style.function(_FUNCTIONS.get(name, name)), e.args)

    def _exp1(self, e):
        return self.call(self.style.function("exp"), [sp.S.One])

    def _appliedundef(self, e):
        return self.call(self.style.symbol(e.func.__name__, 0), e.args)

    def _abs(self, e):
        return self.style.template("|{0}|").format(self(e.args[0])), Precedence.ATOM

    def _derivative(self, e):
        sign = "d" if len(e.expr.free_symbols) == 1 else "∂"
        text = self(e.expr, Precedence.ATOM)
        for k, variable in enumerate(e.variables):
            inside = self.style("parens", text) if k else text
            text = self.style(sign, inside, self(variable))
        return text, Precedence.POWER

    def _subs(self, e):
        of, (variable, *more), (value, *_) = e.args
        f = of.expr if isinstance(of, sp.Derivative) else None
        if f is not None and f.args == (variable,) and not more:
            return self.call(self.style.symbol(f.func.__name__, 0) + "'" * of.derivative_count,
                             [value])  # fmt: skip
        where = (f"{self(x)} = {self(value)}" for x, value in zip(*e.args[1:], strict=True))
        return f"{self(of)}{self.style.words(' at ')}{', '.join(where)}", Precedence.CASES

    def _piecewise(self, e):
        *cases, (last, condition) = e.args
        while condition == sp.true and isinstance(last, sp.Piecewise):
            *more, (last, condition) = last.args
            cases += more
        branches = [
            self.style("case", self(value, Precedence.SUM), self(when)) for value, when in cases
        ]
        if condition == sp.true:
            branches.append(self.style("otherwise", self(last, Precedence.SUM)))
        else:
            branches.append(self.style("case", self(last, Precedence.SUM), self(condition)))
        return self.style("cases", *branches), Precedence.CASES

    def _relational(self, e):
        sign = _RELATIONS.get(e.rel_op, e.rel_op)
        return f"{self(e.lhs)} {self.style.template(sign)} {self(e.rhs)}", Precedence.PRODUCT

    def _and(self, e):
        return self.style.words(" and ").join(
            sorted(self(a, Precedence.PRODUCT) for a in e.args)
        ), Precedence.SUM

    def _or(self, e):
        return self.style.words(" or ").join(
            sorted(self(a, Precedence.PRODUCT) for a in e.args)
        ), Precedence.CASES


def _is_power(e):
    """Whether it is a symbol or a whole power of one."""
    base, exponent = e.as_base_exp()
    return base.is_Symbol and exponent.is_Integer


def _place_in_sum(term):
    """By degree, as in polynomials, and then by the alphabet."""
    _, rest = term.as_coeff_Mul()
    powers = (f.as_base_exp() for f in sp.Mul.make_args(rest))
    degree = sum(p for base, p in powers if base.is_Symbol and p.is_Integer)
    return -degree, written(rest, TEXT)


def _place_in_product(factor):
    """Numbers, powers of variables, functions, sums, cases, derivatives."""
    kinds = sp.Derivative, sp.Piecewise, sp.Add, sp.Function
    kind = next((k for k, one in enumerate(kinds) if isinstance(factor, one)), len(kinds))
    return -kind, not factor.is_Number, not _is_power(factor), written(factor, TEXT)
