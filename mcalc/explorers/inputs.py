"""The inputs of an explorer: a number with its slider, a choice among names, a formula."""

from __future__ import annotations

import math

import ipywidgets as W
from traitlets import CFloat, CInt

from ..graph.expr import as_expr
from ..typed.read import read

_ROUNDING = 1e-9  # JupyterLab adds up steps: 6.000000000000002 is the stop at 6


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
        self.on_change = self.on_error = None
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

    def format(self, value):
        return f"{value:.6g}"

    def read(self, given):
        """The number that is meant, or ValueError with a sentence."""
        try:
            value = float(given)
        except (TypeError, ValueError):
            value = math.nan
        example = f"give one from {self.format(self.low)} to {self.format(self.high)}"
        example = example if self.low < self.high else f"only {self.format(self.low)} is possible"
        if math.isnan(value):
            raise ValueError(f"{self.label}: {_quoted(given)} is not a number; {example}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.label}: {_quoted(given)} is out of range; {example}")
        if self.whole and value != round(value):
            raise ValueError(f"{self.label}: {_quoted(given)} is not a whole number; {example}")
        return int(value) if self.whole else value

    def near(self, value):
        """The stop that is nearest to a value."""
        value = min(max(value, self.low), self.high)
        if self.stops:
            return min(self.stops, key=lambda stop: abs(math.log(stop / max(value, self.low))))
        step = self.slider.step
        value = min(self.low + step * round((value - self.low) / step), self.high)
        return round(value) if self.whole else round(value, 10)

    def stepped(self, count):
        """The stop that is so many further on."""
        if self.stops:
            place = self.stops.index(self.near(self.value)) + count
            return self.stops[min(max(place, 0), len(self.stops) - 1)]
        return self.near(self.value + count * self.slider.step)

    def set(self, value):
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

    def sync(self):
        """Make the box show the value: a slider leaves it, and so does what was refused."""
        if self.box.value != self.format(self.value):
            self._follow()

    def _stop(self):
        """The stop of the slider that is nearest: JupyterLab would move anything else to one."""
        if self.stops:
            return min(range(len(self.stops)), key=lambda k: abs(self.stops[k] - self.value))
        step = self.slider.step
        stop = self.slider.min + step * round((self.value - self.slider.min) / step)
        return min(stop, self.slider.max)

    def _follow(self):
        """Make slider and box show the value.

        A slider that is there but for rounding stays: to move it would undo what the reader has
        moved it by since.
        """
        self._following = True
        if abs(self.slider.value - self._stop()) >= _ROUNDING:
            self.slider.value = self._stop()
        self.box.value = self.format(self.value)
        self._following = False

    def _slid(self, change):
        # the slider may have been moved back to the stop that stands for a value between two
        new = change["new"]
        if self._following or abs(new - self._stop()) < _ROUNDING:
            return
        self.value = self.stops[new] if self.stops else new if self.whole else round(new, 10)
        self.on_change()  # which settles the box, after the picture

    def _typed(self, change):
        if self._following:
            return
        try:
            self.set(self.read(change["new"]))
        except ValueError as error:
            self.on_error(error)
        else:
            self.on_change()


class Choice:
    """One of several things by name, or by the beginning of a name that no other one has."""

    def __init__(self, label, options: dict, value=None):
        self.label, self.options, self.on_change, self.on_error = label, options, None, None
        first = next(iter(self.options)) if value is None else value
        self.slider = W.Dropdown(options=list(self.options), value=first, description=label)
        self.slider.style.description_width = "initial"
        self.slider.layout.width = "auto"
        self.widget = self.slider
        self.slider.observe(lambda change: self.on_change and self.on_change(), "value")

    def set_options(self, options: dict):
        """Other things to choose from; the choice stays if one of them has its name."""
        name = self.slider.value if self.slider.value in options else next(iter(options))
        moved, self.on_change, self.options = self.on_change, None, {**self.options, **options}
        self.slider.options = list(options)
        self.slider.value = name
        self.options, self.on_change = options, moved

    @property
    def value(self):
        return self.options[self.slider.value]

    @property
    def state(self):
        return self.slider.value

    def format(self, value):
        return next(name for name, option in self.options.items() if option is value)

    def read(self, given):
        numbered = [name for name in self.options if name.startswith(f"{given}: ")]
        begun = numbered or [name for name in self.options if name.startswith(str(given))]
        if given not in self.options and len(begun) != 1:
            names = ", ".join(map(repr, self.options))
            raise ValueError(f"{self.label}: {_quoted(given)} is not one of {names}")
        return given if given in self.options else begun[0]

    def set(self, value):
        self.slider.value = value

    def sync(self):
        """Nothing that is no option can stand in a drop-down."""

    def visible(self, shown):
        self.slider.layout.visibility = "visible" if shown else "hidden"


class _Text:
    """What is typed into a box of its own: ``read`` makes a value of it, or raises ValueError.

    What was refused stays there to be mended.
    """

    def __init__(self, label, value, width, hint=""):
        self.label, self.value = label, value
        self.on_change = self.on_error = None
        self.box = W.Text(description=label, placeholder=hint, continuous_update=False)
        self.box.style.description_width = "initial"
        self.box.layout.width = width
        self.widget = self.box
        self.set(value)

    def shown(self, value):
        """What stands in the box."""
        return self.format(value)

    def set(self, value):
        self.value = value
        self.box.unobserve_all("value")
        self.box.value = self.shown(value)
        self.box.observe(self._typed, "value")

    @property
    def state(self):
        return self.value

    def visible(self, shown):
        self.box.layout.visibility = "visible" if shown else "hidden"

    def sync(self):
        """Nothing is put away."""

    def _typed(self, change):
        try:
            self.value = self.read(change["new"])
        except ValueError as error:
            self.on_error(error)
        else:
            self.on_change()


class Guess(_Text):
    """A box for a number that the reader commits to; its value is None until one is typed."""

    def __init__(self, label):
        super().__init__(label, None, "320px", "a number")

    def format(self, value):
        return "not yet" if value is None else f"{value:.6g}"

    def shown(self, value):
        return "" if value is None else self.format(value)

    def read(self, given):
        """The number that is meant, None for an empty box, or ValueError with a sentence."""
        if given is None or not str(given).strip():
            return None
        try:
            value = float(str(given).replace("\N{MINUS SIGN}", "-"))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(
                f"{self.label}: {_quoted(given)} is not a number; give one, such as 0.5 or -2"
            )
        return value


class Formula(_Text):
    """A box for an expression, read by :func:`mcalc.typed.read.read`.

    ``accept`` is called with what was read, and raises ValueError for what cannot be used here.
    """

    def __init__(self, label, value, names: dict, accept):
        self.names, self.accept = names, accept
        super().__init__(label, value, "420px")

    def format(self, value):
        return f"{value}"

    def read(self, given):
        try:
            value = read(given, **self.names) if isinstance(given, str) else as_expr(given)
            self.accept(value)
        except TypeError as error:
            raise ValueError(str(error)) from None
        return value


def _quoted(given):
    text = str(given).strip()
    return f'"{text[:30]}"' if isinstance(given, str) else text[:30]
