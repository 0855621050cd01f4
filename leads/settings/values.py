"""What the text of each setting means; raises ValueError where it means nothing. Pure."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from leads.score import DEFAULT_POINTS, LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping

DNC_POLICIES = ("latest", "sticky")
LONGEST_WINDOW = timedelta(days=365)
LONGEST_MARGIN = timedelta(days=1)
LONGEST_RETENTION = timedelta(days=36_500)
LONGEST_AGE = timedelta(days=7)
SHORTEST_RETENTION = timedelta(days=30)
"""A lead must outlive what may still come back of it: letters are redriven for so long."""


def aliases(text: str) -> Mapping[str, str]:
    """Return offer ids by offer title, from a JSON object."""
    try:
        aliases = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    known = isinstance(aliases, dict) and all(isinstance(v, str) for v in aliases.values())
    if not known:
        raise ValueError("is not a JSON object of offer titles and offer ids")
    return MappingProxyType(aliases)


def points(text: str) -> Mapping[str, int]:
    """Return all points of the score, those that *text* replaces among them."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(given, dict):
        raise ValueError("is not a JSON object of rules and points")  # noqa: TRY004 - as all faults
    if unknown := sorted(given.keys() - DEFAULT_POINTS.keys()):
        raise ValueError(f"knows no rule {unknown[0]!r}")
    for name, points in given.items():
        least, most = LIMITS.get(name, LIMITS[""])
        if type(points) is not int or not least <= points <= most:
            raise ValueError(f"{name} is no whole number from {least} to {most}")
    return MappingProxyType({**DEFAULT_POINTS, **given})


def countries(text: str) -> frozenset[str]:
    """Return ISO 3166-1 alpha-2 codes, from a comma list."""
    codes = [code.strip().upper() for code in text.split(",") if code.strip()]
    for code in codes:
        if not re.fullmatch("[A-Z]{2}", code):
            raise ValueError("is not a comma list of ISO 3166-1 alpha-2 codes")
        if code == "UK":
            raise ValueError("names UK, whose code is GB")
    return frozenset(codes)


def window(text: str) -> timedelta:
    """Return a span given in hours."""
    return _span(text, unit=timedelta(hours=1), longest=LONGEST_WINDOW)


def margin(text: str) -> timedelta:
    """Return a span given in seconds."""
    return _span(text, unit=timedelta(seconds=1), longest=LONGEST_MARGIN)


def retention(text: str, *, window: timedelta) -> timedelta | None:
    """Return a span given in days, None for 0; it must outlive what may still come back."""
    span = _span(text, unit=timedelta(days=1), longest=LONGEST_RETENTION)
    if not span:
        return None
    shortest = max(SHORTEST_RETENTION, window)
    if span < shortest:
        raise ValueError(f"is neither 0 nor at least {shortest / timedelta(days=1):g}")
    return span


def max_age(text: str) -> timedelta:
    """Return a span given in minutes."""
    return _span(text, unit=timedelta(minutes=1), longest=LONGEST_AGE)


def _span(text: str, *, unit: timedelta, longest: timedelta) -> timedelta:
    try:
        amount = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if not 0 <= amount <= longest / unit:
        raise ValueError(f"is not between 0 and {longest / unit:g}")
    return amount * unit


def one_of(text: str, known: tuple[str, ...]) -> str:
    """Return *text*, which must be one of *known*."""
    if text not in known:
        raise ValueError(f"is none of {', '.join(known)}")
    return text
