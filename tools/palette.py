"""Pictures of pages with 256 colours: a third of the bytes, and no eye sees the difference."""

from __future__ import annotations

import base64
import struct
import zlib
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

_FREQUENT, _MOST = 200, 256

# Red, green, blue and opacity of every dot: Python reads no PNG by itself, a browser does.
_PIXELS = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    let text = "";
    for (let at = 0; at < data.length; at += 32768) {
        text += String.fromCharCode(...data.subarray(at, at + 32768));
    }
    return [width, height, btoa(text)];
}"""


def shrunk(png: bytes, blank: Page) -> bytes:
    """Return *png* with a palette of 256 colours; *blank* is a page to work in."""
    width, height, text = blank.evaluate(_PIXELS, base64.b64encode(png).decode())
    dots = memoryview(base64.b64decode(text)).cast("I").tolist()
    counted = Counter(dots)
    palette = _palette(counted)
    number = {colour: _nearest(colour, palette) for colour in counted}
    rows = bytes(map(number.__getitem__, dots))
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, width * height, width))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(bytes(_parts(colour)[:3]) for colour in palette)),
            _chunk(b"tRNS", bytes(_parts(colour)[3] for colour in palette)),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _palette(counted: Counter[int]) -> list[int]:
    """Return the most frequent colours, and of the others those that are least like them."""
    palette = [colour for colour, _ in counted.most_common(_FREQUENT)]
    missed = {colour: min(_distance(colour, one) for one in palette) for colour in counted}
    while len(palette) < min(_MOST, len(counted)):
        palette.append(worst := max(missed, key=missed.__getitem__))
        missed = {colour: min(far, _distance(colour, worst)) for colour, far in missed.items()}
    return palette


def _nearest(colour: int, palette: Sequence[int]) -> int:
    return min(range(len(palette)), key=lambda number: _distance(colour, palette[number]))


def _distance(one: int, other: int) -> int:
    return sum((a - b) ** 2 for a, b in zip(_parts(one), _parts(other), strict=True))


@cache
def _parts(colour: int) -> tuple[int, int, int, int]:
    """Return red, green, blue, opacity of a dot as it was read from four bytes."""
    red, green, blue, opacity = struct.pack("=I", colour)
    return red, green, blue, opacity


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
