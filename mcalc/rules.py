"""The table of primitives: a row for each operation. To support a new function, add a row.

``row("arcsin", sp.asin, np.arcsin)`` is all that ``np.arcsin`` needs. A row has a name, what is
done, and the NumPy functions that stand for it. What is done is one of

- a SymPy form, applied element by element. Its derivative is SymPy's.
- an einsum signature. If the operation is linear in each operand, its Jacobians are made of the
  others; if not, ``local`` gives the product of a factor and an operand that it is near a point,
  as a signature and the factor.
- neither: then the row has a ``shape`` as well.

What other rows make up, as ``np.square`` is a power, is in the second table: what it builds.
"""

from __future__ import annotations

from functools import partial, reduce

import numpy as np
import sympy as sp

from . import algebra, expr
from .algebra import constant
from .expr import Expr, Primitive, UnsupportedError, as_expr, is_number, node, shape_text
from .lent import lent

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
    if op.name in ("maximum", "minimum") and is_number(operands[1]):
        operands = operands[::-1]
    rows = [e for e in operands if e.op is ROW]
    upright = [e for e in operands if e.ndim and e.op is not ROW]
    if not rows or any(e.ndim == 2 for e in upright):
        return node(op, *operands)
    if upright:
        raise expr.ShapeError(
            f"{op.name}: {rows[0]} is a row, {shape_text(rows[0].shape)}, and {upright[0]} a "
            f"vertical vector, {shape_text(upright[0].shape)}: leave out the .T"
        )
    return node(ROW, node(op, *map(_upright, operands)))


def _upright(a) -> Expr:
    """A row as the vector it came from."""
    a = as_expr(a)
    return a.args[0] if a.op is ROW else a


def of_vectors(op, *operands, error=expr.ShapeError, name=None) -> Expr:
    """A node whose operands are vectors; a row is taken as the vector it came from.

    ``name`` is what errors call it, if not by the operation's name.
    """
    operands = tuple(map(_upright, operands))
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


def _inverse(X):
    """The inverse, not-a-number for a singular matrix: that may be one of a batch."""
    try:
        return np.linalg.inv(X)
    except np.linalg.LinAlgError:
        return np.stack(list(map(_inverse, X))) if X.ndim > 2 else np.full(X.shape, np.nan)


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


def _common(parts):
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

# --- the table -------------------------------------------------------------------------------
# fmt: off

# element by element
row("add", lambda a, b: a + b, np.add)
row("subtract", lambda a, b: a - b, np.subtract)
row("multiply", lambda a, b: a * b, np.multiply)
row("divide", lambda a, b: a / b, np.divide)
row("power", lambda a, b: a**b, np.power, np.float_power)
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
SIGMOID = row("sigmoid", lambda a: 1 / (1 + sp.exp(-a)), text="σ({0})", numpy=_logistic)
SOFTPLUS = row("softplus", lambda a: sp.log(1 + sp.exp(a)), text="log(1 + exp({0}))",
               numpy=lambda a: np.where(np.real(a) > 0, a, 0) + np.log1p(_decay(a)))
row("absolute", sp.Abs, np.abs, np.fabs, text="|{0}|", **KINK)
row("sign", lambda a: _if(a > 0, 1, _if(a < 0, -1, 0)), np.sign, **KINK)
row("maximum", lambda a, b: _if(b > a, b, a), np.maximum, np.fmax, text="max({0}, {1})", **KINK)
row("minimum", lambda a, b: _if(b < a, b, a), np.minimum, np.fmin, text="min({0}, {1})", **KINK)
row("greater", lambda a, b: _if(a > b, 1, 0), np.greater, text="{0} > {1}", **KINK)
row("greater_equal", lambda a, b: _if(a >= b, 1, 0), np.greater_equal, text="{0} ≥ {1}", **KINK)
row("less", lambda a, b: _if(a < b, 1, 0), np.less, text="{0} < {1}", **KINK)
row("less_equal", lambda a, b: _if(a <= b, 1, 0), np.less_equal, text="{0} ≤ {1}", **KINK)
row("equal", lambda a, b: _if(sp.Eq(a, b), 1, 0), np.equal, text="{0} = {1}", **KINK)
row("not_equal", lambda a, b: _if(sp.Ne(a, b), 1, 0), np.not_equal, text="{0} ≠ {1}", **KINK)
row("where", lambda c, a, b: _if(sp.Ne(c, 0), a, b),
    numpy=lambda c, a, b: np.where(np.real(c) != 0, a, b))

