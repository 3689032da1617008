"""Random problems of nine kinds that a tree of operations seldom comes to by chance.

Each kind takes ``choose`` and gives a :class:`Problem`: products of one matrix, ties that are no
kinks, two forms of one thing, thresholds far from 0, masks, names that clash, sizes, NumPy's calls
with what they may be given, and numbers as people write them.
"""

import itertools
import math
from typing import NamedTuple

from calls import drawn_call
from programs import COMPARISONS, VARIABLES, Programs, names


class Problem(NamedTuple):
    """A program and what to derive by; where its variables lie; what they are called; the sizes."""

    program: object
    wrt: object
    ranges: tuple = ()
    renamed: tuple = ()
    sizes: tuple = ()  # of the letters m and n, as a tuple of pairs
    refusable: bool = False  # what mcalc takes has to be right, but it need not take it
    huge: float = 1e4  # a number that is too large to compare


SIZES = [(("m", m), ("n", n)) for m, n in itertools.product(range(1, 5), repeat=2)]
SMALL = [some for some in SIZES if some[0][1] <= 3 and some[1][1] <= 3]


def by(choose, program, ranks=(0, 1, 2), but=()):
    """``(program, wrt)``, a variable of the program to derive by; one is put in if it has none."""
    rank = choose(ranks)
    usable = sorted(name for name in names(program) if name not in but)
    wanted = [name for name in usable if len(VARIABLES[name]) == rank] or usable
    if not wanted:
        return ("multiply", program, "z"), "z"
    return program, choose(wanted)


def reduced(choose, program, shape):
    """A scalar or a vector made of a matrix or a vector."""
    if len(shape) == 2:
        rows, columns = ({"m": "u", "n": "x"}[length] for length in shape)
        ways = [("sum", program), ("mean", program), ("norm", program), ("var", program),
                ("matmul", program, columns), ("matmul", rows, program),
                ("matmul", rows, ("matmul", program, columns)),
                ("sum_rows", program), ("sum_columns", program), ("mean_rows", program),
                ("sum", ("tanh", program))]  # fmt: skip
        if rows == columns:
            ways += [("trace", program)] * 3
        return choose(ways)
    if len(shape) == 1 and choose([True, False]):
        ways = [("sum", program), ("mean", program), ("max", program), ("norm", program)]
        return choose(ways)
    return program


# --- products of one matrix ----------------------------------------------------------------------


def matrices(choose):
    shape = choose([("m", "n"), ("n", "n"), ("n", "n")])
    square = shape == ("n", "n")
    first = choose(["S", "S", "B"] if square else ["A"])
    others = ["S", "B", ("outer", "x", "w"), ("transposed", "S"), ("diag", "x")]
    others = others if square else ["A", ("outer", "u", "x"), ("outer", "v", "w")]
    number = [2.0, 3.0, -1.0, 0.5]

    def power():
        """A term of the matrix alone, or with a number: ``a*A*A``."""
        product = first
        for _ in range(choose([0, 1, 1, 2])):
            product = ("multiply", product, first)
        scaled = choose([None, "a", "b", choose(number), "z"])
        return product if scaled is None else ("multiply", product, scaled)

    def element_wise():
        """A term: factors of one matrix, and of others."""
        product = first
        for _ in range(choose([0, 1, 1, 2, 3])):
            factor = choose([first, first, first, choose(others), "a", "b", choose(number),
                             choose(["x", "w"]), ("sum", first), ("power", first, 2)])  # fmt: skip
            product = choose([("multiply", product, factor), ("multiply", factor, product)])
        more = choose(["none"] * 6 + ["maximum", "divide", "power", "function"])
        if more == "maximum":
            other = choose([0, first, *others, "x", "a"])
            product = (choose(["maximum", "minimum"]), other, product)
        if more == "divide":
            product = ("divide", product, ("add", 1, ("multiply", first, first)))
        if more == "power":
            product = ("power", product, choose([2, 3]))
        if more == "function":
            product = (choose(["sin", "tanh", "exp", "square"]), product)
        return product

    def chained():
        """A term: a matrix product of the matrix with itself, its transpose and others."""
        if not square:
            inside = ("matmul", ("transposed", first), first)
            return ("matmul", choose([first, choose(others)]), inside)
        some = [first, first, ("transposed", first), choose(others)]
        return ("matmul", choose(some), choose(some))

    terms = choose([[power], [power], [element_wise], [power, element_wise, chained]])
    program = choose(terms)()
    for _ in range(choose([0, 1, 1, 2])):
        program = (choose(["add", "subtract"]), program, choose(terms)())
    if choose([False, False, True]):  # a vector beside each row, with a mask in its derivative
        row = choose(
            ["x", ("maximum", 0, "x"), ("abs", "x"), ("multiply", "w", ("greater", "x", 0))]
        )
        program = (choose(["add", "subtract", "multiply"]), program, row)
    program = reduced(choose, program, shape)
    if choose([False, False, True]):
        program = ("add", program, ("multiply", "a", choose([("trace", "S"), ("sum", "A")])))
    program, wrt = by(choose, program)
    return Problem(program, wrt)


