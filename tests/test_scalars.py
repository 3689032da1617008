"""How matrices of SymPy's scalars are written: the same with every release of SymPy."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

import mcalc as mc
from mcalc.scalars import Entries, written
from mcalc.style import STYLES

LATEX, TEXT = STYLES
w, x = mc.vectors("w x")
z = mc.scalars("z")
f, g = mc.functions("f"), mc.functions("g", elementwise=True)


@pytest.mark.parametrize(
    "y, text",
    [
        (x, "[1, 0]\n[0, 1]"),
        (3 * x * np.sum(x), "[6x_1 + 3x_2,        3x_1]\n"
                                                    "[       3x_2, 3x_1 + 6x_2]"),
        (w * x, "[w_1,   0]\n[  0, w_2]"),
        (w @ x**3, "[3w_1 x_1^2, 3w_2 x_2^2]"),
        (np.sum((w - x) ** 2), "[2x_1 - 2w_1, 2x_2 - 2w_2]"),
        (np.sum(z / x), "[-z/x_1^2, -z/x_2^2]"),
        (np.sum(x / 4 + np.pi * x * z), "[pi z + 1/4, pi z + 1/4]"),
        (np.sum(x**2 / 3), "[2x_1/3, 2x_2/3]"),
        (np.sum(np.sqrt(x)), "[1/(2 sqrt(x_1)), 1/(2 sqrt(x_2))]"),
        (np.sum(x**w), "[w_1 x_1^w_1/x_1, w_2 x_2^w_2/x_2]"),
        (np.sum(x * np.cos(x)), "[cos(x_1) - x_1 sin(x_1), cos(x_2) - x_2 sin(x_2)]"),
        (np.sum(np.arctan(x)), "[1/(x_1^2 + 1), 1/(x_2^2 + 1)]"),
        (np.sum(np.tanh(x)), "[1 - tanh(x_1)^2, 1 - tanh(x_2)^2]"),
        (np.sum(np.exp(-x)), "[-exp(-x_1), -exp(-x_2)]"),
        (np.sum(np.abs(x)), "[sign(x_1), sign(x_2)]"),
        (np.sum(np.maximum(0, x)), "[1 if x_1 > 0; 0 otherwise, 1 if x_2 > 0; 0 otherwise]"),
        (np.sum(z * np.sign(x) * x),
         "[z (1 if x_1 > 0; -1 if x_1 < 0; 0 otherwise), "
         "z (1 if x_2 > 0; -1 if x_2 < 0; 0 otherwise)]"),
        (np.sum(np.where((w > 0) & np.not_equal(x, w), x, 0)),
         "[1 if w_1 > 0 and w_1 ≠ x_1; 0 otherwise, 1 if w_2 > 0 and w_2 ≠ x_2; 0 otherwise]"),
        (np.sum(f(x)), "[∂f_1(x_1, x_2)/∂x_1 + ∂f_2(x_1, x_2)/∂x_1, "
                       "∂f_1(x_1, x_2)/∂x_2 + ∂f_2(x_1, x_2)/∂x_2]"),
        (np.sum(w * g(x)), "[w_1 dg(x_1)/dx_1, w_2 dg(x_2)/dx_2]"),
        (np.sum(g(x**2)), "[2x_1 g'(x_1^2), 2x_2 g'(x_2^2)]"),
    ],
)  # fmt: skip
def test_a_jacobian_by_entries(y, text):
    assert str(mc.derive(y, wrt=x).explicit(n=2)) == text


def test_a_choice_between_conditions():
    clipped = mc.entries(np.clip(z, -1, 1))
    assert (
        str(clipped) == "[(z if z > -1; -1 otherwise) if (z < 1 and z > -1) or z ≤ -1; 1 otherwise]"
    )


@pytest.mark.parametrize(
    "compare", [np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal]
)
def test_a_comparison_is_1_where_it_holds_and_0_elsewhere(compare):
    a, b = sp.symbols("a b", real=True)
    (entry,) = mc.entries(compare(*mc.scalars("a b")))
    for pair in [(1, 2), (1, 1), (2, 1)]:
        assert entry.subs({a: pair[0], b: pair[1]}) == int(compare(*pair))


def test_it_is_a_matrix_of_sympys_and_stays_one():
    column = mc.entries(w * x, n=3)
    assert mc.entries(np.stack([mc.ones(), x]), n=2).row(0) == sp.ones(1, 2)
    with pytest.raises(ValueError, match=r"^1 has a constant of unknown length: give it one"):
        mc.entries(mc.ones(), n=2)
    assert isinstance(column, sp.Matrix) and column == sp.Matrix(column.tolist())
    assert str(column) == "[w_1 x_1]\n[w_2 x_2]\n[w_3 x_3]"
    row = column.T.applyfunc(lambda e: 2 * e)
    assert str(row) == repr(row) == "[2w_1 x_1, 2w_2 x_2, 2w_3 x_3]"
    assert str(column.jacobian(mc.entries(x, n=3))[0, :]) == "[w_1, 0, 0]"


def test_in_latex():
    J = mc.derive(np.stack([w @ x**2 / z, g(z) * np.maximum(0, z)]), wrt=z).explicit(n=1)
    assert J._repr_latex_() == (
        r"$\displaystyle \begin{bmatrix} -\frac{w_{1} x_{1}^{2}}{z^{2}} \\ "
        r"\left(\begin{cases} z & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}\,\right) "
        r"\frac{dg{\left(z\right)}}{dz} + g{\left(z\right)} \left(\begin{cases} 1 & \text{if } "
        r"z > 0 \\ 0 & \text{otherwise} \end{cases}\,\right) \end{bmatrix}$"
    )


@pytest.mark.parametrize(
    "e, text",
    [
        (sp.Derivative(sp.Function("f")(*sp.symbols("x y")), *sp.symbols("x y")),
         "∂(∂f(x, y)/∂x)/∂y"),
        (sp.Function("f")(sp.Symbol("x") ** 2, sp.Symbol("y")).diff("x"),
         "2x (∂f(xi_1, y)/∂xi_1 at xi_1 = x^2)"),
        (sp.Symbol("a") | (sp.Symbol("b") & sp.Symbol("c")), "(b and c) or a"),
        (-sp.Rational(2, 3), "-2/3"),
        (sp.gamma(sp.Symbol("a")), "gamma(a)"),
        (sp.asin(sp.Symbol("a")) ** 2, "arcsin(a)^2"),
        (sp.zoo, "zoo"),
    ],
)  # fmt: skip
def test_a_scalar(e, text):
    assert written(e, TEXT) == text


def scalars():
    a, b = sp.symbols("a b", positive=True)
    leaves = st.sampled_from([a, b, sp.Integer(2), sp.Integer(-1), sp.Rational(3, 4)])

    def more(inner):
        two = st.tuples(inner, inner)
        return st.one_of(
            two.map(lambda e: e[0] + e[1]), two.map(lambda e: e[0] - e[1]),
            two.map(lambda e: e[0] * e[1]), two.map(lambda e: e[0] / e[1] if e[1] else e[0]),
            inner.map(sp.exp), inner.map(sp.sin), inner.map(lambda e: e**3),
            inner.map(lambda e: sp.sqrt(1 + e**2)),
        )  # fmt: skip

    return st.recursive(leaves, more, max_leaves=8)


@given(scalars())
def test_what_is_written_can_be_read_and_means_the_same(e):
    at = {"a": 0.7, "b": 1.3}
    value = sp.N(e.subs(at))
    assume(value.is_Float and 1e-6 < abs(value) < 1e6)
    a, b = mc.scalars("a b")
    (read,) = mc.entries(mc.read(written(e, TEXT), a=a, b=b))
    assert abs(float(sp.N(read.subs(at))) / float(value) - 1) < 1e-9


@given(scalars(), scalars())
def test_the_latex_of_two_differs_where_their_text_does(e, d):
    same = [written(e, style) == written(d, style) for style in STYLES]
    assert same[0] == same[1]


def test_rows_have_one_width():
    lines = str(Entries([[1, sp.Symbol("x") ** 2], [-10, 3]])).splitlines()
    assert lines == ["[  1, x^2]", "[-10,   3]"]
