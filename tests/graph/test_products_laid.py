"""Every product of what a vector can be laid as has NumPy's shape, or is refused as by NumPy."""

import itertools

import numpy as np
import pytest

import mcalc as mc

FORMS = """
x u A q x[:,None] x[None,:] np.sin(x)[None,:] 2*x[:,None] np.outer(q,x) np.outer(x,q)
np.sin(np.outer(q,x)) np.sin(np.outer(x,q)) np.outer(x,q)-np.outer(x,q*q)
np.outer(q,x)-np.outer(q*q,x) np.stack([x]) np.stack([x],axis=1) u[:,None] u[None,:]
np.outer(q,q) q[:,None] q[None,:] np.array([2.0]) np.array([[2.0]]) np.diag(np.array([2.0]))
A@x[:,None] u[None,:]@A u@A A@x x[:,None].T x[None,:].T np.outer(q,x).T
""".split()
LENGTHS = {"n": 3, "m": 2}
NUMBERS = {"np": np, "x": np.ones(3), "u": np.ones(2), "A": np.ones((2, 3)), "q": np.ones(1)}
SYMBOLS = {
    "np": np, "x": mc.vectors("x"), "u": mc.vectors("u", size="m"), "A": mc.matrices("A"),
    "q": np.stack([mc.scalars("a")]),
}  # fmt: skip


def shape(code, names):
    try:
        return tuple(LENGTHS.get(size, size) for size in np.shape(eval(code, names)))
    except ValueError:  # ShapeError is one
        return None


@pytest.mark.parametrize("product", ["({})@({})", "np.dot({},{})", "({})*({})", "np.inner({},{})"])
def test_shapes(product):
    codes = [product.format(*pair) for pair in itertools.product(FORMS, FORMS)]
    taken = [code for code in codes if shape(code, NUMBERS) is not None]
    assert len(taken) > len(codes) / 3
    assert [c for c in codes if shape(c, SYMBOLS) != shape(c, NUMBERS)] == []
