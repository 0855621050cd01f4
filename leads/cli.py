"""`python -m leads …`: the tool of the people who work with the leads."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leads.errors import LeadsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COLUMNS = (  # title, key, widest
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Leads from Microsoft's commercial marketplace.

    The storage is named by LeadsStorage, in the environment or in local.settings.json of this
    folder.
    """
    _add_local_settings(Path("local.settings.json"))


@main.command("list")
@click.option("--offer", help="Only this offer, as its partition is called.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def list_leads(offer: str | None, limit: int, output: str) -> None:
    """List the leads, newest first.

    Example: python -m leads list --offer contoso.sample-saas --limit 10
    """
    from leads import wiring  # noqa: PLC0415 - Azure loads only for the command that needs it
    from leads.tables.reading import read_recent  # noqa: PLC0415 - as above

    try:
        rows = read_recent(wiring.leads_table(), limit=limit, offer=offer)
    except LeadsError as error:
        advice = "Is LeadsStorage right, and is the storage there?"
        raise click.ClickException(f"{error}. {advice}") from None
    if output == "json":
        # Escaped to ASCII: nothing in it can command the terminal.
        click.echo(json.dumps(rows, default=_json_value, indent=2))
    else:
        _print_table([_shown(row) for row in rows])


def _add_local_settings(path: Path) -> None:
    """Take what `func start` would take from the same file; the environment wins."""
    if not path.exists():
        return
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig")).get("Values", {})
        for name, value in values.items():
            os.environ.setdefault(name, str(value))
    except (ValueError, AttributeError):
        raise click.ClickException(f"{path} is not a settings file: mend or remove it") from None


def _shown(row: dict[str, Any]) -> dict[str, str]:
    """Return the cells of *row* as text for a terminal."""
    derived = {
        "Name": f"{row.get('FirstName', '')} {row.get('LastName', '')}".strip(),
        "LastSeen": str(row.get("LastSeen", ""))[:16],
        "Test": "test" if row.get("IsTest") else "",
    }
    cells = row | derived
    return {name: _cell(str(cells.get(name, "")), widest) for _, name, widest in _COLUMNS}


def _cell(text: str, widest: int) -> str:
    """Return *text* without anything that a terminal would obey, cut to the widest it may be."""
    plain = "".join(char if char.isprintable() else "?" for char in text)
    return plain if len(plain) <= widest else plain[: widest - 1] + "…"


def _print_table(rows: Sequence[dict[str, str]]) -> None:
    titles = {name: title for title, name, _ in _COLUMNS}
    widths = {name: max(len(line[name]) for line in [titles, *rows]) for name in titles}

    def line(cells: dict[str, str]) -> str:
        return "  ".join(cells[name].ljust(width) for name, width in widths.items()).rstrip()

    _print_lines([line(titles), *map(line, rows)])
    click.echo(f"{len(rows)} leads", err=True)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _json_value(value: object) -> str | int:
    """Return what JSON has no type for: times as ISO text, 64-bit numbers as they are."""
    if isinstance(value, datetime):
        return value.isoformat()
    number: int = getattr(value, "value", 0)
    return number


if __name__ == "__main__":
    sys.exit(main())
