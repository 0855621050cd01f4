"""Every lead and every touch that rows can hold."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from hypothesis import strategies as st

from leads.model import (
    Contact,
    ContactStatus,
    EmailKind,
    Enrichment,
    Identity,
    Lead,
    Score,
    Stage,
    Submission,
    Touch,
)

_EXAMPLES = ["", " ", "O'Brien", '"', "\\", "😀", "é", "a,b", "2026-11-22T12:00:00Z", "1", "true"]
# What parse lets through: neither half emojis nor control characters but white space, and not the
# two that are no characters.
_ANY_CHARACTER = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\t\n\r")
_LONG = st.builds(lambda char, length: char * length, _ANY_CHARACTER, st.integers(0, 16_384))

texts = st.sampled_from(_EXAMPLES) | st.text(_ANY_CHARACTER, max_size=40) | _LONG
"""Any text of at most 32,768 UTF-16 units."""

moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - Hypothesis adds the time zone itself
    lambda moment: moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
)
partitions = st.from_regex(r"[a-z0-9._|-]{1,200}", fullmatch=True)
lead_keys = st.from_regex(r"[epna][0-9a-f]{32}", fullmatch=True)
fingerprints = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
counts = st.integers(1, 2**31 - 1)
contacts = st.builds(Contact, **{field.name: texts for field in fields(Contact)})
enrichments = st.builds(
    Enrichment,
    email_kind=st.sampled_from(EmailKind),
    email_domain=texts,
    phone_e164=texts,
    country_code=texts,
    stage=st.sampled_from(Stage),
)
identities = st.builds(
    Identity, partition=partitions, lead_key=lead_keys, fingerprint=fingerprints, version=counts
)
submissions = st.builds(
    Submission,
    contact=contacts,
    offer_id=texts,
    offer_title=texts,
    lead_source=texts,
    action_code=texts,
    source=texts,
    action=texts,
    description=texts,
    campaign=texts,
    is_test=st.booleans(),
    repaired=st.booleans(),
)
touches = st.builds(
    Touch,
    delivery_id=texts,
    received_at=moments,
    identity=identities,
    submission=submissions,
    enrichment=enrichments,
    payload=texts,
)
actions = st.lists(st.text(_ANY_CHARACTER, min_size=1, max_size=20), max_size=5, unique=True)
scores = st.builds(
    Score,
    fit=st.sampled_from("ABCD"),
    intent=st.integers(0, 100),
    reasons=texts,
    version=counts,
) | st.builds(Score, reasons=texts, version=counts)
leads = st.builds(
    Lead,
    partition=partitions,
    lead_key=lead_keys,
    offer_id=texts,
    offer_title=texts,
    contact=contacts,
    enrichment=enrichments,
    campaign=texts,
    lead_source=texts,
    action_code=texts,
    actions=actions.map(lambda some: tuple(action.replace(",", " ") for action in some)),
    touch_count=counts,
    first_seen=moments,
    last_seen=moments,
    last_interest_at=st.none() | moments,
    last_dnc_at=st.none() | moments,
    is_test=st.booleans(),
    contact_status=st.sampled_from(ContactStatus),
    fold_version=counts,
    score=st.none() | scores,
)
