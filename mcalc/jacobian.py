"""Structured Jacobians: sums of terms whose entries are products of vectors and matrices.

The Jacobian of an m-vector by an n-vector has entries J[i, j]. A :class:`Term` describes them by
labels: ``out`` holds the row's label, ``inp`` the column's, a vector sits at one label, a matrix
between two. One label in both places is a diagonal, and a label in neither is summed over:

=====================  ==========  =========  ===============  ==============
closed form            ``out``     ``inp``    ``vectors``      ``matrices``
=====================  ==========  =========  ===============  ==============
``diag(x)``            ``(i,)``    ``(i,)``   ``x`` at ``i``
``x^T``                ``()``      ``(j,)``   ``x`` at ``j``
``x w^T``              ``(i,)``    ``(j,)``   ``x``, ``w``
``A``                  ``(i,)``    ``(j,)``                    ``A`` at i, j
=====================  ==========  =========  ===============  ==============

The chain rule multiplies two of them (:func:`compose`): labels that meet become one, and what is
summed is contracted, so ``1^T diag(x)`` is ``x^T`` without any matrix having been written down.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np

from . import algebra
from .algebra import ONE, add, matvec, mul, split, total
from .expr import Expr, UnsupportedError, is_number

fresh = itertools.count().__next__


@dataclass
class Term:
    """``coefficient`` times the product of its vectors and matrices; see the module's table."""

    out: tuple = ()
    inp: tuple = ()
    coefficient: Expr = ONE
    vectors: dict = field(default_factory=dict)  # label -> Expr
    matrices: list = field(default_factory=list)  # (Expr, label, label)
    lengths: dict = field(default_factory=dict)  # label -> length, for those summed over

    def times(self, e: Expr, labels: tuple) -> None:
        """Multiply by ``e``, whose axes lie at these labels."""
        if e.ndim == 0:
            self.coefficient = mul(self.coefficient, e)
        elif e.ndim == 1:
            self._times_vector(e, *labels)
        else:
            self._times_matrix(e, *labels)

    def _times_vector(self, e, label):
        here = self.vectors.get(label, ONE)
        units = [v for v in (here, e) if v.op.name == "unit"]
        if units:  # only one entry is left of the other
            other = here if units[0] is e else e
            scalar, here = algebra.element(other, units[0].params[0]), units[0]
        else:
            scalar, here = split(mul(here, e))
        self.coefficient = mul(self.coefficient, scalar)
        self.lengths.setdefault(label, e.shape[0])
        if here.ndim and here.op.name != "ones":
            self.vectors[label] = here
        else:
            self.vectors.pop(label, None)

    def _times_matrix(self, e, a, b):
        self.lengths.setdefault(a, e.shape[0]), self.lengths.setdefault(b, e.shape[1])
        scalar, e = split(e)
        self.coefficient = mul(self.coefficient, scalar)
        kind = e.op.name
        if e.ndim < 2:  # x A / A: what is left is the same in every row
            self.times(e, (a, b)[2 - e.ndim :])
        elif kind == "transpose":
            self.times(e.args[0], (b, a))
        elif kind == "outer":
            self.times(e.args[0], (a,)), self.times(e.args[1], (b,))
        elif kind == "matmat":
            middle = fresh()
            self.times(e.args[0], (a, middle)), self.times(e.args[1], (middle, b))
        elif kind in ("diag", "identity"):
            self.join({a: b} if a != b else {})
            for v in e.args:
                self.times(v, (b,))
        elif a == b:
            on_diagonal = np.multiply(e, algebra.constant("identity", e.shape[0]))
            self.times(np.sum(on_diagonal, axis=1), (a,))
        else:
            self.matrices.append((e, a, b))

    def join(self, names: dict) -> None:
        """Give labels new names; labels of one name become one."""

        def new(label):
            return _last(names, label)

        self.out, self.inp = tuple(map(new, self.out)), tuple(map(new, self.inp))
        vectors, self.vectors = self.vectors, {}
        self.lengths = {new(a): length for a, length in self.lengths.items()}
        matrices, self.matrices = self.matrices, []
        for label, v in vectors.items():
            self.times(v, (new(label),))
        for m, a, b in matrices:
            self.times(m, (new(a), new(b)))

    def contract(self) -> Term:
        """Sum over the labels that are neither a row's nor a column's."""
        left = None
        while left != (left := [s for s in self.lengths if s not in self.out + self.inp]):
            joined = [a for m, a, b in self.matrices if m.op.name == "selector"]
            for label in sorted(left, key=lambda s: s not in joined):
                self._contract(label)
        return self

    def _contract(self, s):
        touching = [m for m in self.matrices if s in m[1:]]
        if len({frozenset(m[1:]) for m in touching}) > 1:
            return  # a product of two matrices: kept until a vector meets one of them
        if any(m.op.name == "selector" and a in self.out and b == s for m, a, b in touching):
            return  # a part of the rows: put in its place at the end
        length = self.lengths.pop(s)
        v = self.vectors.pop(s, ONE)
        if not touching:
            self.coefficient = mul(self.coefficient, total(v, length))
            return
        self.matrices = [m for m in self.matrices if m not in touching]
        other = next(label for label in touching[0][1:] if label != s)
        turned = [m if b == s else np.transpose(m) for m, a, b in touching]
        matrix = turned[0] if len(turned) == 1 else mul(*turned)
        self.times(matvec(matrix, algebra.filled(v, (length,))), (other,))

    @property
    def is_zero(self):
        return is_number(self.coefficient, 0)


