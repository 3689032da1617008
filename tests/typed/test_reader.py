"""What a typed line means, what it says when it cannot be read, and that it never fails otherwise.

The random lines are in two kinds: some that are made together with the expression they mean, and a
soup of signs and characters, of which nothing but a ReadError may come.
"""

import pickle
import random
import re

import numpy as np
import pytest
import test_closed_forms as closed_forms
import test_matrices as matrices
import test_oracle as oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mcalc as mc
from mcalc.graph.primitives import DOT, PRIMITIVES, of_vectors
from mcalc.graph.walk import symbols, walk
from mcalc.typed.operators import _ALIASES, _UNARY, FUNCTIONS
from mcalc.typed.read import ReadError, product, read

w, x = mc.vectors("w x")
b, z = mc.scalars("b z")
A, B = mc.matrices("A", shape=("n", "n")), mc.matrices("B", shape=("m", "n"))
X, y, e = mc.matrices("X", shape=("N", "n")), mc.vectors("y", size="N"), mc.vectors("e", size="N")
q = mc.vectors("q", size=3)
NAMES = {"w": w, "x": x, "b": b, "z": z, "A": A, "B": B, "q": q}
DATA = {"w": w, "X": X, "y": y, "b": b, "e": e, "A": A}
I, one, zero = mc.identity(), mc.ones(), mc.zeros()
N, n = mc.size("N"), mc.size("n")


def dot(a, b):
    return of_vectors(DOT, a, b)


# --- what a line means -------------------------------------------------------------------------

