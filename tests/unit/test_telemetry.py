from __future__ import annotations

import json
import logging
from typing import Any, NoReturn

import pytest

from leads.door import broken
from leads.errors import StorageUnavailable
from leads.messages import Message, encode
from leads.outcome import Outcome
from leads.payload import CONTACT_FIELDS, LEAD_FIELDS
from leads.pipeline.bury import bury
from leads.pipeline.enrich import enrich
from leads.pipeline.receive import Reception
from leads.pipeline.stage import LAST_ATTEMPT, Step
from leads.pipeline.write import write
from leads.telemetry import log_reception, log_step, log_tending
from leads.tending.run import TendReport
from tests.memory import MemoryStore
from tests.unit.factories import ADA, HOUR, START, delivery, identity, payload, ports, post

CANARY = "kanarienvogel"


def canary_payload() -> str:
    """Return a payload that holds the canary in every field."""
    person = dict.fromkeys(CONTACT_FIELDS, CANARY) | {"Email": f"{CANARY}@{CANARY}.com"}
    top = dict.fromkeys(LEAD_FIELDS, CANARY) | {"LeadSource": f"{CANARY}-{CANARY}|{CANARY}"}
    return payload(person=person, **top, **{CANARY: CANARY})


def line(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return the one line that was logged."""
    [record] = caplog.records
    logged: dict[str, Any] = json.loads(record.getMessage())
    assert record.name == "leads"
    assert "\n" not in record.getMessage()
    return logged


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="leads")


def test_an_accepted_lead_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    log_reception(post(payload(), delivery_id="d-7"))

    logged = line(caplog)
    assert logged == {
        "event": "receive.accepted",
        "status": 202,
        "delivery": "d-7",
        "lead": logged["lead"],
    }
    assert len(logged["lead"]) == 9


def test_a_refused_payload_is_one_line_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    log_reception(post("{}"))

    logged = line(caplog)
    assert (logged["event"], logged["status"]) == ("receive.refused", 422)
    assert logged["cause"].startswith("InvalidPayload: The object has none of the fields")
    assert set(logged) == {"event", "status", "cause"}


@pytest.mark.parametrize(
    ("reception", "level"),
    [
        pytest.param(post(payload()), logging.INFO, id="accepted"),
        pytest.param(post("{}"), logging.WARNING, id="refused"),
        pytest.param(post(b""), logging.WARNING, id="empty"),
        pytest.param(
            post(b"", headers={"transfer-encoding": "chunked"}), logging.ERROR, id="chunked"
        ),
        pytest.param(
            Reception(answer=broken(), outcome=Outcome.REFUSED), logging.ERROR, id="a bug"
        ),
    ],
)
def test_a_door_that_seems_shut_is_an_error(
    reception: Reception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    log_reception(reception)

    assert [record.levelno for record in caplog.records] == [level]


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (Outcome.ENRICHED, logging.INFO),
        (Outcome.RECORDED, logging.INFO),
        (Outcome.REDELIVERED, logging.INFO),
        (Outcome.DUPLICATE, logging.INFO),
        (Outcome.ERASED, logging.INFO),
        (Outcome.REJECTED, logging.ERROR),
        (Outcome.BURIED, logging.WARNING),
    ],
)
def test_every_outcome_of_a_stage_is_one_line_at_its_level(
    outcome: Outcome, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    log_step("write", Step(outcome=outcome, delivery=delivery(delivery_id="d-7")))

    assert line(caplog) == {
        "event": f"write.{outcome}",
        "delivery": "d-7",
        "lead": identity().lead_key[:9],
    }
    assert [record.levelno for record in caplog.records] == [level]


def test_a_rejection_tells_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    log_step("write", Step(outcome=Outcome.REJECTED, error=StorageUnavailable("503")))

    assert line(caplog) == {"event": "write.rejected", "cause": "StorageUnavailable: 503"}


def test_no_text_can_break_out_of_its_line(caplog: pytest.LogCaptureFixture) -> None:
    forged = StorageUnavailable('x"}\n{"event": "forged"}')

    log_step("write", Step(outcome=Outcome.REJECTED, error=forged))

    assert line(caplog)["event"] == "write.rejected"


@pytest.mark.parametrize(
    ("failures", "level"),
    [((), logging.INFO), (("keep_alive: StorageUnavailable: 503",), logging.ERROR)],
    ids=["done", "incomplete"],
)
def test_a_run_of_tending_is_one_line_with_its_counts(
    failures: tuple[str, ...], level: int, caplog: pytest.LogCaptureFixture
) -> None:
    log_tending(TendReport(counts={"buried": 2, "still refused": 1}, failures=failures))

    assert line(caplog) == {
        "event": "tend.done",
        "buried": 2,
        "still refused": 1,
        "failures": list(failures),
    }
    assert [record.levelno for record in caplog.records] == [level]


def stumble(_call: str) -> NoReturn:
    raise KeyError(CANARY)


def test_no_line_holds_what_a_customer_sent_whatever_becomes_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, text = MemoryStore(), canary_payload()
    arrivals = [post(text), post(text, delivery_id="d-2", after=HOUR), post(text[:-1]), post("{")]
    bodies = [arrival.received for arrival in arrivals if arrival.received]
    unreadable = encode(Message(delivery=delivery(text[:-1])))

    for arrival in arrivals:
        log_reception(arrival)
        if arrival.rejected:
            log_step("bury", bury(arrival.rejected, letters=store, now=START))
    for body in [*bodies, unreadable]:
        for stage in (write, enrich):
            step = stage(body, attempt=1, open_ports=lambda: ports(store), now=START)
            log_step(stage.__name__, step)
    stumbling = ports(MemoryStore(before=stumble))
    step = write(bodies[0], attempt=LAST_ATTEMPT, open_ports=lambda: stumbling, now=START)
    log_step("write", step)

    events = {json.loads(record.getMessage())["event"] for record in caplog.records}
    assert events >= {"receive.accepted", "receive.refused", "bury.buried", "write.recorded"}
    assert events >= {"write.duplicate", "enrich.duplicate", "enrich.rejected", "write.rejected"}
    assert CANARY not in caplog.text.casefold()


def test_no_line_holds_a_whole_lead_key(caplog: pytest.LogCaptureFixture) -> None:
    reception = post(payload(person=ADA))

    log_reception(reception)

    assert reception.delivery is not None
    assert reception.delivery.identity.lead_key not in caplog.text
    assert reception.delivery.identity.lead_key[:9] in caplog.text