def copy(term: Term) -> Term:
    """A copy under labels of its own."""
    names = {}
    for label in (*term.out, *term.inp, *term.lengths):
        names.setdefault(label, fresh())
    return Term(
        tuple(names[a] for a in term.out),
        tuple(names[a] for a in term.inp),
        term.coefficient,
        {names[a]: v for a, v in term.vectors.items()},
        [(m, names[a], names[b]) for m, a, b in term.matrices],
        {names[a]: n for a, n in term.lengths.items()},
    )


def compose(outer: Term, inner: Term, shape: tuple) -> Term:
    """The product of two Jacobians, that of the outer function first; ``shape`` lies between."""
    left, right = copy(outer), copy(inner)
    whole = Term(
        left.out,
        right.inp,
        mul(left.coefficient, right.coefficient),
        dict(left.vectors),
        list(left.matrices),
        left.lengths | right.lengths | dict(zip(left.inp, shape, strict=True)),
    )
    for label, v in right.vectors.items():
        whole.times(v, (label,))
    for m, a, b in right.matrices:
        whole.times(m, (a, b))
    names = {}
    for a, b in zip(right.out, left.inp, strict=True):
        a, b = _last(names, a), _last(names, b)
        if a != b:
            names[a] = b
    whole.join(names)
    return whole.contract()


def _last(names, label):
    while label in names:
        label = names[label]
    return label


def collect(terms) -> list[Term]:
    """Terms of one structure as one term, as far as the sum stays as short."""
    groups: dict = {}
    for term in terms:
        if not term.is_zero:
            groups.setdefault(_structure(term), []).append(term)
    return [t for key, group in groups.items() for t in _joined(key, group) if not t.is_zero]


def _structure(term):
    """What two terms must share to differ by one vector or coefficient only."""
    if not term.matrices and not any(v.op.name == "unit" for v in term.vectors.values()):
        if len({*term.out, *term.inp}) <= 1:
            return ("vector", len(term.out), len(term.inp))
    order = {label: k for k, label in enumerate((*term.out, *term.inp, *term.lengths))}
    return (
        tuple(order[a] for a in term.out + term.inp),
        frozenset((order[a], v) for a, v in term.vectors.items()),
        frozenset((m, order[a], order[b]) for m, a, b in term.matrices),
    )


def _joined(key, group):
    first = group[0]
    if len(group) == 1:
        return group
    if key[0] == "vector" and (first.out or first.inp):
        (label,) = {*first.out, *first.inp}
        whole = replace(first, coefficient=ONE, vectors={}, matrices=[])
        whole.times(add(*(mul(t.coefficient, *t.vectors.values()) for t in group)), (label,))
        return [whole]
    return [replace(first, coefficient=add(*(t.coefficient for t in group)))]


