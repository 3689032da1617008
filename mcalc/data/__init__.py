"""What the chapters train on, digits and plays; where it is from stands in README.md."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np


def digits() -> dict[str, np.ndarray]:
    """1,797 handwritten digits, of 8 x 8 pixels each, in any folder and without a network.

    ``images`` has a row of 64 pixels, 0 to 16, for each of them, 1797 x 64, and ``labels`` says
    which digit it is.

    >>> import mcalc as mc
    >>> mc.digits()["images"].shape, mc.digits()["labels"][:3]
    ((1797, 64), array([0, 1, 2], dtype=uint8))
    """
    with as_file(files(__package__) / "digits.npz") as path, np.load(path) as arrays:
        return dict(arrays)


def shakespeare() -> str:
    """The beginning of some plays by Shakespeare, 160,000 characters, without a network.

    >>> import mcalc as mc
    >>> mc.shakespeare().splitlines()[1]
    'Before we proceed any further, hear me speak.'
    """
    return (files(__package__) / "shakespeare.txt").read_text(encoding="ascii")
