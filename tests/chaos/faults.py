"""What can happen to one storage call."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = (408, 429, 500, 503)

ODD_RETRY_AFTER = ("0", "1", "-1", "nan", "soon", "Thu, 01 Jan 1970 00:00:00 GMT")
"""Values of Retry-After that end: the table SDK sleeps for as long as the header says."""

BRIEFLY, LONG = 0.05, 1.5  # seconds; the longer one is most of a message's invisibility


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection is closed in place of an answer."""

    applied: bool

    def __str__(self) -> str:
        return "answer lost" if self.applied else "request lost"


@dataclass(frozen=True, slots=True)
class Answered:
    """Something between answers *status*, whether or not the request was carried out."""

    status: int
    applied: bool
    retry_after: str | None = None

    def __str__(self) -> str:
        applied = "applied" if self.applied else "not applied"
        advice = f", Retry-After: {self.retry_after}" if self.retry_after else ""
        return f"{self.status} {applied}{advice}"


@dataclass(frozen=True, slots=True)
class CutOff:
    """The connection is closed in the middle of the answer."""

    def __str__(self) -> str:
        return "answer cut off"


@dataclass(frozen=True, slots=True)
class Halved:
    """Half of the answer's body looks like a whole one; a head without body is cut off."""

    def __str__(self) -> str:
        return "answer halved"


@dataclass(frozen=True, slots=True)
class Delayed:
    """The request waits before it is carried out."""

    seconds: float

    def __str__(self) -> str:
        return f"delayed by {self.seconds} s"


type Fault = Dropped | Answered | CutOff | Halved | Delayed

FAULTS: tuple[Fault, ...] = (
    *(Dropped(applied) for applied in (False, True)),
    *(Answered(status, applied) for status in STATUSES for applied in (False, True)),
    *(Answered(503, applied=True, retry_after=value) for value in ODD_RETRY_AFTER),
    Answered(429, applied=True, retry_after="0"),
    CutOff(),
    Halved(),
    *(Delayed(seconds) for seconds in (BRIEFLY, LONG)),
)
"""Every fault; each is as likely as any other where chance decides."""
