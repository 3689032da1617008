"""The reader's own NumPy function, called with numbers: a way that shares no code with mcalc.

What mcalc recorded of it can be wrong in the recording itself, as where a branch was taken for all
numbers; that no comparison of the record with itself would show.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np

from ..graph.expr import Expr, shape_text

_BY_NAME = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY


class PlainFunction:
    """A function of arrays by the names of the variables: ``def f(w, x, b)``.

    Raises ValueError if it cannot be called so.
    """

    def __init__(self, function: Callable, y: Expr, inputs):
        self.function, self.y = function, y
        self.name = getattr(function, "__name__", "the function")
        self.name = "the function" if self.name == "<lambda>" else self.name
        known = [e.name for e in inputs]
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            raise ValueError(
                f"against={function!r}: a function of numbers is needed, the one that was derived"
            ) from None
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            self.names = known
            return
        self.names = [p.name for p in parameters if p.kind in _BY_NAME and p.name in known]
        unknown = [p for p in parameters if p.name not in self.names and p.default is p.empty]
        if unknown:
            star = "*" * (unknown[0].kind is inspect.Parameter.VAR_POSITIONAL)
            raise ValueError(
                f"against={self.name}: it takes {star}{unknown[0].name}, which is no variable of "
                f"{y}: its arguments are called as the variables are, {', '.join(known)}"
            )

    def __call__(self, values: dict, shape: tuple) -> np.ndarray:
        """The value at one point; of a matrix that has no inverse not-a-numbers, in this shape.

        Raises ValueError if it has more or fewer axes than the formula.
        """
        own = {name: np.array(values[name])[()] for name in self.names}  # it may change them
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(self.function(**own), dtype=float)
        except np.linalg.LinAlgError:  # of X^T X with fewer rows than columns
            return np.full(shape, np.nan)
        if value.ndim != self.y.ndim:
            raise ValueError(
                f"against={self.name}: it gives an array of shape {value.shape}, and {self.y} is "
                f"{shape_text(self.y.shape)}"
            )
        return value

    def at(self, points: dict, recorded: np.ndarray) -> np.ndarray:
        """The values at as many points as there are ``recorded`` ones; an input may have one."""
        places = ({n: v[k % len(v)] for n, v in points.items()} for k in range(len(recorded)))
        return np.stack([self(values, recorded.shape[1:]) for values in places])
