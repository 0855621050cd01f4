"""What every page shows of one lead: who it is, masked, how far it came, what it scores. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.dashboard import addresses, masking, wording
from leads.dashboard.texts import Said, cut, said
from leads.model import ContactStatus, Stage
from leads.score import standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from leads.dashboard.sources import Row
    from leads.dashboard.wording import Time
    from leads.score import Standing, Weights

_POINTS = re.compile(r"(.{1,80}?) ([+-]\d{1,4})")
_MINUS = "\N{MINUS SIGN}"
_COUNTRY = 24  # characters of what somebody typed
_GRADES = frozenset("ABCD")


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that a lead met."""

    says: Said
    points: str


@dataclass(frozen=True, slots=True)
class Axis:
    """One half of a score with its reasons: fit or intent."""

    reasons: Sequence[Reason]
    verdict: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How a lead stands today."""

    heat: str
    fit: str  # A to D, "?" where a hand wrote something else
    intent: int
    stored: int
    axes: Sequence[Axis]

    @property
    def why(self) -> Sequence[Said]:
        """Return the reasons in words, without their points."""
        return [reason.says for axis in self.axes for reason in axis.reasons]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One lead as a list shows it."""

    address: str
    name: Said
    email: Said
    company: Said
    title: Said
    country: Said
    offer: Said
    stage: str
    contact: str
    touches: str
    last_seen: Time | None
    is_test: bool
    ranking: Ranking | None

    @property
    def who(self) -> Said:
        """Return what tells most who it is."""
        known = (told for told in (self.name, self.email) if told and told != masking.HIDDEN)
        return next(known, Said("Nobody named"))


def brief(row: Row, *, now: datetime, weights: Weights) -> Brief:
    """Return what a list shows of *row*; whatever a hand made of it, something is shown."""
    seen = wording.moment_in(row.get("LastSeen"))
    return Brief(
        address=addresses.lead(row.get("PartitionKey"), key_of(row)),
        name=masking.name(row),
        email=masking.email(row.get("Email")),
        company=masking.words(row.get("Company")),
        title=masking.words(row.get("Title")),
        country=country(row),
        offer=said(row.get("PartitionKey")),
        stage=stage(row),
        contact=contact_status(row),
        touches=touches(row),
        last_seen=wording.short(seen, now) if seen else None,
        is_test=row.get("IsTest") is True,
        ranking=ranking(row, now=now, weights=weights),
    )


def key_of(row: Row) -> str:
    """Return the lead key, which the RowKey holds even where a column was lost."""
    return str(row.get("LeadKey") or str(row.get("RowKey")).rpartition("|")[2])


def stage(row: Row) -> str:
    """Return the stage as a known word."""
    value = row.get("Stage")
    return next((one.value for one in Stage if one == value), Stage.UNKNOWN.value)


def contact_status(row: Row) -> str:
    """Return the contact status as a known word; one that nobody knows lets nobody be called."""
    value = row.get("ContactStatus")
    known = (one.value for one in ContactStatus if one == value)
    return next(known, ContactStatus.DO_NOT_CONTACT.value)


def country(row: Row) -> Said:
    """Return the country's code, or what was typed where it could not be told."""
    code = said(row.get("CountryCode"), _COUNTRY)
    return code or Said(cut(masking.words(row.get("Country")).text, _COUNTRY))


def touches(row: Row) -> str:
    """Return how many touches a lead has, in words."""
    count = row.get("TouchCount")
    known = isinstance(count, int) and not isinstance(count, bool)
    return wording.counted(count, "touch", "touches") if known else ""  # type: ignore[arg-type]


def ranking(row: Row, *, now: datetime, weights: Weights) -> Ranking | None:
    """Return how the lead stands today, or None where it is never ranked."""
    found = standing(row, now=now, weights=weights)
    return _ranking(found) if found else None


def _ranking(found: Standing) -> Ranking:
    return Ranking(
        heat=found.heat.value,
        fit=found.fit if found.fit in _GRADES else "?",
        intent=found.intent,
        stored=max(0, min(100, found.stored)),
        axes=[_axis(part) for part in found.reasons[:2_000].split("; ") if part],
    )


def _axis(part: str) -> Axis:
    """Return what "business e-mail +30, company +20: fit B" says."""
    told, colon, verdict = part.rpartition(": ")
    if not colon:
        told, verdict = verdict, ""
    return Axis([_reason(one) for one in told.split(", ") if one], said(verdict))


def _reason(text: str) -> Reason:
    told = _POINTS.fullmatch(text)
    return Reason(said(told[1]), told[2].replace("-", _MINUS)) if told else Reason(said(text), "")