positive = w @ x + b > 0
MEANINGS = {
    # the paper's
    "w.x 2": dot(w, x) * 2,
    "2(w.x + b - z)x^T": 2 * (dot(w, x) + b - z) * x.T,
    "x^T if w.x + b > 0; 0^T otherwise": mc.cases((x.T, positive), zero.T),
    "diag(-w/x^2)": mc.diag(-(w / x**2)),
    "1^T": one.T,
    "(q + q)_1 (q + q)_3": (q + q)[0] * (q + q)[2],
    "1^T x + (0^T x) (x^T 1)": one @ x + (zero @ x) * (x @ one),
    "0^T": zero.T,
    "3I": 3 * I,
    "I z": I * z,
    "I - (1/n) 1 1^T": I - (1 / n) * mc.outer(one, one),
    "[6b z, 3b^2]": np.stack([6 * b * z, 3 * b**2]).T,
    # names
    "2z b": 2 * z * b,
    "2zb": 2 * z * b,
    "bzx": b * z * x,
    "zcos(b)": z * np.cos(b),
    "zq_2": z * q[1],
    "q_1": q[0],
    "(q + 1)_3": (q + 1)[2],
    "n z": n * z,
    "m n": mc.size("m") * n,
    "I": I,
    "pi z": np.pi * z,
    "e^x": np.exp(x),
    "e": np.exp(mc.graph.expr.as_expr(1)),
    "z e": z * np.exp(mc.graph.expr.as_expr(1)),
    # numbers
    "12": mc.graph.expr.as_expr(12),
    "1.5z": 1.5 * z,
    ".5z": 0.5 * z,
    "z .5": z * 0.5,
    "1/2": mc.graph.expr.as_expr(0.5),
    "-1/2": mc.graph.expr.as_expr(-0.5),
    "1e-05": mc.graph.expr.as_expr(1e-5),
    "999999999999999": mc.graph.expr.as_expr(999999999999999),
    # transposes
    "x'": x.T,
    "x.T": x.T,
    "x.Tᵀ": x,
    "xᵀ": x.T,
    "x^T": x.T,
    "x'''": x.T,
    "x^T^T": x,
    "(w + x)^T": (w + x).T,
    "A^T x": A.T @ x,
    "x^Tw": x.T @ w,
    "x^TA": x.T @ A,
    "z^T": z,
    # powers
    "x^2": x**2,
    "x**2": x**2,
    "x²": x**2,
    "z³": z**3,
    "z⁻²": z**-2,
    "z⁻¹²": z**-12,
    "z^-2": z**-2,
    "z^−2": z**-2,
    "z^b^2": z ** (b**2),
    "-z^2": -(z**2),
    "z²^b": (z**2) ** b,
    "2^z": 2**z,
    "z^(1/2)": z**0.5,
    "z^(50 + 49)": z**99,
    "x'^2": x.T**2,
    "x^2 w^T": mc.outer(x**2, w),
    "w^x": w**x,
    # dot products
    "w.x": dot(w, x),
    "w·x": dot(w, x),
    "w ⋅ x": dot(w, x),
    "w . x": dot(w, x),
    "w^T.x": dot(w, x),
    "b w.x": b * dot(w, x),
    "w.x b": dot(w, x) * b,
    "x w.x": x * dot(w, x),
    "1/w.x": 1 / dot(w, x),
    "w.-x": dot(w, -x),
    "x^2.w": dot(x**2, w),
    "z · z^2": z * z**2,
    "1/z · 2b": (1 / z) * 2 * b,
    "7 · 1^T": 7 * one.T,
    "A x · w": A * dot(x, w),
    # products by shape
    "A x": A @ x,
    "x^T A": x.T @ A,
    "w^T x": dot(w, x),
    "w x^T": mc.outer(w, x),
    "A A": A @ A,
    "B A x": B @ A @ x,
    "x^T A x": x.T @ A @ x,
    "z A": z * A,
    "x z": x * z,
    "A * x": A @ x,
    "A @ x": A @ x,
    "A × A": A @ A,
    "w @ x": dot(w, x),
    "w * x": w * x,
    "w^T * x^T": w.T * x.T,
    "w^T * x": dot(w, x),
    "w * x^T": mc.outer(w, x),
    "A 1": A @ one,
    "x^T 1": dot(x, one),
    "1 x^T": mc.outer(one, x),
    "1*x^T": 1 * x.T,
    "2 · 1 x^T": 2 * mc.outer(one, x),
    "(w.x)(b + z)": dot(w, x) * (b + z),
    "z[b, 1]": z * np.stack([b, 1]).T,
    "2|z|": 2 * abs(z),
    # element by element
    "w ⊗ x": w * x,
    "w (*) x": w * x,
    "w ⊙ x": w * x,
    "w ∘ x": w * x,
    "w ⊘ x": w / x,
    "w (/) x": w / x,
    "2x ⊗ cos(x^2)": 2 * x * np.cos(x**2),
    "z ⊗ b": z * b,
    "w/x": w / x,
    "1/x": 1 / x,
    "x/z*b": x / z * b,
    "x/(z b)": x / (z * b),
    "x^T/z A": x.T / z @ A,
    # sums and signs
    "x + 1": x + 1,
    "w - x + z": w - x + z,
    "w − x": w - x,
    "-x": -x,
    "+x": x,
    "--x": np.negative(-x),
    "b*-z": b * -z,
    "-2z b": -(2 * z * b),
    "A + z I": A + z * I,
    # functions
    "max(0, z)": np.maximum(0, z),
    "min(w, x)": np.minimum(w, x),
    "max(x)": np.max(x),
    "min(x)": np.min(x),
    "sum(x)": np.sum(x),
    "sum(x^T)": np.sum(x),
    "mean(x)": np.mean(x),
    "diag(x)": mc.diag(x),
    "norm(x)": np.linalg.norm(x),
    "||x||": np.linalg.norm(x),
    "‖x‖": np.linalg.norm(x),
    "outer(w, x)": mc.outer(w, x),
    "dot(w, x)": dot(w, x),
    "relu(x)": np.maximum(0, x),
    "ln(z)": np.log(z),
    "abs(x)": np.abs(x),
    "atan(z)": np.arctan(z),
    "exp(x)^T": np.exp(x).T,
    "σ(x)": mc.sigmoid(x),
    "sigmoid(b + z)": mc.sigmoid(b + z),
    # as other programs have it
    "np.diag(2*x)": mc.diag(2 * x),
    "np.linalg.norm(x) mc.ones(n)": np.linalg.norm(x) * mc.ones("n"),
    "np.transpose(x)": x.T,
    "np.where(w < x, 1, 0)": np.where(w < x, 1, 0),
    "w .* x": w * x,
    "w ./ x.^2": w / x**2,
    "√(1 + z^2)": np.sqrt(1 + z**2),
    "√z b": np.sqrt(z) * b,
    "½ x": 0.5 * x,
    "sin^2(z)": np.sin(z) ** 2,
    "sin²(z) b": np.sin(z) ** 2 * b,
    "x^t": x.T,
    "x^⊤": x.T,
    "w^T 1/n": w.T / n,
    "I 1/z": I / z,
    "(z, 2b)": np.stack([z, 2 * b]).T,
    "dy/dx = 2z": 2 * z,
    "dz = 2z": 2 * z,
    "f'(x) = 2z": 2 * z,
    # LaTeX
    r"\frac{1}{n} \mathbf{w}^T": (1 / n) * w.T,
    r"\operatorname{diag}{\left(2\mathbf{x}\right)} \qquad (n \times n\text{})": mc.diag(2 * x),
    r"\begin{bmatrix} 1 & z \\ b & 2 \end{bmatrix}": np.stack([np.stack([1, z]), np.stack([b, 2])]),
    r"\begin{cases} \mathbf{x}^T & \text{if } z > 0 \\ \vec{0}^T & \text{otherwise} \end{cases}":
        mc.cases((x.T, z > 0), zero.T),
    r"\sqrt{z} \sin{\left(b^{2}\right)}": np.sqrt(z) * np.sin(b**2),
    # of matrices
    "tr(A)": np.trace(A),
    "sum(A) x^T": np.sum(A) * x.T,
    "mean(A)": np.mean(A),
    "trace(A B^T B)": np.trace(A @ B.T @ B),
    "det(A) z": np.linalg.det(A) * z,
    "log(|det(A)|)": np.log(abs(np.linalg.det(A))),
    "inv(A) x": np.linalg.inv(A) @ x,
    "A^-1 x": np.linalg.inv(A) @ x,
    "A.T @ (A * A)": A.T @ (A * A),
    "A * A": A @ A,
    "A^-T x": np.linalg.inv(A).T @ x,
    "A^(-T) A^{-T}": np.linalg.inv(A).T @ np.linalg.inv(A).T,
    "A⁻¹^T": np.linalg.inv(A).T,
    "||B||_F": np.linalg.norm(B),
    "||B|| ||x||": np.linalg.norm(B) * np.linalg.norm(x),
    "B/||B||_F": B / np.linalg.norm(B),
    # bars
    "|x|": np.abs(x),
    "|z|^2": abs(z) ** 2,
    "|b - |z||": abs(b - abs(z)),
    "||b| - z|": abs(abs(b) - z),
    "||b| - |z||": abs(abs(b) - abs(z)),
    "|z |b||": abs(z * abs(b)),
    "|z| |b|": abs(z) * abs(b),
    "||w|| |z|": np.linalg.norm(w) * abs(z),
    "||z||": abs(z),
    "|||w|| - z|": abs(np.linalg.norm(w) - z),
    "|||z| - b| - 2|": abs(abs(abs(z) - b) - 2),
    "|||w|| - ||x|||": abs(np.linalg.norm(w) - np.linalg.norm(x)),
    "||w|||z|": np.linalg.norm(w) * abs(z),
    "||w| .|x||": abs(dot(abs(w), abs(x))),
    # comparisons and cases
    "w > x": w > x,
    "z >= b": z >= b,
    "z ≤ b": z <= b,
    "z <= b": z <= b,
    "z = b": np.equal(z, b),
    "z == b": np.equal(z, b),
    "z != b": np.not_equal(z, b),
    "z ≠ b": np.not_equal(z, b),
    "(z > 0)(b > 0)": (z > 0) * (b > 0),
    "1 if z > 0": mc.cases((1, z > 0)),
    "1 if z > 0; b if b > 0; z otherwise": mc.cases((1, z > 0), (b, b > 0), z),
    "1 if z > 0 else b if b > 0 else z": mc.cases((1, z > 0), (b, b > 0), z),
    "(x^T if z > 0)": mc.cases((x.T, z > 0), zero.T),
    "x if z > 0; 0 otherwise": mc.cases((x, z > 0), zero),
    "0 if z > 0; x^T otherwise": mc.cases((zero.T, z > 0), x.T),
    "2(1 if x > 0; 0 otherwise)^T": 2 * mc.cases((1, x > 0)).T,
    "max(1 if z > 0; b otherwise, 2)": np.maximum(mc.cases((1, z > 0), b), 2),
    # lists
    "[b, z]": np.stack([b, z]).T,
    "[b, z]^T": np.stack([b, z]),
    "[b; z]": np.stack([b, z]),
    "[b]": np.stack([b]).T,
    "[[b, z], [1, b]]": np.stack([np.stack([b, z]), np.stack([1, b])]),
    "[b, z; 1, b]": np.stack([np.stack([b, z]), np.stack([1, b])]),
    "[[b, z]]": np.stack([np.stack([b, z])]),
    "[x^T; w^T]": np.stack([x, w]),
    "[x, w]": np.stack([x, w], axis=1),
    "[w; x]": np.concatenate([w, x]),
    "[1^T; -1^T]": np.stack([one, -one]),
    "[x^T; 0^T]": np.stack([x, zero]),
    "[A; B]": mc.graph.expr.NUMPY["blocks"](A, B),
    "[w; b]": np.concatenate([w, [b]]),
    "[w^T, x^T]": np.concatenate([w, x]).T,
    "[1 if z > 0; b otherwise, z]": np.stack([mc.cases((1, z > 0), b), z]).T,
    "[1 if z > 0; b otherwise; z]": np.stack([mc.cases((1, z > 0), b), z]),
}  # fmt: skip


