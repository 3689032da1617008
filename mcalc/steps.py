"""The paper's four steps for one derivation: its intermediate variables, paths and lines."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass

from .algebra import COMPARISONS
from .expr import NAMED, SYMBOL, Expr, node, rebuild, replace, symbols, unnamed, walk
from .notation import CASES, LONG, PRODUCT, SUM, Writer, unwritten
from .rules import differ
from .style import STYLES

KINDS = ("introduce", "differentiate", "combine", "substitute")
_NEXT = r" \\[4pt] "  # row of an array in LaTeX


@dataclass(frozen=True)
class Step:
    """One of the paper's four steps: its kind, and its lines as LaTeX and as plain text."""

    kind: str
    latex: str
    text: str


def _told(steps):
    """The numbered steps, without those that say nothing or only repeat the one before."""
    pairs = zip(steps, (None, *steps[:-1]), strict=True)
    return [
        (f"{k}. {step.kind}", step)
        for k, (step, last) in enumerate(pairs, 1)
        if step.text and not (last and step.text == last.text)
    ]


def as_text(steps, shape: str, rule: str, reason: str) -> str:
    """The whole derivation as plain text; without a ``reason`` it says nothing of the rule."""
    lines = [head.ljust(18) + s.text.replace("\n", "\n" + " " * 18) for head, s in _told(steps)]
    chained = f"\n{rule}: {reason}" if reason else ""
    return "\n".join(lines) + f"   ({shape}){chained}"


def as_latex(steps, shape: str, rule: str, reason: str) -> str:
    """The whole derivation as LaTeX, in two columns."""
    rows = [
        rf"\text{{{head}}} & " + s.latex.replace("\n", _NEXT + "& ") for head, s in _told(steps)
    ]
    size = r" \qquad (" + shape.replace("x", r"\times") + ")"
    rows[-1] += size
    if reason:
        why = (_NEXT + "& ").join(map(STYLES[0].words, f"{rule}; {reason}".split("; ")))
        rows.append(rf"\text{{rule}} & {why}")
    return r"$\displaystyle \begin{array}{ll} " + _NEXT.join(rows) + r" \end{array}$"


