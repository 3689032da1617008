"""The expression graph: what NumPy does to a variable, recorded call by call.

An :class:`Expr` takes part in ordinary NumPy code through NumPy's own dispatch
(``__array_ufunc__`` and ``__array_function__``). Each call becomes one immutable node, and equal
nodes are one object: ``is`` asks whether two expressions have the same structure. ``==`` is
NumPy's, a condition, so mcalc itself looks for expressions in sets and dictionaries only.

Shapes are symbolic: ``()`` for a scalar, ``(n,)`` for a vector, ``(m, n)`` for a matrix,
with a letter or a number for each length. A row, as ``x.T`` gives it, has shape ``(1, n)``.
"""

from __future__ import annotations

import functools
import operator
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Number, Rational, Real
from types import MappingProxyType
from typing import Any

import numpy as np

from . import dispatch
from .dispatch import NUMPY, UnsupportedError
from .length import as_size
from .shapes import ShapeError, shape_of, shape_text


@dataclass(frozen=True, eq=False)
class Primitive:
    """One operation. The rows are in :mod:`mcalc.graph.primitives`; the core knows none of them.

    ``numpy`` computes the value and treats leading axes as a batch. An element-wise operation
    has ``sympy_form``; a linear or bilinear one has ``einsum``, its signature. Any other has
    ``local_jacobian``: for an operand, the einsum signature and the factors of the product that it
    is near a point, the operand last. What has neither form nor signature brings its own ``shape``.
    A node's parameters are keywords of ``numpy`` and ``shape`` and names in ``numpy_source``.
    """

    name: str
    numpy: Callable
    sympy_form: Callable | None = None
    einsum: str | None = None
    shape: Callable | None = None
    local_jacobian: Callable | None = None
    text: str | None = None  # how it is written: a template of its operands, or a function's name
    kink_side: Callable | None = None  # -1, 0 or 1 per element: which side of a kink, 0 on it
    takes_at_kink: str = ""  # what the closed form takes there
    analytic: bool = True  # may be evaluated at complex points
    numpy_source: str | None = None  # one NumPy expression, when `numpy` cannot be called as it is
    sympy_array: Callable | None = None  # on arrays of SymPy scalars, when `numpy` cannot be
    precise: Callable | None = None  # of a matrix of mpmath's, when `numpy` cannot be
    unknown: bool = False  # a function of which nothing is known
    chain: str = ""  # what is written in a row with its like: a + b - c, a b c
    is_list: bool = False  # the operands are its entries
    # of conditions, from which operands are such: whether the result is one, or a number, or None
    # where NumPy comes to something else than with 0 and 1, as True + True is True
    boolean: Callable = lambda *of: None if of and all(of) else False

    def __repr__(self):
        return f"<{self.name}>"


_LARGEST = Fraction(np.finfo(float).max)
WRITERS: dict[str, Callable] = {}  # "text" and "latex"; filled by the notation

_nodes: weakref.WeakValueDictionary = weakref.WeakValueDictionary()
_adding = threading.Lock()

ENOUGH = 10**9  # parts are not counted any further
DEEP = 100  # how deep a formula is nested at most that is derived in closed form, or written


def no_value(*_, **params):
    raise TypeError(f"{params} has no value of its own")


SYMBOL = Primitive("symbol", no_value)
NUMBER = Primitive("number", no_value)
SIZE = Primitive("size", no_value)  # the length n, as a number in a formula

# `let`: one operand under a reader's name
LET = Primitive("named", lambda a: a, text="{0}", boolean=lambda of: of)
ADJOINT = Primitive("slope", no_value)  # the result's derivative by a variable, by its name only
UNEVALUATED = Primitive("held", lambda a: a)  # one operand, written as the derivative that it is


def _in_place(function):
    """The method of ``z += 1`` and its like."""

    def method(self, other):
        result = function(self, other)
        if self.ndim:
            _refuse_in_place(function, result, self)
        return result

    return method


