"""Rows as lines of cells: CSV for spreadsheets, TSV for the shell."""

from __future__ import annotations

import csv
import json
import sys
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from leads.cli.cells import formula_safe, plain, printable

if TYPE_CHECKING:
    import _csv
    from collections.abc import Iterable, Mapping, Sequence

type Shown = Mapping[str, object]


def text_of(value: object) -> str:
    """Return *value* as a table or a file shows it; what only JSON can hold, as JSON."""
    if isinstance(value, list | dict):
        return json.dumps(value, default=plain)
    return plain(value)


def write_delimited(
    rows: Iterable[Shown],
    fields: Sequence[str] | None,
    *,
    tabs: bool = False,
    raw: bool = False,
    to: TextIO | None = None,
) -> None:
    """Write *rows* as CSV or TSV with a header, to stdout where nothing else is named.

    Unless *raw*, no cell is taken for a formula by a spreadsheet, or obeyed by a terminal.
    """
    coming = iter(rows)
    first = next(coming, None) if fields is None else None
    names = fields if fields is not None else list(first or ())
    writer = _writer(to or sys.stdout, tabs=tabs)
    if names:
        writer.writerow(names)
    for row in chain([first] if first is not None else [], coming):
        writer.writerow([_delimited(row.get(name), tabs=tabs, raw=raw) for name in names])


def write_values(values: Iterable[object], *, tabs: bool) -> None:
    """Write *values* to stdout, one a line, as safe as rows are."""
    cells = (_delimited(value, tabs=tabs) for value in values)
    # For a line with one empty cell, csv writes two quotes.
    _writer(sys.stdout, tabs=tabs).writerows([cell] if cell else [] for cell in cells)


def _writer(to: TextIO, *, tabs: bool) -> _csv.Writer:
    # The csv module writes "\r\n" by itself, which a text stream would make worse on Windows.
    return csv.writer(to, csv.excel_tab if tabs else csv.excel, lineterminator="\n")


def _delimited(value: object, *, tabs: bool, raw: bool = False) -> str:
    text = text_of(value)
    if raw or not isinstance(value, str):  # only texts were typed by others
        return text
    lines = [printable(line) for line in text.replace("\r\n", "\n").split("\n")]
    return formula_safe((" " if tabs else "\n").join(lines))
