from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import NewerFold
from leads.model import FOLD_VERSION, Contact, ContactStatus, Person, Submission, Touch
from leads.store import Fence, FencedLead, FenceKind, StoredLead
from leads.tables import keys
from leads.tables.fences import fence_to_entity
from leads.upkeep.erasing import erase_lead, retire_lead
from leads.upkeep.rebuilding import Rebuilt, rebuild_offer
from tests.memory import MemoryStore
from tests.unit.factories import (
    ADA_KEY,
    HOUR,
    MS,
    PARTITION,
    START,
    identity,
    put,
    saying,
    store_with,
    tools,
    touch,
)
from tests.unit.interleaving import (
    Crash,
    Turns,
    all_turns,
    at_each_call,
    attempt,
    both_ways,
    crash,
    crash_after_each_write,
    interleave,
)

THROUGH = START + HOUR
NOW = START + 99 * HOUR
OLD = saying(Contact(first_name="Ada"))
AT_THE_MOMENT = saying(Contact(company="Contoso"), after=HOUR)
NEW = saying(Contact(title="Countess"), after=HOUR + MS)
NEWER = saying(Contact(country="GB"), after=2 * HOUR)
COMING_LATE = touch("late", after=HOUR - MS)
COMING_NEW = touch("new", after=3 * HOUR)
OF_ANOTHER = touch("of somebody else", lead_key="e" + "b" * 32)

LEADS = {
    "all of it": (OLD, AT_THE_MOMENT),
    "some of it": (OLD, AT_THE_MOMENT, NEW, NEWER),
    "nothing of it": (NEW, NEWER),
}


def erase(store: MemoryStore, *, through: datetime = THROUGH) -> bool:
    return erase_lead(identity(), tools(store), through=through, now=NOW)


def asking(*touches: Touch) -> MemoryStore:
    """Return a store with a lead of a person who asked to be erased."""
    store = store_with(*touches)
    store.persons[ADA_KEY] = Person(erased_at=THROUGH)
    return store


def kept(*touches: Touch) -> dict[str, object]:
    """Return the rows of those *touches* that came later."""
    return store_with(*(touch for touch in touches if touch.received_at > THROUGH)).rows()


@pytest.mark.parametrize("touches", LEADS.values(), ids=LEADS)
def test_what_was_received_until_then_goes_and_the_rest_is_a_lead_of_its_own(
    touches: tuple[Touch, ...],
) -> None:
    store = asking(*touches, OF_ANOTHER)

    erased = erase(store)

    assert erased == (touches[0] is OLD)
    assert store.rows() == kept(*touches) | store_with(OF_ANOTHER).rows()


@pytest.mark.parametrize("touches", LEADS.values(), ids=LEADS)
def test_the_second_run_finds_nothing(touches: tuple[Touch, ...]) -> None:
    store = asking(*touches)
    erase(store)
    rows = store.rows()

    assert erase(store) is False
    assert store.rows() == rows


def test_a_lead_that_is_not_there_is_no_error() -> None:
    assert erase(MemoryStore()) is False


def test_what_stays_keeps_the_wishes_of_the_person() -> None:
    store = store_with(OLD, NEW)
    store.persons[ADA_KEY] = Person(erased_at=THROUGH, suppressed_at=THROUGH)

    erase(store)

    assert store.told(identity()).contact_status is ContactStatus.SUPPRESSED


