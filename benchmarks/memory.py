"""How much memory the app takes, and whether it grows with the leads that pass through it.

devhost lives in the app's process and makes it larger than it is on Azure. So the bars stand at a
worker alone: a process that enriches and writes leads by the app's own functions, as many at once
as a host lets it, and does nothing else.

A size may creep up for thousands of leads though nothing is kept: threads and connections come when
all are busy at once, and the allocator's gaps grow to what the worst moment needs. What would go on
for ever is an object that stays behind with each lead, so the blocks of Python's own allocator are
counted, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import accumulate, islice
from statistics import linear_regression
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.floor import AT_ONCE, prepare
from benchmarks.rig import ROOT, Rig, leads, new_offers
from devhost.azurite import Azurite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.figures import Plan

TITLE = "Memory"

_GROWTH_IN = 5_000  # leads
# It comes when the clock says, and loads what no lead needs; on Azure it has its own instance.
_NO_TIMER = {"AzureWebJobs.tend_leads.Disabled": "1"}

# A line holds the messages of a portion. The answer to it, and to none so far, is the resident size
# in kB and the number of blocks.
_WORKER = """
import base64, gc, json, sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace as Fake
from azure.functions import QueueMessage
import function_app
def take(message):
    enriched, rejected = [], []
    to_reject = Fake(set=rejected.append)
    body = base64.b64decode(message)
    function_app.enrich_lead(QueueMessage(body=body), Fake(set=enriched.append), to_reject)
    function_app.write_lead(QueueMessage(body=enriched.pop()), to_reject)
    assert not rejected
def tell():
    with open("/proc/self/status") as status:
        [kilobytes] = [line.split()[1] for line in status if line.startswith("VmRSS:")]
    gc.collect()
    print(kilobytes, sys.getallocatedblocks())
tell()
with ThreadPoolExecutor(int(sys.argv[1])) as threads:
    for line in sys.stdin:
        list(threads.map(take, json.loads(line)))
        tell()
"""

_WARM = 4_000
"""Leads after which growth is judged. Until then threads and their memory are still coming: what
comes per lead becomes less and less, while no object is kept (see the blocks)."""

type Series = Mapping[int, float]
"""Something by the number of leads that have passed."""


def measure(plan: Plan) -> list[Figure]:
    """Return the size before the first lead, after some and after all, and its growth, in MB."""
    size, some = plan.pick(quick=100, full=250), plan.pick(quick=100, full=1_000)
    many, all_of_them = plan.pick(quick=300, full=5_000), plan.pick(quick=300, full=8_000)
    portions = _portions(plan.seed, size=size, count=all_of_them)
    alone, blocks = _alone(portions)
    with_devhost = _with_devhost(portions[: 2 * some // size])
    figures = [
        *_sizes("worker alone", alone, (0, some, many), at_most=130),
        *_sizes("with devhost", with_devhost, (0, some, 2 * some)),
    ]
    if plan.quick:
        return figures  # so few leads tell nothing of growth: all is still warming up
    kept = _slope(blocks, some)
    return [
        *figures,
        _growth("worker alone", alone, _WARM, at_most=1),
        Figure(name="worker alone, blocks kept per lead", rounds=[kept], at_most=0.5),
    ]


def _portions(seed: int, *, size: int, count: int) -> list[list[bytes]]:
    """Return *count* leads; each portion has its own offer, which does not slow the emulator."""
    offers = islice(new_offers("memory"), count // size)
    return [leads(size, offer=offer, seed=seed + n) for n, offer in enumerate(offers)]


def _alone(portions: Sequence[Sequence[bytes]]) -> tuple[Series, Series]:
    """Return MB and blocks."""
    messages = [[journey.received for journey in prepare(portion)] for portion in portions]
    with Azurite() as azurite:
        done = subprocess.run(
            [sys.executable, "-c", _WORKER, str(AT_ONCE)],
            cwd=ROOT,
            env=os.environ | {"LeadsStorage": azurite.connection_string},
            input="".join(f"{json.dumps(portion)}\n" for portion in messages),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    told = [int(number) for number in done.stdout.split()]
    megabytes = [kilobytes / 1024 for kilobytes in told[::2]]
    return _by_leads(portions, megabytes), _by_leads(portions, told[1::2])


def _with_devhost(portions: Sequence[Sequence[bytes]]) -> Series:
    with Rig(environment=_NO_TIMER) as rig:
        sizes = [rig.resident_mb()]
        for portion in portions:
            rig.post(portion)
            rig.wait_until_done()
            sizes.append(rig.resident_mb())
    return _by_leads(portions, sizes)


def _by_leads(portions: Sequence[Sequence[bytes]], sizes: Sequence[float]) -> Series:
    return dict(zip(accumulate(map(len, portions), initial=0), sizes, strict=True))


def _sizes(
    side: str, sizes: Series, after: Iterable[int], *, at_most: float | None = None
) -> list[Figure]:
    return [
        Figure(name=f"{side}, {n:,} leads", rounds=[sizes[n]], unit="MB", at_most=at_most)
        for n in after
    ]


def _growth(side: str, sizes: Series, warm: int, *, at_most: float | None = None) -> Figure:
    name = f"{side}, growth in {_GROWTH_IN:,} leads"
    growth = _GROWTH_IN * _slope(sizes, warm)
    return Figure(name=name, rounds=[growth], unit="MB", at_most=at_most)


def _slope(series: Series, warm: int) -> float:
    """Return the growth per lead after the first *warm*."""
    later = {passed: found for passed, found in series.items() if passed >= warm}
    return linear_regression(list(later), list(later.values())).slope
