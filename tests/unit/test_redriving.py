from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from leads.errors import LeadConflict, StorageUnavailable
from leads.messages import decode
from leads.names import ENRICHED, RECEIVED, REJECTED
from leads.tending import redriving
from leads.tending.redriving import Redriven, redrive
from tests.unit.dead_letters import (
    DROPPED,
    PARKED,
    REDRIVEN,
    STORED,
    confirm,
    counts,
    failed,
    in_flight,
    many,
    redrive_due,
    refused,
    sent,
    unreadable,
    world_with,
)
from tests.unit.factories import HOUR, MS, START, payload
from tests.unit.world import World, killed_at_each_moment

if TYPE_CHECKING:
    from leads.letters import LetterState
    from leads.rejections import DeadLetter

FIVE_MINUTES = timedelta(minutes=5)
TITLE = "Contoso Sample"


# --- sending


@pytest.mark.parametrize(
    ("letter", "queue"),
    [
        pytest.param(failed(stage="enrich"), RECEIVED, id="enrich"),
        pytest.param(failed(stage="write"), ENRICHED, id="write"),
        pytest.param(replace(failed(), stage="bury", body=b"{}"), REJECTED, id="bury"),
        pytest.param(refused(), RECEIVED, id="what the door refused"),
    ],
)
def test_a_letter_goes_to_the_stage_where_it_failed(letter: DeadLetter, queue: str) -> None:
    world = world_with(letter)

    assert sent(world, letter) is Redriven.SENT

    assert in_flight(world) == {queue: 1}
    assert world.letter(letter).state is REDRIVEN


def test_what_is_sent_is_the_message_that_failed_with_one_redrive_more() -> None:
    letter = failed()
    world = world_with(letter)

    redrive_due(world)

    [body] = world.bodies(ENRICHED)
    before, after = json.loads(letter.body), json.loads(body)
    assert after == before | {"delivery": before["delivery"] | {"redrives": 1}}


def test_a_message_of_newer_code_is_sent_as_it_was() -> None:
    letter = unreadable()
    world = world_with(letter)

    redrive_due(world)

    [body] = world.bodies(RECEIVED)
    assert json.loads(body)["v"] == 9
    assert json.loads(body)["delivery"]["redrives"] == 1


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"delivery": 7}'])
def test_what_is_no_envelope_is_sent_as_it_was(body: bytes) -> None:
    letter = replace(failed(), body=body, poisoned=True)
    world = world_with(letter)

    assert redrive_due(world) == {Redriven.SENT: 1}

    assert world.bodies(ENRICHED) == [body]


def test_what_is_redriven_never_expires() -> None:
    letter = failed()
    world = world_with(letter)

    redrive_due(world)
    world.pass_by(days=60)

    assert len(world.queue(ENRICHED).peek()) == 1


def test_a_stage_that_only_newer_code_knows_says_so_and_stays_parked() -> None:
    letter = failed(stage="forward")
    world = world_with(letter)
    before = world.rows()

    assert sent(world, letter) is Redriven.UNKNOWN_STAGE
    assert redrive_due(world) == {Redriven.UNKNOWN_STAGE: 1}

    assert world.rows() == before


def test_a_payload_that_the_door_refuses_still_stays_parked() -> None:
    letter = refused("no JSON")
    world = world_with(letter)
    before = world.rows()

    assert sent(world, letter) is Redriven.STILL_REFUSED

    assert (world.rows(), in_flight(world)) == (before, {})


@pytest.mark.parametrize(
    ("letter", "waits"),
    [
        pytest.param(failed(), FIVE_MINUTES, id="retryable"),
        pytest.param(failed(error=LeadConflict("x"), after=HOUR), HOUR + FIVE_MINUTES, id="later"),
    ],
)
def test_a_letter_is_not_redriven_before_its_time(letter: DeadLetter, waits: timedelta) -> None:
    world = World()
    world.bury(letter)

    world.now = START + waits - MS
    early = redrive_due(world)
    world.now = START + waits
    due = redrive_due(world)

    assert (early, due) == ({}, {Redriven.SENT: 1})


