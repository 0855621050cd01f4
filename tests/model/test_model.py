"""The laws hold in whatever happens; and the model finds what it must find.

On CI the examples are always the same ones; elsewhere each run looks at new ones. More of them:
`python -m tests.model --examples 50000`; all bugs: `make mutants`.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.hunt import NO_LAW, STEPS
from tests.model.machine import Machine
from tests.model.mutants import MUTANTS, SLOW, pursue

EXAMPLES = 500


@pytest.mark.timeout(900)  # it takes 20 seconds, but whoever broke a law wants a short example
def test_both_laws_hold_whatever_happens() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
        ),
    )


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in SLOW])
def test_the_model_finds_what_it_must_find(name: str) -> None:
    found = pursue(name, examples=4_000)

    assert found.broken, "it survived"
    assert not found.broken.startswith(NO_LAW)
