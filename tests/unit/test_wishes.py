from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from leads.errors import CommitConflict, LeadConflict, StorageUnavailable
from leads.letters import LetterState
from leads.model import FOLD_VERSION, ContactStatus, LeadPlace, Person
from leads.names import ENRICHED, RECEIVED
from leads.outcome import Outcome
from leads.rejections import decode_rejected, encode_refusal
from leads.store import StoredLead
from leads.tending.privacy import REPEATED_FOR, repeat_wishes
from leads.tending.wishes import forget, object_to_contact
from tests.unit.factories import ADA, MS, PARTITION, START, payload
from tests.unit.world import World, at_each_moment, kill, killed_at_each_moment

if TYPE_CHECKING:
    from collections.abc import Callable

type Wish = Callable[[World], object]

OFFERS = ("contoso.one", "contoso.two")
BOB = {"Email": "bob@contoso.com"}

CONTACTABLE, SUPPRESSED = ContactStatus.CONTACTABLE, ContactStatus.SUPPRESSED


def said(offer: str = PARTITION, *, person: dict[str, str] | None = None) -> str:
    return payload(person=person or ADA, LeadSource=f"AzureMarketplace-INS|{offer}")


def refuse(world: World, text: str) -> None:
    """Let the door refuse a payload that cannot be read."""
    refusal = encode_refusal(text.encode(), cause="invalid-json", rejected_at=world.now)
    world.bury(decode_rejected(refusal))


def known() -> World:
    """Ada in two offers and in a refused payload; Bob, too."""
    world = World()
    for number, offer in enumerate(OFFERS):
        world.post(said(offer), delivery_id=f"ada-{number}")
    world.post(said(OFFERS[0], person=BOB), delivery_id="bob")
    refuse(world, 'broken: "ada.lovelace@contoso.com"')
    refuse(world, 'broken: "bob@contoso.com"')
    world.run_app()
    world.pass_by(hours=1)
    return world


def key_of(world: World, email: str) -> str:
    [key] = {lead.lead_key for lead in world.leads() if lead.contact.email == email}
    return key


ADA_KEY = key_of(known(), ADA["Email"])
BOB_KEY = key_of(known(), BOB["Email"])


def forgotten(world: World) -> dict[str, int]:
    """Forget Ada and return what that found."""
    return {k: n for k, n in forget(ADA_KEY, world.ports, now=world.now).items() if n}


def objected(world: World, *, objects: bool = True) -> dict[str, int]:
    done = object_to_contact(ADA_KEY, world.ports, objects=objects, now=world.now)
    return {name: number for name, number in done.items() if number}


def repeated(world: World) -> dict[str, int]:
    return {k: n for k, n in repeat_wishes(world.ports, world.bounds).items() if n}


def leads_of(world: World, key: str = ADA_KEY) -> list[ContactStatus]:
    return [lead.contact_status for lead in world.leads() if lead.lead_key == key]


def traces_of(world: World, key: str = ADA_KEY) -> list[str]:
    """Return what names the person, but for the row of their wishes."""
    letters = [name for name, letter in world.all_letters().items() if key in letter.lead_keys]
    rows = [row for kind in (world.store.leads, world.store.recent) for row in kind]
    rows += list(world.store.touches)
    return letters + [row for _, row in rows if key in row]


# --- forgetting


def test_forgetting_removes_the_person_from_all_offers_and_letters_and_nobody_else() -> None:
    world = known()
    others = leads_of(world, BOB_KEY), len(traces_of(world, BOB_KEY))

    done = forgotten(world)

    assert done == {"leads_erased": 2, "letters_erased": 1}
    assert traces_of(world) == []
    assert (leads_of(world, BOB_KEY), len(traces_of(world, BOB_KEY))) == others


def test_forgetting_again_finds_nothing() -> None:
    world = known()
    forgotten(world)
    world.pass_by(minutes=1)

    assert (forgotten(world), repeated(world)) == ({}, {})


def test_an_objection_outlives_the_person_who_is_forgotten() -> None:
    world = known()
    objected(world)
    world.pass_by(minutes=1)

    forgotten(world)
    world.post(said())
    world.run_app()

    assert world.persons.read(ADA_KEY) == Person(
        erased_at=world.now, suppressed_at=world.now - timedelta(minutes=1), changed_at=world.now
    )
    assert leads_of(world) == []


def test_a_later_request_is_a_new_lead_and_the_objection_still_holds() -> None:
    world = known()
    objected(world)
    forgotten(world)

    world.pass_by(minutes=1)
    world.post(said(), delivery_id="later")
    world.run_app()
    repeated(world)

    [lead] = [lead for lead in world.leads() if lead.lead_key == ADA_KEY]
    assert (lead.first_seen, lead.touch_count) == (world.now, 1)
    assert lead.contact_status is SUPPRESSED


