"""What a cold start costs: imports and first leads, each in a process of its own.

On Azure an instance runs one function, and the lead that woke it waits for all of this. Compiled
bytecode comes from a folder of our own, so that it does not matter what lies beside the sources.
"""

from __future__ import annotations

import base64
import os
import pickle
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, interleaved, ratios
from benchmarks.floor import prepare
from benchmarks.rig import ROOT, leads, new_offers
from devhost.azurite import Azurite
from leads.tables import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.figures import Plan
    from benchmarks.floor import Journey

TITLE = "Cold start"

_RECEIVE, _ENRICH, _WRITE = _STAGES = ("receive_lead", "enrich_lead", "write_lead")
_WISHED = "1.3 was wished for: the SDK's import and its first three requests alone are that much"
_APP, _FUNCTIONS, _SDK = "function_app", "azure.functions", "the SDK"
_BARE = "the SDK alone"
_OF_THE_SDK = ("azure.core", "azure.data", "azure.identity", "azure.storage", "requests")

_IMPORTS = """
import sys, time
from importlib import import_module
before, *modules = sys.argv[1:]
import_module(before)
begun = time.perf_counter()
for module in modules:
    import_module(module)
print(time.perf_counter() - begun)
"""

_FIRST_LEAD = """
import sys, time
stage, body = sys.argv[1], sys.stdin.buffer.read()
begun = time.perf_counter()
import function_app
imported = time.perf_counter()
from types import SimpleNamespace as Fake
from azure.functions import HttpRequest, QueueMessage
sent, rejected = [], []
outputs = [Fake(set=sent.append), Fake(set=rejected.append)]
if stage == "receive_lead":
    request = HttpRequest(method="POST", url="/api/leads", body=body)
    function_app.receive_lead(request, Fake(trace_context=Fake(trace_parent=None)), *outputs)
elif stage == "enrich_lead":
    function_app.enrich_lead(QueueMessage(body=body), *outputs)
else:
    function_app.write_lead(QueueMessage(body=body), outputs[1])
ended = time.perf_counter()
assert (sent or stage == "write_lead") and not rejected
print(ended - begun, ended - imported, *sys.modules)
"""

# What write_lead does for a new lead (floor.py), without a line of ours.
_BARE_WRITE = """
import pickle, sys, time
connection, places, rows = pickle.load(sys.stdin.buffer)
import azure.functions
begun = time.perf_counter()
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
service = TableServiceClient.from_connection_string(connection, transport=RequestsTransport())
for table, partition, row in places:
    try:
        service.get_table_client(table).get_entity(partition, row)
    except ResourceNotFoundError:
        pass
service.get_table_client(places[0][0]).submit_transaction(rows)
print(time.perf_counter() - begun)
"""


