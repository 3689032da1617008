"""A chapter as slides, without a network."""

import pytest
import slides
from browser import decks, lab

import notebooks

missing = lab.missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not tried in a browser: {missing}")


def test_a_deck_shows_all_of_its_slides_without_a_network(context, tmp_path):
    try:
        slides.put_assets(tmp_path)
    except notebooks.Failed as failure:
        pytest.skip(f"the slides are not tried: {failure}")
    (path,) = slides.make([notebooks.ROOT / "notebooks" / "10-vector-chain-rule.ipynb"], tmp_path)
    found, faults = decks.slides(context, path)
    assert [*faults, *decks.wrong(found)] == []
    assert len(found) > 10
