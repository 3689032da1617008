"""A scalar as a program: a line for each thing that has a name, in the order of computing.

The reader's names are lines. What has none gets a line where it is used more than once, or where
its value is needed on the way back: ``Z = X W + 1 b^T`` in ``tanh(Z)``, and the tanh itself.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..graph.expr import LET, SYMBOL, Expr, node
from ..graph.facts import inherited
from ..graph.lengths import symbolic_sizes
from ..graph.primitives import (
    ADD,
    CHOICE,
    COLUMN,
    COPIES,
    DET,
    DIAG,
    DIVIDE,
    EXCHANGE,
    EXP,
    FROBENIUS,
    INDEX,
    INV,
    LOG,
    MATMAT,
    MATRIX_SUM,
    MAX,
    MULTIPLY,
    NEGATIVE,
    NORM,
    OUTER,
    PROD,
    ROW,
    ROWMAX,
    ROWPROD,
    SELECTOR,
    SIGMOID,
    SQRT,
    STACK,
    SUBTRACT,
    SUM,
    TANH,
    TRANSPOSE,
    TRIANGLE,
    WHERE,
    differ,
)
from ..graph.refine import can_be_refined
from ..graph.walk import rebuild, replace, symbols, walk
from .along import SOFTMAX
from .recognised import Recognised, recognised

# whose derivative is written with their own value
_OWN_VALUE = {TANH, EXP, SIGMOID, SQRT, NORM, FROBENIUS, INV, MAX, ROWMAX, PROD, ROWPROD}
_PLAIN = {ADD, SUBTRACT, NEGATIVE}  # what goes back through them is what came
_LAID = {TRANSPOSE, COLUMN, ROW, DIAG, OUTER}  # no sums over products
_LONGEST = 24  # parts of a line that a reader has not named
_SUMS = {SUM, MATRIX_SUM}
_CONSTANT = {CHOICE, COPIES, EXCHANGE, SELECTOR}  # that take parts


@dataclass
class Line:
    """``name = definition``; of a variable there is no definition.

    ``rule`` is what it is recognised as, and ``uses`` are the names in the definition.
    """

    name: Expr
    definition: Expr | None = None
    rule: Recognised | None = None
    uses: tuple[Expr, ...] = ()


@dataclass
class Program:
    """The lines of a scalar ``y``, variables first, then what is computed; the result is last."""

    lines: dict[Expr, Line]  # by name
    variables: tuple[Expr, ...]
    result: Expr
    names: dict[Expr, Expr] = field(repr=False)  # of expressions without the reader's names
    taken: set[str] = field(repr=False)

    @cached_property
    def masked(self) -> set[Expr]:
        """The names of which softmax and its like alone are taken: what is masked out is 0."""
        lines = self.lines.values()
        names = {line.name for line in lines if line.definition is not None} - {self.result}
        for line in lines:
            if line.rule is None or line.rule.masked is None:
                names.difference_update(line.uses)
        return names

    def put(self, e: Expr) -> Expr:
        """An expression of ``y``, in the names of the lines."""
        return replace(e, self.names.get)


def program(y: Expr, more: Iterable[Expr] = ()) -> Program:
    """The lines of a scalar; ``more`` are variables that come first, also if they are not in it."""
    bare, readers_names = _without_names(y)
    known = can_be_refined(bare)
    graph = _Graph(bare, readers_names)
    taken = {str(e.name) for e in (*walk(y), *more) if e.name}
    taken |= {*symbolic_sizes(y)}
    named = _with_a_line(graph, readers_names)
    names = _Names(taken)
    variables = tuple(dict.fromkeys([*more, *symbols(bare)]))
    sym: dict[Expr, Expr] = {v: v for v in variables}
    lines = {v: Line(v) for v in variables}
    for e in graph.order:
        if e not in named or e.op is SYMBOL:
            continue
        form = graph.form(e)
        definition = rebuild(form, tuple(replace(a, graph.in_names(sym)) for a in form.args))
        name = readers_names.get(e) or names.pick(e, graph, sym, result=e is bare)
        assumed = {"assumed": inherited(e)} if known and inherited(e) else {}
        ties = {"has_ties": True} if e.ndim and not differ(e) else {}
        sym[e] = node(SYMBOL, name=name, **assumed, **ties, shape=e.shape)
        uses = tuple(v for v in symbols(definition) if v in lines)
        lines[sym[e]] = Line(sym[e], definition, graph.rules.get(e), uses)
    if bare not in sym:  # a number
        sym[bare] = node(SYMBOL, name=names.free("L"), shape=())
        lines[sym[bare]] = Line(sym[bare], bare)
    return Program(lines, variables, sym[bare], sym, names.taken)


def _without_names(y: Expr) -> tuple[Expr, dict[Expr, str]]:
    """``y`` without the reader's names, and those names by what they stand for."""
    names: dict[Expr, str] = {}

    def opened(e, args):
        if e.op is LET:
            if args[0].args:  # no other name for a variable
                names.setdefault(args[0], e.params["name"])
            return args[0]
        if e.op is MATMAT and _is_turned(*args):  # (X W)^T, as it was written
            return node(TRANSPOSE, node(MATMAT, *map(_turned, reversed(args))))
        if e.op is TRANSPOSE and args[0].op is TRANSPOSE:
            return args[0].args[0]
        if e.op is WHERE and args[0].op is STACK and args[0].ndim == 2:
            return node(WHERE, _triangle_of(args[0]), *args[1:])
        return rebuild(e, args)

    return replace(y, lambda part: None, opened), names


