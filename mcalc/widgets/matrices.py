"""Explorers of Jacobians: nudge an input and watch its column; the same for any expression."""

from __future__ import annotations

import numpy as np

from ..calculation import derivative
from ..check import SPREADS, CheckFailed
from ..derive import derive
from ..evaluate import compile_, length, letters
from ..explicit import symbols_of
from ..expr import SYMBOL, node, symbols, unnamed
from ..picture import number, numbers
from ..reader import read
from ..scene import Axes, Scene
from ..variables import matrices, scalars, vectors
from .explorer import Explorer, expression, outside
from .inputs import Choice, Formula, Number

MOST = 4  # entries of a vector that get an input each
_STARTS = (1.0, -0.5, 2.0, 1.5), (0.5, 2.0, -1.0, 1.0), (1.5, 1.0, 0.5, -2.0)


class Nudged(Explorer):
    """A Jacobian as a heat map, and what it predicts for a nudge of one input, beside the truth."""

    def nudged(self, d, sizes, values, column, nudge):
        """The scene and its lines, for one derivation at one point."""
        y = unnamed(d.y)
        function, jacobian = self._compiled(d)
        names = entry_names(d.variables, sizes)
        outputs = entry_names([node(SYMBOL, params=(d.output,), shape=y.shape)], sizes)
        J = np.reshape(jacobian(**values), (len(outputs), len(names)))

        def real(step):
            moved = dict(values)
            point = np.concatenate([np.ravel(values[v.name]) for v in d.variables])
            point = point + step * (np.arange(len(names)) == column - 1)
            parts = np.split(point, np.cumsum([np.size(values[v.name]) for v in d.variables])[:-1])
            for v, part in zip(d.variables, parts, strict=True):
                moved[v.name] = part.reshape(np.shape(values[v.name]))
            return np.ravel(function(**moved)) - np.ravel(function(**values))

        def off(step):
            return float(np.max(abs(real(step) - J[:, column - 1] * step)))

        predicted, happened = J[:, column - 1] * nudge, real(nudge)
        scene = Scene(760, 224)
        self._heatmap(scene, J, outputs, names, column, nudge)
        self._changes(scene, predicted, happened)
        nudges = 10.0 ** np.linspace(-3, 0, 25)
        errors = np.array([off(step) for step in nudges])
        plot = Axes(scene, 632, 50, 118, 120, (1e-3, 1.0), (1e-8, 1e4), log=True)
        plot.frame("nudge", "largest difference")
        here, half = off(nudge), off(nudge / 2)
        scale = max(1.0, float(np.max(abs(np.ravel(function(**values))))))
        exact = here <= 1e-12 * scale
        if exact:
            scene.text(691, 110, "none: exact", "ink", 12)
        else:
            plot.curve(nudges, np.maximum(errors, 1e-8), "ink", 2)
            plot.dot(nudge, max(here, 1e-8), "violet", 5)
        ratio = here / half if not exact and half > 1e-13 * scale else 0.0
        factor = f", {ratio:.1f} times less" if ratio >= 1 else ""
        zeros = int((J == 0).sum())
        lit = names[column - 1]
        at = ", ".join(f"{name} = {numbers(value)}" for name, value in values.items())
        return scene, [
            f"at {at} the value is {numbers(function(**values))}" + outside(function(**values)),
            f"J is {J.shape[0]} x {J.shape[1]}, with {zeros} of {J.size} entries zero",
            f"{lit} goes up by {number(nudge)}: column {column} of J times {number(nudge)} "
            f"predicts {numbers(predicted)}",
            f"the real change: {numbers(happened)}",
            f"largest difference {'0' if exact else number(here)}; "
            f"with half the nudge {'0' if exact else number(half)}{factor}",
        ]

    def _compiled(self, d):
        if d not in self.known:
            known = symbols(d.y)
            jacobian = d.flat() if d.by_matrix else d.numpy()
            self.known[d] = compile_(unnamed(d.y), known, known), jacobian
        return self.known[d]

    def _heatmap(self, scene, J, outputs, names, column, nudge):
        top = float(np.max(abs(J[np.isfinite(J)]), initial=0)) or 1.0
        left, across = 62, 280
        wide, high = min(62.0, across / len(names)), min(36.0, 156 / len(outputs))
        size = 12 if wide > 44 and high > 20 else 9
        for j, name in enumerate(names):
            x = left + j * wide + wide / 2
            scene.text(x, 46, name, "violet" if j == column - 1 else "muted", size,
                       bold=j == column - 1)  # fmt: skip
        for i, name in enumerate(outputs):
            y = 60 + i * high
            scene.text(left - 8, y + high / 2, name, "muted", min(12, high), "end")
            for j, value in enumerate(J[i]):
                x = left + j * wide
                if value:
                    share = abs(value) / top if np.isfinite(value) else 0.0
                    color = "orange" if value > 0 else "violet"
                    scene.box(x + 1, y + 1, wide - 2, high - 2, color, 0.05 + 0.25 * share)
                scene.text(x + wide / 2, y + high / 2, number(value),
                           "ink" if value else "muted", size)  # fmt: skip
        scene.box(left, 60, wide * len(names), high * len(outputs), edge="grid")
        x = left + (column - 1) * wide
        scene.box(x, 59, wide, high * len(outputs) + 2, edge="violet", thick=3)
        scene.text(x + wide / 2, 28, f"+{number(nudge)}", "violet", 12, bold=True)
        scene.text(
            left, 10, f"J, a row for each output; column {column} is lit", "ink", 12, "start"
        )

    def _changes(self, scene, predicted, happened):
        high = min(36.0, 156 / len(predicted))
        for k, (title, color) in enumerate(
            [("predicted", "orange"), ("real", "green"), ("difference", "ink")]
        ):
            x = 384 + 74 * k
            scene.text(x, 46, title, color, 12, bold=True)
            values = (predicted, happened, happened - predicted)[k]
            for i, value in enumerate(values):
                small = abs(value) < 1e-12 * max(1.0, abs(happened[i]))
                scene.text(
                    x, 60 + high * (i + 0.5), "0" if small else number(value), color, min(13, high)
                )
        scene.text(384, 28, "J dx", "orange", 12)
        scene.text(458, 28, "f(x + dx) - f(x)", "green", 12)


