"""The exercises: answers that are right however they are written, and mistakes by their names."""

import ast
import html
import random
import re
import sqlite3
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from subprocess import Popen

import nbformat
import numpy as np
import pytest

import mcalc as mc
from mcalc.check.diagnosis import diagnose
from mcalc.check.interpret import batch
from mcalc.check.mistakes import mistakes, mistakes_in
from mcalc.exercises import exercise as module
from mcalc.exercises import record
from mcalc.exercises.exercise import Exercise, exercise, exercise_keys
from mcalc.exercises.questions import ROWS, Row
from mcalc.graph.expr import NUMBER, as_expr
from mcalc.graph.lengths import symbolic_sizes
from mcalc.graph.walk import rebuild, replace, symbols, unnamed, walk

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHAPTERS = sorted({key[:2] for key in ROWS})
DERIVED = [key for key, row in ROWS.items() if isinstance(row, Row)]
every_exercise = pytest.mark.parametrize("key", DERIVED)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own for the progress, and exercises that nobody has tried."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(record.PLACE, str(tmp_path / "answers.sqlite"))
    monkeypatch.setattr(module, "_exercises", {})
    return tmp_path


def test_there_are_enough_in_every_chapter():
    assert len(ROWS) >= 60
    for chapter in CHAPTERS:
        assert 2 <= len(exercise_keys(chapter)) <= 13
    assert {*CHAPTERS} >= {f"{k:02}" for k in range(1, 13)}
    assert all(re.fullmatch(r"\d\d\.[a-z][a-z-]*", key) for key in ROWS)


@every_exercise
def test_an_exercise_asks_hints_and_has_an_answer_that_holds(key):
    ex = exercise(key)
    assert ex.row.hints and all(hint[-1] not in ".!" for hint in ex.row.hints)
    assert "?" in ex.question and "{" not in ex.question
    assert str(ex.row.y) in ex.question and 1 <= ex.points <= 3
    ex.derivation.check(sizes=(1, 2, 3), points=3)
    assert ex.check(ex.answer) and ex.check(ex.right)


def test_none_is_derived_in_the_text(monkeypatch):
    """The cells of each chapter are run without a kernel, and every derivation is noted."""
    asked, noted = {key: exercise(key).derivation for key in DERIVED}, set()

    class Noted(mc.Derivation):
        def __init__(self, y, wrt, *known):
            super().__init__(y, wrt, *known)
            noted.add((unnamed(self.y), self.variables))

    monkeypatch.setattr(import_module("mcalc.derivation"), "Derivation", Noted)
    check = mc.Derivation.check  # at a kink it is asked what it says
    monkeypatch.setattr(
        mc.Derivation, "check", lambda d, **o: check(d, **o) if "at" in o else mc.Report(True, [])
    )
    diagnosis = import_module("mcalc.check.diagnosis")
    diagnose = diagnosis.diagnose

    def unnoted(d, claim):
        """What the diagnosis derives for itself is not shown."""
        before = {*noted}
        difference = diagnose(d, claim)
        noted.intersection_update(before)
        return difference

    monkeypatch.setattr(diagnosis, "diagnose", unnoted)
    monkeypatch.chdir(NOTEBOOKS)
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb")):
        if path.name.startswith("13-"):  # in which one looks up, when the exercises are done
            continue
        scope = {"display": lambda *shown: None}
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type != "code" or "mc.exercise" in cell.source:
                continue
            try:
                exec(compile(ast.parse(cell.source), path.name, "exec"), scope)
            except Exception:
                assert "raises-exception" in cell.metadata.get("tags", []), cell.source
    assert len(noted) > 100
    for key, d in asked.items():
        assert (unnamed(d.y), d.variables) not in noted, key


# --- mistakes by their names -----------------------------------------------------------------

