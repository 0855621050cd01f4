"""Commands that list leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from leads.cli.output import counted, print_json, print_table, told_errors

if TYPE_CHECKING:
    from leads.cli.output import Columns

_COLUMNS: Columns = (
    ("LAST SEEN (UTC)", "LastSeen", 16),
    ("OFFER", "PartitionKey", 28),
    ("NAME", "Name", 17),
    ("E-MAIL", "Email", 26),
    ("IN", "CountryCode", 2),
    ("STAGE", "Stage", 8),
    ("CONTACT", "ContactStatus", 14),
    ("N", "TouchCount", 5),
    ("ACTIONS", "Actions", 16),
    ("", "Test", 4),
)


@click.command("list")
@click.option("--offer", help="Only this offer, as its partition is called.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def list_leads(offer: str | None, limit: int, output: str) -> None:
    """List the leads, newest first.

    Example: python -m leads list --offer contoso.sample-saas --limit 10
    """
    from leads import wiring
    from leads.tables.reading import read_recent

    with told_errors():
        rows = read_recent(wiring.leads_table(), limit=limit, offer=offer)
    if output == "json":
        print_json(rows)
    else:
        print_table(_COLUMNS, [_shown(row) for row in rows])
        click.echo(counted(len(rows), "lead"), err=True)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    derived = {
        "Name": f"{row.get('FirstName', '')} {row.get('LastName', '')}".strip(),
        "LastSeen": str(row.get("LastSeen", ""))[:16],
        "Test": "test" if row.get("IsTest") else "",
    }
    return row | derived
