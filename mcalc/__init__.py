"""Matrix calculus for deep learning: derive, explain and check Jacobians of NumPy expressions."""

__version__ = "0.6.0"

from importlib import import_module

from .backward_pass import backward
from .check.explicit import entries
from .check.report import CheckFailed, Report
from .data import digits, shakespeare
from .derivation import Derivation, derive, hessian
from .draw import plots
from .graph.expr import ShapeError, UnsupportedError, size
from .graph.forms import cases, diag, identity, ones, outer, sigmoid, zeros
from .graph.open_functions import functions
from .graph.variables import let, matrices, scalars, vectors
from .lookup import reference
from .notation.layout import Jacobian, layout
from .tables import compare, derivative, glossary, lines, table

__all__ = [
    "CheckFailed",
    "Derivation",
    "Jacobian",
    "ReadError",
    "Report",
    "ShapeError",
    "UnsupportedError",
    "backward",
    "cases",
    "claim",
    "compare",
    "derivative",
    "derive",
    "diag",
    "digits",
    "entries",
    "exercise",
    "exercise_keys",
    "explore",
    "functions",
    "glossary",
    "hessian",
    "identity",
    "layout",
    "let",
    "lines",
    "matrices",
    "ones",
    "outer",
    "plots",
    "progress",
    "read",
    "reference",
    "require",
    "scalars",
    "shakespeare",
    "sigmoid",
    "size",
    "table",
    "vectors",
    "zeros",
]


_LATER = {  # what is loaded when it is first asked for
    "claim": ".stated",  # with what reads typed mathematics
    "explore": ".explorers.explore",  # with ipywidgets
    "exercise": ".exercises.exercise",
    "exercise_keys": ".exercises.exercise",
    "progress": ".exercises.progress",
    "read": ".typed.read",
    "ReadError": ".typed.read",
}


def __getattr__(name: str):
    if name in _LATER:
        return getattr(import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def require(version: str) -> None:
    """Raise an ImportError that says what to do, if this mcalc is older than ``version``.

    Each notebook begins with this, since a hub may fetch new notebooks and keep old packages.
    Raises ValueError for what is no version.

    >>> require("0.5.0")
    """
    if not version.replace(".", "").isdecimal():
        raise ValueError(f'{version!r} is no version: write for example require("{__version__}")')
    installed, needed = ([*map(int, v.split("."))] for v in (__version__, version))
    if installed < needed:
        raise ImportError(
            f"this notebook needs mcalc {version}, and {__version__} is installed: run "
            '"python -m pip install ." in the repository that the notebook is from '
            "(on a hub, those who run it do), and restart the kernel"
        )