# For each chapter and mistake an exercise and what somebody types who makes it. What is not there
# cannot be made: there are no matrices in chapters of scalars, and one path only in some.
TYPED = {
    "01": {
        "sign": ("reciprocal", "2/x^3"),
        "constant factor": ("power", "10x^3"),
        "missing path": ("product", "2x exp(x)"),
        "missing factor": ("chain", "5(3x + 1)^4"),
        "missing term": ("chain", "15(3x)^4"),
        "shape": ("power", "[20x^3, 0]"),
        "substitution": ("chain", "15u_2^4"),
    },
    "02": {
        "transpose": ("gradient", "[4x^3 y^2, 2x^4 y]^T"),
        "sign": ("quotient", "x/y^2"),
        "constant factor": ("by-y", "x y"),
        "missing factor": ("exponential", "exp(x y)"),
        "shape": ("gradient", "4x^3 y^2"),
        "substitution": ("exponential", "y exp(u)"),
    },
    "03": {
        "transpose": ("linear", "[[2, 1], [3, -1]]"),
        "sign": ("polar", "[[cos(t), r sin(t)], [sin(t), r cos(t)]]"),
        "constant factor": ("row", "[4x + 6y, 6x]"),
        "missing term": ("row", "[2x, 3x]"),
        "shape": ("row", "2x + 3y"),
    },
    "04": {
        "transpose": ("affine", "-A^T"),
        "diagonal as a vector": ("double", "2 1^T"),
        "sign": ("affine", "A"),
        "constant factor": ("mixed", "a^T"),
        "right for n = 1": ("double", "2 x x^T/(x.x)"),
        "shape": ("affine", "b"),
    },
    "05": {
        "diagonal as a vector": ("cube", "3 w (*) x^2"),
        "sign": ("difference", "2 diag(w - x)"),
        "constant factor": ("square", "diag(x)"),
        "missing path": ("two-places", "diag(w)"),
        "missing factor": ("sine", "diag(cos(w ⊗ x))"),
        "right only where active": ("smaller", "I"),
        "right for n = 1": ("root", "(1/(2 sqrt(x))) 1^T"),
        "shape": ("square", "x.x"),
        "substitution": ("sine", "diag(x ⊗ cos(u))"),
    },
    "06": {
        "transpose": ("quotient-by-z", "-x^T/z^2"),
        "diagonal as a vector": ("square", "2 z x"),
        "sign": ("difference", "1_n"),
        "constant factor": ("square-of-a-sum", "x + z"),
        "missing factor": ("exponential", "exp(z x)"),
        "missing term": ("square-of-a-sum", "2x"),
        "right for n = 1": ("square", "2z x x^T/sum(x)"),
        "shape": ("quotient", "1/z"),
        "substitution": ("exponential", "x ⊗ exp(u)"),
    },
    "07": {
        "transpose": ("cubes", "3x^2"),
        "sign": ("distance", "2(w - x)^T"),
        "constant factor": ("cubes", "(x^2)^T"),
        "missing factor": ("weighted", "2x^T"),
        "right for n = 1": ("exponentials", "sum(exp(x)) 1^T"),
        "shape": ("cubes", "I"),
        "substitution": ("exponentials", "u^T"),
    },
    "08": {
        "sign": ("cosine", "3x^2 sin(x^3)"),
        "constant factor": ("root", "2x/sqrt(1 + x^2)"),
        "missing factor": ("cosine", "-sin(x^3)"),
        "shape": ("cosine", "[-3x^2 sin(x^3), 0]"),
        "substitution": ("cosine", "-3x^2 sin(u)"),
    },
    "09": {
        "sign": ("direct", "2x + 3x^2"),
        "constant factor": ("three-paths", "10x^4 + 2"),
        "missing path": ("nested", "2(x + sin(x))(1 + cos(x))"),
        "missing factor": ("two-paths", "sin(x) + x^2 cos(x)"),
        "shape": ("product", "[exp(x), x exp(x)]"),
        "substitution": ("product", "u + x u"),
    },
    "10": {
        "transpose": ("square", "2(w.x) x"),
        "sign": ("saturation", "(1 + tanh(w.x - b)^2) w^T"),
        "constant factor": ("square", "(w.x) x^T"),
        "missing path": ("gate", "diag(A x)"),
        "missing factor": ("exponentials", "exp(A x)^T"),
        "order": ("layers", "A diag(cos(A x)) B"),
        "right for n = 1": ("scaled", "2(w.x) I"),
        "shape": ("square", "w.x"),
        "substitution": ("square", "2u x^T"),
    },
    "11": {
        "transpose": ("negative", "w if w.x + b < 0; 0 otherwise"),
        "sign": ("square", "-2(w.x + b) x^T if w.x + b > 0; 0^T otherwise"),
        "constant factor": ("square", "(w.x + b) x^T if w.x + b > 0; 0^T otherwise"),
        "missing factor": ("sigmoid", "(1/(1 + exp(-(w.x)))^2) x^T"),
        "right only where active": ("square", "2(w.x + b) x^T"),
        "cases": ("negative", "w^T if w.x + b > 0; 0^T otherwise"),
        "right for n = 1": ("square", "2(sum(w) sum(x) + b) x^T if w.x + b > 0; 0^T otherwise"),
        "shape": ("square", "2(w.x + b)"),
        "substitution": ("square", "2u_1 x^T if u_1 > 0; 0^T otherwise"),
    },
    "12": {
        "transpose": ("one", "2(w.x + b - t) x"),
        "sign": ("linear", "(2/N) (y - X w)^T X"),
        "constant factor": ("linear", "2 (X w - y)^T X"),
        "missing path": ("both", "2 (X w - y)^T X"),
        "right only where active": ("active", "2(w.x + b - t) x^T"),
        "right for n = 1": ("one", "2(sum(w) sum(x) + b - t) x^T"),
        "shape": ("bias", "X"),
        "substitution": ("one", "-2u_2 x^T"),
    },
    "20": {
        "transpose": ("sigmoid", "(σ(W x) ⊗ (1 - σ(W x))) x^T"),
        "sign": ("gaussian", "inv(S) + inv(S) x x^T inv(S)"),
        "constant factor": ("batch", "(X W - Y)^T X"),
        "missing term": ("gaussian", "S^-1"),
        "missing factor": ("square", "2(u^T W x)"),
        "order": ("trace", "A B"),
        "right only where active": ("rectified", "x u^T"),
        "right for n = 1": ("trace", "tr(A B) I"),
        "shape": ("square", "2 W x u^T"),
        "substitution": ("square", "2u_2 x u^T"),
    },
    "21": {
        "transpose": ("chain", "A^T (v ⊗ (1 - tanh(A x)^2))"),
        "sign": ("direction", "-p ⊗ exp(x + t p)"),
        "constant factor": ("element-wise", "2 (w ⊘ x)^T"),
        "missing path": ("twice", "(w ⊗ x ⊗ exp(x))^T"),
        "missing factor": ("chain", "v^T A"),
        "not summed": ("total", "a diag(w)"),
        "shape": ("matrix", "A v"),
        "substitution": ("direction", "p ⊗ exp(u_2)"),
    },
    "22": {
        "transpose": ("log-softmax", "I - exp(z) 1^T/sum(exp(z))"),
        "sign": ("logistic", "(t - sigmoid(w.x)) x^T"),
        "missing path": ("average", "v^T diag(s)"),
        "missing factor": ("temperature", "(exp(u)/sum(exp(u)) - y)^T"),
        "not differentiated": ("curvature", "sigmoid(w.x) x x^T"),
        "not summed": ("weighted", "diag(w (*) exp(z))/(w.exp(z))"),
        "right for n = 1": ("curvature", "sigmoid(w.x)(1 - sigmoid(w.x)) sum(x) x 1^T"),
        "diagonal only": ("curvature", "sigmoid(w.x)(1 - sigmoid(w.x)) diag(x^2)"),
        "shape": ("logistic", "sigmoid(w.x) - t"),
        "substitution": ("temperature", "(exp(u)/sum(exp(u)) - y)^T/t"),
    },
    "24": {
        "not differentiated": ("quartic", "4x^3"),
        "diagonal as a vector": ("quartic", "12x^2"),
        "sign": ("exponential", "-exp(-(a.x)) a a^T"),
        "constant factor": ("distance", "2I"),
        "missing path": ("two-paths", "4(x.x) I"),
        "missing factor": ("exponential", "a a^T"),
        "right for n = 1": ("square", "2sum(x) x 1^T"),
        "shape": ("square", "x.x"),
        "substitution": ("exponential", "exp(u_1) a a^T"),
    },
    "30": {
        "transpose": ("upside-down", "X^T G"),
        "sign": ("solved", "inv(S)^T G A^T inv(S)^T"),
        "constant factor": ("gram", "(G + G^T) X/2"),
        "shape": ("upside-down", "G X"),
    },
    "31": {
        "transpose": ("gains", "1^T (G ⊗ X)"),
        "sign": ("products", "diag(G 1) X"),
        "factor too many": ("scaled", "(G ⊗ X) 1/n"),
        "shape": ("scaled", "G ⊗ X"),
    },
    "32": {
        "transpose": ("linear", "Q^T G V^T"),
        "sign": ("masked", "-C ⊗ (G V^T)"),
        "constant factor": ("projected", "2 A^T G W^T"),
        "shape": ("offered", "G^T/sqrt(k)"),
    },
    "33": {
        "transpose": ("centred", "W (G^T - (1/N) G^T 1 1^T)"),
        "sign": ("past", "G - G W^T diag(c)"),
        "missing term": ("gate", "diag((X ⊗ S) 1) G"),
        "shape": ("folded", "(G W^T) ⊗ H"),
    },
    "34": {
        "transpose": ("gated", "((G W^T) ⊗ (X B))^T X"),
        "missing factor": ("gated", "X^T (G W^T)"),
        "missing term": ("past", "G W^T A^T"),
        "sign": ("tied", "C^T G E - G^T C E"),
        "shape": ("embedding", "C G"),
    },
    "35": {
        "transpose": ("unit-length", "x/||w|| - (w.x) w/||w||^3"),
        "sign": ("step-of-decay", "(1 + eta a) I"),
        "missing factor": ("dropped", "G W^T ⊗ M"),
        "missing path": ("unit-length", "x^T/||w||"),
        "missing term": ("gram", "G S^T X"),
        "shape": ("gram", "G S^T + S G^T"),
    },
}


