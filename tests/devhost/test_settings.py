from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from devhost.settings import (
    InvalidSettings,
    load_local_settings,
    read_host_settings,
    resolve,
    seconds,
)

if TYPE_CHECKING:
    from pathlib import Path


def app(folder: Path, host: dict[str, Any]) -> Path:
    (folder / "host.json").write_text(json.dumps(host))
    return folder


def test_without_values_host_json_has_the_real_hosts_defaults(tmp_path: Path) -> None:
    """Source: QueuesOptions.cs; 2 s because Core Tools runs in the Development environment."""
    settings = read_host_settings(app(tmp_path, {"version": "2.0"}), {})

    assert settings.batch_size == 16
    assert settings.new_batch_threshold == 8 * (os.process_cpu_count() or 1)
    assert settings.max_dequeue_count == 5
    assert settings.max_polling_interval == 2
    assert settings.visibility_timeout == 0
    assert settings.invisibility == 600
    assert settings.message_encoding == "base64"
    assert settings.route_prefix == "api"
    assert settings.function_timeout == 1800


def test_host_json_is_followed(tmp_path: Path) -> None:
    queues = {
        "batchSize": 8,
        "newBatchThreshold": 4,
        "maxDequeueCount": 10,
        "maxPollingInterval": "00:01:00",
        "visibilityTimeout": "00:01:00",
        "messageEncoding": "none",
    }
    host = {
        "functionTimeout": "00:02:00",
        "extensions": {"queues": queues, "http": {"routePrefix": ""}},
    }

    settings = read_host_settings(app(tmp_path, host), {})

    assert settings.batch_size == 8
    assert settings.new_batch_threshold == 4
    assert settings.max_dequeue_count == 10
    assert settings.max_polling_interval == 60
    assert settings.visibility_timeout == 60
    assert settings.message_encoding == "none"
    assert settings.route_prefix == ""
    assert settings.function_timeout == 120


def test_a_setting_overrides_host_json(tmp_path: Path) -> None:
    """Source: functions-host-json, "Override host.json values"."""
    environ = {"AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "2"}

    assert read_host_settings(app(tmp_path, {}), environ).max_dequeue_count == 2


@pytest.mark.parametrize(
    "queues", [{"batchSize": 33}, {"messageEncoding": "hex"}, {"visibilityTimeout": "a minute"}]
)
def test_a_value_out_of_range_is_refused(tmp_path: Path, queues: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        read_host_settings(app(tmp_path, {"extensions": {"queues": queues}}), {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("00:00:30", 30), ("00:00:00.1000000", 0.1), ("01:02:03", 3723), ("1.00:00:00", 86400)],
)
def test_a_time_span_is_dotnets(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


def test_local_settings_fill_the_environment_which_wins(tmp_path: Path) -> None:
    """Source: Core Tools, local.settings.json Values."""
    values = {"Values": {"KEPT": "file", "ADDED": "file"}}
    (tmp_path / "local.settings.json").write_text(json.dumps(values))
    environ = {"KEPT": "environment"}

    load_local_settings(tmp_path, environ)

    assert environ["KEPT"] == "environment"
    assert environ["ADDED"] == "file"
    assert environ["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"


def test_percent_names_are_resolved_and_a_missing_one_is_named() -> None:
    """Source: webjobs-sdk DefaultNameResolver.cs."""
    assert resolve("%A%-%B%", {"A": "x", "B": "y"}) == "x-y"
    with pytest.raises(InvalidSettings, match="%C%"):
        resolve("%C%", {})
