"""Lines as students and notebooks have them: Greek letters, LaTeX, and what nobody means."""

import random
import time

import pytest

import mcalc as mc
from mcalc.exercises.exercise import exercise
from mcalc.exercises.questions import ROWS, Row
from mcalc.typed.read import ReadError, read

PIECES = (
    r"\frac{ \sqrt{ } { ^{ _{ \mathbf{x} \begin{cases} \end{cases} \begin{bmatrix} & \\ \otimes "
    r"\cdot \left( \right) \text{if} $ np. mc. √ ½ 𝟏 .* ./ .^ ' ^t ⊤ sin^2( x2 dy/dx = "
    "x 2 + ( ) [ , ] ; 1 I"
).split()


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if isinstance(row, Row)])
def test_what_copy_tex_gives_is_the_formula(key):
    ex = exercise(key)
    assert ex.why(read(ex.right._repr_latex_(), **ex.names))


@pytest.mark.parametrize("name, typed", [("beta", "β"), ("θ", "theta"), ("eta", "η"), ("μ", "mu")])
def test_a_greek_letter_is_its_name(name, typed):
    v, s = mc.vectors("v"), mc.scalars(name)
    for text in (f"{typed} v", f"-{typed} v + v", f"{typed}v" if len(typed) == 1 else f"v {typed}"):
        assert read(text, v=v, **{name: s}) is read(
            text.replace(typed, f" {name} "), v=v, **{name: s}
        )


def test_whatever_is_pieced_together_is_read_or_refused_in_time():
    rng, worst = random.Random(8), 0.0
    names = {"x": mc.vectors("x"), "z": mc.scalars("z")}
    read("x", **names)
    for _ in range(5000):
        text = " ".join(rng.choices(PIECES, k=rng.randint(1, 12)))
        start = time.process_time()
        try:
            read(text, **names)
        except ReadError as error:
            assert 1 <= error.column <= len(text) + 1 and error.args[0]
        worst = max(worst, time.process_time() - start)
    assert worst < 0.05
