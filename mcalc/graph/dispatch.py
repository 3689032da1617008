"""NumPy's functions that have a rule, and what is said of a call that has none."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

# NumPy function, or a name that it has none for -> what it builds; filled by the rules
NUMPY: dict[Callable | str, Callable[..., Any]] = {}


# what to write for a function that has no rule
INSTEAD = {
    "argmax": "np.max(x), or np.where(x == np.max(x), 1, 0) for where it is",
    "argmin": "np.min(x), or np.where(x == np.min(x), 1, 0) for where it is",
    **dict.fromkeys(
        ("sort", "argsort", "partition", "median"),
        "np.max and np.min, or x[[2, 0, 1]] for an order that stays",
    ),
    "dsplit": "parts such as x[:2] and x[2:]",
    **dict.fromkeys(("imag", "angle"), "a function of real numbers: all variables are real"),
    **dict.fromkeys(
        ("nan_to_num", "nansum", "nanmean"), "np.where(condition, x, 0), with a condition on x"
    ),
    **dict.fromkeys(
        ("floor", "ceil", "rint", "trunc", "round"), "a number: its slope is 0 wherever it has one"
    ),
    **dict.fromkeys(("remainder", "fmod"), "x - k * y, with the whole number k"),
    "sinc": "np.sin(np.pi * x) / (np.pi * x), which has no value at 0",
    "take_along_axis": "X[np.arange(4), labels], with lists of whole numbers",
    **dict.fromkeys(("svd", "cholesky"), "the factors as variables of their own"),
}


class UnsupportedError(TypeError):
    """A NumPy function without a rule; the message names it and what is near.

    >>> import mcalc as mc
    >>> np.nanmax(mc.vectors("x"))
    Traceback (most recent call last):
    mcalc.graph.dispatch.UnsupportedError: np.nanmax has no rule in mcalc; near it: np.amax, np.max
    """


def full_name(function) -> str:
    """``np.linalg.norm`` for the function of that name."""
    module = getattr(function, "__module__", "numpy") or "numpy"
    return ("np.linalg." if module.endswith("linalg") else "np.") + function.__name__


def rule_of(function, options: dict) -> Callable:
    """What is built of a call of NumPy's; raises UnsupportedError where there is no rule."""
    name = full_name(function)
    if options.get("out") is not None:
        raise UnsupportedError(
            f"{name}: out= changes an array, and a formula cannot be changed: write z = {name}(...)"
        )
    if function is np.bitwise_xor:
        raise UnsupportedError("^ is np.bitwise_xor, which has no rule: for a power write x**2")
    build = NUMPY.get(function)
    if build is None:
        if function.__name__ in INSTEAD:
            instead = INSTEAD[function.__name__]
            raise UnsupportedError(f"{name} has no rule in mcalc; write {instead}")
        known = {f.__name__: full_name(f) for f in NUMPY if callable(f)}
        close = difflib.get_close_matches(function.__name__, sorted(known), n=3, cutoff=0.65)
        near = ", ".join(known[short] for short in close)
        near = near and f"; near it: {near}"
        raise UnsupportedError(f"{name} has no rule in mcalc{near}")
    return build


def refuse_parameters(function, build: Callable, args, options: dict) -> None:
    """Refuse a call with parameters that NumPy's function has and ``build`` does not."""
    if not _takes(build, args, options):
        refused = _not_taken(function, build, args, options) or f"{len(args)} operands"
        raise UnsupportedError(
            f"{full_name(function)} has no rule in mcalc for {refused}"
        ) from None


def _not_taken(function, build, args, options):
    """The names of the parameters that NumPy's function has and ``build`` does not."""
    if isinstance(function, np.ufunc):
        return ", ".join(options)
    passed = inspect.signature(function).bind(*args, **options).arguments
    return ", ".join(name for name in passed if name not in inspect.signature(build).parameters)


def _takes(function, args, options):
    try:
        inspect.signature(function).bind(*args, **options)
    except TypeError:
        return False
    return True
