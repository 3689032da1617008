"""What the words of a typed line stand for: the names that are given, and what they imply."""

from __future__ import annotations

import difflib
import re

from ..graph import expr
from ..graph.expr import Expr, as_expr, shape_text
from ..graph.forms import identity
from ..graph.primitives import UNIT
from .bounds import number
from .latex import GREEK
from .operators import CONSTANTS, FUNCTIONS, OF_LENGTHS, DataTerm
from .tokens import DERIVATIVE, ReadError, Token, is_word, shown

SIGNS = {name: sign for sign, name in GREEK.items()}
_OTHERS = {"sech": "1/cosh(x)", "csch": "1/sinh(x)", "sec": "1/cos(x)", "csc": "1/sin(x)",
           "cot": "cos(x)/sin(x)", "coth": "cosh(x)/sinh(x)"}  # fmt: skip
MOST_ELEMENTS = 100  # numbers in a column of ones, if nothing given is longer


def expressions_of(symbols: dict) -> dict[str, Expr]:
    """The expressions that are given by name; ReadError for what is none."""
    values: dict[str, Expr] = {}
    for name, value in symbols.items():
        if not is_word(name):
            reason = "letters, digits and _, a letter first"
            raise ReadError(f"{shown(name)} cannot be a name: {reason}")
        try:
            values[name] = as_expr(value)
            number(values[name])  # an integer may be too large for a float
        except Exception as error:  # whatever a stranger's object raises
            reason = f"{error}" if isinstance(error, TypeError) else f"a {type(value).__name__}"
            raise ReadError(f"{shown(name)} is given no formula: {reason}") from None
    return values


