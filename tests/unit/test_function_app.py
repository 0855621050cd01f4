from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

import function_app
from leads import wiring
from leads.dashboard.wire import Request, Visit
from leads.dashboard.wire import answer as answered
from leads.errors import TendingIncomplete
from leads.names import CONNECTION, ENRICHED, RECEIVED, REJECTED
from leads.pipeline.stage import LAST_ATTEMPT
from leads.wiring import dashboard as wired
from leads.wiring import operating
from tests.unit.factories import payload
from tests.unit.world import World

ROOT = Path(__file__).parents[2]
HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

# Building the functions checks the decorators, as the host does; it can be done once.
FUNCTIONS = {
    function.get_function_name(): function for function in function_app.app.get_functions()
}
LEADS_QUEUES = (RECEIVED, ENRICHED, REJECTED)


def bindings(name: str) -> list[dict[str, Any]]:
    return [binding.get_dict_repr() for binding in FUNCTIONS[name].get_bindings()]


def trigger(name: str) -> dict[str, Any]:
    [found] = [binding for binding in bindings(name) if "Trigger" in binding["type"]]
    return found


def outputs(name: str) -> dict[str, str]:
    """Return the queue outputs of a function: argument and queue."""
    return {b["name"]: b["queueName"] for b in bindings(name) if b["type"] == "queue"}


def test_these_are_the_functions() -> None:
    assert set(FUNCTIONS) == {
        "receive_lead",
        "enrich_lead",
        "write_lead",
        "bury_lead",
        "tend_leads",
        "health",
        "dashboard",
    }


def test_the_door_takes_every_method_because_the_host_would_answer_404_to_others() -> None:
    door = trigger("receive_lead")

    assert (door["type"], door["route"]) == ("httpTrigger", "leads")
    assert door["authLevel"] == func.AuthLevel.FUNCTION
    assert "methods" not in door


def test_health_is_open_to_everybody_and_read_only() -> None:
    health = trigger("health")

    assert (health["type"], health["route"]) == ("httpTrigger", "health")
    assert health["authLevel"] == func.AuthLevel.ANONYMOUS
    assert [method.value for method in health["methods"]] == ["GET"]


def test_the_dashboard_is_reached_by_everybody_because_it_decides_itself_who_may_look() -> None:
    dashboard = trigger("dashboard")

    assert (dashboard["type"], dashboard["route"]) == ("httpTrigger", "dashboard/{page?}")
    assert dashboard["authLevel"] == func.AuthLevel.ANONYMOUS
    assert "methods" not in dashboard


@pytest.mark.parametrize(
    ("name", "queue"),
    [("enrich_lead", RECEIVED), ("write_lead", ENRICHED), ("bury_lead", REJECTED)],
)
def test_every_queue_has_its_reader_who_gets_bytes(name: str, queue: str) -> None:
    found = trigger(name)

    assert (found["type"], found["queueName"]) == ("queueTrigger", queue)
    assert found["dataType"] == func.DataType.BINARY
    assert found["connection"] == CONNECTION == "LeadsStorage"


@pytest.mark.parametrize(
    ("name", "queues"),
    [
        ("receive_lead", {"received": RECEIVED, "rejected": REJECTED}),
        ("enrich_lead", {"enriched": ENRICHED, "rejected": REJECTED}),
        ("write_lead", {"rejected": REJECTED}),
        ("bury_lead", {}),
        ("tend_leads", {}),
        ("health", {}),
        ("dashboard", {}),
    ],
)
def test_every_function_sends_where_the_design_says(name: str, queues: dict[str, str]) -> None:
    assert outputs(name) == queues


@pytest.mark.parametrize("name", ["receive_lead", "enrich_lead", "write_lead"])
def test_every_queue_is_in_the_storage_of_the_leads(name: str) -> None:
    connections = {b["connection"] for b in bindings(name) if b["type"] == "queue"}

    assert connections == {"LeadsStorage"}


