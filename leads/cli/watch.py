"""The command that shows leads as they come, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import plain, printable
from leads.cli.formats import JSON_LINES, TABLE, to_json
from leads.cli.moments import MomentType
from leads.cli.output import counted, told_errors
from leads.cli.rows import LEAD_COLUMNS, OFFER, as_of_today, selection_options, without_row_key
from leads.cli.terminal import Column, print_lines, reader_may_leave
from leads.cli.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from leads.cli.watching import Row

_HOUR = 3600


def _moment(row: Row) -> object:
    seen = row.get("LastSeen")
    return f"{seen:%m-%d %H:%M}" if isinstance(seen, datetime) else seen


_SEEN = Column("SEEN (UTC)", "LastSeen", 11, fixed=True, read=_moment)
_TIMES = Column("N", "TouchCount", 3, right=True, fixed=True)


@click.command()
@OFFER
@click.option(
    "--interval",
    type=click.IntRange(1, _HOUR),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="Pause between two looks; a look costs one request for each offer.",
)
@click.option(
    "--since",
    type=MomentType(),
    help="First show the leads seen at that time (UTC) or later: 2026-11-22, today, 12h.",
)
@selection_options
@click.option(
    "-o",
    "--output",
    type=click.Choice([TABLE, JSON_LINES]),
    default=TABLE,
    show_default=True,
    help="How to print it.",
)
def watch(
    *,
    offer: str | None,
    interval: int,
    since: datetime | None,
    output: str,
    **selection: Any,  # noqa: ANN401 - click's
) -> None:
    """Show leads as they come, one line each, until Ctrl-C.

    A lead is shown again whenever it changes. N counts what the customer did: 1 is somebody new.
    A lead that reaches the table late is shown if it is among the 100 newest of its offer, or came
    within 15 minutes of the newest.

    \b
    Examples: python -m leads watch --contactable
              python -m leads watch --since today -o jsonl
    """  # noqa: D301 - click's own mark: keep these lines as they are
    from leads.selection import Selection
    from leads.wiring import reading

    outage = Outage()
    try:
        with told_errors():
            watched = Watch(reading.leads(), outage.survived, offer and offer.lower())
            begun = watched.begin(since)
        click.echo(_begun(watched), err=True)
        coming = chain(begun, _coming(watched, outage, interval))
        rows = filter(Selection(**selection).takes, coming)
        with reader_may_leave():
            if output == TABLE:
                _print_table(rows, _columns(offer, include_tests=selection["include_tests"]))
            else:
                _print_json_lines(rows)
    except KeyboardInterrupt:
        click.echo(nl=sys.stderr.isatty(), err=True)  # the terminal shows ^C in this line


class Outage:
    """Says once that the table cannot be read, and once that it can be read again."""

    def __init__(self) -> None:
        self._told = self._failed = False

    @contextmanager
    def survived(self) -> Iterator[None]:
        """Let an error end what is inside, and no more."""
        try:
            with told_errors():
                yield
        except click.ClickException as error:
            self._failed = True
            if not self._told:
                click.echo(f"Still trying, but {error.format_message()}", err=True)
            self._told = True

    def end_of_look(self) -> None:
        """Say that it is over, if it is."""
        if self._told and not self._failed:
            click.echo("The table can be read again.", err=True)
            self._told = False
        self._failed = False


def _coming(watched: Watch, outage: Outage, interval: int) -> Iterator[Row]:
    """Yield the leads that come, without end."""
    while True:
        time.sleep(interval)
        yield from watched.look()
        outage.end_of_look()


def _begun(watched: Watch) -> str:
    offers = counted(len(watched.windows), "offer")
    if watched.only:
        known = any(window.known for window in watched.windows.values())
        offers = watched.only if known else f"{watched.only}, which has no lead so far"
    return f"Watching {printable(offers)}. Ctrl-C ends it."


def _columns(offer: str | None, *, include_tests: bool) -> list[Column]:
    """Return the columns of a list in which N stays, without those that say the same in each."""
    known = {"LastSeen": _SEEN, "TouchCount": _TIMES}
    same = {"PartitionKey": offer, "IsTest": not include_tests}
    return [known.get(one.key, one) for one in LEAD_COLUMNS if not same.get(one.key)]


def _print_table(rows: Iterable[Row], columns: Sequence[Column]) -> None:
    """Print each of *rows* as soon as it comes: nobody knows how wide the others will be."""
    widest = ["x" * column.widest for column in columns]
    print_lines((_cells(row, columns) for row in as_of_today(rows)), columns, measured=[widest])


def _print_json_lines(rows: Iterable[Row]) -> None:
    for row in as_of_today(rows):
        click.echo(to_json(without_row_key(row)))


def _cells(row: Row, columns: Sequence[Column]) -> list[str]:
    found = (column.read(row) if column.read else row.get(column.key) for column in columns)
    return [printable(plain(value)) for value in found]
