"""Random programs as people write them: plain Python functions of NumPy, with symbolic shapes.

Where :mod:`programs` has trees of operations, these are the text of a function, ``def program(np,
let, X, w)``, that runs on numbers, on an oracle's NumPy and on mcalc's variables. A :class:`Part`
is an expression of known shape, whose lengths are letters, numbers, or a sum such as ``n-1``; what
can be written is a row in :data:`FORMS`, ``"r c; c -> r: {0} @ {1}"``, or element by element. A
part that is used twice becomes a line.
"""

import re
from functools import cache, cached_property

import numpy as np

import mcalc as mc

VARIABLES = {
    "a": (), "b": (), "t": (), "w": ("n",), "x": ("n",), "u": ("N",), "v": ("N",), "c": ("k",),
    "q": ("3",), "p": ("2",), "X": ("N", "n"), "Y": ("N", "n"), "W": ("n", "k"), "S": ("n", "n"),
    "M": ("n", "n"), "Q": ("3", "3"), "E": ("4", "n"), "Z": ("N", "3"), "H": ("3", "2"),
}  # fmt: skip
POSITIVE = ["a", "w", "u", "Y", "p"]
LETTERS = "N", "n", "k"
LENGTHS = [*LETTERS * 4, "3", "3", "2", "4", "1", "n-1", "N-1", "n+1", "n+N", "n+n"]
CONSTANTS = {  # what a program may look up, besides its variables
    "IDS": np.array([3, 0, 3]), "LABELS": np.array([0, 2, 1, 0]), "SIDES": np.array([1, 0]),
    "CAUSAL": np.tril(np.ones((3, 3), bool)), "SHOWN": np.array([True, False, True]),
    "HALVES": np.array([0.5, -1.5, 2.0]),
}  # fmt: skip

# --- what can be written -------------------------------------------------------------------------

_SOFT = "np.exp({x}) / np.exp({x}).sum({axis}, keepdims=True)"
_SHIFTED = "{x} - {x}.max({axis}, keepdims=True)"
_REGULAR = "(np.tanh({0}) + np.diag(4.0 * np.ones_like({1})))"


def _reductions():
    for name in "sum mean max min prod var std".split():
        more = ["", ", ddof=1"] if name in ("var", "std") else [""]
        for ddof in more:
            for call in (f"np.{name}({{0}}%s{ddof})", f"{{0}}.{name}(%s{ddof})"):
                yield from _along(call)


def _along(call):
    """The forms of a call, or a method, with an axis in the place of ``%s``."""
    rows = [
        ("r -> .", ""), ("r c -> .", ""), ("r c -> r", "axis=1"), ("r c -> c", "axis=0"),
        ("r c -> r 1", "axis=1, keepdims=True"), ("r c -> 1 c", "axis=0, keepdims=True"),
        ("r c -> r", "axis=-1"), ("r c -> c", "axis=-2"), ("r c -> 1 1", "keepdims=True"),
        ("r -> .", "axis=0"), ("r -> 1", "keepdims=True"), ("r c -> .", "axis=(0, 1)"),
    ]  # fmt: skip
    for shapes, given in rows:
        text = call % (f", {given}" if given and "{0}%" in call else given)
        yield f"{shapes}: {text.replace('(, ', '(')}"


def _softmaxes():
    for axis, alone in (("axis=1", "r"), ("axis=0", "c")):
        shifted = f"({_SHIFTED.format(x='{0}', axis=axis)})"
        for x in ("{0}", shifted):
            yield f"r c -> r c: ({_SOFT.format(x=x, axis=axis)})"
            yield f"r c -> r c: ({x} - np.log(np.sum(np.exp({x}), {axis}, keepdims=True)))"
        yield f"r c -> {alone}: np.log(np.exp({{0}}).sum({axis}))"
        yield f"r c -> {alone}: ({{0}}.max({axis}) + np.log(np.sum(np.exp({shifted}), {axis})))"
        spread = f"({{0}} - {{0}}.mean({axis}, keepdims=True))"
        yield f"r c -> r c: ({spread} / np.sqrt({{0}}.var({axis}, keepdims=True) + 0.1))"
        yield f"r c -> r c: ({spread} / ({{0}}.std({axis}, keepdims=True) + 0.1))"
        yield f"r c -> r c: ({{0}} / np.linalg.norm({{0}}, {axis}, keepdims=True))"


