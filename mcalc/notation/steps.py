"""The paper's four steps of one derivation, as lines of text or LaTeX."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..graph.expr import Expr
from ..graph.walk import replace, walk
from ..jacobian.intermediates import Intermediates
from .entry import entry_line
from .leaves import LONG, Precedence, unwritten
from .style import LATEX, Style
from .write import Writer, with_definitions

KINDS = ("introduce", "differentiate", "combine", "substitute")
_NEXT = r" \\[4pt] "  # row of an array in LaTeX


@dataclass(frozen=True)
class Step:
    """One of the paper's four steps: its kind, and its lines as LaTeX and as plain text."""

    kind: str
    latex: str
    text: str


def numbered_steps(steps: Sequence[Step]) -> list[tuple[str, Step]]:
    """The numbered steps, without those that say nothing or only repeat the one before."""
    pairs = zip(steps, [None, *steps[:-1]], strict=True)
    return [
        (f"{k}. {step.kind}", step)
        for k, (step, last) in enumerate(pairs, 1)
        if step.text and not (last and f"\n{last.text}".endswith(f"\n{step.text}"))
    ]


def as_text(steps: Sequence[Step], shape: str, rule: str, reason: str) -> str:
    """The whole derivation as plain text; without a ``reason`` it says nothing of the rule."""
    lines = [
        head.ljust(18) + s.text.replace("\n", "\n" + " " * 18) for head, s in numbered_steps(steps)
    ]
    chained = f"\n{rule}: {reason}" if reason else ""
    return "\n".join(lines) + (shape and f"   ({shape})") + chained


def as_latex(steps: Sequence[Step], shape: str, rule: str, reason: str) -> str:
    """The whole derivation as LaTeX, in two columns."""
    rows = [
        rf"\text{{{head}}} & " + s.latex.replace("\n", _NEXT + "& ")
        for head, s in numbered_steps(steps)
    ]
    size, comma, note = shape.partition(",")
    size = size.replace("x", r"\times") + (rf"\text{{{comma}{note}}}" if note else "")
    rows[-1] += shape and rf" \qquad ({size})"
    if reason:
        why = (_NEXT + "& ").join(map(LATEX.words, f"{rule}; {reason}".split("; ")))
        rows.append(rf"\text{{rule}} & {why}")
    return r"$\displaystyle \begin{array}{ll} " + _NEXT.join(rows) + r" \end{array}$"


INSTEAD = "too long to be written: use .numpy(), .jvp or .vjp for its numbers"


class Unwritten:
    """In the place of lines that nobody could read."""

    def __init__(self, output: str, variables: tuple, style: Style):
        names = [style.symbol(v.name, v.ndim) for v in variables]
        by = names[0] if len(names) == 1 else f"({', '.join(names)})"
        instead = style("parens", style.words(INSTEAD))
        self.head = f"{style('∂', output, by)} = {instead}"

    def render(self) -> list[str]:
        """Nothing but the last of the four steps."""
        return ["", "", "", self.head]

    def chain(self) -> str:
        """No product."""
        return ""


