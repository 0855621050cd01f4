"""What an afternoon with the public samples gives: the same three steps, without the guarantees.

It is what ours is measured against. README.md beside it names the samples, and what this loses.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import phonenumbers
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, TableServiceClient, UpdateMode
from azure.storage.queue import BinaryBase64EncodePolicy, QueueClient
from email_validator import EmailNotValidError, validate_email

CONNECTION = "LeadsStorage"
RECEIVED = "plain-received"
ENRICHED = "plain-enriched"
TABLE = "PlainLeads"

type Lead = dict[str, Any]
"""A payload as the marketplace posts it; enriched, it has an `Enrichment`."""

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

_log = logging.getLogger(__name__)


@app.route(route="leads", methods=["POST"])
def receive_lead(req: func.HttpRequest) -> func.HttpResponse:
    """Accept a lead from the marketplace and queue it."""
    try:
        lead = req.get_json()
    except ValueError:
        return func.HttpResponse("The body is not JSON.", status_code=400)
    _send(RECEIVED, lead)
    _log.info("Lead received")
    return func.HttpResponse("Accepted.", status_code=202)


@app.queue_trigger(arg_name="message", queue_name=RECEIVED, connection=CONNECTION)
def enrich_lead(message: func.QueueMessage) -> None:
    """Add what its e-mail address and its phone number tell."""
    lead: Lead = json.loads(message.get_body())
    contact = _contact(lead)
    lead["Enrichment"] = {
        "EmailDomain": _domain(contact.get("Email") or ""),
        "PhoneE164": _e164(contact.get("Phone") or "", contact.get("Country")),
    }
    _send(ENRICHED, lead)
    _log.info("Lead enriched")


@app.queue_trigger(arg_name="message", queue_name=ENRICHED, connection=CONNECTION)
def write_lead(message: func.QueueMessage) -> None:
    """Count the touch and store the lead."""
    lead: Lead = json.loads(message.get_body())
    with TableServiceClient.from_connection_string(os.environ[CONNECTION]) as service:
        table = service.create_table_if_not_exists(TABLE)
        row = _row(table, offer=_offer(lead), email=(_contact(lead).get("Email") or "").lower())
        row.update(_columns(lead))
        row["TouchCount"] += 1
        table.upsert_entity(row, mode=UpdateMode.REPLACE)
    _log.info("Lead written")


def _send(queue: str, lead: Lead) -> None:
    # The host reads base64 from its queues, and the SDK sends plain text unless it is told.
    with QueueClient.from_connection_string(
        os.environ[CONNECTION], queue, message_encode_policy=BinaryBase64EncodePolicy()
    ) as client:
        with suppress(ResourceExistsError):
            client.create_queue()
        client.send_message(json.dumps(lead).encode())


def _domain(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).ascii_domain
    except EmailNotValidError:
        return ""


def _e164(phone: str, country: str | None) -> str:
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _row(table: TableClient, *, offer: str, email: str) -> dict[str, Any]:
    try:
        return table.get_entity(offer, email)
    except ResourceNotFoundError:
        first_seen = datetime.now(UTC)
        return {
            "PartitionKey": offer,
            "RowKey": email,
            "TouchCount": 0,
            "FirstSeen": first_seen,
        }


def _columns(lead: Lead) -> dict[str, Any]:
    return {
        **_contact(lead),
        **lead["Enrichment"],
        "OfferTitle": lead.get("OfferTitle"),
        "LeadSource": lead.get("LeadSource"),
        "ActionCode": lead.get("ActionCode"),
        "Description": lead.get("Description"),
        "LastSeen": datetime.now(UTC),
    }


def _contact(lead: Lead) -> dict[str, Any]:
    return lead.get("UserDetails") or {}


def _offer(lead: Lead) -> str:
    """Return the offer id: `LeadSource` is the source, the action and, after a bar, the offer."""
    return (lead.get("LeadSource") or "").partition("|")[2]
