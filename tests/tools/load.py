"""What a student needs of a machine: memory and processor time, for `make measure`.

Memory is PSS: pages that processes share are divided among them. What is measured here shares with
hardly anything, so where many students are on one machine, each costs a little less.
"""

import inspect
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from browser import lab
from nbformat.v4 import new_code_cell

import notebooks

MEGA = 1e6
SAMPLE = "10-vector-chain-rule.ipynb"  # the notebook that is opened in JupyterLab


def about(pid):
    """The memory of a process and its processor time; a cell asks this about its own kernel."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        (memory,) = (int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return memory, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


ASK = f"import json, os\n{inspect.getsource(about)}\nprint(json.dumps(about(os.getpid())))"


def kernel(path):
    """Memory and processor time of a kernel at the end of a notebook, and how long it took."""
    nb = notebooks.read(path)
    nb.cells.append(new_code_cell(ASK))
    start = time.perf_counter()
    ran = notebooks.executed(nb, path.parent)
    return *json.loads(ran.cells[-1].outputs[0].text), time.perf_counter() - start


def children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def say(name, memory, seconds, more=""):
    print(f"  {name:36} {memory / MEGA:5.0f} MB, {seconds:5.1f} s{more}", flush=True)


def jupyterlab(folder):
    """A server with nobody there, and with a notebook that has been opened and run in a browser."""
    with lab.server(folder) as running:
        pid = running.process.pid
        say("the server, started", *about(pid))
        if missing := lab.missing():
            print(f"  not measured with a notebook open: {missing}")
            return
        with lab.chromium() as context, lab.Page(context, running, SAMPLE) as page:
            page.run_all()
            say(f"the server, with {SAMPLE[:2]} open and run", *about(pid))
            for child in children(pid):
                say("its kernel", *about(child))


def main(paths):
    if not Path("/proc/self/smaps_rollup").exists():
        sys.exit("This reads /proc/PID/smaps_rollup, which only Linux has.")
    print("memory (PSS) and processor time: JupyterLab")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        jupyterlab(Path(folder))
    print("a kernel that has run a notebook to its end")
    most = [0, 0]
    for path in paths:
        memory, seconds, elapsed = kernel(path)
        most = [max(most[0], memory), max(most[1], seconds)]
        say(path.stem, memory, seconds, f" of {elapsed:.1f}")
    say("the most of each", *most)
