"""Pictures say in words what they show, the same on every run."""

import html

import numpy as np
import pytest

import mcalc as mc
from mcalc.draw import plots

w, x = mc.vectors("w x")
t, z = mc.scalars("t z")

PICTURES = {
    "images: w from -1 to 62; zero all zero": lambda: plots.images(
        {"w": np.arange(64) - 1.0, "zero": np.zeros((8, 8))}
    ),
    "loss; neuron: 0.5 at step 0, 0.125 at step 2; the mean: 0.3": lambda: plots.curves(
        {"neuron": [0.5, 0.25, 0.125]}, {"the mean": 0.3}
    ),
    "accuracy; net: 0.1 at step 0, 0.9 at step 40": lambda: plots.curves(
        {"net": [0.1, 0.5, 0.9]}, y="accuracy", every=20
    ),
    "J: 2 x 2, 2 of 4 entries zero: [1, 0; 0, -2.5]": lambda: plots.heatmap(
        [[1, 0], [0, -2.5]], "J"
    ),
    "dataflow; from z to u = z^2: 2z; from z to y = z + u: 1; from u to y = z + u: 1": lambda: (
        plots.dataflow(mc.derive(z + z**2, wrt=z))
    ),
    "dataflow; z = 2; u = z^2 = 4; y = z + u = 6; from z to u: 2z = 4; from z to y: 1; "
    "from u to y: 1": lambda: plots.dataflow(mc.derive(z + z**2, wrt=z), z=2),
    "dataflow; from w to u_1 = w ⊗ x: diag(x); from x to u_1 = w ⊗ x: diag(w); "
    "from u_1 to u_2 = max(0, u_1): diag(1 if u_1 > 0; 0 otherwise); "
    "from u_2 to y = sum(u_2): 1^T": lambda: plots.dataflow(np.sum(np.maximum(0, w * x))),
    "neuron: inputs x_1, x_2, ..., x_n, times weights w_1, w_2, ..., w_n, added up, plus z: "
    "z = w.x + z; activation max(0, z)": lambda: plots.neuron(np.maximum(0, w @ x + z)),
    "neuron: inputs x_1 = 3, x_2 = 4, times weights w_1 = 1, w_2 = -2, added up, minus z = 1: "
    "z = w.x - z = -6; activation tanh(z) = -1": lambda: plots.neuron(
        np.tanh(w @ x - z), w=[1, -2], x=[3, 4], z=1
    ),
    "contours of z t^2; gradient [9, 12] at (2, 3)": lambda: plots.contours(
        z * t**2, (z, t), (2, 3)
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
    assert bundle["text/html"].startswith(f'<img alt="{html.escape(words)}"')
    assert bundle["image/png"].startswith(b"\x89PNG") and bundle["image/png"] == draw().png()


def test_an_image_is_square():
    with pytest.raises(ValueError, match="w has 10 values: a square number is needed, such as 64"):
        plots.images({"w": np.ones(10)})
