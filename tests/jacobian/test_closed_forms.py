"""The closed forms as the paper prints them, literally, and the steps that lead to them."""

from copy import copy

import numpy as np
import pytest
import sympy

import mcalc as mc
from mcalc.jacobian.intermediates import expression_graph

w, x = mc.vectors("w x")
b, z, t = mc.scalars("b z t")
A, B = mc.matrices("A B", shape=("n", "n"))
X, y = mc.matrices("X", shape=("N", "n")), mc.vectors("y", size="N")
q = mc.vectors("q", size=3)
f, g = mc.functions("f g", elementwise=True)
F, G = mc.functions("F G")
s = mc.let("s", np.exp(x) / np.sum(np.exp(x)))
loss = np.mean((y - np.maximum(0, X @ w + b)) ** 2)
one = t - np.maximum(0, w @ x + b)

ELEMENTWISE = [
    (w + x, w, "I"),
    (w + x, x, "I"),
    (w - x, w, "I"),
    (w - x, x, "-I"),
    (w * x, w, "diag(x)"),
    (w * x, x, "diag(w)"),
    (w / x, w, "diag(1/x)"),
    (w / x, x, "diag(-w/x^2)"),
    (f(w) * g(x), w, "diag(g(x) ⊗ f'(w))"),
    (F(w) + G(x), w, "F'(w)"),
    (F(w) * G(x), w, "diag(G(x)) F'(w)"),
    (np.maximum(0, x), x, "diag(1 if x > 0; 0 otherwise)"),
    (np.maximum(x, 0), x, "diag(1 if x > 0; 0 otherwise)"),
    (w > x, w, "0"),
    (x**3, x, "diag(3x^2)"),
    (x * x**2, x, "diag(3x^2)"),
    (np.sin(x**2), x, "diag(2x ⊗ cos(x^2))"),
    (np.abs(x), x, "diag(sign(x))"),
    (np.sqrt(x), x, "diag(1/(2 sqrt(x)))"),
    (np.where(w > 0, x, x**2), x, "diag(1 if w > 0; 2x otherwise)"),
]
EXPANSION = [
    (x + z, x, "I"),
    (x + z, z, "1_n"),
    (x * z, x, "z I"),
    (x * z, z, "x"),
    (3 * x, x, "3I"),
]
SUMS = [
    (np.sum(x), x, "1^T"),
    (np.sum(x * z), x, "z 1^T"),
    (np.sum(x * z), z, "sum(x)"),
    (np.sum(7 * x), x, "7 · 1^T"),
    (np.mean(x), x, "(1/n) 1^T"),
    (np.sum(w * x), w, "x^T"),
    (w @ x, w, "x^T"),
    (np.dot(w, x) + b, w, "x^T"),
    (np.dot(w, x) + b, b, "1"),
    (np.linalg.norm(x), x, "x^T/||x||"),
    (np.max(x), x, "(1 if x = max(x); 0 otherwise)^T"),
]
SCALARS = [
    (np.sin(z**2), z, "2z cos(z^2)"),
    (np.log(np.sin(z**3) ** 2), z, "6z^2 cos(z^3)/sin(z^3)"),
    (np.sin(z + z**2), z, "cos(z + z^2) (1 + 2z)"),
    (z + z**2, z, "1 + 2z"),
    (z * z**2, z, "3z^2"),
    (np.maximum(0, z), z, "1 if z > 0; 0 otherwise"),
    (np.tanh(z), z, "1 - tanh(z)^2"),
    (3 * b**2 * z, (b, z), "[6b z, 3b^2]"),
    ([3 * b**2 * z, 2 * b + z**8], (b, z), "[[6b z, 3b^2], [2, 8z^7]]"),
    ((z**2, 3 * z), z, "[2z, 3]^T"),
    ([np.log(z**2), np.sin(3 * z)], z, "[2/z, 3 cos(3z)]^T"),
]
NEURON = [
    (np.maximum(0, w @ x + b), w, "x^T if w.x + b > 0; 0^T otherwise"),
    (np.maximum(0, w @ x + b), b, "1 if w.x + b > 0; 0 otherwise"),
    (one, w, "-x^T if w.x + b > 0; 0^T otherwise"),
    (one**2, w, "2(w.x + b - t) x^T if w.x + b > 0; 0^T otherwise"),
    (loss, w, "(2/N) sum_i ((w.x_i + b - y_i) x_i^T if w.x_i + b > 0; 0^T otherwise)"),
    (loss, b, "(2/N) sum_i (w.x_i + b - y_i if w.x_i + b > 0; 0 otherwise)"),
    (np.mean((X @ w + b - y) ** 2), w, "(2/N) (X w + b - y)^T X"),
    (np.mean((y - (X @ w + b)) ** 2), w, "(2/N) (X w + b - y)^T X"),
    (np.mean((y - (X @ w + b)) ** 2), b, "(2/N) sum(X w + b - y)"),
]
MATRICES = [
    (A @ x, x, "A"),
    (x @ A, x, "A^T"),
    (A.T @ (A @ x), x, "A^T A"),
    (x @ (A @ x), x, "x^T (A + A^T)"),
    (np.sum((A @ x) ** 2), x, "2x^T A^T A"),
    (np.tanh(A @ x + b), x, "diag(1 - tanh(A x + b)^2) A"),
    (s, x, "diag(s) - s s^T"),
    (x / np.linalg.norm(x), x, "(I - y y^T)/||x||"),
    (np.log(np.sum(np.exp(x))), x, "exp(x)^T/sum(exp(x))"),
    (np.concatenate([x**2, w]), x, "[diag(2x); 0]"),
    (q[0] * q[1] ** 2, q, "[q_2^2, 2q_1 q_2, 0]"),
    (x - np.mean(x), x, "I - (1/n) 1 1^T"),
]

