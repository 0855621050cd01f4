"""CPU per lead: what each stage uses, and who of us uses it.

A stage is run through Microsoft's worker library and bare, in turns; the difference is what the
library costs. Samples of the bare runs tell our code from the SDK and the enrichment libraries.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import cache
from multiprocessing import get_context
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.rig import ROOT, leads
from benchmarks.sampling import LIBRARIES, OURS, SDK, WORKER, Samples
from benchmarks.stages import ENRICH, RECEIVE, WRITE, Bare, ThroughWorker, prepare_process
from devhost.azurite import Azurite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Plan

TITLE = "CPU per lead"
PROFILE = ROOT / ".local" / "benchmarks"
STAGES = (RECEIVE, ENRICH, WRITE)
OWNERS = (WORKER, OURS, LIBRARIES, SDK)
_WARM_UP = 30  # leads

type Split = Mapping[str, Sequence[float]]
"""Milliseconds of CPU by owner, one for each round."""


def measure(plan: Plan) -> list[Figure]:
    """Return milliseconds of CPU per lead, by stage and by owner."""
    splits = _splits(plan)
    return [
        _sum("our code, all stages", [splits[stage][OURS] for stage in STAGES], at_most=2),
        _sum("enrichment libraries", [splits[stage][LIBRARIES] for stage in STAGES], at_most=1),
        _sum("HTTP answer in the worker", list(splits[RECEIVE].values()), at_most=3),
        *(
            _sum(f"{stage}: {owner}", [splits[stage][owner]])
            for stage in STAGES
            for owner in OWNERS
            if any(splits[stage][owner])
        ),
    ]


def stage_milliseconds(plan: Plan) -> Mapping[str, float]:
    """Return the CPU milliseconds of each stage, the worker library's among them."""
    return {
        stage: sum(median(rounds) for rounds in split.values())
        for stage, split in _splits(plan).items()
    }


def _sum(name: str, parts: Sequence[Sequence[float]], *, at_most: float | None = None) -> Figure:
    rounds = [sum(one) for one in zip(*parts, strict=True)]
    return Figure(name=name, rounds=rounds, unit="ms", at_most=at_most)


@cache
def _splits(plan: Plan) -> Mapping[str, Split]:
    rounds, count = plan.pick(quick=3, full=7), plan.pick(quick=60, full=200)
    # Its own process: the worker library has global state, and samples come by a signal.
    alone = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with Azurite() as azurite, alone as process:
        return process.submit(
            _measured, azurite.connection_string, rounds, count, plan.seed
        ).result()


def _measured(connection: str, rounds: int, count: int, seed: int) -> Mapping[str, Split]:
    prepare_process(connection)
    through, bare = ThroughWorker(), Bare()
    for side in (through, bare):
        _journey(side, leads(_WARM_UP, offer=f"contoso.{type(side).__name__}", seed=seed), {})
    samples = {stage: Samples() for stage in STAGES}
    found: dict[str, dict[str, list[float]]]
    found = {stage: {owner: [] for owner in OWNERS} for stage in STAGES}
    for number in range(rounds):
        payloads = leads(count, offer=f"contoso.through-{number}", seed=seed + number)
        whole = _journey(through, payloads, {})
        payloads = leads(count, offer=f"contoso.bare-{number}", seed=seed + number)
        seen = {stage: Samples() for stage in STAGES}
        alone = _journey(bare, payloads, seen)
        for stage in STAGES:
            for owner, seconds in _split(whole[stage], alone[stage], seen[stage]).items():
                found[stage][owner].append(1000 * seconds / count)
            samples[stage].add(seen[stage])
    for stage in STAGES:
        samples[stage].write(PROFILE / f"{stage}.folded")
    return found


def _journey(
    side: ThroughWorker | Bare, payloads: Sequence[bytes], samples: Mapping[str, Samples]
) -> Mapping[str, float]:
    """Take all of *payloads* from stage to stage; return the CPU seconds of each stage."""
    seconds, bodies = {}, list(payloads)
    for stage in STAGES:
        watched = samples[stage].taken() if samples else nullcontext()
        begun = time.process_time()
        with watched:
            bodies = [side.call(stage, body) for body in bodies]
        seconds[stage] = time.process_time() - begun
    return seconds


def _split(whole: float, alone: float, samples: Samples) -> Mapping[str, float]:
    """Tell the CPU seconds of a stage apart; what the bare run does not have is the library's."""
    ours = {owner: alone * samples.share(owner) for owner in (OURS, LIBRARIES, SDK)}
    return {WORKER: whole - sum(ours.values()), **ours}
