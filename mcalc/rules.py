"""The table of primitives: a row for each operation. To support a new function, add a row.

An element-wise row gives its NumPy functions and its SymPy form; its derivative is SymPy's.
A linear or bilinear row gives its einsum signature; its Jacobians are its other operands.
What is neither gives its own shape and its local Jacobian, a :class:`~mcalc.jacobian.Term`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, partial, reduce

import numpy as np
import sympy as sp

from . import algebra
from .expr import (
    NUMBER,
    NUMPY,
    Expr,
    Primitive,
    ShapeError,
    UnsupportedError,
    as_expr,
    is_number,
    node,
    shape_text,
    size,
)  # fmt: skip
from .functions import derivative_of
from .jacobian import Term, fresh

PRIMITIVES: dict[str, Primitive] = {}


def _row(name, numpy, *functions, build=None, **more):
    """Add a primitive, reached through these NumPy functions."""
    op = PRIMITIVES[name] = Primitive(name, numpy, **more)
    NUMPY.update(dict.fromkeys(functions, build or partial(_call, op)))
    return op


def _call(op, *operands):
    """A node. What is done to the elements of a row is done to its vector, then laid down again."""
    operands = tuple(map(as_expr, operands))
    rows = [e for e in operands if e.op is ROW]
    upright = [e for e in operands if e.ndim and e.op is not ROW]
    if not rows or any(e.ndim == 2 for e in upright):
        return node(op, *operands)
    if upright:
        raise ShapeError(
            f"{op.name}: {rows[0]} is a row, {shape_text(rows[0].shape)}, and {upright[0]} a "
            f"vertical vector, {shape_text(upright[0].shape)}: leave out the .T"
        )
    return node(ROW, node(op, *map(_upright, operands)))


def _upright(e: Expr) -> Expr:
    """A row as the vector it came from."""
    return e.args[0] if e.op is ROW else e


# --- element-wise ----------------------------------------------------------------------------


def _if(condition, yes, no):
    return sp.Piecewise((yes, condition), (no, True))


def _compare(relation):
    return lambda a, b: _if(relation(a, b), sp.S.One, sp.S.Zero)


_SMOOTH = {  # name: (NumPy functions, SymPy form, how it is written when not name(...))
    "add": ([np.add], lambda a, b: a + b, None),
    "subtract": ([np.subtract], lambda a, b: a - b, None),
    "multiply": ([np.multiply], lambda a, b: a * b, None),
    "divide": ([np.divide], lambda a, b: a / b, None),
    "power": ([np.power, np.float_power], lambda a, b: a**b, None),
    "negative": ([np.negative], lambda a: -a, None),
    "exp": ([np.exp], sp.exp, None),
    "expm1": ([np.expm1], lambda a: sp.exp(a) - 1, "exp({0}) - 1"),
    "log": ([np.log], sp.log, None),
    "log1p": ([np.log1p], lambda a: sp.log(1 + a), "log(1 + {0})"),
    "sqrt": ([np.sqrt], sp.sqrt, None),
    "sin": ([np.sin], sp.sin, None),
    "cos": ([np.cos], sp.cos, None),
    "tan": ([np.tan], sp.tan, None),
    "arctan": ([np.arctan], sp.atan, None),
    "sinh": ([np.sinh], sp.sinh, None),
    "cosh": ([np.cosh], sp.cosh, None),
    "tanh": ([np.tanh], sp.tanh, None),
}
_KINKED = {
    "absolute": ([np.abs, np.fabs], sp.Abs, "|{0}|"),
    "sign": ([np.sign], lambda a: _if(a > 0, 1, _if(a < 0, -1, 0)), None),
    "maximum": ([np.maximum, np.fmax], lambda a, b: _if(b > a, b, a), "max({0}, {1})"),
    "minimum": ([np.minimum, np.fmin], lambda a, b: _if(b < a, b, a), "min({0}, {1})"),
    "greater": ([np.greater], _compare(sp.Gt), "{0} > {1}"),
    "greater_equal": ([np.greater_equal], _compare(sp.Ge), "{0} ≥ {1}"),
    "less": ([np.less], _compare(sp.Lt), "{0} < {1}"),
    "less_equal": ([np.less_equal], _compare(sp.Le), "{0} ≤ {1}"),
    "equal": ([np.equal], _compare(sp.Eq), "{0} = {1}"),
    "not_equal": ([np.not_equal], _compare(sp.Ne), "{0} ≠ {1}"),
}


def _side(*operands):
    """Which side of its kink an operation is on: the sign of its operand, or of a difference."""
    return np.sign(np.real(operands[0] if len(operands) == 1 else operands[1] - operands[0]))


def _constant_first(op, a, b):
    """``max(0, z)`` for ``max(z, 0)``: where they tie the derivative is the constant's, 0."""
    return _call(op, b, a) if is_number(as_expr(b)) else _call(op, a, b)


