"""A claimed closed form against the derived one: equal or not, and if not, why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from ..graph.expr import LET, SYMBOL, Expr, ShapeError, as_expr, node, shape_text
from ..graph.forms import diag
from ..graph.lengths import (
    fits,
    is_open,
    is_square,
    lengthened,
    resolve,
    resolve_inside,
    symbolic_sizes,
)
from ..graph.primitives import ROW, ZEROS
from ..graph.shapes import same_length
from ..graph.walk import is_number, replace, symbols, unnamed, walk
from ..notation.numbers import digits_apart, numbers
from . import points
from .interpret import batch
from .precise import differ, finite

_COMPARED = (2, 3, 1, 5)
CONSTANT = "a constant factor: a number in front is wrong"
_FAR = 2  # lengths for which points far out are tried
SAME = 1e-9  # relative; what is further apart is looked at with more digits
_TRIED = 12  # points of a size at which numbers differ that are looked at so, and as many others


class Difference(NamedTuple):
    """What is wrong with a claim: the name of the mistake, and a sentence about it.

    ``brief`` says it without the formula or number that would mend it, ``advice`` what to write
    in Python if it is no mistake.
    """

    mistake: str
    sentence: str
    brief: str = ""
    advice: str = ""

    @property
    def in_full(self) -> str:
        """The sentence with the advice."""
        return f"{self.sentence}: {self.advice}" if self.advice else self.sentence

    @property
    def first(self) -> str:
        """What to say to a first try."""
        return self.brief or self.sentence


def difference(derivation, claim) -> Difference | None:
    """How a claimed closed form differs from the derived one; None if it is the same."""
    try:
        formula = expand_lets(as_expr(claim), derivation)
    except (TypeError, ValueError):
        what = "that array" if isinstance(claim, np.ndarray) else f"{claim!r}"
        advice = "write it with variables, mc.diag(x), x.T and the like"
        return Difference("no formula", f"{what} is not a formula: {advice}")
    right = right_formula(derivation, formula)
    want, variables = (*right.formula.shape, 1, 1)[:2], right.variables
    formula = replace(formula, right.meant.get)
    strange = [e for e in symbols(formula) if e not in {*variables}]
    if strange:
        return _unknown(strange[0], derivation, right)
    if is_number(formula, 0):
        formula = node(ZEROS, lengths=want)
    elif right.lacks_probe(formula):
        sentence = f"a formula in {right.probe} is expected: {right.expected(derivation.y)}"
        return Difference("shape", sentence)
    try:
        formula = resolve_inside(formula)
    except ShapeError as error:  # as of X^T + I, where X is not square
        return Difference("shape", f"{error}")
    return _in_some_layout(derivation, formula, want, right)


class RightFormula(NamedTuple):
    """The right formula, and the variables that a claim may have.

    ``probe`` is what the Jacobian is multiplied with, if that is no matrix, and ``meant`` has it
    for what stands for it in the claim.
    """

    formula: Expr
    variables: tuple[Expr, ...]
    probe: Expr | None
    meant: dict[Expr, Expr]

    def lacks_probe(self, claim: Expr) -> bool:
        """Whether a claim does not say what is made of the gradient."""
        if self.probe is None or claim.op is ZEROS:
            return False
        return self.probe not in {*symbols(claim)}

    def expected(self, y: Expr) -> str:
        """What a claim is to say, in words."""
        assert self.probe is not None
        shapes = shape_text(self.probe.shape), shape_text(self.formula.shape)
        return f"what {self.probe} ({shapes[0]}), a gradient by {y}, becomes ({shapes[1]})"


def right_formula(derivation, claim: Expr) -> RightFormula:
    """The closed form; for what is no matrix, or is claimed in a matrix G, what G becomes."""
    known, probe = {*derivation.inputs}, derivation.G
    strange = [e for e in symbols(claim) if e not in known]
    in_probe = len(strange) == 1 and strange[0].shape == probe.shape
    in_matrix = in_probe and derivation.y.ndim > 1
    if not (derivation.more_axes or in_matrix):
        return RightFormula(unnamed(derivation.jacobian.expr), derivation.inputs, None, {})
    meant = {strange[0]: probe} if in_probe else {}
    return RightFormula(unnamed(derivation.vjp(probe)), (*derivation.inputs, probe), probe, meant)


def _unknown(e: Expr, derivation, right: RightFormula) -> Difference:
    """A variable that is none of those of the function."""
    names = ", ".join(v.name for v in derivation.inputs)
    if any(v.name == e.name and v.shape == e.shape for v in derivation.inputs):
        sentence = f"that {e.name} is not the {e.name} of {derivation.y}: make the variable once"
        return Difference("unknown variable", sentence)
    sentence = f"{e.name} is not a variable of {derivation.y}; its variables are {names}"
    if right.probe is not None:
        sentence += f", and {right.probe}: {right.expected(derivation.y)}"
    return Difference("unknown variable", sentence)


def _in_some_layout(derivation, claim, want, right: RightFormula):
    """How a formula differs, and whether in another layout it would be right."""
    compare = partial(first_difference, right=right.formula, variables=right.variables,
                      of=unnamed(derivation.y), by=derivation.variables)  # fmt: skip
    fits = has_shape(claim, want)
    shapes = f"{_given(claim, want)} given, {shape_text(want)} expected"
    wrong = compare(claim) if fits else Difference("shape", shapes)
    if wrong:
        for mistake, sentence, other in _other_layouts(derivation, claim, want, right):
            if has_shape(other, want) and not compare(other):
                return Difference(mistake, sentence if fits else f"{shapes}: {sentence}")
    return wrong


def _other_layouts(derivation, claim, want, right: RightFormula):
    """A claim laid out as it may have been meant, with the mistake that it then is."""
    if claim.ndim and not (1 in want and _is_matrix_of_any_length(claim)):
        layout = "the transpose, which is denominator layout"
        if right.probe is not None:
            layout = f"the transpose: {right.probe} becomes what has the shape of the variable"
        elif derivation.by_matrix:
            layout = f"the gradient, in the shape of {derivation.wrt}: transpose it"
        if claim.ndim == 2 and want[0] == want[1]:
            layout = f"{layout}, or in a product row and column are exchanged"
        yield "transpose", f"this is {layout}", claim.T
    if want[0] == want[1] and (claim.ndim == 1 or claim.op is ROW):
        kind = "vector" if claim.ndim == 1 else "row"
        yield "diagonal as a vector", f"you have the diagonal as a {kind}", diag(claim)


def expand_lets(claim: Expr, derivation) -> Expr:
    """The claim in the variables alone: a name that ``y`` gives stands for what it names.

    What ``y`` is derived by stays a variable, also if it has a definition.
    """
    claim = replace(claim, derivation.lets_as_symbols.get)
    names = {e.name: e for e in walk(derivation.y) if e.op is LET}

    def swap(e):
        named = names.get(e.name) if e.op is SYMBOL else None
        return named if named is not None and named.shape == e.shape else None

    return unnamed(replace(claim, swap))


def has_shape(claim: Expr, want: tuple) -> bool:
    """Whether a claim has this shape, m x n, or would have it: ``I`` and ``1`` take what fits."""
    if is_square(claim) and want[0] != want[1]:
        return False
    shape = (*claim.shape, 1, 1)[:2]
    if any(same_length(a, b) is False for a, b in zip(shape, want, strict=True)):
        return False
    try:
        resolve(claim, want[: claim.ndim])
    except ShapeError:
        return False
    return True


def _given(claim, want):
    """The shape of a claim; an open length is taken to be that of the right answer."""
    if claim.shape == (None, None) and is_square(claim):
        return "a square matrix"
    likely = (max(want, key=lambda n: isinstance(n, str)),) * 2
    if _is_matrix_of_any_length(claim) and not has_shape(claim.T, want):
        return shape_text(tuple(n or m for n, m in zip(claim.shape, likely, strict=True)))
    likely = want[::-1] if not has_shape(claim, want) and has_shape(claim.T, want) else likely
    return shape_text(tuple(n or m for n, m in zip(claim.shape, likely, strict=False)))


def _is_matrix_of_any_length(claim):
    """Whether one length is open and the other is not, as of ``x 1^T``."""
    return claim.ndim == 2 and claim.op is not ROW and claim.shape.count(None) == 1


def rounds(
    es: list[Expr],
    variables,
    lengths: tuple[int, ...] = _COMPARED,
    look: Callable = points.usual,
    functions: Sequence[Expr] = (),
) -> Iterator[tuple[dict, dict, list[np.ndarray]]]:
    """The values of expressions at random points, for several sizes.

    At other sizes not all that they, or these ``functions``, take of vectors is there.

    Yields the sizes, the points, and for each expression an array: a batch of matrices.
    """
    rng, names = np.random.default_rng(7), symbolic_sizes(*es, *variables)
    taking = [*es, *functions]
    lengths = lengthened(lengths, names, *taking)
    for k in range(len(lengths)):
        sizes = {n: lengths[(k + i) % len(lengths)] for i, n in enumerate(names)}
        if not all(fits(e, sizes) for e in taking):
            continue
        with np.errstate(all="ignore"):
            values = look(rng, variables, sizes, *es)
            computed = batch(es, values, sizes)
        yield sizes, values, [_matrices(computed[e]) for e in es]


def _matrices(values):
    return values.reshape((*values.shape, 1, 1)[:3])


def tolerance(values: np.ndarray, top=0.0) -> np.ndarray:
    """How far apart equal values may be, for each matrix of a batch."""
    scale = abs(np.where(np.isfinite(values), values, 0)).max(axis=(1, 2), keepdims=True)
    return 1e-9 * np.maximum(scale, 1e-3 * top)


def typical_size(some: list[np.ndarray]) -> float:
    """How large the values of batches usually are: at half of the points, for few may be huge."""
    finite = [abs(np.where(np.isfinite(values), values, 0)).max(axis=(1, 2)) for values in some]
    sizes = np.concatenate(finite)
    return np.median(sizes[sizes > 0]) if sizes.any() else 1.0


def usable_at(values: np.ndarray) -> np.ndarray:
    """Where to compare: at points at which all is finite, if there are such."""
    finite = np.isfinite(values)
    everywhere = finite.all(axis=(1, 2), keepdims=True)
    return finite & everywhere if everywhere.any() else finite


class _Formulas(NamedTuple):
    """A claim and the right formula, for the derivative of ``of`` by some variables, if of one.

    Where ``of`` has no value nothing is compared, and neither is on its kinks.
    """

    claim: Expr
    right: Expr
    of: Expr | None
    by: tuple


class _Comparison:
    """Two formulas at the points of one size: the matrices ``a`` of the claim beside ``b``."""

    def __init__(self, formulas: _Formulas, usual: bool, sizes: dict, values: dict, a, b):
        self.formulas, self.sizes, self.values = formulas, sizes, values
        self.usual = usual  # a claim has to have a value at such points, and not at odd ones
        self.a, self.b = np.broadcast_arrays(a, b)
        self.usable = usable_at(self.b)
        if formulas.of is not None:
            with np.errstate(all="ignore"):
                value = _matrices(batch([formulas.of], values, sizes)[formulas.of])
            self.usable = self.usable & np.isfinite(value).all(axis=(1, 2), keepdims=True)
        with np.errstate(all="ignore"):  # infinite values
            self.wrong = self.usable & ~(abs(self.a - self.b) <= SAME * abs(self.b))

    def worst(self) -> tuple | None:
        """A point at which the two differ for certain, their matrices there and which entry."""
        for some in self._doubtful():
            wrong, a, b = self._precisely(some)
            for k, place in enumerate(some):
                if wrong[k].any():
                    entry = tuple(np.argwhere(wrong[k])[0])
                    return {name: v[place] for name, v in self.values.items()}, a[k], b[k], entry
        return None

    def _doubtful(self):
        """The points at which numbers differ, a few at a time, the most telling ones first."""
        apart = np.where(self.wrong, _relative(self.a, self.b), 0).max(axis=(1, 2))
        simple = apart[: points.WHOLE * self.usual]
        simple[:] = np.where(simple > 0.01, 3 - np.arange(len(simple)) / 9, simple)
        order = np.argsort(-apart, kind="stable")  # whole numbers first: it can be done by hand
        order = order[self.wrong[order].any(axis=(1, 2))]
        _, _, of, by = self.formulas
        if of is not None:
            order = order[~points.on_a_kink(of, by, self._at(order), self.sizes)]
        first, rest = order[:_TRIED], order[_TRIED:]
        spread = rest[:: max(1, len(rest) // _TRIED)][:_TRIED]
        for some in (first[:2], first[2:], spread):
            if len(some):
                yield some

    def _at(self, some):
        return {name: v[some] for name, v in self.values.items()}

    def _precisely(self, some):
        """Where the two differ, with many digits, if there are such of every operation."""
        a, b = self.a[some], self.b[some]
        claim, right, *_ = self.formulas
        if any(e.op.unknown for e in walk(claim, right)):
            return abs(a - b) > tolerance(b, typical_size([self.b])), a, b

        wrong, a, b = differ(claim, right, self._at(some), self.sizes, a.shape)
        lost = ~finite(a) & finite(b) & self.usual
        return (wrong | lost) & self.usable[some], np.where(finite(a), a, self.a[some]), b


def _relative(a, b):
    """How far apart two numbers are, relative to the larger one or to 1; at most 2."""
    with np.errstate(all="ignore"):
        apart = abs(a - b) / np.maximum(1, np.maximum(abs(a), abs(b)))
    return np.where(np.isfinite(apart), apart, 2)


def first_difference(
    claim: Expr, right: Expr, variables, of: Expr | None = None, by: tuple = ()
) -> Difference | None:
    """None if two formulas of one shape agree at random points; else what is different.

    They are the derivative of ``of`` by the variables ``by``, or just two formulas.
    """
    claim = resolve(claim, (*right.shape, 1, 1)[: claim.ndim])
    if is_open(claim):
        return Difference("shape", f"a length in {claim} is open: give it, as in mc.ones('n')")
    formulas, functions = _Formulas(claim, right, of, by), [] if of is None else [of]

    def beyond(rng, variables, sizes, *es):
        return points.beyond(rng, variables, sizes, *es, *functions)

    usable = False
    for look, lengths in ((points.usual, _COMPARED), (beyond, _COMPARED[:_FAR])):
        compared = [
            # sqrt(13 - a) for sqrt(a - 13): only far out has the right one a value
            _Comparison(formulas, look is points.usual or not usable, sizes, values, a, b)
            for sizes, values, (a, b) in rounds([claim, right], variables, lengths, look, functions)
        ]
        usable = usable or any(c.usable.any() for c in compared)
        for c in compared:
            if c.wrong.any() and (worst := c.worst()):
                point, a, b, entry = worst
                factor = _factor(_ratios(compared)) if look is points.usual else None
                return factor or Difference("entry", _entry(c.sizes, a, b, entry, point))
    if usable:
        return None
    function = right if of is None else of
    sentence = f"nothing can be compared: no point was found where {function} has a value"
    return Difference("no value", sentence)


def _ratios(compared):
    """How many times the right one the claim is, at the usual points of each size."""
    top = typical_size([c.b for c in compared])
    factors = []
    for c in compared:
        near = tolerance(c.b, top)
        large = c.usable & (abs(c.b) > 100 * near)
        lone = c.usable & ~large & ~(abs(c.a) < 1e5 * near)  # no factor makes it of almost nothing
        with np.errstate(over="ignore"):
            factors.append((c.sizes, [0, 1] if lone.any() else c.a[large] / c.b[large]))
    return factors


def _entry(sizes, a, b, place, point):
    values = beside_each_other(a[place], b[place])
    at = ", ".join(f"{name} = {numbers(v)}" for name, v in point.items())
    if a.size == 1 and not any(v.ndim for v in point.values()):
        return f"at {at} {values}"
    small = all(v.ndim < 2 for v in point.values()) and sum(v.size for v in point.values()) <= 6
    lengths = " for " + ", ".join(f"{n} = {m}" for n, m in sizes.items()) if sizes else ""
    where = f"entry ({place[0] + 1}, {place[1] + 1}) differs{lengths}"
    return f"{where}: at {at if small else 'a random point'} {values}"


def beside_each_other(yours: float, right: float) -> str:
    """What a claim comes to and what is right, with as many digits as it takes to differ."""
    yours, right = float(yours) + 0.0, float(right) + 0.0  # no -0
    if np.isnan(yours):
        return f"yours has no value, and it should be {right:.4g}"
    return "yours is {}, and it should be {}".format(*digits_apart(yours, right))


def _factor(factors):
    """A factor that the whole claim has too many: the same everywhere, or a length."""
    known = [(sizes, some) for sizes, some in factors if len(some)]
    if not known or not all(np.isfinite(some).all() for _, some in known):
        return None
    if any(not np.ptp(some) <= _of_one(some[0]) for _, some in known):
        return None
    ratios = np.array([some[0] for _, some in known])
    if np.ptp(ratios) <= _of_one(ratios[0]):
        if ratios[0] == 0:
            return Difference("zero", "yours is zero, and it should not be")
        if abs(ratios[0] + 1) < 1e-6:
            return Difference("sign", "the sign is wrong: yours is the negative")
        factor = digits_apart(ratios[0], 1.0)[0]
        sentence = f"a constant factor: yours is {factor} times what it should be"
        return Difference("constant factor", sentence, CONSTANT)
    for name in known[0][0]:
        lengths = np.array([sizes[name] for sizes, _ in known])
        for factor, text in ((lengths, name), (1 / lengths, f"1/{name}")):
            if np.allclose(ratios, factor):
                sentence = f"a factor: yours is {text} times what it should be"
                return Difference("constant factor", sentence, CONSTANT)
    return None


def _of_one(factor):
    """How far factors that are one may be apart: little beside what the factor is off by."""
    return min(1e-6 * abs(factor), 1e-3 * abs(factor - 1))
