"""The table of primitives: a row for each operation. To support a new function, add a row.

``row("arcsin", sp.asin, np.arcsin)`` is all that ``np.arcsin`` needs. A row has a name, what is
done, and the NumPy functions that stand for it. What is done is one of

- a SymPy form, applied element by element. Its derivative is SymPy's.
- an einsum signature. If the operation is linear in each operand, its Jacobians are made of the
  others; if not, ``local`` gives the product of a factor and an operand that it is near a point,
  as a signature and the factor.
- neither: then the row has a ``shape`` as well.

What other rows make up, as ``np.square`` is a power, is in the second table, in
:mod:`mcalc.calls`.
"""

from __future__ import annotations

from functools import partial, reduce

import mpmath
import numpy as np
import sympy as sp

from . import algebra, expr
from .algebra import constant
from .expr import Expr, Primitive, UnsupportedError, as_expr, is_number, node, shape_text

PRIMITIVES: dict[str, Primitive] = {}


def row(name, done=None, *functions, numpy=None, **more):
    """Add a primitive. ``numpy`` computes it where einsum or the first function does not.

    ``more`` are the other fields of :class:`~mcalc.expr.Primitive`. What NumPy has no function for
    is built by its name, ``constant("unit", 0, "n")``.
    """
    if isinstance(done, str):
        batched = "..." + done.replace(",", ",...").replace("->", "->...")
        op = Primitive(name, numpy or partial(np.einsum, batched), spec=done, **more)
    else:
        op = Primitive(name, numpy or functions[0], done, **more)
    PRIMITIVES[name] = op
    build = elementwise if op.scalar else of_vectors
    expr.NUMPY |= dict.fromkeys(functions, partial(build, op)) | {name: partial(_plain, op)}
    return op


def elementwise(op, *operands) -> Expr:
    """What is done to the elements of a row is done to its vector, which is then laid down again.

    A constant stands first in ``max(0, z)``: where they tie the derivative is the constant's, 0.
    """
    operands = tuple(map(as_expr, operands))
    if op.name in ("maximum", "minimum", "fmax", "fmin") and is_number(operands[1]):
        operands = operands[::-1]
    rows = [e for e in operands if e.op is ROW]
    others = [e for e in operands if e.ndim and e.op is not ROW]
    if not rows or any(e.ndim == 2 for e in others):
        return node(op, *operands)
    if others:
        raise expr.ShapeError(
            f"{op.name}: {rows[0]} is a row, {shape_text(rows[0].shape)}, and {others[0]} a "
            f"vertical vector, {shape_text(others[0].shape)}: leave out the .T"
        )
    return node(ROW, node(op, *map(upright, operands)))


def slope(e, k, rate) -> tuple[str, Expr]:
    """The derivative of an element-wise operation by operand k: its signature, and its entries."""
    out = "ij"[: e.ndim]
    return f"{out[e.ndim - rate.ndim :]},{out[e.ndim - e.args[k].ndim :]}->{out}", rate


def upright(a) -> Expr:
    """A row as the vector it came from."""
    a = as_expr(a)
    return a.args[0] if a.op is ROW else a


def of_vectors(op, *operands, error=expr.ShapeError, name=None) -> Expr:
    """A node whose operands are vectors; a row is taken as the vector it came from.

    ``name`` is what errors call it, if not by the operation's name.
    """
    operands = tuple(map(upright, operands))
    for a in operands:
        if a.ndim != 1:
            hint = "" if a.ndim else f"; write [{a}] for one"
            if op.open and not a.ndim:
                hint = f'; mc.functions("{op.name}", elementwise=True) takes a scalar too'
            kind = UnsupportedError if a.ndim == 2 else error  # which NumPy takes
            raise kind(
                f"{name or op.name}: {a} is {shape_text(a.shape)}, a vector is expected{hint}"
            )
    return node(op, *operands)


def of_vector(op, a, name=None) -> Expr:
    return of_vectors(op, a, error=UnsupportedError, name=name)


