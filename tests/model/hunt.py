"""Runs the model as often as asked, and tells how it ended."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.broken import Broken
from tests.model.machine import Machine

STEPS = 40
NO_LAW = "no law, but"


@dataclass(frozen=True)
class Hunt:
    """How a hunt ended."""

    broken: str  # the law that was broken, or an empty string
    example: str  # what broke it
    examples: int
    steps: int
    seconds: float
    seen: Counter[str]  # of what there was, and how much


def hunt(*, examples: int, number: int, shrink: bool = False, steps: int = STEPS) -> Hunt:
    """Run so many examples, or until a law is broken; *number* decides which."""
    begun, seen = time.monotonic(), Counter[str]()

    class Counted(Machine):
        def teardown(self) -> None:
            super().teardown()
            seen.update(self.figures())

    broken = example = ""
    try:
        run_state_machine_as_test(
            seed(number)(Counted), settings=_settings(examples, steps, shrink=shrink)
        )
    except Exception as error:  # noqa: BLE001 - a bug may end in any error, which is found, too
        broken = error.law if isinstance(error, Broken) else f"{NO_LAW} {type(error).__name__}"
        example = "\n".join([str(error), *getattr(error, "__notes__", [])])
    return Hunt(broken, example, seen["examples"], seen["steps"], time.monotonic() - begun, seen)


def _settings(examples: int, steps: int, *, shrink: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
