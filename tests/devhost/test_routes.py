from __future__ import annotations

import pytest

from devhost.routes import InvalidRoute, Route, check, find


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/leads", "/api/leads", {}),
        ("api/leads", "/API/Leads/", {}),
        ("api/leads", "/api/leads/1", None),
        ("api/leads/{id}", "/api/leads/a%20b", {"id": "a b"}),
        ("api/leads/{id}", "/api/leads/a%2Fb", {"id": "a/b"}),
        ("api/leads/{id}", "/api/leads", None),
        ("api/leads/{id}", "/api//leads", None),
        ("api/leads/{id?}", "/api/leads", {}),
        ("api/leads/{id=7}", "/api/leads", {"id": "7"}),
        ("api/leads/{id:int}", "/api/leads/12", {"id": "12"}),
        ("api/leads/{id:int}", "/api/leads/x", None),
        ("api/leads/{id:int}", "/api/leads/2147483648", None),
        ("api/leads/{id:int?}", "/api/leads", {}),
        ("api/{name}.json", "/api/leads.json", {"name": "leads"}),
        ("{*rest}", "/a/b", {"rest": "a/b"}),
        ("{*rest}", "/", {}),
        ("", "/", {}),
    ],
)
def test_a_template_matches_as_in_aspnet(
    template: str, path: str, values: dict[str, str] | None
) -> None:
    """Source: ASP.NET Core routing, which the host uses for `route`."""
    assert Route(template, frozenset(), None).match(path) == values


def test_a_literal_wins_over_a_constraint_over_a_parameter_over_the_rest() -> None:
    """Source: ASP.NET Core RoutePrecedence."""
    templates = ["{*rest}", "{id}", "{id:int}", "leads"]
    routes = [Route(template, frozenset(), template) for template in templates]

    found = [find(routes, "GET", path) for path in ("/leads", "/5", "/x", "/x/y")]

    assert [one[0] for one in found if one] == ["leads", "{id:int}", "{id}", "{*rest}"]


def test_a_known_path_with_another_method_is_not_found() -> None:
    """Source: azure-functions-host issue 10098."""
    routes = [
        Route("leads", frozenset({"POST"}), "post"),
        Route("leads", frozenset({"PUT"}), "put"),
    ]

    assert find(routes, "PUT", "/leads") == ("put", {})
    assert find(routes, "GET", "/leads") is None


@pytest.mark.parametrize("template", ["{id:unheard}", "{id", "a}b"])
def test_a_template_that_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(InvalidRoute):
        check(template)
