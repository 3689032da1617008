"""What a class gets: the student's and the instructor's notebooks, and their grading."""

import copy
import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import classroom
import load
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import mcalc as mc
import notebooks

ROOT = classroom.ROOT
CHAPTER = "05-element-wise-operators"  # the one that goes all the way through nbgrader
CHAPTERS = {path.stem: notebooks.read(path) for path in classroom.chapters()}
WITH_EXERCISES = [name for name, nb in CHAPTERS.items() if classroom.exercises(nb)]

needs_nbgrader = pytest.mark.skipif(
    not find_spec("nbgrader"), reason="the grading is not tried: there is no nbgrader"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The instructor's version of one chapter."""
    folder = tmp_path_factory.mktemp("course")
    path = ROOT / "notebooks" / f"{CHAPTER}.ipynb"
    written, wrong = classroom.make_instructor([path], folder)
    assert (written, wrong) == ([folder / "source" / CHAPTER / path.name], [])
    return folder


def sources(nb, kind):
    return {key: cell.source for key, (_, cell) in classroom.tagged(nb, kind).items()}


def ids(nb):
    return [c.metadata["nbgrader"]["grade_id"] for c in nb.cells if "nbgrader" in c.metadata]


# The two versions


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_every_exercise_has_its_solution_and_its_test(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the exercises note that they were answered
    nb = classroom.with_solutions(CHAPTERS[name])
    grade_ids = ids(nb)
    assert len(set(grade_ids)) == len(grade_ids) == 3 * len(classroom.exercises(nb))
    assert all(re.fullmatch(r"[\w-]+", grade_id) for grade_id in grade_ids)
    for key, source in sources(nb, "answer").items():
        namespace = {"mc": mc}
        exec(source, namespace)
        (test,) = (c for c in nb.cells if f'assert mc.exercise("{key}")' in c.source)
        exec(test.source, namespace)
        assert test.metadata["nbgrader"]["points"] == mc.exercise(key).points


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_a_student_gets_the_question_and_no_solution(name):
    master = CHAPTERS[name]
    nb = classroom.released(classroom.with_solutions(master))
    for key, source in sources(nb, "answer").items():
        first, *rest = sources(master, "answer")[key].splitlines()
        assert source.splitlines() == [first, classroom.STUB, *rest]
    assert sources(nb, "exercise") == sources(master, "exercise")
    assert not re.search("SOLUTION|HIDDEN|assert mc.exercise", notebooks.dumps(nb))
    assert not any(cell.get("outputs") for cell in nb.cells)


def test_the_masters_ask_and_do_not_tell():
    for name, nb in CHAPTERS.items():
        for key, (_, cell) in classroom.tagged(nb, "answer").items():
            assert classroom.UNANSWERED in json.dumps(cell.outputs), f"{name}: {key}"


def test_links_lead_to_the_folders_of_the_chapters(tmp_path):
    folders = {path.stem: path.stem + "/" for path in classroom.chapters()}
    for path in [*classroom.chapters(), *classroom.pages()]:
        nb = classroom.linked(notebooks.read(path), "../" if path.stem in folders else "")
        here = Path(folders.get(path.stem, ""))
        for cell in nb.cells:
            for target in re.findall(r"\]\(([^)#]+\.ipynb)", cell.source):
                if "://" in target:
                    continue
                folder, name = os.path.split(os.path.normpath(here / target))
                assert folder == folders.get(Path(name).stem, "").rstrip("/"), target
                assert (ROOT / "notebooks" / name).exists(), target
    alone = new_notebook(cells=[new_markdown_cell("See [this](instructor.ipynb#a).")])
    assert classroom.linked(alone, "").cells[0].source == "See this."


def exercise_cells(key, variable="quotient"):
    cells = [
        new_code_cell(f'mc.exercise("{key}")'),
        new_code_cell(f'{variable} = ...\nmc.exercise("{key}").check({variable})'),
    ]
    for kind, cell in zip(("exercise", "answer"), cells, strict=True):
        cell.metadata["tags"] = [f"{kind}:{key}"]
    return cells


@pytest.mark.parametrize(
    "cells, sentence",
    [
        (lambda q, a: [q], "has only one of its two cells"),
        (lambda q, a: [a, q], "its answer is not the next cell"),
        (lambda q, a: [q, a, *exercise_cells("05.quotient")], "there are two cells for exercise:"),
    ],
)
def test_exercises_out_of_order_are_caught(cells, sentence):
    nb = new_notebook(cells=cells(*exercise_cells("05.quotient")))
    with pytest.raises(notebooks.Failed, match=sentence):
        classroom.exercises(nb)


def test_an_answer_cell_needs_its_dots():
    key = classroom.exercises(CHAPTERS[CHAPTER])[0]
    question, answer = exercise_cells(key, "name_of_its_own")
    assert (
        "name_of_its_own = "
        in classroom.with_solutions(new_notebook(cells=[question, answer])).cells[1].source
    )
    answer.source = answer.source.replace("...", "2")
    with pytest.raises(notebooks.Failed, match="does not hold one line such as 'my_answer = "):
        classroom.with_solutions(new_notebook(cells=[question, answer]))


def test_a_student_s_notebook_has_to_run_and_to_say_what_is_missing(tmp_path, monkeypatch):
    master = tmp_path / "05-some.ipynb"
    key = classroom.exercises(CHAPTERS[CHAPTER])[0]
    start = new_code_cell("import mcalc as mc")
    question, answer = exercise_cells(key, key.rpartition(".")[2].replace("-", "_"))
    monkeypatch.setattr(classroom, "chapters", lambda: [master])
    for cells, wrong in [
        ([start, question, answer], []),
        ([start, question, answer, new_code_cell("1 / 0")], ["ZeroDivisionError: division by"]),
        ([start, question, new_code_cell(answer.source + "\n0", metadata=answer.metadata)],
         [f"{key} does not say 'not answered yet'"]),
    ]:  # fmt: skip
        master.write_text(notebooks.dumps(new_notebook(cells=cells)), encoding="utf-8")
        _, sentence = classroom.made(classroom.student, master, tmp_path / "to")
        assert all(part in sentence for part in wrong) if wrong else sentence is None


@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="memory is measured on Linux only"
)
def test_a_process_and_a_kernel_are_measured_alike(tmp_path):
    path = tmp_path / "some.ipynb"
    held = new_code_cell("held = b'1' * 200_000_000")
    path.write_text(notebooks.dumps(new_notebook(cells=[held])), encoding="utf-8")
    memory, seconds, elapsed = load.kernel(path)
    assert 2e8 < memory < 6e8 and 0 < seconds and 0 < elapsed
    memory, seconds = load.about(os.getpid())
    assert 1e7 < memory and 0 < seconds


# Through nbgrader


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

    def run(*args):
        command = [sys.executable, "-m", "nbgrader", *args]
        done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stderr

    run("generate_assignment", CHAPTER)
    return run


@needs_nbgrader
def test_a_student_s_version_is_what_nbgrader_releases(course, nbgrader):
    """Cell by cell: ids, sources and metadata."""
    folder = course / "release" / CHAPTER
    theirs = nbformat.read(folder / f"{CHAPTER}.ipynb", 4)
    ours = classroom.released(classroom.with_solutions(CHAPTERS[CHAPTER]))
    assert theirs.cells == ours.cells
    assert theirs.metadata == ours.metadata
    assert os.listdir(folder) == [f"{CHAPTER}.ipynb"]


def submit(course, name, right, spoil=lambda nb: None):
    """A student's notebook with the right answers to these exercises, and no answer to others."""
    nb = nbformat.read(course / "release" / CHAPTER / f"{CHAPTER}.ipynb", 4)
    for key, (_, cell) in classroom.tagged(nb, "answer").items():
        if key in right:
            cell.source = cell.source.replace("...", json.dumps(right[key]), 1)
    spoil(nb)
    folder = course / "submitted" / name / CHAPTER
    folder.mkdir(parents=True)
    nbformat.write(nb, folder / f"{CHAPTER}.ipynb")


@needs_nbgrader
def test_the_gradebook_has_the_points_of_each_student(course, nbgrader):
    from nbgrader.api import Gradebook

    keys = classroom.exercises(CHAPTERS[CHAPTER])
    points = {key: mc.exercise(key).points for key in keys}
    answers = {key: mc.exercise(key).answer for key in keys}
    one = {keys[0]: answers[keys[0]]}
    wrong = {key: "x + 12345" for key in keys[1:]}
    for name, typed in {"perfect": answers, "empty": {}, "mixed": one | wrong}.items():
        submit(course, name, typed)
    nbgrader("autograde", CHAPTER)

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "mcalc") as gradebook:
        assert gradebook.find_assignment(CHAPTER).max_score == sum(points.values())
        submissions = {s.student.id: s for s in gradebook.assignment_submissions(CHAPTER)}
        assert {name: s.score for name, s in submissions.items()} == {
            "perfect": sum(points.values()), "empty": 0, "mixed": points[keys[0]],
        }  # fmt: skip
        assert not any(s.needs_manual_grade for s in submissions.values())
        (nb,) = submissions["mixed"].notebooks
        each = {grade.name: grade.score for grade in nb.grades}
        assert each == {f"test-{key.replace('.', '-')}": points[key] * (key in one) for key in keys}


