"""Questions of meaning in chapters 05 to 10, which no substitution answers."""

from __future__ import annotations

import numpy as np

from ...graph.variables import matrices, scalars, vectors
from .row import ask

FOUR = ("a", "b", "c", "d")

# fmt: off

def elementwise():
    (w, x), (w_1, x_1) = vectors("w x"), scalars("w_1 x_1")
    ask("05.how-many", "Vectors of 1000 elements: how many entries of the Jacobian of {y} with "
        "respect to {x} can be other than zero?", 1000, "one in each row, on the diagonal",
        "how many are there in each row?", y=w / x, x=x,
        slips={10**6: "that is how many there are; most of them are zero",
               1: "that is one row's: how many rows are there?"})
    ask("05.which-is-full", "One of these has a Jacobian with respect to {w} that is not diagonal. "
        "Which? (a) {a}; (b) {b}; (c) {c}; (d) {d}", "c",
        "every entry looks at w_1, so the first column is full",
        "which entry looks at an element that is not its own?", words=FOUR,
        w=w, a=w * np.exp(w), b=w / x, c=w - w[0], d=np.maximum(w, x),
        slips={"a": "entry i of it is w_i exp(w_i), and no other element is in that",
               "b": "x does not move, and entry i has no other weight in it than w_i",
               "d": "entry i compares w_i with x_i, and looks at no other element"})
    ask("05.tie", "What is the derivative of {y} with respect to {w} at a tie, where {w} = {x}? "
        "(a) 1; (b) 0; (c) 1/2; (d) there is none", "d",
        "downwards the slope is 1, upwards it is 0, and a derivative has to be both",
        "nudge w_1 up, and then down", words=FOUR, y=np.minimum(w_1, x_1), w=w_1, x=x_1,
        slips={"a": "that is the slope to one side: to the other side nothing moves",
               "b": "that is the slope to one side: to the other side it moves with w_1",
               "c": "that is the mean of the slopes to both sides; a derivative has to fit both"})


def scalar_expansion():
    x, z = vectors("x"), scalars("z")
    ask("06.which-shape", "{x} has 5 elements. Which shape has the derivative of {y} with respect "
        "to {z}?", ("5", "1"), "five outputs move with one input",
        "count the outputs, then the inputs", y=x * z, x=x, z=z,
        slips={"1 x 5": "rows are outputs, columns are inputs: how many inputs are there?",
               "5 x 5": "that is the shape with respect to x: z is one input, not five",
               "1 x 1": "that is a single number; five outputs move with z"})
    ask("06.how-far", "{x} = [1, -3], and {z} goes from 2 to 2.1. By how much does the second "
        "entry of {y} move?", -0.3, "-3 times the step of 0.1",
        "the derivative with respect to z is a column: which entry?", y=x * z, x=x, z=z,
        slips={0.1: "that would be x + z; here z multiplies", 0.2: "z itself is no slope here",
               -6.3: "that is where it goes, not how far it moves", 0.3: "in which direction?"})
    ask("06.off-diagonal", "What is the entry in row 1, column 2 of the Jacobian of {y} with "
        "respect to {x}?", 1, "x_2 is in the sum, which is added to every entry",
        "output 1 is x_1 + (x_1 + x_2 + ...): what does x_2 do to it?", y=x + np.sum(x), x=x,
        slips={0: "it would be, if the scalar beside x stood still; sum(x) moves with x_2",
               2: "that is what stands on the diagonal, where x_i itself moves, too"})


def sum_reduction():
    x = vectors("x")
    ask("07.step", "At {x} = [1, 2, 3], the first element goes up by 0.1 and the last goes down by "
        "0.1. By how much does {y} move, to first order?", -0.4,
        "the row [2, 4, 6] times the step [0.1, 0, -0.1]^T",
        "the row is (2x)^T, the step is [0.1, 0, -0.1]^T", y=np.sum(x**2), x=x,
        slips={0.4: "in which direction? The last element counts for more",
               0: "that is what the sum of x does; here each element has its own slope",
               0.8: "one of the two steps goes down",
               -0.38: "that is the real change: what does the row of slopes predict?"})
    ask("07.centred", "{x} has 4 elements, and {y} takes their mean from each. What is the entry "
        "in row 1, column 2 of its Jacobian?", -0.25,
        "x_2 is in the mean, with one part in four, and the mean is subtracted",
        "output 1 is x_1 - (x_1 + x_2 + x_3 + x_4)/4", y=x - np.mean(x), x=x,
        slips={0: "the mean moves with x_2, and it is in every output",
               0.25: "is the mean added?", -1: "for how much does x_2 count in the mean?",
               0.75: "that is on the diagonal, where x_1 itself moves, too"})
    ask("07.in-numpy", "In NumPy, w and x are arrays of shape (3,). What is w @ x.T: (a) a matrix, "
        "3 x 3, a column times a row; (b) an error: the shapes do not fit; (c) one number, the dot "
        "product?", "c", "x.T is x, an array of one axis",
        "what does .T do to an array of one axis?", words=("a", "b", "c"),
        slips={"a": "it would be, if w were a column and x.T a row; an array of one axis is "
               "neither", "b": "the two fit: x.T is as long as w"})


