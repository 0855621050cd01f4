"""The app is killed while it works: nothing acknowledged is lost, nothing is counted twice."""

from __future__ import annotations

import http.client
import random

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.end_to_end.app import App, lead, new_offer, wait_until
from tests.end_to_end.conftest import ROOT

FLAGS = ("--max-poll", "0.2", "--retry-delay", "0", "--invisible", "2")
ROUNDS, PERSONS = 4, 12


def test_killing_the_app_at_any_moment_loses_nothing_and_counts_nothing_twice() -> None:
    seeded = random.Random(20261122)  # noqa: S311 - which moment is hit must be repeatable
    offer = new_offer()
    acknowledged: set[str] = set()
    attempted: set[str] = set()

    with Azurite() as azurite:
        storage = {"LeadsStorage": azurite.connection_string}
        for number in range(ROUNDS):
            with DevHost(ROOT, *FLAGS, env=storage) as host:
                app = App(url=host.url, connection=azurite.connection_string)
                for person in range(PERSONS):
                    email = f"p{number}-{person}@example.com"
                    attempted.add(email)
                    if posted_twice(app, offer, email):
                        acknowledged.add(email)
                # Any state of the table is a moment to die in: some rows, not yet all.
                enough = len(acknowledged) - seeded.randrange(1, PERSONS)
                wait_until(lambda: len(app.offer(offer, "lead")) >= enough)  # noqa: B023 - at once
                host.kill()
        with DevHost(ROOT, *FLAGS, env=storage) as host:
            app = App(url=host.url, connection=azurite.connection_string)
            app.drain()
            leads, touches = app.offer(offer, "lead"), app.offer(offer, "touch")

    stored = {row["Email"] for row in leads}
    assert acknowledged <= stored <= attempted
    assert {row["TouchCount"] for row in leads} == {1}
    assert len(touches) == len(leads)


def posted_twice(app: App, offer: str, email: str) -> bool:
    """Post the same event twice; a lost answer leaves open whether it was accepted."""
    payload = lead(offer, UserDetails={"Email": email})
    try:
        return 202 in [app.post(payload).status, app.post(payload).status]
    except (OSError, http.client.HTTPException):
        return False