JOINED = [
    (np.concatenate([w * x, x]), x, "[diag(w); I]"),
    (np.concatenate([A @ x, x**2]), x, "[A; diag(2x)]"),
    (np.concatenate([x**2, y]) * np.sum(x), x, "[diag(2 sum(x) x) + x^2 1^T; y 1^T]"),
    (np.concatenate([y, x]) * np.sum(x), x, "[y 1^T; sum(x) I + x 1^T]"),
    (np.concatenate([x, y]) - np.mean(x), x, "[I - (1/n) 1 1^T; -(1/n) 1 1^T]"),
    (np.concatenate([x, w]) @ np.concatenate([w, x]), x, "2w^T"),
    (np.max(np.concatenate([x, w])), x, "(1 if x = max([x; w]); 0 otherwise)^T"),
    (np.concatenate([q[:2] * z, [b]]), q, "[[[z, 0, 0], [0, z, 0]]; 0]"),
    (np.concatenate([x * z, y]), z, "[x; 0_N]"),
    (np.stack([w @ x, x @ x]), x, "[w^T; 2x^T]"),
    (np.stack([w, x]) @ x, x, "[w^T; 2x^T]"),
    (np.stack([mc.ones(), x]) @ x, x, "[1^T; 2x^T]"),
    (np.stack([w, x]).T @ np.stack([z, b]), b, "x"),
    (q[1] * q, q, "[[q_2, q_1, 0], [0, 2q_2, 0], [0, q_3, q_2]]"),
    (q[0] * x, q, "[x^T; 0^T; 0^T]^T"),
]
PRODUCTS = [
    (A @ (w * x), x, "A diag(w)"),
    ((A @ x) * (A @ x), x, "2 diag(A x) A"),
    (np.outer(x, w) @ x, x, "(w.x) I + x w^T"),
    (np.diag(x) @ A @ x, x, "diag(A x) + diag(x) A"),
    (np.tanh(w * x) @ A, x, "A^T diag(w ⊗ (1 - tanh(w ⊗ x)^2))"),
    (np.maximum(A @ x, 0), x, "diag(1 if A x > 0; 0 otherwise) A"),
    (w @ x * (A @ x), x, "A x w^T + (w.x) A"),
    (x @ A @ x * x, x, "x x^T (A + A^T) + (x^T A x) I"),
    (x / np.sum(x), x, "(I - x 1^T/sum(x))/sum(x)"),
    (np.var(x), x, "(2/n) (x - (1/n) sum(x))^T"),
    (np.sum(A @ x), x, "1^T A"),
    (np.ones_like(w) * x, x, "I"),
    (A @ (mc.identity("n") @ x), x, "A"),
    (np.trace(np.diag(x) @ A), x, "diagonal(A)^T"),
    (np.trace(np.diag(x) @ A @ B), x, "1^T (A^T ⊗ B)"),
    (mc.let("u", mc.ones() * w) * x, x, "diag(w)"),
    ((np.outer(w, w) - mc.identity()) @ x, x, "w w^T - I"),
    ((x * z) @ A, z, "A^T x"),
    (np.where(z > 0, x * z, x), z, "x if z > 0; 0 otherwise"),
]


