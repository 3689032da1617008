"""One random NumPy expression by its seed, derived by mcalc and by an oracle: for `make soak`.

Of every twenty seeds one asks for what mcalc refuses, one stands exactly at a kink if it can, one
asks ``check`` about a point that is at none, and nine are of the kinds of :mod:`kinds`, one each.
"""

import linecache
import random
import warnings
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from kinds import KINDS, SMALL
from oracles import (
    Plain,
    Point,
    close,
    compare,
    compare_hessian,
    compare_plain,
    compared_value,
    oracle,
    symbolic,
    unlike_plain,
    watched,
)
from programs import BY, SYMBOLS, VARIABLES, Programs, draw_values, lengths, problem, recorded, run

import mcalc as mc
from mcalc.graph.expr import NUMPY, as_expr
from mcalc.graph.walk import symbols, unnamed, walk

EVERY = 20  # seeds
CHECKED = 6  # every so many of a kind are checked by SymPy's scalars, too
CALLS_EACH = 10  # calls of NumPy's are quick
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
    elif seed % EVERY < 3 + len(KINDS):
        kind = [*KINDS][seed % EVERY - 3]
        function, given = of_kind, (kind, KINDS[kind](choose), seed, by)
    else:
        drawn = problem(choose, depths=depths, by=BY_ALL)
        function, given = derived, (*drawn, choose(SIZES), seed, by)
    try:
        return Counter(function(*given))
    except Exception as error:
        error.add_note(f"import expressions; expressions.{function.__name__}{written(given)}")
        raise


def derived(program, wrt, sizes, seed, by):
    values = draw_values(seed, sizes)
    reason = watched(program, values, wrt).reason
    if reason:
        return [reason]
    try:
        d = symbolic(program, wrt)
    except Exception as error:
        if not (deliberate(error) and is_refusal(error)):
            raise
        return ["refused"]
    point = Point(program, wrt, values, oracle(by))
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
    closed = () if d.more_axes else (d.jacobian.expr,)
    found = {e.op.name for e in walk(unnamed(d.y), *closed, *matrices)}
    return [("np", name) for name in called] + [("row", name) for name in found]


def operations(program):
    if isinstance(program, tuple):
        call = program[0] == "call"
        yield program[1].split(".")[-1] if call else program[0]
        for part in program[2] if call else program[1:]:
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


# --- of a kind ---------------------------------------------------------------------------------


def written(given):
    """The arguments of a call, with what is usual left out."""
    return repr(given).replace("Problem(", "expressions.Problem(")


def deliberate(error):
    """Whether mcalc raised it itself, in a sentence, and did not stumble over something."""
    if not isinstance(error, ValueError | TypeError):
        return False
    last = error.__traceback__
    while last.tb_next:
        last = last.tb_next
    file = last.tb_frame.f_code.co_filename
    line = linecache.getline(file, last.tb_lineno).strip()
    return "/mcalc/" in file and line.startswith("raise") and len(str(error).split()) > 3


REFUSALS = "calculates with conditions alone", "a number beyond 1.8e308"


def is_refusal(error):
    """Whether NumPy's value is another one than that of 0 and 1, or none."""
    return any(refusal in str(error) for refusal in REFUSALS)


def of_kind(kind, problem, seed, by):
    """A problem of one of the nine kinds: compared, if its point is fit for it.

    Where the point is not, the derivation still may not stumble.
    """
    if kind == "calls":
        return calls(problem, seed)
    sizes = dict(problem.sizes or random.Random(seed).choice(SMALL))
    values = draw_values(seed, sizes, problem.ranges)
    found, refused = attempted(problem, values)
    if refused:
        return [f"{kind}: {refused}"]
    look = watched(problem.program, values, problem.wrt, problem.huge)
    reason = look.reason
    d = None
    try:
        d = symbolic(problem.program, problem.wrt, problem.renamed)
        assert repr(d) and d._repr_latex_() and d.rule and d.reason
    except Exception as error:
        if not deliberate(error) or not (problem.refusable or reason or is_refusal(error)):
            raise
        return [f"{kind}: refused"]
    if reason:
        return [reason, f"{kind}: {reason}"]
    if seed // EVERY % CHECKED == 0:
        checked(d, far=problem.ranges)
    by_name = {dict(problem.renamed).get(name, name): value for name, value in values.items()}
    plain = Plain(problem.program, problem.wrt, values)
    compare_plain(d, plain, by_name, sizes)
    by = "autograd" if kind == "sizes" else by  # XLA would compile each inverse anew
    point = by_oracle(problem, values, by, plain)
    if point is None:
        return [f"{kind}: compared", f"{kind}: by differences alone"]
    if not compare(d, point, sizes):
        return ["huge", f"{kind}: huge"]
    whole_numbers_given(d, point)
    hessian = "by a matrix"
    if not d.by_matrix:
        hessian = "Hessians" if compare_hessian(point) else "huge Hessians"
    shown = uses(problem.program, d) if not problem.renamed else []
    tie = [f"{kind}: with ties"] * look.ties
    return ["compared", f"{kind}: compared", hessian, *tie, *shown]


