"""What was posted against what is stored. Pure.

After Jepsen's total-queue, valid only once everything is drained: what goes in must come out, and
once. An event that was acknowledged must be stored; one whose answers were all lost may be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.chaos.events import Event, Lead
from tests.chaos.ledger import Attempt, Outcome

WINDOW = timedelta(hours=24)
"""The default of LEADS_DUPLICATE_WINDOW_HOURS."""

type Row = Mapping[str, Any]

_COMPLAINTS = ("lost", "twice", "unexpected", "inconsistent", "refused", "buried")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What went wrong, and how much went well."""

    leads: int = 0  # attempted
    posts: int = 0
    acknowledged: int = 0
    unknown: int = 0
    recovered: int = 0  # events without a single acknowledgement, yet stored
    lost: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    inconsistent: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()  # the load holds nothing that may be refused
    buried: tuple[str, ...] = ()  # letters that no redrive brought home

    def __add__(self, other: Verdict) -> Verdict:
        names = (one.name for one in fields(self))
        return Verdict(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def holds(self) -> bool:
        """Tell whether both laws were kept, and nothing else is odd."""
        return not any(self.complaints())

    def complaints(self) -> Iterator[str]:
        """Yield all that is wrong, line by line."""
        for kind in _COMPLAINTS:
            for complaint in getattr(self, kind):
                yield f"{kind}: {complaint}"


def judge(
    attempts: Sequence[Attempt],
    rows: Iterable[Row],
    *,
    window: timedelta = WINDOW,
    buried: Iterable[str] = (),
) -> Verdict:
    """Compare the ledger with all rows of the table Leads."""
    outcomes = Counter(attempt.outcome for attempt in attempts)
    acknowledged = _events(attempts, Outcome.ACKNOWLEDGED)
    possible = acknowledged | _events(attempts, Outcome.UNKNOWN)
    stored = Stored.sorted_from(rows)
    return Verdict(
        leads=len({attempt.event.lead for attempt in attempts}),
        posts=len(attempts),
        acknowledged=outcomes[Outcome.ACKNOWLEDGED],
        unknown=outcomes[Outcome.UNKNOWN],
        recovered=len(possible & stored.events() - acknowledged),
        lost=(*_lost(acknowledged, stored),),
        twice=(*_twice(stored, window),),
        unexpected=(*_unexpected(possible, stored),),
        inconsistent=(*_inconsistent(stored),),
        refused=tuple(map(str, _events(attempts, Outcome.REFUSED))),
        buried=tuple(buried),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of one lead after another: its lead rows, recent rows, and times of its touches."""

    leads: dict[Lead, list[Row]] = field(default_factory=lambda: defaultdict(list))
    recent: dict[Lead, list[Row]] = field(default_factory=lambda: defaultdict(list))
    touches: dict[Lead, dict[Event, list[datetime]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    @classmethod
    def sorted_from(cls, rows: Iterable[Row]) -> Stored:
        stored = cls()
        for row in rows:
            lead = Lead(row["PartitionKey"], row.get("Email", ""))
            if row["Kind"] == "touch":
                event = Event(*lead, row.get("Action", ""), row.get("Description", ""))
                stored.touches[lead][event].append(row["ReceivedAt"])
            else:
                same_kind = stored.recent if row["Kind"] == "recent" else stored.leads
                same_kind[lead].append(row)
        return stored

    def events(self) -> set[Event]:
        return {event for events in self.touches.values() for event in events}

    def known(self) -> set[Lead]:
        return self.leads.keys() | self.recent.keys() | self.touches.keys()

    def count(self, lead: Lead) -> int:
        """Return what the lead's row says, 0 where there is none."""
        return sum(row["TouchCount"] for row in self.leads.get(lead, ()))

    def times(self, lead: Lead) -> list[datetime]:
        """Return when its touches were received."""
        return [time for times in self.touches.get(lead, {}).values() for time in times]


def _events(attempts: Iterable[Attempt], outcome: Outcome) -> set[Event]:
    return {attempt.event for attempt in attempts if attempt.outcome is outcome}


def _lost(acknowledged: Iterable[Event], stored: Stored) -> Iterator[str]:
    events = stored.events()
    for event in sorted(acknowledged):
        if event not in events:
            yield f"no touch of {event}"
        if event.lead not in stored.leads:
            yield f"no lead row of {event}"
    for lead in stored.known():
        if stored.count(lead) < len(stored.times(lead)):
            yield f"{stored.count(lead)} counted of {len(stored.times(lead))} touches of {lead}"


def _twice(stored: Stored, window: timedelta) -> Iterator[str]:
    for lead in stored.known():
        for event, times in stored.touches.get(lead, {}).items():
            if any(later - earlier < window for earlier, later in pairwise(sorted(times))):
                yield f"{len(times)} touches of {event}"
        if len(stored.leads.get(lead, ())) > 1:
            yield f"{len(stored.leads[lead])} lead rows of {lead}"
        elif stored.count(lead) > len(stored.times(lead)):
            yield f"{stored.count(lead)} counted of {len(stored.times(lead))} touches of {lead}"


def _unexpected(possible: Iterable[Event], stored: Stored) -> Iterator[str]:
    for event in stored.events() - set(possible):
        yield f"nobody posted {event}"
    for lead in stored.known() - {event.lead for event in possible}:
        yield f"nobody posted {lead}"


def _inconsistent(stored: Stored) -> Iterator[str]:
    """Yield leads whose row, recent row and touches do not tell the same."""
    for lead in stored.known():
        rows = [_told(row) for row in stored.leads.get(lead, ())]
        recent = [_told(row) for row in stored.recent.get(lead, ())]
        touches = [_told_by(stored.touches.get(lead, {}), stored.times(lead))]
        if not rows == recent == touches:
            yield f"{lead}: its row says {rows}, its recent row {recent}, its touches {touches}"


def _told(row: Row) -> str:
    return _tell(row["TouchCount"], (row["FirstSeen"], row["LastSeen"]), row["Actions"].split(","))


def _told_by(events: Iterable[Event], times: Sequence[datetime]) -> str:
    return _tell(len(times), times, {event.action for event in events})


def _tell(count: int, times: Sequence[datetime], actions: Iterable[str]) -> str:
    if not times:
        return "nothing"
    first, last = (f"{moment:%H:%M:%S.%f}" for moment in (min(times), max(times)))
    return f"{count} from {first} to {last} ({','.join(sorted(actions))})"
