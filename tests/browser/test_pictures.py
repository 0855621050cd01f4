"""The pictures of the README: small, and true to what was on the screen."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from devhost.azurite import Azurite
from tests.end_to_end.app import lead, new_offer
from tests.end_to_end.operating import ROOT
from tests.end_to_end.recorded import Recorder
from tools.palette import shrunk
from tools.pictures import MOST_BYTES
from tools.terminal import as_page, run

PICTURES = {path.stem: path for path in (ROOT / "docs" / "pictures").glob("*.png")}
COLOURFUL = """<body style="margin: 0; background: linear-gradient(90deg, #fff 40%, #123)">
<p style="font: 40px serif; color: #a11">Leads</p></body>"""
DOTS = """async (png) => {
    const blob = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    return [...canvas.getImageData(0, 0, bitmap.width, bitmap.height).data];
}"""


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 300, "height": 120}).new_page()


def dots(png: bytes, page: Page) -> list[int]:
    """Return what a browser shows of a picture: red, green, blue and opacity of every dot."""
    found: list[int] = page.evaluate(DOTS, base64.b64encode(png).decode())
    return found


def test_the_pictures_of_the_readme_are_there() -> None:
    assert set(PICTURES) == {
        "dashboard-overview-light",
        "dashboard-overview-dark",
        "dashboard-leads",
        "dashboard-lead",
        "dashboard-phone",
        "terminal-list",
        "terminal-stats",
    }


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_small_and_no_larger_than_a_screen_needs(picture: Path) -> None:
    png = picture.read_bytes()

    width, height = struct.unpack(">II", png[16:24])

    assert len(png) <= MOST_BYTES
    assert 600 <= width <= 2_000
    assert 400 <= height <= 2_500


def test_a_picture_with_fewer_colours_looks_the_same(page: Page) -> None:
    page.set_content(COLOURFUL)
    full = page.screenshot()

    small = shrunk(full, page)

    before, after = dots(full, page), dots(small, page)
    differences = [abs(one - other) for one, other in zip(before, after, strict=True)]
    assert max(differences) <= 8
    assert small[25] == 3  # a palette


def test_a_terminal_shows_what_was_printed_in_its_styles() -> None:
    shown = as_page("leads <x>", "\x1b[1mNAME\x1b[0m <b>Ada</b>\x1b[?25h\n\x1b[31;1mred\x1b[m &")

    assert "leads &lt;x&gt;" in shown
    assert '<span class="bold">NAME</span>' in shown
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown
    assert '<span class="c1 bold">red</span>' in shown
    assert "\x1b" not in shown


def test_a_command_believes_that_it_is_in_a_terminal(azurite: Azurite) -> None:
    Recorder(azurite.connection_string)(lead(new_offer()), datetime.now(UTC))

    said = run(["list"], storage=azurite.connection_string, cwd=ROOT)

    assert "\x1b[1m" in said
    assert "Lovelace" in said


def test_a_command_that_fails_makes_no_picture() -> None:
    with pytest.raises(RuntimeError, match="no-such-command"):
        run(["no-such-command"], storage="", cwd=ROOT)
