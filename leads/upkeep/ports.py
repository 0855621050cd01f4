"""What upkeep needs of the table Leads beyond what recording needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from leads.store import LeadStore, StoredLead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from leads.model import Lead, LeadPlace, Located, Touch
    from leads.store import Backoff, Fence, LeadRow, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRow:
    """A row that lists show: its RowKey, and a digest of what it shows."""

    row_key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRows:
    """All rows of one lead, as one pass over its offer saw them; not vouched for by any ETag."""

    place: LeadPlace
    row: LeadRow | None
    touches: Sequence[Touch]
    recents: Sequence[RecentRow]


class UpkeepStore(LeadStore, Protocol):
    """The table Leads as upkeep needs it; each write is all or nothing."""

    def offers(self) -> Iterator[str]:
        """Yield the partition of every offer, in order."""

    def survey(self, partition: str) -> Iterator[LeadRows]:
        """Yield the rows of every lead of an offer, in order of lead keys."""

    def recent_of(self, lead: Lead) -> RecentRow:
        """Return the row that lists *lead*."""

    def find_recents(self, place: Located) -> list[RecentRow]:
        """Return the rows that list the lead, stray ones among them: reads all that the offer has.

        The pipeline leaves none astray; hands do.
        """

    def put_lead(self, lead: Lead, *, replaced: LeadRow | None, strays: Sequence[str] = ()) -> None:
        """Create or replace the lead and its recent row; remove the recent rows *strays*.

        Raises:
            CommitConflict: the row is not as *replaced* any more, or nobody can tell.
        """

    def put_fence(
        self, place: Located, fence: Fence, *, replaced: LeadRow | None, strays: Sequence[str] = ()
    ) -> None:
        """Let the lead row say *fence* and nothing else; remove what lists the lead.

        Raises:
            CommitConflict: the row is not as *replaced* any more, or nobody can tell.
        """

    def remove_lead(self, place: Located, *, replaced: LeadRow) -> None:
        """Remove the lead row.

        Raises:
            CommitConflict: the row is not as *replaced* any more, or nobody can tell.
        """

    def remove_recents(self, place: Located, row_keys: Sequence[str]) -> None:
        """Remove these recent rows of a lead that has no other row."""

    def touch_times(self, place: Located) -> list[datetime]:
        """Return when the touches of the lead were received."""

    def remove_touches(self, place: Located, *, through: datetime | None = None) -> None:
        """Remove the touches received until *through*, or all."""

    def copy_touches(self, place: Located, *, to: Located) -> None:
        """Copy the touches with all their columns to another offer; what lies there already stays.

        Raises:
            CommitConflict: nobody can tell which were copied.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What upkeep works with."""

    store: UpkeepStore
    rules: Rules
    backoff: Backoff


def listing(row: LeadRow | None, store: UpkeepStore) -> set[str]:
    """Return the RowKey of the recent row that *row* tells of, if it does."""
    return {store.recent_of(row.lead).row_key} if isinstance(row, StoredLead) else set()