FORMS = {
    "reduced": [*_reductions()],
    "norms": [
        *_along("np.linalg.norm({0}%s)"), "r -> .: np.linalg.norm({0}, 1)",
        "r -> .: np.linalg.norm({0}, np.inf)", "r c -> r: np.linalg.norm({0}, 1, axis=1)",
        "r c -> c: np.linalg.norm({0}, np.inf, axis=0)", "r c -> .: np.linalg.norm({0}, 'fro')",
    ],
    "softmax": [
        *_softmaxes(),
        "r c -> r c: (np.exp({0}).T / np.exp({0}).sum(axis=1)).T",
        "r c -> r c: (np.exp({0}) / np.exp({0}).sum(axis=1)[:, None])",
        "r c -> r c: ({0} - {0}.max(axis=1)[:, None])",
        "r -> r: (np.exp({0}) / np.sum(np.exp({0})))",
        "r -> r: (np.exp({0} - np.max({0})) / np.exp({0} - {0}.max()).sum())",
        "r -> r: ({0} - np.log(np.sum(np.exp({0}))))",
        "r -> .: np.log(np.exp({0}).sum())",
        "r -> .: ({0}.max() + np.log(np.sum(np.exp({0} - {0}.max()))))",
        "r -> r: (({0} - {0}.mean()) / np.sqrt(np.var({0}) + 0.1))",
        "* -> *: (1 / (1 + np.exp(-{0})))",
        "* -> *: (np.maximum(0, {0}) + np.log1p(np.exp(-np.abs({0}))))",
        "* -> *: np.log(1 + np.exp({0}))",
        "* -> *: ({0} / (1 + np.exp(-{0})))",
        "* -> *: (0.5 * {0} * (1 + np.tanh(np.sqrt(2 / np.pi) * ({0} + 0.044715 * {0}**3))))",
    ],
    "masks": [
        "3 3 -> 3 3: np.exp(np.where(CAUSAL, {0}, -np.inf))",
        "r 3 -> r: np.where(SHOWN, {0}, -np.inf).max(axis=1)",
        "r 3 -> r: np.log(np.sum(np.exp(np.where(SHOWN, {0}, -np.inf)), axis=1))",
        "r c; ?r c -> r c: np.exp(np.where({1}, {0}, -np.inf))",
        "r c; ?c -> r c: np.exp(np.where({1}, {0}, -np.inf))",
        "r; ?r -> r: np.exp(np.where({1}, {0}, -np.inf))",
        "?* -> *: (1.0 * {0})", "?r c -> r: {0}.sum(axis=1)", "?r c -> .: np.mean({0})",
        "?r -> .: np.sum({0})", "*; ?* -> *: ({0} * {1})",
    ],
    "products": [
        *["r s; s c -> r c: ({0} @ {1})", "r s; s -> r: ({0} @ {1})", "r; r c -> c: ({0} @ {1})",
          "r; r -> .: ({0} @ {1})"] * 3,
        "r s; c s -> r c: ({0} @ {1}.T)", "s r; s c -> r c: ({0}.T @ {1})",
        "s r; s -> r: ({0}.T @ {1})", "r s; s c -> r c: np.dot({0}, {1})",
        "r; r -> .: np.dot({0}, {1})",
        "r s; c s -> r c: np.inner({0}, {1})",
        "r c; r c -> .: np.vdot({0}, {1})", "r; c -> r c: np.outer({0}, {1})",
        "r s; s c -> r c: np.tensordot({0}, {1}, axes=1)",
        "r c; r c -> .: np.tensordot({0}, {1})",
        "s r; s c -> r c: np.tensordot({0}, {1}, ([0], [0]))",
        "r; r c; c -> .: ({0} @ {1} @ {2})", "r; r c; c -> .: np.linalg.multi_dot([{0}, {1}, {2}])",
        "r r -> r r: np.linalg.matrix_power({0}, 2)", "r 1; 1 c -> r c: ({0} @ {1})",
    ],
    "einsum": [
        f"{shapes}: np.einsum('{letters}', {', '.join(f'{{{k}}}' for k in range(count))})"
        for shapes, letters, count in [
            ("r s; s c -> r c", "ij,jk->ik", 2), ("r s; c s -> r c", "ij,kj->ik", 2),
            ("r s; s -> r", "ij,j->i", 2), ("s r; s -> r", "ij,i->j", 2),
            ("r c; r c -> r", "ij,ij->i", 2), ("r c; r c -> c", "ij,ij->j", 2),
            ("r c; r c -> .", "ij,ij->", 2), ("r c -> r", "ij->i", 1), ("r c -> c r", "ij->ji", 1),
            ("r r -> r", "ii->i", 1), ("r r -> .", "ii->", 1), ("r; c -> r c", "i,j->ij", 2),
            ("r; r -> .", "i,i->", 2), ("r; r -> r", "i,i->i", 2), ("r c; r -> r c", "ij,i->ij", 2),
            ("r c; c -> r c", "ij,j->ij", 2), ("r; r c; c -> .", "i,ij,j->", 3),
            ("r s; s c; c -> r", "ij,jk,k->i", 3), ("r c; r -> c", "ij,i->j", 2),
            ("r c; c r -> .", "ij,ji->", 2), ("r c; r c -> c r", "ij,ij->ji", 2),
            ("r; r c -> r c", "i,ij->ij", 2),
            (".; r c -> r c", ",ij->ij", 2), ("r c; r c -> r c", "ij,ij->ij", 2),
        ]
    ],
    "three axes": [
        "r c; s c -> r s: (({0}[:, None] - {1}[None]) ** 2).sum(-1)",
        "r c; s c -> r s: np.linalg.norm({0}[:, None, :] - {1} + 9, axis=-1)",
        "r c; s c -> r s: np.mean({0}[:, None] * {1}, axis=2)",
        "r s; s c -> r c: np.sum({0}[:, :, None] * {1}[None], axis=1)",
        "r c; s c; c -> s: np.sum(({0}[:, None] + {1}) * {2}, axis=(0, 2))",
    ],
    "norms and covariances": [
        "r -> .: np.linalg.norm({0} + 9, 3)", "r -> .: np.linalg.norm({0} + 9, -np.inf)",
        "r c -> c: np.linalg.norm({0} + 9, 3, axis=0)", "r c -> .: np.mean({0}, where={0} > -9)",
        "r c -> r: np.linalg.vector_norm({0}, axis=1)", "r c -> .: np.linalg.matrix_norm({0})",
        "3 4 -> 3 3: np.cov({0})", "4 3 -> 3 3: np.cov({0}, rowvar=False, ddof=0)",
        "3 4 -> 3 3: np.corrcoef({0})", "r -> .: np.sum(np.diagflat({0}))",
        "r -> .: np.trapezoid({0}, dx=0.5)",
    ],
    "one after another": [
        "r c; r c -> .: {0}.ravel() @ {1}.ravel()", "r c -> .: np.linalg.norm({0}.reshape(-1) + 9)",
        "r c; . -> r c: (np.tanh({0}.flatten()) * {1}).reshape({0}.shape)",
        "r c -> .: np.mean(np.where({0}.ravel() > 0.1, {0}.ravel(), 0.2) ** 2)",
        "r c -> .: np.max(np.exp({0}.ravel()))", "4 3 -> 3 4: {0}.reshape(3, -1)",
        "3 4 -> 4 3: np.reshape({0}, (4, 3))", "2 3; 3 2 -> 3: ({0}.ravel() * {1}.ravel())[2:5]",
        "3 c -> c: {0}.ravel()[:2] @ {0}[:2]", "r -> r+1: np.pad({0}, (1, 0))",
        "r c -> r+1 c+1: np.pad({0}, ((1, 0), (0, 1)))", "r -> r+1 r+1: np.diag({0}, 1)",
        "r r -> .: np.trace({0}, -1)", "3 4 -> 2: np.diag({0}, 2)", "r c -> c r: np.rot90({0})",
        "r c -> r c: np.rot90({0}, 2)", ".; . -> 4: np.linspace({0}, {1}, 4)",
        "4 -> 4: np.gradient({0}, 0.5)", "4 c -> 4 c: np.gradient({0}, axis=0)",
        "4 -> 2: np.array_split({0}, 3)[0]",
    ],
    "linalg": [
        f"r r; r -> r r: np.linalg.inv({_REGULAR})",
        f"r r; r; r -> r: np.linalg.solve({_REGULAR}, {{2}})",
        f"r r; r; r c -> r c: np.linalg.solve({_REGULAR}, {{2}})",
        f"r r; r -> .: np.linalg.det({_REGULAR})",
        f"r r; r -> .: np.linalg.slogdet({_REGULAR})[1]",
        "r r -> .: np.linalg.det({0})", "r r -> .: np.linalg.slogdet({0})[1]",
        "r r -> .: np.linalg.slogdet({0})[0]", "3 2 -> 2 3: np.linalg.pinv({0})",
        "r r -> .: np.trace({0})", "r r -> .: {0}.trace()",
        f"r r; r; r -> .: ({{2}} @ np.linalg.inv({_REGULAR}) @ {{2}})",
    ],
    "triangles": [
        "r -> r: np.cumsum({0})", "r -> r: {0}.cumsum()", "r c -> r c: np.cumsum({0}, axis=0)",
        "r c -> r c: {0}.cumsum(axis=1)", "r c -> r c: np.tril({0})", "r c -> r c: np.triu({0}, 1)",
        "r c -> r c: np.tril({0}, -1)", "r -> r r: np.diag({0})", "r r -> r: np.diag({0})",
        "r r -> r: np.diagonal({0})", "r r -> r: {0}.diagonal()", "r c -> c r: {0}.T",
        "r c -> c r: np.transpose({0})", "r c -> c r: np.swapaxes({0}, 0, 1)",
        "r c -> c r: {0}.transpose()", "r r -> r r: np.triu({0} + {0}.T)",
    ],
    "joined": [
        "r; s -> r+s: np.concatenate([{0}, {1}])", "r; s -> r+s: np.hstack([{0}, {1}])",
        "r c; s c -> r+s c: np.concatenate([{0}, {1}])", "r c; s c -> r+s c: np.vstack([{0}, {1}])",
        "r c; r d -> r c+d: np.concatenate([{0}, {1}], axis=1)",
        "r c; r d -> r c+d: np.hstack([{0}, {1}])",
        "r c; r -> r c+1: np.column_stack([{0}, {1}])", "r c; c -> r+1 c: np.vstack([{0}, {1}])",
        "r; . -> r+1: np.append({0}, {1})", "r c; s c -> r+s c: np.append({0}, {1}, axis=0)",
        "r; r -> 2 r: np.stack([{0}, {1}])", "r; r -> r 2: np.stack([{0}, {1}], axis=1)",
        "r; r; r -> 3 r: np.array([{0}, {1}, {2}])".replace("array", "stack"),
        "r; r -> r 2: np.column_stack([{0}, {1}])", "r; r -> 2 r: np.vstack([{0}, {1}])",
        ".; .; . -> 3: np.stack([{0}, {1}, {2}])", ".; . -> 2: np.stack([{0}, {1}])",
        ".; .; .; . -> 2 2: np.stack([np.stack([{0}, {1}]), np.stack([{2}, {3}])])",
        "r -> r+r: np.tile({0}, 2)", "r c -> r+r c: np.tile({0}, (2, 1))",
        "r c -> r c+c: np.tile({0}, (1, 2))", "r -> 2 r: np.tile({0}, (2, 1))",
        "2 -> 4: np.repeat({0}, 2)", "2 c -> 4 c: np.repeat({0}, 2, axis=0)",
        "2; r -> r+r: np.kron({0}, {1})", "2 1; 2 r -> 4 r: np.kron({0}, {1})",
        "3; 3 -> 3: np.cross({0}, {1})", "r; 2 -> r+1: np.convolve({0}, {1})",
        "r; 2 -> r-1: np.convolve({0}, {1}, 'valid')", "3 -> 3: np.roll({0}, 1)",
        "3 c -> 3 c: np.roll({0}, -1, axis=0)", "r 3 -> r 3: np.roll({0}, 1, axis=1)",
    ],
    "parts": [
        "r -> .: {0}[-1]", "r c -> c: {0}[-1]", "r c -> r: {0}[:, -1]",
        "r -> r-1: {0}[1:]", "r -> r-1: {0}[:-1]", "r -> r: {0}[::-1]", "r -> r: np.flip({0})",
        "r -> r-1: np.diff({0})", "r c -> r-1 c: np.diff({0}, axis=0)",
        "r c -> r c-1: np.diff({0})",
        "r -> r-1: ({0}[1:] - {0}[:-1])", "r c -> r-1 c: {0}[1:]", "r c -> r c-1: {0}[:, :-1]",
        "r c -> r-1 c-1: {0}[1:, 1:]", "r c -> r c: {0}[::-1]", "r c -> r c: {0}[:, ::-1]",
        "r c -> r: {0}[:, 0]", "r c -> c: {0}[0]", "r c -> c: {0}[0, :]", "r c -> .: {0}[0, 0]",
        "r c -> r: {0}[..., 0]", "3 c -> c: {0}[1]", "3 c -> c: {0}[-1]", "r 3 -> r: {0}[:, 2]",
        "r 3 -> r: {0}[:, -1]", "3 3 -> .: {0}[1, 2]", "r 3 -> .: {0}[0, 1]", "r -> .: {0}[0]",
        "3 -> .: {0}[1]", "3 -> .: {0}[-1]", "3 -> 2: {0}[1:]", "3 -> 2: {0}[::2]",
        "4 c -> 3 c: {0}[IDS]", "r 2 -> r 2: {0}[:, SIDES]", "4 3 -> 4: {0}[np.arange(4), LABELS]",
        "3 -> 4: {0}[LABELS]", "4 c -> 3 c: np.take({0}, IDS, axis=0)", "r 3 -> r 2: {0}[:, 1:]",
        "4 c -> 2 c: {0}[1:3]", "r c -> r c: np.flip({0}, axis=0)",
    ],
    "axes": [
        "r -> r 1: {0}[:, None]", "r -> r 1: {0}.reshape(-1, 1)",
        "r -> r 1: np.expand_dims({0}, 1)",
        "r -> 1 r: {0}[None, :]", "r -> 1 r: {0}.reshape(1, -1)",
        "r -> 1 r: np.expand_dims({0}, 0)",
        "r 1 -> r: {0}[:, 0]", "r 1 -> r: {0}.reshape(-1)", "1 r -> r: {0}.ravel()",
        "r 1 -> r: {0}.ravel()", "1 r -> r: {0}[0]", "1 r -> r: {0}[0, :]",
        "c; r c -> r c: np.broadcast_to({0}, {1}.shape)", "r 1 -> 1 r: {0}.T",
        "r 1 -> r: np.squeeze({0}, axis=1)", "r -> r 1: np.reshape({0}, (-1, 1))",
    ],
    "lengths": [
        *["r c -> r c: ({0} / {0}.shape[0])", "r -> r: ({0} / {0}.size)",
          "r c -> r c: ({0} / np.sqrt({0}.shape[1]))", "r c -> .: (np.sum({0}**2) / {0}.size)",
          "r -> r: ({0} * (1 + 1 / {0}.shape[0]))", "3 c -> 3 c: ({0} / len({0}))"] * 3,
        "*; r c -> *: ({0} / {1}.shape[0])", "*; r -> *: ({0} / {1}.size)",
        "r; . -> r: ({1} * np.ones_like({0}))",
    ],
    "each": [
        *(f"* -> *: np.{name}({{0}})" for name in
          "sin cos tanh arctan exp abs square sign sinh arcsinh tan expm1".split()),
        "* -> *: (-{0})", "* -> *: ({0}**2)", "* -> *: ({0}**3)",
        "* -> *: np.log(1.5 + np.sin({0}))",
        "* -> *: np.sqrt(1 + {0}**2)", "* -> *: (1 / (2 + np.cos({0})))",
        "* -> *: np.exp(-({0}**2))",
        "* -> *: np.maximum(0, {0})", "* -> *: np.maximum({0}, 0)", "* -> *: np.clip({0}, -0.5, 1)",
        "* -> *: np.log(np.abs({0}))", "* -> *: (np.abs({0}) ** 1.5)",
        "* -> *: (2 ** np.sin({0}))",
        "* -> *: np.sqrt(np.abs({0}))", "* -> *: np.log1p({0} ** 2)", "* -> *: ({0} ** -1)",
        "* -> *: (np.exp(np.tanh({0})))", "* -> *: np.where({0} > 0, {0}, 0.1 * {0})",
    ],
}  # fmt: skip

