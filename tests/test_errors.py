"""What a reader is told when something cannot be done: each message, word for word."""

import math
from operator import iadd

import numpy as np
import pytest

import mcalc as mc
from mcalc.graph.walk import symbols

w, x = mc.vectors("w x")
v = mc.vectors("v", size="m")
b, z = mc.scalars("b z")
A = mc.matrices("A", shape=("m", "n"))
q = mc.vectors("q", size=3)
P, Q, R, S = mc.matrices("P Q R S", shape=("n", "n"))
d = mc.derive(w * x, wrt=w)

CASES = {
    "no name": (
        lambda: mc.scalars(""),
        ValueError,
        "'' holds no name: write names as in mc.scalars(\"w x\")",
    ),
    "not a name": (
        lambda: mc.vectors("w 2x"),
        ValueError,
        "'2x' is not a usable name: letters, digits and _, a letter first",
    ),
    "a keyword": (
        lambda: mc.scalars("lambda"),
        ValueError,
        "'lambda' is not a usable name: letters, digits and _, a letter first",
    ),
    "a reserved name": (
        lambda: mc.matrices("I"),
        ValueError,
        "'I' is not a usable name: it is the identity matrix: take J, or I_1",
    ),
    "the sign of a differential as a name": (
        lambda: mc.vectors("d"),
        ValueError,
        "'d' is not a usable name: it is the sign of a differential, as in dy/dx: take e, or d_1",
    ),
    "the sign of the transpose as a name": (
        lambda: mc.matrices("T"),
        ValueError,
        "'T' is not a usable name: it is the sign of the transpose, as in X^T: take t, or T_1",
    ),
    "an identity that is not square": (
        lambda: np.eye(2, 3, like=z),
        mc.UnsupportedError,
        "np.eye: only the square identity has a rule, np.eye(n, like=X)",
    ),
    "ones of another type": (
        lambda: np.ones(3, dtype=bool, like=z),
        mc.UnsupportedError,
        "np.ones: dtype=<class 'bool'> has no rule: leave it out",
    ),
    "not a size": (
        lambda: mc.vectors("x", size=0),
        ValueError,
        "0 is not a size: a letter such as 'n', or a number from 1 up",
    ),
    "not a shape": (
        lambda: mc.matrices("A", shape="n"),
        ValueError,
        "'n' is not the shape of a matrix: two sizes, as in ('m', 'n')",
    ),
    "lengths differ": (
        lambda: w + v,
        mc.ShapeError,
        "add: w is n x 1 and v is m x 1: the lengths must agree",
    ),
    "inner lengths differ": (
        lambda: A @ v,
        mc.ShapeError,
        "matmul: A is m x n and v is m x 1: the inner lengths must agree",
    ),
    "a scalar in a matrix product": (
        lambda: w @ z,
        mc.ShapeError,
        "matmul: w @ z has a scalar in it: write * for scalar products",
    ),
    "column times row": (
        lambda: w @ x.T,
        mc.ShapeError,
        "matmul: w @ x^T is n x 1 by 1 x n: use np.outer for column times row, and leave out the "
        ".T for a dot product",
    ),
    "row beside column": (
        lambda: w.T * x,
        mc.ShapeError,
        "multiply: w^T is a row, 1 x n, and x a vertical vector, n x 1: leave out the .T",
    ),
    "no rule": (
        lambda: np.nanprod(x),
        mc.UnsupportedError,
        "np.nanprod has no rule in mcalc; near it: np.prod",
    ),
    "no rule, in linalg": (
        lambda: np.linalg.qr(A),
        mc.UnsupportedError,
        "np.linalg.qr has no rule in mcalc; near it: np.sqrt",
    ),
    "a function that two are near": (
        lambda: np.nanmax(x),
        mc.UnsupportedError,
        "np.nanmax has no rule in mcalc; near it: np.amax, np.max",
    ),
    "no rule for this option": (
        lambda: np.sum(x, dtype=float),
        mc.UnsupportedError,
        "np.sum has no rule in mcalc for dtype",
    ),
    "no rule and nothing near": (
        lambda: np.fix(x),
        mc.UnsupportedError,
        "np.fix has no rule in mcalc",
    ),
    "equality as a truth value": (
        lambda: 1 if z == 1 else 0,
        TypeError,
        "z = 1 has no truth value, it is a formula: use np.where(condition, a, b) in place of if, "
        "and d.equals(claim) to compare a derivative with a claim",
    ),
    "a derivative compared by its sign": (
        lambda: bool(d.jacobian != mc.diag(w)),
        TypeError,
        "diag(x) ≠ diag(w) has no truth value, it is a formula: use np.where(condition, a, b) in "
        "place of if, and d.equals(claim) to compare a derivative with a claim",
    ),
    "a truth value in a formula": (
        lambda: (x > 0) == True,  # noqa: E712
        TypeError,
        "True cannot stand in an expression: write 1 for the number, or a condition such as x > 0",
    ),
    "conditions that are added": (
        lambda: mc.derive(((x > 0) + (w > 0)) * x, wrt=x),
        mc.UnsupportedError,
        "(x > 0) + (w > 0) calculates with conditions alone, which NumPy has as True and False and "
        "not as 1 and 0: write 1.0 * (x > 0)",
    ),
    "numbers in place of conditions": (
        lambda: np.logical_and(x > 0, w),
        mc.UnsupportedError,
        "np.logical_and takes conditions, and w is none: write w != 0",
    ),
    "bits of numbers": (
        lambda: x & w,
        mc.UnsupportedError,
        "& takes conditions, and x is none: write x != 0",
    ),
    "ones like a condition": (
        lambda: np.ones_like(x > 0),
        mc.UnsupportedError,
        "np.ones_like takes numbers: write 1.0 * (x > 0)",
    ),
    "another diagonal": (
        lambda: np.diag(x, 0.5),
        mc.UnsupportedError,
        "np.diag: 0.5 is no place of a diagonal: a whole number",
    ),
    "a dot product of a vector and a scalar": (
        lambda: np.vdot(w, b),
        mc.ShapeError,
        "vdot: w is n x 1 and b is 1 x 1: two of one shape are expected",
    ),
    "a third operand, which NumPy writes to": (
        lambda: np.exp(x, w),
        mc.UnsupportedError,
        "np.exp: out= changes an array, and a formula cannot be changed: write z = np.exp(...)",
    ),
    "a parameter by its place": (
        lambda: np.trace(P, 0, 1, 0),
        mc.UnsupportedError,
        "np.trace has no rule in mcalc for axis1, axis2",
    ),
    "a matrix added to a vector in place": (
        lambda: iadd(x, A),
        mc.ShapeError,
        "np.add: 1 x^T + A is m x n and cannot be put into x, which is n x 1",
    ),
    "clip without bounds": (
        lambda: np.clip(x, None, None),
        mc.UnsupportedError,
        "np.clip takes two bounds, one of them may be None: np.clip(x, 0, 1)",
    ),
    "division by 0": (lambda: x / 0, ValueError, "x divided by 0 has no value"),
    "a power of a negative number": (
        lambda: mc.derive((-2) ** x, wrt=x).jacobian,
        mc.UnsupportedError,
        "(-2)^x has no derivative by x: the base of an exponent that varies has to be positive",
    ),
    "a number that is too large": (
        lambda: 10**400 * x,
        ValueError,
        "a number beyond 1.8e308, the largest that NumPy has, cannot be used",
    ),
    "a name that is a function": (
        lambda: mc.scalars("tanh"),
        ValueError,
        "'tanh' is not a usable name: it has a meaning in the notation",
    ),
    "a fraction for a name": (
        lambda: mc.scalars("½"),
        ValueError,
        "'½' is not a usable name: letters, digits and _, a letter first",
    ),
    "a derivation in a formula": (
        lambda: d @ x,
        TypeError,
        "a derivation cannot stand in an expression: use its .jacobian",
    ),
    "a method of a ufunc": (
        lambda: np.add.accumulate(x),
        mc.UnsupportedError,
        "np.add.accumulate has no rule; use np.sum, np.outer or np.maximum",
    ),
    "if": (
        lambda: 1 if z > 0 else 0,
        TypeError,
        "z > 0 has no truth value, it is a formula: use np.where(condition, a, b) in place of if, "
        "and np.maximum(a, b) or np.minimum(a, b) in place of max(a, b) or min(a, b)",
    ),
    "the built-in max": (
        lambda: max(0, z),
        TypeError,
        "z > 0 has no truth value, it is a formula: use np.where(condition, a, b) in place of if, "
        "and np.maximum(a, b) or np.minimum(a, b) in place of max(a, b) or min(a, b)",
    ),
    "the math module": (
        lambda: math.sin(z),
        TypeError,
        "z is a formula, not a number: use NumPy's function (np.sin, np.exp, ...) in place of the "
        "one from math",
    ),
    "the built-in sum": (
        lambda: sum(x),
        TypeError,
        "going through its elements (as the built-in sum and max do) needs a vector of known "
        "length, and x has shape n x 1: use NumPy's functions (np.sum, np.max) and .shape[0], or "
        'give a length, as in mc.vectors("x", size=3)',
    ),
    "a part of a vector of any length that may be empty": (
        lambda: x[-1:1],
        mc.UnsupportedError,
        "x[-1:1]: x is of any length, and a part of it has an element at least and is counted from "
        "the front, from the back, or as in x[1:-1] from both",
    ),
    "an element of a scalar": (
        lambda: np.take(z, [0]),
        IndexError,
        "np.take: z is a scalar and has no elements",
    ),
    "index out of range": (lambda: q[3], IndexError, "q[3]: q has 3 elements, 0 to 2"),
    "an array of formulas": (
        lambda: np.array([w, w]),
        TypeError,
        "w is a formula and no array of numbers: np.stack([a, b]) makes a vector or a matrix of "
        "expressions, also where their lengths are open",
    ),
    "text in a formula": (
        lambda: x + "1",
        TypeError,
        "'1' cannot stand in an expression: numbers, arrays and mcalc's can",
    ),
    "a name that is taken": (
        lambda: mc.let("w", w * x),
        ValueError,
        "the name 'w' is already taken: w ⊗ x uses it for something else",
    ),
    "wrt is a name that y has not": (
        lambda: mc.derive(w * x, wrt=mc.let("u", z**2)),
        ValueError,
        "u is not a variable of w ⊗ x: its variables are w, x; u names z^2, and no part of it has "
        "this name",
    ),
    "wrt has a name that y uses": (
        lambda: mc.derive(w * x, wrt=mc.scalars("w")),
        ValueError,
        "w ⊗ x uses the name w for two things: rename one of them",
    ),
    "wrt is no variable at all": (
        lambda: mc.derive(w * x, wrt="w"),
        ValueError,
        "w is not a variable of w ⊗ x: its variables are w, x; give the variable, not its name",
    ),
    "a function of three axes": (
        lambda: np.sum(np.abs(A[:, None] - A[None]), axis=-1),
        mc.UnsupportedError,
        "np.absolute of an array of three axes, m x m x n, has no rule: it is made of +, - and *, "
        "and then summed over an axis, np.sum(..., axis=-1)",
    ),
    "three axes that are left": (
        lambda: mc.derive(A[:, None] - A, wrt=A),
        mc.UnsupportedError,
        "an array of three axes, m x m x n, is no matrix: sum over one of them, np.sum(..., "
        "axis=-1)",
    ),
    "three axes with a root": (
        lambda: (A[:, None] - A) ** 0.5,
        mc.UnsupportedError,
        "a power of an array of three axes is a whole number from 1 to 4, not 0.5: sum over an "
        "axis first",
    ),
    "an axis that three axes do not have": (
        lambda: (A[:, None] - A).sum(3),
        mc.UnsupportedError,
        "an array of three axes, m x m x n, has no axis 3",
    ),
    "a Jacobian of three axes": (
        lambda: mc.derive(A @ w, wrt=A).jacobian,
        mc.UnsupportedError,
        "A w is m x 1 and A is m x n, so the Jacobian has three axes and no closed form as a "
        "matrix: use .jvp and .vjp, or .explicit(m=2, n=2) for its entries",
    ),
    "a matrix in a tuple": (
        lambda: mc.derive(np.sum(A) * z, wrt=(z, A)),
        ValueError,
        "A is a matrix: a tuple for wrt holds scalar variables only",
    ),
    "a determinant of what is not square": (
        lambda: np.linalg.det(A),
        mc.ShapeError,
        "det: A is m x n, and not square",
    ),
    "another norm of a matrix": (
        lambda: np.linalg.norm(A, 2),
        mc.UnsupportedError,
        "np.linalg.norm: ord=2 of a matrix has no rule; the Frobenius norm has",
    ),
    "a vector in a tuple": (
        lambda: mc.derive(w * z, wrt=(w, z)),
        ValueError,
        "w is a vector: a tuple for wrt holds scalar variables only",
    ),
    "an empty tuple": (
        lambda: mc.derive(w * z, wrt=()),
        ValueError,
        "wrt is empty: give a variable, or a tuple of scalar variables",
    ),
    "derive by what is no variable": (
        lambda: mc.derive(w * x, wrt=w * x),
        ValueError,
        "w ⊗ x is not a variable of w ⊗ x: its variables are w, x",
    ),
    "numbers of unknown length": (
        lambda: mc.derive(np.sum(mc.ones("m")) * z, wrt=z).numpy(),
        ValueError,
        "no variable of sum(1_m) z tells the length m",
    ),
    "a closed form that there is none of": (
        lambda: mc.derive(np.sum((P @ (Q * (R @ np.diag(x) @ S))) * Q, axis=1), wrt=x).jacobian,
        mc.UnsupportedError,
        "this Jacobian is no sum of products of matrices and vectors, so it has no closed form: "
        "use .jvp and .vjp, or .explicit for its entries",
    ),
    "derive with a length that nothing tells": (
        lambda: mc.derive(np.max(mc.ones()) * x, wrt=x),
        ValueError,
        'max(1) x has a constant of unknown length: give it one, as in mc.ones("n")',
    ),
    "entries of what is not that long": (
        lambda: mc.derive(x[7] * x, wrt=x).explicit(n=2),
        ValueError,
        "n is 2, and at least 8 is needed in x_8 x",
    ),
    "a Jacobian of four axes": (
        lambda: mc.derive(A * z, wrt=A).jacobian,
        mc.UnsupportedError,
        "A z is m x n and A is m x n, so the Jacobian has four axes and no closed form as a "
        "matrix: use .jvp and .vjp, or .explicit(m=2, n=2) for its entries",
    ),
    "the gradient of a matrix": (
        lambda: mc.derive(A * z, wrt=z).gradient,
        ValueError,
        "A z is m x n: only a scalar has a gradient; a matrix has .jvp and .vjp",
    ),
    "a step of another shape": (
        lambda: mc.derive(A * z, wrt=A).jvp(A.T),
        mc.ShapeError,
        "A^T is n x m, and m x n is expected",
    ),
    "a formula for a step and numbers": (
        lambda: mc.derive(A * z, wrt=A).jvp(A, z=1.0),
        TypeError,
        "A is a formula: give numbers for it, or no values",
    ),
    "one name for two": (
        lambda: mc.derive(w * mc.scalars("w"), wrt=w),
        ValueError,
        "w w uses the name w for two things: rename one of them",
    ),
    "one name for two intermediate variables": (
        lambda: mc.derive(mc.let("u", w @ x) + mc.let("u", x @ x), wrt=x),
        ValueError,
        "u + u uses the name u for two things: rename one of them",
    ),
    "the gradient of a vector": (
        lambda: d.gradient,
        ValueError,
        "w ⊗ x is n x 1: only a scalar has a gradient; a vector has a .jacobian",
    ),
    "a missing size": (
        lambda: d.explicit(),
        ValueError,
        "the size n is missing: give a number for each, as in n=3",
    ),
    "a size of something else": (
        lambda: d.explicit(n=3, k=2),
        ValueError,
        "k is not a size of w ⊗ x: its sizes are n",
    ),
    "a missing value": (lambda: d.numpy()(), TypeError, "x is missing: values are needed for x"),
    "an unknown value": (
        lambda: d.numpy()(x=np.ones(3), k=1),
        TypeError,
        "k: no such variable; there are w, x",
    ),
    "a value of the wrong rank": (
        lambda: d.numpy()(x=np.ones((3, 1))),
        mc.ShapeError,
        "x has shape (3, 1), and n x 1 is expected: a 1-D array",
    ),
    "values of two lengths": (
        lambda: mc.derive(w / x, wrt=x).numpy()(w=np.ones(3), x=np.ones(4)),
        mc.ShapeError,
        "x has shape (4,), and n x 1 is expected: a 1-D array, and n is 3 elsewhere",
    ),
    "a value that is not needed, of the wrong shape": (
        lambda: d.numpy()(w=np.ones(2), x=np.ones(3)),
        mc.ShapeError,
        "w has shape (2,), and n x 1 is expected: a 1-D array, and n is 3 elsewhere",
    ),
    "values without names": (
        lambda: d.numpy()(np.ones(3)),
        TypeError,
        "values are given by name: x",
    ),
    "an open function with a name that is taken": (
        lambda: mc.functions("f divide"),
        ValueError,
        "'divide' is not a usable name: an operation has it already",
    ),
    "numbers of an open function": (
        lambda: mc.derive(mc.functions("f")(w), wrt=w).numpy(),
        mc.UnsupportedError,
        "f is left open, so there are no numbers for it",
    ),
    "a point without a value": (
        lambda: mc.derive(np.log(w), wrt=w).check(at={"w": np.array([-1.0])}),
        ValueError,
        "log(w) has no value at this point, or an infinite one",
    ),
    "a step of the wrong length": (
        lambda: d.jvp(np.ones(4), x=np.ones(3)),
        mc.ShapeError,
        "dx has shape (4,), and n x 1 is expected: a 1-D array, and n is 3 elsewhere",
    ),
    "no such layout": (
        lambda: mc.layout("column"),
        ValueError,
        '\'column\' is not a layout: "numerator" or "denominator"',
    ),
    "cases without pairs": (
        lambda: mc.cases(x, z > 0),
        ValueError,
        "cases((value, condition), ..., otherwise): pairs of two are expected",
    ),
    "a variable twice": (
        lambda: mc.derive(b * z, wrt=(b, b)),
        ValueError,
        "wrt has a variable twice: give each once, for a column each",
    ),
    "an array": (
        lambda: mc.derive(b * z, wrt=np.array([1.0, 2.0])),
        ValueError,
        "[1. 2.] is not a variable of b z: its variables are b, z",
    ),
    "an array in a list": (
        lambda: mc.hessian(b * z, wrt=[b, np.ones(1)]),
        ValueError,
        "[1.] is not a variable of b z: its variables are b, z",
    ),
    "an element of a vector": (
        lambda: mc.derive(q @ q, wrt=q[0]),
        ValueError,
        "q_1 is not a variable of q.q: its variables are q; an element is a column of the Jacobian "
        "by its vector",
    ),
    "a hat for a power": (
        lambda: z ^ 2,
        mc.UnsupportedError,
        "^ is np.bitwise_xor, which has no rule: for a power write x**2",
    ),
    "a function without its argument": (
        lambda: z + mc.functions("g"),
        TypeError,
        "a function cannot stand in an expression: give it its argument, as in g(x)",
    ),
    "an open function of a scalar": (
        lambda: mc.functions("g")(z),
        mc.ShapeError,
        'g: z is 1 x 1, a vector is expected; mc.functions("g", elementwise=True) takes a scalar '
        "too",
    ),
    "a matrix times a row": (
        lambda: A @ x.T,
        mc.ShapeError,
        "matmul: A @ x^T is m x n by 1 x n: the inner lengths must agree; a row times a matrix has "
        "the row first",
    ),
    "a derivative by several": (
        lambda: mc.derivative(b * z, (b, z)),
        TypeError,
        "mc.derivative takes one variable; mc.derive(y, wrt=(x, y)) takes several",
    ),
    "a calculation of one line": (
        lambda: mc.lines([z, z]),
        ValueError,
        "a calculation has two lines or more: mc.lines(first, second), or *lines",
    ),
    "a calculation with a slip": (
        lambda: mc.lines(mc.derivative(z**2, z), 2 * z, 4 * z),
        mc.CheckFailed,
        "line 3, 4z, is not line 2: a constant factor: yours is 2 times what it should be",
    ),
    "a calculation whose shape changes": (
        lambda: mc.lines(x, x.T),
        mc.CheckFailed,
        "line 2, x^T, is not line 1: 1 x n after n x 1",
    ),
    "no derivation in a table": (
        lambda: mc.table(z**2),
        TypeError,
        "z^2 is no derivation: give mc.derive(z^2, wrt=...)",
    ),
    "a wrong row of the reference": (
        lambda: mc.reference((w * x, w, mc.diag(x)), (w @ x, w, x)),
        mc.CheckFailed,
        "w.x by w: x is claimed, but n x 1 given, 1 x n expected: this is the transpose, which is "
        "denominator layout",
    ),
    "a right claim that is not": (
        lambda: mc.compare(d, -mc.diag(x), {}, w=[1], x=[1]),
        mc.CheckFailed,
        "-diag(x) is not the derivative: the sign is wrong: yours is the negative",
    ),
    "a wrong claim that is right": (
        lambda: mc.compare(d, mc.diag(x), {"print": mc.diag(x) * 1}, w=[1], x=[1]),
        mc.CheckFailed,
        "print: diag(x) · 1 is right as well",
    ),
    "claims without names": (
        lambda: mc.compare(d, mc.diag(x), [x], w=[1], x=[1]),
        TypeError,
        "the wrong claims are a dictionary, as in {'sign': -x.T}",
    ),
    "a glossary of a list": (
        lambda: mc.glossary([x]),
        TypeError,
        "a glossary needs a dictionary, as in {'the transpose': x.T}",
    ),
    "contours of two functions": (
        lambda: mc.plots.contours([b, z], (b, z)),
        ValueError,
        "contours are of one function of two scalars, not of [b, z]^T  (2 x 1)",
    ),
    "a heat map of a formula": (
        lambda: mc.plots.heatmap(d),
        TypeError,
        "a heat map is of numbers: give d.numpy()(x=...), not the derivation",
    ),
    "shapes that do not fit": (
        lambda: mc.plots.shapes({"wrong": [x, d]}),
        mc.ShapeError,
        "wrong: n x 1 times n x n: the inner lengths must agree",
    ),
    "shapes without a list": (
        lambda: mc.plots.shapes({"f": d}),
        TypeError,
        "f: a list of factors is needed, as in [df_du, du_dx]",
    ),
    "nothing to draw": (
        lambda: mc.plots.shapes({}),
        ValueError,
        "nothing to draw: give a title with its factors",
    ),
    "no neuron": (
        lambda: mc.plots.neuron(np.sum(x)),
        ValueError,
        "sum(x) has no dot product of two vectors, as w @ x is: no neuron to draw",
    ),
    "a neuron with too few inputs": (
        lambda: mc.plots.neuron(w @ x, w=[1, 2], x=[1]),
        mc.ShapeError,
        "x has shape (1,), and n x 1 is expected: a 1-D array, and n is 2 elsewhere",
    ),
    "a norm without a rule": (
        lambda: np.linalg.norm(x, 0),
        mc.UnsupportedError,
        "np.linalg.norm: ord=0 has no rule; a number from 1 on, np.inf and -np.inf have",
    ),
    "an axis that there is not": (
        lambda: np.sum(x, axis=1),
        mc.UnsupportedError,
        "np.sum: x has 1 axes, there is no axis 1",
    ),
    "a stack of matrices": (
        lambda: np.stack([A, A]),
        mc.UnsupportedError,
        "stack: all scalars or all vectors of one length, not A (m x n), A (m x n)",
    ),
    "a stack of scalars along a second axis": (
        lambda: np.stack([z, b], axis=-2),
        mc.UnsupportedError,
        "np.stack: there is no axis -2 to stack along",
    ),
    "a stack of vectors along a third axis": (
        lambda: np.stack([w, x], axis=-3),
        mc.UnsupportedError,
        "np.stack: there is no axis -3 to stack along",
    ),
    "an axis to stack along that there is not": (
        lambda: np.stack([w, x], axis=2),
        mc.UnsupportedError,
        "np.stack: there is no axis 2 to stack along",
    ),
    "a stack of different lengths": (
        lambda: np.stack([x, v, z]),
        mc.ShapeError,
        "stack: all scalars or all vectors of one length, not x (n x 1), v (m x 1), z (1 x 1)",
    ),
    "an index that is no number": (
        lambda: q[True],
        mc.UnsupportedError,
        "q[True]: an index is a whole number or a slice",
    ),
    "no sizes to check": (
        lambda: d.check(sizes=()),
        ValueError,
        "sizes=(): whole numbers from 1 up are needed, as in (2, 3)",
    ),
}


