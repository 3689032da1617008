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
    X, weights = matrices("X", shape=("N", "n")), matrices("W", shape=("n", "m"))
    Y = matrices("Y", shape=("N", "m"))
    ask("20.entries",
        "A layer has 5 inputs and 3 neurons. Of the derivative of its outputs with respect to its "
        "weight matrix, with three axes, how many entries are not zero, in general?", 15,
        "each of the 15 weights moves the output of its own neuron, and no other",
        "how many outputs does one weight move?",
        slips={"45": "that is how many there are"})
    ask("20.bias",
        "Three examples in a batch, two neurons, and the errors E = [[1, 2], [3, 4], [5, 6]] come "
        "back to X W + 1 b^T. What is the gradient with respect to b?", [9, 12],
        "b was copied to each example, so what comes back is added up over the examples",
        "what was copied is summed on the way back",
        slips={"[3, 7, 11]": "that is added up over the neurons",
               "[3, 4]": "that is the mean, and nothing divides here"})
    ask("20.axis",
        "In NumPy, E has a row for each of 32 examples and a column for each of 10 neurons. How "
        "many numbers has E.sum(axis=1)?", 32,
        "axis 1 runs along a row and is added up, so a number for each example is left",
        "the axis that is named goes away",
        slips={"10": "that is what axis=0 leaves, a number for each neuron",
               "1": "that is E.sum()"})
    row("20.square", "What is the Jacobian of {y} with respect to {x}?", (u @ W @ x) ** 2, W,
        "the outer function is a square: twice the number u^T W x",
        "then the derivative of u^T W x, which is n x m: a column times a row")
    row("20.sigmoid",
        "What is the Jacobian of {y} with respect to {x}? (σ(z) is 1/(1 + exp(-z)).)",
        np.sum(sigmoid(W @ x)), W,
        "go back from the sum: first the row for u_1 = W x, then x in front of it",
        "the derivative of σ(z) is σ(z) (1 - σ(z)), element by element with ⊗")
    row("20.trace", "Where does each factor go: what is the Jacobian of {y} with respect to {x}?",
        np.trace(A @ S @ B), S,
        "factors may be moved round in a trace: tr(A S B) = tr(B A S)",
        "with respect to S, tr(M S) has the derivative M")
    row("20.rectified", "What is the Jacobian of {y} with respect to {x}?",
        np.sum(u * np.maximum(0, W @ x + b)), W,
        "each output has a weight in u, and counts only where it is active",
        "x times a row: write ... (u if W x + b > 0; 0 otherwise)^T")
    row("20.batch",
        "N examples, m outputs for each: what is the Jacobian of {y} with respect to {x}?",
        np.sum((X @ weights - Y) ** 2), weights,
        "with respect to the errors E = X W - Y it is 2E^T",
        "W has X in front of it, so X comes last in the Jacobian, which is m x n")
    row("20.gaussian",
        "The logarithm of a Gaussian density is made of these: what is the Jacobian of {y} with "
        "respect to {x}?",
        np.log(np.linalg.det(S)) + x @ np.linalg.inv(S) @ x, S,
        "two terms, each with a rule of this chapter",
        "a step dS moves inv(S) by -inv(S) dS inv(S)")
    row("20.biases", "N examples: what is the Jacobian of {y} with respect to {x}?",
        np.sum((X @ weights + b - Y) ** 2), b,
        "b is laid under itself N times, and what was copied is summed on the way back",
        "a row of ones in front of the errors adds up their rows")
    v, V = vectors("v", size="k"), matrices("V", shape=("k", "m"))
    row("20.first-layer",
        "Two layers: what is the Jacobian of {y} with respect to {x}, the weights of the first?",
        v @ (V @ np.tanh(W @ x)), W,
        "go back from the result: v^T, then V, then the slopes of tanh, and x in front",
        "the slope of tanh is 1 minus its square, here at W x, element by element")
    row("20.unit",
        "A vector divided by its length, and g comes back to it as a row: what goes on to {x}, the "
        "Jacobian of {y}?", vectors("g") @ (x / np.linalg.norm(x)), x,
        "x goes in twice: above, and in the length below",
        "the length has the derivative x^T/||x||, and 1/||x|| has -x^T/||x||^3")


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
        "a row of a's, times the Jacobian of w ⊗ x")
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
    ask("22.nothing",
        "The probabilities are s = [0.5, 0.3, 0.2]. All three scores go up by 1. What do the "
        "probabilities change by? Answer with a list.", [0, 0, 0],
        "exp(1) is a factor above and below", "which differences between scores change?",
        slips={"[1, 1, 1]": "that is what the scores change by"})
    ask("22.error",
        "Softmax gives s = [0.7, 0.2, 0.1], and the second class is right. What is the gradient "
        "of the cross-entropy with respect to the scores?", [0.7, -0.8, 0.1],
        "answer minus target, class by class", "s minus the one-hot target",
        slips={"[0, -0.8, 0]": "the scores of the wrong classes count, too"})
    ask("22.axis",
        "In NumPy, Z has a row of scores for each example. Over which axis has exp(Z) to be "
        "summed, to make probabilities of each row?", 1,
        "axis 1 runs along a row, over the classes", "which axis counts the classes?",
        slips={"0": "that adds up different examples",
               "-1": "the last one it is: count it from the front"})
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
        "both terms see w only through w.x: first the slope of that number, then x^T is a factor",
        "log(1 + exp(c)) has the derivative σ(c); σ can be typed as sigmoid")
    u = let("u", z / t)
    row("22.temperature",
        "Cross-entropy at temperature t, with the probabilities y: what is the Jacobian of {y} "
        "with respect to {x}, where u = z/t?",
        np.log(np.sum(np.exp(u))) - y @ u, z,
        "with respect to u it is a row that you know", "then comes the Jacobian of u = z/t")
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
        "the derivative of σ(c) with respect to c is σ(c)(1 - σ(c))")
    K, q, g = matrices("K", shape=("m", "n")), vectors("q"), vectors("g", size="m")
    s = let("s", np.exp(K @ q) / np.sum(np.exp(K @ q)))
    row("22.attention",
        "A query q meets the keys, the rows of K. The weights are s, softmax of K q, and g comes "
        "back to them: what is the Jacobian of {y} with respect to {x}?", g @ s, q,
        "g^T times the Jacobian of softmax, then that of K q",
        "g^T (diag(s) - s s^T) is a row: each g_i s_i, less s_i times the average g.s")
    Z, G = matrices("Z G", shape=("N", "k"))
    S = let("S", np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True))
    row("22.rows",
        "Each row of S is softmax of that row of Z, and G comes back: what is the Jacobian of {y} "
        "with respect to {x}? In numerator layout it is k x N.", np.sum(G * S), Z,
        "for each row it is what it was for one vector: g ⊗ s less (g.s) s",
        "(G ⊗ S) 1 has a g.s for each row, and diag((G ⊗ S) 1) S lays each beside its row")


