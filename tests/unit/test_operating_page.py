"""What the pages tell people to type and to look for exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from leads.cli import main
from leads.doctor.judging import judge
from leads.letters import REDRIVES, pause
from leads.tables.limits import Entity
from leads.tables.status import TableStatus, status_to_entity
from tests.unit.factories import START
from tests.unit.test_doctor import HEALTHY, STATUS, offer

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "operating.md").read_text(encoding="utf-8")
PAGES = PAGE + (DOCS / "leads.md").read_text(encoding="utf-8")
IN_BLOCKS = re.findall(r"^ *(?:\$ )?python -m leads (.+)$", PAGES, flags=re.MULTILINE)
IN_TEXT = re.findall(r"`python -m leads ([^`…]+?)`", PAGES)


class Kept:
    """A table that keeps what is written."""

    def __init__(self) -> None:
        self.row: Entity = {}

    def upsert(self, row: Entity) -> None:
        self.row = row


def commands(group: click.Group = main, name: str = "") -> set[str]:
    """Return the names of all commands, as a person types them."""
    found = set()
    for command in group.commands.values():
        full = f"{name} {command.name}".strip()
        found |= commands(command, full) if isinstance(command, click.Group) else {full}
    return found


@pytest.mark.parametrize("line", [*IN_BLOCKS, *IN_TEXT])
def test_a_command_on_a_page_can_be_typed_so(line: str) -> None:
    command: click.Command = main
    words = shlex.split(re.sub(r"<[^>]*>", "something", line))
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]

    assert command.make_context(command.name, words)  # fails on what it does not know


def test_every_command_has_an_example_on_a_page() -> None:
    missing = {name for name in commands() if not any(line.startswith(name) for line in IN_BLOCKS)}

    assert missing == set()


def test_every_column_of_the_status_is_on_the_page() -> None:
    table = Kept()
    TableStatus(table).write_offer(offer("o", real=START, test=START))  # type: ignore[arg-type]
    columns = {*status_to_entity(STATUS), *table.row, "OldestMessageAt", "OldestLetterAt"}

    missing = {name for name in columns - {"PartitionKey", "RowKey"} if f"`{name}`" not in PAGE}

    assert missing == set()


def test_the_checks_of_doctor_are_on_the_page() -> None:
    (shown,) = re.findall(r"leads doctor\n(.*?)```", PAGE, flags=re.DOTALL)

    assert [check for f in judge(HEALTHY) if (check := f.check) not in shown] == []


def test_the_pauses_on_the_page_are_those_of_the_code() -> None:
    minutes = [int(pause(n).total_seconds()) // 60 for n in range(REDRIVES)]
    told = ", ".join(str(one) for one in minutes if one < 1440)

    assert f"after {told} minutes, then once a day: {REDRIVES} times, " in PAGE.replace("\n", " ")
    assert sum(minutes) // 1440 == 30


def test_every_link_leads_somewhere() -> None:
    anchors = {re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in
               re.findall(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)}  # fmt: skip

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
