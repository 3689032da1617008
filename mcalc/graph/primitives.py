"""The table of primitives: a row for each operation. To support a new function, add a row.

``primitive("arcsin", sp.asin, np.arcsin)`` is all that ``np.arcsin`` needs. A row has a name, what
is done, and the NumPy functions that stand for it. What is done is one of

- a SymPy form, applied element by element. Its derivative is SymPy's.
- an einsum signature. If the operation is linear in each operand, its Jacobians are made of the
  others; if not, ``local`` gives the product of a factor and an operand that it is near a point,
  as a signature and the factor.
- neither: then the row has a ``shape`` as well.

What other rows make up, as ``np.square`` is a power, is in the second table, in
:mod:`mcalc.graph.calls`.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import mpmath
import numpy as np
import sympy as sp

from . import expr, values, walk
from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, Primitive, as_expr, node
from .shapes import ShapeError, common_shape, joined_length, shape_text, times_length
from .walk import is_number

PRIMITIVES: dict[str, Primitive] = {}


def primitive(name: str, done=None, *functions, numpy=None, **more) -> Primitive:
    """Add a primitive. ``numpy`` computes it where einsum or the first function does not.

    ``more`` are the other fields of :class:`~mcalc.graph.expr.Primitive`. What NumPy has no
    function for is built by its row, ``node(UNIT, index=0, length="n")``.
    """
    if isinstance(done, str):
        batched = "..." + done.replace(",", ",...").replace("->", "->...")
        op = Primitive(name, numpy or partial(np.einsum, batched), einsum=done, **more)
    else:
        op = Primitive(name, numpy or functions[0], done, **more)
    PRIMITIVES[name] = op
    build = elementwise if op.sympy_form else of_vectors
    NUMPY.update(dict.fromkeys(functions, partial(build, op)))
    NUMPY[name] = partial(node, op)
    return op


def elementwise(op: Primitive, *operands) -> Expr:
    """What is done to the elements of a row is done to its vector, which is then laid down again.

    A constant stands first in ``max(0, z)``: where they tie the derivative is the constant's, 0.
    """
    operands = tuple(map(as_expr, operands))
    if op.name in ("maximum", "minimum", "fmax", "fmin") and is_number(operands[1]):
        operands = operands[::-1]
    vectors = {e.shape for e in operands if e.ndim and e.op is not ROW}
    if any(len(shape) == 2 for shape in vectors) or (1,) in vectors and len(vectors) > 1:
        return NUMPY["broadcast"](op, operands)
    rows = [e for e in operands if e.op is ROW]
    others = [e for e in operands if e.ndim and e.op is not ROW]
    if not rows:
        return node(op, *operands)
    if others:
        raise ShapeError(
            f"{op.name}: {rows[0]} is a row, {shape_text(rows[0].shape)}, and {others[0]} a "
            f"vertical vector, {shape_text(others[0].shape)}: leave out the .T"
        )
    return node(ROW, node(op, *map(as_column, operands)))


def slope(e: Expr, k: int, rate) -> tuple[str, Expr]:
    """The derivative of an element-wise operation by operand k: its signature, and its entries."""
    out = "ij"[: e.ndim]
    return f"{out[e.ndim - rate.ndim :]},{out[e.ndim - e.args[k].ndim :]}->{out}", rate


def as_column(a) -> Expr:
    """A row as the vector it came from."""
    a = as_expr(a)
    return a.args[0] if a.op is ROW else a


def of_vectors(op: Primitive, *operands, error: type = ShapeError, name=None) -> Expr:
    """A node whose operands are vectors; a row is taken as the vector it came from.

    ``name`` is what errors call it, if not by the operation's name.
    """
    operands = tuple(map(as_column, operands))
    for a in operands:
        if a.ndim != 1:
            hint = "" if a.ndim else f"; write [{a}] for one"
            if op.unknown and not a.ndim:
                hint = f'; mc.functions("{op.name}", elementwise=True) takes a scalar too'
            kind = UnsupportedError if a.ndim == 2 else error  # which NumPy takes
            raise kind(
                f"{name or op.name}: {a} is {shape_text(a.shape)}, a vector is expected{hint}"
            )
    return node(op, *operands)


def of_vector(op: Primitive, a, name=None) -> Expr:
    return of_vectors(op, a, error=UnsupportedError, name=name)


def _if(condition, yes, no):
    return sp.Piecewise((yes, condition), (no, True))


def can_be_nan(e: Expr) -> bool:
    """Whether it has no value at some numbers: below a root, in a logarithm or a quotient."""
    return any(
        part.op.name in ("sqrt", "log", "log1p", "inv", "logdet")
        or part.op.name == "divide"
        and part.args[1].op not in (expr.NUMBER, expr.SIZE)
        or part.op.name == "power"
        and not _is_count(part.args[1])
        for part in walk.walk(e)
    )


def _is_count(e):
    return is_number(e) and e.params["value"] >= 0 and e.params["value"] == int(e.params["value"])


def _chosen(second, e, k):
    """Of two operands one counts: the second if ``second`` holds, or the first is no number."""
    a, b = e.args
    if can_be_nan(a):
        return slope(e, k, np.where((np.equal, np.not_equal)[k](a, e), 1, 0))
    return slope(e, k, np.where(second(b, a), *((0, 1), (1, 0))[k]))


def _of_largest(e, k, shown=True):
    """What ``max`` takes of each element: 1 of the largest, and of several an equal share.

    Of ``max(x)`` several are the largest at single points only, and the formula that is ``shown``
    is the textbook's, without shares. Of ``max(max(b, x))`` they are wherever b is larger than two
    elements of x: the derivative by b is 1 there, however many they are.
    """
    (x,) = e.args
    if not shown:
        return "i,i->", node(SHARES, x)
    largest = np.where(np.equal(x, node(MAX, x)), 1, 0)
    return "i,i->", largest if differ(x) else largest / np.sum(largest)


def _of_row_maxima(e, k, shown=True):
    """What the largest of each row takes of each element."""
    (X,) = e.args
    if not shown:
        return "ij,ij->i", node(SHARES, X)
    largest = np.where(np.equal(X, node(COLUMN, node(ROWMAX, X))), 1, 0)
    if differ(X):
        return "ij,ij->i", largest
    return "ij,ij->i", largest / np.sum(largest, axis=1, keepdims=True)


def _others(e, k, shown=True):
    """What ``prod`` takes of each element: the product of the others, shown as ``prod(x)/x``."""
    (x,) = e.args
    whole = node(COLUMN, e) if x.ndim == 2 else e
    each = whole / x if shown else node(OTHERS, x)
    return ("ij,ij->i" if x.ndim == 2 else "i,i->"), each


def in_numbers(e: Expr) -> Expr:
    """This operation, whose derivative is the one to compute where another one is shown."""
    return node(_IN_NUMBERS[e.op], *e.args) if e.op in _IN_NUMBERS else e


def all_in_numbers(e: Expr) -> Expr:
    """``e`` of such operations: equal shares of several largest, products of all but one element.

    >>> import mcalc as mc
    >>> x = mc.vectors("x")
    >>> mc.derive(np.max(x), wrt=x).numpy()(x=[2, 3, 3])
    array([[0. , 0.5, 0.5]])
    >>> mc.derive(np.prod(x), wrt=x).numpy()(x=[2, 3, 0])
    array([[0., 0., 6.]])
    """
    return walk.replace(
        e, lambda part: None, lambda part, args: in_numbers(walk.rebuild(part, args))
    )


def as_shown(e: Expr) -> Expr | None:
    """What is shown for a factor that only computed derivatives have: ``prod(x)/x`` of OTHERS."""
    if e.op not in _SHOWN:
        return None
    op = _SHOWN[e.op][e.ndim - 1]
    _, factor = _RULES[op](node(op, *e.args), 0)
    return factor


def as_named(e: Expr) -> Expr:
    """``e`` with ``max`` and ``prod`` as they were before :func:`all_in_numbers`."""
    plain = {by: op for op, by in _IN_NUMBERS.items()}

    def rebuild(part, args):
        return node(plain[part.op], *args) if part.op in plain else walk.rebuild(part, args)

    return walk.replace(e, lambda part: None, rebuild)


def _largest_scalar(x):
    """The largest of SymPy's scalars."""
    cases = [(a, sp.And(*(a >= b for b in x))) for a in x[:-1]]
    return sp.Piecewise(*cases, (x[-1], True))


