"""Long runs against JAX, for `make soak`: random expressions, programs, claims right and wrong,
claims in other forms, and mistyped lines.

Each part goes through seeds. An interrupted run says where to go on; one that found anything wrong,
or that did not come to every row of mcalc's table, exits with 1.
"""

import argparse
import multiprocessing
import resource
import signal
import sys
import textwrap
import time
from collections import Counter

import attempts
import claimed
import expressions
import mistyped
import rewritten
from kinds import KINDS

from mcalc.graph.expr import NUMPY
from mcalc.graph.primitives import PRIMITIVES

# seeds; of each of the claims' come about a dozen, and of other forms; of typed lines twenty
FULL = {
    "expressions": 20_000, "programs": 5_000, "claims": 2_000, "forms": 1_000, "typed": 10_000
}  # fmt: skip
XLA = 500  # every so many seeds XLA computes JAX's numbers, too
ATTEMPT = {
    "expressions": expressions.attempt, "programs": attempts.attempt, "claims": claimed.attempt,
    "forms": rewritten.attempt, "typed": mistyped.attempt,
}  # fmt: skip


def one(task):
    """What became of a seed: counts, and what failed."""
    part, seed, oracle = task
    found, failures = Counter(["seeds"]), []
    for by in (
        [oracle, "xla"]
        if oracle == "jax" and part != "typed" and seed % XLA == XLA - 1
        else [oracle]
    ):
        try:
            once = ATTEMPT[part](seed, by)
            found += Counter({"with XLA": 1}) if by == "xla" else once
        except Exception as error:
            found["wrong" if isinstance(error, AssertionError) else "exceptions"] += 1
            notes = "\n".join(getattr(error, "__notes__", ()))
            failures.append(f"seed {seed}: {type(error).__name__}: {error}\n{notes}")
    return found, failures


