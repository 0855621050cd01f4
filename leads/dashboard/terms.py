"""Microsoft's terms and ours, in the words of whoever reads the pages. Pure.

Source: "Understand lead data" (Microsoft Learn); marketplace-leads.md 3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.model import ContactStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "INS": "Get it now",
    "PLT": "Contact me",
    "Create": "Created in the Azure portal",
    "StartTestDrive": "Started a test drive",
    "DNC": "Cross-listed",
}
"""What the customer did, by action code."""

CODES = frozenset({"INS", "PLT", "DNC"})
"""Those that Microsoft's words do not hold: who reads its pages looks for them."""

SOURCES: Mapping[str, str] = {
    "AzureMarketplace": "Azure Marketplace",
    "AzurePortal": "Azure portal",
    "TestDrive": "Test drive",
    "SPZA": "AppSource",
}
"""Where the customer was, by source."""

CONTACT: Mapping[str, str] = {
    ContactStatus.CONTACTABLE.value: "May be contacted",
    ContactStatus.DO_NOT_CONTACT.value: "Do not contact",
    ContactStatus.SUPPRESSED.value: "Objected",
}
"""Whether somebody may contact the person, by contact status."""

WHY_CONTACT: Mapping[str, str] = {
    ContactStatus.CONTACTABLE.value: "The customer asked for something, and did not object.",
    ContactStatus.DO_NOT_CONTACT.value: (
        "Microsoft says that the customer was only cross-listed on this offer (DNC), and need not"
        " be contacted."
    ),
    ContactStatus.SUPPRESSED.value: (
        "The person asked not to be contacted. That holds in every offer."
    ),
}
