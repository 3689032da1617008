"""Numbers with many digits: what a verdict is tried again with before it is a no.

``1 - tanh(a)^2`` and ``1/cosh(a)^2`` are one function, and at a = 20 floating-point numbers give 0
for the first and 1.7e-17 for the second. With 50 digits they agree.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from functools import cache

import mpmath
import numpy as np
import sympy as sp

from ..graph.expr import NUMBER, SIZE, SYMBOL, Expr
from ..graph.lengths import length, params_at
from ..graph.walk import walk
from .interpret import aligned

DIGITS = 50, 200, 400  # more of them where fewer cannot tell
SAME = 1e-12  # relative; constants such as 0.7978845608028654 have no more digits
_FAR = 10_000  # digits of two before the point; of more the exponential would take all memory
_FAR_EXPONENT = 300  # and of an exponent: each digit of z^(e^e^e^x) is a product of its own
_STEP = 60  # digits of the step of a difference: sin(sinh(a)) at 70 turns 10^30 times as fast as a
_NAN = mpmath.mpf("nan")
_one_at_a_time = threading.RLock()


@contextmanager
def working(digits: int):
    """Work with so many digits: mpmath has one number of them, for all threads."""
    with _one_at_a_time, mpmath.workdps(digits):
        yield


@cache
def _scalar(op, count):
    """An element-wise operation on mpmath's numbers; not-a-number where it has no real value."""
    marks = sp.symbols(f"a:{count}", real=True)
    form = op.sympy_form(*marks)
    function = sp.lambdify(marks, form, "mpmath")
    grows = form.has(sp.exp, sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh) or form.is_Pow

    far = [_FAR if grows else math.inf] * count
    if form.is_Pow and count == 2:
        far[1] = _FAR_EXPONENT

    def quiet(*operands):
        # exp(exp(exp(9))) has none; exp(-inf) is 0
        if any(
            mpmath.isfinite(a) and mpmath.mag(a) > most
            for a, most in zip(operands, far, strict=True)
        ):
            return _NAN
        try:
            return _real(function(*operands))
        except (ArithmeticError, ValueError, TypeError):  # 1/0, a comparison with not-a-number
            return _NAN

    return np.frompyfunc(quiet, count, 1)


def _real(value):
    if isinstance(value, sp.Basic):  # of the functions that stay SymPy's
        value = value.evalf(mpmath.mp.dps)
        value = value._to_mpmath(mpmath.mp.prec) if value.is_number else _NAN
    if isinstance(value, mpmath.mpc):
        return value.real if value.imag == 0 else _NAN
    return mpmath.mpf(value)


def _number(value):
    if isinstance(value, float | np.floating):
        return mpmath.mpf(float(value))
    top, bottom = value.as_integer_ratio()
    return mpmath.mpf(top) / bottom


_precise = np.frompyfunc(_number, 1, 1)


def precise(roots, values: dict, sizes: dict) -> dict[Expr, np.ndarray]:
    """The value of every node with the digits that are set, as arrays of mpmath's numbers.

    The inputs have a leading batch axis, as in :func:`mcalc.check.interpret.batch`.
    """
    count = max(map(len, values.values()), default=1)
    computed: dict[Expr, np.ndarray] = {}
    for e in walk(*roots):
        params = params_at(e, sizes)
        if e.op is SYMBOL:
            value = values[e.name]
            value = value if value.dtype == object else _precise(value)
        elif e.op in (NUMBER, SIZE):
            value = np.array([*map(_number, params.values())], dtype=object)
        elif not e.args:
            value = _precise(np.asarray(e.op.numpy(**params), dtype=float)[None])
        elif e.op.sympy_form:
            value = _scalar(e.op, len(e.args))(*aligned(e, computed))
        elif e.op.precise:
            value = _each(e.op.precise, computed[e.args[0]], e.ndim)
        else:
            value = e.op.numpy(*(computed[a] for a in e.args), **params)
        value = np.asarray(value, dtype=object)
        computed[e] = np.broadcast_to(value, (count, *value.shape[1:]))
    return computed


def _each(function, matrices, ndim):
    """A function of one matrix at each point, with so many axes; not-a-number where it has none."""
    done = []
    for matrix in matrices:
        try:
            value = function(mpmath.matrix(matrix.tolist()))
        except (ArithmeticError, ValueError, TypeError):  # singular, or of not-a-numbers
            value = None
        done.append(value.tolist() if isinstance(value, mpmath.matrix) else value)
    lost = np.full(matrices.shape[1:][:ndim], _NAN, dtype=object)
    return np.array([lost if v is None else v for v in done], dtype=object)


def finite(values) -> np.ndarray:
    """Which of mpmath's numbers are finite."""
    return np.frompyfunc(mpmath.isfinite, 1, 1)(values).astype(bool)


def differ(a: Expr, b: Expr, values: dict, sizes: dict, shape: tuple) -> tuple:
    """Where two formulas differ, as far as many digits can tell, and their values in this shape.

    What is smaller than rounding leaves of the numbers on the way is tried with more digits: of
    1 - tanh(200)^2 the first 170 are 0. What not even the most of them tell is no difference.
    """
    for digits in DIGITS:
        with working(digits):
            computed = precise([a, b], values, sizes)
            one, other = (np.broadcast_to(_matrices(computed[e]), shape) for e in (a, b))
            largest = max_each(computed.values(), shape[0]).reshape(-1, 1, 1)
            both = finite(one) & finite(other)
            apart = np.where(both, abs(one - other), 0)
            wrong = (apart > SAME * np.where(both, np.maximum(abs(one), abs(other)), 1)).astype(
                bool
            )
            sure = (apart > largest * mpmath.mpf(10) ** (-0.7 * digits)).astype(bool)
        if not (wrong & ~sure).any():
            break
    return wrong & sure, one, other


def _matrices(values):
    return values.reshape((*values.shape, 1, 1)[:3])


def max_each(arrays, count: int) -> np.ndarray:
    """The largest finite number at each point, and 1 at least."""
    most = np.full(count, mpmath.mpf(1), dtype=object)
    for values in arrays:
        flat = np.abs(values.reshape(count, -1))
        most = np.maximum(most, np.where(finite(flat), flat, 0).max(axis=1, initial=0))
    return most


def slopes(y: Expr, variables, values: dict, sizes: dict, only=None) -> np.ndarray:
    """The Jacobian by differences, m x n: of so many digits a step loses none that matter.

    With ``only`` some columns are asked for, the others are no numbers.
    """
    step = mpmath.mpf(10) ** -_STEP
    columns: list[np.ndarray] = []
    outputs = math.prod(length(y.shape, sizes))
    for x in variables:
        for place in np.ndindex(values[x.name].shape):
            if only is not None and not only[len(columns)]:
                columns.append(np.full(outputs, _NAN, dtype=object))
                continue
            moved = {name: _precise(np.asarray(v)[None]) for name, v in values.items()}
            pair = np.repeat(moved[x.name], 2, axis=0)
            pair[(0, *place)] += step
            pair[(1, *place)] -= step
            ahead, behind = precise([y], {**moved, x.name: pair}, sizes)[y]
            columns.append(np.reshape((ahead - behind) / (2 * step), -1))
    return np.array(columns, dtype=object).T
