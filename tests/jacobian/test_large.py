"""Functions of many operations: as quick as they are long, and never too deep for Python."""

import sys
from itertools import pairwise

import numpy as np
import pytest

import mcalc as mc
from mcalc.graph.expr import Expr
from mcalc.graph.walk import walk
from mcalc.jacobian import sweep
from mcalc.notation.leaves import DEEP, LONG

a, b = mc.scalars("a b")
x = mc.vectors("x")
A = mc.matrices("A", shape=("n", "n"))
LONG_VECTOR = mc.vectors("x", size=200)


def repeated(step, count, named=False):
    def function(y, A=None):
        for k in range(count):
            y = step(y) if A is None else step(y, A)
            if named and isinstance(y, Expr):
                y = mc.let(f"s_{k + 1}", y)
        return y

    return function


def of_parts(part, count):
    def function(x):
        return part([x[k] for k in range(count)])

    return function


def euler(u):
    return u + 0.1 * np.sin(u)


def tanh(y, A):
    return np.tanh(A @ y)


SCALARS = {
    "u u, 20 times": repeated(lambda u: u * u, 20),
    "u u, 40 times": repeated(lambda u: u * u, 40),
    "u / (1 + u), 60 times": repeated(lambda u: u / (1 + u), 60),
    "Euler's steps": repeated(euler, 14),
    "thirty of Euler's steps": repeated(euler, 30),
    "Euler's steps by name": repeated(euler, 14, named=True),
    "thirty of Euler's steps by name": repeated(euler, 30, named=True),
    "200 sines in a sum": lambda a: sum(np.sin((k + 1) * a / 200) for k in range(200)),
    "1,000 terms": lambda a: sum(np.sin(a) * k for k in range(1000)),
    "sin, 200 times": repeated(np.sin, 200),
    "sin, 1,000 times": repeated(np.sin, 1000),
    "sin, 3,000 times": repeated(np.sin, 3000),
    "let of let, 1,000 times": repeated(np.sin, 1000, named=True),
    "max(0, z), 300 times": repeated(lambda u: np.maximum(0, u - 0.001), 300),
    "a matrix, 300 times": lambda a: np.sum(repeated(np.sin, 300)(a * np.eye(2)).T),
}
VECTORS = {
    "200 squares": (of_parts(lambda z: np.stack([e**2 for e in z]), 200), None),
    "200 products in a sum": (of_parts(lambda z: sum(e * d for e, d in pairwise(z)), 200), None),
    "layers": (repeated(tanh, 30), A),
    "residual layers": (repeated(lambda y, A: y + np.tanh(A @ y), 10), A),
    "powers of a matrix": (repeated(lambda y, A: A @ y, 300), A),
}


def numbers(f, values, step):
    """The change of a function of plain NumPy, to first order."""
    shift = 1e-4
    return (f(values + shift * step) - f(values - shift * step)) / (2 * shift)


LONGEST = [
    pytest.param(name, marks=[pytest.mark.slow] * name.endswith("000 times")) for name in SCALARS
]


@pytest.mark.parametrize("name", LONGEST)
def test_a_function_of_a_number_in_many_operations(name):
    f = SCALARS[name]
    y = f(a)
    d = mc.derive(y, a)
    right = numbers(f, 0.9, 1.0)
    assert np.allclose(d.jvp(1.0, a=0.9), right, rtol=1e-5)
    assert np.allclose(d.vjp(1.0, a=0.9), right, rtol=1e-5)
    assert np.allclose(d.numpy()(a=0.9), right, rtol=1e-5) and d.numpy()(a=0.9).shape == (1, 1)
    assert len(repr(d)) < 100_000 and len(d._repr_latex_()) < 200_000
    assert len(str(y)) < 10 * LONG and len(repr(y)) < 10 * LONG and y._repr_latex_()
    if len(walk(y)) < 1000:
        assert d.check(at={"a": 0.7}).passed


@pytest.mark.parametrize("name", VECTORS)
def test_a_function_of_a_vector_in_many_operations(name):
    f, matrix = VECTORS[name]
    rng = np.random.default_rng(0)
    given = {"A": rng.normal(size=(3, 3))} if matrix is not None else {}
    variable = x if given else LONG_VECTOR
    d = mc.derive(f(variable, A) if given else f(variable), variable)
    at, step = rng.normal(size=(2, 3 if given else 200)) * 0.5
    right = numbers(lambda x: f(x, *given.values()), at, step)
    assert np.allclose(d.jvp(step, x=at, **given), right, rtol=1e-5, atol=1e-7)
    jacobian = d.numpy()(x=at, **given)
    assert np.allclose(jacobian @ step, np.atleast_1d(right), rtol=1e-5, atol=1e-7)
    row = np.cos(np.arange(right.size)).reshape(right.shape)
    assert np.allclose(d.vjp(row, x=at, **given), np.atleast_1d(row) @ jacobian, atol=1e-9)
    assert len(repr(d)) < 400_000 and d._repr_latex_()


