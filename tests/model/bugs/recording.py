"""Bugs of the door and of the stages: claims, caches, windows, stamps."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from leads import identity as identities
from leads import messages, recording
from leads.errors import CommitConflict
from leads.identity import duplicate_window, identify
from leads.model import Identity, Lead, Person, Touch
from leads.normal_form import normalised_email
from leads.outcome import Outcome
from leads.payload import parse
from leads.pipeline import enrich, write
from leads.pipeline.receive import Reception
from leads.pipeline.stage import Ports, Step
from leads.store import Backoff, LeadStore, Rules, StoredLead
from leads.tables import keys
from tests.memory import MemoryStore
from tests.model import host
from tests.model.bugs.naming import beside, together
from tests.model.ledger import Posted
from tests.model.storage import delivery_in
from tests.model.world import World

type Patch = AbstractContextManager[object]

_record, _find, _enrich, _write = (
    recording.record,
    recording.find_duplicate,
    enrich.enrich,
    write.write,
)


def claim_first() -> Patch:
    """The delivery is claimed, then recorded: after a crash in between it repeats nothing."""

    def record(touch: Touch, *, store: LeadStore, rules: Rules, backoff: Backoff) -> Outcome:
        claims = beside(store, "claims", set[str])
        if touch.delivery_id in claims:
            return Outcome.REDELIVERED
        claims.add(touch.delivery_id)
        return _record(touch, store=store, rules=rules, backoff=backoff)

    return patch.object(write, "record", record)


def claim_last() -> Patch:
    """The touch is recorded, then claimed; what is claimed alone tells what is a duplicate."""

    def record(touch: Touch, *, store: LeadStore, rules: Rules, backoff: Backoff) -> Outcome:
        outcome = _record(touch, store=store, rules=rules, backoff=backoff)
        assert isinstance(store, MemoryStore)
        store.before("claim")
        claims = beside(store, "claims", list[tuple[str, Touch]])
        claims.append((touch.identity.fingerprint, touch))
        return outcome

    def find_duplicate(
        delivery_id: str,
        received_at: datetime,
        identity: Identity,
        *,
        store: LeadStore,
        window: timedelta,
    ) -> Outcome | None:
        claims = beside(store, "claims", list[tuple[str, Touch]])
        near = [
            touch
            for fingerprint, touch in claims
            if fingerprint == identity.fingerprint
            and abs(touch.received_at - received_at) < duplicate_window(identity.lead_key, window)
        ]
        if any(touch.delivery_id == delivery_id for touch in near):
            return Outcome.REDELIVERED
        return Outcome.DUPLICATE if near else None

    return together(
        patch.object(write, "record", record),
        patch.object(recording, "find_duplicate", find_duplicate),
        patch.object(enrich, "find_duplicate", find_duplicate),
    )


def lead_upserted() -> Patch:
    """The lead row is written without its ETag: whoever is faster is overwritten."""

    def commit(self: MemoryStore, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        self.before("commit")
        if (lead.partition, keys.touch_row(touch)) in self.touches:
            raise CommitConflict("the touch exists")
        outdated = [keys.recent_row(previous.lead)] if previous else []
        now = self.leads.get((lead.partition, lead.lead_key))
        self._replace(lead, now, strays=outdated)
        self.touches[lead.partition, keys.touch_row(touch)] = touch
        self.after("commit")

    return patch.object(MemoryStore, "commit", commit)


def two_transactions() -> Patch:
    """The touch is one write, the lead that counts it another."""

    def commit(self: MemoryStore, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        self.before("commit")
        if (lead.partition, keys.touch_row(touch)) in self.touches:
            raise CommitConflict("the touch exists")
        self.touches[lead.partition, keys.touch_row(touch)] = touch
        self.after("commit")
        self.put_lead(lead, replaced=previous, strays=_listed(previous))

    return patch.object(MemoryStore, "commit", commit)


def _listed(previous: StoredLead | None) -> list[str]:
    return [keys.recent_row(previous.lead)] if previous else []


def seen_before_written() -> Patch:
    """Enrich remembers the delivery in a cache, and drops it when it comes again."""

    def remembering(
        body: bytes, *, attempt: int, open_ports: Callable[[], Ports], now: datetime
    ) -> Step:
        seen = beside(open_ports().leads, "seen", set[str])
        if delivery_in(body) in seen:
            return Step(outcome=Outcome.REDELIVERED)
        seen.add(delivery_in(body))
        return _enrich(body, attempt=attempt, open_ports=open_ports, now=now)

    return patch.object(enrich, "enrich", remembering)


def dropped_before_an_erasure() -> Patch:
    """Enrich drops a duplicate though its person was erased: the other touch goes, and both are."""

    def hasty(body: bytes, *, attempt: int, open_ports: Callable[[], Ports], now: datetime) -> Step:
        with patch.object(MemoryStore, "read_person", lambda *_: Person()):
            return _enrich(body, attempt=attempt, open_ports=open_ports, now=now)

    return patch.object(enrich, "enrich", hasty)


def bucket_window() -> Patch:
    """The window is a day of the calendar: one second before midnight and after it are two."""

    def find_duplicate(
        _delivery_id: str,
        received_at: datetime,
        identity: Identity,
        *,
        store: LeadStore,
        window: timedelta,
    ) -> Outcome | None:
        day = received_at - (received_at - keys.EPOCH) % window
        before_it = day - timedelta(milliseconds=1)
        found = store.find_touches(identity, after=before_it, before=day + window)
        return Outcome.DUPLICATE if found else None

    return together(
        patch.object(recording, "find_duplicate", find_duplicate),
        patch.object(enrich, "find_duplicate", find_duplicate),
    )


def stamped_by_the_writer() -> Patch:
    """The writer takes its own clock for when the lead was received."""

    def stamping(fields: dict[str, Any], now: datetime) -> dict[str, Any]:
        return fields | {"received_at": messages.format_time(now)}

    return _writer_reads(stamping)


def identified_by_the_writer() -> Patch:
    """The writer computes the identity again, by a rule that was changed since."""

    def identifying(fields: dict[str, Any], _now: datetime) -> dict[str, Any]:
        said = replace(parse(fields["payload"]), description="")
        again = identify(said, aliases={})
        return fields | {"lead_key": again.lead_key, "fingerprint": again.fingerprint}

    return _writer_reads(identifying)


def _writer_reads(change: Callable[[dict[str, Any], datetime], dict[str, Any]]) -> Patch:
    def changing(
        body: bytes, *, attempt: int, open_ports: Callable[[], Ports], now: datetime
    ) -> Step:
        if delivery_in(body):
            envelope = json.loads(body)
            delivery = change(envelope["delivery"], now)
            body = messages.dump(envelope | {"delivery": delivery})
        return _write(body, attempt=attempt, open_ports=open_ports, now=now)

    return patch.object(write, "write", changing)


def casefolded_email() -> Patch:
    """E-mail addresses are casefolded, which makes two persons one."""

    def folding(email: str) -> str:
        return normalised_email(email).casefold()

    return patch.object(identities, "normalised_email", folding)


def acknowledged_before_queued() -> Patch:
    """The door says 202, then writes its output."""

    def answer(world: World, reception: Reception, posted: Posted) -> None:
        world.ledger.acknowledge(posted)
        _answer(world, reception, posted)

    return patch.object(host, "answer", answer)


_answer = host.answer