PAIRS = [
    *["({0} + {1})", "({0} - {1})", "({0} * {1})", "({0} / {1})"] * 3, "np.maximum({0}, {1})",
    "np.minimum({0}, {1})", "np.logaddexp({0}, {1})", "np.hypot({0}, {1})", "np.arctan2({0}, {1})",
    "({0} / (1 + {1}**2))", "(np.exp(np.sin({0})) ** np.cos({1}))", "np.multiply({0}, {1})",
    "np.fmax({0}, {1})",
]  # fmt: skip
CONDITIONS = ["({0} > {1})", "({0} <= {1})", "({0} < {1})", "({0} >= {1})", "({0} != {1})"]
LOGIC = ["({0} & {1})", "({0} | {1})", "np.logical_and({0}, {1})", "(~{0} & {1})",
         "np.logical_or({0}, np.logical_not({1}))"]  # fmt: skip


# --- shapes --------------------------------------------------------------------------------------


def length_of(length, sizes):
    """The number that a length is: of ``n-1`` one less than ``sizes["n"]``."""
    total = 0
    for sign, word in re.findall(r"([+-]?)(\w+)", length):
        number = int(word) if word.isdigit() else sizes[word]
        total += -number if sign == "-" else number
    return total


def bound(patterns, shape):
    """What the letters of a pattern stand for in a shape; None if it is another one."""
    if patterns == ("*",):
        return {"*": shape}
    if len(patterns) != len(shape):
        return None
    found = {}
    pairs = [*zip(patterns, shape, strict=True)]
    while pairs:
        pattern, length = pairs.pop()
        sign = re.search("[+-]", pattern)
        if sign:
            left, there, right = length.partition(sign[0])
            if not there:
                return None
            pairs += zip(pattern.split(sign[0]), (left, right), strict=True)
        elif pattern.isdigit():
            if pattern != length:
                return None
        elif found.setdefault(pattern, length) != length:
            return None
    return found