# Mistakes that are not among the ten, with what is said about them.
MORE = [
    ("01.polynomial", "6x", "4x moves, too"),
    ("01.polynomial", "6x + 4", "the sign of one term is wrong: 4"),
    ("01.power", "5x^4", "that is 5x^4 itself"),
    ("01.power", "4x^3", "a factor is missing: 5"),
    ("05.sine", "diag(x ⊗ sin(w ⊗ x))", "sin(w ⊗ x) is still there"),
    ("05.sine", "diag(x ⊗ cos(x))", "w ⊗ x has to stand where yours has x inside the function"),
    ("05.sine", "diag(w ⊗ cos(w ⊗ x))", "that is the Jacobian with respect to x; w is asked for"),
    ("05.sine", "diag(x cos(w.x))", "w.x is one number; here every element has its own"),
    ("05.cube", "diag(3x^2)", "a factor is missing: w"),
    ("05.square", "x", "n x 1 given, n x n expected; and on the diagonal of a matrix"),
    ("06.quotient", "1/z", "a matrix is expected, n x n, with that number on its diagonal"),
    ("07.cubes", "sum(3x^2)", "the sum of all entries"),
    ("07.cubes", "diag(3x^2)", "still have to be added up"),
    ("07.by-the-scalar", "x*cos(z x)", "still have to be added up"),
    (
        "09.nested",
        "2(x + sin(x)) + 1",
        "a factor is missing: the derivative of u with respect to x",
    ),
    ("10.layers", "B diag(cos(A x)) A^T", "A is transposed in your answer"),
    ("10.layers", "B diag(cos(x)) A", "A x has to stand where yours has x"),
    ("10.square", "2x^T", "a factor is missing: w.x"),
    ("10.square", "2(w.x)", "the derivative of w.x with respect to w"),
    ("10.square", "2(w.x) w^T", "with respect to x; w is asked for"),
    ("11.leaky", "x^T if w.x + b > 0; 0^T otherwise", "in the other case it is not zero"),
    ("12.decay", "2w^T", "a factor is missing: a"),
    ("20.square", "2(u^T W x) u x^T", "this is the gradient, in the shape of W: transpose it"),
    ("20.square", "2(u^T W x) x", "n x 1 given, n x m expected; a factor is missing: u^T"),
    ("20.sigmoid", "x 1^T", "a factor is missing: (σ(W x) ⊗ (1 - σ(W x)))^T"),
    ("20.trace", "B^T A", "B is transposed in your answer"),
    ("20.rectified", "x (1 if W x + b > 0; 0 otherwise)^T", "a factor is missing: u"),
    ("20.batch", "2(X W - Y)", "N x m given, m x n expected; a factor is missing: X"),
    ("20.gaussian", "inv(S) - x x^T inv(S)", "a factor is missing: inv(S)"),
    ("20.gaussian", "inv(S) + inv(S) x x^T inv(S)", "the sign of one term is wrong"),
    ("22.temperature", "(exp(u)/sum(exp(u)) - y)^T", "the derivative of u with respect to z"),
    ("22.log-softmax", "I", "missing: z → exp(z) → sum(exp(z)) → log(sum(exp(z)))"),
]


