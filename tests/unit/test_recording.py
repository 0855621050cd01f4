from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import CommitConflict, LeadConflict, LeadFenced, NewerFold
from leads.identity import WINDOW_OF_ANONYMOUS
from leads.model import (
    FOLD_VERSION,
    Contact,
    ContactStatus,
    Delivery,
    Person,
    Submission,
    Touch,
)
from leads.outcome import Outcome
from leads.recording import find_duplicate, is_recorded, record
from leads.store import (
    ATTEMPTS,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Backoff,
    Fence,
    FenceKind,
    Rules,
    StoredLead,
)
from tests.memory import MemoryStore
from tests.unit.factories import (
    AT_ONCE,
    HOUR,
    MS,
    PARTITION,
    POLICY,
    RULES,
    START,
    WINDOW,
    act,
    delivery,
    identity,
    put,
    store_with,
    touch,
)
from tests.unit.interleaving import Crash, at_call, crash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

PLACE = identity().partition, identity().lead_key
ANONYMOUS = "a" + "0" * 32


def answer_is_lost(call: str) -> None:
    raise CommitConflict(f"nobody can tell what became of the {call}")


def once(store: MemoryStore, happen: Callable[[str], None]) -> Callable[[str], None]:
    """Let something happen after the next commit, and never again."""

    def after(call: str) -> None:
        store.after = lambda _call: None
        happen(call)

    return after


def test_a_first_touch_makes_a_lead_a_touch_and_a_recent_row() -> None:
    store = MemoryStore()

    outcome = put(touch(), store)

    assert outcome == Outcome.RECORDED
    assert [len(rows) for rows in (store.leads, store.touches, store.recent)] == [1, 1, 1]
    assert store.told(identity()).touch_count == 1


def test_a_returning_customer_is_one_more_touch_of_the_same_lead() -> None:
    store = store_with(touch("first"))

    outcome = put(touch("second", after=HOUR), store)

    lead = store.told(identity())
    assert outcome == Outcome.RECORDED
    assert (lead.touch_count, lead.first_seen, lead.last_seen) == (2, START, START + HOUR)
    assert len(store.touches) == 2
    assert list(store.recent.values()) == [lead]


def test_another_customer_of_the_offer_is_another_lead() -> None:
    store = store_with(touch("first"))

    put(touch("second", lead_key="e" + "b" * 32), store)

    assert sorted(lead.touch_count for lead in store.recent.values()) == [1, 1]


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [
        pytest.param(AT_ONCE, Outcome.DUPLICATE, id="in the same millisecond"),
        pytest.param(MS, Outcome.DUPLICATE, id="a millisecond later"),
        pytest.param(WINDOW - MS, Outcome.DUPLICATE, id="just inside the window"),
        pytest.param(WINDOW, Outcome.RECORDED, id="exactly a window apart"),
        pytest.param(-MS, Outcome.DUPLICATE, id="a millisecond earlier"),
        pytest.param(MS - WINDOW, Outcome.DUPLICATE, id="earlier, just inside the window"),
        pytest.param(-WINDOW, Outcome.RECORDED, id="earlier, exactly a window apart"),
    ],
)
def test_the_same_event_counts_once_within_the_window(gap: timedelta, outcome: Outcome) -> None:
    store = store_with(touch(delivery_id="d-1"))

    second = put(touch(after=gap, delivery_id="d-2"), store)

    assert second == outcome
    assert store.told(identity()).touch_count == (1 if outcome is Outcome.DUPLICATE else 2)


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [
        pytest.param(WINDOW_OF_ANONYMOUS - MS, Outcome.DUPLICATE, id="within ten minutes"),
        pytest.param(WINDOW_OF_ANONYMOUS, Outcome.RECORDED, id="ten minutes apart"),
    ],
)
def test_who_says_nothing_of_himself_counts_again_after_ten_minutes(
    gap: timedelta, outcome: Outcome
) -> None:
    store = store_with(touch(lead_key=ANONYMOUS, delivery_id="d-1"))

    second = put(touch(lead_key=ANONYMOUS, after=gap, delivery_id="d-2"), store)

    assert second == outcome


@pytest.mark.parametrize("window", [AT_ONCE, timedelta(microseconds=1), WINDOW])
def test_a_redelivery_is_recorded_once_whatever_the_window_and_whatever_came_since(
    window: timedelta,
) -> None:
    rules = Rules(window=window, dnc=POLICY)
    store = store_with(touch("first"), touch("second", after=HOUR), rules=rules)
    rows = store.rows()

    outcome = put(touch("first"), store, rules=rules)

    assert outcome == Outcome.REDELIVERED
    assert store.rows() == rows


