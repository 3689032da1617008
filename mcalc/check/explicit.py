"""The second way: grind the vectors down to scalars and differentiate those, one by one.

Nothing here knows about Jacobians of vectors: SymPy differentiates every output by every input.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from contextlib import contextmanager
from numbers import Integral

import numpy as np
import sympy as sp

from ..graph.expr import ENOUGH, NUMBER, SIZE, SYMBOL, Expr, UnsupportedError, as_expr
from ..graph.lengths import length, needed, params_at, resolve_open_lengths, symbolic_sizes
from ..graph.primitives import DET, INV, LOGDET
from ..graph.walk import symbols, unnamed, walk
from ..notation.scalars import Entries, Slices

LARGE, DEEP = 2000, 60  # parts of a formula, and how deep they are nested: SymPy takes no more


def jacobian(y: Expr, variables: tuple, sizes: dict) -> Entries:
    """The m x n matrix of scalar derivatives, over ``x_1, x_2, ...``.

    Raises ValueError if a symbolic size has no value, or a value has no such size;
    UnsupportedError if ``y`` is too large or too deep for SymPy.
    """
    sizes = _sizes(sizes, symbolic_sizes(y, *variables), y)
    return _entries(_derivatives(y, variables, sizes, _named(y, variables, sizes)))


def _named(y, variables, sizes):
    """The SymPy symbols of all variables, by variable."""
    among = dict.fromkeys([*symbols(y), *variables])
    return {v: symbols_of(v, sizes, among) for v in among}


def _derivatives(y, variables, sizes, marks):
    """Every output of ``y`` by every input, where the inputs' entries are these symbols."""
    inputs = [s for v in variables for s in marks[v].flat]
    return [[sp.diff(f, x) for x in inputs] for f in scalars_of(y, sizes, marks).flat]


def lambdified(y: Expr, variables: tuple, inputs: tuple, sizes: dict) -> Callable:
    """The same at a point: a function of the arrays of the ``inputs`` by name.

    Raises UnsupportedError, as the function may, if the derivatives are too much for SymPy; and
    ArithmeticError, as the function does at a point, where they have no value.
    """
    # named so that they can stand in code as they are: exchanging them takes SymPy a second
    marks = {e: _marks(length(e.shape, sizes), f"_{k}_") for k, e in enumerate(inputs)}
    with _refusals():
        entries = _entries(_derivatives(y, variables, sizes, marks)).tolist()
        flat = [s for e in inputs for s in marks[e].flat]
        code = sp.lambdify(flat, entries, [_OF_REALS, "math"], cse=True)

    def at(**values):
        numbers = [np.ravel(values[e.name]) for e in inputs]
        with _refusals():
            return np.array(code(*np.concatenate(numbers).tolist()), dtype=float)

    return at


def _marks(shape, prefix):
    names = [f"{prefix}{k}" for k in range(math.prod(shape))]
    return _real(names).reshape(shape)


def _real(names):
    return np.array([sp.Symbol(name, real=True) for name in names], dtype=object)


# what SymPy leaves in formulas of which it does not see that they are real
_OF_REALS = {
    "re": lambda a: a.real,
    "im": lambda a: a.imag,
    "arg": cmath.phase,
    "conjugate": lambda a: a.conjugate(),
}


@contextmanager
def _refusals():
    """Every error of SymPy's, or of its code, as one of the two that are documented."""
    try:
        yield
    except (ArithmeticError, UnsupportedError):
        raise
    except ValueError as error:  # log(-1), or the inverse of what is singular for these sizes
        raise ArithmeticError(f"the scalars have no value here: {error}") from None
    except Exception as error:  # NameError: Derivative, TypeError: a relation, RecursionError, ...
        raise UnsupportedError(f"this is too much for SymPy: {error}") from None


def spread(
    jacobian: Entries, y: Expr, variables: tuple, sizes: dict, more_axes: bool
) -> Entries | Slices:
    """A Jacobian with a row for each entry of ``y``, in numerator layout.

    Of a scalar by a matrix it is turned, and a matrix by a scalar has the matrix's shape. What has
    ``more_axes`` is a matrix for each entry of ``y``, in the shape of what it is by: a column for a
    vector, a row for several scalars.
    """
    shape = length(variables[0].shape, sizes) or (1, jacobian.cols)
    rows = [list(jacobian.row(k)) for k in range(jacobian.rows)]
    if more_axes:
        columns = length(y.shape[1:], sizes)
        return Slices([Entries(*(*shape, 1)[:2], row) for row in rows], *columns)
    if y.ndim == 2:
        return Entries(*length(y.shape, sizes), [row[0] for row in rows])
    return Entries(*shape, rows[0]).T if variables[0].ndim == 2 else jacobian