class Unfinished(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on its way to a formula: it has no letters for its shape, and rules of its own."""

    __slots__ = ()


class Expr(np.lib.mixins.NDArrayOperatorsMixin):
    """A scalar, vector or matrix of symbolic size, to be used in NumPy expressions.

    NumPy's functions and operators give another one, with the shape that NumPy's result has.
    Raises ShapeError where shapes do not fit, UnsupportedError for a function without a rule, and
    TypeError where a number or a truth value is needed.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> np.maximum(0, w @ x)
    max(0, w.x)
    """

    __slots__ = (
        "__weakref__", "args", "boolean", "collected", "factors", "facts", "height", "nesting",
        "op", "params", "shape", "weight",
    )  # fmt: skip

    op: Primitive
    args: tuple[Expr, ...]
    params: Mapping[str, Any]  # what it has beside its operands, as x[3] has an index
    shape: tuple
    boolean: bool  # a condition, or made of such alone
    weight: int  # as it is written: how many parts it has,
    nesting: int  # and how deep they are nested
    height: int  # how high it is built
    factors: tuple | None  # of the product that it is, when they are known,
    collected: tuple | None  # and the terms of the sum,
    facts: Any  # and what is known of its entries (mcalc.graph.facts)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if any(isinstance(a, Unfinished) for a in inputs):
            return NotImplemented
        if method != "__call__":
            if method == "outer" and len(inputs) == 2 and not options:
                a, b = map(as_expr, inputs)
                return ufunc(a[:, None], b[None, :]) if a.ndim and b.ndim else ufunc(a, b)
            if method == "reduce" and {*options} <= {"axis", "keepdims"}:
                return NUMPY["reduce"](ufunc, *inputs, **options)
            raise UnsupportedError(
                f"np.{ufunc.__name__}.{method} has no rule; use np.sum, np.outer or np.maximum"
            )
        return _dispatch(ufunc, inputs, options)

    def __array_function__(self, function, types, args, options):
        if any(issubclass(t, Unfinished) for t in types):
            return NotImplemented
        return _dispatch(function, args, options)

    __hash__ = object.__hash__

    def __eq__(self, other):
        return np.equal(self, other) if can_be_compared(other) else NotImplemented

    def __ne__(self, other):
        return np.not_equal(self, other) if can_be_compared(other) else NotImplemented

    # z += 1 makes a new z; np.add(z, 1, out=z), which changes the array, is refused
    __iadd__, __isub__ = _in_place(np.add), _in_place(np.subtract)
    __imul__, __itruediv__ = _in_place(np.multiply), _in_place(np.divide)
    __ipow__, __imatmul__ = _in_place(np.power), _in_place(np.matmul)
    __iand__, __ior__ = _in_place(np.bitwise_and), _in_place(np.bitwise_or)
    __ixor__, __imod__ = _in_place(np.bitwise_xor), _in_place(np.remainder)
    __ifloordiv__ = _in_place(np.floor_divide)

    @property
    def T(self) -> Expr:
        """The transpose; of a vector, the row ``x^T`` of shape ``(1, n)``.

        Paper: "Notation".

        >>> import mcalc as mc
        >>> mc.vectors("x").T
        x^T  (1 x n)
        """
        return NUMPY[np.transpose](self)

    @property
    def mT(self) -> Expr:
        """The transpose of a matrix."""
        return NUMPY["mT"](self)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Expr:
        """How many elements there are, as a number in formulas: ``np.sum(x) / x.size``."""
        return functools.reduce(operator.mul, map(size, self.shape or (1,)))

    @property
    def name(self) -> str | None:
        """The name of a variable or of a ``let``, else None."""
        return self.params["name"] if self.op in (SYMBOL, LET) else None

    # x.sum() is np.sum(x)
    sum, mean, max, min, prod = np.sum, np.mean, np.max, np.min, np.prod
    var, std, dot, trace, clip = np.var, np.std, np.dot, np.trace, np.clip
    ravel = flatten = np.ravel
    squeeze, diagonal = np.squeeze, np.diagonal

    def __getattr__(self, name):
        """``x.cumsum()`` is ``np.cumsum(x)``, and so with every method that arrays have."""
        if name not in _METHODS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return functools.partial(getattr(np, name), self)

    def astype(self, dtype) -> Expr:
        """The expression itself, whose numbers are floats."""
        if np.dtype(dtype).kind != "f":
            kind = np.dtype(dtype).name
            raise UnsupportedError(f"{self}.astype({kind}): all numbers are floats, as float64")
        return self

    def reshape(self, *shape, order="C") -> Expr:
        """``x.reshape(-1, 1)`` is the column ``x[:, None]``."""
        return NUMPY["reshape"](self, *shape, order=order)

    def transpose(self) -> Expr:
        """What ``.T`` is."""
        return self.T

    def __getitem__(self, key):
        return NUMPY["getitem"](self, key)

    def __iter__(self):
        length = self._known_length("going through its elements (as the built-in sum and max do)")
        return iter([self[k] for k in range(length)])

    def __len__(self):
        return self._known_length("len()")

    def _known_length(self, what):
        rows = next(iter(NUMPY[np.shape](self)), None)  # of x.T the elements, as in NumPy
        if not isinstance(rows, int):
            raise TypeError(
                f"{what} needs a vector of known length, and {self} has shape "
                f"{shape_text(self.shape)}: use NumPy's functions (np.sum, np.max) and .shape[0], "
                'or give a length, as in mc.vectors("x", size=3)'
            )
        return rows

    def __bool__(self):
        instead = "np.maximum(a, b) or np.minimum(a, b) in place of max(a, b) or min(a, b)"
        if self.op.numpy in (np.equal, np.not_equal):
            instead = "d.equals(claim) to compare a derivative with a claim"
        raise TypeError(
            f"{self} has no truth value, it is a formula: use np.where(condition, a, b) in place "
            f"of if, and {instead}"
        )

    def __float__(self):
        raise TypeError(
            f"{self} is a formula, not a number: use NumPy's function (np.sin, np.exp, ...) in "
            "place of the one from math"
        )

    __int__ = __index__ = __complex__ = __float__

    def __array__(self, dtype=None, copy=None):
        """Its elements, as Python objects: ``np.array([[a, b], [b, c]])`` of scalars is a matrix.

        Where an expression meets it, or something is derived, it is ``np.stack`` of its rows.
        """
        shape = NUMPY[np.shape](self)
        if dtype not in (None, object) or not all(isinstance(n, int) for n in shape):
            raise TypeError(
                f"{self} is a formula and no array of numbers: np.stack([a, b]) makes a vector or "
                "a matrix of expressions, also where their lengths are open"
            )
        elements = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            elements[place] = self[place] if place else self
        return elements

    def __deepcopy__(self, memo=None):
        return self

    __copy__ = __deepcopy__

    def __str__(self):
        return WRITERS["text"](self)

    def __repr__(self):
        return f"{self}  ({shape_text(self.shape)})" if self.shape else str(self)

    def _repr_latex_(self):
        return f"$\\displaystyle {WRITERS['latex'](self)}$"


# that NumPy has as functions, too
_METHODS = {
    name for name, method in vars(np.ndarray).items()
    if name[0] != "_" and callable(method) and callable(getattr(np, name, None))
}  # fmt: skip
_NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


def node(op: Primitive, /, *args: Expr, shape: tuple | None = None, **params) -> Expr:
    """The one node with this operation, these operands and these parameters.

    ``node(INDEX, x, index=3)`` is ``x[3]``. Parameters are such as can be hashed. A ``shape`` is
    given for what has none of its own, as ``node(SYMBOL, name="x", shape=("n",))``.
    """
    shape = shape_of(op, args, params) if shape is None else shape
    key = (op, args, tuple(sorted(params.items())) if params else (), shape)
    e = _nodes.get(key)
    if e is not None:
        return e
    e = Expr()
    e.op, e.args, e.shape = op, args, shape
    e.params = MappingProxyType(params) if params else _NO_PARAMS
    e.boolean = not op.unknown and op.boolean(*(a.boolean is True for a in args))
    e.weight, e.nesting, e.height = _measures(e)
    e.factors, e.collected, e.facts = None, None, None
    with _adding:  # another thread may have made the same one
        return _nodes.setdefault(key, e)


def _measures(e: Expr) -> tuple[int, int, int]:
    """How large an expression is; of a name's definition nothing is written."""
    height = 1 + max((a.height for a in e.args), default=0)
    if e.op is LET:
        return 1, 0, height
    parts = (e.params["of"],) if e.op is UNEVALUATED else e.args
    weight = min(1 + sum(a.weight for a in parts), ENOUGH)
    inner = [a.nesting + 1 for a in parts]
    if e.op.chain and e.op.chain == parts[0].op.chain:
        inner[0] -= 1  # a + b + c is as flat as a + b
    return weight, max(inner, default=0), height


def can_be_compared(value) -> bool:
    """Whether ``==`` is NumPy's: with None or a name it is Python's, and False."""
    value = getattr(value, "expr", value)
    return isinstance(value, Expr | Number | np.ndarray | np.bool | list | tuple)


def as_expr(value) -> Expr:
    """An Expr from an Expr, a number, or an array or list of them.

    A Jacobian is its closed form. Raises TypeError for anything else, ValueError for numbers that
    are too large.

    >>> as_expr(0.25)
    1/4
    """
    closed = as_size(getattr(value, "expr", value))  # a Jacobian is used by its closed form
    if isinstance(closed, Expr):
        return closed
    if is_boolean(value):
        value = value.astype(int)
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    if isinstance(plain, Expr):  # np.array(x) of a scalar
        return plain
    if isinstance(plain, list | tuple) and plain:
        return NUMPY[np.stack]([as_limit(v) for v in plain])
    if isinstance(plain, bool):
        raise TypeError(
            f"{plain} cannot stand in an expression: write {plain:d} for the number, or a "
            "condition such as x > 0"
        )
    if isinstance(plain, Rational):
        if abs(Fraction(plain)) > _LARGEST:
            raise ValueError("a number beyond 1.8e308, the largest that NumPy has, cannot be used")
        return node(NUMBER, value=Fraction(plain), shape=())
    if isinstance(plain, Real) and np.isfinite(float(plain)):
        # 0.1 is meant as 1/10; a number that no short fraction equals stays the float it is
        number = float(plain)
        short = Fraction(number).limit_denominator(10**6)
        return node(NUMBER, value=short if float(short) == number else number, shape=())
    if hasattr(value, "jacobian"):
        raise TypeError("a derivation cannot stand in an expression: use its .jacobian")
    if callable(value):
        raise TypeError(
            "a function cannot stand in an expression: give it its argument, as in g(x)"
        )
    raise TypeError(f"{value!r} cannot stand in an expression: numbers, arrays and mcalc's can")


def as_limit(value) -> Expr:
    """The same of an entry or a branch that may be infinite, as ``-np.inf`` is for a masked one."""
    if isinstance(value, Real) and np.isinf(float(value)):
        return NUMPY["infinity"]() if float(value) > 0 else -NUMPY["infinity"]()
    return as_expr(value)


def is_boolean(value) -> bool:
    """Whether it is an array of booleans, which are 0 and 1 beside numbers."""
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.dtype == bool


def size(length: int | str) -> Expr:
    """A length as a scalar in a formula: ``size("n")``; of a number that number.

    >>> import mcalc as mc
    >>> np.sum(mc.vectors("x")) / size("n")
    sum(x)/n
    """
    return as_expr(length) if isinstance(length, int) else node(SIZE, length=length, shape=())


NUMPY["size"] = size


# --- NumPy's calls ---------------------------------------------------------------------------


def _dispatch(function, args, options):
    build = dispatch.rule_of(function, options)
    try:
        return build(*_as_conditions(args), **options)
    except TypeError:
        dispatch.refuse_parameters(function, build, args, options)
        raise  # so the error is about something else


def _refuse_in_place(function, result, out):
    """Refuse what NumPy cannot put into an array that is there: another shape, or a number."""
    name = dispatch.full_name(function)
    if result.shape != out.shape:
        raise ShapeError(
            f"{name}: {result} is {shape_text(result.shape)} and cannot be put into {out}, which "
            f"is {shape_text(out.shape)}"
        )
    if out.boolean and not result.boolean:
        raise UnsupportedError(f"{name}: {result} is no condition and cannot be put into {out}")


def _as_conditions(args):
    """The operands with arrays of booleans as conditions, if they stand beside one.

    The sum of an array of booleans and ``x > 0`` is one of booleans, that of 0 and 1 is not; and
    that of bytes is one of bytes.
    """
    args = [_as_conditions(a) if isinstance(a, list | tuple) else a for a in args]
    if not any(isinstance(a, Expr) and a.boolean for a in args):
        return args
    for a in args:
        if isinstance(a, np.ndarray | np.generic) and _is_short(a.dtype):
            raise UnsupportedError(
                f"numbers of type {a.dtype} beside a condition run over: write y.astype(float) for "
                "such an array y"
            )
    return [np.not_equal(as_expr(a), 0) if is_boolean(a) else a for a in args]


def _is_short(dtype):
    """Whether whole numbers of this type run over, as 0 - 1 of bytes is 255."""
    return dtype.kind == "u" or dtype.kind == "i" and dtype.itemsize < 8
