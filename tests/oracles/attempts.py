"""One random program of :mod:`functions` by its seed: what mcalc makes of it beside an oracle.

Compared are the value, the Jacobian, the products with a step and with a gradient, second
derivatives of scalars, and the backward pass with all its gradients, each at several sizes. The
numbers of the program alone decide where that is fit (:class:`Seen`). What mcalc refuses, it has to
refuse by name.
"""

import random
import re
import warnings
from collections import Counter
from functools import cached_property

import numpy as np
from expressions import deliberate
from functions import SYMBOLS, draw_values, drawn, length_of, smaller
from oracles import HUGE, Library, Plain, close, compared_value, oracle, unlike_plain

import mcalc as mc
from mcalc.graph.lengths import sizes_shown_by, symbolic_sizes
from mcalc.graph.walk import symbols, unnamed

NEAR = 1e-6  # to a kink
MOVE, SAME = 1e-6, 1e-12  # of the inputs, to see whether a tie stays; rounding
CONDITION = 1e5  # of a matrix that is solved with
SIZES = [
    {"N": 3, "n": 2, "k": 4}, {"N": 2, "n": 3, "k": 1}, {"N": 1, "n": 3, "k": 2},
    {"N": 4, "n": 1, "k": 2}, {"N": 1, "n": 1, "k": 1}, {"N": 2, "n": 2, "k": 2},
]  # fmt: skip
SHOWN, CHECKED = 5, 25  # every so many are printed, and certified by mcalc itself
PASSED_OVER = {
    "kink": "near a kink",
    "zero product": "np.prod of a 0, whose slope is not computed",
    "huge": "huge numbers, or none",
    "singular": "a singular matrix",
    "a singular determinant": "no number at a singular determinant",
    "empty": "nothing in a part of length 0",
    "no value": "NumPy raises",
    "huge Hessians": "a huge Hessian",
    "no Hessian by the oracle": "no Hessian by the oracle",
}
TRIES = 30  # to make what fails smaller


# --- the numbers of a program --------------------------------------------------------------------


class Numbers(np.ndarray):
    """An array that notes how far each operation is from its kinks, and what is too large."""

    seen: list  # of how far, in the order of the calls, and whether it is a root
    reasons: list
    masks = True  # whether -inf may stand there, for what is masked out
    singular: list  # determinants, of which there are first derivatives

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [np.asarray(a) for a in inputs]
        options = {k: np.asarray(v) if isinstance(v, Numbers) else v for k, v in options.items()}
        if out is not None:
            options["out"] = tuple(np.asarray(a) for a in out)
        value = getattr(ufunc, method)(*plain, **options)
        name = ufunc.__name__
        if method == "reduce" and name in ("maximum", "minimum"):
            largest = ufunc.reduce(plain[0], axis=options.get("axis", 0), keepdims=True)
            _note(np.abs(_apart(largest, plain[0])))
        elif method == "reduce" and name == "multiply" and np.any(plain[0] == 0):
            Numbers.reasons.append("zero product")
        elif method == "__call__" and name in KINKS:
            _note(KINKS[name](value, *plain), name in ROOTS)
        return _counted(value)

    def __array_function__(self, function, types, args, options):
        if function in (np.linalg.inv, np.linalg.solve, np.linalg.slogdet, np.linalg.det):
            a = np.asarray(args[0])
            if not np.all(np.isfinite(a)):
                Numbers.reasons.append("huge")
            elif not np.linalg.cond(a) < CONDITION:
                which = Numbers.singular if function is np.linalg.det else Numbers.reasons
                which.append("singular")
        value = super().__array_function__(function, types, args, options)
        if function is np.linalg.norm:
            a, order = np.asarray(args[0]), (*args, None)[1]
            _note(np.abs(a) if order == 1 else np.asarray(value), order is None)
            if order == np.inf:
                sizes = np.abs(a)
                _note(sizes.max(axis=options.get("axis"), keepdims=True) - sizes)
        return value if isinstance(value, tuple) else _counted(value)


def _apart(a, b):
    with np.errstate(all="ignore"):
        difference = np.subtract(1.0 * a, 1.0 * b)
    return np.where(np.isnan(difference), np.inf, difference)  # of two that are infinite


