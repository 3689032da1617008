"""Where the reader of a typed line is: the tokens, and the brackets that are open."""

from __future__ import annotations

from ..graph.expr import Expr
from .bounds import Builder
from .operators import COMPARISONS, DataTerm
from .tokens import ReadError, Token, tokens
from .words import Names

DEEPEST = 30  # nesting of what is typed
_KEYWORDS = ("if", "else", "otherwise")
Value = Expr | DataTerm


class Cursor:
    """A place in one line, and what the line is made of there."""

    def __init__(self, text: str, symbols: dict[str, Expr]):
        self.text, self.symbols = text, symbols
        self.tokens, self.at = tokens(text, symbols), 0
        self.brackets: list[str] = []  # what closes those that are open
        self.depth = 0
        self.names, self.build = Names(symbols), Builder(symbols.values())

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def sign(self, *signs) -> Token | None:
        """The next token, taken, if it is one of these signs."""
        return self.next() if self.now.kind == "sign" and self.now.text in signs else None

    def word(self, *words) -> Token | None:
        return self.next() if self.is_keyword(self.now) and self.now.text in words else None

    def is_keyword(self, token):
        return token.kind == "word" and token.text in _KEYWORDS and token.text not in self.symbols

    def unexpected(self, token):
        reasons = {
            **{close: f'a "{open_}" is missing before it' for open_, close in ("()", "[]")},
            **dict.fromkeys(
                COMPARISONS, "one comparison only; the product of two says that both hold"
            ),
            ",": "commas belong into [ ] and max( )",
            ";": 'semicolons follow a case, as in "x if z > 0; 0 otherwise", or belong into [ ]',
            **dict.fromkeys(("else", "otherwise"), 'write cases as in "x if z > 0; 0 otherwise"'),
            **dict.fromkeys(("=",), "write only what stands behind the ="),
        }
        reason = reasons.get(token.text, "nothing joins it to what stands before it")
        return ReadError(f"{token} cannot stand here: {reason}", token.column)

    def deeper(self, parse, column):
        """What ``parse`` reads, one level down."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ReadError(f"this is nested too deeply: {DEEPEST} levels at most", column)
        value = parse()
        self.depth -= 1
        return value

    def inside(self, opening: Token, closing: str, parse):
        """What stands between brackets, of which the first is taken already."""
        self.brackets.append(closing)
        value = self.deeper(parse, opening.column)
        self.brackets.pop()
        if self.sign(closing):
            return value
        where = f'for the "{opening.text}" in column {opening.column}'
        before = "" if self.now.kind == "end" else f", before {self.now}"
        raise ReadError(f'a "{closing}" is missing, {where}{before}', self.now.column)
