"""Numbers from formulas: closed forms compiled to NumPy once, and a plain interpreter in batches.

Compiled code is a straight line of NumPy calls that reuses its own temporary arrays. A diagonal
is never written out as a matrix before it must be, and a condition that leaves zero elsewhere is
a multiplication by the mask.
"""

from __future__ import annotations

import builtins

import numpy as np

from .algebra import COMPARISONS
from .expr import (
    NUMBER,
    NUMPY,
    SIZE,
    SYMBOL,
    Expr,
    Primitive,
    ShapeError,
    is_number,
    node,
    replace,
    shape_text,
    symbols,
    walk,
)
from .expr import rebuild as plain_rebuild
from .lent import plain
from .steady import steady

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


def binder(inputs: list[Expr], known=()):
    """A function that makes the arrays of ``inputs``, a list, from what was given for them.

    It takes values that have no name, those of the inputs, None for one that is missing, and more
    values by name. It raises TypeError for the first, for a missing one and for names that are not
    ``known`` either, ShapeError for arrays of the wrong shape.
    """
    names, allowed = [e.name for e in inputs], {e.name for e in (*inputs, *known)}

    def bind(unnamed, given, more):
        if unnamed:
            raise TypeError(f"values are given by name: {', '.join(names)}")
        arrays = [_array(value, name, names) for name, value in zip(names, given, strict=True)]
        if not more.keys() <= allowed:
            extra, there = [n for n in more if n not in allowed], ", ".join(sorted(allowed))
            raise TypeError(f"{', '.join(extra)}: no such variable; there are {there}")
        others = [e for e in known if e.name in more]
        shapes = [a.shape for a in arrays] + [np.shape(more[e.name]) for e in others]
        sizes_of([*inputs, *others], shapes)
        return arrays

    return bind


def bound(inputs, given):
    """The arrays by name that are ``given`` for the inputs, and the lengths that they show."""
    more = dict(given)
    arrays = binder(inputs)((), [more.pop(e.name, None) for e in inputs], more)
    values = {e.name: a for e, a in zip(inputs, arrays, strict=True)}
    return values, sizes_of(inputs, [a.shape for a in arrays])


def _array(value, name, names):
    if value is None:
        needed = ", ".join(names).replace("'", "")
        raise TypeError(f"{name.rstrip(chr(39))} is missing: values are needed for {needed}")
    return np.asarray(value, dtype=np.float64)


def sizes_of(inputs, shapes):
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
    e = replace(steady(plain(e)), lambda part: None, _leaner)
    code = _Code(_by_rows(e), list(dict.fromkeys([*extra, *symbols(e)])))
    if two_axes and e.ndim < 2:
        code.result = f"({code.result}).reshape(-1, 1)"
    function = code.by_name(binder(code.inputs, known))
    if any(part.op.name == "where" and not _finite(*part.args) for part in walk(e)):
        function = np.errstate(all="ignore")(function)  # both branches are computed everywhere
    return function


def _finite(*es):
    return all(
        part.op.name in _FINITE or part.op.spec and part.op.name not in ("inv", "logdet")
        for part in walk(*es)
    )


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
        if left.op.name == "transpose" and e.ndim == 1:
            return NUMPY["vecmat"](right, left.args[0])
    return plain_rebuild(e, args)


BLOCK = 2**20  # elements that stay in the processor's cache and are still worth several threads


