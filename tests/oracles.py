"""mcalc against libraries of automatic differentiation, autograd and JAX: a program at a point.

Points where the two need not agree are passed over, judged by the numbers of the program alone
(:class:`programs.Watch`).
"""

import warnings
from functools import cache, cached_property

import autograd
import autograd.numpy
import jaxprs
import numpy as np
from programs import COMPARISONS, EQUALITIES, HUGE, SYMBOLS, Watch, recorded, run

import mcalc as mc
from mcalc.evaluate import batch
from mcalc.expr import unnamed

TOLERANCE = 1e-8


class Library:
    """A library's NumPy, with comparisons as 0/1 vectors and what it has no derivative for.

    At its kink ``max(0, z)`` has the derivative that the paper gives it, 0.
    """

    def __init__(self, numpy):
        self.numpy = numpy

    def __getattr__(self, name):
        return getattr(self.numpy, name, None) or getattr(self.numpy.linalg, name)

    linalg = property(lambda self: self)

    def norm(self, a, ord=None):
        if ord is None:
            return self.numpy.linalg.norm(a)
        sizes = self.abs(a)
        return self.sum(sizes) if ord == 1 else self.max(sizes)

    def maximum(self, a, b):
        if isinstance(a, int | float) and a == 0:
            return self.where(self.numpy.greater(b, 0), b, 0.0)
        return self.numpy.maximum(a, b)

    def clip(self, a, low, high):
        return self.numpy.minimum(self.numpy.maximum(a, low), high)

    def where(self, c, a, b):  # autograd's derivative is wrong for operands that are broadcast
        return self.numpy.where(c, a + 0.0 * (b + c), b + 0.0 * (a + c))

    def float_power(self, a, b):
        return a**b

    def vdot(self, a, b):
        return self.sum(a * b)

    def positive(self, a):
        return 1.0 * a

    def logical_and(self, a, b):
        return a * b

    def logical_or(self, a, b):
        return self.numpy.maximum(a, b)

    def logical_not(self, a):
        return 1.0 - a

    bitwise_and, bitwise_or, invert = logical_and, logical_or, logical_not


def _as_numbers(name):
    def compared(self, a, b):
        return self.numpy.where(getattr(self.numpy, name)(a, b), 1.0, 0.0)

    return compared


for _name in (*COMPARISONS, *EQUALITIES):
    setattr(Library, _name, _as_numbers(_name))


class Autograd:
    """Derivatives of a function of one array at a point, by autograd."""

    library = Library(autograd.numpy)

    def quietly(self, differentiate, f, x):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # an output that does not depend on this input
            return differentiate(f)(x)

    def value(self, f, x):
        return np.asarray(f(x), dtype=float)

    def jacobian(self, f, x):
        return self.quietly(autograd.jacobian, f, x)

    def products(self, f, x, dx, v):
        jacobian = np.reshape(self.jacobian(f, x), (v.size, x.size))
        return jacobian @ np.ravel(dx), np.ravel(v) @ jacobian

    def hessian(self, f, x):
        return self.quietly(autograd.hessian, f, x)


class Jax:
    """The same by JAX in double precision, products by its own jvp and vjp.

    With ``compiled``, XLA computes the numbers too, and not NumPy (:mod:`jaxprs`).
    """

    def __init__(self, compiled=False):
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_platforms", "cpu")
        self.jax, self.library, self.compiled = jax, Library(jax.numpy), compiled

    def evaluate(self, f, *arguments):
        if self.compiled:
            return list(map(np.asarray, self.jax.jit(f)(*arguments)))
        with self.jax.disable_jit(), np.errstate(all="ignore"):
            made = self.jax.make_jaxpr(f)(*arguments)
            return jaxprs.run(made.jaxpr, made.consts, arguments)

    def value(self, f, x):
        (value,) = self.evaluate(lambda x: [f(x)], x)
        return value

    def jacobian(self, f, x):
        return self.value(self.jax.jacfwd(f), x)

    def products(self, f, x, dx, v):
        def both(x, dx, v):
            _, forward = self.jax.jvp(f, (x,), (dx,))
            return [forward, *self.jax.vjp(f, x)[1](v)]

        return self.evaluate(both, x, dx, v)

    def hessian(self, f, x):
        return self.value(self.jax.hessian(f), x)


@cache
def oracle(name="autograd"):
    return {"autograd": Autograd, "jax": Jax, "xla": lambda: Jax(compiled=True)}[name]()


# --- one program -------------------------------------------------------------------------------


