"""NCRONTAB, the timer trigger's schedule: six fields, seconds first. Pure.

Own code: the cron packages on PyPI follow cron, which joins the two day fields by *or*; here *and*.
Source: NCrontab's CrontabSchedule and CrontabField.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_ITEM = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")
_SEARCH = 366 * 8 + 1  # days: 29 February is at most eight years away


class InvalidSchedule(Exception):
    """A text that is not an NCRONTAB expression."""


@dataclass(frozen=True)
class Schedule:
    """When a timer is due."""

    seconds: list[int]
    minutes: list[int]
    hours: list[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next(self, after: datetime) -> datetime | None:
        """Return the first time after the given one, in UTC, or nothing if there is none."""
        after = after.astimezone(UTC)
        for offset in range(_SEARCH):
            day = after.date() + timedelta(days=offset)
            if not self._has(day):
                continue
            for hour, minute, second in product(self.hours, self.minutes, self.seconds):
                due = datetime.combine(day, time(hour, minute, second), UTC)
                if due > after:
                    return due
        return None

    def _has(self, day: date) -> bool:
        weekday = day.isoweekday() % 7
        return day.day in self.days and day.month in self.months and weekday in self.weekdays


def parse(text: str) -> Schedule:
    """Read `{second} {minute} {hour} {day} {month} {weekday}`; with five fields the second is 0."""
    fields = text.split()
    if len(fields) == len(_RANGES) - 1:
        fields.insert(0, "0")
    if len(fields) != len(_RANGES):
        raise InvalidSchedule(f"an NCRONTAB expression has six fields: {text}")
    names: list[dict[str, int]] = [{} for _ in _RANGES]
    names[4] = {name: number for number, name in enumerate(_MONTHS, 1)}
    names[5] = {name: number for number, name in enumerate(_DAYS)}
    try:
        sets = [_field(*one) for one in zip(fields, _RANGES, names, strict=True)]
    except ValueError as error:
        raise InvalidSchedule(f"{text}: {error}") from error
    return Schedule(*map(sorted, sets[:3]), *map(frozenset, sets[3:]))  # type: ignore[arg-type]  # three and three


def _field(text: str, limits: tuple[int, int], names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"cannot read '{item}'")
        first, last = limits
        if match[1] != "*":
            first = _number(match[1], names)
            last = _number(match[2], names) if match[2] else (limits[1] if match[3] else first)
        if not limits[0] <= first <= last <= limits[1] or match[3] == "0":
            raise ValueError(f"'{item}' is out of range")
        found.update(range(first, last + 1, int(match[3] or 1)))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    known = names.get(text.lower()[:3]) if text.isalpha() else None
    return int(text) if known is None else known
