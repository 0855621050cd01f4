"""What a post says: one event of one lead, and the payload that says it.

The oracle tells events apart by these four texts alone, so that it does not lean on the identity
rules of the app that it judges.
"""

from __future__ import annotations

import json
import random
from typing import NamedTuple


class Lead(NamedTuple):
    """One person's interest in one offer."""

    offer: str
    email: str


class Event(NamedTuple):
    """One thing that one person did; said again within the window it counts once."""

    offer: str
    email: str
    action: str
    description: str

    @property
    def lead(self) -> Lead:
        return Lead(self.offer, self.email)

    @property
    def payload(self) -> bytes:
        """The body to post, always the same bytes."""
        document = {
            "UserDetails": {"FirstName": "Ada", "LastName": "Lovelace", "Email": self.email},
            "LeadSource": f"AzureMarketplace-{self.action}|{self.offer}",
            "ActionCode": self.action,
            "OfferTitle": "A test offer",
            "Description": self.description,
        }
        return json.dumps(document).encode()


def seeded(seed: int, purpose: str) -> random.Random:
    """Return a source of chance of its own for each *purpose*: one more draw shifts no other."""
    return random.Random(f"{seed} {purpose}")  # noqa: S311 - it must be repeatable, not secret
