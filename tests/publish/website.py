"""The notebooks as pages to read, on any web server, from a folder or on paper: `make site`.

A page is what its notebook stores: nothing is run, and nothing in it asks for a network. nbconvert
makes it with the template in templates/site; what needs a look at the whole page is done here.
"""

import json
import re
import shutil
from functools import cache
from urllib.parse import quote

import assets
from bs4 import BeautifulSoup
from formulas import readable
from nbformat.v4 import new_output
from slides import TEMPLATES

import mcalc as mc
import notebooks

TEMPLATE = TEMPLATES / "site"
TITLE = "Matrix calculus, by doing it"
NOTEBOOK = re.compile(r"^([\w-]+)\.ipynb(?=#|$)")
COLOURLESS = re.compile(r'<span class="[nopw]">([^<]*)</span>')  # most of what Pygments marks
MATH = re.compile(r"\$\$[^$]+\$\$|\$[^$]+\$")  # as site.js says to MathJax
COLUMNS = re.compile(r"\S  +\S|^ *\[", re.MULTILINE)
LONG = 160  # characters of an alternative text; what is longer stands below the picture


@cache
def exporter():
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name=TEMPLATE.name,
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
    )


def is_live(cell):
    """Whether JupyterLab shows more than is stored: something to move, or a field to type in."""
    tags = cell.metadata.get("tags", [])
    explores = cell.cell_type == "code" and "mc.explore" in cell.source
    return explores or any(tag.startswith("exercise:") for tag in tags)


def is_answer(cell):
    return any(tag.startswith("answer:") for tag in cell.metadata.get("tags", []))


def page(path):
    """A notebook as HTML."""
    nb = notebooks.read(path)
    for cell in nb.cells:
        if is_answer(cell):
            cell.outputs = []  # that nothing was answered yet
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("exercise:"):
                asked = mc.exercise(tag.removeprefix("exercise:"))
                cell.metadata["solution"] = asked.answer
                cell.outputs = [new_output("display_data", {"text/html": question(asked)})]
    first_live = next((cell.id for cell in nb.cells if is_live(cell)), None)
    resources = {"notebook": path.name, "first_live": first_live}
    html, _ = exporter().from_notebook_node(nb, resources)
    soup = BeautifulSoup(COLOURLESS.sub(r"\1", html), "html.parser")
    name_it(soup, path)
    lead_on(soup)
    for part in (headings, rules, tables, listings, pictures, formulas):
        part(soup)
    return str(soup)


def question(exercise):
    """An exercise as it is asked, with its formulas in letters and in LaTeX."""
    soup = BeautifulSoup(exercise._repr_html_(), "html.parser")
    for place, tex in zip(soup("code"), MATH.findall(exercise.typeset), strict=True):
        place.name, place["data-tex"] = "span", tex
    return str(soup)


def name_it(soup, path):
    """The title, with the chapter's number; and the notebook itself, for who wants to run it."""
    title = soup.h1.get_text()
    if path.stem != "index":
        number = f"{path.stem[:2]} " if path.stem[:2].isdigit() else ""
        title = f"{number}{title} – {TITLE}"
    soup.title.string = title
    line = soup.new_tag("p", attrs={"class": "notebook"})
    line.append(soup.new_tag("a", href=path.name, download="", string="Download this notebook"))
    soup.h1.insert_after(line)


def lead_on(soup):
    """Links to pages in the place of notebooks; lines of nothing but links as navigation."""
    for link in soup("a", href=True, download=False):
        link["href"] = NOTEBOOK.sub(r"\1.html", link["href"])
    lines = [link.parent for link in soup("a", href="index.html", string="Contents")]
    places = {"Chapters": soup.header, "Chapters, below the text": soup.footer}
    for line, (label, place) in zip(lines, places.items(), strict=False):
        line.name, line["aria-label"] = "nav", label
        place.insert(0, line.extract())


def headings(soup):
    """Ids as JupyterLab makes them, which the links are written for; a heading leads to itself."""
    for heading in soup(["h1", "h2", "h3", "h4"]):
        heading["id"] = heading.get_text().replace(" ", "-")
        if heading.name != "h1":
            inside = soup.new_tag("a", href="#" + quote(heading["id"]))
            inside.extend(list(heading.contents))
            heading.append(inside)


