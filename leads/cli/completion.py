"""The command that teaches a shell to complete what is typed after `leads`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "leads"
"""The console script: shells complete programs by name, and no `python -m leads`."""

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which a shell completes commands and options of `leads`.

    Only the installed program (pipx install) is completed: shells know programs by name.

    \b
    Examples: python -m leads completion bash >> ~/.bashrc
              python -m leads completion zsh >> ~/.zshrc
              python -m leads completion fish > ~/.config/fish/completions/leads.fish
    """  # noqa: D301 - click's own mark: keep these lines as they are
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows these three
    click.echo(found(ctx.find_root().command, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source())
