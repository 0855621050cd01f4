from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import LeadFenced, NewerFold, OfferMoved
from leads.model import FOLD_VERSION, Contact, LeadPlace, Person, Submission, Touch
from leads.outcome import Outcome
from leads.store import Fence, FenceKind, StoredLead
from leads.tables import keys
from leads.upkeep.erasing import erase_lead
from leads.upkeep.moving import Moved, move_lead, move_offer
from tests.memory import MemoryStore
from tests.unit.factories import ADA_KEY, HOUR, MS, START, put, store_with, tools, touch
from tests.unit.interleaving import (
    Turns,
    all_turns,
    assert_each_touch_is_told_once,
    at_each_call,
    attempt,
    both_ways,
    crash,
    crash_after_each_write,
    interleave,
)

A, B, C = "title~an-offer", "contoso.an-offer", "contoso.third"
NOW = START + 99 * HOUR


def said(name: str, partition: str, *, hours: int) -> Touch:
    contact = Contact(title=name, **{["company", "phone", "country"][hours % 3]: name})
    submission = Submission(action="INS", contact=contact, description=f"{name} in full")
    one = touch(name, after=hours * HOUR, partition=partition, submission=submission)
    return replace(one, payload=f"{name} as received")


A1, A2, A3 = (said(f"a{n}", A, hours=n) for n in (1, 3, 5))
B1, B2 = (said(f"b{n}", B, hours=n) for n in (2, 6))
NEW_A, NEW_B = said("new a", A, hours=7), said("new b", B, hours=8)
LATE_A = said("late a", A, hours=0)
AGAIN_A = replace(A1, delivery_id="again", received_at=A1.received_at + MS)
AGAIN_LAST = replace(A3, delivery_id="again", received_at=A3.received_at + MS)
AGAIN_B = replace(B1, delivery_id="again", received_at=B1.received_at + MS)

LEADS = {
    "nobody there yet": (A1, A2),
    "the person is there": (A1, B1, A2, B2),
    "in three batches": (A1, B1, A2, A3, LATE_A, NEW_A),
}
OF_LEADS = pytest.mark.parametrize("touches", LEADS.values(), ids=LEADS)


def place(partition: str) -> LeadPlace:
    return LeadPlace(partition=partition, lead_key=ADA_KEY)


def move(store: MemoryStore, *, here: str = A, to: str = B) -> Moved:
    return move_lead(place(here), tools(store), to=to, now=NOW)


def move_back(store: MemoryStore) -> Moved:
    return move(store, here=B, to=A)


def left(here: str = A, *, to: str = B) -> dict[str, object]:
    """Return the row that a move leaves behind."""
    return {f"lead {(here, ADA_KEY)}": Fence(kind=FenceKind.MOVED, since=NOW, to=to)}


def all_in(partition: str, *touches: Touch) -> dict[str, object]:
    """Return the rows of *touches*, had they been stamped with this offer."""
    return store_with(
        *(replace(one, identity=replace(one.identity, partition=partition)) for one in touches)
    ).rows()


def moved(*touches: Touch) -> dict[str, object]:
    """Return the rows after a move from A to B."""
    return all_in(B, *touches) | left()


@OF_LEADS
def test_everything_is_in_the_other_offer_and_the_row_says_where(
    touches: tuple[Touch, ...],
) -> None:
    of_another = touch("of somebody else", lead_key="e" + "b" * 32, partition=A)
    store = store_with(*touches, of_another)

    outcome = move(store)

    assert outcome is Moved.MOVED
    assert store.rows() == moved(*touches) | store_with(of_another).rows()


@OF_LEADS
def test_a_message_that_comes_again_with_the_old_stamp_changes_nothing(
    touches: tuple[Touch, ...],
) -> None:
    store = store_with(*touches)
    move(store)

    outcomes = [put(one, store) for one in touches]

    assert set(outcomes) == {Outcome.REDELIVERED}
    assert store.rows() == moved(*touches)


def test_the_same_event_with_the_old_stamp_is_a_duplicate() -> None:
    store = store_with(A1)
    move(store)

    assert put(AGAIN_A, store) is Outcome.DUPLICATE
    assert store.rows() == moved(A1)


@pytest.mark.parametrize("coming", [NEW_A, LATE_A, NEW_B], ids=["new", "late", "of the new offer"])
def test_what_comes_with_the_old_stamp_goes_to_the_other_offer(coming: Touch) -> None:
    store = store_with(A1, B1)
    move(store)

    assert put(coming, store) is Outcome.RECORDED
    assert store.rows() == moved(A1, B1, coming)


