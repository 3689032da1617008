"""Exercises that answer with a diagnosis: the reader's answer against the derived one."""

from __future__ import annotations

import difflib
import html
import json
import re
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from typing import Any

from ..check.diagnosis import diagnose
from ..check.paths import in_variables
from ..derivation import Derivation, derive, hessian
from ..graph.expr import LET, WRITERS, Expr, shape_text
from ..graph.walk import symbols, walk
from ..typed.read import ReadError, read
from . import record
from .questions import ROWS, Meaning
from .replies import FIRST, NO_TRY, NOTHING, Reply

# What a message has beside the shapes that do not fit: where it was, and what can be written.
_BESIDES = re.compile(
    r"^column \d+: (?:(?:divide|multiply|matmul|where|add|subtract|power): )?"
    r"|: (?:write|leave out|the inner|the lengths|a number times|diag\( \)).*"
)
_IN_FULL = 2  # misses after which a reply holds what would mend the answer


class Exercise:
    """A question with an answer that is derived, ``mc.exercise("05.square")``.

    The first part of the key is the chapter, which up to 12 mirrors a section of the paper. Shown
    in a notebook it has a field for a typed answer; :meth:`check` takes one from code.
    """

    row: Any
    solution = "all steps"  # what the derivation is

    def __init__(self, key: str):
        self.key, self.row, self.misses, self.hinted = key, ROWS[key], 0, 0

    @property
    def chapter(self) -> str:
        return self.key.partition(".")[0]

    @property
    def points(self) -> int:
        """From 1 to 3, rising through the chapter."""
        keys = exercise_keys(self.chapter)
        return 1 + 3 * keys.index(self.key) // len(keys)

    @property
    def derivation(self) -> Any:
        """The derivation of the right answer, in four steps; the record says that it was seen."""
        with suppress(OSError):
            record.note_seen(self.key)
        return self._derivation

    @cached_property
    def _derivation(self) -> Derivation:
        return {1: derive, 2: hessian}[self.row.order](self.row.y, self.row.wrt)

    @property
    def right(self) -> Expr:
        """The right answer: of a matrix that what ``G`` becomes, of all else the Jacobian."""
        d = self._derivation
        return d.vjp(d.G) if d.y.ndim == 2 else d.jacobian.expr

    @property
    def answer(self) -> str:
        """The right answer, as it can be typed."""
        return str(self.right)

    @property
    def tried(self) -> bool:
        """Whether an answer was given, today or before."""
        return bool(self.misses or record.load().get(self.key, record.Note()).tries)

    @cached_property
    def names(self) -> dict[str, Expr]:
        """What may stand in a typed answer: the variables, and the intermediate ones."""
        d = self._derivation
        inside = {str(v.name): v for v in in_variables(d) if v is not d.graph.result}
        variables = {str(v.name): v for v in self._own()}
        return variables | {name: v for name, v in inside.items() if name not in variables}

    def _own(self):
        """The variables of an answer, with the gradient that comes back to a matrix."""
        d = self._derivation
        return [*symbols(d.y), d.G] if d.y.ndim == 2 else symbols(d.y)

    @property
    def question(self) -> str:
        """The question as plain text."""
        return self._asked(WRITERS["text"], "{}")

    def _asked(self, write, math):
        by = self.row.wrt if isinstance(self.row.wrt, tuple) else (self.row.wrt,)
        names = ", ".join(map(write, by))
        names = f"({names})" if len(by) > 1 else names
        y, x = (math.format(part) for part in (write(self.row.y), names))
        return self.row.question.format(y=y, x=x)

    def check(self, answer=...) -> Reply:
        """The reply to an answer: a closed form, or a line of text as ``mc.read`` reads it.

        ``...`` stands for the answer that was typed into the field, if one was right. A wrong
        answer is asked about, the second one is told what is wrong with it, with a hint, and the
        third one what is missing. Nothing that is given raises an error. The outcome is noted
        in the reader's own record, for all notebooks.
        """
        reply = self.why(answer)
        if reply.mistake in NO_TRY or answer is ...:
            return reply
        note = self._keep(reply, answer)
        self.misses += not reply
        hint = f"\n{self.hint()}" if self.misses > 1 and not reply else ""
        return Reply(reply.mistake, f"{reply}{note}{hint}")

    def why(self, answer) -> Reply:
        """What :meth:`check` says to an answer, without a hint and without noting anything."""
        if answer is ...:
            return self._in_the_field()
        if answer is None or isinstance(answer, str) and not answer.strip():
            return Reply("not answered", self._nothing())
        try:
            claim = read(answer, **self.names) if isinstance(answer, str) else answer
            wrong = diagnose(self._derivation, claim, self.chapter >= "08", done=True)
        except ReadError as error:
            return self._unread(error)
        except Exception as error:  # whatever a stranger's object raises
            return Reply("no formula", f"this cannot be compared: {error}")
        if wrong is None:
            size = shape_text((*self.right.shape, 1)[:2])
            return Reply(None, f"right: {self.answer}   ({size})")
        return Reply(wrong.mistake, f"not yet: {self._told(wrong)}")

    def _told(self, wrong):
        """What to say to a wrong answer: a question first, and what would mend it last."""
        if self.misses >= _IN_FULL:
            return wrong.sentence
        asked = "" if self.misses else FIRST.get(wrong.mistake, "")
        if wrong.mistake == "entry" and not symbols(self.right):
            asked = FIRST["constant factor"]  # a number that should be there is the answer
        if asked and wrong.mistake == "transpose" and self._derivation.y.ndim == 2:
            asked = FIRST["transposed gradient"].format(wrt=self.row.wrt)
        return asked or wrong.first

    def _in_the_field(self):
        """Right if what was typed into the field was, as the record has it."""
        noted = record.load().get(self.key, record.Note())
        if noted.right and noted.typed and self.why(noted.typed):
            sentence = f"right, as answered above: {noted.typed}"
            line = json.dumps(noted.typed, ensure_ascii=False)
            hand_in = f"to hand it in, write it in the place of the dots: {line}"
            return Reply(None, f"{sentence}\n{hand_in}")
        return Reply("not answered", self._nothing())

    def _nothing(self):
        code, typed = self.example
        return NOTHING.format(code, typed)

    @property
    def example(self) -> tuple[str, str]:
        """What an answer may look like, in code and typed; it is none to this exercise."""
        d = self._derivation
        if d.y.ndim == 2:
            return f"5*{d.G}.T", f"5{d.G}^T"
        m, n = d.jacobian.shape
        vectors = [v for v in symbols(d.y) if v.ndim == 1]
        away = [v for v in vectors if v not in {*symbols(d.jacobian.expr)}]  # of 3a.x not 5a^T
        v = f"{next(iter(away or vectors), symbols(d.y)[0])}"
        if all(e.ndim == 2 for e in symbols(d.y)):
            return f"5*{v}.T", f"5{v}^T"
        if not any(v.ndim for v in symbols(d.y)):
            row = f"[2*{v}, 3]"
            code = f"2*{v}" if m == n == 1 else f"[{row}]" if m == 1 else f"[{row}, [1, {v}]]"
            return code, (row if m == 1 < n else code).replace("*", "")
        if n == 1:
            return f"5*{v}", f"5{v}"
        if m == 1:
            return f"5*{v}.T", f"5{v}^T"
        if self.chapter < "05":
            return f"np.outer({v}, {v})", f"{v} {v}^T"
        return f"mc.diag(5*{v})", f"diag(5{v})"

    def _unread(self, error):
        """A product whose shapes do not fit is a mistake; what cannot be read is none."""
        said = self._by_own_names(f"{error}")
        if error.of_shapes and "⊗" not in said:  # two vectors can be multiplied in three ways
            advice = ": in which order, and as a row, a column or on a diagonal?"
            if re.search(": (?:add|subtract): |added|subtracted", said):
                advice = ": only what has the same shape can be added"
            elif re.search("list|a row and a column", said):
                advice = ""
            return Reply("shape", f"not yet: {_BESIDES.sub('', said)}{advice}")
        return Reply("not read", f"this cannot be read: {said}")

    def _by_own_names(self, said):
        """A message that lists the reader's names, and not those of a derivation's steps."""
        own = [v.name for v in self._own()]
        own += [e.name for e in walk(self._derivation.y) if e.op is LET]
        return re.sub(r"the names are [\w, ]+", f"the names are {', '.join(own)}", said)

    def hint(self) -> str:
        """The next hint; after the last one, how to see all steps."""
        self.hinted += 1
        hints = self.row.hints
        if self.hinted <= len(hints):
            return f"hint {self.hinted} of {len(hints)}: {hints[self.hinted - 1]}"
        return f'hint: mc.exercise("{self.key}").derivation shows {self.solution}'

    def _keep(self, reply, answer):
        """Note the outcome in the reader's record; what to say if that fails."""
        try:
            record.note(self.key, bool(reply), answer if isinstance(answer, str) else "")
        except OSError as error:
            return f"\n(this could not be written to {record.place()}: {error.strerror})"
        return ""

    def __repr__(self):
        points = f"{self.points} point" + "s" * (self.points > 1)
        return f"{self.key} ({points}): {self.question}"

    @property
    def typeset(self) -> str:
        """The key and the question as HTML, with mathematics for MathJax."""
        asked = self._asked(WRITERS["latex"], "$\\displaystyle {}$")
        return f"<b>{self.key}</b> {asked}"

    def _repr_html_(self):
        """The same for a page that has no MathJax, as a stored notebook is shown on most."""
        asked = self._asked(lambda part: html.escape(WRITERS["text"](part)), "<code>{}</code>")
        return f"<b>{self.key}</b> {asked}"

    def _repr_mimebundle_(self, **options):
        view = import_module(".answer_field", __package__).Answering(self)
        live = view._repr_mimebundle_(**options) or {}
        return {**live, "text/plain": repr(self), "text/html": self._repr_html_()}


