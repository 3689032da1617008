"""A chapter as slides, without a network."""

import classroom
import pytest
import slides
from browser import decks, lab

import notebooks

missing = lab.missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}")


@pytest.fixture(scope="module")
def decks_folder(tmp_path_factory):
    """Where decks go, with what they load."""
    folder = tmp_path_factory.mktemp("slides")
    try:
        slides.put_assets(folder)
    except notebooks.Failed as failure:
        pytest.skip(f"the slides are not tried: {failure}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("path", classroom.chapters(), ids=lambda path: path.stem)
def test_no_slide_is_taller_than_the_screen(context, decks_folder, path):
    (made,) = slides.make([path], decks_folder)
    found, faults = decks.all_slides(context, made)
    assert [*faults, *decks.wrong(found)] == [] and len(found) > 10


def test_a_deck_shows_all_of_its_slides_without_a_network(context, decks_folder):
    chapter = notebooks.ROOT / "notebooks" / "10-vector-chain-rule.ipynb"
    (path,) = slides.make([chapter], decks_folder)
    found, faults = decks.slides(context, path)
    assert [*faults, *decks.wrong(found)] == []
    assert len(found) > 10
