"""How rows, columns, parts and triangles are written: as mathematics that mc.read takes."""

import re

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.claims import first_difference
from mcalc.graph.walk import symbols

w, x = mc.vectors("w x")
u = mc.vectors("u", size="m")
b = mc.vectors("b", size="k")
z = mc.scalars("z")
A = mc.matrices("A")
S = mc.matrices("S", shape=("n", "n"))
E = mc.matrices("E", shape=("V", "d"))
X, W = mc.matrices("X", shape=("N", "n")), mc.matrices("W", shape=("n", "k"))
NAMES = {e.name: e for e in (w, x, u, b, z, A, S, E, X, W)}
WRITTEN = {
    "X W + 1 b^T": X @ W + b,
    "A + u 1^T": A + u[:, None],
    "A - rowmax(A) 1^T": A - np.max(A, axis=1, keepdims=True),
    "diag(u) A": A * u[:, None],
    "A diag(x)": A * x,
    "diag(1/u) A": A / u[:, None],
    "max(A, 1 x^T)": np.maximum(A, x),
    "A x": A @ x[:, None],
    "x^T A^T": x[None, :] @ A.T,
    "u x^T": u[:, None] @ x[None, :],
    "x": x[:, None],
    "x^T": x[None, :],
    "[A; x^T]": np.vstack([A, x]),
    "tril(S)": np.tril(S),
    "tril(S, -1)": np.tril(S, -1),
    "2 triu(A, 1)": np.triu(2 * A, 1),
    "tril(A + u 1^T)": np.tril(A + u[:, None]),
    "tril(1_n 1_n^T) x": np.cumsum(x),
    "A triu(1_n 1_n^T)": np.cumsum(A, axis=1),
    "2 tril(S)": 2 * np.tril(S),
    "(-z/2) triu(A ⊗ A)": -z / 2 * np.triu(A * A),
    "flip(x)": x[::-1],
    "flip(I) A": A[::-1],
    "A flip(I)": A[:, ::-1],
    "[e_3^T; e_1^T; e_3^T] x": x[[2, 0, 2]],
    "[e_3^T; e_1^T] E": E[[2, 0]],
    "E [e_3, e_1]": E[:, [2, 0]],
    "A e_2": A[:, 1],
    "A^T e_3": A[2],
    "rowmax(A)": np.max(A, axis=1),
    "rowmax(A^T)^T": np.max(A, axis=0, keepdims=True),
    "max(A)": np.max(A),
    "rowprod(A)": np.prod(A, axis=1),
    "prod(A)": np.prod(A),
    "prod(x)": np.prod(x),
    "diagonal(S)": np.diagonal(S),
    "arctan2(x, w)": np.arctan2(x, w),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_it_is_written_and_read(text):
    e = WRITTEN[text]
    assert str(e) == text
    if e.shape[1:] == (1,):  # a column, which is read as the vector that it is on paper
        e = e @ np.ones(1)
    read = mc.read(text, **NAMES)
    assert first_difference(read, e, symbols(e)) is None
    assert first_difference(2 * read, e, symbols(e)) is not None


def test_a_causal_mask_and_its_backward():
    G = mc.matrices("G", shape=("n", "n"))
    d = mc.derive(np.sum(G * np.tril(S) ** 2), S)
    assert str(d.gradient) == "2 tril(G ⊗ S)" and d.check().passed


def test_latex_of_parts():
    assert np.tril(S, -1)._repr_latex_() == (
        r"$\displaystyle \operatorname{tril}{\left(S, -1\right)}$"
    )
    assert "\\vec{1} \\vec{1}^T" in np.cumsum(x)._repr_latex_()
    assert r"\begin{bmatrix} e_3^T \\ e_1^T \end{bmatrix} E" in E[[2, 0]]._repr_latex_()
    assert (A @ x[:, None])._repr_latex_() == (A @ x)._repr_latex_()


def test_many_rows_are_not_all_written():
    assert str(E[list(range(40))]).startswith("[e_1^T; e_2^T; ") and "; ...; e_40^T]" in str(
        E[list(range(40))]
    )


def test_an_element_of_a_part_is_no_part_of_an_element():
    d = mc.derive(np.max(x[1:]), x)
    assert "(x_(2:n))_i" in str(d.jacobian) and "x_i" not in str(d.jacobian)


@pytest.mark.parametrize(
    "text, hint",
    [
        ("A + u", "write u 1^T for it in each column"),
        ("S + x", r"diag( ) makes a matrix of it"),
        ("A + b", r"diag( ) makes a matrix of it"),
    ],
)
def test_a_vector_beside_a_matrix_is_told_how_to_lie(text, hint):
    with pytest.raises(mc.ReadError, match=re.escape(hint)):
        mc.read(text, **NAMES)


@pytest.mark.parametrize("text", ["X W + b", "X W + b^T", "X W + 1 b^T"])
def test_what_is_as_long_as_the_rows_stands_in_each_of_them(text):
    assert str(mc.read(text, **NAMES)) == "X W + 1 b^T"
    assert str(mc.read("X W - 2b", **NAMES)) == "X W - 1 (2b^T)"
