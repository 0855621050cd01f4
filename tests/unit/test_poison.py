from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import StorageUnavailable
from leads.letters import LetterState
from leads.names import ENRICHED, POISON, POISON_QUEUES, RECEIVED, REJECTED
from leads.rejections import encode_failure
from leads.tending.poison import TAKEN_AT_ONCE, drain_poison
from tests.unit.factories import START, received
from tests.unit.world import World, killed_at_each_moment

RECEIVED_POISON, ENRICHED_POISON, REJECTED_POISON = POISON_QUEUES
REJECTION = encode_failure(
    received(delivery_id="d-3"),
    stage="write",
    error=StorageUnavailable("503"),
    attempts=10,
    failed_at=START,
)
GARBAGE = b"no envelope"


def poisoned(*messages: tuple[str, bytes]) -> World:
    world = World()
    for queue, body in messages:
        world.queue(queue).put(body)
    return world


def usual() -> World:
    """One message of each kind."""
    return poisoned(
        (RECEIVED_POISON, received(delivery_id="d-1")),
        (ENRICHED_POISON, received(delivery_id="d-2")),
        (REJECTED_POISON, REJECTION),
        (REJECTED_POISON, GARBAGE),
    )


def drain(world: World) -> int:
    return drain_poison(world.ports, world.bounds)["buried"]


def counts(world: World) -> dict[str, int]:
    return {name: letter.count for name, letter in world.all_letters().items()}


def test_every_message_of_every_poison_queue_becomes_a_letter_and_is_gone() -> None:
    world = usual()

    buried = drain(world)

    assert counts(world) == {
        "enrich/d-1/0": 1,
        "write/d-2/0": 1,
        "write/d-3/0": 1,
        f"bury/{sha256(GARBAGE).hexdigest()}/0": 1,
    }
    assert buried == 4
    assert [world.bodies(name) for name in POISON_QUEUES] == [[], [], []]


def test_poison_is_due_for_another_try_soon_and_keeps_what_it_was() -> None:
    world = poisoned((RECEIVED_POISON, received(delivery_id="d-1")))

    drain(world)

    [letter] = world.all_letters().values()
    kept = world.letter(letter.letter)
    assert (kept.state, kept.next_at) == (LetterState.PARKED, START + timedelta(minutes=5))
    assert (kept.letter.poisoned, kept.letter.body) == (True, received(delivery_id="d-1"))


def test_nothing_is_touched_but_the_poison_queues() -> None:
    world = World()
    world.post()

    drain(world)

    assert world.bodies(RECEIVED) == [received()]
    assert world.letters.rows == {}


def test_an_end_of_the_process_at_any_moment_loses_nothing_and_counts_nothing_twice() -> None:
    undisturbed = usual()
    drain(undisturbed)

    rounds = 0
    for world in killed_at_each_moment(usual, drain):
        rounds += 1
        assert world.rows() == undisturbed.rows()
        assert [world.bodies(name) for name in POISON_QUEUES] == [[], [], []]

    assert rounds > 20


def test_a_message_that_the_host_put_there_twice_is_one_letter() -> None:
    world = poisoned((REJECTED_POISON, REJECTION), (REJECTED_POISON, REJECTION))

    drain(world)

    assert counts(world) == {"write/d-3/0": 1}


def test_a_message_that_is_poison_again_is_one_letter_that_failed_twice() -> None:
    world = poisoned((REJECTED_POISON, GARBAGE))
    drain(world)
    world.pass_by(hours=2)
    world.queue(REJECTED_POISON).put(GARBAGE)

    drain(world)

    assert list(counts(world).values()) == [2]


def test_a_run_ends_when_its_time_is_over_and_the_next_goes_on() -> None:
    many = 3 * TAKEN_AT_ONCE
    world = poisoned(*((RECEIVED_POISON, received(delivery_id=f"d-{n}")) for n in range(many)))

    first = drain_poison(world.ports, world.bounds_of(10))["buried"]
    left = len(world.bodies(RECEIVED_POISON))
    world.pass_by(minutes=10)
    second = drain(world)

    assert 0 < first < TAKEN_AT_ONCE
    assert (left, first + second) == (many - first, many)


def test_more_than_one_taking_is_drained_in_one_run() -> None:
    many = 3 * TAKEN_AT_ONCE + 1
    world = poisoned(*((ENRICHED_POISON, received(delivery_id=f"d-{n}")) for n in range(many)))

    assert drain(world) == many


def test_one_message_that_cannot_be_buried_stops_no_other() -> None:
    world = usual()
    failing = iter([True])

    def fail_once(call: str) -> None:
        if call == "bury" and next(failing, False):
            raise StorageUnavailable("503")

    world.before = fail_once

    with pytest.raises(StorageUnavailable):
        drain(world)

    assert len(world.all_letters()) == 3
    assert [len(world.bodies(name)) for name in POISON_QUEUES] == [1, 0, 0]


def test_where_storage_is_down_a_run_gives_up_and_keeps_every_message() -> None:
    many = 3 * TAKEN_AT_ONCE
    world = poisoned(*((RECEIVED_POISON, received(delivery_id=f"d-{n}")) for n in range(many)))
    world.down = {"bury"}

    with pytest.raises(StorageUnavailable):
        drain(world)

    assert world.calls.count("bury") == 5
    assert len(world.bodies(RECEIVED_POISON)) == many


@given(st.lists(st.tuples(st.sampled_from(POISON_QUEUES), st.binary(max_size=40)), max_size=40))
def test_whatever_lies_there_is_kept(messages: list[tuple[str, bytes]]) -> None:
    world = poisoned(*messages)

    drain(world)

    kept = {world.letter(letter.letter).letter.body for letter in world.all_letters().values()}
    assert kept == {body for _, body in messages}
    assert [world.bodies(name) for name in POISON_QUEUES] == [[], [], []]


def test_the_queues_are_those_that_the_host_makes() -> None:
    assert tuple(name + POISON for name in (RECEIVED, ENRICHED, REJECTED)) == POISON_QUEUES
