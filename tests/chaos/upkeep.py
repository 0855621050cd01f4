"""The operator's part: what ended as a dead letter or in a poison queue is sent back.

Kills and faults raise the dequeue count of messages until the host gives them up. That loses
nothing as long as the operator's two commands bring every one of them home.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from leads.names import POISON_QUEUES
from tests.chaos.storage import Letter, Storage
from tests.chaos.system import ROOT

ROUNDS = 20

_TEND = ("tend",)
_REDRIVE = ("dead", "redrive", "--all", "--yes")


class UpkeepFailed(Exception):
    """A command of the operator failed while something waited for it."""


def bring_home(storage: Storage, drain: Callable[[], None]) -> list[Letter]:
    """Redrive until nothing is left to redrive; return all letters that there were.

    One that is final stays, and is for the verdict to complain of.

    Raises:
        UpkeepFailed: some letters come back for ever, or a command failed.
    """
    for _round in range(ROUNDS):
        drain()
        poisoned = storage.waiting(
            *POISON_QUEUES
        )  # before the letters: that is the way messages go
        letters = storage.letters()
        away = [letter for letter in letters if not letter.is_home and not letter.final]
        if not poisoned and not away:
            return letters
        reason = f"{len(away)} letters and {poisoned} poison messages wait"
        for command in (_TEND, _REDRIVE):
            _run(command, storage, reason)
    raise UpkeepFailed(f"after {ROUNDS} rounds {reason}")


def _run(command: tuple[str, ...], storage: Storage, reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "leads", *command],
        cwd=ROOT,
        env=os.environ | {"LeadsStorage": storage.connection},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        told = f"`python -m leads {' '.join(command)}` ended with {done.returncode}"
        raise UpkeepFailed(f"{reason}, but {told}: {done.stderr.strip()[-500:]}")
