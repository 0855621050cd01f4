"""Dead letters to start from, and what tending does about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from leads.errors import StorageUnavailable, UnknownVersion
from leads.letters import LetterState
from leads.names import QUEUES
from leads.rejections import DeadLetter, decode_rejected, encode_failure, encode_refusal
from leads.tending.poison import drain_poison
from leads.tending.redriving import Redriven, confirm_redriven, redrive
from leads.tending.redriving import redrive_due as redrive_what_is_due
from tests.unit.factories import START, payload, received
from tests.unit.world import World

PARKED, REDRIVEN = LetterState.PARKED, LetterState.REDRIVEN
STORED, DROPPED = LetterState.STORED, LetterState.DROPPED


def failed(
    body: bytes = b"",
    *,
    stage: str = "write",
    error: Exception | None = None,
    after: timedelta = timedelta(),
) -> DeadLetter:
    """Return the letter of a message that failed."""
    rejected = encode_failure(
        body or received(),
        stage=stage,
        error=error or StorageUnavailable("503"),
        attempts=10,
        failed_at=START + after,
    )
    return decode_rejected(rejected)


def refused(text: str = "", *, after: timedelta = timedelta()) -> DeadLetter:
    """Return the letter of a payload that the door refused and would take now."""
    body = (text or payload()).encode()
    return decode_rejected(encode_refusal(body, cause="internal-error", rejected_at=START + after))


def unreadable() -> DeadLetter:
    """Return the letter of a message that only newer code can read."""
    body = received().replace(b'"v":1', b'"v":9')
    return failed(body, stage="enrich", error=UnknownVersion("9"))


def world_with(*letters: DeadLetter, aliases: dict[str, str] | None = None) -> World:
    world = World(aliases=aliases)
    for letter in letters:
        world.bury(letter)
    world.pass_by(minutes=5)
    return world


def sent(world: World, one: DeadLetter) -> Redriven:
    """Redrive a letter as a person does."""
    return redrive(world.letter(one), world.ports, now=world.now)


def redrive_due(world: World) -> dict[str, int]:
    return dict(redrive_what_is_due(world.ports, world.bounds))


def confirm(world: World) -> dict[str, int]:
    return dict(confirm_redriven(world.ports, world.bounds))


def tended(world: World) -> None:
    """Do what a run does about letters."""
    drain_poison(world.ports, world.bounds)
    confirm(world)
    redrive_due(world)


def in_flight(world: World) -> dict[str, int]:
    return {name: len(world.bodies(name)) for name in QUEUES if world.bodies(name)}


def counts(world: World) -> list[int]:
    return [lead.touch_count for lead in world.leads()]


def many(number: int, **changes: object) -> list[DeadLetter]:
    bodies = [
        received(payload(person={"Email": f"p{n}@contoso.com"}), delivery_id=f"d-{n}")
        for n in range(number)
    ]
    return [replace(failed(body), **changes) for body in bodies]  # type: ignore[arg-type]
