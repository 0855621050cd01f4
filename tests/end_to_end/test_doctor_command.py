"""`python -m leads doctor`: what it says of a system that is well, ill, or not there."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from devhost.azurite import Azurite
from tests.end_to_end.app import lead, new_offer
from tests.end_to_end.operating import ROOT, Said, System, buried, delivered, leads, running

ADDRESS = "ada@example.com"


def severities(said: Said) -> dict[str, str]:
    return {found["check"]: found["severity"] for found in reversed(said.document["findings"])}


def whats(said: Said) -> str:
    return "\n".join(found["what"] for found in said.document["findings"])


def moved(connection: str, port: int) -> str:
    """Return a connection to storage services that all lie at *port*."""
    return re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", connection)


def test_a_first_day_a_healthy_day_and_an_ill_one() -> None:
    offer = new_offer()

    with Azurite() as azurite, running(azurite) as system:
        first = system.leads("doctor", "-o", "json")
        system.app.post(lead(offer, UserDetails={"Email": ADDRESS}))
        system.settled("tend")
        healthy = system.leads("doctor", "-o", "json")
        for_people = system.leads("doctor")
        ill = made_ill(system)

    assert (first.code, severities(first)["tending"]) == (1, "warning")
    assert {k for k, v in severities(first).items() if v != "ok"} == {"tending"}
    assert "made on first use" in whats(first)
    assert (healthy.code, healthy.document["status"]) == (0, "ok")
    assert f"{offer}: 1 lead, the last 0 seconds ago" in re.sub(
        r"\d+ sec\w+", "0 seconds", whats(healthy)
    )
    assert (for_people.code, for_people.err) == (0, "all is well\n")
    assert "\x1b" not in for_people.out
    poisoned, parked, both = ill
    assert (poisoned.code, severities(poisoned)["leads-enriched-poison"]) == (1, "warning")
    assert (parked.code, severities(parked)["dead letters"]) == (1, "warning")
    assert "2 findings to look at" in both.err
    assert not [said for said in (*ill, healthy, for_people) if ADDRESS in said.out + said.err]


def made_ill(system: System) -> tuple[Said, Said, Said]:
    """Return what is said of poison, of a parked letter, and of both together."""
    message = delivered(lead(new_offer(), UserDetails={"Email": ADDRESS}))
    system.app.put("leads-enriched-poison", message)
    poisoned = system.leads("doctor", "-o", "json")
    with system.app.queue("leads-enriched-poison") as queue:
        queue.clear_messages()
    buried(system, message)
    parked = system.leads("doctor", "-o", "json")
    system.app.put("leads-enriched-poison", message)
    return poisoned, parked, system.leads("doctor")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"messageEncoding": "none"}, "messageEncoding is not base64"),
        ({"maxDequeueCount": 5}, "maxDequeueCount is 5"),
        ({"visibilityTimeout": "00:00:00"}, "visibilityTimeout is 0"),
    ],
    ids=["encoding", "attempts", "pause"],
)
def test_a_host_json_that_does_not_fit_the_code_puts_leads_at_risk(
    azurite: Azurite, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    host["extensions"]["queues"] |= change
    (tmp_path / "host.json").write_text(json.dumps(host), encoding="utf-8")

    said = leads("doctor", "-o", "json", storage=azurite.connection_string, cwd=tmp_path)

    assert (said.code, told in whats(said)) == (2, True)
    assert severities(said)["host.json"] == "critical"


def nobody(_: ExitStack) -> int:
    return 9


def one_who_says_nothing(stack: ExitStack) -> int:
    silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port: int = silent.getsockname()[1]
    return port


@pytest.mark.parametrize("who", [nobody, one_who_says_nothing])
def test_a_storage_out_of_reach_is_told_soon_with_all_that_can_be_seen_without_it(
    azurite: Azurite, who: Callable[[ExitStack], int]
) -> None:
    with ExitStack() as stack:
        nowhere = moved(azurite.connection_string, who(stack))
        begun = time.monotonic()
        said = leads("doctor", "-o", "json", storage=nowhere, LEADS_DNC_POLICY="x")
        took = time.monotonic() - begun

    assert said.code == 2
    assert severities(said) == {
        "settings": "critical",
        "host.json": "ok",
        "tables": "critical",
        "queues": "critical",
    }
    assert "127.0.0.1" not in said.out
    assert took < 20


def test_every_fault_of_the_settings_is_told_at_once() -> None:
    said = leads("doctor", "-o", "json", storage="", LEADS_DNC_POLICY="x", LEADS_RETENTION_DAYS="1")

    faults = [f["what"] for f in said.document["findings"] if f["check"] == "settings"]
    assert said.code == 2
    assert [fault.split()[0] for fault in faults] == [
        "LEADS_DNC_POLICY",
        "LEADS_RETENTION_DAYS",
        "LeadsStorage",
    ]
