"""A backward pass as it is listed: the forward line of a name beside its backward line.

The left column is computed downwards, the right one upwards. What comes back for ``S`` is written
``dS`` and has the shape of S.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial

from ..graph.expr import Expr
from ..graph.shapes import shape_text
from ..graph.walk import is_number
from ..jacobian.gradients import adjoint
from ..jacobian.program import Program
from .leaves import Precedence
from .numpy_source import NumpySource
from .source_code import HELPERS, INDENT, Identifiers, wrapped
from .style import LATEX, TEXT, Style
from .write import Writer

_WIDE = 64  # signs of a forward line, beside which the backward line still stands
_SHORT = 12  # a fraction with a larger number below is a decimal


class _LineWriter(Writer):
    """Writes a line: decimals as decimals, and the mask of a triangle by its rows and columns.

    What is not to be read back may be as short as ``1 + U`` of a matrix U.
    """

    ones_are_written = False

    def _number(self, e):
        value = e.params["value"]
        decimal = isinstance(value, Fraction) and value.denominator > _SHORT
        if decimal and Fraction(str(float(value))) == value:
            written, _ = self.style.number(float(abs(value)), self.used_names)
            written = written.replace("e-0", "e-").replace(r"1 \cdot 10", "10")
            return "-" * (value < 0) + written, Precedence.ATOM
        return super()._number(e)

    def _triangle(self, e, of=None):
        if of:  # that of a matrix keeps its name, ``tril(A)``
            return super()._triangle(e, of)
        sign = ("≥" if e.params["lower"] else "≤") if not self.style.latex else (
            r"\ge" if e.params["lower"] else r"\le")  # fmt: skip
        k = e.params["k"]
        moved = f"j {'+' if k < 0 else '-'} {abs(k)}" if k else "j"
        return f"i {sign} {moved}", Precedence.CASES


def formula(e: Expr, style: Style) -> str:
    """An expression as it stands in a listing."""
    return _LineWriter(style, e)(e)


def _rows(program: Program, gradients: Mapping[Expr, Expr], style: Style) -> Iterable[tuple]:
    """The two columns, written; empty where there is nothing."""
    write = partial(formula, style=style)
    for name, line in program.lines.items():
        written = style.symbol(name.params["name"], name.ndim)
        if line.definition is None:
            size = shape_text(name.shape) if name.ndim else "scalar"
            size = size.replace("x", r"\times") if style.latex and name.ndim else style.words(size)
            forward = rf"{written} \quad ({size})" if style.latex else f"{written}  ({size})"
        else:
            forward = f"{written} = {write(line.definition)}"
        gradient = gradients.get(name)
        back = "" if gradient is None else f"{write(adjoint(name, program))} = {write(gradient)}"
        yield forward, back


def as_text(program: Program, gradients: Mapping[Expr, Expr]) -> str:
    """The listing as plain text."""
    rows = list(_rows(program, gradients, TEXT))
    width = max((len(left) for left, _ in rows if len(left) <= _WIDE), default=0)
    lines = []
    for left, right in rows:
        if len(left) > width and right:
            lines += [left, " " * (width + 4) + right]
        else:
            lines.append(f"{left:{width}}    {right}".rstrip())
    return "\n".join(lines)


def as_latex(program: Program, gradients: Mapping[Expr, Expr]) -> str:
    """The listing as one array for MathJax."""
    rows = (rf"{left} \qquad & {right}" for left, right in _rows(program, gradients, LATEX))
    body = r" \\[4pt] ".join(rows)
    return rf"$\displaystyle \begin{{array}}{{ll}} {body} \end{{array}}$"


# --- as NumPy --------------------------------------------------------------------------------


class Source:
    """The listing as the source of a NumPy function ``backward``.

    ``text`` is the whole; ``parameters`` are the variables in the order of its parameters, and
    ``names`` their names there.
    """

    def __init__(self, program: Program, gradients: Mapping[Expr, Expr], variables: Iterable[Expr]):
        self.program, self.gradients, self.variables = program, gradients, tuple(variables)
        self.names = Identifiers()
        for v in program.lines:
            self.names.variable(v.params["name"])
        write = NumpySource(self.names)
        forward, back = self._forward(write), self._back(write)
        self.parameters = program.variables
        body = [*self._lengths(write.lengths), *forward, "", *back, self._result()]
        listed = ", ".join(map(self.name, self.parameters))
        rows = [row for line in body for row in wrapped(INDENT + line if line else "")]
        function = "\n".join([*wrapped(f"def backward({listed}):"), *rows])
        helpers = [
            HELPERS[name].replace(f"def {name}(", f"def {self.names.helper(name)}(")
            for name in write.helpers
        ]
        self.text = "\n\n\n".join(["import numpy as np", *helpers, function]) + "\n"

    def name(self, v: Expr) -> str:
        return self.names.variable(v.params["name"])

    def _adjoint(self, v):
        return self.name(adjoint(v, self.program))

    def _forward(self, write):
        lines = self.program.lines.items()
        return [
            f"{self.name(v)} = {write.line(line.definition)}"
            for v, line in lines
            if line.definition is not None
        ]

    def _back(self, write):
        """From the result back; numbers stand in the lines that have them.

        A variable's gradient comes as soon as all that it is made of is there.
        """
        first: dict[Expr, list[Expr]] = {}  # the variables whose first use is in a line
        left = dict.fromkeys(self.program.variables)
        for name, line in self.program.lines.items():
            first[name] = [v for v in line.uses if v in left]
            for v in first[name]:
                del left[v]
        computed = [v for v, line in self.program.lines.items() if line.definition is not None]
        order = [v for name in reversed(computed) for v in (name, *first[name])]
        order += left
        asked = {*self.variables}
        return [
            f"{self._adjoint(v)} = {write.line(self.gradients[v])}"
            for v in order
            if v in self.gradients and (v in asked or not is_number(self.gradients[v]))
        ]

    def _lengths(self, letters):
        """A line for the lengths that are needed, each from the first variable that shows it."""
        wanted, lines = dict.fromkeys(letters), []
        for v in self.parameters:
            axes = [k for k, part in enumerate(v.shape) if part in wanted and part in letters]
            axes = [k for k in axes if v.shape.index(v.shape[k]) == k]
            for k in axes:
                del wanted[v.shape[k]]
            names = [self.names.length(v.shape[k]) for k in axes]
            if len(axes) == 2:
                lines.append(f"{', '.join(names)} = {self.name(v)}.shape")
            elif axes:
                shape = f"len({self.name(v)})" if axes == [0] else f"{self.name(v)}.shape[1]"
                lines.append(f"{names[0]} = {shape}")
        if wanted:
            raise ValueError(
                f"no variable of {self.program.result} tells the length {next(iter(wanted))}"
            )
        return lines

    def _result(self):
        pairs = ", ".join(f'"{v.params["name"]}": {self._adjoint(v)}' for v in self.variables)
        return f"return {self.name(self.program.result)}, {{{pairs}}}"
