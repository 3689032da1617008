"""Numbers and ones of a length: what is typed and printed is one and the same."""

import math
import random

import numpy as np
import pytest

import mcalc as mc
from mcalc.typed.read import ReadError, read

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
        assert float(alone.params["value"]) == float(text)
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
        assert read(text, a=a, x=x) is mc.graph.expr.as_expr(meant)


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
        number = mc.graph.expr.as_expr(value)
        assert read(str(number)) is number
        for e in (number * a, a + number, a - number * b, x / number, a ** math.sin(value)):
            assert read(str(e), a=a, b=b, x=x) is e, e
        scalar = mc.derive(number * a, a).explicit()
        assert float(read(str(scalar)[1:-1]).params["value"]) == float(number.params["value"])
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


# --- ones and zeros --------------------------------------------------------------------------

A = mc.matrices("A", shape=("m", "n"))
GIVEN = {"a": a, "b": b, "x": x, "w": w, "u": u, "A": A}


@pytest.mark.parametrize(
    "e, text",
    [
        (mc.ones("n"), "1_n"),
        (mc.zeros("m"), "0_m"),
        (mc.ones(3), "1_3"),
        (2 * a * mc.ones("n"), "2a 1_n"),
        (mc.ones("n") + a, "1_n + a"),
        (np.linalg.norm(mc.ones("n") + a), "||1_n + a||"),
        (np.sum(mc.ones("n")), "sum(1_n)"),
        (np.exp(a * mc.ones("n")), "exp(a 1_n)"),
        (np.concatenate([mc.ones("m"), w]), "[1_m; w]"),
        (np.concatenate([mc.zeros(2), [a]]), "[0_2; [a]^T]"),
        (np.concatenate([x, mc.zeros("m")]).T, "[x^T, 0_m^T]"),
        (mc.ones("m + n"), "1_(m + n)"),
        (np.concatenate([mc.ones("n"), 2 * a * mc.ones(2)]).T, "[1_n^T, 2a 1_2^T]"),
        (mc.ones("n + 2"), "1_(n + 2)"),
        (np.stack([mc.ones("n"), mc.zeros("n")]), "[1_n^T; 0_n^T]"),
        (np.stack([mc.ones("n"), x]), "[1^T; x^T]"),
        (mc.diag(mc.ones("n")), "diag(1_n)"),
        (A @ (mc.ones("n") + a), "A (1_n + a)"),
        (mc.outer(mc.ones("m") + a, x), "(1_m + a) x^T"),
        (np.where(a > 0, mc.ones("n"), mc.zeros("n")), "1_n if a > 0; 0_n otherwise"),
        # where something beside them tells the length
        (mc.ones("n").T, "1^T"),
        (mc.zeros("n").T, "0^T"),
        (A @ mc.ones("n"), "A 1"),
        (mc.ones("n") @ x, "1^T x"),
        (mc.outer(mc.ones("m"), x), "1 x^T"),
        (mc.ones("n") + x, "1 + x"),
        (x + a * mc.ones("n"), "x + a 1"),
        (np.where(x > 0, mc.ones("n"), mc.zeros("n")), "1 if x > 0; 0 otherwise"),
        (np.where(a > 0, x, mc.zeros("n")), "x if a > 0; 0 otherwise"),
        (mc.ones(), "1"),
        (2 * mc.ones().T, "2 · 1^T"),
    ],
)
def test_ones_show_their_length_where_nothing_else_does(e, text):
    assert str(e) == text
    again = read(text, **GIVEN)
    assert again.shape == e.shape or None in (*e.shape, *again.shape)
    if None not in e.shape:
        assert mc.check.claims.first_difference(again, e, list(GIVEN.values())) is None


def random_vector(rng, depth, n="n"):
    """A vector with ones and zeros in it that may be all that tells its length."""
    inner = lambda: random_vector(rng, depth - 1, n)  # noqa: E731
    if depth == 0:
        return rng.choice([mc.ones(n), mc.ones(n), mc.zeros(n), mc.ones(n), x if n == "n" else u])
    return rng.choice(
        [
            lambda: a * inner(),
            lambda: inner() + b,
            lambda: inner() + inner(),
            lambda: np.exp(inner()),
            lambda: -inner(),
            lambda: np.maximum(inner(), a),
            lambda: inner() * inner(),
            lambda: inner() / b,
            lambda: (
                (A.T if n == "n" else A) @ random_vector(rng, depth - 1, "m" if n == "n" else "n")
            ),
            lambda: inner() * np.linalg.norm(inner()),
            lambda: inner() * np.sum(random_vector(rng, depth - 1, "m")),
            lambda: inner() * (inner() @ inner()),
        ]
    )()


def test_ones_of_any_formula_are_read_with_their_length():
    rng, joined = random.Random(5), 0
    for k in range(400):
        e = random_vector(rng, 1 + k % 3)
        whole = rng.choice(
            [
                e,
                e.T,
                np.sum(e),
                np.linalg.norm(e),
                np.max(e),
                mc.diag(e),
                e @ x,
                e @ e,
                mc.outer(e, u),
                A @ e,
                np.concatenate([e, random_vector(rng, 2, "m")]),
                np.concatenate([e, [a]]).T,
                np.stack([e, e + 1]),
            ]
        )
        again = read(str(whole), **GIVEN)
        joined += "_n" in str(whole)
        assert again.shape == whole.shape or None in again.shape, whole
        assert mc.check.claims.first_difference(again, whole, list(GIVEN.values())) is None, whole
    assert joined > 150


@pytest.mark.parametrize(
    "text, meant",
    [
        ("ones(n)", mc.ones("n")),
        ("zeros(3)", mc.zeros(3)),
        ("eye(n)", mc.identity("n")),
        ("2eye(m)", 2 * mc.identity("m")),
        ("ones(m + n)", mc.ones("m + n")),
        ("1_(m+n+2)", mc.ones("m + n + 2")),
        ("1_k", mc.ones("k")),
        ("x 1_m^T", mc.outer(x, mc.ones("m"))),
        ("1_n'", mc.ones("n").T),
        ("1_n.x", mc.ones("n") @ x),
    ],
)
def test_what_is_typed_with_a_length(text, meant):
    assert read(text, **GIVEN) is meant


@pytest.mark.parametrize(
    "text, message",
    [
        ("1_x", 'column 3: "x" is no length: a letter or a number stands there, as in 1_n and 0_3'),
        (
            "ones(x)",
            'column 6: "x" is no length: a letter or a number stands there, as in 1_n and 0_3',
        ),
        (
            "1_0",
            'column 3: the number "0" is no length: '
            "a letter or a number stands there, as in 1_n and 0_3",
        ),
        ("2 ones", 'column 3: "ones" is unknown: write ones(n), with a length'),
        ("1_1000000", "column 3: a vector of 1000000 is too long"),
        ("1_(m + n", 'column 9: a ")" is missing, for the "(" in column 3'),
    ],
)
def test_what_is_no_length(text, message):
    with pytest.raises(ReadError) as caught:
        read(text, **GIVEN)
    assert str(caught.value) == message
