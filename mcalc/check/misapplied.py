"""Rules of differentiation as people misremember them, applied to one operation of a function.

Of ``1/x^2`` with the exponent raised comes ``-2/x``; of ``exp(sin(x))``, differentiated inside,
``exp(cos(x))``; of ``x^2 y^3``, with everything in sight differentiated, ``6x y^2``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ..graph.expr import SYMBOL, Expr, ShapeError, UnsupportedError, as_expr, node
from ..graph.forms import diag
from ..graph.primitives import ADD, DIAG, DIVIDE, DOT, EXP, MULTIPLY, POWER, ROW, SQRT, SUBTRACT
from ..graph.walk import is_number, rebuild, replace, symbols, unnamed, walk
from ..typed.operators import product
from .paths import INSIDE, Mistake, added

_BRIEF = {
    "inner function": INSIDE,
    "constant factor": "a constant factor: an exponent has to come down as one",
}
_MOST = 12  # operations of a function that are tried
_REFUSED = (ShapeError, UnsupportedError, ValueError, TypeError)


def misapplied(derivation) -> Iterator[Mistake]:
    """What comes of a wrong rule at one operation of the function, the others done rightly."""
    y = unnamed(derivation.y)
    if derivation.by_matrix or derivation.more_axes:
        return
    if derivation.by_scalars:
        yield from _in_each_column(derivation, y)
        return
    (x,) = derivation.variables
    rules = Rules(type(derivation), y, x)
    moving = [e for e in walk(y) if e.args and e.ndim < 2 and x in {*symbols(e)}]
    for e in moving[-_MOST:]:
        for name, sentence, wrong in rules.of(e):
            if (formula := rules.with_instead(e, wrong)) is not None:
                yield Mistake(name, sentence, formula, _BRIEF.get(name, ""))


def _in_each_column(derivation, y):
    """A partial derivative for each variable, all with the same slip."""
    if y.ndim:
        return
    bare = []
    for x in derivation.variables:
        others = {v: np.ones_like(v) if v.ndim else as_expr(1) for v in symbols(y) if v is not x}
        bare.append(unnamed(type(derivation)(replace(y, others.get), x).jacobian.expr))
    sentence = "the other variables are constants, and a constant factor stays"
    yield Mistake("constant dropped", sentence, as_expr(np.stack(bare)).T)


def everything(derivation) -> Iterator[Mistake]:
    """The derivative by each variable, added up, side by side, or factor by factor."""
    derive, y = type(derivation), unnamed(derivation.y)
    if derivation.by_scalars or derivation.by_matrix:
        return
    (x,) = derivation.variables
    others = [v for v in symbols(y) if v is not x]
    if y.ndim or any(v.ndim for v in symbols(y)) or not others:
        return
    each = [unnamed(derive(y, v).jacobian.expr) for v in symbols(y)]
    sentence = f"everything in sight was differentiated; only {x} moves, the rest is constant"
    yield Mistake("everything differentiated", sentence, added(each))
    mixed = [_by_each(derive, term) for term in _terms(y)]
    yield Mistake("everything differentiated", sentence, added(mixed))
    for still in [t for t in _terms(y) if x not in {*symbols(t)}]:  # sin(x), by y
        kept = [unnamed(derive(still, v).jacobian.expr) for v in symbols(still)]
        right = unnamed(derivation.jacobian.expr)
        yield Mistake("everything differentiated", sentence, added([right, *kept]))
    row = f"that is the whole gradient; the derivative by {x} alone is asked for"
    yield Mistake("whole gradient", row, as_expr(np.stack(each)).T)


def _by_each(derive, term):
    """The derivative by one variable after the other: each factor loses its own."""
    for v in symbols(term):
        term = unnamed(derive(term, v).jacobian.expr) if v in {*symbols(term)} else term
    return term if symbols(term) or is_number(term) else as_expr(0)


def _terms(e):
    if e.op in (ADD, SUBTRACT):
        a, b = e.args
        return [*_terms(a), *(t if e.op is ADD else -t for t in _terms(b))]
    return [e]


class Rules:
    """Wrong derivatives of the operations of ``y`` by ``x``, and what they lead to."""

    def __init__(self, derive, y: Expr, x: Expr):
        self.derive, self.y, self.x = derive, y, x

    def jacobian(self, e: Expr, x: Expr) -> Expr:
        return unnamed(self.derive(e, x).jacobian.expr)

    def moves(self, e: Expr) -> bool:
        return self.x in {*symbols(e)}

    def with_instead(self, e: Expr, wrong: Expr) -> Expr | None:
        """The Jacobian of ``y`` with this one in the place of that of ``e``."""
        if e is self.y:
            return wrong
        t = node(SYMBOL, name="t'", shape=e.shape)
        outer = replace(self.y, {e: t}.get)
        back = {t: e}.get
        try:
            through = product(replace(self.jacobian(outer, t), back), wrong)
            if not self.moves(outer):
                return through
            direct = replace(self.jacobian(outer, self.x), back)
            return through + direct if through.shape == direct.shape else None
        except _REFUSED:
            return None

    def of(self, e: Expr) -> Iterator[tuple[str, str, Expr]]:
        """Names, sentences and wrong Jacobians of one operation."""
        made: list = []
        base, exponent = _as_power(e, self.moves)
        if base is not None:
            made += self.of_power(e, base, exponent)
        elif e.op in (MULTIPLY, DIVIDE, DOT, ADD, SUBTRACT) and all(map(self.moves, e.args)):
            made += self.of_two(e, *e.args)
        elif e.op in (ADD, SUBTRACT):
            made += self.of_constant_term(e)
        elif e.op is POWER and not self.moves(e.args[0]):
            made += self.of_exponential(*e.args)
        elif e.op.sympy_form and len(e.args) == 1:
            made += self.of_function(e, *e.args)
        yield from (m for m in made if m[2] is not None)

    def of_power(self, e, u, p):
        scale = e.args[0] if e.op is DIVIDE else as_expr(1)
        rule = "it comes down as a factor, and is one less afterwards"
        exponent = f"the exponent {p} of {e}"
        kept, raised = f"{exponent} was kept: {rule}", f"{exponent} went up: {rule}"
        down = f"a constant factor: {exponent} has to come down as one"
        if p != -1 or u is self.x:  # of 1/(1 + exp(z)) nobody sees an exponent
            yield "exponent kept", kept, self.scaled(scale * p * u**p, u)
        yield "exponent raised", raised, self.scaled(scale * p * u ** (p + 1), u)
        if p not in (1, -1):
            yield "constant factor", down, self.scaled(scale * u ** (p - 1), u)
        if p < 0 and (u is not self.x or p != -1):  # the slope of x is 1
            over = "one over a derivative is not the derivative of one over something"
            slope = self.inside(u ** (-p))
            yield "one over", over, None if slope is None else self.laid(scale / slope, e)
        if u is not self.x:
            yield from self.at_wrong_places(e, u, lambda v: scale * p * v ** (p - 1))

    def of_exponential(self, base, u):
        """The variable in the exponent of ``3^x``, which is no power of x."""
        power = f"{base**u} is no power: the variable stands in the exponent"
        kept = f"the derivative of {base**u} has a factor that the base makes"
        inside = "the logarithm is that of the base, and not that of the exponent"
        yield "power rule", power, self.scaled(u * base ** (u - 1), u)
        yield "power rule", power, self.scaled(u * base ** (u - 1) * np.log(base), u)
        yield "power rule", power, self.scaled(u * base**u, u)
        yield "power rule", power, self.scaled(u * base**u * np.log(base), u)
        if not is_number(base, 1):
            yield "missing factor", kept, self.scaled(base**u, u)
            yield "inner function", inside, self.scaled(base**u * np.log(u), u)

    def of_function(self, e, u):
        s = node(SYMBOL, name="s'", shape=())
        rate = self.jacobian(rebuild(e, (s,)), s)

        def slope(v):
            return replace(rate, {s: v}.get)

        if e.op is EXP:
            sentence = "exp is its own derivative, and no power"
            yield "power rule", sentence, self.scaled(u * np.exp(u - 1), u)
        if u is not self.x and s in {*symbols(rate)}:
            yield from self.at_wrong_places(e, u, slope)
            inside = f"{e} was differentiated inside: the inside stays, and gives a factor"
            if (moved := self.inside(u)) is not None:
                yield "differentiated inside", inside, self.laid(rebuild(e, (moved,)), e)

    def at_wrong_places(self, e, u, slope):
        """The slope of a function taken somewhere else than at its inside."""
        parts = () if u.op in (ADD, SUBTRACT) else u.args  # 3x for 3x + 1 is a term forgotten
        for part in dict.fromkeys((self.x, *parts)):
            if part.ndim <= u.ndim and not is_number(part):
                sentence = f"{u} has to stand where yours has {part} inside the function"
                yield "inner function", sentence, self.scaled(slope(part), u)
        inside = f"{e} was differentiated inside: the inside stays, and gives a factor"
        if (moved := self.inside(u)) is not None and not is_number(moved):
            yield "differentiated inside", inside, self.laid(slope(moved), e)
            yield "differentiated inside", inside, self.scaled(slope(moved), u)

    def of_two(self, e, a, b):
        da, db = self.inside(a), self.inside(b)
        if da is None or db is None:
            return
        if e.op in (ADD, SUBTRACT):
            sentence = "the derivatives of two terms are added, and not multiplied"
            yield "multiplied", sentence, self.laid(da * db if e.op is ADD else -da * db, e)
            return
        if e.op is DIVIDE:
            above, sentence = da * b - a * db, "the denominator of a quotient is squared"
            yield "quotient rule", sentence, self.laid(above / b, e)
            yield "quotient rule", sentence, self.laid(above, e)
            sentence = "the derivative of a quotient is not the quotient of the derivatives"
            yield "quotient rule", sentence, self.laid(da / db, e)
            sentence = "a sign: the second term of the quotient rule is subtracted"
            yield "quotient rule", sentence, self.laid((da * b + a * db) / b**2, e)
            return
        sentence = "the derivative of a product is not the product of the derivatives"
        yield "product rule", sentence, self.laid(da * db, e)
        for one, other in ((a, db), (b, da)):
            if one.op is EXP:
                sentence = "exp is its own derivative, and no power"
                (u,) = one.args
                yield "power rule", sentence, self.laid(other * u * np.exp(u - 1), e)
        sentence = "each derivative stands beside the other factor, which is kept"
        yield "product rule", sentence, self.laid(da + db, e)

    def of_constant_term(self, e):
        """A term that does not move, and was kept."""
        a, b = e.args
        still = b if self.moves(a) else a
        slope = self.inside(e)
        if slope is not None and still.ndim == e.ndim:
            sentence = f"{still} does not move with {self.x}, so its derivative is 0"
            kept = still if e.op is ADD or still is a else -still
            yield "constant kept", sentence, self.laid(slope + kept, e)

    def inside(self, u: Expr) -> Expr | None:
        """The derivative of ``u`` in its own shape, if each element moves with its own."""
        if not self.moves(u):
            return None
        if u is self.x:
            return as_expr(1)
        try:
            moved = self.jacobian(u, self.x)
        except _REFUSED:
            return None
        if moved.op in (DIAG, ROW):
            moved = moved.args[0]
        return moved if moved.ndim <= u.ndim else None

    def laid(self, slopes: Expr, e: Expr) -> Expr | None:
        """Slopes, one for each element, as the Jacobian of ``e``."""
        if slopes.ndim == 1 and self.x.ndim:
            return diag(slopes) if e.ndim else slopes.T
        return slopes if self.x.ndim == e.ndim == 0 or slopes.ndim else None

    def scaled(self, slopes: Expr, u: Expr) -> Expr | None:
        """Slopes times the Jacobian of ``u``."""
        try:
            moved = self.jacobian(u, self.x)
            if slopes.ndim == 0:
                return slopes * moved
            if moved.ndim < 2:
                return slopes * moved
            return product(diag(slopes), moved)
        except _REFUSED:
            return None


def _as_power(e, moves):
    """Base and exponent of a power, if nothing else in it moves."""
    if e.op is SQRT:
        return e.args[0], Fraction(1, 2)
    if e.op is POWER and is_number(e.args[1]) and moves(e.args[0]):
        return e.args[0], e.args[1].params["value"]
    if e.op is DIVIDE and not moves(e.args[0]):
        below = e.args[1]
        base, exponent = _as_power(below, moves) if below.op is not DIVIDE else (None, 0)
        return (below, Fraction(-1)) if base is None else (base, -exponent)
    return None, None
