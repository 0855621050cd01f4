"""Leads of nobody, in the form in which Microsoft's marketplace posts them. Pure.

To try the pipeline out: as marked test leads, which no count and no list shows by itself, or as
examples, which are leads like any other. Facts and their sources: marketplace-leads.md 1 and 3.
"""

from __future__ import annotations

import json

SOURCES = {
    "INS": "AzureMarketplace",
    "PLT": "SPZA",
    "Create": "AzurePortal",
    "StartTestDrive": "TestDrive",
    "DNC": "SPZA",
}
"""Each of Microsoft's actions and where it comes from."""

ACTIONS = tuple(SOURCES)

MARK = "MSFT_TEST_636573304831318844"
"""What stands in the test lead that Microsoft printed. Always the same, so that all the test leads
of an offer are touches of one lead."""

_FIELDS = ("FirstName", "LastName", "Email", "Phone", "Country", "Company", "Title")
_PEOPLE = {
    "INS": (
        *("Ada", "Lovelace", "ada@example.com", "442079460101", "GB"),
        *("Contoso", "Head of Research"),
    ),
    "PLT": (
        *("Grace", "Hopper", "grace@example.com", "12025550143", "US"),
        *("Fabrikam", "Director of Engineering"),
    ),
    "Create": (
        *("Alan", "Turing", "alan@example.com", "441174960123", "GB"),
        *("Tailspin Toys", "Architect"),
    ),
    "StartTestDrive": (
        *("Emmy", "Noether", "emmy@example.com", "493023125042", "DE"),
        *("Adatum", "Data Scientist"),
    ),
    "DNC": (
        *("Mary", "Shelley", "mary@example.com", "442079460188", "GB"),
        *("Northwind Traders", "Editor"),
    ),
}
"""A person for each action; addresses and numbers that are kept free for examples."""


def example_lead(action: str, *, offer: str, word: str, email: str = "") -> dict[str, object]:
    """Return the payload of a customer who did *action* with *offer* (publisherid.offerid).

    It is no test lead. *word* makes it an event of its own: the same one again would count as a
    duplicate. With *email* it is always the same customer, who has this address.

    Source: marketplace-leads.md 3.1 and 3.5.
    """
    person = _PEOPLE["INS" if email else action]
    contact = dict(zip(_FIELDS, person, strict=True)) | ({"Email": email} if email else {})
    return _payload(action, contact, offer=offer, description=_said(action, word))


def marked_lead(action: str, *, offer: str, word: str, email: str = "") -> dict[str, object]:
    """Return the test lead that Partner Center posts to validate a connection, for *offer*.

    *action*, *word* and *email* as in `example_lead`.

    Source: marketplace-leads.md 1.4.
    """
    contact = dict.fromkeys(_FIELDS, MARK) | {
        "Email": email or f"{MARK}@test.com",
        "Phone": "1234567890",
        "Country": "US",
    }
    return _payload(action, contact, offer=offer, description=f"{MARK} {word}")


def _payload(
    action: str, contact: dict[str, str], *, offer: str, description: str
) -> dict[str, object]:
    return {
        "UserDetails": contact,
        "LeadSource": f"{SOURCES[action]}-{action}|{offer}",
        "ActionCode": action,
        "OfferTitle": "Sample offer",
        "Description": description,
    }


def _said(action: str, word: str) -> str:
    """Return a description as that action brings it: the listing's parameters, or a note."""
    if action == "INS":
        return json.dumps({"utm_campaign": "sample", "utm_content": word})
    if action == "PLT":
        return f"Please call me about a pilot. (sample {word})"
    return f"sample {word}"