def test_a_second_move_finds_it_moved() -> None:
    store = store_with(A1, B1)
    move(store)
    rows = store.rows()

    assert move(store) is Moved.ALREADY
    assert store.rows() == rows


@pytest.mark.parametrize("touches", [(), (A1,)], ids=["no rows", "a lead row without touches"])
def test_without_touches_there_is_nothing_to_move(touches: tuple[Touch, ...]) -> None:
    store = store_with(*touches)
    store.touches.clear()
    rows = store.rows()

    assert move(store) is Moved.NOTHING
    assert store.rows() == rows


def test_the_wishes_of_the_person_stay() -> None:
    store = store_with(A1)
    store.persons[ADA_KEY] = Person(suppressed_at=START)

    move(store)

    assert store.told(place(B)).contact_status.value == "suppressed"


def in_three_offers() -> MemoryStore:
    store = store_with(A1, B1)
    move(store)
    move(store, here=B, to=C)
    return store


def test_messages_find_a_lead_that_was_moved_on() -> None:
    store = in_three_offers()

    outcomes = [put(one, store) for one in (A1, B1, NEW_A, NEW_B)]

    assert outcomes == [Outcome.REDELIVERED] * 2 + [Outcome.RECORDED] * 2
    assert store.rows() == all_in(C, A1, B1, NEW_A, NEW_B) | left() | left(B, to=C)


def test_a_lead_can_be_moved_back() -> None:
    store = store_with(A1, B1)
    move(store)
    put(NEW_A, store)

    outcome = move_back(store)

    assert outcome is Moved.MOVED
    assert store.rows() == all_in(A, A1, B1, NEW_A) | left(B, to=A)
    assert put(B1, store) is Outcome.REDELIVERED


def seen_later(store: MemoryStore) -> None:
    told = replace(store.told(place(A)), last_seen=NOW)
    store.leads[A, ADA_KEY] = StoredLead(lead=told, etag="edited")


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda store: store.leads.pop((A, ADA_KEY)), id="the lead row removed"),
        pytest.param(lambda store: store.make_unreadable(place(A)), id="unreadable"),
        pytest.param(seen_later, id="seen later than true"),
        pytest.param(lambda store: store.leads.pop((B, ADA_KEY)), id="the other row removed"),
        pytest.param(lambda store: store.make_unreadable(place(B)), id="the other unreadable"),
        pytest.param(lambda store: store.recent.clear(), id="the recent rows removed"),
    ],
)
def test_whatever_a_hand_did_the_touches_are_moved(edit: Callable[[MemoryStore], None]) -> None:
    store = store_with(A1, B1)
    edit(store)

    move(store)

    assert store.rows() == moved(A1, B1)


def test_a_whole_offer_moves_with_what_listed_it() -> None:
    other = touch("of somebody else", lead_key="e" + "b" * 32, partition=A)
    store = store_with(A1, other, B1)
    stray = replace(store.told(place(A)), last_seen=NOW)
    store.recent[A, keys.recent_row(stray)] = stray

    outcomes = dict(move_offer(A, tools(store), to=B, now=NOW))

    assert set(outcomes.values()) == {Moved.MOVED}
    assert {partition for partition, _ in (*store.recent, *store.touches)} == {B}
    assert set(dict(move_offer(A, tools(store), to=B, now=NOW)).values()) == {Moved.ALREADY}


# What must not be moved


def fenced(partition: str, kind: FenceKind, *, to: str = "") -> MemoryStore:
    store = store_with(A1, B1)
    fence = Fence(kind=kind, since=START, to=to)
    store.put_fence(place(partition), fence, replaced=store.read_lead(place(partition)))
    return store


@pytest.mark.parametrize(
    ("store", "error"),
    [
        pytest.param(fenced(A, FenceKind.ERASING), LeadFenced, id="being erased"),
        pytest.param(fenced(B, FenceKind.ERASING), LeadFenced, id="being erased there"),
        pytest.param(fenced(B, FenceKind.MOVING, to=C), LeadFenced, id="on its way from there"),
        pytest.param(fenced(A, FenceKind.MOVING, to=C), OfferMoved, id="on its way elsewhere"),
        pytest.param(fenced(B, FenceKind.MOVED, to=C), OfferMoved, id="moved on from there"),
    ],
)
def test_what_must_be_finished_first_is_left_alone(
    store: MemoryStore, error: type[Exception]
) -> None:
    rows = store.rows()

    with pytest.raises(error):
        move(store)

    assert store.rows() == rows


