"""What was answered, chapter by chapter."""

from __future__ import annotations

from .exercise import exercise_keys
from .questions import ROWS
from .record import Note, load


class Progress:
    """What was answered, chapter by chapter."""

    def __init__(self, record: dict[str, Note]):
        self.done = {key: note.typed for key, note in record.items() if note.right}
        self.seen = {key for key, note in record.items() if note.seen}

    def chapter(self, number: str) -> tuple[int, int]:
        """How many of a chapter's exercises are right, and how many there are."""
        keys = exercise_keys(number)
        return sum(key in self.done for key in keys), len(keys)

    def __repr__(self):
        lines = []
        for number in dict.fromkeys(key.partition(".")[0] for key in ROWS):
            done, all_ = self.chapter(number)
            left = [key.partition(".")[2] for key in exercise_keys(number) if key not in self.done]
            rest = f"left: {', '.join(left)}" if done and left else ""
            if seen := [key.partition(".")[2] for key in exercise_keys(number) if key in self.seen]:
                rest += f"{'; ' * bool(rest)}solution seen first: {', '.join(seen)}"
            lines.append(
                f"{number}  {'■' * done}{'□' * (all_ - done)}".ljust(17)
                + f"{done} of {all_}  {rest}"
            )
        return "\n".join(map(str.rstrip, lines))


def progress() -> Progress:
    """Which exercises were answered rightly, chapter by chapter, also before the last restart.

    They are kept in one file for each person, wherever the notebooks lie: in Jupyter's folder for
    data, or where the variable ``MCALC_ANSWERS`` of the environment says.

    >>> import mcalc as mc
    >>> right, of = mc.progress().chapter("05")
    >>> 0 <= right <= of
    True
    """
    return Progress(load())
