"""Closed forms as an expert writes them: no longer than 1.15 times the expert's.

What is counted are signs and words, parentheses aside; ``^T`` is one sign. A name that is
introduced, ``, s = ...``, counts with what it stands for.
"""

import itertools
import re

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.claims import first_difference
from mcalc.graph import normal_form as normal_forms
from mcalc.graph.factored import TRIALS, factored
from mcalc.graph.measure import signs as count
from mcalc.graph.normal_form import normal_form
from mcalc.graph.read_chains import Reader
from mcalc.graph.walk import unnamed, walk
from mcalc.jacobian.formula import formula, in_shape_of

w, x, g, a, b, m, h, z, p = mc.vectors("w x g a b m h z p")
y = mc.vectors("y", size="N")
q = mc.vectors("q", size="d")
v = mc.vectors("v", size="m")
w_2 = mc.vectors("w_2", size="h")
l, s, r = mc.scalars("l s r")
k = mc.vectors("k", size=10)
X = mc.matrices("X", shape=("N", "n"))
A, B, S = mc.matrices("A B S", shape=("n", "n"))
Q = mc.matrices("Q", shape=("n", "n"), symmetric=True)
g_2 = mc.vectors("g_2", size="d")
K, V = mc.matrices("K", shape=("N", "d")), mc.matrices("V", shape=("N", "k"))
W, G = mc.matrices("W G", shape=("m", "n"))
W_1 = mc.matrices("W_1", shape=("h", "n"))
U = mc.matrices("U", shape=("n", "k"))
Z, Y, H = mc.matrices("Z Y H", shape=("N", "k"))

total, mean, norm, log, exp = np.sum, np.mean, np.linalg.norm, np.log, np.exp
sig, let, hessian = mc.sigmoid, mc.let, mc.hessian


def sm(z):
    return np.exp(z) / np.sum(np.exp(z))


def ssm(z):
    return np.exp(z - np.max(z)) / np.sum(np.exp(z - np.max(z)))


def rowwise(Z):
    E = np.exp(Z - np.max(Z, axis=1, keepdims=True))
    return E / np.sum(E, axis=1, keepdims=True)


def layer(x):
    return (x - mean(x)) / np.sqrt(mean((x - mean(x)) ** 2) + 1e-5)


def cosine(x, w):
    return x @ w / (norm(x) * norm(w))


EPS = "sqrt((1/n) sum((x - (1/n) sum(x))^2) + 1e-5)"

