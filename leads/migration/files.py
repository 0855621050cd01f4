"""Exports as they come: CSV, JSON Lines, or one JSON array, read piece by piece. Pure.

Whoever edits an export in a spreadsheet may bring other separators; one bad row must not hide the
others. Reasons never quote what a row holds.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST_ELEMENT = 1_048_576
"""Characters that one element of a JSON array may take: an entity holds 1 MiB."""

MOST_TOLD = 100
"""Rows that cannot be read of which each is told; all of them are counted."""

_SEPARATORS = ",;\t"
_BEFORE_ELEMENT = re.compile(r"[\s,]*")
_ARRAY = re.compile(
    r"""\s*(?:\[|\{(?:\s*"[^"]*"\s*:\s*"[^"]*"\s*,)*\s*"(?:items|value)"\s*:\s*\[)"""
)
"""An array, or one under `items` (`az storage entity query -o json`) or `value` (OData)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of an export: its first line, and the texts under their headers."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that cannot be read, and why; the reason holds nothing personal."""

    line: int
    reason: str


def read_records(pieces: Iterable[str]) -> Iterator[Record | Unreadable]:
    """Yield the rows of the export that *pieces* of text make up, in order, of whatever format."""
    coming = iter(pieces)
    head = ""
    for piece in coming:
        head += piece
        if head.strip():
            break
    if not head.lstrip().startswith(("[", "{")):
        return _from_csv(_lines(head, coming))
    if array := _ARRAY.match(head):
        return _elements(head[array.end() :], coming, line=1 + head.count("\n", 0, array.end()))
    return _from_json_lines(_lines(head, coming))


def record_of(found: Mapping[str, Any], line: int) -> Record:
    """Return *found* as a record: every value as text, none for what only describes another."""
    return Record(line, {name: _text(value) for name, value in found.items() if "@" not in name})


def _from_csv(lines: Iterator[str]) -> Iterator[Record | Unreadable]:
    first = next(lines, "")
    if first.lower().startswith("sep="):  # a spreadsheet's own line
        first = next(lines, "")
    reader = csv.reader(_again(first, lines), delimiter=max(_SEPARATORS, key=first.count))
    header = [name.strip() for name in next(reader, [])]
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Unreadable(line, "a quote is not closed, or a cell is too long")
            continue
        if len(cells) > len(header):
            yield Unreadable(line, f"it has {len(cells)} cells, but the header {len(header)}")
        elif any(cell.strip() for cell in cells):
            named = zip(header, cells, strict=False)  # the last cells may be left out
            yield record_of(dict(named), line)


def _from_json_lines(lines: Iterator[str]) -> Iterator[Record | Unreadable]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            yield Unreadable(number, "the line is not JSON")
        else:
            yield _element(found, number)


def _elements(text: str, coming: Iterator[str], *, line: int) -> Iterator[Record | Unreadable]:
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    while True:
        blank = _BEFORE_ELEMENT.match(text)
        begun = blank.end() if blank else 0
        line += text.count("\n", 0, begun)
        text = text[begun:]
        if text.startswith("]"):
            return
        try:
            found, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            more = next(coming, "") if len(text) < LONGEST_ELEMENT else ""
            if not more:
                yield Unreadable(line, "the JSON breaks off here: what follows cannot be read")
                return
            text += more
            continue
        yield _element(found, line)
        line += text.count("\n", 0, end)
        text = text[end:]


def _element(found: object, line: int) -> Record | Unreadable:
    if isinstance(found, dict):
        return record_of(found, line)
    return Unreadable(line, "it is no JSON object")


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    match value:
        case None:
            return ""
        case str():
            return value
        case {"value": inner}:  # how `az` shows a value with its type
            return _text(inner)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _lines(head: str, coming: Iterator[str]) -> Iterator[str]:
    """Yield lines with their ends: csv needs them where a cell has several."""
    rest = head
    for piece in coming:
        *whole, rest = (rest + piece).split("\n")
        yield from (f"{line}\n" for line in whole)
    *whole, rest = rest.split("\n")
    yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
