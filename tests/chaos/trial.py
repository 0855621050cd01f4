"""One run: a storage of its own, maybe a proxy before it, the app, a load, and the verdict."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devhost.azurite import Azurite
from leads.names import QUEUES
from tests.chaos import ledger
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load, Post
from tests.chaos.plans import Calm, Plan
from tests.chaos.proxy import Proxy
from tests.chaos.storage import Storage
from tests.chaos.system import System
from tests.chaos.upkeep import bring_home
from tests.chaos.verdict import Verdict, judge

STALLED = 120.0  # seconds without a message less: then it does not drain at all
_LOOK = 0.1  # seconds between two looks at the queues
_TELL = 5.0  # seconds between two lines of progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run can say for itself."""

    verdict: Verdict
    faults: Counter[str]  # injected, by their names
    kills: int  # by us
    stops: int  # by the app itself, as storage refused what it asked of its queues
    letters: int  # dead letters that were brought home

    def __add__(self, other: Result) -> Result:
        return Result(
            verdict=self.verdict + other.verdict,
            faults=self.faults + other.faults,
            kills=self.kills + other.kills,
            stops=self.stops + other.stops,
            letters=self.letters + other.letters,
        )


@dataclass
class Trial:
    """A run under way."""

    system: System
    storage: Storage
    ledger: Ledger
    proxy: Proxy
    _load: Load | None = None
    _told: float = field(default_factory=time.monotonic)

    def post(self, posts: Sequence[Post]) -> Load:
        """Begin to post."""
        self._load = Load(posts, self.system, self.ledger)
        return self._load

    def look(self) -> int:
        """Revive the app where it ended, and return how many messages wait, after a moment."""
        self.system.revive(within=_LOOK)
        waiting = self.storage.waiting(*QUEUES)
        if self._load:
            self._load.pace(waiting)
        self._tell(waiting)
        return waiting

    def drain(self) -> None:
        """Wait until the queues are empty, for as long as they get emptier."""
        least, since = sys.maxsize, time.monotonic()
        while waiting := self.look():
            if waiting < least:
                least, since = waiting, time.monotonic()
            if time.monotonic() - since > STALLED:
                raise TimeoutError(f"{waiting} messages do not drain")

    def conclude(self) -> Result:
        """Let everything come to rest, bring home what was given up, and judge.

        The app is stopped once: a post that its sender gave up may still be under way in it.
        """
        if self._load:
            self._load.join()
        self.system.stop()
        self.system.start()
        self.drain()
        self.proxy.plan = Calm()
        letters = bring_home(self.storage, self.drain)
        attempts = ledger.read(self.ledger.path)
        buried = [str(letter) for letter in letters if not letter.is_home]
        return Result(
            verdict=judge(attempts, self.storage.rows(), buried=buried),
            letters=len(letters) - len(buried),
            faults=self.proxy.injected,
            kills=self.system.kills,
            stops=self.system.stops,
        )

    def give_up(self) -> None:
        """Let the senders end, whatever they still had to post."""
        if self._load:
            self._load.give_up()

    def _tell(self, waiting: int) -> None:
        if time.monotonic() - self._told > _TELL:
            self._told = time.monotonic()
            posted = f"{self._load.posted} of {self._load.total} posted, " if self._load else ""
            counts = f"{self.system.kills} kills, {self.system.stops} stops"
            faults = self.proxy.injected.total()
            sys.stderr.write(f"  {posted}{waiting} waiting, {counts}, {faults} faults\n")


@contextmanager
def trial(folder: Path, *, plan: Plan | None = None) -> Iterator[Trial]:
    """Give a storage, a proxy and a ledger in *folder*; the app is not started yet."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        azurite = stack.enter_context(Azurite(log=folder / "azurite.log"))
        proxy = stack.enter_context(Proxy(azurite, plan))
        storage = stack.enter_context(Storage(azurite.connection_string))
        ledger_ = stack.enter_context(Ledger(folder / "ledger.jsonl"))
        system = stack.enter_context(System(folder, proxy.connection_string))
        it = Trial(system, storage, ledger_, proxy)
        stack.callback(it.give_up)
        yield it
