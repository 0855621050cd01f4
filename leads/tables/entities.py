"""What each row holds: the mapping of leads and touches to entities and back, side by side.

Columns are flat with one value each, so that Storage Explorer, Power BI and the Azure CLI read them
as they are (DESIGN 4.3). Pure.
"""

from __future__ import annotations

from leads.messages import format_time
from leads.model import ContactStatus, Identity, Lead, Person, Submission, Touch
from leads.tables import keys
from leads.tables.columns import (
    SCORE_COLUMNS,
    contact_columns,
    contact_from,
    customer_info,
    enrichment_columns,
    enrichment_from,
    flag,
    moment,
    score_columns,
    score_from,
    text,
)
from leads.tables.limits import STRING_UNITS, TRUNCATED, Entity, cut_to, fitted, longer_than

LEAD, RECENT, TOUCH = "lead", "recent", "touch"
"""The values of `Kind`; a lead row that holds no lead says why (fences.py)."""

NOT_READABLE = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What mapping raises on a row that this code did not write."""

RECENT_UNITS = 256
"""What a list shows of a text."""

RECENT_COLUMNS = (
    "LeadKey", "OfferId", "OfferDisplayName", "FirstName", "LastName", "Email", "Phone", "Country",
    "Company", "Title", "EmailKind", "CountryCode", "Campaign", "Stage", "ContactStatus", "Actions",
    "LeadSource", "TouchCount", "FirstSeen", "LastSeen", "IsTest", "FoldVersion", *SCORE_COLUMNS,
)  # fmt: skip

TOUCH_COLUMNS_TO_FOLD = (
    "PartitionKey", "LeadKey", "DeliveryId", "ReceivedAt", "Fingerprint", "IdentityVersion",
    "IsTest", "OfferId", "OfferDisplayName", "FirstName", "LastName", "Email", "Phone", "Country",
    "Company", "Title", "EmailKind", "EmailDomain", "PhoneE164", "CountryCode", "Campaign", "Stage",
    "Source", "Action", "LeadSource", "ActionCode",
)  # fmt: skip
"""What the fold needs of a touch: neither the payload nor the other long texts."""


def lead_to_entity(lead: Lead) -> Entity:
    """Return the lead row.

    A text at the limit was cut, now or when an earlier touch brought it: the marker must not
    depend on the order in which touches arrive. (One unit below it, a pair was not broken.)
    """
    row = fitted(
        {
            "PartitionKey": lead.partition,
            "RowKey": keys.lead_row(lead.lead_key),
            "Kind": LEAD,
            "LeadKey": lead.lead_key,
            "OfferId": lead.offer_id,
            "OfferDisplayName": lead.offer_title,
            **contact_columns(lead.contact),
            **enrichment_columns(lead.enrichment),
            "Campaign": lead.campaign,
            "ContactStatus": lead.contact_status.value,
            "Actions": ",".join(lead.actions),
            "LeadSource": lead.lead_source,
            "ActionCode": lead.action_code,
            "TouchCount": lead.touch_count,
            "FirstSeen": lead.first_seen,
            "LastSeen": lead.last_seen,
            "LastInterestAt": lead.last_interest_at,
            "LastDncAt": lead.last_dnc_at,
            "IsTest": lead.is_test,
            "FoldVersion": lead.fold_version,
            **score_columns(lead.score),
        }
    )
    return row | _marker(longer_than(STRING_UNITS - 2, row))


def lead_from_entity(row: Entity) -> Lead:
    """Return the lead that `lead_to_entity` stored.

    Raises:
        NOT_READABLE: somebody edited the row, or only newer code knows what stands in it.
    """
    return Lead(
        partition=row["PartitionKey"],
        lead_key=row["RowKey"].removeprefix(keys.lead_row("")),
        offer_id=text(row, "OfferId"),
        offer_title=text(row, "OfferDisplayName"),
        contact=contact_from(row),
        enrichment=enrichment_from(row),
        campaign=text(row, "Campaign"),
        lead_source=text(row, "LeadSource"),
        action_code=text(row, "ActionCode"),
        actions=tuple(action for action in text(row, "Actions").split(",") if action),
        touch_count=int(row["TouchCount"]),
        first_seen=moment(row["FirstSeen"]),
        last_seen=moment(row["LastSeen"]),
        last_interest_at=moment(row["LastInterestAt"]) if "LastInterestAt" in row else None,
        last_dnc_at=moment(row["LastDncAt"]) if "LastDncAt" in row else None,
        is_test=flag(row, "IsTest"),
        contact_status=ContactStatus(row["ContactStatus"]),
        fold_version=fold_version(row),
        score=score_from(row),
    )


def fold_version(row: Entity) -> int:
    """Return which code folded the lead in *row*; 0 where nobody can tell any more."""
    version = row.get("FoldVersion", 0)
    return version if isinstance(version, int) else 0


def recent_to_entity(lead: Lead) -> Entity:
    """Return the row that lists show: the short beginning of each column, newest first."""
    whole = lead_to_entity(lead)
    columns = {name: whole[name] for name in RECENT_COLUMNS if name in whole}
    short = {n: cut_to(v, RECENT_UNITS) if isinstance(v, str) else v for n, v in columns.items()}
    place = {"PartitionKey": lead.partition, "RowKey": keys.recent_row(lead), "Kind": RECENT}
    return fitted(place | short | _marker(longer_than(RECENT_UNITS, columns)))


def touch_to_entity(touch: Touch) -> Entity:
    """Return the touch row, with the columns of Microsoft's own table destination among them."""
    identity, said = touch.identity, touch.submission
    return fitted(
        {
            "PartitionKey": identity.partition,
            "RowKey": keys.touch_row(touch),
            "Kind": TOUCH,
            "LeadKey": identity.lead_key,
            "DeliveryId": touch.delivery_id,
            "ReceivedAt": touch.received_at,
            "Fingerprint": identity.fingerprint,
            "IdentityVersion": identity.version,
            "OfferId": said.offer_id,
            **contact_columns(said.contact),
            **enrichment_columns(touch.enrichment),
            "Campaign": said.campaign,
            "Source": said.source,
            "Action": said.action,
            "IsTest": said.is_test,
            "Repaired": True if said.repaired else None,
            "Payload": touch.payload,
            # Microsoft's table destination (marketplace-leads.md 2.1)
            "LeadSource": said.lead_source,
            "ActionCode": said.action_code,
            "OfferDisplayName": said.offer_title,
            "Description": said.description,
            "CreatedTime": format_time(touch.received_at),  # a text there, too
            "CustomerInfo": customer_info(said.contact),
        }
    )


