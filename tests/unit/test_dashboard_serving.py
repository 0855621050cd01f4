from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import telemetry
from leads.dashboard import pages, serving
from leads.dashboard.access import Gate, Reason
from leads.dashboard.notices import refusal
from leads.dashboard.sources import Row, Sources
from leads.dashboard.wire import Request, Visit
from leads.errors import InvalidSettings, StorageUnavailable
from leads.identity import lead_key
from leads.model import Contact
from leads.selection import Selection
from leads.tending.status import OfferStatus, Status

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OFFER, KEY = "contoso.saas", "e" + "0123456789abcdef" * 2
EMAIL = "ada@example.com"
OPEN = Gate(platform_auth=False, role="Leads.Read", open_locally=True)
SHUT = replace(OPEN, open_locally=False)
ENTRA = replace(SHUT, platform_auth=True)

LEAD: Row = {
    "PartitionKey": OFFER, "RowKey": f"lead|{KEY}", "Kind": "lead", "LeadKey": KEY,
    "FirstName": "Ada", "LastName": "Lovelace", "Email": EMAIL, "Stage": "trial",
    "ContactStatus": "contactable", "LastSeen": NOW, "FirstSeen": NOW, "TouchCount": 1,
    "IsTest": False,
}  # fmt: skip


@dataclass
class Tables:
    """The tables with one lead, or what goes wrong where somebody reads them."""

    error: Exception | None = None
    opened: int = 0
    rows: list[Row] = field(default_factory=lambda: [LEAD])

    def open(self) -> Sources:
        self.opened += 1
        if isinstance(self.error, InvalidSettings):
            raise self.error
        return Sources(leads=self, status=self)

    def found(self) -> Iterator[Row]:
        if self.error:
            raise self.error
        return iter(self.rows)

    def offers(self) -> Iterator[str]:
        return (str(row["PartitionKey"]) for row in self.found())

    def recent(self, offer: str | None = None, **_: object) -> Iterator[Row]:
        listed = {**LEAD, "RowKey": f"recent|8236800000000|{KEY}", "Kind": "recent"}
        return iter([listed]) if list(self.found()) and offer in {None, OFFER} else iter([])

    def lead(self, offer: str, lead_key: str) -> Row | None:
        return next((r for r in self.found() if (offer, lead_key) == (OFFER, KEY)), None)

    def everywhere(self, lead_key: str) -> Iterator[Row]:
        return (row for row in self.found() if row["LeadKey"] == lead_key)

    def journey(
        self, _offer: str, _lead_key: str, *, columns: tuple[str, ...] | None = None
    ) -> Iterator[Row]:
        del columns
        return iter([])

    def read(self) -> Status | None:
        self.found()
        return None

    def offers_with_statistics(self) -> Mapping[str, OfferStatus]:
        self.found()
        return {}


def asked(
    page: str = "",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    **query: str,
) -> Request:
    local = {"host": "localhost:7071"}
    return Request(method=method, page=page, query=query, headers=local | dict(headers or {}))


def visit(
    request: Request,
    *,
    gate: Gate = OPEN,
    tables: Tables | None = None,
    open_sources: Callable[[], Sources] | None = None,
) -> Visit:
    opener = open_sources or (tables or Tables()).open
    return serving.visit(request, gate=gate, open_sources=opener, now=NOW)


def text(seen: Visit) -> str:
    return seen.answer.body.decode()


EVERY_ANSWER: Mapping[str, Callable[[], Visit]] = {
    "the overview": lambda: visit(asked()),
    "the list": lambda: visit(asked("leads")),
    "one lead": lambda: visit(asked("lead", offer=OFFER, key=KEY)),
    "the contact data of one lead": lambda: visit(
        asked("lead", offer=OFFER, key=KEY, contact="shown")
    ),
    "no such lead": lambda: visit(asked("lead", offer=OFFER, key="e1")),
    "no such page": lambda: visit(asked("nothing")),
    "another method": lambda: visit(asked(method="POST")),
    "no body": lambda: visit(asked(method="HEAD")),
    "the stylesheet": lambda: visit(asked("style.css")),
    "the icon": lambda: visit(asked("icon.svg")),
    "the stylesheet under its hash": lambda: visit(asked("style.css", v=pages.style_hash())),
    "refused": lambda: visit(asked(), gate=SHUT),
    "to sign in": lambda: visit(asked(), gate=ENTRA),
    "an address in the search": lambda: visit(asked("leads", q=EMAIL)),
    "storage that does not answer": lambda: visit(
        asked(), tables=Tables(error=StorageUnavailable("x"))
    ),
    "an error of ours": lambda: visit(asked(), tables=Tables(error=ZeroDivisionError())),
}

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


