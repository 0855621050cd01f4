"""What upkeep needs of the table Leads beyond what recording needs. Pure.

Touches come and go only in a transaction that also writes their lead row under its ETag, here as in
recording. So the ETag vouches for the touches, and whoever was overtaken, were it by hours, fails
instead of removing what came since, or of bringing back what went.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from leads.store import FencedLead, LeadStore, StoredLead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from leads.model import Lead, LeadPlace, Located, Touch
    from leads.store import Backoff, Fence, LeadRow, Rules

COPIED_AT_ONCE = 2
"""Touches in one transaction, which takes 4 MiB: one can take 0.6 MB there, and its lead 2.4 MB."""


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
    readable: bool = True  # False: a hand changed a touch beyond recognition


class UpkeepStore(LeadStore, Protocol):
    """The table Leads as upkeep needs it."""

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

        Strays that one transaction cannot take go before it.

        Raises:
            CommitConflict: the row is not as *replaced* any more, or nobody can tell.
        """

    def put_fence(
        self, place: Located, fence: Fence, *, replaced: LeadRow | None, strays: Sequence[str] = ()
    ) -> FencedLead:
        """Let the lead row say *fence* and nothing else; remove what lists the lead.

        Strays that one transaction cannot take go before it.

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

    def remove_touches(
        self, place: Located, *, fenced: FencedLead, through: datetime | None = None
    ) -> FencedLead:
        """Remove the touches received until *through*, or all, as long as the lead stays *fenced*.

        Returns the fence as it then stands.

        Raises:
            CommitConflict: the row is not as *fenced* any more, or nobody can tell; some may be
                gone.
        """

    def copy_touches(
        self,
        touches: Sequence[Touch],
        *,
        to: Located,
        told: Lead | Fence,
        replaced: LeadRow | None,
    ) -> LeadRow:
        """Copy *touches* of another offer with all their columns, and let the lead row say *told*.

        All or nothing, so COPIED_AT_ONCE of them at most. Returns the lead row as it then stands.

        Raises:
            CommitConflict: the row is not as *replaced* any more, a touch went away, or nobody can
                tell.
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


def all_listing(
    place: Located, row: LeadRow | None, times: Sequence[datetime], store: UpkeepStore
) -> set[str]:
    """Return the RowKeys of what lists the lead, looking for it where *row* cannot be believed.

    A hand may have edited the row, or removed it. A fence took what listed the lead with it.
    """
    believed = isinstance(row, FencedLead) or (
        isinstance(row, StoredLead) and row.lead.last_seen in times
    )
    if believed:
        return listing(row, store)
    return {recent.row_key for recent in store.find_recents(place)}
