"""Products of vectors and matrices, transposes, triangles, and what a square matrix has."""

from __future__ import annotations

from functools import partial, reduce
from numbers import Integral

import numpy as np

from . import kronecker, walk
from .axes import is_axis
from .broadcast import vector_of
from .dispatch import NUMPY, UnsupportedError
from .expr import as_expr, node
from .facts import is_symmetric
from .primitives import (
    ADD,
    COLUMN,
    DET,
    DIAG,
    DIAGONAL,
    DIVIDE,
    DOT,
    EIGVALS,
    EIGVALSH,
    EIGVECS,
    EIGVECSH,
    EQUAL,
    EXCHANGE,
    IDENTITY,
    INV,
    LOGDET,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    NOT_EQUAL,
    ONES,
    OUTER,
    PINV,
    ROW,
    STACK,
    TRACE,
    TRANSPOSE,
    TRIANGLE,
    VECMAT,
    as_column,
    of_vector,
    of_vectors,
)
from .shapes import ShapeError, common_shape, same_length, shape_text
from .weighted import weighted_sum


def _matmul(a, b):
    a, b = as_expr(a), as_expr(b)
    if 0 in (a.ndim, b.ndim):
        raise ShapeError(f"matmul: {a} @ {b} has a scalar in it: write * for scalar products")
    if b.op is ROW:
        advice = "use np.outer for column times row, and leave out the .T for a dot product"
        if a.ndim == 2:
            advice = "the inner lengths must agree; a row times a matrix has the row first"
        raise ShapeError(
            f"matmul: {a} @ {b} is {shape_text(a.shape)} by {shape_text(b.shape)}: {advice}"
        )
    if COLUMN in (a.op, b.op) or _is_laid_row(a) or _is_laid_row(b):
        return _matmul_laid(a, b)
    product = {(1, 1): DOT, (2, 1): MATVEC, (1, 2): VECMAT, (2, 2): MATMAT}
    left = as_column(a)
    result = node(product[left.ndim, b.ndim], left, b)
    return node(ROW, result) if a.op is ROW and b.ndim == 2 else result


def _is_laid_row(e):
    return e.op is TRANSPOSE and e.args[0].op is COLUMN


def _matmul_laid(a, b):
    """A product with a column ``v[:, None]`` or a row ``v[None, :]``."""
    single = a.args[0] if a.op is ROW else a
    if single.shape == (1,) and b.ndim == 2 and b.shape[0] == 1:  # one number by a row
        row = np.multiply(single[0], vector_of(b))
        return node(ROW, row) if a.op is ROW else row
    if a.shape[-1] == 1 and a.ndim == 2 and b.ndim == 2 and b.shape[0] == 1:  # a column by a row
        return of_vectors(OUTER, vector_of(a), vector_of(b))
    if a.shape[-1] == 1 and b.shape == (1,):
        return vector_of(a) * b[0]
    if a.op is COLUMN or _is_laid_row(b):
        written = [f"{e.args[0]}[:, None]" if e.op is COLUMN else f"{e}" for e in (a, b)]
        written = [f"{vector_of(e)}[None, :]" if _is_laid_row(e) else text
                   for e, text in zip((a, b), written, strict=True)]  # fmt: skip
        raise ShapeError(
            f"matmul: {written[0]} is {shape_text(a.shape)} and {written[1]} is "
            f"{shape_text(b.shape)}: the inner lengths must agree"
        )
    left = vector_of(a) if _is_laid_row(a) else a
    right = vector_of(b) if b.op is COLUMN else b
    product = _matmul(left, right)
    if product.ndim == 0:
        if a.op is ROW:
            return product
        product = np.stack([product])  # v[None, :] @ x has one axis still, with a column two
        if 1 in (a.ndim, b.ndim):
            return product
    laid = node(COLUMN, product)
    return laid.T if _is_laid_row(a) else laid


def _dot(a, b):
    a, b = as_expr(a), as_expr(b)
    return np.multiply(a, b) if 0 in (a.ndim, b.ndim) else _matmul(a, b)


def _inner(a, b):
    """The sums over the last axis of both: of matrices ``A B^T``."""
    a, b = as_column(a), as_column(b)
    if a.ndim == b.ndim == 2:
        return _matmul(a, b.T)
    return _dot(b, a) if b.ndim == 2 else _dot(a, b)


