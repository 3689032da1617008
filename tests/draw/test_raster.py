"""The static form of a scene: the right colours at the right pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from mcalc.draw.raster import dashes
from mcalc.draw.scene import COLORS, Scene


def pixels(scene, **lines):
    return np.asarray(Image.open(io.BytesIO(scene.png(**lines))).convert("RGB"))


def light(color, opacity=1.0):
    code = COLORS[color][0]
    parts = np.array([int(code[k : k + 2], 16) for k in (1, 3, 5)])
    return np.round(255 + (parts - 255) * opacity)


def near(pixel, color, opacity=1.0):
    return np.abs(pixel - light(color, opacity)).max() <= 3


def test_each_mark_has_its_colour_at_its_place():
    scene = Scene(200, 100)
    scene.area([(0, 0), (40, 0), (40, 40), (0, 40)], "orange", 0.5)
    scene.box(50, 10, 30, 20, "blue", 0.25, "violet", 4)
    scene.dot(110, 20, 8, "green")
    scene.dot(140, 20, 8.5, "green", hollow=True)
    scene.line([(0, 70), (200, 70)], "ink", 4)
    scene.arrow(150, 90, 190, 90, "violet", 2, head=12)
    scene.image(160, 10, 10, [[0, 1], [-1, 0.5]])
    shown = pixels(scene)
    assert shown.shape == (100, 200, 3)
    for (x, y), color, opacity in [
        ((20, 20), "orange", 0.5), ((65, 20), "blue", 0.25), ((50, 20), "violet", 1),
        ((79, 12), "violet", 1), ((110, 20), "green", 1), ((140, 20), "paper", 1),
        ((140, 28), "green", 1), ((100, 70), "ink", 1), ((182, 90), "violet", 1),
        ((165, 15), "paper", 1), ((175, 15), "orange", 1), ((165, 25), "violet", 1),
        ((175, 25), "orange", 0.5), ((100, 50), "paper", 1),
    ]:  # fmt: skip
        assert near(shown[y, x], color, opacity), (x, y, shown[y, x])


def test_nothing_is_drawn_outside_a_clip():
    scene = Scene(100, 60)
    scene.line([(0, 30), (100, 30)], "ink", 6, clip=(20, 10, 40, 40))
    dark = pixels(scene)[30, :, 0] < 100
    assert (np.flatnonzero(dark)[0], np.flatnonzero(dark)[-1]) == (20, 59)


def test_words_stand_where_their_anchor_is():
    for anchor, low, high in [("start", 100, 165), ("middle", 65, 135), ("end", 35, 100)]:
        scene = Scene(200, 40)
        scene.text(100, 20, "∂y/∂x = w ⊗ x", size=9, anchor=anchor)
        dark = np.argwhere(pixels(scene)[..., 0] < 128)
        assert low - 1 <= dark[:, 1].min() < dark[:, 1].max() <= high
        assert abs(dark[:, 0].mean() - 20) < 3


def test_lines_of_text_make_room_above_and_below():
    scene = Scene(100, 50)
    scene.box(0, 0, 100, 50, "blue")
    shown = pixels(scene, above=["y = x"], below=["one", "two"])
    blue = np.flatnonzero(np.abs(shown[:, 95] - light("blue")).max(axis=1) <= 3)
    assert (blue[0], blue[-1] - blue[0]) == (27, 49)
    assert shown.shape[0] == 50 + 27 + 44
    assert scene.png(["y = x"]) == scene.png(["y = x"])


@pytest.mark.parametrize(
    "points, pattern, runs",
    [
        ([(0, 0), (10, 0)], [], [[(0, 0), (10, 0)]]),
        ([(0, 0), (10, 0)], [4, 2], [[(0, 0), (4, 0)], [(6, 0), (10, 0)]]),
        ([(0, 0), (3, 0), (3, 9)], [5, 3], [[(0, 0), (3, 0), (3, 2)], [(3, 5), (3, 9)]]),
        ([(0, 0), (3, 0), (7, 0)], [2, 4], [[(0, 0), (2, 0)], [(6, 0), (7, 0)]]),
    ],
)
def test_dashes(points, pattern, runs):
    assert dashes(points, pattern) == runs


@pytest.mark.parametrize("band", [17, 64])
def test_it_does_not_show_that_it_is_drawn_in_bands(monkeypatch, band):
    scene = Scene(120, 100)
    scene.line([(0, 0), (60, 95), (120, 5)], "blue", 3, "7 4", clip=(10, 8, 90, 85))
    for k in range(6):
        scene.text(
            60, 9.3 + 17.1 * k, "∂y/∂x = w ⊗ x", "orange" if k % 2 else "ink", 11, bold=k > 3
        )
        scene.dot(12 + 17 * k, 15.7 * k, 5)
    scene.image(80, 20, 11.5, np.arange(-4, 5).reshape(3, 3))
    shown = []
    for rows in (band, 10_000):
        monkeypatch.setattr("mcalc.draw.raster.BAND", rows)
        shown.append(pixels(scene, above=["a"], below=["b"]).astype(int))
    assert (shown[0] == shown[1]).all()
