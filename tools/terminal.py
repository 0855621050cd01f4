"""A command in a terminal, and what it printed as a page: for pictures."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COLUMNS, ROWS = 132, 60

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_OTHER = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STYLES = {"1": "bold", "2": "dim", "4": "under", **{str(30 + n): f"c{n}" for n in range(8)}}
# At this size and 1.5 dots to a pixel a letter is 12 dots wide: blocks join to bars without gaps.
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A terminal</title><style>
body {{ margin: 0; background: transparent; }}
main {{ display: inline-block; border-radius: 10px; background: #16191f; color: #d7dae0;
  font: 13.288px/1.5 "DejaVu Sans Mono", "Menlo", "Consolas", monospace; }}
header {{ padding: 12px 16px 0; height: 12px; }}
header i {{ float: left; width: 11px; height: 11px; margin-right: 7px; border-radius: 50%;
  background: #3b414d; }}
pre {{ margin: 0; padding: 12px 18px 18px; font: inherit; }}
.prompt {{ color: #7aa2f7; }} .bold {{ font-weight: bold; color: #fff; }} .dim {{ color: #8b93a3; }}
.under {{ text-decoration: underline; }} .c1 {{ color: #f7768e; }} .c2 {{ color: #9ece6a; }}
.c3 {{ color: #e0af68; }} .c4 {{ color: #7aa2f7; }} .c5 {{ color: #bb9af7; }}
.c6 {{ color: #7dcfff; }}
</style><main><header><i></i><i></i><i></i></header><pre><span class="prompt">$</span> \
<span class="bold">{command}</span>
{said}</pre></main>"""


def run(arguments: Sequence[str], *, storage: str, cwd: Path) -> str:
    """Run `python -m leads` with *arguments* in a terminal, and return what it printed there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    terminal = {"LeadsStorage": storage, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    hidden = {"COLUMNS", "LINES", "NO_COLOR"}
    others = {name: value for name, value in os.environ.items() if name not in hidden}
    with subprocess.Popen(
        [sys.executable, "-m", "leads", *arguments],
        cwd=cwd,
        env=others | terminal,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,  # progress, which a terminal shows and then overwrites
    ) as command:
        os.close(theirs)
        said = b"".join(_read(ours))
        _, problem = command.communicate()
    os.close(ours)
    if command.returncode:
        raise RuntimeError(problem.decode())
    return said.decode().replace("\r\n", "\n")


def as_page(command: str, said: str) -> str:
    """Return a page with a terminal in which *command* said that."""
    return _PAGE.format(command=escape(command), said="".join(_spans(_OTHER.sub(_keep, said))))


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            read = os.read(terminal, 65_536)
        except OSError:  # the way Linux tells the end of a terminal
            return
        if not read:
            return
        yield read


def _keep(sequence: re.Match[str]) -> str:
    return sequence[0] if sequence[0].endswith("m") else ""


def _spans(said: str) -> Iterator[str]:
    """Yield *said* in elements of the styles that were switched on where it stands."""
    classes: list[str] = []
    for number, part in enumerate(_SGR.split(said)):
        if number % 2:
            codes = part.split(";")
            classes = [] if codes in ([""], ["0"]) else [*classes, *map(_class, codes)]
        elif part:
            yield f'<span class="{" ".join(classes)}">{escape(part)}</span>'


def _class(code: str) -> str:
    return _STYLES.get(code, "")