def _of_pseudo_inverse(e, k):
    """Golub and Pereyra: ``-P dX P + P P^T dX^T (I - X P) + (I - P X) dX^T P^T P``, rank kept."""
    X = e.args[0]
    if not k:
        return "ij,kl,jk->il", np.negative(e), e
    rows, columns = (node(IDENTITY, length=n) for n in X.shape)
    pair = (e @ e.T, rows - X @ e) if k == 1 else (columns - e @ X, e.T @ e)
    return "ij,kl,kj->il", *pair


def _no_rule_for_eigenvectors(e, k):
    raise UnsupportedError(
        f"{e} has no derivative in mcalc: of eigenvalues there are first derivatives only"
    )


def _no_scalars_for_eigenvalues(X):
    raise UnsupportedError("eigenvalues have no formula in scalars")


def differ(v: Expr) -> bool:
    """Whether a variable that moves parts elements that are equal, as far as is plain to see.

    In ``w x + 1`` each moves its own element. In ``b x`` and ``W x`` not: where x_1 = x_2, the
    first two elements of b x stay equal while b moves.
    """
    if v.op is expr.SYMBOL:
        return "has_ties" not in v.params  # an intermediate variable tells of what it stands for
    if v.op in (expr.LET, TRANSPOSE):
        return differ(*v.args)
    if v.op in (PRIMITIVES["eigvals"], PRIMITIVES["eigvalsh"]):
        return v.args[0].op is expr.SYMBOL
    if v.op is STACK:
        plain = all(a.op is expr.SYMBOL or not a.ndim and is_number(a) for a in v.args)
        return plain and len({*v.args}) == len(v.args)
    smooth = v.op.sympy_form and v.op.analytic and v.op is not PRIMITIVES["where"]
    if not smooth and v.op not in (PRIMITIVES["absolute"], CONCATENATE):
        return False
    vectors, scalars = ([a for a in v.args if bool(a.ndim) is one] for one in (True, False))
    mentioned = [a for x in vectors for a in walk.symbols(x)]
    plain = all(a.op is expr.SIZE or is_number(a) for a in scalars)
    plain = plain and not any(is_number(a, n) for a in scalars for n in (0, 1))  # 0 x, 1^x
    added = v.op in (PRIMITIVES["add"], PRIMITIVES["subtract"])  # also x - mean(x)
    plain = plain or added and {*walk.symbols(*scalars)} <= {*mentioned}
    return len(set(mentioned)) == len(mentioned) and all(map(differ, vectors)) and plain


