"""Mutation testing: does a test fail if a line of mcalc is wrong? For `make mutants`.

    python tests/tools/mutants.py [--sample 120] [--quick 0.15] [--again] [modules]
    python tests/tools/mutants.py notebooks

A mutant is mcalc with one token changed (mutations.py). It is killed if a test fails, or if the
tests take ten times as long as usual. First all tests run once, and it is noted which lines each
reaches. A mutant then meets those that reach its statement, what killed its neighbours and what is
quick before the others, in a fork of a process that has everything but mcalc imported.

``--sample`` takes that many mutants of each module, always the same; ``--quick`` leaves out the
tests that take longer than this; ``--again`` leaves out the mutants that were killed the last time.
What was found is kept in build/mutants, and so is what is known of the tests, as long as they and
mcalc stay as they are. With "notebooks", the mutants at the end of this file must each make nbval
fail.
"""

import argparse
import gc
import hashlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter, defaultdict
from contextlib import suppress
from functools import partial
from pathlib import Path

from mutations import Module

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutants"
MCALC = ROOT / "mcalc"
TESTS = """
    tests/graph tests/jacobian tests/notation tests/typed tests/check tests/exercises tests/draw
    tests/explorers tests/oracles tests/test_tables.py tests/test_errors.py tests/test_model.py
    --ignore=tests/notation/test_typesetting.py --ignore=tests/oracles/test_soak.py
""".split()
ROOMS = "graph jacobian notation typed check exercises".split()
SLOW = 0.7  # seconds; of a test that takes longer it is not asked which lines it reaches
PATIENCE = 20  # seconds more than ten times what the tests take as a rule
MEMORY = 8 * 2**30  # bytes, before a mutant that wants ever more takes the machine's
FIRST = 30  # tests, before the files of all others are read
EQUIVALENT = tomllib.loads(
    (ROOT / "tests" / "tools" / "equivalent.toml").read_text(encoding="utf-8")
)


# --- what is known of the tests ----------------------------------------------------------------


class Chosen:
    """A pytest plugin: runs these tests in this order (or all), and knows which one failed.

    Tests that are not among those ``known`` run too: a mutant has changed their names.
    """

    def __init__(self, order=None, known=()):
        self.order, self.known, self.failed = order, known, None

    def pytest_collection_modifyitems(self, items):
        if self.order is not None:
            place = {test: k for k, test in enumerate(self.order)}
            known = self.known
            chosen = [i for i in items if i.nodeid in place or known and i.nodeid not in known]
            items[:] = sorted(chosen, key=lambda item: place.get(item.nodeid, -1))

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed = report.nodeid


class Timed(Chosen):
    """How long each test takes."""

    def __init__(self):
        super().__init__()
        self.seconds = Counter()

    def pytest_runtest_logreport(self, report):
        super().pytest_runtest_logreport(report)
        self.seconds[report.nodeid] += report.duration


class Traced(Chosen):
    """Which lines of mcalc are reached by what: a test, the import, or the reading of a file."""

    def __init__(self, order):
        super().__init__(order)
        self.lines, self.now = defaultdict(set), set()

    def trace(self, frame, event, argument):
        return self.line if frame.f_code.co_filename.startswith(f"{MCALC}{os.sep}") else None

    def line(self, frame, event, argument):
        self.now.add((frame.f_code.co_filename, frame.f_lineno))
        return self.line

    def start(self, what):
        self.now = self.lines[what]
        sys.settrace(self.trace)

    def pytest_collectstart(self, collector):
        self.start(collector.nodeid.split("::")[0])

    def pytest_runtest_logstart(self, nodeid, location):
        self.start(nodeid)


def run_pytest(plugin, files):
    import pytest

    options = (
        "-q -x --tb=no -p no:cacheprovider --disable-plugin-autoload -p _hypothesis_pytestplugin "
        "--hypothesis-profile=mutants -m"
    ).split()
    return pytest.main([*options, "not slow", *files], plugins=[plugin])


