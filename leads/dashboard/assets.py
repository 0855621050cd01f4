"""What the pages load beside themselves: the stylesheet and the icon, which tell nothing. Pure."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from leads.dashboard import pages
from leads.dashboard.wire import FOR_A_DAY, FOR_EVER, answer

if TYPE_CHECKING:
    from leads.dashboard.wire import Request
    from leads.door import Answer

STYLE, ICON = "style.css", "icon.svg"

ASSETS = frozenset({STYLE, ICON})


def asset(request: Request) -> Answer:
    """Return what *request* asks for, of ASSETS, to everybody: refusals shall be legible."""
    body = b"" if request.method == "HEAD" else _body(request.page)
    if request.page == ICON:
        kept, content_type = FOR_A_DAY, "image/svg+xml"
    else:
        current = request.query.get("v") == pages.style_hash()
        kept, content_type = FOR_EVER if current else "no-store", "text/css"
    return answer(200, body, content_type=content_type, headers={"Cache-Control": kept})


def _body(name: str) -> bytes:
    return _icon() if name == ICON else pages.stylesheet()


@cache
def _icon() -> bytes:
    return files("leads.dashboard").joinpath("static", ICON).read_bytes()
