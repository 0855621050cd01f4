from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from leads.letters import LetterState
from leads.model import LeadPlace
from leads.names import ENRICHED, POISON_QUEUES, QUEUES, RECEIVED
from leads.rejections import decode_rejected, encode_failure, encode_refusal
from leads.store import Fence, FencedLead, FenceKind
from leads.tending.ports import Bounds, Fenced
from leads.tending.status import (
    UNFINISHED,
    LetterStatus,
    OfferStatus,
    QueueStatus,
    count_offers,
    current,
    silent_offers,
)
from leads.upkeep.moving import move_lead
from tests.unit.factories import HOUR, MS, PARTITION, START, payload, received, tools
from tests.unit.world import World, killed_at_each_moment, place_of

OTHER = "contoso.other"
DAY = 24 * HOUR


def said(name: str, *, offer: str = PARTITION, action: str = "INS", company: str = "") -> str:
    person = {"Email": f"{name}@contoso.com", "Company": company}
    return payload(person=person, LeadSource=f"AzureMarketplace-{action}|{offer}")


def posted(*texts: str) -> World:
    world = World()
    for number, text in enumerate(texts):
        world.post(text, delivery_id=f"d-{number}")
        world.run_app()
        world.pass_by(hours=1)
    return world


def counted(world: World) -> dict[str, int]:
    done = count_offers(world.ports, world.bounds)
    return {name: number for name, number in done.items() if number}


def fenced(kind: FenceKind, *, age: timedelta = UNFINISHED, to: str = "") -> World:
    """Return a world in which erasing or moving a lead was broken off, so long ago."""
    world = posted(said("ada"))
    [lead] = world.leads()
    place = place_of(lead)
    through = world.now if kind is FenceKind.ERASING else None
    fence = Fence(kind=kind, since=world.now, through=through, to=to)
    listed = [recent.row_key for recent in world.store.find_recents(place)]
    world.store.put_fence(place, fence, replaced=world.store.read_lead(place), strays=listed)
    world.now += age
    return world


# --- offers


def test_the_counts_of_an_offer_are_what_stands_in_it() -> None:
    world = posted(
        said("ada"),
        said("bob", action="StartTestDrive"),
        said("eve", action="PLT"),
        said("eve", action="INS"),
        said("dan", action="DNC"),
        said("tom", company="MSFT_TEST"),
        said("sue", offer=OTHER),
    )

    done = counted(world)

    status = world.status.counted[PARTITION]
    assert done == {"offers_counted": 2}
    assert status.stages == {"unknown": 1, "interest": 1, "trial": 1, "active": 1}
    assert status.contact == {"contactable": 3, "do-not-contact": 1, "suppressed": 0}
    assert status.tests == 1
    assert (status.last_real_at, status.last_test_at) == (START + 4 * HOUR, START + 5 * HOUR)
    assert world.status.counted[OTHER].stages["interest"] == 1


def test_counting_twice_changes_nothing_but_the_time() -> None:
    world = posted(said("ada"), said("bob", offer=OTHER))
    counted(world)
    before = dict(world.status.counted)
    world.pass_by(minutes=5)

    counted(world)

    again = {name: replace(s, as_of=before[name].as_of) for name, s in world.status.counted.items()}
    assert again == before
    assert {status.as_of for status in world.status.counted.values()} == {world.now}


def test_an_offer_that_has_no_rows_any_more_is_forgotten() -> None:
    world = posted(said("ada"))
    counted(world)
    for kind in (world.store.leads, world.store.recent, world.store.touches):
        kind.clear()

    counted(world)

    assert world.status.counted == {}


def test_what_was_counted_longest_ago_or_never_comes_first_when_time_is_short() -> None:
    world = posted(*(said("ada", offer=f"contoso.offer{n}") for n in range(6)))
    order = []

    for _ in range(4):
        before = dict(world.status.counted)
        count_offers(world.ports, world.bounds_of(6))  # each asks twice: whether, and how long
        changed = [name for name, s in world.status.counted.items() if s != before.get(name)]
        order.append(sorted(int(name[-1]) for name in changed))
        world.pass_by(minutes=5)

    assert order == [[0, 1, 2], [3, 4, 5], [0, 1, 2], [3, 4, 5]]