@pytest.mark.parametrize("text", MEANINGS)
def test_meaning(text):
    found = read(text, **NAMES)
    assert found is mc.graph.expr.as_expr(MEANINGS[text]), f"{found!r}"


def test_every_elementwise_row_and_every_function_is_read():
    simple = {name for name, op in PRIMITIVES.items() if op.sympy_form and op.numpy in _unary()}
    assert simple <= set(FUNCTIONS) and {"sqrt", "tanh", "sign", "absolute"} <= simple
    for name in simple:
        assert read(f"{name} (x)", x=x) is PRIMITIVES[name].numpy(x)


def _unary():
    return {op.numpy for op in PRIMITIVES.values() if getattr(op.numpy, "nin", 0) == 1}


IN_DATA = {
    "sum_i e_i x_i^T": e.T @ X,
    "sum_i (e_i x_i^T)": e.T @ X,
    "sum_i e_i x_i": X.T @ e,
    "sum_i x_i^T e_i": e.T @ X,
    "sum_i x_i^T": one.T @ X,
    "sum_i -x_i^T": -(one.T @ X),
    "sum_i (y_i - w.x_i)^2": np.sum((y - X @ w) ** 2),
    "(1/N) sum_i (w^T x_i + b - y_i)": np.mean(X @ w + b - y),
    "sum_i x_i.w x_i^T": (X @ w).T @ X,
    "sum_i x_i^T w": np.sum(X @ w),
    "sum_i (w.x_i) cos(y_i) w^T": np.sum((X @ w) * np.cos(y)) * w.T,
    "sum_i (w.x_i + b - y_i) x_i^T/N": (X @ w + b - y).T @ X / N,
    "sum_i (2 e_i x_i^T - y_i x_i^T)": (2 * e - y).T @ X,
    "sum_i (x_i^T if w.x_i > 0; 0^T otherwise)": np.greater(X @ w, 0).T @ X,
    "sum_i (e_i x_i^T if w.x_i > 0)": (np.greater(X @ w, 0) * e).T @ X,
    "sum_i (y_i if w.x_i + b > 0; 0 otherwise)": np.sum(np.where(X @ w + b > 0, y, 0)),
    "sum_i relu(y_i)": np.sum(np.maximum(0, y)),
    "sum_i max(0, w.x_i)": np.sum(np.maximum(0, X @ w)),
    "sum_i ((X w - y)_i)": np.sum(X @ w - y),
    "sum_i (y_i) w w^T": np.sum(y) * mc.outer(w, w),
    "sum_i (y_i) x_i^T A": y.T @ X @ A,
    "sum_i (y_i)^2 + b": np.sum(y**2) + b,
    "2 sum_i y_i + b": 2 * np.sum(y) + b,
    "sum_i (y_i) - sum_i (e_i)": np.sum(y) - np.sum(e),
    "2/N w^T": 2 / N * w.T,
    "1/2 w^T": mc.graph.expr.as_expr(1) / 2 * w.T,
    "sum_i (y_i) sum_i (e_i)": np.sum(y) * np.sum(e),
    "sum_i (y_i) A": np.sum(y) * A,  # behind the parentheses the sum ends
    "sum_i (y_i) A w if b > 0; 0 otherwise": mc.cases((np.sum(y) * A @ w, b > 0), zero),
    "sum_i (y_i) A sum_i e_i": np.sum(y) * A * np.sum(e),
    "(sum_i (y_i) A)^T": np.sum(y) * A.T,
    "sum_i (y_i) (X w)_i": y @ X @ w,  # but not before a factor that runs over the data
    "sum_i (y_i) (w.w + b) x_i^T": (w @ w + b) * y.T @ X,
    "sum_i (y_i) ([1, 2] [3; 4]) x_i^T": 11 * y.T @ X,
    "sum_i (y_i) (b > 0) x_i^T": (b > 0) * y.T @ X,
    "sum_i (y_i) (b if b > 0) x_i^T": np.maximum(0, b) * y.T @ X,
}