# --- ties ----------------------------------------------------------------------------------------


def ties(choose):
    programs = Programs(choose)
    scalar = choose(["a", "b", "z", programs.of((), 1), programs.of((), 2)])
    vector = choose(["x", "w", programs.of(("n",), 1), programs.of(("n",), 2)])
    bounds = choose(["maximum", "minimum"])
    bounded = (bounds, scalar, vector)
    level = ("multiply", scalar, ("ones_like", "x"))
    low, high = choose([(-1, 1), (-0.5, 0.5), (("negative", ("square", scalar)), ("square", "z"))])
    vectors = [
        bounded, bounded, level, ("add", level, ("zeros_like", "x")), ("clip", vector, low, high),
        ("where", ("greater", vector, 0), scalar, vector),
        ("where", ("greater", "x", "w"), "a", "b"),
        ("concatenate", vector, vector), ("stack", scalar, scalar), ("stack", scalar, "a", scalar),
        ("multiply", scalar, ("array", 1.0, 1.0, 0.5)), ("maximum", 0, vector), ("sign", vector),
    ]  # fmt: skip
    choices = [
        *[(name, choose(vectors)) for name in ("max", "min", "norm_inf") for _ in range(4)],
        ("maximum", ("square", scalar), ("multiply", scalar, scalar)),
        ("minimum", vector, vector), ("maximum", level, scalar),
        ("abs", ("subtract", vector, vector)), ("maximum", ("multiply", 0, vector), 0),
        ("where", ("greater", vector, vector), "a", vector),
        ("maximum", ("maximum", "a", "b"), choose(["a", "b"])), ("abs", ("maximum", 0, vector)),
        ("max", ("stack", ("max", vector), ("max", vector))),
        *[("sum", ("subtract", (name, vector), vector)) for name in ("max", "min")],
    ]  # fmt: skip
    program = choose(choices)
    more = choose([None, scalar, "a", vector])
    if more is not None:
        program = (choose(["add", "multiply"]), program, more)
    if choose([False, True]):
        program = ("sum", program)
    program, wrt = by(choose, program, (0, 0, 1))
    ranges = choose([(), (("b", (2.0, 5.0)),), (("b", (-5.0, -2.0)),), (("a", (2.0, 5.0)),)])
    return Problem(program, wrt, ranges)


# --- two forms -----------------------------------------------------------------------------------


def sigmoid(z):
    return ("divide", 1, ("add", 1, ("exp", ("negative", z))))


def softmax(z):
    return ("divide", ("exp", z), ("sum", ("exp", z)))


def difference(a, b):
    return ("subtract", a, b)