# function, variable (or "Hessian by" one), and what an expert writes
FORMS = [
    # losses
    (mean((y - X @ w) ** 2), w, "(2/N) (X w - y)^T X"),
    (-mean(y * log(sig(X @ w)) + (1 - y) * log(1 - sig(X @ w))), w, "(1/N) (σ(X w) - y)^T X"),
    (mean(log(1 + exp(-y * (X @ w)))), w, "-(1/N) (y ⊗ σ(-y ⊗ (X w)))^T X"),
    (hessian(mean(np.logaddexp(0, X @ w)), w), None,
     "(1/N) X^T diag(σ(X w) ⊗ (1 - σ(X w))) X"),
    (mean(np.maximum(0, 1 - y * (X @ w))), w,
     "-(1/N) sum_i (y_i x_i^T if y_i (w.x_i) < 1; 0^T otherwise)"),
    (total(exp(X @ w) - y * (X @ w)), w, "(exp(X w) - y)^T X"),
    (total((x - m) ** 2 / (2 * s**2) + log(s)), m, "(m - x)^T/s^2"),
    (np.maximum(0, total((x - a) ** 2) - total((x - b) ** 2) + 1), x,
     "2(b - a)^T if sum((x - a)^2) - sum((x - b)^2) + 1 > 0; 0^T otherwise"),
    (-total(z * log(z)), z, "-(1 + log(z))^T"),
    # softmax
    (sm(z), z, "diag(y) - y y^T"),
    (ssm(z), z, "diag(y) - y y^T"),
    (z - log(total(exp(z))), z, "I - 1 exp(z)^T/sum(exp(z))"),
    (-total(p * log(sm(z))), z, "(sum(p) exp(z)/sum(exp(z)) - p)^T"),
    (np.max(z) + log(total(exp(z - np.max(z)))), z, "exp(z - max(z))^T/sum(exp(z - max(z)))"),
    # normalised
    (x / norm(x), x, "(I - y y^T)/||x||"),
    (x / np.sqrt(mean(x**2)), x, "(I - (1/n) y y^T)/sqrt((1/n) sum(x^2))"),
    (layer(x), x, f"(I - (1/n) 1 1^T - (1/n) y y^T)/{EPS}"),
    (x - mean(x), x, "I - (1/n) 1 1^T"),
    # attention of one query
    (sm(K @ q / np.sqrt(mc.size("d"))) @ V, q,
     "V^T (diag(s) - s s^T) K/sqrt(d), s = exp(K q/sqrt(d))/sum(exp(K q/sqrt(d)))"),
    (let("s", sm(K @ q / np.sqrt(mc.size("d")))) @ V, q, "V^T (diag(s) - s s^T) K/sqrt(d)"),
    # linear algebra
    (x @ A @ x, x, "x^T (A + A^T)"),
    (v @ W @ x, W, "x v^T"),
    ((w_2 @ np.maximum(0, W_1 @ x) - r) ** 2, W_1,
     "2(w_2.max(0, W_1 x) - r) x (w_2 if W_1 x > 0; 0 otherwise)^T"),
    (np.linalg.slogdet(A)[1] / 2 + x @ np.linalg.inv(A) @ x / 2, A,
     "(inv(A) - inv(A) x x^T inv(A))/2"),
    # gates
    (1 / (1 + exp(-x)), x, "diag(y ⊗ (1 - y))"),
    (sig(x) * a + (1 - sig(x)) * h, x, "diag(σ(x) ⊗ (1 - σ(x)) ⊗ (a - h))"),
    # --- more of the same kinds
    (total((X @ w - y) ** 2) + l * (w @ w), w, "2(X w - y)^T X + 2l w^T"),
    (total((X @ w - y) ** 2) / 2, w, "(X w - y)^T X"),
    (hessian(total((X @ w - y) ** 2), w), None, "2X^T X"),
    (hessian(x @ A @ x, x), None, "A + A^T"),
    (x @ A @ x / 2, x, "x^T (A + A^T)/2"),
    (x @ A @ x / 2 - b @ x, x, "x^T (A + A^T)/2 - b^T"),
    (-(x - m) @ np.linalg.inv(S) @ (x - m) / 2, x, "-(x - m)^T (inv(S) + inv(S)^T)/2"),
    (x @ A @ x / (x @ x), x, "(x^T (A + A^T) - 2y x^T)/(x.x)"),
    (norm(A @ x - b) ** 2 / 2, x, "(A x - b)^T A"),
    (total((x - m) ** 2) / 2 + total((x - a) ** 2) / 2, x, "(2x - m - a)^T"),
    (total((x - a) ** 2) - total((x - b) ** 2), x, "2(b - a)^T"),
    (x / (x @ x), x, "(I - 2x y^T)/(x.x)"),
    (x * total(x), x, "sum(x) I + x 1^T"),
    (x * (x @ x), x, "(x.x) I + 2x x^T"),
    (x @ w * x, x, "(w.x) I + x w^T"),
    (cosine(x, w), x, "(w^T/||w|| - y x^T/||x||)/||x||"),
    (log(1 + exp(z)), z, "diag(σ(z))"),
    (-log(1 / (1 + exp(-(w @ x)))), w, "-σ(-w.x) x^T"),
    (total(log(1 + exp(x)) - p * x), x, "(σ(x) - p)^T"),
    (x / (1 + exp(-x)), x, "diag(σ(x) ⊗ (1 + x ⊗ (1 - σ(x))))"),
    (x * np.tanh(x), x, "diag(tanh(x) + x ⊗ (1 - tanh(x)^2))"),
    (0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))), x,
     "diag((1 + s)/2 + sqrt(2/pi) x ⊗ (1 + 0.134145 x^2) ⊗ (1 - s^2)/2), "
     "s = tanh(sqrt(2/pi) (x + 0.044715 x^3))"),
    (x * sig(1.702 * x), x, "diag(σ(1.702x) ⊗ (1 + 1.702x ⊗ (1 - σ(1.702x))))"),
    (sm(z / s), z, "(diag(y) - y y^T)/s"),
    (ssm(W @ x), x, "(diag(y) - y y^T) W"),
    (-log(sm(k)[3]), k, "(s - e_4)^T, s = exp(k)/sum(exp(k))"),
    (log(total(exp(k))) - k[3], k, "(exp(k)/sum(exp(k)) - e_4)^T"),
    (k[3] ** 2, k, "2k_4 e_4^T"),
    (-total(p * log(let("s", sm(z)))), z, "(sum(p) s - p)^T"),
    (total(p * (log(p) - log(sm(z)))), z, "(sum(p) exp(z)/sum(exp(z)) - p)^T"),
    (ssm(K @ q) @ V, q, "V^T (diag(s) - s s^T) K, s = exp(K q)/sum(exp(K q))"),
    (sm(x) @ g, x, "(s ⊗ (g - y))^T, s = exp(x)/sum(exp(x))"),
    (l * total(w**2) / 2 + mean(np.logaddexp(0, X @ w) - y * (X @ w)), w,
     "l w^T + (1/N) (σ(X w) - y)^T X"),
    (g * x / np.sqrt(mean(x**2) + 1e-5), x,
     "diag(g)/r - (1/n) y x^T/r^2, r = sqrt((1/n) sum(x^2) + 1e-5)"),
    (np.var(x), x, "(2/n) (x - (1/n) sum(x))^T"),
    (exp(-total((x - w) ** 2) / (2 * s**2)), x, "y (w - x)^T/s^2"),
    (total((X @ w - y) ** 2), X, "2w (X w - y)^T"),
    (total((A @ x - b) ** 2), A, "2x (A x - b)^T"),
    (np.trace(A @ B), A, "B"),
    (np.trace(U.T @ A @ U), U, "U^T (A + A^T)"),
    (total(W**2), W, "2W^T"),
    (total(W**3), W, "3(W ⊗ W)^T"),
    (l * np.trace(A @ B), l, "tr(A B)"),
    (np.trace(l * A), l, "tr(A)"),
    (np.linalg.slogdet(A + l * mc.identity("n"))[1], l, "tr(inv(A + l I))"),
    (total((X @ U - Y) ** 2), U, "2(X U - Y)^T X"),
    (total(G * np.tanh(W)), W, "(G ⊗ (1 - tanh(W) ⊗ tanh(W)))^T"),
    (-total(Y * log(rowwise(Z))) / mc.size("N"), Z,
     "(1/N) (diag(Y 1) S - Y)^T, S = diag(1/(exp(Z) 1)) exp(Z)"),
    (total(H * (Z - mean(Z, axis=0))), Z, "(H - (1/N) 1 (1^T H))^T"),
    (total(H * rowwise(Z)), Z,
     "(S ⊗ (H - ((H ⊗ S) 1) 1^T))^T, S = diag(1/(exp(Z) 1)) exp(Z)"),
    (mean((np.tanh(X @ w) - y) ** 2), w,
     "(2/N) ((tanh(X w) - y) ⊗ (1 - tanh(X w)^2))^T X"),
    # --- written down before what is printed was looked at
    (total(np.where(abs(x - a) <= l, (x - a) ** 2 / 2, l * (abs(x - a) - l / 2))), x,
     "(x - a if |x - a| ≤ l; l sign(x - a) otherwise)^T"),
    (-total(Y * log(let("S", rowwise(Z)))) / mc.size("N"), Z, "(1/N) (diag(Y 1) S - Y)^T"),
    (total(H * let("S", rowwise(Z))), Z, "(S ⊗ (H - ((H ⊗ S) 1) 1^T))^T"),
    (np.linalg.det(A + l * B), l, "det(A + l B) tr(inv(A + l B) B)"),
    (np.linalg.slogdet(np.linalg.inv(A))[1], A, "-inv(A)"),
    (np.linalg.det(np.linalg.inv(A)), A, "-det(inv(A)) inv(A)"),
    (np.linalg.slogdet(X.T @ X)[1], X, "2inv(X^T X) X^T"),
    (x @ X.T @ X @ x, x, "2x^T X^T X"),
    (np.trace(U.T @ X.T @ X @ U), U, "2U^T X^T X"),
    (-np.linalg.slogdet(S)[1] / 2 - (x - m) @ np.linalg.inv(S) @ (x - m) / 2, m,
     "(x - m)^T (inv(S) + inv(S)^T)/2"),
    (-np.linalg.slogdet(S)[1] / 2 - (x - m) @ np.linalg.inv(S) @ (x - m) / 2, S,
     "(inv(S) (x - m) (x - m)^T inv(S) - inv(S))/2"),
    (-(x - m) @ np.linalg.inv(Q) @ (x - m) / 2, x, "-(x - m)^T inv(Q)"),
    (mc.size("n") * log(s) + total((x - m) ** 2) / (2 * s**2), s,
     "n/s - sum((x - m)^2)/s^3"),
    (np.where(x > 0, x, 0.1 * x), x, "diag(1 if x > 0; 0.1 otherwise)"),
    (np.where(x > 0, x, exp(x) - 1), x, "diag(1 if x > 0; exp(x) otherwise)"),
    (total(np.where(W @ x > 0, W @ x, 0.1 * (W @ x))), x,
     "(1 if W x > 0; 0.1 otherwise)^T W"),
    (mean(np.maximum(0, 1 - y * (X @ w)) ** 2), w, "-(2/N) (y ⊗ max(0, 1 - y ⊗ (X w)))^T X"),
    (np.linalg.inv(X.T @ X + l * mc.identity("n")) @ X.T @ y, l,
     "-inv(X^T X + l I) inv(X^T X + l I) X^T y"),
    (log(total(exp(K @ q))) - g_2 @ q, q, "exp(K q)^T K/sum(exp(K q)) - g_2^T"),
    (norm(A), A, "A^T/||A||_F"),
    (total(exp(x) + m**2 - 1 - x) / 2, x, "(exp(x) - 1)^T/2"),
    (-((1 - sig(l)) ** 2) * log(sig(l)), l, "(1 - σ(l))^2 (2σ(l) log(σ(l)) + σ(l) - 1)"),
    (norm(x - a) + norm(x - b), x, "(x - a)^T/||x - a|| + (x - b)^T/||x - b||"),
    (total(np.sqrt((x - a) ** 2 + l**2)), x, "((x - a)/sqrt((x - a)^2 + l^2))^T"),
    (np.tanh(W @ x + v), x, "diag(1 - y^2) W"),
    (total(x**4) - total(x**2) ** 2, x, "4(x^3 - sum(x^2) x)^T"),
]  # fmt: skip


