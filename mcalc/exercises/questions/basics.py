"""The exercises of chapters 00 to 04: rates, rules, partials, and the shapes of Jacobians."""

from __future__ import annotations

import numpy as np

from ...graph.variables import matrices, scalars, vectors
from .row import ask, row

# fmt: off

def introduction():
    ask("00.neuron", "A neuron has the weights 2 and -3 and the bias 1. What does it answer to the "
        "inputs 1 and 2?", 0, "2 - 6 + 1 is -3, and the rectifier makes 0 of it",
        "each input times its own weight, all added up, and the bias",
        "then comes the rectifier", slips={-3: "that is the sum: what does the rectifier do?"})
    ask("00.direction", "At some place the rate of the loss with respect to a weight is 4. Which "
        "way is the weight to be turned, so that the loss falls: up or down?", "down",
        "turned up it would raise the loss, by 4 for each unit, so it is turned against its rate",
        "what happens to the loss if the weight goes up a little?", words=("up", "down"),
        slips={"up": "a positive rate: turned up, the weight raises the loss"})
    ask("00.change", "The rate of the loss with respect to the bias is -3. The bias goes up by "
        "0.01. By about how much does the loss change?", -0.03, "rate times step, -3 times 0.01",
        "a rate is the change for each unit of the turn",
        slips={-3: "that would be the change for a whole unit",
               0.03: "does the loss rise or fall?"})
    ask("00.layer", "A layer has 3 neurons, each with the same 4 inputs. How many rates say how "
        "its outputs move with its inputs?", 12,
        "each of 3 outputs has a rate for each of 4 inputs",
        "one output alone has a rate for each input",
        slips={7: "not a rate for each output and one for each input: one for each pair of them",
               3: "that is one for each output", 4: "that is enough for one output"})


def scalar_rules():
    x = scalars("x")
    ask("01.number", "The derivative of {y} is {d}. How fast does {y} grow at {x} = 3?", 6,
        "2 times 3", "put 3 into the derivative", y=x**2, d=2 * x, x=x,
        slips={9: "that is the value of the function there, not its rate"})
    row("01.power", "What is the derivative of {y}?", 5 * x**4, x,
        "the exponent comes down as a factor, and is one less afterwards",
        "the factor 5 stays where it is")
    row("01.polynomial", "What is the derivative of {y}?", 3 * x**2 - 4 * x + 7, x,
        "the derivative of a sum is the sum of the derivatives", "a constant does not move")
    row("01.reciprocal", "What is the derivative of {y}? It is a power, too.", 1 / x**2, x,
        "1/x^2 is x^(-2)", "the exponent -2 comes down as a factor and becomes -3")
    row("01.product", "What is the derivative of the product {y}?", x**2 * np.exp(x), x,
        "each factor moves in turn, while the other one stands still",
        "(f g)' is f' g + f g', and exp(x) is its own derivative")
    row("01.chain", "What is the derivative of {y}?", (3 * x + 1) ** 5, x,
        "from the outside to the inside: a fifth power of something",
        "then comes the derivative of that something as a factor")
    row("01.logarithm", "What is the derivative of {y}?", np.log(x**2 + 1), x,
        "log has the derivative 1 over what stands inside", "times the derivative of x^2 + 1")
    row("01.quotient", "What is the derivative of {y}?", x / (1 + x**2), x,
        "write it as x times 1/(1 + x^2), and use the product rule",
        "one over something has minus one over its square, times its own derivative")
    ask("01.step", "At {x} = 2 the function {y} is 10, and its rate there is 13. About how much is "
        "it at 2.02?", 10.26, "10 and 13 times 0.02", "rate times step is nearly the change",
        y=x**3 + x, x=x, within=0.002,
        slips={0.26: "that is the change: what is the function then?",
               23: "that takes a whole step of 1"})
    row("01.base", "The variable stands in the exponent. What is the derivative of {y}?", 3**x, x,
        "it is no power of x: the section on powers has another function of this kind",
        "2^x has the derivative 2^x log(2)")


