"""Numbers and ones of a length: what is typed and printed is one and the same."""

import random

import numpy as np
import pytest

import mcalc as mc
from mcalc.reader import ReadError, read

a, b = mc.scalars("a b")
x, w = mc.vectors("x w")
u = mc.vectors("u", size="m")


def random_numbers(count):
    """Floats of every size as Python and C write them, with their values."""
    rng = random.Random(3)
    for _ in range(count):
        value = rng.choice((1, 10**4, 1e-3)) * rng.random() * 10.0 ** rng.randint(-300, 300)
        yield rng.choice(("{!r}", "{:e}", "{:.3e}", "{:.15g}", "{:E}", "{:.0e}")).format(value)


def test_a_number_in_any_of_python_s_spellings_is_that_number():
    spellings = [f"{m}{e}" for m in ("1", "2.5", ".5", "0.001", "10") for e in
                 ("e3", "e-3", "e+3", "E5", "e-05", "e10", "e+100", "e-100", "e0")]  # fmt: skip
    for text in [*spellings, *random_numbers(500)]:
        alone = read(text)
        assert float(alone.params[0]) == float(text)
        for written, meant in [
            (f"{text} a", alone * a), (f"a + {text}", a + alone), (f"{text}x^T", alone * x.T),
            (f"a/({text} + b)", a / (alone + b)), (f"a - {text}", a - alone),
        ]:  # fmt: skip
            assert read(written, a=a, b=b, x=x) is meant, written


def test_e_alone_is_still_the_base_of_the_logarithms():
    e = read("e")
    for text, meant in [
        ("2e", 2 * e), ("a e^a", a * np.exp(a)), ("2e - 3", 2 * e - 3), ("2 e-3", 2 * e - 3),
        ("2e^a", 2 * np.exp(a)), ("a^2e-1", a**0.2),
    ]:  # fmt: skip
        assert read(text, a=a, x=x) is mc.expr.as_expr(meant)


@pytest.mark.parametrize("text, name, message", [
    ("a + 2e-3", "e", 'column 5: "2e-3" can be meant in two ways: write 2 e - 3 or 2*10^(-3)'),
    ("2e+3 a", "e", 'column 1: "2e+3" can be meant in two ways: write 2 e + 3 or 2*10^3'),
    ("2.5e3", "e", 'column 1: "2.5e3" can be meant in two ways: write 2.5 e*3 or 2.5*10^3'),
    ("2e3", "e3", 'column 1: "2e3" can be meant in two ways: write 2 e3 or 2*10^3'),
    ("2E3", "E", 'column 1: "2E3" can be meant in two ways: write 2 E*3 or 2*10^3'),
])  # fmt: skip
def test_a_number_that_a_name_makes_ambiguous(text, name, message):
    given = {"a": a, name: mc.scalars(name)}
    with pytest.raises(ReadError) as caught:
        read(text, **given)
    assert str(caught.value) == message
    for way in message.partition("write ")[2].split(" or "):
        read(way, **given)
