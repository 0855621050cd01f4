"""The command that counts: how the leads spread over weeks, offers, sources and campaigns.

What counts for what stands in leads/statistics.py.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from leads.cli.formats import TABLE, Output, output_options
from leads.cli.moments import MomentType
from leads.cli.output import NotFound, counted, told_errors
from leads.cli.rows import OFFER
from leads.cli.terminal import reader_may_leave

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from leads.statistics import Number, Statistics

_FIELDS = ("kind", "offer", "week", "name", "leads")
_MOST_WEEKS = 520


@click.command()
@OFFER
@click.option(
    "--weeks",
    type=click.IntRange(1, _MOST_WEEKS),
    help="Leads first seen in so many weeks, this one included (Monday to Sunday, UTC).  "
    "[default: 8]",
)
@click.option(
    "--since",
    type=MomentType(),
    help="Instead: leads first seen at that time (UTC) or later: 2026-11-22, 30d.",
)
@output_options
def stats(*, offer: str | None, weeks: int | None, since: datetime | None, output: Output) -> None:
    """Count the leads by week, offer and stage, contact, source, action, country, campaign.

    A lead counts in the week in which it was first seen, for the stage that it has reached by now.
    An action counts for every lead that did it. Test leads count nowhere else. Programs get
    one row for each number (kind, offer, week, name, leads).

    \b
    Examples: python -m leads stats
              python -m leads stats --offer contoso.sample-saas --weeks 26
              python -m leads stats --since 2026-01-01 -o csv
    """  # noqa: D301 - click's own mark: keep these lines as they are
    from leads import wiring
    from leads.cli.sections import print_sections
    from leads.statistics import Statistics

    if weeks and since:
        raise click.UsageError("give --weeks or --since, not both")
    now = wiring.now()
    statistics = Statistics(since or beginning(now, weeks))
    with told_errors():
        _count(statistics, offer)
    numbers = list(statistics.numbers())
    if output.format == TABLE and output.query is None:
        with reader_may_leave():
            print_sections(numbers, statistics.since, now)
    else:
        output.print(({**number._asdict()} for number in numbers), (), _FIELDS)
    click.echo(_summary(numbers, statistics.since), err=True)


def beginning(now: datetime, weeks: int | None = None) -> datetime:
    """Return when so many weeks began, or those that are counted where nobody says how many."""
    from leads.statistics import WEEKS
    from leads.weeks import first_week

    return first_week(now, weeks or WEEKS)


def _count(statistics: Statistics, offer: str | None) -> None:
    """Count the leads of one offer, or of all, offer by offer."""
    from leads.wiring import reading

    table = reading.leads()
    offers = [offer.lower()] if offer is not None else list(table.offers())
    hidden = not sys.stderr.isatty()
    with click.progressbar(offers, label="Counting", file=sys.stderr, hidden=hidden) as counting:
        for one in counting:
            for row in table.recent(one, since=statistics.since):
                statistics.count(row)
    if offer is not None and not statistics.counts and not any(table.recent(offer, page=1)):
        raise NotFound("there is no lead of this offer; `offers` lists those that have any")


def _summary(numbers: Sequence[Number], since: datetime) -> str:
    from leads.breakdown import total

    found = total(numbers)
    told = f"{counted(found.leads, 'lead')} first seen since {since:%Y-%m-%d %H:%M} (UTC)"
    return f"{told}, {counted(found.tests, 'test lead')} left out" if found.tests else told
