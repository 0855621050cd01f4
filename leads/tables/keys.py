"""Where each row lies: PartitionKeys and RowKeys (DESIGN 4.3). Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leads.model import Identity, Lead, Touch

LEADS = "Leads"
DEAD_LETTERS = "LeadDeadLetters"
PRIVACY = "LeadPrivacy"
STATUS = "LeadStatus"

PERSON = "person"
"""RowKey of the one row that a person has in LeadPrivacy."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MS = 9_999_999_999_999  # 13 digits, in the year 2286


def milliseconds(moment: datetime) -> int:
    """Return whole milliseconds since 1970; a division of floats would lose some."""
    return (moment - EPOCH) // _MILLISECOND


def lead_row(lead_key: str) -> str:
    """Return the RowKey of a lead."""
    return f"lead|{lead_key}"


def recent_row(lead: Lead) -> str:
    """Return the RowKey under which *lead* is listed, newest first."""
    return f"recent|{_LAST_MS - milliseconds(lead.last_seen):013d}|{lead.lead_key}"


def key_of_row(row_key: str) -> str:
    """Return the lead key in the RowKey of a lead or a touch."""
    return row_key.split("|")[1]


def key_of_recent_row(row_key: str) -> str:
    """Return the lead key in the RowKey of a recent row."""
    return row_key.rpartition("|")[2]


def rows_of_kind(kind: str) -> tuple[str, str]:
    """Return the range of RowKeys of all rows of a kind in an offer, end excluded."""
    return f"{kind}|", f"{kind}}}"  # } comes after |


def recent_rows_before(moment: datetime) -> tuple[str, str]:
    """Return the range of RowKeys of the leads last seen before *moment*, end excluded."""
    first = min(_LAST_MS - milliseconds(moment) + 1, _LAST_MS)  # of 13 digits, too, before 1970
    return f"recent|{first:013d}|", rows_of_kind("recent")[1]


def recent_rows_since(moment: datetime) -> tuple[str, str]:
    """Return the range of RowKeys of the leads last seen at *moment* or later, end excluded."""
    return rows_of_kind("recent")[0], recent_rows_before(moment)[0]


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


def touch_rows_through(lead_key: str, through: datetime) -> tuple[str, str]:
    """Return the range of RowKeys of touches received until *through*, end excluded."""
    start, _ = touch_rows(lead_key)
    return start, f"touch|{lead_key}|{milliseconds(through) + 1:013d}"


def time_of_touch_row(row_key: str) -> datetime:
    """Return when the touch with this RowKey was received."""
    return EPOCH + int(row_key.split("|")[2]) * _MILLISECOND


def touch_rows_between(identity: Identity, after: datetime, before: datetime) -> tuple[str, str]:
    """Return the range of RowKeys of touches received strictly between the two, end excluded."""
    first, end = milliseconds(after) + 1, _milliseconds_up(before)
    return f"touch|{identity.lead_key}|{first:013d}", f"touch|{identity.lead_key}|{end:013d}"


def _milliseconds_up(moment: datetime) -> int:
    """Round up: a window may end within a millisecond whose beginning is still inside it."""
    return -((EPOCH - moment) // _MILLISECOND)
