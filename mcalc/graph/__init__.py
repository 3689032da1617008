"""NumPy code -> graph: what a reader's function is recorded as, and the table of operations."""

<<<<<<< HEAD
from . import calls, einsum, indexing, linalg  # noqa: F401 (add their rows to the table of NumPy's functions)
=======
from . import calls, einsum, filled, indexing  # noqa: F401 (adds its rows to the table of NumPy's functions)
>>>>>>> h-matrix
