from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from leads.errors import StorageUnavailable
from leads.names import ENRICHED, POISON_QUEUES, QUEUES, RECEIVED, REJECTED
from leads.tending.aging import AT_ONCE, keep_alive
from leads.tending.run import tend
from tests.memory_tending import NEVER
from tests.unit.factories import MS, payload, received
from tests.unit.world import World, killed_at_each_moment

DAY = timedelta(days=1)
SOON = timedelta(days=4)  # of the seven days that a message lives, three are left


def posting(*delivery_ids: str) -> World:
    world = World()
    for delivery_id in delivery_ids:
        world.post(delivery_id=delivery_id)
    return world


def aged(*delivery_ids: str, days: float = 5) -> World:
    """Return a world in which the app has not read its queue for days."""
    world = posting(*delivery_ids or ("d-1", "d-2", "d-3"))
    world.pass_by(days=days)
    return world


def renewed(world: World) -> int:
    return keep_alive(world.ports, world.bounds)["renewed"]


def lives(world: World, name: str = RECEIVED) -> list[bool]:
    """Tell of each message in the queue whether it lives for ever."""
    return [message.expires_at == NEVER for message in world.queue(name).messages.values()]


@pytest.mark.parametrize("name", [*QUEUES, *POISON_QUEUES])
def test_a_message_that_would_expire_soon_lives_for_ever_then(name: str) -> None:
    world = World()
    world.queue(name).put(received())
    world.pass_by(days=5)

    assert renewed(world) == 1

    assert (world.bodies(name), lives(world, name)) == ([received()], [True])


@pytest.mark.parametrize(
    ("age", "number"),
    [
        pytest.param(timedelta(0), 0, id="new"),
        pytest.param(SOON, 0, id="three days are left"),
        pytest.param(SOON + MS, 1, id="less than three days are left"),
        pytest.param(7 * DAY - MS, 1, id="the last moment"),
        pytest.param(7 * DAY, 0, id="too late"),
    ],
)
def test_a_message_is_renewed_when_it_expires_within_three_days(
    age: timedelta, number: int
) -> None:
    world = posting("d-1")

    world.now += age

    assert renewed(world) == number


def test_while_no_head_is_old_a_run_only_looks() -> None:
    world = aged(days=3)

    renewed(world)

    assert set(world.calls) == {"send", "peek"}
    assert world.calls.count("peek") == len(QUEUES) + len(POISON_QUEUES)


def test_a_second_run_finds_nothing() -> None:
    world = aged()

    assert (renewed(world), renewed(world)) == (3, 0)


def test_young_messages_behind_old_ones_are_left_alone() -> None:
    world = aged("d-1", "d-2")
    world.post(delivery_id="d-3")

    renewed(world)

    [young, *others] = world.queue(RECEIVED).messages.values()
    assert (young.dequeue_count, young.expires_at) == (0, world.now + 7 * DAY)
    assert [message.expires_at for message in others] == [NEVER, NEVER]


def test_waiting_for_days_behind_old_messages_makes_no_poison() -> None:
    world = World()
    for number in range(7 * 24):
        world.post(delivery_id=f"d-{number}")
        renewed(world)
        world.pass_by(hours=1)

    taken = [message.dequeue_count for message in world.queue(RECEIVED).messages.values()]

    assert (len(taken), max(taken)) == (7 * 24, 0)


def test_an_old_message_behind_young_ones_is_renewed() -> None:
    world = World()
    for number in range(5):
        world.queue(RECEIVED).put(received(delivery_id=f"young {number}"), life=30 * DAY)
    world.post(delivery_id="old")
    world.pass_by(days=4, hours=-1)
    queue = world.queue(RECEIVED)
    for number in range(5):
        queue.messages[number].inserted_at = world.now
    world.pass_by(hours=2)

    renewed(world)

    assert received(delivery_id="old", after=timedelta(0)) in world.bodies(RECEIVED)
    assert world.queue(RECEIVED).messages[max(queue.messages)].expires_at == NEVER


@pytest.mark.parametrize("heads", [AT_ONCE, 3 * AT_ONCE])
def test_what_never_expires_hides_nothing_that_does(heads: int) -> None:
    world = World()
    for number in range(heads):  # as redriving sends them
        world.queue(RECEIVED).send(received(delivery_id=f"never {number}"))
    world.pass_by(hours=1)
    world.post(delivery_id="mortal")

    for _day in range(8):
        world.pass_by(days=1)
        renewed(world)

    assert len(world.bodies(RECEIVED)) == heads + 1
    assert all(lives(world))


@pytest.mark.parametrize("many", [AT_ONCE + 1, 300])
def test_however_many_are_old_all_are_renewed_in_order(many: int) -> None:
    world = aged(*(f"d-{number}" for number in range(many)))
    before = world.bodies(RECEIVED)

    assert renewed(world) == many

    assert (world.bodies(RECEIVED), all(lives(world))) == (before, True)


def test_it_sends_before_it_removes() -> None:
    world = aged("d-1")
    world.calls.clear()

    renewed(world)

    assert [call for call in world.calls if call in {"send", "remove"}] == ["send", "remove"]


def test_an_end_of_the_process_at_any_moment_loses_nothing_and_shortens_no_life() -> None:
    rounds = 0
    for world in killed_at_each_moment(aged, renewed):
        rounds += 1
        bodies = Counter(world.bodies(RECEIVED))
        expected = {received(delivery_id=f"d-{n}") for n in (1, 2, 3)}

        assert bodies.keys() == expected
        assert max(bodies.values()) <= 2
        assert all(lives(world))

    assert rounds > 10


def test_what_the_app_takes_at_this_moment_is_its_own() -> None:
    world = aged("d-1", "d-2")

    def take_first(call: str) -> None:
        if call == "take":
            world.before = lambda _call: None
            world.queue(RECEIVED).take(1, invisible=10 * DAY)

    world.before = take_first
    renewed(world)

    assert Counter(lives(world)) == {False: 1, True: 1}


def test_a_run_ends_when_its_time_is_over_and_the_next_goes_on() -> None:
    world = aged(*(f"d-{number}" for number in range(5 * AT_ONCE)))

    first = keep_alive(world.ports, world.bounds_of(2))["renewed"]
    second = renewed(world)

    assert (first, second) == (2 * AT_ONCE, 3 * AT_ONCE)


def test_one_queue_that_fails_stops_no_other() -> None:
    world = World()
    for name in QUEUES:
        world.queue(name).put(received())
    world.pass_by(days=5)
    failing = iter([True])

    def refuse_once(call: str) -> None:
        if call == "peek" and next(failing, False):
            raise StorageUnavailable("403")

    world.before = refuse_once

    with pytest.raises(StorageUnavailable):
        renewed(world)

    assert [lives(world, name) for name in QUEUES] == [[False], [True], [True]]


@pytest.mark.parametrize("tended_on", [5, 6])
def test_after_eight_days_without_the_app_and_one_run_by_hand_everything_is_delivered(
    tended_on: int,
) -> None:
    world = World()
    for number in range(40):
        text = payload(person={"Email": f"person{number}@contoso.com"})
        world.post(text, delivery_id=f"d-{number}")
        world.queue(ENRICHED if number % 2 else REJECTED).put(b"poison, and more of it")
    world.pass_by(days=tended_on)

    tend(world.ports, world.bounds)
    world.pass_by(days=8 - tended_on)
    world.run_app()

    assert sorted(lead.touch_count for lead in world.leads()) == [1] * 40


def test_without_that_run_all_of_it_would_be_gone() -> None:
    world = posting("d-1")

    world.pass_by(days=8)
    world.run_app()

    assert world.leads() == []
