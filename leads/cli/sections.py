"""Statistics on a screen: a section for each kind of number, with bars."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from leads.breakdown import SHARES, STAGES, by_offer, by_week, shares
from leads.cli.cells import printable, width
from leads.cli.terminal import Column, bar, print_lines, terminal_width
from leads.statistics import OTHER
from leads.weeks import monday_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from leads.breakdown import Funnel, Share
    from leads.statistics import Number

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
    weeks = by_week(numbers, since, now)
    if not weeks:
        return
    dated = [replace(one, name=f"{one.name}  {monday_of(one.name)}") for one in weeks]
    _print_together(
        [("WEEK      FROM", _funnel(dated)), ("OFFER", _funnel(by_offer(numbers)))],
        ["LEADS", *(stage.upper() for stage in STAGES)],
    )
    _print_together(
        [(kind.upper(), _shares(shares(numbers, kind))) for kind in SHARES], ["LEADS", "SHARE"]
    )


def _funnel(funnels: Sequence[Funnel]) -> list[_Line]:
    return [
        _Line(one.name, [str(one.leads), *(str(one.stages[stage]) for stage in STAGES)], one.leads)
        for one in funnels
    ]


def _shares(names: Sequence[Share]) -> list[_Line]:
    return [_Line(one.name, [str(one.leads), f"{one.share:.0%}"], one.leads) for one in names]


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