def _is_turned(*args: Expr) -> bool:
    """Whether a product is one transposed: ``W^T X^T``, ``E^T diag(r)``, ``E_1^T X^T``."""
    turned = [a.op is TRANSPOSE and a.args[0].op not in _CONSTANT for a in args]
    either = [a.op in (DIAG, *_CONSTANT) or a.op is TRANSPOSE for a in args]
    return any(turned) and all(either)


def _turned(a: Expr) -> Expr:
    return a if a.op is DIAG else a.args[0] if a.op is TRANSPOSE else node(TRANSPOSE, a)


def _triangle_of(mask: Expr) -> Expr:
    """A mask of ones on one side of a diagonal as that: ``np.tril(np.ones((4, 4), bool))``."""
    rows = [[a.params.get("value") for a in row.args] for row in mask.args]
    if any(value not in (0, 1) for row in rows for value in row):
        return mask
    ones = np.array(rows, dtype=int)
    for lower, part in ((True, np.tril), (False, np.triu)):
        first = np.flatnonzero(ones[0] if lower else ones[:, 0])
        k = (int(first[-1]) if lower else -int(first[-1])) if len(first) else 0
        if np.array_equal(ones, part(np.ones(ones.shape, int), k)):
            return node(TRIANGLE, lengths=ones.shape, k=k, lower=lower)
    return mask


