"""Random NumPy programs: run on symbols by mcalc, on numbers by an oracle.

A program is a tree of tuples, ``("multiply", "x", ("sin", "w"))``, that :func:`run` carries out
with NumPy on mcalc's variables, or with an oracle's NumPy on arrays. :func:`problem` makes it of
choices, so that hypothesis can draw it and make it smaller, and a seed can draw it, too.
"""

import itertools

import numpy as np

import mcalc as mc

NEAR = 1e-6  # to a kink
HUGE = 1e4  # what an intermediate value may grow to; its derivatives are larger still

VARIABLES = {
    "a": (), "b": (), "z": (),
    "w": ("n",), "x": ("n",), "u": ("m",), "v": ("m",), "q": (3,),
    "A": ("m", "n"), "S": ("n", "n"),
}  # fmt: skip
POSITIVE = ["a", "w", "u"]  # may be given to log, or raised to any power


# --- programs ----------------------------------------------------------------------------------

NUMBERS = float | np.ndarray  # 0 or 1; of them NumPy has no bitwise functions


def _of_conditions(np, name, a, b):
    plain = isinstance(a, NUMBERS) and isinstance(b, NUMBERS)
    return getattr(np, f"{'logical' if plain else 'bitwise'}_{name}")(a, b)


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
    "inv": lambda np, a: np.linalg.inv(a),
    "det": lambda np, a: np.linalg.det(a),
    "slogdet": lambda np, a: np.linalg.slogdet(a)[1],
    "stack": lambda np, *parts: np.stack(parts),
    "stack_columns": lambda np, *parts: np.stack(parts, axis=1),
    "concatenate": lambda np, *parts: np.concatenate(parts),
    "hstack": lambda np, *parts: np.hstack(parts),
    "index": lambda np, a, k: a[k],
    "slice": lambda np, a, *ends: a[slice(*ends)],
    "sum_rows": lambda np, a: np.sum(a, axis=0),
    "sum_columns": lambda np, a: np.sum(a, axis=1),
    "mean_rows": lambda np, a: np.mean(a, axis=0),
    "bitwise_and": lambda np, a, b: _of_conditions(np, "and", a, b),
    "bitwise_or": lambda np, a, b: _of_conditions(np, "or", a, b),
    "invert": lambda np, a: np.logical_not(a) if isinstance(a, NUMBERS) else np.invert(a),
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
        watch(program, value, operands)
    return value


COMPARISONS = ["greater", "greater_equal", "less", "less_equal"]
EQUALITIES = ["equal", "not_equal"]
JUMPS = [*COMPARISONS, *EQUALITIES, "sign"]
NO_VALUES = ["ones_like", "zeros_like", "array"]  # are taken from operands, but their length


def names(program, but=()):
    """The variables that bear on a program's value, and not only through operations in ``but``."""
    if isinstance(program, str):
        return {program}
    if not isinstance(program, tuple) or program[0] in (*NO_VALUES, *but):
        return set()
    parts = program[2 if program[0] == "let" else 1 :]
    return set().union(*(names(part, but) for part in parts))


class Watch:
    """Whether a point is fit to compare at: no kink is near, and no number huge or undefined.

    With ``wrt``, kinks count only in what moves with these variables, and does not only jump.
    ``kinks`` has how near every operation is that is near its own.
    """

    def __init__(self, wrt=()):
        self.reason, self.wrt, self.kinks = None, {*wrt}, {}

    def __call__(self, program, value, operands):
        if program[0] == "clip":  # has two
            for end, number in zip(program[2:], operands[1:], strict=True):
                self(("maximum", end, program[1]), value, (number, operands[0]))
        if not np.all(np.abs(value) < HUGE):  # NaN too
            self.reason = "huge"
            return
        gap = np.min(self.gap(program[0], value, *operands), initial=1.0)
        moving = set().union(*(names(operand, JUMPS) for operand in program[1:]))
        if gap < NEAR and (not self.wrt or self.wrt & moving):
            self.kinks[program] = gap
            self.reason = self.reason or "kink"

    def gap(self, name, value, *operands):
        """How far an operation is from its kink."""
        if name in ("abs", "absolute", "fabs", "sign", "norm_1"):
            return np.abs(operands[0])
        if name in ("sqrt", "norm", "std"):
            return np.abs(value)
        if name in ("maximum", "minimum", "fmax", "fmin", *COMPARISONS, *EQUALITIES):
            return np.abs(operands[0] - operands[1])
        if name in ("max", "min", "norm_inf"):
            sizes = {"max": operands[0], "min": -operands[0], "norm_inf": np.abs(operands[0])}
            return np.diff(np.sort(sizes[name])[-2:])
        return 1.0