def checked(d, far):
    """``check`` and ``equals`` of the closed form itself; points that lie far out are not found."""
    try:
        report = d.check(sizes=(1, 2, 3), points=2)
    except mc.CheckFailed as failed:
        if far and "no point" in str(failed):
            return
        raise
    assert report.passed, report
    assert d.more_axes or (d.equals(d.jacobian) and d.why(d.jacobian) is None), "not itself"


def by_oracle(problem, values, by, plain):
    """The program as the oracle sees it, None where its NumPy is not NumPy: with sums of masks."""
    try:
        point = Point(problem.program, problem.wrt, values, oracle(by), problem.renamed)
        point.jacobian, point.products
    except (TypeError, ValueError, AttributeError):
        return None
    return point if close(point.value, plain.value) else None


def attempted(problem, values):
    """The plain value, and whether NumPy raises; then mcalc has to, too."""
    program = problem.program
    try:
        with np.errstate(all="ignore"):
            return run(program, np, copied(values)), None
    except (TypeError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        if isinstance(error, np.linalg.LinAlgError):
            return None, "singular"
        raised = error
    try:
        symbolic(program, problem.wrt, problem.renamed)
    except Exception as error:
        if not deliberate(error) and type(error) is not type(raised):
            raise
        return None, "refused, as by NumPy"
    raise AssertionError(f"NumPy raises, and mcalc does not: {raised}")


def copied(values):
    return {name: np.array(value) for name, value in values.items()}


def whole_numbers_given(d, point):
    """Arrays of whole numbers are numbers as well."""
    given = {e.name: point.by_name[e.name] for e in d.inputs}
    whole = {n: v.astype(int) if np.all(v == np.round(v)) else v for n, v in given.items()}
    if any(v.dtype == int for v in whole.values()):
        function = d.jacobian_2d() if d.more_axes else d.numpy()
        assert np.array_equal(function(**whole), function(**given), equal_nan=True)


def calls(problem, seed):
    """Some calls of NumPy's, the problem's and others."""
    choose, found = random.Random(seed).choice, []
    for one in [problem, *(KINDS["calls"](choose) for _ in range(CALLS_EACH - 1))]:
        try:
            found += call(one, seed)
        except Exception as error:
            error.add_note(f"import expressions; expressions.call({written((one, seed))[1:]}")
            raise
    return found


def call(problem, seed):
    """One call of NumPy's: its value and shape, and the derivative of the sum of its squares."""
    sizes, program = dict(problem.sizes), problem.program
    values = draw_values(seed, sizes, problem.ranges)
    name = program[1][1] if program[0] == "index" else program[1]
    value, refused = attempted_call(program, values)
    if refused:
        return [refused, ("call", f"{name} {refused.removeprefix('calls: ')}")]
    if isinstance(value, (list, tuple)):  # of np.split
        program, value = ("index", program, 0), value[0]
    if np.asarray(value).dtype.kind not in "fi" or not problem.wrt:
        return ["calls: no numbers"]
    if np.asarray(value).dtype == np.float16:  # of conditions alone
        with pytest.raises(mc.UnsupportedError, match="conditions alone"):
            symbolic(("sum", program) if np.ndim(value) else program, problem.wrt)
        return ["calls: refused"]
    value = np.asarray(value, dtype=float)
    y = recorded(program)
    if name in ("shape", "ndim"):
        return ["calls: no numbers"]
    if isinstance(y, np.ndarray) and not y.size:
        return ["calls: no numbers"]
    y = as_expr(y)  # of a list of expressions NumPy makes an array of them
    if name == "transpose" and y.shape[:1] == (1,):  # of a vector: a row, in the paper
        y = np.transpose(y)
    if value.ndim and value.size == 1 and not y.shape:  # lies beside anything, as NumPy's does
        value = value.reshape(())
    assert len(y.shape) == value.ndim, f"recorded as {y.shape}, and NumPy's has {value.shape}"
    singular = name == "linalg.slogdet" and np.all(value < -30)
    singular |= name == "linalg.inv" and np.max(np.abs(value)) > 1e12
    if name == "linalg.solve":
        matrix = [*program[2], *dict(program[3]).values()][0]
        singular = np.linalg.cond(run(matrix, np, copied(values))) > 1e12
    if singular:  # whose determinant, or inverse, is rounding in NumPy
        return ["calls: no value"]
    given = {e.name: values[e.name] for e in symbols(y)}
    compared_value(y, given, sizes, value)
    whole = ("multiply", program, program)
    whole = ("sum", whole) if value.ndim else whole
    if problem.wrt not in {e.name for e in symbols(y)}:
        return ["calls: constant"]
    try:
        d = symbolic(whole, problem.wrt)
    except Exception as error:
        if not (deliberate(error) and is_refusal(error)):
            raise
        return ["calls: refused"]
    if not np.all(np.isfinite(value)):
        return ["calls: no value"]
    found = d.numpy()(**{e.name: values[e.name] for e in d.inputs})
    try:
        plain = Plain(whole, problem.wrt, values)
        unlike = unlike_plain(found.T.reshape(1, -1) if d.by_matrix else found, plain)
    except AttributeError:  # a number has not all methods that an array without axes has
        return ["calls: no numbers"]
    assert not unlike, unlike
    return ["calls: compared", ("call", f"{name} compared")]


def attempted_call(program, values):
    """The value by NumPy, or how it is refused, which mcalc may do where NumPy does not."""
    raised = value = None
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where= without out= leaves what there was in memory
            value = run(program, np, copied(values))
    except Exception as error:
        raised = error
    try:
        made = recorded(program)
    except Exception as error:
        # of a list of expressions NumPy makes an array of objects, and refuses some things itself
        numpys = "('list'" in repr(program)
        if not deliberate(error) and type(error) is not type(raised) and not numpys:
            raise
        return None, "calls: refused, as by NumPy" if raised else "calls: refused"
    if isinstance(raised, np.linalg.LinAlgError):  # at this point, and not at others
        return None, "calls: no value"
    if raised and any(e.boolean is None for e in walk(made)):  # is refused when it is derived
        return None, "calls: refused, as by NumPy"
    assert raised is None, f"NumPy raises {raised!r}, and mcalc takes it"
    return value, None


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
    if report.passed and is_smooth(program, values, names):
        return ["no kink"]
    assert report.passed is None, f"check reports no kink: {report}"
    assert all("no rule gives the derivative of" in line for line in report.lines), report
    if not all(kink[:2] == ("maximum", 0) for kink in watch.kinks):
        return ["kinks reported"]
    assert any("the paper takes 0" in line for line in report.lines), report
    compared = compare(d, Point(program, wrt, values, oracle(by)), sizes, at_a_kink=True)
    return ["kinks compared", "kinks reported"] if compared else ["huge"]


def is_smooth(program, values, names, step=1e-5):
    """Whether the slopes on both sides agree: max(0, a b) is 0 to second order at a = b = 0."""
    normal = np.random.default_rng(0).standard_normal
    for _ in range(20):
        along = {name: step * normal(np.shape(values[name])) for name in names}
        behind, here, ahead = (
            run(program, np, values | {name: values[name] + k * along[name] for name in names})
            for k in (-1, 0, 1)
        )
        if np.abs(ahead + behind - 2 * here).max() > step / 100:
            return False
    return True


def at_no_kink(program, wrt, seed):
    """A random point: ``check`` has to find it smooth, or too near to a kink for its steps."""
    values = draw_values(seed, LARGE)
    look = watched(program, values, wrt)
    if look.reason:
        return [look.reason]
    d = symbolic(program, wrt)
    report = d.check(at={e.name: values[e.name] for e in d.inputs})
    said = "too near", *["no rule gives the derivative"] * look.ties
    assert report.passed or all(any(s in line for s in said) for line in report.lines), report
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
    *_all([np.sort, np.argsort, np.cumprod, np.median, np.argmax, np.argmin, np.any, np.all,
           np.unique, np.nansum, np.round], "x"),
    *_all([np.linalg.cholesky, np.linalg.matrix_rank], "A"),
    *_all([np.cross, np.convolve], "x", "x"),
    ("np.power.reduce", lambda x, A: np.power.reduce(x)),
    ("np.maximum.accumulate", lambda x, A: np.maximum.accumulate(x)),
    ("np.sum", lambda x, A: np.sum(x, dtype=float)),
    ("np.sum", lambda x, A: np.sum(x, axis=1)),
    ("np.mean", lambda x, A: np.mean(A, where=3)),
    ("np.mean", lambda x, A: np.mean(x, axis=1)),
    ("np.var", lambda x, A: np.var(x, ddof="1")),
    ("np.max", lambda x, A: np.max(x, axis=2)),
    ("np.cumsum", lambda x, A: np.cumsum(A)),
    ("np.tril", lambda x, A: np.tril(x)),
    ("so many that no letter says it", lambda x, A: np.ravel(A) + x),
    ("np.linalg.matrix_power", lambda x, A: np.linalg.matrix_power(A, 0.5)),
    ("reshape", lambda x, A: np.reshape(A, (-1, 1))),
    ("np.diag", lambda x, A: np.diag(x, k=0.5)),
    ("np.linalg.norm", lambda x, A: np.linalg.norm(x, 0)),
    ("np.linalg.norm", lambda x, A: np.linalg.norm(A, 2)),
    ("np.stack", lambda x, A: np.stack([x, x], axis=2)),
    ("stack", lambda x, A: np.stack([A, A])),
    ("outer", lambda x, A: np.outer(A, x)),
    ("q[0.5]", lambda x, A: q[0.5]),
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