def _plain(op, *given):
    """A node of the expressions that are given; what comes after them are parameters."""
    operands = [x for x in given if isinstance(x, Expr)]
    return node(op, *operands, params=given[len(operands) :])


def _if(condition, yes, no):
    return sp.Piecewise((yes, condition), (no, True))


def _size_of(a):
    """The absolute value as a function that may be evaluated at complex points near real ones."""
    return a * np.sign(np.real(a))


def can_be_nan(e):
    """Whether it has no value at some numbers: below a root, in a logarithm or a quotient."""
    return any(
        part.op.name in ("sqrt", "log", "log1p", "inv", "logdet")
        or part.op.name == "divide"
        and part.args[1].op not in (expr.NUMBER, expr.SIZE)
        or part.op.name == "power"
        and not _is_count(part.args[1])
        for part in expr.walk(e)
    )


def _is_count(e):
    return is_number(e) and e.params[0] >= 0 and e.params[0] == int(e.params[0])


def _chosen(second, e, k):
    """Of two operands one counts: the second if ``second`` holds, or the first is no number."""
    a, b = e.args
    if can_be_nan(a):
        return slope(e, k, np.where((np.equal, np.not_equal)[k](a, e), 1, 0))
    return slope(e, k, np.where(second(b, a), *((0, 1), (1, 0))[k]))


_SINGULAR = 1e-13  # a matrix that is nearer to a singular one than this is taken for one


def _inverse(X):
    """The inverse, not-a-number for a singular matrix: that may be one of a batch."""
    try:
        inverse = np.linalg.inv(X)
    except np.linalg.LinAlgError:
        return np.stack(list(map(_inverse, X))) if X.ndim > 2 else np.full(X.shape, np.nan)
    condition = np.prod([abs(M).sum(axis=-1).max(axis=-1) for M in (X, inverse)], axis=0)
    return np.where((condition < 1 / _SINGULAR)[..., None, None], inverse, np.nan)


def _log_determinant(X):
    """log(|det(X)|); of a singular matrix, such as X X^T with too few columns, minus infinity."""
    det, rows = np.linalg.det(X), np.sqrt((abs(X) ** 2).sum(axis=-1))
    singular = abs(det) < _SINGULAR * rows.prod(axis=-1)
    return np.log(np.where(singular, 0, _size_of(det)))


def _side(*operands):
    """Which side of its kink an operation is on: the sign of its operand, or of a difference."""
    apart = np.real(operands[0] if len(operands) == 1 else operands[1] - operands[0])
    return np.where(abs(apart) < 1e-14, 0, np.sign(apart))  # rounding is on no side


def _decay(a):
    """``exp(-|a|)``, which never overflows; of complex numbers by the side of their real part."""
    return np.exp(np.where(np.real(a) > 0, -a, a))


def _logistic(a):
    """Without overflow for large numbers, and to the last digit where it is nearly 0."""
    small = _decay(a)
    return np.where(np.real(a) > 0, 1, small) / (1 + small)


def _largest(x):
    """1 at the largest element and -1 elsewhere; 0 where several are the largest."""
    top = x.real == np.max(x.real, axis=-1, keepdims=True)
    return np.where(top, np.where(np.sum(top, axis=-1, keepdims=True) > 1, 0, 1), -1)


def _of_largest(e, k):
    """What ``max`` takes of each element: 1 of the largest, and of several an equal share.

    Of ``max(x)`` several are the largest at single points only, of ``max(max(b, x))`` wherever b is
    larger than two elements of x: the derivative by b is 1 there, however many they are.
    """
    (x,) = e.args
    largest = np.where(np.equal(x, e), 1, 0)
    return "i,i->", largest if differ(x) else largest / np.sum(largest)


