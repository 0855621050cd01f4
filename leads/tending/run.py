"""One run of tending: every step, one after the other, whatever became of those before. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leads.rejections import describe
from leads.tending.aging import keep_alive
from leads.tending.poison import drain_poison
from leads.tending.privacy import repeat_wishes
from leads.tending.redriving import confirm_redriven, redrive_due
from leads.tending.retention import remove_settled_letters, retire_leads
from leads.tending.status import count_offers, current

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leads.tending.ports import Bounds, TendPorts

type Step = Callable[[TendPorts, Bounds], Counter[str]]

STEPS: Mapping[str, Step] = {
    "keep_alive": keep_alive,
    "drain_poison": drain_poison,
    "confirm_redriven": confirm_redriven,
    "redrive_due": redrive_due,
    "repeat_wishes": repeat_wishes,
    "retire_leads": retire_leads,
    "remove_settled_letters": remove_settled_letters,
    "count_offers": count_offers,
}
"""In the order of what would be lost first."""

WITHOUT_SETTINGS = ("keep_alive", "drain_poison")
"""What must be done however long a setting stays faulty, or messages would expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TendReport:
    """What a run did, and what it could not do."""

    counts: Mapping[str, int] = field(default_factory=dict)
    failures: Sequence[str] = ()


def tend(ports: TendPorts, bounds: Bounds) -> TendReport:
    """Do what lies between leads, as far as the time reaches; a step that fails stops no other.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    failures = [f"settings: {fault}" for fault in ports.faults]
    steps = WITHOUT_SETTINGS if ports.faults else tuple(STEPS)
    for left, name in zip(range(len(steps), 0, -1), steps, strict=True):
        if bounds.reached:
            break
        try:
            counts += STEPS[name](ports, bounds.share(left))
        except Exception as error:  # noqa: BLE001 - the others must have their turn
            failures.append(f"{name}: {describe(error)}")
    try:
        ports.status.write(current(ports, now=bounds.now, failures=failures))
    except Exception as error:  # noqa: BLE001 - as above
        failures.append(f"status: {describe(error)}")
    return TendReport(counts=dict(counts), failures=tuple(failures))