def test_a_final_letter_waits_for_a_person() -> None:
    letter = replace(failed(), final=True)
    world = world_with(letter)
    world.pass_by(days=365)

    by_itself = redrive_due(world)
    by_a_person = sent(world, letter)

    assert (by_itself, by_a_person) == ({}, Redriven.SENT)


@pytest.mark.parametrize("state", [DROPPED, STORED])
def test_a_letter_that_was_settled_can_be_redriven_and_is_not_settled_any_more(
    state: LetterState,
) -> None:
    letter = failed()
    world = world_with(letter)
    world.change(world.letter(letter), state=state, settled_at=world.now)

    assert sent(world, letter) is Redriven.SENT

    kept = world.letter(letter)
    assert (kept.state, kept.settled_at, kept.redriven_at) == (REDRIVEN, None, world.now)


def test_a_letter_that_changed_since_it_was_listed_is_left_alone() -> None:
    letter = failed()
    world = world_with(letter)
    listed = world.letter(letter)
    world.change(listed, state=DROPPED, settled_at=world.now)

    assert redrive(listed, world.ports, now=world.now) is Redriven.CHANGED

    assert in_flight(world) == {}


def test_a_letter_that_changes_while_it_is_sent_says_so() -> None:
    letter = failed()
    world = world_with(letter)

    def drop(call: str) -> None:
        if call == "send":
            world.before = lambda _call: None
            world.change(world.letter(letter), state=DROPPED, settled_at=world.now)

    world.before = drop

    assert sent(world, letter) is Redriven.CHANGED
    assert world.letter(letter).state is DROPPED


# --- sends first, marks second


def test_it_sends_before_it_marks() -> None:
    letter = failed()
    world = world_with(letter)
    world.calls.clear()

    redrive_due(world)

    writes = [call for call in world.calls if call in {"send", "change_letter"}]
    assert writes == ["send", "change_letter"]


@pytest.mark.parametrize(
    "letter", [failed(), failed(stage="enrich"), refused()], ids=["write", "enrich", "refused"]
)
def test_an_end_of_the_process_at_any_moment_loses_nothing_and_counts_once(
    letter: DeadLetter,
) -> None:
    def by_a_person(world: World) -> None:
        if world.letter(letter).state is PARKED:
            sent(world, letter)

    rounds = 0
    for world in killed_at_each_moment(lambda: world_with(letter), by_a_person):
        rounds += 1
        twice = sum(in_flight(world).values())
        world.run_app()
        confirm(world)

        assert 1 <= twice <= 2
        assert counts(world) == [1]
        assert world.letter(letter).state is STORED

    assert rounds > 5


def test_two_that_redrive_at_once_send_twice_at_most_and_count_once() -> None:
    letter = failed()
    world = world_with(letter)
    listed = world.letter(letter)

    def another(call: str) -> None:
        if call == "send":
            world.before = lambda _call: None
            redrive(listed, world.ports, now=world.now)

    world.before = another
    first = redrive(listed, world.ports, now=world.now)
    world.run_app()

    assert (first, counts(world)) == (Redriven.CHANGED, [1])
    assert world.letter(letter).times_redriven == 1


# --- what the door refused


def test_a_refused_payload_that_the_door_takes_now_becomes_the_lead_that_it_was() -> None:
    letter = refused(after=HOUR)
    world = world_with(letter)
    world.pass_by(days=60)

    sent(world, letter)
    world.run_app()
    confirm(world)

    [touch] = world.store.touches.values()
    assert (touch.delivery_id, touch.received_at) == (letter.key, START + HOUR)
    assert (world.letter(letter).state, counts(world)) == (STORED, [1])


def test_a_refused_payload_is_one_lead_however_often_it_is_redriven_under_whatever_aliases() -> (
    None
):
    letter = refused(payload(LeadSource="", OfferTitle=TITLE))
    world = world_with(letter)
    identities = set()

    for offer in ("", "contoso.one", "contoso.two"):
        world.aliases = {TITLE: offer} if offer else {}
        sent(world, letter)
        [body] = world.bodies(RECEIVED)
        delivery = decode(body).delivery
        identities.add((delivery.id, delivery.received_at, delivery.identity))
        world.run_app()
        confirm(world)
        world.pass_by(days=30)

    assert len(identities) == 1
    assert counts(world) == [1]


