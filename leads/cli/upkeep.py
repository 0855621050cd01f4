"""Commands that put the tables in order: tend, rebuild, merge-offer."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from leads.cli.output import NotFound, counted, told_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOUR = 3600


@click.command()
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=_HOUR,
    show_default=True,
    help="Stop after so long.",
)
def tend(seconds: int) -> None:
    """Do now what the timer does every five minutes.

    Drains poison queues, redrives what is due, keeps messages from expiring, repeats erasures,
    applies retention, counts. Needed by hand where the app does not run for days.

    Example: python -m leads tend
    """
    from leads.tending.run import tend as run
    from leads.wiring import operating

    with told_errors():
        report = run(operating.tend_ports(), operating.tend_bounds(seconds))
    _print_counts(report.counts)
    for failure in report.failures:
        click.echo(f"failed: {failure}", err=True)
    sys.exit(bool(report.failures))


@click.command()
@click.option("--offer", help="Only this offer, as its partition is called.")
def rebuild(offer: str | None) -> None:
    """Make lead and recent rows anew from their touches, where they do not agree.

    Safe while leads come in; a second run finds everything unchanged.

    Example: python -m leads rebuild
    """
    from leads.upkeep.rebuilding import Rebuilt, rebuild_offer
    from leads.wiring import operating

    outcomes: Counter[str] = Counter()
    with told_errors():
        tools = operating.tools()
        for partition in [offer] if offer else tools.store.offers():
            outcomes += Counter(outcome for _, outcome in rebuild_offer(partition, tools))
    _print_counts(outcomes)
    sys.exit(any(outcomes[kind] for kind in (Rebuilt.WAITING, Rebuilt.NEWER, Rebuilt.UNREADABLE)))


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--yes", is_flag=True, help="Do it; without this it only tells.")
def merge_offer(source: str, target: str, *, yes: bool) -> None:
    """Move the leads of one offer to another: a title got its alias late.

    First set the alias (LEADS_OFFER_ALIASES), so that new leads go to TO at once. Both are named
    as their partitions are called. Can be broken off and begun again.

    Example: python -m leads merge-offer 'title~sample-saas~0123456789abcdef' contoso.sample-saas
    """
    from leads import wiring
    from leads.upkeep.moving import Moved, move_offer
    from leads.wiring import operating

    with told_errors():
        tools = operating.tools()
        offers = set(tools.store.offers())
        if source not in offers:
            raise NotFound(f"there is no offer {source}")
        if target not in offers:
            _check_name(target)
        if not yes:
            known = "has leads already" if target in offers else "has no leads yet: is it right?"
            held = sum(bool(rows.touches) for rows in tools.store.survey(source))
            click.echo(f"{source} has {counted(held, 'lead')}; {target} {known}")
            click.echo("Nothing was done: add --yes.", err=True)
            return
        moved = move_offer(source, tools, to=target, now=wiring.now())
        outcomes: Counter[str] = Counter(outcome for _, outcome in moved)
    _print_counts(outcomes)
    sys.exit(bool(outcomes[Moved.WAITING] or outcomes[Moved.UNREADABLE]))


def _check_name(offer: str) -> None:
    """Refuse the name of an offer that no lead would ever be sorted into."""
    from leads.identity import offer_partition
    from leads.model import Submission

    called = offer_partition(Submission(offer_id=offer), aliases={})
    if called != offer:
        raise click.UsageError(f"no offer is called {offer!r}: is it {called!r}?")


def _print_counts(counts: Mapping[str, int]) -> None:
    for name, number in sorted(counts.items()):
        click.echo(f"{number} {name}")
    if not counts:
        click.echo("nothing to do")