def measure(plan: Plan) -> list[Figure]:
    """Return how long imports and first leads take, in ms and relative to Microsoft's part."""
    with ExitStack() as opened:
        azurite = opened.enter_context(Azurite())
        filled, empty = (opened.enter_context(TemporaryDirectory()) for _ in range(2))
        storage, journeys = {"LeadsStorage": azurite.connection_string}, _journeys(plan.seed)
        usual = storage | {"PYTHONPYCACHEPREFIX": filled}
        bare = storage | {"PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}
        return [
            *_compiled(_Fresh(usual, journeys), plan.pick(quick=5, full=15)),
            *_not_compiled(_Fresh(bare, journeys), plan.pick(quick=1, full=5)),
        ]


def _journeys(seed: int) -> Iterator[Journey]:
    for offer in new_offers("cold"):
        yield from prepare(leads(1, offer=offer, seed=seed))


def _compiled(fresh: _Fresh, rounds: int) -> list[Figure]:
    fresh.first_lead(_WRITE)  # tells what it needs, compiles it, creates the tables
    needed = sorted(m for m in fresh.modules[_WRITE] if m.startswith(_OF_THE_SDK))
    sdk = partial(fresh.import_time, *needed, after=_FUNCTIONS)
    times = interleaved({**_sides(fresh), _SDK: sdk, _BARE: fresh.bare_write}, rounds=rounds)
    at_door = [m for m in fresh.modules[_RECEIVE] if m.startswith(_OF_THE_SDK)]
    return [
        _ratio("import of the app / of azure.functions", times, _APP, _FUNCTIONS, at_most=1.15),
        _ratio("first write_lead / the SDK writing the same", times, _WRITE, _BARE, at_most=1.3),
        replace(_ratio("first write_lead / import of the SDK", times, _WRITE, _SDK), note=_WISHED),
        _ratio("the SDK writing the same / import of the SDK", times, _BARE, _SDK),
        Figure(name="modules of the SDK at the door", rounds=[len(at_door)], at_most=0),
        *(_ms(f"import of {name}", times[name]) for name in (_APP, _FUNCTIONS, _SDK)),
        *(_ms(f"first {stage}", times[stage], "after the import") for stage in _STAGES),
        *(_ms(f"import and first {s}", fresh.with_import[s][-rounds:]) for s in _STAGES),
    ]


def _not_compiled(fresh: _Fresh, rounds: int) -> list[Figure]:
    times = interleaved(_sides(fresh), rounds=rounds, warm_up=False)
    note = "without bytecode, not even the standard library's"
    return [
        *(_ms(f"import of {name}, uncompiled", times[name], note) for name in (_APP, _FUNCTIONS)),
        *(
            _ms(f"import and first {stage}, uncompiled", fresh.with_import[stage], note)
            for stage in _STAGES
        ),
    ]


def _sides(fresh: _Fresh) -> Mapping[str, Callable[[], float]]:
    imports = {module: partial(fresh.import_time, module) for module in (_APP, _FUNCTIONS)}
    return {**imports, **{stage: partial(fresh.first_lead, stage) for stage in _STAGES}}


def _ratio(
    name: str,
    times: Mapping[str, Sequence[float]],
    over: str,
    under: str,
    *,
    at_most: float | None = None,
) -> Figure:
    return Figure(name=name, rounds=ratios(times[over], times[under]), at_most=at_most)


def _ms(name: str, rounds: Sequence[float], note: str = "") -> Figure:
    return Figure(name=name, rounds=rounds, unit="ms", note=note)


@dataclass
class _Fresh:
    """Starts fresh processes in one environment; keeps what their first leads told beside."""

    environment: dict[str, str]
    journeys: Iterator[Journey]  # each makes a new lead
    with_import: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    modules: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def import_time(self, *modules: str, after: str = "sys") -> float:
        """Return how long the import of *modules* takes after that of another, in ms."""
        return 1000 * float(self._run(_IMPORTS, after, *modules))

    def first_lead(self, stage: str) -> float:
        """Return how long the first lead of *stage* takes once the app is imported, in ms."""
        body = _body(stage, next(self.journeys))
        with_import, alone, *modules = self._run(_FIRST_LEAD, stage, body=body).split()
        self.with_import[stage].append(1000 * float(with_import))
        self.modules[stage] |= set(modules)
        return 1000 * float(alone)

    def bare_write(self) -> float:
        """Return how long the SDK takes to load and to write a lead by itself, in ms."""
        journey = next(self.journeys)
        identity = journey.touch.identity
        lead = (keys.LEADS, identity.partition, keys.lead_row(identity.lead_key))
        person = (keys.PRIVACY, identity.lead_key, keys.PERSON)
        work = self.environment["LeadsStorage"], (lead, person), journey.rows
        return 1000 * float(self._run(_BARE_WRITE, body=pickle.dumps(work)))

    def _run(self, program: str, *arguments: str, body: bytes = b"") -> str:
        kept = {name: v for name, v in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env=kept | self.environment,
            input=body,
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout.decode()


def _body(stage: str, journey: Journey) -> bytes:
    if stage == _RECEIVE:
        return journey.touch.payload.encode()
    return base64.b64decode(journey.received if stage == _ENRICH else journey.enriched)
