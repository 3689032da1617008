"""What operations come to in numbers, where NumPy has no function that takes all of them."""

from __future__ import annotations

import mpmath
import numpy as np
import sympy as sp


def size_of(a):
    """The absolute value as a function that may be evaluated at complex points near real ones."""
    return a * np.sign(np.real(a))


_SHORT = 200  # operations, which are soon expanded
_SINGULAR = 1e-13  # a matrix that is nearer to a singular one than this is taken for one


def copies(*, lengths, each):
    """The rows of the identity, ``each`` of them several times or all of them in turn."""
    n, count = lengths
    return np.repeat(np.eye(n), count, axis=0) if each else np.tile(np.eye(n), (count, 1))


def products_of_others(x):
    """For each element of a row the product of all others: prod(x)/x where none is 0."""
    one = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    behind = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
    return before * behind[..., ::-1]


def shares_of_largest(X):
    """1 for the largest of each row and 0 for the rest; equal shares if several are the largest."""
    largest = X == X.max(axis=-1, keepdims=True)
    return largest / largest.sum(axis=-1, keepdims=True)


def adjugate(X):
    """What det(X) inv(X) is where X has an inverse: a polynomial, so of singular matrices too."""
    if not np.isfinite(X).all():
        return np.full(X.shape, np.nan)
    U, s, Vt = np.linalg.svd(X)
    others = products_of_others(s) * (np.linalg.det(U) * np.linalg.det(Vt))[..., None]
    return np.swapaxes(Vt, -1, -2) * others[..., None, :] @ np.swapaxes(U, -1, -2)


def inverse(X):
    """The inverse, not-a-number for a singular matrix: that may be one of a batch."""
    try:
        Y = np.linalg.inv(X)
    except np.linalg.LinAlgError:
        return np.stack(list(map(inverse, X))) if X.ndim > 2 else np.full(X.shape, np.nan)
    condition = np.prod([abs(M).sum(axis=-1).max(axis=-1) for M in (X, Y)], axis=0)
    return np.where((condition < 1 / _SINGULAR)[..., None, None], Y, np.nan)


def inverse_of_scalars(X):
    """That of a matrix of SymPy's scalars; ValueError if it plainly has none.

    SymPy's own ``inv("ADJ")`` simplifies the determinant to see whether it is zero, and needs
    minutes where elements are piecewise.
    """
    M = sp.Matrix(X)
    whole = M.det(method="berkowitz")
    if whole == 0 or whole.count_ops() < _SHORT and sp.expand(whole) == 0:
        raise ValueError("a singular matrix has no inverse")
    return M.adjugate(method="berkowitz") / whole


def pseudo_inverse(X, invert):
    """That of a matrix of full rank, whose squares a function can ``invert``."""
    X = X if hasattr(X, "rows") else sp.Matrix(X)
    result = invert(X.T * X) * X.T if X.rows >= X.cols else X.T * invert(X * X.T)
    return np.array(result.tolist(), dtype=object) if isinstance(result, sp.MatrixBase) else result


def eigenvalues(X):
    """The real ones; not-a-number for the others."""
    return _real(np.linalg.eigvals(X))


def eigenvectors(X):
    """Those of real eigenvalues as columns; not-a-number for the others."""
    return _real(np.linalg.eig(X)[1])


def symmetric(S):
    """The mean of a matrix and its transpose: of what is symmetric NumPy reads one half only."""
    return (S + np.swapaxes(S, -1, -2)) / 2


def _real(a):
    return np.where(np.imag(a) == 0, np.real(a), np.nan)


def determinant(X):
    """The determinant; of a singular matrix, such as X X^T with too few columns, no rounding.

    A complex step near a singular matrix is none, so what it adds stays.
    """
    det, rows = np.linalg.det(X), np.sqrt((abs(X) ** 2).sum(axis=-1))
    singular = abs(np.real(det)) < _SINGULAR * rows.prod(axis=-1)
    return np.where(singular, det - np.real(det), det)


def precise_determinant(X):
    """Of a matrix of mpmath's: 0 where X is singular, of which fifty digits leave 1e-52."""
    det, rows = mpmath.det(X), mpmath.mpf(1)
    for i in range(X.rows):
        rows *= mpmath.norm(X[i, :])
    return det if abs(det) > mpmath.mpf(10) ** (-0.9 * mpmath.mp.dps) * rows else mpmath.mpf(0)


def log_determinant(X):
    """log(|det(X)|); of a singular matrix minus infinity."""
    return np.log(size_of(determinant(X)))


def side(*operands):
    """Which side of its kink an operation is on: the sign of its operand, or of a difference."""
    apart = np.real(operands[0] if len(operands) == 1 else operands[1] - operands[0])
    return np.where(abs(apart) < 1e-14, 0, np.sign(apart))  # rounding is on no side


def decay(a):
    """``exp(-|a|)``, which never overflows; of complex numbers by the side of their real part."""
    return np.exp(np.where(np.real(a) > 0, -a, a))


def logistic(a):
    """Without overflow for large numbers, and to the last digit where it is nearly 0."""
    small = decay(a)
    return np.where(np.real(a) > 0, 1, small) / (1 + small)


def largest(x):
    """1 at the largest element and -1 elsewhere; 0 where several are the largest."""
    top = x.real == np.max(x.real, axis=-1, keepdims=True)
    return np.where(top, np.where(np.sum(top, axis=-1, keepdims=True) > 1, 0, 1), -1)


def choice(*, indices, length):
    """The rows of the identity with these numbers; of a long one without the rest of it."""
    rows = np.zeros((len(indices), length))
    rows[np.arange(len(indices)), indices] = 1
    return rows
