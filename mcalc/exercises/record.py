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
    """What is kept about an exercise: whether it was answered, after how many tries, and how.

    ``seen`` says that the solution was looked at before the answer was right.
    """

    right: bool = False
    tries: int = 0
    typed: str = ""
    seen: bool = False


def place() -> Path:
    """The file of the record: in Jupyter's folder for a person's data, or where one is named."""
    return Path(os.environ.get(PLACE) or Path(jupyter_data_dir(), "mcalc", "answers.sqlite"))


def load() -> dict[str, Note]:
    """What was answered so far, by key; nothing where there is no record that can be read."""
    if not place().exists():
        return {}
    try:
        with _opened() as connection:
            named = connection.execute("SELECT name FROM sqlite_master").fetchall()
            tables = {name for (name,) in named}
            seen = connection.execute("SELECT key FROM seen").fetchall() if "seen" in tables else []
            asked = "SELECT key, right, tries, typed FROM answers"
            rows = connection.execute(asked).fetchall() if "answers" in tables else []
    except (OSError, sqlite3.Error):
        return {}
    notes = {key: Note(seen=True) for (key,) in seen if isinstance(key, str)}
    for key, right, tries, typed in rows:
        if isinstance(key, str) and isinstance(tries, int):
            notes[key] = Note(bool(right), tries, str(typed), key in notes)
    return notes


def note(key: str, right: bool, typed: str) -> None:
    """One more try at an exercise; what was right stays right, and as it was typed.

    Raises OSError, with the file's name, where nothing can be written. A file that is no record is
    put aside.
    """
    _write(
        "answers (key TEXT PRIMARY KEY, right INTEGER, tries INTEGER, typed TEXT)",
        "INSERT INTO answers VALUES (?, ?, 1, ?) ON CONFLICT (key) DO UPDATE SET "
        "right = excluded.right, tries = tries + 1, typed = excluded.typed WHERE NOT right",
        (key, int(right), typed if right else ""),
    )


def note_seen(key: str) -> None:
    """That the solution is looked at, if there is no right answer yet.

    Raises OSError as :func:`note` does.
    """
    if not load().get(key, Note()).right:
        _write("seen (key TEXT PRIMARY KEY)", "INSERT OR IGNORE INTO seen VALUES (?)", (key,))


def _write(table, statement, values):
    """Into a table that is made where there is none; a file that is no record is put aside."""
    place().parent.mkdir(parents=True, exist_ok=True)
    for again in (True, False):
        try:
            with _opened() as connection:
                connection.execute(f"CREATE TABLE IF NOT EXISTS {table}")
                connection.execute(statement, values)
            return
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # read-only, full, or locked for long
                raise OSError(None, f"{error}", f"{place()}") from None
            if not again:
                raise
            place().replace(f"{place()}.unreadable")


@contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(place(), timeout=WAIT)
    try:
        with connection:  # all or nothing, so that an interruption loses nothing
            yield connection
    finally:
        connection.close()
