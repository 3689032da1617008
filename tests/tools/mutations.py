"""One token of a module changed: the usual mutation operators, on Python's syntax trees.

Operators are swapped, conditions negated, numbers raised by one and strings lengthened, defaults,
arguments, returned values and calls left out. Docstrings and annotations stay as they are.
"""

import ast
import copy
import marshal

SWAPPED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Pow: ast.Mult, ast.Mod: ast.Div, ast.FloorDiv: ast.Div, ast.MatMult: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
NEGATED_BY_SWAP = ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
UNCHANGED = "annotation", "returns", "ctx", "op", "ops"  # the last two with the node they are in
BLOCK = ast.FunctionDef | ast.ClassDef | ast.If | ast.For | ast.While | ast.With | ast.Try


class Module:
    """A module's source, and its mutants in the order of the source."""

    def __init__(self, path):
        self.path = str(path)
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.code = marshal.dumps(self.compiled())
        self.mutants = list(_mutants(self.tree, "", range(0)))

    def compiled(self):
        return compile(ast.fix_missing_locations(self.tree), self.path, "exec")

    def is_unchanged(self):
        """Whether Python compiles the tree, as it now is, to what was there at first."""
        return marshal.dumps(self.compiled()) == self.code


class Mutant:
    """A place in a syntax tree, and what stands there instead; None is nothing.

    ``scope`` is the function that it is in, ``lines`` are those of its statement.
    """

    def __init__(self, parent, field, k, old, new, scope, lines):
        self.parent, self.field, self.k, self.old, self.new = parent, field, k, old, new
        self.scope, self.lines = scope, lines

    @property
    def is_of_strict(self):
        """Whether it changes or drops the ``strict=True`` of a zip."""
        return "strict" in (getattr(node, "arg", None) for node in (self.old, self.parent))

    def _put(self, old, new):
        if self.k is None:
            setattr(self.parent, self.field, new)
        else:
            of_old, of_new = ([] if node is None else [node] for node in (old, new))
            getattr(self.parent, self.field)[self.k : self.k + len(of_old)] = of_new

    def apply(self):
        self._put(self.old, self.new)

    def undo(self):
        self._put(self.new, self.old)

    def __str__(self):
        before = ast.unparse(self.parent)
        self.apply()
        after = ast.unparse(self.parent)
        self.undo()
        start = _same(before, after)
        end = _same(before[start:][::-1], after[start:][::-1])
        old, new = (text[start : len(text) - end] for text in (before, after))
        around = before[max(0, start - 40) : start], before[len(before) - end :][:20]
        return " ".join(f"{self.scope}: {around[0]}[{old} -> {new}]{around[1]}".split())


def _same(a, b):
    """How many characters are the same at the start of both."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((k for k, (one, other) in pairs if one != other), min(len(a), len(b)))


def _mutants(parent, scope, lines):
    for field, value in ast.iter_fields(parent):
        for k, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if field in UNCHANGED or not isinstance(node, ast.AST) or _is_docstring(node):
                continue
            if isinstance(node, ast.stmt):
                end = node.lineno if isinstance(node, BLOCK) else node.end_lineno
                lines = range(node.lineno, end + 1)
            elif isinstance(parent, BLOCK) and isinstance(node, ast.expr):
                lines = range(node.lineno, node.end_lineno + 1)
            for new in _replacements(node, parent, field):
                yield Mutant(parent, field, k, node, new, scope, lines)
            named = isinstance(node, ast.FunctionDef | ast.ClassDef)
            yield from _mutants(node, f"{scope}.{node.name}".strip(".") if named else scope, lines)


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def _changed(node, **fields):
    new = copy.copy(node)
    vars(new).update(fields)
    return new


def _replacements(node, parent, field):
    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in SWAPPED:
            yield _changed(node, op=SWAPPED[type(node.op)]())
        case ast.Compare():
            for k, op in enumerate(node.ops):
                yield _changed(node, ops=[*node.ops[:k], SWAPPED[type(op)](), *node.ops[k + 1 :]])
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield _changed(node, value=not node.value)
        case ast.Constant(value=int() | float()):
            yield _changed(node, value=node.value + 1)
        case ast.Constant(value=str()):
            yield _changed(node, value="XX" + node.value)
        case ast.Constant(value=None) if field in ("defaults", "kw_defaults"):
            yield _changed(node, value=0)
        case ast.Return(value=ast.expr()) if not _is_none(node.value):
            yield _changed(node, value=ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
    if isinstance(parent, ast.Call) and field in ("args", "keywords"):
        yield None
    if isinstance(parent, ast.Lambda) and field == "body" and not _is_none(node):
        yield ast.Constant(None)
    if field in ("test", "ifs") and not isinstance(parent, ast.Assert):
        match node:
            case ast.UnaryOp(op=ast.Not()):
                pass  # negated above, and so are those with one operator that has an opposite
            case ast.Compare(ops=[op]) if isinstance(op, NEGATED_BY_SWAP):
                pass
            case _:
                yield ast.UnaryOp(ast.Not(), node)
