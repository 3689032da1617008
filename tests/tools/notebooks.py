"""Refresh the notebooks, or check that a refresh would change nothing.

    python tests/tools/notebooks.py refresh [paths]
    python tests/tools/notebooks.py check [--stored] [paths]
    python tests/tools/notebooks.py alone [paths]

A refresh runs every cell in a fresh kernel and stores what the next refresh will store again, byte
for byte. It goes through nbclient because `jupyter execute` can hang on an Output widget. A check
does the same and stores nothing; with --stored it runs nothing either, which is enough where nbval
has just run every cell and compared the outputs. Alone runs the whole notebook, and then each cell
again in what this has left behind: a reader who goes back to a cell has to see what it says, unless
it is tagged goes-on, and its text says that it goes on from the cells before it.
"""

import argparse
import copy
import json
import os
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import from_dict, v4
from nbformat.validator import iter_validate

ROOT = Path(__file__).resolve().parents[2]
GOES_ON = "goes-on"  # the tag of a cell that is nothing without those before it
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
TIMEOUT = 120  # seconds for a cell
SPAWN = get_context("spawn")  # to fork a process with threads can hang

# nbval does not compare a cell that is marked in one of these ways; nbclient does not run one
# that is tagged skip-execution.
IGNORE_TAG = re.compile(r"nbval-|pytest-validate-|skip-execution$")
IGNORE_COMMENT = re.compile(r"^\s*#+\s*(NBVAL|PYTEST_VALIDATE)_\w+\s*$", re.MULTILINE)

# The address of an object, or the file that a warning names: another one in every run.
UNSTABLE = re.compile(r"\bat 0x[0-9a-fA-F]{6,}|\bipykernel_\d+")


class Failed(Exception):
    """A notebook that cannot be read, or does not run to its end."""


def sanitizers():
    """The masks of nbval.cfg, read as nbval reads them."""
    text = (ROOT / "tests" / "tools" / "nbval.cfg").read_text(encoding="utf-8")
    return re.findall(r"^regex: (.*)$\n^replace: (.*)$", text, re.MULTILINE)


def all_notebooks():
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path):
    try:
        return v4.reads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Failed(f"is not JSON: {error}") from None


def dumps(nb):
    return v4.writes(nb) + "\n"


def runs(cell):
    return cell.cell_type == "code" and bool(cell.source.strip())


def name(number, cell):
    """How to find a cell: its number from the top, and its first line."""
    first = cell.source.strip().partition("\n")[0]
    return f"cell {number} ({first if len(first) <= 40 else first[:39] + '…'})"


def normalised(nb):
    """A copy without whatever differs from run to run or from machine to machine."""
    nb = copy.deepcopy(nb)
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata.pop("widgets", None)
    nb.metadata.update(
        from_dict(
            {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {
                    "file_extension": ".py",
                    "mimetype": "text/x-python",
                    "name": "python",
                    "pygments_lexer": "ipython3",
                },
            }
        )
    )
    for number, cell in enumerate(nb.cells, 1):
        cell.setdefault("id", f"cell-{number:02}")  # a cell that has an id keeps it
        for timing in "execution", "ExecuteTime":
            cell.metadata.pop(timing, None)
        if cell.cell_type == "code":
            cell.outputs = normalised_outputs(cell.outputs)
    return nb


def normalised_outputs(outputs):
    kept = []
    for output in outputs:
        last = kept[-1] if kept else None
        if output.output_type == "stream" and last and last.get("name") == output.name:
            last.text += output.text  # how a stream is cut up is chance
            continue
        if output.output_type == "error":
            output.traceback = []
        if "data" in output:
            output.data.pop(WIDGET_VIEW, None)  # names a model that died with its kernel
            output.metadata.pop(WIDGET_VIEW, None)
            if not output.data:
                continue
        kept.append(output)
    return kept


def problems(nb):
    """What in a stored notebook is wrong, or would let something wrong pass for right."""
    for error in iter_validate(nb):
        return [f"is not a valid notebook: {error.message.strip().splitlines()[0]}"]
    faults = []
    if "widgets" in nb.metadata:
        faults.append("stores the state of widgets")
    ids = Counter(cell.id for cell in nb.cells if "id" in cell)
    faults += [f"has {times} cells with the id {i}" for i, times in ids.items() if times > 1]
    count = 0
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type != "code":
            continue
        count += runs(cell)
        expected = count if runs(cell) else None
        faults += [f"{name(number, cell)}: {what}" for what in cell_problems(cell, expected)]
    return faults


def cell_problems(cell, expected):
    tags = cell.metadata.get("tags", [])
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if cell.execution_count != expected:
        yield f"its execution count is {cell.execution_count}, not {expected}"
    for tag in filter(IGNORE_TAG.match, tags):
        yield f"the tag {tag} hides it from the comparison"
    for match in IGNORE_COMMENT.finditer(cell.source):
        yield f"the comment {match.group().strip()} hides it from the comparison"
    if errors and "raises-exception" not in tags:
        yield f"stores an error, {errors[0].ename}, without the tag raises-exception"
    if "raises-exception" in tags and not errors:
        yield "has the tag raises-exception, and raises nothing"
    if cell.source.rstrip().endswith(";"):
        yield "ends in a semicolon, and nbval would miss the result that this hides"
    if any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs):
        yield "stores the view of a widget whose model is gone"
    if match := UNSTABLE.search(json.dumps(cell.outputs)):
        yield f"stores something of this one run: {match.group()!r}"


