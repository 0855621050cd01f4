from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leads.errors import StorageUnavailable
from leads.letters import LetterState
from leads.names import ENRICHED
from leads.rejections import DeadLetter, decode_rejected, encode_failure
from leads.tending.redriving import confirm_redriven, redrive
from leads.tending.retention import SETTLED, remove_settled_letters, retire_leads
from leads.tending.status import count_offers
from tests.unit.factories import ADA, HOUR, MS, START, payload, received
from tests.unit.world import World, at_each_moment, kill, killed_at_each_moment

YEAR = timedelta(days=365)
OTHER = "contoso.other"

PARKED, REDRIVEN = LetterState.PARKED, LetterState.REDRIVEN
STORED, DROPPED = LetterState.STORED, LetterState.DROPPED


def keeping(retention: timedelta | None, *, silent_for: timedelta = YEAR) -> World:
    """Return a world with two leads of Ada, both silent for so long."""
    world = World(retention=retention)
    for number, offer in enumerate(("contoso.sample-saas", OTHER)):
        text = payload(person=ADA, LeadSource=f"AzureMarketplace-INS|{offer}")
        world.post(text, delivery_id=f"d-{number}")
    world.run_app()
    world.now = START + silent_for
    return world


def say_again(world: World) -> None:
    text = payload(Description="I am back", LeadSource=f"AzureMarketplace-INS|{OTHER}")
    world.post(text, delivery_id="again")
    world.run_app()


def retired(world: World) -> int:
    return retire_leads(world.ports, world.bounds)["retired"]


def failed() -> DeadLetter:
    return decode_rejected(
        encode_failure(
            received(), stage="write", error=StorageUnavailable("503"), attempts=10, failed_at=START
        )
    )


def settled(state: LetterState, *, age: timedelta = SETTLED + MS) -> World:
    """Return a world with a letter that got into this state so long ago."""
    world = World()
    letter = world.bury(failed())
    world.change(letter, state=state, settled_at=None if state is REDRIVEN else START)
    world.now = START + age
    return world


def removed(world: World) -> int:
    return remove_settled_letters(world.ports, world.bounds)["letters_removed"]


# --- leads


def test_without_a_retention_leads_are_kept_for_ever() -> None:
    world = keeping(None, silent_for=100 * YEAR)

    assert retired(world) == 0

    assert len(world.leads()) == 2


@pytest.mark.parametrize(
    ("silent_for", "left"),
    [
        pytest.param(YEAR, 2, id="not quite so long"),
        pytest.param(YEAR + MS, 0, id="longer"),
    ],
)
def test_a_lead_that_was_silent_for_the_whole_retention_goes(
    silent_for: timedelta, left: int
) -> None:
    world = keeping(YEAR, silent_for=silent_for)

    assert retired(world) == 2 - left

    rows = (world.store.leads, world.store.recent, world.store.touches)
    assert [len(kind) for kind in rows] == [left] * 3


def test_a_second_run_finds_nothing() -> None:
    world = keeping(YEAR, silent_for=2 * YEAR)
    retired(world)

    assert (retired(world), world.store.rows()) == (0, {})


def test_a_lead_that_spoke_again_keeps_its_whole_history() -> None:
    world = keeping(YEAR, silent_for=2 * YEAR)
    say_again(world)

    assert retired(world) == 1

    [lead] = world.leads()
    assert (lead.partition, lead.touch_count, lead.first_seen) == (OTHER, 2, START)


def test_a_lead_that_speaks_while_it_is_retired_is_never_lost() -> None:
    rounds = 0
    for world in at_each_moment(lambda: keeping(YEAR, silent_for=2 * YEAR), retired, say_again):
        rounds += 1
        world.run_app()  # what was fenced comes again
        world.queue(f"{ENRICHED}-poison").messages.clear()
        retired(world)
        kept = [touch.delivery_id for touch in world.store.touches.values()]
        parked = [letter.letter.key for letter in world.all_letters().values()]

        assert not world.disturbed or "again" in {*kept, *parked}

    assert rounds > 10


