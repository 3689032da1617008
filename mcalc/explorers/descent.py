"""Explorer of gradient descent: the loss, the parameters and the examples, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..check.compile import compile_
from ..derivation import derive, hessian
from ..draw.contours import contour_lines, paint
from ..draw.scene import Axes, Scene, limits
from ..graph.expr import SYMBOL, node, shape_text
from ..graph.primitives import MAXIMUM
from ..graph.walk import is_number, replace, symbols, unnamed, walk
from ..notation.numbers import number, numbers
from ..tables import derivative
from .change import Change, signed
from .explorer import Function, expression
from .inputs import Choice, Number
from .played import StepExplorer


class Descent(StepExplorer):
    """Gradient descent, step by step: the loss, the parameters, and the examples that weigh in."""

    title = "descent"

    def __init__(self, loss, start, data, rate, steps):
        self.y = unnamed(expression(loss))
        known = symbols(self.y)
        self.data = {name: np.asarray(value, dtype=float) for name, value in data.items()}
        self.first = {name: np.asarray(value, dtype=float) for name, value in start.items()}
        names = [v.name for v in known]
        for name in (*self.data, *self.first):
            if name not in names:
                there = ", ".join(names)
                raise ValueError(f"{name} is no variable of the loss: there are {there}")
        self.parameters = [v for v in known if v.name in self.first]
        if not self.parameters:
            raise ValueError(
                "start names no variable: give what is to be learned, start={'w': ...}"
            )
        self.loss = compile_(self.y, known)
        if self.y.ndim:
            raise ValueError(f"{self.y} is {shape_text(self.y.shape)}: a loss is one number")
        if steps < 1:
            raise ValueError(f"steps={steps}: at least one is needed")
        self.gradients = {v: derive(self.y, v).numpy() for v in self.parameters}
        self.two = len(self.parameters) == 2 and not any(v.ndim for v in self.parameters)
        self.hessian = hessian(self.y, tuple(self.parameters)).numpy() if self.two else None
        self.loss(**self.data, **self.first)  # refuses what is missing or does not fit
        self._find_examples(known)
        inputs = {
            "rate": Number("rate", 0.001, 10.0, rate, log=True),
            "start": Number("start", 0, 9, 0, whole=True, unit="0 as given"),
            "step": Number("step", 0, steps, 0, whole=True),
        }
        sizes = [size for size in (256, 32, 1) if size < self.count]
        if sizes:
            inputs["batch"] = Choice("batch", {"all": 0, **{str(s): s for s in sizes}})
        self._paths: dict = {}
        formulas = [(derivative(self.y, v), derive(self.y, v).jacobian.expr)
                    for v in self.parameters]  # fmt: skip
        with np.errstate(all="ignore"):
            losses = np.array([loss for _, loss in self.path(rate, 0, 0, steps)])
        usual = losses[abs(losses) <= 2 * abs(losses[0]) + 1e-12]
        low, high = limits(usual, 0.02 * (abs(losses[0]) + 1e-12))
        self.ylim = (min(low, 0.0) if losses.min() < 0 else 0.0, high)
        super().__init__(formulas, inputs)

    def _find_examples(self, known):
        """How many examples there are, which are active, and what weight each has."""
        own = {part for v in self.parameters for part in v.shape}
        rows = {v.shape[0] for v in known if v.name in self.data and v.ndim} - own
        self.rows = [v.name for v in known if v.name in self.data and v.ndim and v.shape[0] in rows]
        self.count = len(self.data[self.rows[0]]) if len(rows) == 1 else 0
        self.active = self.weigh = None
        for e in walk(self.y):
            if e.op is MAXIMUM and is_number(e.args[0], 0) and e.shape[:1] == tuple(rows):
                z = node(SYMBOL, name="z", shape=e.shape)
                self.active = compile_(e.args[1], known)
                part = replace(self.y, {e.args[1]: z}.get)
                others = {v.name for v in symbols(part)} - {"z"}
                if not others & self.first.keys() and z in {*symbols(part)}:
                    self.weigh = derive(part, z).numpy()
                    self.others = {k: a for k, a in self.data.items() if k in others}

    def batch(self, step, size):
        """The data of one step: all of it, or the next few examples in a shuffled order."""
        if not size:
            return self.data
        order = self._order = getattr(self, "_order", None)
        if order is None:
            order = self._order = np.random.default_rng(0).permutation(self.count)
        some = order[np.arange(step * size, (step + 1) * size) % self.count]
        return {k: a[some] if k in self.rows else a for k, a in self.data.items()}

    def gradient(self, data, now):
        """The gradient by each parameter, in the parameter's own shape."""
        return {v.name: slope(**data, **now).T.reshape(now[v.name].shape)
                for v, slope in self.gradients.items()}  # fmt: skip

    def path(self, rate, start, batch, step):
        """The parameters after 0, 1, ... steps at least so far, and the loss of each."""
        key = rate, start, batch
        if key not in self._paths:
            if len(self._paths) > 20:
                self._paths.clear()
            first = dict(self.first)
            if start:
                normal = np.random.default_rng(start).standard_normal
                first = {k: a + 0.3 / math.sqrt(a.size) * normal(a.shape) for k, a in first.items()}
            self._paths[key] = [(first, float(self.loss(**self.data, **first)))]
        found = self._paths[key]
        while len(found) <= step + 1:
            now = found[-1][0]
            some = self.batch(len(found) - 1, batch)
            slopes = self.gradient(some, now)
            new = {name: value - rate * slopes[name] for name, value in now.items()}
            found.append((new, float(self.loss(**self.data, **new))))
        return found

    def draw(self, rate, start, step, batch=0):
        path = self.path(rate, start, batch, step)
        now, loss = path[step]
        gradient = self.gradient(self.data, now)
        used = self.gradient(self.batch(step, batch), now) if batch else gradient
        predicted = -rate * sum(float(np.sum(gradient[k] * used[k])) for k in gradient)
        real = path[step + 1][1] - loss
        scene = Scene(760, 300)
        self._loss_curve(scene, path, step, loss, predicted)
        if self.two:
            self._valley(scene, path, step)
        else:
            self._parameters(scene, now, gradient)
        lines = [
            f"step {step} of {self.most}: loss {number(loss)}",
            f"the next step: {Change(predicted, real, loss).sides()}",
        ]
        if any(value > 1e6 * max(path[0][1], 1e-12) for _, value in path[: step + 1]):
            lines[1] = "the steps are too long: the loss grows without bound"
        elif math.isnan(real):
            lines[1] = "the loss is not defined where the next step leads"
        if self.two:
            lines += self._curvature(rate, now, used, predicted)
        lines.append("; ".join(f"{k} = {numbers(a)}" for k, a in now.items() if a.size <= 4)
                     or f"largest entry of the gradient {_largest(gradient)}")  # fmt: skip
        if self.active is not None:
            lines.append(self._examples(scene, now))
        return scene, lines

    def _curvature(self, rate, now, used, predicted):
        """What the Hessian adds to the prediction, and its eigenvalues against the rate."""
        with np.errstate(all="ignore"):
            second = self.hessian(**self.data, **now)
            step = -rate * np.array([used[v.name] for v in self.parameters])
            predicted = predicted + step @ second @ step / 2
        if not (np.isfinite(second).all() and math.isfinite(predicted)):
            return ["with the curvature, nothing can be predicted", "the numbers are too large"]
        low, high = np.linalg.eigvalsh(second)
        return [
            f"with the curvature, predicted change {signed(predicted)}",
            f"curvature from {number(low)} to {number(high)}; "
            f"rate times the largest is {number(rate * high)}, and the border is 2",
        ]

    def _loss_curve(self, scene, path, step, loss, predicted):
        plot = Axes(scene, 52, 30, 250, 190, (0.0, float(self.most)), self.ylim)
        plot.frame("step", "loss")
        shown = np.minimum([value for _, value in path[: step + 1]], self.ylim[1])
        plot.curve(range(len(shown)), shown)
        ends = np.array([0.0, self.most / 8])
        if math.isfinite(predicted) and loss <= self.ylim[1]:
            plot.curve(step + ends, loss + predicted * ends, "orange", 2, "7 4")
        plot.dot(step, shown[-1], "ink")
        plot.handle(step, shown[-1], "step on the curve of the loss", along_x="step")
        if loss > self.ylim[1]:
            scene.text(296, 42, f"{number(loss)} is above", "orange", 12, "end")
        scene.box(52, 274, 250, 12, edge="muted")
        scene.box(52, 274, 250 * step / self.most, 12, "blue", 0.8)
        scene.text(310, 280, f"{step} of {self.most}", "muted", 11, "start")

    def _parameters(self, scene, now, gradient):
        """Parameters and the step that each takes, as images where they are squares."""
        x = 372
        for name in [k for k, a in now.items() if a.size > 4][:1]:
            for title, values in (
                (name, now[name]),
                (f"minus gradient of {name}", -gradient[name]),
            ):
                side = math.isqrt(values.size)
                square = (side, side) if side * side == values.size else (1, -1)
                grid = values if values.ndim == 2 else values.reshape(square)
                cell = min(130 / len(grid), 150 / grid.shape[1])
                scene.image(x, 44, cell, grid)
                scene.text(x, 30, title, "ink", 12, "start")
                low, high = values.min(), values.max()
                scene.text(x, 190, f"{number(low)} to {number(high)}", "muted", 11, "start")
                x += 190

    def _valley(self, scene, path, step):
        """The loss of two numbers from above, with the way so far."""
        (a, b), far = self.parameters, self._surface(path)
        plot = Axes(scene, 430, 30, 300, 220, *far).frame(a.name, b.name)
        paint(plot, self._levels)
        way = [tuple(float(now[v.name]) for v in (a, b)) for now, _ in path[: step + 1]]
        plot.curve(*np.transpose(way), "green", 2)
        for point in way:
            plot.dot(*point, color="green", radius=2.5)
        plot.dot(*way[-1], color="ink")

    def _surface(self, path):
        """Lines of equal loss around the given start and the far end; once."""
        if not hasattr(self, "_bounds"):
            a, b = (v.name for v in self.parameters)
            first = self.path(self.inputs["rate"].value, 0, 0, self.most)
            way = np.array([[now[a], now[b]] for now, value in first if value <= 2 * first[0][1]])
            ends = [limits([*c, c[0] - 1, c[0] + 1]) for c in way.T]
            grid = [np.linspace(*end, 41) for end in ends]
            heights = np.array([[float(self.loss(**self.data, **{a: u, b: v})) for u in grid[0]]
                                for v in grid[1]])  # fmt: skip
            low, high = heights.min(), heights.max()
            levels = low + np.linspace(0.03, 0.95, 10) ** 2 * (high - low)  # closer in the valley
            self._levels = contour_lines(*grid, heights, levels)
            self._bounds = ends
        return self._bounds

    def _examples(self, scene, now):
        """How many examples are active; and those that pull hardest, as images."""
        z = self.active(**self.data, **now)
        active = int((z > 0).sum())
        told = f"active examples: {active} of {len(z)}"
        if self.weigh is None or self.two:
            return told
        matrix = next((self.data[k] for k in self.rows if self.data[k].ndim == 2), None)
        side = math.isqrt(matrix.shape[1]) if matrix is not None else 0
        if not side or side**2 != matrix.shape[1]:
            return told
        pull = np.ravel(self.weigh(z=z, **self.others))
        some = [k for k in np.argsort(-abs(pull), kind="stable")[:6] if pull[k]]
        title = "the examples that weigh most want the answer" if some else "no example weighs in"
        scene.text(372, 216, title, "ink", 12, "start")
        for place, k in enumerate(some):
            x = 372 + 62 * place
            scene.image(x, 228, 48 / side, matrix[k].reshape(side, side))
            scene.text(x + 24, 286, "lower" if pull[k] > 0 else "higher", "muted", 11)
        return told


def _largest(gradient):
    return number(max(float(np.max(abs(g))) for g in gradient.values()))


def descent(
    loss: Function, start: Mapping, data: Mapping, rate: float = 0.1, steps: int = 100
) -> Descent:
    """Explore gradient descent: ``mc.explore.descent(C, {"w": np.zeros(64), "b": 0.1}, data)``.

    ``loss`` is a scalar expression, ``start`` has the parameters to learn and where they begin, and
    ``data`` the values of all other variables. Inputs: the learning rate, another start at random,
    the size of a batch if there are examples (arrays that share a length which no parameter has),
    and the step; Play takes one after the other. A parameter of a square length is shown as an
    image, two scalars as a way through lines of equal loss, with the smallest and the largest
    curvature there. Raises ValueError for a loss that is no number, a name that is no variable, and
    values that are missing or do not fit. Paper: "The gradient of the neural network loss
    function".
    """
    return Descent(loss, dict(start), dict(data), rate, steps)
