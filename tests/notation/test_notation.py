"""How expressions are written, as plain text and as LaTeX."""

import numpy as np
import pytest

import mcalc as mc
from mcalc.graph.expr import WRITERS, node
from mcalc.graph.primitives import UNIT

w, x = mc.vectors("w x")
q = mc.vectors("q", size=3)
a, b, z, n = *mc.scalars("a b z"), mc.size("n")
A = mc.matrices("A", shape=("n", "n"))
C = mc.matrices("C", shape=("N", 4))
X, B, y = *mc.matrices("X Batch", shape=("N", "n")), mc.vectors("y", size="N")
f = mc.functions("f", elementwise=True)


@pytest.mark.parametrize(
    "e, text, latex",
    [
        # names
        (mc.scalars("alpha"), "alpha", r"\alpha"),
        (mc.vectors("beta"), "beta", r"\boldsymbol{\beta}"),
        (mc.vectors("Gamma_1"), "Gamma_1", r"\boldsymbol{\Gamma}_{1}"),
        (mc.scalars("x_hat"), "x_hat", r"\hat{x}"),
        (mc.vectors("x_bar"), "x_bar", r"\bar{\mathbf{x}}"),
        (mc.scalars("w_1"), "w_1", "w_{1}"),
        (mc.vectors("x'"), "x'", r"\mathbf{x}'"),
        (mc.scalars("x_1'"), "x_1'", "x_{1}'"),
        (mc.scalars("x_hat'"), "x_hat'", r"\hat{x}'"),
        (mc.scalars("x_tilde"), "x_tilde", r"\tilde{x}"),
        (mc.vectors("x_dot"), "x_dot", r"\dot{\mathbf{x}}"),
        (node(UNIT, index=1, length="n"), "e_2", "e_2"),
        ((q + 2 * q)[1], "(q + 2q)_2", r"\left(\mathbf{q} + 2\mathbf{q}\right)_2"),
        # transposes of sums
        ((-(w @ A) + x).T, "-w^T A + x^T", r"-\mathbf{w}^T A + \mathbf{x}^T"),
        ((A.T @ w + x).T, "w^T A + x^T", r"\mathbf{w}^T A + \mathbf{x}^T"),
        ((A @ w + x).T, "(A w + x)^T", r"\left(A \mathbf{w} + \mathbf{x}\right)^T"),
        (mc.scalars("lr"), "lr", r"\mathit{lr}"),
        (mc.scalars("rate_k"), "rate_k", r"\mathit{rate}_{k}"),
        (mc.vectors("rate"), "rate", r"\mathbf{rate}"),
        (q[0] * q[1] ** 2, "q_1 q_2^2", "q_1 q_2^{2}"),
        # functions that have a way of their own to be written
        (np.expm1(x), "exp(x) - 1", r"\exp(\mathbf{x}) - 1"),
        (2 * np.expm1(z), "2 (exp(z) - 1)", r"2 \left(\exp(z) - 1\right)"),
        (2 / np.log1p(z), "2/log(1 + z)", r"\frac{2}{\log(1 + z)}"),
        (np.abs(np.abs(x)), "|(|x|)|", r"|\left(|\mathbf{x}|\right)|"),
        (np.linalg.norm(np.abs(x)), "||(|x|)||", r"\Vert \left(|\mathbf{x}|\right)\Vert "),
        (np.abs(np.linalg.norm(x)), "|(||x||)|", r"|\left(\Vert \mathbf{x}\Vert \right)|"),
        (np.abs(np.abs(z) - 1), "||z| - 1|", r"||z| - 1|"),
        (np.abs(x) ** 2, "|x|^2", r"|\mathbf{x}|^{2}"),
        (np.sqrt(z + 1), "sqrt(z + 1)", r"\sqrt{z + 1}"),
        (np.maximum(z, b), "max(z, b)", r"\max(z, b)"),
        (np.minimum(z, b), "min(z, b)", r"\min(z, b)"),
        (np.linalg.norm(x), "||x||", r"\Vert \mathbf{x}\Vert "),
        (np.greater(z, b), "z > b", "z > b"),
        (np.greater(np.greater(z, b), 0), "(z > b) > 0", r"\left(z > b\right) > 0"),
        (np.greater_equal(z, b), "z ≥ b", r"z \ge b"),
        (np.less(z, b), "z < b", "z < b"),
        (np.less_equal(z, b), "z ≤ b", r"z \le b"),
        (np.equal(z, b), "z = b", "z = b"),
        (np.not_equal(z, b), "z ≠ b", r"z \ne b"),
        # and those that do not
        (np.arctan(z), "arctan(z)", r"\arctan{\left(z\right)}"),
        (np.exp(-z) ** 2, "exp(-z)^2", r"\exp{\left(-z\right)}^{2}"),
        (-np.sin(z) * z, "(-sin(z)) z", r"\left(-\sin{\left(z\right)}\right) z"),
        (f(x) * f(z), "f(x) f(z)", r"f(\mathbf{x}) f(z)"),
        # numbers
        (z / 2, "z/2", r"\frac{z}{2}"),
        (z * 0.5, "z (1/2)", r"z \left(\frac{1}{2}\right)"),
        (np.pi * z, "pi z", r"\pi z"),
        (z - 2 * np.pi, "z - 2pi", r"z - 2\pi"),
        (np.pi / 2 * z, "(pi/2) z", r"\frac{\pi}{2}z"),
        (z ** (2 * np.pi), "z^(2pi)", r"z^{2\pi}"),
        (mc.scalars("pi") * np.pi, "pi · 3.141592653589793", r"\pi \cdot 3.141592653589793"),
        (2**0.5 * z, "sqrt(2) z", r"\sqrt{2}z"),
        (np.sqrt(2 / np.pi) * z, "sqrt(2/pi) z", r"\sqrt{\frac{2}{\pi}}z"),
        (2.0**1.25 * z, "2.378414230005442z", "2.378414230005442z"),
        (z / 1e300, "z/1e+300", r"\frac{z}{1 \cdot 10^{300}}"),
        (1e-300**z, "1e-300^z", r"\left(1 \cdot 10^{-300}\right)^{z}"),
        (1e-9 * mc.scalars("e"), "0.000000001e", r"1 \cdot 10^{-9}e"),
        (0.5 * z * b, "(1/2) z b", r"\frac{1}{2}z b"),
        (w - 0.5 * x, "w - (1/2) x", r"\mathbf{w} - \frac{1}{2}\mathbf{x}"),
        (z * -2, "z (-2)", r"z \left(-2\right)"),
        (-2 * (z + 1), "-2(z + 1)", r"-2\left(z + 1\right)"),
        (2 * z * w, "2z w", r"2z \mathbf{w}"),
        (w * 2, "w · 2", r"\mathbf{w} \cdot 2"),
        (w * 2 * x, "w · 2 ⊗ x", r"\mathbf{w} \cdot 2 \otimes \mathbf{x}"),
        (2 * (3 * z), "2 · 3z", r"2 \cdot 3z"),
        (z * (2 * w), "z · 2w", r"z \cdot 2\mathbf{w}"),
        (-2 * w / 3, "(-2w)/3", r"\frac{-2\mathbf{w}}{3}"),
        (w * 2 / 3, "w · 2/3", r"\frac{\mathbf{w} \cdot 2}{3}"),
        (z - 0.5, "z - 1/2", r"z - \frac{1}{2}"),
        (z + (-2), "z + (-2)", r"z + \left(-2\right)"),
        # lengths
        (n * x, "n x", r"n \mathbf{x}"),
        (x / n, "x/n", r"\frac{\mathbf{x}}{n}"),
        (z / n * b, "(z/n) b", r"\frac{z}{n} b"),
        (1 / n * np.sum(x), "(1/n) sum(x)",
         r"\frac{1}{n} \operatorname{sum}{\left(\mathbf{x}\right)}"),
        # sums, products, quotients and powers
        (-(z + b), "-(z + b)", r"-\left(z + b\right)"),
        (z - (b - a), "z - (b - a)", r"z - \left(b - a\right)"),
        (z + (b - a), "z + b - a", "z + b - a"),
        (z + (b + a), "z + b + a", "z + b + a"),
        (z * -b, "z (-b)", r"z \left(-b\right)"),
        (z / b / a, "z/b/a", r"\frac{\frac{z}{b}}{a}"),
        (z / (b * a), "z/(b a)", r"\frac{z}{b a}"),
        (-z / b, "-z/b", r"-\frac{z}{b}"),
        (z / b * w, "(z/b) w", r"\frac{z}{b} \mathbf{w}"),
        ((z + b) / 2, "(z + b)/2", r"\frac{z + b}{2}"),
        ((a + b) * z, "(a + b) z", r"\left(a + b\right) z"),
        (w * z * x, "w z ⊗ x", r"\mathbf{w} z \otimes \mathbf{x}"),
        (w * np.sin(x), "w ⊗ sin(x)", r"\mathbf{w} \otimes \sin{\left(\mathbf{x}\right)}"),
        (w / x, "w ⊘ x", r"\mathbf{w} \oslash \mathbf{x}"),
        (w / (x + 1), "w ⊘ (x + 1)", r"\mathbf{w} \oslash \left(\mathbf{x} + 1\right)"),
        (w / x / z, "w ⊘ x/z", r"\frac{\mathbf{w} \oslash \mathbf{x}}{z}"),
        (z**-1, "z^(-1)", "z^{-1}"),
        (z ** (b + 1), "z^(b + 1)", "z^{b + 1}"),
        (z ** (2 * b), "z^(2b)", "z^{2b}"),
        (z**b, "z^b", "z^{b}"),
        (z**0.5, "z^(1/2)", r"z^{\frac{1}{2}}"),
        ((z * b) ** 2, "(z b)^2", r"\left(z b\right)^{2}"),
        ((-z) ** 2, "(-z)^2", r"\left(-z\right)^{2}"),
        (2**z, "2^z", "2^{z}"),
        ((z > 0) * b, "(z > 0) b", r"\left(z > 0\right) b"),
        # linear algebra
        (z * mc.ones(), "z 1", r"z \vec{1}"),
        (mc.zeros(), "0", r"\vec{0}"),
        (mc.identity() * z, "I z", "I z"),
        (2 * mc.identity(), "2I", "2I"),
        (w @ x, "w.x", r"\mathbf{w} \cdot \mathbf{x}"),
        ((w + x) @ x, "(w + x).x", r"\left(\mathbf{w} + \mathbf{x}\right) \cdot \mathbf{x}"),
        (mc.ones() @ (2 * x), "1^T (2x)", r"\vec{1}^T \left(2\mathbf{x}\right)"),
        ((w + x) @ mc.ones(), "(w + x)^T 1",
         r"\left(\mathbf{w} + \mathbf{x}\right)^T \vec{1}"),
        (z * (x @ mc.zeros()), "z (0^T x)", r"z \left(\vec{0}^T \mathbf{x}\right)"),
        (2 * (w @ x), "2(w.x)", r"2\left(\mathbf{w} \cdot \mathbf{x}\right)"),
        (2 * np.sum(x) * w, "2 sum(x) w",
         r"2 \operatorname{sum}{\left(\mathbf{x}\right)} \mathbf{w}"),
        (np.sum(x * z) ** 2, "sum(x z)^2", r"\operatorname{sum}{\left(\mathbf{x} z\right)}^{2}"),
        (3 * x.T, "3x^T", r"3\mathbf{x}^T"),
        ((w + x).T, "(w + x)^T", r"\left(\mathbf{w} + \mathbf{x}\right)^T"),
        (np.outer(w + z, x - w), "(w + z) (x - w)^T",
         r"\left(\mathbf{w} + z\right) \left(\mathbf{x} - \mathbf{w}\right)^T"),
        (np.diag(w / x), "diag(w/x)",
         r"\operatorname{diag}{\left(\frac{\mathbf{w}}{\mathbf{x}}\right)}"),
        (np.diag(-w / x**2), "diag(-w/x^2)",
         r"\operatorname{diag}{\left(-\frac{\mathbf{w}}{\mathbf{x}^{2}}\right)}"),
        (A.T @ x, "A^T x", r"A^T \mathbf{x}"),
        (x @ A, "A^T x", r"A^T \mathbf{x}"),
        (A @ (A @ x), "A A x", r"A A \mathbf{x}"),
        ((A @ A) @ x, "(A A) x", r"\left(A A\right) \mathbf{x}"),
        ((A + A.T) @ x, "(A + A^T) x", r"\left(A + A^T\right) \mathbf{x}"),
        (w @ (A @ x), "w^T A x", r"\mathbf{w}^T A \mathbf{x}"),
        ((A @ x).T, "x^T A^T", r"\mathbf{x}^T A^T"),
        (A * A, "A ⊗ A", r"A \otimes A"),
        (np.stack([z, b]), "[z, b]^T", r"\begin{bmatrix} z \\ b \end{bmatrix}"),
        (np.stack([w, x]), "[w^T; x^T]",
         r"\begin{bmatrix} \mathbf{w}^T \\ \mathbf{x}^T \end{bmatrix}"),
        (np.stack([w, x], axis=1), "[w^T; x^T]^T",
         r"\begin{bmatrix} \mathbf{w}^T \\ \mathbf{x}^T \end{bmatrix}^T"),
        (np.stack([np.stack([z, b]), np.stack([b, 2 * z])]), "[[z, b], [b, 2z]]",
         r"\begin{bmatrix} z & b \\ b & 2z \end{bmatrix}"),
        (np.concatenate([w, x]), "[w; x]",
         r"\begin{bmatrix} \mathbf{w} \\ \mathbf{x} \end{bmatrix}"),
        ((A @ A) @ A, "A A A", "A A A"),
        (mc.derive(np.concatenate([x**2, w]), wrt=w).jacobian.expr, "[0; I]",
         r"\begin{bmatrix} 0 \\ I \end{bmatrix}"),
        # rows
        ((-x).T, "-x^T", r"-\mathbf{x}^T"),
        ((z * x).T, "z x^T", r"z \mathbf{x}^T"),
        ((w * x).T, "(w ⊗ x)^T", r"\left(\mathbf{w} \otimes \mathbf{x}\right)^T"),
        ((x / z).T, "x^T/z", r"\frac{\mathbf{x}^T}{z}"),
        ((-x / z).T, "-x^T/z", r"-\frac{\mathbf{x}^T}{z}"),
        ((A @ x + w).T, "(A x + w)^T", r"\left(A \mathbf{x} + \mathbf{w}\right)^T"),
        (mc.cases((x, z > 0)).T, "x^T if z > 0; 0^T otherwise",
         r"\begin{cases} \mathbf{x}^T & \text{if } z > 0 \\ \vec{0}^T & \text{otherwise} "
         r"\end{cases}\,"),
        (mc.cases((x, z > 0), (2, z > b)).T, "x^T if z > 0; 2 · 1^T if z > b; 0^T otherwise",
         r"\begin{cases} \mathbf{x}^T & \text{if } z > 0 \\ 2 \vec{1}^T & \text{if } z > b "
         r"\\ \vec{0}^T & \text{otherwise} \end{cases}\,"),
        (mc.cases((x, z > 0), (w, w > x)).T, "(x if z > 0; w if w > x; 0 otherwise)^T",
         r"\left(\begin{cases} \mathbf{x} & \text{if } z > 0 \\ \mathbf{w} & \text{if } "
         r"\mathbf{w} > \mathbf{x} \\ 0 & \text{otherwise} \end{cases}\,\right)^T"),
        (np.concatenate([w, x]).T, "[w^T, x^T]",
         r"\begin{bmatrix} \mathbf{w}^T & \mathbf{x}^T \end{bmatrix}"),
        (np.stack([z, b]).T, "[z, b]", r"\begin{bmatrix} z & b \end{bmatrix}"),
        # parts of a vector
        (mc.derive(C @ np.concatenate([q, [z]]), wrt=q).jacobian.expr, "C [I; 0_(1, 3)]",
         r"C \begin{bmatrix} I \\ 0 \end{bmatrix}"),
        (mc.derive(y @ C @ np.concatenate([q, [z]]), wrt=q).jacobian.expr, "(C^T y)_(1:3)^T",
         r"\left(C^T \mathbf{y}\right)_{1:3}^T"),
        (np.sin(z) * z**2 / np.sin(z), "sin(z) z^2/sin(z)",
         r"\frac{\sin{\left(z\right)} z^{2}}{\sin{\left(z\right)}}"),
        (z * z**2, "z · z^2", r"z \cdot z^{2}"),
        (np.sum(C, axis=0), "C^T 1", r"C^T \vec{1}"),
        (np.linalg.inv(A), "inv(A)", "A^{-1}"),
        (A @ (z * A), "A (z A)", r"A \left(z A\right)"),
        (A @ (A / z), "A (A/z)", r"A \left(\frac{A}{z}\right)"),
        ((-x @ A).T, "(-x^T) A", r"\left(-\mathbf{x}^T\right) A"),
        (((w - x) @ A).T, "(w - x)^T A", r"\left(\mathbf{w} - \mathbf{x}\right)^T A"),
        (((2 * x) @ A).T, "2x^T A", r"2\mathbf{x}^T A"),
        # cases, and sums over data
        (np.sum(mc.cases((mc.ones(), w > 0))), "sum_i (1 if w_i > 0; 0 otherwise)",
         r"\sum_i \begin{cases} 1 & \text{if } w_i > 0 \\ 0 & \text{otherwise} \end{cases}\,"),
        (np.sum(mc.cases(((A @ A) @ w, w > 0))), "sum_i (((A A) w)_i if w_i > 0; 0 otherwise)",
         r"\sum_i \begin{cases} (\left(A A\right) \mathbf{w})_i & \text{if } w_i > 0 \\ 0 "
         r"& \text{otherwise} \end{cases}\,"),
        (mc.cases((z, z > 0), (b, b > 0), a), "z if z > 0; b if b > 0; a otherwise",
         r"\begin{cases} z & \text{if } z > 0 \\ b & \text{if } b > 0 \\ a & "
         r"\text{otherwise} \end{cases}\,"),
        (mc.cases((z, z > 0)) + 1, "(z if z > 0; 0 otherwise) + 1",
         r"\left(\begin{cases} z & \text{if } z > 0 \\ 0 & \text{otherwise} "
         r"\end{cases}\,\right) + 1"),
        (w * mc.cases((1, x > 0)), "w ⊗ (1 if x > 0; 0 otherwise)",
         r"\mathbf{w} \otimes \left(\begin{cases} 1 & \text{if } \mathbf{x} > 0 \\ 0 & "
         r"\text{otherwise} \end{cases}\,\right)"),
        (np.sum(mc.cases((X @ w - y, y > 0))), "sum_i (w.x_i - y_i if y_i > 0; 0 otherwise)",
         r"\sum_i \begin{cases} \mathbf{w} \cdot \mathbf{x}_i - y_i & \text{if } y_i > 0 "
         r"\\ 0 & \text{otherwise} \end{cases}\,"),
        (np.sum(mc.cases((z * w, z * w < np.max(z * w)))),
         "sum_i (z w_i if z w_i < max(z w); 0 otherwise)",
         r"\sum_i \begin{cases} z w_i & \text{if } z w_i < \max{\left(z \mathbf{w}\right)} \\ 0 "
         r"& \text{otherwise} \end{cases}\,"),
        (np.sum(mc.cases((w, w > 2 * np.sum(mc.cases((x, x > 0)))))),
         "sum_i (w_i if w_i > 2 sum(x if x > 0; 0 otherwise); 0 otherwise)",
         r"\sum_i \begin{cases} w_i & \text{if } w_i > 2 \operatorname{sum}{\left(\begin{cases} "
         r"\mathbf{x} & \text{if } \mathbf{x} > 0 \\ 0 & \text{otherwise} \end{cases}\,\right)} "
         r"\\ 0 & \text{otherwise} \end{cases}\,"),
        (np.sum(mc.cases((X @ mc.ones("n"), y > 0))), "sum_i (1^T x_i if y_i > 0; 0 otherwise)",
         r"\sum_i \begin{cases} \vec{1}^T \mathbf{x}_i & \text{if } y_i > 0 \\ 0 & "
         r"\text{otherwise} \end{cases}\,"),
        (X.T @ mc.cases((X @ w + b - y, X @ w + b > 0)),
         "sum_i ((w.x_i + b - y_i) x_i if w.x_i + b > 0; 0 otherwise)",
         r"\sum_i \begin{cases} \left(\mathbf{w} \cdot \mathbf{x}_i + b - y_i\right) "
         r"\mathbf{x}_i & \text{if } \mathbf{w} \cdot \mathbf{x}_i + b > 0 "
         r"\\ \vec{0} & \text{otherwise} \end{cases}\,"),
        (B.T @ mc.cases((y, B @ w > 0), 1),
         "sum_i (y_i Batch_i if w.Batch_i > 0; Batch_i otherwise)",
         r"\sum_i \begin{cases} y_i \mathbf{Batch}_i & \text{if } \mathbf{w} \cdot "
         r"\mathbf{Batch}_i > 0 \\ \mathbf{Batch}_i & \text{otherwise} \end{cases}\,"),
        (mc.cases((1, X @ w > 0)) @ X, "sum_i (x_i if w.x_i > 0; 0 otherwise)",
         r"\sum_i \begin{cases} \mathbf{x}_i & \text{if } \mathbf{w} \cdot \mathbf{x}_i > "
         r"0 \\ \vec{0} & \text{otherwise} \end{cases}\,"),
        # derivatives
        (mc.derivative(z**2, z), "d/dz z^2", r"\frac{d}{dz} z^{2}"),
        (mc.derivative(2 * z, z) * b, "(d/dz 2z) b", r"\left(\frac{d}{dz} 2z\right) b"),
        (mc.derivative(z + b, z), "∂/∂z (z + b)",
         r"\frac{\partial}{\partial z} \left(z + b\right)"),
        (mc.derivative(w @ x, w), "∂/∂w (w.x)",
         r"\frac{\partial}{\partial \mathbf{w}} \left(\mathbf{w} \cdot \mathbf{x}\right)"),
    ],
)  # fmt: skip
def test_written(e, text, latex):
    assert (WRITERS["text"](e), WRITERS["latex"](e)) == (text, latex)