@pytest.mark.parametrize("text", IN_DATA)
def test_sum_over_the_data(text):
    found, wanted = read(text, **DATA), IN_DATA[text]
    assert found.shape == wanted.shape
    assert (
        mc.check.claims.first_difference(
            found, mc.graph.lengths.resolve(wanted, wanted.shape), symbols(wanted)
        )
        is None
    )


def test_what_is_given_by_name():
    jacobian = mc.derive(np.sum(x**2), wrt=x).jacobian
    assert read("2J", J=jacobian) is 2 * jacobian.expr
    assert read("k x", k=3, x=x) is 3 * x and read("v.v", v=[1, 2]).shape == ()
    assert read("k x^T", k=1, x=x) is 1 * x.T  # the column of ones is a 1 that is typed
    assert read("f' + text", text=b, **{"f'": z}) is z + b
    assert read("e^x + I + sum(x)", e=b, I=z, sum=z, x=x) is b**x + z + z * x
    assert read("if n T", n=b, T=z, **{"if": z}) is z * b * z
    assert read("x_1 x_2", x_1=b, x_2=z) is b * z and read("ab", a=b, b=z) is b * z
    assert read("x^T", x=z, T=b) is z**b and read("x.T", x=w, T=x) is dot(w, x)


def test_0_beside_a_row_or_column_is_one_too_and_no_other_number_is():
    for otherwise, meant in [("0", zero.T), ("1", 1), ("2", 2)]:
        found = read(f"x^T if z > 0; {otherwise} otherwise", **NAMES)
        assert found is mc.cases((x.T, z > 0), meant)


def test_product_goes_by_the_shapes():
    assert product(2, x) is 2 * x and product(w, x.T) is mc.outer(w, x)
    assert product(w.T, x) is dot(w, x) and product(A, I).shape == ("n", None)
    assert product(mc.derive(A @ x, wrt=x).jacobian, x) is A @ x
    for a, c, part in [
        (w, x, "w is n x 1 and x is n x 1.*write w ⊗ x, w.x or w x^T"),
        (w.T, (w + x).T, r"write w ⊗ \(w \+ x\), w.\(w \+ x\) or w \(w \+ x\)\^T"),
        (x, A, r"write x\^T A"),
        (A, x.T, "write A x"),
        (B, B, "inner lengths must agree"),
    ]:
        with pytest.raises(mc.ShapeError, match=part.replace("^", r"\^").replace(r"\\^", r"\^")):
            product(a, c)


# --- what is printed is read -------------------------------------------------------------------

UNREADABLE = {  # printed, and not to be read back
    r"\bE_\d": "a part does not tell the lengths of the others",
    r"\b[FGfg]'?\(": "functions that are left open are no names of a line",
    r"\d/\d+ ?[^\W\d]": "a fraction before a factor is printed without its parentheses",
    r"sum_i \(.*\[": "in a sum over the elements of a list they stand without their index",
}


def round_trip(d):
    """Whether a derivation's closed form is read as what it is; None if it need not be."""
    text = str(d.jacobian)
    if len(text) > 1000 or any(re.search(pattern, text) for pattern in UNREADABLE):
        return None
    names = {e.name: e for e in walk(d.y, d.jacobian.expr) if e.name}
    try:
        return d.why(read(text, **names)) is None or text
    except ReadError as error:
        long = re.search("matrix, in which|cannot be divided|too long|deeply|too high", str(error))
        spread = "they cannot be" in str(error) and any(map(is_spread, walk(d.jacobian.expr)))
        return None if long or spread else f"{text}: {error}"


def is_spread(e):
    """Whether NumPy spreads a number or a vector over a matrix, which is not done on paper."""
    written_with_one = e.op.name in ("expm1", "log1p", "softplus")
    return (
        e.op.sympy_form and e.ndim == 2 and (len({a.ndim for a in e.args}) > 1 or written_with_one)
    )


PRINTED = [
    *closed_forms.ELEMENTWISE, *closed_forms.EXPANSION, *closed_forms.SUMS,
    *closed_forms.SCALARS, *closed_forms.NEURON, *closed_forms.MATRICES,
]  # fmt: skip


def test_closed_forms_are_read_as_they_are_printed():
    results = [(round_trip(mc.derive(y, wrt=wrt)), text) for y, wrt, text in PRINTED]
    assert {result for result, _ in results} == {True, None}
    assert [text for result, text in results if result is None] == [
        *["diag(g(x) ⊗ f'(w))", "F'(w)", "diag(G(x)) F'(w)"]
    ]
    for y, wrt, _ in closed_forms.HESSIANS:
        assert round_trip(mc.hessian(y, wrt)) is True


@pytest.mark.parametrize("case", matrices.SCALARS)
def test_derivatives_by_a_matrix_are_read_as_they_are_printed(case):
    y, by, *_ = matrices.SCALARS[case]
    assert round_trip(mc.derive(y, wrt=by)) is True


def test_random_closed_forms_are_read_as_they_are_printed():
    results = []

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(oracle.problems(shapes=[(), ("n",), ("m",), (3,)], depths=(1, 4)))
    def one(problem):
        with np.errstate(all="ignore"):
            results.append(round_trip(oracle.symbolic(*problem)))
        assert results[-1] in (True, None)

    one()
    assert results.count(True) > 0.6 * len(results)


