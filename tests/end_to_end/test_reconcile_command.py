"""`python -m leads reconcile`: names exactly the leads of an export that never came."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.end_to_end.app import App, lead, new_offer
from tests.end_to_end.operating import Said, System

HEADER = (
    "Referral ID,Creation Date,Customer Contact Email Address,Offer ID,Offer name,Call to action"
)
ROWS = 60
GAPS = 7


def referrals(folder: Path, *rows: str) -> str:
    path = folder / "Leads.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return str(path)


def row(offer: str, email: str, *, created: str = "", title: str = "A test offer") -> str:
    day = created or f"{datetime.now(UTC):%m/%d/%Y}"
    return f"r-{email},{day},{email},{offer},{title},Get it now"


def post(app: App, offer: str, *emails: str) -> None:
    for email in emails:
        app.post(lead(offer, UserDetails={"Email": email}))
    app.drain()


def reconciled(system: System, *arguments: str) -> tuple[Said, list[str]]:
    said = system.leads("reconcile", *arguments, "-o", "json")
    return said, [one["email"] for one in said.document]


def test_exactly_the_missing_leads_are_named(system: System, tmp_path: Path) -> None:
    offer = new_offer()
    emails = [f"p{n}@{offer}.example.com" for n in range(ROWS)]
    gaps = set(random.Random(7).sample(emails, GAPS))  # noqa: S311 - a seed, not a secret
    post(system.app, offer, *(email for email in emails if email not in gaps))

    said, missing = reconciled(system, referrals(tmp_path, *(row(offer, one) for one in emails)))

    assert missing == [email for email in emails if email in gaps]
    assert [one["line"] for one in said.document] == [emails.index(one) + 2 for one in missing]
    assert said.code == 3
    assert f"{ROWS} rows: {GAPS} missing, {ROWS - GAPS} got" in said.err


@pytest.mark.parametrize(
    ("days", "within", "code"),
    [(0, "2", 0), (4, "2", 3), (4, "5", 0), (1, "0.1", 3)],
)
def test_a_touch_must_lie_near_the_time_of_the_row(
    system: System, tmp_path: Path, days: int, within: str, code: int
) -> None:
    offer = new_offer()
    post(system.app, offer, f"ada@{offer}.example.com")
    created = (datetime.now(UTC) - timedelta(days=days)).isoformat()

    file = referrals(tmp_path, row(offer, f"ada@{offer}.example.com", created=created))

    assert system.leads("reconcile", file, "--within", within).code == code


def test_an_offer_that_is_called_otherwise_here_is_found_by_its_title(
    system: System, tmp_path: Path
) -> None:
    title, email = new_offer(), f"ada@{new_offer()}.example.com"
    system.app.post(
        lead("", UserDetails={"Email": email}, OfferTitle=title, LeadSource="AzureMarketplace")
    )
    system.app.drain()

    said, missing = reconciled(system, referrals(tmp_path, row("other.id", email, title=title)))

    assert (said.code, missing) == (0, [])


def test_an_offer_that_nobody_knows_is_looked_for_everywhere(
    system: System, tmp_path: Path
) -> None:
    offer = new_offer()
    email = f"ada@{offer}.example.com"
    post(system.app, offer, email)

    said, missing = reconciled(
        system, referrals(tmp_path, row("a-guid-of-its-own", email, title="Nobody calls it so"))
    )

    assert (said.code, missing) == (0, [])


def test_what_is_missing_is_imported_from_the_same_file_and_then_is_there(
    system: System, tmp_path: Path
) -> None:
    offer = new_offer()
    ada, grace = f"ada@{offer}.example.com", f"grace@{offer}.example.com"
    post(system.app, offer, ada)
    file = referrals(tmp_path, row(offer, ada), row(offer, grace))

    before, missing = reconciled(system, file)
    imported = [system.leads("import", file, "--yes", "--wait") for _ in range(2)]
    after, left = reconciled(system, file)

    assert (before.code, missing) == (3, [grace])
    assert ["1 sent" in one.err for one in imported] == [True, False]
    assert (after.code, left, len(system.app.offer(offer, "touch"))) == (0, [], 2)


def test_who_was_erased_is_not_missing(system: System, tmp_path: Path) -> None:
    offer = new_offer()
    email = f"gone@{offer}.example.com"
    post(system.app, offer, email, f"stays@{offer}.example.com")
    system.leads("forget", email)
    created = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

    said, missing = reconciled(system, referrals(tmp_path, row(offer, email, created=created)))

    assert (said.code, missing) == (0, [])
    assert "1 row: 0 missing, 0 got, 1 erased since" in said.err


def test_a_row_that_names_nobody_is_told_and_is_not_missing(system: System, tmp_path: Path) -> None:
    said, missing = reconciled(system, referrals(tmp_path, row(new_offer(), "")))

    assert (said.code, missing) == (1, [])
    assert "line 2: it says nothing of its person" in said.err
