"""The chaos proof: `python -m tests.chaos [kills | ends | faults | outage | enumerate] [options]`.

Without a name it runs all of them, not for long. Progress goes to stderr; the last line on stdout
has the figures and the command that repeats them. The seed decides what is posted, when the app is
killed and which faults are drawn; how threads and processes interleave is up to the machine.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from pathlib import Path
from typing import NamedTuple

from devhost.children import StartFailed
from tests.chaos import report
from tests.chaos.enumeration import Missed, run_enumeration
from tests.chaos.kills import DisorderlyEnd, run_ends, run_kills
from tests.chaos.storms import run_faults, run_outage
from tests.chaos.trial import Result
from tests.chaos.upkeep import UpkeepFailed


class Scenario(NamedTuple):
    """A run, and the options that it takes."""

    run: Callable[..., Result]
    options: tuple[str, ...]


SCENARIOS: Mapping[str, Scenario] = {
    "kills": Scenario(run_kills, ("leads", "kills", "duplicates", "seed")),
    "ends": Scenario(run_ends, ("leads", "ends", "duplicates", "seed")),
    "faults": Scenario(run_faults, ("leads", "rate", "duplicates", "seed")),
    "outage": Scenario(run_outage, ("outage_leads", "duplicates", "seed")),
    "enumerate": Scenario(run_enumeration, ("lanes",)),
}

_BROKEN = (StartFailed, Missed, DisorderlyEnd, UpkeepFailed, TimeoutError)


def main() -> int:
    """Run what the command line names; return 1 where a law was broken."""
    given = _parser().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    names = [given.scenario] if given.scenario else [*SCENARIOS]
    try:
        result = reduce(add, [_run(name, folder / name, given) for name in names])
    except _BROKEN as failure:
        _say(f"{type(failure).__name__}: {failure}\nThe ledger and the logs are in {folder}")
        return 1
    sys.stdout.write(f"{report.summary(result, seed=given.seed)}: {_command(given, names)}\n")
    if not result.verdict.holds:
        _say(f"That breaks a law. The ledger and the logs are in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _run(name: str, folder: Path, given: argparse.Namespace) -> Result:
    begun = time.monotonic()
    run, options = SCENARIOS[name]
    folder.mkdir()
    _say(f"{name}:")
    result = run(folder, **{option: getattr(given, option) for option in options})
    for line in report.details(result):
        _say(f"  {line}")
    _say(f"  {report.summary(result, seed=given.seed)}; {time.monotonic() - begun:.0f} s")
    return result


def _command(given: argparse.Namespace, names: list[str]) -> str:
    """Return the command that repeats this run, whatever was left to its defaults."""
    scenario = [given.scenario] if given.scenario else []
    taken = [option for name in names for option in SCENARIOS[name].options]
    options = dict.fromkeys([*taken, "seed"])
    values = [f"--{option.replace('_', '-')} {getattr(given, option)}" for option in options]
    return " ".join(["python -m tests.chaos", *scenario, *values])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Breaks the app and its storage, and counts what is lost or counted twice.",
    )
    add_ = parser.add_argument
    add_("scenario", nargs="?", choices=[*SCENARIOS], help="default: all of them")
    add_("--leads", type=int, default=500, help="customers and offers (%(default)s)")
    add_("--duplicates", type=float, default=0.3, help="share of posts repeated (%(default)s)")
    add_("--kills", type=int, default=20, help="SIGKILLs of the app (%(default)s)")
    add_("--ends", type=int, default=3, help="SIGTERMs while its queues are full (%(default)s)")
    add_("--rate", type=float, default=0.1, help="share of storage calls that fail (%(default)s)")
    add_("--outage-leads", type=int, default=20, help="leads without any table (%(default)s)")
    add_("--lanes", type=int, default=3, help="systems to enumerate in (%(default)s)")
    add_("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="any other")
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
