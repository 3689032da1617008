"""What is taken hold of in a picture: each handle dragged and moved by keys, without a browser."""

import gc
import tracemalloc

import numpy as np
import pytest
from test_widgets import LABS, alert, b, shown, v, w, x, y

import mcalc as mc
from mcalc.draw.handles import Free, Pull, Track


def told(lab):
    """The handles as the page has them, by name."""
    return {one["name"]: one for one in lab._view.picture["handles"]}


def send(lab, name, by=(0, 0), at=None, taken=None, to=None, grab=0):
    """What the page sends for a move."""
    before = lab._view.moved
    steps = [a + b for a, b in zip(before.get("steps", [0, 0]), by, strict=True)]
    count = before.get("count", 0) + 1
    lab._view.set_state({"moved": {"name": name, "at": at, "taken": taken, "to": to, "grab": grab,
                                   "steps": steps, "count": count}})  # fmt: skip


def drag(lab, name, dx, dy):
    """Take a handle, and put it so many pixels further on, as far as its box goes."""
    one, grab = told(lab)[name], lab._view.moved.get("count", 0) + 1
    (px, py), (left, top, width, height) = one["at"], one["box"]
    at = [px + dx, py + dy]
    if not one["stay"]:
        at = [float(np.clip(at[0], left, left + width)), float(np.clip(at[1], top, top + height))]
    send(lab, name, at=[px, py] if one["stay"] else None, taken=[px, py], grab=grab)
    send(lab, name, at=at, taken=[px, py], grab=grab)


WITH_HANDLES = [
    pytest.param(make, id=name)
    for name, make in LABS.items()
    if not name.startswith(("shapes of", "bench, a scalar", "jacobian by a scalar"))
]


@pytest.mark.parametrize("make", WITH_HANDLES)
def test_every_handle_moves_by_keys_and_by_the_pointer(make):
    lab = make()
    assert told(lab)
    for name, one in told(lab).items():
        seen, (low, high, _) = {shown(lab)}, one["range"]
        for by in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            send(lab, name, by=by)
            seen.add(shown(lab))
        for to, end in (("End", 1), ("Home", 0)):
            send(lab, name, to=to)
            assert told(lab)[name]["range"][2] == (low, high)[end]
            seen.add(shown(lab))
        assert len(seen) > 1, f"{name}: no key changes anything"
        seen = {shown(lab)}
        for dx, dy in ((80, -80), (40, -40), (-160, 160)):
            drag(lab, name, dx, dy)
            seen.add(shown(lab))
        assert len(seen) > 1, f"{name}: dragging changes nothing"
        assert lab.error is None and alert(lab) == ""


def test_a_point_goes_where_it_is_put():
    lab = mc.explore.gradient(x**2 + x * y, x=1, y=0.5)
    lab.draw(**lab.values)
    drag(lab, "point in the plane", 45, -90)  # 45 pixels are one unit
    assert (lab.values["x"], lab.values["y"]) == (2, 2.5)
    drag(lab, "end of the step", -1000, 0)  # no further than the border, and a step is at most 1
    assert lab.values["step"] == 1 and 175 <= lab.values["direction"] <= 180
    lab = mc.explore.neuron(np.maximum(0, w @ v + b), w=[1, 1], x=[1, 0.5], b=0)
    drag(lab, "line between the sides", 28, -28)  # 28 pixels are 0.6
    assert lab.values["b"] == pytest.approx(-1.2)
    drag(lab, "tip of the weights", 0, 280 / 6)
    assert (lab.values["w_1"], lab.values["w_2"]) == (1, 0)


def test_the_step_of_a_tangent_is_where_its_end_is():
    lab = mc.explore.tangent(x**2, x=0, step=0.5)
    one = told(lab)["end of the step"]
    assert one["at"][0] == pytest.approx(48 + 330 * 3.5 / 6, abs=0.1)
    drag(lab, "end of the step", -55 * 0.3, 0)
    assert lab.values["step"] == 0.2
    drag(lab, "step, on the error", -125, 0)  # half of twelve powers of ten less
    assert lab.values["step"] == 2e-07


def test_an_entry_is_taken_and_pulled():
    lab = LABS["backward"]()
    name = "entry of U, up or down"
    x0, y0 = told(lab)[name]["at"]
    taken = [x0 + 46, y0 + 28 * 1.5]  # the last column, the last row
    send(lab, name, at=taken, taken=taken, grab=1)
    assert (lab.values["variable"], lab.values["row"], lab.values["column"]) == ("U", 4, 3)
    before = lab.values["by"]
    for up in (20, 40):  # from where it was taken, not from where it is
        send(lab, name, at=[taken[0], taken[1] - up], taken=taken, grab=1)
        assert lab.values["by"] == pytest.approx(before + up * 0.03, abs=0.051)
    send(lab, "entry of Z, up or down", by=(0, 1))
    assert lab.values["variable"] == "Z"


def test_the_edge_of_a_box_is_a_length():
    lab = mc.explore.shapes()
    drag(lab, "n, the columns of du/dx", 16, 0)
    drag(lab, "m, the rows of df/du", 0, 32)
    assert (lab.values["n"], lab.values["m"]) == (5, 4)
    lab.set(x="scalar", layout="denominator")
    assert {name.partition(",")[0] for name in told(lab)} == {"m", "k"}


def test_moves_that_were_merged_are_all_counted():
    lab = mc.explore.tangent(x**2, x=0)
    name, (step, *_) = "point of the tangent", [lab.inputs["x"].slider.step]
    send(lab, name, by=(3, 0))
    send(lab, name, by=(2, 1))
    assert lab.values["x"] == pytest.approx(6 * step)
    send(lab, "no such handle", by=(1, 0))
    assert lab.values["x"] == pytest.approx(6 * step) and lab.error is None


def test_a_move_that_fails_is_seen():
    lab = mc.explore.gradient(x**2 + y, x=1, y=0.5)
    send(lab, "point in the plane", at=["no", "pixel"], taken=[0, 0], grab=1)
    assert alert(lab).startswith("This could not be moved: TypeError")
    send(lab, "point in the plane", by=(1, 0))
    assert alert(lab) == "" and lab.error is None


def test_whoever_takes_the_step_stops_the_clock():
    lab = LABS["descent of two"]()
    lab._play.value = True
    send(lab, "step on the curve of the loss", by=(3, 0))
    assert lab.values["step"] == 3 and not lab._play.value


def test_a_handle_of_one_explorer_leaves_the_others():
    one, other = LABS["tangent"](), LABS["tangent"]()
    before = shown(other)
    send(one, "point of the tangent", by=(4, 0))
    assert shown(other) == before and other._held["steps"] == (0, 0)


@pytest.mark.parametrize("kind", ["tangent", "gradient", "neuron"])
def test_memory_does_not_grow_with_moves(kind):
    lab = LABS[kind]()
    name = list(told(lab))[-1]
    for k in range(50):
        send(lab, name, by=((-1) ** k, 0))
    gc.collect()
    tracemalloc.start()
    try:
        for k in range(300):
            send(lab, name, by=((-1) ** k, 0))
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 400_000
    finally:
        tracemalloc.stop()


def test_moves():
    track = Track("x", (100, 200), (0, 10))
    assert track.value((150, 7), (0, 0), 3) == 5
    assert Track("y", (200, 100), (1e-4, 1), log=True).value((0, 150), (0, 0), 0) == pytest.approx(
        1e-2
    )
    assert Pull("y", 0.1).value((0, 90), (0, 100), 2) == 3
    assert Free(lambda px, py: px + py).value((1, 2), (0, 0), 9) == 3
