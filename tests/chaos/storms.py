"""Storage fails while leads come in: any call by chance, or the tables altogether."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.calls import Service
from tests.chaos.events import seeded
from tests.chaos.load import plan
from tests.chaos.plans import Chance, Outage, Plan
from tests.chaos.trial import Result, trial

_INSISTENT = 0.5  # the share of senders that post again where the answer is lost


def run_faults(folder: Path, *, seed: int, leads: int, rate: float, duplicates: float) -> Result:
    """Let faults happen to that share of all storage calls until the queues are empty."""
    chance = Chance(rate, seeded(seed, "faults"))
    return _run(folder, chance, seed=seed, leads=leads, duplicates=duplicates)


def run_outage(folder: Path, *, seed: int, outage_leads: int, duplicates: float) -> Result:
    """Refuse every call to tables until the last message is given up: all are dead letters then."""
    outage = Outage({Service.TABLE})
    return _run(folder, outage, seed=seed, leads=outage_leads, duplicates=duplicates)


def _run(folder: Path, weather: Plan, *, seed: int, leads: int, duplicates: float) -> Result:
    with trial(folder, plan=weather) as it:
        it.system.start()
        load = it.post(plan(seed, leads=leads, duplicates=duplicates, insistent=_INSISTENT))
        while not load.is_done:
            it.look()
        return it.conclude()
