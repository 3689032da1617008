"""What the terms of a Jacobian are for, and what is refused before a matrix would be dropped."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.jacobian.chain import accumulate, seeded
from mcalc.jacobian.formula import formula, in_shape_of
from mcalc.jacobian.terms import Term, product_of

t, x = mc.scalars("t"), mc.vectors("x")
A, G = mc.matrices("A G")


def test_what_is_to_be_done_with_a_matrix_gives_the_derivative_of_the_sum():
    assert str(mc.derive(np.sum(G * (t * A)), t).jacobian) == "sum(A ⊗ G)"


@pytest.mark.parametrize(("y", "wrt"), [(t * A, t), (np.outer(x, x), x)])
def test_a_matrix_has_no_closed_form_between_rows_and_columns(y, wrt):
    message = r"^the derivative of what is \w x n by what is .* has [23] axes: a closed form is for"
    with pytest.raises(mc.UnsupportedError, match=message):
        formula(accumulate(y, seeded((wrt,), False)), y.shape, wrt.shape)


@pytest.mark.parametrize(
    "dropped",
    [
        lambda terms: formula(terms, ("m",), ()),  # A x by x is no column
        lambda terms: formula(terms, (), ("n",)),
        lambda terms: in_shape_of(terms, ("n",)),  # nor has it a gradient
        lambda terms: product_of(terms[0]),  # in which A would be missing
        lambda terms: Term((1,)).times(A, (1,)),  # a matrix has a row and a column
    ],
)
def test_no_label_and_no_matrix_is_dropped(dropped):
    terms = accumulate(A @ x, seeded((x,), False))
    assert formula(terms, ("m",), ("n",)) is A
    with pytest.raises(AssertionError):
        dropped(terms)
