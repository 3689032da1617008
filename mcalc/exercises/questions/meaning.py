"""Questions of meaning in chapters 05 to 10, which no substitution answers."""

from __future__ import annotations

import numpy as np

from ...graph.variables import matrices, scalars, vectors
from .row import ask

# fmt: off

def elementwise():
    (w, x), (w_1, x_1) = vectors("w x"), scalars("w_1 x_1")
    ask("05.which-is-full", "One of these has a Jacobian with respect to {0} that is not diagonal. "
        "Which?", "c",
        {"a": "entry i of it is w_i exp(w_i), and no other element is in that",
         "b": "x does not move, and entry i has no other weight in it than w_i",
         "d": "entry i compares w_i with x_i, and looks at no other element"},
        "which entry looks at an element that is not its own?",
        shown=(w, w * np.exp(w), w / x, w - w[0], np.maximum(w, x)),
        choices=("{1}", "{2}", "{3}", "{4}"))
    ask("05.tie", "What is the derivative of {0} with respect to {1} at a tie, where {1} = {2}?",
        "d",
        {"a": "that is the slope to one side: to the other side nothing moves",
         "b": "that is the slope to one side: to the other side it moves as much as w_1 does",
         "c": "that is the mean of the slopes to both sides; a derivative has to fit both"},
        "nudge w_1 up, and then down", shown=(np.minimum(w_1, x_1), w_1, x_1),
        choices=("1", "0", "1/2", "there is none"))
    ask("05.how-many", "Vectors of 1000 elements: how many entries of the Jacobian of {0} with "
        "respect to {1} can be other than zero?", 1000,
        {10**6: "that is how many there are; most of them are zero",
         1: "that is one row's: there are a thousand rows"},
        "one in each row", shown=(w / x, x))


def scalar_expansion():
    x, z = vectors("x"), scalars("z")
    ask("06.which-shape", "{1} has 5 elements. Which shape has the derivative of {0} with respect "
        "to {2}?", "5 x 1",
        {"1 x 5": "rows are outputs, columns are inputs: how many inputs are there?",
         "5 x 5": "that is the shape with respect to x: z is one input, not five",
         "1 x 1": "that is a single number; five outputs move with z"},
        "count the outputs, then the inputs", shown=(x * z, x, z))
    ask("06.off-diagonal", "What is the entry in row 1, column 2 of the Jacobian of {0} with "
        "respect to {1}?", 1,
        {0: "it would be, if the scalar beside x stood still; sum(x) moves with x_2",
         2: "that is what stands on the diagonal, where x_i itself moves, too"},
        "output 1 is x_1 + (x_1 + x_2 + ...): what does x_2 do to it?",
        shown=(x + np.sum(x), x))
    ask("06.how-far", "{1} = [1, -3], and {2} goes from 2 to 2.1. By how much does the second "
        "entry of {0} move?", -0.3,
        {0.3: "in which direction?", 0.1: "that would be x + z; here z multiplies",
         -6.3: "that is where it goes, not how far it moves", 0.2: "z itself is no slope here"},
        "the derivative with respect to z is a column: which entry?", shown=(x * z, x, z))


def sum_reduction():
    x = vectors("x")
    ask("07.centred", "{1} has 4 elements, and {0} takes their mean from each. What is the entry "
        "in row 1, column 2 of its Jacobian?", -0.25,
        {0: "the mean moves with x_2, and it is in every output", 0.25: "the mean is subtracted",
         0.75: "that is on the diagonal, where x_1 itself moves, too",
         -1: "x_2 counts for one part in four of the mean"},
        "output 1 is x_1 - (x_1 + x_2 + x_3 + x_4)/4", shown=(x - np.mean(x), x))
    ask("07.step", "At {1} = [1, 2, 3], the first element goes up by 0.1 and the last goes down by "
        "0.1. By how much does {0} move, to first order?", -0.4,
        {0.4: "in which direction? The last element counts for more", 0:
         "that is what the sum of x does; here each element has its own slope",
         0.8: "one of the two steps goes down", -0.38: "that is the real change: what does the row "
         "of slopes predict?"},
        "the row is (2x)^T, the step is [0.1, 0, -0.1]^T", shown=(np.sum(x**2), x))
    ask("07.in-numpy", "In NumPy, w and x are arrays of shape (3,). What is w @ x.T?", "c",
        {"a": "it would be, if w were a column and x.T a row; an array of one axis is neither",
         "b": "the two fit: x.T is as long as x"},
        "what does .T do to an array of one axis?",
        choices=("a matrix, 3 x 3: a column times a row", "an error: the shapes do not fit",
                 "one number: the dot product"))


