"""The terminal: tables that fit its width, and bars."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from leads.cli.cells import cut, padded, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_GAP = "  "
_UNLIMITED = 1_000_000
_LEAST = 6  # columns that a text needs to tell anything
_BLOCKS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; its cells are cut to *widest*, and more where the terminal is narrow."""

    title: str
    key: str
    widest: int = 60
    right: bool = False  # numbers
    fixed: bool = False  # worthless when cut
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
    widths = _fitted(_natural(measured, columns), columns, terminal_width())
    titles = _line([column.title for column in columns], widths, columns)
    click.echo(click.style(titles, bold=True))
    for line in lines:
        click.echo(_line(line, widths, columns))


def bar(value: float, most: float, room: int) -> str:
    """Return a bar as long as *value* is in proportion to *most*, in *room* columns at most."""
    eighths = round(8 * room * value / most) if most else 0
    whole, rest = divmod(eighths, 8)
    return (_BLOCKS[8] * whole + (_BLOCKS[rest] if rest else "")) or (_BLOCKS[1] if value else "")


def _natural(lines: Sequence[Sequence[str]], columns: Sequence[Column]) -> list[int]:
    return [
        max(width(column.title), *(min(width(line[n]), column.widest) for line in lines), 0)
        for n, column in enumerate(columns)
    ]


def _fitted(widths: list[int], columns: Sequence[Column], room: int) -> list[int]:
    """Return *widths* with the widest taken back, one by one, until all fit into *room*."""
    fitted = list(widths)
    while sum(fitted) + len(_GAP) * (len(fitted) - 1) > room:
        loose = [n for n, column in enumerate(columns) if not column.fixed and fitted[n] > _LEAST]
        if not loose:
            break
        fitted[max(loose, key=lambda n: fitted[n])] -= 1
    return fitted


def _line(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    placed = []
    for text, room, column in zip(cells, widths, columns, strict=True):
        short = cut(text, room)
        placed.append(" " * (room - width(short)) + short if column.right else padded(short, room))
    return _GAP.join(placed).rstrip()
