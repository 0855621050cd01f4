"""What a million new leads cost on Flex Consumption, in US dollars, before the free grants.

Counted requests and measured CPU time, times public prices. Sparse: every stage of every lead runs
alone, and is billed the shortest time that is billed. Busy: as many leads at once as one core can
carry. What costs by the month is left out: rows that are kept, the timer, looks at empty queues.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cpu import STAGES, stage_milliseconds
from benchmarks.figures import Figure
from benchmarks.operations import metered
from benchmarks.rig import leads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.figures import Plan
    from benchmarks.operations import Requests

TITLE = "Dollars per million leads"
LEADS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars for one of each: Azure retail prices, 2026-09."""

    execution: float = 0.40 / 1_000_000
    gb_second: float = 0.000026  # on demand
    queue_operation: float = 0.004 / 10_000  # LRS, general purpose v2
    table_transaction: float = 0.00036 / 10_000  # LRS
    telemetry_gb: float = 2.76  # 2.30 to 2.76 by region


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """An instance size: what it is billed for, and what it can do."""

    megabytes: int
    cores: float

    def __str__(self) -> str:
        return f"{self.megabytes:,} MB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Assumed: what the host sends for one lead, before any sampling."""

    requests: int = 3  # one for each stage
    # For each stage "Executing", "Executed" and our own line; for a queue its "Trigger Details".
    traces: int = 3 * 3 + 2
    kilobytes: float = 0.8  # each

    @property
    def gigabytes(self) -> float:
        """The size of all of it."""
        return (self.requests + self.traces) * self.kilobytes / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one lead asks of its storage."""

    queue_operations: float
    table_transactions: float


PRICES = Prices()
SIZES = (
    Size(megabytes=512, cores=0.25),
    Size(megabytes=2048, cores=1),
    Size(megabytes=4096, cores=2),
)
TELEMETRY = Telemetry()
LEAST_SECONDS = 1.0
"""Billed whenever an instance becomes active, however short."""

_NOTES = {
    "queue operations": "with receives that brought messages",
    "table transactions": "a transaction taken for one, which no source confirms",
    "telemetry": f"assumed: {TELEMETRY.requests} requests and {TELEMETRY.traces} traces of"
    f" {TELEMETRY.kilobytes} KB, none sampled away",
}


def measure(plan: Plan) -> list[Figure]:
    """Return the bill line by line, for sparse and for busy times, by instance size."""
    sparse, busy = _usages(plan)
    milliseconds = stage_milliseconds(plan)
    cpu = f"{sum(milliseconds.values()):.1f} ms of Python's CPU; the host's comes on top"
    return [
        *_figures("sparse", sparse, lambda _: sparse_seconds(), f"{LEAST_SECONDS:g} s a stage"),
        *_figures("busy", busy, lambda size: busy_seconds(milliseconds, size), cpu),
    ]


def lines(usage: Usage) -> Mapping[str, float]:
    """Return the lines of the bill that are the same for all instance sizes, in dollars."""
    return {
        "executions": LEADS * len(STAGES) * PRICES.execution,
        "queue operations": LEADS * usage.queue_operations * PRICES.queue_operation,
        "table transactions": LEADS * usage.table_transactions * PRICES.table_transaction,
        "telemetry": LEADS * TELEMETRY.gigabytes * PRICES.telemetry_gb,
    }


def compute(seconds: float, size: Size) -> float:
    """Return the dollars for leads each of which keeps instances of *size* active for *seconds*."""
    return LEADS * seconds * size.megabytes / 1024 * PRICES.gb_second


def sparse_seconds() -> float:
    """Return the seconds billed for a lead that is alone in every stage."""
    return len(STAGES) * LEAST_SECONDS


def busy_seconds(milliseconds: Mapping[str, float], size: Size) -> float:
    """Return the seconds that a lead takes of instances that always work.

    *milliseconds* of CPU by stage; a part of a core takes longer, and Python uses one at most.
    """
    return sum(milliseconds.values()) / 1000 / min(size.cores, 1)


def _usages(plan: Plan) -> tuple[Usage, Usage]:
    """Return what a lead uses alone, and what it uses as one of many."""
    count = plan.pick(quick=60, full=500)
    with metered() as meter:
        alone = meter.count(*leads(1, offer="contoso.alone", seed=plan.seed))
        crowd = meter.count(*leads(count, offer="contoso.crowd", seed=plan.seed))
    return _usage(alone, of=1), _usage(crowd, of=count)


def _usage(requests: Requests, *, of: int) -> Usage:
    queues = requests.to_queues.total() + requests.receives.total()
    return Usage(queue_operations=queues / of, table_transactions=requests.to_tables.total() / of)


def _figures(times: str, usage: Usage, seconds: Callable[[Size], float], why: str) -> list[Figure]:
    fixed = lines(usage)
    by_size = {size: compute(seconds(size), size) for size in SIZES}
    return [
        *(_figure(f"{times}: {line}", fixed[line], _NOTES.get(line, "")) for line in fixed),
        *(_figure(f"{times}: compute, {size}", by_size[size], why) for size in SIZES),
        *(
            _figure(f"{times}: total, {size}", by_size[size] + sum(fixed.values()))
            for size in SIZES
        ),
    ]


def _figure(name: str, dollars: float, note: str = "") -> Figure:
    return Figure(name=name, rounds=[dollars], unit="$", note=note)