@pytest.mark.parametrize("name", sorted(oracle.FUNCTIONS))
def test_the_closed_form_of_each_function_is_read(name):
    assert round_trip(oracle.symbolic(*oracle.FUNCTIONS[name])) in (True, None)


# --- what cannot be read -----------------------------------------------------------------------

ERRORS = [
    ("", 1, "a formula is expected, and here is the end of the line"),
    ("   ", 4, "the end of the line"),
    ("x +", 4, "the end of the line"),
    ("(w + x", 7, 'a ")" is missing, for the "(" in column 1'),
    ("2(w + (x)", 10, 'for the "(" in column 2'),
    ("(w, x)", 3, 'a ")" is missing, for the "(" in column 1, before ","'),
    ("w)", 2, '")" cannot stand here: a "(" is missing before it'),
    ("[w; x", 6, 'a "]" is missing'),
    ("[w; ]", 5, 'a formula is expected, and here is "]"'),
    ("|x", 3, 'a "|" is missing'),
    ("w, x", 2, "commas belong into"),
    ("w; x", 2, "semicolons follow a case"),
    ("*x", 1, 'a formula is expected, and here is "*"'),
    ("²", 1, 'here is "²"'),
    ("u + x", 1, '"u" is unknown: the names are w, x, b, z, A, B, q'),
    ("coss(x)", 1, "near it is cos"),
    ("wu", 1, '"wu" is unknown'),
    ("cos x", 1, "write cos(x)"),
    ("2 sin^2", 3, "write sin(x)"),
    ("max(w, x, z)", 1, "max takes 1 or 2 in its parentheses, not 3"),
    ("exp(w, x)", 1, "exp takes 1"),
    ("w x", 3, "write w ⊗ x, w.x or w x^T"),
    ("w^T x^T", 5, "write w ⊗ x, w.x or w x^T"),
    ("x A", 3, "write x^T A"),
    ("A x^T", 3, "write A x"),
    ("B B", 3, "the inner lengths must agree"),
    ("x + q", 3, "add: x is n x 1 and q is 3 x 1: the lengths must agree"),
    ("x + w^T", 3, "one of them has a ^T too few"),
    ("I - x^T", 3, "they cannot be subtracted"),
    ("w ⊗ x^T", 3, "one of them has a ^T too few"),
    ("x = q", 3, "the lengths must agree"),
    ("w.x.w", 4, "a dot product takes two columns, and here are a scalar and a column"),
    ("w.x^T", 2, "leave out the ^T"),
    ("1.x", 2, "1 is a column of ones if you write 1^T x or x^T 1"),
    ("x . 1", 3, "1 is a column of ones if you write 1^T x or x^T 1"),
    ("1 . z", 3, "a digit is missing behind the point"),
    ("2.x", 2, "a digit is missing behind the point"),
    ("w.2", 2, "a digit is missing"),
    ("A.x", 2, "write a space in place of the dot"),
    ("1/2x", 4, "write (1/2) x or 1/(2x)"),
    ("w/b z", 5, "write (w/b) z or w/(b z)"),
    ("b + 3w / 2 (x + w)", 12, "write (3w / 2) (x + w) or 3w / (2 (x + w))"),
    ("x/A", 2, "x cannot be divided by A, which is n x n"),
    ("A/x", 2, "A cannot be divided by x"),
    ("A ⊘ 0", 3, "nothing can be divided by 0"),
    ("z/0", 2, "nothing can be divided by 0"),
    ("x/[0, 1, 0]^T", 2, "nothing can be divided by 0, as in [0, 1, 0]^T"),
    ("z/(1 - 1)", 2, "nothing can be divided by 0, as in 1 - 1"),
    ("log(0)", 1, "log(0) has no value"),
    ("A^2", 2, "write A ⊗ A element by element, A A as a product"),
    ("A²", 2, "write A ⊗ A element by element, A A as a product"),
    ("2^A", 2, "A is a matrix"),
    ("z^100", 2, "an exponent is at most 99"),
    ("z^-100", 2, "an exponent is at most 99"),
    ("z⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹", 2, "an exponent is at most 99"),
    ("9^9^9", 2, "an exponent is at most 99"),
    ("9**9**9", 2, "an exponent is at most 99"),
    ("z^(10 10)", 7, "two numbers side by side: write 10*10"),
    ("z^([99, 9]^T.[9, 9]^T)", 2, "an exponent is at most 99"),
    ("(z^99)^99", 7, "too high a power"),
    ("z²^T²", 5, "a power of a power has parentheses"),
    ("x^2^T", 4, "the transpose of a power is (x^2)^T"),
    ("x^b^T", 4, "the transpose of a power has parentheses"),
    ("2^T", 2, "of numbers only 1^T and 0^T are rows"),
    ("2 3", 3, "write 2*3"),
    ("1" * 41, 1, "a number has at most 40 digits"),
    ("sum(z)", 1, "sum: z is 1 x 1, not a vector"),
    ("norm(z)", 1, "a vector is expected"),
    ("diag(A)", 1, "a vector is expected"),
    ("z > b > 0", 7, "one comparison only"),
    ("1 otherwise", 3, "write cases as in"),
    ("1 if", 5, "the end of the line"),
    ("if z > 0", 1, 'here is "if"'),
    ("1 if z > 0; 2", 14, '"if" or "otherwise" is expected before the end of the line'),
    ("x if z > 0; w^T otherwise", 3, "x"),
    ("q_4", 1, "q has elements q_1 to q_3"),
    ("q_0", 1, "q has elements q_1 to q_3"),
    ("(q + q)_4", 8, "has elements _1 to _3"),
    ("x_0", 1, "leave out the index: x stands for all"),
    ("diag(x_1, x_2)", 1, "leave out the index: x stands for all"),
    ("(w x^T)_1", 8, "_1 stands behind a column"),
    ("E_1", 1, "how long the parts are is open"),
    ("e_0", 1, "the unit vectors are e_1 to e_100"),
    ("tril(A, 1/2)", 1, "1/2 is no whole number, as in tril(A, 1)"),
    ("flip(A)", 1, "flip takes a vector or I: write flip(I) A for reversed rows"),
    ("[e_1; A]", 1, "do not fit into one list"),
    ("x_i", 1, "stands inside sum_i"),
    ("(x)_i", 4, "inside sum_i"),
    ("[w, z]", 1, "do not fit into one list"),
    ("[A; z]", 1, "do not fit into one list"),
    ("[1, 2; 3]", 1, "different numbers of entries"),
    ("[w, x; x, w]", 1, "scalars only"),
    ("[x^T; q^T]", 1, "different numbers of entries"),
    ("d/dx w", 1, "a derivative is what you are to find"),
    ("dw/dx", 1, "a derivative is what you are to find"),
    ("∂w/∂x", 1, "a derivative is what you are to find"),
    ("x2", 1, "an element is written x_2"),
    ("2z1", 2, "a number stands in front"),
    ("diag(2x_i)", 7, "leave out the index: x stands for all of its elements"),
    ("b'", 2, "a derivative is what you are to find"),
    ("x sin'(z)", 6, "a derivative is what you are to find"),
    ("sin^-1(z)", 1, "write 1/sin(x) or arcsin(x)"),
    ("sin^2 z", 1, "write sin(x)^2, with parentheses"),
    ("DIAG(x)", 1, "write diag"),
    ("sech(z)", 1, "write 1/cosh(x)"),
    ("diag(1/z)", 1, "a number on the whole diagonal is a multiple of I"),
    ("[2, 3], [1, -1]", 7, "one more pair of brackets"),
    ("\\frac{1}{2} + @", 15, "a formula is expected"),
    ("\\foo{x}", 1, "unknown"),
    ("x\0", 2, "'\\x00' cannot be read"),
    ("x \ud800", 3, "'\\ud800' cannot be read"),
    ("٣x", 1, "cannot be read"),
    ("x" * 1001, 1001, "at most 1000 characters"),
    ("(" * 31 + "z" + ")" * 31, 31, "nested too deeply"),
    ("-" * 31 + "z", 31, "nested too deeply"),
    ("z^" * 40 + "z", 62, "nested too deeply"),
    ("[" * 40, 31, "nested too deeply"),
    ("exp(" * 40, 124, "nested too deeply"),
    ("(A" * 29 + " A)'" * 29, 142, "too long"),
    ("z+" * 140 + "z", 182, "too long: at most 90 operations"),
]


