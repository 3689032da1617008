"""What a class gets: the student's and the instructor's notebooks, and their grading."""

import json
import os
import re
from pathlib import Path

import classroom
import load
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import mcalc as mc
import notebooks

ROOT = classroom.ROOT
CHAPTER = "05-element-wise-operators"
CHAPTERS = {path.stem: notebooks.read(path) for path in classroom.chapters()}
WITH_EXERCISES = [name for name, nb in CHAPTERS.items() if classroom.exercises(nb)]


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


# The instructor's page


def in_class():
    """The chapter and the sections of each meeting whose row says them."""
    page = notebooks.read(ROOT / "notebooks" / "instructor.ipynb")
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    rows = re.findall(r"^\| \d+ \| \[\d\d\]\(([\w-]+)\.ipynb\): ([^|]*) \|", text, re.MULTILINE)
    return [(chapter, re.findall(r"\*([^*]+)\*", sections)) for chapter, sections in rows]


@pytest.mark.parametrize("chapter, sections", in_class())
def test_a_meeting_has_as_many_slides_as_fit_into_fifty_minutes(chapter, sections):
    slides, section = {}, None
    for cell in CHAPTERS[chapter].cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            section = cell.source.partition("\n")[0].removeprefix("## ")
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        slides[section] = slides.get(section, 0) + (kind in ("slide", "subslide"))
    assert set(sections) <= set(slides) and len(sections) > 2
    assert 12 <= sum(slides[section] for section in sections) <= 25


def test_every_meeting_beyond_the_paper_says_its_sections():
    beyond = ["20", "21", "22", "23", "24", "30", "31", "32", "33", "34", "35", "36"]
    assert [chapter[:2] for chapter, _ in in_class()] == beyond


def test_the_page_s_figures_are_those_of_the_package():
    page = notebooks.read(ROOT / "notebooks" / "instructor.ipynb")
    text = "\n".join(cell.source for cell in page.cells)
    for name, number in re.findall(r"^\| (\d\d) \| [^|]* \| (\d+) \|$", text, re.MULTILINE):
        assert len(mc.exercise_keys(int(name))) == int(number), name
