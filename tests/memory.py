"""A LeadStore and a DeadLetterStore in memory, as strict as the tables where the laws hang on it.

`before` and `after` are called with the name of each storage call: a test puts a crash or a lost
answer there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from leads.errors import CommitConflict
from leads.model import Identity, Lead, Person, Touch
from leads.recording import Sighting, StoredLead, UnreadableLead
from leads.rejections import DeadLetter
from leads.tables import keys


def _nothing(_call: str) -> None:
    pass


def _without_long_texts(touch: Touch) -> Touch:
    """What the table does not read for the fold (entities.TOUCH_COLUMNS_TO_FOLD)."""
    said = replace(touch.submission, description="", repaired=False)
    return replace(touch, payload="", submission=said)


@dataclass
class MemoryStore:
    leads: dict[tuple[str, str], StoredLead] = field(default_factory=dict)
    recent: dict[tuple[str, str], Lead] = field(default_factory=dict)
    touches: dict[tuple[str, str], Touch] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    unreadable: set[tuple[str, str]] = field(default_factory=set)  # rows that somebody edited
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    _etags: Iterator[int] = field(default_factory=count)

    def read_lead(self, identity: Identity) -> StoredLead | UnreadableLead | None:
        self._enter("read_lead")
        place = identity.partition, identity.lead_key
        stored = self.leads.get(place)
        if stored and place in self.unreadable:
            return UnreadableLead(etag=stored.etag, fold_version=0, fenced=stored.fenced)
        return stored

    def read_person(self, lead_key: str) -> Person:
        self._enter("read_person")
        return self.persons.get(lead_key, Person())

    def find_touches(
        self, identity: Identity, *, after: datetime, before: datetime
    ) -> list[Sighting]:
        self._enter("find_touches")
        return [
            Sighting(delivery_id=touch.delivery_id, received_at=touch.received_at)
            for touch in self._touches_of(identity)
            if touch.identity.fingerprint == identity.fingerprint
            and after < touch.received_at < before
        ]

    def read_touches(self, identity: Identity) -> list[Touch]:
        self._enter("read_touches")
        return [_without_long_texts(touch) for touch in self._touches_of(identity)]

    def commit(self, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        self._enter("commit")
        partition, place = lead.partition, (lead.partition, lead.lead_key)
        current = self.leads.get(place)
        if (partition, keys.touch_row(touch)) in self.touches:
            raise CommitConflict("the touch exists")
        if (current and current.etag) != (previous and previous.etag):
            raise CommitConflict("the lead changed")
        self.touches[partition, keys.touch_row(touch)] = touch
        self.leads[place] = StoredLead(lead=lead, etag=str(next(self._etags)))
        self.unreadable.discard(place)
        if previous:
            self.recent.pop((partition, keys.recent_row(previous.lead)), None)
        self.recent[partition, keys.recent_row(lead)] = lead
        self.after("commit")

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:  # noqa: ARG002 - the contract
        self._enter("bury")
        self.letters.append(letter)
        self.after("bury")

    def rows(self) -> dict[str, object]:
        """Everything but the ETags: what two runs are compared by."""
        return {
            **{f"lead {place}": stored.lead for place, stored in self.leads.items()},
            **{f"recent {place}": lead for place, lead in self.recent.items()},
            **{f"touch {place}": touch for place, touch in self.touches.items()},
        }

    def fence(self, identity: Identity) -> None:
        place = identity.partition, identity.lead_key
        stored = self.leads[place]
        self.leads[place] = replace(stored, fenced=True, etag=str(next(self._etags)))

    def _touches_of(self, identity: Identity) -> list[Touch]:
        return [
            touch
            for (partition, _), touch in sorted(self.touches.items())
            if (partition, touch.identity.lead_key) == (identity.partition, identity.lead_key)
        ]

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        self.before(call)