@pytest.mark.parametrize(("key", "text", "sentence"), MORE)
def test_other_mistakes_are_told_in_a_sentence(key, text, sentence):
    found = diagnose(exercise(key).derivation, mc.read(text, **exercise(key).names), done=True)
    assert sentence in found.sentence
    assert exercise(key).check(text).mistake == found.mistake
    reply = exercise(key).check(text)
    assert reply.mistake == found.mistake and found.first in f"{reply}"
    assert sentence in f"{exercise(key).check(text)}"


@pytest.mark.parametrize("chapter", TYPED)
def test_a_mistake_is_named(chapter):
    for name, (key, text) in TYPED[chapter].items():
        reply = exercise(f"{chapter}.{key}").check(text)
        assert not reply and reply.mistake == name, (name, text, reply)


@every_exercise
def test_whatever_mistake_is_made_it_has_a_name(key):
    ex, named = exercise(key), 0
    made = mistakes(ex.derivation)
    if ex.derivation.y.ndim == 2:  # which has no Jacobian to make mistakes with
        G, right = ex.derivation.G, unnamed(ex.right)
        made = mistakes_in(right, (*ex.derivation.inputs, G))
        made = [m for m in made if m.formula.shape == right.shape and G in {*symbols(m.formula)}]
    for mistake in made:
        found = diagnose(ex.derivation, mistake.formula)
        named += found is not None
        assert found is None or found.mistake not in ("entry", "shape"), mistake
    for mistake, claim in (("sign", -ex.right), ("constant factor", ex.right / 7)):
        assert diagnose(ex.derivation, claim).mistake == mistake
        named += 1
    assert named >= 2


# --- right answers in other words, and wrong ones that look like them ------------------------


def elsewhere(e, rng):
    """The same value written in another way, at one place and all that is below."""
    kept = "ones" * (e.op.name == "outer")  # in a formula a column of ones is 1; 2 · 1 is a number
    args = tuple(
        elsewhere(a, rng) if a.op.name != kept and rng.random() < 0.7 else a for a in e.args
    )
    e, name = rebuild(e, args), e.op.name
    ways = [e, e, e, np.negative(-e), 2 * e - e]
    if name in ("add", "multiply") and args[0].shape == args[1].shape:
        ways += [OPERATORS[name](*reversed(args))] * 2
    if name == "multiply" and args[1].op.name in ("add", "subtract") and not args[0].ndim:
        a, b = args[1].args
        ways += [OPERATORS[args[1].op.name](args[0] * a, args[0] * b)] * 2
    if name == "subtract":
        ways += [-args[1] + args[0]]
    if name == "power" and args[1].op is NUMBER and args[1].params["value"] == 2:
        ways += [args[0] * args[0]] * 2
    if name == "divide" and not args[1].ndim:
        ways += [(1 / args[1]) * args[0]]
    if name == "dot":
        ways += [np.dot(*reversed(args)), np.sum(args[0] * args[1])]
    if name == "diag":
        (v,) = args
        ways += [mc.identity() @ e, e.T]
        if v.op.name in ("add", "subtract") and all(a.ndim for a in v.args):
            ways += [OPERATORS[v.op.name](*map(mc.diag, v.args))] * 2
        if v.op.name == "multiply" and all(a.ndim for a in v.args):
            ways += [mc.diag(v.args[0]) @ mc.diag(v.args[1])] * 2
    if name == "row" and args[0].op.name in ("add", "subtract"):
        if all(a.ndim for a in args[0].args):
            ways += [OPERATORS[args[0].op.name](*(a.T for a in args[0].args))] * 2
    if name == "where" and args[0].op.name in TURNED:
        condition = OPERATORS[TURNED[args[0].op.name]](*reversed(args[0].args))
        ways += [np.where(condition, *args[1:]), np.where(1 - args[0], *reversed(args[1:]))]
    return rng.choice(ways)


