from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leads.errors import LeadConflict
from leads.letters import REDRIVES_OF_POISON, LetterState
from leads.messages import decode
from leads.model import Person
from leads.names import ENRICHED, RECEIVED
from leads.outcome import Outcome
from leads.store import Fence, FencedLead, FenceKind
from leads.tending.redriving import UNSEEN, UNSEEN_POISON, confirm_redriven
from leads.upkeep.moving import move_lead
from tests.unit.dead_letters import (
    DROPPED,
    PARKED,
    REDRIVEN,
    STORED,
    confirm,
    counts,
    failed,
    many,
    redrive_due,
    refused,
    sent,
    tended,
    unreadable,
    world_with,
)
from tests.unit.factories import HOUR, MS, PARTITION, SECOND, START, received, tools
from tests.unit.world import World, place_of

DAY = timedelta(days=1)


# --- failing again


def test_a_redriven_letter_that_fails_again_is_another_with_one_redrive_more() -> None:
    world = world_with(failed())
    redrive_due(world)
    world.down = {"commit"}

    world.run_app()

    assert world.states() == {"write/d-1/0": REDRIVEN, "write/d-1/1": PARKED}
    newer = world.all_letters()["write/d-1/1"]
    assert newer.next_at == world.now + timedelta(minutes=10)
    assert newer.received_at == START


def test_a_letter_that_fails_for_a_month_is_delivered_when_storage_is_back() -> None:
    world = World()
    world.down = {"commit"}
    world.post()
    world.run_app()

    for _day in range(30):
        world.pass_by(days=1)
        tended(world)
        world.run_app()
    world.down.clear()
    world.pass_by(days=1)
    tended(world)
    world.run_app()
    confirm(world)

    assert counts(world) == [1]
    assert set(world.states().values()) == {STORED}
    assert world.leads()[0].first_seen == START


def test_poison_that_ends_the_process_each_time_gets_three_tries_however_slowly_it_fails() -> None:
    world = World()
    world.queue(f"{RECEIVED}-poison").put(received())
    tries = 0

    for _ in range(60):
        tended(world)
        for body in world.bodies(RECEIVED):  # ten crashes take a hundred minutes
            tries += 1
            world.queue(RECEIVED).messages.clear()
            for _ in range(10):
                world.pass_by(minutes=10)
                tended(world)
            world.queue(f"{RECEIVED}-poison").put(body)
        world.pass_by(minutes=30)

    assert tries == REDRIVES_OF_POISON
    assert not any(letter.next_at for letter in world.all_letters().values())


# --- confirming


def test_a_letter_is_stored_when_its_touch_is_in_the_table_and_not_before() -> None:
    letter = failed()
    world = world_with(letter)
    redrive_due(world)

    before = confirm(world)
    world.run_app()
    after = confirm(world)

    assert (before, after) == ({"letters_under_way": 1}, {"letters_stored": 1})
    kept = world.letter(letter)
    assert (kept.state, kept.settled_at, kept.next_at) == (STORED, world.now, None)


def test_a_letter_is_stored_when_only_a_duplicate_within_the_window_is_in_the_table() -> None:
    world = World()
    world.post(delivery_id="d-2")
    world.run_app()
    letter = failed(received(after=HOUR), stage="enrich", after=HOUR)
    world.bury(letter)
    world.pass_by(days=1)

    redrive_due(world)
    world.run_app()
    confirm(world)

    assert world.outcomes[-1] is Outcome.DUPLICATE
    assert (world.letter(letter).state, counts(world)) == (STORED, [1])


def test_what_was_said_again_after_the_window_is_no_proof() -> None:
    world = World()
    world.post(delivery_id="d-2")
    world.run_app()
    letter = failed(received(after=DAY), stage="enrich", after=DAY)
    world.bury(letter)
    world.pass_by(days=2)

    redrive_due(world)

    assert confirm(world) == {"letters_under_way": 1}


@pytest.mark.parametrize("when", ["before it is redriven", "after it arrived"])
def test_a_letter_is_stored_also_after_its_lead_was_moved_to_another_offer(when: str) -> None:
    world = World()
    world.post()
    world.run_app()
    letter = failed()
    world.bury(letter)
    world.pass_by(days=1)
    [lead] = world.leads()

    if when == "after it arrived":
        redrive_due(world)
        world.run_app()
    move_lead(place_of(lead), tools(world.store), to="contoso.other", now=world.now)
    redrive_due(world)
    world.run_app()
    confirm(world)

    assert world.letter(letter).state is STORED
    assert [(lead.partition, lead.touch_count) for lead in world.leads()] == [("contoso.other", 1)]


