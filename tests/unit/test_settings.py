from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import InvalidSettings, Retryable
from leads.model import DncPolicy
from leads.score import DEFAULT_POINTS, Weights
from leads.settings import DEFAULTS, Settings, StorageConnection, from_env
from leads.settings.dashboard import DashboardSettings

ROOT = Path(__file__).parents[2]
STORAGE = {"LeadsStorage": "UseDevelopmentStorage=true"}


def settings(**changes: str) -> Settings:
    return from_env(STORAGE | changes)


def test_every_setting_but_the_storage_has_a_default() -> None:
    assert settings() == Settings(
        connection=StorageConnection(connection_string="UseDevelopmentStorage=true"),
        aliases={},
        window=timedelta(hours=24),
        dnc=DncPolicy(margin=timedelta(seconds=60), sticky=False),
        edition="2018",
        weights=Weights(),
        retention=None,
        max_age=timedelta(minutes=15),
        dashboard=DashboardSettings(
            role="Leads.Read", open_locally=False, silence=timedelta(days=7)
        ),
    )


def test_every_setting_is_read() -> None:
    read = settings(
        LEADS_OFFER_ALIASES='{"Contoso Sample": "contoso.sample-saas"}',
        LEADS_DUPLICATE_WINDOW_HOURS="0.5",
        LEADS_DNC_MARGIN_SECONDS="0",
        LEADS_DNC_POLICY="sticky",
        LEADS_STAGE_EDITION="2019",
        LEADS_SCORE_WEIGHTS='{"email-free": -5, "half-life-days": 14}',
        LEADS_SCORE_COUNTRIES="se, GB",
        LEADS_RETENTION_DAYS="730",
        LEADS_MAX_AGE_MINUTES="60",
        LEADS_DASHBOARD_ROLE="Sales",
        LEADS_DASHBOARD_OPEN="local",
        LEADS_SILENCE_DAYS="0",
    ).checked()

    assert read.aliases == {"Contoso Sample": "contoso.sample-saas"}
    assert read.window == timedelta(minutes=30)
    assert read.dnc == DncPolicy(margin=timedelta(0), sticky=True)
    assert read.edition == "2019"
    assert read.weights.points == dict(DEFAULT_POINTS) | {"email-free": -5, "half-life-days": 14}
    assert read.weights.countries == {"SE", "GB"}
    assert read.retention == timedelta(days=730)
    assert read.max_age == timedelta(hours=1)
    assert read.dashboard == DashboardSettings(
        role="Sales", open_locally=True, silence=timedelta(0)
    )


@pytest.mark.parametrize("name", sorted(DEFAULTS.keys() - {"LEADS_DASHBOARD_ROLE"}))
def test_an_empty_setting_is_one_that_is_not_set(name: str) -> None:
    assert settings(**{name: ""}) == settings()


def test_an_empty_role_is_nobodys_so_that_the_dashboard_can_be_shut() -> None:
    assert settings(LEADS_DASHBOARD_ROLE="").dashboard.role == ""


