"""Whom to call first, and why: two axes, fit and intent, by rules that everybody can read. Pure.

Fit (A to D) tells how well somebody suits us: e-mail, title, company, country. Intent (0 to 100)
tells how much they want something: how far they got and how often they came. Both follow from the
lead alone and are stored with it, with their reasons. How long ago it was changes by itself, so it
is applied when a row is read: intent halves every so many days.

Test leads, throw-away addresses, and people whom nobody may contact are never ranked.

Source: ecosystem.md 2.3; the points are ours, and `LEADS_SCORE_WEIGHTS` replaces any of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from leads.model import ContactStatus, EmailKind, Score
from leads.normal_form import folded
from leads.seniority import seniority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leads.model import Lead

SCORE_VERSION = 1
"""Goes up whenever the rules would give another score for the same lead and weights."""

MOST_FURTHER_TOUCHES = 5

_COMPANY = 100  # characters that are looked at: what a store cuts off makes no difference
_NO_COMPANY = frozenset({"", "-", ".", "n/a", "na", "none", "no", "private", "individual", "self"})


class Heat(StrEnum):
    """How soon to call: intent as it is today, in the words that CRMs use."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"


class Rule(NamedTuple):
    """One reason to give or take points."""

    name: str  # in LEADS_SCORE_WEIGHTS
    points: int
    says: str


FIT_RULES = (
    Rule("email-business", +30, "business e-mail"),
    Rule("email-free", -20, "free e-mail"),
    Rule("email-invalid", -10, "unusable e-mail"),
    Rule("email-none", -10, "no e-mail"),
    Rule("title-executive", +30, "executive"),
    Rule("title-director", +20, "director"),
    Rule("title-manager", +10, "manager"),
    Rule("title-junior", -20, "student or trainee"),
    Rule("company", +20, "company"),
    Rule("country-of-interest", +20, "country of interest"),
    Rule("country-elsewhere", -10, "another country"),
)
INTENT_RULES = (
    Rule("stage-active", +75, "active"),
    Rule("stage-trial", +60, "trial"),
    Rule("stage-interest", +40, "interest"),
    Rule("stage-unknown", +10, "no known stage"),
)
FURTHER_TOUCH = "further-touch"

GRADES = {"A": "fit-a", "B": "fit-b", "C": "fit-c"}
"""The least points of a grade stand under this name; what has fewer than C is D."""

DEFAULT_POINTS: Mapping[str, int] = {
    **{rule.name: rule.points for rule in (*FIT_RULES, *INTENT_RULES)},
    FURTHER_TOUCH: +5,  # for each touch after the first, of five at most
    "fit-a": 60,
    "fit-b": 35,
    "fit-c": 10,
    "hot": 60,  # intent today
    "warm": 30,
    "half-life-days": 30,  # after so many days without a touch, intent is half as great
}
"""Every number of the score by its name in the setting."""

LIMITS: Mapping[str, tuple[int, int]] = {"": (-100, 100), "half-life-days": (1, 3_650)}
"""The least and the most that a number may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the settings make of the rules."""

    points: Mapping[str, int] = field(default_factory=lambda: DEFAULT_POINTS)
    countries: frozenset[str] = frozenset()  # ISO 3166-1 alpha-2; none: no country is better


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A score as it is today."""

    fit: str
    intent: int
    heat: Heat
    stored: int  # intent when the lead was last seen
    reasons: str


def score(lead: Lead, weights: Weights) -> Score:
    """Return what *lead* scores, and why."""
    if reason := _never_ranked(lead):
        return Score(reasons=f"not ranked: {reason}", version=SCORE_VERSION)
    met = _met(lead, weights.countries)
    fit, because = _points(FIT_RULES, met, weights)
    grade = next((g for g, name in GRADES.items() if fit >= weights.points[name]), "D")
    intent, wanting = _points(INTENT_RULES, met, weights)
    if more := min(lead.touch_count - 1, MOST_FURTHER_TOUCHES):
        intent += more * weights.points[FURTHER_TOUCH]
        touches = "touch" if more == 1 else "touches"
        wanting.append(f"{more} more {touches} {more * weights.points[FURTHER_TOUCH]:+d}")
    intent = max(0, min(100, intent))
    reasons = f"{_listed(because)}: fit {grade}; {_listed(wanting)}: intent {intent}"
    return Score(fit=grade, intent=intent, reasons=reasons, version=SCORE_VERSION)


def standing(row: Mapping[str, object], *, now: datetime, weights: Weights) -> Standing | None:
    """Return how the lead of a row stands today, or None where it is never ranked.

    A row that was written before there were scores, or that a hand edited, is not ranked either.
    """
    match row.get("Fit"), row.get("Intent"), row.get("LastSeen"):
        case str(fit), int(stored), datetime() as seen if stored is not True and seen.tzinfo:
            intent = _decayed(stored, now - seen, weights)
        case _:
            return None
    reasons = row.get("ScoreReasons")
    return Standing(
        fit=fit,
        intent=intent,
        heat=_heat(intent, weights),
        stored=stored,
        reasons=reasons if isinstance(reasons, str) else "",
    )


def call_order(
    row: Mapping[str, object], *, now: datetime, weights: Weights
) -> tuple[int, str, int, str]:
    """Return what rows are sorted by: the hotter first, of these the better fit; unranked last."""
    found = standing(row, now=now, weights=weights)
    newest_first = str(row.get("RowKey"))  # of a row that lists: its time runs backwards
    if found is None:
        return len(Heat), "", 0, newest_first
    return list(Heat).index(found.heat), found.fit, -found.intent, newest_first


def _never_ranked(lead: Lead) -> str:
    """Return why *lead* is never ranked, or nothing."""
    if lead.is_test:
        return "test lead"
    if lead.contact_status is not ContactStatus.CONTACTABLE:
        return lead.contact_status.value
    return "disposable e-mail" if lead.enrichment.email_kind is EmailKind.DISPOSABLE else ""


def _met(lead: Lead, countries: frozenset[str]) -> set[str]:
    """Return the names of the rules that *lead* meets; some are names of none."""
    found, country = lead.enrichment, lead.enrichment.country_code
    met = {
        f"email-{found.email_kind}",
        f"title-{seniority(lead.contact.title)}",
        f"stage-{found.stage}",
    }
    if folded(lead.contact.company[:_COMPANY]) not in _NO_COMPANY:
        met.add("company")
    if countries and country:
        met.add("country-of-interest" if country in countries else "country-elsewhere")
    return met


def _points(rules: Iterable[Rule], met: set[str], weights: Weights) -> tuple[int, list[str]]:
    """Return the sum of the rules that are met, and each with its points."""
    told = [(weights.points[rule.name], rule.says) for rule in rules if rule.name in met]
    return sum(points for points, _ in told), [f"{says} {points:+d}" for points, says in told]


def _listed(reasons: list[str]) -> str:
    return ", ".join(reasons) or "nothing known"


def _decayed(stored: int, age: timedelta, weights: Weights) -> int:
    half_lives = max(age, timedelta(0)) / timedelta(days=weights.points["half-life-days"])
    return max(0, min(100, round(stored * math.pow(0.5, half_lives))))


def _heat(intent: int, weights: Weights) -> Heat:
    return next(
        (heat for heat in (Heat.HOT, Heat.WARM) if intent >= weights.points[heat]), Heat.COLD
    )
