"""What the state machine stands on: one world, its code scaled down, and the work of others."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from unittest.mock import patch

from hypothesis.stateful import RuleBasedStateMachine

from leads import messages
from leads.names import QUEUES
from leads.tending import aging, poison
from leads.upkeep import moving
from tests.model import host, people, rest, timer
from tests.model.cast import Lines, Payload
from tests.model.wire import Event, Interruption, Wire
from tests.model.world import World

DECODE = messages.decode
FEW = 2
SCALED_DOWN = (
    (aging, "AT_ONCE"),
    (poison, "TAKEN_AT_ONCE"),
    (moving, "COPIED_AT_ONCE"),
)
"""How many are taken at once, fewer than in the code: few messages are many here."""


class Model(RuleBasedStateMachine):
    """The world, and how others come in between; what may happen in it is in machine.py."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Wire(self.meanwhile))
        self.payloads: list[Payload] = []
        self.steps = 0
        self._patches = ExitStack()
        self._patches.enter_context(patch.object(messages, "decode", self.decode))
        for module, name in SCALED_DOWN:
            self._patches.enter_context(patch.object(module, name, FEW))

    def teardown(self) -> None:
        with self._patches:
            if sys.exception() is None:  # else something is broken already
                rest.come_to_rest(self.world)

    def figures(self) -> Counter[str]:
        """Return what there was in this example."""
        world = self.world
        return Counter(
            examples=1,
            steps=self.steps,
            calls=len(world.store.calls),
            accepted=len(world.ledger.accepted),
            touches=len(world.store.touches),
            letters=len(world.letters.rows),
            erased=len(world.ledger.erased),
        )

    def decode(self, body: bytes) -> messages.Message:
        """Decode a message as the code does that is deployed now."""
        if self.world.knows_next_version:
            body = body.replace(host.NEXT_VERSION, host.THIS_VERSION, 1)
        return DECODE(body)

    def meanwhile(self, due: Interruption) -> None:
        """Let others do something in the middle of something else."""
        world = self.world
        match due.event:
            case Event.SAME if world.in_hand:
                name, number = world.in_hand
                if number in world.queues.open(name).numbers():
                    host.deliver(world, name, number, due.inner)
            case Event.SAME | Event.OTHER:
                queue = world.in_hand[0] if world.in_hand else ""
                self.deliver_some(due.number, due.inner, queue)
            case Event.TEND:
                timer.tend(world, due.inner)
            case Event.FORGET:
                people.forget(world, due.number, due.inner)
            case Event.OBJECT:
                people.object_to_contact(world, due.number, due.inner)
            case Event.REBUILD:
                people.rebuild(world, due.inner)
            case Event.MERGE:
                people.merge(world, due.number, due.inner)

    def deliver_some(self, number: int, interruption: Interruption | None, name: str = "") -> None:
        """Deliver a message, if there is one that nobody has in hand."""
        if waiting := self.waiting(name):
            host.deliver(self.world, *waiting[number % len(waiting)], interruption)

    def waiting(self, name: str = "") -> list[tuple[str, int]]:
        """Return the messages of one queue, or of all."""
        names = [name] if name else QUEUES
        found = [(one, n) for one in names for n in self.world.queues.open(one).numbers()]
        return [one for one in found if one != self.world.in_hand]

    def payload(self, lines: Lines) -> Payload:
        """Return a payload unlike all others in a field that does not count."""
        made = lines.payload(f"canary-{len(self.payloads):04}")
        self.payloads.append(made)
        return made
