"""mcalc against autograd: random NumPy programs, run on symbols by one and on numbers by the other.

For a long hunt: ``pytest tests/oracles/test_oracle.py --hypothesis-profile soak``.
"""

from collections import Counter

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import Point, close, compare, compare_hessian, symbolic, watched
from programs import JOINED, SYMBOLS, draw_values, lengths, problem

import mcalc as mc
from mcalc.graph.expr import NUMPY
from mcalc.graph.lengths import symbolic_sizes
from mcalc.graph.primitives import PRIMITIVES
from mcalc.graph.walk import unnamed, walk

SEEDS = st.integers(0, 2**16)


@st.composite
def problems(draw, **options):
    """Problems that hypothesis can make smaller."""
    return problem(lambda some: draw(st.sampled_from(some)), **options)


def compare_at(problem, seed, lengths, tally):
    """One derivation at several lengths."""
    program, wrt = problem
    points = [(draw_values(seed, sizes), sizes) for sizes in lengths]
    reasons = [watched(program, values, wrt).reason for values, _ in points]
    tally.update(points=len(points))
    d = None if all(reasons) else symbolic(program, wrt)
    for reason, (values, sizes) in zip(reasons, points, strict=True):
        if not reason and not compare(d, Point(program, wrt, values), sizes):
            reason = "huge"
        if reason:
            tally[reason] += 1


def hunt(test, *strategies, share=1.0):
    """Run a test on random examples, and see to it that few points were passed over."""
    tally, examples = Counter(), int(share * settings.default.max_examples)

    @settings(
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.tuples(*strategies))
    def one(drawn):
        test(*drawn, tally)

    one()
    assert tally["huge"] + tally["kink"] < 0.3 * tally["points"], tally
    return tally


SMALL = st.sampled_from(lengths(1, 3))
DEEP = 0.4  # of the examples: test_soak.py has a thousand that are less deep
LENGTHS = st.tuples(SMALL, st.sampled_from(lengths(2, 7)))


def test_scalar_functions():
    hunt(compare_at, problems(shapes=[()]), SEEDS, LENGTHS, share=DEEP)


def test_vector_functions():
    hunt(compare_at, problems(shapes=[("n",), ("n",), ("m",)]), SEEDS, LENGTHS, share=DEEP)


def test_vectors_of_known_length_and_joined_ones():
    shapes = [(2,), (3,), *((length,) for length in JOINED)]
    hunt(compare_at, problems(shapes=shapes), SEEDS, LENGTHS, share=DEEP)


# --- the other ways, and what is shown ---------------------------------------------------------


def in_every_way(problem, seed, sizes, tally):
    """Scalar rules, the check, claims, second derivatives and what is displayed."""
    program, wrt = problem
    values = draw_values(seed, sizes)
    tally["points"] += 1
    reason = watched(program, values, wrt).reason
    if reason:
        tally[reason] += 1
        return
    d = symbolic(program, wrt)
    point = Point(program, wrt, values)

    assert repr(d) and d._repr_latex_().count("{") == d._repr_latex_().count("}")
    assert repr(d.jacobian) and d.jacobian._repr_latex_() and len(d.steps) == 4
    assert "chain rule" in d.rule and d.reason

    used = {name: sizes[name] for name in symbolic_sizes(unnamed(d.y), *d.variables)}
    assert close(numbers(d.explicit(**used), values), point.jacobian)
    assert d.check(sizes=(1, 2), points=2).passed

    assert d.equals(d.jacobian) and d.why(1 * d.jacobian) is None
    if np.abs(point.jacobian).max() > 0.01:
        assert d.why(-d.jacobian) and d.why(d.jacobian * 1.5) and not d.equals(-d.jacobian)

    if point.value.ndim == 0 and isinstance(wrt, str):
        second = compare_hessian(point)
        assert second is None or second.check(sizes=(2,), points=1).passed


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


def test_every_way_agrees():
    hunt(in_every_way, problems(depths=(1, 3)), SEEDS, SMALL, share=0.3)  # SymPy takes its time


# --- every row of the table --------------------------------------------------------------------

