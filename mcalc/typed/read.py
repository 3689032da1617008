"""Reads typed mathematics in the paper's notation: ``2(w.x + b - y) x^T`` becomes an expression.

The parser descends from cases to single names; nothing that is typed is run as code. The grammar,
in which ``{ }`` is any number of times, and ``[ ]`` at most once::

    line       = cases { "," name "=" cases }
    cases      = comparison | choice
    choice     = comparison "if" comparison
                 [ "else" cases | ";" choice | ";" comparison "otherwise" ]
    comparison = sum [ ( ">" | "<" | "=" | "≥" | "≤" | "≠" ) sum ]
    sum        = term { sign term }
    term       = { sign } chain
    sign       = "+" | "-"
    chain      = power { [ ( "·" | "." | "*" | "@" | "/" | "⊗" | "⊘" ) { sign } ] power }
    power      = postfix [ ( "^" | "^⊗" ) { sign } power | "^-T" ]
    postfix    = single { "^T" | superscript | "_" ( digits | "i" | "(" lengths ":" lengths ")" ) }
    single     = name | number | call | "(" cases { "," cases } ")" | "[" list "]" | "|" cases "|"
               | "||" cases "||" | ( "1_" | "0_" ) ( length | "(" lengths [ "," lengths ] ")" )
    call       = function [ "^" digits ] "(" cases { "," cases } ")" | "√" single | "sum_i" chain
               | ( "ones" | "zeros" | "eye" ) ( length | "(" lengths ")" )
    list       = cases { ( "," | ";" ) cases }
    lengths    = length { "+" length } [ "-" digits ]
    length     = name | digits

Which names there are decides the rest: whether ``wx`` is a name or a product, and ``^T`` a
transpose or a power; so does what the factors are, a dot product or the end of a number. LaTeX is
written as such a line first, and ``np.`` before a function means nothing. Of
``sum_i (y_i) w^T`` the sum ends with its brackets, since no index follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..graph.expr import SIZE, Expr, as_expr
from ..graph.forms import ones, zeros
from ..graph.lengths import is_open, is_square
from ..graph.variables import check_name, let
from ..graph.walk import is_number
from .data_sums import sum_over_data
from .latex import plain
from .operators import (
    COMPARISONS,
    CONSTANTS,
    DOTTED,
    FACTORS,
    DataTerm,
    dot,
    kind,
    negative,
    power,
    power_of_elements,
    product,
    segment,
)
from .single import SingleReader
from .tokens import DERIVATIVE, LONGEST, PRIMES, ReadError
from .words import MOST_ELEMENTS, expressions_of, is_open_vector, number_of_elements

_DEFINITION = re.compile(r",\s+([^\W\d_]\w*)\s+=(?!=)")  # of a name that a formula brings along

__all__ = ["ReadError", "product", "read"]


def read(text: str, /, **symbols) -> Expr:
    """The expression that a line of mathematics means: ``read("w.x + b", w=w, x=x, b=b)``.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.read("2(w.x) x^T", w=w, x=x)
    2(w.x) x^T  (1 x n)

    The names are those given: expressions, Jacobians or numbers. The notation is the paper's, and
    what ``str()`` of a closed form prints: ``x^T`` is 1 x n, ``w.x`` a scalar, ``w x^T`` a matrix,
    ``w ⊗ x`` the product element by element, ``diag(x)``, ``1 if x > 0; 0 otherwise``,
    ``W^⊗3`` each element to a power, ``x_(2:n)`` all elements but the first, ``sum_i (...)`` over
    the data. ``I``, ``1^T`` and ``0^T`` take the length that fits, and
    ``1_n`` and ``0_3`` have the one that is written.

    What a name in it stands for may follow, ``diag(s) - s s^T, s = exp(z)/sum(exp(z))``.

    Raises :class:`ReadError` for whatever cannot be read, with its column, and nothing else: names,
    lengths and powers out of bounds, shapes that do not fit, a division by 0. Paper: "Notation".
    """
    if not isinstance(text, str):
        raise ReadError(f"a line of text is expected, not {type(text).__name__}")
    text, given = str.__str__(text), expressions_of(symbols)
    line, columns = plain(text) if len(text) <= 4 * LONGEST else (text, [*range(len(text) + 1)])
    try:
        return _read_line(line, given)
    except ReadError as error:  # in the column of what was typed
        column = columns[min(error.column, len(columns)) - 1] + 1
        raise ReadError(error.args[0], column, error.of_shapes) from None


def _read_line(line, names):
    """A formula and behind it what the names in it stand for."""
    formula, definitions = _apart(line)
    for name, definition in definitions:
        if name in names:
            raise ReadError(f"{name} is a name already: leave out what stands behind the comma")
        try:
            check_name(name)
        except ValueError as error:
            raise ReadError(f"{error}") from None
        names = {**names, name: let(name, _Reader(definition, names).all())}
    return _Reader(formula, names).all()


def _apart(line):
    """A line as its formula, and names with their definitions: none is in [3, a = b]."""
    marks = [m for m in _DEFINITION.finditer(line) if _closed(line[: m.start()])]
    ends = [*(m.start() for m in marks), len(line)]
    pairs = [(m[1], line[m.end() : end]) for m, end in zip(marks, ends[1:], strict=True)]
    return line[: ends[0]], pairs


def _closed(text):
    return all(text.count(a) <= text.count(b) for a, b in ("()", "[]"))


@dataclass
class _Factor:
    """A factor of a product: what stands before it, and which tokens it was read from."""

    operation: str
    column: int
    value: Expr | DataTerm
    number: str  # as it was typed, if it is a number and nothing more
    first: int
    end: int


class _Reader(SingleReader):
    """Reads one line, with a method for each level of tightness."""

    def all(self) -> Expr:
        formula = self.cases()
        if self.now.text == "," and self.text.lstrip()[:1] == "[":
            reason = "rows stand in one more pair of brackets, as in [[1, 0], [0, 1]]"
            raise ReadError(f"{self.now} cannot stand here: {reason}", self.now.column)
        if self.now.kind != "end":
            raise self.unexpected(self.now)
        return formula

    # --- cases, comparisons, sums ---

    def cases(self):
        branches, value = [], self.comparison()
        while mark := self.word("if"):
            branches.append((mark.column, self.comparison(), value))
            if self.word("else"):
                value = self.comparison()
                continue
            if not self.sign(";"):
                value = as_expr(0)
                break
            value = self.comparison()
            if self.word("otherwise"):
                break
            if not (self.is_keyword(self.now) and self.now.text == "if"):
                message = f'"if" or "otherwise" is expected before {self.now}'
                raise ReadError(message, self.now.column)
        for column, condition, yes in reversed(branches):
            yes, no = _as_zeros(yes, value), _as_zeros(value, yes)
            value = self.build(column, np.where, condition, yes, no)
        return value

    def comparison(self):
        left = self.sum()
        if mark := self.sign(*COMPARISONS):
            left = self.build(mark.column, COMPARISONS[mark.text], left, self.sum())
        return left

    def sum(self):
        left = self.term(self.chain)
        while mark := self.sign("+", "-"):
            operation = np.add if mark.text == "+" else np.subtract
            left = self.build(mark.column, operation, left, self.term(self.chain))
        return left

    def term(self, parse):
        """What ``parse`` reads, behind a sign if there is one."""
        mark = self.sign("+", "-") if self.pushed_back is None else None
        if mark is None:
            return parse()
        value = self.deeper(lambda: self.term(parse), mark.column)
        return value if mark.text == "+" else self.build(mark.column, negative, value)

    # --- products ---

    def chain(self):
        """The factors of a product: dots are the tightest, the others go from left to right.

        But a number in front of a matrix waits until that has met what comes next: ``z A x`` is
        ``z (A x)``, as it is printed, so that rounding does not tell the two apart.
        """
        factors = [self.factor("")]
        while (mark := self.sign(*FACTORS)) or self.starts():
            factor = self.factor(mark.text if mark else "", mark)
            if not self.joins(factors[-1], factor):
                factors.append(factor)
        first, before = factors[0], factors[0]
        whole, waits = first.value, None
        for k, factor in enumerate(factors[1:], 2):
            value, beside = factor.value, not factor.operation
            if waits and not beside:
                whole, waits = self.build(waits[0], product, waits[1], whole), None
            if beside and waits is None and (kind(whole), kind(value)) == ("scalar", "matrix"):
                waits, whole, before = (factor.column, whole), value, factor
                continue
            if beside:
                self.refuse_side_by_side(first, before, factor)
                if factor.number == "1" and kind(whole) in ("row", "matrix"):
                    before = factor
                    scaled = kind(whole) == "row" or is_square(whole) and is_open(whole)
                    if scaled and [f.operation for f in factors[k : k + 1]] == ["/"]:
                        continue  # w^T 1/n is w^T/n, and I 1/z is I/z
                    value = ones()  # as in A 1, the sum of each row
            of = "⊗" if self.as_in_numpy(factor, whole, value) else factor.operation
            function = FACTORS[of](kind(whole), kind(value))
            whole, before = self.build(factor.column, function, whole, value), factor
        return self.build(waits[0], product, waits[1], whole) if waits else whole

    def as_in_numpy(self, factor, a, b):
        """Whether ``*`` is NumPy's: of matrices, in a line whose other products are ``@``."""
        return factor.operation == "*" and kind(a) == kind(b) == "matrix" and "@" in self.text

    def factor(self, operation, mark=None) -> _Factor:
        column, first = (mark or self.now).column, self.at
        value = self.term(self.power) if operation else self.power()
        token = self.tokens[first]
        number = token.text if token.kind == "number" and self.at == first + 1 else ""
        return _Factor(operation, column, value, number, first, self.at)

    def joins(self, left, right):
        """Whether two factors become one: a dot product, or ``1 x^T``, where 1 is a column."""
        kinds = kind(left.value), kind(right.value)
        operation, a = dot, left.value
        if self.is_of_pi(left, right):
            left.value = as_expr(left.value.params["value"] * right.value.params["value"])
            left.number, left.end = "", right.end
            return True
        if right.operation == "" and left.number == "1" and kinds[1] == "row":
            operation, a = product, ones()
            if left.operation == "/":
                return False
        elif right.operation == "." and kinds not in DOTTED:
            raise self.no_dot(left, right, kinds)
        elif right.operation not in (".", "·") or kinds not in DOTTED:
            return False
        left.value = self.build(right.column, operation, a, right.value)
        left.number, left.end = "", right.end
        return True

    def is_of_pi(self, left, right):
        """Whether this is one number, as ``2pi`` is."""
        close = left.number and left.operation != "/" and not self.tokens[right.first].spaced
        return close and right.operation == "" and right.value is CONSTANTS["pi"]

    def no_dot(self, left, right, kinds):
        hint = "leave out the ^T"
        if left.number or right.number:
            hint = "a digit is missing behind the point, or a * in place of it"
            if "1" in (left.number, right.number) and "column" in kinds:
                hint = "1 is a column of ones if you write 1^T x or x^T 1"
        elif "scalar" in kinds or "matrix" in kinds:
            hint = "write a space in place of the dot"
        message = f"a dot product takes two columns, and here are a {kinds[0]} and a {kinds[1]}"
        return ReadError(f"{message}: {hint}", right.column)

    def refuse_side_by_side(self, first, before, factor):
        if before.number and factor.number:
            message = f"two numbers side by side: write {before.number}*{factor.number}"
            raise ReadError(message, factor.column)
        if before.operation == "/" and self.tokens[factor.first].spaced:
            plain = before.number or getattr(before.value, "op", None) is SIZE
            if plain and re.fullmatch(r"[\d.]+ ?/ ?\w+", self.source(first, before)):
                return  # as in 2/N x^T
        if before.operation == "/" and kind(factor.value) != "matrix":
            whole, under = self.source(first, before), self.source(before, before)
            above = whole[: -len(under)]
            message = (
                f"this can be meant in two ways: write ({whole}) {self.source(factor, factor)}"
            )
            raise ReadError(f"{message} or {above}({self.source(before, factor)})", factor.column)

    def source(self, first, last):
        """The text of some factors."""
        return self.text[self.tokens[first.first].column - 1 : self.tokens[last.end - 1].end - 1]

    def starts(self):
        """Whether the next token begins a factor."""
        token = self.now
        if token.kind in ("number", "constant", "word"):
            return not self.is_keyword(token)
        if token.text == "[" and not token.spaced and self.tokens[self.at - 1].kind == "word":
            self.refuse_index(self.tokens[self.at - 1])
        if token.text == "|" and self.brackets[-1:] == ["|"]:  # it closes, unless as in |z |x||
            return token.spaced and not self.tokens[self.at + 1].spaced
        return token.kind == "sign" and token.text in "([|"

    def refuse_index(self, name):
        """Of ``x[0]``, Python's first element, which in the notation is ``x_1``."""
        v, index = (
            self.names.meaning(name.text),
            re.match(r"\[(\d{1,9})\]", self.text[name.end - 1 :]),
        )
        if not index and kind(v) == "scalar":
            return  # z[b, 1] is a number times a list
        element = f"{'x' if kind(v) != 'column' or isinstance(v, DataTerm) else name.text}_1"
        if index and index[1] != "0":
            element = f"{element[:-1]}{int(index[1]) + 1}, counted from 1"
        message = f"an element is written {element}; before a list there is a space"
        raise ReadError(message, name.end)

    def index_ahead(self):
        """Whether a factor still to come has an index: in ``sum_i (y_i) w^T`` none has."""
        level = 0
        for token in self.tokens[self.at :]:
            level += (token.text in ("(", "[")) - (token.text in (")", "]"))
            ends = token.kind == "end" or token.text in ("+", "-", ",", ";", *COMPARISONS, "sum_i")
            if level < 0 or level == 0 and (ends or self.is_keyword(token)):
                return False
            if token.kind in ("word", "index") and token.text.endswith("_i"):
                return True
        return False

    def sum_over_data(self, token):
        self.names.in_sum += 1
        first = self.power if self.now.text == "(" else self.chain
        value = self.deeper(lambda: self.term(first), token.column)
        if first == self.power and self.index_ahead():
            self.pushed_back = value
            value = self.chain()
        self.names.in_sum -= 1
        return self.build(token.column, sum_over_data, value)

    def power(self):
        base = self.postfix()
        mark = self.sign("^", "^⊗")
        if not mark:
            return base
        if kind(base) == "matrix" and self.minus_transpose():
            return self.build(mark.column, lambda X: power(X, as_expr(-1)).T, base)
        exponent = self.deeper(lambda: self.term(self.power), mark.column)
        last, after = self.tokens[self.at - 1], self.tokens[self.at : self.at + 2]
        one = kind(base) != "matrix" and (is_number(exponent, 1) or is_number(exponent, -1))
        if one and [t.text for t in after] == ["/", "2"] and not any(t.spaced for t in after):
            typed = self.text[mark.column - 1 : last.end - 1]  # ^-1
            message = f"this can be meant in two ways: write ^({typed[1:]}/2) or ({typed})/2"
            raise ReadError(message.replace("(^", "(x^"), mark.column)
        if last.kind == "transpose":
            raise ReadError("the transpose of a power has parentheses: write (x^2)^T", last.column)
        operation = power if mark.text == "^" else power_of_elements
        return self.build(mark.column, operation, base, exponent)

    def minus_transpose(self):
        """Whether ``-T`` is read, of the inverse transposed, ``S^-T`` or ``S^(-T)``."""
        for signs in ("-T", "(-T)"):
            ahead = self.tokens[self.at : self.at + len(signs)]
            if [t.text for t in ahead] == [*signs]:
                self.at += len(signs)
                return True
        return False

    def postfix(self):
        first, raised = self.now, False
        value = self.primary()
        while (token := self.now).kind in ("transpose", "power", "index", "places"):
            if token.kind == "transpose":
                alone = first.kind == "number" and self.tokens[self.at - 1] is first
                value = self.turned(value, alone)
                continue
            if token.kind == "power":
                if raised:
                    raise ReadError("a power of a power has parentheses: write (x²)²", token.column)
                raised, operation, operand = True, power, as_expr(int(token.text[:9]))
            elif token.kind == "places":
                operation, operand = self.segment, token.text[2:-1]
            else:
                operation, operand = self.element, token.text[1:]
            self.next()
            value = self.build(token.column, operation, value, operand)
        return value

    def turned(self, value, alone):
        """The transpose; in a run of them two cancel. ``1^T`` and ``0^T`` are rows."""
        column, odd = self.now.column, False
        if alone:
            if not (is_number(value, 0) or is_number(value, 1)):
                reason = "of numbers only 1^T and 0^T are rows; the transpose of a power is (x^2)^T"
                raise ReadError(reason, column)
            value = ones() if is_number(value, 1) else zeros()
        while self.now.kind == "transpose":
            if self.now.typed in PRIMES and kind(value) == "scalar":
                raise ReadError(f"{self.now} cannot stand here: {DERIVATIVE}", column)
            self.next()
            odd = not odd
        return self.build(column, np.transpose, value) if odd else value

    def segment(self, v, places):
        return segment(v, places, self.names.letters)

    def element(self, v, index):
        if index == "i":
            if not self.names.in_sum or isinstance(v, DataTerm) or v.ndim != 1:
                raise TypeError("_i stands behind a column, inside sum_i (...)")
            return DataTerm(v)
        length = MOST_ELEMENTS if is_open_vector(v) else number_of_elements(v)
        if not length:
            raise TypeError(f"_{index} stands behind a column")
        if not 1 <= int(index[:9]) <= length:
            raise IndexError(f"{v} has elements _1 to _{length}")
        return v[int(index) - 1]


def _as_zeros(e, other):
    """The number 0 beside a row or column as zeros of that shape."""
    if isinstance(e, DataTerm) or isinstance(other, DataTerm) or not is_number(e, 0):
        return e
    length = 1 if other.shape[-1:] == (1,) else None  # [z]^T is laid beside any length
    return {"row": zeros(length).T, "column": zeros(length)}.get(kind(other), e)