def test_a_letter_that_stays_away_for_an_hour_is_parked_again_and_due_later() -> None:
    letter = failed()
    world = world_with(letter)
    redrive_due(world)
    world.queue(ENRICHED).messages.clear()

    world.pass_by(hours=1)
    within = confirm(world)
    world.now += MS
    after = confirm(world)

    kept = world.letter(letter)
    assert (within, after) == ({"letters_under_way": 1}, {"letters_parked": 1})
    assert (kept.state, kept.next_at) == (PARKED, world.now + timedelta(minutes=10))
    assert UNSEEN == HOUR


def test_what_ends_the_process_is_awaited_longer_than_ten_tries_take() -> None:
    letter = replace(failed(), poisoned=True)
    world = world_with(letter)
    redrive_due(world)

    world.now += UNSEEN_POISON
    within = confirm(world)
    world.now += MS

    assert (within, confirm(world)) == ({"letters_under_way": 1}, {"letters_parked": 1})
    assert timedelta(minutes=100) < UNSEEN_POISON


def test_a_letter_that_keeps_staying_away_is_given_to_a_person_in_the_end() -> None:
    letter = replace(failed(), poisoned=True)
    world = world_with(letter)

    for _ in range(10):
        redrive_due(world)
        world.pass_by(days=2)
        confirm(world)

    kept = world.letter(letter)
    assert (kept.state, kept.next_at, kept.times_redriven) == (PARKED, None, REDRIVES_OF_POISON)


@pytest.mark.parametrize("state", [PARKED, REDRIVEN])
def test_a_letter_is_not_parked_again_while_a_newer_one_of_it_is_tried(state: LetterState) -> None:
    world = world_with(failed())
    redrive_due(world)
    newer = failed(world.bodies(ENRICHED)[0])
    world.queue(ENRICHED).messages.clear()
    world.change(world.bury(newer), state=state)

    world.pass_by(days=1)
    confirm(world)

    assert world.states()["write/d-1/0"] is REDRIVEN


@pytest.mark.parametrize("stage", ["enrich", "write"])
def test_what_the_door_refused_is_not_parked_again_while_a_newer_one_is_tried(stage: str) -> None:
    letter = refused()
    world = world_with(letter)
    sent(world, letter)
    world.bury(failed(world.bodies(RECEIVED)[0], stage=stage))
    world.queue(RECEIVED).messages.clear()

    world.pass_by(days=1)
    confirm(world)

    assert world.letter(letter).state is REDRIVEN


@pytest.mark.parametrize("decision", [DROPPED, STORED])
def test_what_is_decided_of_the_newer_letter_is_decided_of_the_older(
    decision: LetterState,
) -> None:
    world = world_with(failed())
    redrive_due(world)
    newer = world.bury(failed(world.bodies(ENRICHED)[0]))
    world.queue(ENRICHED).messages.clear()
    world.change(newer, state=decision, settled_at=world.now)

    confirm(world)

    assert set(world.states().values()) == {decision}


def test_a_decision_of_the_past_does_not_bind_a_letter_that_is_redriven_anew() -> None:
    letter = failed()
    world = world_with(letter)
    redrive_due(world)
    newer = world.bury(failed(world.bodies(ENRICHED)[0]))
    world.queue(ENRICHED).messages.clear()
    world.change(newer, state=DROPPED, settled_at=world.now)
    confirm(world)
    world.pass_by(days=1)

    sent(world, letter)

    assert confirm(world) == {"letters_under_way": 1}
    assert world.letter(letter).state is REDRIVEN


def test_a_redriven_letter_whose_person_was_erased_is_removed() -> None:
    letter = failed()
    world = world_with(letter)
    redrive_due(world)
    world.run_app()
    [lead] = world.leads()
    world.store.persons[lead.lead_key] = Person(erased_at=START)

    done = confirm(world)

    assert (done, world.letters.rows) == ({"letters_erased": 1}, {})


def test_a_letter_that_came_after_the_erasure_is_not_removed() -> None:
    letter = failed()
    world = world_with(letter)
    redrive_due(world)
    world.run_app()
    [lead] = world.leads()
    world.store.persons[lead.lead_key] = Person(erased_at=START - MS)

    assert confirm(world) == {"letters_stored": 1}


