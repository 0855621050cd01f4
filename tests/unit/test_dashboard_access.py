from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.dashboard.access import (
    LOCAL,
    PRINCIPAL_CHARACTERS,
    Gate,
    Reason,
    Refusal,
    Viewer,
    is_development_storage,
)

ROLE = "Leads.Read"
OBJECT_ID = "5d1f0cb6-6f5b-4a55-9a3e-0123456789ab"
ROLE_TYPE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
ID_TYPE = "http://schemas.microsoft.com/identity/claims/objectidentifier"
PRINCIPAL = "x-ms-client-principal"

ENTRA = Gate(platform_auth=True, role=ROLE, open_locally=False)
SHUT = Gate(platform_auth=False, role=ROLE, open_locally=False)
OPEN = Gate(platform_auth=False, role=ROLE, open_locally=True)

type Claim = tuple[str, str]


def principal(*claims: Claim, **changed: object) -> dict[str, object]:
    """What App Service authentication tells of somebody who is signed in at Entra ID."""
    return {
        "auth_typ": "aad",
        "claims": [{"typ": kind, "val": value} for kind, value in [(ID_TYPE, OBJECT_ID), *claims]],
        "name_typ": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "role_typ": ROLE_TYPE,
        **changed,
    }


def encoded(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed_in(*claims: Claim, **changed: object) -> Mapping[str, str]:
    return {PRINCIPAL: encoded(principal(*claims, **changed))}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(signed_in((ROLE_TYPE, ROLE)), id="as the principal names roles"),
        pytest.param(signed_in(("roles", ROLE)), id="as a token names roles"),
        pytest.param(signed_in(("app", ROLE), role_typ="app"), id="as this principal names them"),
        pytest.param(
            signed_in(("roles", ROLE), role_typ=None), id="a principal that names none for roles"
        ),
        pytest.param(signed_in(("roles", "Other"), ("roles", ROLE)), id="one role among several"),
    ],
)
def test_whoever_has_the_role_is_admitted_by_their_object_id(headers: Mapping[str, str]) -> None:
    who = ENTRA.admit(headers)

    assert who == Viewer(name=OBJECT_ID)


def test_the_header_tells_the_id_where_no_claim_does() -> None:
    document = principal() | {"claims": [{"typ": "roles", "val": ROLE}]}
    headers = {PRINCIPAL: encoded(document), "x-ms-client-principal-id": OBJECT_ID}

    who = ENTRA.admit(headers)

    assert who == Viewer(name=OBJECT_ID)


def test_nobody_signed_in_is_asked_to_sign_in() -> None:
    assert ENTRA.admit({"x-ms-client-principal-name": "ada"}) == Refusal(reason=Reason.SIGN_IN)


WITHOUT_THE_ROLE = {
    "no role": signed_in(),
    "another role": signed_in(("roles", "Leads.Write")),
    "the role in other case": signed_in(("roles", "leads.read")),
    "the role and more": signed_in(("roles", "Leads.Read.All")),
    "the role among others in one claim": signed_in(("roles", "Leads.Read,Other")),
    "the role as a group": signed_in(("groups", ROLE)),
    "the role as a name": signed_in(("name", ROLE)),
    "no claims": signed_in(claims=None),
    "claims that are a number": signed_in(claims=1),
    "claims that are no list": signed_in(claims={"roles": ROLE}),
    "claims that are no objects": signed_in(claims=["roles", ROLE, None, 1]),
    "a claim of a list": signed_in(claims=[{"typ": "roles", "val": [ROLE]}]),
    "a claim without a kind": signed_in(claims=[{"typ": None, "val": ROLE}], role_typ=None),
    "a kind of roles that is a list": signed_in(("groups", ROLE), role_typ=["groups"]),
}


@pytest.mark.parametrize("headers", WITHOUT_THE_ROLE.values(), ids=WITHOUT_THE_ROLE)
def test_whoever_lacks_the_role_is_refused(headers: Mapping[str, str]) -> None:
    assert ENTRA.admit(headers) == Refusal(reason=Reason.NO_ROLE)


def test_a_role_without_a_name_is_nobodys() -> None:
    gate = Gate(platform_auth=True, role="", open_locally=False)

    assert gate.admit(signed_in(("roles", ""))) == Refusal(reason=Reason.NO_ROLE)


@pytest.mark.parametrize("provider", ["google", "AAD", "", None, ["aad"]])
def test_only_entra_tells_who_has_a_role(provider: object) -> None:
    headers = signed_in(("roles", ROLE), auth_typ=provider)

    assert ENTRA.admit(headers) == Refusal(reason=Reason.NOT_ENTRA)


