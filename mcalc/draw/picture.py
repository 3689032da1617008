"""A picture with its summary in words: for tests, and for readers who listen.

What is drawn as a scene needs no matplotlib. Where formulas stand in a picture it is loaded when
the first of them is drawn, and never through pyplot.
"""

from __future__ import annotations

import base64
import html
import io

from ..graph.expr import WRITERS
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
