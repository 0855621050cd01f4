"""`python -m leads …`: the tool of the people who work with the leads, and of those who operate it.

One module for each family of commands. Azure is imported only by the command that needs it.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import click

from leads.cli import (
    completion,
    doctor,
    export,
    journeys,
    letters,
    lists,
    migration,
    persons,
    reconciling,
    send,
    stats,
    upkeep,
    watch,
)
from leads.cli.program import name_examples


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Leads from Microsoft's commercial marketplace.

    The storage is named by LeadsStorage, in the environment or in local.settings.json of this
    folder.
    """
    ctx = click.get_current_context()
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False
    elif os.environ.get("FORCE_COLOR"):  # https://force-color.org
        ctx.color = True
    name_examples(ctx)
    logging.getLogger("azure").addHandler(logging.NullHandler())  # we tell it in our own words
    _add_local_settings(Path("local.settings.json"))


def _add_local_settings(path: Path) -> None:
    """Take what `func start` would take from the same file; the environment wins."""
    if not path.exists():
        return
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig")).get("Values", {})
        for name, value in values.items():
            os.environ.setdefault(name, str(value))
    except (ValueError, AttributeError):
        raise click.ClickException(f"{path} is not a settings file: mend or remove it") from None


for command in (
    lists.offers,
    lists.list_leads,
    journeys.show,
    stats.stats,
    watch.watch,
    export.export,
    persons.person,
    persons.forget,
    persons.suppress,
    persons.unsuppress,
    letters.dead,
    upkeep.tend,
    upkeep.rebuild,
    upkeep.merge_offer,
    doctor.doctor,
    completion.completion,
    send.send,
    migration.import_leads,
    reconciling.reconcile,
):
    main.add_command(command)