def _in_blocks(part, count, *given):
    """The sum of ``part`` over blocks of rows: the first ``count`` operands have them."""
    rows, others = given[:count], given[count:]
    length, width = rows[0].shape
    step = -(-BLOCK // width)
    return sum(part(*(a[k : k + step] for a in rows), *others) for k in range(0, length, step))


def _like_a_row(matrix, *_):
    return matrix.shape[1:]


def _by_rows(root):
    """``root`` with one pass over a matrix where there are two, as in ``(M @ w - y) @ M``.

    What is between the two products is done element by element, so a row of M is used up before
    the next one is begun: the whole is the sum of what blocks of rows give.
    """
    nodes = walk(root)
    for e in nodes:
        if e.op.name != "vecmat" or e.args[1].shape[0] == e.args[1].shape[1]:
            continue  # a length tells which axis it is
        v, matrix = e.args
        products = {p for p in walk(v) if p.op.name == "matvec" and p.args[0] is matrix}
        inside = {p for p in walk(v) if p.op.scalar and p.shape == v.shape} | products
        outside = [p for p in nodes if p not in inside and p is not e]
        if not products or any(a in inside for p in outside for a in p.args):
            continue
        kept = {*outside}
        used = dict.fromkeys(a for p in nodes if p not in kept for a in p.args)
        given = [a for a in used if a not in inside and a is not matrix and a.op is not NUMBER]
        rows = [matrix, *(a for a in given if a.shape == v.shape)]
        given = list(dict.fromkeys([*rows, *given]))
        inputs = [node(SYMBOL, params=(f"given {k}",), shape=a.shape) for k, a in enumerate(given)]
        part = _Code(replace(e, dict(zip(given, inputs, strict=True)).get), inputs)
        op = Primitive("by rows", part.of_arrays(), shape=_like_a_row)
        return _by_rows(replace(root, {e: node(op, *given, params=(len(rows),))}.get))
    return root


def _own_name(x):
    """The name of a variable if Python takes it as it is and it hides nothing that is called."""
    plain = x.name.isascii() and x.name.isidentifier()
    return x.name if plain and x.name != "np" and not hasattr(builtins, x.name) else None


class _Code:
    """The source of a function for an expression, a line for each node."""

    def __init__(self, e, inputs):
        nodes = walk(e)
        self.inputs = inputs
        self.names = {x: _own_name(x) or f"_x{k}" for k, x in enumerate(inputs)}
        self.lines, self.scope = [], {"np": np, "_in_blocks": _in_blocks}
        self.lengths = {}  # by letter, how the arrays tell them
        for x, axis, part in self.axes():
            if part in told(x):
                self.lengths.setdefault(part, axis)
        self.owned: set[Expr] = set()  # arrays of ours that no other node's value shares
        self.last = {a: part for part in nodes for a in part.args}  # the last use of each
        for part in nodes:
            if part not in self.names:
                self.names[part] = self.emit(part)
        name = self.names[e]
        self.result = f"{name} + 0.0" if e.ndim else f"np.array({name} + 0.0)"  # -0. is 0.
        if e in self.owned:
            self.result = f"np.add({name}, 0.0, out={name})"

    def axes(self):
        """Every input with each of its axes, as the source has it, and the length expected."""
        for x in self.inputs:
            for k, part in enumerate(x.shape):
                yield x, f"{self.names[x]}.shape[1]" if k else f"len({self.names[x]})", part

    def length(self, part):
        """The source of a length, or of a tuple of lengths."""
        if isinstance(part, tuple):
            return f"({''.join(f'{self.length(p)}, ' for p in part)})"
        if not isinstance(part, str):
            return repr(part)
        whole = " + ".join(self.lengths.get(p, p) for p in part.split(" + "))
        return f"({whole})" if " " in whole else whole

    def by_name(self, bind):
        """The function of keyword arrays; what is not plainly right is left to ``bind``."""
        names = [self.names[x] for x in self.inputs]
        arguments = [f"{name}=None" for name in names if name[0] != "_"]
        first = [f"{self.names[x]} = _more.pop({x.name!r}, None)"
                 for x in self.inputs if self.names[x] != x.name]  # fmt: skip
        for x, name in zip(self.inputs, names, strict=True):
            if not x.ndim:
                first.append(f"if isinstance({name}, float): {name} = np.array({name})")
        tests = [" is ".join([*(f"type({name})" for name in names), "_ndarray"])]
        tests.append(" is ".join([*(f"{name}.dtype" for name in names), "_float64"]))
        tests += [f"{self.names[x]}.ndim == {x.ndim}" for x in self.inputs]
        for _, axis, part in self.axes():
            if axis != self.lengths.get(part):
                right = self.length(part) if isinstance(part, str) else self.constant(part)
                tests.append(f"{axis} == {right}")
        listed = f"[{', '.join(names)}]"
        first.append(f"if _unnamed or _more or not ({' and '.join(tests)}):")
        first.append(f"    {listed} = _bind(_unnamed, {listed}, _more)")
        self.scope |= {"_bind": bind, "_ndarray": np.ndarray, "_float64": _FLOAT}
        return self.made(", ".join(["*_unnamed", *arguments, "**_more"]), first)

    def of_arrays(self):
        """The function of the inputs in their order, which looks at none of them."""
        return self.made(", ".join(self.names[x] for x in self.inputs))

    def made(self, arguments, first=()):
        lines = [*first, *self.lines, f"return {self.result}"]
        source = "\n    ".join([f"def closed_form({arguments}):", *lines])
        exec(compile(source, "<closed form>", "exec"), self.scope)  # names are plain words
        function = self.scope["closed_form"]
        parts = [part.source for part in self.scope.values() if hasattr(part, "source")]
        function.source = "\n\n".join([*parts, source])
        return function

    def constant(self, value):
        """The name of a value that the source has from outside."""
        name = f"_c{len(self.scope)}"
        self.scope[name] = value
        return name

    def emit(self, e):
        """The name or literal of a node's value; adds its line."""
        if e.op is NUMBER:
            return f"({float(e.params[0])!r})"
        params = [self.length(p) for p in e.params]
        if e.op is SIZE:  # not a whole number: 2 (x > 0) would be whole numbers, too
            return f"float({params[0]})"
        operands, out = [self.names[a] for a in e.args], self.reusable(e)
        for k, a in enumerate(e.args):  # a mask chooses or is multiplied with, else it is 0 or 1
            if a.op.name in COMPARISONS and (k or e.op.name not in ("where", "multiply")):
                operands[k] = f"({operands[k]} * 1.0)"
        if isinstance(e.op.numpy, np.ufunc) and e.ndim and e.op.name != "power":
            for k, a in enumerate(e.args):
                if a.op is NUMBER:  # as an array it need not be made into one at every call
                    operands[k] = self.constant(np.array(float(a.params[0])))
        name = out or f"_{len(self.lines)}"
        if out and out == operands[-1] and e.op.name in ("add", "multiply"):
            operands.reverse()
        if out and out == operands[0] and e.op.name in _SIGNS:
            self.lines.append(f"{out} {_SIGNS[e.op.name]}= {operands[1]}")
        elif out:
            self.lines.append(f"np.{e.op.numpy.__name__}({', '.join(operands)}, out={out})")
        else:
            self.lines.append(f"{name} = {self.call(e, operands, params)}")
        ours = e.ndim > 0 and e.op.name not in COMPARISONS
        if e.op.name == "where" and e.args[0].ndim == 0:  # may be an operand as it is
            ours = False
            self.owned.difference_update(e.args)
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
            one = e.args[0].ndim == 0 and e.args[1].shape == e.args[2].shape
            return f"{yes} if {operands[0]} else {no}" if one else f"np.where({listed})"
        if isinstance(e.op.numpy, np.ufunc):
            return f"np.{e.op.numpy.__name__}({listed})"
        if name == "by rows":
            part = self.constant(e.op.numpy)
            large = f"_in_blocks({part}, {params[0]}, {listed})"
            return f"{part}({listed}) if {operands[0]}.size <= {BLOCK} else {large}"
        if e.op.code is None:  # no shorter way to write it: the row's own function
            return f"{self.constant(e.op.numpy)}({', '.join([*operands, *params])})"
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
                value = np.array([float(length(e.params[0], sizes))])
            else:
                value = e.op.numpy(*length(e.params, sizes))[None]
            if len(value) != count:
                value = np.broadcast_to(value, (count, *value.shape[1:]))
        found[e] = value.astype(float) if value.dtype == bool else value
    return found


def aligned(e, found: dict) -> list:
    """The operands of ``e``; element by element they need one rank behind the batch axis."""
    operands, rank = [found[a] for a in e.args], max(a.ndim for a in e.args)
    if not e.op.scalar:
        return operands
    return [v.reshape(len(v), *(1,) * (1 + rank - v.ndim), *v.shape[1:]) for v in operands]
