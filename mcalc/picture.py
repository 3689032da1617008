"""A picture with its summary in words: for tests, and for readers who listen.

What is drawn as a scene needs no matplotlib. Where formulas stand in a picture it is loaded when
the first of them is drawn, and never through pyplot.
"""

from __future__ import annotations

import base64
import html
import io

import numpy as np

from .expr import WRITERS
from .scene import Scene

INK, MUTED, LABEL = "#1f1f1f", "#5c5c5c", "#a33e00"
LINES = ["#1845fb", "#ff5e02", "#c91f16", "#7f2aff", "#00735c", "#54478c"]  # told apart when grey


class Picture:
    """A scene or a figure, and what it shows in words, which is its alt text and its ``str()``.

    ``drawn`` is a Scene, or a function that draws on a figure of matplotlib's; ``size`` is that
    figure's, in inches.
    """

    def __init__(self, drawn, summary: str, size: tuple = ()):
        self._drawn, self.summary = drawn, summary
        self.size = size or (drawn.width / 96, drawn.height / 96)

    def __repr__(self):
        return self.summary

    __str__ = __repr__

    def png(self) -> bytes:
        """The picture as the bytes of a PNG file, the same on every run."""
        if isinstance(self._drawn, Scene):
            return self._drawn.png()
        from matplotlib.figure import Figure

        figure = Figure(figsize=self.size, layout="constrained", facecolor="white")
        self._drawn(figure)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=96, metadata={"Software": None})
        return file.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = self.png()
        payload = base64.b64encode(png).decode()
        alt = html.escape(self.summary, quote=True)
        width = round(96 * self.size[0])
        return {
            "text/plain": self.summary,
            "image/png": png,
            "text/html": f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{payload}">',
        }


def typeset(*parts) -> str:
    """Expressions with equals signs between them as matplotlib's mathematics, or as plain text.

    matplotlib can draw neither cases nor matrices.
    """
    from matplotlib.mathtext import MathTextParser

    written = "$" + " = ".join(map(WRITERS["latex"], parts)).replace(r"\frac", r"\dfrac") + "$"
    try:
        MathTextParser("path").parse(written)
    except ValueError:
        return " = ".join(map(str, parts)).replace("; ", ";\n")
    return written


def number(value) -> str:
    """A number with three digits, without rounding noise around zero."""
    return "0" if abs(value) < 1e-12 else f"{value:.3g}"


def numbers(array) -> str:
    """A number, a short vector or a small matrix in full, anything larger by its shape.

    Of matrices, a row is ``[1, 2]`` and a column ``[1, 2]^T``.
    """
    array = np.asarray(array, dtype=float)
    array = array.reshape(()) if array.size == 1 else array
    if array.size > 6:
        return " x ".join(map(str, (*array.shape, 1)[:2]))
    if array.ndim == 0:
        return number(float(array))
    if array.ndim == 2 and 1 in array.shape:
        return numbers(array.ravel()) + "^T" * (array.shape[1] == 1)
    return "[" + ", ".join(map(numbers if array.ndim > 1 else number, array)) + "]"


def digits_apart(*values, digits=4) -> list[str]:
    """Numbers with so many digits, or as many as it takes for the first to differ from the rest."""
    while True:
        told = [f"{v:.{digits}g}" for v in values]
        if digits >= 17 or told[0] not in told[1:]:
            return told
        digits += 1