@pytest.mark.parametrize(
    "expression, wrt, text",
    ELEMENTWISE + EXPANSION + SUMS + SCALARS + NEURON + MATRICES + JOINED + PRODUCTS,
    ids=lambda part: part if isinstance(part, str) else None,
)
def test_closed_form(expression, wrt, text):
    d = mc.derive(expression, wrt=wrt)
    assert str(d.jacobian) == text
    assert d.equals(d.jacobian)
    assert d.check(points=2)


HESSIANS = [
    (np.mean(np.logaddexp(0, X @ w) - y * (X @ w)), w, "(1/N) X^T diag(σ(X w) ⊗ (1 - σ(X w))) X"),
    (x @ (A @ x), x, "A + A^T"),
    (np.mean((y - X @ w) ** 2), w, "(2/N) X^T X"),
    (np.sum(x**3), x, "diag(6x)"),
    (3 * b**2 * z, (b, z), "[[6z, 6b], [6b, 0]]"),
]


@pytest.mark.parametrize("expression, wrt, text", HESSIANS, ids=lambda p: str(p)[:30])
def test_hessian(expression, wrt, text):
    second = mc.hessian(expression, wrt)
    assert str(second.jacobian) == text
    assert second.check(points=2)


@pytest.mark.parametrize(
    "expression, wrt, shape",
    [
        (w * x, w, ("n", "n")),
        (w @ x, w, (1, "n")),
        (x * z, z, ("n", 1)),
        (z**2, z, (1, 1)),
        (X @ w, w, ("N", "n")),
        ([b * z, b], (b, z), (2, 2)),
    ],
)
def test_the_shape_is_that_of_numerator_layout(expression, wrt, shape):
    assert mc.derive(expression, wrt=wrt).jacobian.shape == shape


def test_the_four_steps_with_a_name_of_the_readers():
    u = mc.let("u", w * x)
    d = mc.derive(np.sum(u), wrt=w)
    assert [step.kind for step in d.steps] == [
        "introduce",
        "differentiate",
        "combine",
        "substitute",
    ]
    assert [step.text for step in d.steps] == [
        "u = w ⊗ x\ny = sum(u)",
        "∂u/∂w = diag(x)\n∂y/∂u = 1^T",
        "∂y/∂w = ∂y/∂u ∂u/∂w = 1^T diag(x)",
        "∂y/∂w = 1^T diag(x) = x^T",
    ]
    assert d.steps[2].latex == (
        r"\frac{\partial y}{\partial \mathbf{w}} = \frac{\partial y}{\partial \mathbf{u}} "
        r"\frac{\partial \mathbf{u}}{\partial \mathbf{w}} = \vec{1}^T \operatorname{diag}"
        r"{\left(\mathbf{x}\right)}"
    )


def test_the_steps_of_a_chain_of_scalars():
    d = mc.derive(np.log(np.sin(z**3) ** 2), wrt=z)
    assert [step.text for step in d.steps] == [
        "u_1 = z^3\nu_2 = sin(u_1)\nu_3 = u_2^2\ny = log(u_3)",
        "du_1/dz = 3z^2\ndu_2/du_1 = cos(u_1)\ndu_3/du_2 = 2u_2\ndy/du_3 = 1/u_3",
        "dy/dz = dy/du_3 du_3/du_2 du_2/du_1 du_1/dz = 1/u_3 · 2u_2 · cos(u_1) · 3z^2",
        "dy/dz = 1/sin(z^3)^2 · 2 sin(z^3) · cos(z^3) · 3z^2 = 6z^2 cos(z^3)/sin(z^3)",
    ]


def test_the_total_derivative_keeps_its_paths_apart():
    d = mc.derive(z + z**2, wrt=z)
    assert d.steps[2].text == "dy/dz = ∂y/∂z + ∂y/∂u du/dz = 1 + 1 · 2z"
    joined = mc.derive(np.sin(z + z**2), wrt=z).steps[2].text
    assert joined.splitlines() == [
        "du_2/dz = ∂u_2/∂z + ∂u_2/∂u_1 du_1/dz = 1 + 1 · 2z",
        "dy/dz = dy/du_2 du_2/dz = cos(u_2) · du_2/dz",
    ]


