"""The system under test: its storage in memory, its clock, and the time that passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leads.letters import StoredLetter
from leads.model import DncPolicy
from leads.pipeline.stage import Ports
from leads.store import Backoff, Rules
from leads.tending.ports import TendPorts
from leads.upkeep.ports import Tools
from tests.memory import MemoryStore
from tests.memory_tending import MemoryCensus, MemoryPersons, MemoryStatus
from tests.model.ledger import Ledger
from tests.model.storage import ModelLetters, ModelQueues
from tests.model.wire import Wire
from tests.unit.factories import START

WINDOW = timedelta(hours=24)
RULES = Rules(window=WINDOW, dnc=DncPolicy(margin=timedelta(seconds=60)))
BACKOFF = Backoff(sleep=lambda _seconds: None, random=lambda: 0.0, clock=lambda: 0.0)


@dataclass
class World:
    """All that stands outside the processes, which come and go."""

    wire: Wire
    now: datetime = START
    ledger: Ledger = field(default_factory=Ledger)
    envelopes: list[bytes] = field(default_factory=list)  # all that was ever queued
    aliases: dict[str, str] = field(default_factory=dict)
    knows_next_version: bool = False
    last_tended: datetime = START
    down_since: datetime = START
    letters_before: dict[str, StoredLetter] = field(default_factory=dict)  # by their ids
    in_hand: tuple[str, int] | None = None  # the message that is being delivered

    def __post_init__(self) -> None:
        wire = self.wire
        self.store = MemoryStore(before=wire.before_table, after=wire.after_lead)
        self.queues = ModelQueues(self.clock, before=wire.around_queue, after=wire.around_queue)
        self.letters = ModelLetters(before=wire.before_table, after=wire.after_table)
        persons = MemoryPersons(self.store, before=wire.before_table, after=wire.after_table)
        tools = Tools(store=self.store, rules=RULES, backoff=BACKOFF)
        self.tend_ports = TendPorts(
            tools=tools,
            queues=self.queues,
            letters=self.letters,
            persons=persons,
            census=MemoryCensus(self.store, before=wire.before_table),
            status=MemoryStatus(before=wire.before_table),
            aliases=self.aliases,
            retention=None,
        )

    def clock(self) -> datetime:
        """Return the time."""
        return self.now

    def stage_ports(self) -> Ports:
        """Return what a queue stage works with."""
        return Ports(leads=self.store, rules=RULES, edition="2018", backoff=BACKOFF)
