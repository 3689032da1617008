"""Constants that have their length from a variable: in ``a * np.ones_like(x)`` only x tells n.

While a function is recorded they keep the variables as a further parameter. What is derived is
free of it, so that all ones of a length are one, and the variables are inputs besides.
"""

from __future__ import annotations

from .expr import Expr, node, replace, symbols, walk

_FILLED = ("ones", "zeros")


def lent(e: Expr, a: Expr) -> Expr:
    """``e`` with the variables of ``a`` kept in the constants that are filled like it."""
    known = dict.fromkeys([*symbols(a), *lenders(a)])
    kept = tuple(v for v in known if any(isinstance(n, str) for n in v.shape))

    def swap(part):
        if part.op.name in _FILLED and kept:
            return node(part.op, params=(*part.shape, kept), shape=part.shape)
        return None

    return replace(e, swap)


def lenders(e: Expr) -> list[Expr]:
    """The variables that tell lengths of constants in ``e``."""
    kept = [v for part in walk(e) if part.op.name in _FILLED for v in _kept(part)]
    return list(dict.fromkeys(kept))


def plain(e: Expr) -> Expr:
    """``e`` with constants that have a length and no more."""

    def swap(part):
        return node(part.op, params=part.shape) if part.op.name in _FILLED else None

    return replace(e, swap)


def _kept(part):
    return part.params[-1] if part.params and isinstance(part.params[-1], tuple) else ()