@pytest.mark.parametrize("count", [12, 13])
def test_residual_layers_by_their_matrix(count):
    f = repeated(lambda y, A: y + np.tanh(A @ y), count)
    d = mc.derive(np.sum(f(x, A)), A)
    rng = np.random.default_rng(0)
    at, step = rng.normal(size=(2, 3, 3)) * 0.3
    right = numbers(lambda A: np.sum(f(np.ones(3), A)), at, step)
    found = d.numpy()(A=at, x=np.ones(3))
    assert found.shape == (3, 3) and np.allclose(np.sum(found.T * step), right, rtol=1e-5)
    assert np.allclose(d.jvp(step, A=at, x=np.ones(3)), right, rtol=1e-5)
    assert f"dA = dz_{2 * count - 1} z_{2 * count - 2}^T + " in repr(d)  # the backward pass
    with pytest.raises(mc.UnsupportedError, match=r"too large for a closed form: use \.numpy\(\)"):
        d.jacobian


def test_several_numbers_without_a_closed_form():
    f = repeated(lambda u: u + b * np.sin(a * u), 14)
    for y, shape in [(f(a), (1, 2)), ([f(a), a * b], (2, 2))]:
        d = mc.derive(y, (a, b))
        jacobian = d.numpy()(a=0.3, b=0.2)
        assert jacobian.shape == shape
        assert np.allclose(d.jvp([1.0, 2.0], a=0.3, b=0.2), jacobian @ [1, 2])
        by_a = mc.derive(y, a).numpy()(a=0.3, b=0.2)
        assert np.allclose(jacobian[:, :1], by_a)


def test_the_code_grows_with_the_program_and_not_with_its_square():
    lines = []
    for count in (300, 600):
        d = mc.derive(repeated(euler, count)(a), a)
        lines.append(len(walk(d._structured.product("row_labels")[0])))
    assert lines[1] < 2.1 * lines[0] < 10 * 3 * 300


def test_the_steps_stay_where_the_closed_form_is_too_long():
    d = mc.derive(repeated(euler, 14, named=True)(a), a)
    first, second, _, last = (step.text for step in d.steps)
    assert "s_2 = s_1 + u_4" in first and "u_4 = 0.1u_3" in first
    assert "∂s_2/∂s_1 = 1" in second
    assert last == "ds_14/da = (too long to be written: use .numpy(), .jvp or .vjp for its numbers)"
    many = mc.derive(repeated(np.sin, 1001)(a), a)
    assert repr(many) == (
        "4. substitute     ∂y/∂a = "
        "(too long to be written: use .numpy(), .jvp or .vjp for its numbers)   (1 x 1)"
    )


def test_what_is_too_long_or_too_deep_is_not_written():
    assert str(repeated(np.sin, DEEP)(a)).count("sin(") == DEEP
    assert str(repeated(np.sin, DEEP + 1)(a)) == "(too deep to be written)"
    assert str(repeated(lambda u: u + np.sin(u), 14)(a)) == "(too long to be written)"
    assert r"\text{too deep to be written}" in repeated(np.sin, 5000)(a)._repr_latex_()
    assert str(sum(a * k for k in range(1000))).count(" + ") == 1000
    product = a
    for _ in range(1000):
        product = product * b
    assert str(product).count("b") == 1000
    assert str(mc.let("u", repeated(np.sin, 5000)(a)) + 1) == "u + 1"


def test_what_is_printed_does_not_depend_on_pythons_own_stack():
    formulas = [repeated(np.sin, DEEP)(a), repeated(lambda u: b / (1 + u), DEEP // 2)(a)]
    shown = [repr(mc.derive(f, a)) for f in formulas]

    def deeper(levels):
        if levels:
            return deeper(levels - 1)
        return [repr(mc.derive(f, a)) for f in formulas]

    assert deeper(sys.getrecursionlimit() // 4) == shown


@pytest.mark.parametrize("make", [repeated(np.sin, 61), repeated(euler, 9)])
def test_what_is_too_much_for_sympy_is_refused_in_a_sentence(make):
    d = mc.derive(make(a), a)
    for call in (d.explicit, lambda: mc.entries(make(a))):
        with pytest.raises(mc.UnsupportedError, match=r"too (deep|large) for SymPy's scalars: use"):
            call()
    assert "too much for SymPy" in repr(d.check(points=1))


def test_products_by_sweeps_are_those_of_closed_forms():
    y = np.tanh(A @ np.where(x > 0, x**2, x)) * np.max(x) + np.linalg.norm(x)
    rng = np.random.default_rng(1)
    values = {"A": rng.normal(size=(4, 4)), "x": rng.normal(size=4)}
    closed, swept = mc.derive(y, x), mc.derive(y, x)
    swept._structured._terms = None
    with pytest.raises(mc.UnsupportedError):
        swept.jacobian
    assert np.allclose(closed.numpy()(**values), swept.numpy()(**values))
    for product in ("jvp", "vjp"):
        found = [getattr(d, product)(np.arange(4.0), **values) for d in (closed, swept)]
        assert np.allclose(*found)
    assert sweep.forward(x * 0 + 1, {x: x}).op.name == "zeros"


def test_products_by_sweeps_may_be_by_several_variables():
    y = np.sin(a * b) * a + b
    closed, swept = mc.derive(y, (a, b)), mc.derive(y, (a, b))
    swept._structured._terms = None
    for product, given in (("jvp", [2.0, -1.0]), ("vjp", 3.0)):
        found = [getattr(d, product)(given, a=0.5, b=-1.5) for d in (closed, swept)]
        assert np.allclose(*found)