def partial_derivatives():
    x, y, z = scalars("x y z")
    row("02.by-x", "{x} moves and y stands still: what is the partial derivative of {y}?",
        x**2 * y**3, x,
        "y^3 is a constant here, such as 8", "what is the derivative of 8 x^2?")
    row("02.by-y", "What is the partial derivative of {y} with respect to {x}?",
        x * y**2 + np.sin(x), y,
        "one of the two terms has no y in it", "x is a constant factor of y^2")
    row("02.exponential", "What is the partial derivative of {y} with respect to {x}?",
        np.exp(x * y), x,
        "from the outside to the inside: exp of something",
        "by x, the inside x y has the derivative y")
    row("02.quotient", "What is the partial derivative of {y} with respect to {x}?", x / y, y,
        "x is a constant here: how fast does 1/y change?", "1/y is y^(-1)")
    ask("02.at-a-point", "What is the gradient of {f} at {x} = 3, {y} = 2?", [4, 12],
        "the partials are y^2 and 2x y, and there they are numbers",
        "the two partials first, then put the numbers in", f=x * y**2, x=x, y=y,
        slips={"[12, 4]": "in which order do the variables come?",
               12: "that is the value of the function, or one of two partials"})
    ask("02.downhill", "At a point the gradient with respect to {v} is [0, -3]; {x} goes to the "
        "right, and {y} up. Which way does the function fall fastest: up, down, left or right?",
        "up", "against the gradient, which points down", "which way does the gradient point?",
        "it falls fastest against the gradient", words=("up", "down", "left", "right"), x=x, y=y,
        v=np.stack([x, y]).T,
        slips={"down": "that way points the gradient: it grows fastest there"})
    ask("02.moving-along", "With respect to {x}, the partial of {f} is {y}, which is 1 at {x} = 1, "
        "{y} = 1. But suppose that {y} is always {g}. How fast does {f} grow with {x} there?", 3,
        "x times x^2 is x^3, with the derivative 3x^2", "put x^2 in for y first",
        f=x * y, x=x, y=y, g=x**2,
        slips={1: "that is the partial, which holds y still",
               2: "that is how fast y moves, or x^2: what of the product?"})
    row("02.gradient", "What is the gradient of {y} with respect to {x}?", x**4 * y**2, (x, y),
        "two partial derivatives, in the order of the variables",
        "write a row in brackets, as in [2x, y]")
    row("02.three", "And with three variables: what is the gradient of {y} with respect to {x}?",
        x * y * z, (x, y, z),
        "three partial derivatives, each with the other two variables fixed",
        "by x, the product y z is a constant factor")


def matrix_calculus():
    x, y, r, t = scalars("x y r t")
    ask("03.times", "What is the matrix {A} times the column {v}?", [17, 39],
        "5 + 12 and 15 + 24: each row times the column", "row 1 times the column is 1·5 + 2·6",
        A=[[1, 2], [3, 4]], v=[5, 6],
        slips={"[23, 34]": "those are the columns times it: take the rows",
               "[[5, 12], [15, 24]]": "the products in a row still have to be added up"})
    row("03.linear", "What is the Jacobian of {y} with respect to {x}?",
        np.stack([2 * x + 3 * y, x - y]), (x, y),
        "the first row is the gradient of 2x + 3y",
        "write a matrix as rows in brackets, as in [[1, 0], [0, 1]]")
    row("03.row", "One function of two variables: what is the Jacobian of {y} with respect to {x}?",
        x**2 + 3 * x * y, (x, y),
        "one function, so one row; two variables, so two columns", "by y, x^2 does not move")
    row("03.products", "What is the Jacobian of {y} with respect to {x}?",
        np.stack([x * y, x + y, x / y]), (x, y),
        "three functions and two variables: 3 rows and 2 columns",
        "in x/y hold y still: a multiple of x; then x: a multiple of 1/y")
    ask("03.change", "At {x} = 2, {y} = 3 the Jacobian of {f} is {J}. Now {x} goes up "
        "by 0.02 and {y} by 0.01. By about how much does each of the two change?", [0.08, 0.03],
        "each row times the step", "matrix times step", "row 1 times the step is 3·0.02 + 2·0.01",
        f=np.stack([x * y, x + y]), J=[[3, 2], [1, 1]], x=x, y=y,
        slips={"[0.07, 0.05]": "those are the columns times the step: take the rows"})
    ask("03.side", "A book has a column for each function and a row for each variable. On which "
        "side of such a matrix does the step stand, so that the product is the change: left or "
        "right?",
        "left", "the step is a row there, and each column times it is the change of one function",
        "each column belongs to one function", words=("left", "right"),
        slips={"right": "then each row, which is one variable, would be multiplied with the step"})
    row("03.polar", "From polar to Cartesian: what is the Jacobian of {y} with respect to {x}?",
        np.stack([r * np.cos(t), r * np.sin(t)]), (r, t),
        "the first column holds what r moves, the second what t moves",
        "by t, cos(t) has the derivative -sin(t)")


