"""What ``import mcalc`` costs, and whether it is new enough for a notebook."""

import ast
import os
import re
import subprocess
import sys
from types import ModuleType

import pytest
from nbformat.v4 import new_code_cell

import mcalc as mc
import notebooks


def loaded_after(code):
    """Which of the heavy modules this code loads, in a Python of its own."""
    heavy = ["IPython", "PIL", "anywidget", "ipywidgets", "matplotlib", "matplotlib.pyplot"]
    code = f"import sys, numpy as np, mcalc as mc\n{code}\n"
    code += f"print([m for m in {heavy} if m in sys.modules])"
    return ast.literal_eval(subprocess.check_output([sys.executable, "-c", code], text=True))


LIVE = ["IPython", "anywidget", "ipywidgets"]


@pytest.mark.parametrize(
    "code, loaded",
    [
        ("", []),
        ("w, x = mc.vectors('w x'); d = mc.derive(w @ x, wrt=w); d._repr_latex_(); d.check()", []),
        ("mc.read('sin(x)^2', x=mc.scalars('x')); mc.exercise('05.cube').check('3w')", []),
        ("mc.plots.heatmap(np.eye(2)).png()", ["PIL"]),
        ("x = mc.scalars('x'); mc.explore.tangent(x**2).set(x=2)", LIVE),
        (
            "mc.explore(mc.scalars('z') ** 2)._repr_mimebundle_()",
            ["IPython", "PIL", "anywidget", "ipywidgets"],
        ),
        ("mc.plots.dataflow(mc.scalars('z') ** 2).png()", ["PIL", "matplotlib"]),
    ],
)  # fmt: skip
def test_what_draws_is_loaded_when_something_is_drawn_and_pyplot_never(code, loaded):
    assert loaded_after(code) == loaded


def test_a_notebook_newer_than_the_package_says_what_to_run(monkeypatch):
    monkeypatch.setattr(mc, "__version__", "0.9.1")
    for fine in "0.9", "0.9.1", "0.1", "0.8.10":
        assert mc.require(fine) is None
    for newer in "0.10", "0.9.2", "1.0":
        with pytest.raises(ImportError, match=f"needs mcalc {newer}, and 0.9.1 is.*pip install"):
            mc.require(newer)
    with pytest.raises(ValueError, match="'new' is no version: write for example"):
        mc.require("new")


def first_cell(path):
    return next(cell for cell in notebooks.read(path).cells if notebooks.runs(cell)).source


@pytest.mark.parametrize("path", notebooks.all_notebooks(), ids=lambda path: path.stem)
def test_each_notebook_begins_with_that(path):
    (version,) = re.findall(r'import mcalc as mc\n\n    mc\.require\("([\d.]+)"\)$',
                            first_cell(path), re.MULTILINE)  # fmt: skip
    mc.require(version)


ANOTHER = ModuleType("mcalc")  # what "pip install mcalc" brings is a calculator


@pytest.mark.parametrize("there", [None, ANOTHER], ids=["none", "of another project"])
@pytest.mark.parametrize("path", notebooks.all_notebooks(), ids=lambda path: path.stem)
def test_without_mcalc_a_notebook_says_what_to_run(path, there, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcalc", there)
    with pytest.raises(ImportError, match=r"^run: pip install git"):
        exec(first_cell(path), {})
    monkeypatch.setattr(mc, "__version__", "0.1")
    monkeypatch.setitem(sys.modules, "mcalc", mc)
    with pytest.raises(ImportError, match=r"needs mcalc .*, and 0.1 is installed"):
        exec(first_cell(path), {})


def test_a_chapter_alone_runs_with_what_was_installed(tmp_path):
    """From the wheel, in another folder, one with signs that are no ASCII; with the data, too."""
    run = [sys.executable, "-m"]
    built, installed = tmp_path / "built", tmp_path / "installed"
    pip = [*run, "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", built]
    subprocess.run([*wheel, notebooks.ROOT], check=True, cwd=tmp_path)
    (made,) = built.iterdir()
    target = ["--no-deps", "--no-index", "--target", installed]
    subprocess.run([*pip, "install", *target, made], check=True, cwd=tmp_path)

    assert {"view.js", "view.css"} <= {path.name for path in (installed / "mcalc/draw").iterdir()}

    folder = tmp_path / "Übungen für Ōsaka"
    folder.mkdir()
    cells = [
        new_code_cell("import mcalc as mc\n\nprint(mc.__file__)"),
        new_code_cell(
            "print(mc.digits()['images'].shape, mc.exercise('05.square').check('2 diag(x)'))"
        ),
    ]
    chapter = notebooks.read(notebooks.ROOT / "notebooks" / "07-vector-sum-reduction.ipynb")
    chapter.cells += cells
    (folder / "eine Kopie.ipynb").write_text(notebooks.dumps(chapter), encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(installed), "MCALC_ANSWERS": str(folder / "answers")}
    nbconvert = [*run, "nbconvert", "--to", "notebook", "--execute", "--output", "done.ipynb"]
    subprocess.run([*nbconvert, folder / "eine Kopie.ipynb"], check=True, cwd="/", env=env)
    *_, where, said = notebooks.read(folder / "done.ipynb").cells
    assert str(installed) in where.outputs[0].text
    assert said.outputs[0].text.startswith("(1797, 64) right: ")


def test_the_recipe_for_a_primitive_is_literally_so():
    """What README says to write, as it stands there."""
    readme = (notebooks.ROOT / "README.md").read_text(encoding="utf-8")
    row, example = re.search(
        r"\*\*A primitive\.\*\*.*?`(primitive\(.*?\))`.*?`(\"\w+\": .*?),`", readme, re.DOTALL
    ).groups()
    name = re.match(r'"(\w+)"', example)[1]
    code = f"""
import numpy as np, sympy as sp, mcalc as mc
x = mc.vectors("x")
try:
    np.{name}(x)
except mc.UnsupportedError:
    from mcalc.graph.primitives import primitive
    {row}
    from test_oracle import check_example
    check_example(*{{{example}}}["{name}"])
    print(mc.derive(np.{name}(x), wrt=x).check().passed)
"""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}  # the tests' own folders, too
    said = subprocess.check_output([sys.executable, "-c", code], text=True, env=env)
    assert said == "True\n"
