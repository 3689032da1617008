"""The exercises of chapters 20 to 24, which go on where the paper ends."""

from __future__ import annotations

import numpy as np

from ...graph.forms import sigmoid
from ...graph.variables import let, matrices, scalars, vectors
from .row import ask, row

# fmt: off

def layers():
    W, x, b, u = matrices("W"), vectors("x"), vectors("b", size="m"), vectors("u", size="m")
    A, B, S = matrices("A B S", shape=("n", "n"))
    D, Q = matrices("D", shape=("N", "n")), matrices("Q", shape=("n", "k"))
    Y = matrices("Y", shape=("N", "k"))
    row("20.square", "What is the Jacobian of {y} by {x}?", (u @ W @ x) ** 2, W,
        "the outer function is a square: twice the number u^T W x",
        "then the derivative of u^T W x, which is n x m: a column times a row")
    row("20.sigmoid", "What is the Jacobian of {y} by {x}? (σ(z) is 1/(1 + exp(-z)).)",
        np.sum(sigmoid(W @ x)), W,
        "go back from the sum: first the row by u_1 = W x, then x in front of it",
        "the derivative of σ(z) is σ(z) (1 - σ(z)), element by element with ⊗")
    row("20.trace", "Where does each factor go: what is the Jacobian of {y} by {x}?",
        np.trace(A @ S @ B), S,
        "factors may be moved round in a trace: tr(A S B) = tr(B A S)",
        "the derivative of tr(M S) by S is M")
    row("20.rectified", "What is the Jacobian of {y} by {x}?",
        np.sum(u * np.maximum(0, W @ x + b)), W,
        "each output has a weight in u, and counts only where it is active",
        "x times a row: write ... (u if W x + b > 0; 0 otherwise)^T")
    row("20.batch", "N examples, k outputs for each: what is the Jacobian of {y} by {x}?",
        np.sum((D @ Q - Y) ** 2), Q,
        "the derivative by the errors E = D Q - Y is 2E^T",
        "Q has D in front of it, so D comes last in the Jacobian, which is k x n")
    row("20.gaussian",
        "The logarithm of a Gaussian density is made of these: what is the Jacobian of {y} by {x}?",
        np.log(np.linalg.det(S)) + x @ np.linalg.inv(S) @ x, S,
        "two terms, each with a rule of this chapter",
        "a step dS moves inv(S) by -inv(S) dS inv(S)")


def automatic_differentiation():
    x, p, w = vectors("x p w")
    v, A = vectors("v", size="m"), matrices("A", shape=("m", "n"))
    a, t = scalars("a t")
    ask("21.passes", "A function takes 1,000 numbers to 3. How many passes backward give its whole "
        "Jacobian?", 3, "one pass for each output, which gives a row",
        "a pass backward starts at one output",
        slips={"1000": "that is how many passes forward it takes"})
    ask("21.mode", "A simulation takes 2 numbers to a million. Which way is the cheaper one for "
        "its Jacobian, forward or backward?", "forward", "two passes forward, one for each input",
        "a pass forward for each input, or a pass backward for each output",
        words=("forward", "backward"))
    ask("21.shares", "In {y} the node {u} is used twice. At {x} = 3, what has come back to {u}, "
        "before it hands anything on?", 8,
        "along u^2 it is 2u, at u = 3 it is 6, and along 2u it is 2",
        "two shares, which are added",
        slips={"6": "one share is missing", "2": "one share is missing",
               "12": "shares are added and not multiplied"},
        y=scalars("u") ** 2 + 2 * scalars("u"), u=scalars("u"), x=scalars("u"))
    row("21.element-wise",
        "w comes back to log(x) as a row. What goes on to x, the Jacobian of {y}?",
        w @ np.log(x), x,
        "a row times a diagonal matrix is a row again", "the slope of log(x_i) is 1/x_i")
    row("21.total",
        "A number a comes back to the sum of w ⊗ x. What goes on to x, the Jacobian of {y}?",
        a * np.sum(w * x), x,
        "every product goes into the sum with slope 1, so each gets a",
        "a row of a's, times the Jacobian of w ⊗ x by x")
    row("21.matrix",
        "v comes back to A (w ⊗ x) as a row. What goes on to x, the Jacobian of {y}?",
        v @ (A @ (w * x)), x,
        "first a row times A, then the row that this makes times diag(w)",
        "v^T A is a row with n entries, and each meets its own entry of w")
    row("21.direction",
        "Forward, along p: what is the derivative of {y} with respect to the scalar {x}?",
        np.exp(x + t * p), t,
        "the inside moves by p: a column", "each entry of p, times the slope of its exp")
    row("21.twice",
        "x is used twice, and w comes back as a row. What goes on to x, the Jacobian of {y}?",
        w @ (x * np.exp(x)), x,
        "two paths, and what comes back along them is added",
        "along the direct one it is w ⊗ exp(x), as a row")
    row("21.chain",
        "Back through a chain of three: what goes on to x, the Jacobian of {y}?",
        v @ np.tanh(A @ x), x,
        "v^T first meets the diagonal matrix of slopes, then A",
        "the slope of tanh is 1 minus its square, here at A x")


    row("21.skip",
        "A layer with a way past it: v comes back to the sum. What goes on to x, the Jacobian of "
        "{y}?", w @ (x + np.tanh(matrices("S", shape=("n", "n")) @ x)), x,
        "two paths: past the layer, and through it", "past it, w^T goes on as it is")


