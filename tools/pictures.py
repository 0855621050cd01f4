"""`make pictures`: the dashboard and the terminal as the README shows them, in docs/pictures/.

The people are made up, from a seed; the weeks are the last ones, counted from now. So the pictures
change a little from run to run: they are made anew when what they show has changed.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.customers import journey
from devhost.azurite import Azurite
from tests.browser.browser import DARK, LIGHT, PHONE, Look, started, window
from tests.browser.chromium import NoBrowser, find
from tests.browser.dashboard import LEAD, LIST, OVERVIEW, Dashboard, address, opened
from tests.end_to_end.recorded import Recorder
from tools.palette import shrunk
from tools.terminal import as_page, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 300_000

_SEED, _CUSTOMERS = 3, 240
_WEEKS = 8
_GROWTH = 1.6  # above 1 the later weeks have more
_STAY = 0.7  # of the customers keep to one offer
_MARGIN = 32  # below what a picture ends with

# Offer, title, out of 100 how many leads, and since how many days nothing has come.
_OFFERS = (
    ("contoso.insights-saas", "Contoso Insights", 46, 0),
    ("contoso.field-service", "Contoso Field Service", 27, 0),
    ("contoso.data-bridge", "Contoso Data Bridge", 18, 0),
    ("contoso.starter-kit", "Contoso Starter Kit", 9, 9),
)

_DESK = replace(LIGHT, width=1180, height=860, scale=1.5)
_DESK_AT_NIGHT = replace(DARK, width=1180, height=860, scale=1.5)
_HAND = replace(PHONE, scale=2)

_COMMANDS = {
    "terminal-list": ("list", "--sort", "score", "--limit", "12"),
    "terminal-stats": ("stats",),
}


def main() -> int:
    """Make all pictures; return the exit code."""
    try:
        chromium = find()
    except NoBrowser as nothing:
        print(nothing, file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Azurite() as azurite, opened(azurite) as dashboard:
        record = Recorder(azurite.connection_string)
        for payload, at in sorted(_deliveries(datetime.now(UTC)), key=lambda one: one[1]):
            record(payload, at)
        dashboard.counted()
        with started(chromium) as browser:
            _of_dashboard(browser, dashboard)
            _of_terminal(browser, azurite.connection_string)
    return _verdict(PICTURES.glob("*.png"))


def _deliveries(now: datetime) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Yield what made-up customers sent to four offers, and when."""
    source = random.Random(_SEED)  # noqa: S311 - guards nothing
    weights = [weight for _, _, weight, _ in _OFFERS]
    for number in range(_CUSTOMERS):
        first, then = source.choices(_OFFERS, weights, k=2)
        stays = source.random() < _STAY or first[-1] > 0 or then[-1] > 0
        silent = timedelta(days=first[-1])
        span = timedelta(weeks=_WEEKS) - silent
        last = now - silent - span * source.random() ** _GROWTH
        touches = journey(number, seed=_SEED, until=now)
        for touch in touches:
            offer, title, *_ = first if stays or touch is touches[0] else then
            payload = json.loads(touch.payload)
            action = payload["LeadSource"].partition("|")[0]
            payload |= {"LeadSource": f"{action}|{offer}", "OfferTitle": title}
            yield payload, last - (touches[-1].received_at - touch.received_at)


def _of_dashboard(browser: Browser, dashboard: Dashboard) -> None:
    weeks = "section:has(> * > #weeks)"
    for name, look in {"light": _DESK, "dark": _DESK_AT_NIGHT}.items():
        with _page(browser, dashboard, look, OVERVIEW) as page:
            _shoot(page, f"dashboard-overview-{name}", until=weeks)
    with _page(browser, dashboard, _DESK, address(LIST, sort="score")) as page:
        _shoot(page, "dashboard-leads")
    with _page(browser, dashboard, _DESK, _lead_with_a_story(dashboard)) as page:
        _shoot(page, "dashboard-lead", until="main")
    with _page(browser, dashboard, _HAND, OVERVIEW) as page:
        _shoot(page, "dashboard-phone")


@contextmanager
def _page(browser: Browser, dashboard: Dashboard, look: Look, path: str) -> Iterator[Page]:
    with window(browser, dashboard.url, look) as shown:
        shown.visit(path)
        if shown.status != 200 or shown.trouble:
            raise RuntimeError(f"{path}: {shown.status} {shown.trouble}")
        yield shown.page


def _lead_with_a_story(dashboard: Dashboard) -> str:
    """Return the address of a lead of some touches, who came to other offers, too, and lately."""
    rows = [row for offer, *_ in _OFFERS for row in dashboard.system.app.offer(offer, "lead")]
    offers = Counter(row["LeadKey"] for row in rows)

    def story(row: Mapping[str, Any]) -> tuple[object, ...]:
        contactable = row["ContactStatus"] == "contactable"
        return contactable, min(row["TouchCount"], 3), offers[row["LeadKey"]], row["LastSeen"]

    best = max(rows, key=story)
    return address(LEAD, offer=best["PartitionKey"], key=best["LeadKey"])


def _of_terminal(browser: Browser, storage: str) -> None:
    for name, arguments in _COMMANDS.items():
        said = run(arguments, storage=storage, cwd=ROOT)
        with browser.new_context(device_scale_factor=1.5) as context:
            page = context.new_page()
            page.set_content(as_page(f"python -m leads {' '.join(arguments)}", said))
            _keep(name, page.locator("main").screenshot(omit_background=True), browser)


def _shoot(page: Page, name: str, *, until: str = "") -> None:
    """Take a picture of what a window shows, or of the page to the end of an element."""
    size = page.viewport_size or {"width": 0, "height": 0}
    if until and (box := page.locator(until).first.bounding_box()):
        height = round(box["y"] + box["height"] + _MARGIN)
        page.set_viewport_size({"width": size["width"], "height": height})
    browser = page.context.browser
    assert browser  # noqa: S101 - a window has one
    _keep(name, page.screenshot(), browser)


def _keep(name: str, png: bytes, browser: Browser) -> None:
    with browser.new_context() as context:
        (PICTURES / f"{name}.png").write_bytes(shrunk(png, context.new_page()))


def _verdict(pictures: Iterable[Path]) -> int:
    large = False
    for picture in sorted(pictures):
        size = picture.stat().st_size
        large |= size > MOST_BYTES
        print(f"{size // 1000:>6} kB  {picture.relative_to(ROOT)}")
    if large:
        print(f"larger than {MOST_BYTES // 1000} kB: too large for a README", file=sys.stderr)
    return int(large)


if __name__ == "__main__":
    sys.exit(main())
