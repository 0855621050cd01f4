"""Dead letters as they are kept: their states, whom they speak of, when they are tried again. Pure.

A letter leaves for one of three reasons: its touch is in the table, a person dropped it, or the
person it speaks of was erased.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from leads.errors import InvalidMessage
from leads.identity import is_usable_email, lead_key
from leads.messages import parse_time, read_envelope
from leads.model import Contact
from leads.normal_form import normalised_email
from leads.rejections import DeadLetter, decode_rejected, key_of_delivery

if TYPE_CHECKING:
    from datetime import datetime

FIRST_REDRIVE = timedelta(minutes=5)
LONGEST_REDRIVE = timedelta(days=1)

REDRIVES = 38
"""How often a letter is redriven by itself: the pauses before sum to 30 days (DESIGN 5.5)."""

REDRIVES_OF_POISON = 3
"""How often what crashed the process may try to do it again (DESIGN 5.5)."""

KEYS_KEPT = 50
"""Of how many persons a letter is known to speak: a forged list must not outgrow the row."""

_BETWEEN_WORDS = re.compile(r"[\s\"<>(),;:\\\[\]{}|=&?/]+")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


class LetterState(StrEnum):
    """What is to be done about a letter."""

    PARKED = "parked"  # waits for the timer or a person
    REDRIVEN = "redriven"  # sent again; not yet seen in the table
    STORED = "stored"  # its touch is in the table
    DROPPED = "dropped"  # a person decided that it is no lead


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLetter:
    """A letter as read, with what changing it needs."""

    letter: DeadLetter
    state: LetterState
    count: int  # how often the same thing failed
    buried_at: datetime
    received_at: datetime
    etag: str
    next_at: datetime | None = None  # when the timer redrives it
    redriven_at: datetime | None = None
    times_redriven: int = 0
    settled_at: datetime | None = None  # when it was stored or dropped
    lead_keys: frozenset[str] = frozenset()
    envelope: bytes = b""  # as what a refused payload was accepted when it was redriven

    @property
    def id(self) -> str:
        """Return what a person names the letter by: stage, key and number of redrives."""
        return f"{self.letter.stage}/{self.letter.key}/{self.letter.redrives}"


def next_redrive(letter: DeadLetter, *, times: int = 0) -> datetime | None:
    """Return when *letter* is due for another try; None where a person must decide.

    The pauses grow with how often it was tried before; *times*: with the same number of redrives.

    Source: DESIGN 5.5.
    """
    before = max(letter.redrives, times)
    if letter.final or before >= (REDRIVES_OF_POISON if letter.poisoned else REDRIVES):
        return None
    return letter.failed_at + pause(before)


def pause(before: int) -> timedelta:
    """Return how long a letter waits that was redriven so often before."""
    growing: timedelta = FIRST_REDRIVE * 2 ** min(before, 10)
    return min(growing, LONGEST_REDRIVE)


def letter_of_poison(body: bytes, *, queue: str, stage: str, found_at: datetime) -> DeadLetter:
    """Return the letter for a message of a poison queue: its own, where it was one already.

    *found_at* is when the host put it there: the same however often it is found.

    Source: DESIGN 5.5.
    """
    try:
        return decode_rejected(body)
    except InvalidMessage:
        pass
    redrives, key = 0, sha256(body).hexdigest()
    try:
        delivery = read_envelope(body)["delivery"]
        redrives = int(delivery.get("redrives", 0))
        key = key_of_delivery(delivery.get("id"), body)
    except (InvalidMessage, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        pass  # no envelope: kept whole, under the hash of what it is
    return DeadLetter(
        stage=stage,
        final=False,
        cause=f"Poisoned: found in {queue}; it ended the process or could not be decoded",
        attempts=0,
        key=key,
        redrives=redrives,
        failed_at=found_at,
        body=body,
        poisoned=True,
    )


def received_at(letter: DeadLetter) -> datetime:
    """Return when what *letter* holds was received; a refused payload failed at that moment."""
    try:
        return parse_time(read_envelope(letter.body)["delivery"]["received_at"])
    except (InvalidMessage, KeyError, TypeError, ValueError):
        return letter.failed_at


def lead_keys(letter: DeadLetter) -> frozenset[str]:
    """Return the keys of the persons that *letter* speaks of.

    An accepted lead speaks of its own person alone: erasing another whom it mentions must not
    lose it. What was refused, or cannot be decoded, speaks of every e-mail address in it.
    """
    try:
        known = read_envelope(letter.body)["delivery"]["lead_key"]
    except (InvalidMessage, KeyError, TypeError):
        known = None
    if isinstance(known, str) and known:
        return frozenset({known})
    return frozenset(keys_of_addresses(letter.body.decode("utf-8", "replace"))[:KEYS_KEPT])


def keys_of_addresses(text: str) -> list[str]:
    """Return the lead keys of the e-mail addresses in *text*, in whatever form it was sent."""
    unescaped = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    words = [
        word.strip("'.")
        for form in (text, unescaped, unquote_plus(text))
        for word in _BETWEEN_WORDS.split(form)
        if "@" in word
    ]
    emails = dict.fromkeys(normalised_email(word) for word in words)
    return [
        lead_key(Contact(email=email), fingerprint="") for email in emails if is_usable_email(email)
    ]