GOOD = encoded(principal(("roles", ROLE)))
UNREADABLE = {
    "no base64": "{}",
    "no base64 in its middle": f"{GOOD[:8]}!{GOOD[8:]}",
    "sent twice": f"{GOOD},{GOOD}",
    "not whole": GOOD[:-3],
    "no JSON": base64.b64encode(b"{").decode(),
    "no text": base64.b64encode(b"\xff\xfe\xfd").decode(),
    "no object": encoded([principal(("roles", ROLE))]),
    "too deep": base64.b64encode(b"[" * 30_000).decode(),
    "a number that is too long": base64.b64encode(b"9" * 5_000).decode(),
    "letters of no alphabet": "é" * 8,
    "far too long": encoded(principal(("roles", ROLE), filler="a" * 1_000_000)),
    "a little too long": "A" * (PRINCIPAL_CHARACTERS + 1),
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_a_principal_that_cannot_be_read_is_refused(text: str) -> None:
    assert ENTRA.admit({PRINCIPAL: text}) == Refusal(reason=Reason.UNREADABLE)


@pytest.mark.parametrize(
    "told",
    ["", "ada@example.com", "Ada Lovelace", "a\nb", "a" * 65],
    ids=["nothing", "an address", "a name", "two lines", "too long"],
)
def test_nobody_is_admitted_whom_the_log_could_not_name(told: str) -> None:
    headers = {
        PRINCIPAL: encoded(principal() | {"claims": [{"typ": "roles", "val": ROLE}]}),
        "x-ms-client-principal-id": told,
    }

    assert ENTRA.admit(headers) == Refusal(reason=Reason.UNREADABLE)


def test_headers_of_platform_authentication_are_worth_nothing_where_it_is_off() -> None:
    assert SHUT.admit(signed_in(("roles", ROLE))) == Refusal(reason=Reason.SHUT)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:7071", "127.0.0.1", "127.0.0.1:7071", "[::1]", "[::1]:7071"],
)
def test_an_open_dashboard_is_seen_from_its_own_machine(host: str) -> None:
    assert OPEN.admit({"host": host}) == Viewer(name=LOCAL)


NOT_FROM_HERE: Mapping[str, Mapping[str, str]] = {
    "no host": {},
    "a name that was given this address": {"host": "rebound.example.com:7071"},
    "a name that begins like this machine": {"host": "localhost.example.com"},
    "a name that begins like this address": {"host": "127.0.0.1.example.com"},
    "a name before it": {"host": "evil@127.0.0.1"},
    "every address of this machine": {"host": "0.0.0.0:7071"},
    "two hosts": {"host": "localhost,rebound.example.com"},
    "a line more": {"host": "localhost\n"},
    "no port": {"host": "localhost:"},
    "a port too long": {"host": "localhost:123456"},
    "digits of another alphabet": {"host": "localhost:\u0667\u0660"},
    "a letter of another alphabet": {"host": "localho\u017ft"},  # its upper case is S
    "a tunnel that tells for whom": {"host": "localhost", "x-forwarded-for": "192.0.2.1"},
    "a tunnel that tells its name": {"host": "localhost", "x-forwarded-host": "t.example.com"},
    "a tunnel by the standard": {"host": "localhost", "forwarded": "for=192.0.2.1"},
}


@pytest.mark.parametrize("headers", NOT_FROM_HERE.values(), ids=NOT_FROM_HERE)
def test_an_open_dashboard_is_shut_to_others(headers: Mapping[str, str]) -> None:
    assert OPEN.admit(headers) == Refusal(reason=Reason.ELSEWHERE)


def test_an_open_dashboard_with_platform_authentication_asks_who_it_is() -> None:
    gate = Gate(platform_auth=True, role=ROLE, open_locally=True)

    assert gate.admit({"host": "localhost"}) == Refusal(reason=Reason.SIGN_IN)


EMULATOR = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


@pytest.mark.parametrize(
    "text",
    [
        "UseDevelopmentStorage=true",
        "usedevelopmentstorage=True;",
        EMULATOR,
        EMULATOR.replace("127.0.0.1", "localhost").replace("http:", "https:"),
        EMULATOR.replace("127.0.0.1", "[::1]"),
    ],
    ids=["by its name", "by its name in other case", "by its addresses", "https", "IPv6"],
)
def test_an_emulator_on_this_machine_is_development_storage(text: str) -> None:
    assert is_development_storage(text)


