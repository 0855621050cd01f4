"""Many writers at once on the real table."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from leads.errors import LeadConflict
from leads.model import DncPolicy, Lead, Touch
from leads.outcome import Outcome
from leads.recording import record
from leads.store import Backoff, LeadStore, Rules, StoredLead
from leads.tables import keys
from tests.contract.benches import TableBench
from tests.contract.factories import DAY, MS, NOON, at, identity, lead, touch
from tests.contract.threads import all_at_once

THREADS = 16
RULES = Rules(window=DAY, dnc=DncPolicy(margin=DAY))


def record_as_the_queue_does(touch: Touch, store: LeadStore) -> Outcome:
    """Record *touch*, however often it takes."""
    backoff = Backoff(sleep=time.sleep, random=random.random, clock=time.monotonic)
    while True:
        try:
            return record(touch, store=store, rules=RULES, backoff=backoff)
        except LeadConflict:
            continue


def race(touches: Sequence[Touch], store: LeadStore) -> list[Outcome]:
    return all_at_once([partial(record_as_the_queue_does, one, store) for one in touches])


def read(bench: TableBench, of: Touch) -> Lead:
    row = bench.store.read_lead(of.identity)
    assert isinstance(row, StoredLead)
    return row.lead


@pytest.mark.parametrize("first_day", [False, True], ids=["tables exist", "tables are missing"])
def test_one_event_posted_by_many_at_once_counts_once(
    tables: TableBench, fresh: TableBench, *, first_day: bool
) -> None:
    bench = fresh if first_day else tables
    of = identity()
    touches = [touch(of, received_at=NOON + n * MS) for n in range(THREADS)]

    outcomes = race(touches, bench.store)

    assert sorted(outcomes) == [Outcome.DUPLICATE] * (THREADS - 1) + [Outcome.RECORDED]
    assert read(bench, touches[0]).touch_count == 1
    assert len(bench.row_keys(of.partition)) == 3  # lead, recent and one touch


def test_one_delivery_worked_on_by_many_at_once_counts_once(tables: TableBench) -> None:
    one = touch(identity())

    outcomes = race([one] * THREADS, tables.store)

    assert sorted(outcomes) == [Outcome.RECORDED] + [Outcome.REDELIVERED] * (THREADS - 1)
    assert read(tables, one) == lead(one)
    assert len(tables.row_keys(one.identity.partition)) == 3


def test_touches_of_one_lead_recorded_at_once_all_count(tables: TableBench) -> None:
    of = identity()
    touches = [touch(of, said=f"{n}", received_at=at(minutes=n)) for n in range(THREADS)]

    outcomes = race(touches, tables.store)

    folded = lead(*touches)
    assert outcomes == [Outcome.RECORDED] * THREADS
    assert read(tables, touches[0]) == folded
    assert tables.row_keys(of.partition) == sorted(
        [keys.lead_row(of.lead_key), keys.recent_row(folded), *map(keys.touch_row, touches)]
    )


def test_new_leads_of_one_offer_do_not_hinder_one_another(tables: TableBench) -> None:
    of = identity()
    touches = [touch(replace(of, lead_key=f"e{n:032x}")) for n in range(THREADS)]

    outcomes = race(touches, tables.store)

    assert outcomes == [Outcome.RECORDED] * THREADS
    assert [read(tables, one).touch_count for one in touches] == [1] * THREADS


def test_many_connections_at_once_are_kept(
    tables: TableBench, caplog: pytest.LogCaptureFixture
) -> None:
    touches = [touch(identity()) for _ in range(THREADS)]

    race(touches, tables.store)

    assert "Connection pool is full" not in caplog.text
