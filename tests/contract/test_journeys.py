"""One lead's journey with a fault at each storage call in turn leaves the table as without.

"A queue message delivered twice, a worker killed between any two storage calls, a lost response."
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from leads.errors import Retryable
from leads.model import DncPolicy
from leads.outcome import Outcome
from leads.pipeline.enrich import enrich
from leads.pipeline.stage import Ports, Step
from leads.pipeline.write import write
from leads.store import Backoff, Rules
from leads.tables.limits import Entity
from tests.contract.benches import TableBench
from tests.contract.factories import DAY, NOON, at, message, payload
from tests.contract.faults import FAULTS, REPEATED, Fault, FaultyTransport, Killed, rounds

type Said = tuple[str, datetime]  # a payload, and when it was received

FIRST: Said = payload(), NOON
MORE: Said = payload(Description="Call me"), at(hours=1)
EARLIER: Said = payload(Description="Before"), at(hours=-1)
AGAIN: Said = payload(), at(minutes=1)

SCENARIOS = {
    "new lead": [FIRST],
    "returning customer": [FIRST, MORE],
    "late arrival": [FIRST, EARLIER],
    "duplicate": [FIRST, AGAIN],
}


class Journey:
    """Brings messages through both queue stages as the host does: until each returns."""

    def __init__(self, bench: TableBench) -> None:
        self._ports = Ports(
            leads=bench.store,
            rules=Rules(window=DAY, dnc=DncPolicy(margin=DAY)),
            edition="2018",
            backoff=Backoff(sleep=lambda _seconds: None, random=lambda: 0.0, clock=lambda: 0.0),
        )

    def deliver(self, body: bytes) -> Step:
        """Return the last step of *body*'s way to the table."""
        step = _until_it_returns(
            lambda: enrich(body, attempt=1, open_ports=lambda: self._ports, now=NOON)
        )
        return self.write(step.enriched) if step.enriched else step

    def write(self, body: bytes) -> Step:
        """Return the step of a message that enrich let pass: the duplicate was not yet there."""
        return _until_it_returns(
            lambda: write(body, attempt=1, open_ports=lambda: self._ports, now=NOON)
        )


def _until_it_returns(stage: Callable[[], Step]) -> Step:
    for _redelivery in range(3):
        try:
            return stage()
        except (Retryable, Killed):
            continue
    return stage()


def messages(partition: str, said: Sequence[Said]) -> list[bytes]:
    return [
        message(partition, text, received_at=moment, delivery_id=f"d-{moment:%H%M}")
        for text, moment in said
    ]


def rows(bench: TableBench, partition: str) -> list[Entity]:
    """Return all rows but for the partition: journeys in two of them must end alike."""
    return [
        {name: value for name, value in row.items() if name != "PartitionKey"}
        for row in bench.rows(partition)
    ]


def undisturbed(bench: TableBench, said: Sequence[Said]) -> list[Entity]:
    partition = f"contoso.{uuid4().hex}"
    for body in messages(partition, said):
        Journey(bench).deliver(body)
    return rows(bench, partition)


@pytest.mark.parametrize(
    ("said", "touches"),
    list(zip(SCENARIOS.values(), (1, 2, 2, 1), strict=True)),
    ids=SCENARIOS.keys(),
)
def test_an_undisturbed_journey_records_each_event_once(
    tables: TableBench, said: list[Said], touches: int
) -> None:
    ended = undisturbed(tables, said)

    assert [row["Kind"] for row in ended] == ["lead", "recent"] + ["touch"] * touches
    assert ended[0]["TouchCount"] == touches


def test_a_late_arrival_ends_like_an_arrival_in_time(tables: TableBench) -> None:
    late = undisturbed(tables, [FIRST, MORE, EARLIER])

    in_time = undisturbed(tables, [EARLIER, FIRST, MORE])

    assert late == in_time


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("said", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_fault_at_any_request_leaves_the_same_table(
    tables: TableBench,
    faulty: TableServiceClient,
    transport: FaultyTransport,
    said: list[Said],
    fault: Fault,
) -> None:
    expected = undisturbed(tables, said)

    for n in rounds(transport, fault):
        partition = f"contoso.{uuid4().hex}"
        *before, last = messages(partition, said)
        for body in before:
            Journey(tables).deliver(body)
        Journey(TableBench(faulty)).deliver(last)
        Journey(tables).deliver(last)

        assert (n, rows(tables, partition)) == (n, expected)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_in_the_writer_lets_no_duplicate_pass(
    tables: TableBench, faulty: TableServiceClient, transport: FaultyTransport, fault: Fault
) -> None:
    expected = undisturbed(tables, [FIRST])

    for n in rounds(transport, fault):
        partition = f"contoso.{uuid4().hex}"
        first, again = messages(partition, [FIRST, AGAIN])
        Journey(tables).write(first)
        step = Journey(TableBench(faulty)).write(again)

        assert (n, step.outcome) == (n, Outcome.DUPLICATE)
        assert (n, rows(tables, partition)) == (n, expected)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_on_the_first_day_leaves_the_same_table(
    tables: TableBench, faulty: TableServiceClient, transport: FaultyTransport, fault: Fault
) -> None:
    expected = undisturbed(tables, [FIRST])

    for n in rounds(transport, fault):
        fresh, partition = tables.renamed(), f"contoso.{uuid4().hex}"
        Journey(replace(fresh, service=faulty)).deliver(*messages(partition, [FIRST]))

        assert (n, rows(fresh, partition)) == (n, expected)


@pytest.mark.parametrize("name", REPEATED)
def test_what_the_sdk_repeats_is_not_counted_twice(
    tables: TableBench, production: TableServiceClient, transport: FaultyTransport, name: str
) -> None:
    expected = undisturbed(tables, [FIRST, MORE])

    for n in rounds(transport, FAULTS[name]):
        partition = f"contoso.{uuid4().hex}"
        first, more = messages(partition, [FIRST, MORE])
        Journey(tables).deliver(first)
        Journey(TableBench(production)).deliver(more)

        assert (n, rows(tables, partition)) == (n, expected)
