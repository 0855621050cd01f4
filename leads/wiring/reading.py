"""What the commands that read work with, put together on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from leads import wiring

if TYPE_CHECKING:
    from leads.tables.census import TableCensus
    from leads.tables.reading import TableReading


@cache
def leads() -> TableReading:
    """Return the table Leads, for reading.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.reading import TableReading

    return TableReading(wiring.leads_table())


@cache
def census() -> TableCensus:
    """Return what counts the leads of an offer.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.census import TableCensus

    return TableCensus(wiring.leads_table())