def forms(choose):
    programs = Programs(choose)
    e = choose(["a", "z", "x", programs.of((), 1), programs.of(("n",), 1)])
    v = choose(["x", "w", programs.of(("n",), 1), ("matmul", "S", "x")])
    M = choose(["A", ("multiply", "a", "A"), ("tanh", "A")])
    positive = choose(["a", "w", ("add", 1, ("square", e)), ("exp", e)])
    R = programs.regular(2)
    largest = ("max", v)
    program = choose([
        ("add", sigmoid(e), sigmoid(("negative", e))),
        difference(("tanh", e), ("divide", ("sinh", e), ("cosh", e))),
        difference(1, ("add", sigmoid(e), ("divide", ("exp", ("negative", e)),
                                           ("add", 1, ("exp", ("negative", e)))))),
        ("trace", ("matmul", ("inv", R), R)), ("matmul", ("matmul", ("inv", R), R), "x"),
        ("multiply", ("det", R), ("det", ("inv", R))),
        ("norm", ("divide", v, ("norm", v))), ("sum", softmax(v)),
        ("sum", ("exp", difference(v, ("log", ("sum", ("exp", v)))))),
        ("sum", ("divide", ("multiply", "a", M), M)), ("sum", ("divide", M, M)),
        ("divide", ("multiply", v, v), v), difference(v, v), ("sum", difference(M, M)),
        ("sum", ("log", ("exp", M))),
        ("matmul", ("log", ("exp", choose(["S", ("tanh", "S")]))), "x"),
        ("norm", ("sqrt", ("outer", "u", "w"))),
        ("sum", ("tanh", ("sum_columns", ("log", ("exp", "A"))))),
        ("add", ("arctan", "a"), ("arctan", ("divide", 1, "a"))),
        ("log", ("exp", e)), ("exp", ("log", positive)), ("power", ("sqrt", positive), 2),
        ("add", ("square", ("sin", e)), ("square", ("cos", e))),
        difference(("square", ("cosh", e)), ("square", ("sinh", e))),
        difference(("log", ("multiply", positive, "a")), ("add", ("log", positive), ("log", "a"))),
        difference(("add", largest, ("log", ("sum", ("exp", difference(v, largest))))),
                   ("log", ("sum", ("exp", v)))),
        difference(("expm1", e), ("exp", e)), difference(("log1p", "a"), ("log", ("add", 1, "a"))),
        difference(("abs", e), ("maximum", e, ("negative", e))),
        difference(("logaddexp", 0, e), ("log", ("add", 1, ("exp", e)))),
        difference(("square", difference("a", "b")), ("square", difference("b", "a"))),
        ("divide", ("sum", v), ("mean", v)), difference(("var", v), ("square", ("std", v))),
        ("sum", difference(v, ("mean", v))), ("sum", ("sign", M)),
        ("sum", ("multiply", ("greater", ("matmul", "A", "x"), 0), "u")),
        difference(("trace", ("matmul", "S", "B")), ("trace", ("matmul", "B", "S"))),
        difference(("matmul", "x", ("matmul", "S", "x")),
                   ("matmul", "x", ("matmul", ("transposed", "S"), "x"))),
    ])  # fmt: skip
    more = choose(["none", "none", "multiply", "add", "function"])
    if more in ("multiply", "add"):
        program = (more, program, choose(["a", "z", ("sum", "x"), ("tanh", e)]))
    if more == "function":
        program = (choose(["sin", "exp", "tanh"]), program)
    if choose([False, True]):
        program = ("sum", program)
    program, wrt = by(choose, program)
    return Problem(program, wrt)


# --- thresholds ----------------------------------------------------------------------------------


