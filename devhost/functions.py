"""What the app declares: functions and their bindings, as the worker library indexed them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TRIGGERS = frozenset({"httpTrigger", "queueTrigger", "timerTrigger"})
_OUTPUTS = frozenset({"http", "queue"})


class UnsupportedBinding(Exception):
    """A function declares a binding that devhost does not have."""


@dataclass(frozen=True)
class Binding:
    """One binding, as its decorator wrote it; property names are function.json's."""

    properties: Mapping[str, object]

    @property
    def name(self) -> str:
        """The parameter's name, or `$return`."""
        return self.text("name")

    @property
    def type(self) -> str:
        """The kind of binding, for example `queueTrigger`."""
        return self.text("type")

    @property
    def is_binary(self) -> bool:
        """Whether the function asks for bytes instead of text."""
        return self.text("dataType").lower() == "binary"

    def text(self, key: str) -> str:
        """Return a property, or nothing when it is not declared."""
        value = self.properties.get(key)
        return "" if value is None else str(value)

    def texts(self, key: str) -> list[str]:
        """Return a property that is a list."""
        value = self.properties.get(key)
        return [str(item) for item in value] if isinstance(value, list) else []


@dataclass(frozen=True)
class Function:
    """A function with its one trigger and its outputs."""

    name: str
    function_id: str
    trigger: Binding
    outputs: tuple[Binding, ...]


def function_from(name: str, function_id: str, raw_bindings: Iterable[str]) -> Function:
    """Sort the raw bindings of one function, refusing those that nothing here would serve."""
    bindings = [Binding(json.loads(raw)) for raw in raw_bindings]
    for binding in bindings:
        if binding.type not in TRIGGERS | _OUTPUTS:
            raise UnsupportedBinding(f"{name}: devhost has no binding of type {binding.type}")
    triggers = [binding for binding in bindings if binding.type in TRIGGERS]
    if len(triggers) != 1:
        raise UnsupportedBinding(f"{name}: a function has one trigger, not {len(triggers)}")
    outputs = tuple(binding for binding in bindings if binding.type in _OUTPUTS)
    return Function(name, function_id, triggers[0], outputs)