@pytest.mark.parametrize(
    "expression, wrt, rule, reason",
    [
        (np.sin(z**2), z, "single-variable chain rule", "one path leads from z to y"),
        (z + z**2, z, "single-variable total-derivative chain rule", "2 paths lead from z to y"),
        (np.sum(w * x), w, "vector chain rule", "w is a vector"),
        ([np.log(z**2), np.sin(3 * z)], z, "vector chain rule", "y is a vector"),
        (
            np.sin(mc.let("u", b * z)),
            (b, z),
            "single-variable chain rule",
            "from b and z to y each",
        ),
    ],
)
def test_the_rule_and_its_reason(expression, wrt, rule, reason):
    d = mc.derive(expression, wrt=wrt)
    assert d.rule == rule
    assert reason in d.reason
    assert repr(d).endswith(f"{rule}: {d.reason}")


def test_a_claim_may_use_the_names_of_the_expression():
    u = mc.let("u", z**2)
    d = mc.derive(z * u**2, wrt=z)
    free = mc.scalars("u")
    assert d.equals(free**2 + 4 * z**2 * free) and not d.equals(free**2)
    assert "u is not a variable" in mc.derive(z**4, wrt=z).why(free)


def test_an_entry_of_a_named_stack_is_on_the_path_itself():
    g = mc.let("g", np.stack([z**2, 3 * z]))
    d = mc.derive([np.log(g[0]), np.sin(g[1])], wrt=z)
    assert d.equals(np.stack([2 / z, 3 * np.cos(3 * z)])) and d.graph.path_count == 1
    assert mc.derive(np.stack([2, z])[0], wrt=z).equals(0)


def test_the_transpose_of_a_grid_is_a_grid():
    jacobian = mc.derive([z * b, z + b], wrt=(z, b)).jacobian
    assert (str(jacobian), str(jacobian.T)) == ("[[b, z], [1, 1]]", "[[b, 1], [z, 1]]")


def test_a_single_operation_is_no_chain_and_no_rule_is_named():
    for d in (mc.derive(w * x, wrt=w), mc.derive(3 * b**2 * z, wrt=(b, z))):
        assert "chain rule" not in repr(d) and "chain rule" not in d._repr_latex_()


def test_a_repeated_subexpression_has_the_readers_name_or_that_of_the_result():
    softmax = np.exp(x) / np.sum(np.exp(x))
    assert str(mc.derive(softmax, wrt=x).jacobian) == "diag(y) - y y^T"
    assert str(mc.derive(mc.let("p", softmax), wrt=x).jacobian) == "diag(p) - p p^T"


K, V = mc.matrices("K", shape=("N", "n")), mc.matrices("V", shape=("N", "m"))
attention = mc.let("a", np.exp(K @ x) / np.sum(np.exp(K @ x)))
deviation, root = mc.let("r", np.std(x)), mc.let("r", np.sqrt(np.mean(x**2)))
length = mc.let("r", np.linalg.norm(x))
FOLDED = {  # what is built of a name, and the same written with it
    "log of softmax": (np.log(s), "I - 1 s^T"),
    "cross-entropy": (-np.sum(w * np.log(s)), "(sum(w) s - w)^T"),
    "cross-entropy of one": (-np.log(w @ s), "(s - s ⊗ w/(w.s))^T"),
    "softmax of scores": (attention, "(diag(a) - a a^T) K"),
    "attention": (attention @ V, "V^T (diag(a) - a a^T) K"),
    "unit vector": (mc.let("h", x / length), "(I - h h^T)/r"),
    "root mean square": (mc.let("h", x / root), "(I - (1/n) h h^T)/r"),
    "layer norm": (mc.let("h", (x - np.mean(x)) / deviation), "(I - (1/n) (1 1^T + h h^T))/r"),
    # not where it would take longer, where nothing is divided by it, or by what may be zero
    "once": (mc.let("e", np.exp(x)) * w, "diag(w ⊗ exp(x))"),
    "a dot product": (np.maximum(0, mc.let("u", w @ x + b)), "w^T if w.x + b > 0; 0^T otherwise"),
    "what may be zero": (
        np.sum(mc.let("q", (np.sum(x) * np.exp(x)) ** 2)),
        "2 sum(x) (sum(exp(x)^2) + sum(x) exp(x)^2)^T",
    ),
}


@pytest.mark.parametrize("expression, text", FOLDED.values(), ids=FOLDED)
def test_a_closed_form_uses_the_readers_names(expression, text):
    d = mc.derive(expression, wrt=x)
    assert str(d.jacobian) == text
    assert d.check(sizes=(1, 2, 3), points=2).passed


