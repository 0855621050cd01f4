"""Leads whose every column is known beforehand: recorded on the table at times that are given."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from azure.data.tables import TableServiceClient

from leads.enrichment import enrich
from leads.identity import identify
from leads.model import Touch
from leads.payload import parse
from leads.recording import record
from leads.store import Backoff
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.lead_store import TableLeadStore
from tests.end_to_end.app import Row, lead
from tests.unit.factories import HOUR, RULES, START

AT_ONCE = Backoff(sleep=lambda _: None, random=lambda: 0.0, clock=lambda: 0.0)


@dataclass
class Recorder:
    """Records payloads as the writer does, without queues and clocks."""

    connection: str = field(repr=False)
    _numbers: count[int] = field(default_factory=count)

    def __call__(self, payload: Row, received_at: datetime) -> None:
        text = json.dumps(payload)
        said = parse(text)
        touch = Touch(
            delivery_id=f"delivery-{next(self._numbers)}",
            received_at=received_at,
            identity=identify(said, aliases={}),
            submission=said,
            enrichment=enrich(said, edition="2018"),
            payload=text,
        )
        with TableServiceClient.from_connection_string(self.connection) as service:
            leads, privacy = (open_table(service, name) for name in (keys.LEADS, keys.PRIVACY))
            store = TableLeadStore(leads=leads, privacy=privacy)
            record(touch, store=store, rules=RULES, backoff=AT_ONCE)


AT = START.replace(year=2126)
"""Not in the past: intent, which fades with time, shows as it is stored."""

OFFER, OTHER = "contoso.sample-saas", "fabrikam.an-offer-with-a-long-name"
FORMULA = "=cmd|' /C calc'!A0"
ADA = {"Phone": "+46 70 123 45 67", "Country": "SE", "Company": "Contoso", "Title": "Countess"}


def record_cast(connection: str) -> None:
    """Record one lead of each sort that a list must show well, hour by hour from AT on."""
    record_one, hours = Recorder(connection), count()

    def come(offer: str, action: str, *name: str, email: str, **others: str) -> None:
        first, last = (*name, "")[:2]
        person = {"FirstName": first, "LastName": last, "Email": email, **others}
        at = AT + next(hours) * HOUR
        record_one(lead(offer, ActionCode=action, UserDetails=person), at)

    come(OFFER, "INS", "Ada", "Lovelace", email="ada@example.com", **ADA)
    come(OFFER, "PLT", "Ada", "Lovelace", email="ada@example.com", **ADA)
    come(OTHER, "INS", "Ada", "Lovelace", email="ada@example.com", **ADA)
    come(OFFER, "INS", "Pat", "O'Brien", email="o'brien@example.com", Company="O'Brien & Sons")
    come(OFFER, "INS", "Xo", "Brien", email="xo'brien@example.com", Phone="+46701234567")
    come(OFFER, "INS", "Sheila", "O'Brien", email="o'brien@example.com.au")
    come(OFFER, "DNC", "Dinah", "Nocall", email="dinah@example.com")
    come(OFFER, "StartTestDrive", "Tess", "Drive", email="tess@example.com", Phone="070-555 12 12")
    come(OFFER, "INS", "太郎", "山田", email="yamada@example.jp", Company="株式会社\u3000サンプル")
    come(OFFER, "INS", "\u202egnp.exe", "\x9b31mRed", email="red@example.com", Company=FORMULA)
    come(OFFER, "INS", "Zoe\u0308", "x" * 32_000, email="long@example.com", Company="語" * 16_000)
    come(OFFER, "Create", "Ada", "Lovelace", email="ada@example.com", **ADA)
    come(OFFER, "INS", "MSFT_TEST", "MSFT_TEST", email="test@example.com")
