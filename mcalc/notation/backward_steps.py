"""The four steps for a scalar by a matrix: from the result back, a line for each variable.

The Jacobian of a vector by a matrix has three axes and is never written. What goes back is: the
derivative of the result by a variable is a row (for a matrix, the transpose of its shape), and each
operation turns it into that of its operand, as ``∂y/∂W = x ∂y/∂u`` does for ``u = W x``.
"""

from __future__ import annotations

import operator
from functools import reduce

from ..graph.expr import ADJOINT, Expr, node
from ..graph.refine import refined
from ..jacobian.formula import in_shape_of
from ..jacobian.intermediates import Intermediates
from ..jacobian.terms import Term, collect, compose, times_vector
from .leaves import unwritten
from .steps import StepWriter
from .style import Style


class Backward(StepWriter):
    """The lines of the four steps in one style of notation."""

    def __init__(self, graph: Intermediates, closed: Expr | None, style: Style):
        super().__init__(graph, closed, style)
        (self.x,) = graph.variables
        self._children: dict[Expr, list] = {}
        for u in graph.definitions:
            for v in graph.parents(u):
                self._children.setdefault(v, []).append(u)
        back = [v for v in [*reversed(graph.definitions), self.x] if v is not graph.result]
        self.by = {v: self.pulled(v) for v in back}
        terms = {graph.result: [Term()]}
        for v in back:
            pairs = [(u, t, local) for u in self.children(v) for t in terms[u]
                     for local in graph.terms[u, v]]  # fmt: skip
            terms[v] = collect([compose(t, local, u.shape) for u, t, local in pairs])
        self.total_slope = refined(in_shape_of(terms[self.x], self.x.shape, turned=True))

    def chain(self) -> str:
        """The derivatives that go back, the result's by the matrix at the end."""
        return self.write(self.by[self.x]) if self.graph.chained else ""

    def slope(self, v: Expr) -> Expr:
        """The derivative of the result by ``v`` as a name, in the shape of ``v``."""
        return node(ADJOINT, of=self.graph.result, by=v, shape=v.shape)

    def pulled(self, v: Expr) -> Expr:
        """The derivative by ``v`` made of those by what ``v`` goes into, in numerator layout.

        Where nothing moves with ``v``, as nothing does with the ``A`` of ``sign(A)``, it is zero.
        """
        children = self.children(v)
        if not children:
            return in_shape_of([], v.shape, turned=True)
        return refined(reduce(operator.add, [self.through(u, v) for u in children]))

    def children(self, v: Expr) -> list[Expr]:
        """The variables that ``v`` goes into."""
        return self._children.get(v, [])

    def through(self, u: Expr, v: Expr) -> Expr:
        """What one operation makes of the derivative by its result ``u``."""
        terms, local, back = self.graph.terms[u, v], self.locals[u, v], self.slope(u)
        if u is self.graph.result:
            return in_shape_of(terms, v.shape, turned=True)
        if local is not None:
            return back.T @ local if u.ndim and local.ndim else back * local
        return in_shape_of(times_vector(terms, back, "row_labels"), v.shape, turned=True)

    def render(self) -> list[str]:
        """Introduce, differentiate, combine, substitute."""
        introduce = [
            f"{self.write(v)} = {self.write(d)}" for v, d in self.graph.definitions.items()
        ]
        lines = [f"{self.head_of(v)} = {self.write(slope)}" for v, slope in self.by.items()]
        combine = f"{self.head_of(self.x)} = {self.write(self.total_slope)}"
        substitute = f"{self.head_of(self.x)} = {self.written()}"
        return ["\n".join(introduce), "\n".join(lines), combine, substitute]

    def head_of(self, v: Expr) -> str:
        return self.style("∂", self.write(self.graph.result), self.write(v))


class Products(StepWriter):
    """In place of a Jacobian that is no matrix: what it makes of a step, and of a gradient.

    Of a vector ``y`` a row ``v^T`` goes back, ``v^T ∂y/∂W``; of a matrix ``Y`` a gradient G, in the
    shape of Y, becomes one in the shape of the variable. Of a ``hessian`` both are one line.
    """

    def __init__(
        self, graph: Intermediates, forward: Expr, back: Expr, probe: Expr, style: Style,
        hessian: bool = False,
    ):  # fmt: skip
        super().__init__(graph, forward, style)
        self.forward, self.back, self.probe, self.hessian = forward, back, probe, hessian

    def render(self) -> list[str]:
        """Introduce, then both products with the Jacobian."""
        introduce = [
            f"{self.write(v)} = {self.write(d)}" for v, d in self.graph.definitions.items()
        ]
        lines = self.of_a_vector() if self.graph.result.ndim < 2 else self.of_a_matrix()
        return ["\n".join(introduce), "\n".join(lines), "", ""]

    def of_a_vector(self) -> list[str]:
        (x,), y = self.graph.variables, self.write(self.graph.result)
        ratio = self.style("∂", y, self.write(x))
        back = f"{self.write(self.probe.T)} {ratio} = {self.write(self.back)}"
        return [f"d{y} = {self.write(self.forward)}", back]

    def of_a_matrix(self) -> list[str]:
        forward = f"d{self.write(self.graph.result)} = {self.sized(self.forward)}"
        back = self.style("maps to", self.write(self.probe), self.sized(self.back))
        return [back] if self.hessian else [forward, back]

    def sized(self, e: Expr) -> str:
        """A formula and its shape."""
        written = self.write(e) if not unwritten(e) else self.written()
        return written + self.style("size", self.style.shape(e.shape))
