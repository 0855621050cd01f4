from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.fold import fold, judged, merge
from leads.model import Contact, ContactStatus, EmailKind, Enrichment, Lead, Stage, Submission
from leads.score import (
    DEFAULT_POINTS,
    DEFAULT_WEIGHTS,
    FIT_RULES,
    GRADES,
    INTENT_RULES,
    SCORE_VERSION,
    Heat,
    Rule,
    Weights,
    call_order,
    score,
    standing,
)
from leads.tables.entities import RECENT_UNITS
from tests.contract.strategies import leads
from tests.unit.factories import NOBODY, RULES, START, touch

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)
BUSINESS = EmailKind.BUSINESS


def a_lead(  # noqa: PLR0913 - one keyword for each thing that a score looks at
    *,
    email: EmailKind = EmailKind.NONE,
    stage: Stage = Stage.UNKNOWN,
    title: str = "",
    company: str = "",
    country: str = "",
    touches: int = 1,
) -> Lead:
    said = Submission(contact=Contact(title=title, company=company))
    found = Enrichment(email_kind=email, country_code=country, stage=stage)
    return replace(fold([touch(submission=said, enrichment=found)]), touch_count=touches)


def a_row(*, fit: object = "B", intent: object = 80, age: timedelta = 0 * DAY) -> dict[str, object]:
    reasons = "because"
    return {"Fit": fit, "Intent": intent, "ScoreReasons": reasons, "LastSeen": START - age}


def weighing(**points: int) -> Weights:
    given = {name.replace("_", "-"): value for name, value in points.items()}
    return Weights(points=dict(DEFAULT_POINTS) | given)


@pytest.mark.parametrize(
    ("lead", "fit"),
    [
        pytest.param(a_lead(email=BUSINESS, title="CTO", company="Contoso"), "A", id="80"),
        pytest.param(a_lead(email=BUSINESS, title="CTO"), "A", id="60, the least"),
        pytest.param(a_lead(email=BUSINESS, company="Contoso"), "B", id="50"),
        pytest.param(a_lead(email=BUSINESS), "C", id="30"),
        pytest.param(a_lead(company="Contoso"), "C", id="10, the least"),
        pytest.param(a_lead(email=EmailKind.FREE, company="Contoso"), "D", id="0"),
        pytest.param(a_lead(email=EmailKind.FREE, title="student"), "D", id="-40"),
    ],
)
def test_fit_is_a_grade_by_the_sum_of_its_points(lead: Lead, fit: str) -> None:
    assert score(lead, DEFAULT_WEIGHTS).fit == fit


@pytest.mark.parametrize(
    ("lead", "intent"),
    [
        pytest.param(a_lead(stage=Stage.UNKNOWN), 10, id="no stage"),
        pytest.param(a_lead(stage=Stage.INTEREST), 40, id="interest"),
        pytest.param(a_lead(stage=Stage.TRIAL), 60, id="trial"),
        pytest.param(a_lead(stage=Stage.ACTIVE), 75, id="active"),
        pytest.param(a_lead(stage=Stage.INTEREST, touches=2), 45, id="came again"),
        pytest.param(a_lead(stage=Stage.ACTIVE, touches=6), 100, id="came five times more"),
        pytest.param(
            a_lead(stage=Stage.INTEREST, touches=9_999), 65, id="more than five count no more"
        ),
    ],
)
def test_intent_is_the_stage_and_how_often_somebody_came(lead: Lead, intent: int) -> None:
    assert score(lead, DEFAULT_WEIGHTS).intent == intent


@pytest.mark.parametrize(
    ("country", "countries", "points"),
    [
        pytest.param("SE", {"SE", "GB"}, "country of interest +20", id="of interest"),
        pytest.param("US", {"SE", "GB"}, "another country -10", id="another"),
        pytest.param("", {"SE"}, "", id="not known"),
        pytest.param("US", set(), "", id="no country is of interest"),
    ],
)
def test_a_country_counts_where_some_are_of_interest(
    country: str, countries: set[str], points: str
) -> None:
    weights = Weights(countries=frozenset(countries))

    reasons = score(a_lead(country=country), weights).reasons

    assert ("country" in reasons) == bool(points)
    assert points in reasons


