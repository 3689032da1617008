"""NumPy code -> graph: what a reader's function is recorded as, and the table of operations."""

from . import calls, einsum, indexing, linalg  # noqa: F401 (add their rows to the table of NumPy's functions)
