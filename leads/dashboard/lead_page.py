"""One lead: who it is, how it stands and why, what happened, where else the person came. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.dashboard import addresses, masking, notices, pages, terms, wording
from leads.dashboard.briefs import brief, contact_status, country
from leads.dashboard.journey import COLUMNS, journey
from leads.dashboard.texts import Said, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leads.dashboard.sources import Asked, Page, Row, Sources
    from leads.dashboard.wording import Time

KEY_PREFIX = 9  # characters of a lead key that logs and titles may hold

_KEY = re.compile(r"[0-9A-Za-z]{1,64}")
_OFFER = re.compile(r"[^/\\#?\x00-\x1f\x7f-\x9f]{1,300}")  # what may be a PartitionKey

# Plain ones alone: whatever else an address may hold has a meaning in a link.
_MAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_PHONE = re.compile(r"\+[0-9]{7,15}")

_OF_STORAGE = frozenset({"PartitionKey", "RowKey", "Kind"})
_LONGEST = 300  # characters of a field


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The contact of a lead, masked or not."""

    name: Said
    email: Said
    email_link: str
    phone: Said
    phone_link: str
    company: Said
    title: Said
    country: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a lead beside the person."""

    key: str  # its beginning
    offer_title: Said
    first_seen: Time | None
    last_seen: Time | None
    last_ago: str
    may_contact: str
    why_contact: str
    unranked: Said  # why it has no score


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the row, as it is."""

    name: Said
    value: Said


def show(sources: Sources, asked: Asked) -> Page:
    """Return the page of one lead."""
    offer, key = asked.query.get("offer", "").lower(), asked.query.get("key", "")
    known = _OFFER.fullmatch(offer) and _KEY.fullmatch(key)
    row = sources.leads.lead(offer, key) if known else None
    if row is None:
        where = "It may have been erased, or moved to another offer."
        return notices.message(404, "There is no such lead", where)
    now, weights, shown = asked.now, sources.weights, asked.contact_shown
    touches = sources.leads.journey(offer, key, columns=COLUMNS)
    others = (one for one in sources.leads.everywhere(key) if one.get("PartitionKey") != offer)
    return pages.render(
        "lead.html",
        lead=brief(row, now=now, weights=weights),
        facts=facts(row, key, asked),
        person=whole_person(row) if shown else masked_person(row),
        shown=shown,
        toggle=addresses.lead(offer, key, contact_shown=not shown),
        journey=journey(touches, shown=shown, now=now),
        elsewhere=[brief(other, now=now, weights=weights) for other in others],
        fields=list(fields(row)) if shown else [],
    )


def masked_person(row: Row) -> Person:
    """Return the contact in *row* as everybody sees it."""
    return Person(
        name=masking.name(row),
        email=masking.email(row.get("Email")),
        email_link="",
        phone=masking.phone(row.get("PhoneE164"), row.get("Phone")),
        phone_link="",
        company=masking.words(row.get("Company")),
        title=masking.words(row.get("Title")),
        country=country(row),
    )


def whole_person(row: Row) -> Person:
    """Return the contact in *row* as it was typed, with links where they are sure to be right."""
    first, last = said(row.get("FirstName")), said(row.get("LastName"))
    return Person(
        name=Said(f"{first} {last}".strip()),
        email=said(row.get("Email"), _LONGEST),
        email_link=_link("mailto:", _MAIL, row.get("Email")),
        phone=said(row.get("Phone")),
        phone_link=_link("tel:", _PHONE, row.get("PhoneE164")),
        company=said(row.get("Company")),
        title=said(row.get("Title")),
        country=country(row),
    )


def facts(row: Row, key: str, asked: Asked) -> Facts:
    """Return what is known of the lead in *row* beside the person."""
    first, last = (wording.moment_in(row.get(name)) for name in ("FirstSeen", "LastSeen"))
    status = contact_status(row)
    return Facts(
        key=key[:KEY_PREFIX],
        offer_title=said(row.get("OfferDisplayName")),
        first_seen=wording.full(first, asked.now) if first else None,
        last_seen=wording.full(last, asked.now) if last else None,
        last_ago=wording.ago(last, asked.now) if last else "",
        may_contact=terms.CONTACT[status],
        why_contact=terms.WHY_CONTACT[status],
        unranked=said(row.get("ScoreReasons"), _LONGEST),
    )


def fields(row: Row) -> Iterator[Field]:
    """Yield what stands in *row*, column by column; of storage's own nothing."""
    for name, value in row.items():
        if name not in _OF_STORAGE and (shown := said(value, _LONGEST)):
            yield Field(said(name), shown)


def _link(scheme: str, plain: re.Pattern[str], value: object) -> str:
    return scheme + value if isinstance(value, str) and plain.fullmatch(value) else ""
