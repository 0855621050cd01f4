"""What tending needs from outside. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from leads.letters import LetterState, StoredLetter
    from leads.model import LeadPlace, Person
    from leads.rejections import DeadLetter
    from leads.store import Fence
    from leads.tending.status import OfferStatus, Status
    from leads.upkeep.ports import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message as peeked or taken."""

    body: bytes = field(repr=False)  # holds personal data; decoded, or as it is if no base64
    encoded: bool  # False: it was not base64
    inserted_at: datetime  # UTC
    expires_at: datetime  # UTC; in the year 9999: never
    dequeue_count: int
    receipt: tuple[str, str] = ("", "")  # message id and pop receipt; empty where only peeked


class MessageQueue(Protocol):
    """A storage queue; one that is missing is empty, and created by sending."""

    @property
    def name(self) -> str:
        """Its name."""

    def depth(self) -> int:
        """Return about how many messages it holds, those that are being processed among them."""

    def peek(self, limit: int = 32) -> list[QueuedMessage]:
        """Return the first messages that are not being processed, and leave them alone."""

    def take(self, limit: int, *, invisible: timedelta) -> list[QueuedMessage]:
        """Return the first messages, which nobody else sees for so long."""

    def send(self, body: bytes) -> None:
        """Put a message that never expires."""

    def remove(self, message: QueuedMessage) -> None:
        """Remove a message that was taken."""

    def release(self, message: QueuedMessage) -> None:
        """Let everybody see a message again that was taken."""


class MessageQueues(Protocol):
    """The queues of the storage account."""

    def open(self, name: str) -> MessageQueue:
        """Return the queue of this name."""


class LetterStore(Protocol):
    """The table LeadDeadLetters."""

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:
        """Keep *letter*; the same one failing again raises a count."""

    def find(
        self,
        *,
        state: LetterState | None = None,
        stage: str = "",
        due: datetime | None = None,
        settled_before: datetime | None = None,
    ) -> Iterator[StoredLetter]:
        """Yield the letters to which all that is asked for applies, without what was sent."""

    def read(self, stage: str, key: str, redrives: int) -> StoredLetter | None:
        """Return one letter with all that was sent, or None."""

    def change(self, letter: StoredLetter) -> None:
        """Keep what changed in *letter* since it was read.

        Raises:
            CommitConflict: somebody else changed it.
        """

    def remove(self, letter: StoredLetter) -> None:
        """Remove *letter*, as it was read or, where it was only listed, as it is; or it is gone.

        Raises:
            CommitConflict: it was read, and somebody changed it since.
        """


class PersonStore(Protocol):
    """The table LeadPrivacy."""

    def changed_since(self, moment: datetime) -> Sequence[tuple[str, Person]]:
        """Return lead keys and wishes that were told since *moment*, the newest first."""

    def read(self, lead_key: str) -> Person:
        """Return the person's wishes; an empty Person where there is no row."""

    def write(self, lead_key: str, person: Person) -> None:
        """Keep the person's wishes."""

    def update(self, lead_key: str, change: Callable[[Person], Person]) -> tuple[Person, Person]:
        """Keep what *change* makes of the person's wishes; return them as they were, and as kept.

        Raises:
            CommitConflict: somebody else told wishes at this moment, or nobody can tell.
        """


class Census(Protocol):
    """Passes over the table Leads that need only a few columns."""

    def count(
        self, partition: str, *, as_of: datetime, bounds: Bounds | None = None
    ) -> tuple[OfferStatus, Sequence[Fenced]]:
        """Return what stands in an offer, and the lead rows that tell of no lead."""

    def silent(self, partition: str, *, before: datetime) -> Iterator[tuple[LeadPlace, str]]:
        """Yield the leads last seen before *before*, each with the RowKey that lists it."""


class StatusStore(Protocol):
    """The table LeadStatus."""

    def write(self, status: Status) -> None:
        """Keep the state of the pipeline."""

    def write_offer(self, offer: OfferStatus) -> None:
        """Keep the counts of an offer."""

    def remove_offer(self, partition: str) -> None:
        """Forget the counts of an offer that has no rows any more."""

    def offers(self) -> Mapping[str, OfferStatus]:
        """Return the counts of all offers, as they were last written; without statistics."""


type Fenced = tuple[LeadPlace, Fence]


@dataclass(frozen=True, slots=True, kw_only=True)
class TendPorts:
    """What tending works with."""

    tools: Tools
    queues: MessageQueues
    letters: LetterStore
    persons: PersonStore
    census: Census
    status: StatusStore
    aliases: Mapping[str, str]
    retention: timedelta | None  # None: leads are kept for ever
    faults: Sequence[str] = ()  # of the settings; what leans on them is not done


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """When a run happens, and when it must end."""

    now: datetime
    clock: Callable[[], float]  # seconds, never going back
    ends_at: float  # on that clock

    @property
    def reached(self) -> bool:
        """Tell whether no further piece of work may begin."""
        return self.clock() >= self.ends_at

    def share(self, parts: int) -> Bounds:
        """Return the bounds of one of so many parts of the time that is left.

        No step may take it all: the others would never have their turn while the first has work.
        """
        now = self.clock()
        return replace(self, ends_at=now + (self.ends_at - now) / parts)
