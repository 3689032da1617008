"""How fast mcalc is, beside others, in one run: `make bench`, or a part, `make bench ARGS=2`.

The figures are medians, and their ratios hold better than they do: a machine has slow moments. No
test depends on them. What is not installed is left out, and named.
"""

import contextlib
import gc
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import block
import functions
import latency
import load
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import peers
from nbformat.v4 import new_code_cell, new_notebook

import mcalc as mc
import notebooks

TO = notebooks.ROOT / "build" / "bench.png"
LENGTHS = 3, 10, 30, 100, 300, 10_000
FUNCTIONS = "w ⊗ x", "neuron", "softmax", "loss"
SIZES = (100, 10), (10_000, 100), (100_000, 300)
DEPTHS = 1, 2, 4, 8, 16, 32  # blocks, one upon another
LONGEST = 20  # seconds for what SymPy is given to do
ROUNDS, TURN = 6, 0.4  # in turns: how many for each library, and seconds for each of its methods
LOOKS = dict(  # by library: colours that a colour-blind reader tells apart, and a marker each
    zip(
        ("mcalc", "NumPy by hand", "in blocks", "PyTorch", "JAX, jit", "autograd", "SymPy"),
        zip(("#5790fc", "#000000", "#9c9ca1", "#e42536", "#f89c20", "#964a8b", "#e42536"),
            "osDv^Xs", strict=True), strict=True)
)  # fmt: skip


def duration(seconds):
    """``184 us``: three digits with their unit."""
    unit, size = next((u, s) for u, s in (("s", 1), ("ms", 1e-3), ("us", 0)) if seconds >= s)
    return f"{three(seconds / (size or 1e-6))} {unit}"


def three(number):
    """Three digits, or those before the point."""
    return f"{number:,.{max(0, 2 - int(np.log10(max(number, 1))))}f}"


def table(title, head, rows):
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    print(f"\n{title}\n")
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print(f"| {' | '.join(cells)} |", flush=True)


def left_out(*modules):
    if missing := [name for name in modules if not peers.installed(name)]:
        print(f"\nNot installed, so left out: {', '.join(missing)}.")


# --- 1 ---------------------------------------------------------------------------------------


def deriving():
    """The closed form for vectors of length n, beside SymPy's Jacobian, entry by entry."""
    rows, curves = [], {}
    for name in FUNCTIONS:
        last = None
        for n in LENGTHS:
            methods = {"mcalc": partial(peers.by_mcalc, name, n)}
            if last is None or last[1] * (n / last[0]) ** 2 < LONGEST:  # it grows so at least
                methods["SymPy"] = partial(peers.by_sympy, name, n)
            methods["mcalc"]()
            times = {
                method: statistics.median(some) for method, some in peers.turns(methods, 1).items()
            }
            for method, seconds in times.items():
                curves.setdefault((method, name), []).append((n, seconds))
            other, ratio = "-", "-"
            if "SymPy" in times:
                last = n, times["SymPy"]
                other, ratio = duration(last[1]), three(last[1] / times["mcalc"])
            else:
                other = f"not run: n = {last[0]} took {duration(last[1])}"
            rows.append([name, f"{n:,}", duration(times["mcalc"]), other, ratio])
    table(
        f"1. Derive the Jacobian for vectors of length n: the closed form, printed, and SymPy's "
        f"explicit matrix\n(the loss of {peers.N_EXAMPLES} examples; both once they are warm)",
        ["function", "n", "mcalc", "SymPy", "SymPy over mcalc"],
        rows,
    )

    def draw(axes):
        for (method, name), points in curves.items():
            color, _ = LOOKS[method]
            axes.plot(*zip(*points, strict=True), color=color, marker="osD^"[FUNCTIONS.index(name)],
                      linestyle="-" if method == "mcalc" else "--", label=f"{method}: {name}",
                      markerfacecolor=color if method == "mcalc" else "white")  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="length n of the vectors", ylabel="seconds",
                 title="Deriving a Jacobian")  # fmt: skip
        axes.legend(fontsize=8, ncols=2)

    return draw


# --- 2 ---------------------------------------------------------------------------------------


def processes():
    """A process for each library."""
    libraries = [name for name in peers.LIBRARIES if peers.installed(name)]
    spawn = multiprocessing.get_context("spawn")
    return {name: ProcessPoolExecutor(1, mp_context=spawn) for name in libraries}


def in_turns(pools, timed, *size):
    """The median time of each method, where the libraries take turns."""
    samples = {}
    for _ in range(ROUNDS):
        for name, pool in pools.items():
            seconds = TURN * (3 if name == "numpy" else 1)
            for method, some in pool.submit(timed, name, *size, seconds).result().items():
                samples.setdefault(method, []).extend(some)
    return {method: statistics.median(some) for method, some in samples.items()}


