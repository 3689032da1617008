"""What was asked in public: derived, checked, claimed right and wrong, and at special points."""

import re

import numpy as np
import pytest
from plain import differences
from questions import QUESTIONS

import mcalc as mc

SIZES = {"n": 3, "m": 4, "k": 2, "N": 5, "d": 2}, {"n": 2, "m": 2, "k": 3, "N": 1, "d": 3}
TALL = {"n": 2, "m": 4}
BY_NAME = {q.name: q for q in QUESTIONS}


def shapes(question, sizes=None):
    """The shape of each variable, with letters or with numbers for its lengths."""
    found = {}
    for part in question.shapes.split():
        name, _, letters = part.partition(":")
        lengths = re.findall(r"\d+|[A-Za-z]", letters)
        found[name] = tuple(int(n) if n.isdigit() else (sizes or {}).get(n, n) for n in lengths)
    return found


def drawn(question):
    return dict(part.split(":") for part in question.draw.split())


def variables(question):
    given = {}
    for name, shape in shapes(question, SIZES[0] if question.known else None).items():
        make = (mc.scalars, mc.vectors, mc.matrices)[len(shape)]
        given[name] = make(name, **({}, {"size": shape and shape[0]}, {"shape": shape})[len(shape)])
    return given


def values(question, sizes, seed=0):
    rng, given, kinds = np.random.default_rng(seed), {}, drawn(question)
    for name, shape in shapes(question, sizes).items():
        value, kind = rng.standard_normal(shape), kinds.get(name)
        if kind == "positive":
            value = 0.3 + abs(value)
        if kind == "spd":
            value = value @ value.T + 0.7 * np.eye(len(value))
        if kind == "onehot":
            value = np.eye(len(value))[rng.integers(len(value))]
        if kind == "unit":
            value = 0.1 + 0.8 / (1 + np.exp(-value))
        given[name] = value
    return given


def derived(question):
    by_name = variables(question)
    derive = mc.hessian if question.order == 2 else mc.derive
    return derive(question.f(**by_name), wrt=by_name[question.wrt]), by_name


def answer(claim, by_name):
    return mc.read(claim, **by_name) if isinstance(claim, str) else claim(**by_name)


@pytest.mark.parametrize("name", BY_NAME)
def test_it_is_derived_as_it_was_written(name):
    question = BY_NAME[name]
    d, _ = derived(question)
    assert str(d) and d._repr_latex_()
    for sizes in SIZES[:1] if question.known else SIZES:
        at = values(question, {**sizes, **TALL} if question.tall else sizes)
        x = at[question.wrt]

        def f(x, at=at):
            return question.f(**{**at, question.wrt: x})

        def slope(x, f=f):
            return np.ravel(differences(f, x))

        right = differences(slope if question.order == 2 else f, x)
        given = {n: at[n] for n in d.parameters}
        found = d.numpy()(**given)
        found = np.reshape(found.T if d.by_matrix and not d.more_axes else found, right.shape)
        tolerance = 1e-4 if question.order == 2 else 1e-6
        close = {"rtol": tolerance, "atol": tolerance * max(1, abs(right).max())}
        np.testing.assert_allclose(found, right, **close)


@pytest.mark.parametrize("name", [q.name for q in QUESTIONS if q.typed or q.right])
def test_the_right_answer_is_right(name):
    question = BY_NAME[name]
    d, by_name = derived(question)
    claim = answer(question.typed or question.right, by_name)
    assert d.equals(claim), d.why(claim)
    assert d.check(points=1).passed


@pytest.mark.parametrize("name, k", [(q.name, k) for q in QUESTIONS for k in range(len(q.wrong))])
def test_a_wrong_answer_is_wrong_and_the_mistake_is_named(name, k):
    d, by_name = derived(BY_NAME[name])
    claim, pattern = BY_NAME[name].wrong[k]
    try:
        wrong = answer(claim, by_name)
        assert not d.equals(wrong)
        said = d.why(wrong)
    except (mc.ShapeError, mc.ReadError) as refused:  # what cannot be written down at all
        said = str(refused)
    assert re.search(pattern, said)


@pytest.mark.parametrize("name", [q.name for q in QUESTIONS if q.at])
def test_at_special_points(name):
    d, _ = derived(BY_NAME[name])
    for at, right in BY_NAME[name].at:
        found = d.numpy()(**{n: at[n] for n in d.parameters})
        np.testing.assert_allclose(found, right, atol=1e-12)