def test_the_logistic_function():
    d = mc.derive(mc.sigmoid(x), wrt=x)
    assert str(d.jacobian) == "diag(σ(x) ⊗ (1 - σ(x)))" and r"\sigma" in d._repr_latex_()
    assert str(mc.derive(np.logaddexp(0, x), wrt=x).jacobian) == "diag(σ(x))"
    assert str(mc.derive(np.logaddexp(z, x), wrt=z).jacobian) == "1 - σ(x - z)"
    assert str(mc.derive(np.logaddexp(2, x), wrt=x).jacobian) == "diag(σ(x - 2))"
    assert d.check().passed and d.equals(mc.diag(np.exp(-x) / (1 + np.exp(-x)) ** 2))
    assert list(mc.sigmoid([0, -1000, 1000])) == [0.5, 0, 1]
    assert np.allclose(mc.sigmoid([-40, -700]) / np.exp([-40, -700]), 1, rtol=1e-15, atol=0)
    assert mc.derive(np.logaddexp(0, z), wrt=z).check(at={"z": 800.0}).passed


def test_denominator_layout_is_shown_as_the_transpose():
    jacobian = mc.derive(A @ x, wrt=x).jacobian
    mc.layout("denominator")
    try:
        assert repr(jacobian) == "A^T   (n x n, denominator layout)"
        assert str(jacobian) == "A"
    finally:
        mc.layout("numerator")
    assert repr(jacobian) == "A   (n x n)"
    assert repr(mc.derive(w @ x, wrt=w).jacobian.T) == "x  (n x 1)"


def test_the_example_of_the_readme():
    def activation(w, x, b):
        return np.maximum(0, w @ x + b)

    d = mc.derive(activation(w, x, b), wrt=w)
    assert str(d.jacobian) == "x^T if w.x + b > 0; 0^T otherwise"
    assert d.explicit(n=3).shape == (1, 3)
    assert d.check()
    assert activation(np.ones(3), np.ones(3), 0) == 3


def test_explicit_is_sympys_matrix_of_scalars():
    w_1, w_2, x_1, x_2 = sympy.symbols("w_1 w_2 x_1 x_2", real=True)
    assert mc.derive(w * x, wrt=w).explicit(n=2) == sympy.diag(x_1, x_2)
    assert mc.derive(w @ x, wrt=w).explicit(n=2) == sympy.Matrix([[x_1, x_2]])
    assert mc.entries(w / x, n=2) == sympy.Matrix([w_1 / x_1, w_2 / x_2])


def test_the_gradient_has_the_shape_of_the_variable():
    d = mc.derive(loss, wrt=w)
    assert d.gradient.shape == w.shape
    assert d.parameters == ("y", "X", "w", "b")
    values = {"X": np.ones((4, 2)), "w": np.ones(2), "b": 1.0, "y": np.zeros(4)}
    assert d.numpy()(**values).shape == (1, 2)
    assert d.vjp(1.0, **values).shape == (2,)
    assert d.jvp(np.ones(2), **values).shape == ()


def test_a_condition_is_no_path():
    d = mc.derive(np.where(w @ x + b > 0, w @ x + b, 0), wrt=w)
    assert d.steps[0].text == "u = w.x + b\ny = u if u > 0; 0 otherwise"
    assert d.steps[1].text == "∂u/∂w = x^T\n∂y/∂u = 1 if u > 0; 0 otherwise"
    assert "one path" in d.reason


def test_names_of_the_reader_are_not_taken_for_something_else():
    u = mc.let("u", np.sin(z))
    v = mc.let("v", u**2)
    assert mc.derive(np.exp(v**2), wrt=v).steps[0].text == "u_1 = v^2\ny = exp(u_1)"


def test_a_matrix_times_a_vector_of_parts():
    r, B = mc.vectors("r", size=2), mc.matrices("B", shape=("m", 3))
    d = mc.derive(B @ np.concatenate([r, [z]]), wrt=r)
    assert str(d.jacobian) == "B [I; 0_(1, 2)]"
    assert d.check()


def test_where_nothing_moves():
    d = mc.derive(w > x, wrt=w)
    assert repr(d) == "1. introduce      y = w > x\n4. substitute     ∂y/∂w = 0   (n x n)"
    assert d.reason == "no path leads from w to y along which anything moves"


