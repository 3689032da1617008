"""A program that JAX has made, carried out by NumPy.

JAX derives; only the numbers are NumPy's. XLA would take half a second for each new program, to
compile what is run once. An operation that is not in the table is left to XLA.
"""

import numpy as np


def _broadcast(a, *, shape, broadcast_dimensions, **_):
    axes = [1] * len(shape)
    for axis, length in zip(broadcast_dimensions, np.shape(a), strict=True):
        axes[axis] = length
    return np.broadcast_to(np.reshape(a, axes), shape)


def _dot(a, b, *, dimension_numbers, **_):
    (left, right), (batch_left, batch_right) = dimension_numbers
    one = list(range(np.ndim(a)))
    two = list(range(np.ndim(a), np.ndim(a) + np.ndim(b)))
    for i, j in zip([*left, *batch_left], [*right, *batch_right], strict=True):
        two[j] = one[i]
    kept = [one[i] for i in batch_left]
    kept += [k for i, k in enumerate(one) if i not in (*left, *batch_left)]
    kept += [k for j, k in enumerate(two) if j not in (*right, *batch_right)]
    return np.einsum(a, one, b, two, kept)


def _pad(a, value, *, padding_config):
    if any(low < 0 or high < 0 or inside for low, high, inside in padding_config):
        raise ValueError(f"there is no rule here for padding by {padding_config}")
    return np.pad(a, [ends[:2] for ends in padding_config], constant_values=value)


def _slice(a, *, start_indices, limit_indices, strides):
    steps = strides or [1] * np.ndim(a)
    return a[tuple(map(slice, start_indices, limit_indices, steps))]


def _iota(*, dtype, shape, dimension, **_):
    along = np.reshape(np.arange(shape[dimension]), [-1] + [1] * (len(shape) - dimension - 1))
    return np.broadcast_to(along, shape).astype(dtype)


def _named(function):
    """A NumPy function on operands alone."""
    return lambda *args, **_: function(*args)


TABLE = {
    name: _named(getattr(np, function))
    for name, function in {
        "add": "add", "add_any": "add", "sub": "subtract", "mul": "multiply", "div": "divide",
        "neg": "negative", "pow": "power", "square": "square", "sqrt": "sqrt", "abs": "abs",
        "sign": "sign", "exp": "exp", "log": "log", "log1p": "log1p", "expm1": "expm1",
        "sin": "sin", "cos": "cos", "tan": "tan", "atan": "arctan", "sinh": "sinh",
        "cosh": "cosh", "tanh": "tanh", "max": "maximum", "min": "minimum", "gt": "greater",
        "ge": "greater_equal", "lt": "less", "le": "less_equal", "eq": "equal", "ne": "not_equal",
        "and": "bitwise_and", "or": "bitwise_or", "not": "invert", "is_finite": "isfinite",
        "copy": "positive", "stop_gradient": "positive",
    }.items()
} | {
    "integer_pow": lambda a, *, y: a**y,
    "broadcast_in_dim": _broadcast,
    "convert_element_type": lambda a, *, new_dtype, **_: np.asarray(a).astype(new_dtype),
    "select_n": lambda which, no, yes, **_: np.where(which, yes, no),
    "dot_general": _dot,
    "reduce_sum": lambda a, *, axes, **_: np.sum(a, axis=tuple(axes)),
    "reduce_max": lambda a, *, axes, **_: np.max(a, axis=tuple(axes)),
    "reduce_min": lambda a, *, axes, **_: np.min(a, axis=tuple(axes)),
    "reshape": lambda a, *, new_sizes, **_: np.reshape(a, new_sizes),
    "squeeze": lambda a, *, dimensions: np.squeeze(a, tuple(dimensions)),
    "expand_dims": lambda a, *, dimensions: np.expand_dims(a, tuple(dimensions)),
    "transpose": lambda a, *, permutation: np.transpose(a, permutation),
    "rev": lambda a, *, dimensions: np.flip(a, tuple(dimensions)),
    "concatenate": lambda *parts, dimension: np.concatenate(parts, dimension),
    "split": lambda a, *, sizes, axis: np.split(a, np.cumsum(sizes)[:-1], axis),
    "stack": lambda *parts, axis: np.stack(parts, axis),
    "unstack": lambda a, *, axis: list(np.moveaxis(a, axis, 0)),
    "slice": _slice,
    "pad": _pad,
    "iota": _iota,
}  # fmt: skip


def run(jaxpr, constants, arguments):
    """What the program comes to, a list of arrays."""
    found = dict(zip(jaxpr.constvars, constants, strict=True))
    found |= dict(zip(jaxpr.invars, arguments, strict=True))

    def value(atom):
        return np.asarray(atom.val, atom.aval.dtype) if hasattr(atom, "val") else found[atom]

    for step in jaxpr.eqns:
        operands = [np.asarray(value(atom)) for atom in step.invars]
        inner = step.params.get("call_jaxpr") or step.params.get("jaxpr")
        if inner is not None:
            result = run(inner.jaxpr, inner.consts, operands)
        elif step.primitive.name in TABLE:
            result = TABLE[step.primitive.name](*operands, **step.params)
        else:
            result = step.primitive.bind(*operands, **step.params)
        several = step.primitive.multiple_results
        found |= dict(zip(step.outvars, result if several else [result], strict=True))
    return [np.asarray(value(atom)) for atom in jaxpr.outvars]
