"""What can be assumed of a variable: a row for each assumption, as ``symmetric=True`` is one.

A row says of which numbers it holds, which numbers near to others fulfil it, and the facts that
follow from it. To support a new one, add a row, and its keyword to the makers of variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from functools import reduce
from typing import Any

import numpy as np

from .expr import SYMBOL, Expr, node


class Fact(Flag):
    """What is known of the entries of an expression."""

    NONE = 0
    SYMMETRIC = auto()  # its own transpose
    NONNEGATIVE = auto()
    POSITIVE = auto()
    DEFINITE = auto()  # symmetric, and x^T S x > 0
    SUMS_TO_ONE = auto()  # along its last axis
    ZERO_OR_ONE = auto()  # its own square, element by element


@dataclass(frozen=True)
class Assumption:
    """``holds`` is asked of the numbers of a variable; ``near`` is given a batch of any numbers.

    ``words`` say what has to be, and ``where`` in what case a claim is right that needs it.
    ``axes`` are the numbers of axes that a variable may have of which it is assumed, ``beside`` the
    assumptions that can be made together with it.
    """

    name: str
    words: str
    axes: tuple[int, ...]
    facts: Fact
    holds: Callable[[np.ndarray], bool]
    near: Callable[[np.ndarray], np.ndarray]
    beside: tuple[str, ...] = ()
    where: str = ""


_SMALLEST = 0.001  # of positive numbers that are drawn
_SHARE = 0.01  # of probabilities that are drawn, what all have in equal parts
_PARTS = 2**20  # of 1: numbers that are so many of them add up to 1 to the last digit
_ROUNDING, _SUM = 1e-9, 1e-6  # of numbers given; of a sum, for those that had seven digits


def _turned(a):
    return np.swapaxes(a, -1, -2)


def _is_symmetric(a):
    return bool((abs(a - _turned(a)) <= _ROUNDING * abs(a).max(initial=0)).all())


def _halfway(a):
    return (a + _turned(a)) / 2


def _positive(a):
    return np.maximum(abs(a), _SMALLEST)


def _is_definite(a):
    return _is_symmetric(a) and bool((np.linalg.eigvalsh(a) > 0).all())


def _definite(a):
    """Symmetric, and with so much added on the diagonal that all eigenvalues are positive."""
    a = _halfway(a)
    least = np.linalg.eigvalsh(a)[..., :1, None]
    large = np.maximum(1, abs(a).max(axis=(-1, -2), keepdims=True))
    return a + np.maximum(0, 0.1 * large - least) * np.eye(a.shape[-1])


def _sum_to_one(a):
    return bool((abs(a.sum(axis=-1) - 1) <= _SUM).all())


def _are_probabilities(a):
    return bool((a >= 0).all()) and _sum_to_one(a)


def _probabilities(a):
    a = _positive(a)
    shares = a / a.sum(axis=-1, keepdims=True)
    shares = (1 - _SHARE) * shares + _SHARE / a.shape[-1]
    first = np.floor(shares[..., :-1] * _PARTS) / _PARTS
    return np.concatenate([first, 1 - first.sum(axis=-1, keepdims=True)], axis=-1)


def _are_onehot(a):
    return bool(np.isin(a, (0, 1)).all() and (a.sum(axis=-1) == 1).all())


def _onehot(a):
    return np.eye(a.shape[-1])[np.argmax(a, axis=-1)]


ASSUMPTIONS = {
    row.name: row
    for row in (
        Assumption(
            "positive", "has to be above 0 everywhere", (0, 1, 2), Fact.POSITIVE | Fact.NONNEGATIVE,
            lambda a: bool((a > 0).all()), _positive,
            beside=("symmetric", "positive_definite", "probability"), where="is positive",
        ),
        Assumption(
            "symmetric", "has to be symmetric", (2,), Fact.SYMMETRIC, _is_symmetric, _halfway,
            beside=("positive", "positive_definite"), where="is symmetric",
        ),
        Assumption(
            "positive_definite", "has to be symmetric and positive definite", (2,),
            Fact.SYMMETRIC | Fact.DEFINITE, _is_definite, _definite,
            beside=("positive", "symmetric"),
        ),
        Assumption(
            "probability", "has to hold numbers from 0 up that add up to 1", (1, 2),
            Fact.NONNEGATIVE | Fact.SUMS_TO_ONE, _are_probabilities, _probabilities,
            beside=("positive",), where="adds up to 1",
        ),
        Assumption(
            "onehot", "has to hold a single 1 and else 0", (1, 2),
            Fact.NONNEGATIVE | Fact.SUMS_TO_ONE | Fact.ZERO_OR_ONE, _are_onehot, _onehot,
        ),
    )
}  # fmt: skip


# --- of variables ----------------------------------------------------------------------------


def chosen(asked: Mapping[str, Any], shape: tuple) -> dict[str, tuple[str, ...]]:
    """The parameter of a variable of this shape that says what is assumed; empty for nothing.

    Raises ValueError for what cannot be assumed together, or of this shape.
    """
    for name, value in asked.items():
        if not isinstance(value, bool | np.bool):
            raise ValueError(f"{name}={value!r}: True or False is expected")
    names = tuple(name for name in ASSUMPTIONS if asked.get(name))
    for name in names:
        row = ASSUMPTIONS[name]
        if row.facts & Fact.SYMMETRIC and shape[0] != shape[1]:
            size = " x ".join(map(str, shape))
            raise ValueError(f"{name}=True: a matrix that is {size} is not square")
        other = next((n for n in names if n != name and n not in row.beside), None)
        if other:
            raise ValueError(f"{name}=True and {other}=True are not assumed together: choose one")
    return {"assumed": names} if names else {}


def assumptions(v: Expr) -> list[Assumption]:
    """What is assumed of a variable, rows of the table."""
    return [ASSUMPTIONS[name] for name in v.params.get("assumed", ())]


def with_assumptions(v: Expr, names: Iterable[str] = ()) -> Expr:
    """The variable of this name with these assumptions instead of its own; without, with none."""
    params = {key: p for key, p in v.params.items() if key != "assumed"}
    names = tuple(names)
    return node(SYMBOL, **params, **({"assumed": names} if names else {}), shape=v.shape)


def supposing(v: Expr, name: str) -> Expr | None:
    """The variable with one assumption more; None if it has it, or if it cannot be made of it."""
    own, row = v.params.get("assumed", ()), ASSUMPTIONS[name]
    square = v.ndim == 2 and v.shape[0] == v.shape[1]
    possible = v.ndim in row.axes and (square or Fact.SYMMETRIC not in row.facts)
    if not possible or name in own or not {*own} <= {*row.beside}:
        return None
    return with_assumptions(v, (*own, name))


def assumed_facts(v: Expr) -> Fact:
    """What follows from what is assumed of a variable."""
    return reduce(lambda facts, row: facts | row.facts, assumptions(v), Fact.NONE)


# --- of numbers ------------------------------------------------------------------------------


def fulfilled(variables: Iterable[Expr], values: Mapping[str, np.ndarray]) -> dict:
    """Numbers by name, a batch of each, changed into near ones that fulfil what is assumed."""
    done = dict(values)
    for v in variables:
        for row in assumptions(v) if v.name in done else ():
            done[str(v.name)] = row.near(done[str(v.name)])
    return done


def settled(variables: Iterable[Expr], values: Mapping[str, Any]) -> dict:
    """The same for one point, where what already fulfils its assumptions stays as it is."""
    done = dict(values)
    for v in variables:
        for row in assumptions(v) if v.name in done else ():
            value = np.asarray(done[str(v.name)], dtype=float)
            done[str(v.name)] = value if row.holds(value) else row.near(value[None])[0]
    return done


def refuse_unfit(variables: Iterable[Expr], values: Mapping[str, Any]) -> None:
    """Raise ValueError for a value by name of which what is assumed does not hold.

    Values of another number of axes are left to others.
    """
    for v in variables:
        for row in assumptions(v) if v.name in values else ():
            value = np.asarray(values[str(v.name)], dtype=float)
            square = not row.facts & Fact.SYMMETRIC or len({*value.shape}) == 1
            if value.ndim == v.ndim and square and not row.holds(value):
                it = "each row" if v.ndim == 2 and Fact.SUMS_TO_ONE in row.facts else "it"
                raise ValueError(
                    f"the value of {v.name} does not fulfil {row.name}=True: {it} {row.words}"
                )
