"""Commands for a person's rights: what is held, forget it, do not contact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from leads.cli.output import counted, print_json, told_errors
from leads.identity import is_usable_email, lead_key
from leads.model import Contact
from leads.normal_form import normalised_email

if TYPE_CHECKING:
    from collections import Counter

_LEAD_KEY = re.compile(r"[epna][0-9a-f]{32}")


class PersonType(click.ParamType[str]):
    """An e-mail address, or a lead key as the tables show it; becomes the lead key."""

    name = "person"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the lead key; fail where *value* names nobody."""
        if _LEAD_KEY.fullmatch(value):
            return value
        email = normalised_email(value)
        if not is_usable_email(email):
            self.fail("it names nobody: give an e-mail address or a lead key", param, ctx)
        return lead_key(Contact(email=email), fingerprint="")


_PERSON = click.argument("person", metavar="EMAIL", type=PersonType())
_EVERYWHERE = click.option(
    "--everywhere",
    is_flag=True,
    help="Also read what all others sent, for the address in their words (slow).",
)


@click.command()
@_PERSON
@_EVERYWHERE
def person(person: str, *, everywhere: bool) -> None:
    """Print everything that is held on one person, in all offers, as JSON.

    EMAIL may also be a lead key.

    Example: python -m leads person ada@example.com
    """
    from leads.wiring import operating

    with told_errors():
        print_json(operating.holdings().of(person, everywhere=everywhere))


@click.command()
@_PERSON
@_EVERYWHERE
def forget(person: str, *, everywhere: bool) -> None:
    """Erase a person: leads, touches and dead letters, in all offers.

    What is still in the queues is dropped when it comes by. An objection (suppress) is kept.

    Example: python -m leads forget ada@example.com
    """
    from leads import wiring
    from leads.tending.wishes import forget as forget_person
    from leads.wiring import operating

    with told_errors():
        done = forget_person(person, operating.checked_ports(), now=wiring.now())
        named = operating.holdings().named_elsewhere(person) if everywhere else []
    _report(done, {"leads_erased": "lead", "letters_erased": "dead letter"})
    if everywhere:
        _tell_named(named)


@click.command()
@_PERSON
def suppress(person: str) -> None:
    """Record that a person objects to being contacted, for all offers and for good.

    Example: python -m leads suppress ada@example.com
    """
    _wish(person, objects=True)


@click.command()
@_PERSON
def unsuppress(person: str) -> None:
    """Take an objection back.

    Example: python -m leads unsuppress ada@example.com
    """
    _wish(person, objects=False)


def _wish(person: str, *, objects: bool) -> None:
    from leads import wiring
    from leads.tending.wishes import object_to_contact
    from leads.wiring import operating

    with told_errors():
        done = object_to_contact(
            person, operating.checked_ports(), objects=objects, now=wiring.now()
        )
    _report(
        done,
        {
            "objections": "objection recorded" if objects else "objection taken back",
            "leads_changed": "lead",
        },
    )


def _report(done: Counter[str], words: dict[str, str]) -> None:
    for name, word in words.items():
        if done[name]:
            click.echo(f"{name}: {counted(done[name], word)}")
    if not done.total():
        click.echo("nothing to do")


def _tell_named(named: list[dict[str, Any]]) -> None:
    if not named:
        click.echo("the address stands in nobody else's words")
        return
    click.echo(f"the address stands in the words of {counted(len(named), 'touch', 'touches')}:")
    print_json(named)
    click.echo("If one is the same person, forget that lead key, too.", err=True)
