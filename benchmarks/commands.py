"""What a person waits for at the terminal when an offer has many leads.

Whole processes on the wall, as they are typed. Azurite is slower than Azure here: it goes through
the whole table for every request.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.rig import ROOT
from benchmarks.shelf import stored

if TYPE_CHECKING:
    from benchmarks.figures import Plan

TITLE = "Commands on an offer of many leads"
_LIST, _OFFERS = "list --limit 20", "offers"
_SECONDS = 2.0  # that a person waits gladly
_MB = 100


class CommandFailed(Exception):
    """A command ended with an error."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took."""

    seconds: float
    resident_mb: float


def measure(plan: Plan) -> list[Figure]:
    """Return how long commands take, and how much memory an export of all leads needs."""
    count, rounds = plan.pick(quick=5_000, full=100_000), plan.pick(quick=2, full=5)
    with stored(count, seed=plan.seed) as azurite:
        counted = run("tend", azurite.connection_string)  # as the timer does
        found = {
            command: [run(command, azurite.connection_string) for _ in range(1 + rounds)][1:]
            for command in (_LIST, _OFFERS)
        }
        exported = run("export", azurite.connection_string)
    return [
        *(
            Figure(name=name, rounds=[one.seconds for one in ran], unit="s", at_most=_SECONDS)
            for name, ran in found.items()
        ),
        Figure(name="tend: counts them", rounds=[counted.seconds], unit="s"),
        Figure(name="export: all of them", rounds=[exported.seconds], unit="s"),
        Figure(name="export: memory", rounds=[exported.resident_mb], unit="MB", at_most=_MB),
    ]


def run(command: str, storage: str) -> Ran:
    """Run `python -m leads …` against *storage*; return what it took.

    Raises:
        CommandFailed: it ended with an error.
    """
    environment = os.environ | {"LeadsStorage": storage, "COLUMNS": "120"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "leads", *command.split()],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)  # tells the memory of this one child
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CommandFailed(f"{command} ended with {process.returncode}")
    return Ran(time.perf_counter() - begun, used.ru_maxrss / 1024)
