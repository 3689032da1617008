"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable


class CheckFailed(AssertionError):
    """The three ways disagree, or a claim is not what is derived; the message says where.

    ``mc.table``, ``mc.reference`` and the like raise it, too. It is an AssertionError.

    >>> import mcalc as mc
    >>> z = mc.scalars("z")
    >>> mc.reference((z**2, z, 0))
    Traceback (most recent call last):
    mcalc.check.report.CheckFailed: z^2 by z: 0 is claimed, but yours is zero, and it should not be
    """


class Report:
    """What a check found, as ``derive(...).check()`` returns it; in text it is its ``lines``.

    ``passed`` is True, or None at a kink, where no way is right or wrong; what does not hold is
    a :class:`CheckFailed`. A report is true unless ``passed`` is False.

    >>> import mcalc as mc
    >>> z = mc.scalars("z")
    >>> mc.derive(z**2, wrt=z).check(at={"z": 3.0})
    at this point the closed form and the other ways agree
    """

    def __init__(self, passed: bool | None, lines: Iterable[str]):
        self.passed, self.lines = passed, tuple(lines)

    def __bool__(self) -> bool:
        return self.passed is not False

    def __repr__(self) -> str:
        return "\n".join(self.lines)
