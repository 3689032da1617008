"""What is to be derived, and by what: both are looked at before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..graph import expr, lengths
from ..graph.expr import LET, SYMBOL, UNEVALUATED, Expr, node
from ..graph.lengths import size_providers, without_size_providers
from ..graph.primitives import INDEX, ROW
from ..graph.walk import replace, walk


def function_of(y: Any) -> tuple[Expr, list[Expr]]:
    """The function to derive, and variables that tell lengths in it.

    Raises ValueError for a constant of unknown length and for one name that stands for two things,
    UnsupportedError for conditions alone.
    """
    y = expr.as_expr(list(y) if isinstance(y, tuple) else y)
    y = replace(y, lambda part: part.args[0] if part.op is UNEVALUATED else None)
    y = y.args[0] if y.op is ROW else y
    y = lengths.resolve_open_lengths(y)
    for e in walk(y):
        if e.boolean is None:
            raise expr.UnsupportedError(
                f"{e} calculates with conditions alone, which NumPy has as True and False and not "
                f"as 1 and 0: write 1.0 * ({e.args[0]})"
            )
    refuse_two_meanings(y, (*walk(y), *size_providers(y)))
    return without_size_providers(y), size_providers(y)


def refuse_two_meanings(y: Expr, parts: Iterable[Expr]) -> None:
    """Refuse a name that stands for two things among these parts."""
    named: dict[str, Expr] = {}
    for e in parts:
        if e.name and (other := named.setdefault(e.name, e)) is not e:
            alike = e.op is other.op is SYMBOL and e.shape == other.shape
            advice = "make the variable once" if alike else "rename one of them"
            raise ValueError(f"{y} uses the name {e.name} for two things: {advice}")


def lets_as_symbols(y: Expr, asked: Iterable) -> dict[Expr, Expr]:
    """An intermediate variable that is derived by is a variable, as if it had no definition."""
    lets = [e for e in walk(y) if e.op is LET and any(e is v for v in asked)]
    return {v: node(SYMBOL, name=v.name, shape=v.shape) for v in lets}


def refuse_no_variables(y: Expr, variables: Sequence, inputs: Sequence[Expr], several: bool):
    """Refuse what cannot be derived by; ``inputs`` are the variables of ``y``."""
    if not variables:
        raise ValueError("wrt is empty: give a variable, or a tuple of scalar variables")
    for v in variables:
        if not isinstance(v, Expr) or v.op is not SYMBOL:
            names = ", ".join(str(e.name) for e in inputs) or "none"
            raise ValueError(f"{v} is not a variable of {y}: its variables are {names}{_hint(v)}")
        if several and v.ndim:
            kind = ("vector", "matrix")[v.ndim - 1]
            raise ValueError(f"{v} is a {kind}: a tuple for wrt holds scalar variables only")
    if len({*variables}) < len(variables):
        raise ValueError("wrt has a variable twice: give each once, for a column each")


def _hint(v) -> str:
    """What else may have been meant by something that is no variable."""
    if isinstance(v, str):
        return "; give the variable, not its name"
    if not isinstance(v, Expr) or v.op not in (INDEX, LET):
        return ""
    if v.op is LET:
        return f"; {v} names {v.args[0]}, and no part of it has this name"
    return "; an element is a column of the Jacobian by its vector"
