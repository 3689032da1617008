"""The notebooks as pages to read: what stands in them, where their links lead, their colours."""

import json
import re
import unicodedata
from collections import Counter
from itertools import pairwise, product
from urllib.parse import unquote, urlsplit

import assets
import classroom
import formulas
import pytest
import website
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import mcalc as mc
import notebooks

CONTRAST = 4.5  # of text with what is behind it, as WCAG asks for
CSS = (website.TEMPLATE / "site.css").read_text(encoding="utf-8")
SCRIPT = (website.TEMPLATE / "site.js").read_text(encoding="utf-8")
HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
PATHS = notebooks.all_notebooks()
each_page = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder, and its pages by their names; without what comes from npm."""
    folder = tmp_path_factory.mktemp("site")
    return folder, {path.name: parsed(path) for path in website.write(PATHS, folder)}


@pytest.fixture
def page(site, path):
    return site[1][f"{path.stem}.html"]


def made(tmp_path, *cells):
    """The page of a notebook with these cells, below a heading."""
    path = tmp_path / "05-some.ipynb"
    nb = new_notebook(cells=[new_markdown_cell("# Some *title*"), *cells])
    path.write_text(notebooks.dumps(nb), encoding="utf-8")
    return BeautifulSoup(website.page(path), "html.parser")


def shown(data):
    return new_code_cell("show()", outputs=[new_output("display_data", data)])


# All pages


@each_page
def test_a_page_has_the_parts_that_one_finds_one_s_way_by(page, path):
    assert page.html["lang"] == "en"
    assert len(page("main")) == len(page("h1")) == len(page("title")) == 1
    levels = [int(heading.name[1]) for heading in page(HEADINGS)]
    assert levels[0] == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []
    labels = [nav["aria-label"] for nav in page("nav")]
    assert len(set(labels)) == len(labels) == (0 if path.stem == "index" else 2)
    assert page.select_one("a.skip")["href"] == f"#{page.main['id']}"
    ids = Counter(element["id"] for element in page(id=True))
    assert [name for name, times in ids.items() if times > 1] == []


def test_no_two_pages_have_the_same_title(site):
    titles = [page.title.get_text() for page in site[1].values()]
    assert len(set(titles)) == len(titles) == len(PATHS)


@each_page
def test_a_page_shows_all_that_is_stored(page, path):
    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    assert len(page.select(".cell > .code")) == len(cells)
    outputs = page.select(".cell > .output")
    assert len(outputs) == sum(len(c.outputs) for c in cells if not website.is_answer(c))
    for output in outputs:
        assert output.get_text(strip=True) or output.img


@each_page
def test_every_picture_has_a_text_of_its_own(page):
    for image in page("img"):
        alt = image["alt"].strip()
        assert alt and "No description has been provided" not in alt
        assert len(alt) <= website.LONG + len("; all of it in words below")
        assert (image.parent.find_next_sibling("details") is not None) == alt.endswith("below")


@each_page
def test_what_scrolls_has_a_role_and_a_name(page):
    for element in page.select(".scrolls"):
        assert element["role"] == "group" and element["aria-label"]
    for element in page.select("pre, table, .picture"):
        assert element.find_parent(class_="scrolls")


@each_page
def test_what_is_live_elsewhere_is_said_to_be_static_once(page, path):
    live = any(website.is_live(cell) for cell in notebooks.read(path).cells)
    assert len(page.select(".note")) == live


def wrong(link, page, site):
    """What is wrong with where a link leads, or nothing."""
    folder, pages = site
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        return None
    if parts.scheme or parts.netloc or link.startswith("/"):
        return f"{link} is not relative"
    name = unquote(parts.path)
    if name and not (folder / name).is_file():
        return f"{link}: there is no such file"
    target = pages.get(name) if name else page
    if parts.fragment and not (target and target.find(id=unquote(parts.fragment))):
        return f"{link}: there is no such place"
    return None


@each_page
def test_every_link_leads_somewhere(page, site):
    links = [link["href"] for link in page("a", href=True)]
    assert list(filter(None, (wrong(link, page, site) for link in links))) == []
    assert page.select('a[href$=".ipynb"]:not([download])') == []


@each_page
def test_a_page_loads_what_stands_beside_it_and_nothing_else(page, site):
    found = {element["src"] for element in page(src=True)}
    found |= {element["href"] for element in page(href=True) if element.name != "a"}
    files = {link for link in found if not link.startswith("data:")}
    npm = "assets/mathjax/es5/tex-svg-full.js"
    assert files == {"assets/site.css", "assets/site.js", "assets/search.js", npm}
    for name in files - {npm}:
        assert (site[0] / name).is_file()
    assert page(["iframe", "object", "embed", "base", "form"]) == []
    inside = [element.get_text() for element in page(["style", "script"])]
    inside += [element["style"] for element in page(style=True)]
    assert not re.search(r"url\(|@import|//", "".join(inside))


def test_what_is_looked_for_leads_to_its_place(site):
    folder, pages = site
    script = (folder / "assets" / "search.js").read_text("utf-8")
    index = json.loads(script.removeprefix("window.mcalcPages = ").removesuffix(";\n"))
    assert [name for name, *_ in index] == [*pages] and len(script) < 1_000_000
    for name, title, sections in index:
        assert sections[0][0] in title or name == "index.html"
        ids = {element["id"] for element in pages[name](id=True)}
        assert {place for _, place, _ in sections} <= ids
    words = {name: " ".join(text for _, _, text in sections) for name, _, sections in index}
    assert "silent for all examples" in words["12-loss-function.html"]


@each_page
def test_every_formula_can_be_read_where_nothing_typesets_it(page):
    for place in page.select("[data-tex]"):
        assert place["data-tex"].startswith("$") and place.get_text().strip()
    texts = page.main.find_all(string=lambda text: not text.find_parent(["code", "pre"]))
    assert not re.search(r"[$\\]|\x00", "".join(texts))


@pytest.mark.parametrize(
    "tex, letters",
    [
        (r"\frac{\partial y}{\partial \mathbf{x}} = 2 \mathbf{x}^T", "∂y/∂x = 2 x^T"),
        (r"\frac{dy}{du}\frac{du}{dx} = \frac{2}{N}X^TX", "dy/du du/dx = 2/N X^TX"),
        (r"\frac{1}{2\sqrt{a + b}}\,\hat{\mathbf{w}}_{n+1}", "1/(2sqrt(a + b)) ŵ_(n+1)"),
        (r"\sum_i \mathbf{x}_i\mathbf{x}_i^T, \max\left(0, W\mathbf{x}\right)",
         "sum_i x_i x_i^T, max(0, W x)"),
        (r"\frac{\partial}{\partial w_j}\left(f_i\right)", "∂/∂w_j (f_i)"),
        (r"\begin{bmatrix} x_1 & 2 \\ \vdots & -1 \end{bmatrix} \mathbf{x}", "[x_1 2; ⋮ -1] x"),
        (r"d\mathbf{x} \le \|\lambda_{\min}\|", "d x ≤ ||λ_min||"),
    ],
)  # fmt: skip
def test_a_formula_in_letters(tex, letters):
    assert unicodedata.normalize("NFC", formulas.readable(f"${tex}$")) == letters


@pytest.mark.parametrize("tex", [r"\unheard x", "a} b"])
def test_a_formula_that_cannot_be_written_in_letters_says_so(tex):
    with pytest.raises(ValueError):
        formulas.readable(tex)


RULES = "13-reference.html", "39-reference-of-backwards.html"


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_place_that_its_name_leads_to(site, name):
    rows = site[1][name].select("tr[id]")
    assert len(rows) > 60
    for row in rows:
        assert row.th["scope"] == "row" and row.th.a["href"] == f"#{row['id']}"
        assert row.th.get_text().lower() in row["data-words"]
        assert not re.search(r"[$\\]", row["data-words"])


def test_what_one_links_to_is_there(site):
    page = site[1]["39-reference-of-backwards.html"]
    places = (
        "layer-norm softmax-by-rows attention-queries gelu inverse rmsnorm linear-layer-weights "
        "embedding-lookup cross-entropy-of-logits"
    )
    assert all(page.find("tr", id=place) for place in places.split())
    groups = {unquote(link["href"]) for link in page.main("a", href=re.compile("^#[A-Z]"))}
    assert {"#Linear-maps", "#Element-by-element,-and-losses", "#Axes-and-normalisation",
            "#Attention-and-layers"} <= groups  # fmt: skip
    row = page.find("tr", id="layer-norm")
    assert "dx = (g - g.mean(axis=1, keepdims=true)" in row["data-words"]


def test_only_pages_with_rules_have_a_field_that_finds_them(site):
    with_field = [name for name, page in site[1].items() if page.select(".filter")]
    assert with_field == [*RULES]
    for name in RULES:
        field = site[1][name].select_one(".filter")
        assert field.label["for"] == field.input["id"] and "hidden" in field.attrs
        assert field.input["type"] == "search" and field.find(role="status")


def test_a_rule_is_found_by_the_search(site):
    words = (site[0] / "assets" / "search.js").read_text("utf-8")
    assert '["layer norm","layer-norm",""]' in words and '["log det","log-det",""]' in words


def test_a_table_of_rules_becomes_one_with_places(tmp_path):
    w, x = mc.vectors("w x")
    data = {"text/html": mc.reference((w * x, w, mc.diag(x)), names="product")._repr_html_()}
    page = made(tmp_path, shown({**data, "text/plain": "a table"}))
    assert page.tr.th.get_text() == "name" and not page.select(".filter")  # of one rule
    row = page.find("tr", id="product")
    assert row["data-words"] == "product w ⊗ x w diag(x)"
    assert [c["data-tex"] for c in row("span")][2].startswith("$") and row.span.string == "w ⊗ x"


def test_solutions_are_folded(site):
    folded = site[1]["05-element-wise-operators.html"]("details")
    solutions = [d.pre.get_text() for d in folded if d.summary.get_text() == "Solution"]
    assert len(solutions) == len(mc.exercise_keys(5)) and "diag(2x)" in solutions


def test_neither_the_style_nor_the_script_asks_for_anything():
    assert not re.search(r"url\(|@import|https?:|//\w", CSS)
    assert not re.search(r"https?:|fetch\(|import\(|XMLHttpRequest|\.src\b", SCRIPT)


# The colours

NAMED = re.compile(r"^  --([\w-]+): light-dark\((#\w{6}), (#\w{6})\);$", re.MULTILINE)
THEMES = "light", "dark"


def colours(theme):
    return {name: pair[THEMES.index(theme)] for name, *pair in NAMED.findall(CSS)}


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_wcag_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_ink_can_be_read_on_every_paper(theme):
    table = colours(theme)
    inks, papers = ([name for name in table if name.startswith(what)] for what in ("ink", "paper"))
    assert len(inks) > 5 and len(papers) > 2
    pale = {
        (ink, paper): contrast(table[ink], table[paper]) for ink, paper in product(inks, papers)
    }
    assert {pair: found for pair, found in pale.items() if found < CONTRAST} == {}


def test_no_colour_stands_outside_the_table():
    screen, _, paper = NAMED.sub("", CSS).partition("@media print")
    assert re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", screen) == []
    used = re.findall(r"(?:color|background|border[\w-]*):([^;]*);", screen + paper)
    assert {word for value in used for word in re.findall(r"(?<![\w-])[a-z]+(?![\w-])", value)} <= {
        "none", "var", "inherit", "solid", "light", "dark", "collapse",
    }  # fmt: skip


# Single pages


def test_a_title_has_the_chapter_s_number(tmp_path):
    page = made(tmp_path)
    assert page.title.get_text() == f"05 Some title – {website.TITLE}"
    assert page.select_one(".notebook a")["href"] == "05-some.ipynb"


def test_links_lead_to_pages_and_lines_of_links_become_navigation(tmp_path):
    line = "[Contents](index.ipynb) · Next: [06 More](06-more.ipynb)"
    text = f"See [there](06-more.ipynb#A-place,-said), [it](https://a.org/b.ipynb).\n\n{line}"
    page = made(tmp_path, new_markdown_cell(text), new_markdown_cell(line))
    inside = [link["href"] for link in page.main("a")]
    assert inside == ["05-some.ipynb", "06-more.html#A-place,-said", "https://a.org/b.ipynb"]
    assert page.header.nav.get_text() == page.footer.nav.get_text() == "Contents · Next: 06 More"
    assert [link["href"] for link in page.footer.nav("a")] == ["index.html", "06-more.html"]


def test_a_heading_has_the_id_that_jupyterlab_gives_it(tmp_path):
    page = made(tmp_path, new_markdown_cell("## Why `w * x`, and é?"))
    assert page.h2["id"] == "Why-w-*-x,-and-é?"
    assert unquote(page.h2.a["href"]) == "#Why-w-*-x,-and-é?" and page.h2.code


def test_a_long_text_stands_below_its_picture(tmp_path):
    for words, alt in [
        ("gradient:  3x\n  at 1", "gradient: 3x; all of it in words below"),
        ("images: " + "a zero; " * 30, "images; all of it in words below"),
    ]:
        html = f'<img alt="{words}" width="700" src="data:image/png;base64,AA==">'
        page = made(tmp_path, shown({"text/html": html, "text/plain": words}))
        assert page.img["alt"] == alt and page.details.pre.get_text() == words
        assert page.img.parent["style"] == "--wide: 700px"
    page = made(tmp_path, shown({"image/png": "AA==\n", "text/plain": 'a "<b>"'}))
    assert page.img["alt"] == 'a "<b>"' and page.img["src"].endswith("AA==") and not page.details


def test_a_head_of_nothing_is_no_head_and_code_in_the_text_is_code(tmp_path):
    text = "| | time |\n|---|---|\n| a | 1 |\n\n```python\nx = 1  # $a$\n```\n\n```\n$x$\n```"
    page = made(tmp_path, new_markdown_cell(text))
    assert [head.get_text() for head in page("th")] == ["time"]
    assert [place["aria-label"] for place in page.select(".scrolls")] == ["Table", "Code", "Code"]
    assert page.select_one(".code .highlight .c1").get_text() == "# $a$"


def test_what_cells_print_and_raise_is_text(tmp_path):
    outputs = [
        new_output("stream", name="stdout", text="1 < 2\n"),
        new_output("stream", name="stderr", text="a warning"),
        new_output("error", ename="KeyError", evalue="'<x>'"),
        new_output("display_data", {"text/latex": "$a <b$", "text/plain": "a < b"}),
    ]
    page = made(tmp_path, new_code_cell("go()", outputs=outputs))
    found = [output.get_text().strip() for output in page.select(".output")]
    assert found == ["1 < 2", "a warning", "KeyError: '<x>'", "a < b"]
    assert page.select_one("pre.formula")["data-tex"] == "$a <b$"


def test_without_npm_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    written, wrong = classroom.make_site([], tmp_path / "site")
    assert written == [] and "make site needs npm, once, for mathjax" in wrong[0]
