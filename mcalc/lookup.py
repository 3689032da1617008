"""Rules that are looked up by their names, each of them checked: ``reference``.

On a page that shows HTML each rule is a row with an id of its own, its name in small letters with
hyphens, so that a link can lead to it: ``layer-norm``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from html import escape
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from .backward_pass import BackwardPass, backward
from .check.claims import first_difference
from .check.report import CheckFailed, Report
from .derivation import derive, hessian
from .graph.expr import LET, WRITERS, Expr, as_expr, shape_text
from .graph.lengths import resolve_inside, symbolic_sizes
from .graph.variables import let
from .graph.walk import rebuild, replace, symbols, unnamed, walk
from .jacobian.along import SOFTMAX
from .jacobian.gradients import adjoint
from .jacobian.program import Line, Program
from .jacobian.recognised import recognised
from .notation import listing
from .notation.listing import formula
from .notation.style import STYLES, Style
from .tables import Table, latex_array, plain_table

_LATEX, _TEXT = STYLES
_RESULTS = "Y", "y", "R", "r"  # of which the first that is free names what has no name
_SIZES = (3, 2)  # of the first letter, of the second, and so on: of which the NumPy is checked
_LEFT = ' style="text-align: left; vertical-align: top"'  # JupyterLab's own tables lean right


class _Cell(NamedTuple):
    """A cell: formulas below each other, and the NumPy that computes them."""

    formulas: Sequence[str]
    code: Sequence[str] = ()


class Lookup:
    """Rules by their names, each in the form that was stated for it and that has been checked.

    ``lookup["log det"]`` is what one of them was checked by, ``details`` has the chains that they
    came from. Where the variable is a matrix, its gradient stands beside the Jacobian, in the shape
    of the variable.
    """

    def __init__(
        self,
        names: Sequence[str],
        derivations: Sequence[Any],
        claims: Sequence[Expr],
        chain: bool = False,
    ):
        self.names, self.derivations, self.claims = [*names], [*derivations], [*claims]
        self.chain = chain
        self.reports = [self._checked(d) for d in derivations]

    def _checked(self, d: Any) -> Report:
        return d.check()

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(f"{name!r} is not in this table: {', '.join(self.names)}")
        return self.derivations[self.names.index(name)]

    @property
    def details(self) -> Table:
        """The rules with the products of Jacobians that they came from, and their checks."""
        return Table(*self.derivations, chain=True)

    @property
    def _heads(self) -> list[str]:
        second = all(d.of is not None for d in self.derivations)
        by_matrix = any(d.by_matrix for d in self.derivations)
        heads = ["function", "by", *["chain"] * self.chain, "Hessian" if second else "Jacobian"]
        return [*heads, *["gradient"] * by_matrix]

    def _cells(self, d: Any, claim: Expr, style: Style) -> Iterable[_Cell]:
        write = WRITERS[style.name]
        by = ", ".join(map(write, d.variables))
        written = [write(unnamed(d.y if d.of is None else d.of)), f"({by})" if d.by_scalars else by]
        written += [d.lines(style).chain()] * self.chain
        written.append(write(claim))
        if "gradient" in self._heads:
            written.append(write(as_expr(d.gradient)) if d.by_matrix else "")
        return [_Cell([one] if one else []) for one in written]

    def _rows(self, style: Style) -> list[list[_Cell]]:
        of_each = zip(self.derivations, self.claims, strict=True)
        return [[*self._cells(d, claim, style)] for d, claim in of_each]

    def __repr__(self) -> str:
        rows = [["name", *self._heads]]
        for name, cells in zip(self.names, self._rows(_TEXT), strict=True):
            high = max(len(cell.formulas) + len(cell.code) for cell in cells)
            columns = [[name], *([*cell.formulas, *cell.code] for cell in cells)]
            filled = ([*column, *[""] * (high - len(column))] for column in columns)
            rows += map(list, zip(*filled, strict=True))
        return plain_table(rows)

    def _repr_latex_(self) -> str:
        rows = [[*map(_LATEX.words, ["name", *self._heads])]]
        for name, cells in zip(self.names, self._rows(_LATEX), strict=True):
            columns = (r",\quad ".join(cell.formulas) for cell in cells)
            rows.append([_LATEX.words(name), *columns])
        return latex_array(rows)

    def _repr_html_(self) -> str:
        heads = "".join(f"<th{_LEFT}>{head}</th>" for head in ["name", *self._heads])
        rows = [f"<tr>{heads}</tr>"]
        both = zip(self.names, self._rows(_LATEX), self._rows(_TEXT), strict=True)
        for name, *cells in both:
            inside = "".join(map(_html, *cells))
            rows.append(f'<tr id="{anchor(name)}"><th{_LEFT}>{escape(name)}</th>{inside}</tr>')
        return f"<table>{''.join(rows)}</table>"


def anchor(name: str) -> str:
    """The id of a rule: ``layer-norm-weights`` of ``layer norm: weights``."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def _html(cell: _Cell, plain: _Cell) -> str:
    """A cell; its formulas can be read where nothing typesets them."""
    lines = [
        f'<span data-text="{escape(text)}">$\\displaystyle {escape(tex, quote=False)}$</span>'
        for tex, text in zip(cell.formulas, plain.formulas, strict=True)
    ]
    lines += [f"<code>{escape(one, quote=False)}</code>" for one in cell.code]
    return f"<td{_LEFT}>{'<br>'.join(lines)}</td>"


