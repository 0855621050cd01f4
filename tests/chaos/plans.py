"""Which call meets which fault: none, some by chance, every one of a service, or exactly one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from tests.chaos.calls import Call, Service
from tests.chaos.faults import FAULTS, Answered, Fault, Halved
from tests.chaos.wire import HttpMessage


class Plan(Protocol):
    """Asked by the proxy, in its own thread, call by call."""

    def fault_for(self, call: Call) -> Fault | None:
        """Return what happens to *call*, decided before it is carried out."""

    def carried_out(self, call: Call, response: HttpMessage) -> None:
        """Learn what storage answered, whatever the client gets to see."""


class Calm:
    """Nothing happens."""

    def fault_for(self, call: Call) -> Fault | None:  # noqa: ARG002 - the contract
        return None

    def carried_out(self, call: Call, response: HttpMessage) -> None:
        pass


@dataclass
class Chance(Calm):
    """Any fault at any call, with probability *rate*."""

    rate: float
    source: random.Random

    def fault_for(self, call: Call) -> Fault | None:
        if self.source.random() >= self.rate:
            return None
        fault = self.source.choice(FAULTS)
        return None if _stops_the_host(call, fault) else fault


def _stops_the_host(call: Call, fault: Fault) -> bool:
    """Tell whether the host ends at this answer to what it asks of its queues by itself.

    Where that happened by chance, a run would be one long restart; the enumeration has them all.
    """
    own = call.service is Service.QUEUE and call.verb != "put"
    return own and (isinstance(fault, Halved) or getattr(fault, "status", 0) == 429)


@dataclass
class Outage(Calm):
    """Every call to some of the services is refused."""

    services: Collection[Service]

    def fault_for(self, call: Call) -> Fault | None:
        return Answered(503, applied=False) if call.service in self.services else None


@dataclass
class Recorder(Calm):
    """Lists the calls that one lead makes, without the host's looks at empty queues."""

    calls: list[str] = field(default_factory=list)
    _times: Counter[Call] = field(default_factory=Counter)

    def carried_out(self, call: Call, response: HttpMessage) -> None:
        if call.verb not in _ASIDE and (call.verb != "receive" or _has_message(response)):
            self.calls.append(_numbered(call, self._times))


@dataclass
class Once(Calm):
    """One fault, at the call that a recorder listed under this name."""

    name: str
    fault: Fault
    happened: bool = False
    _times: Counter[Call] = field(default_factory=Counter)
    _waiting: Counter[str] = field(default_factory=Counter)

    def fault_for(self, call: Call) -> Fault | None:
        if self.happened or not self._is_under_way(call):
            return None
        self.happened = _numbered(call, self._times) == self.name
        return self.fault if self.happened else None

    def carried_out(self, call: Call, response: HttpMessage) -> None:
        if call.verb == "put":
            self._waiting[call.place] += 1
        if call.verb == "receive" and _has_message(response):
            self._waiting[call.place] -= 1  # maybe before the answer to the put was seen here

    def _is_under_way(self, call: Call) -> bool:
        """Tell whether *call* belongs to the journey: a host looks for messages all the time."""
        if call.verb == "receive":
            return self._waiting[call.place] > 0
        return call.verb not in _ASIDE


_ASIDE = {"look at", "create", "peek"}


def _has_message(response: HttpMessage) -> bool:
    return b"<MessageId>" in response.body


def _numbered(call: Call, times: Counter[Call]) -> str:
    """Name *call*, and number it from the second one of its name on."""
    times[call] += 1
    return str(call) if times[call] == 1 else f"{call}, {times[call]}"
