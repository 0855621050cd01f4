from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhost.outputs import bodies
from devhost.protos import TypedData


def texts(value: TypedData) -> list[str]:
    return [body.decode() for body in bodies(value)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", ["plain"]),
        ("", [""]),
        ('{"a":1,"b":[]}', ['{\n  "a": 1,\n  "b": []\n}']),
        ('{"é":"\\u00e9"}', ['{\n  "é": "é"\n}']),
        (' {"a":1.10} ', ['{\n  "a": 1.1\n}']),
        ('["one", 2, 1.0, true, null]', ["one", "2", "1", "True", ""]),
        ('[{"a":1},{"a":2}]', ['{\n  "a": 1\n}', '{\n  "a": 2\n}']),
        ("[]", []),
    ],
)
def test_a_string_that_looks_like_json_is_written_anew_or_split(
    text: str, written: list[str]
) -> None:
    """Source: azure-functions-host FunctionBinding.ReadAsEnumerable."""
    assert texts(TypedData(string=text)) == written


@pytest.mark.parametrize(
    ("date", "written"),
    [
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z"),
        ("2026-11-22T08:00:00.120Z", "2026-11-22T08:00:00.12Z"),
        ("2026-11-22T08:00:00.000Z", "2026-11-22T08:00:00Z"),
        ("2026-11-22T08:00:00+02:00", "2026-11-22T06:00:00+00:00"),
        ("2026-11-22T08:00:00", "2026-11-22T08:00:00"),
        ("2026-11-22", "2026-11-22"),
        ("2026-13-22T08:00:00Z", "2026-13-22T08:00:00Z"),
    ],
)
def test_dates_in_a_string_are_reformatted(date: str, written: str) -> None:
    """Source: Newtonsoft.Json parses dates by default (DateParseHandling.DateTime)."""
    [text] = texts(TypedData(string=json.dumps({"at": date})))

    assert json.loads(text) == {"at": written}


def test_what_only_looks_like_json_fails() -> None:
    """Source: JToken.Parse throws inside the output binding."""
    with pytest.raises(ValueError, match="property name"):
        bodies(TypedData(string="{not json}"))


@given(st.binary())
def test_bytes_pass_untouched(body: bytes) -> None:
    """Source: azure-functions-host FunctionBinding.BindAsyncCollectorAsync."""
    assert bodies(TypedData(bytes=body)) == [body]


@given(st.lists(st.text()))
def test_the_items_of_a_list_of_strings_pass_untouched(items: list[str]) -> None:
    """Source: GrpcMessageConversionExtensions reads JSON without dates."""
    assert texts(TypedData(json=json.dumps(items))) == items


@pytest.mark.parametrize("value", [TypedData(), TypedData(json="null")], ids=["unset", "null"])
def test_nothing_set_is_no_message(value: TypedData) -> None:
    assert bodies(value) == []
