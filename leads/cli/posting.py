"""Posting a lead as Microsoft does: one POST, once, and what the answer means.

The function key travels in the URL, so a URL is shown without the values of its query, and what
the libraries say of a URL is never passed on. What HTTP needs is imported where it is used, because
all commands load this module.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import click

from leads.cli.cells import cut, printable

if TYPE_CHECKING:
    from http.client import HTTPException, HTTPResponse
    from urllib.request import OpenerDirector

_SECONDS = 30
_ANSWER_BYTES = 65_536  # ours take a few hundred
_WIDEST = 300

_ADVICE = {
    401: "the function key is missing or wrong: give it by --key or LEADS_KEY",
    403: "the app is stopped, or it does not let this address in",
    404: "nothing takes leads there: the path is /api/leads, on an app that is deployed",
    405: "nothing takes leads there: the path is /api/leads",
    411: "something on the way sends the body in chunks, which the Functions host cannot read",
    413: "a payload may have 32,768 bytes",
    429: "something in front of the app is busy: send it again",
    500: "the app could not put the lead into its queue: run `doctor` there",
    502: "the app is not up yet: send it again in a minute",
    503: "the app is not up yet: send it again in a minute",
    504: "the app is not up yet: send it again in a minute",
}

_REFUSALS = (400, 413, 415, 422)
_KEPT = "It is kept: see `dead list`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; *status* is None where nothing did."""

    status: int | None = None
    delivery_id: str = ""  # only where the lead was accepted
    seconds: float = 0.0
    advice: str = ""  # only where it was not


class AddressType(click.ParamType[str]):
    """The URL of the HTTP door; its errors do not repeat it, because a key may be in it."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the URL; fail where nothing can be posted to it."""
        try:
            parts = urlsplit(value)
            known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            known = False
        if not known or not re.fullmatch("[!-~]+", value):
            self.fail("it must look like https://<app>.azurewebsites.net/api/leads", param, ctx)
        if "@" in parts.netloc:
            self.fail("leave out what stands before the @", param, ctx)
        return value


def with_key(url: str, key: str) -> str:
    """Return *url* with the function key in its query, in place of one that is there."""
    parts = urlsplit(url)
    others = [one for one in parts.query.split("&") if one and not one.lower().startswith("code=")]
    query = "&".join([*others, f"code={quote(key.strip(), safe='')}"])
    return urlunsplit(parts._replace(query=query))


def shown(url: str) -> str:
    """Return *url* as it may be printed: every value of its query masked."""
    parts = urlsplit(url)
    query = "&".join(f"{one.partition('=')[0]}=***" for one in parts.query.split("&") if one)
    place = parts.netloc.rpartition("@")[2]
    return printable(urlunsplit((parts.scheme, place, parts.path, query, "")))


def is_local(url: str) -> bool:
    """Tell whether *url* leads to this machine."""
    from ipaddress import ip_address

    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def post(url: str, body: bytes) -> Answer:
    """Post *body* once and return what came back; neither redirected nor tried again."""
    from http.client import HTTPException
    from urllib.request import Request

    # The schemes are checked by AddressType.
    posted = Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    begun = time.perf_counter()
    try:
        with _opener(url).open(posted, timeout=_SECONDS) as response:
            text = response.read(_ANSWER_BYTES)
    except (OSError, HTTPException) as error:
        return Answer(seconds=time.perf_counter() - begun, advice=_advice_on_error(error))
    seconds = time.perf_counter() - begun
    if response.status == 202 and (delivery_id := _said(text, "id")):  # noqa: PLR2004 - RFC 9110
        return Answer(status=202, delivery_id=delivery_id, seconds=seconds)
    advice = _advice_on_answer(url, response, text)
    return Answer(status=response.status, seconds=seconds, advice=advice)


def _opener(url: str) -> OpenerDirector:
    """Return what opens *url* and hands over every answer, redirections and errors, too.

    A redirected POST would become a GET.
    """
    from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler

    opener = OpenerDirector()
    proxies: dict[str, str] | None = {} if is_local(url) else None  # those of the environment
    for handler in (ProxyHandler(proxies), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    return opener


def _advice_on_answer(url: str, response: HTTPResponse, text: bytes) -> str:
    status = response.status
    if location := response.headers.get("Location"):
        return f"it answered {status} and points elsewhere: post to {_target(url, location)}"
    if status < 300:  # noqa: PLR2004 - RFC 9110
        return f"it answered {status}, but not as this app does: is the address right?"
    told = _said(text, "detail") if "problem+json" in response.headers.get_content_type() else ""
    advice = f"{told} {_KEPT}" if told and status in _REFUSALS else told or _ADVICE.get(status, "")
    return f"it answered {status}" + (f": {advice}" if advice else "")


def _target(url: str, location: str) -> str:
    try:
        return shown(urljoin(url, location))
    except ValueError:
        return "what it names"


def _said(text: bytes, name: str) -> str:
    """Return what a JSON object says under *name*, fit to be printed; empty where it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    value = document.get(name) if isinstance(document, dict) else None
    return cut(printable(value), _WIDEST) if isinstance(value, str) else ""


def _advice_on_error(error: OSError | HTTPException) -> str:
    import ssl
    from socket import gaierror
    from urllib.error import URLError

    match error.reason if isinstance(error, URLError) else error:
        case ConnectionRefusedError():
            return "nothing listens there: does the app run? On this machine `make run` starts it"
        case gaierror():
            return "there is no such host"
        case ssl.SSLCertVerificationError() as fault:
            return f"its certificate is not trusted: {printable(fault.verify_message)}"
        case ssl.SSLError():
            return "it does not speak TLS: is it http rather than https?"
        case TimeoutError():
            return f"no answer within {_SECONDS} s; it may have taken the lead: look with `list`"
        case _:
            return "the connection broke before an answer came: look with `list`, or send again"