@pytest.mark.parametrize("made", EVERY_ANSWER.values(), ids=EVERY_ANSWER)
def test_every_answer_can_neither_be_framed_nor_run_nor_passed_on(
    made: Callable[[], Visit],
) -> None:
    sent = dict(made().answer.headers)

    assert sent.pop("Permissions-Policy").startswith("camera=()")
    assert (
        sent.items()
        >= {
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Robots-Tag": "noindex",
        }.items()
    )


@pytest.mark.parametrize("name", EVERY_ANSWER)
def test_nothing_is_kept_but_an_icon_and_a_stylesheet_whose_address_tells_its_content(
    name: str,
) -> None:
    for_long = {
        "the stylesheet under its hash": "private, max-age=31536000, immutable",
        "the icon": "private, max-age=86400",
    }

    kept = EVERY_ANSWER[name]().answer.headers["Cache-Control"]

    assert kept == for_long.get(name, "no-store")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("the overview", 200),
        ("the list", 200),
        ("one lead", 200),
        ("no such lead", 404),
        ("no such page", 404),
        ("another method", 405),
        ("refused", 403),
        ("to sign in", 302),
        ("storage that does not answer", 503),
        ("an error of ours", 500),
    ],
)
def test_every_answer_says_in_its_status_what_it_is(name: str, status: int) -> None:
    seen = EVERY_ANSWER[name]()

    assert (seen.answer.status, seen.answer.content_type) == (status, "text/html")
    assert ("<h1" in text(seen)) == (status != 302)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"])
@pytest.mark.parametrize("page", ["", "leads", "style.css", "icon.svg", "nothing"])
def test_no_method_but_to_read_is_taken(method: str, page: str) -> None:
    tables = Tables()

    seen = visit(asked(page, method=method), tables=tables)

    assert (seen.answer.status, seen.answer.headers["Allow"]) == (405, "GET, HEAD")
    assert tables.opened == 0


@pytest.mark.parametrize("page", ["", "leads", "style.css", "icon.svg", "nothing"])
def test_head_answers_as_get_without_the_body(page: str) -> None:
    whole, head = visit(asked(page)), visit(asked(page, method="HEAD"))

    assert replace(head.answer, body=whole.answer.body) == whole.answer
    assert (bool(whole.answer.body), head.answer.body) == (True, b"")


@pytest.mark.parametrize("page", ["", "leads", "lead", "nothing", "../leads", "LEADS"])
def test_who_may_not_look_opens_no_table_and_learns_of_no_page(page: str) -> None:
    tables = Tables()

    seen = visit(asked(page, offer=OFFER, key=KEY, code="a-key"), gate=SHUT, tables=tables)

    assert seen == visit(asked(), gate=SHUT)
    assert (seen.answer.status, tables.opened) == (403, 0)


def test_nobody_signed_in_is_sent_to_sign_in_and_to_nowhere_else() -> None:
    request = asked(
        "lead", offer="//evil.example.com", post_login_redirect_uri="//evil.example.com"
    )

    seen = visit(request, gate=ENTRA)

    assert seen.answer.status == 302
    assert seen.answer.headers["Location"] == (
        "/.auth/login/aad?post_login_redirect_uri=/api/dashboard"
    )


@pytest.mark.parametrize("gate", [SHUT, ENTRA], ids=["shut", "nobody signed in"])
def test_stylesheet_and_icon_are_everybodys_so_that_a_refusal_is_legible(gate: Gate) -> None:
    style, icon = (visit(asked(page), gate=gate).answer for page in ("style.css", "icon.svg"))

    assert (style.status, style.content_type) == (200, "text/css")
    assert style.body == pages.stylesheet()
    assert (icon.status, icon.content_type) == (200, "image/svg+xml")
    assert icon.body.startswith(b"<svg ")


@pytest.mark.parametrize("version", ["", "0123456789abcdef", f"{pages.style_hash()}0"])
def test_a_stylesheet_of_another_version_is_not_kept(version: str) -> None:
    seen = visit(asked("style.css", v=version))

    assert seen.answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.SIGN_IN], ids=str)
def test_every_refusal_says_what_would_help(reason: Reason) -> None:
    page = refusal(reason, role="Sales.<b>")

    assert page.status == 403
    assert "{" not in page.html
    assert "<b>" not in page.html


@pytest.mark.parametrize("reason", [Reason.SHUT, Reason.NO_ROLE, Reason.NOT_ENTRA], ids=str)
def test_a_refusal_names_the_role_that_is_missing(reason: Reason) -> None:
    assert "Leads.Read" in refusal(reason, role="Leads.Read").html
    assert "LEADS_DASHBOARD_ROLE is empty" in refusal(reason, role="").html


