"""What the signs and functions of a typed line mean, by the shapes of their operands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np

from ..graph.expr import (
    NUMBER,
    Expr,
    ShapeError,
    UnsupportedError,
    as_expr,
    as_limit,
    node,
    shape_text,
)
from ..graph.forms import diag, identity, ones, outer, sigmoid, zeros
from ..graph.primitives import (
    BLOCKS,
    CHOICE,
    COLUMN,
    COPIES,
    DIAG,
    DIVIDE,
    DOT,
    EXCHANGE,
    IDENTITY,
    ONES,
    PRIMITIVES,
    ROW,
    SEGMENT,
    STACK,
    UNIT,
    ZEROS,
    of_vectors,
)
from ..graph.products import of_pi, root_of
from ..graph.shapes import length_of_rest
from ..graph.walk import is_number


class DataTerm:
    """What stands for example i in a sum over the data: ``weight`` i, alone or times row i.

    The weight is a vector over the data, or one number for all; ``rows`` is the matrix of the data
    or None, and ``turned`` says that its row is written as a row, ``x_i^T``, and not as ``x_i``.
    """

    def __init__(self, weight: Expr, rows: Expr | None = None, turned=False):
        self.weight, self.rows, self.turned = weight, rows, turned

    @property
    def parts(self) -> list[Expr]:
        return [self.weight] + ([] if self.rows is None else [self.rows])


def kind(e: Expr | DataTerm) -> str:
    """How it stands in a product: as a scalar, column, row or matrix."""
    if isinstance(e, DataTerm):
        return "scalar" if e.rows is None else "row" if e.turned else "column"
    return "row" if e.op is ROW else ("scalar", "column", "matrix")[e.ndim]


# --- products --------------------------------------------------------------------------------

_PRODUCTS: dict[tuple[str, str], Callable] = {
    ("row", "column"): np.matmul,
    ("row", "matrix"): np.matmul,
    ("matrix", "column"): np.matmul,
    ("matrix", "matrix"): np.matmul,
    ("column", "row"): outer,
}

_VECTORS = ("column", "row")


def product(a, b) -> Expr:
    """The product of two expressions side by side, as their shapes say: m x n times n x p.

    A scalar scales anything; a row times a column is the dot product, 1 x 1, a column times a row
    the outer one, m x n. Raises ShapeError where nothing fits. Paper: "Matrix calculus".
    """
    a, b = as_expr(a), as_expr(b)
    kinds = kind(a), kind(b)
    if "scalar" in kinds:
        return np.multiply(a, b)
    if kinds in _PRODUCTS:
        return _PRODUCTS[kinds](a, b)
    u, v = (_part(e.T if kind(e) == "row" else e) for e in (a, b))
    hints = {
        ("column", "matrix"): f"write {u}^T {v}, the row before the matrix",
        ("matrix", "row"): f"write {u} {v}, the matrix before the column",
    }
    hint = hints.get(kinds, f"write {u} ⊗ {v}, {u}.{v} or {u} {v}^T")
    raise ShapeError(
        f"{a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}, they do not fit side by "
        f"side: {hint}"
    )


def _part(e):
    """An operand in a message, in parentheses if it is more than a name or a call."""
    written = str(e)
    return written if re.fullmatch(r"[\w']+(\([^()]*\))?", written) else f"({written})"


def dot(a, b) -> Expr:
    return of_vectors(DOT, a, b)


DOTTED = [("column", "column"), ("row", "column")]
FACTORS = {  # what stands between two factors, and what it builds of these kinds
    **dict.fromkeys(("", "·", "."), lambda *kinds: product),
    "*": lambda a, b: np.multiply if a == b and a in _VECTORS else product,
    "@": lambda a, b: dot if a == b == "column" else product,
    "/": lambda *kinds: divide,
    "⊗": lambda *kinds: np.multiply,
    "⊘": lambda *kinds: np.divide,
}


def divide(a, b) -> Expr:
    """``a/b``, element by element below a vector; of two numbers a fraction."""
    kinds = kind(a), kind(b)
    if kinds[1] == "matrix" or kinds[0] == "matrix" and kinds[1] != "scalar":
        raise UnsupportedError(f"{a} cannot be divided by {b}, which is {shape_text(b.shape)}")
    numbers = [e.params["value"] for e in (a, b) if e.op is NUMBER]
    if len(numbers) == 2 and isinstance(numbers[1], Fraction) and numbers[1]:
        if isinstance(numbers[0], Fraction) or of_pi(numbers[0]):
            return as_expr(numbers[0] / numbers[1])
    return np.divide(a, b)


def _root(e):
    """``sqrt(2/pi)`` is a number, since one is printed so."""
    parts = e.args if e.op is DIVIDE else (e,)
    if all(part.op is NUMBER for part in parts):
        above, below = (*(part.params["value"] for part in parts), 1)[:2]
        if above > 0 and below > 0 and root_of(value := math.sqrt(above / below)):
            return as_expr(value)
    return np.sqrt(e)


def _times(a, b):
    """The product; 1 is left out."""
    return b if is_number(a, 1) else a if is_number(b, 1) else np.multiply(a, b)


def negative(a) -> Expr:
    return as_expr(-a.params["value"]) if a.op is NUMBER else np.negative(a)


def power(a, b) -> Expr:
    """``a^b``, element by element; ``e^b`` is ``exp(b)``, and ``A^-1`` the inverse of a matrix."""
    if kind(a) == "matrix" and is_number(b, -1):
        return as_expr(np.linalg.inv(a))
    for e in (a, b):
        if kind(e) == "matrix":
            part = _part(e)
            hint = f"write {part} ⊗ {part} element by element, {part} {part} as a product"
            if e.op is DIAG:
                hint = f"write the power inside, as in diag({_part(e.args[0])}^2)"
            raise UnsupportedError(f"{e} is a matrix, in which ^ is not read: {hint}")
    return np.exp(b) if a is CONSTANTS["e"] else np.power(a, b)


def power_of_elements(a, b) -> Expr:
    """``W^⊗3``, which is W ⊗ W ⊗ W."""
    return np.power(a, b)


COMPARISONS = {
    **{">": np.greater, "<": np.less, "=": np.equal},
    **{"≥": np.greater_equal, "≤": np.less_equal, "≠": np.not_equal},
}


# --- functions and lists ---------------------------------------------------------------------


def _of_elements(name, function):
    def build(e):
        if kind(e) == "scalar":
            raise UnsupportedError(f"{name}: {e} is {shape_text(e.shape)}, not a vector")
        return function(e)

    return {1: build}


def _diagonal(v) -> Expr:
    if kind(v) == "scalar":
        raise UnsupportedError(
            f"diag: {v} is {shape_text(v.shape)}, a vector is expected: a number on the whole "
            "diagonal is a multiple of I"
        )
    return diag(v)


def _like(make):
    def build(v):
        return make(v.shape[0]) if v.ndim == 1 else as_expr(int(make is ones))

    return build


def relu(z) -> Expr:
    return np.maximum(0, z)


def _whole(k) -> int:
    """The diagonal at which a triangle begins, a number that is written out."""
    if k.op is not NUMBER or k.params["value"] != int(k.params["value"]):
        raise UnsupportedError(f"{k} is no whole number, as in tril(A, 1)")
    return int(k.params["value"])


def _part_of_matrix(function):
    return {1: function, 2: lambda e, k: function(e, _whole(k))}


def flip(e) -> Expr:
    """A vector from its last element to the first; ``flip(I) A`` has the rows of A so."""
    if e.op is IDENTITY:
        return node(EXCHANGE, length=e.shape[0])
    if kind(e) != "column":
        raise UnsupportedError(f"flip takes a vector or I: write flip(I) {e} for reversed rows")
    return np.flip(e)


def kron(a, b) -> Expr:
    """The Kronecker product; ``kron(I_n, 1_p)`` has each row of the identity p times."""
    kinds = a.op, b.op
    if kinds in ((IDENTITY, ONES), (ONES, IDENTITY)):
        lengths = (a.shape[0], b.shape[0])[:: 1 if a.op is IDENTITY else -1]
        if None in lengths:
            raise UnsupportedError("kron: write the lengths of copies, as in kron(I_n, 1_k)")
        return node(COPIES, lengths=lengths, each=a.op is IDENTITY)
    return as_expr(np.kron(a, b))


_PI = as_expr(math.pi)
CONSTANTS = {"I": identity(), "pi": _PI, "π": _PI, "e": as_expr(np.exp(as_expr(1))),
             "∞": as_limit(math.inf)}  # fmt: skip
_UNARY = {name: op.numpy for name, op in PRIMITIVES.items() if getattr(op.numpy, "nin", 0) == 1}
_ALIASES = {"ln": "log", "abs": "absolute", "atan": "arctan"}
FUNCTIONS: dict[str, dict[int, Callable]] = {  # by name and number of operands
    **{name: {1: function} for name, function in _UNARY.items()},
    **{name: {1: _UNARY[meant]} for name, meant in _ALIASES.items()},
    "relu": {1: relu},
    "sqrt": {1: _root},
    **{name: {1: sigmoid} for name in ("sigmoid", "σ")},
    "tr": {1: np.trace},
    "trace": {1: np.trace},
    "det": {1: np.linalg.det},
    "inv": {1: np.linalg.inv},
    "pinv": {1: np.linalg.pinv},
    "eigvals": {1: np.linalg.eigvals},
    "eigvalsh": {1: np.linalg.eigvalsh},
    "eigvecs": {1: lambda X: np.linalg.eig(X)[1]},
    "eigvecsh": {1: lambda S: np.linalg.eigh(S)[1]},
    "max": {1: np.max, 2: np.maximum},
    "min": {1: np.min, 2: np.minimum},
    "fmax": {2: np.fmax},
    "fmin": {2: np.fmin},
    "sum": _of_elements("sum", np.sum),
    "mean": _of_elements("mean", np.mean),
    "diag": {1: _diagonal},
    "transpose": {1: np.transpose},
    "where": {3: np.where},
    "maximum": {2: np.maximum},
    "minimum": {2: np.minimum},
    "ones_like": {1: _like(ones)},
    "zeros_like": {1: _like(zeros)},
    "prod": _of_elements("prod", np.prod),
    "rowmax": {1: partial(np.max, axis=1)},
    "rowprod": {1: partial(np.prod, axis=1)},
    "diagonal": {1: np.diagonal},
    "tril": _part_of_matrix(np.tril),
    "triu": _part_of_matrix(np.triu),
    "flip": {1: flip},
    "kron": {2: kron},
    "arctan2": {2: np.arctan2},
    "norm": {1: np.linalg.norm},
    "outer": {2: outer},
    "dot": {2: dot},
}

OF_LENGTHS = {
    "ones": ones,
    "zeros": zeros,
    "eye": identity,
    "identity": identity,
}  # by name, of a length such as n


def laid_out(grid: list[list[Expr]]) -> Expr:
    """A list as the block matrix that it shows: commas side by side, semicolons one below another.

    Lists in a list are the rows of a matrix. Raises ShapeError for blocks that do not fit.
    """
    if len({*map(len, grid)}) > 1:
        raise ShapeError("the rows of this list have different numbers of entries")
    wide, high = len(grid[0]) > 1, len(grid) > 1
    entries = [e for row in grid for e in row]
    kinds = {*map(kind, entries)}
    if kinds == {"scalar"}:
        rows = [np.stack(row) for row in grid]
        matrix = np.stack(rows) if wide and high else np.stack(entries) if high else rows[0].T
        return as_expr(matrix)
    if wide and high:
        raise ShapeError("a list with commas and semicolons holds scalars only")
    if kinds <= {*_VECTORS} and not (wide if kinds == {"row"} else high):
        units = [as_expr(e.T if kind(e) == "row" else e) for e in entries]
        if all(e.op is UNIT for e in units):
            rows = _of_units(units)
            return rows if kinds == {"row"} else as_expr(rows.T)
    if kinds == {"row"} and len({e.shape[1] for e in entries} - {None}) > 1 and not wide:
        raise ShapeError("the rows of this list have different numbers of entries")
    if kinds == {"row"} and (not wide or all(e.args[0].op is STACK for e in entries)):
        return as_expr(np.stack([e.T for e in entries]))
    if kinds == {"column"} and wide:
        return as_expr(np.stack(entries, axis=1))
    narrow = all(e.shape[1] == 1 for e in entries if e.ndim == 2 and e.op is not ROW)
    if high and kinds == {"matrix", "column"} and narrow:  # [X^T; v] of a matrix X of one row
        entries = [node(COLUMN, e) if e.ndim == 1 else e for e in entries]
        kinds = {"matrix"}
    if high and kinds <= {"matrix", "row", "scalar"}:
        zero = node(ZEROS, lengths=(None, None))
        entries = [zero if is_number(e, 0) else e for e in entries]
        if all(e.ndim for e in entries):
            return _blocks(entries)
    if kinds <= {"scalar", "row" if wide else "column"}:
        column = np.concatenate([np.stack([e]) if e.ndim == 0 else e for e in entries])
        return as_expr(column.T if "row" in kinds else column)
    raise ShapeError(f"{_shapes(entries)} do not fit into one list")


def segment(v: Expr | DataTerm, places: str, letters: set[str]) -> Expr:
    """A part of a vector: ``2:n`` is all but the first."""
    ends = [re.sub(r"\s*([+-])\s*", r" \1 ", end.strip()) for end in places.split(":")]
    for end in ends:
        words = re.split(r" [+-] ", end)
        if not all(w in letters or re.fullmatch("[0-9]{1,3}", w) for w in words):
            raise TypeError(f"{end} is no place in a vector: write it as in x_(2:n)")
    first, last = (int(end) if end.isdigit() else end for end in ends)
    before = length_of_rest(first, [1])
    if isinstance(v, DataTerm) or v.ndim != 1 or before is None:
        raise TypeError(f"_({places}) stands behind a column, counted from 1")
    lengths = [before, length_of_rest(last, [before]), length_of_rest(v.shape[0] or last, [last])]
    if None in lengths or lengths[1] == 0:
        raise IndexError(f"{v} has elements _1 to _{v.shape[0]}")
    kept = tuple(n for n in lengths if n != 0)
    part = int(before != 0)
    return node(SEGMENT, v, lengths=kept, part=part) if len(kept) > 1 else v


def _of_units(units):
    """Rows of the identity."""
    lengths = {e.shape[0] for e in units}
    if len(lengths) > 1:
        raise ShapeError(f"{_shapes(units)} do not fit into one list")
    return node(CHOICE, indices=tuple(e.params["index"] for e in units), length=lengths.pop())


def _shapes(entries):
    return ", ".join(f"{e} ({shape_text(e.shape)})" for e in entries)


def _blocks(entries):
    """Blocks one below another; how high 0 and I are is told by what the list is compared with."""
    if len({e.shape[1] for e in entries} - {None}) > 1:
        raise ShapeError(f"{_shapes(entries)}: blocks in one column have one width")
    return node(BLOCKS, *entries)
