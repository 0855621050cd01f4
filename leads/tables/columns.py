"""The columns that rows of leads and touches share, to columns and back, side by side. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from leads.messages import parse_time
from leads.model import Contact, EmailKind, Enrichment, Score, Stage

if TYPE_CHECKING:
    from leads.tables.limits import Entity

# The table's own contract, though today's names are Microsoft's: a payload may change its names.
CONTACT_COLUMNS = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "Email": "email",
    "Phone": "phone",
    "Country": "country",
    "Company": "company",
    "Title": "title",
}


SCORE_COLUMNS = ("Fit", "Intent", "ScoreReasons", "ScoreVersion")


def contact_columns(contact: Contact) -> Entity:
    """Return the columns of *contact*, each as sent."""
    return {column: getattr(contact, name) for column, name in CONTACT_COLUMNS.items()}


def contact_from(row: Entity) -> Contact:
    """Return the contact that `contact_columns` stored."""
    return Contact(**{name: text(row, column) for column, name in CONTACT_COLUMNS.items()})


def customer_info(contact: Contact) -> str:
    """Return Microsoft's column: one JSON text of what was said, and of nothing that was not."""
    said = {name: value for name, value in contact_columns(contact).items() if value}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def enrichment_columns(enrichment: Enrichment) -> Entity:
    """Return the columns of what was found out."""
    return {
        "EmailKind": enrichment.email_kind.value,
        "EmailDomain": enrichment.email_domain,
        "PhoneE164": enrichment.phone_e164,
        "CountryCode": enrichment.country_code,
        "Stage": enrichment.stage.value,
    }


def enrichment_from(row: Entity) -> Enrichment:
    """Return the enrichment that `enrichment_columns` stored."""
    return Enrichment(
        email_kind=EmailKind(row["EmailKind"]),
        email_domain=text(row, "EmailDomain"),
        phone_e164=text(row, "PhoneE164"),
        country_code=text(row, "CountryCode"),
        stage=Stage(row["Stage"]),
    )


def score_columns(score: Score | None) -> Entity:
    """Return the columns of a score; a lead that is never ranked has neither fit nor intent."""
    if score is None:
        return {}
    return {
        "Fit": score.fit or None,
        "Intent": score.intent if score.fit else None,
        "ScoreReasons": score.reasons,
        "ScoreVersion": score.version,
    }


def score_from(row: Entity) -> Score | None:
    """Return the score that `score_columns` stored, or None where there is none to be read.

    Never raises: a lead can be read without it, and the next touch or `rebuild` makes it anew.
    """
    match [row.get(name) for name in SCORE_COLUMNS]:
        case [str(fit), int(intent), str(reasons), int(version)]:
            return Score(fit=fit, intent=intent, reasons=reasons, version=version)
        case [None, None, str(reasons), int(version)]:
            return Score(reasons=reasons, version=version)
        case _:
            return None


def text(row: Entity, column: str) -> str:
    """Return the text in *column*, empty where there is none; raise TypeError for another type."""
    value = row.get(column, "")
    if not isinstance(value, str):
        raise TypeError(f"{column} is no text")
    return value


def flag(row: Entity, column: str) -> bool:
    """Return the truth value in *column*; raise TypeError for another type: "false" is no False."""
    value = row[column]
    if not isinstance(value, bool):
        raise TypeError(f"{column} is no truth value")
    return value


def moment_in(row: Entity, column: str) -> datetime | None:
    """Return the time in *column*, or None where there is none."""
    return moment(row[column]) if row.get(column) else None


def moment(value: Any) -> datetime:  # noqa: ANN401 - the SDK's subclass, or a text typed by hand
    """Return a plain UTC datetime: the SDK's subclass compares, but prints and copies otherwise."""
    moment: datetime = parse_time(value) if isinstance(value, str) else value.astimezone(UTC)
    return datetime.combine(moment.date(), moment.time(), tzinfo=UTC)
