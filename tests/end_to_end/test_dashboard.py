"""Who sees the dashboard, and what it says to others, over real HTTP."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

import pytest
from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.end_to_end.app import App, Reply, lead, new_offer, wait_until
from tests.end_to_end.conftest import ROOT

OBJECT_ID = "5d1f0cb6-6f5b-4a55-9a3e-0123456789ab"
KEY = "s3cret"
PAGES = ("", "/leads", "/lead?offer=contoso.saas&key=e1", "/nothing")
UNTENDED = {"AzureWebJobs.tend_leads.Disabled": "1"}
SHUT = UNTENDED | {"LEADS_DASHBOARD_OPEN": "", "WEBSITE_AUTH_ENABLED": ""}
OPEN = SHUT | {"LEADS_DASHBOARD_OPEN": "local"}
ENTRA = SHUT | {"WEBSITE_AUTH_ENABLED": "True"}


def started(azurite: Azurite, env: dict[str, str]) -> DevHost:
    storage = {"LeadsStorage": azurite.connection_string}
    return DevHost(ROOT, "--key", KEY, "--max-poll", "0.3", env=storage | env)


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    """A storage of its own: a page asks for each offer, and the other tests leave hundreds."""
    with Azurite() as azurite:
        yield azurite


@pytest.fixture(scope="module")
def open_host(azurite: Azurite) -> Iterator[DevHost]:
    with started(azurite, OPEN) as host:
        yield host


@pytest.fixture
def opened(open_host: DevHost, azurite: Azurite) -> App:
    return App(url=open_host.url, connection=azurite.connection_string)


@pytest.fixture(scope="module")
def shut(azurite: Azurite) -> Iterator[App]:
    with started(azurite, SHUT) as host:
        yield App(url=host.url, connection=azurite.connection_string)


@pytest.fixture(scope="module")
def entra(azurite: Azurite) -> Iterator[App]:
    with started(azurite, ENTRA) as host:
        yield App(url=host.url, connection=azurite.connection_string)


def look(app: App, page: str = "", method: str = "GET", **headers: str) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.request(method, f"/api/dashboard{page}", None, sent)


def principal(*roles: str) -> str:
    """Return the header that App Service authentication sends for somebody at Entra ID."""
    kind = "http://schemas.microsoft.com/identity/claims/objectidentifier"
    claims = [("roles", role) for role in roles] + [(kind, OBJECT_ID)]
    told = {
        "auth_typ": "aad",
        "claims": [{"typ": name, "val": value} for name, value in claims],
        "role_typ": "roles",
    }
    return base64.b64encode(json.dumps(told).encode()).decode()


def posted(app: App, offer: str, **contact: str) -> str:
    """Post a lead through the door, and return its key when it is in the table."""
    body = json.dumps(lead(offer, UserDetails=contact)).encode()
    assert app.request("POST", f"/api/leads?code={KEY}", body).status == 202
    wait_until(lambda: app.offer(offer, "lead"))
    [row] = app.offer(offer, "lead")
    return str(row["LeadKey"])


def openings(host: DevHost) -> list[tuple[str, str]]:
    """Return who opened the contact data of which lead, as the log tells it."""
    lines = map(json.loads, re.findall(r"\{.*\}", host.log.read_text()))
    return [
        (line["viewer"], line["lead"])
        for line in lines
        if line["event"] == "dashboard.contact_shown"
    ]


@pytest.mark.parametrize("page", PAGES)
def test_without_any_setting_nobody_sees_anything_and_all_learn_why(shut: App, page: str) -> None:
    reply = look(shut, page)

    assert (reply.status, reply.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert b"App Service authentication" in reply.body


def test_who_says_that_they_are_somebody_is_nobody_without_platform_authentication(
    shut: App,
) -> None:
    reply = look(shut, x_ms_client_principal=principal("Leads.Read"))

    assert reply.status == 403


def test_an_open_dashboard_shows_the_leads_masked(opened: App) -> None:
    offer = new_offer()
    key = posted(opened, offer, Email="grace.hopper@example.com", LastName="Hopper")

    replies = [
        look(opened),
        look(opened, f"/leads?offer={offer}"),
        look(opened, f"/lead?{urlencode({'offer': offer, 'key': key})}"),
    ]

    assert [reply.status for reply in replies] == [200, 200, 200]
    assert offer.encode() in replies[1].body
    assert not any(b"grace.hopper" in reply.body for reply in replies)
    assert not any(b"Hopper" in reply.body for reply in replies)


def test_opening_contact_data_is_logged_with_nothing_personal(
    opened: App, open_host: DevHost
) -> None:
    offer = new_offer()
    contact = {"FirstName": "Kanarienvogel", "Email": "kanarienvogel@example.com"}
    key = posted(opened, offer, **contact)
    address = urlencode({"offer": offer, "key": key, "contact": "shown"})

    reply = look(opened, f"/lead?{address}")

    log = open_host.log.read_text()
    assert b"kanarienvogel@example.com" in reply.body
    assert ("local", key[:9]) in openings(open_host)
    assert not re.search(f"kanarienvogel|{key}|{offer}", log, re.IGNORECASE)


def test_what_is_not_asked_for_deliberately_is_neither_shown_nor_logged(
    opened: App, open_host: DevHost
) -> None:
    offer = new_offer()
    key = posted(opened, offer, Email="ada.byron@example.com")
    address = urlencode({"offer": offer, "key": key, "contact": "shown"})

    reply = look(opened, f"/lead?{address}", sec_purpose="prefetch")

    assert reply.status == 200
    assert b"ada.byron" not in reply.body
    assert key[:9] not in [opened_key for _, opened_key in openings(open_host)]


def test_an_address_that_is_searched_for_leaves_the_address_bar(opened: App) -> None:
    offer = new_offer()
    key = posted(opened, offer, Email="ada.king@example.com")

    moved = look(opened, f"/leads?{urlencode({'offer': offer, 'q': 'ada.king@example.com'})}")
    found = opened.request("GET", moved.headers["location"], None, {})

    assert moved.status == 303
    assert "ada.king" not in moved.headers["location"]
    assert (found.status, f"key={key}".encode() in found.body) == (200, True)


@pytest.mark.parametrize("host", ["rebound.example.com", "rebound.example.com:7071"])
def test_an_open_dashboard_is_shut_to_a_site_that_took_its_address(opened: App, host: str) -> None:
    assert look(opened, host=host).status == 403


def test_nobody_signed_in_is_sent_to_sign_in(entra: App) -> None:
    reply = look(entra, "/leads?offer=contoso.saas")

    assert reply.status == 302
    assert reply.headers["location"] == "/.auth/login/aad?post_login_redirect_uri=/api/dashboard"


@pytest.mark.parametrize(
    ("roles", "status"),
    [(("Leads.Read",), 200), (("Other", "Leads.Read"), 200), (("leads.read",), 403), ((), 403)],
    ids=["the role", "the role among others", "the role in other case", "no role"],
)
def test_the_role_decides_where_platform_authentication_is_on(
    entra: App, roles: tuple[str, ...], status: int
) -> None:
    reply = look(entra, "/leads", x_ms_client_principal=principal(*roles))

    assert reply.status == status
    assert (b"Leads.Read" in reply.body) == (status == 403)


MALFORMED = {
    "no base64": "{}",
    "sent twice": f"{principal('Leads.Read')},{principal('Leads.Read')}",
    "long": "A" * 60_000,
    "no principal": base64.b64encode(b"[]").decode(),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_principal_that_cannot_be_read_is_refused(entra: App, text: str) -> None:
    assert look(entra, x_ms_client_principal=text).status == 403


@pytest.mark.parametrize("name", ["shut", "entra"])
@pytest.mark.parametrize("page", PAGES)
def test_the_key_of_the_marketplace_opens_nothing_here(
    request: pytest.FixtureRequest, name: str, page: str
) -> None:
    app: App = request.getfixturevalue(name)
    by_query = f"{page}{'&' if '?' in page else '?'}code={KEY}"

    replies = [look(app, page), look(app, by_query), look(app, page, x_functions_key=KEY)]

    assert {reply.status for reply in replies} == ({403} if name == "shut" else {302})


@pytest.mark.parametrize("name", ["shut", "entra", "opened"])
def test_the_door_and_the_health_are_as_they_were(
    request: pytest.FixtureRequest, name: str
) -> None:
    app: App = request.getfixturevalue(name)
    body = json.dumps(lead(new_offer())).encode()

    statuses = [
        app.request("POST", f"/api/leads?code={KEY}", body).status,
        app.request("POST", "/api/leads", body).status,
        app.request("GET", "/api/health").status,
    ]

    assert statuses == [202, 401, 200]


ANSWERS: Mapping[str, tuple[int, Callable[[App], Reply]]] = {
    "a page": (200, look),
    "a page without its body": (200, lambda app: look(app, method="HEAD")),
    "no such page": (404, lambda app: look(app, "/nothing")),
    "no such lead": (404, lambda app: look(app, "/lead?offer=contoso.saas&key=e1")),
    "another method": (405, lambda app: look(app, method="POST")),
    "another method of the list": (405, lambda app: look(app, "/leads", method="DELETE")),
    "refused": (403, lambda app: look(app, host="rebound.example.com")),
    "an address in the search": (303, lambda app: look(app, "/leads?q=ada@example.com")),
    "the stylesheet": (200, lambda app: look(app, "/style.css")),
}


@pytest.mark.parametrize(("status", "ask"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_carries_the_same_headers(
    opened: App, status: int, ask: Callable[[App], Reply]
) -> None:
    reply = ask(opened)

    assert reply.status == status
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers.get("allow") == ("GET, HEAD" if status == 405 else None)


def test_a_page_names_its_stylesheet_by_what_it_holds_so_that_it_can_be_kept(opened: App) -> None:
    [address] = re.findall(rb'href="(/api/dashboard/style.css\?v=\w+)"', look(opened).body)

    reply = opened.request("GET", address.decode(), None, {})

    assert (reply.status, reply.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert reply.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_every_page_names_an_icon_that_is_there(opened: App) -> None:
    [address] = re.findall(rb'rel="icon" href="([^"]+)"', look(opened).body)

    reply = opened.request("GET", address.decode(), None, {})

    assert (reply.status, reply.headers["content-type"]) == (200, "image/svg+xml")


def test_a_storage_that_does_not_answer_is_said_and_nothing_of_it(azurite: Azurite) -> None:
    away = re.sub(r"(TableEndpoint=http://127.0.0.1):\d+", r"\1:9", azurite.connection_string)

    with started(azurite, OPEN | {"LeadsStorage": away}) as host:
        reply = look(App(url=host.url, connection=away))
        log = host.log.read_text()

    assert (reply.status, reply.headers["retry-after"]) == (503, "30")
    assert reply.headers["cache-control"] == "no-store"
    assert b"The tables cannot be read right now" in reply.body
    assert b"ServiceRequestError" not in reply.body
    assert '"event": "dashboard.failed"' in log


def test_looking_at_an_empty_storage_leaves_it_empty() -> None:
    with Azurite() as azurite, started(azurite, OPEN) as host:
        app = App(url=host.url, connection=azurite.connection_string)
        statuses = [look(app, page).status for page in PAGES]
        with TableServiceClient.from_connection_string(azurite.connection_string) as client:
            tables = list(client.list_tables())

    assert statuses == [200, 200, 404, 404]
    assert tables == []
