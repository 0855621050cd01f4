"""Bury: keep what could not be processed, with its cause. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from leads import rejections
from leads.errors import without_message
from leads.outcome import Outcome
from leads.pipeline.stage import Step

if TYPE_CHECKING:
    from datetime import datetime

    from leads.rejections import DeadLetter


class DeadLetterStore(Protocol):
    """The table LeadDeadLetters, as burying needs it."""

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:
        """Keep *letter*; the same one failing again raises a count."""


def bury(body: bytes, *, letters: DeadLetterStore, now: datetime) -> Step:
    """Keep the rejection that the message *body* holds.

    Raises:
        InvalidMessage: it has neither shape of a rejection; the poison queue keeps it.
        Retryable: try again later.

    Source: DESIGN 4.3 and 5.5.
    """
    try:
        letters.bury(rejections.decode_rejected(body), now=now)
    except Exception as error:  # noqa: BLE001 - its message may quote the payload
        raise without_message(error) from None
    return Step(outcome=Outcome.BURIED)
