"""What is made of several derivations: tables, comparisons, glossaries, calculations by lines."""

from __future__ import annotations

import itertools

from .check import check, diagnosis
from .check.claims import first_difference
from .check.compile import compile_
from .check.report import CheckFailed
from .derivation import Derivation, derive
from .graph.expr import UNEVALUATED, WRITERS, Expr, as_expr, node, shape_text
from .graph.lengths import resolve
from .graph.primitives import ZEROS
from .graph.walk import replace, symbols, unnamed, walk
from .notation.elements import is_partial
from .notation.numbers import numbers
from .notation.style import STYLES
from .notation.write import Writer

_LATEX, _TEXT = STYLES


def plain_table(rows) -> str:
    """Rows of text, the first of them the heads, with columns as wide as they must be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
    return "\n".join(line.rstrip() for line in lines)


def latex_array(rows, heads: bool = True) -> str:
    """The same as a LaTeX array, with a line below the heads if the first row has them."""
    body = r" \\[6pt] ".join(map(" & ".join, rows))
    body = body.replace(r" \\[6pt] ", r" \\ \hline ", 1) if heads else body
    return rf"$\displaystyle \begin{{array}}{{{'l' * len(rows[0])}}} {body} \end{{array}}$"


class Table:
    """Derivations side by side, each of them checked when the table is made.

    With ``chain`` there is also the product of Jacobians that each came from, and what it was
    checked against.
    """

    def __init__(self, *derivations: Derivation, chain=False):
        for d in derivations:
            if not isinstance(d, Derivation):
                raise TypeError(f"{d} is no derivation: give mc.derive({d}, wrt=...)")
        self.checks = [d.check() for d in derivations]
        self.derivations, self.chain = derivations, chain

    def _rows(self, style):
        write = WRITERS[style.name]
        second = all(d.of is not None for d in self.derivations)
        heads = "function", "by", "chain", "Hessian" if second else "Jacobian", "shape"
        columns = {style.words(head): [] for head in heads}
        for d in self.derivations:
            names = ", ".join(map(write, d.variables))
            size = shape_text(d.jacobian.shape).replace("x", r"\times", style.latex)
            by, chain = f"({names})" if d.by_scalars else names, ""
            if self.chain and not second:
                chain = d.lines(style).chain()
            function = d.of if second else d.y
            row = write(unnamed(function)), by, chain, write(d.jacobian.expr), size
            for column, cell in zip(columns.values(), row, strict=True):
                column.append(cell)
        if not any(columns[style.words("chain")]):
            del columns[style.words("chain")]
        if self.chain:
            both = ["scalar rules by SymPy" in f"{report}" for report in self.checks]
            checks = [style.words("scalars and numbers" if b else "numbers") for b in both]
            columns[style.words("checked by")] = checks
        return [list(columns), *zip(*columns.values(), strict=True)]

    def __repr__(self):
        return plain_table(self._rows(_TEXT))

    def _repr_latex_(self):
        return latex_array(self._rows(_LATEX))


def table(*derivations: Derivation) -> Table:
    """The derivations as rows of a table: ``table(derive(w + x, w), derive(w * x, w))``.

    A Jacobian's shape is in numerator layout. Every row is checked first; CheckFailed is raised if
    one does not hold, TypeError for what is no derivation. Paper: "Derivatives of vector
    element-wise binary operators".

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.table(mc.derive(w * x, wrt=w))
    function   by   Jacobian   shape
    w ⊗ x      w    diag(x)    n x n
    """
    return Table(*derivations)


class Comparison:
    """A right and some wrong claims about one derivative, with their values and nudged numbers."""

    def __init__(self, derivation: Derivation, right, wrong: dict, values: dict):
        if not isinstance(wrong, dict):
            raise TypeError("the wrong claims are a dictionary, as in {'sign': -x.T}")
        reason = derivation.why(right)
        if reason:
            raise CheckFailed(f"{as_expr(right)} is not the derivative: {reason}")
        found = {name: diagnosis.diagnose(derivation, claim) for name, claim in wrong.items()}
        reasons = {name: difference and difference.sentence for name, difference in found.items()}
        for name, reason in reasons.items():
            if reason is None:
                raise CheckFailed(f"{name}: {as_expr(wrong[name])} is right as well")
        self.rows = []
        for name, claim in {**wrong, "right": right}.items():
            verdict = reasons.get(name) or "right"
            if "it should be" in verdict:  # the numbers stand beside it
                verdict = "wrong"
            self.rows.append((name, as_expr(claim), _at(derivation, claim, values), verdict))
        self.numbers = numbers(check.numerical(derivation, values))

    def __repr__(self):
        rows = [(name, f"{claim}", value, verdict) for name, claim, value, verdict in self.rows]
        return plain_table([("", "formula", "here", ""), *rows, ("numbers", "", self.numbers, "")])

    def _repr_latex_(self):
        rows = [["", _LATEX.words("formula"), _LATEX.words("here"), ""]]
        for name, claim, *said in self.rows:
            value, verdict = map(_LATEX.words, said)
            rows.append([_LATEX.words(name), WRITERS["latex"](claim), value, verdict])
        return latex_array([*rows, [_LATEX.words("numbers"), "", _LATEX.words(self.numbers), ""]])


def _at(derivation, claim, values):
    """A claim's value at a point, written out."""
    claim = unnamed(as_expr(claim))
    claim = resolve(claim, derivation.jacobian.shape[: claim.ndim])
    return numbers(compile_(claim, symbols(derivation.y), two_axes=True)(**values))


