"""`make demo`: posts the sample leads to the app and shows the table that results.

Everything is real and on this machine: Microsoft's Python worker library runs the app, Azurite is
the storage. The exit code tells whether the table is what the samples should give.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devhost.azurite import Azurite
from devhost.launch import DevHost
from leads import names

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "tests" / "samples"
EXPECTED = ROOT / "tests" / "golden" / "demo.json"

PATIENCE = 60  # seconds for the queues to drain
SHOWN = ("Offer", "Email", "Stage", "ContactStatus", "TouchCount", "Actions", "IsTest")

type Outcome = dict[str, Any]


def main() -> int:
    """Run the demo; return the exit code."""
    print("Starting Azurite and the app (Microsoft's Python worker library) ...\n", flush=True)
    with Azurite() as azurite:
        environment = {"LeadsStorage": azurite.connection_string}
        with DevHost(ROOT, "--max-poll", "0.5", env=environment) as host:
            expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
            started = time.monotonic()
            refusals = _post_all(f"{host.url}/api/leads", sorted(SAMPLES.glob("*.json")))
            outcome = _wait_for(expected, azurite.connection_string)
            _report(outcome, refusals, seconds=time.monotonic() - started)
            _list_leads(environment)
    return _verdict(outcome, expected)


def _post_all(url: str, samples: Iterable[Path]) -> int:
    """Post the samples one after another; return how many were refused."""
    refused = 0
    print(f"POST {url}")
    for sample in samples:
        status, answer = _post(url, sample.read_bytes())
        refused += status != 202
        print(f"  {sample.name:<44} {status}  {answer.get('id') or answer.get('detail')}")
    return refused


def _post(url: str, body: bytes) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def _wait_for(expected: Outcome, connection: str) -> Outcome:
    """Return what the tables hold once it is *expected* and no message is left to change it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        # Drained first: what is read after it is final.
        if _is_drained(connection) and (outcome := _outcome(connection)) == expected:
            return outcome
        time.sleep(0.1)
    return _outcome(connection)


def _is_drained(connection: str) -> bool:
    """Tell whether the queues are empty, asked in the order in which messages move."""
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.queue import QueueServiceClient

    with QueueServiceClient.from_connection_string(connection) as queues:
        for name in (names.RECEIVED, names.ENRICHED, names.REJECTED):
            try:
                if queues.get_queue_client(name).get_queue_properties().approximate_message_count:
                    return False
            except ResourceNotFoundError:
                return False  # nothing came as far as this queue yet
    return True


def _outcome(connection: str) -> Outcome:
    """Return what the tables hold, less what differs from run to run (times and ids)."""
    rows = _rows(connection, "Leads")
    leads = [
        {**{name: row[name] for name in SHOWN if name in row}, "Offer": row["PartitionKey"]}
        for row in rows
        if row["Kind"] == "lead"
    ]
    return {
        "leads": sorted(leads, key=lambda lead: (lead["Offer"], lead["Email"], lead["Actions"])),
        "rows": dict(sorted(Counter(row["Kind"] for row in rows).items())),
        "dead_letters": [
            row["Cause"].split(":")[0] for row in _rows(connection, "LeadDeadLetters")
        ],
    }


def _rows(connection: str, table: str) -> list[dict[str, Any]]:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.data.tables import TableClient

    with TableClient.from_connection_string(connection, table) as client:
        try:
            return [dict(row) for row in client.list_entities()]
        except ResourceNotFoundError:
            return []  # nothing arrived yet


def _report(outcome: Outcome, refusals: int, *, seconds: float) -> None:
    rows = outcome["rows"]
    print(
        f"\nAfter {seconds:.1f} s: {rows.get('touch', 0)} touches of {rows.get('lead', 0)} leads, "
        f"{refusals} refused, {len(outcome['dead_letters'])} kept as dead letters "
        f"({', '.join(outcome['dead_letters'])}).\n",
        flush=True,
    )


def _list_leads(environment: dict[str, str]) -> None:
    print("$ python -m leads list --include-tests", flush=True)
    command = [sys.executable, "-m", "leads", "list", "--include-tests"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def _verdict(outcome: Outcome, expected: Outcome) -> int:
    if outcome == expected:
        print("\nThe table is what the samples should give.")
        return 0
    print("\nThe table is NOT what the samples should give.", file=sys.stderr)
    for name in expected:
        if outcome[name] != expected[name]:
            print(f"{name}\n  expected {expected[name]}\n  got      {outcome[name]}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
