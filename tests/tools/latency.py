"""The way from a key on a slider to the changed picture, in JupyterLab: for `make bench`.

It is measured in the page, from the event of the key to the first frame with the change, over
presses with a pause between them. What is the machine's and JupyterLab's own is in it, so the same
is measured for a slider that changes a word, and for `interact` with a picture by matplotlib.
"""

import statistics
import tempfile
from pathlib import Path

from browser import lab

import notebooks

PRESSES, TURN, PAUSE = 60, 8, 90  # how many, how many one way, and milliseconds after each

FLOOR = """
import ipywidgets as W
slider, word = W.IntSlider(max=100), W.HTML("0")
word.add_class("watched")
slider.observe(lambda change: word.set_trait("value", str(change["new"])), "value")
W.VBox([slider, word])
"""
INTERACT = """
import ipywidgets as W, matplotlib.pyplot as plt, numpy as np

@W.interact(x=(-3.0, 3.0, 0.05))
def show(x=0.0):
    xs, step = np.linspace(-3, 3, 161), np.logspace(-12, 0, 49)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.4))
    left.plot(xs, xs**2, xs, x**2 + 2 * x * (xs - x))
    right.loglog(step, abs(((x + step) ** 2 - x**2) / step - 2 * x) + 1e-16)
    plt.show()
"""


def timed(page, handle, watched, k=0):
    """Milliseconds for each press, back and forth; none is left out."""
    page.ask("([watched, k]) => probe.stopwatch(watched, k)", [watched, k])
    handle.focus()
    key, since = "ArrowRight", 0
    for count in range(1, PRESSES + 1):
        at, low, high = (float(handle.get_attribute(f"aria-value{what}"))
                         for what in ("now", "min", "max"))  # fmt: skip
        end = high if key == "ArrowRight" else low
        if since == TURN or at == end:
            key, since = "ArrowLeft" if key == "ArrowRight" else "ArrowRight", 0
        page.tab.keyboard.press(key)
        since += 1
        page.tab.wait_for_timeout(PAUSE)
        page.until(f"probe.times.length >= {count}", 10)
    return page.ask("probe.times")


def summary(times):
    *_, late = statistics.quantiles(times, n=20)
    return f"median {statistics.median(times):5.1f} ms, 95th percentile {late:5.1f} ms"


def report(name, times):
    print(f"  {name:40} {summary(times)}", flush=True)


def baselines(context, server):
    for name, source, watched in (
        ("a slider and a word", FLOOR, ".watched"),
        ("interact, with matplotlib", INTERACT, ".widget-output"),
    ):
        with lab.Page(context, server, server.write("baseline.ipynb", source)) as page:
            page.run_all()
            report(name, timed(page, page.tab.locator(".noUi-handle").first, watched))


def explorers(context, server, name):
    """Every explorer of a notebook, at the first of its sliders."""
    with lab.Page(context, server, name) as page:
        page.run_all()
        for one in page.explorers():
            k = one.sliders()[0]
            now = one.state()
            place = f"{name[:2]}, number {one.number + 1}"
            times = timed(page, one.handle(k), ".mcalc-view", one.number)
            report(f"{place}: {now['title']}, {now['sliders'][k]['name']}", times)


def main():
    if missing := lab.missing():
        print(f"from a key to the picture: not measured, {missing}")
        return
    print("from a key on a slider to the changed picture, in JupyterLab")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        lab.server(Path(folder)) as server,
        lab.chromium() as context,
    ):
        baselines(context, server)
        for path in notebooks.all_notebooks():
            if "mc.explore" in path.read_text(encoding="utf-8"):
                explorers(context, server, path.name)


if __name__ == "__main__":
    main()