def test_a_redelivery_is_told_from_a_duplicate() -> None:
    store = store_with(touch(delivery_id="d-1"))

    found = [
        find_duplicate(delivery_id, START + MS, identity(), store=store, window=WINDOW)
        for delivery_id in ("d-1", "d-2")
    ]

    assert found == [Outcome.REDELIVERED, Outcome.DUPLICATE]


def test_what_nobody_said_before_is_no_duplicate() -> None:
    store = store_with(touch("first"))

    found = find_duplicate("d-2", START, identity("second"), store=store, window=WINDOW)

    assert found is None


def test_the_latest_touch_is_merged_without_reading_the_others() -> None:
    store = store_with(touch("first"))
    store.calls.clear()

    put(touch("second", after=MS), store)

    assert store.calls == ["read_lead", "read_person", "find_touches", "commit"]


@pytest.mark.parametrize("after", [AT_ONCE, HOUR], ids=["at the same time", "late"])
def test_a_late_arrival_gives_the_same_rows_as_arrival_in_order(after: timedelta) -> None:
    contact = Contact(company="Old", title="Countess")
    early = touch("early", submission=Submission(action="PLT", contact=contact))
    later = touch("later", after=after, submission=Submission(contact=Contact(company="New")))

    reverse = store_with(later, early)

    assert reverse.rows() == store_with(early, later).rows()
    assert "read_touches" in reverse.calls


def test_the_wishes_of_the_person_decide_over_the_contact_status() -> None:
    store = MemoryStore(persons={identity().lead_key: Person(suppressed_at=START)})

    put(touch(), store)

    assert store.told(identity()).contact_status == ContactStatus.SUPPRESSED


def test_the_rules_decide_over_the_contact_status() -> None:
    sticky = Rules(window=WINDOW, dnc=replace(POLICY, sticky=True))

    store = store_with(act("DNC"), act("INS", after=HOUR), rules=sticky)

    assert store.told(identity()).contact_status == ContactStatus.DO_NOT_CONTACT


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        pytest.param(-MS, Outcome.ERASED, id="received before the erasure"),
        pytest.param(AT_ONCE, Outcome.ERASED, id="received at its very moment"),
        pytest.param(MS, Outcome.RECORDED, id="a request received later is a new lead"),
    ],
)
def test_what_was_received_before_a_person_was_erased_is_dropped(
    after: timedelta, outcome: Outcome
) -> None:
    store = MemoryStore(persons={identity().lead_key: Person(erased_at=START)})

    erased = put(touch(after=after), store)

    assert erased == outcome
    assert len(store.touches) == (1 if outcome is Outcome.RECORDED else 0)


def test_a_fenced_lead_is_left_alone() -> None:
    store = store_with(touch("first"))
    store.fence(identity())
    rows = store.rows()

    with pytest.raises(LeadFenced):
        put(touch("second", after=HOUR), store)

    assert store.rows() == rows


@pytest.mark.parametrize("kind", [FenceKind.ERASING, FenceKind.MOVING])
def test_a_redelivery_waits_behind_a_fence_too(kind: FenceKind) -> None:
    store = store_with(touch("first"))
    fence(store, kind)
    rows = store.rows()

    with pytest.raises(LeadFenced):
        put(touch("first"), store)

    assert store.rows() == rows


def fence(store: MemoryStore, kind: FenceKind, *, here: str = PARTITION, to: str = "") -> None:
    """Let the lead row say *kind*, as an erasure or a move does."""
    place = identity(partition=here)
    told = Fence(kind=kind, since=START, to=to)
    store.put_fence(place, told, replaced=store.read_lead(place))


# Where the row says that the lead was moved

OTHER, THIRD = "contoso.other", "contoso.third"


def store_moved_to(*offers: str) -> MemoryStore:
    """Return a store in which a lead went from the usual offer to the last of *offers*."""
    store = store_with(touch("first", delivery_id="d-1", partition=offers[-1]))
    for here, to in pairwise([PARTITION, *offers]):
        fence(store, FenceKind.MOVED, here=here, to=to)
    return store


