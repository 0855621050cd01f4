"""What an import finds and does, counted offer by offer; no more is kept than that. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leads.migration.files import MOST_TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.migration.files import Unreadable
    from leads.migration.moments import Clue
    from leads.migration.past_leads import PastLead
    from leads.model import Delivery

MOST_TITLES = 1_000


@dataclass(slots=True)
class OfferTally:
    """What one offer has in an export."""

    rows: int = 0
    known: int = 0  # in the table already
    tests: int = 0
    first: datetime | None = None
    last: datetime | None = None

    @property
    def new(self) -> int:
        """Return how many rows are to be sent, or were."""
        return self.rows - self.known

    def count(self, delivery: Delivery, *, known: bool, is_test: bool) -> None:
        """Count one row."""
        moment = delivery.received_at
        self.rows += 1
        self.known += known
        self.tests += is_test
        self.first = min(self.first or moment, moment)
        self.last = max(self.last or moment, moment)


@dataclass(slots=True)
class Tally:
    """What a whole export has."""

    kept_since: datetime | None = None  # what is older, retention removes
    offers_before: frozenset[str] = frozenset()  # those which had leads before
    offers: dict[str, OfferTally] = field(default_factory=dict)
    clues: Counter[Clue] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)
    unreadable_rows: int = 0
    too_old: int = 0
    _ids: dict[str, set[str]] = field(default_factory=dict)
    _untold: set[str] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """Return how many rows can be read."""
        return sum(offer.rows for offer in self.offers.values())

    @property
    def new(self) -> int:
        """Return how many rows are to be sent, or were."""
        return sum(offer.new for offer in self.offers.values())

    def count(self, past: PastLead, delivery: Delivery, *, known: bool) -> None:
        """Count a row that can be read."""
        offer = self.offers.setdefault(delivery.identity.partition, OfferTally())
        offer.count(delivery, known=known, is_test=past.submission.is_test)
        if past.dated:
            self.clues[past.dated.clue] += 1
        old = self.kept_since and delivery.received_at < self.kept_since
        self.too_old += bool(old and not known)
        self._note_title(past)

    def count_unreadable(self, row: Unreadable) -> None:
        """Count a row that cannot be read."""
        self.unreadable_rows += 1
        if len(self.unreadable) < MOST_TOLD:
            self.unreadable.append(row)

    def missing_aliases(self) -> dict[str, str]:
        """Return titles that stand without an offer id in some rows, and the one id of each."""
        return dict(self._missing_aliases())

    def _missing_aliases(self) -> Iterator[tuple[str, str]]:
        for title in sorted(self._untold):
            ids = self._ids.get(title, set())
            if len(ids) == 1:
                yield title, next(iter(ids))

    def _note_title(self, past: PastLead) -> None:
        title, offer_id = past.submission.offer_title, past.submission.offer_id
        if not title or len(self._ids) >= MOST_TITLES:
            return
        if past.identity.partition.startswith("title~"):
            self._untold.add(title)
        if known := offer_id or past.product_id:
            self._ids.setdefault(title, set()).add(known.lower())
