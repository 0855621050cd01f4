"""A telephone number as typed to E.164, by phonenumberslite. Pure.

The library is imported on the first number: only the stage that enriches pays for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPREADSHEET = re.compile(r"\d+([.,]\d+)?\s*e\s*[+-]?\d+", re.IGNORECASE)
"""`4.6701E+10`: digits are lost for good, but as a vanity number (E is 3) it can look valid."""


def e164(phone: str, *, country_code: str) -> str:
    """Return *phone* in E.164, or ``""`` when it is not certainly one valid number.

    Without a *country_code* (alpha-2) only a number that starts with ``+`` or ``00`` is certain.
    An extension is dropped: E.164 has none.

    Source: DESIGN 4.3 (`PhoneE164`), 5.5; the number plans of libphonenumber.
    """
    written = phone.strip().lstrip("'")  # a spreadsheet's mark for "this is text"
    if not written or _SPREADSHEET.fullmatch(written):
        return ""
    readings = _readings(written, country_code=country_code)
    return next((number for number in map(_valid, readings) if number), "")


def _readings(written: str, *, country_code: str) -> Iterator[tuple[str, str | None]]:
    yield written, country_code or None
    if written.startswith("00"):
        # Europe's international prefix means nothing to a region that dials 011 or 010.
        yield f"+{written[2:]}", None


def _valid(reading: tuple[str, str | None]) -> str:
    import phonenumbers  # noqa: PLC0415 - on first use, see the module's docstring

    try:
        number = phonenumbers.parse(*reading)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
