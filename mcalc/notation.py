"""The paper's notation: one visitor, and two styles to write in, LaTeX and plain text.

Vectors are bold, lower case and vertical; ``x^T`` is a row; ``w ⊗ x`` is the Hadamard product;
a condition on the data stands inside the sum that runs over them.
"""

from __future__ import annotations

import re
from fractions import Fraction

from . import expr
from .expr import NAMED, NUMBER, SIZE, SYMBOL, Expr, is_number

CASES, SUM, PRODUCT, POWER, ATOM = range(5)  # how tightly a written part holds together
_GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega".split()
)
_LATEX_FUNCTIONS = set("exp log sin cos tan sinh cosh tanh arctan max min".split())
_PRODUCTS = ("matvec", "vecmat", "matmat")


class Text:
    """Plain text: what regression tests compare, so it says the whole mathematics."""

    name = "text"
    hadamard, quotient, times, dot, indent = " ⊗ ", " ⊘ ", " · ", ".", "    "
    ones, zeros = "1", "0"

    def symbol(self, name, ndim):
        return name

    def function(self, name):
        return name

    def parens(self, written):
        return f"({written})"

    def fraction(self, top, bottom):
        return f"{top}/{bottom}"

    def power(self, base, exponent):
        return f"{base}^{exponent}" if re.fullmatch(r"\w+", exponent) else f"{base}^({exponent})"

    def cases(self, branches, otherwise):
        return "; ".join([*(f"{value} if {c}" for value, c in branches), f"{otherwise} otherwise"])

    def listed(self, entries, upright=False):
        return "[" + ", ".join(entries) + "]" + ("^T" if upright else "")

    def grid(self, rows):
        return self.listed([self.listed(row) for row in rows])

    def blocks(self, rows):
        return "[" + "; ".join(rows) + "]"

    def template(self, template):
        return template

    def total(self, body):
        return f"sum_i {self.parens(body)}"

    def ratio(self, sign, of, by):
        return f"{sign}{of}/{sign}{by}"


