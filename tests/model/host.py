"""The Functions host, small: bindings, attempts, poison queues, and workers that die.

What is delivered is invisible for ten minutes. Outputs are written when the function has returned,
and then the message is deleted; what raises comes back after a minute, and after its last attempt
goes to the poison queue, by a copy and a delete (failure-model.md 1; azure-functions.md 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NoReturn

from leads.door import Request
from leads.errors import StorageUnavailable
from leads.names import ENRICHED, POISON, RECEIVED, REJECTED
from leads.pipeline import bury, enrich, receive, write
from leads.pipeline.receive import Reception
from leads.pipeline.stage import LAST_ATTEMPT, Step
from leads.tending.ports import QueuedMessage
from tests.model.cast import Payload
from tests.model.ledger import Posted
from tests.model.storage import ModelQueue, delivery_in
from tests.model.timer import pass_time
from tests.model.wire import Interruption
from tests.model.world import World

ATTEMPTS = 3
"""`maxDequeueCount`, fewer than in host.json: the numbers passed on end with the same one."""

INVISIBLE = timedelta(minutes=10)
RELEASED = timedelta(minutes=1)
THIS_VERSION, NEXT_VERSION = b'{"v":1,', b'{"v":2,'


class _BrokenHeaders(dict[str, str]):
    """A fault of ours at the door."""

    def get(self, *_: object) -> NoReturn:
        raise RuntimeError("a bug")


def post(
    world: World,
    payload: Payload,
    interruption: Interruption | None = None,
    *,
    slow: timedelta = timedelta(),
    version: int = 1,
) -> None:
    """Let the marketplace post, at a door whose clock is *slow*."""
    reception = _receive(world, payload.text.encode(), at=world.now - slow)
    assert reception.delivery is not None, reception
    posted = world.ledger.attempt(reception.delivery, payload)
    with world.wire.interrupted(interruption), suppress(StorageUnavailable):  # the host answers 500
        answer(world, _as_version(reception, version), posted)


def answer(world: World, reception: Reception, posted: Posted) -> None:
    """Write the output, then say 202, as the host does."""
    put(world, (RECEIVED, reception.received))
    world.ledger.acknowledge(posted)


def post_at_broken_door(world: World, payload: Payload) -> None:
    """Let the marketplace post while a bug of ours stands in the door: 500, and kept."""
    reception = _receive(world, payload.text.encode(), at=world.now, headers=_BrokenHeaders())
    world.ledger.refuse(payload, at=world.now)
    put(world, (REJECTED, reception.rejected))


def post_nonsense(world: World, body: bytes) -> None:
    """Let somebody post what is no lead: refused, and kept."""
    put(world, (REJECTED, _receive(world, body, at=world.now).rejected))


def deliver(world: World, name: str, number: int, interruption: Interruption | None = None) -> None:
    """Deliver one message of a queue, when it can be taken."""
    queue = world.queues.open(name)
    pass_time(world, queue.until_visible(number))
    if number not in queue.numbers():
        return  # it expired, or was kept alive as another one
    message = queue.take_this(number, invisible=INVISIBLE)
    outer, world.in_hand = world.in_hand, (name, number)
    with world.wire.interrupted(interruption), suppress(StorageUnavailable):
        _process(world, queue, message)
    world.in_hand = outer


def _process(world: World, queue: ModelQueue, message: QueuedMessage) -> None:
    if message.dequeue_count > ATTEMPTS:
        _poison(world, queue, message)
        return
    try:
        step = run(world, queue.name, message)
        put(world, (ENRICHED, step.enriched), (REJECTED, step.rejected))
    except Exception:  # noqa: BLE001 - the host knows no more of it
        if message.dequeue_count == ATTEMPTS:
            _poison(world, queue, message)
        else:
            queue.release(message, after=RELEASED)
    else:
        queue.remove(message)


def run(world: World, name: str, message: QueuedMessage) -> Step:
    """Run the function of a queue."""
    attempt = message.dequeue_count + LAST_ATTEMPT - ATTEMPTS
    if name == REJECTED:
        return bury.bury(message.body, letters=world.letters, now=world.now)
    stage = enrich.enrich if name == RECEIVED else write.write
    return stage(message.body, attempt=attempt, open_ports=world.stage_ports, now=world.now)


def put(world: World, *outputs: tuple[str, bytes | None]) -> None:
    """Write what a function set as its outputs."""
    for name, body in outputs:
        if body is not None:
            world.queues.open(name).put(body)
            if name != REJECTED and delivery_in(body):
                world.envelopes.append(body)


def _poison(world: World, queue: ModelQueue, message: QueuedMessage) -> None:
    world.queues.open(queue.name + POISON).put(message.body)
    queue.remove(message)


def _receive(
    world: World, body: bytes, *, at: datetime, headers: Mapping[str, str] = MappingProxyType({})
) -> Reception:
    return receive.receive(
        Request(method="POST", headers=headers, body=body),
        aliases=world.aliases,
        delivery_id=f"d-{len(world.ledger.posted)}",
        received_at=at,
    )


def _as_version(reception: Reception, version: int) -> Reception:
    """Return what the door of newer code would queue."""
    if version == 1 or reception.received is None:
        return reception
    newer = reception.received.replace(THIS_VERSION, NEXT_VERSION, 1)
    return replace(reception, received=newer)
