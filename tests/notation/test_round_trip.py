"""What is printed is read back: closed forms of random programs, signs that have one meaning.

``python tests/notation/test_round_trip.py 0 5000`` tries the programs of more seeds.
"""

import random
import sys
from collections import Counter

import numpy as np
import pytest
from oracles import symbolic
from programs import BY, problem

import mcalc as mc
from mcalc.check.claims import first_difference
from mcalc.graph.normal_form import normal_form
from mcalc.graph.walk import unnamed, walk
from mcalc.typed.read import ReadError
from mcalc.typed.tokens import LONGEST

BOUNDS = "too long|too deeply|at most|too high"  # of what is typed, and of nothing that is meant

A, B = mc.matrices("A B", shape=("n", "n"))
W, X = mc.matrices("W"), mc.matrices("X", shape=("N", "n"))
x, w, b, c = *mc.vectors("x w"), mc.vectors("b", size="m"), mc.vectors("c", size="N")
z = mc.scalars("z")
NAMES = {e.name: e for e in (A, B, W, X, x, w, b, c, z)}

SIGNS = [  # each with what it prints, in which no sign means two things
    (A @ A, "A A"),
    (A * A, "A ⊗ A"),
    (A**2, "A ⊗ A"),
    (A**3, "A^⊗3"),
    (3 * A**2 * B, "3A ⊗ A ⊗ B"),
    (np.linalg.inv(A), "inv(A)"),
    (1 / A, "1 ⊘ A"),
    (A**-1.0, "1 ⊘ A"),
    (A / B, "A ⊘ B"),
    (z / A, "z ⊘ A"),
    (A + z * mc.identity("n"), "A + z I"),
    (A + z, "A + z 1 1^T"),
    (1 - np.tanh(W) ** 2, "1 - tanh(W)^⊗2"),
    (B + (1 - np.exp(A)), "B + 1 1^T - exp(A)"),
    (np.log1p(1 + A**2), "log(1 + 1 + A ⊗ A)"),
    (X @ W.T + b, "X W^T + 1 b^T"),
    (X - c[:, None], "X - c 1^T"),
    (X / np.sum(X, axis=1, keepdims=True), "diag(1/(X 1)) X"),
    (X / x, "X diag(1/x)"),
    (W * x, "W diag(x)"),
    (np.exp(A), "exp(A)"),
    (x**2, "x^2"),
    (1 / x, "1/x"),
    (x[1:], "x_(2:n)"),
    (x[:-1] * x[1:], "x_(1:n - 1) ⊗ x_(2:n)"),
    (x[0] * x[2], "x_1 x_3"),
    (x[-1] * x, "x_(n:n)_1 x"),
    (z * x[1:][1], "z x_(2:n)_2"),
    (x[::-1][0] * (A @ x)[2], "flip(x)_1 (A x)_3"),
    (x[:2] @ x[-2:], "x_(1:2).x_(n - 1:n)"),
    (mc.derive(x[0] * x[2], x).jacobian.expr, "(x_3 e_1 + x_1 e_3)^T"),
    (
        mc.derive(x[1:3] @ x[:2], x).jacobian.expr,
        "([0_1; x_(1:2); 0_(n - 3)] + [x_(2:3); 0_(n - 2)])^T",
    ),
]


@pytest.mark.parametrize("e, text", SIGNS, ids=[text for _, text in SIGNS])
def test_a_sign_has_one_meaning(e, text):
    assert str(e) == text
    again = mc.read(text, **NAMES)
    assert first_difference(again, e, list(NAMES.values())) is None


def test_an_inverse_and_a_reciprocal_are_told_apart_in_latex():
    latex = {e: e._repr_latex_() for e in (np.linalg.inv(A), 1 / A, A**-1.0, A @ A, A**2)}
    assert "A^{-1}" in latex[np.linalg.inv(A)] and r"1 \oslash A" in latex[1 / A]
    assert "^{-1}" not in latex[A**-1.0] and "^" not in latex[A @ A] + latex[A**2]


HIDDEN = [  # where ones and zeros have a length that nothing else shows
    (np.linalg.norm(mc.outer(mc.ones("m"), x)), "||1_m x^T||_F"),
    (np.sum(mc.outer(mc.ones("m"), x) * 2), None),
    (mc.derive(np.concatenate([np.sum(x) * mc.ones("m"), x]), x).jacobian.expr, None),
    (mc.derive(np.concatenate([b * 0, z * mc.ones(1)]), z).jacobian.expr, None),
    (mc.derive(-np.maximum(0, np.concatenate([b, np.stack([z])])), (z,)).jacobian.expr,
     "[0_m; [-1]^T if z > 0; 0_1 otherwise]"),
]  # fmt: skip