def entry_names(variables, sizes):
    """``x_1, x_2, ...`` for a vector, ``W_11, W_12, ...`` for a matrix, ``x`` for a scalar."""
    return [entry.name for v in variables for entry in symbols_of(v, sizes, variables).flat]


def sizes_of(y, n):
    """A length for every letter: n for the first, then one more for each."""
    return {letter: n + k for k, letter in enumerate(letters(y))}


class JacobianExplorer(Nudged):
    """A Jacobian with an input for every entry of its variables."""

    title = "jacobian"

    def __init__(self, functions, wrt, n, between, values):
        self.functions = [expression(f, "vectors") for f in functions]
        first = self.functions[0]
        variables = list(dict.fromkeys(v for f in self.functions for v in symbols(f)))
        if not variables:
            raise ValueError(f"{first} has no variable to differentiate by")
        wrt = variables[0] if wrt is None else wrt
        self.derived = [derive(f, wrt) for f in self.functions]
        self.functions = [d.y for d in self.derived]  # free of a `let` that is wrt
        variables = list(dict.fromkeys(v for f in self.functions for v in symbols(f)))
        self.known: dict = {}
        if len(letters(*self.functions)) > 1:
            raise ValueError(
                f"{first} has several lengths, {', '.join(letters(first))}: mc.explore takes it, "
                "at random points"
            )
        self.fixed = {v.name: np.asarray(values.pop(v.name), dtype=float)
                      for v in variables if v.ndim == 2 and v.name in values}  # fmt: skip
        for v in variables:
            if v.ndim == 2 and v.name not in self.fixed:
                raise ValueError(f"{v.name} is a matrix: give its numbers, {v.name}=np.array(...)")
        given = {v.name: np.atleast_1d(np.asarray(values.pop(v.name), dtype=float))
                 for v in variables if v.name in values}  # fmt: skip
        inputs, rows = {}, [[]]
        if len(functions) > 1:
            inputs["function"] = Choice("function", {str(d.y): d for d in self.derived})
            rows[0].append("function")
        if letters(*self.functions):
            n = next((len(given[v.name]) for v in variables if v.ndim == 1 and v.name in given), n)
            inputs["n"] = Number("n", 1, max(MOST, n), n, whole=True)
            rows[0].append("n")
        columns = len(entry_names(self.derived[0].variables, sizes_of(first, n)))
        inputs["column"] = Number("column", 1, columns, min(2, columns), whole=True)
        inputs["nudge"] = Number("nudge", 0.001, 1.0, 0.5, log=True)
        rows[0] += ["column", "nudge"]
        self.entries = {}
        for k, v in enumerate(v for v in variables if v.ndim < 2):
            most = length(v.shape, sizes_of(first, max(MOST, n)))
            names = [v.name] if not most else [f"{v.name}_{i + 1}" for i in range(most[0])]
            start = given.pop(v.name, ())
            self.entries[v] = names
            rows.append(names)
            for i, name in enumerate(names):
                if name in inputs:
                    raise ValueError(f"{name} is the name of an input here: rename the variable")
                value = start[i] if i < len(start) else _STARTS[k % 3][i % 4]
                value = min(max(value, between[0]), between[1]) if i >= len(start) else value
                step = (between[1] - between[0]) / 60
                inputs[name] = Number(name, *between, float(value), step, narrow=True)
        super().__init__(self._formulas(self.derived[0]), inputs, rows=rows)
        self.set(**values)

    def _formulas(self, d):
        if d.three_axes:
            return [d]
        closed = d.jacobian.expr
        if d.several:
            return [(node(SYMBOL, params=("J",), shape=closed.shape), closed)]
        return [(derivative(d.y, d.wrt), closed)]

    def _used(self, v, n):
        """The names of the inputs for a variable, at this length."""
        count = length(v.shape, sizes_of(self.functions[0], n))
        return self.entries[v][: count[0]] if count else self.entries[v]

    def adapt(self, n=None, function=None, **values):
        d = function or self.derived[0]
        for v, names in self.entries.items():
            used = self._used(v, n) if v in {*symbols(d.y)} else ()
            for name in names:
                self.inputs[name].visible(name in used)
        self.inputs["column"].limit(len(entry_names(d.variables, sizes_of(self.functions[0], n))))

    def frame(self, column, nudge, n=None, function=None, **entries):
        d = function or self.derived[0]
        values = dict(self.fixed)
        for v in self.entries:
            array = np.array([entries[name] for name in self._used(v, n)])
            values[v.name] = array if v.ndim else array[0]
        self.write(self._formulas(d))
        values = {v.name: values[v.name] for v in symbols(d.y)}
        return self.nudged(d, sizes_of(self.functions[0], n), values, column, nudge)