def _lengths(parts):
    return tuple(a.shape[0] for a in parts)


def _places(lengths, part):
    """Where a part of these is in the vector of them all."""
    return slice(sum(lengths[:part]), sum(lengths[: part + 1]))


def _joined(*parts):
    widths = [a.shape[1] for a in parts if a.ndim > 1]
    width = next((n for n in widths if n is not None), None)
    return (joined_length(_lengths(parts)), *[width][: len(widths)])


KINK = {"kink_side": values.side, "analytic": False}
FIRST = {"takes_at_kink": "mcalc takes the derivative of {0}"}
COMPARES = {**KINK, "takes_at_kink": "nothing is compared"}
# what is made of conditions: a condition always, of such alone, or a number
TRUTH = {"boolean": lambda *of: True}
KEPT = {"boolean": lambda *of: all(of)}
COUNTED = {"boolean": lambda *of: False}

# --- the table -------------------------------------------------------------------------------
# fmt: off

# element by element
ADD = primitive("add", lambda a, b: a + b, np.add, chain="sum")
SUBTRACT = primitive("subtract", lambda a, b: a - b, np.subtract, chain="sum")
MULTIPLY = primitive("multiply", lambda a, b: a * b, np.multiply, chain="product", **KEPT)
DIVIDE = primitive("divide", lambda a, b: a / b, **COUNTED, numpy=np.divide)
POWER = primitive("power", lambda a, b: a**b, np.power, np.float_power,
    boolean=lambda base, exponent: None if base else False)  # (x > 0)**2 has 8 bits
NEGATIVE = primitive("negative", lambda a: -a, np.negative)
EXP = primitive("exp", sp.exp, np.exp)
primitive("expm1", lambda a: sp.exp(a) - 1, np.expm1, text="exp({0}) - 1")
LOG = primitive("log", sp.log, np.log)
primitive("log1p", lambda a: sp.log(1 + a), np.log1p, text="log(1 + {0})")
SQRT = primitive("sqrt", sp.sqrt, np.sqrt, kink_side=values.side,
    takes_at_kink="the root's own slope is infinite")