class Graph:
    """The intermediate variables of a derivation, one operator each.

    ``definitions`` maps each variable to what it is made of, in terms of the others; the result
    comes last. What does not depend on ``variables`` stays inside a definition, and so does the
    dot product in ``w.x + b``.
    """

    def __init__(self, y: Expr, variables: tuple, output: str, taken: set, local, automatic=True):
        self.variables, self.automatic = variables, automatic
        self.by_matrix = any(v.ndim > 1 for v in variables)
        self.sources = frozenset(variables)
        self.depends = set(variables)
        for e in walk(y):
            if any(a in self.depends for a in e.args):
                self.depends.add(e)
        self._made: dict[Expr, Expr] = {}  # the variable that stands for an operation
        self.numbered: list[Expr] = []  # those of them that the reader has not named
        self.definitions: dict[Expr, Expr] = {}
        whole = y.args[0] if y.op is NAMED else y
        listed = whole.op.name == "stack" and whole.ndim == 1
        entries = {f"{output}_{k}": e for k, e in enumerate(whole.args, 1)} if listed else {}
        taken = taken | {output, *entries}
        cut = {e.args[0].name for e in walk(y) if e.op.name == "index"}
        letter = next(u for u in "urshv" if u not in cut)  # u_1 is an element of u
        self._free = (u for k in itertools.count(1) if (u := f"{letter}_{k}") not in taken)
        self._inlined: dict[Expr, Expr] = {}  # operations as they stand inside of others
        # of a vector that is given entry by entry
        self.components = [self._introduce(self._prepared(e), n) for n, e in entries.items()]
        if listed:
            definition = rebuild(whole, tuple(self.components))
        else:
            definition = self._inside(self._prepared(whole))
        self.result = node(SYMBOL, params=(output,), shape=y.shape)
        self.definitions[self.result] = definition
        if len(self.numbered) == 1 and taken.isdisjoint((letter, letter.upper())):
            # one alone needs no number
            (only,) = self.numbered
            params = (only.name[0], *only.params[1:])
            swap = {only: node(SYMBOL, params=params, shape=only.shape)}.get
            self.definitions = {swap(v, v): replace(d, swap) for v, d in self.definitions.items()}
            self.numbered = [swap(only)]
        self.terms: dict[tuple, list] = {}  # what has slope zero, such as a condition, is no path
        self.locals: dict[tuple, Expr | None] = {}  # the closed forms; None where there is a matrix
        places = {p: k for k, p in enumerate((*variables, *self.definitions))}
        self._parents: dict[Expr, list] = {v: [] for v in self.definitions}
        for v, d in self.definitions.items():
            for p in sorted({*symbols(d)} & places.keys(), key=places.get):
                if found := local(d, p):
                    self.terms[v, p], self.locals[v, p] = found
                    self._parents[v].append(p)
        self.counts = {v: Counter([v]) for v in variables}  # of the paths to each variable
        for v in self.definitions:
            self.counts[v] = sum((self.counts[p] for p in self.parents(v)), Counter())
        self.rows = self.components or [self.result]
        self.paths = max((n for v in self.rows for n in self.counts[v].values()), default=0)
        self.all_scalar = not any(v.ndim for v in (*variables, *self.definitions))

    def _prepared(self, whole):
        """``whole``, of which all operands have been introduced, however deep it is built."""
        stack = [(whole, a, False) for a in reversed(whole.args)]
        while stack:
            parent, e, ready = stack.pop()
            if ready:
                self._operand(parent, e)
            elif e in self.depends and e not in self.sources and e not in self._made:
                stack.append((parent, e, True))
                inner = e.args[0] if e.op is NAMED else e
                left = inner.args if inner not in self._inlined else ()
                stack.extend((inner, a, False) for a in reversed(left))
        return whole

    def _inside(self, e):
        """The operation ``e`` with a variable introduced for each of its operands."""
        e = e.args[0] if e.op is NAMED else e
        if e in self.sources:
            return e
        if e not in self._inlined:
            moves = e in self.depends
            self._inlined[e] = (
                rebuild(e, tuple(self._operand(e, a) for a in e.args)) if moves else unnamed(e)
            )
        return self._inlined[e]

    def _operand(self, parent, e):
        fixed = e not in self.depends or e in self.sources
        matrix = e.ndim > 1 and not self.by_matrix  # would have a Jacobian of three axes
        if fixed or matrix or e.op is not NAMED and self._stays(parent, e):
            return self._inside(e)
        if e not in self._made:
            self._introduce(e, e.name)
        return self._made[e]

    def _introduce(self, e, name):
        definition = self._inside(e)
        free = next(self._free) if name is None else name
        if name is None and e.ndim > 1:
            free = free.upper()
        # of elements that may be equal, as those of u = max(b, x), max takes shares
        shared = ("equal",) if e.ndim == 1 and not differ(unnamed(e)) else ()
        made = self._made[e] = node(SYMBOL, params=(free, *shared), shape=e.shape)
        if name is None:
            self.numbered.append(made)
        self.definitions[made] = definition
        return made

    def _stays(self, parent, e):
        """Whether an operation is small enough to stay inside: ``w.x`` in ``w.x + b``."""
        if not self.automatic or e.op.name in COMPARISONS or e.op.name == "transpose":
            return True
        if parent.op.name in ("add", "subtract", "negative"):
            plain = all(a in self.sources or a not in self.depends for a in e.args)
            return plain and e.op.name in ("dot", "matvec", "vecmat")
        scaled = parent.op.name == "multiply" and parent.args[0] not in self.depends
        return scaled and e.op.name in ("sum", "dot")

    @property
    def joints(self) -> list[Expr]:
        """The intermediate variables, results aside, at which paths come together."""
        ends = {*self.rows, self.result}
        return [v for v in self.definitions if len(self.parents(v)) > 1 and v not in ends]

    @property
    def chained(self) -> bool:
        """Whether there is anything between the variables and the result, or its entries."""
        return not self.definitions.keys() <= {*self.rows, self.result}

    def parents(self, v: Expr) -> list[Expr]:
        """The variables that ``v`` moves with."""
        return self._parents.get(v, [])

    def chains(self, v: Expr, x: Expr) -> list:
        """What leads from ``v`` back to ``x``: pairs of (variable, parent), each chain as far as
        ``x`` or the next variable with several parents."""
        found = []
        for p in self.parents(v):
            chain = [(v, p)]
            while p in self.definitions and len(self.parents(p)) == 1:
                chain.append((p, *self.parents(p)))
                p = chain[-1][1]
            if self.counts[p][x]:
                found.append(chain)
        return found

    def ways(self, x: Expr) -> list[tuple]:
        """Every way from the result back to ``x``: tuples of variables, the result first."""

        def back(v):
            return [(v,)] if v is x else [(v, *w) for p in self.parents(v) for w in back(p)]

        return back(self.result)

    def reason(self) -> str:
        """Why the rule that applies does: how many paths there are, and through what."""
        y, x = self.result.name, " and ".join(v.name for v in self.variables)
        if not self.paths:
            return f"no path leads from {x} to {y} along which anything moves"
        each = " each" if len(self.variables) > 1 else ""
        y = f"each entry of {y}" if self.components else y
        count = "one path leads" if self.paths == 1 else f"{self.paths} paths lead"
        count = f"up to {count}" if self.components and self.paths > 1 else count
        sums = "" if self.paths == 1 else ", so what they contribute is added up"
        if self.all_scalar:
            return f"{count} from {x} to {y}{each}, through scalars only{sums}"
        if self.by_matrix:
            return f"{count} from {x} to {y}{sums}; each factor stands where its shape fits"
        vector = next(v.name for v in (*self.variables, *self.definitions) if v.ndim)
        return (
            f"{count} from {x} to {y}{each}{sums}; {vector} is a vector, so the factors are "
            f"Jacobians, in order from {self.result} back to {x}"
        )


