"""What a claim could be false by: cells of a notebook run with something in them that is wrong."""

import ast
import contextlib
import io
from types import FunctionType
from unittest import mock

import numpy as np
import sympy as sp

import mcalc as mc
from mcalc.check import explicit
from mcalc.derivation import Derivation
from mcalc.graph.expr import Expr, as_expr
from mcalc.graph.walk import replace, symbols
from mcalc.jacobian.intermediates import Intermediates
from mcalc.jacobian.structured import StructuredJacobian

# These raise an error when what they are given does not hold, as an assertion does.
ASSERTING = {"claim", "compare", "lines", "reference"}
CELL = "cell"  # the module of what cells define
_OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
              ast.Pow: ast.Mult}  # fmt: skip
_FUNCTIONS = {"cos": "sin", "exp": "sin", "kron": "add", "log": "sin", "maximum": "minimum",
              "sin": "cos", "sum": "max"}  # fmt: skip
_SHAPING = {"n", "m", "k", "N", "size", "shape", "axis"}  # arguments that say a length


def program(cells, is_claim):
    """The claims' cells and those that they need, each with its tree; nothing is displayed."""
    needed, kept = set(), []
    for cell in reversed([cell for cell in cells if cell.cell_type == "code"]):
        tree = ast.parse(cell.source)
        if isinstance(tree.body[-1], ast.Expr) and not _asserts(tree.body[-1]):
            del tree.body[-1]
        used, bound = _names(tree)
        if is_claim(cell) or bound & needed:
            needed |= used
            kept.append((cell, tree))
    return kept[::-1]


def _asserts(tree):
    calls = [part.func for part in ast.walk(tree) if isinstance(part, ast.Call)]
    return any(isinstance(f, ast.Attribute) and f.attr in ASSERTING for f in calls)


def _names(tree):
    """The names that a cell uses, and those that it binds or writes into."""
    used, bound = set(), set()
    for part in ast.walk(tree):
        if isinstance(part, ast.Name):
            (bound if isinstance(part.ctx, ast.Store) else used).add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            bound.add(part.name)
        elif isinstance(part, ast.alias):
            bound.add((part.asname or part.name).partition(".")[0])
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            bound |= {inner.id for inner in ast.walk(part) if isinstance(inner, ast.Name)}
    return used, bound


def run(tree, names):
    """Run a cell among these names."""
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        exec(compile(tree, "<cell>", "exec"), names)


def refuted_by(tree, names):
    """Something wrong with which the assertions of a cell fail, as they should; None if none is."""
    for falsehood, changed, its_names, patches in _falsehoods(tree, names):
        with contextlib.ExitStack() as stack:
            for patch in patches:
                stack.enter_context(patch)
            try:
                run(changed, its_names())
            except AssertionError:
                return falsehood
            except Exception:  # it is not the assertions that noticed
                continue
    return None


def _falsehoods(tree, names):
    """What is wrong, the cell, a function that makes its names, and what is patched."""
    used = sorted(_names(tree)[0] & names.keys())

    def derived_anew():
        anew = {n: mc.derive(d.y, d.wrt) for n in used if isinstance(d := names[n], Derivation)}
        return {**names, **anew}

    yield "wrong derivatives", tree, derived_anew, _wrong_derivatives()
    yield "wrong entries", tree, lambda: dict(names), [_wrong_entries()]
    for k in range(len(_places(tree))):
        changed = ast.parse(ast.unparse(tree))
        yield _change(_places(changed)[k]), changed, lambda: dict(names), []
    for name in used:
        for other in _others(names[name]):
            yield f"another {name}", tree, lambda n=name, v=other: {**names, n: v}, []


def _wrong_derivatives():
    """Jacobians twice as large, scalars that are twice as large and one more, and other rules."""
    accumulated, jacobian = StructuredJacobian._accumulated, explicit.jacobian
    count = property(lambda graph: graph.count + 1, lambda graph, n: setattr(graph, "count", n))
    return [
        mock.patch.object(StructuredJacobian, "_accumulated", lambda d: 2 * accumulated(d)),
        mock.patch.object(explicit, "jacobian",
                          lambda *a: jacobian(*a).applyfunc(lambda entry: 2 * entry + 1)),
        mock.patch.object(Derivation, "rule", "no rule at all"),
        mock.patch.object(Derivation, "steps", ()),
        mock.patch.object(Intermediates, "path_count", count, create=True),
    ]  # fmt: skip


