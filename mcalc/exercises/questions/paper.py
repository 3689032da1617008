"""The exercises of chapters 05 to 12, which mirror the paper's sections."""

from __future__ import annotations

import numpy as np

from ...graph.variables import let, matrices, scalars, vectors
from .row import ask, row

# fmt: off

def elementwise():
    w, x = vectors("w x")
    row("05.square", "What is the Jacobian of {y} with respect to {x}?", x * x, x,
        "output i is x_i^2, and no other element is in it",
        "the derivatives stand on the diagonal: diag(...)")
    row("05.root", "What is the Jacobian of {y} with respect to {x}?", np.sqrt(x), x,
        "output i is sqrt(x_i): its derivative is 1/(2 sqrt(x_i))",
        "a vector on the diagonal is written as in diag(x)")
    row("05.cube", "What is the Jacobian of {y} with respect to {x}?", w * x**3, x,
        "element i is w_i x_i^3: what is its derivative with respect to x_i?",
        "w_i is a constant factor, and x_i^3 is a power")
    row("05.sine", "What is the Jacobian of {y} with respect to {x}?", np.sin(w * x), w,
        "element i is sin(w_i x_i)", "its derivative with respect to w_i is cos(w_i x_i) times x_i")
    row("05.difference", "What is the Jacobian of {y} with respect to {x}?", (w - x) ** 2, x,
        "element i is (w_i - x_i)^2: multiply it out, or square what is inside",
        "with respect to x_i, what is inside has the derivative -1")
    row("05.two-places", "{x} stands in two places. What is the Jacobian of {y} "
        "with respect to it?",
        w * x + w / x, x,
        "differentiate the two terms one by one, and add",
        "element i of the second one is w_i/x_i: its derivative is -w_i/x_i^2")
    row("05.smaller", "What is the Jacobian of {y} with respect to {x}? A comparison, w < x, is a "
        "vector of 0 and 1.", np.minimum(w, x), w,
        "where w_i is the smaller one, the output is w_i; elsewhere w_i does not matter",
        "the diagonal has a 1 where w_i is the smaller one: which comparison is that?")


def scalar_expansion():
    x, z = vectors("x"), scalars("z")
    row("06.difference", "What is the derivative of {y} with respect to the scalar {x}?", x - z, z,
        "n outputs and one input: a column, n x 1, and every element goes down as z goes up",
        "a column of n ones is typed 1_n")
    row("06.quotient", "What is the Jacobian of {y} with respect to {x}?", x / z, x,
        "output i is x_i/z", "it is a multiple of the identity matrix")
    row("06.quotient-by-z",
        "The same the other way: what is the derivative of {y} with respect to {x}?", x / z, z,
        "x is a constant vector here: how fast does 1/z change?", "a column: a number times x")
    row("06.square", "What is the Jacobian of {y} with respect to {x}?", z * x**2, x,
        "output i is z x_i^2", "2 z x_i stands on the diagonal")
    row("06.square-of-a-sum", "What is the derivative of {y} with respect to the scalar {x}?",
        (x + z) ** 2, z,
        "output i is (x_i + z)^2, and z is in every output", "a column with 2(x_i + z) in it")
    row("06.exponential", "What is the derivative of {y} with respect to the scalar {x}?",
        np.exp(z * x), z,
        "the outer derivative is exp(z x), element by element",
        "inside, z x_i has the derivative x_i with respect to z: a Hadamard product, ⊗")


def sum_reduction():
    (w, x), z = vectors("w x"), scalars("z")
    row("07.cubes", "What is the Jacobian of {y} with respect to {x}?", np.sum(x**3), x,
        "one output: a row, 1 x n", "entry i is the derivative of x_i^3")
    row("07.mean", "What is the Jacobian of {y}, the mean of the products, with respect to {x}?",
        np.mean(w * x), x,
        "every element counts for one part in n of its weight", "a row: a fraction times w^T")
    row("07.exponentials", "What is the Jacobian of {y} with respect to {x}?", np.sum(np.exp(x)), x,
        "only the i-th term moves with x_i",
        "a function of the whole vector is laid down as a row like this: sin(x)^T")
    row("07.weighted", "What is the Jacobian of {y} with respect to {x}?", np.sum(w * x**2), x,
        "the i-th term is w_i x_i^2", "its derivative is 2 w_i x_i: a product, as a row")
    row("07.distance", "What is the Jacobian of {y} with respect to {x}?", np.sum((w - x) ** 2), x,
        "the i-th term is (w_i - x_i)^2",
        "with respect to x_i, what is inside has the derivative -1")
    row("07.by-the-scalar", "What is the derivative of {y} with respect to the scalar {x}?",
        np.sum(np.sin(z * x)), z,
        "z is in every term, so every term contributes",
        "the i-th contribution is cos(z x_i) x_i: a sum, or a dot product")


