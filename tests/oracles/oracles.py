"""mcalc against the plain NumPy program, and against autograd and JAX: a program at a point.

The values are those of NumPy's own functions on arrays of numbers, with its own True and False, and
its differences: what was recorded has to mean what was written. Automatic differentiation has more
digits. Points where they need not agree are passed over, judged by the numbers of the program alone
(:class:`programs.Look`).
"""

import itertools
import warnings
from functools import cache, cached_property, reduce

import autograd
import autograd.numpy
import jaxprs
import numpy as np
from programs import COMPARISONS, HUGE, Look, recorded, run, variables

import mcalc as mc
from mcalc.check.compile import compile_
from mcalc.check.interpret import batch
from mcalc.graph.lengths import sizes_shown_by, symbolic_sizes
from mcalc.graph.walk import symbols, unnamed

TOLERANCE = 1e-8
STEP = 2.0**-9  # of differences, and a half and a quarter of it


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

    # what autograd has no derivative of, or no function

    def hypot(self, a, b):
        return self.numpy.sqrt(a * a + b * b)

    def cbrt(self, a):
        return self.numpy.sign(a) * self.numpy.abs(a) ** (1 / 3)

    def take(self, a, indices, axis=None):
        return a[:, indices] if axis == 1 else a[indices]

    def flip(self, a, axis=None):
        return a[:, ::-1] if axis == 1 else a[::-1]

    def amax(self, a):
        return self.numpy.max(a)

    def amin(self, a):
        return self.numpy.min(a)

    def average(self, a, weights):
        return self.sum(a * weights) / self.sum(weights)

    def convolve(self, a, v):
        zeros = np.zeros(len(v) - 1)
        padded = self.numpy.concatenate([zeros, a, zeros])
        return sum(v[len(v) - 1 - k] * padded[k : k + len(a) + len(v) - 1] for k in range(len(v)))

    def pad(self, a, width):
        for axis, sides in enumerate(np.broadcast_to(width, (a.ndim, 2))):
            zeros = [np.zeros((*a.shape[:axis], n, *a.shape[axis + 1 :])) for n in sides]
            a = self.numpy.concatenate([zeros[0], a, zeros[1]], axis=axis)
        return a

    def linspace(self, a, b, count):
        return a + (b - a) * np.arange(count) / (count - 1)

    def gradient(self, f, step=1, axis=0):
        f = f.T if axis == 1 else f
        parts = [f[1:2] - f[:1], (f[2:] - f[:-2]) / 2, f[-1:] - f[-2:-1]]
        found = self.numpy.concatenate(parts) / step
        return found.T if axis == 1 else found

    def matvec(self, a, b):
        return self.numpy.matmul(a, b)

    vecmat = matvec

    def vecdot(self, a, b):
        return self.numpy.sum(a * b)

    def matrix_transpose(self, a):
        return a.T

    def select(self, conditions, choices, default):
        for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
            default = self.numpy.where(condition, choice, default)
        return default

    def heaviside(self, a, middle):
        return self.numpy.where(a == 0, middle, self.numpy.where(a > 0, 1.0, 0.0))

    def polyval(self, p, x):
        return sum(c * x ** (len(p) - 1 - k) for k, c in enumerate(p))

    def cov(self, m):
        centred = m - self.numpy.mean(m, axis=1, keepdims=True)
        return self.numpy.matmul(centred, centred.T) / (m.shape[1] - 1)

    def diagflat(self, v):
        return self.numpy.diag(v)

    def trapezoid(self, y):
        return self.sum((y[1:] + y[:-1]) / 2)

    def vector_norm(self, x):
        return self.sqrt(self.sum(x * x))

    matrix_norm = vector_norm

    def block(self, rows):
        return self.numpy.concatenate([self.numpy.concatenate(row, axis=1) for row in rows])

    def unstack(self, a):
        return [a[k] for k in range(len(a))]

    def cumprod(self, a):
        return self.numpy.stack([self.numpy.prod(a[: k + 1]) for k in range(len(a))])

    def copy(self, a):
        return 1.0 * a

    real = real_if_close = conjugate = copy

    def degrees(self, a):
        return a * (180 / np.pi)

    def radians(self, a):
        return a * (np.pi / 180)

    rad2deg, deg2rad = degrees, radians

    def multi_dot(self, arrays):
        return reduce(self.numpy.matmul, arrays)

    def ptp(self, a):
        return self.numpy.max(a) - self.numpy.min(a)

    def hsplit(self, a, places):
        return self.numpy.split(a, places, axis=a.ndim - 1)

    def broadcast_to(self, a, shape):
        return self.numpy.ones(shape) * a

    def diagonal(self, a):
        return self.sum(a * np.eye(len(a)), axis=1)

    def matrix_power(self, a, n):
        return reduce(self.numpy.matmul, [a] * n)

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


