"""The app dies (SIGKILL) at any moment, or is asked to end (SIGTERM) while its queues are full."""

from __future__ import annotations

from pathlib import Path

from leads.names import QUEUES
from tests.chaos.events import seeded
from tests.chaos.load import Load, plan
from tests.chaos.trial import Result, Trial, trial

_QUEUE_FUNCTIONS = ("enrich_lead", "write_lead", "bury_lead")
_LONGEST_GRACE = 0.4  # seconds between the moment that was drawn and the kill


class DisorderlyEnd(Exception):
    """The app, asked to end, ended with an error."""


def run_kills(folder: Path, *, seed: int, leads: int, kills: int, duplicates: float) -> Result:
    """Kill the app *kills* times between the first post and the last message."""
    source = seeded(seed, "kills")
    moments = sorted(source.random() for _ in range(kills))
    with trial(folder) as it:
        it.system.start()
        load = it.post(plan(seed, leads=leads, duplicates=duplicates))
        for moment in moments:
            _wait_for(moment, it, load)
            it.system.revive(within=source.uniform(0, _LONGEST_GRACE))
            it.system.kill()
        while not load.is_done:
            it.look()
        return it.conclude()


def _wait_for(moment: float, it: Trial, load: Load) -> None:
    """Wait for that share of the work: half of it is to post, half to empty the queues."""
    while True:
        waiting = it.look()
        done = load.posted + max(0, load.posted - waiting)
        if done >= moment * 2 * load.total or (load.is_done and not waiting):
            return


def run_ends(folder: Path, *, seed: int, leads: int, ends: int, duplicates: float) -> Result:
    """Fill the queues by the door alone, then end the app *ends* times while it empties them."""
    with trial(folder) as it:
        it.system.disabled = _QUEUE_FUNCTIONS
        it.system.start()
        load = it.post(plan(seed, leads=leads, duplicates=duplicates))
        load.join()
        full = it.storage.waiting(*QUEUES)
        codes = [it.system.stop()]
        it.system.disabled = ()
        for end in range(ends):
            it.system.start()
            while it.look() > full * (1 - end / ends):
                pass
            codes.append(it.system.stop())
        it.system.start()
        if any(codes):
            raise DisorderlyEnd(f"exit codes {codes}")
        return it.conclude()
