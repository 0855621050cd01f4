"""Touches, leads, messages and dead letters to start from: a test names only what it is about."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from leads.fold import fold, judged
from leads.identity import identify
from leads.messages import Message, encode
from leads.model import (
    Contact,
    Delivery,
    DncPolicy,
    EmailKind,
    Enrichment,
    Identity,
    Lead,
    Person,
    Stage,
    Submission,
    Touch,
)
from leads.payload import parse
from leads.rejections import DeadLetter
from leads.store import Rules

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
DAY = timedelta(days=1)
WINDOW = DAY
RULES = Rules(window=DAY, dnc=DncPolicy(margin=DAY))
LEAD_KEY = "e" + "0" * 32
INTEREST = Submission(
    contact=Contact(first_name="Some", last_name="One", email="someone@contoso.com"),
    offer_id="Contoso.Offer",
    offer_title="An offer",
    lead_source="AzureMarketplace-INS|Contoso.Offer",
    action_code="INS",
    source="AzureMarketplace",
    action="INS",
    description="Tell me more",
)


def at(**later: float) -> datetime:
    """Return a moment that lies so much after NOON, as timedelta takes it."""
    return NOON + timedelta(**later)


def fingerprint_of(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def identity(*, lead_key: str = LEAD_KEY, said: str = "interest") -> Identity:
    """Return the identity of a touch in a partition that no other test has."""
    return Identity(
        partition=f"contoso.{uuid4().hex}",
        lead_key=lead_key,
        fingerprint=fingerprint_of(said),
        version=1,
    )


def touch(
    of: Identity,
    *,
    received_at: datetime = NOON,
    said: str = "",
    delivery_id: str = "",
    submission: Submission = INTEREST,
) -> Touch:
    """Return a touch of the lead *of*; *said* gives it another fingerprint."""
    return Touch(
        delivery_id=delivery_id or str(uuid4()),
        received_at=received_at,
        identity=replace(of, fingerprint=fingerprint_of(said)) if said else of,
        submission=submission,
        enrichment=Enrichment(
            email_kind=EmailKind.BUSINESS, email_domain="contoso.com", stage=Stage.INTEREST
        ),
        payload='{"LeadSource":"AzureMarketplace-INS|Contoso.Offer"}',
    )


def lead(*touches: Touch) -> Lead:
    """Return what the pipeline makes of *touches* of a person without wishes."""
    return judged(fold(touches), Person(), RULES)


def payload(**top: object) -> str:
    usual = {
        "UserDetails": {"FirstName": "Some", "Email": "someone@contoso.com"},
        "LeadSource": "AzureMarketplace-INS|contoso.offer",
        "ActionCode": "INS",
        "OfferTitle": "An offer",
    }
    return json.dumps(usual | top, ensure_ascii=False)


def message(
    partition: str,
    text: str,
    *,
    received_at: datetime = NOON,
    delivery_id: str = "d-1",
    redrives: int = 0,
) -> bytes:
    """Return what the door queues for the payload *text*, under *partition*."""
    found = identify(parse(text), aliases={})
    delivery = Delivery(
        id=delivery_id,
        received_at=received_at,
        identity=replace(found, partition=partition),
        payload=text,
        redrives=redrives,
    )
    return encode(Message(delivery=delivery))


def letter(
    body: bytes = b"",
    *,
    failed_at: datetime = NOON,
    stage: str = "receive",
    final: bool = True,
    redrives: int = 0,
) -> DeadLetter:
    """Return a dead letter with a body that no other test buries."""
    body = body or f"refused {uuid4()}".encode()
    return DeadLetter(
        stage=stage,
        final=final,
        cause="invalid-json",
        attempts=1,
        key=hashlib.sha256(body).hexdigest(),
        redrives=redrives,
        failed_at=failed_at,
        body=body,
    )
