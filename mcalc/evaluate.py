"""Numbers from formulas: closed forms compiled to NumPy once, and a plain interpreter in batches.

Compiled code is a straight line of NumPy calls that reuses its own temporary arrays. A diagonal
is never written out as a matrix before it must be, and a condition that leaves zero elsewhere is
a multiplication by the mask.
"""

from __future__ import annotations

import numpy as np

from .algebra import COMPARISONS
from .expr import NUMBER, SIZE, Expr, ShapeError, is_number, replace, shape_text, symbols, walk
from .expr import rebuild as plain_rebuild

_FLOAT = np.dtype(np.float64)


# --- lengths ---------------------------------------------------------------------------------


def letters(*es: Expr) -> list[str]:
    """The symbolic lengths in the shapes of these expressions, in the order of their first use."""
    parts = [n for e in walk(*es) for n in (*e.shape, *(e.params if e.op is SIZE else ()))]
    names = [n for part in parts if isinstance(part, str) for n in part.split(" + ")]
    return list(dict.fromkeys(n for n in names if not n.isdigit()))


def told(*inputs: Expr) -> list[str]:
    """The lengths that the shapes of these inputs show: ``m + n`` shows neither."""
    return [part for e in inputs for part in e.shape if isinstance(part, str) and " " not in part]


def length(part, sizes: dict):
    """The number that a length such as ``n`` or ``m + n`` stands for; of a tuple, each of them."""
    if isinstance(part, tuple):
        return tuple(length(p, sizes) for p in part)
    if not isinstance(part, str):
        return part
    return sum(int(p) if p.isdigit() else sizes[p] for p in part.split(" + "))


def binder(inputs: list[Expr], lengths=(), known=()):
    """A function from values by name to the arrays of ``inputs`` and then the ``lengths``: a list.

    It raises TypeError for missing names and for those that are not ``known`` either, ShapeError
    for arrays of the wrong shape.
    """
    names, allowed = [e.name for e in inputs], {e.name for e in (*inputs, *known)}
    last = None, None  # shapes that fitted, and what they tell: the same need no second look

    def bind(values):
        nonlocal last
        arrays, shapes = [], []
        for name in names:
            value = values.get(name)
            if type(value) is not np.ndarray or value.dtype is not _FLOAT:
                value = _array(value, name, names)
            arrays.append(value)
            shapes.append(value.shape)
        fitting, found = last
        if shapes != fitting:
            sizes = _sizes(inputs, shapes)
            found = [length(n, sizes) for n in lengths]
            last = shapes, found
        if len(values) > len(names):
            if not values.keys() <= allowed:
                extra, there = [n for n in values if n not in allowed], ", ".join(sorted(allowed))
                raise TypeError(f"{', '.join(extra)}: no such variable; there are {there}")
            more = [e for e in known if e.name in values.keys() - names]
            _sizes([*inputs, *more], [*shapes, *(np.shape(values[e.name]) for e in more)])
        return arrays + found

    return bind


def _array(value, name, names):
    if value is None:
        needed = ", ".join(names).replace("'", "")
        raise TypeError(f"{name.rstrip(chr(39))} is missing: values are needed for {needed}")
    return np.asarray(value, dtype=np.float64)


def _sizes(inputs, shapes):
    """The lengths that these shapes show, if they fit the inputs and each other."""
    sizes: dict[str, int] = {}
    for e, shape in zip(inputs, shapes, strict=True):
        if len(shape) != e.ndim:
            raise _wrong_shape(e, shape)
        for part, found in zip(e.shape, shape, strict=True):
            if part in told(e):
                sizes.setdefault(part, found)
    for e, shape in zip(inputs, shapes, strict=True):
        for part, found, right in zip(e.shape, shape, length(e.shape, sizes), strict=True):
            if found != right:
                elsewhere = f", and {part} is {right} elsewhere" if isinstance(part, str) else ""
                raise _wrong_shape(e, shape, elsewhere)
    return sizes


def _wrong_shape(e, shape, more=""):
    return ShapeError(
        f"{e.name.rstrip(chr(39))} has shape {shape}, and {shape_text(e.shape)} is expected: "
        f"{('a number', 'a 1-D array', 'a 2-D array')[e.ndim]}{more}"
    )


# --- compiled --------------------------------------------------------------------------------

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}
_VIEWS = {"row", "transpose", "segment"}
_FINITE = {  # of finite operands; so are sums of products
    "symbol", "number", "size", "ones", "zeros", "identity", "add", "subtract", "multiply",
    "negative", "row",
}  # fmt: skip


def compile_(e: Expr, extra=(), known=(), two_axes=False):
    """A function of keyword arrays that computes ``e``; ``extra`` inputs come first.

    ``two_axes`` gives a new m x n array whatever the rank of ``e``. Names of ``known`` variables
    that the formula does not need are accepted.
    """
    e = replace(e, lambda part: None, _leaner)
    inputs = list(dict.fromkeys([*extra, *symbols(e)]))
    code = _Code(e, inputs, two_axes)
    exec(compile(code.source, "<closed form>", "exec"), code.scope)  # names of our own making
    formula, bind = code.scope["formula"], binder(inputs, code.lengths, known)
    if any(part.op.name == "where" and not _finite(*part.args) for part in walk(e)):
        formula = np.errstate(all="ignore")(formula)  # both branches are computed everywhere

    def evaluated(*unnamed, **values):
        if unnamed:
            raise TypeError(f"values are given by name: {', '.join(e.name for e in inputs)}")
        return formula(*bind(values))

    evaluated.source = code.source
    return evaluated


