"""Exercises that no rule answers: a number, a shape, a direction, a word."""

from __future__ import annotations

import re

import numpy as np

from ..graph.expr import Expr, as_expr, shape_text
from ..graph.walk import is_number
from ..typed.read import ReadError, read
from .exercise import Exercise
from .replies import NOTHING, Reply

_SHAPE = re.compile(r"\(?\s*(\w+?)\s*(?:x|×|,|\*|by)\s*(\w+?)\s*\)?")
_ABOUT = re.compile(r"^(?:about|nearly|roughly|axis *=?|=|~|≈|\+)\s*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_UNIT = re.compile(r"^(\S*\d)\s+[a-z]{3,}$")  # 5 numbers
_IN_WORDS = {
    word: str(n)
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"none": "0"}
_LETTER = re.compile(r"\W*(\w)\W*|(\w) ?[):.].*|.*\((\w)\).*")  # b; it is (b); b: the second
_OF_WHOLE = 0.05  # how far from a whole number an answer may be that was measured


class Reason:
    """Why an answer is right, in a sentence: in the place of a derivation."""

    def __init__(self, sentence: str):
        self.sentence = sentence

    def __repr__(self):
        return self.sentence

    def _repr_latex_(self):
        return self.sentence


class AboutMeaning(Exercise):
    """A question about the meaning of a formula, with the answer beside it and not derived."""

    solution = "why"

    @property
    def _derivation(self) -> Reason:  # type: ignore[override]
        return Reason(f"{self.answer}: {self.row.reason}")

    @property
    def answer(self) -> str:
        """The right answer, as it can be typed."""
        return _written(self.row.answer)

    @property
    def names(self) -> dict[str, Expr]:
        """No variables stand in the answer."""
        return {}

    def _asked(self, write, math):
        formulas = {name: math.format(write(as_expr(e))) for name, e in self.row.shown.items()}
        return self.row.question.format(**formulas)

    @property
    def _kind(self):
        if self.row.words:
            return "word"
        return "shape" if isinstance(self.row.answer, tuple) else "numbers"

    def why(self, answer) -> Reply:
        """What :meth:`check` says to an answer, without a hint and without noting anything."""
        if answer is ...:
            return self._in_the_field()
        if answer is None or isinstance(answer, str) and not answer.strip():
            return Reply("not answered", self._nothing())
        given = self._taken(answer)
        if given is None:
            return Reply("not read", f"this cannot be read: {self._expected()}")
        if self._same(given, self._taken(self.row.answer)):
            return Reply(None, f"right: {self.answer}; {self.row.reason}")
        for slip, sentence in self.row.slips.items():
            if self._same(given, self._taken(slip)):
                return Reply("slip", f"not yet: {sentence}")
        return Reply(*self._otherwise(given))

    @property
    def a_slip(self) -> str:
        """A wrong answer, as it can be typed."""
        if self._kind == "word":
            return next(word for word in self.row.words if word != self.row.answer)
        return "9 x 8" if self._kind == "shape" else "1234"

    def _expected(self):
        many = "numbers in brackets" if np.ndim(self.row.answer) else "one number"
        what = {"word": "one of these words", "shape": "rows x columns", "numbers": many}
        return f"{what[self._kind]} is expected, as in {self.example[1]}".replace(
            "brackets is", "brackets are"
        )

    def _taken(self, answer):
        """An answer in the form that is compared; None if it is none of the kind."""
        try:
            if self._kind == "word":
                (word,) = {*_said(answer.lower())} & {*self.row.words}
                return word
            if self._kind == "shape":
                return _shape(answer)
            return _numbers(answer, np.ndim(self.row.answer))
        except (ReadError, TypeError, ValueError, AttributeError, OverflowError):
            return None

    def _same(self, given, right):
        if self._kind != "numbers":
            return given == right
        given, right = np.squeeze(given), np.squeeze(right)
        if given.shape != right.shape:
            return False
        apart = self.row.within * abs(right).max()
        if (right == right.round()).all():  # of 1000 entries 999 are not all of them
            apart = min(apart, _OF_WHOLE)
        return bool((abs(given - right) <= apart).all())

    def _otherwise(self, given):
        """The name of a mistake that no slip is, and a sentence about it."""
        if self._kind == "word":
            return "word", "not yet: think it through once more"
        right = self._taken(self.row.answer)
        if self._kind == "shape":
            if given == right[::-1]:
                return "transpose", "not yet: that is turned round: what do its rows stand for?"
            return "shape", "not yet: what do its rows stand for, and what its columns?"
        if np.squeeze(given).shape != np.squeeze(right).shape:
            return "shape", f"not yet: {right.size} number{'s' * (right.size > 1)} expected"
        if self._same(-given, right):
            return "sign", "not yet: in which direction does it go?"
        if right.size > 1 and self._same(given[..., ::-1], right):
            return "order", "not yet: in which order do they come?"
        if right.ndim == 2 and given.shape == right.T.shape and self._same(given.T, right):
            return "transpose", "not yet: rows and columns are exchanged"
        many = (
            "at least one of the numbers is another" if right.size > 1 else "that is another number"
        )
        return "number", f"not yet: {many}"

    def _nothing(self):
        code, _ = self.example
        return NOTHING.partition(", as")[0] + f", as {code}"

    @property
    def example(self) -> tuple[str, str]:
        """What an answer may look like, in code and typed; it is none to this exercise."""
        if self._kind == "word":
            return " or ".join(f'"{word}"' for word in self.row.words), " or ".join(self.row.words)
        if self._kind == "shape":
            return '"5 x 7"', "5 x 7"
        shape = np.shape(self.row.answer)
        text = "0.7"
        for n in reversed(shape):
            text = f"[{', '.join([text] * n)}]"
        return text, text


def _said(text):
    """The words of an answer, or the letter that stands for one: of "A x" a is none."""
    if match := _LETTER.fullmatch(text):
        yield from match.groups()
    for word in re.findall(r"[\w-]{2,}", text):
        yield from (word, word.removesuffix("s"), re.sub("wards?$", "", word))


def _shape(answer):
    """A pair of lengths as text, as a shape of NumPy's or as ``2 x 3``."""
    if isinstance(answer, str):
        match = _SHAPE.fullmatch(answer.strip().strip("[]"))
        return match and match.groups()
    return tuple(map(str, answer)) if len(answer) == 2 else None


def _numbers(answer, axes):
    """Numbers that were typed or calculated, as an array; ValueError for anything else."""
    if isinstance(answer, str):
        text = _UNIT.sub(r"\1", _ABOUT.sub("", answer.strip()))
        text = _IN_WORDS.get(text.lower(), text)
        if not axes and _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        if axes and "," in text and "[" not in text:
            text = f"[{text.strip('()')}]"
        value = _value(read(text))
    else:
        value = np.asarray(answer, dtype=float)
    if not np.isfinite(value).all():
        raise ValueError("no number")
    return value


def _value(e):
    """A formula without variables in numbers, a row as a vector."""
    if not e.ndim and is_number(e):
        return np.asarray(float(e.params["value"]))
    from ..check.interpret import batch

    value = np.asarray(batch([e], {"_": np.zeros((1, 1))}, {})[e], dtype=float)
    value = value.reshape(value.shape[-e.ndim :]) if e.ndim else value.reshape(())
    return value[0] if value.ndim == 2 and value.shape[0] == 1 else value


def _written(answer):
    if isinstance(answer, str):
        return answer
    if isinstance(answer, tuple):
        return shape_text(answer)
    if np.ndim(answer):
        return f"[{', '.join(map(_written, answer))}]"
    return f"{answer:.6g}"