@pytest.mark.parametrize("offers", [(OTHER,), (OTHER, THIRD)], ids=["once", "twice"])
@pytest.mark.parametrize(
    ("coming", "outcome", "count"),
    [
        pytest.param(touch("second", after=HOUR), Outcome.RECORDED, 2, id="new"),
        pytest.param(touch("before", after=-HOUR), Outcome.RECORDED, 2, id="late"),
        pytest.param(touch("first", delivery_id="d-1"), Outcome.REDELIVERED, 1, id="redelivery"),
        pytest.param(touch("first", delivery_id="d-2"), Outcome.DUPLICATE, 1, id="duplicate"),
    ],
)
def test_a_lead_that_was_moved_is_followed(
    offers: tuple[str, ...], coming: Touch, outcome: Outcome, count: int
) -> None:
    store = store_moved_to(*offers)

    assert put(coming, store) is outcome
    assert store.told(identity(partition=offers[-1])).touch_count == count
    assert {partition for partition, _ in store.touches} == {offers[-1]}


def test_a_touch_makes_a_lead_where_the_one_that_was_moved_there_is_gone() -> None:
    store = MemoryStore()
    fence(store, FenceKind.MOVED, to=OTHER)

    assert put(touch(), store) is Outcome.RECORDED
    assert store.told(identity(partition=OTHER)).touch_count == 1


def test_a_lead_that_is_fenced_where_it_was_moved_waits() -> None:
    store = store_moved_to(OTHER)
    fence(store, FenceKind.MOVING, here=OTHER, to=THIRD)

    with pytest.raises(LeadFenced):
        put(touch("second", after=HOUR), store)


def test_what_an_erased_person_sent_before_is_dropped_wherever_the_lead_went() -> None:
    store = store_moved_to(OTHER)
    store.persons[identity().lead_key] = Person(erased_at=START)

    assert put(touch("second"), store) is Outcome.ERASED


def test_a_circle_of_moves_ends_in_an_error() -> None:
    store = store_moved_to(OTHER)
    fence(store, FenceKind.MOVED, here=OTHER, to=PARTITION)
    rows = store.rows()

    with pytest.raises(LeadConflict):
        put(touch("second"), store)

    assert store.rows() == rows


@pytest.mark.parametrize(
    ("coming", "recorded"),
    [
        pytest.param(delivery(delivery_id="d-1"), True, id="the same delivery"),
        pytest.param(delivery(delivery_id="d-2"), True, id="the same event"),
        pytest.param(
            replace(delivery(), identity=identity("something else")), False, id="another event"
        ),
    ],
)
def test_an_event_is_known_to_be_recorded_wherever_its_lead_went(
    coming: Delivery, *, recorded: bool
) -> None:
    store = store_with(touch(delivery_id="d-1", partition=OTHER))
    fence(store, FenceKind.MOVED, to=OTHER)

    assert is_recorded(coming, store=store, window=WINDOW) is recorded


def test_a_fence_that_comes_between_reading_and_writing_holds() -> None:
    store = store_with(touch("first"))
    at_call(4, lambda: store.fence(identity()), store)

    with pytest.raises(LeadFenced):
        put(touch("second", after=HOUR), store)

    assert len(store.touches) == 1


def folded_by(version: int, store: MemoryStore) -> None:
    folded = replace(store.told(identity()), fold_version=version, touch_count=99)
    store.leads[PLACE] = StoredLead(lead=folded, etag="edited")


def test_a_lead_of_newer_code_is_left_alone() -> None:
    store = store_with(touch("first"))
    folded_by(FOLD_VERSION + 1, store)
    rows = store.rows()

    with pytest.raises(NewerFold):
        put(touch("second", after=HOUR), store)

    assert store.rows() == rows


def test_a_lead_of_older_code_is_folded_again_from_its_touches() -> None:
    touches = touch("first"), touch("second", after=HOUR)
    store = store_with(touches[0])
    folded_by(FOLD_VERSION - 1, store)

    put(touches[1], store)

    assert store.told(identity()) == store_with(*touches).told(identity())


def test_what_an_erased_person_sent_before_is_dropped_whatever_the_row_says() -> None:
    store = store_with(touch("first"))
    folded_by(FOLD_VERSION + 1, store)
    store.persons[identity().lead_key] = Person(erased_at=START + HOUR)

    outcome = put(touch("second", after=MS), store)

    assert outcome is Outcome.ERASED


