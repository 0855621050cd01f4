"""Leads as lines: the columns of a table, and what programs get."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from leads.cli.output import minute
from leads.cli.terminal import Column
from leads.model import Stage
from leads.score import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

OFFER = click.option("--offer", help="Only this offer, as its partition is called.")
_TODAY = ("IntentToday", "Heat")
"""What is not stored, because it changes by itself."""
_SELECTING = (
    click.option("--stage", type=click.Choice([stage.value for stage in Stage])),
    click.option("--contactable", is_flag=True, help="Only those whom one may call or write to."),
    click.option(
        "--search",
        default="",
        help="A whole e-mail address; words of name, e-mail, company or title; or a phone number.",
    ),
    click.option("--include-tests", is_flag=True, help="Test leads, too."),
)


def selection_options[Command: Callable[..., object]](command: Command) -> Command:
    """Give *command* the options of a `Selection`, under the names of its fields."""
    for option in reversed(_SELECTING):
        command = option(command)
    return command


def full_name(row: Mapping[str, Any]) -> str:
    """Return first and last name, as far as they are known."""
    return f"{row.get('FirstName', '')} {row.get('LastName', '')}".strip()


def _last_seen(row: Mapping[str, Any]) -> object:
    moment = row.get("LastSeen")  # a hand may have typed a text there
    return minute(moment) if isinstance(moment, datetime) else moment


def _score(row: Mapping[str, Any]) -> str:
    known = (row.get(name) for name in ("Fit", *_TODAY))
    return " ".join(str(value) for value in known if value is not None)


_SCORE = Column("SCORE", "Score", 10, fixed=True, spare=5, read=_score)

LEAD_COLUMNS = (
    Column("LAST SEEN (UTC)", "LastSeen", 16, fixed=True, read=_last_seen),
    Column("OFFER", "PartitionKey", 28, least=12, spare=1),
    Column("NAME", "Name", 20, least=14, read=full_name),
    Column("E-MAIL", "Email", 32, least=20),
    Column("COMPANY", "Company", 20, spare=3),
    Column("IN", "CountryCode", 2, fixed=True, spare=4),
    Column("STAGE", "Stage", 8, fixed=True),
    Column("CONTACT", "ContactStatus", 14, fixed=True),
    Column("N", "TouchCount", 5, right=True, fixed=True, spare=2),
    Column("ACTIONS", "Actions", 16, least=8, spare=6),
    _SCORE,
    Column("", "IsTest", 4, fixed=True, read=lambda row: "test" if row.get("IsTest") else ""),
)


CALL_COLUMNS = (
    replace(_SCORE, spare=0),
    Column("NAME", "Name", 20, least=12, read=full_name),
    Column("COMPANY", "Company", 20, spare=3),
    Column("PHONE", "Phone", 20, least=16, spare=2),
    Column("E-MAIL", "Email", 32, least=16, spare=1),
    Column("LAST SEEN (UTC)", "LastSeen", 16, fixed=True, spare=4, read=_last_seen),
    Column("OFFER", "PartitionKey", 28, least=12, spare=5),
    Column("WHY", "ScoreReasons", 100, least=56),
)
"""Those of a list of whom to call first."""


def as_of_today(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield *rows*, those that are ranked with their intent as it is today, and how hot it is."""
    from leads import wiring

    weights = wiring.current_settings().weights
    for row in rows:
        found = standing(row, now=wiring.now(), weights=weights)
        known = zip(_TODAY, (found.intent, found.heat.value), strict=True) if found else ()
        yield {**row, **dict(known)}


def without_row_key(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* without what only storage needs: the row that lists a lead moves."""
    return {name: value for name, value in row.items() if name != "RowKey"}


def lead_fields() -> Sequence[str]:
    """Return the columns of a list that programs read."""
    from leads.tables.reading import RECENT_COLUMNS

    return [*(name for name in RECENT_COLUMNS if name != "RowKey"), *_TODAY]
