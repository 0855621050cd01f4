"""What the pages read from, and with what they are asked. Pure.

Every method reads. What is handed in has no other, either (`leads/wiring/dashboard.py`), so that no
page can change a lead by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from leads.score import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from leads.score import Weights
    from leads.tending.status import OfferStatus, Status

type Row = Mapping[str, object]
"""A row as the table holds it; a hand may have edited it, so that any value may be of any type."""


class LeadRows(Protocol):
    """The table Leads."""

    def offers(self) -> Iterator[str]:
        """Yield the partition of every offer, in order."""

    def recent(
        self,
        offer: str | None = None,
        *,
        since: datetime | None = None,
        after: tuple[str, str] | None = None,
        page: int | None = None,
    ) -> Iterator[Row]:
        """Yield what lists show of the leads of one offer, or of all, newest first.

        *after*: PartitionKey and RowKey of a row; only what follows it in this order.
        """

    def lead(self, offer: str, lead_key: str) -> Row | None:
        """Return the row of one lead, or None."""

    def everywhere(self, lead_key: str) -> Iterator[Row]:
        """Yield the rows of one person's leads, offer by offer."""

    def journey(
        self, offer: str, lead_key: str, *, columns: tuple[str, ...] | None = None
    ) -> Iterator[Row]:
        """Yield the touches of one lead, the first one first, with all columns or those named."""


class StatusRows(Protocol):
    """The table LeadStatus."""

    def read(self) -> Status | None:
        """Return the state of the pipeline as it was last written, or None."""

    def offers_with_statistics(self) -> Mapping[str, OfferStatus]:
        """Return the counts of all offers with those of each period, as they were last written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the pages read from."""

    leads: LeadRows
    status: StatusRows
    silence: timedelta = timedelta(days=7)  # LEADS_SILENCE_DAYS; zero: no alarm
    weights: Weights = DEFAULT_WEIGHTS  # of the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """With what a page is asked, by somebody who may see it."""

    query: Mapping[str, str]
    now: datetime
    contact_shown: bool = False  # decided and logged by `serving`: never look into the query for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as HTML, whole."""

    html: str
    status: int = 200
