"""Retention: what is older than anybody may or wants to keep goes. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.upkeep.erasing import retire_lead

if TYPE_CHECKING:
    from leads.tending.ports import Bounds, TendPorts

SETTLED = timedelta(days=30)
"""How long a letter that was stored or dropped can still be looked at."""


def retire_leads(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Remove the leads that were silent for the whole retention, where one is set.

    Raises:
        Retryable: try again; what is gone is gone.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    if ports.retention is None:
        return counts
    before = bounds.now - ports.retention
    for offer in ports.tools.store.offers():
        for place, listed in ports.census.silent(offer, before=before):
            if bounds.reached:
                return counts
            gone = retire_lead(place, ports.tools, before=before, now=bounds.now, strays=[listed])
            counts["retired"] += gone
    return counts


def remove_settled_letters(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Remove the letters that were stored or dropped long ago.

    Raises:
        StorageUnavailable: try again.
    """
    counts: Counter[str] = Counter()
    for letter in ports.letters.find(settled_before=bounds.now - SETTLED):
        if bounds.reached:
            return counts
        one = letter.letter
        fresh = ports.letters.read(one.stage, one.key, one.redrives)
        if fresh and fresh.settled_at:  # it did not fail anew meanwhile
            ports.letters.remove(fresh)
            counts["letters_removed"] += 1
    return counts
