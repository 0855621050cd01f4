"""How rows are printed: a table for people, JSON, JSON Lines, CSV or TSV for programs.

Rows are streamed: only `--query` and sorting need all of them at once. Names of options and formats
are those of the Azure CLI.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import wraps
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import plain, printable
from leads.cli.delimited import Shown, text_of, write_delimited, write_values
from leads.cli.terminal import Column, print_lines, reader_may_leave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import jmespath


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
        counted = Counted(rows)
        with reader_may_leave():
            if self.query is not None:
                self._print_chosen(list(counted))
            else:
                self._print_all(counted, columns, fields)
        return counted.number

    def _print_all(
        self, rows: Iterable[Shown], columns: Sequence[Column], fields: Sequence[str] | None
    ) -> None:
        match self.format:
            case "table":
                print_rows(rows, columns)
            case "json":
                _print_array(rows)
            case "jsonl":
                for row in rows:
                    click.echo(to_json(row))
            case _:
                write_delimited(rows, fields, tabs=self.format == TSV)

    def _print_chosen(self, rows: Sequence[Shown]) -> None:
        """Print what the query makes of *rows*, in whatever shape that is."""
        chosen = self._choose(rows)
        if self.format == JSON:
            click.echo(to_json(chosen, indent=2))
        else:
            self._print_each(chosen if isinstance(chosen, list) else [chosen])

    def _choose(self, rows: Sequence[Shown]) -> Any:  # noqa: ANN401 - whatever the query makes
        from jmespath.exceptions import JMESPathError

        assert self.query is not None  # noqa: S101 - for the reader of types
        try:
            return self.query.search(json.loads(to_json(rows)))
        except JMESPathError as error:  # its message quotes a row
            told = f"--query asks what these rows cannot answer ({type(error).__name__})"
            raise click.UsageError(told) from None

    def _print_each(self, chosen: Sequence[Any]) -> None:
        """Print what was chosen line by line: columns where it has any, else one value each."""
        if all(isinstance(one, list) for one in chosen):  # named as the Azure CLI does
            chosen = [{f"Column{n}": value for n, value in enumerate(one, 1)} for one in chosen]
        if all(isinstance(one, dict) for one in chosen):
            names = list(dict.fromkeys(name for one in chosen for name in one))
            Output(self.format).print(chosen, [Column(name, name) for name in names], names)
        elif self.format in {CSV, TSV}:
            write_values(chosen, tabs=self.format == TSV)
        else:
            for one in chosen:
                text = isinstance(one, str | None) and self.format == TABLE
                click.echo(printable(plain(one)) if text else to_json(one))


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
            self.fail(str(error), param, ctx)


def to_json(value: object, *, indent: int | None = None) -> str:
    """Return *value* as JSON, in ASCII, so that nothing in it can command the terminal."""
    return json.dumps(value, default=_json_value, indent=indent)


def print_rows(rows: Iterable[Shown], columns: Sequence[Column]) -> None:
    """Print *rows* below the titles of *columns*; the first ones decide how wide each is."""
    coming = iter(rows)
    head = [_cells(row, columns) for row in islice(coming, _MEASURED)]
    print_lines(chain(head, (_cells(row, columns) for row in coming)), columns, measured=head)


def _cells(row: Shown, columns: Sequence[Column]) -> list[str]:
    found = (column.read(row) if column.read else row.get(column.key) for column in columns)
    return [printable(text_of(value)) for value in found]


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


class Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Shown]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Shown]:
        for row in self._rows:
            self.number += 1
            yield row
