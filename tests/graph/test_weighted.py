"""Known weights are written as a person writes them: no 1x, no + (-2y), no 0z."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.interpret import batch

x, q = mc.vectors("x"), mc.vectors("q", size=3)
a = mc.scalars("a")
A = mc.matrices("A")
WRITTEN = {
    "second difference": (lambda x: np.convolve(x, [1, -2, 1], "valid"),
                          "x_(3:n) - 2 x_(2:n - 1) + x_(1:n - 2)"),
    "without the zero": (lambda x: np.convolve(x, [0.5, 0, -1]),
                         "(1/2) [x; [0, 0]^T] - [[0, 0]^T; x]"),
    "all zeros": (lambda x: np.convolve(x, [0, 0]), "0 [x; [0]^T]"),
    "polynomial": (lambda x: np.polyval([1, -1, 2], x), "(x - 1) ⊗ x + 2"),
    "one coefficient": (lambda x: np.polyval([2.5], x), "(5/2) · 1_n"),
    "trapezoids": (lambda x: np.trapezoid(x), "(sum(x_(2:n)) + sum(x_(1:n - 1)))/2"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_known_weights_are_written_as_one_writes_them(name):
    function, text = WRITTEN[name]
    y, values = function(x), np.array([0.3, -1.2, 2.0, 0.7])
    assert str(y) == text
    assert np.allclose(batch([y], {"x": values[None]}, {"n": 4})[y][0], function(values))


def test_unknown_weights_stay():
    assert str(np.convolve(x, q, "valid")).count("q_") == 3
    assert str(np.trapezoid(x, dx=a)).startswith("a (sum")
    assert np.polyval([2.5], A).shape == ("m", "n") and np.polyval([2.5], a).shape == ()
