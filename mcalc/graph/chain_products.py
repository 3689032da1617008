"""Products of chains (:mod:`mcalc.graph.chains`): their links side by side, or met by element."""

from __future__ import annotations

import numpy as np

from .chains import Chain, Link, Powers, column_of, elements, times, turned
from .expr import Expr
from .primitives import INV

IDENTITY_LINK: Link = ("diag", ())


class Unreadable(Exception):
    """A formula is no chain: it is left as it is."""


class Products:
    """The products of chains in one formula, in which ``x.w`` and ``w.x`` are the same number."""

    def __init__(self):
        self._dots: dict[frozenset, Expr] = {}  # by the elements that are added, as first written

    def powers(self, links: tuple[Link, ...]) -> Powers:
        """A column as powers of atoms, element by element: of ``diag(d) A x`` of d and A x."""
        before: Powers = ()
        if links[0][0] == "diag":
            before, links = links[0][1], links[1:]
        if len(links) > 1:
            before = times(before, ((column_of(links, None), 1),))
            return before
        return times(before, links[0][1])

    def joined(self, *parts: tuple[Link, ...]) -> tuple[Powers, tuple[Link, ...]]:
        """Links side by side: dot products become scalars, and ``diag(d) x`` is one column."""
        links = [link for part in parts for link in part if link != IDENTITY_LINK]
        done: list[Link] = []
        scalars: list[Powers] = []
        for kind, powers in links:
            last = done[-1] if done else ("", ())
            if last[0] == "diag" and kind in ("diag", "column"):
                done[-1] = kind, times(last[1], powers)
            elif kind == "diag" and (start := _row_at_end(done)) is not None:
                row = self.powers(turned(tuple(done[start:])))
                done[start:] = [("row", times(row, powers))]
            elif kind == last[0] == "matrix" and _is_inverse(last[1], powers):
                done.pop()
            else:
                done.append((kind, powers))
            if done and done[-1] == IDENTITY_LINK:
                done.pop()
            elif kind == "column":
                scalars += self._closed(done)
        is_scalar = links and links[0][0] == "row" and links[-1][0] == "column"
        return times(*scalars), tuple(done) if done or is_scalar else (IDENTITY_LINK,)

    def _closed(self, done):
        """Behind a column: ``y^T A x`` is a scalar, and ``diag(d) A x`` a column ``d ⊗ (A x)``."""
        kinds = [kind for kind, _ in done]
        if "row" in kinds:
            place = kinds.index("row")
            scalar = self.dot(tuple(done[place:]))
            del done[place:]
            return [scalar]
        while "diag" in kinds:
            place = len(kinds) - 1 - kinds[::-1].index("diag")
            done[place:] = [("column", self.powers(tuple(done[place:])))]
            kinds = [kind for kind, _ in done]
        return []

    def dot(self, links: tuple[Link, ...]) -> Powers:
        """A row times a column as a scalar."""
        (_, first), *between, (_, last) = links
        if between:
            u = elements(first, between[0][1][0][0].shape[0])
            e = u @ column_of((*between, links[-1]), None)
            return ((e, 1),)
        if not first and not last:
            raise Unreadable("1^T 1, of which the links do not tell the length")
        whole = first and last
        e = elements(first) @ elements(last) if whole else np.sum(elements(first or last))
        return ((self._dots.setdefault(frozenset(times(first, last)), e), 1),)

    def product(self, a: Chain, b: Chain) -> Chain:
        """The matrix product of two chains."""
        scalars, links = self.joined(a.links, b.links)
        return Chain(a.number * b.number, times(a.scalars, b.scalars, scalars), links)

    def hadamard(self, a: Chain, b: Chain) -> Chain | None:
        """The product element by element; None where it is no chain."""
        number, scalars = a.number * b.number, times(a.scalars, b.scalars)
        if not a.links or not b.links:
            return Chain(number, scalars, a.links or b.links)
        if a.links[-1][0] == b.links[-1][0] == "column":
            powers = times(self.powers(a.links), self.powers(b.links))
            return Chain(number, scalars, (("column", powers),))
        parts = [_sided(c.links) for c in (a, b)]
        if None in parts:
            return None
        (left, middle, right), (top, centre, bottom) = parts
        left, right = times(left, top), times(right, bottom)
        if middle is None and centre is None:
            return Chain(number, scalars, (("column", left), ("row", right)))
        powers = times(middle or (), centre or ())
        if not powers:  # diag(l) (A ⊗ (1 ⊘ A)) is l 1^T
            return Chain(number, scalars, (("column", left), ("row", right)))
        links = [("matrix", powers)]
        links = [("diag", left)] * bool(left) + links + [("diag", right)] * bool(right)
        return Chain(number, scalars, tuple(links))

    @staticmethod
    def by_elements(links: tuple[Link, ...]) -> tuple[Link, ...] | None:
        """The links of a matrix, if they are multiplied element by element: ``diag(l) A``."""
        return links if _sided(links) else None


def _row_at_end(done):
    """Where a row begins of which only matrices are left: ``x^T A``."""
    for place in reversed(range(len(done))):
        if done[place][0] == "row":
            return place
        if done[place][0] != "matrix":
            return None
    return None


def _is_inverse(left: Powers, right: Powers) -> bool:
    if len(left) != 1 or len(right) != 1 or left[0][1] != 1 or right[0][1] != 1:
        return False
    a, b = left[0][0], right[0][0]
    return a.op is INV and a.args[0] is b or b.op is INV and b.args[0] is a


def _sided(links):
    """``diag(l) A diag(r)`` as l, A and r, of ``l r^T`` without an A; None for anything else."""
    left: Powers = ()
    right: Powers = ()
    kinds = [kind for kind, _ in links]
    if kinds == ["column", "row"]:
        return links[0][1], None, links[1][1]
    if kinds[0] == "diag" and len(links) > 1:
        left, links = links[0][1], links[1:]
    if links[-1][0] == "diag" and len(links) > 1:
        right, links = links[-1][1], links[:-1]
    return (left, links[0][1], right) if len(links) == 1 and links[0][0] == "matrix" else None
