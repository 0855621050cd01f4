"""ASP.NET route templates: `leads/{id:int}`, `{id?}`, `{*rest}`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::[^{}?=]+)*)(\?)?(?:=([^{}]*))?\}")
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
_PATTERNS = {
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "alpha": r"[A-Za-z]*",
    "bool": r"(?i:true|false)",
    "guid": r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
}


class InvalidRoute(Exception):
    """A route template that devhost cannot read."""


@dataclass(frozen=True)
class Route[T]:
    """A template for some methods (none means any) and what it leads to."""

    template: str
    methods: frozenset[str]
    target: T

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route's values when the path matches, without those that are absent."""
        inner = path.removeprefix("/").removesuffix("/")
        segments = [unquote(one) for one in inner.split("/")] if inner else []
        return _match(self.template.strip("/").split("/"), segments)

    @property
    def precedence(self) -> list[int]:
        """Order routes as ASP.NET's RoutePrecedence does: literals, parameters, rests."""
        return [_rank(segment) for segment in self.template.strip("/").split("/")]


def check(template: str) -> None:
    """Refuse a template with a constraint that devhost does not know."""
    for parameter in _PARAMETER.finditer(template):
        for constraint in parameter[3].split(":")[1:]:
            if constraint not in _PATTERNS:
                raise InvalidRoute(f"devhost knows no route constraint '{constraint}': {template}")
    if set(_PARAMETER.sub("", template)) & set("{}"):
        raise InvalidRoute(f"not a route template: {template}")


def find[T](routes: Iterable[Route[T]], method: str, path: str) -> tuple[T, dict[str, str]] | None:
    """Return the first route for this method and path; a known path with another method is none.

    Source: azure-functions-host answers 404, not 405 (issue 10098).
    """
    for route in sorted(routes, key=lambda one: one.precedence):
        if route.methods and method.upper() not in route.methods:
            continue
        if (values := route.match(path)) is not None:
            return route.target, values
    return None


def _match(template: list[str], segments: list[str]) -> dict[str, str] | None:
    if not template or template == [""]:
        return None if segments else {}
    whole = _PARAMETER.fullmatch(template[0])
    if whole and whole[1]:
        rest = "/".join(segments)
        return {whole[2]: rest} if rest else {}
    if not segments:
        return _absent(template)
    here = _match_segment(template[0], segments[0])
    there = None if here is None else _match(template[1:], segments[1:])
    return None if here is None or there is None else here | there


def _absent(template: list[str]) -> dict[str, str] | None:
    """Match the end of a path against what is optional, has a default, or takes the rest."""
    values = {}
    for segment in template:
        parameter = _PARAMETER.fullmatch(segment)
        if not parameter or not (parameter[1] or parameter[4] or parameter[5] is not None):
            return None
        if parameter[5] is not None:
            values[parameter[2]] = parameter[5]
    return values


def _match_segment(template: str, segment: str) -> dict[str, str] | None:
    pattern, end = "", 0
    for parameter in _PARAMETER.finditer(template):
        pattern += re.escape(template[end : parameter.start()]) + f"(?P<{parameter[2]}>.+)"
        end = parameter.end()
    pattern += re.escape(template[end:])
    match = re.fullmatch(pattern, segment, re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    values = match.groupdict()
    for parameter in _PARAMETER.finditer(template):
        for constraint in parameter[3].split(":")[1:]:
            if not _satisfies(constraint, values[parameter[2]]):
                return None
    return values


def _satisfies(constraint: str, value: str) -> bool:
    if not re.fullmatch(_PATTERNS[constraint], value, re.ASCII):
        return False
    limits = {"int": _INT32, "long": _INT64}.get(constraint)
    return limits is None or int(value) in limits


def _rank(segment: str) -> int:
    parameters = list(_PARAMETER.finditer(segment))
    if not parameters:
        return 1
    if parameters[0][1]:
        return 5
    return 3 - bool(parameters[0][3]) if parameters[0][0] == segment else 2
