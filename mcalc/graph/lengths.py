"""Lengths: what shapes tell of them, and constants that have theirs from what is around them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable

import numpy as np

from .assumptions import refuse_unfit
from .expr import LET, SIZE, Expr, node
from .primitives import (
    BLOCKS,
    DIAG,
    EXCHANGE,
    IDENTITY,
    INV,
    MATMAT,
    MAX,
    ONES,
    ROW,
    ROWMAX,
    STACK,
    TRANSPOSE,
    ZEROS,
)
from .shapes import ShapeError, joined_length, length_of_rest, parts_of_length, shape_text
from .walk import replace, symbols, walk

# --- lengths ---------------------------------------------------------------------------------


def symbolic_sizes(*es: Expr) -> list[str]:
    """The symbolic lengths in the shapes of these expressions, in the order of their first use.

    >>> import mcalc as mc
    >>> symbolic_sizes(mc.matrices("A") @ mc.vectors("x"))
    ['m', 'n']
    """
    parts = [n for e in walk(*es) for n in (*e.shape, *(e.params.values() if e.op is SIZE else ()))]
    products = [n for part in parts for n in parts_of_length(part or 0)[0]]
    return list(dict.fromkeys(n for product in products for n in product.split()))


def sizes_shown_by(*inputs: Expr) -> list[str]:
    """The lengths that the shapes of these inputs show: ``m + n`` shows neither."""
    return [part for e in inputs for part in e.shape if isinstance(part, str) and " " not in part]


def length(part, sizes: dict):
    """The number that a length such as ``n`` or ``m + n`` stands for; of a tuple, each of them.

    >>> length("m + n", {"m": 2, "n": 3})
    5
    """
    if isinstance(part, tuple):
        return tuple(length(p, sizes) for p in part)
    if not isinstance(part, str):
        return part
    letters, number = parts_of_length(part)
    return sum(math.prod(map(sizes.__getitem__, n.split())) for n in letters) + number


def needed(e: Expr) -> dict:
    """How long lengths have to be for all that is taken to be there: of x[7] n is 8 at least.

    >>> import mcalc as mc
    >>> x = mc.vectors("x")
    >>> needed(np.sum(x[7] * x[1:-1]))
    {'n': 8, 'n - 2': 0}
    """
    least: dict = {n: 1 for n in e.shape if " - " in str(n)}  # nothing is said of no elements
    for part in walk(e):
        params = part.params
        pairs = [(n, 0) for n in params.get("lengths", ())]
        if taken := params.get("indices", [params["index"]] if "index" in params else []):
            pairs.append((params.get("length") or part.args[0].shape[0], max(taken) + 1))
        if part.op in (MAX, ROWMAX) and " - " in str(part.args[0].shape[-1]):
            pairs.append((part.args[0].shape[-1], 1))
        for n, number in pairs:
            if n is not None and (number or " - " in str(n)):
                least[n] = max(number, least.get(n, 0))
    return least


def fits(e: Expr, sizes: dict) -> bool:
    """Whether all that it takes is there at these sizes: of x[2] three elements, of x[1:-1] two."""
    return all(length(n, sizes) >= least for n, least in needed(e).items())


_LONGER = 1000  # elements that are looked for


def lengthened(lengths: Iterable[int], names: Iterable[str], *es: Expr) -> tuple[int, ...]:
    """Lengths at which all that is taken of these is there; of x[7] 8, 9 for 1, 2.

    >>> import mcalc as mc
    >>> lengthened((1, 2), ["n"], mc.vectors("x")[7])
    (8, 9)
    """
    lengths, names = tuple(lengths), tuple(names)

    def enough(number):
        return all(fits(e, dict.fromkeys(names, number)) for e in es)

    if any(map(enough, lengths)):
        return lengths
    more = next((k for k in range(_LONGER) if enough(min(lengths) + k)), 0)
    return tuple(number + more for number in lengths)


def shorter(part, by: int):
    """A length less a number: ``n - 1``."""
    return joined_length((part, -by))


LENGTHS = {"length", "lengths"}


def params_at(e: Expr, sizes: dict) -> dict:
    """The parameters of a node with numbers for lengths: what is called ``length(s)`` is such."""
    return {name: length(p, sizes) if name in LENGTHS else p for name, p in e.params.items()}


def make_binder(inputs: list[Expr], known=()) -> Callable:
    """A function that makes the arrays of ``inputs``, a list, from what was given for them.

    It takes values that have no name, those of the inputs, None for one that is missing, and more
    values by name. It raises TypeError for the first, for a missing one and for names that are not
    ``known`` either, ShapeError for arrays of the wrong shape.
    """
    names, allowed = [e.name for e in inputs], {e.name for e in (*inputs, *known)}

    def bind(unnamed, values, more):
        if unnamed:
            raise TypeError(f"values are given by name: {', '.join(names)}")
        arrays = [_array(value, name, names) for name, value in zip(names, values, strict=True)]
        if not more.keys() <= allowed:
            extra, there = [n for n in more if n not in allowed], ", ".join(sorted(allowed))
            raise TypeError(f"{', '.join(extra)}: no such variable; there are {there}")
        others = [e for e in known if e.name in more]
        shapes = [a.shape for a in arrays] + [np.shape(more[e.name]) for e in others]
        sizes_of([*inputs, *others], shapes)
        return arrays

    return bind


def bind_values(inputs, values: dict) -> tuple[dict, dict]:
    """The arrays by name of the ``values`` of the inputs, and the lengths that they show.

    Raises what a binder does, and ValueError for values that do not fulfil what is assumed.
    """
    more = dict(values)
    arrays = make_binder(inputs)((), [more.pop(e.name, None) for e in inputs], more)
    by_name = {e.name: a for e, a in zip(inputs, arrays, strict=True)}
    refuse_unfit(inputs, by_name)
    return by_name, sizes_of(inputs, [a.shape for a in arrays])


def _array(value, name, names):
    if value is None:
        needed = ", ".join(names).replace("'", "")
        raise TypeError(f"{name.rstrip(chr(39))} is missing: values are needed for {needed}")
    return np.asarray(value, dtype=np.float64)


def sizes_of(inputs, shapes) -> dict[str, int]:
    """The lengths that these shapes show, if they fit the inputs and each other."""
    sizes: dict[str, int] = {}
    for e, shape in zip(inputs, shapes, strict=True):
        if len(shape) != e.ndim:
            raise _wrong_shape(e, shape)
        for part, number in zip(e.shape, shape, strict=True):
            if part in sizes_shown_by(e):
                sizes.setdefault(part, number)
    for e, shape in zip(inputs, shapes, strict=True):
        for part, number, right in zip(e.shape, shape, length(e.shape, sizes), strict=True):
            if number != right:
                elsewhere = f", and {part} is {right} elsewhere" if isinstance(part, str) else ""
                raise _wrong_shape(e, shape, elsewhere)
    return sizes


def _wrong_shape(e, shape, more=""):
    return ShapeError(
        f"{e.name.rstrip(chr(39))} has shape {shape}, and {shape_text(e.shape)} is expected: "
        f"{('a number', 'a 1-D array', 'a 2-D array')[e.ndim]}{more}"
    )


FILLED = (ONES, ZEROS)


def with_size_providers(e: Expr, a: Expr) -> Expr:
    """``e`` with the variables of ``a`` kept in the constants that are filled like it."""
    known = dict.fromkeys([*symbols(a), *size_providers(a)])
    kept = tuple(v for v in known if any(isinstance(n, str) for n in v.shape))

    def swap(part):
        if part.op in FILLED and kept:
            return node(part.op, **{**part.params, "like": kept}, shape=part.shape)
        return None

    return replace(e, swap)


def size_providers(e: Expr) -> list[Expr]:
    """The variables that tell lengths of constants in ``e``."""
    kept = [v for part in walk(e) if part.op in FILLED for v in part.params.get("like", ())]
    return list(dict.fromkeys(kept))


def without_size_providers(e: Expr) -> Expr:
    """``e`` with constants that have a length and no more."""

    def swap(part):
        if part.op not in FILLED:
            return None
        return node(part.op, **{name: p for name, p in part.params.items() if name != "like"})

    return replace(e, swap)


SQUARE = {IDENTITY, DIAG, INV, EXCHANGE}


def is_square(e: Expr) -> bool:
    """Whether a matrix is square by its making, as ``2 I`` and ``inv(A)`` are; ``1 1^T`` is not."""
    if e.op in SQUARE:
        return True
    if e.op is MATMAT:
        return all(map(is_square, e.args))
    alike = e.op.sympy_form or e.op in (TRANSPOSE, LET)
    return bool(alike) and any(map(is_square, e.args))


def resolve(e: Expr, shape: tuple) -> Expr:
    """``e`` with the lengths that its context gives to ``identity()``, ``ones()``, ``zeros()``.

    What nothing tells stays open. Raises ShapeError where two of them contradict each other.
    """
    if not is_open(e):
        return e
    shape = tuple(own or outer for own, outer in zip(e.shape, shape, strict=True))
    if not e.args:
        if "lengths" in e.params:  # zeros, or a triangle
            return node(e.op, **{**e.params, "lengths": shape})
        own = {**e.params, "length": shape[-1] or (shape[0] if e.shape[0] is None else None)}
        if isinstance(own["length"], int) and own.get("index", 0) >= own["length"]:
            raise ShapeError(f"{e} has more elements than {own['length']}")
        return node(e.op, **{name: p for name, p in own.items() if name != "like"})
    axes: list = ["ij"[2 - a.ndim :] for a in e.args]  # the last ones meet, element by element
    output = "ij"[2 - e.ndim :]
    if e.op.einsum:
        *axes, output = e.op.einsum.replace("->", ",").split(",")
    elif e.op is BLOCKS:  # each has a height of its own
        axes = [f"{k}j" for k in range(len(e.args))]
    elif not (e.op.sympy_form or e.op in (ROW, LET, STACK)):
        axes = [[(k, axis) for axis in range(a.ndim)] for k, a in enumerate(e.args)]  # its own
    lengths = dict(zip(output, shape, strict=True))
    for letters_, a in zip(axes, e.args, strict=True):
        lengths |= {k: n for k, n in zip(letters_, a.shape, strict=True) if n is not None}
    square = [letters_ for letters_, a in zip(axes, e.args, strict=True) if is_square(a)]
    for _, letters_ in itertools.product(square, square):  # from one to the next, as in I I 1
        known = [n for k in letters_ if (n := lengths.get(k)) is not None]
        lengths |= dict.fromkeys(letters_, *known[:1])
    if e.op is BLOCKS and lengths["i"] is not None:  # the only height that is open is what is left
        heights = [lengths.get(letters_[0]) for letters_ in axes]
        if heights.count(None) == 1:
            rest = length_of_rest(lengths["i"], [n for n in heights if n is not None])
            lengths[axes[heights.index(None)][0]] = rest or None
    args = [resolve(a, tuple(map(lengths.get, k))) for k, a in zip(axes, e.args, strict=True)]
    return node(e.op, *args, **e.params)


def resolve_inside(e: Expr) -> Expr:
    """``e`` with the lengths that it tells itself, from the inside out: ``I A`` is as high as A."""
    while (settled := resolve(e, e.shape)) is not e:
        e = settled
    return e


def resolve_open_lengths(y: Expr) -> Expr:
    """``y`` with all lengths; raises ValueError if one is told by nothing in it."""
    y = resolve_inside(y)
    if is_open(y):
        raise ValueError(f'{y} has a constant of unknown length: give it one, as in mc.ones("n")')
    return y


def is_open(e: Expr) -> bool:
    """Whether a length is still to be told by what is around it."""
    return any(None in part.shape for part in walk(e))