class _Graph:
    """The operations that are computed, where what is recognised may be one operation."""

    def __init__(self, root: Expr, readers_names: dict[Expr, str]):
        self.root, self.readers_names = root, readers_names
        self.rules: dict[Expr, Recognised] = {}
        self.parts: set[Expr] = set()  # of what is recognised
        self.scores: set[Expr] = set()  # of which a softmax is taken
        self._forms: dict[Expr, Expr] = {}
        self.order: list[Expr] = []
        self.parents: Counter = Counter()
        self._visit(root)

    def form(self, e: Expr) -> Expr:
        """How e is computed."""
        return self._forms.get(e, e)

    def in_names(self, names: dict[Expr, Expr]) -> Callable[[Expr], Expr | None]:
        """What puts names, and what is recognised, in the place of parts."""

        def swap(part):
            if part in names:
                return names[part]
            form = self._forms.get(part)
            if form is None:
                return None
            return rebuild(form, tuple(replace(a, swap) for a in form.args))

        return swap

    def _visit(self, root):
        """Every operation once, operands first."""
        seen, stack = set(), [(root, False)]
        while stack:
            e, ready = stack.pop()
            if ready:
                self.order.append(e)
            elif e not in seen:
                seen.add(e)
                self._recognise(e)
                stack.append((e, True))
                args = self.form(e).args
                self.parents.update({*args})
                stack.extend((a, False) for a in reversed(args))

    def _recognise(self, e):
        rule = recognised(e)
        if rule is None:
            return
        if rule.masked in self.readers_names:
            rule = dataclasses.replace(rule, operand=rule.masked)
        self.rules[e] = rule
        self.parts |= {*rule.parts}
        if rule.masked is not None:
            self.scores.add(rule.operand)
        if rule.form is not e and not self._named_inside(e, rule):
            self._forms[e] = rule.form

    def _named_inside(self, e, rule):
        """Whether the reader has named what would be gone if e were one operation."""
        seen = {end for a in rule.form.args for end in (a, *a.args)}
        stack = [*e.args]
        while stack:
            part = stack.pop()
            if part not in seen:
                seen.add(part)
                if part in self.readers_names and part is not rule.operand:
                    return True
                stack += part.args
        return False


def _with_a_line(graph: _Graph, readers_names: dict[Expr, str]) -> set[Expr]:
    """The expressions that are lines."""
    varies: set[Expr] = set()
    mixed: dict[Expr, bool] = {}  # whether there are sums of products in it, up to names
    weight: dict[Expr, int] = {}
    named = {graph.root}
    for e in graph.order:
        form = graph.form(e)
        if e.op is SYMBOL or any(a in varies for a in form.args):
            varies.add(e)
        rule = graph.rules.get(e)
        if rule and rule.backward:
            named |= {p for p in (rule.operand, *rule.parts) if p is not None and p.args}
        own = rule and rule.backward or form.op in _OWN_VALUE
        shared = graph.parents[e] > 1 and not _is_short(e, varies)
        if e in readers_names or e in varies and e.args and (own or shared):
            named.add(e if e in readers_names else _inside(e, varies))
    for e in graph.order:
        form = graph.form(e)
        inner = [a for a in form.args if a not in named and a in varies]
        mixes = not form.op.sympy_form and form.op not in _LAID and e.args
        mixed[e] = bool(mixes) or any(mixed[a] for a in inner)
        weight[e] = 1 + sum(weight[a] for a in inner)
    plain = {graph.root}
    quiet = {*graph.parts}  # nothing goes back to them
    for e in reversed(graph.order):
        if e not in varies:
            continue
        form = graph.form(e)
        is_plain = e in named or e in plain
        moving = [a for a in form.args if a in varies]
        for a in moving:
            if a in named or not a.args:
                continue
            if form.op is LOG and graph.form(a).op is DET:
                continue  # of the two together nothing but the inverse goes back
            by_rule = e in graph.rules and graph.rules[e].backward
            if (e in quiet or by_rule) and weight[a] <= _LONGEST:
                quiet.add(a)
                continue
            through = _goes_through(form, a, moving)
            factor = not (through or form.op.sympy_form) and not _is_short(a, varies)
            if factor or mixed[a] and not (through and is_plain) or weight[a] > _LONGEST:
                chosen = _inside(a, varies)
                if chosen.args:
                    named.add(chosen)
            elif through and is_plain:
                plain.add(a)
    return named


def _is_short(e: Expr, varies: set[Expr]) -> bool:
    """What is as short as a name would be: ``X^T``, ``-x``, ``2x``, ``v 1^T``."""
    while e.op in _LAID or e.op in (NEGATIVE, MULTIPLY, DIVIDE, INDEX):
        moving = [a for a in e.args if a in varies]
        if len(moving) != 1:
            return False
        e = moving[0]
    return not e.args


