"""An UpkeepStore and a DeadLetterStore in memory, as strict as the tables where laws hang on it.

`before` and `after` are called with the name of each storage call: a test puts a crash or a lost
answer there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from leads.errors import CommitConflict
from leads.model import Identity, Lead, LeadPlace, Located, Person, Touch
from leads.rejections import DeadLetter
from leads.store import (
    Fence,
    FencedLead,
    FenceKind,
    LeadRow,
    Sighting,
    StoredLead,
    UnreadableLead,
)
from leads.tables import keys
from leads.upkeep.ports import COPIED_AT_ONCE, LeadRows, RecentRow


def _nothing(_call: str) -> None:
    pass


def _without_long_texts(touch: Touch) -> Touch:
    """What the table does not read for the fold (entities.TOUCH_COLUMNS_TO_FOLD)."""
    said = replace(touch.submission, description="", repaired=False)
    return replace(touch, payload="", submission=said)


def _relocated(touch: Touch, to: Located) -> Touch:
    return replace(touch, identity=replace(touch.identity, partition=to.partition))


def _told(row: LeadRow) -> object:
    """What a row says, without its ETag."""
    match row:
        case StoredLead():
            return row.lead
        case FencedLead():
            return row.fence
        case UnreadableLead():
            return "unreadable"


@dataclass
class MemoryStore:
    leads: dict[tuple[str, str], LeadRow] = field(default_factory=dict)
    recent: dict[tuple[str, str], Lead] = field(default_factory=dict)
    touches: dict[tuple[str, str], Touch] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    _etags: Iterator[int] = field(default_factory=count)

    def read_lead(self, place: Located) -> LeadRow | None:
        self._enter("read_lead")
        return self.leads.get((place.partition, place.lead_key))

    def read_person(self, lead_key: str) -> Person:
        self._enter("read_person")
        return self.persons.get(lead_key, Person())

    def find_touches(
        self, identity: Identity, *, after: datetime, before: datetime
    ) -> list[Sighting]:
        self._enter("find_touches")
        return [
            Sighting(delivery_id=touch.delivery_id, received_at=touch.received_at)
            for touch in self.touches_of(identity)
            if touch.identity.fingerprint == identity.fingerprint
            and after < touch.received_at < before
        ]

    def read_touches(self, place: Located) -> list[Touch]:
        self._enter("read_touches")
        return [_without_long_texts(touch) for touch in self.touches_of(place)]

    def commit(self, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        self._enter("commit")
        if (lead.partition, keys.touch_row(touch)) in self.touches:
            raise CommitConflict("the touch exists")
        outdated = [keys.recent_row(previous.lead)] if previous else []
        self._replace(lead, previous, strays=outdated)
        self.touches[lead.partition, keys.touch_row(touch)] = touch
        self.after("commit")

    def offers(self) -> Iterator[str]:
        self._enter("offers")
        rows = (*self.leads, *self.recent, *self.touches)
        yield from sorted({partition for partition, _ in rows})

    def survey(self, partition: str) -> Iterator[LeadRows]:
        self._enter("survey")
        named = {key for place, key in self.leads if place == partition}
        named |= {
            t.identity.lead_key for (place, _), t in self.touches.items() if place == partition
        }
        listed = {keys.key_of_recent_row(row) for place, row in self.recent if place == partition}
        for key in (*sorted(named), *sorted(listed - named)):
            place = LeadPlace(partition=partition, lead_key=key)
            yield LeadRows(
                place=place,
                row=self.leads.get((partition, key)),
                touches=[_without_long_texts(touch) for touch in self.touches_of(place)],
                recents=self._recents_of(place),
            )

    def recent_of(self, lead: Lead) -> RecentRow:
        return RecentRow(row_key=keys.recent_row(lead), digest=repr(lead))

    def find_recents(self, place: Located) -> list[RecentRow]:
        self._enter("find_recents")
        return self._recents_of(place)

    def put_lead(self, lead: Lead, *, replaced: LeadRow | None, strays: Sequence[str] = ()) -> None:
        self._enter("put_lead")
        self._replace(lead, replaced, strays=strays)
        self.after("put_lead")

    def put_fence(
        self, place: Located, fence: Fence, *, replaced: LeadRow | None, strays: Sequence[str] = ()
    ) -> FencedLead:
        self._enter("put_fence")
        self._check(place, replaced)
        self._unlist(place, strays)
        row = self._stand(place, fence)
        self.after("put_fence")
        return row

    def remove_lead(self, place: Located, *, replaced: LeadRow) -> None:
        self._enter("remove_lead")
        self._check(place, replaced)
        del self.leads[place.partition, place.lead_key]
        self.after("remove_lead")

    def remove_recents(self, place: Located, row_keys: Sequence[str]) -> None:
        self._enter("remove_recents")
        self._unlist(place, row_keys)
        self.after("remove_recents")

    def touch_times(self, place: Located) -> list[datetime]:
        self._enter("touch_times")
        return [touch.received_at for touch in self.touches_of(place)]

    def remove_touches(
        self, place: Located, *, fenced: FencedLead, through: datetime | None = None
    ) -> FencedLead:
        """Remove one after another: a crash in between leaves some."""
        for touch in self.touches_of(place):
            if through is None or touch.received_at <= through:
                self._enter("remove_touches")
                self._check(place, fenced)
                self.touches.pop((place.partition, keys.touch_row(touch)), None)
                fenced = self._stand(place, fenced.fence)
                self.after("remove_touches")
        return fenced

    def copy_touches(
        self, touches: Sequence[Touch], *, to: Located, told: Lead | Fence, replaced: LeadRow | None
    ) -> LeadRow:
        self._enter("copy_touches")
        whole = [self.touches.get((t.identity.partition, keys.touch_row(t))) for t in touches]
        copied = [_relocated(touch, to) for touch in whole if touch]
        if len(copied) < len(touches):
            raise CommitConflict("a touch went away")
        assert len(touches) <= COPIED_AT_ONCE
        if any((to.partition, keys.touch_row(touch)) in self.touches for touch in copied):
            raise CommitConflict("a touch exists")
        if isinstance(told, Lead):
            outdated = [keys.recent_row(replaced.lead)] if isinstance(replaced, StoredLead) else []
            row: LeadRow = self._replace(told, replaced, strays=outdated)
        else:
            self._check(to, replaced)
            row = self._stand(to, told)
        self.touches |= {(to.partition, keys.touch_row(touch)): touch for touch in copied}
        self.after("copy_touches")
        return row

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:  # noqa: ARG002 - the contract
        self._enter("bury")
        self.letters.append(letter)
        self.after("bury")

    def rows(self) -> dict[str, object]:
        """Everything but the ETags: what two runs are compared by."""
        return {
            **{f"lead {place}": _told(row) for place, row in self.leads.items()},
            **{f"recent {place}": lead for place, lead in self.recent.items()},
            **{f"touch {place}": touch for place, touch in self.touches.items()},
        }

    def fence(self, place: Located) -> None:
        fence = Fence(kind=FenceKind.ERASING, since=datetime.min.replace(tzinfo=UTC))
        self._stand(place, fence)

    def told(self, place: Located) -> Lead:
        """Return the lead that the row tells."""
        row = self.leads[place.partition, place.lead_key]
        assert isinstance(row, StoredLead)
        return row.lead

    def touches_of(self, place: Located) -> list[Touch]:
        """Return the touches of a lead, in the order of their rows."""
        return [
            touch
            for (partition, _), touch in sorted(self.touches.items(), key=lambda entry: entry[0])
            if (partition, touch.identity.lead_key) == (place.partition, place.lead_key)
        ]

    def make_unreadable(self, place: Located) -> None:
        """Do what somebody does who edits the row so that it tells no lead any more."""
        row = UnreadableLead(etag=str(next(self._etags)), fold_version=0)
        self.leads[place.partition, place.lead_key] = row

    def _recents_of(self, place: Located) -> list[RecentRow]:
        return [
            RecentRow(row_key=row, digest=repr(lead))
            for (partition, row), lead in sorted(self.recent.items(), key=lambda entry: entry[0])
            if (partition, keys.key_of_recent_row(row)) == (place.partition, place.lead_key)
        ]

    def _replace(
        self, lead: Lead, replaced: LeadRow | None, *, strays: Sequence[str]
    ) -> StoredLead:
        self._check(lead, replaced)
        row = StoredLead(lead=lead, etag=str(next(self._etags)))
        self.leads[lead.partition, lead.lead_key] = row
        self._unlist(lead, strays)
        self.recent[lead.partition, keys.recent_row(lead)] = lead
        return row

    def _stand(self, place: Located, fence: Fence) -> FencedLead:
        row = FencedLead(fence=fence, etag=str(next(self._etags)))
        self.leads[place.partition, place.lead_key] = row
        return row

    def _unlist(self, place: Located, row_keys: Sequence[str]) -> None:
        for row_key in row_keys:
            self.recent.pop((place.partition, row_key), None)

    def _check(self, place: Located, replaced: LeadRow | None) -> None:
        current = self.leads.get((place.partition, place.lead_key))
        if (current and current.etag) != (replaced and replaced.etag):
            raise CommitConflict("the lead changed")

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        self.before(call)
