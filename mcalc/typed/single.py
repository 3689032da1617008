"""Single things of a typed line: names, numbers, calls, lists, and what stands in brackets."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

import numpy as np

from ..graph.expr import Expr, as_expr
from ..graph.forms import ones, zeros
from ..graph.primitives import INDEX
from ..graph.shapes import joined_length
from ..graph.walk import walk
from .cursor import Cursor, Value
from .operators import FUNCTIONS, OF_LENGTHS, DataTerm, kind, laid_out, power
from .tokens import DERIVATIVE, PRIMES, ReadError, Token
from .words import is_open_vector


class SingleReader(Cursor, ABC):
    """Reads what holds most tightly; what stands inside of it is read by ``cases``."""

    pushed_back: Value | None = None  # what has been read already, and stands next

    @abstractmethod
    def cases(self) -> Value:
        """A whole expression, cases of a condition among them."""

    @abstractmethod
    def sum_over_data(self, token: Token) -> Value:
        """What stands behind ``sum_i``."""

    # --- single things ---

    def primary(self):
        if self.pushed_back is not None:
            value, self.pushed_back = self.pushed_back, None
            return value
        token = self.now
        if token.kind == "word" and not self.is_keyword(token):
            return self.name(token)
        if token.kind == "constant":
            return self.constant({"1_": ones, "0_": zeros}[token.text])
        if token.kind == "number":
            self.next()
            return as_expr((float if re.search("[.eE]", token.text) else int)(token.text))
        if self.sign("("):
            return self.inside(token, ")", lambda: self.row_or_cases(token))
        if self.sign("["):
            return self.inside(token, "]", lambda: self.list(token))
        if self.sign("|"):
            return self.bars(token)
        raise ReadError(f"a formula is expected, and here is {token}", token.column)

    def row_or_cases(self, opening):
        """``(x, y)`` is the row that ``[x, y]`` is, and ``((x, y), (1, 2))`` has two rows."""
        first = self.cases()
        if self.now.text != "," or kind(first) not in ("scalar", "row"):
            return first
        row = [first]
        while self.sign(","):
            row.append(self.cases())
        if any(isinstance(e, DataTerm) for e in row):
            raise ReadError("a list holds nothing that runs over the data", opening.column)
        return self.build(opening.column, laid_out, [row])

    def constant(self, make):
        """Ones, zeros or the identity of the length that follows: ``1_n``, ``0_(m + 2)``.

        ``0_(m, n)`` is a matrix of zeros.
        """
        token = self.next()
        opening = self.sign("(")
        if opening and self.sign(")"):  # mc.ones() takes the length that fits
            return self.build(token.column, make)
        if not opening:
            return self.build(token.column, make, self.names.length(self.next()))
        lengths = self.inside(opening, ")", lambda: self.lengths(make))
        return self.build(token.column, make, *lengths)

    def lengths(self, make):
        first = self.length()
        return (first, self.length()) if make is zeros and self.sign(",") else (first,)

    def length(self):
        """A length, or several that are added up; in the end a number may be taken away."""
        parts = [self.names.length(self.next())]
        while self.sign("+"):
            parts.append(self.names.length(self.next()))
        if self.sign("-"):
            parts.append(-self.digits())
        return joined_length(parts)

    def digits(self):
        token = self.next()
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > 3:
            raise ReadError(f"a number is expected before {token}", token.column)
        return int(token.text)

    def bars(self, opening):
        """``|x|``, ``||x||`` and more bars in a row, told apart by the next ones."""
        count, value = 1, None
        while not self.now.spaced and self.sign("|"):
            count += 1
        while count:
            value = self.inside(opening, "|", self.cases)
            double = count > 1 and not self.now.spaced and self.sign("|")
            norm = double and kind(value) != "scalar"
            value = self.build(opening.column, np.linalg.norm if norm else np.absolute, value)
            count -= 2 if double else 1
            self.pushed_back = value if count else None
        return value

    def list(self, opening):
        grid = [[self.cases()]]
        while mark := self.sign(",", ";"):
            if mark.text == ";":
                grid.append([])
            grid[-1].append(self.cases())
        if any(isinstance(e, DataTerm) for row in grid for e in row):
            raise ReadError("a list holds nothing that runs over the data", opening.column)
        return self.build(opening.column, laid_out, grid)

    def name(self, token):
        self.next()
        value, called = self.names.meaning(token.text), self.now.text == "("
        if value is not None:
            return value
        if token.text == "sum_i":
            return self.sum_over_data(token)
        if token.text in OF_LENGTHS and called:
            self.at -= 1
            return self.constant(OF_LENGTHS[token.text])
        if token.text in FUNCTIONS or token.text == "√":
            return self.call(token._replace(text=token.text.replace("√", "sqrt")))
        pieces = self.names.pieces(token, called)
        if not pieces:
            raise self.names.unknown(token, "/" in (self.tokens[self.at - 2].text, self.now.text))
        self.at -= 1
        self.tokens[self.at : self.at + 1] = pieces
        return self.name(self.now)

    def call(self, token):
        exponent = self.exponent(token)
        if token.typed == "√" and self.now.text != "(":
            return self.build(token.column, np.sqrt, self.single_below_root())
        opening, operands, choices = self.sign("("), [], FUNCTIONS[token.text]
        if not opening and self.now.kind == "transpose" and self.now.typed in PRIMES:
            raise ReadError(f"{token} with a prime: {DERIVATIVE}", self.now.column)
        if not opening:
            operand = self.now.text if self.now.kind in ("word", "number") else "x"
            after = self.tokens[self.at + 1] if self.now.kind == "number" else None
            if after and after.kind == "word" and not after.spaced:  # diag 2x
                operand += after.text
            raise ReadError(f"write {token.text}({operand}), with parentheses", token.column)

        def parse():
            operands.append(self.cases())
            while self.sign(","):
                operands.append(self.cases())

        self.inside(opening, ")", parse)
        if len(operands) not in choices:
            wanted = " or ".join(map(str, choices))
            message = f"{token.text} takes {wanted} in its parentheses, not {len(operands)}"
            of = {
                e.args[0] for f in operands if isinstance(f, Expr) for e in walk(f) if e.op is INDEX
            }
            if len(of) == 1 and is_open_vector(*of):  # diag(2x_1, 2x_2, 2x_3)
                message += f"; leave out the index: {of.pop()} stands for all of its elements"
            raise ReadError(message, token.column)
        value = self.build(token.column, choices[len(operands)], *operands)
        if exponent is None:
            return value
        return self.build(token.column, power, value, as_expr(exponent))

    def exponent(self, token):
        """The exponent of ``sin^2(x)``, which is that of ``sin(x)^2``."""
        after = self.tokens[self.at : self.at + 3]
        raised = self.now.kind == "power"
        if raised:
            digits = self.next().text[:9]
        elif len(after) == 3 and after[0].text == "^" and after[1].text.isdigit():
            if after[2].text != "(":
                reason = f"write {token.text}(x)^{after[1].text}, with parentheses"
                raise ReadError(reason, token.column)
            self.next()
            digits = self.next().text
        elif self.now.text == "^" and after[1].text == "-":
            digits = "-1"
        else:
            return None
        if digits.startswith("-"):
            name = token.text
            reason = f"{name}^-1 can be meant in two ways: write 1/{name}(x) or arc{name}(x)"
            raise ReadError(reason, token.column)
        return int(digits[:9])

    def single_below_root(self):
        return self.deeper(self.primary, self.now.column)
