from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import LeadFenced, NewerFold
from leads.model import FOLD_VERSION, Contact, ContactStatus, Lead, LeadPlace, Person, Score, Touch
from leads.score import DEFAULT_POINTS, SCORE_VERSION, Weights
from leads.store import Fence, FenceKind, StoredLead
from leads.tables import keys
from leads.upkeep.rebuilding import Rebuilt, rebuild_lead, rebuild_offer
from tests.memory import MemoryStore
from tests.unit.factories import (
    ADA_KEY,
    HOUR,
    MS,
    PARTITION,
    RULES,
    START,
    act,
    identity,
    put,
    saying,
    store_with,
    tools,
    touch,
)
from tests.unit.interleaving import at_each_call, crash

WRITES = {"put_lead", "put_fence", "remove_lead", "remove_recents", "commit"}
PLACE = PARTITION, ADA_KEY
FIRST = saying(Contact(first_name="Ada"))
SECOND = saying(Contact(company="Contoso"), after=HOUR)
THIRD = saying(Contact(title="Countess"), after=2 * HOUR)
TOUCHES = FIRST, SECOND

type Edit = Callable[[MemoryStore], object]


def rebuild(store: MemoryStore) -> list[Rebuilt]:
    return [outcome for _, outcome in rebuild_offer(PARTITION, tools(store))]


def edited(lead: Lead, store: MemoryStore, key: str = ADA_KEY) -> None:
    """Put *lead* into the lead row as a hand does, which changes no other row."""
    store.leads[PARTITION, key] = StoredLead(lead=lead, etag=f"edited {lead}")


def listed(lead: Lead, store: MemoryStore) -> None:
    store.recent[PARTITION, keys.recent_row(lead)] = lead


def remove_lead_row(store: MemoryStore) -> None:
    store.leads.pop(PLACE, None)


def edit_name(store: MemoryStore) -> None:
    told = store.told(identity())
    edited(replace(told, contact=replace(told.contact, first_name="Augusta")), store)


def seen_later(store: MemoryStore) -> None:
    edited(replace(store.told(identity()), last_seen=START + 99 * HOUR), store)


def seen_earlier(store: MemoryStore) -> None:
    edited(replace(store.told(identity()), last_seen=START - HOUR), store)


def edit_beyond_recognition(store: MemoryStore) -> None:
    store.make_unreadable(identity())


def remove_recents(store: MemoryStore) -> None:
    store.recent.clear()


def edit_recents(store: MemoryStore) -> None:
    for place, lead in store.recent.items():
        store.recent[place] = replace(lead, campaign="a word of the team's own")


def duplicate_recent(store: MemoryStore) -> None:
    for lead in list(store.recent.values()):
        listed(replace(lead, last_seen=lead.last_seen + MS), store)


def list_120_times(store: MemoryStore) -> None:
    for lead in list(store.recent.values()):
        for n in range(120):
            listed(replace(lead, last_seen=lead.last_seen - n * HOUR), store)


def list_nobody(store: MemoryStore) -> None:
    for lead in list(store.recent.values()):
        listed(replace(lead, lead_key="e" + "f" * 32), store)


def forget_score(store: MemoryStore) -> None:
    """Leave the lead as code from before there were scores wrote it."""
    edited(replace(store.told(identity()), score=None), store)
    for place, lead in store.recent.items():
        store.recent[place] = replace(lead, score=None)


def edit_fit(store: MemoryStore) -> None:
    by_hand = Score(fit="A", reasons="an old friend", version=SCORE_VERSION)
    edited(replace(store.told(identity()), score=by_hand), store)


def then(edit: Edit) -> Edit:
    """Do *edit*, and let the customer come again, so that the pipeline writes over it."""

    def edit_and_record(store: MemoryStore) -> None:
        edit(store)
        put(THIRD, store)

    return edit_and_record


EDITS = {
    "the lead row removed": remove_lead_row,
    "the name edited": edit_name,
    "seen later than true": seen_later,
    "seen earlier than true": seen_earlier,
    "the lead row edited beyond recognition": edit_beyond_recognition,
    "the recent row removed": remove_recents,
    "the recent row edited": edit_recents,
    "the recent row duplicated": duplicate_recent,
    "listed 120 times": list_120_times,
    "not scored yet": forget_score,
    "the fit edited": edit_fit,
    "listed without any other row": list_nobody,
}
CASES = [
    *(pytest.param(edit, TOUCHES, id=name) for name, edit in EDITS.items()),
    *(
        pytest.param(then(edit), (*TOUCHES, THIRD), id=f"{name}, then a touch")
        for name, edit in EDITS.items()
    ),
]