def test_no_offer_takes_more_than_half_of_the_time_while_others_wait() -> None:
    world = posted(*(said("ada", offer=f"contoso.offer{n}") for n in range(3)))
    given: list[float] = []

    class Stopwatch:
        def count(
            self, partition: str, *, as_of: datetime, bounds: Bounds | None = None
        ) -> tuple[OfferStatus, Sequence[Fenced]]:
            assert bounds
            given.append(bounds.ends_at)
            return world.ports.census.count(partition, as_of=as_of)

        def silent(self, partition: str, *, before: datetime) -> Iterator[tuple[LeadPlace, str]]:
            return world.ports.census.silent(partition, before=before)

    count_offers(replace(world.ports, census=Stopwatch()), replace(world.bounds, ends_at=80.0))

    assert given == [40.0, 40.0, 80.0]


def test_one_offer_that_cannot_be_counted_stops_no_other() -> None:
    world = posted(*(said("ada", offer=f"contoso.offer{n}") for n in range(3)))
    failing = iter([True])

    def stumble_once(call: str) -> None:
        if call == "count" and next(failing, False):
            raise ValueError("a row that no code of ours wrote")

    world.before = stumble_once

    with pytest.raises(ValueError, match="no code of ours"):
        counted(world)

    assert set(world.status.counted) == {"contoso.offer1", "contoso.offer2"}


# --- silence


def heard(name: str, *, real: datetime | None, test: datetime | None = None) -> OfferStatus:
    return OfferStatus(
        partition=name,
        as_of=START,
        stages={},
        contact={},
        tests=0,
        last_real_at=real,
        last_test_at=test,
    )


@pytest.mark.parametrize(
    ("offer", "silent"),
    [
        pytest.param(heard("a", real=START - 7 * DAY - MS), True, id="longer than that ago"),
        pytest.param(heard("a", real=START - 7 * DAY), False, id="just so long ago"),
        pytest.param(heard("a", real=START + DAY), False, id="a clock that runs ahead"),
        pytest.param(heard("a", real=None), False, id="never a lead"),
        pytest.param(heard("a", real=None, test=START - 99 * DAY), False, id="test leads alone"),
        pytest.param(heard("a", real=START - 8 * DAY, test=START), True, id="tests since"),
    ],
)
def test_an_offer_is_silent_when_its_last_real_lead_came_too_long_ago(
    offer: OfferStatus,
    silent: bool,
) -> None:
    found = silent_offers([offer], START, 7 * DAY)

    assert found == [offer] * silent


def test_the_offer_that_was_silent_longest_comes_first() -> None:
    days = {"b": 9, "c": 30, "a": 9, "d": 1}
    offers = [heard(name, real=START - ago * DAY) for name, ago in days.items()]

    found = silent_offers(offers, START, 7 * DAY)

    assert [offer.partition for offer in found] == ["c", "a", "b"]


def test_nobody_is_told_of_silence_where_it_is_switched_off() -> None:
    assert silent_offers([heard("a", real=START - 99 * DAY)], START, timedelta(0)) == []


# --- what was broken off


@pytest.mark.parametrize(
    ("age", "finished"),
    [
        pytest.param(UNFINISHED - MS, {}, id="somebody may be at it"),
        pytest.param(UNFINISHED, {"finished": 1}, id="after ten minutes"),
    ],
)
@pytest.mark.parametrize("kind", [FenceKind.ERASING, FenceKind.MOVING])
def test_what_was_broken_off_is_finished(
    kind: FenceKind, age: timedelta, finished: dict[str, int]
) -> None:
    world = fenced(kind, age=age, to=OTHER if kind is FenceKind.MOVING else "")

    done = counted(world)

    assert done == {"offers_counted": 1} | finished
    assert timedelta(minutes=10) == UNFINISHED


def test_an_erasure_that_was_broken_off_ends_without_a_trace() -> None:
    world = fenced(FenceKind.ERASING)

    counted(world)

    assert world.store.rows() == {}


def test_a_move_that_was_broken_off_ends_in_the_other_offer() -> None:
    world = fenced(FenceKind.MOVING, to=OTHER)

    counted(world)

    assert [(lead.partition, lead.touch_count) for lead in world.leads()] == [(OTHER, 1)]


def test_a_lead_that_was_moved_away_is_nothing_to_finish_and_counts_nowhere() -> None:
    world = posted(said("ada"))
    [lead] = world.leads()
    move_lead(place_of(lead), tools(world.store), to=OTHER, now=world.now)
    world.pass_by(days=1)

    done = counted(world)

    assert done == {"offers_counted": 2}
    assert sum(world.status.counted[PARTITION].stages.values()) == 0
    assert sum(world.status.counted[OTHER].stages.values()) == 1


