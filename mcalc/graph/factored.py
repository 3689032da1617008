"""Sums of chains with what their summands have in common in front, behind, and as a scalar."""

from __future__ import annotations

from collections.abc import Callable

from .chains import (
    Chain,
    Link,
    Powers,
    collected,
    content,
    formula_of,
    inverted,
    kind_of,
    length_of,
    quotient,
    sum_of,
    times,
    turned,
)
from .read_chains import Reader

_LEAST = 2  # that have to be saved more where it is some summands of several: dA A A + A dA A + ...
TRIALS = 60  # in one reading of a formula; what an expert would write takes fewer
_MANY = 12  # chains of which all have a factor in common, if any
Links = tuple[Link, ...]

# what is taken out beside numbers and scalars: links, or also what two diagonals have in common
_SIDES = ("", "links", "parts of links")
_LEFT, _RIGHT = ("diag", "column"), ("diag", "row")


def factored(chains: list[Chain], shape: tuple, reader: Reader, cost: Callable) -> list[Chain]:
    """A sum with common factors taken out, as long as it gets shorter."""
    known = (tuple(chains), shape)
    if known not in reader.factored:
        reader.factored[known] = _factored(chains, shape, reader, cost)
    return reader.factored[known]


def _factored(chains, shape, reader, cost):
    written = {tuple(chains): _length(chains, shape, cost)}
    while len(chains) > 1:
        trials = {}
        for group in _groups(chains):
            for sides in _SIDES:
                if reader.trials >= TRIALS:
                    break
                reader.trials += 1
                trial = tuple(_taken_out(chains, group, sides, shape, reader, cost))
                if trial not in written:
                    written[trial] = _length(trial, shape, cost)
                trials.setdefault(trial, written[trial] + _LEAST * (len(group) < len(chains)))
        if not trials:
            break
        best = min(trials, key=lambda trial: trials[trial])
        if trials[best] >= written[tuple(chains)]:
            break
        chains = list(best)
    return chains


def _length(chains: list[Chain], shape: tuple, cost: Callable) -> int:
    """How long a sum is: its summands, the signs between them, and one in front of all."""
    parts = [cost(formula_of(c.without_sign, shape)) for c in chains]
    return sum(parts) + len(parts) - 1 + all(c.number < 0 for c in chains)


def _groups(chains: list[Chain]) -> list[tuple[int, ...]]:
    """The summands that have something in common: all of them, or some."""
    places: dict[object, list[int]] = {}
    for place, chain in enumerate(chains if len(chains) <= _MANY else ()):
        for part in dict.fromkeys(_parts(chain)):
            places.setdefault(part, []).append(place)
    groups = [tuple(range(len(chains))), *(tuple(g) for g in places.values() if len(g) > 1)]
    return list(dict.fromkeys(groups))


def _parts(chain: Chain):
    for a, p in chain.scalars:
        yield "scalar", a, p > 0
    if not chain.links:
        return
    if len(chain.links) == 1:
        yield chain.links[0][0]  # diag(x) and diag(w)
    for side, link, kinds in (("left", chain.links[0], _LEFT), ("right", chain.links[-1], _RIGHT)):
        yield side, link[0], frozenset(link[1])
        if link[0] in kinds:
            for a, p in link[1]:
                yield side, a, p > 0


