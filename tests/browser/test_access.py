"""Live cells for everybody: by axe, enlarged, in forced colours, by keys alone, and heard."""

import assets
import pytest
from browser import lab

from mcalc.exercises.exercise import exercise, exercise_keys

missing = lab.missing()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}"),
]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
LIVE = ".mcalc-exercise, .mcalc-explorer"

CELLS = (
    "import numpy as np\nimport mcalc as mc\nw, x = mc.vectors('w x')\ns, t = mc.scalars('s t')",
    "mc.exercise('05.square')",
    "mc.explore.tangent(t**2, t=1)",
    "mc.explore.jacobian(w * x)",
    "mc.explore.gradient(t**2 * s**2)",
    "mc.explore.dataflow(np.log(np.sin(t**3) ** 2))",
    "mc.explore.shapes()",
    "mc.explore.neuron()",
    "mc.explore(w @ x)",
)

AXE = """async ([live, rules]) => {
  const { violations, passes } = await axe.run({ include: live.split(", ").map((s) => [s]) },
    { runOnly: rules, preload: false });
  const found = violations.flatMap(({ id, nodes }) => nodes.map((node) =>
    `${id}: ${node.target}: ${node.html.slice(0, 100)}`));
  return [found, passes.map(({ id }) => id)];
}"""

# What has no name; and what is cut off, or stands beyond the right edge and cannot be scrolled to.
UNNAMED = """(live) => [...document.querySelectorAll(live)].flatMap((root) =>
  [...root.querySelectorAll("input, select, button, [role=slider]")].filter((input) =>
    !(input.ariaLabel || input.title || input.labels?.[0]?.textContent || input.textContent).trim())
  ).map((input) => input.outerHTML.slice(0, 120))"""
