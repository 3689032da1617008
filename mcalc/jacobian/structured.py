"""The Jacobian of a function: its terms, and the formulas that are made of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ..graph.expr import LET, SYMBOL, Expr, node, shape_text
from ..graph.lengths import symbolic_sizes
from ..graph.primitives import INDEX
from ..graph.variables import let
from ..graph.walk import unnamed, walk
from .chain import TOO_LARGE, accumulate, seeded
from .formula import formula, in_shape_of
from .named_parts import put_names_back
from .sweep import backward, forward
from .terms import NoClosedForm, Side, Term, times_vector

# what a Jacobian is multiplied with, by the labels that it meets
PROBES: dict[Side, str] = {"column_labels": "dx'", "row_labels": "v'"}


class StructuredJacobian:
    """The Jacobian of ``y`` by one variable, or by several scalar ones (``by_scalars``).

    ``output`` is the name of ``y`` in formulas in which it comes up again.
    """

    def __init__(self, y: Expr, variables: tuple[Expr, ...], by_scalars: bool, output: str):
        self.y, self.variables, self.by_scalars, self.output = y, variables, by_scalars, output
        self.wrt_shape = (len(variables),) if by_scalars else variables[0].shape
        self.by_matrix = len(self.wrt_shape) > 1
        self.three_axes = self.by_matrix and y.ndim > 0
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
        names = [e for e in walk(self.y) if e.op is LET]
        if self.y.ndim and self.y.op is not LET:
            terms = put_names_back(terms, let(self.output, self.y), by_reader=False)
        for named in sorted(names, key=lambda e: (-e.ndim, -len(walk(e)))):
            terms = put_names_back(terms, named, by_reader=True)
        return terms

    @cached_property
    def formula(self) -> Expr:
        """The closed form in numerator layout; raises UnsupportedError where there is none."""
        if not self.by_matrix:
            return formula(self.terms, self.y.shape, self.wrt_shape)
        self.refuse_three_axes()
        return in_shape_of(self.terms, self.wrt_shape, turned=True)

    @property
    def closed(self) -> Expr | None:
        """The closed form, None where there is none."""
        try:
            return self.formula
        except NoClosedForm:
            return None

    def refuse_three_axes(self) -> None:
        """Raise UnsupportedError for a vector by a matrix."""
        if self.three_axes:
            sizes = ", ".join(f"{n}=2" for n in symbolic_sizes(self.y, *self.variables))
            raise NoClosedForm(
                f"{self.y} is {shape_text(self.y.shape)} and {self.variables[0]} is "
                f"{shape_text(self.wrt_shape)}, so the Jacobian has three axes and no closed form "
                f"as a matrix: use .jvp and .vjp, or .explicit({sizes}) for its entries"
            )

    @property
    def gradient(self) -> Expr:
        """The closed form in the shape of ``wrt``; raises ValueError if ``y`` is a vector."""
        if self.y.ndim:
            raise ValueError(
                f"{self.y} is {shape_text(self.y.shape)}: only a scalar has a gradient; "
                "a vector has a .jacobian"
            )
        return in_shape_of(self.terms, self.wrt_shape) if self.by_matrix else self.formula.T

    def rows(self) -> tuple[Expr, Expr | None]:
        """The formula of the rows; with three axes, of one row, and the vector that picks it."""
        if self.three_axes:
            form, probe = self.product("row_labels")
            return unnamed(form), probe
        return unnamed(self.gradient if self.by_matrix else self.formula), None

    def product(self, side: Side) -> tuple[Expr, Expr]:
        """The formula of the product with a vector on this side, and that vector."""
        if side not in self._products:
            self._products[side] = self.times(side, PROBES[side])
        return self._products[side]

    def times(self, side: Side, name: str, turned: bool = False) -> tuple[Expr, Expr]:
        """As :meth:`product`, with a name for the vector; ``turned`` is the transpose of it."""
        shapes = self.wrt_shape, self.y.shape
        near, far = shapes if side == "column_labels" else shapes[::-1]
        probe = node(SYMBOL, name=name, shape=near)
        try:
            terms = times_vector(self.terms, probe, side)
        except NoClosedForm:  # too large
            product = self._swept(side, probe)
            return product.T if turned else product, probe
        return in_shape_of([t.as_row() for t in terms], far, turned), probe

    def _swept(self, side, probe):
        """The same product, an operation after the other."""
        y = unnamed(self.y)
        if side == "column_labels":
            places = range(len(self.variables))
            parts = [node(INDEX, probe, index=k) for k in places] if self.by_scalars else [probe]
            return forward(y, dict(zip(self.variables, parts, strict=True)))
        slopes = backward(y, probe, self.variables)
        return np.stack(slopes) if self.by_scalars else slopes[0]
