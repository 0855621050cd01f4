"""Where the log goes: stderr, each line with the function that wrote it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, override

from azure_functions_runtime import invocation_id_cv  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from collections.abc import Callable

# System logs, which Core Tools does not show, and the SDK's two lines per storage request.
_QUIET = ("azure.functions", "azure_functions_runtime", "azure.core", "azure.identity")


class _NameFunction(logging.Filter):
    def __init__(self, name_of: Callable[[str | None], str | None]) -> None:
        super().__init__()
        self._name_of = name_of

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        record.function = self._name_of(invocation_id_cv.get()) or record.name
        return True


def log_to_stderr(name_of: Callable[[str | None], str | None]) -> None:
    """Send every record to stderr under the name of the function that its invocation runs."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(function)s: %(message)s"))
    handler.addFilter(_NameFunction(name_of))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
