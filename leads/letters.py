"""Dead letters as they are kept: their states, whom they speak of, when they are tried again. Pure.

A letter leaves for one of three reasons: its touch is in the table, a person dropped it, or the
person it speaks of was erased.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from leads.errors import InvalidMessage
from leads.identity import is_usable_email, lead_key
from leads.messages import parse_time, read_envelope
from leads.model import Contact
from leads.normal_form import normalised_email
from leads.rejections import DeadLetter, decode_rejected, key_of_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.messages import Envelope

REFUSED = "receive"
"""The stage of what the door refused: it never became a message, whatever it looks like."""

FIRST_REDRIVE = timedelta(minutes=5)
LONGEST_REDRIVE = timedelta(days=1)

REDRIVES = 38
"""How often a letter is redriven by itself: the pauses before sum to 30 days (DESIGN 5.5)."""

REDRIVES_OF_POISON = 3
"""How often what crashed the process may try to do it again (DESIGN 5.5)."""

KEYS_KEPT = 50
"""Of how many persons a letter is known to speak: a forged list must not outgrow the row."""

_MOST_REDRIVES = 9_999  # what a RowKey takes and nobody reaches
_MOST_ATTEMPTS = 2**31 - 1
_YEARS = range(1970, 9999)  # those that a table takes, with a pause added

_BETWEEN_WORDS = re.compile(r"[\s\"<>(),;:\\\[\]]+")
_MAYBE_BETWEEN = re.compile(r"[{}|=&?/]+")  # an address may hold these, too
_AROUND_WORDS = "'.!*`\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2026"
_ESCAPE = re.compile(r"\\{1,4}(?:u([0-9a-fA-F]{4})|[bfnrt])")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")


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

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is to be done about it any more."""
        return self.state in {LetterState.STORED, LetterState.DROPPED}


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
        inner = decode_rejected(body)
    except InvalidMessage:
        inner = None
    if inner and _fits_a_row(inner):
        return inner
    delivery = _delivery(body)
    redrives = delivery.get("redrives")
    if type(redrives) is not int or not 0 <= redrives <= _MOST_REDRIVES:
        redrives = 0
    return DeadLetter(
        stage=stage,
        final=False,
        cause=f"Poisoned: found in {queue}; it ended the process or could not be decoded",
        attempts=0,
        key=key_of_delivery(delivery.get("id"), body),
        redrives=redrives,
        failed_at=found_at,
        body=body,
        poisoned=True,
    )


def received_at(letter: DeadLetter) -> datetime:
    """Return when what *letter* holds was received; a refused payload failed at that moment."""
    try:
        moment = parse_time(_stamped(letter)["received_at"])
    except (KeyError, TypeError, ValueError):
        return letter.failed_at
    return moment if moment.year in _YEARS else letter.failed_at


def lead_keys(letter: DeadLetter) -> frozenset[str]:
    """Return the keys of the persons that *letter* speaks of.

    An accepted lead speaks of its own person alone: erasing another whom it mentions must not
    lose it. What was refused, or cannot be decoded, speaks of every e-mail address in it.
    """
    known = _stamped(letter).get("lead_key")
    if isinstance(known, str) and known:
        return frozenset({known})
    text = letter.body.decode("utf-8", "replace")
    return frozenset(islice(_keys_of_addresses(text), KEYS_KEPT))


def keys_of_addresses(text: str) -> list[str]:
    """Return the lead keys of the e-mail addresses in *text*, in whatever form it was sent."""
    return list(_keys_of_addresses(text))


def _keys_of_addresses(text: str) -> Iterator[str]:
    known: set[str] = set()
    for word in dict.fromkeys(_words(text)):
        email = normalised_email(word)
        if email not in known and is_usable_email(email):
            known.add(email)
            yield lead_key(Contact(email=email), fingerprint="")


def _words(text: str) -> Iterator[str]:
    """Yield what may be an address: one too many harms less than one overlooked."""
    decoded = _percent_decoded(text)
    for form in (text, _unescaped(text), decoded, _unescaped(decoded)):
        for word in _BETWEEN_WORDS.split(form):
            if "@" in word:
                yield word.strip("'.")
                for part in _MAYBE_BETWEEN.split(word):
                    if "@" in part:
                        yield part.strip(_AROUND_WORDS)


def _unescaped(text: str) -> str:
    """Undo the escapes of JSON, also where one JSON stood in another."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)


def _percent_decoded(text: str) -> str:
    """Undo the encoding of forms."""

    def decoded(found: re.Match[str]) -> str:
        return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")

    return _PERCENT.sub(decoded, text.replace("+", " "))


def _stamped(letter: DeadLetter) -> Envelope:
    """Return what the door stamped on *letter*: nothing where it refused it."""
    return {} if letter.stage == REFUSED else _delivery(letter.body)


def _delivery(body: bytes) -> Envelope:
    """Return the delivery in *body*, whatever its version; empty where there is none."""
    try:
        delivery = read_envelope(body).get("delivery")
    except InvalidMessage:
        return {}
    return delivery if isinstance(delivery, dict) else {}


def _fits_a_row(letter: DeadLetter) -> bool:
    """Tell whether a table can keep *letter* as it is: a forged one must not be found for ever."""
    return (
        letter.failed_at.year in _YEARS
        and 0 <= letter.redrives <= _MOST_REDRIVES
        and 0 <= letter.attempts <= _MOST_ATTEMPTS
    )
