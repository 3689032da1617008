"""A function of plain NumPy, derived by mcalc, against differences of that function itself."""

import numpy as np

import mcalc as mc

VARIABLES = {
    **dict(zip("ab", mc.scalars("a b"), strict=True)),
    **dict(zip("wxuv", (*mc.vectors("w x"), *mc.vectors("u v", size="m")), strict=True)),
    "q": mc.vectors("q", size=3),
    "A": mc.matrices("A"),
    **dict(zip("SB", mc.matrices("S B", shape=("n", "n")), strict=True)),
}


def evaluated(text, values):
    """The value of a line of NumPy: ``"np.sum(a * A)"`` on symbols, or on numbers."""
    with np.errstate(all="ignore"):
        return eval(text, {"np": np, "mc": mc, **values})  # a line of these tests


def differences(f, x, step=1e-3):
    """The Jacobian of ``f`` at an array, with a row for each output: four points an input."""
    weights = {-2: 1, -1: -8, 1: 8, 2: -1}
    columns = []
    for k in range(x.size):
        unit = np.zeros(x.size)
        unit[k] = step
        moved = (c * np.ravel(f(x + (s * unit).reshape(x.shape))) for s, c in weights.items())
        columns.append(sum(moved) / (12 * step))
    return np.stack(columns, axis=1)


def point(sizes, seed=0, low=0.5, high=1.5):
    """Positive values for every variable."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.uniform(low, high, [sizes.get(n, n) for n in e.shape])
        for name, e in VARIABLES.items()
    }


def agrees(text, wrt, sizes=None, values=None, tolerance=1e-7):
    """Assert that all that gives numbers agrees with differences of the line itself."""
    d = mc.derive(evaluated(text, VARIABLES), VARIABLES[wrt])
    for lengths in [sizes] if sizes else [{"m": 2, "n": 3}, {"m": 3, "n": 1}]:
        at = values or point(lengths)
        right = differences(lambda x, at=at: evaluated(text, {**at, wrt: x}), at[wrt])
        close = {"rtol": tolerance, "atol": tolerance * max(1, abs(right).max())}
        given = {name: at[name] for name in d.parameters}
        dx, v = np.cos(np.arange(right.shape[1])), np.sin(1.0 + np.arange(right.shape[0]))
        step, row = dx.reshape(at[wrt].shape), v.reshape(d.jvp(0 * at[wrt], **given).shape)
        found = {"jvp": (d.jvp(step, **given), right @ dx), "vjp": (d.vjp(row, **given), v @ right)}
        if not d.more_axes:
            jacobian = d.numpy()(**given)
            found["numpy"] = (jacobian.T if d.by_matrix else jacobian), right
        for name, (value, wanted) in found.items():
            said = f"{name} of {text} by {wrt}"
            assert type(value) is np.ndarray and value.dtype == np.float64, said
            assert not np.any((value == 0) & np.signbit(value)), f"-0. in {said}"
            np.testing.assert_allclose(np.ravel(value), np.ravel(wanted), **close, err_msg=said)
    return d
