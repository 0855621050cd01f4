"""Days and ISO weeks in UTC, by which leads are counted. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

_WEEK = timedelta(weeks=1)


def midnight(now: datetime) -> datetime:
    """Return when the day of *now* began."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def first_week(now: datetime, weeks: int) -> datetime:
    """Return when the first of so many weeks began, of which the last is that of *now*."""
    today = midnight(now)
    return today - timedelta(days=today.weekday()) - (weeks - 1) * _WEEK


def weeks_between(since: datetime, now: datetime) -> list[str]:
    """Return all weeks from that of *since* to that of *now*, those without a lead among them."""
    monday, weeks = first_week(since, 1), []
    while monday <= now:
        weeks.append(week_of(monday))
        monday += _WEEK
    return weeks


def week_of(moment: datetime) -> str:
    """Return the ISO week in which *moment* lies, such as 2026-W47."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(week: str) -> date:
    """Return the day on which *week* begins.

    Raises:
        ValueError: there is no such week.
    """
    return date.fromisocalendar(int(week[:-4]), int(week[-2:]), 1)
