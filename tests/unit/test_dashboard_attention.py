"""What somebody should look at is told, with what to do about it; nothing else is."""

from __future__ import annotations

import pytest

from leads.dashboard.attention import Notice, notices
from leads.tending.status import LetterStatus, OfferStatus, QueueStatus, Status
from tests.unit.dashboards import (
    AS_OF,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OFFER,
    counted,
    status,
)

WEEK = 7 * DAY


def told(of: Status | None) -> list[Notice]:
    return notices(of, {}, silence=WEEK, now=NOW)


def queue(name: str, *, depth: int = 0, waits: bool = False) -> QueueStatus:
    return QueueStatus(name=name, depth=depth, oldest_at=AS_OF - HOUR if waits else None)


def letters(*, parked: int, person: int) -> LetterStatus:
    return LetterStatus(
        parked=parked, redriven=0, waiting_for_a_person=person, oldest_at=NOW - 2 * DAY
    )


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(None, id="never counted, which the page tells elsewhere"),
        pytest.param(status(), id="all is well"),
        pytest.param(status(as_of=NOW - 15 * MINUTE), id="counted three runs ago"),
        pytest.param(status(queues=[queue("leads-received", depth=9)]), id="a few messages"),
    ],
)
def test_where_nothing_is_wrong_nothing_is_told(of: Status | None) -> None:
    assert told(of) == []


@pytest.mark.parametrize(
    ("of", "title", "command"),
    [
        pytest.param(
            status(as_of=NOW - 42 * MINUTE),
            "Nothing was counted for 42 minutes",
            "python -m leads doctor",
            id="tending stopped",
        ),
        pytest.param(
            status(letters=letters(parked=3, person=1)),
            "3 dead letters wait, the oldest for 2 days",
            "python -m leads dead list",
            id="dead letters for a person",
        ),
        pytest.param(
            status(queues=[queue("leads-enriched-poison", depth=2)]),
            "2 messages in poison queues",
            "python -m leads doctor",
            id="poison",
        ),
        pytest.param(
            status(queues=[queue("leads-received", depth=1, waits=True)]),
            "A lead has waited for 1 hour",
            "python -m leads doctor",
            id="a message that waits",
        ),
        pytest.param(status(failures=["tidy: x"]), "tend_leads could not finish", "", id="a step"),
    ],
)
def test_what_may_cost_a_lead_is_grave_and_says_what_to_do(
    of: Status, title: str, command: str
) -> None:
    (found,) = told(of)

    assert (found.title, found.command, found.grave) == (title, command, True)


def test_letters_that_the_timer_tries_again_are_no_alarm() -> None:
    (found,) = told(status(letters=letters(parked=1, person=0)))

    assert (found.grave, found.text) == (False, "The timer tries them again by itself.")


def test_an_offer_without_a_lead_for_longer_than_it_may_be_is_named() -> None:
    offers = counted(last=NOW - 9 * DAY)

    (found,) = notices(status(), offers, silence=WEEK, now=NOW)

    assert (found.title, found.about.text) == ("No lead for 9 days:", OFFER)
    assert found.text == "The last one came on 13 November."


@pytest.mark.parametrize("days", [0, 30])
def test_an_offer_is_silent_only_after_the_days_that_are_set(days: int) -> None:
    offers = counted(last=NOW - 9 * DAY)

    found = notices(status(), offers, silence=days * DAY, now=NOW)

    assert found == []


def test_many_silent_offers_do_not_hide_the_rest_of_the_page() -> None:
    offers: dict[str, OfferStatus] = {}
    for number in range(30):
        offers |= counted(offer=f"offer-{number}", last=NOW - 9 * DAY)

    found = notices(status(), offers, silence=WEEK, now=NOW)

    assert (len(found), found[-1].title) == (6, "No lead, either, in 25 more offers")


def test_the_gravest_comes_first() -> None:
    of = status(
        letters=letters(parked=1, person=0), queues=[queue("leads-rejected-poison", depth=1)]
    )

    found = [notice.grave for notice in told(of)]

    assert found == [True, False]
