"""The form in which an expert writes a formula: the shortest that a few rules lead to.

Like terms are added, common factors taken out, transposes pushed in, numbers put in front, and what
has a name is written under it. Each rule makes a formula of the same value; it is taken where fewer
signs and words are left, so that a form to which nothing more can be done stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial

from .chains import Chain, Link, sum_of, turned
from .expr import LET, Expr, node
from .factored import factored
from .measure import signs
from .primitives import (
    BLOCKS,
    COLUMN,
    CONCATENATE,
    EXP,
    MATVEC,
    ONES,
    ROW,
    STACK,
    SUM,
    TRANSPOSE,
    VECMAT,
    WHERE,
    ZEROS,
)
from .products import ZERO
from .read_chains import Reader, Scaled
from .recognition import softmax_of
from .walk import is_number, rebuild, replace, walk

HIGH = 100  # operations one upon another
LARGE = 300  # parts of a formula that is no longer looked at
_SHORT = 4  # signs and words that have no need of a name


def normal_form(e: Expr, names: Iterable[Expr] = (), taken: Iterable[str] | None = ()) -> Expr:
    """The shortest form of a formula, of the same value and shape.

    ``names`` are what the formula may be written with, as the y of ``diag(y) - y y^T``; softmax is
    given a name of its own, none of those ``taken``, where that makes it shorter; no name at all
    where that is None.

    >>> import mcalc as mc
    >>> A, x = mc.matrices("A", shape=("n", "n")), mc.vectors("x")
    >>> normal_form(A @ x + A.T @ x)
    (A + A^T) x  (n x 1)
    """
    if not _is_small(e):
        return e
    readable = tuple(named for named in names if _is_small(*named.args))
    return _normal_form(e, readable, None if taken is None else frozenset(taken))


def _inner(e: Expr) -> Expr:
    """The form of a part: which names there are is known of the whole."""
    return normal_form(e, taken=None)


def _is_small(e):
    return e.weight <= LARGE and e.height <= HIGH


@lru_cache(maxsize=500)
def _normal_form(e: Expr, names: tuple[Expr, ...], taken: frozenset[str] | None) -> Expr:
    inner = partial(normal_form, names=names, taken=taken)
    listed = (STACK, CONCATENATE, BLOCKS, COLUMN)
    if e.op in listed or e.op is TRANSPOSE and e.args[0].op in listed:
        return rebuild(e, tuple(map(inner, e.args)))
    if e.op is WHERE:
        condition, *branches = e.args
        cases = rebuild(e, (condition, *map(inner, branches)))
        if all(is_number(v, 0) or v.op is ZEROS for v in cases.args[1:]):  # σ(x) + σ(-x) - 1
            return node(ZEROS, lengths=e.shape) if e.shape else ZERO
        form = _form(cases, False) if cases.ndim == 1 else cases
        # (x if x > 0; 0 otherwise) is max(0, x)
        return cases if WHERE in {part.op for part in walk(form)} else form
    while True:
        shorter = _shorter(e)
        shorter = _named(e, names, taken) if shorter is None else shorter
        if shorter is None:
            return e
        e = shorter


def _shorter(e: Expr) -> Expr | None:
    """The shortest of a formula's other forms, if it is shorter."""
    forms = [_form(e, expand) for expand in (False, True)]
    best = min(forms, key=signs)
    return best if signs(best) < _WORTH[all(not part.ndim for part in walk(e))] * signs(e) else None


# of numbers alone 2x exp(x) + x^2 exp(x) shows the product rule; but 2(x - 1) + 2x is 4x - 2
_WORTH = {False: 1, True: 0.6}


def _form(e: Expr, expand: bool, names: dict[Expr, Scaled] | None = None) -> Expr:
    """A formula with common factors in front, with or without multiplying out before."""
    if e.op is ROW:
        (v,) = e.args
        return _inner(v).T if v.op is WHERE else _form(v, expand, names).T
    reader = Reader(expand, _inner, names)
    chains = reader.read(e)
    form = sum_of(factored(chains, e.shape, reader, signs), e.shape)
    if e.ndim == 2 and len(chains) > 1 and _transposed(chains) == len(chains):
        other = [c._replace(links=turned(c.links)) for c in chains]
        if not _transposed(other):  # (A - B C)^T for A^T - C^T B^T
            other = factored(other, e.shape[::-1], reader, signs)
            form = min(form, sum_of(other, e.shape[::-1]).T, key=signs)
    return form


def _transposed(chains: list[Chain]) -> int:
    """How many of some products have a matrix that is transposed."""
    return sum(any(a.op is TRANSPOSE for _, p in c.links for a, _ in p) for c in chains)


# --- names -----------------------------------------------------------------------------------