@pytest.mark.parametrize("company", ["", " ", "\u200b", "-", "N/A", "none", "Private"])
def test_a_company_that_is_none_counts_for_nothing(company: str) -> None:
    assert "company" not in score(a_lead(company=company), DEFAULT_WEIGHTS).reasons


def test_a_score_says_why() -> None:
    lead = a_lead(email=BUSINESS, title="CTO", company="Contoso", stage=Stage.ACTIVE, touches=3)

    found = score(lead, DEFAULT_WEIGHTS)

    assert found.reasons == (
        "business e-mail +30, executive +30, company +20: fit A; "
        "active +75, 2 more touches +10: intent 85"
    )
    assert found.version == SCORE_VERSION


@pytest.mark.parametrize(
    ("lead", "reason"),
    [
        pytest.param(replace(a_lead(), is_test=True), "test lead", id="test"),
        pytest.param(a_lead(email=EmailKind.DISPOSABLE), "disposable e-mail", id="disposable"),
        pytest.param(
            replace(a_lead(), contact_status=ContactStatus.DO_NOT_CONTACT),
            "do-not-contact",
            id="do not contact",
        ),
        pytest.param(
            replace(a_lead(), contact_status=ContactStatus.SUPPRESSED),
            "suppressed",
            id="suppressed",
        ),
    ],
)
def test_whom_nobody_should_call_is_never_ranked(lead: Lead, reason: str) -> None:
    found = score(lead, DEFAULT_WEIGHTS)

    assert (found.fit, found.intent) == ("", 0)
    assert found.reasons == f"not ranked: {reason}"


@given(leads, st.dictionaries(st.sampled_from(sorted(DEFAULT_POINTS)), st.integers(-100, 100)))
def test_every_lead_has_a_score_within_bounds_whatever_the_weights(
    lead: Lead, given_points: dict[str, int]
) -> None:
    found = score(lead, Weights(points=dict(DEFAULT_POINTS) | given_points))

    ranked = lead.contact_status is ContactStatus.CONTACTABLE and not lead.is_test
    assert (found.fit in {"A", "B", "C", "D"}) == (
        ranked and lead.enrichment.email_kind is not EmailKind.DISPOSABLE
    )
    assert 0 <= found.intent <= 100
    assert len(found.reasons) <= RECENT_UNITS, "a list shows it whole"


@pytest.mark.parametrize("rule", [*FIT_RULES, *INTENT_RULES], ids=lambda rule: str(rule.name))
def test_every_rule_is_met_by_some_lead(rule: Rule) -> None:
    met = [
        score(a_lead(email=email, stage=stage, title=title, company="Contoso", country=country), of)
        for email in EmailKind
        for stage in Stage
        for title in ("CEO", "Head of IT", "Manager", "Student")
        for country in ("SE", "US")
        for of in [Weights(countries=frozenset({"SE"}))]
    ]

    assert any(f"{rule.says} {rule.points:+d}" in found.reasons for found in met)


def test_a_weight_of_the_settings_counts_in_place_of_the_rules_own() -> None:
    lead = a_lead(email=BUSINESS, stage=Stage.TRIAL)

    found = score(lead, weighing(email_business=70, stage_trial=5, further_touch=50))

    assert (found.fit, found.intent) == ("A", 5)
    assert "business e-mail +70" in found.reasons


def test_a_lead_that_came_again_is_scored_anew() -> None:
    first = judged(fold([touch(enrichment=Enrichment(stage=Stage.INTEREST))]), NOBODY, RULES)
    again = touch("again", after=DAY, enrichment=Enrichment(stage=Stage.ACTIVE))

    lead = judged(merge(first, again), NOBODY, RULES)

    assert first.score == score(first, RULES.weights)
    assert lead.score == score(lead, RULES.weights)
    assert lead.score != first.score


# --- as it is today


@pytest.mark.parametrize(
    ("age", "intent"),
    [
        pytest.param(0 * DAY, 80, id="at once"),
        pytest.param(30 * DAY, 40, id="a half-life later"),
        pytest.param(60 * DAY, 20, id="two half-lives later"),
        pytest.param(3_650 * DAY, 0, id="ten years later"),
        pytest.param(-DAY, 80, id="a clock that is behind"),
    ],
)
def test_intent_halves_every_thirty_days(age: timedelta, intent: int) -> None:
    found = standing(a_row(intent=80, age=age), now=START, weights=DEFAULT_WEIGHTS)

    assert found
    assert (found.intent, found.stored, found.reasons) == (intent, 80, "because")


