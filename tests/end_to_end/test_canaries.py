"""Nothing that a customer, a sender or a forger wrote comes out where nobody may read it.

A canary is planted in every field, in what is refused, in forged messages and in edited rows. Then
everything is run, with faults, and all that came out is searched: logs, answers, the tools' words.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.data.tables import TableClient, UpdateMode

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.chaos.calls import Call, Service
from tests.chaos.faults import Fault
from tests.chaos.plans import Calm, Chance
from tests.chaos.proxy import Proxy
from tests.end_to_end.app import QUEUES, App, Row, wait_until
from tests.end_to_end.conftest import ROOT
from tests.end_to_end.test_pipeline import delivery_message

CANARY = "kanarienvogel"
KEY = f"{CANARY}-key"
OFFER = "contoso.canaries"
FLAGS = ("--max-poll", "0.2", "--retry-delay", "0", "--invisible", "2", "--key", KEY)


def planted(**changed: object) -> Row:
    """Return a payload with a canary in every field that Microsoft sends, and in another."""
    names = ("FirstName", "LastName", "Company", "Country", "Title")
    person: Row = {name: f"{CANARY} {name}" for name in names}
    person |= {"Email": f"{CANARY}@example.com", "Phone": f"+49 151 {CANARY}"}
    return {
        "UserDetails": person,
        "LeadSource": f"AzureMarketplace-INS|{OFFER}",
        "ActionCode": "INS",
        "OfferTitle": f"{CANARY} offer",
        "Description": f"{CANARY} says hello",
        f"Unknown{CANARY}": {CANARY: CANARY},
        **changed,
    }


WHOLE = json.dumps(planted())
ACCEPTED: dict[str, bytes] = {
    "every field": WHOLE.encode(),
    "an action of their own": json.dumps(planted(ActionCode=CANARY)).encode(),
    "an offer of no known shape": json.dumps(planted(LeadSource=f"{CANARY}|{CANARY}/#?")).encode(),
    "only a title": json.dumps({"OfferTitle": CANARY, "Description": CANARY}).encode(),
}
REFUSED: dict[str, bytes] = {
    "cut off": WHOLE[:-1].encode(),
    "not JSON": f"Email={CANARY}%40example.com".encode(),
    "undecodable": WHOLE.encode() + b"\xff\xfe",
    "two keys alike": f'{{"{CANARY}": 1, "{CANARY.upper()}": 2}}'.encode(),
    "not a number": f'{{"{CANARY}": NaN}}'.encode(),
    "not an object": f'["{CANARY}"]'.encode(),
    "no lead": f'{{"{CANARY}": "{CANARY}"}}'.encode(),
    "too deep": (f'{{"{CANARY}":' * 100 + "1" + "}" * 100).encode(),
    "too large": json.dumps(planted(Description=CANARY * 3_000)).encode(),
}


def forged() -> Iterator[bytes]:
    """Yield messages that hold canaries where our own code would never put them."""
    envelope = json.loads(delivery_message(planted()))
    delivery = envelope["delivery"]
    yield CANARY.encode()
    yield json.dumps({CANARY: CANARY}).encode()
    yield json.dumps({**envelope, "v": CANARY}).encode()
    yield json.dumps({**envelope, "enrichment": {CANARY: CANARY}}).encode()
    for name in delivery:
        yield json.dumps({**envelope, "delivery": {**delivery, name: f"{CANARY}/{name}"}}).encode()
    for part in ("rejected", "failure"):
        yield json.dumps({**envelope, part: {"stage": CANARY, "body": CANARY}}).encode()


class TableFails(Chance):
    """The host ends where its queues fail, and there is none here to start it again."""

    def fault_for(self, call: Call) -> Fault | None:
        return super().fault_for(call) if call.service is Service.TABLE else None


@dataclass
class Aviary:
    """The app on a storage that fails by chance, and all that came out of it."""

    app: App
    proxy: Proxy
    log: Path
    heard: list[str]

    def post(self, body: bytes, **headers: str) -> int:
        path = f"/api/leads?code={KEY}&{CANARY}={CANARY}"
        reply = self.app.request("POST", path, body, {"User-Agent": CANARY} | headers)
        self.heard.append(f"{reply.headers} {reply.body.decode()}")
        return reply.status

    def run(self, function: str) -> None:
        headers = {"Content-Type": "application/json", "x-functions-key": KEY}
        reply = self.app.request("POST", f"/admin/functions/{function}", b"{}", headers)
        assert reply.status == 202

    def command(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "leads", *words],
            cwd=ROOT,
            env=os.environ | {"LeadsStorage": self.app.connection},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        self.heard += [done.stdout, done.stderr]

    def edit(self, kind: str, **columns: str) -> None:
        """Do what somebody does who types into the table."""
        rows = self.app.offer(OFFER, kind)
        with TableClient.from_connection_string(self.app.connection, "Leads") as table:
            for row in rows:
                place = {name: row[name] for name in ("PartitionKey", "RowKey")}
                table.update_entity(place | columns, mode=UpdateMode.MERGE)

    def settle(self) -> None:
        wait_until(lambda: not any(self.app.depth(queue) for queue in QUEUES))

    def all_that_came_out(self) -> str:
        return "\n".join([self.log.read_text(errors="replace"), *self.heard])


@pytest.fixture
def aviary(tmp_path: Path) -> Iterator[Aviary]:
    with ExitStack() as stack:
        azurite = stack.enter_context(Azurite())
        proxy = stack.enter_context(Proxy(azurite))
        log = tmp_path / "app.log"
        storage = {"LeadsStorage": proxy.connection_string}
        host = stack.enter_context(DevHost(ROOT, *FLAGS, env=storage, log=log))
        app = App(url=host.url, connection=azurite.connection_string)
        yield Aviary(app, proxy, log, heard=[])


def spellings(word: str) -> set[str]:
    """Return *word* as it is, and what base64 makes of it wherever it stands in a text."""
    cores = {b64encode(b"-" * before + word.encode())[4:-4].decode() for before in range(3)}
    return {word, word.upper(), word.title(), *cores}


def test_what_anybody_wrote_comes_out_nowhere(aviary: Aviary) -> None:
    accepted = [aviary.post(body) for body in ACCEPTED.values()]
    refused = [aviary.post(body) for body in REFUSED.values()]
    aviary.settle()
    aviary.edit("lead", Stage=CANARY)
    aviary.edit("touch", EmailKind=CANARY)
    aviary.proxy.plan = TableFails(0.1, random.Random(20261122))  # noqa: S311 - repeatable on purpose
    again = replace_all(WHOLE, "hello", "hello again").encode()
    aviary.post(again)
    for message in forged():
        for queue in QUEUES:
            aviary.app.put(queue, message)
    aviary.settle()
    aviary.proxy.plan = Calm()
    for _ in range(2):
        aviary.run("tend_leads")
    for words in (("tend",), ("dead", "list"), ("dead", "redrive", "--all", "--yes"), ("rebuild",)):
        aviary.command(*words)
    aviary.settle()

    came_out = aviary.all_that_came_out()
    assert set(accepted) == {202}
    assert all(400 <= status < 500 for status in refused)
    assert "tend.done" in came_out, "or the log is another one"
    assert "write_lead failed after" in came_out, "or nothing went wrong that could tell"
    told = [line for line in came_out.splitlines() if any(w in line for w in spellings(CANARY))]
    assert told == []


def replace_all(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)
