"""`python -m leads send`: is it connected? Asked of the running app, as a newcomer would."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import override

import pytest

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.end_to_end.app import lead, new_offer
from tests.end_to_end.operating import FLAGS, ROOT, Said, System, leads, running

KEY = "s3cret/of+the=app"
UNLOCKED = ("--key", KEY)
TEST_LEAD = "tests/samples/23-docs-test-lead-mended.json"
ELSEWHERE = "http://elsewhere.invalid/api/leads"
DEVELOPMENT = "UseDevelopmentStorage=true"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a port that is taken and does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def door(system: System) -> str:
    return f"{system.app.url}/api/leads"


def sent(system: System, *arguments: str) -> Said:
    return system.leads("send", "--url", door(system), "-o", "json", *arguments)


def states(said: Said) -> list[str]:
    return [one["state"] for one in said.document]


def sent_elsewhere(*arguments: str, proxy: str) -> Said:
    """Send to another machine, which a proxy that does not listen keeps out of reach."""
    command = ("send", "--no-follow", "--url", ELSEWHERE, "-o", "json", *arguments)
    return leads(*command, storage="", http_proxy=proxy, no_proxy="")


@contextmanager
def answering(status: int, body: bytes = b"", **headers: str) -> Iterator[str]:
    """Serve one answer to every POST, and tell where."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/leads"
        finally:
            server.shutdown()
            thread.join()


def test_microsofts_test_lead_is_followed_to_its_row(system: System) -> None:
    offer = new_offer()

    said = sent(system, "--offer", offer)

    (one,) = said.document
    (touch,) = system.app.offer(offer, "touch")
    assert (said.code, one["state"], one["status"], one["is_test"]) == (0, "stored", 202, True)
    assert (one["delivery_id"], one["lead_key"]) == (touch["DeliveryId"], touch["LeadKey"])
    assert touch["IsTest"]
    assert 0 < one["accepted_ms"] / 1000 <= one["stored_s"]
    assert "1 test lead, which `list` leaves out" in said.err


def test_a_newcomer_sends_one_lead_of_each_action_and_sees_them_listed(system: System) -> None:
    offer = new_offer()

    said = system.leads("send", "--url", door(system), "--all", "--offer", offer)

    listed = system.leads("list", "--offer", offer, "-o", "json").document
    actions = {row["Actions"] for row in listed}
    assert said.code == 0
    assert actions == {"INS", "PLT", "Create", "StartTestDrive", "DNC"}
    assert all(f"{action} " in said.out for action in actions)
    assert f"show {listed[-1]['LeadKey']}" in said.err


def test_sending_again_is_a_new_event(system: System) -> None:
    wanted = ("--offer", new_offer(), "--action", "INS", "--action", "INS")

    said = [sent(system, *wanted), sent(system, *wanted)]

    assert [states(one) for one in said] == [["stored", "stored"]] * 2
    assert len(system.app.offer(wanted[1], "touch")) == 4


def test_one_address_makes_a_journey(system: System) -> None:
    email, offer = "jo@example.com", new_offer()

    said = sent(system, "--all", "--email", email, "--offer", offer)

    (journey,) = system.leads("show", email, "--offer", offer, "-o", "json").document
    assert len({one["lead_key"] for one in said.document}) == 1
    assert len(journey["Journey"]) == 5


def test_a_file_is_posted_as_it_is_and_counts_once(system: System, tmp_path: Path) -> None:
    payload = lead(new_offer(), Extra="kept")
    file = tmp_path / "lead.json"
    file.write_text(json.dumps(payload), encoding="utf-8")

    first, again = sent(system, "--file", str(file)), sent(system, "--file", str(file))

    offer = first.document[0]["offer"]
    (touch,) = system.app.offer(offer, "touch")
    assert (first.code, states(first)) == (0, ["stored"])
    assert (again.code, states(again)) == (0, ["duplicate"])
    assert json.loads(touch["Payload"]) == payload


def test_a_refusal_is_passed_on(system: System) -> None:
    said = sent(system, "--file", "tests/samples/90-invalid-docs-test-lead.json")

    assert (said.code, states(said)) == (1, ["refused"])
    assert "it answered 400: Line 5, column 3" in said.err
    assert "dead list" in said.err


def test_a_wrong_path_is_told(system: System) -> None:
    said = system.leads("send", "--all", "--url", f"{system.app.url}/api/lead")

    assert said.code == 1
    assert "0 of 5 in the table; it answered 404" in said.err
    assert "the path is /api/leads" in said.err


