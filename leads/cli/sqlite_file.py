"""Rows as a table of an SQLite file, for whoever asks questions in SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from leads.cli.delimited import text_of
from leads.cli.fields import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from leads.cli.fields import Kind


def write_sqlite(path: Path, rows: Iterable[Mapping[str, object]], kind: Kind) -> None:
    """Write *rows* into a table of their kind in the empty file *path*, one after the other.

    Raises:
        OSError: it cannot be written.
    """
    with _told(), closing(sqlite3.connect(path, isolation_level=None)) as file:
        # Nobody else knows this file yet, and half of it is thrown away: no journal is needed.
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.execute(_table(kind))
        file.execute("BEGIN")
        file.executemany(_insert(kind), (_values(row, kind) for row in rows))
        file.execute("COMMIT")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:  # such as a full disk
        raise OSError(0, str(error)) from None


def _table(kind: Kind) -> str:
    columns = ", ".join(_typed(name, kind) for name in kind.columns)
    key = ", ".join(kind.key)
    return f"CREATE TABLE {kind.name} ({columns}, PRIMARY KEY ({key}))"


def _typed(name: str, kind: Kind) -> str:
    must = " NOT NULL" if name in kind.key else ""
    return f"{name} {'INTEGER' if name in NUMBERS else 'TEXT'}{must}"


def _insert(kind: Kind) -> str:
    # A page of the table that was asked for twice must not break it off.
    places = ", ".join("?" for _ in kind.columns)
    return f"INSERT OR REPLACE INTO {kind.name} VALUES ({places})"  # noqa: S608 - names of our own


def _values(row: Mapping[str, object], kind: Kind) -> list[object]:
    return [_value(row.get(name)) for name in kind.columns]


def _value(value: object) -> object:
    return value if isinstance(value, int | float | str | None) else text_of(value)
