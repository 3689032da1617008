"""Simplification as a reader would do it by hand: collect like terms, keep the factors.

Every function takes and returns :class:`~mcalc.graph.expr.Expr`. A product is a coefficient and powers
of atoms; a sum is an ordered collection of products. The order of the reader's terms is kept.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import chain

import numpy as np

from .expr import NUMBER, NUMPY, SIZE, Expr, as_expr, is_number, rebuild, replace, same, size

ZERO, ONE = as_expr(0), as_expr(1)


# --- products --------------------------------------------------------------------------------


_PRODUCTS = {"negative", "multiply", "divide", "power"}


def factors(e: Expr) -> tuple:
    """``(coefficient, {atom: exponent})`` of a product."""
    c, powers = _known_factors(e)
    return c, dict(powers)


def _known_factors(e):
    """The same, kept with the product: of u u, where u is v v, those of v are asked for once."""
    stack = [e]
    while stack:  # a product may be deeper than Python's own stack
        part = stack[-1]
        left = [a for a in part.args if a.factors is None and a.op.name in _PRODUCTS]
        if left and part.factors is None and part.op.name in _PRODUCTS:
            stack += left
            continue
        stack.pop()
        if part.factors is None:
            found = _factored(part)
            part.factors = found if part not in found[1] else ()  # would keep itself alive
    return _factors_of(e)


def _factored(e):
    """The factors of a product, from those of its operands."""
    e = _as_number(e)
    name = e.op.name
    if e.op is NUMBER:
        return e.params[0], {}
    if name == "negative":
        c, powers = _factors_of(e.args[0])
        return -c, powers
    if name == "multiply":
        return multiply_factors(map(_factors_of, e.args))
    if name == "divide":
        above, (c, powers) = map(_factors_of, e.args)
        if c != 0:
            return multiply_factors([above, (1 / c, {a: -p for a, p in powers.items()})])
    if name == "power" and is_number(e.args[1]):
        p = e.args[1].params[0]
        c, powers = _factors_of(e.args[0])
        small = abs(p) < 100 or abs(c) == 1  # for a number to the p
        if isinstance(p, Fraction) and p.denominator == 1 and (c or p > 0) and small:
            return multiply_factors([(c ** int(p), {a: q * p for a, q in powers.items()})])
    return Fraction(1), {e: 1}


def _as_number(e):
    """A condition that does not hold, ``1 - (x > 0)``, as the difference that it is written as."""
    return NUMPY["subtract"](ONE, *e.args) if e.op.name == "logical_not" else e


def _factors_of(operand):
    return operand.factors or _factored(operand)


def multiply_factors(parts) -> tuple:
    """The coefficient and powers of a product of such pairs."""
    coefficient, powers = Fraction(1), {}
    for c, more in parts:
        coefficient = coefficient * c
        for atom, exponent in more.items():
            powers[atom] = powers.get(atom, 0) + exponent
    return coefficient, {a: 1 if a.op.name == "ones" else p for a, p in powers.items() if p}


def sort_key(atom: Expr) -> tuple:
    """Where an atom stands in a product: N, z, sum(x), x, cos(x), (1 + x), A."""
    if atom.op is SIZE or atom.op.name == "identity":
        return (-1, atom.ndim * -1)
    if atom.name:
        return (atom.ndim, 0, atom.name)
    return (atom.ndim, {"add": 2, "subtract": 2, "where": 3}.get(atom.op.name, 1))


def product(coefficient, powers: dict) -> Expr:
    """The product as a reader would write it: ``(2/N) ...``, ``-w/x^2``, ``6x^2 cos(x)/sin(x)``."""
    if coefficient == 0:
        return ZERO
    if coefficient < 0:
        whole = product(-coefficient, powers)
        return as_expr(-whole.params[0]) if whole.op is NUMBER else np.negative(whole)
    sizes = {a: p for a, p in powers.items() if a.op is SIZE}
    rest = {a: p for a, p in powers.items() if a.op is not SIZE}
    if rest and any(p < 0 for p in sizes.values()):
        return np.multiply(product(coefficient, sizes), product(1, rest))
    exact = isinstance(coefficient, Fraction | int)
    top, bottom = coefficient.as_integer_ratio() if exact else (coefficient, 1)
    ordered = sorted(powers.items(), key=lambda item: sort_key(item[0]))
    above = [_power(a, p) for a, p in ordered if p > 0]
    below = [_power(a, -p) for a, p in ordered if p < 0]
    above = above if top == 1 and above else [as_expr(top), *above]
    below = below if bottom == 1 else [as_expr(bottom), *below]
    whole = reduce(np.multiply, above)
    return np.divide(whole, reduce(np.multiply, below)) if below else whole


def _power(atom, exponent):
    return atom if exponent == 1 else np.power(atom, as_expr(exponent))


def mul(*operands) -> Expr:
    """The product, collected; a factor goes into the branches of a case distinction."""
    coefficient, powers = multiply_factors(factors(as_expr(e)) for e in operands)
    if coefficient == 0 or any(a.op.name == "zeros" and p > 0 for a, p in powers.items()):
        return ZERO
    if any(a.ndim == 1 and a.op.name != "ones" for a in powers):
        powers = {a: p for a, p in powers.items() if a.op.name != "ones"}
    cases = next((a for a, p in powers.items() if a.op.name == "where" and p == 1), None)
    if cases is not None and (len(powers) > 1 or coefficient != 1):
        del powers[cases]
        condition, yes, no = cases.args
        rest = product(coefficient, powers)
        return where(condition, mul(rest, yes), mul(rest, no))
    if coefficient < 0:  # -2 (y - z) is 2 (z - y)
        for atom in [a for a, p in powers.items() if p == 1]:
            turned = _negated(atom)
            if turned is not None:  # which may be one of the other factors
                parts = (-coefficient, {turned: 1}), (1, powers), (1, {atom: -1})
                return product(*multiply_factors(parts))
    return product(coefficient, powers)


def _negated(e: Expr) -> Expr | None:
    """Minus ``e`` where that is no longer to write: ``z - y`` for ``y - z``, also inside a sum."""
    if e.op.name in ("add", "subtract"):
        terms = _terms(add(e))
        mixed = len({c > 0 for c, _ in terms}) == 2
        return add(*(product(-c, powers) for c, powers in terms)) if mixed else None
    if e.op.name == "where" and is_number(e.args[2], 0):
        turned = _negated(e.args[1])
        return None if turned is None else np.where(e.args[0], turned, ZERO)
    if e.op.name in ("sum", "matvec"):
        turned = _negated(e.args[-1])
        return None if turned is None else rebuild(e, (*e.args[:-1], turned))
    return None


# --- sums ------------------------------------------------------------------------------------


def _terms(e: Expr, sign=1) -> list:
    """The products of a sum, in the order written: pairs of coefficient and powers."""
    found, stack = [], [(e, sign)]
    while stack:
        e, sign = stack.pop()
        e = _as_number(e)
        name = e.op.name
        if name in ("add", "subtract"):
            left, right = e.args
            stack += [(right, sign if name == "add" else -sign), (left, sign)]
        elif name == "negative":
            stack.append((e.args[0], -sign))
        else:
            c, powers = factors(e)
            found.append((sign * c, powers))
    return found


def add(*operands) -> Expr:
    """The sum, collected: ``x 2x + x^2`` is ``3x^2``, ``A x + A^T x`` is ``(A + A^T) x``."""
    first, *rest = map(as_expr, operands)
    known = first.collected  # is not collected again: a sum may grow term by term
    found = _Sum(known) if known else _Sum()
    for term in chain.from_iterable(map(_terms, rest if known else [first, *rest])):
        if term[0] and not any(a.op.name == "zeros" for a in term[1]):
            found.collect(term)
    terms = [t for t in found.terms if t[0] != 0]
    if terms and terms[0][0] < 0:  # z - y rather than -y + z
        terms.sort(key=lambda t: t[0] < 0)
    begun = len(known) if known and terms[: len(known)] == [*known] else 0
    whole = first if begun else product(*terms[0]) if terms else ZERO
    for c, powers in terms[begun or 1 :]:
        join = np.add if c > 0 else np.subtract
        whole = join(whole, product(abs(c), powers))
    if len(terms) > 1:
        whole.collected = tuple(terms)
    return whole


class _Sum:
    """Terms, each in one with an earlier one if the two make one."""

    def __init__(self, collected=()):
        self.terms = [*collected]
        # by what is multiplied: x 2x and x^2 are alike
        self.places = {_key(term): place for place, term in enumerate(collected)}
        # of terms in which cases, parts or matrices may be joined
        self.joinable = [k for k, term in enumerate(collected) if _is_joinable(term)]

    def collect(self, term):
        alike = self.places.get(_key(term), len(self.terms))
        near = self.joinable if _is_joinable(term) else ()
        for place in sorted({alike, *(k for k in near if k < alike)} - {len(self.terms)}):
            joined = try_merge(self.terms[place], term)
            if joined is not None:
                self.terms[place] = factors(joined)
                break
        else:
            place = len(self.terms)
            self.terms.append(term)
        self.places.setdefault(_key(self.terms[place]), place)
        if _is_joinable(self.terms[place]) and place not in self.joinable:
            self.joinable.append(place)


def _key(term):
    return frozenset(term[1].items())


def _is_joinable(term):
    return any(a.op.name in ("where", "concatenate", "matvec") for a in term[1])


def try_merge(s, t) -> Expr | None:
    """Two terms as one: cases of one condition, vectors cut alike, or matrices times one vector."""
    (c, left), (d, right) = s, t
    if left == right:
        return product(c + d, left)
    ours = {e: p for e, p in left.items() if right.get(e) != p}
    theirs = {e: p for e, p in right.items() if left.get(e) != p}
    if not [*ours.values()] == [*theirs.values()] == [1]:
        return None
    (a,), (b,) = ours, theirs
    rest = {e: p for e, p in left.items() if e is not a}
    if a.op is not b.op or rest and a.op.name != "matvec":
        return None
    pairs = list(zip(a.args, b.args, strict=False))
    if a.op.name == "where" and a.args[0] is b.args[0]:
        return where(a.args[0], *(add(mul(c, x), mul(d, y)) for x, y in pairs[1:]))
    if a.op.name == "concatenate" and all(x.shape == y.shape for x, y in pairs):
        return np.concatenate([broadcast_to(add(mul(c, x), mul(d, y)), x.shape) for x, y in pairs])
    if a.op.name == "matvec" and a.args[1] is b.args[1] and abs(c) == abs(d):
        matrix = matrix_sum(mul(c / abs(c), a.args[0]), mul(d / abs(c), b.args[0]))
        return mul(product(abs(c), rest), np.matmul(matrix, a.args[1]))
    return None


def matrix_sum(*terms):
    """A sum of matrices, those without a transpose first."""

    def rank(m):
        negative = m.op.name == "negative"
        return (m.args[0] if negative else m).op.name == "transpose", negative

    return add(*sorted(terms, key=rank))


def broadcast_to(e: Expr, shape: tuple) -> Expr:
    """``e`` in this shape, as NumPy broadcasts it: a scalar stands for a constant vector."""
    if e.ndim == len(shape):
        return e
    if is_number(e, 0):
        return constant("zeros", *shape)
    if len(shape) == 2:  # NumPy repeats a vector in every row
        return np.outer(constant("ones", shape[0]), broadcast_to(e, shape[1:]))
    return mul(e, constant("ones", *shape))


def constant(name, *lengths) -> Expr:
    """Ones, zeros or the identity of these lengths."""
    return NUMPY[name](*lengths)


# --- cases -----------------------------------------------------------------------------------


def where(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """Cases; inside a branch what the condition decides is decided."""
    if is_number(condition):
        return yes if condition.params[0] else no
    yes, no = assuming(condition, True, yes), assuming(condition, False, no)
    if yes is no and yes.ndim >= condition.ndim or is_number(yes, 0) and is_number(no, 0):
        return yes
    return np.where(condition, yes, no)


COMPARISONS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}  # 0 or 1
# x = max(x) holds to the last bit, so its sides must not be computed in another way
_EXACT = ("equal", "not_equal")


def assuming(condition: Expr, truth: bool, e: Expr) -> Expr:
    """``e`` where the condition holds (or does not): with ``z > 0``, ``max(0, z)`` is ``z``."""

    def swap(part):
        if part is condition and (condition.op.name in COMPARISONS or not truth):
            return ONE if truth else ZERO
        if condition.ndim and part.args and not part.op.scalar:
            return part  # it mixes the elements, and the condition holds for some of them
        if condition.ndim and part.op.name in _EXACT:
            return part
        if part.op.name == "where" and part.args[0] is condition:
            return assuming(condition, truth, part.args[1 if truth else 2])
        if part.op.name in ("maximum", "minimum") and condition.op.name in ("greater", "less"):
            large, small = condition.args[:: 1 if condition.op.name == "greater" else -1]
            if set(part.args) == {large, small}:
                return large if truth == (part.op.name == "maximum") else small
        return None

    return replace(e, swap, simplified)


def simplified(e: Expr, args: tuple) -> Expr:
    """The operation of ``e`` on new operands, simplified."""
    if same(args, e.args):
        return e
    if not e.op.scalar:  # an entry for all is enough only element by element
        args = tuple(broadcast_to(a, old.shape) for a, old in zip(args, e.args, strict=True))
    name = e.op.name
    rules = {
        "add": add,
        "subtract": lambda a, b: add(a, mul(-1, b)),
        "negative": lambda a: mul(-1, a),
        "multiply": mul,
        "divide": lambda a, b: e if is_number(b, 0) else mul(a, invert(b)),
        "logical_not": lambda a: add(ONE, mul(-1, a)),
        "where": where,
        "sum": sum_elements,
    }
    return rules[name](*args) if name in rules else rebuild(e, args)


def invert(e: Expr, exponent=-1) -> Expr:
    """``e`` to a whole power."""
    c, powers = factors(e)
    if isinstance(c, Fraction) and c != 0:
        return product(c**exponent, {a: p * exponent for a, p in powers.items()})
    return np.power(e, as_expr(exponent))


# --- contractions ----------------------------------------------------------------------------


def split_scalar(e: Expr) -> tuple[Expr, Expr]:
    """``(scalar part, the rest)`` of a product: ``2 z x`` is ``2z`` times ``x``."""
    if e.ndim == 0:
        return e, ONE
    if e.op.name == "where" and is_number(e.args[2], 0):
        c, powers = factors(e.args[1])
        return as_expr(c), np.where(e.args[0], product(1, powers), ZERO)
    c, powers = factors(e)
    scalar = {a: p for a, p in powers.items() if a.ndim == 0}
    rest = {a: p for a, p in powers.items() if a.ndim}
    return product(c, scalar), product(1, rest)


def sum_elements(e: Expr, length=None) -> Expr:
    """The sum of the elements: constants in front, ``sum(w x)`` as the dot product."""
    scalar, vector = split_scalar(e)
    if vector.ndim == 0 or vector.op.name == "ones":
        return mul(scalar, size(*(e.shape or (length,))))
    if vector.op.name in ("zeros", "unit"):
        return scalar if vector.op.name == "unit" else ZERO
    c, powers = factors(vector)
    if len(powers) == 2 and all(p == 1 for p in powers.values()):
        return mul(scalar, np.dot(*sorted(powers, key=sort_key)))
    parts = _terms(vector) if vector.op.name in ("add", "subtract") else ()
    if any(a.ndim == 0 for _, powers in parts for a in powers):  # sum(x - mean(x)) is 0
        whole = add(*(sum_elements(product(*part), vector.shape[0]) for part in parts))
        if is_number(whole):
            return mul(scalar, whole)
    return mul(scalar, np.sum(vector))


def matvec(matrix: Expr, vector: Expr) -> Expr:
    """Matrix times vector, constants in front."""
    (rows, _), length = matrix.shape, vector.shape
    front, matrix = split_scalar(matrix)
    scalar, vector = split_scalar(vector)
    if matrix.ndim < 2:  # every row is the same
        return mul(
            front, scalar, sum_elements(mul(matrix, vector), *length), constant("ones", rows)
        )
    vector = broadcast_to(vector, length)
    if vector.op.name == "zeros":
        return ZERO
    if matrix.op.name == "selector":
        lengths, k = matrix.params
        vector = np.concatenate(
            [vector if p == k else constant("zeros", n) for p, n in enumerate(lengths)]
        )
    elif matrix.op.name == "transpose" and matrix.args[0].op.name == "selector":
        vector = segment(vector, *matrix.args[0].params)
    elif vector.op.name == "unit" and np.transpose(matrix).op.name == "stack":
        vector = np.transpose(matrix).args[vector.params[0]]  # one of its columns
    elif matrix.op.name != "identity":
        vector = np.matmul(matrix, vector)
    return mul(front, scalar, vector)


def segment(vector: Expr, lengths: tuple, k: int) -> Expr:
    """Part k of a vector that is joined from parts of these lengths."""

    def take(part):
        name = part.op.name
        if name == "concatenate" and tuple(a.shape[0] for a in part.args) == lengths:
            return part.args[k]
        if name == "stack":
            start = sum(lengths[:k])
            return np.stack(part.args[start : start + lengths[k]])
        if name == "unit":
            place = part.params[0] - sum(lengths[:k])
            return constant("unit", place, lengths[k]) if 0 <= place < lengths[k] else ZERO
        return constant("segment", part, lengths, k)

    return _inside(vector, take)


def element(vector: Expr, k: int) -> Expr:
    """Entry k, taken as far inside as it goes: of ``x * x`` it is ``x_k x_k``."""

    def take(part):
        if part.op.name == "unit":
            return ONE if part.params[0] == k else ZERO
        return part.args[k] if part.op.name == "stack" else part[k]

    return _inside(vector, take)


def _inside(vector, take):
    """What ``take`` gives of a vector, taken of its operands where it is element by element."""

    def swap(part):
        if part.ndim == 0:
            return part
        if part.op.name in ("ones", "zeros"):
            return ONE if part.op.name == "ones" else ZERO
        exact = part.op.name in _EXACT and any(a.ndim and a.op.scalar for a in part.args)
        return None if part.op.scalar and not exact else take(part)

    return replace(vector, swap, simplified)