def touch_from_entity(row: Entity) -> Touch:
    """Return the touch that `touch_to_entity` stored; columns that were not asked for are empty."""
    return Touch(
        delivery_id=row["DeliveryId"],
        received_at=moment(row["ReceivedAt"]),
        identity=Identity(
            partition=row["PartitionKey"],
            lead_key=row["LeadKey"],
            fingerprint=row["Fingerprint"],
            version=row["IdentityVersion"],
        ),
        submission=Submission(
            contact=contact_from(row),
            offer_id=text(row, "OfferId"),
            offer_title=text(row, "OfferDisplayName"),
            lead_source=text(row, "LeadSource"),
            action_code=text(row, "ActionCode"),
            source=text(row, "Source"),
            action=text(row, "Action"),
            description=text(row, "Description"),
            campaign=text(row, "Campaign"),
            is_test=row["IsTest"],
            repaired=row.get("Repaired", False),
        ),
        enrichment=enrichment_from(row),
        payload=text(row, "Payload"),
    )


def person_from_entity(row: Entity) -> Person:
    """Return the wishes of a person that a row of LeadPrivacy holds."""
    return Person(
        erased_at=moment(row["ErasedAt"]) if "ErasedAt" in row else None,
        suppressed_at=moment(row["SuppressedAt"]) if "SuppressedAt" in row else None,
        changed_at=moment(row["ChangedAt"]) if "ChangedAt" in row else None,
    )


def _marker(cut: list[str]) -> Entity:
    return {TRUNCATED: ",".join(cut)} if cut else {}