primitive("sin", sp.sin, np.sin)
primitive("cos", sp.cos, np.cos)
primitive("tan", sp.tan, np.tan)
primitive("arctan", sp.atan, np.arctan)
primitive("arcsin", sp.asin, np.arcsin)
primitive("arccos", sp.acos, np.arccos)
primitive("arcsinh", sp.asinh, np.arcsinh)
primitive("arccosh", sp.acosh, np.arccosh)
primitive("arctanh", sp.atanh, np.arctanh)
primitive("log2", lambda a: sp.log(a) / sp.log(2), np.log2)
primitive("log10", lambda a: sp.log(a) / sp.log(10), np.log10)
primitive("exp2", lambda a: 2**a, np.exp2)
primitive("cbrt", lambda a: _if(a > 0, sp.Abs(a)**sp.Rational(1, 3), -sp.Abs(a)**sp.Rational(1, 3)),
    np.cbrt, analytic=False, kink_side=values.side,
    takes_at_kink="the root's own slope is infinite",
    local_jacobian=lambda e, k: slope(e, k, 1 / (3 * e**2)))
primitive("arctan2", sp.atan2, np.arctan2, analytic=False)
primitive("sinh", sp.sinh, np.sinh)
primitive("cosh", sp.cosh, np.cosh)
TANH = primitive("tanh", sp.tanh, np.tanh)
SIGMOID = primitive("sigmoid", lambda a: 1 / (1 + sp.exp(-a)), text="σ({0})", numpy=values.logistic,
    **COUNTED)
SOFTPLUS = primitive("softplus", lambda a: sp.log(1 + sp.exp(a)), text="log(1 + exp({0}))",
    **COUNTED, numpy=lambda a: np.where(np.real(a) > 0, a, 0) + np.log1p(values.decay(a)))
ABSOLUTE = primitive("absolute", sp.Abs, np.abs, text="|{0}|", **KINK, **KEPT)
SIGN = primitive("sign", lambda a: _if(a > 0, 1, _if(a < 0, -1, 0)), np.sign, **KINK)
MAXIMUM = primitive("maximum", lambda a, b: _if(b > a, b, a), np.maximum, text="max({0}, {1})",
    **KINK, **FIRST, **KEPT)
MINIMUM = primitive("minimum", lambda a, b: _if(b < a, b, a), np.minimum, text="min({0}, {1})",
    **KINK, **FIRST, **KEPT)
FMAX = primitive("fmax", lambda a, b: _if(b > a, b, a), numpy=np.fmax, text="fmax({0}, {1})",
    local_jacobian=partial(_chosen, np.greater), **KINK, **FIRST, **KEPT)
FMIN = primitive("fmin", lambda a, b: _if(b < a, b, a), numpy=np.fmin, text="fmin({0}, {1})",
    local_jacobian=partial(_chosen, np.less), **KINK, **FIRST, **KEPT)
GREATER = primitive("greater", lambda a, b: _if(a > b, 1, 0), np.greater, text="{0} > {1}",
    **COMPARES, **TRUTH)
GREATER_EQUAL = primitive("greater_equal", lambda a, b: _if(a >= b, 1, 0), np.greater_equal,
    text="{0} ≥ {1}", **COMPARES, **TRUTH)
LESS = primitive("less", lambda a, b: _if(a < b, 1, 0), np.less, text="{0} < {1}", **COMPARES,
    **TRUTH)
LESS_EQUAL = primitive("less_equal", lambda a, b: _if(a <= b, 1, 0), np.less_equal,
    text="{0} ≤ {1}", **COMPARES, **TRUTH)
EQUAL = primitive("equal", lambda a, b: _if(sp.Eq(a, b), 1, 0), np.equal, text="{0} = {1}",
    **COMPARES, **TRUTH)
NOT_EQUAL = primitive("not_equal", lambda a, b: _if(sp.Ne(a, b), 1, 0), np.not_equal,
    text="{0} ≠ {1}", **COMPARES, **TRUTH)
LOGICAL_NOT = primitive("logical_not", lambda a: 1 - a, numpy=lambda a: 1 - a,
    numpy_source="1 - {0}",
    **TRUTH)