def _finite(*es):
    return all(part.op.spec or part.op.name in _FINITE for part in walk(*es))


def _leaner(e, args):
    """The operation on new operands, without diagonal matrices and conditions in products."""
    name = e.op.name
    if name == "where" and e.ndim and e.shape == args[0].shape and args[0].op.name in COMPARISONS:
        if is_number(args[2], 0) and _finite(args[1]):
            return args[0] * args[1]
    if name in ("matmat", "matvec"):
        left, right = args
        if left.op.name == "diag":
            v = left.args[0]
            return v * right if e.ndim == 1 else (right.T * v).T
        if right.op.name == "diag":
            return left * right.args[0]
    return plain_rebuild(e, args)


class _Code:
    """The source of a function for an expression, a line for each node."""

    def __init__(self, e, inputs, two_axes):
        nodes = walk(e)
        self.names = {x: f"x{k}" for k, x in enumerate(inputs)}
        self.lengths, self.lines, self.scope = {}, [], {"np": np}
        self.owned: set[Expr] = set()  # arrays of ours that no other node's value shares
        self.last = {a: part for part in nodes for a in part.args}  # the last use of each
        for part in nodes:
            if part not in self.names:
                self.names[part] = self.emit(part)
        result = self.names[e] if e in self.owned else f"np.array({self.names[e]}, dtype=float)"
        if two_axes and e.ndim < 2:
            result = f"np.reshape({result}, (-1, 1))"
        arguments = ", ".join([*(self.names[x] for x in inputs), *self.lengths.values()])
        self.source = "\n    ".join([f"def formula({arguments}):", *self.lines, f"return {result}"])

    def emit(self, e):
        """The name or literal of a node's value; adds its line."""
        if e.op is NUMBER:
            return f"({float(e.params[0])!r})"
        params = [self.lengths.setdefault(p, f"n{len(self.lengths)}") for p in e.params]
        if e.op is SIZE:
            return params[0]
        operands, out = [self.names[a] for a in e.args], self.reusable(e)
        for k, a in enumerate(e.args):  # a mask chooses or is multiplied with, else it is 0 or 1
            if a.op.name in COMPARISONS and (k or e.op.name not in ("where", "multiply")):
                operands[k] = f"({operands[k]} * 1.0)"
        name = out or f"t{len(self.lines)}"
        if out and out == operands[0] and e.op.name in _SIGNS:
            self.lines.append(f"{out} {_SIGNS[e.op.name]}= {operands[1]}")
        elif out:
            self.lines.append(f"np.{e.op.numpy.__name__}({', '.join(operands)}, out={out})")
        else:
            self.lines.append(f"{name} = {self.call(e, operands, params)}")
        ours = e.ndim > 0 and e.op.name not in COMPARISONS
        if e.op.name in _VIEWS:
            ours = e.args[0] in self.owned and self.last[e.args[0]] is e
            self.owned.discard(e.args[0])
        if ours:
            self.owned.add(e)
        return name

    def reusable(self, e):
        """The name of a temporary for the result to be written over, as nothing reads it later."""
        for a in e.args if isinstance(e.op.numpy, np.ufunc) else ():
            if a in self.owned and self.last[a] is e and a.shape == e.shape:
                self.owned.remove(a)
                return self.names[a]
        return None

    def call(self, e, operands, params):
        """The NumPy expression of a node."""
        name, listed = e.op.name, ", ".join(operands)
        if name in _SIGNS:
            return f"{operands[0]} {_SIGNS[name]} {operands[1]}"
        if name == "where":
            yes, no = operands[1:]
            return f"np.where({listed})" if e.ndim else f"{yes} if {operands[0]} else {no}"
        if isinstance(e.op.numpy, np.ufunc):
            return f"np.{e.op.numpy.__name__}({listed})"
        if e.op.code is None:  # no shorter way to write it: the row's own function
            called = f"f{len(self.scope)}"
            self.scope[called] = e.op.numpy
            return f"{called}({', '.join([*operands, *params])})"
        numbered = {f"p{k}": p for k, p in enumerate(params)}
        return e.op.code.format(*operands, all=listed, p=", ".join(params), **numbered)


# --- in batches ------------------------------------------------------------------------------


def batch(roots, values: dict, sizes: dict) -> dict:
    """The value of every node, for inputs with a leading batch axis: ``{Expr: array}``.

    This interprets the recorded calls one by one and shares nothing with the compiled code.
    """
    count, found = max(map(len, values.values()), default=1), {}
    for e in walk(*roots):
        if e.args:
            value = e.op.numpy(*aligned(e, found), *length(e.params, sizes))
        else:
            if e.name:
                value = values[e.name]
            elif e.op in (NUMBER, SIZE):
                value = [float(length(e.params[0], sizes))]
            else:
                value = [e.op.numpy(*length(e.params, sizes))]
            value = np.broadcast_to(value, (count, *np.shape(value)[1:]))
        found[e] = value.astype(float) if value.dtype == bool else value
    return found


def aligned(e, found: dict) -> list:
    """The operands of ``e``; element by element they need one rank behind the batch axis."""
    operands, rank = [found[a] for a in e.args], max((a.ndim for a in e.args), default=0)
    if not e.op.scalar:
        return operands
    return [v.reshape(len(v), *(1,) * (1 + rank - v.ndim), *v.shape[1:]) for v in operands]