@pytest.mark.parametrize(
    ("intent", "heat"),
    [(100, Heat.HOT), (60, Heat.HOT), (59, Heat.WARM), (30, Heat.WARM), (29, Heat.COLD)],
)
def test_heat_is_intent_in_the_words_of_a_crm(intent: int, heat: Heat) -> None:
    found = standing(a_row(intent=intent), now=START, weights=DEFAULT_WEIGHTS)

    assert found
    assert found.heat is heat


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({}, id="nothing"),
        pytest.param(a_row() | {"Fit": None}, id="never ranked"),
        pytest.param(a_row() | {"Intent": "80"}, id="intent typed as a text"),
        pytest.param(a_row() | {"Intent": True}, id="intent typed as a truth value"),
        pytest.param(a_row() | {"LastSeen": "yesterday"}, id="time typed as a text"),
        pytest.param(a_row() | {"LastSeen": datetime(2026, 1, 1)}, id="time without a zone"),  # noqa: DTZ001 - that is the case
    ],
)
def test_a_row_that_tells_no_score_has_no_standing_and_comes_last(row: dict[str, object]) -> None:
    found = standing(row, now=START, weights=DEFAULT_WEIGHTS)
    order = call_order(row, now=START, weights=DEFAULT_WEIGHTS)

    assert found is None
    assert order > call_order(a_row(fit="D", intent=0), now=START, weights=DEFAULT_WEIGHTS)


def test_the_hotter_is_called_first_and_of_these_the_better_fit() -> None:
    rows: list[dict[str, object]] = [
        {**a_row(fit="D", intent=95), "RowKey": "hot D"},
        {**a_row(fit="A", intent=80, age=30 * DAY), "RowKey": "warm A, was hot"},
        {**a_row(fit="A", intent=61), "RowKey": "hot A 61"},
        {**a_row(fit="A", intent=99), "RowKey": "hot A 99"},
        {**a_row(fit="A", intent=10), "RowKey": "cold A"},
        {"RowKey": "not ranked"},
    ]

    rows.sort(key=lambda row: call_order(row, now=START, weights=DEFAULT_WEIGHTS))

    assert [row["RowKey"] for row in rows] == [
        "hot A 99",
        "hot A 61",
        "hot D",
        "warm A, was hot",
        "cold A",
        "not ranked",
    ]


@given(
    st.integers(0, 100),
    st.timedeltas(timedelta(0), 4_000 * DAY),
    st.timedeltas(timedelta(0), 4_000 * DAY),
    st.integers(1, 3_650),
)
def test_intent_never_grows_by_waiting(
    intent: int, age: timedelta, later: timedelta, half_life: int
) -> None:
    weights = weighing(half_life_days=half_life)
    now = datetime(2300, 1, 1, tzinfo=UTC)

    before = standing(a_row(intent=intent) | {"LastSeen": now - age}, now=now, weights=weights)
    after = standing(
        a_row(intent=intent) | {"LastSeen": now - age}, now=now + later, weights=weights
    )

    assert before
    assert after
    assert 0 <= after.intent <= before.intent <= intent


def test_every_number_of_the_score_has_a_name_in_the_setting() -> None:
    named = {rule.name for rule in (*FIT_RULES, *INTENT_RULES)}

    assert named | {*GRADES.values(), *(heat.value for heat in (Heat.HOT, Heat.WARM))} < {
        *DEFAULT_POINTS
    }


@pytest.mark.parametrize("rule", [*FIT_RULES, *INTENT_RULES], ids=lambda rule: str(rule.name))
def test_the_page_for_sales_lists_every_rule_with_its_points(rule: Rule) -> None:
    page = (ROOT / "docs" / "leads.md").read_text(encoding="utf-8")

    assert f"| {rule.says} | {rule.points:+d} | `{rule.name}` |" in page


@pytest.mark.parametrize("name", DEFAULT_POINTS)
def test_the_page_for_sales_names_every_number_of_the_setting(name: str) -> None:
    page = (ROOT / "docs" / "leads.md").read_text(encoding="utf-8")

    assert f"`{name}`" in page