OPERATORS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply,
    "greater": np.greater, "less": np.less, "greater_equal": np.greater_equal,
    "less_equal": np.less_equal,
}  # fmt: skip
TURNED = {"greater": "less", "less": "greater", "greater_equal": "less_equal"}
OTHERS = {"sin": np.cos, "cos": np.sin, "exp": np.tanh, "tanh": np.exp, "sqrt": np.abs}


def missed(e, variables, rng):
    """Formulas that differ from ``e`` at one node."""
    part = rng.choice([p for p in walk(e) if p.op.name not in ("size", "ones", "zeros")])
    name, args = part.op.name, part.args
    ways = []
    if part.op is NUMBER:
        ways += [part + 1, part * 2, -part, part / 2]
    if name == "symbol":
        ways += [v for v in variables if v.shape == part.shape]
    if name in ("add", "subtract"):
        ways += [OPERATORS["add" if name == "subtract" else "subtract"](*args)]
        ways += [a for a in args if a.shape == part.shape]
    if name in ("multiply", "divide", "matmat", "vecmat", "matvec"):
        ways += [a for a in args if a.shape == part.shape]
    if name == "power":
        ways += [args[0], part * args[0]]
    if name == "dot":
        ways += [np.dot(args[0], args[0])]
    if name in OTHERS:
        ways += [OTHERS[name](*args), *args]
    if name == "where":
        ways += [np.where(args[0], *reversed(args[1:])), args[1] + 0 * part]
    ways = [w for w in ways if as_expr(w).shape == part.shape]
    return replace(e, {part: as_expr(rng.choice(ways))}.get) if ways else e


def apart(a, b, variables):
    """Whether two formulas differ by numbers, at points that have nothing to do with mcalc's."""
    rng, sizes = np.random.default_rng(99), {}
    for k, n in enumerate(symbolic_sizes(a, b, *variables)):
        sizes[n] = 3 - k
    points = {
        v.name: 1.5 * rng.standard_normal((40, *(sizes.get(n, n) for n in v.shape)))
        for v in variables
    }
    with np.errstate(all="ignore"):
        found = batch([a, b], points, sizes)
        one, other = found[a], found[b]
    return not np.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)


def written(e):
    """As it may be typed: without some of the spaces, with other signs for the same."""
    return str(e).replace(" ⊗ ", "(*)").replace(" ⊘ ", " (/) ").replace(" + ", "+")


def trials(count):
    rng = random.Random(5)
    for k in range(count):
        key = DERIVED[k % len(DERIVED)]
        d = exercise(key).derivation
        yield exercise(key), d, unnamed(exercise(key).right), symbols(exercise(key).right), rng


def test_a_right_answer_is_right_however_it_is_written():
    different = 0
    for ex, d, whole, _, rng in trials(200):
        claim = elsewhere(whole, rng)
        different += claim is not whole
        assert d.equals(claim), (ex.key, claim)
        if len(text := written(claim)) <= 300:
            assert ex.check(text), (ex.key, text)
    assert different > 140


def test_a_near_miss_is_refused():
    refused = 0
    for ex, d, whole, variables, rng in trials(240):
        claim = missed(whole, variables, rng)
        if claim is whole or not apart(claim, whole, variables):
            continue
        refused += 1
        assert not d.equals(claim), claim
        reply = Exercise(ex.key).check(written(claim))
        assert not reply, (ex.key, written(claim))
        if "has no value" in str(reply):  # the logarithm of -3, of a base that has become -3
            continue
        assert reply.mistake not in ("not read", "not answered"), (ex.key, written(claim), reply)
    assert refused >= 120


# --- replies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key, text, math",
    [
        ("05.square", "05.square (1 point): What is the Jacobian of x ⊗ x with respect to x?",
         r"<b>05.square</b> What is the Jacobian of $\displaystyle \mathbf{x} \otimes \mathbf{x}$ "
         r"with respect to $\displaystyle \mathbf{x}$?"),
        ("05.sine", "05.sine (1 point): What is the Jacobian of sin(w ⊗ x) with respect to w?",
         r"<b>05.sine</b> What is the Jacobian of $\displaystyle \sin{\left(\mathbf{w} \otimes "
         r"\mathbf{x}\right)}$ with respect to $\displaystyle \mathbf{w}$?"),
        ("02.gradient", "02.gradient (3 points): What is the gradient of x^4 y^2 with respect to "
         "(x, y)?",
         r"<b>02.gradient</b> What is the gradient of $\displaystyle x^{4} y^{2}$ with respect to "
         r"$\displaystyle (x, y)$?"),
    ],
)  # fmt: skip
def test_how_an_exercise_is_shown(key, text, math):
    bundle, typeset = exercise(key)._repr_mimebundle_(), exercise(key).typeset
    assert (bundle["text/plain"], typeset) == (text, math)


