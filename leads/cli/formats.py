"""How rows are printed: a table for people, JSON, JSON Lines, CSV or TSV for programs.

Rows are streamed: only `--query` and sorting need all of them at once. Names of options and formats
are those of the Azure CLI.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from functools import wraps
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import formula_safe, plain, printable
from leads.cli.terminal import Column, print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import jmespath

type Shown = Mapping[str, object]

TABLE, JSON, JSON_LINES, CSV, TSV = FORMATS = ("table", "json", "jsonl", "csv", "tsv")
_MEASURED = 200
"""Rows that decide how wide the columns of a table are."""


@dataclass(frozen=True, slots=True)
class Output:
    """What `-o` and `--query` ask for."""

    format: str
    query: jmespath.parser.ParsedResult | None = None

    def print(
        self, rows: Iterable[Shown], columns: Sequence[Column], fields: Sequence[str] | None = None
    ) -> int:
        """Print *rows* one after the other and return how many there were.

        A table shows *columns*; CSV and TSV have *fields*, or what the first row has.
        """
        if self.query is not None:
            return self._print_chosen(list(rows))
        counted = _Counted(rows)
        match self.format:
            case "table":
                print_rows(counted, columns)
            case "json":
                _print_array(counted)
            case "jsonl":
                for row in counted:
                    click.echo(to_json(row))
            case _:
                write_delimited(counted, fields, tabs=self.format == TSV)
        return counted.number

    def _print_chosen(self, rows: Sequence[Shown]) -> int:
        """Print what the query makes of *rows*, in whatever shape that is."""
        assert self.query is not None  # noqa: S101 - for the reader of types
        chosen = self.query.search(json.loads(to_json(rows)))
        if self.format == JSON or not isinstance(chosen, list):
            click.echo(to_json(chosen, indent=2))
        elif all(isinstance(one, dict) for one in chosen):
            names = list(dict.fromkeys(name for one in chosen for name in one))
            without = Output(self.format)
            without.print(chosen, [Column(name, name) for name in names], names)
        else:
            for one in chosen:
                text = isinstance(one, str) and self.format != JSON_LINES
                click.echo(printable(one) if text else to_json(one))
        return len(chosen) if isinstance(chosen, list) else 1


def output_options[**P, R](command: Callable[P, R]) -> Callable[..., R]:
    """Give *command* the options `-o` and `--query`; it gets an `Output` as `output`."""

    @click.option(
        "-o",
        "--output",
        "output_format",
        type=click.Choice(FORMATS),
        default=TABLE,
        show_default=True,
        help="How to print it.",
    )
    @click.option("--query", metavar="JMESPATH", type=QueryType(), help="What to pick of it.")
    @wraps(command)
    def with_output(*args: Any, output_format: str, query: Any, **options: Any) -> R:  # noqa: ANN401 - click's
        return command(*args, output=Output(output_format, query), **options)  # type: ignore[arg-type]  # click passes by name

    return with_output


class QueryType(click.ParamType[Any]):
    """A JMESPath expression (https://jmespath.org), as `az --query` takes it."""

    name = "jmespath"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> jmespath.parser.ParsedResult:
        """Return the compiled expression; fail where it is none."""
        import jmespath

        try:
            return jmespath.compile(value)
        except jmespath.exceptions.JMESPathError as error:
            self.fail(f"it is no JMESPath expression: {error}", param, ctx)


def to_json(value: object, *, indent: int | None = None) -> str:
    """Return *value* as JSON, in ASCII, so that nothing in it can command the terminal."""
    return json.dumps(value, default=_json_value, indent=indent)


def print_rows(rows: Iterable[Shown], columns: Sequence[Column]) -> None:
    """Print *rows* below the titles of *columns*; the first ones decide how wide each is."""
    coming = iter(rows)
    head = [_cells(row, columns) for row in islice(coming, _MEASURED)]
    print_lines(chain(head, (_cells(row, columns) for row in coming)), columns, measured=head)


def write_delimited(
    rows: Iterable[Shown], fields: Sequence[str] | None, *, tabs: bool, raw: bool = False
) -> None:
    """Write *rows* to stdout as CSV or TSV with a header.

    Unless *raw*, no cell is taken for a formula by a spreadsheet, or obeyed by a terminal.
    """
    coming = iter(rows)
    first = next(coming, None)
    names = fields or list(first or ())
    # The csv module writes "\r\n" by itself, which a text stream would make worse on Windows.
    writer = csv.writer(sys.stdout, csv.excel_tab if tabs else csv.excel, lineterminator="\n")
    if names:
        writer.writerow(names)
    for row in chain([first] if first is not None else [], coming):
        writer.writerow([_delimited(row.get(name), tabs=tabs, raw=raw) for name in names])


def _delimited(value: object, *, tabs: bool, raw: bool) -> str:
    text = plain(value)
    if raw:
        return text
    lines = [printable(line) for line in text.split("\n")]
    return formula_safe((" " if tabs else "\n").join(lines))


def _cells(row: Shown, columns: Sequence[Column]) -> list[str]:
    found = (column.read(row) if column.read else row.get(column.key) for column in columns)
    return [printable(plain(value)) for value in found]


def _print_array(rows: Iterable[Shown]) -> None:
    """Print a JSON array element by element."""
    begun = False
    for row in rows:
        click.echo(",\n" if begun else "[\n", nl=False)
        click.echo("\n".join(f"  {line}" for line in to_json(row, indent=2).split("\n")), nl=False)
        begun = True
    click.echo("\n]" if begun else "[]")


def _json_value(value: object) -> object:
    """Return what JSON has no type for: times as ISO text, 64-bit numbers as they are."""
    number = getattr(value, "value", None)
    return number if isinstance(number, int) else plain(value)


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Shown]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Shown]:
        for row in self._rows:
            self.number += 1
            yield row
