"""A calculation as it is done by hand: a line a step, each the same as the one before."""

from __future__ import annotations

import itertools

from .algebra import constant
from .check import CheckFailed
from .claims import unlike
from .derive import derive
from .expr import HELD, Expr, as_expr, node, replace, shape_text, symbols, unnamed, walk
from .notation import Writer, is_partial
from .style import STYLES


def derivative(y, wrt) -> Expr:
    """``d/dx y``, written but not carried out: a term for :func:`lines`.

    It is an expression like any other, with the Jacobian (numerator layout) as its value, and is
    shown with ``d``, or with ``∂`` where ``y`` has other variables too. What does not depend on
    ``wrt`` has the derivative zero.
    """
    if isinstance(wrt, tuple | list):
        raise TypeError("mc.derivative takes one variable; mc.derive(y, wrt=(x, y)) takes several")
    y, by = as_expr(y), as_expr(wrt)
    if by in {*walk(y)}:
        d = derive(y, by)
        value = replace(d.jacobian.expr, {d.wrt: by}.get)  # a `let` is free in it
    else:
        derive(by, by)  # refuses what is no variable
        lengths = y.shape + by.shape
        value = constant("zeros", *lengths) if lengths else as_expr(0)
        value = value.T if by.ndim > y.ndim else value
    return node(HELD, value, params=(y, by), shape=value.shape)


class Calculation:
    """Expressions that all have the same value, to be read line by line."""

    def __init__(self, *expressions):
        if len(expressions) < 2:
            raise ValueError(
                "a calculation has two lines or more: mc.lines(first, second), or *lines"
            )
        self.expressions = tuple(map(as_expr, expressions))
        plain = [unnamed(e) for e in self.expressions]
        for k, (before, after) in enumerate(itertools.pairwise(plain), 2):
            told = f"line {k}, {self.expressions[k - 1]}, is not line {k - 1}"
            if before.shape != after.shape:
                sizes = f"{shape_text(after.shape)} after {shape_text(before.shape)}"
                raise CheckFailed(f"{told}: {sizes}")
            found = unlike(after, before, symbols(before, after))
            if found:
                raise CheckFailed(f"{told}: {found.sentence}")

    def _written(self, style):
        held = [e for line in self.expressions for e in walk(line) if e.op is HELD]
        partial = any(map(is_partial, held))
        return [Writer(style, line, partial)(line) for line in self.expressions]

    def __repr__(self):
        first, *rest = self._written(STYLES[1])
        return "\n= ".join([first, *rest])

    def _repr_latex_(self):
        first, *rest = self._written(STYLES[0])
        body = r" \\[6pt] ".join([f"& {first}", *(f"= {{}} & {line}" for line in rest)])
        return rf"$\displaystyle \begin{{array}}{{rl}} {body} \end{{array}}$"


def lines(*expressions) -> Calculation:
    """A calculation, a line a step: ``lines(derivative(3 * x, x), 3 * derivative(x, x), 3)``.

    Each line is compared with the one before, at random points and for several sizes;
    raises CheckFailed for the first one that differs, with the reason.
    """
    return Calculation(*expressions)
