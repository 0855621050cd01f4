"""What a lead row holds that tells of no lead: why it is fenced, or where the lead went. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.store import Fence, FenceKind
from leads.tables import keys
from leads.tables.columns import moment, text
from leads.tables.limits import fitted

if TYPE_CHECKING:
    from leads.model import Located
    from leads.tables.limits import Entity

_KINDS = {kind.value for kind in FenceKind}


def is_fence(row: Entity) -> bool:
    """Tell whether the lead row *row* holds no lead."""
    return row.get("Kind") in _KINDS


def fence_to_entity(place: Located, fence: Fence) -> Entity:
    """Return the lead row of a fenced lead: nothing personal is left in it but its key."""
    return fitted(
        {
            "PartitionKey": place.partition,
            "RowKey": keys.lead_row(place.lead_key),
            "Kind": fence.kind.value,
            "LeadKey": place.lead_key,
            "Since": fence.since,
            "Through": fence.through,
            "MovedTo": fence.to or None,
        }
    )


def fence_from_entity(row: Entity) -> Fence:
    """Return the fence that `fence_to_entity` stored; what a hand left out is unknown."""
    return Fence(
        kind=FenceKind(row["Kind"]),
        since=moment(row["Since"]) if "Since" in row else keys.EPOCH,
        through=moment(row["Through"]) if "Through" in row else None,
        to=text(row, "MovedTo"),
    )