def _named(e: Expr, names: tuple[Expr, ...], taken: frozenset[str] | None) -> Expr | None:
    """A formula in which something is written under its name, if that is shorter."""
    for named in names if taken is None else (*names, *_softmaxes(e, taken)):
        definition = Reader(False, _inner).read(*named.args)
        scaled = _scaled_by_name(definition, named)
        if scaled is None:
            continue
        forms = [_form(e, expand, scaled) for expand in (False, True)]
        new = min(forms, key=written_length)
        if _uses(new, named) >= _FEWEST[named.ndim] and written_length(new) < written_length(e):
            return new
    return None


# places in which a name has to stand; of a matrix one is enough, S - Y
_FEWEST = {1: 2, 2: 1}


def _scaled_by_name(definition: list[Chain], named: Expr) -> dict[Expr, Scaled] | None:
    """What is written with a name: of ``y = x/||x||`` it is ``x = ||x|| y``.

    Of ``y = z x`` the x would become y/z.
    """
    if not named.ndim or len(definition) != 1 or signs(*named.args) < _SHORT:
        return None
    number, scalars, links = definition[0]
    diagonals = [powers for kind, powers in links if kind == "diag"]
    inner = [link for link in links if link[0] != "diag"]
    if len(inner) != 1 or inner[0][0] != ("column", "matrix")[named.ndim - 1]:
        return None
    ((_, powers),) = inner
    if len(powers) != 1 or powers[0][1] != 1:
        return None
    if any(p > 0 for some in (scalars, *diagonals) for _, p in some):
        return None
    before = links.index(inner[0])
    scaled = Scaled(named, number, scalars, links[:before], links[before + 1 :])
    return {powers[0][0]: scaled}


def _softmaxes(e: Expr, taken: frozenset[str]) -> Iterator[Expr]:
    """Names for ``exp(u)/sum(exp(u))``, of each u that stands in a formula in both ways."""
    parts = walk(e)
    names = taken | {p.name for p in parts}
    for total in parts:
        E, options = _exponentials_added(total)
        if E is not None:
            first = "SRP" if E.ndim == 2 else "srp"
            free = itertools.chain(first, (f"{first[0]}_{k}" for k in itertools.count(1)))
            name = next(n for n in free if n not in names)
            written = unshifted(E, options)
            yield node(
                LET, softmax_of(E, options), name=name, written=softmax_of(written, options),
                shape=written.shape,
            )  # fmt: skip


def _exponentials_added(e: Expr) -> tuple[Expr | None, dict]:
    """The exponentials of which this is the sum, and the options that it has in NumPy."""
    if e.op is SUM and e.args[0].op is EXP:
        return e.args[0], {}
    if e.op in (MATVEC, VECMAT):
        ones, E = sorted(e.args, key=lambda a: a.ndim)
        turned = E.op is TRANSPOSE
        inner = E.args[0] if turned else E
        if ones.op is ONES and inner.op is EXP:
            return inner, {"axis": int((e.op is MATVEC) != turned), "keepdims": True}
    return None, {}


def unshifted(e: Expr, options: dict) -> Expr:
    """``exp(u)`` for ``exp(u - max(u))``, of which the softmax is the same."""
    chains = Reader(False, _inner).read(*e.args)
    kept = [c for c in chains if not _is_shift(c.links, options)]
    return node(EXP, sum_of(kept, e.shape)) if 0 < len(kept) < len(chains) else e


def _is_shift(links: tuple[Link, ...], options: dict) -> bool:
    """Whether it is the same for all exponentials of one sum: ``m 1^T`` along the rows."""
    if not options:
        return links == (("column", ()),)
    along = links[-1:] if options["axis"] else links[:1]
    return along == ((("column", "row")[options["axis"]], ()),)


def _uses(e: Expr, named: Expr) -> int:
    """How often a name is written."""
    uses = {named: 1}
    for part in walk(e):  # operands first
        if part not in uses:
            uses[part] = 0 if part.op is LET else sum(uses[a] for a in part.args)
    return uses[e]


def introduced(e: Expr) -> list[Expr]:
    """The names that a formula brings along, each with its definition beside it."""
    done: dict[Expr, None] = {}
    stack, seen = [e], {e}
    while stack:
        part = stack.pop()
        if "written" in part.params:
            done[part] = None
        if part.op is not LET:
            new = [a for a in part.args if a not in seen]
            seen.update(new)
            stack += new
    return list(done)


def without_introduced(e: Expr) -> Expr:
    """A formula with what such names stand for in their place."""
    return replace(e, lambda part: part.args[0] if "written" in part.params else None)


def written_length(e: Expr) -> int:
    """How long a formula is with the definitions beside it."""
    return signs(e) + sum(3 + signs(v.params["written"]) for v in introduced(e))
