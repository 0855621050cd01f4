"""How the leads of a period spread: the lines that a screen and the dashboard show alike. Pure.

They are made of the numbers of statistics.py. What is more than a list has lines is `OTHER`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.model import Stage
from leads.statistics import (
    ACTION,
    CAMPAIGN,
    CONTACT,
    COUNTRY,
    OTHER,
    SOURCE,
    STAGE,
    TEST,
    ranked,
    shortened,
)
from leads.weeks import weeks_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from leads.statistics import Number

STAGES = tuple(stage.value for stage in (Stage.INTEREST, Stage.TRIAL, Stage.ACTIVE, Stage.UNKNOWN))
"""The stages as the funnel shows them: from the first step to the last, then what tells none."""

SHARES = (CONTACT, SOURCE, ACTION, COUNTRY, CAMPAIGN)
"""The kinds whose names have a share of all leads each."""

MOST_LINES = 10
"""What a list shows; programs get more."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many leads a period has, and how many test leads beside them."""

    leads: int
    tests: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far the leads of a week or an offer have come."""

    name: str  # the week, such as 2026-W47; the offer, or `OTHER`
    stages: Mapping[str, int]  # each of `STAGES`

    @property
    def leads(self) -> int:
        """Return all of them."""
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True)
class Share:
    """How many leads a name has, `OTHER` for many names together."""

    name: str
    leads: int
    share: float  # of all leads; an action's add up to more than 1


def total(numbers: Iterable[Number]) -> Total:
    """Return what *numbers* count in all."""
    kinds = _totals(numbers, lambda number: number.kind)
    return Total(leads=kinds[STAGE], tests=kinds[TEST])


def by_week(numbers: Iterable[Number], since: datetime, now: datetime) -> list[Funnel]:
    """Return the weeks from *since* to *now*, beginning with the first one that has a lead."""
    by_stage = _of(STAGE, numbers)
    found = {number.week for number in by_stage}
    if not found:
        return []
    weeks = sorted(found | {week for week in weeks_between(since, now) if week >= min(found)})
    return _funnels(by_stage, weeks, lambda number: number.week)


def by_offer(numbers: Iterable[Number], *, most: int = MOST_LINES) -> list[Funnel]:
    """Return the offers that have a lead, the one with the most first."""
    by_stage = _of(STAGE, numbers)
    shown = _most_frequent(by_stage, lambda number: number.offer, most)
    return _funnels(by_stage, [*shown], lambda n: n.offer if n.offer in shown else OTHER)


def shares(numbers: Sequence[Number], kind: str, *, most: int = MOST_LINES) -> list[Share]:
    """Return the names of a *kind*, the most frequent first."""
    leads = total(numbers).leads or 1  # a hand may have left the names and not the stages
    names = _most_frequent(_of(kind, numbers), lambda number: number.name, most)
    return [Share(name, of_it, of_it / leads) for name, of_it in names.items()]


def _of(kind: str, numbers: Iterable[Number]) -> list[Number]:
    return [number for number in numbers if number.kind == kind]


def _funnels(
    by_stage: Sequence[Number], names: Sequence[str], name_of: Callable[[Number], str]
) -> list[Funnel]:
    stages = {name: dict.fromkeys(STAGES, 0) for name in names}
    for number in by_stage:
        of_it = stages[name_of(number)]
        of_it[number.name] = of_it.get(number.name, 0) + number.leads
    return [Funnel(name, of_it) for name, of_it in stages.items()]


def _most_frequent(
    numbers: Iterable[Number], by: Callable[[Number], str], most: int
) -> dict[str, int]:
    return dict(ranked(shortened(_totals(numbers, by), most)))


def _totals(numbers: Iterable[Number], by: Callable[[Number], str]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for number in numbers:
        totals[by(number)] += number.leads
    return totals
