from __future__ import annotations

import json
import threading
from typing import NoReturn

import pytest

from leads.errors import InvalidSettings, StorageUnavailable
from leads.health import KEPT, STALE, HealthCheck

CANARY = "AccountKey=kanarienvogel"


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Probe:
    """A probe that goes through or fails, and counts how often it is asked."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.failure:
            raise self.failure


def checking(probe: Probe) -> HealthCheck:
    return HealthCheck(probe, clock=Clock())


def test_a_probe_that_goes_through_is_healthy() -> None:
    answer = checking(Probe()).answer()

    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ok"}


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
    check = HealthCheck(probe, clock=clock)

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

    check = HealthCheck(hang_the_second_time, clock=clock)
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

    check = HealthCheck(hang, clock=Clock())
    first = threading.Thread(target=check.answer)
    first.start()
    entered.wait()

    meanwhile = check.answer()
    release.set()
    first.join()

    assert meanwhile.status == 503
    assert b"under way" in meanwhile.body