def differ(v):
    """Whether a variable that moves parts elements that are equal, as far as is plain to see.

    In ``w x + 1`` each moves its own element. In ``b x`` and ``W x`` not: where x_1 = x_2, the
    first two elements of b x stay equal while b moves.
    """
    if v.op is expr.SYMBOL:
        return v.params[1:] == ()  # an intermediate variable tells of what it stands for
    if v.op is expr.NAMED:
        return differ(*v.args)
    if v.op is STACK:
        plain = all(a.op is expr.SYMBOL or not a.ndim and is_number(a) for a in v.args)
        return plain and len({*v.args}) == len(v.args)
    smooth = v.op.scalar and v.op.analytic and v.op is not PRIMITIVES["where"]
    if not smooth and v.op not in (PRIMITIVES["absolute"], CONCATENATE):
        return False
    vectors, scalars = ([a for a in v.args if bool(a.ndim) is one] for one in (True, False))
    mentioned = [a for x in vectors for a in expr.symbols(x)]
    plain = all(a.op is expr.SIZE or is_number(a) for a in scalars)
    plain = plain and not any(is_number(a, n) for a in scalars for n in (0, 1))  # 0 x, 1^x
    added = v.op in (PRIMITIVES["add"], PRIMITIVES["subtract"])  # also x - mean(x)
    plain = plain or added and {*expr.symbols(*scalars)} <= {*mentioned}
    return len(set(mentioned)) == len(mentioned) and all(map(differ, vectors)) and plain


def common_shape(parts):
    """The shape that parts of one rank have in common, with False for lengths that differ."""
    return tuple(
        reduce(expr.same_length, found) for found in zip(*(a.shape for a in parts), strict=True)
    )


def _lengths(parts):
    return tuple(a.shape[0] for a in parts)


def _joint(lengths):
    """The length of vectors of these lengths in one; None if one of them is open."""
    if None in lengths:
        return None
    known = sum(n for n in lengths if isinstance(n, int))
    letters = [n for n in lengths if isinstance(n, str)]
    return " + ".join([*letters, str(known)] if known and letters else letters) or known


def _joined(*parts):
    return (_joint(_lengths(parts)), *parts[0].shape[1:])


KINK = {"branch": _side, "analytic": False}
# what is made of conditions: a condition always, of such alone, or a number
TRUTH = {"boolean": lambda *given: True}
KEPT = {"boolean": lambda *given: all(given)}
COUNTED = {"boolean": lambda *given: False}

# --- the table -------------------------------------------------------------------------------
# fmt: off

# element by element
row("add", lambda a, b: a + b, np.add)
row("subtract", lambda a, b: a - b, np.subtract)
row("multiply", lambda a, b: a * b, np.multiply, **KEPT)
row("divide", lambda a, b: a / b, **COUNTED, numpy=np.divide)
row("power", lambda a, b: a**b, np.power, np.float_power,
    boolean=lambda base, exponent: None if base else False)  # (x > 0)**2 has 8 bits
row("negative", lambda a: -a, np.negative)
row("exp", sp.exp, np.exp)
row("expm1", lambda a: sp.exp(a) - 1, np.expm1, text="exp({0}) - 1")
row("log", sp.log, np.log)
row("log1p", lambda a: sp.log(1 + a), np.log1p, text="log(1 + {0})")
row("sqrt", sp.sqrt, np.sqrt, branch=_side)
row("sin", sp.sin, np.sin)
row("cos", sp.cos, np.cos)
row("tan", sp.tan, np.tan)
row("arctan", sp.atan, np.arctan)
row("sinh", sp.sinh, np.sinh)
row("cosh", sp.cosh, np.cosh)
row("tanh", sp.tanh, np.tanh)
SIGMOID = row("sigmoid", lambda a: 1 / (1 + sp.exp(-a)), text="σ({0})", numpy=_logistic, **COUNTED)
SOFTPLUS = row("softplus", lambda a: sp.log(1 + sp.exp(a)), text="log(1 + exp({0}))", **COUNTED,
               numpy=lambda a: np.where(np.real(a) > 0, a, 0) + np.log1p(_decay(a)))