@pytest.mark.parametrize("queue", [RECEIVED, ENRICHED])
def test_a_message_under_way_is_dropped_when_it_comes_by(queue: str) -> None:
    world = World()
    world.post(said(), delivery_id="under way")
    if queue == ENRICHED:
        [body] = world.bodies(RECEIVED)
        world.queue(RECEIVED).messages.clear()
        world.queue(ENRICHED).put(body)
    world.pass_by(minutes=1)

    forgotten(world)
    world.run_app()

    assert (world.outcomes[-1], traces_of(world)) == (Outcome.ERASED, [])


def test_a_writer_that_read_before_the_wish_is_cleaned_up_by_the_repeat() -> None:
    world = World()
    world.post(said())
    world.pass_by(minutes=1)

    def forget_now(call: str) -> None:
        if call == "commit":
            world.before = lambda _call: None
            forgotten(world)

    world.before = forget_now
    world.run_app()
    behind = traces_of(world)
    done = repeated(world)

    assert len(behind) == 3
    assert (done, traces_of(world)) == ({"leads_erased": 1}, [])


def test_a_letter_that_is_buried_behind_the_wish_is_removed_by_the_repeat() -> None:
    world = known()
    forgotten(world)
    world.now -= MS
    refuse(world, "another: <ada.lovelace@contoso.com>")
    world.now += MS

    assert repeated(world) == {"letters_erased": 1}

    assert traces_of(world) == []


def test_a_payload_refused_at_that_very_moment_goes_with_the_rest() -> None:
    world = known()
    refuse(world, "another: <ada.lovelace@contoso.com>")

    assert forgotten(world) == {"leads_erased": 2, "letters_erased": 2}


def test_a_payload_refused_after_the_wish_stays() -> None:
    world = known()
    forgotten(world)
    world.now += MS
    refuse(world, "another: <ada.lovelace@contoso.com>")

    assert repeated(world) == {}

    assert len(traces_of(world)) == 1


def test_forgetting_somebody_keeps_the_letters_that_only_mention_them() -> None:
    world = World()
    world.post(payload(person=BOB, Description="tell ada.lovelace@contoso.com, too"))
    world.down = {"commit"}
    world.run_app()
    world.down.clear()
    world.pass_by(hours=1)

    forgotten(world)

    assert set(world.states().values()) == {LetterState.PARKED}


def test_an_end_of_the_process_at_any_moment_is_mended_by_the_repeat() -> None:
    rounds = 0
    for world in at_each_moment(known, forgotten, kill):
        rounds += 1
        told = world.persons.read(ADA_KEY).erased_at is not None
        world.pass_by(minutes=10)
        repeated(world)

        assert traces_of(world) == [] if told else len(traces_of(world)) > 0
        assert len(leads_of(world, BOB_KEY)) == 1

    assert rounds > 20


def test_forgetting_that_was_broken_off_anywhere_can_be_done_again() -> None:
    for world in killed_at_each_moment(known, forgotten):
        assert traces_of(world) == []
        assert len(leads_of(world, BOB_KEY)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(forgotten, objected, id="an objection into an erasure"),
        pytest.param(objected, forgotten, id="an erasure into an objection"),
    ],
)
def test_two_wishes_told_at_once_are_both_kept(one: Wish, other: Wish) -> None:
    for world in at_each_moment(known, one, other):
        repeated(world)
        person = world.persons.read(ADA_KEY)

        if world.disturbed:
            assert person.erased_at is not None
            assert person.suppressed_at is not None
            assert traces_of(world) == []


def test_an_erasure_told_by_a_clock_that_is_behind_takes_nothing_back() -> None:
    world = known()
    forgotten(world)
    first = world.now

    world.now = START - timedelta(days=1)
    forgotten(world)

    assert world.persons.read(ADA_KEY).erased_at == first


# --- objecting


def test_an_objection_shows_in_every_offer_at_once_and_with_nobody_else() -> None:
    world = known()

    done = objected(world)

    assert done == {"objections": 1, "leads_changed": 2}
    assert leads_of(world) == [SUPPRESSED, SUPPRESSED]
    assert leads_of(world, BOB_KEY) == [CONTACTABLE]
    assert {lead.contact_status for lead in world.store.recent.values()} == {
        SUPPRESSED,
        CONTACTABLE,
    }


def test_objecting_again_changes_nothing() -> None:
    world = known()
    objected(world)
    before = world.rows(), dict(world.store.persons)
    world.pass_by(minutes=1)

    assert (objected(world), repeated(world)) == ({}, {})

    assert (world.rows(), dict(world.store.persons)) == before


def test_an_objection_can_be_taken_back_everywhere_at_once() -> None:
    world = known()
    before = world.rows()
    objected(world)

    done = objected(world, objects=False)
    again = objected(world, objects=False)

    assert (done, again) == ({"objections": 1, "leads_changed": 2}, {})
    assert world.rows() == before


def test_taking_back_what_nobody_objected_to_writes_nothing() -> None:
    world = known()

    assert objected(world, objects=False) == {}

    assert world.store.persons == {}


def test_a_lead_that_comes_after_an_objection_is_suppressed() -> None:
    world = known()
    objected(world)

    world.post(said("contoso.three"))
    world.run_app()

    assert leads_of(world) == [SUPPRESSED] * 3


