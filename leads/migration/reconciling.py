"""Reconcile: which leads of an export are not in the table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from leads.migration.files import Unreadable
from leads.migration.sending import AT_ONCE
from leads.migration.sought import Found, Holdings, look_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from leads.migration.importing import Each
    from leads.migration.past_leads import PastLead


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one row."""

    past: PastLead
    found: Found


def reconcile(
    rows: Iterable[PastLead | Unreadable], held: Holdings, *, within: timedelta, each: Each
) -> Iterator[Answer | Unreadable]:
    """Yield what became of each of *rows*.

    Raises:
        StorageUnavailable: nobody could tell.
    """

    def answer(row: PastLead | Unreadable) -> Answer | Unreadable:
        if isinstance(row, Unreadable):
            return row
        return Answer(row, look_for(row, held, within=within))

    for some in batched(rows, AT_ONCE, strict=False):
        yield from each(answer, some)