def _vdot(a, b):
    """The dot product of all elements, of matrices as well."""
    a, b = as_column(a), as_column(b)
    if a.boolean and b.boolean:
        raise UnsupportedError(f"np.vdot takes numbers: write 1.0 * ({a})")
    if a.ndim != b.ndim or a.ndim == 2 and False in common_shape((a, b)):
        raise ShapeError(
            f"vdot: {a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}: two of one "
            "shape are expected"
        )
    return np.sum(np.multiply(a, b)) if a.ndim == 2 else _dot(a, b)


def _diag(v, k=0):
    """A vector on a diagonal, or that of a matrix, ``k`` places to the right."""
    k, v = _place("np.diag", k), as_column(v)
    if v.ndim != 2:
        whole = of_vector(DIAG, v)
        return np.pad(whole, ((max(0, -k), max(0, k)), (max(0, k), max(0, -k)))) if k else whole
    return _square(DIAGONAL, _beside(v, k))


def _place(name, k):
    if not isinstance(k, Integral) or isinstance(k, bool):
        raise UnsupportedError(f"{name}: {k!r} is no place of a diagonal: a whole number")
    return int(k)


def _beside(a, k):
    """The part of a matrix that has its diagonal ``k`` places to the right as its own."""
    a = a[:, k:] if k > 0 else a[-k:] if k < 0 else a
    rows, columns = a.shape
    if isinstance(rows, int) and isinstance(columns, int) and rows != columns:
        a = a[: min(rows, columns), : min(rows, columns)]
    elif k and same_length(rows, columns) is False:
        a = a[:-k] if k > 0 else a[:, :k]
    return a


def _diagonal(a, offset=0, axis1=0, axis2=1):
    if not (is_axis(axis1, 2) and is_axis(axis2, 2)) or axis1 % 2 == axis2 % 2:
        raise UnsupportedError(f"np.diagonal: axes {axis1!r} and {axis2!r} have no rule")
    a = as_column(a)
    return _diag(a.T if axis1 % 2 else a, offset) if a.ndim == 2 else _square(DIAGONAL, a)


def _cross(a, b):
    a, b = as_column(a), as_column(b)
    if a.shape != (3,) or b.shape != (3,):
        raise UnsupportedError(
            f"np.cross: {a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}: two vectors "
            "of 3 elements are expected"
        )
    if a.boolean or b.boolean:
        raise UnsupportedError(f"np.cross takes numbers: write 1.0 * ({a if a.boolean else b})")
    return np.stack([a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))])


def _convolve(a, v, mode="full"):
    """A sum of shifted copies of one, times the entries of the other, of known length."""
    a, v = as_column(a), as_column(v)
    if a.ndim != 1 or v.ndim != 1 or mode not in ("full", "valid"):
        raise UnsupportedError(
            f"np.convolve: {a} is {shape_text(a.shape)}, {v} {shape_text(v.shape)}, mode={mode!r}: "
            'two vectors are expected, and mode="full" or "valid"'
        )
    if a.boolean or v.boolean:
        raise UnsupportedError(f"np.convolve takes numbers: write 1.0 * ({a if a.boolean else v})")
    first, second = a.shape[0], v.shape[0]
    if not isinstance(second, int) or isinstance(first, int) and first < second:
        a, v = v, a
    if not isinstance(v.shape[0], int):
        raise UnsupportedError(
            f"np.convolve: {a} is {shape_text(a.shape)} and {v} {shape_text(v.shape)}: one of the "
            "two needs a known length"
        )
    last = v.shape[0] - 1
    if mode == "valid":
        parts = [a[last - k : a.shape[0] - k if isinstance(a.shape[0], int) else -k or None]
                 for k in range(last + 1)]  # fmt: skip
    else:
        parts = [_padded(a, k, last - k) for k in range(last + 1)]
    return weighted_sum((v[k], part) for k, part in enumerate(parts))


def _padded(a, before, behind):
    zeros = [np.zeros(before)] * bool(before), [np.zeros(behind)] * bool(behind)
    return np.concatenate([*zeros[0], a, *zeros[1]]) if before or behind else a


def _tensordot(a, b, axes=2):
    """The sum over these axes of both, by the letters of an einsum."""
    a, b = as_column(a), as_column(b)
    if isinstance(axes, Integral) and not isinstance(axes, bool):
        axes = (range(a.ndim - axes, a.ndim), range(axes))
    both = axes if isinstance(axes, tuple | list) and len(axes) == 2 else ([None], [None])
    pairs = [[k] if isinstance(k, Integral) else [*k] for k in both]
    there = [len({k % e.ndim for k in ks if is_axis(k, e.ndim)})
             for e, ks in zip((a, b), pairs, strict=True)]  # fmt: skip
    if there != [len(pairs[0])] * 2 or len(pairs[0]) != len(pairs[1]):
        raise UnsupportedError(
            f"np.tensordot: {a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}: axes "
            "are a count that both have, or the axes of each, ([1], [0])"
        )
    left, right = [*"ab"[: a.ndim]], [*"cd"[: b.ndim]]
    for i, j in zip(*pairs, strict=True):
        right[j] = left[i]
    summed = {left[i] for i in pairs[0]}
    output = "".join(letter for letter in (*left, *right) if letter not in summed)
    return np.einsum(f"{''.join(left)},{''.join(right)}->{output}", a, b)


