"""The model of chapter 34 beside other libraries, tensor by tensor."""

import re
from pathlib import Path

import autograd
import autograd.numpy
import nbformat
import numpy as np
import pytest

import mcalc as mc

PAGE = Path(__file__).parents[1] / "notebooks" / "34-transformer-block.ipynb"
SIZES = {"N": 12, "v": 7, "d": 8, "h": 20}
ONE_HOT = ("C", "Y")


def functions(library):
    """The forward functions that the chapter defines, with this library as ``np``."""
    scope = {"np": library}
    for cell in nbformat.read(PAGE, as_version=4).cells:
        if re.match(r"def (rms_norm|softmax|causal|attention|block|scores|loss)\(", cell.source):
            exec(cell.source, scope)
    return scope


def model():
    """The listing of the whole, and numbers for everything in it."""
    C, Y = mc.matrices("C Y", shape=("N", "v"))
    E, P = mc.matrices("E", shape=("v", "d")), mc.matrices("P", shape=("N", "d"))
    U = mc.matrices("U", shape=("d", "v"))
    blocks = [
        [
            *mc.matrices(f"Q_{k} K_{k} V_{k} O_{k}", shape=("d", "d")),
            mc.matrices(f"M_{k}", shape=("d", "h")), mc.matrices(f"W_{k}", shape=("h", "d")),
        ]
        for k in (1, 2)
    ]  # fmt: skip
    whole = mc.backward(functions(np)["loss"](C, Y, E, P, U, blocks))
    rng = np.random.default_rng(0)
    values = {v.name: rng.normal(size=[SIZES[n] for n in v.shape]) for v in whole.variables}
    for name in ONE_HOT:
        values[name] = np.eye(SIZES["v"])[rng.integers(SIZES["v"], size=SIZES["N"])]
    return whole, values


def grouped(values):
    """The arguments of ``loss``, the matrices of each block in a list."""
    blocks = [[values[f"{name}_{k}"] for name in "QKVOMW"] for k in (1, 2)]
    return [*(values[name] for name in "CYEPU"), blocks]


def by_autograd(values):
    learnt = {name: a for name, a in values.items() if name not in ONE_HOT}
    loss = functions(autograd.numpy)["loss"]
    return autograd.grad(lambda some: loss(*grouped({**values, **some})))(learnt)


def by_torch(values):
    torch = pytest.importorskip("torch")
    at = {n: torch.tensor(a, requires_grad=n not in ONE_HOT) for n, a in values.items()}
    C, Y, X, P, U, blocks = grouped(at)
    X = C @ X + P
    for W_Q, W_K, W_V, W_O, W_1, W_2 in blocks:
        rows = torch.nn.functional.rms_norm(X, X.shape[1:], eps=1e-5)
        Q, K, V = rows @ W_Q, rows @ W_K, rows @ W_V
        X = X + torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=True) @ W_O
        X = X + torch.relu(torch.nn.functional.rms_norm(X, X.shape[1:], eps=1e-5) @ W_1) @ W_2
    S = torch.nn.functional.rms_norm(X, X.shape[1:], eps=1e-5) @ U
    torch.nn.functional.cross_entropy(S, Y).backward()
    return {name: a.grad.numpy() for name, a in at.items() if name not in ONE_HOT}


@pytest.mark.parametrize("library", [by_autograd, by_torch])
def test_all_gradients_of_the_model_are_those_of_another_library(library):
    whole, values = model()
    _, ours = whole.numpy()(**values)
    theirs = library(values)
    assert len(theirs) == 15
    for name, gradient in theirs.items():
        np.testing.assert_allclose(ours[name], gradient, rtol=0, atol=1e-10, err_msg=name)
