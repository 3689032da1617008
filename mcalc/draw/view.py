"""The place in a page where a scene is shown live, and where one takes hold of it.

``view.js`` draws what it is sent, as SVG; it moves handles with the pointer and with keys, says
what has changed, and looks after the inputs around it: their names, their keys. What a move means
is known here in Python only.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

from .scene import STYLE, Scene

_HERE = Path(__file__)


class View(anywidget.AnyWidget):
    """A picture, its numbers and its handles; without a picture it serves the inputs around it.

    ``picture`` is what is shown, see :meth:`show`. ``moved`` is what the page says of a handle: its
    ``name``, and where it was put, ``at`` a pixel of the picture, ``taken`` at another, the how
    manieth ``grab`` it is; or ``to`` an end of its range ("Home", "End"); or how many ``steps`` all
    handles were moved by keys since the beginning, to the right and up.
    """

    _esm = traitlets.Unicode(_HERE.with_suffix(".js").read_text("utf-8")).tag(sync=True)
    _css = traitlets.Unicode(STYLE + _HERE.with_suffix(".css").read_text("utf-8")).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    moved = traitlets.Dict().tag(sync=True, echo_update=False)

    def __init__(self):
        super().__init__()
        self.add_class("mcalc-view")

    def show(self, scene: Scene, title: str, lines: list[str], handles: list[dict]) -> None:
        """Show a scene with lines of numbers below it, which are its description, too.

        A handle has a name, words for its values, a range (low, high, now), where it is and how
        large, and where it may go.
        """
        told = "; ".join(" ".join(line.split()) for line in lines)
        self.picture = {"tree": scene.tree(title, told), "lines": lines, "handles": handles}