def test_an_alias_that_came_before_the_first_redrive_counts() -> None:
    letter = refused(payload(LeadSource="", OfferTitle=TITLE))
    world = world_with(letter, aliases={TITLE: "contoso.one"})

    sent(world, letter)
    world.run_app()

    assert [lead.partition for lead in world.leads()] == ["contoso.one"]


def test_of_two_that_redrive_a_refused_payload_at_once_one_identity_stands() -> None:
    letter = refused(payload(LeadSource="", OfferTitle=TITLE))
    world = world_with(letter)
    listed = world.letter(letter)

    def another(call: str) -> None:
        if call == "change_letter":
            world.before = lambda _call: None
            world.aliases = {TITLE: "contoso.one"}
            redrive(listed, world.ports, now=world.now)

    world.before = another
    outcome = redrive(listed, world.ports, now=world.now)
    world.run_app()

    assert outcome is Redriven.CHANGED
    assert [(lead.partition, lead.touch_count) for lead in world.leads()] == [("contoso.one", 1)]


def test_a_refused_payload_of_somebody_without_an_address_is_known_as_theirs() -> None:
    person = {"LastName": "Lovelace", "Phone": "442079460101"}
    letter = refused(payload(person=person))
    world = world_with(letter)
    assert world.letter(letter).lead_keys == frozenset()

    sent(world, letter)
    world.run_app()

    [lead] = world.leads()
    assert world.letter(letter).lead_keys == {lead.lead_key}


# --- many


def test_redriving_everything_twice_changes_no_count() -> None:
    letters = many(400)
    world = world_with(*letters)

    for letter in letters:
        sent(world, letter)
    world.run_app()
    before = world.store.rows()
    for letter in letters:
        sent(world, letter)
    world.run_app()
    confirm(world)

    assert counts(world) == [1] * len(letters)
    assert world.store.rows() == before
    assert set(world.states().values()) == {STORED}


def test_one_run_redrives_so_many_and_leaves_the_rest_to_the_next() -> None:
    most = redriving.AT_MOST
    world = world_with(*many(most + 300))

    first, second, third = redrive_due(world), redrive_due(world), redrive_due(world)

    assert (first, second, third) == ({Redriven.SENT: most}, {Redriven.SENT: 300}, {})
    assert len(world.bodies(ENRICHED)) == most + 300


def test_what_cannot_be_redriven_does_not_stand_before_the_others() -> None:
    unknown = many(20, stage="forward")
    world = world_with(*unknown, failed())

    redriven = redrive_due(world)

    assert redriven == {Redriven.UNKNOWN_STAGE: 20, Redriven.SENT: 1}


def test_a_run_ends_when_its_time_is_over() -> None:
    world = world_with(*many(50))

    redriving.redrive_due(world.ports, world.bounds_of(10))

    assert in_flight(world) == {ENRICHED: 10}


def test_one_letter_that_cannot_be_sent_stops_no_other() -> None:
    world = world_with(*many(3))
    failing = iter([True])

    def refuse_once(call: str) -> None:
        if call == "send" and next(failing, False):
            raise StorageUnavailable("413")

    world.before = refuse_once

    with pytest.raises(StorageUnavailable):
        redrive_due(world)

    assert list(world.states().values()) == [PARKED, REDRIVEN, REDRIVEN]


def test_where_the_queues_are_down_a_run_gives_up_and_every_letter_stays_due() -> None:
    world = world_with(*many(50))
    world.down = {"send"}

    with pytest.raises(StorageUnavailable):
        redrive_due(world)

    assert world.calls.count("send") == 5
    assert set(world.states().values()) == {PARKED}


@pytest.mark.parametrize("days", [7, 8, 60, 400])
def test_a_letter_is_still_there_and_redrivable_however_old_it_is(days: int) -> None:
    letter = failed(stage="enrich")
    world = world_with(letter)
    world.pass_by(days=days)

    redrive_due(world)
    world.run_app()

    [touch] = world.store.touches.values()
    assert touch.received_at == START
