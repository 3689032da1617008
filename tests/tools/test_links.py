"""Your own copy: every link names it, also in an archive without git."""

import shutil

import links
import pytest

from notebooks import ROOT


@pytest.fixture
def archive(tmp_path):
    for name in "README.md", "CITATION.cff", "pyproject.toml":
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    return tmp_path


def texts(folder):
    return {
        p: p.read_text("utf-8") for p in folder.rglob("*") if p.suffix != ".png" and p.is_file()
    }


def test_every_link_is_changed_and_can_be_changed_again(archive):
    old, before = links.present(archive), texts(archive)
    changed = links.put("ada/matrices", archive)
    assert {p for p, text in before.items() if old in text} == {*changed} and len(changed) > 20
    assert not any(old in text for text in texts(archive).values())
    assert links.present(archive) == "ada/matrices"
    badge = "\n[![Binder](https://mybinder.org/badge_logo.svg)]("
    assert badge not in before[archive / "README.md"]  # it would lead nowhere
    assert badge in (archive / "README.md").read_text("utf-8")
    links.put(old, archive)
    assert texts(archive) == before


@pytest.mark.parametrize("name", ["", "you", "https://github.com/you/yours", "you/yours/x", "-/-"])
def test_what_is_no_repository_changes_nothing(archive, name):
    before = texts(archive)
    with pytest.raises(ValueError, match=r"is no repository: write make links REPO=you/yours"):
        links.put(name, archive)
    assert texts(archive) == before
