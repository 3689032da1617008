"""A picture with its summary in words: for tests, and for readers who listen.

What is drawn as a scene needs no matplotlib, unless formulas stand in it. The neuron, with its
rounded boxes and its arrows from edge to edge, is a figure of matplotlib's, never of pyplot's.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable
from typing import Any

from .scene import Scene

INK, MUTED, LABEL = "#1f1f1f", "#5c5c5c", "#a33e00"

LINES = ["#1845fb", "#ff5e02", "#c91f16", "#7f2aff", "#00735c", "#54478c"]  # told apart when grey


class Picture:
    """A scene or a figure, and what it shows in words, which is its alt text and its ``str()``.

    ``drawn`` is a Scene, or a function that draws on a figure of matplotlib's; ``size`` is that
    figure's, in inches.
    """

    def __init__(
        self,
        drawn: Scene | Callable[[Any], None],
        summary: str,
        size: tuple[float, float] | None = None,
    ):
        self._drawn, self.summary = drawn, summary
        if size is None:
            size = (drawn.width / 96, drawn.height / 96) if isinstance(drawn, Scene) else (6.4, 4.8)
        self.size = size

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
