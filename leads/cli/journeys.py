"""The command that shows one lead: who it is, what happened, and where else the person came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import plain, printable
from leads.cli.formats import CSV, TABLE, TSV, Output, output_options, print_rows
from leads.cli.output import NotFound, told_errors
from leads.cli.persons import PersonType
from leads.cli.rows import LEAD_COLUMNS, OFFER, as_of_today
from leads.cli.terminal import Column, reader_may_leave

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOUCH_COLUMNS = (
    Column("RECEIVED (UTC)", "ReceivedAt", 24, fixed=True),
    Column("ACTION", "Action", 14),
    Column("SOURCE", "Source", 20),
    Column("STAGE", "Stage", 8),
    Column("CAMPAIGN", "Campaign", 20),
    Column("DESCRIPTION", "Description", 60),
)
_FIRST = (
    "FirstName", "LastName", "Email", "Phone", "Company", "Title", "Country", "Stage",
    "ContactStatus", "Actions", "TouchCount", "FirstSeen", "LastSeen",
)  # fmt: skip
_OF_STORAGE = frozenset({"PartitionKey", "RowKey", "Kind", "FoldVersion"})
_OF_THE_SCORE = frozenset({"Fit", "Intent", "IntentToday", "Heat", "ScoreReasons", "ScoreVersion"})
"""Told in words, above the rest."""


@click.command()
@click.argument("lead", metavar="LEAD", type=PersonType())
@OFFER
@output_options
def show(lead: str, offer: str | None, output: Output) -> None:
    """Show one lead with its journey, touch by touch, and the same person in other offers.

    LEAD is an e-mail address, or a lead key as the tables show it. Where the person has leads in
    several offers and --offer names none, each is shown. CSV and TSV hold the touches alone.

    Exit code 3: there is no such lead.

    Example: python -m leads show ada@example.com --offer contoso.sample-saas
    """
    with told_errors():
        found = list(_found(lead, offer))
        if not found:
            raise NotFound("there is no such lead; `list --search` finds by part of a name")
        if output.query is None and output.format in {CSV, TSV}:
            touches = [touch for one in found for touch in one["Journey"]]
            output.print(touches, (), list(dict.fromkeys(n for touch in touches for n in touch)))
        elif output.query is None and output.format == TABLE:
            with reader_may_leave():
                for one in found:
                    _print(one)
        else:
            output.print(found, ())


def _found(lead_key: str, offer: str | None) -> Iterator[dict[str, Any]]:
    from leads.wiring import reading

    table = reading.leads()
    rows = list(as_of_today(table.everywhere(lead_key)))
    for row in rows:
        partition = row["PartitionKey"]
        if offer is None or offer.lower() == partition:
            yield {
                "Lead": row,
                "Journey": list(table.journey(partition, lead_key)),
                "Elsewhere": [other for other in rows if other is not row],
            }


def _print(found: dict[str, Any]) -> None:
    lead = found["Lead"]
    click.echo(click.style(f"{printable(lead['PartitionKey'])}  {lead['LeadKey']}", bold=True))
    for name, text in _score(lead):
        click.echo(f"  {name:18}{printable(text)}")
    left_out = {*_FIRST, *_OF_STORAGE, *_OF_THE_SCORE}
    for name in [*_FIRST, *(name for name in lead if name not in left_out)]:
        if text := printable(plain(lead.get(name))):
            click.echo(f"  {name:18}{text}")
    click.echo()
    print_rows(found["Journey"], _TOUCH_COLUMNS)
    if found["Elsewhere"]:
        click.echo(click.style("\nThe same person elsewhere", bold=True))
        print_rows(found["Elsewhere"], LEAD_COLUMNS)
    click.echo()


def _score(lead: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the lead scores and why."""
    from leads import wiring

    if "Heat" in lead:
        days = wiring.current_settings().weights.points["half-life-days"]
        then = f"{lead['Intent']} when last seen; it halves every {days} days"
        found = f"{lead['Heat']}: fit {lead['Fit']}, intent {lead['IntentToday']} today ({then})"
        yield "Score", found
    if reasons := plain(lead.get("ScoreReasons")):
        yield "ScoreReasons", reasons
