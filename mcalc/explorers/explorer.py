"""What all explorers share: inputs, a picture with numbers that follows them, and a static form."""

from __future__ import annotations

import base64
import html
import inspect
import textwrap
from collections.abc import Callable

import ipywidgets as W
import numpy as np

from ..draw.view import View
from ..graph.expr import WRITERS, Expr, as_expr
from ..graph.variables import scalars, vectors
from ..graph.walk import same, symbols
from ..notation.numbers import number
from .change import signed
from .inputs import Guess

Function = Expr | Callable  # an expression, or what makes one of variables


# --- the explorer ----------------------------------------------------------------------------


class Explorer(W.VBox):
    """Inputs, and a picture with its numbers that follows them.

    A subclass has a ``title`` and a method ``draw``, which gives a :class:`Scene` and lines of
    text for the values of its inputs, by keyword. A displayed explorer carries, besides the live
    form, a picture of what it shows and :meth:`summary`. An exception while drawing is shown as a
    sentence in the explorer and kept in ``error``.
    """

    title = ""

    def __init__(self, formulas, inputs: dict, extra=(), rows=None, guess=False):
        rows = rows or [[*inputs]]
        if guess:
            inputs = {**inputs, "guess": Guess("your guess of the change")}
            rows = [*rows, ["guess"]]
        self._guessed_at: dict = {}
        self.inputs, self.formulas, self.error = inputs, list(formulas), None
        self._quiet = False
        self._formula = W.HTMLMath(self._typeset())
        self._formula.add_class("mcalc-formula")
        self._view = View()
        self._view.observe(self._handled, "moved")
        self._held: dict = {"grab": 0, "steps": (0, 0), "before": {}}
        self._message = W.HTML()
        self._message.add_class("mcalc-message")
        for one in inputs.values():
            one.on_change, one.on_error = self._moved, self.refuse
        controls = [W.HBox([inputs[name].widget for name in row]) for row in rows]
        for row in controls:
            row.layout.flex_flow = "row wrap"
        super().__init__([self._formula, *controls, *extra, self._message, self._view])
        self.add_class("mcalc-explorer")
        self.show()
        if self.error:
            raise self.error

    def _typeset(self):
        return "".join(f"<div>{_latex(line)}</div>" for line in self.formulas)

    def set_formulas(self, formulas):
        """Show these formulas from now on."""
        if not same(_parts(formulas), _parts(self.formulas)):
            self.formulas = formulas
            self._formula.value = self._typeset()

    @property
    def values(self) -> dict:
        """What the inputs say now."""
        return {name: one.value for name, one in self.inputs.items()}

    def set(self, **values) -> Explorer:
        """Move inputs from code, as their sliders would: ``lab.set(x=2)``. Gives the explorer.

        Raises ValueError for a name that is no input, and for a value that the input refuses; then
        nothing has moved. What goes wrong while drawing is raised too.
        """
        unknown = [name for name in values if name not in self.inputs]
        if unknown:
            raise ValueError(f"{unknown[0]} is no input here: there are {', '.join(self.inputs)}")
        before = {name: one.state for name, one in self.inputs.items()}
        self._quiet = True
        try:
            for name in [name for name in self.inputs if name in values]:
                self.inputs[name].set(self.inputs[name].read(values[name]))
                self.update_inputs(**self.values)
        except ValueError:
            for name, state in before.items():
                self.inputs[name].set(state)
                self.update_inputs(**self.values)
            raise
        finally:
            self._quiet = False
        self.show()
        if self.error:
            raise self.error
        return self

    def refuse(self, error):
        """Say in the explorer what is wrong with an input."""
        self._say(str(error))

    def _say(self, sentence):
        told = f"<span>{html.escape(sentence)}</span>" if sentence else ""
        if self._message.value != told:
            self._message.value = told

    def after_guess(self, guess, question: str, told: list[str], real: float) -> list[str]:
        """The lines about a change; where a guess is asked for, only once there is one.

        ``question`` says what is to be guessed, and ``real`` is what the guess is compared with.
        """
        if "guess" not in self.inputs:
            return told
        if guess is None:
            return [f"{question} how much will the value change? Guess first: type a number above"]
        off = guess - real
        return [*told, f"your guess {signed(guess)} is off by {number(off)}"]

    def _forget_guess(self):
        """What was guessed holds for the inputs as they were."""
        now = {name: one.state for name, one in self.inputs.items() if name != "guess"}
        if self._guessed_at and now != self._guessed_at:
            self.inputs["guess"].set(None)
        self._guessed_at = now

    def _moved(self):
        if not self._quiet:
            self.show()

    # --- what is taken hold of in the picture ---

    def _handles(self):
        """The scene's handles as the page gets them."""
        return [
            self._in_page(handle)
            for handle in self.scene.handles
            if all(self._movable(self.inputs[name]) for name in handle.moves)
        ]

    @staticmethod
    def _movable(one):
        return one.widget.layout.visibility != "hidden" and one.low < one.high

    def _in_page(self, handle):
        ones = [self.inputs[name] for name in handle.moves]
        left, top, width, height = handle.box or (0, 0, self.scene.width, self.scene.height)
        words = ", ".join(f"{one.label} = {one.format(one.value)}" for one in ones)
        first = ones[0]
        return {
            "name": handle.name, "words": words, "at": [round(handle.x, 1), round(handle.y, 1)],
            "size": handle.size, "axes": handle.axes, "stay": handle.stay,
            "range": [float(v) for v in (first.low, first.high, first.value)],
            "box": [left, top, width, height],
        }  # fmt: skip

    def _handled(self, change):
        """The page has moved a handle: inputs follow; what goes wrong is said in the explorer."""
        try:
            moved = self._follow(change["new"])
        except Exception as error:
            self.error = error
            self.refuse(f"This could not be moved: {type(error).__name__}: {error}")
            return
        own = [one.on_change for one in moved if one.on_change != self._moved]
        (own or [self._moved])[0]()

    def _follow(self, told):
        """Set the inputs that move with a handle; gives them."""
        steps, before = told["steps"], self._held["steps"]
        right, up = steps[0] - before[0], steps[1] - before[1]
        self._held["steps"] = steps
        handle = next((h for h in self.scene.handles if h.name == told["name"]), None)
        if handle is None:  # it has gone since
            return []
        taken = told["taken"] and tuple(told["taken"])
        if fresh := told["grab"] != self._held["grab"] or not taken:
            self._held["grab"] = told["grab"]
            for name, value in (handle.sets(taken) if handle.sets else {}).items():
                self.inputs[name].set(value)
                self.update_inputs(**self.values)
        ones = {name: self.inputs[name] for name in handle.moves}
        if fresh:
            self._held["before"] = {name: one.value for name, one in ones.items()}
        ways = (right, up) if len(ones) > 1 else (right + up,)
        for (name, one), way in zip(ones.items(), ways, strict=True):
            if told["at"]:
                value = handle.moves[name].value(told["at"], taken, self._held["before"][name])
                one.value = one.near(value)
            elif way:
                one.value = one.stepped(way)
        if told["to"]:
            first = next(iter(ones.values()))
            first.value = first.high if told["to"] == "End" else first.low
        return [*ones.values()]

    # --- drawing ---

    def show(self):
        """Draw for the inputs as they are now; if that fails, say so and keep the last picture."""
        try:
            self.update_inputs(**self.values)
            if "guess" in self.inputs:
                self._forget_guess()
            with np.errstate(all="ignore"):
                self.scene, self.lines = self.draw(**self.values)
            self._view.show(self.scene, self.title, self.lines, self._handles())
            self.error = None
            self._say("")
        except Exception as error:
            self.error = error
            self._say(f"This could not be drawn: {type(error).__name__}: {error}")
        for one in self.inputs.values():
            one.sync()

    def update_inputs(self, **values):
        """Limit or hide inputs by what other inputs say."""

    # --- the static form ---

    def summary(self) -> str:
        """Formulas, inputs and numbers as plain text."""
        given = ", ".join(
            f"{name} = {one.format(one.value)}"
            for name, one in self.inputs.items()
            if one.widget.layout.visibility != "hidden"
        )
        told = [_plain(line) for line in self.formulas]
        return "\n  ".join([f"{self.title}: {told[0]}", *told[1:], given, *self.lines])

    def __repr__(self):
        return self.summary()

    def png(self) -> bytes:
        """The picture as it is now, with its formulas and numbers: the bytes of a PNG file."""
        above = [text for line in self.formulas for text in _wrapped(line)]
        return self.scene.png(above, [*self.lines, "", "(a picture: run the cell to move things)"])

    def _repr_mimebundle_(self, **options):
        data = super()._repr_mimebundle_(**options)
        if data is None:
            return None
        if self.error:
            raise self.error
        png = base64.b64encode(self.png()).decode()
        alt = html.escape(self.summary(), quote=True)
        image = f'<img alt="{alt}" width="{self.scene.width}" src="data:image/png;base64,{png}">'
        return {**data, "text/plain": self.summary(), "image/png": png, "text/html": image}

    def close(self):
        """Take the explorer away, with everything it is made of."""
        parts = list(self.children)
        while parts:
            part = parts.pop()
            parts += getattr(part, "children", ())
            for name in ("style", "layout"):
                if isinstance(owned := getattr(part, name, None), W.Widget):
                    owned.close()
            part.unobserve_all()
            part.close()
        for one in getattr(self, "inputs", {}).values():  # none if it was refused at its making
            one.on_change = one.on_error = None
        self.layout.close()
        super().close()