def evaluating():
    """The gradient of the loss at numbers; each library has a process, and they take turns."""
    pools = processes()
    rows, ratios = [], {}
    for N, n in SIZES:
        times = in_turns(pools, peers.timed_gradients, N, n)
        best = min(times["NumPy by hand"], times["in blocks"])
        for method, seconds in times.items():
            ratios.setdefault(method, []).append(seconds / best)
        cells = [f"{duration(seconds)}, {three(seconds / best)}" for seconds in times.values()]
        rows.append([f"{N:,} x {n}", *cells])
    said = "; ".join(pool.submit(peers.threads, name).result() for name, pool in pools.items())
    for pool in pools.values():
        pool.shutdown()
    table(
        "2. The gradient of the loss by w at numbers, X of N x n: time, and its ratio to the best "
        f"NumPy by hand\n({said})",
        ["N x n", *ratios],
        rows,
    )
    left_out(*peers.LIBRARIES, "threadpoolctl")

    def draw(axes):
        for method, some in ratios.items():
            color, marker = LOOKS[method]
            axes.plot(range(len(SIZES)), some, marker, color=color, label=method, linestyle=":")
        axes.axhline(1, color="black", linewidth=0.8)
        axes.set(yscale="log", xlabel="N x n", ylabel="time, over the best NumPy by hand",
                 title="Evaluating the gradient of the loss",
                 xticks=range(len(SIZES)), xticklabels=[f"{N:,} x {n}" for N, n in SIZES],
                 xlim=(-0.3, len(SIZES) - 0.7))  # fmt: skip
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend(fontsize=8)

    return draw


# --- 3 ---------------------------------------------------------------------------------------


def checking():
    """Numerical Jacobians of softmax, and how far each is from the closed form."""
    rows, curves = [], {}
    for n in (10, 100):
        methods, closed = peers.numerical(n)
        times = peers.turns(methods, 2)
        for method, some in times.items():
            seconds, error = statistics.median(some), np.max(abs(methods[method]() - closed))
            curves.setdefault(method, []).append((n, seconds, error))
            ratio = three(seconds / statistics.median(times["mcalc's check"]))
            rows.append([str(n), method, duration(seconds), ratio, f"{error:.0e}"])
    table(
        "3. Numerical Jacobians of softmax at a point, and their largest error",
        ["n", "by", "time", "ratio", "error"],
        rows,
    )
    x = mc.vectors("x")
    d = mc.derive(np.exp(x) / np.sum(np.exp(x)), wrt=x)
    seconds = statistics.median(peers.turns({"check": d.check}, 1)["check"])
    print(f"\nd.check() whole, with SymPy's scalars and 25 points: {duration(seconds)}.")
    left_out("scipy", "numdifftools")

    def draw(axes):
        for (method, points), color, marker in zip(
            curves.items(), ("#5790fc", "#f89c20", "#964a8b"), "osD", strict=False
        ):
            lengths, seconds, errors = zip(*points, strict=True)
            errors = np.maximum(errors, np.finfo(float).eps / 100)  # a log axis has no place for 0
            axes.plot(seconds, errors, color=color, marker=marker, linestyle=":", label=method)
            for n, t, error in zip(lengths, seconds, errors, strict=True):
                axes.annotate(f"n = {n}", (t, error), xytext=(5, 5), textcoords="offset points")
        axes.set(xscale="log", yscale="log", xlabel="seconds", ylabel="largest error",
                 title="Numerical Jacobians of softmax")  # fmt: skip
        axes.margins(0.25)
        axes.legend(fontsize=8)

    return draw


# --- 4 and 5 ---------------------------------------------------------------------------------

IMPORT = """
import time, numpy, sympy
start = time.perf_counter()
import mcalc
print(time.perf_counter() - start)
"""
STAGES = {
    "a bare kernel": "",
    "after import mcalc": "import numpy as np\nimport mcalc as mc",
    "after deriving the loss": (
        'X, w = mc.matrices("X", shape=("N", "n")), mc.vectors("w")\n'
        'y, b = mc.vectors("y", size="N"), mc.scalars("b")\n'
        "mc.derive(np.mean((y - np.maximum(0, X @ w + b)) ** 2), wrt=w)"
    ),
    "after an explorer": "mc.explore.jacobian(np.exp(w) / np.sum(np.exp(w)), wrt=w)",
}