for _name in (*COMPARISONS, "equal", "not_equal"):
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


def symbolic(program, wrt, renamed=(), make=mc.derive):
    """The program on mcalc's variables, derived."""
    y, leaves = recorded(program, renamed), variables(renamed)
    by = tuple(leaves[name] for name in wrt) if isinstance(wrt, tuple) else leaves[wrt]
    return make(y, wrt=by)


class Plain:
    """The plain NumPy program: its value, and its derivatives by ``wrt`` from differences.

    Differences of three steps are extrapolated; ``unsure`` is how far the last two results are
    apart, infinite where they do not settle: near a kink, or at the edge of where there are values.
    """

    def __init__(self, program, wrt, values):
        self.program, self.values = program, values
        self.wrt = wrt if isinstance(wrt, tuple) else (wrt,)
        self.value = np.asarray(self.at(values), dtype=float)

    def at(self, values):
        with np.errstate(all="ignore"):
            return run(self.program, np, values)

    @cached_property
    def columns(self):
        """Each variable with each place in it."""
        return [
            (name, place) for name in self.wrt for place in np.ndindex(np.shape(self.values[name]))
        ]

    def moved(self, name, place, step):
        value = np.array(self.values[name])
        value[place] += step
        return np.ravel(1.0 * np.asarray(self.at({**self.values, name: value})))

    def slopes(self, name, place, step):
        """The derivative by one input from steps of three sizes, and how far it is from settled."""
        central = [
            (self.moved(name, place, h) - self.moved(name, place, -h)) / (2 * h)
            for h in (step, step / 2, step / 4)
        ]
        one, two = ((4 * b - a) / 3 for a, b in itertools.pairwise(central))
        noise = 1e-14 * np.abs(self.value).max(initial=0.0) / step
        apart = np.abs(one - two) + 1e-3 * np.abs(central[-1] - one)
        return (16 * two - one) / 15, apart + noise

    @cached_property
    def jacobian(self):
        """``(jacobian, unsure)``, each m x n."""
        found = []
        for name, place in self.columns:
            step = STEP * max(1.0, abs(np.asarray(self.values[name])[place]))
            found.append(self.slopes(name, place, step))
        return tuple(np.transpose(part) for part in zip(*found, strict=True))


def unlike_plain(found, plain):
    """Where a Jacobian differs from the plain program's by more than its differences are unsure."""
    right, unsure = plain.jacobian
    if found.shape != right.shape:
        return f"{found.shape} by mcalc, {right.shape} by differences of the plain program"
    scale = np.maximum(1.0, np.abs(right))
    settled = unsure < 1e-4 * scale  # and not where a step meets a kink
    wrong = settled & ~(np.abs(found - right) <= np.maximum(1e-6 * scale, 30 * unsure))
    return f"{found} by mcalc, {right} by differences of the plain program" if wrong.any() else None


class Point:
    """A program at a point as an oracle sees it, by ``wrt``.

    The products are the Jacobian times ``dx``, and ``v`` times the Jacobian; the Hessian is that of
    the sum of the outputs.
    """

    def __init__(self, program, wrt, values, by=None, renamed=()):
        self.program, self.wrt, self.values, self.oracle = program, wrt, values, by or oracle()
        self.renamed = renamed
        self.by_name = {dict(renamed).get(name, name): value for name, value in values.items()}
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


def watched(program, values, wrt=(), huge=HUGE):
    """What there is to say against comparing at this point."""
    return Look(program, values, {wrt} if isinstance(wrt, str) else {*wrt}, huge)


