"""The exercises of chapters 30 on: what goes back when G comes, in the shape of the variable."""

from __future__ import annotations

import numpy as np

from ...graph.expr import size
from ...graph.variables import let, matrices, scalars, vectors
from .row import ask, row

# fmt: off

def what_goes_back():
    X, W = matrices("X", shape=("N", "n")), matrices("W", shape=("k", "n"))
    A, B, S = matrices("A B S", shape=("n", "n"))
    ask("30.which-shape", "X is 200 x 64, W is 64 x 10, and G comes back to the product X W. Which "
        "shape has what goes on to X?", ("200", "64"), "the shape of X, whatever comes in",
        "a gradient has the shape of what it belongs to",
        slips={"200 x 10": "that is the shape of G, which comes in",
               "64 x 10": "that is what goes on to W",
               "64 x 200": "that is the transpose: part three keeps the shape of the variable"})
    ask("30.how-often", "A layer has a million weights. How many runs of the forward pass does the "
        "adjoint test take, with a difference to both sides?", 2,
        "one with X + h dX and one with X - h dX; all weights move at once",
        "how many steps dX are there?",
        slips={2 * 10**6: "that is nudging the weights one by one: here they all move at once",
               1: "a difference takes two values"})
    row("30.upside-down", "Some frameworks keep a layer's weights as k x n. G comes back to {y}. "
        "What goes on to {x}?", X @ W.T, W,
        "the transpose of X W^T is W X^T: what goes back to the transpose of W?",
        "to W^T goes X^T G, which is n x k, and W is k x n")
    row("30.weighted", "G comes back to {y}. What goes on to {x}?", (A * B) @ S, A,
        "go back through the product first", "then through the element-wise one: each entry of A "
        "meets its own entry of B")
    row("30.between", "G comes back to {y}. What goes on to {x}?", A @ B.T @ S, B,
        "to B^T goes A^T G S^T", "then transpose that, factor by factor from the end")
    row("30.solved", "A linear system is solved inside a layer: G comes back to {y}. What goes on "
        "to {x}?", np.linalg.inv(S) @ A, S,
        "to inv(S) goes G A^T", "a step dS moves inv(S) by -inv(S) dS inv(S), and both factors go "
        "to the other side")
    row("30.gram", "All dot products of the rows of X, with each other: G comes back to {y}. What "
        "goes on to {x}?", X @ X.T, X,
        "X goes in at two places, and what goes back along the two paths is added",
        "along the first path it is G X, along the second G^T X")


def axes():
    X, U, Z = matrices("X U Z", shape=("N", "n"))
    c, r = vectors("c", size="n"), vectors("r", size="N")
    ask("31.which-shape", "X has the shape (8, 5, 3), and is summed along axis 1 without keepdims. "
        "G comes back in the shape of the sum. What is its shape: (a) (8, 3); (b) (8, 1, 3); (c) "
        "(8, 5, 3); (d) (5, 3)?", "a", "the axis of length 5 is gone",
        "axes are counted from 0", words=("a", "b", "c", "d"),
        slips={"b": "that is with keepdims", "c": "that is the shape of what goes on to X",
               "d": "that is a sum along axis 0"})
    ask("31.four", "The scores of one example become the probabilities 1/2 and 1/2, and G comes "
        "back as [1, 0]. What goes on to the two scores?", [0.25, -0.25],
        "the mean of G, weighted with the probabilities, is 1/2: half of [1/2, -1/2]",
        "s times (g minus the dot product of s and g)",
        slips={"[0.5, 0]": "the sum below the line moves, too",
               "[0.25, 0]": "that is s(1 - s), for an element-wise function"})
    row("31.columns", "The sums of the columns are added to every row: G comes back to {y}. What "
        "goes on to {x}?", X + np.sum(X, axis=0), X,
        "two paths: directly, and through the sums",
        "the copies are added up, G^T 1, and every row gets that as a row")
    row("31.scaled", "Each row of X is multiplied by its own number: G comes back to {y}. What "
        "goes on to {x}?", X * r[:, None], r,
        "r_i is copied along row i", "so what comes back to row i of the copies is added up")
    row("31.gains", "Each column of X has a gain: G comes back to {y}. What goes on to {x}?",
        X * c, c, "the gains are copied to every row", "add up over the examples: a column with n "
        "entries")
    S = let("S", np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True))
    row("31.log-total", "S is softmax of Z, by rows: G comes back to {y}, which has the logarithm "
        "of its row's total in every place. What goes on to {x}?", Z - np.log(S), Z,
        "two paths: directly, and through log-softmax", "the copies of the total are added up, "
        "G 1, and each score gets its share of that")
    row("31.products", "The dot product of each row of X with the same row of U, taken from each "
        "entry: G comes back to {y}. What goes on to {x}?",
        X - np.sum(X * U, axis=1, keepdims=True), U,
        "U goes in through the sum alone, with a minus sign",
        "the sums of the rows of G are copied along the rows, and meet X there")