def softmax():
    w, x, y, z, v = vectors("w x y z v")
    t = scalars("t")
    row("22.weighted", "What is the Jacobian of {y} with respect to {x}? It is a row.",
        np.log(np.sum(w * np.exp(z))), z,
        "one over what stands inside log, times the Jacobian of that",
        "the Jacobian of the weighted sum is (w ⊗ exp(z))^T")
    row("22.log-softmax",
        "The logarithm of softmax, without a quotient: what is the Jacobian of {y} with respect to "
        "{x}?",
        z - np.log(np.sum(np.exp(z))), z,
        "two paths: z moves directly, and every output loses the same log(sum(exp(z)))",
        "the second path is a column of ones, 1, times a row that you know")
    row("22.logistic",
        "Two classes, one unit with weights w, the target t: what is the Jacobian of {y} with "
        "respect to {x}?",
        np.logaddexp(0, w @ x) - t * (w @ x), w,
        "both terms see w only through w.x: differentiate by that, then comes x^T as a factor",
        "the derivative of log(1 + exp(c)) by c is σ(c); σ can be typed as sigmoid")
    u = let("u", z / t)
    row("22.temperature",
        "Cross-entropy at temperature t, with the probabilities y: what is the Jacobian of {y} "
        "with respect to {x}, where u = z/t?",
        np.log(np.sum(np.exp(u))) - y @ u, z,
        "with respect to u it is a row that you know", "then comes the Jacobian of u by z")
    s = let("s", np.exp(z) / np.sum(np.exp(z)))
    row("22.average",
        "The average of the values v, weighted with s = exp(z)/sum(exp(z)), is {y}: what is its "
        "Jacobian with respect to {x}?",
        v @ s, z,
        "it is v^T times the Jacobian of softmax",
        "v^T diag(s) is the row (v ⊗ s)^T, and v^T s is a number, v.s")
    row("22.curvature",
        "{y} is the gradient of log(1 + exp(w.x)), as a column. What is its Jacobian with respect "
        "to {x}, the second derivatives?",
        sigmoid(w @ x) * x, w,
        "a number times x, and only the number moves: a column times a row",
        "the derivative of σ(c) by c is σ(c)(1 - σ(c))")