def _shape(text):
    return tuple(word for word in text.split() if word != ".")


def _read(row):
    shapes, _, template = row.partition(": ")
    operands, _, result = shapes.partition("->")
    return template, tuple(map(_shape, operands.split(";"))), _shape(result)


GROUPS = {name: [_read(row) for row in rows] for name, rows in FORMS.items()}


@cache
def fitting(shape):
    """Of each group the rows that make this shape."""
    some = ([row for row in rows if bound(row[2], shape) is not None] for rows in GROUPS.values())
    return [rows for rows in some if rows]


def broadcast(*shapes):
    """The shape that these have together; None if they do not fit."""
    ndim = max(map(len, shapes))
    lengths = []
    for column in zip(*(("1",) * (ndim - len(s)) + s for s in shapes), strict=True):
        longer = {*column} - {"1"}
        if len(longer) > 1:
            return None
        lengths.append(*longer or {"1"})
    return tuple(lengths)


def below(shape):
    """The shapes that are repeated to make this one."""
    some = [shape, shape, shape, ()]
    if len(shape) == 2:
        some = [*some, (shape[0], "1"), ("1", shape[1]), (shape[1],)] * 3 + [("1", "1")]
    return some


# --- programs ------------------------------------------------------------------------------------


class Part:
    """An expression: a template, what is put in, and the shape; of conditions, too."""

    def __init__(self, template, parts=(), shape=(), name=None):
        self.template, self.parts, self.shape, self.let = template, tuple(parts), shape, name

    def walk(self):
        """All parts, each once, operands first."""
        seen = {}

        def visit(part):
            if id(part) not in seen:
                for inner in part.parts:
                    visit(inner)
                seen[id(part)] = part

        visit(self)
        return [*seen.values()]

    def uses(self, k):
        return self.template.count(f"{{{k}}}")


