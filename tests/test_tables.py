"""Calculations, tables, comparisons and glossaries: what they say, and what they refuse."""

import numpy as np
import pytest

import mcalc as mc

w, x = mc.vectors("w x")
b, y, z = mc.scalars("b y z")
D = mc.derivative


def test_a_calculation_line_by_line():
    told = mc.lines(D(9 * (z + z**2), z), 9 * D(z + z**2, z), 9 * (D(z, z) + 2 * z), 9 + 18 * z)
    assert str(told).splitlines() == [
        "d/dz 9(z + z^2)", "= 9 d/dz (z + z^2)", "= 9(d/dz z + 2z)", "= 9 + 18z",
    ]  # fmt: skip
    latex = told._repr_latex_()
    assert r"\frac{d}{dz} 9\left(z + z^{2}\right) \\[6pt] = {} & 9 \frac{d}{dz}" in latex


def test_one_partial_derivative_makes_all_of_a_calculation_partial():
    assert str(D(2 * z, z)) == "d/dz 2z" and str(D(2 * z * y, z)) == "∂/∂z 2z y"
    lines = str(mc.lines(D(2 * z + y, z), D(2 * z, z) + D(y, z), 2)).splitlines()
    assert lines[1] == "= ∂/∂z 2z + ∂/∂z y"


@pytest.mark.parametrize(
    "derivative, value",
    [
        (D(99, z), 0),
        (D(z, z), 1),
        (D(y, z), 0),
        (D(x, z), mc.zeros("n")),
        (D(z, x), mc.zeros("n").T),
        (D(w, x), 0 * mc.outer(w, x)),
        (D(w @ x, w), x.T),
        (D(z**2, z) * D(y, y), 2 * z),
        (D(np.log(mc.let("u", z**2)), z), 2 / z),
    ],
    ids=str,
)
def test_a_derivative_that_is_written_down_has_its_value(derivative, value):
    assert mc.lines(derivative, value)


def test_a_derivative_by_a_named_part_holds_the_rest_still():
    u = mc.let("u", z**2)
    whole = z * u
    assert mc.lines(D(whole, u), z) and mc.lines(D(u, z), 2 * z)
    assert mc.lines(D(z * u**2, u), 2 * z * u, 2 * z**3)
    assert mc.derive(whole, wrt=z).equals(u + D(whole, u) * D(u, z))


def test_names_are_mathematics_among_words():
    z_1 = mc.scalars("z_1")
    assert (
        r"\text{one path leads from z}_{1}\text{ to y"
        in mc.derive(np.exp(2 * z_1), z_1)._repr_latex_()
    )
    told = mc.compare(mc.derive(z**2, wrt=z), 2 * z, {"50% of z^(n - 1)": z}, z=1)._repr_latex_()
    assert r"\text{50\% of z}^{(n - 1)}" in told


def test_what_is_written_down_can_be_derived_again():
    assert mc.derive(9 * D(z**3, z), wrt=z).equals(54 * z)


def test_the_reference_has_chain_shape_and_check():
    f = mc.functions("f")
    table = mc.reference(
        (np.sum(w * x), w, x.T), (np.sum(x), x, mc.ones().T), (f(x), x, D(f(x), x))
    )
    assert str(table).splitlines() == [
        "function     by   chain         Jacobian   shape   checked by",
        "sum(w ⊗ x)   w    1^T diag(x)   x^T        1 x n   scalars and numbers",
        "sum(x)       x                  1^T        1 x n   scalars and numbers",
        "f(x)         x                  f'(x)      n x n   numbers",
    ]
    assert r"\text{chain} & \text{Jacobian}" in table._repr_latex_()


def test_rules_are_looked_up_by_names():
    W, (u, v) = mc.matrices("W"), (mc.vectors("u", size="m"), mc.vectors("v"))
    rows = (np.sum(v * v), v, 2 * v.T), (u @ W @ v, W, mc.outer(v, u))
    table = mc.reference(*rows, names="sum of squares, bilinear form")
    assert str(table).splitlines() == [
        "name             function     by   Jacobian   gradient",
        "sum of squares   sum(v ⊗ v)   v    2v^T",
        "bilinear form    u^T W v      W    v u^T      u v^T",
    ]
    assert r"\text{bilinear form}" in table._repr_latex_()
    assert "checked by" in str(table.details)
    with pytest.raises(ValueError, match="1 names for 2 rows"):
        mc.reference(*rows, names="alone")
    with pytest.raises(mc.CheckFailed):
        mc.reference((v @ v, v, v.T), names="half")


X, W = mc.matrices("X", shape=("N", "d")), mc.matrices("W", shape=("d", "k"))
G = mc.matrices("G", shape=("N", "k"))


def test_what_goes_back_in_mathematics_and_in_numpy():
    c = mc.vectors("c", size="k")
    rows = (X @ W + c, G, W, X.T @ G), (X @ W + c, G, c, np.sum(G, axis=0))
    table = mc.reference(*rows, names="linear layer: weights, linear layer: bias")
    assert str(table).splitlines() == [
        "name                    forward           comes in   goes out",
        "linear layer: weights   Y = X W + 1 c^T   G          dW = X^T G",
        "                        Y = X @ W + c     (N x k)    (d x k)",
        "                                                     dW = X.T @ G",
        "linear layer: bias      Y = X W + 1 c^T   G          dc = G^T 1",
        "                        Y = X @ W + c     (N x k)    (k x 1)",
        "                                                     dc = G.sum(axis=0)",
    ]
    assert r"\text{comes in} & \text{goes out}" in table._repr_latex_()
    with pytest.raises(AttributeError, match="no chains"):
        table.details