def test_a_fault_of_the_storage_is_told_in_plain_words_with_a_time_to_come_back() -> None:
    error = StorageUnavailable("could not read a row: 503 kanarienvogel")

    seen = visit(asked(), tables=Tables(error=error))

    assert seen.answer.headers["Retry-After"] == "30"
    assert "The tables cannot be read right now" in text(seen)
    assert "kanarienvogel" not in text(seen)
    assert seen.error is error


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("kanarienvogel"), RecursionError("kanarienvogel")],
    ids=["a bug", "a deep bug"],
)
def test_an_error_of_ours_is_logged_and_not_shown(error: Exception) -> None:
    seen = visit(asked(), tables=Tables(error=error))

    assert "Something went wrong here" in text(seen)
    assert "kanarienvogel" not in text(seen) + str(seen.error)
    assert type(error).__name__ in str(seen.error)


def test_settings_without_a_connection_are_an_error_that_the_log_explains() -> None:
    seen = visit(asked(), tables=Tables(error=InvalidSettings("LeadsStorage is not set")))

    assert seen.answer.status == 500
    assert str(seen.error) == "LeadsStorage is not set"


def test_a_page_that_tells_of_a_fault_does_not_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr(pages, "render", broken)

    seen = [visit(asked()), visit(asked("x")), visit(asked(), gate=SHUT)]

    assert [one.answer.status for one in seen] == [500, 404, 403]
    assert all("<h1>" in text(one) for one in seen)


