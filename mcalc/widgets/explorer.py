"""What all explorers share: inputs, a picture with numbers that follows them, and a static form."""

from __future__ import annotations

import base64
import html
import inspect
import math
import textwrap

import ipywidgets as W
import numpy as np
from traitlets import CFloat, CInt

from ..expr import WRITERS, Expr, as_expr, scalars, symbols, vectors
from ..picture import number, typeset
from .scene import STYLE

# JupyterLab takes keys such as b and d d for the notebook wherever the focus is, unless the element
# that has it has this attribute. Keys that go with Ctrl, Alt or Cmd, and Shift+Enter, are left
# to it. An image without a source is the one element that can run this when it is put in place.
_KEYS = (
    "if(!window.mcalcKeys){window.mcalcKeys=true;window.addEventListener('keydown',e=>{"
    "const at=e.target;if(at.closest&&at.closest('.mcalc-explorer'))"
    "at.toggleAttribute('data-lm-suppress-shortcuts',"
    "!(e.ctrlKey||e.altKey||e.metaKey||(e.key==='Enter'&&e.shiftKey)))},true)}this.remove()"
)
_CSS = STYLE + (
    ".mcalc-view,.mcalc-view .widget-html-content{min-width:0;max-width:100%;width:100%}"
    ".mcalc-view svg{display:block;max-width:100%;height:auto}"
    ".mcalc-formula .widget-html-content{line-height:normal}"
    ".mcalc-formula .widget-html-content>div{padding:3px 0}"
    ".mcalc-view pre{margin:4px 0 0;line-height:1.35;white-space:pre;overflow-x:auto;"
    "color:var(--jp-content-font-color1,inherit)}"
    ".mcalc-explorer .mcalc-message{height:36px;overflow:auto;color:var(--mcalc-orange)}"
    ".mcalc-message .widget-html-content{line-height:18px}"
    ".mcalc-explorer .noUi-handle:focus,.mcalc-explorer button:focus-visible,"
    ".mcalc-explorer select:focus-visible,.mcalc-explorer input:focus-visible"
    "{outline:3px solid var(--mcalc-blue)!important;outline-offset:1px}"
)
_HEAD = f'<style>{_CSS}</style><img src="data:," alt="" hidden onerror="{_KEYS}">'


# --- inputs ----------------------------------------------------------------------------------


class _IntSlider(W.IntSlider):
    value = CInt(0).tag(sync=True, echo_update=False)  # one message less before the picture


class _FloatSlider(W.FloatSlider):
    value = CFloat(0.0).tag(sync=True, echo_update=False)


