"""What an oracle asks the tables, past the wire."""

from __future__ import annotations

from collections.abc import Iterator

from leads.identity import duplicate_window
from leads.letters import StoredLetter
from leads.tables.letter_entities import letter_from_entity
from tests.model.ledger import Posted
from tests.model.world import WINDOW, World


def letters(world: World) -> Iterator[StoredLetter]:
    """Yield the dead letters, with all that they hold."""
    for row, etag in list(world.letters.rows.values()):
        yield letter_from_entity(row, etag=etag)


def is_covered(world: World, posted: Posted) -> bool:
    """Tell whether the table holds this event, wherever its lead lies now."""
    window = duplicate_window(posted.lead_key, WINDOW)
    return any(
        touch.identity.lead_key == posted.lead_key
        and touch.identity.fingerprint == posted.identity.fingerprint
        and abs(touch.received_at - posted.received_at) < window
        for touch in world.store.touches.values()
    )
