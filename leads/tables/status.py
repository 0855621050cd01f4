"""The table LeadStatus: how the pipeline is, and what stands in each offer, as last counted.

One row tells of the pipeline, one of each offer, all flat, so that Power BI reads them as they are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from leads.messages import format_time, parse_time
from leads.model import ContactStatus, Stage
from leads.statistics import PERIODS, Statistics
from leads.tables.backlog import PIPELINE
from leads.tables.columns import moment, moment_in, text
from leads.tables.entities import NOT_READABLE
from leads.tables.limits import STRING_UNITS, fitted, units
from leads.tending.status import LetterStatus, OfferStatus, QueueStatus, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leads.tables.limits import Entity
    from leads.tables.table import ReadTable, Table

OFFER = "offer"

_STAGES = {stage.value: f"{stage.value.title()}Count" for stage in Stage}
_CONTACT = {
    ContactStatus.CONTACTABLE.value: "ContactableCount",
    ContactStatus.DO_NOT_CONTACT.value: "DoNotContactCount",
    ContactStatus.SUPPRESSED.value: "SuppressedCount",
}
_STATISTICS = {period: f"Statistics{period.capitalize()}" for period in PERIODS}
_COLUMNS = (
    "RowKey", "AsOf", *_STAGES.values(), *_CONTACT.values(), "TestCount", "LastRealLeadAt",
    "LastTestLeadAt",
)  # fmt: skip


class StatusReading:
    """The table LeadStatus for who only looks."""

    def __init__(self, table: ReadTable) -> None:
        self._rows = table

    def read(self) -> Status | None:
        """Return the state of the pipeline as it was last written, or None.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        row = self._rows.get(PIPELINE, PIPELINE)
        return status_from_entity(row.columns) if row else None

    def offers(self) -> dict[str, OfferStatus]:
        """Return the counts of all offers, as they were last written, without statistics.

        A row that somebody edited beyond recognition is left out: tending counts it anew.
        """
        return self._offers(_COLUMNS)

    def offers_with_statistics(self) -> dict[str, OfferStatus]:
        """Return the same with the statistics of each period: long texts, for who shows them."""
        return self._offers((*_COLUMNS, *_STATISTICS.values()))

    def _offers(self, columns: Sequence[str]) -> dict[str, OfferStatus]:
        rows = self._rows.query("PartitionKey eq @kind", {"kind": OFFER}, select=columns)
        found = {row["RowKey"]: _offer_from_entity(row) for row in rows}
        return {name: offer for name, offer in found.items() if offer}


class TableStatus(StatusReading):
    """The StatusStore of tending/ports.py on Azure Tables."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._table = table

    def write(self, status: Status) -> None:
        """Keep the state of the pipeline."""
        self._table.upsert(status_to_entity(status))

    def write_offer(self, offer: OfferStatus) -> None:
        """Keep the counts of an offer."""
        self._table.upsert(_offer_to_entity(offer))

    def remove_offer(self, partition: str) -> None:
        """Forget the counts of an offer that has no rows any more."""
        self._table.remove(OFFER, partition)


def status_to_entity(status: Status) -> Entity:
    """Return the row of the pipeline's state."""
    return fitted(
        {
            "PartitionKey": PIPELINE,
            "RowKey": PIPELINE,
            "AsOf": status.as_of,
            "OldestMessageAt": status.oldest_at,
            "Queues": json.dumps([_queue_fields(queue) for queue in status.queues]),
            "ParkedLetters": status.letters.parked,
            "RedrivenLetters": status.letters.redriven,
            "LettersForAPerson": status.letters.waiting_for_a_person,
            "OldestLetterAt": status.letters.oldest_at,
            "LeadCount": status.leads,
            "TestCount": status.tests,
            "LastRealLeadAt": status.last_real_at,
            "LastTestLeadAt": status.last_test_at,
            "Failures": json.dumps(list(status.failures)),
        }
    )


def status_from_entity(row: Entity) -> Status:
    """Return the state that `status_to_entity` stored."""
    return Status(
        as_of=moment(row["AsOf"]),
        queues=[_queue_from(fields) for fields in json.loads(text(row, "Queues") or "[]")],
        letters=LetterStatus(
            parked=row["ParkedLetters"],
            redriven=row["RedrivenLetters"],
            waiting_for_a_person=row["LettersForAPerson"],
            oldest_at=moment_in(row, "OldestLetterAt"),
        ),
        leads=row["LeadCount"],
        tests=row["TestCount"],
        last_real_at=moment_in(row, "LastRealLeadAt"),
        last_test_at=moment_in(row, "LastTestLeadAt"),
        failures=json.loads(text(row, "Failures") or "[]"),
    )


def _offer_to_entity(offer: OfferStatus) -> Entity:
    return fitted(
        {
            "PartitionKey": OFFER,
            "RowKey": offer.partition,
            "AsOf": offer.as_of,
            **{column: offer.stages.get(stage, 0) for stage, column in _STAGES.items()},
            **{column: offer.contact.get(status, 0) for status, column in _CONTACT.items()},
            "TestCount": offer.tests,
            "LastRealLeadAt": offer.last_real_at,
            "LastTestLeadAt": offer.last_test_at,
            **{_STATISTICS[period]: _stored(found) for period, found in offer.statistics.items()},
        }
    )


def _offer_from_entity(row: Entity) -> OfferStatus | None:
    try:
        return OfferStatus(
            partition=row["RowKey"],
            as_of=moment(row["AsOf"]),
            stages={stage: _number(row, column) for stage, column in _STAGES.items()},
            contact={status: _number(row, column) for status, column in _CONTACT.items()},
            tests=_number(row, "TestCount"),
            last_real_at=moment_in(row, "LastRealLeadAt"),
            last_test_at=moment_in(row, "LastTestLeadAt"),
            statistics=_statistics_from(row),
        )
    except NOT_READABLE:
        return None


def _number(row: Entity, column: str) -> int:
    if type(number := row[column]) is not int:
        raise TypeError(f"{column} is no number")
    return number


def _stored(statistics: Statistics) -> str | None:
    """Return *statistics* as a text; None where it would be cut: half of a JSON tells nothing."""
    text = json.dumps(statistics.to_json(), ensure_ascii=False, separators=(",", ":"))
    return text if units(text) <= STRING_UNITS else None


def _statistics_from(row: Entity) -> dict[str, Statistics]:
    """Return the statistics of every period, or of none: numbers must go with each other."""
    texts = {period: row.get(column) for period, column in _STATISTICS.items()}
    try:
        return {period: _read(text) for period, text in texts.items()}
    except (*NOT_READABLE, RecursionError):  # the latter for lists in lists
        return {}


def _read(stored: Any) -> Statistics:  # noqa: ANN401 - no text where it was never counted
    return Statistics.from_json(json.loads(stored))


def _queue_fields(queue: QueueStatus) -> dict[str, object]:
    oldest = queue.oldest_at and format_time(queue.oldest_at)
    return {"name": queue.name, "depth": queue.depth, "oldest_at": oldest}


def _queue_from(fields: dict[str, object]) -> QueueStatus:
    oldest, depth = fields["oldest_at"], fields["depth"]
    return QueueStatus(
        name=str(fields["name"]),
        depth=depth if isinstance(depth, int) else 0,
        oldest_at=parse_time(oldest) if isinstance(oldest, str) else None,
    )
