"""What a class needs, made of the notebooks: `make student`, `instructor`, `slides` and `site`.

    python tests/publish/classroom.py student|instructor|slides|site|measure [--to folder] [names]
    python tests/publish/classroom.py tag [names]

The notebooks in notebooks/ are the masters: they ask, and hold no solution. An instructor's
version gets its solutions from the exercises themselves, and a student's is the instructor's
without them: what nbgrader would release, but made without it, since only those who grade need it.
"""

import argparse
import copy
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import load
import slides
import website
from nbformat.v4 import new_code_cell

import notebooks
from notebooks import ROOT, SPAWN, Failed

BUILD = ROOT / "build"
SCHEMA = 3  # of nbgrader's metadata
STUB = "# Put your answer in the place of the dots."
LEAVE = "# This cell is for the grading: leave it as it is."
UNANSWERED = "not answered yet"
LINK = re.compile(r"\[([^]]*)\]\(([\w-]+)\.ipynb(#[^)]*)?\)")
ALONE = {"instructor"}  # a notebook that students do not get

CONFIG = Path(__file__).with_name("nbgrader_config.py")  # what a course is graded with


def chapters():
    """The masters of the chapters, without the pages around them."""
    return [path for path in notebooks.all_notebooks() if re.match(r"\d\d-", path.name)]


def pages():
    """The notebooks around the chapters that a student gets too."""
    others = [path for path in notebooks.all_notebooks() if path not in chapters()]
    return [path for path in others if path.stem not in ALONE]


def tagged(nb, kind):
    """Number and cell for each key that a cell is tagged with, as in ``answer:05.quotient``."""
    cells = {}
    for number, cell in enumerate(nb.cells, 1):
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(kind + ":"):
                key = tag.removeprefix(kind + ":")
                if key in cells:
                    raise Failed(f"{notebooks.name(number, cell)}: there are two cells for {tag}")
                cells[key] = number, cell
    return cells


def exercises(nb):
    """The keys of a notebook's exercises, each of them with a question and an answer cell."""
    asked, answered = tagged(nb, "exercise"), tagged(nb, "answer")
    for key in asked.keys() ^ answered.keys():
        raise Failed(f"the exercise {key} has only one of its two cells")
    for key, (number, cell) in asked.items():
        if answered[key][0] != number + 1:
            raise Failed(f"{notebooks.name(number, cell)}: its answer is not the next cell")
    return list(asked)


# --- links -----------------------------------------------------------------------------------


def linked(nb, up):
    """A copy with links to where the chapters are for a class: each in a folder of its own."""
    nb = copy.deepcopy(nb)
    folders = {path.stem: f"{up}{path.stem}/" for path in chapters()}
    folders |= {path.stem: up for path in pages()}

    def moved(match):
        text, name, place = match.groups()
        if name not in folders:
            return text
        return f"[{text}]({folders[name]}{name}.ipynb{place or ''})"

    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(moved, cell.source)
    return nb


# --- the instructor's version ----------------------------------------------------------------


def graded(kind, key, **flags):
    """nbgrader's metadata for a cell; its ids have no dots."""
    metadata = {"schema_version": SCHEMA, "grade_id": f"{kind}-{key.replace('.', '-')}"}
    metadata |= {"grade": False, "solution": False, "locked": False, "task": False}
    return metadata | flags


def with_solutions(nb):
    """A copy with a solution in every answer cell, and a hidden test behind it."""
    import mcalc as mc  # only this needs it: slides are made without

    nb = linked(nb, "../")
    keys = exercises(nb)
    answers = {key: cell for key, (_, cell) in tagged(nb, "answer").items()}
    for key, (_, question) in tagged(nb, "exercise").items():
        question.metadata["nbgrader"] = graded("question", key, locked=True)
    for key in keys:
        exercise, cell = mc.exercise(key), answers[key]
        holds = re.findall(r"^(\w+) = \.\.\.\n", cell.source, re.MULTILINE)
        if len(holds) != 1:
            raise Failed(
                f"the answer cell of {key} does not hold one line such as 'my_answer = ...'"
            )
        (variable,) = holds
        dots = f"{variable} = ...\n"
        solution = f"{variable} = {json.dumps(exercise.answer, ensure_ascii=False)}"
        block = f"{dots}### BEGIN SOLUTION\n{solution}\n### END SOLUTION\n"
        cell.source = cell.source.replace(dots, block)
        cell.metadata["nbgrader"] = graded("answer", key, solution=True)
        test = f'assert mc.exercise("{key}").check({variable})'
        test = f"{LEAVE}\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
        points = graded("test", key, grade=True, locked=True, points=exercise.points)
        made = new_code_cell(test, id=points["grade_id"], metadata={"nbgrader": points})
        nb.cells.insert(nb.cells.index(cell) + 1, made)
    return nb


