"""The paper's notation: one visitor, and two styles to write in, plain text and LaTeX.

Vectors are bold, lower case and vertical; ``x^T`` is a row; ``w ⊗ x`` is the Hadamard product;
a condition on the data stands inside the sum that runs over them.
"""

from __future__ import annotations

import re
from fractions import Fraction

from .expr import NAMED, NUMBER, SIZE, SYMBOL, WRITERS, Expr, node, symbols

CASES, SUM, PRODUCT, POWER, ATOM = range(5)  # how tightly a written part holds together
_GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega".split()
)
_ACCENTS = {"hat", "bar", "tilde", "dot"}
_LATEX_FUNCTIONS = set("exp log sin cos tan sinh cosh tanh arctan max min".split())


class Text:
    """Plain text: what regression tests compare, so it says the whole mathematics."""

    hadamard, quotient, times, transpose, minus = " ⊗ ", " ⊘ ", " · ", "^T", "-"
    dot, indent = ".", "    "
    identity, ones, zeros = "I", "1", "0"

    def symbol(self, name, ndim):
        return name

    def function(self, name):
        return name

    def fraction(self, top, bottom):
        return f"{top}/{bottom}"

    def power(self, base, exponent):
        simple = re.fullmatch(r"\w+", exponent)
        return f"{base}^{exponent}" if simple else f"{base}^({exponent})"

    def cases(self, branches, otherwise):
        parts = [f"{value} if {condition}" for value, condition in branches]
        return "; ".join([*parts, f"{otherwise} otherwise"])

    def rows(self, rows):
        return "[" + "; ".join(rows) + "]"

    def grid(self, rows):
        return "[" + ", ".join("[" + ", ".join(row) + "]" for row in rows) + "]"

    def listed(self, entries, upright=False):
        return "[" + ", ".join(entries) + "]" + ("^T" if upright else "")

    def template(self, template):
        return template

    def sum_over(self, index, body):
        return f"sum_{index} {body}"

    def ratio(self, sign, of, by):
        return f"{sign}{of}/{sign}{by}"

    def parens(self, written):
        return f"({written})"


class Latex(Text):
    hadamard, quotient, times, transpose = r" \otimes ", r" \oslash ", r" \cdot ", "^T"
    dot, indent = r" \cdot ", r"\quad "
    ones, zeros = r"\vec{1}", r"\vec{0}"

    def symbol(self, name, ndim):
        name, _, below = name.partition("_")
        primes = "'" * (name + below).count("'")
        name, below = name.replace("'", ""), below.replace("'", "")
        letter = f"\\{name}" if name in _GREEK else name
        if len(name) > 1 and name not in _GREEK:
            letter = rf"\mathit{{{name}}}"
        if ndim == 1:
            letter = rf"\boldsymbol{{{letter}}}" if name in _GREEK else rf"\mathbf{{{name}}}"
        if below in _ACCENTS:
            return rf"\{below}{{{letter}}}{primes}"
        return letter + primes + (f"_{{{below}}}" if below else "")

    def function(self, name):
        return f"\\{name}" if name in _LATEX_FUNCTIONS else rf"\operatorname{{{name}}}"

    def fraction(self, top, bottom):
        return rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base, exponent):
        return f"{base}^{{{exponent}}}"

    def cases(self, branches, otherwise):
        lines = [rf"{value} & \text{{if }} {condition}" for value, condition in branches]
        body = r" \\ ".join([*lines, rf"{otherwise} & \text{{otherwise}}"])
        return rf"\begin{{cases}} {body} \end{{cases}}"

    def rows(self, rows):
        return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"

    def grid(self, rows):
        return self.rows([" & ".join(row) for row in rows])

    def listed(self, entries, upright=False):
        return self.rows(entries) if upright else self.grid([entries])

    def template(self, template):
        for sign, command in (("||", r"\Vert "), ("≥", r"\ge"), ("≤", r"\le"), ("≠", r"\ne")):
            template = template.replace(sign, command)
        template = re.sub(r"([a-z]{3,})\d?\(", lambda m: self.function(m[1]) + "(", template)
        return template

    def sum_over(self, index, body):
        return rf"\sum_{{{index}}} {body}"

    def ratio(self, sign, of, by):
        sign = r"\partial " if sign == "∂" else sign + " "
        return rf"\frac{{{sign}{of}}}{{{sign}{by}}}"

    def parens(self, written):
        return rf"\left({written}\right)"


