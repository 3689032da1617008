"""Functions and claims as everybody writes them: right ones are taken, wrong ones are not."""

import numpy as np
import pytest
import written
from oracles import close, value_of

import mcalc as mc

STEP = 2.0**-9


def differences(function, values, wrt):
    """The Jacobian of the plain NumPy function, from differences of three steps, and how sure."""
    value, columns = np.asarray(values[wrt], dtype=float), []
    plain = written.plainly(function)

    def slope(place, step):
        ends = []
        for sign in (1, -1):
            moved = value.copy()
            moved[place] += sign * step
            ends.append(np.ravel(plain({**values, wrt: moved})))
        return (ends[0] - ends[1]) / (2 * step)

    for place in np.ndindex(value.shape):
        whole, half, quarter = (slope(place, STEP / k) for k in (1, 2, 4))
        one, two = (4 * half - whole) / 3, (4 * quarter - half) / 3
        columns.append(((16 * two - one) / 15, abs(one - two) + abs(quarter - half) * 1e-3))
    return tuple(np.transpose(part) for part in zip(*columns, strict=True))


CASES = [
    pytest.param(function, wrt, id=f"{name} by {wrt}")
    for name, (function, by) in written.FORMS.items()
    for wrt in by
]


@pytest.mark.parametrize("function, wrt", CASES)
def test_a_function_as_it_is_written(function, wrt):
    d, compared = written.derived(function, wrt), 0
    for values, sizes in written.points():
        right, unsure = differences(function, values, wrt)
        if not np.all(np.isfinite(right)) or np.any(unsure > 1e-5 * np.maximum(1, abs(right))):
            continue  # a kink is near
        value = np.asarray(written.plainly(function)(values))
        given = {e.name: values[e.name] for e in d.inputs}
        assert all(close(np.asarray(found), value) for found in value_of(d.y, given, sizes))
        found = d.jacobian_2d()(**given)
        found = found.T.reshape(1, -1) if d.by_matrix and not d.more_axes else found
        assert np.all(np.abs(found - right) <= 1e-6 * np.maximum(1, np.abs(right)) + 30 * unsure)
        compared += 1
    assert compared > 10
    assert d.check(sizes=(1, 2, 3)).passed
    if not d.more_axes:
        assert d.why(d.jacobian) is None
        assert not d.equals(1.001 * d.jacobian) or np.allclose(found, 0)


@pytest.mark.parametrize("name", written.ZEROS)
def test_what_does_not_change_has_the_derivative_0(name):
    function, wrt = written.ZEROS[name]
    d = written.derived(function, wrt)
    for values, _ in written.points():
        given = {e.name: values[e.name] for e in d.inputs}
        assert np.abs(d.numpy()(**given)).max() < 1e-9
    assert repr(d) and d._repr_latex_()
    assert d.equals(0) and d.why(0) is None
    assert d.check(sizes=(1, 2, 3)).passed
    if not d.by_matrix:
        assert not d.equals(1e-3 + 0 * d.jacobian.expr)


@pytest.mark.parametrize(
    "d, claim", [pytest.param(*c, id=f"{c[0].y}, {c[1]}") for c in written.right_forms()]
)
def test_a_right_claim_is_taken_in_any_form(d, claim):
    assert d.equals(claim) and d.why(claim) is None


@pytest.mark.parametrize(
    "d, claim", [pytest.param(*c, id=f"{c[0].y}, {c[1]}") for c in written.at_kinks()]
)
def test_at_a_kink_nothing_is_claimed(d, claim):
    assert d.why(claim) is None and d.equals(claim)


@pytest.mark.parametrize(
    "d, claim", [pytest.param(*c, id=f"{c[0].y}, {c[1]}") for c in written.wrong_forms()]
)
def test_a_claim_that_is_wrong_far_out_or_by_little_is_refused(d, claim):
    try:
        assert not d.equals(claim) and d.why(claim)
    except mc.CheckFailed as failed:  # there is no point to tell them apart at
        assert "point" in str(failed)