@pytest.mark.parametrize("attempt, error, message", CASES.values(), ids=CASES)
def test_message(attempt, error, message):
    with pytest.raises(error) as caught:
        attempt()
    assert str(caught.value) == message


CLAIMS = {
    "the diagonal as a vector": (
        d, x, "n x 1 given, n x n expected: you have the diagonal as a vector",
    ),
    "denominator layout": (
        mc.derive(w @ x, wrt=w), x,
        "n x 1 given, 1 x n expected: this is the transpose, which is denominator layout",
    ),
    "a square transpose": (
        mc.derive(mc.matrices("B", shape=("n", "n")) @ x, wrt=x),
        mc.matrices("B", shape=("n", "n")).T,
        "this is the transpose, which is denominator layout, or in a product row and column are "
        "exchanged",
    ),
    "the sign": (d, mc.diag(-x), "the sign is wrong: yours is the negative"),
    "the sign, and large numbers": (
        mc.derive(w / x, wrt=x), mc.diag(w / x**2), "the sign is wrong: yours is the negative",
    ),
    "a factor": (d, mc.diag(x / 2), "a constant factor: yours is 0.5 times what it should be"),
    "another shape": (d, z * 0 + 1, "z is not a variable of w ⊗ x; its variables are w, x"),
    "the diagonal as a row": (
        d, x.T, "1 x n given, n x n expected: you have the diagonal as a row",
    ),
    "the identity for a column": (
        mc.derive(x + z, wrt=z), mc.identity(), "a square matrix given, n x 1 expected",
    ),
    "a column of ones for a row": (
        mc.derive(np.sum(x), wrt=x), mc.ones(),
        "n x 1 given, 1 x n expected: this is the transpose, which is denominator layout",
    ),
    "a mean without its factor": (
        mc.derive(np.mean(x * w), wrt=x), w.T, "a factor is missing: 1/n",
    ),
    "a tiny difference": (
        mc.derive(1e-12 * w, wrt=w), 2e-12 * mc.identity(),
        "a constant factor: yours is 2 times what it should be",
    ),
    "right only for some values": (
        d, mc.diag(np.where(x < -2.5, 0, x)),
        "entry (1, 1) differs for n = 2: at w = [5.03, 2.76], x = [-3.01, 1.82] yours is 0, and it "
        "should be -3.009",
    ),
    "right for few numbers": (
        mc.derive(z**3, wrt=z), 3 * z, "a factor is missing: z",
    ),
    "more than can be told": (
        mc.derive(A @ x, wrt=x), 2 * A + 1,
        "entry (1, 1) differs for m = 2, n = 3: at a random point yours is 5, and it should be 2",
    ),
    "another function": (
        mc.derive(np.exp(x), wrt=x), mc.diag(np.log(x)),
        "entry (1, 1) differs for n = 2: at x = [2, 3] yours is 0.6931, and it should be 7.389",
    ),
    "zero": (d, 0, "yours is zero, and it should not be"),
    "a length too few": (
        mc.derive(np.sum(x), wrt=x), mc.ones().T / mc.size("n"),
        "a factor: yours is 1/n times what it should be",
    ),
    "an open length": (
        mc.derive(z * b, wrt=z), mc.ones() @ mc.ones(),
        "a length in 1^T 1 is open: give it, as in mc.ones('n')",
    ),
    "an open length that nothing tells": (
        mc.derive(x @ x, wrt=x), np.max(mc.ones()) * x.T,
        "a length in max(1) x^T is open: give it, as in mc.ones('n')",
    ),
    "a diagonal for a column": (
        mc.derive(x + z, wrt=z), mc.diag(mc.ones()), "a square matrix given, n x 1 expected",
    ),
    "below the diagonal": (
        mc.derive([z * b, z + b, z - b], wrt=(z, b)), [[b, z], [1, 1], [2, -1]],
        "entry (3, 1) differs: at z = 2, b = 3 yours is 2, and it should be 1",
    ),
    "an open length beside another": (
        mc.derive(x @ x, wrt=x), np.sum(np.concatenate([mc.ones(), x])) * x.T,
        "a length in sum([1; x]) x^T is open: give it, as in mc.ones('n')",
    ),
    "no negative zero": (
        d, mc.diag(np.where(x > 3.5, x, -(x * 0))),
        "entry (1, 1) differs for n = 2: at w = [2, 3], x = [3, 4] yours is 0, and it should be 3",
    ),
    "an array": (
        d, np.array(["x"]),
        "that array is not a formula: write it with variables, mc.diag(x), x.T and the like",
    ),
    "a number": (d, 1, "that is one number, 1 x 1, and a matrix is expected, n x n"),
    "another matrix": (
        d, mc.diag(w), "that is the Jacobian with respect to x; w is asked for",
    ),
    "text": (
        d, "diag(x)",
        "'diag(x)' is not a formula: write it with variables, mc.diag(x), x.T and the like",
    ),
    "nothing": (
        d, None, "None is not a formula: write it with variables, mc.diag(x), x.T and the like",
    ),
}  # fmt: skip