def _parts(formulas):
    """The expressions and derivations in lines some of which are pairs."""
    return [part for line in formulas for part in (line if isinstance(line, tuple) else [line])]


def _latex(line):
    """A line of formulas, a tuple of what is equal, or something that writes itself."""
    if not isinstance(line, tuple):
        return line._repr_latex_()
    return rf"$\displaystyle {' = '.join(map(WRITERS['latex'], line))}$"


def _plain(line):
    return " = ".join(map(str, line)) if isinstance(line, tuple) else repr(line)


def _wrapped(line):
    """As lines of text that are as long as a picture is wide; columns go on under themselves."""
    return [part for text in _plain(line).splitlines()
            for part in textwrap.wrap(text, 90, subsequent_indent=" " * _last_column(text),
                                      drop_whitespace=False) or [""]]  # fmt: skip


def _last_column(text):
    """Where the right column of a listing begins, or what is behind ``2. differentiate``."""
    gap = text.rfind(" " * 4)
    return 18 if gap < 0 else gap + 4


# --- the reader's own functions --------------------------------------------------------------


def expression(given, kind="scalars") -> Expr:
    """An expression as it is, or a function called with variables named as its parameters."""
    if isinstance(given, np.ufunc):
        given = given(*_variables(["x", "y"][: given.nin], kind))
    elif callable(given) and not isinstance(given, Expr):
        parameters = inspect.signature(given).parameters.values()
        plain = [p for p in parameters if p.default is p.empty and p.kind < p.VAR_POSITIONAL]
        names = [p.name for p in plain]
        given = given(*_variables(names, kind))
    return as_expr(given)


def _variables(names, kind):
    make = {"scalars": scalars, "vectors": vectors}[kind]
    return [make(name) for name in names]


def only_scalars(y, most=None):
    """The variables of y, if they are all scalars; ValueError else."""
    found = symbols(y)
    if y.ndim or any(v.ndim for v in found) or not found:
        raise ValueError(f"{y} is needed as a scalar function of scalars, such as x**2 + x")
    if most and len(found) != most:
        names = ", ".join(v.name for v in found)
        raise ValueError(f"{y} has {len(found)} variables, {names}: {most} are needed here")
    return found


def outside(value):
    """A word about a point at which a function has no value."""
    return "" if np.isfinite(value).all() else ", for it is not defined at this point"
