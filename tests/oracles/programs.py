"""Random NumPy programs: run on symbols by mcalc, on numbers by an oracle.

A program is a tree of tuples, ``("multiply", "x", ("sin", "w"))``, that :func:`run` carries out
with NumPy on mcalc's variables, or with an oracle's NumPy on arrays. :func:`problem` makes it of
choices, so that hypothesis can draw it and make it smaller, and a seed can draw it, too.
"""

import itertools
from functools import cache, reduce

import numpy as np

import mcalc as mc

NEAR = 1e-6  # to a kink
HUGE = 1e4  # what an intermediate value may grow to; its derivatives are larger still

VARIABLES = {
    "a": (), "b": (), "z": (),
    "w": ("n",), "x": ("n",), "u": ("m",), "v": ("m",), "q": (3,),
    "A": ("m", "n"), "S": ("n", "n"), "B": ("n", "n"),
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
    "inv": lambda np, a: np.linalg.inv(a),
    "det": lambda np, a: np.linalg.det(a),
    "slogdet": lambda np, a: np.linalg.slogdet(a)[1],
    "pinv": lambda np, a: np.linalg.pinv(a),
    "vector_norm": lambda np, a: np.linalg.vector_norm(a),
    "matrix_norm": lambda np, a: np.linalg.matrix_norm(a),
    "multi_dot": lambda np, parts: np.linalg.multi_dot(parts),
    "split": lambda np, a, at, k: np.split(a, at)[k],
    "array_split": lambda np, a, at, k: np.array_split(a, at)[k],
    "hsplit": lambda np, a, at, k: np.hsplit(a, at)[k],
    "vsplit": lambda np, a, at, k: np.vsplit(a, at)[k],
    "stack": lambda np, *parts: np.stack(parts),
    "stack_columns": lambda np, *parts: np.stack(parts, axis=1),
    "concatenate": lambda np, *parts: np.concatenate(parts),
    "hstack": lambda np, *parts: np.hstack(parts),
    "index": lambda np, a, k: a[k],
    "slice": lambda np, a, *ends: a[slice(*ends)],
    "sum_rows": lambda np, a: np.sum(a, axis=0),
    "sum_columns": lambda np, a: np.sum(a, axis=1),
    "mean_rows": lambda np, a: np.mean(a, axis=0),
    "solve": lambda np, a, b: np.linalg.solve(a, b),
    "matrix_power": lambda np, a, n: np.linalg.matrix_power(a, n),
    "column_stack": lambda np, *parts: np.column_stack(parts),
    "vstack": lambda np, *parts: np.vstack(parts),
    "shape_0": lambda np, a: np.shape(a)[0],
    "repeated": lambda np, a: np.broadcast_to(a, (2, *np.shape(a))),
    "==": lambda np, a, b: a == b,  # Python's own operators, which are no calls of NumPy's
    "!=": lambda np, a, b: a != b,
    "array": lambda _, *numbers: np.array(numbers),  # of data, the same on both sides
    "list": lambda _, *parts: list(parts),
    "unstack": lambda np, a, k: np.unstack(a)[k],
}


def run(program, library, leaves, let=lambda name, value: value, watch=None):
    """What the program comes to with this NumPy and these variables.

    ``("call", "np.linalg.norm", ("x", 1), (("axis", 0),))`` has what is given by position and by
    name; ``("list", ...)`` and ``("word", ...)`` are a list and a word that such a call is given.
    """
    if isinstance(program, str):
        return leaves[program]
    if not isinstance(program, tuple):
        return program
    name, *args = program
    if name == "word":
        return args[0]
    if name == "let":
        return let(args[0], run(args[1], library, leaves, let, watch))
    if name == "call":
        function, given, options = args
        given = [run(arg, library, leaves, let, watch) for arg in given]
        options = {key: run(arg, library, leaves, let, watch) for key, arg in options}
        return called(library, function)(*given, **options)
    operands = [run(arg, library, leaves, let, watch) for arg in args]
    if name in OPERATIONS:
        value = OPERATIONS[name](library, *operands)
    else:
        value = getattr(library, name)(*operands)
    if watch:
        watch(program, value, operands)
    return value


