"""The backward pass of a scalar as a listing: for each name its forward line and its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .check import check
from .check.report import Report
from .check.steady import with_adjugates
from .graph.assumptions import refuse_unfit
from .graph.expr import Expr, UnsupportedError, shape_text
from .graph.lengths import length, make_binder
from .graph.primitives import WHERE
from .graph.refine import refined_as_written
from .graph.simplify import broadcast_to
from .graph.walk import replace, symbols, walk
from .jacobian.gradients import adjoint, gradients, shown
from .jacobian.inputs import function_of
from .jacobian.program import Program, program
from .jacobian.terms import NoClosedForm
from .notation import listing


def backward(L: Expr, wrt: Expr | Sequence[Expr] | None = None) -> BackwardPass:
    """The backward pass of a scalar ``L``: a line for each name, all variables in one sweep.

    ``wrt`` is a variable or several, by default all of them; a variable that is not in ``L`` has
    gradient 0. What comes back for a name ``S`` is ``dS``, in the shape of S. The reader's names
    (:func:`mcalc.let`) are lines, and so is what is used more than once.

    >>> import mcalc as mc
    >>> W, x = mc.matrices("W"), mc.vectors("x")
    >>> mc.backward(np.sum(np.tanh(W @ x)))
    W  (m x n)     dW = dz x^T
    x  (n x 1)     dx = W^T dz
    z = W x        dz = du ⊗ (1 - u^2)
    u = tanh(z)    du = 1_m
    L = sum(u)     dL = 1

    Raises UnsupportedError for a vector or a matrix, ValueError for a ``wrt`` that is no variable.
    """
    y, more = function_of(L)
    if y.ndim:
        raise UnsupportedError(
            f"{y} is {shape_text(y.shape)}: what goes back begins at a scalar, so sum it, "
            "np.sum(G * Y), with a constant G in the shape of this Y"
        )
    inputs = [*dict.fromkeys([*symbols(y), *more])]
    asked = inputs if wrt is None else [wrt] if isinstance(wrt, Expr) else [*wrt]
    for v in asked:
        if not isinstance(v, Expr) or not v.name or v.args:
            raise ValueError(
                f"{v} is no variable: wrt takes one, such as {inputs[0] if inputs else 'x'}, "
                "several in a tuple, or None for all"
            )
    return BackwardPass(y, tuple(dict.fromkeys(asked)), tuple(dict.fromkeys([*inputs, *asked])))


class BackwardPass:
    """What :func:`backward` gives: the listing, as text, as LaTeX, as NumPy, and in numbers.

    ``lines`` maps each name to its forward formula (None for a variable), ``gradients`` to what
    comes back for it.
    """

    def __init__(self, y: Expr, variables: tuple[Expr, ...], inputs: tuple[Expr, ...]):
        self.y, self.variables, self.inputs = y, variables, inputs
        self._program: Program = program(refined_as_written(y, variables), inputs)
        self._computed = gradients(self._program, variables)
        self._gradients = shown(self._program, self._computed)

    @property
    def lines(self) -> dict[Expr, Expr | None]:
        """The forward formula of each name, in the order of computing."""
        return {name: line.definition for name, line in self._program.lines.items()}

    @property
    def gradients(self) -> dict[Expr, Expr]:
        """The backward formula of each name, in the order of computing: from the result back."""
        return dict(self._gradients)

    def resolved(self) -> list[Expr]:
        """The gradients with no name but the variables': large, with parts that they share."""
        _, gradients_ = self._in_variables(self._gradients)
        return [gradients_[v] for v in self.variables]

    def in_variables(self) -> tuple[dict[Expr, Expr], dict[Expr, Expr]]:
        """Of each name its value and its gradient, in the variables alone, as they are computed."""
        return self._in_variables(self._computed)

    def _in_variables(self, gradients_):
        values = {name: e for e, name in self._program.names.items()}
        done, found = dict(values), {}
        for name, gradient in gradients_.items():
            found[name] = broadcast_to(replace(gradient, done.get), name.shape)
            done[adjoint(name, self._program)] = found[name]
        return {name: values.get(name, name) for name in self.lines}, found

    def __str__(self) -> str:
        return listing.as_text(self._program, self._gradients)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return listing.as_latex(self._program, self._gradients)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/latex": self._repr_latex_()}

    # --- in numbers ---

    @cached_property
    def _source(self) -> listing.Source:
        own = {e: name for name, e in self.lines.items() if e is not None}
        computed = {name: with_adjugates(e, own) for name, e in self._computed.items()}
        return listing.Source(self._program, computed, self.variables)

    @property
    def source(self) -> str:
        """The listing as the text of a NumPy function ``backward``, to be kept and run.

        >>> import mcalc as mc
        >>> X, w = mc.matrices("X", shape=("N", "d")), mc.vectors("w", size="d")
        >>> print(mc.backward(np.sum((X @ w) ** 2), wrt=w).source)
        import numpy as np
        <BLANKLINE>
        <BLANKLINE>
        def backward(X, w):
            z = X @ w
            L = (z**2).sum()
        <BLANKLINE>
            dz = 2 * z
            dw = X.T @ dz
            return L, {"w": dw}
        <BLANKLINE>
        """
        self._refuse_open()
        return self._source.text

    def _refuse_open(self):
        names = [e.op.name for e in walk(self.y) if e.op.unknown]
        if names:
            raise UnsupportedError(f"{names[0]} is left open, so there are no numbers for it")

    def numpy(self) -> Callable[..., tuple[float, dict[str, np.ndarray]]]:
        """``source`` as a function of keyword arrays: it gives ``(value, {name: gradient})``.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.backward(x @ x).numpy()(x=[1, 2])
        (5.0, {'x': array([2., 4.])})

        Raises UnsupportedError if an open function is in it; what it gives raises TypeError for a
        missing value and ShapeError for one of the wrong shape.
        """
        self._refuse_open()
        scope: dict[str, Any] = {}
        exec(compile(self.source, "<backward>", "exec"), scope)  # its names are plain words
        function, parameters = scope["backward"], self._source.parameters
        assumed = any("assumed" in v.params for v in parameters)
        bind = make_binder([*parameters])
        fitting: set[tuple] = set()  # shapes that fit together
        quiet = any(e.op is WHERE for e in walk(self.y))  # both branches are computed everywhere

        def value_and_gradients(*unnamed: Any, **values: ArrayLike):
            passed = [values.pop(str(v.name), None) for v in parameters]
            shapes = tuple(None if value is None else np.shape(value) for value in passed)
            if shapes in fitting and not unnamed and not values:
                arrays = [np.asarray(value, dtype=np.float64) for value in passed]
            else:
                arrays = bind(unnamed, passed, values)
                fitting.add(shapes)
            if assumed:
                given = zip(parameters, arrays, strict=True)
                refuse_unfit(parameters, {str(v.name): a for v, a in given})
            with np.errstate(all="ignore" if quiet else None):
                value, by_name = function(*arrays)
            return float(value), _own_arrays(by_name, arrays)

        return value_and_gradients

    # --- whether it is true ---

    def check(
        self,
        sizes: Sequence[int] | Mapping[str, int] = (1, 2, 3),
        points: int = 3,
        seed: int = 0,
        at: Mapping | None = None,
        against: Callable | None = None,
    ) -> Report:
        """Compare all gradients with numerical differentiation, small ones with SymPy's scalars.

        What is compared is what ``source`` computes. The parameters are those of
        :meth:`mcalc.Derivation.check`.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.backward(x @ x).check().passed
        True

        Raises CheckFailed with the first counter-example; ValueError for sizes that cannot be.
        """
        return check.check(_Gradient(self), sizes, points, seed, at, against)


