"""Redrive: send a dead letter again, and see whether its touch arrived in the table. Pure.

It sends first and marks second: a crash in between sends twice, which the writer knows. A letter
that fails again is buried as another one, with one redrive more (DESIGN 5.5).
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from leads import messages
from leads.door import Request
from leads.errors import CommitConflict, InvalidMessage, LeadsError
from leads.letters import REFUSED, LetterState, next_redrive
from leads.names import RECEIVED, STAGES
from leads.pipeline.receive import receive
from leads.recording import is_recorded
from leads.tending.patience import Patience, from_another_one

if TYPE_CHECKING:
    from datetime import datetime

    from leads.letters import StoredLetter
    from leads.model import Delivery
    from leads.tending.ports import Bounds, TendPorts

AT_MOST = 1_000
"""Letters that one run redrives: the rest waits for the next, so that new leads need not."""

UNSEEN = timedelta(hours=1)
"""How long a redriven letter may stay out of the table until it is parked again (DESIGN 5.5)."""

UNSEEN_POISON = timedelta(hours=3)
"""The same for what ends the process: the host hides it for ten minutes, and that ten times."""


_QUEUES = {REFUSED: RECEIVED} | {stage: queue for queue, stage in STAGES.items()}


class Redriven(StrEnum):
    """What became of a letter that was to be redriven."""

    SENT = "redriven"
    STILL_REFUSED = "still refused"  # the door, as it is now, does not take the payload either
    UNKNOWN_STAGE = "unknown stage"  # only newer code knows where it belongs
    CHANGED = "changed meanwhile"


def redrive_due(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Redrive the parked letters whose time has come.

    Raises:
        StorageUnavailable: try again.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    patience = Patience()
    for listed in ports.letters.find(state=LetterState.PARKED, due=bounds.now):
        if bounds.reached or counts[Redriven.SENT] >= AT_MOST:
            break
        with patience.with_one():
            counts[redrive(listed, ports, now=bounds.now)] += 1
    patience.end()
    return counts


def redrive(listed: StoredLetter, ports: TendPorts, *, now: datetime) -> Redriven:
    """Send a letter, as it is in the table now, to the stage where it failed.

    Raises:
        StorageUnavailable: it may have been sent; try again.
    """
    one = listed.letter
    letter = ports.letters.read(one.stage, one.key, one.redrives)
    if letter is None or letter.state is not listed.state:
        return Redriven.CHANGED
    try:
        if one.stage == REFUSED:
            letter = _accepted(letter, ports)
    except CommitConflict:
        return Redriven.CHANGED
    if one.stage == REFUSED and not letter.envelope:
        return Redriven.STILL_REFUSED
    queue = _QUEUES.get(one.stage)
    if not queue:
        return Redriven.UNKNOWN_STAGE
    ports.queues.open(queue).send(letter.envelope or _once_more(letter))
    return _mark_sent(letter, ports, now=now)


def confirm_redriven(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Settle the redriven letters whose touch is in the table; park again what stays away.

    Raises:
        Retryable: try again.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    patience = Patience()
    redriven = list(ports.letters.find(state=LetterState.REDRIVEN))
    for listed in from_another_one(redriven, bounds.now):
        if bounds.reached:
            break
        one = listed.letter
        # A conflict: it failed anew at this moment, and the next run looks.
        with patience.with_one(), suppress(CommitConflict):
            letter = ports.letters.read(one.stage, one.key, one.redrives)
            if letter and letter.state is LetterState.REDRIVEN:
                counts[_confirm(letter, ports, now=bounds.now)] += 1
    patience.end()
    return counts


def _confirm(letter: StoredLetter, ports: TendPorts, *, now: datetime) -> str:
    """Do what is to be done about a redriven letter; return what that was."""
    delivery = _delivery(letter)
    if delivery and _is_erased(delivery, ports):
        ports.letters.remove(letter)
        return "letters_erased"
    settled = _settled(letter, delivery, ports, now=now)
    if settled is None:
        return "letters_under_way"
    ports.letters.change(settled)
    return f"letters_{settled.state}"


def _is_erased(delivery: Delivery, ports: TendPorts) -> bool:
    erased_at = ports.persons.read(delivery.identity.lead_key).erased_at
    return erased_at is not None and delivery.received_at <= erased_at


def _settled(
    letter: StoredLetter, delivery: Delivery | None, ports: TendPorts, *, now: datetime
) -> StoredLetter | None:
    """Return *letter* as it is to be from now on, or None where nothing is to be done yet."""
    tools = ports.tools
    if delivery and is_recorded(delivery, store=tools.store, window=tools.rules.window):
        return replace(letter, state=LetterState.STORED, settled_at=now, next_at=None)
    sent_at = letter.redriven_at or letter.buried_at
    if newer := _newer(letter, ports):  # which decides for this one, too
        decided = newer.is_settled and (newer.settled_at or now) >= sent_at
        return replace(letter, state=newer.state, settled_at=now) if decided else None
    if now - sent_at <= (UNSEEN_POISON if letter.letter.poisoned else UNSEEN):
        return None
    waited = replace(letter.letter, failed_at=now)
    due = next_redrive(waited, times=max(letter.count - 1, letter.times_redriven))
    return replace(letter, state=LetterState.PARKED, next_at=due)


def _newer(letter: StoredLetter, ports: TendPorts) -> StoredLetter | None:
    """Return the letter that this one became when it failed again, if it did."""
    one = letter.letter
    redrives = one.redrives + (one.stage != REFUSED)  # what was refused had not been a message
    found = (ports.letters.read(stage, one.key, redrives) for stage in STAGES.values())
    return next(filter(None, found), None)


def _accepted(letter: StoredLetter, ports: TendPorts) -> StoredLetter:
    """Return a refused payload with the envelope that the door makes of it now, kept for good.

    The identity is stamped once (DESIGN 4.2), here too: another alias must not make it another
    touch. What is kept is the moment at which it came, and an id that is the same each time.
    """
    if letter.envelope:
        return letter
    reception = receive(
        Request(method="POST", headers={}, body=letter.letter.body),
        aliases=ports.aliases,
        delivery_id=letter.letter.key,
        received_at=letter.received_at,
    )
    if reception.received is None:
        return letter
    accepted = replace(letter, envelope=reception.received)
    if reception.delivery:  # it may speak of somebody who has no e-mail address
        known = letter.lead_keys | {reception.delivery.identity.lead_key}
        accepted = replace(accepted, lead_keys=known)
    ports.letters.change(accepted)
    one = letter.letter
    kept = ports.letters.read(one.stage, one.key, one.redrives)
    if kept is None or not kept.envelope:
        raise CommitConflict("the dead letter changed meanwhile")
    return kept


def _once_more(letter: StoredLetter) -> bytes:
    """Return the envelope with one redrive more; what is no envelope, as it is.

    Its version is not asked for: it may be the code that changed.
    """
    body = letter.letter.body
    try:
        envelope = messages.read_envelope(body)
    except InvalidMessage:
        return body
    delivery = envelope.get("delivery")
    if not isinstance(delivery, dict):
        return body
    redriven = delivery | {"redrives": letter.letter.redrives + 1}
    return messages.dump(envelope | {"delivery": redriven})


def _mark_sent(letter: StoredLetter, ports: TendPorts, *, now: datetime) -> Redriven:
    sent = replace(
        letter,
        state=LetterState.REDRIVEN,
        redriven_at=now,
        times_redriven=letter.times_redriven + 1,
        next_at=None,
        settled_at=None,  # a person may have dropped it before
    )
    try:
        ports.letters.change(sent)
    except CommitConflict:
        return Redriven.CHANGED
    return Redriven.SENT


def _delivery(letter: StoredLetter) -> Delivery | None:
    try:
        return messages.decode(letter.envelope or letter.letter.body).delivery
    except LeadsError:
        return None
