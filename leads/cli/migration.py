"""The command that moves over: past leads of Microsoft's own destinations come into the table."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from leads.cli.formats import Output, output_options
from leads.cli.output import counted, told_errors
from leads.cli.sources import (
    ENCODING,
    FILE,
    day,
    export_options,
    in_threads,
    opened,
    tell_unreadable,
)
from leads.cli.terminal import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from leads.migration.exports import Wording
    from leads.migration.files import Record, Unreadable
    from leads.migration.importing import Outlet
    from leads.migration.tally import Tally

    type _Records = AbstractContextManager[Iterable[Record | Unreadable]]

_COLUMNS = (
    Column("OFFER", "offer", 60),
    Column("ROWS", "rows", right=True, fixed=True),
    Column("NEW", "new", right=True, fixed=True),
    Column("KNOWN", "known", right=True, fixed=True),
    Column("TESTS", "tests", right=True, fixed=True),
    Column("FIRST", "first", 10, fixed=True),
    Column("LAST", "last", 10, fixed=True),
)
_MOST_NAMED = 10  # offers


@click.command("import")
@click.argument("source", type=FILE, required=False)
@click.option(
    "--table",
    is_flag=False,
    flag_value="MarketplaceLeads",
    help="Read Microsoft's table itself (MarketplaceLeads unless named) instead of a file.",
)
@click.option(
    "--connection-setting",
    "setting",
    default="LeadsStorage",
    show_default=True,
    help="With --table: the setting that names the account where it lies.",
)
@export_options
@ENCODING
@click.option("--yes", is_flag=True, help="Do it; without this it only tells.")
@click.option("--wait", is_flag=True, help="With --yes: wait until the app has done all of it.")
@output_options
def import_leads(  # noqa: PLR0913 - click's
    *,
    source: str | None,
    table: str | None,
    setting: str,
    read_as: Callable[[Mapping[str, str]], Wording],
    encoding: str,
    yes: bool,
    wait: bool,
    output: Output,
) -> None:
    """Import leads that came to Microsoft's own table, or lie in the Referrals workspace.

    SOURCE is an export of the table MarketplaceLeads (CSV, JSON Lines, or what `az storage entity
    query -o json` prints), or a CSV of the Referrals workspace; - is stdin. Leads keep the time
    when they came. They go through the queues as those of today do, so the app must run. What is in
    the table already is not counted twice, and an import that broke off is simply begun again.

    Exit code 1: rows could not be read; all others were imported.

    \b
    Examples: python -m leads import MarketplaceLeads.csv
              python -m leads import MarketplaceLeads.csv --yes --wait
              python -m leads import --table --connection-setting OldStorage
    """  # noqa: D301 - click's own mark: keep these lines as they are
    if bool(source) == bool(table):
        raise click.UsageError("name a file, or say --table")
    if wait and not yes:
        raise click.UsageError("--wait goes with --yes")
    with told_errors():
        records = _of_table(table, setting) if table else _of_file(source or "-", encoding)
        tally = _run(records, read_as, yes=yes)
        _print(tally, output, done=yes)
        if wait:
            _wait()
    sys.exit(bool(tally.unreadable_rows))


def _run(records: _Records, read_as: Callable[[Mapping[str, str]], Wording], *, yes: bool) -> Tally:
    from leads.migration.exports import past_leads
    from leads.migration.importing import import_leads as run
    from leads.migration.tally import Tally
    from leads.wiring import migration

    outlet = _outlet() if yes else None
    if outlet:
        # An import before may have left the same leads there; with an alias set since, they would
        # go to another offer, where nobody knows them until they are in the table.
        outlet.pace.wait(most=0)
    held = migration.holdings()
    tally = Tally(kept_since=held.kept_since, offers_before=held.offers)
    with records as rows, in_threads() as each:
        run(past_leads(rows, read_as(held.aliases)), held, tally, each=each, outlet=outlet)
    return tally


def _outlet() -> Outlet:
    from leads.migration.importing import Outlet
    from leads.wiring import migration

    return Outlet(send=migration.sender(), pace=migration.pace(tell=_tell_waiting))


@contextmanager
def _of_file(path: str, encoding: str) -> Iterator[Iterable[Record | Unreadable]]:
    from leads.migration.files import read_records

    with opened(path, encoding) as pieces:
        yield read_records(pieces)


@contextmanager
def _of_table(name: str, setting: str) -> Iterator[Iterable[Record | Unreadable]]:
    from leads.wiring import migration

    rows = migration.microsoft_table(name, setting=setting)
    hidden = not sys.stderr.isatty()
    with click.progressbar(rows, label="Reading", file=sys.stderr, hidden=hidden) as shown:
        yield shown


def _wait() -> None:
    from leads.wiring import migration

    click.echo("Waiting until the queues are empty …", err=True)
    migration.pace(tell=_tell_waiting, to_the_end=True).wait(most=0)
    click.echo("Done; `list` and `offers` show them.", err=True)


def _tell_waiting(messages: int) -> None:
    waiting = counted(messages, "message waits", "messages wait")
    click.echo(f"\n{waiting} and nobody takes them: is the app running?", err=True)


def _print(tally: Tally, output: Output, *, done: bool) -> None:
    shown = ({"offer": offer, **_shown(offer, tally)} for offer in sorted(tally.offers))
    output.print(list(shown), _COLUMNS)
    tell_unreadable(tally.unreadable, tally.unreadable_rows)
    for words in _words(tally, done=done):
        click.echo(words, err=True)


def _shown(offer: str, tally: Tally) -> dict[str, object]:
    one = tally.offers[offer]
    return {
        "rows": one.rows,
        "new": one.new,
        "known": one.known,
        "tests": one.tests,
        "first": day(one.first),
        "last": day(one.last),
        "new_offer": offer not in tally.offers_before,
    }


def _words(tally: Tally, *, done: bool) -> Iterator[str]:
    verb = "sent" if done else "to import"
    known = tally.rows - tally.new
    yield (
        f"{counted(tally.rows + tally.unreadable_rows, 'row')}: {tally.new} {verb}, {known} in the "
        f"table already, {tally.unreadable_rows} unreadable"
    )
    for clue, number in sorted(tally.clues.items()):
        if clue.is_guess:
            yield f"{counted(number, 'row')} dated by {clue}"
    if new := sorted(tally.offers.keys() - tally.offers_before):
        more = f" and {len(new) - _MOST_NAMED} more" if len(new) > _MOST_NAMED else ""
        yield f"Offers without leads so far: {', '.join(new[:_MOST_NAMED])}{more}"
    if tally.too_old:
        yield (
            f"Warning: {counted(tally.too_old, 'row')} older than LEADS_RETENTION_DAYS keeps: "
            "tend_leads removes such leads at once. Change the setting first to keep them."
        )
    if aliases := tally.missing_aliases():
        yield (
            "Some rows name their offer by title alone. If these are the offers' ids, set "
            f"LEADS_OFFER_ALIASES first, here and in the app: {json.dumps(aliases)}"
        )
    if not done:
        yield "Nothing was sent: add --yes."
    elif tally.new:
        yield "The app brings them into the table as it works through the queues; it must run."
