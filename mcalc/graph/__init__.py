"""NumPy code -> graph: what a reader's function is recorded as, and the table of operations."""

from functools import partialmethod

import numpy as np

# they add their rows to the table of NumPy's functions
from . import calls, composed, einsum, filled, flat, indexing, kronecker, linalg, places  # noqa: F401
from .dispatch import NUMPY
from .expr import Expr

# of np.exp(np.array([a, b])) NumPy calls a.exp() and b.exp()
for _function in NUMPY:
    if isinstance(_function, np.ufunc) and _function.nin == 1:
        setattr(Expr, _function.__name__, partialmethod(_function))
