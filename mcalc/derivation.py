"""The chain rule over an expression's graph, in the paper's four steps.

Introduce intermediate variables, differentiate each, combine along every path, substitute back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import cast

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from .check import check, claims, diagnosis, explicit
from .check.report import Report
from .graph import expr, lengths
from .graph.expr import LET, SYMBOL, UNEVALUATED, Expr, node, shape_text
from .graph.lengths import size_providers, without_size_providers
from .graph.primitives import INDEX, ROW
from .graph.walk import replace, symbols, unnamed, walk
from .jacobian.intermediates import Intermediates, expression_graph, free_name
from .jacobian.structured import StructuredJacobian
from .jacobian.terms import NoClosedForm, Term
from .notation.backward_steps import Backward, Products
from .notation.layout import Jacobian
from .notation.steps import KINDS, Step, StepWriter, Unwritten, as_latex, as_text
from .notation.style import STYLES, Style
from .numeric import NumericJacobian

Wrt = Expr | Sequence[Expr]
OPERATIONS, LINES = 1000, 40_000  # that the four steps are written for, and their own parts


def derive(y: Expr | Sequence[Expr], wrt: Wrt) -> Derivation:
    """Derive the Jacobian of ``y`` by ``wrt``, in numerator layout, for vectors of any length.

    ``y`` is a scalar or vector expression (a list of scalars counts as a vector); ``wrt`` is one of
    its variables, or a tuple of scalar variables, which gives a column each. The Jacobian is
    ``m x n`` for m outputs and n inputs; that of a scalar by an m x n matrix is ``n x m``, and that
    of a vector by a matrix has three axes: it has ``jvp``, ``vjp`` and ``explicit``.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.derive(w * x, wrt=w).jacobian
    diag(x)   (n x n)

    Raises ValueError if ``wrt`` is not a variable of ``y`` (the message lists those that are) or if
    nothing tells the length of a constant in ``y``, and UnsupportedError for a ``y`` that is a
    matrix: derive ``np.sum(G * Y)`` of such a ``Y``, with a constant matrix ``G``.
    Paper: "Matrix calculus" to "Vector chain rule"; by a matrix, beyond it.
    """
    y, more = _expression(y)
    return Derivation(y, wrt, more)


def hessian(y: Expr, wrt: Wrt) -> Derivation:
    """The second derivatives of a scalar ``y``: the derivation of its gradient, n x n.

    Where the gradient is constant they are zero.

    >>> import mcalc as mc
    >>> x = mc.vectors("x")
    >>> mc.hessian(x @ x, wrt=x).jacobian
    2I   (n x n)

    Raises ValueError and UnsupportedError as :func:`derive` does, ValueError if ``y`` is a vector,
    and UnsupportedError for a matrix as ``wrt``. The paper ends with first derivatives.
    """
    first = derive(y, wrt)
    if first.by_matrix:
        raise expr.UnsupportedError(
            f"{wrt} is a matrix: second derivatives are by a scalar or a vector"
        )
    return Derivation(first.gradient, wrt, first.inputs, first.y)


def _expression(y) -> tuple[Expr, list[Expr]]:
    """The function to derive, and variables that tell lengths in it."""
    y = expr.as_expr(list(y) if isinstance(y, tuple) else y)
    y = replace(y, lambda part: part.args[0] if part.op is UNEVALUATED else None)
    y = y.args[0] if y.op is ROW else y
    y = lengths.resolve_open_lengths(y)
    for e in walk(y):
        if e.boolean is None:
            raise expr.UnsupportedError(
                f"{e} calculates with conditions alone, which NumPy has as True and False and not "
                f"as 1 and 0: write 1.0 * ({e.args[0]})"
            )
    if y.ndim > 1:
        raise expr.UnsupportedError(
            f"{y} is {shape_text(y.shape)}: a scalar or a vector can be derived, not a matrix; "
            "derive the scalar np.sum(G * Y) of this matrix Y, with a constant matrix G"
        )
    named: dict[str, Expr] = {}
    for e in (*walk(y), *size_providers(y)):
        if e.name and named.setdefault(e.name, e) is not e:
            raise ValueError(f"{y} uses the name {e.name} for two things: rename one of them")
    return without_size_providers(y), size_providers(y)


def _hint(v) -> str:
    """What else may have been meant by something that is no variable."""
    if isinstance(v, str):
        return "; give the variable, not its name"
    if not isinstance(v, Expr) or v.op not in (INDEX, SYMBOL):
        return ""
    if v.op is SYMBOL:
        return "; by anything else the derivative is 0"
    return "; an element is a column of the Jacobian by its vector"


class Derivation:
    """What :func:`derive` gives: the closed form, the steps to it, and ways to use and check it.

    ``wrt_shape`` is the shape of the inputs, ``(k,)`` for k scalar variables; ``three_axes`` says
    whether it is a vector by a matrix.
    """

    def __init__(self, y: Expr, wrt: Wrt, more: Sequence[Expr] = (), of: Expr | None = None):
        self.of = of  # the function whose second derivatives these are
        self.by_scalars = isinstance(wrt, tuple | list)
        asked = tuple(wrt) if isinstance(wrt, tuple | list) else (wrt,)
        # an intermediate variable that is derived by is a variable, as if it had no definition
        lets = [v for v in asked if isinstance(v, Expr) and v.op is LET]
        self.lets_as_symbols = {v: node(SYMBOL, name=v.name, shape=v.shape) for v in lets}
        self.y = replace(y, self.lets_as_symbols.get)
        self.variables = tuple(
            self.lets_as_symbols.get(v, v) if isinstance(v, Expr) else v for v in asked
        )
        self.inputs = tuple(dict.fromkeys([*symbols(self.y), *more]))  # whose values may be given
        self._refuse_others()
        self.wrt = self.variables if self.by_scalars else self.variables[0]
        self._taken = {e.name for e in (*walk(y), *more) if e.name}
        self._structured = StructuredJacobian(self.y, self.variables, self.by_scalars, self.output)
        self._numeric = NumericJacobian(self._structured, self.inputs)
        self.wrt_shape, self.by_matrix = self._structured.wrt_shape, self._structured.by_matrix
        self.three_axes = self._structured.three_axes

    def _refuse_others(self):
        if not self.variables:
            raise ValueError("wrt is empty: give a variable, or a tuple of scalar variables")
        for v in self.variables:
            if not isinstance(v, Expr) or v not in {*self.inputs}:
                names = ", ".join(e.name for e in self.inputs) or "none"
                raise ValueError(
                    f"{v} is not a variable of {self.y}: its variables are {names}{_hint(v)}"
                )
            if self.by_scalars and v.ndim:
                kind = ("vector", "matrix")[v.ndim - 1]
                raise ValueError(f"{v} is a {kind}: a tuple for wrt holds scalar variables only")
        if len({*self.variables}) < len(self.variables):
            raise ValueError("wrt has a variable twice: give each once, for a column each")

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
        self._structured.formula = claim.expr
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

        >>> import mcalc as mc
        >>> w, x = mc.vectors("w x")
        >>> mc.derive(w @ x, wrt=w).numpy()(x=[1, 2])
        array([[1., 2.]])

        Raises UnsupportedError if an open function (:func:`mcalc.functions`) is in it, and for a
        vector by a matrix; what it gives, ``jvp`` and ``vjp`` raise TypeError for a missing value,
        ShapeError for one of the wrong shape, and NumPy's LinAlgError for an inverse that there is
        none of. The derivative of a determinant needs no inverse.
        """
        return self._numeric.function()

    def jacobian_2d(self) -> Callable[..., np.ndarray]:
        """As ``numpy()``, a matrix row after row, and a smooth function for each open one."""
        return self._numeric.two_axes()

    def jvp(self, dx: ArrayLike, /, **values: ArrayLike) -> np.ndarray:
        """Jacobian times the column ``dx``: how y changes, to first order, in the shape of y.

        ``dx`` has the shape of wrt. Time and memory are those of the closed form, never m x n.

        >>> import mcalc as mc
        >>> w, x = mc.vectors("w x")
        >>> mc.derive(w * x, wrt=w).jvp([1, 1], x=[2, 3])
        array([2., 3.])

        Raises what :meth:`numpy` and its function do, but takes a vector by a matrix.
        """
        return self._numeric.times("column_labels", dx, values)

    def vjp(self, v: ArrayLike, /, **values: ArrayLike) -> np.ndarray:
        """The row ``v`` times the Jacobian, in the shape of wrt; see :meth:`jvp`.

        ``v`` has the shape of y.

        >>> import mcalc as mc
        >>> W, x = mc.matrices("W"), mc.vectors("x")
        >>> mc.derive(W @ x, wrt=W).vjp([1, 2], x=[3, 4])
        array([[3., 4.],
               [6., 8.]])
        """
        return self._numeric.times("row_labels", v, values)

    def explicit(self, **sizes: int) -> sp.Matrix | list[sp.Matrix]:
        """The Jacobian by scalar rules alone, a ``sympy.Matrix`` over ``x_1, x_2, ...``, m x n.

        Of a vector by a matrix it is a matrix for each output, in the shape of that matrix.

        >>> import mcalc as mc
        >>> x = mc.vectors("x")
        >>> mc.derive(x**2, wrt=x).explicit(n=2)
        [2x_1,    0]
        [   0, 2x_2]

        Raises ValueError for a symbolic size without a value, or one that is no whole number from
        1 up, and UnsupportedError if y is too large for SymPy. Paper: "Matrix calculus".
        """
        entries = explicit.jacobian(unnamed(self.y), self.variables, sizes)
        if not self.by_matrix:
            return entries
        return explicit.spread(entries, self.variables[0], sizes, self.y.ndim)

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
        return difference and difference.sentence

    # --- the four steps ---

    @property
    def output(self) -> str:
        """The name of the result in the steps."""
        return free_name(self.y, self._taken, *(["g"] if self.of is not None else []))

    @cached_property
    def graph(self) -> Intermediates:
        """The intermediate variables and what each is made of."""
        return expression_graph(
            self.y, self.variables, not self.by_scalars, self._taken, self.output
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
        latex, text = (self.lines(style).render() for style in STYLES)
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

    def lines(self, style: Style) -> StepWriter | Unwritten:
        """The four steps in one style of notation."""
        if not self._is_short:
            return Unwritten(self.output, self.variables, style)
        if not self.three_axes:
            kind = Backward if self.by_matrix else StepWriter
            # of no closed form it writes what there is instead
            return kind(self.graph, cast(Expr, self.closed), style)
        v = next(name for name in ("v", "g", "r", "v_1") if name not in self._taken)
        forward = self._structured.times("column_labels", f"d{self.variables[0].name}")[0]
        back, row = self._structured.times("row_labels", v, turned=True)
        return Products(self.graph, forward, back, row, style)

    def __repr__(self):
        return as_text(*self._steps_and_reason())

    def _repr_latex_(self):
        return as_latex(*self._steps_and_reason())

    def _steps_and_reason(self):
        """The steps, the shape of the Jacobian, and the rule and the reason, if there are any."""
        reason = self.reason if self._is_short and self.graph.chained else ""
        rows, columns = self.y.shape or (1,), self.wrt_shape or (1,)
        shape = (*columns[::-1], *self.y.shape) if self.by_matrix else (*rows, *columns)
        shape = (*self.y.shape, *self.wrt_shape) if self.three_axes else shape
        return self.steps, shape_text(shape), reason and self.rule, reason
