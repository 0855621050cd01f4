"""How commands talk: data on stdout, words on stderr, an error in one line that says what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from leads.cli.formats import to_json
from leads.errors import (
    InvalidSettings,
    LeadsError,
    Retryable,
    StorageUnavailable,
    UnexpectedError,
    without_message,
)
from leads.names import CONNECTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class NotFound(click.ClickException):
    """What was asked for does not exist."""

    exit_code = 3  # as the Azure CLI has it


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn an error into one line that says what to do; the exit code is 1."""
    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:  # noqa: BLE001 - its message may quote a row
        known = without_message(error)
        raise click.ClickException(f"{known}. {_advice_on(known)}".rstrip()) from None


def print_json(value: object) -> None:
    """Print *value*; escaped to ASCII, so that nothing in it can command the terminal."""
    click.echo(to_json(value, indent=2))


def minute(moment: datetime | None) -> str:
    """Return *moment* as a list shows it."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def counted(number: int, one: str, several: str = "") -> str:
    """Return such as "1 lead", "2 leads"."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def _advice_on(error: LeadsError) -> str:
    if isinstance(error, InvalidSettings):
        if str(error) == f"{CONNECTION} is not set":
            return f"Beside `make run`: export {CONNECTION}=UseDevelopmentStorage=true."
        return "Mend the settings first; `doctor` tells more."
    if isinstance(error, StorageUnavailable):
        return _advice_on_storage(str(error))
    if isinstance(error, UnexpectedError):
        return "That is a fault of this tool, or a row that a hand changed beyond recognition."
    return "Run it again: what is done is done." if isinstance(error, Retryable) else ""


def _advice_on_storage(told: str) -> str:
    if " 403 " in f"{told} ":
        return (
            "You have no permission, or the account key is wrong: ask for the role Storage Table "
            "Data Reader (Contributor to change leads), or mend LeadsStorage."
        )
    if "ClientAuthentication" in told or "Credential" in told:
        return "Nobody is signed in: run `az login`, or name a connection string in LeadsStorage."
    return "Is LeadsStorage right, and is the storage there? `doctor` tells more."
