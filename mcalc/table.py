"""Rows of the reference table: an expression, what it is derived by, and the Jacobian."""

from __future__ import annotations

from .derive import Derivation
from .expr import NAMED, WRITERS, shape_text


class Table:
    """Derivations side by side, each of them checked when the table is made."""

    def __init__(self, *derivations: Derivation):
        for d in derivations:
            d.check()
        self.derivations = derivations

    def _rows(self, style):
        for d in self.derivations:
            names = ", ".join(WRITERS[style](v) for v in d.variables)
            by = f"({names})" if d.several else names
            y = d.y.args[0] if d.y.op is NAMED else d.y
            yield WRITERS[style](y), by, WRITERS[style](d.jacobian.expr), d.jacobian.shape

    def __repr__(self):
        rows = [("y", "by", "Jacobian", "shape")]
        rows += [(y, by, j, shape_text(shape)) for y, by, j, shape in self._rows("text")]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("   ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
        return "\n".join(line.rstrip() for line in lines)

    def _repr_latex_(self):
        rows = [r"y & \text{by} & \text{Jacobian} & \text{shape}"]
        for y, by, jacobian, shape in self._rows("latex"):
            size = shape_text(shape).replace("x", r"\times")
            rows.append(f"{y} & {by} & {jacobian} & {size}")
        body = r" \\[6pt] ".join(rows).replace(r" \\[6pt] ", r" \\ \hline ", 1)
        return rf"$\displaystyle \begin{{array}}{{llll}} {body} \end{{array}}$"


def table(*derivations: Derivation) -> Table:
    """The derivations as rows of a table: ``table(derive(w + x, w), derive(w * x, w))``.

    Every row is checked first; CheckFailed is raised if one does not hold.
    """
    return Table(*derivations)
