"""Statistics on a screen: a section for each kind of number, with bars."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from leads.cli.cells import printable, width
from leads.cli.terminal import Column, bar, print_lines, terminal_width
from leads.model import Stage
from leads.statistics import (
    ACTION,
    CAMPAIGN,
    CONTACT,
    COUNTRY,
    OTHER,
    SOURCE,
    STAGE,
    ranked,
    shortened,
    weeks_between,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from leads.statistics import Number

_STAGES = [stage.value for stage in (Stage.INTEREST, Stage.TRIAL, Stage.ACTIVE, Stage.UNKNOWN)]
_SHARES = (CONTACT, SOURCE, ACTION, COUNTRY, CAMPAIGN)
_LINES = 10  # of a section, the weeks apart; programs get more
_NAME = 20  # columns that a name gets at least
_BAR, _LEAST_BAR = 40, 14  # columns of the longest bar, and of the longest beside a long name
_GAP = 2


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a section: a name, what is told of it, and the leads that its bar shows."""

    name: str
    cells: Sequence[str]
    leads: int


type _Section = tuple[str, Sequence[_Line]]


def print_sections(numbers: Sequence[Number], since: datetime, now: datetime) -> None:
    """Print a section for each kind: the funnel by week and by offer, then shares of all leads."""
    by_stage = [number for number in numbers if number.kind == STAGE]
    if not by_stage:
        return
    _print_together(
        [("WEEK      FROM", _week_lines(by_stage, since, now)), ("OFFER", _offer_lines(by_stage))],
        ["LEADS", *(stage.upper() for stage in _STAGES)],
    )
    leads = sum(number.leads for number in by_stage)
    shares = [
        (kind.upper(), _share_lines([n for n in numbers if n.kind == kind], leads))
        for kind in _SHARES
    ]
    _print_together(shares, ["LEADS", "SHARE"])


def _week_lines(by_stage: Sequence[Number], since: datetime, now: datetime) -> list[_Line]:
    """Return the weeks, beginning with the first one that has a lead."""
    found = {number.week for number in by_stage}
    weeks = sorted(found | {week for week in weeks_between(since, now) if week >= min(found)})
    return _funnel_lines(by_stage, [_dated(week) for week in weeks], lambda n: _dated(n.week))


def _offer_lines(by_stage: Sequence[Number]) -> list[_Line]:
    shown = _most_frequent(by_stage, lambda number: number.offer)
    of = {number.offer: number.offer if number.offer in shown else OTHER for number in by_stage}
    return _funnel_lines(by_stage, list(shown), lambda number: of[number.offer])


def _funnel_lines(
    by_stage: Sequence[Number], names: Sequence[str], name_of: Callable[[Number], str]
) -> list[_Line]:
    stages: dict[str, Counter[str]] = {name: Counter() for name in names}
    for number in by_stage:
        stages[name_of(number)][number.name] += number.leads
    return [
        _Line(name, [str(of.total()), *(str(of[stage]) for stage in _STAGES)], of.total())
        for name, of in stages.items()
    ]


def _share_lines(numbers: Sequence[Number], leads: int) -> list[_Line]:
    names = _most_frequent(numbers, lambda number: number.name)
    return [_Line(name, [str(n), f"{n / leads:.0%}"], n) for name, n in names.items()]


def _most_frequent(numbers: Sequence[Number], by: Callable[[Number], str]) -> dict[str, int]:
    """Return the leads of each name, the greatest first, in as many lines as a section has."""
    return dict(ranked(shortened(_totals(numbers, by), _LINES)))


def _totals(numbers: Sequence[Number], by: Callable[[Number], str]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for number in numbers:
        totals[by(number)] += number.leads
    return totals


def _dated(week: str) -> str:
    return f"{week}  {date.fromisocalendar(int(week[:-4]), int(week[-2:]), 1)}"


def _print_together(sections: Sequence[_Section], titles: Sequence[str]) -> None:
    """Print *sections* below each other in the same columns; bars fill the rest of the screen."""
    lines = [line for _, several in sections for line in several]
    numbers = [
        max(len(title), *(len(line.cells[n]) for line in lines)) for n, title in enumerate(titles)
    ]
    screen = terminal_width() - sum(numbers) - _GAP * (len(numbers) + 1)
    names = min(max(width(line.name) for line in lines), max(_NAME, screen - _LEAST_BAR))
    room = max(min(_BAR, screen - names), 1)
    measured = [["x" * names, *("9" * n for n in numbers), "x" * room]]
    figures = [Column(title, "", right=True, fixed=True) for title in titles]
    for title, several in sections:
        most = max((line.leads for line in several if line.name != OTHER), default=0)
        cells = [[printable(one.name), *one.cells, _bar(one, most, room)] for one in several]
        columns = [Column(title, "", names), *figures, Column("", "", fixed=True)]
        print_lines(cells, columns, measured=measured)
        click.echo()


def _bar(line: _Line, most: int, room: int) -> str:
    """Return the bar of *line*; many names together have none, which would dwarf the others."""
    return "" if line.name == OTHER else bar(line.leads, most, room)
