"""The terminal: tables that fit its width, and bars."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import cut, padded, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_GAP = "  "
_UNLIMITED = 1_000_000
_LEAST = 6  # columns that a text needs to tell anything
_BLOCKS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; its cells are cut to *widest*, on a narrow terminal to *least*.

    *spare*: where that does not do, it is left out, the highest number first; 0 stays.
    """

    title: str
    key: str
    widest: int = 60
    right: bool = False  # numbers
    fixed: bool = False  # worthless when cut
    least: int = 10
    spare: int = 0
    read: Callable[[Mapping[str, Any]], object] | None = None  # instead of what lies under the key


def terminal_width() -> int:
    """Return the columns of the terminal; what goes into a file or a pipe has no width."""
    return shutil.get_terminal_size((_UNLIMITED, 0)).columns


def print_lines(
    lines: Iterable[Sequence[str]], columns: Sequence[Column], *, measured: Sequence[Sequence[str]]
) -> None:
    """Print *lines* of cells below titles, as wide as those *measured* need and the screen has."""
    if not columns:
        return
    natural, room = _natural(measured, columns), terminal_width()
    kept = _kept(natural, columns, room)
    shown = [columns[n] for n in kept]
    widths = _fitted([natural[n] for n in kept], shown, room)
    titles = _line([column.title for column in shown], widths, shown)
    click.echo(click.style(titles, bold=True))
    for line in lines:
        click.echo(_line([line[n] for n in kept], widths, shown))


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Stop without a word where nobody reads on: `… | head`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def bar(value: float, most: float, room: int) -> str:
    """Return a bar as long as *value* is in proportion to *most*, in *room* columns at most."""
    eighths = round(8 * room * value / most) if most else 0
    whole, rest = divmod(eighths, 8)
    return (_BLOCKS[8] * whole + (_BLOCKS[rest] if rest else "")) or (_BLOCKS[1] if value else "")


def _natural(lines: Sequence[Sequence[str]], columns: Sequence[Column]) -> list[int]:
    return [
        max(width(column.title), *(_needed(line[n], column) for line in lines), 0)
        for n, column in enumerate(columns)
    ]


def _needed(cell: str, column: Column) -> int:
    return width(cell) if column.fixed else width(cut(cell, column.widest))


def _kept(natural: Sequence[int], columns: Sequence[Column], room: int) -> list[int]:
    """Return which columns there is room for, those to spare left out one by one."""
    needed = [
        wide if column.fixed else min(wide, column.least)
        for wide, column in zip(natural, columns, strict=True)
    ]
    kept = list(range(len(columns)))
    while _breadth([needed[n] for n in kept]) > room:
        spare = max(kept, key=lambda n: columns[n].spare)
        if not columns[spare].spare:
            break
        kept.remove(spare)
    return kept


def _fitted(widths: list[int], columns: Sequence[Column], room: int) -> list[int]:
    """Return *widths* with the widest taken back, one by one, until all fit into *room*."""
    fitted = list(widths)
    for floors in ([column.least for column in columns], [_LEAST for _ in columns]):
        while _breadth(fitted) > room:
            loose = [n for n, one in enumerate(columns) if not one.fixed and fitted[n] > floors[n]]
            if not loose:
                break
            fitted[max(loose, key=lambda n: fitted[n])] -= 1
    return fitted


def _breadth(widths: Sequence[int]) -> int:
    """Return how broad a table is; a column without title and cells takes no room."""
    return sum(widths) + len(_GAP) * (sum(wide > 0 for wide in widths) - 1)


def _line(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    placed = []
    for text, room, column in zip(cells, widths, columns, strict=True):
        short = text if column.fixed else cut(text, room)
        placed.append(" " * (room - width(short)) + short if column.right else padded(short, room))
    return _GAP.join(placed).rstrip()