def attention():
    A, C, S = matrices("A C S", shape=("N", "N"))
    Q, K, V = matrices("Q K V", shape=("N", "k"))
    W, X = matrices("W", shape=("k", "k")), matrices("X", shape=("N", "k"))
    ask("32.how-large", "A head has 2,000 words, and queries, keys and values of 64 numbers each. "
        "How many numbers has its matrix of weights?", 4_000_000, "one for each pair of words",
        "who looks at whom?", slips={2000 * 64: "that is Q, or K, or V",
                                     2000 * 2001 // 2: "that is what a causal mask leaves of it"})
    ask("32.who-looks", "Five words, with a causal mask. Only row 3 of G is not zero. How many "
        "rows of dV are not zero?", 3, "word 3 looks at words 1, 2 and 3",
        "whose values are in result 3?",
        slips={1: "that is the row that comes in: whose values did word 3 look at?",
               5: "without the mask", 2: "a word may look at itself as well"})
    row("32.offered", "The scores, without a softmax: G comes back to {y}. What goes on to {x}?",
        Q @ K.T / np.sqrt(size("k")), K,
        "what goes back to K^T? Then transpose it", "the root stays where it is, as a divisor")
    row("32.masked", "Scores multiplied by a mask C of ones and zeros: G comes back to {y}. What "
        "goes on to {x}?", (C * S) @ V, S,
        "to C ⊗ S goes G V^T", "each entry meets its own entry of the mask")
    row("32.projected", "The results go through one more layer: G comes back to {y}. What goes on "
        "to {x}?", A @ V @ W, V,
        "V stands between two factors", "both go to the other side, transposed")
    row("32.linear", "Linear attention, without a softmax: G comes "
        "back to {y}. What goes on to {x}?", Q @ (K.T @ V), K,
        "to K^T V goes Q^T G", "K is there transposed")
    row("32.own-words", "Every word asks with W and offers itself: G comes back to {y}. What goes "
        "on to {x}?", X @ W @ X.T, X,
        "two paths: a word as the one that asks, and as the one that is asked",
        "along the first it is G X W^T, along the second G^T X W")


def normalisation():
    X, S, H = matrices("X S H", shape=("N", "n"))
    W = matrices("W", shape=("n", "n"))
    c, m = vectors("c m", size="n")
    ask("33.two", "A row of two numbers, [3, 7], is normalised as layer norm does it, without an "
        "epsilon. [1, 0] comes back. What goes on to the two numbers?", [0, 0],
        "two directions are taken away, and a row of two numbers has no more",
        "what is [3, 7] after it is normalised, and what is any other pair that rises?",
        slips={"[0.5, -0.5]": "that has lost its mean: what about the part along the row itself?",
               "[0.25, -0.25]": "that has lost its mean, and is divided by s: what about the part "
               "along the row itself?",
               "[0.5, 0]": "that is G/s: the mean and s move with the row"})
    ask("33.who-answers", "A batch of 5 examples with 3 numbers each goes through batch norm. Only "
        "one entry of G is not zero. How many entries of what goes on to the batch are in general "
        "not zero?", 5, "its own column: one number of each example",
        "along which axis are the mean and s taken?",
        slips={3: "that is layer norm: the row of one example",
               15: "columns do not meet: each has its own mean and s",
               1: "that is with a mean and an s that do not move, as after training"})
    row("33.after-training", "Batch norm after training, with mean m and a fixed factor c for each "
        "column: G comes back to {y}. What goes on to {x}?", (X - m) * c, X,
        "m and c do not move with X", "what is left is a factor for each column")
    row("33.past", "A branch with a fixed gain, and a path past it: G comes back to {y}. What goes "
        "on to {x}?", X + (X * c) @ W, X,
        "two paths, and what goes back along them is added",
        "along the branch: first through W, then through the gain")
    row("33.folded", "Rows H that are normalised already, a gain, a layer: G comes back to {y}. "
        "What goes on to {x}?", (H * c) @ W, c,
        "first through W: to H diag(c) goes G W^T", "the gain was copied to every row")
    row("33.centred", "The mean over the examples is taken off, then comes a layer: G comes back "
        "to {y}. What goes on to {x}?", (X - X.mean(axis=0)) @ W, X,
        "first through W", "the backward of centring is centring")
    row("33.gate", "Rows multiplied by the sums of their products with S: G comes back to {y}. "
        "What goes on to {x}?", X * np.sum(X * S, axis=1, keepdims=True), X,
        "two paths: directly, and through the sums",
        "a sum gets the products of G and X in its row, added up, and passes them on times S")


def block():
    C, P = matrices("C", shape=("N", "v")), matrices("P", shape=("N", "d"))
    E, X = matrices("E", shape=("v", "d")), matrices("X", shape=("N", "d"))
    A, B = matrices("A B", shape=("d", "h"))
    W = matrices("W", shape=("h", "d"))
    ask("34.how-many", "A block of width 64 has four matrices of 64 x 64 for attention, and two of "
        "64 x 256 and 256 x 64 for what comes behind it. How many weights are that?", 49_152,
        "twelve times the square of the width", "a matrix has rows times columns",
        slips={16_384: "that is attention alone", 32_768: "that is what comes behind attention",
               32: "count the entries"})
    ask("34.zeros", "At the start, the last matrix of each of the two branches is all zeros. How "
        "many of the six matrices get a gradient that is not zero?", 2,
        "the two last ones: what goes on through them is multiplied by zeros",
        "what goes back to the last matrix of a branch, and what goes on through it?",
        slips={0: "then it would never learn: what goes back to the last matrix of a branch?",
               6: "what goes on through a matrix of zeros?",
               4: "which four? what goes on through a matrix of zeros?"})
    row("34.embedding", "Each letter takes its row of E, and each place adds its own: G comes "
        "back to {y}. What goes on to {x}?", C @ E + P, E,
        "it is a product, with a matrix that picks",
        "a row of E gets what came back to all places that picked it")
    row("34.past", "A branch of two layers, and the way past it: G comes back to {y}. What goes on "
        "to {x}?", X + X @ (A @ W), X,
        "two paths", "along the branch: first through W, then through A")
    row("34.gated", "A gate in the place of the maximum, here without a curve of its own: G comes "
        "back to {y}. What goes on to {x}?", ((X @ A) * (X @ B)) @ W, A,
        "first through W", "X B is the factor that each entry of X A has met")
    row("34.tied", "The same E picks the letters and scores them: G comes back to {y}. What "
        "goes on to {x}?", C @ E @ E.T, E,
        "E is there twice: two paths", "through the second E goes G^T C E")

def steps():
    X, M, S = matrices("X M S", shape=("N", "n"))
    W = matrices("W", shape=("n", "k"))
    w, x, g, v = vectors("w x g v")
    eta, beta, a, p = scalars("eta beta a p")
    ask("35.floor", "A bowl has the curvatures 2 and 162. Momentum with its best rate and its best "
        "beta: which share of the distance does a step leave, in the long run?", 0.8,
        "the root of kappa is 9, and (9 - 1)/(9 + 1) is 0.8",
        "kappa is 162/2",
        slips={80 / 82: "that is a plain step: momentum has the root of kappa",
               0.64: "that is beta: a step leaves its root"})
    ask("35.untouched", "A weight that never gets a gradient, with AdamW: the rate is 0.1, a is "
        "0.5. Which share of it is left after 20 steps?", 0.358,
        "each step leaves 1 - 0.1 times 0.5, and 0.95^20 is 0.358",
        "what does one step leave?",
        slips={0: "that is the penalty inside Adam, which divides it by its own size",
               1: "decay needs no gradient",
               0.95: "that is one step",
               0.9**20: "the share that is taken off is the rate times a"})
    ask("35.turned", "The gradient is [6, 8], and is clipped by its norm to the length 5. What is "
        "left of it?", [3, 4], "its length is 10, so half of it is left", "how long is it?",
        slips={"[5, 5]": "that clips each entry, and points elsewhere",
               "[0.6, 0.8]": "that is a length of 1",
               "[6, 8]": "its length is 10"})
    row("35.step-of-decay", "Momentum with decay beside it: {y} is where a step leads to. What is "
        "its Jacobian with respect to {x}, if g and v stay as they are?",
        w - eta * (beta * v + g) - eta * a * w, w,
        "two of the terms have w in them", "w itself gives I")
    row("35.unit-length", "A weight vector that is used with length 1: what is the Jacobian of {y} "
        "with respect to {x}?", (w @ x) / np.linalg.norm(w), w,
        "w is there twice, above and below the line",
        "||w|| has the Jacobian w^T/||w||; a row, with a term for each place")
    row("35.dropped", "Dropout in front of a layer: G comes back to {y}. What goes on to {x}?",
        (X * M / (1 - p)) @ W, X,
        "first through W", "then each entry meets its own entry of the mask, and the divisor")
    row("35.gram", "All dot products of the rows, in front of a matrix S: G comes back to {y}. "
        "What goes on to {x}?", X @ X.T @ S, X,
        "two paths: X as the first factor and X as the second, which is transposed",
        "along the first it is G (X^T S)^T")

def curvature():
    (x, v, y), t = vectors("x v y"), scalars("t")
    A, B = matrices("A", shape=("n", "n")), matrices("B", shape=("k", "k"))
    V, W = matrices("V", shape=("n", "k")), matrices("W", shape=("m", "n"))
    X = matrices("X", shape=("N", "n"))
    ask("36.edge", "With full batches and a rate of 0.1 a network has come to the edge of "
        "stability. About how large is the largest eigenvalue of its Hessian?", 20,
        "2 divided by the rate", "at which curvature does a step multiply by -1?",
        slips={0.2: "divide by the rate: the smaller it is, the sharper a valley may be",
               10: "with 1 over the rate one step goes to the bottom: the border is at twice that"})
    ask("36.one-step", "A quadratic loss, a rate of 0.1. Along an eigenvector with the eigenvalue "
        "35, descent is 1 away from the bottom. Where is it after one step, seen from the bottom?",
        -2.5, "1 - 0.1 times 35", "what does a step multiply by?",
        slips={2.5: "on which side of the bottom?", 3.5: "that is the length of the step",
               -3.5: "that is the step: where does it end?"})
    row("36.along", "The gradient of sum(x^4) is 4x^3. Somebody walks along v, and after a time t "
        "the gradient is {y}. How fast does it change with {x}?", 4 * (x + t * v) ** 3, t,
        "it is H v, at the place x + t v", "element by element: the slope of the cube, times v")
    row("36.two-parts", "What is the Hessian of {y} with respect to {x}?",
        np.sum((x**2 - y) ** 2) / 2, x,
        "the gradient is 2x ⊗ (x^2 - y), a product: two terms",
        "Gauss-Newton is 4 diag(x^2), and the residual term has x^2 - y in it", order=2)
    row("36.logistic", "A layer without a bias, and a logistic loss whose targets are all 0: what "
        "is the Hessian of {y} with respect to {x}?", np.sum(np.log(1 + np.exp(W @ x))), x,
        "Gauss-Newton is all of it here, for W x is straight in x: J is W",
        "the Hessian of the loss by its scores z is diag(σ(z) ⊗ (1 - σ(z)))", order=2)
    row("36.twice", "Behind one layer, with squared error, this is what the Hessian makes of V. G "
        "comes back to {y}. What goes on to {x}?", X.T @ (X @ V), V,
        "each factor goes to the other side, transposed, in the other order",
        "what is the transpose of a Hessian?")
    row("36.factors", "Two factors, as K-FAC has them, but here neither is its own transpose: G "
        "comes back to {y}. What goes on to {x}?", A @ V @ B.T, V,
        "V stands between two matrices", "the first goes back transposed; which of the second is "
        "there already, B or B^T?")

# fmt: on

for chapter in (what_goes_back, axes, attention, normalisation, block, steps, curvature):
    chapter()
