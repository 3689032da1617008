"""A class handed in what classes hand in: each submission is graded or named, none stops another.

The chapter is one of its own, of three exercises: thirty whole ones would take ten minutes longer,
and what is done to their cells is the same.
"""

import copy
import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec

import classroom
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import mcalc as mc
import notebooks

ROOT = classroom.ROOT
CHAPTER = "05-element-wise-operators"
WHOLE = "06-scalar-expansion"  # goes to the students as it is
MASTER = notebooks.read(ROOT / "notebooks" / f"{CHAPTER}.ipynb")
KEYS = classroom.exercises(MASTER)[:3]
POINTS = {key: mc.exercise(key).points for key in KEYS}
RIGHT = {key: mc.exercise(key).answer for key in KEYS}
FIRST, SECOND, *_ = KEYS
TOTAL = sum(POINTS.values())
SECONDS = 6  # for a cell, on a machine that has other things to do

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not find_spec("nbgrader"), reason="the grading is not tried: there is no nbgrader"
    ),
]


def short():
    """A chapter of three exercises."""
    asked, answered = (classroom.tagged(MASTER, kind) for kind in ("exercise", "answer"))
    start = next(cell for cell in MASTER.cells if "import mcalc" in cell.source)
    cells = [new_markdown_cell("# Exercises"), start]
    cells += [kind[key][1] for key in KEYS for kind in (asked, answered)]
    return new_notebook(cells=cells, metadata=MASTER.metadata)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course for nbgrader, of that chapter and a whole one."""
    folder = tmp_path_factory.mktemp("course")
    path = tmp_path_factory.mktemp("masters") / f"{CHAPTER}.ipynb"
    path.write_text(notebooks.dumps(short()), encoding="utf-8")
    written, wrong = classroom.make_instructor([path], folder)
    assert (written, wrong) == ([folder / "source" / CHAPTER / path.name], [])
    whole = classroom.with_solutions(notebooks.read(ROOT / "notebooks" / f"{WHOLE}.ipynb"))
    (folder / "source" / WHOLE).mkdir()
    classroom.write(folder / "source" / WHOLE / f"{WHOLE}.ipynb", whole)
    return folder


@pytest.fixture(scope="module")
def nbgrader(course):
    """Run nbgrader on the course; it asks for alembic by name, wherever its environment is."""
    shim = course / "bin" / "alembic"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m alembic "$@"\n')
    shim.chmod(0o755)
    home = {f"JUPYTER_{what}_DIR": str(course / what) for what in ("CONFIG", "DATA", "RUNTIME")}
    path = os.pathsep.join([str(shim.parent), os.environ["PATH"]])
    python_path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = os.environ | home | {"PATH": path, "PYTHONPATH": python_path}

    def run(*args, code=0):
        command = [sys.executable, "-m", "nbgrader", *args]
        done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    run("generate_assignment", CHAPTER)
    return run


def test_a_student_s_version_is_what_nbgrader_releases(course, nbgrader):
    """Cell by cell: ids, sources and metadata."""
    nbgrader("generate_assignment", WHOLE)
    folder = course / "release" / WHOLE
    theirs = nbformat.read(folder / f"{WHOLE}.ipynb", 4)
    master = notebooks.read(ROOT / "notebooks" / f"{WHOLE}.ipynb")
    ours = classroom.released(classroom.with_solutions(master))
    assert theirs.cells == ours.cells
    assert theirs.metadata == ours.metadata
    assert os.listdir(folder) == [f"{WHOLE}.ipynb"]


# What students and their editors do


def with_an_explorer(nb):
    """A cell of a student's own."""
    nb.cells.append(new_code_cell('mc.explore.tangent(mc.scalars("t") ** 2, t=1)'))


def cells_of(nb, kind):
    """The cells of a kind, by their places."""
    named = (c.metadata.get("nbgrader", {}).get("grade_id", "") for c in nb.cells)
    return [k for k, name in enumerate(named) if name.startswith(kind)]


def says(nb, source):
    """The first answer's cell says this."""
    nb.cells[cells_of(nb, "answer")[0]].source = source


def copied(nb):
    """A cell that was copied with all it has, its id and its metadata."""
    k = cells_of(nb, "question")[0]
    nb.cells.insert(k, copy.deepcopy(nb.cells[k]))


def kept_at_the_end(nb):
    """The question, still open, put aside for later."""
    aside = copy.deepcopy(nb.cells[cells_of(nb, "answer")[0]])
    aside.source, aside.id = aside.source.replace(json.dumps(RIGHT[FIRST]), "..."), "aside"
    nb.cells.append(aside)


def answered_at_the_end(nb):
    """A copy that is answered, of a cell that is not."""
    k = cells_of(nb, "answer")[0]
    nb.cells.append(copy.deepcopy(nb.cells[k]))
    nb.cells[-1].id = "at-the-end"
    nb.cells[k].source = nb.cells[k].source.replace(json.dumps(RIGHT[FIRST]), "...")