def jacobian(y, wrt):
    return (y if wrt is None else mc.derive(y, wrt)).jacobian


def signs(text):
    """How many signs and words it has, parentheses aside."""
    return len(re.findall(r"\^T|\|\|(?:_F)?|\d+(?:\.\d+)?(?:e-\d+)?|[^\W\d_]\w*|[^\s()]", text))


# what is still longer: this list may only become shorter
NOT_MET = {"(x^T (A + A^T) - 2y x^T)/(x.x)", "y (w - x)^T/s^2", "diag(1 - y^2) W"}
CASES = [pytest.param(*form, id=f"{k}: {form[2]}") for k, form in enumerate(FORMS)]


@pytest.mark.parametrize("y, wrt, expert", CASES)
def test_a_form_is_as_short_as_an_experts(y, wrt, expert):
    written = str(jacobian(y, wrt))
    assert (signs(written) > 1.15 * signs(expert)) == (expert in NOT_MET), written


@pytest.mark.parametrize("y, wrt, expert", CASES)
def test_to_a_form_that_is_simplified_nothing_more_can_be_done(y, wrt, expert):
    form = jacobian(y, wrt).expr
    assert normal_form(form) is form


@pytest.mark.parametrize("y, wrt, expert", CASES)
def test_the_measure_counts_what_is_written(y, wrt, expert):
    form = jacobian(y, wrt).expr
    written = re.split(r", \w+ = ", str(form))[0]
    assert abs(count(form) - signs(written)) <= 2 + 0.1 * signs(written)


