"""The chain rule over an expression's graph, in the paper's four steps.

Introduce intermediate variables, differentiate each by what it is made of, combine along every
path, substitute back.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from . import algebra, check, claims, evaluate, explicit, expr
from .algebra import ONE
from .expr import HELD, NAMED, SYMBOL, Expr, node, replace, shape_text, symbols, unnamed, walk
from .jacobian import Term, collect, compose, contraction, formula, fresh
from .local import local_jacobian
from .notation import STYLES
from .rules import constant
from .steps import KINDS, Graph, Lines, Step, as_latex, as_text

_PROBES = {"inp": "dx'", "out": "v'"}  # what a Jacobian is multiplied with, by side


def derive(y, wrt) -> Derivation:
    """Derive the Jacobian of ``y`` by ``wrt``, in numerator layout, for vectors of any length.

    ``y`` is a scalar or vector expression (a list of scalars counts as a vector); ``wrt`` is one of
    its variables, scalar or vector, or a tuple of scalar variables, which gives a column each.
    The Jacobian is ``m x n`` for m outputs and n inputs.

    Raises ValueError if ``wrt`` is not a variable of ``y`` (the message lists those that are), and
    UnsupportedError for a matrix in either place. Paper: "Matrix calculus" to "Vector chain rule".
    """
    return Derivation(_expression(y), wrt)


def hessian(y, wrt) -> Derivation:
    """The second derivatives of a scalar ``y``: the derivation of its gradient, n x n.

    Where the gradient is constant they are zero.
    """
    first = derive(y, wrt)
    return Derivation(first.gradient, wrt, symbols(first.y))


def _expression(y):
    y = expr.as_expr(list(y) if isinstance(y, tuple) else y)
    y = replace(y, lambda part: part.args[0] if part.op is HELD else None)
    y = y.args[0] if y.op.name == "row" else y
    if y.ndim > 1:
        raise expr.UnsupportedError(
            f"{y} is {shape_text(y.shape)}: a scalar or a vector can be derived, not a matrix"
        )
    named: dict = {}
    for e in walk(y):
        if e.name and named.setdefault(e.name, e) is not e:
            raise ValueError(f"{y} uses the name {e.name} for two things: rename one of them")
    return y


# --- Jacobians along the graph ---------------------------------------------------------------


def accumulate(y: Expr, seeds: dict) -> list[Term]:
    """The Jacobian of ``y``, forward through the graph from the Jacobians of some of its nodes."""
    found = dict(seeds)
    for e in walk(y):
        if e not in found:
            terms = []
            for k, operand in enumerate(e.args):
                local = local_jacobian(e, k) if found.get(operand) else None
                if local is not None:
                    terms += [compose(local, term, operand.shape) for term in found[operand]]
            found[e] = collect(terms)
    return found[y]


def _seed(variables: tuple, several: bool) -> dict:
    """The Jacobian of each variable by all of them: the identity, or a unit row each."""
    seeds = {}
    for k, variable in enumerate(variables):
        labels = tuple(fresh() for _ in (variable.shape or (1,) * several))
        term = Term(labels[: variable.ndim], labels)
        if several:
            term.times(constant("unit", k, len(variables)), labels)
        seeds[variable] = [term]
    return seeds


def _fold(terms: list[Term], named: Expr, given: bool) -> list[Term]:
    """Write what has a name under it: softmax is ``diag(s) - s s^T``, and a norm ``1/r``.

    A vector's name is taken where its scalar factors make the formula shorter, a name that the
    reader has not ``given`` only if it stands for several; a scalar's where it is divided by.
    """
    if len(walk(named)) < 5:
        return terms
    whole = unnamed(named)
    if named.ndim == 0:
        if not given or not any(whole in _divisors(t.coefficient) for t in terms):
            return terms
        return [_put(t, {whole: named}) for t in terms]
    scalar, vector = algebra.split(whole)
    if vector.ndim == 0:
        return terms
    below = {a: a for a in algebra.factors(scalar)[1]}  # what belongs to the name stays as it is
    deep = {vector: algebra.mul(named, algebra.invert(scalar)), **below}
    count, done = 0, []
    for term in terms:
        vectors, scale = {}, ONE
        for label, v in term.vectors.items():
            for sign in (1, -1) if v.shape == vector.shape else ():
                rest = algebra.mul(algebra.mul(sign, v), algebra.invert(vector))
                if rest.ndim == 0:
                    scale = algebra.mul(scale, sign, rest, algebra.invert(scalar))
                    v, count = named, count + 1
                    break
            vectors[label] = v
        scaled = algebra.mul(term.coefficient, scale)
        if not _divisors(scaled) <= _divisors(term.coefficient):
            return terms  # it may be zero
        folded = dataclasses.replace(term, coefficient=scaled, vectors=vectors)
        if vector.op is not SYMBOL:
            count += sum(vector in walk(v) for v in [scaled, *vectors.values()])
            folded = _put(folded, deep)
        done.append(folded)
    shorter = _length(done, named) < _length(terms, named)
    return done if count > (not given) and shorter else terms


def _length(terms, named):
    """How much there is to write, where ``named`` is a name only."""
    hidden = {named: node(SYMBOL, params=named.params, shape=named.shape)}
    parts = ([t.coefficient, *t.vectors.values()] for t in terms)
    return sum(len(walk(*(replace(e, hidden.get) for e in some))) for some in parts)


def _put(term: Term, swap: dict) -> Term:
    """A term with something else in the place of some of its parts."""
    put = [replace(e, swap.get, _rebuilt) for e in (term.coefficient, *term.vectors.values())]
    new = dataclasses.replace(term, coefficient=put[0], vectors={})
    for label, v in zip(term.vectors, put[1:], strict=True):
        new.times(v, (label,))
    return new


def _rebuilt(e: Expr, args: tuple) -> Expr:
    """An operation on new operands, with their scalars in front of products."""
    if e.op.spec and len(args) > 1:
        scalars, args = zip(*map(algebra.split, args), strict=True)
        if all(a.ndim == old.ndim for a, old in zip(args, e.args, strict=True)):
            return algebra.mul(*scalars, node(e.op, *args, params=e.params))
        args = [algebra.mul(*pair) for pair in zip(scalars, args, strict=True)]
    return algebra.simplified(e, tuple(args))


def _divisors(e: Expr) -> set[Expr]:
    """What is divided by in a formula, lengths apart."""
    below = [part.args[1] for part in walk(e) if part.op.name == "divide"]
    return {atom for d in below for atom in algebra.factors(d)[1] if atom.op is not expr.SIZE}


def _hint(v) -> str:
    """What else may have been meant by something that is no variable."""
    if isinstance(v, str):
        return "; give the variable, not its name"
    if not isinstance(v, Expr) or v.op.name not in ("index", "symbol"):
        return ""
    if v.op is SYMBOL:
        return "; by anything else the derivative is 0"
    return "; an element is a column of the Jacobian by its vector"


def _free_name(y: Expr, taken: set) -> str:
    if y.op is NAMED:
        return y.name
    names = ("y", "f", "C", "r", "h", "y_1", "y_2")
    return next(name for name in names if name not in taken)


def expression_graph(y: Expr, variables=None, automatic=True, taken=frozenset()) -> Graph:
    """The intermediate variables of ``y`` from these variables on, by default from all of them.

    They are given names that neither ``y`` nor ``taken`` has.
    """
    if variables is None:
        variables = tuple(v for v in symbols(y) if v.ndim < 2)

    def local(definition, p):
        terms = accumulate(definition, _seed((p,), False))
        return formula(terms, definition.shape, p.shape) if terms else None

    taken = taken | {e.name for e in walk(y) if e.name}
    return Graph(y, variables, _free_name(y, taken), taken, local, automatic)


class Jacobian(np.lib.mixins.NDArrayOperatorsMixin):
    """A Jacobian's closed form: ``str()`` gives it in plain text, ``shape`` is symbolic, m x n.

    It takes part in NumPy expressions like the formula it is, so that a claim or a product of
    Jacobians can be written with it.
    """

    def __init__(self, formula: Expr):
        self.expr = formula

    @property
    def shape(self) -> tuple:
        return (*self.expr.shape, 1, 1)[:2]

    @property
    def T(self) -> Expr:
        """The transpose: the same derivatives in denominator layout."""
        return self.expr.T

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return getattr(ufunc, method)(*map(expr.as_expr, inputs), **options)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __str__(self):
        return str(self.expr)

    def __repr__(self):
        shown, note = self._shown()
        return f"{shown}   ({shape_text(shown.shape)}{note})"

    def _repr_latex_(self):
        shown, note = self._shown()
        size = shape_text(shown.shape).replace("x", r"\times")
        return rf"$\displaystyle {expr.WRITERS['latex'](shown)} \qquad ({size}\text{{{note}}})$"

    def _shown(self):
        turned = _layout == "denominator"
        return (self.expr.T, ", denominator layout") if turned else (self.expr, "")


_layout = "numerator"


def layout(name: str) -> None:
    """Choose how Jacobians are shown: ``"numerator"`` layout, the paper's, or ``"denominator"``.

    Denominator layout is the transpose, for readers who come from other books. Only what is shown
    changes: ``str()``, claims and numbers stay in numerator layout.
    """
    global _layout
    if name not in ("numerator", "denominator"):
        raise ValueError(f'{name!r} is not a layout: "numerator" or "denominator"')
    _layout = name


# --- the derivation --------------------------------------------------------------------------


class Derivation:
    """What :func:`derive` gives: the closed form, the steps to it, and ways to use and check it."""

    def __init__(self, y: Expr, wrt, known=()):
        self.several = isinstance(wrt, tuple | list)
        given = tuple(wrt) if self.several else (wrt,)
        intermediate = [v for v in given if isinstance(v, Expr) and v.op is NAMED]
        free = {v: node(SYMBOL, params=v.params, shape=v.shape) for v in intermediate}
        self.y = replace(y, free.get)
        self._compiled_products: dict = {}
        self._taken = {e.name for e in walk(y) if e.name}
        self.variables = tuple(free.get(v, v) if isinstance(v, Expr) else v for v in given)
        self.inputs = tuple(dict.fromkeys([*symbols(self.y), *known]))  # whose values may be given
        self._refuse_others()
        self.wrt = self.variables if self.several else self.variables[0]
        self.columns = (len(given),) if self.several else self.wrt.shape  # of the inputs

    def _refuse_others(self):
        if not self.variables:
            raise ValueError("wrt is empty: give a variable, or a tuple of scalar variables")
        if len({*self.variables}) < len(self.variables):
            raise ValueError("wrt has a variable twice: give each once, for a column each")
        for v in self.variables:
            if not isinstance(v, Expr) or v not in self.inputs:
                names = ", ".join(e.name for e in self.inputs) or "none"
                raise ValueError(
                    f"{v} is not a variable of {self.y}: its variables are {names}{_hint(v)}"
                )
            if v.ndim > 1:
                raise expr.UnsupportedError(f"{v} is a matrix: derive by a scalar or a vector")
            if self.several and v.ndim:
                raise ValueError(f"{v} is a vector: a tuple for wrt holds scalar variables only")

    @cached_property
    def terms(self) -> list[Term]:
        """The structured Jacobian (:mod:`mcalc.jacobian`)."""
        terms = accumulate(unnamed(self.y), _seed(self.variables, self.several))
        names = [e for e in walk(self.y) if e.op is NAMED]
        if self.y.ndim and self.y not in names:
            terms = _fold(terms, expr.let(self.output, self.y), given=False)
        for named in sorted(names, key=lambda e: (-e.ndim, -len(walk(e)))):
            terms = _fold(terms, named, given=True)
        return terms

    @cached_property
    def jacobian(self) -> Jacobian:
        """The closed form in numerator layout."""
        return Jacobian(formula(self.terms, self.y.shape, self.columns))

    @property
    def gradient(self) -> Expr:
        """The Jacobian of a scalar ``y`` in the shape of ``wrt``, as an optimiser wants it."""
        if self.y.ndim:
            raise ValueError(
                f"{self.y} is {shape_text(self.y.shape)}: only a scalar has a gradient; "
                "a vector has a .jacobian"
            )
        return self.jacobian.expr.T if self.columns else self.jacobian.expr

    @cached_property
    def parameters(self) -> tuple:
        """The names that ``numpy()``, ``jvp`` and ``vjp`` need."""
        needed = set()
        for form, *probes in ([self.jacobian.expr], self._product("inp"), self._product("out")):
            needed |= {*symbols(unnamed(form)), *self._lenders(unnamed(form), *probes)}
        return tuple(e.name for e in self.inputs if e in needed)

    def _lenders(self, form, *probes):
        """Variables that only lend their length: in ``I`` nothing else tells n."""
        wanted = {*evaluate.letters(form, *probes)} - {*evaluate.told(*probes, *symbols(form))}
        lenders = []
        for e in [*self.variables, *self.inputs]:
            if not wanted.isdisjoint(evaluate.told(e)):
                wanted.difference_update(evaluate.told(e))
                lenders.append(e)
        return lenders

    def numpy(self):
        """A function of keyword arrays (``parameters``) that gives the Jacobian, m x n, float64.

        Raises UnsupportedError if an open function (:func:`mcalc.functions`) is in it.
        """
        self._refuse_open()
        return self.with_stand_ins()

    def with_stand_ins(self):
        """As ``numpy()``, with a fixed smooth function in the place of each open one."""
        return self._compiled(self.jacobian.expr, two_axes=True)

    def _refuse_open(self):
        names = [e.op.name for e in walk(self.y) if e.op.open]
        if names:
            raise expr.UnsupportedError(f"{names[0]} is left open, so there are no numbers for it")

    def jvp(self, dx, /, **values):
        """Jacobian times the column ``dx``: how y changes, to first order, in the shape of y.

        Time and memory are those of the closed form, never m x n.
        """
        return self._times("inp", dx, values)

    def vjp(self, v, /, **values):
        """The row ``v`` times the Jacobian, in the shape of wrt; see :meth:`jvp`."""
        return self._times("out", v, values)

    def _times(self, side, vector, values):
        self._refuse_open()
        if side not in self._compiled_products:
            self._compiled_products[side] = self._compiled(*self._product(side))
        return self._compiled_products[side](**{_PROBES[side]: vector}, **values)

    def _product(self, side):
        """The formula of the Jacobian times a vector on this side, and that vector."""
        shapes = self.columns, self.y.shape
        near, far = shapes if side == "inp" else shapes[::-1]
        probe = node(SYMBOL, params=(_PROBES[side],), shape=near)
        terms = contraction(self.terms, probe, side)
        upright = [dataclasses.replace(t, out=t.out + t.inp, inp=()) for t in terms]
        return formula(upright, far, ()), probe

    def _compiled(self, form, *probes, two_axes=False):
        form = unnamed(form)
        inputs = [*probes, *self._lenders(form, *probes)]
        known = evaluate.told(*inputs, *symbols(form))
        unknown = [n for n in evaluate.letters(form, *probes) if n not in known]
        if unknown:
            raise ValueError(f"no variable of {self.y} tells the length {unknown[0]}")
        return evaluate.compile_(form, inputs, self.inputs, two_axes=two_axes)

    def explicit(self, **sizes):
        """The Jacobian by scalar rules alone, a ``sympy.Matrix`` over ``x_1, x_2, ...``.

        Every symbolic size needs a value: ``explicit(n=3)``. Raises ValueError for a missing one.
        """
        return explicit.jacobian(unnamed(self.y), self.variables, sizes)

    def check(self, sizes=(1, 2, 3, 5, 8), points=5, seed=0, at=None):
        """Compare the closed form with scalar rules and with numerical differentiation.

        Returns a ``Report``; raises ``CheckFailed`` with the first counter-example. ``at`` checks
        one point of your own, a mapping from names to values.
        """
        return check.check(self, sizes, points, seed, at)

    def equals(self, claim) -> bool:
        """Whether a claimed closed form is the same function, of the same shape."""
        return claims.difference(self, claim) is None

    def why(self, claim) -> str | None:
        """Why a claimed closed form is wrong, in one sentence; None if it is right."""
        found = claims.difference(self, claim)
        return found and found.sentence

    # --- the four steps ---

    @property
    def output(self) -> str:
        """The name of the result in the steps."""
        return _free_name(self.y, self._taken)

    @cached_property
    def graph(self) -> Graph:
        """The intermediate variables and what each is made of."""
        return expression_graph(self.y, self.variables, not self.several, self._taken)

    @property
    def rule(self) -> str:
        """Which of the paper's three chain rules applied."""
        if not self.graph.all_scalar:
            return "vector chain rule"
        total = "total-derivative " if self.graph.paths > 1 else ""
        return f"single-variable {total}chain rule"

    @property
    def reason(self) -> str:
        """Why that rule: one path or several, scalars or vectors."""
        return self.graph.reason()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The paper's four steps, each with ``kind``, ``latex`` and ``text``."""
        latex, text = (Lines(self.graph, self.jacobian.expr, style).all() for style in STYLES)
        return tuple(map(Step, KINDS, latex, text))

    def __repr__(self):
        return as_text(*self._told())

    def _repr_latex_(self):
        return as_latex(*self._told())

    def _told(self):
        reason = self.reason if self.graph.chained else ""
        return self.steps, shape_text(self.jacobian.shape), self.rule, reason
