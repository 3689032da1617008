"""Numbers from formulas: closed forms compiled to NumPy once, and a plain interpreter in batches.

Compiled code is a straight line of NumPy calls that reuses its own temporary arrays. A diagonal
is never written out as a matrix before it must be, and a condition that leaves zero elsewhere is
a multiplication by the mask.
"""

from __future__ import annotations

import numpy as np

from .expr import (
    NUMBER,
    SIZE,
    SYMBOL,
    Expr,
    ShapeError,
    is_number,
    replace,
    shape_text,
    symbols,
    walk,
)  # fmt: skip


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


def length(part, sizes: dict) -> int:
    """The number that a length such as ``n`` or ``m + n`` stands for."""
    if not isinstance(part, str):
        return part
    return sum(int(p) if p.isdigit() else sizes[p] for p in part.split(" + "))


def bind(inputs: list[Expr], values: dict, also=(), known=()) -> tuple[list, dict]:
    """Arrays in the order of ``inputs``, and the lengths that they show.

    Raises TypeError for missing or unknown names and ShapeError for arrays of the wrong shape.
    """
    arrays, sizes, joined = [], {}, []
    for e in inputs:
        name, value = e.name, values.get(e.name)
        if value is None:
            needed = ", ".join(x.name.rstrip("'") for x in inputs)
            raise TypeError(f"{name.rstrip(chr(39))} is missing: values are needed for {needed}")
        if type(value) is not np.ndarray or value.dtype != np.float64:
            value = np.asarray(value, dtype=np.float64)
        if value.ndim != len(e.shape):
            _wrong_shape(e, value)
        for part, found in zip(e.shape, value.shape, strict=True):
            if isinstance(part, str) and " " not in part:
                if sizes.setdefault(part, found) != found:
                    _wrong_shape(e, value, f", and {part} is {sizes[part]} elsewhere")
            elif isinstance(part, int) and part != found:
                _wrong_shape(e, value)
            elif isinstance(part, str) and " " in part:
                joined.append((e, value, part, found))
        arrays.append(value)
    for e, value, part, found in joined:
        if length(part, sizes) != found:
            _wrong_shape(e, value, f", and {part} is {length(part, sizes)} elsewhere")
    if len(values) > len(inputs):
        allowed = {e.name for e in (*inputs, *known)}
        extra = [name for name in values if name not in allowed]
        if extra:
            raise TypeError(
                f"{', '.join(extra)}: no such variable; there are {', '.join(sorted(allowed))}"
            )
    return arrays, sizes


def _wrong_shape(e, value, more=""):
    name = e.name.rstrip("'")
    raise ShapeError(
        f"{name} has shape {value.shape}, and {shape_text(e.shape)} is expected: "
        f"{('a number', 'a 1-D array', 'a 2-D array')[e.ndim]}{more}"
    )


# --- compiled --------------------------------------------------------------------------------

_SMOOTH_AND_FINITE = {
    "symbol", "number", "size", "ones", "zeros", "identity", "add", "subtract", "multiply",
    "negative", "sum", "dot", "matvec", "vecmat", "matmat", "transpose", "row", "outer",
}  # fmt: skip
_SCALAR_SIGNS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**",
    "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=",
}  # fmt: skip
_VIEWS = ("row", "transpose", "segment")
_COMPARISONS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}


def compile_(e: Expr, extra=(), known=(), two_axes=False):
    """A function of keyword arrays that computes ``e``; ``extra`` inputs come first.

    ``two_axes`` gives a new m x n array whatever the rank of ``e``. Names of ``known`` variables
    that the formula does not need are accepted.
    """
    e = replace(e, _without_diagonals)
    inputs = list(dict.fromkeys([*extra, *symbols(e)]))
    code = _Code(inputs, e)
    result = code.result(e, two_axes)
    lengths = ", ".join(f"{code.sizes[n]}" for n in code.sizes)
    arguments = ", ".join([*(code.names[x] for x in inputs), *([lengths] if lengths else [])])
    source = f"def formula({arguments}):\n    " + "\n    ".join([*code.lines, f"return {result}"])
    scope = {"np": np} | code.functions
    exec(compile(source, "<closed form>", "exec"), scope)  # names and numbers of our own making
    formula, wanted = scope["formula"], list(code.sizes)

    def evaluated(**values):
        arrays, sizes = bind(inputs, values, known=known)
        with np.errstate(**code.quiet):
            return formula(*arrays, *(sizes[n] for n in wanted))

    evaluated.source = source
    return evaluated if code.quiet else _plain(formula, inputs, known, wanted, source)


