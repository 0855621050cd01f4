"""What a submission implies, found offline: e-mail kind, domain, phone, country, stage. Pure.

The libraries behind it load when a lead first needs them; importing this package loads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.enrichment.countries import country_code
from leads.enrichment.emails import classify
from leads.enrichment.phones import e164
from leads.model import EmailKind, Enrichment
from leads.stages import stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from leads.model import Submission

__all__ = ["enrich"]


def enrich(submission: Submission, *, edition: str) -> Enrichment:
    """Return what *submission* implies; whatever cannot be found out stays empty.

    Never fails on a submission: a value that makes a library stumble costs only what that
    library would have found. Fits into 700 bytes of JSON.

    Raises:
        KeyError: there is no such *edition* of the stages.

    Source: DESIGN 4.3, 5.4, 5.5.
    """
    contact = submission.contact
    country = _guarded(lambda: country_code(contact.country), fallback="")
    kind, domain = _guarded(lambda: classify(contact.email), fallback=(EmailKind.INVALID, ""))
    return Enrichment(
        email_kind=kind,
        email_domain=domain,
        phone_e164=_guarded(lambda: e164(contact.phone, country_code=country), fallback=""),
        country_code=country,
        stage=stage(submission.action, source=submission.source, edition=edition),
    )


def _guarded[Found](find: Callable[[], Found], *, fallback: Found) -> Found:
    try:
        return find()
    except Exception:  # noqa: BLE001 - no surprise of a library may stop a lead (DESIGN 5.5)
        return fallback
