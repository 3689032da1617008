"""The paper's four steps for one derivation: its intermediate variables, paths and lines."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from .algebra import COMPARISONS
from .expr import NAMED, SYMBOL, Expr, node, rebuild, replace, symbols, unnamed, walk
from .notation import CASES, PRODUCT, SUM, Writer

KINDS = ("introduce", "differentiate", "combine", "substitute")


@dataclass(frozen=True)
class Step:
    """One of the paper's four steps: its kind, and its lines as LaTeX and as plain text."""

    kind: str
    latex: str
    text: str


def _told(steps):
    """The steps with their numbers, without those that only repeat the one before."""
    pairs = zip(steps, (None, *steps[:-1]), strict=True)
    return [(k, s) for k, (s, last) in enumerate(pairs, 1) if not last or s.text != last.text]


def as_text(steps, shape: str, rule: str, reason: str) -> str:
    """The whole derivation as plain text."""
    lines = []
    for k, step in _told(steps):
        heads = itertools.chain([f"{k}. {step.kind}"], itertools.repeat(""))
        lines += [h.ljust(18) + line for h, line in zip(heads, step.text.split("\n"), strict=False)]
    return "\n".join(lines) + f"   ({shape})\n{rule}: {reason}"


def as_latex(steps, shape: str, rule: str, reason: str) -> str:
    """The whole derivation as LaTeX, in two columns."""
    rows = []
    for k, step in _told(steps):
        rows.append(rf"\text{{{k}. {step.kind}}} & " + step.latex.replace("\n", r" \\[4pt] & "))
    rows[-1] += r" \qquad (" + shape.replace("x", r"\times") + ")"
    why = "; ".join([rule, reason]).replace("; ", r"} \\[4pt] & \text{")
    rows.append(rf"\text{{rule}} & \text{{{why}}}")
    return r"$\displaystyle \begin{array}{ll} " + r" \\[4pt] ".join(rows) + r" \end{array}$"


