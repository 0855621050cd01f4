"""What others typed, so that a page shows it and nothing else happens. Pure.

A `Said` is the only form in which such a text reaches a template: it stands isolated from its
neighbours, so that no override in a name turns round what follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT, LONG = 60, 2_000
"""Characters of a name, and of what a customer wrote."""

_LINES = 40
_LOOKED_AT = 8  # characters for each that is shown: nobody waits for the blanks of a hostile text
_MARKS = 4  # on one letter: more are no language
_JOINERS = "\u200c\u200d"  # Persian and Indian names are misspelt without, and so are many emoji
_EMPTY = "\u115f\u1160\u2800\u3164\uffa0"  # letters by category, and nobody sees them
_MARK = frozenset({"Mn", "Me"})
_NO_TEXT = frozenset({"Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Said:
    """A text that others typed, as it is shown; false where nobody would see anything."""

    text: str

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        return f"<bdi>{escape(self.text)}</bdi>" if self.text else ""


NOTHING = Said("")


def said(value: object, most: int = SHORT) -> Said:
    """Return what to show of *value* in one line of at most *most* characters."""
    return Said(cut(_line(_text(value)[: most * _LOOKED_AT]), most))


def said_lines(value: object, most: int = LONG) -> Said:
    """Return what to show of *value*, with its lines."""
    lines = map(_line, _text(value)[: most * _LOOKED_AT].splitlines())
    return Said(cut("\n".join(islice((line for line in lines if line), _LINES)), most))


def cut(text: str, most: int) -> str:
    """Return *text* in at most *most* characters; an ellipsis tells that something is missing."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip(f' {_JOINERS}')}…"


def _text(value: object) -> str:
    """Return *value* as a text: a hand may have given a column any type."""
    return "" if value is None or isinstance(value, bytes) else str(value)


def _line(text: str) -> str:
    clean = text if text.isascii() and text.isprintable() else "".join(_visible(text))
    return " ".join(clean.split()).strip(_JOINERS)


def _visible(text: str) -> Iterator[str]:
    """Yield *text* without what nobody sees, what turns it round, and floods of marks."""
    marks = _MARKS  # one without a letter before it would land on somebody else's
    for char in text:
        kind = category(char)
        marks = marks + 1 if kind in _MARK else 0
        if char.isspace() or char in _EMPTY:
            yield " "
        elif kind in _NO_TEXT:
            yield "\ufffd"
        elif char in _JOINERS or (marks <= _MARKS and kind not in {"Cc", "Cf"}):
            yield char
