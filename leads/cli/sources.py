"""Exports that a command reads: the options that say how, and the file with its bar."""

from __future__ import annotations

import codecs
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from leads.cli.output import counted
from leads.migration.columns import SPELLINGS, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from leads.migration.exports import Wording
    from leads.migration.files import Unreadable
    from leads.migration.importing import Each

AT_ONCE = 8
"""Questions to storage at the same time: each waits most of its time."""

FILE = click.Path(dir_okay=False, allow_dash=True)
_PIECE = 65_536
_CLOCKS_APART = timedelta(days=1)


class ColumnType(click.ParamType[tuple[str, str]]):
    """A field and the header of the column that holds it."""

    name = "column"

    def convert(
        self,
        value: str | tuple[str, str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Return field and header; fail where there is no such field."""
        if isinstance(value, tuple):
            return value
        field, _, header = value.partition("=")
        if field not in SPELLINGS or not header:
            self.fail(f"say FIELD=HEADER; fields are {', '.join(SPELLINGS)}", param, ctx)
        return field, header


def export_options[**P, R](command: Callable[P, R]) -> Callable[..., R]:
    """Give *command* the options that say how to read; it gets `read_as`, which makes a Wording."""

    @click.option(
        "--from",
        "origin",
        type=click.Choice([one.value for one in Origin]),
        help="What it is an export of, where its columns do not tell.",
    )
    @click.option(
        "--column",
        "columns",
        type=ColumnType(),
        multiple=True,
        metavar="FIELD=HEADER",
        help="Which column holds a field, where its name does not tell: email='Buyer mail'.",
    )
    @click.option("--day-first", is_flag=True, help="Read 3/4/2026 as 3 April.")
    @wraps(command)
    def with_wording(
        *args: Any,  # noqa: ANN401 - click's
        origin: str | None,
        columns: tuple[tuple[str, str], ...],
        day_first: bool,
        **options: Any,  # noqa: ANN401 - click's
    ) -> R:
        def read_as(aliases: Mapping[str, str]) -> Wording:
            from leads import wiring
            from leads.migration.exports import Wording
            from leads.migration.moments import Calendar

            return Wording(
                calendar=Calendar(latest=wiring.now() + _CLOCKS_APART, day_first=day_first),
                aliases=aliases,
                origin=Origin(origin) if origin else None,
                columns=dict(columns),
            )

        return command(*args, read_as=read_as, **options)  # type: ignore[arg-type]  # click passes by name

    return with_wording


ENCODING = click.option(
    "--encoding", default="utf-8", show_default=True, help="Of the file; Excel may write cp1252."
)


@contextmanager
def opened(path: str, encoding: str) -> Iterator[Iterator[str]]:
    """Open the file *path* (``-``: stdin) and yield its text in pieces, above a progress bar."""
    if path != "-" and not Path(path).is_file():
        raise click.BadParameter(f"there is no file {path}")
    size = 1 if path == "-" else Path(path).stat().st_size
    with (
        click.open_file(path, "rb") as file,
        click.progressbar(
            length=size,
            label="Reading",
            file=sys.stderr,
            hidden=path == "-" or not sys.stderr.isatty(),
        ) as bar,
    ):
        yield _text(_bytes(file, bar.update), encoding)


def tell_unreadable(rows: Sequence[Unreadable], number: int) -> None:
    """Tell which rows cannot be read, and why; *number* is that of all of them."""
    for row in rows:
        click.echo(f"line {row.line}: {row.reason}", err=True)
    if (more := number - len(rows)) > 0:
        click.echo(f"… and {counted(more, 'row')} more", err=True)


def day(moment: datetime | None) -> str:
    """Return the day of *moment* in UTC."""
    return f"{moment:%Y-%m-%d}" if moment else ""


@contextmanager
def in_threads() -> Iterator[Each]:
    """Yield what does several things at once, in the order in which they were given."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool.map


def _bytes(file: IO[bytes], tell: Callable[[int], None]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
        tell(len(piece))  # what comes next is asked for when this is done with


def _text(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder = None
    try:
        for piece in pieces:
            decoder = decoder or codecs.getincrementaldecoder(_encoding_of(piece, encoding))()
            yield decoder.decode(piece)
        if decoder:
            yield decoder.decode(b"", final=True)
    except (UnicodeError, LookupError):  # whose messages quote the file
        raise click.ClickException(
            f"the file is no text in {encoding}: save it as UTF-8, or say --encoding"
        ) from None


def _encoding_of(beginning: bytes, encoding: str) -> str:
    """Return the encoding that the first bytes tell, else *encoding*."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if beginning.startswith(codecs.BOM_UTF8) else encoding