def first_answer(nb):
    return next(k for k, c in enumerate(nb.cells) if c.metadata.get("nbgrader", {}).get("solution"))


def copied(nb):
    """A cell that was copied with all it has, its id and its metadata."""
    k = next(
        k for k, cell in enumerate(nb.cells) if "solution" in cell.metadata.get("nbgrader", {})
    )
    nb.cells.insert(k, copy.deepcopy(nb.cells[k]))


def split(nb):
    """A cell split in two: the lower half is a copy with the rest of the source."""
    k = next(
        k for k, cell in enumerate(nb.cells) if cell.metadata.get("nbgrader", {}).get("solution")
    )
    upper, lower = nb.cells[k], copy.deepcopy(nb.cells[k])
    upper.source, _, lower.source = upper.source.partition("\n")
    lower.id = "lower-half"
    nb.cells.insert(k + 1, lower)


def deleted(nb):
    nb.cells = [c for c in nb.cells if not c.metadata.get("nbgrader", {}).get("grade")][:-1]


def emptied(nb):
    """Metadata that another editor has lost."""
    next(c for c in nb.cells if "nbgrader" in c.metadata).metadata["nbgrader"] = {}


@needs_nbgrader
def test_no_submission_stops_those_of_others(course, nbgrader):
    """What students and their editors do to cells; each is graded, whatever was done to it."""
    from nbgrader.api import Gradebook

    answers = {key: mc.exercise(key).answer for key in classroom.exercises(CHAPTERS[CHAPTER])}
    spoiled = [copied, split, deleted, emptied]
    for spoil in spoiled:
        submit(course, spoil.__name__, answers, spoil)
    submit(course, "zealous", answers)  # comes last
    nbgrader("autograde", CHAPTER, "--force")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "mcalc") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(CHAPTER)}
    total = sum(mc.exercise(key).points for key in answers)
    assert scores["zealous"] == scores["copied"] == scores["emptied"] == total
    assert scores["deleted"] == total
    assert scores["split"] >= total - 1


