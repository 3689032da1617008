"""Typed lines of the table with something wrong in them: whatever stands there gets a reply.

Characters are dropped, doubled, swapped and put in: LaTeX, Greek letters, other alphabets.
"""

import random
import time
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

from mcalc.exercises.exercise import exercise
from mcalc.typed.read import ReadError, read

TABLE = Path(__file__).parents[1] / "exercises" / "typed.toml"
LINES = 20  # of a seed
SLOW = 0.05  # seconds of the processor that reading may take
MOST = 1.0  # and a reply
PIECES = (
    *"()[]{}^_+-*/.,;:=<>|'\"\\&%$#@!?~ 0123456789aexzwI∞√σπθ∂∇⊗⊘⊙·×−–",
    *"²³₁½⁻ᵀᵗ′ßéЖ中\u00a0\u200b\u0301\t😀",
    *r"\frac{1}{2} \cdot \odot \left( \right) ^{\top} ^{-1} \mathbf{x} \sigma \partial".split(),
    *r"\begin{bmatrix} \end{bmatrix} \\ \sqrt{ \sum_i \lVert ^T ^-1".split(),
    *"np. mc. .T ** inv( diag(".split(),
    *"1/0 1e999 10^10^10 e^e^e^x x^x ((((((( if otherwise ; dy/dx None lambda __import__".split(),
)  # fmt: skip


@cache
def lines():
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return [(key, text) for key, some in table.items() for text in some]


def mutated(rng, text):
    """A line with one to three slips of the keyboard in it."""
    signs = list(text)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        at = rng.randrange(len(signs) + 1)
        match rng.randrange(6):
            case 0:
                del signs[at : at + 1]
            case 1:
                signs[at:at] = signs[at : at + 1]
            case 2:
                signs[at : at + 2] = reversed(signs[at : at + 2])
            case 3:
                signs[at:at] = rng.choice(PIECES)
            case 4:
                signs[at : at + 1] = rng.choice(PIECES)
            case 5:
                other = rng.choice(lines())[1]
                start = rng.randrange(len(other) or 1)
                signs[at:at] = other[start : start + rng.randrange(12)]
    return "".join(signs)


def attempt(seed, by=None):
    """What became of some lines, as counts; AssertionError for one that has no reply."""
    rng, found = random.Random(seed), Counter()
    for _ in range(LINES):
        key, text = rng.choice(lines())
        found += replied(key, mutated(rng, text))
    return found


def replied(key, text):
    ex = exercise(key)
    started = time.process_time()
    try:
        read(text, **ex.names)
    except ReadError:
        pass
    reading = time.process_time() - started
    try:
        reply = ex.why(text)
    except Exception as error:
        error.add_note(f"{key}: {text!r}")
        raise
    spent = time.process_time() - started
    assert reply.text and reply.mistake != "no formula", f"{key}: {text!r}: {reply}"
    kind = "right" if reply else "not read" if reply.mistake == "not read" else "wrong"
    found = Counter(["lines", f"lines {kind}"])
    found["slowly read"] += reading > SLOW
    found["slowly answered"] += spent - reading > MOST
    if reading > SLOW or spent - reading > MOST:
        found["slow", f"{key} {text!r} {reading:.2f} {spent - reading:.2f}"] += 1
    return found