class Backwards(Lookup):
    """Backward passes by their names: what comes in, and what goes out to a variable.

    Every line of NumPy in it is part of the function that was checked: ``lookup["softmax"]`` is the
    backward pass, with that function's ``source``.
    """

    _heads = ["forward", "comes in", "goes out"]

    @property
    def details(self) -> Table:
        """Rules for what goes back have no chains: each is a :class:`mcalc.BackwardPass`."""
        raise AttributeError("backward passes have no chains: take one by its name, table['trace']")

    def _checked(self, d: Any) -> Report:
        """At one point and in one size: quick, for there are many in a table."""
        letters = symbolic_sizes(d.y)
        return d.check(dict(zip(letters, cycle(_SIZES))) if letters else _SIZES, points=1)

    def _cells(self, stated: Any, claim: Expr, style: Style) -> Iterable[_Cell]:
        lines = {name: e for name, e in stated.lines.items() if e is not None}
        if stated.upstream is not None:
            lines.popitem()  # the sum of what comes in times the result
        written = [f"{formula(name, style)} = {formula(e, style)}" for name, e in lines.items()]
        forward, back = _code(stated)
        yield _Cell(written, forward[: len(forward) - (stated.upstream is not None)])
        came = as_expr(1 if stated.upstream is None else stated.upstream)
        yield _Cell([formula(came, style), *_size(came, style)])
        (by,) = stated.variables
        goes = f"{stated.adjoint(style)} = {formula(stated.gradients[by], style)}"
        yield _Cell([goes, *_size(by, style)], back)


def _size(e: Expr, style: Style) -> list[str]:
    return [f"({style.shape(e.shape)})"] if e.ndim else []


class Stated(BackwardPass):
    """The backward pass of one variable of ``y``, with the formula that was stated for it.

    It has been compared with the one that comes out here, and its ``source`` with numerical
    differentiation. ``upstream`` is what comes in, None where it is 1.
    """

    def __init__(self, y: Any, came: Any, by: Expr, stated: Any):
        y = as_expr(y)
        self.upstream = None if isinstance(came, int) and came == 1 else came
        if as_expr(came).shape != y.shape:
            given = f"{came} is {shape_text(as_expr(came).shape)}"
            raise ValueError(
                f"{given}, and {y} is {shape_text(y.shape)}: what comes in has its shape"
            )
        self.result = y if y.op is LET or not y.ndim else let(_free(y, came), y)
        own = backward(y if self.upstream is None else np.sum(came * self.result), wrt=by)
        super().__init__(own.y, own.variables, own.inputs)
        self._program = _in_the_names_given(self._program, self.y)
        goes = _put(unnamed(resolve_inside(as_expr(stated))), self._program.names)
        if goes.shape != by.shape:
            sizes = f"{shape_text(goes.shape)} given, {shape_text(by.shape)} expected"
            raise CheckFailed(f"{y} by {by}: {stated} is claimed, but {sizes}")
        _, right = own.in_variables()
        wrong = first_difference(unnamed(as_expr(stated)), right[by], self.inputs)
        if wrong:
            raise CheckFailed(f"{y} by {by}: {stated} is claimed, but {wrong.sentence}")
        self._computed = self._gradients = {by: goes}

    @cached_property
    def _source(self) -> listing.Source:
        """What was stated, in NumPy: with an inverse also where a program has the adjugate."""
        return listing.Source(self._program, self._computed, self.variables)

    def adjoint(self, style: Style) -> str:
        """``dX``."""
        (by,) = self.variables
        return formula(adjoint(by, self._program), style)


