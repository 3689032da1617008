"""The chapters as slides: where a slide begins, and decks that need no network.

Where a slide begins is stored in the notebooks, as `slideshow.slide_type`, so that other tools see
it too. The rule is in `tagged`. The decks are made by nbconvert; reveal.js and MathJax come from
npm once and are put beside them.
"""

import copy
import re
import struct
from base64 import b64decode
from html import escape
from math import ceil

import assets
from nbformat.v4 import new_markdown_cell

import notebooks
from notebooks import ROOT

TEMPLATES = ROOT / "tests" / "publish" / "templates"

# What the decks load.
ASSETS = ["reveal.js", "mathjax"]

CONTENTS = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Matrix calculus, by doing it: slides</title>
<style>body {{ font: 22px/1.6 sans-serif; margin: 3em }} li {{ list-style: none }}</style>
<h1>Matrix calculus, by doing it</h1>
<ul>
{}
</ul>
<p>Space goes on, Esc shows all slides, S opens a window for the speaker.</p>
</html>
"""

# --- where a slide begins --------------------------------------------------------------------

HEADING = re.compile(r"(?m)^(?=#{2,3} )")
LINK = re.compile(r"\]\(([\w-]+)\.ipynb(#[^)]*)?\)")
NAVIGATION = "[Contents](index.ipynb)"

# Pixels on a slide of 1280 x 720, as they were found in Chromium; see `height`.
ROOM = 670


def words_id(source, taken):
    """An id for a cell, of its first words, as the others have it."""
    some = "-".join(re.findall(r"[a-z0-9]+", source.lower())[:5]) or "cell"
    number, unique = 1, some
    while unique in taken:
        number += 1
        unique = f"{some}-{number}"
    taken.add(unique)
    return unique


def split(nb):
    """A copy in which no heading of a slide stands inside a cell."""
    nb = copy.deepcopy(nb)
    taken, cells = {cell.id for cell in nb.cells}, []
    for cell in nb.cells:
        cells.append(cell)
        if cell.cell_type != "markdown" or "```" in cell.source:
            continue
        first, *more = (part.strip("\n") for part in HEADING.split(cell.source) if part.strip())
        cell.source = first if more else cell.source
        cells += [new_markdown_cell(part, id=words_id(part, taken)) for part in more]
    nb.cells = cells
    return nb


def height(cell):
    """About how many pixels a cell takes: its lines, as they break on a slide, and its pictures."""
    if cell.cell_type == "markdown":
        return sum(map(markdown_height, re.split(r"\n\n+", cell.source)))
    code = 26 + 25 * sum(ceil(len(line) / 100) or 1 for line in cell.source.splitlines())
    return code + sum(map(output_height, cell.outputs))


def markdown_height(block):
    if heading := re.match("#+", block):
        first, _, rest = block.partition("\n")
        return {1: 68, 2: 56, 3: 48}[len(heading.group())] + (markdown_height(rest) if rest else 0)
    if block.startswith("|"):
        return 12 + 36 * (block.count("\n") + 1)
    if block.startswith("$$"):
        return 100
    text = re.sub(r"\]\([^)]*\)", "]", block)
    return 12 + 33 * sum(ceil(len(line) / 105) for line in text.splitlines())


def output_height(output):
    if output.output_type == "stream":
        return 25 * len(output.text.splitlines())
    data = output.get("data", {})
    if "image/png" in data:
        wide, high = struct.unpack(">II", b64decode(data["image/png"])[16:24])
        return min(high * min(1152 / wide, 1), 520)
    if data.get("text/html", "").count("<tr") and "<code" in data["text/html"]:
        return 130 * data["text/html"].count("<tr")  # what goes back: three lines a row
    if "text/latex" in data:
        rows = re.split(r"\\\\(?:\[\dpt\])?", data["text/latex"])
        return 16 + sum(52 if r"\frac" in row else 38 for row in rows)
    return 25 * len(data.get("text/plain", "").splitlines())


def is_import(cell):
    lines = [line for line in cell.source.splitlines() if line.strip()]
    starts = "import ", "from ", "mc.require("
    return bool(lines) and all(line.startswith(starts) for line in lines)


def tagged(nb):
    """A copy with a slide for each heading, and a new one before a cell that has no room.

    What answers a question comes with the next key; what is for the reader alone is left out.
    """
    nb = split(nb)
    used, before = 0, None  # of the slide so far: pixels, and its last cell
    for cell in nb.cells:
        kinds = {tag.partition(":")[0] for tag in cell.metadata.get("tags", [])}
        level = re.match("#*", cell.source).end() if cell.cell_type == "markdown" else 0
        if cell.source.startswith(NAVIGATION) or is_import(cell) or "answer" in kinds:
            kind = "skip"
        elif before is None or level in (1, 2):
            kind = "slide"
        elif level == 3 or "exercise" in kinds or used + height(cell) > ROOM:
            kind = "subslide"
        elif cell.cell_type != before.cell_type and follows(before):
            kind = "fragment"
        else:
            kind = None  # comes with the cell before it
        cell.metadata.pop("slideshow", None)
        if kind:
            cell.metadata["slideshow"] = {"slide_type": kind}
        if kind != "skip":
            used, before = height(cell) + (0 if kind in ("slide", "subslide") else used), cell
    return nb


def follows(cell):
    """Whether what comes after a cell has to wait: a class should guess, or look, before that."""
    return cell.cell_type == "code" or "?" in cell.source


def tag(path):
    """Store a notebook with its tags."""
    text = notebooks.dumps(tagged(notebooks.read(path)))
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8", newline="\n")
        return [path]
    return []


# --- the decks -------------------------------------------------------------------------------


def put_assets(to):
    """What the decks load, in a folder beside them."""
    assets.put(to, ASSETS, "make slides")


def deck(nb):
    """A notebook as a page of slides; its links lead to other decks."""
    from nbconvert import SlidesExporter

    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"](\1.html)", cell.source)
    exporter = SlidesExporter(
        template_name="slides",
        extra_template_basedirs=[str(TEMPLATES)],
        reveal_url_prefix="assets/reveal.js",
        reveal_theme="white",
        mathjax_url="assets/mathjax/es5/tex-svg-full.js",
    )
    return exporter.from_notebook_node(nb)[0]


def contents(paths):
    """A page with links to the decks: what a link to the contents leads to."""
    titles = [notebooks.read(path).cells[0].source.partition("\n")[0][2:] for path in paths]
    items = [
        f'<li><a href="{path.stem}.html">{path.stem[:2]} {escape(title)}</a></li>'
        for path, title in zip(paths, titles, strict=True)
    ]
    return CONTENTS.format("\n".join(items))


def make(paths, to):
    """The decks of these chapters, and what they need, in a folder."""
    to.mkdir(parents=True, exist_ok=True)
    put_assets(to)
    made = []
    for path in paths:
        made.append(to / f"{path.stem}.html")
        made[-1].write_text(deck(notebooks.read(path)), encoding="utf-8")
    (to / "index.html").write_text(contents(paths), encoding="utf-8")
    return made