class Number:
    """A labelled box for a number, with a slider beside it.

    The slider stops at every ``step``; with ``log`` at 1, 2 and 5 times the powers of ten. The box
    takes any number in between. A number out of range, or what is no number, is refused with a
    sentence, and the input stays as it was.
    """

    def __init__(
        self, label, low, high, value, step=None, log=False, whole=False, unit="", narrow=False
    ):
        self.label, self.low, self.high, self.whole = label, low, high, whole
        self.moved = self.refused = None
        if log:
            powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            stops = [float(f"{k}e{power}") for power in powers for k in (1, 2, 5)]
            self.stops = [stop for stop in stops if low <= stop <= high]
            self.slider = _IntSlider(min=0, max=len(self.stops) - 1, readout=False)
        else:
            self.stops = None
            make = _IntSlider if whole else _FloatSlider
            step = step or (1 if whole else (high - low) / 120)
            self.slider = make(min=low, max=high, step=step, readout=False)
        self.slider.layout.width = "86px" if narrow else "150px"
        self.slider.layout.margin = "2px 10px"
        words = f"{label}, {unit}" if unit else label
        self.box = W.Text(description=words, continuous_update=False)
        self.box.layout.width = f"{(60 if narrow else 76) + max(8 * len(words), 16)}px"
        self.box.style.description_width = "initial"
        self.widget = W.HBox([self.box, self.slider])
        self.value = self.read(value)
        self._follow()
        self.slider.observe(self._slid, "value")
        self.box.observe(self._typed, "value")

    def told(self, value):
        return f"{value:.6g}"

    def read(self, given):
        """The number that is meant, or ValueError with a sentence."""
        try:
            value = float(given)
        except (TypeError, ValueError):
            value = math.nan
        example = f"give one from {self.told(self.low)} to {self.told(self.high)}"
        example = example if self.low < self.high else f"only {self.told(self.low)} is possible"
        if math.isnan(value):
            raise ValueError(f"{self.label}: {_quoted(given)} is not a number; {example}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.label}: {_quoted(given)} is out of range; {example}")
        if self.whole and value != round(value):
            raise ValueError(f"{self.label}: {_quoted(given)} is not a whole number; {example}")
        return int(value) if self.whole else value

    def put(self, value):
        self.value = value
        self._follow()

    @property
    def state(self):
        """What ``put`` takes to come back here."""
        return self.value

    def limit(self, high):
        """Another upper end, for a number that counts what another input has made fewer."""
        if high != self.high:
            self.high = high
            self.value = min(self.value, high)
            self.slider.unobserve(self._slid, "value")
            self.slider.max = high
            self.slider.observe(self._slid, "value")
            self._follow()

    def visible(self, shown):
        """Hide the input without moving what is below it."""
        wanted = "visible" if shown else "hidden"
        if self.widget.layout.visibility != wanted:
            self.widget.layout.visibility = wanted

    def settle(self):
        """Make the box show the value: a slider leaves it, and so does what was refused."""
        if self.box.value != self.told(self.value):
            self._follow()

    def _stop(self):
        """The stop of the slider that is nearest: JupyterLab would move anything else to one."""
        if self.stops:
            return min(range(len(self.stops)), key=lambda k: abs(self.stops[k] - self.value))
        step = self.slider.step
        stop = self.slider.min + step * round((self.value - self.slider.min) / step)
        return min(stop, self.slider.max)

    def _follow(self):
        """Make slider and box show the value."""
        self._following = True
        self.slider.value = self._stop()
        self.box.value = self.told(self.value)
        self._following = False

    def _slid(self, change):
        # the slider may have been moved back to the stop that stands for a value between two
        new = change["new"]
        if self._following or abs(new - self._stop()) < 1e-9:
            return
        self.value = self.stops[new] if self.stops else new if self.whole else round(new, 10)
        self.moved()  # which settles the box, after the picture

    def _typed(self, change):
        if self._following:
            return
        try:
            self.put(self.read(change["new"]))
        except ValueError as error:
            self.refused(error)
        else:
            self.moved()


class Choice:
    """One of several things by name, or by the beginning of a name that no other one has."""

    def __init__(self, label, options: dict, value=None):
        self.label, self.options, self.moved, self.refused = label, dict(options), None, None
        first = next(iter(self.options)) if value is None else value
        self.slider = W.Dropdown(options=list(self.options), value=first, description=label)
        self.slider.style.description_width = "initial"
        self.slider.layout.width = "auto"
        self.widget = self.slider
        self.slider.observe(lambda change: self.moved and self.moved(), "value")

    @property
    def value(self):
        return self.options[self.slider.value]

    @property
    def state(self):
        return self.slider.value

    def told(self, value):
        return next(name for name, option in self.options.items() if option is value)

    def read(self, given):
        numbered = [name for name in self.options if name.startswith(f"{given}: ")]
        begun = numbered or [name for name in self.options if name.startswith(str(given))]
        if given not in self.options and len(begun) != 1:
            names = ", ".join(map(repr, self.options))
            raise ValueError(f"{self.label}: {_quoted(given)} is not one of {names}")
        return given if given in self.options else begun[0]

    def put(self, value):
        self.slider.value = value

    def settle(self):
        """Nothing that is no option can stand in a drop-down."""

    def visible(self, shown):
        self.slider.layout.visibility = "visible" if shown else "hidden"


def _quoted(given):
    text = str(given).strip()
    return f'"{text[:30]}"' if isinstance(given, str) else text[:30]


# --- the explorer ----------------------------------------------------------------------------


