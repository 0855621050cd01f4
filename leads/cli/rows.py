"""Leads as lines: the columns of a table, and what programs get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from leads.cli.output import minute
from leads.cli.terminal import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OFFER = click.option("--offer", help="Only this offer, as its partition is called.")


def full_name(row: Mapping[str, Any]) -> str:
    """Return first and last name, as far as they are known."""
    return f"{row.get('FirstName', '')} {row.get('LastName', '')}".strip()


LEAD_COLUMNS = (
    Column("LAST SEEN (UTC)", "LastSeen", 16, fixed=True, read=lambda row: minute(row["LastSeen"])),
    Column("OFFER", "PartitionKey", 28),
    Column("NAME", "Name", 20, read=full_name),
    Column("E-MAIL", "Email", 32),
    Column("COMPANY", "Company", 20),
    Column("IN", "CountryCode", 2, fixed=True),
    Column("STAGE", "Stage", 8),
    Column("CONTACT", "ContactStatus", 14),
    Column("N", "TouchCount", 5, right=True, fixed=True),
    Column("ACTIONS", "Actions", 16),
    Column("", "IsTest", 4, read=lambda row: "test" if row["IsTest"] else ""),
)


def without_row_key(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* without what only storage needs: the row that lists a lead moves."""
    return {name: value for name, value in row.items() if name != "RowKey"}


def lead_fields() -> Sequence[str]:
    """Return the columns of a list that programs read."""
    from leads.tables.reading import RECENT_COLUMNS

    return [name for name in RECENT_COLUMNS if name != "RowKey"]