@pytest.mark.parametrize(
    ("name", "text", "doubt"),
    [
        ("LEADS_DASHBOARD_OPEN", "Local", "is neither empty nor local"),
        ("LEADS_DASHBOARD_OPEN", "local ", "is neither empty nor local"),
        ("LEADS_DASHBOARD_OPEN", "1", "is neither empty nor local"),
        ("LEADS_DASHBOARD_ROLE", "Leads Read", "is no app role: it holds blanks or what"),
        ("LEADS_DASHBOARD_ROLE", " Leads.Read", "is no app role: it holds blanks or what"),
        ("LEADS_DASHBOARD_ROLE", "\0", "is no app role: it holds blanks or what"),
        ("LEADS_SILENCE_DAYS", "a week", "is not a number of days between 0 and 3650"),
        ("LEADS_SILENCE_DAYS", "-1", "is not a number of days between 0 and 3650"),
        ("LEADS_SILENCE_DAYS", "nan", "is not a number of days between 0 and 3650"),
        ("LEADS_SILENCE_DAYS", "3651", "is not a number of days between 0 and 3650"),
    ],
)
def test_a_setting_of_the_dashboard_is_doubted_and_stops_no_lead(
    name: str, text: str, doubt: str
) -> None:
    read = settings(**{name: text})

    assert read.checked().faults == ()
    assert [one.startswith(f"{name} {doubt}") for one in read.doubts] == [True]
    assert not read.dashboard.open_locally
    assert read.dashboard.silence == timedelta(days=7)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("LEADS_OFFER_ALIASES", "{", "is not JSON"),
        ("LEADS_OFFER_ALIASES", "[" * 100_000, "is not JSON"),
        ("LEADS_OFFER_ALIASES", "[]", "is not a JSON object of offer titles and offer ids"),
        ("LEADS_OFFER_ALIASES", '{"a": 1}', "is not a JSON object of offer titles and offer ids"),
        ("LEADS_DUPLICATE_WINDOW_HOURS", "a day", "is not a number"),
        ("LEADS_DUPLICATE_WINDOW_HOURS", "-1", "is not between 0 and 8760"),
        ("LEADS_DUPLICATE_WINDOW_HOURS", "8761", "is not between 0 and 8760"),
        ("LEADS_DUPLICATE_WINDOW_HOURS", "nan", "is not between 0 and 8760"),
        ("LEADS_DNC_MARGIN_SECONDS", "inf", "is not between 0 and 86400"),
        ("LEADS_DNC_MARGIN_SECONDS", "86401", "is not between 0 and 86400"),
        ("LEADS_DNC_POLICY", "Sticky", "is none of latest, sticky"),
        ("LEADS_STAGE_EDITION", "2020", "is none of 2018, 2019"),
        ("LEADS_SCORE_WEIGHTS", "{", "is not JSON"),
        ("LEADS_SCORE_WEIGHTS", "[]", "is not a JSON object of rules and points"),
        ("LEADS_SCORE_WEIGHTS", '{"e-mail": 1}', "knows no rule 'e-mail'"),
        ("LEADS_SCORE_WEIGHTS", '{"hot": 101}', "hot is no whole number from -100 to 100"),
        ("LEADS_SCORE_WEIGHTS", '{"hot": 1.5}', "hot is no whole number from -100 to 100"),
        ("LEADS_SCORE_WEIGHTS", '{"hot": true}', "hot is no whole number from -100 to 100"),
        (
            "LEADS_SCORE_WEIGHTS",
            '{"half-life-days": 0}',
            "half-life-days is no whole number from 1 to 3650",
        ),
        ("LEADS_SCORE_COUNTRIES", "SE;GB", "is not a comma list of ISO 3166-1 alpha-2 codes"),
        ("LEADS_SCORE_COUNTRIES", "Sweden", "is not a comma list of ISO 3166-1 alpha-2 codes"),
        ("LEADS_SCORE_COUNTRIES", "UK,SE", "names UK, whose code is GB"),
        ("LEADS_RETENTION_DAYS", "for ever", "is not a number"),
        ("LEADS_RETENTION_DAYS", "-1", "is not between 0 and 36500"),
        ("LEADS_RETENTION_DAYS", "36501", "is not between 0 and 36500"),
        ("LEADS_RETENTION_DAYS", "29.9", "is neither 0 nor at least 30"),
        ("LEADS_MAX_AGE_MINUTES", "soon", "is not a number"),
        ("LEADS_MAX_AGE_MINUTES", "10081", "is not between 0 and 10080"),
    ],
)
def test_a_faulty_setting_is_named_and_its_default_holds(name: str, text: str, fault: str) -> None:
    read = settings(**{name: text})

    assert read.faults == (f"{name} {fault}",)
    assert read == Settings(
        connection=read.connection,
        aliases={},
        window=timedelta(hours=24),
        dnc=DncPolicy(margin=timedelta(seconds=60)),
        edition="2018",
        weights=Weights(),
        retention=None,
        max_age=timedelta(minutes=15),
        dashboard=DashboardSettings(),
        faults=read.faults,
    )


@pytest.mark.parametrize("never", ["0", "0.0", ""])
def test_a_retention_of_nothing_keeps_leads_for_ever(never: str) -> None:
    assert settings(LEADS_RETENTION_DAYS=never).checked().retention is None


@pytest.mark.parametrize(
    ("hours", "days", "faults"),
    [
        pytest.param("24", "30", (), id="as long as letters are redriven"),
        pytest.param("1440", "60", (), id="as long as the window"),
        pytest.param(
            "1440",
            "59",
            ("LEADS_RETENTION_DAYS is neither 0 nor at least 60",),
            id="shorter than the window",
        ),
    ],
)
def test_a_lead_outlives_whatever_may_still_come_of_it(
    hours: str, days: str, faults: tuple[str, ...]
) -> None:
    read = settings(LEADS_DUPLICATE_WINDOW_HOURS=hours, LEADS_RETENTION_DAYS=days)

    assert read.faults == faults
    assert read.retention == (None if faults else timedelta(days=int(days)))