# --- random programs ---------------------------------------------------------------------------

FACTORS = [2.0, 3.0, -1.0, -2.0, 0.5, 0.1, -1.5, 4.0]
ANYWHERE = [
    "negative", "sin", "cos", "tanh", "arctan", "square", "abs", "sign", "exp", "expm1", "sinh",
    "cosh", "tan", "log", "log1p", "sqrt", "reciprocal", "positive",
]  # fmt: skip
JOINED = [("n", "m"), ("m", 1), (2, "n")]
OTHERWISE = {  # what does the same
    "abs": ["abs", "absolute", "fabs"],
    "maximum": ["maximum", "maximum", "fmax"],
    "minimum": ["minimum", "minimum", "fmin"],
    "dot": ["dot", "vdot", "inner"],
    "concatenate": ["concatenate", "hstack"],
    "transposed": ["transposed", "transpose"],
    "power": ["power", "power", "power", "float_power"],
    "logical_and": ["logical_and", "bitwise_and"],
    "logical_or": ["logical_or", "bitwise_or"],
    "logical_not": ["logical_not", "invert"],
}


class Programs:
    """Makes a program of a given shape, with ``choose`` one of a list whenever there are several.

    ``extra`` leaves are more variables, such as a ``let``.
    """

    def __init__(self, choose, extra=()):
        self.choose, self.extra = choose, tuple(extra)

    def one_of(self, *choices):
        return self.choose(choices)

    def leaf(self, shape):
        known = [name for name, of in (*VARIABLES.items(), *self.extra) if of == shape]
        if known and (shape != () or self.one_of(0, 1, 2, 3)):
            return self.one_of(*known)
        if shape == ():
            return self.one_of(*FACTORS)
        if len(shape) == 2:
            rows, columns = shape
            if (columns, rows) == ("m", "n"):
                return ("transposed", "A")
            return ("outer", self.leaf((rows,)), self.leaf((columns,)))
        (length,) = shape
        if isinstance(length, tuple):
            return ("concatenate", *(self.leaf((part,)) for part in length))
        if self.one_of(False, True):
            return ("array", *(self.one_of(*FACTORS) for _ in range(length)))
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
        if depth <= 0 or self.one_of(*range(6)) == 0:
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
        return sides if self.one_of(False, True) else sides[::-1]

    def binary(self, shape, depth):
        name = self.one_of(
            "add", "subtract", "multiply", "multiply", "divide", "maximum", "minimum",
            "relu", "comparison", "logaddexp",
        )  # fmt: skip
        if name == "relu":
            return ("maximum", 0, self.of(shape, depth - 1))
        if name == "divide":
            whole = self.of(shape, depth - 1)
            below = self.one_of(shape, ())
            return ("divide", whole, self.one_of(self.leaf(below), self.positive(below, depth - 1)))
        if name == "comparison":
            return self.comparison(shape, depth)
        if name == "logaddexp" and self.one_of(False, True):
            return (name, 0, self.of(shape, depth - 1))
        return (name, *self.pair(shape, depth))

    def comparison(self, shape, depth):
        sides = self.one_of(self.pair(shape, depth), [self.of(shape, depth - 1), 0])
        return (self.one_of(*COMPARISONS), *sides)

    def condition(self, shape, depth):
        kind = self.one_of("one", "one", "one", "one", "and", "or", "not", "equality")
        if kind == "equality":
            return (self.one_of(*EQUALITIES), self.of(shape, depth - 1), self.leaf(shape))
        first = self.comparison(shape, depth)
        if kind == "not":
            return ("logical_not", first)
        return first if kind == "one" else (f"logical_{kind}", first, self.comparison(shape, depth))

    def where(self, shape, depth):
        condition = self.condition(self.one_of(shape, shape, ()), depth - 1)
        return ("where", condition, *self.pair(shape, depth))

    def power(self, shape, depth):
        if self.one_of(False, True):
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
            "norm_matrix", "trace", "det", "slogdet",
        )  # fmt: skip
        if name in ("dot", "matmul"):
            return (name, self.of(length, depth - 1), self.of(length, depth - 1))
        if name == "index":
            length = self.one_of(1, 2, 3)
            place = self.one_of(*range(-length, length))
            return (name, self.of((length,), depth - 1), place)
        if name == "form":
            left = self.of(("m",), depth - 2)
            left = self.one_of(left, ("transposed", left))
            matrix = ("matmul", left, self.of(("m", "n"), depth - 2))
            return ("matmul", matrix, self.of(("n",), depth - 2))
        if name in ("trace", "det", "slogdet"):
            return (name, self.regular(depth - 1))
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
            start = self.one_of(*range(4 - length))
            return ("slice", self.of((3,), depth - 1), start, start + length)
        return ("concatenate", *(self.of((part,), depth - 1) for part in length))

    def regular(self, depth):
        """A square matrix that has an inverse: the largest of a row stands on the diagonal."""
        large = ("diag", ("multiply", 9.0, ("ones_like", "x")))
        return ("add", large, ("tanh", self.of(("n", "n"), depth - 2)))

    def matrix(self, shape, depth):
        rows, columns = shape
        kind = self.one_of("outer", "scaled", "transposed", "matmat", "add", "rows", "diag", "inv")
        if kind == "inv" and rows == columns == "n":
            return ("inv", self.regular(depth - 1))
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


