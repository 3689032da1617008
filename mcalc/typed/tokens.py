"""The words and signs of a typed line of mathematics, and the error that says where it is wrong.

Signs that mean the same become one: ``**`` is ``^``, ``(*)`` and ``⊙`` are ``⊗``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container
from typing import NamedTuple

LONGEST = 1000  # characters of a line
_DIGITS = 40  # of a number


class ReadError(ValueError):
    """A typed line that cannot be read: in which ``column``, from 1, and what to write there.

    ``of_shapes`` says that it was understood, and that its shapes do not fit.

    >>> print(ReadError('a ")" is missing', column=4))
    column 4: a ")" is missing
    """

    def __init__(self, message: str, column: int = 1, of_shapes: bool = False):
        super().__init__(message, column, of_shapes)
        self.column, self.of_shapes = column, of_shapes

    def __str__(self):
        return f"column {self.column}: {self.args[0]}"


class Token(NamedTuple):
    """A word or sign, with signs that mean the same as one in ``text``."""

    kind: str  # number, word, sign, turn (a transpose), power (a superscript), index or end, or
    # constant, which is 1_ or 0_ before a length
    text: str
    column: int
    typed: str
    spaced: bool = False  # whether there is a space before it

    @property
    def end(self) -> int:
        return self.column + len(self.typed)

    def __str__(self):
        if self.kind == "end":
            return "the end of the line"
        return f"the number {shown(self.text)}" if self.kind == "number" else shown(self.typed)


def shown(typed: str) -> str:
    """What was typed, to be quoted in a message."""
    typed = typed if len(typed) <= 24 else typed[:20] + "..."
    return f'"{typed}"' if typed.isprintable() else ascii(typed)


_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LETTER = rf"[^\W\d_ᵀ{_RAISED}]"
_NAME = rf"{_LETTER}(?:{_LETTER}|[0-9_])*"
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
_SAME = {
    **dict.fromkeys(["(*)", "⊙", "∘"], "⊗"),
    **dict.fromkeys(["×", "∗"], "*"),
    **dict.fromkeys(["⋅", "∙", "•"], "·"),
    **dict.fromkeys(["−", "–"], "-"),
    **{"**": "^", "(/)": "⊘", "÷": "/", ">=": "≥", "<=": "≤", "==": "=", "!=": "≠", "‖": "||"},
    "||_F": "||",  # of a matrix the norm is this one
    **{".*": "⊗", "./": "⊘", ".^": "^"},
}  # fmt: skip
PRIMES = "'’′"
_PREFIX = re.compile(rf"(?:np|numpy|mc|mcalc|math)\.(?:linalg\.)?(?={_LETTER})")
_SIGNS = sorted([*_SAME, "^⊗", *"+-*@/^.·⊗⊘()[],;|<>=≤≥≠"], key=len, reverse=True)
_TOKEN = re.compile(
    rf"(?P<constant>[01]_(?=\(|{_LETTER}|[0-9]))"
    rf"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|(?<![\w)\]|'])\.[0-9]+){_EXPONENT})"
    rf"|(?P<word>[∞√]|{_LETTER}(?:{_LETTER}|[0-9_])*?(?=_\([^():]*:)|{_NAME})"
    rf"|(?P<power>⁻?[{_RAISED}]+)"
    rf"|(?P<transpose>\^T|\^t(?!{_LETTER}|[0-9_])|\^?ᵀ|['’′]|\.T(?!{_LETTER}|[0-9_]))"
    r"|(?P<index>_(?:[0-9]+|i)(?!\w))"
    r"|(?P<places>_\([^():]*:[^():]*\))"
    rf"|(?P<sign>{'|'.join(map(re.escape, _SIGNS))})"
)
_WORD = re.compile(_NAME)
DERIVATIVE = "a derivative is what you are to find: write the formula that it comes to"
_INSTEAD = {
    **dict.fromkeys("∂∇", DERIVATIVE),
    **dict.fromkeys("{}", "write ( ) for what belongs together, [ ] for a vector or a matrix"),
    **dict.fromkeys("\\$", "formulas are typed without LaTeX, as in 2(w.x + b) x^T"),
    **{"∑": "write sum( )", "∏": "write a product out", "&": "write *"},
    **{"!": "write != or ≠ for unequal", "_": "an index is a number or a letter, as in x_1"},
    **{":": 'cases are typed as in "x^T if z > 0; 0^T otherwise", a quotient with /'},
}


def tokens(text: str, names: Container[str]) -> list[Token]:
    """The tokens of a line, an "end" after the last; ``names`` are taken before other meanings."""
    if len(text) > LONGEST:
        message = f"a line has at most {LONGEST} characters, and this one has {len(text)}"
        raise ReadError(message, LONGEST + 1)
    result: list[Token] = []
    start, here = 0, _behind_spaces(text, 0)
    while here < len(text):
        prefix = _PREFIX.match(text, here)
        if prefix and (here == 0 or not text[here - 1].isalpha()) and not _named(text, here, names):
            start += (here == start) * len(prefix[0])
            here = prefix.end()
        match = _TOKEN.match(text, here)
        if match is None:
            hint = _INSTEAD.get(text[here], "it has no meaning here: take it out")
            raise ReadError(f"{shown(text[here])} cannot be read: {hint}", here + 1)
        kind, typed = match.lastgroup or "", match[0]
        if kind == "transpose" and typed[0] in "^." and _named(text, here + 1, names):
            kind, typed = "sign", typed[0]  # T is a name, or begins one
        if kind == "word" and typed != "√":
            with_prime = text[here : match.end() + 1]
            typed = with_prime if with_prime in names else typed
        if kind == "number":
            _check_number(typed, here + 1, names)
        meant = _SAME.get(typed, typed)
        meant = typed.translate(_SUPERSCRIPTS) if kind == "power" else meant
        for k, sign in enumerate("||" if meant == "||" else [meant]):
            result.append(Token(kind, sign, here + 1, typed, here > start and k == 0))
        start = here + len(typed)
        here = _behind_spaces(text, start)
    return [*result, Token("end", "", len(text) + 1, "", True)]


def _behind_spaces(text, here):
    while text[here : here + 1].isspace():
        here += 1
    return here


def _check_number(typed, column, names):
    """Refuse a number that is too long, or no float, or that might be a name e and a number."""
    digits, mark, power = re.fullmatch("([0-9.]+)([eE]?)(.*)", typed).groups()
    if sum(map(str.isdigit, typed)) > _DIGITS:
        reason = f"is too long: a number has at most {_DIGITS} digits"
    elif mark and names and {mark, mark + power} & {*names}:
        below = f"({power})" if power[0] == "-" else power.removeprefix("+")
        apart = f"{mark}{power}" if mark + power in names else f"{mark} {power[0]} {power[1:]}"
        apart = f"{mark}*{power}" if apart[2:3].isdigit() else apart
        reason = f"can be meant in two ways: write {digits} {apart} or {digits}*10^{below}"
    elif float(typed) in (0, math.inf) and re.search("[1-9]", digits):
        reason = f"is too {'small' if float(typed) == 0 else 'large'} for a number"
    else:
        return
    raise ReadError(f"{shown(typed)} {reason}", column)


def is_word(name: str) -> bool:
    return _WORD.fullmatch(name.removesuffix("'")) is not None


def _named(text, here, names):
    word = _WORD.match(text, here)
    return word is not None and word[0] in names