# linear in each operand
SUM = row("sum", "i->", code="{0}.sum()")
DIAG = row("diag", "i->ii", numpy=lambda v: v[..., None] * np.eye(v.shape[-1], dtype=int),
           code="np.diag({0})")
OUTER = row("outer", "i,j->ij", np.outer, code="np.multiply.outer({0}, {1})")
DOT = row("dot", "i,i->", code="{0}.dot({1})")
MATVEC = row("matvec", "ij,j->i", code="{0}.dot({1})")
VECMAT = row("vecmat", "i,ij->j", code="{0}.dot({1})")
MATMAT = row("matmat", "ij,jk->ik", code="{0}.dot({1})")
TRANSPOSE = row("transpose", "ij->ji", code="{0}.T")
TRACE = row("trace", "ii->", text="tr({0})", code="np.trace({0})")
TOTAL = row("total", "ij->", text="sum({0})", code="{0}.sum()")

# neither
MAX = row("max", "i->", numpy=lambda x: np.max(x, axis=-1), branch=_largest, analytic=False,
          local=lambda e, k: ("i,i->", np.where(np.equal(e.args[0], e), 1, 0)),
          grind=lambda x: sp.Piecewise(*((a, sp.And(*(a >= b for b in x))) for a in x[:-1]),
                                       (x[-1], True)), code="{0}.max()")
NORM = row("norm", "i->", numpy=lambda x: np.sqrt(np.sum(x * x, axis=-1)), text="||{0}||",
           local=lambda e, k: ("i,i->", algebra.mul(e.args[0], algebra.invert(e))),
           branch=lambda x: np.sign(np.sum(np.abs(x), axis=-1)),
           grind=lambda x: sp.sqrt(np.sum(x * x)), code="np.sqrt({0}.dot({0}))")
FROBENIUS = row("frobenius", "ij->", numpy=lambda X: np.sqrt(np.sum(X * X, axis=(-2, -1))),
                local=lambda e, k: ("ij,ij->", algebra.mul(e.args[0], algebra.invert(e))),
                branch=lambda X: np.sign(np.sum(np.abs(X), axis=(-2, -1))), text="||{0}||_F",
                grind=lambda X: sp.sqrt(np.sum(X * X)), code="np.sqrt(np.sum({0} * {0}))")
INV = row("inv", "ij->ij", numpy=_inverse, code="np.linalg.inv({0})",
          local=lambda e, k: ("ij,kl,jk->il", np.negative(e), e),
          grind=lambda X: np.array(sp.Matrix(X).inv("ADJ")))
DET = row("det", "ij->", numpy=np.linalg.det, code="np.linalg.det({0})",
          local=lambda e, k: ("ij,ij->", algebra.mul(e, np.linalg.inv(e.args[0]).T)),
          grind=lambda X: sp.Matrix(X).det("berkowitz"))
LOGDET = row("logdet", "ij->", numpy=lambda X: np.log(_size_of(np.linalg.det(X))),
             local=lambda e, k: ("ij,ij->", np.linalg.inv(e.args[0]).T), text="log(|det({0})|)",
             grind=lambda X: sp.log(sp.Abs(sp.Matrix(X).det("berkowitz"))),
             code="np.linalg.slogdet({0})[1]")
STACK = row("stack", numpy=lambda *parts: np.stack(parts[:-1], axis=-1 - parts[-1]),
            local=lambda e, k: (("i,->i", "i,j->ij")[e.ndim - 1], constant("unit", k, len(e.args))),
            shape=lambda *parts: (len(parts) - 1, *_common(parts[:-1])), code="np.stack([{all}])")
CONCATENATE = row("concatenate", numpy=lambda *parts: np.concatenate(parts, axis=-1),
                  local=lambda e, k: ("ij,j->i", constant("selector", _lengths(e.args), k)),
                  shape=_joined, code="np.concatenate([{all}])")
