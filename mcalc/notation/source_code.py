"""What Python source is made of: names, brackets, numbers, long lines, helping functions."""

from __future__ import annotations

import keyword
import re
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from ..graph.products import of_pi, root_of

COMPARED, SUMMED, MULTIPLIED, SIGNED, RAISED, ATOM = range(6)  # how tightly Python holds it


class Laid(Enum):
    """What of a matrix's axes an array has: all, or one column or row for all of them."""

    FULL, COLUMN, ROW, SCALAR = range(4)


class Written(NamedTuple):
    """A Python expression; ``truth`` says that it is one of True and False."""

    text: str
    level: int = ATOM
    laid: Laid = Laid.FULL
    truth: bool = False

    def within(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


HELPERS = {
    "sigmoid": """def sigmoid(z):
    return 1 / (1 + np.exp(-z))""",
    "softmax": """def softmax(S, axis):
    E = np.exp(S - S.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)""",
    "log_softmax": """def log_softmax(S, axis):
    shifted = S - S.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))""",
    "logsumexp": """def logsumexp(S, axis):
    top = S.max(axis=axis, keepdims=True)
    return (top + np.log(np.exp(S - top).sum(axis=axis, keepdims=True))).sum(axis=axis)""",
    "products_of_others": """def products_of_others(x):
    one = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    behind = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
    return before * behind[..., ::-1]""",
    "shares_of_largest": """def shares_of_largest(X):
    largest = X == X.max(axis=-1, keepdims=True)
    return largest / largest.sum(axis=-1, keepdims=True)""",
    "adjugate": """def adjugate(X):
    U, s, Vt = np.linalg.svd(X)
    others = [np.delete(s, k).prod() for k in range(len(s))]
    return np.linalg.det(U @ Vt) * (Vt.T * others) @ U.T""",
}


class Identifiers:
    """Python's names, each for one thing: of a vector ``n`` that is n long the length is ``n_``."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], str] = {}
        self._taken = {"np", "backward"}

    def variable(self, name: str) -> str:
        return self._pick("variable", name)

    def length(self, letter: str) -> str:
        return self._pick("length", letter)

    def helper(self, name: str) -> str:
        return self._pick("helper", name)

    def _pick(self, kind, name):
        if (kind, name) not in self._of:
            plain = name.replace("'", "_prime")
            while plain in self._taken or keyword.iskeyword(plain):
                plain += "_"
            self._taken.add(plain)
            self._of[kind, name] = plain
        return self._of[kind, name]


def laid_as(*operands: Written) -> Laid:
    """What axes there are of what is made of these element by element."""
    kinds = {w.laid for w in operands} - {Laid.SCALAR}
    if not kinds:
        return Laid.SCALAR
    return kinds.pop() if len(kinds) == 1 else Laid.FULL


def number_source(value) -> str:
    """A positive number: as a decimal, if it is one, else a quotient; roots of 2/π by name."""
    if (parts := of_pi(value)) is not None:
        above, below = parts
        text = "np.pi" if above == 1 else f"{above} * np.pi"
        return text if below == 1 else f"{text} / {below}"
    if (root := root_of(value)) is not None:
        above, below, power = root
        written = [
            " * ".join([str(n)] * (n > 1 or not with_pi) + ["np.pi"] * with_pi)
            for n, with_pi in ((above, power > 0), (below, power < 0))
        ]
        if written[1] == "1":
            return f"np.sqrt({written[0]})"
        return f"np.sqrt({written[0]} / {f'({written[1]})' if '*' in written[1] else written[1]})"
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return str(value.numerator)
        if Fraction(str(float(value))) != value:
            return f"{value.numerator} / {value.denominator}"
    return repr(float(value)).replace("e-0", "e-")


INDENT = "    "
_LINE = 100  # signs of a line of code


def wrapped(line: str) -> list[str]:
    """A long line of code with what is in its longest brackets on lines of its own."""
    if len(line) <= _LINE:
        return [line]
    groups = _groups(line)
    if not groups:
        return [line]
    start, end = max(groups, key=lambda group: group[1] - group[0])
    indent = " " * (len(line) - len(line.lstrip()))
    inside = line[start + 1 : end]
    between = ", " if ", " in _at_top(inside) else ""
    parts = _parts(inside, between)
    rows = [indent + INDENT + part for part in parts]
    return [line[: start + 1], *rows, *wrapped(indent + line[end:])]


def _groups(text: str) -> list[tuple[int, int]]:
    """Where the outermost brackets are."""
    groups, depth, start = [], 0, 0
    for k, sign in enumerate(text):
        if sign in "([{":
            start = k if depth == 0 else start
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                groups.append((start, k))
    return groups


def _at_top(text: str) -> str:
    """A text with nothing in its brackets, as long as it is."""
    for start, end in _groups(text):
        text = text[: start + 1] + "_" * (end - start - 1) + text[end:]
    return text


def _parts(text: str, between: str) -> list[str]:
    """Operands one below the other, or the terms of a sum with their signs."""
    top = _at_top(text)
    pattern = between or r" (?=[-+] )"
    ends = [m.span() for m in re.finditer(pattern, top)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    comma = "," if between else ""
    return [text[a:b] + comma for a, b in zip(starts, stops, strict=True)]