@pytest.mark.parametrize(("edit", "touches"), CASES)
def test_whatever_a_hand_did_the_rows_say_what_the_touches_say(
    edit: Edit, touches: tuple[Touch, ...]
) -> None:
    store = store_with(*TOUCHES)
    edit(store)

    rebuild(store)

    assert set(rebuild(store)) == {Rebuilt.UNCHANGED}
    assert store.rows() == store_with(*touches).rows()


def test_other_weights_score_every_lead_anew() -> None:
    weights = Weights(points=dict(DEFAULT_POINTS) | {"stage-unknown": 99, "email-none": 99})
    rules = replace(RULES, weights=weights)
    store = store_with(*TOUCHES)

    outcomes = [
        outcome for _, outcome in rebuild_offer(PARTITION, replace(tools(store), rules=rules))
    ]

    assert outcomes == [Rebuilt.REBUILT]
    assert store.rows() == store_with(*TOUCHES, rules=rules).rows()
    assert store.rows() != store_with(*TOUCHES).rows()


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_crash_at_any_call_is_mended_by_the_next_run(edit: Edit) -> None:
    def fresh() -> MemoryStore:
        store = store_with(*TOUCHES)
        edit(store)
        return store

    for store in at_each_call(rebuild, crash, fresh):
        rebuild(store)

        assert store.rows() == store_with(*TOUCHES).rows()


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_touch_that_comes_at_any_call_counts(edit: Edit) -> None:
    def fresh() -> MemoryStore:
        store = store_with(*TOUCHES)
        edit(store)
        return store

    for store in at_each_call(rebuild, lambda store: put(THIRD, store), fresh):
        put(THIRD, store)  # in the last round it has not come yet

        rebuild(store)

        assert store.rows() == store_with(*TOUCHES, THIRD).rows()


def test_a_touch_that_makes_the_lead_while_its_stray_row_is_removed_is_listed() -> None:
    def fresh() -> MemoryStore:
        store = store_with(FIRST)
        store.leads.clear()
        store.touches.clear()
        return store

    for store in at_each_call(rebuild, lambda store: put(FIRST, store), fresh):
        put(FIRST, store)

        assert store.rows() == store_with(FIRST).rows()


def test_a_right_row_is_not_written() -> None:
    store = store_with(*TOUCHES, touch("of somebody else", lead_key="e" + "b" * 32))
    store.calls.clear()

    outcomes = rebuild(store)

    assert outcomes == [Rebuilt.UNCHANGED] * 2
    assert set(store.calls) & WRITES == set()


def test_one_lead_that_is_right_is_not_written_unless_its_list_is_wrong() -> None:
    store = store_with(*TOUCHES)
    store.calls.clear()

    left = rebuild_lead(identity(), tools(store))
    relisted = rebuild_lead(identity(), tools(store), relist=True)

    assert (left, relisted) == (Rebuilt.UNCHANGED, Rebuilt.REBUILT)
    assert [call for call in store.calls if call in WRITES] == ["put_lead"]


def test_one_lead_whose_last_touch_somebody_removed_is_listed_where_it_belongs() -> None:
    store = store_with(*TOUCHES)
    del store.touches[PARTITION, keys.touch_row(SECOND)]

    rebuild_lead(identity(), tools(store))

    assert store.rows() == store_with(FIRST).rows()


def test_only_the_lead_that_is_wrong_is_written() -> None:
    store = store_with(*TOUCHES, touch("of somebody else", lead_key="e" + "b" * 32))
    edit_name(store)
    store.calls.clear()

    outcomes = rebuild(store)

    assert outcomes == [Rebuilt.REBUILT, Rebuilt.UNCHANGED]
    assert [call for call in store.calls if call in WRITES] == ["put_lead"]


@pytest.mark.parametrize("edit", [edit_name, edit_beyond_recognition, remove_lead_row])
def test_the_wishes_of_the_person_stay(edit: Edit) -> None:
    store = store_with(*TOUCHES)
    store.persons[ADA_KEY] = Person(suppressed_at=START)
    edit(store)

    rebuild(store)

    assert store.told(identity()).contact_status is ContactStatus.SUPPRESSED
    assert rebuild(store) == [Rebuilt.UNCHANGED]


