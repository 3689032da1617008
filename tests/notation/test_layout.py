"""Denominator layout: what is shown of a derivation, and what stays."""

import numpy as np
import pytest

import mcalc as mc

w, x, v = *mc.vectors("w x"), mc.vectors("v", size="m")
a, c = mc.scalars("a c")
A = mc.matrices("A")


@pytest.fixture(autouse=True)
def denominator():
    mc.layout("denominator")
    yield
    mc.layout("numerator")


def test_the_steps_of_a_sum():
    d = mc.derive(np.sum(w * x), w)
    assert repr(d).splitlines()[2:6] == [
        "2. differentiate  ∂u/∂w = diag(x)",
        "                  ∂y/∂u = 1_n",
        "3. combine        ∂y/∂w = ∂u/∂w ∂y/∂u = diag(x) 1_n",
        "4. substitute     ∂y/∂w = diag(x) 1_n = x   (n x 1, denominator layout)",
    ]
    assert repr(d).endswith("in order from w to y")
    assert r"\text{, denominator layout}" in d._repr_latex_()


def test_paths_of_several_factors():
    lines = repr(mc.derive(np.exp(x) / np.sum(np.exp(x)), x))
    assert "dy/dx = ∂u_1/∂x ∂y/∂u_1 + ∂u_1/∂x ∂u_2/∂u_1 ∂y/∂u_2" in lines
    assert "= diag(exp(x)) I/u_2 + diag(exp(x)) 1_n (-u_1^T/u_2^2)" in lines


def test_several_scalars_are_rows():
    lines = repr(mc.derive(np.stack([a * c, a + c, a]), (a, c)))
    assert "[[∂y_1/∂a, ∂y_2/∂a, ∂y_3/∂a], [∂y_1/∂c, ∂y_2/∂c, ∂y_3/∂c]]" in lines
    assert lines.endswith("[[c, 1, 1], [a, 1, 0]]   (2 x 3, denominator layout)")


def test_what_stays():
    d = mc.derive(np.sin(A @ x), x)
    assert d.steps[3].text.endswith("diag(cos(A x)) A") and str(d.jacobian) == "diag(cos(A x)) A"
    assert d.numpy()(A=np.ones((2, 3)), x=np.zeros(3)).shape == (2, 3)
    assert "(n x m, numerator layout)" in repr(mc.derive(v @ A @ w, A))
    assert "layout" not in repr(mc.derive(np.sin(a**2), a))
    mc.layout("numerator")
    assert repr(mc.derive(w @ x, w)).count("layout") == 0
