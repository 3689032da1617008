"""mcalc against autograd: random NumPy programs, run on symbols by one and on numbers by the other.

A program is a tree of tuples, ``("multiply", "x", ("sin", "w"))``, that :func:`run` carries out
with NumPy on mcalc's variables or with ``autograd.numpy`` on arrays. Points where the two need not
agree are passed over, judged by the numbers of the program alone (:class:`Watch`).

For a long hunt: ``pytest tests/test_oracle.py --hypothesis-profile soak``.
"""

import warnings
from collections import Counter
from functools import partial

import autograd
import autograd.numpy
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mcalc as mc
from mcalc.evaluate import batch, letters
from mcalc.expr import NUMPY, symbols, unnamed, walk
from mcalc.rules import PRIMITIVES

TOLERANCE = 1e-8
NEAR = 1e-6  # to a kink
HUGE = 1e4  # what an intermediate value may grow to; its derivatives are larger still

VARIABLES = {
    "a": (), "b": (), "z": (),
    "w": ("n",), "x": ("n",), "u": ("m",), "v": ("m",), "q": (3,),
    "A": ("m", "n"), "S": ("n", "n"),
}  # fmt: skip
POSITIVE = ["a", "w", "u"]  # may be given to log, or raised to any power


# --- programs ----------------------------------------------------------------------------------

OPERATIONS = {
    "add": lambda np, a, b: a + b,
    "subtract": lambda np, a, b: a - b,
    "multiply": lambda np, a, b: a * b,
    "divide": lambda np, a, b: a / b,
    "power": lambda np, a, b: a**b,
    "negative": lambda np, a: -a,
    "greater": lambda np, a, b: np.greater(a, b),
    "greater_equal": lambda np, a, b: np.greater_equal(a, b),
    "less": lambda np, a, b: np.less(a, b),
    "less_equal": lambda np, a, b: np.less_equal(a, b),
    "matmul": lambda np, a, b: a @ b,
    "transposed": lambda np, a: a.T,
    "norm": lambda np, a: np.linalg.norm(a),
    "norm_1": lambda np, a: np.linalg.norm(a, 1),
    "norm_inf": lambda np, a: np.linalg.norm(a, np.inf),
    "stack": lambda np, *parts: np.stack(parts),
    "stack_columns": lambda np, *parts: np.stack(parts, axis=1),
    "concatenate": lambda np, *parts: np.concatenate(parts),
    "hstack": lambda np, *parts: np.hstack(parts),
    "index": lambda np, a, k: a[k],
    "slice": lambda np, a, *ends: a[slice(*ends)],
    "sum_rows": lambda np, a: np.sum(a, axis=0),
    "sum_columns": lambda np, a: np.sum(a, axis=1),
    "mean_rows": lambda np, a: np.mean(a, axis=0),
    "array": lambda _, *numbers: np.array(numbers),  # of data, the same on both sides
}


def run(program, library, leaves, let=lambda name, value: value, watch=None):
    """What the program comes to with this NumPy and these variables."""
    if isinstance(program, str):
        return leaves[program]
    if not isinstance(program, tuple):
        return program
    name, *args = program
    if name == "let":
        return let(args[0], run(args[1], library, leaves, let, watch))
    operands = [run(arg, library, leaves, let, watch) for arg in args]
    if name in OPERATIONS:
        value = OPERATIONS[name](library, *operands)
    else:
        value = getattr(library, name)(*operands)
    if isinstance(value, np.ndarray | np.bool) and value.dtype == bool:  # a comparison of numbers
        value = value * 1.0
    if watch:
        watch(name, value, operands)
    return value


def names(program):
    """The variables of a program, as far as they bear on its value and not its length only."""
    if isinstance(program, str):
        return {program}
    if not isinstance(program, tuple) or program[0] in ("ones_like", "zeros_like", "array"):
        return set()
    return set().union(*map(names, program[2 if program[0] == "let" else 1 :]))