class StepWriter:
    """The lines of the four steps in one style of notation.

    In denominator layout they are ``turned``: each Jacobian is transposed, and of a product the
    factors stand the other way round.
    """

    def __init__(
        self, graph: Intermediates, closed: Expr | None, style: Style, turned: bool = False
    ):
        self.graph, self.locals, self.closed, self.style = graph, graph.locals, closed, style
        self.turned = turned
        if turned:
            self.locals = {pair: e if e is None else e.T for pair, e in graph.locals.items()}
            self.closed = closed if closed is None else closed.T
        names = [e.name for d in graph.definitions.values() for e in walk(d) if e.name]
        self.write = Writer(style, graph.definitions[graph.result], names=names)
        self.single = graph.all_scalar and len(graph.variables) == 1
        self.definitions: dict[Expr, Expr] = {}  # in terms of the variables alone
        for v, d in graph.definitions.items():
            self.definitions[v] = replace(d, self.definitions.get)

    def chain(self) -> str:
        """The result's derivative as the sum of products along its paths, in the variables.

        Empty where there is nothing to multiply or add, and where paths join in between.
        """
        graph = self.graph
        if not graph.chained or graph.merge_points or graph.components or len(graph.variables) > 1:
            return ""
        (x,) = graph.variables
        chains = graph.chains(graph.result, x)
        pairs = [self.locals[pair] for c in chains for pair in c]
        factors = [replace(local, self.definitions.get) for local in pairs if local is not None]
        if any(map(unwritten, factors)) or sum(f.weight for f in factors) > LONG:
            return ""
        return self.values(chains, x, self.definitions.get)

    def render(self) -> list[str]:
        """Introduce, differentiate, combine, substitute."""
        graph = self.graph
        introduce = [f"{self.write(v)} = {self.write(d)}" for v, d in graph.definitions.items()]
        differentiate = [
            f"{self.ratio(v, p)} = {self.write(local)}"
            for (v, p), local in self.locals.items()
            if local is not None and p not in {*graph.components}
        ]
        if not graph.chained and len(graph.variables) == 1 and differentiate:
            line = entry_line(graph.definitions[graph.result], graph.variables[0], self.style)
            differentiate = [line, *differentiate] if line else differentiate
        listed = bool(graph.components) or len(graph.variables) > 1
        combine = []
        for v, x in itertools.product([*graph.merge_points, *graph.rows], graph.variables):
            chains = graph.chains(v, x)
            if chains and not (listed and len(chains[0]) == len(chains) == 1):
                combine.append(self.line(v, x, chains))
        if listed:
            combine.append(f"{self.head()} = {self.entries()}")
        substitute = self.equal(self.head(), self.chain(), self.written(), room=58)  # and the shape
        lines = introduce, differentiate, combine, [substitute]
        return list(map("\n".join, lines))

    def written(self) -> str:
        """The closed form, or what there is instead."""
        if self.closed is not None and not unwritten(self.closed):
            return with_definitions(self.write(self.closed), self.closed, self.write)
        return self.style("parens", self.style.words(INSTEAD))

    def equal(self, *parts, room=68):
        """``a = b = c`` without repetitions, on one line if it is short enough to be read so."""
        parts = [part for part in dict.fromkeys(parts) if part]
        line = " = ".join(parts)
        signs = re.sub(r"\\(sin|cos|tan|exp|log|max|min)", r"\1", line)
        short = len(re.sub(r"\\[a-zA-Z]+|[{}^_ ]", "", signs)) < room
        return line if short else f"{parts[0]} = " + f"\n{self.style('indent')}= ".join(parts[1:])

    def entries(self):
        """The Jacobian's entries, before anything is put in their place."""
        grid = [[self.ratio(v, x, True) for x in self.graph.variables] for v in self.graph.rows]
        grid = [*map(list, zip(*grid, strict=True))] if self.turned else grid
        if len(grid) == 1:
            return self.style("row", *grid[0])
        single = len(grid[0]) == 1
        return self.style("column", *(row[0] for row in grid)) if single else self.style.grid(grid)

    def head(self):
        names = [self.write(x) for x in self.graph.variables]
        by = names[0] if len(names) == 1 else f"({', '.join(names)})"
        total = self.single or self.graph.path_count > 1
        return self.style("d" if total else "∂", self.write(self.graph.result), by)

    def ratio(self, v, p, total=False):
        """``dv/dp`` of scalars of one variable where nothing is held still, and of vectors for a
        ``total`` derivative along several paths; else ``∂v/∂p``."""
        alone = total or len(self.graph.parents(v)) == 1
        if not self.single:
            alone = total and self.graph.counts.get(v, {}).get(p, 1) > 1
        return self.style("d" if alone else "∂", self.write(v), self.write(p))

    def line(self, v, x, chains):
        """One variable's derivative as the sum of what its paths contribute."""
        ratios = [[*itertools.starmap(self.ratio, c), *self.rest(c, x)] for c in chains]
        ratios = [row[::-1] for row in ratios] if self.turned else ratios
        products = " + ".join(map(" ".join, ratios))
        return self.equal(self.ratio(v, x, total=True), products, self.values(chains, x, {}.get))

    def rest(self, chain, x):
        """The factor for what is left of the way to ``x``, if a chain ends before it."""
        end = chain[-1][1]
        return [] if end is x else [self.ratio(end, x, total=True)]

    def values(self, chains, x, put):
        """The same sum of products with the closed forms of the factors, after ``put``."""
        products = []
        for chain in chains:
            factors, rest = [replace(self.locals[pair], put) for pair in chain], self.rest(chain, x)
            loose = len(chain) == 1 and not products and not rest
            level = (
                (Precedence.SUM if len(chains) > 1 else Precedence.CASES)
                if loose
                else Precedence.PRODUCT
            )
            written = [*(self.write(f, level) for f in factors), *rest]
            factors += [chain[-1][1]] * len(rest)
            order = slice(None, None, -1 if self.turned else 1)
            products.append(self.joined(factors[order], written[order]))
        return " + ".join(products)

    def joined(self, factors, written):
        """Scalars with a dot between them, matrices side by side, as the paper has them."""
        text = written[0]
        for (a, b), part in zip(itertools.pairwise(factors), written[1:], strict=False):
            digits = text[-1].isdigit() and part[0].isdigit()
            dot = digits or a.ndim == b.ndim == 0
            if not dot and re.match(r"\d+[^\d^_]", part):  # c (2x^T), not c 2x^T
                part = self.style("parens", part)
            text = self.style("times", text, part) if dot else f"{text} {part}"
        return text