def _wrong_entries():
    """Entries that are one more at every call than at the one before."""
    entries, calls = mc.entries, iter(range(1000))

    def wrong(y, **sizes):
        more = next(calls)
        return entries(y, **sizes).applyfunc(lambda entry: entry + more)

    return mock.patch.object(mc, "entries", wrong)


def _places(tree):
    """What of a cell can be changed without a change of shapes: not what an assertion expects."""
    places = []

    def visit(part, open_):
        open_ = open_ and not isinstance(part, ast.Assert)
        number = isinstance(part, ast.Constant) and type(part.value) in (int, float)
        operator = isinstance(part, ast.BinOp) and type(part.op) in {*_OPERATORS, ast.MatMult}
        negative = isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub)
        function = isinstance(part, ast.Attribute) and part.attr in {*_FUNCTIONS, "T"}
        if open_ and (number or operator or function or negative):
            places.append(part)
        shaping = isinstance(part, ast.keyword) and part.arg in _SHAPING
        for child in () if shaping else ast.iter_child_nodes(part):
            visit(child, open_ or isinstance(part, ast.Call) and child is not part.func)

    visit(tree, True)
    return places


def _change(part):
    """Change a part of a cell; what it was and what it is."""
    before = ast.unparse(part)
    if isinstance(part, ast.Constant):
        part.value += 1
    elif isinstance(part, ast.UnaryOp):
        part.op = ast.UAdd()
    elif isinstance(part, ast.Attribute):
        part.attr = _FUNCTIONS.get(part.attr, "real")
    elif isinstance(part.op, ast.MatMult):
        part.left, part.right = part.right, part.left
    else:
        part.op = _OPERATORS[type(part.op)]()
    return f"{before} -> {ast.unparse(part)}"


def unnoticed(tree, names):
    """What a cell states with ``mc.claim`` that can be changed without an error."""
    missed, claim = [], mc.claim

    def changing(*said, **more):
        rows = said if all(isinstance(one, tuple) for one in said) else (said,)
        for k, row in enumerate(rows):
            first = isinstance(row[0], str) + 1  # behind the sentence and what comes out
            for place in range(min(first, len(row) - 1), len(row)):
                changes = [(*row[:place], new, *row[place + 1 :]) for new in _changed(row[place])]
                if not any(
                    _fails(claim, *rows[:k], one, *rows[k + 1 :], **more) for one in changes
                ):
                    missed.append(row[place])
        return claim(*said, **more)

    with mock.patch.object(mc, "claim", changing, create=True):
        run(tree, dict(names))
    return missed


def _fails(claim, *rows, **more):
    try:
        claim(*rows, **more)
    except mc.CheckFailed:
        return True
    except Exception:  # the change makes no sense
        return False
    return False


def _changed(value):
    """Other formulas, numbers or words in the place of what is stated; one of them makes sense."""
    if isinstance(value, str):
        return [f"2({value})", f"{value} + 1", "1", f"{value}?"]
    if isinstance(value, bool | np.bool_):
        return [not value]
    if isinstance(value, tuple):
        return [(*value, 1)]
    if isinstance(value, list) and isinstance(np.ravel(np.array(value, object))[0], sp.Basic):
        value = sp.Matrix(value)
    if isinstance(value, sp.MatrixBase):
        return [value.applyfunc(lambda entry: entry + 1)]
    if isinstance(value, int | float | sp.Basic):  # an entry is SymPy's
        return [value * 2 + 1]
    return [2 * as_expr(value), 1 + as_expr(value)]


def _others(value):
    """What a name could stand for in the place of its value: of the same kind and shape."""
    if isinstance(value, Expr) and value.args:
        names = symbols(value)
        alike = {v: [u for u in names if u.shape == v.shape and u is not v] for v in names}
        yield replace(value, {v: others[0] for v, others in alike.items() if others}.get)
        if value.ndim < 2:
            yield 3 * value * value
    elif isinstance(value, Derivation):
        yield mc.derive(3 * np.sin(value.y), value.wrt)
        if value.y.ndim:  # to a figure of shapes it is the shape that matters
            yield mc.derive(np.sum(value.y), value.wrt)
    elif isinstance(value, FunctionType) and value.__module__ == CELL:
        yield lambda *given, **more: value(*given, **more) * 1.5 + 1
    elif isinstance(value, float) or isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield 1.5 * value + 1
