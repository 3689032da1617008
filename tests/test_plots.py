"""Pictures say in words what they show, the same on every run."""

import subprocess
import sys

import numpy as np
import pytest

import mcalc as mc
from mcalc import plots

w, x = mc.vectors("w x")
z = mc.scalars("z")

PICTURES = {
    "images: w from -1 to 62; zero all zero": lambda: plots.images(
        {"w": np.arange(64) - 1.0, "zero": np.zeros((8, 8))}
    ),
    "loss; neuron: 0.5 at step 0, 0.125 at step 2; the mean: 0.3": lambda: plots.curves(
        {"neuron": [0.5, 0.25, 0.125]}, {"the mean": 0.3}
    ),
    "J: 2 x 2, 2 of 4 entries zero: [1, 0; 0, -2.5]": lambda: plots.heatmap(
        [[1, 0], [0, -2.5]], "J"
    ),
    "dataflow; from z to u = z^2: 2z; from z to y = z + u: 1; from u to y = z + u: 1": lambda: (
        plots.dataflow(mc.derive(z + z**2, wrt=z))
    ),
    "shapes; f: 1 x n times n x n is 1 x n": lambda: plots.shapes(
        {"f": [mc.derive(np.sum(w), wrt=w), mc.derive(w * x, wrt=w).jacobian]}
    ),
}


@pytest.mark.parametrize("words, draw", PICTURES.items(), ids=[w.split()[0] for w in PICTURES])
def test_a_picture_and_its_words(words, draw):
    picture = draw()
    assert str(picture) == words
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == words
    assert bundle["text/html"].startswith(f'<img alt="{words}"')
    assert bundle["image/png"].startswith(b"\x89PNG") and bundle["image/png"] == draw().png()


def test_an_image_is_square():
    with pytest.raises(ValueError, match="w has 10 values: a square number is needed, such as 64"):
        plots.images({"w": np.ones(10)})


def test_a_row_of_the_table_is_checked():
    wrong = mc.derive(w * x, wrt=w)
    assert "w ⊗ x      w    diag(x)    n x n" in str(mc.table(wrong))
    wrong.jacobian = mc.Jacobian(mc.diag(w))
    with pytest.raises(mc.CheckFailed):
        mc.table(wrong)


def test_importing_mcalc_loads_neither_pictures_nor_widgets():
    code = "import sys, mcalc; print([m for m in ('matplotlib', 'ipywidgets') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
