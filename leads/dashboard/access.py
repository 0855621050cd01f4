"""Who may see the dashboard. Pure.

In Azure, App Service authentication tells in headers who somebody is. It takes them away from what
comes in from outside, so they are worth something only where it is on; elsewhere anybody can send
them. A function key opens nothing: the marketplace has it, too.

Source: "Work with user identities in App Service authentication" (Microsoft Learn).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PRINCIPAL = "x-ms-client-principal"
PRINCIPAL_ID = "x-ms-client-principal-id"

PRINCIPAL_CHARACTERS = 65_536
"""A front end takes some 32 KiB of headers; what is longer was not made there."""

LOCAL = "local"
"""The name of whoever sits at this machine."""

_ENTRA = "aad"  # auth_typ, whichever way App Service authentication spells the provider's name
_ROLE_TYPES = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
_ID_TYPES = ("oid", "http://schemas.microsoft.com/identity/claims/objectidentifier")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_TUNNELS = ("forwarded", "x-forwarded-for", "x-forwarded-host")

# By a pattern, because readers of URLs disagree on what the host of an odd one is.
_LOOPBACK_URL = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/\w*)*", re.ASCII)
_EMULATOR = "devstoreaccount1"
_KNOWN_PARTS = {
    "defaultendpointsprotocol", "accountname", "accountkey",
    "blobendpoint", "queueendpoint", "tableendpoint",
}  # fmt: skip


class Reason(StrEnum):
    """Why somebody may not see the dashboard."""

    SHUT = "shut"  # platform authentication is off, and it is not opened here
    ELSEWHERE = "elsewhere"  # it is open on this machine, and was asked for by another name
    SIGN_IN = "sign-in"  # nobody is signed in
    UNREADABLE = "unreadable"  # what App Service authentication tells is nothing that we know
    NOT_ENTRA = "not-entra"  # somebody is signed in at another provider
    NO_ROLE = "no-role"  # somebody without the role, or there is no role


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks, as the log names them: an object id tells who it was to those who may ask."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """That somebody may not look."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """By what is decided who may see the dashboard."""

    platform_auth: bool  # App Service authentication is on
    role: str  # LEADS_DASHBOARD_ROLE; empty: nobody has it
    open_locally: bool  # asked for, and this is a machine with nothing but development storage

    def admit(self, headers: Mapping[str, str]) -> Viewer | Refusal:
        """Return who looks, or why they may not; *headers* are named in lower case."""
        if self.platform_auth:
            return _known(headers, self.role)
        if not self.open_locally:
            return Refusal(reason=Reason.SHUT)
        # Another site may give its name this address (DNS rebinding), and a tunnel lets others in.
        by_name = _LOOPBACK.fullmatch(headers.get("host", ""))
        if not by_name or any(headers.get(name) for name in _TUNNELS):
            return Refusal(reason=Reason.ELSEWHERE)
        return Viewer(name=LOCAL)


def is_development_storage(connection_string: str) -> bool:
    """Tell whether *connection_string* names an emulator on this machine, and nothing beside it.

    Only parts that we know are let pass: any other might lead elsewhere.
    """
    parts = [part.partition("=") for part in connection_string.split(";") if part]
    named = {name.lower(): value for name, _, value in parts}
    if len(named) < len(parts):
        return False  # which of the two counts depends on the reader
    if named.pop("usedevelopmentstorage", "").lower() == "true":
        return not named
    places = {name: value for name, value in named.items() if name.endswith("endpoint")}
    return (
        named.get("accountname") == _EMULATOR
        and named.keys() <= _KNOWN_PARTS
        and {"queueendpoint", "tableendpoint"} <= places.keys()
        and all(_LOOPBACK_URL.fullmatch(place) for place in places.values())
    )


def _known(headers: Mapping[str, str], role: str) -> Viewer | Refusal:
    text = headers.get(PRINCIPAL, "")
    if not text:
        return Refusal(reason=Reason.SIGN_IN)
    principal = _decoded(text)
    if principal is None:
        return Refusal(reason=Reason.UNREADABLE)
    if principal.get("auth_typ") != _ENTRA:
        return Refusal(reason=Reason.NOT_ENTRA)
    claims = list(_claims(principal))
    kinds = [*_ROLE_TYPES, principal.get("role_typ")]
    if not role or (role not in [value for kind, value in claims if kind in kinds]):
        return Refusal(reason=Reason.NO_ROLE)
    told = next((value for kind, value in claims if kind in _ID_TYPES), "")
    name = told or headers.get(PRINCIPAL_ID, "")
    if not _ID.fullmatch(name):  # what they open could be laid at nobody's door
        return Refusal(reason=Reason.UNREADABLE)
    return Viewer(name=name)


def _decoded(text: str) -> dict[str, Any] | None:
    """Return the principal in *text*, or None: a header that came twice is no base64, either."""
    if len(text) > PRINCIPAL_CHARACTERS:
        return None
    try:
        principal = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        return None
    return principal if isinstance(principal, dict) else None


def _claims(principal: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield type and value of every claim that has both as text."""
    claims = principal.get("claims")
    for claim in claims if isinstance(claims, list) else ():
        kind, value = (claim.get("typ"), claim.get("val")) if isinstance(claim, dict) else (0, 0)
        if isinstance(kind, str) and isinstance(value, str):
            yield kind, value
