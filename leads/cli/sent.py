"""What became of the leads that were sent: a line for each, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from leads.cli.output import counted
from leads.cli.terminal import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leads.cli.following import Arrival
    from leads.cli.payloads import Payload
    from leads.cli.posting import Answer


def _in_ms(row: Mapping[str, Any]) -> str:
    return "" if row["accepted_ms"] is None else f"{row['accepted_ms']} ms"


def _in_s(row: Mapping[str, Any]) -> str:
    return "" if row["stored_s"] is None else f"{row['stored_s']:.1f} s"


COLUMNS = (
    Column("ACTION", "action", 14),
    Column("STATE", "state", fixed=True),
    Column("ACCEPTED", "accepted_ms", right=True, fixed=True, read=_in_ms),
    Column("STORED", "stored_s", right=True, fixed=True, read=_in_s),
    Column("OFFER", "offer", 40, spare=1),
    Column("LEAD", "lead_key", fixed=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A lead that was posted; *at* is of the clock of whoever follows it."""

    payload: Payload
    answer: Answer
    at: float
    arrival: Arrival | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether the door took it."""
        return bool(self.answer.delivery_id)

    def row(self, *, followed: bool) -> dict[str, object]:
        """Return the line that tells what became of it."""
        submission, identity = self.payload.submission, self.payload.identity
        return {
            "action": submission.action if submission else "",
            "state": self._state(followed=followed),
            "status": self.answer.status,
            "accepted_ms": round(1000 * self.answer.seconds) if self.accepted else None,
            "stored_s": round(self.arrival.seconds, 2) if self.arrival else None,
            "offer": identity.partition if identity else "",
            "lead_key": identity.lead_key if identity else "",
            "delivery_id": self.answer.delivery_id,
            "is_test": submission.is_test if submission else None,
        }

    def _state(self, *, followed: bool) -> str:
        if self.arrival:
            return self.arrival.state
        if self.accepted:
            return "late" if followed else "accepted"
        return "refused" if self.answer.status else "no answer"


def tell(sent: Sequence[Sent], *, expected: int, wait: float | None) -> None:
    """Say how many of *expected* leads went through; fail where it is not all of them.

    *wait*: seconds that were spent on following them; None: nobody did.
    """
    refused = next((one.answer.advice for one in sent if not one.accepted), "")
    through = [one for one in sent if (one.arrival if wait is not None else one.accepted)]
    done = "accepted" if wait is None else "in the table"
    if refused:
        raise click.ClickException(f"{len(through)} of {expected} {done}; {refused}")
    if len(through) < expected:
        raise click.ClickException(
            f"{len(through)} of {expected} {done} after {wait:g} s: `doctor` looks at the queues, "
            "`dead list` shows what failed, and LeadsStorage must be the storage of that app"
        )
    click.echo(f"{counted(len(through), 'lead')} {done}; {_next(through, wait)}", err=True)


def _next(through: Sequence[Sent], wait: float | None) -> str:
    """Return what a person may want to type then."""
    if wait is None:
        return "whether it came to the table nobody looked"
    option = "" if through[0].payload.counts else " --include-tests"
    identity = through[0].payload.identity
    key = identity.lead_key if identity else ""
    return f"see `list{option}`, or `show {key}`"
