"""The queues and tables that tending needs, in memory, as strict as the real where laws hang on it.

Time is the test's: whoever makes these passes a clock. `before` and `after` are called with the
name of each call, so that a test can put a crash there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from leads.errors import CommitConflict
from leads.letters import LetterState, StoredLetter
from leads.model import ContactStatus, LeadPlace, Person, Stage
from leads.rejections import DeadLetter
from leads.store import FencedLead, StoredLead
from leads.tables import keys
from leads.tables.letter_entities import changed, counted, letter_from_entity, letter_to_entity
from leads.tables.limits import Entity
from leads.tending.ports import Bounds, Fenced, QueuedMessage
from leads.tending.status import OfferStatus, Status
from tests.memory import MemoryStore

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
LIFE = timedelta(days=7)
"""What a message lives that a binding sent."""

type Clock = Callable[[], datetime]


def _nothing(_call: str) -> None:
    pass


@dataclass
class _Message:
    body: bytes
    inserted_at: datetime
    expires_at: datetime
    visible_at: datetime
    dequeue_count: int = 0
    pop_receipt: int = 0


@dataclass
class MemoryQueue:
    """A storage queue that follows a clock; in order, which the real one nearly is."""

    name: str
    clock: Clock
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    messages: dict[int, _Message] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=count)

    def depth(self) -> int:
        return len(self._alive())

    def peek(self, limit: int = 32) -> list[QueuedMessage]:
        self.before("peek")
        return [_seen(message) for _, message in self._visible()[:limit]]

    def take(self, limit: int, *, invisible: timedelta) -> list[QueuedMessage]:
        self.before("take")
        taken = []
        for number, message in self._visible()[:limit]:
            message.visible_at = self.clock() + invisible
            message.dequeue_count += 1
            message.pop_receipt += 1
            taken.append(replace(_seen(message), receipt=(str(number), str(message.pop_receipt))))
        self.after("take")
        return taken

    def send(self, body: bytes) -> None:
        self.put(body, life=None)

    def put(self, body: bytes, *, life: timedelta | None = LIFE) -> None:
        """Put a message as a binding does, whose messages expire, or as we do."""
        self.before("send")
        now = self.clock()
        expires_at = now + life if life else NEVER
        self.messages[next(self._ids)] = _Message(body, now, expires_at, visible_at=now)
        self.after("send")

    def remove(self, message: QueuedMessage) -> None:
        self.before("remove")
        if (found := self._held(message)) is not None:
            del self.messages[found]
        self.after("remove")

    def release(self, message: QueuedMessage, *, after: timedelta = timedelta()) -> None:
        self.before("release")
        if (found := self._held(message)) is not None:
            self.messages[found].visible_at = self.clock() + after
        self.after("release")

    def _held(self, message: QueuedMessage) -> int | None:
        number, pop_receipt = int(message.receipt[0]), int(message.receipt[1])
        held = number in self.messages and self.messages[number].pop_receipt == pop_receipt
        return number if held else None

    def _alive(self) -> list[tuple[int, _Message]]:
        now = self.clock()
        self.messages = {n: m for n, m in self.messages.items() if m.expires_at > now}
        return sorted(self.messages.items(), key=lambda entry: entry[0])

    def _visible(self) -> list[tuple[int, _Message]]:
        return [(n, message) for n, message in self._alive() if message.visible_at <= self.clock()]


def _seen(message: _Message) -> QueuedMessage:
    return QueuedMessage(
        body=message.body,
        encoded=True,
        inserted_at=message.inserted_at,
        expires_at=message.expires_at,
        dequeue_count=message.dequeue_count,
    )


@dataclass
class MemoryQueues:
    clock: Clock
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    queues: dict[str, MemoryQueue] = field(default_factory=dict)

    def open(self, name: str) -> MemoryQueue:
        made = MemoryQueue(name, self.clock, before=self.before, after=self.after)
        return self.queues.setdefault(name, made)


@dataclass
class MemoryLetters:
    """LeadDeadLetters: the rows are those of the table, so that the mapping is the real one."""

    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    rows: dict[tuple[str, str], tuple[Entity, str]] = field(default_factory=dict)
    _etags: Iterator[int] = field(default_factory=count)

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:
        self.before("bury")
        row = letter_to_entity(letter, now=now)
        place = row["PartitionKey"], row["RowKey"]
        if place not in self.rows:
            self._put(place, row)
        elif again := counted(self.rows[place][0], letter):
            self._put(place, again)
        self.after("bury")

    def find(
        self,
        *,
        state: LetterState | None = None,
        stage: str = "",
        due: datetime | None = None,
        settled_before: datetime | None = None,
    ) -> Iterator[StoredLetter]:
        self.before("find")
        for row, _ in list(self.rows.values()):
            letter = letter_from_entity(row)
            wanted = [
                state is None or letter.state is state,
                not stage or letter.letter.stage == stage,
                due is None or (letter.next_at is not None and letter.next_at <= due),
                settled_before is None
                or (letter.settled_at is not None and letter.settled_at < settled_before),
            ]
            if all(wanted):
                yield replace(letter, letter=replace(letter.letter, body=b""), envelope=b"")

    def read(self, stage: str, key: str, redrives: int) -> StoredLetter | None:
        self.before("read_letter")
        found = self.rows.get((stage, f"{key}|{redrives}"))
        return letter_from_entity(found[0], etag=found[1]) if found else None

    def change(self, letter: StoredLetter) -> None:
        self.before("change_letter")
        place = letter.letter.stage, f"{letter.letter.key}|{letter.letter.redrives}"
        row, etag = self.rows.get(place, ({}, ""))
        if not row or etag != letter.etag:
            raise CommitConflict("the dead letter changed meanwhile")
        self._put(place, changed(row, letter))
        self.after("change_letter")

    def remove(self, letter: StoredLetter) -> None:
        self.before("remove_letter")
        place = letter.letter.stage, f"{letter.letter.key}|{letter.letter.redrives}"
        _, etag = self.rows.get(place, ({}, ""))
        if letter.etag and etag and etag != letter.etag:
            raise CommitConflict("the dead letter changed meanwhile")
        self.rows.pop(place, None)
        self.after("remove_letter")

    def _put(self, place: tuple[str, str], row: Entity) -> None:
        self.rows[place] = row, str(next(self._etags))


@dataclass
class MemoryPersons:
    """LeadPrivacy, over the persons that the lead store reads."""

    store: MemoryStore
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing

    def changed_since(self, moment: datetime) -> list[tuple[str, Person]]:
        self.before("changed_since")
        told = {key: _told_at(person) for key, person in self.store.persons.items()}
        keys_of = sorted((key for key in told if told[key] >= moment), key=lambda k: told[k])
        return [(key, self.store.persons[key]) for key in reversed(keys_of)]

    def read(self, lead_key: str) -> Person:
        self.before("read_person")
        return self.store.persons.get(lead_key, Person())

    def write(self, lead_key: str, person: Person) -> None:
        self.before("write_person")
        self.store.persons[lead_key] = person
        self.after("write_person")

    def update(self, lead_key: str, change: Callable[[Person], Person]) -> tuple[Person, Person]:
        before = self.read(lead_key)
        after = change(before)
        if after != before:
            self.before("write_person")
            if self.store.persons.get(lead_key, Person()) != before:
                raise CommitConflict("the wishes of the person changed meanwhile")
            self.store.persons[lead_key] = after
            self.after("write_person")
        return before, after


def _told_at(person: Person) -> datetime:
    return max(filter(None, (person.changed_at, person.erased_at)), default=keys.EPOCH)


@dataclass
class MemoryCensus:
    store: MemoryStore
    before: Callable[[str], None] = _nothing

    def count(
        self, partition: str, *, as_of: datetime, bounds: Bounds | None = None
    ) -> tuple[OfferStatus, Sequence[Fenced]]:
        del bounds  # it takes no time here
        self.before("count")
        rows = {key: row for (place, key), row in self.store.leads.items() if place == partition}
        leads = [row.lead for row in rows.values() if isinstance(row, StoredLead)]
        real = [lead for lead in leads if not lead.is_test]
        tests = [lead for lead in leads if lead.is_test]
        status = OfferStatus(
            partition=partition,
            as_of=as_of,
            stages={s.value: sum(lead.enrichment.stage is s for lead in real) for s in Stage},
            contact={
                s.value: sum(lead.contact_status is s for lead in real) for s in ContactStatus
            },
            tests=len(tests),
            last_real_at=max((lead.last_seen for lead in real), default=None),
            last_test_at=max((lead.last_seen for lead in tests), default=None),
        )
        fenced = [
            (LeadPlace(partition=partition, lead_key=key), row.fence)
            for key, row in rows.items()
            if isinstance(row, FencedLead)
        ]
        return status, fenced

    def silent(self, partition: str, *, before: datetime) -> Iterator[tuple[LeadPlace, str]]:
        self.before("silent")
        start, end = keys.recent_rows_before(before)
        for place, row_key in sorted(self.store.recent):
            if place == partition and start <= row_key < end:
                key = keys.key_of_recent_row(row_key)
                yield LeadPlace(partition=partition, lead_key=key), row_key


@dataclass
class MemoryStatus:
    before: Callable[[str], None] = _nothing
    status: Status | None = None
    counted: dict[str, OfferStatus] = field(default_factory=dict)

    def write(self, status: Status) -> None:
        self.before("write_status")
        self.status = status

    def read(self) -> Status | None:
        return self.status

    def write_offer(self, offer: OfferStatus) -> None:
        self.before("write_offer")
        self.counted[offer.partition] = offer

    def remove_offer(self, partition: str) -> None:
        self.counted.pop(partition, None)

    def offers(self) -> dict[str, OfferStatus]:
        return dict(self.counted)
