"""Commands that list: the offers, and the leads that came in."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import plain
from leads.cli.formats import Output, output_options
from leads.cli.moments import SINCE
from leads.cli.output import counted, minute, told_errors
from leads.cli.rows import (
    CALL_COLUMNS,
    LEAD_COLUMNS,
    OFFER,
    as_of_today,
    lead_fields,
    selection_options,
    without_row_key,
)
from leads.cli.terminal import Column
from leads.model import ContactStatus, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from leads.tending.status import OfferStatus

_SPARE_STAGES = {Stage.UNKNOWN: 3}
_OFFER_COLUMNS = (
    Column("OFFER", "offer", 48, least=24),
    Column("LEADS", "leads", right=True, fixed=True),
    *(
        Column(one.upper(), one, right=True, fixed=True, spare=_SPARE_STAGES.get(one, 0))
        for one in Stage
    ),
    Column("CONTACTABLE", "contactable", right=True, fixed=True, spare=2),
    Column("TESTS", "tests", right=True, fixed=True, spare=4),
    Column("LAST LEAD (UTC)", "last_lead", 16, fixed=True, spare=1),
    Column("AS OF (UTC)", "as_of", 16, fixed=True, spare=5),
)
LAST_SEEN, SCORE = "last-seen", "score"
_SORTS: dict[str, tuple[Callable[[dict[str, Any]], Any], bool]] = {
    "first-seen": (lambda row: plain(row.get("FirstSeen")), True),
    "touches": (lambda row: int(row.get("TouchCount") or 0), True),
    "name": (lambda row: (_sorted_as(row, "LastName"), _sorted_as(row, "FirstName")), False),
    "company": (lambda row: _sorted_as(row, "Company"), False),
}


@click.command()
@click.option("--now", "count_now", is_flag=True, help="Count every offer anew (slow).")
@output_options
def offers(*, count_now: bool, output: Output) -> None:
    """List the offers with their leads by stage, the newest lead first.

    The counts are those of tend_leads, which counts every few minutes; AS OF says when. An offer
    that it has not counted yet is counted now.

    Example: python -m leads offers
    """
    with told_errors():
        found = sorted(_counted(count_now=count_now), key=_last_lead, reverse=True)
        printed = output.print([_offer_shown(one) for one in found], _OFFER_COLUMNS)
    _tell(output, counted(printed, "offer"))


@click.command("list")
@OFFER
@SINCE
@selection_options
@click.option(
    "--sort", type=click.Choice([LAST_SEEN, SCORE, *_SORTS]), default=LAST_SEEN, show_default=True
)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@output_options
def list_leads(
    *,
    offer: str | None,
    since: datetime | None,
    sort: str,
    limit: int,
    output: Output,
    **selection: Any,  # noqa: ANN401 - click's
) -> None:
    """List the leads, newest first, without test leads.

    --sort score: whom to call first, and why. Hot comes before warm and cold (intent as it is
    today), and among these the better fit; who must not be contacted comes last.

    \b
    Examples: python -m leads list --since today --contactable
              python -m leads list --sort score --limit 10
              python -m leads list --search ada@example.com
              python -m leads list --offer contoso.saas --stage trial --sort touches
    """  # noqa: D301 - click's own mark: keep these lines as they are
    from leads.selection import Selection
    from leads.wiring import reading

    chosen = Selection(**selection)
    page = min(limit, 1000) if chosen == Selection() and sort == LAST_SEEN else None
    with told_errors():
        rows: Iterable[dict[str, Any]]
        rows = filter(chosen.takes, reading.leads().recent(offer, since=since, page=page))
        shown = (without_row_key(row) for row in as_of_today(islice(_sorted(rows, sort), limit)))
        columns = CALL_COLUMNS if sort == SCORE else LEAD_COLUMNS
        printed = output.print(shown, columns, lead_fields())
    _tell(output, counted(printed, "lead"))


def _sorted(rows: Iterable[dict[str, Any]], sort: str) -> Iterable[dict[str, Any]]:
    from leads import wiring
    from leads.score import call_order

    if sort == LAST_SEEN:
        return rows  # as they lie
    if sort == SCORE:
        weights = wiring.current_settings().weights
        return sorted(rows, key=partial(call_order, now=wiring.now(), weights=weights))
    key, newest_first = _SORTS[sort]
    return sorted(rows, key=key, reverse=newest_first)


def _tell(output: Output, number: str) -> None:
    if output.query is None:  # what a query picks may be fewer, or no leads at all
        click.echo(number, err=True)


def _sorted_as(row: dict[str, Any], column: str) -> tuple[bool, str]:
    """Return how a text is sorted: upper and lower case are one, what is empty comes last."""
    text = plain(row.get(column)).casefold()
    return not text, text


def _counted(*, count_now: bool) -> Iterator[OfferStatus]:
    from leads import wiring
    from leads.wiring import reading

    known = {} if count_now else reading.status().offers()
    for offer in reading.leads().offers():
        yield known.get(offer) or reading.census().count(offer, as_of=wiring.now())[0]


def _last_lead(offer: OfferStatus) -> float:
    return offer.last_real_at.timestamp() if offer.last_real_at else 0.0


def _offer_shown(offer: OfferStatus) -> dict[str, object]:
    return {
        "offer": offer.partition,
        "leads": sum(offer.stages.values()),
        **{stage.value: offer.stages.get(stage.value, 0) for stage in Stage},
        "contactable": offer.contact.get(ContactStatus.CONTACTABLE.value, 0),
        "tests": offer.tests,
        "last_lead": minute(offer.last_real_at),
        "as_of": minute(offer.as_of),
    }