@pytest.mark.parametrize("derivation, claim, reason", CLAIMS.values(), ids=CLAIMS)
def test_a_wrong_claim_is_false_for_a_reason(derivation, claim, reason):
    assert derivation.equals(claim) is False
    assert derivation.why(claim) == reason


@pytest.mark.parametrize(
    "claim",
    [[1, 2], np.eye(2), object(), {}, True, float("nan"), (x, w), mc.ones(), A, [[w]], lambda: 0],
    ids=lambda claim: type(claim).__name__,
)
def test_no_claim_raises(claim):
    assert d.equals(claim) is False
    assert isinstance(d.why(claim), str)


def test_right_claims_in_other_words():
    blocks = mc.derive(np.concatenate([x, 2 * x]) * np.sum(w), wrt=w)
    assert blocks.equals(mc.read("[x 1^T; 2x 1^T]", x=x))
    rows = mc.derive(z + b * x, wrt=(z, b))
    assert rows.equals(np.stack([mc.ones(), x]).T) and not rows.equals(np.stack([x, x]).T)
    assert mc.derive(np.concatenate([x, x]), wrt=x).why(np.stack([x, mc.ones()]))
    assert mc.derive(w > x, wrt=w).equals(0)
    assert d.equals(mc.diag(x)) and d.why(mc.diag(x)) is None
    assert d.equals(mc.identity() * mc.diag(x))
    scaled = mc.derive(x * z, wrt=x)
    assert scaled.equals(mc.identity() * z) and scaled.equals(mc.diag(mc.ones() * z))
    assert mc.derive(np.sum(x), wrt=x).equals(mc.ones().T)
    neuron = mc.derive(np.maximum(0, w @ x + b), wrt=w)
    active = w @ x + b > 0
    assert neuron.equals(mc.cases((x.T, active)))
    assert neuron.equals(mc.cases((x.T, active), mc.zeros().T))
    assert neuron.equals(active * x.T)
    assert not neuron.equals(x.T)


