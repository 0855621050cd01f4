"""The templates and the stylesheet: how a page becomes HTML. Pure, but for its template library."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined

from leads.dashboard import addresses, wording
from leads.dashboard.sources import Page

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

STYLESHEET = "style.css"


def render(template: str, *, status: int = 200, **shown: object) -> Page:
    """Return the page that *template* makes of what is *shown*."""
    return Page(html=_environment().get_template(template).render(shown), status=status)


@cache
def stylesheet() -> bytes:
    """Return the stylesheet of all pages."""
    return _inside("static", STYLESHEET).read_bytes()


@cache
def style_hash() -> str:
    """Return what tells this stylesheet from others: it is part of its address."""
    return sha256(stylesheet()).hexdigest()[:16]


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_source),
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["stylesheet"] = f"{addresses.STYLE}?v={style_hash()}"
    environment.globals["addresses"] = addresses
    environment.filters["number"] = wording.number
    environment.filters["percent"] = wording.percent
    return environment


def _shown(value: object) -> object:
    """Return *value* as it stands on a page: nothing where there is none."""
    return "" if value is None else value


def _source(template: str) -> str:
    return _inside("templates", template).read_text(encoding="utf-8")


def _inside(*path: str) -> Traversable:
    return files("leads.dashboard").joinpath(*path)