def value_of(y, given, sizes):
    """An expression's values, by the interpreter and by compiled code."""
    y = unnamed(y)
    if not given:
        given = {"": np.zeros(())}
    with np.errstate(all="ignore"):
        by_batch = batch([y], {name: np.asarray(v)[None] for name, v in given.items()}, sizes)[y]
    compiled = compile_(y)
    needed = [e.name for e in symbols(y)]
    if not {*symbolic_sizes(y)} <= {*sizes_shown_by(*symbols(y))}:
        return by_batch[0], by_batch[0]  # nothing tells a length of it
    with np.errstate(all="ignore"):
        return by_batch[0], compiled(**{name: given[name] for name in needed})


def compared_value(y, given, sizes, value):
    """Assert that an expression has the value that NumPy gives, and none where NumPy gives none."""
    value = np.asarray(value, dtype=float)
    for found in value_of(y, given, sizes):
        assert found.size in (1, value.size), f"{found.shape} as recorded, {value.shape} by NumPy"
        found = np.broadcast_to(found, np.shape(value))
        number = np.isfinite(value)
        same = np.array_equal(value[~number], found[~number], equal_nan=True)
        same = same and close(found[number], value[number])
        assert same, f"the value is {found} as recorded, {value} by NumPy"


def compare_plain(d, plain, by_name, sizes, at_a_kink=False):
    """mcalc's value and Jacobian against the plain NumPy program's; the Jacobian, m x n."""
    given = {e.name: by_name[e.name] for e in d.inputs}
    compared_value(d.y, given, sizes, plain.value)
    closed = d.jacobian_2d() if d.more_axes else d.numpy()
    found = closed(**given)
    assert type(found) is np.ndarray and found.dtype == np.float64 and found.ndim == 2
    flat = found.T.reshape(1, -1) if d.by_matrix and not d.more_axes else found
    if d.y.ndim == 2 and d.y.shape[0] != 1 and not d.more_axes:  # of a matrix by a scalar
        flat = found.reshape(-1, 1)
    unlike = None if at_a_kink else unlike_plain(flat, plain)
    assert not unlike, unlike
    return flat


def compare(d, point, sizes, at_a_kink=False):
    """mcalc's value, Jacobian and products against the oracle's; False where they are too large.

    Differences are compared as well, but at a kink, where the paper's derivative is none.
    """
    value, values = point.value, point.values
    if not np.all(np.abs(point.jacobian) < HUGE**2):
        return False
    given = {e.name: point.by_name[e.name] for e in d.inputs}
    before = {name: array.copy() for name, array in values.items() if np.ndim(array)}

    plain = Plain(point.program, point.wrt, values)
    assert close(value, plain.value), f"{value} by the oracle, {plain.value} by NumPy"
    found = compare_plain(d, plain, point.by_name, sizes, at_a_kink)
    assert close(found, point.jacobian), f"{found} by mcalc, {point.jacobian} by the oracle"

    forward, backward = d.jvp(point.dx, **given), d.vjp(point.v, **given)
    for by_mcalc, by_oracle in zip((forward, backward), point.products, strict=True):
        assert close(by_mcalc, by_oracle), f"{by_mcalc} by mcalc, {by_oracle} by the oracle"

    closed = d.jacobian_2d() if d.more_axes else d.numpy()
    results = [closed(**given), forward, backward]
    needed = {name: point.by_name[name] for name in d.parameters}
    again = [
        closed(**given if d.more_axes else needed),
        d.jvp(point.dx, **needed),
        d.vjp(point.v, **needed),
    ]
    for first, second in zip(results, again, strict=True):
        assert np.array_equal(first, second, equal_nan=True)
        others = (second, point.dx, point.v, *given.values())
        assert not any(np.shares_memory(first, x) for x in others)
    assert all(np.array_equal(values[name], array) for name, array in before.items())
    return True


def compare_hessian(point):
    """The second derivatives of the sum of the outputs; None where they are too large."""
    if not np.all(np.abs(point.hessian) < HUGE**2):
        return None
    program = ("sum", point.program) if point.value.ndim else point.program
    second = symbolic(program, point.wrt, point.renamed, mc.hessian)
    found = second.numpy()(**{e.name: point.by_name[e.name] for e in second.inputs})
    assert close(found, point.hessian), f"{found} by mcalc, {point.hessian} is the Hessian"
    return second
