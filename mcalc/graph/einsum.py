"""``np.einsum`` for operands of at most two axes: products and sums that have a name of their own.

Operands are multiplied from the left, two at a time, and what nothing asks for any more is summed:
``"ij,kj->ik"`` is ``A B^T``, ``"ij,ij->i"`` the sums of the rows of ``A ⊗ B``.
"""

from __future__ import annotations

import numpy as np

from .axes import lay
from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, node
from .primitives import DIAGONAL, as_column
from .shapes import ShapeError, same_length, shape_text


def einsum(subscripts, *operands, optimize=False) -> Expr:
    """NumPy's ``einsum``, without an ellipsis, for scalars, vectors and matrices.

    Raises UnsupportedError where more than two axes meet, ShapeError where lengths differ.
    """
    if not isinstance(subscripts, str):
        raise UnsupportedError('np.einsum: the axes are given as letters first, as in "ij,j->i"')
    if all(as_column(a).boolean for a in operands):
        raise UnsupportedError(f"np.einsum takes numbers: write 1.0 * ({operands[0]})")
    inputs, output = _letters(subscripts, len(operands))
    parts = [(as_column(a), letters) for a, letters in zip(operands, inputs, strict=True)]
    _check(subscripts, parts)
    if [*inputs] == ["".join(dict.fromkeys(inputs[0])) * 2] and not output:
        return np.trace(parts[0][0])
    whole, left = _summed(*_diagonal(*parts[0]), wanted(parts[1:], output))
    for k, (a, letters) in enumerate(parts[1:], start=2):
        later = wanted(parts[k:], output)
        a, letters = _summed(*_diagonal(a, letters), {*later, *left})
        whole, left = _product(subscripts, (whole, left), (a, letters), later)
    return _ordered(whole, left, output)


def wanted(parts, output) -> set:
    """The letters that later operands, or the result, still ask for."""
    return {*output, *(letter for _, letters in parts for letter in letters)}


def _letters(subscripts, count):
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    if not arrow:  # NumPy's own rule: the letters that stand there once, in order
        output = "".join(sorted(c for c in {*left} if c.isalpha() and left.count(c) == 1))
    plain = all(c.isalpha() for part in (*inputs, output) for c in part)
    if not plain or len({*output}) < len(output) or not {*output} <= {*left}:
        raise UnsupportedError(
            f"np.einsum: {subscripts!r} is not read: letters for the axes of each operand and, "
            'behind ->, of the result, as in "ij,jk->ik"'
        )
    if len(inputs) != count:
        raise UnsupportedError(
            f"np.einsum: {subscripts!r} is about {len(inputs)} operands, and {count} are given"
        )
    if len(output) > 2:
        raise UnsupportedError(
            f"np.einsum: {subscripts!r} makes an array of {len(output)} axes, and mcalc has "
            "matrices at most: sum over one of them"
        )
    return inputs, output


def _check(subscripts, parts):
    lengths: dict = {}
    for a, letters in parts:
        if a.ndim != len(letters):
            raise ShapeError(
                f"einsum: {a} is {shape_text(a.shape)}, and {subscripts!r} has {len(letters)} "
                f"letters for it"
            )
        for letter, length in zip(letters, a.shape, strict=True):
            known = lengths[letter] = same_length(lengths.get(letter), length)
            if known is False:
                raise ShapeError(
                    f"einsum: {letter} in {subscripts!r} stands for two lengths: {a} is "
                    f"{shape_text(a.shape)}"
                )


def _diagonal(a, letters) -> tuple[Expr, str]:
    """``A_ii`` as the vector of the diagonal."""
    if len(letters) == 2 and letters[0] == letters[1]:
        return node(DIAGONAL, a), letters[0]
    return a, letters


def _summed(a, letters, kept):
    """Sums over the axes whose letters nothing else has."""
    gone = [k for k, letter in enumerate(letters) if letter not in kept]
    if len(gone) == a.ndim and gone:
        return np.sum(a), ""
    if gone:
        return np.sum(a, axis=gone[0]), letters[1 - gone[0]]
    return a, letters


def _product(subscripts, one, other, later):
    """The product of two operands, summed over what is not asked for later."""
    (a, left), (b, right) = one, other
    shared = {*left} & {*right}
    summed = [letter for letter in left if letter in shared and letter not in later]
    if not left or not right:
        return a * b, left or right
    if len(summed) == 1 and len({*left} | {*right}) == len(left) + len(right) - 1:
        return _contracted(a, left, b, right, *summed)
    letters = "".join(dict.fromkeys(left + right))
    if len(letters) > 2:
        raise UnsupportedError(
            f"np.einsum: {subscripts!r} has to keep {', '.join(letters)} at once, which is no "
            "matrix: give the operands in another order, or write it with @ and np.sum"
        )
    if len(left) == len(right) == 1 and left != right:
        return np.outer(a, b), left + right
    whole = _beside(a, left, letters) * _beside(b, right, letters)
    return _summed(whole, letters, later)


def _contracted(a, left, b, right, letter):
    """A product over one letter that both have: ``A B``, ``A^T B``, ``A x``, ``x.y``."""
    a = a.T if len(left) == 2 and left[0] == letter else a
    b = b.T if len(right) == 2 and right[1] == letter else b
    return a @ b, (left + right).replace(letter, "")


def _beside(a, letters, all_letters):
    """An operand so that it meets a matrix whose axes have these letters."""
    if letters == all_letters:
        return a
    if len(letters) == 2:
        return a.T
    return lay(a, (slice(None), None)) if letters == all_letters[0] else a


def _ordered(whole, letters, output):
    return whole.T if len(output) == 2 and letters != output else whole


NUMPY[np.einsum] = einsum