def test_what_came_after_an_erasure_waits_until_the_erasure_is_done() -> None:
    store = store_with(touch("said before"))
    store.persons[identity().lead_key] = Person(erased_at=START + MS)
    rows = store.rows()

    for said in ("said before", "something else"):
        with pytest.raises(LeadFenced):
            put(touch(said, delivery_id="d-2", after=HOUR), store)

    assert store.rows() == rows


def test_a_lead_row_that_somebody_edited_is_made_anew_from_its_touches() -> None:
    touches = touch("first"), touch("second", after=HOUR)
    store = store_with(touches[0])
    store.make_unreadable(identity())

    put(touches[1], store)

    assert store.rows() == store_with(*touches).rows()


def test_a_row_that_somebody_made_without_touches_is_replaced() -> None:
    store = store_with(touch("first"))
    store.touches.clear()
    store.make_unreadable(identity())

    put(touch("second", after=HOUR), store)

    assert store.told(identity()).touch_count == 1


def test_a_redelivery_finds_its_touch_though_somebody_removed_the_lead_row() -> None:
    store = store_with(touch("first"))
    store.leads.clear()

    outcome = put(touch("first"), store)

    assert outcome is Outcome.REDELIVERED
    assert len(store.touches) == 1


def test_where_storage_is_slow_no_attempt_begins_that_would_outlive_the_function() -> None:
    seconds = iter(range(0, 1_000, 20))
    store = MemoryStore()
    slow = Backoff(sleep=lambda _: None, random=lambda: 0.0, clock=lambda: next(seconds))

    def lose(call: str) -> None:
        if call == "commit":
            raise CommitConflict("nobody can tell")

    store.before = lose
    with pytest.raises(LeadConflict):
        record(touch(), store=store, rules=RULES, backoff=slow)

    assert store.calls.count("commit") == 1


def test_conflicts_are_retried_after_pauses_that_grow_to_a_bound() -> None:
    store, pauses = MemoryStore(), list[float]()
    store.before = lambda call: answer_is_lost(call) if call == "commit" else None

    with pytest.raises(LeadConflict):
        record(
            touch(),
            store=store,
            rules=RULES,
            backoff=Backoff(sleep=pauses.append, random=lambda: 1.0, clock=lambda: 0.0),
        )

    assert store.calls.count("commit") == ATTEMPTS
    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE
    assert sum(pauses) < 10


def test_a_pause_has_full_jitter() -> None:
    pauses = list[float]()

    Backoff(sleep=pauses.append, random=lambda: 0.25, clock=lambda: 0.0).wait(1)

    assert pauses == [0.25 * 2 * FIRST_PAUSE]


# Every history: whatever order, however often, whatever breaks (DESIGN 5.2)

