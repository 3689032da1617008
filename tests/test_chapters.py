"""The chapters and the ledger of what the paper states, held together."""

import ast
import itertools
import re
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest

import mcalc as mc

ROOT = Path(__file__).resolve().parent.parent
LEDGER = {
    claim["id"]: claim
    for claim in tomllib.loads((ROOT / "tests" / "claims.toml").read_text("utf-8"))["claim"]
}
CHAPTERS = {path.name: nbformat.read(path, 4) for path in (ROOT / "notebooks").glob("*.ipynb")}
OWES = {  # which of the ledger's claims a chapter has to demonstrate, by the first part of their id
    "05-element-wise-operators.ipynb": ("elementwise",),
    "06-scalar-expansion.ipynb": ("expansion",),
    "07-vector-sum-reduction.ipynb": ("sum",),
    "08-single-variable-chain-rule.ipynb": ("chain1",),
    "09-total-derivative-chain-rule.ipynb": ("chain2",),
    "10-vector-chain-rule.ipynb": ("chain3",),
    "11-neuron-activation.ipynb": ("neuron",),
    "12-loss-function.ipynb": ("loss", "summary"),
}
every_chapter = pytest.mark.parametrize("name", sorted(CHAPTERS))


def claims(nb):
    """Every claim that a cell is tagged with, and the cell."""
    for cell in nb.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("claim:"):
                yield tag.removeprefix("claim:"), cell


def test_the_ledger_is_whole():
    assert len(LEDGER) == 101
    assert all(claim["says"] and claim["section"] and claim["kind"] for claim in LEDGER.values())


@every_chapter
def test_a_chapter_demonstrates_what_it_owes_and_nothing_unknown(name):
    tagged = {claim for claim, _ in claims(CHAPTERS[name])}
    assert tagged <= LEDGER.keys()
    owed = {claim for claim in LEDGER if claim.split(".")[0] in OWES[name]}
    assert owed <= tagged


@every_chapter
def test_a_claim_cell_fails_when_its_claim_is_false(name):
    cells = list(claims(CHAPTERS[name]))
    assert cells
    for claim, cell in cells:
        assert cell.cell_type == "code", claim
        parts = ast.walk(ast.parse(cell.source))
        asserted = any(isinstance(part, ast.Assert) for part in parts)
        assert asserted, f"{claim}: the cell shows something and asserts nothing"


@every_chapter
def test_the_anatomy_of_a_chapter(name):
    cells = CHAPTERS[name].cells
    headings = [line for c in cells if c.cell_type == "markdown" for line in c.source.splitlines()
                if re.match(r"#+ ", line)]  # fmt: skip
    assert [h for h in headings if h.startswith("# ")] == headings[:1]
    assert headings[-1] == "## What to remember"
    levels = [len(h.split()[0]) for h in headings]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    for cell in cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 7, cell.source


@every_chapter
def test_links_lead_somewhere(name):
    for cell in CHAPTERS[name].cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", cell.source):
                if not target.startswith("https://"):
                    assert (ROOT / "notebooks" / target).exists(), target


@every_chapter
def test_every_picture_has_its_summary_as_alternative_text(name):
    for cell in CHAPTERS[name].cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                assert re.match(r'<img alt="[^"]{20,}"', data["text/html"])
                assert len(data["text/plain"]) >= 20


def test_the_readme_shows_what_the_package_prints():
    shown = (ROOT / "README.md").read_text("utf-8")
    w, x = mc.vectors("w x")
    b = mc.scalars("b")
    d = mc.derive(np.maximum(0, w @ x + b), wrt=w)
    right = d.equals(mc.cases((x.T, w @ x + b > 0)))
    reason = mc.derive(w @ x, wrt=w).why(x)
    for printed in (d, d.check(), right, reason, d.numpy()(w=[1, 2], x=[3, 4], b=0)):
        assert f"\n{printed!r}\n" in shown
