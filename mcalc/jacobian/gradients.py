"""What goes back through a program: for each name its gradient, in the names before and after it.

A line gives each name in it what its own derivative makes of it, ``dX = dZ W^T`` and ``dW = X^T
dZ`` of ``Z = X W``; the gradient of a name is the sum of what its uses give. Each line is looked at
once, so this takes as long as the program is, and not as many as its paths.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..graph import simplify
from ..graph.expr import NUMBER, SYMBOL, Expr, as_expr, node
from ..graph.primitives import DIVIDE, ONES, ZEROS, as_shown, in_numbers
from ..graph.refine import can_be_refined, refined, refined_with
from ..graph.simplify import ONE, mul
from ..graph.walk import is_number, rebuild, replace, walk
from .chain import dependents
from .formula import in_shape_of
from .local import local_jacobian, local_rate
from .program import Line, Program
from .recognised import is_masked
from .terms import Term, fresh, times_vector

_SMALL = 12  # numbers below a line; larger ones make a decimal


def gradients(program: Program, variables: Iterable[Expr]) -> dict[Expr, Expr]:
    """The gradient of each name that the result depends on, and that depends on the variables.

    A variable that nothing comes back to has zeros. The result's own is 1, and ``dZ`` in a formula
    is :func:`adjoint` of Z. They are as they are computed: the product of all elements but one
    where ``prod(x)/x`` is shown.
    """
    depends = _depends(program, variables)
    parts: dict[Expr, list[Expr]] = {program.result: [ONE]}
    done: dict[Expr, Expr] = {}
    for name, line in reversed(program.lines.items()):
        gradient = _sum(parts.pop(name, []), name.shape)
        if name not in depends or _is_zero(gradient):
            continue
        gradient = replace(refined(gradient), lambda part: None, _with_decimals)
        done[name] = gradient
        upstream = gradient if is_number(gradient) else adjoint(name, program)
        total = _totals(gradient, upstream)
        for part, back in _given_back(line, upstream, depends, program).items():
            parts.setdefault(part, []).append(refined_with(back, total))
    zeros = {v: simplify.broadcast_to(simplify.ZERO, v.shape) for v in variables if v not in done}
    return done | zeros


def shown(program: Program, computed: dict[Expr, Expr]) -> dict[Expr, Expr]:
    """The gradients as they are written: ``dz z/x`` where all other elements are multiplied."""
    own = {line.definition: name for name, line in program.lines.items()}

    def rebuilt(part, args):
        factor = as_shown(rebuild(part, args))
        return replace(factor, own.get) if factor is not None else simplify.simplified(part, args)

    return {name: replace(gradient, lambda e: None, rebuilt) for name, gradient in computed.items()}


def _totals(gradient: Expr, upstream: Expr) -> dict[Expr, Expr]:
    """What a gradient, or each of its rows, adds up to, if that is known: of ``-Y/N``, ``-1/N``."""
    if not gradient.ndim or upstream is gradient or not can_be_refined(gradient):
        return {}
    ones = node(ONES, length=gradient.shape[-1])
    e, total = (np.sum(g) if g.ndim == 1 else g @ ones for g in (upstream, gradient))
    total = refined(total)
    scalar, rest = simplify.split_scalar(total)
    return {e: total} if rest.op is ONES or rest is ONE and is_number(scalar) else {}


def adjoint(name: Expr, program: Program) -> Expr:
    """The symbol of the result's derivative by a name, in its shape: ``dZ`` of ``Z``."""
    plain = name.params["name"]
    written = f"d{plain}"
    while written in program.taken:
        written += "_"
    return node(SYMBOL, name=written, gradient_of=plain, shape=name.shape)


def _depends(program, variables) -> set[Expr]:
    depends = {*variables}
    for name, line in program.lines.items():
        if not depends.isdisjoint(line.uses):
            depends.add(name)
    return depends


def _is_zero(e):
    return is_number(e, 0) or e.op is ZEROS


def _sum(parts: list[Expr], shape: tuple) -> Expr:
    """What several uses give, in the shape of what they use."""
    if not parts:
        return simplify.broadcast_to(simplify.ZERO, shape)
    total = simplify.matrix_sum(*parts) if len(shape) == 2 else simplify.add(*parts)
    return simplify.broadcast_to(total, shape)


