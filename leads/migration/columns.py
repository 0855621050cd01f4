"""Which column of an export is what: known spellings, and those that a person names. Pure.

Microsoft documents the columns of the Lead insights download and of the co-sell download of the
Referrals workspace, but not those of its leads download; so names are compared tolerantly.
Sources: marketplace-leads.md 2.1; Microsoft Learn "Referral insights download - Data definitions"
and "Bulk operations for Co-sell opportunities".
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from leads.errors import Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SPELLINGS = {
    "partition": ("PartitionKey",),
    "row": ("RowKey", "Referral ID", "Lead ID", "ReferralIdentifier", "Engagement ID", "Id"),
    "stored": ("Timestamp",),
    "created": (
        "CreatedTime", "Creation date", "Created date", "CreatedDateTime", "Created on", "Created",
        "Date created", "Received date", "Date received",
    ),
    "customer_info": ("CustomerInfo",),
    "first_name": (
        "FirstName", "Customer contact first name", "Contact first name", "Customer first name",
    ),
    "last_name": (
        "LastName", "Customer contact last name", "Contact last name", "Customer last name",
    ),
    "name": ("Customer contact name", "Contact name", "Customer contact", "Full name"),
    "email": (
        "Email", "Customer contact email address", "Customer contact email", "Contact email",
        "Contact email address", "Customer email", "Email address",
    ),
    "phone": (
        "Phone", "Customer contact phone number", "Customer contact phone", "Contact phone",
        "Contact phone number", "Customer phone", "Phone number",
    ),
    "country": (
        "Country", "Customer country/region", "Customer country", "Country/region",
        "Customer country code",
    ),
    "company": (
        "Company", "Customer name", "Customer company", "Company name", "Customer account name",
    ),
    "title": ("Title", "Customer contact title", "Contact title", "Job title"),
    "lead_source": ("LeadSource", "Lead source", "Referral source", "Source", "Online store"),
    "action": ("ActionCode", "Call to action", "CTA", "Action"),
    "offer_id": ("Offer ID", "Offer IDs", "Offer Id(s)", "Solution ID"),
    "product_id": ("ProductId",),
    "offer_title": (
        "OfferDisplayName", "Offer name", "OfferTitle", "Offer names", "Offer", "Solution name",
    ),
    "description": ("Description", "Customer notes"),  # "Notes" are the publisher's own
}  # fmt: skip
"""What each field is called in exports, the likeliest name first."""


class Origin(StrEnum):
    """What an export was made of."""

    MARKETPLACE_TABLE = "marketplace-table"
    REFERRALS = "referrals"


class UnknownColumns(Final):
    """Raised when nobody can tell what an export holds."""


def recognised(cells: Mapping[str, str]) -> Origin:
    """Return what the export was made of whose first row is *cells*.

    Raises:
        UnknownColumns: it is neither.
    """
    header = {_plain(name) for name in cells}
    if header & {"customerinfo", "offerdisplayname"} or {"partitionkey", "leadsource"} <= header:
        return Origin.MARKETPLACE_TABLE
    if header & {"referralid", "engagementid", "leadid", "calltoaction"}:
        return Origin.REFERRALS
    raise UnknownColumns(
        "The columns are neither those of MarketplaceLeads nor of the Referrals workspace. Say "
        "which it is by --from, and by --column what the columns are"
    )


def named(cells: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a row by our names; *given* maps a field to the header that holds it."""
    known = {_plain(header): text for header, text in cells.items()}
    return {
        field: next(filter(None, (known.get(name, "") for name in _names(field, given))), "")
        for field in SPELLINGS
    }


def _names(field: str, given: Mapping[str, str]) -> tuple[str, ...]:
    return (_plain(given[field]),) if field in given else _PLAIN[field]


@lru_cache(maxsize=4096)
def _plain(header: str) -> str:
    return "".join(char for char in header.casefold() if char.isalnum())


_PLAIN = {field: tuple(map(_plain, names)) for field, names in SPELLINGS.items()}
