"""Random programs of variables about which something is assumed, beside those without.

Where the numbers fulfil what is assumed, both derivations have to come to the same.
"""

import random
from collections import Counter

import numpy as np
from expressions import BY_ALL
from programs import SYMBOLS, VARIABLES, names, problem, run

import mcalc as mc
from mcalc.check.points import on_a_kink
from mcalc.check.report import CheckFailed
from mcalc.graph.assumptions import ASSUMPTIONS, fulfilled, supposing
from mcalc.graph.lengths import length
from mcalc.graph.walk import unnamed

SIZES = {"m": 2, "n": 3}, {"m": 3, "n": 2}, {"m": 1, "n": 3}, {"m": 2, "n": 1}
FAR = 1e6  # beyond it rounding tells more than formulas do
NEAR = 1e-7
POINTS = 4


def attempt(seed):
    """What became of the program with this seed, as counts; AssertionError where it is wrong."""
    choose = random.Random(seed).choice
    program, wrt = problem(choose, depths=(1, 4), by=BY_ALL)
    leaves = {name: assuming(v, choose) for name, v in SYMBOLS.items()}
    if all(leaves[name] is SYMBOLS[name] for name in names(program)):
        return Counter(["nothing assumed"])
    made = []
    for variables in (SYMBOLS, leaves):
        by = variables[wrt] if isinstance(wrt, str) else tuple(variables[v] for v in wrt)
        try:
            made.append(mc.derive(run(program, np, variables, mc.let), by))
        except Exception as error:
            made.append(type(error))
    if any(isinstance(one, type) for one in made):
        assert made[0] is made[1], f"only one of the two is refused: {program}"
        return Counter(["refused"])
    free, d = made
    count = Counter()
    for sizes in SIZES:
        count += compared(free, d, [*leaves.values()], sizes, np.random.default_rng(seed))
    if not count["compared"]:
        return count
    count["refined"] += str(d.closed) != str(free.closed)
    if seed % 3 == 0:
        count[checked(d)] += 1
    return count


def assuming(v, choose):
    """The variable with some assumption that can be made of it, or with none."""
    possible = [w for name in ASSUMPTIONS if (w := supposing(v, name)) is not None]
    return choose([v, *possible, *possible])


def compared(free, d, variables, sizes, rng):
    """The counts of the points of one size at which both derivations were compared."""
    drawn = {
        v.name: rng.standard_normal((POINTS, *length(VARIABLES[v.name], sizes))) for v in variables
    }
    batch = fulfilled(variables, drawn)
    off = ~on_a_kink(unnamed(free.y), free.variables, batch, sizes)
    count = Counter()
    for k in np.flatnonzero(off):
        values = {name: value[k] for name, value in batch.items()}
        results = []
        for one in (free, d):
            known = {v.name for v in one.inputs}
            try:
                with np.errstate(all="ignore"):
                    given = {n: a for n, a in values.items() if n in known}
                    results.append(one.jacobian_2d()(**given))
            except np.linalg.LinAlgError:
                results.append(np.array(np.nan))
        want, have = results
        if not np.isfinite(want).all() or abs(want).max() > FAR:
            count["no value"] += 1
            continue
        near = NEAR * max(1.0, abs(want).max())
        assert have.shape == want.shape and (abs(have - want) <= near).all(), (
            f"{d.y} by {d.wrt} at {values}: {have}, and without assumptions {want}"
        )
        count["compared"] += 1
    return count


def checked(d):
    """The word for what a check came to; it raises CheckFailed for what is wrong."""
    try:
        d.check(sizes=(2, 3), points=2)
    except CheckFailed as error:
        if "no point was found" not in str(error):
            raise
        return "nowhere smooth"
    return "checked"
