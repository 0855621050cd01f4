from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from leads.door import PROBLEMS, Request, accepted, blame, broken, is_worth_keeping, refused
from leads.errors import InvalidPayload

LEADS = Path(__file__).parents[2] / "leads"


def request(*, body: bytes = b"{", content_type: str = "application/json") -> Request:
    return Request(method="POST", headers={"content-type": content_type}, body=body)


def raised_problems() -> set[str]:
    """Return every slug that the code names; one that is passed on was named elsewhere."""
    calls = [
        node
        for path in LEADS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InvalidPayload"
    ]
    slugs = [call.args[0] for call in calls]
    return {str(ast.literal_eval(one)) for one in slugs if not isinstance(one, ast.Attribute)}


def test_every_problem_that_the_code_raises_has_its_answer() -> None:
    assert raised_problems() == set(PROBLEMS)


def test_the_slugs_are_a_contract() -> None:
    assert {slug: status for slug, (status, _) in PROBLEMS.items()} == {
        "empty-body": 400,
        "undecodable-text": 400,
        "invalid-json": 400,
        "not-an-object": 400,
        "duplicate-key": 400,
        "invalid-number": 400,
        "too-deep": 400,
        "too-many-values": 400,
        "method-not-allowed": 405,
        "length-required": 411,
        "too-large": 413,
        "unsupported-encoding": 415,
        "unsupported-media-type": 415,
        "no-lead-fields": 422,
        "internal-error": 500,
    }


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_refusal_is_a_problem_document(slug: str) -> None:
    status, title = PROBLEMS[slug]

    answer = refused(InvalidPayload(slug, "What is wrong, and where."))

    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert json.loads(answer.body) == {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": "What is wrong, and where.",
    }


@pytest.mark.parametrize("slug", PROBLEMS)
def test_only_a_method_is_told_which_ones_are_allowed(slug: str) -> None:
    answer = refused(InvalidPayload(slug, ""))

    assert answer.headers == ({"Allow": "POST"} if slug == "method-not-allowed" else {})


def test_an_accepted_lead_is_told_its_delivery() -> None:
    answer = accepted("d-1")

    assert (answer.status, answer.content_type) == (202, "application/json")
    assert json.loads(answer.body) == {"id": "d-1", "status": "accepted"}


def test_a_fault_of_ours_is_answered_as_one() -> None:
    answer = broken()

    assert (answer.status, json.loads(answer.body)["type"]) == (500, "/problems/internal-error")


@pytest.mark.parametrize("slug", PROBLEMS)
def test_what_may_be_a_lead_is_worth_keeping(slug: str) -> None:
    may_be_a_lead = PROBLEMS[slug][0] in {400, 413, 415, 422}

    assert is_worth_keeping(InvalidPayload(slug, ""), request()) == may_be_a_lead
    assert not is_worth_keeping(InvalidPayload(slug, ""), request(body=b""))


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/xml",
        " Text/XML; charset=utf-8",
        "application/soap+xml",
    ],
)
@pytest.mark.parametrize("slug", ["invalid-json", "undecodable-text"])
def test_what_is_no_json_and_says_so_is_blamed_on_its_media_type(
    slug: str, content_type: str
) -> None:
    blamed = blame(InvalidPayload(slug, ""), request(content_type=content_type))

    assert blamed.problem == "unsupported-media-type"


@pytest.mark.parametrize(
    ("slug", "content_type"),
    [
        ("invalid-json", "application/json"),
        ("invalid-json", "text/plain"),
        ("invalid-json", ""),
        ("no-lead-fields", "application/xml"),
        ("duplicate-key", "multipart/form-data"),
    ],
)
def test_every_other_error_stays_as_it_is(slug: str, content_type: str) -> None:
    error = InvalidPayload(slug, "")

    blamed = blame(error, request(content_type=content_type))

    assert blamed is error
