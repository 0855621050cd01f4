"""Tending with a fault at each request in turn: what it was to keep is kept, and counted once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import LinearRetry, QueueServiceClient

from leads.errors import Retryable, StorageUnavailable
from leads.letters import LetterState, StoredLetter
from leads.messages import decode
from leads.model import DncPolicy
from leads.names import ENRICHED, POISON_QUEUES, RECEIVED
from leads.pipeline.stage import Ports
from leads.pipeline.write import write
from leads.queues import Queues
from leads.rejections import DeadLetter, decode_rejected, encode_failure, encode_refusal
from leads.settings import StorageConnection
from leads.store import Backoff, Rules
from leads.tending.poison import drain_poison
from leads.tending.ports import Bounds, MessageQueue, MessageQueues, TendPorts
from leads.tending.redriving import confirm_redriven, redrive
from leads.tending.wishes import forget, object_to_contact
from leads.upkeep.ports import Tools
from tests.contract.factories import DAY, NOON, at, message, payload
from tests.contract.faults import FAULTS, Fault, FaultyTransport, Killed, rounds
from tests.contract.tending_benches import TendingBench, table_bench
from tests.memory_tending import MemoryQueues

RULES = Rules(window=DAY, dnc=DncPolicy(margin=DAY))
AT_ONCE = Backoff(sleep=lambda _seconds: None, random=lambda: 0.0, clock=lambda: 0.0)
PARKED, REDRIVEN, STORED = LetterState.PARKED, LetterState.REDRIVEN, LetterState.STORED

SOME = ("not sent", "answer lost", "killed before", "killed after", "503, not applied")

some_faults = pytest.mark.parametrize("fault", [FAULTS[name] for name in SOME], ids=SOME)


class OwnQueues:
    """The real queues under names that no other test has."""

    def __init__(self, client: QueueServiceClient, suffix: str) -> None:
        self._queues = Queues(client)
        self._suffix = suffix

    def open(self, name: str) -> MessageQueue:
        return self._queues.open(f"{name}-{self._suffix}")


class Site:
    """The same storage, seen through a faulty connection and through a sound one."""

    def __init__(
        self, service: TableServiceClient, faulty: TableServiceClient, queues: MessageQueues
    ) -> None:
        self.name = uuid4().hex
        self.sound = table_bench(service, name=self.name)
        self.unsure = table_bench(faulty, name=self.name)
        self.queues = queues

    def ports(self, bench: TendingBench) -> TendPorts:
        return TendPorts(
            tools=Tools(store=bench.store, rules=RULES, backoff=AT_ONCE),
            queues=self.queues,
            letters=bench.letters,
            persons=bench.persons,
            census=bench.census,
            status=bench.status,
            aliases={},
            retention=None,
        )

    def letter(self, one: DeadLetter) -> StoredLetter:
        found = self.sound.letters.read(one.stage, one.key, one.redrives)
        assert found is not None
        return found

    def bury(self, one: DeadLetter) -> StoredLetter:
        self.sound.letters.bury(one, now=NOON)
        return self.letter(one)

    def write(self, body: bytes) -> None:
        """Do what the app does with a message."""
        ports = Ports(leads=self.sound.store, rules=RULES, edition="2018", backoff=AT_ONCE)
        write(body, attempt=1, open_ports=lambda: ports, now=NOON)


def payload_of(number: int) -> str:
    return payload(Description=f"{number}")


def failed(number: int) -> DeadLetter:
    body = message("contoso.offer", payload_of(number), delivery_id=f"d-{number}")
    error = StorageUnavailable("503")
    return decode_rejected(
        encode_failure(body, stage="write", error=error, attempts=10, failed_at=NOON)
    )


def refused(number: int) -> DeadLetter:
    body = payload_of(number).encode()
    return decode_rejected(encode_refusal(body, cause="internal-error", rejected_at=NOON))


def bounds(now: datetime) -> Bounds:
    return Bounds(now=now, clock=lambda: 0.0, ends_at=1.0)


def until_done(work: Callable[[], object]) -> None:
    """Do it again as the next run would, until it goes through."""
    for _run in range(5):
        with suppress(Retryable, Killed):
            work()
            return
    raise AssertionError("it never went through")


@pytest.fixture
def suffix() -> str:
    return uuid4().hex[:8]


@pytest.fixture
def sound_queues(connection: StorageConnection, suffix: str) -> OwnQueues:
    text = connection.connection_string
    return OwnQueues(QueueServiceClient.from_connection_string(text), suffix)


@pytest.fixture
def unsure_queues(
    connection: StorageConnection, transport: FaultyTransport, suffix: str
) -> OwnQueues:
    """The same queues over the faulty transport; it repeats nothing."""
    client = QueueServiceClient.from_connection_string(
        connection.connection_string, transport=transport, retry_policy=LinearRetry(retry_total=0)
    )
    return OwnQueues(client, suffix)


@pytest.fixture
def site(service: TableServiceClient, faulty: TableServiceClient, unsure_queues: OwnQueues) -> Site:
    return Site(service, faulty, unsure_queues)


@pytest.mark.parametrize(
    ("made", "queue", "fault"),
    [
        *(pytest.param(failed, ENRICHED, FAULTS[name], id=f"failed, {name}") for name in FAULTS),
        *(pytest.param(refused, RECEIVED, FAULTS[name], id=f"refused, {name}") for name in SOME),
    ],
)
def test_a_fault_at_any_request_of_redriving_loses_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    site: Site,
    sound_queues: OwnQueues,
    transport: FaultyTransport,
    fault: Fault,
    made: Callable[[int], DeadLetter],
    queue: str,
) -> None:
    for number in rounds(transport, fault):
        listed = site.bury(made(number))
        until_redriven(site, listed)

        sent = sound_queues.open(queue).take(32, invisible=DAY)
        stored = site.letter(listed.letter)
        assert (stored.state, stored.count) == (REDRIVEN, 1)
        assert 1 <= len(sent) <= 2
        assert {decode(one.body).delivery.payload for one in sent} == {payload_of(number)}


def until_redriven(site: Site, listed: StoredLetter) -> None:
    """Redrive a letter as the next run would that finds it parked."""
    for _run in range(3):
        with suppress(Retryable, Killed):
            if site.letter(listed.letter).state is PARKED:
                redrive(listed, site.ports(site.unsure), now=at(minutes=5))


@some_faults
def test_a_fault_at_any_request_of_confirming_settles_every_letter_in_the_end(
    site: Site, transport: FaultyTransport, fault: Fault
) -> None:
    site.write(failed(0).body)

    for number in rounds(transport, fault):
        there = site.bury(replace(failed(0), redrives=number))
        sent = replace(there, state=REDRIVEN, redriven_at=NOON, next_at=None)
        site.sound.letters.change(sent)
        until_done(lambda: confirm_redriven(site.ports(site.unsure), bounds(at(minutes=30))))
        confirm_redriven(site.ports(site.sound), bounds(at(minutes=30)))  # a conflict waits

        assert site.letter(there.letter).state is STORED


@some_faults
def test_a_fault_at_any_request_of_draining_loses_and_doubles_nothing(
    site: Site, transport: FaultyTransport, fault: Fault
) -> None:
    clock = [NOON]
    site.queues = MemoryQueues(lambda: clock[0])

    for number in rounds(transport, fault):
        for name in POISON_QUEUES:
            site.queues.open(name).send(f"{name} {number}".encode())
        until_empty(site, clock)

        counts = [letter.count for letter in site.sound.letters.find()]
        assert counts == [1] * len(POISON_QUEUES) * number


def until_empty(site: Site, clock: list[datetime]) -> None:
    while any(site.queues.open(name).depth() for name in POISON_QUEUES):
        with suppress(Retryable, Killed):
            drain_poison(site.ports(site.unsure), bounds(clock[0]))
        clock[0] += timedelta(minutes=10)


@some_faults
def test_a_fault_at_any_request_of_a_wish_keeps_both_wishes(
    site: Site, transport: FaultyTransport, fault: Fault
) -> None:
    ports = site.ports(site.unsure)

    for number in rounds(transport, fault):
        key = f"e{number:032x}"
        until_done(lambda: object_to_contact(key, ports, objects=True, now=NOON))  # noqa: B023
        until_done(lambda: forget(key, ports, now=at(hours=1)))  # noqa: B023

        person = site.sound.persons.read(key)
        assert (person.suppressed_at, person.erased_at) == (NOON, at(hours=1))