def through(part, seeds, processes, by):
    """The counts of all seeds; failures are printed as they come."""
    total = Counter()
    left_alone = signal.signal, (signal.SIGINT, signal.SIG_IGN)  # to end them is for this process
    with multiprocessing.get_context("spawn").Pool(processes, *left_alone) as pool:
        try:
            tasks = [(part, seed, by) for seed in seeds]
            for found, failures in pool.imap(one, tasks, chunksize=10):
                total += found
                print(*failures, sep="\n", end="\n" * bool(failures), flush=True)
                if total["seeds"] % 100 == 0:
                    print(f"{part}: {total['seeds']} of {len(seeds)}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            done = total["seeds"]
            rest = f"--seed {seeds.start + done} --count {len(seeds) - done}"
            print(f'interrupted; make soak ARGS="{part} {rest}" goes on')
        pool.terminate()
        pool.join()
    return total


def counts(total, kind):
    """Like ``sin 12, cos 7``, the most frequent first."""
    some = Counter({" by ".join(key[1:]): n for key, n in total.items() if key[0] == kind})
    return ", ".join(f"{name} {n}" for name, n in some.most_common())


def unused(total):
    rows = {name for name in PRIMITIVES if not total["row", name]}
    functions = {f.__name__ for f in NUMPY if callable(f)}
    return rows | {f"np.{name}" for name in functions if not total["np", name]}


def of_kind(total, kind):
    """What became of the problems of a kind, the most frequent first."""
    start = f"{kind}: "
    found = Counter({key.removeprefix(start): n for key, n in total.items()
                     if isinstance(key, str) and key.startswith(start)})  # fmt: skip
    return found.most_common()


def table_of_expressions(total):
    lines = [
        ("expressions", total["seeds"]),
        ("compared on value, Jacobian, jvp, vjp", total["compared"]),
        ("  and on the Hessian", total["Hessians"]),
        ("  where JAX's Hessian is huge", total["huge Hessians"]),
        ("  by a matrix, which has none", total["by a matrix"]),
        ("  computed by XLA as well", total["with XLA"]),
        ("at a kink: reported by check", total["kinks reported"]),
        ("  of max(0, z) alone: compared, too", total["kinks compared"]),
        ("at no kink: found smooth by check", total["found smooth"]),
        ("refused by name", total["refused"]),
        ("passed over: near a kink", total["kink"]),
        ("passed over: huge numbers, or none", total["huge"]),
        ("passed over: a singular matrix", total["singular"]),
        ("passed over: rounding decides", total["rounding"]),
        ("passed over: no kink found", total["no kink"]),
        ("wrong", total["wrong"]),
        ("unexpected exceptions", total["exceptions"]),
    ]
    lines += [(f"{kind}: {what}", n) for kind in KINDS for what, n in of_kind(total, kind)]
    kinds = {"NumPy's functions": "np", "rows": "row", "shapes, y by wrt": "shape",
             "refused": "refused", "calls": "call"}  # fmt: skip
    more = {title: counts(total, kind) for title, kind in kinds.items()}
    return lines, more | {"without a use": ", ".join(sorted(unused(total))) or "none"}


def table_of_programs(total):
    lines = [
        ("programs", total["seeds"]),
        ("compared, at one size at least", total["compared programs"]),
        ("points compared: value, Jacobian, jvp, vjp", total["compared"]),
        ("  and the backward pass, all gradients", total["backward"]),
        ("  and the Hessian", total["Hessians"]),
        ("  where the oracle has no derivative", total["by differences alone"]),
        ("  at a singular determinant", total["with a singular determinant"]),
        ("  computed by XLA as well", total["with XLA"]),
        ("programs certified by check", total["checked by mcalc"]),
        ("refused by name", total["refused"]),
        *((f"passed over: {why}", total[reason]) for reason, why in attempts.PASSED_OVER.items()),
        ("wrong", total["wrong"]),
        ("unexpected exceptions", total["exceptions"]),
    ]
    return lines, {"refused": counts(total, "refused")}


def table_of_claims(total):
    lines = [
        ("derivations", total["seeds"]),
        ("passed over: too few points fit", total["passed over"]),
        ("passed over: by a matrix", total["by a matrix"]),
    ]
    for kind, what in claimed.OUTCOMES.items():
        by_mistake = {m.__name__: total[kind, m.__name__] for m in claimed.MISTAKES}
        lines.append((what, sum(by_mistake.values())))
        lines += [(f"  {name.replace('_', ' ')}", n) for name, n in by_mistake.items()]
    lines += [
        ("right claims, taken by equals and why", total["right"]),
        ("failures: wrong taken or right refused", total["wrong"]),
        ("unexpected exceptions", total["exceptions"]),
    ]
    return lines, {}


def table_of_forms(total):
    lines = [
        ("derivations", total["seeds"]),
        ("right claims in other forms, taken", total["right"]),
        *((f"  with {what}", total["with", what]) for what in rewritten.WITH),
        ("wrong claims, refused", total["wrong claims"]),
        ("mistakes that change nothing", total["equal"]),
        ("failures: wrong taken or right refused", total["wrong"]),
        ("unexpected exceptions", total["exceptions"]),
    ]
    return lines, {"rules": counts(total, "rule")}


def table_of_typed(total):
    lines = [
        ("typed lines", total["lines"]),
        *((f"  {kind}", total[f"lines {kind}"]) for kind in ("right", "wrong", "not read")),
        ("read in more than 50 ms", total["slowly read"]),
        ("answered in more than a second", total["slowly answered"]),
        ("no reply", total["wrong"]),
        ("raised", total["exceptions"]),
    ]
    return lines, {"slow": counts(total, "slow")}


def report(total, table):
    lines, more = table
    for name, n in lines:
        print(f"{name:<44}{n:>8,}")
    for title, text in more.items():
        print(textwrap.fill(f"{title}: {text}", 100, subsequent_indent="  "))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", choices=[*ATTEMPT, []], help="all, if not given")
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--count", type=int, help="of seeds")
    parser.add_argument(
        "--by", choices=["jax", "autograd"], default="jax", help="autograd is quick"
    )
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_intermixed_args()
    failed = False
    for part in args.part or ATTEMPT:
        start, count = time.perf_counter(), args.count or FULL[part]
        total = through(part, range(args.seed, args.seed + count), args.processes, args.by)
        minutes = (time.perf_counter() - start) / 60
        table = {
            "expressions": table_of_expressions, "programs": table_of_programs,
            "claims": table_of_claims, "forms": table_of_forms, "typed": table_of_typed,
        }[part]  # fmt: skip
        report(total, table(total))
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
        each = f"{most:.0f} MB at most in each"
        print(f"{minutes:.1f} minutes, {args.processes} processes, {each}\n")
        short = part == "expressions" and count >= FULL[part] and unused(total)
        failed |= bool(total["wrong"] + total["exceptions"] or short)
        if total["seeds"] < count:  # interrupted
            return True
    return failed


if __name__ == "__main__":
    sys.exit(main())
