"""Where things live: rooms import in one direction, and an operation is known by its row alone."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

import mcalc as mc
from mcalc.graph.primitives import PRIMITIVES

MCALC = Path(mc.__file__).parent
ROOMS = (  # each imports from those before it, and from itself
    "model data graph jacobian notation typed check numeric backward_pass derivation tables lookup "
    "stated draw exercises explorers __init__"
).split()
MODULES = {".".join(p.relative_to(MCALC).with_suffix("").parts): p for p in MCALC.rglob("*.py")}
NO_MODULES = {"explorers.jupyter_server_config"}  # JupyterLab reads it


@cache
def imported(name):
    """The modules of mcalc that a module imports, at its top or later."""
    found, folder = set(), name.split(".")[:-1]
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*folder[: len(folder) - node.level + 1], *(node.module or "").split(".")]
            base = [part for part in base if part]
            for alias in node.names:
                deeper = ".".join([*base, alias.name])
                found.add(deeper if deeper in MODULES else ".".join(base))
    return found & MODULES.keys()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_room_imports_from_the_rooms_before_it(name):
    own = ROOMS.index(name.split(".")[0])
    assert all(ROOMS.index(other.split(".")[0]) <= own for other in imported(name))


def test_no_module_imports_itself_by_way_of_others():
    def through(name, way):
        assert name not in way, " -> ".join([*way, name])
        for other in sorted(imported(name)):
            if other not in done:
                through(other, [*way, name])
        done.add(name)

    done: set = set()
    for name in sorted(MODULES):
        if name not in done:
            through(name, [])


@pytest.mark.parametrize("name", sorted({*MODULES} - NO_MODULES - {"__init__"}))
def test_a_module_is_what_its_name_gives(name):
    dotted = f"mcalc.{name}".removesuffix(".__init__")
    module = importlib.import_module(dotted)
    folder, _, last = dotted.rpartition(".")
    assert getattr(importlib.import_module(folder), last) is module, f"{dotted} is hidden"
    assert module.__doc__, f"{dotted} does not say what lives there"


@pytest.mark.parametrize("name", sorted({*MODULES} - NO_MODULES))
def test_the_readme_draws_the_tree(name):
    """Every module stands in the lines of its room; of explorers each has its own."""
    room, last = name.split(".")[0], name.split(".")[-1]
    drawn = (MCALC.parent / "README.md").read_text("utf-8").partition("\nmcalc/\n")[2]
    if last != "__init__" and room != "explorers":
        (lines,) = re.findall(rf"^├── {room}\b.*(?:\n│ .*)*|^└── {room}\b.*", drawn, re.MULTILINE)
        assert re.search(rf"\b{last}\b", lines) or "questions" in name


def names_compared(tree):
    """The strings that a program compares something with, or looks for something among."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            name = any(isinstance(part, ast.Attribute) and part.attr == "name"
                       and isinstance(part.value, ast.Attribute) and part.value.attr == "op"
                       for part in ast.walk(node))  # fmt: skip
            for part in ast.walk(node) if name else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


@pytest.mark.parametrize("name", sorted({*MODULES} - {"graph.primitives"}))
def test_an_operation_is_known_by_its_row_and_not_by_its_name(name):
    assert not {*names_compared(ast.parse(MODULES[name].read_text("utf-8")))} & {*PRIMITIVES}


def test_a_comparison_with_a_name_is_found():
    found = names_compared(ast.parse('e.op.name == "sum" or a.op.name in ("dot", b) or x == "sin"'))
    assert sorted(found) == ["dot", "sum"]