class Oracle:
    """``autograd.numpy``, with comparisons as 0/1 vectors and what it has no derivative for."""

    def __getattr__(self, name):
        return getattr(autograd.numpy, name)

    linalg = property(lambda self: self)

    def norm(self, a, ord=None):
        if ord is None:
            return autograd.numpy.linalg.norm(a)
        sizes = autograd.numpy.abs(a)
        return self.sum(sizes) if ord == 1 else self.max(sizes)

    def clip(self, a, low, high):
        return self.minimum(self.maximum(a, low), high)

    def where(self, c, a, b):  # its own derivative is wrong for operands that are broadcast
        return autograd.numpy.where(c, a + 0.0 * (b + c), b + 0.0 * (a + c))

    def float_power(self, a, b):
        return a**b

    def vdot(self, a, b):
        return self.sum(a * b)

    def positive(self, a):
        return 1.0 * a

    def logical_and(self, a, b):
        return a * b

    def logical_or(self, a, b):
        return self.maximum(a, b)

    def logical_not(self, a):
        return 1.0 - a

    bitwise_and, bitwise_or, invert = logical_and, logical_or, logical_not


def _as_numbers(name):
    compare = getattr(autograd.numpy, name)
    return lambda self, a, b: autograd.numpy.where(compare(a, b), 1.0, 0.0)


for _name in ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"):
    setattr(Oracle, _name, _as_numbers(_name))
ORACLE = Oracle()
COMPARISONS = ["greater", "greater_equal", "less", "less_equal"]


class Watch:
    """Whether a point is fit to compare at: no kink is near, and no number huge or undefined."""

    def __init__(self):
        self.reason = None

    def __call__(self, name, value, operands):
        if not np.all(np.abs(value) < HUGE):  # NaN too
            self.reason = "huge"
        elif np.min(self.gap(name, value, *operands), initial=1.0) < NEAR:
            self.reason = self.reason or "kink"

    def gap(self, name, value, *operands):
        """How far an operation is from its kink."""
        if name in ("abs", "absolute", "fabs", "sign", "norm_1"):
            return np.abs(operands[0])
        if name in ("sqrt", "norm", "std"):
            return np.abs(value)
        if name in ("maximum", "minimum", "fmax", "fmin", *COMPARISONS):
            return np.abs(operands[0] - operands[1])
        if name == "clip":
            return [np.min(np.abs(operands[0] - end)) for end in operands[1:]]
        if name in ("max", "min", "norm_inf"):
            order = np.sort(np.abs(operands[0]) if name == "norm_inf" else operands[0])
            return np.diff(order)
        return 1.0


# --- random programs ---------------------------------------------------------------------------

FACTORS = st.sampled_from([2.0, 3.0, -1.0, -2.0, 0.5, 0.1, -1.5, 4.0])
ANYWHERE = [
    "negative", "sin", "cos", "tanh", "arctan", "square", "abs", "sign", "exp", "expm1", "sinh",
    "cosh", "tan", "log", "log1p", "sqrt", "reciprocal",
]  # fmt: skip
JOINED = [("n", "m"), ("m", 1), (2, "n")]