for _name, (_functions, _form, _text) in (_SMOOTH | _KINKED).items():
    _more = {"branch": _side, "analytic": _name == "sqrt"} if _name in [*_KINKED, "sqrt"] else {}
    _row(_name, _functions[0], *_functions, scalar=_form, text=_text, **_more)
for _name in ("maximum", "minimum"):
    NUMPY.update(dict.fromkeys(_KINKED[_name][0], partial(_constant_first, PRIMITIVES[_name])))
_row(
    "where", lambda c, a, b: np.where(np.real(c) != 0, a, b), np.where,
    scalar=lambda c, a, b: _if(sp.Ne(c, 0), a, b),
)  # fmt: skip

# SymPy's functions, as they turn up in its derivatives, by NumPy's
_FROM_SYMPY = {
    form: functions[0]
    for functions, form, _ in (_SMOOTH | _KINKED).values()
    if isinstance(form, sp.FunctionClass)
} | {
    sp.sign: np.sign, sp.Gt: np.greater, sp.Ge: np.greater_equal, sp.Lt: np.less,
    sp.Le: np.less_equal, sp.Eq: np.equal, sp.Ne: np.not_equal, sp.StrictGreaterThan: np.greater,
}  # fmt: skip


@cache
def _derivative(form, k, known):
    """SymPy's derivative of a scalar form by operand k; ``known`` are the operands' numbers."""
    marks = [sp.Symbol(f"a{i}", real=True) for i in range(len(known))]
    operands = [m if v is None else _number(v) for m, v in zip(marks, known, strict=True)]
    return sp.powsimp(sp.diff(form(*operands), marks[k]))


def _number(value):
    exact = isinstance(value, Fraction)
    return sp.Rational(value.numerator, value.denominator) if exact else sp.Float(value)


def derivative(e: Expr, k: int) -> Expr:
    """The derivative of an element-wise operation by its operand k, element by element."""
    known = tuple(a.params[0] if a.op is NUMBER else None for a in e.args)
    return _from_sympy(_derivative(e.op.scalar, k, known), e.args)


def _from_sympy(form, operands) -> Expr:
    if form.is_Symbol:
        return operands[int(form.name[1:])]
    if form.is_Number:
        return as_expr(Fraction(form.p, form.q) if form.is_Rational else float(form))
    if isinstance(form, sp.Derivative):
        (inside,) = form.expr.args
        return derivative_of(form.expr.func.__name__, _from_sympy(inside, operands))
    if isinstance(form, sp.Piecewise):
        (yes, condition), *rest = form.args
        if condition is sp.true:
            return _from_sympy(yes, operands)
        no = _from_sympy(sp.Piecewise(*rest), operands)
        return algebra.where(_condition(condition, operands), _from_sympy(yes, operands), no)
    constants_first = sorted(form.args, key=lambda p: not p.is_Number) if form.is_Add else form.args
    parts = [_from_sympy(part, operands) for part in constants_first]
    if form.is_Add:
        return algebra.add(*parts)
    if form.is_Mul:
        return algebra.mul(*parts)
    if form.is_Pow:
        base, exponent = parts
        p = form.exp
        if p.is_Rational and p.q <= 2:
            return algebra.invert(base if p.q == 1 else np.sqrt(base), int(p.p))
        return np.power(base, exponent)
    return _FROM_SYMPY[form.func](*parts)


def _condition(relation, operands):
    left, right = (_from_sympy(side, operands) for side in relation.args)
    if isinstance(relation, sp.Ne) and is_number(right, 0) and left.op.branch:
        return left  # a comparison is a condition as it stands
    return _FROM_SYMPY[relation.func](left, right)


# --- linear and bilinear ---------------------------------------------------------------------


def _linear(name, spec, code):
    inputs, output = spec.split("->")
    batched = ",".join("..." + letters for letters in inputs.split(",")) + "->..." + output
    return _row(name, partial(np.einsum, batched), spec=spec, code=code)


SUM = _linear("sum", "i->", "{0}.sum()")
TRANSPOSE = _linear("transpose", "ij->ji", "{0}.T")
OUTER = _linear("outer", "i,j->ij", "np.multiply.outer({0}, {1})")
_PRODUCTS = {
    (1, 1): _linear("dot", "i,i->", "{0} @ {1}"),
    (2, 1): _linear("matvec", "ij,j->i", "{0} @ {1}"),
    (1, 2): _linear("vecmat", "i,ij->j", "{0} @ {1}"),
    (2, 2): _linear("matmat", "ij,jk->ik", "{0} @ {1}"),
}