WHERE = primitive("where", lambda c, a, b: _if(sp.Ne(c, 0), a, b), boolean=lambda c, a, b: a and b,
    numpy=lambda c, a, b: np.where(np.real(c) != 0, a, b))

# linear in each operand
SUM = primitive("sum", "i->", numpy_source="{0}.sum()", **COUNTED)
DIAG = primitive("diag", "i->ii", numpy=lambda v: np.where(np.eye(v.shape[-1]), v[..., None], 0),
    numpy_source="np.diag({0})", **KEPT)
OUTER = primitive("outer", "i,j->ij", numpy_source="np.multiply.outer({0}, {1})", **KEPT)
DOT = primitive("dot", "i,i->", numpy_source="{0}.dot({1})")
MATVEC = primitive("matvec", "ij,j->i", numpy_source="{0}.dot({1})")
VECMAT = primitive("vecmat", "i,ij->j", numpy_source="{0}.dot({1})")
MATMAT = primitive("matmat", "ij,jk->ik", numpy_source="{0}.dot({1})")
TRANSPOSE = primitive("transpose", "ij->ji", numpy_source="{0}.T", **KEPT)
DIAGONAL = primitive("diagonal", "ii->i", text="diagonal({0})", **KEPT,
    numpy=lambda X: np.diagonal(X, axis1=-2, axis2=-1), numpy_source="{0}.diagonal().copy()")
TRACE = primitive("trace", "ii->", text="tr({0})", numpy_source="np.trace({0})", **COUNTED)
MATRIX_SUM = primitive("total", "ij->", text="sum({0})", numpy_source="{0}.sum()", **COUNTED)

# neither
MAX = primitive("max", "i->", numpy=lambda x: np.max(x, axis=-1), kink_side=values.largest,
    analytic=False,
    **KEPT, takes_at_kink="mcalc takes a share of each",
    local_jacobian=_of_largest,
    sympy_array=_largest_scalar, numpy_source="{0}.max()")
ROWMAX = primitive("rowmax", numpy=lambda X: np.max(X, axis=-1), shape=lambda X: X.shape[:1],
    kink_side=values.largest, analytic=False, **KEPT, takes_at_kink="mcalc takes a share of each",
    text="rowmax({0})", local_jacobian=_of_row_maxima,
    sympy_array=lambda X: np.array([*map(_largest_scalar, X)]),
    numpy_source="{0}.max(axis=1)")
PROD = primitive("prod", "i->", numpy=lambda x: np.prod(x, axis=-1), numpy_source="{0}.prod()",
    **COUNTED, local_jacobian=_others)
ROWPROD = primitive("rowprod", numpy=lambda X: np.prod(X, axis=-1), shape=lambda X: X.shape[:1],
    numpy_source="{0}.prod(axis=1)", text="rowprod({0})", **COUNTED,
    local_jacobian=_others, sympy_array=lambda X: np.array([sp.prod(row) for row in X]))
# no rows, since nobody writes them: the derivatives that are computed have them
OTHERS = Primitive("others", values.products_of_others, shape=lambda X: X.shape)
SHARES = Primitive("shares", values.shares_of_largest, shape=lambda X: X.shape)
ADJUGATE = Primitive("adjugate", values.adjugate, shape=lambda X: X.shape)
_RULES = {MAX: _of_largest, ROWMAX: _of_row_maxima, PROD: _others, ROWPROD: _others}
_IN_NUMBERS = {
    op: dataclasses.replace(op, local_jacobian=partial(rule, shown=False))
    for op, rule in _RULES.items()
}
_SHOWN = {OTHERS: (PROD, ROWPROD), SHARES: (MAX, ROWMAX)}  # of a vector, of a matrix's rows
NORM = primitive("norm", "i->", numpy=lambda x: np.sum(x * x, axis=-1) ** 0.5, text="||{0}||",
    takes_at_kink="a vector of zeros has no direction", **COUNTED,
    local_jacobian=lambda e, k: ("i,i->", np.divide(e.args[0], e)),
    kink_side=lambda x: np.sign(np.sum(np.abs(x), axis=-1)),
    sympy_array=lambda x: sp.sqrt(np.sum(x * x)), numpy_source="np.sqrt({0}.dot({0}))")
