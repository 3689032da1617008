"""The record of answers, a file in the folder of the notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

FILE = "mcalc-progress.json"  # in the folder of the notebook


class Note(NamedTuple):
    """What is kept about an exercise: whether it was answered, after how many tries, and how."""

    right: bool = False
    tries: int = 0
    typed: str = ""


# --- progress --------------------------------------------------------------------------------


def load() -> dict[str, Note]:
    """What was answered so far, by key.

    A file that cannot be understood is put aside, not written over.
    """
    path = Path(FILE)
    try:
        written = json.loads(path.read_text("utf-8"))
        return {
            key: Note(bool(right), int(tries), str(typed))
            for key, (right, tries, typed) in written.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        path.replace(f"{FILE}.unreadable")
        return {}


def save(record: dict[str, Note]) -> None:
    """All or nothing, so that an interruption loses nothing."""
    part = Path(f"{FILE}.part")
    part.write_text(
        json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
    )
    part.replace(FILE)
