"""Expressions are recorded as NumPy and Python have it."""

import copy
import inspect
import itertools
import re
from functools import partial

import numpy as np
import pytest
from test_closed_forms import ELEMENTWISE, JOINED, MATRICES, NEURON, PRODUCTS, SCALARS, SUMS

import mcalc as mc
from mcalc.check.diagnosis import diagnose
from mcalc.check.interpret import batch
from mcalc.check.mistakes import mistakes
from mcalc.exercises.meaning import AboutMeaning
from mcalc.exercises.questions import ROWS as QUESTIONS
from mcalc.graph import dispatch
from mcalc.graph.primitives import PRIMITIVES, elementwise
from mcalc.typed.operators import FUNCTIONS

w, x = mc.vectors("w x")
q, r = mc.vectors("q r", size=3)
b, z = mc.scalars("b z")
A = mc.matrices("A", shape=("m", "n"))
S = mc.matrices("S", shape=("n", "n"))


@pytest.mark.parametrize(
    "e, text",
    [
        # elements of a vector of known length
        (q[0:2], "[q_1, q_2]^T"),
        (q[::-1], "[q_3, q_2, q_1]^T"),
        (q[-1], "q_3"),
        (q[np.int64(1)], "q_2"),
        (mc.let("p", np.stack([b, z]))[-1], "z"),
        (np.stack([b, z], axis=-1), "[b, z]^T"),
        (np.stack([w, x], axis=-2), "[w^T; x^T]"),
        (np.stack([w, x], axis=1), "[w^T; x^T]^T"),
        (np.logaddexp(0, z), "log(1 + exp(z))"),
        (mc.let("p", q * r)[1], "p_2"),
        (sum(q), "0 + q_1 + q_2 + q_3"),
        # numbers
        (z + 0.1, "z + 0.1"),
        (z + 1e-7, "z + 1e-07"),
        (z + np.pi, "z + pi"),
        (z + np.float32(0.5), "z + 1/2"),
        (z + np.array(2), "z + 2"),
        (q + np.array([1, 2, 3]), "q + [1, 2, 3]^T"),
        # methods
        (x.sum(), "sum(x)"),
        (x.mean(), "(1/n) sum(x)"),
        (q.mean(), "(1/3) sum(q)"),
        (x.max(), "max(x)"),
        (w.dot(x), "w.x"),
        (A.T, "A^T"),
        (x.T.T, "x"),
        (np.outer(w, x).T, "x w^T"),
        (z.T, "z"),
    ],
)
def test_recorded(e, text):
    assert str(e) == text


def test_a_vector_joined_with_one_of_open_length_has_an_open_length():
    assert repr(np.concatenate([mc.ones(), x])) == "[1; x]  (? x 1)"


@pytest.mark.parametrize("names", ["w x", "w, x", "w,x", " w ,x "])
def test_names_stand_apart_by_spaces_or_commas(names):
    assert [str(e) for e in mc.scalars(names)] == ["w", "x"]


def test_a_shape_is_shown_unless_it_is_that_of_a_scalar():
    assert list(map(repr, (z, x, x.T, A, q, np.concatenate([x, q])))) == [
        "z", "x  (n x 1)", "x^T  (1 x n)", "A  (m x n)", "q  (3 x 1)", "[x; q]  ((n + 3) x 1)"
    ]  # fmt: skip
    assert repr(mc.ones()) == "1  (? x 1)"
    assert repr(mc.vectors("p", size=1)) == "p  (1 x 1)"


def test_equal_formulas_are_one_object():
    assert w * x + b is w * x + b and w * x is not x * w
    assert len({w * x, x * w}) == 2 and {w: 1}[mc.vectors("w")] == 1
    assert copy.copy(x) is x and copy.deepcopy([x])[0] is x
    assert len({w * x, w * x, x}) == 2 and len(q) == 3


def test_adding_in_place_makes_a_new_formula():
    y = z
    y += 1
    y *= 2
    assert (str(y), str(z)) == ("(z + 1) · 2", "z")


def test_a_name_for_a_name():
    u = mc.let("u", z**2)
    assert str(mc.derive(mc.let("v", u) * z, wrt=z).steps[0].text) == "v = z^2\ny = v z"


def test_equality_is_a_condition_on_elements():
    assert str(x == 1) == "x = 1" and (x == 1) is np.equal(x, 1) and (x != w) is np.not_equal(x, w)
    assert (1 == z) is np.equal(z, 1) and (np.ones(3) == q) is np.equal(np.ones(3), q)
    assert ([1, 2, 3] == q).shape == q.shape and (mc.derive(z**2, z).jacobian == 2) is (2 * z == 2)
    for other in (None, "x", b"x", object(), ..., len):
        assert (x == other) is False and (x != other) is True and other not in [x]
    labels = mc.vectors("y")
    d = mc.derive(np.sum((labels == 1) * np.log(x)), wrt=x)
    assert np.array_equal(d.numpy()(x=[2.0, 4.0], y=[1, 0]), [[0.5, 0]])
    assert mc.derive(np.where(w == x, 2 * w, w**2), wrt=w).check()