_two = lambda value, a, b: np.abs(_apart(a, b))  # noqa: E731
KINKS = {
    **dict.fromkeys(["maximum", "minimum", "fmax", "fmin", "greater", "greater_equal", "less",
                     "less_equal", "equal", "not_equal"], _two),
    **dict.fromkeys(["absolute", "fabs", "sign"], lambda value, a: np.abs(a)),
    "sqrt": lambda value, a: value,
    "hypot": lambda value, a, b: value,
    "clip": lambda value, a, low, high: np.minimum(*(np.abs(_apart(a, b)) for b in (low, high))),
    "arctan2": lambda value, a, b: np.where(b < 0, np.abs(a), np.hypot(a, b)),
}  # fmt: skip


ROOTS = "sqrt", "hypot", "norm", "arctan2"  # have none at 0, also where they stay there


def _note(apart, root=False):
    Numbers.seen.append((np.asarray(apart, dtype=float), root))


def _counted(value):
    value = np.asarray(value)
    if value.dtype.kind == "f":
        masked = np.isneginf(value) & Numbers.masks
        if not np.all((np.abs(value) < HUGE) | masked):  # NaN too
            Numbers.reasons.append("huge")
    return value.view(Numbers)


def looked_at(program, values):
    """Why a point is not fit to compare at; None if it is."""

    def seen(values):
        Numbers.seen, Numbers.reasons, Numbers.singular = [], [], []
        Numbers.masks = "-np.inf" in program.text
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program.on(np, {name: np.asarray(v).view(Numbers) for name, v in values.items()})
        return Numbers.seen, Numbers.reasons

    here, reasons = seen(values)
    if reasons:
        return reasons[0]
    near = [apart < NEAR for apart, _ in here]
    if not any(flags.any() for flags in near):
        return None
    stays = [flags & (not root) for flags, (_, root) in zip(near, here, strict=True)]
    rng = np.random.default_rng(0)
    for _ in range(2):
        move = {
            name: MOVE * rng.uniform(0.2, 1.0, np.shape(v)) * rng.choice([-1.0, 1.0], np.shape(v))
            for name, v in values.items()
        }
        for sign in (1, -1):
            there, _ = seen({name: v + sign * move[name] for name, v in values.items()})
            stays = [s & (apart < SAME) for s, (apart, _) in zip(stays, there, strict=True)]
    kinked = any((n & ~s).any() for n, s in zip(near, stays, strict=True))
    return "kink" if kinked else None


class Differences(Plain):
    """The derivatives of a program from differences of its numbers."""

    def at(self, values):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.program.on(np, values)


# --- the oracle's --------------------------------------------------------------------------------


class Peer(Library):
    """A library's NumPy for whole programs: with axes, and with what it has no derivative of."""

    def __getattr__(self, name):
        found = getattr(self.numpy, name, None)
        return getattr(self.numpy.linalg, name) if found is None else found

    def norm(self, a, ord=None, axis=None, keepdims=False):
        sizes = self.numpy.abs(a)
        if ord in (np.inf, -np.inf):
            extreme = self.numpy.max if ord > 0 else self.numpy.min
            return extreme(sizes, axis=axis, keepdims=keepdims)
        if ord in (None, "fro", 2):
            return self.numpy.sqrt(self.numpy.sum(a * a, axis=axis, keepdims=keepdims))
        return self.numpy.sum(sizes**ord, axis=axis, keepdims=keepdims) ** (1 / ord)

    def mean(self, a, axis=None, keepdims=False, where=True):
        if where is True:
            return self.numpy.mean(a, axis=axis, keepdims=keepdims)
        return self.numpy.sum(self.where(where, a, 0.0)) / self.numpy.sum(1.0 * where)

    def where(self, c, a, b):
        zeros = np.zeros(np.broadcast_shapes(*map(np.shape, (c, a, b))))
        return self.numpy.where(c, a + zeros, b + zeros)

    def take(self, a, indices, axis=None):
        return a[:, indices] if axis == 1 else a[indices]

    def vdot(self, a, b):
        return self.numpy.sum(a * b)

    def amax(self, a, **how):
        return self.numpy.max(a, **how)

    def diagonal(self, a):
        return self.numpy.sum(a * np.eye(len(a)), axis=1)

    def std(self, a, **how):
        return self.numpy.sqrt(self.numpy.var(a, **how))

    def logical_and(self, a, b):
        return np.logical_and(a, b)

    def logical_or(self, a, b):
        return np.logical_or(a, b)

    def logical_not(self, a):
        return np.logical_not(a)

    def convolve(self, a, v, mode="full"):
        whole = super().convolve(a, v)
        return whole if mode == "full" else whole[len(v) - 1 : len(a)]

    def cross(self, a, b):
        return self.numpy.stack([a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))])

    def flip(self, a, axis=None):
        return a[::-1] if not axis else a[:, ::-1]


