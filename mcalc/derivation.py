"""The chain rule over an expression's graph, in the paper's four steps.

Introduce intermediate variables, differentiate each by what it is made of, combine along every
path, substitute back.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from .check import check, claims, compile, explicit
from .graph import expr, lengths
from .graph.expr import LET, SYMBOL, UNEVALUATED, Expr, node, shape_text
from .graph.lengths import size_providers, without_size_providers
from .graph.primitives import INDEX, ROW
from .graph.variables import let
from .graph.walk import replace, symbols, unnamed, walk
from .jacobian.chain import TOO_LARGE, accumulate, seeded
from .jacobian.formula import formula, in_shape_of
from .jacobian.intermediates import Intermediates
from .jacobian.named_parts import put_names_back
from .jacobian.sweep import backward, forward
from .jacobian.terms import NoClosedForm, Term, times_vector
from .notation.backward_steps import Backward, Products
from .notation.layout import Jacobian
from .notation.steps import KINDS, Step, StepWriter, Unwritten, as_latex, as_text
from .notation.style import STYLES

# what a Jacobian is multiplied with, by the labels that it meets
_PROBES = {"column_labels": "dx'", "row_labels": "v'"}
OPERATIONS, LINES = 1000, 40_000  # that the four steps are written for, and their own parts


def derive(y, wrt) -> Derivation:
    """Derive the Jacobian of ``y`` by ``wrt``, in numerator layout, for vectors of any length.

    ``y`` is a scalar or vector expression (a list of scalars counts as a vector); ``wrt`` is one of
    its variables, or a tuple of scalar variables, which gives a column each. The Jacobian is
    ``m x n`` for m outputs and n inputs; that of a scalar by an m x n matrix is ``n x m``, and that
    of a vector by a matrix has three axes: it has ``jvp``, ``vjp`` and ``explicit``.

    Raises ValueError if ``wrt`` is not a variable of ``y`` (the message lists those that are) or if
    nothing tells the length of a constant in ``y``, and UnsupportedError for a ``y`` that is a
    matrix. Paper: "Matrix calculus" to "Vector chain rule"; by a matrix, beyond it.
    """
    y, known = _expression(y)
    return Derivation(y, wrt, known)


def hessian(y, wrt) -> Derivation:
    """The second derivatives of a scalar ``y``: the derivation of its gradient, n x n.

    Where the gradient is constant they are zero. Raises ValueError if ``y`` is no scalar, and
    UnsupportedError for a matrix as ``wrt``.
    """
    first = derive(y, wrt)
    if first.by_matrix:
        raise expr.UnsupportedError(
            f"{wrt} is a matrix: second derivatives are by a scalar or a vector"
        )
    second = Derivation(first.gradient, wrt, first.inputs)
    second.of = first.y
    return second


def _expression(y):
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
            f"{y} is {shape_text(y.shape)}: a scalar or a vector can be derived, not a matrix"
        )
    named: dict = {}
    for e in (*walk(y), *size_providers(y)):
        if e.name and named.setdefault(e.name, e) is not e:
            raise ValueError(f"{y} uses the name {e.name} for two things: rename one of them")
    return without_size_providers(y), size_providers(y)


# --- the graph and what it starts from ---------------------------------------------------------


def _hint(v) -> str:
    """What else may have been meant by something that is no variable."""
    if isinstance(v, str):
        return "; give the variable, not its name"
    if not isinstance(v, Expr) or v.op not in (INDEX, SYMBOL):
        return ""
    if v.op is SYMBOL:
        return "; by anything else the derivative is 0"
    return "; an element is a column of the Jacobian by its vector"


def _free_name(y: Expr, taken: set, *first: str) -> str:
    if y.op is LET:
        return y.name
    names = (*first, "y", "f", "C", "r", "h", "y_1", "y_2")
    return next(name for name in names if name not in taken)


def expression_graph(
    y: Expr, variables=None, automatic=True, taken=frozenset(), output=None
) -> Intermediates:
    """The intermediate variables of ``y`` from these variables on, by default from all of them.

    They, and without ``output`` the result, are given names that neither ``y`` nor ``taken`` has.
    """
    if variables is None:
        variables = tuple(v for v in symbols(y) if v.ndim < 2)

    def local(definition, p):
        terms = accumulate(definition, seeded((p,), False))
        if not terms:
            return None
        flat = max(definition.ndim, p.ndim) < 2
        return terms, formula(terms, definition.shape, p.shape) if flat else None

    taken = taken | {e.name for e in walk(y) if e.name}
    return Intermediates(y, variables, output or _free_name(y, taken), taken, local, automatic)


# --- the derivation --------------------------------------------------------------------------


class Derivation:
    """What :func:`derive` gives: the closed form, the steps to it, and ways to use and check it."""

    def __init__(self, y: Expr, wrt, known=()):
        self.by_scalars = isinstance(wrt, tuple | list)
        given = tuple(wrt) if self.by_scalars else (wrt,)
        intermediate = [v for v in given if isinstance(v, Expr) and v.op is LET]
        # an intermediate variable that is derived by is a variable, as if it had no definition
        self.lets_as_symbols = {v: node(SYMBOL, name=v.name, shape=v.shape) for v in intermediate}
        self.y = replace(y, self.lets_as_symbols.get)
        self.of = None  # the function whose second derivatives these are
        self._products: dict = {}  # of the Jacobian and a vector on either side
        self._compiled_products: dict = {}
        self._taken = {e.name for e in (*walk(y), *known) if e.name}
        self.variables = tuple(
            self.lets_as_symbols.get(v, v) if isinstance(v, Expr) else v for v in given
        )
        self.inputs = tuple(dict.fromkeys([*symbols(self.y), *known]))  # whose values may be given
        self._refuse_others()
        self.wrt = self.variables if self.by_scalars else self.variables[0]
        self.wrt_shape = (len(given),) if self.by_scalars else self.wrt.shape  # of the inputs
        self.by_matrix = len(self.wrt_shape) > 1

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

    @property
    def terms(self) -> list[Term]:
        """The structured Jacobian (:mod:`mcalc.jacobian.terms`).

        Raises UnsupportedError if it is too large.
        """
        if self._terms is None:
            raise NoClosedForm(TOO_LARGE)
        return self._terms

    @cached_property
    def _terms(self):
        try:
            return self._accumulated()
        except NoClosedForm:
            return None

    def _accumulated(self):
        terms = accumulate(unnamed(self.y), seeded(self.variables, self.by_scalars))
        names = [e for e in walk(self.y) if e.op is LET]
        if self.y.ndim and self.y.op is not LET:
            terms = put_names_back(terms, let(self.output, self.y), given=False)
        for named in sorted(names, key=lambda e: (-e.ndim, -len(walk(e)))):
            terms = put_names_back(terms, named, given=True)
        return terms

    @cached_property
    def jacobian(self) -> Jacobian:
        """The closed form in numerator layout; of a scalar by an m x n matrix it is n x m.

        Raises UnsupportedError for a vector by a matrix, whose Jacobian has three axes, and where
        there is no closed form, or none that anybody could read: there are products and numbers.
        """
        if not self.by_matrix:
            return Jacobian(formula(self.terms, self.y.shape, self.wrt_shape), self._taken)
        self._refuse_three_axes()
        return Jacobian(in_shape_of(self.terms, self.wrt_shape, turned=True), self._taken)

    @property
    def closed(self) -> Expr | None:
        """The formula of the Jacobian, None where there is none."""
        try:
            return self.jacobian.expr
        except NoClosedForm:
            return None

    @property
    def three_axes(self) -> bool:
        """Whether this is the derivative of a vector by a matrix."""
        return self.by_matrix and self.y.ndim > 0

    def _refuse_three_axes(self):
        if self.three_axes:
            sizes = ", ".join(f"{n}=2" for n in lengths.symbolic_sizes(self.y, *self.variables))
            raise NoClosedForm(
                f"{self.y} is {shape_text(self.y.shape)} and {self.wrt} is "
                f"{shape_text(self.wrt_shape)}, so the Jacobian has three axes and no closed form "
                f"as a matrix: use .jvp and .vjp, or .explicit({sizes}) for its entries"
            )

    @property
    def gradient(self) -> Expr:
        """The Jacobian of a scalar ``y`` in the shape of ``wrt``, as an optimiser wants it.

        Raises ValueError for a vector.
        """
        if self.y.ndim:
            raise ValueError(
                f"{self.y} is {shape_text(self.y.shape)}: only a scalar has a gradient; "
                "a vector has a .jacobian"
            )
        return in_shape_of(self.terms, self.wrt_shape) if self.by_matrix else self.jacobian.expr.T

    @cached_property
    def parameters(self) -> tuple:
        """The names that ``numpy()``, ``jvp`` and ``vjp`` need."""
        needed = set()
        forms = [] if self.closed is None else [[self.closed]]
        for form, *probes in (*forms, *map(self._numbers_of, _PROBES)):
            needed |= {*symbols(unnamed(form)), *self._size_providers(unnamed(form), *probes)}
        return tuple(e.name for e in self.inputs if e in needed)

    def _size_providers(self, form, *probes):
        """Variables that only lend their length: in ``I`` nothing else tells n."""
        wanted = {*lengths.symbolic_sizes(form, *probes)} - {
            *lengths.sizes_shown_by(*probes, *symbols(form))
        }
        providers = []
        for e in [*self.variables, *self.inputs]:
            if not wanted.isdisjoint(lengths.sizes_shown_by(e)):
                wanted.difference_update(lengths.sizes_shown_by(e))
                providers.append(e)
        return providers

    def numpy(self):
        """A function of keyword arrays (``parameters``) that gives the Jacobian, m x n, float64.

        Raises UnsupportedError if an open function (:func:`mcalc.functions`) is in it, and for a
        vector by a matrix; what it gives, ``jvp`` and ``vjp`` raise TypeError for a missing value,
        ShapeError for one of the wrong shape, and NumPy's LinAlgError for an inverse that there is
        none of. The derivative of a determinant needs no inverse.
        """
        self._refuse_open()
        self._refuse_three_axes()
        if self.closed is not None:
            return self._compiled(self.closed, two_axes=True)
        rows = self._rows()
        if not self.by_matrix:
            return rows
        return lambda **values: rows(**values).reshape(np.shape(values[self.wrt.name])).T

    def jacobian_2d(self):
        """As ``numpy()``, with the entries of a matrix side by side, row after row of it.

        A fixed smooth function takes the place of each open one.
        """
        if self.closed is None:
            return self._rows()
        if not self.by_matrix:
            return self._compiled(self.closed, two_axes=True)
        gradient = self._compiled(self.gradient, two_axes=True)
        return lambda **values: gradient(**values).reshape(1, -1)

    def _rows(self):
        """The same without a closed form: a product with a unit vector for each row."""
        back = self._compiled(*self._numbers_of("row_labels"))

        def rows(**values):
            shape = lengths.length(
                self.y.shape, lengths.bind_values(self._bound(values), values)[1]
            )
            units = np.eye(*(shape or (1,))).reshape(-1, *shape)
            return np.array(
                [back(**{_PROBES["row_labels"]: e}, **values).reshape(-1) for e in units]
            )

        return rows

    def rows(self) -> tuple:
        """The formula of the Jacobian's rows; with three axes, of one row, and what picks it."""
        if self.three_axes:
            form, probe = self._product("row_labels")
            return unnamed(form), probe
        return unnamed(self.gradient if self.by_matrix else self.jacobian.expr), None

    def _bound(self, values):
        """The inputs of which there are values."""
        return [e for e in self.inputs if e.name in values]

    def _refuse_open(self):
        names = [e.op.name for e in walk(self.y) if e.op.unknown]
        if names:
            raise expr.UnsupportedError(f"{names[0]} is left open, so there are no numbers for it")

    def jvp(self, dx, /, **values):
        """Jacobian times the column ``dx``: how y changes, to first order, in the shape of y.

        Time and memory are those of the closed form, never m x n; without one, of the function.
        """
        return self._times("column_labels", dx, values)

    def vjp(self, v, /, **values):
        """The row ``v`` times the Jacobian, in the shape of wrt; see :meth:`jvp`."""
        return self._times("row_labels", v, values)

    def _times(self, side, vector, values):
        if side not in self._compiled_products:
            self._refuse_open()
            self._compiled_products[side] = self._compiled(*self._numbers_of(side))
        return self._compiled_products[side](**{_PROBES[side]: vector}, **values)

    def _numbers_of(self, side):
        """The formula of the product on a side, and the vector's name in it."""
        if side not in self._products:
            self._products[side] = self._product(side)
        return self._products[side]

    def _product(self, side, name=None, turned=False):
        """The formula of the Jacobian times a vector on this side, and that vector."""
        shapes = self.wrt_shape, self.y.shape
        near, far = shapes if side == "column_labels" else shapes[::-1]
        probe = node(SYMBOL, name=name or _PROBES[side], shape=near)
        try:
            terms = times_vector(self.terms, probe, side)
        except NoClosedForm:  # too large
            whole = self._swept(side, probe)
            return np.transpose(whole) if turned else whole, probe
        upright = [
            dataclasses.replace(t, row_labels=(), column_labels=t.row_labels + t.column_labels)
            for t in terms
        ]
        return in_shape_of(upright, far, turned), probe

    def _swept(self, side, probe):
        """The same product, an operation after the other."""
        y = unnamed(self.y)
        if side == "column_labels":
            places = range(len(self.variables))
            parts = [node(INDEX, probe, index=k) for k in places] if self.by_scalars else [probe]
            return forward(y, dict(zip(self.variables, parts, strict=True)))
        whole = backward(y, probe, self.variables)
        return np.stack(whole) if self.by_scalars else whole[0]

    def _compiled(self, form, *probes, two_axes=False):
        form = unnamed(form)
        inputs = dict.fromkeys([*self._size_providers(form, *probes), *symbols(form)])
        inputs = [e for e in inputs if e not in {*probes}]
        inputs += probes  # last: of two lengths that differ, the vector's is the wrong one
        known = lengths.sizes_shown_by(*inputs)
        unknown = [n for n in lengths.symbolic_sizes(form, *probes) if n not in known]
        if unknown:
            raise ValueError(f"no variable of {self.y} tells the length {unknown[0]}")
        return compile.compile_(form, inputs, self.inputs, two_axes=two_axes)

    def explicit(self, **sizes):
        """The Jacobian by scalar rules alone, a ``sympy.Matrix`` over ``x_1, x_2, ...``.

        Of a vector by a matrix it is a matrix for each output, in the shape of that matrix. Every
        symbolic size needs a value: ``explicit(n=3)``. Raises ValueError for a missing one, or one
        that is no whole number from 1 up, and UnsupportedError if y is too large for SymPy.
        """
        whole = explicit.jacobian(unnamed(self.y), self.variables, sizes)
        return explicit.spread(whole, self.wrt, sizes, self.y.ndim) if self.by_matrix else whole

    def check(self, sizes=(1, 2, 3, 5, 8), points=5, seed=0, at=None, against=None):
        """Compare the closed form with scalar rules and with numerical differentiation.

        Returns a ``Report``; raises ``CheckFailed`` with the first counter-example. ``at`` checks
        one point of your own, a mapping from names to values. ``against`` is your own NumPy
        function of numbers, with the variables' names for its arguments, ``check(against=f)``: then
        that is differentiated, and not what mcalc recorded of it.
        """
        return check.check(self, sizes, points, seed, at, against)

    def equals(self, claim) -> bool:
        """Whether a claimed closed form is the same function, of the same shape."""
        return claims.difference(self, claim) is None

    def why(self, claim) -> str | None:
        """Why a claimed closed form is wrong, in one sentence; None if it is right."""
        found = claims.difference(self, claim)
        return found and found.sentence

    # --- the four steps ---

    @property
    def output(self) -> str:
        """The name of the result in the steps."""
        return _free_name(self.y, self._taken, *(["g"] if self.of is not None else []))

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

    def lines(self, style) -> StepWriter:
        """The four steps in one style of notation."""
        if not self._is_short:
            return Unwritten(self.output, self.variables, style)
        if not self.three_axes:
            kind = Backward if self.by_matrix else StepWriter
            return kind(self.graph, self.closed, style)
        v = next(name for name in ("v", "g", "r", "v_1") if name not in self._taken)
        forward = self._product("column_labels", f"d{self.wrt.name}")[0]
        back, row = self._product("row_labels", v, turned=True)
        return Products(self.graph, forward, back, row, style)

    def __repr__(self):
        return as_text(*self._told())

    def _repr_latex_(self):
        return as_latex(*self._told())

    def _told(self):
        reason = self.reason if self._is_short and self.graph.chained else ""
        rows, columns = self.y.shape or (1,), self.wrt_shape or (1,)
        shape = (*columns[::-1], *self.y.shape) if self.by_matrix else (*rows, *columns)
        shape = (*self.y.shape, *self.wrt_shape) if self.three_axes else shape
        return self.steps, shape_text(shape), reason and self.rule, reason