@pytest.mark.parametrize("text, column, part", ERRORS, ids=lambda p: str(p)[:20])
def test_error(text, column, part):
    with pytest.raises(ReadError) as caught:
        read(text, **NAMES)
    assert part in str(caught.value) and caught.value.column == column, caught.value
    assert str(caught.value).startswith(f"column {column}: ")


@pytest.mark.parametrize(
    "text, part",
    [
        ("sum_i w.w", "nothing in it runs over the data"),
        ("sum_i y_i + x_i", 'column 13: "x_i" is unknown: leave out the index'),
        ("sum_i x_i x_i^T", "x_i stands once in each product"),
        ("sum_i [y_i, 1]", "a list holds nothing that runs over the data"),
        ("sum_i norm(x_i)", "scalars, examples and functions"),
        ("sum_i (x_i^T + w^T)", "multiples of one row"),
        ("sum_i (y_i + w)", "a scalar is expected here"),
        ("sum_i y_i X", "take the matrix out of it"),
        ("sum_i w x_i^T", "it adds up scalars and rows"),
        ("sum_i u_i", '"u_i" is unknown'),
        ("y_i + sum_i y_i", "stands inside sum_i"),
    ],
)
def test_error_in_a_sum_over_the_data(text, part):
    with pytest.raises(ReadError, match=re.escape(part)):
        read(text, **DATA)


@pytest.mark.parametrize(
    "text",
    [
        "sum_i (y_i) A + x_i",
        "sum_i (y_i) A - x_i",
        "sum_i (y_i) A > x_i",
        "sum_i (y_i) A if w.x_i > 0",
        "(sum_i (y_i) A) x_i",
        "[sum_i (y_i) I, x_i]",
        "[sum_i (y_i) A; x_i]",
        "sum_i (y_i) A (w.w) + x_i",
        "sum_i (y_i) [1, 2; 3, 4] + x_i",
    ],
)
def test_what_is_not_multiplied_stands_outside_the_sum(text):
    with pytest.raises(ReadError, match=r'"x_i" is unknown: .* stands inside sum_i'):
        read(text, **DATA)


class Text(str):
    def __len__(self):
        raise RuntimeError

    __getitem__ = __iter__ = __len__


class Stranger:
    def __getattr__(self, name):
        raise RuntimeError(name)


def test_nothing_but_a_read_error_comes_of_what_is_given():
    for text in (None, 5, b"x", ["x"], x, Stranger()):
        with pytest.raises(ReadError, match="column 1: a line of text is expected"):
            read(text, x=x)
    assert read(Text("x + 1"), x=x) is x + 1
    nested = []
    nested.append(nested)
    for value in (None, "x", object(), Stranger(), np.sin, nested, 10**400, mc.derive(b * z, b)):
        with pytest.raises(ReadError, match='column 1: "v" is given no formula'):
            read("v", v=value)
    with pytest.raises(ReadError, match=r"use its \.jacobian"):
        read("v", v=mc.derive(b * z, b))
    for name in ("a b", "", "2", "x²", "x\n", "_"):
        with pytest.raises(ReadError, match="cannot be a name"):
            read("x", **{name: x})


