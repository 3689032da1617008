"""The letter of a length, which is a number in arithmetic."""

from __future__ import annotations

import numpy as np

from .dispatch import NUMPY


class Length(str):
    """The letter of a length, as ``X.shape[0]`` gives it: in arithmetic it is a number.

    ``np.sum(x) / x.shape[0]`` is the mean, and ``np.sqrt(Q.shape[1])`` a scalar.
    """

    __slots__ = ()

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return getattr(ufunc, method)(*map(as_size, inputs), **options)

    def __array_function__(self, function, types, args, options):
        return function(*map(as_size, args), **options)

    def __index__(self):
        raise TypeError(
            f"{self} is a length that may be any number, and np.eye({self}), range({self}) and the "
            f"like need one that is known: write np.eye({self}, like=X) or np.ones({self}, like=X) "
            "with an X of yours, which runs on numbers too, or np.sum"
        )

    __int__ = __float__ = __index__

    def __neg__(self):
        return -as_size(self)


def as_size(value):
    """A length as a number in a formula; anything else as it is."""
    return NUMPY["size"](value) if isinstance(value, Length) else value


def _arithmetic(function, turned=False):
    def method(self, other):
        if isinstance(other, str) and not isinstance(other, Length):  # text is being written
            return str(other) + str(self) if turned else str(self) + str(other)
        operands = (other, self) if turned else (self, other)
        return function(*map(as_size, operands))

    return method


def _comparison(name):
    alphabetical = getattr(str, name)  # between letters

    def method(self, other):
        if isinstance(other, str):
            return alphabetical(self, other)
        raise TypeError(
            f"{self} is a length that may be any number, and it is compared with {other}: make the "
            'variable of a known length, as in mc.vectors("x", size=3)'
        )

    return method


for _name in ("__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Length, _name, _comparison(_name))
_OPERATORS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide,
              "pow": np.power}  # fmt: skip
for _name, _function in _OPERATORS.items():
    setattr(Length, f"__{_name}__", _arithmetic(_function))
    setattr(Length, f"__r{_name}__", _arithmetic(_function, True))
