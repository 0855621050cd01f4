"""An export, row by row: what each row says, or why it cannot be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from leads.errors import InvalidPayload
from leads.migration.columns import UnknownColumns, named, recognised
from leads.migration.files import Record, Unreadable
from leads.migration.past_leads import past_lead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from leads.migration.columns import Origin
    from leads.migration.moments import Calendar
    from leads.migration.past_leads import PastLead


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How an export is to be understood."""

    calendar: Calendar
    aliases: Mapping[str, str]
    origin: Origin | None = None  # None: its columns tell
    columns: Mapping[str, str] = field(
        default_factory=dict
    )  # of fields: the header that a person named


def past_leads(
    records: Iterable[Record | Unreadable], wording: Wording
) -> Iterator[PastLead | Unreadable]:
    """Yield what each of *records* says.

    Raises:
        UnknownColumns: nobody can tell what the export holds.
    """
    coming = iter(records)
    unreadable: list[Unreadable] = []
    for one in coming:
        if isinstance(one, Record):
            origin = wording.origin or recognised(one.cells)
            _check_columns(one, wording)
            rows = (_past_lead(row, origin, wording) for row in chain([one], coming))
            return chain(unreadable, rows)
        unreadable.append(one)
    return iter(unreadable)


def _past_lead(row: Record | Unreadable, origin: Origin, wording: Wording) -> PastLead | Unreadable:
    if isinstance(row, Unreadable):
        return row
    fields = named(row.cells, wording.columns)
    try:
        return past_lead(
            row.line, fields, origin, aliases=wording.aliases, calendar=wording.calendar
        )
    except InvalidPayload as error:
        no_lead = error.problem == "no-lead-fields"
        return Unreadable(row.line, "it says nothing of a lead" if no_lead else error.detail)


def _check_columns(first: Record, wording: Wording) -> None:
    for header in wording.columns.values():
        if header not in first.cells:
            raise UnknownColumns(f"There is no column {header!r}; upper and lower case count")
