"""SymPy's scalars in the paper's notation: how ``entries`` and ``explicit`` show themselves.

SymPy's printers change from release to release, and what notebooks store must not. Its scalars
become nodes of ours, in an order that is ours, and are written as any formula is.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import partial, reduce
from itertools import chain

import sympy as sp
from sympy.core.function import AppliedUndef

from ..graph import primitives as p
from ..graph.expr import NUMBER, SYMBOL, Expr, Primitive, no_value
from ..graph.expr import node as build
from ..graph.walk import is_number, symbols
from .elements import ElementWriter
from .leaves import Precedence
from .style import LATEX, TEXT, Style

_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_RELATIONS = {
    **{">": p.GREATER, "<": p.LESS, "==": p.EQUAL},
    **{">=": p.GREATER_EQUAL, "<=": p.LESS_EQUAL, "!=": p.NOT_EQUAL},
}

# what SymPy has and we have not
CALL = Primitive("call", no_value)  # of a function by its name, a reader's own with its primes
DERIVATIVE = Primitive("derivative", no_value)  # of the first operand by the others
AT = Primitive("at", no_value)  # the first operand, where each variable is the value behind it
AND, OR = Primitive("and", no_value), Primitive("or", no_value)
VERBATIM = Primitive("verbatim", no_value)  # as SymPy writes it: infinity, a truth value


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
    """A Jacobian with more axes than two: for each output a matrix of its derivatives.

    The outputs are those of a vector, or of a matrix with so many ``columns``, row after row.
    """

    columns: int | None

    def __new__(cls, matrices: Iterable[Entries], columns: int | None = None):
        slices = super().__new__(cls, matrices)
        slices.columns = columns
        return slices

    def __repr__(self):
        return "\n".join(f"output {self._place(k)}:\n{m!r}" for k, m in enumerate(self))

    def _place(self, k):
        """The number of an output, from 1 on; of a matrix, those of its row and column."""
        if self.columns is None:
            return k + 1
        row, column = divmod(k, self.columns)
        return row + 1, column + 1

    def _repr_latex_(self):
        grids = (LATEX.grid([written(e, LATEX) for e in row] for row in m.tolist()) for m in self)
        return r"$\displaystyle " + r" \quad ".join(grids) + "$"


def written(e: sp.Basic, style: Style) -> str:
    """A scalar, or a condition, in one style."""
    formula = as_node(e)
    return _ScalarWriter(style, formula)(formula)


class _ScalarWriter(ElementWriter):
    """Writes what SymPy has beside our operations, too."""

    def refusal(self, e):
        return ""  # of a matrix, all entries are written

    def juxtaposes(self, f, number):
        """``2x^2`` and ``2(x + y)``, but ``2 x^n`` and ``2 (x + y)^2``."""
        if f.op is p.POWER:
            f, exponent = f.args
            if f.op is not SYMBOL or not is_number(exponent) or exponent.params["value"] % 1:
                return False
        return f.op in (SYMBOL, p.ADD, p.SUBTRACT) and number[-1] != "i"

    def _call(self, e):
        name, primes = e.params["name"], e.params["primes"]
        known = primes is None
        head = self.style.function(name) if known else self.style.symbol(name, 0) + primes
        return head + self.style("argument", ", ".join(map(self, e.args))), Precedence.ATOM

    def _derivative(self, e):
        of, *variables = e.args
        sign = "d" if len(symbols(of)) == 1 else "∂"
        text = self(of, Precedence.ATOM)
        for k, variable in enumerate(variables):
            inside = self.style("parens", text) if k else text
            text = self.style(sign, inside, self(variable))
        return text, Precedence.POWER

    def _at(self, e):
        of, *pairs = map(self, e.args)
        where = map(" = ".join, zip(pairs[::2], pairs[1::2], strict=True))
        return f"{of}{self.style.words(' at ')}{', '.join(where)}", Precedence.CASES

    def _and(self, e, word=" and "):
        levels = (Precedence.ATOM if a.op in (AND, OR) else Precedence.CASES for a in e.args)
        return self.style.words(word).join(sorted(map(self, e.args, levels))), Precedence.CASES

    def _or(self, e):
        return self._and(e, " or ")

    def _verbatim(self, e):
        text, latex = e.params["text"], e.params["latex"]
        return latex if self.style.latex else text, Precedence.ATOM


# --- SymPy's scalars as nodes ---


def as_node(e: sp.Basic | Expr) -> Expr:
    """The same scalar as a node of ours; nothing is simplified."""
    if isinstance(e, Expr):
        return e
    if make := next((_MADE[kind] for kind in type(e).__mro__ if kind in _MADE), None):
        return make(e)
    return node(VERBATIM, *sorted(e.free_symbols, key=str), text=str(e), latex=sp.latex(e))


def node(op: Primitive, /, *args: sp.Basic | Expr, **params) -> Expr:
    return build(op, *map(as_node, args), shape=(), **params)


def _number(value):
    return node(NUMBER, value=value)


def _add(e):
    terms = sorted(e.args, key=_place_in_sum)
    first = next((t for t in terms if not t.could_extract_minus_sign()), terms[0])
    total = as_node(first)
    for term in terms:
        if term is not first:
            minus = term.could_extract_minus_sign()
            total = node(p.SUBTRACT, total, -term) if minus else node(p.ADD, total, term)
    return total


def _mul(e):
    if e.could_extract_minus_sign():
        return node(p.NEGATIVE, -e)
    above, below = sp.fraction(e, exact=True)
    if below != 1:
        return node(p.DIVIDE, above, below)
    factors = sorted(sp.Mul.make_args(above), key=_place_in_product)
    return reduce(partial(node, p.MULTIPLY), map(as_node, factors))


def _pow(e):
    base, exponent = e.args
    if exponent.could_extract_minus_sign():
        return node(p.DIVIDE, sp.S.One, base**-exponent)
    return node(p.SQRT, base) if exponent == sp.S.Half else node(p.POWER, base, exponent)


def _function(e):
    name = e.func.__name__
    return node(CALL, *e.args, name=_NAMES.get(name, name), primes=None)


def _subs(e):
    of, variables, values = e.args
    f = of.expr if isinstance(of, sp.Derivative) else None
    if f is not None and len(values) == 1 and f.args == tuple(variables):
        return node(CALL, *values, name=f.func.__name__, primes="'" * of.derivative_count)
    return node(AT, of, *chain.from_iterable(zip(variables, values, strict=True)))


def _piecewise(e):
    cases = [*e.args]
    while cases[-1][1] == sp.true and isinstance(cases[-1][0], sp.Piecewise):
        cases += cases.pop()[0].args
    last = cases.pop()[0] if cases[-1][1] == sp.true else sp.nan
    return reduce(lambda rest, case: node(p.WHERE, case[1], case[0], rest), reversed(cases), last)


_MADE = {
    sp.Symbol: lambda e: node(SYMBOL, name=e.name),
    sp.Rational: lambda e: _number(Fraction(e.p, e.q)),
    sp.Float: lambda e: _number(float(e)),
    sp.Add: _add,
    sp.Mul: _mul,
    sp.Pow: _pow,
    sp.Function: _function,
    AppliedUndef: lambda e: node(CALL, *e.args, name=e.func.__name__, primes=""),
    sp.Abs: lambda e: node(p.ABSOLUTE, *e.args),
    type(sp.E): lambda e: node(CALL, sp.S.One, name="exp", primes=None),
    sp.Derivative: lambda e: node(DERIVATIVE, e.expr, *e.variables),
    sp.Subs: _subs,
    sp.Piecewise: _piecewise,
    sp.core.relational.Relational: lambda e: node(_RELATIONS[e.rel_op], e.lhs, e.rhs),
    sp.And: lambda e: node(AND, *e.args),
    sp.Or: lambda e: node(OR, *e.args),
}


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
