"""A Jacobian in numbers: NumPy functions of it, and of its products with a vector."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from .check.compile import compile_
from .graph.assumptions import refuse_unfit
from .graph.expr import Expr, UnsupportedError
from .graph.lengths import bind_values, length, sizes_shown_by, symbolic_sizes
from .graph.walk import symbols, unnamed, walk
from .jacobian.structured import PROBES, StructuredJacobian
from .jacobian.terms import Side


class NumericJacobian:
    """What is compiled of a Jacobian, as functions of keyword arrays, when it is first asked for.

    ``inputs`` are the variables whose values may be given, also those that only tell a length. The
    numbers are those of sums of products; what is to be checked is the form that is shown.
    """

    def __init__(self, jacobian: StructuredJacobian, inputs: tuple[Expr, ...]):
        self.jacobian, self.inputs = jacobian, inputs
        self._products: dict[Side, Callable] = {}

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the inputs that are needed."""
        needed: set[Expr] = set()
        forms = [] if self.jacobian.closed is None else [[self.jacobian.plain]]
        for form, *probes in (*forms, *map(self.jacobian.product, PROBES)):
            needed |= {*symbols(unnamed(form)), *self._size_providers(unnamed(form), *probes)}
        if self.jacobian.more_axes:  # an array of all entries has these lengths, dX W^T has not
            axes = symbolic_sizes(*(self.jacobian.probe(side, "v") for side in PROBES))
            needed |= {
                *self._telling({*axes} - {*sizes_shown_by(*needed.intersection(self.inputs))})
            }
        return tuple(str(e.name) for e in self.inputs if e in needed)

    def _size_providers(self, form, *probes):
        """Variables that only lend their length: in ``I`` nothing else tells n."""
        shown = sizes_shown_by(*probes, *symbols(form))
        return self._telling({*symbolic_sizes(form, *probes)} - {*shown})

    def _telling(self, wanted: set[str]) -> list[Expr]:
        """Variables that show these lengths."""
        providers = []
        for e in [*self.jacobian.variables, *self.inputs]:
            if not wanted.isdisjoint(sizes_shown_by(e)):
                wanted.difference_update(sizes_shown_by(e))
                providers.append(e)
        return providers

    def function(self) -> Callable[..., np.ndarray]:
        """The Jacobian in numerator layout, m x n; with more axes, those of y and then of wrt."""
        self._refuse_open()
        if self.jacobian.closed is not None:
            return self._compiled(self.jacobian.plain, two_axes=True)
        rows, y = self._rows(self.jacobian.product), self.jacobian.y
        if self.jacobian.more_axes:
            shape = (*y.shape, *self.jacobian.wrt_shape)
            return lambda **values: rows(**values).reshape(self._lengths(shape, values))
        if self.jacobian.by_matrix:
            wrt = str(self.jacobian.variables[0].name)
            return lambda **values: rows(**values).reshape(np.shape(values[wrt])).T
        if y.ndim < 2:
            return rows
        return lambda **values: rows(**values).reshape(self._lengths(y.shape, values))

    def two_axes(self) -> Callable[..., np.ndarray]:
        """As :meth:`function` of the form shown, the entries of a matrix row after row.

        A fixed smooth function takes the place of each open one.
        """
        if self.jacobian.closed is None:
            return self._rows(self.jacobian.shown_product)
        shape = (-1, 1) if self.jacobian.y.ndim > 1 else (1, -1)
        if self.jacobian.y.ndim < 2 and not self.jacobian.by_matrix:
            return self._compiled(self.jacobian.closed, two_axes=True)
        by_matrix = self.jacobian.by_matrix
        entries = self._compiled(self.jacobian.gradient if by_matrix else self.jacobian.closed)
        return lambda **values: entries(**values).reshape(shape)

    def computed(self) -> Callable[..., np.ndarray] | None:
        """As :meth:`two_axes`, of the form that :meth:`function` computes; None if it is that."""
        shown = self.jacobian.closed
        if shown is None or self.jacobian.plain is shown or self._open():
            return None
        function, by_matrix = self.function(), self.jacobian.by_matrix
        if self.jacobian.y.ndim < 2 and not by_matrix:
            return function
        shape = (-1, 1) if self.jacobian.y.ndim > 1 else (1, -1)
        return lambda **values: (function(**values).T if by_matrix else function(**values)).reshape(
            shape
        )

    def columns(self) -> Callable[..., np.ndarray]:
        """As :meth:`two_axes`, of the product that goes forward: a column for each step."""
        forward = self._compiled(*self.jacobian.shown_product("column_labels"))

        def columns(**values):
            steps = self._units(self.jacobian.wrt_shape, values)
            some = [forward(**{PROBES["column_labels"]: e}, **values).reshape(-1) for e in steps]
            return np.array(some).T

        return columns

    def _rows(self, product):
        """The same without a closed form: a product with a unit vector for each row."""
        back = self._compiled(*product("row_labels"))

        def rows(**values):
            units = self._units(self.jacobian.y.shape, values)
            return np.array(
                [back(**{PROBES["row_labels"]: e}, **values).reshape(-1) for e in units]
            )

        return rows

    def _units(self, shape, values):
        """An array of zeros and a one for each place of this shape."""
        numbers = self._lengths(shape, values)
        return np.eye(math.prod(numbers)).reshape(-1, *numbers)

    def _lengths(self, shape, values):
        inputs = [e for e in self.inputs if e.name in (*values, *self.parameters)]
        return length(shape, bind_values(inputs, values)[1])

    def times(self, side: Side, vector: ArrayLike, values: dict[str, ArrayLike]) -> np.ndarray:
        """The product with a vector on this side."""
        if side not in self._products:
            self._refuse_open()
            self._products[side] = self._compiled(*self.jacobian.product(side))
        return self._products[side](**{PROBES[side]: vector}, **values)

    def _open(self):
        return [e.op.name for e in walk(self.jacobian.y) if e.op.unknown]

    def _refuse_open(self):
        if names := self._open():
            raise UnsupportedError(f"{names[0]} is left open, so there are no numbers for it")

    def _compiled(self, form, *probes, two_axes=False):
        form = unnamed(form)
        needed = dict.fromkeys([*self._size_providers(form, *probes), *symbols(form)])
        inputs = [e for e in needed if e not in {*probes}]
        inputs += probes  # last: of two lengths that differ, the vector's is the wrong one
        shown = sizes_shown_by(*inputs)
        missing = [n for n in symbolic_sizes(form, *probes) if n not in shown]
        if missing:
            raise ValueError(f"no variable of {self.jacobian.y} tells the length {missing[0]}")
        return self._refusing(compile_(form, inputs, self.inputs, two_axes=two_axes))

    def _refusing(self, function):
        """The function of values that have to fulfil what is assumed of their variables."""
        assumed = [v for v in self.inputs if "assumed" in v.params]
        if not assumed:
            return function

        @functools.wraps(function)
        def refusing(*unnamed, **values):
            refuse_unfit(assumed, {k: v for k, v in values.items() if v is not None})
            return function(*unnamed, **values)

        return refusing
