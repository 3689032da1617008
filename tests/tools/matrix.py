"""Run the tests with other Pythons and other versions: for `make test-matrix`.

    python tests/tools/matrix.py [--uv uv] [rows]

Each row is a Python, where there is one, and a choice of versions, in an environment of its own in
build/matrix. The slow tests are left out; nbval compares what the notebooks store with every row.
The browser's side is the same with every Python, so the lock is tried there with one of them. With
other versions of JupyterLab and its kernel a message may get lost; what fails is tried once more,
alone, and both results are printed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "matrix"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# whose versions are printed
PRINTED = "jupyterlab", "anywidget", "ipywidgets", "matplotlib", "numpy", "sympy"

NOTEBOOKS = "-n 2 --dist loadfile --nbval --nbval-cell-timeout 60 --nbval-sanitize-with"
TESTS = {
    "tests": ["-n", "2", "-m", "not slow"],
    "notebooks": [*NOTEBOOKS.split(), "tests/tools/nbval.cfg", "notebooks"],
}


# --- which versions --------------------------------------------------------------------------

ASKED = ["--requirement", "pyproject.toml", "--extra", "test"]


def locked(folder):
    return ["--require-hashes", "--requirement", "tests/requirements.lock"]


def oldest(folder):
    """The lowest versions that pyproject.toml allows; of what these need, any."""
    return [*ASKED, "--resolution", "lowest-direct", *PROJECT["build-system"]["requires"]]


def newest(folder):
    return [*ASKED, *PROJECT["build-system"]["requires"]]


def binder(folder):
    """The versions that Binder has before it reads environment.yml."""
    pins = folder / "binder.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in on_binder().items()))
    return [*newest(folder), "--constraint", str(pins)]


def on_binder(python="3.12"):
    """Name to version of the packages in repo2docker's own environment for this Python."""
    folder = Path(find_spec("repo2docker").origin).parent / "buildpacks" / "conda"
    (lock,) = folder.glob(f"environment.py-{python}-linux-64.lock")
    packages = re.findall(r"/noarch/([a-z][\w.-]*)-([\d.]+)-[^-]+\.conda", lock.read_text())
    return {name.replace("_", "-"): version for name, version in packages}


WITHOUT_BROWSER = {"3.12", "3.13"}
ROWS = {
    "3.11": ("3.11", locked),
    "3.12": ("3.12", locked),
    "3.13": ("3.13", locked),
    "oldest": ("3.11", oldest),
    "binder": ("3.12", binder),
    "newest": ("3.13", newest),
}


# --- one row ---------------------------------------------------------------------------------


def find_python(version):
    """A Python of this version: one on the path that answers, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    pythons = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for python in filter(None, pythons):
        asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True).stdout.strip() == version:
            return python
    return None


def install(uv, python, versions, folder):
    """An environment with these versions and with mcalc as it is here."""
    into = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    here = ["--no-deps", "--no-build-isolation", "--editable", "."]
    shutil.rmtree(folder, ignore_errors=True)
    run([uv, "venv", "--quiet", "--python", str(python), str(folder)])
    run([*into, *versions(folder)])
    run([*into, *here])


def run(command):
    subprocess.run(command, cwd=ROOT, check=True)


def installed(python):
    """The versions in an environment, in a few words."""
    code = "import sys; from importlib.metadata import version as v; print('%d.%d.%d' % "
    code += f"sys.version_info[:3], *(f'{{n}} {{v(n)}}' for n in {PRINTED}), sep=', ')"
    return subprocess.check_output([python, "-c", code], text=True).strip()


def tested(name, python, versions, uv):
    """What a row comes to, in a line; whether it is well."""
    folder = BUILD / name
    start = time.perf_counter()
    try:
        install(uv, python, versions, folder)
    except subprocess.CalledProcessError:
        return f"{name:8} cannot be installed", False
    own = folder / "bin" / "python"
    words, well = [f"{name:8} Python {installed(own)}:"], True
    for what, options in TESTS.items():
        cache = ["-o", f"cache_dir={folder / 'pytest'}"]
        left_out = ["--ignore=tests/browser"] if name in WITHOUT_BROWSER else []
        log = BUILD / f"{name}-{what}.log"
        failed, result = pytest(log, [own, "-m", "pytest", *cache, *options, *left_out])
        if failed and what == "tests":  # of a notebook no cell can be run alone
            log = BUILD / f"{name}-{what}-again.log"
            alone = ["-n", "0", "--last-failed"]
            failed, more = pytest(log, [own, "-m", "pytest", *cache, *options, *alone])
            result += f", then {more}"
        words.append(f"{what} {result}" + (f" (see {log.relative_to(ROOT)});" if failed else ";"))
        well &= not failed
    return " ".join([*words, f"{time.perf_counter() - start:.0f} s"]), well


def pytest(log, command):
    """Whether it failed, and its last line."""
    with log.open("w") as file:
        failed = subprocess.run(command, cwd=ROOT, stdout=file, stderr=file).returncode
    last = (log.read_text().strip().splitlines() or ["nothing"])[-1]
    return failed, last.strip("= ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--uv", default="uv", help="the command; default: %(default)s")
    parser.add_argument("rows", nargs="*", metavar="row", help=f"default: {' '.join(ROWS)}")
    args = parser.parse_intermixed_args()
    if unknown := set(args.rows) - ROWS.keys():
        sys.exit(f"There is no row {', '.join(sorted(unknown))}: the rows are {', '.join(ROWS)}.")
    if not shutil.which(args.uv):
        sys.exit(f"The matrix needs uv, and there is no {args.uv!r}: pip install uv")
    BUILD.mkdir(parents=True, exist_ok=True)
    all_well = True
    for name in args.rows or ROWS:
        version, versions = ROWS[name]
        if python := find_python(version):
            line, well = tested(name, python, versions, args.uv)
        else:
            line, well = f"{name:8} skipped: there is no Python {version} here", True
        print(line, flush=True)
        all_well &= well
    sys.exit(not all_well)


if __name__ == "__main__":
    main()
