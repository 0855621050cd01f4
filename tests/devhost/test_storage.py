from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import HttpResponseError

from devhost.functions import Binding
from devhost.settings import InvalidSettings
from devhost.storage import Queues, is_worth_waiting

if TYPE_CHECKING:
    from tests.devhost.conftest import Lab

BINDING = Binding({"type": "queue", "queueName": "%NAME%-Out", "connection": "Leads"})


def connected(**environ: str) -> Queues:
    queues = Queues({"NAME": "Some", **environ}, message_encoding="base64")
    queues.connect(BINDING)
    return queues


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"Leads": "UseDevelopmentStorage=true"}, "http://127.0.0.1:10001/devstoreaccount1"),
        ({"Leads__queueServiceUri": "https://one.example"}, "https://one.example"),
        ({"Leads__serviceUri": "https://one.example"}, "https://one.example"),
        ({"Leads__accountName": "one"}, "https://one.queue.core.windows.net"),
        (
            {"AzureWebJobsLeads": "UseDevelopmentStorage=true", "Leads__accountName": "one"},
            "http://127.0.0.1:10001/devstoreaccount1",
        ),
        (
            {"Leads__accountName": "one", "Leads__credential": "managedidentity"},
            "https://one.queue.core.windows.net",
        ),
    ],
)
def test_a_connection_is_a_string_or_an_identity(environ: dict[str, str], url: str) -> None:
    """Source: functions-reference, "Connections"; QueueServiceClientProvider.cs."""
    queue = connected(**environ).queue("Leads", "q")

    assert queue.url == f"{url}/q"


@pytest.mark.parametrize("environ", [{}, {"Leads": ""}, {"Leads": "nonsense"}])
def test_a_connection_that_cannot_be_read_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings, match="Leads"):
        connected(**environ)


def test_a_queue_name_is_resolved_and_lower_cased() -> None:
    """Source: QueueTriggerAttributeBindingProvider.cs, NormalizeQueueName."""
    assert connected(Leads="UseDevelopmentStorage=true").name(BINDING) == "some-out"


def test_a_written_message_wakes_who_waits_for_its_queue(lab: Lab) -> None:
    """Source: SharedQueueWatcher.cs."""
    queues = connected(Leads=lab.env["AzureWebJobsStorage"])
    woken, other = threading.Event(), threading.Event()
    queues.wake_on_output(lab.name, woken)
    queues.wake_on_output(f"{lab.name}-other", other)

    queues.put("Leads", lab.name, "eA==")

    assert woken.is_set()
    assert not other.is_set()


@pytest.mark.parametrize(
    ("status", "waits"),
    [(404, True), (409, True), (500, True), (503, True), (400, False), (403, False)],
)
def test_polling_goes_on_after_what_may_pass(status: int, waits: bool) -> None:
    """Source: QueueListener.ExecuteAsync: missing, being deleted, server side."""
    error = HttpResponseError()
    error.status_code = status

    assert is_worth_waiting(error) is waits