INSTEAD = "too long to be written: use .numpy(), .jvp or .vjp for its numbers"


class Unwritten:
    """In the place of lines that nobody could read."""

    def __init__(self, output, variables, style):
        names = [style.symbol(v.name, v.ndim) for v in variables]
        by = names[0] if len(names) == 1 else f"({', '.join(names)})"
        instead = style("parens", style.words(INSTEAD))
        self.head = f"{style('∂', output, by)} = {instead}"

    def all(self) -> list[str]:
        """Nothing but the last of the four steps."""
        return ["", "", "", self.head]

    def chain(self) -> str:
        """No product."""
        return ""


class Lines:
    """The lines of the four steps in one style of notation."""

    def __init__(self, graph: Graph, closed: Expr, style):
        self.graph, self.locals, self.closed, self.style = graph, graph.locals, closed, style
        names = [e.name for d in graph.definitions.values() for e in walk(d) if e.name]
        self.write = Writer(style, graph.definitions[graph.result], names=names)
        single = graph.all_scalar and len(graph.variables) == 1
        self.total = "d" if single or graph.paths > 1 else "∂"
        self.definitions: dict[Expr, Expr] = {}  # in terms of the variables alone
        for v, d in graph.definitions.items():
            self.definitions[v] = replace(d, self.definitions.get)

    def chain(self) -> str:
        """The result's derivative as the sum of products along its paths, in the variables.

        Empty where there is nothing to multiply or add, and where paths join in between.
        """
        graph = self.graph
        if not graph.chained or graph.joints or graph.components or len(graph.variables) > 1:
            return ""
        (x,) = graph.variables
        chains = graph.chains(graph.result, x)
        factors = [replace(self.locals[p], self.definitions.get) for c in chains for p in c]
        if any(map(unwritten, factors)) or sum(f.weight for f in factors) > LONG:
            return ""
        return self.values(chains, x, self.definitions.get)

    def all(self) -> list[str]:
        """Introduce, differentiate, combine, substitute."""
        graph = self.graph
        introduce = [f"{self.write(v)} = {self.write(d)}" for v, d in graph.definitions.items()]
        differentiate = [
            f"{self.ratio(v, p)} = {self.write(local)}"
            for (v, p), local in self.locals.items()
            if p not in {*graph.components}
        ]
        listed = bool(graph.components) or len(graph.variables) > 1
        combine = []
        for v, x in itertools.product([*graph.joints, *graph.rows], graph.variables):
            chains = graph.chains(v, x)
            if chains and not (listed and len(chains[0]) == len(chains) == 1):
                combine.append(self.line(v, x, chains))
        if listed:
            combine.append(f"{self.head()} = {self.entries()}")
        substitute = self.equal(self.head(), self.chain(), self.written())
        lines = introduce, differentiate, combine, [substitute]
        return list(map("\n".join, lines))

    def written(self) -> str:
        """The closed form, or what there is instead."""
        if self.closed is not None and not unwritten(self.closed):
            return self.write(self.closed)
        return self.style("parens", self.style.words(INSTEAD))

    def equal(self, *parts):
        """``a = b = c`` without repetitions, on one line if it is short enough to be read so."""
        parts = [part for part in dict.fromkeys(parts) if part]
        whole = " = ".join(parts)
        short = len(re.sub(r"\\[a-zA-Z]+|[{}^_ ]", "", whole)) < 68
        return whole if short else f"{parts[0]} = " + f"\n{self.style('indent')}= ".join(parts[1:])

    def entries(self):
        """The Jacobian's entries, before anything is put in their place."""
        grid = [[self.ratio(v, x, True) for x in self.graph.variables] for v in self.graph.rows]
        if len(grid) == 1:
            return self.style("row", *grid[0])
        single = len(grid[0]) == 1
        return self.style("column", *(row[0] for row in grid)) if single else self.style.grid(grid)

    def head(self):
        names = [self.write(x) for x in self.graph.variables]
        by = names[0] if len(names) == 1 else f"({', '.join(names)})"
        return self.style(self.total, self.write(self.graph.result), by)

    def ratio(self, v, p, total=False):
        """``∂v/∂p``, with ``d`` for a total derivative and where ``v`` has nothing else."""
        alone = total or len(self.graph.parents(v)) == 1
        return self.style(self.total if alone else "∂", self.write(v), self.write(p))

    def line(self, v, x, chains):
        """One variable's derivative as the sum of what its paths contribute."""
        ratios = [[*itertools.starmap(self.ratio, c), *self.rest(c, x)] for c in chains]
        whole = " + ".join(map(" ".join, ratios))
        return self.equal(self.ratio(v, x, total=True), whole, self.values(chains, x, {}.get))

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
            level = (SUM if len(chains) > 1 else CASES) if loose else PRODUCT
            written = [*(self.write(f, level) for f in factors), *rest]
            products.append(self.joined([*factors, chain[-1][1]], written))
        return " + ".join(products)

    def joined(self, factors, written):
        """Scalars with a dot between them, matrices side by side, as the paper has them."""
        whole = written[0]
        for (a, b), part in zip(itertools.pairwise(factors), written[1:], strict=False):
            digits = whole[-1].isdigit() and part[0].isdigit()
            dot = digits or a.ndim == b.ndim == 0
            whole = self.style("times", whole, part) if dot else f"{whole} {part}"
        return whole
