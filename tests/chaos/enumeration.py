"""Every storage call of a lead's journey meets every fault, once each, in the running app."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import reduce
from operator import add
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from tests.chaos.events import Event
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.ledger import Outcome
from tests.chaos.load import PATIENCE_TO_CONNECT, deliver
from tests.chaos.plans import Calm, Once, Plan, Recorder
from tests.chaos.trial import Result, Trial, trial

JOURNEYS: Mapping[str, tuple[str, ...]] = {
    "new lead": ("INS",),
    "returning customer": ("INS", "PLT"),
    "duplicate": ("INS", "INS"),
}
"""What somebody does, one after the other; the last of it meets the fault."""

LANES = 3
"""Systems side by side: the calls of a lead can be told only where it is alone in its system."""

_OTHERS = ("tend_leads",)  # its calls would be taken for those of the journey
_TRIES = 5  # how often a fault may miss its call: polling can be faster than the proxy learns


class Encounter(NamedTuple):
    """One fault at one call of one journey."""

    journey: str
    call: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.journey}, {self.call}: {self.fault}"


class Missed(Exception):
    """A fault found no call to happen to, or a lead was never accepted."""


def run_enumeration(
    folder: Path,
    *,
    lanes: int = LANES,
    faults: Sequence[Fault] = FAULTS,
    journeys: Sequence[str] = tuple(JOURNEYS),
) -> Result:
    """Go through all encounters, in several systems side by side."""
    encounters: SimpleQueue[Encounter] = SimpleQueue()
    for journey, call in _record(folder / "recording", journeys):
        for fault in faults:
            encounters.put(Encounter(journey, call, fault))
    with ThreadPoolExecutor(lanes, thread_name_prefix="lane") as threads:
        places = [folder / f"lane-{number}" for number in range(1, lanes + 1)]
        return reduce(add, threads.map(lambda place: _lane(place, encounters), places))


def _record(folder: Path, journeys: Sequence[str]) -> list[tuple[str, str]]:
    """Return the calls of each journey, on a day that is not the first."""
    with trial(folder) as it:
        _begin(it)
        recorded = []
        for journey in journeys:
            recorder = Recorder()
            _travel(it, journey, recorder, purpose=f"{journey}, recorded")
            recorded += [(journey, call) for call in recorder.calls]
        return recorded


def _lane(folder: Path, encounters: SimpleQueue[Encounter]) -> Result:
    with trial(folder) as it:
        _begin(it)
        for encounter in _each(encounters):
            _inflict(it, encounter)
        return it.conclude()


def _each(encounters: SimpleQueue[Encounter]) -> Iterator[Encounter]:
    with suppress(Empty):
        while True:
            yield encounters.get_nowait()


def _begin(it: Trial) -> None:
    it.system.disabled = _OTHERS
    it.system.start()
    _travel(it, "new lead", Calm(), purpose="the first one, which finds no queues and no tables")


def _inflict(it: Trial, encounter: Encounter) -> None:
    for number in range(_TRIES):
        once = Once(name=encounter.call, fault=encounter.fault)
        _travel(it, encounter.journey, once, purpose=f"{encounter}" + ", again" * number)
        if once.happened:
            return
    raise Missed(f"no call met {encounter}")


def _travel(it: Trial, journey: str, plan: Plan, *, purpose: str) -> None:
    """Bring a journey through, in an offer of its own, with its last event under *plan*."""
    offer = "contoso." + "".join(sign if sign.isalnum() else "-" for sign in purpose.lower())
    *before, last = (Event(offer, "ada@example.com", say, purpose) for say in JOURNEYS[journey])
    for event in before:
        _bring_through(it, event)
    it.proxy.plan = plan
    _bring_through(it, last)
    it.proxy.plan = Calm()


def _bring_through(it: Trial, event: Event) -> None:
    """Post *event* until it is accepted, and wait until it is stored."""
    deadline = time.monotonic() + PATIENCE_TO_CONNECT
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError):  # the host is about to stop, or to start again
            if deliver(event, it.system.url, it.ledger) is Outcome.ACKNOWLEDGED:
                return it.drain()
        it.look()
    raise Missed(f"nobody accepted {event}")
