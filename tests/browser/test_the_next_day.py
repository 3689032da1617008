"""A chapter that was run, saved, closed and opened again, before any cell is run."""

import json

import pytest
from browser import lab

missing = lab.missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}")

CELLS = (
    "import mcalc as mc\nx = mc.vectors('x')",
    "mc.exercise('05.square')",
    "mc.explore.tangent(mc.scalars('t')**2, t=1)",
)


def test_questions_and_pictures_are_there(open_page, server):
    page = open_page("evening.ipynb", *CELLS)
    page.run_all()
    page.command("docmanager:save")
    page.until("!document.querySelector('.jp-mod-dirty')")
    saved = server.root / "evening.ipynb"
    page.comes("false", 2)  # the file is written after the page has said so
    page.close()
    assert json.loads(saved.read_text("utf-8"))["metadata"]["widgets"]

    again = open_page("evening.ipynb")
    again.comes("document.querySelectorAll('.mcalc-view svg').length", 30)
    shown = again.tab.locator(".jp-Notebook").inner_text()
    assert "05.square" in shown and "model not found" not in shown
    assert again.tab.locator(".mcalc-view svg").count() >= 1
    assert again.tab.locator(".mcalc-exercise input[type=text]").count() == 1