class Programs:
    """Draws a program of a given shape; ``extra`` leaves are more variables, such as a ``let``."""

    def __init__(self, draw, extra=()):
        self.draw, self.extra = draw, tuple(extra)

    def one_of(self, *choices):
        return self.draw(st.sampled_from(choices))

    def leaf(self, shape):
        known = [name for name, of in (*VARIABLES.items(), *self.extra) if of == shape]
        if known and (shape != () or self.draw(st.integers(0, 3))):
            return self.one_of(*known)
        if shape == ():
            return self.draw(FACTORS)
        if len(shape) == 2:
            rows, columns = shape
            if (columns, rows) == ("m", "n"):
                return ("transposed", "A")
            return ("outer", self.leaf((rows,)), self.leaf((columns,)))
        (length,) = shape
        if isinstance(length, tuple):
            return ("concatenate", *(self.leaf((part,)) for part in length))
        if self.draw(st.booleans()):
            return ("array", *(self.draw(FACTORS) for _ in range(length)))
        return ("stack", *(self.leaf(()) for _ in range(length)))

    def positive(self, shape, depth):
        """Something that is greater than 0."""
        e = self.of(shape, depth - 1)
        return self.one_of(
            ("add", 1, ("square", e)),
            ("add", 2, ("sin", e)),
            ("exp", ("tanh", e)),
            ("abs", e),
            ("cosh", ("arctan", e)),
            *(name for name in POSITIVE if VARIABLES[name] == shape),
        )

    def of(self, shape, depth):
        """A program of this shape, at most so deep."""
        if depth <= 0 or self.draw(st.integers(0, 5)) == 0:
            return self.leaf(shape)
        kinds = ["unary", "binary", "binary", "binary", "where", "power", "clip"]
        kinds += [("scalar", "vector", "matrix")[len(shape)]] * 5
        return getattr(self, self.one_of(*kinds))(shape, depth)

    def unary(self, shape, depth):
        name = self.one_of(*ANYWHERE)
        if name in ("log", "sqrt", "reciprocal"):
            return (name, self.positive(shape, depth - 1))
        if name == "log1p":
            return (name, self.one_of(self.positive(shape, depth - 1),
                                      ("sin", self.of(shape, depth - 2))))  # fmt: skip
        inside = self.of(shape, depth - 1)
        if name in ("exp", "expm1", "sinh", "cosh", "tan") and depth > 1:
            inside = self.one_of(inside, ("sin", inside), ("tanh", inside), ("divide", inside, 4))
        return (name, inside)

    def pair(self, shape, depth):
        """Two operands that broadcast to this shape."""
        low = [shape, shape, shape[1:], ()] if shape else [shape]
        sides = [self.of(shape, depth - 1), self.of(self.one_of(*low), depth - 1)]
        return sides if self.draw(st.booleans()) else sides[::-1]

    def binary(self, shape, depth):
        name = self.one_of(
            "add", "subtract", "multiply", "multiply", "divide", "maximum", "minimum",
            "relu", "comparison",
        )  # fmt: skip
        if name == "relu":
            return ("maximum", 0, self.of(shape, depth - 1))
        if name == "divide":
            whole = self.of(shape, depth - 1)
            below = self.one_of(shape, ())
            return ("divide", whole, self.one_of(self.leaf(below), self.positive(below, depth - 1)))
        if name == "comparison":
            return self.comparison(shape, depth)
        return (name, *self.pair(shape, depth))

    def comparison(self, shape, depth):
        sides = self.one_of(self.pair(shape, depth), [self.of(shape, depth - 1), 0])
        return (self.one_of(*COMPARISONS), *sides)

    def where(self, shape, depth):
        condition = self.comparison(self.one_of(shape, shape, ()), depth - 1)
        return ("where", condition, *self.pair(shape, depth))

    def power(self, shape, depth):
        if self.draw(st.booleans()):
            return ("power", self.of(shape, depth - 1), self.one_of(2, 3, 1, 4))
        base = self.positive(shape, depth - 1)
        small = ("sin", self.of(self.one_of(shape, ()), depth - 2))
        return ("power", base, self.one_of(0.5, -1, -2, 1.5, 0.1, "b", small))

    def clip(self, shape, depth):
        low = self.one_of(-1, -0.5, ("subtract", "b", 2))
        return ("clip", self.of(shape, depth - 1), low, self.one_of(1, 0.3, ("add", "b", 1)))

    def scalar(self, shape, depth):
        length = (self.one_of("n", "n", "m", 3, 2, *JOINED),)
        name = self.one_of(
            "sum", "sum", "mean", "max", "min", "var", "std", "norm", "norm_1", "norm_inf",
            "dot", "matmul", "index", "form", "sum_matrix", "mean_matrix",
        )  # fmt: skip
        if name in ("dot", "matmul"):
            return (name, self.of(length, depth - 1), self.of(length, depth - 1))
        if name == "index":
            length = self.one_of(1, 2, 3)
            place = self.draw(st.integers(-length, length - 1))
            return (name, self.of((length,), depth - 1), place)
        if name == "form":
            left = self.of(("m",), depth - 2)
            left = self.one_of(left, ("transposed", left))
            matrix = ("matmul", left, self.of(("m", "n"), depth - 2))
            return ("matmul", matrix, self.of(("n",), depth - 2))
        if name.endswith("_matrix"):
            return (name.removesuffix("_matrix"), self.of(("m", "n"), depth - 1))
        if name in ("max", "min"):  # of equal elements which is the largest
            return (name, ("add", self.of(length, depth - 1), self.leaf(length)))
        return (name, self.of(length, depth - 1))

    def vector(self, shape, depth):
        (length,) = shape
        kinds = ["like", "expanded", "row"]
        if not isinstance(length, tuple):
            kinds += ["matvec", "matvec", "vecmat", "matmat", "outer", "diag", "sums"]
        if isinstance(length, int):
            kinds += ["stack", "stack", "slice", "stacked"]
        if isinstance(length, tuple):
            kinds += ["concatenate"] * 6
        kind, other = self.one_of(*kinds), self.one_of("n", "m", 2)
        if kind == "like":
            made = (self.one_of("ones_like", "zeros_like"), self.leaf(shape))
            return (self.one_of("add", "multiply"), self.of(shape, depth - 1), made)
        if kind == "expanded":
            return ("multiply", self.of((), depth - 1), self.of(shape, depth - 1))
        if kind == "row":
            return ("transposed", ("transposed", self.of(shape, depth - 1)))
        if kind == "matvec":
            return ("matmul", self.of((length, other), depth - 1), self.of((other,), depth - 1))
        if kind == "vecmat":
            return ("matmul", self.of((other,), depth - 1), self.of((other, length), depth - 1))
        if kind == "matmat":
            left, right = self.of((length, "m"), depth - 2), self.of(("m", other), depth - 2)
            return ("matmul", ("matmul", left, right), self.of((other,), depth - 1))
        if kind == "outer":
            left = ("outer", self.of(shape, depth - 2), self.of((other,), depth - 2))
            return ("matmul", left, self.of((other,), depth - 1))
        if kind == "diag":
            return ("matmul", ("diag", self.of(shape, depth - 2)), self.of(shape, depth - 1))
        if kind == "sums":
            name = self.one_of("sum_rows", "sum_columns", "mean_rows")
            matrix = (length, other) if name == "sum_columns" else (other, length)
            return (name, self.of(matrix, depth - 1))
        if kind == "stack":
            return ("stack", *(self.of((), depth - 1) for _ in range(length)))
        if kind == "stacked":
            name = self.one_of("stack", "stack_columns")
            rows = (name, *(self.of(("n",), depth - 2) for _ in range(length)))
            with_vector = ("matmul", rows, self.of(("n",), depth - 2))
            from_left = ("matmul", self.of(("n",), depth - 2), rows)
            return with_vector if name == "stack" else from_left
        if kind == "slice":
            if length == 3:
                return ("slice", self.of(shape, depth - 1), None, None, -1)
            start = self.draw(st.integers(0, 3 - length))
            return ("slice", self.of((3,), depth - 1), start, start + length)
        return ("concatenate", *(self.of((part,), depth - 1) for part in length))

    def matrix(self, shape, depth):
        rows, columns = shape
        kind = self.one_of("outer", "scaled", "transposed", "matmat", "add", "rows", "diag")
        if kind == "scaled":
            return ("multiply", self.of((), depth - 1), self.of(shape, depth - 1))
        if kind == "transposed":
            return ("transposed", self.of((columns, rows), depth - 1))
        if kind == "matmat":
            middle = self.one_of("m", "n", 2)
            parts = self.of((rows, middle), depth - 1), self.of((middle, columns), depth - 1)
            return ("matmul", *parts)
        if kind == "add":
            return ("add", self.of(shape, depth - 1), self.of(shape, depth - 1))
        if kind == "rows" and isinstance(rows, int):
            return ("stack", *(self.of((columns,), depth - 1) for _ in range(rows)))
        if kind == "diag" and rows == columns:
            return ("diag", self.of((rows,), depth - 1))
        return ("outer", self.of((rows,), depth - 1), self.of((columns,), depth - 1))