FROBENIUS = primitive("frobenius", "ij->", numpy=lambda X: np.sum(X * X, axis=(-2, -1)) ** 0.5,
    **COUNTED, local_jacobian=lambda e, k: ("ij,ij->", np.divide(e.args[0], e)),
    kink_side=lambda X: np.sign(np.sum(np.abs(X), axis=(-2, -1))), text="||{0}||_F",
    sympy_array=lambda X: sp.sqrt(np.sum(X * X)), numpy_source="np.sqrt(np.sum({0} * {0}))")
INV = primitive("inv", "ij->ij", numpy=values.inverse, numpy_source="np.linalg.inv({0})", **COUNTED,
    local_jacobian=lambda e, k: ("ij,kl,jk->il", np.negative(e), e),
    sympy_array=lambda X: np.array(values.inverse_of_scalars(X)), precise=mpmath.inverse)
# of the one matrix three times: its derivative is a sum of three products
PINV = primitive("pinv", numpy=lambda X, *same: np.linalg.pinv(X), **COUNTED, analytic=False,
    shape=lambda X, *same: X.shape[::-1], text="pinv({0})", numpy_source="np.linalg.pinv({0})",
    local_jacobian=_of_pseudo_inverse,
    sympy_array=lambda X, *same: values.pseudo_inverse(X, values.inverse_of_scalars),
    precise=lambda X, *same: values.pseudo_inverse(X, mpmath.inverse))
DET = primitive("det", "ij->", numpy=values.determinant, **COUNTED,
    numpy_source="np.linalg.det({0})",
    local_jacobian=lambda e, k: ("ij,ij->", np.multiply(e, np.linalg.inv(e.args[0]).T)),
    sympy_array=lambda X: sp.Matrix(X).det("berkowitz"), precise=values.precise_determinant)
LOGDET = primitive("logdet", "ij->", numpy=values.log_determinant, **COUNTED,
    local_jacobian=lambda e, k: ("ij,ij->", np.linalg.inv(e.args[0]).T), text="log(|det({0})|)",
    sympy_array=lambda X: sp.log(sp.Abs(sp.Matrix(X).det("berkowitz"))),
    numpy_source="np.linalg.slogdet({0})[1]",
    precise=lambda X: mpmath.log(abs(values.precise_determinant(X))))
EIGVECS = primitive("eigvecs", numpy=values.eigenvectors, shape=lambda X: X.shape, **COUNTED,
    analytic=False, text="eigvecs({0})", local_jacobian=_no_rule_for_eigenvectors,
    numpy_source="np.linalg.eig({0})[1]", sympy_array=_no_scalars_for_eigenvalues,
    precise=lambda X: mpmath.eig(X)[1])
EIGVALS = primitive("eigvals", numpy=values.eigenvalues, shape=lambda X: X.shape[:1], **COUNTED,
    analytic=False, text="eigvals({0})", numpy_source="np.linalg.eigvals({0})",
    local_jacobian=lambda e, k: (
        "ij,ki,jk->i", np.linalg.inv(node(EIGVECS, *e.args)), node(EIGVECS, *e.args)),
    sympy_array=_no_scalars_for_eigenvalues, precise=lambda X: mpmath.eig(X, right=False))
EIGVECSH = primitive("eigvecsh", numpy=lambda S: np.linalg.eigh(values.symmetric(S))[1],
    shape=lambda S: S.shape, **COUNTED, analytic=False, text="eigvecsh({0})",
    local_jacobian=_no_rule_for_eigenvectors,
    numpy_source="np.linalg.eigh({0})[1]", sympy_array=_no_scalars_for_eigenvalues,
    precise=lambda S: mpmath.eigsy(S)[1])
EIGVALSH = primitive("eigvalsh", numpy=lambda S: np.linalg.eigvalsh(values.symmetric(S)),
    shape=lambda S: S.shape[:1], **COUNTED,
    analytic=False, text="eigvalsh({0})", numpy_source="np.linalg.eigvalsh({0})",
    local_jacobian=lambda e, k: (
        "ji,ki,jk->i", node(EIGVECSH, *e.args), node(EIGVECSH, *e.args)),
    sympy_array=_no_scalars_for_eigenvalues, precise=lambda S: mpmath.eigsy(S, eigvals_only=True))
