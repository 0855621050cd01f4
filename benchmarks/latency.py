"""Latency: from accepted at the door to stored in the table, and the answer at the door alone.

Both moments come from what is stored: `ReceivedAt` of the touch and the row's own `Timestamp`, by
one clock here. Within one process the host wakes the next stage at once; on Azure each function has
instances of its own and polls, so that an idle pipeline adds up to `maxPollingInterval` a stage.
"""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.figures import Figure
from benchmarks.rig import POSTERS, Rig, leads, new_offers, post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Plan

TITLE = "Latency"
RATE = 20  # leads a second
_PERCENTILES = (50, 95, 99)


def measure(plan: Plan) -> list[Figure]:
    """Return milliseconds to the answer and to the table, for lone leads and for 20 a second."""
    rounds, offers = plan.pick(quick=1, full=3), new_offers("latency")
    answers: list[list[float]] = []
    lone: list[list[float]] = []
    steady: list[list[float]] = []
    with Rig() as rig:
        _lone(rig, leads(10, offer=next(offers), seed=plan.seed))
        for _ in range(rounds):
            offer = next(offers)
            payloads = leads(plan.pick(quick=20, full=60), offer=offer, seed=plan.seed)
            answers.append(_lone(rig, payloads))
            lone.append(_ages(rig, offer))
            offer = next(offers)
            payloads = leads(plan.pick(quick=100, full=300), offer=offer, seed=plan.seed)
            _steadily(rig, payloads)
            steady.append(_ages(rig, offer))
    return [
        *_figures("answer, lone", answers),
        *_figures("stored, lone", lone),
        *_figures(f"stored, {RATE} leads/s", steady),
    ]


def _lone(rig: Rig, payloads: Sequence[bytes]) -> list[float]:
    """Post one lead after the other, each into an empty pipeline; return the answers' seconds."""
    seconds = []
    for payload in payloads:
        seconds += rig.post([payload])
        rig.wait_until_done()
    return seconds


def _steadily(rig: Rig, payloads: Sequence[bytes]) -> None:
    """Post at a steady rate, whatever the answers take."""
    begun = time.perf_counter()

    def one(number: int) -> None:
        # The rate is what is measured at: waiting for its moment is no wait for a condition.
        time.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        connection = http.client.HTTPConnection(urlsplit(rig.host.url).netloc, timeout=60)
        try:
            post(connection, payloads[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(POSTERS) as pool:
        list(pool.map(one, range(len(payloads))))
    rig.wait_until_done()


def _ages(rig: Rig, offer: str) -> list[float]:
    """Return how many seconds passed for each touch from the door to the table."""
    rows = rig.rows(offer, "touch", "ReceivedAt")
    return [(row["Timestamp"] - row["ReceivedAt"]).total_seconds() for row in rows]


def _figures(name: str, rounds: Sequence[Sequence[float]]) -> list[Figure]:
    cut = [quantiles(one, n=100, method="inclusive") for one in rounds]
    return [
        Figure(name=f"{name}, p{p}", rounds=[1000 * one[p - 1] for one in cut], unit="ms")
        for p in _PERCENTILES
    ]
