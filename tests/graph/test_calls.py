"""Every NumPy function that is taken, with every parameter, means what NumPy means.

The same calls are made on mcalc's variables and on numbers; values, shapes and which results are
conditions have to agree.
"""

import inspect
import itertools
import operator
import traceback
import warnings

import numpy as np
import pytest

import mcalc as mc
from mcalc.check.interpret import batch
from mcalc.graph.expr import NUMPY, Expr
from mcalc.graph.flat import Flat
from mcalc.graph.three_axes import ThreeAxes

w, x = mc.vectors("w x", size=3)
u = mc.vectors("u", size=2)
a, z = mc.scalars("a z")
A = mc.matrices("A", shape=(2, 3))
S, B = mc.matrices("S B", shape=(3, 3))
C = mc.matrices("C", shape=(3, 1))
R = mc.matrices("R", shape=(1, 3))
VALUES = {
    "C": np.array([[1.5], [-0.5], [2.0]]),
    "R": np.array([[-1.25, 0.75, 1.0]]),
    "w": np.array([0.5, -1.5, 2.0]),
    "x": np.array([1.25, -0.75, 2.0]),
    "u": np.array([-0.5, 3.0]),
    "a": np.array(-0.25),
    "z": np.array(1.75),
    "A": np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -3.0]]),
    "S": np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [-0.5, 1.5, 4.0]]),
    "B": np.array([[1.0, 0.5, -2.0], [3.0, -1.0, 0.25], [0.75, 2.0, -0.5]]),
}
OPERANDS = [
    z, a, w, u, A, S, B, x.T, S.T, x > 0, z > 0, S > 0, ~(w > 0) & (x > 0), 1.0 * (w > 0),
    np.stack([w > 0, x > 0]), 1 - (x > 0), 2 * (z > 0), w[:, None], u[None, :],
]  # fmt: skip
PLAIN = [2.0, -1, 0, np.array([3.0, -1.0, 0.5]), np.array([True, False, True]), [1, 2, 3], True,
         np.array([0, 1, 200], dtype=np.uint8)]  # fmt: skip
PARAMETERS = [None, 0, 1, -1, 2, True, 1.0, (0, 1), np.inf, "fro", float, x, x > 0, np.ones(3),
              np.array([True, False, True])]  # fmt: skip
OWN = {"a_min": [None, 0, -1, w], "a_max": [None, 1, 0.5, w], "min": [None, 0], "max": [None, 1]}


def value_of(e):
    """What it comes to, a row as the vector that NumPy has for it."""
    if isinstance(e, tuple | list):
        return type(e)(map(value_of, e))
    if isinstance(e, ThreeAxes):  # its layers, one after the other
        layers = [value_of(np.sum(e * unit, axis=2)) for unit in np.eye(e.shape[2])]
        return np.stack(layers, axis=2)
    if isinstance(e, Flat):
        return value_of(e.of).ravel()
    if not isinstance(e, Expr):
        return e.copy() if isinstance(e, np.ndarray) else e  # may be written to
    values = {name: value[None] for name, value in VALUES.items()}
    with np.errstate(all="ignore"):
        value = batch([e], values, {})[e][0]
    value = (value[0] if e.op.name == "row" else value).copy()
    return value.astype(bool) if e.boolean else value


def recorded(function, args, options):
    """The expression, or None if it is refused in a sentence, where it is written or derived."""
    try:
        e = function(*args, **options)
        for part in e if isinstance(e, tuple | list) else [e]:
            mc.derive(z * np.sum(part), wrt=z)
        return e
    except (TypeError, ValueError, IndexError) as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        assert "mcalc" in frame.filename and frame.line.startswith("raise"), (error, frame)
        return None


