"""The second way: grind the vectors down to scalars and differentiate those, one by one.

Nothing here knows about Jacobians of vectors: SymPy differentiates every output by every input.
"""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from .claims import told_lengths
from .evaluate import length, letters
from .expr import NUMBER, SIZE, SYMBOL, Expr, as_expr, unnamed, walk
from .scalars import Entries, Slices


def jacobian(y: Expr, variables: tuple, sizes: dict) -> Entries:
    """The m x n matrix of scalar derivatives, over ``x_1, x_2, ...``.

    Raises ValueError if a symbolic size has no value, or a value has no such size.
    """
    _need(sizes, letters(y, *variables), y)
    inputs = [s for v in variables for s in symbols_of(v, sizes).flat]
    return _entries([[sp.diff(f, x) for x in inputs] for f in scalars_of(y, sizes).flat])


class TooMuch(Exception):
    """What SymPy cannot do with the scalars of an expression."""


_OF_REAL = {"re": lambda z: z, "im": lambda z: 0 * z, "arg": lambda z: 0.0 if z >= 0 else math.pi}


def compiled(y: Expr, variables: tuple, inputs, sizes: dict):
    """A function of the numbers of all ``inputs``, a flat list, that gives the Jacobian's entries.

    Raises :class:`TooMuch` where SymPy fails, as at the derivative of ``|a^b|``, and so does the
    function; both let an ArithmeticError or ValueError of a point through.
    """
    try:
        entries = [s for e in inputs for s in symbols_of(e, sizes).flat]
        matrix = jacobian(y, variables, sizes)
        function = sp.lambdify(entries, matrix.tolist(), [_OF_REAL, "math"], cse=True)
    except Exception as error:  # comparisons that send it in circles, singular matrices, and more
        raise TooMuch(f"{error}") from error

    def numbers(values):
        try:
            return np.array(function(*values), dtype=float)
        except (ArithmeticError, ValueError):
            raise
        except Exception as error:  # functions that are SymPy's only
            raise TooMuch(f"{error}") from error

    return numbers


def spread(whole: Entries, matrix: Expr, sizes: dict, axes: int) -> Entries | Slices:
    """A Jacobian with a column for each entry of ``matrix``, in the shape of that matrix.

    Of a scalar it is turned, as numerator layout has it; of a vector it is a matrix an output.
    """
    shape = length(matrix.shape, sizes)
    slices = [Entries(*shape, list(whole.row(k))) for k in range(whole.rows)]
    return Slices(slices) if axes else slices[0].T


def entries(y: Expr, **sizes) -> Entries:
    """A scalar, vector or matrix entry by entry, as a ``sympy.Matrix``: ``entries(w * x, n=3)``.

    Raises ValueError for a missing or unknown size, and for ``ones()`` of unknown length.
    """
    y = told_lengths(as_expr(y))
    _need(sizes, letters(y), y)
    values = scalars_of(unnamed(y), sizes)
    return _entries(values.reshape(*values.shape, *(1,) * (2 - values.ndim)).tolist())


def _entries(rows):
    # a choice between conditions, as SymPy nests cases, is one that its own printers cannot write
    return Entries(rows).replace(sp.ITE, lambda c, yes, no: c & yes | ~c & no)


def _need(sizes, wanted, y):
    for name in wanted:
        if not isinstance(sizes.get(name), int) or sizes[name] < 1:
            example = ", ".join(f"{n}=3" for n in wanted)
            raise ValueError(f"the size {name} is missing: give a number for each, as in {example}")
    for name in sizes:
        if name not in wanted:
            known = ", ".join(wanted) or "none"
            raise ValueError(f"{name} is not a size of {y}: its sizes are {known}")


def symbols_of(variable: Expr, sizes: dict) -> np.ndarray:
    """The SymPy symbols of a variable's entries: ``x_1``, ``A_12``."""
    entries = np.empty(length(variable.shape, sizes), dtype=object)
    separator = "," if max(entries.shape, default=0) > 9 else ""
    for place in np.ndindex(entries.shape):
        below = separator.join(str(k + 1) for k in place)
        entries[place] = sp.Symbol("_".join([variable.name, below][: 1 + len(place)]), real=True)
    return entries


def scalars_of(y: Expr, sizes: dict) -> np.ndarray:
    """Every entry of ``y`` as a SymPy expression, in an array of objects."""
    found: dict[Expr, np.ndarray] = {}
    for e in walk(y):
        operands = [found[a] for a in e.args]
        params = () if e.op is SYMBOL else length(e.params, sizes)
        if e.op is SYMBOL:
            value = symbols_of(e, sizes)
        elif e.op in (NUMBER, SIZE):
            (exact,) = params
            value = sp.Float(exact) if isinstance(exact, float) else sp.Rational(exact)
        elif e.op.scalar:
            value = np.frompyfunc(e.op.scalar, len(operands), 1)(*operands)
        elif e.args:
            value = (e.op.grind or e.op.numpy)(*operands, *params)
        else:
            value = np.frompyfunc(sp.Integer, 1, 1)(e.op.numpy(*params).astype(int))
        found[e] = np.asarray(value, dtype=object)
    return found[y]
