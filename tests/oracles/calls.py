"""NumPy's functions as people call them: with everything that each takes by position and by name.

What is drawn may be wrong, and NumPy may raise; then mcalc has to refuse it as well.
"""

import inspect

import numpy as np
from programs import names

from mcalc.graph.expr import NUMPY

FUNCTIONS = sorted(
    ("linalg." if "linalg" in f.__module__ else "") + f.__name__ for f in NUMPY
    if callable(f) and f is not np.invert
)  # fmt: skip
OPERANDS = ["a", "b", "x", "x", "w", "u", "q", "A", "S", "S", "B", 2.0, 0,
            ("transposed", "A"), ("greater", "x", 0), ("outer", "x", "w"), ("matmul", "A", "x"),
            ("list", "a", "b"), ("array", 1.0, 2.0, -1.0)]  # fmt: skip
LISTS = [("list", "a", "b"), ("list", "x", "w"), ("list", "x", "u"), ("list", "x", "x", "w"),
         ("list", "A", "A"), ("list", "x", "a"), ("list", "x")]  # fmt: skip
GIVEN = {  # by name
    "axis": [0, 1, -1, -2, 2, None, ("word", (0, 1)), True], "keepdims": [True, False],
    "ord": [1, 2, 3, 0, np.inf, -np.inf, ("word", "fro"), ("word", "nuc"), None, 0.5],
    "k": [0, 1, -1], "ddof": [0, 1], "where": [("greater", "x", 0)], "initial": [0, 10.0],
    "dtype": [float, int, None], "out": [None, "w"], "offset": [0, 1],
    "axes": [None, ("word", (1, 0))],
    "min": [0, None, "a"], "max": [1, None, "a"], "a_min": [0, None, "b"], "a_max": [1, None, "b"],
    "mean": [0.0, "a"], "correction": [1], "order": [("word", "C"), ("word", "K")],
    "axis1": [0, 1], "axis2": [1, 0], "shape": [3], "subok": [True], "signature": [None],
    "casting": [("word", "same_kind")], "b": ["x", "S"],
}  # fmt: skip
UFUNC = ["out", "where", "dtype", "casting", "order", "subok"]
METHODS = [".sum", ".mean", ".max", ".dot"]
USUAL = {  # operands with which something comes out
    1: ["x", "w", "A", "S", "q", "a"],
    2: [("x", "w"), ("S", "B"), ("S", "x"), ("x", "S"), ("A", "x"), ("a", "x"), ("A", "A"),
        ("A", "a"), ("A", "x"), ("u", "A"), ("S", "S"), ("q", 2.0)],
}  # fmt: skip


def signature(path):
    if path.startswith("."):
        return signature(path[1:])
    function = getattr(np.linalg, path[7:]) if path.startswith("linalg.") else getattr(np, path)
    if isinstance(function, np.ufunc):
        return function.nin, UFUNC
    try:
        parameters = list(inspect.signature(function).parameters)
    except ValueError:
        return 2, ["axis", "out", "dtype"]
    one = {"concatenate", "hstack", "stack"}
    wanted = [
        n for n in parameters if n in GIVEN and (n != "b" or path not in ("dot", "vdot", "inner"))
    ]
    two = path in ("dot", "vdot", "inner", "outer", "matmul", "where", "linalg.outer")
    return ("list" if path in one else 3 if path in ("where", "clip") else 2 if two else 1), wanted


def drawn_call(choose):
    """``(program, wrt)``: a call, and what is made of it to be a number or a vector."""
    path = choose([*FUNCTIONS, *METHODS])
    count, named = signature(path)
    if count == "list":
        given = [choose(LISTS)]
    elif count in USUAL and choose([True, True, True, False]):
        usual = choose(USUAL[count])
        given = list(usual) if count == 2 else [usual]
    elif path == "clip":
        given = [
            choose(["x", "A", "a"]),
            choose([0, -1, None, "b", "w"]),
            choose([1, None, "a", "x"]),
        ]
    elif path == "where":
        given = [choose([("greater", "x", "w"), ("greater", "a", 0), ("greater", "A", 0)]),
                 choose(OPERANDS), choose(OPERANDS)]  # fmt: skip
    else:
        given = [choose(OPERANDS) for _ in range(count)]
    if path.startswith(".") and not isinstance(given[0], str):
        given[0] = choose(["x", "A"])
    more = choose([0, 0, 0, 1, 1, 2]) if named else 0
    options = {}
    for name in [choose(named) for _ in range(more)]:
        options[name] = choose(GIVEN[name])
    if choose([0, 0, 0, 0, 1]):  # by position
        given.append(choose([0, 1, -1, None, "w", True]))
    call = ("call", path, tuple(given), tuple(options.items()))
    if path == "linalg.slogdet":
        call = ("index", call, 1)
    used = sorted(names(call))
    return call, choose(used) if used else None
