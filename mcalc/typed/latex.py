r"""LaTeX as a notebook's "Copy TeX Commands" gives it, as a typed line: ``\frac{1}{2}`` is (1)/(2).

Each character keeps the column that it came from, so that an error can point at what was typed.
"""

from __future__ import annotations

import re
import unicodedata

_SIGNS = {
    **dict.fromkeys(["otimes", "odot", "circ"], "⊗"),
    **dict.fromkeys(["cdot", "bullet"], "·"),
    **dict.fromkeys(["lVert", "rVert", "Vert", "|"], "||"),
    **dict.fromkeys(["lvert", "rvert", "vert", "mid"], "|"),
    **dict.fromkeys(["le", "leq", "leqslant"], "≤"),
    **dict.fromkeys(["ge", "geq", "geqslant"], "≥"),
    **dict.fromkeys(["left", "right", "displaystyle", "textstyle", "limits", "!"], ""),
    **dict.fromkeys(["big", "Big", "bigl", "bigr", "Bigl", "Bigr"], ""),
    **dict.fromkeys([",", ";", ":", " ", "quad", "qquad", "colon"], " "),
    **{"oslash": "⊘", "times": "*", "ast": "*", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">"},
    **{"div": "/", "{": "(", "}": ")", "top": "T", "intercal": "T", "ldots": "..."},
}
_STYLES = (
    "mathbf boldsymbol mathrm mathsf mathit operatorname text textrm mathbb mathbb1 bm vec hat"
).split()
_GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi "
        "rho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi "
        "Omega".split(),
        "α β γ δ ε ε ζ η θ ι κ λ μ ν ξ π ρ σ τ υ φ φ χ ψ ω Γ Δ Θ Λ Σ Φ Ψ Ω".split(),
        strict=True,
    )
)
GREEK = {sign: name for name, sign in _GREEK.items()}
_FRACTIONS = {"½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)", "⅛": "(1/8)"}
_COMMAND = re.compile(r"\\([a-zA-Z]+\*?|.)", re.DOTALL)
_LEFT_SIDE = re.compile(
    r"\s*(?:[d∂]\s*[^\W\d_]\w*\s*/\s*[d∂]\s*[^\W\d_]\w*|[^\W\d_]\w*\s*['’′]\s*(?:\(\s*\w+\s*\))?"
    r"|d[^\W\d_](?:_\w+)?)\s*=(?!=)"  # dW = X^T G, as a line of a backward pass is written
)

_SHAPE = re.compile(r"\\qquad\s*\([^()]*\\times[^()]*\)\s*\$?\s*$")

Marked = list[tuple[str, int]]


def plain(text: str) -> tuple[str, list[int]]:
    """A line without LaTeX and with plain letters, and the column of each of its characters."""
    marked: Marked = [(c, k) for k, c in enumerate(text)]
    if shape := _SHAPE.search(text):  # a notebook shows it behind the formula
        marked = marked[: shape.start()]
    if left := _LEFT_SIDE.match(text):  # of dy/dx = 2x the formula is asked for
        marked = marked[left.end() :]
    marked = [(c, k) for sign, k in marked for c in _alone(sign)]
    latex = "\\" in text
    marked = _braced(_Converter(marked).all() if latex else marked, latex)
    return "".join(c for c, _ in marked), [k for _, k in marked] + [len(text)]


def _alone(sign):
    """One character as those that are typed: a bold 1 as 1, and ½ as (1/2)."""
    if "\U0001d400" <= sign <= "\U0001d7ff":
        return unicodedata.normalize("NFKC", sign)
    return _FRACTIONS.get(sign, "T" if sign == "⊤" else sign)


def _braced(marked: Marked, latex: bool) -> Marked:
    """``x^{2}`` as ``x^(2)``, and ``x_{1}`` as ``x_1``; other braces only group, in LaTeX."""
    result, closing, k = [], [], 0
    text = "".join(c for c, _ in marked)
    while k < len(marked):
        sign, column = marked[k]
        index = re.match(r"_\{\s*(\w+)\s*\}", text[k:])
        if index:
            result += [("_", column), *marked[k + index.start(1) : k + index.end(1)]]
            k += index.end()
            continue
        places = re.match(r"_\{([^{}]*:[^{}]*)\}", text[k:])
        if places:  # x_(2:n)
            start, end = k + places.start(1), k + places.end(1)
            result += [("_", column), ("(", column), *marked[start:end], (")", column)]
            k = end + 1
            continue
        if sign == "{" and result and result[-1][0] == "^":
            if by_elements := re.match(r"\{\s*⊗", text[k:]):  # W^⊗(3)
                result.append(("⊗", column))
                k += by_elements.end() - 1
            if turned := re.match(r"\{\s*T\s*\}", text[k:]):
                result.append(("T", column))
                k += turned.end()
                continue
            sign = "("
            closing.append(")")
        elif sign == "{":
            closing.append("" if latex else "}")
            sign = "" if latex else "{"
        elif sign == "}" and closing:
            sign = closing.pop()
        if sign:
            result.append((sign, column))
        k += 1
    return result