def time_tests():
    timed = Timed()
    run_pytest(timed, TESTS)
    assert not timed.failed, f"all tests must pass first: {timed.failed}"
    return timed.seconds


def trace_tests(quick):
    """A test, or what else reaches lines, to these lines; and the modules that tests import."""
    traced = Traced(quick)
    traced.start("import")
    importlib.import_module("mcalc")
    run_pytest(traced, sorted({file_of(test) for test in quick}))
    sys.settrace(None)
    lines = {
        what: sorted(f"{name_of(file)}:{line}" for file, line in reached)
        for what, reached in traced.lines.items()
    }
    ours = str(MCALC), str(ROOT / "tests")  # and what imports mcalc
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    others = [name for name, file in files.items() if not file.startswith(ours)]
    return {"lines": lines, "imports": [name for name in others if name != "__main__"]}


def name_of(file):
    """A module as it is called here: graph.expr."""
    return ".".join(Path(file).relative_to(MCALC).with_suffix("").parts)


def modules():
    """What is mutated: the rooms but those of pictures, and the hall."""
    files = [file for room in ROOMS for file in sorted((MCALC / room).glob("[!_]*.py"))]
    return [*map(name_of, files), "numeric", "derivation", "tables"]


def file_of(test):
    return test.split("::")[0]


def known_tests():
    """What is known of the tests; found out anew when they or mcalc have changed since."""
    file, now = BUILD / "tests.json", fingerprint()
    if not file.exists() or json.loads(file.read_text())["of"] != now:
        seconds = forked(time_tests)
        quick = [test for test, spent in seconds.items() if spent < SLOW]
        facts = {"of": now, "seconds": seconds} | forked(partial(trace_tests, quick))
        file.write_text(json.dumps(facts))
    return json.loads(file.read_text())