def test_a_lead_of_newer_code_is_left_alone() -> None:
    store = store_with(*TOUCHES)
    edited(replace(store.told(identity()), fold_version=FOLD_VERSION + 1), store)
    rows = store.rows()

    outcomes = rebuild(store)

    assert outcomes == [Rebuilt.NEWER]
    assert store.rows() == rows
    with pytest.raises(NewerFold):
        rebuild_lead(identity(), tools(store))


def test_a_lead_of_older_code_is_folded_anew() -> None:
    store = store_with(*TOUCHES)
    edited(replace(store.told(identity()), fold_version=FOLD_VERSION - 1, touch_count=99), store)

    outcomes = rebuild(store)

    assert outcomes == [Rebuilt.REBUILT]
    assert store.rows() == store_with(*TOUCHES).rows()


@pytest.mark.parametrize("edit", [lambda _store: None, edit_name, remove_recents, duplicate_recent])
def test_a_lead_row_without_touches_is_left_alone(edit: Edit) -> None:
    store = store_with(*TOUCHES)
    store.touches.clear()
    edit(store)
    rows = store.rows()

    outcomes = rebuild(store)

    assert set(outcomes) <= {Rebuilt.NO_TOUCHES, Rebuilt.UNCHANGED}
    assert store.rows() == rows


@pytest.mark.parametrize("kind", [FenceKind.ERASING, FenceKind.MOVING])
@pytest.mark.parametrize("touches", [TOUCHES, ()], ids=["with touches", "without"])
def test_a_lead_that_is_being_erased_or_moved_waits(
    kind: FenceKind, touches: tuple[Touch, ...]
) -> None:
    store = store_with(*touches)
    fence = Fence(kind=kind, since=START)
    store.put_fence(identity(), fence, replaced=store.read_lead(identity()))
    rows = store.rows()

    outcomes = rebuild(store)

    assert outcomes == [Rebuilt.WAITING]
    assert store.rows() == rows
    with pytest.raises(LeadFenced):
        rebuild_lead(identity(), tools(store))


def moved_away() -> MemoryStore:
    store = MemoryStore()
    fence = Fence(kind=FenceKind.MOVED, since=START, to="contoso.other")
    store.put_fence(identity(), fence, replaced=None)
    return store


def test_a_row_that_says_where_the_lead_went_is_right() -> None:
    assert rebuild(moved_away()) == [Rebuilt.UNCHANGED]


def test_a_lead_that_went_away_is_not_listed() -> None:
    store = moved_away()
    rows = store.rows()
    listed(store_with(FIRST).told(identity()), store)

    outcomes = rebuild(store)

    assert outcomes == [Rebuilt.UNLISTED]
    assert store.rows() == rows


def test_each_outcome_names_its_lead() -> None:
    store = store_with(*TOUCHES)

    outcomes = list(rebuild_offer(PARTITION, tools(store)))

    place = LeadPlace(partition=PARTITION, lead_key=ADA_KEY)
    assert outcomes == [(place, Rebuilt.UNCHANGED)]


# Whatever hands and customers do, in whatever order

SOMEBODY = touch("somebody else", lead_key="e" + "b" * 32)
COMING = [FIRST, SECOND, THIRD, act("DNC", after=3 * HOUR), SOMEBODY]

comes = st.sampled_from(COMING).map(lambda touch: lambda store: put(touch, store))
edits = st.sampled_from(list(EDITS.values())).map(lambda edit: lambda s: _if_told(edit, s))


def _if_told(edit: Edit, store: MemoryStore) -> None:
    """Do *edit*, if there is something to edit."""
    if isinstance(store.leads.get(PLACE), StoredLead):
        edit(store)


@given(st.lists(comes | edits, max_size=8))
def test_after_any_history_the_rows_say_what_the_touches_say(history: list[Edit]) -> None:
    store = store_with(FIRST)
    for happen in history:
        happen(store)
    recorded = store_with(*store.touches.values())

    rebuild(store)

    assert store.rows() == recorded.rows()
    assert Counter(rebuild(store)) == Counter([Rebuilt.UNCHANGED] * len(store.leads))
