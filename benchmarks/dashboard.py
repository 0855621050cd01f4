"""What a person waits for at the dashboard when an offer has many leads.

From the request to the last byte of the page, over loopback: the time of the app, and of devhost
before it, with Azurite as its storage. tend_leads has counted once before, as its timer does.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from benchmarks.commands import run
from benchmarks.customers import OFFER
from benchmarks.figures import Figure
from benchmarks.rig import Rig
from benchmarks.shelf import stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Plan

TITLE = "The dashboard on an offer of many leads"

_ENVIRONMENT = {
    "LEADS_DASHBOARD_OPEN": "local",
    "AzureWebJobs.tend_leads.Disabled": "true",  # it would count, and keep the storage busy
}
_SECONDS = 1.0
_OVERVIEW = "/api/dashboard"
_LIST = f"{_OVERVIEW}/leads"
_NOBODY = "a word that nobody's name holds"
_OK = 200


class NoPage(Exception):
    """The dashboard answered with something else than a page."""


@dataclass(frozen=True, slots=True)
class _Answer:
    seconds: float
    page: str


def measure(plan: Plan) -> list[Figure]:
    """Return how long each page takes."""
    count, rounds = plan.pick(quick=5_000, full=100_000), plan.pick(quick=3, full=9)
    with (
        stored(count, seed=plan.seed) as azurite,
        Rig(storage=azurite, environment=_ENVIRONMENT) as rig,
    ):
        run("tend", azurite.connection_string)
        door = http.client.HTTPConnection(urlsplit(rig.host.url).netloc, timeout=60)
        first = _ask(door, _OVERVIEW)
        found = {
            name: [_ask(door, place).seconds for _ in range(1 + rounds)][1:]
            for name, place in _places(door).items()
        }
    return [
        Figure(name="overview: the first one of a process", rounds=[first.seconds], unit="s"),
        *(
            Figure(name=name, rounds=seconds, unit="s", at_most=_SECONDS)
            for name, seconds in found.items()
        ),
    ]


def _places(door: http.client.HTTPConnection) -> Mapping[str, str]:
    """Return the addresses of the pages, the way to the second page and to a lead read off one."""
    listed = _ask(door, _LIST).page
    lead = _link(listed, f"{_OVERVIEW}/lead?")
    return {
        "overview": _OVERVIEW,
        "overview: 8 weeks": f"{_OVERVIEW}?period=8w",
        "list: newest": _LIST,
        "list: the next page": _link(listed, f"{_LIST}?before="),
        "list: best first": f"{_LIST}?sort=score",
        "list: one offer and stage": f"{_LIST}?{urlencode({'offer': OFFER, 'stage': 'trial'})}",
        "list: a search that finds nobody": f"{_LIST}?{urlencode({'q': _NOBODY})}",
        "one lead": lead,
        "one lead: contact data shown": f"{lead}&contact=shown",
    }


def _link(page: str, beginning: str) -> str:
    """Return the first address on *page* that begins so."""
    links: Sequence[str] = [part.partition('"')[0] for part in page.split('href="')[1:]]
    found = next((one for one in links if one.startswith(beginning)), None)
    if found is None:
        raise NoPage(f"no link to {beginning}")
    return found.replace("&amp;", "&")


def _ask(door: http.client.HTTPConnection, place: str) -> _Answer:
    begun = time.perf_counter()
    door.request("GET", place)
    answer = door.getresponse()
    page = answer.read().decode()
    if answer.status != _OK:
        raise NoPage(f"{place} answered {answer.status}")
    return _Answer(time.perf_counter() - begun, page)