FUNCTIONS = {  # NumPy's name: what calls it, and a variable
    **{name: ((name, "x"), "x") for name in (
        "sin cos tan arctan sinh cosh tanh exp expm1 negative square reciprocal positive absolute "
        "fabs sign sum mean var std max min amax amin arcsinh exp2 cbrt prod cumsum ravel copy "
        "real real_if_close conjugate degrees rad2deg radians deg2rad"
    ).split()},
    **{name: ((name, "w"), "w") for name in ("log", "log1p", "sqrt", "log2", "log10")},
    **{name: ((name, ("multiply", 0.5, ("tanh", "x"))), "x") for name in (
        "arcsin", "arccos", "arctanh")},
    **{name: ((name, "x", "w"), "x") for name in (
        "add subtract multiply divide maximum minimum fmax fmin dot vdot inner hypot arctan2 "
        "logaddexp2"
    ).split()},
    **{name: (("where", (name, "x", "w"), ("sin", "x"), "w"), "x") for name in (
        "greater greater_equal less less_equal equal not_equal"
    ).split()},
    **{name: (("where", (name, ("greater", "x", 0), ("less", "x", "w")), ("sin", "x"), "w"), "x")
       for name in ("logical_and", "logical_or", "bitwise_and", "bitwise_or")},
    **{name: (("where", (name, ("greater", "x", 0)), ("sin", "x"), "w"), "x")
       for name in ("logical_not", "invert")},
    "arccosh": (("arccosh", ("add", 1.5, ("square", "x"))), "x"),
    "average": (("call", "average", ("x",), (("weights", "w"),)), "w"),
    "broadcast_to": (("sum", ("sin", ("repeated", "x"))), "x"),
    "atleast_2d": (("sum", ("multiply", ("atleast_2d", "x"), "S")), "x"),
    "expand_dims": (("sum", ("multiply", ("expand_dims", "x", 1), "S")), "x"),
    "reshape": (("sum", ("sin", ("multiply", ("reshape", "x", ("word", (1, -1))), "S"))), "x"),
    "squeeze": (("sin", ("squeeze", ("expand_dims", "x", 0))), "x"),
    "column_stack": (("matmul", "x", ("column_stack", "x", ("sin", "x"))), "x"),
    "vstack": (("matmul", ("vstack", "S", ("sin", "x")), "x"), "x"),
    "diagonal": (("diagonal", ("multiply", "S", ("outer", "x", "w"))), "x"),
    "einsum": (("einsum", ("word", "ij,j->i"), "S", ("sin", "x")), "x"),
    "flip": (("multiply", ("flip", "x"), "w"), "x"),
    "take": (("sin", ("take", "x", ("word", [2, 0, 2]))), "x"),
    "tril": (("matmul", ("tril", ("outer", "x", "w")), "x"), "x"),
    "triu": (("matmul", ("triu", ("outer", "x", "w"), 1), "x"), "x"),
    "solve": (("solve", ("add", "S", ("outer", "x", "x")), "x"), "x"),
    "matrix_power": (("matmul", ("matrix_power", ("outer", "x", "w"), 2), "x"), "x"),
    "shape": (("divide", ("square", "x"), ("shape_0", "x")), "x"),
    "ndim": (("power", "x", ("add", 1, ("ndim", "x"))), "x"),
    "size": (("divide", ("square", "x"), ("size", "S")), "x"),
    "matvec": (("matvec", "S", ("sin", "x")), "x"),
    "vecmat": (("vecmat", ("sin", "x"), "S"), "x"),
    "vecdot": (("vecdot", "x", ("sin", "x")), "x"),
    "matrix_transpose": (("matmul", ("matrix_transpose", ("outer", "x", "w")), "x"), "x"),
    "select": (("select", ("list", ("greater", "x", 0), ("less", "x", "w")),
                ("list", ("sin", "x"), "w"), "x"), "x"),
    "heaviside": (("multiply", ("heaviside", "x", 0.5), ("sin", "x")), "x"),
    "polyval": (("polyval", ("word", [1, -2, 3]), "x"), "x"),
    "block": (("matmul", ("block", ("list", ("list", "S", ("outer", "x", "w")),
                                    ("list", ("outer", "x", "x"), "S"))),
               ("concatenate", "w", "w")), "x"),
    "unstack": (("sin", ("unstack", "q", 1)), "q"),
    "cumprod": (("cumprod", "q"), "q"),
    "kron": (("kron", "q", "x"), "x"),
    "cov": (("matmul", ("cov", ("multiply", "S", ("outer", "x", "w"))), "x"), "x"),
    "diagflat": (("matmul", ("diagflat", ("sin", "x")), "x"), "x"),
    "trapezoid": (("trapezoid", ("sin", "q")), "q"),
    "vector_norm": (("vector_norm", ("multiply", "x", "x")), "x"),
    "matrix_norm": (("matrix_norm", ("multiply", "S", ("outer", "x", "w"))), "x"),
    "cross": (("cross", "q", ("sin", "q")), "q"),
    "convolve": (("convolve", ("sin", "x"), "q"), "x"),
    "tensordot": (("tensordot", "S", ("sin", "x"), 1), "x"),
    "multi_dot": (("multi_dot", ("list", "x", "S", ("sin", "x"))), "x"),
    "pinv": (("matmul", ("pinv", ("stack_columns", "q", ("sin", "q"))), "q"), "q"),
    "diff": (("sin", ("diff", "x")), "x"),
    "pad": (("sin", ("pad", ("square", "q"), ("word", (1, 2)))), "q"),
    "rot90": (("matmul", "x", ("rot90", ("outer", "x", "w"))), "x"),
    "gradient": (("sin", ("gradient", ("square", "q"))), "q"),
    "linspace": (("sin", ("linspace", "b", ("square", "b"), 4)), "b"),
    "array_split": (("sin", ("array_split", "q", 2, 0)), "q"),
    "roll": (("multiply", ("roll", "q", 1), "q"), "q"),
    "repeat": (("sin", ("repeat", "q", 2)), "q"),
    "tile": (("sin", ("tile", "x", 2)), "x"),
    "append": (("sin", ("append", "x", "u")), "x"),
    "split": (("sin", ("split", "q", ("word", [1]), 1)), "q"),
    "hsplit": (("sin", ("hsplit", "q", ("word", [2]), 0)), "q"),
    "vsplit": (("sum", ("sin", ("vsplit", ("outer", "q", "x"), 3, 0))), "x"),
    "flipud": (("matmul", ("flipud", ("outer", "x", "w")), "x"), "x"),
    "fliplr": (("matmul", ("fliplr", ("outer", "x", "w")), "x"), "x"),
    "swapaxes": (("matmul", ("swapaxes", ("outer", "x", "w"), 0, 1), "x"), "x"),
    "moveaxis": (("matmul", ("moveaxis", ("outer", "x", "w"), 0, -1), "x"), "x"),
    "atleast_1d": (("sin", ("atleast_1d", "x")), "x"),
    "ptp": (("ptp", "x"), "x"),
    "full_like": (("multiply", ("full_like", "x", 2.0), ("sin", "x")), "x"),
    "hstack": (("sin", ("hstack", "x", "u")), "x"),
    "power": (("power", "w", "b"), "b"),
    "float_power": (("float_power", "w", 3), "w"),
    "where": (("where", ("greater", "x", 0), ("sin", "x"), "w"), "x"),
    "clip": (("clip", "x", -1, 1), "x"),
    "norm": (("add", ("norm", "x"), ("multiply", ("norm_1", "x"), ("norm_inf", "x"))), "x"),
    "matmul": (("matmul", "S", "x"), "x"),
    "transpose": (("matmul", ("transpose", "A"), "u"), "u"),
    "trace": (("trace", ("matmul", ("outer", "x", "w"), "S")), "x"),
    "inv": (("matmul", ("inv", ("add", "S", ("outer", "x", "x"))), "x"), "x"),
    "det": (("det", ("add", "S", ("outer", "x", "x"))), "x"),
    "slogdet": (("slogdet", ("add", "S", ("outer", "x", "x"))), "x"),
    "logaddexp": (("add", ("logaddexp", 0, "x"), ("logaddexp", "x", "w")), "x"),
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
    (("add", ("sum", ("square", ("outer", "u", "x"))), ("norm", ("outer", "x", "w"))), "x"),
    # elements, stacked and joined
    (("multiply", ("index", "q", 0), ("slice", "q", None, None, -1)), "q"),
    (("stack", ("multiply", "b", "z"), "z", "b"), ("b", "z")),
    (("matmul", ("stack", "x", ("sin", "x")), "x"), "x"),
    (("matmul", ("sin", ("stack", "x", "w")), "x"), "x"),
    (("matmul", "x", ("stack_columns", "x", ("sin", "x"))), "x"),
    (("multiply", "z", ("concatenate", "u", ("slice", "q", 1, 3), ("stack", "z"))), "z"),
    (("multiply", ("sum", "x"), ("concatenate", "x", "u")), "x"),
    (("subtract", ("concatenate", ("stack", "b"), "x"), ("concatenate", "x", ("stack", "b"))), "x"),
    (("max", ("sin", ("concatenate", "x", "u"))), "x"),
    (("max", ("multiply", ("multiply", ("concatenate", "x", "u"), ("concatenate", "x", "v")),
              ("concatenate", "w", "u"))), "x"),
    (("divide", ("subtract", ("concatenate", "x", "u"), ("square", ("concatenate", "w", "v"))),
      ("concatenate", "x", "u")), "u"),
    # of lengths that are open
    (("sum", ("multiply", ("pinv", ("multiply", "A", ("outer", "u", "x"))), ("outer", "x", "u"))),
     "x"),
    (("sum", ("sin", ("kron", "A", ("outer", "x", "u")))), "x"),
    # along an axis, and parts of any length
    (("sin", ("call", "max", (("multiply", "S", ("outer", "x", "w")),), (("axis", 1),))), "x"),
    (("sin", ("call", "prod", (("multiply", "S", ("outer", "x", "w")),), (("axis", 1),))), "x"),
    (("divide", ("slice", "x", 1, None, None), ("slice", "w", None, -1, None)), "x"),
    (("multiply", ("index", "x", 2), ("sin", "x")), "x"),
    # conditions
    (("var", ("minimum", "x", "w")), "w"),
    (("matmul", ("outer", ("minimum", "x", "z"), ("array", 4.0, 0.5)), ("array", -1.0, 4.0)), "z"),
    (("square", ("where", "a", "a", "x")), "a"),
    (("maximum", "a", "v"), "v"),
    (("clip", ("clip", "x", "b", 0.3), -1, 1), "b"),
    (("fmax", ("sqrt", "w"), "x"), "x"),
    (("fmin", ("log", "w"), "x"), "w"),
    (("multiply", "x", ("zeros_like", "x")), "x"),
]  # fmt: skip


