"""Imitates what Newtonsoft.Json does to JSON text on its way through the real host. Pure.

Imitated, not executed: large doubles, comments and single quotes come out differently.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

type Json = dict[str, Json] | list[Json] | str | float | bool | None

# JsonTextReader takes strings of 19 to 40 characters in this form for dates (DateTimeUtils.cs).
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)?")
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "\u0085\u2028\u2029"}


def looks_like_json(text: str) -> bool:
    """Say whether the host would parse this. Source: azure-functions-host Utility.IsJson."""
    ends = text.strip()[:1] + text.strip()[-1:]
    return ends in {"{}", "[]"}


def indented(value: Json, *, parse_dates: bool) -> str:
    """Write JSON as `JToken.ToString()` does: indented, dates normalised."""
    shown = _with_dates(value) if parse_dates else value
    return json.dumps(shown, indent=2, ensure_ascii=False).translate(_ESCAPED)


def plain(value: Json, *, parse_dates: bool) -> str:
    """Write one token as `ToString()` does: a string without quotes, an object indented."""
    if isinstance(value, dict | list):
        return indented(value, parse_dates=parse_dates)
    if isinstance(value, str):
        return (_invariant_date(value) if parse_dates else None) or value
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return "" if value is None else str(value)


def _with_dates(value: Json) -> Json:
    match value:
        case dict():
            return {key: _with_dates(item) for key, item in value.items()}
        case list():
            return [_with_dates(item) for item in value]
        case str():
            return _round_trip_date(value) or value
    return value


def _round_trip_date(text: str) -> str | None:
    if (date := _date(text)) is None:
        return None
    moment, ticks, suffix = date
    fraction = f".{ticks}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{suffix}"


def _invariant_date(text: str) -> str | None:
    return None if (date := _date(text)) is None else f"{date[0]:%m/%d/%Y %H:%M:%S}"


def _date(text: str) -> tuple[datetime, str, str] | None:
    """Take a date apart; an offset becomes local time, which is UTC on Azure."""
    if (match := _DATE.fullmatch(text)) is None:
        return None
    try:
        moment = datetime.fromisoformat(match[1] + (match[3] or "Z"))
    except ValueError:
        return None
    suffix = {None: "", "Z": "Z"}.get(match[3], "+00:00")
    return moment.astimezone(UTC), (match[2] or "")[:7], suffix
