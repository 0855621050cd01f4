from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from leads.errors import InvalidSettings, StorageUnavailable
from leads.health import KEPT, STALE, Backlog, HealthCheck
from tests.unit.factories import AT_ONCE, HOUR, MS, SECOND, START

if TYPE_CHECKING:
    from collections.abc import Callable

QUARTER = timedelta(minutes=15)
CANARY = "AccountKey=kanarienvogel"


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Probe:
    """A probe that goes through or fails, and counts how often it is asked."""

    def __init__(self, failure: Exception | None = None, *, saw: Backlog | None = None) -> None:
        self.failure = failure
        self.saw = saw
        self.asked = 0

    def __call__(self) -> Backlog | None:
        self.asked += 1
        if self.failure:
            raise self.failure
        return self.saw


def checking(
    probe: Callable[[], Backlog | None],
    *,
    max_age: timedelta = QUARTER,
    clock: Callable[[], float] | None = None,
) -> HealthCheck:
    return HealthCheck(probe, max_age=max_age, clock=clock or Clock())


def backlog(oldest: timedelta | None) -> Backlog:
    """Return what tending saw, where the oldest message was so old."""
    return Backlog(as_of=START, oldest_at=None if oldest is None else START - oldest)


def test_a_probe_that_goes_through_is_healthy_also_where_tending_never_ran() -> None:
    answer = checking(Probe()).answer()

    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ok"}


@pytest.mark.parametrize(
    ("oldest", "max_age", "status", "minutes"),
    [
        pytest.param(None, QUARTER, 200, 0, id="the queues are empty"),
        pytest.param(59 * SECOND, QUARTER, 200, 0, id="it came a moment ago"),
        pytest.param(QUARTER, QUARTER, 200, 15, id="as old as it may be"),
        pytest.param(QUARTER + MS, QUARTER, 503, 15, id="older"),
        pytest.param(HOUR, 2 * HOUR, 200, 60, id="another age is allowed"),
        pytest.param(MS, AT_ONCE, 503, 0, id="none is allowed"),
        pytest.param(None, AT_ONCE, 200, 0, id="none is allowed and there is none"),
        pytest.param(-HOUR, QUARTER, 200, 0, id="put in the future: a clock is wrong"),
    ],
)
def test_a_message_that_waits_too_long_is_told(
    oldest: timedelta | None, max_age: timedelta, status: int, minutes: int
) -> None:
    answer = checking(Probe(saw=backlog(oldest)), max_age=max_age).answer()

    told = json.loads(answer.body)
    assert (answer.status, told["oldest_message_minutes"]) == (status, minutes)
    assert told["status"] == ("ok" if status == 200 else "late")


def test_the_answer_says_when_the_queues_were_seen_and_nothing_of_what_is_in_them() -> None:
    answer = checking(Probe(saw=backlog(HOUR))).answer()

    assert json.loads(answer.body) == {
        "status": "late",
        "cause": "messages wait too long",
        "oldest_message_minutes": 60,
        "as_of": "2026-11-22T08:00:00.000Z",
    }


@pytest.mark.parametrize(
    "failure",
    [
        StorageUnavailable("could not read a row: 503"),
        InvalidSettings("LEADS_DNC_POLICY is none of latest, sticky; LeadsStorage is not set"),
    ],
    ids=["storage", "settings"],
)
def test_a_fault_of_ours_is_unavailable_and_told(failure: Exception) -> None:
    answer = checking(Probe(failure)).answer()

    assert answer.status == 503
    assert json.loads(answer.body) == {
        "status": "unavailable",
        "cause": f"{type(failure).__name__}: {failure}",
    }


@pytest.mark.parametrize("failure", [ValueError(CANARY), KeyError(CANARY), OSError(CANARY)])
def test_any_other_failure_is_unavailable_and_its_message_stays_inside(failure: Exception) -> None:
    answer = checking(Probe(failure)).answer()

    assert answer.status == 503
    assert json.loads(answer.body)["cause"].startswith("UnexpectedError: ")
    assert CANARY.encode() not in answer.body


@pytest.mark.parametrize("probe", [Probe(), Probe(StorageUnavailable("503"))])
def test_no_answer_may_be_cached_on_its_way(probe: Probe) -> None:
    answer = checking(probe).answer()

    assert answer.headers == {"Cache-Control": "no-store"}
    assert answer.content_type == "application/json"


def test_a_flood_of_questions_asks_storage_once() -> None:
    probe = Probe()
    check = checking(probe)

    statuses = {check.answer().status for _ in range(1_000)}

    assert (statuses, probe.asked) == ({200}, 1)


def test_an_answer_stands_for_a_few_seconds_only() -> None:
    probe, clock = Probe(), Clock()
    check = checking(probe, clock=clock)

    before = check.answer().status
    probe.failure = StorageUnavailable("gone")
    clock.now = KEPT - 0.1
    still = check.answer().status
    clock.now = KEPT
    after = check.answer().status

    assert (before, still, after) == (200, 200, 503)


def test_an_old_answer_does_not_stand_in_while_a_probe_hangs() -> None:
    clock, probing, release = Clock(), threading.Event(), threading.Event()
    calls = iter([False, True])

    def hang_the_second_time() -> None:
        if next(calls):
            probing.set()
            release.wait()

    check = checking(hang_the_second_time, clock=clock)
    check.answer()
    clock.now = STALE
    second = threading.Thread(target=check.answer)
    second.start()
    probing.wait()

    meanwhile = check.answer()
    release.set()
    second.join()

    assert meanwhile.status == 503


def test_nobody_waits_for_a_probe_that_hangs() -> None:
    entered, release = threading.Event(), threading.Event()

    def hang() -> NoReturn:
        entered.set()
        release.wait()
        raise StorageUnavailable("it hung")

    check = checking(hang)
    first = threading.Thread(target=check.answer)
    first.start()
    entered.wait()

    meanwhile = check.answer()
    release.set()
    first.join()

    assert meanwhile.status == 503
    assert b"under way" in meanwhile.body
