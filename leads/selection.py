"""Which leads a list shows: the questions that a team asks of its leads. Pure.

It looks at rows as the table shows them; the search compares, and never becomes part of a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from leads.identity import is_usable_email, lead_key
from leads.model import Contact, ContactStatus
from leads.normal_form import normalised_email

if TYPE_CHECKING:
    from collections.abc import Mapping

type Row = Mapping[str, object]

_SEARCHED = ("FirstName", "LastName", "Email", "Company", "Title", "LeadKey", "OfferDisplayName")
_LEAST_DIGITS = 4  # of a phone number


@dataclass(frozen=True)
class Selection:
    """What a lead must be; what is left empty does not matter."""

    stage: str | None = None
    contactable: bool = False
    search: str = ""
    include_tests: bool = False

    def takes(self, row: Row) -> bool:
        """Tell whether a row of a lead, or one that lists it, is wanted."""
        return (
            (self.include_tests or not row.get("IsTest"))
            and (not self.stage or row.get("Stage") == self.stage)
            and (not self.contactable or row.get("ContactStatus") == ContactStatus.CONTACTABLE)
            and (not self.search or self._finds(row))
        )

    def _finds(self, row: Row) -> bool:
        if self._person:  # a whole address names one person, not all that contain it
            return row.get("LeadKey") == self._person
        names = " ".join(str(row.get(column) or "") for column in _SEARCHED).casefold()
        if all(word in names for word in self._words):
            return True
        return bool(self._digits) and self._digits in _digits_of(str(row.get("Phone") or ""))

    @cached_property
    def _person(self) -> str:
        email = normalised_email(self.search)
        return lead_key(Contact(email=email), fingerprint="") if is_usable_email(email) else ""

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(self.search.casefold().split())

    @cached_property
    def _digits(self) -> str:
        """Return what of a phone number is searched for; empty where it is none."""
        others = set(self.search) - set("+0123456789 ()-./")
        digits = _digits_of(self.search)
        return digits if not others and len(digits) >= _LEAST_DIGITS else ""


def _digits_of(text: str) -> str:
    return "".join(char for char in text if char in "0123456789")