for _name in "greater greater_equal less less_equal equal not_equal".split():
    setattr(Peer, _name, staticmethod(getattr(np, _name)))


class ByOracle:
    """A program at a point as an oracle sees it."""

    def __init__(self, program, wrt, values, by):
        self.program, self.values = program, values
        self.oracle = oracle(by)
        self.library = Peer(self.oracle.library.numpy)
        self.wrt = wrt if isinstance(wrt, tuple) else (wrt,)
        several = isinstance(wrt, tuple)
        self.x = np.array([values[name] for name in wrt]) if several else values[wrt]
        self.several = several

    def function(self, x):
        moved = dict(zip(self.wrt, x, strict=True)) if self.several else {self.wrt[0]: x}
        return 1.0 * self.program.on(self.library, {**self.values, **moved})

    @cached_property
    def value(self):
        return self.oracle.value(self.function, self.x)

    @cached_property
    def jacobian(self):
        """None where the oracle has none: it has no rule, stumbles, or divides by 0."""
        return self.derived(self.oracle.jacobian, lambda: self.value.size)

    @cached_property
    def hessian(self):
        return self.derived(self.oracle.hessian, lambda: self.x.size)

    def derived(self, derive, rows):
        try:
            found = np.reshape(derive(self.function, self.x), (rows(), self.x.size))
            return found if np.all(np.isfinite(found)) else None
        except (NotImplementedError, TypeError, AttributeError, ValueError, ArithmeticError):
            return None
        except np.linalg.LinAlgError:
            return None

    def of(self, name):
        """The same by another variable."""
        return ByOracle(self.program, name, self.values, "autograd")


# --- compared ----------------------------------------------------------------------------------


def attempt(seed, by="autograd", depths=(2, 5)):
    """What became of the program with this seed, as counts; raises where mcalc is wrong.

    The error's note is the program, made smaller as long as it fails alike.
    """
    program, wrt = drawn(random.Random(seed).choice, depths)
    try:
        return Counter(compared(program, wrt, seed, by))
    except Exception as error:
        least = reduced(program, wrt, seed, by, error)
        error.add_note(f"wrt={wrt!r}\n{least.text}")
        raise


def kind_of(error):
    """What two failures have in common."""
    text = re.sub(r"[^a-z ]+", "", str(error).split(" by ")[0])
    return type(error), text[:20] if not isinstance(error, AssertionError) else ""


def reduced(program, wrt, seed, by, error):
    wanted, tries = kind_of(error), 0
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    while True:
        for other in smaller(program):
            if not {*names} <= {*other.variables} or len(other.text) >= len(program.text):
                continue
            tries += 1
            if tries > TRIES:
                return program
            try:
                compared(other, wrt, seed, by)
            except Exception as another:
                if kind_of(another) == wanted:
                    program = other
                    break
        else:
            return program


def recorded(program, wrt):
    """The program on mcalc's variables, derived."""
    y = program.on(np, SYMBOLS, mc.let)
    by = tuple(SYMBOLS[name] for name in wrt) if isinstance(wrt, tuple) else SYMBOLS[wrt]
    return mc.derive(y, wrt=by)


SENTENCES = (
    "tells the length", "conditions alone", "is a length that may be any number",
    "cannot stand in an expression", "of unknown length",
)  # fmt: skip


def refusal(error):
    """The name of what is refused: a function of NumPy's, or what the sentence is about."""
    text = str(error)
    for sentence in SENTENCES:
        if sentence in text:
            return sentence
    name = re.search(r"np\.[\w.]+|[.\w]+: ", text)
    return name[0].strip(": ") if name else " ".join(re.findall(r"[a-z]{3,}", text)[:6])


