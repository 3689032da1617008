"""The record of answers: one for each person, wherever the notebooks lie.

It is a small SQLite database, so that kernels that note at the same time lose nothing, and an entry
that this version does not know stays.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from jupyter_core.paths import jupyter_data_dir

PLACE = "MCALC_ANSWERS"  # names another file in the environment
WAIT = 5  # seconds at most for another kernel that is writing


class Note(NamedTuple):
    """What is kept about an exercise: whether it was answered, after how many tries, and how."""

    right: bool = False
    tries: int = 0
    typed: str = ""


def place() -> Path:
    """The file of the record: in Jupyter's folder for a person's data, or where one is named."""
    return Path(os.environ.get(PLACE) or Path(jupyter_data_dir(), "mcalc", "answers.sqlite"))


def load() -> dict[str, Note]:
    """What was answered so far, by key; nothing where there is no record that can be read."""
    if not place().exists():
        return {}
    try:
        with _opened() as connection:
            rows = connection.execute("SELECT key, right, tries, typed FROM answers").fetchall()
    except (OSError, sqlite3.Error):
        return {}
    return {
        key: Note(bool(right), tries, str(typed))
        for key, right, tries, typed in rows
        if isinstance(key, str) and isinstance(tries, int)
    }


def note(key: str, right: bool, typed: str) -> None:
    """One more try at an exercise; what was right stays right, and as it was typed.

    Raises OSError, with the file's name, where nothing can be written. A file that is no record is
    put aside.
    """
    try:
        _write(key, right, typed)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # read-only, full, or locked for long
            raise OSError(None, f"{error}", f"{place()}") from None
        place().replace(f"{place()}.unreadable")
        _write(key, right, typed)


def _write(key, right, typed):
    place().parent.mkdir(parents=True, exist_ok=True)
    with _opened() as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS answers "
            "(key TEXT PRIMARY KEY, right INTEGER, tries INTEGER, typed TEXT)"
        )
        connection.execute(
            "INSERT INTO answers VALUES (?, ?, 1, ?) ON CONFLICT (key) DO UPDATE SET "
            "right = excluded.right, tries = tries + 1, typed = excluded.typed WHERE NOT right",
            (key, int(right), typed if right else ""),
        )


@contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(place(), timeout=WAIT)
    try:
        with connection:  # all or nothing, so that an interruption loses nothing
            yield connection
    finally:
        connection.close()