CUT_OFF = """(live) => {
  const wrong = new Set();
  const scrolls = (place) => ["auto", "scroll"].includes(getComputedStyle(place).overflowX);
  const hides = (how) => ["hidden", "clip"].includes(how);
  for (const place of document.querySelectorAll(live.replace(/(?=,|$)/g, " *"))) {
    if (place.closest("svg, mjx-container, style, .noUi-target")) continue;
    if (!place.getClientRects().length) continue;
    const { overflowX, overflowY, visibility } = getComputedStyle(place);
    if (visibility !== "visible") continue;
    const words = place.value ?? place.textContent.trim();
    const what = `${place.localName}.${place.className}: ${words}`;
    const wide = place.scrollWidth > place.clientWidth + 1;
    const high = place.scrollHeight > place.clientHeight + 1;
    if (place.textContent.trim() && (wide && hides(overflowX) || high && hides(overflowY)))
      wrong.add(`cut off: ${what.slice(0, 90)}`);
    if (place.localName === "input" && wide) wrong.add(`too narrow: ${what.slice(0, 90)}`);
    let around = place.parentElement;
    while (around && !scrolls(around)) around = around.parentElement;
    if (!around && place.getBoundingClientRect().right > innerWidth + 1)
      wrong.add(`out of reach: ${what.slice(0, 90)}`);
  }
  return [...wrong];
}"""
# The letters of pictures in pixels of the screen, if a CSS pixel is so many of them.
LETTERS = """(zoom) => [...document.querySelectorAll(".mcalc-view svg text")]
  .filter((text) => text.textContent.trim()).map((text) =>
    zoom * parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""


@pytest.fixture(scope="module")
def axe():
    try:
        return assets.asset("axe-core", "the test of live cells") / "axe.min.js"
    except assets.Missing as failure:
        pytest.skip(f"live cells are not tried: {failure}")


def test_live_cells_are_for_everybody(open_page, axe):
    page = open_page("everybody.ipynb", *CELLS)
    page.run_all()
    page.comes("document.querySelector('.mcalc-explorer .noUi-handle[aria-label]')", 10)
    page.comes(f"!({UNNAMED})('{LIVE}').length", 10)
    assert page.ask(UNNAMED, LIVE) == []

    page.tab.add_script_tag(content=axe.read_text("utf-8"))
    found, passed = page.ask(AXE, [LIVE, RULES])
    assert found == []
    assert {"label", "button-name", "aria-input-field-name"} <= {*passed}

    whole = min(page.ask(LETTERS, 1))
    for zoom in (2, 4):
        page.tab.set_viewport_size({"width": 1280 // zoom, "height": 1000 // zoom})
        page.comes("false", 1)  # until the layout has settled
        assert page.ask(CUT_OFF, LIVE) == [], zoom
        assert min(page.ask(LETTERS, zoom)) > 0.6 * zoom * whole, zoom
    page.tab.set_viewport_size({"width": 1280, "height": 1000})

    page.tab.emulate_media(forced_colors="active")
    seen = page.ask(LIVE_IN_FORCED_COLOURS, LIVE)
    assert seen["texts"] > 20 and seen["pale"] == []
    assert page.wrong() == []


# Texts outside of pictures get the system's colours; pictures keep theirs, on white.
LIVE_IN_FORCED_COLOURS = """(live) => {
  const pale = [], words = "label, pre, input[type=text], select, button, .mcalc-reply span";
  let texts = 0;
  for (const root of document.querySelectorAll(live)) {
    for (const place of root.querySelectorAll(words)) {
      const { color, backgroundColor } = getComputedStyle(place);
      texts += 1;
      if (color === backgroundColor) pale.push(place.outerHTML.slice(0, 90));
    }
    for (const svg of root.querySelectorAll(".mcalc-view svg"))
      if (getComputedStyle(svg).forcedColorAdjust !== "none") pale.push("a picture");
  }
  return { texts, pale };
}"""


FOCUS = """() => {
  const at = document.activeElement, live = at.closest(".mcalc-exercise, .mcalc-explorer");
  return [live ? at.getAttribute("role") ?? at.localName : "",
          (at.ariaLabel ?? at.textContent).trim(),
          live?.querySelector(".mcalc-reply [role=status]")?.textContent ?? ""];
}"""


def test_a_chapter_by_keys_alone(open_page):
    """Every cell is run, every input reached, a slider moved, an answer given and heard."""
    page = open_page("06-scalar-expansion.ipynb")
    press = page.tab.keyboard.press
    keys = exercise_keys("06")
    page.tab.locator(".jp-Notebook").focus()
    for _ in page.cells()[1:]:
        press("Shift+Enter")
    page.until("probe.ran()", 120, every=200)
    page.settle()
    press("Escape")
    cells = page.order()

    for _ in "Derivation", "Hint", "Check", "the field":  # of the last exercise
        press("Shift+Tab")
    assert page.ask(FOCUS)[0] == "input"
    page.tab.keyboard.type(exercise(keys[-1]).answer)
    press("Enter")
    page.settle()
    assert page.ask(FOCUS)[2].startswith("right: ")
    press("Tab")
    press("Tab")
    assert page.ask(FOCUS)[:2] == ["button", "Hint"]
    for key in "bddax":  # JupyterLab's, for cells
        press(key)
    press("Enter")
    page.settle()
    assert page.ask(FOCUS)[2].startswith("hint 1 of ") and page.order() == cells

    reached, moved = [], False
    for _ in range(90):
        press("Shift+Tab")
        reached.append(tuple(page.ask(FOCUS)[:2]))
        if reached[-1][0] == "slider" and not moved:
            value = "document.activeElement.getAttribute('aria-valuenow')"
            before = page.ask(value)
            press("ArrowRight")
            page.settle()
            moved = page.ask(value) != before
    assert moved
    assert reached.count(("button", "Derivation")) >= len(keys) - 1
    assert {name for role, name in reached if role == "slider"} >= {"z", "x_1", "nudge", "n"}
