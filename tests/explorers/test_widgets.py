"""The explorers, without a browser: every input moved, and what is shown against plain NumPy."""

import ast
import gc
import itertools
import json
import re
import weakref
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances as INSTANCES

import mcalc as mc
import notebooks
from mcalc.draw.scene import COLORS, Scene, typeset
from mcalc.explorers.explorer import Explorer
from mcalc.explorers.inputs import Choice, Formula, Number

x, y, z, b = mc.scalars("x y z b")
w, v = mc.vectors("w x")
X, t = mc.matrices("X", shape=("N", "n")), mc.vectors("y", size="N")
a, c = mc.scalars("a c")
p, q = mc.vectors("p q", size="N")
M, r = mc.matrices("W", shape=(2, 3)), mc.vectors("x", size=3)
WEIGHTS = np.array([[1.0, -1.0, 2.0], [0.5, 2.0, -1.0]])

RNG = np.random.default_rng(0)
EXAMPLES = {"X": RNG.random((12, 9)), "y": np.where(np.arange(12) % 3, 0.0, 1.0)}
LOSS = np.mean((t - np.maximum(0, X @ w + b)) ** 2)
LINE = np.mean((a * p + c - q) ** 2)
POINTS = {"p": np.array([0.0, 1, 2, 3]), "q": np.array([1.0, 2.5, 3, 5])}
U, Z = mc.matrices("U", shape=("N", "n")), mc.matrices("Z", shape=("n", "k"))
G = mc.matrices("G", shape=("N", "k"))
PRODUCT = np.sum(G * mc.let("Y", U @ Z))
PRODUCTS = {
    "G": RNG.normal(size=(4, 2)),
    "U": RNG.normal(size=(4, 3)),
    "Z": RNG.normal(size=(3, 2)),
}


def descend(g, beta):
    return g, ()


def roll(g, beta, v=0):
    v = beta * v + g
    return v, (v,)


def valley(method, rate, size, beta):
    """Training on a quadratic loss, with a gradient that is noisier the smaller the batch."""
    theta, state, noise = np.array([2.0, -1.0]), (), np.random.default_rng(0)
    while True:
        yield theta
        g = [1, 10] * theta + noise.normal(size=2) / size
        direction, state = method(g, beta, *state)
        theta = theta - rate * direction


MEASURES = {
    "loss": {"here": lambda t: (t[0] ** 2 + 10 * t[1] ** 2) / 2, "there": lambda t: t @ t},
    "size": {"here": lambda t: abs(t).max()},
}

LABS = {
    "tangent": lambda: mc.explore.tangent(x**2, np.sin(x), np.abs(x), x=1),
    "tangent of two": lambda: mc.explore.tangent(a * np.exp(x), wrt=x),
    "gradient": lambda: mc.explore.gradient(3 * x**2 * y, x=1, y=2),
    "gradient, with a pole": lambda: mc.explore.gradient(x / y),
    "jacobian": lambda: mc.explore.jacobian(w * v, w / v, np.sum(w * v), wrt=w),
    "jacobian of scalars": lambda: mc.explore.jacobian([3 * x**2 * y, 2 * x + y**8], wrt=(x, y)),
    "jacobian by a scalar": lambda: mc.explore.jacobian(v * z, wrt=z),
    "jacobian by a matrix": lambda: mc.explore.jacobian(M @ r, np.tanh(M @ r), wrt=M, W=WEIGHTS),
    "shapes": lambda: mc.explore.shapes(),
    "shapes of one's own": lambda: mc.explore.shapes(np.sum(v) * v, wrt=v),
    "dataflow": lambda: mc.explore.dataflow(mc.let("y", x + mc.let("u", x**2)), x=1),
    "dataflow of vectors": lambda: mc.explore.dataflow(np.sum(np.exp(np.sum(v) * v)), n=3),
    "neuron": lambda: mc.explore.neuron(),
    "neuron of one's own": lambda: mc.explore.neuron((z - np.tanh(v @ w)) ** 2, z=1),
    "descent": lambda: mc.explore.descent(LOSS, {"w": np.zeros(9), "b": 0.1}, EXAMPLES, steps=20),
    "descent of two": lambda: mc.explore.descent(LINE, {"a": -1.0, "c": 2.0}, POINTS, steps=20),
    "training": lambda: mc.explore.training(
        valley, {"SGD": descend, "momentum": roll}, MEASURES, rate=0.02, steps=20
    ),
    "axes": lambda: mc.explore.axes(),
    "backward": lambda: mc.explore.backward(PRODUCT, **PRODUCTS),
    "backward of two": lambda: mc.explore.backward(
        {"plain": PRODUCT, "bent": np.sum(np.tanh(G * (U @ Z)))}, shown=["G", "U", "Z"], **PRODUCTS
    ),
    "backward of vectors": lambda: mc.explore.backward(np.sum(np.exp(w) * v), w=[1, 2], x=[0, 1]),
    "normalisation": lambda: mc.explore.normalisation(),
    "normalisation of one's own": lambda: mc.explore.normalisation(
        [0.5, -1, 2], g=[0, 1, 0], function="RMS norm"
    ),
    "steps": lambda: mc.explore.steps(),
    "steps of one's own": lambda: mc.explore.steps((4, 1), "Adam", rate=0.02, steps=30),
    "bench": lambda: mc.explore(np.sum(np.exp(w) * v)),
    "bench, a scalar": lambda: mc.explore(np.sin(x) * y, wrt=(x, y)),
    "bench, by a matrix": lambda: mc.explore(np.sum((X @ w - t) ** 2), wrt=X),
}
every_lab = pytest.mark.parametrize("make", LABS.values(), ids=LABS.keys())