class Writer:
    """Writes one expression. ``index`` is the letter of an element while inside a sum over data."""

    def __init__(self, style, whole: Expr | None = None):
        self.style, self.index, self.in_diagonal = style, None, False
        self.taken = {e.name for e in symbols(whole)} if whole is not None else set()

    def __call__(self, e: Expr, level=CASES) -> str:
        """``e``, in parentheses if it holds less tightly than ``level``."""
        written, tightness = self.visit(e)
        return written if tightness >= level else self.style.parens(written)

    def visit(self, e):
        method = getattr(self, "_" + e.op.name, None)
        return method(e) if method else self._function(e)

    def at(self, index, e, level=CASES):
        """``e`` element by element (``index`` a letter), or as a whole (None)."""
        before, self.index = self.index, index
        try:
            return self(e, level)
        finally:
            self.index = before

    # --- leaves ---

    def _symbol(self, e):
        ndim = e.ndim
        if self.index and ndim == 1:
            return self.style.symbol(e.name, 0) + "_" + self.index, ATOM
        return self.style.symbol(e.name, ndim), ATOM

    _named = _symbol

    def _number(self, e):
        value = e.params[0]
        if not isinstance(value, Fraction):
            return f"{value:g}", ATOM if value >= 0 else SUM
        if value.denominator == 1:
            return str(value), ATOM if value >= 0 else SUM
        sign = "-" if value < 0 else ""
        written = self.style.fraction(str(abs(value.numerator)), str(value.denominator))
        return sign + written, SUM if sign else PRODUCT

    def _size(self, e):
        return str(e.params[0]), ATOM if " " not in e.params[0] else SUM

    def _ones(self, e):
        return ("1" if self.index else self.style.ones), ATOM

    def _zeros(self, e):
        return ("0" if self.index or e.ndim > 1 else self.style.zeros), ATOM

    def _identity(self, e):
        return self.style.identity, ATOM

    def _unit(self, e):
        return f"e_{e.params[0] + 1}", ATOM

    def _index(self, e):
        if e.args[0].op is SYMBOL:
            below = str(e.params[0] + 1)
            return self.style.symbol(e.args[0].name, 0) + f"_{below}", ATOM
        return self(e.args[0], ATOM) + f"_{e.params[0] + 1}", ATOM

    # --- sums and products ---

    def _add(self, e):
        sign = " + " if e.op.name == "add" else " - "
        right = self(e.args[1], PRODUCT)
        if sign == " + " and e.args[1].op.name in ("add", "subtract"):
            right = self(e.args[1])
        return self(e.args[0], SUM) + sign + right, SUM

    _subtract = _add

    def _negative(self, e):
        return "-" + self(e.args[0], PRODUCT), SUM

    def _multiply(self, e):
        factors = []

        def flatten(part):
            if part.op.name == "multiply":
                flatten(part.args[0]), flatten(part.args[1])
            else:
                factors.append(part)

        flatten(e)
        return self._joined(factors), PRODUCT

    def _joined(self, factors):
        """Scalars side by side, then the vectors with the Hadamard product between them."""
        upright = [f for f in factors if f.ndim and f.op.name != "identity"]
        if len(upright) > 1 and not self.index:
            scalars = [f for f in factors if f not in upright]
            parts = [self(f, POWER) for f in upright]
            product = self.style.hadamard.join(parts)
            return (
                self._beside(scalars, f"({product})")
                if scalars[1:]
                else (self._beside(scalars, product) if scalars else product)
            )
        return self._beside(factors)

    def _beside(self, factors, last=None):
        parts = [self._factor(f, k == len(factors) - 1 and last is None)
                 for k, f in enumerate(factors)] + ([last] if last else [])  # fmt: skip
        written = parts[0]
        for before, part, factor in zip(parts, parts[1:], [*factors[1:], None], strict=False):
            after_number = re.fullmatch(r"[\d.]+", before)
            if after_number and re.match(r"\d", part):
                written += self.style.times + part
            elif after_number and self._close(part, factor):
                written += part
            else:
                written += " " + part
        return written

    def _factor(self, f, is_last):
        if f.op.name == "divide" and f.ndim == 0 and f.args[1].op in (SIZE, NUMBER):
            return f"({self(f)})" if isinstance(self.style, Latex) is False else self(f)
        plain = is_last and f.op.name in ("matvec", "vecmat", "row", "outer", "sum", "matmat")
        return self(f, PRODUCT if plain and f.ndim != 0 or f.op.name == "sum" else POWER)

    def _close(self, part, factor):
        """Whether a factor stands right behind a number: 2x, 2(w - x), but 2 cos(x)."""
        if factor is None or part.startswith("("):
            return True
        while factor.op.name in ("power", "row", "matvec", "outer", "transpose"):
            factor = factor.args[0]
        return factor.op in (SYMBOL, NAMED) or factor.op.name == "identity"

    def _divide(self, e):
        top, bottom = e.args
        if top.ndim and bottom.ndim and not self.index and not self.in_diagonal:
            return self(top, POWER) + self.style.quotient + self(bottom, POWER), PRODUCT
        if isinstance(self.style, Latex):
            return self.style.fraction(self(top), self(bottom)), PRODUCT
        return self.style.fraction(self(top, PRODUCT), self(bottom, POWER)), PRODUCT

    def _power(self, e):
        base, exponent = e.args
        return self.style.power(self(base, ATOM), self(exponent)), POWER

    # --- functions ---

    def _function(self, e):
        op = e.op
        operands = [self(a) for a in e.args]
        if op.text is None:
            name = self.style.function({"absolute": "abs"}.get(op.name, op.name))
            return f"{name}({', '.join(operands)})", ATOM
        template = self.style.template(op.text)
        loose = re.search(r"\) -|\} \S+ \{", op.text)
        if loose:
            operands = [self(a, SUM) for a in e.args] if op.branch else operands
        written = re.sub(r"\{(\d)\}", lambda m: operands[int(m[1])], template)
        return written, CASES if loose else ATOM

    def _sqrt(self, e):
        if isinstance(self.style, Latex):
            return rf"\sqrt{{{self(e.args[0])}}}", ATOM
        return self._function(e)

    def _where(self, e):
        branches, rest = [], e
        while rest.op.name == "where":
            condition, yes, rest = rest.args
            branches.append((self(yes, SUM), self(condition)))
        latex = isinstance(self.style, Latex)
        return self.style.cases(branches, self(rest, SUM)), ATOM if latex else CASES

    # --- linear algebra ---

    def _sum(self, e):
        (v,) = e.args
        if v.op.name == "where" and not self.index:
            return self.style.sum_over("i", self._braced(self.at("i", v))), PRODUCT
        return self.style.function("sum") + f"({self.at(None, v)})", ATOM

    def _braced(self, written):
        return written if isinstance(self.style, Latex) else f"({written})"

    def _dot(self, e):
        a, b = e.args
        if "where" in (a.op.name, b.op.name) and not self.index:
            condition, yes, no = (a if a.op.name == "where" else b).args
            other = b if a.op.name == "where" else a
            parts = [
                self._elements(condition),
                self._elements(yes, other),
                self._elements(no, other),
            ]
            return self._sum_of_cases(*parts), PRODUCT
        if b.op.name in ("matvec", "vecmat"):
            return self._side_by_side([(a, True), (b, False)]), PRODUCT
        return self.at(None, a, ATOM) + self.style.dot + self.at(None, b, ATOM), PRODUCT

    def _elements(self, e, times=None):
        if times is None:
            return self.at("i", e)
        if e.op is NUMBER:
            return self.at("i", e if e.params[0] in (0,) else times)
        return f"{self.at('i', e, PRODUCT)} {self.at('i', times, POWER)}"

    def _sum_of_cases(self, condition, yes, no):
        return self.style.sum_over("i", self._braced(self.style.cases([(yes, condition)], no)))

    def _side_by_side(self, parts):
        """Matrices and vectors multiplied: ``x^T A x``."""
        written = []
        for e, laid in parts:
            while not laid and e.op.name in ("matvec", "vecmat", "matmat"):
                left, e = e.args if e.op.name != "vecmat" else (e.args[1].T, e.args[0])
                written.append(self.at(None, left, POWER))
            written.append(self._laid(e, POWER) if laid else self.at(None, e, POWER))
        return " ".join(written)

    def _matvec(self, e):
        matrix, v = e.args if e.op.name == "matvec" else (e.args[1].T, e.args[0])
        if self.index:
            row = self._row_of(matrix)
            if row is None:
                return f"({self.at(None, e)})_{self.index}", ATOM
            return self.at(None, v, ATOM) + self.style.dot + row, PRODUCT
        data = self._row_of(matrix.T, "i")
        if v.op.name == "where" and data:
            return self._weighted(v, data), PRODUCT
        return self._side_by_side([(e, False)]), PRODUCT

    _vecmat = _matvec

    def _weighted(self, v, data):
        """The sum over the data, a case distinction for each."""
        condition, *values = v.args
        written = []
        for value in values:
            zero = value.op is NUMBER and value.params[0] == 0
            one = value.op is NUMBER and value.params[0] == 1
            end = self.style.transpose if data.endswith(self.style.transpose) else ""
            written.append(
                self.style.zeros + end if zero
                else data if one else f"{self.at('i', value, PRODUCT)} {data}"
            )  # fmt: skip
        return self._sum_of_cases(self.at("i", condition), *written)

    def _row_of(self, matrix, index=None):
        """Row i of a data matrix, as a vector: ``x_i`` of ``X``."""
        if matrix.op is not SYMBOL:
            return None
        name = matrix.name.lower() if len(matrix.name) == 1 else matrix.name
        name = matrix.name if name in self.taken else name
        return self.style.symbol(name, 1) + "_" + (index or self.index)

    def _matmat(self, e):
        return self._side_by_side([(e, False)]), PRODUCT

    def _outer(self, e):
        return f"{self(e.args[0], POWER)} {self._laid(e.args[1], POWER)}", PRODUCT

    def _transpose(self, e):
        (m,) = e.args
        return self(m, ATOM) + self.style.transpose, POWER

    def _diag(self, e):
        before, self.in_diagonal = self.in_diagonal, True
        written = self(e.args[0])
        self.in_diagonal = before
        return ("diag" if not isinstance(self.style, Latex) else r"\mathrm{diag}") + (
            f"({written})"
        ), ATOM

    def _stack(self, e):
        if e.ndim == 1:
            return self.style.listed([self(a) for a in e.args], upright=True), ATOM
        if all(a.op.name == "stack" for a in e.args):
            return self.style.grid([[self(a) for a in row.args] for row in e.args]), ATOM
        return self.style.rows([self._laid(a) for a in e.args]), ATOM

    def _concatenate(self, e):
        return self.style.rows([self(a) for a in e.args]), ATOM

    _blocks = _concatenate

    # --- rows ---

    def _row(self, e):
        (v,) = e.args
        name = v.op.name
        if name == "where":
            condition, yes, no = v.args
            if condition.ndim:
                return f"({self(v)})" + self.style.transpose, POWER
            return self._where(
                node(v.op, condition, self._turned(yes), self._turned(no), shape=e.shape)
            )
        if name == "negative":
            return "-" + self._laid(v.args[0], PRODUCT), SUM
        if name == "divide" and v.args[1].ndim == 0:
            top, bottom = v.args
            latex = isinstance(self.style, Latex)
            return self.style.fraction(
                self._laid(top, CASES if latex else PRODUCT),
                self(bottom, CASES if latex else POWER),
            ), PRODUCT
        if name == "multiply" and v.args[0].ndim == 0:
            return self._beside([v.args[0], v.args[1].T]), PRODUCT
        if name in ("matvec", "vecmat"):
            return self._laid_product(v), PRODUCT
        if name in ("add", "subtract") and any(self._has_product(a) for a in v.args):
            sign = " + " if name == "add" else " - "
            return self._laid(v.args[0], SUM) + sign + self._laid(v.args[1], PRODUCT), SUM
        if name == "stack":
            return self.style.listed([self(a) for a in v.args]), ATOM
        if name == "concatenate":
            return "[" + ", ".join(self._laid(a) for a in v.args) + "]", ATOM
        return self(v, ATOM) + self.style.transpose, POWER

    def _turned(self, e):
        return e.T if e.ndim == 1 else e

    def _laid(self, v, level=CASES):
        if level > SUM and v.op.name in ("add", "subtract"):
            return f"({self(v)})" + self.style.transpose
        return self(self._turned(v), level)

    def _has_product(self, v):
        while v.op.name in ("multiply", "negative", "divide"):
            v = v.args[-1] if v.op.name == "multiply" else v.args[0]
        return v.op.name in ("matvec", "vecmat", "add", "subtract") and (
            v.op.name in ("matvec", "vecmat") or any(map(self._has_product, v.args))
        )

    def _laid_product(self, v):
        matrix, u = v.args if v.op.name == "matvec" else (v.args[1].T, v.args[0])
        data = self._row_of(matrix.T, "i")
        if u.op.name == "where" and data:
            return self._weighted(u, data + self.style.transpose)
        level = PRODUCT if u.op.name in ("matvec", "vecmat") else POWER
        return f"{self._laid(u, level)} {self(matrix.T, POWER)}"


STYLES = (Latex(), Text())
WRITERS["text"] = lambda e: Writer(Text(), e)(e)
WRITERS["latex"] = lambda e: Writer(Latex(), e)(e)