def test_a_word_that_can_be_split_in_two_ways_is_not_guessed():
    with pytest.raises(ReadError, match="several ways: write spaces"):
        read("abc", a=b, ab=z, bc=b, c=z)


def test_a_read_error_is_a_value_error_that_can_be_copied():
    with pytest.raises(ValueError) as caught:
        read("x +", x=x)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.column) == (str(caught.value), 4)


# --- lines made together with what they mean ---------------------------------------------------

SUM_, FACTOR, ATOM = range(3)  # how tightly a text holds together


class Lines:
    """Draws lines: each method gives the text, the expression and how tightly the text holds."""

    def __init__(self, draw):
        self.draw = draw

    def one_of(self, *choices):
        return self.draw(st.sampled_from(choices))

    def space(self):
        return self.one_of("", " ", "", "  ")

    def part(self, kind, depth, level=SUM_):
        text, e, tight = getattr(self, kind)(depth)
        if tight < level or self.draw(st.integers(0, 9)) == 0:
            space = self.space()
            text = f"({space}{text}{space})"
        return text, e

    def joined(self, left, sign, right):
        return f"{left}{self.space()}{sign}{self.space()}{right}"

    def two(self, sign, build, kinds, depth, levels, tight):
        (left, a), (right, b) = (
            self.part(*p) for p in zip(kinds, [depth - 1] * 2, levels, strict=True)
        )
        return self.joined(left, sign, right), build(a, b), tight

    def by_a_matrix(self, kinds, depth):
        """A matrix times something; a number that stands in front is a factor of the result."""
        sign = self.one_of(" ", "*")
        (left, a), (right, b) = (
            self.part(*p) for p in zip(kinds, [depth - 1] * 2, (ATOM, ATOM), strict=True)
        )
        text, product = self.joined(left, sign, right), a @ b
        if self.one_of(True, False, False):
            number, c = self.part("scalar", 0, ATOM)
            if sign == " ":
                return self.joined(number, " ", text), c * product, FACTOR
        return text, product, FACTOR

    def sum(self, kind, depth):
        sign, build = self.one_of(("+", np.add), ("-", np.subtract), ("−", np.subtract))
        return self.two(sign, build, (kind, kind), depth, (SUM_, FACTOR), SUM_)

    def times(self, kinds, depth, build=np.multiply):
        sign = self.one_of(" ", " ", "*", "×")
        return self.two(sign, build, kinds, depth, (FACTOR, ATOM), FACTOR)

    def call(self, kind, depth):
        name, build = self.one_of(
            ("cos", np.cos),
            ("tanh", np.tanh),
            ("atan", np.arctan),
            ("abs", np.abs),
            ("relu", relu),
            ("sigmoid", mc.sigmoid),
            ("σ", mc.sigmoid),
        )
        text, e = self.part(kind, depth - 1)
        return f"{name}{self.space()}({text})", build(e), ATOM

    def negative(self, kind, depth):
        text, e = self.part(kind, depth - 1, FACTOR)
        return self.one_of("-", "−", "- ") + text, np.negative(e), SUM_

    def power(self, kind, depth):
        text, e = self.part(kind, depth - 1, ATOM)
        text += self.one_of("^2", "**2", "²", "^ 2")
        return text, e**2, FACTOR + 0.5

    def cases(self, kind, depth):
        (yes, a), (no, c) = self.part(kind, depth - 1), self.part(kind, depth - 1)
        condition, p = self.part("scalar", depth - 1)
        text = self.one_of("({0} if {1} > 0; {2} otherwise)", "({0} if {1}>0 else {2})")
        return text.format(yes, condition, no), np.where(p > 0, a, c), ATOM

    def scalar(self, depth):
        kind = "leaf" if depth <= 0 else self.one_of(
            *"leaf sum times call power dot norm total form quotient cases negative".split()
        )  # fmt: skip
        if kind == "leaf":
            name = self.one_of("b", "z", "q_2")
            return name, {"b": b, "z": z, "q_2": q[1]}[name], ATOM
        if kind == "times":
            return self.times(("scalar", "scalar"), depth)
        if kind == "dot":
            sign = self.one_of(".", "·", "⋅", ".")
            return self.two(sign, dot, ("vector", "vector"), depth, (ATOM, ATOM), FACTOR)
        if kind == "norm":
            text, v = self.part("vector", depth - 1)
            return f"norm({text})", np.linalg.norm(v), ATOM
        if kind == "total":
            name, build = self.one_of(("sum", np.sum), ("mean", np.mean), ("max", np.max))
            text, v = self.part("vector", depth - 1)
            return f"{name}({text})", build(v), ATOM
        if kind == "form":
            return self.times(("row", "vector"), depth, np.matmul)
        if kind == "quotient":
            return self.two("/", np.divide, ("scalar", "scalar"), depth, (ATOM, ATOM), FACTOR - 0.5)
        return getattr(self, kind)("scalar", depth)

    def vector(self, depth):
        kind = "leaf" if depth <= 0 else self.one_of(
            *"leaf sum times hadamard call power matvec scaled cases row negative".split()
        )  # fmt: skip
        if kind == "leaf":
            name = self.one_of("w", "x")
            return name, NAMES[name], ATOM
        if kind == "times":
            return self.times(("scalar", "vector"), depth)
        if kind == "hadamard":
            sign = self.one_of("⊗", "(*)", "∘", "*")
            return self.two(sign, np.multiply, ("vector", "vector"), depth, (FACTOR, ATOM), FACTOR)
        if kind == "matvec":
            return self.by_a_matrix(("matrix", "vector"), depth)
        if kind == "scaled":
            return self.two("/", np.divide, ("vector", "scalar"), depth, (ATOM, ATOM), FACTOR - 0.5)
        if kind == "row":
            text, e = self.part("row", depth - 1, ATOM)
            return text + self.one_of("^T", "'", "ᵀ", ".T"), e.T, ATOM
        return getattr(self, kind)("vector", depth)

    def row(self, depth):
        kind = "turned" if depth <= 0 else self.one_of("turned", "times", "vecmat", "sum", "cases")
        if kind == "turned":
            text, v = self.part("vector", depth - 1, ATOM)
            return text + self.one_of("^T", "'", "ᵀ", ".T", " ^T"), v.T, ATOM
        if kind == "times":
            return self.times(("scalar", "row"), depth)
        if kind == "vecmat":
            return self.times(("row", "matrix"), depth, np.matmul)
        return getattr(self, kind)("row", depth)

    def matrix(self, depth):
        kind = "leaf" if depth <= 0 else self.one_of(
            "leaf", "outer", "product", "sum", "times", "diag", "turned"
        )  # fmt: skip
        if kind == "leaf":
            return "A", A, ATOM
        if kind == "outer":
            return self.times(("vector", "row"), depth, mc.outer)
        if kind == "product":
            return self.by_a_matrix(("matrix", "matrix"), depth)
        if kind == "times":
            text, e, _ = self.times(("scalar", "matrix"), depth)
            return f"({text})", e, ATOM
        if kind == "diag":
            text, v = self.part("vector", depth - 1)
            return f"diag({text})", mc.diag(v), ATOM
        if kind == "turned":
            text, e = self.part("matrix", depth - 1, ATOM)
            return text + self.one_of("^T", "'"), e.T, ATOM
        return getattr(self, kind)("matrix", depth)


