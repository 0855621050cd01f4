"""Pages that say one thing: who may not look and why, and what went wrong. Pure."""

from __future__ import annotations

from html import escape

from leads.dashboard import pages
from leads.dashboard.access import Reason
from leads.dashboard.sources import Page

_TITLES = {
    Reason.SHUT: "The dashboard is shut",
    Reason.ELSEWHERE: "The dashboard is open on its own machine only",
    Reason.UNREADABLE: "You could not be recognised",
    Reason.NOT_ENTRA: "Sign in with Microsoft Entra ID",
    Reason.NO_ROLE: "You may not see the dashboard",
}

_TEXTS = {
    Reason.SHUT: (
        "In Azure, switch on App Service authentication with Microsoft Entra ID, and give the app"
        " role {role} to those who may look. On your own machine, with development storage, set"
        " LEADS_DASHBOARD_OPEN to local, as `make run` does. A function key opens nothing here."
    ),
    Reason.ELSEWHERE: (
        "Ask for it as localhost or 127.0.0.1, on the machine where the app runs and with no"
        " tunnel or proxy between."
    ),
    Reason.UNREADABLE: (
        "App Service authentication told nothing about you that the app can read. Sign out and in"
        " again; if that does not help, ask whoever runs the app."
    ),
    Reason.NOT_ENTRA: (
        "You are signed in elsewhere, and only Entra ID tells who has the app role {role}."
    ),
    Reason.NO_ROLE: (
        "You are signed in, but you do not have the app role {role}. Whoever looks after the app's"
        " registration in Entra ID can give it to you; then sign out and in again."
    ),
}

_NOBODY = "LEADS_DASHBOARD_ROLE is empty: nobody may look until it names an app role."

_PLAIN = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<main><h1>{title}</h1><p>{text}</p></main>
</html>
"""


def refusal(reason: Reason, *, role: str) -> Page:
    """Return what somebody reads who was refused; *role* is the one that they would need."""
    text = _TEXTS[reason] if role or reason is Reason.ELSEWHERE else _NOBODY
    return _page("refused", 403, _TITLES[reason], text.format(role=role))


def message(status: int, title: str, text: str) -> Page:
    """Return a page within the dashboard that says *text*."""
    return _page("message", status, title, text)


def _page(kind: str, status: int, title: str, text: str) -> Page:
    """Return it as the templates show it, or plain: what tells of a fault must not share it."""
    try:
        return pages.render(f"{kind}.html", status=status, title=title, text=text)
    except Exception:  # noqa: BLE001 - whatever is wrong with them, this is said nevertheless
        return Page(status=status, html=_PLAIN.format(title=escape(title), text=escape(text)))