class Graph:
    """The intermediate variables of a derivation, one operator each.

    ``definitions`` maps each variable to what it is made of, in terms of the others; the result
    comes last. What does not depend on ``variables`` stays inside a definition, and so does the
    dot product in ``w.x + b``.
    """

    def __init__(self, y: Expr, variables: tuple, output: str, taken: set, local, automatic=True):
        self.variables, self.automatic = variables, automatic
        self.depends = set(variables)
        for e in walk(y):
            if any(a in self.depends for a in e.args):
                self.depends.add(e)
        self._symbols: dict[Expr, Expr] = {}
        self._automatic: list[Expr] = []
        self._serial = itertools.count()
        self.definitions: dict[Expr, Expr] = {}
        whole = y.args[0] if y.op is NAMED else y
        self.components: list[Expr] = []  # of a vector that is given entry by entry
        if whole.op.name == "stack" and whole.ndim == 1:
            self.components = [
                self._introduce(e, f"{output}_{k}") for k, e in enumerate(whole.args, 1)
            ]
            definition = rebuild(whole, tuple(self.components))
        else:
            definition = self._inside(whole)
        self.result = node(SYMBOL, params=(output,), shape=y.shape)
        self.definitions[self.result] = definition
        self._name_automatic(taken | {output})
        self.locals: dict[tuple, Expr] = {}  # what has slope zero, such as a condition, is no path
        for v, d in self.definitions.items():
            used = set(symbols(d))
            for p in (*variables, *self.definitions):
                if p in used and (slope := local(d, p)) is not None:
                    self.locals[v, p] = slope
        self.counts = {v: [int(v is w) for w in variables] for v in variables}
        for v in self.definitions:
            self.counts[v] = [
                sum(self.counts[p][k] for p in self.parents(v)) for k in range(len(variables))
            ]
        ends = self.components or [self.result]
        self.paths = max(count for v in ends for count in self.counts[v])
        self.all_scalar = not any(v.ndim for v in (*variables, *self.definitions))

    def _inside(self, e):
        """The operation ``e`` with a variable introduced for each of its operands."""
        if e not in self.depends:
            return unnamed(e)
        if e in self.variables:
            return e
        return rebuild(e, tuple(self._operand(e, a) for a in e.args))

    def _operand(self, parent, e):
        if e.ndim > 1:  # a variable of its own would have a Jacobian of three axes
            return self._inside(e.args[0] if e.op is NAMED else e)
        if e not in self.depends or e in self.variables or self._stays(parent, e):
            return self._inside(e)
        if e not in self._symbols:
            made = self._introduce(e, e.name or f"#{next(self._serial)}")
            if e.op is not NAMED:
                self._automatic.append(made)
        return self._symbols[e]

    def _introduce(self, e, name):
        definition = self._inside(e.args[0] if e.op is NAMED else e)
        made = self._symbols[e] = node(SYMBOL, params=(name,), shape=e.shape)
        self.definitions[made] = definition
        return made

    def _stays(self, parent, e):
        """Whether an operation is small enough to stay inside: ``w.x`` in ``w.x + b``."""
        if e.op is NAMED or not self.automatic or e.op.name in COMPARISONS:
            return e.op is not NAMED
        if parent.op.name in ("add", "subtract", "negative"):
            plain = all(a in self.variables or a not in self.depends for a in e.args)
            return plain and e.op.name in ("dot", "matvec", "vecmat")
        scaled = parent.op.name == "multiply" and parent.args[0] not in self.depends
        return scaled and e.op.name in ("sum", "dot")

    def _name_automatic(self, taken):
        """u for the only one, else u_1, u_2, ...; names in use are passed over."""
        single = len(self._automatic) == 1 and "u" not in taken
        free = (f"u_{k}" for k in itertools.count(1) if f"u_{k}" not in taken)
        new = {
            old: node(SYMBOL, params=("u" if single else next(free),), shape=old.shape)
            for old in self._automatic
        }
        self.definitions = {new.get(v, v): replace(d, new.get) for v, d in self.definitions.items()}

    def parents(self, v: Expr) -> list[Expr]:
        """The variables that ``v`` moves with."""
        return [p for u, p in self.locals if u is v]

    def chains(self, v: Expr, x: Expr) -> list:
        """What leads from ``v`` back to ``x``: pairs of (variable, parent), each chain as far as
        ``x`` or the next variable with several parents."""
        found = []
        for p in self.parents(v):
            chain = [(v, p)]
            while p in self.definitions and len(self.parents(p)) == 1:
                chain.append((p, *self.parents(p)))
                p = chain[-1][1]
            if self.counts[p][self.variables.index(x)]:
                found.append(chain)
        return found

    def reason(self) -> str:
        """Why the rule that applies does: how many paths there are, and through what."""
        y, x = self.result.name, " and ".join(v.name for v in self.variables)
        each = " each" if len(self.variables) > 1 else ""
        count = "one path leads" if self.paths == 1 else f"{self.paths} paths lead"
        sums = "" if self.paths == 1 else ", so what they contribute is added up"
        if self.all_scalar:
            return f"{count} from {x} to {y}{each}, through scalars only{sums}"
        vector = next(v.name for v in (*self.variables, *self.definitions) if v.ndim)
        return (
            f"{count} from {x} to {y}{each}{sums}; {vector} is a vector, so the factors are "
            f"Jacobians, in order from {y} back to {x}"
        )


