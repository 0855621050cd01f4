"""The command that looks whether all is well."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leads.cli.cells import cut, printable
from leads.cli.output import counted, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leads.doctor.findings import Finding

_WIDEST = 1_000


@click.command()
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def doctor(output: str) -> None:
    """Look whether all is well, and say what to do where it is not.

    Looks at the settings, host.json of this folder, storage and the rights there, clocks, queues,
    dead letters, tending, and when each offer last got a lead. Exit code 0: all well; 1: somebody
    should look; 2: leads are at risk.

    Example: python -m leads doctor
    """
    from leads import wiring
    from leads.doctor.findings import worst
    from leads.doctor.gathering import gather
    from leads.doctor.judging import judge
    from leads.wiring import operating

    facts = gather(
        operating.doctor_ports,
        settings=wiring.current_settings(),
        host_json=_host_json(Path("host.json")),
        clock=wiring.now,
    )
    findings = judge(facts)
    if output == "json":
        shown = [_shown(finding) for finding in findings]
        status = worst(findings).word
        print_json({"as_of": facts.now, "status": status, "findings": shown})
    else:
        _print(findings)
    sys.exit(worst(findings))


def _host_json(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""  # which is no host.json, either


def _shown(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "severity": finding.severity.word,
        "what": finding.what,
        "advice": finding.advice,
    }


def _print(findings: Sequence[Finding]) -> None:
    """Print a line for each finding, and below it what to do."""
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        line = f"{finding.severity.word:8}  {finding.check:{width}}  {finding.what}"
        click.echo(cut(printable(line), _WIDEST))
        if finding.advice:
            advice = f"{'':8}  {'':{width}}  -> {finding.advice}"
            click.echo(cut(printable(advice), _WIDEST))
    bad = [finding for finding in findings if finding.severity]
    told = f"{counted(len(bad), 'finding')} to look at" if bad else "all is well"
    click.echo(told, err=True)