def test_a_right_claim_may_be_too_large_to_compute_where_the_derived_form_is_not():
    sigmoid = mc.derive(mc.sigmoid(x**3), wrt=x)
    far = np.exp(-(x**3))  # no number is as large as exp(1000)
    assert sigmoid.equals(mc.diag(3 * x**2 * far / (1 + far) ** 2))
    assert not sigmoid.equals(mc.diag(3 * x**2 * far / (1 + far)))
    assert sigmoid.why(mc.diag(3 * x * far / (1 + far) ** 2)).startswith("entry (")


@pytest.mark.parametrize("f", [np.exp, np.expm1, np.sinh, np.cosh, lambda e: np.cosh(e / 9) ** 9,
                               lambda e: np.exp(900 + e**2)])  # fmt: skip
def test_where_a_claim_overflows_or_underflows_many_digits_tell(f):
    claim = f(3 * x**3) * np.cos(x) / f(3 * x**3)
    assert mc.derive(np.sin(x), wrt=x).equals(mc.diag(claim))


def test_an_open_length_is_a_mistake_of_shape():
    found = mc.check.claims.difference(mc.derive(z * b, wrt=z), mc.ones() @ mc.ones())
    assert found.mistake == "shape"
    assert mc.check.claims.difference(d, 0).mistake == "zero"


