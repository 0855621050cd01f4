"""The command that looks for leads which never came."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta
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
from leads.migration.files import MOST_TOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from leads.migration.exports import Wording
    from leads.migration.files import Unreadable
    from leads.migration.past_leads import PastLead
    from leads.migration.reconciling import Answer
    from leads.migration.sought import Found

_COLUMNS = (
    Column("LINE", "line", right=True, fixed=True),
    Column("CREATED", "created", 10, fixed=True, read=lambda row: day(row["created"])),
    Column("OFFER", "offer", 40),
    Column("WHO", "email", 40, read=lambda row: row["email"] or row["name"] or row["phone"]),
    Column("WHY", "why", 24, fixed=True),
)
_FIELDS = ("line", "created", "offer", "email", "name", "phone", "company", "action", "why")
_MISSING = 3  # as `NotFound` has it


@click.command()
@click.argument("source", metavar="FILE", type=FILE)
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    default=2,
    show_default=True,
    help="Days that a touch and the row's creation may lie apart.",
)
@export_options
@ENCODING
@output_options
def reconcile(
    *,
    source: str,
    within: float,
    read_as: Callable[[Mapping[str, str]], Wording],
    encoding: str,
    output: Output,
) -> None:
    """List the leads of an export that are not in the table.

    FILE is a CSV of the Referrals workspace, or an export of the table MarketplaceLeads; - is
    stdin. A row counts as there where its person has a touch in its offer near its time. Where the
    offer is unknown here, any offer counts; without a time, any touch does. Whoever was erased
    since, and what is older than LEADS_RETENTION_DAYS, is not missing.

    Exit code 3: some are missing. 1: none is, but some rows cannot be looked for. 0: none is.

    \b
    Examples: python -m leads reconcile Leads.csv
              python -m leads reconcile Leads.csv --within 0.5 -o csv
    """  # noqa: D301 - click's own mark: keep these lines as they are
    tally = _Looked()
    with told_errors():
        for part in _parts(source, encoding, read_as, tally, within=timedelta(days=within)):
            output.print(part, _COLUMNS, _FIELDS)
    tell_unreadable(tally.unreadable, tally.counts["unreadable"])
    _tell(tally.counts)
    sys.exit(_MISSING if tally.counts["missing"] else bool(tally.counts["unreadable"]))


class _Looked:
    """What was found, counted; rows that cannot be looked for are kept as far as they are told."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.unreadable: list[Unreadable] = []

    def leave_out(self, row: Unreadable) -> None:
        """Count a row that cannot be looked for."""
        self.counts["unreadable"] += 1
        if len(self.unreadable) < MOST_TOLD:
            self.unreadable.append(row)


def _parts(
    source: str,
    encoding: str,
    read_as: Callable[[Mapping[str, str]], Wording],
    looked: _Looked,
    *,
    within: timedelta,
) -> Iterator[Iterable[dict[str, object]]]:
    """Yield what is missing: as it is found, or for a terminal when the bar is gone."""
    from leads.migration.exports import past_leads
    from leads.migration.files import read_records
    from leads.migration.reconciling import reconcile as look
    from leads.wiring import migration

    held = migration.holdings()
    with opened(source, encoding) as pieces, in_threads() as each:
        rows = past_leads(read_records(pieces), read_as(held.aliases))
        missing = _missing(look(rows, held, within=within, each=each), looked)
        if not sys.stdout.isatty():
            yield missing
            return
        found = list(missing)
    yield found


def _missing(
    answers: Iterable[Answer | Unreadable], looked: _Looked
) -> Iterator[dict[str, object]]:
    from leads.migration.files import Unreadable
    from leads.migration.sought import Found

    for one in answers:
        if isinstance(one, Unreadable):
            looked.leave_out(one)
        elif one.found is Found.UNTELLABLE:
            looked.leave_out(Unreadable(one.past.line, one.found.value))
        elif one.found.is_missing:
            looked.counts["missing"] += 1
            yield _shown(one.past, one.found)
        else:
            looked.counts[one.found.value] += 1


def _shown(past: PastLead, found: Found) -> dict[str, object]:
    contact = past.submission.contact
    return {
        "line": past.line,
        "created": past.dated.moment if past.dated else None,
        "offer": past.submission.offer_id or past.submission.offer_title,
        "email": contact.email,
        "name": f"{contact.first_name} {contact.last_name}".strip(),
        "phone": contact.phone,
        "company": contact.company,
        "action": past.submission.action,
        "why": found.value,
    }


def _tell(counts: Counter[str]) -> None:
    told = [f"{counts['missing']} missing", f"{counts['got']} got"]
    for name, words in (
        ("erased", "erased since"),
        ("retired", "older than the retention"),
        ("unreadable", "that cannot be looked for"),
    ):
        if counts[name]:
            told.append(f"{counts[name]} {words}")
    click.echo(f"{counted(counts.total(), 'row')}: {', '.join(told)}", err=True)
