"""The chain rule over an expression's graph, in the paper's four steps.

Introduce intermediate variables, differentiate each, combine along every path, substitute back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property, reduce
from typing import Any, cast

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from .backward_pass import BackwardPass
from .check import check, claims, diagnosis, explicit
from .check.report import Report
from .graph.expr import Expr, as_expr, shape_text
from .graph.normal_form import without_introduced
from .graph.primitives import as_column
from .graph.refine import free, refined_as_written
from .graph.simplify import add
from .graph.walk import replace, symbols, unnamed, walk
from .jacobian.inputs import function_of, lets_as_symbols, refuse_no_variables, refuse_two_meanings
from .jacobian.intermediates import Intermediates, expression_graph, free_name
from .jacobian.structured import StructuredJacobian
from .jacobian.terms import NoClosedForm, Side, Term
from .notation.backward_steps import Backward, Products
from .notation.layout import Jacobian, is_turned
from .notation.steps import KINDS, Step, StepWriter, Unwritten, as_latex, as_text
from .notation.style import STYLES, Style
from .numeric import NumericJacobian

Wrt = Expr | Sequence[Expr]
OPERATIONS, LINES = 1000, 40_000  # that the four steps are written for, and their own parts
READABLE = 1500  # parts of the closed form of a scalar, about three times as many signs
LISTED = 500  # lines of the backward pass that is shown in its place
PROBE_NAMES = ("v", "g", "r", "v_1"), ("G", "H", "R", "G_1")  # of a vector, of a matrix
DIRECTIONS = PROBE_NAMES[0], ("P", "Q", "R", "P_1")  # of a Hessian


def derive(y: Expr | Sequence[Expr], wrt: Wrt) -> Derivation:
    """Derive the Jacobian of ``y`` by ``wrt``, in numerator layout, for vectors of any length.

    ``y`` is a scalar, a vector (a list of scalars counts as one) or a matrix; ``wrt`` is a variable
    or a tuple of scalar variables, which gives a column each. By a variable that is not in ``y``
    the derivative is 0. The Jacobian is ``m x n`` for m outputs and n inputs; that of a scalar by
    an m x n matrix is ``n x m``, that of a matrix by a scalar has the matrix's shape. What has more
    axes, as a matrix by a matrix, has no ``jacobian``; it has ``jvp``, ``vjp`` and ``explicit``.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.derive(w * x, wrt=w).jacobian
    diag(x)   (n x n)
    >>> X, W = mc.matrices("X", shape=("N", "n")), mc.matrices("W", shape=("n", "k"))
    >>> mc.derive(X @ W, wrt=W)
    1. introduce      Y = X W
    2. differentiate  dY = X dW   (N x k)
                      G ↦ X^T G   (n x k)

    Raises ValueError if ``wrt`` is no variable (the message lists those of ``y``) or if nothing
    tells the length of a constant in ``y``, and UnsupportedError where conditions are added.
    Paper: "Matrix calculus" to "Vector chain rule"; with matrices, beyond it.
    """
    y, more = function_of(y)
    return Derivation(y, wrt, more)


def hessian(y: Expr, wrt: Wrt) -> Derivation:
    """The second derivatives of a scalar ``y``: the derivation of its gradient, n x n.

    Where the gradient is constant they are zero. By a matrix the Hessian has four axes: it says
    what a step P does to the gradient, ``jvp(P)``.

    >>> import mcalc as mc
    >>> x = mc.vectors("x")
    >>> mc.hessian(x @ x, wrt=x).jacobian
    2I   (n x n)
    >>> W, P, y = *mc.matrices("W P"), mc.vectors("y", size="m")
    >>> mc.hessian(np.sum((W @ x - y) ** 2), wrt=W).jvp(P)
    2P x x^T  (m x n)

    Raises ValueError and UnsupportedError as :func:`derive` does, and ValueError if ``y`` is no
    scalar. The paper ends with first derivatives.
    """
    asked = tuple(wrt) if isinstance(wrt, tuple | list) else (wrt,)
    bare, back = free(as_expr(y), [v for v in asked if isinstance(v, Expr)])
    if not back:
        first = derive(y, wrt)
        return Derivation(without_introduced(first.gradient), wrt, first.inputs, first.y)
    entries = {old: new for new, old in back.items()}  # free: sum(p)^2 is not 1 while p moves
    by = [entries.get(v, v) for v in asked]
    first = derive(bare, tuple(by) if isinstance(wrt, tuple | list) else by[0])
    gradient = replace(without_introduced(first.gradient), back.get)
    inputs = [back.get(v, v) for v in first.inputs]
    return Derivation(gradient, wrt, inputs, replace(first.y, back.get))


class Derivation:
    """What :func:`derive` gives: the closed form, the steps to it, and ways to use and check it.

    ``wrt_shape`` is the shape of the inputs, ``(k,)`` for k scalar variables; ``more_axes`` says
    whether the Jacobian has more than two, as that of a vector by a matrix has.
    """

    def __init__(self, y: Expr, wrt: Wrt, more: Sequence[Expr] = (), of: Expr | None = None):
        self.of = of  # the function whose second derivatives these are
        self.by_scalars = isinstance(wrt, tuple | list)
        asked = tuple(wrt) if isinstance(wrt, tuple | list) else (wrt,)
        self.lets_as_symbols = lets_as_symbols(y, asked)
        self.y = replace(y, self.lets_as_symbols.get)
        self.variables = tuple(
            self.lets_as_symbols.get(v, v) if isinstance(v, Expr) else v for v in asked
        )
        others = dict.fromkeys([*symbols(self.y), *more])
        refuse_no_variables(self.y, self.variables, [*others], self.by_scalars)
        refuse_two_meanings(self.y, (*walk(self.y), *self.variables))
        # whose values may be given
        self.inputs = tuple(dict.fromkeys([*others, *self.variables]))
        self.wrt = self.variables if self.by_scalars else self.variables[0]
        self._taken = {e.name for e in (*walk(y), *self.inputs) if e.name}
        self._plain = refined_as_written(self.y, self.variables)  # what is derived
        self._structured = StructuredJacobian(
            self._plain, self.variables, self.by_scalars, self.output
        )
        self._numeric = NumericJacobian(self._structured, self.inputs)
        self.wrt_shape, self.by_matrix = self._structured.wrt_shape, self._structured.by_matrix
        self.more_axes = self._structured.more_axes

    @property
    def three_axes(self) -> bool:
        """Whether the Jacobian has an axis more than a matrix, as of a vector by a matrix."""
        return self.y.ndim + len(self.wrt_shape) == 3

    # --- formulas and numbers ---

    @property
    def terms(self) -> list[Term]:
        """What it is the sum of (:mod:`mcalc.jacobian.terms`); UnsupportedError if too much."""
        return self._structured.terms

    @property
    def jacobian(self) -> Jacobian:
        """The closed form in numerator layout, m x n; of a scalar by an m x n matrix it is n x m.

        >>> import mcalc as mc
        >>> A, x = mc.matrices("A"), mc.vectors("x")
        >>> mc.derive(A @ x, wrt=x).jacobian
        A   (m x n)

        Raises UnsupportedError for a vector by a matrix, whose Jacobian has three axes, and where
        there is no closed form, or none that anybody could read: there are products and numbers.
        Paper: "Generalization of the Jacobian".
        """
        return Jacobian(self._structured.formula, self._taken)

    @jacobian.setter
    def jacobian(self, claim: Jacobian) -> None:
        """Another closed form in its place: ``check`` has to find that it is wrong."""
        self._structured = copy(self._structured)
        self._structured.formula = self._structured.plain = claim.expr
        self._numeric = NumericJacobian(self._structured, self.inputs)

    @property
    def closed(self) -> Expr | None:
        """The formula of the Jacobian, None where there is none."""
        return self._structured.closed

    @property
    def gradient(self) -> Expr:
        """The Jacobian of a scalar ``y`` in the shape of ``wrt``, as an optimiser wants it.

        >>> import mcalc as mc
        >>> w, x = mc.vectors("w x")
        >>> mc.derive(w @ x, wrt=w).gradient
        x  (n x 1)

        Raises ValueError for a vector, and UnsupportedError where there is no closed form.
        """
        return self._structured.gradient

    def rows(self) -> tuple[Expr, Expr | None]:
        """The formula of the Jacobian's rows; with three axes, of one row, and what picks it."""
        return self._structured.rows()

    @property
    def product_forward(self) -> tuple[Expr, Expr]:
        """The formula of ``jvp``, and the step that it is of."""
        form, probe = self._structured.product("column_labels")
        return unnamed(form), probe

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that ``numpy()``, ``jvp`` and ``vjp`` need.

        >>> import mcalc as mc
        >>> w, x = mc.vectors("w x")
        >>> mc.derive(w @ x, wrt=w).parameters
        ('x',)
        """
        return self._numeric.parameters

    def numpy(self) -> Callable[..., np.ndarray]:
        """A function of keyword arrays (``parameters``) that gives the Jacobian, m x n, float64.

        Of a vector by a matrix, and whatever else has more than two axes, the entries stand in an
        array of shape ``y.shape + wrt.shape``.

        >>> import mcalc as mc
        >>> w, x = mc.vectors("w x")
        >>> mc.derive(w @ x, wrt=w).numpy()(x=[1, 2])
        array([[1., 2.]])
        >>> W = mc.matrices("W", shape=("m", "n"))
        >>> mc.derive(W @ x, wrt=W).numpy()(W=np.ones((2, 3)), x=[1, 2, 3]).shape
        (2, 2, 3)

        Raises UnsupportedError if an open function (:func:`mcalc.functions`) is in it; what it
        gives, ``jvp`` and ``vjp`` raise TypeError for a missing value,
        ShapeError for one of the wrong shape, and NumPy's LinAlgError for an inverse that there is
        none of. The derivative of a determinant needs no inverse.
        """
        return self._numeric.function()

    def jacobian_2d(self) -> Callable[..., np.ndarray]:
        """As ``numpy()``, a matrix row after row, and a smooth function for each open one."""
        return self._numeric.two_axes()

    def computed_2d(self) -> Callable[..., np.ndarray] | None:
        """As :meth:`jacobian_2d`, of what ``numpy()`` computes, where that is another form."""
        return self._numeric.computed()

    def columns(self) -> Callable[..., np.ndarray]:
        """As :meth:`jacobian_2d`, from the formula that goes forward, ``jvp``."""
        return self._numeric.columns()

    def jvp(self, dx: ArrayLike | Expr, /, **values: ArrayLike) -> Any:
        """Jacobian times the column ``dx``: how y changes, to first order, in the shape of y.

        ``dx`` has the shape of wrt. Of numbers the result is numbers, in time and memory of the
        closed form, never m x n; of an expression it is the formula.

        >>> import mcalc as mc
        >>> X, W, dW = mc.matrices("X", shape=("N", "n")), *mc.matrices("W dW", shape=("n", "k"))
        >>> mc.derive(X @ W, wrt=W).jvp(dW)
        X dW  (N x k)
        >>> w, x = mc.vectors("w x")
        >>> mc.derive(w * x, wrt=w).jvp([1, 1], x=[2, 3])
        array([2., 3.])

        Raises what :meth:`numpy` and its function do, but takes Jacobians of any number of axes.
        """
        return self._times("column_labels", dx, values)

    def vjp(self, v: ArrayLike | Expr, /, **values: ArrayLike) -> Any:
        """The row ``v`` times the Jacobian, in the shape of wrt; see :meth:`jvp`.

        ``v`` has the shape of y: it is a result's gradient by y, and what comes back is that
        result's gradient by wrt.

        >>> import mcalc as mc
        >>> X, W = mc.matrices("X", shape=("N", "n")), mc.matrices("W", shape=("n", "k"))
        >>> d = mc.derive(X @ W, wrt=W)
        >>> d.vjp(d.G)
        X^T G  (n x k)
        >>> W, x = mc.matrices("W"), mc.vectors("x")
        >>> mc.derive(W @ x, wrt=W).vjp([1, 2], x=[3, 4])
        array([[3., 4.],
               [6., 8.]])
        """
        return self._times("row_labels", v, values)

    def _times(self, side: Side, vector, values):
        if not isinstance(vector, Expr):
            return self._numeric.times(side, vector, values)
        if values:
            raise TypeError(f"{vector} is a formula: give numbers for it, or no values")
        return self._structured.times(side, as_column(vector))

    @property
    def G(self) -> Expr:
        """The gradient of a result by y, as a symbol: what ``vjp`` and claims are written in.

        It is called G, or by another letter if y has a G; v where y is no matrix, and P where this
        is a Hessian, of which both sides are alike.

        >>> import mcalc as mc
        >>> A = mc.matrices("A", shape=("n", "n"))
        >>> d = mc.derive(np.linalg.inv(A), wrt=A)
        >>> d.equals(-np.linalg.inv(A).T @ d.G @ np.linalg.inv(A).T)
        True
        """
        names = (PROBE_NAMES if self.of is None else DIRECTIONS)[self.y.ndim > 1]
        taken = {*self._taken, self.output}
        return self._structured.probe("row_labels", next(n for n in names if n not in taken))

    def explicit(self, **sizes: int) -> sp.Matrix | list[sp.Matrix]:
        """The Jacobian by scalar rules alone, a ``sympy.Matrix`` over ``x_1, x_2, ...``, m x n.

        With more axes than two it is a matrix for each output, in the shape of wrt.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.derive(x**2, wrt=x).explicit(n=2)
        [2x_1,    0]
        [   0, 2x_2]

        Raises ValueError for a symbolic size without a value, or one that is no whole number from
        1 up, and UnsupportedError if y is too large for SymPy. Paper: "Matrix calculus".
        """
        entries = explicit.jacobian(unnamed(self.y), self.variables, sizes)
        return explicit.spread(entries, self.y, self.variables, sizes, self.more_axes)

    # --- whether it is true ---

    def check(
        self,
        sizes: Sequence[int] | Mapping[str, int] = (1, 2, 3, 5, 8),
        points: int = 5,
        seed: int = 0,
        at: Mapping | None = None,
        against: Callable | None = None,
    ) -> Report:
        """Compare the closed form with scalar rules and with numerical differentiation.

        ``at`` checks one point of your own, a mapping from names to values. ``against`` is your own
        NumPy function of numbers, with the variables' names for its arguments,
        ``check(against=f)``: then that is differentiated, and not what mcalc recorded of it.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.derive(x @ x, wrt=x).check().passed
        True

        Raises CheckFailed with the first counter-example; ValueError for sizes that cannot be.
        """
        return check.check(self, sizes, points, seed, at, against)

    def equals(self, claim: Expr | Jacobian | ArrayLike) -> bool:
        """Whether a claimed closed form is the same function, of the same shape.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.derive(x @ x, wrt=x).equals(2 * x)  # not 2 * x.T
        False
        """
        return claims.difference(self, claim) is None

    def why(self, claim: Expr | Jacobian | ArrayLike) -> str | None:
        """Why a claimed closed form is wrong, in one sentence; None if it is right.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.derive(x @ x, wrt=x).why(x.T)
        'a constant factor: yours is 0.5 times what it should be'
        """
        difference = diagnosis.diagnose(self, claim)
        return difference and difference.in_full

    # --- the four steps ---

    @property
    def output(self) -> str:
        """The name of the result in the steps."""
        return free_name(self.y, self._taken, *(["g"] if self.of is not None else []))

    @cached_property
    def graph(self) -> Intermediates:
        """The intermediate variables and what each is made of."""
        return expression_graph(
            self._plain, self.variables, not self.by_scalars, self._taken, self.output
        )

    @property
    def rule(self) -> str:
        """Which of the paper's three chain rules applied."""
        if not self.graph.all_scalar:
            return "vector chain rule"
        total = "total-derivative " if self.graph.path_count > 1 else ""
        return f"single-variable {total}chain rule"

    @property
    def reason(self) -> str:
        """Why that rule: one path or several, scalars or vectors."""
        return self.graph.reason()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The paper's four steps, each with ``kind``, ``latex`` and ``text``."""
        return self._rendered(turned=False)

    def _rendered(self, turned):
        latex, text = (self.lines(style, turned).render() for style in STYLES)
        return tuple(map(Step, KINDS, latex, text))

    @cached_property
    def _is_short(self):
        """Whether the four steps can be read."""
        if len(walk(self.y)) > OPERATIONS:
            return False
        try:
            graph = self.graph
        except NoClosedForm:  # one of its operations is itself too large
            return False
        parts = [*graph.definitions.values(), *(e for e in graph.locals.values() if e is not None)]
        return sum(e.weight for e in parts) <= LINES

    def lines(self, style: Style, turned: bool = False) -> StepWriter | Unwritten:
        """The four steps in one style of notation; ``turned`` in denominator layout."""
        if not self._is_short:
            return Unwritten(self.output, self.variables, style)
        if not self.more_axes and self.y.ndim < 2:
            closed = cast(Expr, self.closed)  # of none it writes what there is instead
            if self.by_matrix:
                return Backward(self.graph, closed, style)
            return StepWriter(self.graph, closed, style, turned)
        forward = self.vjp(self.G) if self.of is not None else self._differential()
        back = self._structured.times("row_labels", self.G, turned=self.y.ndim < 2)
        return Products(self.graph, forward, back, self.G, style, self.of is not None)

    def _differential(self):
        """How y changes with its variables, to first order, in the signs dW or ΔW."""
        total = []
        for v in self.variables:
            by_one = StructuredJacobian(self._plain, (v,), False, self.output)
            name = next(n for n in (f"d{v.name}", f"Δ{v.name}") if n not in self._taken)
            total.append(by_one.times("column_labels", by_one.probe("column_labels", name)))
        return reduce(add, total)

    @cached_property
    def _listing(self) -> BackwardPass | None:
        """The backward pass, which is shown of a scalar whose closed form nobody could read."""
        if self.y.ndim or self.of is not None or not any(e.ndim for e in walk(self.y)):
            return None
        if self.closed is not None and self.closed.weight <= READABLE:
            return None
        shown = BackwardPass(self.y, self.variables, self.inputs)
        return shown if len(shown.lines) <= LISTED else None

    def __repr__(self):
        shown = self._listing
        return as_text(*self._steps_and_reason()) if shown is None else str(shown)

    def _repr_latex_(self):
        shown = self._listing
        return as_latex(*self._steps_and_reason()) if shown is None else shown._repr_latex_()

    def _steps_and_reason(self):
        """The steps, the shape of the Jacobian, and the rule and the reason, if there are any."""
        plain = self.y.ndim < 2 and not self.by_matrix  # what can be written in either layout
        turned = is_turned() and plain and bool(self.y.ndim or self.wrt_shape)
        chained = self._is_short and self.graph.chained
        reason = self.graph.reason(turned) if chained else ""
        rows, columns = self.y.shape or (1,), self.wrt_shape or (1,)
        shape = (*columns, *rows) if turned else (*rows, *columns)
        shape = (*columns[::-1], *self.y.shape) if self.by_matrix else shape
        shape = (*self.y.shape, *self.wrt_shape) if self.more_axes else shape
        in_lines = self._is_short and self.y.ndim > 1  # each of them has its own
        said = "" if in_lines else shape_text(shape)
        if said and is_turned() and (self.y.ndim or self.wrt_shape):
            said += f", {'denominator' if turned else 'numerator'} layout"
        return self._rendered(True) if turned else self.steps, said, reason and self.rule, reason
