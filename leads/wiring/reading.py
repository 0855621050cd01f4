"""What reads work with, put together on first use: nothing of it can write, or make a table."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from leads import wiring
from leads.tables import keys

if TYPE_CHECKING:
    from leads.tables.census import TableCensus
    from leads.tables.reading import TableReading
    from leads.tables.status import StatusReading


@cache
def leads() -> TableReading:
    """Return the table Leads, for reading.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.reading import TableReading

    return TableReading(wiring.read_table(keys.LEADS))


@cache
def census() -> TableCensus:
    """Return what counts the leads of an offer.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.census import TableCensus

    return TableCensus(wiring.read_table(keys.LEADS))


@cache
def status() -> StatusReading:
    """Return the counts that tending wrote.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.status import StatusReading

    return StatusReading(wiring.read_table(keys.STATUS))