def test_every_fault_is_reported_at_once() -> None:
    faulty = from_env(dict.fromkeys(DEFAULTS, "\0"))

    with pytest.raises(InvalidSettings) as refusal:
        faulty.checked()

    doubtful = {"LEADS_DASHBOARD_ROLE", "LEADS_DASHBOARD_OPEN", "LEADS_SILENCE_DAYS"}
    assert len(faulty.faults) == len(DEFAULTS.keys() - doubtful) + 1
    assert all(name in str(refusal.value) for name in [*DEFAULTS.keys() - doubtful, "LeadsStorage"])
    assert {doubt.split()[0] for doubt in faulty.doubts} == doubtful
    assert isinstance(refusal.value, Retryable)


@given(st.dictionaries(st.sampled_from([*DEFAULTS, "LeadsStorage"]), st.text()))
def test_no_environment_raises(env: dict[str, str]) -> None:
    read = from_env(env)

    assert read.window >= timedelta(0)
    assert all(fault.startswith(("LEADS_", "LeadsStorage")) for fault in read.faults)


@pytest.mark.parametrize("name", DEFAULTS)
def test_no_fault_repeats_the_value(name: str) -> None:
    read = settings(**{name: "kanarienvogel \0"})

    told = [*read.faults, *read.doubts]
    assert told
    assert "kanarienvogel" not in " ".join(told)


@pytest.mark.parametrize(
    ("env", "connection"),
    [
        pytest.param(
            {"LeadsStorage": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5"},
            StorageConnection(
                connection_string="DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5"
            ),
            id="a connection string",
        ),
        pytest.param(
            {
                "LeadsStorage__queueServiceUri": "https://a.queue.core.windows.net",
                "LeadsStorage__tableServiceUri": "https://a.table.core.windows.net",
            },
            StorageConnection(
                queue_service_uri="https://a.queue.core.windows.net",
                table_service_uri="https://a.table.core.windows.net",
            ),
            id="the developer's own login",
        ),
        pytest.param(
            {
                "LeadsStorage__queueServiceUri": "https://a.queue.core.windows.net",
                "LeadsStorage__tableServiceUri": "https://a.table.core.windows.net",
                "LeadsStorage__credential": "managedidentity",
                "LeadsStorage__clientId": "c-1",
            },
            StorageConnection(
                queue_service_uri="https://a.queue.core.windows.net",
                table_service_uri="https://a.table.core.windows.net",
                credential="managedidentity",
                client_id="c-1",
            ),
            id="a managed identity",
        ),
    ],
)
def test_the_storage_is_named_in_every_form_that_the_host_knows(
    env: dict[str, str], connection: StorageConnection
) -> None:
    read = from_env(env)

    assert read.checked().connection == connection


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"LeadsStorage": ""},
        {"AzureWebJobsStorage": "UseDevelopmentStorage=true"},
    ],
)
def test_without_a_storage_there_is_a_fault(env: dict[str, str]) -> None:
    read = from_env(env)

    assert [fault.split()[0] for fault in read.faults] == ["LeadsStorage"]


@pytest.mark.parametrize(
    ("given", "missing"),
    [("queueServiceUri", "tableServiceUri"), ("tableServiceUri", "queueServiceUri")],
)
def test_one_address_alone_is_a_fault(given: str, missing: str) -> None:
    read = from_env({f"LeadsStorage__{given}": "https://a.core.windows.net"})

    assert read.faults == (f"LeadsStorage__{missing} is not set",)


def test_no_representation_holds_the_key_of_the_account() -> None:
    read = settings(LeadsStorage="AccountName=a;AccountKey=kanarienvogel")

    assert "kanarienvogel" not in repr(read) + str(read)


def test_the_sample_of_local_settings_lists_every_setting_with_its_default() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))

    values = sample["Values"]

    assert {name: text for name, text in values.items() if name.startswith("LEADS_")} == DEFAULTS
    assert values["LeadsStorage"] == "UseDevelopmentStorage=true"
    assert from_env(values).faults == from_env(values).doubts == ()


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    row = r"^\| `(LEADS_\w+)` \| (?:`([^`]+)`|none) \|"
    rows = dict(re.findall(row, readme, flags=re.MULTILINE))

    assert rows == DEFAULTS
