"""Tables: rows of the reference, and claims about one derivative beside its numbers."""

from __future__ import annotations

import numpy as np

from . import check
from .claims import resolve
from .derive import Derivation
from .evaluate import compile_
from .expr import WRITERS, as_expr, shape_text, symbols, unnamed
from .notation import STYLES
from .picture import numbers
from .rules import constant
from .steps import Lines

_TEXT = r"\text{{{}}}"


def _plain(rows) -> str:
    """Rows of text, the first of them the heads, with columns as wide as they must be."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
    return "\n".join(line.rstrip() for line in lines)


def _array(rows) -> str:
    """The same as a LaTeX array with a line below the heads."""
    rows = list(rows)
    body = r" \\[6pt] ".join(map(" & ".join, rows)).replace(r" \\[6pt] ", r" \\ \hline ", 1)
    return rf"$\displaystyle \begin{{array}}{{{'l' * len(rows[0])}}} {body} \end{{array}}$"


class Table:
    """Derivations side by side, each of them checked when the table is made."""

    def __init__(self, *derivations: Derivation, chain=False):
        for d in derivations:
            d.check()
        self.derivations, self.chain = derivations, chain

    def find(self, text: str) -> Table:
        """The rows in which ``text`` occurs, in plain text: ``find("sum(")``."""
        head, *rows = _plain(self._rows(STYLES[1])).split("\n")
        found = [d for d, row in zip(self.derivations, rows, strict=True) if text in row]
        return Table(*found, chain=self.chain)

    def _rows(self, style):
        write = WRITERS[style.name]
        heads = ["y", "by", *["chain"] * self.chain, "Jacobian", "shape"]
        yield [_TEXT.format(h) if style.latex and h != "y" else h for h in heads]
        for d in self.derivations:
            names = ", ".join(map(write, d.variables))
            size = shape_text(d.jacobian.shape)
            row = [write(unnamed(d.y)), f"({names})" if d.several else names]
            row += [Lines(d.graph, d.jacobian.expr, style).chain()] * self.chain
            yield [*row, write(d.jacobian.expr), size.replace("x", r"\times", style.latex)]

    def __repr__(self):
        return _plain(self._rows(STYLES[1]))

    def _repr_latex_(self):
        return _array(self._rows(STYLES[0]))


def table(*derivations: Derivation, chain=False) -> Table:
    """The derivations as rows of a table: ``table(derive(w + x, w), derive(w * x, w))``.

    ``chain`` adds the product of Jacobians that each came from. Every row is checked first;
    CheckFailed is raised if one does not hold. ``.find("sum(")`` gives the rows with that in it.
    """
    return Table(*derivations, chain=chain)


class Comparison:
    """Claims about one derivative, each with its value at a point, above that of nudged numbers."""

    def __init__(self, derivation: Derivation, claims: dict, values: dict):
        self.rows = [
            (name, claim, _at(derivation, claim, values), derivation.why(claim) or "right")
            for name, claim in claims.items()
        ]
        self.numbers = numbers(check.numerical(derivation, values))

    def __repr__(self):
        rows = [(name, f"{as_expr(claim)}", value, told) for name, claim, value, told in self.rows]
        return _plain([("", "formula", "here", ""), *rows, ("numbers", "", self.numbers, "")])

    def _repr_latex_(self):
        rows = [["", _TEXT.format("formula"), _TEXT.format("here"), ""]]
        for name, claim, value, told in self.rows:
            told = told if told == "right" else "wrong"
            told = [_TEXT.format(part) for part in (name, value, told)]
            rows.append([told[0], WRITERS["latex"](as_expr(claim)), *told[1:]])
        return _array([*rows, [_TEXT.format("numbers"), "", _TEXT.format(self.numbers), ""]])


def _at(derivation, claim, values):
    """A claim's value at a point, written out."""
    claim = unnamed(as_expr(claim))
    claim = resolve(claim, derivation.jacobian.shape[: claim.ndim])
    return numbers(compile_(claim, symbols(derivation.y), two_axes=True)(**values))


def compare(derivation: Derivation, claims: dict, **values) -> Comparison:
    """Claims side by side, against numbers: ``compare(d, {"print": p, "right": r}, x=2.0)``.

    Each row has a claimed closed form, its value at the point, and what ``.why`` says of it; the
    last has the derivative there by nudging the inputs. Nothing is raised for a wrong claim.
    """
    return Comparison(derivation, claims, values)


class Glossary:
    """Examples of the notation: what each means, how it is written, its shape."""

    def __init__(self, examples: dict):
        self.examples = {
            meaning: as_expr(getattr(shown, "jacobian", shown))
            for meaning, shown in examples.items()
        }

    def _rows(self, style):
        write = WRITERS[style.name]
        heads = ["it means", "it is written", "shape"]
        yield [_TEXT.format(h) if style.latex else h for h in heads]
        for meaning, e in self.examples.items():
            size = shape_text(e.shape).replace("x", r"\times", style.latex)
            yield [_TEXT.format(meaning) if style.latex else meaning, write(e), size]

    def __repr__(self):
        return _plain(self._rows(STYLES[1]))

    def _repr_latex_(self):
        return _array(self._rows(STYLES[0]))


def glossary(examples: dict) -> Glossary:
    """Examples of the notation, each under what it means: ``glossary({"the transpose": x.T})``.

    An example is an expression, a Jacobian, or a derivation, which shows its Jacobian.
    """
    return Glossary(examples)
