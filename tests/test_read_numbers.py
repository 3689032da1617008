"""Numbers and ones of a length: what is typed and printed is one and the same."""

import math
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


def test_a_printed_number_is_read_as_the_same_number():
    floats = [float(text) for text in random_numbers(150)]
    floats += [k * math.pi / m for k in range(1, 13) for m in range(1, 13)]
    floats += [math.e, 2**0.5, 1e16, 1e17, 1e22, 2.0**70, 123456789012345678, 1e300, 1 / 3, 22 / 7]
    for value in floats:
        number = mc.expr.as_expr(value)
        assert read(str(number)) is number
        for e in (number * a, a + number, a - number * b, x / number, a ** math.sin(value)):
            assert read(str(e), a=a, b=b, x=x) is e, e
        scalar = mc.derive(number * a, a).explicit()
        assert float(read(str(scalar)[1:-1]).params[0]) == float(number.params[0])
        d = mc.derive(number * np.sin(a), a)
        assert d.equals(read(str(d.jacobian), a=a))


def test_pi_is_written_by_its_name_unless_that_is_a_variable():
    p = mc.scalars("pi")
    assert str(read("pi")) == "pi" and read("pi")._repr_latex_() == r"$\displaystyle \pi$"
    assert str(mc.derive(np.pi * p**2, p).jacobian) == "6.283185307179586pi"
    assert str(mc.derive(np.pi * p**2, p).explicit()) == "[6.283185307179586pi]"
    assert str(mc.derive(np.pi * x, x).explicit(n=1)) == "[pi]"
    assert str(mc.entries(np.pi * x, n=1)) == "[pi x_1]"
    assert str(mc.entries(np.pi / 2 * x, n=1)) == "[(pi/2)x_1]"


@pytest.mark.parametrize("around", [lambda e: e, lambda e: e - 1, lambda e: 2 * e, lambda e: -e])
def test_bars_in_bars_are_read_as_they_are_written(around):
    size, norm = np.abs, np.linalg.norm
    made = [f(around(g(x + w))) for f, g in [(size, size), (size, norm), (norm, size)]]
    made += [f(around(e)) for f in (size, norm) for e in made if e.ndim or f is size]
    for e in made:
        assert read(str(e), x=x, w=w) is e
    assert len({e._repr_latex_().replace(r"\Vert ", "||") for e in made}) == len(made)