def test_the_queues_are_named_as_agreed() -> None:
    assert LEADS_QUEUES == ("leads-received", "leads-enriched", "leads-rejected")


@pytest.mark.parametrize("queue", [*LEADS_QUEUES, *(f"{queue}-poison" for queue in LEADS_QUEUES)])
def test_storage_takes_the_names_of_the_queues(queue: str) -> None:
    assert 3 <= len(queue) <= 63
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", queue)


def test_no_function_reads_a_poison_queue_because_the_host_skips_messages_there() -> None:
    read = {b["queueName"] for f in FUNCTIONS.values() for b in queue_triggers(f)}

    assert read == set(LEADS_QUEUES)


def test_tending_happens_every_five_minutes() -> None:
    timer = trigger("tend_leads")

    assert (timer["type"], timer["schedule"]) == ("timerTrigger", "0 */5 * * * *")


def queue_triggers(function: func.Function) -> list[dict[str, Any]]:
    found = [binding.get_dict_repr() for binding in function.get_bindings()]
    return [binding for binding in found if binding["type"] == "queueTrigger"]


def test_the_host_runs_with_the_numbers_of_the_design() -> None:
    queues = HOST["extensions"]["queues"]

    assert queues == {
        "messageEncoding": "base64",
        "batchSize": 8,
        "newBatchThreshold": 4,
        "visibilityTimeout": "00:01:00",
        "maxDequeueCount": 10,
        "maxPollingInterval": "00:00:05",
    }
    assert HOST["functionTimeout"] == "00:02:00"
    assert HOST["extensions"]["http"]["routePrefix"] == "api"


def test_the_last_attempt_is_the_one_before_the_host_gives_up() -> None:
    assert HOST["extensions"]["queues"]["maxDequeueCount"] == LAST_ATTEMPT


def test_the_door_has_threads_left_when_every_queue_is_busy() -> None:
    queues = HOST["extensions"]["queues"]
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))

    threads = int(sample["Values"]["PYTHON_THREADPOOL_THREAD_COUNT"])

    triggered = [function for function in FUNCTIONS.values() if queue_triggers(function)]
    busy = len(triggered) * (queues["batchSize"] + queues["newBatchThreshold"])
    assert (threads, busy) == (48, 36)


@dataclass
class Output:
    """Stands for an output binding."""

    sent: bytes | None = None

    def set(self, value: bytes) -> None:
        self.sent = value

    def get(self) -> bytes | None:
        return self.sent


@dataclass
class Trace:
    trace_parent: str | None = None


@dataclass
class Invocation:
    trace_context: Trace


def post(body: str, *, method: str = "POST") -> tuple[func.HttpResponse, Output, Output]:
    queued, rejected = Output(), Output()
    request = func.HttpRequest(method=method, url="/api/leads", body=body.encode())
    door = FUNCTIONS["receive_lead"].get_user_function()
    return door(request, Invocation(Trace()), queued, rejected), queued, rejected


def test_the_door_queues_a_lead_and_answers() -> None:
    answer, queued, rejected = post(payload())

    stamped = json.loads(queued.sent or b"")["delivery"]
    assert (answer.status_code, answer.mimetype) == (202, "application/json")
    assert json.loads(answer.get_body())["id"] == stamped["id"]
    assert stamped["payload"] == payload()
    assert rejected.sent is None


def test_the_door_sends_what_it_refuses_to_the_rejected() -> None:
    answer, queued, rejected = post("no JSON")

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert queued.sent is None
    assert json.loads(rejected.sent or b"")["rejected"]["stage"] == "receive"


def test_the_door_names_the_method_that_it_takes() -> None:
    answer, queued, rejected = post("", method="GET")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert (queued.sent, rejected.sent) == (None, None)


