"""What is taken hold of in a picture: dragged, moved by keys; in both themes, at three widths."""

import pytest
from browser import lab

missing = lab.missing()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}"),
]

START = """
import numpy as np
import mcalc as mc

s, t, a, c = mc.scalars("s t a c")
w, x, p, q = mc.vectors("w x p q")
U, Z = mc.matrices("U", shape=(4, 3)), mc.matrices("Z", shape=(3, 2))
G = mc.matrices("G", shape=(4, 2))
given = {m.name: np.random.default_rng(0).normal(size=m.shape) for m in (G, U, Z)}
points = {"p": np.array([0.0, 1, 2, 3]), "q": np.array([1.0, 2.5, 3, 5])}
"""
LABS = (
    "mc.explore.tangent(t**2, t=1)",
    "mc.explore.gradient(t**2 + s * t)",
    "mc.explore.jacobian(w * x)",
    "mc.explore.shapes()",
    "mc.explore.dataflow(np.log(np.sin(t**3) ** 2))",
    "mc.explore.neuron()",
    "mc.explore.axes()",
    "mc.explore.backward(np.sum(G * mc.let('Y', U @ Z)), **given)",
    "mc.explore.normalisation()",
    "mc.explore.descent(np.mean((a * p + c - q) ** 2), {'a': -1.0, 'c': 2.0}, points, steps=20)",
)
SAMPLE = LABS[0], LABS[1], LABS[5]


class Handle:
    """One of an explorer's, by its place."""

    def __init__(self, explorer, k):
        self.explorer, self.mouse = explorer, explorer.page.tab.mouse
        self.place = explorer.root.locator(".mcalc-handle").nth(k)
        self.name = self.place.get_attribute("aria-label")

    def middle(self):
        box = self.place.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, dx, dy):
        self.place.scroll_into_view_if_needed()
        x, y = self.middle()
        self.mouse.move(x, y)
        self.mouse.down()
        self.mouse.move(x + dx, y + dy, steps=4)
        self.mouse.up()
        return self.explorer.settled()

    def tried(self):
        """What is wrong with it."""
        before, role = self.explorer.state(), self.place.get_attribute("role")
        if (role, self.place.get_attribute("tabindex")) != ("slider", "0") or not self.name:
            yield f"{self.name}: {role}, with no name, or out of reach of the keys"
        self.place.focus()
        views, values = set(), set()
        for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "PageDown", "Home", "End"):
            now = self.explorer.press(key)
            yield from self.explorer.moved(f"{key} on {self.name}", before, now, height=False)
            before = now
            views.add(now["view"])
            values.add(self.place.get_attribute("aria-valuetext"))
        if len(views) < 2 or len(values) < 2:
            yield f"{self.name}: no key changes anything"
        self.explorer.press("Home")
        views = {self.explorer.state()["view"]}
        for way in ((70, -70), (-35, 35), (20, 20)):
            views.add(self.drag(*way)["view"])
        if len(views) < 2:
            yield f"{self.name}: dragging changes nothing"


def handles(explorer):
    return [Handle(explorer, k) for k in range(explorer.root.locator(".mcalc-handle").count())]


def test_every_handle_by_the_pointer_and_by_keys(open_page):
    page = open_page("handles.ipynb", START, *LABS)
    page.run_all()
    for explorer in page.explorers():
        found = handles(explorer)
        assert found
        assert [line for one in found for line in one.tried()] == []
    assert page.wrong() == []


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_a_point_follows_the_pointer_at_each_width_and_in_both_themes(open_page, width):
    page = open_page("points.ipynb", START, *SAMPLE)
    page.run_all()
    page.tab.set_viewport_size({"width": width, "height": 1000})
    page.comes("false", 1)  # until the layout has settled
    for theme in (lab.LIGHT, lab.DARK):
        page.theme(theme)
        for explorer in page.explorers():
            point = handles(explorer)[1]  # goes along x at least
            explorer.root.locator(".mcalc-scroll").evaluate("e => { e.scrollLeft = 0 }")
            point.drag(-12, 0)
            x, _ = point.middle()
            point.drag(24, 0)
            assert point.middle()[0] - x == pytest.approx(24, abs=4), (point.name, theme)
            assert explorer.pale() == []
    assert page.wrong() == []


def test_a_handle_is_ahead_of_a_slow_kernel_and_then_where_the_kernel_says(open_page):
    slow = "import time\nfrom mcalc.explorers.tangent import Tangent\nold = Tangent.draw"
    slow += "\nTangent.draw = lambda *a, **k: (time.sleep(0.4), old(*a, **k))[1]"
    page = open_page("ahead.ipynb", START, slow, LABS[0])
    page.run_all()
    (explorer,) = page.explorers()
    point = handles(explorer)[1]
    assert point.name == "point of the tangent"
    before, (x, y) = explorer.state()["view"], point.middle()
    point.mouse.move(x, y)
    point.mouse.down()
    point.mouse.move(x - 50, y)
    assert point.middle()[0] == pytest.approx(x - 50, abs=1)
    assert explorer.state()["view"] == before
    point.mouse.up()
    explorer.settled()
    assert point.middle()[0] == pytest.approx(x - 50, abs=3)
    assert explorer.state()["view"] != before


def test_what_has_changed_is_said_and_a_failure_too(open_page):
    page = open_page("said.ipynb", START, "lab = mc.explore.neuron()\nlab", SAMPLE[2])
    page.run_all()
    one, other = page.explorers()
    before = other.state()
    handles(one)[1].place.focus()
    one.press("ArrowRight")
    said = "document.querySelector('.mcalc-said').textContent"
    page.comes(f"{said}.startsWith('z = ')", 5)
    assert page.ask(said).startswith("z = ")
    assert other.state() == before
    assert page.wrong() == []
