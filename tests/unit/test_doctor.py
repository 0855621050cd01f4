"""What doctor makes of what it saw, and that a fault of one thing hides no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from leads import settings
from leads.doctor.facts import Facts, LetterFacts, QueueFacts, TableFacts, Unseen
from leads.doctor.findings import Finding, Severity, span, worst
from leads.doctor.gathering import DoctorPorts, gather
from leads.doctor.judging import judge
from leads.errors import InvalidSettings, StorageUnavailable
from leads.letters import LetterState, StoredLetter
from leads.names import POISON_QUEUES, QUEUES
from leads.pipeline.stage import LAST_ATTEMPT
from leads.rejections import DeadLetter
from leads.tending.ports import QueuedMessage
from leads.tending.status import LetterStatus, OfferStatus, Status
from tests.unit.factories import START

ROOT = Path(__file__).parents[2]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = 7 * DAY
GOOD_HOST = (ROOT / "host.json").read_text(encoding="utf-8")
UNREACHABLE = Unseen(cause="could not read a row: ServiceRequestError")
OK, WARNING, CRITICAL = Severity.OK, Severity.WARNING, Severity.CRITICAL


def queue(name: str, **seen: object) -> QueueFacts:
    empty = QueueFacts(
        name=name, exists=True, depth=0, oldest_at=None, expires_at=None, unencoded=0
    )
    return replace(empty, **seen)  # type: ignore[arg-type]  # the test names fields of it


def letter(cause: str = "StorageUnavailable: busy", *, due: datetime | None = None) -> StoredLetter:
    failed = DeadLetter(
        stage="write", final=due is None, cause=cause, attempts=10, key="k", redrives=0,
        failed_at=START, body=b"",
    )  # fmt: skip
    return StoredLetter(
        letter=failed, state=LetterState.PARKED, count=1, buried_at=START, received_at=START,
        etag="", next_at=due,
    )  # fmt: skip


def offer(partition: str, *, real: datetime | None, test: datetime | None = None) -> OfferStatus:
    return OfferStatus(
        partition=partition,
        as_of=START,
        stages={"interest": int(real is not None)},
        contact={},
        tests=int(test is not None),
        last_real_at=real,
        last_test_at=test,
    )


STATUS = Status(
    as_of=START - 2 * MINUTE,
    queues=[],
    letters=LetterStatus(parked=0, redriven=0, waiting_for_a_person=0, oldest_at=None),
    leads=1,
    tests=0,
    last_real_at=START,
    last_test_at=None,
)
TABLES = TableFacts(
    missing=[],
    skew=timedelta(),
    status=STATUS,
    offers={"contoso.sample": offer("contoso.sample", real=START - 3 * DAY)},
    letters=LetterFacts(parked=[], redriven=0),
)
HEALTHY = Facts(
    now=START,
    max_age=15 * MINUTE,
    setting_faults=[],
    host_json=GOOD_HOST,
    tables=TABLES,
    queues=[queue(name) for name in (*QUEUES, *POISON_QUEUES)],
)


def with_tables(**seen: object) -> Facts:
    return replace(HEALTHY, tables=replace(TABLES, **seen))  # type: ignore[arg-type]  # as above


def with_queue(name: str, **seen: object) -> Facts:
    others = [queue(other) for other in (*QUEUES, *POISON_QUEUES) if other != name]
    return replace(HEALTHY, queues=[queue(name, **seen), *others])


def with_host(**changed: object) -> Facts:
    host = json.loads(GOOD_HOST)
    host["extensions"]["queues"] |= changed
    return replace(HEALTHY, host_json=json.dumps(host))


def bad(facts: Facts) -> list[Finding]:
    return [finding for finding in judge(facts) if finding.severity]


def test_all_well_is_exit_code_0_with_a_word_on_every_check() -> None:
    findings = judge(HEALTHY)

    assert worst(findings) == 0
    assert {finding.check for finding in findings} == {
        "settings", "host.json", "tables", *QUEUES, "poison queues", "clock", "tending",
        "dead letters", "test leads", "offer",
    }  # fmt: skip
    assert "contoso.sample: 1 lead, the last 3 days ago" in findings[-1].what


def test_settings_that_are_doubted_are_not_said_to_be_fine() -> None:
    findings = judge(replace(HEALTHY, setting_doubts=["LEADS_DASHBOARD_OPEN is odd"]))

    assert [one.severity for one in findings if one.check == "settings"] == [WARNING]


CASES: Mapping[str, tuple[Facts, Severity, str, str]] = {
    "a faulty setting": (
        replace(HEALTHY, setting_faults=["LEADS_DNC_POLICY is none of latest, sticky"]),
        CRITICAL, "settings", "LEADS_DNC_POLICY",
    ),
    "a doubtful setting": (
        replace(HEALTHY, setting_doubts=["LEADS_DASHBOARD_OPEN is neither empty nor local"]),
        WARNING, "settings", "LEADS_DASHBOARD_OPEN",
    ),
    "messages in plain text": (
        with_host(messageEncoding="none"), CRITICAL, "host.json", "base64",
    ),
    "fewer attempts than the code counts on": (
        with_host(maxDequeueCount=5), CRITICAL, "host.json", "becomes poison",
    ),
    "more attempts": (
        with_host(maxDequeueCount=20), WARNING, "host.json", "20",
    ),
    "no pause between attempts": (
        with_host(visibilityTimeout="00:00:00"), CRITICAL, "host.json", "seconds",
    ),
    "a short pause": (
        with_host(visibilityTimeout="00:00:10"), WARNING, "host.json", "90 seconds",
    ),
    "host.json is no JSON": (
        replace(HEALTHY, host_json="{"), CRITICAL, "host.json", "cannot be read",
    ),
    "host.json is a list": (
        replace(HEALTHY, host_json="[]"), CRITICAL, "host.json", "cannot be read",
    ),
    "attempts that are no number": (
        with_host(maxDequeueCount="ten"), CRITICAL, "host.json", "cannot be read",
    ),
    "a pause that is no time": (
        with_host(visibilityTimeout="a minute"), CRITICAL, "host.json", "cannot be read",
    ),
    "tables out of reach": (
        replace(HEALTHY, tables=UNREACHABLE), CRITICAL, "tables", "ServiceRequestError",
    ),
    "queues out of reach": (
        replace(HEALTHY, queues=UNREACHABLE), CRITICAL, "queues", "ServiceRequestError",
    ),
    "no right to write rows": (
        with_tables(skew=Unseen(cause="could not write a row: 403 AuthorizationFailure")),
        CRITICAL, "tables", "403",
    ),
    "no right to put messages": (
        with_queue(QUEUES[0], refused=Unseen(cause="could not put a probe: 403")),
        CRITICAL, QUEUES[0], "403",
    ),
    "this machine is late": (
        with_tables(skew=timedelta(seconds=6)), WARNING, "clock", "6 seconds behind storage",
    ),
    "this machine is early": (
        with_tables(skew=timedelta(seconds=-60)), WARNING, "clock", "60 seconds ahead of storage",
    ),
    "the app is early": (
        with_tables(status=replace(STATUS, as_of=START + MINUTE)),
        WARNING, "clock", "the app is 60 seconds ahead",
    ),
    "a message waits": (
        with_queue(QUEUES[1], depth=2, oldest_at=START - HOUR, expires_at=START + LATER),
        WARNING, QUEUES[1], "2 messages, the oldest of those that wait since 60 minutes",
    ),
    "a message expires": (
        with_queue(QUEUES[1], depth=1, oldest_at=START, expires_at=START + 2 * DAY),
        CRITICAL, QUEUES[1], "expires on 2026-11-24",
    ),
    "a message that is no base64": (
        with_queue(QUEUES[2], depth=1, unencoded=1), WARNING, QUEUES[2], "base64",
    ),
    "poison": (
        with_queue(POISON_QUEUES[0], depth=1), WARNING, POISON_QUEUES[0], "1 message",
    ),
    "poison that expires": (
        with_queue(POISON_QUEUES[0], depth=1, oldest_at=START, expires_at=START + DAY),
        CRITICAL, POISON_QUEUES[0], "expires on",
    ),
    "it was never tended": (
        with_tables(status=None), WARNING, "tending", "never",
    ),
    "it is tended no more": (
        with_tables(status=replace(STATUS, as_of=START - 16 * MINUTE)),
        WARNING, "tending", "16 minutes ago",
    ),
    "it is tended no more for a day": (
        with_tables(status=replace(STATUS, as_of=START - 25 * HOUR)),
        CRITICAL, "tending", "25 hours ago",
    ),
    "tending failed": (
        with_tables(status=replace(STATUS, failures=["keep_alive: StorageUnavailable: 503"])),
        WARNING, "tending", "could not keep_alive",
    ),
    "the status cannot be read": (
        with_tables(status=UNREACHABLE), CRITICAL, "tending", "nobody could tell",
    ),
    "a letter for a person": (
        with_tables(letters=LetterFacts(parked=[letter("invalid-json: it ends")], redriven=0)),
        WARNING, "dead letters", "1 (invalid-json 1) waits since",
    ),
    "a letter for the timer": (
        with_tables(letters=LetterFacts(parked=[letter(due=START + HOUR)], redriven=0)),
        WARNING, "dead letters", "tries from 2026-11-22 09:00 UTC on",
    ),
    "a broken-off erasure": (
        with_tables(
            letters=LetterFacts(parked=[letter("LeadFenced: it is", due=START)], redriven=0)
        ),
        WARNING, "fences", "1 letter",
    ),
    "an offer without an id": (
        with_tables(offers={"title~x~1": offer("title~x~1", real=START)}),
        WARNING, "offer", "no offer id",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "severity", "check", "word"), CASES.values(), ids=CASES)
def test_what_is_wrong_is_told_first_with_what_to_do(
    facts: Facts, severity: Severity, check: str, word: str
) -> None:
    found = bad(facts)

    assert worst(found) == severity
    assert any(finding.check == check and word in finding.what for finding in found)
    assert all(finding.advice.endswith(".") for finding in found)
    assert judge(facts)[: len(found)] == found


FINE: Mapping[str, Facts] = {
    "nothing was made yet": replace(
        with_tables(missing=["Leads"], offers={}),
        queues=[queue(name, exists=False) for name in (*QUEUES, *POISON_QUEUES)],
    ),
    "no host.json here": replace(HEALTHY, host_json=None),
    "names in another case": replace(HEALTHY, host_json=GOOD_HOST.replace("Encoding", "encoding")),
    "letters under way": with_tables(letters=LetterFacts(parked=[], redriven=3)),
    "a message just came": with_queue(
        QUEUES[0], depth=1, oldest_at=START - MINUTE, expires_at=START + LATER
    ),
    "tests of an unknown offer": with_tables(
        offers={"title~x~1": offer("title~x~1", real=None, test=START)}
    ),
    "an offer that was moved away": with_tables(offers={"~unknown": offer("~unknown", real=None)}),
    "a second apart": with_tables(skew=timedelta(seconds=1)),
}


@pytest.mark.parametrize("facts", FINE.values(), ids=FINE)
def test_what_is_no_fault_raises_no_alarm(facts: Facts) -> None:
    assert bad(facts) == []


def test_what_host_json_leaves_out_is_what_the_host_takes_then() -> None:
    found = bad(replace(HEALTHY, host_json="{}"))

    assert sorted(finding.what.split()[0] for finding in found) == [
        "maxDequeueCount",
        "visibilityTimeout",
    ]


def test_the_projects_own_host_json_gives_a_lead_nine_minutes() -> None:
    (told,) = (finding.what for finding in judge(HEALTHY) if finding.check == "host.json")

    assert told == f"base64; {LAST_ATTEMPT} attempts in 9 minutes, then a dead letter"


def test_tables_out_of_reach_are_told_once_and_hide_nothing_else() -> None:
    checks = [finding.check for finding in judge(replace(HEALTHY, tables=UNREACHABLE))]

    assert checks == ["tables", "settings", "host.json", *QUEUES, "poison queues"]


def test_who_may_not_use_the_storage_is_told_which_roles_it_takes() -> None:
    refused = Unseen(cause="could not read table Leads: 403 AuthorizationPermissionMismatch")

    (found,) = bad(replace(HEALTHY, tables=refused))

    assert "Storage Table Data Contributor" in found.advice


@pytest.mark.parametrize(
    ("duration", "told"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=119), "119 seconds"),
        (2 * MINUTE, "2 minutes"),
        (47 * HOUR, "47 hours"),
        (3 * DAY, "3 days"),
    ],
)
def test_a_span_is_told_as_a_person_says_it(duration: timedelta, told: str) -> None:
    assert span(duration) == told


@dataclass
class FakeTables:
    """Tables whose clock is *ahead*; the first *faults* looks fail."""

    clock: Callable[[], datetime]
    ahead: timedelta = timedelta()
    faults: int = 0
    asked: int = 0

    def missing(self) -> Sequence[str]:
        self.asked += 1
        if self.asked <= self.faults:
            raise StorageUnavailable("could not read table Leads: 503")
        return []

    def probe(self) -> datetime:
        return self.clock() + self.ahead


@dataclass
class FakeQueue:
    name: str
    there: bool = True
    probes: list[str] = field(default_factory=list)

    def exists(self) -> bool:
        return self.there

    def depth(self) -> int:
        return 0

    def peek(self) -> list[QueuedMessage]:
        return []

    def probe(self) -> None:
        self.probes.append(self.name)


@dataclass
class FakeQueues:
    there: bool = True
    probes: list[str] = field(default_factory=list)

    def open(self, name: str) -> FakeQueue:
        return FakeQueue(name, there=self.there, probes=self.probes)


class FakeStatus:
    """A table that somebody edited beyond recognition."""

    def read(self) -> Status | None:
        raise KeyError("AsOf")

    def offers(self) -> Mapping[str, OfferStatus]:
        return {}


class FakeLetters:
    def find(self, **_: object) -> list[StoredLetter]:
        return []


def now() -> datetime:
    return START


def ports(tables: FakeTables, queues: FakeQueues) -> DoctorPorts:
    letters = FakeLetters()
    return DoctorPorts(
        tables=tables,
        queues=queues,
        letters=letters,  # type: ignore[arg-type]  # doctor asks for nothing else of it
        status=FakeStatus(),
    )


def seen(tables: FakeTables, queues: FakeQueues | None = None) -> Facts:
    opened = ports(tables, queues or FakeQueues())
    return gather(lambda: opened, settings=settings.from_env({}), host_json=None, clock=now)


def test_one_lost_request_is_no_news() -> None:
    assert isinstance(seen(FakeTables(now, faults=1)).tables, TableFacts)


def test_tables_that_stay_away_are_asked_twice_and_nothing_behind_them_is() -> None:
    tables = FakeTables(now, faults=9)

    found = seen(tables).tables

    assert (found, tables.asked) == (Unseen(cause="could not read table Leads: 503"), 2)


def test_a_row_that_nobody_can_read_hides_no_other() -> None:
    tables = seen(FakeTables(now)).tables

    assert isinstance(tables, TableFacts)
    assert isinstance(tables.status, Unseen)
    assert (tables.offers, tables.letters) == ({}, LetterFacts(parked=[], redriven=0))


def test_only_the_queues_of_the_pipeline_that_exist_get_a_probe() -> None:
    there, missing = FakeQueues(), FakeQueues(there=False)

    seen(FakeTables(now), there)
    seen(FakeTables(now), missing)

    assert (there.probes, missing.probes) == (list(QUEUES), [])


@pytest.mark.parametrize("ahead", [-MINUTE, timedelta(), MINUTE])
def test_clocks_differ_by_what_lies_outside_the_time_of_asking(ahead: timedelta) -> None:
    tables = seen(FakeTables(now, ahead=ahead)).tables

    assert isinstance(tables, TableFacts)
    assert tables.skew == ahead


def test_without_a_connection_the_settings_are_told_all_the_same() -> None:
    def nowhere() -> DoctorPorts:
        raise InvalidSettings("LeadsStorage is not set")

    env = {"LEADS_SILENCE_DAYS": "a week"}

    facts = gather(nowhere, settings=settings.from_env(env), host_json=None, clock=now)

    assert facts.setting_faults == ("LeadsStorage is not set",)
    assert [doubt.split()[0] for doubt in facts.setting_doubts] == ["LEADS_SILENCE_DAYS"]
    assert facts.tables == facts.queues == Unseen(cause="LeadsStorage is not set")
