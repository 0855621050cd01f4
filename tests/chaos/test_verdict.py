"""The verdict can fail: every way in which a table may differ from the ledger is reported."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import ledger
from tests.chaos.events import Event
from tests.chaos.ledger import Attempt, Ledger, Outcome
from tests.chaos.load import plan
from tests.chaos.verdict import WINDOW, Verdict, judge

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)

INS = Event("contoso.offer", "ada@example.com", "INS", "")
PLT = INS._replace(action="PLT")
OTHER = Event("contoso.offer", "grace@example.com", "INS", "")

type Row = dict[str, Any]


def attempts(*events: Event, outcome: Outcome = Outcome.ACKNOWLEDGED) -> list[Attempt]:
    return [Attempt(event, outcome) for event in events]


def touch(event: Event, at: datetime = NOON) -> Row:
    return {"Kind": "touch", **place(event), "Action": event.action, "ReceivedAt": at}


def place(event: Event) -> Row:
    return {"PartitionKey": event.offer, "Email": event.email}


def lead(*touches: Row) -> list[Row]:
    """Return the rows of one lead of *touches*: itself, its recent row and them."""
    times = [row["ReceivedAt"] for row in touches]
    told = {
        "PartitionKey": touches[0]["PartitionKey"],
        "Email": touches[0]["Email"],
        "Actions": ",".join(dict.fromkeys(row["Action"] for row in touches)),
        "TouchCount": len(touches),
        "FirstSeen": min(times),
        "LastSeen": max(times),
    }
    return [told | {"Kind": "lead"}, told | {"Kind": "recent"}, *touches]


def kinds(verdict: Verdict) -> list[str]:
    return sorted({complaint.split(":")[0] for complaint in verdict.complaints()})


def test_what_was_acknowledged_and_is_stored_once_is_right() -> None:
    rows = lead(touch(INS), touch(PLT, NOON + SECOND)) + lead(touch(OTHER))

    verdict = judge(attempts(INS, PLT, PLT, OTHER), rows)

    assert verdict.holds
    assert (verdict.leads, verdict.posts, verdict.acknowledged) == (2, 4, 4)


def test_an_acknowledged_lead_that_is_not_stored_is_lost() -> None:
    verdict = judge(attempts(INS, OTHER), lead(touch(INS)))

    assert kinds(verdict) == ["lost"]
    assert all("grace@example.com" in complaint for complaint in verdict.lost)


def test_an_acknowledged_touch_that_is_not_stored_is_lost() -> None:
    assert kinds(judge(attempts(INS, PLT), lead(touch(INS)))) == ["lost"]


def test_two_touches_of_one_event_within_the_window_count_twice() -> None:
    rows = lead(touch(INS), touch(INS, NOON + WINDOW - SECOND))

    assert kinds(judge(attempts(INS, INS), rows)) == ["twice"]


def test_two_touches_of_one_event_a_window_apart_are_two() -> None:
    rows = lead(touch(INS), touch(INS, NOON + WINDOW))

    assert judge(attempts(INS, INS), rows).holds


def test_two_lead_rows_of_one_lead_count_twice() -> None:
    first, recent, one = lead(touch(INS))

    assert "twice" in kinds(judge(attempts(INS), [first, first, recent, one]))


@pytest.mark.parametrize(("count", "kind"), [(2, "twice"), (0, "lost")])
def test_a_count_that_is_not_the_number_of_touches_is_wrong(count: int, kind: str) -> None:
    row, recent, one = lead(touch(INS))

    verdict = judge(attempts(INS), [row | {"TouchCount": count}, recent, one])

    assert kinds(verdict) == ["inconsistent", kind]


def test_what_nobody_posted_is_unexpected() -> None:
    verdict = judge(attempts(INS), lead(touch(INS)) + lead(touch(OTHER)))

    assert kinds(verdict) == ["unexpected"]


def test_what_was_refused_is_unexpected_where_it_is_stored() -> None:
    verdict = judge(attempts(INS, outcome=Outcome.REFUSED), lead(touch(INS)))

    assert kinds(verdict) == ["refused", "unexpected"]


def test_an_event_without_an_answer_may_be_stored_or_not() -> None:
    unanswered = attempts(INS, OTHER, outcome=Outcome.UNKNOWN)

    verdict = judge(unanswered, lead(touch(INS)))

    assert verdict.holds
    assert (verdict.unknown, verdict.recovered) == (2, 1)


def test_a_touch_without_its_lead_row_is_lost() -> None:
    _row, recent, one = lead(touch(INS))

    assert "lost" in kinds(judge(attempts(INS), [recent, one]))


@pytest.mark.parametrize("number", [0, 2])
def test_a_lead_has_one_recent_row(number: int) -> None:
    row, recent, one = lead(touch(INS))

    assert kinds(judge(attempts(INS), [row, one, *[recent] * number])) == ["inconsistent"]


@pytest.mark.parametrize(
    "wrong", [{"LastSeen": NOON + SECOND}, {"FirstSeen": NOON - SECOND}, {"Actions": "INS,PLT"}]
)
def test_a_lead_tells_what_its_touches_tell(wrong: Row) -> None:
    row, recent, one = lead(touch(INS))

    assert kinds(judge(attempts(INS), [row | wrong, recent | wrong, one])) == ["inconsistent"]


def test_a_letter_that_does_not_come_home_is_a_complaint() -> None:
    assert kinds(judge(attempts(INS), lead(touch(INS)), buried=["write/1|0"])) == ["buried"]


def test_the_complaints_of_two_runs_add_up() -> None:
    lost, twice = judge(attempts(OTHER), []), judge([], lead(touch(INS), touch(INS)))

    assert kinds(lost + twice) == ["lost", "twice", "unexpected"]


def test_a_ledger_outlives_a_writer_that_is_killed(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as writer:
        writer.settle(writer.attempt(INS), Outcome.ACKNOWLEDGED, "an id")
        writer.attempt(PLT)
        with writer.path.open("a", encoding="utf-8") as same:
            same.write('{"attempt": 3, "attem')
        found = ledger.read(writer.path)

    assert found == [Attempt(INS, Outcome.ACKNOWLEDGED), Attempt(PLT, Outcome.UNKNOWN)]


def test_a_seed_decides_what_is_posted_and_how_much_of_it_twice() -> None:
    posts = plan(1, leads=1_000, duplicates=0.3)

    events = [post.event for post in posts]
    assert len({event.lead for event in events}) == 1_000
    assert 1.25 < len(events) / len(set(events)) < 1.35
    assert max(Counter(events).values()) == 2
    assert posts == plan(1, leads=1_000, duplicates=0.3)
    assert posts != plan(2, leads=1_000, duplicates=0.3)