def _matmul(a, b):
    a, b = as_expr(a), as_expr(b)
    if 0 in (a.ndim, b.ndim):
        raise ShapeError(f"matmul: {a} @ {b} has a scalar in it: write * for scalar products")
    if b.op is ROW:
        raise ShapeError(
            f"matmul: {a} @ {b} is {shape_text(a.shape)} by {shape_text(b.shape)}: use np.outer "
            "for column times row, and leave out the .T for a dot product"
        )
    whole = node(_PRODUCTS[_upright(a).ndim, b.ndim], _upright(a), b)
    return node(ROW, whole) if a.op is ROW and b.ndim == 2 else whole


def _dot(a, b):
    a, b = as_expr(a), as_expr(b)
    return np.multiply(a, b) if 0 in (a.ndim, b.ndim) else _matmul(a, b)


def _outer(a, b):
    a, b = _upright(as_expr(a)), _upright(as_expr(b))
    if (a.ndim, b.ndim) != (1, 1):
        raise ShapeError(f"outer: {a} and {b} must be vectors, not {a.shape} and {b.shape}")
    return node(OUTER, a, b)


def _transpose(a):
    a = as_expr(a)
    if a.ndim == 0 or a.op.name in ("identity", "diag"):
        return a
    if a.op in (ROW, TRANSPOSE):
        return a.args[0]
    if a.op in (OUTER, _PRODUCTS[2, 2]):
        left, right = a.args
        return node(a.op, *((right, left) if a.op is OUTER else (right.T, left.T)))
    if a.ndim == 2 and a.op.scalar and not any(e.ndim == 1 for e in a.args):
        turned = [_transpose(e) for e in a.args]
        if a.op.name == "add":
            turned.sort(key=lambda e: e.op is TRANSPOSE)
        return node(a.op, *turned)
    return node(ROW if a.ndim == 1 else TRANSPOSE, a)


def _sum(a, axis=None):
    a = _upright(as_expr(a))
    if axis not in (None, *range(-a.ndim, a.ndim)):
        raise UnsupportedError(f"np.sum: {a} has {a.ndim} axes, there is no axis {axis!r}")
    if a.ndim < 2:
        return node(SUM, a) if a.ndim else a
    over_columns = _matmul(a, ones(a.shape[1])) if axis != 0 else None
    if axis is None:
        return node(SUM, over_columns)
    return over_columns if axis in (1, -1) else _matmul(ones(a.shape[0]), a)


def _mean(a, axis=None):
    a = _upright(as_expr(a))
    whole = _sum(a, axis)
    for length in a.shape if axis is None else (a.shape[axis],):
        whole = (1 / size(length)) * whole
    return whole


def _variance(a):
    return _mean(np.square(as_expr(a) - _mean(a)))


# --- what is neither -------------------------------------------------------------------------


def _of_vector(op, a, *params):
    a = _upright(as_expr(a))
    if a.ndim != 1:
        raise UnsupportedError(f"{op.name}: {a} is {shape_text(a.shape)}, a vector is expected")
    return node(op, a, params=params)


def _gradient(of):
    """The local Jacobian of a scalar function of a vector, a row."""

    def local(e, k):
        term = Term(inp=(fresh(),))
        term.times(of(e), term.inp)
        return term

    return local


def _largest(x):
    """1 at the largest element and -1 elsewhere; 0 where several are the largest."""
    top = x.real == np.max(x.real, axis=-1, keepdims=True)
    return np.where(top, np.where(np.sum(top, axis=-1, keepdims=True) > 1, 0, 1), -1)


def _norm(a, ord=None):
    if ord in (None, 2):
        return _of_vector(NORM, a)
    if ord not in (1, np.inf):
        raise UnsupportedError(f"np.linalg.norm: ord={ord!r} has no rule; 1, 2 and np.inf have")
    return np.sum(np.abs(a)) if ord == 1 else np.max(np.abs(a))


def _scalar(shape_of_one):
    """The shape of an operation that makes a scalar, or an entry, of its operand."""
    return lambda *operands, params: shape_of_one


def _place(e, k, factor):
    """The local Jacobian of an operation that puts its operand k in a place of its own."""
    own = tuple(fresh() for _ in e.args[k].shape)
    term = Term(out=(fresh(), *own), inp=own)
    term.times(factor, term.out[:1])
    return term


