"""Every notebook in JupyterLab, with its explorers moved and its exercises answered."""

import pytest
from browser import answering, lab

import notebooks

missing = lab.missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}")


def nothing(found):
    """That a list of sentences is empty; or else all of them, a line each."""
    found = list(found)
    assert not found, "\n".join(["", *found])


def tried(family, known):
    """All that an explorer has; if one of its kind was tried before, its first slider.

    The same one in another place has to follow.
    """
    (first, *copies), kind = family, family[0].inputs()
    yield from first.anatomy() + first.pale()
    again = kind in known
    yield from first.try_slider(first.sliders()[0], mouse=False) if again else first.try_all()
    yield from first.pale()
    known.append(kind)
    for one in copies:
        yield from one.anatomy() + one.pale()
        if one.state()["view"] != first.state()["view"]:
            yield "it shows one thing here and another one there"


def tried_in_the_dark(first, *copies):
    """Its contrast: at first, with an alert, and when it has been moved and is drawn anew."""
    before, k = first.state(), first.sliders()[0]
    yield from first.pale() + first.pale_alert() + first.try_slider(k)
    first.handle(k).focus()
    first.press("End")
    yield from first.pale() + first.put_back(k, before)
    for one in copies:
        yield from one.pale()


@pytest.mark.parametrize("path", notebooks.all_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_runs_and_answers(path, open_page):
    page = open_page(path.name)
    page.run_all()
    nothing(page.wrong())
    cells = page.cells()
    families = list(lab.families(page.explorers()))
    written = [
        cell for cell in cells if cell["cell_type"] == "code" and "mc.explore" in cell["source"]
    ]
    assert len(families) == len(written)
    known = []
    for family in families:
        nothing(tried(family, known))
    nothing(answering.tried(page, path.name))
    if families:
        page.theme(lab.DARK)
        nothing(tried_in_the_dark(*families[0]))
        nothing(line for family in families[1:] for one in family for line in one.pale())
        nothing(families[0][0].try_letters())
    nothing(page.wrong())
    assert page.order() == [cell["id"] for cell in cells]