def starting():
    """Time to import, and a kernel's memory."""
    command = [sys.executable, "-c", IMPORT]
    times = [float(subprocess.check_output(command)) for _ in range(9)]
    rows = [["import mcalc, over NumPy and SymPy", duration(statistics.median(times))]]
    if os.path.exists("/proc/self/smaps_rollup"):
        cells = [new_code_cell(source) for stage in STAGES.values() for source in (stage, load.ASK)]
        ran = notebooks.executed(new_notebook(cells=cells), notebooks.ROOT / "notebooks")
        for stage, cell in zip(STAGES, ran.cells[1::2], strict=True):
            memory, _ = json.loads(cell.outputs[-1].text)
            rows.append([f"a kernel's memory (PSS), {stage}", f"{memory / load.MEGA:.0f} MB"])
    table("4. To start", ["what", "measured"], rows)


def sliding():
    """From a key on a slider to the picture."""
    print("\n5. From a key on a slider to the changed picture\n")
    latency.main()


# --- 6 ---------------------------------------------------------------------------------------


def going_back():
    """The backward pass of a transformer block: to derive it, and at numbers."""
    rows = []
    for depth in DEPTHS:
        start = time.perf_counter()
        lines = str(block.derived(depth)).count("\n") + 1
        seconds = time.perf_counter() - start
        rows.append([str(depth), str(lines), duration(seconds), duration(seconds / depth)])
    table(
        "6. The backward pass of transformer blocks, derived and printed once",
        ["blocks", "lines", "time", "a block"],
        rows,
    )
    pools, rows, head = processes(), [], []
    for N, d in block.SIZES:
        times = in_turns(pools, block.timed, N, d)
        ratios = {method: seconds / times["NumPy by hand"] for method, seconds in times.items()}
        head = [*times]
        cells = [f"{duration(s)}, {three(ratios[method])}" for method, s in times.items()]
        rows.append([f"({N}, {d})", *cells])
    for pool in pools.values():
        pool.shutdown()
    table(
        "The value and all gradients of a block at numbers: time, and its ratio to NumPy by hand",
        ["(N, d)", *head],
        rows,
    )


# --- 7 ---------------------------------------------------------------------------------------

ALL_DAY = 500, 5_000, 20_000  # derivations: what is loaded late is loaded by the first of them


def derived_all_day(send):
    """Drawn programs, derived and printed in one process; its memory after so many."""
    for count in range(1, ALL_DAY[-1] + 1):
        program, wrt = functions.drawn(random.Random(count).choice)
        by = [functions.SYMBOLS[name] for name in ([wrt] if isinstance(wrt, str) else wrt)]
        with contextlib.suppress(mc.UnsupportedError, mc.ShapeError, ValueError):
            str(mc.derive(program.on(np, functions.SYMBOLS), by[0] if isinstance(wrt, str) else by))
        if count in ALL_DAY:
            gc.collect()
            send.send(load.about(os.getpid())[0])


def deriving_all_day():
    """What derivations leave behind."""
    receive, send = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=derived_all_day, args=(send,))
    process.start()
    found = [receive.recv() for _ in ALL_DAY]
    process.join()
    rows = [
        [f"{count:,}", f"{memory / load.MEGA:.1f} MB", f"{(memory - found[0]) / load.MEGA:+.1f} MB"]
        for count, memory in zip(ALL_DAY, found, strict=True)
    ]
    table("7. The memory of a process (PSS) that derives", ["derivations", "memory", "more"], rows)


PARTS = {
    "1": deriving,
    "2": evaluating,
    "3": checking,
    "4": starting,
    "5": sliding,
    "6": going_back,
    "7": deriving_all_day,
}


def picture(drawn):
    matplotlib.use("agg")
    figure, every = plt.subplots(1, len(drawn), figsize=(6 * len(drawn), 5), squeeze=False,
                                 layout="constrained")  # fmt: skip
    for draw, axes in zip(drawn, every.flat, strict=True):
        draw(axes)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    TO.parent.mkdir(exist_ok=True)
    figure.savefig(TO, dpi=120)
    print(f"\n{TO.relative_to(notebooks.ROOT)}")


def main(parts):
    if unknown := [part for part in parts if part not in PARTS]:
        sys.exit(f"{', '.join(unknown)}: the parts are {', '.join(PARTS)}")
    for name in (
        "OPENBLAS_CORETYPE",
        "OPENBLAS_L2_SIZE",
    ):  # NumPy would not run as it does by itself
        if os.environ.pop(name, None):
            os.execv(sys.executable, [sys.executable, *sys.argv])
    drawn = [PARTS[part]() for part in parts or PARTS]
    if any(drawn):
        picture([draw for draw in drawn if draw])


if __name__ == "__main__":
    main(sys.argv[1:])