def tend(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the timer fire."""
    monkeypatch.setattr(operating, "tend_ports", lambda: world.ports)
    FUNCTIONS["tend_leads"].get_user_function()(func.TimerRequest())


def test_the_timer_tends_and_logs_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.now = wiring.now()
    world.queue(f"{RECEIVED}-poison").put(b"poison")

    with caplog.at_level(logging.INFO, logger="leads"):
        tend(world, monkeypatch)

    [record] = caplog.records
    assert json.loads(record.getMessage()) == {
        "event": "tend.done",
        "buried": 1,
        "failures": [],
    }
    assert record.levelno == logging.INFO
    assert len(world.letters.rows) == 1


def test_what_could_not_be_tended_is_logged_as_an_error_and_fails_the_timer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.down = {"peek"}

    with (
        caplog.at_level(logging.INFO, logger="leads"),
        pytest.raises(TendingIncomplete, match="keep_alive: StorageUnavailable: peek: 503; status"),
    ):
        tend(world, monkeypatch)

    [record] = caplog.records
    assert len(json.loads(record.getMessage())["failures"]) == 2
    assert record.levelno == logging.ERROR


def test_a_run_ends_well_before_the_host_would_end_the_worker() -> None:
    bounds = operating.tend_bounds()

    seconds = bounds.ends_at - bounds.clock()

    assert 60 < seconds < 100
    assert HOST["functionTimeout"] == "00:02:00"
    assert not bounds.reached


def test_the_time_is_utc_in_whole_milliseconds() -> None:
    moment = wiring.now()

    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0


def test_no_two_deliveries_have_one_id_and_a_row_key_takes_it() -> None:
    ids = {wiring.new_delivery_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(re.fullmatch(r"[0-9a-f-]{36}", delivery_id) for delivery_id in ids)


INDEX = """
import sys
import function_app
names = [f.get_function_name() for f in function_app.app.get_functions()]
rooms = (
    "azure.data", "azure.core", "azure.storage", "jinja2", "leads.pipeline", "leads.tending",
    "leads.dashboard",
)
slow = [m for m in sys.modules if m.startswith(rooms)]
print(len(names), slow)
"""


def test_the_host_indexes_the_functions_without_any_setting_and_without_the_sdk() -> None:
    bare = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}

    run = subprocess.run(
        [sys.executable, "-c", INDEX],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.split(maxsplit=1) == [str(len(FUNCTIONS)), "[]\n"]


ON_THE_DOOR = """
import sys
from leads.door import Request
from leads.pipeline.receive import receive
from leads import telemetry, wiring
from datetime import datetime, UTC
request = Request(method="POST", headers={}, body=sys.stdin.buffer.read())
answer = receive(
    request, aliases=wiring.aliases(), delivery_id="d", received_at=datetime.now(UTC)
).answer
rooms = ("azure.", "phonenumbers", "publicsuffixlist", "jinja2", "leads.dashboard")
slow = [m for m in sys.modules if m.startswith(rooms)]
print(answer.status, slow)
"""


def test_the_door_loads_neither_the_sdk_nor_the_libraries_of_enrichment() -> None:
    run = subprocess.run(
        [sys.executable, "-c", ON_THE_DOOR],
        cwd=ROOT,
        input=payload(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "202 []\n"


HEALTH = """
import sys
import azure.functions as func
import function_app
[health] = [
    f.get_user_function() for f in function_app.app.get_functions()
    if f.get_function_name() == "health"
]
answer = health(func.HttpRequest(method="GET", url="/api/health", body=b""))
rooms = ("azure.storage", "azure.identity", "leads.queues", "leads.tending", "leads.upkeep")
print(answer.status_code, "azure.data.tables" in sys.modules)
print([m for m in sys.modules if m.startswith(rooms)])
"""
NOBODY_THERE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint={}"


def test_health_looks_at_the_tables_alone_and_loads_nothing_for_the_queues() -> None:
    connection = NOBODY_THERE.format("http://127.0.0.1:9/a")  # the port of nobody

    run = subprocess.run(
        [sys.executable, "-c", HEALTH],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LeadsStorage": connection},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "503 True\n[]\n"


def look(**query: str) -> func.HttpResponse:
    """Ask the dashboard for the contact data of a lead, where it is open to this machine."""
    request = func.HttpRequest(
        method="GET",
        url="/api/dashboard/lead",
        headers={"Host": "localhost:7071"},
        params={"contact": "shown", **query},
        route_params={"page": "lead"},
        body=b"",
    )
    answer: func.HttpResponse = FUNCTIONS["dashboard"].get_user_function()(request)
    return answer


def test_the_dashboard_answers_html_and_logs_who_opened_contact_data(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Visit(answer=answered(200, b"<h1>Ada</h1>"), viewer="local", shown="e" + "0" * 32)
    requests: list[Request] = []

    def visit(request: Request) -> Visit:
        requests.append(request)
        return seen

    monkeypatch.setattr(wired, "visit", visit)

    with caplog.at_level(logging.INFO, logger="leads"):
        answer = look(offer="contoso.saas")

    [request], [record] = requests, caplog.records
    assert (request.page, request.query["offer"]) == ("lead", "contoso.saas")
    assert request.headers["host"] == "localhost:7071"
    assert (answer.status_code, answer.mimetype, answer.get_body()) == (
        200, "text/html", b"<h1>Ada</h1>",
    )  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(record.getMessage())["event"] == "dashboard.contact_shown"


WHERE = {
    "open on this machine": ({}, True),
    "not asked for": ({"LEADS_DASHBOARD_OPEN": ""}, False),
    "asked for by another word": ({"LEADS_DASHBOARD_OPEN": "true"}, False),
    "an account": ({"LeadsStorage": "AccountName=contoso;AccountKey=a2V5"}, False),
    "an account by its addresses": (
        {"LeadsStorage": "", "LeadsStorage__tableServiceUri": "http://127.0.0.1:10002/a"},
        False,
    ),
    "an instance in Azure": ({"WEBSITE_INSTANCE_ID": "1"}, False),
    "an app in Azure": ({"WEBSITE_SITE_NAME": "contoso-leads"}, False),
    "an app in Flex Consumption": ({"WEBSITE_POD_NAME": "1"}, False),
    "an app in a container": ({"CONTAINER_APP_NAME": "contoso-leads"}, False),
    "Core Tools": ({"WEBSITE_HOSTNAME": "localhost:7071"}, True),
}


@pytest.mark.parametrize(("env", "opened"), WHERE.values(), ids=WHERE)
def test_the_dashboard_opens_without_a_role_on_a_developers_machine_alone(
    env: dict[str, str], opened: bool
) -> None:
    local = {"LeadsStorage": "UseDevelopmentStorage=true", "LEADS_DASHBOARD_OPEN": "local"}

    gate = wired.gate_of(local | env)

    assert (gate.open_locally, gate.platform_auth, gate.role) == (opened, False, "Leads.Read")


@pytest.mark.parametrize(
    ("text", "on"), [("True", True), ("true", True), ("False", False), ("1", False), ("", False)]
)
def test_platform_authentication_is_on_where_azure_says_so(text: str, on: bool) -> None:
    assert wired.gate_of({"WEBSITE_AUTH_ENABLED": text}).platform_auth == on


DASHBOARD = """
import sys
import azure.functions as func
import function_app
[dashboard] = [
    f.get_user_function() for f in function_app.app.get_functions()
    if f.get_function_name() == "dashboard"
]
answer = dashboard(func.HttpRequest(method="GET", url="/api/dashboard", body=b""))
rooms = ("azure.data", "azure.storage", "azure.identity", "leads.queues", "leads.pipeline",
    "leads.tables.reading", "phonenumbers")
print(answer.status_code)
print([m for m in sys.modules if m.startswith(rooms)])
"""


def test_the_dashboard_refuses_without_loading_anything_that_reads_a_table() -> None:
    run = subprocess.run(
        [sys.executable, "-c", DASHBOARD],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "403\n[]\n"