def _plain(formula, inputs, known, wanted, source):
    def evaluated(**values):
        arrays, sizes = bind(inputs, values, known=known)
        return formula(*arrays, *[sizes[n] for n in wanted])

    evaluated.source = source
    return evaluated


def _without_diagonals(e):
    """Products with a diagonal matrix as products with its vector."""
    if e.op.name not in ("matmat", "matvec"):
        return None
    left, right = (replace(a, _without_diagonals) for a in e.args)
    if left.op.name == "diag":
        v = left.args[0]
        return v * right if e.ndim == 1 else (right.T * v).T
    if right.op.name == "diag":
        return left * right.args[0]
    return None


class _Code:
    """Lines of NumPy for an expression, each node once."""

    def __init__(self, inputs, e):
        self.names = {x: f"x{k}" for k, x in enumerate(inputs)}
        self.sizes = {n: f"n{k}" for k, n in enumerate(letters(e))}
        self.lines, self.quiet, self.functions = [], {}, {}
        self.owned: dict[Expr, str] = {}  # temporary arrays that may be written over
        self.made: set[Expr] = set()  # arrays that are not the caller's
        self.nodes = walk(e)
        self.left: dict[Expr, int] = {e: 1}
        for part in self.nodes:
            for a in part.args:
                self.left[a] = self.left.get(a, 0) + 1
        self.in_arithmetic = {
            a for part in self.nodes for k, a in enumerate(part.args)
            if a.op.name in _COMPARISONS and not (part.op.name == "where" and k == 0)
        }  # fmt: skip

    def result(self, e, two_axes):
        for part in self.nodes:
            if part not in self.names:
                self.names[part] = self.emit(part)
        name = self.names[e]
        name = name if e in self.made else f"np.array({name}, dtype=float)"
        if two_axes and e.ndim < 2:
            return f"np.reshape({name}, ({'-1' if e.ndim else '1'}, 1))"
        return name

    def emit(self, e):
        """The name or literal of a node's value; adds its line."""
        if e.op is NUMBER:
            return f"({float(e.params[0])!r})"
        if e.op is SIZE:
            return f"({self.length(e.params[0])})"
        operands = [self.names[a] for a in e.args]
        call, fresh = self.call(e, operands)
        for a in e.args:
            self.left[a] -= 1
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {call}")
        if fresh:
            self.owned[e] = name
        if fresh or e.op.name in _VIEWS and e.args[0] in self.made:
            self.made.add(e)
        return name

    def length(self, part):
        if isinstance(part, tuple):
            return "(" + "".join(f"{self.length(p)}, " for p in part) + ")"
        if not isinstance(part, str):
            return str(part)
        return " + ".join(p if p.isdigit() else self.sizes[p] for p in part.split(" + "))

    def call(self, e, operands):
        name = e.op.name
        if name == "where":
            return self.where(e, operands)
        if e.op.scalar is None or not isinstance(e.op.numpy, np.ufunc):
            return self.structural(e, operands)
        if e.ndim == 0 and name in _SCALAR_SIGNS:
            call = f"{operands[0]} {_SCALAR_SIGNS[name]} {operands[1]}"
            return (f"float({call})" if e in self.in_arithmetic else call), False
        out = None if name in _COMPARISONS else self.reusable(e)
        place = f", out={out}" if out else ""
        function = e.op.numpy.__name__
        if name == "power" and is_number(e.args[1], 2):
            function, operands = "square", operands[:1]
        call = f"np.{function}({', '.join(operands)}{place})"
        if e in self.in_arithmetic:
            call += " * 1.0"
        return call, e.ndim > 0 and name not in _COMPARISONS

    def reusable(self, e):
        """A temporary array of the right shape that nothing reads any more."""
        for a in e.args:
            if a in self.owned and self.left[a] == e.args.count(a) and a.shape == e.shape:
                if not self.viewed(a):
                    return self.owned.pop(a)
        return None

    def viewed(self, a):
        return any(a in part.args and part in self.names and part.op.name in (*_VIEWS, "where")
                   for part in self.nodes)  # fmt: skip

    def where(self, e, operands):
        condition, yes, no = e.args
        if condition.ndim == 0 and e.ndim:
            for a, name in ((yes, 1), (no, 2)):
                if a.ndim < e.ndim:
                    operands[name] = f"np.full({self.length(e.shape)}, {operands[name]})"
            return f"{operands[1]} if {operands[0]} else {operands[2]}", False
        if e.ndim == 0:
            return f"{operands[1]} if {operands[0]} else {operands[2]}", False
        whole = all(part.op.name in _SMOOTH_AND_FINITE for part in walk(yes))
        mask = condition.op.name in _COMPARISONS and condition not in self.in_arithmetic
        if is_number(no, 0) and whole and mask and condition.shape == e.shape:
            out = self.reusable(e)
            place = f", out={out}" if out else ""
            return f"np.multiply({operands[1]}, {operands[0]}{place})", True
        self.quiet = {"all": "ignore"}
        return f"np.where({', '.join(operands)})", True

    def structural(self, e, operands):
        template, params = e.op.code, [self.length(p) for p in e.params]
        if e.op.name == "segment":
            lengths, k = e.params
            start = " + ".join(["0", *map(self.length, lengths[:k])])
            return f"{operands[0]}[{start}:{start} + {self.length(lengths[k])}]", False
        if template is None:  # no shorter way to write it: the row's own function
            called = f"f{len(self.functions)}"
            self.functions[called] = e.op.numpy
            return f"{called}({', '.join([*operands, *params])})", e.ndim > 0
        call = template.format(
            *operands, all=", ".join(operands), p=", ".join(params),
            **{f"p{k}": p for k, p in enumerate(params)},
        )  # fmt: skip
        return call, e.ndim > 0 and e.op.name not in _VIEWS


