"""What only a real table does to the LeadStore: it pages, and it may be missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leads.errors import CommitConflict
from leads.model import Identity, Person
from leads.store import LeadStore, StoredLead
from tests.contract.benches import TableBench
from tests.contract.factories import DAY, MS, NOON, at, identity, lead, touch


def test_more_touches_than_a_page_holds_are_all_read(tables: TableBench) -> None:
    of = identity()
    touches = [touch(of, received_at=at(minutes=minute)) for minute in range(1_100)]
    tables.put_touches(touches)

    read = list(tables.store.read_touches(of))

    assert [said.received_at for said in read] == [said.received_at for said in touches]


def test_more_sightings_than_a_page_holds_are_all_found(tables: TableBench) -> None:
    of = identity()
    touches = [touch(of, received_at=NOON + n * MS) for n in range(1_100)]
    tables.put_touches(touches)

    found = tables.store.find_touches(of, after=NOON - DAY, before=NOON + DAY)

    assert len(found) == len(touches)


@pytest.mark.parametrize(
    ("read", "nothing"),
    [
        pytest.param(lambda store, of: store.read_lead(of), None, id="read_lead"),
        pytest.param(lambda store, of: store.read_person(of.lead_key), Person(), id="read_person"),
        pytest.param(
            lambda store, of: store.find_touches(of, after=NOON - DAY, before=NOON),
            [],
            id="find_touches",
        ),
        pytest.param(lambda store, of: list(store.read_touches(of)), [], id="read_touches"),
    ],
)
def test_a_read_of_a_missing_table_finds_nothing_and_creates_it(
    fresh: TableBench, read: Callable[[LeadStore, Identity], object], nothing: object
) -> None:
    found = read(fresh.store, identity())

    assert found == nothing
    assert fresh.existing_tables() == ({fresh.privacy} if found == Person() else {fresh.leads})


def test_a_commit_to_a_missing_table_creates_it_and_asks_to_read_again(fresh: TableBench) -> None:
    first = touch(identity())

    with pytest.raises(CommitConflict):
        fresh.store.commit(first, lead(first), previous=None)
    fresh.store.commit(first, lead(first), previous=None)

    row = fresh.store.read_lead(first.identity)
    assert isinstance(row, StoredLead)
    assert row.lead == lead(first)