def thresholds(choose):
    c = choose([13, 20, 30, 50, 100, 255, -40, 1000])
    shape, e = choose([((), "a"), ((), "z"), (("n",), "x"), (("n",), "w"), (("m",), "v"),
                       (("m", "n"), "A"), ((), ("sum", "x")), ((), ("max", "x")),
                       ((), ("matmul", "w", "x"))])  # fmt: skip
    k = choose([1, 1, 2, 0.5])
    arg = e if k == 1 else ("multiply", k, e)
    beyond = ("subtract", arg, c)
    low = choose([0, -5, c - 10])
    program = choose([
        ("maximum", 0, beyond), ("maximum", arg, c), ("minimum", c, arg), ("clip", arg, low, c + 1),
        ("where", ("greater", arg, c), ("square", e), e), ("where", ("less_equal", arg, c), e, 3.0),
        ("where", ("logical_and", ("greater", arg, c), ("less", arg, c + 4)), e, ("square", e)),
        ("abs", beyond), ("sqrt", beyond), ("log", beyond), ("tanh", beyond), sigmoid(beyond),
        ("multiply", e, ("greater", arg, c)), ("maximum", 0, ("minimum", beyond, 3)),
        ("logaddexp", 0, beyond), ("log1p", ("exp", beyond)), ("square", ("maximum", 0, beyond)),
        ("exp", ("minimum", beyond, 1)), ("sign", beyond), ("divide", e, beyond),
        ("maximum", 0, ("subtract", ("abs", arg), abs(c))),
    ])  # fmt: skip
    if len(shape) == 2:
        program = reduced(choose, program, shape)
    elif shape and choose([False, True]):
        program = (choose(["sum", "mean", "max"]), program)
    if choose([False, False, True]):
        program = (choose(["add", "multiply"]), program, "b")
    edge = sorted([c * 0.7, c * 1.3]) if k == 1 else sorted([c / k * 0.7, c / k * 1.3])
    (name,) = names(e) - {"w"} or {"w"}
    program, wrt = by(choose, program, but=() if choose([0, 1, 2]) else {name})
    return Problem(program, wrt, ((name, tuple(edge)),), huge=1e9)


# --- masks ---------------------------------------------------------------------------------------

LABELS = {("n",): "w", ("m",): "v", (3,): "q", (): "b"}


def masks(choose):
    programs = Programs(choose)
    shape = choose([("n",), ("n",), ("m",), (3,), ()])
    labels = choose([(0, 1), (0, 1, 2), (-1, 1)])
    y, e = LABELS[shape], programs.of(shape, choose([1, 2]))
    e = choose([e, {("n",): "x", ("m",): "u", (3,): ("sin", "q"), (): "a"}[shape]])
    e = e if names(e) else ("multiply", "z", e)
    positive = programs.positive(shape, 1)

    def condition(depth=1):
        equality = (choose(["==", "!=", "equal", "not_equal"]), y, choose(labels))
        order = (choose(COMPARISONS), e, choose([0, 0.5, "z"]))
        one = choose([equality, equality, order])
        if depth == 0:
            return one
        data = ("array", *(choose([True, False]) for _ in range(3))) if shape == (3,) else one
        return choose([
            one, one, one, (choose(["logical_not", "invert"]), one),
            (choose(["logical_and", "bitwise_and"]), one, condition(0)),
            (choose(["logical_or", "bitwise_or"]), one, condition(0)),
            ("multiply", one, condition(0)), ("multiply", one, data),
            ("maximum", one, condition(0)), ("where", one, condition(0), data),
        ])  # fmt: skip

    mask = condition()
    used = choose([
        ("multiply", mask, e), ("multiply", e, mask), ("multiply", mask, ("log", positive)),
        ("where", mask, e, positive), ("divide", mask, positive), ("multiply", ("sum", mask), e),
        ("multiply", ("mean", mask), e), ("add", e, ("multiply", 1.0, mask)), ("add", e, mask),
        ("subtract", e, mask), ("subtract", 1, mask), ("subtract", 1.0, mask),
        ("multiply", ("subtract", 1, mask), e), ("power", e, mask), ("greater", mask, e),
        ("maximum", e, mask),
    ])  # fmt: skip
    of_bools = choose([  # what NumPy does with True and False is not what it does with 1 and 0
        ("add", mask, condition(0)), ("subtract", mask, condition(0)), ("negative", mask),
        ("exp", mask), ("sqrt", mask), ("square", mask), ("matmul", mask, condition(0)),
        ("dot", mask, condition(0)), ("invert", e), ("bitwise_and", e, y), ("logical_and", e, y),
        ("logical_or", e, mask), ("logical_not", e), ("invert", ("multiply", 1.0, mask)),
        ("bitwise_or", mask, e), ("sum", ("add", mask, mask)), ("abs", mask), ("sign", mask),
        ("max", mask), ("clip", mask, 0, 1), ("power", mask, 2), ("stack", mask, mask),
        ("call", "sum", (mask,), (("axis", 0),)), ("divide", mask, mask), ("reciprocal", mask),
    ])  # fmt: skip
    strange = choose([False, False, True])
    program = used
    if strange:
        program = choose([("multiply", of_bools, e), ("add", e, of_bools), of_bools])
    if shape and choose([False, True]):
        program = (choose(["sum", "mean"]), program)
    program, wrt = by(choose, program, (0, 1), but={y})
    if wrt == y:
        program, wrt = ("multiply", "z", program), "z"
    return Problem(program, wrt, ((y, labels),), refusable=strange)


