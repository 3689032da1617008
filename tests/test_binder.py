"""What Binder would make of the repository: read off repo2docker, which needs no docker for that.

What conda would install for environment.yml is not shown here: that takes its channel.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import pytest
import rattler
import yaml
from matrix import on_binder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import mcalc
import notebooks
from notebooks import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
SPECS = [rattler.MatchSpec(spec, strict=True) for spec in ENVIRONMENT["dependencies"]]
FILES = ["environment.yml", "postBuild", "pyproject.toml", "requirements.lock", "Makefile"]


def dockerfile(folder):
    """The Dockerfile, and above it what repo2docker has found."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_dockerfile_has_the_steps_that_it_should(copy):
    text = dockerfile(copy)
    assert re.search(r"^FROM docker.io/library/buildpack-deps:\S+$", text, re.MULTILINE)
    assert "Building conda environment for python=3.12\n" in text
    steps = [
        r"environment-2epy-2d3-2e12-2dlinux", "COPY .* src/environment.yml",
        r'env update -p \$\{NB_PYTHON_PREFIX\} --file "environment.yml"', "COPY .* src/ ",
        r"RUN \./postBuild",
    ]  # fmt: skip
    places = [re.search(step, text).start() for step in steps]
    assert places == sorted(places)  # conda before the sources: a commit does not solve anew
    assert not re.search(r"pip install|requirements|apt-get.*python", text)


@pytest.mark.parametrize("spec", ["python>=3.12", "conda-forge::python=3.12"])
def test_it_would_be_seen_if_binder_did_not_read_the_python(copy, spec):
    path = copy / "environment.yml"
    path.write_text(path.read_text().replace("python=3.12", spec))
    assert "Building conda environment for python=3.12" not in dockerfile(copy)


def test_no_folder_hides_these_files():
    assert not any((ROOT / name).exists() for name in ("binder", ".binder"))


# environment.yml


def test_conda_gets_plain_specs_from_one_channel():
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    assert "python=3.12" in ENVIRONMENT["dependencies"]
    assert all(spec.channel is None and spec.name for spec in SPECS)
    names = [spec.name.normalized for spec in SPECS]
    assert len({*names}) == len(names)


def test_conda_gets_what_pyproject_asks_for():
    nbval = [r for r in PYPROJECT["project"]["optional-dependencies"]["test"] if "nbval" in r]
    asked = PYPROJECT["project"]["dependencies"] + PYPROJECT["build-system"]["requires"] + nbval
    asked = {r.replace("matplotlib>", "matplotlib-base>").replace("_", "-") for r in asked}
    assert asked | {"python=3.12", "pip"} == {*ENVIRONMENT["dependencies"]}


def test_what_binder_starts_from_is_new_enough():
    there = on_binder()
    for requirement in map(Requirement, PYPROJECT["project"]["dependencies"]):
        if found := there.get(canonicalize_name(requirement.name)):
            assert requirement.specifier.contains(found), requirement
    assert {"jupyterlab", "ipywidgets"} <= there.keys()


@pytest.mark.parametrize(
    "name", ["anywidget", "ipywidgets", "jupyterlab", "matplotlib", "numpy", "sympy"]
)
def test_what_is_tested_satisfies_what_conda_is_asked_for(name):
    (spec,) = (spec for spec in SPECS if str(spec).split("-")[0].startswith(name))
    ours = Version(version(name))
    assert Requirement(f"{name}{spec.version}").specifier.contains(ours)


# postBuild


@pytest.fixture
def fresh(tmp_path):
    """An environment with the tests' packages but for mcalc, which is not installed in it."""
    import venv

    venv.create(tmp_path / "env", with_pip=True)
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    (packages / "theirs.pth").write_text(next(p for p in sys.path if p.endswith("site-packages")))
    return tmp_path / "env"


def test_post_build_installs_mcalc_and_keeps_a_configuration(tmp_path, fresh):
    lines = (ROOT / "postBuild").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/bash" and os.access(ROOT / "postBuild", os.X_OK)
    assert next(line for line in lines[1:] if line[0] != "#") == "set -e"
    checkout = tmp_path / "checkout"
    (checkout / "mcalc").mkdir(parents=True)
    for name in "README.md", "pyproject.toml", "postBuild", "LICENSE", "mcalc/__init__.py":
        shutil.copy(ROOT / name, checkout / name)
    config = "mcalc/explorers/jupyter_server_config.py"
    (checkout / config).parent.mkdir()
    shutil.copy(ROOT / config, checkout / config)
    shutil.copytree(ROOT / "mcalc/explorers/labconfig", checkout / "mcalc/explorers/labconfig")
    env = os.environ | {"PATH": f"{fresh / 'bin'}:{os.environ['PATH']}", "PIP_NO_INDEX": "1"}
    for _ in range(2):
        done = subprocess.run(
            ["./postBuild"], cwd=checkout, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        installed = fresh / "etc" / "jupyter" / "jupyter_server_config.py"
        assert "ServerApp" in installed.read_text() or "kept" in installed.read_text()
        installed.write_text("# ServerApp: kept")
        assert (installed.parent / "labconfig" / "default_setting_overrides.json").exists()
    code = "from importlib.metadata import version as v; from importlib.util import find_spec as f;"
    code += "print(v('mcalc-notebooks'), f('mcalc').origin)"
    asked = [fresh / "bin" / "python", "-Ic", code]
    said = subprocess.check_output(asked, text=True, cwd=tmp_path).split()
    assert said == [mcalc.__version__, str(checkout / "mcalc" / "__init__.py")]

    (checkout / "pyproject.toml").write_text("not TOML")
    done = subprocess.run(["./postBuild"], cwd=checkout, env=env, capture_output=True, text=True)
    assert done.returncode != 0  # so that a build that is broken is not published


# Links

REPOSITORY = PYPROJECT["project"]["urls"]["Repository"].removeprefix("https://github.com/")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ON_BINDER = r"https://mybinder\.org/v2/gh/[^\s)\"]+"


def opened(link):
    """The repository and the notebook that a link to Binder opens."""
    parts = urlsplit(link)
    _, _, service, owner, name, ref = parts.path.split("/")
    assert (parts.netloc, service, ref) == ("mybinder.org", "gh", "HEAD")
    (path,) = parse_qs(parts.query, strict_parsing=True)["urlpath"]
    return f"{owner}/{name}", path.removeprefix("lab/tree/")


def test_the_links_to_binder_open_each_chapter_of_this_repository():
    links = re.findall(ON_BINDER, README)
    assert {repository for repository, _ in map(opened, links)} == {REPOSITORY}
    paths = [path for _, path in map(opened, links)]
    assert paths[0] == "notebooks/index.ipynb"  # the badge
    chapters = [f"notebooks/{path.name}" for path in notebooks.all_notebooks()]
    assert sorted(paths[1:]) == [path for path in chapters if re.search(r"/\d\d-", path)]


def test_other_files_name_the_same_repository():
    page = (ROOT / "notebooks" / "instructor.ipynb").read_text(encoding="utf-8")
    links = re.findall(ON_BINDER, page.replace("\\n", "\n"))
    assert links and {opened(link)[0] for link in links} == {REPOSITORY}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == f"https://github.com/{REPOSITORY}"
