"""Where slides begin in the notebooks, and what the decks are made of."""

import re
import subprocess

import assets
import classroom
import pytest
import slides
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebooks


def kinds(nb):
    return [cell.metadata.get("slideshow", {}).get("slide_type") for cell in nb.cells]


@pytest.mark.parametrize("path", classroom.chapters(), ids=lambda path: path.stem)
def test_the_tags_of_a_chapter_follow_the_rule(path):
    nb = notebooks.read(path)
    tagged = slides.tagged(nb)
    assert [(c.id, c.metadata) for c in tagged.cells] == [(c.id, c.metadata) for c in nb.cells], (
        "the tags are of another version: make tag"
    )
    assert kinds(nb)[0] == "slide" and kinds(nb)[-1] == "skip"


def test_each_heading_begins_a_slide_and_an_answer_waits():
    text = "It is 2.\n\n## Next\nA question?\n\n### More\n\nNo question."
    cells = [
        new_markdown_cell("# Title"), new_code_cell("import numpy as np"),
        new_markdown_cell(text, id="it-is-2"), new_code_cell("1 + 1"), new_code_cell("2 + 2"),
        new_markdown_cell("So it is."), new_code_cell("3"),
        new_code_cell("ask", metadata={"tags": ["exercise:01.sum"]}),
        new_code_cell("reply", metadata={"tags": ["answer:01.sum"]}),
        new_markdown_cell("[Contents](index.ipynb)"),
    ]  # fmt: skip
    cells[2].metadata["slideshow"] = {"slide_type": "notes"}  # what was there does not count
    nb = slides.tagged(new_notebook(cells=cells))
    assert [(cell.source, kind) for cell, kind in zip(nb.cells, kinds(nb), strict=True)] == [
        ("# Title", "slide"), ("import numpy as np", "skip"), ("It is 2.", None),
        ("## Next\nA question?", "slide"), ("### More\n\nNo question.", "subslide"),
        ("1 + 1", None), ("2 + 2", None), ("So it is.", "fragment"), ("3", None),
        ("ask", "subslide"), ("reply", "skip"), ("[Contents](index.ipynb)", "skip"),
    ]  # fmt: skip
    assert [cell.id for cell in nb.cells[2:5]] == ["it-is-2", "next-a-question", "more-no-question"]
    assert slides.tagged(nb) == nb


def test_what_has_no_room_goes_to_a_slide_of_its_own():
    outputs = [new_output("stream", text="line\n" * 15)]
    cells = [new_markdown_cell("# A title"), new_markdown_cell("How long is it?")]
    cells += [new_code_cell("show()", outputs=outputs) for _ in range(2)]
    found = kinds(slides.tagged(new_notebook(cells=cells)))
    assert found == ["slide", None, "fragment", "subslide"]


def test_headings_in_code_are_none():
    fenced = new_markdown_cell("Write\n```\n## not a heading\n```")
    assert len(slides.split(new_notebook(cells=[fenced])).cells) == 1


def test_a_deck_asks_for_nothing_from_elsewhere():
    cells = [new_markdown_cell("# A\n\nSee [this](05-some.ipynb#b), of $x$.")]
    page = slides.deck(slides.tagged(new_notebook(cells=cells)))
    assert 'href="05-some.html"' in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "assets/reveal.js/dist/reveal.js" in page and "require" not in page.lower()


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CACHE", tmp_path / "cache")


def test_without_npm_it_says_so(tmp_path, monkeypatch, no_cache):
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    with pytest.raises(notebooks.Failed, match="make slides needs npm, once, for reveal"):
        slides.put_assets(tmp_path)


@pytest.mark.parametrize(
    "code, sentence",
    [(1, "npm cannot fetch reveal.js.*: no route"), (0, "is not the one that make slides was")],
)
def test_what_npm_fails_to_give_is_not_used(tmp_path, monkeypatch, no_cache, code, sentence):
    def run(command, cwd, **options):
        if not code:
            (cwd / "reveal.js.tgz").write_bytes(b"something else")
        return subprocess.CompletedProcess(command, code, "", "npm error code\nno route\n")

    monkeypatch.setattr(assets.shutil, "which", lambda name: "/usr/bin/npm")
    monkeypatch.setattr(assets.subprocess, "run", run)
    with pytest.raises(notebooks.Failed, match=sentence):
        slides.put_assets(tmp_path)
    assert not any(assets.CACHE.glob("reveal*"))
