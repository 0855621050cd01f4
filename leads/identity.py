"""Where a submission belongs and whether it was said before, from what it says alone. Pure.

These rules are frozen: keys in tables were made by them. Another rule is another RULES_VERSION
with a rekey of its own, never a quiet change; golden files hold every version to its word. So
no library data and no settings but the alias map; normal_form.py is part of the rules.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.model import Identity
from leads.normal_form import folded, normalised_email, phone_digits, seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.model import Contact, Submission

RULES_VERSION = 1
"""Goes up whenever any submission would get another identity."""

WINDOW_OF_ANONYMOUS = timedelta(minutes=10)
"""How long a lead that says nothing of its person makes the next such one a duplicate."""

UNKNOWN_OFFER = "~unknown"
SEPARATOR = "\x1f"  # it parts fields safely, as normalised text never holds it

_PLAIN_OFFER = re.compile(r"[a-z0-9._|-]{1,200}")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")

# fmt: off
# One name to a line would be a page: these are lists to glance over.
_NOBODY = frozenset((
    "none", "null", "n/a", "noemail", "no-email", "noreply", "no-reply", "no_reply",
    "donotreply", "do-not-reply", "do_not_reply",
))
_PLACEHOLDERS = frozenset((
    "test@test.com", "test@example.com", "user@example.com", "name@example.com",
    "email@example.com", "example@example.com", "a@a.a", "a@a.com", "a@b.c", "a@b.com",
    "aa@aa.aa", "aaa@aaa.com", "abc@abc.com", "asdf@asdf.com", "foo@bar.com", "x@x.x", "x@x.com",
    "xx@xx.xx", "xxx@xxx.com", "1@1.com", "123@123.com",
))
# fmt: on

_PHONE_DIGITS = 7
_PHONE_PLACEHOLDER = "1234567890"


def identify(submission: Submission, *, aliases: Mapping[str, str]) -> Identity:
    """Return where *submission* belongs; *aliases* maps offer titles to offer ids. Never raises.

    Source: DESIGN 4.3, 5.1 and 5.2.
    """
    partition = offer_partition(submission, aliases=aliases)
    said = fingerprint(submission, partition=partition)
    return Identity(
        partition=partition,
        lead_key=lead_key(submission.contact, fingerprint=said),
        fingerprint=said,
        version=RULES_VERSION,
    )


def duplicate_window(lead_key: str, window: timedelta) -> timedelta:
    """Return how far apart two touches of *lead_key* must lie to count twice; *window* at most.

    Source: DESIGN 5.2.
    """
    return min(window, WINDOW_OF_ANONYMOUS) if lead_key.startswith("a") else window


def offer_partition(submission: Submission, *, aliases: Mapping[str, str]) -> str:
    """Return the PartitionKey of the offer: its id, else one made of its title, else unknown.

    Different offers never share one, upper and lower case are one, and every character is
    allowed in a key.

    Source: DESIGN 4.3.
    """
    title = folded(submission.offer_title)
    offer_id = folded(submission.offer_id) or _alias(title, aliases)
    if _PLAIN_OFFER.fullmatch(offer_id):
        return offer_id
    if offer_id:
        return _encoded("id", offer_id)
    return _encoded("title", title) if title else UNKNOWN_OFFER


def lead_key(contact: Contact, *, fingerprint: str) -> str:
    """Return who this is: the level's letter and 32 hex digits, by the first level that is usable.

    e: e-mail. p: phone and last name. n: first and last name, company, country. a: nobody known,
    so *fingerprint*. Levels never mix, so a better-known person is another lead.

    Source: DESIGN 5.1.
    """
    email, phone = normalised_email(contact.email), phone_digits(contact.phone)
    first, last = folded(contact.first_name), folded(contact.last_name)
    company, country = folded(contact.company), folded(contact.country)
    if is_usable_email(email):
        return _key("e", email)
    if is_usable_phone(phone) and last:
        return _key("p", phone, last)
    if first and last and company and country:
        return _key("n", first, last, company, country)
    return _key("a", fingerprint)


def fingerprint(submission: Submission, *, partition: str) -> str:
    """Return what was said, as 64 hex digits: equal for equal events, whatever their spelling.

    Absent, null and blank are one; fields that nobody knows do not count. The description keeps
    its case, because ids of campaigns in it have one.

    Source: DESIGN 5.2.
    """
    contact = submission.contact
    return _hash(
        "fingerprint",
        partition,
        folded(submission.source),
        folded(submission.action),
        folded(contact.first_name),
        folded(contact.last_name),
        normalised_email(contact.email),
        phone_digits(contact.phone),
        folded(contact.country),
        folded(contact.company),
        folded(contact.title),
        seen(submission.description),
    )


def is_usable_email(email: str) -> bool:
    """Tell whether the normalised *email* names one person or mailbox.

    Source: DESIGN 5.1.
    """
    local, _, domain = email.partition("@")
    names_someone = bool(local and domain) and "@" not in domain
    return names_someone and local not in _NOBODY and email not in _PLACEHOLDERS


def is_usable_phone(digits: str) -> bool:
    """Tell whether *digits* look like somebody's number.

    Source: DESIGN 5.1.
    """
    several = len(set(digits)) > 1
    return len(digits) >= _PHONE_DIGITS and several and digits != _PHONE_PLACEHOLDER


def _alias(title: str, aliases: Mapping[str, str]) -> str:
    known = {folded(name): folded(offer) for name, offer in aliases.items()} if title else {}
    return known.get(title, "")


def _encoded(kind: str, name: str) -> str:
    slug = _NOT_IN_SLUG.sub("-", name)[:64].strip("-")
    return f"{kind}~{slug}~{_hash(name)[:16]}"


def _key(level: str, *parts: str) -> str:
    return level + _hash(level, *parts)[:32]


def _hash(*parts: str) -> str:
    # Lone surrogates cannot come through parse, but a total function does not rely on it.
    joined = SEPARATOR.join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()
