"""Bugs of dead letters, poison queues, and messages that grow old."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch

from leads import messages
from leads.errors import InvalidMessage
from leads.letters import LetterState, StoredLetter, lead_keys, letter_of_poison
from leads.names import POISON, POISON_QUEUES, QUEUES, STAGES
from leads.rejections import DeadLetter
from leads.tables.letter_entities import letter_to_entity
from leads.tending import redriving, run
from leads.tending.ports import Bounds, TendPorts
from leads.tending.redriving import Redriven
from tests.memory_tending import MemoryLetters

type Patch = AbstractContextManager[object]

_redrive, _bury = redriving.redrive, MemoryLetters.bury
_INVISIBLE = timedelta(minutes=5)
_SOON = timedelta(days=3)


def buried_over() -> Patch:
    """A letter that comes again replaces its row, with all that was done about it."""

    def bury(self: MemoryLetters, letter: DeadLetter, *, now: datetime) -> None:
        self.before("bury")
        row = letter_to_entity(letter, now=now)
        self._put((row["PartitionKey"], row["RowKey"]), row)
        self.after("bury")

    return patch.object(MemoryLetters, "bury", bury)


def buried_by_person() -> Patch:
    """A letter is kept under its person, so that the next one replaces it."""

    def bury(self: MemoryLetters, letter: DeadLetter, *, now: datetime) -> None:
        person = next(iter(sorted(lead_keys(letter))), letter.key)
        place = letter.stage, f"{person}|{letter.redrives}"
        self.rows.pop(place, None)
        _bury(self, replace(letter, key=person), now=now)

    return patch.object(MemoryLetters, "bury", bury)


def redriven_marked_first() -> Patch:
    """A letter is marked as sent, then sent."""

    def redrive(listed: StoredLetter, ports: TendPorts, *, now: datetime) -> Redriven:
        one = listed.letter
        letter = ports.letters.read(one.stage, one.key, one.redrives)
        queue = {stage: name for name, stage in STAGES.items()}.get(one.stage)
        if letter is None or queue is None:  # the payloads that were refused fare as they should
            return _redrive(listed, ports, now=now)
        times = letter.times_redriven + 1
        marked = replace(
            letter, state=LetterState.REDRIVEN, redriven_at=now, times_redriven=times, next_at=None
        )
        ports.letters.change(marked)
        ports.queues.open(queue).send(_once_more(letter.letter))
        return Redriven.SENT

    return patch.object(redriving, "redrive", redrive)


def _once_more(letter: DeadLetter) -> bytes:
    try:
        envelope = messages.read_envelope(letter.body)
    except InvalidMessage:
        return letter.body
    delivery = envelope["delivery"] | {"redrives": letter.redrives + 1}
    return messages.dump(envelope | {"delivery": delivery})


def stored_as_sent() -> Patch:
    """A letter counts as stored because it was sent; nobody looks into the table."""
    return patch.object(redriving, "is_recorded", lambda *_, **__: True)


def poison_removed_first() -> Patch:
    """A message is removed from a poison queue, then buried."""

    def drain_poison(ports: TendPorts, bounds: Bounds) -> Counter[str]:
        for name in POISON_QUEUES:
            queue = ports.queues.open(name)
            while taken := queue.take(1, invisible=_INVISIBLE):
                queue.remove(taken[0])
                stage, found_at = STAGES[name.removesuffix(POISON)], taken[0].inserted_at
                body = taken[0].body
                letter = letter_of_poison(body, queue=name, stage=stage, found_at=found_at)
                ports.letters.bury(letter, now=bounds.now)
        return Counter()

    return patch.dict(run.STEPS, {"drain_poison": drain_poison})


def renewed_removed_first() -> Patch:
    """A message that would expire is removed, then sent again."""

    def keep_alive(ports: TendPorts, bounds: Bounds) -> Counter[str]:
        for name in (*QUEUES, *POISON_QUEUES):
            queue = ports.queues.open(name)
            for message in queue.take(32, invisible=_INVISIBLE):
                if message.expires_at - bounds.now < _SOON:
                    queue.remove(message)
                    queue.send(message.body)
                else:
                    queue.release(message)
        return Counter()

    return patch.dict(run.STEPS, {"keep_alive": keep_alive})


def never_renewed() -> Patch:
    """Nobody looks how long a message still lives."""
    return patch.dict(run.STEPS, {"keep_alive": lambda _ports, _bounds: Counter()})
