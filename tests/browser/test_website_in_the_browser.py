"""The pages to read in Chromium: typeset, in both themes, wide and narrow, on paper, and by axe."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import assets
import pytest
import website
from browser import lab

import notebooks

missing = lab.missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}")

WIDE, NARROW, PAPER = 1280, 360, 700
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
IN_THE_DARK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]

# What is not as it should be when all formulas are there.
WRONG = """() => {
  const wrong = [], text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = text.nextNode(); node; node = text.nextNode())
    if (/\\$/.test(node.data) && !node.parentElement.closest("code, pre, script, mjx-container"))
      wrong.push(`not typeset: ${node.data}`);
  for (const formula of document.querySelectorAll("mjx-container")) {
    const error = formula.querySelector("[data-mjx-error], mtext[mathcolor=red]");
    if (error) wrong.push(`MathJax: ${error.dataset.mjxError ?? `no ${error.textContent}`}`);
    if (!formula.getBoundingClientRect().width) wrong.push("a formula has no width");
    if (!formula.querySelector("mjx-assistive-mml math")) wrong.push("a formula cannot be heard");
  }
  for (const image of document.images)
    if (!image.complete || !image.naturalWidth) wrong.push(`not shown: ${image.alt}`);
  return wrong;
}"""

# What is wider than the page, and what scrolls and cannot be reached by keys.
WIDTH = """(scrolls) => {
  const page = document.documentElement.clientWidth, wrong = [];
  if (document.documentElement.scrollWidth > page) wrong.push("the page scrolls sideways");
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    if (element.closest(".scrolls :not(.scrolls), mjx-container *, .skip, details")) continue;
    const { left, right } = element.getBoundingClientRect();
    if (left < 0 || right > page + 1) wrong.push(`too wide: ${element.textContent.slice(0, 40)}`);
  }
  for (const element of document.querySelectorAll(".scrolls, mjx-container")) {
    if (element.closest(".scrolls") !== element && element.localName !== "mjx-container") continue;
    const style = getComputedStyle(element);
    if (style.display === "inline" || element.scrollWidth <= element.clientWidth) continue;
    if (!scrolls) wrong.push(`cut off: ${element.textContent.slice(0, 40)}`);
    else if (element.tabIndex !== 0 || style.overflowX !== "auto" || !element.ariaLabel)
      wrong.push(`out of reach: ${element.textContent.slice(0, 40)}`);
  }
  return wrong;
}"""

# Formulas are most of a page's elements and hold nothing that axe looks at: emptied, and as large
# as before, they cost it no time.
EMPTIED = """() => {
  for (const inside of document.querySelectorAll("mjx-container > svg, mjx-assistive-mml > math"))
    inside.replaceChildren();
}"""

AXE = """async (only) => {
  const options = { runOnly: only, resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run(options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target}: ${failureSummary.replace(/\\s+/g, " ")}`));
}"""

THEME = """() => {
  const { color, backgroundColor, colorScheme } = getComputedStyle(document.documentElement);
  const [ink, paper] = [color, backgroundColor].map((words) => Number(words.match(/\\d+/)));
  return [ink < paper ? "light" : "dark", colorScheme];
}"""
FOLLOWS = "light dark"  # the system


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the pages go, with what they load."""
    to = tmp_path_factory.mktemp("site")
    try:
        assets.put(to, ["mathjax"], "make site")
    except assets.Missing as failure:
        pytest.skip(f"the pages are not tried: {failure}")
    return to


@pytest.fixture(scope="session")
def axe():
    try:
        return assets.asset("axe-core", "the test of the pages") / "axe.min.js"
    except assets.Missing as failure:
        pytest.skip(f"the pages are not tried: {failure}")


@contextmanager
def new_tab(context):
    """A tab, and a list of what goes wrong in it; it may ask for nothing but files."""
    tab, faults = context.new_page(), []
    tab.on("console", lambda message: faults.append(f"console: {message.text}"))
    tab.on("pageerror", lambda error: faults.append(f"page error: {error}"))

    def ask(request):
        if urlsplit(request.url).scheme not in ("file", "data"):
            faults.append(f"a request to {request.url[:200]}")

    tab.on("request", ask)
    try:
        yield tab, faults
    finally:
        tab.close()


# One for all pages: Chromium then reads MathJax and axe once.
@pytest.fixture(scope="module")
def one_tab(context):
    with new_tab(context) as tab_and_faults:
        yield tab_and_faults


@pytest.fixture
def tab_and_faults(one_tab):
    tab, faults = one_tab
    faults.clear()
    tab.emulate_media(media="screen", color_scheme="light")
    resized(tab, WIDE)
    return tab, faults


def typeset(tab):
    tab.wait_for_function("window.MathJax?.startup?.promise")
    tab.evaluate("MathJax.startup.promise.then(() => true)")


def resized(tab, width):
    tab.set_viewport_size({"width": width, "height": 1000})
    tab.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")


@pytest.mark.parametrize("path", notebooks.all_notebooks(), ids=lambda path: path.stem)
def test_a_page_can_be_read_by_everybody(tab_and_faults, folder, axe, path):
    tab, faults = tab_and_faults
    (made,) = website.write([path], folder)
    tab.goto(made.as_uri())
    typeset(tab)
    faults += tab.evaluate(WRONG)
    tab.evaluate(EMPTIED)
    tab.add_script_tag(path=axe)
    assert tab.evaluate(THEME) == ["light", FOLLOWS]
    faults += [f"wide: {line}" for line in tab.evaluate(WIDTH, True)]
    faults += [f"light: {line}" for line in tab.evaluate(AXE, RULES)]
    tab.emulate_media(color_scheme="dark")
    resized(tab, NARROW)
    assert tab.evaluate(THEME) == ["dark", FOLLOWS]
    faults += [f"narrow: {line}" for line in tab.evaluate(WIDTH, True)]
    faults += [f"dark: {line}" for line in tab.evaluate(AXE, IN_THE_DARK)]
    tab.emulate_media(media="print", color_scheme="dark")
    resized(tab, PAPER)
    assert tab.evaluate(THEME) == ["light", "light"]
    faults += [f"on paper: {line}" for line in tab.evaluate(WIDTH, False)]
    assert tab.locator("nav, button, .note").filter(visible=True).count() == 0
    assert not faults, "\n".join(["", *faults])


def test_the_theme_is_switched_and_remembered(context, folder):
    pages = website.write(notebooks.all_notebooks()[:2], folder)
    own = context.browser.new_context()  # it remembers
    try:
        for path, theme, other in [
            (pages[0], "light", "dark"), (pages[1], "dark", "light"), (pages[0], "light", "dark"),
        ]:  # fmt: skip
            with new_tab(own) as (tab, faults):
                tab.goto(path.as_uri())
                assert tab.evaluate(THEME)[0] == theme
                button = tab.get_by_role("button", name=f"Switch to the {other} theme")
                button.press("Enter")
                assert tab.evaluate(THEME) == [other, other]
                assert not button.count()
                tab.emulate_media(media="print")
                assert tab.evaluate(THEME) == ["light", "light"]
                assert faults == []
    finally:
        own.close()


def test_a_step_stands_beside_its_lines_or_above_them(tab_and_faults, folder):
    tab, faults = tab_and_faults
    (made,) = website.write([notebooks.ROOT / "notebooks" / "10-vector-chain-rule.ipynb"], folder)
    tab.goto(made.as_uri())
    typeset(tab)
    step = tab.locator(".steps").nth(1).get_by_text("3. combine")
    line = step.locator("xpath=following-sibling::*[1]")
    label, formula = step.bounding_box(), line.bounding_box()
    assert (
        formula["x"] > label["x"] + label["width"] and formula["y"] < label["y"] + label["height"]
    )
    assert line.locator("mjx-container").count() == 3  # broken before its equals signs, if need be
    resized(tab, NARROW)
    label, formula = step.bounding_box(), line.bounding_box()
    assert formula["y"] >= label["y"] + label["height"] and formula["x"] < 60
    assert faults == []


@pytest.mark.parametrize("javascript", [False, True])
def test_without_mathjax_formulas_stand_there_in_letters(context, folder, javascript):
    """Without JavaScript, or with a MathJax that does not come."""
    path = notebooks.ROOT / "notebooks" / "05-element-wise-operators.ipynb"
    (made,) = website.write([path], folder)
    without = context.browser.new_context(java_script_enabled=javascript)
    try:
        tab = without.new_page()
        tab.route("**/mathjax/**", lambda route: route.abort())
        tab.set_viewport_size({"width": NARROW, "height": 1000})
        tab.goto(made.as_uri())
        text = tab.locator("main").inner_text()
        assert "How much of it is there?" in text and "w ⊗ x      x    diag(w)" in text
        assert not tab.locator("[data-tex]").filter(has_text="$").count()
        assert "$" not in text.replace("`", "") and "\\frac" not in text
        assert tab.locator("header button").is_visible() == javascript
        assert tab.locator("main").bounding_box()["width"] <= NARROW
    finally:
        without.close()


@pytest.mark.parametrize("name", ["13-reference", "39-reference-of-backwards"])
def test_rules_are_found_by_their_words(tab_and_faults, folder, name):
    tab, faults = tab_and_faults
    (made,) = website.write([notebooks.ROOT / "notebooks" / f"{name}.ipynb"], folder)
    tab.goto(made.as_uri())
    typeset(tab)
    assert tab.evaluate(WIDTH, False) == []  # no column is cut
    rows, field = tab.locator("tr[id]"), tab.get_by_label("Rules with these words")
    of_all = rows.count()
    field.fill("log softmax")
    tab.get_by_text(f" of {of_all}").wait_for()
    shown = rows.filter(visible=True)
    words = [row.inner_text().lower() for row in shown.all()]
    found = [all(word in row for word in ("log", "softmax")) for row in words]
    assert 0 < len(words) < of_all / 4 and sum(found) == len(words), words
    assert not tab.locator(".code").filter(visible=True).count()
    assert tab.locator("#log-softmax").is_visible() and not tab.locator("h2").first.is_visible()
    field.fill("")
    assert rows.filter(visible=True).count() == of_all and tab.locator("h2").first.is_visible()
    assert faults == []
