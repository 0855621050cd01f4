"""A row of another destination becomes what the door would have made of the same lead. Pure.

The payload is the one that the marketplace posts, so that identity and fingerprint are those of a
lead that came over HTTPS. What HTTPS does not have (`ProductId`) lies under `ImportedFrom`, which
counts for neither.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from leads.errors import Final, InvalidPayload
from leads.identity import SEPARATOR, fingerprint, identify
from leads.messages import RECEIVED_BYTES, Message, encode, format_time
from leads.migration.columns import Origin
from leads.migration.moments import Dated, dated
from leads.model import Delivery
from leads.normal_form import folded
from leads.payload import CONTACT, CONTACT_FIELDS, parse
from leads.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.migration.moments import Calendar
    from leads.model import Identity, Submission
    from leads.strict_json import Json

IMPORTED = "ImportedFrom"

_ACTIONS = {
    "contact me": "PLT",
    "get it now": "INS",
    "test drive": "StartTestDrive",
    "create": "Create",
}
"""What the Referrals workspace calls the actions (Learn, "Referral insights download")."""

_NAMES = {field: column for column, field in CONTACT_FIELDS.items()}
_KEPT = {
    "PartitionKey": "partition",
    "RowKey": "row",
    "CreatedTime": "created",
    "ProductId": "product_id",
}
_MARK = "8"  # version 8 of RFC 9562, custom: the door's own ids are of version 4
_PLACE_OF_MARK = 14


class NoTime(Final):
    """Raised when nothing tells when a row came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLead:
    """What one row of another destination says."""

    line: int
    origin: Origin
    payload: str
    submission: Submission
    identity: Identity
    dated: Dated | None
    row: tuple[str, ...]  # what names the row there
    product_id: str = ""  # Microsoft's own; whether it is the offer's id is not documented

    @property
    def said(self) -> str:
        """Return what was said, whatever the offer is called."""
        return said_by(self.submission)


def past_lead(
    line: int,
    fields: Mapping[str, str],
    origin: Origin,
    *,
    aliases: Mapping[str, str],
    calendar: Calendar,
) -> PastLead:
    """Return what the row of *fields* says (columns.py names them).

    Raises:
        InvalidPayload: it is no lead.
    """
    payload = json.dumps(_payload(fields, origin, aliases), ensure_ascii=False)
    submission = parse(payload)
    return PastLead(
        line=line,
        origin=origin,
        payload=payload,
        submission=submission,
        identity=identify(submission, aliases=aliases),
        dated=dated(fields, calendar),
        row=(fields["partition"], fields["row"]) if fields["row"] else (),
        product_id=fields["product_id"],
    )


def delivery_of(past: PastLead) -> Delivery:
    """Return the delivery of *past*: the same one whenever the same row is imported.

    Raises:
        NoTime: nothing tells when it came.
    """
    if past.dated is None:
        raise NoTime("no time can be read in it")
    return Delivery(
        id=_delivery_id(past, past.dated),
        received_at=past.dated.moment,
        identity=past.identity,
        payload=past.payload,
    )


def message_of(delivery: Delivery) -> bytes:
    """Return what the door would queue.

    Raises:
        MessageTooLarge: the door would refuse it.
    """
    return encode(Message(delivery=delivery), limit=RECEIVED_BYTES)


def is_imported(delivery_id: str) -> bool:
    """Tell whether a delivery was made here and not at the door."""
    return delivery_id[_PLACE_OF_MARK : _PLACE_OF_MARK + 1] == _MARK


def said_by(submission: Submission) -> str:
    """Return the fingerprint of *submission* without its offer, whose name may have changed."""
    return fingerprint(submission, partition="")


def _delivery_id(past: PastLead, dated: Dated) -> str:
    named = past.row or (format_time(dated.moment),)
    # Tables of several accounts may name their rows alike; a referral has an id of its own.
    words = () if past.row and past.origin is Origin.REFERRALS else (past.said,)
    digits = sha256(SEPARATOR.join((past.origin, *named, *words)).encode("utf-8", "replace"))
    d = digits.hexdigest()
    return f"{d[:8]}-{d[8:12]}-{_MARK}{d[13:16]}-a{d[17:20]}-{d[20:32]}"


def _payload(
    fields: Mapping[str, str], origin: Origin, aliases: Mapping[str, str]
) -> dict[str, Json]:
    of_table = origin is Origin.MARKETPLACE_TABLE
    kept: dict[str, Json] = {
        column: fields[field] for column, field in _KEPT.items() if fields[field]
    }
    sent: dict[str, Json] = {
        CONTACT: _contact(fields),
        "LeadSource": fields["lead_source"] if of_table else _lead_source(fields, aliases),
        "ActionCode": _ACTIONS.get(folded(fields["action"]), fields["action"]),
        "OfferTitle": fields["offer_title"] or fields["product_id"],
        "Description": fields["description"],
    }
    # Only what is said makes a lead: an empty row must not pass for one.
    said: dict[str, Json] = {name: value for name, value in sent.items() if value}
    said[IMPORTED] = {"Origin": origin.value, **kept}
    return said


def _lead_source(fields: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """Return Microsoft's form; an offer with an alias is left to it, as it is over HTTPS."""
    source = fields["lead_source"].translate(str.maketrans("-|", "  "))
    title = folded(fields["offer_title"])
    if not fields["offer_id"] or title in {folded(known) for known in aliases}:
        return source
    return f"{source}|{fields['offer_id']}"


def _contact(fields: Mapping[str, str]) -> dict[str, Json]:
    contact = parse_info(fields["customer_info"]) if fields["customer_info"].strip() else {}
    known = {name.lower() for name, value in contact.items() if value}
    first, _, last = " ".join(fields["name"].split()).partition(" ")
    if fields["first_name"] or fields["last_name"]:
        first, last = fields["first_name"], fields["last_name"]
    beside = dict(fields) | {"first_name": first, "last_name": last}
    return contact | {
        column: beside[field]
        for field, column in _NAMES.items()
        if beside[field] and column.lower() not in known
    }


def parse_info(text: str) -> dict[str, Json]:
    """Return the contact in `CustomerInfo`.

    Raises:
        InvalidPayload: it is no JSON object.
    """
    try:
        return parse_object(text)
    except InvalidPayload as error:
        detail = f"CustomerInfo is no JSON object: {error.detail}"
        raise InvalidPayload(error.problem, detail) from None