def is_named(error):
    """Whether it is refused in a sentence: it has no rule, or nothing tells a length of it."""
    named = isinstance(error, mc.UnsupportedError | mc.ShapeError)
    return deliberate(error) and (named or any(said in str(error) for said in SENTENCES))


def compared(program, wrt, seed, by):
    try:
        d = recorded(program, wrt)
    except Exception as error:
        if not is_named(error):
            raise
        return ["refused", ("refused", refusal(error))]
    choose = random.Random(seed).choice
    first = choose(SIZES[:2])
    found, made = [], Made(d)
    for sizes in [first, choose(SIZES[2:])]:
        try:
            found += at_sizes(program, wrt, made, sizes, seed, by)
        except np.linalg.LinAlgError:
            if not Numbers.singular:
                raise
            found += ["a singular determinant"]
        except ValueError as error:
            if not is_named(error):
                raise
            found += ["refused", ("refused", refusal(error))]
    if any(what == "compared" for what in found):
        found.append("compared programs")
        found += displayed(d, seed)
    return found


def displayed(d, seed):
    if seed % SHOWN == 0:
        assert repr(d) and d._repr_latex_().count("{") == d._repr_latex_().count("}")
    if seed % CHECKED:
        return []
    try:
        assert d.check(sizes=(2, 3), points=1).passed is not False
    except mc.CheckFailed as failed:
        if "no point" not in str(failed):
            raise
        return []
    return ["checked by mcalc"]


class Made:
    """What mcalc makes of a program, once for all sizes."""

    def __init__(self, d):
        self.d, self.squares = d, d.y.ndim > 0

    @cached_property
    def jacobian(self):
        return self.d.jacobian_2d()

    @cached_property
    def second(self):
        return mc.hessian(self.d.y, wrt=self.d.wrt)

    @cached_property
    def backward(self):
        """Of the result, or of the sum of its squares."""
        y = self.d.y
        return mc.backward(np.sum(y * y) / 2 if self.squares else y)

    @cached_property
    def source(self):
        scope = {}
        exec(compile(self.backward.source, "<backward>", "exec"), scope)
        return scope["backward"]