def _taken_out(chains, group, sides, shape, reader, cost) -> list[Chain]:
    """The sum in which a group of summands is one product."""
    members = [chains[k] for k in group]
    number = content([c.number for c in members])
    scalars = common([c.scalars for c in members])
    rest = [
        Chain(quotient(c.number, number), times(c.scalars, inverted(scalars)), c.links)
        for c in members
    ]
    left, right, rest = _sides(rest, sides == "parts of links") if sides else ((), (), rest)
    diagonal = {len(c.links) == 1 and c.links[0][0] for c in rest} == {"diag"}
    if not (scalars or left or right or diagonal):
        if number == 1 or abs(number) != 1 and not any(map(_is_bare, rest)):
            return chains
    inner = _shape_between(left, right, shape)
    if diagonal:  # diag(x) + diag(w)
        rest = [c._replace(links=(("column", c.links[0][1]),)) for c in rest]
        total = sum_of(factored(collected(rest), inner[:1], reader, cost), inner[:1])
        sum_link: tuple[Link, ...] = (("diag", ((total, 1),)),)
    elif kind_of(rest[0].links) == "row":
        rest = [c._replace(links=turned(c.links)) for c in rest]
        total = sum_of(factored(rest, inner, reader, cost), inner)
        sum_link = (("row", ((total, 1),)),)
    elif rest[0].links:
        total = sum_of(factored(collected(rest), inner, reader, cost), inner)
        kind = "column" if total.ndim == 1 else "matrix"
        sum_link = ((kind, ((total, 1),)),)
    else:
        total = sum_of(factored(collected(rest), (), reader, cost), ())
        scalars, sum_link = times(scalars, ((total, 1),)), ()
    more, links = reader.joined(left, sum_link, right) if left + sum_link + right else ((), ())
    new = Chain(number, times(scalars, more), links)
    return [new if k == group[0] else c for k, c in enumerate(chains) if k not in group[1:]]


def _is_bare(chain: Chain) -> bool:
    """Whether nothing is multiplied in it: 2(b - a), and yet 2(W x - t) x^T + 2a W."""
    atoms = [*chain.scalars, *(pair for _, powers in chain.links for pair in powers)]
    return len(atoms) <= 1


def common(several: list[Powers]) -> Powers:
    """The powers of atoms that all of these have."""
    first, *others = map(dict, several)
    shared = []
    for a, p in first.items():
        exponents = [p, *(other.get(a, 0) for other in others)]
        if all(q > 0 for q in exponents):
            shared.append((a, min(exponents)))
        elif all(q < 0 for q in exponents):
            shared.append((a, max(exponents)))
    return tuple(shared)


def _sides(
    chains: list[Chain], parts: bool
) -> tuple[tuple[Link, ...], tuple[Link, ...], list[Chain]]:
    """The links that all have on the left and on the right, and what is left of each."""
    if all(c.key[1] == chains[0].key[1] for c in chains):
        return chains[0].links, (), [c._replace(links=()) for c in chains]
    left, rest = _from_left([c.links for c in chains], parts)
    right, rest = _from_left([turned(links) for links in rest], parts)
    links = [turned(r) for r in rest]
    return (
        left,
        turned(right),
        [c._replace(links=new) for c, new in zip(chains, links, strict=True)],
    )


def _from_left(
    several: list[tuple[Link, ...]], parts: bool
) -> tuple[tuple[Link, ...], list[tuple[Link, ...]]]:
    """The links at the front of all, and the rest, of which none is empty."""
    taken: list[Link] = []
    while all(len(links) > 1 for links in several):
        (kind, powers), *others = [links[0] for links in several]
        if any((k, frozenset(p)) != (kind, frozenset(powers)) for k, p in others):
            break
        if kind == "row" and not powers and len({length_of(links[1], 0) for links in several}) > 1:
            break  # 1^T A and 1^T B with another number of ones
        taken.append((kind, powers))
        several = [links[1:] for links in several]
    if parts and all(links[0][0] in _LEFT for links in several):
        shared = common([links[0][1] for links in several])
        alone = any(len(x) == 1 and x[0][0] == "diag" for x in several)  # I would be left of it
        if shared and not alone:
            taken.append(("diag", shared))
            several = [_without(links, shared) for links in several]
    return tuple(taken), several


def _without(links, shared):
    (kind, powers), *more = links
    powers = times(powers, inverted(shared))
    if kind == "diag" and not powers and more:
        return tuple(more)
    return ((kind, powers), *more)


def _shape_between(left, right, shape) -> tuple:
    """The shape of the sum that stands between links."""
    rows: object = shape[0] if shape else None
    columns: object = shape[-1] if shape else None
    for kind, powers in left:
        if kind == "matrix":
            rows = powers[0][0].shape[1]
    for kind, powers in right[::-1]:
        if kind == "matrix":
            columns = powers[0][0].shape[0]
    if any(kind == "column" for kind, _ in left):
        return (columns,)
    if len(shape) == 1 or any(kind == "row" for kind, _ in right):
        return (rows,)
    return (rows, columns)
