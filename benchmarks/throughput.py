"""Leads per second, against what no pipeline can go below and what one would write instead.

All three run side by side on the same emulator, over TLS as on Azure. Absolute numbers say nothing:
the emulator is one process of Node, and host and worker share one interpreter here.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, ratios
from benchmarks.floor import Floor, prepare
from benchmarks.rig import DidNotFinish, Rig, leads, new_offers
from benchmarks.tls import trusted_certificate
from devhost.azurite import Azurite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Plan

TITLE = "Throughput"
PLAIN = Path(__file__).parent / "plain"
PLAIN_QUEUES = ("plain-received", "plain-enriched")
_WARM_UP = 30  # leads
_PAUSE = 0.5
"""Seconds between two looks at the queues, each as dear as a lead; rows tell the exact end."""


def measure(plan: Plan) -> list[Figure]:
    """Return leads per second of the pipeline, of the floor and of the plain version."""
    found: dict[str, list[float]] = {"floor": [], "ours": [], "plain": []}
    for number in range(plan.pick(quick=1, full=5)):
        for side, speed in _round(plan.pick(quick=100, full=200), seed=plan.seed + number).items():
            found[side].append(speed)
    return [
        Figure(name="of the floor", rounds=ratios(found["ours"], found["floor"]), at_least=0.7),
        Figure(
            name="of the plain version", rounds=ratios(found["ours"], found["plain"]), at_least=1.5
        ),
        *(Figure(name=side, rounds=found[side], unit="leads/s") for side in found),
    ]


def _round(count: int, *, seed: int) -> dict[str, float]:
    """Measure each side once, after a warm-up, on a storage of their own.

    A minute after its start, Azurite stops for seconds to collect what was deleted from queues.
    """
    with (
        trusted_certificate() as certificate,
        Azurite(certificate=certificate) as azurite,
        Rig(storage=azurite) as ours,
        Rig(PLAIN, storage=azurite, queues=PLAIN_QUEUES) as plain,
    ):
        floor = Floor(azurite.connection_string)
        for number in (_WARM_UP, count):
            offers = new_offers(f"speed-{number}")
            payloads = {offer: leads(number, offer=offer, seed=seed) for offer in islice(offers, 3)}
            turns = iter(payloads.items())
            speeds = {
                "floor": _floor(floor, *next(turns)),
                "ours": _app(ours, *next(turns)),
                "plain": _app(plain, *next(turns)),
            }
    return speeds


def _floor(floor: Floor, _offer: str, payloads: Sequence[bytes]) -> float:
    journeys = prepare(payloads)
    begun = time.perf_counter()
    floor.run(journeys)
    return len(journeys) / (time.perf_counter() - begun)


def _app(rig: Rig, offer: str, payloads: Sequence[bytes]) -> float:
    begun = datetime.now(UTC)
    rig.post(payloads)
    rig.wait_until_done(pause=_PAUSE)
    kind, table = ("", "PlainLeads") if rig.app == PLAIN else ("lead", "Leads")
    written = [row["Timestamp"] for row in rig.rows(offer, kind, "RowKey", table=table)]
    if len(written) != len(payloads):
        raise DidNotFinish(f"{len(written)} of {len(payloads)} leads were stored")
    seconds: float = (max(written) - begun).total_seconds()
    return len(payloads) / seconds