def saved_with(state_of, typed):
    """A spoiler that stores a notebook as the page does: with its widgets, and this in fields."""

    def spoil(nb):
        ran = NotebookClient(copy.deepcopy(nb), timeout=60, store_widget_state=True).execute()
        state = ran.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        for key, (_, cell) in classroom.tagged(ran, "exercise").items():
            field = state_of(cell, state)
            field["value"] = typed.get(key, "")
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


@needs_nbgrader
def test_what_is_typed_in_fields_is_graded(course, nbgrader, tmp_path, monkeypatch):
    monkeypatch.setenv("MCALC_ANSWERS", str(tmp_path / "answers.sqlite"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    from nbgrader.api import Gradebook

    points = {key: mc.exercise(key).points for key in classroom.exercises(CHAPTERS[CHAPTER])}
    right = {key: mc.exercise(key).answer for key in points}
    first, second, *_ = right
    submit(course, "fields", {}, saved_with(field_of, right | {first: "x + 12345"}))
    submit(course, "both", {second: right[second]}, saved_with(field_of, {second: "x + 12345"}))
    for name in ("fields", "both"):
        nbgrader("autograde", CHAPTER, "--force", "--student", name)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "mcalc") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(CHAPTER)}
    assert scores["fields"] == sum(points.values()) - points[first]
    assert scores["both"] == points[second]  # what stands in the cell counts


@needs_nbgrader
def test_feedback_shows_the_questions(course, nbgrader):
    submit(course, "reader", {})
    nbgrader("autograde", CHAPTER, "--force", "--student", "reader")
    nbgrader("generate_feedback", CHAPTER, "--force", "--student", "reader")
    page = (course / "feedback" / "reader" / CHAPTER / f"{CHAPTER}.html").read_text("utf-8")
    assert "<b>05.square</b>" in page
