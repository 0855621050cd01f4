"""The page of one lead tells its story, and of the person no more than was asked for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from leads.dashboard.briefs import ranking
from leads.dashboard.journey import MOST_TOUCHES, journey
from leads.dashboard.lead_page import show, whole_person
from leads.dashboard.sources import Page, Row
from leads.model import ContactStatus
from leads.score import DEFAULT_WEIGHTS
from tests.unit.dashboards import (
    DAY,
    HIDDEN,
    HOUR,
    NOW,
    OFFER,
    OTHER_OFFER,
    asked,
    key,
    lead,
    sources,
    text_of,
    touch,
)


def page(*rows: Row, shown: bool = False, query: Mapping[str, str] | None = None) -> Page:
    told = {"offer": OFFER, "key": key(1), **(query or {})}
    return show(sources(*rows), asked(told, shown=shown))


def test_contact_data_are_masked_until_somebody_opens_them() -> None:
    found = text_of(page(lead(), touch()))

    assert [part for part in HIDDEN if part in found] == []
    assert all(part in found for part in ("Ada L.", "a…@contoso.com", "+44 … 46"))
    assert f"?offer={OFFER}&amp;key={key(1)}&amp;contact=shown" in found


def test_contact_data_that_were_opened_are_there_in_whole_with_links() -> None:
    found = text_of(page(lead(), touch(), shown=True))

    assert [part for part in HIDDEN if part not in found] == []
    assert 'href="mailto:ada.lovelace@contoso.com"' in found
    assert 'href="tel:+442079460146"' in found


def test_a_question_in_the_address_alone_opens_nothing() -> None:
    found = text_of(page(lead(), query={"contact": "shown"}))

    assert [part for part in HIDDEN if part in found] == []


@pytest.mark.parametrize(
    ("columns", "link"),
    [
        pytest.param({"Email": "ada@contoso.com"}, "mailto:ada@contoso.com", id="a plain address"),
        pytest.param({"Email": "ada@contoso.com?cc=x@x.com"}, "", id="an address that asks more"),
        pytest.param({"Email": "javascript:alert(1)"}, "", id="no address"),
        pytest.param({"Email": 5}, "", id="no text"),
        pytest.param({"Email": None}, "", id="none"),
    ],
)
def test_an_address_is_a_link_where_it_is_plain(columns: dict[str, object], link: str) -> None:
    found = whole_person(lead() | columns)

    assert found.email_link == link


@pytest.mark.parametrize(
    ("number", "link"),
    [("+442079460146", "tel:+442079460146"), ("0800;ext=1", ""), ("", ""), (5, "")],
)
def test_a_number_is_a_link_where_it_was_understood(number: object, link: str) -> None:
    found = whole_person(lead(PhoneE164=number))

    assert found.phone_link == link


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="nobody has the key"),
        pytest.param({"key": ""}, id="no key"),
        pytest.param({"key": "e' or 1 eq 1"}, id="no key at all"),
        pytest.param({"offer": ""}, id="no offer"),
        pytest.param({"offer": "a/b#c"}, id="what can be no offer"),
        pytest.param({"offer": "x" * 5_000}, id="an offer too long to be one"),
    ],
)
def test_a_lead_that_is_not_there_is_told_so(query: dict[str, str]) -> None:
    found = page(lead(2), query=query)

    assert (found.status, "There is no such lead" in found.html) == (404, True)


def test_an_offer_is_found_as_it_was_typed() -> None:
    found = page(lead(), query={"offer": OFFER.upper()})

    assert found.status == 200


def test_the_title_holds_no_more_of_the_key_than_a_log_may() -> None:
    title = page(lead(), shown=True).html.partition("</title>")[0]

    assert key(1)[:9] in title
    assert key(1)[:10] not in title
    assert "Ada" not in title


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (ContactStatus.CONTACTABLE, "May be contacted."),
        (ContactStatus.DO_NOT_CONTACT, "Do not contact."),
        (ContactStatus.SUPPRESSED, "Objected."),
        ("call me", "Do not contact."),
        (None, "Do not contact."),
    ],
)
def test_whether_one_may_call_is_told_in_words(status: object, told: str) -> None:
    found = text_of(page(lead(ContactStatus=status)))

    assert told in found


def test_a_score_is_explained_point_by_point_and_by_its_age() -> None:
    row = lead(ago=30 * DAY)

    found = ranking(row, now=NOW, weights=DEFAULT_WEIGHTS)

    assert found
    assert (found.fit, found.stored, found.intent) == ("A", 75, 38)
    assert [axis.verdict.text for axis in found.axes] == ["fit A", "intent 75"]
    assert [(one.says.text, one.points) for one in found.axes[0].reasons] == [
        ("business e-mail", "+30"),
        ("director", "+20"),
        ("company", "+20"),
    ]


@pytest.mark.parametrize(
    ("reasons", "says"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("because", ["because"], id="no rule of ours"),
        pytest.param("free e-mail -20: fit D", ["free e-mail"], id="points that are taken"),
        pytest.param("nothing known: fit D", ["nothing known"], id="no points"),
        pytest.param(5, [], id="no text"),
    ],
)
def test_reasons_that_a_hand_changed_are_shown_as_they_are(
    reasons: object, says: list[str]
) -> None:
    found = ranking(lead(ScoreReasons=reasons), now=NOW, weights=DEFAULT_WEIGHTS)

    assert found
    assert [one.text for one in found.why] == says


def test_who_is_never_ranked_is_told_why() -> None:
    row = lead(Fit=None, Intent=None, ScoreReasons="not ranked: disposable e-mail")

    found = text_of(page(row))

    assert "not ranked: disposable e-mail" in found


def test_the_last_touch_comes_first_in_the_words_of_its_page() -> None:
    rows = [touch(ago=2 * DAY, Action="PLT"), touch(ago=HOUR, Action="Create")]

    found = journey(rows, shown=False, now=NOW)

    assert [(step.action.text, step.code.text) for step in found.steps] == [
        ("Created in the Azure portal", ""),
        ("Contact me", "PLT"),
    ]
    assert found.steps[0].source.text == "AppSource"


def test_of_a_long_journey_the_end_is_shown_and_how_long_it_is() -> None:
    rows = [touch(ago=(1_000 - number) * HOUR) for number in range(1_000)]

    found = journey(iter(rows), shown=False, now=NOW)

    assert len(found.steps) == MOST_TOUCHES
    assert found.told == "1,000 touches, of which these are the last 200"
    assert found.steps[0].at
    assert found.steps[0].at.text == "22 November, 11:08"


@pytest.mark.parametrize(
    ("description", "is_hidden", "by_machine"),
    [
        pytest.param("Please call me", True, False, id="a customer's words"),
        pytest.param('{"utm_source":"x"}', False, True, id="what a link carried"),
        pytest.param("Campaigns: spring", False, True, id="what Microsoft wrote"),
        pytest.param(" ", False, False, id="nothing"),
    ],
)
def test_what_a_customer_wrote_is_said_to_be_there(
    description: str, is_hidden: bool, by_machine: bool
) -> None:
    (step,) = journey([touch(Description=description)], shown=False, now=NOW).steps

    assert (step.is_hidden, step.by_machine, step.description.text) == (is_hidden, by_machine, "")


def test_what_a_customer_wrote_is_shown_with_the_contact_data() -> None:
    (step,) = journey([touch()], shown=True, now=NOW).steps

    assert (step.description.text, step.is_hidden) == ("Please call me", False)


def test_the_same_person_elsewhere_is_one_link_away() -> None:
    found = text_of(page(lead(), lead(PartitionKey=OTHER_OFFER), lead(2, PartitionKey="x.y")))

    assert f'href="/api/dashboard/lead?offer={OTHER_OFFER}&amp;key={key(1)}"' in found
    assert "x.y" not in found


def test_who_came_to_one_offer_alone_is_nowhere_else() -> None:
    found = text_of(page(lead()))

    assert "elsewhere" not in found