def single_variable():
    x = scalars("x")
    row("08.cosine", "What is the derivative of {y}?", np.cos(x**3), x,
        "introduce u = x^3; then y = cos(u)", "dy/du is -sin(u), du/dx is 3x^2")
    row("08.exponential", "What is the derivative of {y}?", np.exp(np.sin(x)), x,
        "introduce u = sin(x); then y = exp(u)", "the product of dy/du and du/dx, with u put in")
    row("08.root", "What is the derivative of {y}?", np.sqrt(1 + x**2), x,
        "the outer function is the square root, whose derivative is 1/(2 sqrt)",
        "the inner one is 1 + x^2")
    row("08.cube", "What is the derivative of {y}?", np.sin(x) ** 3, x,
        "the outer function is the cube", "3 u^2 times the derivative of u = sin(x)")
    row("08.saturation", "What is the derivative of {y}?", np.tanh(3 * x + 1), x,
        "tanh has the derivative 1 - tanh^2, at the same place", "do not forget the inner 3x + 1")
    row("08.three-deep", "Three functions inside each other: what is the derivative of {y}?",
        np.log(np.cos(x**2)), x,
        "two intermediate variables: u_1 = x^2 and u_2 = cos(u_1)",
        "three factors: 1/u_2, -sin(u_1) and 2x")


def total_derivative():
    x = scalars("x")
    row("09.product", "x goes in at two places: what is the total derivative of {y} with "
        "u = exp(x)?", x * let("u", np.exp(x)), x,
        "one path is direct, the other leads through u = exp(x)", "dy/dx is ∂y/∂x + ∂y/∂u du/dx")
    row("09.two-paths", "What is the total derivative of {y} with u = x^2 and v = sin(x)?",
        let("u", x**2) * let("v", np.sin(x)), x,
        "one path through u, one through v", "∂y/∂u is v and ∂y/∂v is u")
    row("09.direct", "What is the total derivative of {y} with u = x^3?", x**2 - let("u", x**3), x,
        "the direct path contributes 2x", "the path through u has a minus on it")
    u = let("u", x + np.sin(x))
    row("09.nested", "What is the total derivative of {y} with u = x + sin(x)?", u**2 + x, x,
        "u itself moves in two ways with x", "du/dx is 1 + cos(x)")
    row("09.three-paths", "What is the total derivative of {y} with u = x^2 and v = x^3?",
        let("u", x**2) * let("v", x**3) + x, x,
        "three paths: through u, through v, and direct",
        "the contributions are added, and that of the direct path is 1")


def vector_chain():
    (w, x), b = vectors("w x"), scalars("b")
    A, B = matrices("A B", shape=("n", "n"))
    row("10.sines", "What is the Jacobian of {y} with respect to {x}?", np.sum(np.sin(w * x)), w,
        "three functions inside each other: a product, sin, sum",
        "1^T diag(cos(w ⊗ x)) diag(x), which becomes one row")
    row("10.square", "What is the Jacobian of {y} with respect to {x}?", (w @ x) ** 2, w,
        "the outer function is the square of a number", "2u times the derivative of u = w.x")
    row("10.exponentials", "What is the Jacobian of {y} with respect to {x}?",
        np.sum(np.exp(A @ x)), x,
        "introduce u_1 = A x and u_2 = exp(u_1); then y = sum(u_2)",
        "a row of ones, a diagonal and a matrix: in which order?")
    row("10.twice", "What is the Jacobian of {y} with respect to {x}?", A @ (x * x), x,
        "the inner function is x ⊗ x, whose Jacobian is diagonal",
        "the outer function is linear: its Jacobian is A, and stands on the left")
    row("10.layers", "Two layers: what is the Jacobian of {y} with respect to {x}?",
        B @ np.sin(A @ x), x,
        "three factors, in order from y back to x", "the one in the middle is diagonal")
    row("10.gate", "What is the Jacobian of {y} with respect to {x}?",
        x * (A @ x), x,
        "x goes in directly, and through A x",
        "with respect to its first operand ⊗ has diag(A x), with respect to its second diag(x)")
    row("10.scaled", "What is the Jacobian of {y} with respect to {x}?", (w @ x) * x, x,
        "a number times a vector, and both move with x",
        "one path gives a multiple of I, the other a column times a row")
    row("10.saturation", "What is the Jacobian of {y} with respect to {x}?", np.tanh(w @ x - b), x,
        "the derivative of tanh(u) is 1 - tanh(u)^2",
        "with respect to x, u = w.x - b has the Jacobian w^T")