class Lines:
    """The lines of the four steps in one style of notation."""

    def __init__(self, graph: Graph, closed: Expr, style):
        self.graph, self.locals, self.closed, self.style = graph, graph.locals, closed, style
        self.write = Writer(style, graph.definitions[graph.result])
        single = graph.all_scalar and len(graph.variables) == 1
        self.total = "d" if single or graph.paths > 1 else "∂"
        self.definitions: dict[Expr, Expr] = {}  # in terms of the variables alone
        for v, d in graph.definitions.items():
            self.definitions[v] = replace(d, self.definitions.get)

    def all(self) -> list[str]:
        """Introduce, differentiate, combine, substitute."""
        graph = self.graph
        introduce = [f"{self.write(v)} = {self.write(d)}" for v, d in graph.definitions.items()]
        differentiate = [
            f"{self.ratio(v, p)} = {self.write(local)}"
            for (v, p), local in self.locals.items()
            if p not in graph.components
        ]
        listed = bool(graph.components) or len(graph.variables) > 1
        rows = graph.components or [graph.result]
        joints = [v for v in graph.definitions if len(graph.parents(v)) > 1]
        ends = [*(v for v in joints if v not in (*rows, graph.result)), *rows]
        combine = []
        for v, x in itertools.product(ends, graph.variables):
            chains = graph.chains(v, x) if v in graph.definitions else []
            if chains and not (listed and len(chains[0]) == len(chains) == 1):
                combine.append(self.line(v, x, chains))
        if listed:
            combine.append(f"{self.head()} = {self.entries(rows)}")
        closed = [self.write(self.closed)]
        if ends == [graph.result] and not listed:
            (x,) = graph.variables
            put = self.values(graph.chains(graph.result, x), self.definitions.get)
            closed = closed if [put] == closed else [put, *closed]
        substitute = [self.equal(self.head(), *closed)]
        return ["\n".join(x) for x in (introduce, differentiate, combine, substitute)]

    def equal(self, *parts):
        """``a = b = c``, on one line if it is short enough to be read so."""
        whole = " = ".join(parts)
        short = len(re.sub(r"\\[a-zA-Z]+|[{}^_ ]", "", whole)) < 68
        return whole if short else f"{parts[0]} = " + f"\n{self.style.indent}= ".join(parts[1:])

    def entries(self, rows):
        """The Jacobian's entries, before anything is put in their place."""
        grid = [[self.ratio(v, x, total=True) for x in self.graph.variables] for v in rows]
        if len(grid) == 1:
            return self.style.listed(grid[0])
        single = len(grid[0]) == 1
        return self.style.listed([r[0] for r in grid], True) if single else self.style.grid(grid)

    def head(self):
        names = [self.write(x) for x in self.graph.variables]
        by = names[0] if len(names) == 1 else f"({', '.join(names)})"
        return self.style.ratio(self.total, self.write(self.graph.result), by)

    def ratio(self, v, p, total=False):
        """``∂v/∂p``, with ``d`` for a total derivative and where ``v`` has nothing else."""
        alone = total or len(self.graph.parents(v)) == 1
        return self.style.ratio(self.total if alone else "∂", self.write(v), self.write(p))

    def line(self, v, x, chains):
        """One variable's derivative as the sum of what its paths contribute."""
        products = []
        for chain in chains:
            factors = [self.ratio(*pair) for pair in chain]
            if chain[-1][1] is not x:
                factors.append(self.ratio(chain[-1][1], x, total=True))
            products.append(" ".join(factors))
        whole, left = " + ".join(products), self.ratio(v, x, total=True)
        value = self.values(chains, {}.get, x)
        return self.equal(left, value) if whole == left else self.equal(left, whole, value)

    def values(self, chains, put, x=None):
        """The same sum of products with the closed forms of the factors, after ``put``."""
        products = []
        for chain in chains:
            factors = [replace(self.locals[pair], put) for pair in chain]
            end = chain[-1][1]
            goes_on = x is not None and end is not x
            loose = len(chain) == 1 and not products and not goes_on
            level = (SUM if len(chains) > 1 else CASES) if loose else PRODUCT
            written = [self.write(f, level) for f in factors]
            if goes_on:
                factors.append(end)
                written.append(self.ratio(end, x, total=True))
            products.append(self.joined(factors, written))
        return " + ".join(products)

    def joined(self, factors, written):
        """Scalars with a dot between them, matrices side by side, as the paper has them."""
        whole = written[0]
        for k in range(1, len(written)):
            scalars = factors[k - 1].ndim == factors[k].ndim == 0
            digit = written[k][0].isdigit() and written[k - 1][-1].isdigit()
            whole += (self.style.times if scalars or digit else " ") + written[k]
        return whole
