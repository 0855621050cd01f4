"""The laws that hold after every step, whatever is under way.

They compare storage with the ledger; of the code under test they use the fold alone, which has
tests of its own, and the window.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from itertools import chain, pairwise

from leads.fold import fold
from leads.identity import duplicate_window
from leads.letters import LetterState
from leads.model import Lead, Touch
from leads.score import DEFAULT_WEIGHTS, score
from leads.store import FencedLead, StoredLead
from leads.tables import keys
from tests.model.broken import Broken
from tests.model.ledger import Posted
from tests.model.letter_laws import check_letters
from tests.model.storage import delivery_in
from tests.model.tables import is_covered, letters
from tests.model.world import WINDOW, World

WAITING = {LetterState.PARKED, LetterState.REDRIVEN}


def check_always(world: World) -> None:
    """Raise Broken where a law does not hold at this moment."""
    check_identities(world)
    check_touches(world)
    check_separation(world, together=False)
    check_leads(world)
    check_letters(world)
    check_nothing_is_lost(world)


def check_identities(world: World) -> None:
    """One person has one key, and two have two; so with events and fingerprints."""
    posted = world.ledger.posted.values()
    persons = {(one.person, one.lead_key) for one in posted}
    said = {(one.event, one.identity.fingerprint) for one in posted}
    for law, pairs in (("one person, one key", persons), ("one event, one fingerprint", said)):
        for side in (0, 1):
            for name, times in Counter(pair[side] for pair in pairs).items():
                if times > 1:
                    raise Broken(law, (name, pairs))


def check_touches(world: World) -> None:
    """No touch but of what was posted, as it was stamped at the door."""
    for (partition, _), touch in world.store.touches.items():
        posted = world.ledger.posted.get(touch.delivery_id)
        identity = touch.identity
        told = (touch.received_at, identity.lead_key, identity.fingerprint)
        if posted is None or told != _stamped(posted) or posted.payload.text != touch.payload:
            raise Broken("L2: a touch that nobody posted", touch)
        if identity.partition != partition:
            raise Broken("L2: a touch in another offer than it says", touch)


def _stamped(posted: Posted) -> tuple[datetime, str, str]:
    return posted.received_at, posted.lead_key, posted.identity.fingerprint


def check_separation(world: World, *, together: bool) -> None:
    """No event counted twice: in one offer, or *together* in all, when nothing moves any more."""
    times = defaultdict(list)
    for (partition, _), touch in world.store.touches.items():
        event = touch.identity.lead_key, touch.identity.fingerprint
        times["" if together else partition, *event].append(touch.received_at)
    for (_, key, fingerprint), moments in times.items():
        window = duplicate_window(key, WINDOW)
        if any(later - earlier < window for earlier, later in pairwise(sorted(moments))):
            raise Broken("L2: an event counts twice", (key, fingerprint, moments))


def check_leads(world: World) -> None:
    """Each lead row tells what its touches tell, and is listed once; a fenced one nowhere."""
    touches = defaultdict(list)
    for (partition, _), touch in world.store.touches.items():
        touches[partition, touch.identity.lead_key].append(touch)
    listed = defaultdict(list)
    for (partition, row_key), lead in world.store.recent.items():
        listed[partition, keys.key_of_recent_row(row_key)].append((row_key, lead))
    for place in sorted({*world.store.leads, *touches, *listed}):
        if place[1] in world.ledger.edited:
            continue
        row = world.store.leads.get(place)
        if isinstance(row, FencedLead):
            expected = []
        elif isinstance(row, StoredLead):
            check_lead(row.lead, touches[place])
            expected = [(keys.recent_row(row.lead), row.lead)]
        else:
            raise Broken("L2: touches or lists without their lead", (place, row))
        if listed[place] != expected:
            raise Broken("L2: a lead is listed wrongly", (place, listed[place], expected))


def check_lead(lead: Lead, touches: list[Touch]) -> None:
    """Hold a lead row against its touches; whether to contact may lag behind for a while."""
    if not touches:
        raise Broken("L2: a lead without touches", lead)
    folded = replace(fold(touches), contact_status=lead.contact_status)
    folded = replace(folded, score=score(folded, DEFAULT_WEIGHTS))
    real = sum(not touch.submission.is_test for touch in touches)
    if lead != folded or lead.touch_count != (real or len(touches)):
        raise Broken("L2: a lead row differs from its touches", (lead, touches))


def check_nothing_is_lost(world: World) -> None:
    """What was accepted is in a queue, waits as a letter, or is in the table."""
    names = list(world.queues.queues)
    queued = chain.from_iterable(world.queues.open(name).bodies() for name in names)
    held = {delivery_in(body) for body in queued}
    held |= {
        delivery_in(letter.envelope or letter.letter.body)
        for letter in letters(world)
        if letter.state in WAITING
    }
    for posted in world.ledger.owed():
        if posted.delivery_id not in held and not is_covered(world, posted):
            raise Broken("L1: an accepted lead is lost", posted)