def test_what_only_repeats_a_step_is_not_shown():
    assert repr(mc.derive(w * x, wrt=w)).splitlines()[:3] == [
        "1. introduce      y = w ⊗ x",
        "2. differentiate  entry i: ∂(w_i x_i)/∂w_i = w_i · 0 + x_i · 1 = x_i",
        "                  ∂y/∂w = diag(x)   (n x n)",
    ]


def test_deriving_by_an_intermediate_variable():
    u = mc.let("u", w * x)
    d = mc.derive(np.sum(u**2), wrt=u)
    assert str(d.jacobian) == "2u^T" and d.equals(2 * u.T)
    assert d.why(-2 * u.T) == "the sign is wrong: yours is the negative"


def test_the_result_has_a_name_that_is_free():
    assert mc.derive(mc.let("p", np.sin(z**2)), wrt=z).output == "p"
    names = "y f C r h y_1 y_2".split()
    for k, free in enumerate(names):
        taken = [mc.scalars(name) for name in ["z", *names[:k]]]
        assert mc.derive(np.sum(np.stack(taken)), wrt=taken[0]).output == free


def test_the_graph_of_an_expression_runs_from_all_its_vectors_and_scalars():
    y, u = mc.vectors("y u_1")
    graph = expression_graph(np.sum(np.tanh(A @ y + u) * z))
    assert graph.variables == (y, u, z)
    assert [f"{v} = {made}" for v, made in graph.definitions.items()] == [
        "u_2 = A y + u_1",
        "u_3 = tanh(u_2)",
        "u_4 = u_3 z",
        "f = sum(u_4)",
    ]


def test_the_printed_form_and_the_code_do_not_grow_with_n():
    large, small = mc.vectors("v", size=100_000), mc.vectors("v", size=3)
    forms = [mc.derive(np.exp(v) / np.sum(np.exp(v)), wrt=v) for v in (large, small)]
    assert str(forms[0].jacobian) == str(forms[1].jacobian)
    sources = [d.numpy().source for d in forms]
    assert sources[0] == sources[1]


def test_a_million_elements_need_no_matrix():
    n = 1_000_000
    d = mc.derive(np.sin(x) * w, wrt=x)
    values = {"x": np.linspace(0, 1, n), "w": np.full(n, 2.0)}
    expected = 2 * np.cos(values["x"])
    assert np.allclose(d.jvp(np.ones(n), **values), expected)
    assert np.allclose(d.vjp(np.ones(n), **values), expected)


def test_the_gradient_of_the_loss_is_two_products_and_a_mask():
    source = mc.derive(loss, wrt=w).numpy().source
    assert source.count(".dot(") == 2
    assert not any(part in source for part in ("np.diag", "np.where", "* 1.0"))


def test_a_jacobian_stands_for_its_formula():
    outer, inner = mc.derive(mc.let("y", np.sum(x**2)), wrt=x), mc.derive(A @ x, wrt=x)
    assert inner.equals(inner.jacobian)
    assert str(outer.jacobian @ inner.jacobian) == "2x^T A"


def test_without_a_closed_form_there_are_products():
    P, Q, R = mc.matrices("P Q R", shape=("n", "n"))

    def bridge(P, Q, R, x):
        return np.sum((P @ (Q * (R @ np.diag(x) @ P))) * Q, axis=1)

    rng = np.random.default_rng(0)
    values = dict(zip("PQR", rng.normal(size=(3, 4, 4)), strict=True)) | {"x": rng.normal(size=4)}
    moved = [bridge(**values | {"x": values["x"] + 1e-30j * e}) for e in np.eye(4)]
    jacobian, v = 1e30 * np.imag(moved).T, rng.normal(size=4)
    d = mc.derive(bridge(P, Q, R, x), wrt=x)
    np.testing.assert_allclose(d.jvp(v, **values), jacobian @ v)
    np.testing.assert_allclose(d.vjp(v, **values), v @ jacobian)


def test_another_closed_form_leaves_a_copy_as_it_was():
    d = mc.derive(w * x, wrt=w)
    wrong = copy(d)
    wrong.jacobian = mc.Jacobian(mc.diag(-x))
    assert str(wrong.jacobian) == "diag(-x)" and str(d.jacobian) == "diag(x)"
    assert wrong.numpy()(x=[2.0]) == -2 and d.numpy()(x=[2.0]) == 2
    assert "diag(-x)" in repr(wrong) and "diag(-x)" not in repr(d)