@contextmanager
def kernel(nb, folder):
    """A client with a fresh kernel, in which the notebook's cells are run one by one."""
    client = NotebookClient(
        nb,
        kernel_name="python3",
        timeout=TIMEOUT,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # no word about TCP: it is this machine's own
        resources={"metadata": {"path": str(folder)}},
    )
    with client.setup_kernel(env=os.environ | {"PYTHONHASHSEED": "0"}):
        yield client


def execute(client, cell, index):
    """Run a cell, which gets its outputs."""
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        why = f"{error.ename}: {error.evalue}"
    except (CellControlSignal, DeadKernelError) as error:
        why = str(error)
    else:
        return
    raise Failed(f"{name(index + 1, cell)}: {why.partition(chr(10))[0]}")


def executed(nb, folder):
    """A copy with the outputs that a fresh kernel gives."""
    nb = copy.deepcopy(nb)
    with kernel(nb, folder) as client:
        for index, cell in enumerate(nb.cells):
            execute(client, cell, index)
    return normalised(nb)


# What a run has left behind, kept in the kernel under a name of no notebook, and put back before
# each cell that is run again. What a cell has changed inside an object stays changed.
KEEP = "__left = dict(get_ipython().user_ns)"
PUT_BACK = """
for __name in [name for name in globals() if name not in __left and not name.startswith("_")]:
    del globals()[__name]
globals().update({name: value for name, value in __left.items() if not name.startswith("_")})
"""


def alone(path):
    """The cells that give something else when they are run again alone, after a whole run."""
    try:
        nb = read(path)
        twin = copy.deepcopy(nb)
        twin.cells += map(v4.new_code_cell, (KEEP, PUT_BACK))
        with kernel(twin, path.parent) as client:
            for index, cell in enumerate(twin.cells):
                execute(client, cell, index)
            return [fault for fault in each_alone(nb, client)]
    except Failed as failure:
        return [str(failure)]


def each_alone(nb, client):
    for index, stored in reversed(list(enumerate(nb.cells))):  # so that no cell prepares another
        if not runs(stored) or GOES_ON in stored.metadata.get("tags", []):
            continue
        again = client.nb.cells[index]
        try:
            execute(client, again, index)
        except Failed as failure:
            yield f"alone, {failure}"
        else:
            for counted in again, *again.outputs:
                if "execution_count" in counted:
                    counted["execution_count"] = stored.execution_count
            pair = [v4.new_notebook(cells=[cell]) for cell in (stored, again)]
            if differences(*map(normalised, pair)):
                yield f"alone, {name(index + 1, stored)}: a refresh would not store its outputs"
        execute(client, client.nb.cells[-1], len(client.nb.cells) - 1)


def differences(nb, fresh):
    """What a refresh would change, but for the bytes of pictures."""
    faults = []
    nb, fresh = without_pictures(nb), without_pictures(fresh)
    for number, (old, new) in enumerate(zip(nb.cells, fresh.cells, strict=True), 1):
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                faults.append(f"{name(number, new)}: a refresh would change its {key}")
    for key in sorted((nb.keys() | fresh.keys()) - {"cells"}):
        if nb.get(key) != fresh.get(key):
            faults.append(f"a refresh would change its {key}")
    return faults


def without_pictures(nb):
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = ""
            for regex, replace in sanitizers():
                if "text/html" in data:
                    data["text/html"] = re.sub(regex, replace, data["text/html"])
    return nb


def refresh(path):
    """Store the notebook as a fresh kernel gives it, unless something is wrong with that."""
    try:
        fresh = executed(read(path), path.parent)
    except Failed as failure:
        return [str(failure)]
    faults = problems(fresh)
    if not faults and (text := dumps(fresh)) != path.read_text(encoding="utf-8"):
        part = path.with_name(path.name + ".part")  # all or nothing, if this is interrupted
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    return faults


def check(path, run=True):
    """What is wrong with the notebook, one line each."""
    try:
        nb = read(path)
        faults = problems(nb)
        if dumps(nb) != path.read_text(encoding="utf-8"):
            faults.append("a refresh would change its layout")
        return faults or differences(nb, executed(nb, path.parent) if run else normalised(nb))
    except Failed as failure:
        return [str(failure)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["refresh", "check", "alone"])
    parser.add_argument("--stored", action="store_true", help="do not run anything")
    parser.add_argument("paths", nargs="*", type=Path, help="default: all of notebooks/")
    args = parser.parse_intermixed_args()
    paths = [path.resolve() for path in args.paths] or all_notebooks()
    if not paths:
        sys.exit("There is no notebook in notebooks/.")
    actions = {"refresh": refresh, "check": partial(check, run=not args.stored), "alone": alone}
    failed = False
    with ExitStack() as stack:
        each = map  # nothing to run: done before a second process has started
        if not args.stored:
            each = stack.enter_context(ProcessPoolExecutor(2, mp_context=SPAWN)).map
        for path, faults in zip(paths, each(actions[args.action], paths), strict=True):
            for fault in faults:
                print(f"{path.name}: {fault}", flush=True)
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
