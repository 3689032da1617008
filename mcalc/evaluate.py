"""Numbers from formulas: closed forms compiled to NumPy once, and a plain interpreter in batches.

Compiled code is a straight line of NumPy calls that reuses its own temporary arrays. A diagonal
is never written out as a matrix before it must be, and a condition that leaves zero elsewhere is
a multiplication by the mask.
"""

from __future__ import annotations

import numpy as np

from .expr import NUMBER, SIZE, Expr, ShapeError, is_number, replace, shape_text, symbols, walk
from .expr import rebuild as plain_rebuild

_FLOAT = np.dtype(np.float64)


# --- lengths ---------------------------------------------------------------------------------


def letters(*es: Expr) -> list[str]:
    """The symbolic lengths in the shapes of these expressions, in the order of their first use."""
    found: dict[str, None] = {}
    for e in walk(*es):
        for part in (*e.shape, *(e.params if e.op is SIZE else ())):
            if isinstance(part, str):
                found |= dict.fromkeys(p for p in part.split(" + ") if not p.isdigit())
    return list(found)


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


def binder(inputs: list[Expr], known=()):
    """A function that turns values by name into arrays in the order of ``inputs``, and lengths.

    It raises TypeError for missing names and for those that are not ``known`` either, ShapeError
    for arrays of the wrong shape.
    """
    names, allowed = [e.name for e in inputs], {e.name for e in (*inputs, *known)}
    last = None, None  # shapes that fitted, and their lengths: the same need no second look

    def bind(values):
        nonlocal last
        arrays, shapes = [], []
        for name in names:
            value = values.get(name)
            if type(value) is not np.ndarray or value.dtype is not _FLOAT:
                value = _converted(value, name, names)
            arrays.append(value)
            shapes.append(value.shape)
        fitting, sizes = last
        if shapes != fitting:
            sizes = _lengths(inputs, shapes)
            last = shapes, sizes
        if len(values) > len(names) and not values.keys() <= allowed:
            extra, there = [n for n in values if n not in allowed], sorted(allowed)
            raise TypeError(f"{', '.join(extra)}: no such variable; there are {', '.join(there)}")
        return arrays, sizes

    return bind


def _converted(value, name, names):
    if value is None:
        needed = ", ".join(names).replace("'", "")
        raise TypeError(f"{name.rstrip(chr(39))} is missing: values are needed for {needed}")
    return np.asarray(value, dtype=np.float64)


def _lengths(inputs, shapes):
    """The lengths that these shapes show, if they fit the inputs and each other."""
    sizes: dict[str, int] = {}
    for e, shape in zip(inputs, shapes, strict=True):
        if len(shape) != e.ndim:
            raise _wrong_shape(e, shape)
        for part, found in zip(e.shape, shape, strict=True):
            if part in told(e):
                sizes.setdefault(part, found)
    for e, shape in zip(inputs, shapes, strict=True):
        for part, found in zip(e.shape, shape, strict=True):
            right = length(part, sizes)
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

_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}
_RELATIONS = {
    "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==",
    "not_equal": "!=",
}  # fmt: skip
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
    code, bind = _Code(e, inputs, two_axes), binder(inputs, known)
    exec(compile(code.source, "<closed form>", "exec"), code.scope)  # names of our own making
    formula = code.scope["formula"]
    if any(part.op.name == "where" and not _finite(*part.args) for part in walk(e)):
        formula = np.errstate(all="ignore")(formula)  # both branches are computed everywhere

    def evaluated(**values):
        arrays, sizes = bind(values)
        return formula(*arrays, *sizes.values())

    evaluated.source = code.source
    return evaluated


def _finite(*es):
    return all(part.op.spec or part.op.name in _FINITE for part in walk(*es))