def test_a_letter_that_fails_anew_while_it_is_confirmed_stays_parked() -> None:
    letter = failed()
    world = world_with(letter)
    redrive_due(world)
    world.run_app()

    def fail_anew(call: str) -> None:
        if call == "change_letter":
            world.before = lambda _call: None
            world.bury(replace(letter, failed_at=world.now))

    world.before = fail_anew
    confirm(world)

    assert world.letter(letter).state is PARKED


def test_a_letter_of_newer_code_is_confirmed_by_nothing_and_tried_again() -> None:
    letter = unreadable()
    world = world_with(letter)
    redrive_due(world)

    world.pass_by(hours=2)

    assert confirm(world) == {"letters_parked": 1}


# --- failing anew


@pytest.mark.parametrize("state", [REDRIVEN, STORED, DROPPED])
@pytest.mark.parametrize(
    "after", [-SECOND, SECOND], ids=["an older failure, told late", "a newer failure"]
)
def test_what_fails_anew_is_due_again_whatever_was_done_about_it(
    state: LetterState, after: timedelta
) -> None:
    letter = failed()
    world = world_with(letter)
    sent(world, letter)
    world.change(world.letter(letter), state=state, settled_at=world.now)

    world.bury(replace(letter, failed_at=START + after))

    kept = world.letter(letter)
    assert (kept.state, kept.settled_at, kept.count) == (PARKED, None, 2)
    assert kept.next_at == max(START, START + after) + timedelta(minutes=10)


def test_what_fails_anew_after_all_its_tries_is_given_to_a_person() -> None:
    letter = replace(failed(), poisoned=True)
    world = world_with(letter)
    world.change(world.letter(letter), state=REDRIVEN, times_redriven=REDRIVES_OF_POISON)

    world.bury(replace(letter, failed_at=START + HOUR))

    kept = world.letter(letter)
    assert (kept.state, kept.next_at) == (PARKED, None)


def test_a_letter_found_among_poison_too_gets_three_tries_from_then_on() -> None:
    letter = failed()
    world = world_with(letter)

    world.bury(replace(letter, failed_at=START + HOUR, poisoned=True))

    assert world.letter(letter).letter.poisoned


def test_a_final_failure_does_not_make_a_letter_due() -> None:
    letter = replace(failed(), final=True)
    world = world_with(letter)

    world.bury(replace(letter, failed_at=START + HOUR))

    assert world.letter(letter).next_at is None


# --- moved in between


def test_a_letter_waits_while_its_lead_is_fenced_and_counts_once_afterwards() -> None:
    letter = failed(stage="enrich")
    world = world_with(letter)
    key = decode(letter.body).delivery.identity.lead_key
    fence = Fence(kind=FenceKind.ERASING, since=START)
    world.store.leads[PARTITION, key] = FencedLead(fence=fence, etag="fenced")

    redrive_due(world)
    world.run_app()
    del world.store.leads[PARTITION, key]
    world.pass_by(days=1)
    tended(world)
    world.run_app()
    confirm(world)

    assert counts(world) == [1]
    assert set(world.states().values()) == {STORED}


# --- many


def test_a_run_ends_when_its_time_is_over() -> None:
    world = world_with(*many(50))
    redrive_due(world)

    done = confirm_redriven(world.ports, world.bounds_of(10))

    assert done == {"letters_under_way": 10}


def test_short_runs_confirm_all_letters_in_the_end() -> None:
    world = world_with(*many(50))
    redrive_due(world)
    for letter in many(40):  # whose messages are not processed: they stay under way
        world.queue(ENRICHED).take(1, invisible=100 * DAY)
        assert world.letter(letter).state is REDRIVEN
    world.run_app()

    for _ in range(12):
        confirm_redriven(world.ports, world.bounds_of(10))
        world.pass_by(minutes=5)

    assert list(world.states().values()).count(STORED) == 10


def test_one_lead_that_was_moved_in_a_circle_stops_no_other_confirmation() -> None:
    world = world_with(*many(3))
    redrive_due(world)
    world.run_app()
    first = world.leads()[0]
    circle = Fence(kind=FenceKind.MOVED, since=START, to=first.partition)
    place = first.partition, first.lead_key
    world.store.leads[place] = FencedLead(fence=circle, etag="circle")

    with pytest.raises(LeadConflict):
        confirm(world)

    assert list(world.states().values()) == [REDRIVEN, STORED, STORED]