class _Converter:
    """Goes through a line of LaTeX once."""

    def __init__(self, marked: Marked):
        self.marked, self.at = marked, 0

    def all(self) -> Marked:
        result: Marked = []
        while self.at < len(self.marked):
            result += self.next()
        return result

    def next(self) -> Marked:
        """What the next character or command stands for."""
        sign, column = self.marked[self.at]
        if sign != "\\":
            self.at += 1
            return [] if sign == "$" else [(sign, column)]
        name = self.command()
        if name in ("frac", "dfrac", "tfrac"):
            above, below = self.group(), self.group()
            return self.written(column, "((", above, ")/(", below, "))")
        if name == "sqrt":
            return self.written(column, "sqrt(", self.group(), ")")
        if name in _STYLES:
            inside = self.group()
            ones = {"1": "ones()", "0": "zeros()"}.get("".join(c for c, _ in inside).strip())
            return self.written(column, " ", ones if ones and name == "vec" else inside, "")
        if name == "begin":
            return self.environment(column)
        if name == "sum" and self.at < len(self.marked) and self.marked[self.at][0] == "_":
            return self.written(column, " sum")  # and sum_i in one
        written = _SIGNS.get(name, _GREEK.get(name, f" {name} " if name.isalpha() else name))
        return [(c, column) for c in written]

    def command(self) -> str:
        text = "".join(c for c, _ in self.marked[self.at : self.at + 30])
        match = _COMMAND.match(text)
        self.at += match.end() if match else 1
        return match[1] if match else ""

    def group(self) -> Marked:
        """What stands in the next braces, or the next single thing."""
        while self.at < len(self.marked) and self.marked[self.at][0].isspace():
            self.at += 1
        if self.at >= len(self.marked):
            return []
        if self.marked[self.at][0] != "{":
            return self.next()
        self.at += 1
        return self.until("}")

    def until(self, closing) -> Marked:
        result: Marked = []
        depth = 0
        while self.at < len(self.marked):
            sign = self.marked[self.at][0]
            if sign == closing and not depth:
                self.at += 1
                break
            part = self.next()
            depth += (sign == "{") - (sign == "}")
            result += part
        return result

    def environment(self, column) -> Marked:
        """Cases, or a matrix: rows apart by two backslashes, entries by ampersands."""
        kind = "".join(c for c, _ in self.group())
        if kind == "array":
            self.group()  # how the columns stand
        rows: list[list[Marked]] = [[[]]]
        while self.at < len(self.marked):
            sign, _ = self.marked[self.at]
            two = "".join(c for c, _ in self.marked[self.at : self.at + 2])
            if two == "\\\\":
                self.at += 2
                rows.append([[]])
            elif sign == "&":
                self.at += 1
                rows[-1].append([])
            elif "".join(c for c, _ in self.marked[self.at : self.at + 4]) == "\\end":
                self.command()
                self.group()
                break
            else:
                rows[-1][-1] += self.next()
        rows = [row for row in rows if any("".join(c for c, _ in e).strip() for e in row)]
        if kind.startswith("case"):
            return self.cases(column, rows)
        made = [self.joined(column, row, ", ", "[", "]") for row in rows]
        return self.joined(column, made, ", ", "[", "]") if len(made) != 1 else made[0]

    def cases(self, column, rows) -> Marked:
        made = []
        for row in rows:
            words = "".join(c for e in row[1:] for c, _ in e).replace("for", " ").strip()
            last = "otherwise" in words
            mark = " " if last or words.startswith("if") else " if "
            rest = [(c, k) for e in row[1:] for c, k in e]
            if "for" in "".join(c for c, _ in rest):
                rest = [(c, column) for c in words]
            made.append(self.written(column, "", row[0], mark, rest, ""))
        return self.joined(column, made, "; ", "(", ")")

    @staticmethod
    def written(column, *parts) -> Marked:
        """Signs and what stands between them, one after the other."""
        return [
            pair
            for part in parts
            for pair in ([(c, column) for c in part] if isinstance(part, str) else part)
        ]

    def joined(self, column, parts, mark, opening, closing) -> Marked:
        between = [p for part in parts for p in (mark, part)][1:]
        return self.written(column, opening, *between, closing)