def varied(program, choose):
    """The same with other names of NumPy's for what is done."""
    if not isinstance(program, tuple):
        return program
    name, *args = program
    args = [varied(arg, choose) for arg in args]
    return (choose(OTHERWISE[name]) if name in OTHERWISE else name, *args)


SHAPES = (), ("n",), ("m",), ("n",), (2,), (3,), *((x,) for x in JOINED)


BY = "vector", "vector", "scalar", "several"


def problem(choose, shapes=SHAPES, depths=(2, 6), by=BY):
    """``(program, wrt)``, where wrt is a name or a tuple of names."""
    shape = choose(shapes)
    depth = choose(range(depths[0], depths[1] + 1))
    programs = Programs(choose)
    if choose(range(3)) == 0:
        length = choose([(), ("n",)])
        named = ("let", "s", programs.of(length, depth - 2))
        programs = Programs(choose, [(named, length)])
    program = varied(programs.of(shape, depth), choose)
    kind = choose(by)
    axes = {"vector": [1], "matrix": [2]}.get(kind, [0])
    wanted = sorted(name for name in names(program) if len(VARIABLES[name]) in axes)
    if not wanted:
        if kind == "matrix" or kind == "vector" and shape == ():
            wanted = ["A" if kind == "matrix" else "x"]
            program = ("multiply", ("sum", wanted[0]), program)
        elif kind == "vector" and shape[0] in ("n", 3):
            wanted = ["x" if shape[0] == "n" else "q"]
            program = ("multiply", program, wanted[0])
        else:
            program, wanted = ("multiply", program, "z"), ["z"]
    if kind == "several" and VARIABLES[wanted[0]] == ():
        return program, choose(list(itertools.permutations(wanted)))
    return program, choose(wanted)


def lengths(low, high):
    """A different length for each letter, in every way."""
    pairs = itertools.permutations(range(low, high + 1), 2)
    return [dict(zip("mn", pair, strict=True)) for pair in pairs]


# --- variables ---------------------------------------------------------------------------------


def variables():
    made = {}
    for name, shape in VARIABLES.items():
        if len(shape) == 2:
            made[name] = mc.matrices(name, shape=shape)
        else:
            made[name] = mc.vectors(name, size=shape[0]) if shape else mc.scalars(name)
    return made


SYMBOLS = variables()


def recorded(program):
    """The program on mcalc's variables."""
    with np.errstate(all="ignore"):  # parts of it may be numbers
        return run(program, np, SYMBOLS, let=mc.let)


def draw_values(seed, sizes):
    rng, values = np.random.default_rng(seed), {}
    for name, shape in VARIABLES.items():
        size = tuple(sizes.get(length, length) for length in shape)
        value = rng.uniform(0.3, 1.7, size)
        values[name] = value if name in POSITIVE else value * rng.choice([-1.0, 1.0], size)
    return values
