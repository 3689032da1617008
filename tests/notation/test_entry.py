"""Entry i between a function of one operator and its closed form."""

import numpy as np
import pytest

import mcalc as mc

w, x = mc.vectors("w x")
z = mc.scalars("z")
A = mc.matrices("A", shape=("n", "n"))

LINES = [
    (w + x, w, "∂(w_i + x_i)/∂w_i = 1 + 0 = 1"),
    (w - x, x, "∂(w_i - x_i)/∂x_i = 0 - 1 = -1"),
    (w * x, w, "∂(w_i x_i)/∂w_i = w_i · 0 + x_i · 1 = x_i"),
    (w / x, x, "∂(w_i/x_i)/∂x_i = -w_i/x_i^2"),
    (x + z, x, "∂(x_i + z)/∂x_i = 1 + 0 = 1"),
    (x + z, z, "∂(x_i + z)/∂z = 0 + 1 = 1"),
    (x * z, x, "∂(x_i z)/∂x_i = x_i · 0 + z · 1 = z"),
    (x * z, z, "∂(x_i z)/∂z = x_i · 1 + z · 0 = x_i"),
    (2 * x, x, "∂(2x_i)/∂x_i = 2"),
    (-x, x, "∂(-x_i)/∂x_i = -1"),
    (x**2, x, "∂(x_i^2)/∂x_i = 2x_i"),
    (np.sin(x), x, "∂sin(x_i)/∂x_i = cos(x_i)"),
    (np.maximum(w, x), w, "∂max(w_i, x_i)/∂w_i = 0 if w_i < x_i; 1 otherwise"),
]


@pytest.mark.parametrize(("y", "by", "line"), LINES)
def test_a_derivation_of_one_operator_shows_entry_i(y, by, line):
    d = mc.derive(y, wrt=by)
    first, second = d.steps[1].text.splitlines()
    assert first == f"entry i: {line}"
    assert second.startswith(f"∂y/∂{by} = ") and repr(d).count("∂y/") == 1
    assert r"\text{entry } i\text{: }" in d._repr_latex_()


@pytest.mark.parametrize(("y", "by", "line"), LINES)
def test_entry_i_is_what_the_scalars_say(y, by, line):
    """The last part of the line, as a function of entry 1, is the first entry of the Jacobian."""
    own = mc.read(line.split(" = ")[-1].replace("_i", "_1"), **{
        name: mc.scalars(name) for name in ("w_1", "x_1", "z")
    })  # fmt: skip
    assert mc.entries(own)[0] == mc.derive(y, wrt=by).explicit(n=2)[0]


def test_where_there_is_no_entry_i():
    """A sum, a product with a matrix, a scalar, and a chain have none; nor has a name in use."""
    x_i = mc.scalars("x_i")
    for y, by in (
        (np.sum(x), x),
        (A @ x, x),
        (z**2, z),
        (np.sin(w * x), w),
        (x * x_i, x),
        (w > x, w),
    ):
        assert "entry" not in repr(mc.derive(y, wrt=by))
