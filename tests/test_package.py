"""What ``import mcalc`` costs, and whether it is new enough for a notebook."""

import ast
import re
import subprocess
import sys
from types import ModuleType

import pytest

import mcalc as mc
import notebooks


def loaded_after(code):
    """Which of the heavy modules this code loads, in a Python of its own."""
    heavy = ["IPython", "PIL", "ipywidgets", "matplotlib", "matplotlib.pyplot"]
    code = f"import sys, numpy as np, mcalc as mc\n{code}\n"
    code += f"print([m for m in {heavy} if m in sys.modules])"
    return ast.literal_eval(subprocess.check_output([sys.executable, "-c", code], text=True))


@pytest.mark.parametrize(
    "code, loaded",
    [
        ("", []),
        ("w, x = mc.vectors('w x'); d = mc.derive(w @ x, wrt=w); d._repr_latex_(); d.check()", []),
        ("mc.read('sin(x)^2', x=mc.scalars('x')); mc.exercise('05.cube').check('3w')", []),
        ("mc.plots.heatmap(np.eye(2)).png()", ["PIL"]),
        ("x = mc.scalars('x'); mc.explore.tangent(x**2).set(x=2)", ["IPython", "ipywidgets"]),
        ("mc.explore(mc.scalars('z') ** 2)._repr_mimebundle_()", ["IPython", "PIL", "ipywidgets"]),
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
