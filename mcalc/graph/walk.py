"""Going through a graph: its nodes, and what is put in the place of some."""

from __future__ import annotations

import operator
from collections.abc import Callable

from .expr import LET, NUMBER, SYMBOL, UNEVALUATED, Expr, node


def rebuild(e: Expr, args: tuple) -> Expr:
    """The same operation on other operands."""
    return e if same(args, e.args) else node(e.op, *args, **e.params)


def same(some, others) -> bool:
    """Whether these are the same expressions, one by one."""
    return len(some) == len(others) and all(map(operator.is_, some, others))


# --- going through a graph -------------------------------------------------------------------


def walk(*roots: Expr) -> list[Expr]:
    """Every node once, operands before what is made of them.

    >>> import mcalc as mc
    >>> x = mc.scalars("x")
    >>> walk((x + 1) ** 2)
    [x, 1, x + 1, 2, (x + 1)^2]
    """
    order, seen, stack = [], set(), [(root, False) for root in reversed(roots)]
    while stack:
        e, ready = stack.pop()
        if ready:
            order.append(e)
        elif e not in seen:
            seen.add(e)
            stack.append((e, True))
            stack.extend((arg, False) for arg in reversed(e.args))
    return order


def replace(e: Expr, swap: Callable, rebuild: Callable = rebuild) -> Expr:
    """``e`` with ``swap(node)`` put wherever it is not None.

    >>> import mcalc as mc
    >>> x, y = mc.scalars("x y")
    >>> replace(x**2 + x, {x: y}.get)
    y^2 + y
    """
    done: dict[Expr, Expr] = {}
    stack = [(e, False)]
    while stack:  # a graph may be deeper than Python's own stack
        part, ready = stack.pop()
        if ready:
            done[part] = rebuild(part, tuple(done[a] for a in part.args))
        elif part not in done:
            new = swap(part)
            if new is None:
                stack.append((part, True))
                stack.extend((a, False) for a in reversed(part.args))
            else:
                done[part] = new
    return done[e]


def unnamed(e: Expr) -> Expr:
    """``e`` with every ``let`` replaced by its definition, and every derivative by its value."""
    return replace(e, lambda part: None, _opened)


def _opened(e, args):
    return args[0] if e.op in (LET, UNEVALUATED) else rebuild(e, args)


def symbols(*roots: Expr) -> list[Expr]:
    """The variables of expressions, in the order of their first use.

    >>> import mcalc as mc
    >>> b, z = mc.scalars("b z")
    >>> symbols(z * b)
    [z, b]
    """
    return [e for e in walk(*roots) if e.op is SYMBOL]


def is_number(e: Expr, value=None) -> bool:
    return e.op is NUMBER and (value is None or e.params["value"] == value)
