"""What the program is called: `python -m leads` in a checkout, `leads` where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = "python -m leads"
"""The name in the examples, as they are written."""


def name_examples(ctx: click.Context) -> None:
    """Name the program in the examples of all commands as the person did who called it."""
    called = ctx.info_name or MODULE
    for command in _below(ctx.command):
        command.help = (command.help or "").replace(MODULE, called)


def _below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from _below(one)
