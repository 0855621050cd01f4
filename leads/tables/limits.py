"""What Azure Tables refuse, checked before sending: Azurite lets most of it pass. Pure.

Source: "Understanding the Table service data model" (Microsoft Learn); failure-model.md F23.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from azure.data.tables import EdmType, EntityProperty

from leads.errors import EntityTooLarge

STRING_UNITS = 32_768
"""UTF-16 code units that a string property holds (64 KiB)."""

BINARY_BYTES = 65_536
OWN_PROPERTIES = 252  # 255 with PartitionKey, RowKey and Timestamp
ENTITY_BYTES = 1_048_576
TRANSACTION_OPERATIONS = 100
KEY_UNITS = 512  # 1 KiB in UTF-16
INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1

TRUNCATED = "Truncated"
"""The marker column: names of the columns whose value was cut."""

_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_KEY = re.compile(r"[^/\\#?\x00-\x1f\x7f-\x9f]*")

type Entity = dict[str, Any]  # the SDK's own type: a value is any of the Edm types


def fitted(entity: Entity) -> Entity:
    """Return *entity* as Azure takes it: too long a text cut and named in `Truncated`.

    Raises:
        EntityTooLarge: a key, a number, the count of properties or the whole size is refused.
    """
    check_keys(entity["PartitionKey"], entity["RowKey"])
    fit = {name: _fitted_value(value) for name, value in entity.items() if value is not None}
    if cut := longer_than(STRING_UNITS, entity):
        fit[TRUNCATED] = ",".join(cut)
    if len(fit) - 2 > OWN_PROPERTIES:
        raise EntityTooLarge(f"the row has {len(fit) - 2} properties of {OWN_PROPERTIES}")
    if (size := entity_bytes(fit)) > ENTITY_BYTES:
        raise EntityTooLarge(f"the row takes {size} bytes of {ENTITY_BYTES}")
    return fit


def units(text: str) -> int:
    """Return how many UTF-16 code units *text* has: an emoji has two."""
    if text.isascii():  # asked of every text of every row, several times: 567 -> 220 us a lead
        return len(text)
    return len(text) + sum(1 for char in text if char > "\uffff")


def cut_to(text: str, limit: int) -> str:
    """Return the longest beginning of *text* of at most *limit* UTF-16 units, no pair broken."""
    if units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")


def longer_than(limit: int, entity: Entity) -> list[str]:
    """Return the columns of *entity* whose text has more than *limit* UTF-16 units."""
    return [
        name for name, value in entity.items() if isinstance(value, str) and units(value) > limit
    ]


def entity_bytes(entity: Entity) -> int:
    """Return what *entity* takes of its 1 MiB: names and texts count two bytes a unit."""
    return sum(8 + 2 * units(name) + _value_bytes(value) for name, value in entity.items())


def check_transaction(operations: int) -> None:
    """Raise EntityTooLarge where one transaction would hold too many operations."""
    if operations > TRANSACTION_OPERATIONS:
        raise EntityTooLarge(f"{operations} operations in a transaction")


def check_keys(partition: str, row: str) -> None:
    """Raise EntityTooLarge for a key that no row can have."""
    for name, key in (("PartitionKey", partition), ("RowKey", row)):
        if not _KEY.fullmatch(key) or units(key) > KEY_UNITS:
            raise EntityTooLarge(f"{name} has characters or a length that Azure refuses")


def _fitted_value(value: object) -> object:
    if isinstance(value, str):
        return cut_to(_well_formed(value), STRING_UNITS)
    if isinstance(value, bytes) and len(value) > BINARY_BYTES:
        raise EntityTooLarge(f"a binary value has {len(value)} bytes of {BINARY_BYTES}")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > INT32_MAX:
        if abs(value) > INT64_MAX:
            raise EntityTooLarge("a number passes 64 bits")
        return EntityProperty(value, EdmType.INT64)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("a naive time would be stored as UTC without a word")
    return value


def _well_formed(text: str) -> str:
    """Replace half an emoji, which only a foreign message can hold, and what no XML reader takes.

    The payload itself can hold U+FFFF: Azurite takes it, whether Azure does could not be tried.
    """
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NO_CHARACTER.sub("\ufffd", text)


def _value_bytes(value: object) -> int:
    match value:
        case str():
            return 4 + 2 * units(value)
        case bytes():
            return 4 + len(value)
        case _:
            return 8