def _inside(e: Expr, varies: set[Expr]) -> Expr:
    """What is named for the sake of e: of ``diag(1/r)`` it is r, of ``X^T`` it is X."""
    while e.op in _LAID or e.op in (NEGATIVE, INDEX) or e.op is DIVIDE and e.args[0] not in varies:
        moving = [a for a in e.args if a in varies]
        if len(moving) != 1:
            break
        e = moving[0]
    return e


def _goes_through(form: Expr, a: Expr, moving: list[Expr]) -> bool:
    """Whether what comes back for an operation goes to an operand as it is, or scaled."""
    if form.op in _PLAIN or form.op in _SUMS:
        return True
    if form.op is WHERE:
        return a is not form.args[0]
    by_others = form.op.einsum is not None and form.op.local_jacobian is None
    above = form.op is DIVIDE and a is form.args[0]
    linear = form.op in _LAID or form.op is MULTIPLY or by_others or above
    return linear and len(moving) == 1


_LETTERS = {  # for a matrix, a vector and a scalar
    "softmax": ("A", "s", "s"),
    "scores": ("S", "z", "z"),
    "deviation": ("S", "s", "s"),
    "centred": ("C", "c", "c"),
    TANH: ("U", "u", "u"), EXP: ("E", "a", "a"), SIGMOID: ("G", "g", "g"),
    SQRT: ("R", "r", "r"), NORM: ("R", "r", "r"), FROBENIUS: ("R", "r", "r"),
    "sum": ("Z", "z", "z"),
    "other": ("H", "h", "t"),
}  # fmt: skip


class _Names:
    """Names for what the reader has not named."""

    def __init__(self, taken: set[str]):
        self.taken = taken
        self._next: Counter = Counter()

    def free(self, letter: str) -> str:
        """This name, or with a number the first that is free."""
        name = letter
        while name in self.taken or f"d{name}" in self.taken:
            self._next[letter] += 1
            name = f"{letter}_{self._next[letter] + 1}"
        self.taken.add(name)
        return name

    def pick(self, e: Expr, graph: _Graph, sym: dict[Expr, Expr], result: bool) -> str:
        """A name for an expression: what an expert would call it."""
        if result:
            free = (n for n in ("L", "C", "J") if n not in self.taken)
            return self.free(next(free, "L"))
        rule = graph.rules.get(e)
        if rule and rule.backward and rule.parts and rule.operand in sym:
            name, _, below = sym[rule.operand].params["name"].partition("_")
            return self.free(f"{name}_hat" + (f"_{below}" if below else ""))
        axis = {2: 0, 1: 1, 0: 2}[e.ndim]
        letter = _LETTERS[self._kind(e, graph)][axis]
        below = _weights(e)
        if below and (f"{letter}_{below}" not in self.taken or below not in self.taken):
            letter = below if below.isalpha() and e.op is MATMAT else f"{letter}_{below}"
        return self.free(letter)

    def _kind(self, e, graph):
        form = graph.form(e)
        if e in graph.scores:
            return "scores"
        if e in graph.parts:
            return "centred" if e.op is SUBTRACT else "deviation"
        if form.op in SOFTMAX.values():
            return "softmax"
        if form.op in _LETTERS:
            return form.op
        if form.op in (ADD, SUBTRACT, MATMAT) or form.op.einsum:
            return "sum"
        return "other"


def _weights(e: Expr) -> str:
    """``Q`` and ``1``, of what is made with the weights ``W_Q`` and ``W_1``."""
    while e.op in _PLAIN:
        e = e.args[0]
    (name,) = [a.name for a in e.args[-1:] if e.op is MATMAT and a.op is SYMBOL] or [""]
    return str(name).partition("_")[2] if re.fullmatch(r"W_[A-Z\d]", str(name)) else ""