def symbolic(program, wrt):
    """The program on mcalc's variables, derived."""
    y = recorded(program)
    by = tuple(SYMBOLS[name] for name in wrt) if isinstance(wrt, tuple) else SYMBOLS[wrt]
    return mc.derive(y, wrt=by)


class Point:
    """A program at a point as an oracle sees it, by ``wrt``.

    The products are the Jacobian times ``dx``, and ``v`` times the Jacobian; the Hessian is that of
    the sum of the outputs.
    """

    def __init__(self, program, wrt, values, by=None):
        self.program, self.wrt, self.values, self.oracle = program, wrt, values, by or oracle()
        several = isinstance(wrt, tuple)
        self.x = np.array([values[name] for name in wrt]) if several else np.asarray(values[wrt])
        self.value = self.oracle.value(self.function, self.x)
        rng = np.random.default_rng(0)
        self.dx, self.v = rng.standard_normal(self.x.shape), rng.standard_normal(self.value.shape)

    def function(self, x):
        library, wrt = self.oracle.library, self.wrt
        moved = dict(zip(wrt, x, strict=True)) if isinstance(wrt, tuple) else {wrt: x}
        return 1.0 * run(self.program, library, {**self.values, **moved})

    def total(self, x):
        return self.oracle.library.sum(self.function(x))

    @cached_property
    def jacobian(self):
        jacobian = self.oracle.jacobian(self.function, self.x)
        return np.reshape(jacobian, (self.v.size, self.x.size))

    @cached_property
    def products(self):
        forward, backward = self.oracle.products(self.function, self.x, self.dx, self.v)
        return np.reshape(forward, self.v.shape), np.reshape(backward, self.x.shape)

    @cached_property
    def hessian(self):
        return np.reshape(self.oracle.hessian(self.total, self.x), (self.x.size, self.x.size))


def close(found, wanted):
    scale = max(1.0, np.abs(wanted).max(initial=0.0))
    return np.shape(found) == np.shape(wanted) and (
        np.abs(np.subtract(found, wanted)).max(initial=0.0) <= TOLERANCE * scale
    )


def watched(program, values, wrt=()):
    """What there is to say against comparing at this point."""
    watch = Watch(wrt)
    with np.errstate(all="ignore"):
        run(program, oracle().library, values, watch=watch)
    return watch


def compare(d, point, sizes):
    """mcalc's value, Jacobian and products against the oracle's; False where they are too large."""
    value, values = point.value, point.values
    if not np.all(np.abs(point.jacobian) < HUGE**2):
        return False
    given = {e.name: values[e.name] for e in d.inputs}
    before = {name: array.copy() for name, array in values.items() if np.ndim(array)}

    y = unnamed(d.y)
    by_batch = batch([y], {name: v[None] for name, v in given.items()}, sizes)[y]
    assert close(np.broadcast_to(by_batch, (1, *value.shape))[0], value)

    closed = d.flat() if d.three_axes else d.numpy()
    found = closed(**given)
    assert type(found) is np.ndarray and found.dtype == np.float64 and found.ndim == 2
    flat = found.T.reshape(1, -1) if d.by_matrix and not d.three_axes else found
    assert close(flat, point.jacobian), f"{found} by mcalc, {point.jacobian} by the oracle"

    forward, backward = d.jvp(point.dx, **given), d.vjp(point.v, **given)
    for by_mcalc, by_oracle in zip((forward, backward), point.products, strict=True):
        assert close(by_mcalc, by_oracle), f"{by_mcalc} by mcalc, {by_oracle} by the oracle"

    results = [found, forward, backward]
    needed = {name: values[name] for name in d.parameters}
    again = [
        closed(**given if d.three_axes else needed),
        d.jvp(point.dx, **needed),
        d.vjp(point.v, **needed),
    ]
    for first, second in zip(results, again, strict=True):
        assert np.array_equal(first, second)
        others = (second, point.dx, point.v, *given.values())
        assert not any(np.shares_memory(first, x) for x in others)
    assert all(np.array_equal(values[name], array) for name, array in before.items())
    return True


def compare_hessian(point):
    """The second derivatives of the sum of the outputs; None where they are too large."""
    if not np.all(np.abs(point.hessian) < HUGE**2):
        return None
    program = ("sum", point.program) if point.value.ndim else point.program
    first = symbolic(program, point.wrt)
    second = mc.hessian(first.y, first.wrt)
    found = second.numpy()(**{e.name: point.values[e.name] for e in first.inputs})
    assert close(found, point.hessian), f"{found} by mcalc, {point.hessian} is the Hessian"
    return second