def test_while_it_is_erased_nothing_personal_stands_in_the_row() -> None:
    store = asking(OLD, NEW)
    store.after = crash
    with pytest.raises(Crash):
        erase(store)

    fenced = store.leads[PARTITION, ADA_KEY]

    assert isinstance(fenced, FencedLead)
    assert set(fence_to_entity(identity(), fenced.fence)) == {
        "PartitionKey",
        "RowKey",
        "Kind",
        "LeadKey",
        "Since",
        "Through",
    }
    assert store.recent == {}


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda store: store.leads.clear(), id="the lead row removed"),
        pytest.param(lambda store: store.make_unreadable(identity()), id="unreadable"),
        pytest.param(lambda store: seen_at(store, START - HOUR), id="seen earlier than true"),
        pytest.param(lambda store: seen_at(store, NOW), id="first seen later than true"),
        pytest.param(lambda store: store.touches.clear(), id="the touches removed"),
        pytest.param(lambda store: store.recent.clear(), id="the recent row removed"),
    ],
)
def test_whatever_a_hand_did_nothing_is_left(edit: Callable[[MemoryStore], None]) -> None:
    store = asking(OLD, AT_THE_MOMENT)
    edit(store)

    assert erase(store) is True
    assert store.rows() == {}


def seen_at(store: MemoryStore, moment: datetime) -> None:
    told = replace(store.told(identity()), first_seen=moment, last_seen=moment)
    store.leads[PARTITION, ADA_KEY] = StoredLead(lead=told, etag="edited")


@pytest.mark.parametrize("touches", [*LEADS.values(), ()], ids=[*LEADS, "nothing at all"])
def test_rows_that_are_found_to_list_it_go_too(touches: tuple[Touch, ...]) -> None:
    store = asking(*touches)
    old = store_with(OLD).told(identity())
    for n in range(120):
        stray = replace(old, last_seen=START - n * HOUR)
        store.recent[PARTITION, keys.recent_row(stray)] = stray
    found = [recent.row_key for recent in store.find_recents(identity())]

    erased = erase_lead(identity(), tools(store), through=THROUGH, now=NOW, strays=found)

    assert erased is True
    assert store.rows() == kept(*touches)


def test_strays_of_newer_code_s_lead_wait_for_newer_code() -> None:
    store = asking(NEW)
    told = replace(store.told(identity()), fold_version=FOLD_VERSION + 1)
    store.leads[PARTITION, ADA_KEY] = StoredLead(lead=told, etag="newer")

    with pytest.raises(NewerFold):
        erase_lead(identity(), tools(store), through=THROUGH, now=NOW, strays=["recent|1|x"])

    assert store.told(identity()) == told


@pytest.mark.parametrize(
    ("touches", "rows"), [((OLD,), {}), ((OLD, NEW), None)], ids=["all of it", "some of it"]
)
def test_a_lead_of_newer_code_goes_whole_or_waits(
    touches: tuple[Touch, ...], rows: dict[str, object] | None
) -> None:
    store = asking(*touches)
    told = replace(store.told(identity()), fold_version=FOLD_VERSION + 1)
    store.leads[PARTITION, ADA_KEY] = StoredLead(lead=told, etag="newer")
    before = store.rows()

    attempt(erase, store)

    assert store.rows() == (before if rows is None else rows)


# Broken off anywhere, begun again by anybody


@pytest.mark.parametrize("touches", LEADS.values(), ids=LEADS)
def test_a_crash_before_any_call_is_mended_by_the_next_run(touches: tuple[Touch, ...]) -> None:
    for store in at_each_call(erase, crash, partial(asking, *touches)):
        erase(store)

        assert store.rows() == kept(*touches)


@pytest.mark.parametrize("touches", LEADS.values(), ids=LEADS)
def test_a_crash_after_any_write_is_mended_by_the_next_run(touches: tuple[Touch, ...]) -> None:
    for store in crash_after_each_write(erase, partial(asking, *touches)):
        erase(store)

        assert store.rows() == kept(*touches)


@pytest.mark.parametrize("later", [0 * HOUR, HOUR], ids=["of the same wish", "of a later one"])
def test_two_erasures_end_like_the_later_one(later: timedelta) -> None:
    touches = LEADS["some of it"]
    expected = store_with(*(t for t in touches if t.received_at > THROUGH + later)).rows()

    for turns in all_turns(9, 9):
        store = asking(*touches)
        interleave(store, [erase, partial(erase, through=THROUGH + later)], turns)
        erase(store, through=THROUGH + later)  # one of them may have given up

        assert store.rows() == expected