@pytest.mark.parametrize("y, wrt, expert", CASES)
def test_a_form_has_the_values_of_the_sum_that_it_was(y, wrt, expert):
    d = y if wrt is None else mc.derive(y, wrt)
    terms, shape = d._structured.terms, d._structured.wrt_shape
    plain = in_shape_of(terms, shape, True) if d.by_matrix else formula(terms, d.y.shape, shape)
    form = unnamed(d.jacobian.expr)
    assert first_difference(form, unnamed(plain), d.inputs, unnamed(d.y), d.variables) is None


def names_of(d):
    """What the notation of a closed form is read with: variables, the reader's names, and y."""
    named = {e.name: e for e in walk(d.y) if e.name}
    return {d.output: mc.let(d.output, d.y), **named} if d.y.name is None else named


@pytest.mark.parametrize("y, wrt, expert", CASES)
def test_what_is_printed_is_read_back(y, wrt, expert):
    d = y if wrt is None else mc.derive(y, wrt)
    assert d.equals(mc.read(str(d.jacobian), **names_of(d)))


@pytest.mark.parametrize("y, wrt, expert", CASES)
def test_no_form_takes_many_steps(y, wrt, expert, monkeypatch):
    """As many factors are tried as a page's formula needs: 200 of them take about 40 ms."""
    readers = []

    class Counting(Reader):
        def __init__(self, *args):
            super().__init__(*args)
            readers.append(self)

    monkeypatch.setattr(normal_forms, "Reader", Counting)
    normal_forms._normal_form.cache_clear()
    assert str(jacobian(y, wrt))
    assert sum(reader.trials for reader in readers) <= 200 and len(readers) <= 40


