"""What `make mutants` knows of mcalc by its text stands there: a moved line takes it along."""

import mutants
import pytest
from mutations import Module

ROWS = [(name, *row) for name, rows in mutants.TABLES.items() for row in rows]


def test_every_room_without_pictures_is_mutated():
    assert {"graph.expr", "check.claims", "typed.read", "derivation"} <= {*mutants.modules()}
    assert {*mutants.EQUIVALENT} <= {*mutants.modules()}


@pytest.mark.parametrize("name", mutants.EQUIVALENT)
def test_what_is_called_equivalent_is_a_mutant(name):
    module = Module(mutants.MCALC.joinpath(*name.split(".")).with_suffix(".py"))
    assert {*mutants.EQUIVALENT[name]} <= {*map(str, module.mutants)}


@pytest.mark.parametrize("name, old, new, notebook", ROWS)
def test_what_a_notebook_must_notice_stands_there_once(name, old, new, notebook):
    source = (mutants.MCALC / name).read_text(encoding="utf-8")
    assert source.count(old) == 1 and old != new
    assert (mutants.ROOT / "notebooks" / f"{notebook}.ipynb").exists()
