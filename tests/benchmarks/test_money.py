"""The arithmetic of the bill, against cases worked out by hand from the price list."""

from __future__ import annotations

import pytest

from benchmarks.money import SIZES, Size, Usage, busy_seconds, compute, lines, sparse_seconds

SMALL, MIDDLE, LARGE = SIZES
FIFTEEN = {"receive_lead": 4.0, "enrich_lead": 5.0, "write_lead": 6.0}  # milliseconds


@pytest.mark.parametrize(
    ("line", "dollars"),
    [
        ("executions", 1.20),  # 3 stages at $0.40 a million
        ("queue operations", 2.40),  # 6 at $0.004 for 10,000
        ("table transactions", 0.144),  # 4 at $0.00036 for 10,000
        ("telemetry", 30.912),  # 14 items of 0.8 KB are 11.2 GB at $2.76
    ],
)
def test_a_line_is_what_a_lead_uses_times_its_price(line: str, dollars: float) -> None:
    usage = Usage(queue_operations=6, table_transactions=4)

    assert lines(usage)[line] == pytest.approx(dollars)


def test_nothing_but_the_four_lines_and_compute_is_billed() -> None:
    unused = lines(Usage(queue_operations=0, table_transactions=0))

    assert sum(unused.values()) == pytest.approx(1.20 + 30.912)


@pytest.mark.parametrize(
    ("size", "dollars"),
    [
        (SMALL, 39),  # 3 s of 0.5 GB at $26 for a million GB-s
        (MIDDLE, 156),  # 3 s of 2 GB
        (LARGE, 312),  # 3 s of 4 GB
    ],
    ids=str,
)
def test_a_lone_lead_is_billed_a_second_for_every_stage(size: Size, dollars: float) -> None:
    assert compute(sparse_seconds(), size) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("size", "seconds", "dollars"),
    [
        (SMALL, 0.060, 0.78),  # a quarter of a core: four times 15 ms of 0.5 GB
        (MIDDLE, 0.015, 0.78),  # 15 ms of 2 GB
        (LARGE, 0.015, 1.56),  # of two cores Python uses one: 15 ms of 4 GB
    ],
    ids=str,
)
def test_a_busy_instance_is_billed_for_its_cpu(size: Size, seconds: float, dollars: float) -> None:
    active = busy_seconds(FIFTEEN, size)

    assert active == pytest.approx(seconds)
    assert compute(active, size) == pytest.approx(dollars)
