"""DESIGN 4.1, asked over real HTTP."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.end_to_end.app import JSON, App, lead, new_offer, wait_until
from tests.end_to_end.conftest import ROOT
from tests.unit.samples import SAMPLES


def test_a_lead_is_accepted_with_its_delivery_id(app: App) -> None:
    offer = new_offer()

    reply = app.post(lead(offer))

    wait_until(lambda: app.offer(offer, "touch"))
    assert reply.status == 202
    assert reply.headers["content-type"] == "application/json"
    assert reply.document == {
        "id": app.offer(offer, "touch")[0]["DeliveryId"],
        "status": "accepted",
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_any_other_method_gets_405_and_is_told_the_right_one(app: App, method: str) -> None:
    reply = app.request(method, "/api/leads")

    assert reply.status == 405
    assert reply.headers["allow"] == "POST"


HOSTILE = {
    "deep": (b"[" * 100_000, 413),
    "deep-but-short": (b'{"UserDetails":' * 2_000, 400),
    "digits": (b'{"LeadSource":' + b"9" * 5_000 + b"}", 400),
    "many-keys": (b"{" + b",".join(b'"k%d":1' % n for n in range(10_000)) + b"}", 413),
    "many-short-keys": (b"{" + b",".join(b'"%d":1' % n for n in range(2_500)) + b"}", 400),
    "one-byte-too-many": (b'{"Description":"' + b"a" * 32_751 + b'"}', 413),
    "quotes": (b'"' * 32_000, 400),
    "nothing": (b"", 400),
    "not-utf-8": (b'{"LeadSource":"\xff"}', 400),
    "another-webhook": (b'{"event":"push"}', 422),
    "a-list": (b"[]", 400),
    "nan": (b'{"LeadSource":NaN}', 400),
    "same-key-twice": (b'{"LeadSource":"a","leadsource":"b"}', 400),
}


@pytest.mark.parametrize(("body", "status"), HOSTILE.values(), ids=HOSTILE)
def test_bad_input_gets_a_problem_document_and_the_process_stays_up(
    app: App, body: bytes, status: int
) -> None:
    reply = app.post(body)

    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert reply.document["status"] == status
    assert app.request("GET", "/api/health").status == 200


def test_a_chunked_body_gets_411_because_the_host_hands_it_over_empty(app: App) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"LeadSource":'
        yield b'"AzureMarketplace"}'

    reply = app.request("POST", "/api/leads", chunks(), JSON | {"Transfer-Encoding": "chunked"})

    assert reply.status == 411
    assert reply.document["type"] == "/problems/length-required"


def test_a_compressed_body_gets_415(app: App) -> None:
    reply = app.post(b"\x1f\x8b" + new_offer().encode(), JSON | {"Content-Encoding": "gzip"})

    assert reply.status == 415


def test_a_form_gets_415(app: App) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    reply = app.post(f"lead={new_offer()}".encode(), form)

    assert reply.status == 415


def test_json_is_accepted_whatever_its_content_type(app: App) -> None:
    reply = app.post(lead(new_offer()), {"Content-Type": "text/xml"})

    assert reply.status == 202


def test_the_broken_test_lead_of_the_documentation_is_refused_and_kept_once(app: App) -> None:
    body = (SAMPLES / "90-invalid-docs-test-lead.json").read_bytes()
    key = f"{sha256(body).hexdigest()}|0"

    def kept() -> list[dict[str, object]]:
        return [row for row in app.dead_letters("receive") if row["RowKey"] == key]

    first = app.post(body)
    wait_until(kept)
    counted = kept()[0]["Count"]
    app.post(body)
    wait_until(lambda: kept()[0]["Count"] != counted)

    assert first.status == 400
    assert [(row["Body"], row["Class"], row["State"]) for row in kept()] == [
        (body, "final", "parked")
    ]
    assert kept()[0]["Count"] == counted + 1  # type: ignore[operator]  # an int


def test_without_the_key_the_door_stays_shut() -> None:
    offer = new_offer()

    with (
        Azurite() as azurite,
        DevHost(ROOT, "--key", "s3cret", env={"LeadsStorage": azurite.connection_string}) as host,
    ):
        app = App(url=host.url, connection=azurite.connection_string)
        without = app.post(lead(offer))
        with_key = app.request("POST", "/api/leads?code=s3cret", b'{"LeadSource":"x"}')
        health = app.request("GET", "/api/health")
        log = host.log.read_text()

    assert (without.status, with_key.status, health.status) == (401, 202, 200)
    assert "s3cret" not in log


def test_a_lead_that_cannot_be_queued_is_not_accepted() -> None:
    with (
        Azurite() as azurite,
        DevHost(ROOT, env={"LeadsStorage": azurite.connection_string}) as host,
    ):
        app = App(url=host.url, connection=azurite.connection_string)
        azurite.stop()

        reply = app.post(lead(new_offer()))

    assert reply.status == 500


def with_tables_at(port: int, connection: str) -> dict[str, str]:
    moved = re.sub(r"(TableEndpoint=http://127.0.0.1):\d+", rf"\1:{port}", connection)
    return {"LeadsStorage": moved}


def test_health_tells_when_the_tables_cannot_be_reached() -> None:
    nobody = 9

    with (
        Azurite() as azurite,
        DevHost(ROOT, env=with_tables_at(nobody, azurite.connection_string)) as host,
    ):
        app = App(url=host.url, connection=azurite.connection_string)
        health = app.request("GET", "/api/health")

    assert health.status == 503
    assert health.document["status"] == "unavailable"
    assert "127.0.0.1" not in health.document["cause"]


def test_a_faulty_setting_neither_shuts_the_door_nor_loses_what_came_through() -> None:
    faulty = {"LEADS_DNC_POLICY": "whatever"}

    with (
        Azurite() as azurite,
        DevHost(
            ROOT,
            *("--max-poll", "0.3", "--retry-delay", "0"),
            env=faulty | {"LeadsStorage": azurite.connection_string},
        ) as host,
    ):
        app = App(url=host.url, connection=azurite.connection_string)
        reply = app.post(lead(new_offer()))
        health = app.request("GET", "/api/health")
        wait_until(lambda: app.dead_letters("enrich"))
        (letter,) = app.dead_letters("enrich")

    assert reply.status == 202
    assert health.status == 503
    assert "LEADS_DNC_POLICY" in health.document["cause"]
    assert letter["RowKey"] == f"{reply.document['id']}|0"
    assert letter["Class"] == "retryable"


def test_asking_for_health_does_not_hold_up_the_door_while_the_tables_are_silent() -> None:
    few_threads = {"PYTHON_THREADPOOL_THREAD_COUNT": "4"}

    with (
        socket.create_server(("127.0.0.1", 0)) as silent,  # takes connections and says nothing
        Azurite() as azurite,
    ):
        storage = with_tables_at(silent.getsockname()[1], azurite.connection_string)
        with DevHost(ROOT, env=few_threads | storage) as host, ThreadPoolExecutor(20) as pool:
            app = App(url=host.url, connection=azurite.connection_string)
            asked = [pool.submit(app.request, "GET", "/api/health") for _ in range(20)]
            begun = time.monotonic()
            refused = app.request("GET", "/api/leads")
            took = time.monotonic() - begun
            answers = {one.result().status for one in asked}

    assert (refused.status, answers) == (405, {503})
    assert took < 5
