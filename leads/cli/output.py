"""How commands talk: tables and JSON on stdout, words on stderr, an error in one line."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from leads.errors import (
    InvalidSettings,
    LeadsError,
    Retryable,
    StorageUnavailable,
    UnexpectedError,
    without_message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

type Columns = Sequence[tuple[str, str, int]]  # title, key, widest


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn an error into one line that says what to do; the exit code is 1."""
    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:  # noqa: BLE001 - its message may quote a row
        known = without_message(error)
        raise click.ClickException(f"{known}. {_advice_on(known)}".rstrip()) from None


def print_json(value: object) -> None:
    """Print *value*; escaped to ASCII, so that nothing in it can command the terminal."""
    click.echo(json.dumps(value, default=_json_value, indent=2))


def print_table(columns: Columns, rows: Sequence[Mapping[str, object]]) -> None:
    """Print *rows* below the titles of *columns*, each as wide as it must be."""
    cells = [
        {key: cell(str(row.get(key, "")), widest) for _, key, widest in columns} for row in rows
    ]
    titles = {key: title for title, key, _ in columns}
    widths = {key: max(len(line[key]) for line in [titles, *cells]) for key in titles}
    for line in [titles, *cells]:
        click.echo("  ".join(line[key].ljust(width) for key, width in widths.items()).rstrip())


def cell(text: str, widest: int) -> str:
    """Return *text* without anything that a terminal would obey, cut to the widest it may be."""
    plain = "".join(char if char.isprintable() else "?" for char in text)
    return plain if len(plain) <= widest else plain[: widest - 1] + "…"


def minute(moment: datetime | None) -> str:
    """Return *moment* as a list shows it."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def counted(number: int, one: str, several: str = "") -> str:
    """Return such as "1 lead", "2 leads"."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def _advice_on(error: LeadsError) -> str:
    if isinstance(error, InvalidSettings):
        return "Mend the settings first."
    if isinstance(error, StorageUnavailable):
        return "Is LeadsStorage right, and is the storage there?"
    if isinstance(error, UnexpectedError):
        return "That is a fault of this tool, or a row that a hand changed beyond recognition."
    return "Run it again: what is done is done." if isinstance(error, Retryable) else ""


def _json_value(value: Any) -> object:  # noqa: ANN401 - whatever the SDK gives
    """Return what JSON has no type for: times as ISO text, 64-bit numbers as they are."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return getattr(value, "value", str(value))
