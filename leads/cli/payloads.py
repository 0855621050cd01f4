"""What `send` sends: test leads, examples, or a file; and who may get which."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from leads.cli.output import counted
from leads.sample_leads import ACTIONS, example_lead, marked_lead

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from leads.model import Identity, Submission

OFFER = "contoso.sample-saas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A body to post and what this program reads in it; None where it reads no lead."""

    body: bytes
    submission: Submission | None
    identity: Identity | None

    @property
    def counts(self) -> bool:
        """Tell whether it would count as a lead of a real customer."""
        return self.submission is not None and not self.submission.is_test


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options ask for."""

    actions: tuple[str, ...]
    every: bool
    offer: str | None
    email: str
    file: Path | None
    real: bool

    def checked(self) -> Wanted:
        """Return this; fail where options contradict each other."""
        if self.file and (self.actions or self.every or self.offer or self.email):
            raise click.UsageError(
                "--file is posted as it is: leave out --action, --all, --offer and --email"
            )
        return self

    def payloads(
        self, *, is_local: bool, new_word: Callable[[], str], aliases: Mapping[str, str]
    ) -> list[Payload]:
        """Return what is to be posted, to this machine or to another one.

        Another one gets nothing that counts as a lead, unless `--real` says so.
        """
        if self.file:
            payload = _payload(self.file.read_bytes(), aliases)
            if payload.counts and not (is_local or self.real):
                raise click.UsageError("the file holds no test lead: add --real if it is meant")
            return [payload]
        return [_payload(body, aliases) for body in self._composed(new_word, is_local=is_local)]

    def _composed(self, new_word: Callable[[], str], *, is_local: bool) -> list[bytes]:
        actions = ACTIONS if self.every else self.actions
        as_example = self.real or (is_local and actions)
        compose = example_lead if as_example else marked_lead
        offer = self.offer or OFFER
        return [
            json.dumps(compose(action, offer=offer, word=new_word(), email=self.email)).encode()
            for action in actions or ACTIONS[:1]
        ]


def _payload(body: bytes, aliases: Mapping[str, str]) -> Payload:
    from leads.errors import InvalidPayload
    from leads.identity import identify
    from leads.payload import parse
    from leads.strict_json import decode_text

    try:
        submission = parse(decode_text(body, "application/json"))
    except InvalidPayload:  # the door may say so
        return Payload(body=body, submission=None, identity=None)
    identity = identify(submission, aliases=aliases)
    return Payload(body=body, submission=submission, identity=identity)


def announced(payloads: Sequence[Payload]) -> str:
    """Return what *payloads*, which are all of one kind, will be taken for."""
    number = len(payloads)
    if payloads[0].counts:
        return f"{counted(number, 'lead')} that will count as real"
    if payloads[0].submission:
        return f"{counted(number, 'test lead')}, which `list` leaves out,"
    return f"{counted(number, 'payload')} that can be read as no lead"