class Explorer(W.VBox):
    """Inputs, and a picture with its numbers that follows them.

    A subclass has a ``title`` and a method ``frame``, which gives a :class:`Scene` and lines of
    text for the values of its inputs, by keyword. A displayed explorer carries, besides the live
    form, a picture of what it shows and :meth:`summary`. An exception while drawing is shown as a
    sentence in the explorer and kept in ``error``.
    """

    title = ""

    def __init__(self, formulas, inputs: dict, extra=(), rows=None):
        self.inputs, self.formulas, self.error = inputs, list(formulas), None
        self._quiet = False
        self._head = W.HTML(_HEAD)
        self._head.layout.display = "contents"
        self._formula = W.HTMLMath(self._typeset())
        self._formula.add_class("mcalc-formula")
        self._view = W.HTML()
        self._view.add_class("mcalc-view")
        self._message = W.HTML()
        self._message.add_class("mcalc-message")
        for one in inputs.values():
            one.moved, one.refused = self._moved, self.refuse
        controls = [W.HBox([inputs[name].widget for name in row]) for row in rows or [inputs]]
        for row in controls:
            row.layout.flex_flow = "row wrap"
        super().__init__([self._head, self._formula, *controls, *extra, self._message, self._view])
        self.add_class("mcalc-explorer")
        self.show()
        if self.error:
            raise self.error

    def _typeset(self):
        return "".join(f"<div>{_latex(line)}</div>" for line in self.formulas)

    def write(self, formulas):
        """Show these formulas from now on."""
        if formulas != self.formulas:
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
                self.inputs[name].put(self.inputs[name].read(values[name]))
                self.adapt(**self.values)
        except ValueError:
            for name, state in before.items():
                self.inputs[name].put(state)
                self.adapt(**self.values)
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
        told = f'<span role="alert">{html.escape(sentence)}</span>' if sentence else ""
        if self._message.value != told:
            self._message.value = told

    def _moved(self):
        if not self._quiet:
            self.show()

    def show(self):
        """Draw for the inputs as they are now; if that fails, say so and keep the last picture."""
        try:
            self.adapt(**self.values)
            with np.errstate(all="ignore"):
                self.scene, self.lines = self.frame(**self.values)
            picture = self.scene.svg(self.title, "; ".join(" ".join(s.split()) for s in self.lines))
            numbers = html.escape("\n".join(self.lines))
            self._view.value = f"{picture}<pre>{numbers}</pre>"
            self.error = None
            self._say("")
        except Exception as error:
            self.error = error
            self._say(f"This could not be drawn: {type(error).__name__}: {error}")
        for one in self.inputs.values():
            one.settle()

    def adapt(self, **values):
        """Limit or hide inputs by what other inputs say."""

    def frame(self, **values):
        raise NotImplementedError

    # --- the static form ---

    def summary(self) -> str:
        """Formulas, inputs and numbers as plain text."""
        given = ", ".join(
            f"{name} = {one.told(one.value)}"
            for name, one in self.inputs.items()
            if one.widget.layout.visibility != "hidden"
        )
        told = [_plain(line) for line in self.formulas]
        return "\n  ".join([f"{self.title}: {told[0]}", *told[1:], given, *self.lines])

    def __repr__(self):
        return self.summary()

    def png(self) -> bytes:
        """The picture as it is now, with its formulas and numbers: the bytes of a PNG file."""
        above = [text for line in self.formulas for text in _drawn(line)]
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
            one.moved = one.refused = None
        self.layout.close()
        super().close()


def _latex(line):
    """A line of formulas, a tuple of what is equal, or something that writes itself."""
    if not isinstance(line, tuple):
        return line._repr_latex_()
    return rf"$\displaystyle {' = '.join(map(WRITERS['latex'], line))}$"


def _plain(line):
    return " = ".join(map(str, line)) if isinstance(line, tuple) else repr(line)


def _drawn(line):
    """As text for matplotlib: a list of lines."""
    if isinstance(line, tuple):
        return typeset(*line).splitlines()
    return [part for text in repr(line).splitlines()
            for part in textwrap.wrap(text, 90, subsequent_indent=" " * 18,
                                      drop_whitespace=False) or [""]]  # fmt: skip


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


def signed(value) -> str:
    """A number that may be a change, with its sign."""
    text = number(value)
    return text if text == "0" or text.startswith("-") else f"+{text}"


def outside(value):
    """A word about a point at which a function has no value."""
    return "" if np.isfinite(value).all() else ", for it is not defined at this point"
