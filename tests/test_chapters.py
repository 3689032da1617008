"""The chapters and the ledger of what the paper states, held together."""

import ast
import itertools
import re
import tomllib
from pathlib import Path

import falsehoods
import nbformat
import numpy as np
import pytest

import mcalc as mc
from mcalc.exercises.questions import ROWS

ROOT = Path(__file__).resolve().parent.parent
LEDGER = {
    claim["id"]: claim
    for claim in tomllib.loads((ROOT / "tests" / "claims.toml").read_text("utf-8"))["claim"]
}
NOTEBOOKS = ROOT / "notebooks"
INDEX = nbformat.read(NOTEBOOKS / "index.ipynb", 4)
CHAPTERS = {
    path.name: nbformat.read(path, 4) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))
}
OWES = {  # which of the ledger's claims a chapter has to demonstrate, by the first part of their id
    "00-introduction.ipynb": ("intro",),
    "01-scalar-derivative-rules.ipynb": ("scalar",),
    "02-partial-derivatives.ipynb": ("partial",),
    "03-matrix-calculus.ipynb": ("matrix",),
    "04-generalization-of-the-jacobian.ipynb": ("jacobian",),
    "05-element-wise-operators.ipynb": ("elementwise",),
    "06-scalar-expansion.ipynb": ("expansion",),
    "07-vector-sum-reduction.ipynb": ("sum",),
    "08-single-variable-chain-rule.ipynb": ("chain1",),
    "09-total-derivative-chain-rule.ipynb": ("chain2",),
    "10-vector-chain-rule.ipynb": ("chain3",),
    "11-neuron-activation.ipynb": ("neuron",),
    "12-loss-function.ipynb": ("loss", "summary"),
    "13-reference.ipynb": ("reference", "notation"),
    "14-errata-and-resources.ipynb": ("resources",),
    "20-matrices-and-layers.ipynb": (),
    "21-automatic-differentiation.ipynb": (),
    "22-softmax-and-cross-entropy.ipynb": (),
    "23-training-a-network.ipynb": (),
    "24-curvature.ipynb": (),
    "30-what-goes-back.ipynb": (),
    "31-axes.ipynb": (),
    "32-attention.ipynb": (),
    "33-normalisation.ipynb": (),
    "34-transformer-block.ipynb": (),
    "35-steps.ipynb": (),
    "36-curvature-of-a-network.ipynb": (),
    "39-reference-of-backwards.ipynb": (),
}
every_chapter = pytest.mark.parametrize("name", CHAPTERS)


def tagged(nb, kind):
    """Every id that a cell is tagged with, as in ``claim:id``, and the cell."""
    for cell in nb.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(kind + ":"):
                yield tag.removeprefix(kind + ":"), cell


def sources(nb, kind):
    return [cell.source for cell in nb.cells if cell.cell_type == kind]


def title(name):
    """As in links: the number of the file, and the chapter's heading."""
    return name[:2] + sources(CHAPTERS[name], "markdown")[0].splitlines()[0][1:]


def test_the_ledger_is_whole():
    assert len(LEDGER) == 101
    assert all(claim["says"] and claim["section"] and claim["kind"] for claim in LEDGER.values())


def test_every_claim_is_demonstrated_and_every_tag_is_a_claim():
    assert OWES.keys() == CHAPTERS.keys()
    found = {claim for nb in CHAPTERS.values() for claim, _ in tagged(nb, "claim")}
    assert found == LEDGER.keys()


@every_chapter
def test_a_chapter_demonstrates_what_it_owes_and_nothing_else(name):
    owed = {claim for claim in LEDGER if claim.split(".")[0] in OWES[name]}
    assert owed == {claim for claim, _ in tagged(CHAPTERS[name], "claim")}


def test_every_erratum_is_shown():
    shown = tagged(CHAPTERS["14-errata-and-resources.ipynb"], "erratum")
    errata = [claim for claim, entry in LEDGER.items() if "erratum" in entry]
    assert sorted(claim for claim, _ in shown) == sorted(errata)
    assert len(errata) == 22