CLICKS: Mapping[str, Mapping[str, str]] = {
    "an old browser": {},
    "a click": {"sec-fetch-site": "same-origin", "sec-fetch-dest": "document"},
    "a typed address": {"sec-fetch-site": "none", "sec-fetch-dest": "document"},
}
GUESSES: Mapping[str, Mapping[str, str]] = {
    "a prefetch": {"sec-purpose": "prefetch"},
    "a page made ready": {"sec-purpose": "prefetch;prerender"},
    "a prefetch of an old browser": {"purpose": "Prefetch"},
    "a prefetch of an old Firefox": {"x-moz": "prefetch"},
    "a link elsewhere": {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"},
    "a sibling's link": {"sec-fetch-site": "same-site", "sec-fetch-dest": "document"},
    "a picture": {"sec-fetch-site": "same-origin", "sec-fetch-dest": "image"},
}


def whole(headers: Mapping[str, str] | None = None, method: str = "GET") -> Visit:
    return visit(
        asked("lead", method=method, headers=headers, offer=OFFER, key=KEY, contact="shown")
    )


@pytest.mark.parametrize("headers", CLICKS.values(), ids=CLICKS)
def test_contact_data_are_shown_to_who_asks_and_who_asked_is_told(
    headers: Mapping[str, str],
) -> None:
    seen = whole(headers)

    assert EMAIL in text(seen)
    assert (seen.viewer, seen.shown) == ("local", KEY)


@pytest.mark.parametrize("headers", GUESSES.values(), ids=GUESSES)
def test_contact_data_stay_masked_where_nobody_asked_for_them(headers: Mapping[str, str]) -> None:
    seen = whole(headers)

    assert seen.answer.status == 200
    assert EMAIL not in text(seen)
    assert seen.shown == ""


def test_a_head_shows_nobody_anything() -> None:
    assert whole(method="HEAD").shown == ""


@pytest.mark.parametrize(
    "query",
    [{}, {"contact": "Shown"}, {"contact": "shown,shown"}, {"shown": "contact"}],
    ids=["not asked for", "in other case", "twice", "the other way round"],
)
def test_contact_data_are_masked_by_default(query: dict[str, str]) -> None:
    request = replace(asked("lead"), query={"offer": OFFER, "key": KEY, **query})

    seen = visit(request)

    assert (seen.answer.status, seen.shown) == (200, "")
    assert EMAIL not in text(seen)


@pytest.mark.parametrize("page", ["", "leads"])
def test_no_page_but_that_of_one_lead_shows_contact_data(page: str) -> None:
    seen = visit(asked(page, contact="shown", offer=OFFER, key=KEY))

    assert EMAIL not in text(seen)
    assert (seen.answer.status, seen.shown) == (200, "")


def test_opening_a_lead_that_is_not_there_is_no_opening() -> None:
    seen = visit(asked("lead", offer=OFFER, key=KEY, contact="shown"), tables=Tables(rows=[]))

    assert (seen.answer.status, seen.shown) == (404, "")


def logged(seen: Visit, caplog: pytest.LogCaptureFixture) -> list[tuple[int, dict[str, str]]]:
    with caplog.at_level(logging.INFO, logger="leads"):
        telemetry.log_visit(seen)
    return [(record.levelno, json.loads(record.getMessage())) for record in caplog.records]


def test_who_opened_contact_data_of_which_lead_is_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = logged(whole(), caplog)

    line = {"event": "dashboard.contact_shown", "viewer": "local", "lead": KEY[:9]}
    assert lines == [(logging.INFO, line)]


def test_somebody_at_entra_id_is_logged_by_the_object_id_and_not_by_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    claims = [{"typ": "roles", "val": "Leads.Read"}, {"typ": "oid", "val": "5d1f-0cb6"}]
    told = {"auth_typ": "aad", "claims": [*claims, {"typ": "name", "val": "Grace Hopper"}]}
    headers = {
        "x-ms-client-principal": base64.b64encode(json.dumps(told).encode()).decode(),
        "x-ms-client-principal-name": "grace.hopper@contoso.com",
    }
    request = asked("lead", headers=headers, offer=OFFER, key=KEY, contact="shown")

    [(_, line)] = logged(visit(request, gate=ENTRA), caplog)

    assert line["viewer"] == "5d1f-0cb6"
    assert "hopper" not in str(line).lower()


def test_a_key_that_no_rule_made_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    [(_, line)] = logged(replace(whole(), shown="Ada Lovelace"), caplog)

    assert line["lead"] == "?"


def test_an_error_is_logged_as_one(caplog: pytest.LogCaptureFixture) -> None:
    seen = visit(asked(), tables=Tables(error=ZeroDivisionError("kanarienvogel")))

    [(level, line)] = logged(seen, caplog)

    assert (level, line["event"]) == (logging.ERROR, "dashboard.failed")
    assert "ZeroDivisionError" in line["cause"]
    assert "kanarienvogel" not in str(line)


def test_looking_without_opening_anything_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(visit(asked()), caplog) == []


@pytest.mark.parametrize("typed", [EMAIL, f" {EMAIL} ", f"Ada <{EMAIL}>", "ADA@EXAMPLE.COM"])
def test_an_address_that_is_searched_for_leaves_the_address_bar(typed: str) -> None:
    seen = visit(asked("leads", q=typed, stage="trial", contactable="1", code="a-key"))

    place = urlsplit(seen.answer.headers["Location"])
    key = lead_key(Contact(email=EMAIL.lower()), fingerprint="")
    assert (seen.answer.status, place.netloc, place.path) == (303, "", "/api/dashboard/leads")
    assert parse_qs(place.query) == {"q": [key], "stage": ["trial"], "contactable": ["1"]}


@pytest.mark.parametrize("typed", ["ada", "@example.com", "ada@example", "a@b.c@d", "", KEY])
def test_any_other_search_is_answered_where_it_is(typed: str) -> None:
    seen = visit(asked("leads", q=typed))

    assert seen.answer.status == 200


def test_only_the_list_searches() -> None:
    assert visit(asked(q=EMAIL)).answer.status == 200


@given(st.emails() | st.text())
def test_every_key_in_place_of_an_address_finds_what_the_address_finds(typed: str) -> None:
    seen = visit(asked("leads", q=typed))

    if seen.answer.status == 303:
        [key] = parse_qs(urlsplit(seen.answer.headers["Location"]).query)["q"]
        row = {"LeadKey": key}
        assert Selection(search=typed).takes(row)
        assert Selection(search=key).takes(row)
        assert "@" not in seen.answer.headers["Location"]


HEADER_VALUES = st.dictionaries(
    st.sampled_from(["host", "x-ms-client-principal", "sec-purpose", "sec-fetch-site", "x"]),
    st.text(),
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["offer", "key", "contact", "q", "stage", "since", "period", "before", "page", "sort", "v"]
    ),
    st.text() | st.sampled_from(["shown", "trial", "score", "today", OFFER, KEY, EMAIL]),
)


@given(
    st.builds(
        Request,
        method=st.sampled_from(["GET", "HEAD", "POST"]),
        page=st.sampled_from(["", "leads", "lead", "style.css"]) | st.text(),
        query=QUERIES,
        headers=HEADER_VALUES,
    ),
    st.sampled_from([OPEN, SHUT, ENTRA]),
)
def test_every_request_is_answered_and_none_of_it_is_an_error(request: Request, gate: Gate) -> None:
    seen = visit(request, gate=gate)

    assert seen.error is None
    assert seen.answer.status in {200, 302, 303, 403, 404, 405}
    assert all(re.fullmatch(r"[ -~]*", value) for value in seen.answer.headers.values())
