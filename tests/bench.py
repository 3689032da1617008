"""Times, as ratios within one run: `make bench`. No test depends on them.

What is compared runs in turns, so that a slow moment of the machine falls on both; the figures are
medians.
"""

import statistics
import subprocess
import sys
import time
from functools import partial

import latency
import numpy as np

import mcalc as mc


def turns(functions, seconds=1.0, least=9):
    """The median time of each function, called in turns for about so many seconds."""
    times = {name: [] for name in functions}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[next(iter(times))]) < least:
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(some) for name, some in times.items()}


def loss(n=None, N=None):
    X = mc.matrices("X", shape=(N or "N", n or "n"))
    w, y, b = mc.vectors("w", size=n or "n"), mc.vectors("y", size=N or "N"), mc.scalars("b")
    return np.mean((y - np.maximum(0, X @ w + b)) ** 2), w


def derive_loss(n):
    d = mc.derive(*loss(n, 5))
    return str(d.jacobian)


def by_hand(X, w, b, y):
    """Two matrix-vector products and a mask in place."""
    z = X @ w
    z += b
    mask = z > 0
    z -= y
    z *= mask
    gradient = z @ X
    gradient *= 2 / len(y)
    return gradient


def in_blocks(X, w, b, y, rows=4096):
    """The same, a block of rows at a time, so that X passes through the cache once."""
    gradient = np.zeros_like(w)
    for k in range(0, len(y), rows):
        part = X[k : k + rows]
        z = part @ w
        z += b
        mask = z > 0
        z -= y[k : k + rows]
        z *= mask
        gradient += z @ part
    gradient *= 2 / len(y)
    return gradient


def main():
    derive_loss(3)
    times = turns({n: lambda n=n: derive_loss(n) for n in (3, 10_000)})
    print("derive the gradient of the loss, and print it")
    for n, seconds in times.items():
        print(f"  n = {n:6,}: {seconds * 1e3:6.2f} ms")

    print("evaluate it, as a multiple of the best NumPy written by hand")
    rng = np.random.default_rng(0)
    compiled = mc.derive(*loss()).numpy()
    for N, n in ((100, 10), (10_000, 100), (100_000, 300)):
        values = {
            "X": rng.standard_normal((N, n)),
            "w": rng.standard_normal(n),
            "b": np.array(0.1),
            "y": rng.standard_normal(N),
        }
        assert np.allclose(compiled(**values), by_hand(**values))
        assert np.allclose(in_blocks(**values), by_hand(**values))
        ways = {"compiled": compiled, "by hand": by_hand, "in blocks": in_blocks}
        calls = {name: partial(f, **values) for name, f in ways.items()}
        times = turns(calls, seconds=3)
        best = min(times["by hand"], times["in blocks"])
        each = ", ".join(f"{name} {t * 1e6:.1f} us" for name, t in times.items())
        print(f"  N = {N:7,}, n = {n:3}: {times['compiled'] / best:5.2f}   ({each})")

    x, w = mc.vectors("x w")
    d, n = mc.derive(np.sin(x) * w, wrt=x), 1_000_000
    values = {"x": rng.standard_normal(n), "w": rng.standard_normal(n)}
    times = turns({"jvp": lambda: d.jvp(values["w"], **values), "sin": lambda: np.sin(values["x"])})
    print(
        f"jvp of sin(x) * w at n = {n:,}: {times['jvp'] * 1e3:.1f} ms, "
        f"{times['jvp'] / times['sin']:.1f} times np.sin alone"
    )

    code = "import time, {0}; t = time.perf_counter(); import mcalc; print(time.perf_counter() - t)"
    some = [
        float(subprocess.check_output([sys.executable, "-c", code.format("numpy, sympy")]))
        for _ in range(5)
    ]
    print(f"import mcalc, over NumPy and SymPy: {statistics.median(some) * 1e3:.0f} ms")
    latency.main()


if __name__ == "__main__":
    main()