def _multi_dot(arrays):
    arrays = [as_column(a) for a in arrays]
    if len(arrays) < 2 or any(a.ndim != 2 for a in arrays[1:-1]):
        raise UnsupportedError("np.linalg.multi_dot: two matrices or more are expected")
    return reduce(np.matmul, arrays)


def _pinv(a):
    """Of known lengths by its formula, ``inv(A^T A) A^T`` or ``A^T inv(A A^T)``, for full rank."""
    a = as_expr(a)
    if a.ndim != 2 or a.boolean:
        raise UnsupportedError(
            f"np.linalg.pinv: {a} is {shape_text(a.shape)}: a matrix of numbers is expected"
        )
    if not all(isinstance(n, int) for n in a.shape):
        return node(PINV, a, a, a)
    if a.shape[0] < a.shape[1]:
        return a.T @ np.linalg.inv(a @ a.T)
    return np.linalg.inv(a.T @ a) @ a.T


def _solve(a, b):
    """The solution of ``A x = b``: ``inv(A) b``."""
    return np.linalg.inv(as_expr(a)) @ as_expr(b)


def _matrix_power(a, n):
    if not isinstance(n, Integral) or isinstance(n, bool) or abs(n) > 100:
        raise UnsupportedError(f"np.linalg.matrix_power: {n!r} is no whole number up to 100")
    if as_expr(a).boolean:
        raise UnsupportedError(f"np.linalg.matrix_power takes numbers: write 1.0 * ({a})")
    base = np.linalg.inv(as_expr(a)) if n < 0 else _square(TRACE, a).args[0]
    if n == 0:
        return node(IDENTITY, length=base.shape[0])
    return reduce(np.matmul, [base] * abs(n))


def _triangle(name, lower):
    def build(m, k=0):
        m = as_expr(m)
        if not isinstance(k, Integral) or isinstance(k, bool):
            raise UnsupportedError(f"np.{name}: k={k!r} is no whole number")
        if m.ndim != 2 or m.op is ROW:
            raise UnsupportedError(f"np.{name}: {m} is {shape_text(m.shape)}: a matrix is expected")
        ones = node(TRIANGLE, lengths=m.shape, k=int(k), lower=lower)
        if m.op is OUTER and all(e.op is ONES for e in m.args):
            return ones
        return m * (np.not_equal(ones, 0) if m.boolean else ones)

    return build


def _cumsum(a, axis=None):
    a = as_column(a)
    if a.ndim == 2 and axis is None:
        raise UnsupportedError("np.cumsum: a matrix needs its axis: np.cumsum(A, axis=0)")
    if not a.ndim or axis is not None and not is_axis(axis, a.ndim):
        raise UnsupportedError(f"np.cumsum: {a} has {a.ndim} axes, there is no axis {axis!r}")
    length = a.shape[axis or 0]
    lower = node(TRIANGLE, lengths=(length, length), k=0, lower=True)
    return a @ lower.T if a.ndim == 2 and axis % 2 else lower @ a


_EXACT = {EQUAL, NOT_EQUAL}  # (c r^T = max(c r^T))^T: r c^T has another rounding, and no maximum
TURNED = 100  # parts of a formula that are transposed one by one; a larger one is as a whole


def _transpose(a):
    a = as_expr(a)
    if a.ndim == 0 or a.op in (IDENTITY, DIAG, EXCHANGE):
        return a
    if a.op is TRIANGLE:
        k, lower = -a.params["k"], not a.params["lower"]
        return node(TRIANGLE, lengths=a.shape[::-1], k=k, lower=lower)
    if a.op in (ROW, TRANSPOSE):
        return a.args[0]
    if a.op is STACK and all(row.op is STACK for row in a.args) and a.ndim == 2:
        return np.stack(
            [np.stack(column) for column in zip(*(r.args for r in a.args), strict=True)]
        )
    if a.ndim == 2 and (a.weight > TURNED or a.op in _EXACT):
        return node(TRANSPOSE, a)
    if a.op in (OUTER, MATMAT):
        return node(a.op, *(e.T if e.ndim == 2 else e for e in reversed(a.args)))
    if a.ndim == 2 and a.op.sympy_form and not any(e.ndim == 1 or e.op is ROW for e in a.args):
        late = TRANSPOSE if a.op is ADD else None
        turned = node(a.op, *sorted(map(_transpose, a.args), key=lambda e: e.op is late))
        matrices = [e for e in a.args if e.ndim == 2]
        scaled = len(matrices) == 1 and a.op in (MULTIPLY, DIVIDE, NEGATIVE)
        if scaled or _transposes(turned) <= _transposes(a):  # A^T + A, but (A x - Y)^T
            return turned
    return node(ROW if a.ndim == 1 else TRANSPOSE, a)


