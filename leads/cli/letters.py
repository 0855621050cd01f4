"""Commands for dead letters: look at them, send them again, drop them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from leads.cli.formats import Output, output_options, print_rows
from leads.cli.output import NotFound, counted, minute, print_json, told_errors
from leads.cli.terminal import Column
from leads.errors import CommitConflict
from leads.letters import LetterState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leads.letters import StoredLetter

AT_ONCE = 8
"""Letters that are worked on at the same time."""

_COLUMNS = (
    Column("FAILED (UTC)", "failed_at", 16, fixed=True),
    Column("STATE", "state", 8),
    Column("CLASS", "class", 9),
    Column("N", "count", 5, right=True, fixed=True),
    Column("NEXT TRY", "next_at", 16, fixed=True),
    Column("LETTER", "id", 80, fixed=True),  # what the other commands take
    Column("CAUSE", "cause", 60),
)
_STATES = click.Choice([state.value for state in LetterState])

_which = click.argument("letters", nargs=-1)
_all = click.option("--all", "everything", is_flag=True, help="All parked letters.")
_stage = click.option("--stage", default="", help="With --all: only letters of this stage.")
_yes = click.option("--yes", is_flag=True, help="Do it; without this, --all only tells.")


@click.group()
def dead() -> None:
    """Dead letters: what could not be processed, with its cause.

    A letter is named stage/key/redrives, as `dead list` shows it.
    """


@dead.command("list")
@click.option("--state", type=_STATES, help="Only letters in this state.")
@click.option("--stage", default="", help="Only letters of this stage.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@output_options
def list_letters(state: str | None, stage: str, limit: int, output: Output) -> None:
    """List dead letters, newest first.

    Example: python -m leads dead list --state parked
    """
    with told_errors():
        found = _find(state=LetterState(state) if state else None, stage=stage)
    shown = [_shown(letter) for letter in found[:limit]]
    output.print(shown, _COLUMNS)
    click.echo(f"{len(shown)} of {counted(len(found), 'letter')}", err=True)


@dead.command()
@click.argument("letter")
def show(letter: str) -> None:
    """Show one letter with all that was sent, as JSON.

    Example: python -m leads dead show receive/0123abcd/0
    """
    with told_errors():
        found = _read(letter)
    print_json(_shown(found) | {"body": found.letter.body, "accepted_as": found.envelope})


@dead.command()
@_which
@_all
@_stage
@_yes
def redrive(letters: tuple[str, ...], stage: str, *, everything: bool, yes: bool) -> None:
    """Send letters again to the stage where they failed; a payload that was refused, to the door.

    It counts nothing twice: what is in the table already stays as it is.

    Example: python -m leads dead redrive --all --yes
    """
    from leads import wiring
    from leads.tending.redriving import redrive as send_again
    from leads.wiring import operating

    def send(letter: StoredLetter) -> str:
        return send_again(letter, operating.checked_ports(), now=wiring.now())

    with told_errors():
        _do(send, _chosen(letters, stage, everything=everything), tell_only=everything and not yes)


@dead.command()
@_which
@_all
@_stage
@_yes
def drop(letters: tuple[str, ...], stage: str, *, everything: bool, yes: bool) -> None:
    """Mark letters as no leads: nobody tries them again, and after 30 days they are removed.

    Until then `dead redrive` still takes them.

    Example: python -m leads dead drop receive/0123abcd/0
    """
    from leads import wiring

    def mark(listed: StoredLetter) -> str:
        letter = _read(listed.id)
        if letter.is_settled:
            return f"{letter.state} already"
        dropped = replace(letter, state=LetterState.DROPPED, settled_at=wiring.now(), next_at=None)
        try:
            wiring.dead_letters().change(dropped)
        except CommitConflict:
            return "changed meanwhile"
        return dropped.state

    with told_errors():
        _do(mark, _chosen(letters, stage, everything=everything), tell_only=everything and not yes)


def _do(
    act: Callable[[StoredLetter], str], letters: Sequence[StoredLetter], *, tell_only: bool
) -> None:
    if tell_only:
        print_rows([_shown(letter) for letter in letters], _COLUMNS)
        click.echo(f"{counted(len(letters), 'letter')}. Nothing was done: add --yes.", err=True)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each waits for storage most of its time
        outcomes = Counter(pool.map(act, letters))
    for outcome, number in sorted(outcomes.items()):
        click.echo(f"{number} {outcome}")
    if not outcomes:
        click.echo("nothing to do")


def _chosen(names: Sequence[str], stage: str, *, everything: bool) -> Sequence[StoredLetter]:
    if everything == bool(names):
        raise click.UsageError("name the letters, or say --all")
    if everything:
        return _find(state=LetterState.PARKED, stage=stage)
    return [_read(name) for name in names]


def _find(*, state: LetterState | None, stage: str) -> list[StoredLetter]:
    from leads import wiring

    found = wiring.dead_letters().find(state=state, stage=stage)
    return sorted(found, key=lambda letter: letter.letter.failed_at, reverse=True)


def _read(name: str) -> StoredLetter:
    from leads import wiring

    stage, _, rest = name.partition("/")
    key, _, redrives = rest.rpartition("/")
    found = None
    if key and redrives.isdecimal():
        found = wiring.dead_letters().read(stage, key, int(redrives))
    if found is None:
        raise NotFound(f"there is no letter {name}; `dead list` shows their names")
    return found


def _shown(letter: StoredLetter) -> dict[str, object]:
    one = letter.letter
    return {
        "id": letter.id,
        "state": letter.state.value,
        "class": "final" if one.final else "retryable",
        "count": letter.count,
        "attempts": one.attempts,
        "cause": one.cause,
        "received_at": letter.received_at.isoformat(),
        "failed_at": minute(one.failed_at),
        "buried_at": minute(letter.buried_at),
        "next_at": minute(letter.next_at),
        "redriven_at": minute(letter.redriven_at),
        "times_redriven": letter.times_redriven,
    }