@st.composite
def problems(draw, shapes=((), ("n",), ("m",), ("n",), (2,), (3,), *((x,) for x in JOINED)),
             depths=(2, 6), by=("vector", "vector", "scalar", "several")):  # fmt: skip
    """``(program, wrt)``, where wrt is a name or a tuple of names."""
    shape = draw(st.sampled_from(shapes))
    depth = draw(st.integers(*depths))
    programs = Programs(draw)
    if draw(st.integers(0, 2)) == 0:
        length = draw(st.sampled_from([(), ("n",)]))
        named = ("let", "s", programs.of(length, depth - 2))
        programs = Programs(draw, [(named, length)])
    program = programs.of(shape, depth)
    kind = draw(st.sampled_from(by))
    used = {name for name in names(program) if len(VARIABLES[name]) < 2}
    wanted = sorted(name for name in used if (VARIABLES[name] == ()) != (kind == "vector"))
    if not wanted:
        if kind == "vector" and shape == ():
            program, wanted = ("multiply", ("sum", "x"), program), ["x"]
        elif kind == "vector" and shape[0] in ("n", 3):
            wanted = ["x" if shape[0] == "n" else "q"]
            program = ("multiply", program, wanted[0])
        else:
            program, wanted = ("multiply", program, "z"), ["z"]
    if kind == "several" and VARIABLES[wanted[0]] == ():
        return program, tuple(draw(st.permutations(wanted)))
    return program, draw(st.sampled_from(wanted))


