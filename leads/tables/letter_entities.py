"""What a row of LeadDeadLetters holds: the mapping of letters to entities and back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.letters import LetterState, StoredLetter, lead_keys, next_redrive, received_at
from leads.rejections import DeadLetter
from leads.tables.columns import moment, moment_in, text
from leads.tables.keys import milliseconds
from leads.tables.limits import Entity, fitted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

KEPT_FAILURES = 100
"""How many times of failure a row remembers to tell a new one from a redelivery (1.4 KB)."""

COLUMNS_OF_A_LIST = (
    "PartitionKey", "RowKey", "Class", "Cause", "Attempts", "Count", "State", "FailedAt",
    "BuriedAt", "ReceivedAt", "NextAt", "RedrivenAt", "TimesRedriven", "SettledAt", "LeadKeys",
    "Poisoned",
)  # fmt: skip
"""All but what was sent."""


def row_key(key: str, redrives: int) -> str:
    """Return the RowKey of a letter: one for each of its redrives."""
    return f"{key}|{redrives}"


def letter_to_entity(letter: DeadLetter, *, now: datetime) -> Entity:
    """Return the row of a letter that is buried for the first time."""
    return fitted(
        {
            "PartitionKey": letter.stage,
            "RowKey": row_key(letter.key, letter.redrives),
            **_verdict(letter),
            "NextAt": next_redrive(letter),
            "Body": letter.body,
            "FailedAt": letter.failed_at,
            "Failures": _instant(letter),
            "ReceivedAt": received_at(letter),
            "LeadKeys": _joined(lead_keys(letter)),
            "BuriedAt": now,
            "Count": 1,
            "State": LetterState.PARKED.value,
        }
    )


def letter_from_entity(row: Entity, *, etag: str = "") -> StoredLetter:
    """Return the letter in *row*; columns that were not asked for are empty."""
    key, _, redrives = row["RowKey"].rpartition("|")
    letter = DeadLetter(
        stage=row["PartitionKey"],
        final=row["Class"] == "final",
        cause=text(row, "Cause"),
        attempts=row["Attempts"],
        key=key,
        redrives=int(redrives),
        failed_at=moment(row["FailedAt"]),
        body=row.get("Body", b""),
        poisoned=bool(row.get("Poisoned")),
    )
    return StoredLetter(
        letter=letter,
        state=_state(row["State"]),
        count=row["Count"],
        buried_at=moment(row["BuriedAt"]),
        received_at=moment(row.get("ReceivedAt", row["FailedAt"])),
        etag=etag,
        next_at=moment_in(row, "NextAt"),
        redriven_at=moment_in(row, "RedrivenAt"),
        times_redriven=row.get("TimesRedriven", 0),
        settled_at=moment_in(row, "SettledAt"),
        lead_keys=frozenset(filter(None, text(row, "LeadKeys").split(","))),
        envelope=row.get("Envelope", b""),
    )


def changed(row: Entity, letter: StoredLetter) -> Entity:
    """Return *row* with what may change in a letter that is kept."""
    changes = {
        "State": letter.state.value,
        "NextAt": letter.next_at,
        "RedrivenAt": letter.redriven_at,
        "TimesRedriven": letter.times_redriven,
        "SettledAt": letter.settled_at,
        "LeadKeys": _joined(letter.lead_keys),
        "Envelope": letter.envelope or None,
    }
    return fitted(row | changes)


def counted(row: Entity, letter: DeadLetter) -> Entity | None:
    """Return *row* with one failure more, or None where this one is counted already.

    The same time of failure is the same message, delivered twice. Where so many are known that
    the oldest were forgotten, one older than all is taken for a forgotten one: never count twice.
    """
    known, this = str(row.get("Failures", "")).split(","), _instant(letter)
    if this in known or (len(known) == KEPT_FAILURES and this < known[0]):
        return None
    kept = sorted([*known, this])[-KEPT_FAILURES:]
    latest = moment(row["FailedAt"])
    count = row["Count"] + 1
    changes: Entity = {
        "Count": count,
        "FailedAt": max(latest, letter.failed_at),
        "Failures": ",".join(kept).strip(","),
        "State": LetterState.PARKED.value,  # what failed anew was not settled by what was done
        "SettledAt": None,
    }
    # One retryable failure shows that a redrive may help; of several the latest tells most.
    if not letter.final and (row["Class"] == "final" or letter.failed_at > latest):
        changes |= _verdict(letter)
    again = letter_from_entity(row | changes)
    changes["NextAt"] = next_redrive(again.letter, times=max(count - 1, again.times_redriven))
    return fitted(row | changes)


def _verdict(letter: DeadLetter) -> Entity:
    return {
        "Class": "final" if letter.final else "retryable",
        "Cause": letter.cause,
        "Attempts": letter.attempts,
        "Poisoned": True if letter.poisoned else None,
    }


def _instant(letter: DeadLetter) -> str:
    return f"{milliseconds(letter.failed_at):013d}"


def _state(text: object) -> LetterState:
    """Return the state that *text* names; what a hand mistyped waits for a person."""
    known = {state.value: state for state in LetterState}
    return known.get(str(text), LetterState.PARKED)


def _joined(keys: Iterable[str]) -> str | None:
    return ",".join(sorted(keys)) or None