def check_example(program, wrt):
    tally = Counter()
    compare_at((program, wrt), 1, [{"m": 2, "n": 3}, {"m": 1, "n": 5}], tally)
    assert tally["points"] == 2 and tally.total() == 2, tally
    in_every_way((program, wrt), 1, {"m": 2, "n": 3}, tally)
    assert tally.total() == 3


MADE = (np.eye, np.identity, np.ones, np.zeros, np.full)  # constants, like an expression
SPECTRAL = {np.linalg.eig, np.linalg.eigh, np.linalg.eigvals, np.linalg.eigvalsh}
# of which there are first derivatives only: tests/jacobian/test_spectral.py has them
LARGE = {np.corrcoef}  # of which SymPy's scalars are too many: the drawn programs have it


@pytest.mark.parametrize(
    "name", sorted(f.__name__ for f in NUMPY if callable(f) and f not in {*MADE, *SPECTRAL, *LARGE})
)
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
    eigen = {"eigvals", "eigvalsh", "eigvecs", "eigvecsh"}
    rows = {*PRIMITIVES} - eigen - {"infinity"}  # of masks: test_layers has them
    assert used >= rows, rows - used


# --- kinks -------------------------------------------------------------------------------------


def test_what_is_made_of_conditions_has_no_kink_of_its_own():
    x, w = SYMBOLS["x"], SYMBOLS["w"]
    y = np.where(np.logical_or(x > 0, x < w), np.sin(x), w)
    both_hold = {"x": [1.0, 2.0], "w": [2.0, 3.0]}
    assert mc.derive(y, x).check(at=both_hold).passed
    assert mc.derive(y, x).check(at={**both_hold, "x": [1.0, 0.0]}).passed is None


# --- what is refused ---------------------------------------------------------------------------


def test_four_axes_are_no_matrix():
    A, S, x, u = (SYMBOLS[name] for name in "ASxu")
    for y, wrt in [(np.outer(u, x), x), (S * x, x), (A @ S, S)]:
        with pytest.raises(mc.UnsupportedError, match="jvp"):
            mc.derive(y, wrt=wrt).jacobian
    with pytest.raises(mc.UnsupportedError, match="jvp"):
        mc.hessian(np.sum(A @ x) ** 2, wrt=A).jacobian