class Latex(Text):
    """LaTeX, for MathJax."""

    name = "latex"
    hadamard, quotient, times, dot = r" \otimes ", r" \oslash ", r" \cdot ", r" \cdot "
    ones, zeros, indent = r"\vec{1}", r"\vec{0}", r"\quad "

    def symbol(self, name, ndim):
        name, _, below = name.rstrip("'").partition("_")
        letter = (
            f"\\{name}" if name in _GREEK else name if len(name) == 1 else rf"\mathit{{{name}}}"
        )
        if ndim == 1:
            letter = rf"\boldsymbol{{{letter}}}" if name in _GREEK else rf"\mathbf{{{name}}}"
        if below in ("hat", "bar", "tilde", "dot"):
            return rf"\{below}{{{letter}}}"
        return f"{letter}_{{{below}}}" if below else letter

    def function(self, name):
        return f"\\{name}" if name in _LATEX_FUNCTIONS else rf"\operatorname{{{name}}}"

    def parens(self, written):
        return rf"\left({written}\right)"

    def fraction(self, top, bottom):
        return rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base, exponent):
        return f"{base}^{{{exponent}}}"

    def cases(self, branches, otherwise):
        lines = [rf"{value} & \text{{if }} {condition}" for value, condition in branches]
        lines.append(rf"{otherwise} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(lines) + r" \end{cases}"

    def listed(self, entries, upright=False):
        return self.blocks(entries if upright else [" & ".join(entries)])

    def grid(self, rows):
        return self.blocks([" & ".join(row) for row in rows])

    def blocks(self, rows):
        return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"

    def template(self, template):
        for sign, command in (("||", r"\Vert "), ("≥", r"\ge"), ("≤", r"\le"), ("≠", r"\ne")):
            template = template.replace(sign, command)
        return re.sub(r"([a-z]\w+)\(", lambda m: self.function(m[1]) + "(", template)

    def total(self, body):
        return rf"\sum_i {body}"

    def ratio(self, sign, of, by):
        sign = r"\partial " if sign == "∂" else sign
        return rf"\frac{{{sign}{of}}}{{{sign}{by}}}"


class Writer:
    """Writes expressions in one style. ``index`` is "i" while inside a sum over the data."""

    def __init__(self, style: Text, whole: Expr):
        self.style, self.latex, self.index, self.in_diagonal = (
            style,
            style.name == "latex",
            "",
            False,
        )
        self.taken = {e.name for e in expr.symbols(whole)}

    def __call__(self, e: Expr, level=CASES) -> str:
        """``e``, in parentheses if it holds less tightly than ``level``."""
        written, tightness = getattr(self, "_" + e.op.name, self._function)(e)
        return written if tightness >= level else self.style.parens(written)

    def at(self, index, e, level=CASES):
        """``e`` element by element, or as a whole where the index is empty."""
        before, self.index = self.index, index
        written = self(e, level)
        self.index = before
        return written

    def laid(self, v, level=CASES):
        """A vector as a row."""
        if level > SUM and v.op.name in ("add", "subtract"):
            return self.style.parens(self(v)) + "^T"
        return self(v.T if v.ndim == 1 else v, level)

    # --- leaves ---

    def _symbol(self, e):
        if self.index and e.ndim == 1:
            return f"{self.style.symbol(e.name, 0)}_{self.index}", ATOM
        return self.style.symbol(e.name, e.ndim), ATOM

    _named = _symbol

    def _number(self, e):
        value = e.params[0]
        if not isinstance(value, Fraction) or value.denominator == 1:
            return f"{value:g}" if isinstance(value, float) else str(value), (SUM, ATOM)[value >= 0]
        written = self.style.fraction(str(abs(value.numerator)), str(value.denominator))
        return ("-" + written, SUM) if value < 0 else (written, PRODUCT)

    def _size(self, e):
        return e.params[0], SUM if " " in e.params[0] else ATOM

    def _ones(self, e):
        return "1" if self.index else self.style.ones, ATOM

    def _zeros(self, e):
        return "0" if self.index or e.ndim > 1 else self.style.zeros, ATOM

    def _identity(self, e):
        return "I", ATOM

    def _unit(self, e):
        return f"e_{e.params[0] + 1}", ATOM

    def _index(self, e):
        (v,) = e.args
        name = self.style.symbol(v.name, 0) if v.op is SYMBOL else self(v, ATOM)
        return f"{name}_{e.params[0] + 1}", ATOM

    # --- sums and products of elements ---

    def _add(self, e):
        right = self(e.args[1], SUM if e.args[1].op.name in ("add", "subtract") else PRODUCT)
        return f"{self(e.args[0], SUM)} + {right}", SUM

    def _subtract(self, e):
        return f"{self(e.args[0], SUM)} - {self(e.args[1], PRODUCT)}", SUM

    def _negative(self, e):
        return "-" + self(e.args[0], PRODUCT), SUM

    def _multiply(self, e):
        return self.beside(e.args), PRODUCT

    def beside(self, operands):
        """Factors side by side, and the Hadamard product between vectors."""
        factors, todo, written = [], list(reversed(operands)), ""
        while todo:
            part = todo.pop()
            nested = part.op.name == "multiply"
            (todo.extend if nested else factors.append)(reversed(part.args) if nested else part)
        for k, f in enumerate(factors):
            part, before = self.factor(f, k == len(factors) - 1), factors[k - 1] if k else None
            vectors = k and f.ndim and before.ndim and "identity" not in (f.op.name, before.op.name)
            if not k:
                written = part
            elif vectors and not self.index:
                written += self.style.hadamard + part
            elif before.op is NUMBER and part[0].isdigit():
                written += self.style.times + part
            else:
                written += ("" if before.op is NUMBER and self.is_close(f) else " ") + part
        return written

    def factor(self, f, is_last):
        if (
            f.op.name == "divide"
            and f.args[1].op in (SIZE, NUMBER)
            and not f.ndim
            and not self.latex
        ):
            return f"({self(f)})"
        open_end = is_last and f.ndim and f.op.name in (*_PRODUCTS, "row", "outer")
        return self(f, PRODUCT if open_end or f.op.name == "sum" else POWER)

    def is_close(self, f):
        """Whether a factor stands right behind a number: 2x, 2(w - x), but 2 cos(x)."""
        while f.op.name in ("power", "row", "matvec", "outer", "transpose", "index"):
            f = f.args[0]
        return f.op in (SYMBOL, NAMED) or f.op.name in ("identity", "add", "subtract", "dot")

    def _divide(self, e):
        top, bottom = e.args
        if top.ndim and bottom.ndim and not self.index and not self.in_diagonal:
            return self(top, POWER) + self.style.quotient + self(bottom, POWER), PRODUCT
        levels = (0, 0) if self.latex else (SUM if top.op is NUMBER else PRODUCT, POWER)
        return self.style.fraction(self(top, levels[0]), self(bottom, levels[1])), PRODUCT

    def _power(self, e):
        return self.style.power(self(e.args[0], ATOM), self(e.args[1])), POWER

    # --- functions ---

    def _function(self, e):
        template = e.op.text
        if template is None:
            return self.call(e.op.name, *e.args), ATOM
        loose = template[-1] not in ")|"  # as in "{0} > {1}"
        parts = [self(a, SUM if template[0] == "{" else CASES) for a in e.args]
        template = self.style.template(template)
        return re.sub(r"\{(\d)\}", lambda m: parts[int(m[1])], template), CASES if loose else ATOM

    def call(self, name, *operands):
        return self.style.function(name) + self.style.parens(", ".join(map(self, operands)))

    def _sqrt(self, e):
        return (rf"\sqrt{{{self(e.args[0])}}}" if self.latex else self.call("sqrt", *e.args)), ATOM

    def _diag(self, e):
        self.in_diagonal = True
        written = self.call("diag", *e.args)
        self.in_diagonal = False
        return written, ATOM

    def _where(self, e, write=None):
        write, branches = write or self, []
        while e.op.name == "where":
            condition, yes, e = e.args
            branches.append((write(yes, SUM), self(condition)))
        return self.style.cases(branches, write(e, SUM)), CASES

    def _sum(self, e):
        (v,) = e.args
        if v.op.name == "where" and not self.index:
            return self.style.total(self.at("i", v)), PRODUCT
        return self.style.function("sum") + self.style.parens(self.at("", v)), ATOM

    # --- linear algebra ---

    def _dot(self, e):
        a, b = e.args
        if b.op.name in _PRODUCTS:
            return f"{self.laid(a, POWER)} {self.at('', b)}", PRODUCT
        return self.at("", a, ATOM) + self.style.dot + self.at("", b, ATOM), PRODUCT

    def _matvec(self, e):
        matrix, v = e.args if e.op.name == "matvec" else (e.args[1].T, e.args[0])
        if self.index:
            row = self.data_row(matrix)
            whole = self.at("", v, ATOM) + self.style.dot + row if row else f"({self.at('', e)})_i"
            return whole, PRODUCT if row else ATOM
        data = self.data_row(matrix.T)
        if v.op.name == "where" and data:
            return self.weighted(v, data, self.style.zeros), PRODUCT
        return (
            f"{self(matrix, POWER)} {self(v, PRODUCT if v.op.name in _PRODUCTS else POWER)}",
            PRODUCT,
        )

    _vecmat = _matvec

    def _matmat(self, e):
        left, right = e.args
        return f"{self(left, POWER)} {self(right, PRODUCT)}", PRODUCT

    def data_row(self, matrix):
        """Example i of the data: ``x_i`` is row i of ``X``."""
        if matrix.op is not SYMBOL:
            return None
        name = matrix.name.lower() if len(matrix.name.split("_")[0]) == 1 else matrix.name
        return self.style.symbol(matrix.name if name in self.taken else name, 1) + "_i"

    def weighted(self, v, row, zero):
        """The sum over the data of each row times its weight, which is a case distinction."""

        def write(value, level):
            if is_number(value, 0) or is_number(value, 1):
                return row if value.params[0] else zero
            return f"{self(value, PRODUCT)} {row}"

        before, self.index = self.index, "i"
        written = self._where(v, write)[0]
        self.index = before
        return self.style.total(written)

    def _outer(self, e):
        return f"{self(e.args[0], POWER)} {self.laid(e.args[1], POWER)}", PRODUCT

    def _transpose(self, e):
        return self(e.args[0], ATOM) + "^T", POWER

    def _stack(self, e):
        if e.ndim == 1:
            return self.style.listed([self(a) for a in e.args], upright=True), ATOM
        if all(a.op.name == "stack" for a in e.args):
            return self.style.grid([[self(a) for a in row.args] for row in e.args]), ATOM
        return self.style.blocks([self.laid(a) for a in e.args]), ATOM

    def _concatenate(self, e):
        return self.style.blocks([self(a) for a in e.args]), ATOM

    _blocks = _concatenate

    def _row(self, e):
        (v,) = e.args
        name, scalar_first = v.op.name, v.args and v.args[0].ndim == 0
        if name == "where" and scalar_first:
            return self._where(v, self.laid)
        if name == "negative":
            return "-" + self.laid(v.args[0], PRODUCT), SUM
        if name == "divide" and v.args[1].ndim == 0:
            levels = (0, 0) if self.latex else (PRODUCT, POWER)
            parts = self.laid(v.args[0], levels[0]), self(v.args[1], levels[1])
            return self.style.fraction(*parts), PRODUCT
        if name == "multiply" and scalar_first:
            return self.beside([v.args[0], v.args[1].T]), PRODUCT
        if name in _PRODUCTS:
            matrix, u = v.args if name == "matvec" else (v.args[1].T, v.args[0])
            data = self.data_row(matrix.T)
            if u.op.name == "where" and data:
                return self.weighted(u, data + "^T", self.style.zeros + "^T"), PRODUCT
            return f"{self.laid(u, PRODUCT)} {self(matrix.T, POWER)}", PRODUCT
        if name in ("add", "subtract") and any(a.op.name in _PRODUCTS for a in expr.walk(v)):
            sign = " + " if name == "add" else " - "
            return self.laid(v.args[0]) + sign + self.laid(v.args[1], PRODUCT), SUM
        if name in ("stack", "concatenate"):
            return self.style.listed([self.laid(a) for a in v.args]), ATOM
        return self(v, ATOM) + "^T", POWER


STYLES = (Latex(), Text())
expr.WRITERS.update({style.name: lambda e, style=style: Writer(style, e)(e) for style in STYLES})
