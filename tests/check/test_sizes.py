"""Sizes at which not all is there that a function takes: they are left out, and named."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.graph.lengths import fits, lengthened, needed
from mcalc.graph.shapes import ShapeError

w, x = mc.vectors("w x")
E = mc.matrices("E", shape=("V", "d"))
A = mc.matrices("A")
G = mc.matrices("G", shape=(2, "d"))
TAKING = {  # what is taken, by what, and what the report says of it
    "the middle": (np.sum(np.sin(x[1:-1])), x, "at n = 1: no value there, it needs n >= 2"),
    "an element": (x[2] ** 2, x, "not compared at n = 1; n = 2: no value there, it needs n >= 3"),
    "an element far away": (x[7] ** 2 * w, x, "it needs n >= 8"),
    "one beyond the usual sizes": (x[11] ** 2, x, None),
    "a list of elements": (np.sin(x[[2, 0]]), x, "it needs n >= 3"),
    "rows": (np.sum(G * E[[2, 0]] ** 2), E, "it needs V >= 3"),
    "columns": (np.sum(E[:, [1, 1]] ** 2), E, "it needs d >= 2"),
    "a row": (np.sum(A[1] ** 2), A, "it needs m >= 2"),
    "an entry": (A[2, 1] ** 2, A, "no value there"),
    "pairs": (np.sum(A[[0, 1], [1, 0]] ** 2), A, "no value there"),
    "the largest but the first": (np.max(x[1:]), x, "it needs n >= 2"),
    "differences": (np.sum((x[1:] - x[:-1]) ** 2), x, None),
    "all but the first": (x[1:] / w[:-1], x, "it needs n >= 2"),
    "all in reverse": (x[::-1] * x, x, None),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKING)
def test_it_is_checked_where_all_is_there(name):
    y, by, sentence = TAKING[name]
    report = mc.derive(y, wrt=by).check()
    assert report.passed and (sentence or "agrees") in str(report)
    assert sentence or "not compared" not in str(report)


@pytest.mark.parametrize("name", TAKING)
def test_claims_are_compared_where_all_is_there(name):
    y, by, _ = TAKING[name]
    d = mc.derive(y, wrt=by)
    assert d.equals(d.jacobian) and "constant factor" in d.why(2 * d.jacobian)
    names = {e.name: e for e in (w, x, E, A, G)}
    if "E_" not in str(d.jacobian) and ")_" not in str(d.jacobian) and "x_" not in str(d.jacobian):
        assert d.equals(mc.read(str(d.jacobian), **names))


def test_what_is_asked_for_at_sizes_without_it_is_a_sentence():
    d = mc.derive(np.sum(np.sin(x[1:-1])), wrt=x)
    with pytest.raises(ValueError, match="is not there for n = 1: more elements are needed"):
        d.check(sizes={"n": 1})
    with pytest.raises(ValueError, match="is not there at this point"):
        d.check(at={"x": [1.0]})
    with pytest.raises(ShapeError, match="n - 2 is -1, and at least 0 is needed"):
        d.numpy()(x=np.ones(1))
    with pytest.raises(ShapeError, match="n is 7, and at least 8 is needed"):
        mc.derive(x[7] ** 2, wrt=x).numpy()(x=np.ones(7))
    assert np.allclose(d.numpy()(x=np.zeros(2)), 0)
    assert np.allclose(d.numpy()(x=np.zeros(3)), [0, 1, 0])


def test_how_long_a_length_has_to_be():
    assert needed(np.sum(x[3] * x[1:-2])) == {"n": 4, "n - 3": 0}
    assert fits(x[3], {"n": 4}) and not fits(x[3], {"n": 3})
    middle = np.sum(x[1:-1])
    assert fits(middle, {"n": 2}) and not fits(middle, {"n": 1})
    assert fits(x[1:-1], {"n": 3}) and not fits(x[1:-1], {"n": 2})  # of no elements: nothing
    assert lengthened((1, 2, 5), ["n"], x[3]) == (1, 2, 5)
    assert lengthened((1, 2, 3), ["n"], x[3]) == (4, 5, 6)
    assert needed(np.max(x)) == {}