def split(nb):
    """A cell split in two: the lower half is a copy with the rest of the source."""
    k = cells_of(nb, "answer")[0]
    upper, lower = nb.cells[k], copy.deepcopy(nb.cells[k])
    upper.source, _, lower.source = upper.source.partition("\n")
    lower.id = "lower-half"
    nb.cells.insert(k + 1, lower)


def merged(nb):
    """An answer and its test in one cell, with the metadata of the first."""
    k = cells_of(nb, "answer")[0]
    nb.cells[k].source += "\n\n" + nb.cells.pop(k + 1).source


def without_tests(nb):
    nb.cells = [c for k, c in enumerate(nb.cells) if k not in cells_of(nb, "test")]


def without_an_answer(nb):
    del nb.cells[cells_of(nb, "answer")[0]]


def without_an_exercise(nb):
    """The question, the answer and the test of the second."""
    k = cells_of(nb, "question")[1]
    del nb.cells[k : k + 3]


def moved(nb):
    """The first answer below its test."""
    k = cells_of(nb, "answer")[0]
    nb.cells.insert(k + 1, nb.cells.pop(k))


def emptied(nb):
    """Metadata of a cell that another editor has lost."""
    nb.cells[cells_of(nb, "answer")[0]].metadata["nbgrader"] = {}


def stripped(nb):
    """All metadata that another editor has lost."""
    for cell in nb.cells:
        cell.metadata = {}


def of_another_version(nb):
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"]["schema_version"] = 1


def without_ids(nb):
    """As an editor stores it that knows an older format."""
    for cell in nb.cells:
        del cell["id"]
    nb.nbformat_minor = 4


def unlocked(nb):
    """A test that was made to pass, and worth more."""
    answer, test = (nb.cells[cells_of(nb, kind)[0]] for kind in ("answer", "test"))
    answer.source = 'square = "x + 12345"'
    test.source, test.metadata["editable"] = "assert True", True
    test.metadata["nbgrader"] |= {"locked": False, "points": 100}


def of_another_kind(nb):
    """An answer's cell that was made one of text."""
    k = cells_of(nb, "answer")[0]
    source, metadata = nb.cells[k].source, nb.cells[k].metadata
    nb.cells[k] = new_markdown_cell(source, metadata=metadata)


def a_syntax_error(nb):
    says(nb, "square = diag(2x")


def an_endless_loop(nb):
    says(nb, "while True:\n    pass")


def a_killed_kernel(nb):
    says(nb, "import os\nos._exit(1)")


def without_imports(nb):
    nb.cells = [cell for cell in nb.cells if "import mcalc" not in cell.source]


def saved(typed):
    """A notebook as JupyterLab stores it: with its widgets, and this in their fields."""

    def spoil(nb):
        ran = NotebookClient(copy.deepcopy(nb), timeout=60, store_widget_state=True).execute()
        state = ran.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        for key, (_, cell) in classroom.tagged(ran, "exercise").items():
            field_of(cell, state)["value"] = typed.get(key, "")
        nb.cells, nb.metadata = ran.cells, ran.metadata

    return spoil


def field_of(cell, state):
    """The state of the field in what a cell shows."""
    views = [o["data"]["application/vnd.jupyter.widget-view+json"] for o in cell.outputs
             if "application/vnd.jupyter.widget-view+json" in o.get("data", {})]  # fmt: skip
    models = [view["model_id"] for view in views]
    for model in models:
        inside = state[model]["state"]
        if state[model]["model_name"] == "TextModel":
            return inside
        models += [child.removeprefix("IPY_MODEL_") for child in inside.get("children", [])]
    raise AssertionError("there is no field")


WRONG = {key: "x + 12345" for key in KEYS}
NO_FIRST = TOTAL - POINTS[FIRST]

