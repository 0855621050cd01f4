"""What an export holds: the columns of leads and of touches, in the order that people read them.

The names are those of the table (README). A column that somebody added by hand is in JSON Lines
only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBERS = frozenset(
    {"TouchCount", "Intent", "FoldVersion", "ScoreVersion", "IdentityVersion", "IsTest", "Repaired"}
)
"""What SQLite keeps as numbers, truth as 0 and 1; all else is text, times in ISO 8601."""

_PERSON = (
    "FirstName", "LastName", "Email", "Phone", "Company", "Title", "Country", "CountryCode",
    "PhoneE164", "EmailKind", "EmailDomain",
)  # fmt: skip
_LEAD = (
    "PartitionKey", "LeadKey", "LastSeen", *_PERSON, "Stage", "ContactStatus", "Fit", "Intent",
    "ScoreReasons", "TouchCount",
    "Actions", "Campaign", "LeadSource", "ActionCode", "FirstSeen", "LastInterestAt", "LastDncAt",
    "OfferId", "OfferDisplayName", "IsTest", "FoldVersion", "ScoreVersion", "Truncated",
)  # fmt: skip
_TOUCH = (
    "PartitionKey", "RowKey", "LeadKey", "ReceivedAt", *_PERSON, "Stage", "Source", "Action",
    "Campaign", "Description", "LeadSource", "ActionCode", "OfferId", "OfferDisplayName", "IsTest",
    "Repaired", "DeliveryId", "Fingerprint", "IdentityVersion", "CreatedTime", "CustomerInfo",
    "Payload", "Truncated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rows: leads, or touches."""

    name: str
    one: str
    key: tuple[str, str]  # what no two rows share
    seen_at: str  # the column that `--since` looks at
    columns: tuple[str, ...]

    def shown(self, row: Mapping[str, object]) -> dict[str, object]:
        """Return *row* without what only storage needs."""
        needless = {"Kind", "RowKey"} - set(self.key)
        return {name: value for name, value in row.items() if name not in needless}


LEADS = Kind("leads", "lead", ("PartitionKey", "LeadKey"), "LastSeen", _LEAD)
TOUCHES = Kind("touches", "touch", ("PartitionKey", "RowKey"), "ReceivedAt", _TOUCH)
KINDS = {kind.name: kind for kind in (LEADS, TOUCHES)}
