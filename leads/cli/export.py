"""The command that takes all leads out: for spreadsheets, for programs, for SQL."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from leads.cli.delimited import write_delimited
from leads.cli.fields import KINDS, LEADS
from leads.cli.formats import CSV, JSON_LINES, Counted, to_json
from leads.cli.moments import SINCE
from leads.cli.output import counted, told_errors
from leads.cli.rows import OFFER
from leads.cli.terminal import reader_may_leave
from leads.cli.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from leads.cli.delimited import Shown
    from leads.cli.fields import Kind

SQLITE = "sqlite"
_SUFFIXES = {
    ".csv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES,
    ".sqlite": SQLITE, ".sqlite3": SQLITE, ".db": SQLITE,
}  # fmt: skip
_BOM = "\ufeff"
"""What Excel knows UTF-8 by: without it a double click on the file spoils every ö."""


@click.command()
@click.argument(
    "file", required=False, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option(
    "--format",
    "asked",
    type=click.Choice([CSV, JSON_LINES, SQLITE]),
    help="By FILE's suffix (.csv, .jsonl, .sqlite) if not given, else csv.",
)
@click.option("--kind", "name", type=click.Choice([*KINDS]), default="leads", show_default=True)
@OFFER
@SINCE
@click.option("--include-tests", is_flag=True, help="Test leads, too.")
@click.option("--raw", is_flag=True, help="CSV as a program wants it: no quote before formulas.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def export(
    *,
    file: Path | None,
    asked: str | None,
    name: str,
    raw: bool,
    force: bool,
    **choice: Any,  # noqa: ANN401 - click's
) -> None:
    """Write all leads, or all touches, with every column to FILE, or to stdout.

    CSV is made for spreadsheets: a cell that would be computed begins with a quote ('), telephone
    numbers stay as they are, and a FILE begins with the mark by which Excel knows UTF-8. With --raw
    it has neither quotes nor mark. FILE is there when all is written, and not before.

    \b
    Examples: python -m leads export leads.csv --since 30d
              python -m leads export leads.sqlite --kind touches
              python -m leads export --format jsonl --offer contoso.sample-saas
    """  # noqa: D301 - click's own mark: keep these lines as they are
    path = None if file == Path("-") else file
    file_format, kind = asked or _format_of(path), KINDS[name]
    if file_format == SQLITE and path is None:
        raise click.UsageError("SQLite needs a FILE: leads.sqlite")
    with told_errors():
        rows = Counted(_watched(_found(kind, **choice), kind, to_file=path is not None))
        if path is None:
            with reader_may_leave(), _stdout() as to:
                write_text(rows, kind, file_format, raw=raw, to=to)
        else:
            with whole_file(path, force=force) as unfinished:
                write_file(unfinished, rows, kind, file_format, raw=raw)
    told = counted(rows.number, kind.one, kind.name)
    click.echo(f"{told} in {path}" if path else told, err=True)


def write_file(
    path: Path, rows: Iterable[Shown], kind: Kind, file_format: str, *, raw: bool = False
) -> None:
    """Write *rows* to the file *path*, one after the other."""
    if file_format == SQLITE:
        from leads.cli.sqlite_file import write_sqlite

        write_sqlite(path, rows, kind)
        return
    with path.open("w", encoding="utf-8", newline="") as to:
        if file_format == CSV and not raw:
            to.write(_BOM)
        write_text(rows, kind, file_format, raw=raw, to=to)


def write_text(
    rows: Iterable[Shown], kind: Kind, file_format: str, *, raw: bool = False, to: TextIO
) -> None:
    """Write *rows* as CSV or JSON Lines, one after the other."""
    if file_format == CSV:
        write_delimited(rows, kind.columns, raw=raw, to=to)
        return
    to.writelines(f"{to_json(row)}\n" for row in rows)


def _format_of(path: Path | None) -> str:
    if path is None or not path.suffix:
        return CSV
    if found := _SUFFIXES.get(path.suffix.lower()):
        return found
    raise click.UsageError(f"what is a {path.suffix}? Say --format, or name a .csv file")


def _found(
    kind: Kind, *, offer: str | None, since: datetime | None, include_tests: bool
) -> Iterator[Shown]:
    from leads.selection import Selection
    from leads.tables.columns import moment_in
    from leads.wiring import reading

    table, chosen = reading.leads(), Selection(include_tests=include_tests)
    for row in table.leads(offer) if kind is LEADS else table.touches(offer):
        seen_at = moment_in(row, kind.seen_at) if since else None
        if chosen.takes(row) and (since is None or (seen_at and seen_at >= since)):
            yield kind.shown(row)


def _watched(rows: Iterable[Shown], kind: Kind, *, to_file: bool) -> Iterator[Shown]:
    """Yield *rows* while a bar on stderr counts them, where nothing else moves on the screen."""
    free = sys.stderr.isatty() and (to_file or not sys.stdout.isatty())
    with click.progressbar(
        rows, label=kind.name, show_pos=True, update_min_steps=100, file=sys.stderr, hidden=not free
    ) as watched:
        yield from watched


@contextmanager
def _stdout() -> Iterator[TextIO]:
    """Give stdout in UTF-8, whatever the console speaks."""
    to = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield to
        to.flush()
    finally:
        to.detach()