# --- from terms to a formula -----------------------------------------------------------------


def formula(terms, out: tuple, inp: tuple) -> Expr:
    """The closed form of a Jacobian with these row and column shapes.

    A scalar for 1 x 1, a vector for a column, ``v.T`` for a row, else a matrix.
    """
    condition = next((c for t in terms if (c := _scalar_condition(t)) is not None), None)
    if condition is not None:
        branches = [
            formula(collect(_branch(t, condition, truth) for t in terms), out, inp)
            for truth in (True, False)
        ]
        return algebra.where(condition, *branches)
    if any(m.op.name == "selector" for t in terms for m, a, b in t.matrices):
        return _blocks(terms, out, inp)
    for labels, listed in (("out", _rows), ("inp", _columns)):
        if any(t.vectors.get(a, ONE).op.name == "unit" for t in terms for a in getattr(t, labels)):
            return listed(terms, out, inp)
    if not out or not inp:
        whole = algebra.filled(add(*map(_one_axis, terms)), out or inp)
        return np.transpose(whole) if inp else whole
    if not terms:
        return algebra.constant("zeros", *out, *inp)
    parts = [_matrix(t, out, inp) for t in terms]
    return algebra.filled(algebra.matrix_sum(*parts), (*out, *inp))


def _scalar_condition(term):
    for atom in algebra.factors(term.coefficient)[1]:
        if atom.op.name == "where":
            return atom.args[0]
    return None


def _branch(term, condition, truth):
    coefficient = algebra.under(condition, truth, term.coefficient)
    decided = replace(term, coefficient=coefficient, vectors={}, lengths=dict(term.lengths))
    for a, v in term.vectors.items():
        decided.times(algebra.filled(algebra.under(condition, truth, v), v.shape), (a,))
    return decided


def _settled(term):
    """``term`` with its matrices in one chain from row to column, or none left of them.

    What is no chain, such as ``sum_s A_is B_sj C_ij``, becomes one by multiplying matrices out.
    """
    term = copy(term).contract()
    while term.matrices and _chain(term) is None:
        summed = [s for s in term.lengths if s not in term.out + term.inp]
        s = next((s for s in summed if len(_partners(term, s)) == 2), None)
        if s is None:
            raise UnsupportedError("this Jacobian is no sum of products of matrices and vectors")
        before, after = _partners(term, s)
        left = _between(term, before, s)
        left = np.matmul(left, np.diag(term.vectors.pop(s))) if s in term.vectors else left
        whole = np.matmul(left, _between(term, s, after))
        term.matrices = [m for m in term.matrices if s not in m[1:]] + [(whole, before, after)]
        del term.lengths[s]
        term.contract()
    return term


def _partners(term, label):
    """The labels that share a matrix with this one."""
    return list(dict.fromkeys(b if a == label else a
                              for m, a, b in term.matrices if label in (a, b)))  # fmt: skip


def _between(term, a, b):
    """The matrix with rows at one label and columns at another; a product, entry by entry."""
    here = [x for x in term.matrices if {a, b} == {*x[1:]}]
    turned = [m if row == a else np.transpose(m) for m, row, _ in here]
    return turned[0] if len(turned) == 1 else mul(*turned)


def _chain(term):
    """The labels from row to column, each joined to the next by matrices; else None."""
    if not term.out or not term.inp or term.out == term.inp:
        return None
    labels = [*term.out]
    while labels[-1] not in term.inp:
        following = [p for p in _partners(term, labels[-1]) if p not in labels[-2:-1]]
        if len(following) != 1 or following[0] in labels:
            return None
        labels += following
    ends = {a for m in term.matrices for a in m[1:]}
    return labels if ends == {*labels} and len(_partners(term, labels[-1])) == 1 else None


def _one_axis(term):
    term = _settled(term) if term.matrices else term
    return mul(term.coefficient, *term.vectors.values())


