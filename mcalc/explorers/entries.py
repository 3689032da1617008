"""An input for each entry of each variable, and the way back from inputs to arrays."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

import numpy as np

from ..check.explicit import symbols_of
from ..graph.assumptions import refuse_unfit, settled
from ..graph.expr import Expr
from ..graph.lengths import symbolic_sizes
from .inputs import Number


def refuse_taken(names: Iterable[str], inputs: Container[str]) -> None:
    """Raise ValueError for a variable that is named as an input of the explorer's is."""
    for name in names:
        if name in inputs:
            raise ValueError(f"{name} is the name of an input here: rename the variable")


def entry_names(variables: Sequence[Expr], sizes: dict[str, int]) -> list[str]:
    """``x_1, x_2, ...`` for a vector, ``W_11, W_12, ...`` for a matrix, ``x`` for a scalar."""
    return [entry.name for v in variables for entry in symbols_of(v, sizes, variables).flat]


def sizes_of(y: Expr, n: int) -> dict[str, int]:
    """A length for every letter: n for the first, then one more for each."""
    return {letter: n + k for k, letter in enumerate(symbolic_sizes(y))}


def add_entries(inputs: dict, names: Sequence[str], starts: Iterable[float], **options) -> None:
    """A number among the inputs for each name, which starts at the start of the same place.

    ``options`` are those of :class:`mcalc.explorers.inputs.Number`.
    """
    refuse_taken(names, inputs)
    for name, start in zip(names, starts, strict=False):
        inputs[name] = Number(name, value=float(start), **options)


def matrices_given(variables: Iterable[Expr], values: dict) -> dict[str, np.ndarray]:
    """The numbers of the matrices among the variables, taken out of ``values``.

    Raises ValueError for a matrix without numbers, or with such as are assumed not to be.
    """
    matrices = [v for v in variables if v.ndim == 2]
    refuse_unfit(matrices, values)
    for v in matrices:
        if v.name not in values:
            raise ValueError(f"{v.name} is a matrix: give its numbers, {v.name}=np.array(...)")
    return {f"{v}": np.asarray(values.pop(v.name), dtype=float) for v in matrices}


def arrays(names: Mapping[Expr, Sequence[str]], entries: Mapping[str, float]) -> dict:
    """The values of variables, from the names of their entries and what those are.

    Entries that do not fulfil what is assumed make way for near ones: of 1 and 1, which are to add
    up to 1, each is a half.
    """
    rows = {v: np.array([entries[name] for name in own]) for v, own in names.items()}
    return settled(names, {f"{v}": row if v.ndim else row[0] for v, row in rows.items()})


def with_entry_moved(values: Mapping, variables: Iterable[Expr], k: int, step: float) -> dict:
    """The values with one entry moved: the k-th of these variables, from 0, row after row."""
    moved = dict(values)
    for v in variables:
        array = np.array(values[v.name], dtype=float)
        if k < array.size:
            array.flat[k] += step
            moved[v.name] = array[()]
            break
        k -= array.size
    return moved