_exercises: dict[str, Exercise] = {}


def exercise(key: str) -> Exercise:
    """The exercise with this key, ``mc.exercise("05.square")``: the same one whenever asked for.

    Raises ValueError for a key that there is not; the message has those that are near.

    >>> import mcalc as mc
    >>> mc.exercise("05.square").why("2x")
    not yet: what has output 1 to do with input 2, and where does that stand?
    """
    if key not in ROWS:
        asked = f"{key}"
        near = exercise_keys(asked[:2]) or difflib.get_close_matches(asked, ROWS, n=3, cutoff=0.4)
        near = near or [key for key in ROWS if key.startswith("01")]
        raise ValueError(f"{key!r} is no exercise; there are {', '.join(near)}")
    if key not in _exercises:
        kind = import_module(".meaning", __package__) if isinstance(ROWS[key], Meaning) else None
        _exercises[key] = kind.AboutMeaning(key) if kind else Exercise(key)
    return _exercises[key]


def exercise_keys(chapter: int | str) -> list[str]:
    """The keys of a chapter's exercises, in order: ``exercise_keys(5)``.

    An empty list for a chapter without exercises.

    >>> import mcalc as mc
    >>> mc.exercise_keys(5)[:2]
    ['05.square', '05.root']
    """
    return [key for key in ROWS if key.partition(".")[0] == f"{chapter}".zfill(2)]