def test_a_claim_that_can_seldom_be_computed_is_not_right():
    assert "yours is inf" in d.why(mc.diag(x * np.exp(np.exp(x**2 + 9))))
    for gap in (z - 2, (z - 2) ** 2, (z - 2) * np.exp(-(z**3))):
        assert "yours has no value" in mc.derive(z**2, wrt=z).why(2 * z * gap / gap)


def wrong(derivation, claim):
    """The derivation with another closed form in the place of its own."""
    derivation.jacobian = mc.Jacobian(claim)
    return derivation


def test_a_wrong_closed_form_fails_with_its_counter_example():
    bad = wrong(mc.derive(w * x, wrt=w), mc.diag(-x))
    with pytest.raises(mc.CheckFailed) as caught:
        bad.check()
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == (
        "at n = 1, w = [0.1257], x = [-0.1321]: entry (1, 1) is 0.132105 by the closed form, "
        "-0.132105 by numerical differentiation, -0.132105 by scalar rules"
    )


def test_a_wrong_closed_form_fails_at_a_point_of_ones_own():
    with pytest.raises(mc.CheckFailed, match="entry \\(1, 1\\) is 3 by the closed form, 6 by num"):
        wrong(mc.derive(z**2, wrt=z), z).check(at={"z": 3})


@pytest.mark.parametrize("claim", [mc.zeros("n").T, x.T], ids=["never active", "always active"])
def test_both_sides_of_a_kink_are_visited(claim):
    neuron = mc.derive(np.maximum(0, w @ x + b), wrt=w)
    for seed in range(20):
        with pytest.raises(mc.CheckFailed):
            wrong(mc.derive(neuron.y, wrt=w), claim).check(sizes=(1,), points=1, seed=seed)


