"""An offer of many leads, made from a seed: rows exactly as the pipeline writes them.

A customer depends on the seed and a number alone, so a larger offer begins like a smaller one.
Nobody is real: the companies are Microsoft's fictitious ones, the phone numbers are kept free for
films, and the names are put together by chance.
"""

from __future__ import annotations

import json
import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from leads import enrichment, settings
from leads.fold import fold, judged
from leads.identity import identify
from leads.model import Contact, Enrichment, Person, Submission, Touch
from leads.payload import parse
from leads.store import Rules
from leads.tables import entities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leads.tables.limits import Entity

OFFER = "contoso.sample-saas"
UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""When the year ends over which the leads are spread."""

DEFAULTS = settings.from_env({})
RULES = Rules(window=DEFAULTS.window, dnc=DEFAULTS.dnc, weights=DEFAULTS.weights)
_YEAR_MS = 365 * 24 * 3_600_000
_BETWEEN_TOUCHES = 6 * 24 * 3_600_000  # milliseconds, on average


@dataclass(frozen=True, slots=True)
class _Country:
    spellings: Sequence[str]  # as the marketplace sends them
    phone: str  # with room for a number of two digits
    domain: str


_COUNTRIES = (
    _Country(("US", "United States", "USA"), "+1 425 555 01{:02}", "com"),
    _Country(("GB", "United Kingdom"), "+44 20 7946 00{:02}", "co.uk"),
    _Country(("DE", "Germany", "Deutschland"), "030 231250{:02}", "de"),
    _Country(("FR", "France"), "01 99 00 12 {:02}", "fr"),
    _Country(("Sverige", "SE"), "08-465 004 {:02}", "se"),
    _Country(("AU", "Australia"), "(02) 5550 12{:02}", "com.au"),
)
# fmt: off
# One name to a line would be pages: these are lists to glance over.
_GIVEN = (
    "Ada", "Alan", "Åsa", "Barbara", "Chloë", "Edsger", "François", "Grace", "Hồng", "Jürgen",
    "José", "Katherine", "Łucja", "Mary-Ann", "Niels", "Radia", "Renée", "Siobhán", "Søren", "Zoé",
)
_FAMILY = (
    "Lovelace", "Turing", "Öberg", "Liskov", "D'Angelo", "Dijkstra", "Lefèvre", "Hopper", "Nguyễn",
    "Müller", "Núñez", "Johnson", "Wiśniewska", "O'Neil", "van der Berg", "Perlman", "Ødegård",
)
_COMPANIES = (
    "Contoso", "Fabrikam", "Adatum", "Litware", "Northwind", "Proseware", "Tailspin Toys",
    "Wingtip Toys", "Woodgrove", "Trey Research", "Lucerne Publishing", "Margie's Travel",
)
_BRANCHES = (
    "Bakery", "Bank", "Énergie", "Freight", "Gärten", "Health", "Kliniken & Söhne", "Logistics",
    "Media", "Retail", "Robotics", "School", "Software", "Telecom", "Travel", "Water",
)
_TITLES = (
    "Engineer", "Head of IT", "CFO", "CTO", "Procurement Lead", "Développeuse", "Geschäftsführer",
    "Analyst", "Architect", "Student", "", "",
)
_FREE_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "web.de", "orange.fr", "mailinator.com")
_SAID = (
    "", " ", "Campaigns: ", "Campaigns: ", "Campaigns: ignite-2026", "Campaigns: build-2026",
    '{"mktcmpid":"spring-26","utm_source":"newsletter","utm_campaign":"spring"}',
    '{"utm_campaign":"autumn","utm_source":"linkedin"}',
    "Please call me in the morning.\nWe're about 300 people.", "Wir hätten gern ein Angebot.",
)
_JOURNEYS: Mapping[tuple[str, ...], int] = {  # what somebody does in order, and out of 100 how many
    ("INS",): 46, ("PLT",): 14, ("Create",): 8, ("StartTestDrive",): 5, ("DNC",): 4,
    ("INS", "PLT"): 8, ("INS", "Create"): 6, ("INS", "DNC"): 2, ("DNC", "PLT"): 1,
    ("StartTestDrive", "INS", "Create"): 4, ("PLT", "INS", "StartTestDrive", "Create"): 2,
}
# fmt: on
_SOURCES: Mapping[str, Sequence[str]] = {
    "Create": ("AzurePortal",),
    "StartTestDrive": ("TestDrive",),
}
_LISTINGS = ("AzureMarketplace", "AzureMarketplace", "SPZA", "AppSource")


def journey(number: int, *, seed: int, until: datetime = UNTIL) -> list[Touch]:
    """Return the touches of customer *number*, in order; the last one in the year before *until*.

    No two customers make the same lead.
    """
    source = random.Random(f"{seed}/{number}")  # noqa: S311 - guards nothing
    contact = _contact(source, number)
    (actions,) = source.choices(list(_JOURNEYS), list(_JOURNEYS.values()))
    moments = [until - timedelta(milliseconds=source.randrange(_YEAR_MS))]
    for _ in actions[1:]:
        pause = source.randrange(1, 2 * _BETWEEN_TOUCHES)
        moments.insert(0, moments[0] - timedelta(milliseconds=pause))
    return [
        touch_of(
            _payload(source, contact, action),
            received_at=moment,
            delivery_id=str(UUID(int=source.getrandbits(128), version=4)),
        )
        for action, moment in zip(actions, moments, strict=True)
    ]


def touch_of(payload: str, *, received_at: datetime, delivery_id: str) -> Touch:
    """Return what the pipeline makes of *payload*."""
    submission = parse(payload)
    return Touch(
        delivery_id=delivery_id,
        received_at=received_at,
        identity=identify(submission, aliases={}),
        submission=submission,
        enrichment=_enriched(submission),
        payload=payload,
    )


def rows_of(touches: Sequence[Touch]) -> list[Entity]:
    """Return the rows that the pipeline keeps of one lead: its touches, itself, its entry."""
    lead = judged(fold(touches), Person(), RULES)
    recorded = [entities.touch_to_entity(touch) for touch in touches]
    return [*recorded, entities.lead_to_entity(lead), entities.recent_to_entity(lead)]


def _contact(source: random.Random, number: int) -> dict[str, str]:
    country = source.choice(_COUNTRIES)
    first, last = source.choice(_GIVEN), source.choice(_FAMILY)
    company = source.choice(_COMPANIES)
    domain = f"{_ascii(company).replace("'", '')}.{country.domain}"
    if source.random() < 0.2:
        domain = source.choice(_FREE_MAIL)
    contact = {
        "FirstName": first,
        "LastName": last,
        "Email": f"{_ascii(first)}.{_ascii(last)}.{number}@{domain}",
        "Phone": country.phone.format(source.randrange(100)) if source.random() < 0.8 else "",
        "Country": source.choice(country.spellings),
        "Company": f"{company} {source.choice(_BRANCHES)}",
        "Title": source.choice(_TITLES),
    }
    chance = source.random()
    if chance < 0.02:  # then phone and name tell who it is: the extension keeps them apart
        contact |= {"Email": "", "Phone": f"{country.phone.format(0)} x{number}"}
    elif chance < 0.03:
        contact |= {"Email": contact["Email"].partition(".com")[0]}
    elif chance < 0.04:
        contact |= dict.fromkeys(("FirstName", "LastName", "Company"), f"MSFT_TEST_{number}")
    return contact


@cache
def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate({0xF8: "o", 0x142: "l"}))
    return "".join(char for char in plain if char.isascii() and char != " ")


def _payload(source: random.Random, contact: Mapping[str, str], action: str) -> str:
    origin = source.choice(_SOURCES.get(action, _LISTINGS))
    payload = {
        "UserDetails": contact,
        "LeadSource": f"{origin}-{action}|{OFFER}",
        "ActionCode": action,
        "OfferTitle": "Contoso Sample SaaS",
        "Description": source.choice(_SAID),
    }
    return json.dumps(payload, ensure_ascii=False)


def _enriched(submission: Submission) -> Enrichment:
    """Return what enriching finds; the same questions are asked only once."""
    contact = submission.contact
    # What is found out about an address that is a plain one depends on its domain alone.
    somebody = contact.email and f"somebody@{contact.email.rpartition('@')[2]}"
    of_address = _found(Contact(email=somebody))
    of_number = _found(Contact(phone=contact.phone, country=contact.country))
    return Enrichment(
        email_kind=of_address.email_kind,
        email_domain=of_address.email_domain,
        phone_e164=of_number.phone_e164,
        country_code=of_number.country_code,
        stage=_found(Contact(), submission.source, submission.action).stage,
    )


@cache
def _found(contact: Contact, source: str = "", action: str = "") -> Enrichment:
    said = Submission(contact=contact, source=source, action=action)
    return enrichment.enrich(said, edition=DEFAULTS.edition)
