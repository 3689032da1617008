"""nbgrader's configuration of this course. Keep its folder where you keep grades."""
# ruff: noqa: F821

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)

c = get_config()
c.CourseDirectory.course_id = "mcalc"

# What stands in a student's notebook where the solution was: with it the notebook runs to its end.
c.ClearSolutions.code_stub = {"python": "# Put your answer in the place of the dots."}

c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__"]

# Seconds for a cell, in the grading: those of the chapters take two at most.
c.Execute.timeout = 30

ASKS = re.compile(r"""mc\.exercise\(["']([\w.-]+)["']\)(\.check\()?""")
DOTS = re.compile(r"^(\w+ = )\.\.\.$", re.MULTILINE)


class Restored(NbGraderPreprocessor):
    """Gives cells their metadata back, whatever an editor or a student has done to them.

    Of what is there only the name of a cell is trusted; where that is lost, a cell says itself
    which exercise it is of, as ``mc.exercise("05.square").check(square)`` does. A test goes below
    the answer to it, and an answer that was deleted is put at the end as it was given out, so that
    all others can be graded.
    """

    def preprocess(self, nb, resources):
        # What is answered in one submission is no answer of another one's, nor of yours.
        os.environ["MCALC_ANSWERS"] = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
        graded = resources["nbgrader"]
        with Gradebook(graded["db_url"]) as gradebook:
            source = gradebook.find_notebook(graded["notebook"], graded["assignment"])
            points = {cell.name: cell.max_score for cell in source.grade_cells}
            given = {cell.name: cell.source for cell in source.source_cells}
        kept = {about(cell).get("grade_id") for cell in nb.cells}
        for cell in nb.cells:
            had, name = cell.metadata.pop("nbgrader", None), None
            if had:
                name = had.get("grade_id") if isinstance(had, dict) else None
            if name not in given and (name := named(cell)) in kept:
                name = None  # a copy of one that has kept its own
            if name in given:
                cell.metadata["nbgrader"] = metadata(name, points)
                if not had:
                    self.log.warning("%s has its metadata back", name)
        kept = {about(cell).get("grade_id") for cell in nb.cells}
        for name, text in given.items():
            if name.startswith("answer-") and name not in kept:
                self.log.warning("%s was deleted, and is put at the end without an answer", name)
                about_it = {"nbgrader": metadata(name, points)}
                nb.cells.append(nbformat.v4.new_code_cell(text, metadata=about_it))
        nb.cells = in_order(nb.cells)
        if nb.nbformat_minor < 5:  # cells had no ids then
            for cell in nb.cells:
                cell.pop("id", None)
        return nb, resources


def about(cell):
    """nbgrader's metadata of a cell."""
    found = cell.metadata.get("nbgrader")
    return found if isinstance(found, dict) else {}


def named(cell):
    """The name of the question or the answer that a cell is by what it says."""
    found = ASKS.search(cell.source) if cell.cell_type == "code" else None
    return found and f"{'answer' if found[2] else 'question'}-{found[1].replace('.', '-')}"


def metadata(name, points):
    """What nbgrader has to know of a cell; its checksum is nbgrader's own."""
    kind = name.partition("-")[0]
    test = {"points": points[name]} if name in points else {}
    return {
        "schema_version": 3, "grade_id": name, "grade": kind == "test", "task": False,
        "solution": kind == "answer", "locked": kind != "answer", "cell_type": "code",
        "checksum": "", **test,
    }  # fmt: skip


def in_order(cells):
    """Tests that stand above the answer, the last one if there are several, go below it."""
    names, below = [about(cell).get("grade_id", "") for cell in cells], {}
    for k, name in enumerate(names):
        if name.startswith("test-"):
            answer = name.replace("test-", "answer-", 1)
            places = [j for j, other in enumerate(names) if other == answer]
            typed_in = [j for j in places if not DOTS.search(cells[j].source)]
            last = max(typed_in or places, default=0)
            if last > k:
                below.setdefault(last, []).append(k)
    moved = {k for places in below.values() for k in places}
    return [cells[j] for k in range(len(cells)) if k not in moved for j in (k, *below.get(k, []))]


class WithoutEmpty(NbGraderPreprocessor):
    """Takes nbgrader's metadata from a cell that was copied, and has lost what was in it."""

    def preprocess_cell(self, cell, resources, index):
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        return cell, resources


def typed(cell, state):
    """What stands in the field of an exercise that a cell shows, as the notebook was saved."""
    for output in cell.get("outputs", []):
        view = output.get("data", {}).get("application/vnd.jupyter.widget-view+json", {})
        models = [view.get("model_id")]
        while models:
            model = state.get(models.pop(), {})
            inside = model.get("state", {})
            if model.get("model_name") == "TextModel":
                return inside.get("value", "").strip()
            models += [name.removeprefix("IPY_MODEL_") for name in inside.get("children", [])]
    return ""


class FieldAnswers(NbGraderPreprocessor):
    """Puts what was typed into an exercise's field where the cell below still has its dots."""

    def preprocess(self, nb, resources):
        saved = nb.metadata.get("widgets", {})
        state = saved.get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
        fields = {}
        for cell in nb.cells:
            kind, _, key = about(cell).get("grade_id", "").partition("-")
            if kind == "question":
                fields[key] = typed(cell, state)
            elif kind == "answer" and fields.get(key):
                line = json.dumps(fields[key], ensure_ascii=False).replace("\\", r"\\")
                cell.source = DOTS.sub(rf"\g<1>{line}", cell.source)
        return nb, resources


def under_its_name(assignment, student, notebooks):
    """Copy a notebook that a student has renamed to the name that it was given out under.

    It is told by its cells. nbgrader looks for the name alone, and finds nothing to grade.
    """
    for path in map(Path, notebooks):
        wanted = path.with_name(f"{path.parent.name}.ipynb")
        if wanted.exists() or len(notebooks) > 1:
            continue
        asked = set(ASKS.findall(path.read_text(encoding="utf-8").replace("\\", "")))
        given = Path("source", path.parent.name, wanted.name)
        if asked & set(ASKS.findall(given.read_text(encoding="utf-8").replace("\\", ""))):
            shutil.copy(path, wanted)
            notebooks[:] = [str(wanted)]
            print(f"{path} is taken for {wanted.name}, whose exercises it has")


c.Autograde.pre_convert_hook = under_its_name

# A cell that a student has copied, split, moved or deleted stops nobody's grading.
c.Autograde.sanitize_preprocessors = [
    Restored, FieldAnswers, ClearOutput, DeduplicateIds, WithoutEmpty, OverwriteKernelspec,
    OverwriteCells, CheckCellMetadata,
]  # fmt: skip
c.OverwriteCells.add_missing_cells = True

# Feedback shows the questions and pictures of explorers, for which a page has no kernel.
c.NbConvertBase.display_data_priority = ["text/html", "text/latex", "image/png", "text/plain"]