def test_at_a_kink_the_check_takes_no_side():
    report = mc.derive(np.maximum(0, z), wrt=z).check(at={"z": 0.0})
    assert report.passed is None
    said = "no rule gives the derivative of max(0, z) here, where z = 0; the paper takes 0"
    assert str(report) == said
    report = mc.derive(np.sum(np.abs(x)), wrt=x).check(at={"x": np.array([1.0, 0.0])})
    assert str(report) == "no rule gives the derivative of |x| here, where x = 0; mcalc takes 0"
    for clear in (1e-3, 2.5e-4, -2.5e-4):
        assert mc.derive(np.maximum(0, z), wrt=z).check(at={"z": clear}).passed
    for near in (1e-5, 1.5e-4, -1.5e-4):
        report = mc.derive(np.maximum(0, z), wrt=z).check(at={"z": near})
        assert str(report) == "max(0, z) is too near to its kink here for numbers to tell"
    assert mc.derive(np.std(np.maximum(x, z + 3)), x).check()


@pytest.mark.parametrize(
    "y, where",
    [
        (np.minimum(z, 1), "z = 1; mcalc takes the derivative of 1"),
        (np.maximum(z, 1), "z = 1; mcalc takes the derivative of 1"),
        (np.maximum(z, b), "b = z; mcalc takes the derivative of z"),
        (np.sqrt((z - 1) ** 2), "(z - 1)^2 = 0; the root's own slope is infinite"),
        (np.sign(z - b), "z - b = 0; mcalc takes 0"),
        (np.max(np.stack([z, b, 0])),
         "several elements are the largest; mcalc takes a share of each"),
        (np.linalg.norm(np.stack([z - 1, 0])),
         "[z - 1, 0]^T = 0; a vector of zeros has no direction"),
        *((compare(z, b) * z, "b = z; nothing is compared") for compare in (
            np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal
        )),
    ],
)  # fmt: skip
def test_every_kink_is_known(y, where):
    values = {e.name: 1 for e in symbols(y)}
    check = mc.derive(y, wrt=z).check
    assert str(check(at=values)).endswith(f" here, where {where}")
    for beside in (0.9, 1.1):
        report = check(at=values | {"z": beside})
        assert str(report) == "at this point the closed form and the other ways agree"


