"""How matrices of SymPy's scalars are written: the same with every release of SymPy."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

import mcalc as mc
from mcalc.check import explicit
from mcalc.notation.scalars import Entries, written
from mcalc.notation.style import STYLES, TEXT

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


# --- names and sizes ---------------------------------------------------------------------------

q, q_1, x_1, x_11, A_11 = mc.vectors("q", size=3), *mc.scalars("q_1 x_1 x_11 A_11")
A, X = mc.matrices("A"), mc.matrices("x")


@pytest.mark.parametrize(
    "y, wrt, sizes, text",
    [
        (np.sum(x) * x_1, x, {"n": 2}, "[x_1, x_1]"),
        (np.sum(x**2) * x_1, x, {"n": 2}, "[2x_(1) x_1, 2x_(2) x_1]"),
        (np.sum(x) * x_1, x_1, {"n": 2}, "[x_(1) + x_(2)]"),
        (q[0] ** 2 * q_1, q, {}, "[2q_(1) q_1, 0, 0]"),
        (np.sum(X**2) * x_11, X, {"m": 1, "n": 2}, "[2x_(11) x_11]\n[2x_(12) x_11]"),
        (np.sum(A**2) * A_11 * x_1, A, {"m": 1, "n": 1}, "[2A_(11) A_11 x_1]"),
        (np.sum(q**2) + np.sum(mc.vectors("q_1", size=2)), q, {}, "[2q_(1), 2q_(2), 2q_(3)]"),
    ],
)
def test_an_entry_and_a_variable_of_one_name_are_two(y, wrt, sizes, text):
    d = mc.derive(y, wrt)
    assert str(d.explicit(**sizes)) == text
    assert "scalar rules" in str(d.check())


def test_an_entry_of_the_name_of_a_variable_in_latex():
    J = mc.derive(np.sum(x**2) * x_1, x).explicit(n=1)
    assert J._repr_latex_() == (r"$\displaystyle \begin{bmatrix} 2x_{(1)} x_{1} \end{bmatrix}$")
    assert (q[0] * q_1)._repr_latex_() == r"$\displaystyle q_{(1)} q_{1}$"


@pytest.mark.parametrize(
    "y, wrt, text, jacobian",
    [
        (q[0] * q_1**2, q_1, "y = q_(1) u", "2q_1 q_(1)"),
        (q[0] ** 2 + q_1, q, "u_1 = q_(1)", "[2q_(1), 0, 0]"),
        (q[0] * q[1] + q_1, q, "= q_(1)", "[q_2, q_(1), 0]"),
    ],
)
def test_an_element_beside_a_variable_of_its_name(y, wrt, text, jacobian):
    d = mc.derive(y, wrt)
    assert text in repr(d) and jacobian in repr(d)
    assert str(d.jacobian) == jacobian and repr(d.jacobian).startswith(jacobian)


def test_intermediate_variables_have_other_names_than_elements():
    u = mc.vectors("u", size=3)
    d = mc.derive(np.sin(u[0] * z) * u[1], u)
    assert d.steps[0].text == "r_1 = u_1\nr_2 = r_1 z\nr_3 = sin(r_2)\nr_4 = u_2\ny = r_3 r_4"


@pytest.mark.parametrize("name", ["lambda_1", "print", "w'"])
def test_a_variable_may_have_the_name_of_what_python_calls(name):
    v = mc.scalars(name)
    assert "scalar rules" in str(mc.derive(np.tanh(v) * np.sinh(v), v).check())


SIZES = [np.int64(2), np.int8(2), np.uint64(2), True + 1]


@pytest.mark.parametrize("n", SIZES, ids=lambda n: type(n).__name__)
def test_a_size_is_a_whole_number_of_any_kind(n):
    assert mc.derive(x**2, x).explicit(n=n) == mc.derive(x**2, x).explicit(n=2)
    assert mc.derive(np.sum(A), A).explicit(m=n, n=n) == sp.ones(2, 2)


@pytest.mark.parametrize("n", [2.5, 2.0, True, 0, -1, "2", None, np.float64(2), np.bool_(1), [2]])
def test_what_is_no_size_is_refused_in_a_sentence(n):
    for call in (mc.derive(x**2, x).explicit, lambda n: mc.entries(x, n=n)):
        with pytest.raises(ValueError, match="is not a size: give a whole number from 1 up"):
            call(n=n)


v, k = mc.vectors("v", size="m"), mc.scalars("k")
norm = np.linalg.norm


@pytest.mark.parametrize(
    "y, wrt",
    [
        (np.abs(z**k), z),
        (norm(np.sqrt(2 + np.sin(np.log1p(v))), 1), v),
        (np.abs(k - 1 / (norm(v) * norm(x))), v),
        (np.abs(k - v @ v / (norm(v) * norm(x))), x),
        (np.abs(1 - np.cos(k - 1 / norm(v))), v),
        (np.sign(np.log(z)) * z, z),
        (np.abs(np.log(z) * np.sqrt(k)), z),
        (np.sqrt(-z), z),
        (norm(np.log(v), np.inf), v),
    ],
)
def test_scalars_of_which_sympy_does_not_see_that_they_are_real(y, wrt):
    assert mc.derive(y, wrt).check(points=3).passed


@pytest.mark.parametrize("error", [NameError, TypeError, RecursionError, KeyError, AttributeError])
def test_any_error_of_sympys_is_too_much_for_it(error, monkeypatch):
    def fails(*operands):
        raise error("Derivative")

    monkeypatch.setattr(sp, "lambdify", fails)
    report = mc.derive(z**2, z).check()
    assert report.passed and "they are too much for SymPy" in str(report)


def test_whether_an_inverse_exists_is_not_asked_of_sympy(monkeypatch):
    """Of elements with conditions SymPy's ``equals`` does not end: 50 minutes were not enough."""

    asked = []
    monkeypatch.setattr(sp.Expr, "equals", lambda *of, **how: asked.append(of))
    A, b = mc.matrices("A", shape=("n", "n")), mc.scalars("b")
    bent = np.tanh(np.where(A > b, A, b)) + 4 * mc.identity()
    for y in (
        np.linalg.inv(bent) @ x,
        np.linalg.norm(np.linalg.inv(bent)),
        np.linalg.pinv(bent) @ x,
    ):
        assert mc.derive(y, wrt=b).check(sizes={"n": 2}, points=1).passed
    assert not asked


def test_where_scalars_have_no_value_there_is_one_error():
    numbers = explicit.lambdified(np.log(z) / (z - 1), (z,), (z,), {})
    assert np.allclose(numbers(z=np.array(2.0)), 0.5 - np.log(2))
    for bad in (1.0, -1.0, 0.0):
        with pytest.raises(ArithmeticError):
            numbers(z=np.array(bad))
    singular = np.linalg.inv(np.outer(x, x)) @ x
    with pytest.raises(ArithmeticError, match="the scalars have no value here"):
        explicit.lambdified(singular, (x,), (x,), {"n": 2})
