"""All LaTeX is typeset without an error by MathJax, as notebooks have it, and by KaTeX."""

import random
import re

import numpy as np
import pytest
import typesetting

import mcalc as mc
import notebooks

SCALARS = mc.scalars("a b_1 c_hat t' alpha x_1' beta_2 rate_k g_a_b_c theta_hat_3 lr Phi'")
VECTORS = mc.vectors("x x_a w_1 v_hat y' mu z_bar_2 q_1' rate s_a_b")
SHORT = mc.vectors("p r_1 u_hat k' nu h_1' o_a_b", size=3)
TARGETS = mc.vectors("l l_1 l'", size="N")
DATA = mc.matrices("X A_1 X_hat B' M_a_b Psi C_1'", shape=("N", "n"))
MATRICES = mc.matrices("S S_1 W' Q_a_b", shape=("n", "n"))


@pytest.fixture(scope="module", autouse=True)
def installed():
    if why := typesetting.missing():
        pytest.skip(f"nothing is typeset: {why}")


class Maker:
    """Draws expressions, whose names have subscripts, hats, primes and Greek letters."""

    def __init__(self, rng):
        self.rng = rng

    def scalar(self, depth):
        one, rng = self.scalar, self.rng
        if depth == 0:
            return rng.choice(SCALARS)
        v, s, t = self.vector(depth - 1), self.short(depth - 1), self.targets(depth - 1)
        return rng.choice([
            lambda: np.sum(v), lambda: v @ self.vector(depth - 1), lambda: np.linalg.norm(v),
            lambda: s[rng.randrange(3)] ** rng.choice((2, 3, 0.5, -1)), lambda: np.max(s) * s[0],
            lambda: one(depth - 1) * one(0), lambda: one(depth - 1) / one(0), lambda: one(0) ** 2,
            lambda: np.sin(one(depth - 1)) ** 2, lambda: np.abs(np.abs(one(0)) - one(depth - 1)),
            lambda: np.maximum(one(depth - 1), one(0)), lambda: one(depth - 1) ** one(0),
            lambda: np.sum(np.where(t > 0, t, one(0))), lambda: np.mean(t**2),
            lambda: np.sum(np.maximum(0, t) * rng.choice(TARGETS)), lambda: 1e-9 * one(depth - 1),
            lambda: np.pi * one(depth - 1), lambda: (s * s)[1] ** 2, lambda: (v + v) @ v,
            lambda: np.where(one(0) > 0, one(depth - 1), one(0)), lambda: mc.let("f_1", v) @ v,
        ])()  # fmt: skip

    def vector(self, depth, names=VECTORS):
        one, rng = (lambda depth: self.vector(depth, names)), self.rng
        if depth == 0:
            return rng.choice(names)
        return rng.choice([
            lambda: one(depth - 1) * one(0), lambda: one(depth - 1) + one(0), lambda: one(0) ** 2,
            lambda: self.scalar(depth - 1) * one(0), lambda: one(0) / self.scalar(0),
            lambda: np.exp(one(depth - 1)), lambda: np.maximum(one(0), one(depth - 1)),
            lambda: np.where(one(0) > 0, one(depth - 1), 0), lambda: one(0) - self.scalar(0),
            lambda: rng.choice(MATRICES) @ one(0) if names is VECTORS else one(0) / one(0),
            lambda: mc.let("f_2", one(depth - 1)) + one(0),
        ])()  # fmt: skip

    def short(self, depth):
        return self.vector(depth, SHORT)

    def targets(self, depth):
        if depth and self.rng.random() < 0.5:
            return self.rng.choice(DATA) @ self.vector(0) - self.rng.choice(TARGETS)
        return self.vector(depth, TARGETS)


def plain(latex):
    return latex.removeprefix("$").removesuffix("$")


def formulas(d, rng):
    """Everything that a derivation shows as LaTeX."""
    yield plain(d._repr_latex_())
    yield plain(d.y._repr_latex_())
    if d.more_axes:
        return
    yield plain(d.jacobian._repr_latex_())
    sizes = {n: 2 for n in mc.graph.lengths.symbolic_sizes(d.y, *d.variables)}
    if rng.random() < 0.2:
        yield plain(d.explicit(**sizes)._repr_latex_())
        yield plain(mc.entries(d.y, **sizes)._repr_latex_())


@pytest.mark.slow
def test_whatever_is_derived_is_typeset():
    rng, shown = random.Random(1), []
    for _ in range(250):
        make = Maker(rng)
        try:
            kind = rng.choice([make.scalar, make.scalar, make.vector, make.short, make.targets])
            y = kind(2)
            d = mc.derive(y, rng.choice(mc.graph.walk.symbols(y)))
            shown += formulas(d, rng)
        except (ValueError, TypeError):  # names used twice, and matrices
            continue
    assert len(shown) > 600
    assert not typesetting.errors(shown)


ELEMENTS = [e[1] ** 2 for e in SHORT] + [mc.let(e.name, 2 * SHORT[0])[1] ** 2 for e in SHORT[1:]]
SUMS = [np.sum(np.where(e > 0, e, 0)) for e in (*VECTORS, *TARGETS)]
SUMS += [
    np.sum(np.maximum(0, M @ v - t)) for M, v, t in zip(DATA, VECTORS, TARGETS * 3, strict=False)
]


@pytest.mark.parametrize("made", ["elements", "sums over the data", "intermediate variables"])
def test_no_name_gets_two_subscripts(made):
    a = SCALARS[0]
    made = {
        "elements": ELEMENTS,
        "sums over the data": SUMS,
        "intermediate variables": [(a * e)[1] ** 2 + (a * e)[2] for e in SHORT],
    }[made]
    rng, shown = random.Random(1), []
    for y in made:
        for v in mc.graph.walk.symbols(y):
            shown += formulas(mc.derive(a * y, v), rng)
    shown.append(
        plain(mc.table(mc.derive(made[1], mc.graph.walk.symbols(made[1])[0]))._repr_latex_())
    )
    assert not typesetting.errors(shown)


def test_an_element_has_one_subscript():
    x_a = mc.vectors("x_a", size=3)
    assert x_a[0]._repr_latex_() == r"$\displaystyle x_{a,1}$"
    assert (x_a[0] ** 2)._repr_latex_() == r"$\displaystyle x_{a,1}^{2}$"
    assert SHORT[3][0]._repr_latex_() == r"$\displaystyle k_1'$"
    assert str(x_a[0]) == "x_a_1" and mc.read("x_a_1", x_a=x_a) is x_a[0]


# --- what is stored --------------------------------------------------------------------------

CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
MATH = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<!\\)\$((?:[^$\\]|\\.)+?)\$", re.DOTALL)


def mathematics(text):
    return [two or one for two, one in MATH.findall(text)]


def test_mathematics_is_found_in_text():
    text = "`$x` costs \\$5, $a$ and\n```\n$b$\n```\n$$c\nd$$ and $e \\$ f$"
    assert mathematics(CODE.sub("", text)) == ["a", "c\nd", "e \\$ f"]


def test_whatever_a_notebook_stores_is_typeset():
    found = {}
    for path in sorted((notebooks.ROOT / "notebooks").glob("*.ipynb")):
        for cell in notebooks.read(path).cells:
            texts = [CODE.sub("", cell.source)] if cell.cell_type == "markdown" else []
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                texts += [data[kind] for kind in ("text/latex", "text/html") if kind in data]
            for math in (math for text in texts for math in mathematics(text)):
                found[math.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")] = (
                    f"{path.name}, {cell.id}"
                )
    assert len(found) > 300
    assert {found[math]: why for math, why in typesetting.errors(found).items()} == {}