def _block(e, k):
    i, j = fresh(), fresh()
    term = Term(out=(i,), inp=(j,))
    term.times(constant("selector", tuple(a.shape[0] for a in e.args), k), (i, j))
    return term


def _diagonal(e, k):
    i = fresh()
    return Term(out=(i, i), inp=(i,))


def _stack(arrays, axis=0):
    parts = [_upright(as_expr(a)) for a in arrays]
    if len({a.ndim for a in parts}) != 1 or parts[0].ndim > 1:
        raise ShapeError(
            "stack: all scalars or all vectors of one length, not "
            + ", ".join(f"{a} ({shape_text(a.shape)})" for a in parts)
        )
    whole = node(STACK, *parts, params=(parts[0].ndim,))
    return np.transpose(whole) if parts[0].ndim and axis in (1, -1) else whole


def _stacked_shape(*parts, params):
    for other in parts[1:]:
        if other.shape != parts[0].shape:
            raise ShapeError(
                f"stack: {parts[0]} is {shape_text(parts[0].shape)} and {other} is "
                f"{shape_text(other.shape)}: all must have one shape"
            )
    return (len(parts), *parts[0].shape)


def _concatenate(arrays, axis=0):
    parts = [_upright(as_expr(a)) for a in arrays]
    for a in parts:
        if a.ndim != 1:
            raise ShapeError(
                f"concatenate: {a} is {shape_text(a.shape)}: only vectors can be joined; "
                "write [b] for a scalar b"
            )
    return node(CONCATENATE, *parts)


def _joint_length(*parts, params):
    lengths = [a.shape[0] for a in parts]
    known = sum(n for n in lengths if isinstance(n, int))
    letters = [n for n in lengths if isinstance(n, str)]
    return (" + ".join([*letters, str(known)] if known and letters else letters) or known,)


ROW = _row("row", lambda v: v[..., None, :], shape=lambda v, params: (1, *v.shape),
           code="{0}[None, :]")  # fmt: skip
DIAG = _row("diag", lambda v: v[..., None] * np.eye(v.shape[-1]), code="np.diag({0})",
            shape=lambda v, params: v.shape * 2, local=_diagonal, grind=np.diag)  # fmt: skip
MAX = _row("max", lambda x: np.max(x, axis=-1), shape=_scalar(()), code="{0}.max()",
           local=_gradient(lambda e: np.where(np.equal(e.args[0], e), 1, 0)),
           grind=lambda x: reduce(PRIMITIVES["maximum"].scalar, x),
           branch=_largest, analytic=False)  # fmt: skip
NORM = _row("norm", lambda x: np.sqrt(np.sum(x * x, axis=-1)), shape=_scalar(()), text="||{0}||",
            grind=lambda x: sp.sqrt(np.sum(x * x)),
            local=_gradient(lambda e: algebra.mul(e.args[0], algebra.invert(e))),
            latex=r"\lVert {0} \rVert", code="np.sqrt({0} @ {0})")  # fmt: skip
INDEX = _row(
    "index",
    lambda x, k: x[..., k],
    shape=_scalar(()),
    code="{0}[{p}]",
    local=_gradient(lambda e: constant("unit", e.params[0], e.args[0].shape[0])),
)
STACK = _row("stack", lambda *parts: np.stack(parts[:-1], axis=-1 - parts[-1]),
             shape=_stacked_shape, code="np.stack([{all}])",
             local=lambda e, k: _place(e, k, constant("unit", k, len(e.args))))  # fmt: skip
CONCATENATE = _row("concatenate", lambda *parts: np.concatenate(parts, axis=-1),
                   shape=_joint_length, local=_block, code="np.concatenate([{all}])")  # fmt: skip
SEGMENT = _row("segment", lambda v, lengths, k: v[..., sum(lengths[:k]) : sum(lengths[: k + 1])],
               shape=lambda v, params: (params[0][params[1]],))  # fmt: skip
BLOCKS = _row("blocks", lambda *parts: np.concatenate(parts, axis=-2), code="np.vstack([{all}])",
              shape=lambda *parts, params: _joint_length(*parts, params=()) + parts[0].shape[1:],
              )  # fmt: skip


# --- constants: no operands, their lengths as parameters ---------------------------------------


def _selector(lengths, k):
    return np.eye(sum(lengths))[:, sum(lengths[:k]) : sum(lengths[: k + 1])]


