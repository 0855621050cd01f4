"""How touches fold into a lead. Pure.

The fold sorts first, so every order of arrival gives the same lead; `merge` is the fast path for
the touch that comes last (DESIGN 5.3, 5.4).
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from leads.model import ContactStatus, Enrichment, Lead
from leads.score import score

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from leads.model import DncPolicy, Person, Touch
    from leads.store import Rules

INTEREST_ACTIONS = frozenset({"INS", "PLT", "Create", "StartTestDrive"})
"""The actions with which a customer asks for something (Microsoft, "Understand lead data")."""

DO_NOT_CONTACT = "DNC"
"""Microsoft's "cross-listed, need not be contacted"; it is no objection of the customer."""

ACTIONS_LENGTH = 1_000
"""Characters that `Actions` may take: a forged flood of action codes must not outgrow the row."""


def fold(touches: Iterable[Touch]) -> Lead:
    """Return the lead that *touches* make, in whatever order they come.

    Test touches count only where there is no other: one by which somebody tried the connection
    with a real address must neither rename the customer nor lift a do-not-contact.

    Raises:
        ValueError: there is no touch.

    Source: DESIGN 5.4.
    """
    first, *rest = sorted(touches, key=lambda touch: touch.order)
    return reduce(merge, rest, _begin(first))


def merge(lead: Lead, touch: Touch) -> Lead:
    """Return *lead* with *touch* added, which must sort after every touch that is in it.

    Source: DESIGN 5.3 (fast path) and 5.4.
    """
    said = touch.submission
    if lead.is_test and not said.is_test:
        return _begin(touch)
    if said.is_test and not lead.is_test:
        return lead
    return replace(
        lead,
        offer_id=said.offer_id or lead.offer_id,
        offer_title=said.offer_title or lead.offer_title,
        contact=lead.contact.updated_by(said.contact),
        enrichment=_merge_enrichment(lead.enrichment, touch),
        campaign=said.campaign or lead.campaign,
        lead_source=said.lead_source,
        action_code=said.action_code,
        actions=_listed(lead.actions, said.action),
        touch_count=lead.touch_count + 1,
        last_seen=touch.received_at,
        last_interest_at=_interest_at(touch) or lead.last_interest_at,
        last_dnc_at=_dnc_at(touch) or lead.last_dnc_at,
    )


def judged(lead: Lead, person: Person, rules: Rules) -> Lead:
    """Return *lead* with what its row says of it: its contact status, and with its score.

    The status follows from its touches and the person's wishes, the score from all of that.

    Source: DESIGN 5.4.
    """
    lead = replace(lead, contact_status=_contact_status(lead, person, rules.dnc))
    return replace(lead, score=score(lead, rules.weights))


def _begin(touch: Touch) -> Lead:
    said = touch.submission
    return Lead(
        partition=touch.identity.partition,
        lead_key=touch.identity.lead_key,
        offer_id=said.offer_id,
        offer_title=said.offer_title,
        contact=said.contact,
        enrichment=touch.enrichment,
        campaign=said.campaign,
        lead_source=said.lead_source,
        action_code=said.action_code,
        actions=_listed((), said.action),
        touch_count=1,
        first_seen=touch.received_at,
        last_seen=touch.received_at,
        last_interest_at=_interest_at(touch),
        last_dnc_at=_dnc_at(touch),
        is_test=said.is_test,
    )


def _merge_enrichment(older: Enrichment, touch: Touch) -> Enrichment:
    """Take each value together with the contact field that it was derived from."""
    newer, contact = touch.enrichment, touch.submission.contact
    return Enrichment(
        email_kind=newer.email_kind if contact.email else older.email_kind,
        email_domain=newer.email_domain if contact.email else older.email_domain,
        phone_e164=newer.phone_e164 if contact.phone else older.phone_e164,
        country_code=newer.country_code if contact.country else older.country_code,
        stage=max(older.stage, newer.stage, key=lambda stage: stage.rank),
    )


def _listed(actions: tuple[str, ...], action: str) -> tuple[str, ...]:
    entry = action.replace(",", " ")  # the column is a comma list
    longer = (*actions, entry)
    fits = len(",".join(longer)) <= ACTIONS_LENGTH
    return longer if entry and entry not in actions and fits else actions


def _interest_at(touch: Touch) -> datetime | None:
    return touch.received_at if touch.submission.action in INTEREST_ACTIONS else None


def _dnc_at(touch: Touch) -> datetime | None:
    return touch.received_at if touch.submission.action == DO_NOT_CONTACT else None


def _contact_status(lead: Lead, person: Person, policy: DncPolicy) -> ContactStatus:
    if person.suppressed_at:
        return ContactStatus.SUPPRESSED
    if not lead.last_dnc_at:
        return ContactStatus.CONTACTABLE
    asked_again = (
        lead.last_interest_at is not None
        and lead.last_interest_at > lead.last_dnc_at + policy.margin
    )
    if asked_again and not policy.sticky:
        return ContactStatus.CONTACTABLE
    return ContactStatus.DO_NOT_CONTACT
