"""What people do to the system, by the command line and by hand.

Whoever meets an error, or whose machine stops, has done a part; some run the command again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from leads import messages
from leads.errors import LeadsError
from leads.letters import LetterState, StoredLetter
from leads.model import LeadPlace, Person
from leads.store import StoredLead
from leads.tables import keys
from leads.tending import redriving, wishes
from leads.upkeep import moving, rebuilding
from tests.model.cast import ALPHA, BETA, GAMMA, GAMMA_PARTITION
from tests.model.storage import delivery_in
from tests.model.tables import letters
from tests.model.wire import Interruption
from tests.model.world import World

ROUTES = ((GAMMA_PARTITION, ALPHA), (ALPHA, BETA), (BETA, ALPHA))
"""From which offer to which leads are moved; for the title, its alias is set before."""


def carry_out(
    world: World, work: Callable[[], object], interruption: Interruption | None = None
) -> bool:
    """Run a command; tell whether it came to its end."""
    finished = False
    with world.wire.interrupted(interruption), suppress(LeadsError):
        work()
        finished = True
    return finished


def forget(world: World, number: int, interruption: Interruption | None = None) -> None:
    """Erase one of those who ever wrote; it is promised from when the wish is written down."""
    if not (key := _somebody(world, number)):
        return
    told = partial(wishes.forget, key, world.tend_ports, now=world.now)
    at = world.now
    finished = carry_out(world, told, interruption)
    person = world.store.persons.get(key, Person())
    if finished or person.erased_at == at:
        world.ledger.erased[key] = at


def object_to_contact(world: World, number: int, interruption: Interruption | None = None) -> None:
    """Record the objection of one of those who ever wrote, or take it back."""
    if not (key := _somebody(world, number)):
        return
    objects = key not in world.ledger.objecting
    told = partial(wishes.object_to_contact, key, world.tend_ports, objects=objects, now=world.now)
    carry_out(world, told, interruption)
    person = world.store.persons.get(key)
    if objects == bool(person and person.suppressed_at):
        (world.ledger.objecting.add if objects else world.ledger.objecting.discard)(key)


def rebuild(world: World, interruption: Interruption | None = None) -> None:
    """Rebuild every offer."""
    tools, waiting = world.tend_ports.tools, set[str]()

    def work() -> None:
        for offer in tools.store.offers():
            for place, outcome in rebuilding.rebuild_offer(offer, tools):
                if outcome is rebuilding.Rebuilt.WAITING:
                    waiting.add(place.lead_key)

    if carry_out(world, work, interruption):
        world.ledger.edited &= waiting


def merge(world: World, number: int, interruption: Interruption | None = None) -> None:
    """Move the leads of an offer to another, even while others move them back."""
    source, target = ROUTES[number % len(ROUTES)]
    if source == GAMMA_PARTITION:
        world.aliases[GAMMA] = target
    tools, now = world.tend_ports.tools, world.now
    carry_out(
        world, lambda: list(moving.move_offer(source, tools, to=target, now=now)), interruption
    )


def redrive(world: World, letter: StoredLetter, interruption: Interruption | None = None) -> None:
    """Send a letter again; what the door had refused may pass it now."""
    outcomes: list[redriving.Redriven] = []

    def work() -> None:
        outcomes.append(redriving.redrive(letter, world.tend_ports, now=world.now))

    carry_out(world, work, interruption)
    fresh = next((one for one in letters(world) if one.id == letter.id), None)
    body = fresh.envelope or fresh.letter.body if fresh else b""
    if (held := delivery_in(body)) in world.ledger.refused:
        world.ledger.accept_refused(messages.decode(body).delivery)
    if outcomes == [redriving.Redriven.SENT] and held in world.ledger.posted:
        world.ledger.promise(held)


def drop(world: World, letter: StoredLetter) -> None:
    """Decide that a letter is no lead."""
    dropped = replace(letter, state=LetterState.DROPPED, settled_at=world.now, next_at=None)
    if carry_out(world, lambda: world.letters.change(dropped)):
        world.ledger.dropped.add(delivery_in(letter.envelope or letter.letter.body))


def spoil(world: World, number: int, kind: int) -> None:
    """Edit the rows of a lead by hand, as `rebuild` heals it; its touches stay as they are."""
    found = [(at, row) for at, row in world.store.leads.items() if isinstance(row, StoredLead)]
    if not found:
        return
    (partition, key), row = found[number % len(found)]
    place = LeadPlace(partition=partition, lead_key=key)
    listed = (partition, keys.recent_row(row.lead))
    world.ledger.edited.add(key)
    match kind:
        case 0:
            world.store.make_unreadable(place)
        case 1:
            world.store.recent.pop(listed, None)
        case 2:
            stray = replace(row.lead, last_seen=row.lead.last_seen - timedelta(hours=1))
            world.store.recent[partition, keys.recent_row(stray)] = stray
        case _:
            edited = replace(row.lead, touch_count=99)
            world.store.leads[partition, key] = StoredLead(lead=edited, etag=f"hand-{row.etag}")


def _somebody(world: World, number: int) -> str:
    known = world.ledger.keys()
    return known[number % len(known)] if known else ""