def test_without_following_nobody_needs_the_storage(system: System) -> None:
    said = leads("send", "--no-follow", "--url", door(system), "-o", "json", storage="")

    assert (said.code, states(said)) == (0, ["accepted"])


def test_without_a_storage_to_look_into_nothing_is_sent(silent: str) -> None:
    said = leads("send", "--url", silent, storage="")

    assert (said.code, said.out) == (1, "")
    assert "LeadsStorage is not set" in said.err
    assert "nothing was sent" in said.err
    assert f"export LeadsStorage={DEVELOPMENT}" in said.err


def test_a_key_opens_the_door_and_is_never_printed(azurite: Azurite) -> None:
    storage = azurite.connection_string
    with DevHost(ROOT, *FLAGS, *UNLOCKED, env={"LeadsStorage": storage}) as host:
        url, wait = f"{host.url}/api/leads", ("--offer", new_offer())
        as_option = leads("send", "--url", url, *UNLOCKED, *wait, storage=storage)
        from_environment = leads("send", *wait, storage=storage, LEADS_URL=url, LEADS_KEY=KEY)
        within = leads("send", "--url", f"{url}?code=s3cret/of%2Bthe=app", *wait, storage=storage)
        wrong = leads("send", "--url", url, "--key", f"{KEY}?", *wait, storage=storage)
        without = leads("send", "--url", url, *wait, storage=storage)

    opened, shut = (as_option, from_environment, within), (wrong, without)
    assert [said.code for said in (*opened, *shut)] == [0, 0, 0, 1, 1]
    assert all("/api/leads?code=***" in said.err for said in (*opened, wrong))
    assert all("it answered 401: the function key is missing" in said.err for said in shut)
    assert not [said for said in (*opened, *shut) if "s3cret" in said.out + said.err]


def test_what_is_accepted_but_not_stored_in_time_is_told() -> None:
    stopped = {"AzureWebJobs.enrich_lead.Disabled": "1"}
    with Azurite() as azurite, running(azurite, **stopped) as system:  # nobody else empties queues
        said = sent(system, "--all", "--wait", "0.5", "--offer", new_offer())

    assert (said.code, states(said)) == (1, ["late"] * 5)
    assert "0 of 5 in the table after 0.5 s" in said.err
    assert "`doctor`" in said.err
    assert "`dead list`" in said.err


def test_where_nobody_listens_make_run_is_named(silent: str) -> None:
    said = leads("send", "--all", "--no-follow", "--url", f"{silent}/?code={KEY}", storage="")

    assert said.code == 1
    assert "no answer" in said.out
    assert "0 of 5 accepted; nothing listens there" in said.err
    assert "`make run`" in said.err
    assert KEY not in said.out + said.err


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed_but_told(status: int) -> None:
    with answering(status, Location=f"/elsewhere?code={KEY}") as url:
        said = leads("send", "--no-follow", "--url", url, storage="")

    assert said.code == 1
    assert f"it answered {status} and points elsewhere" in said.err
    assert url.replace("/api/leads", "/elsewhere?code=***") in said.err
    assert KEY not in said.err


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"OK"), (202, b""), (202, b'["id"]'), (202, b'{"id": 7}')],
    ids=["200", "empty", "a-list", "no-id"],
)
def test_another_service_is_not_taken_for_the_app(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        said = leads("send", "--no-follow", "--url", url, storage="")

    assert said.code == 1
    assert f"it answered {status}, but not as this app does" in said.err


@pytest.mark.parametrize(
    "wanted", [(), ("--action", "PLT"), ("--all",), ("--file", TEST_LEAD)], ids=" ".join
)
def test_another_machine_gets_test_leads_only(wanted: tuple[str, ...], silent: str) -> None:
    said = sent_elsewhere(*wanted, proxy=silent)

    assert [one["is_test"] for one in said.document] == [True]
    assert "unless with --real" in said.err


def test_another_machine_gets_what_counts_if_it_is_meant(silent: str) -> None:
    file = ("--file", "tests/samples/01-ins-azure-marketplace.json")

    refused = sent_elsewhere(*file, proxy=silent)
    meant = sent_elsewhere(*file, "--real", proxy=silent)
    composed = sent_elsewhere("--action", "PLT", "--real", proxy=silent)

    assert (refused.code, refused.out) == (2, "")
    assert "add --real if it is meant" in refused.err
    assert [one["is_test"] for said in (meant, composed) for one in said.document] == [False] * 2


def test_a_file_is_not_changed_by_other_options() -> None:
    said = leads("send", "--file", TEST_LEAD, "--all", storage="")

    assert said.code == 2
    assert "posted as it is" in said.err
