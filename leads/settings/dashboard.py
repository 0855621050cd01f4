"""The settings of the dashboard: who may see it, and when it raises an alarm. Pure.

None of them may ever be a fault, because faults stop enriching and writing, and no lead may wait
for a page. What is wrong here is a doubt: `doctor` tells it, and nothing leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE, OPEN, SILENCE = "LEADS_DASHBOARD_ROLE", "LEADS_DASHBOARD_OPEN", "LEADS_SILENCE_DAYS"

DEFAULTS: Mapping[str, str] = MappingProxyType({ROLE: "Leads.Read", OPEN: "", SILENCE: "7"})

LOCAL = "local"
LONGEST_SILENCE = 3_650  # days

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSettings:
    """What the environment asks of the dashboard."""

    role: str = DEFAULTS[ROLE]  # Entra app role of those who may see it; empty: nobody
    open_locally: bool = False  # to whoever sits at this machine, where that is allowed
    silence: timedelta = 7 * _DAY  # without a lead, before an offer is said to be silent; zero: off
    doubts: tuple[str, ...] = ()


def read_dashboard(env: Mapping[str, str]) -> DashboardSettings:
    """Return what *env* asks; never raises, and lists the doubts.

    A role that is set and empty is nobody's, unlike other settings: whoever empties it wants the
    dashboard shut.
    """
    role = env.get(ROLE, DEFAULTS[ROLE])
    wish = env.get(OPEN, "")
    silence = _silence(env.get(SILENCE) or DEFAULTS[SILENCE])
    doubts = (
        _is_no_role(role) and f"{ROLE} is no app role: it holds blanks or what nobody can type",
        wish not in {"", LOCAL} and f"{OPEN} is neither empty nor {LOCAL}",
        silence is None and f"{SILENCE} is not a number of days between 0 and {LONGEST_SILENCE}",
    )
    return DashboardSettings(
        role=role,
        open_locally=wish == LOCAL,
        silence=DashboardSettings().silence if silence is None else silence,
        doubts=tuple(doubt for doubt in doubts if doubt),
    )


def _is_no_role(text: str) -> bool:
    return not text.isprintable() or any(letter.isspace() for letter in text)


def _silence(text: str) -> timedelta | None:
    try:
        days = float(text)
    except ValueError:
        return None
    return days * _DAY if 0 <= days <= LONGEST_SILENCE else None