def jacobian(*functions, wrt=None, n=3, between=(-3.0, 3.0), **values) -> JacobianExplorer:
    """Explore a Jacobian (numerator layout): ``mc.explore.jacobian(w * x, wrt=w)``.

    Each of ``functions`` is an expression, or a function of vectors; ``wrt`` is a variable, or a
    tuple of scalars, by default the first variable. Inputs: the function if there are several, n,
    every entry of every vector (at most four, unless more are given), every scalar, and the nudge
    of one entry: its column lights up, and what J predicts stands beside what really happens.
    ``x=[1, 2]`` says where to start; a matrix needs its numbers. By a matrix of known shape there
    is a column for each entry, row after row of it. Paper: "Matrix calculus" to "Vector sum
    reduction".
    """
    if not functions:
        raise ValueError("jacobian needs a function: mc.explore.jacobian(w * x, wrt=w)")
    return JacobianExplorer(functions, wrt, n, tuple(map(float, between)), dict(values))


NAMES = {v.name: v for v in (*vectors("w x u v"), *scalars("a b c z t"), matrices("A"))}


class Bench(Nudged):
    """Any expression: its derivation, its check, and its Jacobian at random points."""

    title = "bench"

    def __init__(self, y, wrt, n):
        self.known, self.reports, self.derived = {}, {}, {}
        y = read(y, **NAMES) if isinstance(y, str) else expression(y, "vectors")
        y = self._accept(y, wrt)
        names = NAMES | {v.name: v for v in symbols(y)}
        inputs = {
            "y": Formula("function", y, names, self._accept),
            "wrt": Choice("with respect to", self.derived[y]),
            "point": Number("point", 0, 30, 0, whole=True, unit="a seed"),
            "n": Number("n" if letters(y) == ["n"] else "smallest length", 1, 6, n, whole=True),
            "column": Number("column", 1, 1, 1, whole=True),
            "nudge": Number("nudge", 0.001, 1.0, 0.1, log=True),
        }
        super().__init__(self._formulas(next(iter(self.derived[y].values()))), inputs)

    def _accept(self, y, wrt=None):
        """Derive ``y`` by all of its variables, once; ValueError where it has none."""
        if y in self.derived:
            return y
        variables = [v for v in symbols(y) if v.ndim < 2]
        if not variables:
            raise ValueError(f"{y} has no scalar or vector variable to differentiate by")
        if isinstance(wrt, tuple | list):
            found = {"(" + ", ".join(v.name for v in wrt) + ")": derive(y, tuple(wrt))}
        else:
            first = variables if wrt is None else [wrt, *(v for v in variables if v is not wrt)]
            found = {v.name: derive(y, v) for v in first}
        self.derived[y] = found
        return y

    def _formulas(self, d):
        return [d]

    def _point(self, d, point, sizes):
        """Random values; positive or small ones if the function is not defined at the first."""
        normal = np.random.default_rng(point).standard_normal
        found = {v.name: normal(length(v.shape, sizes)) for v in symbols(d.y)}
        for spread in SPREADS[:3]:
            values = {name: np.round(spread(value), 1) for name, value in found.items()}
            if all(np.isfinite(f(**values)).all() for f in self._compiled(d)):
                break
        return values

    def _checked(self, d):
        """The report of the check, or why there is none; once for each derivation."""
        if d not in self.reports:
            try:
                self.reports[d] = repr(d.check())
            except CheckFailed as error:
                self.reports[d] = str(error)
        return self.reports[d]

    def adapt(self, y, wrt, n, **values):
        if self.inputs["wrt"].options is not self.derived[y]:
            self.inputs["wrt"].offer(self.derived[y])
            wrt = self.inputs["wrt"].value
        self.inputs["n"].visible(letters(y))
        self.inputs["column"].limit(len(entry_names(wrt.variables, sizes_of(wrt.y, n))))

    def frame(self, y, wrt, point, column, nudge, n):
        sizes = sizes_of(wrt.y, n)
        values = self._point(wrt, point, sizes)
        self.write(self._formulas(wrt))
        scene, lines = self.nudged(wrt, sizes, values, column, nudge)
        return scene, [*lines, *self._checked(wrt).splitlines()]


def bench(y, wrt=None, n=3) -> Bench:
    """Explore any expression of your own: ``mc.explore(np.sum(np.exp(x)))``.

    The expression may also be typed, here or in the explorer, as :func:`mcalc.read` reads it:
    ``mc.explore("sum(exp(x))")``. Unless the first one has other names, w, x, u and v are vectors,
    a, b, c, z and t scalars, and A is a matrix, m x n.

    Shows the derivation in four steps, the report of its check, and the Jacobian at random points
    (a ``point`` is the seed) with the nudge of one input. ``wrt`` says by which variable first; a
    tuple of scalars gives a column each. Whatever :func:`mcalc.derive` refuses is refused here, in
    the same words.
    """
    return Bench(y, wrt, n)
