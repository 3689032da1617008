"""A Jacobian as it is shown: in numerator layout, the paper's, or in denominator layout."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..graph import expr
from ..graph.expr import Expr, shape_text


class Jacobian(np.lib.mixins.NDArrayOperatorsMixin):
    """A Jacobian's closed form: ``str()`` gives it in plain text, ``shape`` is symbolic, m x n.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.derive(w * x, wrt=w).jacobian
    diag(x)   (n x n)

    It has a row for each output and a column for each input; where :func:`layout` has its transpose
    shown, that is said beside it. It takes part in NumPy expressions like the formula it is, so
    that a claim or a product of Jacobians can be written with it, and raises what the formula does:
    ShapeError for shapes that do not fit, UnsupportedError for a function without a rule.
    """

    def __init__(self, formula: Expr, names: Iterable[str] = ()):
        self.expr = formula
        self._names = names  # of variables beside which it stands

    @property
    def shape(self) -> tuple:
        return (*self.expr.shape, 1, 1)[:2]

    @property
    def T(self) -> Expr:
        """The transpose: the same derivatives in denominator layout."""
        return self.expr.T

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return getattr(ufunc, method)(*map(expr.as_expr, inputs), **options)

    __eq__, __ne__, __hash__ = Expr.__eq__, Expr.__ne__, object.__hash__

    def __str__(self):
        return self._written(self.expr, "text")

    def __repr__(self):
        shown, note = self._shown()
        return f"{self._written(shown, 'text')}   ({shape_text(shown.shape)}{note})"

    def _repr_latex_(self):
        shown, note = self._shown()
        size = shape_text(shown.shape).replace("x", r"\times")
        written = self._written(shown, "latex")
        return rf"$\displaystyle {written} \qquad ({size}\text{{{note}}})$"

    def _written(self, e, style):
        return expr.WRITERS[style](e, names=self._names)

    def _shown(self):
        return (self.expr.T, ", denominator layout") if is_turned() else (self.expr, "")


_layout = "numerator"


def layout(name: str) -> None:
    """Choose how Jacobians are shown: ``"numerator"`` layout, the paper's, or ``"denominator"``.

    Denominator layout is the transpose, n x m, for readers who come from other books; the steps of
    a derivation have their factors the other way round. Only what is shown changes: ``str()`` of a
    Jacobian, claims and numbers stay in numerator layout, m x n, and so do the steps by a matrix,
    which say so. Raises ValueError for any other name.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> J = mc.derive(w @ x, wrt=w).jacobian
    >>> mc.layout("denominator")
    >>> J
    x   (n x 1, denominator layout)
    >>> mc.layout("numerator")
    >>> J
    x^T   (1 x n)
    """
    global _layout
    if name not in ("numerator", "denominator"):
        raise ValueError(f'{name!r} is not a layout: "numerator" or "denominator"')
    _layout = name


def is_turned() -> bool:
    """Whether denominator layout is shown."""
    return _layout == "denominator"