def sizes_of_letters(low, high):
    """A different length for each letter."""
    pairs = [(m, n) for m in range(low, high + 1) for n in range(low, high + 1) if m != n]
    return st.sampled_from(pairs).map(lambda pair: dict(zip("mn", pair, strict=True)))


SEEDS = st.integers(0, 2**16)


# --- the comparison ----------------------------------------------------------------------------


def variables():
    made = {}
    for name, shape in VARIABLES.items():
        if len(shape) == 2:
            made[name] = mc.matrices(name, shape=shape)
        else:
            made[name] = mc.vectors(name, size=shape[0]) if shape else mc.scalars(name)
    return made


SYMBOLS = variables()


def draw_values(seed, sizes):
    rng, values = np.random.default_rng(seed), {}
    for name, shape in VARIABLES.items():
        size = tuple(sizes.get(length, length) for length in shape)
        value = rng.uniform(0.3, 1.7, size)
        values[name] = value if name in POSITIVE else value * rng.choice([-1.0, 1.0], size)
    return values


def symbolic(program, wrt):
    """The program on mcalc's variables, derived."""
    y = run(program, np, SYMBOLS, let=mc.let)
    by = tuple(SYMBOLS[name] for name in wrt) if isinstance(wrt, tuple) else SYMBOLS[wrt]
    return mc.derive(y, wrt=by)


def oracle(function, wrt, values):
    """Value and Jacobian of ``function(np, leaves)`` by autograd, the Jacobian with two axes."""

    def of(inputs):
        one = dict(zip(wrt, inputs, strict=True)) if isinstance(wrt, tuple) else {wrt: inputs}
        return function(ORACLE, {**values, **one})

    point = np.array([values[name] for name in wrt]) if isinstance(wrt, tuple) else values[wrt]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # an output that does not depend on this input
        value = np.asarray(of(point), dtype=float)
        jacobian = autograd.jacobian(lambda inputs: 1.0 * of(inputs))(np.asarray(point))
    return value, np.reshape(jacobian, (value.size, np.size(point)))


def close(found, wanted):
    scale = max(1.0, np.abs(wanted).max(initial=0.0))
    return np.shape(found) == np.shape(wanted) and (
        np.abs(np.subtract(found, wanted)).max(initial=0.0) <= TOLERANCE * scale
    )


def unfit(program, values):
    """Why this point is not fit to compare at, or None."""
    watch = Watch()
    with np.errstate(all="ignore"):
        run(program, ORACLE, values, watch=watch)
    return watch.reason


