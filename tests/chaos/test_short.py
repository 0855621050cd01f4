"""The chaos proof in short: `make chaos` has the long one."""

from __future__ import annotations

import os
import random
from pathlib import Path

from tests.chaos.enumeration import run_enumeration
from tests.chaos.faults import Dropped
from tests.chaos.kills import run_ends, run_kills
from tests.chaos.storms import run_faults
from tests.chaos.trial import Result

# On CI a run repeats the last one; elsewhere each run is another.
SEED = 20261122 if "CI" in os.environ else random.SystemRandom().randrange(10**6)
DUPLICATES = 0.3
LANES = 2


def complaints(result: Result) -> list[str]:
    """Return what is wrong; a failing test shows the seed beside it."""
    found = [*result.verdict.complaints()]
    return [f"seed {SEED}", *found] if found else []


def test_an_app_that_is_killed_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    result = run_kills(tmp_path, seed=SEED, leads=80, kills=6, duplicates=DUPLICATES)

    assert complaints(result) == []
    assert (result.verdict.leads, result.kills) == (80, 6)


def test_an_app_that_ends_with_its_queues_full_loses_nothing(tmp_path: Path) -> None:
    result = run_ends(tmp_path, seed=SEED, leads=40, ends=1, duplicates=DUPLICATES)

    assert complaints(result) == []
    assert result.verdict.acknowledged == result.verdict.posts


def test_a_storage_that_fails_by_chance_loses_nothing(tmp_path: Path) -> None:
    result = run_faults(tmp_path, seed=SEED, leads=80, rate=0.1, duplicates=DUPLICATES)

    assert complaints(result) == []
    assert result.verdict.leads == 80
    assert result.faults.total() > 50


def test_a_lost_answer_at_any_call_of_a_new_lead_changes_nothing(tmp_path: Path) -> None:
    faults = [Dropped(applied=True)]

    result = run_enumeration(tmp_path, faults=faults, journeys=["new lead"], lanes=LANES)

    assert complaints(result) == []
    assert result.faults["answer lost"] == result.verdict.leads - LANES  # each begins with one
    assert result.faults["answer lost"] > 5
