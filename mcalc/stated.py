"""What is stated beside what comes out here, with the verdict: ``claim``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from numbers import Number
from typing import Any, NamedTuple, NoReturn

import numpy as np
import sympy as sp

from .check import diagnosis
from .check.claims import first_difference, has_shape
from .check.explicit import entries
from .check.report import CheckFailed
from .derivation import Derivation
from .graph.expr import LET, UNEVALUATED, WRITERS, Expr, as_expr, node, shape_text
from .graph.primitives import ZEROS
from .graph.variables import scalars
from .graph.walk import is_number, symbols, unnamed, walk
from .notation.layout import Jacobian
from .notation.scalars import Entries, Slices, written
from .notation.style import STYLES, Style
from .tables import latex_array, plain_table
from .typed.read import read

_SHORT = 36  # signs of a function that is written out in front of its derivative
_WIDE = 90  # signs of a row; what is longer stands in lines below each other
_SAME = 1e-9  # relative, of numbers
_HEADS = ("", "stated", "here", "")

Written = Callable[[Style], str]


class _Row(NamedTuple):
    """What it is about, what is stated of it, and what it is here, each to be written."""

    about: Written
    stated: tuple[Written, ...]
    here: Written

    def cells(self, style: Style) -> list[str]:
        stated = " = ".join(each(style) for each in self.stated)
        here = self.here(style) if self.stated else ""
        return [self.about(style), stated, here, style.words("holds")]


class Claim:
    """Rows of what is stated, what comes out here and the verdict, which is that it holds."""

    def __init__(self, rows: list[_Row]):
        self.rows = rows

    def _cells(self, style):
        heads = [head and style.words(head) for head in _HEADS]
        rows = [row.cells(style) for row in self.rows]
        kept = [k for k in range(len(heads)) if any(row[k] for row in rows)]
        return [[row[k] for k in kept] for row in ([heads, *rows] if 1 in kept else rows)]

    @property
    def _is_wide(self):
        """As typeset, where the rows of a matrix and the cases of a choice are below each other."""
        columns = zip(*self._cells(STYLES[1]), strict=True)
        return sum(max(map(_width, column)) for column in columns) > _WIDE

    def _below_each_other(self, style):
        """A line for each cell, with its head in front: where a row would be too wide."""
        for row in self.rows:
            about, stated, here, verdict = row.cells(style)
            for head, cell in zip(("", *_HEADS[1:]), (about, stated, here, verdict), strict=True):
                if cell:
                    yield [head and style.words(head), cell]

    def __repr__(self):
        wide = self._is_wide
        rows = list(self._below_each_other(STYLES[1])) if wide else self._cells(STYLES[1])
        return plain_table(rows)

    def _repr_latex_(self):
        if self._is_wide:
            return latex_array(list(self._below_each_other(STYLES[0])), heads=False)
        rows = self._cells(STYLES[0])
        return latex_array(rows, heads=any(row.stated for row in self.rows))


def _width(text):
    return max(map(len, re.split(r"; |\], \[", text)))


def claim(*said: Any, within: float | None = None, **names: Any) -> Claim:
    """A statement beside what comes out here: ``claim(derive(w * x, wrt=w), "diag(x)")``.

    First comes what comes out here: a derivation (its Jacobian is meant), an expression, entries,
    numbers, or anything that can be compared; then what is stated of it, once or in several forms,
    all of which have to hold. A formula is stated as a line of text (:func:`mcalc.read`; further
    ``names`` in it are given) or in code. Numbers agree to 1e-9 of their size, or ``within`` so
    much. A sentence may stand in front of both, and of a truth value alone; tuples are rows of a
    table.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.claim(mc.derive(w * x, wrt=w), "diag(x)")
                   stated    here
    ∂/∂w (w ⊗ x)   diag(x)   diag(x)   holds
    >>> mc.claim("half a step moves it by 0.25", 0.5**2, 0.25)
                                   stated   here
    half a step moves it by 0.25   0.25     0.25   holds

    Raises CheckFailed with what differs, ReadError for text that cannot be read, and TypeError if
    nothing is stated. Beyond the paper, whose formulas it is for.
    """
    rows = said if said and all(isinstance(one, tuple) for one in said) else (said,)
    return Claim([_row(one, within, names) for one in rows])


def _row(said, within, names):
    sentence, *rest = said if said and isinstance(said[0], str) else ("", *said)
    if not rest or len(rest) == 1 and not isinstance(rest[0], bool | np.bool_):
        raise TypeError("a claim has what comes out, and what is stated of it: claim(d, 'diag(x)')")
    here, *stated = rest
    about = _words(sentence) if sentence else _nothing
    if not stated:
        if not here:
            raise CheckFailed(f"it is not true that {sentence}" if sentence else "it is not true")
        return _Row(about, (), _words("true"))
    if isinstance(here, Derivation):
        row = _of_derivation(here, stated, names)
    elif isinstance(here, Jacobian | Expr):
        row = _of_formula(here, stated, names)
    elif isinstance(here, sp.Basic | sp.MatrixBase | Slices):
        row = _of_entries(here, stated)
    else:
        row = _of_values(here, stated, within)
    return row._replace(about=about) if sentence else row


def _words(text):
    return lambda style: style.words(text)


def _nothing(style):
    return ""


def _formula(e):
    return lambda style: WRITERS[style.name](e)


def _fails(stated, here, reason) -> NoReturn:
    raise CheckFailed(f"{stated} is stated, and {here} comes out here: {reason}")


# --- formulas ---


def _of_derivation(d, stated, names):
    known = {str(e.name): e for e in (*walk(d.y), *d.inputs) if e.name} | names
    if d.more_axes:
        known = {d.G.name: d.G} | known
    formulas = [_read(one, known) for one in stated]
    here = unnamed(d.vjp(d.G)) if d.more_axes else d.jacobian.expr
    for formula in formulas:
        difference = diagnosis.diagnose(d, formula)
        if difference:
            _fails(formula, here, difference.sentence)
    return _Row(lambda style: _derivative(d, style), tuple(map(_formula, formulas)), _formula(here))


def _derivative(d, style):
    """``d/dx ln(x^2)``; of a long function ``∂y/∂w``; of more axes what a gradient becomes."""
    write = WRITERS[style.name]
    if d.more_axes:
        return style("maps to", write(d.G), "").strip()
    if len(WRITERS["text"](d.y)) > _SHORT:
        by = _list(d.variables, write) if d.by_scalars else write(d.wrt)
        return style("∂", style.symbol(d.output, d.y.ndim), by)
    if d.of is not None:
        return style.words("Hessian of ") + write(d.of)
    if d.by_scalars:
        by = _list(d.variables, write)
        return style("∂", write(d.y), by) if d.y.op is LET else style("∂/∂", by, write(d.y))
    value = d.jacobian.expr
    return write(node(UNEVALUATED, value, of=d.y, by=d.wrt, shape=value.shape))


def _list(variables, write):
    return f"({', '.join(map(write, variables))})"


def _read(stated, names) -> Expr:
    return read(stated, **names) if isinstance(stated, str) else as_expr(stated)


def _of_formula(here, stated, names):
    here = as_expr(here)
    known = {str(e.name): e for e in walk(here) if e.name} | names
    formulas = [_read(one, known) for one in stated]
    for formula in formulas:
        reason = _differs(unnamed(formula), unnamed(here))
        if reason:
            _fails(formula, here, reason)
    return _Row(_nothing, tuple(map(_formula, formulas)), _formula(here))


def _differs(formula, here):
    """Why two formulas are not the same one; None if they are."""
    if is_number(formula, 0) and here.ndim:
        formula = node(ZEROS, lengths=here.shape)
    if formula.ndim != here.ndim or not has_shape(formula, (*here.shape, 1, 1)[:2]):
        return f"{shape_text(formula.shape)} stated, {shape_text(here.shape)} here"
    difference = first_difference(formula, here, symbols(here, formula))
    return difference and difference.sentence


# --- entries ---


def _of_entries(here, stated):
    compared = [_as_entries(one, here) for one in stated]
    for one in compared:
        if not _same_entries(one, here):
            _fails(one, here, "an entry differs")
    return _Row(_nothing, tuple(map(_entries, compared)), _entries(here))


def _as_entries(stated, here):
    """What is stated in the kind of what is here: a line of text or a list as a matrix, too."""
    if isinstance(stated, str):
        signs = {str(s) for part in _parts(here) for s in part.free_symbols}
        stated = entries(read(stated, **{name: scalars(name) for name in sorted(signs)}))
    if isinstance(here, sp.MatrixBase) and not isinstance(stated, sp.MatrixBase):
        return Entries(stated)
    if isinstance(stated, sp.MatrixBase) and isinstance(here, sp.Basic) and stated.shape == (1, 1):
        return stated[0]
    return stated


def _parts(here):
    return [*here] if isinstance(here, Slices) else [here]


def _same_entries(stated, here):
    if isinstance(here, Slices):
        return len(stated) == len(here) and all(map(_same_entries, stated, here))
    if not isinstance(here, sp.MatrixBase):
        return sp.simplify(stated - here) == 0
    if stated.shape != here.shape:
        return False
    return all(sp.simplify(a - b) == 0 for a, b in zip(stated, here, strict=True))


def _entries(shown):
    if isinstance(shown, sp.MatrixBase) and shown.shape == (1, 1):
        shown = shown[0]
    if isinstance(shown, sp.Basic) and not isinstance(shown, sp.MatrixBase):
        return partial(written, shown)

    def write(style):
        if style.latex:
            return shown._repr_latex_().strip("$").removeprefix(r"\displaystyle ")
        return "; ".join(repr(shown).splitlines())

    return write


# --- numbers, and whatever else there is ---


def _of_values(here, stated, within):
    for one in stated:
        if not _agree(one, here, within):
            _fails(_shown(one)(STYLES[1]), _shown(here)(STYLES[1]), "they differ")
    nearly = "about " if within else ""
    return _Row(_nothing, tuple(_shown(one, nearly) for one in stated), _shown(here))


def _shown(value, before=""):
    """A value to be written: of two lengths the shape ``m x n``."""
    if isinstance(value, tuple) and len(value) == 2:
        if all(isinstance(n, int | str) for n in value):
            return lambda style: style.shape(value)
    return _words(before + _value(value))


def _is_numeric(value):
    if isinstance(value, bool | np.bool_ | str):
        return False
    return isinstance(value, Number) or np.asarray(value).dtype.kind in "fi"


def _agree(stated, here, within):
    if isinstance(here, tuple) or not (_is_numeric(stated) and _is_numeric(here)):
        return type(stated) is type(here) and stated == here
    a, b = np.asarray(stated, dtype=float), np.asarray(here, dtype=float)
    if a.shape != b.shape:
        return False
    top = abs(b).max(initial=0.0) if np.isfinite(b).all() else 0.0
    return bool(np.allclose(b, a, rtol=0, atol=within or _SAME * max(top, 1e-3), equal_nan=True))


def _value(value):
    """A value in words: of numbers four digits, of many their shape."""
    if not _is_numeric(value) or isinstance(value, tuple):
        return f"{value}"
    array = np.asarray(value)
    if array.size > 8:
        return f"{' x '.join(map(str, array.shape))} numbers"
    if array.ndim:
        return f"[{', '.join(map(_value, array))}]"
    if array.dtype.kind == "i":
        return f"{array:,}"
    return "0" if abs(array) < 1e-12 else f"{array:.4g}"
