"""Bytes to text to one JSON object, refusing what two readers could read differently. Pure.

Whoever reads the stored payload later (a flow, a script, another parser) must see the same lead
as this program did. So nothing ambiguous gets in, and numbers stay as they were written.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import NoReturn

from leads.errors import InvalidPayload

type Json = bool | str | list[Json] | dict[str, Json] | None
"""JSON as it is kept here; a number is the text that it was written as."""

MAX_DEPTH = 32
MAX_VALUES = 2_000
MAX_DIGITS = 100

_CHARSET = re.compile(r"""charset\s*=\s*["']?([a-z0-9_-]+)""", re.IGNORECASE)
_UTF_16 = frozenset({"utf-16", "utf-16le", "utf-16be", "utf-16-le", "utf-16-be"})
_ONE_BYTE = frozenset({"iso-8859-1", "latin1", "windows-1252", "cp1252"})


def decode_text(body: bytes, content_type: str) -> str:
    """Return the text of *body*: UTF-8, or the charset that *content_type* declares.

    UTF-16 needs its declaration; ISO-8859-1 and Windows-1252 too, and count only where the bytes
    are no UTF-8. A byte order mark is left out.

    Raises:
        InvalidPayload: ``undecodable-text``.

    Source: DESIGN 4.1.
    """
    for encoding in _encodings(body, content_type):
        try:
            return body.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise InvalidPayload(
        "undecodable-text", "The body is not UTF-8. Send UTF-8, or declare UTF-16 as its charset."
    )


def parse_object(text: str) -> dict[str, Json]:
    """Return the JSON object that *text* is.

    Raises:
        InvalidPayload: ``invalid-json``, ``not-an-object``, ``duplicate-key``,
            ``invalid-number``, ``too-deep`` or ``too-many-values``.

    Source: DESIGN 4.1.
    """
    document = _read(text)
    if not isinstance(document, dict):
        raise InvalidPayload("not-an-object", "The JSON is valid, but a lead is one JSON object.")
    _check_size(document)
    return document


def _encodings(body: bytes, content_type: str) -> list[str]:
    declared = _CHARSET.search(content_type)
    charset = declared.group(1).lower() if declared else ""
    # JSON has no raw NUL, and UTF-16 has one beside each brace: a wrong declaration shows.
    if charset in _UTF_16 and b"\0" in body:
        return [_utf_16(body)]
    return ["utf-8", charset] if charset in _ONE_BYTE else ["utf-8"]


def _utf_16(body: bytes) -> str:
    """Tell the byte order by what is there, as declarations of it are often wrong."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-16-be" if body.startswith(b"\0") else "utf-16-le"


def _read(text: str) -> Json:
    try:
        document: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        # Its msg is one of a few fixed phrases; its doc, the content, must not get out.
        detail = f"Line {error.lineno}, column {error.colno}: {error.msg.strip(' :')}."
        raise InvalidPayload("invalid-json", detail) from None
    except RecursionError:
        raise _too_deep() from None
    return document


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    document = dict(pairs)
    # Names of fields match without regard to case, so such a pair is the same name twice.
    if len({name.lower() for name in document}) < len(pairs):
        raise InvalidPayload(
            "duplicate-key", "An object holds the same key twice (upper and lower case are one)."
        )
    return document


def _number(written: str) -> str:
    if sum(map(str.isdigit, written)) > MAX_DIGITS:
        raise InvalidPayload("invalid-number", f"A number has more than {MAX_DIGITS} digits.")
    return written


def _refuse_constant(_name: str) -> NoReturn:
    raise InvalidPayload("invalid-number", "NaN and Infinity are not JSON.")


def _check_size(document: Json) -> None:
    """Walk level by level: a recursion here would be what it guards against."""
    containers = [document]
    depth = values = 0
    while containers:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        inside = [value for container in containers for value in _values(container)]
        values += len(inside)
        if values > MAX_VALUES:
            raise InvalidPayload(
                "too-many-values", f"The JSON holds more than {MAX_VALUES:,} values."
            )
        containers = [value for value in inside if isinstance(value, dict | list)]


def _values(container: Json) -> list[Json]:
    if isinstance(container, dict):
        return list(container.values())
    return container if isinstance(container, list) else []


def _too_deep() -> InvalidPayload:
    return InvalidPayload("too-deep", f"The JSON is nested more than {MAX_DEPTH} levels deep.")