@pytest.mark.parametrize(
    "fence",
    [
        pytest.param(Fence(kind=FenceKind.ERASING, since=START), id="a hand left out how much"),
        pytest.param(Fence(kind=FenceKind.MOVING, since=START, to=PARTITION), id="to itself"),
    ],
)
def test_what_cannot_be_finished_is_counted_and_stops_nothing(fence: Fence) -> None:
    world = posted(said("ada"), said("bob"))
    lead = world.leads()[0]
    row = FencedLead(fence=fence, etag="by hand")
    world.store.leads[lead.partition, lead.lead_key] = row
    world.pass_by(hours=1)

    done = counted(world)

    assert done == {"offers_counted": 1, "unfinished": 1}
    assert world.store.leads[lead.partition, lead.lead_key] == row


def test_finishing_can_end_at_any_moment() -> None:
    for world in killed_at_each_moment(lambda: fenced(FenceKind.MOVING, to=OTHER), counted):
        world.pass_by(minutes=20)
        counted(world)

        assert [(lead.partition, lead.touch_count) for lead in world.leads()] == [(OTHER, 1)]


# --- the whole


def test_the_status_of_a_pipeline_where_nothing_ever_happened_is_empty() -> None:
    world = World()

    status = current(world.ports, now=world.now)

    assert [queue.name for queue in status.queues] == [*QUEUES, *POISON_QUEUES]
    assert {(queue.depth, queue.oldest_at) for queue in status.queues} == {(0, None)}
    assert status.letters == LetterStatus(
        parked=0, redriven=0, waiting_for_a_person=0, oldest_at=None
    )
    assert (status.leads, status.tests, status.last_real_at, status.oldest_at) == (0, 0, None, None)


def test_the_status_tells_of_each_queue_how_deep_and_how_old_it_is() -> None:
    world = World()
    world.post(delivery_id="d-1")
    world.pass_by(hours=1)
    world.post(delivery_id="d-2")
    world.queue(ENRICHED).put(b"{}")

    status = current(world.ports, now=world.now)

    told = {queue.name: queue for queue in status.queues if queue.depth}
    assert told == {
        RECEIVED: QueueStatus(name=RECEIVED, depth=2, oldest_at=START),
        ENRICHED: QueueStatus(name=ENRICHED, depth=1, oldest_at=START + HOUR),
    }
    assert status.oldest_at == START


def test_what_is_processed_at_this_moment_does_not_wait() -> None:
    world = World()
    world.post()
    world.queue(RECEIVED).take(1, invisible=HOUR)

    status = current(world.ports, now=world.now)

    assert (status.queues[0].depth, status.oldest_at) == (1, None)


def test_the_status_counts_the_letters_by_who_must_act() -> None:
    world = World()
    rejected = encode_failure(
        received(), stage="write", error=OSError(), attempts=10, failed_at=START
    )
    waiting = world.bury(decode_rejected(rejected))
    world.pass_by(hours=1)
    for text in (b"[", b"{"):
        refusal = encode_refusal(text, cause="invalid-json", rejected_at=world.now)
        world.bury(decode_rejected(refusal))
    sent = world.bury(replace(waiting.letter, key="d-2"))
    world.change(sent, state=LetterState.REDRIVEN)
    stored = world.bury(replace(waiting.letter, key="d-3"))
    world.change(stored, state=LetterState.STORED, settled_at=world.now)

    status = current(world.ports, now=world.now)

    assert status.letters == LetterStatus(
        parked=3, redriven=1, waiting_for_a_person=2, oldest_at=START
    )


def test_the_status_sums_the_offers_as_they_were_last_counted() -> None:
    world = posted(
        said("ada"), said("bob", offer=OTHER), said("tom", offer=OTHER, company="MSFT_TEST")
    )
    counted(world)
    world.post(said("eve"), delivery_id="not counted yet")
    world.run_app()

    status = current(world.ports, now=world.now, failures=["redrive_due: 503"])

    assert (status.as_of, status.leads, status.tests) == (world.now, 2, 1)
    assert (status.last_real_at, status.last_test_at) == (START + HOUR, START + 2 * HOUR)
    assert status.failures == ["redrive_due: 503"]