class Program:
    """A function: its text, the variables that it takes, and itself."""

    def __init__(self, root):
        self.root = root
        leaves = {part.template for part in root.walk()}
        self.variables = [name for name in VARIABLES if name in leaves]

    @cached_property
    def text(self):
        parts = self.root.walk()
        count = {id(part): 0 for part in parts}
        for part in parts:
            for k, inner in enumerate(part.parts):
                count[id(inner)] += max(1, part.uses(k))
        lines, written = [f"def program(np, let, {', '.join(self.variables)}):"], {}
        for part in parts:
            text = part.template.format(*(written[id(inner)] for inner in part.parts))
            if part is self.root:
                lines.append(f"    return {text}")
            elif part.let or part.parts and count[id(part)] > 1:
                name = f"h_{len(lines)}"
                lines.append(
                    f'    {name} = let("{name}", {text})' if part.let else f"    {name} = {text}"
                )
                text = name
            written[id(part)] = text
        return "\n".join(lines) + "\n"

    @cached_property
    def function(self):
        scope = dict(CONSTANTS)
        exec(compile(self.text, "<program>", "exec"), scope)  # a text of this module's
        return scope["program"]

    def on(self, library, values, let=lambda name, value: value):
        return self.function(library, let, **{name: values[name] for name in self.variables})