def single_variable():
    x = scalars("x")
    ask("08.slopes", "Of g one knows g(2) = 5, and that its slope at 2 is 3. The slope of f is 4 "
        "at 2, and -1 at 5. What is the slope of f(g(x)) at {x} = 2?", -3,
        "the slope of f at g(2), which is -1, times 3", "f sees u = g(x): which number is that?",
        x=x, slips={12: "the outer slope is taken where f is: at g(2), not at 2",
                    2: "rates are multiplied, not added",
                    -1: "that is the outer slope: how fast does g move?",
                    3: "that is the inner slope: what does f make of it?"})
    ask("08.wheels", "u moves 0.5 times as fast as x, v moves -4 times as fast as u, and y moves 3 "
        "times as fast as v. {x} goes up by 0.01: by about how much does y move?", -0.06,
        "0.5 times -4 times 3 is -6, times the step", "multiply the three rates, then the step",
        x=x, slips={0.06: "in which direction?", -6: "that is the rate: how large is the step?",
                    -0.005: "rates are multiplied, not added"})
    ask("08.which-rule", "For one of these the single-variable chain rule is enough. Which? (a) "
        "{a}; (b) {b}; (c) {c}; (d) {d}", "b", "only there one path leads from x to the result",
        "from x to y there must be one path", words=FOUR,
        a=x * np.sin(x), b=np.sin(np.exp(x)), c=np.sin(x) * np.exp(x), d=x + x**2,
        slips={"a": "x goes in at two places: directly, and through sin(x)",
               "c": "x goes in at two places: through sin(x), and through exp(x)",
               "d": "x goes in at two places: directly, and through x^2"})


def total_derivative():
    x, u, v = scalars("x u v")
    ask("09.partial", "{x} = 2, and {u} = 4, since it is {g}. What is the partial derivative of "
        "{y} with respect to {x} there?", 4, "u stands still, and is the factor of x",
        "u is a constant factor here", x=x, u=u, g=x**2, y=x * u,
        slips={12: "that is the total derivative: here u stands still",
               8: "that is what comes along the other path, through u"})
    ask("09.total", "And what is the total derivative of {y} with respect to {x}, again at {x} = 2 "
        "with {u} = {g}?", 12, "4 along the direct path, and 2 times 4 along the one through u",
        "one path is direct, the other leads through u", x=x, u=u, g=x**2, y=x * u,
        slips={4: "that is the partial derivative: u moves with x, too",
               8: "that is one path alone: x also goes in directly",
               32: "paths are added, not multiplied"})
    ask("09.how-many-paths", "{u} = {g}, {v} = {h} and y = {y}. How many paths lead from {x} to y?",
        4, "direct; through u; through v; through u and v",
        "draw it: x has three arrows, u has two", x=x, u=u, v=v, g=x**2, h=x + u, y=u * v + x,
        slips={3: "one leads through u and v, both", 2: "x goes in at three places, and u at two",
               5: "each path must differ in a variable on its way"})


def vector_chain():
    x, (g_1, g_2), t = vectors("x"), scalars("g_1 g_2"), scalars("t")
    A, B = matrices("A", shape=("k", "n")), matrices("B", shape=("m", "k"))
    ask("10.which-shape", "A is 4 x 3 and B is 2 x 4. Which shape has the Jacobian of {y} with "
        "respect to {x}?", ("2", "3"), "outputs by inputs: the 4 in between disappears",
        "count the outputs and the inputs of the whole", y=B @ np.sin(A @ x), x=x,
        slips={"3 x 2": "rows are outputs, columns are inputs",
               "4 x 4": "that is the diagonal factor in the middle",
               "4 x 3": "that is the inner Jacobian alone",
               "2 x 4": "that is the outer Jacobian alone"})
    ask("10.which-order", "∂y/∂u is 5 x 3, and ∂u/∂x is 3 x 5. Which shape has ∂y/∂x?", ("5", "5"),
        "the last function's Jacobian stands first: 5 x 3 times 3 x 5",
        "the last function's Jacobian stands first",
        slips={"3 x 3": "that is the other order, which fits as well: how many outputs are there?",
               "5 x 3": "that is the first factor", "3 x 5": "that is the second factor"})
    ask("10.cross-term", "y = ({f}, {g}), with {a} = {t} and {b} = {c}. How fast does the first "
        "entry of y move with {t}, at {t} = 1?", 3, "g_2 times 1, and g_1 times 2t",
        "row 1 of the outer Jacobian is [g_2, g_1]", f=g_1 * g_2, g=g_1 + g_2, a=g_1, b=g_2, t=t,
        c=t**2, slips={1: "g_2 moves with t, too", 2: "g_1 moves with t, too"})
    ask("10.broadcast", "A is an array of shape (m, n). Which line of NumPy is diag(cos(A x)) A? "
        "(a) np.cos(A @ x) * A; (b) np.cos(A @ x)[:, None] * A; (c) A * np.cos(A.T @ x)", "b",
        "the diagonal matrix on the left scales the rows of A",
        "does diag(v) A scale rows or columns?", words=("a", "b", "c"),
        slips={"a": "NumPy lays an array of one axis along the rows: each column is scaled, or it "
               "does not fit", "c": "that scales columns"})
    ask("10.cost", "A row of 1000 numbers comes back, and the next factor is diag(v). How many "
        "multiplications does it take?", 1000, "each number of the row meets one slope",
        "a row times diag(v) is an element-wise product",
        slips={10**6: "that is a full matrix; nobody forms a diagonal one",
               10**9: "that is a full matrix times a full matrix"})

# fmt: on

for chapter in (
    elementwise, scalar_expansion, sum_reduction, single_variable, total_derivative, vector_chain,
):  # fmt: skip
    chapter()