@pytest.mark.parametrize("e, text", HIDDEN, ids=[str(e) for e, _ in HIDDEN])
def test_a_length_is_written_where_nothing_else_shows_it(e, text):
    assert text is None or str(e) == text
    again = mc.read(str(e), **NAMES)
    assert first_difference(again, e, list(NAMES.values())) is None


def test_functions_of_examples_are_read_in_a_sum_over_the_data():
    e = X.T @ np.where(c > 0, c * mc.sigmoid(X @ w), 0)
    assert "sum_i" in str(e) and "σ" in str(e)
    names = {e.name: e for e in (X, w, c)}  # with an x there x_i would be its element
    assert first_difference(mc.read(str(e), **names), e, [*names.values()]) is None


@pytest.mark.parametrize("value, text, latex", [
    (0.1, "0.1", "0.1"), (0.95, "0.95", "0.95"), (0.75, "3/4", r"\frac{3}{4}"),
    (1e-5, "1e-5", "10^{-5}"), (1.702, "1.702", "1.702"), (2**0.5, "sqrt(2)", r"\sqrt{2}"),
    ((2 / np.pi) ** 0.5, "sqrt(2/pi)", r"\sqrt{\frac{2}{\pi}}"),
    ((2 * np.pi) ** -0.5, "sqrt(1/(2pi))", r"\sqrt{\frac{1}{2\pi}}"),
])  # fmt: skip
def test_a_number_is_written_as_it_is_typed(value, text, latex):
    e = z + value
    assert str(e) == f"z + {text}" and e._repr_latex_() == rf"$\displaystyle z + {latex}$"
    for written in (str(e), e._repr_latex_()):
        assert first_difference(mc.read(written, z=z), e, [z]) is None


def names_of(d):
    """What a closed form is read with: the variables, the reader's names, and the result's."""
    named = {str(e.name): e for e in (*walk(d.y), *d.inputs) if e.name}
    return named if d.y.name else {d.output: mc.let(d.output, d.y), **named}


def outcome(seed):
    """Of the program with this seed: "read", or why there is nothing to be read; else the form.

    A form has to have the values of the sum that it is made of, too, and simplified again it stays.
    """
    program, wrt = problem(random.Random(seed).choice, depths=(1, 5), by=(*BY, "matrix"))
    try:
        d = symbolic(program, wrt)
    except (mc.UnsupportedError, ValueError):
        return "refused"
    try:
        text = "" if d.more_axes else str(d.jacobian)
    except mc.UnsupportedError:
        return "refused"
    if not text or "to be written)" in text:  # it is too long
        return "more axes" if not text else "out of bounds"
    try:
        again = mc.read(text, **names_of(d))
    except ReadError as error:
        bounded = len(text) > LONGEST or any(part in str(error) for part in BOUNDS.split("|"))
        return "out of bounds" if bounded else f"seed {seed}: {text}\n{error}"
    if normal_form(d.jacobian.expr) is not d.jacobian.expr:
        return f"seed {seed}: {text}\nbecomes {normal_form(d.jacobian.expr)}"
    form, plain = (unnamed(e) for e in (d.jacobian.expr, d._structured.plain))
    difference = first_difference(form, plain, d.inputs, unnamed(d.y), d.variables)
    if difference is not None and difference.in_full.startswith("nothing can be compared"):
        return "nowhere"  # it has a value
    if difference is not None:
        return f"seed {seed}: {text}\nis not {plain}"
    same = again is d.jacobian.expr or d.equals(again)
    return "read" if same else f"seed {seed}: {text}\nis read as {again}"


def test_closed_forms_of_random_programs_are_read_back():
    counts = Counter(map(outcome, range(300)))
    wrong = [found for found in counts if found.startswith("seed")]
    assert not wrong, "\n".join(wrong)
    assert counts["read"] > 225 and counts["out of bounds"] < 6, counts


if __name__ == "__main__":
    found = Counter()
    for seed in range(*map(int, sys.argv[1:3])):
        result = outcome(seed)
        found[result.split()[0]] += 1
        if result.startswith("seed"):
            print(result, flush=True)
        if seed % 500 == 499:
            print(seed + 1, dict(found), flush=True)
    print(found)
