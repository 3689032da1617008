"""The Jacobian of a function: its terms, and the formulas that are made of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ..graph.expr import LET, SYMBOL, Expr, ShapeError, node, shape_text
from ..graph.lengths import symbolic_sizes
from ..graph.normal_form import normal_form, written_length
from ..graph.primitives import INDEX, MAX, PROD, ROWMAX, ROWPROD, all_in_numbers, as_named, differ
from ..graph.refine import refined
from ..graph.variables import let
from ..graph.walk import unnamed, walk
from .chain import TOO_LARGE, accumulate, seeded
from .formula import formula, has_unit, in_shape_of
from .named_parts import put_names_back
from .sweep import backward, forward
from .terms import NoClosedForm, Side, Term, times_vector
from .terms import refined as refined_terms

# what a Jacobian is multiplied with, by the labels that it meets
PROBES: dict[Side, str] = {"column_labels": "dx'", "row_labels": "v'"}


_FEW = 4  # entries that are listed
_NAMED = 8  # of the reader's matrices that a formula is tried to be written with


class StructuredJacobian:
    """The Jacobian of ``y`` by one variable, or by several scalar ones (``by_scalars``).

    ``output`` is the name of ``y`` in formulas in which it comes up again. It has
    ``more_axes`` than a matrix if it is of a vector by a matrix, or of a matrix by anything but a
    scalar.
    """

    def __init__(self, y: Expr, variables: tuple[Expr, ...], by_scalars: bool, output: str):
        self.y, self.variables, self.by_scalars, self.output = y, variables, by_scalars, output
        self.wrt_shape = (len(variables),) if by_scalars else variables[0].shape
        self.by_matrix = len(self.wrt_shape) > 1
        self.more_axes = y.ndim + len(self.wrt_shape) > 2
        self._products: dict[Side, tuple[Expr, Expr]] = {}

    @property
    def terms(self) -> list[Term]:
        """The sum that it is; raises UnsupportedError if that is too large."""
        if self._terms is None:
            raise NoClosedForm(TOO_LARGE)
        return self._terms

    @cached_property
    def _terms(self) -> list[Term] | None:
        try:
            return self._accumulated()
        except NoClosedForm:
            return None

    def _accumulated(self):
        terms = accumulate(unnamed(self.y), seeded(self.variables, self.by_scalars))
        terms = refined_terms(terms)
        names = [e for e in walk(self.y) if e.op is LET]
        if self.y.ndim and self.y.op is not LET:
            terms = put_names_back(terms, let(self.output, self.y), by_reader=False)
        for named in sorted(names, key=lambda e: (-e.ndim, -len(walk(e)))):
            terms = put_names_back(terms, named, by_reader=True)
        return terms

    @cached_property
    def formula(self) -> Expr:
        """The closed form in numerator layout; raises UnsupportedError where there is none."""
        form = self._shortest(self._products_added)
        if self.by_matrix or self.by_scalars or self.y.ndim:
            return form
        if not has_unit(self.terms, "column_labels"):
            return form
        unlisted = formula(self.terms, (), self.wrt_shape, listed=False)
        unlisted = self._shortest(refined(unlisted))
        weight = 2 if self.wrt_shape[0] <= _FEW else 1  # a short list is easy to read
        return unlisted if weight * written_length(unlisted) < written_length(form) else form

    @cached_property
    def plain(self) -> Expr:
        """The closed form as a sum of products, which is what numbers are computed by.

        Of ``V^T (diag(s) - s s^T) K`` it is ``V^T diag(s) K - (V^T s) (s^T K)``, without the square
        matrix as long as s.
        """
        form = self._products_added
        return as_named(self._in_numbers._products_added) if self._shown_only(form) else form

    @cached_property
    def _in_numbers(self) -> StructuredJacobian:
        """That of the same function as it is computed, not as it is shown."""
        y = all_in_numbers(self.y)
        return StructuredJacobian(y, self.variables, self.by_scalars, self.output)

    def _shown_only(self, form):
        """Whether numbers need another: shares of several largest, ``prod(x)/x`` where x_1 is 0.

        In ``exp(x - max(x))/sum(exp(x - max(x)))`` shares come to nothing.
        """
        parts = walk(unnamed(form))
        shares = any(e.op in (MAX, ROWMAX) and differ(*e.args) for e in parts)
        return shares or any(e.op in (PROD, ROWPROD) for e in parts)

    @cached_property
    def _products_added(self) -> Expr:
        self.refuse_more_axes()
        if self.by_matrix:
            return refined(in_shape_of(self.terms, self.wrt_shape, turned=True))
        if self.y.ndim > 1:
            return refined(in_shape_of([t.as_row() for t in self.terms], self.y.shape))
        return refined(formula(self.terms, self.y.shape, self.wrt_shape))

    def _shortest(self, form: Expr) -> Expr:
        """A formula as an expert writes it, with the reader's names and that of ``y``."""
        y = self.y if self.y.op is LET else let(self.output, self.y)
        named = [e for e in walk(y) if e.name]
        matrices = [e for e in named if e.op is LET and e.ndim == 2 and e is not y]
        return normal_form(form, [y, *matrices[:_NAMED]], {str(e.name) for e in named})

    @property
    def closed(self) -> Expr | None:
        """The closed form, None where there is none."""
        try:
            return self.formula
        except NoClosedForm:
            return None

    def refuse_more_axes(self) -> None:
        """Raise UnsupportedError for a Jacobian that is no matrix."""
        if self.more_axes:
            sizes = ", ".join(f"{n}=2" for n in symbolic_sizes(self.y, *self.variables))
            names = [str(v) for v in self.variables]
            by = names[0] if len(names) == 1 else f"({', '.join(names)})"
            count = {3: "three", 4: "four"}[self.y.ndim + len(self.wrt_shape)]
            raise NoClosedForm(
                f"{self.y} is {shape_text(self.y.shape)} and {by} is "
                f"{shape_text(self.wrt_shape)}, so the Jacobian has {count} axes and no closed "
                f"form as a matrix: use .jvp and .vjp, or .explicit({sizes}) for its entries"
            )

    @property
    def gradient(self) -> Expr:
        """The closed form in the shape of ``wrt``; raises ValueError if ``y`` is a vector."""
        if self.y.ndim:
            instead = ("a vector has a .jacobian", "a matrix has .jvp and .vjp")[self.y.ndim - 1]
            raise ValueError(
                f"{self.y} is {shape_text(self.y.shape)}: only a scalar has a gradient; {instead}"
            )
        if self.by_matrix:
            return self._shortest(refined(in_shape_of(self.terms, self.wrt_shape)))
        return refined(self.formula.T)

    def rows(self) -> tuple[Expr, Expr | None]:
        """The formula of the rows; with more axes, of one row, and what picks it."""
        if self.more_axes:
            form, probe = self.product("row_labels")
            return unnamed(form), probe
        return unnamed(self.gradient if self.by_matrix else self.formula), None

    def product(self, side: Side) -> tuple[Expr, Expr]:
        """The product with a vector on this side as numbers are computed by it, and that vector."""
        form, probe = self._product(side)
        if self._shown_only(form):
            form = as_named(self._in_numbers._product(side)[0])
        return form, probe

    def shown_product(self, side: Side) -> tuple[Expr, Expr]:
        """The same as it is shown."""
        form, probe = self._product(side)
        return self._shortest(form), probe

    def _product(self, side):
        if side not in self._products:
            probe = self.probe(side, PROBES[side])
            self._products[side] = self._times(side, probe), probe
        return self._products[side]

    def probe(self, side: Side, name: str) -> Expr:
        """What the Jacobian can be multiplied with on this side, under a name."""
        shape = self.wrt_shape if side == "column_labels" else self.y.shape
        return node(SYMBOL, name=name, shape=shape)

    def times(self, side: Side, vector: Expr, turned: bool = False) -> Expr:
        """The formula of the product with this; ``turned`` is the transpose of it."""
        return self._shortest(self._times(side, vector, turned))

    def _times(self, side, vector, turned=False):
        shapes = self.wrt_shape, self.y.shape
        near, far = shapes if side == "column_labels" else shapes[::-1]
        if vector.shape != near:
            raise ShapeError(
                f"{vector} is {shape_text(vector.shape)}, and {shape_text(near)} is expected"
            )
        try:
            terms = times_vector(self.terms, vector, side)
        except NoClosedForm:  # too large, or no sum of products of matrices
            product = refined(self._swept(side, vector))
            return product.T if turned else product
        return refined(in_shape_of([t.as_row() for t in terms], far, turned))

    def _swept(self, side, probe):
        """The same product, an operation after the other."""
        y = unnamed(self.y)
        if side == "column_labels":
            places = range(len(self.variables))
            parts = [node(INDEX, probe, index=k) for k in places] if self.by_scalars else [probe]
            return forward(y, dict(zip(self.variables, parts, strict=True)))
        slopes = backward(y, probe, self.variables)
        return np.stack(slopes) if self.by_scalars else slopes[0]
