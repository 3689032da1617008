"""Products: a coefficient and powers of atoms, and how a reader writes them."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from functools import reduce

import numpy as np

from .expr import NUMBER, SIZE, Expr, as_expr, node
from .primitives import (
    ADD,
    DIVIDE,
    LOGICAL_NOT,
    MULTIPLY,
    NEGATIVE,
    ONES,
    POWER,
    SUBTRACT,
    TRIANGLE,
    WHERE,
)
from .walk import is_number

ZERO, ONE = as_expr(0), as_expr(1)

_PRODUCTS = {NEGATIVE, MULTIPLY, DIVIDE, POWER}


def factors(e: Expr) -> tuple:
    """``(coefficient, {atom: exponent})`` of a product.

    >>> import mcalc as mc
    >>> factors(3 * mc.scalars("x") ** 2)
    (Fraction(3, 1), {x: Fraction(2, 1)})
    """
    c, powers = _known_factors(e)
    return c, dict(powers)


def _known_factors(e):
    """The same, kept with the product: of u u, where u is v v, those of v are asked for once."""
    stack = [e]
    while stack:  # a product may be deeper than Python's own stack
        part = stack[-1]
        left = [a for a in part.args if a.factors is None and a.op in _PRODUCTS]
        if left and part.factors is None and part.op in _PRODUCTS:
            stack += left
            continue
        stack.pop()
        if part.factors is None:
            c, powers = _factored(part)
            part.factors = (c, powers) if part not in powers else ()  # would keep itself alive
    return _factors_of(e)


def _factored(e):
    """The factors of a product, from those of its operands."""
    e = as_number(e)
    op = e.op
    if e.op is NUMBER:
        return e.params["value"], {}
    if op is NEGATIVE:
        c, powers = _factors_of(e.args[0])
        return -c, powers
    if op is MULTIPLY:
        return multiply_factors(map(_factors_of, e.args))
    if op is DIVIDE:
        above, (c, powers) = map(_factors_of, e.args)
        if c != 0:
            return multiply_factors([above, (1 / c, {a: -p for a, p in powers.items()})])
    if op is POWER and is_number(e.args[1]):
        p = e.args[1].params["value"]
        c, powers = _factors_of(e.args[0])
        small = abs(p) < 100 or abs(c) == 1  # for a number to the p
        if isinstance(p, Fraction) and p.denominator == 1 and (c or p > 0) and small:
            return multiply_factors([(c ** int(p), {a: q * p for a, q in powers.items()})])
    return Fraction(1), {e: 1}


def as_number(e):
    """A condition that does not hold, ``1 - (x > 0)``, as the difference that it is written as."""
    return node(SUBTRACT, ONE, *e.args) if e.op is LOGICAL_NOT else e


def _factors_of(operand):
    return operand.factors or _factored(operand)


def multiply_factors(parts) -> tuple:
    """The coefficient and powers of a product of such pairs."""
    coefficient = Fraction(1)
    powers: dict[Expr, Fraction] = {}
    for c, more in parts:
        coefficient = coefficient * c
        for atom, exponent in more.items():
            powers[atom] = powers.get(atom, 0) + exponent
    ones = {a for a, p in powers.items() if a.op is ONES or a.op is TRIANGLE and p > 0}
    return coefficient, {a: 1 if a in ones else p for a, p in powers.items() if p}


def sort_key(atom: Expr) -> tuple:
    """Where an atom stands in a product: N, z, sum(x), x, cos(x), (1 + x), A, I."""
    if atom.op is SIZE:
        return (-1,)
    if atom.name:
        return (atom.ndim, -1 if "gradient_of" in atom.params else 0, atom.name)  # dS before S
    return (atom.ndim, {ADD: 2, SUBTRACT: 2, WHERE: 3}.get(atom.op, 1))


PLACES = 8  # of a decimal, at most
_TENTHS = (10, 20, 50)  # 0.9 and 0.95; below 100 the others are fractions, 3/4 and 2/5


def is_decimal(value, alone: bool = False) -> bool:
    """Whether a fraction is written as a decimal, 1.702, and not as 851/500.

    ``alone`` it is no factor: 1/10 is 0.1, and yet x/10 is divided.

    >>> is_decimal(Fraction(851, 500)), is_decimal(Fraction(3, 4))
    (True, False)
    >>> is_decimal(Fraction(1, 10)), is_decimal(Fraction(1, 10), alone=True)
    (False, True)
    """
    if not isinstance(value, Fraction) or abs(value.numerator) == 1 and not alone:
        return False
    below = value.denominator
    if abs(value.numerator) == 1 and below >= 100:
        return below in (10**k for k in range(2, PLACES + 1))
    return (below in _TENTHS or below >= 100) and 10**PLACES % below == 0


def of_pi(value) -> tuple[int, int] | None:
    """Numerator and denominator of a multiple of pi, if they are small."""
    if not isinstance(value, float):
        return None
    above, below = Fraction(value / math.pi).limit_denominator(12).as_integer_ratio()
    return (above, below) if above <= 12 and above * math.pi / below == value else None


def root_of(value) -> tuple[int, int, int] | None:
    """Numerator, denominator and power of pi of what a float is the root of, if they are small.

    >>> root_of(math.sqrt(2 / math.pi))
    (2, 1, -1)
    """
    if not isinstance(value, float) or not 0.1 < value < 10:
        return None
    for power in (0, -1, 1):
        square = Fraction(value * value / math.pi**power).limit_denominator(12)
        above, below = square.as_integer_ratio()
        whole = below == 1 or power  # of 3/4 there is no need of a root
        if whole and 0 < above <= 12 and value == math.sqrt(_with_pi(above, below, power)):
            return above, below, power
    return None


def _with_pi(above, below, power):
    return above * math.pi / below if power > 0 else above / (below * math.pi**-power)


def product(coefficient, powers: dict) -> Expr:
    """The product as a reader would write it: ``(2/N) ...``, ``-w/x^2``, ``6x^2 cos(x)/sin(x)``."""
    if coefficient == 0:
        return ZERO
    if coefficient < 0:
        opposite = product(-coefficient, powers)
        return as_expr(-opposite.params["value"] if opposite.op is NUMBER else -opposite)
    if not powers:
        return as_expr(coefficient)
    sizes = {a: p for a, p in powers.items() if a.op is SIZE}
    rest = {a: p for a, p in powers.items() if a.op is not SIZE}
    if rest and any(p < 0 for p in sizes.values()):
        return product(coefficient, sizes) * product(1, rest)
    exact = isinstance(coefficient, Fraction | int) and not is_decimal(coefficient)
    numerator, denominator = coefficient.as_integer_ratio() if exact else (coefficient, 1)
    ordered = sorted(powers.items(), key=lambda item: sort_key(item[0]))
    above = [_power(a, p) for a, p in ordered if p > 0]
    below = [_power(a, -p) for a, p in ordered if p < 0]
    above = above if numerator == 1 and above else [as_expr(numerator), *above]
    below = below if denominator == 1 else [as_expr(denominator), *below]
    top = reduce(operator.mul, above)
    return top / reduce(operator.mul, below) if below else top


def _power(atom, exponent):
    return atom if exponent == 1 else np.power(atom, as_expr(exponent))


def invert(e: Expr, exponent=-1) -> Expr:
    """``e`` to a whole power."""
    c, powers = factors(e)
    if isinstance(c, Fraction) and c != 0:
        return product(c**exponent, {a: p * exponent for a, p in powers.items()})
    return e ** as_expr(exponent)


def split_scalar(e: Expr) -> tuple[Expr, Expr]:
    """``(scalar part, the rest)`` of a product: ``2 z x`` is ``2z`` times ``x``.

    >>> import mcalc as mc
    >>> split_scalar(2 * mc.scalars("z") * mc.vectors("x"))
    (2z, x  (n x 1))
    """
    if e.ndim == 0:
        return e, ONE
    if e.op is WHERE and is_number(e.args[2], 0):
        c, powers = factors(e.args[1])
        return as_expr(c), as_expr(np.where(e.args[0], product(1, powers), ZERO))
    c, powers = factors(e)
    scalar = {a: p for a, p in powers.items() if a.ndim == 0}
    rest = {a: p for a, p in powers.items() if a.ndim}
    return product(c, scalar), product(1, rest)


def is_of_elements(*es: Expr) -> bool:
    """Whether a matrix among these is made element by element, as tanh(W) is.

    To it a number can be added on paper, ``1 - tanh(W)``; to W itself only the ``1 1^T``.
    """
    return any(map(_is_of_elements, es))


def _is_of_elements(e):
    if e.ndim < 2 or not e.op.sympy_form or e.op in (ADD, SUBTRACT):
        return False
    matrices = [a for a in e.args if a.ndim == 2]
    scaled = e.op in (NEGATIVE, MULTIPLY, DIVIDE) and len(matrices) == 1
    return _is_of_elements(matrices[0]) if scaled else True
