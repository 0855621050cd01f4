"""`python -m benchmarks`: ask every question, or those named, and print one table.

The exit code tells whether a bar was missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import (
    cold_start,
    commands,
    cpu,
    dashboard,
    growth,
    latency,
    memory,
    money,
    operations,
    pages,
    scale,
    throughput,
)
from benchmarks.figures import Plan
from benchmarks.report import document, read_document, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from benchmarks.figures import Figure
    from benchmarks.report import Found

QUESTIONS: Mapping[str, ModuleType] = {
    "operations": operations,
    "throughput": throughput,
    "latency": latency,
    "cpu": cpu,
    "cold_start": cold_start,
    "memory": memory,
    "growth": growth,
    "money": money,
}
ON_REQUEST: Mapping[str, ModuleType] = {
    "scale": scale,
    "commands": commands,
    "dashboard": dashboard,
}
"""What takes longer than all others together (`make scale`)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, keep; return the exit code."""
    given = _parser().parse_args(arguments)
    plan = Plan(quick=given.quick)
    found: dict[str, Sequence[Figure]] = {}
    for name in given.questions or QUESTIONS:
        module = ({**QUESTIONS, **ON_REQUEST})[name]
        begun = time.monotonic()
        found[module.TITLE] = module.measure(plan)
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    kept = document(found, plan)
    print(table(found))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(kept, encoding="utf-8")
    if given.quote:
        pages.write(read_document(kept))  # as the test reads it, rounded
    return _verdict(found)


def _verdict(found: Found) -> int:
    missed = [(title, one) for title, figures in found.items() for one in figures if one.misses]
    for title, one in missed:
        print(f"misses its bar: {title}: {one.name}", file=sys.stderr)
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "questions", nargs="*", metavar="QUESTION", choices=[*QUESTIONS, *ON_REQUEST, []]
    )
    parser.add_argument("--quick", action="store_true", help="fewer leads and rounds")
    parser.add_argument("--quote", action="store_true", help="write them into the pages")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
