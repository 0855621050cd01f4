"""What a run says: its figures, what is wrong, and the one line to quote."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.trial import Result

_MOST = 20  # complaints shown; the ledger has the rest


def details(result: Result) -> Iterator[str]:
    """Yield lines for a person who wants to know more."""
    verdict = result.verdict
    yield (
        f"{verdict.posts} posts, {verdict.acknowledged} acknowledged, {verdict.unknown} unknown, "
        f"{verdict.recovered} events stored though no answer said so, "
        f"{result.letters} dead letters brought home, {result.stops} stops by the app itself"
    )
    for fault, times in sorted(result.faults.items()):
        yield f"  {times:6} {fault}"
    complaints = list(verdict.complaints())
    yield from complaints[:_MOST]
    if len(complaints) > _MOST:
        yield f"... and {len(complaints) - _MOST} more"


def summary(result: Result, *, seed: int) -> str:
    """Return the line to quote."""
    verdict = result.verdict
    return (
        f"{verdict.leads} leads, {result.faults.total()} injected faults, {result.kills} kills, "
        f"{len(verdict.lost)} lost, {len(verdict.twice)} counted twice, seed {seed}"
    )