row("absolute", sp.Abs, np.abs, text="|{0}|", **KINK, **KEPT)
row("sign", lambda a: _if(a > 0, 1, _if(a < 0, -1, 0)), np.sign, **KINK)
row("maximum", lambda a, b: _if(b > a, b, a), np.maximum, text="max({0}, {1})", **KINK, **KEPT)
row("minimum", lambda a, b: _if(b < a, b, a), np.minimum, text="min({0}, {1})", **KINK, **KEPT)
FMAX = row("fmax", lambda a, b: _if(b > a, b, a), numpy=np.fmax, text="fmax({0}, {1})",
           local=partial(_chosen, np.greater), **KINK, **KEPT)
FMIN = row("fmin", lambda a, b: _if(b < a, b, a), numpy=np.fmin, text="fmin({0}, {1})",
           local=partial(_chosen, np.less), **KINK, **KEPT)
row("greater", lambda a, b: _if(a > b, 1, 0), np.greater, text="{0} > {1}", **KINK, **TRUTH)
row("greater_equal", lambda a, b: _if(a >= b, 1, 0), np.greater_equal, text="{0} ≥ {1}", **KINK,
    **TRUTH)
row("less", lambda a, b: _if(a < b, 1, 0), np.less, text="{0} < {1}", **KINK, **TRUTH)
row("less_equal", lambda a, b: _if(a <= b, 1, 0), np.less_equal, text="{0} ≤ {1}", **KINK, **TRUTH)
row("equal", lambda a, b: _if(sp.Eq(a, b), 1, 0), np.equal, text="{0} = {1}", **KINK, **TRUTH)
row("not_equal", lambda a, b: _if(sp.Ne(a, b), 1, 0), np.not_equal, text="{0} ≠ {1}", **KINK,
    **TRUTH)
LOGICAL_NOT = row("logical_not", lambda a: 1 - a, numpy=lambda a: 1 - a, code="1 - {0}", **TRUTH)
row("where", lambda c, a, b: _if(sp.Ne(c, 0), a, b), boolean=lambda c, a, b: a and b,
    numpy=lambda c, a, b: np.where(np.real(c) != 0, a, b))

# linear in each operand
SUM = row("sum", "i->", code="{0}.sum()", **COUNTED)
DIAG = row("diag", "i->ii", numpy=lambda v: np.where(np.eye(v.shape[-1]), v[..., None], 0),
           code="np.diag({0})", **KEPT)
OUTER = row("outer", "i,j->ij", code="np.multiply.outer({0}, {1})", **KEPT)
DOT = row("dot", "i,i->", code="{0}.dot({1})")
MATVEC = row("matvec", "ij,j->i", code="{0}.dot({1})")
VECMAT = row("vecmat", "i,ij->j", code="{0}.dot({1})")
MATMAT = row("matmat", "ij,jk->ik", code="{0}.dot({1})")
TRANSPOSE = row("transpose", "ij->ji", code="{0}.T", **KEPT)
TRACE = row("trace", "ii->", text="tr({0})", code="np.trace({0})", **COUNTED)
TOTAL = row("total", "ij->", text="sum({0})", code="{0}.sum()", **COUNTED)

# neither
MAX = row("max", "i->", numpy=lambda x: np.max(x, axis=-1), branch=_largest, analytic=False, **KEPT,
          local=_of_largest,
          grind=lambda x: sp.Piecewise(*((a, sp.And(*(a >= b for b in x))) for a in x[:-1]),
                                       (x[-1], True)), code="{0}.max()")
NORM = row("norm", "i->", numpy=lambda x: np.sum(x * x, axis=-1) ** 0.5, text="||{0}||",
           **COUNTED, local=lambda e, k: ("i,i->", algebra.mul(e.args[0], algebra.invert(e))),
           branch=lambda x: np.sign(np.sum(np.abs(x), axis=-1)),
           grind=lambda x: sp.sqrt(np.sum(x * x)), code="np.sqrt({0}.dot({0}))")
