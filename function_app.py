"""Triggers and bindings, and nothing else: each function reads, calls a use case, answers.

Queue hops are bindings: they cost no Python, and a failed write fails the invocation, so that a
202 means that the message is in the queue (DESIGN 5.6). Bindings carry bytes both ways, because the
host would re-format a JSON string, and copy its keys over the trigger's own metadata.

Each function imports its use case itself: on Azure an instance runs one function, and pays at its
cold start for no other.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import azure.functions as func

from leads.names import CONNECTION, ENRICHED, RECEIVED, REJECTED

if TYPE_CHECKING:
    from leads.door import Answer

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

# The SDK logs the paths of its requests, and a path holds keys of leads.
logging.getLogger("azure").setLevel(logging.WARNING)


# No `methods`: the host would answer 404 to the others, where DESIGN 4.1 promises 405.
@app.route(route="leads")
@app.queue_output(arg_name="received", queue_name=RECEIVED, connection=CONNECTION)
@app.queue_output(arg_name="rejected", queue_name=REJECTED, connection=CONNECTION)
def receive_lead(
    req: func.HttpRequest,
    context: func.Context,
    received: func.Out[bytes],
    rejected: func.Out[bytes],
) -> func.HttpResponse:
    """Accept a lead from the marketplace and queue it."""
    from leads import telemetry, wiring
    from leads.door import Request
    from leads.pipeline.receive import receive

    reception = receive(
        Request(method=req.method, headers=req.headers, body=req.get_body()),
        aliases=wiring.aliases(),
        delivery_id=wiring.new_delivery_id(),
        received_at=wiring.now(),
        traceparent=context.trace_context.trace_parent or "",
    )
    _set(received, reception.received)
    _set(rejected, reception.rejected)
    telemetry.log_reception(reception)
    return _response(reception.answer)


@app.queue_trigger(
    arg_name="message",
    queue_name=RECEIVED,
    connection=CONNECTION,
    data_type=func.DataType.BINARY,
)
@app.queue_output(arg_name="enriched", queue_name=ENRICHED, connection=CONNECTION)
@app.queue_output(arg_name="rejected", queue_name=REJECTED, connection=CONNECTION)
def enrich_lead(
    message: func.QueueMessage, enriched: func.Out[bytes], rejected: func.Out[bytes]
) -> None:
    """Drop what the table already knows; else add what can be found offline."""
    from leads import telemetry, wiring
    from leads.pipeline.enrich import enrich

    step = enrich(
        message.get_body(),
        attempt=message.dequeue_count or 1,
        open_ports=wiring.ports,
        now=wiring.now(),
    )
    _set(enriched, step.enriched)
    _set(rejected, step.rejected)
    telemetry.log_step("enrich", step)


@app.queue_trigger(
    arg_name="message",
    queue_name=ENRICHED,
    connection=CONNECTION,
    data_type=func.DataType.BINARY,
)
@app.queue_output(arg_name="rejected", queue_name=REJECTED, connection=CONNECTION)
def write_lead(message: func.QueueMessage, rejected: func.Out[bytes]) -> None:
    """Record the touch and fold it into its lead."""
    from leads import telemetry, wiring
    from leads.pipeline.write import write

    step = write(
        message.get_body(),
        attempt=message.dequeue_count or 1,
        open_ports=wiring.ports,
        now=wiring.now(),
    )
    _set(rejected, step.rejected)
    telemetry.log_step("write", step)


@app.queue_trigger(
    arg_name="message",
    queue_name=REJECTED,
    connection=CONNECTION,
    data_type=func.DataType.BINARY,
)
def bury_lead(message: func.QueueMessage) -> None:
    """Keep what could not be processed, with its cause."""
    from leads import telemetry, wiring
    from leads.pipeline.bury import bury

    step = bury(message.get_body(), letters=wiring.dead_letters(), now=wiring.now())
    telemetry.log_step("bury", step)


@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
def tend_leads(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the host passes it
    """Do what lies between leads: drain, redrive, keep alive, erase, count."""
    from leads import telemetry
    from leads.errors import TendingIncomplete
    from leads.tending.run import tend
    from leads.wiring import operating

    report = tend(operating.tend_ports(), operating.tend_bounds())
    telemetry.log_tending(report)
    if report.failures:
        raise TendingIncomplete("; ".join(report.failures))


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the host passes it
    """Tell whether leads can be stored, and are."""
    from leads import wiring

    return _response(wiring.health_check().answer())


# No `methods`, as at the door. Anonymous: who may look is decided by App Service authentication.
@app.route(route="dashboard/{page?}", auth_level=func.AuthLevel.ANONYMOUS)
def dashboard(req: func.HttpRequest) -> func.HttpResponse:
    """Show the leads to who may see them."""
    from leads import telemetry
    from leads.dashboard.wire import Request
    from leads.wiring import dashboard as wired

    page = req.route_params.get("page", "")
    request = Request(method=req.method, page=page, query=req.params, headers=req.headers)
    visit = wired.visit(request)
    telemetry.log_visit(visit)
    return _response(visit.answer)


def _set(output: func.Out[bytes], body: bytes | None) -> None:
    if body is not None:
        output.set(body)


def _response(answer: Answer) -> func.HttpResponse:
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        headers=dict(answer.headers),
        mimetype=answer.content_type,
    )
