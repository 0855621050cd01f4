from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NoReturn

import pytest

from leads.errors import InvalidSettings, StorageUnavailable
from leads.health import check

CANARY = "AccountKey=kanarienvogel"


@dataclass
class Table:
    """A table that answers, or fails in one way."""

    failure: Exception | None = None

    def get(self, partition: str, row: str) -> object | None:
        assert partition
        assert row
        if self.failure:
            raise self.failure
        return None


def test_a_table_that_answers_is_healthy_even_without_a_row() -> None:
    answer = check(Table)

    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ok"}


def test_a_table_that_does_not_answer_is_unavailable() -> None:
    answer = check(lambda: Table(StorageUnavailable("could not read a row: 503")))

    assert answer.status == 503
    assert json.loads(answer.body) == {
        "status": "unavailable",
        "cause": "StorageUnavailable: could not read a row: 503",
    }


def test_faulty_settings_are_unavailable_and_all_named() -> None:
    def open_table() -> NoReturn:
        raise InvalidSettings("LEADS_DNC_POLICY is none of latest, sticky; LeadsStorage is not set")

    answer = check(open_table)

    assert answer.status == 503
    assert json.loads(answer.body)["cause"] == (
        "InvalidSettings: LEADS_DNC_POLICY is none of latest, sticky; LeadsStorage is not set"
    )


@pytest.mark.parametrize("failure", [ValueError(CANARY), KeyError(CANARY), OSError(CANARY)])
def test_any_other_failure_is_unavailable_and_its_message_stays_inside(failure: Exception) -> None:
    answer = check(lambda: Table(failure))

    assert answer.status == 503
    assert json.loads(answer.body)["cause"].startswith("UnexpectedError: ")
    assert CANARY.encode() not in answer.body


@pytest.mark.parametrize("table", [Table(), Table(StorageUnavailable("503"))])
def test_no_answer_is_cached(table: Table) -> None:
    answer = check(lambda: table)

    assert answer.headers == {"Cache-Control": "no-store"}
    assert answer.content_type == "application/json"
