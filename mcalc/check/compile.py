"""Closed forms compiled to NumPy once.

Compiled code is a straight line of NumPy calls that reuses its own temporary arrays. A diagonal
is never written out as a matrix before it must be, and a condition that leaves zero elsewhere is
a multiplication by the mask.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable

import numpy as np

from ..graph.expr import NUMBER, SIZE, SYMBOL, Expr, Primitive, node
from ..graph.lengths import (
    LENGTHS,
    length,
    make_binder,
    needed,
    sizes_of,
    sizes_shown_by,
    without_size_providers,
)
from ..graph.primitives import (
    ADD,
    COLUMN,
    DET,
    DIAG,
    DIVIDE,
    EIGVALS,
    EIGVALSH,
    EIGVECS,
    EIGVECSH,
    FLIP,
    IDENTITY,
    INV,
    LOGDET,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    ONES,
    OUTER,
    POWER,
    ROW,
    SEGMENT,
    SUBTRACT,
    TRANSPOSE,
    VECMAT,
    WHERE,
    ZEROS,
)
from ..graph.shapes import ShapeError, parts_of_length
from ..graph.simplify import COMPARISONS
from ..graph.walk import is_number, replace, symbols, walk
from ..graph.walk import rebuild as plain_rebuild
from .steady import steady

_FLOAT = np.dtype(np.float64)

# --- compiled --------------------------------------------------------------------------------

_SIGNS = {ADD: "+", SUBTRACT: "-", MULTIPLY: "*", DIVIDE: "/", POWER: "**"}
BY_ROWS = "by rows"
# the row's own function is not NumPy's: np.linalg.det of a singular matrix is -3e-46, whose sign
# is -1, and eigenvalues may be complex
_OWN_FUNCTION = {DET, LOGDET, EIGVALS, EIGVALSH, EIGVECS, EIGVECSH}
_VIEWS = {ROW, COLUMN, TRANSPOSE, SEGMENT, FLIP}

# of finite operands; so are sums of products
_FINITE = {SYMBOL, NUMBER, SIZE, ONES, ZEROS, IDENTITY, ADD, SUBTRACT, MULTIPLY, NEGATIVE, ROW}


def compile_(e: Expr, extra=(), known=(), two_axes: bool = False) -> Callable[..., np.ndarray]:
    """A function of keyword arrays that computes ``e``; ``extra`` inputs come first.

    ``two_axes`` gives a new m x n array whatever the rank of ``e``. Names of ``known`` variables
    that the formula does not need are accepted.
    """
    e = replace(steady(without_size_providers(e)), lambda part: None, fuse_diagonals_and_masks)
    code = _Code(_by_rows(e), list(dict.fromkeys([*extra, *symbols(e)])))
    if two_axes and e.ndim < 2:
        code.result = f"({code.result}).reshape(-1, 1)"
    function = code.by_name(_binder_of_enough(e, code.inputs, known), needed(e))
    if any(part.op is WHERE and not _finite(*part.args) for part in walk(e)):
        function = np.errstate(all="ignore")(function)  # both branches are computed everywhere
    return function


def _binder_of_enough(e, inputs, known):
    """What makes the arrays of the inputs, which refuses too few elements: x[7] needs 8."""
    bind = make_binder(inputs, known)

    def bind_enough(unnamed, values, more):
        arrays = bind(unnamed, values, more)
        sizes = sizes_of(inputs, [a.shape for a in arrays])
        for n, least in needed(e).items():
            if length(n, sizes) < least:
                raise ShapeError(f"{n} is {length(n, sizes)}, and at least {least} is needed")
        return arrays

    return bind_enough if needed(e) else bind


def _finite(*es):
    return all(
        part.op in _FINITE or part.op.einsum and part.op not in (INV, LOGDET) for part in walk(*es)
    )


def fuse_diagonals_and_masks(e: Expr, args: tuple) -> Expr:
    """The operation on new operands, without diagonal matrices and conditions in products."""
    op = e.op
    if op is WHERE and e.ndim and e.shape == args[0].shape and args[0].op in COMPARISONS:
        if is_number(args[2], 0) and _finite(args[1]):
            return args[0] * args[1]
    if op.sympy_form and any(a.ndim == 2 and not _is_row_in_each(a) for a in args):
        args = tuple(a.args[1] if _is_row_in_each(a) else a for a in args)
    if op in (MATMAT, MATVEC):
        left, right = args
        if left.op is DIAG:
            v = left.args[0]
            return v * right if e.ndim == 1 else node(MULTIPLY, right.T, v).T
        if right.op is DIAG:  # each row times the vector, as NumPy repeats it
            return node(MULTIPLY, left, right.args[0])
        if left.op is TRANSPOSE and e.ndim == 1:
            return node(VECMAT, right, left.args[0])
    return plain_rebuild(e, args)


def _is_row_in_each(e):
    """Whether it is ``1 x^T``, the same row in each: NumPy need not write it out."""
    return e.op is OUTER and e.args[0].op is ONES


BLOCK = 2**20  # elements that stay in the processor's cache and are still worth several threads


def _in_blocks(part, count, *operands):
    """The sum of ``part`` over blocks of rows: the first ``count`` operands have them."""
    rows, others = operands[:count], operands[count:]
    length, width = rows[0].shape
    step = -(-BLOCK // width)
    return sum(part(*(a[k : k + step] for a in rows), *others) for k in range(0, length, step))


def _like_a_row(matrix, *_, rows):
    return matrix.shape[1:]


def _by_rows(root):
    """``root`` with one pass over a matrix where there are two, as in ``(M @ w - y) @ M``.

    What is between the two products is done element by element, so a row of M is used up before
    the next one is begun: the whole is the sum of what blocks of rows give.
    """
    nodes = walk(root)
    for e in nodes:
        if e.op is not VECMAT or e.args[1].shape[0] == e.args[1].shape[1]:
            continue  # a length tells which axis it is
        v, matrix = e.args
        products = {p for p in walk(v) if p.op is MATVEC and p.args[0] is matrix}
        inside = {p for p in walk(v) if p.op.sympy_form and p.shape == v.shape} | products
        outside = [p for p in nodes if p not in inside and p is not e]
        if not products or any(a in inside for p in outside for a in p.args):
            continue
        kept = {*outside}
        used = dict.fromkeys(a for p in nodes if p not in kept for a in p.args)
        others = [a for a in used if a not in inside and a is not matrix and a.op is not NUMBER]
        rows = [matrix, *(a for a in others if a.shape == v.shape)]
        operands = list(dict.fromkeys([*rows, *others]))
        inputs = [node(SYMBOL, name=f"given {k}", shape=a.shape)
                  for k, a in enumerate(operands)]  # fmt: skip
        part = _Code(replace(e, dict(zip(operands, inputs, strict=True)).get), inputs)
        op = Primitive(BY_ROWS, part.of_arrays(), shape=_like_a_row)
        return _by_rows(replace(root, {e: node(op, *operands, rows=len(rows))}.get))
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
            if part in sizes_shown_by(x):
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
            return f"[{', '.join(map(self.length, part))}]"
        if not isinstance(part, str):
            return repr(part)
        letters, number = parts_of_length(part)
        source = " + ".join(
            " * ".join(self.lengths.get(n, n) for n in product.split()) for product in letters
        )
        source += f" {'-' if number < 0 else '+'} {abs(number)}" if number else ""
        return f"({source})" if " " in source else source

    def by_name(self, bind, least):
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
        tests += [f"{self.length(n)} >= {number}" for n, number in least.items()]
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
            return f"({float(e.params['value'])!r})"
        params = {k: self.length(p) if k in LENGTHS else repr(p) for k, p in e.params.items()}
        if e.op is SIZE:  # not a whole number: 2 (x > 0) would be whole numbers, too
            return f"float({params['length']})"
        operands, out = [self.names[a] for a in e.args], self.reusable(e)
        for k, a in enumerate(e.args):  # a mask chooses or is multiplied with, else it is 0 or 1
            if a.op in COMPARISONS and (k or e.op not in (WHERE, MULTIPLY)):
                operands[k] = f"({operands[k]} * 1.0)"
        if isinstance(e.op.numpy, np.ufunc) and e.ndim and e.op is not POWER:
            for k, a in enumerate(e.args):
                if a.op is NUMBER:  # as an array it need not be made into one at every call
                    operands[k] = self.constant(np.array(float(a.params["value"])))
        name = out or f"_{len(self.lines)}"
        if out and out == operands[-1] and e.op in (ADD, MULTIPLY):
            operands.reverse()
        if out and out == operands[0] and e.op in _SIGNS:
            self.lines.append(f"{out} {_SIGNS[e.op]}= {operands[1]}")
        elif out:
            self.lines.append(f"np.{e.op.numpy.__name__}({', '.join(operands)}, out={out})")
        else:
            self.lines.append(f"{name} = {self.call(e, operands, params)}")
        ours = e.ndim > 0 and e.op not in COMPARISONS
        if e.op is WHERE and e.args[0].ndim == 0:  # may be an operand as it is
            ours = False
            self.owned.difference_update(e.args)
        if e.op in _VIEWS:
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
        listed = ", ".join(operands)
        if e.op in _SIGNS:
            return f"{operands[0]} {_SIGNS[e.op]} {operands[1]}"
        if e.op is WHERE:
            yes, no = operands[1:]
            one = e.args[0].ndim == 0 and e.args[1].shape == e.args[2].shape
            return f"{yes} if {operands[0]} else {no}" if one else f"np.where({listed})"
        if isinstance(e.op.numpy, np.ufunc):
            return f"np.{e.op.numpy.__name__}({listed})"
        if e.op.name == BY_ROWS:
            part = self.constant(e.op.numpy)
            large = f"_in_blocks({part}, {params['rows']}, {listed})"
            return f"{part}({listed}) if {operands[0]}.size <= {BLOCK} else {large}"
        if e.op.numpy_source is None or e.op in _OWN_FUNCTION:  # the row's own function
            keywords = [f"{name}={source}" for name, source in params.items()]
            return f"{self.constant(e.op.numpy)}({', '.join([*operands, *keywords])})"
        return e.op.numpy_source.format(*operands, all=listed, **params)
