"""What a person asks for, done at once: to be forgotten, or not to be contacted. Pure.

The wish is written first: from then on every writer knows it. Then it is carried out in every
offer; `tend_leads` repeats it for what was under way (privacy.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from leads.model import LeadPlace
from leads.store import until_committed
from leads.tending.privacy import carry_out, erase_letters
from leads.upkeep.erasing import erase_lead

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from leads.model import Person
    from leads.tending.ports import TendPorts


def forget(lead_key: str, ports: TendPorts, *, now: datetime) -> Counter[str]:
    """Erase everything that was received of a person until *now*; an objection stays.

    Raises:
        Retryable: run it again; what is done is done.

    Source: DESIGN 5.5.
    """

    def tell(known: Person) -> Person:
        return replace(known, erased_at=max(now, known.erased_at or now), changed_at=now)

    _, person = _told(lead_key, ports, tell)
    counts: Counter[str] = Counter()
    store = ports.tools.store
    for offer in store.offers():
        place = LeadPlace(partition=offer, lead_key=lead_key)
        listed = [recent.row_key for recent in store.find_recents(place)]
        counts["leads_erased"] += erase_lead(
            place, ports.tools, through=now, now=now, strays=listed
        )
    counts["letters_erased"] += erase_letters({lead_key: person}, ports)
    return counts


def object_to_contact(
    lead_key: str, ports: TendPorts, *, objects: bool, now: datetime
) -> Counter[str]:
    """Record or take back an objection, and let every lead of the person say so.

    Raises:
        Retryable: run it again; what is done is done.

    Source: DESIGN 5.4 and 5.5.
    """

    def tell(known: Person) -> Person:
        if objects == (known.suppressed_at is not None):
            return known
        return replace(known, suppressed_at=now if objects else None, changed_at=now)

    before, person = _told(lead_key, ports, tell)
    counts: Counter[str] = Counter({"objections": int(person != before)})
    for offer in ports.tools.store.offers():
        place = LeadPlace(partition=offer, lead_key=lead_key)
        counts += _without_erasure(place, person, ports, now=now)
    return counts


def _told(
    lead_key: str, ports: TendPorts, tell: Callable[[Person], Person]
) -> tuple[Person, Person]:
    """Return a person's wishes as they were and as they are kept now."""
    return until_committed(
        lambda _attempt: ports.persons.update(lead_key, tell), backoff=ports.tools.backoff
    )


def _without_erasure(
    place: LeadPlace, person: Person, ports: TendPorts, *, now: datetime
) -> Counter[str]:
    return carry_out(place, replace(person, erased_at=None), ports, now=now)