def test_an_offer_cannot_be_moved_to_itself() -> None:
    with pytest.raises(OfferMoved):
        move(store_with(A1), to=A)


@pytest.mark.parametrize("partition", [A, B])
def test_a_lead_of_newer_code_waits_for_newer_code(partition: str) -> None:
    store = store_with(A1, B1)
    told = replace(store.told(place(partition)), fold_version=FOLD_VERSION + 1)
    store.leads[partition, ADA_KEY] = StoredLead(lead=told, etag="newer")
    rows = store.rows()

    with pytest.raises(NewerFold):
        move(store)

    assert store.rows() == rows


def test_an_offer_goes_on_past_a_lead_that_must_wait() -> None:
    other = touch("of somebody else", lead_key="e" + "b" * 32, partition=A)
    store = store_with(A1, other)
    store.fence(place(A))

    outcomes = [outcome for _, outcome in move_offer(A, tools(store), to=B, now=NOW)]

    assert outcomes == [Moved.WAITING, Moved.MOVED]


# Broken off anywhere, begun again by anybody


@OF_LEADS
def test_a_crash_at_any_call_is_mended_by_the_next_run(touches: tuple[Touch, ...]) -> None:
    for store in at_each_call(move, crash, partial(store_with, *touches)):
        move(store)

        assert store.rows() == moved(*touches)


@OF_LEADS
def test_a_crash_after_any_write_is_mended_by_the_next_run(touches: tuple[Touch, ...]) -> None:
    for store in crash_after_each_write(move, partial(store_with, *touches)):
        assert_each_touch_is_told_once(store)
        move(store)

        assert store.rows() == moved(*touches)


def in_the_other_offer(*touches: Touch) -> MemoryStore:
    store = store_with(*touches)
    move(store)
    return store


@OF_LEADS
def test_a_crash_on_the_way_back_is_mended_by_the_next_run(touches: tuple[Touch, ...]) -> None:
    for store in crash_after_each_write(move_back, partial(in_the_other_offer, *touches)):
        assert_each_touch_is_told_once(store)
        move_back(store)

        assert store.rows() == all_in(A, *touches) | left(B, to=A)


def test_two_that_move_it_move_it_once() -> None:
    touches = A1, B1, A2, A3

    for turns in all_turns(16, 16):
        store = store_with(*touches)
        interleave(store, [move, move], turns)
        move(store)

        assert store.rows() == moved(*touches)


COMING = {
    "a redelivery": A1,
    "a redelivery of the other offer": B1,
    "a duplicate": AGAIN_A,
    "a duplicate of the last": AGAIN_LAST,
    "a duplicate of the other offer": AGAIN_B,
    "something new": NEW_A,
    "something new of the other offer": NEW_B,
    "something late": LATE_A,
}
OF_COMING = pytest.mark.parametrize("coming", COMING.values(), ids=COMING)


@OF_COMING
def test_what_comes_while_it_moves_counts_once(coming: Touch) -> None:
    expected = in_the_other_offer(A1, B1, A2, A3)
    put(coming, expected)

    for turns in all_turns(16, 6):
        store = store_with(A1, B1, A2, A3)
        interleave(store, [move, partial(put, coming)], turns)
        move(store)
        put(coming, store)

        assert store.rows() == expected.rows()


@OF_COMING
def test_what_comes_while_it_moves_back_counts_once(coming: Touch) -> None:
    expected = in_the_other_offer(A1, B1, A2, A3)
    put(coming, expected)
    move_back(expected)

    for turns in all_turns(18, 7):
        store = in_the_other_offer(A1, B1, A2, A3)
        interleave(store, [move_back, partial(put, coming)], turns)
        move_back(store)
        put(coming, store)

        assert store.rows() == expected.rows()


# Somebody whose machine slept goes on when all has changed


def moved_and_back(store: MemoryStore) -> None:
    move(store)
    move_back(store)
    put(NEW_A, store)


def test_who_goes_on_after_it_came_back_takes_nothing_away() -> None:
    endings = moved(A1, B1, A2, A3, NEW_A), all_in(A, A1, B1, A2, A3, NEW_A) | left(B, to=A)

    for store in at_each_call(move, moved_and_back, partial(store_with, A1, B1, A2, A3)):
        assert_each_touch_is_told_once(store)
        put(NEW_A, store)

        assert store.rows() in endings