ROW = row("row", numpy=lambda v: v[..., None, :], shape=lambda v: (1, *v.shape), code="{0}[None]")

# for what NumPy has no function, by name: operands first, then parameters
row("index", numpy=lambda x, k: x[..., k], shape=lambda x, k: (), code="{0}[{p}]",
    local=lambda e, k: ("i,i->", constant("unit", *e.params, *e.args[0].shape)))
row("segment", numpy=lambda v, lengths, k: v[..., sum(lengths[:k]) : sum(lengths[: k + 1])],
    shape=lambda v, lengths, k: (lengths[k],))
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


def _where(condition, yes, no):
    if isinstance(condition, bool | np.bool_):  # w == x asks whether they are one formula
        raise TypeError(
            f"np.where: the condition is {condition}, not a formula: write np.equal(a, b) and "
            "np.not_equal(a, b) for == and !="
        )
    return elementwise(PRIMITIVES["where"], condition, yes, no)


def _matmul(a, b):
    a, b = as_expr(a), as_expr(b)
    if 0 in (a.ndim, b.ndim):
        raise expr.ShapeError(f"matmul: {a} @ {b} has a scalar in it: write * for scalar products")
    if b.op is ROW:
        advice = "use np.outer for column times row, and leave out the .T for a dot product"
        if a.ndim == 2:
            advice = "the inner lengths must agree; a row times a matrix has the row first"
        raise expr.ShapeError(
            f"matmul: {a} @ {b} is {shape_text(a.shape)} by {shape_text(b.shape)}: {advice}"
        )
    product = {(1, 1): DOT, (2, 1): MATVEC, (1, 2): VECMAT, (2, 2): MATMAT}
    left = _upright(a)
    whole = node(product[left.ndim, b.ndim], left, b)
    return node(ROW, whole) if a.op is ROW and b.ndim == 2 else whole


def _dot(a, b):
    a, b = as_expr(a), as_expr(b)
    return np.multiply(a, b) if 0 in (a.ndim, b.ndim) else _matmul(a, b)


def _transpose(a):
    a = as_expr(a)
    if a.ndim == 0 or a.op.name in ("identity", "diag"):
        return a
    if a.op in (ROW, TRANSPOSE):
        return a.args[0]
    if a.op is STACK and all(row.op is STACK for row in a.args) and a.ndim == 2:
        return _stack([_stack(column) for column in zip(*(r.args for r in a.args), strict=True)])
    if a.op in (OUTER, MATMAT):
        return node(a.op, *(e.T if e.ndim == 2 else e for e in reversed(a.args)))
    if a.ndim == 2 and a.op.scalar and not any(e.ndim == 1 for e in a.args):
        late = TRANSPOSE if a.op.name == "add" else None
        turned = node(a.op, *sorted(map(_transpose, a.args), key=lambda e: e.op is late))
        matrices = [e for e in a.args if e.ndim == 2]
        scaled = len(matrices) == 1 and a.op.name in ("multiply", "divide", "negative")
        if scaled or _transposes(turned) <= _transposes(a):  # A^T + A, but (A x - Y)^T
            return turned
    return node(ROW if a.ndim == 1 else TRANSPOSE, a)


def _transposes(a):
    return sum(e.op is TRANSPOSE for e in expr.walk(a))


def _sum(a, axis=None):
    return _added(a, axis, "np.sum")


def _added(a, axis, name):
    a = _upright(a)
    if axis not in (None, *range(-a.ndim, a.ndim)):
        raise UnsupportedError(f"{name}: {a} has {a.ndim} axes, there is no axis {axis!r}")
    if axis is None or a.ndim < 2:
        return node((SUM, TOTAL)[a.ndim - 1], a) if a.ndim else a
    rows, columns = (constant("ones", length) for length in a.shape)
    return rows @ a if axis in (0, -2) else a @ columns


def _mean(a, axis=None):
    a = _upright(a)
    whole = _added(a, axis, "np.mean")
    lengths = a.shape if axis is None else (a.shape[axis],)
    return (1 / reduce(np.multiply, map(expr.size, lengths))) * whole if lengths else whole


