"""Explorers that are slow, that fail, or that there are two of; and broken ones, to be caught."""

import re

import pytest
from browser import lab
from nbformat.v4 import new_markdown_cell

missing = lab.missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}")

START = """
import time
import numpy as np
import mcalc as mc
from mcalc.explorers.explorer import Explorer
from mcalc.explorers.inputs import Number
from mcalc.draw.scene import Scene

x = mc.scalars("x")

class Shown(Explorer):
    title = "a number"
    height, words, ink, made = 60, "x = {}", "ink", Number

    def __init__(self):
        super().__init__([(x**2, x * x)], {"x": self.made("x", -3.0, 40.0, 0.0, 1.0)})

    def draw(self, x):
        scene = Scene(300, self.height)
        scene.text(100, 30, self.words.format(x), self.ink)
        return scene, [f"x is {x:g}"]
"""
END = new_markdown_cell("The end")

SLOW = """
class Slow(Shown):
    drawn = 0

    def draw(self, x):
        time.sleep(0.25)
        self.drawn += 1
        scene, lines = super().draw(x)
        return scene, lines + [f"drawn {self.drawn} times"]

Slow()
"""
PRESSES = 30


def test_quick_moves_skip_to_the_newest(open_page):
    page = open_page("slow.ipynb", START, SLOW)
    page.run_all()
    (slow,) = page.explorers()
    slow.handle(0).focus()
    for _ in range(PRESSES):
        page.tab.keyboard.press("ArrowRight")
    page.until(f"probe.state(0).numbers.startsWith('x is {PRESSES}')")
    now = slow.settled()
    assert now["sliders"][0]["box"] == str(PRESSES) and f"x is {PRESSES};" in now["label"]
    assert int(re.search(r"drawn (\d+) times", now["numbers"])[1]) <= PRESSES // 2
    assert page.wrong() == []


FAILING = """
class Failing(Shown):
    def draw(self, x):
        if x > 1:
            raise ZeroDivisionError("no such picture")
        return super().draw(x)

Failing()
"""


def test_a_failure_is_told_and_the_last_good_picture_stays(open_page):
    page = open_page("failing.ipynb", START, FAILING)
    page.run_all()
    (failing,) = page.explorers()
    failing.handle(0).focus()
    good = failing.press("ArrowRight")
    assert (good["alert"], good["numbers"]) == ("", "x is 1")
    bad = failing.press("ArrowRight")
    assert "ZeroDivisionError: no such picture" in bad["alert"]
    assert bad["view"] == good["view"] and bad["sliders"][0]["box"] == "2"
    assert abs(bad["height"] - good["height"]) <= 1
    assert failing.press("End")["view"] == good["view"]
    again = failing.press("Home")
    assert (again["alert"], again["numbers"]) == ("", "x is -3")
    assert page.wrong() == []


TWO = ["lab = mc.explore.tangent(x**2, x=1)\nlab", "mc.explore.tangent(x**2, x=1)", "lab.set(x=2)"]


def test_one_explorer_in_two_cells_and_another_one_of_its_kind(open_page):
    page = open_page("two.ipynb", START, *TWO, END)
    page.run_all()
    one, other, again = page.explorers()
    assert one.state()["view"] == again.state()["view"] != other.state()["view"]
    families = [[e.number for e in family] for family in lab.families(page.explorers())]
    assert families == [[0, 2], [1]]
    before = other.state()
    again.handle(0).focus()
    now = again.press("ArrowLeft")
    assert now["view"] == one.state()["view"] and other.state() == before
    other.handle(0).focus()
    assert other.press("ArrowLeft")["view"] != before["view"]
    assert again.state()["view"] == now["view"]
    assert page.wrong() == []


def test_each_slider_has_its_name_and_a_picture_its_colours(open_page):
    page = open_page("named.ipynb", START, TWO[1], END)
    page.run_all()
    handles = page.tab.locator(".mcalc-explorer .noUi-handle")
    page.comes("document.querySelector('.mcalc-explorer .noUi-handle[aria-label]')", 10)
    names = [handles.nth(k).get_attribute("aria-label") for k in range(handles.count())]
    assert names and all(names) and len({*names}) == len(names)
    page.tab.emulate_media(forced_colors="active")
    style = "getComputedStyle(document.querySelector('.mcalc-view svg'))"
    assert page.ask(f"{style}.forcedColorAdjust") == "none"
    assert page.ask(f"{style}.backgroundColor") == "rgb(255, 255, 255)"


# What the checks are for: each of these is wrong in one way, and is told apart by it.

BROKEN = """
class Still(Shown):
    def draw(self, x):
        return super().draw(1.0)

class Untold(Shown):
    def draw(self, x):
        return super().draw(x)[0], ["always the same"]

class Jumping(Shown):
    @property
    def height(self):
        return 60 + max(0, self.values["x"])

class Raising(Shown):
    def draw(self, x):
        return super().draw(x if x < 40 else [][0])

class Pale(Shown):
    ink = "grid"

class Deaf(Shown):
    class made(Number):
        def format(self, value):
            return "0"

class Open(Shown):
    class made(Number):
        def read(self, given):
            return super().read(given if given in (0.0, "0") else 5)

for kind in (Shown, Still, Untold, Jumping, Raising, Pale, Deaf, Open):
    display(kind())
"""
FOUND = [
    (),
    ("x: no key changes anything", "End on x: x is 40 now, and the picture is as it was",
     "dragging x: nothing changes"),
    ("End on x: the picture changed, and its label did not",),
    ("End on x: the height went from",),
    ("End on x: it says 'This could not be drawn: IndexError: list index out of range'",),
    ("'x = 0.0' has a contrast of 1",),
    ("End on x: the slider of x moved, its box still has 0",),
    ("x: to abc it says ''", "x: 99999999 changes the picture"),
]  # fmt: skip


def test_what_is_wrong_with_an_explorer_is_found(open_page):
    page = open_page("broken.ipynb", START, BROKEN, END)
    page.run_all()
    for explorer, sentences in zip(page.explorers(), FOUND, strict=True):
        found = explorer.anatomy() + explorer.pale() + explorer.try_all()
        assert bool(found) == bool(sentences), found
        assert all(any(line.startswith(one) for line in found) for one in sentences), found
    assert page.wrong() == []


WRONG = [
    "import sys\nfrom IPython.display import HTML, Javascript, Latex",
    "print('a warning', file=sys.stderr)",
    r"Latex(r'$\frac{1}$ $\nosuch$ ${$')",
    """HTML('<img src="http://127.0.0.2:9/picture.png">')""",
    'Javascript(\'console.error("a word"); setTimeout(() => { throw Error("late") })\')',
    "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'none'}}, raw=True)",
    "lab = Shown()\nlab.children = lab.children[:-1]\nlab",  # JupyterLab takes its letters
    "1 / 0",
]
TOLD = [
    "cell 3: stderr: a warning",
    r"cell 4: MathJax: Missing argument for \frac",
    r"cell 4: MathJax: there is no \nosuch",
    "cell 4: not typeset: ",
    "a request to http://127.0.0.2:9/picture.png",
    "console: a word",
    "page error: late",
    "cell 7: Error displaying widget",
    "cell 9: ZeroDivisionError: division by zero",
]


def test_what_is_wrong_with_a_notebook_is_found(open_page):
    page = open_page("wrong.ipynb", START, *WRONG, END)
    page.run_all(seconds=3)
    found = page.wrong()
    for sentence in TOLD:
        assert any(line.startswith(sentence) for line in found), (sentence, found)
    (unguarded,) = page.explorers()
    assert unguarded.try_letters() == ["by the key b the 10 cells became 11"]
