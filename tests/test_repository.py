"""The repository itself: dependencies, the Makefile, and what the notebooks store."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import comment_markers, get_sanitize_patterns, metadata_tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mcalc as mc
import notebooks
from notebooks import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
READER, TEST = "requirements.lock", "tests/requirements.lock"
PEERS = "tests/tools/peers.txt"


# Dependencies


def locked(path):
    """Name to pinned requirements, each with its hashes; a line of any other form is an error."""
    pins = {}
    for entry in re.sub(r" \\\n +", " ", (ROOT / path).read_text(encoding="utf-8")).splitlines():
        spec, *hashes = entry.split(" --hash=")
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w.'<>=! ()]+)?", spec), spec
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), spec
        pins.setdefault(Requirement(spec).name, []).append((spec, hashes))
    return pins


def versions(pins, name):
    return [Requirement(spec).specifier for spec, _ in pins[canonicalize_name(name)]]


@pytest.mark.parametrize("path", [READER, TEST])
def test_the_locks_hold_pins_and_hashes_and_no_address(path):
    assert locked(path)


def test_the_test_lock_extends_the_readers():
    reader, test = locked(READER), locked(TEST)
    assert reader.items() <= test.items()
    for tool in PROJECT["optional-dependencies"]["test"]:
        assert canonicalize_name(Requirement(tool).name) not in reader


def test_the_locks_satisfy_pyproject():
    needed = PYPROJECT["build-system"]["requires"] + PROJECT["dependencies"]
    tools = PROJECT["optional-dependencies"]["test"]
    for path, requirements in [(READER, needed), (TEST, needed + tools)]:
        pins = locked(path)
        for requirement in map(Requirement, requirements):
            for pin in versions(pins, requirement.name):
                version = str(pin).removeprefix("==")
                assert requirement.specifier.contains(version), requirement


def test_the_peers_are_pinned_and_one_version_everywhere():
    pins = dict(line.split("==") for line in (ROOT / PEERS).read_text().splitlines())
    wanted = list(map(Requirement, PROJECT["optional-dependencies"]["peers"]))
    assert {peer.name for peer in wanted} <= pins.keys()
    assert all(peer.specifier.contains(pins[peer.name]) for peer in wanted)
    test = locked(TEST)
    assert all(str(v) == f"=={pins[n]}" for n in pins.keys() & test for v in versions(test, n))


# The Makefile


@pytest.fixture
def copy(tmp_path):
    """What make reads, in a folder with a space in its name."""
    folder = tmp_path / "a folder"
    (folder / "tests" / "tools").mkdir(parents=True)
    for path in "Makefile", "pyproject.toml", READER, TEST, PEERS:
        shutil.copy(ROOT / path, folder / path)
    return folder


def make(folder, *args):
    # Without the variables of the make that may have started the tests.
    env = {key: os.environ[key] for key in os.environ if not key.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *args], cwd=folder, env=env, capture_output=True, text=True)


def pretend(folder, setup):
    """A Python that runs `setup` first."""
    script = folder / "python"
    script.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; {setup}; exec(sys.argv[1])" "$2"\n'
    )
    script.chmod(0o755)
    return f"PYTHON={script}"


@pytest.mark.parametrize(
    "setup, message",
    [
        ("sys.version_info = (3, 10, 13)", "needs Python 3.11 or newer, .* is 3.10.13; try: make"),
        ("sys.modules['ensurepip'] = None", "has no venv module; .* sudo apt install python3-venv"),
    ],
)
def test_make_says_in_one_line_what_is_wrong_with_python(copy, setup, message):
    done = make(copy, "lab", pretend(copy, setup))
    assert done.returncode == 2 and done.stdout == ""
    assert re.search(message, done.stderr) and len(done.stderr.splitlines()) == 1
    assert not (copy / ".venv").exists()


def test_make_asks_for_the_python_that_pyproject_asks_for():
    minimum = PROJECT["requires-python"].removeprefix(">=")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"needs Python {minimum} or newer" in makefile
    assert f"sys.version_info < ({minimum.replace('.', ', ')})" in makefile
    assert f"--python-version {minimum} " in makefile


FOR_A_CLASS = ["student", "instructor", "slides", "site", "tag", "measure"]
TAKE_ARGS = ["help", "lab", "refresh", "bench", "soak", "picture", "test-matrix", "lock"]
TAKE_ARGS += FOR_A_CLASS


@pytest.mark.parametrize("target", [*TAKE_ARGS, "test", "clean"])
def test_make_takes_a_folder_with_a_space(copy, target):
    done = make(copy, "--dry-run", target, "ARGS=--port=9000")
    assert (done.returncode, done.stderr) == (0, "")
    assert ("--port=9000" in done.stdout) == (target in TAKE_ARGS)


def test_make_clean_stops_at_a_gradebook(copy):
    gradebook = copy / "build" / "instructor" / "gradebook.db"
    gradebook.parent.mkdir(parents=True)
    gradebook.touch()
    done = make(copy, "clean")
    assert done.returncode == 2 and "holds a gradebook" in done.stderr and gradebook.exists()
    gradebook.unlink()
    assert make(copy, "clean").returncode == 0 and not (copy / "build").exists()


# The rest


def test_the_citation_names_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    (paper,) = citation["references"]
    assert citation["cff-version"] == "1.2.0" and citation["license"] == PROJECT["license"]
    assert paper["identifiers"] == [{"type": "other", "value": "arXiv:1802.01528"}]
    assert [author["family-names"] for author in paper["authors"]] == ["Parr", "Howard"]


def test_the_digits_are_what_their_readme_says():
    digits = np.load(ROOT / "mcalc" / "data" / "digits.npz")
    images, labels = digits["images"], digits["labels"]
    assert (images.shape, images.dtype) == ((1797, 64), np.uint8)
    assert (labels.shape, labels.dtype) == ((1797,), np.uint8)
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_plays_are_what_their_readme_says():
    text = mc.shakespeare()
    readme = (ROOT / "mcalc" / "data" / "README.md").read_text(encoding="utf-8")
    assert text.isascii() and f"first {len(text):,} characters" in readme
    assert f"text[:{len(text)}]" in readme
    assert text.startswith("First Citizen:\n") and text.endswith("\n") and "\r" not in text


# The notebooks


@pytest.mark.parametrize("path", notebooks.all_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_stores_nothing_amiss(path):
    assert notebooks.problems(notebooks.read(path)) == []


def test_the_mask_hides_a_pictures_bytes_and_nothing_else():
    html = '<b>1</b> <img alt="a" src="data:image/png;base64,{}" width="9"> <i>f+g/h=</i>'
    text = (ROOT / "tests" / "tools" / "nbval.cfg").read_text(encoding="utf-8")
    masks = get_sanitize_patterns(text)
    assert masks == notebooks.sanitizers() and len(masks) == 1
    assert re.sub(*masks[0], html.format("iVBOR+/0=")) == html.format("")
    assert re.sub(*masks[0], "data:image/jpeg;base64,AA==") == "data:image/jpeg;base64,AA=="


def sample():
    """A notebook as a front end leaves it."""
    view = {notebooks.WIDGET_VIEW: {"model_id": "b0b"}}
    cell = new_code_cell("show()", id="keep-me", execution_count=1)
    cell.metadata.update(execution={"iopub.status.busy": "2026"}, tags=["claim:C1"])
    cell.outputs = [
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stdout", text="b\n"),
        new_output("stream", name="stderr", text="c\n"),
        new_output("display_data", view),
        new_output("display_data", {**view, "text/plain": "Explorer: x = 1", "image/png": "AA=="}),
        new_output("execute_result", {"text/plain": "1"}, execution_count=1),
    ]
    failing = new_code_cell("1 / 0", execution_count=2, metadata={"tags": ["raises-exception"]})
    failing.outputs = [
        new_output("error", ename="ZeroDivisionError", evalue="by zero", traceback=["line 1"])
    ]
    nb = new_notebook(cells=[cell, failing, new_code_cell("")])
    del nb.cells[2]["id"]
    nb.metadata.update(
        title="A sample",
        widgets={"application/vnd.jupyter.widget-state+json": {}},
        language_info={"name": "python", "version": "3.12.1"},
    )
    return nb


def test_normalising_keeps_what_the_reader_sees():
    before = sample()
    nb = notebooks.normalised(before)
    assert before.cells[0].metadata.get("execution")  # it works on a copy
    assert notebooks.normalised(nb) == nb and notebooks.problems(nb) == []
    assert "widgets" not in nb.metadata and "version" not in nb.metadata.language_info
    assert nb.metadata.title == "A sample" and nb.metadata.kernelspec.display_name == "Python 3"
    cell, failing, empty = nb.cells
    assert (cell.id, empty.id) == ("keep-me", "cell-03")
    assert cell.metadata == {"tags": ["claim:C1"]}
    streams, shown = cell.outputs[:2], cell.outputs[2:]
    assert [(output.name, output.text) for output in streams] == [
        ("stdout", "ab\n"),
        ("stderr", "c\n"),
    ]
    assert [output.data for output in shown] == [
        {"text/plain": "Explorer: x = 1", "image/png": "AA=="},
        {"text/plain": "1"},
    ]
    (error,) = failing.outputs
    assert (error.ename, error.evalue, error.traceback) == ("ZeroDivisionError", "by zero", [])


def one_cell(source="1", count=1, outputs=(), tags=()):
    cell = new_code_cell(source, execution_count=count, outputs=list(outputs))
    cell.metadata.tags = list(tags)
    return notebooks.normalised(new_notebook(cells=[cell]))


def result(text):
    return new_output("execute_result", {"text/plain": text}, execution_count=1)


ERROR = new_output("error", ename="NameError", evalue="x")
VACUOUS = {
    "never run": (one_cell(count=None), "execution count is None, not 1"),
    "run out of order": (one_cell(count=2), "execution count is 2, not 1"),
    "empty but counted": (one_cell(" \n"), "execution count is 1, not None"),
    "not executed": (one_cell(tags=["skip-execution"]), "tag skip-execution hides it"),
    "stored error": (one_cell(outputs=[ERROR]), "stores an error, NameError"),
    "no error": (one_cell(tags=["raises-exception"]), "raises nothing"),
    "semicolon": (one_cell("1;\n"), "ends in a semicolon"),
    "address": (one_cell(outputs=[result("<C at 0x7f0123456789>")]), "at 0x7f0123456789"),
    "warning": (one_cell(outputs=[result("ipykernel_12/3.py:1")]), "ipykernel_12"),
}
for marker in comment_markers:
    VACUOUS[marker] = one_cell(f"1\n  ## {marker}"), f"{marker} hides it"
for tag in sorted(metadata_tags.keys() - {"raises-exception"}):
    VACUOUS[tag] = one_cell(tags=[tag]), f"the tag {tag} hides it"


@pytest.mark.parametrize("nb, message", VACUOUS.values(), ids=VACUOUS.keys())
def test_each_way_to_pass_without_being_compared_is_caught(nb, message):
    (found,) = notebooks.problems(nb)
    assert found.startswith("cell 1 (") and message in found


def test_the_remains_of_widgets_are_caught():
    assert notebooks.problems(one_cell()) == []
    nb = one_cell()
    nb.metadata.widgets = {}
    assert notebooks.problems(nb) == ["stores the state of widgets"]
    nb = one_cell()
    nb.cells[0].outputs = [new_output("display_data", {notebooks.WIDGET_VIEW: {"model_id": "b0b"}})]
    (found,) = notebooks.problems(nb)
    assert "stores the view of a widget" in found


def test_a_malformed_notebook_is_caught():
    nb = one_cell()
    nb.cells.append(new_code_cell("2", id=nb.cells[0].id, execution_count=2))
    assert notebooks.problems(nb) == [f"has 2 cells with the id {nb.cells[0].id}"]
    del nb.cells[1]["id"]
    (found,) = notebooks.problems(nb)
    assert found.startswith("is not a valid notebook: 'id' is a required property")


PICTURES = """\
import base64, os
from IPython.display import HTML, display
picture = base64.b64encode(os.urandom(60)).decode()
display({"image/png": picture, "text/plain": "a picture"}, raw=True)
HTML(f'<img alt="a picture" src="data:image/png;base64,{picture}">')"""


def test_a_check_sees_every_change_but_the_bytes_of_pictures(tmp_path):
    path = tmp_path / "a notebook.ipynb"
    cells = [new_code_cell(PICTURES), new_code_cell("6 * 7")]
    path.write_text(notebooks.dumps(new_notebook(cells=cells)))
    assert "cell 2 (6 * 7): its execution count is None, not 2" in notebooks.check(path)

    assert notebooks.refresh(path) == []
    assert notebooks.check(path) == []
    good = path.read_text()
    changed = "a refresh would change its"
    for old, new, message in [
        ('"42"', '"43"', f"cell 2 (6 * 7): {changed} outputs"),
        ("6 * 7", "6 / 0", "cell 2 (6 / 0): ZeroDivisionError: division by zero"),
        ('alt=\\"a picture', 'alt=\\"', f"cell 1 (import base64, os): {changed} outputs"),
        ("Python 3", "Python 3.12", f"{changed} metadata"),
        ("\n}\n", "\n}", f"{changed} layout"),
    ]:
        assert old in good
        path.write_text(good.replace(old, new, 1))
        assert notebooks.check(path) == [message]


def test_a_second_refresh_changes_nothing_and_a_failing_one_stores_nothing(tmp_path):
    path = tmp_path / "words.ipynb"
    path.write_text(notebooks.dumps(new_notebook(cells=[new_code_cell("{'set', 'of', 'words'}")])))
    assert notebooks.refresh(path) == []
    first = path.read_bytes()
    assert notebooks.refresh(path) == [] and path.read_bytes() == first

    broken = first.replace(b"'set'", b"unknown")
    path.write_bytes(broken)
    assert notebooks.refresh(path) == [
        "cell 1 ({unknown, 'of', 'words'}): NameError: name 'unknown' is not defined"
    ]
    assert path.read_bytes() == broken and list(tmp_path.iterdir()) == [path]

    path.write_text("<<<<<<< HEAD")
    assert notebooks.refresh(path)[0].startswith("is not JSON: ")


def test_a_cell_that_another_has_spoilt_is_found(tmp_path):
    path = tmp_path / "letters.ipynb"
    cells = [
        new_code_cell(source) for source in ("a, seen = 1, []", "a", "seen.append(a)", "a = 2")
    ]
    cells += map(new_code_cell, ("seen", "len(seen)"))
    path.write_text(notebooks.dumps(new_notebook(cells=cells)))
    assert notebooks.refresh(path) == []
    changed = "a refresh would not store its outputs"
    assert notebooks.alone(path) == [f"alone, cell 2 (a): {changed}"]

    nb = notebooks.read(path)
    nb.cells[1].metadata["tags"] = [notebooks.GOES_ON]
    nb.cells[3].source = "a = 2; seen.append(a); seen"
    path.write_text(notebooks.dumps(nb))
    assert notebooks.refresh(path) == []
    assert notebooks.alone(path) == [f"alone, cell 4 (a = 2; seen.append(a); seen): {changed}"]