def training():
    W, (x, y) = matrices("W"), (vectors("x"), vectors("y", size="m"))
    b, (a, beta, eta) = vectors("b", size="m"), scalars("a beta eta")
    theta, v, g = vectors("theta v g")
    loss = np.log(np.sum(np.exp(W @ x))) - y @ (W @ x)
    ask("23.adam",
        "The first two gradients of a network's parameters are [0.01, -100]. About by how much "
        "does Adam's first step, at a rate of 0.001, change them?", [-0.001, 0.001],
        "in its first step only the sign of each gradient counts",
        "the gradient is divided by its own size",
        slips={"[0.001, -0.001]": "that goes uphill",
               "[-0.00001, 0.1]": "that is a step of plain descent"})
    ask("23.zero",
        "W_1 and b_1 start at random, W_2 and b_2 at zero. For how many of the four is the "
        "gradient of the cross-entropy other than 0, in general?", 2,
        "nothing goes back through W_2, but W_2 has h as a factor, and b_2 the error alone",
        "what is each gradient made of, and which factor is 0?",
        slips={"1": "h is not 0 here", "4": "what comes back to the first layer is W_2^T e"})
    ask("23.mean",
        "Which shape has the gradient of the mean loss with respect to b, a layer's bias of m "
        "entries, for a batch of N examples, as a column?", ("m", 1),
        "what comes back is added up over the examples", "the shape of b itself",
        slips={("N", "m"): "every example shares one b: add up", (1, "m"): "that is its Jacobian"})
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
        "it is n x m.", np.sum((W @ x - y) ** 2) / 2 + a * np.sum(W**2), W,
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
        "the gradient is x - a", "the Hessian is the Jacobian of that", order=2)
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
