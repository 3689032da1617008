"""Right claims in other forms, and wrong ones, of functions with inverses, determinants and axes.

The Jacobian of a function is rewritten by the rules of matrix algebra that a textbook uses, some
for symmetric matrices only. Numbers at points where all matrices can be inverted tell right forms
from wrong ones, beside mcalc's own verdict.
"""

import random
from collections import Counter
from functools import cache

import claimed
import numpy as np

import mcalc as mc
from mcalc.check.interpret import batch
from mcalc.graph.expr import NUMBER, Expr
from mcalc.graph.primitives import MATMAT, MATVEC, ROW, TRANSPOSE, VECMAT
from mcalc.graph.walk import unnamed, walk

SIZES = {"N": 5, "n": 3}, {"N": 4, "n": 2}, {"N": 6, "n": 4}
RIGHT, WRONG = 10, 10  # claims for each derivation
LARGEST = 60  # operations of a form, which nobody writes longer
NEAR, SEEN = 1e-8, 2e-5
WITH = ("inv", "det", "symmetric", "axes")


def _of_everything():
    x, a, w = mc.vectors("x a w")
    (v,) = (mc.vectors("v", size="N"),)
    S = mc.matrices("S", shape=("n", "n"), symmetric=True)
    A, X = mc.matrices("A", shape=("n", "n")), mc.matrices("X", shape=("N", "n"))
    t, inv, det = mc.scalars("t"), np.linalg.inv, np.linalg.det
    eye = mc.identity()
    return {
        "x": x, "a": a, "w": w, "v": v, "S": S, "A": A, "X": X, "t": t,
    }, [
        (a @ inv(A) @ x, x), (a @ np.linalg.solve(A, x), x), (x @ inv(S) @ x / 2, x),
        (inv(A) @ S @ x, x), (A.T @ inv(S) @ x, x), (w @ inv(S + t * eye) @ w, w),
        (v @ X @ inv(X.T @ X) @ w, w), (X @ inv(X.T @ X) @ w, w), (a @ inv(A) @ a, A),
        (np.trace(inv(A) @ S), A), (np.log(det(A)), A), (t * det(A), A), (a @ A @ S @ a, A),
        (det(S) * (x @ S @ x), x), (np.trace(A @ S) * (x @ x), x), (det(A) * np.tanh(S @ x), x),
        (np.exp(-x @ inv(S) @ x / 2) / np.sqrt(det(S)), x), (x @ S @ x / (x @ x), x),
        ((A @ S @ x + S @ A @ x) / t, x), (np.exp(t * (x @ S @ a)) * t, x), ((A + S) @ x, x),
        (np.log(np.sum(np.exp(X @ w))), w), ((X @ w) / np.sum(X**2, axis=1), w),
        ((X - np.mean(X, axis=0)) @ w, w), (np.sum((X @ w - v) ** 2) / mc.size("N"), w),
        (np.mean(X, axis=0) @ (w * w), w), (np.sum(X * w, axis=1) * v, w),
        (np.sum(X, axis=0) * (a @ w), w), (np.max(X, axis=1) * (X @ w), w),
        (np.sum(np.tanh(X @ S @ w)) / t, w), (np.sum(X @ S, axis=1) * (w @ S @ w), w),
    ]  # fmt: skip


of_everything = cache(_of_everything)


def values(rng, sizes, count=4):
    """Numbers at which every matrix can be inverted, and S is symmetric."""
    n, N = sizes["n"], sizes["N"]
    eye = 2 * n * np.eye(n)
    M = rng.normal(size=(count, n, n))
    return {
        **{name: rng.normal(size=(count, n)) for name in "xaw"}, "v": rng.normal(size=(count, N)),
        "S": M + M.transpose(0, 2, 1) + eye, "A": rng.normal(size=(count, n, n)) + eye,
        "X": rng.normal(size=(count, N, n)), "t": rng.uniform(0.5, 2, size=count),
    }  # fmt: skip


@cache
def points():
    rng = np.random.default_rng(5)
    return [(sizes, values(rng, sizes)) for sizes in SIZES]


def apart(claim, right):
    """How far two forms are apart at most, relative to the second."""
    most = 0.0
    for sizes, at in points():
        with np.errstate(all="ignore"):
            found = batch([claim, right], at, sizes)
        a, b = (found[e] for e in (claim, right))
        if a.shape[1:] != b.shape[1:] or not np.isfinite(a).all():
            return np.inf
        a, b = np.broadcast_arrays(a, b)
        most = max(most, np.abs(a - b).max() / max(1.0, np.abs(b).max()))
    return most


# --- rules -----------------------------------------------------------------------------------


