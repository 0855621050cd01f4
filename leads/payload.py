"""Marketplace JSON to a Submission: the only place that knows Microsoft's field names. Pure.

Strict about JSON, liberal about leads: names match in any casing, and every field may be missing,
null, blank or a number. Nobody sends a refused lead again, so what is unknown is kept, not refused.
Facts and their sources: marketplace-leads.md 1 and 3.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from leads.errors import InvalidPayload
from leads.model import Contact, Submission
from leads.normal_form import folded, normalised_email
from leads.strict_json import Json, parse_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTACT = "UserDetails"
CONTACT_FIELDS = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "Email": "email",
    "Phone": "phone",
    "Country": "country",
    "Company": "company",
    "Title": "title",
}
"""Microsoft's names inside `UserDetails`, and ours in `Contact`."""

LEAD_FIELDS = {
    "LeadSource": "lead_source",
    "ActionCode": "action_code",
    "OfferTitle": "offer_title",
    "Description": "description",
}
"""Microsoft's names at the top of a payload, and ours in `Submission`."""

TEST_MARKER = "msft_test"

CAMPAIGN_PARAMETERS = ("mktcmpid", "utm_campaign", "utm_source", "src", "ref")
"""What names a campaign in a listing's URL, first found first taken.

The campaign's own id, then its name, then only where it ran: the more exact one wins.
"""

_SOURCES = {
    "azuremarketplace": "AzureMarketplace",
    "azureportal": "AzurePortal",
    "testdrive": "TestDrive",
    "spza": "SPZA",
    "appsource": "SPZA",
    "appsource(spza)": "SPZA",
}
_ACTIONS = {action.lower(): action for action in ("INS", "PLT", "DNC", "Create", "StartTestDrive")}
_CAMPAIGN_PREFIX = re.compile(r"\s*campaigns\s*:", re.IGNORECASE)
# Lone surrogates are no text, and table storage, XML or JSON readers refuse the rest.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Origin(NamedTuple):
    """What `LeadSource` and `ActionCode` say together."""

    source: str
    action: str
    offer_id: str


def parse(text: str) -> Submission:
    """Return what the payload *text* says.

    Values are kept as sent, except that a blank one counts as empty, and that characters which
    stores refuse become U+FFFD (then ``repaired`` is true).

    Raises:
        InvalidPayload: as `parse_object`, or ``no-lead-fields``.

    Source: DESIGN 4.1.
    """
    document = _any_case(parse_object(text))
    _check_is_lead(document)
    sent = _texts(document, LEAD_FIELDS) | _texts(document.get(CONTACT.lower()), CONTACT_FIELDS)
    sent["campaign"] = parse_campaign(sent["description"])
    kept = {field: _REFUSED.sub("\ufffd", value) for field, value in sent.items()}
    origin = parse_lead_source(kept["lead_source"], action_code=kept["action_code"])
    return Submission(
        contact=Contact(**{field: kept[field] for field in CONTACT_FIELDS.values()}),
        offer_id=origin.offer_id,
        offer_title=kept["offer_title"],
        lead_source=kept["lead_source"],
        action_code=kept["action_code"],
        source=origin.source,
        action=origin.action,
        description=kept["description"],
        campaign=kept["campaign"],
        is_test=_is_test(kept, origin.source),
        repaired=kept != sent,
    )


def parse_lead_source(lead_source: str, *, action_code: str = "") -> Origin:
    """Return source, action and offer id of ``Source-Action|Offer``, each of them optional.

    Only the first ``|`` and the first ``-`` before it part anything, because offer ids hold both.
    *action_code* wins over the action inside, but if either is DNC, it is DNC. Known names come
    back in Microsoft's spelling, unknown ones as sent.

    Source: DESIGN 5.4; marketplace-leads.md 3.1 and 3.2.
    """
    left, _, offer_id = lead_source.partition("|")
    source, _, inner = left.partition("-")
    actions = [_known(_ACTIONS, action_code), _known(_ACTIONS, inner)]
    action = "DNC" if "DNC" in actions else actions[0] or actions[1]
    return Origin(_known(_SOURCES, source), action, offer_id.strip())


def parse_campaign(description: str) -> str:
    """Return the campaign that *description* names, or an empty string.

    It is a JSON object of the listing URL's query parameters (see `CAMPAIGN_PARAMETERS`),
    ``Campaigns: …``, or what a customer wrote, even if that looks like JSON. It never raises.

    Source: marketplace-leads.md 3.5.
    """
    if prefix := _CAMPAIGN_PREFIX.match(description):
        return description[prefix.end() :].strip()
    if not description.lstrip().startswith("{"):
        return ""
    try:
        parameters = _any_case(parse_object(description))
    except InvalidPayload:
        return ""
    values = (_text(parameters.get(name)).strip() for name in CAMPAIGN_PARAMETERS)
    return next(filter(None, values), "")


def _check_is_lead(document: Mapping[str, Json]) -> None:
    known = (CONTACT, *LEAD_FIELDS)
    if not any(name.lower() in document for name in known):
        detail = f"The object has none of the fields of a lead at its top: {', '.join(known)}."
        raise InvalidPayload("no-lead-fields", detail)


def _any_case(document: Mapping[str, Json]) -> dict[str, Json]:
    return {name.lower(): value for name, value in document.items()}


def _texts(document: Json, names: Mapping[str, str]) -> dict[str, str]:
    found = _any_case(document) if isinstance(document, dict) else {}
    return {ours: _text(found.get(theirs.lower())) for theirs, ours in names.items()}


def _text(value: Json) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value if value.strip() else ""


def _known(spellings: Mapping[str, str], sent: str) -> str:
    return spellings.get("".join(sent.split()).lower(), sent.strip())


def _is_test(kept: Mapping[str, str], source: str) -> bool:
    return any(TEST_MARKER in text for text in _marked_texts(kept, source))


def _marked_texts(kept: Mapping[str, str], source: str) -> Iterable[str]:
    """Yield the texts that Microsoft marks, as identity sees them.

    What identity takes for one event must not be a test lead here and a real one there.
    Phone and country are left out: there the marker would not be Microsoft's. Source and action
    look real in the HTTPS form of the test lead, so they are not enough (marketplace-leads.md 1.4).
    """
    yield normalised_email(kept["email"]).lower()
    yield folded(source)
    for field in ("first_name", "last_name", "company", "title", "description"):
        yield folded(kept[field])
