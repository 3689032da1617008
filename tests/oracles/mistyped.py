"""Lines that somebody might mistype, made at random from those of the table of typed lines.

Whatever stands there, an exercise replies, and ``mc.read`` raises nothing but ReadError.
"""

import random
import time
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import mcalc as mc

TYPED = Path(__file__).parent.parent / "exercises" / "typed.toml"
LINES = 20  # for each seed
SLOW = 0.050  # seconds that reading may take, as everybody may type anything
PIECES = [
    *"()[]{}|^_'\"\\/*+-=<>,;:.!?@#$%&~`0123456789xyzabnuwIetd",
    *"αβθλσπ∂∇ΔΣ√∞·×⊗⊘⊙ᵀ²³⁻¹ₙ₁₂−–≤≥≠→∑∏∫½ \t\u00a0\u200b\u0301😀",
    "**", "^T", ".T", "^-1", "T^", "x_i", "dx", "dy/dx =", "1^T", "1_n", "||", "⊗ ", " if ", "; ",
    "np.", "mc.", "diag(", "sum(", "inv(", "det(", "tr(", "exp(", "log ", "sin^2", "1e5", "1e999",
    "9" * 40, "^" * 9, "(" * 30, "[[" * 9, "lambda", "import", "None", "True", "__class__", "()",
    r"\frac{", r"\frac", r"\cdot ", r"\mathbf{x}", r"\operatorname{diag}", r"\left(", r"\right)",
    r"^{\top}", r"\sum_{i}", r"\partial", r"\sqrt{", r"\odot", r"\begin{bmatrix}", r"&", r"\\",
    "alpha", "theta", "Sigma",
]  # fmt: skip


@cache
def table():
    """Keys and their lines."""
    return [(key, [*lines]) for key, lines in tomllib.loads(TYPED.read_text("utf-8")).items()]


def mistyped(rng, line, other):
    """A line with some of its characters dropped, doubled, swapped, replaced or put in."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8))):
        at = rng.randrange(len(line) + 1)
        head, one, rest = line[:at], line[at : at + 1], line[at + 1 :]
        line = rng.choice([
            head + rest, head + 2 * one + rest, head + rest[:1] + one + rest[1:],
            head + rng.choice(PIECES) + rest, head + rng.choice(PIECES) + one + rest,
            head + other[rng.randrange(len(other)) :], one + rest, head, line + " " + other,
        ])  # fmt: skip
    return line[:300]


def lines(seed):
    """Exercises by their keys, each with a line."""
    rng = random.Random(seed)
    for _ in range(LINES):
        key, typed = rng.choice(table())
        _, others = rng.choice(table())
        yield key, mistyped(rng, rng.choice(typed), rng.choice(others))


def attempt(seed, by=None):
    """What became of the lines with this seed, as counts; raises where anything but a reply comes.

    The error's note is a program that raises it again.
    """
    found = Counter()
    for key, line in lines(seed):
        ex = mc.exercise(key)
        try:
            start = time.perf_counter()
            try:
                mc.read(line, **ex.names)
            except mc.ReadError as error:
                assert f"{error}".strip(), "nothing is said"
            took = time.perf_counter() - start
            if took > SLOW:
                took = min(took, _again(line, ex.names))
            start = time.perf_counter()
            reply = ex.why(line)
            answered = time.perf_counter() - start
            assert f"{reply}".strip() and reply.mistake != "no formula", f"{reply}"
        except Exception as error:
            error.add_note(f"{key}: {line!r}\nimport mistyped; mistyped.attempt({seed})")
            raise
        found["lines"] += 1
        found["lines", "right" if reply else reply.mistake] += 1
        found["reading: over 50 ms"] += took > SLOW
        found["replying: over 500 ms"] += answered > 0.5
        found["longest", "read", round(took * 1e3)] += 1
        found["longest", "reply", round(answered * 1e3)] += 1
    return found


def _again(line, names):
    """A machine may have had something else to do."""
    start = time.perf_counter()
    try:
        mc.read(line, **names)
    except mc.ReadError:
        pass
    return time.perf_counter() - start


def longest(total, what):
    """Milliseconds of the slowest line."""
    return max((key[2] for key in total if key[:2] == ("longest", what)), default=0)
