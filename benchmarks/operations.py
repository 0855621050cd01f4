"""Storage requests of a lead by kind: Azure bills each of them; here a proxy counts them.

Looks at empty queues are left out: they cost by the hour, not by the lead.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, override
from urllib.parse import urlsplit

from benchmarks.figures import Figure
from benchmarks.rig import POSTERS, ROOT, SETTINGS, leads, post, wait_until
from devhost.azurite import Azurite
from devhost.launch import DevHost
from leads.names import ENRICHED
from tests.chaos.calls import Call, Service
from tests.chaos.plans import Calm
from tests.chaos.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.figures import Plan
    from tests.chaos.wire import HttpMessage

TITLE = "Storage requests per lead"

_UNIT = "requests"
_ALONE = {"AzureWebJobs.tend_leads.Disabled": "true"}  # the timer's requests belong to no lead
_ACTIONS = ("INS", "PLT")
_MESSAGES = {"put": 1, "delete": -1}
_READS = {"query", "read"}
_WISHED_FOR_1 = "1 was wished for, but the touch that it repeats may be about to be erased"


def measure(plan: Plan) -> list[Figure]:
    """Return the requests per lead of four journeys, to tables and to queues."""
    count = plan.pick(quick=60, full=500)
    with metered() as meter:
        customers = leads(plan.pick(quick=3, full=20), offer="contoso.lone", seed=plan.seed)
        journeys = [_journey(meter, payload) for payload in customers]
        burst = meter.count(*leads(count, offer="contoso.burst", seed=plan.seed))
    return [
        *_figures("new lead alone", [one.new for one in journeys], tables=4, queues=4),
        *_figures(f"new lead of {count} at once", [burst], of=count, tables=4, queues=4),
        *_figures("returning customer", [one.returning for one in journeys], tables=5),
        *_duplicate([one.duplicate for one in journeys]),
    ]


class Requests(Counter[Call]):
    """How often each storage request was made."""

    @property
    def kinds(self) -> dict[str, int]:
        """The same by name, {"query Leads": 1, …}."""
        return {str(call): number for call, number in self.items()}

    @property
    def to_tables(self) -> Requests:
        """The requests to tables; a transaction is one."""
        return self.only(lambda call: call.service is Service.TABLE)

    @property
    def to_queues(self) -> Requests:
        """The requests to queues, without receives."""
        return self.only(lambda call: call.service is Service.QUEUE and call.verb != "receive")

    @property
    def receives(self) -> Requests:
        """The receives that brought messages: each as many as waited, up to `batchSize`."""
        return self.only(lambda call: call.verb == "receive")

    def only(self, wanted: Callable[[Call], bool]) -> Requests:
        """Return those that are *wanted*."""
        return Requests({call: number for call, number in self.items() if wanted(call)})


@contextmanager
def metered() -> Iterator[Meter]:
    """Start the app on a storage whose requests are counted, with a first lead in it."""
    with Azurite() as azurite, Proxy(azurite) as proxy:
        environment = SETTINGS | _ALONE | {"LeadsStorage": proxy.connection_string}
        with DevHost(ROOT, "--max-poll", "1", env=environment) as host:
            meter = Meter(proxy, urlsplit(host.url).netloc)
            meter.count(*leads(1, offer="contoso.first", seed=0))
            yield meter


@dataclass(frozen=True, slots=True)
class Meter:
    """Posts to the app and counts what it asks of its storage."""

    _proxy: Proxy
    _address: str

    def count(self, *payloads: bytes) -> Requests:
        """Post *payloads* at once and return the requests made until the last message is gone.

        Raises:
            DidNotFinish: one was refused, or still in a queue after three minutes.
        """
        self._proxy.plan = tally = _Tally()
        with ThreadPoolExecutor(POSTERS) as pool:
            list(pool.map(self._post, payloads))
        wait_until(lambda: tally.messages == 0, pause=0.01)
        self._proxy.plan = Calm()
        return tally.requests

    def _post(self, payload: bytes) -> None:
        with closing(http.client.HTTPConnection(self._address, timeout=60)) as connection:
            post(connection, payload)


@dataclass
class _Tally(Calm):
    """Counts requests as their answers pass by, and the messages in all queues.

    A message is put before the one that it comes from is deleted: no messages, nothing under way.
    """

    requests: Requests = field(default_factory=Requests)
    messages: int = 0

    @override
    def carried_out(self, call: Call, response: HttpMessage) -> None:
        if not _is_polling(call, response):
            self.requests[call] += 1
        if response.first_line[1].startswith("2"):
            self.messages += _MESSAGES.get(call.verb, 0)


def _is_polling(call: Call, response: HttpMessage) -> bool:
    """Tell whether a listener only looked, or whether its queue exists at all."""
    empty = call.verb == "receive" and b"<MessageId>" not in response.body
    return empty or call.verb == "look at"


class _Journey(NamedTuple):
    """What one customer does, one after the other."""

    new: Requests
    returning: Requests
    duplicate: Requests


def _journey(meter: Meter, payload: bytes) -> _Journey:
    new, returning = meter.count(payload), meter.count(returning_customer(payload))
    return _Journey(new, returning, duplicate=meter.count(payload))


def returning_customer(payload: bytes) -> bytes:
    """Return what the same person posts with another action on the same offer."""
    lead = json.loads(payload)
    source, _, offer = lead["LeadSource"].partition("|")
    marketplace = source.partition("-")[0]
    action = next(action for action in _ACTIONS if action != lead["ActionCode"])
    changed = {"ActionCode": action, "LeadSource": f"{marketplace}-{action}|{offer}"}
    return json.dumps(lead | changed).encode()


def _figures(
    journey: str,
    rounds: Sequence[Requests],
    *,
    of: int = 1,
    tables: float | None = None,
    queues: float | None = None,
) -> list[Figure]:
    """Return the figures of a journey that *of* leads made at once in every round."""
    to_tables, to_queues = [one.to_tables for one in rounds], [one.to_queues for one in rounds]
    return [
        _figure(f"{journey}: to tables", to_tables, of=of, at_most=tables),
        _figure(f"{journey}: to queues", to_queues, of=of, at_most=queues),
        _figure(f"{journey}: receives", [one.receives for one in rounds], of=of),
    ]


def _duplicate(rounds: Sequence[Requests]) -> list[Figure]:
    """Return the figures of a post that repeats another: after enrich_lead nothing may follow."""
    to_tables, *others = _figures("duplicate", rounds, tables=2)
    writes = [one.to_tables.only(lambda call: call.verb not in _READS) for one in rounds]
    on = Call(Service.QUEUE, "put", ENRICHED)
    puts = [one.only(lambda call: call == on) for one in rounds]
    return [
        replace(to_tables, note=f"{to_tables.note}; {_WISHED_FOR_1}"),
        *others,
        _figure("duplicate: writes to tables", writes, at_most=0),
        _figure(f"duplicate: puts to {ENRICHED}", puts, at_most=0),
    ]


def _figure(
    name: str, rounds: Sequence[Requests], *, of: int = 1, at_most: float | None = None
) -> Figure:
    kinds = sum((Counter(one.kinds) for one in rounds), Counter[str]())
    each = [f"{number / of / len(rounds):.3g} {kind}" for kind, number in kinds.items()]
    totals = [one.total() / of for one in rounds]
    return Figure(name=name, rounds=totals, unit=_UNIT, at_most=at_most, note=", ".join(each))