@pytest.mark.parametrize("use", [bool, lambda e: x in [w, e], lambda e: e and x, lambda e: not e])
def test_a_condition_is_not_true_or_false(use):
    with pytest.raises(
        TypeError, match=r"(w|x) = (x|1) has no truth value, it is a formula: use np.wh"
    ):
        use(x == 1)


def answers(derivation):
    """What is said of a derivation, and of claims that are wrong in several ways."""
    repr(derivation), derivation._repr_latex_(), derivation.parameters, list(mistakes(derivation))
    if not derivation.by_matrix:
        closed = derivation.jacobian.expr
        derivation.equals(closed), derivation.why(2 * closed.T), derivation.why(x)
    derivation.check(points=1, sizes=(2,))


def test_mcalc_itself_compares_no_expressions(monkeypatch):
    def refuse(self, other):
        raise AssertionError(f"{self} is compared with {other}")

    for kind in (mc.graph.expr.Expr, mc.Jacobian):
        monkeypatch.setattr(kind, "__eq__", refuse)
        monkeypatch.setattr(kind, "__ne__", refuse)
    for y, wrt, _ in [*ELEMENTWISE, *SUMS, *SCALARS, *NEURON, *MATRICES, *JOINED, *PRODUCTS][::2]:
        answers(mc.derive(y, wrt))
    for y in (np.sum(np.tanh(S @ x)), np.trace(S @ S), x @ (S @ x)):
        answers(mc.derive(y, S))
    answers(mc.derive(np.maximum(z**2 + 1, -1) + np.abs(z**2 + 2), z))  # seen on one side only
    for key in list(QUESTIONS)[::6]:
        exercise = mc.exercise(key)
        assert not exercise.why("x y z") and exercise.why(exercise.answer), key
        repr(exercise)
        if not isinstance(exercise, AboutMeaning):  # of which nothing is derived
            diagnose(exercise.derivation, exercise.derivation.y)
    mc.lines(mc.derivative(9 * (z + z**2), z), 9 + 18 * z)
    mc.compare(mc.derive(w - x, wrt=x), -mc.identity(), {"none": 0}, w=[1, 2], x=[3, 4])


@pytest.mark.parametrize("name", sorted({*FUNCTIONS}))
def test_what_has_a_meaning_in_the_notation_is_no_name(name):
    with pytest.raises(ValueError, match=r"it has a meaning in the notation|it is the .*: take "):
        mc.scalars(name)


@pytest.mark.parametrize("name", ["½", "x²", "x½", "Ⅷ²", "①", "a b_½"])
def test_a_name_is_one_that_python_takes(name):
    for make in (mc.scalars, lambda name: mc.vectors("x", size=name)):
        with pytest.raises(ValueError, match=r"is not a (usable name|size)"):
            make(name)


@pytest.mark.parametrize("name", "f g F f_1 e pi sigma E theta x_hat mean_1 normal i_1".split())
def test_other_names_are_usable(name):
    assert str(mc.scalars(name)) == name and mc.functions(name)


@pytest.mark.parametrize(
    "e, text",
    [
        (np.inner(S, S), "S S^T"),
        (np.inner(x, S), "S x"),
        (np.inner(S, x), "S x"),
        (np.inner(z, S), "S z"),
        (np.vdot(S, S.T), "sum(S ⊗ S^T)"),
        (np.vdot(x, w), "x.w"),
        (np.diag(x, 0), "diag(x)"),
        (np.clip(x, None, 1), "min(1, x)"),
        (np.clip(x, min=-1), "max(-1, x)"),
        (~(x > 0), "1 - (x > 0)"),
        (2 * ~(x > 0) * w, "2(1 - (x > 0)) ⊗ w"),
        (np.fmax(x, 0), "max(0, x)"),
        (np.fmax(np.log(x), w), "fmax(log(x), w)"),
        (np.fmin(w / (2 + x), 1), "fmin(1, w ⊘ (2 + x))"),
        (np.fmin(w / 2, x**2), "min(w/2, x^2)"),
    ],
)
def test_calls(e, text):
    assert str(e) == text