def test_the_lines_are_those_that_the_reader_named():
    S = mc.let("S", np.exp(X) / np.sum(np.exp(X), axis=1, keepdims=True))
    H = mc.matrices("H", shape=("N", "d"))
    back = S * (H - np.sum(S * H, axis=1, keepdims=True))
    text = str(mc.reference((S, H, X, back), names="softmax"))
    assert "S = softmax(X) by rows" in text and "dX = S ⊗ (H - ((S ⊗ H) 1) 1^T)" in text
    loss = mc.reference((np.sum((X - H) ** 2), 1, X, 2 * (X - H)), names="squares")
    assert "L = sum((X - H)^⊗2)      1          dX = 2(X - H)" in str(loss)


def test_what_is_checked_is_the_numpy_that_is_shown():
    one = mc.reference((X @ W, G, X, G @ W.T), names="product")["product"]
    value, gradients = one.numpy()(X=[[1.0, 2.0]], W=[[3.0], [4.0]], G=[[2.0]])
    assert value == 22 and gradients["X"].tolist() == [[6, 8]]
    assert one.source.count("dX = G @ W.T") == 1 and one.check().passed


@pytest.mark.parametrize(
    "row, error, message",
    [
        ((X @ W, G, W, 2 * X.T @ G), mc.CheckFailed, "a constant factor"),
        ((X @ W, G, W, G.T @ X), mc.CheckFailed, "k x d given, d x k expected"),
        ((X @ W, 1, W, X.T @ G), ValueError, "1 is 1 x 1, and X W is N x k"),
        ((X @ W, X, W, X.T @ G), ValueError, "X is N x d, and X W is N x k"),
    ],
)
def test_what_goes_back_is_compared(row, error, message):
    with pytest.raises(error, match=message):
        mc.reference(row, names="wrong")


def test_what_goes_back_has_a_table_of_its_own():
    row = X @ W, G, W, X.T @ G
    with pytest.raises(ValueError, match="0 names for 1 rows"):
        mc.reference(row)
    with pytest.raises(ValueError, match="table of their own"):
        mc.reference(row, (w * x, w, mc.diag(x)), names="one, two")
    with pytest.raises(KeyError, match="'three' is not in this table: one"):
        mc.reference(row, names="one")["three"]


def test_each_rule_has_a_place_on_a_page():
    html = mc.reference((X @ W, G, W, X.T @ G), names="Product: W <1>")._repr_html_()
    assert '<tr id="product-w-1"><th' in html and "Product: W &lt;1&gt;</th>" in html
    assert '<span data-text="dW = X^T G">$\\displaystyle dW = X^T G$</span>' in html
    assert "<code>dW = X.T @ G</code>" in html
    assert (
        'id="hadamard-product"'
        in mc.reference((w * x, w, mc.diag(x)), names="Hadamard product")._repr_html_()
    )


def test_chains_stand_in_the_table_if_they_are_asked_for():
    table = mc.reference((np.sum(w * x), w, x.T), names="dot product", chain=True)
    assert str(table).splitlines() == [
        "name          function     by   chain         Jacobian",
        "dot product   sum(w ⊗ x)   w    1^T diag(x)   x^T",
    ]


def test_a_table_without_chains_has_no_column_for_them():
    assert "chain" not in str(mc.reference((w + x, w, mc.identity())))


def test_a_row_of_the_table_is_checked():
    wrong = mc.derive(w * x, wrt=w)
    assert "w ⊗ x      w    diag(x)    n x n" in str(mc.table(wrong))
    wrong.jacobian = mc.Jacobian(mc.diag(w))
    with pytest.raises(mc.CheckFailed):
        mc.table(wrong)


def test_wrong_claims_beside_the_right_one():
    d = mc.derive(np.maximum(0, x), wrt=x)
    vector = np.where(x > 0, 1, 0)
    wrong = {"print": vector, "none": 0, "all": mc.identity()}
    assert str(mc.compare(d, mc.diag(vector), wrong, x=[2, -1])).splitlines() == [
        "          formula                         here",
        "print     1 if x > 0; 0 otherwise         [1, 0]^T           n x 1 given, n x n expected: "
        "you have the diagonal as a vector",
        "none      0                               0                  yours is zero, and it should "
        "not be",
        "all       I                               [[1, 0], [0, 1]]   right only where x > 0",
        "right     diag(1 if x > 0; 0 otherwise)   [[1, 0], [0, 0]]   right",
        "numbers                                   [[1, 0], [0, 0]]",
    ]


def test_a_comparison_shows_identities_and_zeros_in_full():
    told = str(mc.compare(mc.derive(w - x, wrt=x), -mc.identity(), {"none": 0}, w=[1, 2], x=[3, 4]))
    assert "-I        [[-1, 0], [0, -1]]   right" in told
    assert "yours is zero, and it should not be" in told


def test_a_comparison_needs_every_value():
    with pytest.raises(TypeError, match="w is missing: values are needed for w, x"):
        mc.compare(mc.derive(w - x, wrt=x), -mc.identity(), {}, x=[3, 4])


def test_a_glossary():
    told = mc.glossary({"the transpose": x.T, "a Jacobian": mc.derive(w * x, wrt=w)})
    assert str(told).splitlines() == [
        "it means        it is written   shape",
        "the transpose   x^T             1 x n",
        "a Jacobian      diag(x)         n x n",
    ]
