"""What a typed line means, what it says when it cannot be read, and that it never fails otherwise.

The random lines are in two kinds: some that are made together with the expression they mean, and a
soup of signs and characters, of which nothing but a ReadError may come.
"""

import pickle
import random
import re
import sys
import time
import warnings

import numpy as np
import pytest
import test_closed_forms as closed_forms
import test_oracle as oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mcalc as mc
from mcalc.expr import symbols, walk
from mcalc.meanings import FUNCTIONS
from mcalc.reader import ReadError, product, read
from mcalc.rules import DOT, PRIMITIVES, of_vectors

w, x = mc.vectors("w x")
b, z = mc.scalars("b z")
A, B = mc.matrices("A", shape=("n", "n")), mc.matrices("B", shape=("m", "n"))
X, y, e = mc.matrices("X", shape=("N", "n")), mc.vectors("y", size="N"), mc.vectors("e", size="N")
q = mc.vectors("q", size=3)
NAMES = {"w": w, "x": x, "b": b, "z": z, "A": A, "B": B, "q": q}
DATA = {"w": w, "X": X, "y": y, "b": b, "e": e}
I, one, zero = mc.identity(), mc.ones(), mc.zeros()
N, n = mc.size("N"), mc.size("n")


def dot(a, b):
    return of_vectors(DOT, a, b)


# --- what a line means -------------------------------------------------------------------------