def compare(derivation: Derivation, right, wrong: dict, **values) -> Comparison:
    """Wrong closed forms beside the right one and numbers: ``compare(d, 2 * x, {"sign": -2 * x},
    x=3.0)``.

    Each row has a formula, its value at the point, and what is wrong with it; the last has the
    derivative there by nudging the inputs. Raises CheckFailed if ``right`` is not the derivative,
    or if one of the wrong ones is, TypeError if those are no dictionary.

    >>> import mcalc as mc
    >>> z = mc.scalars("z")
    >>> mc.compare(mc.derive(z**2, wrt=z), 2 * z, {"sign": -2 * z}, z=3.0)
              formula   here
    sign      -2z       -6     the sign is wrong: yours is the negative
    right     2z        6      right
    numbers             6
    """
    return Comparison(derivation, right, wrong, values)


class Glossary:
    """Examples of the notation: what each means, how it is written, its shape."""

    def __init__(self, examples: dict):
        if not isinstance(examples, dict):
            raise TypeError("a glossary needs a dictionary, as in {'the transpose': x.T}")
        self.examples = {
            meaning: as_expr(getattr(shown, "jacobian", shown))
            for meaning, shown in examples.items()
        }

    def _rows(self, style):
        write = WRITERS[style.name]
        rows = [list(map(style.words, ("it means", "it is written", "shape")))]
        for meaning, e in self.examples.items():
            size = shape_text(e.shape).replace("x", r"\times", style.latex)
            rows.append([style.words(meaning), write(e), size])
        return rows

    def __repr__(self):
        return plain_table(self._rows(_TEXT))

    def _repr_latex_(self):
        return latex_array(self._rows(_LATEX))


def glossary(examples: dict) -> Glossary:
    """Examples of the notation, each under what it means: ``glossary({"the transpose": x.T})``.

    An example is an expression, a Jacobian, or a derivation, which shows its Jacobian. Raises
    TypeError for what is no dictionary. Paper: "Notation".

    >>> import mcalc as mc
    >>> mc.glossary({"the transpose": mc.vectors("x").T})
    it means        it is written   shape
    the transpose   x^T             1 x n
    """
    return Glossary(examples)


def derivative(y, wrt) -> Expr:
    """``d/dx y``, written but not carried out: a term for :func:`lines`.

    It is an expression like any other, with the Jacobian (numerator layout) as its value, and is
    shown with ``d``, or with ``∂`` where ``y`` has other variables too. What does not depend on
    ``wrt`` has the derivative zero.

    Raises TypeError for several variables, and whatever :func:`derive` does. Paper: "Review: Scalar
    derivative rules".

    >>> import mcalc as mc
    >>> x = mc.scalars("x")
    >>> mc.derivative(3 * x, x)
    d/dx 3x
    """
    if isinstance(wrt, tuple | list):
        raise TypeError("mc.derivative takes one variable; mc.derive(y, wrt=(x, y)) takes several")
    y, by = as_expr(y), as_expr(wrt)
    if by in {*walk(y)}:
        d = derive(y, by)
        value = replace(d.jacobian.expr, {d.wrt: by}.get)  # a `let` is free in it
    else:
        derive(by, by)  # refuses what is no variable
        lengths = y.shape + by.shape
        value = node(ZEROS, lengths=lengths) if lengths else as_expr(0)
        value = value.T if by.ndim > y.ndim else value
    return node(UNEVALUATED, value, of=y, by=by, shape=value.shape)


class Calculation:
    """Expressions that all have the same value, to be read line by line."""

    def __init__(self, *expressions):
        if len(expressions) < 2:
            raise ValueError(
                "a calculation has two lines or more: mc.lines(first, second), or *lines"
            )
        self.expressions = tuple(map(as_expr, expressions))
        plain = [unnamed(e) for e in self.expressions]
        for k, (before, after) in enumerate(itertools.pairwise(plain), 2):
            sentence = f"line {k}, {self.expressions[k - 1]}, is not line {k - 1}"
            if before.shape != after.shape:
                sizes = f"{shape_text(after.shape)} after {shape_text(before.shape)}"
                raise CheckFailed(f"{sentence}: {sizes}")
            difference = first_difference(after, before, symbols(before, after))
            if difference:
                raise CheckFailed(f"{sentence}: {difference.sentence}")

    def _written(self, style):
        held = [e for line in self.expressions for e in walk(line) if e.op is UNEVALUATED]
        partial = any(map(is_partial, held))
        return [Writer(style, line, partial)(line) for line in self.expressions]

    def __repr__(self):
        first, *rest = self._written(STYLES[1])
        return "\n= ".join([first, *rest])

    def _repr_latex_(self):
        first, *rest = self._written(STYLES[0])
        body = r" \\[6pt] ".join([f"& {first}", *(f"= {{}} & {line}" for line in rest)])
        return rf"$\displaystyle \begin{{array}}{{rl}} {body} \end{{array}}$"


def lines(*expressions) -> Calculation:
    """A calculation, a line a step: ``lines(derivative(3 * x, x), 3 * derivative(x, x), 3)``.

    Each line is compared with the one before, at random points and for several sizes;
    raises CheckFailed for the first one that differs, with the reason, and ValueError for less than
    two lines. Paper: "Review: Scalar derivative rules".

    >>> import mcalc as mc
    >>> x = mc.scalars("x")
    >>> mc.lines(mc.derivative(3 * x, x), 3)
    d/dx 3x
    = 3
    """
    return Calculation(*expressions)