class Names:
    """The names of one line. Inside a sum over the data, ``x_i`` is an example."""

    def __init__(self, symbols: dict[str, Expr]):
        self.symbols = symbols
        self.letters = {n for e in symbols.values() for n in e.shape if isinstance(n, str)}
        self.lengths = {n for e in symbols.values() for n in e.shape if isinstance(n, int)}
        self.in_sum = 0  # how many are open

    def meaning(self, name: str) -> Expr | DataTerm | None:
        if name in self.symbols:
            return self.symbols[name]
        other = GREEK.get(name) or SIGNS.get(name)  # θ is typed theta, or the other way
        if other in self.symbols:
            return self.symbols[other]
        base, _, index = name.rpartition("_")
        if index == "i" and self.in_sum:
            return self.example(base)
        v = self.symbols.get(base)
        if v is not None and _is_index(index) and 1 <= int(index) <= number_of_elements(v):
            return v[int(index) - 1]
        if (
            v is not None and is_open_vector(v) and self._is_length(index)
        ):  # x_3, of a vector of any length
            return v[int(index) - 1]
        if base == "I" and (
            index in self.letters or _is_index(index) and 0 < int(index) <= MOST_ELEMENTS
        ):
            return identity(int(index) if _is_index(index) else index)
        if base == "e" and _is_index(index) and 1 <= int(index) <= MOST_ELEMENTS:
            return expr.node(UNIT, index=int(index) - 1, length=None)
        if (
            base == "I"
            and "I" not in self.symbols
            and (index in self.letters or self._is_length(index))
        ):
            return identity(int(index) if index.isdigit() else index)
        return expr.size(name) if name in self.letters else CONSTANTS.get(name)

    @staticmethod
    def _is_length(index):
        return _is_index(index) and 1 <= int(index) <= MOST_ELEMENTS

    def length(self, token: Token) -> str | int:
        """A length, which is a letter or a number: the n of ``1_n``."""
        if token.kind == "number" and token.text.isdigit() and int(token.text) > 0:
            if int(token.text) > max({MOST_ELEMENTS, *self.lengths}):
                raise ReadError(f"a vector of {token.text} is too long", token.column)
            return int(token.text)
        if token.kind == "word" and (token.text in self.letters or token.text not in self.symbols):
            return token.text
        reason = f"{token} is no length: a letter or a number stands there, as in 1_n and 0_3"
        raise ReadError(reason, token.column)

    def example(self, base):
        v = self.symbols.get(base)
        if v is not None and v.ndim == 1:
            return DataTerm(v)
        data = [e for n, e in self.symbols.items() if e.ndim == 2 and base in (n, n.lower())]
        return DataTerm(as_expr(1), data[0]) if data else None

    def pieces(self, token: Token, called: bool) -> list[Token]:
        """A word as names side by side; empty if it is no such."""
        text = token.text
        longest = max(map(len, [*self.symbols, *self.letters, *FUNCTIONS])) + 10
        # from here on: in how many ways it can be split, and where the first piece ends
        counts, ends = [0] * len(text) + [1], [0] * len(text)
        for here in reversed(range(len(text))):
            for end in range(here + 1, min(here + longest, len(text)) + 1):
                last = end == len(text)
                piece = self.is_piece(text[here:end], called and last, here and last)
                if counts[end] and piece:
                    counts[here], ends[here] = counts[here] + counts[end], end
        if counts[0] > 1:
            raise ReadError(f"{token} can be split in several ways: write spaces", token.column)
        parts, here = [], 0
        while counts[0] and here < len(text):
            piece = text[here : ends[here]]
            parts.append(
                Token("word", piece, token.column + here, piece, token.spaced and not here)
            )
            here += len(piece)
        return parts

    def is_piece(self, text, called, at_end):
        if text in CONSTANTS and text not in self.symbols:
            return at_end and text in ("e", "I")  # as in x e^x and 2x I without the space
        return called and text in FUNCTIONS or self.meaning(text) is not None

    def unknown(self, token: Token, in_quotient: bool) -> ReadError:
        name = token.text
        near = difflib.get_close_matches(name, [*self.symbols, *FUNCTIONS], n=1)
        plain = [n for n in self.symbols if not re.fullmatch(r"[^\W\d_]_[0-9]+", n)]
        reason = f"the names are {', '.join(plain or self.symbols) or 'none'}"
        reason += f"; near it is {near[0]}" if near else ""
        base, _, index = name.rpartition("_")
        v = self.symbols.get(base)
        counted = re.fullmatch(r"([^\W\d_]+)([0-9]{1,9})", name)
        start = next((f for f in FUNCTIONS if name.startswith(f) and f != name), None)
        if name[0] == "d" and in_quotient:
            reason = DERIVATIVE
        elif name in ("np", "mc", "math", "numpy"):
            reason = f"write exp(x), sum(x), diag(x) and the like without {name}."
        elif name.lower() in FUNCTIONS and name not in FUNCTIONS:
            reason = f"write {name.lower()}"
        elif name in _OTHERS:
            reason = f"write {_OTHERS[name]}"
        elif counted and counted[1] in self.symbols:
            base, number_ = counted[1], counted[2]
            element = self.symbols[base].ndim == 1
            reason = f"an element is written {base}_{number_}"
            reason = reason if element else f"a number stands in front, as in 2{base}"
        elif name in OF_LENGTHS:
            reason = f"write {name}(n), with a length"
        elif start and name.removeprefix(start) in self.symbols:
            reason = f"write {start}({name.removeprefix(start)})"
        elif _is_index(index) and number_of_elements(v):
            reason = f"{base} has elements {base}_1 to {base}_{number_of_elements(v)}"
        elif name in ("E", "Id", "id", "Identity", "identity", "eye"):
            reason = "the identity matrix is typed I"
        elif name == "T":
            reason = "a transpose stands behind a name or a bracket, as in x^T and (x^2)^T"
        elif _is_index(index) and v is not None and v.ndim == 1:
            reason = f"leave out the index: {base} stands for all of its elements"
        elif _is_index(index) and v is not None:
            reason = f"{base} is {shape_text(v.shape)}: only a column of known length has elements"
        elif _is_index(index) and base == "E":
            reason = "how long the parts are is open: write the columns as [e_1, e_2]"
        elif _is_index(index) and base == "e":
            reason = f"the unit vectors are e_1 to e_{MOST_ELEMENTS}"
        elif index == "i" and self.example(base):
            data = any(e.ndim == 2 for e in self.symbols.values())
            reason = f"leave out the index: {base} stands for all of its elements"
            reason += "; what runs over the data stands inside sum_i (...)" if data else ""
        return ReadError(f"{token} is unknown: {reason}", token.column)


def is_open_vector(v) -> bool:
    return isinstance(v, Expr) and v.ndim == 1 and not isinstance(v.shape[0], int)


def number_of_elements(v) -> int:
    """How many elements a column is known to have; 0 if that is open, or it is no column."""
    known = isinstance(v, Expr) and v.ndim == 1 and isinstance(v.shape[0], int)
    return v.shape[0] if known else 0


def _is_index(text):
    return re.fullmatch("[0-9]{1,9}", text) is not None