def test_an_erasure_that_was_broken_off_is_finished_as_far_as_it_was_to_go() -> None:
    later = partial(erase, through=NEW.received_at)
    fenced = next(islice(crash_after_each_write(later, partial(asking, OLD, NEW, NEWER)), 1))

    erase(fenced)

    assert fenced.rows() == kept(NEWER)


def ask_and_erase(store: MemoryStore) -> None:
    store.persons[ADA_KEY] = Person(erased_at=THROUGH)
    erase(store)


@pytest.mark.parametrize("coming", [COMING_LATE, OLD], ids=["late", "again"])
@pytest.mark.parametrize("touches", [(OLD, NEW), ()], ids=["a lead", "nothing"])
def test_an_old_touch_that_is_written_meanwhile_is_gone_after_the_next_run(
    touches: tuple[Touch, ...], coming: Touch
) -> None:
    for turns in both_ways(9, 6):
        store = store_with(*touches)
        interleave(store, [ask_and_erase, partial(put, coming)], turns)
        attempt(partial(put, coming), store)
        erase(store)

        assert store.rows() == kept(*touches)


@pytest.mark.parametrize("coming", [COMING_NEW, NEW], ids=["new", "again"])
@pytest.mark.parametrize("touches", [(OLD, NEW), (OLD,), ()], ids=["a lead", "old", "nothing"])
def test_a_new_touch_that_is_written_meanwhile_is_never_lost(
    touches: tuple[Touch, ...], coming: Touch
) -> None:
    expected = kept(*touches, coming)

    for turns in both_ways(9, 6):
        store = store_with(*touches)
        interleave(store, [ask_and_erase, partial(put, coming)], turns)
        put(coming, store)  # as the queue does where it was not written

        assert store.rows() == expected


turns = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=8)


@given(turns)
def test_two_erasures_and_two_writers_in_any_turns_lose_nothing(turns: Turns) -> None:
    store = store_with(OLD, AT_THE_MOMENT, NEW)
    writers = [partial(put, COMING_LATE), partial(put, COMING_NEW)]

    interleave(store, [ask_and_erase, erase, *writers], turns)
    erase(store)
    put(COMING_NEW, store)

    assert store.rows() == kept(NEW, COMING_NEW)


def test_a_rebuild_meanwhile_brings_nothing_back() -> None:
    for turns in both_ways(9, 6):
        store = asking(OLD, NEW)
        store.recent.clear()
        interleave(store, [erase, rebuild], turns)
        rebuild(store)

        assert store.rows() == kept(OLD, NEW)


def rebuild(store: MemoryStore) -> list[Rebuilt]:
    return [outcome for _, outcome in rebuild_offer(PARTITION, tools(store))]


# Where the row says that the lead goes elsewhere, or went


@pytest.mark.parametrize("kind", [FenceKind.MOVING, FenceKind.MOVED])
def test_a_row_that_says_where_the_lead_goes_stays(kind: FenceKind) -> None:
    store = asking(OLD, NEW)
    fence = Fence(kind=kind, since=START, to="contoso.other")
    store.put_fence(identity(), fence, replaced=store.read_lead(identity()))

    erased, again = erase(store), erase(store)

    assert (erased, again) == (True, False)
    assert [touch.received_at for touch in store.touches.values()] == [NEW.received_at]
    assert told_by(store) == fence


def told_by(store: MemoryStore) -> Fence:
    row = store.leads[PARTITION, ADA_KEY]
    assert isinstance(row, FencedLead)
    return row.fence


# Retention

BEFORE = START + 50 * HOUR
SPEAKS_AGAIN = touch("I am back", after=60 * HOUR)
TEST = touch("trying it", after=60 * HOUR, submission=Submission(action="INS", is_test=True))


def retire(store: MemoryStore, *, before: datetime = BEFORE) -> bool:
    return retire_lead(identity(), tools(store), before=before, now=NOW)