def single_variable():
    x = scalars("x")
    ask("08.which-rule", "For one of these the single-variable chain rule is enough. Which?", "b",
        {"a": "x goes in at two places: directly, and through sin(x)",
         "c": "x goes in at two places: through sin(x), and through exp(x)",
         "d": "x goes in at two places: directly, and through x^2"},
        "from x to y there must be one path",
        shown=(x * np.sin(x), np.sin(np.exp(x)), np.sin(x) * np.exp(x), x + x**2),
        choices=("{0}", "{1}", "{2}", "{3}"))
    ask("08.slopes", "Of g one knows g(2) = 5, and that its slope at 2 is 3. The slope of f is 4 "
        "at 2, and -1 at 5. What is the slope of f(g(x)) at x = 2?", -3,
        {12: "the outer slope is taken where f is: at g(2), not at 2",
         2: "rates are multiplied, not added", -1: "that is the outer slope: how fast does g move?",
         3: "that is the inner slope, or the outer one without its sign"},
        "f sees u = g(x), which is 5")
    ask("08.gears", "u moves 0.5 times as fast as x, v moves -4 times as fast as u, and y moves 3 "
        "times as fast as v. x goes up by 0.01: by about how much does y move?", -0.06,
        {0.06: "in which direction?", -6: "that is the rate: x moves by a hundredth only",
         -0.005: "rates are multiplied, not added"},
        "multiply the three rates, then the step")


def total_derivative():
    x, u, v = scalars("x u v")
    ask("09.partial", "{0} = 2, and {1} = 4, since it is {2}. What is the partial derivative of "
        "{3} with respect to {0} there?", 4,
        {12: "that is the total derivative: here u stands still",
         8: "that is what comes along the other path, through u"},
        "u is a constant factor here", shown=(x, u, x**2, x * u))
    ask("09.total", "The same function at the same place: what is the total derivative?", 12,
        {4: "that is the partial derivative: u moves with x, too",
         8: "that is one path alone: x also goes in directly",
         32: "paths are added, not multiplied"},
        "one path is direct, the other leads through u")
    ask("09.how-many-paths", "{0} = {3}, {1} = {4} and y = {5}. How many paths lead from {2} to y?",
        4,
        {3: "one leads through u and v, both", 2: "x goes in at three places, and u at two",
         5: "each path must differ in a variable on its way"},
        "draw it: x has three arrows, u has two", shown=(u, v, x, x**2, x + u, u * v + x))


def vector_chain():
    x, (g_1, g_2) = vectors("x"), scalars("g_1 g_2")
    A, B = matrices("A", shape=("k", "n")), matrices("B", shape=("m", "k"))
    t = scalars("t")
    ask("10.which-shape", "A is 4 x 3 and B is 2 x 4. Which shape has the Jacobian of {0} with "
        "respect to {1}?", "2 x 3",
        {"3 x 2": "rows are outputs, columns are inputs", "4 x 4":
         "that is the diagonal factor in the middle", "4 x 3": "that is the inner Jacobian alone",
         "2 x 4": "that is the outer Jacobian alone"},
        "outputs by inputs: what is between them disappears", shown=(B @ np.sin(A @ x), x))
    ask("10.which-order", "∂y/∂u is 5 x 3, and ∂u/∂x is 3 x 5. Which shape has ∂y/∂x?", "5 x 5",
        {"3 x 3": "that is the other order, which fits as well: how many outputs are there?",
         "5 x 3": "that is the first factor", "3 x 5": "that is the second factor"},
        "the last function's Jacobian stands first")
    ask("10.cross-term", "y = [{0}, {1}]^T, with {2} = {4} and {3} = {5}. How fast does the first "
        "entry of y move with {4}, at {4} = 1?", 3,
        {1: "g_2 moves with t, too", 2: "g_1 moves with t, too"},
        "row 1 of the outer Jacobian is [g_2, g_1]",
        shown=(g_1 * g_2, g_1 + g_2, g_1, g_2, t, t**2))
    ask("10.broadcast", "A is an array of shape (m, n). Which line of NumPy is diag(cos(A x)) A?",
        "b",
        {"a": "NumPy lays an array of one axis along the columns: it would scale columns, "
         "or not fit", "c": "that multiplies from the right, and scales columns"},
        "the diagonal matrix on the left scales the rows of A",
        choices=("np.cos(A @ x) * A", "np.cos(A @ x)[:, None] * A", "A @ np.diag(np.cos(A.T @ x))"))
    ask("10.cost", "A row of 1000 numbers comes back, and the next factor is diag(v). How many "
        "multiplications does it take?", 1000,
        {10**6: "nobody forms a diagonal matrix: each number meets one slope",
         10**9: "that is a full matrix times a full matrix"},
        "v^T diag(s) is (v ⊗ s)^T")

# fmt: on

for chapter in (
    elementwise, scalar_expansion, sum_reduction, single_variable, total_derivative, vector_chain,
):  # fmt: skip
    chapter()
