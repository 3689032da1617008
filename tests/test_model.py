"""mcalc in sixty lines does as mcalc does, as far as it goes."""

import runpy

import numpy as np
import pytest

import mcalc as mc
from mcalc import model

A = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]])
VALUES = {"w": np.array([1.5, -2.0, 0.5]), "x": np.array([0.3, 0.7, -1.2])}
FUNCTIONS = [
    lambda w, x: w * x, lambda w, x: np.sum(np.sin(w * x) + x), lambda w, x: np.exp(x) + x * w,
    lambda w, x: np.maximum(w * x, x), lambda w, x: np.sum(np.exp(w) * np.maximum(x, w)),
    lambda w, x: np.sin(A @ (x * x)),
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_model_derives_what_mcalc_does(function):
    w, x = model.Expr("w"), model.Expr("x")
    y = function(w, x)
    assert model.check(y, x, **VALUES)
    size = 3
    d = mc.derive(function(*mc.vectors("w x", size=size)), mc.vectors("x", size=size))
    ours = d.numpy()(**{name: VALUES[name] for name in d.parameters})
    assert np.allclose(np.atleast_2d(model.value(model.derive(y, x), **VALUES)), ours)


def test_the_model_finds_what_is_wrong(monkeypatch):
    w, x = model.Expr("w"), model.Expr("x")
    monkeypatch.setitem(model.ROWS, np.sin, lambda a: (np.diag(np.sin(a)),))
    assert not model.check(np.sin(w * x), x, **VALUES)


def test_the_model_runs(capsys):
    runpy.run_path(model.__file__, run_name="__main__")
    assert capsys.readouterr().out.endswith("agree: True\n")