# --- names ---------------------------------------------------------------------------------------

CLASHES = [
    (("a", "x_1"), ("b", "x_2")), (("a", "x_1"), ("z", "A_11")), (("z", "q_1"), ("a", "q_2")),
    (("x", "x_1"), ("w", "x")), (("q", "z"), ("z", "z_1")), (("a", "A_1"), ("b", "A_12")),
    (("x", "w_1"), ("b", "w_11")), (("w", "x_a"), ("b", "x_a_1")), (("A", "A_1"), ("S", "A")),
    (("S", "x_1"), ("a", "x_11")), (("x", "alpha"), ("a", "alpha_1")), (("a", "lambda_1"),),
    (("u", "u_1"), ("v", "u_2"), ("a", "u")), (("a", "u"), ("b", "v"), ("u", "a"), ("v", "b")),
    (("a", "v_1"), ("x", "r"), ("w", "h")), (("a", "n"), ("b", "m")), (("a", "N"), ("x", "S_1")),
    (("a", "np_1"), ("x", "len")), (("a", "y"), ("b", "f"), ("z", "C")),
    (("q", "x_a"), ("z", "x_a_1")),
]  # fmt: skip


def clashing(choose):
    programs = Programs(choose)
    renamed = choose(CLASHES)
    taken = [name for name, _ in renamed]
    shape = choose([(), ("n",), (3,)])
    program = programs.of(shape, choose([1, 2]))
    for name in taken:
        rank = len(VARIABLES[name])
        part = (name, ("sum", choose([name, ("sin", name)])), ("sum", name))[rank]
        program = (choose(["add", "multiply"]), program, part)
    if choose([False, True]):  # an intermediate variable that stands there twice
        named = ("let", choose(["t", "c", "t_1"]), programs.of((), 2))
        program = ("add", ("multiply", named, program), ("sin", named))
    if "q" in taken:
        program = ("add", program, ("multiply", ("index", "q", 0), "z"))
    program, wrt = by(choose, program)
    return Problem(program, wrt, renamed=renamed)


# --- sizes ---------------------------------------------------------------------------------------


def sizes(choose):
    X, w, y = "A", "w", "v"  # m examples of n
    across = ("transposed", X)
    gram, wide = ("matmul", across, X), ("matmul", X, across)
    ridge = ("add", gram, ("diag", ("multiply", choose(["a", 0.5]), ("ones_like", "w"))))
    residual = difference(("matmul", X, w), y)
    deviations = difference(X, ("mean_rows", X))
    program = choose([
        ("mean", ("square", residual)), ("divide", ("norm", residual), ("sum", "w")),
        ("matmul", ("inv", gram), ("matmul", across, y)),
        ("matmul", ("inv", ridge), ("matmul", across, y)),
        ("matmul", X, ("matmul", ("inv", gram), ("matmul", across, y))),
        ("matmul", y, ("matmul", ("matmul", X, ("inv", ridge)), ("matmul", across, y))),
        ("slogdet", gram), ("slogdet", wide), ("slogdet", ridge), ("det", gram), ("det", wide),
        ("trace", ("inv", ridge)), ("trace", wide), ("norm", wide),
        ("sum", ("square", deviations)), ("var", X), ("mean", ("matmul", X, w)),
        ("std", ("matmul", X, w)), ("var", "x"), ("max", ("matmul", X, w)), ("norm_inf", "x"),
        ("divide", difference("x", ("mean", "x")), ("sqrt", ("add", ("var", "x"), 1e-5))),
        ("mean", ("logaddexp", 0, ("negative", ("multiply", y, ("matmul", X, w))))),
        ("concatenate", "x", ("stack", "a"), ("matmul", X, "x")), softmax(("matmul", X, w)),
        ("sum_rows", ("multiply", X, "x")), ("sum_columns", ("multiply", X, "x")),
        ("matmul", ("outer", y, "x"), w), ("matmul", ("multiply", X, ("outer", "u", "x")), w),
        ("divide", ("matmul", X, w), ("norm", w)),
        ("sum", ("divide", X, ("sum_rows", ("square", X)))),
    ])  # fmt: skip
    if choose([False, True]):
        program = ("sum", choose([program, ("square", program), ("tanh", program)]))
    program, wrt = by(choose, program)
    return Problem(program, wrt, sizes=choose(SIZES))


