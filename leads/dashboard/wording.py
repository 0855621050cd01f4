"""Numbers and times in the words of the pages. Pure. Times are UTC, which each page says once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from leads.messages import format_time, parse_time

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""When something was of which nobody knows when it was."""


@dataclass(frozen=True, slots=True)
class Time:
    """A moment as a page tells it, and as machines read it."""

    text: str
    iso: str

    def __html__(self) -> str:
        return f'<time datetime="{self.iso}">{self.text}</time>'


def number(value: int) -> str:
    """Return *value* with its thousands apart."""
    return f"{value:,}"


def counted(value: int, one: str, several: str = "") -> str:
    """Return such as "1 lead", "2,000 leads"."""
    return f"{number(value)} {one if value == 1 else several or one + 's'}"


def percent(part: float) -> str:
    """Return the share *part* as people say it; what is there is never nothing."""
    return "<1%" if 0 < part < 0.01 else f"{part:.0%}"  # noqa: PLR2004 - the least whole percent


def duration(span: timedelta) -> str:
    """Return how long *span* is, in the greatest unit that it fills."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if span >= unit:
            return counted(span // unit, name)
    return "less than a minute"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago *moment* was; clocks differ, so what lies ahead is now."""
    return f"{duration(now - moment)} ago" if now - moment >= _MINUTE else "just now"


def day(moment: datetime | date, now: datetime) -> str:
    """Return such as "13 November", with the year where it is another."""
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {_MONTHS[moment.month - 1]}{year}"


def short_day(moment: datetime | date, now: datetime) -> str:
    """Return such as "13 Nov", with the year where it is another."""
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]}{year}"


def clock(moment: datetime) -> Time:
    """Return such as "12:05"."""
    return Time(f"{moment:%H:%M}", format_time(moment))


def full(moment: datetime, now: datetime) -> Time:
    """Return such as "13 November, 12:05"."""
    return Time(f"{day(moment, now)}, {moment:%H:%M}", format_time(moment))


def short(moment: datetime, now: datetime) -> Time:
    """Return such as "13 Nov, 12:05"; "today, 12:05" on the same day."""
    same = moment.date() == now.date()
    return Time(
        f"{'today' if same else short_day(moment, now)}, {moment:%H:%M}", format_time(moment)
    )


def moment_in(value: object) -> datetime | None:
    """Return the time in a column, in UTC; None where there is none or a hand mistyped it."""
    try:
        if isinstance(value, str):
            return parse_time(value)
        return value.astimezone(UTC) if isinstance(value, datetime) else None
    except (ValueError, OverflowError):
        return None