def generalization():
    w, x, a = vectors("w x a")
    b, u = vectors("b u", size="m")
    A, z, v = matrices("A"), scalars("z"), vectors("x", size=3)
    ask("04.five-to-three", "A function takes 5 numbers and gives 3. Which shape has its Jacobian?",
        (3, 5), "a row for each of 3 outputs, a column for each of 5 inputs",
        "a row for each output",
        slips={(5, 3): "that is denominator layout: rows are outputs here"})
    ask("04.weights", "A loss is one number, made of n weights. Which shape has its Jacobian with "
        "respect to the weights?", (1, "n"), "one output is one row, with a column for each weight",
        "how many outputs are there?", slips={("n", 1): "that is a column: rows are outputs"})
    ask("04.places", "The temperatures at m places all change with the time. Which shape has their "
        "derivative with respect to the time?", ("m", 1), "m outputs, and one input",
        "how many inputs are there?", slips={(1, "m"): "that is a row: rows are outputs"})
    row("04.double", "What is the Jacobian of {y} with respect to {x}?", 2 * x, x,
        "each output moves with one input only, twice as fast", "I is the identity matrix")
    row("04.line",
        "What is the derivative of {y} with respect to the scalar {x}?",
        a + z * w, z,
        "many outputs and one input: a column", "by how much does a + z w move if z moves by 1?")
    row("04.affine", "What is the Jacobian of {y} with respect to {x}?", b - A @ x, x,
        "b does not move with x", "mind the sign")
    ask("04.everywhere", "Which of the three has the same Jacobian at every {x}: the first, {f}, "
        "the second, {g}, or the third, {h}?", "second", "A x is linear, with the Jacobian A",
        "which of the Jacobians still has x in it?", words=("first", "second", "third"),
        x=x, f=x @ x, g=A @ x, h=np.stack([v[0] * v[1], v[2]]))
    row("04.mixed", "What is the Jacobian of {y} with respect to {x}?", 3 * (a @ x), x,
        "one output and n inputs: 1 x n", "a row is written as x^T")
    row("04.by-a-vector",
        "{x} has three elements. What is the Jacobian of {y} with respect to {x}?",
        np.stack([v[1] * v[2], np.exp(v[0])]), v,
        "a column for each of x_1, x_2 and x_3; many entries are zero",
        "x_1 is not in x_2 x_3: which entry is that?")
    row("04.distance", "The squared distance: what is the Jacobian of {y} with respect to {x}?",
        (x - a) @ (x - a), x,
        "write it out for three elements, and take the three partials",
        "the partial with respect to x_j has x_j and a_j in it, and nothing else")

# fmt: on

for chapter in (introduction, scalar_rules, partial_derivatives, matrix_calculus, generalization):
    chapter()
