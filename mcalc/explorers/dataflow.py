"""The dataflow explorer: the graph with values forward and derivatives backward."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..draw.flow import Flow
from ..draw.handles import Pull
from ..draw.scene import Scene
from ..graph.expr import Expr
from ..graph.lengths import symbolic_sizes
from ..graph.primitives import DIAG, IDENTITY, MULTIPLY, NEGATIVE
from ..graph.walk import symbols
from ..notation.numbers import number, numbers
from ..notation.steps import StepWriter
from ..notation.style import TEXT
from ..tables import derivative
from .chained import GraphExplorer
from .change import Change
from .entries import add_entries, arrays, entry_names, matrices_given, with_entry_moved
from .explorer import Function, outside
from .inputs import Choice, Number

_STARTS = 1.0, -0.5, 1.5, 0.5, 2.0, -1.0


def fitting(value, wide):
    """Numbers as text if they fit into so many pixels, else their shape; a scalar has none."""
    text = numbers(value)
    rows, columns = (*np.shape(value), 1, 1)[:2]
    if np.size(value) == 1:
        return text if 6.4 * len(text) <= wide else f"{np.ravel(value)[0]:.0e}"
    return text if 6.4 * len(text) <= wide else f"{rows} x {columns}"


def is_diagonal(local):
    """Whether a Jacobian is ``diag(v)``, or a multiple of I."""
    if local.op in (MULTIPLY, NEGATIVE):
        return any(a.ndim == 2 for a in local.args) and all(
            is_diagonal(a) for a in local.args if a.ndim
        )
    return local.op in (DIAG, IDENTITY)


class Dataflow(GraphExplorer):
    """Values that go forward through a graph one by one, derivatives that come back."""

    title = "dataflow"

    def __init__(self, y, wrt, n, values):
        self.start(y, wrt)
        variables = symbols(self.y)
        self.sizes = {letter: n for letter in symbolic_sizes(self.y)} | {
            letter: size
            for v in variables if v.name in values
            for letter, size in zip(v.shape, np.shape(values[v.name]), strict=False)
            if isinstance(letter, str)
        }  # fmt: skip
        self.writer = StepWriter(self.graph, None, TEXT)
        self._find_steps()
        inputs = self._choices()
        rows, self.entries = [[*inputs]], {}
        self.fixed = matrices_given(variables, values)
        others = itertools.cycle(_STARTS)
        for v in (v for v in variables if v.ndim < 2):
            starts = itertools.chain(np.ravel(values.pop(v.name, ())), others)
            self.entries[v] = names = entry_names([v], self.sizes)
            add_entries(inputs, names, starts, low=-3.0, high=3.0, step=0.1, narrow=v.ndim > 0)
            rows.append(names)
        self._place()
        closed = derivative(self.y, self.x) if self.x in {*variables} else None
        super().__init__([(closed, self.d.jacobian.expr)], inputs, rows=rows)
        self.set(**values)

    def _find_steps(self):
        """The order in which values go forward, and derivatives come back."""
        self.order = list(self.graph.definitions)
        on_paths = {v for path in self.paths for v in path}
        self.backward = [v for v in [*reversed(self.order), self.x] if v in on_paths]
        self.steps = len(self.order) + len(self.backward)
        self.ways = {self.graph.result: 1}  # in which each variable reaches the result
        for v in reversed(self.order):
            for p in self.graph.parents(v):
                self.ways[p] = self.ways.get(p, 0) + self.ways.get(v, 0)

    def _choices(self):
        """The inputs that are no entries: the step, the path if there are several, the nudge."""
        inputs = {"step": Number("step", 0, self.steps, self.steps, whole=True)}
        if len(self.paths) > 1:
            named = {"all": None}
            for k, path in enumerate(self.paths, 1):
                named[f"{k}: {' ← '.join(v.name for v in path)}"] = k - 1
            inputs["path"] = Choice("path", named)
        inputs["nudge"] = Number("nudge", 1e-5, 1.0, 0.1, log=True)
        return inputs

    def _place(self):
        """Where the box of each variable stands: variables left, the result right."""
        graph, known = self.graph, symbols(*self.graph.definitions.values())
        self.sources = [v for v in known if v not in graph.definitions and v.ndim < 2]
        uses = {v: symbols(d) for v, d in graph.definitions.items()}
        self.flow = Flow(self.sources, uses)
        count = len(self.flow.levels)
        width = max(760, 166 * count - 54)
        box = min(170, round((width - 8) / count - 54)), 62
        self.flow.arrange(width, box, row=86, lane=20)

    def _gradients(self, values):
        """The derivative of the result by every variable, from the result back."""
        result = self.graph.result
        found = {result: np.eye(np.size(self.at(result, values)))}
        for v in reversed(self.order):
            for p in self.graph.parents(v) if v in found else ():
                found[p] = found.get(p, 0) + found[v] @ self.local(v, p, values)
        return found

    def counts(self, values):
        """Multiplications of the whole derivative: forward from the variable, backward from y."""
        size = {v: np.size(self.at(v, values)) for v in (*self.order, self.x)}
        used = {pair for path in self.paths for pair in itertools.pairwise(path)}
        m, n = size[self.graph.result], size[self.x]
        # a diagonal matrix is never formed: it multiplies element by element
        cost = {
            (v, p): size[v] * (1 if is_diagonal(self.graph.locals[v, p]) else size[p])
            for v, p in used
        }
        forward = n * sum(cost[v, p] for v, p in used if p is not self.x)
        backward = m * sum(cost[v, p] for v, p in used if v is not self.graph.result)
        return forward, backward

    def draw(self, step, nudge, path=None, **entries):
        values = self.fixed | arrays(self.entries, entries)
        ready = set(self.order[:step]) | set(self.sources)
        came_back = self.backward[: max(step - len(self.order), 0)]
        back = {*came_back}
        gradients = self._gradients(values)
        lit = set(itertools.pairwise(self.paths[path])) if path is not None else set()
        scene = Scene(self.flow.width, round(self.flow.height))
        for v, p in self.flow.edges:
            self._edge(scene, v, p, (v, p) in lit, v in back, values)
        now = self.order[step - 1] if 0 < step <= len(self.order) else None
        now = came_back[-1] if came_back else now
        for v in self.flow.place:
            self._box(scene, v, v in ready, v is now, v in back, gradients, values, lit)
            if v in self.entries:
                self._take(scene, v)
        done = step == self.steps
        return scene, [self._step(step, now, came_back, gradients, values),
                       *self._sum(path, values, done), *self._truth(nudge, values)]  # fmt: skip

    def _edge(self, scene, v, p, lit, back, values):
        color, width = ("violet", 3.0) if lit else ("muted", 1.5)
        (ax, ay), (bx, by) = self.flow.arrow(scene, v, p, color, width)
        if back and (v, p) in self.graph.locals:
            slope = fitting(self.local(v, p, values), abs(bx - ax) - 12)
            x, y = (ax + bx) / 2, (ay + by) / 2
            half = 3.4 * len(slope) + 2
            scene.box(x - half, y - 8, 2 * half, 16, "paper")
            scene.text(x, y, slope, "orange", 11, bold=lit)

    def _box(self, scene, v, ready, now, back, gradients, values, lit):
        x, y = self.flow.place[v]
        wide, high = self.flow.box
        on = v in {*itertools.chain(*lit)}
        edge = "violet" if now or on else "blue" if ready else "grid"
        scene.box(x, y, wide, high, "paper", 1.0, edge, 3 if now else 2 if on else 1.2)
        definition = self.graph.definitions.get(v)
        words = f"{v} = {definition}" if definition is not None else str(v)
        most = int(wide / 6.2)
        words = words if len(words) <= most else words[: most - 1] + "…"
        middle = x + wide / 2
        scene.text(middle, y + 13, words, "ink", 12 if 7 * len(words) < wide else 10.5)
        if ready:
            value = fitting(self.at(v, values), wide - 16)
            scene.text(middle, y + 31, f"= {value}", "blue", 11)
        if back:
            head = f"{self._back(v)} = "
            told = head + self._together(v, gradients, values)
            if 6.6 * len(told) > wide:
                told = head + fitting(gradients[v], wide - 7 * len(head))
            scene.text(middle, y + 49, told, "orange", 11 if 6.6 * len(told) < wide else 10)

    def _take(self, scene, v):
        """The box of a variable can be taken, and its value, or an entry, pulled up or down."""
        (x, y), (wide, high) = self.flow.place[v], self.flow.box
        share = wide / len(self.entries[v])
        for k, name in enumerate(self.entries[v]):
            scene.handle(
                x + share * (k + 0.5), y + high / 2, f"{name}, up or down",
                {name: Pull("y", 0.02)}, size=(share, float(high)),
            )  # fmt: skip

    def _together(self, v, gradients, values):
        """A scalar derivative as the sum of what comes back along each arrow."""
        if np.size(gradients[v]) > 1:
            return numbers(gradients[v])
        ways = [u for u in self.order if v in {*self.graph.parents(u)} and u in gradients]
        terms = [numbers(gradients[u] @ self.local(u, v, values)) for u in ways]
        return " + ".join(terms) + f" = {numbers(gradients[v])}" * (len(terms) > 1) or "1"

    def _step(self, step, now, came_back, gradients, values):
        result = self.graph.result
        if now is None:
            return f"step 0 of {self.steps}: only the variables have values"
        if not came_back:
            made = f"{now} = {self.graph.definitions[now]} = {numbers(self.at(now, values))}"
            return f"step {step} of {self.steps}, forward: {made}"
        told = numbers(gradients[now])
        if now is result:
            return (
                f"step {step} of {self.steps}, backward: {self._back(now)} = {told}, to start with"
            )
        uses = [v for v in self.order if now in {*self.graph.parents(v)}]
        uses.sort(key=lambda v: v is not result)  # the direct way in stands first, as in the steps
        ratio = self.writer.ratio
        terms = [ratio(v, now) if v is result else f"{self._back(v)} {ratio(v, now)}" for v in uses]
        whole = " = ".join(dict.fromkeys([self._back(now), " + ".join(terms)]))
        return f"step {step} of {self.steps}, backward: {whole} = {told}"

    def _back(self, v):
        """The derivative of the result by a variable, as the derivation writes it: ``∂y/∂u`` where
        the result is made of u and of others, which are held still."""
        result = self.graph.result
        direct = v in {*self.graph.parents(result)} and self.ways[v] == 1
        return self.writer.ratio(result, v, total=not direct or v is self.x)

    def _sum(self, path, values, done):
        """A line for each of the first paths, and their sum; numbers once they have come back."""
        lines, total = [], 0
        for k, way in enumerate(self.paths):
            factors = self.product(way, values)
            whole = np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]
            total = total + whole
            if k < 5 or k == (path if path is not None and path > 5 else 5):
                mark = ">" if k == path else " "
                told = " · ".join(f"({numbers(f)})" if f.size > 1 else numbers(f) for f in factors)
                equals = f" = {numbers(whole)}" if len(factors) > 1 else ""
                told, equals = (told, equals) if done else ("...", "")
                lines.append(
                    f"{mark} path {k + 1}, {' ← '.join(v.name for v in way)}: {told}{equals}"
                )
        if len(self.paths) > 1:
            whole = numbers(total) if done else "..."
            lines.append(f"all {len(self.paths)} paths together: {whole}")
        return lines

    def _truth(self, nudge, values):
        name, here = entry_names([self.x], self.sizes)[0], np.ravel(self.value(**values))
        moved = with_entry_moved(values, [self.x], 0, nudge)
        predicted = self.d.numpy()(**values)[:, 0] * nudge
        change = Change(predicted, np.ravel(self.value(**moved)) - here, here)
        forward, backward = self.counts(values)
        return [
            f"{name} up by {number(nudge)}: {change}{outside(here)}",
            f"multiplications of numbers: {forward} forward from {self.x}, "
            f"{backward} backward from {self.graph.result}",
        ]


def dataflow(y: Function, wrt: Expr | None = None, n: int = 2, **values: Any) -> Dataflow:
    """Explore the chain rule on a graph: ``mc.explore.dataflow(np.sin(x**2) + x, x=1)``.

    Inputs: the step (values forward, then derivatives backward), one of the paths or all, each
    variable's entries, and a nudge of ``wrt`` (its first entry), by default the first variable.
    ``mc.let`` names the boxes. A vector has ``n`` entries; a matrix needs its numbers. The last
    line counts multiplications in both orders. Raises ValueError for a matrix without numbers, and
    where no path leads from ``wrt``, or more than 40 do. Paper: the three sections on chain rules.
    """
    return Dataflow(y, wrt, n, dict(values))