def test_sums_of_much_that_is_alike_are_left_after_some_steps():
    parts = [
        np.diag(u) @ A @ np.diag(v) @ B for u, v in itertools.product((x, w, g, a, b), repeat=2)
    ]
    e = sum(parts[1:], parts[0])
    reader = Reader(True, lambda e: e)
    chains = reader.read(e)
    assert len(factored(chains, e.shape, reader, count)) <= len(chains)
    assert reader.trials <= TRIALS


@pytest.mark.parametrize("power", [2, 3])
def test_a_power_is_multiplied_out_whole_or_not_at_all(power):
    q, x = mc.vectors("q", size=3), mc.vectors("x", size="k")
    E = mc.matrices("E", shape=(5, "k"))
    e = (E[[3, 0, 3]] + np.outer(q, x)) ** power
    assert normal_form(e) is e
    assert mc.derive(e, q).check(sizes=(1, 2), points=1).passed


OF_ALL_ELEMENTS = [
    (np.linalg.norm(A + l * B), l, "sum(B ⊗ (A + l B))/||A + l B||_F"),
    (np.trace(A @ np.diag(x)), x, "diagonal(A)^T"),
    (total(W * exp(l * G)), l, "sum(G ⊗ W ⊗ exp(l G))"),
    (np.trace(A @ (l * B)), l, "tr(B A)"),
    (np.sum(A * (l * Q)), l, "tr(A Q)"),
]


@pytest.mark.parametrize("y, wrt, text", OF_ALL_ELEMENTS, ids=[t for *_, t in OF_ALL_ELEMENTS])
def test_a_sum_of_all_elements_is_written_as_one(y, wrt, text):
    d = mc.derive(y, wrt)
    assert str(d.jacobian) == text and d.check(sizes=(2, 3), points=2)


def test_a_trace_is_one_in_the_steps_as_well():
    assert "sum(" not in str(mc.derive(log(np.linalg.det(A + l * B)), l))


JOINED = [  # cases of one condition
    (np.where(W @ x > 0, W @ x, 0.1 * (W @ x)) @ v, x, "(v if W x > 0; v/10 otherwise)^T W"),
    (total(np.where(W > 0, W, 0.1 * W)), W, "(1 if W > 0; 0.1 otherwise)^T"),
    (total(np.where(x > 0, x * w, -x * w)), x, "(w if x > 0; -w otherwise)^T"),
    (total(np.where(x > 0, x, x) ** 2), x, "2x^T"),
    (np.maximum(0, x) ** 2 @ w, x, "(2w ⊗ max(0, x))^T"),
]


@pytest.mark.parametrize("y, wrt, text", JOINED, ids=[text for *_, text in JOINED])
def test_cases_of_one_condition_are_one(y, wrt, text):
    assert str(mc.derive(y, wrt).jacobian) == text


def test_a_part_of_a_formula_takes_no_name_that_the_reader_has():
    S = let("S", np.tanh(Z))
    form = mc.derive(total(S * (H + rowwise(Z))), Z).jacobian
    assert form.expr is mc.derive(total(S * (H + rowwise(Z))), Z).jacobian.expr
    assert "S = " not in str(form)
    s = mc.scalars("s")
    form = mc.derive(s * (g @ sm(z)), z).jacobian
    assert ", r = " in str(form) and ", s = " not in str(form)
