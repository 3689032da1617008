"""NumPy code -> graph: what a reader's function is recorded as, and the table of operations."""

from . import calls, einsum, filled, indexing  # noqa: F401 (adds its rows to the table of NumPy's functions)