FROBENIUS = row("frobenius", "ij->", numpy=lambda X: np.sum(X * X, axis=(-2, -1)) ** 0.5,
                **COUNTED,
                local=lambda e, k: ("ij,ij->", algebra.mul(e.args[0], algebra.invert(e))),
                branch=lambda X: np.sign(np.sum(np.abs(X), axis=(-2, -1))), text="||{0}||_F",
                grind=lambda X: sp.sqrt(np.sum(X * X)), code="np.sqrt(np.sum({0} * {0}))")
INV = row("inv", "ij->ij", numpy=_inverse, code="np.linalg.inv({0})", **COUNTED,
          local=lambda e, k: ("ij,kl,jk->il", np.negative(e), e),
          grind=lambda X: np.array(sp.Matrix(X).inv("ADJ")), precise=mpmath.inverse)
DET = row("det", "ij->", numpy=np.linalg.det, code="np.linalg.det({0})", **COUNTED,
          local=lambda e, k: ("ij,ij->", algebra.mul(e, np.linalg.inv(e.args[0]).T)),
          grind=lambda X: sp.Matrix(X).det("berkowitz"), precise=mpmath.det)
LOGDET = row("logdet", "ij->", numpy=_log_determinant, **COUNTED,
             local=lambda e, k: ("ij,ij->", np.linalg.inv(e.args[0]).T), text="log(|det({0})|)",
             grind=lambda X: sp.log(sp.Abs(sp.Matrix(X).det("berkowitz"))),
             code="np.linalg.slogdet({0})[1]",
             precise=lambda X: mpmath.log(abs(mpmath.det(X))))
STACK = row("stack", numpy=lambda *parts: np.stack(parts[:-1], axis=-1 - parts[-1]), **KEPT,
            local=lambda e, k: (("i,->i", "i,j->ij")[e.ndim - 1], constant("unit", k, len(e.args))),
            shape=lambda *parts: (len(parts) - 1, *common_shape(parts[:-1])),
            code="np.stack([{all}])")
CONCATENATE = row("concatenate", numpy=lambda *parts: np.concatenate(parts, axis=-1), **KEPT,
                  local=lambda e, k: ("ij,j->i", constant("selector", _lengths(e.args), k)),
                  shape=_joined, code="np.concatenate([{all}])")
ROW = row("row", numpy=lambda v: v[..., None, :], shape=lambda v: (1, *v.shape), code="{0}[None]",
          **KEPT)

# for what NumPy has no function, by name: operands first, then parameters
row("index", numpy=lambda x, k: x[..., k], shape=lambda x, k: (), code="{0}[{p}]", **KEPT,
    local=lambda e, k: ("i,i->", constant("unit", *e.params, *e.args[0].shape)))
row("segment", numpy=lambda v, lengths, k: v[..., sum(lengths[:k]) : sum(lengths[: k + 1])],
    shape=lambda v, lengths, k: (lengths[k],), **KEPT)
row("blocks", numpy=lambda *parts: np.concatenate(parts, axis=-2), shape=_joined,
    code="np.vstack([{all}])")
row("ones", numpy=lambda n, *lent: np.ones(n), shape=lambda n: (n,), code="np.ones({p})")
row("zeros", numpy=lambda *n: np.zeros([k for k in n if not isinstance(k, tuple)]),
    shape=lambda *n: n, code="np.zeros([{p}])")
row("identity", numpy=np.eye, shape=lambda n: (n, n), code="np.eye({p})")
row("unit", numpy=lambda k, n: np.eye(n)[k], shape=lambda k, n: (n,),
    code="np.eye(1, {p1}, {p0})[0]")
row("selector", shape=lambda lengths, k: (_joint(lengths), lengths[k]),
    numpy=lambda lengths, k: np.eye(sum(lengths))[:, sum(lengths[:k]) : sum(lengths[: k + 1])])

# fmt: on