def _own_arrays(by_name: dict, arrays: list) -> dict[str, np.ndarray]:
    """Gradients as arrays that are nobody else's: of ``w.x`` the gradient by w is a copy of x."""
    seen = {id(a) for a in arrays}
    own = {}
    for name, gradient in by_name.items():
        shared = id(gradient) in seen or not isinstance(gradient, np.ndarray)
        if shared or gradient.base is not None or gradient.dtype != np.float64:
            gradient = np.array(gradient, dtype=np.float64)
        seen.add(id(gradient))
        own[name] = gradient
    return own


class _Gradient:
    """All gradients as one row, as a check takes it of a derivation."""

    formula_name, more_axes = "the backward pass", False

    def __init__(self, of: BackwardPass):
        self.y, self.variables, self.inputs = of.y, of.variables, of.inputs
        self._of, self._function = of, of.numpy()

    def jacobian_2d(self) -> Callable[..., np.ndarray]:
        """A function that gives the entries of all gradients, one after the other, 1 x n."""

        def row(**values):
            _, by_name = self._function(**values)
            return np.concatenate([by_name[v.name].reshape(1, -1) for v in self.variables], axis=1)

        return row

    def rows(self) -> tuple[Expr, Expr | None]:
        """The listing is computed in numbers alone."""
        raise NoClosedForm("a listing has a formula for each name, and none for all")

    def forms(self) -> list[Expr]:
        """The formula of each gradient in the variables alone, its parts shared with the others."""
        return self._of.resolved()

    def entry(self, i: int, j: int, sizes: Mapping[str, int]) -> str:
        """Where the j-th number of the row belongs: ``entry (1, 2) of dW``."""
        for v in self.variables:
            shape = length(v.shape, dict(sizes))
            if j < math.prod(shape):
                place = ", ".join(str(k + 1) for k in np.unravel_index(j, shape))
                return f"entry ({place}) of d{v.name}" if place else f"d{v.name}"
            j -= math.prod(shape)
        raise IndexError(f"there is no gradient {i}, {j}")
