"""The form in which an expert writes a formula: the shortest that a few rules lead to.

Like terms are added, common factors taken out, transposes pushed in, numbers put in front, and what
has a name is written under it. Each rule makes a formula of the same value; it is taken where fewer
signs and words are left, so that a form to which nothing more can be done stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial

from .chains import sum_of
from .expr import LET, Expr, node
from .factored import factored
from .measure import signs
from .primitives import BLOCKS, COLUMN, CONCATENATE, EXP, ROW, STACK, SUM, WHERE
from .read_chains import Reader
from .recognition import softmax_of
from .walk import rebuild, replace, walk

HIGH = 100  # operations one upon another
LARGE = 300  # parts of a formula that is no longer looked at
_SHORT = 4  # signs and words that have no need of a name


def normal_form(e: Expr, names: Iterable[Expr] = (), taken: Iterable[str] = ()) -> Expr:
    """The shortest form of a formula, of the same value and shape.

    ``names`` are what the formula may be written with, as the y of ``diag(y) - y y^T``; softmax is
    given a name of its own, none of those ``taken``, where that makes it shorter.

    >>> import mcalc as mc
    >>> A, x = mc.matrices("A", shape=("n", "n")), mc.vectors("x")
    >>> normal_form(A @ x + A.T @ x)
    (A + A^T) x  (n x 1)
    """
    if not _is_small(e):
        return e
    readable = tuple(named for named in names if _is_small(*named.args))
    return _normal_form(e, readable, frozenset(taken))


def _is_small(e):
    return e.weight <= LARGE and e.height <= HIGH


@lru_cache(maxsize=2000)
def _normal_form(e: Expr, names: tuple[Expr, ...], taken: frozenset[str]) -> Expr:
    inner = partial(normal_form, names=names, taken=taken)
    if e.op in (STACK, CONCATENATE, BLOCKS, COLUMN):
        return rebuild(e, tuple(map(inner, e.args)))
    if e.op is WHERE:
        condition, *branches = e.args
        return rebuild(e, (condition, *map(inner, branches)))
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


def _form(e: Expr, expand: bool, names: dict[Expr, tuple] | None = None) -> Expr:
    """A formula with common factors in front, with or without multiplying out before."""
    if e.op is ROW:
        (v,) = e.args
        return normal_form(v).T if v.op is WHERE else _form(v, expand, names).T
    reader = Reader(expand, normal_form, names)
    chains = reader.read(e)
    return sum_of(factored(chains, e.shape, reader, signs), e.shape)


# --- names -----------------------------------------------------------------------------------


def _named(e: Expr, names: tuple[Expr, ...], taken: frozenset[str]) -> Expr | None:
    """A formula in which something is written under its name, if that is shorter."""
    for named in (*names, *_softmaxes(e, taken)):
        definition = Reader(False, normal_form).read(*named.args)
        if len(definition) != 1 or not _can_be_named(definition[0], named):
            continue
        number, scalars, ((_, ((v, _),)),) = definition[0]
        forms = [_form(e, expand, {v: (named, number, scalars)}) for expand in (False, True)]
        new = min(forms, key=written_length)
        if _uses(new, named) > 1 and written_length(new) < written_length(e):
            return new
    return None


def _can_be_named(definition, named):
    """Whether ``x/||x||`` may be y; of ``y = z x`` the x would become y/z."""
    _, scalars, links = definition
    if named.ndim != 1 or any(p > 0 for _, p in scalars):
        return False
    one = len(links) == 1 and len(links[0][1]) == 1 and links[0][1][0][1] == 1
    return one and signs(*named.args) >= _SHORT


def _softmaxes(e: Expr, taken: frozenset[str]) -> Iterator[Expr]:
    """Names for ``exp(u)/sum(exp(u))``, of each u that stands in a formula in both ways."""
    parts = walk(e)
    free = itertools.chain("srp", (f"s_{k}" for k in itertools.count(1)))
    for total in parts:
        if total.op is SUM and total.args[0].op is EXP:
            name = next(n for n in free if n not in taken | {p.name for p in parts})
            written = unshifted(*total.args)
            yield node(
                LET, softmax_of(total.args[0]), name=name, written=softmax_of(written),
                shape=written.shape,
            )  # fmt: skip


def unshifted(e: Expr) -> Expr:
    """``exp(u)`` for ``exp(u - max(u))``, of which the softmax is the same."""
    chains = Reader(False, normal_form).read(*e.args)
    kept = [c for c in chains if c.links != (("column", ()),)]
    return node(EXP, sum_of(kept, e.shape)) if 0 < len(kept) < len(chains) else e


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
