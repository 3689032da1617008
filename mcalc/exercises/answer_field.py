"""An exercise with a field for the answer, and the reply below it."""

from __future__ import annotations

import html

import ipywidgets as W

from ..draw.view import View
from ..graph.expr import WRITERS
from ..typed.read import ReadError, read
from .exercise import Exercise
from .progress import progress
from .replies import Reply


class Answering(W.VBox):
    """The question, a field for a typed answer, and buttons for a hint and the derivation.

    The answer is read with :func:`mcalc.typed.read.read`, and shown as it was read.
    """

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.answered: tuple[str, str, Reply] | None = None  # the text, what was said, and how
        self.question = W.HTMLMath(exercise.typeset)
        self.field = W.Text(
            value=progress().done.get(exercise.key, ""),
            description="answer",
            placeholder=f"as in {exercise.example[1]}",
            continuous_update=False,
        )
        self.field.layout.width = "420px"
        self.check, self.hint, self.steps = (
            W.Button(description=words) for words in ("Check", "Hint", "Derivation")
        )
        for button in (self.check, self.hint, self.steps):
            button.layout.width = "auto"
        self.read, self.reply, self.shown = W.HTMLMath(), W.HTML(), W.HTMLMath()
        self.shown.layout.overflow = "auto"
        self.reply.add_class("mcalc-reply")
        self.field.on_msg(lambda field, content, buffers: self._entered(content.get("event")))
        self.field.observe(self._typed, "value")
        self.check.on_click(lambda button: self._entered("submit"))
        self.hint.on_click(lambda button: self.say(exercise.hint(), "quiet"))
        self.steps.on_click(lambda button: self.derive())
        inputs = W.HBox([self.field, self.check, self.hint, self.steps])
        inputs.layout.flex_flow = "row wrap"
        super().__init__([self.question, inputs, self.read, self.reply, self.shown, View()])
        self.add_class("mcalc-exercise")
        self.taken, self.awaited = self.field.value, False
        self.say(self.standing(), "quiet")

    def standing(self) -> str:
        """Where the reader stands, also from an earlier day."""
        record, chapter = progress(), self.exercise.chapter
        done, count = record.chapter(chapter)
        if self.exercise.key not in record.done and not done:
            return f"one of {count} exercises; not answered yet"
        answered = f"{done} of the {count} exercises of chapter {chapter} answered"
        before = self.exercise.key in record.done and not self.answered
        return f"answered before; {answered}" if before else answered

    def _entered(self, event):
        """Enter or Check. What was typed comes in a message of its own, before it or after."""
        if event == "submit":
            self.awaited = self.field.value == self.taken
            self.answer()

    def _typed(self, change):
        if self.awaited:
            self.awaited = False
            self.answer()
        else:
            self.forget()

    def forget(self) -> None:
        """Take the last reply away: none may stand beside an answer that it is not about."""
        self.read.value = self.reply.value = ""

    def answer(self) -> None:
        """Reply to what stands in the field; the same answer again counts once."""
        self.forget()
        self.taken = text = self.field.value
        if not text.strip():
            self.say("type an answer, and press Enter", "quiet")
            return
        if self.answered and text == self.answered[0]:
            self.say(*self.answered[1:])
            return
        try:
            written = WRITERS["latex"](read(text, **self.exercise.names))
            self.read.value = f"read as $\\displaystyle {written}$"
        except ReadError:
            pass  # the reply says so
        reply = self.exercise.check(text)
        self.answered = text, f"{reply!r}", reply
        self.say(f"{reply!r}\n{self.standing()}" if reply else f"{reply!r}", reply)

    def derive(self) -> None:
        """The four steps, below; not before a try."""
        if not self.exercise.tried:
            self.say("try an answer first: then the derivation is shown", "quiet")
            return
        self.shown.value = self.exercise.derivation._repr_latex_()

    def say(self, sentence: str, how: str | Reply) -> None:
        """Show a reply; what is right or wrong is in the words, too."""
        kind = how if isinstance(how, str) else "right" if how else "wrong"
        self.reply.value = f'<span class="{kind}">{html.escape(sentence)}</span>'
