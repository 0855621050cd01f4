"""When a past lead came, by what its row tells of it; formats vary. Pure.

A day without a time counts as noon in UTC: with a window of 24 hours the lead then meets the same
event that came over HTTPS on that day, in whatever time zone the day was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""Before it there was no marketplace: such a time means that none is known (0001-01-01)."""

SLACK = timedelta(days=2)
"""How far a creation time and the day of its partition may lie apart."""

_DAY_OF_PARTITION = re.compile(
    r"(\d{1,2})(?::2F|%2F|_2F|/|-)(\d{1,2})(?::2F|%2F|_2F|/|-)(\d{4})", re.IGNORECASE
)
_SLASHED = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"
    r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?)?"
    r"\s*([+-]\d{2}:?\d{2})?"
)
_ZONE = re.compile(r"\s*(?:UTC|GMT|Z)\s*\Z", re.IGNORECASE)
_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}\Z)")
_NOON = time(12)
_HALF_DAY = 12


class Clue(StrEnum):
    """What told the time of a row."""

    CREATED = "their creation time"
    CREATED_DAY = "their creation day (noon UTC)"
    PARTITION = "the day of their partition (noon UTC)"
    STORED = "their Timestamp"

    @property
    def is_guess(self) -> bool:
        """Tell whether the row itself does not say it."""
        return self in {Clue.PARTITION, Clue.STORED}


@dataclass(frozen=True, slots=True)
class Dated:
    """When a row came, and what told it."""

    moment: datetime  # UTC, whole milliseconds
    clue: Clue

    @property
    def is_day(self) -> bool:
        """Tell whether only the day is known."""
        return self.clue in {Clue.CREATED_DAY, Clue.PARTITION}


@dataclass(frozen=True, slots=True)
class Calendar:
    """How days are written, and up to when a lead can have come."""

    latest: datetime
    day_first: bool = False


def dated(fields: Mapping[str, str], calendar: Calendar) -> Dated | None:
    """Return when the row came: by its creation time, else its partition, else its Timestamp."""
    day = _day_of_partition(fields["partition"])
    found = sorted(
        _read(fields["created"], calendar), key=lambda one: bool(day) and _apart(one, day) > SLACK
    )
    tried = [
        *(Dated(moment, Clue.CREATED_DAY if is_day else Clue.CREATED) for moment, is_day in found),
        *([Dated(day, Clue.PARTITION)] if day else []),
        *(Dated(moment, Clue.STORED) for moment, _ in _read(fields["stored"], calendar)),
    ]
    return next((one for one in tried if EARLIEST <= one.moment <= calendar.latest), None)


def _apart(found: tuple[datetime, bool], day: datetime | None) -> timedelta:
    return abs(found[0] - day) if day else timedelta(0)


def _day_of_partition(text: str) -> datetime | None:
    """Return noon of the day in a PartitionKey such as ``9:2F28:2F2018`` (M/D/YYYY)."""
    day = _DAY_OF_PARTITION.fullmatch(text.strip())
    return _noon(int(day[3]), int(day[1]), int(day[2])) if day else None


def _read(text: str, calendar: Calendar) -> Iterator[tuple[datetime, bool]]:
    """Yield the moments that *text* may mean, the likeliest first, and whether it is a mere day."""
    text = _BEFORE_OFFSET.sub("", _ZONE.sub("", text.strip()))
    if slashed := _SLASHED.fullmatch(text):
        yield from _slashed(slashed, day_first=calendar.day_first)
        return
    try:
        moment = datetime.fromisoformat(text)
        is_day = len(text) <= len("2026-11-22")
        yield _in_utc(datetime.combine(moment, _NOON) if is_day else moment), is_day
    except (ValueError, OverflowError):
        return


def _slashed(found: re.Match[str], *, day_first: bool) -> Iterator[tuple[datetime, bool]]:
    one, two, year = int(found[1]), int(found[2]), int(found[3])
    is_day = found[4] is None
    hour, minute, second = _NOON.hour if is_day else int(found[4]), found[5] or 0, found[6] or 0
    if found[7]:
        hour = hour % _HALF_DAY + (_HALF_DAY if found[7] in "pP" else 0)
    zone = datetime.strptime(found[8], "%z").tzinfo if found[8] else UTC
    for day, month in ((one, two), (two, one)) if day_first else ((two, one), (one, two)):
        moment = _moment((year, month, day), (hour, int(minute), int(second)))
        if moment:
            yield _in_utc(moment.replace(tzinfo=zone)), is_day


def _noon(year: int, month: int, day: int) -> datetime | None:
    return _moment((year, month, day), (_NOON.hour, 0, 0))


def _moment(date: tuple[int, int, int], clock: tuple[int, int, int]) -> datetime | None:
    try:
        return datetime.combine(datetime(*date, tzinfo=UTC), time(*clock), UTC)
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
