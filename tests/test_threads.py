"""Threads do not mix: a hub's service, or an instructor's script, derives in several at once."""

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import mpmath
import numpy as np
import pytest
from functions import SYMBOLS, drawn

import mcalc as mc
from mcalc.check.precise import working
from mcalc.graph.expr import NUMBER, UnsupportedError, node

THREADS = 4


@pytest.fixture
def often():
    """Threads change places a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def at_once(function, tasks):
    """What a function gives for each of the tasks; all threads start together."""
    ready = threading.Barrier(THREADS)

    def begin():
        ready.wait()

    with ThreadPoolExecutor(THREADS, initializer=begin) as pool:
        return [*pool.map(function, tasks)]


def test_equal_nodes_are_one_object_in_all_threads(often):
    x = mc.vectors("x")
    tasks = [k for k in range(2000) for _ in range(THREADS)]
    made = at_once(lambda k: np.sin(x * node(NUMBER, value=k + 0.125, shape=())), tasks)
    assert len({id(e) for e in made}) == 2000


def told(seed):
    program, wrt = drawn(random.Random(seed).choice)
    try:
        y = program.on(np, SYMBOLS)
        d = mc.derive(y, wrt=[SYMBOLS[name] for name in ([wrt] if isinstance(wrt, str) else wrt)])
        return str(d), d.equals(d.jacobian.expr), d.why(2 * d.jacobian.expr)
    except (UnsupportedError, mc.ShapeError, ValueError, TypeError) as error:
        return str(error)


def test_threads_derive_and_judge_as_one_does(often):
    seeds = range(60)
    expected = [told(seed) for seed in seeds]
    assert at_once(told, [*seeds, *seeds]) == expected * 2


def test_each_thread_has_the_digits_that_it_asked_for(often):
    def third(digits):
        with working(digits):
            return mpmath.nstr(3 * (mpmath.mpf(1) / 3 - mpmath.mpf(10) ** (5 - digits)), digits)

    tasks = [20, 60, 100, 400] * 200
    assert at_once(third, tasks) == [third(digits) for digits in tasks]
    assert mpmath.mp.dps == 15
