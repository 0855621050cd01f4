"""Where each row lies: PartitionKeys and RowKeys (DESIGN 4.3). Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leads.model import Identity, Lead, Touch

LEADS = "Leads"
DEAD_LETTERS = "LeadDeadLetters"
PRIVACY = "LeadPrivacy"

PERSON = "person"
"""RowKey of the one row that a person has in LeadPrivacy."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MS = 9_999_999_999_999  # 13 digits, in the year 2286


def milliseconds(moment: datetime) -> int:
    """Return whole milliseconds since 1970; a division of floats would lose some."""
    return (moment - _EPOCH) // _MILLISECOND


def lead_row(lead_key: str) -> str:
    """Return the RowKey of a lead."""
    return f"lead|{lead_key}"


def recent_row(lead: Lead) -> str:
    """Return the RowKey under which *lead* is listed, newest first."""
    return f"recent|{_LAST_MS - milliseconds(lead.last_seen):013d}|{lead.lead_key}"


def touch_row(touch: Touch) -> str:
    """Return the RowKey of *touch*: the same for every redelivery."""
    identity = touch.identity
    return (
        f"touch|{identity.lead_key}|{milliseconds(touch.received_at):013d}"
        f"|{identity.fingerprint[:16]}"
    )


def touch_rows(lead_key: str) -> tuple[str, str]:
    """Return the range of RowKeys that holds all touches of a lead, end excluded."""
    return f"touch|{lead_key}|", f"touch|{lead_key}}}"  # } comes after |


def touch_rows_between(identity: Identity, after: datetime, before: datetime) -> tuple[str, str]:
    """Return the range of RowKeys of touches received strictly between the two, end excluded."""
    first, end = milliseconds(after) + 1, _milliseconds_up(before)
    return f"touch|{identity.lead_key}|{first:013d}", f"touch|{identity.lead_key}|{end:013d}"


def _milliseconds_up(moment: datetime) -> int:
    """Round up: a window may end within a millisecond whose beginning is still inside it."""
    return -((_EPOCH - moment) // _MILLISECOND)