def rules(soup):
    """A rule that has a name leads to itself, and a field above them all finds some of them."""
    rows = soup.select("tr[id]")
    for row in rows:
        for place in row.select("[data-text]"):
            place["data-tex"] = place.get_text()
            place.string = place["data-text"]
            del place["data-text"]
        row["data-words"] = " ".join(row.get_text(" ").split()).lower()
        inside = soup.new_tag("a", href=f"#{row['id']}")
        inside.extend(list(row.th.contents))
        row.th.append(inside)
        row.th["scope"] = "row"
    if len(rows) > 1:
        field = soup.new_tag("p", attrs={"class": "filter", "hidden": ""})
        label = soup.new_tag("label", attrs={"for": "rule"}, string="Rules with these words")
        attrs = {"type": "search", "id": "rule", "autocomplete": "off"}
        count = soup.new_tag("span", attrs={"role": "status"})
        field.extend([label, " ", soup.new_tag("input", attrs=attrs), " ", count])
        soup.select_one(".notebook").insert_after(field)


def group(soup, element, label, kind):
    """Put an element into a group that scrolls, as the template does with cells."""
    attrs = {"class": [kind, "scrolls"], "role": "group", "aria-label": label}
    return element.wrap(soup.new_tag("div", attrs=attrs))


def tables(soup):
    for table in soup("table"):
        group(soup, table, "Table", "table")
        for head in table("th"):
            if not head.get_text(strip=True):
                head.name = "td"  # heads nothing


def listings(soup):
    """Code in the text, as code in cells; what a cell prints may be broken if it has no columns."""
    for pre in soup.select(".output > pre:not(.formula)"):
        if not COLUMNS.search(pre.get_text()):
            pre["class"] = "words"
    for pre in soup("pre"):
        if not pre.find_parent(class_="scrolls"):
            group(soup, pre.find_parent(class_="highlight") or pre, "Code", "code")


def pictures(soup):
    """Each on a card; a text that is too long to be heard in one go stands below it."""
    for image in soup("img"):
        words = image["alt"]
        card = image.wrap(soup.new_tag("div", attrs={"class": "picture"}))
        if "width" in image.attrs:
            card["style"] = f"--wide: {image['width']}px"
        if "\n" in words or len(words) > LONG:
            image["alt"] = f"{short(words)}; all of it in words below"
            details = soup.new_tag("details")
            details.append(soup.new_tag("summary", string="The picture in words"))
            details.append(soup.new_tag("pre", string=words))
            card.insert_after(details)


def formulas(soup):
    """Each can be read as it is; a script puts the LaTeX in its place once there is MathJax."""
    for place in soup.main.find_all(string=MATH):
        if place.find_parent(["code", "pre", "script"]) or place.parent.get("data-tex"):
            continue
        parts, at = [], 0
        for formula in MATH.finditer(place):
            parts.append(place[at : formula.start()])
            tex = formula[0]
            parts.append(soup.new_tag("span", attrs={"data-tex": tex}, string=readable(tex)))
            at = formula.end()
        place.replace_with(*filter(None, parts), place[at:])


def short(words):
    """What it is a picture of: the first line, or the first words of a long one."""
    first = " ".join(words.partition("\n")[0].split())
    return first if len(first) <= LONG else re.split("[:;]", first)[0]


def sections(soup):
    """The headings of a page, each with the words below it, and its rules: what is looked for."""
    found = []
    rows = []
    for element in soup.main(["h1", "h2", "h3", "h4", "p", "li", "td", "th"]):
        words = " ".join(element.get_text().split())
        if element.name in ("h1", "h2", "h3", "h4"):
            found.append([words, element["id"], ""])
        elif element.get("scope") == "row":
            rows.append([words, element.parent["id"], ""])
        elif found and not element.find_parent(class_=["cell", "filter"]):
            found[-1][2] = f"{found[-1][2]} {words}".strip()
    return found + rows


def write(paths, to):
    """The pages of these notebooks and all that is not from npm, in a folder."""
    (to / "assets").mkdir(parents=True, exist_ok=True)
    for path in TEMPLATE.glob("site.*"):
        shutil.copy(path, to / "assets")
    made, index = [], []
    for path in paths:
        shutil.copy(path, to)
        html = page(path)
        made.append(to / f"{path.stem}.html")
        made[-1].write_text(html, encoding="utf-8")
        soup = BeautifulSoup(html, "html.parser")
        title = soup.title.get_text().partition(" – ")[0]
        index.append([made[-1].name, title, sections(soup)])
    words = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    # a script, for pages that are opened from a folder may read no other file
    (to / "assets" / "search.js").write_text(f"window.mcalcPages = {words};\n", encoding="utf-8")
    return made


def make(paths, to):
    """The pages with everything that they load."""
    assets.put(to, ["mathjax"], "make site")
    return write(paths, to)
