"""What the pipeline talks about: contacts, deliveries, touches, leads. Pure.

A touch is one thing one customer did with one offer and never changes. A lead is the fold of its
touches (fold.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

FOLD_VERSION = 1
"""Goes up whenever the fold would give another lead for the same touches."""


class Stage(StrEnum):
    """How far a customer got, lowest first; a lead never goes back."""

    UNKNOWN = "unknown"
    INTEREST = "interest"
    TRIAL = "trial"
    ACTIVE = "active"

    @property
    def rank(self) -> int:
        """Return the place in the order of the stages, 0 for unknown."""
        return list(Stage).index(self)


class EmailKind(StrEnum):
    """What an e-mail address tells about who is behind it."""

    BUSINESS = "business"
    FREE = "free"
    DISPOSABLE = "disposable"
    INVALID = "invalid"
    NONE = "none"


class ContactStatus(StrEnum):
    """Whether somebody may contact the person."""

    CONTACTABLE = "contactable"
    DO_NOT_CONTACT = "do-not-contact"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The person in a lead (`UserDetails`), as sent; an absent, null or blank field is ``""``."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    company: str = ""
    title: str = ""

    def updated_by(self, newer: Contact) -> Contact:
        """Return this contact with every field that *newer* fills."""
        said = {f.name: value for f in fields(newer) if (value := getattr(newer, f.name))}
        return replace(self, **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one payload says, parsed; it does not know when or how it arrived."""

    contact: Contact = Contact()
    offer_id: str = ""  # what stands after the first | of LeadSource, as sent
    offer_title: str = ""
    lead_source: str = ""  # as sent
    action_code: str = ""  # as sent
    source: str = ""  # Microsoft's spelling of the source, or the unknown one as sent
    action: str = ""  # Microsoft's spelling of the action that counts, or the unknown one as sent
    description: str = ""
    campaign: str = ""
    is_test: bool = False
    repaired: bool = False  # characters that no store takes were replaced by U+FFFD


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """What the submission implies, found offline; an empty string means not known."""

    email_kind: EmailKind = EmailKind.NONE
    email_domain: str = ""  # the registrable domain, in A-labels
    phone_e164: str = ""
    country_code: str = ""  # ISO 3166-1 alpha-2
    stage: Stage = Stage.UNKNOWN


class Located(Protocol):
    """Whatever tells where a lead lies: an identity, a lead, a place."""

    @property
    def partition(self) -> str:
        """The offer's PartitionKey."""

    @property
    def lead_key(self) -> str:
        """Who this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPlace:
    """Where a lead lies, and nothing else."""

    partition: str
    lead_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where a submission belongs, computed once at the door by frozen rules (DESIGN 5.1, 5.2)."""

    partition: str  # the offer's PartitionKey
    lead_key: str
    fingerprint: str  # 64 hex digits
    version: int  # of the rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One accepted POST with everything that was stamped on it at the door."""

    id: str
    received_at: datetime  # UTC, whole milliseconds
    identity: Identity
    payload: str  # the text as received
    redrives: int = 0
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One thing one customer did with one offer: an immutable fact."""

    delivery_id: str
    received_at: datetime
    identity: Identity
    submission: Submission
    enrichment: Enrichment
    payload: str = ""  # the text as received; empty where a reader did not ask for it

    @property
    def order(self) -> tuple[datetime, str]:
        """Return what touches are sorted by before they are folded."""
        return self.received_at, self.identity.fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Whom to call first, and why (score.py); without recency, which is applied when read."""

    fit: str = ""  # A to D; empty: never ranked
    intent: int = 0  # 0 to 100
    reasons: str
    version: int  # of the rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One customer's interest in one offer: the fold of its touches."""

    partition: str
    lead_key: str
    offer_id: str
    offer_title: str
    contact: Contact
    enrichment: Enrichment  # each value from the touch that gave the field it was derived from
    campaign: str
    lead_source: str  # of the latest touch
    action_code: str  # of the latest touch
    actions: tuple[str, ...]  # in order of first occurrence
    touch_count: int
    first_seen: datetime
    last_seen: datetime
    last_interest_at: datetime | None
    last_dnc_at: datetime | None
    is_test: bool  # all touches are test leads
    contact_status: ContactStatus = ContactStatus.CONTACTABLE
    fold_version: int = FOLD_VERSION
    score: Score | None = None  # None: not scored yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of a person's wishes, over all offers (table LeadPrivacy)."""

    erased_at: datetime | None = None
    suppressed_at: datetime | None = None
    changed_at: datetime | None = None  # when the wishes were last told


@dataclass(frozen=True, slots=True, kw_only=True)
class DncPolicy:
    """How a do-not-contact touch weighs against touches of interest (DESIGN 5.4)."""

    margin: timedelta
    sticky: bool = False
