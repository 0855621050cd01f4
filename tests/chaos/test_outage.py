"""An outage of the table: how long it may last before a message is given up, and what then.

Minutes are shortened to moments here, so outages are counted in what they do, not in time. A
message is tried 10 times, a minute apart: 9 failures are at least 8 minutes, and the tenth try
begins after 9. Given up, its rejection is tried 10 times, too: from the 20th minute on it lies in
a poison queue for 7 days, which is the farthest that an outage of any length can bring it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from leads import queues
from leads.model import DncPolicy
from leads.names import POISON_QUEUES, QUEUES, REJECTED
from leads.pipeline.stage import LAST_ATTEMPT
from leads.settings import StorageConnection
from leads.store import Backoff, Rules
from leads.tables import keys
from leads.tables.census import TableCensus
from leads.tables.connection import connect, open_table
from leads.tables.dead_letters import TableDeadLetters
from leads.tables.persons import TablePersons
from leads.tables.status import TableStatus
from leads.tables.upkeep_store import TableUpkeepStore
from leads.tending.ports import Bounds, TendPorts
from leads.tending.run import tend
from leads.upkeep.ports import Tools
from tests.chaos.calls import Call, Service
from tests.chaos.events import Event
from tests.chaos.faults import Answered, Fault
from tests.chaos.ledger import Ledger, Outcome
from tests.chaos.load import deliver
from tests.chaos.plans import Calm
from tests.chaos.proxy import Proxy
from tests.chaos.storage import Storage
from tests.chaos.system import System
from tests.end_to_end.app import wait_until

EVENT = Event("contoso.outage", "ada@example.com", "INS", "Call me")
DAY = timedelta(days=1)
FIRST_PAUSE = timedelta(minutes=5, seconds=1)
SECONDS = 1_000.0  # for a run whose clock stands still


class TableRefuses(Calm):
    """Every call to the table is refused at once: the SDK repeats no 403, so nothing is slow."""

    def fault_for(self, call: Call) -> Fault | None:
        return Answered(403, applied=False) if call.service is Service.TABLE else None


@dataclass
class Outage:
    """The app, and a table that it cannot reach until the test says so."""

    system: System
    proxy: Proxy
    storage: Storage
    ledger: Ledger
    folder: Path

    def failures(self, function: str) -> int:
        """Return how often *function* failed."""
        logs = "".join(log.read_text(errors="replace") for log in self.folder.glob("app-*.log"))
        return logs.count(f"{function} failed after")

    def end(self) -> None:
        self.proxy.plan = Calm()

    def drained(self, names: Sequence[str] = QUEUES) -> bool:
        return self.storage.waiting(*names) == 0

    def counts(self) -> list[int]:
        return [row["TouchCount"] for row in self.storage.rows() if row["Kind"] == "lead"]


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[Outage]:
    with ExitStack() as stack:
        azurite = stack.enter_context(Azurite(log=tmp_path / "azurite.log"))
        proxy = stack.enter_context(Proxy(azurite, TableRefuses()))
        storage = stack.enter_context(Storage(azurite.connection_string))
        ledger = stack.enter_context(Ledger(tmp_path / "ledger.jsonl"))
        system = stack.enter_context(System(tmp_path, proxy.connection_string))
        system.disabled = ("tend_leads",)  # every fifth minute the app's own timer would be first
        system.start()
        yield Outage(system, proxy, storage, ledger, tmp_path)


def test_an_outage_of_nine_minutes_buries_nothing(outage: Outage) -> None:
    posted = deliver(EVENT, outage.system.url, outage.ledger)
    wait_until(lambda: outage.failures("enrich_lead") == LAST_ATTEMPT - 1)

    outage.end()
    wait_until(outage.drained)

    assert posted is Outcome.ACKNOWLEDGED
    assert outage.failures("enrich_lead") == LAST_ATTEMPT - 1
    assert outage.counts() == [1]
    assert (outage.storage.letters(), outage.storage.waiting(*POISON_QUEUES)) == ([], 0)


def test_an_outage_of_an_hour_ends_with_everything_stored_and_no_human_hand(
    outage: Outage,
) -> None:
    deliver(EVENT, outage.system.url, outage.ledger)
    wait_until(lambda: outage.storage.waiting(f"{REJECTED}-poison") == 1)

    outage.end()
    timer = timer_of(outage)
    ended = datetime.now(UTC)
    first = timer(ended)
    wait_until(outage.drained)
    second = timer(ended + FIRST_PAUSE)
    wait_until(outage.drained)
    third = timer(ended + 2 * FIRST_PAUSE)

    assert (first["buried"], second["redriven"], third["letters_stored"]) == (1, 1, 1)
    assert outage.counts() == [1]
    assert outage.storage.waiting(*POISON_QUEUES) == 0


def timer_of(outage: Outage) -> Callable[[datetime], Counter[str]]:
    """Return the timer's run, at whatever time it is told to be."""
    ports = ports_of(outage.storage.connection)

    def run(now: datetime) -> Counter[str]:
        report = tend(ports, Bounds(now=now, clock=lambda: 0.0, ends_at=SECONDS))
        assert not report.failures
        return Counter(report.counts)

    return run


def ports_of(connection_string: str) -> TendPorts:
    connection = StorageConnection(connection_string=connection_string)
    service = connect(connection)
    leads, privacy = (open_table(service, name) for name in (keys.LEADS, keys.PRIVACY))
    tools = Tools(
        store=TableUpkeepStore(leads=leads, privacy=privacy),
        rules=Rules(window=DAY, dnc=DncPolicy(margin=DAY)),
        backoff=Backoff(sleep=lambda _seconds: None, random=lambda: 0.0, clock=lambda: 0.0),
    )
    return TendPorts(
        tools=tools,
        queues=queues.connect(connection),
        letters=TableDeadLetters(open_table(service, keys.DEAD_LETTERS)),
        persons=TablePersons(privacy),
        census=TableCensus(leads),
        status=TableStatus(open_table(service, keys.STATUS)),
        aliases={},
        retention=None,
    )