def compare(function, args, options=None):
    """Whether a call is taken; it has to be right then."""
    options = options or {}
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            right = function(*map(value_of, args), **{k: value_of(v) for k, v in options.items()})
    except np.linalg.LinAlgError:  # a singular matrix, or none
        return False
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        right = None
    try:
        e = recorded(function, args, options)
    except AssertionError:
        if right is None:  # NumPy itself refuses the parameters
            return False
        raise
    if e is None:
        return False
    told = f"{function.__name__}{args} {options}"
    assert right is not None, f"{told} is taken as {e}, and NumPy refuses it"
    pairs = zip(e, right, strict=True) if isinstance(e, tuple | list) else [(e, right)]
    for part, value in pairs:
        found, value = np.asarray(value_of(part)), np.asarray(value)
        # an array of one element that NumPy keeps axes for is a scalar: it lies beside anything
        assert found.shape == value.shape or found.ndim == 0 and value.size == 1, told
        if value.dtype.kind == "c":  # complex eigenvalues and what belongs to them
            found = np.where(value.imag == 0, found, 0)
            value = np.where(value.imag == 0, value.real, 0)
        assert getattr(part, "boolean", False) or value.dtype.itemsize == 8, (
            f"{told}: {value.dtype}"
        )
        assert np.allclose(found, value, rtol=1e-9, equal_nan=True), f"{told}: {part}"
    return True


MADE = (np.eye, np.identity, np.ones, np.zeros, np.full)  # of lengths, like an expression
FUNCTIONS = [f for f in NUMPY if callable(f) and f not in MADE]
# of an einsum: the subscripts, and for how many operands
SUBSCRIPTS = [
    (text, text.count(",") + 1)
    for text in "i->i i-> ii->i ii-> ii ij->ji ij->i ij->j ij-> ij,j->i ij,jk ij,kj->ik i,i-> i,j "
    "ij,ij->i ij,ij-> i,ij->ij i,ij->j ,i->i i,i ij,ji-> ba ij->ii iij->j ij,i->j i,j->ji".split()
]
SEQUENCES = (np.stack, np.concatenate, np.hstack, np.vstack, np.column_stack, np.linalg.multi_dot)
COUNTED = {  # what is counted or placed: with which numbers
    np.roll: [(1,), (-1, 0), (4, 1), (0.5,)],
    np.repeat: [(2,), (2, 1), (3, 0), (0,), ([1, 2, 0],)],
    np.tile: [(2,), ((2, 1),), ((1, 3),), ((2,),), (0,), ((2, 1, 1),)],
    np.split: [(1,), (3,), ([1],), ([1, 2], 1), (2, 0), ([2, 1],)],
    np.vsplit: [(1,), ([1],)],
    np.hsplit: [(1,), ([1],), (3,)],
    np.swapaxes: [(0, 1), (1, 1), (0, -1), (0, 2)],
    np.moveaxis: [(0, 1), (0, -1), (1, 1), (2, 0)],
    np.full_like: [(2.5,), (z,), (x,)],
    np.polyval: [(2.5,), (z,), (x,), (A,)],
    np.diff: [(1,), (2,), (1, 0), (0,), (-1,)],
    np.pad: [(1,), (0,), ((1, 2),), (((1, 0), (0, 2)),), (-1,), (0.5,), ((1, 2, 3),), (1, "edge")],
    np.diag: [(), (1,), (-1,), (2,), (0.5,), (True,)],
    np.trace: [(), (1,), (-2,), (0.5,)],
    np.diagonal: [(), (1,), (-1,), (1, 1, 0)],
    np.rot90: [(), (1,), (2,), (-1,), (4,), (0.5,), (1, (1, 0))],
    np.gradient: [(), (0.5,), (z,), (x,), (0,)],
    np.linspace: [(1, 3), (z, 4), (2, 1), (0, 0), (1, 2.0), (x, 3), (2, 3, False)],
    np.array_split: [(1,), (2,), (4,), ([1, 2],), (2, 1), (0,), (0.5,)],
    np.ravel: [(), ("F",), ("A",), ("X",)],
    np.reshape: [
        (-1,),
        ((-1, 1),),
        ((3, 3),),
        ((9,),),
        ((2, -1),),
        ((1, 3),),
        ((3,),),
        ((3, 1, 1),),
    ],
}