def is_claim(cell):
    return any(tag.startswith(("claim:", "erratum:")) for tag in cell.metadata.get("tags", []))


@every_chapter
def test_a_claim_cell_fails_when_its_claim_is_false(name, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)
    cells = CHAPTERS[name].cells
    assert all(cell.cell_type == "code" for cell in cells if is_claim(cell))
    assert any(map(is_claim, cells)) or not OWES[name]
    names, of_nothing = {"__name__": falsehoods.CELL, "display": print}, []
    for cell, tree in falsehoods.program(cells, is_claim):
        before = dict(names)
        falsehoods.run(tree, names)
        if is_claim(cell) and not falsehoods.refuted_by(tree, before):
            of_nothing.append(cell.source)
    assert not of_nothing


def calls(tree):
    """The names in mcalc of what a cell calls."""
    called = [part.func for part in ast.walk(tree) if isinstance(part, ast.Call)]
    return {f.attr for f in called if isinstance(f, ast.Attribute) and ast.unparse(f.value) == "mc"}


@every_chapter
def test_a_claim_is_a_display_and_no_assertion(name):
    for cell in CHAPTERS[name].cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            assert not any(isinstance(part, ast.Assert) for part in ast.walk(tree)), cell.source
            assert not is_claim(cell) or calls(tree) & falsehoods.ASSERTING, cell.source


@every_chapter
def test_whatever_is_stated_fails_when_it_is_changed(name, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)

    def states(cell):
        return "claim" in calls(ast.parse(cell.source))

    names, missed = {"__name__": falsehoods.CELL, "display": print}, []
    for cell, tree in falsehoods.program(CHAPTERS[name].cells, states):
        if states(cell):
            missed += falsehoods.unnoticed(tree, names)
        falsehoods.run(tree, names)
    assert not missed


def test_a_statement_that_nothing_can_refute_is_found():
    names = {"mc": mc, "nan": float("nan"), "x": mc.vectors("x")}
    cell = "mc.claim((x, x, 'x'), ('words', 1.0, 1.0), ('a truth', True))"
    assert not falsehoods.unnoticed(ast.parse(cell), names)
    assert falsehoods.unnoticed(ast.parse("mc.claim('words', nan, nan)"), names)


@pytest.mark.parametrize("source", ["assert True", "assert y.shape == (3,)", "d.jacobian"])
def test_a_cell_that_asserts_nothing_is_refuted_by_nothing(source):
    names = {"mc": mc, "x": (x := mc.vectors("x", size=3)), "y": (y := 2 * x), "d": mc.derive(y, x)}
    assert falsehoods.refuted_by(ast.parse(source), names) is None


def test_every_figure_of_the_paper_is_drawn():
    """In the cell that is tagged, or in the one before, of which it then states something."""
    figures = [claim for claim, entry in LEDGER.items() if entry["kind"] == "figure"]
    assert len(figures) == 6
    for nb in CHAPTERS.values():
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for claim, cell in tagged(nb, "claim"):
            if claim in figures:
                k = code.index(cell)
                outputs = [output for near in code[k - 1 : k + 1] for output in near.outputs]
                assert any("image/png" in output.get("data", {}) for output in outputs)
                figures.remove(claim)
    assert not figures