@every_exercise
def test_where_there_is_no_mathjax_a_question_can_be_read(key):
    shown = exercise(key)._repr_mimebundle_()["text/html"]
    assert "$" not in shown and "\\" not in shown
    words = html.unescape(re.sub(r"</?(?:b|code)>", "", shown)).partition(" ")[2]
    assert words == exercise(key).question


def test_no_answer_yet():
    for nothing in (..., None, "", "  "):
        reply = exercise("05.square").check(nothing)
        assert not reply and repr(reply).startswith("not answered yet")
    assert not record.place().exists()


@pytest.mark.parametrize(
    "answer", [[], {}, object(), np.array(["a"]), np.zeros((0, 3)), float("nan"), 1j, "2x)", "é",
               b"x", print, mc, [[1], [1, 2]], 10**400, {"x": 1}, mc.plots, type, "x" * 10**6],
)  # fmt: skip
def test_anything_gets_a_sentence(answer):
    reply = exercise("05.square").check(answer)
    assert not reply and len(repr(reply)) > 10


def test_hints_come_from_the_second_miss_on():
    ex = exercise("05.sine")
    said = [repr(ex.check("x")) for _ in range(4)]
    assert "hint" not in said[0]
    for reply, hint in zip(said[1:], (*ex.row.hints, "derivation"), strict=True):
        assert hint in reply.splitlines()[-1]
    assert exercise("05.sine") is ex and ex.misses == 4


def test_asking_for_hints_goes_through_them():
    ex = exercise("05.sine")
    assert [ex.hint() for _ in ex.row.hints] == [
        f"hint {k} of 2: {hint}" for k, hint in enumerate(ex.row.hints, 1)
    ]
    assert ex.hint() == 'hint: mc.exercise("05.sine").derivation shows all steps'


def test_the_first_miss_does_not_hand_over_the_solution():
    """Whatever is missing from an answer, the reply does not hold it until the third miss."""
    for key, text, missing in [
        ("01.power", "4x^3", "5"), ("05.cube", "diag(3x^2)", "w"), ("20.batch", "2(X W - Y)", "X"),
        ("04.affine", "x", "A"), ("10.layers", "A diag(cos(A x)) B", "B diag"),
        ("06.quotient", "1/z", "I"), ("02.by-y", "x y", "2"), ("01.chain", "(3x+1)^4", "15"),
    ]:  # fmt: skip
        ex = exercise(key)
        for _ in range(2):
            said = f"{ex.check(text)}".partition("\n")[0]
            words = re.findall(r"[\w']+", said.partition(": ")[2])
            assert missing not in words and missing not in said.partition(";")[2], said


def test_a_number_is_no_column():
    for answer in ("-1", -1, "-1.0"):
        assert exercise("06.difference").why(answer).mistake == "shape"
    for answer in ("-1_n", "-ones(n)", "-1*1_n", -mc.ones()):
        assert exercise("06.difference").why(answer)


def test_what_was_right_in_the_field_counts_in_the_cell_below():
    ex = exercise("05.square")
    assert not ex.check(...)
    ex.check("2 diag(x)")
    reply = ex.check(...)
    assert reply and '"2 diag(x)"' in f"{reply}" and "answered above" in f"{reply}"
    assert not exercise("05.cube").check(...)
    record.place().unlink()
    record.note("05.square", True, "diag(x)")
    assert not ex.check(...), "a record is believed as far as its answer is right"


@every_exercise
def test_the_example_of_an_answer_is_no_answer(key):
    ex = exercise(key)
    code, typed = ex.example
    assert not ex.why(typed) and ex.why(typed).mistake not in ("not read", "no formula")
    assert typed in f"{ex.check(...)}" and code in f"{ex.check(...)}"


def test_what_is_no_formula_is_no_try():
    ex = exercise("05.sine")
    for answer in (object(), ..., "2x +"):
        assert not ex.check(answer) and ex.misses == 0


def test_shapes_that_do_not_fit_are_a_miss_and_give_nothing_away():
    ex = exercise("10.exponentials")
    for text in ("exp(A x) A", "A exp(A x)^T", "exp(A x)^T + A"):
        reply = ex.check(text)
        assert reply.mistake == "shape" and "write" not in f"{reply}"
    assert ex.misses == 3 and "hint" in f"{reply}"


def test_the_names_in_hints_are_those_of_the_derivation():
    for key in DERIVED:
        for hint in exercise(key).row.hints:
            for name in re.findall(r"\b[uv](?:_\d)?\b", hint):
                assert name in exercise(key).names or f"of {name} " in hint, (key, hint)


def test_progress_outlives_the_kernel(monkeypatch):
    exercise("05.sine").check("x")
    w, x = mc.vectors("w x")
    assert exercise("05.sine").check(mc.diag(np.cos(w * x) * x))
    exercise("05.sine").check("x")  # what was right stays right
    monkeypatch.setattr(module, "_exercises", {})
    assert "05.sine" in mc.progress().done
    assert "  left: square" in repr(mc.progress())


