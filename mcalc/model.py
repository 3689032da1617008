"""mcalc in sixty lines: an expression, a table of rules, the chain rule, one check.

A model to read before the rooms, and to run: ``python -m mcalc.model``. What it leaves out is most
of the package: symbolic lengths (it cannot say n), closed forms that a person would write (it
prints what it does), scalars, kinks, mistakes. What it shares is the idea: NumPy's own calls are
recorded, each has a row, and the Jacobians of the rows are multiplied along every path.
"""

from functools import reduce

import numpy as np


class Expr(np.lib.mixins.NDArrayOperatorsMixin):
    """A call of NumPy's that was made on a variable; a variable is a name. Room: ``graph``."""

    def __init__(self, op, *args):
        self.op, self.args = op, args

    def __array_ufunc__(self, ufunc, method, *args, **options):
        return Expr(ufunc, *args)

    def __array_function__(self, function, types, args, options):
        return Expr(function, *args)

    def __repr__(self):
        called = getattr(self.op, "__name__", self.op)
        return f"{called}({', '.join(map(repr, self.args))})" if self.args else called


def identity(x):
    return np.diag(np.ones_like(x))


ROWS = {  # the Jacobian of a call by each of its operands: graph/primitives.py, jacobian/local.py
    np.add: lambda a, b: (identity(a), identity(b)),
    np.multiply: lambda a, b: (np.diag(b), np.diag(a)),
    np.sin: lambda a: (np.diag(np.cos(a)),),
    np.exp: lambda a: (np.diag(np.exp(a)),),
    np.maximum: lambda a, b: (np.diag(np.greater(a, b)), np.diag(np.less(a, b))),
    np.matmul: lambda A, x: (None, A),  # by x alone: by A it would have three axes
    np.sum: lambda a: (np.ones_like(a),),  # a row of ones
}


def derive(y, x):
    """The vector chain rule, a product for each path from ``x`` to ``y``. Room: ``jacobian``."""
    if y is x:
        return identity(x)
    paths = [(k, a) for k, a in enumerate(y.args) if moves(a, x)]
    return reduce(np.add, [ROWS[y.op](*y.args)[k] @ derive(a, x) for k, a in paths])


def moves(e, x):
    return e is x or isinstance(e, Expr) and any(moves(a, x) for a in e.args)


def value(e, /, **values):
    """Numbers for an expression: every call once more, on arrays. Room: ``check/interpret.py``."""
    if not isinstance(e, Expr):
        return e
    return e.op(*(value(a, **values) for a in e.args)) if e.args else values[e.op]


def check(y, x, /, step=1e-6, **values):
    """Whether the chain rule and differences agree at a point. Room: ``check``."""
    moved = (values | {x.op: values[x.op] + step * unit} for unit in np.eye(len(values[x.op])))
    columns = [(value(y, **there) - value(y, **values)) / step for there in moved]
    return np.allclose(value(derive(y, x), **values), np.transpose(columns), atol=1e-4)


if __name__ == "__main__":
    w, x = Expr("w"), Expr("x")
    y = np.sum(np.sin(w * x) + x)
    print(y, derive(y, x), sep="\n")
    print("agree:", check(y, x, w=np.array([1.0, 2.0]), x=np.array([0.5, -1.0])))