def _in_order(a, axes=None):
    """The transpose; with the axes in their old order the matrix itself."""
    a = as_expr(a)
    if axes is None:
        return _transpose(a)
    axes = tuple(axes) if isinstance(axes, tuple | list) else (axes,)
    if len(axes) != a.ndim or a.op is ROW or not all(is_axis(k, a.ndim) for k in axes):
        raise UnsupportedError(f"np.transpose: axes={axes} are not those of {a}")
    order = [k % a.ndim for k in axes]
    if sorted(order) != [*range(a.ndim)]:
        raise ValueError(f"transpose: {axes} names an axis twice")
    return _transpose(a) if order == [1, 0] else a


def _transposes(a):
    return sum(e.op is TRANSPOSE for e in walk.walk(a))


def _slogdet(a):
    return _SLOGDET(np.sign(_square(DET, a)), _square(LOGDET, a))


def _symmetric(name, op, a, half):
    """An operation on a symmetric matrix; of another NumPy reads one half of it only."""
    a = _square(op, a).args[0]
    if half not in ("L", "U") or not is_symmetric(a):
        raise UnsupportedError(
            f"np.linalg.{name}: {a} is not known to be symmetric: say so, as in "
            'mc.matrices("S", shape=("n", "n"), symmetric=True), or write np.linalg.eigvals'
        )
    return node(op, a)


# results by name: the sign and the logarithm, eigenvalues and eigenvectors
_SLOGDET, _EIGH, _EIG = (
    type(function(np.eye(1))) for function in (np.linalg.slogdet, np.linalg.eigh, np.linalg.eig)
)


def _square(op, a):
    """An operation on a square matrix."""
    a = as_expr(a)
    if a.ndim != 2 or same_length(*a.shape) is False:
        raise ShapeError(f"{op.name}: {a} is {shape_text(a.shape)}, and not square")
    return node(op, a)


def _trace(a, offset=0):
    """The sum of a diagonal; of ``kron(A, B)`` it is ``tr(A) tr(B)``."""
    a = as_column(a)
    of_square = _square(TRACE, _beside(a, _place("np.trace", offset)) if a.ndim == 2 else a)
    product = kronecker.trace(*of_square.args)
    return of_square if product is None else product


NUMPY.update(
    {
        np.matmul: _matmul,
        np.dot: _dot,
        np.inner: _inner,
        np.vdot: _vdot,
        np.outer: lambda a, b: of_vectors(OUTER, a, b),
        np.transpose: _in_order,
        np.diag: _diag,
        np.linalg.inv: partial(_square, INV),
        np.linalg.pinv: _pinv,
        np.linalg.multi_dot: _multi_dot,
        np.cross: _cross,
        np.convolve: _convolve,
        np.tensordot: _tensordot,
        np.linalg.det: partial(_square, DET),
        np.linalg.slogdet: _slogdet,
        np.trace: _trace,
        np.diagonal: _diagonal,
        np.linalg.eigh: lambda a, UPLO="L": _EIGH(
            _symmetric("eigh", EIGVALSH, a, UPLO), _symmetric("eigh", EIGVECSH, a, UPLO)
        ),
        np.linalg.eig: lambda a: _EIG(_square(EIGVALS, a), _square(EIGVECS, a)),
        np.linalg.eigvals: partial(_square, EIGVALS),
        np.linalg.eigvalsh: lambda a, UPLO="L": _symmetric("eigvalsh", EIGVALSH, a, UPLO),
        np.linalg.solve: _solve,
        np.linalg.matrix_power: _matrix_power,
        np.tril: _triangle("tril", True),
        np.triu: _triangle("triu", False),
        np.cumsum: _cumsum,
        np.linalg.trace: _trace,
        np.linalg.outer: lambda a, b: of_vectors(OUTER, a, b),
    }
)
