"""The UpkeepStore protocol, on the in-memory store and on the real table alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from leads.errors import CommitConflict
from leads.model import Identity, Lead, LeadPlace, Located, Touch
from leads.store import Fence, FencedLead, FenceKind, LeadRow, StoredLead, UnreadableLead
from leads.tables import keys
from leads.upkeep.ports import LeadRows
from tests.contract.benches import Bench, MemoryBench, TableBench
from tests.contract.factories import MS, NOON, at, identity, lead, touch

LATER = at(hours=1)
ERASING = Fence(kind=FenceKind.ERASING, since=NOON, through=LATER)


def stored(bench: Bench, *touches: Touch) -> StoredLead:
    """Store a lead that was made by *touches* and return its row."""
    place = touches[0].identity
    for number, one in enumerate(touches, start=1):
        previous = bench.store.read_lead(place)
        assert previous is None or isinstance(previous, StoredLead)
        bench.store.commit(one, lead(*touches[:number]), previous=previous)
    return told(bench, place)


def told(bench: Bench, place: Located) -> StoredLead:
    row = bench.store.read_lead(place)
    assert isinstance(row, StoredLead)
    return row


def some_touches(number: int = 2, *, of: Identity | None = None) -> list[Touch]:
    of = of or identity()
    return [touch(of, said=f"{n}", received_at=at(hours=n)) for n in range(number)]


def place_of(one: Touch) -> LeadPlace:
    return LeadPlace(partition=one.identity.partition, lead_key=one.identity.lead_key)


def elsewhere(place: Located) -> LeadPlace:
    return LeadPlace(partition=f"contoso.{uuid4().hex}", lead_key=place.lead_key)


def at_place(one: Touch, place: LeadPlace) -> Touch:
    return replace(one, identity=replace(one.identity, partition=place.partition))


def strays_of(row: Lead, number: int) -> list[Lead]:
    return [replace(row, last_seen=NOON - n * timedelta(hours=1)) for n in range(1, number + 1)]


def without_long_texts(touches: list[Touch]) -> list[Touch]:
    said = [replace(one.submission, description="") for one in touches]
    return [replace(t, payload="", submission=s) for t, s in zip(touches, said, strict=True)]


# What is there


@pytest.fixture(params=["memory", "azurite"])
def empty_bench(request: pytest.FixtureRequest) -> Bench:
    """A bench that holds nothing that this test did not put there."""
    if request.param == "memory":
        return MemoryBench()
    real: TableBench = request.getfixturevalue("fresh")
    real.service.create_table_if_not_exists(real.leads)
    return real


def test_an_empty_table_has_no_offers(empty_bench: Bench) -> None:
    assert list(empty_bench.store.offers()) == []


def test_every_offer_that_has_any_row_is_named_once_in_order(empty_bench: Bench) -> None:
    first, second, third = sorted((touch(identity()) for _ in range(3)), key=partition_of)
    stored(empty_bench, first)
    stored(empty_bench, third)
    empty_bench.put_recent(lead(second))

    offers = list(empty_bench.store.offers())

    assert offers == [partition_of(one) for one in (first, second, third)]


def partition_of(one: Touch) -> str:
    return one.identity.partition


def test_a_survey_puts_the_rows_of_each_lead_side_by_side(bench: Bench) -> None:
    of = identity()
    ours = some_touches(of=of)
    theirs = some_touches(1, of=replace(of, lead_key="e" + "1" * 32))
    rows = [stored(bench, *ours), stored(bench, *theirs)]

    surveyed = list(bench.store.survey(of.partition))

    assert [(rows.place, rows.touches) for rows in surveyed] == [
        (place_of(ours[0]), without_long_texts(ours)),
        (place_of(theirs[0]), without_long_texts(theirs)),
    ]
    assert [leads_of(one) for one in surveyed] == [row.lead for row in rows]
    assert [one.recents for one in surveyed] == [[bench.store.recent_of(row.lead)] for row in rows]


def leads_of(rows: LeadRows) -> Lead | None:
    return rows.row.lead if isinstance(rows.row, StoredLead) else None


def test_a_survey_shows_what_hands_left_of_a_lead(bench: Bench) -> None:
    of = identity()
    of_others = [replace(of, lead_key=f"e{n:032d}") for n in range(1, 4)]
    no_row, fenced, no_touch = (touch(other) for other in of_others)
    listed = lead(touch(replace(of, lead_key="e" + "0" * 32)))
    bench.put_recent(listed)
    stored(bench, no_row)
    bench.remove_lead_row(no_row.identity)
    bench.store.put_fence(fenced.identity, ERASING, replaced=stored(bench, fenced))
    stored(bench, no_touch)
    bench.remove_touch(no_touch)

    surveyed = list(bench.store.survey(of.partition))

    assert [(rows.place.lead_key, kind_of(rows.row), len(rows.touches)) for rows in surveyed] == [
        (no_row.identity.lead_key, "none", 1),
        (fenced.identity.lead_key, "FencedLead", 1),
        (no_touch.identity.lead_key, "StoredLead", 0),
        (listed.lead_key, "none", 0),
    ]
    assert [len(rows.recents) for rows in surveyed] == [1, 1, 1, 1]


def kind_of(row: LeadRow | None) -> str:
    return type(row).__name__ if row else "none"


def test_a_survey_of_an_offer_without_rows_is_empty(bench: Bench) -> None:
    assert list(bench.store.survey(identity().partition)) == []


def test_the_rows_that_list_a_lead_are_found_stray_ones_too(bench: Bench) -> None:
    first = touch(identity())
    row = stored(bench, first).lead
    other = stored(bench, touch(replace(first.identity, lead_key="e" + "1" * 32))).lead
    stray, *_ = strays_of(row, 1)
    bench.put_recent(stray)

    found = bench.store.find_recents(first.identity)

    assert found == [bench.store.recent_of(row), bench.store.recent_of(stray)]
    assert bench.store.recent_of(other) not in found


def test_a_row_that_lists_something_else_is_told_from_the_right_one(bench: Bench) -> None:
    first = touch(identity())
    row = stored(bench, first).lead
    bench.edit_recent(row)

    found, *_ = bench.store.find_recents(first.identity)

    assert found.row_key == bench.store.recent_of(row).row_key
    assert found != bench.store.recent_of(row)


def test_the_times_of_touches_are_told(bench: Bench) -> None:
    first, second = some_touches()
    stored(bench, first, second)
    stored(bench, touch(replace(first.identity, lead_key="e" + "1" * 32), received_at=at(days=1)))

    times = bench.store.touch_times(first.identity)

    assert times == [first.received_at, second.received_at]
    assert bench.store.touch_times(identity()) == []


# put_lead


@pytest.mark.parametrize("strays", [0, 2, 120])
def test_a_lead_is_put_and_strays_go(bench: Bench, strays: int) -> None:
    touches = some_touches()
    row = stored(bench, *touches)
    listed = strays_of(row.lead, strays)
    bench.put_recent(*listed)
    better = replace(row.lead, campaign="better")

    bench.store.put_lead(better, replaced=row, strays=[keys.recent_row(one) for one in listed])

    assert told(bench, touches[0].identity).lead == better
    assert bench.store.find_recents(better) == [bench.store.recent_of(better)]
    assert bench.touches(better.partition) == touches


def test_a_lead_is_put_where_its_row_was_removed(bench: Bench) -> None:
    first = touch(identity())
    row = stored(bench, first)
    bench.remove_lead_row(first.identity)

    bench.store.put_lead(row.lead, replaced=None)

    assert told(bench, first.identity).lead == row.lead


def test_strays_that_are_gone_already_or_the_row_itself_do_no_harm(bench: Bench) -> None:
    row = stored(bench, touch(identity()))
    itself = keys.recent_row(row.lead)
    gone = [keys.recent_row(one) for one in strays_of(row.lead, 2)]

    bench.store.put_lead(row.lead, replaced=row, strays=[*gone, itself])

    assert bench.store.find_recents(row.lead) == [bench.store.recent_of(row.lead)]


def changed(bench: Bench, touches: list[Touch]) -> StoredLead:
    """Return a lead row as it was before a touch came."""
    stale = stored(bench, *touches[:1])
    bench.store.commit(touches[1], lead(*touches), previous=stale)
    return stale


@pytest.mark.parametrize("new", [False, True], ids=["changed", "exists"])
def test_a_lead_that_is_not_as_it_was_read_is_not_put(bench: Bench, *, new: bool) -> None:
    touches = some_touches()
    stale = changed(bench, touches)
    rows = bench.row_keys(stale.lead.partition)

    with pytest.raises(CommitConflict):
        bench.store.put_lead(stale.lead, replaced=None if new else stale)

    assert told(bench, stale.lead).lead == lead(*touches)
    assert bench.row_keys(stale.lead.partition) == rows


# put_fence


@pytest.mark.parametrize(
    "fence",
    [
        pytest.param(ERASING, id="erasing"),
        pytest.param(Fence(kind=FenceKind.ERASING, since=NOON), id="without a time"),
        pytest.param(Fence(kind=FenceKind.MOVING, since=NOON, to="contoso.other"), id="moving"),
        pytest.param(Fence(kind=FenceKind.MOVED, since=LATER, to="contoso.other"), id="moved"),
        pytest.param(
            Fence(kind=FenceKind.ERASING, since=NOON + timedelta(microseconds=7), through=NOON),
            id="microseconds",
        ),
    ],
)
def test_a_fence_is_read_as_it_was_put_and_stands_alone(bench: Bench, fence: Fence) -> None:
    first = touch(identity())
    row = stored(bench, first)

    fenced = bench.store.put_fence(
        first.identity, fence, replaced=row, strays=[keys.recent_row(row.lead)]
    )

    assert bench.store.read_lead(first.identity) == fenced
    assert fenced.fence == fence
    assert bench.row_keys(partition_of(first)) == [
        keys.lead_row(first.identity.lead_key),
        keys.touch_row(first),
    ]


def test_a_fence_is_put_where_there_is_no_row(bench: Bench) -> None:
    nobody = identity()

    fenced = bench.store.put_fence(nobody, ERASING, replaced=None)

    assert bench.store.read_lead(nobody) == fenced


def test_a_fence_takes_more_strays_than_a_transaction_holds(bench: Bench) -> None:
    row = stored(bench, touch(identity()))
    listed = [row.lead, *strays_of(row.lead, 120)]
    bench.put_recent(*listed)
    strays = [keys.recent_row(one) for one in listed]

    bench.store.put_fence(row.lead, ERASING, replaced=row, strays=strays)

    assert bench.store.find_recents(row.lead) == []


@pytest.mark.parametrize("new", [False, True], ids=["changed", "exists"])
def test_a_lead_that_is_not_as_it_was_read_is_not_fenced(bench: Bench, *, new: bool) -> None:
    touches = some_touches()
    stale = changed(bench, touches)

    with pytest.raises(CommitConflict):
        bench.store.put_fence(
            stale.lead,
            ERASING,
            replaced=None if new else stale,
            strays=[keys.recent_row(lead(*touches))],
        )

    assert told(bench, stale.lead).lead == lead(*touches)
    assert len(bench.store.find_recents(stale.lead)) == 1


def test_a_lead_takes_the_place_of_a_fence(bench: Bench) -> None:
    first = touch(identity())
    fenced = bench.store.put_fence(first.identity, ERASING, replaced=stored(bench, first))

    bench.store.put_lead(lead(first), replaced=fenced)

    assert told(bench, first.identity).lead == lead(first)


# What goes


def test_a_lead_row_is_removed_alone(bench: Bench) -> None:
    first = touch(identity())
    row = stored(bench, first)

    bench.store.remove_lead(first.identity, replaced=row)

    assert bench.store.read_lead(first.identity) is None
    assert bench.touches(partition_of(first)) == [first]


def test_a_lead_that_changed_or_is_gone_is_not_removed(bench: Bench) -> None:
    touches = some_touches()
    stale = changed(bench, touches)

    with pytest.raises(CommitConflict):
        bench.store.remove_lead(stale.lead, replaced=stale)

    bench.store.remove_lead(stale.lead, replaced=told(bench, stale.lead))
    with pytest.raises(CommitConflict):
        bench.store.remove_lead(stale.lead, replaced=stale)


@pytest.mark.parametrize("number", [0, 1, 120])
def test_recent_rows_are_removed_though_some_are_gone(bench: Bench, number: int) -> None:
    row = lead(touch(identity()))
    listed = strays_of(row, number)
    bench.put_recent(*listed[1:])

    bench.store.remove_recents(row, [keys.recent_row(one) for one in listed])

    assert bench.row_keys(row.partition) == []


@pytest.mark.parametrize(
    ("through", "left"),
    [
        pytest.param(None, 0, id="all"),
        pytest.param(LATER, 0, id="until the last"),
        pytest.param(LATER - MS, 1, id="until just before the last"),
        pytest.param(NOON, 1, id="until the first"),
        pytest.param(NOON - MS, 2, id="until just before the first"),
    ],
)
def test_touches_are_removed_as_far_as_told(
    bench: Bench, through: datetime | None, left: int
) -> None:
    touches = some_touches()
    of_another = touch(replace(touches[0].identity, lead_key="e" + "1" * 32))
    stored(bench, of_another)
    fenced = bench.store.put_fence(touches[0].identity, ERASING, replaced=stored(bench, *touches))

    still = bench.store.remove_touches(touches[0].identity, fenced=fenced, through=through)

    assert bench.touches(partition_of(of_another)) == [*touches[2 - left :], of_another]
    assert bench.store.read_lead(touches[0].identity) == still
    assert still.fence == ERASING


def test_no_touch_is_removed_once_the_fence_is_not_as_it_was(bench: Bench) -> None:
    touches = some_touches()
    stale = bench.store.put_fence(touches[0].identity, ERASING, replaced=stored(bench, *touches))
    bench.store.put_lead(lead(*touches), replaced=stale)

    with pytest.raises(CommitConflict):
        bench.store.remove_touches(touches[0].identity, fenced=stale)

    assert bench.touches(partition_of(touches[0])) == touches
    assert told(bench, touches[0].identity).lead == lead(*touches)


# copy_touches


def test_touches_are_copied_with_all_that_they_say_and_their_lead_tells_of_them(
    bench: Bench,
) -> None:
    touches = some_touches()
    stored(bench, *touches)
    to = elsewhere(touches[0].identity)
    there = [at_place(one, to) for one in touches]
    some = list(bench.store.read_touches(touches[0].identity))

    row = bench.store.copy_touches(some, to=to, told=lead(*there), replaced=None)

    assert bench.touches(to.partition) == there
    assert bench.store.read_lead(to) == row
    assert told(bench, to).lead == lead(*there)
    assert bench.store.find_recents(to) == [bench.store.recent_of(lead(*there))]
    assert bench.touches(partition_of(touches[0])) == touches


def test_touches_join_those_that_are_there(bench: Bench) -> None:
    first, second, third = some_touches(3)
    stored(bench, first, third)
    to = elsewhere(first.identity)
    row = stored(bench, at_place(second, to))
    both = [at_place(one, to) for one in (first, second)]

    joined = bench.store.copy_touches([first], to=to, told=lead(*both), replaced=row)

    assert bench.touches(to.partition) == both
    assert bench.store.read_lead(to) == joined
    assert bench.store.find_recents(to) == [bench.store.recent_of(lead(*both))]


def test_a_fence_may_stay_while_touches_come(bench: Bench) -> None:
    first = touch(identity())
    stored(bench, first)
    to = elsewhere(first.identity)
    moved = Fence(kind=FenceKind.MOVED, since=NOON, to=partition_of(first))
    fenced = bench.store.put_fence(to, moved, replaced=None)

    still = bench.store.copy_touches([first], to=to, told=moved, replaced=fenced)

    assert bench.touches(to.partition) == [at_place(first, to)]
    assert bench.store.read_lead(to) == still
    assert isinstance(still, FencedLead)
    assert (still.fence, still.etag == fenced.etag) == (moved, False)


def test_no_touch_may_be_needed_for_the_lead_to_tell(bench: Bench) -> None:
    first = touch(identity())
    moved = Fence(kind=FenceKind.MOVED, since=NOON, to="contoso.other")
    fenced = bench.store.put_fence(first.identity, moved, replaced=stored(bench, first))

    bench.store.copy_touches([], to=first.identity, told=lead(first), replaced=fenced)

    assert told(bench, first.identity).lead == lead(first)


def test_nothing_is_copied_where_the_row_is_not_as_it_was(bench: Bench) -> None:
    first = touch(identity())
    stored(bench, first)
    to = elsewhere(first.identity)
    touches = [at_place(one, to) for one in some_touches()]
    stale = changed(bench, touches)

    for replaced in (stale, None):
        with pytest.raises(CommitConflict):
            bench.store.copy_touches([first], to=to, told=lead(*touches), replaced=replaced)

    assert bench.touches(to.partition) == touches


@pytest.mark.parametrize("why", ["it went away", "it is there"])
def test_nothing_is_copied_where_a_touch_cannot_be(bench: Bench, why: str) -> None:
    first, second = some_touches()
    stored(bench, first, second)
    to = elsewhere(first.identity)
    there = stored(bench, at_place(first if why == "it is there" else touch(identity()), to))
    if why == "it went away":
        bench.remove_touch(first)
    rows = bench.row_keys(to.partition)

    with pytest.raises(CommitConflict):
        bench.store.copy_touches([first, second], to=to, told=there.lead, replaced=there)

    assert bench.store.read_lead(to) == there
    assert bench.row_keys(to.partition) == rows


def test_an_unreadable_row_is_replaced_like_any_other(tables: TableBench) -> None:
    first = touch(identity())
    stored(tables, first)
    place = {"PartitionKey": partition_of(first), "RowKey": keys.lead_row(first.identity.lead_key)}
    tables.service.get_table_client(tables.leads).update_entity(place | {"Stage": "won"})
    row = tables.store.read_lead(first.identity)
    assert isinstance(row, UnreadableLead)

    fenced = tables.store.put_fence(first.identity, ERASING, replaced=row)

    assert tables.store.read_lead(first.identity) == fenced
