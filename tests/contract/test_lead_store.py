"""The LeadStore protocol, on the in-memory store and on the real table alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest

from leads.errors import CommitConflict
from leads.fold import merge
from leads.model import Identity, Lead, Person, Touch
from leads.store import FencedLead, FenceKind, Sighting, StoredLead
from leads.tables import keys
from tests.contract.benches import Bench
from tests.contract.factories import DAY, MS, NOON, at, identity, lead, touch

LATER = at(hours=1)


def commit_first(bench: Bench, first: Touch) -> StoredLead:
    """Commit *first* as a new lead and return its row."""
    bench.store.commit(first, lead(first), previous=None)
    return stored(bench, first.identity)


def stored(bench: Bench, of: Identity) -> StoredLead:
    row = bench.store.read_lead(of)
    assert isinstance(row, StoredLead)
    return row


def rows_of(row: Lead, *touches: Touch) -> list[str]:
    """Return the RowKeys that a partition with one lead must have, and no others."""
    lead_row, recent_row = keys.lead_row(row.lead_key), keys.recent_row(row)
    return sorted([lead_row, recent_row, *map(keys.touch_row, touches)])


def test_a_lead_that_nobody_recorded_is_none(bench: Bench) -> None:
    assert bench.store.read_lead(identity()) is None


def test_a_person_without_a_row_has_no_wishes(bench: Bench) -> None:
    assert bench.store.read_person(uuid4().hex) == Person()


def test_a_lead_without_touches_has_none_to_find_or_read(bench: Bench) -> None:
    nobody = identity()

    found = bench.store.find_touches(nobody, after=NOON - DAY, before=NOON + DAY)
    read = list(bench.store.read_touches(nobody))

    assert (found, read) == ([], [])


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(Person(erased_at=NOON), id="erased"),
        pytest.param(Person(suppressed_at=NOON), id="suppressed"),
        pytest.param(Person(erased_at=NOON, suppressed_at=LATER + MS), id="both"),
    ],
)
def test_the_wishes_of_a_person_are_read(bench: Bench, person: Person) -> None:
    key = uuid4().hex
    bench.put_person(key, person)

    read = bench.store.read_person(key)

    assert read == person


def test_a_new_lead_is_read_as_it_was_committed(bench: Bench) -> None:
    first = touch(identity())

    row = commit_first(bench, first)

    assert row.lead == lead(first)
    assert bench.row_keys(first.identity.partition) == rows_of(lead(first), first)


def test_a_lead_is_replaced_and_its_recent_row_moves(bench: Bench) -> None:
    first = touch(identity())
    second = touch(first.identity, said="more", received_at=LATER)
    previous = commit_first(bench, first)

    merged = merge(previous.lead, second)
    bench.store.commit(second, merged, previous=previous)

    replaced = stored(bench, first.identity)
    assert replaced.lead == merged
    assert replaced.etag != previous.etag
    assert bench.row_keys(first.identity.partition) == rows_of(replaced.lead, first, second)


def test_a_late_arrival_leaves_the_recent_row_in_its_place(bench: Bench) -> None:
    first = touch(identity())
    earlier = touch(first.identity, said="before", received_at=at(hours=-1))
    previous = commit_first(bench, first)

    bench.store.commit(earlier, lead(earlier, first), previous=previous)

    both = lead(earlier, first)
    assert bench.row_keys(first.identity.partition) == rows_of(both, earlier, first)


def test_a_stale_etag_conflicts_and_changes_nothing(bench: Bench) -> None:
    first = touch(identity())
    stale = commit_first(bench, first)
    second = touch(first.identity, said="more", received_at=LATER)
    third = touch(first.identity, said="still more", received_at=LATER + MS)
    bench.store.commit(second, lead(first, second), previous=stale)
    before = bench.row_keys(first.identity.partition)

    with pytest.raises(CommitConflict):
        bench.store.commit(third, lead(first, third), previous=stale)

    assert stored(bench, first.identity).lead == lead(first, second)
    assert bench.row_keys(first.identity.partition) == before


def test_a_lead_that_exists_cannot_be_committed_as_new(bench: Bench) -> None:
    first = touch(identity())
    commit_first(bench, first)
    second = touch(first.identity, said="more", received_at=LATER)

    with pytest.raises(CommitConflict):
        bench.store.commit(second, lead(second), previous=None)

    assert stored(bench, first.identity).lead == lead(first)
    assert bench.row_keys(first.identity.partition) == rows_of(lead(first), first)


def test_a_touch_that_exists_conflicts_and_changes_nothing(bench: Bench) -> None:
    first = touch(identity())
    previous = commit_first(bench, first)
    twice = replace(lead(first), touch_count=2)

    with pytest.raises(CommitConflict):
        bench.store.commit(first, twice, previous=previous)

    assert stored(bench, first.identity) == previous
    assert bench.row_keys(first.identity.partition) == rows_of(lead(first), first)


def test_a_lead_that_vanished_conflicts_and_nothing_comes_back(bench: Bench) -> None:
    gone, first = identity(), touch(identity())
    previous = commit_first(bench, first)
    second = touch(gone, received_at=LATER)

    with pytest.raises(CommitConflict):
        bench.store.commit(second, lead(second), previous=previous)

    assert bench.row_keys(gone.partition) == []


def test_a_removed_recent_row_does_not_block_its_lead(bench: Bench) -> None:
    first = touch(identity())
    previous = commit_first(bench, first)
    bench.remove_recent(previous.lead)
    second = touch(first.identity, said="more", received_at=LATER)

    bench.store.commit(second, lead(first, second), previous=previous)

    assert bench.row_keys(first.identity.partition) == rows_of(lead(first, second), first, second)


def test_a_fenced_lead_says_so_and_its_etag_changed(bench: Bench) -> None:
    first = touch(identity())
    previous = commit_first(bench, first)
    second = touch(first.identity, said="more", received_at=LATER)
    bench.fence(first.identity)

    with pytest.raises(CommitConflict):
        bench.store.commit(second, lead(first, second), previous=previous)

    fenced = bench.store.read_lead(first.identity)
    assert isinstance(fenced, FencedLead)
    assert fenced.fence.kind is FenceKind.ERASING


@pytest.mark.parametrize(
    ("after", "before", "found"),
    [
        pytest.param(NOON - MS, NOON + MS, True, id="one millisecond around it"),
        pytest.param(NOON, NOON + MS, False, id="begins with it"),
        pytest.param(NOON - MS, NOON, False, id="ends with it"),
        pytest.param(NOON - MS / 2, NOON + MS / 2, True, id="half a millisecond around it"),
        pytest.param(NOON + MS / 2, NOON + MS, False, id="begins half a millisecond later"),
        pytest.param(NOON - MS, NOON - MS / 2, False, id="ends half a millisecond earlier"),
    ],
)
def test_the_window_is_open_at_both_ends(
    bench: Bench, after: datetime, before: datetime, *, found: bool
) -> None:
    first = touch(identity())
    commit_first(bench, first)

    sightings = bench.store.find_touches(first.identity, after=after, before=before)

    expected = Sighting(delivery_id=first.delivery_id, received_at=NOON)
    assert sightings == ([expected] if found else [])


def test_only_touches_of_this_lead_that_say_the_same_are_found(bench: Bench) -> None:
    first = touch(identity())
    of = first.identity
    commit_first(bench, first)
    other_lead = touch(replace(of, lead_key="e" + "1" * 32), received_at=NOON + MS)
    commit_first(bench, other_lead)
    other_offer = touch(replace(of, partition=identity().partition), received_at=NOON + MS)
    commit_first(bench, other_offer)
    other_words = touch(of, said="more", received_at=NOON + MS)
    bench.store.commit(other_words, lead(first, other_words), previous=stored(bench, of))

    sightings = bench.store.find_touches(of, after=NOON - DAY, before=NOON + DAY)

    assert [sighting.delivery_id for sighting in sightings] == [first.delivery_id]


def test_a_fold_reads_every_touch_and_no_payload(bench: Bench) -> None:
    first = touch(identity())
    second = touch(first.identity, said="more", received_at=LATER)
    previous = commit_first(bench, first)
    bench.store.commit(second, lead(first, second), previous=previous)

    read = list(bench.store.read_touches(first.identity))

    assert lead(*read) == lead(first, second)
    assert {said.payload for said in read} == {""}
