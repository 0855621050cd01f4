"""Which leads a list shows: the questions that a team asks of its leads. Pure.

It looks at rows as the table shows them; the search compares, and never becomes part of a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from leads.identity import is_usable_email, lead_key
from leads.model import Contact, ContactStatus
from leads.normal_form import folded, normalised_email, phone_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

type Row = Mapping[str, object]

_SEARCHED = ("FirstName", "LastName", "Email", "Company", "Title")
_LEAST_DIGITS = 4  # of a phone number
_LEAST_OF_A_KEY = 8  # its hex digits spell "ada" and "ed" often enough


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
        key = str(row.get("LeadKey"))
        if self._person:  # a whole address names one person, not all that contain it
            return key == self._person
        if len(self.search) >= _LEAST_OF_A_KEY and key.startswith(self.search):
            return True
        names = _without_case(" ".join(str(row.get(column) or "") for column in _SEARCHED))
        if all(word in names for word in self._words):
            return True
        return bool(self._digits) and self._digits in _dialled(str(row.get("Phone") or ""))

    @cached_property
    def _person(self) -> str:
        email = normalised_email(self.search)
        whole = "<" in self.search or len(self.search.split()) == 1
        whole = whole and "." in email.rpartition("@")[2]  # who is still typing searches by words
        usable = whole and is_usable_email(email)
        return lead_key(Contact(email=email), fingerprint="") if usable else ""

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(_without_case(self.search).split())

    @cached_property
    def _digits(self) -> str:
        """Return what of a phone number is searched for; empty where it is none.

        Without the zeros before it: who dials 070 finds +46 70, and who dials 0046, too.
        """
        others = set(self.search) - set("+0123456789 ()-./")
        digits = _dialled(self.search).lstrip("0")
        return digits if not others and len(digits) >= _LEAST_DIGITS else ""


def _without_case(text: str) -> str:
    return folded(text).casefold()  # the latter makes ß of STRASSE one with straße


def _dialled(phone: str) -> str:
    return phone_digits(phone.replace("(0)", ""))  # +46 (0)70 is dialled without it
