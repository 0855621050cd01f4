"""What the app's folder and the environment say: local.settings.json, host.json, %SETTING%."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?")
_OVERRIDE = "AzureFunctionsJobHost__"


class InvalidSettings(Exception):
    """The app's folder or the environment says something the host cannot follow."""


@dataclass(frozen=True, kw_only=True)
class HostSettings:
    """Every host.json value that devhost follows, with the real host's defaults.

    Source: azure-sdk-for-net QueuesOptions.cs, azure-functions-host ScriptJobHostOptions.cs.
    """

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    max_polling_interval: float = 2.0  # one minute, but 2 s in Development, which Core Tools forces
    visibility_timeout: int = 0
    invisibility: int = 600  # fixed in QueueProcessor; --invisible shortens it for tests
    message_encoding: str = "base64"
    route_prefix: str = "api"
    function_timeout: float | None = 1800.0


def load_local_settings(app: Path, environ: MutableMapping[str, str]) -> None:
    """Add local.settings.json's Values to the environment, which wins. Source: Core Tools."""
    environ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development"
    path = app / "local.settings.json"
    if path.exists():
        for name, value in _read_object(path).get("Values", {}).items():
            environ.setdefault(name, str(value))


def read_host_settings(app: Path, environ: Mapping[str, str]) -> HostSettings:
    """Read host.json, overridden by AzureFunctionsJobHost__path__to__value settings."""
    if not (app / "host.json").exists():
        raise InvalidSettings(f"{app} is no Functions app: it has no host.json")
    host = _read_object(app / "host.json")
    for name, value in environ.items():
        if name.startswith(_OVERRIDE):
            _override(host, name.removeprefix(_OVERRIDE).split("__"), value)
    try:
        return _host_settings(host)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidSettings(f"host.json: {error}") from error


def _host_settings(host: dict[str, dict[str, dict[str, str]]]) -> HostSettings:
    queues = host.get("extensions", {}).get("queues", {})
    http = host.get("extensions", {}).get("http", {})
    defaults = HostSettings()
    batch_size = int(queues.get("batchSize", defaults.batch_size))
    threshold = batch_size // 2 * (os.process_cpu_count() or 1)
    encoding = str(queues.get("messageEncoding", defaults.message_encoding)).lower()
    if not 1 <= batch_size <= 32:  # noqa: PLR2004 - the service gives at most 32 messages at once
        raise ValueError(f"batchSize must be 1 to 32, not {batch_size}")
    if encoding not in {"base64", "none"}:
        raise ValueError(f"messageEncoding must be base64 or none, not {encoding}")
    return HostSettings(
        batch_size=batch_size,
        new_batch_threshold=int(queues.get("newBatchThreshold", threshold)),
        max_dequeue_count=int(queues.get("maxDequeueCount", defaults.max_dequeue_count)),
        max_polling_interval=seconds(queues.get("maxPollingInterval", "00:00:02")),
        visibility_timeout=int(seconds(queues.get("visibilityTimeout", "00:00:00"))),
        message_encoding=encoding,
        route_prefix=str(http.get("routePrefix", defaults.route_prefix)).strip("/"),
        function_timeout=_function_timeout(str(host.get("functionTimeout", "00:30:00"))),
    )


def seconds(time_span: str) -> float:
    """Read a .NET TimeSpan such as `00:01:30` or `1.00:00:00`."""
    match = _TIME_SPAN.fullmatch(str(time_span).strip())
    if match is None:
        raise ValueError(f"not a time span (hh:mm:ss): {time_span}")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Replace each %SETTING% by its value. Source: webjobs-sdk DefaultNameResolver.cs."""

    def value(match: re.Match[str]) -> str:
        try:
            return environ[match[1]]
        except KeyError:
            raise InvalidSettings(f"'%{match[1]}%' does not resolve to a value") from None

    return re.sub(r"%([^%]+)%", value, text)


def _function_timeout(text: str) -> float | None:
    return None if text.strip() == "-1" else seconds(text)


def _override(host: dict[str, dict[str, dict[str, str]]], path: list[str], value: str) -> None:
    level = host
    for key in path[:-1]:
        level = level.setdefault(key, {})  # type: ignore[assignment]  # every level but the last is an object
    level[path[-1]] = value  # type: ignore[assignment]  # and this is the last


def _read_object(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise InvalidSettings(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidSettings(f"{path} must hold a JSON object")
    return content