def test_what_is_kept_and_shown_of_it():
    for key in ("05.square", "05.cube"):
        assert exercise(key).check(exercise(key).answer)
    exercise("05.sine").check("x")
    exercise("05.sine").check(5)
    assert record.load() == {
        "05.cube": record.Note(True, 1, exercise("05.cube").answer),
        "05.sine": record.Note(False, 2, ""),
        "05.square": record.Note(True, 1, "diag(2x)"),
    }
    before, here = repr(mc.progress()).splitlines()[4:6]
    assert before.split() == ["04", 10 * "□", "0", "of", "10"]
    assert (
        here.startswith("05  ■■□") and " 2 of " in here and "left: root, sine, difference" in here
    )


@pytest.mark.parametrize("text", ["{" * 1000, '{"05.sine": 3}' * 100, "\0" * 2000 + "x"])
def test_a_record_that_cannot_be_read_is_put_aside(text):
    record.place().write_text(text, "utf-8")
    assert mc.progress().chapter("05") == (0, len(exercise_keys("05")))
    assert exercise("05.square").check("2 diag(x)")
    aside = Path(f"{record.place()}.unreadable")
    assert aside.read_text("utf-8") == text
    assert record.load() == {"05.square": record.Note(True, 1, "2 diag(x)")}


def test_entries_of_another_version_stay():
    exercise("05.square").check("2 diag(x)")
    record.note("99.later", True, "z")
    exercise("05.cube").check("1")
    assert record.load()["99.later"] == record.Note(True, 1, "z")
    assert mc.progress().done["99.later"] == "z"