def inverses(e):
    """Of a product, a transpose, an inverse; and by the identity."""
    if e.op.name == "inv":
        (A,) = e.args
        yield np.linalg.inv(A.T).T
        yield np.linalg.inv(np.linalg.inv(e))
        yield 2 * np.linalg.inv(2 * A)
        yield e @ A @ e
        if A.op is MATMAT and all(f.shape == A.shape for f in A.args):
            yield np.linalg.inv(A.args[1]) @ np.linalg.inv(A.args[0])
    if e.op in (MATVEC, MATMAT) and e.args[0].op.name == "inv":
        yield np.linalg.solve(e.args[0].args[0], e.args[1])
    if e.op is VECMAT and e.args[1].op.name == "inv":
        yield np.linalg.solve(e.args[1].args[0].T, e.args[0])


def determinants(e):
    if e.op.name == "det":
        (A,) = e.args
        yield from (np.linalg.det(A.T), 1 / np.linalg.det(np.linalg.inv(A)))
        yield np.linalg.det(A @ A) / e
        if A.op is MATMAT and all(f.shape == A.shape for f in A.args):
            yield np.linalg.det(A.args[0]) * np.linalg.det(A.args[1])
    if e.op.name == "trace":
        (A,) = e.args
        yield np.trace(A.T)
        if A.op is MATMAT:
            yield np.trace(A.args[1] @ A.args[0])


def symmetry(e):
    """S and its transpose are the same, and so are those of S^-1."""
    if e.op.name == "inv" and e.args[0].name == "S":
        yield e.T
    if e.name == "S":
        yield from (e.T, (e + e.T) / 2)
    if e.op is TRANSPOSE and e.args[0].name == "S":
        yield e.args[0]
    if e.op is MATVEC and e.args[0].name == "S":
        yield e.args[1] @ e.args[0]
    if e.op is VECMAT and e.args[1].name == "S":
        yield e.args[1] @ e.args[0]


def axes(e):
    """Sums along an axis as products with ones, and the other way."""
    if e.op is MATVEC and e.args[1].op.name == "ones":
        yield np.sum(e.args[0], axis=1)
    if e.op is VECMAT and e.args[0].op.name == "ones":
        yield np.sum(e.args[1], axis=0)
    if e.op is MATVEC:
        A, v = e.args
        yield from (np.sum(A * v, axis=1), v @ A.T, np.sum(A @ mc.diag(v), axis=1))
    if e.op is VECMAT:
        v, A = e.args
        yield from (np.sum(A.T * v, axis=1), A.T @ v, np.sum(mc.diag(v) @ A, axis=0))
    if e.op.name == "sum" and e.args[0].op is MATVEC:
        A, v = e.args[0].args
        yield np.sum(A, axis=0) @ v
    if e.ndim == 2 and e.op is not ROW and e.op is not NUMBER:
        yield e @ mc.identity()


RULES = (inverses, determinants, symmetry, axes, claimed.by_algebra)


def attempt(seed, by=None):
    """What became of the claims of a function with this seed, as counts.

    Raises where mcalc takes a wrong one, or refuses a right one; the note is a program that raises
    it again.
    """
    rng = random.Random(seed)
    _, functions = of_everything()
    y, x = rng.choice(functions)
    like = [f for f, v in functions if v is x and f.shape == y.shape]
    if rng.random() < 0.5:
        other = rng.choice(like)
        y = rng.choice((y + other, y - other, 3 * y + other / 2))
    d = mc.derive(y, x)
    whole, found = unnamed(d.jacobian.expr), Counter()
    claim = whole
    try:
        for _ in range(RIGHT):
            claim = _rewritten(claim, whole, rng, found)
            off = apart(claim, whole)
            if not off < NEAR:
                raise ArithmeticError(f"a rule is wrong, by {off}: {claim}")
            assert d.equals(claim) and d.why(claim) is None, f"refused: {d.why(claim)}: {claim}"
            found["right"] += 1
            _note(claim, found)
        for mistake in rng.choices(claimed.MISTAKES, k=WRONG):
            wrong = claimed.changed(claim, mistake, rng)
            if wrong is None:
                continue
            if (off := apart(wrong, whole)) < SEEN:
                found["equal"] += 1
                continue
            assert not d.equals(wrong) and d.why(wrong), f"taken, off by {off}: {wrong}"
            found["wrong claims"] += 1
    except Exception as error:
        error.add_note(f"{y} by {x}\nimport rewritten; rewritten.attempt({seed})")
        raise
    return found


def _rewritten(claim, whole, rng, found):
    """One to three steps further, from the start where it has grown long."""
    if len(walk(claim)) > LARGEST:
        claim = whole
    for _ in range(rng.choice((1, 2, 3))):
        rule = rng.choice(RULES)
        other = claimed.changed(claim, rule, rng)
        if isinstance(other, Expr) and other.shape == whole.shape:
            claim = other
            found["rule", rule.__name__] += 1
    return claim


def _note(claim, found):
    names = {e.op.name for e in walk(claim)} | {f"{e.name}" for e in walk(claim)}
    found["with", "inv"] += "inv" in names
    found["with", "det"] += "det" in names
    found["with", "symmetric"] += "S" in names
    found["with", "axes"] += "ones" in names or "X" in names
