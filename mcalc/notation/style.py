"""The two styles that mathematics is written in, plain text and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from ..graph.products import PLACES, of_pi, root_of
from ..graph.shapes import shape_text

_GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega".split()
)
_LATEX_FUNCTIONS = set("exp log sin cos tan sinh cosh tanh arctan max min det".split())
_LATEX_SIGNS = {"||": r"\Vert ", "≥": r"\ge", "≤": r"\le", "≠": r"\ne", "σ": r"\sigma ",
                " by rows": r"\text{ by rows}", " by columns": r"\text{ by columns}"}  # fmt: skip

# What the styles write differently: as plain text, and as LaTeX. The first part stands at the first
# %s, all further ones at the second, with what is between the two before each of them.
_TABLE = {
    "ones": ("1", r"\vec{1}"),
    "zeros": ("0", r"\vec{0}"),
    "infinity": ("∞", r"\infty"),
    "indent": ("    ", r"\quad "),
    "parens": ("(%s)", r"\left(%s\right)"),
    "argument": ("(%s)", r"{\left(%s\right)}"),  # no space behind the function's name
    "sqrt": ("sqrt(%s)", r"\sqrt{%s}"),
    "sum_i": ("sum_i (%s)", r"\sum_i %s"),
    "times": ("%s · %s", r"%s \cdot %s"),
    "dot": ("%s.%s", r"%s \cdot %s"),
    "hadamard": ("%s ⊗ %s", r"%s \otimes %s"),
    "quotient": ("%s ⊘ %s", r"%s \oslash %s"),
    "power": ("%s^%s", "%s^{%s}"),
    "power of elements": ("%s^⊗%s", r"%s^{\otimes %s}"),
    "fraction": ("%s/%s", r"\frac{%s}{%s}"),
    "d": ("d%s/d%s", r"\frac{d%s}{d%s}"),
    "∂": ("∂%s/∂%s", r"\frac{\partial %s}{\partial %s}"),
    "d/d": ("d/d%s %s", r"\frac{d}{d%s} %s"),
    "∂/∂": ("∂/∂%s %s", r"\frac{\partial}{\partial %s} %s"),
    "maps to": ("%s ↦ %s", r"%s \mapsto %s"),
    "size": ("   (%s)", r" \qquad (%s)"),
    "case": ("%s if %s", r"%s & \text{if } %s"),
    "otherwise": ("%s otherwise", r"%s & \text{otherwise}"),
    "cases": ("%s; %s", r"\begin{cases} %s \\ %s \end{cases}\,"),
    "row": ("[%s, %s]", r"\begin{bmatrix} %s & %s \end{bmatrix}"),
    "column": ("[%s, %s]^T", r"\begin{bmatrix} %s \\ %s \end{bmatrix}"),
    "blocks": ("[%s; %s]", r"\begin{bmatrix} %s \\ %s \end{bmatrix}"),
    "grid": ("[%s, %s]", r"\begin{bmatrix} %s \\ %s \end{bmatrix}"),
    "in grid": ("[%s, %s]", "%s & %s"),
}


_DIGITS = 17  # of a float, at most
_SMALL = 4  # places from which on powers of ten are written as such


def _is_float(value):
    return value < 2**1023 and float(value) == value


class Style:
    """A column of the table: ``style("fraction", "1", "n")`` is ``1/n``, ``style("ones")`` is 1.

    Plain text is what regression tests compare, so it says the whole mathematics. LaTeX is for
    MathJax.
    """

    def __init__(self, name: str):
        self.name, self.latex = name, name == "latex"

    def __call__(self, what: str, *parts: str) -> str:
        template = _TABLE[what][self.latex]
        if not parts:
            return template
        before, *between, after = template.split("%s")
        return before + "".join(between).join(parts) + after

    def grid(self, rows: Iterable[Iterable[str]]) -> str:
        return self("grid", *(self("in grid", *row) for row in rows))

    def shape(self, shape: tuple) -> str:
        """``m x n``."""
        text = shape_text(shape)
        return text.replace("x", r"\times") if self.latex else text

    def words(self, text: str) -> str:
        """Plain words, in which ``u_1`` and ``x^T`` are still mathematics."""
        if not self.latex:
            return text
        text = re.sub(r"[&%#$]", r"\\\g<0>", text)

        def script(match):
            sign, raised = match.groups()
            return "}" + sign + "{" + raised.replace("_", ",") + r"}\text{"

        return r"\text{" + re.sub(r"([_^])(\w+|\([^)]*\))", script, text) + "}"

    def symbol(self, name: str, ndim: int, index: str = "") -> str:
        """A name; with an ``index`` an element of it, all subscripts in one: ``x_{1,2}``."""
        if not self.latex:
            return f"{name}_{index}" if index else name
        prime = "'" * name.endswith("'")
        name, *below = name.removesuffix("'").split("_")
        letter = rf"\{name}" if name in _GREEK else name
        if ndim == 1:
            letter = rf"\boldsymbol{{{letter}}}" if name in _GREEK else rf"\mathbf{{{letter}}}"
        elif letter == name and len(name) > 1:
            letter = rf"\mathit{{{name}}}"
        if below and below[0] in ("hat", "bar", "tilde", "dot"):
            letter = rf"\{below.pop(0)}{{{letter}}}"
        if not below:
            under = f"{{{index}}}" if len(index) > 1 else index  # x_1, but x_{10}
            return letter + (f"_{under}" if index else "") + prime
        return f"{letter}_{{{','.join([*below, *([index] if index else [])])}}}{prime}"

    def gradient(self, name: str, of: str, ndim: int) -> str:
        """``dS``, the derivative of the result by S in the shape of S."""
        return "d" + self.symbol(of, ndim) if self.latex else name

    def number(self, value, taken: Iterable[str] = ()) -> tuple[str, bool]:
        """A whole number or float, with all digits that tell it from others: as it is read back.

        Multiples of pi are written by its name, unless that is ``taken`` by a variable. Returns the
        text, and whether it is more than one sign or word.
        """
        parts = of_pi(value)
        if parts and "pi" not in taken:
            above, below = parts
            name = ("" if above == 1 else str(above)) + ("pi", r"\pi")[self.latex]
            return (name if below == 1 else self("fraction", name, str(below))), parts != (1, 1)
        if (root := root_of(value)) and (not root[2] or "pi" not in taken):
            return self("sqrt", self._ratio(*root)), False
        plain = str(value)
        if isinstance(value, float) or len(plain) > _DIGITS and _is_float(value):
            plain = repr(float(value)).removesuffix(".0")
        digits, _, power = plain.partition("e")
        if power and self.latex:
            return rf"{digits} \cdot 10^{{{int(power)}}}", True
        if power and any(re.fullmatch("[eE][0-9]*", name) for name in taken):
            return f"{Decimal(plain):f}", False
        return plain, False

    def _ratio(self, above: int, below: int, power: int) -> str:
        """``2/pi``: two whole numbers, and a power of pi."""
        pi = ("pi", r"\pi")[self.latex]
        parts = [
            ("" if n == 1 and with_pi else str(n)) + pi * with_pi
            for n, with_pi in ((above, power > 0), (below, power < 0))
        ]
        if parts[1] == "1":
            return parts[0]
        several = below > 1 and power < 0 and not self.latex  # 1/(2pi)
        return self("fraction", parts[0], f"({parts[1]})" if several else parts[1])

    def decimal(self, value: Fraction, taken: Iterable[str] = ()) -> str:
        """A fraction as a decimal: ``1.702``, ``0.1``, and ``1e-5`` of a variable e no other."""
        power = len(str(value.denominator)) - 1
        if value.numerator == 1 and power >= _SMALL:
            if self.latex:
                return f"10^{{-{power}}}"
            if not any(re.fullmatch("[eE][0-9]*", name) for name in taken):
                return f"1e-{power}"
        return f"{float(value):.{PLACES}f}".rstrip("0")

    def function(self, name: str) -> str:
        if not self.latex:
            return name
        plain = name.replace("_", r"\_")
        return rf"\{name}" if name in _LATEX_FUNCTIONS else rf"\operatorname{{{plain}}}"

    def template(self, template: str) -> str:
        """A primitive's own template, with LaTeX's commands for the signs and functions in it."""
        if not self.latex:
            return template
        for sign, command in _LATEX_SIGNS.items():
            template = template.replace(sign, command)
        return re.sub(r"([a-z]\w+)\(", lambda m: self.function(m[1]) + "(", template)


LATEX, TEXT = STYLES = Style("latex"), Style("text")
