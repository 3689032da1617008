"""Symbolic shapes: how they are written, and how those of operands meet."""

from __future__ import annotations

from functools import reduce

from .length import Length


class ShapeError(ValueError):
    """Operands whose shapes do not fit; the message names both and their shapes.

    >>> import mcalc as mc
    >>> mc.vectors("x", size=2) + mc.vectors("y", size=3)
    Traceback (most recent call last):
    mcalc.graph.shapes.ShapeError: add: x is 2 x 1 and y is 3 x 1: the lengths must agree
    """


def shape_text(shape: tuple) -> str:
    """``n x 1`` for a vector, as the paper states shapes.

    >>> shape_text(("n",))
    'n x 1'
    """
    if shape == (None, None):  # as of I
        return "of any size"
    two = (*shape, 1, 1)[: max(2, len(shape))]
    return " x ".join(f"({n})" if " " in str(n) else f"{n or '?'}" for n in two)


def same_length(a, b) -> int | str | bool | None:
    """The common length of two dimensions, False where they differ. None fits any.

    >>> same_length("n", None)
    'n'
    """
    return a if a == b or b is None else b if a is None else False


def shape_of(op, args, params) -> tuple:
    """The shape of an operation; element by element the last axes meet, as NumPy has it."""
    if op.shape:
        return op.shape(*args, **params)
    letters = ["ij"[2 - arg.ndim :] for arg in args]
    inputs, output = (
        op.einsum.split("->") if op.einsum else (",".join(letters), max(letters, key=len))
    )
    lengths: dict = {}
    for position, (arg, letters) in enumerate(zip(args, inputs.split(","), strict=True)):
        for letter, length in zip(letters, arg.shape, strict=True):
            common = lengths[letter] = same_length(lengths.get(letter), length)
            if common is False:
                other, which = args[position - 1], "inner lengths" if op.einsum else "lengths"
                name = "matmul" if op.einsum else op.name
                raise ShapeError(
                    f"{name}: {other} is {shape_text(other.shape)} and {arg} is "
                    f"{shape_text(arg.shape)}: the {which} must agree"
                )
    return tuple(lengths[letter] for letter in output)


def parts_of_length(part) -> tuple[list[str], int]:
    """The letters of a length, and the number that is added: of ``m + n - 1`` m, n and -1.

    Of what ``np.kron`` gives they are products: of ``m p + 1`` there is ``m p``.
    """
    if not isinstance(part, str):
        return [], part
    words = part.replace(" - ", " + -").split(" + ")
    numbers = [w for w in words if w.lstrip("-").isdigit()]
    return [w for w in words if w not in numbers], sum(map(int, numbers))


def least_length(part) -> int:
    """What a length is at least: 1 of a letter, and 2 of ``m + n``."""
    letters, number = parts_of_length(part)
    return max(0, len(letters) + number)


def length_of_rest(whole, lengths) -> int | str | None:
    """What a length leaves besides others: of ``m + n`` without ``n`` m. None if they are more.

    >>> length_of_rest("m + n + 2", ["n"])
    'm + 2'
    """
    letters, known = parts_of_length(whole)
    for part in lengths:
        more, number = parts_of_length(part)
        known -= number
        for letter in more:
            if letter not in letters:
                return None
            letters = [*letters]
            letters.remove(letter)
    return joined_length([*letters, *[known] * bool(known)]) if letters or known >= 0 else None


def common_shape(parts) -> tuple:
    """The shape that parts of one rank have in common, with False for lengths that differ."""
    return tuple(
        reduce(same_length, lengths) for lengths in zip(*(a.shape for a in parts), strict=True)
    )


def times_length(a, b) -> int | str | None:
    """The length of ``b`` copies of ``a``; None if one of them is open or a sum.

    >>> times_length("n", "k"), times_length("n", 2)
    ('k n', 'n + n')
    """
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if isinstance(a, int) or isinstance(b, int):
        count, other = (a, b) if isinstance(a, int) else (b, a)
        return joined_length([other] * count)
    if not a or not b or {"+", "-"} & {*a.split(), *b.split()}:
        return None
    return Length(" ".join(sorted([*a.split(), *b.split()])))


def joined_length(lengths) -> int | str | None:
    """The length of vectors of these lengths in one; None if one of them is open."""
    if None in lengths:
        return None
    letters: list[str] = []
    known = 0
    for part in lengths:
        more, number = parts_of_length(part)
        letters, known = [*letters, *more], known + number
    text = " + ".join(letters)
    if not letters:
        return known
    return Length(f"{text} {'-' if known < 0 else '+'} {abs(known)}" if known else text)
