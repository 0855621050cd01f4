"""Repeat what persons asked for: a message under way may come in behind an erasure. Pure.

A writer that read before the wish was told can still commit after it was carried out. So the wish
stands in LeadPrivacy first, is carried out, and carried out again for 30 days (DESIGN 5.5).
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from leads.errors import LeadFenced, NewerFold
from leads.model import LeadPlace
from leads.store import StoredLead, UnreadableLead
from leads.tending.patience import Patience, from_another_one
from leads.upkeep.erasing import erase_lead
from leads.upkeep.rebuilding import Rebuilt, rebuild_lead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.letters import StoredLetter
    from leads.model import Person
    from leads.tending.ports import Bounds, TendPorts

REPEATED_FOR = timedelta(days=30)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def repeat_wishes(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Carry out again, in every offer, what persons asked for in the last 30 days.

    Dead letters of persons who were erased go however long ago that was.

    Raises:
        Retryable: try again.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    # A letter may be buried at any time: a message that was renewed again and again is old.
    counts["letters_erased"] += erase_letters(dict(ports.persons.changed_since(_FIRST)), ports)
    persons = dict(ports.persons.changed_since(bounds.now - REPEATED_FOR))
    if not persons:
        return counts
    patience = Patience()
    for offer in from_another_one(list(ports.tools.store.offers()), bounds.now):
        for lead_key, person in persons.items():
            if bounds.reached:
                break
            with patience.with_one():
                place = LeadPlace(partition=offer, lead_key=lead_key)
                counts += carry_out(place, person, ports, now=bounds.now)
    patience.end()
    return counts


def carry_out(place: LeadPlace, person: Person, ports: TendPorts, *, now: datetime) -> Counter[str]:
    """Erase what *person* wants erased at *place*, and let the rest say whether they object.

    Raises:
        Retryable: try again.
    """
    counts: Counter[str] = Counter()
    if person.erased_at:
        counts["leads_erased"] += erase_lead(place, ports.tools, through=person.erased_at, now=now)
    if isinstance(ports.tools.store.read_lead(place), StoredLead | UnreadableLead):
        with suppress(LeadFenced, NewerFold):  # whoever holds it folds it with the wish in mind
            counts["leads_changed"] += rebuild_lead(place, ports.tools) is Rebuilt.REBUILT
    return counts


def erase_letters(persons: Mapping[str, Person], ports: TendPorts) -> int:
    """Remove the dead letters that speak of persons who were erased since; return how many.

    Raises:
        StorageUnavailable: try again.
    """
    erased = {key: person.erased_at for key, person in persons.items() if person.erased_at}
    if not erased:
        return 0
    gone = [letter for letter in ports.letters.find() if _speaks_of(letter, erased)]
    for letter in gone:
        ports.letters.remove(letter)
    return len(gone)


def _speaks_of(letter: StoredLetter, erased: Mapping[str, datetime]) -> bool:
    return any(key in erased and letter.received_at <= erased[key] for key in letter.lead_keys)
