"""The error family: what went wrong, and whether trying again can help. Pure.

Retryable or final is a class, so that a queue stage needs no list of cases. Messages say what
happened and where; they never repeat what a customer sent (DESIGN 5.5).
"""

from __future__ import annotations


class LeadsError(Exception):
    """Anything this project raises on purpose; its message holds no personal data."""


class Retryable(LeadsError):
    """Raised when the same message may work later; the queue tries again."""


class Final(LeadsError):
    """Raised when the same message can never work; it is buried at once."""


class InvalidPayload(Final):
    """Raised when a payload cannot be read as a lead.

    *problem* is the stable slug of the problem type that the door answers with.
    """

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


class InvalidMessage(Final):
    """Raised when a queue message is not one of our envelopes."""


class MessageTooLarge(Final):
    """Raised when an envelope would not fit into a queue message."""


class UnknownVersion(Retryable):
    """Raised on an envelope version that only newer code knows: it may be deployed tomorrow."""


class CommitConflict(Retryable):
    """Raised when a row changed between reading and writing it, or nobody can tell: read again.

    *missing_at* is the operation of a transaction that failed because its row does not exist.
    """

    def __init__(self, detail: str, *, missing_at: int | None = None) -> None:
        super().__init__(detail)
        self.missing_at = missing_at


class LeadConflict(Retryable):
    """Raised when other writers kept changing a lead for all our attempts."""


class NewerFold(Retryable):
    """Raised when newer code wrote the lead row: older code never replaces it (DESIGN 4.2)."""


class LeadFenced(Retryable):
    """Raised when a lead is being erased or moved: its row must stand still (DESIGN 5.5)."""


class UnreadableTouch(Retryable):
    """Raised on a touch row that a hand changed beyond recognition: it must be mended by hand."""


class OfferMoved(Final):
    """Raised when a lead is to be moved to where it was moved away from, or to two places."""


class StorageUnavailable(Retryable):
    """Raised when storage did not answer, refused, or answered something unexpected."""


class EntityTooLarge(Final):
    """Raised when a row passes a limit of Azure Tables that cutting a field cannot mend."""


class UnexpectedError(Retryable):
    """Raised in place of an error that is not ours, whose message may repeat personal data."""


class TendingIncomplete(Retryable):
    """Raised when a run of tending could not do all; the next one begins anew."""


class CountBrokenOff(Retryable):
    """Raised when an offer has more leads than could be counted in the time that there was."""


class InvalidSettings(Retryable):
    """Raised when settings are faulty; messages wait, then become letters worth a redrive."""


def without_message(error: Exception) -> LeadsError:
    """Return *error* if it is one of ours, else one that tells only its type and where it arose.

    A message that is not ours may quote what a customer sent (DESIGN 5.5). The traceback stays.
    """
    if isinstance(error, LeadsError):
        return error
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code.co_qualname if trace else "?"
    place = f"{code}, line {trace.tb_lineno if trace else 0}"
    return UnexpectedError(f"{type(error).__name__} in {place}").with_traceback(error.__traceback__)
