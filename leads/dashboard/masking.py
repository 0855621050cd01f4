"""How much of a person is shown before somebody asks for it. Pure.

A first name and the first letter of the last one, the domain of an e-mail address, the country and
the last two digits of a telephone number. What does not look like what it should be shows nothing:
people type addresses into every field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category

from leads.dashboard.texts import Said, said

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = Said("…")

_GIVEN = 20  # letters of a first name
_DOMAIN = re.compile(r"(?=.{1,80}$)[^\W_](?:[\w-]*\.)+[\w-]{2,}")
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_ONE_DIGIT = ("1", "7")
_TWO_DIGITS = {
    20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82,
    84, 86, *range(90, 96), 98,
}  # fmt: skip
"""Calling codes of two digits (ITU E.164, Annex); all others have three."""

_WITHIN_NAMES = "-'.’\u200c\u200d"  # noqa: RUF001 - as Irish names are typed
_ADDRESS = re.compile(r"\S*[@＠]\S*")  # noqa: RUF001 - the wide one is typed in Japan
_DIGITS = re.compile(r"\+?\d(?:[\s().\-/]*\d){4,}")


def name(row: Mapping[str, object]) -> Said:
    """Return such as "Ada L."."""
    first, last = said(row.get("FirstName")).text, said(row.get("LastName")).text
    if not first and not last:
        return Said("")
    given = first.split(" ")[0] if first else ""
    shown = given if _is_name(given) and len(given) <= _GIVEN else ""
    initial = f"{last[0]}." if last and last[0].isalpha() else ""
    return Said(f"{shown or '…'} {initial}".strip())


def email(value: object) -> Said:
    """Return such as "a…@contoso.com"."""
    text = said(value, 400).text
    local, at, domain = text.rpartition("@")
    if not text:
        return Said("")
    if not (at and local and "@" not in local and _DOMAIN.fullmatch(domain)):
        return HIDDEN
    first = local[0] if local[0].isalnum() and len(local) > 1 else ""
    return Said(f"{first}…@{domain}")


def phone(e164: object, typed: object = "") -> Said:
    """Return such as "+44 … 46"; without a number that was understood, "…"."""
    number = said(e164).text
    if not _E164.fullmatch(number):
        return HIDDEN if number or said(typed) else Said("")
    digits = number[1:]
    length = 1 if digits.startswith(_ONE_DIGIT) else 2 if int(digits[:2]) in _TWO_DIGITS else 3
    return Said(f"+{digits[:length]} … {digits[-2:]}")


def words(value: object) -> Said:
    """Return a company or a title without what could be an address or a telephone number in it."""
    return Said(_DIGITS.sub("…", _ADDRESS.sub("…", said(value).text)))


def _is_name(text: str) -> bool:
    """Tell whether *text* is letters, and the marks on them that many scripts write."""
    kinds = {category(char)[0] for char in text if char not in _WITHIN_NAMES}
    return "L" in kinds and kinds <= {"L", "M"}