def test_the_larger_of_two_ignores_what_is_no_number():
    given = {"x": np.array([-1.0, 4.0, 0.25]), "w": np.array([2.0, -1.0, 3.0])}

    def slope(y, wrt):
        d = mc.derive(y, wrt)
        with np.errstate(all="ignore"):
            return d.numpy()(**{name: given[name] for name in d.parameters})

    root = np.array([0, 0.25, 1])  # the slope of sqrt(x), where it counts
    for larger, smaller in (
        (np.fmax(np.sqrt(x), 0), np.fmin(-np.sqrt(x), 0)),
        (np.fmax(0, np.sqrt(x)), -np.fmax(0, np.sqrt(x))),
        (np.fmax(np.sqrt(x), -w - 9), np.fmin(w + 9, -np.sqrt(x))),
        (np.fmax(np.sqrt(x), -9 + np.log(w)), -np.fmax(-9 + np.log(w), np.sqrt(x))),
    ):
        assert np.array_equal(slope(larger, x), np.diag(root))
        assert np.array_equal(slope(smaller, x), np.diag(-root))
    squared = slope((np.fmax(np.sqrt(x), 0) + w) ** 2, w)
    assert np.allclose(squared, np.diag(2 * (np.array([0, 2, 0.5]) + given["w"])))
    assert mc.derive(np.fmax(np.sqrt(x), np.log(w)), w).check()


def test_a_diagonal_matrix_is_zero_beside_what_has_no_value():
    with np.errstate(divide="ignore"):
        found = batch([np.diag(1 / q)], {"q": np.array([[0.0, 2, 4]])}, {})[np.diag(1 / q)][0]
    assert np.array_equal(found, np.diag([np.inf, 0.5, 0.25]))


def test_the_logarithm_of_a_determinant_by_its_name():
    sign, logarithm = found = np.linalg.slogdet(S)
    assert (
        found.sign is sign
        and found.logabsdet is logarithm
        and found._fields == ("sign", "logabsdet")
    )


def count_of_operands(form):
    written = form.__name__ == "<lambda>"
    return len(inspect.signature(form).parameters) if written else min(getattr(form, "nargs", (1,)))


CONSTANTS = [-2, -1, 0, 1, 0.5, 10, 0.1]
ROWS = {op.name: count_of_operands(op.sympy_form) for op in PRIMITIVES.values() if op.sympy_form}


@pytest.mark.parametrize("name", ROWS)
def test_a_constant_may_be_either_operand(name):
    """The derivative is right, or refused in a sentence, wherever the constant stands."""
    op, build = (
        PRIMITIVES[name],
        {"divide": np.divide}.get(name, partial(elementwise, PRIMITIVES[name])),
    )
    for place, given in itertools.product(range(ROWS[name]), combinations(ROWS[name] - 1)):
        args = [*given[:place], z, *given[place:]]
        try:
            d = mc.derive(build(*args), wrt=z)
            (
                repr(d),
                d._repr_latex_(),
                mc.derive(build(*given[:place], x, *given[place:]), x).jacobian,
            )
            compiled = d.numpy()
        except (mc.UnsupportedError, ValueError) as error:
            assert re.search("has no (derivative by|value)", str(error))
            continue
        for at in (-1.7, -0.6, 0.7, 1.3, 2.9):
            steps = at + 1e-4 * np.array([1, -1, 0.5, -0.5])
            with np.errstate(all="ignore"):
                values = op.numpy(*(steps if e is z else float(e) for e in args)) + 0.0 * steps
                found, right = compiled(z=at)[0, 0], values @ np.array([-1, 1, 8, -8]) / 6e-4
            if np.isfinite(right):
                assert found == pytest.approx(right, rel=1e-6, abs=1e-6), (args, at)


def combinations(count):
    return itertools.product(CONSTANTS, repeat=count)


# --- in place ----------------------------------------------------------------------------------


def test_an_assignment_with_an_operator_makes_a_new_formula():
    x, w = mc.vectors("x w")
    z = x
    z += 1
    z *= w
    z -= x
    z /= 2
    z **= 2
    assert z is ((((x + 1) * w) - x) / 2) ** 2 and x is mc.vectors("x")


CHANGED = [
    lambda x, w: np.tan(w, w), lambda x, w: np.add(x, 1, out=x), lambda x, w: np.add(x, w, x),
    lambda x, w: np.sum(x, out=np.zeros(())), lambda x, w: np.exp(x, out=np.zeros(3)),
]  # fmt: skip


@pytest.mark.parametrize("call", CHANGED)
def test_what_changes_an_array_is_refused(call):
    with pytest.raises(mc.UnsupportedError, match=r"formula cannot be changed: write z = np\."):
        call(*mc.vectors("x w"))


@pytest.mark.parametrize("name", dispatch.INSTEAD)
def test_what_has_no_rule_is_told_what_to_write(name):
    function = getattr(np, name, None) or getattr(np.linalg, name)
    with pytest.raises(mc.UnsupportedError, match=rf"{name} has no rule in mcalc; write \w"):
        dispatch.rule_of(function, {})


def test_a_name_means_the_same_in_all_branches():
    """Where c < ||A|| the smaller of both is c: but not under a name that both branches have."""
    a, c = mc.scalars("a"), z + b
    s = mc.let("s", np.minimum(c, np.linalg.norm(A)))
    assert mc.hessian(np.sum(np.where(w < 0, w / a / s, -2)), (z, a, b)).check()