def neuron():
    (w, x), b = vectors("w x"), scalars("b")
    z = w @ x + b
    ask("11.slope",
        "A neuron has w = [2, -1], x = [1, 3] and b = 2. What is the Jacobian of {y} with respect "
        "to {w} there?", [1, 3], "w.x + b is 1, so the neuron is active, and the row is x^T",
        "first find out whether the neuron is active",
        slips={"[2, -1]": "that is the row by x", "[0, 0]": "w.x + b is 2 - 3 + 2: is that 0?"},
        y=np.maximum(0, z), w=w)
    ask("11.side",
        "At {z} = -0.05 the bias is raised by 0.2. By how much does {y} change, according to its "
        "derivative, and really? Answer with a list of two numbers.", [0, 0.15],
        "the derivative is 0 on that side, but the step leads over the kink, to z = 0.15",
        "the derivative is that of the side on which the step begins",
        slips={"[0.2, 0.15]": "on the side on which the step begins the derivative is not 1",
               "[0, 0]": "the step does not stay on that side",
               "[0, 0.2]": "the first part of the step is still below 0"},
        y=np.maximum(0, scalars("z")), z=scalars("z"))
    row("11.square", "What is the Jacobian of {y} with respect to {x}?", np.maximum(0, z) ** 2, w,
        "where w.x + b is not above 0, nothing moves",
        "where it is, y is (w.x + b)^2: write ... if w.x + b > 0; 0^T otherwise")
    row("11.leaky",
        "A neuron that is never quite silent: what is the Jacobian of {y} with respect to {x}?",
        np.where(z > 0, z, z / 10), w,
        "two cases, and in neither it is zero", "each case is linear in w: take them one by one")
    row("11.sigmoid", "What is the Jacobian of {y} with respect to {x}?",
        1 / (1 + np.exp(-(w @ x))), w,
        "the outer function is one over something, whose derivative is minus one over its square",
        "a number times x^T, and the minus signs cancel")
    row("11.negative", "What is the Jacobian of {y} with respect to {x}?", np.minimum(0, z), x,
        "below 0 it is w.x + b, elsewhere it does not move", "by x, not by w")
    row("11.pair",
        "Two neurons that share their weights: what is the Jacobian of {y} with respect to {x}?",
        np.maximum(0, w @ x) + np.maximum(0, b - w @ x), w,
        "two paths, and each is active in a case of its own",
        "a comparison is 0 or 1: (w.x > 0) x^T is one of the two terms")


def loss():
    (w, x), (b, a, t) = vectors("w x"), scalars("b a t")
    X, y = matrices("X", shape=("N", "n")), vectors("y", size="N")
    ask("12.shape",
        "There are N images of n pixels. Which shape has the Jacobian of the loss with respect to "
        "the weights of one neuron?", (1, "n"), "one output, so one row; a column for each weight",
        "rows are outputs, columns are inputs",
        slips={("n", 1): "that is its transpose, which the update subtracts",
               ("N", "n"): "the examples have been added up in the loss"})
    ask("12.silent",
        "A neuron with 64 weights is silent for 90 of 100 examples, and its error is 0 for the "
        "other 10. How many of the 64 slopes can be other than 0?", 0,
        "a silent example brings nothing, nor does one without an error",
        "what does each example bring to the sum?",
        slips={"64": "each example brings its error, times its image, if the neuron is active"})
    ask("12.twice",
        "Every example is put in a second time, so that there are 2N. By which factor does the "
        "gradient of the mean squared error change?", 1,
        "the sum is twice as long, and is divided by 2N in place of N",
        "the loss is a mean and not a sum", slips={"2": "the sum doubles, but so does N"})
    row("12.one", "One example with the target t: what is the Jacobian of {y} with respect to {x}?",
        (t - (w @ x + b)) ** 2, w,
        "the outer function is the square of the error", "the inner derivative is -x^T")
    row("12.decay", "Weights are often kept small by adding {y} to the loss: what is its Jacobian "
        "with respect to {x}?", a * np.sum(w**2), w,
        "a is a constant factor", "the sum of squares has a row as its derivative")
    row("12.active", "One example and a neuron: what is the Jacobian of {y} with respect to {x}?",
        (np.maximum(0, w @ x + b) - t) ** 2, w,
        "if the neuron is silent, nothing moves", "if it is active: (w.x + b - t)^2")
    row("12.linear",
        "All examples at once, without max: what is the Jacobian of {y} with respect to {x}?",
        np.mean((X @ w - y) ** 2), w,
        "the errors are X w - y, and the loss is the mean of their squares",
        "twice the errors as a row, over N, times the Jacobian of the errors")
    row("12.bias", "And what is the derivative of {y} with respect to {x}?",
        np.mean((y - (X @ w + b)) ** 2), b,
        "the errors all move by -1 with b", "the sum of all errors, times -2/N")
    row("12.both", "Errors and weights together: what is the Jacobian of {y} with respect to {x}?",
        np.sum((X @ w - y) ** 2) + a * (w @ w), w,
        "a sum of two losses: differentiate each", "each is a row: both have a ^T in them")

# fmt: on

for chapter in (
    elementwise, scalar_expansion, sum_reduction, single_variable, total_derivative, vector_chain,
    neuron, loss,
):  # fmt: skip
    chapter()