def called(library, path):
    """NumPy's function of this name, ``linalg.norm``, or a method: ``.sum``."""
    if path.startswith("."):
        return lambda a, *given, **options: getattr(a, path[1:])(*given, **options)
    return reduce(getattr, path.split("."), library)


COMPARISONS = ["greater", "greater_equal", "less", "less_equal"]
EQUALITIES = ["equal", "not_equal", "==", "!="]
JUMPS = [*COMPARISONS, *EQUALITIES, "sign"]
NO_VALUES = ["ones_like", "zeros_like", "array"]  # are taken from operands, but their length


def names(program, but=()):
    """The variables that bear on a program's value, and not only through operations in ``but``."""
    if isinstance(program, str):
        return {program}
    if not isinstance(program, tuple) or program[0] in (*NO_VALUES, "word", *but):
        return set()
    if program[0] == "call":
        return set().union(
            *(names(part, but) for part in (*program[2], *dict(program[3]).values()))
        )
    parts = program[2 if program[0] == "let" else 1 :]
    return set().union(*(names(part, but) for part in parts))


class Watch:
    """How near the operations of a program are to their kinks at a point, element by element.

    Kinks count only in what moves with the variables ``wrt``, and does not only jump; without
    ``wrt``, in all that moves. ``apart`` has how far an operation is from its kink.
    """

    def __init__(self, wrt=(), huge=HUGE):
        self.huge, self.wrt, self.reason, self.apart = huge, {*wrt}, None, {}

    def __call__(self, program, value, operands):
        if program[0] in ("array", "list"):
            return
        if program[0] == "clip":  # has two
            for end, number in zip(program[2:], operands[1:], strict=True):
                if number is not None:
                    self(("maximum", end, program[1]), value, (number, operands[0]))
        if not np.all(np.abs(value) < self.huge):  # NaN too
            self.reason = "huge"
        elif program[0] in ("inv", "slogdet") and np.linalg.cond(operands[0]) > 1e6:
            self.reason = "singular"
        moving = set().union(*(names(operand, JUMPS) for operand in program[1:]))
        if not self.wrt or self.wrt & moving:
            apart = self.from_kink(program[0], value, *operands)
            if apart is not None:
                self.apart[program] = np.asarray(apart)

    def from_kink(self, name, value, *operands):
        """How far each element is from the kink of an operation; None if it has no kink.

        The elements of which a maximum is taken are told by how far they are below it.
        """
        if name in ("abs", "absolute", "fabs", "sign", "norm_1"):
            return np.abs(operands[0])
        if name in ROOTS:
            return np.abs(value)
        if name in ("maximum", "minimum", "fmax", "fmin", *COMPARISONS, *EQUALITIES):
            return np.abs(np.subtract(*(1.0 * np.asarray(o) for o in operands)))
        if name in ("max", "min", "norm_inf"):
            sizes = 1.0 * operands[0]
            sizes = {"max": sizes, "min": -sizes, "norm_inf": np.abs(sizes)}[name]
            return np.max(sizes) - sizes
        return None


ROOTS = "sqrt", "norm", "std"  # have no slope at 0, also where they stay there
MOVE = 1e-6  # of the inputs, to see whether a tie stays
SAME = 1e-12  # rounding


