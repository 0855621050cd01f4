"""Leads as the marketplace posts them: some customers do several things, and posts come twice."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.chaos.events import Event, seeded
from tests.chaos.ledger import Ledger, Outcome
from tests.chaos.system import System

SENDERS = 6
PATIENCE = 5.0  # seconds that a sender waits for its answer
PATIENCE_TO_CONNECT = 60.0  # seconds; the app stops and starts again meanwhile
_PAUSE = 0.1  # seconds between two tries to connect

_BACKLOG = 300
"""Messages that may wait while senders go on: the emulator slows down with what lies in it."""

_OFFERS = 8
_ACTIONS = ("INS", "PLT", "Create", "StartTestDrive", "DNC")
_EVENTS_OF_A_LEAD = (1, 1, 1, 2, 3)  # as likely as they stand here


@dataclass(frozen=True, slots=True)
class Post:
    """One post to make; an *insistent* sender posts again, once, where the answer is lost."""

    event: Event
    insistent: bool = False


def plan(seed: int, *, leads: int, duplicates: float, insistent: float = 0.0) -> list[Post]:
    """Return what is posted, in order: each event, and as exact copies that share of them.

    Half of the copies follow at once, so that several threads post them together; the others come
    at any time later.
    """
    source = seeded(seed, "load")
    events = [event for person in range(leads) for event in _events(source, person)]
    source.shuffle(events)
    places: list[tuple[float, Event]] = []
    for place, event in enumerate(events):
        places.append((place, event))
        if source.random() < duplicates:
            later = source.uniform(place, len(events)) if source.random() < 0.5 else place
            places.append((later, event))
    in_order = sorted(places, key=lambda placed: placed[0])
    return [Post(event, insistent=source.random() < insistent) for _, event in in_order]


def _events(source: random.Random, person: int) -> Iterator[Event]:
    offer = f"contoso.offer-{source.randrange(_OFFERS)}"
    for action in source.sample(_ACTIONS, source.choice(_EVENTS_OF_A_LEAD)):
        yield Event(offer, f"person-{person}@example.com", action, f"Asked for {action}")


class Load:
    """Posts a plan from several threads, and notes in the ledger what comes back."""

    def __init__(self, posts: Sequence[Post], system: System, ledger: Ledger) -> None:
        self.total, self.posted = len(posts), 0
        self._posts = iter(posts)
        self._system = system
        self._ledger = ledger
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._threads = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        self._senders = [self._threads.submit(self._send) for _ in range(SENDERS)]

    @property
    def is_done(self) -> bool:
        return all(sender.done() for sender in self._senders)

    def pace(self, waiting: int) -> None:
        """Let the senders pause while too many messages wait."""
        if waiting > _BACKLOG:
            self._go.clear()
        else:
            self._go.set()

    def give_up(self) -> None:
        """Post nothing more."""
        self._over.set()
        self._go.set()
        self._threads.shutdown()

    def join(self) -> None:
        """Wait until all is posted; raise what a sender raised."""
        self._go.set()
        self._threads.shutdown()
        for sender in self._senders:
            sender.result()

    def _send(self) -> None:
        while post := self._next():
            outcome = self._deliver(post.event)
            if outcome is Outcome.UNKNOWN and post.insistent:
                self._deliver(post.event)
            with self._lock:
                self.posted += 1

    def _next(self) -> Post | None:
        self._go.wait()
        with self._lock:
            return None if self._over.is_set() else next(self._posts, None)

    def _deliver(self, event: Event) -> Outcome:
        deadline = time.monotonic() + PATIENCE_TO_CONNECT
        while time.monotonic() < deadline:
            with suppress(ConnectionRefusedError):
                return deliver(event, self._system.url, self._ledger)
            if self._over.wait(_PAUSE):
                break
        raise TimeoutError("the app accepts no connection")


def deliver(event: Event, url: str, ledger: Ledger) -> Outcome:
    """Post *event* once and note what came of it.

    Raises:
        ConnectionRefusedError: nobody listens, so that nothing was attempted.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    with closing(connection):
        connection.connect()
        attempt = ledger.attempt(event)
        outcome, because = _post(event.payload, connection)
        ledger.settle(attempt, outcome, because)
        return outcome


def _post(body: bytes, connection: http.client.HTTPConnection) -> tuple[Outcome, str]:
    try:
        connection.request("POST", "/api/leads", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        return Outcome.UNKNOWN, type(error).__name__
    if response.status == http.HTTPStatus.ACCEPTED:
        return Outcome.ACKNOWLEDGED, str(json.loads(answer)["id"])
    unknown = response.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    return Outcome.UNKNOWN if unknown else Outcome.REFUSED, f"answered {response.status}"
