"""All checks, one after the other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.doctor.host_file import judge_host_file
from leads.doctor.pipeline import judge_letters, judge_offers, judge_tending
from leads.doctor.storage import judge_clock, judge_queues, judge_settings, judge_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from leads.doctor.facts import Facts
    from leads.doctor.findings import Finding

CHECKS: Sequence[Callable[[Facts], Iterator[Finding]]] = (
    judge_settings,
    judge_host_file,
    judge_tables,
    judge_queues,
    judge_clock,
    judge_tending,
    judge_letters,
    judge_offers,
)


def judge(facts: Facts) -> list[Finding]:
    """Return what *facts* mean, the worst first."""
    findings = [finding for check in CHECKS for finding in check(facts)]
    return sorted(findings, key=lambda finding: -finding.severity)