def test_what_was_broken_off_anywhere_is_finished_without_a_trace() -> None:
    for world in killed_at_each_moment(lambda: keeping(YEAR, silent_for=2 * YEAR), retired):
        world.pass_by(minutes=20)
        count_offers(world.ports, world.bounds)

        assert world.store.rows() == {}


def test_a_retention_of_a_century_looks_at_nothing() -> None:
    world = keeping(timedelta(days=36_500))
    world.calls.clear()

    retired(world)

    assert set(world.calls) == {"offers", "silent"}


def test_one_lead_that_cannot_be_retired_stops_no_other() -> None:
    world = keeping(YEAR, silent_for=2 * YEAR)
    failing = iter([True])

    def refuse_once(call: str) -> None:
        if call == "put_fence" and next(failing, False):
            raise StorageUnavailable("503")

    world.before = refuse_once

    with pytest.raises(StorageUnavailable):
        retired(world)

    assert len(world.leads()) == 1


def test_a_run_ends_when_its_time_is_over() -> None:
    world = keeping(YEAR, silent_for=2 * YEAR)

    assert retire_leads(world.ports, world.bounds_of(1))["retired"] == 1


# --- letters


@pytest.mark.parametrize("state", [STORED, DROPPED])
@pytest.mark.parametrize(
    ("age", "left"),
    [
        pytest.param(SETTLED, 1, id="thirty days"),
        pytest.param(SETTLED + MS, 0, id="longer"),
    ],
)
def test_a_letter_that_is_settled_is_removed_after_thirty_days(
    state: LetterState, age: timedelta, left: int
) -> None:
    world = settled(state, age=age)

    assert removed(world) == 1 - left

    assert len(world.letters.rows) == left
    assert timedelta(days=30) == SETTLED


@pytest.mark.parametrize("state", [PARKED, REDRIVEN])
def test_a_letter_about_which_something_is_to_be_done_is_never_removed(state: LetterState) -> None:
    world = settled(state, age=100 * YEAR)

    assert removed(world) == 0

    assert set(world.states().values()) == {state}


def test_a_letter_that_failed_anew_after_it_was_stored_is_never_removed() -> None:
    world = settled(STORED, age=HOUR)
    world.bury(replace(failed(), failed_at=START + HOUR))
    world.pass_by(days=400)

    assert removed(world) == 0

    assert set(world.states().values()) == {PARKED}


def test_a_letter_that_fails_anew_while_it_is_removed_stays() -> None:
    world = settled(STORED)

    def fail_anew(call: str) -> None:
        if call == "remove_letter":
            world.before = lambda _call: None
            world.bury(replace(failed(), failed_at=world.now))

    world.before = fail_anew
    removed(world)

    assert set(world.states().values()) == {PARKED}


def test_a_letter_that_was_dropped_and_then_redriven_is_never_removed() -> None:
    world = settled(DROPPED, age=HOUR)
    redrive(world.letter(failed()), world.ports, now=world.now)
    world.queue(ENRICHED).messages.clear()
    world.pass_by(hours=2)
    confirm_redriven(world.ports, world.bounds)
    world.pass_by(days=400)

    assert removed(world) == 0

    assert set(world.states().values()) == {PARKED}


def test_a_letter_that_was_settled_anew_is_kept_for_another_thirty_days() -> None:
    world = settled(STORED)

    def settle_anew(call: str) -> None:
        if call == "read_letter":
            world.before = lambda _call: None
            world.change(world.letter(failed()), state=DROPPED, settled_at=world.now)

    world.before = settle_anew

    assert removed(world) == 0


def test_removing_letters_can_end_at_any_moment() -> None:
    for world in at_each_moment(lambda: settled(STORED), removed, kill):
        removed(world)

        assert world.letters.rows == {}


def test_removing_letters_ends_when_its_time_is_over() -> None:
    world = settled(STORED)

    assert remove_settled_letters(world.ports, world.bounds_of(0))["letters_removed"] == 0
