"""What is assumed of variables: the textbook's formulas, the numbers, and what is refused."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.graph.assumptions import ASSUMPTIONS, Fact, fulfilled, settled, supposing
from mcalc.graph.facts import facts, inherited
from mcalc.graph.refine import is_decided, refined, refined_as_written

S = mc.matrices("S", shape=("n", "n"), symmetric=True)
K = mc.matrices("K", shape=("n", "n"), positive_definite=True)
A = mc.matrices("A", shape=("n", "n"))
X, W = mc.matrices("X", shape=("N", "n")), mc.matrices("W", shape=("m", "n"))
Y, Z = mc.matrices("Y", shape=("N", "k"), onehot=True), mc.matrices("Z", shape=("N", "k"))
x, m, z, w = mc.vectors("x m z w")
b = mc.vectors("b", size="N")
y, p = mc.vectors("y", onehot=True), mc.vectors("p", probability=True)
r, s = mc.vectors("r", positive=True), mc.vectors("s")
q, t = mc.scalars("q", positive=True), mc.scalars("t")
softmax = np.exp(z) / np.sum(np.exp(z))
hat = X @ np.linalg.inv(X.T @ X) @ X.T


def log_density(inverse, log_determinant):
    return -(x - m) @ inverse @ (x - m) / 2 - log_determinant / 2


def gaussian(C):
    return log_density(np.linalg.inv(C), np.linalg.slogdet(C)[1])


TEXTBOOK = [  # function, by, the closed form in numerator layout as it is printed
    (x @ S @ x, x, "2x^T S"),
    (x @ S.T @ x, x, "2x^T S"),
    (x @ S @ x, S, "x x^T"),
    (np.trace(A @ S), S, "A"),  # of entries that are free
    (np.trace(S @ S), S, "2S"),
    (x @ np.linalg.inv(K) @ x, x, "2 x^T inv(K)"),
    (np.linalg.slogdet(K)[1], K, "inv(K)"),
    (-np.sum(y * np.log(softmax)), z, "(exp(z)/sum(exp(z)) - y)^T"),
    (-np.sum(p * np.log(softmax)), z, "(exp(z)/sum(exp(z)) - p)^T"),
    (-np.sum(s * np.log(softmax)), z, "(sum(s) exp(z)/sum(exp(z)) - s)^T"),
    (np.sum(p * np.log(p)), p, "(log(p) + 1)^T"),
    (np.sum(p) ** 3, p, "3 · 1^T"),
    (np.sum((y * y - z) ** 2), z, "2(z - y)^T"),
    (np.sum((X @ w - b) ** 2), w, "2(X w - b)^T X"),
    (hat @ b, b, "X inv(X^T X) X^T"),
    (b @ hat @ b, b, "2b^T X inv(X^T X) X^T"),
    (np.linalg.slogdet(W @ W.T)[1], W, "2 W^T inv(W W^T)"),
    (gaussian(S), m, "(x - m)^T inv(S)"),
    (gaussian(K), m, "(x - m)^T inv(K)"),
    (gaussian(K), K, "(inv(K) (m - x) (m - x)^T inv(K) - inv(K))/2"),
    (np.maximum(0, q), q, "1"),
    (np.abs(q) * np.sign(q) + np.sqrt(q**2), q, "2"),
    (np.where(r > 0, r * s, 5 * s), s, "diag(r)"),
    (np.maximum(0, r), r, "I"),
    (np.minimum(0, -q) * t, t, "-q"),
    (np.linalg.norm(y) * np.max(y) * t, t, "1"),
]


@pytest.mark.parametrize("f, by, printed", TEXTBOOK)
def test_what_is_derived_is_the_textbooks(f, by, printed):
    d = mc.derive(f, wrt=by)
    assert str(d.jacobian.expr) == printed
    assert d.check(sizes=(1, 2, 3), points=2).passed
    assert d.equals(d.jacobian)


def test_the_gradient_of_a_quadratic_form():
    assert str(mc.derive(x @ S @ x, wrt=x).gradient) == "2S x"
    assert str(mc.hessian(x @ S @ x, wrt=x).jacobian.expr) == "2S"


def test_the_steps_have_no_transpose_of_a_symmetric_matrix():
    for f, by in ((x @ S.T @ x, x), (gaussian(S), m), (b @ hat @ b, b)):
        shown = str(mc.derive(f, wrt=by))
        assert not any(turned in shown for turned in ("S^T", "inv(S)^T", "X)^T"))


def test_products_with_steps_and_gradients_are_refined():
    d = mc.derive(S @ x, wrt=x)
    assert str(d.vjp(d.G)) == "S v"
    d = mc.derive(S @ W.T, wrt=W)
    assert str(d.vjp(d.G)) == "G^T S"


def test_the_backward_pass_of_rows_of_labels():
    e = np.exp(Z)
    log_softmax = np.log(e / np.sum(e, axis=1, keepdims=True))
    passed = mc.backward(-np.sum(Y * log_softmax) / Y.shape[0], wrt=Z)
    assert passed.check().passed
    assert "dZ = dH + (1/N) exp(H)" in str(passed) and "dH = -(1/N) Y" in str(passed)
    single = mc.backward(-np.sum(y * np.log(softmax)), wrt=z)
    assert "dz = dh + exp(h)" in str(single) and single.check().passed
    free = mc.backward(-np.sum(s * np.log(softmax)), wrt=z)
    assert "dz = dh - sum(dh) exp(h)" in str(free)
    listed = str(mc.backward(gaussian(K)))
    assert "inv(K)^T" not in listed and "Z^T dZ" not in listed


def test_entries_are_free_while_a_variable_moves():
    """The second derivatives of sum(p)^3 are 6, though sum(p)^2 is 1 in the first."""
    assert str(mc.hessian(np.sum(p) ** 3, wrt=p).jacobian.expr) == "6 · 1 1^T"
    assert mc.hessian(np.sum(p) ** 3, wrt=p).check().passed
    as_transposed = mc.derive(np.trace(A @ S.T), wrt=S)
    assert str(as_transposed.gradient) == "A" and as_transposed.check().passed
    assert str(mc.derive(np.trace(A @ S), wrt=S).gradient) == "A^T"


def test_along_a_symmetric_step_both_gradients_are_one():
    rng = np.random.default_rng(0)
    given, step, at = (rng.standard_normal((3, 3)) for _ in range(3))
    step, at = step + step.T, at + at.T
    one, other = (mc.derive(np.trace(A @ e), wrt=S) for e in (S, S.T))
    assert np.isclose(one.jvp(step, A=given, S=at), other.jvp(step, A=given, S=at))


# --- claims ----------------------------------------------------------------------------------


def test_a_claim_is_right_that_is_right_under_the_assumptions():
    d = mc.derive(x @ S @ x, wrt=x)
    assert d.equals(2 * (S @ x).T) and d.equals(2 * (S.T @ x).T) and d.equals(x.T @ (S + S.T))
    assert not d.equals((S @ x).T)
    d = mc.derive(-np.sum(y * np.log(softmax)), wrt=z)
    assert d.equals((softmax - y).T) and d.equals((np.sum(y) * softmax - y * y).T)
    assert not d.equals((softmax - 2 * y).T)
    assert mc.derive(np.abs(q) ** 3, wrt=q).equals(3 * q**2)


MISSING = [  # derivation, a claim, what to say
    (mc.derive(x @ A @ x, wrt=x), 2 * x.T @ A,
     "right where A is symmetric: say so with mc.matrices(..., symmetric=True)"),
    (mc.derive(-np.sum(s * np.log(softmax)), wrt=z), (softmax - s).T,
     "right where s adds up to 1: say so with mc.vectors(..., probability=True)"),
    (mc.derive(np.exp(-np.abs(t)), wrt=t), -np.exp(-t),
     "right where t is positive: say so with mc.scalars(..., positive=True)"),
]  # fmt: skip


@pytest.mark.parametrize("d, claim, said", MISSING)
def test_a_claim_that_lacks_an_assumption_hears_which(d, claim, said):
    assert d.why(claim) == said
    assert d.why(claim + claim) != said


def test_what_is_not_negative_alone_is_not_said_to_add_up():
    said = mc.derive(np.sum(np.abs(s) ** 3), wrt=s).why(3 * (s**2).T)
    assert "adds up" not in said


def test_a_claim_of_another_shape_is_not_right_anywhere():
    said = mc.derive(np.abs(W) @ x, wrt=x).why(np.abs(W).T)
    assert said.startswith("n x m given, m x n expected")
    said = mc.derive(np.abs(W) @ x, wrt=x).why(2 * W.T)
    assert said.startswith("n x m given, m x n expected")


def test_another_variable_of_that_name_is_told_from_the_right_one():
    plain = mc.matrices("S", shape=("n", "n"))
    said = mc.derive(x @ S @ x, wrt=x).why(2 * x.T @ plain)
    assert said == "that S is not the S of x^T S x: make the variable once"


# --- numbers ---------------------------------------------------------------------------------

MADE = {
    "positive": [mc.scalars("v", positive=True), mc.matrices("v", positive=True)],
    "symmetric": [mc.matrices("v", shape=("n", "n"), symmetric=True)],
    "positive_definite": [mc.matrices("v", shape=("n", "n"), positive_definite=True)],
    "probability": [mc.vectors("v", probability=True), mc.matrices("v", probability=True)],
    "onehot": [mc.vectors("v", onehot=True), mc.matrices("v", onehot=True)],
}


@pytest.mark.parametrize("name", ASSUMPTIONS)
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("scale", [0, 1e-6, 1, 1e4])
def test_what_is_drawn_fulfils_what_is_assumed(name, size, scale):
    rng = np.random.default_rng(1)
    for v in MADE[name]:
        shape = (size,) * v.ndim
        drawn = scale * rng.standard_normal((20, *shape))
        done = fulfilled([v], {"v": drawn})["v"]
        assert done.shape == drawn.shape and all(map(ASSUMPTIONS[name].holds, done))
        for value in done:
            assert np.array_equal(settled([v], {"v": value})["v"], value)
        once = settled([v], {"v": drawn[0]})["v"]
        assert ASSUMPTIONS[name].holds(once)


def test_probabilities_add_up_to_the_last_digit():
    drawn = np.random.default_rng(2).standard_normal((50, 7))
    assert (fulfilled([p], {"p": drawn})["p"].sum(axis=-1) == 1).all()


UNFIT = [
    (lambda **more: mc.derive(x @ S @ x, wrt=x).numpy()(x=[1, 2], **more),
     {"S": [[1, 2], [2, 4]]}, {"S": [[1, 2], [3, 4]]}, "symmetric=True: it has to be symmetric"),
    (lambda **more: mc.derive(x @ K @ x, wrt=x).check(at={"x": [1, 2], **more}),
     {"K": [[2, 1], [1, 2]]}, {"K": [[1, 2], [2, 1]]}, "symmetric and positive definite"),
    (lambda **more: mc.derive(y * z, wrt=z).jvp([1, 2], **more),
     {"y": [0, 1]}, {"y": [1, 1]}, "onehot=True: it has to hold a single 1 and else 0"),
    (lambda **more: mc.derive(p * z, wrt=z).vjp([1, 2], **more),
     {"p": [0.25, 0.75]}, {"p": [0.5, 0.6]}, "from 0 up that add up to 1"),
    (lambda **more: mc.backward(np.sum(Y @ Z.T)).numpy()(Z=[[1, 2]], **more),
     {"Y": [[0, 1]]}, {"Y": [[0, 2]]}, "each row has to hold a single 1"),
    (lambda **more: mc.derive(np.log(q), wrt=q).numpy()(**more),
     {"q": 2}, {"q": -2}, "positive=True: it has to be above 0 everywhere"),
]  # fmt: skip


@pytest.mark.parametrize("given, fit, unfit, said", UNFIT)
def test_a_value_that_does_not_fulfil_what_is_assumed_is_refused(given, fit, unfit, said):
    given(**fit)
    with pytest.raises(ValueError, match="does not fulfil") as error:
        given(**unfit)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_the_shape_of_a_value_is_looked_at_first():
    with pytest.raises(mc.ShapeError):
        mc.derive(x @ S @ x, wrt=x).numpy()(x=[1, 2], S=[[1, 2, 3], [2, 4, 5]])


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: mc.matrices("S", symmetric=True), "m x n is not square"),
        (lambda: mc.matrices("S", shape=(2, 3), positive_definite=True), "2 x 3 is not square"),
        (lambda: mc.vectors("y", onehot=True, positive=True), "not assumed together"),
        (lambda: mc.vectors("y", onehot=True, probability=True), "not assumed together"),
        (lambda: mc.scalars("q", positive=1), "True or False is expected"),
    ],
)
def test_what_cannot_be_assumed_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_what_can_be_assumed_together():
    both = mc.matrices("S", shape=("n", "n"), symmetric=True, positive=True)
    d = mc.derive(np.sum(np.abs(x @ both)), wrt=x)
    assert d.check().passed
    assert supposing(both, "onehot") is None and supposing(S, "symmetric") is None
    assert supposing(x, "symmetric") is None and supposing(W, "symmetric") is None


# --- what is known ---------------------------------------------------------------------------

SYMMETRIC = [
    X.T @ X, np.linalg.inv(X.T @ X), hat, A + A.T, S @ S, A @ S @ A.T, np.outer(x, x),
    np.exp(S), 2 * S - K, A * A.T, mc.let("C", S + K),
]  # fmt: skip
NOT_SYMMETRIC = [A, X.T, A @ S, A - A.T, S @ K, np.outer(x, z), S * x, A @ A]


def test_which_matrices_are_symmetric():
    assert all(Fact.SYMMETRIC in facts(e) for e in SYMMETRIC)
    assert not any(Fact.SYMMETRIC in facts(e) for e in NOT_SYMMETRIC)


POSITIVE = [np.exp(x), q + t**2, r * q, q / r, np.sum(r), np.maximum(0, q), np.linalg.det(K)]
NONNEGATIVE = [x**2, np.abs(x), x @ x, np.sqrt(r), np.linalg.norm(x), y, p, np.maximum(0, x)]
OF_EITHER_SIGN = [x, q - 1, r * x, x**3, -q, np.minimum(x, 1), np.linalg.det(S), np.log(r)]


def test_which_numbers_are_positive():
    assert all(Fact.POSITIVE in facts(e) for e in POSITIVE)
    assert all(Fact.NONNEGATIVE in facts(e) for e in (*POSITIVE, *NONNEGATIVE))
    assert not any(Fact.POSITIVE in facts(e) for e in (*OF_EITHER_SIGN, x**2, y, p))
    assert not any(Fact.NONNEGATIVE in facts(e) for e in OF_EITHER_SIGN)


def test_what_a_name_takes_over_from_what_it_stands_for():
    assert inherited(X.T @ X) == ("symmetric",)
    assert inherited(np.exp(q)) == ("positive",)
    assert inherited(A) == ()


REFINED = [
    (S.T @ x, "S x"), (np.sum(y) * z, "z"), (np.sum(p - z), "1 - sum(z)"), (y @ y * z, "z"),
    (Y @ mc.ones("k"), "1_N"), (np.sum(Y), "N"), (np.abs(t * q) - t, "|t q| - t"),
    (np.sum(2 * p) + np.sum(y), "3"), (y**3 - y, "0"),
]  # fmt: skip


@pytest.mark.parametrize("e, printed", REFINED)
def test_formulas_are_refined(e, printed):
    new = refined(e)
    assert new.shape == e.shape
    assert str(new).replace("0_n", "0") in (printed, printed.replace("t q", "q t"))


def test_a_function_is_refined_only_where_its_variable_stays():
    assert refined_as_written(np.sum(p) * z, [z]) is z
    free = np.sum(p) * z
    assert refined_as_written(free, [p]) is free
    plain = np.sin(x) * 2 + x
    assert refined_as_written(plain, [x]) is plain


def test_a_kink_that_is_on_one_side_is_none():
    assert is_decided(np.abs(q)) and is_decided(np.maximum(0, r)) and is_decided(q > 0)
    assert not is_decided(np.abs(t)) and not is_decided(np.maximum(q, r))
    report = str(mc.derive(np.maximum(0, q) * np.abs(t), wrt=t).check())
    assert "|t| was tried on both sides" in report and "max(0, q)" not in report


# --- explorers -------------------------------------------------------------------------------


def test_the_points_of_explorers_fulfil_what_is_assumed():
    shown = mc.explore.jacobian(p * z, wrt=z, p=[1, 1, 1])
    assert "0.333" in f"{shown}"
    with pytest.raises(ValueError, match="symmetric"):
        mc.explore.jacobian(S @ x, wrt=x, S=[[1, 2], [3, 4]], n=2)
    assert mc.explore.tangent(np.log(q)).inputs["q"].low > 0
