"""What a check found: how bad it is, what is, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


class Severity(IntEnum):
    """How bad it is; the worst is the exit code of doctor."""

    OK = 0
    WARNING = 1  # somebody should look
    CRITICAL = 2  # leads are at risk

    @property
    def word(self) -> str:
        """Return how people and machines read it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found; it holds no personal data."""

    check: str
    severity: Severity
    what: str
    advice: str = ""  # one sentence with the command, where there is something to do


def fine(check: str, what: str) -> Finding:
    """Return that all is well."""
    return Finding(check=check, severity=Severity.OK, what=what)


def warning(check: str, what: str, advice: str) -> Finding:
    """Return that somebody should look."""
    return Finding(check=check, severity=Severity.WARNING, what=what, advice=advice)


def critical(check: str, what: str, advice: str) -> Finding:
    """Return that leads are at risk."""
    return Finding(check=check, severity=Severity.CRITICAL, what=what, advice=advice)


def worst(findings: list[Finding]) -> Severity:
    """Return how bad the worst of *findings* is."""
    return max((finding.severity for finding in findings), default=Severity.OK)


def span(duration: timedelta) -> str:
    """Return *duration* as a person says it: "40 seconds", "3 minutes", "2 days"."""
    seconds = abs(round(duration.total_seconds()))
    for size, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}s"
    return number(seconds, "second")


def ago(moment: datetime, now: datetime) -> str:
    """Return how long before *now* it was, and on which day."""
    return f"{span(now - moment)} ago ({moment:%Y-%m-%d})"


def number(amount: int, one: str) -> str:
    """Return such as "1 lead", "2 leads"."""
    return f"{amount} {one}" if amount == 1 else f"{amount} {one}s"
