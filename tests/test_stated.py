"""What is stated beside what comes out: what a claim shows, and what it refuses."""

import numpy as np
import pytest
import sympy as sp

import mcalc as mc

w, x = mc.vectors("w x")
s, y, n = mc.scalars("s y n")
f, g = mc.functions("f g", elementwise=True)
D = mc.derivative


def shown(*said, **more):
    return str(mc.claim(*said, **more)).splitlines()


def test_a_formula_beside_ours():
    assert shown(mc.derive(w * x, wrt=w), "diag(x)") == [
        "               stated    here",
        "∂/∂w (w ⊗ x)   diag(x)   diag(x)   holds",
    ]
    latex = mc.claim(mc.derive(s**3, wrt=s), 3 * s**2)._repr_latex_()
    assert latex == (
        r"$\displaystyle \begin{array}{llll}  & \text{stated} & \text{here} &  \\ \hline "
        r"\frac{d}{ds} s^{3} & 3s^{2} & 3s^{2} & \text{holds} \end{array}$"
    )


def test_rows_and_several_forms_of_one():
    by_w, by_x = mc.derive(w - x, wrt=w), mc.derive(w - x, wrt=x)
    assert shown((by_w, "I", mc.diag(mc.ones())), (by_x, "-I"))[1:] == [
        "∂/∂w (w - x)   I = diag(1)   I      holds",
        "∂/∂x (w - x)   -I            -I     holds",
    ]


@pytest.mark.parametrize(
    "said",
    [
        (mc.derive(3 * s**2 * y, wrt=(s, y)), "[6 y s, 3s^2]"),
        (mc.derive(f(s) * g(s), wrt=s), f(s) * D(g(s), s) + D(f(s), s) * g(s)),
        (mc.derive(99 + 0 * s, wrt=s), "0"),
        (mc.derive(np.sum(x), wrt=x), "1^T"),
        (mc.derive(w * x, wrt=w).jacobian, "diag(x)"),
        (mc.hessian(x @ x, wrt=x), "2I"),
        (w @ x, "sum(w ⊗ x)"),
        (0 * w, 0),
        (mc.derive(x * x, wrt=x).explicit(n=2), "[[2x_1, 0], [0, 2x_2]]"),
        (mc.entries(w @ x, n=2), "w_1 x_1 + w_2 x_2"),
        (mc.entries(w @ x, n=2)[0], "w_1 x_1 + w_2 x_2"),
        (mc.derive(x, wrt=x).explicit(n=2), sp.eye(2)),
        (np.array([1.0, 2.0]), [1, 2]),
        ("the shape", mc.derive(w @ x, wrt=w).jacobian.shape, (1, "n")),
        ("the rule", mc.derive(w @ x, wrt=w).rule, "vector chain rule"),
        ("it holds", True),
        ("it does not", mc.derive(w @ x, wrt=w).equals(x), False),
    ],
    ids=str,
)
def test_what_can_be_stated(said):
    assert shown(*said)[-1].endswith("holds")


def test_of_what_has_more_axes_the_backward_pass_is_stated():
    X, W = mc.matrices("X", shape=("N", "n")), mc.matrices("W", shape=("n", "k"))
    assert shown(mc.derive(X @ W, wrt=W), "X^T G")[1] == "G ↦   X^T G    X^T G   holds"


def test_more_names_in_a_line_of_text_are_given():
    u = mc.let("u", s**2)
    assert mc.claim(mc.derive(s + u, wrt=s), "1 + 2s")
    assert mc.claim(mc.derive(s**2, wrt=s), "2 t", t=s)


def test_a_long_function_has_a_name_and_a_wide_claim_stands_in_lines():
    b, target = mc.scalars("b y")
    loss = mc.derive(np.sin(w @ x + b) * np.exp(w @ x - target) * np.tanh(20 * b * target), wrt=b)
    lines = shown(loss, loss.jacobian)
    assert lines[0].split() == ["∂f/∂b"]
    assert [line.split()[0] for line in lines[1:]] == ["stated", "here", "holds"]
    assert "hline" not in mc.claim(loss, loss.jacobian)._repr_latex_()


def test_about_says_how_near():
    assert shown("the angle", 14.04, 14, within=0.5)[1] == "the angle   about 14   14.04   holds"
    with pytest.raises(mc.CheckFailed, match="14 is stated, and 14"):
        mc.claim("the angle", 14.04, 14)


@pytest.mark.parametrize(
    "said, why",
    [
        ((mc.derive(w * x, wrt=w), "x"), "diagonal as a vector"),
        ((mc.derive(w * x, wrt=w), "diag(x)", "diag(w)"), "the Jacobian with respect to x"),
        ((w @ x, "2 w.x"), "is stated, and w.x comes out here: a constant factor"),
        ((w * x, "w.x"), "1 x 1 stated, n x 1 here"),
        ((mc.entries(w @ x, n=2), "w_1 x_1"), "an entry differs"),
        ((mc.entries(w, n=2), mc.entries(w, n=3)), "an entry differs"),
        (("numbers", 1.0, 1.001), "they differ"),
        (("shapes", (1, 2), (2, 1)), "2 x 1 is stated, and 1 x 2 comes out here"),
        (("numbers", np.ones(2), 1), "they differ"),
        (("the rule", "vector", "other"), "other is stated, and vector comes out here"),
        (("the loss falls", False), "it is not true that the loss falls"),
        (("it does", False, True), "True is stated"),
        (((s, s), (s, 2 * s)), "2s is stated"),
    ],
)
def test_what_does_not_hold_is_refused(said, why):
    with pytest.raises(mc.CheckFailed, match=why):
        mc.claim(*said)


@pytest.mark.parametrize("said", [(), ("words",), (s,), ("words", s), ((s,),)])
def test_a_claim_has_two_sides(said):
    with pytest.raises(TypeError, match="what comes out, and what is stated of it"):
        mc.claim(*said)


def test_what_cannot_be_read_is_said():
    with pytest.raises(mc.ReadError, match='"q" is unknown'):
        mc.claim(s**2, "q")