def training():
    W, (x, y) = matrices("W"), (vectors("x"), vectors("y", size="m"))
    b, (a, beta, eta) = vectors("b", size="m"), scalars("a beta eta")
    theta, v, g = vectors("theta v g")
    loss = np.log(np.sum(np.exp(W @ x))) - y @ (W @ x)
    row("23.mask", "A hidden layer, added up: what is the Jacobian of {y} with respect to {x}?",
        np.sum(np.maximum(0, W @ x + b)), b,
        "a row with an entry for each hidden unit: 1 where it is active, 0 where it is not",
        "a comparison such as W x + b > 0 is a column of ones and zeros")
    row("23.rate",
        "{y} is what a step with momentum leads to. How does it move with {x}, the learning rate?",
        theta - eta * (beta * v + g), eta,
        "the parameters of before do not move with the rate", "a column, and its sign counts")
    row("23.leaky",
        "A hidden layer whose units are never quite silent: what is the Jacobian of {y} with "
        "respect to {x}?", np.sum(np.where(W @ x > 0, W @ x, W @ x / 10)), x,
        "two factors: a row with an entry for each unit, and a matrix",
        "the row is (1 if W x > 0; 1/10 otherwise)^T")
    row("23.hidden",
        "The last layer, without a bias: what is the Jacobian of {y} with respect to {x}, which is "
        "what goes back to the layer before?", loss, x,
        "with respect to the logits W x it is softmax minus the target, as a row",
        "then comes the Jacobian of W x")
    row("23.weights",
        "The same loss: what is the Jacobian of {y} with respect to {x}? In numerator layout it is "
        "n x m.", loss, W,
        "a column times a row, in the order in which n x m comes out",
        "x times the row that goes back to the logits")
    row("23.decay",
        "With weight decay: what is the Jacobian of {y} with respect to {x}? In numerator layout "
        "it is n x m.", np.sum((W @ x - y) ** 2) + a * np.sum(W**2), W,
        "two paths: the errors see W through W x, the decay sees it directly",
        "the one is a column times a row; the other is a multiple of W^T")


def curvature():
    (w, x, a), (b, t) = vectors("w x a"), scalars("b t")
    X, y = matrices("X", shape=("N", "n")), vectors("y", size="N")
    ask("24.border",
        "The Hessian of a quadratic loss has the eigenvalues 1, 4 and 40. Below which learning "
        "rate does descent converge?", 0.05, "2 over the largest eigenvalue",
        "along which direction does it break first?",
        slips={"2": "that is the border of the flattest direction",
               "0.025": "that one goes straight to the bottom of the steepest direction"})
    ask("24.saddle",
        "The gradient is zero and the Hessian is [[1, 3], [3, 1]]. Is it a minimum, a maximum or "
        "a saddle?", "saddle", "along [1, -1] the curvature is negative: 1 - 3 - 3 + 1",
        "what is v^T H v along [1, 1], and along [1, -1]?",
        words=("minimum", "maximum", "saddle"))
    ask("24.newton",
        "A quadratic in 5 variables curves upwards in every direction, with a condition number of "
        "1000. How many steps does Newton's method need to its bottom?", 1,
        "a quadratic is its own prediction with curvature", "what does the condition number do?")
    row("24.distance", "A round bowl with its bottom at a: what is the Hessian of {y} with respect "
        "to {x}?", np.sum((x - a) ** 2) / 2, x,
        "the gradient is x - a", "the Hessian is the Jacobian of that, by x", order=2)
    row("24.quartic", "What is the Hessian of {y} with respect to {x}?", np.sum(x**4), x,
        "the gradient is 4x^3, element by element",
        "an element-wise function has a diagonal Jacobian", order=2)
    row("24.square", "One example with the target t: what is the Hessian of {y} with respect to "
        "{x}?", (w @ x - t) ** 2, w,
        "the gradient is the vector x, times the number 2(w.x - t)",
        "a column times a row is a matrix: x x^T", order=2)
    row("24.exponential", "What is the Hessian of {y} with respect to {x}?", np.exp(-(a @ x)), x,
        "the gradient is a, times the number -exp(-(a.x))",
        "a column times a row, a number in front, and two minus signs", order=2)
    row("24.decay", "Least squares with decay: what is the Hessian of {y} with respect to {x}?",
        np.mean((X @ w - y) ** 2) + b * (w @ w), w,
        "a sum of two losses, and each has a Hessian of its own",
        "the gradient of b (w.w) is 2b w", order=2)
    row("24.two-paths", "In its gradient x goes in at two places: what is the Hessian of {y} with "
        "respect to {x}?", (x @ x) ** 2, x,
        "the gradient is the vector x, times the number 4 (x.x)",
        "one path gives a multiple of I, the other a column times a row",
        order=2)

# fmt: on

for chapter in (layers, automatic_differentiation, softmax, training, curvature):
    chapter()