def fingerprint():
    files = sorted([*MCALC.rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def forked(work, limit=None):
    """What ``work()`` gives in a fork, as JSON has it; None if that takes too long.

    ``["killed", error]`` if it raises, or dies.
    """
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            answer = json.dumps(work())
        except BaseException as error:
            answer = json.dumps(["killed", repr(error)])
        with open(there, "w") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(there)
    answer, end = b"", limit and time.monotonic() + limit
    with open(here, "rb", buffering=0) as pipe:
        while part := _read(pipe, end and end - time.monotonic()):
            answer += part
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if part is None:
        return None
    return json.loads(answer) if answer else ["killed", "the process died"]


def _read(pipe, seconds):
    """What comes next; nothing at the end, None if it does not come in this time."""
    ready, _, _ = select.select([pipe], [], [], seconds and max(0, seconds))
    return pipe.read(1 << 20) if ready else None


# --- mutants meet tests ------------------------------------------------------------------------


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module of mcalc from its syntax tree, as it now is."""

    def __init__(self, module):
        self.module, self.name = module, f"mcalc.{name_of(module.path)}"

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            return importlib.util.spec_from_file_location(name, self.module.path, loader=self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.module.compiled(), vars(module))


class Runs:
    """Runs mutants, and learns which tests kill."""

    def __init__(self, quick):
        known = known_tests()
        self.usual = known["seconds"]
        self.seconds = {t: spent for t, spent in self.usual.items() if spent <= quick}
        self.slow = {t for t, spent in self.seconds.items() if spent >= SLOW}
        self.reached_by = defaultdict(set)
        for what, lines in known["lines"].items():
            for line in lines:
                self.reached_by[line].add(what)
        self.kills = defaultdict(Counter)
        for name in known["imports"]:
            with suppress(Exception):
                importlib.import_module(name)
        assert "mcalc" not in sys.modules, "a mutant would not be imported"
        gc.freeze()  # or every collection in a fork copies all of this

    def order(self, module, mutant):
        """The tests that reach a statement, those first that are likely to kill and quick."""
        reached_by = set().union(*(self.reached_by[f"{module}:{k}"] for k in mutant.lines))
        if {"import", ""} & reached_by:
            reach = {*self.seconds}
        else:
            reach = {t for t in self.seconds if {t, file_of(t)} & reached_by} | self.slow
        near, far = self.kills[module, mutant.scope], self.kills[module]

        def place(test):
            likely = 1 + 50 * near[test] + (test in reached_by) + 0.1 * far[test]
            return (0.02 + self.seconds[test]) / likely, test

        return sorted(reach, key=place)

    def run(self, name, module, mutant):
        """``(what became of it, the test that killed it)``."""
        order = self.order(name, mutant)

        def meet():
            mutant.apply()
            if module.is_unchanged():
                return "unchanged", None
            sys.meta_path.insert(0, Finder(module))
            for part in filter(None, (order[:FIRST], order[FIRST:])):
                plugin = Chosen(part, self.usual)
                code = run_pytest(plugin, sorted(set(map(file_of, part))))
                if code not in (0, 5):  # all passed, or none is left of these names
                    return "killed", plugin.failed or f"pytest ended with {int(code)}"
            return "survived", None

        limit = PATIENCE + 10 * sum(self.seconds[test] for test in order)
        what, killer = forked(meet, limit) or ("timed out", None)
        if killer:
            self.kills[name, mutant.scope][killer] += 1
            self.kills[name][killer] += 1
        return what, killer


def run_modules(names, sample, quick, again):
    runs, survived = Runs(quick), 0
    for name in names:
        module = Module(MCALC.joinpath(*name.split(".")).with_suffix(".py"))
        shuffled = random.Random(name).sample(module.mutants, len(module.mutants))
        chosen = shuffled[:sample]
        file = BUILD / f"{name}.json"
        before = json.loads(file.read_text()) if again and file.exists() else {}
        start, results = time.monotonic(), {}
        for k, mutant in enumerate(module.mutants):
            if mutant in chosen:
                key = f"{k} {mutant}"
                result = before.get(key, ["survived"])
                if mutant.is_of_strict:
                    result = "equivalent", "both have the same length, and strict=True only says so"
                elif str(mutant) in EQUIVALENT.get(name, ()):
                    result = "equivalent", EQUIVALENT[name][str(mutant)]
                elif result[0] in ("survived", "timed out"):
                    result = runs.run(name, module, mutant)
                results[key] = result
                file.write_text(json.dumps(results, indent=1))  # also of a run that is cut short
                if result[0] == "survived":
                    print(f"{name}:{mutant.lines[0]} {mutant}", flush=True)
        count = Counter(what for what, _ in results.values())
        survived += count["survived"]
        print(summary(name, len(module.mutants), count, time.monotonic() - start), flush=True)
    return survived


def summary(name, mutants, count, seconds):
    """The figures of a module, with the interval in which all its mutants' share is."""
    tried = count["killed"] + count["timed out"] + count["survived"]
    p = 1 - count["survived"] / max(tried, 1)
    z = 1.96 * (max(mutants - tried, 0) / mutants) ** 0.5 / max(tried, 1) ** 0.5
    middle, half = p + z**2 / 2, z * (p * (1 - p) + z**2 / 4) ** 0.5  # after Wilson
    low, high = ((middle + side * half) / (1 + z**2) for side in (-1, 1))
    counts = ", ".join(f"{n} {what}" for what, n in sorted(count.items()))
    return (
        f"{name}: {mutants} mutants; {counts}: {p:.1%} of {tried} "
        f"(95 %: {low:.1%} to {high:.1%}), {seconds:.0f} s"
    )


# --- mutants meet notebooks --------------------------------------------------------------------

RULES = [  # what stands there, what is put there, and a notebook that must notice
    ("lambda a, b: a - b", "lambda a, b: a + b", "05-element-wise-operators"),
    ("lambda a, b: a * b, np", "lambda a, b: a / b, np", "05-element-wise-operators"),
    ("lambda a, b: a / b", "lambda a, b: a * b", "05-element-wise-operators"),
    ("lambda a, b: a**b", "lambda a, b: a * b", "01-scalar-derivative-rules"),
    ('"log", sp.log', '"log", sp.exp', "08-single-variable-chain-rule"),
    ('"sin", sp.sin', '"sin", sp.cos', "08-single-variable-chain-rule"),
    ("b > a, b, a), np.maximum", "b >= a, b, a), np.maximum", "11-neuron-activation"),
    ('text="{0} > {1}"', 'text="{0} ≥ {1}"', "11-neuron-activation"),
    ('"matvec", "ij,j->i"', '"matvec", "ij,i->j"', "12-loss-function"),
    ('text="||{0}||"', 'text="|{0}|"', "13-reference"),
]
AXES = [
    (
        "return (1 / _count(a.shape)) * whole",
        "return (2 / _count(a.shape)) * whole",
        "12-loss-function",
    )
]
NOTATION = [('" + " if op is ADD', '" - " if op is ADD', "05-element-wise-operators")]
STYLE = [
    ('"%s^%s"', '"%s**%s"', "01-scalar-derivative-rules"),
    ('"%s ⊗ %s"', '"%s ⊘ %s"', "05-element-wise-operators"),
    (r'rf"\mathbf{{{letter}}}"', r'rf"\mathit{{{letter}}}"', "05-element-wise-operators"),
    (r'r"\vec{1}"', r'r"\mathbf{1}"', "07-vector-sum-reduction"),
    ('"∂%s/∂%s"', '"d%s/d%s"', "10-vector-chain-rule"),
    (r"\text{if } %s", r"\text{when } %s", "11-neuron-activation"),
    ('"%s otherwise"', '"%s else"', "11-neuron-activation"),
    ('"%s.%s"', '"%s*%s"', "12-loss-function"),
]
TABLES = {
    "graph/primitives.py": RULES, "graph/axes.py": AXES,
    "notation/elements.py": NOTATION, "notation/style.py": STYLE,
}  # fmt: skip
NBVAL = """
    -q -x --color=no --nbval --nbval-cell-timeout 60 --nbval-sanitize-with tests/tools/nbval.cfg
""".split()


def run_notebooks():
    """Each mutant, in a copy of mcalc that the kernels find before the real one."""
    tables = [(MCALC / name, rows) for name, rows in TABLES.items()]
    failed = first_failure({notebook for _, rows in tables for *_, notebook in rows})
    assert not failed, f"all notebooks must pass first: {failed}"
    survived = 0
    for file, rows in tables:
        source = file.read_text(encoding="utf-8")
        for old, new, notebook in rows:
            assert source.count(old) == 1, f"{old} must stand in {file.name} once"
            failed = first_failure([notebook], file.relative_to(MCALC), source.replace(old, new))
            survived += not failed
            what = f"killed by {failed}" if failed else f"survived {notebook}"
            print(f"{file.name} [{old} -> {new}] {what}", flush=True)
    return survived


def first_failure(notebooks, name=None, source=None):
    """The cell of these notebooks that fails if the module of this name has this source."""
    copy = BUILD / "notebooks" / "mcalc"
    variables = {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(MCALC, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if name:
        (copy / name).write_text(source, encoding="utf-8")
    files = [f"notebooks/{notebook}.ipynb" for notebook in sorted(notebooks)]
    command = [sys.executable, "-m", "pytest", *NBVAL, *files]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    failed = re.search("^FAILED (.*?)(?: - |$)", done.stdout, re.MULTILINE)
    assert failed or not done.returncode, done.stdout + done.stderr
    return failed and failed[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int)
    parser.add_argument("--quick", type=float, default=float("inf"))
    parser.add_argument("--again", action="store_true")
    parser.add_argument("modules", nargs="*", default=[*modules(), "notebooks"])
    args = parser.parse_intermixed_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(BUILD / "bytecode")
    names = [name for name in args.modules if name != "notebooks"]
    survived = run_modules(names, args.sample, args.quick, args.again) if names else 0
    if "notebooks" in args.modules:
        survived += run_notebooks()
    return survived > 0


if __name__ == "__main__":
    sys.exit(main())