_CONSTANTS = {  # name: (value, shape, code)
    "ones": (np.ones, lambda n: (n,), "np.ones({p})"),
    "zeros": (lambda *n: np.zeros(n), lambda *n: n, "np.zeros([{p}])"),
    "identity": (lambda n, m=None: np.eye(n), lambda n, m=None: (n, n), "np.eye({p})"),
    "unit": (lambda k, n: np.eye(n)[k], lambda k, n: (n,), "np.eye(1, {p1}, {p0})[0]"),
    "selector": (
        _selector,
        lambda lengths, k: (_joint_length(*map(ones, lengths), params=())[0], lengths[k]),
        None,
    ),
}
for _name, (_value, _shape, _code) in _CONSTANTS.items():
    _row(_name, _value, shape=lambda params, of=_shape: of(*params), code=_code)


def constant(name, *params) -> Expr:
    return node(PRIMITIVES[name], params=params)


NUMPY.update({name: partial(constant, name) for name in _CONSTANTS})
NUMPY |= {
    np.matmul: _matmul,
    np.dot: _dot,
    np.vdot: _dot,
    np.inner: _dot,
    np.outer: _outer,
    np.transpose: _transpose,
    np.sum: _sum,
    np.mean: _mean,
    np.var: _variance,
    np.std: lambda a: np.sqrt(_variance(a)),
    np.max: lambda a, axis=None: _of_vector(MAX, a),
    np.min: lambda a, axis=None: -_of_vector(MAX, -as_expr(a)),
    np.linalg.norm: _norm,
    np.stack: _stack,
    np.concatenate: _concatenate,
    np.diag: lambda v: _of_vector(DIAG, v),
    np.square: lambda a: as_expr(a) ** 2,
    np.reciprocal: lambda a: 1 / as_expr(a),
    np.positive: as_expr,
    np.clip: lambda a, a_min, a_max: np.minimum(a_max, np.maximum(a_min, a)),
    np.ones_like: lambda a: _like(a, 1),
    np.zeros_like: lambda a: _like(a, 0),
    "index": partial(_of_vector, INDEX),
    "segment": partial(_of_vector, SEGMENT),
    "blocks": partial(_call, BLOCKS),
}


def _like(a, value):
    a = _upright(as_expr(a))
    if a.ndim == 2 and value == 1:
        return np.outer(ones(a.shape[0]), ones(a.shape[1]))
    return algebra.filled(as_expr(value), a.shape)


# --- closed forms to claim -------------------------------------------------------------------


def diag(v) -> Expr:
    """The matrix with the vector ``v`` on its diagonal, ``diag(v)``: n x n."""
    return np.diag(as_expr(v))


def identity(n=None) -> Expr:
    """The identity matrix ``I``. Without a length it takes the one that fits."""
    return constant("identity", n)


def ones(n=None) -> Expr:
    """A column of ones, n x 1; ``ones().T`` is the row ``1^T``."""
    return constant("ones", n)


def zeros(n=None) -> Expr:
    """A column of zeros, n x 1; ``zeros().T`` is the row ``0^T``."""
    return constant("zeros", n)


def outer(a, b) -> Expr:
    """The outer product ``a b^T`` of two vectors: m x n."""
    return _outer(a, b)


def cases(*pairs) -> Expr:
    """Values by condition: ``cases((x.T, w @ x + b > 0))``, and 0 otherwise.

    Each pair is ``(value, condition)``; the first condition that holds decides. A last value
    without a condition stands for "otherwise".
    """
    otherwise = 0
    if pairs and not isinstance(pairs[-1], tuple):
        *pairs, otherwise = pairs
    if not pairs or any(not isinstance(p, tuple) or len(p) != 2 for p in pairs):
        raise ValueError("cases((value, condition), ..., otherwise): pairs of two are expected")
    whole = as_expr(otherwise)
    for value, condition in reversed(pairs):
        whole = np.where(as_expr(condition), as_expr(value), whole)
    return whole


def local_jacobian(e: Expr, k: int) -> Term | None:
    """The Jacobian of one operation by its operand k; None where it is zero."""
    if e.op.local:
        return e.op.local(e, k)
    if e.op.spec:
        inputs, output = e.op.spec.split("->")
        labels = {letter: fresh() for letter in inputs if letter != ","}
        inputs = [tuple(labels[a] for a in part) for part in inputs.split(",")]
        term = Term(tuple(labels[a] for a in output), inputs[k])
        for position, (other, at) in enumerate(zip(e.args, inputs, strict=True)):
            if position != k:
                term.times(other, at)
        return term
    rate = derivative(e, k)
    if is_number(rate, 0):
        return None
    out = tuple(fresh() for _ in e.shape)
    term = Term(out, out[len(out) - e.args[k].ndim :])
    term.times(rate, out[len(out) - rate.ndim :])
    return term
