"""One random NumPy expression by its seed, derived by mcalc and by an oracle: for `make soak`.

Of every twenty seeds one asks for what mcalc refuses, one stands exactly at a kink if it can, and
one asks ``check`` about a point that is at none.
"""

import random
from collections import Counter
from itertools import islice

import numpy as np
from oracles import Point, compare, compare_hessian, oracle, symbolic, watched
from programs import BY, SYMBOLS, VARIABLES, Programs, draw_values, lengths, problem, recorded

import mcalc as mc
from mcalc.expr import NUMPY, unnamed, walk

EVERY = 20  # seeds
SIZES = lengths(1, 3)
LARGE = {"m": 4, "n": 5}  # for SymPy, which is left out then
DEPTHS = 1, 5
BY_ALL = *BY, "matrix"


def attempt(seed, by="jax", depths=DEPTHS):
    """What became of the expression with this seed, as counts; raises where mcalc is wrong.

    The error's note is a program that raises it again.
    """
    choose = random.Random(seed).choice
    if seed % EVERY == 0:
        function, given = refused, (seed,)
    elif seed % EVERY == 1:
        program, wrt = problem(choose, depths=(1, 3))
        program = choose([program, ("maximum", 0, program)])
        function, given = at_a_kink, (program, wrt, choose(SIZES), seed, by)
    elif seed % EVERY == 2:
        function, given = at_no_kink, (*problem(choose, depths=depths, by=BY_ALL), seed)
    else:
        drawn = problem(choose, depths=depths, by=BY_ALL)
        function, given = derived, (*drawn, choose(SIZES), seed, by)
    try:
        return Counter(function(*given))
    except Exception as error:
        error.add_note(f"import expressions; expressions.{function.__name__}{given!r}")
        raise


def derived(program, wrt, sizes, seed, by):
    values = draw_values(seed, sizes)
    reason = watched(program, values).reason
    if reason:
        return [reason]
    d, point = symbolic(program, wrt), Point(program, wrt, values, oracle(by))
    if not compare(d, point, sizes):
        return ["huge"]
    hessian = "by a matrix"
    if not d.by_matrix:
        hessian = "Hessians" if compare_hessian(point) else "huge Hessians"
    return ["compared", hessian, *uses(program, d), shapes(program, wrt)]


def uses(program, d):
    """NumPy's functions in a program, and the primitives in its derivation, each once."""
    called = {CALLS.get(name, name) for name in operations(program)}
    matrices = [m for term in d.terms for m, *_ in term.matrices]
    closed = () if d.three_axes else (d.jacobian.expr,)
    found = {e.op.name for e in walk(unnamed(d.y), *closed, *matrices)}
    return [("np", name) for name in called] + [("row", name) for name in found]


def operations(program):
    if isinstance(program, tuple):
        yield program[0]
        for part in program[1:]:
            yield from operations(part)


CALLS = {  # NumPy's function, where an operation of a program has another name
    "transposed": "transpose", "norm_1": "norm", "norm_inf": "norm", "stack_columns": "stack",
    "sum_rows": "sum", "sum_columns": "sum", "mean_rows": "mean",
}  # fmt: skip


def shapes(program, wrt):
    y = recorded(program)
    by = f"{len(wrt)} scalars" if isinstance(wrt, tuple) else told(VARIABLES[wrt])
    return "shape", told(y.shape), by


def told(shape):
    return " x ".join(map(str, shape)) or "scalar"


# --- at kinks ----------------------------------------------------------------------------------


def at_a_kink(program, wrt, sizes, seed, by):
    """A point of small whole numbers, where some operation is exactly at its kink.

    For max(0, z) the paper has a derivative, 0, which is compared; of anything else, and of that
    too, ``check`` has to say that no rule gives one.
    """
    names = {wrt} if isinstance(wrt, str) else {*wrt}
    for values in islice(whole_numbers(seed, sizes), 30):
        watch = watched(program, values, names)
        if watch.reason == "kink" and not any(watch.kinks.values()):
            break
    else:
        return ["no kink"]
    d = symbolic(program, wrt)
    report = d.check(at={e.name: values[e.name] for e in d.inputs})
    assert report.passed is None, f"check reports no kink: {report}"
    assert all("no rule gives the derivative of" in line for line in report.lines), report
    if not all(kink[:2] == ("maximum", 0) for kink in watch.kinks):
        return ["kinks reported"]
    assert any("the paper takes 0" in line for line in report.lines), report
    compared = compare(d, Point(program, wrt, values, oracle(by)), sizes)
    return ["kinks compared", "kinks reported"] if compared else ["huge"]