def _put(e: Expr, names: dict[Expr, Expr]) -> Expr:
    """A formula in these names, and softmax as one operation."""

    def swap(part):
        if part in names:
            return names[part]
        rule = recognised(part)
        if rule is None or rule.form.op not in SOFTMAX.values():
            return None
        return rebuild(rule.form, tuple(replace(a, swap) for a in rule.form.args))

    return replace(e, swap)


def _in_the_names_given(program: Program, y: Expr) -> Program:
    """A program without the lines that have no name in ``y``: its formulas are as they were put."""
    given = {e.name for e in walk(y) if e.op is LET}
    lines: dict[Expr, Line] = {}
    inside: dict[Expr, Expr] = {}  # what is no line any more
    for name, line in program.lines.items():
        if line.definition is None:
            lines[name] = line
            continue
        definition = replace(line.definition, inside.get)
        if name is program.result or name.name in given:
            lines[name] = Line(name, definition, line.rule, tuple(symbols(definition)))
        else:
            inside[name] = definition
    names = {e: name for e, name in program.names.items() if name in lines}
    return Program(lines, program.variables, program.result, names, program.taken)


def _free(y: Expr, came: Any) -> str:
    """A name for a function that has none."""
    taken = {str(e.name) for e in walk(y, came) if e.name}
    return next(name for name in _RESULTS[y.ndim == 1 :] if name not in taken)


def _code(stated: Stated) -> tuple[list[str], ...]:
    """What ``source`` has for going forward, and for going back."""
    inside = stated.source.partition("def backward(")[2].partition(":\n")[2]
    forward, _, back = inside.partition("\n\n")
    both = forward, back.rpartition("\n    return")[0]
    return tuple([line[4:] for line in part.splitlines() if line] for part in both)


def reference(*rows: tuple, order: int = 1, names: str = "", chain: bool = False) -> Table | Lookup:
    """Rules to look up: ``reference((w * x, w, diag(x)), (sum(x), x, ones().T))``.

    Each row is a function, the variable it is derived by, and the closed form that is expected.
    It is derived, compared and checked; CheckFailed is raised for the first row that is something
    else. The table also shows the product of Jacobians that each result came from. Of ``order`` 2,
    the closed forms are Hessians; ValueError is raised for any other. With ``names``, one a row and
    commas between them, the table has these, the closed forms as they were expected, and gradients
    with respect to matrices; the chains are in its ``details``, and with ``chain`` in the table,
    too. Paper: "Matrix Calculus Reference".

    A row of four says what goes back: a function, what comes in, the variable, and what goes out to
    it, in its shape. What comes in is a variable in the shape of the function, or 1 for a scalar.
    Such rows have names; each is shown in mathematics and in NumPy, and it is the NumPy that is
    checked.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.reference((w * x, w, mc.diag(x)))
    function   by   Jacobian   shape   checked by
    w ⊗ x      w    diag(x)    n x n   scalars and numbers
    >>> g = mc.vectors("g")
    >>> mc.reference((w * x, g, w, g * x), names="Hadamard product")
    name               forward     comes in   goes out
    Hadamard product   y = w ⊗ x   g          dw = g ⊗ x
                       y = w * x   (n x 1)    (n x 1)
                                              dw = g * x
    """
    if order not in (1, 2):
        raise ValueError(f"order={order!r}: 1 for Jacobians, 2 for Hessians")
    called = names.split(", ") if names else []
    back = [len(row) == 4 for row in rows]
    if (called or any(back)) and len(called) != len(rows):
        raise ValueError(f"{len(called)} names for {len(rows)} rows: give one for each")
    if any(back):
        if not all(back) or order == 2:
            raise ValueError("rows of four, of what goes back, have a table of their own")
        stated = [Stated(*row) for row in rows]
        return Backwards(called, stated, [as_expr(claim) for *_, claim in rows])
    derivations = [(derive, hessian)[order - 1](y, wrt=by) for y, by, _ in rows]
    for d, (_, _, claim) in zip(derivations, rows, strict=True):
        reason = d.why(claim)
        if reason:
            raise CheckFailed(f"{d.y} by {d.wrt}: {as_expr(claim)} is claimed, but {reason}")
    if called:
        return Lookup(called, derivations, [as_expr(claim) for *_, claim in rows], chain)
    return Table(*derivations, chain=True)