def calls(function):
    """The operands of calls: everything alone, in pairs, and in threes for a choice."""
    if function in SEQUENCES:
        pairs = itertools.product([*OPERANDS, *PLAIN], repeat=2)
        return [*(([p],) for p in OPERANDS), *((list(p),) for p in pairs)]
    if function is np.einsum:
        return [(*call[:1], *operands) for call in SUBSCRIPTS for operands in several(*call[1:])]
    if function is np.block:
        return [([[a, b], [b, a]],) for a, b in several(2)]
    if function is np.select:
        return [
            ([x > 0, condition], [a, b]) for condition in (x > 1, w, True) for a, b in several(2)
        ]
    if function is np.linalg.matrix_power:
        return list(itertools.product(OPERANDS, (-2, -1, 0, 1, 3, 2.0, True)))
    if function is np.take:
        return [(e, some, *axis) for e in OPERANDS for some in (0, [1, 0, 1], [2], [True, False])
                for axis in ((), (0,), (1,), (-1,), (2,))]  # fmt: skip
    if function in COUNTED:
        return [(e, *more) for e in OPERANDS for more in COUNTED[function]]
    if function is np.where:
        few = [z, x, w, x > 0, w > x, x.T, S, 1, 0.5, np.array([True, False, True])]
        return list(itertools.product(few, repeat=3))
    if count_of_operands(function) == 1:
        return [(e,) for e in OPERANDS]
    return list(itertools.product([*OPERANDS, *PLAIN], repeat=2))


def several(count):
    """The operands of one or of two."""
    return itertools.product(OPERANDS, repeat=count)


def count_of_operands(function):
    if isinstance(function, np.ufunc):
        return function.nin
    two = (np.dot, np.vdot, np.inner, np.outer, np.linalg.outer, np.linalg.solve,
           np.kron, np.cross, np.convolve, np.tensordot, np.append, np.linalg.vecdot)  # fmt: skip
    return 2 if function in two else 1


def has_expression(args):
    return any(has_expression(e) if isinstance(e, list) else isinstance(e, Expr) for e in args)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_operands(function):
    taken = [compare(function, args) for args in calls(function) if has_expression(args)]
    needs_more = (np.clip, np.expand_dims, np.reshape, np.broadcast_to)
    needs_more += (np.linalg.eigh, np.linalg.eigvalsh)  # a symmetric matrix
    assert any(taken) or function in needs_more


ALL = slice(None)
KEYS = [
    0, 1, -1, 2, 3, 0.5, None, Ellipsis, slice(1, None), slice(None, -1), slice(1, -1), slice(0, 2),
    slice(None, None, -1), slice(None, None, 2), [1, 0, 1], [0], [-1, 0], [5], [0.5], [True, False],
    np.array([1, 0]), (0, 1), (1, -1), (ALL, 1), (1, ALL), (slice(1, None), slice(None, -1)),
    (ALL, [1, 0]), ([1, 0], ALL), ([0, 1], [1, 0]), ([0, 1], [1]), (0, [1, 0]), ([1, 0], 0),
    (None, ALL), (ALL, None), (None, 0), (Ellipsis, 0), (0, Ellipsis), (0, slice(1, None)),
    (ALL, slice(None, None, -1)), (slice(None, None, -1), ALL), (0, 0, 0), (),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_square_brackets(key):
    for e in OPERANDS:
        compare(operator.getitem, (e, key))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_parameters(function):
    if isinstance(function, np.ufunc):
        names = "out where dtype casting order subok".split()
        places = []
    else:
        names = list(inspect.signature(function).parameters)[count_of_operands(function) :]
        places = names
    for e in (z, w, A, S, x > 0):
        args = ([e, e],) if function in SEQUENCES else (e,) * count_of_operands(function)
        for name in names:
            for value in OWN.get(name, PARAMETERS):
                compare(function, args, {name: value})
        for count in range(1, len(places) + 1):
            for value in OWN.get(places[count - 1], PARAMETERS):
                compare(function, (*args, *[None] * (count - 1), value))


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if isinstance(f, np.ufunc)], ids=str)
def test_an_operand_too_many_is_where_numpy_would_write(function):
    operands = (x, w)[: function.nin]
    with pytest.raises((mc.UnsupportedError, TypeError)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function(*operands, u)