def test_two_elements_that_are_nearly_the_largest_are_too_near():
    near = mc.derive(np.max(x), wrt=x).check(at={"x": [1, 1.00001]})
    assert str(near) == "max(x) is too near to its kink here for numbers to tell"


def test_where_nothing_is_smooth_the_check_says_so():
    report = str(mc.derive(np.std(x) * np.sum(v), wrt=x).check())
    assert report.endswith("\n  not compared at n = 1, m = 2: nowhere smooth there")
    report = str(mc.derive(np.maximum(0, z**2 + 1), wrt=z).check())
    said = "max(0, z^2 + 1) was tried on one side only of its kink, where the paper takes 0"
    assert report.endswith(f"\n  {said}")
    nowhere = r"^no point was found where sqrt\(-1 - z\^2\) is smooth and finite$"
    with pytest.raises(mc.CheckFailed, match=nowhere):
        mc.derive(np.sqrt(-1 - z**2), wrt=z).check()


def test_a_report_names_the_ways_and_is_the_same_on_every_run():
    report = mc.derive(np.maximum(0, w @ x + b), wrt=w).check()
    assert str(report) == str(mc.derive(np.maximum(0, w @ x + b), wrt=w).check())
    assert str(report).splitlines() == [
        "the closed form agrees with",
        "  scalar rules by SymPy: n = 1, 2, 3; to 1e-8",
        "  numerical differentiation (Richardson-extrapolated central differences): n = 1, 2, "
        "3, 5, 8; 5 points each; to 1e-6",
        "  max(0, w.x + b) was tried on both sides of its kink, where the paper takes 0",
    ]


@pytest.mark.parametrize(
    "y", [np.trace(np.linalg.inv(S)), np.linalg.det(S), np.linalg.slogdet(S)[1], z * np.trace(S)]
)
def test_scalar_rules_are_for_small_matrices(y):
    small = "n = 1, 2" if y.args[0].name != "z" else "n = 1, 2, 3"
    assert f"scalar rules by SymPy: {small}; to 1e-8" in str(mc.derive(y, wrt=S).check())


def test_a_length_of_seventeen_is_checked_too():
    assert mc.derive(np.exp(x) / np.sum(np.exp(x)), wrt=x).check(sizes=(17,), points=2)


def test_what_is_too_much_for_sympy_is_said():
    y = np.maximum(-2 * b**3 - b, 3 * b**2 - b)
    assert "scalar rules" in str(mc.derive(y, wrt=b).check())
    two = np.where(z > 0, np.where(z > 1, z, 2 * z), 3 * z)
    assert "too much" not in str(mc.derive(two, wrt=z).check())
    assert "too much" in str(mc.derive(np.where(z > -1, two, 4 * z), wrt=z).check())
