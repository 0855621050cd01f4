"""Retention: what is older than anybody may or wants to keep goes. Pure."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.tending.patience import Patience
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
    before, patience = bounds.now - ports.retention, Patience()
    for offer in ports.tools.store.offers():
        for place, listed in ports.census.silent(offer, before=before):
            if bounds.reached:
                break
            with patience.with_one():
                gone = retire_lead(
                    place, ports.tools, before=before, now=bounds.now, strays=[listed]
                )
                counts["retired"] += gone
    patience.end()
    return counts


def remove_settled_letters(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Remove the letters that were stored or dropped long ago.

    Raises:
        StorageUnavailable: try again.
    """
    counts: Counter[str] = Counter()
    before = bounds.now - SETTLED
    for listed in ports.letters.find(settled_before=before):
        if bounds.reached:
            break
        one = listed.letter
        letter = ports.letters.read(one.stage, one.key, one.redrives)
        if letter and letter.is_settled and (letter.settled_at or before) < before:
            with suppress(CommitConflict):  # it failed anew at this moment
                ports.letters.remove(letter)
                counts["letters_removed"] += 1
    return counts