@every_chapter
def test_the_anatomy_of_a_chapter(name):
    cells = CHAPTERS[name].cells
    headings = [line for c in cells if c.cell_type == "markdown" for line in c.source.splitlines()
                if re.match(r"#+ ", line)]  # fmt: skip
    assert [h for h in headings if h.startswith("# ")] == headings[:1]
    assert headings[-1] == "## What to remember"
    levels = [len(h.split()[0]) for h in headings]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def prose(text):
    """The words of a Markdown cell, without headings, links to chapters, tables and formulas."""
    if text.startswith("[Contents]"):
        return 0
    kept = [line for line in text.splitlines() if not line.startswith(("#", "|", "[Contents]"))]
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$", "x", "\n".join(kept), flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return len(re.findall(r"[^\W_]+(?:['-]\w+)*", text))


def measure(nb):
    """Median and longest lines of a code cell, and words of prose a code line."""
    lines = [sum(map(bool, map(str.strip, c.splitlines()))) for c in sources(nb, "code")]
    return np.median(lines), max(lines), sum(map(prose, sources(nb, "markdown"))) / sum(lines)


@every_chapter
def test_cells_are_short_and_prose_is_in_measure(name):
    median, longest, words = measure(CHAPTERS[name])
    assert median <= 3
    assert longest <= 8
    least = 6 if name[:2] in ("13", "39") else 8  # to look things up, there are tables
    assert least <= words <= 18


@every_chapter
def test_a_chapter_begins_and_ends_with_links_to_its_neighbours(name):
    names = list(CHAPTERS)
    k = names.index(name)
    links = ["[Contents](index.ipynb)"]
    links += [f"Previous: [{title(p)}]({p})" for p in names[max(k - 1, 0) : k]]
    links += [f"Next: [{title(n)}]({n})" for n in names[k + 1 : k + 2]]
    first, *_, last = sources(CHAPTERS[name], "markdown")
    assert first.splitlines()[-1] == last == " · ".join(links)
    assert CHAPTERS[name].cells[-1].source == last


@pytest.mark.parametrize("text", ["README.md", "index"])
def test_the_contents_list_every_chapter(text):
    shown = "\n".join(sources(INDEX, "markdown"))
    folder = ""
    if text == "README.md":
        shown, folder = (ROOT / text).read_text("utf-8"), "notebooks/"
    listed = re.findall(r"^\| \[(\d\d [^]]+)\]\(([^)]+)\) \| \S", shown, re.MULTILINE)
    assert listed == [(title(name), folder + name) for name in CHAPTERS]


def test_the_instructor_is_told_how_many_exercises_there_are():
    page = "\n".join(sources(nbformat.read(NOTEBOOKS / "instructor.ipynb", 4), "markdown"))
    told = dict(re.findall(r"^\| (\d\d) \| .* \| (\d+) \|$", page, re.MULTILINE))
    there = {name[:2]: len(mc.exercise_keys(name[:2])) for name in CHAPTERS}
    assert told == {chapter: f"{count}" for chapter, count in there.items() if count}


@pytest.mark.parametrize("name", ["index.ipynb", *CHAPTERS])
def test_links_lead_somewhere(name):
    for text in sources(CHAPTERS.get(name, INDEX), "markdown"):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            if not target.startswith(("https://", "http://")):
                assert (NOTEBOOKS / target).exists(), target


@every_chapter
def test_every_picture_has_its_summary_as_alternative_text(name):
    for cell in CHAPTERS[name].cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                assert re.match(r'<img alt="[^"]{20,}"', data["text/html"])
                assert len(data["text/plain"]) >= 20


@pytest.mark.parametrize("name", ["index.ipynb", *CHAPTERS])
def test_formulas_have_no_signs_in_words(name):
    # MathJax refuses a whole formula for one underscore among words
    for cell in CHAPTERS.get(name, INDEX).cells:
        for output in cell.get("outputs", []):
            formula = output.get("data", {}).get("text/latex", "")
            assert not re.search(r"\\text\{[^{}]*(?<!\\)[_^#%&]", formula), formula


def test_the_readme_shows_what_the_package_prints():
    shown = (ROOT / "README.md").read_text("utf-8")
    w, x = mc.vectors("w x")
    b = mc.scalars("b")
    d = mc.derive(np.maximum(0, w @ x + b), wrt=w)
    right = d.equals(mc.cases((x.T, w @ x + b > 0)))
    reason = mc.derive(w @ x, wrt=w).why(x)
    for printed in (d, d.check(), right, reason, d.numpy()(w=[1, 2], x=[3, 4], b=0)):
        assert f"\n{printed!r}\n" in shown
    assert f"one of {len(ROWS)} exercises" in shown