def moved_on(store: MemoryStore) -> None:
    move(store)
    move(store, here=B, to=C)
    put(NEW_A, store)


def test_who_goes_on_after_it_was_moved_on_leaves_nothing_behind() -> None:
    for store in at_each_call(move, moved_on, partial(store_with, A1, B1, A2, A3)):
        moved_on(store)  # in the last round it was not moved on yet

        assert store.rows() == all_in(C, A1, B1, A2, A3, NEW_A) | left() | left(B, to=C)


@pytest.mark.parametrize("named", [B, C])
def test_who_was_broken_off_goes_on_to_where_the_other_offer_went(named: str) -> None:
    for store in crash_after_each_write(move, partial(store_with, A1, B1, A2, A3)):
        move(store, here=B, to=C)

        move(store, to=named)

        assert put(NEW_A, store) is Outcome.RECORDED
        assert_each_touch_is_told_once(store)
        assert {partition for partition, _ in store.touches} == {C}
        assert len(store.touches) == 5


def test_two_that_move_it_to_each_other_end_somewhere() -> None:
    touches = A1, A2, B1

    fences = 5  # calls, until a mover has its fence
    both_fenced: list[Turns] = [
        [(0, fences), (1, fences), (0, n), (1, m), (0, 1), (1, 1)]
        for n, m in product(range(1, 8), repeat=2)
    ]

    for turns in chain(both_ways(10, 10), both_fenced):
        store = store_with(*touches)
        interleave(store, [move, move_back], turns)
        attempt(move_back, store)
        move(store)
        put(NEW_A, store)

        assert store.rows() == moved(*touches, NEW_A)


# While the person is being erased

THROUGH = START + 4 * HOUR


def erase(store: MemoryStore) -> None:
    store.persons[ADA_KEY] = Person(erased_at=THROUGH)
    for partition in (A, B):
        erase_lead(place(partition), tools(store), through=THROUGH, now=NOW)


def test_of_a_person_who_is_erased_meanwhile_only_what_came_later_is_moved() -> None:
    for turns in both_ways(15, 14):
        store = store_with(A1, B1, A2, A3, B2)
        interleave(store, [move, erase], turns)
        erase(store)
        move(store)
        erase(store)

        assert store.rows() == moved(A3, B2)


def test_of_a_person_who_is_erased_whole_nothing_comes_back() -> None:
    for turns in both_ways(12, 12):
        store = store_with(A1, A2, B1)
        interleave(store, [move, erase], turns)
        erase(store)
        attempt(move, store)
        erase(store)

        assert store.rows() in ({}, left())
        put(NEW_A, store)


def test_a_lead_that_was_erased_on_its_way_back_leaves_no_circle() -> None:
    for turns in both_ways(12, 12):
        store = in_the_other_offer(A1, A2, B1)
        interleave(store, [move_back, erase], turns)
        erase(store)
        attempt(move_back, store)
        erase(store)

        assert put(NEW_A, store) is Outcome.RECORDED
        assert put(NEW_B, store) is Outcome.RECORDED
        assert len(store.touches) == 2


def test_what_comes_after_an_erasure_still_finds_its_way() -> None:
    store = in_the_other_offer(A1, A3)

    erase(store)

    assert put(A3, store) is Outcome.REDELIVERED
    assert store.rows() == moved(A3)


# All at once

turns = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 12)), max_size=10)


@given(turns)
def test_movers_writers_and_an_erasure_in_any_turns_lose_and_double_nothing(turns: Turns) -> None:
    store = store_with(A1, B1, A2, A3)
    writers = [partial(put, NEW_A), partial(put, AGAIN_A), partial(put, NEW_B)]

    interleave(store, [move, move, erase, *writers], turns)
    erase(store)
    move(store)
    erase(store)
    for one in (NEW_A, AGAIN_A, NEW_B):
        put(one, store)

    assert store.rows() == moved(A3, NEW_A, NEW_B)


@given(turns)
def test_movers_to_and_fro_and_writers_lose_and_double_nothing(turns: Turns) -> None:
    store = store_with(A1, B1, A2)
    writers = [partial(put, NEW_A), partial(put, AGAIN_A), partial(put, NEW_B)]

    interleave(store, [move, move_back, move, *writers], turns)
    attempt(move_back, store)
    move(store)
    for one in (NEW_A, AGAIN_A, NEW_B):
        put(one, store)

    assert store.rows() == moved(A1, B1, A2, NEW_A, NEW_B)
