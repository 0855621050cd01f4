"""The plain version really works: otherwise nothing could be measured against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.plain.function_app import ENRICHED, RECEIVED, TABLE
from benchmarks.rig import Rig
from tests.end_to_end.app import App, Row, lead, wait_until

PLAIN = Path(__file__).parents[2] / "benchmarks" / "plain"
OFFER = "contoso.plain"


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with Rig(app=PLAIN, flags=("--max-poll", "0.3")) as rig:
        yield App(url=rig.host.url, connection=rig.connection)


def drain(app: App) -> None:
    # In the order of the pipeline: a message moves forward only, so none slips by unseen.
    wait_until(lambda: not any(app.depth(queue) for queue in (RECEIVED, ENRICHED)))


def posted(email: str) -> Row:
    return lead(OFFER, UserDetails={"Email": email, "Phone": "+44 20 7946 0000"})


def test_three_posts_of_two_customers_become_two_leads(app: App) -> None:
    for email in ("Ada@contoso.com", "ada@contoso.com", "grace@contoso.com"):
        reply = app.post(posted(email))
        drain(app)  # before the next: two touches of one customer at once are counted as one
        assert reply.status == 202

    rows = app.rows(TABLE, "PartitionKey eq @offer", offer=OFFER)

    found = {
        row["RowKey"]: (row["TouchCount"], row["EmailDomain"], row["PhoneE164"]) for row in rows
    }
    assert found == {
        "ada@contoso.com": (2, "contoso.com", "+442079460000"),
        "grace@contoso.com": (1, "contoso.com", "+442079460000"),
    }


def test_what_is_not_json_is_refused(app: App) -> None:
    assert app.post(b"{").status == 400
