"""Lets everything come to rest, and the laws that hold then.

The tables are there, the code of tomorrow is deployed, every message is delivered, the timer runs
on, and people redrive what waits for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from leads.fold import fold, judged
from leads.letters import LetterState
from leads.model import ContactStatus, Person
from leads.names import QUEUES
from leads.store import FencedLead, FenceKind, StoredLead
from tests.model import host, people, timer
from tests.model.broken import Broken
from tests.model.cast import WITHOUT_EMAIL
from tests.model.laws import check_always, check_separation
from tests.model.ledger import NEVER
from tests.model.storage import delivery_in
from tests.model.tables import is_covered, letters
from tests.model.world import RULES, World

ROUNDS = 300
A_WHILE = timedelta(minutes=20)


def come_to_rest(world: World) -> None:
    """Do what is left to do, and check that nothing is missing."""
    world.wire.tables_are_down, world.knows_next_version = False, True
    settle(world)
    check_always(world)
    for letter in list(letters(world)):
        if letter.state is LetterState.PARKED:
            people.redrive(world, letter)
    settle(world)
    people.rebuild(world)
    check_at_rest(world)


def settle(world: World) -> None:
    """Let the app run until only a person could do more."""
    for _ in range(ROUNDS):
        deliver_all(world, *QUEUES)
        timer.tend(world)
        later = min(waits(world), default=None)
        if later is None:
            return
        timer.pass_time(world, later - world.now)
    raise Broken("L1: it never comes to rest", list(letters(world)))


def deliver_all(world: World, *names: str) -> None:
    """Deliver what can be taken now from these queues."""
    for name in names:
        queue = world.queues.open(name)
        for number in queue.numbers():
            if not queue.until_visible(number):
                host.deliver(world, name, number)


def waits(world: World) -> Iterator[datetime]:
    """Yield when something is to happen that nobody has to ask for."""
    for name in list(world.queues.queues):
        queue = world.queues.open(name)
        yield from (world.now + queue.until_visible(number) for number in queue.numbers())
    for letter in letters(world):
        if letter.state is LetterState.REDRIVEN:
            yield world.now + A_WHILE
        if letter.state is LetterState.PARKED and letter.next_at:
            yield letter.next_at
    for row in world.store.leads.values():
        if isinstance(row, FencedLead) and row.fence.kind is not FenceKind.MOVED:
            yield world.now + A_WHILE


def check_at_rest(world: World) -> None:
    """Raise Broken where a law does not hold when there is nothing left to do."""
    world.ledger.edited.clear()
    check_always(world)
    check_separation(world, together=True)
    for posted in world.ledger.owed():
        if not is_covered(world, posted):
            raise Broken("L1: an accepted lead is not in the table", posted)
    check_fences(world)
    check_erasures(world)
    check_objections(world)


def check_fences(world: World) -> None:
    """Nothing is half erased or half moved."""
    held = {(partition, t.identity.lead_key) for (partition, _), t in world.store.touches.items()}
    for place, row in world.store.leads.items():
        if not isinstance(row, FencedLead):
            continue
        if row.fence.kind is not FenceKind.MOVED or place in held:
            raise Broken("a fence stands for good", (place, row))


def check_erasures(world: World) -> None:
    """Nothing is left of those who were erased; what they sent later is a lead of its own."""
    ledger = world.ledger
    for delivery_id, held in deliveries_held(world):
        if delivery_id in ledger.posted and ledger.is_erased(ledger.posted[delivery_id]):
            raise Broken("erasure: something is left", (ledger.posted[delivery_id], held))
    keys_of = {one.person: one.lead_key for one in ledger.posted.values()}
    for letter in letters(world):
        for payload, _ in ledger.refused.get(letter.letter.key, ())[:1]:
            key = keys_of.get((payload.lines.person,), "")
            findable = payload.lines.person not in WITHOUT_EMAIL  # who has one is found by it
            erased_at = ledger.erased.get(key, NEVER)
            if findable and letter.received_at <= erased_at:
                raise Broken("erasure: a refused payload is left", letter)
    for row in world.store.leads.values():
        if isinstance(row, StoredLead):
            erased_at = ledger.erased.get(row.lead.lead_key, NEVER)
            if row.lead.first_seen <= erased_at:
                raise Broken("erasure: a lead goes on after it", row)


def deliveries_held(world: World) -> Iterator[tuple[str, object]]:
    """Yield the deliveries of which anything is held anywhere, and what is held."""
    yield from ((touch.delivery_id, touch) for touch in world.store.touches.values())
    for name in list(world.queues.queues):
        yield from ((delivery_in(body), name) for body in world.queues.open(name).bodies())
    for letter in letters(world):
        yield delivery_in(letter.envelope or letter.letter.body), letter


def check_objections(world: World) -> None:
    """Every lead says whether its person objects."""
    for (_, key), row in world.store.leads.items():
        if isinstance(row, StoredLead):
            suppressed = row.lead.contact_status is ContactStatus.SUPPRESSED
            if suppressed != (key in world.ledger.objecting):
                raise Broken("an objection is unheard", row)
            touches = world.store.touches_of(row.lead)
            person = world.store.persons.get(key, Person())
            if row.lead != judged(fold(touches), person, RULES):
                raise Broken("whether to contact is told wrongly", row)