def instructor(path, to):
    """Write a chapter with its solutions, after a run in which every hidden test has passed."""
    nb = notebooks.read(path)
    if not exercises(nb):
        return []
    folder = to / "source" / path.stem
    fresh_folder(folder)
    return write(folder / path.name, run(with_solutions(nb)))


# --- the student's version -------------------------------------------------------------------


def checksum(cell):
    """As nbgrader computes it, to see whether a cell was changed."""
    about = cell.metadata["nbgrader"]
    locked = about["grade"] or (about["locked"] and not about["solution"])
    parts = [cell.source, cell.cell_type, about["grade"], about["solution"], locked]
    parts.append(about["grade_id"])
    if about["grade"]:
        parts.append(float(about["points"]))
    return hashlib.md5("".join(map(str, parts)).encode()).hexdigest()


def without(source, what, instead=()):
    """The source without the lines from BEGIN to END, and these in their place."""
    block = re.compile(rf"### BEGIN {what}\n.*?### END {what}(\n|$)", re.DOTALL)
    return block.sub("".join(f"{line}\n" for line in instead), source).removesuffix("\n")


def released(nb):
    """A copy as nbgrader releases it: no solutions, no hidden tests, no outputs."""
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        about = cell.metadata.get("nbgrader")
        if not about:
            continue
        cell.metadata["deletable"] = False
        if about["solution"]:
            cell.source = without(cell.source, "SOLUTION", [STUB])
        else:
            cell.metadata["editable"] = False
            cell.source = without(cell.source, "HIDDEN TESTS")
        about |= {"checksum": checksum(cell), "cell_type": cell.cell_type}
    return nb


def student(path, to):
    """Write a chapter as students get it, and run it to its end without an answer."""
    nb = notebooks.read(path)
    if path in chapters():
        folder, nb = to / path.stem, released(with_solutions(nb))
        fresh_folder(folder)
    else:
        folder, nb = to, released(linked(nb, ""))
    for key, (number, cell) in tagged(run(nb), "answer").items():
        if UNANSWERED not in json.dumps(cell.outputs):
            raise Failed(f"{notebooks.name(number, cell)}: {key} does not say {UNANSWERED!r}")
    return write(folder / path.name, nb)


# --- files -----------------------------------------------------------------------------------


def fresh_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def run(nb):
    """A copy with its outputs; what the exercises note about the answers stays behind."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        fresh_folder(folder)
        os.environ["MCALC_ANSWERS"] = str(Path(temporary) / "answers.sqlite")
        return notebooks.executed(nb, folder)


def write(path, nb):
    path.write_text(notebooks.dumps(nb), encoding="utf-8", newline="\n")
    return [path]


def made(action, path, to):
    """The files that were written, or what is wrong, which ends with this notebook."""
    try:
        return action(path, to), None
    except Failed as failure:
        return [], f"{path.name}: {failure}"


def all_made(action, paths, to):
    """Make all of them, two at a time; the files, and sentences about what is wrong."""
    with ProcessPoolExecutor(max_workers=2, mp_context=SPAWN) as pool:
        done = list(pool.map(partial(made, action, to=to), paths))
    return [path for written, _ in done for path in written], [why for _, why in done if why]


def make_instructor(paths, to):
    if not paths:
        shutil.rmtree(to / "source", ignore_errors=True)
    to.mkdir(parents=True, exist_ok=True)  # a gradebook and submissions stay, if they are there
    shutil.copy(CONFIG, to)
    return all_made(instructor, paths or chapters(), to)


def make_student(paths, to):
    if not paths:
        shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True, exist_ok=True)
    return all_made(student, paths or [*chapters(), *pages()], to)


def make_slides(paths, to):
    try:
        return slides.make(paths or chapters(), to), []
    except Failed as failure:
        return [], [str(failure)]


def make_site(paths, to):
    try:
        return website.make(paths or notebooks.all_notebooks(), to), []
    except Failed as failure:
        return [], [str(failure)]


def make_tags(paths, to):
    return [path for each in paths or chapters() for path in slides.tag(each)], []


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    actions = {"instructor": make_instructor, "student": make_student}
    actions |= {"slides": make_slides, "site": make_site, "tag": make_tags}
    parser.add_argument("action", choices=[*actions, "measure"])
    parser.add_argument("--to", type=Path, help="default: a folder in build/")
    parser.add_argument("paths", nargs="*", type=Path, help="default: all chapters")
    args = parser.parse_intermixed_args()  # options may stand between paths
    paths = [path.resolve() for path in args.paths]
    if args.action == "measure":
        return load.main(paths or chapters())
    to = args.to or BUILD / args.action
    written, wrong = actions[args.action](paths, to)
    for line in wrong:
        print(line, file=sys.stderr)
    did = "changed in notebooks/" if args.action == "tag" else f"written to {to}"
    print(f"{len(written)} chapters and pages {did}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
