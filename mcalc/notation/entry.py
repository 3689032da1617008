"""Entry i of an element-wise operation, differentiated as a scalar: ``∂(x_i z)/∂x_i = z``."""

from __future__ import annotations

from ..graph.expr import NUMBER, SIZE, SYMBOL, Expr, as_expr, node
from ..graph.primitives import ADD, MULTIPLY, SUBTRACT
from ..graph.walk import replace, symbols, walk
from ..jacobian.intermediates import Intermediates
from .elements import Precedence
from .style import Style
from .write import Writer

_SUMS = (ADD, SUBTRACT)
_LEAVES = (SYMBOL, NUMBER, SIZE)
_MOST = 20  # parts of an operation that is written entry by entry


def is_elementwise(y: Expr) -> bool:
    """Whether entry i of the vector ``y`` is made of entries i and of scalars alone."""
    parts = [*walk(y)]
    if y.ndim != 1 or y.op in _LEAVES or len(parts) > _MOST:
        return False
    return all(e.ndim < 2 and (e.op in _LEAVES or e.op.sympy_form) for e in parts)


def entry_line(y: Expr, x: Expr, style: Style) -> str:
    """``entry i: ∂(x_i z)/∂x_i = x_i · 0 + z · 1 = z``; empty if ``y`` is not element-wise."""
    if not is_elementwise(y):
        return ""
    taken = {v.name for v in symbols(y)}
    marks = {v: node(SYMBOL, name=f"{v.name}_i", shape=()) for v in symbols(y) if v.ndim}
    if taken & {mark.name for mark in marks.values()}:
        return ""
    entry, by = replace(y, marks.get), marks.get(x, x)
    write = Writer(style, entry)
    asked = style("∂", write(entry, Precedence.ATOM), write(by))
    parts = [asked, _by_rule(entry, by, write, style), _slope(entry, by, write)]
    label = r"\text{entry } i\text{: } " if style.latex else "entry i: "
    return label + " = ".join(dict.fromkeys(filter(None, parts)))


def _derivative(e, by):
    """The derivative of a scalar by a scalar; None where it takes more than one rule."""
    if e is by:
        return as_expr(1)
    graph = Intermediates(e, (by,), "", {f"{v.name}" for v in symbols(e)})
    return None if graph.chained else graph.locals.get((graph.result, by), as_expr(0))


def _slope(e, by, write, level=Precedence.CASES):
    found = _derivative(e, by)
    return "" if found is None else write(found, level)


def _by_rule(e, by, write, style):
    """The sum rule, ``1 + 0``, or the product rule, ``x_i · 0 + z · 1``; empty for other rules."""
    if e.op not in (*_SUMS, MULTIPLY) or len(e.args) != 2:
        return ""
    a, b = e.args
    if e.op in _SUMS:
        left, right = _slope(a, by, write), _slope(b, by, write, Precedence.PRODUCT)
        return left and right and f"{left} {'+' if e.op is ADD else '-'} {right}"
    if any(f.op is NUMBER for f in (a, b)) or a is b:
        return ""
    slopes = [_slope(f, by, write, Precedence.PRODUCT) for f in (b, a)]
    if not all(slopes):
        return ""
    factors = [write(f, Precedence.PRODUCT) for f in (a, b)]
    return " + ".join(style("times", f, s) for f, s in zip(factors, slopes, strict=True))