def test_a_lead_that_was_silent_goes_with_its_history() -> None:
    store = store_with(OLD, NEW, OF_ANOTHER)

    assert retire(store) is True
    assert store.rows() == store_with(OF_ANOTHER).rows()
    assert retire(store) is False


@pytest.mark.parametrize(("gap", "retired"), [(0 * MS, False), (MS, True)])
def test_a_lead_goes_when_it_was_last_seen_before_that_moment(
    gap: timedelta, *, retired: bool
) -> None:
    store = store_with(OLD, NEW)

    assert retire(store, before=NEW.received_at + gap) is retired


def test_a_lead_that_spoke_again_keeps_its_whole_history() -> None:
    store = store_with(OLD, SPEAKS_AGAIN)
    rows = store.rows()

    assert retire(store) is False
    assert store.rows() == rows


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda store: store.leads.clear(), id="the lead row removed"),
        pytest.param(lambda store: store.make_unreadable(identity()), id="unreadable"),
        pytest.param(lambda store: seen_at(store, START), id="seen earlier than true"),
        pytest.param(lambda store: seen_at(store, NOW), id="seen later than true"),
    ],
)
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "spoke again"])
def test_the_touches_decide_whether_a_lead_was_silent(
    edit: Callable[[MemoryStore], None], *, silent: bool
) -> None:
    store = store_with(OLD) if silent else store_with(OLD, SPEAKS_AGAIN)
    edit(store)
    rows = store.rows()

    assert retire(store) is silent
    assert store.rows() == ({} if silent else rows)


def test_a_test_touch_is_no_sign_of_life() -> None:
    store = store_with(OLD, TEST)

    assert retire(store) is True
    assert store.rows() == store_with(TEST).rows()


def test_a_lead_that_speaks_at_any_moment_keeps_all_or_begins_anew() -> None:
    whole, anew = store_with(OLD, NEW, SPEAKS_AGAIN).rows(), store_with(SPEAKS_AGAIN).rows()
    endings = []

    for turns in both_ways(9, 6):
        store = store_with(OLD, NEW)
        interleave(store, [retire, partial(put, SPEAKS_AGAIN)], turns)
        put(SPEAKS_AGAIN, store)
        endings.append(store.rows())

    assert all(rows in (whole, anew) for rows in endings)
    assert whole in endings
    assert anew in endings


def test_a_lead_that_speaks_before_the_fence_stands_keeps_all() -> None:
    whole = store_with(OLD, SPEAKS_AGAIN).rows()

    for store in at_each_call(retire, partial(put, SPEAKS_AGAIN), partial(store_with, OLD)):
        spoke_first = (PARTITION, keys.touch_row(SPEAKS_AGAIN)) in store.touches
        retired = "remove_lead" in store.calls
        retire(store)

        assert not spoke_first or retired or store.rows() == whole


def test_a_crash_in_a_retirement_is_mended_by_the_next_one() -> None:
    for store in at_each_call(retire, crash, partial(store_with, OLD, NEW)):
        retire(store)

        assert store.rows() == {}


def test_a_retirement_finishes_an_erasure_as_far_as_that_was_to_go() -> None:
    for store in crash_after_each_write(ask_and_erase, partial(store_with, OLD, NEW, SPEAKS_AGAIN)):
        retire(store)
        erase(store)

        assert store.rows() == kept(NEW, SPEAKS_AGAIN)


def test_a_fence_that_says_no_time_is_left_to_the_erasure_that_made_it() -> None:
    store = store_with(OLD)
    store.fence(identity())
    rows = store.rows()

    assert retire(store) is False
    assert store.rows() == rows


def test_what_lists_a_lead_that_is_not_there_is_retired() -> None:
    store = store_with(OLD)
    listed = [row for _, row in store.recent]
    store.leads.clear()
    store.touches.clear()

    retired = retire_lead(identity(), tools(store), before=BEFORE, now=NOW, strays=listed)

    assert retired is True
    assert store.rows() == {}