def _with_decimals(e: Expr, args: tuple) -> Expr:
    """``0.134145 Z^2`` for ``26829Z^2/200000``, which it comes to."""
    if e.op is DIVIDE and args[1].op is NUMBER and args[1].params["value"] > _SMALL:
        coefficient, powers = simplify.factors(rebuild(e, args))
        return as_expr(coefficient) * simplify.product(1, powers) if powers else e
    return rebuild(e, args)


def _given_back(line: Line, upstream: Expr, depends, program) -> dict[Expr, Expr]:
    """What a line gives to each of the names in it."""
    if line.definition is None:
        return {}
    if line.rule and line.rule.backward and line.rule.operand is not None:
        operand = program.put(line.rule.operand)
        if operand not in depends:
            return {}
        return {operand: line.rule.backward(line.name, upstream, program.put)}
    uses = [v for v in line.uses if v in depends]
    own, y = {line.definition: line.name}, line.definition
    if is_masked(y) and line.name in program.masked:
        y = y.args[1]
    return {v: replace(e, own.get) for v, e in _pulled_back(y, upstream, uses, own).items()}


def _pulled_back(y: Expr, upstream: Expr, uses: list[Expr], own: dict) -> dict[Expr, Expr]:
    """The derivative by each of some names of what ``upstream`` is the derivative of, by ``y``."""
    depends, parts = dependents(y, uses), {y: [upstream]}
    for e in reversed(walk(y)):
        if e not in parts or not e.args:
            continue
        slope = _sum(parts.pop(e), e.shape)
        for a, term in _locals(e, depends, own):
            terms = times_vector([term], slope, "row_labels")
            back = in_shape_of([t.as_row() for t in terms], a.shape)
            if not _is_zero(back):
                parts.setdefault(a, []).append(back)
    return {v: _sum(parts[v], v.shape) for v in uses if v in parts}


def _locals(e: Expr, depends, own: dict) -> list[tuple[Expr, Term]]:
    """The Jacobians of an operation, or of several that are done element by element at once."""
    if e.op.sympy_form:
        return [(a, _element_by_element(e, a, rate)) for a, rate in _rates(e, depends, own).items()]
    terms = [(a, local_jacobian(in_numbers(e), k)) for k, a in enumerate(e.args) if a in depends]
    return [(a, term) for a, term in terms if term is not None]


def _rates(e: Expr, depends, own: dict) -> dict[Expr, Expr]:
    """The derivative of e, element by element, by what its elements are made of.

    In ``tanh(2(Z + Z^3))`` that is Z, and ``2(1 - tanh(...)^2) ⊗ (1 + 3Z^2)``.
    """
    inside, stack = {e}, [e]
    ends: dict[Expr, None] = {}
    while stack:
        for a in stack.pop().args:
            if a in depends and a not in inside and a not in ends:
                if a.op.sympy_form and a.shape == e.shape:
                    inside.add(a)
                    stack.append(a)
                else:
                    ends[a] = None
    order = [part for part in walk(e) if part in inside]
    rates = {end: _rate_by(end, order, own) for end in ends}
    return {end: rate for end, rate in rates.items() if not is_number(rate, 0)}


def _rate_by(end: Expr, order: list[Expr], own: dict) -> Expr:
    """The derivative of the last of these operations by what is at their beginning."""
    rates = {end: ONE}
    for part in order:
        terms = [
            mul(replace(local_rate(part, k), own.get), rates[a])
            for k, a in enumerate(part.args)
            if a in rates
        ]
        if terms:
            rates[part] = simplify.add(*terms)
    return rates[order[-1]]


def _element_by_element(e: Expr, a: Expr, rate: Expr) -> Term:
    """The Jacobian of e by a where each element of e moves at this rate with its own of a."""
    labels = tuple(fresh() for _ in e.shape)
    term = Term(labels, labels[e.ndim - a.ndim :])
    for label, length in zip(labels, e.shape, strict=True):
        term.lengths[label] = length
    term.times(rate, labels[e.ndim - rate.ndim :])
    return term
