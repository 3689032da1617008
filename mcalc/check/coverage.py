"""Where a derivation was compared: at which lengths, and on which sides of its kinks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from ..graph.expr import Expr
from ..graph.primitives import MAX, MAXIMUM, differ
from ..graph.walk import is_number
from .points import choices, kinks

Lengths = tuple[tuple[str, int], ...]  # (("m", 2), ("n", 3))


def where_the_kink_is(site: Expr) -> tuple[str, str]:
    """Where an operation has a kink, and what the closed form takes there."""
    where = "{1} = {0}" if len(site.args) > 1 else "{0} = 0"
    takes = site.op.takes_at_kink or "mcalc takes 0"
    if site.op is MAX:
        where = "several elements are the largest"
        if not differ(*site.args):
            where, takes = "several elements of {0} are the largest", "mcalc takes a share of each"
    if site.op is MAXIMUM and is_number(site.args[0], 0):
        where, takes = "{1} = 0", "the paper takes 0"
    return where.format(*site.args), takes.format(*site.args)


@dataclass
class Kinks:
    """The operations of a function with a kink, and the sides on which points have been.

    ``choices`` are all with a kink or jump: what other inputs alone choose is no kink of the
    function, but the closed form must choose it, too.
    """

    sites: list[Expr]
    choices: list[Expr]
    seen: dict[Expr, set]

    @classmethod
    def of(cls, y: Expr, variables: Iterable[Expr]) -> Kinks:
        """Those of ``y`` by these variables; no side has been seen yet."""
        sites = kinks(y, variables)
        return cls(sites, choices(y), {e: set() for e in sites if not e.op.analytic})

    def see(self, sides: dict) -> None:
        """Note the sides of a point at which a comparison was made."""
        for site, seen in self.seen.items():
            seen |= set(np.unique(sides[site]))

    def unseen(self) -> list[Expr]:
        """The kinks that were tried on one side only. What is on its kink everywhere has none."""
        return [site for site, seen in self.seen.items() if not {-1, 1} <= seen and seen != {0}]

    def lines(self) -> Iterator[str]:
        """A line of the report for each kink."""
        unseen = {*self.unseen()}
        for site in (site for site, seen in self.seen.items() if seen != {0}):
            sides = "one side only" if site in unseen else "both sides"
            yield f"  {site} was tried on {sides} of its kink, where {where_the_kink_is(site)[1]}"


@dataclass
class Coverage:
    """The points and lengths at which a derivation was compared, and the lengths at which not.

    ``without`` has for each length at which no point was found whether the function has a value
    there.
    """

    letters: list[str]
    points: int = 0
    compared: set[Lengths] = field(default_factory=set)
    without: dict[Lengths, bool] = field(default_factory=dict)

    @property
    def without_value(self) -> set[Lengths]:
        """The lengths at which the function has no value, as nothing was found there."""
        return {k for k, smooth in self.without.items() if not smooth} - self.compared

    def lines(self) -> Iterator[str]:
        """The lengths at which nothing was compared, a line of the report for each reason."""
        reasons: dict[str, list[str]] = {}
        for lengths in sorted(self.without.keys() - self.compared):
            reason = "nowhere smooth" if self.without[lengths] else "no value"
            reasons.setdefault(reason, []).append(at_lengths(lengths))
        for reason, places in reasons.items():
            needs = self.needs() if reason == "no value" else ""
            yield f"  not compared at {'; '.join(places)}: {reason} there{needs}"

    def needs(self) -> str:
        """What the lengths with a value have that those without one have not: N >= n."""
        without, have = (list(map(dict, s)) for s in (self.without_value, self.compared))
        if not without or not have:
            return ""
        for a in self.letters:
            least = min(sizes[a] for sizes in have)
            if all(sizes[a] < least for sizes in without):
                return f", it needs {a} >= {least}"
        for a, b in permutations(self.letters, 2):
            if all(s[a] >= s[b] for s in have) and all(s[a] < s[b] for s in without):
                return f", it needs {a} >= {b}"
            if all(s[a] > s[b] for s in have) and all(s[a] <= s[b] for s in without):
                return f", it needs {a} > {b}"
        return ""


def at_lengths(lengths: Iterable[tuple[str, int]]) -> str:
    """``m = 2, n = 3``."""
    return ", ".join(f"{name} = {n}" for name, n in lengths)
