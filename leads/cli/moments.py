"""Moments as people type them: a date, a time, `today`, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import click

_AGO = re.compile(r"(\d{1,5})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class MomentType(click.ParamType[datetime]):
    """A moment in UTC."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment; fail where *value* is none."""
        if isinstance(value, datetime):
            return value
        from leads import wiring

        moment = moment_of(value, now=wiring.now())
        if moment is None:
            self.fail("give a date (2026-11-22), a time, today, yesterday, or 7d, 12h", param, ctx)
        return moment


def moment_of(text: str, *, now: datetime) -> datetime | None:
    """Return the moment in UTC that *text* means, or None."""
    text = text.strip().lower()
    midnight = datetime.combine(now.date(), time(), UTC)
    if text in {"today", "yesterday"}:
        return midnight - timedelta(days=text == "yesterday")
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter before the year 1
        return None


SINCE = click.option(
    "--since",
    type=MomentType(),
    help="Seen at that time (UTC) or later: 2026-11-22, today, yesterday, 7d, 12h.",
)