def _leaner(e, args):
    """The operation on new operands, without diagonal matrices and conditions in products."""
    name = e.op.name
    if name == "where" and e.ndim and e.shape == args[0].shape and args[0].op.name in _RELATIONS:
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
        self.sizes = {n: f"n{k}" for k, n in enumerate(dict.fromkeys(told(*inputs)))}
        self.lines, self.scope = [], {"np": np}
        self.owned: set[Expr] = set()  # arrays of ours that no other node's value shares
        self.last = {a: part for part in nodes for a in part.args}  # the last use of each
        self.masks = {part for part in nodes if part.op.name in _RELATIONS and part is not e}
        for part in nodes:  # a condition for numbers is a mask, in arithmetic it is 0 or 1
            if part.op.name == "where":
                self.masks -= set(part.args[1:])
            elif part.op.name != "multiply" or all(a in self.masks for a in part.args):
                self.masks -= set(part.args)
        for part in nodes:
            if part not in self.names:
                self.names[part] = self.emit(part)
        result = self.names[e] if e in self.owned else f"np.array({self.names[e]}, dtype=float)"
        if two_axes and e.ndim < 2:
            result = f"np.reshape({result}, (-1, 1))"
        arguments = ", ".join([*(self.names[x] for x in inputs), *self.sizes.values()])
        self.source = "\n    ".join([f"def formula({arguments}):", *self.lines, f"return {result}"])

    def emit(self, e):
        """The name or literal of a node's value; adds its line."""
        if e.op is NUMBER:
            return f"({float(e.params[0])!r})"
        if e.op is SIZE:
            return f"({self.length(e.params[0])})"
        operands, out = [self.names[a] for a in e.args], self.reusable(e)
        name = out or f"t{len(self.lines)}"
        if out and out == operands[0] and e.op.name in _ARITHMETIC:
            self.lines.append(f"{out} {_ARITHMETIC[e.op.name]}= {operands[1]}")
        elif out:
            self.lines.append(f"np.{e.op.numpy.__name__}({', '.join(operands)}, out={out})")
        else:
            self.lines.append(f"{name} = {self.call(e, operands)}")
        ours = e.ndim > 0 and e not in self.masks
        if e.op.name in _VIEWS:
            ours = e.args[0] in self.owned and self.last[e.args[0]] is e
            self.owned.discard(e.args[0])
        if ours:
            self.owned.add(e)
        return name

    def length(self, part):
        if isinstance(part, tuple):
            return "(" + "".join(f"{self.length(p)}, " for p in part) + ")"
        if not isinstance(part, str):
            return str(part)
        return " + ".join(p if p.isdigit() else self.sizes[p] for p in part.split(" + "))

    def reusable(self, e):
        """The name of a temporary for the result to be written over, as nothing reads it later."""
        for a in e.args if isinstance(e.op.numpy, np.ufunc) else ():
            if a in self.owned and self.last[a] is e and a.shape == e.shape:
                self.owned.remove(a)
                return self.names[a]
        return None

    def call(self, e, operands):
        """The NumPy expression of a node."""
        name, listed = e.op.name, ", ".join(operands)
        if name in _ARITHMETIC:
            return f"{operands[0]} {_ARITHMETIC[name]} {operands[1]}"
        if name in _RELATIONS:
            compared = f"{operands[0]} {_RELATIONS[name]} {operands[1]}"
            return compared if e in self.masks else f"({compared}) * 1.0"
        if name == "where" and e.ndim == 0:
            return f"{operands[1]} if {operands[0]} else {operands[2]}"
        if name == "where" or isinstance(e.op.numpy, np.ufunc):
            return f"np.{'where' if name == 'where' else e.op.numpy.__name__}({listed})"
        params = [self.length(p) for p in e.params]
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
    found: dict[Expr, np.ndarray] = {}
    for e in walk(*roots):
        if e.name:
            value = values[e.name]
        elif e.op in (NUMBER, SIZE):
            value = np.array([float(length(e.params[0], sizes))])
        else:
            value = e.op.numpy(*aligned(e, found), *length(e.params, sizes))
            value = value if e.args else np.asarray(value)[None]
        found[e] = value.astype(float) if value.dtype == bool else value
    return found


def aligned(e, found: dict) -> list:
    """The operands of ``e`` as NumPy needs them in batches: of one rank, or of one count."""
    operands = [found[a] for a in e.args]
    if e.op.scalar:
        rank = max(a.ndim for a in e.args)
        return [
            v.reshape(v.shape[:1] + (1,) * (rank - a.ndim) + v.shape[1:])
            for a, v in zip(e.args, operands, strict=True)
        ]
    if e.op.spec or len(operands) < 2:
        return operands
    count = max(map(len, operands))
    return [np.broadcast_to(v, (count, *v.shape[1:])) for v in operands]