def compare(d, function, wrt, values, sizes):
    """mcalc's value, Jacobian and products against the oracle's, at one point."""
    value, jacobian = oracle(function, wrt, values)
    if not np.all(np.abs(jacobian) < HUGE**2):
        return "huge"
    given = {e.name: values[e.name] for e in symbols(d.y)}
    before = {name: array.copy() for name, array in values.items() if np.ndim(array)}

    y = unnamed(d.y)
    by_batch = batch([y], {name: v[None] for name, v in given.items()}, sizes)[y]
    assert close(np.broadcast_to(by_batch, (1, *value.shape))[0], value)

    closed = d.numpy()
    found = closed(**given)
    assert type(found) is np.ndarray and found.dtype == np.float64 and found.ndim == 2
    assert close(found, jacobian), f"{found} by mcalc, {jacobian} by autograd"

    rng = np.random.default_rng(0)
    inputs = (len(wrt),) if isinstance(wrt, tuple) else np.shape(values[wrt])
    dx, v = rng.standard_normal(inputs), rng.standard_normal(value.shape)
    forward, backward = d.jvp(dx, **given), d.vjp(v, **given)
    assert close(forward, np.reshape(jacobian @ np.ravel(dx), value.shape))
    assert close(backward, np.reshape(np.ravel(v) @ jacobian, inputs))

    results = [found, forward, backward]
    needed = {name: values[name] for name in d.parameters}
    again = [closed(**needed), d.jvp(dx, **needed), d.vjp(v, **needed)]
    for first, second in zip(results, again, strict=True):
        assert np.array_equal(first, second)
        assert not any(np.shares_memory(first, x) for x in (second, dx, v, *given.values()))
    assert all(np.array_equal(values[name], array) for name, array in before.items())
    return None


def compare_at(problem, seed, lengths, tally):
    """One derivation at several lengths."""
    program, wrt = problem
    points = [(draw_values(seed, sizes), sizes) for sizes in lengths]
    reasons = [unfit(program, values) for values, _ in points]
    tally.update(points=len(points))
    d = None if all(reasons) else symbolic(program, wrt)
    for reason, (values, sizes) in zip(reasons, points, strict=True):
        reason = reason or compare(d, partial(run, program), wrt, values, sizes)
        if reason:
            tally[reason] += 1


def hunt(test, *strategies):
    """Run a test on random examples, and see to it that few points were passed over."""
    tally = Counter()

    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.tuples(*strategies))
    def one(drawn):
        test(*drawn, tally)

    one()
    assert tally["huge"] + tally["kink"] < 0.3 * tally["points"], tally
    return tally


LENGTHS = st.tuples(sizes_of_letters(1, 3), sizes_of_letters(2, 7))


def test_scalar_functions():
    hunt(compare_at, problems(shapes=[()]), SEEDS, LENGTHS)


def test_vector_functions():
    hunt(compare_at, problems(shapes=[("n",), ("n",), ("m",)]), SEEDS, LENGTHS)


def test_vectors_of_known_length_and_joined_ones():
    shapes = [(2,), (3,), *((length,) for length in JOINED)]
    hunt(compare_at, problems(shapes=shapes), SEEDS, LENGTHS)


# --- the other ways, and what is shown ---------------------------------------------------------


def in_every_way(problem, seed, sizes, tally):
    """Scalar rules, the check, claims, second derivatives and what is displayed."""
    program, wrt = problem
    values = draw_values(seed, sizes)
    tally["points"] += 1
    reason = unfit(program, values)
    if reason:
        tally[reason] += 1
        return
    d = symbolic(program, wrt)
    value, jacobian = oracle(partial(run, program), wrt, values)

    assert repr(d) and d._repr_latex_().count("{") == d._repr_latex_().count("}")
    assert repr(d.jacobian) and d.jacobian._repr_latex_() and len(d.steps) == 4
    assert "chain rule" in d.rule and d.reason

    used = {name: sizes[name] for name in letters(unnamed(d.y), *d.variables)}
    assert close(numbers(d.explicit(**used), values), jacobian)
    assert d.check(sizes=(1, 2), points=2).passed

    assert d.equals(d.jacobian) and d.why(1 * d.jacobian) is None
    if np.abs(jacobian).max() > 0.01:
        assert d.why(-d.jacobian) and d.why(d.jacobian * 1.5) and not d.equals(-d.jacobian)

    if value.ndim == 0 and isinstance(wrt, str):
        compare_hessian(program, wrt, values)