# --- NumPy's calls -------------------------------------------------------------------------------


def calls(choose):
    program, wrt = drawn_call(choose)
    return Problem(program, wrt, sizes=(("m", 2), ("n", 4)), refusable=True)


# --- numbers -------------------------------------------------------------------------------------

WRITTEN = [1e-3, 0.1 + 0.2, math.pi, math.sqrt(2 / math.pi), 255, 1e6, 1 / 3, 1e-5, 0.044715, 1.702,
           -0.0, 0, 1, 7, 1e-8, 2**0.5, math.e, 1e4, 12345.678, 99.9, 1e-300, 2**-10]  # fmt: skip


def numbers(choose):
    programs = Programs(choose)
    shape = choose([(), ("n",), (3,), ("n",)])
    e = programs.of(shape, choose([1, 2]))
    one = choose(WRITTEN)
    large = choose([1e6, 1e4, -1e5, ("power", "b", 10), ("exp", ("multiply", 4, "b"))])
    data = ("array", *(choose([1, 0, 2, -3]) for _ in range(3)))
    data = choose([data, ("array", *(choose([True, False]) for _ in range(3))),
                   ("array", *(choose(WRITTEN) for _ in range(3)))])  # fmt: skip
    kinked = choose([("maximum", 0, e), ("abs", e), ("minimum", e, one), ("sum", ("abs", "x"))])
    program = choose([
        ("add", kinked, large), ("multiply", one, e), ("add", e, one),
        ("divide", e, ("add", one, 2)),
        ("multiply", ("multiply", one, choose(WRITTEN)), e), ("subtract", one, e),
        ("multiply", "q", data), ("add", "q", data), ("matmul", data, "q"), ("power", "q", 2),
        ("where", data, "q", "z"), ("maximum", data, "q"),
        ("add", ("tanh", e), ("multiply", one, e)),
        ("multiply", e, ("power", one, choose([2, 1, 3]))),
        ("power", "a", choose([0.5, 1.5, 0, 1, -1, 2.2])),
        ("power", choose([2, 0.1, 10, 1, math.e]), e), ("add", ("multiply", 0, e), "z"),
        ("multiply", e, ("subtract", one, one)), ("divide", one, ("add", 3, ("square", e))),
        ("multiply", 0.5, ("multiply", e, ("add", 1, ("tanh", ("multiply", math.sqrt(2 / math.pi),
                          ("add", e, ("multiply", 0.044715, ("power", e, 3)))))))),
        ("power", -1, 3),
    ])  # fmt: skip
    undefined = choose([False] * 7 + [True])
    if undefined:  # or only somewhere, or without a derivative
        program = choose([("divide", e, 0), ("divide", 1, ("zeros_like", "x")),
                          ("power", choose([-2, 0]), e), ("log", -1), ("sqrt", 0)])  # fmt: skip
    program = ("add", program, "z") if not names(program) else program
    program, wrt = by(choose, program, (0, 1))
    return Problem(program, wrt, refusable=undefined, huge=1e9)


KINDS = {
    "matrices": matrices, "ties": ties, "forms": forms, "thresholds": thresholds, "masks": masks,
    "names": clashing, "sizes": sizes, "calls": calls, "numbers": numbers,
}  # fmt: skip