def stops(one):
    """Values over the whole range of an input: both ends, and some in between."""
    if isinstance(one, Choice):
        return list(one.options)
    if one.stops:
        return one.stops[:: max(1, len(one.stops) // 8)] + one.stops[-1:]
    some = np.linspace(one.low, one.high, 9)
    return sorted({round(value) for value in some}) if one.whole else some.tolist()


def shown(lab):
    """The picture and its text, as the browser gets them."""
    return json.dumps(lab.children[-1].picture)


def picture(lab):
    """The attributes of the picture."""
    return lab.children[-1].picture["tree"][1]


def alert(lab):
    """The sentence that the explorer shows, without its markup."""
    return re.sub("<[^>]*>", "", lab.children[-2].value)


def move_everything(lab):
    """Move every input over its whole range, as the browser does; what is wrong raises.

    Each input has to change the picture at least once, and none may change its height.
    """
    first, size = lab.values, picture(lab)["height"]
    seen = [n for n, one in lab.inputs.items() if one.widget.layout.visibility != "hidden"]
    names = [n for n in seen if not isinstance(lab.inputs[n], Formula)]  # tried apart from these
    for name in names:
        one, seen = lab.inputs[name], set()
        for value in stops(one):
            if isinstance(one, Choice) or not one.stops:
                one.slider.value = value
            else:
                one.slider.value = one.stops.index(value)
            assert lab.error is None, f"{name} = {value}: {lab.error!r}"
            assert alert(lab) == ""
            assert picture(lab)["height"] == size
            told = picture(lab)["aria-label"]
            assert all(" ".join(line.split()) in told for line in lab.lines)
            seen.add(shown(lab))
        assert len(seen) > 1 or len(stops(one)) == 1, f"{name} changes nothing"
        lab.set(**{name: lab.inputs[name].format(first[name])
                   if isinstance(one, Choice) else min(first[name], one.high)})  # fmt: skip


@every_lab
def test_every_input_moves_the_picture_over_its_whole_range(make):
    move_everything(make())


def test_moving_everything_finds_faults():
    class Broken(Explorer):
        title = "broken"

        def __init__(self):
            super().__init__([(x**2, x * x)], {"x": Number("x", -1.0, 1.0, 0.5)})

    class Raising(Broken):
        def draw(self, x):
            if x < 0:
                raise ZeroDivisionError("no such x")
            return Scene(10, 10), [f"x = {x}"]

    class Old(Broken):
        def draw(self, x):
            return Scene(10, 10), ["always the same"]

    class Jumping(Broken):
        def draw(self, x):
            return Scene(10, 10 if x < 0 else 20), [f"x = {x}"]

    for broken, message in ((Raising, "no such x"), (Old, "changes nothing"), (Jumping, "20")):
        with pytest.raises(AssertionError, match=message):
            move_everything(broken())

    lab = Raising()
    good = shown(lab)
    lab.inputs["x"].slider.value = -0.5
    assert alert(lab) == "This could not be drawn: ZeroDivisionError: no such x"
    assert shown(lab) == good and isinstance(lab.error, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        lab._repr_mimebundle_()
    with pytest.raises(ZeroDivisionError):
        lab.set(x=-1)
    lab.inputs["x"].slider.value = 0.25
    assert alert(lab) == "" and lab.error is None and "0.25" in shown(lab)


# What is shown is true


def marks(lab, kind):
    return [(data, style) for k, data, style, _ in lab.scene.marks if k == kind]


def texts(lab):
    return {(round(d[0]), round(d[1])): d[2] for d, _ in marks(lab, "text")}


def found(pattern, lab):
    """The numbers that a line shows."""
    (match,) = [m for m in (re.search(pattern, line) for line in lab.lines) if m]
    return [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", match.group(1))]


def close(shown, right):
    return np.allclose(shown, np.ravel(right), rtol=6e-3, atol=1e-9)


def test_tangent_against_numpy():
    lab = mc.explore.tangent(np.sin(x), x=0.7, step=0.05)
    slope, secant = np.cos(0.7), (np.sin(0.75) - np.sin(0.7)) / 0.05
    assert close(found("tangent (.*), of", lab), slope)
    assert close(found("secant ([^:]*):", lab), secant)
    assert close(found("predicted change (.*), real", lab), slope * 0.05)
    assert close(found("real change (.*), off", lab), secant * 0.05)
    assert close(found("off by ([^,]*)$", lab), (secant - slope) * 0.05)
    assert found("([^ ]*) times less", lab)[0] == pytest.approx(4, abs=0.2)


def test_a_tangent_at_a_kink_is_not_four_times_better():
    lab = mc.explore.tangent(np.abs(x), x=0, step=0.5)
    assert found("([^ ]*) times less", lab) == [2.0]


def test_gradient_against_numpy():
    lab = mc.explore.gradient(lambda x, y: x**2 * np.sin(y), x=1.5, y=0.5, direction=210, step=0.1)
    gradient = np.array([3 * np.sin(0.5), 1.5**2 * np.cos(0.5)])
    way = 0.1 * np.array([np.cos(np.radians(210)), np.sin(np.radians(210))])
    moved = (1.5 + way[0]) ** 2 * np.sin(0.5 + way[1]) - 1.5**2 * np.sin(0.5)
    assert close(found(r"gradient (\[.*\])", lab), gradient)
    assert close(found("step: (.*); real", lab), gradient @ way)
    assert close(found("real change (.*); off", lab), moved)
    assert found(r"steepest at (\d+)", lab) == [round(np.degrees(np.arctan2(*gradient[::-1])))]


CELL, TOP, LEFT = 62, 60, 62  # of the heat map


@pytest.mark.parametrize("column", [1, 2, 3])
def test_the_column_that_is_lit_is_the_one_that_is_nudged(column):
    lab = mc.explore.jacobian(w**2 * np.sum(v), wrt=w, w=[1, -0.5, 2], x=[0.5, 2, -1], nudge=0.2)
    lab.set(column=column)
    at, total = np.array([1, -0.5, 2]), 1.5
    J = np.diag(2 * at * total)
    (lit,) = [d for d, style in marks(lab, "box") if style["stroke"] == "violet"]
    assert lit[0] == LEFT + (column - 1) * CELL and lit[2] == CELL
    above = texts(lab)[LEFT + (column - 1) * CELL + CELL // 2, 46]
    assert above == f"w_{column}"
    bold = [d[2] for d, style in marks(lab, "text") if style["bold"] and style["fill"] == "violet"]
    assert bold == [f"w_{column}", "+0.2"]
    step = 0.2 * np.eye(3)[column - 1]
    real = (at + step) ** 2 * total - at**2 * total
    assert close(found(r"times 0.2 predicts (\[.*\])", lab), J @ step)
    assert close(found(r"real change: (\[.*\])", lab), real)
    columns = [[texts(lab)[384 + 74 * k, TOP + 36 * i + 18] for i in range(3)] for k in range(3)]
    shown = np.array(columns, dtype=float)
    for one, right in zip(shown, (J @ step, real, real - J @ step), strict=True):
        assert close(one, right)
    assert found("([^ ]*) times less", lab) == [4.0]


def test_a_slider_is_not_moved_under_the_reader_s_hand():
    number = Number("x", -3.0, 40.0, 0.0, 1.0)
    number.on_change, sent = lambda: number.sync(), []
    number.slider.observe(lambda change: sent.append(change["new"]), "value")
    number.slider.value = 6.000000000000002  # as JupyterLab adds up steps
    assert (number.value, number.box.value, sent) == (6, "6", [6.000000000000002])


def test_each_slider_is_wired_to_its_own_entry():
    lab = mc.explore.jacobian(w * v, wrt=w, w=[1, 1, 1], x=[1, 2, 3])
    for k in range(3):
        lab.inputs[f"x_{k + 1}"].slider.value = 0.5 * (k + 1)
        middle = LEFT + k * CELL + CELL // 2, TOP + 36 * k + 18
        assert texts(lab)[middle] == f"{0.5 * (k + 1):g}"
    lab = mc.explore.neuron()
    for k, value in enumerate((0.5, -1.5)):
        lab.inputs[f"x_{k + 1}"].slider.value = value
    lab.set(w_1=2, w_2=-1, b=0.5)
    assert lab.lines[0].startswith("z = 3, ")
    flow = mc.explore.dataflow(np.sum(w * v), wrt=w, w=[1, 2], x=[3, -1])
    assert "= [3, -1]" in flow.lines[0]
    flow.inputs["x_2"].slider.value = 2.5
    assert flow.lines[0].endswith("= [3, 2.5]")


def test_jacobian_with_another_length():
    lab = mc.explore.jacobian(w * v, wrt=w)
    lab.set(column=3)
    lab.set(n=2)
    with pytest.raises(ValueError, match="column: 3 is out of range; give one from 1 to 2"):
        lab.set(column=3)
    assert lab.values["column"] == 2 and lab.inputs["w_3"].widget.layout.visibility == "hidden"
    assert "w_3" not in lab.summary() and "J is 2 x 2" in lab.summary()
    lab.set(n=4, column=4)
    assert lab.inputs["w_3"].widget.layout.visibility == "visible"


def test_jacobian_of_scalars_has_a_column_each():
    lab = mc.explore.jacobian([3 * x**2 * y, 2 * x + y**8], wrt=(x, y), x=1, y=0.5, nudge=0.01)
    shown = texts(lab)
    assert [shown[LEFT + k * CELL + 31, 46] for k in (0, 1)] == ["x", "y"]
    assert close(found(r"times 0.01 predicts (\[.*\])", lab), [0.03, 8 * 0.5**7 * 0.01])


@pytest.mark.parametrize("column", range(1, 7))
def test_jacobian_by_a_matrix_has_a_column_for_each_entry(column):
    lab = mc.explore.jacobian(np.tanh(M @ r), wrt=M, W=WEIGHTS, x=[0.5, 2, -1], nudge=0.1)
    lab.set(column=column)
    i, j = divmod(column - 1, 3)
    (lit,) = [d[2] for d, style in marks(lab, "text") if style["bold"] and style["fill"] == "violet"
              and d[2] != "+0.1"]  # fmt: skip
    assert lit == f"W_{i + 1}{j + 1}"
    slopes, x_now = 1 - np.tanh(WEIGHTS @ [0.5, 2, -1]) ** 2, [0.5, 2, -1]
    predicted = 0.1 * slopes[i] * x_now[j] * np.eye(2)[i]
    assert close(found(r"times 0.1 predicts (\[.*\])", lab), predicted)
    step = np.zeros((2, 3))
    step[i, j] = 0.1
    real = np.tanh((WEIGHTS + step) @ x_now) - np.tanh(WEIGHTS @ x_now)
    assert close(found(r"real change: (\[.*\])", lab), real)
    assert "J is 2 x 6, with 6 of 12 entries zero" in lab.summary()


def test_shapes_against_numerical_differentiation():
    lab = mc.explore.shapes()
    for f, u, by in itertools.product(("scalar", "vector"), repeat=3):
        lab.set(f=f, u=u, x=by)
        for layout in ("numerator", "denominator"):
            lab.set(layout=layout, row=1, column=1)
            rows, columns = (lab.inputs[n].high for n in ("row", "column"))
            right = [2 if f == "vector" else 1, 4 if by == "vector" else 1]
            assert [rows, columns] == (right if layout == "numerator" else right[::-1])
            lab.set(row=rows, column=columns)
            product = float(lab.lines[-2].rpartition("= ")[2])
            assert close(product, float(lab.lines[-1].rpartition(": ")[2]))


def test_shapes_light_a_row_and_a_column():
    lab = mc.explore.shapes().set(row=2, column=3)
    lit = [d for d, style in marks(lab, "box") if style["fill"] == "violet"]
    rows, columns = [len({d[k] for d in lit}) for k in (1, 0)]
    assert len(lit) == 3 + 3 + 1 and rows >= 3 and columns >= 4


def test_dataflow_adds_up_its_paths():
    lab = mc.explore.dataflow(np.sin(mc.let("a", x**2)) * mc.let("b", np.exp(x)), x=0.6)
    right = np.exp(0.6) * (2 * 0.6 * np.cos(0.36) + np.sin(0.36))
    each = [found(rf"path {k}, .*= (.*)$", lab)[0] for k in (1, 2)]
    assert close(sum(each), right) and close(found("together: (.*)", lab), right)
    assert close(found("predicted change (.*), real", lab), 0.1 * right)


def test_dataflow_steps_forward_and_then_backward():
    lab = mc.explore.dataflow(mc.let("y", x + mc.let("u", x**2)), x=2)
    heads = [lab.set(step=k).lines[0] for k in range(6)]
    assert [head.partition(":")[0].partition(", ")[2] for head in heads] == [
        "", "forward", "forward", "backward", "backward", "backward"]  # fmt: skip
    assert heads[1].endswith("u = x^2 = 4") and heads[2].endswith("y = x + u = 6")
    assert heads[4].endswith("∂y/∂u = 1") and heads[5].endswith("dy/dx = ∂y/∂x + ∂y/∂u du/dx = 5")
    counts = [sum("= " in d[2] for d, _ in marks(lab.set(step=k), "text")) for k in range(6)]
    assert counts == sorted(counts) and len(set(counts)) == 6


def test_dataflow_counts_multiplications():
    A = mc.matrices("A", shape=("n", "n"))
    y = np.sum(mc.let("v", np.tanh(mc.let("u", A @ mc.let("s", np.sin(v))))))
    n = 3
    lab = mc.explore.dataflow(y, wrt=v, n=n, A=np.eye(n))
    row, square = n * n, n**3
    assert lab.lines[-1].startswith(f"multiplications of numbers: {square + 2 * row} forward")
    assert f"{row + 2 * n} backward" in lab.lines[-1], "a diagonal is never multiplied as a matrix"


RATIOS = [
    (x + x**2, "dy/dx = ∂y/∂x + ∂y/∂u du/dx"),
    (x * x**2, "dy/dx = ∂y/∂x + ∂y/∂u du/dx"),
    (np.log(np.sin(x**3) ** 2), "dy/dx = dy/du_1 du_1/dx"),
    (np.sin(x + x**2), "dy/dx = dy/du_1 du_1/dx + dy/du_2 ∂u_2/∂x"),
    (v * np.sin(v), "dy/dx = ∂y/∂x + ∂y/∂u ∂u/∂x"),
    (np.sin(v**2), "∂y/∂x = ∂y/∂u ∂u/∂x"),
]


@pytest.mark.parametrize(("y", "last"), RATIOS)
def test_dataflow_writes_derivatives_as_the_derivation_does(y, last):
    """∂ for a partial derivative, d for a total one, the direct way in first."""
    lab = mc.explore.dataflow(y, wrt=v if y.ndim else x)
    assert f"backward: {last} = " in lab.lines[0]


def test_the_nudged_variable_is_named():
    words = [d[2] for d, _ in marks(mc.explore.jacobian(w * v, wrt=w), "text")]
    assert "J dw" in words and "f(w + dw) - f(w)" in words and "J dx" not in words


def test_a_scalar_on_an_arrow_is_never_a_shape():
    lab = mc.explore.dataflow(np.log(np.sin(x**3) ** 2), x=0.5).set(x=1.1624)
    assert not [d for d, _ in marks(lab, "text") if re.search(r"\d x \d", str(d[2]))]


def test_neuron_on_both_sides():
    lab = mc.explore.neuron(np.maximum(0, w @ v + b), w=[1, 2], x=[1, 0.5], b=-0.5)
    assert lab.lines[1] == "gradients: ∂/∂w = [1, 0.5], ∂/∂x = [1, 2], ∂/∂b = 1"
    assert "z is above 0" in lab.lines[0]
    lab.set(x_1=-1, nudged="b", nudge=1)
    assert lab.lines[1] == "gradients: ∂/∂w = [0, 0], ∂/∂x = [0, 0], ∂/∂b = 0"
    assert "predicted change 0, real change +0.5" in lab.lines[2]
    assert "crossed" in lab.lines[2]
    area = next(d for d, style in marks(lab, "path") if style["fill"] == "blue")
    border = next(d for d, style in marks(lab, "path") if style["stroke"] == "blue")
    for px, py in border:  # on the line w.x + b = 0
        x1, x2 = (px - 40) / 280 * 6 - 3, 3 - (py - 30) / 280 * 6
        assert abs(x1 + 2 * x2 - 0.5) < 1e-9
    assert len(area) >= 3


def test_descent_is_gradient_descent():
    start = {"w": np.zeros(9), "b": np.array(0.1)}
    lab = mc.explore.descent(LOSS, start, EXAMPLES, rate=0.2, steps=20).set(step=7)
    weights, bias, (data, target) = start["w"], 0.1, EXAMPLES.values()
    for _ in range(8):
        z = data @ weights + bias
        loss = np.mean((target - np.maximum(0, z)) ** 2)
        e = (z > 0) * (z - target) * 2 / 12
        last, weights, bias = (weights, bias), weights - 0.2 * e @ data, bias - 0.2 * e.sum()
    assert close(found("loss (.*)", lab), loss)
    assert close(found("^b = (.*)", lab), last[1])
    new = np.mean((target - np.maximum(0, data @ weights + bias)) ** 2)
    assert close(found("real change (.*)", lab), new - loss)
    predicted = -0.2 * (np.sum((e @ data) ** 2) + e.sum() ** 2)
    assert close(found("predicted change (.*), real", lab), predicted)
    assert lab.lines[-1] == f"active examples: {(z > 0).sum()} of 12"


def test_a_batch_takes_every_example_once_before_it_starts_again():
    lab = mc.explore.descent(LOSS, {"w": np.zeros(9), "b": 0.1}, EXAMPLES)
    rows = [lab.batch(k, 1)["X"][0] for k in range(12)]
    assert {r.tobytes() for r in rows} == {r.tobytes() for r in EXAMPLES["X"]}
    assert lab.batch(0, 0) is lab.data


def test_descent_buttons():
    lab = LABS["descent"]()
    play, clock, step, over = lab.children[-3].children
    step.click()
    step.click()
    assert lab.values["step"] == 2 and lab.lines[0].startswith("step 2 of 20")
    over.click()
    assert lab.values["step"] == 0
    clock.value = 4
    assert lab.values["step"] == 0  # a tick that comes after the pause
    play.value = True
    assert play.description == "Pause"
    clock.value = 5  # the browser's clock ticks
    assert lab.values["step"] == 5 and lab.lines[0].startswith("step 5 of 20")
    lab.inputs["step"].slider.value = 9  # a hand on the slider
    assert not play.value and play.description == "Play"
    play.value = True
    lab.inputs["rate"].box.value = "fast"
    assert not play.value and "is not a number" in alert(lab)
    assert clock.layout.display == "none" and play.description == "Play"


def test_descent_of_two_numbers_tells_the_curvature():
    lab = LABS["descent of two"]().set(rate=0.3)
    design, target = np.stack([POINTS["p"], np.ones(4)], axis=1), POINTS["q"]
    errors = design @ [-1.0, 2.0] - target
    second = design.T @ design / 2
    new = errors - 0.3 * design @ (design.T @ errors) / 2
    real = np.mean(new**2) - np.mean(errors**2)  # the loss is quadratic: nothing is left over
    assert close(found("with the curvature, predicted change (.*)", lab), real)
    assert close(found("curvature from (.*);", lab), np.linalg.eigvalsh(second))
    assert close(found("the largest is (.*), and", lab), 0.3 * np.linalg.eigvalsh(second)[-1])
    assert not any("curvature" in line for line in LABS["descent"]().lines)
    lines, lab = len(lab.lines), mc.explore.descent((x * y - 1) ** 2, {"x": 2.0, "y": 1.0}, {})
    lab.set(rate=10.0, step=100)
    assert lab.lines[-2] == "the numbers are too large" and len(lab.lines) == lines


def test_descent_says_when_the_steps_are_too_long():
    lab = mc.explore.descent(LINE, {"a": -1.0, "c": 2.0}, POINTS, rate=10, steps=100).set(step=100)
    assert "without bound" in lab.lines[1] and lab.error is None


def test_descent_by_a_matrix():
    V, s, t2 = mc.matrices("V"), mc.vectors("s", size="m"), mc.vectors("t")
    data = {"s": np.array([1.0, 2, 3]), "t": np.array([1.0, -1])}
    first = np.arange(6.0).reshape(3, 2)
    lab = mc.explore.descent(np.sum((V @ t2 - s) ** 2), {"V": first}, data, rate=0.1, steps=3)
    gradient = 2 * np.outer(first @ data["t"] - data["s"], data["t"])
    assert np.allclose(lab.path(0.1, 0, 0, 1)[1][0]["V"], first - 0.1 * gradient)


def test_training_is_the_readers_own():
    lab = LABS["training"]().set(method="momentum", beta=0.5, step=2)
    assert str(lab.formulas[0][1]) == "theta - eta (beta v + g)"
    first, second, third = itertools.islice(valley(roll, 0.02, 32, 0.5), 3)
    assert close(found("size at step 2: (.*) here", lab), abs(third).max())
    assert close(found("loss at step 2: (.*) here", lab), MEASURES["loss"]["here"](third))
    assert close(found("here, (.*) there", lab), third @ third)
    g = (first - second) / 0.02
    noise = np.random.default_rng(0).normal(size=(2, 2)) / 32
    assert np.allclose(g, [1, 10] * first + noise[0])
    assert np.allclose((second - third) / 0.02, 0.5 * g + [1, 10] * second + noise[1])
    shown_for = lab.inputs["beta"].widget.layout
    assert shown_for.visibility == "visible"
    assert lab.set(method="SGD").lines[-1].startswith("grey") and shown_for.visibility == "hidden"
    assert "steps are too long" in lab.set(rate=1, step=20).lines[-1]


def test_training_goes_on_where_it_stopped():
    taken = []

    def counted(*settings):
        for theta in valley(*settings):
            taken.append(settings)
            yield theta

    lab = mc.explore.training(counted, {"SGD": descend}, MEASURES, steps=20)
    assert len(taken) == 21
    for step in (3, 20, 0):
        lab.set(step=step)
    assert len(taken) == 21
    lab.set(rate=0.5, step=4).set(step=5)
    assert len(taken) == 21 + 6


def test_the_bench_reads_what_is_typed():
    lab = mc.explore("sum(exp(w) (*) x)")
    assert repr(mc.derive(np.sum(np.exp(w) * v), w)) in lab.summary().replace("bench: ", "")
    box = lab.inputs["y"].box
    box.value = "tanh(w.x + b)"
    assert repr(mc.derive(np.tanh(w @ v + mc.scalars("b")), w)) in lab.summary() and not alert(lab)
    assert list(lab.inputs["wrt"].slider.options) == ["w", "x", "b"]
    before = shown(lab)
    for typed, sentence in (("tanh(", "column 6"), ("q", "unknown"), ("3", "no sc")):
        box.value = typed
        assert sentence in alert(lab) and shown(lab) == before and box.value == typed
    box.value = "z^2"
    assert not alert(lab) and "2z" in lab.summary()
    assert ", n =" not in lab.summary()  # there is no length
    assert "A diag(cos(x))" in lab.set(y="A sin(x)").summary()
    with pytest.raises(ValueError, match="column"):
        lab.set(y="A sin(x")


def test_the_bench_says_what_derive_says():
    y = np.sum(np.exp(w) * v)
    lab = mc.explore(y)
    d = mc.derive(y, wrt=w)
    assert repr(d) in lab.summary().replace("bench: ", "")
    assert all(line in lab.lines for line in repr(d.check()).splitlines())
    lab.set(wrt="x")
    assert repr(mc.derive(y, wrt=v)) in lab.summary()


# The static form


@every_lab
def test_the_static_form_says_everything(make):
    lab = make()
    bundle = lab._repr_mimebundle_()
    png = bundle["image/png"]
    assert png.startswith("iVBORw0KGgo") and len(png) > 8000
    assert bundle["text/plain"] == lab.summary() == repr(lab) == make().summary()
    assert bundle["text/html"].startswith('<img alt="') and png in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    for line in lab.lines:
        assert line in lab.summary()
    assert "0x" not in lab.summary()
    assert lab.png() == make().png()  # the same on every run


def explorer_cells():
    for path in notebooks.all_notebooks():
        for cell in notebooks.read(path).cells:
            if cell.cell_type == "code" and re.search(r"mc\.explore|lab\.set", cell.source):
                yield pytest.param(cell, id=f"{path.stem[:2]} {cell.id}")


@pytest.mark.parametrize("cell", list(explorer_cells()))
def test_a_stored_explorer_has_a_picture_and_a_summary_and_no_state(cell):
    (output,) = cell.outputs
    assert re.match(r"[a-z]+: ", output.data["text/plain"])
    assert output.data["image/png"].startswith("iVBORw0KGgo")
    assert re.match(r'<img alt="[a-z]+: ', output.data["text/html"])
    assert notebooks.WIDGET_VIEW not in output.data


def test_every_chapter_has_its_explorer():
    used = {}
    for path in notebooks.all_notebooks():
        source = "\n".join(c.source for c in notebooks.read(path).cells if c.cell_type == "code")
        calls = (n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call))
        kinds = {ast.unparse(f) for f in calls if ast.unparse(f).startswith("mc.explore")}
        used[path.stem[:2]] = {kind.partition("explore")[2].strip(".") or "bench" for kind in kinds}
    assert all(used[f"{k:02}"] for k in range(1, 14))
    kinds = "tangent gradient jacobian shapes dataflow neuron descent training bench "
    kinds = f"{kinds} axes backward normalisation steps".split()
    assert set().union(*used.values()) == {*kinds}


def frames(lab, color):
    return {(round(x), round(y)) for kind, (x, y, *_), style, _ in lab.scene.marks
            if kind == "box" and style["stroke"] == color and style["width"] == 2}  # fmt: skip


def test_a_backward_pass_against_numpy():
    lab = mc.explore.backward(PRODUCT, **PRODUCTS).set(variable="U", row=2, column=3, by=-0.5)
    moved = {name: np.array(value) for name, value in PRODUCTS.items()}
    moved["U"][1, 2] -= 0.5
    right = {"G": moved["U"] @ moved["Z"], "U": moved["G"] @ moved["Z"].T,
             "Z": moved["U"].T @ moved["G"], "Y": moved["G"]}  # fmt: skip
    computed = lab._computed(next(iter(lab.passes)), moved)
    assert all(np.allclose(computed[name][1], right[name]) for name in right)
    told = " ".join(" ".join(lab.lines).split())
    for name, moved_, answered in (("G", 0, 2), ("U", 1, 0), ("Z", 0, 2), ("Y", 2, 0)):
        size = computed[name][0].size
        assert f"{name} moved: {moved_} of {size} d{name} answered: {answered} of {size}" in told
    assert len(frames(lab, "violet")) == 1  # the entry itself, and in green what follows it
    assert len(frames(lab, "green")) == 2 + 2 + 2
    assert not frames(lab.set(by=0), "green")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: mc.explore.backward(PRODUCT), "give the numbers of G: G=np.array(...)"),
        (
            lambda: mc.explore.backward(PRODUCT, ["V"], **PRODUCTS),
            "V has no line in sum(G ⊗ Y): there are G, U, Z, Y",
        ),
        (
            lambda: mc.explore.backward({"a": PRODUCT, "b": np.sum(G)}, **PRODUCTS),
            "all functions need the same variables, G, U, Z",
        ),
        (
            lambda: mc.explore.backward(np.sum(w * v), w=np.ones(40), x=np.ones(40)),
            "a map of 40 rows or columns is too large",
        ),
        (lambda: mc.explore.axes("prod"), "'prod' is not one of 'sum', 'mean', 'max'"),
        (lambda: mc.explore.axes(axis=3), "axis: 3 is out of range"),
        (
            lambda: mc.explore.normalisation([1, 2, 3], g=[1, 0]),
            "x and g need the same length, from 2 to 7, not (3,) and (2,)",
        ),
        (lambda: mc.explore.normalisation(function="norm"), "'norm' is not one of 'layer norm', "),
        (lambda: mc.explore.steps((1, -2)), "curvatures=(1, -2): two numbers above 0"),
        (lambda: mc.explore.steps(rule="SGD"), "'SGD' is not one of 'plain', 'momentum', 'Adam'"),
        (lambda: mc.explore.steps(steps=0), "steps=0: at least one is needed"),
    ],
)
def test_what_the_explorers_of_part_three_refuse(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_axes_against_numpy():
    lab = mc.explore.axes()
    for function, axis, place in (("sum", 1, (0, 3)), ("mean", 2, (1, 0)), ("max", 0, (0, 3))):
        lab.set(function=function, axis=axis, entry=4)
        (count,) = {len(frames(lab, "violet")) - 2}  # one in Y, one in G
        assert count == 2 * (2, 3, 4)[axis]  # in X, and in dX
        assert f"G[{place[0]}, {place[1]}] = 4" in "\n".join(lab.lines)
    told = {axis: lab.set(sizes="3 x 3 x 3", axis=axis).lines[-1] for axis in range(3)}
    assert [("wrong" in told[axis], "right" in told[axis]) for axis in range(3)] == [
        (False, True), (True, False), (True, False)]  # fmt: skip
    assert "NumPy refuses" in lab.set(sizes="2 x 3 x 4", axis=1).lines[-1]


def test_normalisation_against_numerical_differentiation():
    lab = mc.explore.normalisation()
    for function, lost in (("layer norm", ("sum", "times")), ("RMS norm", ("times",))):
        for variable, entry in itertools.product("xg", (1, 4)):
            lab.set(function=function, variable=variable, entry=entry, by=-1.3)
            assert lab.lines[-1].endswith("they agree")
            zero = {"sum": "adds up to 0,", "times": "dx.x_hat is 0"}
            assert [zero[name] in lab.lines[2] for name in zero] == [n in lost for n in zero]
    lab.set(function="layer norm, mean and s constant", variable="g", entry=1, by=1)
    assert lab.lines[-1].endswith("they do not agree")
    assert len(frames(lab, "violet")) == 1 and len(frames(lab, "green")) == 1  # g_1, and dx_1
    lab.set(function="layer norm")
    assert len(frames(lab, "green")) == 4 + 4  # the mean, and dx; x_hat_1 is 0, so g.x_hat stays


def test_steps_leave_what_is_told():
    lab = mc.explore.steps((1, 25), steps=200)
    told = {"plain": (2 / 26, 0.0, 24 / 26), "momentum": (1 / 9, 4 / 9, 4 / 6)}
    for rule, (rate, beta, left) in told.items():
        for turn in (0, 30):
            values = lab.set(rule=rule, rate=rate, beta=beta, turn=turn).values
            far = np.linalg.norm(lab.path(**values), axis=1)
            assert (far[-1] / far[-51]) ** 0.02 == pytest.approx(left, rel=0.02)
    lab.set(rule="Adam", rate=0.05, beta=0.9, turn=0)
    others = mc.explore.steps((1, 400), rule="Adam", rate=0.05, beta=0.9, steps=200)
    assert np.allclose(lab.path(**lab.values), others.path(**others.values))
    assert not np.allclose(lab.set(turn=45).path(**lab.values),
                           others.set(turn=45).path(**others.values))  # fmt: skip
    assert "grow without bound" in "\n".join(lab.set(rule="plain", rate=0.5).lines)


def test_a_row_that_has_no_spread_says_so():
    lab = mc.explore.normalisation([1, 2], g=[1, 0]).set(variable="x", entry=1, by=1)
    assert "not defined at this point" in lab.lines[-1] and lab.error is None


# Bad input


@pytest.mark.parametrize(
    "values, message",
    [
        ({"step": "abc"}, 'step: "abc" is not a number; give one from 1e-12 to 1'),
        ({"step": 7}, "step: 7 is out of range; give one from 1e-12 to 1"),
        ({"x": float("nan")}, "x: nan is not a number; give one from -3 to 3"),
        ({"x": None}, "x: None is not a number"),
        ({"x": 0, "h": 1}, "h is no input here: there are function, x, step"),
        ({"x": 0, "function": "cos(x)"}, "function: \"cos(x)\" is not one of 'x^2', 'sin(x)'"),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence_and_nothing_moves(values, message):
    lab = mc.explore.tangent(x**2, np.sin(x), x=1)
    before = lab.summary()
    with pytest.raises(ValueError, match=re.escape(message)):
        lab.set(**values)
    assert lab.summary() == before and lab.error is None


def test_what_is_typed_into_a_box():
    lab = mc.explore.jacobian(w * v, wrt=w)
    number, before = lab.inputs["w_1"], shown(lab)
    for typed, message in (
        ("1e400", 'w_1: "1e400" is out of range; give one from -3 to 3'),
        ("99", 'w_1: "99" is out of range; give one from -3 to 3'),
        ("", 'w_1: "" is not a number; give one from -3 to 3'),
        ("__import__('os')", "w_1: \"__import__('os')\" is not a number; give one from -3 to 3"),
    ):
        number.box.value = typed
        assert alert(lab) == message.replace('"', "&quot;").replace("'", "&#x27;")
        assert number.box.value == typed and shown(lab) == before
    number.box.value = "abc"
    lab.set(nudge=0.1)  # what was refused does not stay beside numbers that are not its own
    assert number.box.value == "1" and alert(lab) == ""
    before = shown(lab)
    number.box.value = "0.123"  # between two stops of the slider
    assert alert(lab) == "" and lab.values["w_1"] == 0.123 and shown(lab) != before
    number.slider.value = 1.5
    assert number.box.value == "1.5"
    lab.inputs["n"].box.value = "2.5"
    assert "is not a whole number" in alert(lab)
    lab.inputs["n"].box.value = "3"  # as it was
    assert alert(lab) == ""


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: mc.explore.tangent(), "tangent needs a function"),
        (lambda: mc.explore.tangent(w @ v), "is needed as a scalar function of scalars"),
        (lambda: mc.explore.tangent(x**2, u=3), "u is no input here: there are x, step"),
        (lambda: mc.explore.tangent(x**2, x=99), "x: 99 is out of range"),
        (lambda: mc.explore.tangent(mc.scalars("step") ** 2), "step is the name of an input here"),
        (lambda: mc.explore.gradient(x**2), "has 1 variables, x: 2 are needed here"),
        (lambda: mc.explore.jacobian(X @ w, wrt=w), "several lengths, N, n: mc.explore takes it"),
        (lambda: mc.explore.jacobian(w * v, wrt=z), "z is not a variable of w ⊗ x"),
        (lambda: mc.explore.dataflow(X @ w), "X is a matrix: give its numbers"),
        (lambda: mc.explore.dataflow(x * 0 + y, wrt=x), "x is not a variable|nothing leads from x"),
        (lambda: mc.explore.neuron(x**2), "no dot product of two vectors"),
        (lambda: mc.explore.neuron(w=[1, 2, 3]), "w takes 2 numbers here, not 3"),
        (lambda: mc.explore.descent(LOSS, {}, EXAMPLES), "start names no variable"),
        (lambda: mc.explore.descent(LOSS, {"w": np.zeros(8), "b": 0}, EXAMPLES), "has shape"),
        (lambda: mc.explore.descent(LOSS, {"w": np.zeros(9)}, EXAMPLES), "b is missing"),
        (lambda: mc.explore.training(valley, {"SGD": descend}, {}), "one or two measures"),
        (lambda: mc.explore.training(valley, {"SGD": descend}, MEASURES, steps=0), "at least one"),
        (
            lambda: mc.explore.training(lambda *_: iter(np.eye(3)), {"SGD": descend}, MEASURES),
            "train ends after 2 steps: 100 are to be shown",
        ),
        (lambda: mc.explore(mc.functions("f")(v)), "f is left open"),
        (lambda: mc.explore("x**"), "column 4"),
    ],
)
def test_what_cannot_be_explored_is_refused_in_a_sentence(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_functions_of_the_readers_own():
    assert "cos(x)" in mc.explore.tangent(np.sin).summary()
    assert "2t" in mc.explore.tangent(lambda t: t**2).summary()
    assert "diag(2s)" in mc.explore.jacobian(lambda s: s**2).summary()


# State, memory, speed


def test_two_explorers_share_nothing():
    one, two = LABS["jacobian"](), LABS["jacobian"]()
    before = two.summary(), shown(two)
    one.set(column=1, w_1=2.5, n=2)
    assert (two.summary(), shown(two)) == before


@every_lab
def test_closing_an_explorer_frees_its_memory(make):
    gc.collect()
    before = set(INSTANCES)
    lab = make()
    gone = weakref.ref(lab)
    lab.close()
    assert set(INSTANCES) == before
    del lab
    gc.collect()
    assert gone() is None


def test_no_outputs_that_hang_or_flicker():
    paths = sorted((notebooks.ROOT / "mcalc" / "explorers").glob("*.py"))
    assert len(paths) > 10
    for path in paths:
        source = path.read_text("utf-8")
        assert not re.search(r"\b(interact|Output|clear_output|update_display)\b", source), path


# Pictures


def luminance(color):
    parts = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("color", sorted(COLORS.keys() - {"paper", "grid"}))
def test_every_colour_of_text_has_contrast(color, theme):
    light, dark = sorted(luminance(COLORS[name][theme]) for name in (color, "paper"))
    assert (dark + 0.05) / (light + 0.05) >= 4.5


def test_labels_are_typeset_in_the_live_picture():
    assert typeset("∂y_2/∂w_11, x_hat, w_1x") == "∂y₂/∂w₁₁, x_hat, w_1x"
    assert "w₁" in shown_words(mc.explore.jacobian(w * v))


def shown_words(lab):
    """The texts of the live picture."""
    return [inside for tag, _, inside in lab.children[-1].picture["tree"][2] if tag == "text"]


def test_an_svg_is_elements_and_attributes_and_says_what_it_shows():
    scene = Scene(50, 40)
    scene.text(1, 2, "<script>alert(1)</script> & more")
    scene.line([(0, 0), (1, 1)], clip=(0, 0, 10, 10))
    scene.image(0, 0, 2, np.eye(2))
    root = ET.fromstring(scene.svg("a <title>", 'a "description"'))
    names = {part.tag.rpartition("}")[2] for part in root.iter()}
    assert names == {"svg", "title", "desc", "text", "polyline", "rect", "path"}
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'a <title>: a "description"'
    assert all(not key.startswith("on") for part in root.iter() for key in part.attrib)
    assert all("var(--" in part.attrib["fill"] for part in root.iter() if "text" in part.tag)


# --- a guess first ---------------------------------------------------------------------------

GUESSED = {
    "tangent": (lambda: mc.explore.tangent(x**2, x=1, step=0.5, guess=True), 1.25, "x"),
    "gradient": (
        lambda: mc.explore.gradient(x**2 + y, x=1, y=0, direction=0, step=0.5, guess=True),
        1.25,
        "y",
    ),
    "neuron": (
        lambda: mc.explore.neuron((w @ v) ** 2, w=(1, 2), x=(1, 0.5), nudge=0.5, guess=True),
        2.25,
        "w_2",
    ),
}


@pytest.mark.parametrize("name", GUESSED)
def test_a_change_is_told_once_it_was_guessed(name):
    make, real, other = GUESSED[name]
    lab = make()
    words = f"{real:+.3g}"
    assert "Guess first" in lab.summary() and words not in lab.summary()
    assert "predicted" not in lab.summary() and "guess = not yet" in lab.summary()
    lab.inputs["guess"].box.value = "1,5 or so"
    assert "is not a number" in lab._message.value and "Guess first" in lab.summary()
    lab.inputs["guess"].box.value = "1"
    assert words in lab.summary() and f"your guess +1 is off by {1 - real:.3g}" in lab.summary()
    assert not lab._message.value
    lab.inputs[other].slider.value = lab.inputs[other].slider.min  # another question
    assert "Guess first" in lab.summary() and lab.inputs["guess"].box.value == ""
    assert lab.set(guess="\N{MINUS SIGN}2").inputs["guess"].value == -2
    assert "Guess first" not in lab.set(guess=None, **{other: 1}).set(guess=0).summary()


def test_without_a_question_there_is_no_guess():
    lab = mc.explore.tangent(x**2)
    assert "guess" not in lab.inputs and "predicted" in lab.summary()
    with pytest.raises(ValueError, match="guess"):
        mc.explore.tangent(mc.scalars("guess") ** 2)
