"""One cell of a table or a file: what others typed must not command a terminal or a spreadsheet.

Pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from unicodedata import category, east_asian_width

_JOINERS = "\u200c\u200d"
"""Nobody sees them, but Persian and Indian names are misspelt without; no terminal obeys them."""

_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 - Excel in Japanese takes these
_FIRST = ("\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP: CSV injection; ASVS 1.2.10)."""

_BORDER = re.compile(r"([;\t\r\n])")
"""Where a new cell begins in a country whose spreadsheets part cells by ; and overlook quotes."""

_PHONE = re.compile(r"\+(?:[0-9 .()]{6,31}|(?=.*[0-9)] [0-9(])[0-9 .()-]{6,31})")
"""No spreadsheet computes it: there is no minus, or two numbers with a blank in between."""

_WIDE = frozenset("WF")
_UNSEEN = frozenset({"Mn", "Me", "Cf"})  # marks on the letter before, joiners
_VOWELS_OF_A_SYLLABLE = range(0x1160, 0x1200)  # Hangul: drawn into the consonant before
_MARKS = 4
"""Characters to a column of what is cut: more marks on a letter are no language."""


def printable(text: str) -> str:
    """Return *text* in one line, without anything that a terminal would obey."""
    return text if text.isprintable() else "".join(map(_harmless, text.replace("\r\n", "\n")))


def formula_safe(text: str) -> str:
    """Return *text* so that no spreadsheet computes it: a quote stands before what it might."""
    if not _BORDER.search(text):  # most texts: half of an export's time was spent on splitting
        return _guarded(text)
    guarded = "".join(_guarded(part) for part in _BORDER.split(text))
    return f"'{guarded}" if text.startswith(_FIRST) else guarded


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
    if len(text) <= _MARKS * widest and width(text) <= widest:
        return text
    kept, used = "", 0
    for char in islice(text, _MARKS * widest):
        used += _width(char)
        if used > widest - 1:
            break
        kept += char
    return f"{kept}…"


def padded(text: str, to: int) -> str:
    """Return *text* with blanks behind it up to the column *to*."""
    return text + " " * (to - width(text))


def _harmless(char: str) -> str:
    if char.isprintable() or char in _JOINERS or category(char) == "Zs":
        return char
    return " " if char.isspace() else "?"


def _guarded(part: str) -> str:
    bare = part.lstrip(' "\0')
    computed = bare.startswith(_SIGNS) and not _PHONE.fullmatch(bare.rstrip())
    return f"'{part}" if computed else part


def _width(char: str) -> int:
    if category(char) in _UNSEEN or ord(char) in _VOWELS_OF_A_SYLLABLE:
        return 0
    return 2 if east_asian_width(char) in _WIDE else 1