STACK = primitive("stack", numpy=lambda *parts, axis: np.stack(parts, axis=axis), **KEPT,
    local_jacobian=lambda e, k: (
        ("i,->i", "i,j->ij")[e.ndim - 1], node(UNIT, index=k, length=len(e.args))),
    shape=lambda *parts, axis: (len(parts), *common_shape(parts)),
    numpy_source="np.stack([{all}])",
    is_list=True)
CONCATENATE = primitive("concatenate", numpy=lambda *parts: np.concatenate(parts, axis=-1), **KEPT,
    local_jacobian=lambda e, k: ("ij,j->i", node(SELECTOR, lengths=_lengths(e.args), part=k)),
    shape=_joined,
    numpy_source="np.concatenate([{all}])")
COLUMN: Primitive = primitive("column", numpy=lambda v: v[..., None], shape=lambda v: (*v.shape, 1),
    numpy_source="{0}[:, None]", **KEPT,
    local_jacobian=lambda e, k: ("j,i->ij", node(ONES, length=1)))
ROW = primitive("row", numpy=lambda v: v[..., None, :], shape=lambda v: (1, *v.shape),
    numpy_source="{0}[None]", **KEPT)

# for what NumPy has no function, by name
INDEX = primitive("index", numpy=lambda x, *, index: x[..., index], shape=lambda x, *, index: (),
    numpy_source="{0}[{index}]", **KEPT, local_jacobian=lambda e, k: (
        "i,i->", node(UNIT, index=e.params["index"], length=e.args[0].shape[0])))
SEGMENT = primitive("segment", numpy=lambda v, *, lengths, part: v[..., _places(lengths, part)],
    shape=lambda v, *, lengths, part: (lengths[part],), **KEPT,
    local_jacobian=lambda e, k: ("ji,j->i", node(SELECTOR, **e.params)))
FLIP = primitive("flip", numpy=lambda v: v[..., ::-1], shape=lambda v: v.shape, text="flip({0})",
    numpy_source="{0}[::-1]", **KEPT,
    local_jacobian=lambda e, k: ("ij,j->i", node(EXCHANGE, length=e.shape[0])))
EXCHANGE: Primitive = primitive("exchange", numpy=lambda *, length: np.eye(length)[::-1],
    shape=lambda *, length: (length, length), numpy_source="np.eye({length})[::-1]")
CHOICE = primitive("choice", numpy=values.choice,
    shape=lambda *, indices, length: (len(indices), length))
BLOCKS = primitive("blocks", numpy=lambda *parts: np.concatenate(parts, axis=-2), shape=_joined,
    local_jacobian=lambda e, k: ("ij,jk->ik", node(SELECTOR, lengths=_lengths(e.args), part=k)),
    **KEPT,
    numpy_source="np.vstack([{all}])")
ONES: Primitive = primitive("ones", numpy=lambda *, length, like=(): np.ones(length),
    shape=lambda *, length: (length,), numpy_source="np.ones({length})")
ZEROS = primitive("zeros", numpy=lambda *, lengths, like=(): np.zeros(lengths),
    shape=lambda *, lengths: lengths, numpy_source="np.zeros({lengths})")
INFINITY = primitive("infinity", numpy=lambda: np.float64(np.inf), shape=lambda: (),
    numpy_source="np.inf", sympy_array=lambda: sp.oo)
IDENTITY = primitive("identity", numpy=lambda *, length: np.eye(length),
    shape=lambda *, length: (length, length), numpy_source="np.eye({length})")
# kron(I_n, 1_p), each row p times, and kron(1_p, I_n), the rows p times in turn
COPIES: Primitive = primitive("copies", numpy=values.copies,
    shape=lambda *, lengths, each: (times_length(*lengths), lengths[0]))
TRIANGLE = primitive("triangle", shape=lambda *, lengths, k, lower: lengths,
    numpy=lambda *, lengths, k, lower: (np.tril if lower else np.triu)(np.ones(lengths), k))
UNIT: Primitive = primitive("unit", numpy=lambda *, index, length: np.eye(length)[index],
    shape=lambda *, index, length: (length,), numpy_source="np.eye(1, {length}, {index})[0]")
SELECTOR: Primitive = primitive("selector", shape=lambda *, lengths, part: (
        joined_length(lengths), lengths[part]),
    numpy=lambda *, lengths, part: np.eye(sum(lengths))[:, _places(lengths, part)])

# fmt: on