MINUTES = st.integers(0, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
SAID = st.sampled_from("abc")
ACTIONS = st.sampled_from(["INS", "PLT", "DNC", "Create"])


def said_at(said: str, after: timedelta, action: str = "INS") -> Touch:
    submission = Submission(action=action, contact=Contact(title=f"{said} at {after}"))
    return touch(said, after=after, submission=submission)


def far_apart(touches: list[Touch]) -> bool:
    return all(abs(one - other) >= WINDOW for one, other in gaps(touches))


def gaps(touches: Iterable[Touch]) -> list[tuple[datetime, datetime]]:
    """Return every pair of times at which the same was said."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for one in touches:
        times[one.identity.fingerprint].append(one.received_at)
    return [pair for same in times.values() for pair in combinations(same, 2)]


deliveries = st.builds(said_at, SAID, MINUTES, ACTIONS)
distinct = st.lists(deliveries, min_size=1, max_size=6).filter(far_apart)
repeated = distinct.flatmap(
    lambda touches: st.tuples(
        st.just(touches),
        st.lists(st.sampled_from(touches), max_size=4).flatmap(
            lambda again: st.permutations([*touches, *again])
        ),
    )
)


@given(repeated)
def test_distinct_events_give_the_same_rows_in_every_order_and_however_often(
    runs: tuple[list[Touch], list[Touch]],
) -> None:
    touches, shuffled = runs
    in_order = sorted(touches, key=lambda touch: touch.order)

    store = store_with(*shuffled)

    assert store.rows() == store_with(*in_order).rows()
    assert store.told(identity()).touch_count == len(touches)


@given(st.lists(deliveries, min_size=1, max_size=12))
def test_in_every_case_touches_of_one_event_are_apart_and_every_delivery_has_its_touch(
    sent: list[Touch],
) -> None:
    store = store_with(*sent)

    recorded = store.touches.values()
    assert all(abs(one - other) >= WINDOW for one, other in gaps(recorded))
    assert all(any(is_same_event(one, other) for other in recorded) for one in sent)
    assert store.told(identity()).touch_count == len(recorded)
    assert [lead.lead_key for lead in store.recent.values()] == [identity().lead_key]


def is_same_event(one: Touch, other: Touch) -> bool:
    same = one.identity.fingerprint == other.identity.fingerprint
    return same and abs(one.received_at - other.received_at) < WINDOW


EARLIER, MIDDLE, LATEST = (said_at(said, n * HOUR) for n, said in enumerate("abc"))
HISTORIES = [
    pytest.param([], MIDDLE, id="a new lead"),
    pytest.param([EARLIER], MIDDLE, id="a returning customer"),
    pytest.param([LATEST], MIDDLE, id="a late arrival"),
    pytest.param([EARLIER, LATEST], MIDDLE, id="in between"),
    pytest.param([MIDDLE], MIDDLE, id="a redelivery"),
]


def calls_of(history: list[Touch], last: Touch) -> int:
    """Return how many storage calls recording *last* takes when nothing goes wrong."""
    store = store_with(*history)
    before = len(store.calls)
    put(last, store)
    return len(store.calls) - before


@pytest.mark.parametrize(("history", "last"), HISTORIES)
def test_a_crash_before_any_storage_call_is_mended_by_the_redelivery(
    history: list[Touch], last: Touch
) -> None:
    expected = store_with(*history, last).rows()

    for number in range(1, calls_of(history, last) + 1):
        store = store_with(*history)
        at_call(number, crash, store)
        with pytest.raises(Crash):
            put(last, store)
        put(last, store)

        assert store.rows() == expected


@pytest.mark.parametrize(("history", "last"), HISTORIES[:-1])
def test_a_crash_after_the_commit_is_mended_by_the_redelivery(
    history: list[Touch], last: Touch
) -> None:
    store = store_with(*history)
    store.after = once(store, lambda _call: crash())

    with pytest.raises(Crash):
        put(last, store)
    outcome = put(last, store)

    assert outcome == Outcome.REDELIVERED
    assert store.rows() == store_with(*history, last).rows()


@pytest.mark.parametrize(("history", "last"), HISTORIES[:-1])
def test_a_lost_answer_of_a_commit_is_settled_by_reading_again(
    history: list[Touch], last: Touch
) -> None:
    store = store_with(*history)
    store.after = once(store, answer_is_lost)

    put(last, store)

    assert store.rows() == store_with(*history, last).rows()


@pytest.mark.parametrize(("history", "last"), HISTORIES)
def test_every_storage_call_may_conflict_once(history: list[Touch], last: Touch) -> None:
    expected = store_with(*history, last).rows()

    for number in range(1, calls_of(history, last) + 1):
        store = store_with(*history)
        at_call(number, lambda: answer_is_lost("call"), store)
        put(last, store)

        assert store.rows() == expected


@pytest.mark.parametrize(("history", "last"), HISTORIES)
def test_another_writer_that_is_faster_at_any_call_is_seen(
    history: list[Touch], last: Touch
) -> None:
    other = said_at("d", 90 * timedelta(minutes=1))
    expected = store_with(*history, last, other).rows()

    for number in range(1, calls_of(history, last) + 1):
        store = store_with(*history)
        at_call(number, partial(put, other, store), store)
        put(last, store)

        assert store.rows() == expected


@pytest.mark.parametrize(
    "rival",
    [
        pytest.param(MIDDLE, id="the same delivery"),
        pytest.param(replace(MIDDLE, delivery_id="d-2"), id="the same event in that millisecond"),
        pytest.param(said_at("b", HOUR + MS), id="the same event a millisecond later"),
        pytest.param(said_at("b", HOUR - MS), id="the same event a millisecond earlier"),
    ],
)
@pytest.mark.parametrize("history", [[], [EARLIER], [LATEST]], ids=["new", "returning", "late"])
def test_two_writers_of_one_event_count_it_once_at_whatever_call_they_meet(
    history: list[Touch], rival: Touch
) -> None:
    for number in range(1, calls_of(history, MIDDLE) + 1):
        store = store_with(*history)
        at_call(number, partial(put, rival, store), store)
        outcome = put(MIDDLE, store)

        assert outcome in {Outcome.DUPLICATE, Outcome.REDELIVERED}
        assert store.rows() == store_with(*history, rival).rows()