def test_a_folder_that_cannot_be_written_to(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv(record.PLACE, str(folder / "file" / "answers.sqlite"))
    reply = exercise("05.square").check("2 diag(x)")
    assert repr(reply).startswith("right: diag(2x)   (n x n)\n(this could not be written to ")
    assert "File exists" in repr(reply) and mc.progress().done == {}


def test_a_record_that_may_only_be_read(monkeypatch):
    exercise("05.square").check("2 diag(x)")
    only_read = partial(sqlite3.connect, f"file:{record.place()}?mode=ro", uri=True)
    monkeypatch.setattr(sqlite3, "connect", lambda place, timeout: only_read(timeout=timeout))
    assert "readonly" in repr(exercise("05.cube").check("1"))
    assert [*mc.progress().done] == ["05.square"]


def test_kernels_that_note_at_the_same_time_lose_nothing(folder):
    program = (
        "import sys; from mcalc.exercises import record\n"
        "for k in range(25): record.note(f'{sys.argv[1]}.{k}', True, 'x')"
    )
    kernels = [Popen([sys.executable, "-c", program, f"{n}"]) for n in range(4)]
    assert [kernel.wait() for kernel in kernels] == [0] * 4
    assert len(record.load()) == 100


def test_each_reply_word_for_word(monkeypatch):
    ex = exercise("05.square")
    wrong = (
        "not yet: n x 1 given, n x n expected; and on the diagonal of a matrix, a constant factor"
    )
    brief, full = "a number in front is wrong", "yours is 0.5 times what it should be"
    first, second = ex.row.hints
    asked = "not yet: what has output 1 to do with input 2, and where does that stand?"
    assert repr(ex.check("x")) == asked
    assert repr(ex.check("x")) == f"{wrong}: {brief}\nhint 1 of 2: {first}"
    assert repr(ex.check("x")) == f"{wrong}: {full}\nhint 2 of 2: {second}"
    unread = ex.check("diag(x) x^T")
    assert unread.mistake == "shape" and repr(unread).partition("\n")[0] == (
        "not yet: diag(x) is n x n and x^T is 1 x n, they do not fit side by side: in which order, "
        "and as a row, a column or on a diagonal?"
    )
    unread = ex.check("2x +")
    said = "this cannot be read: column 5: a formula is expected, and here is the end of the line"
    assert (unread.mistake, repr(unread)) == ("not read", said)

    def too_much(*given, **more):
        raise OverflowError("it is too large")

    monkeypatch.setattr(module, "diagnose", too_much)
    reply = ex.why("x")
    assert (reply.mistake, repr(reply)) == (
        "no formula",
        "this cannot be compared: it is too large",
    )


def test_a_key_that_there_is_not():
    with pytest.raises(ValueError, match=r"'05\.squares' is no exercise.*05\.square"):
        mc.exercise("05.squares")
    for key, near in [
        ("05.squares", mc.exercise_keys("05")),
        ("meen", ["23.mean", "07.mean", "30.between"]),
        (5, mc.exercise_keys("05")),
        ("zzzz", mc.exercise_keys("01")),
    ]:
        with pytest.raises(ValueError) as caught:
            mc.exercise(key)
        assert str(caught.value) == f"{key!r} is no exercise; there are {', '.join(near)}"


# --- in a notebook ---------------------------------------------------------------------------


def test_the_field_answers_and_the_buttons_help():
    from mcalc.exercises.answer_field import Answering

    ex = exercise("08.cosine")
    view = Answering(ex)

    def enter(text):
        view.field.value = text
        view.field._handle_custom_msg({"event": "submit"}, [])

    enter("-3x^2 sin(x^3")
    assert "column" in view.reply.value and not view.read.value
    view.field.value = "3x^2 sin(x^3)"  # half-way: nothing is said before Enter or Check
    assert not view.reply.value  # and what was said was about something else
    view.check.click()
    assert "not yet" in view.reply.value and r"\sin" in view.read.value
    view.hint.click()
    assert ex.row.hints[0] in view.reply.value
    view.steps.click()
    assert "introduce" in view.shown.value
    enter("-3x^2 sin(x^3)")
    assert (
        "right" in view.reply.value and f"1 of the {len(exercise_keys('08'))}" in view.reply.value
    )
    again = Answering(exercise("08.cosine"))
    assert again.field.value == "-3x^2 sin(x^3)" and "answered before" in again.reply.value
    again.field.value = " "
    again.check.click()
    assert "press Enter" in again.reply.value


def test_the_derivation_is_shown_after_a_try_and_noted_as_seen():
    from mcalc.exercises.answer_field import Answering

    for key, answer in (("08.cosine", "-3x^2 sin(x^3)"), ("08.wheels", "-0.06")):
        ex = mc.exercise(key)
        view = Answering(ex)
        view.steps.click()
        assert "try an answer first" in view.reply.value and not view.shown.value
        view.field.value = "1234"
        view.check.click()
        assert key not in mc.progress().seen  # to be told what is wrong is not to be shown
        view.steps.click()
        assert view.shown.value and key in mc.progress().seen
        view.field.value = answer
        view.check.click()
        assert key in mc.progress().done and key in mc.progress().seen
        name = key.partition(".")[2]
        assert "solution seen first: " in f"{mc.progress()}" and name in f"{mc.progress()}"
    sine = mc.exercise("05.sine")
    assert sine.check(sine.answer)
    assert sine.derivation and "05.sine" not in mc.progress().seen  # after the answer


def test_enter_may_overtake_what_was_typed():
    from mcalc.exercises.answer_field import Answering

    view = Answering(exercise("08.cosine"))
    for text, said in [("3x^2 sin(x^3)", "grow a little"), ("-3x^2 sin(x^3)", "right")]:
        view.field._handle_custom_msg({"event": "submit"}, [])
        view.field.value = text
        assert said in view.reply.value
    view.field.value = "x"  # the field was left without Enter
    assert not view.reply.value and not view.read.value


def test_no_reply_stands_beside_another_answer(monkeypatch):
    from mcalc.exercises.answer_field import Answering

    view = Answering(exercise("04.double"))
    view.field.value = "2I"
    view.check.click()
    assert "right" in view.reply.value and view.read.value

    def fail(self, answer):
        assert not view.reply.value and "I" in view.read.value
        raise RuntimeError

    monkeypatch.setattr("mcalc.exercises.exercise.Exercise.check", fail)
    view.field.value = "I x + x"
    with pytest.raises(RuntimeError):
        view.answer()
    assert not view.reply.value


def test_what_is_stored_does_not_depend_on_progress():
    shown = [exercise("08.cosine")._repr_mimebundle_() for _ in range(2)]
    exercise("08.cosine").check("-3x^2 sin(x^3)")
    shown.append(exercise("08.cosine")._repr_mimebundle_())
    for kind in ("text/plain", "text/html"):
        assert len({bundle[kind] for bundle in shown}) == 1


def test_what_is_not_so_is_not_said():
    """Replies that named what nobody sees, or the wrong thing, beside those that are near."""
    for key, text, mistake, words in [
        ("11.sigmoid", "(1-σ(w.x)) x^T", "missing factor", "σ(w.x)"),  # no exponent of -1 was kept
        ("01.reciprocal", "-2x^-2", "exponent kept", "exponent 2"),
        ("02.quotient", "-x/y^3", "factor too many", "1/y"),  # and no y is missing
        ("02.by-x", "2xy^2", "missing factor", ": y"),
        # neither -1/2 of one term and none of the other
        ("05.difference", "diag(w)", "entry", "yours is"),
        ("04.distance", "-2a^T", "missing term", "x, in x - a"),
        ("01.base", "x 3^(x-1)", "power rule", "no power"),
        ("01.base", "2^x", "entry", "yours is"),
    ]:
        ex = Exercise(key)
        ex.misses = 2
        reply = ex.why(text)
        assert reply.mistake == mistake and words in f"{reply}", (key, text, reply)


def test_of_a_list_it_is_said_that_it_is_one():
    assert "a list of 3 given, n x n expected" in f"{Exercise('05.square').why([1, 2, 3])}"


def test_a_transposed_gradient_is_asked_for_the_shape_of_its_variable():
    """What comes back for a matrix has its shape; of outputs and inputs nothing is said."""
    asked = []
    for key, row in ROWS.items():
        if not isinstance(row, Row) or row.y.ndim < 2:
            continue
        reply = Exercise(key).why(exercise(key).right.T)
        if reply.mistake == "transpose":
            asked.append(f"{reply}")
            assert f"{reply}".startswith(f"not yet: of which shape is {row.wrt}?")
    assert len(asked) > 5