def at_sizes(program, wrt, made, sizes, seed, by):
    """One derivation at one point."""
    d = made.d
    values = {name: v for name, v in draw_values(seed, sizes).items() if name in program.variables}
    given = {e.name: values[e.name] for e in d.inputs}
    if not {*symbolic_sizes(unnamed(d.y))} <= {*sizes_shown_by(*d.inputs)}:
        return ["refused", ("refused", "tells the length")]
    try:
        plain = Differences(program, wrt, values)
    except (IndexError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return without_value(d, given, error)
    if any(length_of(n, sizes) < 1 for part in program.root.walk() for n in part.shape):
        return ["empty"]
    reason = looked_at(program, values)
    singular = bool(Numbers.singular)
    if reason:
        return [reason]
    compared_value(d.y, given, sizes, plain.value)
    right, found = plain.value, ["compared"]
    rng = np.random.default_rng(seed)
    dx = rng.standard_normal(np.shape(values[wrt]) if isinstance(wrt, str) else len(wrt))
    v = rng.standard_normal(np.shape(right))
    jacobian = made.jacobian(**given)
    assert type(jacobian) is np.ndarray and jacobian.dtype == np.float64
    if not np.all(np.abs(jacobian) < HUGE**2):
        return ["huge"]
    unlike = unlike_plain(jacobian, plain)
    assert not unlike, f"the Jacobian is {unlike}"
    point = ByOracle(program, wrt, values, by)
    wanted = point.jacobian
    told = wanted is not None
    if told:
        assert close(point.value, right), f"the oracle's value {point.value}, NumPy's {right}"
        assert close(jacobian, wanted), (
            f"the Jacobian is {jacobian} by mcalc, {wanted} by the oracle"
        )
    else:
        wanted = jacobian
        found.append("by differences alone")
    compared_products(d, given, wanted, dx, v)
    if singular:
        return [*found, "with a singular determinant"]
    if not np.ndim(right) and d.y.ndim == 0:
        found += compared_second(made, point, given, dx)
    found += compared_backward(program, made, point, values, told)
    return found


def compared_products(d, given, wanted, dx, v):
    if not d.more_axes:
        closed = d.numpy()(**given)
        flat = closed.T.reshape(1, -1) if d.by_matrix else closed.reshape(wanted.shape)
        assert close(flat, wanted), f"numpy() is {flat} by mcalc, {wanted} by the oracle"
    needed = {name: given[name] for name in d.parameters}
    forward, back = d.jvp(dx, **needed), d.vjp(_as_y(d, v), **needed)
    ahead, row = wanted @ np.ravel(dx), np.ravel(v) @ wanted
    assert np.shape(back) == np.shape(dx), f"vjp has the shape {np.shape(back)}"
    assert close(np.ravel(forward), ahead), f"jvp is {forward} by mcalc, {ahead} by the oracle"
    assert close(np.ravel(back), row), f"vjp is {back} by mcalc, {row} by the oracle"


def _as_y(d, v):
    """A gradient in the shape that mcalc has for y, a scalar where NumPy keeps axes of length 1."""
    return v.reshape(()) if d.y.ndim == 0 else v


def compared_second(made, point, given, dx):
    """The Hessian; by a matrix what a step becomes."""
    if point.jacobian is None:
        return []
    right = point.hessian
    if right is None:
        return ["no Hessian by the oracle"]
    if not np.all(np.abs(right) < HUGE**2):
        return ["huge Hessians"]
    try:
        second = made.second
    except mc.UnsupportedError as error:
        return [("refused", f"Hessian: {refusal(error)}")]
    given = {e.name: given[e.name] for e in second.inputs}
    step, wanted = second.jvp(dx, **given), right @ np.ravel(dx)
    assert close(np.ravel(step), wanted), f"the Hessian by a step is {step}, {wanted} by the oracle"
    if not second.more_axes:
        full = second.numpy()(**given)
        assert close(full, right), f"the Hessian is {full} by mcalc, {right} by the oracle"
    return ["Hessians"]


def _has_no_derivative(y, name, values):
    (v,) = [e for e in symbols(y) if e.name == name]
    d = mc.derive(y, wrt=v)
    return np.isnan(d.jacobian_2d()(**{e.name: values[e.name] for e in d.inputs})).any()


def compared_backward(program, made, point, values, told):
    """The backward pass, by all variables."""
    b, squares = made.backward, made.squares
    named = {e.name for e in symbols(b.y)}
    given = {name: value for name, value in values.items() if name in named}
    if not named:
        return []
    order = [v.name for v in b.inputs]
    computed = [
        b.numpy()(**{name: values[name] for name in order}),
        made.source(**{name: np.array(values[name]) for name in order}),
    ]
    for value, gradients in computed:
        right = point.program.on(np, values)
        wanted = np.sum(np.square(right)) / 2 if squares else right
        assert close(np.ravel(value), np.ravel(wanted)), (
            f"backward's value is {value}, not {wanted}"
        )
        assert {*gradients} == named, f"backward has {[*gradients]}, not {sorted(named)}"
        if not told:
            continue
        for name in named:
            by_name = point.of(name)
            if by_name.jacobian is None:
                continue
            right = np.ravel(by_name.value) if squares else np.ones(1)
            row = np.reshape(right @ by_name.jacobian, np.shape(values[name]))
            found = gradients[name]
            assert np.shape(found) == np.shape(row), f"d{name} has the shape {np.shape(found)}"
            if np.isnan(found).any() and _has_no_derivative(b.y, name, values):
                continue  # the norm of zeros, which moves with another variable
            assert close(found, row), f"d{name} is {found} by backward, {row} by the oracle"
    return ["backward"] * bool(given)


def without_value(d, given, error):
    """Where NumPy raises, mcalc has no number either."""
    for compute in (d.jvp, d.vjp):
        shape = np.shape(given[d.wrt.name]) if compute == d.jvp and not d.by_scalars else ()
        try:
            with np.errstate(all="ignore"):
                compute(np.ones(shape), **{name: given[name] for name in d.parameters})
        except (IndexError, ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError):
            continue
    return ["no value"]