class Writer:
    """Draws programs with ``choose``, one of a list."""

    def __init__(self, choose):
        self.choose, self.made = choose, []

    def one_of(self, *some):
        return self.choose(some)

    def leaf(self, shape):
        known = [name for name, of in VARIABLES.items() if of == shape]
        made = [part for part in self.made if part.shape == shape]
        if made and self.one_of(0, 1, 2):
            return self.choose(made)
        if shape == ():
            return Part(self.one_of(*known * 2, "0.5", "2", "-1.5"))
        if known:
            return Part(self.choose(known), (), shape)
        if len(shape) == 1:
            return self.vector(*shape)
        rows, columns = shape
        if (columns, rows) in VARIABLES.values():
            return Part("{0}.T", [self.leaf((columns, rows))], shape)
        if "1" in shape and shape != ("1", "1"):
            template = self.one_of("{0}[:, None]", "{0}.reshape(-1, 1)") if columns == "1" else (
                self.one_of("{0}[None, :]", "{0}.reshape(1, -1)"))  # fmt: skip
            return Part(template, [self.leaf((rows if columns == "1" else columns,))], shape)
        return Part("np.outer({0}, {1})", [self.leaf((rows,)), self.leaf((columns,))], shape)

    def vector(self, length):
        """A vector of a length that no variable has."""
        left, sign, right = re.fullmatch(r"(\w+)([+-]?)(\w*)", length).groups()
        if sign == "-":
            return Part(self.one_of("{0}[1:]", "{0}[:-1]"), [self.leaf((left,))], (length,))
        if sign:
            template = "np.append({0}, {1})" if right == "1" else "np.concatenate([{0}, {1}])"
            behind = self.leaf(() if right == "1" else (right,))
            return Part(template, [self.leaf((left,)), behind], (length,))
        parts = [self.leaf(()) for _ in range(int(length))]
        template = ", ".join(f"{{{k}}}" for k in range(len(parts)))
        return Part(f"np.stack([{template}])", parts, (length,))

    def of(self, shape, depth):
        """A part of this shape, at most so deep; some are lines, or have a name."""
        if depth <= 0 or self.one_of(*range(7)) == 0:
            return self.leaf(shape)
        rows = self.one_of(*fitting(shape), "pair", "pair", "pair", "where")
        if rows == "pair":
            part = self.together(self.one_of(*PAIRS), shape, depth)
        elif rows == "where":
            condition = self.condition(self.one_of(*below(shape)), depth - 1)
            part = self.where(condition, shape, depth)
        else:
            template, operands, result = self.choose(rows)
            part = Part(template, self.operands(operands, bound(result, shape), depth), shape)
        if self.one_of(*range(5)) == 0:
            part.let = True
        if self.one_of(0, 1, 2) == 0:
            self.made.append(part)
        return part

    def operands(self, patterns, found, depth):
        for pattern in patterns:
            is_condition = pattern[:1] and pattern[0].startswith("?")
            shape = ()
            for letter in pattern:
                letter = letter.removeprefix("?")
                if letter == "*":
                    shape = found["*"]
                elif letter.isdigit():
                    shape += (letter,)
                else:
                    shape += (found.setdefault(letter, self.choose(LENGTHS)),)
            yield self.condition(shape, depth - 1) if is_condition else self.of(shape, depth - 1)

    def sides(self, shape):
        """The shapes of two operands that are broadcast to this one."""
        one = self.one_of(*below(shape))
        other = self.one_of(*(s for s in below(shape) if broadcast(one, s) == shape))
        return self.one_of((one, other), (other, one))

    def together(self, template, shape, depth):
        return Part(template, [self.of(side, depth - 1) for side in self.sides(shape)], shape)

    def where(self, condition, shape, depth):
        return Part(
            "np.where({0}, {1}, {2})",
            [condition, *(self.of(side, depth - 1) for side in self.sides(shape))], shape,
        )  # fmt: skip

    def condition(self, shape, depth):
        if depth > 1 and self.one_of(0, 1, 2, 3) == 0:
            both = [self.condition(side, depth - 1) for side in self.sides(shape)]
            return Part(self.one_of(*LOGIC), both, shape)
        if self.one_of(0, 1):
            sides = [self.of(shape, depth - 1), Part("0")]
        else:
            sides = [self.of(side, depth - 1) for side in self.sides(shape)]
        if all(not part.parts and part.template not in VARIABLES for part in sides):
            sides[0] = Part("a")  # of numbers alone Python makes True or False
        return Part(self.one_of(*CONDITIONS), sides, shape)