def test_a_writer_that_read_before_the_objection_is_put_right_by_the_repeat() -> None:
    world = World()
    world.post(said())

    def object_now(call: str) -> None:
        if call == "commit":
            world.before = lambda _call: None
            objected(world)

    world.before = object_now
    world.run_app()
    behind = leads_of(world)
    done = repeated(world)

    assert (behind, done, leads_of(world)) == ([CONTACTABLE], {"leads_changed": 1}, [SUPPRESSED])


def test_an_objection_does_not_repeat_an_erasure_and_keeps_it() -> None:
    world = known()
    forgotten(world)
    erased_at = world.now
    world.pass_by(minutes=1)
    world.post(said(), delivery_id="later")
    world.run_app()

    world.calls.clear()
    done = objected(world)

    assert done == {"objections": 1, "leads_changed": 1}
    assert world.persons.read(ADA_KEY).erased_at == erased_at
    assert "touch_times" not in world.calls


def test_a_lead_row_that_somebody_spoilt_shows_the_objection_too() -> None:
    world = World()
    world.post(said())
    world.run_app()
    world.store.make_unreadable(LeadPlace(partition=PARTITION, lead_key=ADA_KEY))

    objected(world)

    assert leads_of(world) == [SUPPRESSED]


def test_a_lead_of_newer_code_stops_no_other() -> None:
    world = known()
    newer(world, OFFERS[0])

    done = objected(world)

    assert done == {"objections": 1, "leads_changed": 1}
    assert leads_of(world) == [CONTACTABLE, SUPPRESSED]


def newer(world: World, offer: str) -> None:
    """Let newer code have folded Ada's lead in an offer."""
    row = world.store.leads[offer, ADA_KEY]
    assert isinstance(row, StoredLead)
    object.__setattr__(row.lead, "fold_version", FOLD_VERSION + 1)


def test_other_writers_of_the_wishes_are_waited_for_but_not_for_ever() -> None:
    world = known()

    def change_always(call: str) -> None:
        if call == "write_person":
            told = world.store.persons.get(ADA_KEY, Person()).changed_at or world.now
            world.store.persons[ADA_KEY] = Person(changed_at=told + MS)

    world.before = change_always

    with pytest.raises(LeadConflict):
        objected(world)


def test_a_lost_answer_to_a_wish_is_asked_again() -> None:
    world = known()
    lost = iter([True])

    def lose(call: str) -> None:
        if call == "write_person" and next(lost, False):
            raise CommitConflict("nobody can tell")

    world.after = lose
    objected(world)

    assert leads_of(world) == [SUPPRESSED, SUPPRESSED]


# --- repeating


@pytest.mark.parametrize(
    ("age", "cleaned"),
    [
        pytest.param(REPEATED_FOR, True, id="for thirty days"),
        pytest.param(REPEATED_FOR + MS, False, id="and no longer"),
    ],
)
def test_wishes_are_repeated(age: timedelta, *, cleaned: bool) -> None:
    world = known()
    world.store.persons[ADA_KEY] = Person(erased_at=world.now, changed_at=world.now)

    world.now += age
    repeated(world)

    assert (traces_of(world) == []) is cleaned
    assert timedelta(days=30) == REPEATED_FOR


def test_where_nobody_wished_anything_nothing_is_read() -> None:
    world = known()
    world.calls.clear()

    repeated(world)

    assert set(world.calls) == {"changed_since"}


def test_a_repeat_that_is_short_of_time_comes_to_every_offer_in_the_end() -> None:
    world = World()
    for number in range(20):
        world.post(said(f"contoso.offer{number}"), delivery_id=f"d-{number}")
    world.run_app()
    world.store.persons[ADA_KEY] = Person(suppressed_at=world.now, changed_at=world.now)

    for _ in range(10):
        repeat_wishes(world.ports, world.bounds_of(5))
        world.pass_by(minutes=5)

    assert set(leads_of(world)) == {SUPPRESSED}


def test_one_lead_that_cannot_be_erased_stops_no_other() -> None:
    world = known()
    world.store.persons[ADA_KEY] = Person(erased_at=world.now, changed_at=world.now)
    failing = iter([True])

    def refuse_once(call: str) -> None:
        if call == "put_fence" and next(failing, False):
            raise StorageUnavailable("503")

    world.before = refuse_once

    with pytest.raises(StorageUnavailable):
        repeated(world)

    assert len(leads_of(world)) == 1
    assert all(ADA_KEY not in letter.lead_keys for letter in world.all_letters().values())


def test_a_letter_that_is_buried_long_after_the_erasure_goes_as_well() -> None:
    world = World()
    forget(ADA_KEY, world.ports, now=world.now)
    refused = encode_refusal(said().encode()[:-1], cause="invalid-json", rejected_at=world.now)
    world.pass_by(days=31)
    world.bury(decode_rejected(refused))

    counts = repeat_wishes(world.ports, world.bounds)

    assert counts["letters_erased"] == 1
    assert list(world.letters.find()) == []