class Look:
    """Whether a point is fit to compare at: no kink is near, and no number huge or undefined.

    A tie is no kink if it stays when the inputs move: ``max(maximum(b, x))`` is b where b is the
    largest, however many elements are. ``kinks`` has the other ties, and how near each is.
    """

    def __init__(self, program, values, wrt=(), huge=HUGE):
        def seen(values):
            watch = Watch(wrt, huge)
            with np.errstate(all="ignore"):
                run(program, np, values, watch=watch)
            return watch

        here = seen(values)
        self.reason, self.kinks, self.ties = here.reason, {}, False
        near = {part: apart < NEAR for part, apart in here.apart.items() if (apart < NEAR).any()}
        if not near:
            return
        stays = {part: flags & (part[0] not in ROOTS) for part, flags in near.items()}
        rng = np.random.default_rng(0)
        for _ in range(3):
            move = {}
            for name in wrt or values:
                size = np.shape(values[name])
                move[name] = MOVE * rng.uniform(0.2, 1.0, size) * rng.choice([-1.0, 1.0], size)
            for sign in (1, -1):
                moved = seen(
                    {**values, **{name: values[name] + sign * m for name, m in move.items()}}
                )
                for part in near:
                    stays[part] = stays[part] & (moved.apart[part] < SAME)
        for part, flags in near.items():
            self.ties |= bool(flags.sum() > (part[0] in ("max", "min", "norm_inf")))
            # on which side of one another equal numbers are that are computed in two ways
            compared = part[0] in (*COMPARISONS, *EQUALITIES) and part[1] != part[2]
            if compared and all(isinstance(operand, tuple) for operand in part[1:]):
                self.reason = self.reason or "rounding"
            if (flags & ~stays[part]).any():
                self.kinks[part] = here.apart[part][flags & ~stays[part]].min()
        if self.kinks:
            self.reason = "kink" if self.reason in (None, "rounding") else self.reason


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
        if name == "comparison":  # as numbers: what NumPy has of True and False are no sums
            return ("multiply", 1.0, self.comparison(shape, depth))
        if name == "logaddexp" and self.one_of(False, True):
            return (name, 0, self.of(shape, depth - 1))
        return (name, *self.pair(shape, depth))

    def comparison(self, shape, depth):
        sides = self.one_of(self.pair(shape, depth), [self.of(shape, depth - 1), 0])
        if not any(map(names, sides)):  # of numbers alone Python makes True or False
            sides = [("add", "z", sides[0]), sides[1]]
        return (self.one_of(*COMPARISONS), *sides)

    def condition(self, shape, depth):
        kind = self.one_of("one", "one", "one", "one", "and", "or", "not", "equality")
        if kind == "equality":
            sides = self.of(shape, depth - 1), self.leaf(shape)
            if not any(map(names, sides)):
                sides = ("add", "z", sides[0]), sides[1]
            return (self.one_of("equal", "not_equal"), *sides)
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
    """The same with other names of NumPy's for what is done; a ``let`` is one thing everywhere."""
    if not isinstance(program, tuple) or program[0] == "let":
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
        named = ("let", "s", varied(programs.of(length, depth - 2), choose))
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


@cache
def variables(renamed=()):
    """mcalc's variables, some of them under other names: ``(("a", "x_1"),)``."""
    made = {}
    for name, shape in VARIABLES.items():
        new = dict(renamed).get(name, name)
        if len(shape) == 2:
            made[name] = mc.matrices(new, shape=shape)
        else:
            made[name] = mc.vectors(new, size=shape[0]) if shape else mc.scalars(new)
    return made


SYMBOLS = variables()


def recorded(program, renamed=()):
    """The program on mcalc's variables."""
    with np.errstate(all="ignore"):  # parts of it may be numbers
        return run(program, np, variables(renamed), let=mc.let)


def draw_values(seed, sizes, ranges=()):
    """Values for all variables: of some from a range, ``(("a", (13.0, 27.0)),)``, or of a list of
    whole numbers, ``(("v", (0, 1, 2)),)``.
    """
    rng, values = np.random.default_rng(seed), {}
    for name, shape in VARIABLES.items():
        size = tuple(sizes.get(length, length) for length in shape)
        value = rng.uniform(0.3, 1.7, size)
        values[name] = value if name in POSITIVE else value * rng.choice([-1.0, 1.0], size)
    for name, some in ranges:
        size = np.shape(values[name])
        whole = isinstance(some[0], int)
        values[name] = 1.0 * rng.choice(some, size) if whole else rng.uniform(*some, size)
    return values
