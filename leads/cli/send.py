"""The command that asks "is it connected?": it posts leads and follows them to their rows."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leads.cli.following import Accepted, Follower
from leads.cli.formats import Output, output_options
from leads.cli.output import told_errors
from leads.cli.payloads import OFFER, Payload, Wanted, announced
from leads.cli.posting import AddressType, is_local, post, shown, with_key
from leads.cli.sent import COLUMNS, Sent, tell
from leads.errors import InvalidSettings
from leads.sample_leads import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leads.model import Identity
    from leads.store import Sighting

_SKEW = timedelta(hours=1)  # between the clocks of this machine and the app


@click.command()
@click.option(
    "--url",
    type=AddressType(),
    default="http://127.0.0.1:7071/api/leads",
    envvar="LEADS_URL",
    show_default=True,
    show_envvar=True,
    help="Where leads are posted to.",
)
@click.option(
    "--key",
    default="",
    envvar="LEADS_KEY",
    show_envvar=True,
    help="The function key, where the URL has none; it is never printed.",
)
@click.option(
    "--action",
    "actions",
    type=click.Choice(ACTIONS),
    multiple=True,
    help="What the customer did; can be repeated.",
)
@click.option("--all", "every", is_flag=True, help="One lead of each action.")
@click.option("--offer", help=f"publisherid.offerid of the leads.  [default: {OFFER}]")
@click.option("--email", default="", help="All leads are of one customer with this address.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Post this payload as it is.",
)
@click.option("--real", is_flag=True, help="No test leads: they count, and people will see them.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0, max=86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to look for them in the table.",
)
@click.option("--no-follow", is_flag=True, help="Do not look for them in the table.")
@output_options
def send(url: str, key: str, wait: float, output: Output, **options: Any) -> None:  # noqa: ANN401 - click's
    """Send a lead and follow it into the table: is everything connected?

    By itself it sends the test lead that Partner Center sends to check a connection. --action and
    --all send example leads to an app on this machine, and test leads to any other; `list` shows
    test leads with --include-tests. Each one is a new event: none is dropped as a duplicate.

    Exit code 0: all leads are in the table. 1: not all are; it says where to look.

    \b
    Examples: python -m leads send
              python -m leads send --all
              python -m leads send --url https://my-app.azurewebsites.net/api/leads --key <key>
    """  # noqa: D301 - click's own mark: keep these lines as they are
    follows = not options.pop("no_follow")
    wanted = Wanted(**options).checked()
    address = with_key(url, key) if key else url
    with told_errors():
        payloads = _payloads(wanted, address)
        follower = _follower(payloads[0]) if follows else None
        _announce(payloads, address)
        sent = _posted(address, payloads)
        if follower:
            sent = _followed(follower, sent, wait)
        output.print([one.row(followed=follows) for one in sent], COLUMNS)
        tell(sent, expected=len(payloads), wait=wait if follows else None)


def _payloads(wanted: Wanted, address: str) -> list[Payload]:
    from leads import wiring

    return wanted.payloads(
        is_local=is_local(address),
        new_word=lambda: wiring.new_delivery_id().rpartition("-")[2],
        aliases=wiring.aliases(),
    )


def _follower(first: Payload) -> Follower:
    """Return what looks into the table; fail before anything is sent where it cannot."""
    from leads import wiring
    from leads.identity import duplicate_window

    try:
        ports = wiring.ports()
    except InvalidSettings as fault:
        raise click.ClickException(
            f"{fault}, so nobody can look into the table; nothing was sent. For `make run`: export "
            "LeadsStorage=UseDevelopmentStorage=true. To send without looking: --no-follow."
        ) from None
    begun = wiring.now()

    def find(identity: Identity) -> list[Sighting]:
        window = duplicate_window(identity.lead_key, ports.rules.window)
        return ports.leads.find_touches(identity, after=begun - window, before=wiring.now() + _SKEW)

    if first.identity:
        find(first.identity)
    return Follower(find=find, clock=time.monotonic, pause=time.sleep)


def _announce(payloads: Sequence[Payload], address: str) -> None:
    click.echo(f"Sending {announced(payloads)} to {shown(address)}", err=True)
    if not is_local(address):
        if not payloads[0].counts:
            told = "That is not this machine, so nothing is sent that counts, unless with --real."
            click.echo(told, err=True)
        if address.startswith("http:"):
            click.echo("http is not encrypted: use https where you can.", err=True)


def _posted(address: str, payloads: Sequence[Payload]) -> list[Sent]:
    """Post one after the other, up to the first that is not taken: the rest would fare alike."""
    sent: list[Sent] = []
    for payload in payloads:
        at = time.monotonic()
        sent.append(Sent(payload=payload, answer=post(address, payload.body), at=at))
        if not sent[-1].accepted:
            break
    return sent


def _followed(follower: Follower, sent: Sequence[Sent], wait: float) -> list[Sent]:
    """Return *sent* with what became of those that were accepted."""
    accepted = [
        Accepted(identity=one.payload.identity, delivery_id=one.answer.delivery_id, sent_at=one.at)
        for one in sent
        if one.accepted and one.payload.identity
    ]
    arrivals = {}
    hidden = not sys.stderr.isatty()
    with click.progressbar(
        length=len(accepted), label="in the table", file=sys.stderr, hidden=hidden
    ) as progress:
        for arrival in follower.follow(accepted, patience=wait):
            arrivals[arrival.delivery_id] = arrival
            progress.update(1)
    return [replace(one, arrival=arrivals.get(one.answer.delivery_id)) for one in sent]
