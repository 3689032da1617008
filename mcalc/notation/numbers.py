"""Numbers as they stand in sentences and pictures."""

from __future__ import annotations

import numpy as np


def number(value) -> str:
    """A number with three digits, without rounding noise around zero."""
    return "0" if abs(value) < 1e-12 else f"{value:.3g}"


def numbers(array) -> str:
    """A number, a short vector or a small matrix in full, anything larger by its shape.

    Of matrices, a row is ``[1, 2]`` and a column ``[1, 2]^T``.
    """
    array = np.asarray(array, dtype=float)
    array = array.reshape(()) if array.size == 1 else array
    if array.size > 6:
        return " x ".join(map(str, (*array.shape, 1)[:2]))
    if array.ndim == 0:
        return number(float(array))
    if array.ndim == 2 and 1 in array.shape:
        return numbers(array.ravel()) + "^T" * (array.shape[1] == 1)
    return "[" + ", ".join(map(numbers if array.ndim > 1 else number, array)) + "]"


def digits_apart(*values, digits: int = 4) -> list[str]:
    """Numbers with so many digits, or as many as it takes for the first to differ from the rest."""
    while True:
        texts = [f"{v:.{digits}g}" for v in values]
        if digits >= 17 or texts[0] not in texts[1:]:
            return texts
        digits += 1