def _matrix(term, out, inp):
    """One term between a row's and a column's label, as ``(sign, matrix)``."""
    term = _settled(term) if term.matrices else term
    (i,), (j,) = term.out, term.inp
    c, powers = algebra.factors(term.coefficient)
    front, sign = algebra.product(abs(c), powers), 1 if c > 0 else -1
    if i == j:
        if i in term.vectors:
            return 1, np.diag(algebra.filled(mul(term.coefficient, term.vectors[i]), out))
        return sign, mul(front, algebra.constant("identity", *out))
    if not term.matrices:
        ends = (algebra.filled(term.vectors.get(a, ONE), n) for a, n in ((i, out), (j, inp)))
        return sign, mul(front, np.outer(*ends))
    labels, chain = _chain(term), []
    for here, following in itertools.pairwise([*labels, None]):
        if here in term.vectors:
            chain.append(np.diag(term.vectors[here]))
        if following is not None:
            chain.append(_between(term, here, following))
    whole = chain[-1]
    for matrix in chain[-2::-1]:
        whole = np.matmul(matrix, whole)
    return sign, mul(front, whole)


def _rows(terms, out, inp):
    """A row for each of several scalar outputs."""
    made = [formula(contraction(terms, _unit(k, out), "out"), (), inp) for k in range(*out)]
    return np.stack([row.args[0] if row.op.name == "row" else row for row in made])


def _columns(terms, out, inp):
    """A column for each of several scalar variables."""
    made = [formula(contraction(terms, _unit(k, inp), "inp"), out, ()) for k in range(*inp)]
    return np.transpose(np.stack(made))


def _unit(k, shape):
    return algebra.constant("unit", k, *shape)


def _blocks(terms, out, inp):
    """A block of rows for each part of a concatenation; a sum of such if the cuts are several."""
    cuts: dict = {}
    for t in terms:
        cuts.setdefault(_cut(t), []).append(t)
    whole = cuts.pop(None, [])
    if not any(_row_matrices(t) or t.out == t.inp for t in whole):  # outer products can be cut
        cuts[next(iter(cuts))] += whole
        whole = []
    parts = [_cut_at(lengths, group, inp) for lengths, group in cuts.items()]
    parts += [formula(whole, out, inp)] if whole else []
    if len(parts) == 1:
        return parts[0]
    whole = algebra.matrix_sum(*((1, part) for part in parts)) if inp else add(*parts)
    return algebra.filled(whole, (*out, *inp))


def _row_matrices(term):
    return [x for x in term.matrices if term.out[0] in x[1:]]


def _cut(term):
    """The lengths of the parts in which a concatenation joins this term's rows."""
    return next((m.params[0] for m, a, b in _row_matrices(term) if m.op.name == "selector"), None)


def _cut_at(lengths, terms, inp):
    blocks = []
    for k, length in enumerate(lengths):
        part = (_rows_of(t, lengths, k) for t in terms)
        blocks.append(formula(collect(t for t in part if t is not None), (length,), inp))
    return algebra.constant("blocks", *blocks) if inp else np.concatenate(blocks)


def _rows_of(term, lengths, k):
    """Part k of a term's rows, None if it is zero."""
    (row,) = term.out
    selector = next((x for x in _row_matrices(term) if x[0].op.name == "selector"), None)
    if selector and selector[0].params[1] != k:
        return None
    label = selector[2] if selector else fresh()
    part = replace(
        term,
        out=(label,),
        vectors={a: v for a, v in term.vectors.items() if a != row},
        matrices=[x for x in term.matrices if x is not selector],
        lengths={a: n for a, n in term.lengths.items() if a != row},
    )
    if row in term.vectors:
        part.times(algebra.segment(term.vectors[row], lengths, k), (label,))
    return part


def contraction(terms, vector: Expr, side: str) -> list[Term]:
    """The terms of Jacobian times column (``side="inp"``), or of row times Jacobian (``"out"``)."""
    done = []
    for term in map(copy, terms):
        labels = getattr(term, side)
        term.times(vector, labels)
        setattr(term, side, ())
        done.append(term.contract())
    return collect(done)
