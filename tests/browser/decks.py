"""A deck of slides in Chromium, gone through from its first slide to its last."""

from contextlib import contextmanager
from urllib.parse import urlsplit

WIDTH, HEIGHT = 1280, 720

# The slide that is shown: where it is, how long it is, and what is wrong on it.
SLIDE = """() => {
  const slide = Reveal.getCurrentSlide(), { h, v } = Reveal.getIndices();
  const text = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  const wrong = [];
  for (let node = text.nextNode(); node; node = text.nextNode())
    if (/\\$[^$]+\\$/.test(node.data) && !node.parentElement.closest("code, pre, mjx-container"))
      wrong.push(`not typeset: ${node.data}`);
  for (const formula of slide.querySelectorAll("[data-mjx-error]"))
    wrong.push(`MathJax: ${formula.getAttribute("data-mjx-error")}`);
  for (const image of slide.querySelectorAll("img"))
    if (!image.complete || !image.naturalWidth) wrong.push("a picture is not shown");
  for (const formula of slide.querySelectorAll("mjx-container"))
    if (!formula.getBoundingClientRect().width) wrong.push("a formula has no width");
  return {
    name: `slide ${h + 1}.${v + 1}`, long: slide.scrollHeight, wide: slide.scrollWidth,
    wrong, words: slide.textContent.trim().length,
    size: Number(slide.style.getPropertyValue("--fit") || 1),
  };
}"""

# The same of every slide, as it is when it is come to.
ALL = f"""() => Reveal.getSlides().map((slide) => {{
  const {{ h, v }} = Reveal.getIndices(slide);
  Reveal.slide(h, v);
  return ({SLIDE})();
}})"""


@contextmanager
def opened(context, path):
    """A deck with all formulas in place, and a list of what goes wrong in it."""
    tab, faults = context.new_page(), []
    tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    tab.on("console", lambda message: faults.append(f"console: {message.text}"))
    tab.on("pageerror", lambda error: faults.append(f"page error: {error}"))

    def ask(route):
        """Only files; what else is asked for is not sent."""
        url = route.request.url
        if urlsplit(url).scheme in ("file", "data", "blob"):
            return route.continue_()
        faults.append(f"a request to {url[:200]}")
        return route.abort()

    try:
        tab.route("**", ask)
        tab.goto(path.as_uri())
        tab.wait_for_function("Reveal.isReady()")
        tab.evaluate("MathJax.startup.promise.then(() => true)")
        yield tab, faults
    finally:
        tab.close()


def slides(context, path):
    """Every slide as it is when all of it is shown, and what went wrong in the page."""
    found = []
    with opened(context, path) as (tab, faults):
        total = tab.evaluate("Reveal.getTotalSlides()")
        while True:
            now = tab.evaluate(SLIDE)
            if found and found[-1]["name"] == now["name"]:
                found.pop()  # the same slide with the next of its fragments
            found.append(now)
            if tab.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
                break
            tab.evaluate("Reveal.next()")
    if len(found) != total:
        faults.append(f"{len(found)} of {total} slides were shown")
    return found, faults


def all_slides(context, path):
    """The same, but not gone through key by key."""
    with opened(context, path) as (tab, faults):
        return tab.evaluate(ALL), faults


def wrong(found):
    """Sentences about slides: all of one is to be seen at once."""
    for slide in found:
        name = slide["name"]
        yield from (f"{name}: {what}" for what in slide["wrong"])
        if not slide["words"]:
            yield f"{name}: it is empty"
        if slide["wide"] > WIDTH:
            yield f"{name}: it is {slide['wide']} pixels wide"
        if slide["long"] > HEIGHT:
            yield f"{name}: it is {slide['long']} pixels long, with letters of {slide['size']:.0%}"