# --- in batches ------------------------------------------------------------------------------


def batch(roots, values: dict, sizes: dict) -> dict:
    """The value of every node, for inputs with a leading batch axis: ``{Expr: array}``.

    This interprets the recorded calls one by one and shares nothing with the compiled code.
    """
    found: dict[Expr, np.ndarray] = {}
    for e in walk(*roots):
        if e.op is SYMBOL:
            value = values[e.name]
        elif e.op is NUMBER or e.op is SIZE:
            value = np.array([float(length(e.params[0], sizes))])
        elif not e.args:
            params = [length(p, sizes) if not isinstance(p, tuple) else
                      tuple(length(q, sizes) for q in p) for p in e.params]  # fmt: skip
            value = np.asarray(e.op.numpy(*params))[None]
        else:
            value = _apply(e, [found[a] for a in e.args], sizes)
        found[e] = value.astype(float) if value.dtype == bool else value
    return found


def aligned(e, operands) -> list:
    """The operands of an element-wise operation, of one rank behind the batch axis."""
    rank = max(x.ndim for x in e.args)
    return [
        a.reshape(a.shape[:1] + (1,) * (rank - x.ndim) + a.shape[1:])
        for a, x in zip(operands, e.args, strict=True)
    ]


def _apply(e, operands, sizes):
    if e.op.scalar:
        return e.op.numpy(*aligned(e, operands))
    if not e.op.spec and len(operands) > 1:
        count = max(len(a) for a in operands)
        operands = [np.broadcast_to(a, (count, *a.shape[1:])) for a in operands]
    params = [tuple(length(q, sizes) for q in p) if isinstance(p, tuple) else p for p in e.params]
    return e.op.numpy(*operands, *params)
