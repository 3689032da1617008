"""The four steps for a scalar by a matrix: from the result back, a line for each variable.

The Jacobian of a vector by a matrix has three axes and is never written. What goes back is: the
derivative of the result by a variable is a row (for a matrix, the transpose of its shape), and each
operation turns it into that of its operand, as ``∂y/∂W = x ∂y/∂u`` does for ``u = W x``.
"""

from __future__ import annotations

import operator
from functools import reduce

from ..graph.expr import ADJOINT, Expr, node
from ..jacobian.formula import in_shape_of
from ..jacobian.intermediates import Intermediates
from ..jacobian.terms import Term, collect, compose, times_vector
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
        self.total_slope = in_shape_of(terms[self.x], self.x.shape, turned=True)

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
        return reduce(operator.add, [self.through(u, v) for u in children])

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
    """A vector by a matrix: in place of its Jacobian, what that makes of a step and of a row."""

    def __init__(self, graph: Intermediates, forward: Expr, back: Expr, row: Expr, style: Style):
        super().__init__(graph, forward, style)
        self.forward, self.back, self.row = forward, back, row

    def render(self) -> list[str]:
        """Introduce, then both products with the Jacobian."""
        (x,), y = self.graph.variables, self.write(self.graph.result)
        introduce = [
            f"{self.write(v)} = {self.write(d)}" for v, d in self.graph.definitions.items()
        ]
        ratio = self.style("∂", y, self.write(x))
        forward = f"d{y} = {self.write(self.forward)}"
        back = f"{self.write(self.row.T)} {ratio} = {self.write(self.back)}"
        return ["\n".join(introduce), f"{forward}\n{back}", "", ""]
