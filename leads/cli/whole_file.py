"""A file that is there whole, or not at all: what is broken off leaves nothing half."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Give the path of an empty file beside *path*, which takes its name when all is written.

    Only its owner can read it: it holds what people told in confidence.

    Raises:
        click.ClickException: there is a file and no *force*, or it cannot be written.
    """
    path = path.resolve()  # a link keeps leading there
    _check_free(path, force=force)
    with _told(path), _beside(path) as unfinished:
        yield unfinished
        _keep(unfinished)
        _check_free(path, force=force)
        unfinished.replace(path)


def _check_free(path: Path, *, force: bool) -> None:
    if path.exists() and not path.is_file():
        raise click.ClickException(f"{path} is no file; without FILE it goes to stdout")
    if path.exists() and not force:
        raise click.ClickException(f"{path} exists: name another file, or add --force")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None


def _keep(unfinished: Path) -> None:
    """Wait until the disk has it: a name that survives a power cut must not be of an empty file."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