RESULTS = [(), (), (), ("n",), ("N",), ("3",), ("N", "n"), ("n", "n"), ("N", "k"), ("N", "1"),
           ("1", "n"), ("n-1",), ("n+N",), ("3", "n"), ("N", "3")]  # fmt: skip


def drawn(choose, depths=(2, 5)):
    """``(program, wrt)``: a variable of it, or a tuple of scalars."""
    while True:
        writer = Writer(choose)
        for _ in range(choose([0, 0, 1, 2])):  # lines that what comes later may use
            writer.made.append(writer.of(choose(RESULTS), 2))
        program = Program(writer.of(choose(RESULTS), choose(range(depths[0], depths[1] + 1))))
        if program.variables and program.root.parts:
            break
    wrt = choose(program.variables)
    scalars = [name for name in program.variables if VARIABLES[name] == ()]
    if wrt in scalars and len(scalars) > 1 and choose([True, False]):
        return program, tuple(scalars)
    return program, wrt


def smaller(program):
    """Programs with less in them: a part in the place of all, or of one of its own shape."""
    parts = program.root.walk()
    for part in reversed(parts[:-1]):
        if part.parts:
            yield Program(part)
    for part in reversed(parts):
        inside = [other for other in part.walk()[:-1] if other.shape == part.shape]
        leaves = [Part(name, (), s) for name, s in VARIABLES.items() if s == part.shape]
        for other in [*inside, *leaves[:1] * bool(part.parts)]:
            yield Program(_with(program.root, part, other))
        if part.let:
            unnamed = Part(part.template, part.parts, part.shape)
            yield Program(_with(program.root, part, unnamed))


def _with(root, old, new):
    made = {id(old): new}

    def build(part):
        if id(part) not in made:
            inner = [build(p) for p in part.parts]
            same = all(p is q for p, q in zip(inner, part.parts, strict=True))
            made[id(part)] = part if same else Part(part.template, inner, part.shape, part.let)
        return made[id(part)]

    return build(root)


# --- variables and values ------------------------------------------------------------------------


def _variable(name, shape):
    lengths = [int(n) if n.isdigit() else n for n in shape]
    if len(lengths) == 2:
        return mc.matrices(name, shape=tuple(lengths))
    return mc.vectors(name, size=lengths[0]) if lengths else mc.scalars(name)


SYMBOLS = {name: _variable(name, shape) for name, shape in VARIABLES.items()}


def draw_values(seed, sizes):
    rng, values = np.random.default_rng(seed), {}
    for name, shape in VARIABLES.items():
        value = rng.uniform(0.3, 1.7, [length_of(n, sizes) for n in shape])
        signs = rng.choice([-1.0, 1.0], np.shape(value))
        values[name] = np.asarray(value if name in POSITIVE else value * signs)
    return values