def numbers(matrix, values):
    """A SymPy matrix over ``x_1, x_2, ...`` at these values."""
    at = {}
    for name, value in values.items():
        for place in np.ndindex(np.shape(value)):
            at["_".join([name, "".join(str(k + 1) for k in place)]) if place else name] = value[
                place
            ]
    free = sorted(matrix.free_symbols, key=str)
    compiled = sp.lambdify(free, matrix.tolist(), "math", cse=True)
    return np.array(compiled(*(float(at[s.name]) for s in free)), dtype=float)


def compare_hessian(program, wrt, values):
    y = run(program, np, SYMBOLS, let=mc.let)
    first = mc.derive(y, wrt=SYMBOLS[wrt])
    if SYMBOLS[wrt] not in symbols(unnamed(first.gradient)):
        return  # there is nothing left to derive by
    second = mc.hessian(y, wrt=SYMBOLS[wrt])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wanted = autograd.hessian(lambda x: 1.0 * run(program, ORACLE, {**values, wrt: x}))(
            np.asarray(values[wrt])
        )
    if np.all(np.abs(wanted) < HUGE**2):
        found = second.numpy()(**{e.name: values[e.name] for e in symbols(second.y)})
        assert close(found, np.reshape(wanted, (np.size(values[wrt]),) * 2))
        assert second.check(sizes=(2,), points=1).passed


def test_every_way_agrees():
    hunt(in_every_way, problems(depths=(1, 3)), SEEDS, sizes_of_letters(1, 3))


# --- every row of the table --------------------------------------------------------------------

