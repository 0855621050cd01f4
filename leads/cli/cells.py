"""One cell of a table or a file: what others typed must not command a terminal or a spreadsheet.

Pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from unicodedata import combining, east_asian_width

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""What makes a spreadsheet take a cell for a formula (OWASP ASVS 1.2.10)."""

_PHONE = re.compile(r"\+[0-9][0-9 ().-]{5,30}")
"""Begins with a plus, is no formula that does harm, and must stay what it is."""

_WIDE = frozenset("WF")


def printable(text: str) -> str:
    """Return *text* without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else "?" for char in text)


def formula_safe(text: str) -> str:
    """Return *text* so that no spreadsheet computes it: a quote stands before what it might."""
    if text.startswith(_FORMULA) and not _PHONE.fullmatch(text):
        return f"'{text}"
    return text


def plain(value: object) -> str:
    """Return *value* as a file or a table shows it: times in ISO 8601, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(getattr(value, "value", value))


def width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def cut(text: str, widest: int) -> str:
    """Return *text* in at most *widest* columns; an ellipsis tells that something is missing."""
    if width(text) <= widest:
        return text
    kept, used = "", 0
    for char in text:
        used += _width(char)
        if used > widest - 1:
            break
        kept += char
    return f"{kept}…"


def padded(text: str, to: int) -> str:
    """Return *text* with blanks behind it up to the column *to*."""
    return text + " " * (to - width(text))


def _width(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in _WIDE else 1