def relu(e):
    return np.maximum(0, e)


@st.composite
def lines(draw):
    kind = draw(st.sampled_from(["scalar", "vector", "row", "matrix"]))
    text, e = Lines(draw).part(kind, draw(st.integers(0, 4)))
    return text, e


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(lines())
def test_a_line_made_with_its_meaning(line):
    text, wanted = line
    if len(text) <= 1000:
        found = read(text, **NAMES)
        assert found is wanted, f"{text} is read as {found!r}, and means {wanted!r}"


# --- anything at all ---------------------------------------------------------------------------

SNIPPETS = (
    "w x b z A X y q q_1 q_3 I e pi n N 1 0 2 1/2 .5 99 9 123456789012345 ( ) [ ] , ; | || + - * / "
    "^ ** . · ⊗ (*) ⊘ @ ^T ' ² ³ ᵀ > < = >= if else otherwise sum_i x_i y_i sum( mean( max( min( "
    "diag( norm( exp( log( sqrt( cos( relu( outer( dot( abs( 1^T 0^T x^T w.x d/dx ∂ _1 _i 9^9 1e-05"
).split()
STRANGE = (
    "\0\t\n\xa0\u0660\u0661²¹½①𝟘\u200b−⊗\ud800\udfff\U0010ffff😀\u0301‖αﬁᵀ"
    "wxbzAXyq()[]|.^T'12 +-*/;,"
)


def nonsense(rng):
    """A line of known signs, of strange characters, or of one thing many times."""
    kind = rng.random()
    if kind < 0.6:
        words = rng.choices(SNIPPETS, k=rng.choice([3, 6, 10, 20, 60]))
        return rng.choice(["", " "]).join(words)
    if kind < 0.8:
        return "".join(rng.choices(STRANGE, k=rng.randint(0, 60)))
    if kind < 0.9:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(0, 20)))
    return "".join(rng.choice(SNIPPETS) + rng.choice(["", " "]) for _ in "ab") * rng.randint(1, 100)


def read_nonsense(count, seed):
    """How many lines were read."""
    rng, names, done = random.Random(seed), {**NAMES, **DATA}, 0
    for _ in range(count):
        text = nonsense(rng)
        try:
            e = read(text, **names)
        except ReadError as error:
            assert 1 <= error.column <= min(len(text), 1000) + 1, (text, error)
            assert str(error).encode() and "Error" not in str(error)
        else:
            done += 1
            assert str(e) and e._repr_latex_() and len(walk(e)) <= 500
    return done


def test_nonsense_is_refused():
    assert read_nonsense(2_000, seed=1) > 10


@settings(max_examples=500)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        read(text, **NAMES)
    except ReadError:
        pass


@pytest.mark.parametrize(
    "text",
    [
        "x+" * 80 + "x", "z " * 85 + "z", "A" * 85, "(" * 29 + "z" + ")" * 29, "-" * 29 + "z",
        "|" * 29 + "z" + "|" * 29, "[" + "z;" * 140 + "z]", "exp(" * 25 + "z" + ")" * 25,
        "x if z>b;" * 28 + "w otherwise", "(A" * 20 + " A)'" * 20, "(" + "A+" * 80 + "A)'",
        "z/" * 85 + "z", "max(" * 25 + "z" + ",b)" * 25, "e^" * 29 + "z", "(x+w)(x+w)'" * 20,
    ],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_the_largest_that_are_read_can_be_printed_and_derived(text):
    e = read(text, **NAMES)
    assert str(e) and e._repr_latex_()
    small = [v for v in symbols(e) if v.ndim < 2]
    if small and e.ndim < 2 and "stack" not in {p.op.name for p in walk(e)}:
        assert repr(mc.derive(e, wrt=small[0]))


@pytest.mark.parametrize("name", sorted({*_UNARY, *_ALIASES, "sqrt", "relu", "sigmoid", "σ"}))
def test_each_function_of_a_number_is_read_in_a_sum_over_the_data(name):
    """``sum_i sqrt(x_i)`` is the sum of the elements of ``sqrt(x)``."""
    x = mc.vectors("x")
    assert read(f"sum_i {name}(x_i)", x=x) is read(f"sum({name}(x))", x=x)