FUNCTIONS = {  # NumPy's name: what calls it, and a variable
    **{name: ((name, "x"), "x") for name in (
        "sin cos tan arctan sinh cosh tanh exp expm1 negative square reciprocal positive absolute "
        "fabs sign sum mean var std max min"
    ).split()},
    **{name: ((name, "w"), "w") for name in ("log", "log1p", "sqrt")},
    **{name: ((name, "x", "w"), "x") for name in (
        "add subtract multiply divide maximum minimum fmax fmin dot vdot inner"
    ).split()},
    **{name: (("where", (name, "x", "w"), ("sin", "x"), "w"), "x") for name in (
        "greater greater_equal less less_equal equal not_equal"
    ).split()},
    **{name: (("where", (name, ("greater", "x", 0), ("less", "x", "w")), ("sin", "x"), "w"), "x")
       for name in ("logical_and", "logical_or", "bitwise_and", "bitwise_or")},
    **{name: (("where", (name, ("greater", "x", 0)), ("sin", "x"), "w"), "x")
       for name in ("logical_not", "invert")},
    "hstack": (("sin", ("hstack", "x", "u")), "x"),
    "power": (("power", "w", "b"), "b"),
    "float_power": (("float_power", "w", 3), "w"),
    "where": (("where", ("greater", "x", 0), ("sin", "x"), "w"), "x"),
    "clip": (("clip", "x", -1, 1), "x"),
    "norm": (("add", ("norm", "x"), ("multiply", ("norm_1", "x"), ("norm_inf", "x"))), "x"),
    "matmul": (("matmul", "S", "x"), "x"),
    "transpose": (("matmul", ("transpose", "A"), "u"), "u"),
    "outer": (("matmul", ("outer", "u", "x"), "x"), "x"),
    "stack": (("stack", ("sin", "b"), ("multiply", "b", "z")), "b"),
    "concatenate": (("sin", ("concatenate", "x", "u", "x")), "x"),
    "diag": (("matmul", ("diag", "x"), ("sin", "x")), "x"),
    "ones_like": (("subtract", ("multiply", "b", ("ones_like", "x")), ("sin", "x")), "x"),
    "zeros_like": (("maximum", ("zeros_like", "x"), "x"), "x"),
}  # fmt: skip
STRUCTURES = [  # what no single function shows: shapes that meet, and terms that do
    # products
    (("matmul", "x", ("matmul", "S", "x")), "x"),
    (("matmul", ("matmul", "u", "A"), "x"), "x"),
    (("matmul", ("matmul", "A", "S"), "x"), "x"),
    (("matmul", "S", ("matmul", "S", "x")), "x"),
    (("matmul", ("transposed", "A"), "u"), "u"),
    (("matmul", ("subtract", "A", "A"), "x"), "x"),
    (("matmul", ("divide", "S", "S"), "x"), "x"),
    (("matmul", "u", ("divide", ("multiply", "q", ("outer", "u", "q")), ("outer", "u", "q"))), "u"),
    (("matmul", ("multiply", ("outer", "x", "w"), ("diag", "x")), "x"), "x"),
    (("matmul", ("tanh", ("matmul", ("sin", ("outer", "u", "x")), ("transposed", "A"))), "u"), "u"),
    # elements, stacked and joined
    (("multiply", ("index", "q", 0), ("slice", "q", None, None, -1)), "q"),
    (("stack", ("multiply", "b", "z"), "z", "b"), ("b", "z")),
    (("matmul", ("stack", "x", ("sin", "x")), "x"), "x"),
    (("matmul", "x", ("stack_columns", "x", ("sin", "x"))), "x"),
    (("multiply", "z", ("concatenate", "u", ("slice", "q", 1, 3), ("stack", "z"))), "z"),
    (("multiply", ("sum", "x"), ("concatenate", "x", "u")), "x"),
    (("subtract", ("concatenate", ("stack", "b"), "x"), ("concatenate", "x", ("stack", "b"))), "x"),
    (("max", ("sin", ("concatenate", "x", "u"))), "x"),
    (("max", ("multiply", ("multiply", ("concatenate", "x", "u"), ("concatenate", "x", "v")),
              ("concatenate", "w", "u"))), "x"),
    (("divide", ("subtract", ("concatenate", "x", "u"), ("square", ("concatenate", "w", "v"))),
      ("concatenate", "x", "u")), "u"),
    # conditions
    (("var", ("minimum", "x", "w")), "w"),
    (("matmul", ("outer", ("minimum", "x", "z"), ("array", 4.0, 0.5)), ("array", -1.0, 4.0)), "z"),
    (("square", ("where", "a", "a", "x")), "a"),
    (("maximum", "a", "v"), "v"),
    (("clip", ("clip", "x", "b", 0.3), -1, 1), "b"),
    (("multiply", "x", ("zeros_like", "x")), "x"),
]  # fmt: skip


def check_example(program, wrt):
    tally = Counter()
    compare_at((program, wrt), 1, [{"m": 2, "n": 3}, {"m": 1, "n": 5}], tally)
    assert tally["points"] == 2 and tally.total() == 2, tally
    in_every_way((program, wrt), 1, {"m": 2, "n": 3}, tally)
    assert tally.total() == 3


@pytest.mark.parametrize("name", sorted(f.__name__ for f in NUMPY if callable(f)))
def test_each_numpy_function(name):
    check_example(*FUNCTIONS[name])


@pytest.mark.parametrize("program, wrt", STRUCTURES)
def test_each_structure(program, wrt):
    check_example(program, wrt)


def test_the_examples_use_every_row():
    used = set()
    for program, wrt in [*FUNCTIONS.values(), *STRUCTURES]:
        d = symbolic(program, wrt)
        matrices = [m for term in d.terms for m, *_ in term.matrices]
        used |= {e.op.name for e in walk(unnamed(d.y), d.jacobian.expr, *matrices)}
    assert used >= set(PRIMITIVES), set(PRIMITIVES) - used


# --- what is refused ---------------------------------------------------------------------------


def test_matrices_are_refused():
    A, S, x, u = (SYMBOLS[name] for name in "ASxu")
    for y, wrt in [(np.sum(A), A), (A @ x, A), (A, x), (np.outer(u, x), x), (S * x, x)]:
        with pytest.raises(mc.UnsupportedError, match="matrix"):
            mc.derive(y, wrt=wrt)
