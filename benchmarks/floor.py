"""The floor: the same storage operations, on the same bytes, by the same clients, and nothing else.

What the SDK, the wire and the emulator cost is what no pipeline can go below. Envelopes and rows
are made before the clock starts. A thread takes eight leads from queue to queue, as a listener
does, so that a receive is shared as it is there.
"""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from leads import enrichment, messages
from leads.fold import fold
from leads.identity import identify
from leads.messages import Message
from leads.model import Delivery, Touch
from leads.payload import parse
from leads.settings import StorageConnection
from leads.tables import entities, keys
from leads.tables.connection import CONNECTIONS, connect, new_transport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from azure.storage.queue import QueueClient, QueueMessage

    from leads.tables.table import Operation

AT_ONCE = CONNECTIONS // 2
"""Messages in flight in the app: 8 and 4 more for each of its two stages."""

_BATCH = 8
_INVISIBLE = 60  # seconds
_IN_RANGE = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """All that storage sees of a new lead."""

    touch: Touch
    received: str  # as on the wire
    enriched: str
    rows: Sequence[Operation]


def prepare(payloads: Sequence[bytes]) -> list[Journey]:
    """Return what the pipeline would send and write for each of *payloads*."""
    return [_journey(payload.decode(), number) for number, payload in enumerate(payloads)]


def _journey(payload: str, number: int) -> Journey:
    submission = parse(payload)
    found = enrichment.enrich(submission, edition="2018")
    identity = identify(submission, aliases={})
    delivery = Delivery(
        id=f"00000000-0000-4000-8000-{number:012}",
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
        identity=identity,
        payload=payload,
    )
    touch = Touch(
        delivery_id=delivery.id,
        received_at=delivery.received_at,
        identity=identity,
        submission=submission,
        enrichment=found,
        payload=payload,
    )
    lead = fold([touch])
    return Journey(
        touch=touch,
        received=_wire(Message(delivery=delivery)),
        enriched=_wire(Message(delivery=delivery, enrichment=found)),
        rows=[
            ("create", entities.touch_to_entity(touch)),
            ("create", entities.lead_to_entity(lead)),
            ("upsert", entities.recent_to_entity(lead), {"mode": "replace"}),
        ],
    )


def _wire(message: Message) -> str:
    return base64.b64encode(messages.encode(message)).decode("ascii")


class Floor:
    """The bare loop over its own queues and tables; the clients of the SDK are made once."""

    def __init__(self, connection: str) -> None:
        tables = connect(StorageConnection(connection_string=connection))
        queues = QueueServiceClient.from_connection_string(
            connection,
            transport=new_transport(QueueServiceClient.from_connection_string(connection).url),
        )
        self._leads = tables.create_table_if_not_exists("FloorLeads")
        self._privacy = tables.create_table_if_not_exists("FloorPrivacy")
        self._received = queues.get_queue_client("floor-received")
        self._enriched = queues.get_queue_client("floor-enriched")
        for queue in (self._received, self._enriched):
            with suppress(ResourceExistsError):
                queue.create_queue()

    def run(self, journeys: Sequence[Journey]) -> None:
        """Make every one of *journeys*."""
        batches = [journeys[first : first + _BATCH] for first in range(0, len(journeys), _BATCH)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(self._make, batch) for batch in batches]:
                done.result()

    def _make(self, journeys: Sequence[Journey]) -> None:
        for journey in journeys:
            self._received.send_message(journey.received)
        for journey, message in zip(journeys, _take(self._received, len(journeys)), strict=False):
            self._find(journey)
            self._enriched.send_message(journey.enriched)
            self._received.delete_message(message.id, message.pop_receipt)
        for journey, message in zip(journeys, _take(self._enriched, len(journeys)), strict=False):
            self._write(journey)
            self._enriched.delete_message(message.id, message.pop_receipt)

    def _find(self, journey: Journey) -> None:
        identity = journey.touch.identity
        parameters: dict[str, Any] = {
            "partition": identity.partition,
            "start": keys.touch_row(journey.touch),
            "end": keys.touch_row(journey.touch) + "~",
            "fingerprint": identity.fingerprint,
        }
        found = self._leads.query_entities(
            f"{_IN_RANGE} and Fingerprint eq @fingerprint",
            parameters=parameters,
            select=["RowKey", "DeliveryId"],
        )
        list(found)

    def _write(self, journey: Journey) -> None:
        identity = journey.touch.identity
        with suppress(ResourceNotFoundError):
            self._leads.get_entity(identity.partition, keys.lead_row(identity.lead_key))
        with suppress(ResourceNotFoundError):
            self._privacy.get_entity(identity.lead_key, keys.PERSON)
        self._leads.submit_transaction(journey.rows)


def _take(queue: QueueClient, count: int) -> Iterator[QueueMessage]:
    pages = queue.receive_messages(messages_per_page=count, visibility_timeout=_INVISIBLE).by_page()
    return next(pages)