# A submission: what is answered in its cells, what was done to it, and its points; none if it has
# to be named.
CLASS = {
    "all right": (RIGHT, with_an_explorer, TOTAL),
    "nothing": ({}, None, 0),
    "one right": (WRONG | {FIRST: RIGHT[FIRST]}, None, POINTS[FIRST]),
    "in fields": ({}, saved(RIGHT | {FIRST: "x + 12345"}), NO_FIRST),
    "in both": ({SECOND: RIGHT[SECOND]}, saved({SECOND: "x + 12345"}), POINTS[SECOND]),
    "copied": (RIGHT, copied, TOTAL),
    "kept at the end": (RIGHT, kept_at_the_end, TOTAL),
    "answered at the end": (RIGHT, answered_at_the_end, TOTAL),
    "split": (RIGHT, split, TOTAL),
    "merged": (RIGHT, merged, TOTAL),
    "without tests": (RIGHT, without_tests, TOTAL),
    "without an answer": (RIGHT, without_an_answer, NO_FIRST),
    "without an exercise": (RIGHT, without_an_exercise, TOTAL - POINTS[SECOND]),
    "moved": (RIGHT, moved, TOTAL),
    "emptied": (RIGHT, emptied, TOTAL),
    "stripped": (RIGHT, stripped, TOTAL),
    "of another version": (RIGHT, of_another_version, TOTAL),
    "without ids": (RIGHT, without_ids, TOTAL),
    "unlocked": (RIGHT, unlocked, NO_FIRST),
    "of another kind": (RIGHT, of_another_kind, TOTAL),
    "a syntax error": (RIGHT, a_syntax_error, NO_FIRST),
    "an endless loop": (RIGHT, an_endless_loop, NO_FIRST),
    "without imports": (RIGHT, without_imports, 0),
    "a killed kernel": (RIGHT, a_killed_kernel, None),
    "zealous": (RIGHT, None, TOTAL),  # comes last
}
# Their files are not the notebook.
RENAMED, UNREADABLE, FOREIGN, EMPTY = "renamed", "unreadable", "foreign", "an empty folder"


def submit(course, name, right, spoil=None):
    """A student's notebook with these answers in its cells; the path it was written to."""
    nb = nbformat.read(course / "release" / CHAPTER / f"{CHAPTER}.ipynb", 4)
    for key, (_, cell) in classroom.tagged(nb, "answer").items():
        if key in right:
            cell.source = cell.source.replace("...", json.dumps(right[key]), 1)
    if spoil:
        spoil(nb)
    folder = course / "submitted" / name / CHAPTER
    folder.mkdir(parents=True)
    (folder / f"{CHAPTER}.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    return folder / f"{CHAPTER}.ipynb"


@pytest.fixture(scope="module")
def graded(course, nbgrader, tmp_path_factory):
    """Scores by student, and what nbgrader has said, after a single command for all."""
    from nbgrader.api import Gradebook

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCALC_ANSWERS", str(tmp_path_factory.mktemp("record") / "answers.sqlite"))
        patch.setenv("PYTHONPATH", str(ROOT))
        for name, (right, spoil, _) in CLASS.items():
            submit(course, name, right, spoil)
    path = submit(course, RENAMED, RIGHT)
    path.rename(path.with_name("05 mine (2).ipynb"))
    submit(course, UNREADABLE, RIGHT).write_text("<<<<<<< HEAD", encoding="utf-8")
    path = submit(course, FOREIGN, RIGHT)
    other = new_notebook(cells=[new_code_cell("1 + 1")])
    path.with_name("homework.ipynb").write_text(json.dumps(other), encoding="utf-8")
    path.unlink()
    submit(course, EMPTY, RIGHT).unlink()
    said = nbgrader("autograde", CHAPTER, f"--Execute.timeout={SECONDS}", code=1)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "mcalc") as gradebook:
        assert gradebook.find_assignment(CHAPTER).max_score == TOTAL
        found = gradebook.assignment_submissions(CHAPTER)
        assert not any(s.needs_manual_grade for s in found if graded_in(course, s.student.id))
        scores = {s.student.id: s.score for s in found if graded_in(course, s.student.id)}
    return scores, said


def graded_in(course, name):
    return (course / "autograded" / name / CHAPTER / f"{CHAPTER}.ipynb").exists()


def test_each_submission_is_graded_or_named_and_none_stops_another(graded):
    scores, said = graded
    expected = {name: points for name, (*_, points) in CLASS.items() if points is not None}
    expected[RENAMED] = TOTAL
    submitted = [*CLASS, RENAMED, UNREADABLE, FOREIGN, EMPTY]
    for name in submitted:
        print(f"{name:26}{scores.get(name, 'named')}")
    print(f"{len(submitted)} submissions: {len(scores)} graded, {sum(scores.values()):g} points")
    assert scores == expected
    named = set(re.findall(r"error processing assignment '[^']*' for student '([^']*)'", said))
    assert named == set(submitted) - set(scores) - {EMPTY}
    assert re.search(f"No notebooks were matched by .*{EMPTY}", said)
    assert re.search("05 mine .* is taken for", said)


def test_each_answer_has_its_points(course, graded):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "mcalc") as gradebook:
        (nb,) = gradebook.find_submission(CHAPTER, "one right").notebooks
        each = {grade.name: grade.score for grade in nb.grades}
    assert each == {f"test-{key.replace('.', '-')}": POINTS[key] * (key == FIRST) for key in KEYS}


def test_feedback_shows_questions_and_pictures(course, nbgrader, graded):
    nbgrader("generate_feedback", CHAPTER, "--student", "all right")
    page = (course / "feedback" / "all right" / CHAPTER / f"{CHAPTER}.html").read_text("utf-8")
    assert all(f"<b>{key}</b>" in page for key in KEYS)
    assert re.search(r'<img alt="tangent[^>]*src="data:image/png', page)