def at_no_kink(program, wrt, seed):
    """A random point: ``check`` has to find it smooth, or too near to a kink for its steps."""
    values = draw_values(seed, LARGE)
    reason = watched(program, values).reason
    if reason:
        return [reason]
    d = symbolic(program, wrt)
    report = d.check(at={e.name: values[e.name] for e in d.inputs})
    assert report.passed or all("too near" in line for line in report.lines), report
    return ["found smooth" if report.passed else "kink"]


def whole_numbers(seed, sizes):
    rng = np.random.default_rng(seed)
    while True:
        yield {name: rng.integers(-1, 2, np.shape(value)).astype(float)
               for name, value in draw_values(0, sizes).items()}  # fmt: skip


# --- what mcalc refuses ------------------------------------------------------------------------


def _all(functions, *operands):
    return [(f".{f.__name__}", lambda x, A, f=f: f(*(dict(x=x, A=A)[o] for o in operands)))
            for f in functions]  # fmt: skip


UFUNCS = [f for f in vars(np).values() if isinstance(f, np.ufunc) and f not in NUMPY]
q = SYMBOLS["q"]
REFUSED = [  # what the message has to name, and what is done with a vector and a square matrix
    *_all([f for f in UFUNCS if f.nin == 1 and not f.signature], "x"),
    *_all([f for f in UFUNCS if f.nin == 2 and not f.signature], "x", "x"),
    *_all([np.sort, np.argsort, np.cumsum, np.cumprod, np.prod, np.median, np.argmax, np.argmin,
           np.diff, np.flip, np.ptp, np.any, np.all, np.unique, np.nansum, np.real, np.round], "x"),
    *_all([np.ravel, np.tril, np.linalg.cholesky, np.linalg.eigvals, np.linalg.pinv,
           np.linalg.matrix_rank], "A"),
    *_all([np.cross, np.kron, np.convolve, np.tensordot, np.append], "x", "x"),
    *_all([np.linalg.solve], "A", "x"),
    ("np.add.reduce", lambda x, A: np.add.reduce(x)),
    ("np.multiply.outer", lambda x, A: np.multiply.outer(x, x)),
    ("np.maximum.accumulate", lambda x, A: np.maximum.accumulate(x)),
    ("np.sum", lambda x, A: np.sum(x, keepdims=True)),
    ("np.sum", lambda x, A: np.sum(x, axis=1)),
    ("np.mean", lambda x, A: np.mean(A, where=True)),
    ("np.mean", lambda x, A: np.mean(x, axis=1)),
    ("np.var", lambda x, A: np.var(x, ddof=1)),
    ("np.std", lambda x, A: np.std(x, axis=0)),
    ("np.max", lambda x, A: np.max(x, axis=0)),
    ("max", lambda x, A: np.max(A)),
    ("min", lambda x, A: np.min(A)),
    ("diag", lambda x, A: np.diag(A)),
    ("np.diag", lambda x, A: np.diag(x, k=1)),
    ("np.linalg.norm", lambda x, A: np.linalg.norm(x, 3)),
    ("np.linalg.norm", lambda x, A: np.linalg.norm(A, 2)),
    ("np.stack", lambda x, A: np.stack([x, x], axis=2)),
    ("stack", lambda x, A: np.stack([A, A])),
    ("concatenate", lambda x, A: np.concatenate([A, A])),
    ("outer", lambda x, A: np.outer(A, x)),
    ("q[0.5]", lambda x, A: q[0.5]),
    ("S is a matrix", lambda x, A: mc.hessian(np.sum(SYMBOLS["S"] @ x) ** 2, SYMBOLS["S"])),
    ("not a matrix", lambda x, A: mc.derive(A + np.outer(x, x), SYMBOLS["x"])),
]  # fmt: skip


def refused(seed):
    """An expression with something in it that has no rule: refused, by its name."""
    choose = random.Random(seed).choice
    programs = Programs(choose)
    x, A = (recorded(programs.of(shape, choose([1, 2, 3])))
            for shape in [("n",), ("n", "n")])  # fmt: skip
    name, call = choose(REFUSED)
    try:
        made = call(x, A)
    except mc.UnsupportedError as error:
        assert name in str(error), f"the message does not name {name}: {error}"
        return ["refused", ("refused", name)]
    raise AssertionError(f"{name} is not refused, it gave {made}")