ELSEWHERE = {
    "nothing": "",
    "an account": "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=a2V5",
    "an account that others named": EMULATOR.replace("devstoreaccount1", "contoso"),
    "not switched on": "UseDevelopmentStorage=false",
    "an emulator elsewhere": (
        "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://contoso.example.com"
    ),
    "its name alone, which is an account at Azure": (
        "DefaultEndpointsProtocol=https;AccountName=devstoreaccount1;AccountKey=a2V5"
    ),
    "a suffix": ("AccountName=devstoreaccount1;AccountKey=a2V5;EndpointSuffix=core.windows.net"),
    "a suffix beside addresses": f"{EMULATOR}EndpointSuffix=core.windows.net",
    "tables elsewhere": EMULATOR.replace("127.0.0.1:10002", "contoso.example.com"),
    "queues elsewhere": EMULATOR.replace("127.0.0.1:10001", "contoso.example.com"),
    "a name before the host": EMULATOR.replace("127.0.0.1:10002", "127.0.0.1:1@example.com"),
    "a host that begins so": EMULATOR.replace("127.0.0.1:10002", "127.0.0.1.example.com"),
    "a host behind a backslash": EMULATOR.replace("127.0.0.1:10002", r"example.com\@127.0.0.1"),
    "a path that leads out": EMULATOR.replace("10002/devstoreaccount1", "10002/a@b.example.com"),
    "every address": EMULATOR.replace("127.0.0.1", "0.0.0.0"),  # noqa: S104 - it is refused
    "another scheme": EMULATOR.replace("http:", "file:"),
    "tables named twice": f"TableEndpoint=https://contoso.example.com;{EMULATOR}",
    "tables named twice in other case": f"tableendpoint=https://contoso.example.com;{EMULATOR}",
    "a second place for the tables": (
        f"{EMULATOR}TableSecondaryEndpoint=https://contoso.example.com"
    ),
    "no place for the tables": EMULATOR.replace("TableEndpoint", "FileEndpoint"),
    "a signature instead of a key": f"{EMULATOR}SharedAccessSignature=sv=1",
    "both": f"{EMULATOR}UseDevelopmentStorage=true",
    "a blank before a name": EMULATOR.replace("TableEndpoint", " TableEndpoint"),
    "no pairs": "devstoreaccount1",
}


@pytest.mark.parametrize("text", ELSEWHERE.values(), ids=ELSEWHERE)
def test_any_other_storage_is_none(text: str) -> None:
    assert not is_development_storage(text)


LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["roles", ROLE, "aad", OBJECT_ID]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["typ", "val"]), inner),
    max_leaves=8,
)
CLAIMS = st.fixed_dictionaries(
    {
        "typ": st.sampled_from(["roles", "groups", ROLE_TYPE, ID_TYPE, "oid"]),
        "val": st.sampled_from([ROLE, "leads.read", OBJECT_ID]),
    }
)
ALMOST_RIGHT = st.fixed_dictionaries(
    {
        "auth_typ": st.sampled_from(["aad", "google"]),
        "role_typ": st.sampled_from(["roles", ROLE_TYPE]),
        "claims": st.lists(CLAIMS, min_size=1, max_size=4),
    }
)
PRINCIPALS = ALMOST_RIGHT | st.fixed_dictionaries(
    {}, optional={"auth_typ": VALUES, "role_typ": VALUES, "claims": st.lists(CLAIMS) | VALUES}
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        PRINCIPAL: PRINCIPALS.map(encoded) | st.text() | st.binary().map(base64.b64encode).map(str),
        "x-ms-client-principal-id": st.just(OBJECT_ID) | st.text(),
        "x-ms-client-principal-idp": st.just("aad"),
        "x-functions-key": st.text(),
        "host": st.sampled_from(LOOPBACK) | st.text(),
        "x-forwarded-for": st.just("127.0.0.1"),
    },
)


@given(HEADERS)
def test_no_header_opens_what_is_shut(headers: Mapping[str, str]) -> None:
    assert SHUT.admit(headers) == Refusal(reason=Reason.SHUT)


SIGNED_IN = ALMOST_RIGHT.map(
    lambda told: {PRINCIPAL: encoded(told), "x-ms-client-principal-id": OBJECT_ID}
)


@given(SIGNED_IN | HEADERS, st.booleans())
def test_everybody_who_is_admitted_has_the_role(headers: Mapping[str, str], opened: bool) -> None:
    who = Gate(platform_auth=True, role=ROLE, open_locally=opened).admit(headers)

    if isinstance(who, Viewer):
        told = json.loads(base64.b64decode(headers[PRINCIPAL]))
        kinds = ["roles", ROLE_TYPE, told.get("role_typ")]
        held = [c["val"] for c in told["claims"] if isinstance(c, dict) and c.get("typ") in kinds]
        assert told["auth_typ"] == "aad"
        assert ROLE in held


@given(HEADERS)
def test_whoever_is_admitted_without_a_role_sits_at_this_machine(
    headers: Mapping[str, str],
) -> None:
    who = OPEN.admit(headers)

    if isinstance(who, Viewer):
        assert headers["host"] in LOOPBACK
        assert "x-forwarded-for" not in headers


PLACES = st.sampled_from(["http://127.0.0.1:1/devstoreaccount1", "http://contoso.example.com/"])
PARTS = st.fixed_dictionaries(
    {
        "AccountName": st.sampled_from(["devstoreaccount1", "contoso"]),
        "QueueEndpoint": PLACES,
        "TableEndpoint": PLACES,
    },
    optional={"BlobEndpoint": PLACES, "EndpointSuffix": st.just("core.windows.net")},
) | st.fixed_dictionaries(
    {"UseDevelopmentStorage": st.just("true")}, optional={"TableEndpoint": PLACES}
)


@given(PARTS)
def test_every_storage_that_passes_for_development_is_on_this_machine(
    parts: dict[str, str],
) -> None:
    text = ";".join(f"{name}={value}" for name, value in parts.items())

    if is_development_storage(text):
        assert "contoso" not in text
        assert "EndpointSuffix" not in text
        assert ("TableEndpoint" in text) != ("UseDevelopmentStorage" in text)
