"""Entry point of `python -m leads`."""

from __future__ import annotations

from leads.cli import main

main(prog_name="python -m leads")
