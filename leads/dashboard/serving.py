"""From a request to a page: method, who looks, which page, and what goes wrong. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from leads.dashboard import addresses, lead_list, lead_page, notices, overview
from leads.dashboard.access import Reason, Refusal
from leads.dashboard.assets import ASSETS, asset
from leads.dashboard.sources import Asked, Page, Sources
from leads.dashboard.wire import METHODS, OK, Visit, answer, is_deliberate
from leads.errors import StorageUnavailable, without_message
from leads.identity import lead_key
from leads.model import Contact
from leads.normal_form import normalised_email
from leads.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from leads.dashboard.access import Gate
    from leads.dashboard.wire import Request
    from leads.door import Answer

LIST, LEAD = "leads", "lead"

SIGN_IN = f"/.auth/login/aad?post_login_redirect_uri={addresses.OVERVIEW}"
"""Fixed: where somebody is sent must not depend on what was asked for."""

RETRY_AFTER = "30"  # seconds

_SHOWS: Mapping[str, Callable[[Sources, Asked], Page]] = {
    "": overview.show,
    LIST: lead_list.show,
    LEAD: lead_page.show,
}


def visit(
    request: Request, *, gate: Gate, open_sources: Callable[[], Sources], now: datetime
) -> Visit:
    """Answer *request*; never raises, and tells nobody what went wrong inside.

    *open_sources* is called for those who may look, and for nobody else.
    """
    try:
        return _visit(request, gate, open_sources, now)
    except StorageUnavailable as error:
        text = "What was accepted waits in queues and is not lost. Try again in half a minute."
        page = notices.message(503, "The tables cannot be read right now", text)
        return Visit(answer=_html(page, request, {"Retry-After": RETRY_AFTER}), error=error)
    except Exception as error:  # noqa: BLE001 - see the docstring
        page = notices.message(500, "Something went wrong here", "The app's log says what it was.")
        return Visit(answer=_html(page, request), error=without_message(error))


def _visit(
    request: Request, gate: Gate, open_sources: Callable[[], Sources], now: datetime
) -> Visit:
    if request.method not in METHODS:
        page = notices.message(405, "This page can only be read", "It takes GET and HEAD.")
        return Visit(answer=_html(page, request, {"Allow": ", ".join(METHODS)}))
    if request.page in ASSETS:
        return Visit(answer=asset(request))
    who = gate.admit(request.headers)
    if isinstance(who, Refusal):
        return Visit(answer=_refused(who, request, gate))
    if request.page == LIST and (key := _key_of_person(request.query.get("q", ""))):
        return Visit(answer=_moved(request.query, key), viewer=who.name)
    shown = _asks_for_contact(request)
    asked = Asked(query=request.query, now=now, contact_shown=shown)
    page = _page(request.page, open_sources, asked)
    opened = request.query.get("key", "") if shown and page.status == OK else ""
    return Visit(answer=_html(page, request), viewer=who.name, shown=opened)


def _page(name: str, open_sources: Callable[[], Sources], asked: Asked) -> Page:
    if show := _SHOWS.get(name):
        return show(open_sources(), asked)
    return notices.message(
        404, "There is no such page", "The overview leads to all that there are."
    )


def _asks_for_contact(request: Request) -> bool:
    wanted = request.page == LEAD and request.query.get("contact") == "shown"
    return wanted and is_deliberate(request)


def _key_of_person(search: str) -> str:
    """Return the lead key of whose whole address *search* is, or "".

    The key finds the same leads, and an address would stay in histories and bookmarks.
    """
    if "@" not in search:
        return ""
    key = lead_key(Contact(email=normalised_email(search)), fingerprint="")
    return key if Selection(search=search).takes({"LeadKey": key}) else ""


def _moved(query: Mapping[str, str], key: str) -> Answer:
    """Send to the same list by *key*; of the query only what filters are goes along."""
    place = addresses.leads(replace(addresses.filters_in(query), search=key))
    return answer(303, headers={"Location": place})


def _refused(refusal: Refusal, request: Request, gate: Gate) -> Answer:
    if refusal.reason is Reason.SIGN_IN:
        return answer(302, headers={"Location": SIGN_IN})
    return _html(notices.refusal(refusal.reason, role=gate.role), request)


def _html(page: Page, request: Request, headers: Mapping[str, str] | None = None) -> Answer:
    body = b"" if request.method == "HEAD" else page.html.encode(errors="replace")
    return answer(page.status, body, headers=headers)
