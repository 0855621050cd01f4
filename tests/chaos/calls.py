"""Which storage call a request is: its name survives new ports, ids, signatures and polling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit


class Service(StrEnum):
    QUEUE = "Queue"
    TABLE = "Table"


@dataclass(frozen=True, slots=True)
class Call:
    """One storage call: what is done, and to which queue or table."""

    service: Service
    verb: str
    place: str

    def __str__(self) -> str:
        return f"{self.verb} {self.place}".rstrip()

    @classmethod
    def of(cls, service: Service, method: str, target: str) -> Call:
        """Name the call that a request makes; *target* begins with the account."""
        url = urlsplit(target)
        _, _account, place, *inside = url.path.split("/")
        if service is Service.TABLE:
            return cls(service, *_table_call(method, place))
        verb = _QUEUE_VERBS.get((method, len(inside)), method)
        peeks = verb == "receive" and "peekonly" in parse_qs(url.query)
        return cls(service, "peek" if peeks else verb, place)


_QUEUE_VERBS = {
    ("GET", 0): "look at",
    ("PUT", 0): "create",
    ("DELETE", 0): "remove",
    ("POST", 1): "put",  # …/messages
    ("GET", 1): "receive",
    ("DELETE", 1): "clear",
    ("DELETE", 2): "delete",  # …/messages/<id>
    ("PUT", 2): "renew",
}
_ROW = re.compile(r"(\w+)\(PartitionKey=")
_ROW_VERBS = {"GET": "read", "DELETE": "remove"}


def _table_call(method: str, place: str) -> tuple[str, str]:
    if place == "$batch":
        return "transact", ""
    if row := _ROW.match(place):
        return _ROW_VERBS.get(method, "update"), row[1]
    return ("query" if method == "GET" else "insert"), place.removesuffix("()")
