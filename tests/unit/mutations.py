"""Strategies for JSON: any value, and documents of ours with something in them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

type Path = tuple[str, ...]
type Document = dict[str, Any]

_HOSTILE = (
    "",
    "\0",
    "\ud800",
    "9999-12-31T23:59:59.999-14:00",
    "0001-01-01T00:00:00+14:00",
    float("inf"),
    float("nan"),
    10**400,
    -1,
    True,
)


def json_values() -> SearchStrategy[Any]:
    """Any JSON value, and some that readers stumble over."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    return st.recursive(
        leaves | st.sampled_from(_HOSTILE),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )


def mutated(document: Document) -> SearchStrategy[Document]:
    """Return *document* with one value removed or replaced by any other."""
    paths = st.sampled_from(list(_paths(document)))
    removed = paths.map(lambda path: _without(document, path))
    replaced = st.builds(lambda path, value: _with(document, path, value), paths, json_values())
    return removed | replaced


def _paths(document: object, path: Path = ()) -> list[Path]:
    if not isinstance(document, dict):
        return [path]
    inside = [deeper for key in document for deeper in _paths(document[key], (*path, key))]
    return [path, *inside] if path else inside


def _without(document: Document, path: Path) -> Document:
    first, *rest = path
    if not rest:
        return {key: value for key, value in document.items() if key != first}
    return document | {first: _without(document[first], tuple(rest))}


def _with(document: Document, path: Path, value: object) -> Document:
    first, *rest = path
    changed = _with(document[first], tuple(rest), value) if rest else value
    return document | {first: changed}
