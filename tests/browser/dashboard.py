"""The dashboard with leads in it: the app, a storage of its own, and the addresses of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from devhost.azurite import Azurite
from leads.identity import lead_key
from leads.model import Contact
from leads.sample_leads import ACTIONS
from tests.browser.browser import STRANGER
from tests.end_to_end.app import Row, lead
from tests.end_to_end.operating import ROOT, System, running
from tests.end_to_end.recorded import Recorder

OVERVIEW = "/api/dashboard"
LIST = f"{OVERVIEW}/leads"
LEAD = f"{OVERVIEW}/lead"

OFFER, SILENT = "contoso.busy", "fabrikam.silent"
MANY = 60
"""Leads of the busy offer: more than a page of the list shows."""

_SAMPLES = ROOT / "tests" / "samples"
_ADDRESS = "ada.lovelace@contoso.com"
ADA = lead_key(Contact(email=_ADDRESS), fingerprint="")
"""The lead key of somebody with a long journey in the busy offer, who came to the silent one."""
_TITLES = ("CTO", "Head of IT", "Engineer", "Student", "")
_COUNTRIES = ("SE", "US", "GB", "DE", "")


@dataclass(frozen=True)
class Dashboard:
    """The running app, whose dashboard is open on this machine."""

    system: System

    @property
    def url(self) -> str:
        """Where the app is."""
        return self.system.app.url

    @property
    def by_another_name(self) -> str:
        """Where the app is under a name by which nobody may see the dashboard."""
        return self.url.replace("127.0.0.1", STRANGER)

    def counted(self) -> None:
        """Wait until all leads are written, and count them as the timer does."""
        said = self.system.settled("tend")
        assert said.code == 0, said.err


@contextmanager
def opened(azurite: Azurite) -> Iterator[Dashboard]:
    """Run the app on this storage, with its dashboard open."""
    with running(azurite, LEADS_DASHBOARD_OPEN="local") as system:
        yield Dashboard(system)


def address(page: str, /, **query: str) -> str:
    """Return the address of *page*; what is empty is left out."""
    told = {name: value for name, value in query.items() if value}
    return f"{page}?{urlencode(told)}" if told else page


def fill(dashboard: Dashboard) -> None:
    """Post the samples, and record leads of seven weeks beside them, one with a long journey."""
    app = dashboard.system.app
    for sample in sorted(_SAMPLES.glob("*.json")):
        app.post(sample.read_bytes())
    record, now = Recorder(app.connection), datetime.now(UTC).replace(microsecond=0)
    for number in range(MANY):
        record(_somebody(number), now - timedelta(hours=19 * number + 1))
    for number, action in enumerate((*ACTIONS, *ACTIONS)):
        record(_ada(OFFER, action, number), now - timedelta(days=20 - number))
    record(_ada(SILENT, "INS", 0), now - timedelta(days=25))
    dashboard.counted()


def _somebody(number: int) -> Row:
    contact = {
        "FirstName": ("Grace", "Alan", "Chloë", "Nguyễn", "")[number % 5],
        "LastName": ("Hopper", "Turing", "Müller")[number % 3],
        "Email": f"person{number}@{('example.com', 'gmail.com')[number % 7 == 0]}",
        "Phone": "+46 8 465 004 12",
        "Country": _COUNTRIES[number % len(_COUNTRIES)],
        "Company": ("Fabrikam", "Tailspin Toys", "")[number % 3],
        "Title": _TITLES[number % len(_TITLES)],
    }
    action = ACTIONS[number % len(ACTIONS)]
    return lead(OFFER, ActionCode=action, UserDetails=contact, Description="Campaigns: ignite")


def _ada(offer: str, action: str, number: int) -> Row:
    contact = {
        "FirstName": "Ada",
        "LastName": "Lovelace",
        "Email": _ADDRESS,
        "Title": "CTO",
        "Company": "Contoso",
        "Country": "GB",
    }
    said = f"Please call me,\nit is the {number}. time."
    return lead(offer, ActionCode=action, UserDetails=contact, Description=said)