def entries(y: Expr, **sizes: int) -> Entries:
    """A scalar, vector or matrix entry by entry, as a ``sympy.Matrix``: ``entries(w * x, n=3)``.

    A scalar is 1 x 1, a vector of length n a column, n x 1, and a matrix has its own shape. Each
    symbolic length of ``y`` is given as a number by its name; the entries of ``x`` are ``x_1``,
    ``x_2``, ... as in section 4.1 of the paper.

    Raises ValueError for a missing or unknown size, and for ``ones()`` of unknown length;
    TypeError for what is no expression, as a string; UnsupportedError if ``y`` is too large or too
    deep for SymPy.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.entries(w * x, n=2).tolist()
    [[w_1*x_1], [w_2*x_2]]
    """
    y = resolve_open_lengths(as_expr(y))
    y, sizes = unnamed(y), _sizes(sizes, symbolic_sizes(y), y)
    values = scalars_of(y, sizes, _named(y, (), sizes))
    return _entries(values.reshape(*values.shape, *(1,) * (2 - values.ndim)).tolist())


def _entries(rows):
    # a choice between conditions, as SymPy nests cases, is one that its own printers cannot write
    return Entries(rows).replace(sp.ITE, lambda c, yes, no: c & yes | ~c & no)


def _sizes(sizes, wanted, y):
    """The numbers that are given for the lengths of ``y``, one for each that is ``wanted``."""
    for name in wanted:
        if name not in sizes:
            example = ", ".join(f"{n}=3" for n in wanted)
            raise ValueError(f"the size {name} is missing: give a number for each, as in {example}")
    for name, size in sizes.items():
        if name not in wanted:
            known = ", ".join(wanted) or "none"
            raise ValueError(f"{name} is not a size of {y}: its sizes are {known}")
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name}={size!r} is not a size: give a whole number from 1 up")
    for n, least in needed(y).items():  # of x[7] eight
        if length(n, sizes) < least:
            raise ValueError(f"{n} is {length(n, sizes)}, and at least {least} is needed in {y}")
    return {name: int(size) for name, size in sizes.items()}


def symbols_of(variable: Expr, sizes: dict, among=()) -> np.ndarray:
    """The SymPy symbols of a variable's entries: ``x_1``, ``A_12``.

    They are ``x_(1)`` and ``A_(12)`` where one ``among`` the variables, or an entry of theirs, has
    that name already: a vector ``x`` and a scalar ``x_1`` may stand in one formula.
    """
    names = _entry_names(variable, sizes)
    others = [v for v in among if v is not variable]
    taken = {v.name for v in others} | {n for v in others for n in _entry_names(v, sizes).flat}
    if variable.ndim and not taken.isdisjoint(names.flat):
        names = _entry_names(variable, sizes, "{}_({})")
    return _real(names.flat).reshape(names.shape)


def _entry_names(variable, sizes, template="{}_{}"):
    names = np.empty(length(variable.shape, sizes), dtype=object)
    separator = "," if max(names.shape, default=0) > 9 else ""
    for place in np.ndindex(names.shape):
        below = separator.join(str(k + 1) for k in place)
        names[place] = template.format(variable.name, below) if place else variable.name
    return names


def _scalar_weight(y, sizes):
    """How many parts an entry of ``y`` has when it is written out: of ``A x``, n products."""
    weights: dict[Expr, int] = {}
    for e in walk(y):
        inside = sum(weights[a] for a in e.args)
        weights[e] = min(1 + _summed(e, sizes) * inside, ENOUGH)
    return weights[y]


def _summed(e, sizes):
    """How many entries of its operands go into an entry of an operation."""
    shapes = [length(a.shape, sizes) for a in e.args]
    if e.op in (INV, DET, LOGDET):  # a product for each order of the rows
        return shapes[0][0] * math.factorial(shapes[0][0])
    if e.op.sympy_array:
        return math.prod(shapes[0]) if shapes else 1
    if not e.op.einsum:
        return 1
    inputs, output = e.op.einsum.split("->")
    pairs = zip(inputs.split(","), shapes, strict=True)
    lengths = {k: n for axes, shape in pairs for k, n in zip(axes, shape, strict=True)}
    return math.prod(n for letter, n in lengths.items() if letter not in output)


def scalars_of(y: Expr, sizes: dict, marks: dict) -> np.ndarray:
    """Every entry of ``y`` as a SymPy expression of these symbols, in an array of objects."""
    deep = y.nesting > DEEP
    if deep or _scalar_weight(y, sizes) > LARGE:
        raise UnsupportedError(
            f"the formula is too {'deep' if deep else 'large'} for SymPy's scalars: use .numpy(), "
            ".jvp and .vjp, which give numbers"
        )
    computed: dict[Expr, np.ndarray] = {}
    for e in walk(y):
        operands = [computed[a] for a in e.args]
        params = params_at(e, sizes)
        if e.op is SYMBOL:
            value = marks[e]
        elif e.op in (NUMBER, SIZE):
            (exact,) = params.values()
            value = sp.Float(exact) if isinstance(exact, float) else sp.Rational(exact)
        elif e.op.sympy_array and not e.args:
            value = np.array(e.op.sympy_array(), dtype=object)
        elif e.op.sympy_form:
            value = np.frompyfunc(e.op.sympy_form, len(operands), 1)(*operands)
        elif e.args:
            value = (e.op.sympy_array or e.op.numpy)(*operands, **params)
        else:
            value = np.frompyfunc(sp.Integer, 1, 1)(e.op.numpy(**params).astype(int))
        computed[e] = np.asarray(value, dtype=object)
    return computed[y]
