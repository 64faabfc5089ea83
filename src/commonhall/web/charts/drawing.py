"""The process that draws: a Vega-Lite specification in, an SVG or PNG out, one after another, until its input ends.

It is a process of its own because the engine (V8) takes some 150 MB, and because it keeps Python's lock while it draws:
in a thread it would stop every other request for tens of milliseconds (docs/decisions/0011-charts.md).
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO, Any

import msgspec

POLITE = 10
"""How far drawing steps back behind pages, as `nice` counts."""


class Wanted(msgspec.Struct, frozen=True):
    """One picture: `form` is svg or png, `locale` the names of months and days for its axes."""

    spec: dict[str, Any]
    form: str
    locale: dict[str, Any]


def draw(wanted: Wanted) -> bytes:
    """The picture. Nothing outside is asked for, whatever a specification says. Raises ValueError for what is no chart."""
    import vl_convert  # noqa: PLC0415 - only the process that draws pays for it

    svg: str = vl_convert.vegalite_to_svg(
        wanted.spec, allowed_base_urls=[], time_format_locale=wanted.locale or None
    )
    if wanted.form == "svg":
        return svg.encode()
    return _small(vl_convert.svg_to_png(svg, scale=2))


def _small(png: bytes) -> bytes:
    """The same picture in a palette: flat colours need no more, and it is a tenth of the size."""
    from PIL import Image  # noqa: PLC0415

    with Image.open(io.BytesIO(png)) as picture:
        out = io.BytesIO()
        picture.convert("RGB").quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def write_message(pipe: IO[bytes], body: bytes) -> None:
    """A message through a pipe: its length in four bytes, then itself."""
    pipe.write(len(body).to_bytes(4, "big") + body)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> bytes | None:
    """The next message; None where the pipe has ended."""
    head = pipe.read(4)
    if len(head) < 4:
        return None
    body = pipe.read(int.from_bytes(head, "big"))
    return body if len(body) == int.from_bytes(head, "big") else None


def main() -> None:
    """Draw what comes in. An answer begins with + for a picture and - for words about what is wrong."""
    # Days of the specifications have no zone: here they all are of one.
    os.environ["TZ"] = "UTC"
    os.nice(POLITE)
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints must not come between the answers.
    os.dup2(2, 1)
    while (message := read_message(source)) is not None:
        try:
            answer = b"+" + draw(msgspec.json.decode(message, type=Wanted))
        except Exception as error:
            answer = b"-" + f"{type(error).__name__}: {error}".encode()
        write_message(target, answer)


if __name__ == "__main__":
    main()