positive = w @ x + b > 0
MEANINGS = {
    # the paper's
    "2(w.x + b - z)x^T": 2 * (dot(w, x) + b - z) * x.T,
    "x^T if w.x + b > 0; 0^T otherwise": mc.cases((x.T, positive), zero.T),
    "diag(-w/x^2)": mc.diag(-w / x**2),
    "1^T": one.T,
    "0^T": zero.T,
    "3I": 3 * I,
    "I z": I * z,
    "I - (1/n) 1 1^T": I - (1 / n) * mc.outer(one, one),
    "[6b z, 3b^2]": np.stack([6 * b * z, 3 * b**2]).T,
    # names
    "2z b": 2 * z * b,
    "2zb": 2 * z * b,
    "bzx": b * z * x,
    "zcos(b)": z * np.cos(b),
    "zq_2": z * q[1],
    "q_1": q[0],
    "(q + 1)_3": (q + 1)[2],
    "q^T A_1 q": None,
    "n z": n * z,
    "m n": mc.size("m") * n,
    "I": I,
    "pi z": np.pi * z,
    "e^x": np.exp(x),
    "e": np.exp(mc.expr.as_expr(1)),
    "z e": z * np.exp(mc.expr.as_expr(1)),
    # numbers
    "12": mc.expr.as_expr(12),
    "1.5z": 1.5 * z,
    ".5z": 0.5 * z,
    "z .5": z * 0.5,
    "1/2": mc.expr.as_expr(0.5),
    "-1/2": mc.expr.as_expr(-0.5),
    "1e-05": mc.expr.as_expr(1e-5),
    "999999999999999": mc.expr.as_expr(999999999999999),
    # transposes
    "x'": x.T,
    "x.T": x.T,
    "xᵀ": x.T,
    "x^T": x.T,
    "x'''": x.T,
    "x^T^T": x,
    "(w + x)^T": (w + x).T,
    "A^T x": A.T @ x,
    "x^Tw": x.T @ w,
    "x^TA": x.T @ A,
    "z^T": z,
    # powers
    "x^2": x**2,
    "x**2": x**2,
    "x²": x**2,
    "z³": z**3,
    "z⁻²": z**-2,
    "z⁻¹²": z**-12,
    "z^-2": z**-2,
    "z^−2": z**-2,
    "z^b^2": z ** (b**2),
    "-z^2": -(z**2),
    "z²^b": (z**2) ** b,
    "2^z": 2**z,
    "z^(1/2)": z**0.5,
    "z^(50 + 49)": z**99,
    "x'^2": x.T**2,
    "x^2 w^T": mc.outer(x**2, w),
    "w^x": w**x,
    # dot products
    "w.x": dot(w, x),
    "w·x": dot(w, x),
    "w ⋅ x": dot(w, x),
    "w . x": dot(w, x),
    "w^T.x": dot(w, x),
    "b w.x": b * dot(w, x),
    "w.x b": dot(w, x) * b,
    "x w.x": x * dot(w, x),
    "1/w.x": 1 / dot(w, x),
    "w.-x": dot(w, -x),
    "x^2.w": dot(x**2, w),
    "z · z^2": z * z**2,
    "1/z · 2b": (1 / z) * 2 * b,
    "7 · 1^T": 7 * one.T,
    "A x · w": A @ dot(x, w) if False else A * dot(x, w),
    # products by shape
    "A x": A @ x,
    "x^T A": x.T @ A,
    "w^T x": dot(w, x),
    "w x^T": mc.outer(w, x),
    "A A": A @ A,
    "B A x": B @ A @ x,
    "x^T A x": x.T @ A @ x,
    "z A": z * A,
    "x z": x * z,
    "A * x": A @ x,
    "A @ x": A @ x,
    "A × A": A @ A,
    "w @ x": dot(w, x),
    "w * x": w * x,
    "w^T * x^T": w.T * x.T,
    "w^T * x": dot(w, x),
    "w * x^T": mc.outer(w, x),
    "A 1": A @ one,
    "x^T 1": dot(x, one),
    "1 x^T": mc.outer(one, x),
    "1*x^T": 1 * x.T,
    "2 · 1 x^T": 2 * mc.outer(one, x),
    "(w.x)(b + z)": dot(w, x) * (b + z),
    "z[b, 1]": z * np.stack([b, 1]).T,
    "2|z|": 2 * abs(z),
    # element by element
    "w ⊗ x": w * x,
    "w (*) x": w * x,
    "w ⊙ x": w * x,
    "w ∘ x": w * x,
    "w ⊘ x": w / x,
    "w (/) x": w / x,
    "2x ⊗ cos(x^2)": 2 * x * np.cos(x**2),
    "z ⊗ b": z * b,
    "w/x": w / x,
    "1/x": 1 / x,
    "x/z*b": x / z * b,
    "x/(z b)": x / (z * b),
    "x^T/z A": x.T / z @ A,
    # sums and signs
    "x + 1": x + 1,
    "w - x + z": w - x + z,
    "w − x": w - x,
    "-x": -x,
    "+x": x,
    "--x": -(-x),
    "b*-z": b * -z,
    "-2z b": -(2 * z * b),
    "A + z I": A + z * I,
    # functions
    "max(0, z)": np.maximum(0, z),
    "min(w, x)": np.minimum(w, x),
    "max(x)": np.max(x),
    "min(x)": np.min(x),
    "sum(x)": np.sum(x),
    "sum(x^T)": np.sum(x),
    "mean(x)": np.mean(x),
    "diag(x)": mc.diag(x),
    "norm(x)": np.linalg.norm(x),
    "||x||": np.linalg.norm(x),
    "‖x‖": np.linalg.norm(x),
    "outer(w, x)": mc.outer(w, x),
    "dot(w, x)": dot(w, x),
    "relu(x)": np.maximum(0, x),
    "ln(z)": np.log(z),
    "abs(x)": np.abs(x),
    "atan(z)": np.arctan(z),
    "exp(x)^T": np.exp(x).T,
    # bars
    "|x|": np.abs(x),
    "|z|^2": abs(z) ** 2,
    "|b - |z||": abs(b - abs(z)),
    "||b| - z|": abs(abs(b) - z),
    "||b| - |z||": abs(abs(b) - abs(z)),
    "|z |b||": abs(z * abs(b)),
    "|z| |b|": abs(z) * abs(b),
    "||w|| |z|": np.linalg.norm(w) * abs(z),
    "||z||": abs(abs(z)),
    # comparisons and cases
    "w > x": w > x,
    "z >= b": z >= b,
    "z ≤ b": z <= b,
    "z <= b": z <= b,
    "z = b": np.equal(z, b),
    "z == b": np.equal(z, b),
    "z != b": np.not_equal(z, b),
    "z ≠ b": np.not_equal(z, b),
    "(z > 0)(b > 0)": (z > 0) * (b > 0),
    "1 if z > 0": mc.cases((1, z > 0)),
    "1 if z > 0; b if b > 0; z otherwise": mc.cases((1, z > 0), (b, b > 0), z),
    "1 if z > 0 else b if b > 0 else z": mc.cases((1, z > 0), (b, b > 0), z),
    "(x^T if z > 0)": mc.cases((x.T, z > 0), zero.T),
    "x if z > 0; 0 otherwise": mc.cases((x, z > 0), zero),
    "0 if z > 0; x^T otherwise": mc.cases((zero.T, z > 0), x.T),
    "2(1 if x > 0; 0 otherwise)^T": 2 * mc.cases((1, x > 0)).T,
    "max(1 if z > 0; b otherwise, 2)": np.maximum(mc.cases((1, z > 0), b), 2),
    # lists
    "[b, z]": np.stack([b, z]).T,
    "[b, z]^T": np.stack([b, z]),
    "[b; z]": np.stack([b, z]),
    "[b]": np.stack([b]).T,
    "[[b, z], [1, 2]]": np.stack([np.stack([b, z]), np.stack([1 * I.op and 1, 2])]) if 0 else None,
    "[x^T; w^T]": np.stack([x, w]),
    "[x, w]": np.stack([x, w], axis=1),
    "[w; x]": np.concatenate([w, x]),
    "[w; b]": np.concatenate([w, [b]]),
    "[w^T, x^T]": np.concatenate([w, x]).T,
    "[1 if z > 0; b otherwise, z]": np.stack([mc.cases((1, z > 0), b), z]).T,
    "[1 if z > 0; b otherwise; z]": np.stack([mc.cases((1, z > 0), b), z]),
}  # fmt: skip
