"""The exercises: a row for each, in the order of the chapters and of difficulty.

A row has a key, whose first part is the chapter, a question (``{y}`` and ``{x}`` stand for the
function and the variable), the function, the variable to differentiate by, and hints, the first of
which comes with the second miss. Of order 2, it asks for the Hessian. The answer is never written
down: it is derived. What asks for the meaning of a formula has its answer beside it, and a reason.
"""

from . import basics, paper, meaning, beyond, today  # noqa: F401, I001 (they add their rows, in this order)
from .row import ROWS, Meaning, Row

__all__ = ["ROWS", "Meaning", "Row"]
