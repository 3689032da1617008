"""Matrix calculus for deep learning: derive, explain and check Jacobians of NumPy expressions."""

__version__ = "0.1.0"

from .check import CheckFailed, Report
from .derive import Derivation, Jacobian, derive, hessian, layout
from .expr import ShapeError, UnsupportedError, let, matrices, scalars, vectors
from .rules import cases, diag, identity, ones, outer, zeros

__all__ = [
    "CheckFailed", "Derivation", "Jacobian", "Report", "ShapeError", "UnsupportedError", "cases",
    "derive", "diag", "hessian", "identity", "layout", "let", "matrices", "ones", "outer",
    "scalars", "vectors", "zeros",
]  # fmt: skip