def _log_add_exp(a, b):
    """log(exp(a) + exp(b))."""
    more = elementwise(SOFTPLUS, b if is_number(as_expr(a), 0) else np.subtract(b, a))
    return more if is_number(as_expr(a), 0) else a + more


def _square(op, a):
    """An operation on a square matrix."""
    a = as_expr(a)
    if a.ndim != 2 or expr.same_length(*a.shape) is False:
        raise expr.ShapeError(f"{op.name}: {a} is {shape_text(a.shape)}, and not square")
    return node(op, a)


def _min(a):
    (a,) = of_vector(MAX, a, "min").args
    return -node(MAX, -a)


def _norm(a, ord=None):
    if as_expr(a).ndim == 2 and as_expr(a).op is not ROW:
        if ord not in (None, "fro"):
            raise UnsupportedError(
                f"np.linalg.norm: ord={ord!r} of a matrix has no rule; the Frobenius norm has"
            )
        return node(FROBENIUS, as_expr(a))
    whole = of_vector(NORM, a)
    if ord not in (None, 1, 2, np.inf):
        raise UnsupportedError(f"np.linalg.norm: ord={ord!r} has no rule; 1, 2 and np.inf have")
    sizes = np.abs(*whole.args)
    return np.sum(sizes) if ord == 1 else np.max(sizes) if ord == np.inf else whole


def _stack(arrays, axis=0):
    parts = [_upright(a) for a in arrays]
    if len({a.ndim for a in parts}) != 1 or parts[0].ndim > 1 or False in _common(parts):
        given = ", ".join(f"{a} ({shape_text(a.shape)})" for a in parts)
        error = UnsupportedError if parts[0].ndim > 1 else expr.ShapeError
        raise error(f"stack: all scalars or all vectors of one length, not {given}")
    if axis not in range(-1 - parts[0].ndim, 1 + parts[0].ndim):
        raise UnsupportedError(f"np.stack: there is no axis {axis!r} to stack along")
    whole = node(STACK, *parts, params=(parts[0].ndim,))
    return np.transpose(whole) if parts[0].ndim and axis in (1, -1) else whole


# --- the second table: what other rows make up -----------------------------------------------

expr.NUMPY |= dict.fromkeys([np.dot, np.vdot, np.inner], _dot) | {
    np.where: _where,
    np.matmul: _matmul,
    np.transpose: _transpose,
    np.diag: partial(of_vector, DIAG),
    np.sum: _sum,
    np.mean: _mean,
    np.var: lambda a: _mean((as_expr(a) - _mean(a)) ** 2),
    np.std: lambda a: np.sqrt(np.var(a)),
    np.max: lambda a: of_vector(MAX, a),
    np.min: _min,
    np.linalg.norm: _norm,
    np.linalg.inv: partial(_square, INV),
    np.linalg.det: partial(_square, DET),
    np.linalg.slogdet: lambda a: (np.sign(_square(DET, a)), _square(LOGDET, a)),
    np.trace: partial(_square, TRACE),
    np.stack: _stack,
    np.concatenate: lambda arrays: of_vectors(CONCATENATE, *arrays),
    np.hstack: lambda arrays: of_vectors(CONCATENATE, *arrays),
    np.logical_and: lambda a, b: np.multiply(a, b),  # of conditions, which are 0 or 1
    np.bitwise_and: lambda a, b: np.multiply(a, b),
    np.logical_or: lambda a, b: np.maximum(a, b),
    np.bitwise_or: lambda a, b: np.maximum(a, b),
    np.logical_not: lambda a: 1 - as_expr(a),
    np.invert: lambda a: 1 - as_expr(a),
    np.logaddexp: _log_add_exp,
    np.square: lambda a: as_expr(a) ** 2,
    np.reciprocal: lambda a: 1 / as_expr(a),
    np.positive: as_expr,
    np.clip: lambda a, a_min, a_max: np.minimum(a_max, np.maximum(a_min, a)),
    np.ones_like: lambda a: lent(algebra.filled(as_expr(1), _upright(a).shape), _upright(a)),
    np.zeros_like: lambda a: lent(algebra.filled(as_expr(0), _upright(a).shape), _upright(a)),
}
